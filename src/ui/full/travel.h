/* SPDX-License-Identifier: MIT */
/* Going through time: to a moment, by keys, and on the bar in the title. */
#ifndef HS_UI_FULL_TRAVEL_H
#define HS_UI_FULL_TRAVEL_H

#include "ui/full/app.h"

extern const hs_mode hs_mode_bar;

/* Go to a moment, and say what was done there. False: that can not be, which is said. */
bool hs_travel_go(hs_app *, hs_moment);
/* The same along this branch. */
bool hs_travel_along(hs_app *, uint64_t count);
void hs_travel_back(hs_app *);
void hs_travel_forward(hs_app *);

#endif

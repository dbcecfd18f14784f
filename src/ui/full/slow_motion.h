/* SPDX-License-Identifier: MIT */
/* A request gone through event by event on the map. */
#ifndef HS_UI_FULL_SLOW_MOTION_H
#define HS_UI_FULL_SLOW_MOTION_H

#include "ui/full/app.h"

extern const hs_mode hs_mode_slow_motion, hs_mode_slow_motion_ends;

/* Begin with the operation that has this number, or say why that can not be. */
void hs_slow_motion_begin(hs_app *, uint64_t operation);
/* The operation that is gone through; 0: none. */
uint64_t hs_slow_motion_of(const hs_app *);

#endif

/* SPDX-License-Identifier: MIT */
/* The shape of memory on the screen: its keys, and the way from a cell of it to the byte map as it
 * was then, and back. */
#ifndef HS_UI_FULL_SHAPE_H
#define HS_UI_FULL_SHAPE_H

#include "ui/full/app.h"

extern const hs_mode hs_mode_shape;

/* Lay the shape over the map. */
void hs_shape_show(hs_app *, hs_shape_window);

/* hs_shape_place_now: what is looked at now; hs_shape_return_to: look at that again. */
hs_shape_place hs_shape_place_now(const hs_app *);
void hs_shape_return_to(hs_app *, hs_shape_place);

#endif

/* SPDX-License-Identifier: MIT */
/* An address space that is laid over the map, its steps, and live ones. */
#ifndef HS_UI_FULL_SPACE_H
#define HS_UI_FULL_SPACE_H

#include "ui/full/app.h"
#include "view/picture.h"

extern const hs_mode hs_mode_space;

/* Lay it over the map by its picture, at a step; SIZE_MAX: at its last one. */
void hs_space_show(hs_app *, const hs_picture *, size_t step);
/* False: none is on show, or there is no further step. */
bool hs_space_show_next(hs_app *);

#endif

/* SPDX-License-Identifier: MIT */
/* Showing pictures: what a command or a key asks for is laid over the map, pointed out on it, or
 * has a mode of its own. */
#ifndef HS_UI_FULL_SHOW_H
#define HS_UI_FULL_SHOW_H

#include "ui/full/app.h"
#include "view/pictures.h"

/* Show a picture; the context is the hs_app, as an interpreter's listener has it. */
void hs_app_show(void *context, const hs_picture *, const hs_subject *);
/* The same by a key, which takes away again what it laid over the map. */
void hs_app_toggle_picture(hs_app *, const hs_picture *);

#endif

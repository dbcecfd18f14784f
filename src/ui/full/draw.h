/* SPDX-License-Identifier: MIT */
/* Drawing the full screen. */
#ifndef HS_UI_FULL_DRAW_H
#define HS_UI_FULL_DRAW_H

#include "ui/full/app.h"

/* A heap is walked only when something may have changed: typing costs the same, however large it
 * is. */
void hs_draw(hs_app *);
/* Lay out what was not drawn because keys came right behind the command that brought it. Keys that
 * move in it need to know where things lie. */
void hs_draw_lay_out(hs_app *);
/* Show a text in place of the message, on the screen as it was drawn last. While something long is
 * running the session may stand half-way to a moment, so it must not be drawn. */
void hs_draw_message(hs_app *, const char *text);

#endif

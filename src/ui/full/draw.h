/* Drawing the full screen. */
#ifndef HS_UI_FULL_DRAW_H
#define HS_UI_FULL_DRAW_H

#include "ui/full/app.h"

/* A heap is walked only when something may have changed: typing costs the same, however large it
 * is. */
void hs_draw(hs_app *);
/* Lay out what was not drawn, because keys came right behind what brought it: those that move in it
 * go by where things lie. */
void hs_draw_lay_out(hs_app *);
/* A text in place of the message, on the screen as it was drawn last: what takes long may have the
 * session half-way to somewhere, which is not to be looked at. */
void hs_draw_message(hs_app *, const char *text);

#endif

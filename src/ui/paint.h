/* Painting scenes with ncurses. */
#ifndef HS_UI_PAINT_H
#define HS_UI_PAINT_H

#include "view/scene.h"

/* Give every role its colours, by what the terminal can show. Again when the theme changes. */
void hs_paint_colours(bool light);

/* Paint the whole scene on the standard screen; nothing is sent yet. */
void hs_paint_scene(const hs_scene *);

#endif

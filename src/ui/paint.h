/* SPDX-License-Identifier: MIT */
/* Painting scenes on the full screen: what differs from the frame before, in one write. */
#ifndef HS_UI_PAINT_H
#define HS_UI_PAINT_H

#include "ui/terminal.h"
#include "view/scene.h"

typedef struct hs_painter hs_painter;

/* Make a painter. `colour`: use colours, if the terminal has any. */
hs_painter *hs_painter_new(hs_terminal *, bool colour);
void hs_painter_free(hs_painter *);

/* Show the scene, and the cursor; a column of -1 hides it. */
void hs_paint(hs_painter *, const hs_scene *, bool light, int row, int column);

#endif

/* SPDX-License-Identifier: MIT */
/* A line that is being edited, on the screen. */
#ifndef HS_UI_FULL_TYPED_TEXT_H
#define HS_UI_FULL_TYPED_TEXT_H

#include "view/scene.h"

/* Put the line, scrolled sideways so that the cursor is on the screen. Returns its column. */
int hs_put_typed(hs_pane, int row, int column, const wchar_t *text, size_t length, size_t cursor);

#endif

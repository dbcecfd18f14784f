/* SPDX-License-Identifier: MIT */
/* A line that is being edited: control characters stand as ^A, wide ones take two columns. */
#include "ui/full/typed_text.h"

static int width_of(wchar_t c)
{
    int w = wcwidth(c);
    return c < 32 || c == 127 ? 2 : w < 0 ? 1 : w;
}

static int put_wide(hs_pane p, int row, int column, wchar_t c)
{
    if (c < 32 || c == 127) { /* ^A */
        hs_put_glyph(p, row, column, HS_ROLE_DIM, L'^');
        hs_put_glyph(p, row, column + 1, HS_ROLE_DIM, c == 127 ? L'?' : c + 64);
    } else if (width_of(c) > 0) {
        bool ours = p.scene->ascii && c > 126;
        hs_put_glyph(p, row, column, HS_ROLE_TEXT, ours || wcwidth(c) < 0 ? L'?' : c);
        if (wcwidth(c) == 2) hs_put_glyph(p, row, column + 1, HS_ROLE_TEXT, 0);
    }
    return column + width_of(c);
}

int hs_put_typed(hs_pane p, int row, int column, const wchar_t *text, size_t length, size_t cursor)
{
    size_t from = 0;
    int room = p.columns - column - 1, width = 0;
    for (size_t i = 0; i < cursor; i++) width += width_of(text[i]);
    while (from < cursor && width > room) width -= width_of(text[from++]);
    int at = column + width;
    for (size_t i = from; i < length && column < p.columns; i++)
        column = put_wide(p, row, column, text[i]);
    return at < p.columns ? at : p.columns - 1;
}

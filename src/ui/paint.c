/* Scenes on ncurses: every role is a colour pair, its changed look a second one. Without colours
 * (NO_COLOR, monochrome) roles are told by attributes and glyphs. */
#include "ui/paint.h"

#include "view/theme.h"

#include <curses.h>
#include <stdlib.h>

/* A pair for each role and each of its looks: changed or not, a label or a fill; or sparse. With 8
 * colours there are pairs for two looks only: whether it is sparse. */
enum { SPARSE_LOOK = 4, LOOKS };
static short pair_of(int role, int look)
{
    if (COLORS < 256) look = look == SPARSE_LOOK;
    return (short)(1 + role + look * HS_ROLES);
}

static int look_of(int flags)
{
    if (flags & HS_SPARSE) return SPARSE_LOOK;
    return (flags & HS_CHANGED ? 1 : 0) + (flags & HS_FILLER ? 2 : 0);
}

static bool colours_wanted(void)
{
    const char *none = getenv("NO_COLOR");
    return has_colors() && !(none && *none);
}

void hs_paint_colours(bool light)
{
    if (!colours_wanted()) return;
    start_color();
    use_default_colors();
    for (int role = 0; role < HS_ROLES; role++)
        for (int look = 0; look < LOOKS; look++) {
            uint8_t flags = (uint8_t)((look & 1 ? HS_CHANGED : 0) | (look & 2 ? HS_FILLER : 0));
            if (look == SPARSE_LOOK) flags = HS_SPARSE;
            hs_colours c = hs_theme_colours((hs_role)role, flags, light);
            if (COLORS < 256) c = hs_theme_look((hs_role)role)->few;
            if (COLORS < 256 && look == SPARSE_LOOK) c = (hs_colours){c.background, HS_DEFAULT};
            init_pair(pair_of(role, look), c.foreground, c.background);
        }
}

static attr_t attributes_of(const hs_cell *c)
{
    const hs_look *look = hs_theme_look((hs_role)c->role);
    bool mono = !colours_wanted() && !(c->flags & HS_SPARSE);
    uint8_t wanted = look->attributes | (mono ? look->mono : 0);
    attr_t a = A_NORMAL;
    if (wanted & HS_BOLD || c->flags & HS_CHANGED) a |= A_BOLD;
    if (wanted & HS_UNDERLINE) a |= A_UNDERLINE;
    if (wanted & HS_FAINT) a |= A_DIM;
    if (wanted & HS_REVERSE) a |= A_REVERSE;
    if (c->flags & HS_CHANGED && (!colours_wanted() || COLORS < 256)) a |= A_UNDERLINE;
    if (c->flags & HS_CURSOR) a ^= A_REVERSE | A_BOLD;
    return a;
}

void hs_paint_scene(const hs_scene *s)
{
    bool colours = colours_wanted();
    for (int row = 0; row < s->rows; row++)
        for (int column = 0; column < s->columns; column++) {
            const hs_cell *c = hs_scene_cell(s, row, column);
            const hs_cell *left = hs_scene_cell(s, row, column - 1);
            if (left && left->glyph && wcwidth(left->glyph) == 2) continue;
            wchar_t text[2] = {c->glyph ? c->glyph : L' ', 0};
            cchar_t cell;
            setcchar(&cell, text, attributes_of(c),
                     colours ? pair_of(c->role, look_of(c->flags)) : 0, NULL);
            mvadd_wch(row, column, &cell);
        }
}

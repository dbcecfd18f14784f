/* Painting on a plain stream: one escape sequence where the look changes, none without colour. */
#include "ui/ansi.h"

#include "base/text.h"
#include "view/theme.h"

#include <stdlib.h>
#include <string.h>

static void put_colour(FILE *out, int colour, int base)
{
    if (colour != HS_DEFAULT) fprintf(out, ";%d;5;%d", base, colour);
}

static void put_look(FILE *out, const hs_cell *c, bool light)
{
    const hs_look *look = hs_theme_look(c->role);
    bool changed = c->flags & HS_CHANGED;
    hs_colours k = hs_theme_colours((hs_role)c->role, c->flags, light);
    fputs("\033[0", out);
    if (look->attributes & HS_BOLD || changed) fputs(";1", out);
    if (c->flags & HS_CURSOR) fputs(";7", out);
    put_colour(out, k.foreground, 38);
    put_colour(out, k.background, 48);
    putc('m', out);
}

static void put_character(FILE *out, wchar_t c)
{
    char bytes[16];
    mbstate_t state = {0};
    size_t n = wcrtomb(bytes, c, &state);
    if (n == (size_t)-1)
        putc('?', out);
    else
        fwrite(bytes, 1, n, out);
}

static int used_columns(const hs_scene *s, int row, bool colour)
{
    int end = s->columns;
    for (; end > 0; end--) {
        const hs_cell *c = hs_scene_cell(s, row, end - 1);
        if (c->glyph && c->glyph != L' ') break;
        if (colour && c->role != HS_ROLE_TEXT) break;
    }
    return end;
}

static void print_row(FILE *out, const hs_scene *s, int row, hs_ink ink)
{
    int end = used_columns(s, row, ink.colour);
    const hs_cell *before = NULL;
    for (int column = 0; column < end; column++) {
        const hs_cell *c = hs_scene_cell(s, row, column);
        bool same = before && before->role == c->role && before->flags == c->flags;
        if (ink.colour && !same) put_look(out, c, ink.light);
        before = c;
        put_character(out, c->glyph ? c->glyph : L' ');
        if (c->glyph && wcwidth(c->glyph) == 2) column++;
    }
    if (ink.colour && before) fputs("\033[0m", out);
    putc('\n', out);
}

void hs_print_scene(FILE *out, const hs_scene *s, hs_ink ink)
{
    for (int row = 0; row < s->rows; row++) print_row(out, s, row, ink);
}

/* Bytes that are printed as they are: nearly always all of them, and of some texts megabytes. */
static size_t plain_length(const char *text)
{
    size_t n = 0;
    while (text[n] == '\n' || (text[n] >= ' ' && text[n] <= '~')) n++;
    return n;
}

void hs_print_text(FILE *out, hs_role role, const char *text, hs_ink ink)
{
    hs_cell look = {.role = (uint8_t)role};
    if (ink.colour) put_look(out, &look, ink.light);
    while (*text) {
        size_t plain = plain_length(text);
        fwrite(text, 1, plain, out);
        text += plain;
        if (*text) put_character(out, hs_next_character(&text, ink.ascii));
    }
    fputs(ink.colour ? "\033[0m\n" : "\n", out);
}

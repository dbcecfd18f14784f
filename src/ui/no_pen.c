/* SPDX-License-Identifier: MIT */
/* In place of pen.c where nobody looks at a terminal, and there is no ncurses: without colours. */
#include "ui/pen.h"

#include <stddef.h>

bool hs_colour_named(const char *name, hs_colour *colour)
{
    (void)name, (void)colour;
    return false;
}

hs_pen *hs_pen_of_output(hs_colour colour)
{
    (void)colour;
    return NULL;
}

void hs_pen_free(hs_pen *pen)
{
    (void)pen;
}

hs_stroke hs_pen_stroke(const hs_pen *pen, const hs_cell *cell, bool light)
{
    (void)pen, (void)cell, (void)light;
    return (hs_stroke){.attributes = 0};
}

void hs_pen_put(const hs_pen *pen, FILE *out, const hs_stroke *from, hs_stroke to)
{
    (void)pen, (void)out, (void)from, (void)to;
}

void hs_pen_put_plain(const hs_pen *pen, FILE *out)
{
    (void)pen, (void)out;
}

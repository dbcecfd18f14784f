/* SPDX-License-Identifier: MIT */
/* How a terminal is told to change its look: read once, from its description in terminfo. */
#ifndef HS_UI_PEN_H
#define HS_UI_PEN_H

#include "view/scene.h"

#include <stdio.h>

typedef struct hs_pen hs_pen;

/* --color: AUTO goes by standard output and NO_COLOR, the others do not. */
typedef enum { HS_COLOUR_AUTO, HS_COLOUR_ALWAYS, HS_COLOUR_NEVER } hs_colour;
/* False when there is no such word. */
bool hs_colour_named(const char *name, hs_colour *);
/* True if colours are wanted on this terminal, should it have any. */
bool hs_colour_is_wanted(hs_colour);

/* A pen for the full screen, after ncurses has set the terminal up. Without colours it still has
 * attributes. */
hs_pen *hs_pen_of_screen(bool colour);
/* A pen for standard output; NULL where there are no colours. It must be made before libedit is. */
hs_pen *hs_pen_of_output(hs_colour);
void hs_pen_free(hs_pen *);

/* How a cell looks with this pen. */
typedef struct {
    uint8_t attributes; /* HS_BOLD, ... */
    short foreground, background;
} hs_stroke;

hs_stroke hs_pen_stroke(const hs_pen *, const hs_cell *, bool light);

/* The next byte of a terminal's sequence, without the delays that old ones needed; 0 at its end,
 * and where there is no sequence. */
char hs_sequence_byte(const char **sequence);

/* Change the look from one to the other; `from` NULL: it may be anything. */
void hs_pen_put(const hs_pen *, FILE *, const hs_stroke *from, hs_stroke to);
/* Put the terminal's plain look. */
void hs_pen_put_plain(const hs_pen *, FILE *);

#endif

/* How a terminal is told to change its look: read once, from its description in terminfo. */
#ifndef HS_UI_PEN_H
#define HS_UI_PEN_H

#include "view/scene.h"

#include <stdio.h>

typedef struct hs_pen hs_pen;

/* --color: as standard output and NO_COLOR say, or whatever they say. */
typedef enum { HS_COLOUR_AUTO, HS_COLOUR_ALWAYS, HS_COLOUR_NEVER } hs_colour;
/* False when there is no such word. */
bool hs_colour_named(const char *name, hs_colour *);
/* Are there to be colours on this terminal, if it has them? */
bool hs_colour_is_wanted(hs_colour);

/* For the full screen, of the terminal that ncurses has set up: without colours it still has its
 * attributes. */
hs_pen *hs_pen_of_screen(bool colour);
/* For standard output; NULL where there are no colours. Must be made before libedit is. */
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

/* Change from one to the other; from NULL: whatever it was before. */
void hs_pen_put(const hs_pen *, FILE *, const hs_stroke *from, hs_stroke to);
/* No look at all. */
void hs_pen_put_plain(const hs_pen *, FILE *);

#endif

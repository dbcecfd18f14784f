/* SPDX-License-Identifier: MIT */
/* A drawing of the free blocks: rows that are counted, scrolled, painted, and cut with a word about
 * it. Each shape of free structure has a function that makes its rows; it runs once to count them,
 * and once to paint those on show. */
#ifndef HS_VIEW_DRAWING_H
#define HS_VIEW_DRAWING_H

#include "view/holes.h"
#include "view/scene.h"

typedef struct {
    const hs_session *session;
    const hs_heap *heap;
    const hs_allocator *allocator;
    hs_holes holes;
    hs_pane pane;       /* the part below the title; it has no rows while rows are only counted */
    bool ascii;         /* its scene takes ASCII glyphs alone */
    bool small;         /* narrow: short addresses, no explanations */
    size_t skip, total; /* rows scrolled away; rows in all, 0 while they are counted */
    size_t made;        /* rows so far */
} hs_drawing;

/* Begin the next row. Returns its number in the pane, or -1 when it is out of sight and nothing is
 * to be put. */
int hs_drawing_row(hs_drawing *);
/* True if no further row can be seen. */
bool hs_drawing_is_full(const hs_drawing *);

/* "→ " or "-> ". */
const char *hs_drawing_arrow(const hs_drawing *);
/* An address whole, or in a small drawing its last digits: "…040". */
enum { HS_ADDRESS_TEXT = 24 };
const char *hs_drawing_address(const hs_drawing *, hs_addr, char text[HS_ADDRESS_TEXT]);
/* Put a block's address, with a mark when the block has changed; returns the column behind it. */
int hs_drawing_put_address(const hs_drawing *, int row, int column, hs_addr);

/* "32", "512-575", "64K+". */
enum { HS_RANGE_TEXT = 48 };
const char *hs_range_text(uint64_t smallest, uint64_t largest, char text[HS_RANGE_TEXT]);

/* A row of text. */
void hs_drawing_say(hs_drawing *, hs_role, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A list as one row, from `column` on: its blocks in order, those beyond the edge counted, what is
 * broken in words. Reaches all of them; where there are many, the first few, and none out of sight.
 * Returns how many it reached; *all says whether these are all. */
size_t hs_drawing_chain(hs_drawing *, int row, int column, hs_addr head, bool *all);

/* The shapes. */
void hs_draw_lists(hs_drawing *);
void hs_draw_tree(hs_drawing *);
void hs_draw_buddies(hs_drawing *);
void hs_draw_slabs(hs_drawing *);

#endif

/* SPDX-License-Identifier: MIT */
/* The byte map: the heap's bytes as rows of cells, from single bytes to many pages a cell.
 *
 *      0x107000000  32|1            p1 24 B                          <- labels
 *                   2100000000000000000000000000...                  <- bytes, where rows allow
 *
 * One row is a fixed power-of-two number of bytes. What a cell shows is decoded from the heap's
 * bytes by the allocator's walker; names come from the client's variables. */
#ifndef HS_VIEW_BYTE_MAP_H
#define HS_VIEW_BYTE_MAP_H

#include "view/scene.h"

#include <heapscope/session.h>

/* How a map is laid out in a pane. */
typedef struct {
    hs_addr top;         /* address of the first row */
    uint64_t row_bytes;  /* a power of two */
    uint64_t cell_bytes; /* 1, 2, 4, ... */
    int cell_columns;    /* columns of one cell; 2 and more have room for a byte in hex */
    int lines;           /* of one row: 2 has the labels above the bytes, 3 a margin below */
    bool large;          /* blocks have an edge */
    int visible;         /* how many rows of the heap the pane shows */
    uint64_t rows;       /* how many rows the heap has */
} hs_map_plan;

/* The column where the cells start, behind the address. */
enum { HS_MAP_GUTTER = 13 };

/* Lay out a map for a pane of this size. `zoom` is bytes a row, 0 for the most detailed zoom that
 * shows the whole heap; `top` is where the reader scrolled to, kept within the heap. */
hs_map_plan hs_map_plan_for(const hs_session *, int rows, int columns, uint64_t zoom, hs_addr top);

/* The same for people who sit far away: few bytes in a row, wide cells, high rows. What does not
 * fit is scrolled to. */
hs_map_plan hs_map_plan_large(const hs_session *, int rows, int columns, uint64_t zoom,
                              hs_addr top);

/* Paint the map. `size` bytes at `cursor` are pointed out; none when that is NULL. */
void hs_map_paint(const hs_session *, const hs_map_plan *, hs_pane, hs_addr cursor, uint64_t size);

/* The address under a cell of the pane; HS_NULL for none. */
hs_addr hs_map_address(const hs_session *, const hs_map_plan *, int row, int column);

/* Rows that the whole map takes, with its ruler and its last line. */
int hs_map_rows(const hs_map_plan *);

/* ". free  # payload  ..." on one line: the roles and their glyphs, and the allocator's pointers.
 */
void hs_map_legend(const hs_session *, const hs_map_plan *, hs_pane, int row);

#endif

/* SPDX-License-Identifier: MIT */
/* A scene: a grid of cells, each with a glyph and a role. Views lay scenes out; front ends and
 * exports only paint them. */
#ifndef HS_VIEW_SCENE_H
#define HS_VIEW_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

typedef enum {
    HS_ROLE_TEXT,
    HS_ROLE_DIM, /* less important text, frames */
    HS_ROLE_TITLE,
    HS_ROLE_ADDRESS,
    HS_ROLE_HEADER,
    HS_ROLE_FOOTER,
    HS_ROLE_LINK, /* of a free block, to another one */
    HS_ROLE_PAYLOAD,
    HS_ROLE_PADDING,
    HS_ROLE_FREE,
    HS_ROLE_UNUSED, /* committed, never handed out */
    HS_ROLE_DEAD,   /* freed, but of no use to this allocator */
    HS_ROLE_DAMAGE,
    HS_ROLE_RESERVED, /* beyond the committed end */
    HS_ROLE_MARK,     /* bump pointer, rover */
    HS_ROLE_NOTE,     /* narration */
    HS_ROLE_ERROR,
    HS_ROLE_KEY,  /* key hints */
    HS_ROLE_PLOT, /* dots of a chart */
    HS_ROLE_SIZE, /* live memory in small blocks; behind it come five classes of larger ones */
    HS_ROLE_SIZE_LAST = HS_ROLE_SIZE + 5,
    HS_ROLES
} hs_role;

enum {
    HS_CHANGED = 1, /* since the last command */
    HS_CURSOR = 2,  /* selected, or under the cursor */
    HS_FILLER = 4,  /* the glyph only fills an area: it may be faint */
    HS_SPARSE = 8,  /* little of it is there: in the role's colour, on no ground */
};

typedef struct {
    wchar_t glyph; /* 0: the right half of a wide character, or blank */
    uint8_t role, flags;
} hs_cell;

typedef struct {
    int rows, columns;
    bool ascii; /* only ASCII glyphs may be used */
    hs_cell *cells;
} hs_scene;

/* An empty scene; any size from 1 x 1. */
hs_scene *hs_scene_new(int rows, int columns, bool ascii);
void hs_scene_free(hs_scene *);
hs_cell *hs_scene_cell(const hs_scene *, int row, int column); /* NULL outside */

/* A part of a scene that a view paints in, with its own row and column 0. */
typedef struct {
    hs_scene *scene;
    int row, column, rows, columns;
} hs_pane;

hs_pane hs_pane_of(hs_scene *);
hs_pane hs_pane_part(hs_pane, int row, int column, int rows, int columns);

/* Put UTF-8 text; returns the column behind it. It is cut at the pane's edge. Control characters
 * and invalid bytes become visible signs: nothing of the text reaches a terminal raw. */
int hs_put(hs_pane, int row, int column, hs_role, const char *text);
int hs_putf(hs_pane, int row, int column, hs_role, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Put text wrapped between words into `rows` rows from `row` on; its newlines are kept. Returns
 * the rows used; a text that does not fit ends in "...". With `rows` 0 it only counts. */
int hs_put_wrapped(hs_pane, int row, int rows, hs_role, const char *text);

void hs_put_glyph(hs_pane, int row, int column, hs_role, wchar_t glyph);
void hs_fill(hs_pane, int row, int column, int count, hs_role, wchar_t glyph);

/* Bytes as people say them, written into `text`, which is returned: 256 bytes, 64 KiB. */
const char *hs_size_text(uint64_t n, char *text, size_t size);

/* Drop the first rows. */
void hs_scene_drop_rows(hs_scene *, int count);

/* The scene as lines of text, without trailing blanks; freed by the caller. */
char *hs_scene_text(const hs_scene *);

#endif

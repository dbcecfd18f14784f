/* SPDX-License-Identifier: MIT */
/* The buddy system: the tree of halves over the heap, a row for each size, and then the lists.
 *
 *       256 ───────────────┬───────────────           split
 *       128 ───────┬───────[128············           split, free
 *        64 [p1▓▓▓▓[64·····                           used, free
 *
 * Every block stands where it lies in the heap, under the halves that were split for it. */
#include "view/drawing.h"
#include "view/theme.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LEVELS = 41, LABEL = 8, LEAST = 2, MOST_LEVELS = 12 };

typedef struct {
    hs_drawing *d;
    int rows[LEVELS]; /* the row of the pane for each logarithm of a size; -1: it is out of sight */
    int lowest, highest;
    size_t small[2], drawn[2]; /* used and free blocks that are too small to be seen; and others */
} halves;

static int level_of(uint64_t size)
{
    return size ? 63 - __builtin_clzll(size) : 0;
}

/* The column where an offset into the heap is drawn. */
static int column_of(const hs_drawing *d, uint64_t offset)
{
    uint64_t width = (uint64_t)(d->pane.columns - LABEL), size = hs_heap_committed(d->heap);
    return LABEL + (int)((long double)offset * (long double)width / (long double)size);
}

static void fill(const hs_drawing *d, int row, int from, int to, hs_role role, wchar_t glyph)
{
    hs_fill(d->pane, row, from, to - from, role, glyph);
}

/* Put "[p1" or "[64", or as much of it as fits. */
static void put_name(const hs_drawing *d, int row, int from, int to, hs_role role,
                     const hs_block *b)
{
    char text[64], size[HS_RANGE_TEXT];
    const hs_client_block *c = hs_session_block_from(d->session, hs_block_payload(b));
    bool named = c && c->live && c->addr == hs_block_payload(b) && b->kind == HS_BLOCK_USED;
    snprintf(text, sizeof text, "[%s",
             named ? hs_session_block_name(d->session, c) : hs_range_text(b->size, b->size, size));
    if ((int)strlen(text) > to - from) text[1] = 0;
    hs_put(d->pane, row, from, role, text);
}

/* Draw the halves that were split and that a block lies at the very start of. */
static void put_split(const halves *t, uint64_t offset, int level)
{
    const hs_drawing *d = t->d;
    uint64_t size = hs_heap_committed(d->heap);
    for (int up = level + 1; up <= t->highest; up++) {
        uint64_t whole = (uint64_t)1 << up;
        if (offset % whole || whole > size - offset) return;
        if (t->rows[up] < 0) continue;
        int from = column_of(d, offset), to = column_of(d, offset + whole);
        fill(d, t->rows[up], from, to, HS_ROLE_DIM, d->ascii ? L'-' : L'─');
        hs_put_glyph(d->pane, t->rows[up], column_of(d, offset + whole / 2), HS_ROLE_DIM,
                     d->ascii ? L'+' : L'┬');
    }
}

static void put_block(halves *t, const hs_block *b)
{
    const hs_drawing *d = t->d;
    uint64_t offset = b->addr - hs_heap_base(d->heap);
    bool used = b->kind == HS_BLOCK_USED;
    int level = level_of(b->size);
    hs_role role = used ? HS_ROLE_PAYLOAD : HS_ROLE_FREE;
    if (level < t->lowest)
        t->small[!used]++;
    else
        t->drawn[!used]++;
    put_split(t, offset, level < t->lowest ? t->lowest - 1 : level);
    if (level < t->lowest || t->rows[level] < 0) return;
    int from = column_of(d, offset), to = column_of(d, offset + b->size);
    fill(d, t->rows[level], from, to, role, hs_theme_glyph(role, d->ascii));
    put_name(d, t->rows[level], from, to, role, b);
}

static bool is_node(const hs_block *b)
{
    return b->kind == HS_BLOCK_USED || b->kind == HS_BLOCK_FREE;
}

/* Choose the sizes that get a row: from the largest half of the heap down to the smallest block, as
 * long as that is wide enough to be seen. */
static bool choose_levels(halves *t)
{
    const hs_drawing *d = t->d;
    hs_block b;
    int smallest = d->holes.many ? 0 : LEVELS; /* blocks that are smaller have no row */
    for (bool more = !d->holes.many && d->allocator->walk(d->heap, NULL, &b); more;
         more = d->allocator->walk(d->heap, &b, &b))
        if (is_node(&b) && level_of(b.size) < smallest) smallest = level_of(b.size);
    t->highest = level_of(hs_heap_committed(d->heap));
    if (t->highest >= LEVELS) t->highest = LEVELS - 1;
    t->lowest = t->highest;
    while (t->lowest > smallest && t->highest - t->lowest < MOST_LEVELS - 1 &&
           column_of(d, (uint64_t)1 << (t->lowest - 1)) >= LABEL + LEAST)
        t->lowest--;
    return smallest < LEVELS;
}

static void put_all(halves *t)
{
    hs_drawing *d = t->d;
    hs_block b;
    for (bool more = d->allocator->walk(d->heap, NULL, &b); more;
         more = d->allocator->walk(d->heap, &b, &b))
        if (is_node(&b))
            put_block(t, &b);
        else if (b.kind == HS_BLOCK_DAMAGED)
            hs_drawing_say(d, HS_ROLE_ERROR, "0x%" PRIx64 ": %s", b.addr, b.damage);
}

/* Where there are many blocks, put those that can be seen: one begins at a multiple of the smallest
 * size on show. */
static void put_visible(halves *t)
{
    const hs_drawing *d = t->d;
    hs_addr base = hs_heap_base(d->heap), end = hs_heap_end(d->heap);
    uint64_t unit = (uint64_t)1 << t->lowest;
    hs_seen seen;
    for (hs_addr at = base; at < end && hs_session_walk_to(d->session, at, &seen);) {
        const hs_block *b = &seen.block;
        if (b->addr == at && is_node(b)) put_block(t, b);
        at += b->addr == at && b->size > unit ? b->size : unit;
    }
    t->small[0] = d->holes.kinds[HS_BLOCK_USED] - t->drawn[0];
    t->small[1] = d->holes.kinds[HS_BLOCK_FREE] - t->drawn[1];
}

static void draw_halves(hs_drawing *d)
{
    halves t = {.d = d};
    char range[HS_RANGE_TEXT];
    if (!choose_levels(&t)) return;
    for (int level = t.highest; level >= t.lowest; level--) {
        uint64_t size = (uint64_t)1 << level;
        t.rows[level] = hs_drawing_row(d);
        if (t.rows[level] >= 0)
            hs_putf(d->pane, t.rows[level], 0, HS_ROLE_TEXT, "%*s", LABEL - 1,
                    hs_range_text(size, size, range));
    }
    (d->holes.many ? put_visible : put_all)(&t);
    if (t.small[0] || t.small[1])
        hs_drawing_say(d, HS_ROLE_DIM, "%*s too small to draw: %zu used, %zu free", LABEL - 1,
                       "less", t.small[0], t.small[1]);
}

void hs_draw_buddies(hs_drawing *d)
{
    if (!d->small) draw_halves(d);
    hs_draw_lists(d);
}

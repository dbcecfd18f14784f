/* SPDX-License-Identifier: MIT */
/* The panel of the free blocks: in the order of the allocator's own lists, drawn by their shape;
 * in heap order where it keeps none. */
#include "base/count.h"
#include "view/drawing.h"
#include "view/pictures.h"
#include "view/theme.h"

#include <heapscope/reading.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SMALL = 50 }; /* in fewer columns addresses are shortened */

/* --- Heap order ----------------------------------------------------------------------------- */

/* The digits that the largest block of this heap could need, and a gap while they are few. */
static int size_width(const hs_drawing *d)
{
    int digits = snprintf(NULL, 0, "%" PRIu64, hs_heap_committed(d->heap));
    return digits < 5 ? digits + 1 : digits;
}

/* Put a block's whole address and its size. Returns the column behind. */
static int put_block(const hs_drawing *d, int row, int column, hs_addr at, uint64_t size)
{
    bool changed = hs_session_changed(d->session, at);
    column = hs_putf(d->pane, row, column, HS_ROLE_ADDRESS, "0x%" PRIx64, at);
    column =
        hs_put(d->pane, row, column, changed ? HS_ROLE_MARK : HS_ROLE_TEXT, changed ? "*" : " ");
    return hs_putf(d->pane, row, column, HS_ROLE_TEXT, "%*" PRIu64 " ", size_width(d), size);
}

static void put_heap_order(hs_drawing *d, int row, const hs_block *b)
{
    bool used_before = b->kind == HS_BLOCK_FREE;
    int column = put_block(d, row, 0, b->addr, b->size);
    hs_put(d->pane, row, column, used_before ? HS_ROLE_FREE : HS_ROLE_UNUSED,
           used_before ? "free"
           : d->small  ? "new"
                       : "unused");
}

enum { HOLES = 1 << HS_BLOCK_FREE | 1 << HS_BLOCK_UNUSED, NEAR = 32 };

/* Go from hole i - 1 to hole i. Where there are many blocks, a hole is looked up unless it is
 * near. */
static bool next_hole(const hs_drawing *d, size_t i, hs_seen *seen)
{
    int steps = 0;
    while (hs_session_walk(d->session, seen, seen)) {
        if (HOLES >> seen->block.kind & 1) return true;
        if (d->holes.many && ++steps == NEAR) break;
    }
    return hs_session_walk_nth(d->session, i, HOLES, seen);
}

static void draw_heap_order(hs_drawing *d)
{
    size_t n = d->holes.kinds[HS_BLOCK_FREE] + d->holes.kinds[HS_BLOCK_UNUSED];
    hs_seen seen;
    if (!d->total) {
        d->made = n;
        return;
    }
    size_t i = d->made = d->skip;
    bool more = hs_session_walk_nth(d->session, i, HOLES, &seen);
    for (; more && !hs_drawing_is_full(d); more = next_hole(d, ++i, &seen)) {
        int row = hs_drawing_row(d);
        if (row >= 0) put_heap_order(d, row, &seen.block);
    }
    d->made = n;
}

/* --- One list ------------------------------------------------------------------------------- */

static void put_link_back(const hs_drawing *d, int row, int column, hs_addr back, hs_addr before)
{
    char text[HS_ADDRESS_TEXT];
    if (back == before) return;
    hs_putf(d->pane, row, column, HS_ROLE_ERROR, "prev %s%s%s", hs_drawing_arrow(d),
            back ? hs_drawing_address(d, back, text) : "NULL",
            d->small ? "" : ": not the block before it in the list");
}

static void put_hole(const hs_drawing *d, int row, const hs_hole *hole, hs_addr before)
{
    int column = hs_put(d->pane, row, 0, HS_ROLE_DIM, hs_drawing_arrow(d));
    column = put_block(d, row, column, hole->at, hole->size);
    if (!d->small)
        column = hs_putf(d->pane, row, column, HS_ROLE_DIM, " %zu of %zu in heap order  ",
                         hs_hole_place(d->session, &d->holes, hole), d->holes.count);
    if (hole->both_ways)
        put_link_back(d, row, column, hs_hole_links(d->session, hole).to[1], before);
}

/* Where there are many blocks, only count those of a list: a sound list has all of them, and its
 * end is one row more. */
static bool counts_only(hs_drawing *d, hs_addr head)
{
    if (!d->holes.many || d->total) return false;
    d->made = head ? d->holes.kinds[HS_BLOCK_FREE] + 1 : 0;
    return true;
}

/* True if, among many blocks, as much has been drawn as there is room for. */
static bool is_seen(const hs_drawing *d)
{
    return d->holes.many && hs_drawing_is_full(d);
}

static void draw_list(hs_drawing *d)
{
    hs_list list;
    const hs_hole *hole;
    const char *wrong = NULL;
    char text[HS_ADDRESS_TEXT];
    if (!d->allocator->list(d->heap, 0, &list)) return;
    if (counts_only(d, list.head)) return;
    hs_addr before = HS_NULL, at = list.head;
    while (at && !is_seen(d) && !(wrong = hs_hole_reach(d->session, &d->holes, at, &hole))) {
        int row = hs_drawing_row(d);
        if (row >= 0) put_hole(d, row, hole, before);
        before = at;
        at = hs_hole_links(d->session, hole).to[0];
    }
    if (is_seen(d)) return;
    if (wrong)
        hs_drawing_say(d, HS_ROLE_ERROR, "%s%s %s", hs_drawing_arrow(d),
                       hs_drawing_address(d, at, text), wrong);
    else if (list.head)
        hs_drawing_say(d, HS_ROLE_DIM, "%sNULL", hs_drawing_arrow(d));
}

/* --- Many lists ----------------------------------------------------------------------------- */

enum { RANGE = 14, COUNT = 7, SMALL_RANGE = 6 };

static void draw_class(hs_drawing *d, const hs_list *list)
{
    char range[HS_RANGE_TEXT], count[32];
    bool all;
    int row = hs_drawing_row(d), width = d->small ? SMALL_RANGE : RANGE;
    size_t n = hs_drawing_chain(d, row, width + (d->small ? 1 : COUNT), list->head, &all);
    if (row < 0) return;
    bool one = list->smallest == list->largest;
    hs_range_text(list->smallest, one || !d->small ? list->largest : UINT64_MAX, range);
    hs_putf(d->pane, row, 0, HS_ROLE_TEXT, "%*s", width, range);
    if (d->small && list->name) hs_putf(d->pane, row, 0, HS_ROLE_DIM, "%.1s", list->name);
    snprintf(count, sizeof count, "%zu%s", n, all ? "" : "+");
    if (!d->small) hs_putf(d->pane, row, width, HS_ROLE_DIM, "%5s", count);
}

/* A run of empty lists takes one row, and none where room is small. */
static void fold(hs_drawing *d, size_t n, uint64_t smallest, uint64_t largest)
{
    char range[HS_RANGE_TEXT];
    if (!n || d->small) return;
    hs_drawing_say(d, HS_ROLE_DIM, "%*s      %zu empty list%s", RANGE,
                   hs_range_text(smallest, largest, range), n, hs_plural(n));
}

/* True if no block of this heap can ever be in this list. */
static bool is_idle(const hs_drawing *d, const hs_list *list)
{
    uint64_t most = hs_heap_maximum(d->heap);
    return !list->head && (list->smallest > most || (!list->smallest && list->largest > most));
}

/* True where lists of another kind begin: they are named, or their sizes start over. */
static bool begins_series(const hs_list *list, const hs_list *before)
{
    const char *a = list->name ? list->name : "", *b = before->name ? before->name : "";
    return list->smallest < before->largest || strcmp(a, b) != 0;
}

static void put_series(hs_drawing *d, const hs_list *list)
{
    if (!d->small)
        hs_drawing_say(d, HS_ROLE_DIM, "%*s:%s%s", RANGE, list->name ? list->name : "again",
                       list->about ? " " : "", list->about ? list->about : "");
}

void hs_draw_lists(hs_drawing *d)
{
    hs_list list, before = {0};
    size_t empty = 0, all_empty = 0;
    uint64_t from = 0;
    for (size_t i = 0; d->allocator->list(d->heap, i, &list); i++) {
        if (is_idle(d, &list)) continue;
        bool series = begins_series(&list, &before);
        if (list.head || series) {
            fold(d, empty, from, before.largest);
            empty = 0;
        }
        if (series) put_series(d, &list);
        if (list.head) draw_class(d, &list);
        if (!list.head && !empty++) from = list.smallest;
        all_empty += !list.head;
        before = list;
    }
    fold(d, empty, from, before.largest);
    if (d->small && all_empty)
        hs_drawing_say(d, HS_ROLE_DIM, "%zu empty list%s", all_empty, hs_plural(all_empty));
}

/* --- A grid of lists ------------------------------------------------------------------------ */

/* Draw a row of lists as bits. A bit that lies about its list stands out. */
static bool draw_bits(hs_drawing *d, size_t first, bool only_ask)
{
    hs_list list;
    char range[HS_RANGE_TEXT];
    bool any = false;
    int row = only_ask ? -1 : hs_drawing_row(d), column = RANGE + 4;
    uint64_t smallest = 0, largest = 0;
    for (size_t i = 0; i < d->allocator->columns; i++) {
        if (!d->allocator->list(d->heap, first + i, &list)) break;
        if (!i) smallest = list.smallest;
        largest = list.largest;
        any |= list.marked || list.head;
        bool lies = list.marked != (list.head != HS_NULL);
        wchar_t zero = d->ascii ? L'.' : L'·';
        if (row >= 0)
            hs_put_glyph(d->pane, row, column++,
                         lies          ? HS_ROLE_DAMAGE
                         : list.marked ? HS_ROLE_FREE
                                       : HS_ROLE_DIM,
                         list.marked ? L'1' : zero);
    }
    if (row < 0) return any;
    hs_putf(d->pane, row, 0, HS_ROLE_TEXT, "%*s", RANGE, hs_range_text(smallest, largest, range));
    hs_put(d->pane, row, RANGE + 2, any ? HS_ROLE_FREE : HS_ROLE_DIM, any ? "1" : "0");
    return any;
}

/* True if a row of the grid begins with this list, and a block of this heap can be in it. */
static bool begins_row(const hs_drawing *d, size_t index)
{
    hs_list list;
    return d->allocator->list(d->heap, index, &list) && !list.name && !is_idle(d, &list);
}

/* The rows up to the last that is not empty; those beyond are folded. */
static void draw_bitmap(hs_drawing *d)
{
    size_t columns = d->allocator->columns, rows = 0, used = 0;
    for (; begins_row(d, rows * columns); rows++)
        if (draw_bits(d, rows * columns, true)) used = rows + 1;
    hs_drawing_say(d, HS_ROLE_DIM, "%*s  row, and a bit for each of its %zu lists", RANGE, "sizes",
                   columns);
    for (size_t i = 0; i < used; i++) draw_bits(d, i * columns, false);
    if (used < rows)
        hs_drawing_say(d, HS_ROLE_DIM, "%*s  0 in %zu more row%s", RANGE, "", rows - used,
                       hs_plural(rows - used));
}

static void draw_grid(hs_drawing *d)
{
    hs_list list, before = {0};
    if (!d->small && d->allocator->columns) draw_bitmap(d);
    for (size_t i = 0; d->allocator->list(d->heap, i, &list); i++) {
        if (!list.head) continue;
        if (list.name && begins_series(&list, &before)) put_series(d, &list);
        draw_class(d, &list);
        before = list;
    }
}

/* --- The panel ------------------------------------------------------------------------------ */

/* What the title of each shape counts; else it counts `noun`. */
static const struct {
    const char *title, *noun;
    void (*draw)(hs_drawing *);
} shapes[] = {
    [HS_SHAPE_NONE] = {"Free blocks", "", draw_heap_order},
    [HS_SHAPE_LIST] = {"Free list", " block", draw_list},
    [HS_SHAPE_LISTS] = {"Free lists", " block", hs_draw_lists},
    [HS_SHAPE_GRID] = {"Free lists", " block", draw_grid},
    [HS_SHAPE_TREE] = {"Free tree", " block", hs_draw_tree},
    [HS_SHAPE_BUDDY] = {"Buddies", " free block", hs_draw_buddies},
    [HS_SHAPE_SLABS] = {"Slabs", "", hs_draw_slabs},
};

static const char *why_no_hole(const hs_drawing *d)
{
    if (d->holes.kinds[HS_BLOCK_DAMAGED]) return "none before the broken header";
    if (hs_heap_committed(d->heap) < hs_heap_maximum(d->heap))
        return "none: the next request grows the heap";
    return "none, and the heap may not grow";
}

static hs_drawing begin(const hs_session *s, int columns)
{
    const hs_heap *h = hs_session_heap(s);
    return (hs_drawing){.session = s,
                        .heap = h,
                        .allocator = hs_heap_allocator(h),
                        .holes = hs_holes_of(s),
                        .pane = {.columns = columns},
                        .small = columns < SMALL};
}

/* Make all rows. While `total` is 0 they are counted, else painted. */
static void make(hs_drawing *d)
{
    d->made = 0;
    hs_holes_forget(&d->holes);
    shapes[d->allocator->shape].draw(d);
    size_t lost = d->allocator->shape == HS_SHAPE_NONE ? 0 : hs_holes_unreached(&d->holes);
    if (lost) hs_drawing_say(d, HS_ROLE_ERROR, "%zu free, in no list", lost);
    if (d->made) return;
    const char *why = why_no_hole(d);
    int rows = d->total ? hs_put_wrapped(d->pane, 0, d->pane.rows, HS_ROLE_DIM, why) : 1;
    d->made = rows > 0 ? (size_t)rows : 1;
}

static size_t rows_of_free_list(const hs_subject *of, int columns)
{
    const hs_session *s = of->session;
    hs_drawing d = begin(s, columns);
    make(&d);
    hs_holes_free(&d.holes);
    return 1 + d.made;
}

/* Put the title: how many there are, and in a scrolled panel which rows are on show. */
static void put_title(const hs_drawing *d, hs_pane p)
{
    hs_shape shape = d->allocator->shape;
    const size_t *kinds = d->holes.kinds;
    size_t n = kinds[HS_BLOCK_FREE], fits = (size_t)d->pane.rows;
    if (shape == HS_SHAPE_NONE) n += kinds[HS_BLOCK_UNUSED];
    if (shape == HS_SHAPE_SLABS) n = kinds[HS_BLOCK_OWN];
    hs_fill(p, 0, 0, p.columns, HS_ROLE_TITLE, L' ');
    int column = hs_putf(p, 0, 1, HS_ROLE_TITLE, "%s: ", shapes[shape].title);
    if (d->skip)
        column = hs_putf(p, 0, column, HS_ROLE_TITLE, "%zu-%zu of %zu", d->skip + 1,
                         d->skip + fits < d->total ? d->skip + fits - 1 : d->total, d->total);
    else
        column = hs_putf(p, 0, column, HS_ROLE_TITLE, "%zu%s%s", n, shapes[shape].noun,
                         shapes[shape].noun[0] ? hs_plural(n) : "");
    if (shape == HS_SHAPE_LIST && p.columns - column > 12)
        hs_put(p, 0, column, HS_ROLE_TITLE, ", head first");
}

static void paint_free_list(const hs_subject *of, hs_pane p, size_t skip)
{
    const hs_session *s = of->session;
    hs_drawing d = begin(s, p.columns);
    make(&d);
    d.total = d.made;
    d.pane = hs_pane_part(p, 1, 0, p.rows - 1, p.columns);
    d.ascii = p.scene->ascii;
    d.skip = skip;
    put_title(&d, p);
    if (d.pane.rows > 0) make(&d);
    hs_holes_free(&d.holes);
}

const hs_picture hs_picture_free_list = {.name = "free-list",
                                         .title = "Free blocks",
                                         .about = "the free blocks in their own order",
                                         .flags = HS_IN_VIEW | HS_SAYS_CUT,
                                         .key = 3,
                                         .rows = rows_of_free_list,
                                         .paint = paint_free_list};

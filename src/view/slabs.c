/* SPDX-License-Identifier: MIT */
/* Slabs by their classes: each slab a row, each object a cell.
 *
 *      32 bytes: 2 slabs, 8 of 14 in use; with free ones → 0x107000100
 *        0x107000000  ▓▓▓▓▓▓▓  7 of 7
 *        0x107000100* ▓······  1 of 7
 *
 * A slab is a block of the allocator's own and the objects right behind it, which have no headers.
 * Its class is the list whose sizes contain its objects'. */
#include "base/count.h"
#include "base/memory.h"
#include "view/drawing.h"
#include "view/theme.h"

#include <inttypes.h>
#include <stdlib.h>

typedef struct {
    hs_block record; /* the slab's own record, from which its walk starts again */
    uint64_t object;
    size_t objects, used;
} slab;

typedef struct {
    slab *slabs;
    size_t count, capacity;
} slabs;

static bool is_object(const hs_block *b)
{
    return (b->kind == HS_BLOCK_USED || b->kind == HS_BLOCK_FREE) && !b->header;
}

enum { FIRST = 200 }; /* so many slabs are looked at where there are many blocks */

static slabs find_slabs(const hs_drawing *d)
{
    slabs l = {0};
    hs_block b;
    for (bool more = d->allocator->walk(d->heap, NULL, &b); more;
         more = d->allocator->walk(d->heap, &b, &b)) {
        if (b.kind == HS_BLOCK_OWN) {
            if (d->holes.many && l.count == FIRST) break;
            l.slabs = hs_array_reserve(l.slabs, &l.capacity, l.count + 1, sizeof *l.slabs);
            l.slabs[l.count++] = (slab){.record = b};
        } else if (is_object(&b) && l.count) {
            slab *last = &l.slabs[l.count - 1];
            last->object = b.size;
            last->objects++;
            last->used += b.kind == HS_BLOCK_USED;
        }
    }
    return l;
}

/* Draw a cell for each object, as many as fit beside the word about how many are in use. */
static void draw_slab(hs_drawing *d, const slab *b)
{
    char text[48];
    int row = hs_drawing_row(d);
    if (row < 0) return;
    int column = hs_drawing_put_address(d, row, d->small ? 0 : 2, b->record.addr);
    column += !d->small;
    int width =
        snprintf(text, sizeof text, d->small ? " %zu/%zu" : "  %zu of %zu", b->used, b->objects);
    int room = d->pane.columns - column - width;
    bool cut = room < 0 || (size_t)room < b->objects;
    int cells = cut ? room - 3 : (int)b->objects;
    hs_block object = b->record;
    for (int i = 0; i < cells && d->allocator->walk(d->heap, &object, &object); i++) {
        hs_role role = object.kind == HS_BLOCK_USED ? HS_ROLE_PAYLOAD : HS_ROLE_FREE;
        hs_put_glyph(d->pane, row, column++, role, hs_theme_glyph(role, d->ascii));
    }
    if (cut) column = hs_put(d->pane, row, column, HS_ROLE_DIM, "...");
    hs_put(d->pane, row, column, HS_ROLE_DIM, text);
}

static bool belongs(const slab *b, const hs_list *list)
{
    return b->objects && b->object >= list->smallest && b->object <= list->largest;
}

static void put_heading(const hs_drawing *d, int row, const hs_list *list, size_t n, size_t used,
                        size_t objects, int *column)
{
    char range[HS_RANGE_TEXT];
    hs_range_text(list->smallest, list->largest, range);
    if (!n && list->name)
        *column = hs_putf(d->pane, row, 0, HS_ROLE_TEXT, "%s ", list->name);
    else if (!n)
        *column =
            hs_putf(d->pane, row, 0, HS_ROLE_TEXT, d->small ? "%s " : "%s bytes, free ", range);
    else if (d->small)
        *column = hs_putf(d->pane, row, 0, HS_ROLE_TEXT, "%s ", range);
    else
        *column =
            hs_putf(d->pane, row, 0, HS_ROLE_TEXT, "%s bytes: %zu slab%s, %zu of %zu in use%s",
                    range, n, hs_plural(n), used, objects, list->head ? "; with free ones " : "");
}

static void draw_class(hs_drawing *d, const slabs *l, const hs_list *list)
{
    size_t n = 0, used = 0, objects = 0;
    for (size_t i = 0; i < l->count; i++) {
        if (!belongs(&l->slabs[i], list)) continue;
        n++;
        used += l->slabs[i].used;
        objects += l->slabs[i].objects;
    }
    if (!n && !list->head) return;
    int row = hs_drawing_row(d), column = 0;
    bool all;
    if (row >= 0) put_heading(d, row, list, n, used, objects, &column);
    hs_drawing_chain(d, row, column, list->head, &all);
    for (size_t i = 0; i < l->count; i++)
        if (belongs(&l->slabs[i], list)) draw_slab(d, &l->slabs[i]);
}

void hs_draw_slabs(hs_drawing *d)
{
    slabs l = find_slabs(d);
    hs_list list;
    if (l.count < d->holes.kinds[HS_BLOCK_OWN])
        hs_drawing_say(d, HS_ROLE_DIM, "the first %zu of %zu slabs", l.count,
                       d->holes.kinds[HS_BLOCK_OWN]);
    for (size_t i = 0; d->allocator->list(d->heap, i, &list); i++) draw_class(d, &l, &list);
    free(l.slabs);
}

/* SPDX-License-Identifier: MIT */
/* The free blocks as the tree that they are kept in:
 *
 *      root 96 @ 0x107000200  priority f012
 *      ├─left 32 @ 0x107000040  priority 8c51
 *      │ └─right 48 @ 0x107000100  priority 17aa
 *      └─right 128 @ 0x107000300  priority c0de
 *
 * What is too deep for the pane's width is counted. Of a treap's priorities the first four digits
 * are shown, where there is room: they are why a node is where it is. */
#include "base/memory.h"
#include "view/drawing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 48, NODE = 30, SMALL_NODE = 14, PRIORITY = 14, FIRST = 100 };

typedef struct {
    hs_drawing *d;
    int depth, deepest;
    bool more[DEEPEST + 1]; /* at this depth, a sibling follows */
} tree;

static void put_branches(const tree *t, int row)
{
    const hs_drawing *d = t->d;
    for (int i = 1; i <= t->depth; i++) {
        bool own = i == t->depth;
        const char *line = d->ascii
                               ? (own ? (t->more[i] ? "|-" : "`-") : (t->more[i] ? "| " : "  "))
                               : (own ? (t->more[i] ? "├─" : "└─") : (t->more[i] ? "│ " : "  "));
        hs_put(d->pane, row, 2 * (i - 1), HS_ROLE_DIM, line);
    }
}

/* Put which child it is, "left " or "right "; a letter where room is small. */
static int put_side(const tree *t, int row, int side)
{
    static const char *const words[] = {"root ", "left ", "right "}, *const letters[] = {"", "L ",
                                                                                         "R "};
    put_branches(t, row);
    return hs_put(t->d->pane, row, 2 * t->depth, HS_ROLE_DIM,
                  (t->d->small ? letters : words)[side + 1]);
}

static void put_node(const tree *t, int row, int side, const hs_hole *hole)
{
    int column = hs_putf(t->d->pane, row, put_side(t, row, side), HS_ROLE_TEXT, "%" PRIu64 " @ ",
                         hole->size);
    column = hs_drawing_put_address(t->d, row, column, hole->at);
    uint64_t (*priority)(hs_addr) = t->d->allocator->priority;
    if (priority && column + PRIORITY <= t->d->pane.columns)
        hs_putf(t->d->pane, row, column, HS_ROLE_DIM, " priority %04" PRIx64,
                priority(hole->at) >> 48);
}

static void put_broken(const tree *t, int row, int side, hs_addr at, const char *wrong)
{
    char text[HS_ADDRESS_TEXT];
    hs_putf(t->d->pane, row, put_side(t, row, side), HS_ROLE_ERROR, "%s%s %s",
            hs_drawing_arrow(t->d), hs_drawing_address(t->d, at, text), wrong);
}

/* Reach all nodes below, and count them. It has a stack of its own, for a tree may be as deep as it
 * has nodes. Where there are many, it stops at the first few. */
static size_t count_below(hs_drawing *d, hs_addr root, bool *all)
{
    size_t most = d->holes.many ? FIRST : SIZE_MAX;
    hs_addr *stack = NULL;
    size_t n = 0, depth = 0, capacity = 0;
    const hs_hole *hole;
    for (hs_addr at = root;; at = stack[--depth]) {
        if (at && !hs_hole_reach(d->session, &d->holes, at, &hole)) {
            hs_links l = hs_hole_links(d->session, hole);
            stack = hs_array_reserve(stack, &capacity, depth + 2, sizeof *stack);
            stack[depth++] = l.to[0];
            stack[depth++] = l.to[1];
            n++;
        }
        if (!depth || n >= most) break;
    }
    *all = !depth;
    free(stack);
    return n;
}

static void draw_node(tree *t, hs_addr at, int side);

static void draw_children(tree *t, const hs_hole *hole)
{
    hs_links l = hs_hole_links(t->d->session, hole);
    for (int side = 0; side < 2; side++) {
        if (!l.to[side]) continue;
        t->depth++;
        t->more[t->depth] = side == 0 && l.to[1];
        draw_node(t, l.to[side], side);
        t->depth--;
    }
}

static void draw_node(tree *t, hs_addr at, int side)
{
    const hs_hole *hole;
    bool all;
    if (t->d->holes.many && hs_drawing_is_full(t->d)) return;
    int row = hs_drawing_row(t->d);
    if (t->depth > t->deepest) {
        if (t->d->holes.many && row < 0) return;
        size_t n = count_below(t->d, at, &all);
        if (row >= 0)
            hs_putf(t->d->pane, row, put_side(t, row, side), HS_ROLE_DIM, "... %zu%s more", n,
                    all ? "" : "+");
        return;
    }
    const char *wrong = hs_hole_reach(t->d->session, &t->d->holes, at, &hole);
    if (row >= 0 && wrong) put_broken(t, row, side, at, wrong);
    if (row >= 0 && !wrong) put_node(t, row, side, hole);
    if (!wrong) draw_children(t, hole);
}

void hs_draw_tree(hs_drawing *d)
{
    hs_list list;
    int room = (d->pane.columns - (d->small ? SMALL_NODE : NODE)) / 2;
    tree t = {.d = d, .deepest = room < 1 ? 1 : room > DEEPEST - 1 ? DEEPEST - 1 : room};
    if (d->holes.many && !d->total) {
        d->made = d->holes.kinds[HS_BLOCK_FREE]; /* at most: nodes that are too deep share rows */
        return;
    }
    for (size_t i = 0; d->allocator->list(d->heap, i, &list); i++)
        if (list.head) draw_node(&t, list.head, -1);
}

/* SPDX-License-Identifier: MIT */
/* The free blocks, sorted by address: they are met in that order. */
#include "view/holes.h"

#include "base/memory.h"

#include <heapscope/reading.h>

#include <stdlib.h>

enum { WORD = 8, HOLES = 1 << HS_BLOCK_FREE | 1 << HS_BLOCK_OWN };

static hs_hole hole_of(const hs_block *b)
{
    return (hs_hole){.at = b->addr,
                     .size = b->size,
                     .both_ways = b->links >= 2 * WORD,
                     .object = b->kind != HS_BLOCK_FREE || !b->links};
}

static void add(hs_holes *l, const hs_block *b)
{
    l->holes = hs_array_reserve(l->holes, &l->capacity, l->count + 1, sizeof *l->holes);
    l->holes[l->count++] = hole_of(b);
}

static uint64_t count_all(const hs_session *s, unsigned kinds)
{
    return hs_session_count_before(s, UINT64_MAX, kinds);
}

/* True where there are many blocks. In a broken heap all blocks are walked even so, for no link is
 * believed. */
static bool are_many(const hs_session *s)
{
    return !hs_session_broken_by(s) && count_all(s, HS_ALL_KINDS) > HS_HOLES_MANY;
}

hs_holes hs_holes_of(const hs_session *s)
{
    const hs_heap *h = hs_session_heap(s);
    const hs_allocator *a = hs_heap_allocator(h);
    hs_holes l = {0};
    hs_block b;
    l.many = are_many(s);
    if (l.many) {
        for (unsigned i = 0; i < HS_BLOCK_KINDS; i++) l.kinds[i] = count_all(s, 1u << i);
        l.count = l.kinds[HS_BLOCK_FREE] + l.kinds[HS_BLOCK_OWN];
        return l;
    }
    for (bool more = a->walk(h, NULL, &b); more; more = a->walk(h, &b, &b)) {
        l.kinds[b.kind]++;
        if (b.kind == HS_BLOCK_FREE || b.kind == HS_BLOCK_OWN) add(&l, &b);
    }
    return l;
}

void hs_holes_forget(hs_holes *l)
{
    for (size_t i = 0; !l->many && i < l->count; i++) l->holes[i].reached = false;
}

void hs_holes_free(hs_holes *l)
{
    free(l->holes);
    *l = (hs_holes){0};
}

static hs_hole *find(const hs_holes *l, hs_addr at)
{
    size_t low = 0, high = l->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (l->holes[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low < l->count && l->holes[low].at == at ? &l->holes[low] : NULL;
}

static const char *what_lies_there(const hs_session *s, hs_addr at)
{
    hs_seen seen;
    if (!hs_heap_holds(hs_session_heap(s), at, WORD)) return "out of the heap";
    if (!hs_session_walk_to(s, at, &seen)) return "no block";
    if (seen.block.kind == HS_BLOCK_DAMAGED) return "damaged"; /* there are few columns */
    if (at != seen.block.addr) return "no block's start";
    return seen.block.kind == HS_BLOCK_USED ? "in use" : "not free";
}

/* Look up the free block at an address. A sound heap has no circles, so what was reached is not
 * noted. */
static hs_hole *look_up(const hs_session *s, hs_holes *l, hs_addr at)
{
    hs_seen seen;
    if (!hs_session_walk_to(s, at, &seen) || seen.block.addr != at) return NULL;
    if (!(HOLES >> seen.block.kind & 1)) return NULL;
    l->looked_up = hole_of(&seen.block);
    return &l->looked_up;
}

const char *hs_hole_reach(const hs_session *s, hs_holes *l, hs_addr at, const hs_hole **out)
{
    hs_hole *hole = l->many ? look_up(s, l, at) : find(l, at);
    *out = NULL;
    if (!hole) return what_lies_there(s, at);
    if (hole->reached) return "again: a circle";
    hole->reached = true;
    *out = hole;
    return NULL;
}

hs_links hs_hole_links(const hs_session *s, const hs_hole *hole)
{
    const hs_heap *h = hs_session_heap(s);
    hs_links links;
    bool any = hs_heap_allocator(h)->links && hs_heap_allocator(h)->links(h, hole->at, &links);
    return any ? links : (hs_links){{HS_NULL, HS_NULL}};
}

size_t hs_hole_place(const hs_session *s, const hs_holes *l, const hs_hole *hole)
{
    if (l->many) return hs_session_count_before(s, hole->at, HOLES) + 1;
    return (size_t)(hole - l->holes) + 1;
}

size_t hs_holes_unreached(const hs_holes *l)
{
    size_t n = 0;
    for (size_t i = 0; !l->many && i < l->count; i++)
        n += !l->holes[i].reached && !l->holes[i].object;
    return n;
}

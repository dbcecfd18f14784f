/* SPDX-License-Identifier: MIT */
/* Resizing: a block becomes smaller or larger where it stands, or its bytes move. */
#ifndef HS_BLOCK_RESIZE_H
#define HS_BLOCK_RESIZE_H

#include "allocators/block/tags.h"

/* Shrink: the tail becomes a block, and is given back, when it is large enough. */
static inline void shrink(hs_heap *h, hs_addr block, uint64_t need, bool join)
{
    uint64_t word = header_at(h, block), rest = size_in(word) - need;
    if (!worth_splitting(h, rest)) return;
    hs_probe(h, HS_SPLIT, block, need, rest);
    set_header(h, block, need | (word & STATUS));
    set_header(h, block + need, rest | LEFT_USED | USED);
    hook_given_up(h, payload(block + need), rest - WORD);
    release(h, block + need, join);
}

/* A block that could have `room` bytes where it is does not grow into what is on its right, nor to
 * the left, where its payload would have to move. Always false. Told by the probed build alone. */
static inline bool decline(hs_heap *h, hs_addr block, hs_addr right, uint64_t room)
{
    uint64_t word = 0, left = 0;
    if (!HS_PROBES) return false;
    if (right == end_mark(h))
        hs_decline(h, h->end, 0, HS_BECAUSE_LIMIT, room);
    else if (hs_heap_peek(h, right, &word))
        hs_decline(h, right, size_in(word & ~hook_bits()),
                   word & WAITS ? HS_BECAUSE_WAITS : HS_BECAUSE_USED, room);
    if (!(header_at(h, block) & LEFT_USED) && hs_heap_peek(h, block - WORD, &left))
        hs_decline(h, block - left, left, HS_BECAUSE_LEFT, left + room);
    return false;
}

/* Make a block larger where it stands, from the free blocks on its right and, when they are the
 * last ones, by growing the heap. False, and nothing changed, when that is not enough. */
static inline bool expand(hs_heap *h, hs_addr block, uint64_t need)
{
    uint64_t word = header_at(h, block), size = size_in(word), have = size, right;
    while (have < need && !((right = header_at(h, block + have)) & USED)) {
        hs_visit(h, block + have, size_in(right), HS_SEES_NEIGHBOUR);
        have += size_in(right);
    }
    bool grows = have < need;
    hs_addr end = end_mark(h);
    if (grows) {
        uint64_t room = block + have == end ? h->limit - WORD - block : have;
        if (need > room) return decline(h, block, block + have, room);
        if (!hs_reach(h, block + need + WORD)) return false;
    }
    for (hs_addr at = block + size, part; at != block + have; at += part) {
        part = size_of(h, at);
        /* To leave a list through broken links may have changed the next header. */
        if (HS_PROBES && part - 1 >= block + have - at) hs_record_fault(h, HS_BECAUSE_ENDLESS, at);
        hs_probe(h, HS_COALESCE, block, at - block, part);
        hook_handed_out(h, at + WORD + LINKS, least(block + need, at + part - WORD));
        detach(h, at, part);
    }
    if (grows) {
        hs_probe(h, HS_COALESCE, block, have, end_mark(h) - end);
        have = end_mark(h) - block;
        hook_given_up(h, end + WORD, end_mark(h) - end - WORD);
        set_header(h, end_mark(h), USED);
    }
    carve(h, block, have, need, word & LEFT_USED);
    return true;
}

/* `allocate` and `give_back` are the includer's own malloc and free. */
static inline hs_addr boundary_realloc(hs_heap *h, hs_addr p, size_t size, bool join,
                                       hs_addr (*allocate)(hs_heap *, size_t),
                                       void (*give_back)(hs_heap *, hs_addr))
{
    if (is_absurd(h, size, 1)) return hs_fail(h, HS_BECAUSE_LIMIT, size);
    hs_addr block = block_of(p);
    uint64_t have = size_of(h, block), need = block_bytes(h, size);
    hs_round(h, size, WORD, HS_OVERHEAD_HEADER, need);
    if (need <= have) shrink(h, block, need, join);
    if (need <= have || expand(h, block, need)) {
        hs_probe(h, HS_IN_PLACE, block, have, size_of(h, block));
        return p;
    }
    hs_addr q = allocate(h, size);
    if (!q) return HS_NULL;
    hs_move(h, q, p, have - WORD); /* it had to move because size is larger */
    give_back(h, p);
    return q;
}

#endif

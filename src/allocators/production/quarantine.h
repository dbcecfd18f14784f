/* SPDX-License-Identifier: MIT */
/* Quarantine: the last four blocks that the client freed wait before they are free again.
 *
 *      free(p) --> | newest |   |   | oldest | --> release --> the structure of the free blocks
 *
 * Meanwhile a stale pointer meets no new owner, a second free is known by bit 2 of the header, and
 * a write shows in the poison when the block leaves. See hardening.h. */
#ifndef HS_PRODUCTION_QUARANTINE_H
#define HS_PRODUCTION_QUARANTINE_H

#include "allocators/block/check.h"

enum { QUARANTINE = 4 };

/* A fresh heap: its one free block is poison behind its links. */
static inline void poison_fresh_heap(hs_heap *h)
{
    hs_addr inside = first(h) + WORD + LINKS;
    uint64_t n = end_mark(h) - WORD - inside;
    if (!n) return;
    if (HS_PROBES || HS_COUNTS) hs_account_write(h, inside, n);
    memset(hs_real(h, inside), POISON, n);
}

/* Are all bytes still poison that nobody holds? */
static inline bool check_poison(const hs_heap *h, hs_damage *damage)
{
    hs_block b;
    for (bool more = boundary_walk(h, NULL, &b); more; more = boundary_walk(h, &b, &b)) {
        if (b.kind == HS_BLOCK_USED && !(b.word & WAITS)) continue;
        hs_addr end = b.addr + b.size - b.footer;
        hs_addr good = poison_end(h, hs_block_payload(&b) + b.links, end);
        if (good < end)
            return hs_broken(damage, good, "a byte was written after its block was freed",
                             *hs_real(h, good));
    }
    return true;
}

/* The freed blocks that wait, the oldest first. */
struct quarantine {
    hs_addr blocks[QUARANTINE];
    size_t count;
};

/* Does the client hold this pointer? Then its block; else the request ends here. */
static inline hs_addr block_held(const hs_heap *h, hs_addr p)
{
    hs_addr block = block_of(p);
    if (!hs_heap_holds(h, block, WORD)) caught(h, HS_BECAUSE_CHECKSUM, block);
    uint64_t word = header_at(h, block);
    if (block == end_mark(h)) caught(h, HS_BECAUSE_CHECKSUM, block);
    if (!(word & USED) || word & WAITS) caught(h, HS_BECAUSE_DOUBLE_FREE, p);
    header_at(h, block + size_in(word)); /* where an overrun would show */
    return block;
}

/* The oldest block becomes free, if nobody wrote to it meanwhile. */
static inline void let_out_oldest(hs_heap *h, struct quarantine *q, bool join)
{
    hs_addr block = q->blocks[0];
    q->count--;
    for (size_t i = 0; i < q->count; i++) q->blocks[i] = q->blocks[i + 1];
    hook_handed_out(h, payload(block), block + size_of(h, block));
    release(h, block, join);
}

static inline void let_out_all(hs_heap *h, struct quarantine *q, bool join)
{
    while (q->count) let_out_oldest(h, q, join);
}

/* In place of release, for a block that the client frees. */
static inline void put_in_quarantine(hs_heap *h, struct quarantine *q, hs_addr p, bool join)
{
    hs_addr block = block_held(h, p);
    if (q->count == QUARANTINE) let_out_oldest(h, q, join);
    uint64_t word = header_at(h, block);
    q->blocks[q->count++] = block;
    hs_probe(h, HS_QUARANTINE, block, size_in(word), q->count);
    set_header(h, block, word | WAITS);
    hook_given_up(h, p, size_in(word) - WORD);
}

#endif

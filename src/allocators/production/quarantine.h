/* Quarantine: the last four blocks that the client freed wait before they are free again.
 *
 *      free(p) --> | newest |   |   | oldest | --> release --> the structure of the free blocks
 *
 * Meanwhile a stale pointer meets no new owner, a second free is known by bit 2 of the header, and
 * a write shows in the poison when the block leaves. See hardening.h. */
#ifndef HS_ALLOCATORS_QUARANTINE_H
#define HS_ALLOCATORS_QUARANTINE_H

#include "allocators/block/check.h"

static const char *const hs_off_on[] = {"off", "on", NULL};

#define HS_HARDENED_OPTION                                                                         \
    {                                                                                              \
        .name = "hardened", .help = "checksums, poison and a quarantine against bugs",             \
        .choices = hs_off_on, .fresh = true                                                        \
    }

enum { QUARANTINE = 4 };

/* Whatever is committed is poisoned, and so takes real memory: at once when the heap begins, where
 * it can not be stopped, and by the request that makes it grow. */
#if HS_HARDENED
#define HS_LARGEST_HARDENED                                                                        \
    {                                                                                              \
        (uint64_t)16 << 20, (uint64_t)1 << 30                                                      \
    }
#else
#define HS_LARGEST_HARDENED                                                                        \
    {                                                                                              \
        0                                                                                          \
    }
#endif

/* A fresh heap: its one free block is poison behind its links. */
static inline void poison_fresh_heap(hs_heap *h)
{
    hs_addr inside = first(h) + WORD + LINKS;
    uint64_t n = end_mark(h) - WORD - inside;
    if (!HS_HARDENED || !n) return;
    if (HS_PROBES || HS_COUNTS) hs_account_write(h, inside, n);
    memset(hs_real(h, inside), POISON, n);
}

/* What a word says: a header has a checksum, a footer has none. */
static inline size_t hardened_fields(const hs_heap *h, uint64_t word, hs_field *out)
{
    static const char *const status[] = {"used", "left neighbour used", "in quarantine"};
    uint64_t seal = word & seal_bits();
    if (is_link(h, word) || !seal) return word_fields(h, word, status, out);
    if (word == POISON * (UINT64_MAX / 0xff)) return one_field(HS_FIELD_POISON, word, out);
    *out = (hs_field){.kind = HS_FIELD_CHECKSUM,
                      .first = CHECKSUM_SHIFT,
                      .bits = 64 - CHECKSUM_SHIFT,
                      .value = seal >> CHECKSUM_SHIFT};
    return 1 + tag_fields(word & ~seal, CHECKSUM_SHIFT, status, out + 1);
}

/* Are all bytes still poison that nobody holds? */
static inline bool check_poison(const hs_heap *h, hs_damage *damage)
{
    hs_block b;
    if (!HS_HARDENED) return true;
    for (bool more = boundary_walk(h, NULL, &b); more; more = boundary_walk(h, &b, &b)) {
        if (b.kind == HS_BLOCK_USED) continue;
        hs_addr end = b.addr + b.size - b.footer;
        hs_addr good = poison_end(h, hs_block_payload(&b) + b.links, end);
        if (good < end)
            return hs_broken(damage, good, "a byte was written after its block was freed",
                             *hs_real(h, good));
    }
    return true;
}

/* A footer, or a link, said that a free block of this size is here. Does its header? */
static inline void expect_header(const hs_heap *h, hs_addr block, uint64_t size)
{
    if (HS_HARDENED && (header_at(h, block) & ~(uint64_t)LEFT_USED) != size)
        caught(h, HS_BECAUSE_CHECKSUM, block);
}

/* The freed blocks that wait, the oldest first. */
struct quarantine {
    hs_addr blocks[QUARANTINE];
    size_t count;
};

static inline bool waits(const hs_heap *h, hs_addr block)
{
    return HS_HARDENED && waits_by(header_at(h, block));
}

/* Does the client hold this pointer? Then its block; else the request ends here. */
static inline hs_addr block_held(const hs_heap *h, hs_addr p)
{
    hs_addr block = block_of(p);
    if (!hs_heap_holds(h, block, WORD)) caught(h, HS_BECAUSE_CHECKSUM, block);
    uint64_t word = header_at(h, block);
    if (block == end_mark(h)) caught(h, HS_BECAUSE_CHECKSUM, block);
    if (!(word & USED) || waits_by(word)) caught(h, HS_BECAUSE_DOUBLE_FREE, p);
    header_at(h, block + size_in(word)); /* where an overrun would show */
    return block;
}

/* The oldest block becomes free, if nobody wrote to it meanwhile. */
static inline void let_out_oldest(hs_heap *h, struct quarantine *q, bool join)
{
    hs_addr block = q->blocks[0];
    q->count--;
    for (size_t i = 0; i < q->count; i++) q->blocks[i] = q->blocks[i + 1];
    expect_poison(h, payload(block), block + size_of(h, block));
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
    poison(h, p, size_in(word) - WORD);
}

#endif

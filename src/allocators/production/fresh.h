/* SPDX-License-Identifier: MIT */
/* Fresh blocks: freed last, and not looked at yet.
 *
 *      free -> | newest |   |   | oldest | -> put away
 *                         ^
 *                         its right neighbour is fetched
 *
 * In a large heap the header of a block that is freed, and that of its neighbour, are seldom in the
 * processor's cache. To wait for them takes longer than all that free has to do, and a decision
 * that depends on them, guessed wrong, begins to be put right only when they have come. So free
 * looks at nothing there. It tells the cache to get the header, notes the address in a place of its
 * own, and has that block put away which was fresh for longest. Halfway the header is there, and
 * says where the neighbour's is: that is fetched next.
 *
 * Nothing in the heap says that a block is fresh: its header is that of a block in use. */
#ifndef HS_ALLOCATORS_FRESH_H
#define HS_ALLOCATORS_FRESH_H

#include "allocators/block/tags.h"

enum {
    FRESH = 4,
    CACHED = 1 << 18 /* in a smaller heap no block is fresh: a cache holds it whole */
};

struct fresh {
    hs_addr blocks[FRESH]; /* round and round; HS_NULL: none */
    uint64_t turn;         /* the next one's place: that of the oldest */
};

/* The i-th fresh block from the oldest on, where all places are taken. */
static inline hs_addr fresh_at(const struct fresh *f, unsigned i)
{
    return f->blocks[(f->turn + i) % FRESH];
}

/* The first one at a place or behind it; HS_NULL when there is none. */
static inline hs_addr fresh_from(const struct fresh *f, unsigned i)
{
    hs_addr block = HS_NULL;
    while (i < FRESH && !block) block = fresh_at(f, i++);
    return block;
}

/* The one that was freed after it. */
static inline hs_addr fresh_behind(const struct fresh *f, hs_addr block)
{
    unsigned i = 0;
    while (i < FRESH && fresh_at(f, i) != block) i++;
    return fresh_from(f, i + 1);
}

static inline bool is_fresh(const struct fresh *f, hs_addr block)
{
    bool found = false;
    for (unsigned i = 0; i < FRESH; i++) found |= f->blocks[i] == block;
    return found;
}

/* A block, or none, takes the place of the oldest. Returns that one, or HS_NULL. */
static inline hs_addr replace_oldest(struct fresh *f, hs_addr block)
{
    hs_addr *place = &f->blocks[f->turn++ % FRESH], oldest = *place;
    *place = block;
    return oldest;
}

/* The same for a block that is freed, with what the cache is to get. */
static inline hs_addr note_fresh(hs_heap *h, struct fresh *f, hs_addr block)
{
    hs_addr halfway = fresh_at(f, FRESH / 2);
    hs_fetch(h, block);
    if (halfway) hs_fetch(h, halfway + size_of(h, halfway));
    return replace_oldest(f, block);
}

#endif

/* Doubly linked lists of free blocks. The links lie in the payload, which nobody else needs while
 * the block is free:
 *
 *      head --> | size |..| next | previous | ... | size |
 *                            |         ^
 *                            v         |
 *               | size |..| next | previous | ... | size |
 *
 * Links hold addresses of blocks; NULL ends the list at both sides. Heads lie outside the heap. */
#ifndef HS_ALLOCATORS_LISTS_H
#define HS_ALLOCATORS_LISTS_H

#include "allocators/block/boundary.h"

static inline hs_addr next_of(const hs_heap *h, hs_addr block)
{
    return believed(h, block, hs_load(h, block + WORD), 2 * WORD);
}

static inline hs_addr previous_of(const hs_heap *h, hs_addr block)
{
    return believed(h, block, hs_load(h, block + 2 * WORD), WORD);
}

static inline void set_next(hs_heap *h, hs_addr block, hs_addr next)
{
    hs_store(h, block + WORD, next);
}

static inline void set_previous(hs_heap *h, hs_addr block, hs_addr previous)
{
    hs_store(h, block + 2 * WORD, previous);
}

static inline void push(hs_heap *h, hs_addr *head, hs_addr block)
{
    set_next(h, block, *head);
    set_previous(h, block, HS_NULL);
    if (*head) set_previous(h, *head, block);
    *head = block;
}

/* Put a block behind another one of the list. */
static inline void push_behind(hs_heap *h, hs_addr before, hs_addr block)
{
    hs_addr next = next_of(h, before);
    set_next(h, block, next);
    set_previous(h, block, before);
    set_next(h, before, block);
    if (next) set_previous(h, next, block);
}

static inline void unlink_block(hs_heap *h, hs_addr *head, hs_addr block)
{
    hs_addr next = next_of(h, block), previous = previous_of(h, block);
    if (previous)
        set_next(h, previous, next);
    else
        *head = next;
    if (next) set_previous(h, next, previous);
}

/* The block of a list that serves the request: the first that is large enough or, with `best`, the
 * smallest; NULL when there is none. */
static inline hs_addr search_list(hs_heap *h, hs_addr head, uint64_t need, uint64_t alignment,
                                  bool best)
{
    hs_addr found = HS_NULL;
    uint64_t found_size = UINT64_MAX;
    for (hs_addr b = head; b; b = next_of(h, b)) {
        uint64_t size = size_of(h, b);
        hs_visit(h, b, size, best ? HS_TRIES_SMALLER : HS_TRIES);
        if (size < need) {
            hs_reject(h, b, size, HS_BECAUSE_TOO_SMALL);
        } else if (!fits(b, size, need, alignment)) {
            hs_reject(h, b, size, HS_BECAUSE_NOT_ALIGNED);
        } else if (!best) {
            return b;
        } else if (size >= found_size) {
            hs_reject(h, b, size, HS_BECAUSE_NOT_BETTER);
        } else {
            found = b;
            found_size = size;
        }
    }
    return found;
}

/* Is every block of the list a free one of the size that belongs there, linked both ways? Counts
 * them in *seen, which never passes `most`: more would be a circle. */
static inline bool check_list(const hs_heap *h, const hs_list *list, size_t most, size_t *seen,
                              hs_damage *damage)
{
    hs_addr before = HS_NULL;
    uint64_t word = 0;
    hs_links l = {{HS_NULL}};
    for (hs_addr b = list->head; b; before = b, b = l.to[0]) {
        if (!hs_heap_peek(h, b, &word) || !boundary_links(h, b, &l))
            return hs_broken(damage, before ? before : h->base,
                             "a free block's next leads out of the heap", b);
        if (word & USED)
            return hs_broken(damage, b, "the free list leads to what is no free block", word);
        uint64_t size = size_in(word & ~seal_bits());
        if (size < list->smallest || size > list->largest)
            return hs_broken(damage, b, "a free block is in a list of other sizes", word);
        if (l.to[1] != before)
            return hs_broken(damage, b, "a free block's previous is not the block before it",
                             l.to[1]);
        if (++*seen > most) return hs_broken(damage, b, "the free list goes round in a circle", b);
    }
    return true;
}

/* A sum that is the same for the same set of addresses, and hardly ever for another one. */
static inline uint64_t mixed(hs_addr block)
{
    uint64_t x = block * 0x9e3779b97f4a7c15u;
    return (x ^ x >> 29) * 0xbf58476d1ce4e5b9u;
}

static inline bool is_walked(const hs_heap *h, hs_addr block)
{
    hs_block b;
    for (bool more = boundary_walk(h, NULL, &b); more; more = boundary_walk(h, &b, &b))
        if (b.addr == block) return true;
    return false;
}

/* Are the blocks of a sound list the free blocks of the heap, all of them and no others? */
static inline bool check_members(const hs_heap *h, const hs_list *list, hs_damage *damage)
{
    uint64_t walked = 0, listed = 0;
    hs_block b;
    hs_links l;
    for (bool more = boundary_walk(h, NULL, &b); more; more = boundary_walk(h, &b, &b))
        if (b.kind == HS_BLOCK_FREE) walked += mixed(b.addr);
    for (hs_addr at = list->head; at && boundary_links(h, at, &l); at = l.to[0])
        listed += mixed(at);
    if (walked == listed) return true;
    for (hs_addr at = list->head; at && boundary_links(h, at, &l); at = l.to[0])
        if (!is_walked(h, at))
            return hs_broken(damage, at, "the free list leads to what is no block of the heap", at);
    return hs_broken(damage, h->base, "a free block is missing from the free list", list->head);
}

#endif

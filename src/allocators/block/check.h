/* SPDX-License-Identifier: MIT */
/* For viewers: blocks with boundary tags as their bytes tell them, and whether these make sense. */
#ifndef HS_BLOCK_CHECK_H
#define HS_BLOCK_CHECK_H

#include "allocators/block/fields.h"
#include "allocators/block/tags.h"

/* --- The walk ------------------------------------------------------------------------------- */

static inline const char *what_is_wrong(const hs_heap *h, const hs_block *previous, hs_addr at,
                                        uint64_t stored)
{
    uint64_t word = stored & ~hook_bits(), size = size_in(word), footer = size;
    const char *damage = hook_damage(at, stored);
    if (damage) return damage;
    if (size == 0) return "the header says 0 bytes: the walk would stand still";
    if (size < SMALLEST) return "the header says fewer bytes than any block has";
    if (size % unit(h)) return "the size in the header is no multiple of the alignment";
    if (size > end_mark(h) - at) return "the size in the header leads beyond the heap";
    bool left_used = !previous || previous->is_used;
    if (left_used != !!(word & LEFT_USED)) return "bit 1 lies about the block on its left";
    if (!(word & USED)) hs_heap_peek(h, at + size - WORD, &footer);
    return footer == size ? NULL : "the footer says another size than the header";
}

static inline bool boundary_walk(const hs_heap *h, const hs_block *previous, hs_block *out)
{
    hs_addr at = previous ? previous->addr + previous->size : first(h);
    uint64_t word = 0;
    if (at >= end_mark(h) || !hs_heap_peek(h, at, &word)) return false;
    const char *damage = what_is_wrong(h, previous, at, word);
    bool used = word & USED;
    *out = (hs_block){.kind = damage ? HS_BLOCK_DAMAGED
                              : used ? HS_BLOCK_USED
                                     : HS_BLOCK_FREE,
                      .addr = at,
                      .size = damage ? end_mark(h) - at : size_in(word & ~hook_bits()),
                      .header = WORD,
                      .footer = used ? 0 : WORD,
                      .links = used ? 0 : LINKS,
                      .word = word,
                      .is_used = used,
                      .damage = damage};
    return true;
}

/* What the third bit of a header says is the includer's. */
static inline size_t boundary_fields(const hs_heap *h, uint64_t word, const char *bit_2,
                                     hs_field *out)
{
    const char *const status[] = {"used", "left neighbour used", bit_2};
    return word_fields(h, word, status, out);
}

static inline bool boundary_links(const hs_heap *h, hs_addr block, hs_links *out)
{
    return hs_heap_peek(h, payload(block), &out->to[0]) &&
           hs_heap_peek(h, payload(block) + WORD, &out->to[1]);
}

static inline void boundary_end_mark(const hs_heap *h, hs_block *out)
{
    hs_addr at = end_mark(h);
    uint64_t stored = 0, bits = USED | LEFT_USED;
    hs_heap_peek(h, at, &stored);
    bool good =
        !hook_damage(at, stored) && ((stored & ~hook_bits()) | bits) == bits && stored & USED;
    *out = (hs_block){.kind = good ? HS_BLOCK_OWN : HS_BLOCK_DAMAGED,
                      .addr = at,
                      .size = WORD,
                      .header = WORD,
                      .word = stored,
                      .is_used = true,
                      .is_end_mark = true,
                      .damage = good ? NULL : "the end mark behind the last block was overwritten"};
}

/* --- The check ------------------------------------------------------------------------------ */

/* Do all headers and footers agree? *free_blocks becomes the number of free blocks. */
static inline bool check_blocks(const hs_heap *h, size_t *free_blocks, hs_damage *damage)
{
    hs_block b = {0}, end;
    *free_blocks = 0;
    for (bool more = boundary_walk(h, NULL, &b); more; more = boundary_walk(h, &b, &b)) {
        if (b.kind == HS_BLOCK_DAMAGED) return hs_broken(damage, b.addr, b.damage, b.word);
        *free_blocks += b.kind == HS_BLOCK_FREE;
    }
    boundary_end_mark(h, &end);
    if (end.damage) return hs_broken(damage, end.addr, end.damage, end.word);
    if (!(b.word & USED) == !(end.word & LEFT_USED)) return true;
    return hs_broken(damage, end.addr, "bit 1 of the end mark lies about the last block", end.word);
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
        uint64_t size = size_in(word & ~hook_bits());
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

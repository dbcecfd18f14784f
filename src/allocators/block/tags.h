/* SPDX-License-Identifier: MIT */
/* Blocks with boundary tags: what explicit, segregated, tree and tlsf have in common. They differ
 * in one thing only, the structure that their free blocks are kept in.
 *
 *      used   | size |p|1| payload ...                     |    header, 8 bytes
 *      free   | size |p|0| link | link | ...        | size |    header, links, footer
 *      end    | 0    |p|1|                                      behind the last block
 *
 * A size counts the whole block and is a multiple of the alignment, so its low bits are free: bit 0
 * says that the block is in use, bit 1 (p) that the block on its left is. A footer is read only to
 * find a free left neighbour, so only free blocks have one: in a block in use it is payload. The
 * end mark is in use for ever, so no block needs to ask whether it is the last.
 *
 * The file that includes this says how its structure works, by three functions:
 *      insert   a free block joins the structure
 *      detach   a free block leaves it
 *      find     a free block of the structure that can serve the request, or NULL
 * and has ALIGN and SPLIT_MIN among its options. All sizes are bytes of whole blocks.
 *
 * Headers are read and written by header_at and set_header alone. What begins with hook_ is nothing
 * here, and may be skipped: see hooks.h.
 *
 * Follows: Knuth, The Art of Computer Programming 1, 2.5 (boundary tags, exercise 18: no footer in
 * reserved blocks); Lea, A Memory Allocator; Bryant & O'Hallaron, Computer Systems, 9.9.11. */
#ifndef HS_BLOCK_TAGS_H
#define HS_BLOCK_TAGS_H

#include "allocators/block/hooks.h"
#include "allocators/block/options.h"
#include "allocators/block/word.h"
#include "heap/access.h"

enum { LINKS = 2 * WORD, SMALLEST = 32 };

static void insert(hs_heap *h, hs_addr block, uint64_t size);
static void detach(hs_heap *h, hs_addr block, uint64_t size);
static hs_addr find(hs_heap *h, uint64_t need, uint64_t alignment);

/* --- The layout of a block ------------------------------------------------------------------ */

/* With 16-byte alignment the first block starts 8 bytes into the heap, so that payloads, not
 * headers, are aligned. */
static inline hs_addr first(const hs_heap *h)
{
    return h->base + unit(h) - WORD;
}

static inline hs_addr end_mark(const hs_heap *h)
{
    return h->end - WORD;
}

static inline uint64_t header_at(const hs_heap *h, hs_addr block)
{
    return hook_loaded(h, block, hs_load(h, block));
}

static inline void set_header(hs_heap *h, hs_addr block, uint64_t word)
{
    hs_store(h, block, hook_stored(block, word));
}

static inline uint64_t size_of(const hs_heap *h, hs_addr block)
{
    return size_in(header_at(h, block));
}

static inline bool is_free(const hs_heap *h, hs_addr block)
{
    return !(header_at(h, block) & USED);
}

static inline hs_addr payload(hs_addr block)
{
    return block + WORD;
}

static inline hs_addr block_of(hs_addr payload)
{
    return payload - WORD;
}

/* Bytes of a block that can hold `size` bytes of payload, and, once it is free, links and footer.
 */
static inline uint64_t block_bytes(const hs_heap *h, size_t size)
{
    uint64_t bytes = hs_round_up(size + WORD, unit(h));
    return bytes < SMALLEST ? SMALLEST : bytes;
}

/* Bytes to skip at the start of a block so that the payload is a multiple of `alignment`: none, or
 * enough for a free block of their own. */
static inline uint64_t lead(hs_addr block, uint64_t alignment)
{
    hs_addr p = payload(block);
    if ((p & (alignment - 1)) == 0) return 0;
    return hs_round_up(p + SMALLEST, alignment) - p;
}

static inline uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Can a free block of `size` bytes serve the request? */
static inline bool fits(hs_addr block, uint64_t size, uint64_t need, uint64_t alignment)
{
    return size >= need && lead(block, alignment) <= size - need;
}

static inline void tell_left_neighbour(hs_heap *h, hs_addr right, bool used)
{
    uint64_t word = header_at(h, right);
    set_header(h, right, used ? word | LEFT_USED : word & ~(uint64_t)LEFT_USED);
}

/* Header and footer of a free block. */
static inline void set_tags(hs_heap *h, hs_addr block, uint64_t size, uint64_t left_used)
{
    set_header(h, block, size | left_used);
    hs_store(h, block + size - WORD, size);
}

/* Make a block free: its tags, and the bit in its right neighbour. */
static inline void mark_free(hs_heap *h, hs_addr block, uint64_t size, uint64_t left_used)
{
    set_tags(h, block, size, left_used);
    tell_left_neighbour(h, block + size, false);
}

/* --- Placement ------------------------------------------------------------------------------ */

/* Is a leftover large enough to be a free block of its own? */
static inline bool worth_splitting(const hs_heap *h, uint64_t rest)
{
    return rest >= SMALLEST && rest >= h->options[SPLIT_MIN];
}

/* Put a block of `size` bytes, in no structure, to use for `need` of them. */
static inline void carve(hs_heap *h, hs_addr block, uint64_t size, uint64_t need,
                         uint64_t left_used)
{
    uint64_t rest = size - need;
    if (worth_splitting(h, rest)) {
        hs_probe(h, HS_SPLIT, block, need, rest);
        set_header(h, block, need | left_used | USED);
        mark_free(h, block + need, rest, LEFT_USED);
        insert(h, block + need, rest);
        size = need;
    } else {
        set_header(h, block, size | left_used | USED);
        tell_left_neighbour(h, block + size, true);
    }
    hs_probe(h, HS_TAKE, block, size, 0);
}

/* Serve a request from a free block, in no structure, that is large enough. Returns the payload. */
static inline hs_addr place(hs_heap *h, hs_addr block, uint64_t need, uint64_t alignment)
{
    uint64_t word = header_at(h, block), size = size_in(word), left_used = word & LEFT_USED;
    uint64_t skip = lead(block, alignment);
    hook_handed_out(h, block + WORD + LINKS, block + least(skip + need, size - WORD));
    if (skip) {
        hs_probe(h, HS_SPLIT, block, skip, size - skip);
        set_tags(h, block, skip, left_used);
        set_tags(h, block + skip, size - skip, 0);
        insert(h, block, skip);
        block += skip;
        size -= skip;
        left_used = 0;
    }
    carve(h, block, size, need, left_used);
    return payload(block);
}

/* --- Coalescing ----------------------------------------------------------------------------- */

/* A block that is free from now on is joined with its free neighbours: Knuth's four cases. Returns
 * where it starts; *size becomes the bytes of all. */
static inline hs_addr coalesce(hs_heap *h, hs_addr block, uint64_t *size)
{
    uint64_t right = header_at(h, block + *size), left_used = header_at(h, block) & LEFT_USED;
    if (!(right & USED)) {
        hs_probe(h, HS_COALESCE, block, *size, size_in(right));
        detach(h, block + *size, size_in(right));
        hook_given_up(h, block + *size, WORD + LINKS);
        *size += size_in(right);
    }
    if (!left_used) {
        uint64_t left = hs_load(h, block - WORD); /* the footer */
        block -= left;
        hs_probe(h, HS_COALESCE, block, left, *size);
        hook_free_block(h, block, left);
        detach(h, block, left);
        hook_given_up(h, block + left - WORD, 2 * WORD); /* a footer and a header */
        *size += left;
    }
    return block;
}

/* Put a block that nobody uses into the structure, joined with its neighbours when `join`. Returns
 * what it is part of then. */
static inline hs_addr settle(hs_heap *h, hs_addr block, bool join)
{
    uint64_t size = size_of(h, block);
    if (join) block = coalesce(h, block, &size);
    mark_free(h, block, size, header_at(h, block) & LEFT_USED);
    insert(h, block, size);
    return block;
}

/* Give a block back. */
static inline void release(hs_heap *h, hs_addr block, bool join)
{
    hs_probe(h, HS_RELEASE, block, size_of(h, block), 0);
    settle(h, block, join);
}

/* --- Growth --------------------------------------------------------------------------------- */

/* Grow the heap until its last block, free, can serve the request. Returns that block, in no
 * structure, or NULL. A free block at the end becomes part of it when `join`. */
static inline hs_addr extend(hs_heap *h, uint64_t need, uint64_t alignment, bool join)
{
    hs_addr end = end_mark(h), start = end;
    uint64_t word = header_at(h, end);
    if (join && !(word & LEFT_USED)) start -= hs_load(h, end - WORD);
    uint64_t skip = lead(start, alignment), room = h->limit - WORD - start;
    if (skip > room || need > room - skip) return HS_NULL;
    if (!hs_reach(h, start + skip + need + WORD)) return HS_NULL;
    if (start != end) {
        hs_probe(h, HS_COALESCE, start, end - start, end_mark(h) - end);
        hook_free_block(h, start, end - start);
        detach(h, start, end - start);
        word = header_at(h, start);
        hook_given_up(h, end - WORD, 2 * WORD);
    }
    hook_given_up(h, end + WORD, end_mark(h) - end - WORD);
    set_header(h, end_mark(h), USED);
    mark_free(h, start, end_mark(h) - start, word & LEFT_USED);
    hs_probe(h, HS_CHOOSE, start, end_mark(h) - start, 0);
    return start;
}

/* --- The requests --------------------------------------------------------------------------- */

static inline bool is_absurd(const hs_heap *h, size_t size, size_t alignment)
{
    return size > h->limit - h->base || alignment > h->limit;
}

/* A free block of the structure will serve the request: it leaves the structure. */
static inline void choose(hs_heap *h, hs_addr block)
{
    uint64_t size = size_of(h, block);
    hs_probe(h, HS_CHOOSE, block, size, 0);
    hook_free_block(h, block, size);
    detach(h, block, size);
}

/* A free block for the request, taken out of the structure, or from new memory; or NULL. */
static inline hs_addr obtain(hs_heap *h, uint64_t need, uint64_t alignment)
{
    hs_addr block = find(h, need, alignment);
    if (!block) return extend(h, need, alignment, true);
    choose(h, block);
    return block;
}

static inline hs_addr boundary_alloc(hs_heap *h, size_t alignment, size_t size)
{
    if (is_absurd(h, size, alignment)) return hs_fail(h, HS_BECAUSE_LIMIT, size);
    uint64_t need = block_bytes(h, size);
    hs_round(h, size, WORD, HS_OVERHEAD_HEADER, need);
    hs_addr block = obtain(h, need, alignment);
    if (!block) return hs_fail(h, HS_BECAUSE_LIMIT, need);
    return place(h, block, need, alignment);
}

/* --- An empty heap --------------------------------------------------------------------------- */

/* One free block and the end mark; written as the allocator's own, before any request. The block
 * is in no structure yet. Returns its size. */
static inline uint64_t boundary_init(hs_heap *h)
{
    uint64_t size = end_mark(h) - first(h);
    hs_lay_out(h, first(h), hook_stored(first(h), size | LEFT_USED));
    hs_lay_out(h, end_mark(h) - WORD, size);
    hs_lay_out(h, end_mark(h), hook_stored(end_mark(h), USED));
    return size;
}

#endif

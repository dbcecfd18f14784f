/* SPDX-License-Identifier: MIT */
/* The implicit free list: every block, used or free, is one step in a list that runs through the
 * heap by sizes alone.
 *
 *      block                                       next block = block + size
 *      | size      |u| payload ...       | footer |
 *       63 ....... 3 0                    = header
 *        header, 8 bytes                   (footer on)
 *
 * A size counts the whole block and is a multiple of the alignment, so its low bits are free to say
 * whether the block is in use (bit 0). With 16-byte alignment the first block starts 8 bytes into
 * the heap, so that payloads, not headers, are aligned.
 *
 *   fit        which free block serves a request: first, next (first fit that goes on where the
 *              last search ended), best (smallest that fits), worst (largest)
 *   split      the leftover becomes a free block of its own when it has at least split-min bytes
 *              and can hold a block at all; otherwise it stays in the block as padding
 *   coalesce   immediate: free joins the block with its free neighbours; the left one is found by
 *              its footer, so without footers only the right one is joined.
 *              deferred: all free neighbours are joined when a search fails and joining would help;
 *              off: a realloc that grows in place is all that joins
 *   footer     boundary tag: a copy of the header at the block's end
 *
 * Follows: Knuth, The Art of Computer Programming 1, 2.5; Bryant & O'Hallaron, Computer Systems
 * (3rd ed.), 9.9.6 to 9.9.12. */
enum { FIT, COALESCE, FOOTER, SPLIT_MIN, ALIGN };
enum { FIRST_FIT, NEXT_FIT, BEST_FIT, WORST_FIT };

#include "allocators/block/fields.h"
#include "allocators/block/options.h"
#include "allocators/block/word.h"
#include "heap/access.h"

#include <stdio.h>

struct implicit {
    hs_addr rover; /* next fit: the block where the next search starts; always a block's start */
};

static const char *const fits[] = {"first", "next", "best", "worst", NULL};
static const char *const off_on[] = {"off", "on", NULL};
static const hs_option options[] = {
    [FIT] = {.name = "fit", .help = "which free block serves a request", .choices = fits},
    [COALESCE] = HS_COALESCE_OPTION(hs_coalescings),
    [FOOTER] = {.name = "footer",
                .help = "boundary tags: a copy of the header at each block's end",
                .choices = off_on,
                .fresh = true},
    [SPLIT_MIN] = HS_SPLIT_MIN_OPTION,
    [ALIGN] = HS_ALIGN_OPTION,
};

/* --- The layout of a block ----------------------------------------------------------------- */

static uint64_t footer_size(const hs_heap *h)
{
    return h->options[FOOTER] ? WORD : 0;
}

static uint64_t overhead(const hs_heap *h)
{
    return WORD + footer_size(h);
}

static uint64_t smallest_block(const hs_heap *h)
{
    return hs_round_up(overhead(h) + 1, unit(h));
}

static hs_addr first(const hs_heap *h)
{
    return h->base + unit(h) - WORD;
}

/* Where the last block ends; beyond it lies less than one unit. */
static hs_addr last_end(const hs_heap *h)
{
    return first(h) + ((h->end - first(h)) & ~(unit(h) - 1));
}

static uint64_t size_of(const hs_heap *h, hs_addr block)
{
    return size_in(hs_load(h, block));
}

static bool is_free(const hs_heap *h, hs_addr block)
{
    return !(hs_load(h, block) & USED);
}

static hs_addr payload(hs_addr block)
{
    return block + WORD;
}

static hs_addr block_of(hs_addr payload)
{
    return payload - WORD;
}

/* Bytes of a block that can hold `size` bytes of payload. */
static uint64_t block_bytes(const hs_heap *h, size_t size)
{
    uint64_t bytes = hs_round_up(size + overhead(h), unit(h));
    return bytes < smallest_block(h) ? smallest_block(h) : bytes;
}

static void tell_round(hs_heap *h, size_t size, uint64_t need)
{
    hs_round(h, size, overhead(h), footer_size(h) ? HS_OVERHEAD_FOOTER : HS_OVERHEAD_HEADER, need);
}

static void mark(hs_heap *h, hs_addr block, uint64_t size, unsigned status)
{
    hs_store(h, block, size | status);
    if (footer_size(h)) hs_store(h, block + size - WORD, size | status);
}

/* Bytes to skip at the start of a block so that the payload is a multiple of `alignment`: none, or
 * enough for a free block of their own. */
static uint64_t lead(const hs_heap *h, hs_addr block, uint64_t alignment)
{
    hs_addr p = payload(block);
    if (p % alignment == 0) return 0;
    return hs_round_up(p + smallest_block(h), alignment) - p;
}

/* --- Placement ------------------------------------------------------------------------------ */

static bool fits_better(const hs_heap *h, uint64_t size, uint64_t best_size)
{
    return h->options[FIT] == BEST_FIT ? size < best_size : size > best_size;
}

/* What the search looks at a block for. */
static hs_sight sight(const hs_heap *h)
{
    if (h->options[FIT] <= NEXT_FIT) return HS_TRIES;
    return h->options[FIT] == BEST_FIT ? HS_TRIES_SMALLER : HS_TRIES_LARGER;
}

/* A free block that can serve `need` bytes, by the placement policy, or NULL. */
static hs_addr search(hs_heap *h, uint64_t need, uint64_t alignment)
{
    const struct implicit *s = h->state;
    hs_addr start = h->options[FIT] == NEXT_FIT ? s->rover : first(h);
    hs_addr best = HS_NULL, block = start;
    uint64_t best_size = 0;
    do {
        uint64_t size = size_of(h, block);
        hs_visit(h, block, size, sight(h));
        if (!is_free(h, block)) {
            hs_reject(h, block, size, HS_BECAUSE_USED);
        } else if (size < need) {
            hs_reject(h, block, size, HS_BECAUSE_TOO_SMALL);
        } else if (lead(h, block, alignment) > size - need) {
            hs_reject(h, block, size, HS_BECAUSE_NOT_ALIGNED);
        } else if (h->options[FIT] <= NEXT_FIT) {
            return block;
        } else if (best && !fits_better(h, size, best_size)) {
            hs_reject(h, block, size, HS_BECAUSE_NOT_BETTER);
        } else {
            best = block;
            best_size = size;
        }
        block += size;
        if (block == last_end(h)) block = first(h);
    } while (block != start);
    return best;
}

/* Give `need` of the block's `size` bytes out; the leftover is free again when it is large enough.
 */
static void take(hs_heap *h, hs_addr block, uint64_t size, uint64_t need)
{
    uint64_t rest = size - need;
    if (rest >= smallest_block(h) && rest >= h->options[SPLIT_MIN]) {
        hs_probe(h, HS_SPLIT, block, need, rest);
        mark(h, block + need, rest, 0);
        size = need;
    }
    mark(h, block, size, USED);
    hs_probe(h, HS_TAKE, block, size, 0);
}

/* Serve a request from a free block that is large enough. Returns the payload. */
static hs_addr place(hs_heap *h, hs_addr block, uint64_t need, uint64_t alignment)
{
    struct implicit *s = h->state;
    uint64_t size = size_of(h, block), skip = lead(h, block, alignment);
    hs_probe(h, HS_CHOOSE, block, size, 0);
    if (skip) {
        hs_probe(h, HS_SPLIT, block, skip, size - skip);
        mark(h, block, skip, 0);
        block += skip;
        mark(h, block, size - skip, 0);
    }
    take(h, block, size - skip, need);
    s->rover = block + size_of(h, block);
    if (s->rover == last_end(h)) s->rover = first(h);
    return payload(block);
}

/* --- Coalescing ----------------------------------------------------------------------------- */

/* Two free neighbours become one. */
static void join(hs_heap *h, hs_addr left, hs_addr right)
{
    struct implicit *s = h->state;
    uint64_t left_size = size_of(h, left), right_size = size_of(h, right);
    hs_probe(h, HS_COALESCE, left, left_size, right_size);
    mark(h, left, left_size + right_size, 0);
    if (s->rover == right) s->rover = left;
}

/* Join a free block with its free neighbours: Knuth's four cases. */
static void coalesce(hs_heap *h, hs_addr block)
{
    hs_addr right = block + size_of(h, block);
    if (right != last_end(h) && is_free(h, right)) join(h, block, right);
    if (!footer_size(h) || block == first(h)) return;
    uint64_t tag = hs_load(h, block - WORD); /* the left neighbour's footer */
    if (!(tag & USED)) join(h, block - size_in(tag), block);
}

static void coalesce_all(hs_heap *h)
{
    hs_addr block = first(h);
    while (block != last_end(h)) {
        hs_visit(h, block, size_of(h, block), HS_SEES_PAIR);
        hs_addr right = block + size_of(h, block);
        if (is_free(h, block) && right != last_end(h) && is_free(h, right))
            join(h, block, right);
        else
            block = right;
    }
}

/* The end of the run of free blocks that starts at `block`. */
static hs_addr run_end(hs_heap *h, hs_addr block)
{
    while (block != last_end(h) && is_free(h, block)) {
        hs_visit(h, block, size_of(h, block), HS_SEES_RUN);
        block += size_of(h, block);
    }
    return block;
}

/* Would some run of free neighbours serve the request, were it one block? The last run may grow.
 * Asked before anything is joined: a request that must fail changes nothing. */
static bool joining_helps(hs_heap *h, uint64_t need, uint64_t alignment)
{
    hs_addr block = first(h);
    for (;;) {
        hs_addr end = run_end(h, block);
        bool last = end == last_end(h);
        uint64_t room = (last ? h->limit : end) - block;
        uint64_t skip = lead(h, block, alignment);
        if ((last || end != block) && skip <= room && need <= room - skip) return true;
        if (last) return false;
        hs_visit(h, end, size_of(h, end), HS_SEES_RUN);
        block = end + size_of(h, end);
    }
}

/* --- Growth --------------------------------------------------------------------------------- */

/* The last block if it is free, else the end of all blocks: where new memory would start. */
static hs_addr growth_start(hs_heap *h)
{
    hs_addr end = last_end(h), block = first(h);
    if (h->options[COALESCE] == HS_COALESCE_OFF) return end;
    if (footer_size(h)) {
        uint64_t tag = hs_load(h, end - WORD);
        return tag & USED ? end : end - size_in(tag);
    }
    /* No footer tells where the last block starts. The failed search passed over all blocks, so
     * this second walk doubles the cost of a request that grows the heap, and of no other. */
    while (block + size_of(h, block) != end) {
        hs_visit(h, block, size_of(h, block), HS_PASSES);
        block += size_of(h, block);
    }
    return is_free(h, block) ? block : end;
}

/* Grow the heap until its last block, free, can serve the request. Returns that block, or NULL. */
static hs_addr extend(hs_heap *h, uint64_t need, uint64_t alignment)
{
    hs_addr start = growth_start(h), old_end = last_end(h);
    uint64_t skip = lead(h, start, alignment);
    if (skip > h->limit - start || need > h->limit - start - skip) return HS_NULL;
    if (!hs_reach(h, start + skip + need)) return HS_NULL;
    if (start != old_end) hs_probe(h, HS_COALESCE, start, old_end - start, last_end(h) - old_end);
    mark(h, start, last_end(h) - start, 0);
    return start;
}

/* --- The requests --------------------------------------------------------------------------- */

static hs_addr implicit_aligned_alloc(hs_heap *h, size_t alignment, size_t size)
{
    if (size > h->limit - h->base || alignment > h->limit)
        return hs_fail(h, HS_BECAUSE_LIMIT, size);
    uint64_t need = block_bytes(h, size);
    tell_round(h, size, need);
    hs_addr block = search(h, need, alignment);
    if (!block && h->options[COALESCE] == HS_COALESCE_DEFERRED &&
        joining_helps(h, need, alignment)) {
        coalesce_all(h);
        block = search(h, need, alignment);
    }
    if (!block) block = extend(h, need, alignment);
    if (!block) return hs_fail(h, HS_BECAUSE_LIMIT, need);
    return place(h, block, need, alignment);
}

static hs_addr implicit_malloc(hs_heap *h, size_t size)
{
    return implicit_aligned_alloc(h, unit(h), size);
}

static void implicit_free(hs_heap *h, hs_addr p)
{
    hs_addr block = block_of(p);
    uint64_t size = size_of(h, block);
    hs_probe(h, HS_RELEASE, block, size, 0);
    mark(h, block, size, 0);
    if (h->options[COALESCE] == HS_COALESCE_IMMEDIATE) coalesce(h, block);
}

/* Shrink: the tail becomes free when it is large enough to be a block. */
static void shrink(hs_heap *h, hs_addr block, uint64_t size, uint64_t need)
{
    take(h, block, size, need);
    hs_addr tail = block + size_of(h, block);
    if (tail != block + size && h->options[COALESCE] == HS_COALESCE_IMMEDIATE) {
        hs_addr right = tail + size_of(h, tail);
        if (right != last_end(h) && is_free(h, right)) join(h, tail, right);
    }
}

/* The block on the left of another one; HS_NULL when there is none, or no sound one. A free one
 * says where it starts, if there are footers; without them, headers lead there from the first. */
static hs_addr left_of(const hs_heap *h, hs_addr block)
{
    hs_addr left = HS_NULL, next = first(h);
    uint64_t word = 0;
    if (footer_size(h) && block != first(h) && hs_heap_peek(h, block - WORD, &word))
        next = block - size_in(word);
    while (next < block && next > left && hs_heap_peek(h, next, &word)) {
        left = next;
        next += size_in(word);
    }
    return next == block ? left : HS_NULL;
}

/* A block that could have `room` bytes where it is does not grow to the left: its payload would
 * have to move. The probed build alone looks whether it could. */
static void decline_left(hs_heap *h, hs_addr block, uint64_t room)
{
    hs_addr left = HS_PROBES ? left_of(h, block) : HS_NULL;
    if (left && is_free(h, left))
        hs_decline(h, left, block - left, HS_BECAUSE_LEFT, block - left + room);
}

/* Tell of the parts that a block takes up, one after another: free blocks, and new memory. */
static void tell_joins(hs_heap *h, hs_addr block, hs_addr old_end, hs_addr end)
{
    if (!HS_PROBES && !HS_COUNTS) return;
    for (hs_addr at = block + size_of(h, block), part; at != end; at += part) {
        part = at < old_end ? size_of(h, at) : end - at;
        hs_probe(h, HS_COALESCE, block, at - block, part);
    }
}

/* Make a block larger where it stands, from the free blocks on its right and, when they are the
 * last ones, by growing the heap. False, and nothing changed, when that is not enough. */
static bool expand(hs_heap *h, hs_addr block, uint64_t need)
{
    struct implicit *s = h->state;
    hs_addr end = block + size_of(h, block), old_end = last_end(h);
    while (end - block < need && end != old_end && is_free(h, end)) {
        hs_visit(h, end, size_of(h, end), HS_SEES_NEIGHBOUR);
        end += size_of(h, end);
    }
    if (end - block < need && end != old_end) {
        hs_decline(h, end, size_of(h, end), HS_BECAUSE_USED, end - block);
        decline_left(h, block, end - block);
        return false;
    }
    if (end - block < need) {
        if (need > h->limit - block) {
            hs_decline(h, h->end, 0, HS_BECAUSE_LIMIT, h->limit - block);
            decline_left(h, block, h->limit - block);
            return false;
        }
        if (!hs_reach(h, block + need)) return false;
        end = last_end(h);
    }
    tell_joins(h, block, old_end, end);
    if (s->rover > block && s->rover < end) s->rover = block;
    take(h, block, end - block, need);
    return true;
}

static hs_addr implicit_realloc(hs_heap *h, hs_addr p, size_t size)
{
    if (size > h->limit - h->base) return hs_fail(h, HS_BECAUSE_LIMIT, size);
    hs_addr block = block_of(p);
    uint64_t have = size_of(h, block), need = block_bytes(h, size);
    tell_round(h, size, need);
    if (need <= have) shrink(h, block, have, need);
    if (need <= have || expand(h, block, need)) {
        hs_probe(h, HS_IN_PLACE, block, have, size_of(h, block));
        return p;
    }
    hs_addr q = implicit_malloc(h, size);
    if (!q) return HS_NULL;
    hs_move(h, q, p, have - overhead(h)); /* it had to move because size is larger */
    implicit_free(h, p);
    return q;
}

/* --- For viewers ---------------------------------------------------------------------------- */

static void implicit_init(hs_heap *h)
{
    struct implicit *s = h->state;
    s->rover = first(h);
    uint64_t word = last_end(h) - first(h); /* one free block */
    hs_lay_out(h, first(h), word);
    if (footer_size(h)) hs_lay_out(h, last_end(h) - WORD, word);
}

static const char *what_is_wrong(const hs_heap *h, hs_addr at, uint64_t size)
{
    uint64_t tag = 0, word = 0;
    if (size == 0) return "the header says 0 bytes: the walk would stand still";
    if (size < smallest_block(h)) return "the header says fewer bytes than any block has";
    if (size % unit(h)) return "the size in the header is no multiple of the alignment";
    if (size > last_end(h) - at) return "the size in the header leads beyond the heap";
    if (!footer_size(h)) return NULL;
    hs_heap_peek(h, at, &word);
    hs_heap_peek(h, at + size - WORD, &tag);
    return word == tag ? NULL : "header and footer differ";
}

static bool implicit_walk(const hs_heap *h, const hs_block *previous, hs_block *out)
{
    hs_addr at = previous ? previous->addr + previous->size : first(h);
    uint64_t word = 0;
    if (at >= last_end(h) || !hs_heap_peek(h, at, &word)) return false;
    uint64_t size = size_in(word);
    *out = (hs_block){.kind = word & USED ? HS_BLOCK_USED : HS_BLOCK_FREE,
                      .addr = at,
                      .size = size,
                      .header = WORD,
                      .footer = (uint32_t)footer_size(h),
                      .word = word,
                      .is_used = word & USED};
    out->damage = what_is_wrong(h, at, size);
    if (out->damage) {
        out->kind = HS_BLOCK_DAMAGED;
        out->size = last_end(h) - at;
    }
    return true;
}

static size_t implicit_fields(const hs_heap *h, hs_addr at, uint64_t word, hs_field out[HS_FIELDS])
{
    static const char *const status[] = {"used", NULL, NULL};
    (void)at;
    return word_fields(h, word, status, out);
}

static const char *implicit_fit(const hs_heap *h)
{
    return fits[h->options[FIT]];
}

static hs_coalescing implicit_coalesces(const hs_heap *h)
{
    return (hs_coalescing){
        .when = hs_joins_by(h->options[COALESCE]), .left = footer_size(h), .right = true};
}

static size_t implicit_marks(const hs_heap *h, hs_mark marks[HS_MARKS])
{
    const struct implicit *s = h->state;
    if (h->options[FIT] != NEXT_FIT) return 0;
    marks[0] = (hs_mark){"rover", s->rover};
    return 1;
}

static bool implicit_check(const hs_heap *h, hs_damage *damage)
{
    const struct implicit *s = h->state;
    hs_block block;
    bool rover_found = s->rover == first(h);
    for (bool more = implicit_walk(h, NULL, &block); more;
         more = implicit_walk(h, &block, &block)) {
        if (block.addr == s->rover) rover_found = true;
        if (block.kind == HS_BLOCK_DAMAGED)
            return hs_broken(damage, block.addr, block.damage, block.word);
    }
    if (rover_found) return true;
    damage->at = s->rover;
    snprintf(damage->what, sizeof damage->what, "the rover of next fit is at no block's start");
    return false;
}

HS_DECLARE_BUILDS(implicit);
const hs_allocator HS_BUILD(implicit) = {
    .name = "implicit",
    .summary = "an implicit free list: headers lead from block to block",
    .source = "Knuth, TAOCP 1, 2.5; Bryant & O'Hallaron, Computer Systems, 9.9",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .state_size = sizeof(struct implicit),
    .builds = HS_BUILDS_OF(implicit),
    .traits = HS_REUSES | HS_SEARCHES | HS_DIVIDES,
    .alignment = unit,
    .init = implicit_init,
    .malloc = implicit_malloc,
    .aligned_alloc = implicit_aligned_alloc,
    .realloc = implicit_realloc,
    .free = implicit_free,
    .fit = implicit_fit,
    .coalesces = implicit_coalesces,
    .fields = implicit_fields,
    .walk = implicit_walk,
    .marks = implicit_marks,
    .check = implicit_check,
};

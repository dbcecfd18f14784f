/* SPDX-License-Identifier: MIT */
/* The bump allocator: a pointer that only moves forward.
 *
 *      base                    last        top                     end
 *       | p1      | p2        | p3        |  never used            |
 *                                         ^ bump pointer
 *
 * malloc returns top and moves it on; free does nothing; there is no header, so nothing can be
 * found again: not even how large a block was. One end of the conflict between throughput and
 * utilization: no allocator does less for a request, and none wastes more memory. That costs time,
 * too, once the memory it runs through is more than the processor's caches hold.
 *
 * Follows: Bryant & O'Hallaron, Computer Systems (3rd ed.), 9.9.5; CS107, heap allocator. */
enum { ALIGN };

#include "allocators/block/options.h"
#include "heap/access.h"

struct bump {
    hs_addr top;   /* first byte never handed out */
    uint64_t unit; /* top is a multiple of it: option align */
    hs_addr last;  /* start of the latest block: the only one that can be resized in place */
};

static const hs_option options[] = {[ALIGN] = HS_ALIGN_OPTION};

static inline uint64_t rounded(const hs_heap *h, size_t size)
{
    const struct bump *b = h->state;
    return hs_round_up(size, b->unit);
}

/* Is there room for `size` bytes at p, which is at most the end? Both ends of the heap are
 * multiples of the unit: what fits before it is rounded up fits after. */
static inline bool has_room(const hs_heap *h, hs_addr p, size_t size)
{
    return size <= h->end - p;
}

/* Is there room for them once the heap has grown? */
static bool has_room_grown(hs_heap *h, hs_addr p, size_t size)
{
    return p <= h->limit && size <= h->limit - p && hs_reach(h, p + rounded(h, size));
}

/* The block at p, behind all others: there is room. */
static inline hs_addr hand_out(hs_heap *h, hs_addr p, size_t size)
{
    struct bump *b = h->state;
    hs_addr old = b->top, top = p + rounded(h, size);
    hs_probe(h, HS_BUMP, p, old, top);
    b->last = p;
    b->top = top;
    if (p != old) hs_probe(h, HS_PAD, old, p - old, 0);
    hs_probe(h, HS_TAKE, p, top - p, 0);
    return p;
}

/* Apart from the path of every request, which stays short. */
static __attribute__((noinline, cold)) hs_addr take_grown(hs_heap *h, hs_addr p, size_t size)
{
    return has_room_grown(h, p, size) ? hand_out(h, p, size) : hs_fail(h, HS_BECAUSE_LIMIT, size);
}

static inline hs_addr take(hs_heap *h, hs_addr p, size_t size)
{
    return has_room(h, p, size) ? hand_out(h, p, size) : take_grown(h, p, size);
}

/* The arithmetic, but of a size that no heap has. */
static inline void tell_rounded(hs_heap *h, size_t size)
{
    if (size <= h->limit) hs_round(h, size, 0, HS_OVERHEAD_HEADER, rounded(h, size));
}

static hs_addr bump_malloc(hs_heap *h, size_t size)
{
    const struct bump *b = h->state;
    tell_rounded(h, size);
    return take(h, b->top, size); /* top is a multiple of the unit */
}

static hs_addr bump_aligned_alloc(hs_heap *h, size_t alignment, size_t size)
{
    const struct bump *b = h->state;
    if (alignment > h->limit) return hs_fail(h, HS_BECAUSE_LIMIT, size);
    hs_addr p = hs_round_up(b->top, alignment);
    tell_rounded(h, size);
    return p <= h->end ? take(h, p, size) : take_grown(h, p, size);
}

static void bump_free(hs_heap *h, hs_addr p)
{
    hs_probe(h, HS_IGNORE, p, 0, 0);
}

/* Move the end of the latest block, when there is room. The pointer never moves back, not even for
 * a block that shrinks. */
static bool resize_latest(hs_heap *h, size_t size)
{
    struct bump *b = h->state;
    hs_addr p = b->last, top = p + rounded(h, size);
    if (!has_room(h, p, size) && !has_room_grown(h, p, size)) {
        hs_decline(h, h->end, 0, HS_BECAUSE_LIMIT, h->limit - p);
        return false;
    }
    if (top < b->top) top = b->top;
    hs_probe(h, HS_BUMP, p, b->top, top);
    b->top = top;
    return true;
}

static hs_addr bump_realloc(hs_heap *h, hs_addr p, size_t size)
{
    struct bump *b = h->state;
    hs_addr top = b->top;
    tell_rounded(h, size);
    if (p == b->last && resize_latest(h, size)) {
        hs_probe(h, HS_IN_PLACE, p, top - p, b->top - p);
        return p;
    }
    if (p != b->last) hs_decline(h, b->last, top - b->last, HS_BECAUSE_NOT_LATEST, 0);
    hs_addr q = take(h, top, size);
    if (!q) return HS_NULL;
    /* How long the old block was is not known: copy what was asked for, as far as bytes were handed
     * out before. Too much when growing, and harmless. */
    uint64_t known = p < top ? top - p : 0;
    hs_move(h, q, p, size < known ? size : known);
    return q;
}

static void bump_init(hs_heap *h)
{
    struct bump *b = h->state;
    *b = (struct bump){.top = h->base, .unit = unit(h), .last = HS_NULL};
}

static bool bump_walk(const hs_heap *h, const hs_block *previous, hs_block *out)
{
    const struct bump *b = h->state;
    hs_addr at = previous ? previous->addr + previous->size : h->base;
    if (at >= h->end) return false;
    bool used = at < b->top;
    *out = (hs_block){.kind = used ? HS_BLOCK_REGION : HS_BLOCK_UNUSED,
                      .addr = at,
                      .size = (used ? b->top : h->end) - at};
    return true;
}

static size_t bump_marks(const hs_heap *h, hs_mark marks[HS_MARKS])
{
    const struct bump *b = h->state;
    marks[0] = (hs_mark){"bump", b->top};
    return 1;
}

static bool bump_check(const hs_heap *h, hs_damage *damage)
{
    (void)h;
    (void)damage;
    return true; /* nothing of the allocator's lies in the heap: no write there can hurt it */
}

HS_DECLARE_BUILDS(bump);
const hs_allocator HS_BUILD(bump) = {
    .name = "bump",
    .summary = "a pointer that only moves forward; free does nothing",
    .source = "Bryant & O'Hallaron, Computer Systems, 9.9; CS107",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .state_size = sizeof(struct bump),
    .builds = HS_BUILDS_OF(bump),
    .alignment = unit,
    .init = bump_init,
    .malloc = bump_malloc,
    .aligned_alloc = bump_aligned_alloc,
    .realloc = bump_realloc,
    .free = bump_free,
    .walk = bump_walk,
    .marks = bump_marks,
    .check = bump_check,
};

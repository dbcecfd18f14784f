/* SPDX-License-Identifier: MIT */
/* An odd allocator for tests: a bump allocator with two pointers that move towards each other.
 *
 *      base          low                         high          end
 *       | small ones  | ---> never used    <---   | large ones  |
 *
 * Blocks of fewer than LARGE bytes come from below, others from above. Nothing is freed, nothing
 * has a header. When the two would meet, the heap grows: what was left between them is lost, and
 * both go on in the new memory.
 *
 * It is odd because one pointer moves down, because what is used is two regions, and because a
 * region may start with bytes that are no block. */
#include "heap/access.h"

enum { UNIT = 8, LARGE = 128 };

struct two_ended {
    hs_addr low;  /* first byte never handed out from below; a multiple of UNIT, as the next: */
    hs_addr high; /* lowest byte handed out from above */
};

static uint64_t two_ended_alignment(const hs_heap *h)
{
    (void)h;
    return UNIT;
}

/* Is there room between the pointers? Then where the block starts, else NULL. */
static hs_addr place(const hs_heap *h, uint64_t need, uint64_t alignment)
{
    const struct two_ended *t = h->state;
    uint64_t gap = t->high - t->low;
    hs_addr p = t->low;
    if (need > gap) return HS_NULL;
    p = need < LARGE ? hs_round_up(t->low, alignment) : (t->high - need) & ~(alignment - 1);
    return p >= t->low && p <= t->high && need <= t->high - p ? p : HS_NULL;
}

/* Go on in new memory: the bytes between the pointers are no block's. */
static bool grow(hs_heap *h, uint64_t need, uint64_t alignment)
{
    struct two_ended *t = h->state;
    hs_addr end = h->end;
    if (need > h->limit - end || alignment > h->limit - end - need) return false;
    if (!hs_reach(h, end + need + alignment)) return false;
    if (t->high > t->low) hs_probe(h, HS_BUMP, HS_NULL, t->low, t->high);
    t->low = end;
    t->high = h->end;
    return true;
}

static hs_addr two_ended_aligned_alloc(hs_heap *h, size_t alignment, size_t size)
{
    struct two_ended *t = h->state;
    if (size > h->limit - h->base || alignment > h->limit)
        return hs_fail(h, HS_BECAUSE_LIMIT, size);
    if (alignment < UNIT) alignment = UNIT;
    uint64_t need = hs_round_up(size, UNIT);
    hs_round(h, size, 0, HS_OVERHEAD_HEADER, need);
    hs_addr p = place(h, need, alignment);
    if (!p && grow(h, need, alignment)) p = place(h, need, alignment);
    if (!p) return hs_fail(h, HS_BECAUSE_LIMIT, need);
    bool is_small = need < LARGE;
    hs_addr *pointer = is_small ? &t->low : &t->high, before = *pointer, end = p + need;
    hs_probe(h, HS_BUMP, p, before, is_small ? end : p);
    *pointer = is_small ? end : p;
    if (is_small && p > before) hs_probe(h, HS_PAD, before, p - before, 0);
    if (!is_small && end < before) hs_probe(h, HS_PAD, end, before - end, 0);
    hs_probe(h, HS_TAKE, p, need, 0);
    return p;
}

static hs_addr two_ended_malloc(hs_heap *h, size_t size)
{
    return two_ended_aligned_alloc(h, UNIT, size);
}

static void two_ended_free(hs_heap *h, hs_addr p)
{
    hs_probe(h, HS_IGNORE, p, 0, 0);
}

/* How long the block was is not known: no more is copied than lies behind it. */
static hs_addr two_ended_realloc(hs_heap *h, hs_addr p, size_t size)
{
    hs_addr end = h->end;
    hs_decline(h, p, 0, HS_BECAUSE_NEVER, 0);
    hs_addr q = two_ended_malloc(h, size);
    if (!q) return HS_NULL;
    uint64_t known = p < end ? end - p : 0;
    hs_move(h, q, p, size < known ? size : known);
    return q;
}

static void two_ended_init(hs_heap *h)
{
    struct two_ended *t = h->state;
    *t = (struct two_ended){.low = h->base, .high = h->end};
}

static bool two_ended_walk(const hs_heap *h, const hs_block *previous, hs_block *out)
{
    const struct two_ended *t = h->state;
    hs_addr at = previous ? previous->addr + previous->size : h->base;
    if (at >= h->end) return false;
    hs_addr end = at < t->low ? t->low : at < t->high ? t->high : h->end;
    bool unused = at >= t->low && at < t->high;
    *out = (hs_block){.kind = unused ? HS_BLOCK_UNUSED : HS_BLOCK_REGION,
                      .addr = at,
                      .size = end - at,
                      .is_used = !unused};
    return true;
}

static size_t two_ended_marks(const hs_heap *h, hs_mark marks[HS_MARKS])
{
    const struct two_ended *t = h->state;
    marks[0] = (hs_mark){"low", t->low};
    marks[1] = (hs_mark){"high", t->high};
    return 2;
}

static bool two_ended_check(const hs_heap *h, hs_damage *damage)
{
    (void)h;
    (void)damage;
    return true; /* nothing of the allocator's lies in the heap */
}

HS_DECLARE_BUILDS(two_ended);
const hs_allocator HS_BUILD(two_ended) = {
    .name = "two-ended",
    .summary = "small blocks from below, large ones from above",
    .source = "none: it is for tests",
    .state_size = sizeof(struct two_ended),
    .builds = HS_BUILDS_OF(two_ended),
    .alignment = two_ended_alignment,
    .init = two_ended_init,
    .malloc = two_ended_malloc,
    .aligned_alloc = two_ended_aligned_alloc,
    .realloc = two_ended_realloc,
    .free = two_ended_free,
    .walk = two_ended_walk,
    .marks = two_ended_marks,
    .check = two_ended_check,
};

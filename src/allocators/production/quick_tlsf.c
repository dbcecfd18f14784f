/* SPDX-License-Identifier: MIT */
/* Quick lists in front of TLSF: see quick.h, and textbook/tlsf.c for what is behind them.
 *
 * Before the heap grows, a few blocks of the request's own class are looked at, which still takes a
 * bounded time, and all of them before a request is refused: the page passes that class over. */
#define HS_BEHIND
enum { BEHIND, LARGEST, SPLIT_MIN, ALIGN };

#include "allocators/textbook/tlsf.c"

#define PAGE tlsf
#include "allocators/production/quick.h"

enum { GLANCES = 16 }; /* blocks looked at before the heap grows */

/* A block that fits from the lists in which not all do, looking at no more than `most`. For malloc
 * that is the one list of its own class. */
static hs_addr look_through(hs_heap *h, uint64_t need, uint64_t alignment, uint64_t most)
{
    const struct tlsf *t = h->state;
    for (size_t i = class_of(need); (i = next_list(t, i)) != LISTS; i++) {
        hs_probe(h, HS_LOOK, t->heads[i], i, 0);
        for (hs_addr b = t->heads[i]; b; b = next_of(h, b)) {
            uint64_t size = size_of(h, b);
            if (most-- == 0) return HS_NULL;
            hs_try(h, b, size);
            if (fits(b, size, need, alignment)) return b;
            hs_reject(h, b, size, size < need ? HS_BECAUSE_TOO_SMALL : HS_BECAUSE_NOT_ALIGNED);
        }
    }
    return HS_NULL;
}

/* Apart from the path of every request, which stays short. */
static __attribute__((noinline, cold)) hs_addr last_resort(hs_heap *h, uint64_t need,
                                                           uint64_t alignment)
{
    hs_addr block = look_through(h, need, alignment, GLANCES);
    if (!block) {
        hs_addr grown = extend(h, need, alignment, true);
        if (grown) return grown;
        block = look_through(h, need, alignment, UINT64_MAX);
    }
    if (block) choose(h, block);
    return block;
}

/* --- For viewers ---------------------------------------------------------------------------- */

static void quick_init(hs_heap *h)
{
    *quick_of(h) = (struct quick){.bytes = 0};
    tlsf_init(h);
}

static bool quick_list(const hs_heap *h, size_t index, hs_list *out)
{
    return tlsf_list(h, index, out) || waiting_list(h, index, out);
}

static bool quick_check(const hs_heap *h, hs_damage *damage)
{
    return tlsf_check(h, damage) && check_quick(h, damage);
}

const hs_allocator HS_BUILD(quick_tlsf) = {
    QUICK_ROW,
    .builds = HS_BUILDS_OF(quick_tlsf),
    .traits = HS_REUSES | HS_DIVIDES,
    .shape = HS_SHAPE_GRID,
    .columns = COLUMNS,
    .init = quick_init,
    .list = quick_list,
    .check = quick_check,
};

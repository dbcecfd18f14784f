/* SPDX-License-Identifier: MIT */
/* Quick lists in front of segregated fits: see quick.h, and textbook/segregated.c for what is
 * behind them. The list that a request looks in there first is that of its own size, so it is
 * refused beside no block that would do. */
#define HS_BEHIND
enum { BEHIND, LARGEST, SPLIT_MIN, ALIGN, FIT }; /* no option FIT: its value is 0, first fit */

#include "allocators/textbook/segregated.c"

#define PAGE lists
#include "allocators/production/quick.h"

static inline hs_addr last_resort(hs_heap *h, uint64_t need, uint64_t alignment)
{
    return extend(h, need, alignment, true);
}

/* --- For viewers ---------------------------------------------------------------------------- */

static void quick_init(hs_heap *h)
{
    *quick_of(h) = (struct quick){.bytes = 0};
    segregated_init(h);
}

static bool quick_list(const hs_heap *h, size_t index, hs_list *out)
{
    return segregated_list(h, index, out) || waiting_list(h, index, out);
}

static bool quick_check(const hs_heap *h, hs_damage *damage)
{
    return segregated_check(h, damage) && check_quick(h, damage);
}

const hs_allocator HS_BUILD(quick) = {
    QUICK_ROW,
    .builds = HS_BUILDS_OF(quick),
    .traits = HS_REUSES | HS_SEARCHES | HS_DIVIDES,
    .shape = HS_SHAPE_LISTS,
    .init = quick_init,
    .list = quick_list,
    .check = quick_check,
};

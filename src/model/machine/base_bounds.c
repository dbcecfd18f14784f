/* SPDX-License-Identifier: MIT */
/* Base and bounds: a process is one piece of physical memory, as large as its address space.
 *
 *      0        code | heap ->                   <- stack   2^bits
 *      base     |      |      nobody needs this  |      |   base + bounds
 *
 * Two registers, one comparison and one addition an access. The price: the gap between heap and
 * stack takes memory too (internal fragmentation); nothing inside is protected; and where stack and
 * heap meet, the hardware does not notice. */
#include "model/machine/mmu.h"

static uint64_t start(const hs_mmu *m, const hs_process *p, unsigned area)
{
    if (area == HS_AREA_STACK) return hs_mmu_space(m) - p->sizes[HS_AREA_STACK];
    return area == HS_AREA_HEAP ? p->sizes[HS_AREA_CODE] : 0;
}

/* How far an area can grow. A stack grows by being pushed to, and the OS is not asked: here only
 * the code stops it. */
static uint64_t room(const hs_mmu *m, const hs_process *p, unsigned area)
{
    const uint64_t *sizes = p->sizes;
    uint64_t behind_code = hs_mmu_space(m) - sizes[HS_AREA_CODE];
    if (area == HS_AREA_STACK) return behind_code;
    if (area == HS_AREA_HEAP)
        return behind_code > sizes[HS_AREA_STACK] ? behind_code - sizes[HS_AREA_STACK] : 0;
    if (area == HS_AREA_CODE)
        return sizes[HS_AREA_HEAP] ? sizes[HS_AREA_CODE] : hs_mmu_space(m) / 2;
    return 0;
}

static void tables(const hs_mmu *m, const hs_process *p, hs_mmu_tables *t)
{
    const hs_region *r = &m->regions[p->regions[HS_AREA_CODE]];
    t->entries[0] =
        (hs_mmu_entry){.base = r->at, .limit = r->size, .protection = HS_MAY_ALL, .absent = r->out};
}

static bool resize(hs_mmu *m, hs_process *p, unsigned area, uint64_t size)
{
    p->sizes[area] = size;
    return p->regions[HS_AREA_CODE] != HS_NO_REGION ||
           hs_region_new(m, hs_mmu_space(m), &p->regions[HS_AREA_CODE]);
}

const hs_mechanism hs_base_bounds = {
    "base-bounds",     start, room, tables, resize, NULL, hs_regions_release, hs_regions_swap_out,
    hs_regions_swap_in};

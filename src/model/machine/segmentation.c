/* SPDX-License-Identifier: MIT */
/* Segmentation: a base and a limit for each part of a program, chosen by the top bits.
 *
 *      2 segments   0: code and heap, up    1: stack, down             (one bit chooses)
 *      4 segments   0: code   1: heap   2: data   3: stack, down       (two bits)
 *      8 segments   0: code   1: heap   2-6: data   7: stack, down     (three bits)
 *
 * The gap between heap and stack takes no memory any more, each part has its own protection, and
 * code can be shared. The price: segments have all sizes, so physical memory fragments. */
#include "model/machine/mmu.h"

static unsigned select_bits(const hs_mmu *m)
{
    return m->segments == 8 ? 3 : m->segments / 2;
}

static uint64_t segment_size(const hs_mmu *m)
{
    return hs_mmu_space(m) / m->segments;
}

static bool is_joined(const hs_mmu *m)
{
    return m->segments == 2;
}

static uint64_t start(const hs_mmu *m, const hs_process *p, unsigned area)
{
    if (area == HS_AREA_STACK) return hs_mmu_space(m) - p->sizes[area];
    if (is_joined(m)) return area == HS_AREA_HEAP ? p->sizes[HS_AREA_CODE] : 0;
    return segment_size(m) * (uint64_t)hs_mmu_area_entry(m, area);
}

static uint64_t room(const hs_mmu *m, const hs_process *p, unsigned area)
{
    if (is_joined(m) && area == HS_AREA_HEAP) return segment_size(m) - p->sizes[HS_AREA_CODE];
    if (is_joined(m) && area == HS_AREA_CODE && p->sizes[HS_AREA_HEAP]) return p->sizes[area];
    return area > HS_AREA_STACK && area >= m->segments ? 0 : segment_size(m);
}

/* The area whose region holds this one. */
static unsigned holder(const hs_mmu *m, unsigned area)
{
    return is_joined(m) && area == HS_AREA_HEAP ? HS_AREA_CODE : area;
}

static uint8_t protection(const hs_mmu *m, unsigned area)
{
    if (area != HS_AREA_CODE) return HS_MAY_READ | HS_MAY_WRITE;
    return is_joined(m) ? HS_MAY_ALL : HS_MAY_READ | HS_MAY_EXECUTE;
}

static void tables(const hs_mmu *m, const hs_process *p, hs_mmu_tables *t)
{
    t->select = select_bits(m);
    for (unsigned area = 0; area < HS_AREAS; area++) {
        if (p->regions[area] == HS_NO_REGION) continue;
        const hs_region *r = &m->regions[p->regions[area]];
        bool down = area == HS_AREA_STACK;
        t->entries[hs_mmu_area_entry(m, area)] =
            (hs_mmu_entry){.base = down ? r->at + r->size : r->at,
                           .limit = r->size,
                           .protection = protection(m, area),
                           .down = down,
                           .absent = r->out};
    }
}

static bool resize(hs_mmu *m, hs_process *p, unsigned area, uint64_t size)
{
    unsigned at = holder(m, area);
    p->sizes[area] = size;
    if (is_joined(m) && at == HS_AREA_CODE) size = p->sizes[HS_AREA_CODE] + p->sizes[HS_AREA_HEAP];
    return hs_region_resize(m, &p->regions[at], size, area == HS_AREA_STACK);
}

static void share_code(hs_mmu *m, hs_process *p, const hs_process *with)
{
    uint8_t number = with->regions[HS_AREA_CODE];
    p->sizes[HS_AREA_CODE] = with->sizes[HS_AREA_CODE];
    p->regions[HS_AREA_CODE] = number;
    if (number != HS_NO_REGION) m->regions[number].users++;
}

const hs_mechanism hs_segmentation = {"segmentation",
                                      start,
                                      room,
                                      tables,
                                      resize,
                                      share_code,
                                      hs_regions_release,
                                      hs_regions_swap_out,
                                      hs_regions_swap_in};

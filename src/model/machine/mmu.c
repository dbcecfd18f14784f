/* SPDX-License-Identifier: MIT */
/* The hardware: one translation for every kind of table.
 *
 *      up    physical = base + offset                    valid while offset < limit
 *      down  physical = base - distance                  valid while distance <= limit
 *            distance = size of a segment - offset       (the last byte has distance 1)
 *
 * With two segments `down` is OSTEP's base + (address - size of the address space). */
#include "model/machine/mmu.h"

static const hs_mechanism *const mechanisms[HS_MMU_KINDS] = {
    [HS_MMU_BASE_BOUNDS] = &hs_base_bounds,
    [HS_MMU_SEGMENTATION] = &hs_segmentation,
    [HS_MMU_PAGING] = &hs_paging,
};

const hs_mechanism *hs_mechanism_of(const hs_mmu *m)
{
    return mechanisms[m->kind];
}

const char *hs_mmu_kind_name(hs_mmu_kind kind)
{
    return mechanisms[kind]->name;
}

/* What is wrong with an access, in the order in which it is looked at. Protection comes before
 * absence, so that the OS does not fetch from the disk what may not be touched. */
static hs_mmu_fault fault_of(const hs_translation *t)
{
    const hs_mmu_entry *e = &t->with;
    if (!e->limit) return HS_FAULT_INVALID;
    if (e->down ? t->distance > e->limit : t->distance >= e->limit) return HS_FAULT_BOUNDS;
    if (t->access & ~(unsigned)e->protection) return HS_FAULT_PROTECTION;
    return e->absent ? HS_FAULT_ABSENT : HS_FAULT_NONE;
}

hs_translation hs_mmu_translate(const hs_mmu_tables *tables, uint64_t address, unsigned access)
{
    hs_translation t = {.address = address, .access = access, .offset = address};
    unsigned offset_bits = tables->bits - tables->select;
    uint64_t size = (uint64_t)1 << offset_bits;
    if (tables->kind != HS_MMU_BASE_BOUNDS) {
        t.offset = address & (size - 1);
        t.fault = address >> tables->bits ? HS_FAULT_SPACE : HS_FAULT_NONE;
        if (t.fault) return t;
        t.entry = (unsigned)(address >> offset_bits);
    }
    t.with = tables->entries[t.entry];
    t.distance = t.with.down ? size - t.offset : t.offset;
    t.fault = fault_of(&t);
    if (!t.fault) t.physical = t.with.down ? t.with.base - t.distance : t.with.base + t.distance;
    return t;
}

/* --- The areas of a process ----------------------------------------------------------------- */

uint64_t hs_mmu_area_start(const hs_mmu *m, const hs_process *p, unsigned area)
{
    return hs_mechanism_of(m)->start(m, p, area);
}

uint64_t hs_mmu_area_room(const hs_mmu *m, const hs_process *p, unsigned area)
{
    return hs_mechanism_of(m)->room(m, p, area);
}

const char *hs_mmu_area_name(unsigned area)
{
    static const char *const names[HS_AREAS] = {"code",   "heap",   "stack",  "data 2",
                                                "data 3", "data 4", "data 5", "data 6"};
    return names[area];
}

int hs_mmu_area_entry(const hs_mmu *m, unsigned area)
{
    if (m->kind != HS_MMU_SEGMENTATION) return -1;
    if (area == HS_AREA_STACK) return (int)m->segments - 1;
    if (m->segments == 2) return 0; /* code and heap together */
    return (int)(area < HS_AREA_STACK ? area : area - 1);
}

void hs_mmu_tables_of(const hs_mmu *m, const hs_process *p, hs_mmu_tables *t)
{
    *t = (hs_mmu_tables){.kind = m->kind, .bits = m->bits};
    hs_mechanism_of(m)->tables(m, p, t);
}

hs_translation hs_mmu_translate_current(const hs_mmu *m, uint64_t address, unsigned access)
{
    hs_mmu_tables t;
    hs_mmu_tables_of(m, &m->processes[m->current], &t);
    return hs_mmu_translate(&t, address, access);
}

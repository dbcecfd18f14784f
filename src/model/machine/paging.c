/* SPDX-License-Identifier: MIT */
/* Paging: memory in frames of one size, and a table that says where each page of a process is.
 *
 *      page   0     1     2     3    ...          15
 *             code  heap  heap  none              stack
 *             |     |     |                       |
 *      frame  4     7     5                       6
 *
 * Any free frame will do, so physical memory does not fragment; the last page of each area is
 * rarely full, which is the internal fragmentation that paging has instead. */
#include "model/machine/mmu.h"

static uint64_t round_up(const hs_mmu *m, uint64_t size)
{
    return (size + m->page - 1) / m->page * m->page;
}

static uint64_t start(const hs_mmu *m, const hs_process *p, unsigned area)
{
    if (area == HS_AREA_STACK) return hs_mmu_space(m) - p->sizes[area];
    return area == HS_AREA_HEAP ? round_up(m, p->sizes[HS_AREA_CODE]) : 0;
}

static uint64_t room(const hs_mmu *m, const hs_process *p, unsigned area)
{
    uint64_t code = round_up(m, p->sizes[HS_AREA_CODE]), heap = round_up(m, p->sizes[HS_AREA_HEAP]),
             stack = round_up(m, p->sizes[HS_AREA_STACK]), space = hs_mmu_space(m);
    if (area == HS_AREA_CODE) return heap ? p->sizes[area] : space - stack;
    if (area == HS_AREA_HEAP) return space - code - stack;
    return area == HS_AREA_STACK ? space - code - heap : 0;
}

/* --- Frames --------------------------------------------------------------------------------- */

static uint16_t take_frame(hs_mmu *m)
{
    for (uint16_t f = (uint16_t)(m->os / m->page); f < m->memory / m->page; f++)
        if (!m->frame_users[f]) return m->frame_users[f] = 1, f;
    return HS_PAGE_NONE;
}

static void drop_page(hs_mmu *m, uint16_t *page)
{
    if (*page < HS_FRAMES) m->frame_users[*page]--;
    *page = HS_PAGE_NONE;
}

/* The pages first .. behind - 1 that an area of a certain size takes. */
static void span(const hs_mmu *m, const hs_process *p, unsigned area, uint64_t size,
                 uint64_t *first, uint64_t *behind)
{
    uint64_t from = area == HS_AREA_STACK ? hs_mmu_space(m) - size : start(m, p, area);
    *first = from / m->page;
    *behind = size ? round_up(m, from + size) / m->page : *first;
}

static bool resize(hs_mmu *m, hs_process *p, unsigned area, uint64_t size)
{
    uint64_t had, had_end, first, behind;
    span(m, p, area, p->sizes[area], &had, &had_end);
    span(m, p, area, size, &first, &behind);
    for (uint64_t i = had; i < had_end; i++)
        if (i < first || i >= behind) drop_page(m, &p->pages[i]);
    for (uint64_t i = first; i < behind; i++) {
        if (i >= had && i < had_end) continue;
        if ((p->pages[i] = take_frame(m)) == HS_PAGE_NONE) return false;
    }
    p->sizes[area] = size;
    return true;
}

/* --- The page table ------------------------------------------------------------------------- */

static uint8_t protection(const hs_mmu *m, const hs_process *p, uint64_t page)
{
    bool code = page * m->page < p->sizes[HS_AREA_CODE];
    return HS_MAY_READ | (code ? HS_MAY_EXECUTE : HS_MAY_WRITE);
}

static void tables(const hs_mmu *m, const hs_process *p, hs_mmu_tables *t)
{
    uint64_t pages = hs_mmu_space(m) / m->page;
    t->select = (unsigned)__builtin_ctzll(pages);
    for (uint64_t i = 0; i < pages; i++) {
        if (p->pages[i] == HS_PAGE_NONE) continue;
        bool out = p->pages[i] == HS_PAGE_OUT;
        t->entries[i] = (hs_mmu_entry){.base = out ? 0 : p->pages[i] * m->page,
                                       .limit = m->page,
                                       .protection = protection(m, p, i),
                                       .absent = out};
    }
}

/* --- Sharing and swapping ------------------------------------------------------------------- */

/* Pages of code that are on the disk are not shared: the new process fetches its own. */
static void share_code(hs_mmu *m, hs_process *p, const hs_process *with)
{
    p->sizes[HS_AREA_CODE] = with->sizes[HS_AREA_CODE];
    for (uint64_t i = 0; i * m->page < p->sizes[HS_AREA_CODE]; i++) {
        p->pages[i] = with->pages[i];
        if (p->pages[i] < HS_FRAMES) m->frame_users[p->pages[i]]++;
    }
}

static void release(hs_mmu *m, hs_process *p)
{
    for (size_t i = 0; i < HS_MMU_ENTRIES; i++) drop_page(m, &p->pages[i]);
}

/* Swap a process out. Pages that others use as well stay in memory. */
static void swap_out(hs_mmu *m, hs_process *p)
{
    for (size_t i = 0; i < HS_MMU_ENTRIES; i++) {
        if (p->pages[i] >= HS_FRAMES || m->frame_users[p->pages[i]] > 1) continue;
        drop_page(m, &p->pages[i]);
        p->pages[i] = HS_PAGE_OUT;
    }
    p->out = true;
}

static bool swap_in(hs_mmu *m, hs_process *p, int entry)
{
    bool left = false;
    for (int i = 0; i < HS_MMU_ENTRIES; i++) {
        if (p->pages[i] != HS_PAGE_OUT) continue;
        if (entry >= 0 && i != entry)
            left = true;
        else if ((p->pages[i] = take_frame(m)) == HS_PAGE_NONE)
            return false;
    }
    p->out = left;
    return true;
}

const hs_mechanism hs_paging = {"paging",   start,   room,     tables, resize,
                                share_code, release, swap_out, swap_in};

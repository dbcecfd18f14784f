/* SPDX-License-Identifier: MIT */
/* Physical memory: regions of all sizes, placed by first fit; and what lies where.
 *
 *      | OS | region |  hole  | region | region |   hole   |
 *
 * There is no list of holes: they are what no region has. Few regions, so each look is a search.
 * Invariant: regions in memory do not overlap, and lie between `os` and `memory`. */
#include "model/machine/mmu.h"

static bool in_memory(const hs_region *r)
{
    return r->users && !r->out && r->size;
}

/* The region in memory with the lowest address at or behind `from`; NULL. */
static hs_region *region_from(hs_mmu *m, uint64_t from)
{
    hs_region *best = NULL;
    for (size_t i = 0; i < HS_REGIONS; i++) {
        hs_region *r = &m->regions[i];
        if (in_memory(r) && r->at >= from && (!best || r->at < best->at)) best = r;
    }
    return best;
}

/* --- Placing -------------------------------------------------------------------------------- */

static bool first_fit(hs_mmu *m, uint64_t size, uint64_t *at)
{
    uint64_t from = m->os;
    for (const hs_region *next; (next = region_from(m, from)); from = next->at + next->size)
        if (next->at - from >= size) break;
    *at = from;
    const hs_region *next = region_from(m, from);
    return (next ? next->at : m->memory) - from >= size;
}

bool hs_region_new(hs_mmu *m, uint64_t size, uint8_t *number)
{
    uint64_t at;
    if (!first_fit(m, size, &at)) return false;
    for (uint8_t i = 0; i < HS_REGIONS; i++) {
        if (m->regions[i].users) continue;
        m->regions[i] = (hs_region){.at = at, .size = size, .users = 1};
        *number = i;
        return true;
    }
    return false;
}

void hs_region_drop(hs_mmu *m, uint8_t *number)
{
    if (*number != HS_NO_REGION) m->regions[*number].users--;
    *number = HS_NO_REGION;
}

/* Can a region have `more` bytes next to it, behind its end or, `down`, before its beginning? */
static bool has_room_beside(hs_mmu *m, const hs_region *r, uint64_t more, bool down)
{
    if (!down) {
        const hs_region *next = region_from(m, r->at + r->size);
        return (next ? next->at : m->memory) - (r->at + r->size) >= more;
    }
    uint64_t end = m->os;
    for (const hs_region *o; (o = region_from(m, end)) && o != r;) end = o->at + o->size;
    return r->at - end >= more;
}

/* A region of another size elsewhere, and the bytes copied. Its own place counts as free. */
static bool move(hs_mmu *m, hs_region *r, uint64_t size)
{
    uint64_t at;
    r->out = true; /* out of the way of the search */
    bool found = first_fit(m, size, &at);
    r->out = false;
    if (!found) return false;
    m->copied += r->size;
    r->at = at;
    r->size = size;
    return true;
}

bool hs_region_resize(hs_mmu *m, uint8_t *number, uint64_t size, bool down)
{
    if (*number == HS_NO_REGION) return !size || hs_region_new(m, size, number);
    hs_region *r = &m->regions[*number];
    if (!size) return hs_region_drop(m, number), true;
    if (size <= r->size || r->out || has_room_beside(m, r, size - r->size, down)) {
        if (down) r->at += r->size - size; /* its end stays where it is */
        r->size = size;
        return true;
    }
    return move(m, r, size);
}

void hs_regions_release(hs_mmu *m, hs_process *p)
{
    for (size_t i = 0; i < HS_AREAS; i++) hs_region_drop(m, &p->regions[i]);
}

/* --- Swapping and compacting ---------------------------------------------------------------- */

/* Does a process that is in memory use this region? */
static bool is_needed(const hs_mmu *m, uint8_t number)
{
    for (size_t i = 0; i < HS_PROCESSES; i++) {
        const hs_process *p = &m->processes[i];
        for (size_t j = 0; j < HS_AREAS && p->name[0] && !p->out; j++)
            if (p->regions[j] == number) return true;
    }
    return false;
}

void hs_regions_swap_out(hs_mmu *m, hs_process *p)
{
    p->out = true;
    for (size_t i = 0; i < HS_AREAS; i++)
        if (p->regions[i] != HS_NO_REGION && !is_needed(m, p->regions[i]))
            m->regions[p->regions[i]].out = true;
}

bool hs_regions_swap_in(hs_mmu *m, hs_process *p, int ignored)
{
    (void)ignored; /* a process comes back whole */
    for (size_t i = 0; i < HS_AREAS; i++) {
        if (p->regions[i] == HS_NO_REGION) continue;
        hs_region *r = &m->regions[p->regions[i]];
        if (!r->out) continue;
        if (!first_fit(m, r->size, &r->at)) return false;
        r->out = false;
    }
    p->out = false;
    return true;
}

uint64_t hs_memory_compact(hs_mmu *m)
{
    uint64_t to = m->os, copied = 0;
    for (hs_region *r; (r = region_from(m, to)); to += r->size) {
        if (r->at != to) copied += r->size;
        r->at = to;
    }
    m->copied += copied;
    return copied;
}

/* --- What lies where ------------------------------------------------------------------------ */

/* The first process that has a region, and the area it is. */
static void owner_of_region(const hs_mmu *m, uint8_t number, hs_piece *out)
{
    for (int i = HS_PROCESSES - 1; i >= 0; i--)
        for (int j = HS_AREAS - 1; j >= 0 && m->processes[i].name[0]; j--)
            if (m->processes[i].regions[j] == number) out->process = i, out->area = j;
}

static void owner_of_frame(const hs_mmu *m, uint64_t frame, hs_piece *out)
{
    for (int i = HS_PROCESSES - 1; i >= 0; i--) {
        const hs_process *p = &m->processes[i];
        for (uint64_t j = 0; j < HS_MMU_ENTRIES && p->name[0]; j++) {
            if (p->pages[j] != frame) continue;
            out->process = i;
            out->area = j * m->page < p->sizes[HS_AREA_CODE]                         ? HS_AREA_CODE
                        : (j + 1) * m->page > hs_mmu_area_start(m, p, HS_AREA_STACK) ? HS_AREA_STACK
                                                                                     : HS_AREA_HEAP;
        }
    }
}

static bool frame_piece(const hs_mmu *m, uint64_t from, hs_piece *out)
{
    uint64_t frame = from / m->page, end = m->memory / m->page;
    out->size = m->page;
    out->users = m->frame_users[frame];
    out->kind = out->users ? HS_PIECE_USED : HS_PIECE_FREE;
    if (out->users) owner_of_frame(m, frame, out);
    while (!out->users && ++frame < end && !m->frame_users[frame]) out->size += m->page;
    return true;
}

bool hs_memory_piece(const hs_mmu *m, uint64_t from, hs_piece *out)
{
    *out = (hs_piece){.at = from, .kind = HS_PIECE_OS, .size = m->os};
    if (from < m->os) return true;
    if (from >= m->memory) return false;
    if (m->kind == HS_MMU_PAGING) return frame_piece(m, from, out);
    uint64_t next = m->memory;
    for (uint8_t i = 0; i < HS_REGIONS; i++) {
        const hs_region *r = &m->regions[i];
        if (!in_memory(r) || r->at < from || r->at > next) continue;
        next = r->at;
        out->size = r->size;
        out->users = r->users;
        if (next == from) owner_of_region(m, i, out);
    }
    out->kind = next == from ? HS_PIECE_USED : HS_PIECE_FREE;
    if (next != from) out->size = next - from;
    return true;
}

hs_memory_figures hs_memory_measure(const hs_mmu *m)
{
    hs_memory_figures f = {0};
    hs_piece p;
    for (uint64_t at = 0; hs_memory_piece(m, at, &p); at += p.size) {
        if (p.kind != HS_PIECE_FREE) continue;
        f.free += p.size;
        f.holes++;
        if (p.size > f.largest) f.largest = p.size;
    }
    return f;
}

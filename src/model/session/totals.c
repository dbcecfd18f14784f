/* SPDX-License-Identifier: MIT */
/* Totals, and Johnstone & Wilson's four measures of them: The Memory Fragmentation Problem: Solved?
 * (1998). Memory used by the allocator relative to live memory, 1. on the average over time, 2.
 * when live memory was at its peak, 3. when used memory was, 4. peak to peak. Time is counted in
 * requests (the paper's graphs count bytes allocated); after those that leave nothing live there is
 * no ratio, and they are left out of 1. */
#include "model/session/totals.h"

hs_totals hs_totals_of(hs_addr base)
{
    return (hs_totals){.highest_block = base, .highest_payload = base};
}

void hs_totals_add(hs_totals *t, hs_counts c, hs_addr highest)
{
    t->counts.visits += c.visits;
    t->counts.moved += c.moved;
    t->counts.writes += c.writes;
    t->counts.splits += c.splits;
    t->counts.coalesces += c.coalesces;
    t->counts.growths += c.growths;
    if (c.visits > t->visits_max) t->visits_max = c.visits;
    if (highest > t->highest_block) t->highest_block = highest;
}

void hs_totals_block(hs_totals *t, uint64_t from, uint64_t to, hs_addr end, uint64_t used)
{
    if (end > t->highest_payload) t->highest_payload = end;
    t->live += to - from;
    if (t->live <= t->peak_live) return;
    t->peak_live = t->live;
    t->used_at_peak_live = used;
}

uint64_t hs_thousandths(uint64_t part, uint64_t whole)
{
    return whole ? (uint64_t)((long double)part * 1000 / (long double)whole) : 0;
}

/* (used - live) / live: how much more memory than the client asked for. */
static uint64_t loss(uint64_t used, uint64_t live)
{
    return used > live ? hs_thousandths(used - live, live) : 0;
}

void hs_totals_mark(hs_totals *t, uint64_t used_before, uint64_t used)
{
    if (used > used_before) t->live_at_peak_used = t->live;
    if (!t->live) return;
    uint64_t now = loss(used, t->live);
    if (__builtin_add_overflow(t->loss_sum, now, &t->loss_sum)) t->loss_sum = UINT64_MAX;
    t->loss_count++;
}

uint64_t hs_totals_fragmentation(const hs_totals *t, int measure, uint64_t used)
{
    switch (measure) {
    case 1: return t->loss_count ? t->loss_sum / t->loss_count : 0;
    case 2: return loss(t->used_at_peak_live, t->peak_live);
    case 3: return loss(used, t->live_at_peak_used);
    default: return loss(used, t->peak_live);
    }
}

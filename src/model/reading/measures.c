/* SPDX-License-Identifier: MIT */
/* The measures: each figure with its name and its definition, in one table. Fragmentation 1 to 4
 * are the four of Johnstone & Wilson (totals.c). */
#include "base/count.h"
#include "model/reading/readings.h"
#include "model/session/totals.h"

#include <heapscope/reading.h>

#include <string.h>

static uint64_t percent(hs_fraction s)
{
    return hs_thousandths(s.part, s.whole) / 10;
}

/* The allocator's check walks over the heap, so it is made once, and again after each thing that
 * may break the heap. In slow motion the heap is half-way through a request, which is no damage. */
static bool is_broken(const hs_session *s)
{
    hs_readings *k = hs_readings_of(s);
    const hs_heap *h = hs_session_heap(s);
    if (s->before.on || s->is.broken_by) return s->is.broken_by;
    if (!k->checked) k->sound = hs_heap_allocator(h)->check(h, &(hs_damage){0});
    k->checked = true;
    return !k->sound;
}

#define MEASURE(name, expression)                                                                  \
    static uint64_t name(const hs_session *s, const hs_ledger *l)                                  \
    {                                                                                              \
        (void)l;                                                                                   \
        const hs_totals *t = hs_session_totals(s);                                                 \
        const hs_heap *h = hs_session_heap(s);                                                     \
        (void)t;                                                                                   \
        (void)h;                                                                                   \
        return (expression);                                                                       \
    }

/* A percentage: a share, and what it comes to. */
#define SHARE(name, part, whole)                                                                   \
    static hs_fraction name##_share(const hs_session *s, const hs_ledger *l)                       \
    {                                                                                              \
        (void)l;                                                                                   \
        const hs_totals *t = hs_session_totals(s);                                                 \
        const hs_heap *h = hs_session_heap(s);                                                     \
        (void)t;                                                                                   \
        (void)h;                                                                                   \
        return (hs_fraction){part, whole};                                                         \
    }                                                                                              \
    MEASURE(name, percent(name##_share(s, l)))

MEASURE(heap_size, hs_heap_committed(h))
MEASURE(heap_max, hs_heap_maximum(h))
MEASURE(live, t->live)
MEASURE(blocks, t->live_blocks)
MEASURE(peak_live, t->peak_live)
MEASURE(holes, l->holes)
MEASURE(free_bytes, l->free_bytes)
MEASURE(largest_hole, l->largest_hole)
MEASURE(smallest_hole, l->smallest_hole)
MEASURE(mean_hole, l->holes ? l->free_bytes / l->holes : 0)
MEASURE(leaked, hs_session_leaks(s, NULL, 0).bytes[HS_LOST])
MEASURE(leaked_blocks, hs_session_leaks(s, NULL, 0).blocks[HS_LOST])
MEASURE(padding, l->bytes[HS_CAUSE_PADDING])
MEASURE(headers, l->bytes[HS_CAUSE_HEADERS])
MEASURE(dead, l->bytes[HS_CAUSE_DEAD])
MEASURE(never_used, l->bytes[HS_CAUSE_UNUSED])
MEASURE(broken, is_broken(s))
MEASURE(damaged, l->bytes[HS_CAUSE_DAMAGED])
SHARE(internal_fragmentation, l->block_bytes > t->live ? l->block_bytes - t->live : 0,
      l->block_bytes)
SHARE(external_fragmentation, l->free_bytes - l->largest_hole, l->free_bytes)
SHARE(utilization, t->peak_live, hs_heap_committed(h))
SHARE(utilization_segment, t->peak_live, t->highest_payload - hs_heap_base(h))
MEASURE(used, hs_session_used(s))
SHARE(fragmentation_1, hs_totals_fragmentation(t, 1, hs_session_used(s)), 1000)
SHARE(fragmentation_2, hs_totals_fragmentation(t, 2, hs_session_used(s)), 1000)
SHARE(fragmentation_3, hs_totals_fragmentation(t, 3, hs_session_used(s)), 1000)
SHARE(fragmentation_4, hs_totals_fragmentation(t, 4, hs_session_used(s)), 1000)
MEASURE(examined, hs_events_counts(h).visits)
MEASURE(examined_total, t->counts.visits)
MEASURE(examined_max, t->visits_max)
MEASURE(examined_per_100, t->requests ? t->counts.visits * 100 / t->requests : 0)
MEASURE(moved, hs_events_counts(h).moved)
MEASURE(moved_total, t->counts.moved)
MEASURE(requests, t->requests)
MEASURE(failed, t->failed)
MEASURE(splits, t->counts.splits)
MEASURE(coalesces, t->counts.coalesces)
MEASURE(growths, t->counts.growths)

#define ROW(name, unit, headline, definition)                                                      \
    {                                                                                              \
#name, unit, definition, name, headline, NULL                                              \
    }
#define PERCENTAGE(name, headline, definition)                                                     \
    {                                                                                              \
#name, "%", definition, name, headline, name##_share                                       \
    }

static const hs_measure measures[] = {
    ROW(heap_size, "bytes", true, "committed bytes"),
    ROW(heap_max, "bytes", false, "the heap may grow up to this"),
    ROW(live, "bytes", true, "payload asked for, in live blocks"),
    ROW(blocks, "", true, "live blocks"),
    ROW(peak_live, "bytes", false, HS_DEFINE_peak_live),
    PERCENTAGE(utilization, true, HS_DEFINE_utilization),
    PERCENTAGE(utilization_segment, false, HS_DEFINE_utilization_segment),
    PERCENTAGE(internal_fragmentation, true, "1 - requested / block bytes, live blocks"),
    PERCENTAGE(external_fragmentation, true, "1 - largest_hole / free_bytes"),
    ROW(used, "bytes", false, HS_DEFINE_used),
    PERCENTAGE(fragmentation_1, false, HS_DEFINE_fragmentation_1),
    PERCENTAGE(fragmentation_2, false, HS_DEFINE_fragmentation_2),
    PERCENTAGE(fragmentation_3, false, HS_DEFINE_fragmentation_3),
    PERCENTAGE(fragmentation_4, false, HS_DEFINE_fragmentation_4),
    ROW(holes, "", true, "free blocks, the never used rest included"),
    ROW(free_bytes, "bytes", false, "bytes in holes, their headers included"),
    ROW(largest_hole, "bytes", true, "the largest free block"),
    ROW(mean_hole, "bytes", false, "free_bytes / holes"),
    ROW(smallest_hole, "bytes", false, "the smallest free block"),
    ROW(headers, "bytes", false, "headers, footers, allocator's own records"),
    ROW(padding, "bytes", false, "alignment, rounding, leftovers"),
    ROW(dead, "bytes", false, "freed, but of no use again, or not yet"),
    ROW(never_used, "bytes", false, "committed, not handed out yet"),
    ROW(leaked, "bytes", false, "live, but no variable points to or into it"),
    ROW(leaked_blocks, "", false, "live blocks with leaked bytes"),
    ROW(damaged, "bytes", false, "a broken header, and what lies behind it"),
    ROW(broken, "", false, "1 when the allocator's check fails, else 0"),
    ROW(examined, "", true, "blocks examined by the last request"),
    ROW(examined_total, "", false, HS_DEFINE_examined_total),
    ROW(examined_max, "", false, HS_DEFINE_examined_max),
    ROW(examined_per_100, "", false, "blocks examined by 100 requests, on average"),
    ROW(moved, "bytes", false, "bytes copied by the last realloc"),
    ROW(moved_total, "bytes", true, HS_DEFINE_moved_total),
    ROW(requests, "", true, "requests since the heap was fresh"),
    ROW(failed, "", false, "requests that returned NULL"),
    ROW(splits, "", false, "blocks split"),
    ROW(coalesces, "", false, "free neighbours joined"),
    ROW(growths, "", false, "times the heap grew"),
};

const char *const hs_measure_notes[HS_MEASURE_NOTES] = {
    "Percentages are cut, not rounded. J-W 1 is the mean over all requests, failed",
    "ones too, after which anything is live; 2 looks at the first moment of its peak,",
    "3 at the request that raised `used` last.",
};

const char *hs_measure_text(const hs_measure *m, const hs_session *s, const hs_ledger *l,
                            char room[HS_MEASURE_ROOM])
{
    hs_fraction share = m->share ? m->share(s, l) : (hs_fraction){0};
    if (m->share) return hs_percent(share.part, share.whole, room);
    snprintf(room, HS_MEASURE_ROOM, "%" PRIu64, m->value(s, l));
    return room;
}

const hs_measure *hs_measure_at(size_t i)
{
    return i < sizeof measures / sizeof *measures ? &measures[i] : NULL;
}

const hs_measure *hs_measure_named(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++)
        if (strncmp(measures[i].name, name, length) == 0 && !measures[i].name[length])
            return &measures[i];
    const hs_measure *m;
    for (size_t i = 0; (m = hs_machine_measure_at(i)); i++)
        if (strncmp(m->name, name, length) == 0 && !m->name[length]) return m;
    return NULL;
}

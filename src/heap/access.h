/* SPDX-License-Identifier: MIT */
/* Access to the heap's bytes, and probes: the one inline layer that allocators work through. With
 * HS_PROBES=1 every access is checked and every step is an event. With HS_PROBES=0 an access is one
 * machine instruction and a probe is nothing; with HS_COUNTS=1 beside that, a probe adds to the
 * sums of what a request costs. Both of the builds that tell also note which pages are written
 * to. */
#ifndef HS_HEAP_ACCESS_H
#define HS_HEAP_ACCESS_H

#include "heap/range.h"
#include "heap/recorder.h"

#include <stdio.h>
#include <string.h>

#ifndef HS_PROBES
#error "compile allocators with HS_PROBES=0 or HS_PROBES=1"
#endif

#ifndef HS_COUNTS
#define HS_COUNTS 0
#endif

/* HS_BUILD(bump) names this build's allocator: hs_bump_probed, hs_bump_counted or hs_bump_raw. */
#if HS_PROBES
#define HS_BUILD(name) hs_##name##_probed
#elif HS_COUNTS
#define HS_BUILD(name) hs_##name##_counted
#else
#define HS_BUILD(name) hs_##name##_raw
#endif

/* Each build of an allocator knows the others: HS_DECLARE_BUILDS(bump); before it, and among its
 * fields .builds = HS_BUILDS_OF(bump). */
#define HS_DECLARE_BUILDS(name)                                                                    \
    extern const hs_allocator hs_##name##_raw, hs_##name##_probed, hs_##name##_counted
#define HS_BUILDS_OF(name)                                                                         \
    {                                                                                              \
        [HS_RAW] = &hs_##name##_raw, [HS_PROBED] = &hs_##name##_probed,                            \
        [HS_COUNTED] = &hs_##name##_counted                                                        \
    }

static inline void hs_guard(const hs_heap *h, hs_addr at, uint64_t n)
{
    if (HS_PROBES && !hs_heap_holds(h, at, n)) hs_record_fault(h, HS_BECAUSE_OUTSIDE, at);
}

/* Add a step to the sums that the recorder would make of its events. */
static inline void hs_count(hs_heap *h, hs_event_kind kind, hs_addr at, uint64_t a, uint64_t b)
{
    hs_tally *t = &h->account->sums;
    switch (kind) {
    case HS_VISIT: t->counts.visits++; break;
    case HS_MOVE: t->counts.moved += b; break;
    case HS_WRITE: t->counts.writes++; break;
    case HS_SPLIT: t->counts.splits++; break;
    case HS_COALESCE: t->counts.coalesces++; break;
    case HS_TAKE:
        if (at + a > t->highest) t->highest = at + a;
        break;
    case HS_IN_PLACE:
        if (at + b > t->highest) t->highest = at + b;
        break;
    default: break;
    }
}

static inline void hs_probe(hs_heap *h, hs_event_kind kind, hs_addr at, uint64_t a, uint64_t b)
{
    if (HS_PROBES)
        hs_record(h->recorder, (hs_event){.kind = (uint8_t)kind, .at = at, .a = a, .b = b});
    else if (HS_COUNTS)
        hs_count(h, kind, at, a, b);
}

static inline void hs_probe_detail(hs_heap *h, hs_event_kind kind, unsigned detail, hs_addr at,
                                   uint64_t a, uint64_t b)
{
    if (HS_PROBES)
        hs_record(
            h->recorder,
            (hs_event){.kind = (uint8_t)kind, .detail = (uint8_t)detail, .at = at, .a = a, .b = b});
}

/* Tell that a block is looked at, and what for. */
static inline void hs_visit(hs_heap *h, hs_addr block, uint64_t size, hs_sight why)
{
    if (HS_PROBES)
        hs_record_visit(h->recorder, h, block, size, why);
    else
        hs_probe(h, HS_VISIT, block, size, 0);
}

/* Tell that a search looks at a block. It will do for the request, unless a rejection follows. */
static inline void hs_try(hs_heap *h, hs_addr block, uint64_t size)
{
    hs_visit(h, block, size, HS_TRIES);
}

/* Tell how many bytes the request needs: `need` of them, `overhead` beside the payload, and what
 * those are. */
static inline void hs_round(hs_heap *h, uint64_t size, uint64_t overhead, hs_overhead what,
                            uint64_t need)
{
    hs_probe_detail(h, HS_ROUND, what, overhead, size, need);
}

static inline void hs_reject(hs_heap *h, hs_addr block, uint64_t size, hs_reason why)
{
    hs_probe_detail(h, HS_REJECT, why, block, size, 0);
}

/* Tell that a realloc does not grow the block into this neighbour, with which it could have `with`
 * bytes. */
static inline void hs_decline(hs_heap *h, hs_addr at, uint64_t size, hs_reason why, uint64_t with)
{
    hs_probe_detail(h, HS_DECLINE, why, at, size, with);
}

static inline uint64_t hs_load(const hs_heap *h, hs_addr at)
{
    uint64_t word;
    hs_guard(h, at, sizeof word);
    memcpy(&word, hs_real(h, at), sizeof word);
    return word;
}

static inline void hs_store(hs_heap *h, hs_addr at, uint64_t word)
{
    if (HS_PROBES || HS_COUNTS) hs_probe(h, HS_WRITE, at, hs_load(h, at), word);
    if (HS_PROBES || HS_COUNTS) hs_account_write(h, at, sizeof word);
    memcpy(hs_real(h, at), &word, sizeof word);
}

/* Write a word of an empty heap, before any request. No event tells it. */
static inline void hs_lay_out(hs_heap *h, hs_addr at, uint64_t word)
{
    if (HS_PROBES || HS_COUNTS) hs_account_write(h, at, sizeof word);
    memcpy(hs_real(h, at), &word, sizeof word);
}

/* The word at `at` will be read soon: let the processor's cache fetch it meanwhile. */
static inline void hs_fetch(const hs_heap *h, hs_addr at)
{
    if (!HS_PROBES) __builtin_prefetch(hs_real(h, at), 1);
}

/* Copy n bytes as memmove does. */
static inline void hs_move(hs_heap *h, hs_addr to, hs_addr from, uint64_t n)
{
    if (HS_PROBES) {
        hs_guard(h, from, n);
        hs_guard(h, to, n);
        hs_record_overwritten(h->recorder, h, to, n);
    }
    hs_probe(h, HS_MOVE, from, to, n);
    if ((HS_PROBES || HS_COUNTS) && n) hs_account_write(h, to, n);
    memmove(hs_real(h, to), hs_real(h, from), n);
}

/* Set n bytes. */
static inline void hs_wipe(hs_heap *h, hs_addr at, uint64_t n, uint8_t byte)
{
    if (HS_PROBES) {
        hs_guard(h, at, n);
        hs_record_overwritten(h->recorder, h, at, n);
    }
    hs_probe(h, HS_FILL, at, n, byte);
    if ((HS_PROBES || HS_COUNTS) && n) hs_account_write(h, at, n);
    memset(hs_real(h, at), byte, n);
}

/* Make sure the heap reaches `end`, growing it if it may. */
static inline bool hs_reach(hs_heap *h, hs_addr end)
{
    return end <= h->end || hs_range_grow(h, end);
}

/* Tell why the request cannot be served, and that it needed `needed` bytes. Returns NULL. */
static inline hs_addr hs_fail(hs_heap *h, hs_reason why, uint64_t needed)
{
    hs_probe_detail(h, HS_FAIL, why, 0, needed, 0);
    return HS_NULL;
}

/* Say what a check found wrong at a word. Always false. */
static inline bool hs_broken(hs_damage *damage, hs_addr at, const char *what, uint64_t word)
{
    damage->at = at;
    snprintf(damage->what, sizeof damage->what, "%s (it reads 0x%llx)", what,
             (unsigned long long)word);
    return false;
}

/* n rounded up to a multiple of `unit`, a power of two. */
static inline uint64_t hs_round_up(uint64_t n, uint64_t unit)
{
    return (n + unit - 1) & ~(unit - 1);
}

#endif

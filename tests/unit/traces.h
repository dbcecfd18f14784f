/* SPDX-License-Identifier: MIT */
/* Traces for tests, made from one line: "a1 24; r1 64; f1; c2 3 8; g3 64 100; f-" allocates 24
 * bytes, resizes and frees them, asks for 3 times 8 zeroed bytes, for 100 at a multiple of 64, and
 * frees NULL. And allocators that break their promises. */
#ifndef TESTS_UNIT_TRACES_H
#define TESTS_UNIT_TRACES_H

#include "check.h"
#include "heap/range.h"
#include "model/contest/compare.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static inline hs_trace_op op_in(const char *text)
{
    char *end = NULL;
    bool null = text[1] == '-';
    unsigned long long id = null ? HS_TRACE_NULL : strtoull(text + 1, &end, 10);
    if (null) end = (char *)(size_t)text + 2;
    unsigned long long a = strtoull(end, &end, 10), b = strtoull(end, &end, 10);
    hs_trace_op op = {.id = (uint32_t)id, .size = a};
    switch (*text) {
    case 'a': op.kind = HS_MALLOC; break;
    case 'r': op.kind = HS_REALLOC; break;
    case 'f': op.kind = HS_FREE; break;
    case 'c':
        op.kind = HS_CALLOC;
        op.other = (uint32_t)a & HS_TRACE_OTHER_MOST;
        op.size = b;
        break;
    case 'g':
        op.kind = HS_ALIGNED_ALLOC;
        op.other = (uint32_t)__builtin_ctzll(a) & 63;
        op.size = b;
        break;
    default: fail_msg("%s is no request", text);
    }
    return op;
}

static inline hs_trace *trace_of(const char *line)
{
    hs_trace *t = hs_trace_new();
    while (*line) {
        hs_trace_add(t, op_in(line));
        line += strcspn(line, ";");
        line += strspn(line, "; ");
    }
    return t;
}

static inline hs_lane lane(const char *text)
{
    hs_lane c;
    hs_problem problem;
    if (!hs_lane_named(text, &c, &problem)) fail_msg("%s", problem.what);
    return c;
}

/* --- Allocators that break their promises ----------------------------------------------------- */

/* What they do right they leave to the bump allocator. */
static inline const hs_allocator *good(void)
{
    return hs_allocator_named("bump", HS_RAW);
}

static inline hs_addr misaligned(hs_heap *h, size_t size)
{
    return good()->malloc(h, size + 8) + 4;
}

/* From the second block on, a byte too low. */
static inline hs_addr overlapping(hs_heap *h, size_t size)
{
    hs_addr p = good()->malloc(h, size);
    return p == hs_heap_base(h) ? p : p - 8;
}

static inline hs_addr outside(hs_heap *h, size_t size)
{
    hs_addr p = good()->malloc(h, size);
    return p == hs_heap_base(h) ? p : hs_heap_end(h) - 8;
}

static inline hs_addr forgetful(hs_heap *h, hs_addr p, size_t size)
{
    (void)p;
    return good()->malloc(h, size);
}

/* It moves all but the last byte. */
static inline hs_addr careless(hs_heap *h, hs_addr p, size_t size)
{
    hs_addr q = good()->malloc(h, size);
    memcpy(hs_real(h, q), hs_real(h, p), 23);
    return q;
}

/* It writes over the block behind the one that is freed. */
static inline void scribbling(hs_heap *h, hs_addr p)
{
    memset(hs_real(h, p), 0xee, 32);
}

static inline bool never_content(const hs_heap *h, hs_damage *damage)
{
    damage->at = hs_heap_base(h);
    strcpy(damage->what, "as ever");
    return false;
}

static inline hs_addr crashing(hs_heap *h, size_t size)
{
    hs_addr p = good()->malloc(h, size);
    if (p != hs_heap_base(h)) raise(SIGKILL);
    return p;
}

static inline hs_addr endless(hs_heap *h, size_t size)
{
    for (volatile size_t i = size; hs_heap_committed(h); i++) continue;
    return HS_NULL;
}

static inline hs_addr slow(hs_heap *h, size_t size)
{
    for (volatile int i = 0; i < 50000; i++) continue;
    return good()->malloc(h, size);
}

typedef enum {
    MISALIGNED,
    OVERLAPPING,
    OUTSIDE,
    FORGETFUL,
    CARELESS,
    SCRIBBLING,
    NEVER_CONTENT,
    CRASHING,
    ENDLESS,
    SLOW,
    BREACHES
} breach;

static inline hs_allocator broken(breach how)
{
    hs_allocator a = *good();
    a.name = "broken";
    a.variant = NULL;
    switch (how) {
    case MISALIGNED: a.malloc = misaligned; break;
    case OVERLAPPING: a.malloc = overlapping; break;
    case OUTSIDE: a.malloc = outside; break;
    case FORGETFUL: a.realloc = forgetful; break;
    case CARELESS: a.realloc = careless; break;
    case SCRIBBLING: a.free = scribbling; break;
    case NEVER_CONTENT: a.check = never_content; break;
    case CRASHING: a.malloc = crashing; break;
    case ENDLESS: a.malloc = endless; break;
    case SLOW: a.malloc = slow; break;
    case BREACHES: break;
    }
    return a;
}

#endif

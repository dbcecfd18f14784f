/* SPDX-License-Identifier: MIT */
/* A generator of workloads: traces by chance, in phases.
 *
 *      live    .--./\.-'\      .-'\./\.--   each phase has sizes, lives and a goal of its own, and
 *             /          \____/             leaves some blocks behind, which its successors do not
 *            /  phase 1        phase 2      touch: they are in the way of what comes
 *
 * The same phases and seed make the same trace on every machine.
 *
 * What such traces are not is said by Wilson, Johnstone, Neely & Boles, Dynamic Storage Allocation:
 * A Survey and Critical Review (1995), sections 2.2 to 2.4: the regularities of real programs, that
 * is, phases and sizes that go with lifetimes, are just what an allocator lives by, and chance has
 * none of them. Phases are the little that can be done about it here. */
#ifndef HS_MODEL_GENERATOR_H
#define HS_MODEL_GENERATOR_H

#include "model/workload/sizes.h"

#include <heapscope/trace.h>

/* Which block is freed. */
typedef enum {
    HS_LIVES_LIFO,        /* the youngest: a stack */
    HS_LIVES_FIFO,        /* the oldest: a queue */
    HS_LIVES_RANDOM,      /* any */
    HS_LIVES_GENERATIONAL /* 9 of 10 times one of the youngest eighth, else an older one */
} hs_lives;

typedef struct {
    uint64_t requests; /* requests of the phase, with the frees that end it; one fewer when they
                        * do not pair up */
    hs_sizes sizes;
    hs_lives lives;
    uint64_t live;         /* about so many blocks of the phase are live at once, from 1 */
    bool live_bytes;       /* `live` counts bytes rather than blocks */
    unsigned swing;        /* percent of `live` by which that goes up and down */
    unsigned realloc_part; /* so many of 100 requests let a vector grow */
    unsigned calloc_part, aligned_part; /* so many of 100 allocations are such; together at most
                                         * 100 */
    unsigned keep;                      /* percent of all live blocks that outlive the phase */
} hs_phase;

#define HS_GENERATED_MOST ((uint64_t)1 << 30) /* requests of a trace */

/* Called with each request as it is made. False ends the trace. */
typedef bool (*hs_taker)(void *of, const hs_trace_op *);

/* Make the requests of all phases, one after another, `rounds` times. At most HS_GENERATED_MOST
 * requests. */
void hs_generate_for(const hs_phase *, size_t count, uint64_t rounds, uint64_t seed, hs_taker,
                     void *of);
/* The same as a trace. */
hs_trace *hs_generate(const hs_phase *, size_t count, uint64_t rounds, uint64_t seed);

#endif

/* SPDX-License-Identifier: MIT */
/* What the player of traces costs beside the allocator: the time of hs_play over that of a bare
 * loop, whose operations are resolved beforehand and which knows nothing but malloc, realloc and
 * free. Same requests, same heap, taking turns; the least of several rounds.
 *
 *      playing [ALLOCATOR]... */
#include "measuring.h"
#include "workloads.h"

#include "model/contest/play.h"

#include <heapscope/allocator.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 21, FEW = 200000 };

static double now(void)
{
    return seconds_by(CLOCK_MONOTONIC) * 1e9;
}

/* What else the machine does only adds to a time. */
static double least(const double *times)
{
    double best = times[0];
    for (int i = 1; i < ROUNDS; i++)
        if (times[i] < best) best = times[i];
    return best;
}

/* The loop that the player is measured against. */
static __attribute__((noinline)) void bare_loop(hs_heap *h, const op *ops, size_t count,
                                                hs_addr *slots)
{
    for (size_t i = 0; i < count; i++) {
        const op *o = &ops[i];
        if (o->kind == OP_FREE) {
            hs_free(h, slots[o->slot]);
            continue;
        }
        hs_addr p =
            o->kind == OP_MALLOC ? hs_malloc(h, o->size) : hs_realloc(h, slots[o->slot], o->size);
        if (!p) return;
        slots[o->slot] = p;
    }
}

static hs_trace *trace_of(const op *ops, size_t count)
{
    static const uint8_t kinds[] = {
        [OP_MALLOC] = HS_MALLOC, [OP_FREE] = HS_FREE, [OP_REALLOC] = HS_REALLOC};
    hs_trace *t = hs_trace_new();
    for (size_t i = 0; i < count; i++)
        hs_trace_add(t, (hs_trace_op){.kind = kinds[ops[i].kind] & 7u,
                                      .id = ops[i].slot,
                                      .size = ops[i].kind == OP_FREE ? 0 : ops[i].size});
    return t;
}

static hs_heap *fresh(const hs_allocator *a, uint64_t ready)
{
    hs_heap *h = hs_heap_new(&(hs_heap_config){HS_HEAP_INITIAL, HS_HEAP_MAXIMUM}, a, HS_RAW, NULL);
    if (!h || !hs_heap_prepare(h, ready)) exit(1);
    return h;
}

static double time_bare(const hs_allocator *a, const op *ops, size_t count, hs_addr *slots,
                        uint64_t *ready)
{
    hs_heap *h = fresh(a, *ready);
    double from = now();
    bare_loop(h, ops, count, slots);
    double took = now() - from;
    *ready = hs_heap_committed(h);
    hs_heap_free(h);
    return took / (double)count;
}

static double time_play(const hs_allocator *a, const hs_trace *t, hs_addr *pointers, uint64_t ready)
{
    hs_heap *h = fresh(a, ready);
    uint64_t count = hs_trace_count(t);
    memset(pointers, 0, (hs_trace_ids(t) + (size_t)1) * sizeof *pointers);
    double from = now();
    if (hs_play(h, t, 0, count, pointers)) exit(1);
    double took = now() - from;
    hs_heap_free(h);
    return took / (double)count;
}

static void measure(const hs_allocator *a, const workload *w)
{
    static double loops[ROUNDS], plays[ROUNDS];
    play p = workload_generate(w);
    size_t count = p.build + p.steady < FEW ? p.build + p.steady : FEW;
    hs_trace *t = trace_of(p.ops, count);
    hs_addr *pointers = hs_play_pointers(t), *slots = pages(w->slots * sizeof *slots);
    uint64_t ready = 0;
    time_bare(a, p.ops, count, slots, &ready);
    for (int i = 0; i < ROUNDS; i++) {
        loops[i] = time_bare(a, p.ops, count, slots, &ready);
        plays[i] = time_play(a, t, pointers, ready);
    }
    double loop = least(loops), player = least(plays);
    printf("  %-12s %-10s %8.1f ns %8.1f ns %7.2f\n", a->name, w->name, loop, player,
           player / loop);
    free(pointers);
    hs_trace_free(t);
}

int main(int argc, char **argv)
{
    static const char *const usual[] = {"bump", "tlsf", "segregated", "explicit"};
    printf("  %-12s %-10s %11s %11s %7s\n", "allocator", "workload", "bare loop", "player",
           "ratio");
    for (size_t i = 0; i < workload_count; i++)
        for (int k = 0; k < (argc > 1 ? argc - 1 : 4); k++) {
            const hs_allocator *a = hs_allocator_named(argc > 1 ? argv[k + 1] : usual[k], HS_RAW);
            if (!a) return 2;
            measure(a, &workloads[i]);
        }
    return 0;
}

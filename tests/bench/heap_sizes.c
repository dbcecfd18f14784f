/* SPDX-License-Identifier: MIT */
/* What must not matter: how large a heap is of which little was written to. Each row is the same
 * work in heaps of several sizes, in one run, taking turns; the ratio is that of the slowest to the
 * first. The aim is 1.5.
 *
 *      heap_sizes [ROUNDS] */
#include "measuring.h"
#include "model/session/session.h"
#include "view/difference.h"

#include <heapscope/search.h>
#include <heapscope/shape.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZES = 4, MOST_ROUNDS = 101, REQUESTS = 2000 };
static const uint64_t sizes[SIZES] = {(uint64_t)64 << 10, (uint64_t)1 << 20, (uint64_t)256 << 20,
                                      (uint64_t)8 << 30};

static double now(void)
{
    return seconds_by(CLOCK_PROCESS_CPUTIME_ID) * 1e6;
}

static void check(bool good, const hs_problem *problem)
{
    if (good) return;
    fprintf(stderr, "%s\n", problem->what);
    exit(1);
}

/* --- Sessions ------------------------------------------------------------------------------- */

static hs_session *begin(const char *allocator, uint64_t size)
{
    hs_problem problem;
    hs_session *s = hs_session_new(allocator, &(hs_heap_config){size, size}, &problem);
    check(s, &problem);
    return s;
}

static void perform(hs_session *s, const hs_op *op)
{
    hs_problem problem;
    check(hs_session_perform(s, op, &problem), &problem);
}

static uint32_t request(hs_session *s, hs_request kind, uint64_t bytes, uint32_t p)
{
    perform(s, &(hs_op){.kind = HS_OP_REQUEST,
                        .request = kind,
                        .a = bytes,
                        .b = 1,
                        .p.variable = p,
                        .name = kind == HS_FREE ? NULL : "p"});
    return hs_session_last(s)->variable;
}

/* --- What is done --------------------------------------------------------------------------- */

/* A block comes and goes beside another one, and what else is free is one hole. */
static void make_requests(hs_session *s)
{
    for (int i = 0; i < REQUESTS; i++) request(s, HS_FREE, 0, request(s, HS_MALLOC, 8, HS_NONE));
}

static void differ(hs_session *s)
{
    free(hs_difference(s, REQUESTS));
}

static void look_at_shape(hs_session *s)
{
    hs_shape_picture_free(hs_shape_look(s, (hs_shape_window){0}, 16, 60));
}

static void find(hs_session *s, hs_find_kind kind)
{
    hs_problem problem;
    hs_finder *f = hs_finder_new(s, &(hs_search){.kind = kind, .back = true}, &problem);
    check(f, &problem);
    while (!hs_finder_go_on(f, 10000)) {
    }
    hs_finder_free(f);
}

static void find_peak(hs_session *s)
{
    find(s, HS_FIND_PEAK);
}

static void find_failed(hs_session *s)
{
    find(s, HS_FIND_FAILED);
}

static void reset_and_undo(hs_session *s)
{
    hs_problem problem;
    hs_moment before = hs_session_moment(s);
    perform(s, &(hs_op){.kind = HS_OP_RESET});
    check(hs_session_go(s, before, &problem), &problem);
}

/* Most of what the heap has. */
static void take_much(hs_session *s)
{
    uint64_t most = hs_heap_committed(hs_session_heap(s)) / 2 - 4096;
    request(s, HS_FREE, 0, request(s, HS_MALLOC, most, HS_NONE));
}

/* The same, set to zero: from 1 MiB on what is fresh is left as it is. */
static void take_zeros(hs_session *s)
{
    uint64_t most = hs_heap_committed(hs_session_heap(s)) / 2 - 4096;
    request(s, HS_FREE, 0, request(s, HS_CALLOC, most, HS_NONE));
}

/* --- Rows ----------------------------------------------------------------------------------- */

typedef struct {
    const char *what;
    void (*work)(hs_session *);
    int times;
} row;

static const row commands[] = {
    {"diff", differ, 10},
    {"shape", look_at_shape, 10},
    {"find peak", find_peak, 10},
    {"find failed", find_failed, 10},
    {"reset, and undo", reset_and_undo, 10},
    {"malloc of half the heap", take_much, 200},
    {"calloc of half the heap", take_zeros, 200},
};

static double median(double *times, int count)
{
    qsort(times, (size_t)count, sizeof *times, by_size);
    return times[count / 2];
}

/* Each round begins afresh, with two blocks and a history. Microseconds of the processor. */
static double measure(const row *r, const char *allocator, uint64_t size)
{
    hs_session *s = begin(allocator, size);
    request(s, HS_MALLOC, 8, HS_NONE);
    request(s, HS_MALLOC, 8, HS_NONE);
    make_requests(s);
    r->work(s);
    double from = now();
    for (int i = 0; i < r->times; i++) r->work(s);
    double took = (now() - from) / r->times;
    hs_session_free(s);
    return took;
}

static void compare(const row *r, const char *allocator, const char *label, int rounds)
{
    static double times[SIZES][MOST_ROUNDS];
    double medians[SIZES], most = 0;
    for (int i = 0; i < rounds; i++)
        for (size_t k = 0; k < SIZES; k++) times[k][i] = measure(r, allocator, sizes[k]);
    printf("  %-26s", label);
    for (size_t k = 0; k < SIZES; k++) {
        medians[k] = median(times[k], rounds);
        if (medians[k] > most) most = medians[k];
        printf("%10.2f", medians[k]);
    }
    printf("  ratio %5.2f\n", most / medians[0]);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static const row requests = {"requests", make_requests, 1};
    int rounds = argc > 1 ? atoi(argv[1]) : 11;
    const hs_allocator *a;
    if (rounds < 1 || rounds > MOST_ROUNDS) return 2;
    printf("medians of %d rounds, in microseconds of the processor\n", rounds);
    printf("  %-26s%10s%10s%10s%10s\n", "heap", "64K", "1M", "256M", "8G");
    printf("%d requests beside the hole\n", 2 * REQUESTS);
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        if (!a->model_base) compare(&requests, a->name, a->name, rounds);
    printf("commands behind %d requests, two blocks live, implicit\n", 2 * REQUESTS);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        compare(&commands[i], "implicit", commands[i].what, rounds);
    return 0;
}

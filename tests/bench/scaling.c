/* SPDX-License-Identifier: MIT */
/* What must not matter: going back, searches, steps and differences at two sizes of it each. The
 * aim is a ratio of 1.5 at most. Times are those of the processor, the least of a few runs.
 *
 *      scaling [ROW...]        rows that begin so; all without */
#include "measuring.h"
#include "model/session/session.h"
#include "model/workload/random.h"
#include "view/difference.h"
#include "view/narration.h"

#include <heapscope/shape.h>

#include <heapscope/lockstep.h>
#include <heapscope/reading.h>
#include <heapscope/search.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 5 };

static double now(void)
{
    return seconds_by(CLOCK_PROCESS_CPUTIME_ID) * 1e6;
}

static void fail(const hs_problem *problem)
{
    fprintf(stderr, "%s\n", problem->what);
    exit(2);
}

/* --- Sessions ------------------------------------------------------------------------------- */

static hs_session *begin(const char *allocator, hs_trace *trace)
{
    hs_problem problem;
    hs_heap_config heap = {HS_HEAP_INITIAL, (uint64_t)1 << 34};
    hs_session *s = hs_session_of_trace(trace, allocator, &heap, &problem);
    if (!s) fail(&problem);
    return s;
}

static void perform(hs_session *s, hs_op op)
{
    hs_problem problem;
    if (!hs_session_perform(s, &op, &problem)) fail(&problem);
}

static void allocate(hs_session *s, uint64_t size)
{
    perform(s,
            (hs_op){.kind = HS_OP_REQUEST, .request = HS_MALLOC, .a = size, .p.variable = HS_NONE});
}

static void release(hs_session *s, uint32_t variable)
{
    perform(s, (hs_op){.kind = HS_OP_REQUEST, .request = HS_FREE, .p.variable = variable});
}

static void go(hs_session *s, uint64_t count)
{
    hs_problem problem;
    if (!hs_session_go(s, (hs_moment){0, count}, &problem)) fail(&problem);
}

/* So many blocks of a few sizes that stay, and 10,000 requests more by chance. */
static hs_session *session_of_blocks(uint64_t blocks)
{
    uint64_t random = 7;
    hs_trace *t = hs_trace_new();
    for (uint32_t i = 0; i < blocks; i++)
        hs_trace_add(
            t, (hs_trace_op){.kind = HS_MALLOC, .id = i, .size = 16 + hs_random(&random) % 64});
    for (int i = 0; i < 5000; i++) {
        uint32_t id = (uint32_t)(hs_random(&random) % blocks);
        hs_trace_add(t, (hs_trace_op){.kind = HS_FREE, .id = id});
        hs_trace_add(
            t, (hs_trace_op){.kind = HS_MALLOC, .id = id, .size = 16 + hs_random(&random) % 64});
    }
    hs_session *s = begin("tlsf", t);
    hs_problem problem;
    uint64_t n = hs_session_traced(s);
    while (hs_session_surveyed(s) < n)
        if (!hs_session_survey(s, n, &problem)) fail(&problem);
    go(s, n);
    return s;
}

/* A trace that was gone through: blocks by chance, the peak in the middle of it. */
static hs_session *session_of_trace(uint64_t requests)
{
    enum { IDS = 1000 };
    static bool live[IDS];
    uint64_t random = 3;
    hs_problem problem;
    hs_trace *t = hs_trace_new();
    memset(live, 0, sizeof live);
    for (uint64_t i = 0; i < requests; i++) {
        uint32_t id = (uint32_t)(hs_random(&random) % IDS);
        uint64_t size = i == requests / 2 ? 1 << 20 : 1 + hs_random(&random) % 256;
        hs_trace_op op = {.kind = HS_MALLOC, .id = id, .size = size};
        if (live[id]) op = (hs_trace_op){.kind = HS_FREE, .id = id};
        live[id] = !live[id];
        hs_trace_add(t, op);
    }
    hs_session *s = begin("tlsf", t);
    while (hs_session_surveyed(s) < requests)
        if (!hs_session_survey(s, requests, &problem)) fail(&problem);
    return s;
}

/* --- Rows ----------------------------------------------------------------------------------- */

static double undo_behind(const hs_op *op, uint64_t count)
{
    hs_session *s = begin("tlsf", NULL);
    double least = 1e12;
    allocate(s, 24);
    for (uint64_t i = 0; i < count; i++) perform(s, *op);
    for (int i = 0; i < RUNS; i++) {
        double from = now();
        go(s, count);
        double took = now() - from;
        if (took < least) least = took;
        go(s, count + 1);
    }
    hs_session_free(s);
    return least;
}

static double undo_behind_assignments(uint64_t count)
{
    return undo_behind(&(hs_op){.kind = HS_OP_ASSIGN, .name = "x", .p.variable = 0}, count);
}

static double undo_behind_touches(uint64_t count)
{
    return undo_behind(
        &(hs_op){.kind = HS_OP_MACHINE, .name = "touch", .text = "", .p.variable = 0}, count);
}

static double find(hs_find_kind kind, uint64_t requests)
{
    hs_session *s = session_of_trace(requests);
    hs_problem problem;
    double least = 1e12;
    for (int i = 0; i < RUNS; i++) {
        double from = now();
        hs_finder *f = hs_finder_new(s, &(hs_search){.kind = kind}, &problem);
        if (!f) fail(&problem);
        while (!hs_finder_go_on(f, 10000)) continue;
        hs_finder_free(f);
        double took = now() - from;
        if (took < least) least = took;
    }
    hs_session_free(s);
    return least;
}

static double find_peak(uint64_t requests)
{
    return find(HS_FIND_PEAK, requests);
}

static double find_failed(uint64_t requests)
{
    return find(HS_FIND_FAILED, requests);
}

/* A request that looks at so many blocks; for each of its events. */
static double step(uint64_t blocks)
{
    hs_session *s = begin("implicit", NULL), *own = NULL;
    hs_problem problem;
    size_t events;
    double least = 1e12;
    for (uint64_t i = 0; i < 2 * blocks; i++) allocate(s, 24);
    for (uint32_t i = 0; i < 2 * blocks; i += 2) release(s, i);
    allocate(s, 1000);
    hs_session *slow = hs_session_stage(s, hs_session_op_count(s), &own, &problem);
    if (!slow) fail(&problem);
    for (int i = 0; i < RUNS; i++) {
        double from = now();
        for (size_t at = 0, to; (to = hs_step_end(slow, at)) != at; at = to)
            hs_session_seek(slow, at, to);
        double took = now() - from;
        if (took < least) least = took;
    }
    hs_events(hs_session_heap(slow), &events);
    hs_session_free(own);
    hs_session_free(s);
    return least / (double)events;
}

static hs_session *requests_by_chance(uint64_t count)
{
    enum { SLOTS = 100 };
    static bool live[SLOTS];
    static char names[SLOTS][12];
    uint64_t random = 3;
    hs_session *s = begin("explicit", NULL);
    memset(live, 0, sizeof live);
    for (uint64_t i = 0; i < count; i++) {
        uint32_t slot = (uint32_t)(hs_random(&random) % SLOTS);
        snprintf(names[slot], sizeof names[slot], "v%" PRIu32, slot);
        if (live[slot])
            release(s, hs_session_find_variable(s, names[slot], strlen(names[slot])));
        else
            perform(s, (hs_op){.kind = HS_OP_REQUEST,
                               .request = HS_MALLOC,
                               .a = 1 + hs_random(&random) % 256,
                               .name = names[slot],
                               .p.variable = HS_NONE});
        live[slot] = !live[slot];
    }
    return s;
}

enum { COMMANDS = 200000 };

static double replay(uint64_t commands)
{
    hs_session *s = requests_by_chance(commands);
    double from = now();
    perform(s, (hs_op){.kind = HS_OP_ALLOCATOR, .name = "tlsf", .replay = true});
    double took = now() - from;
    hs_session_free(s);
    return took;
}

/* For each of two lanes. */
static double split(uint64_t commands)
{
    static const char *const lanes[] = {"explicit", "tlsf"};
    hs_session *s = requests_by_chance(commands);
    hs_problem problem;
    double from = now();
    hs_lockstep *l = hs_lockstep_new(s, lanes, 2, &problem);
    if (!l) fail(&problem);
    double took = now() - from;
    hs_lockstep_free(l);
    hs_session_free(s);
    return took;
}

static double diff(uint64_t blocks)
{
    hs_session *s = session_of_blocks(blocks);
    double least = 1e12;
    for (int i = 0; i < RUNS; i++) {
        double from = now();
        free(hs_difference(s, hs_session_op_count(s) - 1));
        double took = now() - from;
        if (took < least) least = took;
    }
    hs_session_free(s);
    return least;
}

static double shape(uint64_t blocks)
{
    hs_session *s = session_of_blocks(blocks);
    double least = 1e12;
    allocate(s, 24);
    allocate(s, 24);
    for (int i = 0; i < RUNS; i++) {
        go(s, hs_session_traced(s) + 2);
        go(s, hs_session_traced(s) + 1);
        double from = now();
        hs_shape_picture_free(hs_shape_look(s, (hs_shape_window){0}, 20, 80));
        double took = now() - from;
        if (took < least) least = took;
    }
    hs_session_free(s);
    return least;
}

/* Anywhere among 10,000 requests; the median. */
static double seek(uint64_t blocks)
{
    enum { SEEKS = 101 };
    hs_session *s = session_of_blocks(blocks);
    uint64_t random = 1, n = hs_session_traced(s);
    double times[SEEKS];
    for (int i = 0; i < SEEKS; i++) {
        double from = now();
        go(s, n - hs_random(&random) % 10000);
        times[i] = now() - from;
    }
    qsort(times, SEEKS, sizeof *times, by_size);
    hs_session_free(s);
    return times[SEEKS / 2];
}

static const struct {
    const char *what, *of;
    uint64_t small, large;
    double (*at_small)(uint64_t), (*at_large)(uint64_t);
} rows[] = {
    {"undo", "assignments before it", 30000, 300000, undo_behind_assignments,
     undo_behind_assignments},
    {"undo", "touches before it", 30000, 300000, undo_behind_touches, undo_behind_touches},
    {"find peak", "requests of a trace", 300000, 3000000, find_peak, find_peak},
    {"find failed", "requests of a trace", 300000, 3000000, find_failed, find_failed},
    {"step", "blocks examined", 250, 4000, step, step},
    {"split", "commands; first a replay of them", COMMANDS, COMMANDS, replay, split},
    {"diff", "blocks live", 10000, 1000000, diff, diff},
    {"shape", "blocks live", 10000, 1000000, shape, shape},
    {"goto", "blocks live", 10000, 1000000, seek, seek},
};

static bool is_wanted(const char *what, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strncmp(what, argv[i], strlen(argv[i])) == 0) return true;
    return argc < 2;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!is_wanted(rows[i].what, argc, argv)) continue;
        double a = rows[i].at_small(rows[i].small), b = rows[i].at_large(rows[i].large);
        printf("%-12s %8" PRIu64 " %10.1f us  %8" PRIu64 " %10.1f us  ratio %6.2f   %s\n",
               rows[i].what, rows[i].small, a, rows[i].large, b, b / a, rows[i].of);
        fflush(stdout);
    }
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Time travel over a long history: what a command costs to perform and to keep, and how long it
 * takes to go anywhere. The reference is a frame of a 60 Hz screen, 16.67 ms.
 *
 *      travel [COMMANDS] [ALLOCATOR] [--names] [--trace] [--slots N]
 *
 * The history is malloc, free and realloc by chance, as `random` makes them, in so many slots, of
 * which about half are live. Pointers go to a variable for each slot, used again and again, as a
 * program's are; with --names each malloc's pointer gets a name of its own (p1, p2, ...), as typed
 * ones do. With --trace the same requests are those of a trace that is opened and gone through. */
#include "measuring.h"
#include "model/session/session.h"
#include "model/workload/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEEKS = 400, FRAMES = 10 };
static const double frame = 1e3 / 60;

typedef struct {
    double times[SEEKS]; /* milliseconds */
    int count;
} series;

typedef struct {
    hs_session *session;
    hs_trace *trace; /* NULL: perform it at once */
    uint64_t random, count;
    bool names;
    uint32_t ids; /* given to mallocs of the trace */
    struct {
        uint32_t variable; /* or id */
        bool live;
        char name[12];
    } * slots;
} player;

static double now(void)
{
    return seconds_by(CLOCK_PROCESS_CPUTIME_ID) * 1e3;
}

static uint64_t below(player *p, uint64_t limit)
{
    return hs_random(&p->random) % limit;
}

static void perform(player *p, const hs_op *op)
{
    hs_problem problem;
    if (hs_session_perform(p->session, op, &problem)) return;
    fprintf(stderr, "%s\n", problem.what);
    exit(1);
}

static void append(player *p, const hs_op *op, uint64_t slot)
{
    if (op->request == HS_MALLOC) p->slots[slot].variable = p->names ? p->ids++ : (uint32_t)slot;
    hs_trace_add(p->trace, (hs_trace_op){.size = op->a,
                                         .id = p->slots[slot].variable,
                                         .kind = (unsigned)op->request & 7});
}

static void step(player *p)
{
    uint64_t slot = below(p, p->count), size = 1 + below(p, below(p, 16) ? 128 : 1024);
    hs_op op = {.kind = HS_OP_REQUEST, .request = HS_MALLOC, .a = size, .p.variable = HS_NONE};
    if (p->slots[slot].live) {
        op.request = below(p, 5) ? HS_FREE : HS_REALLOC;
        op.p.variable = p->slots[slot].variable;
        if (op.request == HS_FREE) op.a = 0;
    } else if (!p->names) {
        op.name = p->slots[slot].name;
    }
    p->slots[slot].live = op.request != HS_FREE;
    if (p->trace) {
        append(p, &op, slot);
        return;
    }
    perform(p, &op);
    if (op.request == HS_MALLOC) p->slots[slot].variable = hs_session_last(p->session)->variable;
}

/* --- Going ---------------------------------------------------------------------------------- */

static void go(player *p, series *s, uint64_t count)
{
    hs_problem problem;
    double from = now();
    if (!hs_session_go(p->session, (hs_moment){0, count}, &problem)) {
        fprintf(stderr, "%s\n", problem.what);
        exit(1);
    }
    s->times[s->count++] = now() - from;
}

static void report(series *s, const char *what)
{
    int over = 0;
    qsort(s->times, (size_t)s->count, sizeof *s->times, by_size);
    for (int i = 0; i < s->count; i++) over += s->times[i] > frame;
    printf("  %-34s %6.2f ms, 99%% below %6.2f, most %6.2f; %d of %d over a frame\n", what,
           s->times[s->count / 2], s->times[s->count * 99 / 100], s->times[s->count - 1], over,
           s->count);
}

static void seek(player *p, uint64_t commands)
{
    series far = {0}, undo = {0}, redo = {0}, ends = {0};
    for (int i = 0; i < SEEKS; i++) go(p, &far, below(p, commands + 1));
    for (int i = 0; i < SEEKS; i++) go(p, &ends, i % 2 ? commands : i % 4 ? 0 : 1);
    for (int i = 0; i < SEEKS / FRAMES; i++) {
        uint64_t at = FRAMES + below(p, commands - FRAMES + 1);
        hs_problem ignored;
        hs_session_go(p->session, (hs_moment){0, at}, &ignored);
        for (uint64_t n = 1; n <= FRAMES; n++) go(p, &undo, at - n);
        for (uint64_t n = FRAMES; n-- > 0;) go(p, &redo, at - n);
    }
    printf("going, medians; a frame is %.2f ms\n", frame);
    report(&far, "anywhere (goto)");
    report(&ends, "from the end to the start and back");
    report(&undo, "one command back (undo)");
    report(&redo, "one command on (redo)");
}

/* --- Histories ------------------------------------------------------------------------------ */

static hs_session *made_or_exit(hs_session *s, const hs_problem *problem)
{
    if (s) return s;
    fprintf(stderr, "%s\n", problem->what);
    exit(2);
}

/* Typed commands; or a trace, opened and gone through. Milliseconds that it took. */
static double begin(player *p, uint64_t commands, const char *allocator, bool trace)
{
    hs_problem problem;
    hs_heap_config heap = {HS_HEAP_INITIAL, (uint64_t)1 << 34};
    double from = now();
    if (!trace) p->session = made_or_exit(hs_session_new(allocator, &heap, &problem), &problem);
    if (trace) p->trace = hs_trace_new();
    for (uint64_t i = 0; i < commands; i++) step(p);
    if (!trace) return now() - from;
    from = now();
    p->session = made_or_exit(hs_session_of_trace(p->trace, allocator, &heap, &problem), &problem);
    printf("  opened in %.1f ms\n", now() - from);
    while (hs_session_surveyed(p->session) < commands)
        if (!hs_session_survey(p->session, 10000, &problem)) made_or_exit(NULL, &problem);
    return now() - from;
}

static const hs_session *at_its_end(const player *p)
{
    return p->trace ? hs_session_ahead(p->session) : p->session;
}

static void tell(const player *p, uint64_t commands, double made, const char *allocator)
{
    size_t checkpoints, history = hs_session_history_bytes(p->session, &checkpoints);
    const hs_session *s = at_its_end(p);
    printf("%" PRIu64 " commands, %s, %" PRIu64 " blocks live, heap %" PRIu64 " KiB, %s\n",
           commands, allocator, hs_session_totals(s)->live_blocks,
           hs_heap_committed(hs_session_heap(s)) / 1024,
           p->names ? "a name for each malloc" : "a variable for each slot");
    printf("  performed in %.1f s, %.2f us each\n", made / 1e3, made * 1e3 / (double)commands);
    printf("  history %.2f bytes a command, checkpoints %.1f MiB\n",
           (double)history / (double)commands, (double)checkpoints / (1 << 20));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    uint64_t commands = 10000000;
    bool trace = false;
    const char *allocator = "tlsf";
    static player p = {.random = 2026, .count = 1000};
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--names") == 0)
            p.names = true;
        else if (strcmp(argv[i], "--trace") == 0)
            trace = true;
        else if (strcmp(argv[i], "--slots") == 0 && argv[i + 1])
            p.count = strtoull(argv[++i], NULL, 0);
        else if (strtoull(argv[i], NULL, 0))
            commands = strtoull(argv[i], NULL, 0);
        else
            allocator = argv[i];
    if (commands < FRAMES || !p.count || p.count > 1u << 30) return 2;
    p.slots = calloc(p.count, sizeof *p.slots);
    if (!p.slots) return 2;
    for (uint64_t i = 0; i < p.count; i++)
        snprintf(p.slots[i].name, sizeof p.slots[i].name, "v%" PRIu32, (uint32_t)i);
    double made = begin(&p, commands, allocator, trace);
    tell(&p, commands, made, allocator);
    seek(&p, commands);
    hs_session_free(p.session);
    free(p.slots);
    return 0;
}

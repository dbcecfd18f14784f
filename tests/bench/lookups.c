/* SPDX-License-Identifier: MIT */
/* What a command takes that looks something up, over 10,000 and over 1,000,000 live blocks, of each
 * of which there is a name, or, for every tenth, no name any more; and the ratio of the two.
 *
 *      lookups [ALLOCATOR]
 *
 * Each is done once before it is measured: what is kept from then on is made there. */
#include "language/completion.h"
#include "language/interpreter.h"
#include "measuring.h"
#include "view/pictures.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMES = 25, HOLES = 16, COLUMNS = 80, ROWS = 50 };
static const uint64_t populations[] = {10000, 1000000};
enum { POPULATIONS = sizeof populations / sizeof *populations };

typedef struct {
    hs_session *session;
    hs_interpreter *in;
} bench;

/* --- The heap ------------------------------------------------------------------------------- */

static void ignore_text(void *of, hs_voice voice, const char *text)
{
    (void)of;
    (void)voice;
    (void)text;
}

/* Pictures are drawn, as the answer to a command is. */
static void draw(void *context, const hs_picture *picture, const hs_subject *of)
{
    (void)context;
    if (picture != &hs_picture_inspect) return;
    hs_scene *scene = hs_scene_new(ROWS, COLUMNS, false);
    picture->paint(of, hs_pane_of(scene), 0);
    hs_scene_free(scene);
}

static void ignore_summary(void *of, const char *summary)
{
    (void)of;
    (void)summary;
}

static void run(bench *b, const char *line)
{
    hs_interpreter_run(b->in, NULL, 1, line, strlen(line));
}

static void populate(bench *b, const char *allocator, uint64_t blocks)
{
    hs_problem problem;
    char line[128];
    b->session =
        hs_session_new(allocator, &(hs_heap_config){HS_HEAP_INITIAL, (uint64_t)16 << 30}, &problem);
    if (!b->session) {
        fprintf(stderr, "%s\n", problem.what);
        exit(2);
    }
    hs_listener listener = {
        .context = b, .say = ignore_text, .show = draw, .performed = ignore_summary};
    b->in = hs_interpreter_new(b->session, &listener);
    snprintf(line, sizeof line, "repeat %" PRIu64 " { repeat 9 { malloc 40 }; x = malloc 24 }",
             blocks / 10);
    run(b, line);
    for (uint64_t i = 1; i <= HOLES; i++) {
        snprintf(line, sizeof line, "free p%" PRIu64, i * (blocks / (HOLES + 2)));
        run(b, line);
    }
}

/* --- What is looked up ---------------------------------------------------------------------- */

static void panel(bench *b, const hs_picture *p)
{
    hs_scene *scene = hs_scene_new(ROWS, COLUMNS, false);
    p->paint(&(hs_subject){.session = b->session}, hs_pane_of(scene), 0);
    hs_scene_free(scene);
}

static void command(bench *b, const char *line)
{
    run(b, line);
}

static void command_and_figures(bench *b, const char *line)
{
    run(b, line);
    panel(b, &hs_picture_stats);
}

static void complete(bench *b, const char *line)
{
    hs_completions c = hs_complete(b->session, line, strlen(line), (hs_stop){NULL, NULL});
    hs_completions_free(&c);
}

static const struct {
    const char *name, *line;
    void (*act)(bench *, const char *line);
} acts[] = {
    {"F4 after a request", "malloc 24", command_and_figures},
    {"leaks", "leaks", command},
    {"leaks after a request", "malloc 24; leaks", command},
    {"random 1", "random 1", command},
    {"write in its own block", "write p77 \"x\"", command},
    {"a pointer assigned", "x = p78", command},
    {"inspect", "inspect p77", command},
    {"a block's size", "expect block(p77) > 8", command},
    {"a wrong free", "free p77+8", command},
    {"a name that is none", "free q77", command},
    {"an operation of a list", "ops +24", command},
    {"Tab", "free p", complete},
};
enum { ACTS = sizeof acts / sizeof *acts };

static double measure(bench *b, size_t act)
{
    double times[TIMES];
    for (int i = -1; i < TIMES; i++) {
        double from = seconds_by(CLOCK_PROCESS_CPUTIME_ID);
        acts[act].act(b, acts[act].line);
        if (i >= 0) times[i] = (seconds_by(CLOCK_PROCESS_CPUTIME_ID) - from) * 1e6;
    }
    qsort(times, TIMES, sizeof *times, by_size);
    return times[TIMES / 2];
}

int main(int argc, char **argv)
{
    static double costs[ACTS][POPULATIONS];
    const char *allocator = argc > 1 ? argv[1] : "tlsf";
    for (size_t n = 0; n < POPULATIONS; n++) {
        bench b;
        populate(&b, allocator, populations[n]);
        for (size_t i = 0; i < ACTS; i++) costs[i][n] = measure(&b, i);
        hs_interpreter_free(b.in);
        hs_session_free(b.session);
    }
    printf("%s, over %" PRIu64 " and %" PRIu64 " blocks, medians of %d\n", allocator,
           populations[0], populations[1], TIMES);
    for (size_t i = 0; i < ACTS; i++)
        printf("  %-24s %10.1f us %12.1f us  ratio %8.2f\n", acts[i].name, costs[i][0], costs[i][1],
               costs[i][1] / costs[i][0]);
    return 0;
}

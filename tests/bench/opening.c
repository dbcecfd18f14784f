/* SPDX-License-Identifier: MIT */
/* Opening a trace: from the file to the first picture, through all of it, and to any place in it.
 * The references are a second for the first picture, and a frame of a 60 Hz screen, 16.67 ms.
 *
 *      opening [REQUESTS...] [--allocator NAME] [--live N]
 *
 * The trace is one by chance, of blocks most of which die young, 10,000 live unless it says. Cost
 * is to grow as the trace does: so it is measured at a tenth of the requests, too. */
#include "measuring.h"
#include "model/workload/generator.h"
#include "view/screen.h"

#include <heapscope/trace_file.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEEKS = 300, PIECE = 20000 };

static double now(void)
{
    return seconds_by(CLOCK_MONOTONIC) * 1e3;
}

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static void write_trace(const char *path, uint64_t requests, uint64_t live)
{
    hs_trace_report report;
    hs_phase phase = {.requests = requests,
                      .sizes = {.law = HS_SIZES_GEOMETRIC, .a = 64},
                      .lives = HS_LIVES_GENERATIONAL,
                      .live = live,
                      .swing = 20,
                      .realloc_part = 5};
    hs_trace *t = hs_generate(&phase, 1, 1, 7);
    if (!hs_trace_save(t, path, &(hs_trace_writing){0}, &report)) fail(report.error);
    hs_trace_report_free(&report);
    hs_trace_free(t);
}

static void go(hs_session *s, uint64_t count)
{
    hs_problem problem;
    if (!hs_session_go(s, (hs_moment){0, count}, &problem)) fail(problem.what);
}

static void seek(hs_session *s)
{
    double times[SEEKS];
    uint64_t random = 1, n = hs_session_traced(s);
    int over = 0;
    for (int i = 0; i < SEEKS; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        double from = now();
        go(s, (random >> 33) % (n + 1));
        times[i] = now() - from;
        over += times[i] > 1e3 / 60;
    }
    qsort(times, SEEKS, sizeof *times, by_size);
    printf("  anywhere in it        %8.2f ms, 99%% below %.2f, most %.2f; %d of %d over a frame\n",
           times[SEEKS / 2], times[SEEKS * 99 / 100], times[SEEKS - 1], over, SEEKS);
}

/* The picture that the full screen begins with. */
static void draw(hs_session *s)
{
    hs_scene *scene = hs_scene_new(24, 80, false);
    hs_screen_places places;
    hs_screen_compose(s, &(hs_screen_state){.keys = ""}, scene, &places);
    hs_scene_free(scene);
}

static void measure(const char *path, const char *allocator)
{
    hs_problem problem;
    hs_trace_report report;
    hs_heap_config heap = {HS_HEAP_INITIAL, (uint64_t)1 << 36};
    size_t checkpoints;
    double from = now();
    hs_trace *t = hs_trace_read(path, &(hs_trace_reading){0}, &report);
    if (!t) fail(report.error);
    double read = now() - from;
    hs_session *s = hs_session_of_trace(t, allocator, &heap, &problem);
    if (!s) fail(problem.what);
    draw(s);
    double opened = now() - from;
    uint64_t n = hs_session_traced(s);
    from = now();
    while (hs_session_surveyed(s) < n)
        if (!hs_session_survey(s, PIECE, &problem)) fail(problem.what);
    double surveyed = now() - from;
    size_t history = hs_session_history_bytes(s, &checkpoints);
    printf("%" PRIu64 " requests, %s, %s: %" PRIu64 " bytes live at most\n", n, report.format,
           allocator, hs_session_totals(hs_session_ahead(s))->peak_live);
    printf("  to the first picture  %8.0f ms, of which reading %.0f\n", opened, read);
    printf("  gone through in       %8.0f ms, %.0f ns a request\n", surveyed,
           surveyed * 1e6 / (double)n);
    printf("  memory                %8.1f bytes a request, checkpoints %.1f MiB\n",
           (double)history / (double)n, (double)checkpoints / (1 << 20));
    seek(s);
    fflush(stdout);
    hs_trace_report_free(&report);
    hs_session_free(s);
}

int main(int argc, char **argv)
{
    uint64_t requests[8] = {1000000, 10000000}, live = 10000;
    int count = 0;
    const char *allocator = "tlsf";
    char folder[] = "/tmp/heapscope-opening-XXXXXX", path[64];
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--allocator") == 0 && argv[i + 1])
            allocator = argv[++i];
        else if (strcmp(argv[i], "--live") == 0 && argv[i + 1])
            live = strtoull(argv[++i], NULL, 0);
        else if (count < 8)
            requests[count++] = strtoull(argv[i], NULL, 0);
    if (!count) count = 2;
    if (!mkdtemp(folder)) fail("no folder for the traces");
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/trace.rep", folder);
        write_trace(path, requests[i], live);
        measure(path, allocator);
        unlink(path);
    }
    rmdir(folder);
    return 0;
}

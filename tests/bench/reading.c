/* SPDX-License-Identifier: MIT */
/* How fast traces are read: each format at 1 and 10 million requests, beside a bare scan of the
 * same bytes for the ends of lines (memchr; commas in a list), which no reader of text can be
 * faster than.
 *
 *      reading [MILLIONS...]
 *
 * The requests are malloc, free and realloc by chance, with LIVE blocks live at most. The files lie
 * in the page cache; times are those of the processor, the least of RUNS. Scans and readings take
 * turns: what else the machine does comes to both alike. */
#include "measuring.h"
#include "model/workload/random.h"

#include <heapscope/trace_file.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIVE = 10000, RUNS = 10, MILLION = 1000000 };

static double now(void)
{
    return seconds_by(CLOCK_PROCESS_CPUTIME_ID);
}

static uint64_t below(uint64_t *state, uint64_t limit)
{
    return hs_random(state) % limit;
}

static hs_trace *make_trace(uint64_t requests)
{
    static bool live[LIVE];
    uint64_t random = 2026;
    hs_trace *t = hs_trace_new();
    memset(live, 0, sizeof live);
    for (uint64_t i = 0; i < requests; i++) {
        uint32_t id = (uint32_t)below(&random, LIVE);
        uint64_t size = 1 + below(&random, below(&random, 16) ? 128 : 4096);
        hs_trace_op op = {.kind = HS_MALLOC, .id = id, .size = size};
        if (live[id]) op.kind = below(&random, 5) ? HS_FREE : HS_REALLOC;
        if (op.kind == HS_FREE) op.size = 0;
        live[id] = op.kind != HS_FREE;
        hs_trace_add(t, op);
    }
    return t;
}

static void or_exit(bool good, const hs_trace_report *report)
{
    if (good) return;
    fprintf(stderr, "%s\n", report->error);
    exit(1);
}

static void keep_least(double *least, double seconds)
{
    if (seconds < *least) *least = seconds;
}

/* Lines of a file, counted: the bytes are read into one buffer, as the readers do. Seconds. */
static double scan(const char *path, char separator, uint64_t *bytes)
{
    static char buffer[1 << 20];
    static volatile uint64_t lines;
    ssize_t n;
    double from = now();
    uint64_t count = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *bytes = 0;
    while ((n = read(fd, buffer, sizeof buffer)) > 0) {
        const char *end = buffer + n;
        for (const char *at = buffer; (at = memchr(at, separator, (size_t)(end - at))); at++)
            count++;
        *bytes += (uint64_t)n;
    }
    close(fd);
    lines = count;
    (void)lines;
    return now() - from;
}

static double read_file(const char *path, const char *format, uint64_t *requests)
{
    hs_trace_report report;
    double from = now();
    hs_trace *t = hs_trace_read(path, &(hs_trace_reading){.format = format}, &report);
    or_exit(t != NULL, &report);
    double took = now() - from;
    *requests = report.requests;
    hs_trace_free(t);
    hs_trace_report_free(&report);
    return took;
}

static void measure(const hs_trace *t, const char *format, const char *folder)
{
    char path[512];
    char separator = strcmp(format, "ostep") == 0 ? ',' : '\n';
    uint64_t bytes, requests;
    hs_trace_report report;
    snprintf(path, sizeof path, "%s/trace", folder);
    double from = now();
    or_exit(hs_trace_save(t, path, &(hs_trace_writing){.format = format}, &report), &report);
    double wrote = now() - from;
    hs_trace_report_free(&report);
    double bare = 1e9, took = 1e9;
    for (int run = 0; run < RUNS; run++) {
        keep_least(&bare, scan(path, separator, &bytes));
        keep_least(&took, read_file(path, format, &requests));
    }
    printf("  %-9s %7.1f MB %5.2f B/req   read %6.0f MB/s %6.1f ns/req   scan %6.0f MB/s  "
           "ratio %5.2f   write %6.1f ns/req\n",
           format, (double)bytes / 1e6, (double)bytes / (double)requests,
           (double)bytes / took / 1e6, took * 1e9 / (double)requests, (double)bytes / bare / 1e6,
           took / bare, wrote * 1e9 / (double)requests);
    fflush(stdout);
    unlink(path);
}

static void measure_all(uint64_t millions, const char *folder)
{
    hs_trace_format f;
    hs_trace *t = make_trace(millions * MILLION);
    printf("%llu million requests, at most %d blocks live\n", (unsigned long long)millions, LIVE);
    for (size_t i = 0; hs_trace_format_at(i, &f); i++)
        if (f.written) measure(t, f.name, folder);
    hs_trace_free(t);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/heapscope-bench-XXXXXX";
    if (!mkdtemp(folder)) return 2;
    if (argc < 2) {
        measure_all(1, folder);
        measure_all(10, folder);
    }
    for (int i = 1; i < argc; i++) measure_all(strtoull(argv[i], NULL, 10), folder);
    return rmdir(folder) ? 1 : 0;
}

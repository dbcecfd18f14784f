/* SPDX-License-Identifier: MIT */
/* The tool `compare`: options, the traces and allocators that are named, the progress of the jobs,
 * and what is printed in the end. */
#include "ui/compare.h"

#include "base/memory.h"
#include "export/comparison.h"
#include "language/words.h"
#include "ui/ansi.h"
#include "ui/options.h"
#include "ui/trace_io.h"
#include "ui/usage.h"
#include "view/comparison.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { OK = 0, FAILED = 1, USAGE = 2, INTERRUPTED = 130 };
enum { LIMIT = 20, JOBS_MOST = 256 };
#define HEAP_MOST ((uint64_t)1 << 36)

typedef enum { AS_TEXT, AS_JSON, AS_CSV } output_format;

typedef struct {
    hs_comparison_plan plan;
    output_format format;
    hs_colour colour;
    bool lenient;          /* skip bad lines of traces */
    uint64_t max_unpacked; /* bytes of a trace; 0: as many as are usual */
    hs_named_trace *traces;
    hs_trace **owned; /* the same, to be freed */
    hs_lane *lanes;
    size_t trace_count, lane_count, trace_capacity, owned_capacity, lane_capacity;
} request;

/* --- Options ---------------------------------------------------------------------------------- */

enum {
    OPTION_GROWTH = 256,
    OPTION_HEAP,
    OPTION_MAX_HEAP,
    OPTION_LIMIT,
    OPTION_RUNS,
    OPTION_VERIFY,
    OPTION_LENIENT,
    OPTION_MAX_UNPACKED,
    OPTION_JSON,
    OPTION_COLOR,
    OPTION_CSV
};

/* Each option once: for getopt and for the help. */
static const hs_usage_option options[] = {
    {{"verify", no_argument, NULL, OPTION_VERIFY},
     NULL,
     "check that blocks are aligned, apart, and not lost"},
    {{"json", no_argument, NULL, OPTION_JSON}, NULL, "print all figures as JSON"},
    {{"csv", no_argument, NULL, OPTION_CSV}, NULL, "print all figures as CSV, a row for each pair"},
    {{"color", required_argument, NULL, OPTION_COLOR},
     "WHEN",
     "colours: auto (default), always or never"},
    {{"growth", required_argument, NULL, OPTION_GROWTH},
     "HOW",
     "how a heap grows: exact (default), page or double"},
    {{"heap", required_argument, NULL, OPTION_HEAP}, "SIZE", "what a heap starts with (64)"},
    {{"max-heap", required_argument, NULL, OPTION_MAX_HEAP},
     "SIZE",
     "what a heap may grow to (64G)"},
    {{"limit", required_argument, NULL, OPTION_LIMIT},
     "SECONDS",
     "cut what is counted, verified or timed for longer (20)"},
    {{"runs", required_argument, NULL, OPTION_RUNS},
     "N",
     "time each so often (5 times, or more where that is short)"},
    {{"jobs", required_argument, NULL, 'j'},
     "N",
     "run so many at once (default: processors); 1 is quietest"},
    {{"lenient", no_argument, NULL, OPTION_LENIENT}, NULL, "skip bad lines of a trace"},
    {{"max-unpacked", required_argument, NULL, OPTION_MAX_UNPACKED},
     "SIZE",
     "how large a trace may be unpacked (256M, or 1000 times)"},
    {{"help", no_argument, NULL, 'h'}, NULL, "show this help"},
};
enum { OPTION_COUNT = sizeof options / sizeof *options };

const hs_usage_option *hs_compare_rows(size_t *count)
{
    *count = OPTION_COUNT;
    return options;
}

static void put_usage(void)
{
    const hs_figure *f;
    hs_print(stdout,
             "Usage: heapscope compare [OPTION...] TRACE... [ALLOCATOR...]\n\n"
             "Plays every trace on every allocator that is named, or on all: how well they use\n"
             "the memory, what it costs them, how fast they are. An ALLOCATOR may be a preset,\n"
             "as best-fit, and have options: implicit:fit=next,footer=on. A file, or what has a\n"
             ". or / in its name, is a TRACE.\n\n");
    for (int i = 0; i < OPTION_COUNT; i++) {
        char name[40];
        const struct option *o = &options[i].option;
        snprintf(name, sizeof name, "%s--%s%s%s",
                 o->val == 'j'   ? "-j, "
                 : o->val == 'h' ? "-h, "
                                 : "",
                 o->name, options[i].argument ? "=" : "",
                 options[i].argument ? options[i].argument : "");
        hs_print(stdout, "  %-20s %s\n", name, options[i].help);
    }
    hs_print(stdout, "\nJSON and CSV have these figures:\n");
    for (size_t i = 0; (f = hs_figure_at(i)); i++)
        hs_print(stdout, "  %-20s %s\n", f->name, f->definition);
}

void hs_compare_manual(FILE *out)
{
    const hs_figure *f;
    fprintf(
        out,
        ".SH COMPARE\n.B heapscope compare\n"
        "plays every TRACE on every ALLOCATOR that is named, or on all of them, and prints how well "
        "they use the memory, what it costs them and how fast they are. An ALLOCATOR may be a "
        "preset, such as best\\-fit, and have options, as in implicit:fit=next,footer=on. A file, "
        "or what has a . or / in its name, is a TRACE; \\- is standard input. Each pair is played "
        "in a process of its own. Exit status 1: an allocator broke a promise; 130: interrupted, "
        "what was complete is printed.\n");
    for (int i = 0; i < OPTION_COUNT; i++)
        fprintf(out, ".TP\n.B \\-\\-%s%s%s\n%s.\n", options[i].option.name,
                options[i].argument ? "=" : "", options[i].argument ? options[i].argument : "",
                options[i].help);
    fprintf(out, ".PP\nJSON and CSV have these figures, and remark, in words:\n");
    for (size_t i = 0; (f = hs_figure_at(i)); i++)
        fprintf(out, ".TP\n.B %s\n%s.\n", f->name, f->definition);
}

static const char tool[] = "heapscope compare", hint[] = "-h lists the options";

static int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int complain(const char *format, ...)
{
    va_list what;
    va_start(what, format);
    int status = hs_usage_complain(tool, hint, format, what);
    va_end(what);
    return status;
}

static int read_size(const char *text, uint64_t *size)
{
    if (!hs_options_size(text, strlen(text), size))
        return complain("%s is no size such as 256, 0x100, 4k, 1M", text);
    if (*size < HS_HEAP_SMALLEST || *size > HS_HEAP_LARGEST)
        return complain("%s: a heap has 64 bytes to 1T", text);
    return OK;
}

static int read_number(const char *text, int most, int *number)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || value < 1 || value > most)
        return complain("%s is no number from 1 to %d", text, most);
    *number = (int)value;
    return OK;
}

static int read_limit(const char *text, double *seconds)
{
    char *end;
    *seconds = strtod(text, &end);
    if (end == text || *end || !(*seconds > 0) || *seconds > 1e6)
        return complain("%s is no number of seconds such as 20 or 0.5", text);
    return OK;
}

static int read_growth(const char *text, hs_growth *growth)
{
    const char *const *choices = hs_settings[HS_SET_GROWTH].choices;
    for (int i = 0; choices[i]; i++)
        if (strcmp(choices[i], text) == 0) {
            *growth = (hs_growth)i;
            return OK;
        }
    return complain("a heap does not grow by %s: exact, page, double", text);
}

static int handle(int option, request *r)
{
    switch (option) {
    case OPTION_VERIFY: r->plan.verify = true; return OK;
    case OPTION_LENIENT: r->lenient = true; return OK;
    case OPTION_MAX_UNPACKED:
        if (hs_options_size(optarg, strlen(optarg), &r->max_unpacked) && r->max_unpacked) return OK;
        return complain("%s is no size such as 256M, 4G", optarg);
    case OPTION_JSON: r->format = AS_JSON; return OK;
    case OPTION_CSV: r->format = AS_CSV; return OK;
    case OPTION_COLOR:
        if (hs_colour_named(optarg, &r->colour)) return OK;
        return complain("colours are not %s: auto, always, never", optarg);
    case OPTION_GROWTH: return read_growth(optarg, &r->plan.growth);
    case OPTION_HEAP: return read_size(optarg, &r->plan.heap.initial);
    case OPTION_MAX_HEAP: return read_size(optarg, &r->plan.heap.maximum);
    case OPTION_LIMIT: return read_limit(optarg, &r->plan.limit);
    case OPTION_RUNS: return read_number(optarg, HS_RUNS_MOST, &r->plan.runs);
    case 'j': return read_number(optarg, JOBS_MOST, &r->plan.jobs);
    case 'h': put_usage(); exit(hs_options_finish(OK));
    }
    return OK;
}

/* --- Traces and allocators -------------------------------------------------------------------- */

static bool is_trace(const char *name)
{
    struct stat about;
    return strcmp(name, "-") == 0 || strpbrk(name, "/.") ||
           (stat(name, &about) == 0 && S_ISREG(about.st_mode));
}

static hs_trace *read_trace(const request *r, const char *path)
{
    hs_trace_report report;
    hs_trace *t = hs_trace_load(
        path, &(hs_trace_reading){.lenient = r->lenient, .max_unpacked = r->max_unpacked}, &report);
    hs_trace_tell(&report, "heapscope compare");
    hs_trace_report_free(&report);
    return t;
}

static int add_trace(request *r, const char *path)
{
    hs_trace *t = read_trace(r, path);
    if (!t) return FAILED;
    r->traces =
        hs_array_reserve(r->traces, &r->trace_capacity, r->trace_count + 1, sizeof *r->traces);
    r->owned = hs_array_reserve(r->owned, &r->owned_capacity, r->trace_count + 1, sizeof *r->owned);
    r->owned[r->trace_count] = t;
    r->traces[r->trace_count++] = (hs_named_trace){path, t};
    return OK;
}

static void add_lane(request *r, const hs_lane *c)
{
    r->lanes = hs_array_reserve(r->lanes, &r->lane_capacity, r->lane_count + 1, sizeof *r->lanes);
    r->lanes[r->lane_count++] = *c;
}

static int add_allocator(request *r, const char *text)
{
    hs_problem problem;
    hs_lane c;
    if (!*text) return complain("'' names neither a TRACE nor an ALLOCATOR");
    if (hs_lane_named(text, &c, &problem)) {
        add_lane(r, &c);
        return OK;
    }
    hs_words known = {0};
    hs_words_of_allocators(&known);
    const char *near = hs_words_nearest(&known, text, strcspn(text, ":"));
    bool unknown = problem.operand == HS_OPERAND_NAME;
    int status =
        unknown && near   ? complain("%s, and no such file; did you mean %s?", problem.what, near)
        : problem.hint[0] ? complain("%s; %s", problem.what, problem.hint)
                          : complain("%s%s", problem.what, unknown ? ", and no such file" : "");
    hs_words_free(&known);
    return status;
}

/* Add all allocators but models of a heap, which do not grow. */
static void add_all_allocators(request *r)
{
    const hs_allocator *a;
    hs_problem ignored;
    hs_lane c;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_RAW)); i++)
        if (!a->model_base && hs_lane_named(a->name, &c, &ignored)) add_lane(r, &c);
}

static int add_arguments(request *r, char **names, int count)
{
    int status = OK;
    for (int i = 0; i < count && status == OK; i++)
        if (!is_trace(names[i])) status = add_allocator(r, names[i]);
    for (int i = 0; i < count && status == OK; i++)
        if (is_trace(names[i])) status = add_trace(r, names[i]);
    if (status) return status;
    if (!r->trace_count) return complain("it needs a TRACE");
    if (!r->lane_count) add_all_allocators(r);
    return OK;
}

static int processors(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return n < 1 ? 1 : n > JOBS_MOST ? JOBS_MOST : n;
}

static int parse(request *r, int argc, char **argv)
{
    struct option long_options[OPTION_COUNT + 1] = {0};
    for (int i = 0; i < OPTION_COUNT; i++) long_options[i] = options[i].option;
    int option, status = OK;
    optind = 1;
    while (status == OK && (option = hs_usage_next(argc, argv, ":j:h", long_options)) != -1)
        status = option == '?' || option == ':'
                     ? hs_usage_refuse(tool, hint, option, argv, long_options)
                     : handle(option, r);
    if (status) return status;
    hs_heap_config *heap = &r->plan.heap;
    if (!heap->maximum) heap->maximum = heap->initial < HEAP_MOST ? HEAP_MOST : heap->initial;
    if (heap->maximum < heap->initial) return complain("--max-heap is smaller than --heap");
    return add_arguments(r, argv + optind, argc - optind);
}

/* --- Running ---------------------------------------------------------------------------------- */

typedef struct {
    const hs_comparison *comparison;
    sigset_t stops;
    bool terminal;
} progress;

static const char *file_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Show how many jobs are done, and how far one of the others is. */
static void show_progress(const hs_comparison *c)
{
    size_t lanes = hs_comparison_lanes(c), all = hs_comparison_traces(c) * lanes;
    size_t done = 0;
    char text[256], now[160] = "";
    for (size_t i = 0; i < all; i++) {
        const hs_job *job = hs_comparison_job(c, i / lanes, i % lanes);
        done += job->state != HS_JOB_WAITS && job->state != HS_JOB_RUNS;
        if (job->state != HS_JOB_RUNS || *now) continue;
        bool timed = job->stage == HS_JOB_TIMES || !job->requests;
        snprintf(now, sizeof now, "%.40s on %.20s, %.0f%%",
                 file_of(hs_comparison_trace(c, i / lanes)->name),
                 hs_comparison_lane(c, i % lanes)->name,
                 timed ? 100 : 100.0 * (double)job->number / (double)job->requests);
    }
    snprintf(text, sizeof text, "%zu of %zu  %s", done, all, now);
    hs_print_over(stderr, text, HS_COMPARISON_COLUMNS - 2);
}

/* False when Ctrl-C was pressed. The signal is blocked, so it is looked for here. */
static bool go_on(void *context)
{
    const progress *p = context;
    if (p->terminal) show_progress(p->comparison);
    return sigtimedwait(&p->stops, NULL, &(struct timespec){0}) < 0;
}

static bool run(hs_comparison *c)
{
    progress p = {.comparison = c, .terminal = isatty(STDERR_FILENO)};
    sigset_t before;
    sigemptyset(&p.stops);
    sigaddset(&p.stops, SIGINT);
    sigaddset(&p.stops, SIGTERM);
    sigprocmask(SIG_BLOCK, &p.stops, &before);
    bool whole = hs_comparison_run(c, go_on, &p);
    if (p.terminal) hs_print_over(stderr, "", HS_COMPARISON_COLUMNS - 2);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return whole;
}

/* --- Printing --------------------------------------------------------------------------------- */

static void print(hs_scene *s, hs_ink ink)
{
    hs_print_scene(stdout, s, ink);
    hs_scene_free(s);
}

static void print_text(const hs_comparison *c, hs_colour colour)
{
    hs_pen *pen = hs_pen_of_output(colour);
    hs_ink ink = {.ascii = hs_locale_is_ascii(), .pen = pen};
    for (size_t i = 0; i < hs_comparison_traces(c); i++) {
        print(hs_comparison_trace_scene(c, i, ink.ascii), ink);
        hs_print(stdout, "\n");
    }
    print(hs_comparison_means_scene(c, ink.ascii), ink);
    hs_print(stdout, "\n");
    print(hs_comparison_plot_scene(c, ink.ascii), ink);
    hs_pen_free(pen);
}

/* True if an allocator did what it must not. */
static bool any_wrong(const hs_comparison *c)
{
    for (size_t i = 0; i < hs_comparison_traces(c); i++)
        for (size_t k = 0; k < hs_comparison_lanes(c); k++)
            if (!hs_job_has_figures(hs_comparison_job(c, i, k))) return true;
    return false;
}

static int compare(const request *r)
{
    hs_comparison *c =
        hs_comparison_new(&r->plan, r->traces, r->trace_count, r->lanes, r->lane_count);
    if (!c) {
        hs_print(stderr, "heapscope compare: %s\n", strerror(errno));
        return FAILED;
    }
    bool whole = run(c);
    if (!whole) hs_print(stderr, "heapscope compare: interrupted; what is complete follows\n");
    if (r->format == AS_JSON)
        hs_comparison_json(stdout, c);
    else if (r->format == AS_CSV)
        hs_comparison_csv(stdout, c);
    else
        print_text(c, r->colour);
    int status = !whole ? INTERRUPTED : any_wrong(c) ? FAILED : OK;
    hs_comparison_free(c);
    return status;
}

int hs_compare_traces(int argc, char **argv)
{
    request r = {.plan = {.heap = {HS_HEAP_SMALLEST, 0},
                          .growth = HS_GROWTH_EXACT,
                          .limit = LIMIT,
                          .jobs = processors()}};
    int status = parse(&r, argc, argv);
    if (status == OK) status = compare(&r);
    for (size_t i = 0; i < r.trace_count; i++) hs_trace_free(r.owned[i]);
    free(r.owned);
    free(r.traces);
    free(r.lanes);
    return status;
}

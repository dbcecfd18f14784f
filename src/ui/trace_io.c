/* Nothing is shown of what takes less than half a second. */
#include "ui/trace_io.h"

#include "language/trace_script.h"

#include <inttypes.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static const double soon = 0.5, often = 0.1;
static volatile sig_atomic_t interrupted; /* a signal handler can tell nobody else */

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

typedef struct {
    const char *doing; /* "reading FILE" */
    double began, shown;
    bool visible; /* standard error is a terminal, and there is something on the line */
} progress_line;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What is done begins now; Ctrl-C asks it to stop. */
static progress_line begin(const char *doing)
{
    interrupted = 0;
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_interrupt}, NULL);
    double time = now();
    return (progress_line){.doing = doing, .began = time, .shown = time + soon - often};
}

static bool step(void *progress, uint64_t done, uint64_t total)
{
    progress_line *p = progress;
    double time = now();
    if (time - p->shown < often || !isatty(STDERR_FILENO)) return !interrupted;
    p->shown = time;
    p->visible = true;
    if (total)
        fprintf(stderr, "\r%s: %.0f%%\033[K", p->doing, 100.0 * (double)done / (double)total);
    else if (!done)
        fprintf(stderr, "\r%s\033[K", p->doing);
    else
        fprintf(stderr, "\r%s: %" PRIu64 " MB\033[K", p->doing, done / 1000000);
    return !interrupted;
}

/* The line is empty again, and Ctrl-C ends the program. */
static void end(progress_line *p)
{
    if (p->visible) fputs("\r\033[K", stderr);
    p->visible = false;
    signal(SIGINT, SIG_DFL);
}

hs_trace *hs_trace_load(const char *path, const char *format, bool lenient, hs_trace_report *report)
{
    char doing[300];
    snprintf(doing, sizeof doing, "reading %.200s", path);
    progress_line progress = begin(doing);
    hs_trace_reading reading = {.format = format,
                                .lenient = lenient,
                                .progress = step,
                                .of = &progress,
                                .run = hs_trace_of_script};
    hs_trace *t = hs_trace_read(path, &reading, report);
    end(&progress);
    return t;
}

bool hs_trace_store(const hs_trace *t, const char *path, const char *format,
                    hs_trace_report *report)
{
    char doing[300];
    snprintf(doing, sizeof doing, "writing %.200s", path);
    progress_line progress = begin(doing);
    hs_trace_writing writing = {.format = format, .progress = step, .of = &progress};
    bool good = hs_trace_save(t, path, &writing, report);
    end(&progress);
    return good;
}

void hs_trace_tell(const hs_trace_report *report, const char *tool)
{
    if (report->notes) fprintf(stderr, "%s\n", report->notes);
    if (report->error[0]) fprintf(stderr, "%s: %s\n", tool, report->error);
}

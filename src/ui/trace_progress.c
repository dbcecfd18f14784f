/* Nothing is shown of what takes less than half a second. */
#include "ui/trace_progress.h"

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

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

hs_progress hs_progress_begin(const char *doing)
{
    interrupted = 0;
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_interrupt}, NULL);
    double begin = now();
    return (hs_progress){.doing = doing, .began = begin, .shown = begin + soon - often};
}

bool hs_progress_step(void *progress, uint64_t done, uint64_t total)
{
    hs_progress *p = progress;
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

void hs_progress_end(hs_progress *p)
{
    if (p->visible) fputs("\r\033[K", stderr);
    p->visible = false;
    signal(SIGINT, SIG_DFL);
}

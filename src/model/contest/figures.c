/* SPDX-License-Identifier: MIT */
/* The figures, read off a job; and what they come to over all traces.
 *
 * The performance index is that of the CS:APP malloc lab: 100 * (0.60 * mean utilization + 0.40 *
 * min(1, throughput / 600,000 a second)), throughput being all requests over all seconds. */
#include "model/contest/figures.h"

#include "model/session/totals.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

static double spread(const hs_job *j)
{
    double middle = j->seconds[j->runs * 3 / 4] - j->seconds[j->runs / 4];
    return 100 * ratio(middle, hs_job_seconds(j));
}

static double fragmentation(const hs_job *j, int measure)
{
    return (double)hs_totals_fragmentation(&j->counts.totals, measure, j->counts.used) / 10;
}

#define FIGURE(name, expression)                                                                   \
    static double name(const hs_job *j)                                                            \
    {                                                                                              \
        const hs_play_counts *c = &j->counts;                                                      \
        const hs_totals *t = &c->totals;                                                           \
        (void)c;                                                                                   \
        (void)t;                                                                                   \
        return (double)(expression);                                                               \
    }

FIGURE(requests, j->requests)
FIGURE(played, c->played)
FIGURE(verified, j->verified)
FIGURE(failed, t->failed)
FIGURE(peak_live, t->peak_live)
FIGURE(heap_size, c->heap)
FIGURE(used, c->used)
FIGURE(utilization, 100 * ratio((double)t->peak_live, (double)c->heap))
FIGURE(utilization_segment, hs_thousandths(t->peak_live, c->payload_end) / 10)
FIGURE(fragmentation_1, fragmentation(j, 1))
FIGURE(fragmentation_2, fragmentation(j, 2))
FIGURE(fragmentation_3, fragmentation(j, 3))
FIGURE(fragmentation_4, fragmentation(j, 4))
FIGURE(examined_mean, ratio((double)t->counts.visits, (double)t->requests))
FIGURE(examined_p99, c->examined_p99)
FIGURE(examined_max, t->visits_max)
FIGURE(examined_total, t->counts.visits)
FIGURE(moved_total, t->counts.moved)
FIGURE(runs, j->runs)
FIGURE(requests_per_second, ratio((double)c->played, hs_job_seconds(j)))
FIGURE(spread_percent, spread(j))

#define ROW(name, digits, time, definition)                                                        \
    {                                                                                              \
#name, definition, digits, time, name                                                      \
    }

static const hs_figure figures[] = {
    ROW(requests, 0, false, "requests of the trace"),
    ROW(played, 0, false, "requests, from the first on, that the figures are about"),
    ROW(verified, 0, false, "requests that were verified; 0: without --verify"),
    ROW(failed, 0, false, "requests that returned NULL and should not have"),
    ROW(peak_live, 0, false, HS_DEFINE_peak_live),
    ROW(heap_size, 0, false, "bytes of the heap at the end, which is its peak"),
    ROW(used, 0, false, HS_DEFINE_used ", in bytes"),
    ROW(utilization, 2, false, HS_DEFINE_utilization ", in %"),
    ROW(utilization_segment, 0, false, HS_DEFINE_utilization_segment ", in %, cut"),
    ROW(fragmentation_1, 1, false, HS_DEFINE_fragmentation_1 ", in %"),
    ROW(fragmentation_2, 1, false, HS_DEFINE_fragmentation_2 ", in %"),
    ROW(fragmentation_3, 1, false, HS_DEFINE_fragmentation_3 ", in %"),
    ROW(fragmentation_4, 1, false, HS_DEFINE_fragmentation_4 ", in %"),
    ROW(examined_mean, 3, false, "blocks examined by a request, on average"),
    ROW(examined_p99, 0, false, "blocks that 99 of 100 requests do not exceed"),
    ROW(examined_max, 0, false, HS_DEFINE_examined_max),
    ROW(examined_total, 0, false, HS_DEFINE_examined_total),
    ROW(moved_total, 0, false, HS_DEFINE_moved_total),
    ROW(runs, 0, true, "times that the trace was timed"),
    ROW(requests_per_second, 0, true, "requests a second, in the median run"),
    ROW(spread_percent, 1, true, "width of the middle half of the runs, % of the median"),
};

const hs_figure *hs_figure_at(size_t i)
{
    return i < sizeof figures / sizeof *figures ? &figures[i] : NULL;
}

const hs_figure *hs_figure_named(const char *name)
{
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        if (strcmp(figures[i].name, name) == 0) return &figures[i];
    return NULL;
}

bool hs_figure_is_known(const hs_figure *f, const hs_job *j)
{
    return hs_job_has_figures(j) && (j->runs || !f->time);
}

/* --- What became of a job --------------------------------------------------------------------- */

const char *hs_job_word(const hs_job *j)
{
    switch (j->state) {
    case HS_JOB_WAITS: return "waiting";
    case HS_JOB_RUNS: return "running";
    case HS_JOB_CRASHED: return "crashed";
    case HS_JOB_STOPPED: return "stopped";
    case HS_JOB_NO_HEAP: return "no heap";
    case HS_JOB_DONE: break;
    }
    if (j->violation.request) return "wrong";
    if (!j->runs) return "not timed";
    return j->counts.played < j->requests ? "cut" : "done";
}

static const char *const stages[] = {
    [HS_JOB_VERIFIES] = "verified", [HS_JOB_COUNTS] = "counted", [HS_JOB_TIMES] = "timed"};

/* " while it was counted, in request 7" */
static void tell_where(const hs_job *j, char text[64])
{
    int n = snprintf(text, 64, " while it was %s", stages[j->stage]);
    if (j->stage != HS_JOB_TIMES)
        snprintf(text + n, 64 - (size_t)n, ", in request %" PRIu64, j->number);
}

static void tell_crash(const hs_job *j, char *text, size_t size)
{
    char where[64];
    tell_where(j, where);
    snprintf(text, size, "ended%s%s%s", where, j->signal ? ": " : "",
             j->signal ? strsignal(j->signal) : "");
}

static void tell_stop(const hs_comparison *c, const hs_job *j, char *text, size_t size)
{
    char where[64];
    const hs_comparison_plan *plan = hs_comparison_plan_of(c);
    tell_where(j, where);
    snprintf(text, size,
             "stopped%s: it came to no end within %g s of the processor, with a limit of %g s",
             where, hs_comparison_patience(plan), plan->limit);
}

static void tell_cut(const hs_comparison *c, const hs_job *j, char *text, size_t size)
{
    snprintf(text, size, "the first %" PRIu64 " of %" PRIu64 " requests, cut after %g s",
             j->counts.played, j->requests, hs_comparison_plan_of(c)->limit);
}

/* Tell why a job that has figures was not timed. */
static void tell_untimed(const hs_comparison *c, const hs_job *j, char *text, size_t size)
{
    if (j->signal == SIGPROF)
        snprintf(text, size, "not timed: one run took more than %g s",
                 hs_comparison_patience(hs_comparison_plan_of(c)));
    else if (j->signal)
        snprintf(text, size,
                 "not timed: killed from without, as the system does where memory is short");
    else
        snprintf(text, size,
                 "not timed: the system gives no memory for a heap of %" PRIu64 " bytes",
                 j->counts.heap);
}

static void tell_figures(const hs_comparison *c, const hs_job *j, char *text, size_t size)
{
    bool cut = j->counts.played < j->requests;
    size_t n = 0;
    if (cut) tell_cut(c, j, text, size);
    if (j->runs) return;
    n = strlen(text);
    if (cut) n += (size_t)snprintf(text + n, size - n, "; ");
    if (n < size) tell_untimed(c, j, text + n, size - n);
}

const char *hs_job_remark(const hs_comparison *c, const hs_job *j, char *text, size_t size)
{
    text[0] = 0;
    if (j->state == HS_JOB_CRASHED)
        tell_crash(j, text, size);
    else if (j->state == HS_JOB_STOPPED)
        tell_stop(c, j, text, size);
    else if (j->state == HS_JOB_NO_HEAP)
        snprintf(text, size, "the system gives no address space for the heap");
    else if (j->state == HS_JOB_WAITS)
        snprintf(text, size, "not played");
    else if (j->violation.request)
        snprintf(text, size, "request %" PRIu64 ": %s", j->violation.request, j->violation.what);
    else if (j->state == HS_JOB_DONE)
        tell_figures(c, j, text, size);
    return text;
}

/* --- Over all traces -------------------------------------------------------------------------- */

hs_means hs_means_of(const hs_comparison *c, size_t lane)
{
    hs_means m = {0};
    double seconds = 0, requests = 0;
    for (size_t i = 0; i < hs_comparison_traces(c); i++) {
        const hs_job *j = hs_comparison_job(c, i, lane);
        if (j->violation.request || j->state == HS_JOB_CRASHED || j->state == HS_JOB_STOPPED)
            m.wrong = true;
        if (!hs_job_has_figures(j)) continue;
        m.traces++;
        m.failed += j->counts.totals.failed;
        m.utilization += utilization(j) / 100;
        m.utilization_segment += utilization_segment(j);
        m.examined += examined_mean(j);
        requests += j->runs ? (double)j->counts.played : 0;
        seconds += hs_job_seconds(j);
        m.cut = m.cut || j->counts.played < j->requests;
        m.untimed = m.untimed || !j->runs;
    }
    m.utilization = ratio(m.utilization, (double)m.traces);
    m.utilization_segment = ratio(m.utilization_segment, (double)m.traces);
    m.examined = ratio(m.examined, (double)m.traces);
    m.per_second = ratio(requests, seconds);
    double speed = m.per_second < HS_LAB_CAP ? m.per_second / HS_LAB_CAP : 1;
    m.index = 100 * (0.60 * m.utilization + 0.40 * speed);
    m.has_index = !m.wrong && seconds > 0;
    return m;
}

/* SPDX-License-Identifier: MIT */
/* Jobs, each in a child process that writes its figures into memory it shares with its parent. The
 * children know nothing of the terminal: Ctrl-C is the parent's, and when it is gone so are they.
 */
#include "model/contest/compare.h"

#include "base/memory.h"
#include "model/session/session.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    USUAL_RUNS = 5,
    FEW_RUNS_MS = 20, /* a job whose runs are short is timed again until so much time has passed */
    TICK_MS = 100,    /* how often the caller is asked whether to go on */
};
#define PATIENCE 2.0 /* the watchdog waits twice the budget and so many seconds more */
#define COARSE                                                                                     \
    1e-5 /* a clock whose steps are longer than so many seconds is too coarse to                   \
          * time with */

struct hs_comparison {
    hs_comparison_plan plan;
    const hs_named_trace *traces;
    const hs_lane *lanes;
    size_t trace_count, lane_count, job_count;
    hs_job *jobs;    /* shared with the children */
    pid_t *children; /* the process of each job; 0: none */
    int running;
};

/* --- Lanes ------------------------------------------------------------------------------------ */

static int index_of(const hs_allocator *a, const char *option, size_t length)
{
    for (size_t i = 0; i < a->option_count; i++)
        if (strncmp(a->options[i].name, option, length) == 0 && !a->options[i].name[length])
            return (int)i;
    return -1;
}

static bool read_value(const hs_option *o, const char *text, uint64_t *value)
{
    for (uint64_t i = 0; o->choices && o->choices[i]; i++)
        if (strcmp(o->choices[i], text) == 0) {
            *value = i;
            return true;
        }
    char *end;
    *value = strtoull(text, &end, 10);
    return !o->choices && *text >= '0' && *text <= '9' && !*end && *value >= o->minimum &&
           *value <= o->maximum;
}

/* An allocator has no such option. It may have had it once. */
static bool no_option(const hs_allocator *a, const char *option, const char *equals,
                      hs_problem *problem)
{
    const hs_moved *m;
    hs_wrong(problem, HS_OPERAND_VALUE, "%s has no option %s%s", a->name, option,
             equals ? "" : "=VALUE");
    for (size_t i = 0; equals && (m = hs_moved_at(i)); i++) {
        size_t length = (size_t)(equals - option);
        if (strcmp(m->allocator, a->name) != 0 || strlen(m->option) != length ||
            strncmp(m->option, option, length) != 0 || (m->value && strcmp(m->value, equals + 1)))
            continue;
        if (m->lane)
            snprintf(problem->hint, sizeof problem->hint, "write %s", m->lane);
        else
            snprintf(problem->hint, sizeof problem->hint, "%s is what it is without", equals + 1);
        return false;
    }
    return false;
}

/* "fit=best" */
static bool set_option(hs_lane *c, const char *text, hs_problem *problem)
{
    const char *equals = strchr(text, '=');
    int i = index_of(c->raw, text, equals ? (size_t)(equals - text) : strlen(text));
    if (i < 0 || !equals) return no_option(c->raw, text, equals, problem);
    return read_value(&c->raw->options[i], equals + 1, &c->options[i]) ||
           hs_wrong(problem, HS_OPERAND_VALUE, "%s: %s can not be %s", c->raw->name,
                    c->raw->options[i].name, equals + 1);
}

static const hs_preset *preset_named(const char *name)
{
    for (size_t i = 0; hs_preset_at(i); i++)
        if (strcmp(hs_preset_at(i)->name, name) == 0) return hs_preset_at(i);
    return NULL;
}

static void set_as_preset(hs_lane *c, const hs_preset *p)
{
    int i = index_of(c->raw, p->option, strlen(p->option));
    read_value(&c->raw->options[i], p->choice, &c->options[i]);
}

/* Read "NAME" or "NAME:OPTION=VALUE,OPTION=VALUE" from `words`, which are cut up. */
static bool read_lane(char *words, const char *text, hs_lane *c, hs_problem *problem)
{
    char *rest = NULL, *name = strtok_r(words, ":", &rest);
    const hs_preset *preset = name ? preset_named(name) : NULL;
    *c = (hs_lane){.name = text};
    c->raw = name ? hs_allocator_named(preset ? preset->allocator : name, HS_RAW) : NULL;
    if (!c->raw) return hs_wrong(problem, HS_OPERAND_NAME, "there is no allocator called %s", text);
    c->counted = c->raw->builds[HS_COUNTED];
    for (size_t i = 0; i < c->raw->option_count; i++) c->options[i] = c->raw->options[i].initial;
    if (preset) set_as_preset(c, preset);
    for (char *o = strtok_r(NULL, ",", &rest); o; o = strtok_r(NULL, ",", &rest))
        if (!set_option(c, o, problem)) return false;
    return true;
}

bool hs_lane_named(const char *text, hs_lane *c, hs_problem *problem)
{
    char *words = hs_copy(text);
    bool good = read_lane(words, text, c, problem);
    free(words);
    return good;
}

/* --- One job, in its own process -------------------------------------------------------------- */

typedef struct {
    const hs_comparison_plan *plan;
    const hs_lane *lane;
    const hs_trace *trace;
    hs_job *job;
    double begun; /* when this stage began */
} task;

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Seconds of the processor: so nothing else that the machine does cuts a job. */
static double worked(void)
{
    return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static bool has_time(void *context, uint64_t played)
{
    const task *t = context;
    (void)played;
    return worked() - t->begun < t->plan->limit;
}

/* The heap of a job; NULL when the system has no addresses for it. */
static hs_heap *heap_of(const task *t, hs_build build)
{
    const hs_lane *c = t->lane;
    hs_heap *h =
        hs_heap_new(&t->plan->heap, build == HS_RAW ? c->raw : c->counted, build, c->options);
    if (h) hs_heap_set_growth(h, t->plan->growth);
    return h;
}

static hs_heap *heap_or_end(const task *t, hs_build build)
{
    hs_heap *h = heap_of(t, build);
    if (h) t->job->heap = hs_heap_sizes(h, &t->plan->heap);
    if (h) return h;
    t->job->state = HS_JOB_NO_HEAP;
    _exit(0);
}

double hs_comparison_patience(const hs_comparison_plan *plan)
{
    return 2 * plan->limit + PATIENCE;
}

/* End what goes round in circles. SIGPROF comes by the same clock as worked(). */
static void set_watchdog(const hs_comparison_plan *plan)
{
    double patience = hs_comparison_patience(plan), whole = (double)(time_t)patience;
    struct timeval left = {.tv_sec = (time_t)whole,
                           .tv_usec = (suseconds_t)((patience - whole) * 1e6)};
    setitimer(ITIMER_PROF, &(struct itimerval){.it_value = left}, NULL);
}

static void begin_stage(task *t, hs_job_stage stage)
{
    t->job->stage = stage;
    t->job->number = 0;
    t->begun = worked();
    set_watchdog(t->plan);
}

static hs_play_watch watch_of(task *t)
{
    return (hs_play_watch){has_time, t, &t->job->number};
}

/* Verify the raw build, for that is what a program would run on. */
static bool verify(task *t)
{
    begin_stage(t, HS_JOB_VERIFIES);
    hs_heap *h = heap_or_end(t, HS_RAW);
    bool kept = hs_play_verifying(h, t->trace, watch_of(t), &t->job->verified, &t->job->violation);
    hs_heap_free(h);
    return kept;
}

static void count(task *t)
{
    begin_stage(t, HS_JOB_COUNTS);
    hs_heap *h = heap_or_end(t, HS_COUNTED);
    hs_play_counting(h, t->trace, watch_of(t), &t->job->counts);
    hs_heap_free(h);
}

/* The clock to time with: that of the processor, which leaves out what else the machine does. Where
 * the system counts that in coarse ticks, it is the wall clock. */
static clockid_t finest_clock(void)
{
    const clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
    double begun = seconds(CLOCK_MONOTONIC), from = seconds(clock);
    while (seconds(clock) <= from)
        if (seconds(CLOCK_MONOTONIC) - begun > COARSE) return CLOCK_MONOTONIC;
    return seconds(clock) - from > COARSE ? CLOCK_MONOTONIC : clock;
}

/* How long it takes to look at the clock twice. */
static double clock_cost(clockid_t clock)
{
    double cost = 1;
    for (int i = 0; i < 100; i++) {
        double from = seconds(clock), took = seconds(clock) - from;
        if (took < cost) cost = took;
    }
    return cost;
}

/* Time one run on a fresh heap whose memory is at hand, so that the time is the allocator's and not
 * the system's. 0: there is no such memory. */
static double time_once(const task *t, hs_addr *pointers, clockid_t clock, double cost)
{
    const hs_play_counts *c = &t->job->counts;
    hs_heap *h = heap_of(t, HS_RAW);
    double took = 0;
    if (h && hs_heap_prepare(h, c->heap)) {
        memset(pointers, 0, (hs_trace_ids(t->trace) + (size_t)1) * sizeof *pointers);
        double from = seconds(clock);
        hs_play(h, t->trace, 0, c->played, pointers);
        took = seconds(clock) - from - cost;
        if (took < 1e-9) took = 1e-9;
    }
    hs_heap_free(h);
    return took;
}

/* Put a run among the others, in order of length. The process may be killed at any moment, so the
 * run is there before the number of runs tells of it. */
static void add_run(hs_job *job, double took)
{
    int i = job->runs;
    for (; i > 0 && job->seconds[i - 1] > took; i--) job->seconds[i] = job->seconds[i - 1];
    job->seconds[i] = took;
    job->runs++;
}

/* True if there is time for another run, when those before took `spent` and the longest of them
 * `longest`, with their heaps. */
static bool times_again(const task *t, double spent, double longest)
{
    int runs = t->job->runs, wanted = t->plan->runs;
    if (!runs) return true;
    if (spent + longest > t->plan->limit || runs == HS_RUNS_MOST) return false;
    return wanted ? runs < wanted : runs < USUAL_RUNS || spent * 1000 < FEW_RUNS_MS;
}

static void take_times(task *t)
{
    begin_stage(t, HS_JOB_TIMES);
    hs_addr *pointers = hs_play_pointers(t->trace);
    clockid_t clock = finest_clock();
    double cost = clock_cost(clock), begun = worked(), spent = 0, longest = 0;
    while (times_again(t, spent, longest)) {
        double took = time_once(t, pointers, clock, cost), before = spent;
        if (took <= 0) break;
        add_run(t->job, took);
        spent = worked() - begun;
        if (spent - before > longest) longest = spent - before;
    }
    free(pointers);
}

/* Let the watchdog's signal end the process, and let crashes leave no file. */
static void bound_process(void)
{
    sigset_t watchdog;
    sigemptyset(&watchdog);
    sigaddset(&watchdog, SIGPROF);
    signal(SIGPROF, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &watchdog, NULL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

static _Noreturn void work(task t, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    bound_process();
    if (!t.plan->verify || verify(&t)) {
        count(&t);
        take_times(&t);
    }
    t.job->state = HS_JOB_DONE;
    _exit(0);
}

bool hs_job_has_figures(const hs_job *job)
{
    return job->state == HS_JOB_DONE && !job->violation.request;
}

double hs_job_seconds(const hs_job *job)
{
    return job->runs ? job->seconds[job->runs / 2] : 0;
}

/* --- All jobs --------------------------------------------------------------------------------- */

hs_comparison *hs_comparison_new(const hs_comparison_plan *plan, const hs_named_trace *traces,
                                 size_t trace_count, const hs_lane *lanes, size_t lane_count)
{
    hs_comparison *c = hs_new(1, sizeof *c);
    *c = (hs_comparison){.plan = *plan,
                         .traces = traces,
                         .lanes = lanes,
                         .trace_count = trace_count,
                         .lane_count = lane_count,
                         .job_count = trace_count * lane_count};
    c->jobs = mmap(NULL, c->job_count * sizeof *c->jobs, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (c->jobs == MAP_FAILED) {
        free(c);
        return NULL;
    }
    c->children = hs_new(c->job_count, sizeof *c->children);
    for (size_t i = 0; i < c->job_count; i++)
        c->jobs[i].requests = hs_trace_count(traces[i / lane_count].trace);
    return c;
}

void hs_comparison_free(hs_comparison *c)
{
    if (!c) return;
    munmap(c->jobs, c->job_count * sizeof *c->jobs);
    free(c->children);
    free(c);
}

static bool begin(hs_comparison *c, size_t i)
{
    task t = {.plan = &c->plan,
              .lane = &c->lanes[i % c->lane_count],
              .trace = c->traces[i / c->lane_count].trace,
              .job = &c->jobs[i]};
    pid_t parent = getpid();
    t.job->state = HS_JOB_RUNS;
    pid_t child = fork();
    if (child == 0) work(t, parent);
    if (child < 0) {
        t.job->state = HS_JOB_WAITS;
        return false;
    }
    c->children[i] = child;
    c->running++;
    return true;
}

/* Note what became of a job that did not end by itself. Once it is being timed, everything else
 * about it is known, and it keeps that, though the watchdog or the system (which kills where memory
 * is short) ended it. */
static void take_end(hs_job *job, int status)
{
    job->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    bool stopped = job->signal == SIGPROF, killed = job->signal == SIGKILL;
    if (job->stage == HS_JOB_TIMES && (stopped || killed))
        job->state = HS_JOB_DONE;
    else
        job->state = stopped ? HS_JOB_STOPPED : HS_JOB_CRASHED;
}

/* Take note of the children that have ended. */
static void reap(hs_comparison *c)
{
    int status;
    for (size_t i = 0; i < c->job_count; i++) {
        if (!c->children[i] || waitpid(c->children[i], &status, WNOHANG) == 0) continue;
        c->children[i] = 0;
        c->running--;
        if (c->jobs[i].state == HS_JOB_RUNS) take_end(&c->jobs[i], status);
    }
}

static void give_up(hs_comparison *c)
{
    for (size_t i = 0; i < c->job_count; i++) {
        if (!c->children[i]) continue;
        kill(c->children[i], SIGKILL);
        waitpid(c->children[i], NULL, 0);
        if (c->jobs[i].state == HS_JOB_RUNS) c->jobs[i].state = HS_JOB_WAITS;
        c->children[i] = 0;
    }
    c->running = 0;
}

static bool run_all(hs_comparison *c, const sigset_t *ends, bool (*go_on)(void *), void *context)
{
    const struct timespec tick = {.tv_nsec = TICK_MS * 1000000};
    size_t next = 0;
    for (;;) {
        while (next < c->job_count && c->running < c->plan.jobs)
            if (!begin(c, next++)) return false;
        if (!c->running) return true;
        sigtimedwait(ends, NULL, &tick);
        reap(c);
        if (go_on && !go_on(context)) return false;
    }
}

bool hs_comparison_run(hs_comparison *c, bool (*go_on)(void *context), void *context)
{
    sigset_t ends, before;
    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ends, &before);
    bool whole = run_all(c, &ends, go_on, context);
    give_up(c);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return whole;
}

const hs_comparison_plan *hs_comparison_plan_of(const hs_comparison *c)
{
    return &c->plan;
}

size_t hs_comparison_traces(const hs_comparison *c)
{
    return c->trace_count;
}

size_t hs_comparison_lanes(const hs_comparison *c)
{
    return c->lane_count;
}

const hs_named_trace *hs_comparison_trace(const hs_comparison *c, size_t i)
{
    return &c->traces[i];
}

const hs_lane *hs_comparison_lane(const hs_comparison *c, size_t i)
{
    return &c->lanes[i];
}

const hs_job *hs_comparison_job(const hs_comparison *c, size_t trace, size_t lane)
{
    return &c->jobs[trace * c->lane_count + lane];
}

hs_job *hs_comparison_write(hs_comparison *c, size_t trace, size_t lane)
{
    return &c->jobs[trace * c->lane_count + lane];
}

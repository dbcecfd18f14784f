/* A comparison: every trace on every allocator.
 *
 *      traces x lanes = jobs      each job is a process of its own: what an allocator breaks
 *                                       there is broken there, and no heap knows of another's
 *
 * A job verifies the allocator if that is asked for, counts what the trace costs, and times it in
 * the raw build, several times. Its counts are the same on every machine; its times are not.
 *
 * Each of these stages has a budget of processor time, in which all counts that it does, preparing
 * a heap as well. A stage ends itself between two requests, or two runs; where one of them lasts so
 * long that it does not, a watchdog ends the job. What was counted before remains: a job that can
 * not be timed has all its other figures. */
#ifndef HS_MODEL_COMPARE_H
#define HS_MODEL_COMPARE_H

#include "model/contest/play.h"

/* An allocator with its options. */
typedef struct {
    const char *name; /* as it was asked for: a text of the caller's */
    const hs_allocator *raw, *counted;
    uint64_t options[HS_OPTIONS];
} hs_lane;

/* The one that a text names: an allocator or preset, and after a colon options for it, as in
 * implicit:fit=best,footer=on. The text must outlive it. False with a problem. */
bool hs_lane_named(const char *text, hs_lane *, hs_problem *);

typedef struct {
    const char *name; /* the caller's */
    const hs_trace *trace;
} hs_named_trace;

typedef struct {
    hs_heap_config heap;
    hs_growth growth;
    double limit; /* seconds of the processor for each stage: what counts longer is cut */
    int runs;     /* times that it is timed; 0: a few times, more where they are short */
    int jobs;     /* that run at once, at least 1 */
    bool verify;
} hs_comparison_plan;

typedef enum {
    HS_JOB_WAITS, /* it did not begin, or was not let finish */
    HS_JOB_RUNS,
    HS_JOB_DONE,    /* with a violation, or with figures */
    HS_JOB_CRASHED, /* by this signal, in the request `number` */
    HS_JOB_STOPPED, /* by the watchdog, in the request `number` */
    HS_JOB_NO_HEAP, /* the system gave none */
} hs_job_state;

typedef enum { HS_JOB_VERIFIES, HS_JOB_COUNTS, HS_JOB_TIMES } hs_job_stage;

enum { HS_RUNS_MOST = 101 };

/* What is known of a trace on an allocator. */
typedef struct {
    hs_job_state state;
    hs_job_stage stage;
    volatile uint64_t number; /* of the request that is performed */
    int signal;               /* that ended it, or 0: it ended itself in a way it must not, or did
                                 not get the memory to be timed on */
    hs_heap_config heap;      /* its sizes as they are; zeros: none was made */
    uint64_t requests;        /* of the trace */
    uint64_t verified;        /* requests; 0: nobody asked */
    hs_violation violation;
    hs_play_counts counts;        /* counts.played < requests: it was cut */
    int runs;                     /* 0: it could not be timed */
    double seconds[HS_RUNS_MOST]; /* of each run over counts.played requests, in order of length */
} hs_job;

/* A stage of so many seconds is not let last longer. */
double hs_comparison_patience(const hs_comparison_plan *);

bool hs_job_has_figures(const hs_job *);
double hs_job_seconds(const hs_job *); /* the median run */

typedef struct hs_comparison hs_comparison;

/* Traces stay the caller's, and must outlive it. NULL with errno when there is no memory. */
hs_comparison *hs_comparison_new(const hs_comparison_plan *, const hs_named_trace *, size_t traces,
                                 const hs_lane *, size_t lanes);
void hs_comparison_free(hs_comparison *);

/* Perform all jobs; `go_on` is asked several times a second, and when it says no, the jobs that are
 * running are ended and forgotten. False then, and when no process could be made. */
bool hs_comparison_run(hs_comparison *, bool (*go_on)(void *context), void *context);

const hs_comparison_plan *hs_comparison_plan_of(const hs_comparison *);
size_t hs_comparison_traces(const hs_comparison *);
size_t hs_comparison_lanes(const hs_comparison *);
const hs_named_trace *hs_comparison_trace(const hs_comparison *, size_t);
const hs_lane *hs_comparison_lane(const hs_comparison *, size_t);
const hs_job *hs_comparison_job(const hs_comparison *, size_t trace, size_t lane);

/* Put figures in the place of a job's: for pictures of what nobody measured. */
hs_job *hs_comparison_write(hs_comparison *, size_t trace, size_t lane);

#endif

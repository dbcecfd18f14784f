/* SPDX-License-Identifier: MIT */
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
    const char *name; /* the words that asked for it: the caller's text */
    const hs_allocator *raw, *counted;
    uint64_t options[HS_OPTIONS];
} hs_lane;

/* The lane that a text names: an allocator or preset, and after a colon its options, as in
 * implicit:fit=best,footer=on. The text must outlive the lane. False with a problem. */
bool hs_lane_named(const char *text, hs_lane *, hs_problem *);

typedef struct {
    const char *name; /* the caller's */
    const hs_trace *trace;
} hs_named_trace;

typedef struct {
    hs_heap_config heap;
    hs_growth growth;
    double limit; /* seconds of the processor for each stage, which is cut when it takes longer */
    int runs;     /* how often a job is timed; 0: a few times, and more often where it is short */
    int jobs;     /* how many run at once, at least 1 */
    bool verify;
} hs_comparison_plan;

typedef enum {
    HS_JOB_WAITS, /* it has not begun, or was ended on the way by the user */
    HS_JOB_RUNS,
    HS_JOB_DONE,    /* it has figures, or a violation */
    HS_JOB_CRASHED, /* a signal ended it, in the request `number` */
    HS_JOB_STOPPED, /* the watchdog ended it, in the request `number` */
    HS_JOB_NO_HEAP, /* the system gave no heap */
} hs_job_state;

typedef enum { HS_JOB_VERIFIES, HS_JOB_COUNTS, HS_JOB_TIMES } hs_job_stage;

enum { HS_RUNS_MOST = 101 };

/* What is known of a trace on an allocator. */
typedef struct {
    hs_job_state state;
    hs_job_stage stage;
    volatile uint64_t number; /* the number of the request that is being performed */
    int signal;               /* that ended it, or 0: it ended itself in a way it must not, or did
                                 not get the memory to be timed on */
    hs_heap_config heap;      /* the sizes that its heap has; zeros: it has none */
    uint64_t requests;        /* how many the trace has */
    uint64_t verified;        /* how many requests were verified; 0: nobody asked for that */
    hs_violation violation;
    hs_play_counts counts;        /* counts.played < requests: it was cut */
    int runs;                     /* 0: it could not be timed */
    double seconds[HS_RUNS_MOST]; /* of each run over counts.played requests, in order of length */
} hs_job;

/* How many seconds the watchdog lets a stage last. */
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

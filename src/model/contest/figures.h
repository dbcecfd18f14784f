/* SPDX-License-Identifier: MIT */
/* The figures of a comparison: each with its name and its definition, in one table. Those that a
 * session has as well have the same names there (ledger.h). */
#ifndef HS_MODEL_FIGURES_H
#define HS_MODEL_FIGURES_H

#include "model/contest/compare.h"

typedef struct {
    const char *name;       /* a column of the CSV, a key of the JSON */
    const char *definition; /* one line */
    int digits;             /* how many digits stand behind the point; 0: it is a whole number */
    bool time;              /* it is a time, so it differs from run to run */
    double (*of)(const hs_job *);
} hs_figure;

const hs_figure *hs_figure_at(size_t index); /* NULL beyond the last */
/* The figure with this name. */
const hs_figure *hs_figure_named(const char *name);
/* True if the job has this figure. A job that was not timed has no times; one that crashed may have
 * no figures at all. */
bool hs_figure_is_known(const hs_figure *, const hs_job *);

/* What became of a job, in a word or two: waiting, running, done, cut, not timed, wrong, crashed,
 * stopped, no heap. */
const char *hs_job_word(const hs_job *);
/* What became of it in a sentence; "" where there is nothing to add. */
const char *hs_job_remark(const hs_comparison *, const hs_job *, char *text, size_t size);

/* The means of a lane over the traces for which it has figures. */
typedef struct {
    size_t traces;
    uint64_t failed;            /* requests */
    double utilization;         /* mean, 0 to 1, as the CS:APP malloc lab has it */
    double utilization_segment; /* mean, in percent, as CS107 has it */
    double examined;            /* mean of the means */
    double per_second;          /* all requests / all seconds, of those that were timed */
    double index;               /* the malloc lab's performance index */
    bool cut, untimed, wrong;   /* one of its jobs was */
    bool has_index;             /* nothing is wrong, and something was timed */
} hs_means;

/* The lab's index does not reward more requests a second than these. */
enum { HS_LAB_CAP = 600000 };

hs_means hs_means_of(const hs_comparison *, size_t lane);

#endif

/* The figures of a comparison: each with its name and its definition, in one table. Those that a
 * session has as well have the same names there (ledger.h). */
#ifndef HS_MODEL_FIGURES_H
#define HS_MODEL_FIGURES_H

#include "model/contest/compare.h"

typedef struct {
    const char *name;       /* a column of the CSV, a key of the JSON */
    const char *definition; /* one line */
    int digits;             /* behind the point; 0: a whole number */
    bool time;              /* not the same in every run */
    double (*of)(const hs_job *);
} hs_figure;

const hs_figure *hs_figure_at(size_t index); /* NULL beyond the last */
/* The figure with this name. */
const hs_figure *hs_figure_named(const char *name);
/* Does the job have it? Those that were not timed lack the times, others may lack all. */
bool hs_figure_is_known(const hs_figure *, const hs_job *);

/* What became of a job, in a word or two: waiting, running, done, cut, not timed, wrong, crashed,
 * stopped, no heap. */
const char *hs_job_word(const hs_job *);
/* And in a sentence, where there is something to say; else "". */
const char *hs_job_remark(const hs_comparison *, const hs_job *, char *text, size_t size);

/* A lane over those of the traces for which it has figures. */
typedef struct {
    size_t traces;
    uint64_t failed;            /* requests */
    double utilization;         /* mean, 0 to 1, as the CS:APP malloc lab has it */
    double utilization_segment; /* mean, in percent, as CS107 has it */
    double examined;            /* mean of the means */
    double per_second;          /* all requests / all seconds, of those that were timed */
    double index;               /* the malloc lab's performance index */
    bool cut, untimed, wrong;   /* in any of them */
    bool has_index;             /* nothing is wrong, and something was timed */
} hs_means;

/* The lab gives nothing for more than so many requests a second. */
enum { HS_LAB_CAP = 600000 };

hs_means hs_means_of(const hs_comparison *, size_t lane);

#endif

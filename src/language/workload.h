/* SPDX-License-Identifier: MIT */
/* Workloads in words: what `generate` is given, on the command line and as a command.
 *
 *      generate -n 100000 --sizes geometric:64 --lives generational --live 1000 --seed 7 out.rep
 *      generate 200 sizes uniform:16-128 lives lifo phase sizes fixed:24 lives fifo
 *
 * The same options, with dashes or without. What stands behind `phase` is about the next phase,
 * which is else like the one before it. */
#ifndef HS_LANGUAGE_WORKLOAD_H
#define HS_LANGUAGE_WORKLOAD_H

#include "language/complaint.h"
#include "model/workload/generator.h"

#include <stdio.h>

typedef struct {
    hs_phase *phases;
    size_t count, capacity;
    uint64_t rounds, seed;
    bool help;            /* asked for */
    hs_span file, format; /* as given; where there is none, start and end are the same */
    bool no_files;        /* set by the caller: there are no options for files here */
} hs_workload;

/* The workload that nothing is said about: one for a file, one for a lecture. */
hs_workload hs_workload_usual(void);
hs_workload hs_workload_small(void);
void hs_workload_free(hs_workload *);

/* Read words, pieces of `text`, into a workload. False with a complaint. */
bool hs_workload_read(hs_workload *, const char *text, const hs_span *words, size_t count,
                      hs_complaint *);

/* The words between blanks; the array is the caller's to free. */
hs_span *hs_workload_words(const char *text, size_t start, size_t end, size_t *count);

/* How many requests it has. */
uint64_t hs_workload_requests(const hs_workload *);

/* All options, one call for each: those of a file with their dashes. */
typedef void hs_workload_put(FILE *, const char *name, const char *value, const char *help);
void hs_workload_put_options(FILE *, hs_workload_put *, bool files);
/* What its traces do not tell, and who says so. */
const char *hs_workload_warning(void);

#endif

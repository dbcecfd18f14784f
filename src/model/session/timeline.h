/* SPDX-License-Identifier: MIT */
/* The heap over time: a sample for every so many requests, in bounded memory.
 *
 *      stride 1    | 1 | 2 | 3 | 4 | ... | 2048 |            full: neighbours become one
 *      stride 2    | 1 2 | 3 4 | ... | 2047 2048 | 2049 ...
 *
 * A sample that stands for many requests keeps their maxima, so that no peak is lost. What the
 * samples are depends on the requests alone: after a replay they are the same. */
#ifndef HS_MODEL_TIMELINE_H
#define HS_MODEL_TIMELINE_H

#include <heapscope/session.h>

typedef struct {
    hs_sample *samples;
    size_t count, capacity;
    uint64_t stride; /* requests to a sample; the last one may have fewer so far */
} hs_timeline;

/* Note what one request led to, as a sample of 1 request. */
void hs_timeline_add(hs_timeline *, hs_sample);

/* Forget all samples, but not the memory. */
void hs_timeline_clear(hs_timeline *);
void hs_timeline_free(hs_timeline *);

#endif

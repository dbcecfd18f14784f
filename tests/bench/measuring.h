/* SPDX-License-Identifier: MIT */
/* What all benchmarks need: the time, and medians. */
#ifndef HS_BENCH_MEASURING_H
#define HS_BENCH_MEASURING_H

#include <time.h>

/* Seconds by a clock: CLOCK_MONOTONIC, or of the processor alone. */
static inline double seconds_by(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* For qsort, of doubles. */
static inline int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

#endif

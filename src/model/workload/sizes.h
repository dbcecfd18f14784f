/* SPDX-License-Identifier: MIT */
/* The laws that sizes follow in a workload.
 *
 *      fixed       all a                       ramp     from a to b, in the course of a phase
 *      uniform     a to b, each as often       bimodal  about a, or (less often) about b
 *      geometric   many small, few large       table    given sizes with given weights
 *
 * Numbers are whole ones throughout, so that every machine draws the same sizes. */
#ifndef HS_MODEL_SIZES_H
#define HS_MODEL_SIZES_H

#include <stdbool.h>
#include <stdint.h>

#define HS_SIZES_MOST ((uint64_t)1 << 32)
#define HS_GEOMETRIC_MOST                                                                          \
    ((uint64_t)1 << 24) /* the mean: beyond it whole numbers are too coarse                        \
                         */
#define HS_TABLE_WEIGHT_MOST ((uint64_t)1 << 32)

typedef enum {
    HS_SIZES_FIXED,
    HS_SIZES_UNIFORM,
    HS_SIZES_GEOMETRIC,
    HS_SIZES_BIMODAL,
    HS_SIZES_RAMP,
    HS_SIZES_TABLE
} hs_size_law;

enum { HS_TABLE_ROWS = 32 };

typedef struct {
    hs_size_law law;
    uint64_t a, b;    /* fixed: a; geometric: a is the mean; bimodal: a is the small one */
    unsigned percent; /* bimodal: so many of 100 are about a */
    unsigned rows;
    uint64_t size[HS_TABLE_ROWS], weight[HS_TABLE_ROWS];
} hs_sizes;

/* One size, at least 1; `done` of `all` requests of the phase are over. */
uint64_t hs_sizes_draw(const hs_sizes *, uint64_t *random, uint64_t done, uint64_t all);

#endif

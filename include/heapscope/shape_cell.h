/* SPDX-License-Identifier: MIT */
/* A cell of the shape of a program's memory (shape.h): what lives there, as one byte. */
#ifndef HEAPSCOPE_SHAPE_CELL_H
#define HEAPSCOPE_SHAPE_CELL_H

#include <heapscope/linkage.h>

#include <stdint.h>

HS_PUBLIC_BEGIN

/* What is in a cell. */
enum {
    HS_SHAPE_UNUSED, /* above the highest block so far: never used */
    HS_SHAPE_FREE,   /* below the highest block, and nothing lives there */
    HS_SHAPE_LIVE,   /* the smallest class of sizes, and the others from here on */
    HS_SHAPE_CLASSES = 6,
    HS_SHAPE_FULL = 31, /* the largest share */
    HS_SHAPE_ROWS = 128 /* the most rows of a picture */
};

/* The largest size of each class; the last one has no limit. */
extern const uint64_t hs_shape_sizes[HS_SHAPE_CLASSES];

/* A cell is a byte. The share that is live is rounded up, so that 0 means nothing at all. */
static inline unsigned hs_shape_kind(uint8_t cell)
{
    return cell >> 5;
}
static inline unsigned hs_shape_share(uint8_t cell)
{
    return cell & HS_SHAPE_FULL;
}

HS_PUBLIC_END

#endif

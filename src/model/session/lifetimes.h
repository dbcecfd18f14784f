/* SPDX-License-Identifier: MIT */
/* The shape as a session keeps it: what is live in each of 128 buckets of addresses, by classes of
 * sizes, and a column of that for every so many requests, in bounded memory.
 *
 *      stride 1    | 1 | 2 | 3 | 4 | ... | 512 |           full: every other column goes
 *      stride 2        | 2 |   | 4 | ... | 512 | 514 ...
 *
 * Buckets are as small as the highest block allows, and double when one lies beyond them; a column
 * keeps the size that they had. A request costs the buckets that its block spans. What the columns
 * are depends on the requests alone: after a replay they are the same.
 *
 * All of it lies in one piece of memory without pointers, for snapshots: hs_lifetimes_size bytes.
 */
#ifndef HS_MODEL_LIFETIMES_H
#define HS_MODEL_LIFETIMES_H

#include <heapscope/heap.h>
#include <heapscope/shape_cell.h>

enum { HS_SHAPE_BUCKETS = 128, HS_SHAPE_COLUMNS = 512, HS_SHAPE_LEAST_SHIFT = 3 };

/* After a request, which was done by this command. */
typedef struct {
    uint64_t command;
    uint64_t shift; /* a bucket has 1 << shift bytes */
    uint8_t cells[HS_SHAPE_BUCKETS];
} hs_lifetimes_column;

typedef struct {
    uint64_t requests, stride, count; /* of columns */
    hs_addr from;                     /* where the buckets begin */
    uint64_t shift, aimed;
    uint64_t live[HS_SHAPE_CLASSES][HS_SHAPE_BUCKETS]; /* bytes */
    hs_lifetimes_column columns[HS_SHAPE_COLUMNS];
} hs_lifetimes;

hs_lifetimes *hs_lifetimes_new(void);
void hs_lifetimes_free(hs_lifetimes *);

/* Begin anew: nothing lives, and nothing was noted. The heap begins at `base`. */
void hs_lifetimes_clear(hs_lifetimes *, hs_addr base);

/* A block of so many bytes is born, or has died. */
void hs_lifetimes_born(hs_lifetimes *, hs_addr, uint64_t size);
void hs_lifetimes_died(hs_lifetimes *, hs_addr, uint64_t size);

/* A request was done by a command. True when columns were written: from *from on, to *to - 1. */
bool hs_lifetimes_note(hs_lifetimes *, uint64_t command, hs_addr highest, size_t *from, size_t *to);

/* The buckets as they are now; nothing from `highest` on was ever used. */
void hs_lifetimes_now(const hs_lifetimes *, hs_addr highest, uint8_t cells[HS_SHAPE_BUCKETS]);

/* Watch other buckets from here on. No columns are noted any more, and what lives is forgotten, so
 * that the caller says it again. */
void hs_lifetimes_aim(hs_lifetimes *, hs_addr from, unsigned shift);

/* hs_lifetimes_size is how many bytes are in use; hs_lifetimes_place says where a column begins,
 * behind what changes all the time. */
size_t hs_lifetimes_size(const hs_lifetimes *);
size_t hs_lifetimes_place(size_t column);

#endif

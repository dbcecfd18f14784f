/* SPDX-License-Identifier: MIT */
/* Players: perform the requests of a trace on a heap.
 *
 *      without looking   as fast as the allocator is: for times, on a raw heap
 *      counting          on a counted heap: what it cost, and how much memory it took
 *      verifying         what any allocator owes to its clients: blocks within the heap, aligned,
 *                        apart from each other, with the bytes that were written to them
 *
 * All three perform the same requests, and get the same addresses from the same allocator. A
 * request that fails leaves its id as it was. */
#ifndef HS_MODEL_PLAY_H
#define HS_MODEL_PLAY_H

#include <heapscope/session.h>
#include <heapscope/trace.h>

/* The pointers that the client holds, for all ids of a trace: that of id i is entry i + 1, and
 * entry 0, that of HS_TRACE_NULL, is NULL for ever. Freed with free(). */
hs_addr *hs_play_pointers(const hs_trace *);

/* Perform requests from .. to - 1 without looking; returns how many of them failed. */
uint64_t hs_play(hs_heap *, const hs_trace *, uint64_t from, uint64_t to, hs_addr *pointers);

/* Asked now and then whether to go on, with the number of requests performed. */
typedef struct {
    bool (*go_on)(void *context, uint64_t played); /* NULL: to the end */
    void *context;
    volatile uint64_t *number; /* of the request being performed, from 1; NULL: nobody asks */
} hs_play_watch;

/* What an allocator did that it must not. */
typedef struct {
    uint64_t request; /* its number, from 1; 0: nothing */
    char what[240];
} hs_violation;

/* The sums of the requests that were played. */
typedef struct {
    uint64_t played; /* requests, from the first on: all unless the watch ended it */
    hs_totals totals;
    uint64_t heap;         /* committed at the end, which is the most: a heap never shrinks */
    uint64_t used;         /* from the base to the end of the highest block ever in use */
    uint64_t payload_end;  /* from the base to the highest end of any payload ever */
    uint64_t examined_p99; /* blocks that 99 of 100 requests do not exceed */
} hs_play_counts;

void hs_play_counting(hs_heap *, const hs_trace *, hs_play_watch, hs_play_counts *);

/* Of a payload larger than twice this, only the first and the last so many bytes are written and
 * read. */
enum { HS_PLAY_WRITTEN = 1 << 20 };

/* Every payload is filled with a pattern of its own, and looked at before it is freed, when it was
 * resized, and at the end; the allocator's own check runs now and then, and at the end. Stops at
 * the first violation; *played is set. True when there is none. */
bool hs_play_verifying(hs_heap *, const hs_trace *, hs_play_watch, uint64_t *played,
                       hs_violation *);

#endif

/* SPDX-License-Identifier: MIT */
/* Players: a client that performs operations on one of the heaps that are compared. All do the
 * same work: take the operation, ask, write 8 bytes into the payload, keep the pointer in its slot.
 * Each returns how many operations were served: less than `count` when memory ran out. */
#ifndef HS_BENCH_PLAYERS_H
#define HS_BENCH_PLAYERS_H

#include "workloads.h"

#include <heapscope/allocator.h>

/* Each allocator has a player of its own, of number 0 and up: see there. */
size_t play_heap(size_t player, hs_heap *, const op *, size_t count, uint64_t *slots);

/* malloc, free and realloc of the C library, or of what is loaded in its place. */
size_t play_malloc(const op *, size_t count, uint64_t *slots);

/* The limit: a pointer that is rounded up, compared and moved on, inlined into the loop. */
typedef struct {
    uint64_t top, end;
} bare;
size_t play_bare(bare *, const op *, size_t count, uint64_t *slots);

/* The same pointer, each request behind a function call, for no allocator with an API for clients
 * that are compiled apart is inlined into them: the limit of those. */
size_t play_called(bare *, const op *, size_t count, uint64_t *slots);

#endif

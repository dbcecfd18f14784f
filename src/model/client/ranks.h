/* SPDX-License-Identifier: MIT */
/* A set of addresses that knows the n-th of them. */
#ifndef HS_MODEL_RANKS_H
#define HS_MODEL_RANKS_H

#include <heapscope/heap.h>

typedef struct hs_ranks hs_ranks;

hs_ranks *hs_ranks_new(void);
void hs_ranks_free(hs_ranks *);

void hs_ranks_put(hs_ranks *, hs_addr);    /* which is not there yet */
void hs_ranks_remove(hs_ranks *, hs_addr); /* nothing if it is not there */
uint64_t hs_ranks_count(const hs_ranks *);
hs_addr hs_ranks_nth(const hs_ranks *, uint64_t n); /* from 0, below the count */

#endif

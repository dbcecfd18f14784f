/* SPDX-License-Identifier: MIT */
/* Range sums: sums over the heap's blocks, so that a picture of a large heap costs what is on show
 * and what has changed, not the number of blocks.
 *
 * It keeps no blocks: what it has was read off the bytes by the allocator's walker, and what an
 * operation touched is read again. A reader of the session may bring it up to date. */
#ifndef HS_MODEL_RANGE_SUMS_H
#define HS_MODEL_RANGE_SUMS_H

#include <heapscope/session.h>

typedef struct hs_range_sums hs_range_sums;

void hs_range_sums_free(hs_range_sums *);

/* Forget everything: the heap is another one. */
void hs_range_sums_forget(hs_session *);
/* Events from .. to - 1 of the operation that ran last were done, or undone. What changed is told
 * by them and by the session's changes. */
void hs_range_sums_follow(hs_session *, size_t from, size_t to);

/* hs_range_sums_differs is called before and while the session goes to another moment, for each
 * stretch of bytes that differs there; hs_range_sums_arrives when it is there. */
void hs_range_sums_differs(hs_session *, hs_addr from, hs_addr to);
void hs_range_sums_catch_up(hs_session *);
/* The same for the allocator's pointers, which are about to move, or have moved. */
void hs_range_sums_marks_move(hs_session *);

/* A whole block at or before `at` whence a walk comes to `at` in a few steps; HS_NULL: none is
 * known, and the walk begins at the first block. */
hs_addr hs_range_sums_anchor(const hs_session *, hs_addr at);
/* True if a walk over the heap comes to a header that makes no sense. */
bool hs_range_sums_is_derailed(const hs_session *);

/* The ledger of all blocks, as a walk sees them. */
struct hs_ledger;
void hs_range_sums_ledger(const hs_session *, struct hs_ledger *);

#endif

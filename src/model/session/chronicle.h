/* SPDX-License-Identifier: MIT */
/* The chronicle: every operation that was performed, written down in a few bytes each, as a tree.
 *
 *      main    1 --- 2 --- 3 --- 4 --- 5
 *                          |
 *      b1                  +---- 4 --- 5 --- 6        (3 was gone back to, and another 4 done)
 *
 * A branch is the operations after the one where it left its parent. Going back loses nothing: what
 * is done there begins a new branch, and the old one stays. Operations are numbered from 0 along
 * the way from the root. */
#ifndef HS_MODEL_CHRONICLE_H
#define HS_MODEL_CHRONICLE_H

#include <heapscope/session.h>
#include <heapscope/trace.h>

typedef struct hs_chronicle hs_chronicle;

/* An operation as it was performed. */
typedef struct {
    hs_op op;
    uint32_t variable; /* that got the result, so that a replay gives it the same name */
} hs_record_of_op;

hs_chronicle *hs_chronicle_new(void); /* one empty branch, number 0 */
/* One whose branch 0 begins with the requests of a trace, which it takes over; its variables have
 * the numbers of the ids, and one more for results that nobody keeps. */
hs_chronicle *hs_chronicle_of(hs_trace *);
const hs_trace *hs_chronicle_trace(const hs_chronicle *); /* NULL when there is none */
uint64_t hs_chronicle_traced(const hs_chronicle *);       /* how many operations are its requests */
void hs_chronicle_free(hs_chronicle *);

/* Write an operation down behind `*at`, which moves on with it. Behind the last operation of the
 * branch it is appended; before that, a new branch begins, and *at is on it. */
void hs_chronicle_add(hs_chronicle *, hs_moment *at, const hs_record_of_op *);

/* Operation `index` on the way to the end of a branch; false beyond it. Its strings are the
 * chronicle's, until the next operation is added; the name of a request's result is left out, for
 * it is its variable's: *named tells whether it was given. Going through a branch in order costs
 * O(1) each. */
bool hs_chronicle_get(hs_chronicle *, uint32_t branch, uint64_t index, hs_record_of_op *,
                      bool *named);

uint32_t hs_chronicle_branches(const hs_chronicle *);
/* Operations from the root to the branch's end. */
uint64_t hs_chronicle_count(const hs_chronicle *, uint32_t branch);
/* Where a branch left its parent; its own beginning for branch 0. */
hs_moment hs_chronicle_fork(const hs_chronicle *, uint32_t branch);

/* The branch that owns operation `count` - 1 on the way to a moment: the moment's own, or one that
 * it comes from. */
uint32_t hs_chronicle_owner(const hs_chronicle *, hs_moment);

/* Bytes that all operations take, their index included. */
size_t hs_chronicle_bytes(const hs_chronicle *);

#endif

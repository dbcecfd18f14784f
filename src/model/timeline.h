/* The timeline: every operation that was performed, written down in a few bytes each, as a tree.
 *
 *      main    1 --- 2 --- 3 --- 4 --- 5
 *                          |
 *      b1                  +---- 4 --- 5 --- 6        (3 was gone back to, and another 4 done)
 *
 * A branch is the operations after the one where it left its parent. Going back loses nothing: what
 * is done there begins a new branch, and the old one stays. Operations are numbered from 0 along
 * the way from the root. */
#ifndef HS_MODEL_TIMELINE_H
#define HS_MODEL_TIMELINE_H

#include <heapscope/session.h>

typedef struct hs_timeline hs_timeline;

/* An operation as it was performed. */
typedef struct {
    hs_op op;
    uint32_t variable; /* that got the result, so that a replay gives it the same name */
} hs_record_of_op;

/* A place on the timeline: after `count` operations along a branch. */
typedef struct {
    uint32_t branch;
    uint64_t count;
} hs_moment;

hs_timeline *hs_timeline_new(void); /* one empty branch, number 0 */
void hs_timeline_free(hs_timeline *);

/* Write an operation down behind `*at`, which moves on with it. Behind the last operation of the
 * branch it is appended; before that, a new branch begins, and *at is on it. */
void hs_timeline_add(hs_timeline *, hs_moment *at, const hs_record_of_op *);

/* Operation `index` on the way to the end of a branch; false beyond it. Its strings are the
 * timeline's, until the next operation is added; the name of a request's result is left out, for it
 * is its variable's: *named tells whether it was given. Going through a branch in order costs O(1)
 * each. */
bool hs_timeline_get(hs_timeline *, uint32_t branch, uint64_t index, hs_record_of_op *,
                     bool *named);

uint32_t hs_timeline_branches(const hs_timeline *);
/* Operations from the root to the branch's end. */
uint64_t hs_timeline_count(const hs_timeline *, uint32_t branch);
/* Where a branch left its parent; its own beginning for branch 0. */
hs_moment hs_timeline_fork(const hs_timeline *, uint32_t branch);

/* The branch that owns operation `count` - 1 on the way to a moment: the moment's own, or one that
 * it comes from. */
uint32_t hs_timeline_owner(const hs_timeline *, hs_moment);

/* Bytes that all operations take, their index included. */
size_t hs_timeline_bytes(const hs_timeline *);

#endif

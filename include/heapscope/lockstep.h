/* SPDX-License-Identifier: MIT */
/* Lockstep: the same client program on two to four allocators at once, each in a lane of its own.
 *
 *      lane 0, the leader   malloc 24   free p1   malloc 8 ...   what the user types is done here
 *      lanes 1 to 3         malloc 24   free p1   malloc 8 ...   and then on each of these
 *
 * A lane is a session, with the leader's heap and settings and another allocator. It performs what
 * the leader's operations say: names stand for its own pointers; addresses mean the same in all,
 * for all heaps have one base. It follows the leader wherever that goes, also back in time: it goes
 * to the latest moment that both have in common, and on from there. Operation n of the leader is
 * operation n of each lane. */
#ifndef HEAPSCOPE_LOCKSTEP_H
#define HEAPSCOPE_LOCKSTEP_H

#include <heapscope/linkage.h>
#include <heapscope/session.h>

HS_PUBLIC_BEGIN

enum { HS_LANES = 4 }; /* the most that run at once; lane 0 is the leader's */

typedef struct hs_lockstep hs_lockstep;

/* What became of one operation on one lane. */
typedef struct {
    bool refused;
    hs_addr result;
    uint64_t splits, moved;
} hs_outcome;

/* The first request since the heap was fresh whose outcomes are not all the same. */
typedef struct {
    uint64_t number; /* of the operation, from 1; 0: they are still together */
    hs_outcome outcomes[HS_LANES];
} hs_parting;

/* Let lanes with these allocators run beside a session, which switches to the first one; what was
 * done since its heap was fresh is done again on each lane. Takes 2 to HS_LANES names, all
 * different. NULL with a problem: then the session is as it was. The leader stays the caller's.
 * What takes long is told to whomever the leader tells. */
hs_lockstep *hs_lockstep_new(hs_session *leader, const char *const *names, size_t count,
                             hs_problem *);
void hs_lockstep_free(hs_lockstep *);

/* Let the other lanes do what the leader did since the last call; nobody is told how far that
 * is. */
void hs_lockstep_follow(hs_lockstep *);

/* The same as hs_session_perform and hs_session_go, for the leader and all lanes. When it is
 * stopped, all of them are where they were. */
bool hs_lockstep_perform(hs_lockstep *, const hs_op *, hs_problem *);
bool hs_lockstep_go(hs_lockstep *, hs_moment, hs_problem *);

size_t hs_lockstep_count(const hs_lockstep *);
const hs_session *hs_lockstep_lane(const hs_lockstep *, size_t);

/* Why a lane could not do the last operation, or NULL. */
const char *hs_lockstep_refusal(const hs_lockstep *, size_t lane);

const hs_parting *hs_lockstep_parting(const hs_lockstep *);

/* True if the lanes have parted since this was asked last. */
bool hs_lockstep_has_news(hs_lockstep *);

HS_PUBLIC_END

#endif

/* SPDX-License-Identifier: MIT */
/* The observer: told by a session what changes, so that what was read off the heap can be kept.
 *
 *      reading     ledger, range sums, shape, leaks, ...        keep what they read
 *                     ^ differs, follow, forget, ...            one table of functions
 *      session     performs operations, goes back and forth     knows nobody above it
 *
 * A session has no observer until somebody reads; what happens then is told to nobody. Whoever
 * begins to read reads all there is, and is told from there on. */
#ifndef HS_MODEL_OBSERVER_H
#define HS_MODEL_OBSERVER_H

#include <heapscope/session.h>

typedef struct {
    /* The heap, or what the client holds, changes. `may_break`: blocks may be damaged by it. */
    void (*changes)(hs_session *, bool may_break);
    /* The heap is another one: nothing that was read of it holds. */
    void (*forget)(hs_session *);
    /* Events from .. to - 1 of the operation that ran last were done, or undone. What changed is
     * told by them and by the session's changes. */
    void (*follow)(hs_session *, size_t from, size_t to);
    /* These bytes of the heap, or the client's blocks there, are about to change, or have changed,
     * and no event tells it. */
    void (*differs)(hs_session *, hs_addr from, hs_addr to);
    /* The allocator's own pointers are about to move, or have moved. */
    void (*marks_move)(hs_session *);
    /* All of that has been told: the session is where it wanted to go. */
    void (*arrives)(hs_session *);
    /* The session stands at the end of a branch, and is about to leave it. */
    void (*leaves)(hs_session *);
    /* Returns the start of a whole block at or before `at` from which a walk comes to `at` in a few
     * steps; HS_NULL if none is known, and the walk begins at the first block. */
    hs_addr (*anchor)(const hs_session *, hs_addr at);
    void (*free)(void *readings);
} hs_observer;

/* Behind a pointer, for who reads has a session that it does not change. */
typedef struct {
    const hs_observer *by; /* NULL: nobody reads */
    void *readings;        /* what is known; the observer's own */
    bool lost;             /* memory ran out in the middle of something */
} hs_observed;

#endif

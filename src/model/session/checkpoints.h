/* SPDX-License-Identifier: MIT */
/* Time travel: checkpoints of a session, and going to any moment of its chronicle.
 *
 *      chronicle      1 2 3 4 5 6 7 8 9 ...
 *      checkpoints    *       *       *        a copy of everything but the events
 *
 * Going to a moment takes the last checkpoint before it and performs the operations from there. A
 * checkpoint is made when coming here again would take a few milliseconds; it shares with the ones
 * before it all pages of memory that did not change. When checkpoints take too much memory, every
 * other one is given up.
 *
 * An operation that performs many others again has one before the last of these. */
#ifndef HS_MODEL_CHECKPOINTS_H
#define HS_MODEL_CHECKPOINTS_H

#include "model/session/chronicle.h"

#include <stddef.h>

typedef struct hs_checkpoints hs_checkpoints;

/* What requests may come to that somebody searches for. */
typedef enum {
    HS_OUTCOME_ANY, /* no outcome is searched for: always 0 */
    HS_OUTCOME_MOVED,
    HS_OUTCOME_GROWTH,
    HS_OUTCOME_FAILED,
    HS_OUTCOME_PEAK,  /* bytes live */
    HS_OUTCOME_WASTE, /* bytes used and not live */
    HS_OUTCOMES
} hs_outcome_kind;

hs_checkpoints *hs_checkpoints_new(void);
void hs_checkpoints_free(hs_checkpoints *);

/* Set how many bytes all checkpoints may take; 512 MiB unless this is called. */
void hs_checkpoints_bound(hs_checkpoints *, size_t bytes);

/* The heap is a fresh one: it is zero, except what its account says was written to. */
void hs_checkpoints_heap_is_fresh(hs_checkpoints *);

/* Tell the pages what the heap was written to since the last checkpoint. To be called before
 * anybody reads the difference. */
void hs_checkpoints_catch_up(hs_session *);

/* Samples from .. to - 1 were written to. */
void hs_checkpoints_samples_changed(hs_checkpoints *, size_t from, size_t to);

/* The same after requests to the counted heap, which have no events to tell the range sums. */
void hs_checkpoints_look(hs_session *);

/* Columns from .. to - 1 of the shape were written to. */
void hs_checkpoints_shape_changed(hs_checkpoints *, size_t from, size_t to);

/* A new operation was performed, or one of a trace was gone on to: make a checkpoint when it is
 * time. */
void hs_checkpoints_note(hs_session *);
void hs_checkpoints_pass(hs_session *);
/* Make one now. */
void hs_checkpoints_make(hs_session *);
/* In the middle of an operation, when it is time, before it performs the operation with this index
 * again: make one that is counted as soon as the operation is noted, or passed. */
void hs_checkpoints_hold(hs_session *, uint64_t index);

/* A session of its own at the last checkpoint on the way to a moment up to which there was at most
 * so much of an outcome; freed by the caller. NULL with a problem. */
hs_session *hs_session_travels_from(const hs_session *, hs_moment, hs_outcome_kind outcome,
                                    uint64_t most, hs_problem *);

/* Go back to a moment from the middle of something that was stopped. Always false, with a problem
 * that says so. */
bool hs_session_travels_return(hs_session *, hs_moment, hs_problem *);

#endif

/* SPDX-License-Identifier: MIT */
/* What has been read of a session's heap, kept until the session tells that it changed. This is the
 * one observer of a session. */
#ifndef HS_MODEL_READINGS_H
#define HS_MODEL_READINGS_H

#include "model/reading/range_sums.h"
#include "model/session/session.h"

#include <heapscope/ledger.h>
#include <heapscope/reading.h>

/* The life of a block, as far as it has been read. */
typedef struct {
    bool known, over; /* known: it has been begun; over: there is no more of it */
    uint32_t branch, variable;
    uint64_t born, next, looks; /* the operation to be read next; how many more */
    hs_life life;
} hs_kept_life;

typedef struct {
    bool taken; /* the ledger */
    hs_ledger ledger;
    bool checked, sound; /* the allocator's check was made, and found nothing, and nothing was done
                            since that can break the heap */
    hs_kept_life life;
    hs_range_sums *sums; /* or NULL */
    struct {
        hs_moment at;
        hs_standing is;
        hs_lifetimes *shape; /* NULL: of no moment */
    } left; /* the end of a branch, as it was when it was left last, for the picture of the shape */
} hs_readings;

/* The readings of a session, which is observed from here on. */
hs_readings *hs_readings_of(const hs_session *);

/* Keep the end of a branch as it is `there`, in a session of the same operations. */
void hs_readings_keep_end(hs_readings *, const hs_session *there);

/* Add a block to a ledger, and a ledger to another one. */
void hs_ledger_book(hs_ledger *, const hs_session *, const hs_seen *);
void hs_ledger_add(hs_ledger *, const hs_ledger *part);

#endif

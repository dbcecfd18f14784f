/* SPDX-License-Identifier: MIT */
/* A session: one client program at work on one heap.
 *
 * It holds what the client holds (variables, and which blocks it was given) and what the client
 * did (the operations, in order). State is a function of the operations: `save` writes them down,
 * a replay performs them again. How blocks lie in the heap is not kept here: that is in the bytes.
 *
 * All sizes are bytes. Functions that can fail return false and fill in a problem; nothing has
 * changed then. Strings returned are the session's and live until the next operation. */
#ifndef HEAPSCOPE_SESSION_H
#define HEAPSCOPE_SESSION_H

#include <heapscope/linkage.h>
#include <heapscope/mmu.h>
#include <heapscope/operation.h>
#include <heapscope/trace.h>

#include <stdio.h>

HS_PUBLIC_BEGIN

typedef struct hs_session hs_session;

/* A session on a fresh heap. `allocator` is an allocator's or preset's name. NULL with a problem
 * when there is none such, or the heap cannot be reserved. */
hs_session *hs_session_new(const char *allocator, const hs_heap_config *, hs_problem *);
void hs_session_free(hs_session *);

/* The same, before the first request of a trace, which becomes the session's even when this fails:
 * its requests are the first operations of branch 0. */
hs_session *hs_session_of_trace(hs_trace *, const char *allocator, const hs_heap_config *,
                                hs_problem *);

/* Perform one operation and remember it. */
bool hs_session_perform(hs_session *, const hs_op *, hs_problem *);

/* Told now and then how far something long is ("going there"), and with NULL that it is over.
 * False: stop it. */
typedef bool (*hs_progress)(void *of, const char *doing, uint64_t done, uint64_t total);

/* From now on tell this of what may take long: operations that are performed again, going to a
 * moment, going through a trace, writing a script; NULL: nobody. What is stopped fails with a
 * problem, and leaves the session as it was. */
void hs_session_tell(hs_session *, hs_progress, void *of);

/* hs_session_goes_on asks whoever is told of progress whether something long goes on; it is cheap
 * enough to be called for each thing done. hs_was_stopped sets a problem that says that it was
 * stopped, and returns false. hs_session_is_over tells that the long thing has ended. */
bool hs_session_goes_on(const hs_session *, const char *doing, uint64_t done, uint64_t total);
bool hs_was_stopped(hs_problem *);
void hs_session_is_over(const hs_session *);

/* --- Looking at it -------------------------------------------------------------------------- */

const hs_heap *hs_session_heap(const hs_session *);
const hs_heap_config *hs_session_config(const hs_session *); /* as it was asked for, */
hs_heap_config hs_session_sizes(const hs_session *);         /* and what came of that */
const char *hs_session_allocator_name(const hs_session *);   /* as it was asked for: "best-fit" */
/* Settings by number, a front end's behind the session's own: the row, NULL beyond the last, and
 * the value. A front end brings its rows once, before it sets any; they begin with their initial
 * values, at every moment. */
void hs_session_bring_settings(hs_session *, const hs_front_settings *);
const hs_option *hs_session_setting_row(const hs_session *, size_t setting);
uint64_t hs_session_setting(const hs_session *, size_t setting);
/* What `set` means by a name: an option of the allocator, else a setting; NULL: neither. Its value
 * goes to *value, which may be NULL. */
const hs_option *hs_session_option(const hs_session *, const char *name, uint64_t *value);

/* Variables are numbered from 0 in order of their first use. */
uint32_t hs_session_variable_count(const hs_session *);
const hs_variable *hs_session_variable(const hs_session *, uint32_t);
/* The name of a variable that points somewhere, NULL when it does not: perhaps in `room`, for those
 * of a trace have names only when they are asked for. */
const char *hs_session_pointer_name(const hs_session *, uint32_t, char room[HS_NAME_ROOM]);
uint32_t hs_session_find_variable(const hs_session *, const char *name, size_t length);
/* The same for a name that is used before or behind this moment, or on another branch. */
uint32_t hs_session_known_name(const hs_session *, const char *name, size_t length);
hs_addr hs_session_value(const hs_session *, hs_pointer);

/* The client's block that starts there, live or freed; NULL when there is none. */
const hs_client_block *hs_session_block_at(const hs_session *, hs_addr at);
/* The client's block with the lowest address at or above `from`; NULL when there is none. Freed
 * blocks are among them until their memory is handed out again. */
const hs_client_block *hs_session_block_from(const hs_session *, hs_addr from);
/* The client's block with the highest address at or below `at`. */
const hs_client_block *hs_session_block_before(const hs_session *, hs_addr at);
/* The block whose payload as requested contains `at`. */
const hs_client_block *hs_session_block_around(const hs_session *, hs_addr at);
const char *hs_session_block_name(const hs_session *, const hs_client_block *); /* "?" if none */

/* The live blocks that have a name, by address, as they are now: held until they are let go,
 * whatever is done with them meanwhile. How many, and the address of the n-th. */
uint64_t hs_session_hold_named(hs_session *);
hs_addr hs_session_held_named(const hs_session *, uint64_t n);
void hs_session_let_go_named(hs_session *);

/* The small machine that the session's program runs on. */
const hs_mmu *hs_session_mmu(const hs_session *);
/* A pointer as an address of the process that runs: those into the session's heap lie in the heap
 * of main, others are as they are written. */
bool hs_session_virtual(const hs_session *, hs_pointer, uint64_t *address, hs_problem *);

/* True if the pointer's variable got its value before this block was born: it points to memory that
 * was freed and handed out again. */
bool hs_session_is_stale(const hs_session *, hs_pointer, const hs_client_block *);

/* A block as a reader sees it: what the bytes say, beside what the client knows. Regions without
 * marks are divided by the client's blocks: their pieces are USED, DEAD, or, where no client block
 * starts, REGION (padding). */
typedef struct {
    hs_block block;
    const hs_client_block
        *client; /* the one whose payload starts here, live or dead; NULL if none */
    hs_addr
        payload_end; /* end of the bytes asked for, within the block; the payload's start if none */
    const hs_client_block *next; /* in a region: the client's block behind this piece, or NULL */
    hs_block whole;              /* what the allocator's walker said */
} hs_seen;

/* The block after `previous` in heap order; NULL starts with the first. False after the last. */
bool hs_session_walk(const hs_session *, const hs_seen *previous, hs_seen *out);

/* The block that contains `at`, or the first one behind it. */
bool hs_session_walk_to(const hs_session *, hs_addr at, hs_seen *out);

/* The size of the block that starts at `at`, of which the allocator told so, as of a free one in
 * its list; 0: in a broken heap none may. */
uint64_t hs_session_block_size(const hs_session *, hs_addr at);

/* The operations so far; the last one that touched the heap has its events in the heap. */
uint64_t hs_session_op_count(const hs_session *);
bool hs_session_op(const hs_session *, uint64_t index, hs_op *); /* false beyond the last */

/* The operation with this index as a command line without newline, its result
 * named: "p2 = malloc 24". Freed by the caller. */
char *hs_session_record_text(const hs_session *, uint64_t index);

/* An operation as a command line, its result not named: "malloc 24". Freed by the caller. */
char *hs_session_op_text(const hs_session *, const hs_op *);

/* Write a script that reproduces the session: its start state and every operation since. False on
 * a write error (errno; ECANCELED when it was stopped). */
bool hs_session_write_script(const hs_session *, FILE *);

/* How much of a session has been written down: of each branch, how many operations. All zero:
 * nothing. */
typedef struct {
    hs_moment at; /* where the commands written so far lead to */
    uint64_t *counts;
    uint32_t branches;
    size_t capacity;
} hs_written;

/* Write the commands that lead from what was written to what the session is now: operations, one
 * a line, and `branch` and `goto` where it went back. Performed in order on a session that began
 * alike, they give the same branches, the same moment, the same names and bytes. */
void hs_session_write_on(const hs_session *, hs_written *, FILE *);
/* All of the session has been written. */
void hs_session_is_written(const hs_session *, hs_written *);
void hs_written_free(hs_written *);

/* The request whose events the heap holds: its pointer and size before and after. */
typedef struct {
    bool any;               /* there was a request (or a write) since the heap was fresh */
    uint64_t number;        /* of the operation, from 1; 0 without any */
    hs_op op;               /* its strings are not valid any more, except op.name */
    hs_addr old_value;      /* the pointer operand */
    uint64_t old_size;      /* what the client had requested for it; 0 if nothing */
    uint64_t old_alignment; /* and which alignment, with aligned_alloc; 0 if none */
    hs_addr result;
    uint32_t variable; /* the one that was assigned, or HS_NONE */
    hs_addr replaced;  /* what that one held before */
    bool misuse;       /* the pointer was none that may be freed, and was passed on all the same */
    bool faulted;      /* it ended in a fault and was undone: `number` is of what comes next */
} hs_last;

const hs_last *hs_session_last(const hs_session *);

/* What an HS_FAULT says: where the allocator was led, or what it found. */
enum { HS_FAULT_TEXT = 128 };
void hs_fault_text(const hs_event *, char out[HS_FAULT_TEXT]);

/* The number of the operation after which the allocator's check first failed; 0 while the heap is
 * sound. Only what can break it is tested: writes that leave the blocks of the client, and requests
 * with pointers that must not be freed. */
uint64_t hs_session_broken_by(const hs_session *);

/* --- Time travel ---------------------------------------------------------------------------- */

hs_moment hs_session_moment(const hs_session *);
uint32_t hs_session_branches(const hs_session *);
uint64_t hs_session_branch_count(const hs_session *, uint32_t branch); /* operations to its end */
hs_moment hs_session_branch_fork(const hs_session *, uint32_t branch); /* where it left another */

/* Go to a moment: heap, names, settings and figures become what they were then. */
bool hs_session_go(hs_session *, hs_moment, hs_problem *);

/* A trace: how many of the operations are its requests; how many of them were gone through for
 * checkpoints on the way, so that going anywhere among them takes a few milliseconds; and a session
 * that stands there, whose samples are those of all of them (NULL: none yet). */
uint64_t hs_session_traced(const hs_session *);
uint64_t hs_session_surveyed(const hs_session *);
const hs_session *hs_session_ahead(const hs_session *);
/* Go through so many more, or until it is stopped. False with a problem when the heap cannot be
 * reserved. */
bool hs_session_survey(hs_session *, uint64_t operations, hs_problem *);

/* Bytes that the operations take, written down; and the checkpoints. */
size_t hs_session_history_bytes(const hs_session *, size_t *checkpoints);

/* The session as it was after its first n operations: they are performed again, on a heap of its
 * own. Operations that were replayed under another allocator are those of the replay. Freed by the
 * caller; NULL with a problem when the heap cannot be reserved. */
hs_session *hs_session_after(const hs_session *, uint64_t n, hs_problem *);

/* Tell, in order, in which stretches of bytes from .. to - 1, counted from the base, one session's
 * heap differs from that of another, as far as that reaches: every byte that differs lies in one.
 * What neither wrote to since they were one is not read. */
typedef void hs_tell_bytes(void *context, size_t from, size_t to);
void hs_session_differing(hs_session *, hs_session *other, hs_tell_bytes *, void *context);

/* What the last replay did: operations performed again, and those that could not be. */
void hs_session_replayed(const hs_session *, uint64_t *done, uint64_t *left_out);

/* Totals since the heap was fresh. */
typedef struct {
    uint64_t requests, failed;
    hs_counts counts;
    uint64_t visits_max; /* most blocks examined by one request */
    uint64_t live, live_blocks;
    uint64_t peak_live;      /* most payload bytes live at once */
    hs_addr highest_block;   /* the highest end of any block ever taken */
    hs_addr highest_payload; /* the highest end of any payload ever handed out */

    /* "used" is what the allocator has made use of so far: the bytes from the base to
     * highest_block. It never falls. Time is counted in requests. */
    uint64_t used_at_peak_live; /* when peak_live was first reached */
    uint64_t live_at_peak_used; /* after the request that raised it last */
    uint64_t loss_sum;          /* (used - live) / live in thousandths, after each request ... */
    uint64_t loss_count;        /* ... that left anything live */
} hs_totals;

const hs_totals *hs_session_totals(const hs_session *);
uint64_t hs_session_used(const hs_session *);

/* The heap over time, since it was fresh: what one request, or a few in a row, led to. */
typedef struct {
    uint64_t requests;    /* that it stands for: the figures are the largest among them */
    uint64_t heap;        /* committed bytes */
    uint64_t used, live;  /* as above */
    uint64_t utilization; /* live / heap, in percent */
    uint64_t examined;    /* blocks, by one request */
} hs_sample;

/* Samples in order, at most HS_SAMPLES: each but the last stands for the same number of requests,
 * which doubles when there is no more room. */
enum { HS_SAMPLES = 2048 };
const hs_sample *hs_session_samples(const hs_session *, size_t *count);

typedef struct {
    hs_addr from, to;
} hs_change;

/* Ranges of bytes that changed, or changed their role, with the last operation. */
const hs_change *hs_session_changes(const hs_session *, size_t *count);
bool hs_session_changed(const hs_session *, hs_addr at);
/* Show these as changed instead, until the next operation. */
void hs_session_show_changes(hs_session *, const hs_change *, size_t count);
/* Show these ranges, in order, as changed until the next operation. */
void hs_session_point_out(hs_session *, const hs_change *, size_t count);

HS_PUBLIC_END

#endif

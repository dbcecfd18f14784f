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

#include <heapscope/allocator.h>
#include <heapscope/mmu.h>
#include <heapscope/trace.h>

#include <stdio.h>

typedef struct hs_session hs_session;

/* --- Settings ------------------------------------------------------------------------------- */

typedef enum {
    HS_SET_GROWTH,  /* how far the heap grows when it runs out: hs_growth */
    HS_SET_MISUSE,  /* what happens to a pointer that the client must not free */
    HS_SET_THEME,   /* colours for a dark terminal or a projector */
    HS_SET_ZOOM,    /* bytes of the heap that one row of the map shows */
    HS_SET_PICTURE, /* line mode: draw the map after each change */
    HS_SET_SIZE,    /* of all that is drawn: as much as fits, or legible from afar */
    HS_SET_PACE,    /* seconds that a played script waits between steps */
    HS_SET_PREDICT, /* ask before each request what will come of it */
    HS_SETTINGS
} hs_setting;

enum { HS_MISUSE_REFUSE, HS_MISUSE_ALLOW };
enum { HS_THEME_DARK, HS_THEME_LIGHT };
enum { HS_SIZE_NORMAL, HS_SIZE_LARGE };
enum { HS_PICTURE_ON, HS_PICTURE_OFF };
enum { HS_PREDICT_ON, HS_PREDICT_OFF };

/* The settings that are no allocator's, described as options; HS_SETTINGS of them. */
extern const hs_option hs_settings[HS_SETTINGS];

/* --- What the client holds ------------------------------------------------------------------ */

#define HS_NONE UINT32_MAX

/* A block as the client knows it: the pointer it was given and the size it asked for. */
typedef struct {
    hs_addr addr;
    uint64_t requested;
    uint32_t variable; /* the one that names it, HS_NONE when all names have gone elsewhere */
    bool live;
    uint64_t born, died; /* numbers of operations, from 1 */
} hs_client_block;

typedef struct {
    const char *name;
    hs_addr value;
    uint64_t assigned; /* the number of the operation that gave it its value */
} hs_variable;

/* --- Operations ----------------------------------------------------------------------------- */

typedef enum {
    HS_OP_REQUEST,   /* request with operands p, a, b; the result goes to variable `name` */
    HS_OP_WRITE,     /* text: bytes written at p; a: repeats of them */
    HS_OP_ASSIGN,    /* variable `name` becomes p */
    HS_OP_SET,       /* option `name` becomes `text` */
    HS_OP_ALLOCATOR, /* switch to the allocator or preset `name`, on a fresh heap */
    HS_OP_HEAP,      /* a: initial size, b: maximum (0 keeps either): a fresh heap */
    HS_OP_RESET,     /* a fresh heap, and the operations so far are forgotten */
    HS_OP_NOTE,    /* text: for the audience, by the command `name` (NULL: note); changes nothing */
    HS_OP_MACHINE, /* the command `name` of the small machine, with the words `text`; touch: p */
} hs_op_kind;

/* A pointer as the client writes it: variable + offset, or an address. */
typedef struct {
    uint32_t variable; /* HS_NONE: offset is the address itself, 0 for NULL */
    uint64_t offset;   /* added modulo 2^64: p - 8 is p + (2^64 - 8) */
} hs_pointer;

typedef struct {
    hs_op_kind kind;
    hs_request request;
    bool replay; /* SET, ALLOCATOR, HEAP: perform the session's operations again afterwards */
    hs_pointer p;
    uint64_t a, b; /* malloc: size; calloc: size, count; aligned_alloc: size, alignment */
    const char *name;
    const char *text;
    size_t text_length;
} hs_op;

/* What was wrong with an operation, for the one line that the user reads. */
typedef enum { HS_OPERAND_NONE, HS_OPERAND_POINTER, HS_OPERAND_NAME, HS_OPERAND_VALUE } hs_operand;

typedef struct {
    hs_operand operand; /* which part of the operation it is about */
    char what[256];     /* what was wrong */
    char hint[256];     /* what would be right; may be empty */
} hs_problem;

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

/* Does what takes long go on? Asked for each thing done, it is cheap. A problem that says that it
 * was stopped (false, always). And: it is over. */
bool hs_session_goes_on(const hs_session *, const char *doing, uint64_t done, uint64_t total);
bool hs_was_stopped(hs_problem *);
void hs_session_is_over(const hs_session *);

/* --- Looking at it -------------------------------------------------------------------------- */

const hs_heap *hs_session_heap(const hs_session *);
const hs_heap_config *hs_session_config(const hs_session *); /* as it was asked for, */
hs_heap_config hs_session_sizes(const hs_session *);         /* and what came of that */
const char *hs_session_allocator_name(const hs_session *);   /* as it was asked for: "best-fit" */
uint64_t hs_session_setting(const hs_session *, hs_setting);

/* Variables are numbered from 0 in order of their first use. */
uint32_t hs_session_variable_count(const hs_session *);
const hs_variable *hs_session_variable(const hs_session *, uint32_t);
/* The name of a variable that points somewhere, NULL when it does not: perhaps in `room`, for those
 * of a trace have names only when they are asked for. */
enum { HS_NAME_ROOM = 256 };
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

/* What was done with a block, and will be: numbers of operations. At most so many are looked at. */
enum { HS_LIFE_EVENTS = 8, HS_LIFE_LOOKS = 1000000 };
typedef struct {
    uint64_t born;
    uint64_t count; /* reallocs; of the first ones, numbers and sizes */
    uint64_t numbers[HS_LIFE_EVENTS], sizes[HS_LIFE_EVENTS];
    uint64_t freed; /* 0: not that it is known */
    bool cut;       /* more might be found */
} hs_life;
hs_life hs_session_life(const hs_session *, const hs_client_block *);

/* How the client's variables reach a live block. */
typedef enum {
    HS_REACHED,       /* one points to its start */
    HS_POSSIBLY_LOST, /* only into its middle */
    HS_LOST,          /* none points to it: it can never be freed */
    HS_REACHES
} hs_reach;

typedef struct {
    const hs_client_block *block;
    hs_reach reach; /* never REACHED */
} hs_leak;

typedef struct {
    uint64_t blocks[HS_REACHES], bytes[HS_REACHES]; /* live ones; bytes as requested */
} hs_leaks;

/* All live blocks, counted; the first `most` that are lost, or possibly, go to `list`, by address.
 */
hs_leaks hs_session_leaks(const hs_session *, hs_leak *list, size_t most);

/* The small machine that the session's program runs on. */
const hs_mmu *hs_session_mmu(const hs_session *);
/* A pointer as an address of the process that runs: those into the session's heap lie in the heap
 * of main, others are as they are written. */
bool hs_session_virtual(const hs_session *, hs_pointer, uint64_t *address, hs_problem *);

/* Did the pointer's variable get its value before this block was born? Then it points to memory
 * that was freed and handed out again. */
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

/* Sets of kinds of blocks: 1 << HS_BLOCK_USED | ... */
#define HS_ALL_KINDS (~0u)

/* The n-th block (from 0) of those kinds, in heap order; and how many such blocks start below `at`.
 * What they cost hardly depends on the number of blocks. */
bool hs_session_walk_nth(const hs_session *, uint64_t n, unsigned kinds, hs_seen *out);
uint64_t hs_session_count_before(const hs_session *, hs_addr at, unsigned kinds);

/* What the bytes of the heap serve. */
typedef enum {
    HS_SHARE_DAMAGED,
    HS_SHARE_HEADER,
    HS_SHARE_FOOTER,
    HS_SHARE_LINK,
    HS_SHARE_PAYLOAD,
    HS_SHARE_PADDING,
    HS_SHARE_DEAD,
    HS_SHARE_FREE,
    HS_SHARE_UNUSED,
    HS_SHARES
} hs_share;

/* A block's bytes, part by part; returns how many parts. */
typedef struct {
    hs_addr from, to;
    hs_share share;
} hs_part;
enum { HS_PARTS = 5 };
size_t hs_parts_of(const hs_session *, const hs_seen *, hs_part out[HS_PARTS]);

/* Add up, for each cell of 2^cell_bits bytes from `from` on, how many of its bytes serve what. The
 * cost is that of the cells, and of the blocks where cells are smaller than those. */
void hs_session_shares(const hs_session *, hs_addr from, unsigned cell_bits, size_t cells,
                       uint64_t (*out)[HS_SHARES]);

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

/* A moment: after `count` operations along a branch. Going back and doing something else begins a
 * new branch; nothing is ever lost. Branch 0 is the first. */
typedef struct {
    uint32_t branch;
    uint64_t count;
} hs_moment;

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

/* Do the heap's events tell operation n, and is all set as it was then? And a session of which they
 * do, freed by the caller; NULL with a problem when that is not to be had. */
bool hs_session_tells(const hs_session *, uint64_t n);
hs_session *hs_session_telling(const hs_session *, uint64_t n, hs_problem *);

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

/* The last request in slow motion (event.h): until hs_session_seek goes to the last event, the heap
 * and the changes are shown as they were after its first n events, those from `from` on being the
 * latest. False when there is no such request. Operations may only follow at the last event. */
bool hs_session_slow_motion(hs_session *);

/* The session for operation n (from 1) in slow motion: this one when n is its last request, else
 * one of its own, in *own, freed by the caller. NULL with a problem when that is not to be had.
 * What the client holds, and the figures of that, go by the blocks in use at the time. */
hs_session *hs_session_stage(hs_session *, uint64_t n, hs_session **own, hs_problem *);
/* Go to the last event, and end slow motion. */
void hs_session_leave_stage(hs_session *);
void hs_session_seek(hs_session *, size_t from, size_t n);

typedef struct {
    hs_addr from, to;
} hs_change;

/* The bytes that are not as they were before the last request, in order, in a list that is the
 * caller's to free; and where the heap ended. It is undone for a moment: what that costs goes by
 * what it did. False when that is not to be had. */
bool hs_session_last_changes(hs_session *, hs_change **, size_t *count, hs_addr *end);

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

/* Ranges of bytes that changed, or changed their role, with the last operation. */
const hs_change *hs_session_changes(const hs_session *, size_t *count);
bool hs_session_changed(const hs_session *, hs_addr at);
/* Show these as changed instead, until the next operation. */
void hs_session_show_changes(hs_session *, const hs_change *, size_t count);
/* Show these ranges, in order, as changed until the next operation. */
void hs_session_point_out(hs_session *, const hs_change *, size_t count);

#endif

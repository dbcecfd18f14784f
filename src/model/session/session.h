/* SPDX-License-Identifier: MIT */
/* struct hs_session, for the files of the model that work on it. */
#ifndef HS_MODEL_SESSION_H
#define HS_MODEL_SESSION_H

#include "base/memory.h"
#include "model/client/client.h"
#include "model/machine/mmu.h"
#include "model/session/checkpoints.h"
#include "model/session/chronicle.h"
#include "model/session/lifetimes.h"
#include "model/session/observer.h"
#include "model/session/timeline.h"

/* All that decides how a fresh heap behaves. */
typedef struct {
    const char *name; /* the name of the allocator or preset, as it was asked for; its own text */
    const hs_allocator *allocator;
    uint64_t options[HS_OPTIONS];
    hs_heap_config heap;
    uint64_t settings[HS_SETTINGS]; /* each one minus its initial value */
} hs_setup;

/* What came of requests: how many moved a block, made the heap grow, failed; the most bytes that
 * were live after one, and the most that were used and not live. Of two moments on one way the
 * later one has no less of any: so two checkpoints tell whether there is something to find between
 * them. */
typedef struct {
    uint64_t of[HS_OUTCOMES];
} hs_outcomes;

/* Where the session stands, beside the heap and what the client holds: all of it is a function of
 * the operations. */
typedef struct {
    hs_setup setup;
    hs_setup start;          /* before operation number `begun` */
    uint64_t begun;          /* operations before the last reset, and the reset */
    uint64_t first_on_heap;  /* the first operation on the heap as it is */
    hs_setup replay_setup;   /* of the last replay ... */
    uint64_t replayed_until; /* ... of the operations from first_on_heap to here */
    uint64_t replayed, not_replayed;
    uint64_t on_heap; /* the last operation that did something to the heap, from 1; 0: none did */
    hs_last last;
    hs_outcomes outcomes;            /* what came of all requests on the way, on whichever heap */
    uint64_t broken_by;              /* the operation that broke the heap; 0: none did */
    hs_totals totals, totals_before; /* the last request */
    hs_mmu mmu;
} hs_standing;

/* Bytes that a request asks for. */
static inline uint64_t hs_bytes_asked(const hs_op *op)
{
    return op->request == HS_CALLOC ? op->a * op->b : op->a;
}

/* Where the request first tells what slow motion asks for, as an index of its events; SIZE_MAX:
 * nowhere. */
typedef struct {
    size_t ignore, in_place, choose, take;
    size_t taken, released; /* the block that it gives, and the one that it takes */
} hs_told;

/* In slow motion: what the client holds at the moment on show but not in the end, and the other way
 * round. */
typedef struct {
    bool on;
    size_t at; /* events whose effects are shown */
    hs_told told;
    hs_client_block held; /* the block as it was before the request took or resized it; not live:
                           * there is none */
    hs_addr given;        /* the block that it gives, which is not there yet; or HS_NULL */
    hs_totals totals;
    bool sound;  /* a walk went through before the request, */
    bool marked; /* and found the block that it takes in use */
} hs_before;

struct hs_session {
    hs_standing is;
    hs_before before;
    hs_heap *heap;
    hs_client *client;
    hs_timeline timeline;
    hs_lifetimes *shape;
    hs_observed *observed;
    const hs_front_settings *front; /* NULL: there is none */

    hs_chronicle *chronicle;
    bool borrowed; /* the chronicle is another session's: what is done is not written down, */
    bool surveys;  /* but checkpoints are made */
    hs_moment at;  /* operations performed so far, along a branch */
    uint64_t now;  /* the number of the operation that is being performed, from 1 */
    uint64_t replay_limit; /* a replay ends behind this operation */
    uint64_t work;         /* all that it ever did, in units of about a microsecond */
    uint64_t settled;      /* the same up to its last checkpoint: the difference is what coming here
                            * again takes */
    hs_progress progress;  /* told of what takes long; NULL: nobody */
    void *progress_of;
    bool stopped; /* progress said so: what is being done ends, and is undone */
    bool returns; /* it is being undone, which is told and can not be stopped */
    hs_checkpoints *checkpoints;
    hs_session *ahead; /* one that goes through a trace before this one; NULL: none */

    hs_change *changes;
    size_t change_count, change_capacity;
};

/* Tell the observer, where there is one. */
#define HS_TELL(s, event, ...) ((s)->observed->by ? (s)->observed->by->event(__VA_ARGS__) : (void)0)

/* --- Memory that runs out -------------------------------------------------------------------- */

/* "out of memory", and of a session that is lost by it that nothing is left but to free it. A
 * problem may be NULL. */
void hs_no_memory(hs_problem *);
void hs_session_lose(const hs_session *, hs_problem *);
/* True: it is lost, which is said. */
bool hs_session_is_lost(const hs_session *, hs_problem *);

/* The first line of a public function of a session: what it answers when memory runs out, or has.
 */
#define HS_ENTER_SESSION(s, problem, ...)                                                          \
    if (hs_session_is_lost(s, problem)) return __VA_ARGS__;                                        \
    HS_ENTER(hs_session_lose(s, problem), __VA_ARGS__)

/* An operation with its result's name; false beyond the last one performed, or the last one before
 * another moment. Its strings are valid until the next operation. */
bool hs_session_record(const hs_session *, uint64_t index, hs_record_of_op *);
bool hs_session_record_before(const hs_session *, hs_moment, uint64_t index, hs_record_of_op *);

/* The same as hs_session_walk_to, by a walk that begins at `whole`, which is a whole block at or
 * before `at`; HS_NULL: at the first block. In a sound heap both find the same. */
bool hs_session_walk_from(const hs_session *, hs_addr whole, hs_addr at, hs_seen *out);

/* Go on with a replay that was left before the operation with this index, in the middle of the last
 * one performed. */
void hs_session_finish_replay(hs_session *, uint64_t index);

/* True if an operation is sure to work on the heap. A setting is not, though it may turn out to
 * begin a fresh one. */
bool hs_works_on_heap(const hs_op *);

/* Perform operations of the chronicle until `count` have been, or it is stopped; and the same for
 * operations that nobody will look at, several times as fast. */
void hs_session_go_on(hs_session *, uint64_t count);
void hs_session_pass(hs_session *, uint64_t count);

/* A request that was performed: the pointer that it took, what it gave, to which variable, how many
 * bytes the heap had committed before it, and what it cost. */
typedef struct {
    hs_addr p, result;
    uint32_t variable;
    uint64_t committed;
    hs_counts counts;
} hs_came;

/* Perform an operation and remember it, several times as fast where nobody will look at its events.
 * Of a request it tells what came of it. */
bool hs_session_perform_unseen(hs_session *, const hs_op *, hs_came *, hs_problem *);

/* Work on the probed heap from here on, so that each request has its events. */
void hs_session_look_again(hs_session *);

/* Told, in order, of operations that are performed unseen. True: stop behind this one. */
typedef struct {
    bool (*look)(void *of, const hs_session *);
    void *of;
} hs_watcher;
/* The same as hs_session_pass, watched; true when the watcher stopped it. */
bool hs_session_pass_watched(hs_session *, uint64_t count, const hs_watcher *);

/* A session without heap yet, whose names have the numbers of another's (NULL: none). */
hs_session *hs_session_empty(const hs_session *names);

/* A session of its own that begins as another one began, under another allocator (NULL: the same).
 * NULL with a problem. */
hs_session *hs_session_beside(const hs_session *, const char *allocator, hs_problem *);

/* A fresh heap by a setup. */
bool hs_session_fresh_heap(hs_session *, const hs_setup *, hs_problem *);

/* Say what is wrong with a pointer that the client wants to free or resize. Returns false. */
bool hs_describe_misuse(const hs_session *, const hs_op *, hs_addr p, hs_problem *);

/* These are between session.c, requests.c and operations.c: hs_wrong says what is wrong with an
 * operation, and is always false; the next ones note ranges of bytes that changed; hs_perform_...
 * perform an operation each, and are false with a problem when nothing has changed. */
bool hs_wrong(hs_problem *, hs_operand, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool hs_wrong_hint(hs_problem *problem, const char *text);
bool hs_session_replay(hs_session *s);
void hs_session_touch(hs_session *s, hs_addr from, hs_addr to);
void hs_session_tidy_changes(hs_session *s);
void hs_session_note_changes(hs_session *s, size_t from, size_t to);
void hs_session_read_events(hs_session *s);
void hs_session_look_for_damage(hs_session *s, bool needed);
bool hs_session_stays_in_its_block(const hs_session *s, hs_pointer p, hs_addr at, uint64_t n);
bool hs_perform_request(hs_session *s, const hs_op *op, uint32_t *variable, hs_problem *problem);
/* Perform a request on the counted heap: nobody will look at its events. False, and nothing has
 * happened, when it is one that must be looked at. */
bool hs_pass_request(hs_session *s, const hs_record_of_op *, hs_came *);
bool hs_setup_choose(hs_setup *setup, const char *name, hs_problem *problem);
/* Give a setting a value, with all that follows from it. */
void hs_setup_change_setting(const hs_session *s, hs_setup *setup, size_t setting, uint64_t value);
bool hs_perform_write(hs_session *s, const hs_op *op, hs_problem *problem);
bool hs_perform_assign(hs_session *s, const hs_op *op);
bool hs_perform_set(hs_session *s, const hs_op *op, hs_problem *problem);
bool hs_perform_allocator(hs_session *s, const hs_op *op, hs_problem *problem);
bool hs_perform_heap(hs_session *s, const hs_op *op, hs_problem *problem);
bool hs_perform_reset(hs_session *s, hs_problem *problem);
bool hs_perform_machine(hs_session *s, const hs_op *op, hs_problem *problem);

#endif

/* SPDX-License-Identifier: MIT */
/* Going back and forth. Invariant: a checkpoint holds what performing the operations up to its
 * moment gives; so going to a moment gives the same bytes, names and figures as coming there did.
 */
#include "model/session/checkpoints.h"

#include "base/memory.h"
#include "model/client/pages.h"
#include "model/session/session.h"

#include <stdlib.h>
#include <string.h>

/* How much work lies between two checkpoints, in units of about a microsecond; and how many bytes
 * all of them may take. */
enum { WORK_BETWEEN = 6000 };
#define MOST_BYTES ((size_t)512 << 20)

typedef struct {
    hs_moment at; /* a moment on the branch that owns its last operation */
    bool inside;  /* the last operation, which performs others again: the next is `next` */
    uint64_t next;
    hs_standing standing;
    hs_client_image *client;
    void *state; /* the allocator's */
    hs_snapshot *heap, *samples, *shape;
    uint64_t stride;
} checkpoint;

struct hs_checkpoints {
    checkpoint **checkpoints; /* in the order of their making */
    uint64_t furthest;        /* the latest operation of a trace that has a checkpoint */
    size_t count, capacity;
    checkpoint *held;  /* the one made inside the operation that is being performed, or NULL */
    uint64_t interval; /* of work between them */
    size_t most;       /* bytes that all of them take, about */
    size_t unweighed;  /* checkpoints made since their memory was last weighed */
    uint64_t weighings;
    hs_pages *heap, *samples, *shape;
};

hs_checkpoints *hs_checkpoints_new(void)
{
    hs_checkpoints *t = hs_new(1, sizeof *t);
    t->interval = WORK_BETWEEN;
    t->most = MOST_BYTES;
    t->heap = hs_pages_new();
    t->samples = hs_pages_new();
    t->shape = hs_pages_new();
    return t;
}

static void free_checkpoint(checkpoint *c)
{
    if (!c) return;
    hs_client_image_free(c->client);
    hs_snapshot_free(c->heap);
    hs_snapshot_free(c->samples);
    hs_snapshot_free(c->shape);
    free(c->state);
    free(c);
}

void hs_checkpoints_free(hs_checkpoints *t)
{
    if (!t) return;
    for (size_t i = 0; i < t->count; i++) free_checkpoint(t->checkpoints[i]);
    free_checkpoint(t->held);
    free(t->checkpoints);
    hs_pages_free(t->heap);
    hs_pages_free(t->samples);
    hs_pages_free(t->shape);
    free(t);
}

void hs_checkpoints_bound(hs_checkpoints *t, size_t bytes)
{
    t->most = bytes;
}

void hs_checkpoints_heap_is_fresh(hs_checkpoints *t)
{
    hs_pages_clear(t->heap, 0);
}

void hs_checkpoints_samples_changed(hs_checkpoints *t, size_t from, size_t to)
{
    hs_pages_touch(t->samples, from * sizeof(hs_sample), to * sizeof(hs_sample));
}

void hs_checkpoints_shape_changed(hs_checkpoints *t, size_t from, size_t to)
{
    hs_pages_touch(t->shape, hs_lifetimes_place(from), hs_lifetimes_place(to));
}

/* --- Checkpoints ---------------------------------------------------------------------------- */

static size_t weigh(const checkpoint *c, uint64_t weighing)
{
    return sizeof *c + c->standing.setup.allocator->state_size +
           hs_client_image_weigh(c->client, weighing) + hs_snapshot_weigh(c->heap, weighing) +
           hs_snapshot_weigh(c->samples, weighing) + hs_snapshot_weigh(c->shape, weighing);
}

/* Bytes that all checkpoints take. */
static size_t weigh_all(hs_checkpoints *t)
{
    size_t bytes = 0;
    t->weighings++;
    for (size_t i = 0; i < t->count; i++) bytes += weigh(t->checkpoints[i], t->weighings);
    return bytes;
}

/* When checkpoints take too much memory, every other one goes, and new ones are made half as often.
 * The first one, before any operation, stays, and so does the latest, to which the session returns
 * when something is stopped. */
static void keep_within_bounds(hs_checkpoints *t)
{
    size_t kept = 1;
    if (++t->unweighed < 16 + t->count / 8) return;
    t->unweighed = 0;
    if (t->count < 4 || weigh_all(t) < t->most) return;
    for (size_t i = 1; i < t->count; i++)
        if (i % 2 && i + 1 < t->count)
            free_checkpoint(t->checkpoints[i]);
        else
            t->checkpoints[kept++] = t->checkpoints[i];
    t->count = kept;
    t->interval *= 2;
}

static checkpoint *take_checkpoint(hs_session *s)
{
    hs_checkpoints *t = s->checkpoints;
    const hs_heap *h = s->heap;
    uint64_t committed = hs_heap_committed(h);
    size_t state_size = hs_heap_allocator(h)->state_size;
    checkpoint *c = hs_new(1, sizeof *c);
    hs_checkpoints_catch_up(s);
    *c = (checkpoint){
        .standing = s->is,
        .client = hs_client_take(s->client),
        .state = hs_new(1, state_size + 1),
        .heap = hs_pages_take(t->heap, hs_heap_bytes(h, hs_heap_base(h), committed), committed),
        .stride = s->timeline.stride};
    memcpy(c->state, hs_heap_state(h), state_size);
    c->samples = hs_pages_take(t->samples, s->timeline.samples,
                               s->timeline.count * sizeof *s->timeline.samples);
    hs_pages_touch(t->shape, 0, hs_lifetimes_place(0)); /* what lives changes all the time */
    c->shape = hs_pages_take(t->shape, s->shape, hs_lifetimes_size(s->shape));
    s->settled = s->work;
    return c;
}

static void add_checkpoint(hs_session *s, checkpoint *c)
{
    hs_checkpoints *t = s->checkpoints;
    c->at = (hs_moment){hs_chronicle_owner(s->chronicle, s->at), s->at.count};
    t->checkpoints =
        hs_array_reserve(t->checkpoints, &t->capacity, t->count + 1, sizeof *t->checkpoints);
    t->checkpoints[t->count++] = c;
    keep_within_bounds(t);
}

void hs_checkpoints_make(hs_session *s)
{
    add_checkpoint(s, take_checkpoint(s));
}

/* True if coming here again would take long enough to deserve a checkpoint. */
static bool is_far(const hs_session *s)
{
    return s->work - s->settled >= s->checkpoints->interval;
}

static bool is_time(const hs_session *s)
{
    return !s->borrowed && is_far(s);
}

void hs_checkpoints_hold(hs_session *s, uint64_t index)
{
    if (!is_time(s)) return;
    free_checkpoint(s->checkpoints->held);
    s->checkpoints->held = take_checkpoint(s);
    s->checkpoints->held->inside = true;
    s->checkpoints->held->next = index;
}

static void add_held(hs_session *s)
{
    if (s->checkpoints->held) add_checkpoint(s, s->checkpoints->held);
    s->checkpoints->held = NULL;
}

void hs_checkpoints_catch_up(hs_session *s)
{
    uint64_t from = 0, to;
    for (; hs_heap_written(s->heap, &from, &to); from = to)
        hs_pages_touch(s->checkpoints->heap, from, to);
}

void hs_checkpoints_look(hs_session *s)
{
    uint64_t from = 0, to;
    hs_addr base = hs_heap_base(s->heap);
    for (; hs_heap_written(s->heap, &from, &to); from = to) {
        hs_pages_touch(s->checkpoints->heap, from, to);
        HS_TELL(s, differs, s, base + from, base + to);
    }
}

void hs_checkpoints_note(hs_session *s)
{
    add_held(s);
    if (!is_time(s)) return;
    hs_checkpoints_look(s);
    hs_checkpoints_make(s);
}

/* How many operations of a trace were gone through, with checkpoints on the way. */
static uint64_t surveyed(const hs_session *s)
{
    uint64_t own = s->checkpoints->furthest,
             others = s->ahead ? s->ahead->checkpoints->furthest : 0;
    return own > others ? own : others;
}

/* True if the last operation was one of the trace. Its number alone does not tell, for commands of
 * a branch that leaves the trace have numbers like those in it. */
static bool is_in_trace(const hs_session *s)
{
    return s->at.count <= hs_chronicle_traced(s->chronicle) &&
           hs_chronicle_owner(s->chronicle, s->at) == 0;
}

/* Checkpoints of typed commands were made when they were performed, those of a trace are made when
 * it is gone through for the first time. */
void hs_checkpoints_pass(hs_session *s)
{
    add_held(s);
    if (!is_far(s) || (s->borrowed && !s->surveys)) return;
    if (!is_in_trace(s) || s->at.count <= surveyed(s)) return;
    hs_checkpoints_look(s);
    hs_checkpoints_make(s);
    s->checkpoints->furthest = s->at.count;
}

/* True if moment a lies on the way to moment b. */
static bool is_on_the_way(const hs_chronicle *c, hs_moment a, hs_moment b)
{
    while (b.branch != a.branch && b.branch) {
        hs_moment fork = hs_chronicle_fork(c, b.branch);
        b = (hs_moment){fork.branch, fork.count < b.count ? fork.count : b.count};
    }
    return b.branch == a.branch && a.count <= b.count;
}

/* Which checkpoint on the way to a moment: */
typedef struct {
    hs_moment to;
    enum {
        ANY,
        WHOLE, /* one that is not in the middle of an operation */
        BEFORE /* one from which the last operation is still to be performed */
    } kind;
    hs_outcome_kind outcome; /* the checkpoint must have at most so much of this outcome */
    uint64_t most;
} wanted;

static bool is_it(const hs_chronicle *chronicle, const checkpoint *c, wanted w)
{
    if (w.kind == WHOLE && c->inside) return false;
    if (w.kind == BEFORE && !c->inside && w.to.count) w.to.count--;
    return c->standing.outcomes.of[w.outcome] <= w.most && is_on_the_way(chronicle, c->at, w.to);
}

/* The last of these checkpoints that is wanted, and is later than `best`; else `best`. */
static const checkpoint *later(const hs_chronicle *chronicle, const hs_checkpoints *t, wanted w,
                               const checkpoint *best)
{
    for (size_t i = 0; i < t->count; i++) {
        const checkpoint *c = t->checkpoints[i];
        if (best && c->at.count <= best->at.count) continue;
        if (is_it(chronicle, c, w)) best = c;
    }
    return best;
}

static const checkpoint *last_of(const hs_session *s, wanted w)
{
    const checkpoint *own = later(s->chronicle, s->checkpoints, w, NULL);
    return s->ahead ? later(s->chronicle, s->ahead->checkpoints, w, own) : own;
}

/* --- Going ---------------------------------------------------------------------------------- */

static bool same_kind_of_heap(const hs_setup *a, const hs_setup *b)
{
    if (a->allocator != b->allocator) return false;
    for (size_t i = 0; i < a->allocator->option_count; i++)
        if (a->allocator->options[i].fresh && a->options[i] != b->options[i]) return false;
    return a->heap.initial == b->heap.initial && a->heap.maximum == b->heap.maximum;
}

static void tell_recalled(void *heap, size_t from, size_t to, bool written)
{
    hs_heap_recalled(heap, from, to, written);
}

static void restore_settings(hs_session *s, const hs_setup *setup)
{
    for (size_t i = 0; i < setup->allocator->option_count; i++)
        hs_heap_set_option(s->heap, i, setup->options[i]);
    hs_heap_set_growth(s->heap, (hs_growth)setup->settings[HS_SET_GROWTH]);
}

static bool restore_heap(hs_session *s, const checkpoint *c, hs_problem *problem)
{
    const hs_setup *setup = &c->standing.setup;
    bool reused = s->heap && same_kind_of_heap(setup, &s->is.setup);
    if (!reused && !hs_session_fresh_heap(s, setup, problem)) return false;
    size_t size = hs_snapshot_size(c->heap);
    hs_checkpoints_catch_up(s);
    void *bytes = hs_heap_recall(s->heap, size, c->state);
    hs_pages_clear(s->checkpoints->heap, size);
    if (!bytes) {
        *problem = (hs_problem){.what = "the system gives no memory to go back"};
        return false;
    }
    restore_settings(s, setup);
    hs_pages_restore(s->checkpoints->heap, bytes, c->heap, tell_recalled, s->heap);
    return true;
}

static void tell_bytes(void *context, size_t from, size_t to)
{
    hs_session *s = context;
    hs_addr base = hs_heap_base(s->heap);
    HS_TELL(s, differs, s, base + from, base + to);
}

static void tell_block(void *context, hs_addr from, hs_addr to)
{
    hs_session *s = context;
    HS_TELL(s, differs, s, from, to);
}

/* Tell the observer what differs in the heap at a checkpoint: its bytes, its end, and the
 * allocator's pointers. The table of blocks that a model has may be another one altogether. */
static void tell_heap(hs_session *s, const checkpoint *c)
{
    hs_addr base = hs_heap_base(s->heap), end = base + hs_snapshot_size(c->heap);
    hs_addr now = hs_heap_end(s->heap);
    uint64_t committed = hs_heap_committed(s->heap);
    hs_checkpoints_catch_up(s);
    if (hs_heap_allocator(s->heap)->model_base) HS_TELL(s, forget, s);
    hs_pages_differing(s->checkpoints->heap, hs_heap_bytes(s->heap, base, committed), committed,
                       c->heap, tell_bytes, s);
    HS_TELL(s, differs, s, (end < now ? end : now) - 1, end < now ? now : end);
    HS_TELL(s, marks_move, s);
}

/* Restore everything but the heap. */
static void restore_rest(hs_session *s, const checkpoint *c)
{
    s->is = c->standing;
    hs_client_restore(s->client, c->client, s->observed->by ? tell_block : NULL, s);
    hs_timeline *t = &s->timeline;
    t->count = hs_snapshot_size(c->samples) / sizeof *t->samples;
    t->stride = c->stride;
    t->samples = hs_array_reserve(t->samples, &t->capacity, t->count, sizeof *t->samples);
    hs_pages_restore(s->checkpoints->samples, t->samples, c->samples, NULL, NULL);
    hs_pages_touch(s->checkpoints->shape, 0, hs_lifetimes_place(0));
    hs_pages_restore(s->checkpoints->shape, s->shape, c->shape, NULL, NULL);
    s->at.count = c->at.count;
    HS_TELL(s, changes, s, true);
}

static bool restore(hs_session *s, const checkpoint *c, hs_problem *problem)
{
    if (s->heap && s->observed->by) tell_heap(s, c);
    if (!restore_heap(s, c, problem)) return false;
    restore_rest(s, c);
    s->change_count = 0;
    return true;
}

/* Go on to a checkpoint up to which nothing is done to the heap: the last request is still to be
 * seen, which it may not have been when the checkpoint was made. */
static void leap(hs_session *s, const checkpoint *c)
{
    hs_last last = s->is.last;
    hs_totals before = s->is.totals_before;
    restore_settings(s, &c->standing.setup);
    restore_rest(s, c);
    s->is.last = last;
    s->is.totals_before = before;
}

/* The latest operation up to a moment that works on the heap, behind a checkpoint or as that one
 * knows: what is shown of the moment are the events of it, so going there must perform it. */
static uint64_t last_on_heap(const hs_session *s, hs_moment m, const checkpoint *c)
{
    hs_record_of_op r;
    bool named;
    for (uint64_t n = m.count; n > c->at.count; n--)
        if (hs_chronicle_get(s->chronicle, m.branch, n - 1, &r, &named) && hs_works_on_heap(&r.op))
            return n;
    return c->standing.on_heap;
}

/* Make `s` what `from` was at a moment; both have the same chronicle. False: it was stopped
 * half-way, or there is a problem. */
static bool go(hs_session *s, const hs_session *from, hs_moment target, hs_problem *problem)
{
    if (s->heap) hs_session_look_again(s);
    const checkpoint *late = last_of(from, (wanted){.to = target, .kind = WHOLE});
    uint64_t shown = last_on_heap(from, target, late);
    hs_moment then = {target.branch, shown};
    const checkpoint *c = last_of(from, (wanted){.to = then, .kind = BEFORE});
    bool onward = s == from && s->at.count <= target.count && s->at.count >= c->at.count &&
                  is_on_the_way(s->chronicle, s->at, target) && s->at.count < target.count;
    if (!onward && !restore(s, c, problem)) return false;
    s->at.branch = target.branch;
    s->settled = s->work;
    s->stopped = false;
    if (!onward && c->inside) hs_session_finish_replay(s, c->next);
    hs_session_pass(s, shown ? shown - 1 : 0);
    hs_session_go_on(s, shown);
    if (!s->stopped && s->at.count < late->at.count && shown == late->standing.on_heap)
        leap(s, late);
    hs_session_go_on(s, target.count);
    s->settled = s->work;
    return !s->stopped;
}

bool hs_session_travels_return(hs_session *s, hs_moment to, hs_problem *problem)
{
    free_checkpoint(s->checkpoints->held);
    s->checkpoints->held = NULL;
    s->at.count = UINT64_MAX; /* it stands nowhere until it has arrived */
    s->returns = true;
    go(s, s, to, problem);
    s->returns = false;
    hs_session_is_over(s);
    return hs_was_stopped(problem);
}

bool hs_session_go(hs_session *s, hs_moment target, hs_problem *problem)
{
    HS_ENTER_SESSION(s, problem, false);
    hs_moment was = s->at;
    if (!s->borrowed && was.count == hs_chronicle_count(s->chronicle, was.branch))
        HS_TELL(s, leaves, s);
    s->stopped = false;
    bool good = go(s, s, target, problem);
    hs_session_is_over(s);
    return s->stopped ? hs_session_travels_return(s, was, problem) : good;
}

hs_session *hs_session_travels_from(const hs_session *s, hs_moment to, hs_outcome_kind outcome,
                                    uint64_t most, hs_problem *problem)
{
    hs_session *then = hs_session_empty(s);
    const checkpoint *c = last_of(s, (wanted){to, ANY, outcome, most});
    then->chronicle = s->chronicle;
    if (!restore(then, c, problem)) {
        hs_session_free(then);
        return NULL;
    }
    then->at.branch = to.branch;
    if (c->inside) hs_session_finish_replay(then, c->next);
    return then;
}

hs_session *hs_session_after(const hs_session *s, uint64_t n, hs_problem *problem)
{
    HS_ENTER_SESSION(s, problem, NULL);
    hs_session *then = hs_session_empty(s);
    bool replayed = n > s->is.first_on_heap && n <= s->is.replayed_until;
    hs_moment target = {s->at.branch, replayed ? s->is.replayed_until : n};
    then->chronicle = s->chronicle;
    then->at.branch = s->at.branch;
    hs_session_tell(then, s->progress, s->progress_of);
    bool good = go(then, s, target, problem);
    if (good && replayed) { /* the replay's own operation, but no further than to n */
        then->replay_limit = n;
        hs_session_go_on(then, target.count + 1);
        then->replay_limit = UINT64_MAX;
        then->at.count = n;
    }
    hs_session_is_over(then);
    hs_session_tell(then, NULL, NULL);
    if (then->stopped) good = hs_was_stopped(problem);
    if (good) return then;
    hs_session_free(then);
    return NULL;
}

void hs_session_differing(hs_session *s, hs_session *other, hs_tell_bytes *tell, void *context)
{
    HS_ENTER_SESSION(s, NULL, );
    const hs_heap *h = s->heap, *o = other->heap;
    uint64_t size = hs_heap_committed(h), others = hs_heap_committed(o);
    hs_checkpoints_catch_up(s);
    hs_checkpoints_catch_up(other);
    hs_snapshot *image =
        hs_pages_take(other->checkpoints->heap, hs_heap_bytes(o, hs_heap_base(o), others), others);
    hs_pages_differing(s->checkpoints->heap, hs_heap_bytes(h, hs_heap_base(h), size), size, image,
                       tell, context);
    hs_snapshot_free(image);
}

/* --- Surveys of traces ---------------------------------------------------------------------- */

uint64_t hs_session_traced(const hs_session *s)
{
    return hs_chronicle_traced(s->chronicle);
}

uint64_t hs_session_surveyed(const hs_session *s)
{
    return s->ahead ? s->ahead->at.count : 0;
}

const hs_session *hs_session_ahead(const hs_session *s)
{
    return s->ahead;
}

static bool survey(hs_session *s, uint64_t operations, hs_problem *problem)
{
    if (!s->ahead) {
        s->ahead = hs_session_empty(s);
        s->ahead->chronicle = s->chronicle;
        s->ahead->surveys = true;
        if (!go(s->ahead, s, (hs_moment){0, 0}, problem)) {
            hs_session_free(s->ahead);
            s->ahead = NULL;
            return false;
        }
    }
    uint64_t end = hs_chronicle_traced(s->chronicle), now = s->ahead->at.count;
    s->ahead->stopped = false;
    hs_session_tell(s->ahead, s->progress, s->progress_of);
    hs_session_pass(s->ahead, end - now > operations ? now + operations : end);
    hs_session_is_over(s);
    return true;
}

bool hs_session_survey(hs_session *s, uint64_t operations, hs_problem *problem)
{
    HS_ENTER_SESSION(s, problem, false);
    return survey(s, operations, problem);
}

/* --- Branches ------------------------------------------------------------------------------- */

hs_moment hs_session_moment(const hs_session *s)
{
    return s->at;
}

uint32_t hs_session_branches(const hs_session *s)
{
    return hs_chronicle_branches(s->chronicle);
}

uint64_t hs_session_branch_count(const hs_session *s, uint32_t branch)
{
    return hs_chronicle_count(s->chronicle, branch);
}

hs_moment hs_session_branch_fork(const hs_session *s, uint32_t branch)
{
    return hs_chronicle_fork(s->chronicle, branch);
}

size_t hs_session_history_bytes(const hs_session *s, size_t *checkpoints)
{
    *checkpoints = weigh_all(s->checkpoints) + (s->ahead ? weigh_all(s->ahead->checkpoints) : 0);
    return hs_chronicle_bytes(s->chronicle);
}

/* SPDX-License-Identifier: MIT */
/* Lockstep. The other lanes are led by the leader's operations and the names of its variables;
 * nothing else of the leader is read. So where going somewhere takes long, they can go first, and
 * the leader stays as it was until they have arrived. Invariant: a lane has as many operations as
 * the leader has followed. An operation that it refuses is replaced by one that changes nothing
 * else: the name of the result becomes NULL, or it is a note. */
#include <heapscope/lockstep.h>

#include "base/memory.h"
#include "model/session/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    hs_session *session;
    const char *name; /* the allocator that the lane keeps; NULL for the leader, whose operations
                       * say it */
    char refusal[sizeof(hs_problem)];
    bool unseen;  /* the last request was performed without events */
    hs_came came; /* what came of it then */
} lane;

struct hs_lockstep {
    lane lanes[HS_LANES]; /* the first one is the leader, whose session is not ours */
    char *names[HS_LANES];
    size_t count;
    hs_moment followed; /* where the leader stood when the lanes had caught up with it */
    hs_parting parting;
    bool news;
    /* While the lanes are led: */
    hs_moment to;        /* the moment of the leader that they are led to, which it may not have
                          * reached */
    const hs_op *coming; /* the operation that it will perform there, or NULL */
    bool told, stopped;  /* progress is told to whomever the leader tells; that one has stopped
                          * it */
};

/* --- What takes long ------------------------------------------------------------------------ */

static bool goes_on(hs_lockstep *l, const char *doing, uint64_t done, uint64_t total)
{
    if (l->told && !hs_session_goes_on(l->lanes[0].session, doing, done, total)) l->stopped = true;
    return !l->stopped;
}

/* The lanes' sessions tell their progress to this. */
static bool tell(void *of, const char *doing, uint64_t done, uint64_t total)
{
    return !doing || goes_on(of, doing, done, total);
}

/* --- One operation -------------------------------------------------------------------------- */

static hs_record_of_op record_at(const hs_lockstep *l, uint64_t index)
{
    hs_record_of_op r = {.op = {.kind = HS_OP_NOTE}};
    if (l->coming && index == l->to.count)
        r = (hs_record_of_op){.op = *l->coming, .variable = HS_NONE};
    else
        hs_session_record_before(l->lanes[0].session, l->to, index, &r);
    return r;
}

static uint64_t operations(const hs_lockstep *l)
{
    return l->to.count + (l->coming != NULL);
}

/* The variable of the same name. Its number may be another one: a leader that went back in time
 * keeps numbers for names that its lanes never had. */
static uint32_t same_variable(const hs_session *there, const hs_session *leader, uint32_t variable)
{
    const char *name = hs_client_name_of(leader->client, variable);
    return name ? hs_session_find_variable(there, name, strlen(name)) : HS_NONE;
}

/* The name that the leader gave to a request's result. NULL: none, or that of the pointer which
 * realloc was given. */
static const char *name_of_result(const hs_session *leader, const hs_record_of_op *r)
{
    if (r->op.kind != HS_OP_REQUEST) return NULL;
    bool own = r->op.request == HS_REALLOC && !r->op.name && r->op.p.variable == r->variable &&
               r->op.p.offset == 0;
    return own ? NULL : hs_client_name_of(leader->client, r->variable);
}

/* True if an option decides the layout of blocks, so that setting it starts a fresh heap. */
static bool is_layout(const char *option)
{
    const hs_allocator *a;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        for (size_t j = 0; j < a->option_count; j++)
            if (a->options[j].fresh && strcmp(a->options[j].name, option) == 0) return true;
    return false;
}

static bool is_fresh(const hs_op *op)
{
    bool starts = op->kind == HS_OP_ALLOCATOR || op->kind == HS_OP_HEAP ||
                  op->kind == HS_OP_RESET || (op->kind == HS_OP_SET && is_layout(op->name));
    return starts && !op->replay;
}

/* Perform something in place of an operation that a lane refused. An option that its allocator does
 * not have counts as no refusal; but where the leader starts a fresh heap, every lane does. */
static void stand_in(lane *c, const hs_op *refused)
{
    hs_problem ignored;
    const char *kept = hs_session_allocator_name(c->session); /* the one that the lane has */
    hs_op op = {.kind = HS_OP_NOTE, .p.variable = HS_NONE, .text = "refused", .text_length = 7};
    if (refused->kind == HS_OP_REQUEST && refused->name) {
        op = (hs_op){.kind = HS_OP_ASSIGN, .p.variable = HS_NONE, .name = refused->name};
    } else if (refused->kind == HS_OP_SET) {
        c->refusal[0] = 0;
        if (refused->replay || is_fresh(refused))
            op = (hs_op){.kind = HS_OP_ALLOCATOR, .name = kept, .replay = refused->replay};
    }
    hs_session_perform(c->session, &op, &ignored);
}

static bool perform_or_not(lane *c, const hs_op *op, bool seen, hs_problem *problem)
{
    bool good = seen ? hs_session_perform(c->session, op, problem)
                     : hs_session_perform_unseen(c->session, op, &c->came, problem);
    if (good && hs_works_on_heap(op)) c->unseen = !seen;
    return good;
}

/* Let a lane perform an operation of the leader; with `replay`, also the replay that the operation
 * asks for; with `seen`, so that its events are recorded, because somebody will look at them. */
static void perform_on(hs_lockstep *l, lane *c, const hs_record_of_op *r, bool replay, bool seen)
{
    const hs_session *leader = l->lanes[0].session;
    hs_op op = r->op;
    hs_problem problem;
    const char *name = name_of_result(leader, r);
    c->refusal[0] = 0;
    op.p.variable = same_variable(c->session, leader, op.p.variable);
    op.replay = op.replay && replay;
    if (op.kind == HS_OP_ALLOCATOR && c->name) op.name = c->name;
    if (name) op.name = name;
    if (perform_or_not(c, &op, seen, &problem) || l->stopped) return;
    snprintf(c->refusal, sizeof c->refusal, "%s%s%s", problem.what, problem.hint[0] ? "; " : "",
             problem.hint);
    stand_in(c, &op);
}

/* --- Parting -------------------------------------------------------------------------------- */

static hs_outcome outcome_of(const lane *c)
{
    hs_counts counts = hs_events_counts(hs_session_heap(c->session));
    if (c->refusal[0]) return (hs_outcome){.refused = true};
    if (c->unseen)
        return (hs_outcome){.result = c->came.result,
                            .splits = c->came.counts.splits,
                            .moved = c->came.counts.moved};
    return (hs_outcome){.result = hs_session_last(c->session)->result,
                        .splits = counts.splits,
                        .moved = counts.moved};
}

static bool same(hs_outcome a, hs_outcome b)
{
    return a.refused == b.refused && a.result == b.result && a.splits == b.splits &&
           a.moved == b.moved;
}

/* True if the lanes parted with the request that all of them have just performed. */
static bool compare(const lane *lanes, size_t count, uint64_t number, hs_parting *parting)
{
    *parting = (hs_parting){0};
    for (size_t i = 0; i < count; i++) {
        parting->outcomes[i] = outcome_of(&lanes[i]);
        if (!same(parting->outcomes[i], parting->outcomes[0])) parting->number = number;
    }
    return parting->number;
}

static bool is_replayed(const hs_op *op)
{
    return op->kind == HS_OP_REQUEST || op->kind == HS_OP_WRITE || op->kind == HS_OP_ASSIGN;
}

static const char parting_text[] = "looking where they part";

/* Perform the leader's operations once more, side by side, to find where they part. Requests count
 * from operation `from` on, the first on the present heap. Those before `replayed` were done again
 * by a replay, so what was set up to there holds for all of them. */
static void go_through(hs_lockstep *l, lane *lanes, uint64_t from, uint64_t replayed)
{
    uint64_t setting_up = from > replayed ? from : replayed, end = operations(l);
    for (uint64_t n = 0; n < setting_up && goes_on(l, parting_text, n, end); n++) {
        hs_record_of_op r = record_at(l, n);
        for (size_t i = 0; i < l->count && !is_replayed(&r.op); i++)
            perform_on(l, &lanes[i], &r, false, false);
    }
    for (uint64_t n = from; n < end && goes_on(l, parting_text, n, end); n++) {
        hs_record_of_op r = record_at(l, n);
        if (n < replayed && !is_replayed(&r.op)) continue;
        for (size_t i = 0; i < l->count; i++) perform_on(l, &lanes[i], &r, false, false);
        if (r.op.kind == HS_OP_REQUEST && compare(lanes, l->count, n + 1, &l->parting)) return;
    }
}

/* Find anew where they parted. */
static void find_parting(hs_lockstep *l)
{
    const hs_session *leader = l->lanes[0].session;
    lane lanes[HS_LANES] = {{0}};
    uint64_t from = 0, replayed = 0, end = operations(l);
    hs_problem ignored;
    bool good = true;
    l->parting = (hs_parting){0};
    for (uint64_t i = 0; i < end && goes_on(l, parting_text, i, end); i++) {
        hs_record_of_op r = record_at(l, i);
        if (is_fresh(&r.op)) from = i + 1;
        if (r.op.replay) replayed = i + 1;
    }
    if (from >= end) return;
    for (size_t i = 0; i < l->count && good; i++) {
        lanes[i].name = l->lanes[i].name;
        lanes[i].session = hs_session_beside(leader, lanes[i].name, &ignored);
        good = lanes[i].session != NULL;
    }
    if (good) go_through(l, lanes, from, replayed);
    l->news = l->parting.number;
    for (size_t i = 0; i < l->count; i++) hs_session_free(lanes[i].session);
}

/* --- Where the lanes stand ------------------------------------------------------------------ */

/* What leading the lanes changes, so that it can be put back. */
typedef struct {
    lane lanes[HS_LANES];
    hs_moment moments[HS_LANES], followed;
    hs_parting parting;
    bool news;
} standing;

static bool same_moment(hs_moment a, hs_moment b)
{
    return a.branch == b.branch && a.count == b.count;
}

static standing standing_of(const hs_lockstep *l)
{
    standing s = {.followed = l->followed, .parting = l->parting, .news = l->news};
    for (size_t i = 1; i < l->count; i++) {
        s.lanes[i] = l->lanes[i];
        if (l->lanes[i].session) s.moments[i] = hs_session_moment(l->lanes[i].session);
    }
    return s;
}

/* Lanes that were made anew take the place of the old ones. */
static void give_up_old(const hs_lockstep *l, const standing *was)
{
    for (size_t i = 1; i < l->count; i++)
        if (l->lanes[i].session != was->lanes[i].session) hs_session_free(was->lanes[i].session);
}

static void go_where_they_were(hs_lockstep *l, const standing *was)
{
    hs_problem ignored;
    for (size_t i = 1; i < l->count; i++) {
        const hs_session *old = was->lanes[i].session;
        if (l->lanes[i].session != old) hs_session_free(l->lanes[i].session);
        l->lanes[i] = was->lanes[i];
        if (!old || same_moment(hs_session_moment(old), was->moments[i])) continue;
        hs_session_go(l->lanes[i].session, was->moments[i], &ignored);
    }
    l->followed = was->followed;
    l->parting = was->parting;
    l->news = was->news;
}

/* --- Following ------------------------------------------------------------------------------ */

/* Make all lanes anew, before the first operation. */
static bool start_again(hs_lockstep *l, hs_problem *problem)
{
    const hs_session *leader = l->lanes[0].session;
    for (size_t i = 1; i < l->count; i++) {
        l->lanes[i].session = hs_session_beside(leader, l->lanes[i].name, problem);
        l->lanes[i].refusal[0] = 0;
        if (!l->lanes[i].session) return false;
    }
    return true;
}

static hs_moment step_down(const hs_session *leader, hs_moment m)
{
    hs_moment fork = hs_session_branch_fork(leader, m.branch);
    return (hs_moment){fork.branch, m.count < fork.count ? m.count : fork.count};
}

/* The operations that two moments have in common. A branch has a higher number than the one that it
 * left. */
static uint64_t common_operations(const hs_session *leader, hs_moment a, hs_moment b)
{
    while (a.branch != b.branch)
        if (a.branch > b.branch)
            a = step_down(leader, a);
        else
            b = step_down(leader, b);
    return a.count < b.count ? a.count : b.count;
}

/* Let the lanes go back. What came later on the same heap leaves no trace, but where another heap
 * was begun since, the parting on this one has to be found anew. */
static bool go_back(hs_lockstep *l, uint64_t count, bool *again)
{
    hs_problem ignored;
    for (uint64_t i = count; i < l->followed.count; i++) {
        hs_op op = {.kind = HS_OP_NOTE};
        hs_session_op(l->lanes[1].session, i, &op);
        *again |= is_fresh(&op) || op.replay;
    }
    if (l->parting.number > count) l->parting = (hs_parting){0};
    for (size_t i = 1; i < l->count; i++) {
        hs_session *s = l->lanes[i].session;
        l->lanes[i].refusal[0] = 0;
        if (!hs_session_go(s, (hs_moment){hs_session_moment(s).branch, count}, &ignored))
            return false;
    }
    return true;
}

/* Bring the lanes to the operation from which they go on. */
static bool go_to_common(hs_lockstep *l, uint64_t *from, bool *again, hs_problem *problem)
{
    const hs_session *leader = l->lanes[0].session;
    *from = l->lanes[1].session ? common_operations(leader, l->followed, l->to) : 0;
    if (l->lanes[1].session && *from == l->followed.count) return true;
    if (l->lanes[1].session && go_back(l, *from, again)) return true;
    *from = 0;
    *again = true;
    return !l->stopped && start_again(l, problem);
}

/* Let all lanes perform operation n; `alone`: the leader has done nothing since. */
static void follow_one(hs_lockstep *l, uint64_t n, bool seen, bool alone)
{
    hs_record_of_op r = record_at(l, n);
    for (size_t i = 1; i < l->count; i++) perform_on(l, &l->lanes[i], &r, true, seen);
    if (is_fresh(&r.op)) l->parting = (hs_parting){0};
    if (l->parting.number || r.op.kind != HS_OP_REQUEST || !alone) return;
    l->news |= compare(l->lanes, l->count, n + 1, &l->parting);
}

/* Somebody will look at the last request of each lane: from this operation on, events are
 * recorded. */
static uint64_t first_seen(const hs_lockstep *l, uint64_t from, uint64_t end)
{
    for (; end > from; end--) {
        hs_record_of_op r = record_at(l, end - 1);
        if (hs_works_on_heap(&r.op)) return end - 1;
    }
    return end;
}

/* Record the events of the last request; if that was refused, of the one before. */
static void look_at_last(hs_lockstep *l)
{
    hs_problem ignored;
    for (size_t i = 1; i < l->count; i++) {
        hs_session *s = l->lanes[i].session;
        if (!l->lanes[i].unseen) continue;
        hs_session_go(s, hs_session_moment(s), &ignored);
        l->lanes[i].unseen = false;
    }
}

static void tell_of_lanes(hs_lockstep *l, hs_progress progress)
{
    for (size_t i = 1; i < l->count; i++)
        if (l->lanes[i].session) hs_session_tell(l->lanes[i].session, progress, l);
}

/* Lead the lanes to a moment, where the leader stands (`there`) or will stand, and to the operation
 * that it will perform then. False when stopped, or with a problem: then the lanes stand
 * anywhere. */
static bool lead(hs_lockstep *l, bool there, hs_problem *problem)
{
    uint64_t from, end = operations(l);
    bool again = false; /* look for the parting once more */
    tell_of_lanes(l, tell);
    bool good = go_to_common(l, &from, &again, problem);
    if (good) tell_of_lanes(l, tell); /* they may be new */
    bool alone = there && end == from + 1;
    uint64_t seen = good ? first_seen(l, from, end) : 0;
    for (uint64_t i = from; i < end && good && goes_on(l, "side by side", i, end); i++) {
        hs_record_of_op r = record_at(l, i);
        again |= r.op.replay || !alone;
        follow_one(l, i, i >= seen, alone);
    }
    if (good && !l->stopped) look_at_last(l);
    if (good && again && !l->stopped) find_parting(l);
    tell_of_lanes(l, NULL);
    hs_session_is_over(l->lanes[0].session);
    if (l->stopped) return hs_was_stopped(problem);
    return good;
}

/* The same, telling of progress. */
static bool lead_told(hs_lockstep *l, hs_moment to, const hs_op *coming, hs_problem *problem)
{
    l->to = to;
    l->coming = coming;
    l->told = true;
    l->stopped = false;
    bool good = lead(l, false, problem);
    l->told = false;
    l->coming = NULL;
    return good;
}

/* The leader has arrived where the lanes were led to, or, not `good`, it has not, and they go
 * back. */
static bool settle(hs_lockstep *l, const standing *was, bool good)
{
    if (good)
        give_up_old(l, was);
    else
        go_where_they_were(l, was);
    if (good) l->followed = hs_session_moment(l->lanes[0].session);
    return good;
}

void hs_lockstep_follow(hs_lockstep *l)
{
    HS_ENTER((void)0, );
    hs_problem ignored;
    hs_moment to = hs_session_moment(l->lanes[0].session);
    if (l->told || same_moment(to, l->followed)) return;
    standing was = standing_of(l);
    l->to = to;
    l->stopped = false;
    settle(l, &was, lead(l, true, &ignored));
}

bool hs_lockstep_perform(hs_lockstep *l, const hs_op *op, hs_problem *problem)
{
    HS_ENTER(hs_no_memory(problem), false);
    hs_session *leader = l->lanes[0].session;
    hs_lockstep_follow(l);
    if (!op->replay) {
        bool good = hs_session_perform(leader, op, problem);
        hs_lockstep_follow(l);
        return good;
    }
    standing was = standing_of(l);
    bool good = lead_told(l, hs_session_moment(leader), op, problem) &&
                hs_session_perform(leader, op, problem);
    return settle(l, &was, good);
}

/* True if the leader performs just one request more. Then it may go first. */
static bool is_next(const hs_lockstep *l, hs_moment to)
{
    hs_op op = {.kind = HS_OP_NOTE};
    hs_record_of_op r;
    const hs_session *leader = l->lanes[0].session;
    if (to.count != l->followed.count + 1) return false;
    if (hs_session_record_before(leader, to, to.count - 1, &r)) op = r.op;
    return !op.replay && common_operations(leader, l->followed, to) == l->followed.count;
}

bool hs_lockstep_go(hs_lockstep *l, hs_moment to, hs_problem *problem)
{
    HS_ENTER(hs_no_memory(problem), false);
    hs_session *leader = l->lanes[0].session;
    hs_lockstep_follow(l);
    if (is_next(l, to)) {
        bool good = hs_session_go(leader, to, problem);
        hs_lockstep_follow(l);
        return good;
    }
    standing was = standing_of(l);
    bool good = lead_told(l, to, NULL, problem) && hs_session_go(leader, to, problem);
    return settle(l, &was, good);
}

/* --- Life ----------------------------------------------------------------------------------- */

static bool name_lanes(hs_lockstep *l, const char *const *names, size_t count, hs_problem *problem)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(names[i], names[j]) != 0) continue;
            *problem = (hs_problem){.operand = HS_OPERAND_NAME};
            snprintf(problem->what, sizeof problem->what, "%s stands there twice", names[i]);
            snprintf(problem->hint, sizeof problem->hint, "name allocators that differ");
            return false;
        }
        l->names[i] = hs_copy(names[i]);
        if (i) l->lanes[i].name = l->names[i];
    }
    l->count = count;
    return true;
}

hs_lockstep *hs_lockstep_new(hs_session *leader, const char *const *names, size_t count,
                             hs_problem *problem)
{
    HS_ENTER(hs_no_memory(problem), NULL);
    hs_lockstep *l = hs_new(1, sizeof *l);
    l->lanes[0].session = leader;
    hs_op first = {.kind = HS_OP_ALLOCATOR, .name = names[0], .replay = true};
    bool other = strcmp(hs_session_allocator_name(leader), names[0]) != 0;
    bool good = name_lanes(l, names, count, problem) &&
                lead_told(l, hs_session_moment(leader), other ? &first : NULL, problem) &&
                (!other || hs_session_perform(leader, &first, problem));
    l->followed = hs_session_moment(leader);
    if (good) return l;
    hs_lockstep_free(l);
    return NULL;
}

void hs_lockstep_free(hs_lockstep *l)
{
    if (!l) return;
    for (size_t i = 1; i < HS_LANES; i++) hs_session_free(l->lanes[i].session);
    for (size_t i = 0; i < HS_LANES; i++) free(l->names[i]);
    free(l);
}

/* --- Looking at it -------------------------------------------------------------------------- */

size_t hs_lockstep_count(const hs_lockstep *l)
{
    return l->count;
}

const hs_session *hs_lockstep_lane(const hs_lockstep *l, size_t i)
{
    return i < l->count ? l->lanes[i].session : NULL;
}

const char *hs_lockstep_refusal(const hs_lockstep *l, size_t i)
{
    return i < l->count && l->lanes[i].refusal[0] ? l->lanes[i].refusal : NULL;
}

const hs_parting *hs_lockstep_parting(const hs_lockstep *l)
{
    return &l->parting;
}

bool hs_lockstep_has_news(hs_lockstep *l)
{
    bool news = l->news;
    l->news = false;
    return news;
}

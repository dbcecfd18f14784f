/* Lockstep. A companion is led by operations alone; of the leader only its operations and the names
 * of its variables are read.
 *
 * Invariant: a companion has as many operations as the leader has followed. What it refuses, it
 * replaces by one that changes nothing else: the name of the result becomes NULL, or a note. */
#include <heapscope/lockstep.h>

#include "heap/array.h"
#include "model/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    hs_session *session;
    const char *name; /* of the allocator that a companion keeps; NULL for the leader's own lane */
    char refusal[sizeof(hs_problem)];
} lane;

struct hs_lockstep {
    lane lanes[HS_LANES]; /* the first one is the leader, whose session is not ours */
    char names[HS_LANES][32];
    size_t count;
    hs_moment followed; /* where the leader was when the companions had caught up with it */
    hs_parting parting;
    bool news;
};

/* --- One operation -------------------------------------------------------------------------- */

static hs_op op_at(const hs_session *s, uint64_t index)
{
    hs_op op = {.kind = HS_OP_NOTE};
    hs_session_op(s, index, &op);
    return op;
}

/* The variable of the same name. Numbers may differ: a leader that went back in time keeps numbers
 * for names that its companions never had. */
static uint32_t same_variable(const hs_session *there, const hs_session *leader, uint32_t variable)
{
    const char *name = hs_client_name_of(leader->client, variable);
    return name ? hs_session_find_variable(there, name, strlen(name)) : HS_NONE;
}

/* The name that the leader gave to a request's result. NULL: none, or that of the pointer which
 * realloc was given. */
static const char *name_of_result(const hs_session *leader, uint64_t index)
{
    hs_record_of_op r;
    if (!hs_session_record(leader, index, &r) || r.op.kind != HS_OP_REQUEST) return NULL;
    bool own = r.op.request == HS_REALLOC && !r.op.name && r.op.p.variable == r.variable &&
               r.op.p.offset == 0;
    return own ? NULL : hs_client_name_of(leader->client, r.variable);
}

/* Does an option decide the layout of blocks, so that setting it starts a fresh heap? */
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

/* In place of an operation that a lane refused. An option that its allocator does not have is no
 * refusal; but where the leader starts a fresh heap, so do all. */
static void stand_in(lane *c, const hs_op *refused)
{
    hs_problem ignored;
    hs_op op = {.kind = HS_OP_NOTE, .p.variable = HS_NONE, .text = "refused", .text_length = 7};
    if (refused->kind == HS_OP_REQUEST && refused->name) {
        op = (hs_op){.kind = HS_OP_ASSIGN, .p.variable = HS_NONE, .name = refused->name};
    } else if (refused->kind == HS_OP_SET) {
        c->refusal[0] = 0;
        if (refused->replay || is_fresh(refused))
            op = (hs_op){.kind = HS_OP_ALLOCATOR, .name = c->name, .replay = refused->replay};
    }
    hs_session_perform(c->session, &op, &ignored);
}

/* Let a lane do what operation `index` of the leader says; with its replay, if it says so. */
static void perform_on(lane *c, const hs_session *leader, uint64_t index, bool replay)
{
    hs_op op = op_at(leader, index);
    hs_problem problem;
    const char *name = name_of_result(leader, index);
    c->refusal[0] = 0;
    op.p.variable = same_variable(c->session, leader, op.p.variable);
    op.replay = op.replay && replay;
    if (op.kind == HS_OP_ALLOCATOR && c->name) op.name = c->name;
    if (name) op.name = name;
    if (hs_session_perform(c->session, &op, &problem)) return;
    snprintf(c->refusal, sizeof c->refusal, "%s%s%s", problem.what, problem.hint[0] ? "; " : "",
             problem.hint);
    stand_in(c, &op);
}

/* --- Parting -------------------------------------------------------------------------------- */

static hs_outcome outcome_of(const lane *c)
{
    hs_counts counts = hs_events_counts(hs_session_heap(c->session));
    if (c->refusal[0]) return (hs_outcome){.refused = true};
    return (hs_outcome){.result = hs_session_last(c->session)->result,
                        .splits = counts.splits,
                        .moved = counts.moved};
}

static bool same(hs_outcome a, hs_outcome b)
{
    return a.refused == b.refused && a.result == b.result && a.splits == b.splits &&
           a.moved == b.moved;
}

/* Did the lanes part with the request that all of them just performed? */
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

/* Go through it all once more, side by side. Requests count from operation `from` on, the first on
 * the heap as it is; those before `replayed` were done again by a replay, so what was set up to
 * then holds for all of them. */
static void go_through(hs_lockstep *l, lane *lanes, uint64_t from, uint64_t replayed)
{
    const hs_session *leader = l->lanes[0].session;
    uint64_t setting_up = from > replayed ? from : replayed;
    for (uint64_t n = 0; n < setting_up; n++) {
        hs_op op = op_at(leader, n);
        for (size_t i = 0; i < l->count && !is_replayed(&op); i++)
            perform_on(&lanes[i], leader, n, false);
    }
    for (uint64_t n = from; n < l->followed.count; n++) {
        hs_op op = op_at(leader, n);
        if (n < replayed && !is_replayed(&op)) continue;
        for (size_t i = 0; i < l->count; i++) perform_on(&lanes[i], leader, n, false);
        if (op.kind == HS_OP_REQUEST && compare(lanes, l->count, n + 1, &l->parting)) return;
    }
}

/* Where they parted, found anew. */
static void find_parting(hs_lockstep *l)
{
    const hs_session *leader = l->lanes[0].session;
    lane lanes[HS_LANES] = {{0}};
    uint64_t from = 0, replayed = 0;
    hs_problem ignored;
    bool good = true;
    l->parting = (hs_parting){0};
    for (uint64_t i = 0; i < l->followed.count; i++) {
        hs_op op = op_at(leader, i);
        if (is_fresh(&op)) from = i + 1;
        if (op.replay) replayed = i + 1;
    }
    if (from >= l->followed.count) return;
    for (size_t i = 0; i < l->count && good; i++) {
        lanes[i].name = l->lanes[i].name;
        lanes[i].session = hs_session_beside(leader, lanes[i].name, &ignored);
        good = lanes[i].session != NULL;
    }
    if (good) go_through(l, lanes, from, replayed);
    l->news = l->parting.number;
    for (size_t i = 0; i < l->count; i++) hs_session_free(lanes[i].session);
}

/* --- Following ------------------------------------------------------------------------------ */

/* All companions anew, up to where the leader is. */
static bool start_again(hs_lockstep *l, hs_problem *problem)
{
    const hs_session *leader = l->lanes[0].session;
    for (size_t i = 1; i < l->count; i++) {
        hs_session *s = hs_session_beside(leader, l->lanes[i].name, problem);
        if (!s) return false;
        hs_session_free(l->lanes[i].session);
        l->lanes[i].session = s;
        for (uint64_t n = 0; n < hs_session_op_count(leader); n++)
            perform_on(&l->lanes[i], leader, n, true);
        l->lanes[i].refusal[0] = 0;
    }
    l->followed = hs_session_moment(leader);
    find_parting(l);
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

/* The leader went back: so do the companions. What came later on the same heap leaves no trace; but
 * where another heap was begun since, the parting on this one has to be found anew. */
static bool go_back(hs_lockstep *l, uint64_t count, bool *again)
{
    hs_problem ignored;
    for (uint64_t i = count; i < l->followed.count; i++) {
        hs_op op = op_at(l->lanes[1].session, i);
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

/* Follow operation `index`; `alone`: the leader has done nothing since. */
static void follow_one(hs_lockstep *l, uint64_t index, bool alone)
{
    const hs_session *leader = l->lanes[0].session;
    hs_op op = op_at(leader, index);
    for (size_t i = 1; i < l->count; i++) perform_on(&l->lanes[i], leader, index, true);
    if (is_fresh(&op)) l->parting = (hs_parting){0};
    if (l->parting.number || op.kind != HS_OP_REQUEST || !alone) return;
    l->news |= compare(l->lanes, l->count, index + 1, &l->parting);
}

void hs_lockstep_follow(hs_lockstep *l)
{
    const hs_session *leader = l->lanes[0].session;
    hs_moment to = hs_session_moment(leader);
    bool again = false; /* look for the parting once more */
    hs_problem ignored;
    if (to.branch == l->followed.branch && to.count == l->followed.count) return;
    uint64_t from = common_operations(leader, l->followed, to);
    if (from < l->followed.count && !go_back(l, from, &again)) {
        start_again(l, &ignored);
        return;
    }
    for (uint64_t i = from; i < to.count; i++) {
        again |= op_at(leader, i).replay || to.count > from + 1;
        follow_one(l, i, to.count == from + 1);
    }
    l->followed = to;
    if (again) find_parting(l);
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
        snprintf(l->names[i], sizeof l->names[i], "%s", names[i]);
        if (i) l->lanes[i].name = l->names[i];
    }
    l->count = count;
    return true;
}

hs_lockstep *hs_lockstep_new(hs_session *leader, const char *const *names, size_t count,
                             hs_problem *problem)
{
    hs_lockstep *l = hs_new(1, sizeof *l);
    l->lanes[0].session = leader;
    hs_op first = {.kind = HS_OP_ALLOCATOR, .name = names[0], .replay = true};
    bool good = name_lanes(l, names, count, problem);
    if (good && strcmp(hs_session_allocator_name(leader), names[0]) != 0)
        good = hs_session_perform(leader, &first, problem);
    if (good && start_again(l, problem)) return l;
    hs_lockstep_free(l);
    return NULL;
}

void hs_lockstep_free(hs_lockstep *l)
{
    if (!l) return;
    for (size_t i = 1; i < HS_LANES; i++) hs_session_free(l->lanes[i].session);
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

/* SPDX-License-Identifier: MIT */
/* Searches. What a request asks for is read off the chronicle, in either direction. What comes of
 * one is seen when it is performed; but checkpoints tell what came of all before them, so that only
 * the requests between two of them are, and those behind the last one. */
#include <heapscope/search.h>

#include "base/memory.h"
#include "model/session/session.h"

#include <stdlib.h>

struct hs_finder {
    const hs_session *session;
    hs_search search;
    uint64_t from, at, end; /* operations: where it began, and where it is; backwards, `at` falls */
    hs_session *walker;     /* NULL: the chronicle is enough */
    bool last;              /* the last one on the way to the end is wanted, else the first */
    uint64_t most;          /* the most there was before the place that is looked for */
    uint64_t work;          /* work that the walker may do before the clock is looked at again */
    uint64_t found;
    bool over;
};

static bool is_performed(hs_find_kind kind)
{
    return kind >= HS_FIND_MOVED;
}

static bool is_peak(hs_find_kind kind)
{
    return kind == HS_FIND_PEAK || kind == HS_FIND_WASTE;
}

static hs_outcome_kind outcome_of(hs_find_kind kind)
{
    static const hs_outcome_kind outcomes[] = {[HS_FIND_MOVED] = HS_OUTCOME_MOVED,
                                               [HS_FIND_GROWTH] = HS_OUTCOME_GROWTH,
                                               [HS_FIND_FAILED] = HS_OUTCOME_FAILED,
                                               [HS_FIND_PEAK] = HS_OUTCOME_PEAK,
                                               [HS_FIND_WASTE] = HS_OUTCOME_WASTE};
    return outcomes[kind];
}

/* Begin at the last checkpoint that may lead to it. */
static bool set_out(hs_finder *f, uint64_t most, hs_problem *problem)
{
    hs_moment end = {f->session->at.branch, f->end};
    hs_session_free(f->walker);
    f->walker = hs_session_travels_from(f->session, end, outcome_of(f->search.kind), most, problem);
    if (!f->walker) return false;
    f->most = f->last ? f->walker->is.outcomes.of[outcome_of(f->search.kind)] : most;
    f->from = f->at = f->walker->at.count;
    return true;
}

hs_finder *hs_finder_new(const hs_session *s, const hs_search *search, hs_problem *problem)
{
    HS_ENTER_SESSION(s, problem, NULL);
    hs_moment now = hs_session_moment(s);
    uint64_t count = hs_session_branch_count(s, now.branch);
    bool all = is_peak(search->kind);
    hs_finder *f = hs_new(1, sizeof *f);
    *f = (hs_finder){.session = s, .search = *search, .from = now.count, .end = count};
    f->last = all || search->back;
    if (search->back && !all) f->end = now.count ? now.count - 1 : 0;
    if (search->back) f->from = f->end;
    f->at = f->from;
    if (!is_performed(search->kind)) return f;
    uint64_t most = f->last ? UINT64_MAX : s->is.outcomes.of[outcome_of(search->kind)];
    if (set_out(f, most, problem)) return f;
    free(f);
    return NULL;
}

void hs_finder_free(hs_finder *f)
{
    if (!f) return;
    hs_session_free(f->walker);
    free(f);
}

/* --- What is asked for ---------------------------------------------------------------------- */

static bool compares(uint64_t a, hs_compare how, uint64_t b)
{
    switch (how) {
    case HS_LESS: return a < b;
    case HS_LESS_EQUAL: return a <= b;
    case HS_EQUAL: return a == b;
    case HS_MORE_EQUAL: return a >= b;
    case HS_MORE: return a > b;
    case HS_UNEQUAL: return a != b;
    }
    return false;
}

static uint64_t size_of(const hs_op *op)
{
    uint64_t bytes;
    if (op->request != HS_CALLOC) return op->a;
    return __builtin_mul_overflow(op->a, op->b, &bytes) ? UINT64_MAX : bytes;
}

static bool asks_for_it(const hs_search *f, const hs_record_of_op *r)
{
    if (r->op.kind != HS_OP_REQUEST) return false;
    switch (f->kind) {
    case HS_FIND_SIZE:
        return r->op.request != HS_FREE && compares(size_of(&r->op), f->compare, f->value);
    case HS_FIND_REQUEST: return r->op.request == (hs_request)f->value;
    case HS_FIND_VARIABLE: return r->op.p.variable == f->value || r->variable == f->value;
    default: return false;
    }
}

static bool look_at(hs_finder *f, uint64_t index)
{
    hs_record_of_op r;
    bool named;
    const hs_session *s = f->session;
    if (!hs_chronicle_get(s->chronicle, s->at.branch, index, &r, &named)) return false;
    if (!asks_for_it(&f->search, &r)) return false;
    f->found = index + 1;
    return true;
}

static void read_on(hs_finder *f, uint64_t operations)
{
    uint64_t i = 0;
    if (f->search.back)
        for (; i < operations && f->at > 0 && !f->found; i++) look_at(f, --f->at);
    else
        for (; i < operations && f->at < f->end && !f->found; i++) look_at(f, f->at++);
    f->over = f->found || f->at == (f->search.back ? 0 : f->end);
}

/* --- What comes of it ----------------------------------------------------------------------- */

static bool look(void *of, const hs_session *s)
{
    hs_finder *f = of;
    uint64_t value = s->is.outcomes.of[outcome_of(f->search.kind)];
    bool more = value > f->most;
    if (more) f->found = s->at.count;
    if (more && !f->last) return true;
    if (more) f->most = value;
    return s->work >= f->work;
}

/* What is wanted, the last one on the way to the end, is not behind the last checkpoint. So it is
 * the first that brought the outcome to what the checkpoint has. */
static void go_back(hs_finder *f)
{
    hs_problem ignored;
    f->last = false;
    f->over = !f->most || !set_out(f, f->most - 1, &ignored);
}

static void perform_on(hs_finder *f, uint64_t operations)
{
    uint64_t to = f->end - f->at > operations ? f->at + operations : f->end;
    f->work = f->walker->work + operations;
    hs_session_pass_watched(f->walker, to, &(hs_watcher){look, f});
    f->at = hs_session_moment(f->walker).count;
    if (!f->last)
        f->over = f->found || f->at >= f->end;
    else if (f->at >= f->end && f->found)
        f->over = true;
    else if (f->at >= f->end)
        go_back(f);
}

/* -------------------------------------------------------------------------------------------- */

bool hs_finder_go_on(hs_finder *f, uint64_t operations)
{
    if (f->over) return true;
    if (f->walker)
        perform_on(f, operations);
    else
        read_on(f, operations);
    return f->over;
}

uint64_t hs_finder_done(const hs_finder *f, uint64_t *of)
{
    bool falls = f->search.back && !f->walker;
    *of = falls ? f->from : f->end - f->from;
    return falls ? f->from - f->at : f->at - f->from;
}

uint64_t hs_finder_found(const hs_finder *f)
{
    return f->over ? f->found : 0;
}

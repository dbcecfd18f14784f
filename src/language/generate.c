/* SPDX-License-Identifier: MIT */
/* The command `generate`: a workload that is performed in the session, request by request. */
#include "language/running.h"

#include "base/memory.h"
#include "language/workload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Performs requests as they are made. */
typedef struct {
    hs_interpreter *in;
    const hs_statement *statement;
    uint32_t *variables; /* the variable of each id */
    size_t capacity;
    uint64_t done;
    bool failed;
} player;

static hs_op op_of(const hs_trace_op *t, uint32_t variable)
{
    hs_op op = {.kind = HS_OP_REQUEST,
                .request = (hs_request)t->kind,
                .p.variable = variable,
                .a = t->size};
    if (t->kind == HS_CALLOC) op.b = t->other;
    if (t->kind == HS_ALIGNED_ALLOC) op.b = (uint64_t)1 << t->other;
    return op;
}

/* Perform a request. A block that the heap had no room for is neither resized nor freed. */
static bool perform(player *p, const hs_trace_op *t)
{
    bool has_block = t->kind == HS_REALLOC || t->kind == HS_FREE;
    hs_op op = op_of(t, has_block ? p->variables[t->id] : HS_NONE);
    if (has_block && op.p.variable == HS_NONE) return true;
    if (!hs_perform(p->in, p->statement, &op)) return false;
    const hs_last *last = hs_session_last(p->in->session);
    p->variables = hs_array_reserve(p->variables, &p->capacity, t->id + 1u, sizeof *p->variables);
    if (!has_block) p->variables[t->id] = last->result ? last->variable : HS_NONE;
    return true;
}

static bool take(void *of, const hs_trace_op *t)
{
    player *p = of;
    if (hs_interrupted(p->in)) return false;
    p->failed = !perform(p, t);
    p->done += !p->failed;
    p->in->work.done++;
    return !p->failed;
}

static bool perform_all(hs_interpreter *in, const hs_statement *s, const hs_workload *w)
{
    hs_totals before = *hs_session_totals(in->session);
    player p = {.in = in, .statement = s};
    char how[96];
    if (!hs_begin_work(in, s->head, hs_workload_requests(w))) return false;
    in->inside++;
    hs_generate_for(w->phases, w->count, w->rounds, w->seed, take, &p);
    in->inside--;
    hs_end_work(in);
    free(p.variables);
    bool stopped = p.failed || in->stopped;
    snprintf(how, sizeof how, "%s %" PRIu64 " of %" PRIu64 ", seed %" PRIu64,
             stopped ? "generated, stopped after" : "generated", p.done,
             stopped ? hs_workload_requests(w) : p.done, w->seed);
    hs_tell_many(in, before, how);
    return !p.failed;
}

bool hs_run_generate(hs_interpreter *in, const hs_statement *s)
{
    const hs_argument *a = &s->arguments[0];
    hs_workload w = hs_workload_small();
    hs_complaint c;
    size_t count = 0;
    hs_span *words = NULL;
    if (a->present)
        words = hs_workload_words(in->program->source, a->where.start, a->where.end, &count);
    bool good = hs_workload_read(&w, in->program->source, words, count, &c) || hs_fail_with(in, &c);
    free(words);
    good = good && perform_all(in, s, &w);
    hs_workload_free(&w);
    return good;
}

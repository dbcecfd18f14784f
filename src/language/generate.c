/* The command `generate`: a workload that is performed in the session, request by request. */
#include "language/running.h"

#include "heap/array.h"
#include "language/workload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A request of the trace as an operation. The variables are those that its ids have come to. */
static hs_op op_of(const hs_trace_op *t, const uint32_t *variables)
{
    bool has_block = t->kind == HS_REALLOC || t->kind == HS_FREE;
    hs_op op = {.kind = HS_OP_REQUEST,
                .request = (hs_request)t->kind,
                .p.variable = has_block ? variables[t->id] : HS_NONE,
                .a = t->size};
    if (t->kind == HS_CALLOC) op.b = t->other;
    if (t->kind == HS_ALIGNED_ALLOC) op.b = (uint64_t)1 << t->other;
    return op;
}

/* A block that the heap had no room for is neither grown nor freed. */
static bool perform(hs_interpreter *in, const hs_statement *s, const hs_trace_op *t,
                    uint32_t *variables)
{
    hs_op op = op_of(t, variables);
    bool has_block = t->kind == HS_REALLOC || t->kind == HS_FREE;
    if (has_block && variables[t->id] == HS_NONE) return true;
    if (!hs_perform(in, s, &op)) return false;
    const hs_last *last = hs_session_last(in->session);
    if (!has_block) variables[t->id] = last->result ? last->variable : HS_NONE;
    return true;
}

static bool perform_all(hs_interpreter *in, const hs_statement *s, const hs_workload *w)
{
    hs_totals before = *hs_session_totals(in->session);
    hs_trace *trace = hs_workload_generate(w);
    uint32_t *variables = hs_new(hs_trace_ids(trace), sizeof *variables);
    const hs_trace_op *ops = hs_trace_ops(trace);
    uint64_t done = 0, n = hs_trace_count(trace);
    bool good = true;
    char how[96];
    in->inside++;
    for (; done < n && good && !hs_interrupted(in); done += good)
        good = perform(in, s, &ops[done], variables);
    in->inside--;
    free(variables);
    hs_trace_free(trace);
    snprintf(how, sizeof how, "%s %" PRIu64 " of %" PRIu64 ", seed %" PRIu64,
             done < n ? "generated, stopped after" : "generated", done, n, w->seed);
    hs_tell_many(in, before, how);
    return good;
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

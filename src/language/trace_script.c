/* SPDX-License-Identifier: MIT */
/* A script is run once for its operations; these are then performed one by one on a second session,
 * whose answers say which blocks they are about. An address becomes the id of the variable that the
 * block went to first, or, when that one has a live block already, an id of its own. */
#include "language/trace_script.h"

#include "base/memory.h"
#include "language/interpreter.h"
#include "model/client/address_index.h"
#include "model/session/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    hs_trace *trace;
    hs_index *live; /* ids by address */
    bool *used;     /* whether each id holds a block */
    size_t ids, capacity;
} recording;

typedef struct {
    const hs_trace_reading *reading;
    char *error;
    size_t room;
} listening;

/* --- Running -------------------------------------------------------------------------------- */

static void say(void *context, hs_voice voice, const char *text)
{
    listening *l = context;
    if (voice != HS_SAY_ERROR || l->error[0]) return;
    snprintf(l->error, l->room, "%.*s", (int)strcspn(text, "\n"), text);
}

static void show(void *context, const hs_picture *picture, const hs_subject *of)
{
    (void)context, (void)picture, (void)of;
}

static void performed(void *context, const char *summary)
{
    (void)context, (void)summary;
}

static bool interrupted(void *context)
{
    const listening *l = context;
    const hs_trace_reading *r = l->reading;
    if (!r->progress || r->progress(r->of, 0, 0)) return false;
    snprintf(l->error, l->room, "stopped");
    return true;
}

/* A session on which the script has run; NULL with an error. */
static hs_session *run(const char *name, const char *text, size_t length, listening *l)
{
    hs_problem problem;
    hs_heap_config heap = {HS_HEAP_INITIAL, HS_HEAP_MAXIMUM};
    hs_session *s = hs_session_new(hs_allocator_usual(), &heap, &problem);
    if (!s) return snprintf(l->error, l->room, "%s", problem.what), NULL;
    hs_listener listener = {
        .context = l, .say = say, .show = show, .performed = performed, .interrupted = interrupted};
    hs_interpreter *in = hs_interpreter_new(s, &listener);
    hs_interpreter_come_by(in, HS_WAY_TRACE);
    hs_interpreter_run(in, name, 1, text, length);
    bool good = hs_interpreter_failures(in) == 0 && !l->error[0];
    hs_interpreter_free(in);
    if (good) return s;
    hs_session_free(s);
    return NULL;
}

/* --- Recording ------------------------------------------------------------------------------ */

static void use(recording *r, uint32_t id, bool used)
{
    r->used = hs_array_reserve(r->used, &r->capacity, id + (size_t)1, sizeof *r->used);
    while (r->ids <= id) r->used[r->ids++] = false;
    r->used[id] = used;
}

/* An id for a new block of a variable. */
static uint32_t id_for(recording *r, uint32_t variable)
{
    uint32_t id = variable;
    if (id == HS_NONE || (id < r->ids && r->used[id])) id = (uint32_t)r->ids;
    use(r, id, true);
    return id;
}

/* The id of the block at an address, which is not live any more. */
static bool take(recording *r, hs_addr at, uint32_t *id)
{
    if (!at || !hs_index_at(r->live, at, id)) return false;
    hs_index_remove(r->live, at);
    return true;
}

static void record_free(recording *r, hs_addr p)
{
    uint32_t id = HS_TRACE_NULL;
    if (p && !take(r, p, &id)) return; /* an allowed misuse: no block starts there */
    if (p) use(r, id, false);
    hs_trace_add(r->trace, (hs_trace_op){.kind = HS_FREE, .id = id});
}

static void record_realloc(recording *r, const hs_last *last)
{
    uint32_t id;
    bool held = take(r, last->old_value, &id);
    if (!held && last->old_value) return;
    if (!held) id = id_for(r, last->variable);
    hs_trace_add(r->trace, (hs_trace_op){.kind = HS_REALLOC, .id = id, .size = last->op.a});
    bool frees = held && !last->op.a;
    hs_addr now = last->result || frees ? last->result : last->old_value;
    use(r, id, now != HS_NULL);
    if (now) hs_index_put(r->live, now, id);
}

static void record_allocation(recording *r, const hs_last *last)
{
    hs_trace_op op = {.kind = (unsigned)last->op.request & 7, .size = last->op.a};
    op.id = id_for(r, last->variable);
    if (op.kind == HS_ALIGNED_ALLOC && last->op.b)
        op.other = (unsigned)__builtin_ctzll(last->op.b) & HS_TRACE_OTHER_MOST;
    if (op.kind == HS_CALLOC)
        op.other = (last->op.b < HS_TRACE_OTHER_MOST ? (uint32_t)last->op.b : HS_TRACE_OTHER_MOST) &
                   HS_TRACE_OTHER_MOST;
    hs_trace_add(r->trace, op);
    use(r, op.id, last->result != HS_NULL);
    if (last->result) hs_index_put(r->live, last->result, op.id);
}

/* Record that everything live has gone with its heap. */
static void record_fresh_heap(recording *r)
{
    for (uint32_t id = 0; id < r->ids; id++)
        if (r->used[id]) hs_trace_add(r->trace, (hs_trace_op){.kind = HS_FREE, .id = id});
    for (size_t id = 0; id < r->ids; id++) r->used[id] = false;
    hs_index_clear(r->live);
}

static void record_request(recording *r, const hs_last *last)
{
    uint32_t id;
    if (last->result && last->result != last->old_value && take(r, last->result, &id))
        use(r, id, false); /* a broken heap handed it out twice */
    switch (last->op.request) {
    case HS_FREE: record_free(r, last->old_value); break;
    case HS_REALLOC: record_realloc(r, last); break;
    default: record_allocation(r, last); break;
    }
}

/* Translate an operation for the second session, whose variables may have other numbers. */
static hs_op translate(const hs_session *from, const hs_session *to, const hs_record_of_op *r)
{
    hs_op op = r->op;
    const char *pointer = hs_client_name_of(from->client, op.p.variable);
    const char *result = hs_client_name_of(from->client, r->variable);
    bool own = op.request == HS_REALLOC && op.p.variable == r->variable && op.p.offset == 0;
    if (pointer) op.p.variable = hs_session_find_variable(to, pointer, strlen(pointer));
    if (op.kind == HS_OP_REQUEST && !op.name && result && !own) op.name = result;
    return op;
}

/* Perform the operation on the second session. A replay changes nothing about the requests. */
static void record(recording *r, const hs_session *from, hs_session *s, const hs_record_of_op *o)
{
    hs_problem ignored;
    hs_op op = translate(from, s, o);
    uint64_t first = s->is.first_on_heap;
    if (op.replay || !hs_session_perform(s, &op, &ignored)) return;
    if (op.kind == HS_OP_REQUEST)
        record_request(r, hs_session_last(s));
    else if (s->is.first_on_heap != first)
        record_fresh_heap(r);
}

static void name_ids(recording *r, const hs_session *s)
{
    char usual[16];
    for (uint32_t id = 0; id < hs_trace_ids(r->trace); id++) {
        if (id >= hs_session_variable_count(s)) return;
        const char *name = hs_session_variable(s, id)->name;
        snprintf(usual, sizeof usual, "p%" PRIu32, id);
        if (strcmp(name, usual) != 0) hs_trace_give_name(r->trace, id, name);
    }
}

hs_trace *hs_trace_of_script(const hs_trace_reading *reading, const char *name, const char *text,
                             size_t length, char *error, size_t room)
{
    listening l = {reading, error, room};
    hs_problem problem;
    error[0] = 0;
    hs_session *s = run(name, text, length, &l);
    hs_session *again = s ? hs_session_beside(s, NULL, &problem) : NULL;
    if (s && !again) snprintf(error, room, "%s", problem.what);
    recording r = {.trace = hs_trace_new(), .live = hs_index_new()};
    hs_record_of_op op;
    for (uint64_t i = 0; again && hs_session_record(s, i, &op); i++) record(&r, s, again, &op);
    if (again) name_ids(&r, again);
    hs_session_free(again);
    hs_session_free(s);
    hs_index_free(r.live);
    free(r.used);
    if (again) return r.trace;
    if (!error[0]) snprintf(error, room, "%s: it can not be run", name);
    hs_trace_free(r.trace);
    return NULL;
}

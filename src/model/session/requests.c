/* SPDX-License-Identifier: MIT */
/* Requests to the allocator: performed, and settled with what the client holds; what changed in the
 * heap and what it cost is read off the events. */
#include "model/session/session.h"
#include "model/session/totals.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* --- Changes: what is shown ------------------------------------------------------------------ */

void hs_session_touch(hs_session *s, hs_addr from, hs_addr to)
{
    if (to <= from) return;
    s->changes =
        hs_array_reserve(s->changes, &s->change_capacity, s->change_count + 1, sizeof *s->changes);
    s->changes[s->change_count++] = (hs_change){from, to};
}

static int by_address(const void *a, const void *b)
{
    const hs_change *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

/* Sort the ranges, and join those that touch, so that one look-up is a binary search. */
void hs_session_tidy_changes(hs_session *s)
{
    if (!s->change_count) return;
    qsort(s->changes, s->change_count, sizeof *s->changes, by_address);
    size_t kept = 0;
    for (size_t i = 1; i < s->change_count; i++) {
        hs_change *last = &s->changes[kept];
        if (s->changes[i].from > last->to)
            s->changes[++kept] = s->changes[i];
        else if (s->changes[i].to > last->to)
            last->to = s->changes[i].to;
    }
    s->change_count = kept + 1;
}

static void note_change(hs_session *s, const hs_event *e)
{
    switch (e->kind) {
    case HS_WRITE: hs_session_touch(s, e->at, e->at + sizeof(uint64_t)); break;
    case HS_TAKE:
    case HS_RELEASE:
    case HS_QUARANTINE:
    case HS_FILL:
    case HS_POKE: hs_session_touch(s, e->at, e->at + e->a); break;
    case HS_MOVE: hs_session_touch(s, e->a, e->a + e->b); break;
    case HS_GROW: hs_session_touch(s, e->a, e->b); break;
    case HS_COALESCE: hs_session_touch(s, e->at, e->at + e->a + e->b); break;
    default: break;
    }
}

/* --- Requests -------------------------------------------------------------------------------- */

void hs_session_note_changes(hs_session *s, size_t from, size_t to)
{
    size_t n;
    const hs_event *e = hs_events(s->heap, &n);
    s->change_count = 0;
    for (size_t i = from; i < to && i < n; i++) note_change(s, &e[i]);
    hs_session_tidy_changes(s);
}

static void count_work(hs_session *s, const hs_event *e, size_t n)
{
    uint64_t written = 0;
    hs_addr from, to;
    for (size_t i = 0; i < n; i++)
        if (hs_event_writes(&e[i], &from, &to)) written += to - from;
    s->work += 1 + hs_events_counts(s->heap).visits / 16 + written / 1024;
}

/* Read the events of the operation that just ran: what changed, what it cost. */
void hs_session_read_events(hs_session *s)
{
    size_t n;
    const hs_event *e = hs_events(s->heap, &n);
    hs_addr highest = HS_NULL;
    hs_session_note_changes(s, 0, n);
    count_work(s, e, n);
    for (size_t i = 0; i < n; i++) {
        hs_addr end = hs_event_block_end(&e[i]);
        if (end > highest) highest = end;
    }
    hs_totals_add(&s->is.totals, hs_events_counts(s->heap), highest);
}

/* What a fault says to the user: before and after its address. */
static const char *const fault_texts[][2] = {
    [HS_BECAUSE_ENDLESS] = {"the allocator went round in a circle at ", ""},
    [HS_BECAUSE_OUTSIDE] = {"the allocator was led out of the heap, to ",
                            ": a real program would crash here"},
    [HS_BECAUSE_CHECKSUM] = {"the header at ",
                             " has a wrong checksum: it was overwritten, or is no header"},
    [HS_BECAUSE_LINKS] = {"the links of the free block at ",
                          " were overwritten: where they lead, no link leads back"},
    [HS_BECAUSE_DOUBLE_FREE] = {"the block of ", " was freed before: a double free"},
    [HS_BECAUSE_POISON] = {"the byte at ", " was written after its block was freed"},
};

void hs_fault_text(const hs_event *fault, char out[HS_FAULT_TEXT])
{
    const char *const *text = fault_texts[fault->detail];
    snprintf(out, HS_FAULT_TEXT, "%s0x%" PRIx64 "%s", text[0], fault->at, text[1]);
}

static bool fault_problem(const hs_session *s, hs_problem *problem)
{
    const hs_event *fault = hs_fault(s->heap);
    if (!fault) return true;
    if (fault->detail == HS_BECAUSE_STOPPED) return hs_was_stopped(problem);
    char text[HS_FAULT_TEXT], culprit[48] = "";
    hs_damage damage;
    if (s->is.broken_by)
        snprintf(culprit, sizeof culprit, " (broken by command %" PRIu64 ")", s->is.broken_by);
    hs_fault_text(fault, text);
    hs_wrong(problem, HS_OPERAND_NONE, "%s%s", text, culprit);
    if (!hs_heap_allocator(s->heap)->check(s->heap, &damage))
        snprintf(problem->hint, sizeof problem->hint, "the heap is broken at 0x%" PRIx64 ": %s",
                 damage.at, damage.what);
    return false;
}

/* Find out whether the operation broke the heap. This walks over the heap, so it is done only where
 * it is `needed`, because the operation can break it, or where the heap is broken, because any
 * operation may mend it. */
void hs_session_look_for_damage(hs_session *s, bool needed)
{
    hs_damage ignored;
    if (!needed && !s->is.broken_by) return;
    HS_TELL(s, changes, s, true);
    if (hs_heap_allocator(s->heap)->check(s->heap, &ignored))
        s->is.broken_by = 0;
    else if (!s->is.broken_by)
        s->is.broken_by = s->now;
}

/* True if a write stays within the memory that the client holds through this pointer. */
bool hs_session_stays_in_its_block(const hs_session *s, hs_pointer p, hs_addr at, uint64_t n)
{
    const hs_client_block *b = hs_session_block_around(s, at);
    return !n ||
           (b && b->live && at + n <= b->addr + b->requested && !hs_session_is_stale(s, p, b));
}

bool hs_session_is_stale(const hs_session *s, hs_pointer p, const hs_client_block *b)
{
    const hs_variable *v = hs_client_nameless(s->client, p.variable);
    return v && v->assigned < b->born;
}

/* True if the client may pass this pointer to free and realloc. */
static bool pointer_is_good(const hs_session *s, hs_pointer pointer)
{
    hs_addr p = hs_session_value(s, pointer);
    const hs_client_block *b = p ? hs_client_block_at(s->client, p) : NULL;
    return !p || (b && b->live && !hs_session_is_stale(s, pointer, b));
}

static bool live_at(const hs_session *s, hs_addr p)
{
    const hs_client_block *b = hs_client_block_at(s->client, p);
    return b && b->live;
}

static void block_changes(hs_session *s, hs_addr p, uint64_t from, uint64_t to)
{
    hs_totals_block(&s->is.totals, from, to, p + to, hs_session_used(s));
}

static void block_dies(hs_session *s, hs_addr p, uint64_t when)
{
    const hs_client_block *b = p ? hs_client_block_at(s->client, p) : NULL;
    if (!b || !b->live) return;
    hs_client_died(s->client, p, when);
    /* The block is shown as changed even where the allocator writes nothing and the client asked
     * for no bytes. */
    hs_session_touch(s, p, p + (b->requested ? b->requested : 1));
    block_changes(s, p, b->requested, 0);
    hs_lifetimes_died(s->shape, p, b->requested);
    s->is.totals.live_blocks--;
}

static void block_is_born(hs_session *s, hs_addr p, uint64_t size, uint32_t variable, uint64_t when)
{
    const hs_client_block *there = hs_client_block_at(s->client, p);
    if (there && there->live) block_dies(s, p, when); /* a broken heap handed it out twice */
    hs_client_born(s->client, p, size, variable, when);
    block_changes(s, p, 0, size);
    hs_lifetimes_born(s->shape, p, size);
    s->is.totals.live_blocks++;
}

static void block_is_resized(hs_session *s, hs_addr p, uint64_t size)
{
    uint64_t before = hs_client_block_at(s->client, p)->requested;
    hs_session_touch(s, p + (before < size ? before : size), p + (before < size ? size : before));
    block_changes(s, p, before, size);
    hs_lifetimes_died(s->shape, p, before);
    hs_lifetimes_born(s->shape, p, size);
    hs_client_resized(s->client, p, size);
}

static hs_addr run_request(hs_heap *h, const hs_op *op, hs_addr p)
{
    switch (op->request) {
    case HS_MALLOC: return hs_malloc(h, op->a);
    case HS_CALLOC: return hs_calloc(h, op->b, op->a);
    case HS_ALIGNED_ALLOC: return hs_aligned_alloc(h, op->b, op->a);
    case HS_REALLOC: return hs_realloc(h, p, op->a);
    case HS_FREE: hs_free(h, p); return HS_NULL;
    }
    return HS_NULL;
}

/* The variable that gets the result: the one asked for, the one that realloc was given, the next.
 * When it is done again it is the same one, and counts as it did. */
static uint32_t result_variable(hs_session *s, const hs_op *op, uint32_t replayed)
{
    bool again = replayed != HS_NONE;
    if (op->request == HS_FREE) return HS_NONE;
    if (op->name) return again ? replayed : hs_client_name(s->client, op->name);
    if (op->request == HS_REALLOC && op->p.variable != HS_NONE && op->p.offset == 0)
        return again ? replayed : op->p.variable;
    if (again) hs_client_count_name(s->client, replayed);
    return again ? replayed : hs_client_next_name(s->client);
}

/* What the client knows after a request: which blocks live, what its variables hold. */
static void settle(hs_session *s, const hs_op *op, uint32_t variable, hs_addr p, hs_addr result)
{
    uint64_t when = s->now;
    uint64_t size = hs_bytes_asked(op);
    bool frees = op->request == HS_FREE || (op->request == HS_REALLOC && p && size == 0);
    bool resizes = op->request == HS_REALLOC && p && result == p && live_at(s, p);
    if (op->request != HS_FREE && !frees && !result) s->is.totals.failed++;
    if (frees || (op->request == HS_REALLOC && result && result != p)) block_dies(s, p, when);
    if (resizes)
        block_is_resized(s, p, size);
    else if (result)
        block_is_born(s, result, size, variable, when);
    /* A realloc that failed leaves the old block: unless another variable was named for the result,
     * the pointer to it is not thrown away. */
    bool keep = op->request == HS_REALLOC && !result && !frees && !op->name;
    if (variable != HS_NONE && !keep) hs_client_assign(s->client, variable, result, when);
}

/* Note a point in time, after a request. It costs the same however large the heap is. */
static void mark_time(hs_session *s, uint64_t used_before, uint64_t examined)
{
    hs_totals *t = &s->is.totals;
    uint64_t used = hs_session_used(s), heap = hs_heap_committed(s->heap);
    hs_totals_mark(t, used_before, used);
    uint64_t stride = s->timeline.stride;
    hs_timeline_add(&s->timeline,
                    (hs_sample){.requests = 1,
                                .heap = heap,
                                .used = used,
                                .live = t->live,
                                .utilization = (uint64_t)((long double)t->live * 100 / heap),
                                .examined = examined});
    size_t count = s->timeline.count;
    hs_checkpoints_samples_changed(s->checkpoints, stride == s->timeline.stride ? count - 1 : 0,
                                   count);
    size_t from, to;
    if (hs_lifetimes_note(s->shape, s->now, t->highest_block, &from, &to))
        hs_checkpoints_shape_changed(s->checkpoints, from, to);
}

static bool takes_pointer(const hs_op *op)
{
    return op->request == HS_FREE || op->request == HS_REALLOC;
}

/* Tell the observer which blocks of the client came or went with a request that nobody looked
 * at. */
static void tell_observer(hs_session *s, hs_addr result)
{
    const hs_client_block *b = result ? hs_client_block_at(s->client, result) : NULL;
    if (b) HS_TELL(s, differs, s, b->addr, b->addr + b->requested + 1);
    for (size_t i = 0; i < s->change_count; i++)
        HS_TELL(s, differs, s, s->changes[i].from, s->changes[i].to);
}

bool hs_pass_request(hs_session *s, const hs_record_of_op *record, hs_came *came)
{
    const hs_op *op = &record->op;
    hs_addr p = hs_session_value(s, op->p);
    uint64_t used_before = hs_session_used(s);
    if (takes_pointer(op) && !pointer_is_good(s, op->p)) return false;
    uint64_t committed = hs_heap_committed(s->heap);
    hs_addr result = run_request(s->heap, op, p);
    hs_tally t = hs_heap_tally(s->heap);
    hs_totals_add(&s->is.totals, t.counts, t.highest);
    s->is.totals.requests++;
    uint32_t variable = result_variable(s, op, record->variable);
    *came = (hs_came){p, result, variable, committed, t.counts};
    settle(s, op, variable, p, result);
    mark_time(s, used_before, t.counts.visits);
    if (s->observed->by) tell_observer(s, result);
    s->change_count = 0;
    s->work += 1 + t.counts.visits / 16 + t.counts.moved / 1024;
    return true;
}

/* The alignment that a block was asked for with; 0: none but the allocator's. */
static uint64_t alignment_of(const hs_session *s, const hs_client_block *b)
{
    hs_record_of_op r;
    bool known = b && b->born && hs_session_record(s, b->born - 1, &r);
    return known && r.op.request == HS_ALIGNED_ALLOC ? r.op.b : 0;
}

/* A request that moves many bytes, and may be stopped. */
typedef struct {
    hs_session *session;
    bool asked;
} asking;

static bool request_goes_on(void *of, uint64_t done, uint64_t total)
{
    asking *a = of;
    hs_session *s = a->session;
    a->asked = true;
    s->stopped = !s->progress(s->progress_of, "overwriting bytes", done, total) && !s->returns;
    return !s->stopped;
}

static hs_addr run_asking(hs_session *s, const hs_op *op, hs_addr p)
{
    asking a = {.session = s};
    hs_heap_ask(s->heap, s->progress ? request_goes_on : NULL, &a);
    hs_addr result = run_request(s->heap, op, p);
    hs_heap_ask(s->heap, NULL, NULL);
    if (a.asked) hs_session_is_over(s);
    return result;
}

bool hs_perform_request(hs_session *s, const hs_op *op, uint32_t *variable, hs_problem *problem)
{
    hs_addr p = hs_session_value(s, op->p);
    bool takes = takes_pointer(op), good = !takes || pointer_is_good(s, op->p);
    if (!good && s->is.setup.settings[HS_SET_MISUSE] == HS_MISUSE_REFUSE)
        return hs_describe_misuse(s, op, p, problem);
    const hs_client_block *old = p ? hs_client_block_at(s->client, p) : NULL;
    uint64_t old_size = takes && old ? old->requested : 0;
    uint64_t old_alignment = op->request == HS_REALLOC ? alignment_of(s, old) : 0;
    uint64_t used_before = hs_session_used(s);

    s->is.totals_before = s->is.totals;
    hs_addr result = run_asking(s, op, p);
    bool faulted = !fault_problem(s, problem);
    if (faulted && s->stopped) return false;
    s->is.last = (hs_last){.any = true,
                           .number = s->now,
                           .op = *op,
                           .old_value = takes ? p : HS_NULL,
                           .old_size = old_size,
                           .old_alignment = old_alignment,
                           .result = result,
                           .variable = HS_NONE,
                           .misuse = !good,
                           .faulted = faulted};
    if (faulted) {
        s->is.last.op.name = s->is.last.op.text = NULL; /* they are the caller's */
        s->change_count = 0;
        return false;
    }
    s->is.totals.requests++;
    hs_session_read_events(s);
    *variable = result_variable(s, op, *variable);
    s->is.last.variable = *variable;
    const hs_variable *v = hs_client_nameless(s->client, *variable);
    s->is.last.replaced = v ? v->value : HS_NULL;
    settle(s, op, *variable, p, result);
    mark_time(s, used_before, hs_events_counts(s->heap).visits);
    hs_session_tidy_changes(s);
    hs_session_look_for_damage(s, !good);
    HS_TELL(s, follow, s, 0, SIZE_MAX);
    return true;
}

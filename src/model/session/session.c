/* SPDX-License-Identifier: MIT */
/* A session: performs operations, one function for each kind, and remembers them.
 *
 * Invariant: performing the remembered operations again from the start state gives the same heap,
 * byte for byte. An operation that fails is not remembered and leaves everything as it was. */
#include "model/session/session.h"
#include "model/session/totals.h"

#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Life ------------------------------------------------------------------------------------ */

bool hs_session_fresh_heap(hs_session *s, const hs_setup *setup, hs_problem *problem)
{
    hs_heap *heap = hs_heap_new(&setup->heap, setup->allocator, HS_PROBED, setup->options);
    if (!heap)
        return hs_wrong(problem, HS_OPERAND_VALUE,
                        "the system gives no %" PRIu64 " bytes of address space: %s",
                        setup->heap.maximum, strerror(errno));
    hs_heap_set_growth(heap, (hs_growth)setup->settings[HS_SET_GROWTH]);
    hs_heap_free(s->heap);
    s->heap = heap;
    if (setup != &s->is.setup) s->is.setup = *setup;
    hs_client_forget_blocks(s->client);
    s->is.totals = hs_totals_of(hs_heap_base(heap));
    hs_timeline_clear(&s->timeline);
    hs_lifetimes_clear(s->shape, hs_heap_base(heap));
    s->is.last = (hs_last){.variable = HS_NONE};
    s->is.broken_by = 0;
    s->change_count = 0;
    s->is.replayed = s->is.not_replayed = 0;
    hs_checkpoints_heap_is_fresh(s->checkpoints);
    HS_TELL(s, changes, s, true);
    HS_TELL(s, forget, s);
    return true;
}

/* `trace` becomes the session's, NULL for none. */
static hs_session *session_with(const hs_setup *setup, hs_trace *trace, hs_problem *problem)
{
    hs_session *s = hs_session_empty(NULL);
    s->chronicle = trace ? hs_chronicle_of(trace) : hs_chronicle_new();
    s->borrowed = false;
    if (trace) hs_client_name_after(s->client, trace);
    if (!hs_session_fresh_heap(s, setup, problem)) {
        hs_session_free(s);
        return NULL;
    }
    s->is.start = s->is.setup;
    hs_machine_start(&s->is.mmu, hs_heap_committed(s->heap));
    hs_checkpoints_make(s);
    return s;
}

hs_session *hs_session_of_trace(hs_trace *trace, const char *allocator,
                                const hs_heap_config *config, hs_problem *problem)
{
    HS_ENTER(hs_no_memory(problem), NULL);
    hs_setup setup = {.heap = *config};
    if (hs_setup_choose(&setup, allocator, problem)) return session_with(&setup, trace, problem);
    hs_trace_free(trace);
    return NULL;
}

hs_session *hs_session_new(const char *allocator, const hs_heap_config *config, hs_problem *problem)
{
    return hs_session_of_trace(NULL, allocator, config, problem);
}

hs_session *hs_session_beside(const hs_session *s, const char *allocator, hs_problem *problem)
{
    hs_session *beginning = hs_session_after(s, 0, problem);
    if (!beginning) return NULL;
    hs_setup setup = beginning->is.setup;
    hs_session_free(beginning);
    if (allocator && !hs_setup_choose(&setup, allocator, problem)) return NULL;
    hs_session *beside = session_with(&setup, NULL, problem);
    if (beside) beside->front = s->front;
    return beside;
}

hs_session *hs_session_empty(const hs_session *names)
{
    hs_session *s = hs_new(1, sizeof *s);
    s->client = hs_client_new();
    s->observed = hs_new(1, sizeof *s->observed);
    s->shape = hs_lifetimes_new();
    s->checkpoints = hs_checkpoints_new();
    s->replay_limit = UINT64_MAX;
    s->borrowed = true;
    if (names) hs_client_know_names_of(s->client, names->client);
    if (names) s->front = names->front;
    return s;
}

void hs_session_free(hs_session *s)
{
    if (!s) return;
    free(s->changes);
    hs_timeline_free(&s->timeline);
    hs_session_free(s->ahead);
    hs_lifetimes_free(s->shape);
    hs_checkpoints_free(s->checkpoints);
    if (!s->borrowed) hs_chronicle_free(s->chronicle);
    hs_client_free(s->client);
    if (s->observed->by) s->observed->by->free(s->observed->readings);
    free(s->observed);
    hs_heap_free(s->heap);
    free(s);
}

/* --- What takes long ---------------------------------------------------------------------------
 */

void hs_session_tell(hs_session *s, hs_progress progress, void *of)
{
    s->progress = progress;
    s->progress_of = of;
}

bool hs_session_goes_on(const hs_session *s, const char *doing, uint64_t done, uint64_t total)
{
    return done % 64 < 63 || !s->progress || s->progress(s->progress_of, doing, done, total);
}

void hs_session_is_over(const hs_session *s)
{
    if (s->progress) s->progress(s->progress_of, NULL, 0, 0);
}

/* --- Performing and remembering -------------------------------------------------------------- */

bool hs_works_on_heap(const hs_op *op)
{
    switch (op->kind) {
    case HS_OP_NOTE:
    case HS_OP_ASSIGN:
    case HS_OP_MACHINE: return false;
    case HS_OP_SET: return op->replay;
    default: return true;
    }
}

void hs_session_look_again(hs_session *s)
{
    if (hs_heap_build(s->heap) == HS_PROBED) return;
    hs_heap_use(s->heap, HS_PROBED);
    hs_checkpoints_look(s);
}

/* Requests and writes count their work themselves, by what they do to the heap. */
static bool perform(hs_session *s, const hs_op *op, uint32_t *variable, hs_problem *problem)
{
    s->work += op->kind != HS_OP_REQUEST && op->kind != HS_OP_WRITE;
    switch (op->kind) {
    case HS_OP_REQUEST: return hs_perform_request(s, op, variable, problem);
    case HS_OP_WRITE: return hs_perform_write(s, op, problem);
    case HS_OP_ASSIGN: return hs_perform_assign(s, op);
    case HS_OP_SET: return hs_perform_set(s, op, problem);
    case HS_OP_ALLOCATOR: return hs_perform_allocator(s, op, problem);
    case HS_OP_HEAP: return hs_perform_heap(s, op, problem);
    case HS_OP_RESET: return hs_perform_reset(s, problem);
    case HS_OP_NOTE: return true;
    case HS_OP_MACHINE: return hs_perform_machine(s, op, problem);
    }
    return false;
}

static bool is_replayed(const hs_op *op)
{
    return op->kind == HS_OP_REQUEST || op->kind == HS_OP_WRITE || op->kind == HS_OP_ASSIGN;
}

/* The number of the last one among the first `end` operations that has something to show. */
static uint64_t last_request(const hs_session *s, uint64_t end)
{
    hs_record_of_op r;
    while (end &&
           (!hs_session_record(s, end - 1, &r) || r.op.kind == HS_OP_ASSIGN || !is_replayed(&r.op)))
        end--;
    return end;
}

static bool look_and_perform(hs_session *s, hs_record_of_op *r, hs_problem *problem)
{
    hs_session_look_again(s);
    return perform(s, &r->op, &r->variable, problem);
}

/* True if requests may run on the counted build. Its probes check nothing, so none of them may run
 * into broken bytes. */
static bool is_sound(const hs_session *s)
{
    return !s->is.broken_by && s->is.setup.settings[HS_SET_MISUSE] == HS_MISUSE_REFUSE;
}

/* Perform an operation that nobody will look at. */
static bool pass_or_perform(hs_session *s, hs_record_of_op *r, hs_problem *problem)
{
    if (is_sound(s) && r->op.kind == HS_OP_REQUEST) {
        hs_heap_use(s->heap, HS_COUNTED);
        if (hs_pass_request(s, r, &(hs_came){0})) return true;
    }
    return look_and_perform(s, r, problem);
}

/* Perform the operations of a replay. One that is impossible now (an address where no block is, a
 * write beyond this heap) is counted and left out. Only the events of the last request are shown,
 * so a checkpoint is made before that one. */
static void replay_from(hs_session *s, uint64_t i)
{
    hs_problem ignored;
    hs_record_of_op r;
    char doing[64];
    uint64_t now = s->now, first = s->is.first_on_heap;
    uint64_t end = s->is.replayed_until < s->replay_limit ? s->is.replayed_until : s->replay_limit;
    uint64_t shown = last_request(s, end);
    snprintf(doing, sizeof doing, "playing again on %s", s->is.setup.name);
    for (; i < end && !s->stopped; i++) {
        s->stopped = !hs_session_goes_on(s, doing, i - first, end - first) && !s->returns;
        if (!hs_session_record(s, i, &r) || !is_replayed(&r.op)) continue;
        if (i + 1 == shown) {
            hs_session_look_again(s);
            hs_checkpoints_hold(s, i);
        }
        s->now = i + 1;
        if (i + 1 < shown ? pass_or_perform(s, &r, &ignored) : look_and_perform(s, &r, &ignored))
            s->is.replayed++;
        else
            s->is.not_replayed++;
    }
    s->now = now;
    hs_session_look_again(s);
}

/* Do again what was done since the heap was last fresh. False: stopped. */
bool hs_session_replay(hs_session *s)
{
    s->is.replay_setup = s->is.setup;
    s->is.replayed_until = s->now - 1;
    replay_from(s, s->is.first_on_heap);
    return !s->stopped;
}

bool hs_session_record_before(const hs_session *s, hs_moment m, uint64_t i, hs_record_of_op *out)
{
    bool named;
    if (i >= m.count || !hs_chronicle_get(s->chronicle, m.branch, i, out, &named)) return false;
    if (named && out->op.kind == HS_OP_REQUEST)
        out->op.name = hs_client_name_of(s->client, out->variable);
    return true;
}

bool hs_session_record(const hs_session *s, uint64_t i, hs_record_of_op *out)
{
    return hs_session_record_before(s, s->at, i, out);
}

static void remember(hs_session *s, const hs_op *op, uint32_t variable)
{
    if (!s->borrowed)
        hs_chronicle_add(s->chronicle, &s->at, &(hs_record_of_op){.op = *op, .variable = variable});
    else
        s->at.count++;
}

static void raise_to(uint64_t *most, uint64_t value)
{
    if (value > *most) *most = value;
}

/* A request of the chronicle was performed. */
static void note_outcomes(hs_session *s, const hs_op *op, const hs_came *came)
{
    uint64_t *of = s->is.outcomes.of, live = s->is.totals.live;
    bool resizes = op->request == HS_REALLOC && came->p;
    bool frees = op->request == HS_FREE || (resizes && !op->a);
    of[HS_OUTCOME_MOVED] += resizes && came->result && came->result != came->p;
    of[HS_OUTCOME_GROWTH] += hs_heap_committed(s->heap) != came->committed;
    of[HS_OUTCOME_FAILED] += !frees && !came->result;
    raise_to(&of[HS_OUTCOME_PEAK], live);
    raise_to(&of[HS_OUTCOME_WASTE], hs_session_used(s) - live);
}

/* What came of the last request, whose events were recorded. */
static hs_came what_came(const hs_session *s, uint64_t committed)
{
    const hs_last *l = &s->is.last;
    return (hs_came){l->old_value, l->result, l->variable, committed, hs_events_counts(s->heap)};
}

static void note_last_outcomes(hs_session *s, const hs_op *op, uint64_t committed)
{
    if (op->kind != HS_OP_REQUEST) return;
    hs_came came = what_came(s, committed);
    note_outcomes(s, op, &came);
}

/* Operation s->now was performed. */
static void behind_operation(hs_session *s, const hs_op *op)
{
    if (hs_works_on_heap(op) || s->is.first_on_heap == s->now) s->is.on_heap = s->now;
    hs_machine_follow(&s->is.mmu, hs_heap_committed(s->heap), false);
    s->is.last.op.name = s->is.last.op.text = NULL; /* they were the caller's */
}

bool hs_session_perform(hs_session *s, const hs_op *op, hs_problem *problem)
{
    HS_ENTER_SESSION(s, problem, false);
    HS_TELL(s, changes, s, false);
    hs_session_look_again(s);
    uint32_t variable = HS_NONE;
    *problem = (hs_problem){0};
    s->now = s->at.count + 1;
    s->stopped = false;
    uint64_t committed = hs_heap_committed(s->heap);
    bool good = perform(s, op, &variable, problem);
    if (op->replay) hs_session_is_over(s);
    if (!good) return s->stopped ? hs_session_travels_return(s, s->at, problem) : false;
    note_last_outcomes(s, op, committed);
    behind_operation(s, op);
    remember(s, op, variable);
    hs_checkpoints_note(s);
    return true;
}

/* Perform a request on the counted heap. False, and nothing has happened, if its events must be
 * recorded. */
static bool perform_counted(hs_session *s, const hs_op *op, hs_came *came)
{
    hs_heap_use(s->heap, HS_COUNTED);
    s->now = s->at.count + 1;
    if (!hs_pass_request(s, &(hs_record_of_op){.op = *op, .variable = HS_NONE}, came)) return false;
    HS_TELL(s, changes, s, false);
    note_outcomes(s, op, came);
    behind_operation(s, op);
    remember(s, op, came->variable);
    hs_checkpoints_note(s);
    return true;
}

bool hs_session_perform_unseen(hs_session *s, const hs_op *op, hs_came *came, hs_problem *problem)
{
    if (is_sound(s) && op->kind == HS_OP_REQUEST && perform_counted(s, op, came)) return true;
    uint64_t committed = hs_heap_committed(s->heap);
    bool good = hs_session_perform(s, op, problem);
    if (good && op->kind == HS_OP_REQUEST) *came = what_came(s, committed);
    return good;
}

void hs_session_finish_replay(hs_session *s, uint64_t index)
{
    s->now = s->at.count;
    replay_from(s, index);
    behind_operation(s, &(hs_op){.kind = HS_OP_SET, .replay = true});
}

void hs_session_go_on(hs_session *s, uint64_t count)
{
    hs_problem ignored;
    HS_TELL(s, changes, s, true);
    while (s->at.count < count && !s->stopped) {
        hs_record_of_op r;
        s->now = ++s->at.count;
        if (!hs_session_record(s, s->now - 1, &r)) break;
        uint64_t committed = hs_heap_committed(s->heap);
        perform(s, &r.op, &r.variable, &ignored);
        if (s->stopped) break;
        note_last_outcomes(s, &r.op, committed);
        behind_operation(s, &r.op);
        hs_checkpoints_pass(s);
    }
}

/* A session that goes through a trace ahead of another one does just that. */
static bool is_going_on(hs_session *s, uint64_t count)
{
    const char *doing = s->surveys   ? "going through the trace"
                        : s->returns ? "stopped, going back"
                                     : "going there";
    bool goes_on = hs_session_goes_on(s, doing, s->at.count, count);
    s->stopped = !goes_on && !s->returns;
    return !s->stopped;
}

/* Perform requests one after another on the counted heap, up to one whose events must be recorded.
 * True: the watcher stopped it. */
static bool pass_requests(hs_session *s, uint64_t count, const hs_watcher *watcher)
{
    bool named, stopped = false;
    hs_record_of_op r;
    hs_came came;
    hs_heap_use(s->heap, HS_COUNTED);
    while (!stopped && s->at.count < count && is_going_on(s, count) &&
           hs_chronicle_get(s->chronicle, s->at.branch, s->at.count, &r, &named) &&
           r.op.kind == HS_OP_REQUEST) {
        if (named) r.op.name = ""; /* any name will do: its variable is known */
        s->now = s->at.count + 1;
        if (!hs_pass_request(s, &r, &came)) break;
        note_outcomes(s, &r.op, &came);
        s->is.on_heap = ++s->at.count;
        hs_machine_follow(&s->is.mmu, hs_heap_committed(s->heap), false);
        hs_checkpoints_pass(s);
        if (watcher) stopped = watcher->look(watcher->of, s);
    }
    hs_session_look_again(s);
    return stopped;
}

bool hs_session_pass_watched(hs_session *s, uint64_t count, const hs_watcher *watcher)
{
    hs_addr end = hs_heap_end(s->heap);
    bool stopped = false;
    hs_checkpoints_catch_up(
        s); /* so that what is found written to behind it was written to by it */
    HS_TELL(s, changes, s, true);
    HS_TELL(s, marks_move, s);
    while (!stopped && s->at.count < count && is_going_on(s, count)) {
        stopped = is_sound(s) && pass_requests(s, count, watcher);
        if (stopped || s->at.count >= count) break;
        hs_session_go_on(s, s->at.count + 1);
        if (watcher) stopped = watcher->look(watcher->of, s);
    }
    HS_TELL(s, marks_move, s);
    HS_TELL(s, differs, s, end - 1, hs_heap_end(s->heap));
    HS_TELL(s, arrives, s);
    return stopped;
}

void hs_session_pass(hs_session *s, uint64_t count)
{
    hs_session_pass_watched(s, count, NULL);
}

/* --- Looking at it --------------------------------------------------------------------------- */

const hs_heap *hs_session_heap(const hs_session *s)
{
    return s->heap;
}

const hs_heap_config *hs_session_config(const hs_session *s)
{
    return &s->is.setup.heap;
}

hs_heap_config hs_session_sizes(const hs_session *s)
{
    return hs_heap_sizes(s->heap, &s->is.setup.heap);
}

const char *hs_session_allocator_name(const hs_session *s)
{
    return s->is.setup.name;
}

uint32_t hs_session_variable_count(const hs_session *s)
{
    return hs_client_variable_count(s->client);
}

const hs_variable *hs_session_variable(const hs_session *s, uint32_t i)
{
    return hs_client_variable(s->client, i);
}

const char *hs_session_pointer_name(const hs_session *s, uint32_t i, char room[HS_NAME_ROOM])
{
    return hs_client_pointer_name(s->client, i, room);
}

uint32_t hs_session_find_variable(const hs_session *s, const char *name, size_t length)
{
    HS_ENTER_SESSION(s, NULL, HS_NONE);
    return hs_client_find(s->client, name, length);
}

uint32_t hs_session_known_name(const hs_session *s, const char *name, size_t length)
{
    HS_ENTER_SESSION(s, NULL, HS_NONE);
    return hs_client_find_known(s->client, name, length);
}

hs_addr hs_session_value(const hs_session *s, hs_pointer p)
{
    const hs_variable *v = hs_client_nameless(s->client, p.variable);
    return (v ? v->value : 0) + p.offset;
}

const hs_mmu *hs_session_mmu(const hs_session *s)
{
    return &s->is.mmu;
}

bool hs_session_virtual(const hs_session *s, hs_pointer p, uint64_t *address, hs_problem *problem)
{
    const hs_mmu *m = &s->is.mmu;
    hs_addr base = hs_heap_base(s->heap);
    *address = hs_session_value(s, p);
    if (*address < base || *address - base >= HS_HEAP_LARGEST) return true;
    if (m->current) {
        hs_wrong(problem, HS_OPERAND_POINTER, "this is a pointer of main, and %s runs",
                 m->processes[m->current].name);
        return hs_wrong_hint(problem, "`run main` lets main run");
    }
    *address = *address - base + hs_mmu_area_start(m, m->processes, HS_AREA_HEAP);
    return true;
}

/* The block that is shown in place of this one: in slow motion it may be shown as it was. */
static const hs_client_block *shown(const hs_session *s, const hs_client_block *b)
{
    const hs_before *before = &s->before;
    return b && before->held.live && b->addr == before->held.addr ? &before->held : b;
}

static bool is_given(const hs_session *s, const hs_client_block *b)
{
    return b && s->before.given && b->addr == s->before.given;
}

const hs_client_block *hs_session_block_at(const hs_session *s, hs_addr at)
{
    const hs_client_block *b = hs_client_block_at(s->client, at);
    return is_given(s, b) ? NULL : shown(s, b);
}

const hs_client_block *hs_session_block_from(const hs_session *s, hs_addr from)
{
    const hs_client_block *b = hs_client_block_from(s->client, from);
    if (is_given(s, b)) b = hs_client_block_from(s->client, b->addr + 1);
    return shown(s, b);
}

const hs_client_block *hs_session_block_before(const hs_session *s, hs_addr at)
{
    const hs_client_block *b = hs_client_block_before(s->client, at);
    if (is_given(s, b)) b = hs_client_block_before(s->client, b->addr - 1);
    return shown(s, b);
}

const hs_client_block *hs_session_block_around(const hs_session *s, hs_addr at)
{
    const hs_client_block *b = hs_session_block_before(s, at);
    return b && at - b->addr < (b->requested ? b->requested : 1) ? b : NULL;
}

uint64_t hs_session_hold_named(hs_session *s)
{
    HS_ENTER_SESSION(s, NULL, 0);
    return hs_client_hold_named(s->client);
}

hs_addr hs_session_held_named(const hs_session *s, uint64_t n)
{
    return hs_client_held_named(s->client, n);
}

void hs_session_let_go_named(hs_session *s)
{
    hs_client_let_go_named(s->client);
}

const char *hs_session_block_name(const hs_session *s, const hs_client_block *b)
{
    const hs_variable *v = hs_client_variable(s->client, b->variable);
    return v ? v->name : "?";
}

uint64_t hs_session_op_count(const hs_session *s)
{
    return s->at.count;
}

bool hs_session_op(const hs_session *s, uint64_t i, hs_op *out)
{
    hs_record_of_op r;
    if (!hs_session_record(s, i, &r)) return false;
    *out = r.op;
    return true;
}

const hs_last *hs_session_last(const hs_session *s)
{
    return &s->is.last;
}

uint64_t hs_session_broken_by(const hs_session *s)
{
    return s->is.broken_by;
}

const hs_totals *hs_session_totals(const hs_session *s)
{
    return s->before.on ? &s->before.totals : &s->is.totals;
}

uint64_t hs_session_used(const hs_session *s)
{
    return hs_session_totals(s)->highest_block - hs_heap_base(s->heap);
}

const hs_sample *hs_session_samples(const hs_session *s, size_t *count)
{
    *count = s->timeline.count;
    return s->timeline.samples;
}

const hs_change *hs_session_changes(const hs_session *s, size_t *n)
{
    *n = s->change_count;
    return s->changes;
}

void hs_session_show_changes(hs_session *s, const hs_change *changes, size_t count)
{
    HS_ENTER_SESSION(s, NULL, );
    s->changes = hs_array_reserve(s->changes, &s->change_capacity, count, sizeof *changes);
    if (count) memcpy(s->changes, changes, count * sizeof *changes);
    s->change_count = count;
}

bool hs_session_changed(const hs_session *s, hs_addr at)
{
    size_t low = 0, high = s->change_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->changes[middle].to <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->change_count && s->changes[low].from <= at;
}

void hs_session_point_out(hs_session *s, const hs_change *ranges, size_t n)
{
    HS_ENTER_SESSION(s, NULL, );
    s->change_count = 0;
    for (size_t i = 0; i < n; i++) hs_session_touch(s, ranges[i].from, ranges[i].to);
    hs_session_tidy_changes(s);
}

void hs_session_replayed(const hs_session *s, uint64_t *done, uint64_t *left_out)
{
    *done = s->is.replayed;
    *left_out = s->is.not_replayed;
}

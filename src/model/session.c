/* A session: performs operations, one function for each kind, and remembers them.
 *
 * Invariant: performing the remembered operations again from the start state gives the same heap,
 * byte for byte. An operation that fails is not remembered and leaves everything as it was. */
#include "model/session.h"

#include "heap/array.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Problems ------------------------------------------------------------------------------- */

static bool wrong(hs_problem *problem, hs_operand operand, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool wrong(hs_problem *problem, hs_operand operand, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    problem->operand = operand;
    problem->hint[0] = 0;
    vsnprintf(problem->what, sizeof problem->what, format, arguments);
    va_end(arguments);
    return false;
}

static bool hint(hs_problem *problem, const char *text)
{
    snprintf(problem->hint, sizeof problem->hint, "%s", text);
    return false;
}

/* --- The heap's life ------------------------------------------------------------------------ */

bool hs_session_fresh_heap(hs_session *s, const hs_setup *setup, hs_problem *problem)
{
    hs_heap *heap = hs_heap_new(&setup->heap, setup->allocator, HS_PROBED, setup->options);
    if (!heap)
        return wrong(problem, HS_OPERAND_VALUE,
                     "the system gives no %" PRIu64 " bytes of address space: %s",
                     setup->heap.maximum, strerror(errno));
    hs_heap_set_growth(heap, (hs_growth)setup->settings[HS_SET_GROWTH]);
    hs_heap_free(s->heap);
    s->heap = heap;
    if (setup != &s->is.setup) s->is.setup = *setup;
    hs_client_forget_blocks(s->client);
    s->is.totals =
        (hs_totals){.highest_block = hs_heap_base(heap), .highest_payload = hs_heap_base(heap)};
    hs_timeline_clear(&s->timeline);
    s->is.last = (hs_last){.variable = HS_NONE};
    s->is.broken_by = 0;
    s->change_count = 0;
    s->is.replayed = s->is.not_replayed = 0;
    hs_travel_heap_changed(s->travel, 0, SIZE_MAX);
    return true;
}

static const hs_preset *preset_named(const char *name)
{
    const hs_preset *p;
    for (size_t i = 0; (p = hs_preset_at(i)); i++)
        if (strcmp(p->name, name) == 0) return p;
    return NULL;
}

/* The number of a choice; -1 when there is none such. */
static int choice_named(const hs_option *option, const char *text)
{
    for (int i = 0; option->choices && option->choices[i]; i++)
        if (strcmp(option->choices[i], text) == 0) return i;
    return -1;
}

static const hs_option *option_named(const hs_option *options, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(options[i].name, name) == 0) return &options[i];
    return NULL;
}

/* The value of an option that another allocator has too, and had at `value`. What was set there is
 * kept, a choice by its name, as far as it is one here; what was not is left to this allocator. */
static uint64_t kept_option(const hs_option *option, const hs_option *had, uint64_t value)
{
    if (value == had->initial || !option->choices != !had->choices) return option->initial;
    if (!option->choices)
        return value > option->maximum   ? option->maximum
               : value < option->minimum ? option->minimum
                                         : value;
    int choice = choice_named(option, had->choices[value]);
    return choice < 0 ? option->initial : (uint64_t)choice;
}

/* Put the allocator or preset `name` into a setup; options that both allocators have are kept. */
static bool choose_allocator(hs_setup *setup, const char *name, hs_problem *problem)
{
    const hs_preset *preset = preset_named(name);
    const hs_allocator *a = hs_allocator_named(preset ? preset->allocator : name, HS_PROBED);
    if (!a) return wrong(problem, HS_OPERAND_NAME, "there is no allocator called %s", name);
    uint64_t options[HS_OPTIONS] = {0};
    for (size_t i = 0; i < a->option_count; i++) {
        const hs_option *o = &a->options[i];
        options[i] = o->initial;
        if (!setup->allocator) continue;
        const hs_option *had =
            option_named(setup->allocator->options, setup->allocator->option_count, o->name);
        if (!had) continue;
        options[i] = kept_option(o, had, setup->options[had - setup->allocator->options]);
    }
    if (preset) {
        const hs_option *o = option_named(a->options, a->option_count, preset->option);
        options[o - a->options] = (uint64_t)choice_named(o, preset->choice);
    }
    setup->allocator = a;
    snprintf(setup->name, sizeof setup->name, "%s", name);
    memcpy(setup->options, options, sizeof options);
    return true;
}

static hs_session *session_with(const hs_setup *setup, hs_problem *problem)
{
    hs_session *s = hs_session_empty(NULL);
    s->chronicle = hs_chronicle_new();
    s->borrowed = false;
    if (!hs_session_fresh_heap(s, setup, problem)) {
        hs_session_free(s);
        return NULL;
    }
    s->is.start = s->is.setup;
    hs_machine_start(&s->is.mmu, hs_heap_committed(s->heap));
    hs_travel_checkpoint(s);
    return s;
}

hs_session *hs_session_new(const char *allocator, const hs_heap_config *config, hs_problem *problem)
{
    hs_setup setup = {.heap = *config};
    for (size_t i = 0; i < HS_SETTINGS; i++) setup.settings[i] = hs_settings[i].initial;
    return choose_allocator(&setup, allocator, problem) ? session_with(&setup, problem) : NULL;
}

hs_session *hs_session_beside(const hs_session *s, const char *allocator, hs_problem *problem)
{
    hs_session *beginning = hs_session_after(s, 0, problem);
    if (!beginning) return NULL;
    hs_setup setup = beginning->is.setup;
    hs_session_free(beginning);
    if (allocator && !choose_allocator(&setup, allocator, problem)) return NULL;
    return session_with(&setup, problem);
}

hs_session *hs_session_empty(const hs_session *names)
{
    hs_session *s = hs_new(1, sizeof *s);
    s->client = hs_client_new();
    s->kept = hs_new(1, sizeof *s->kept);
    s->travel = hs_travel_new();
    s->replay_limit = UINT64_MAX;
    s->borrowed = true;
    for (uint32_t i = 0; names && i < hs_client_known(names->client); i++)
        hs_client_name(s->client, hs_client_name_of(names->client, i));
    return s;
}

void hs_session_free(hs_session *s)
{
    if (!s) return;
    for (int i = 0; i < HS_SPACES; i++) hs_space_free(s->spaces[i]);
    free(s->changes);
    hs_timeline_free(&s->timeline);
    hs_travel_free(s->travel);
    if (!s->borrowed) hs_chronicle_free(s->chronicle);
    hs_client_free(s->client);
    free(s->kept);
    hs_heap_free(s->heap);
    free(s);
}

/* --- Changes -------------------------------------------------------------------------------- */

static void changed(hs_session *s, hs_addr from, hs_addr to)
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
static void tidy_changes(hs_session *s)
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
    case HS_WRITE: changed(s, e->at, e->at + sizeof(uint64_t)); break;
    case HS_TAKE:
    case HS_RELEASE:
    case HS_QUARANTINE:
    case HS_FILL:
    case HS_POKE: changed(s, e->at, e->at + e->a); break;
    case HS_MOVE: changed(s, e->a, e->a + e->b); break;
    case HS_GROW: changed(s, e->a, e->b); break;
    case HS_COALESCE: changed(s, e->at, e->at + e->a + e->b); break;
    default: break;
    }
}

/* --- Requests ------------------------------------------------------------------------------- */

static void add_counts(hs_totals *t, hs_counts c)
{
    t->counts.visits += c.visits;
    t->counts.moved += c.moved;
    t->counts.writes += c.writes;
    t->counts.splits += c.splits;
    t->counts.coalesces += c.coalesces;
    t->counts.growths += c.growths;
    if (c.visits > t->visits_max) t->visits_max = c.visits;
}

static void note_changes(hs_session *s, size_t from, size_t to)
{
    size_t n;
    const hs_event *e = hs_events(s->heap, &n);
    s->change_count = 0;
    for (size_t i = from; i < to && i < n; i++) note_change(s, &e[i]);
    tidy_changes(s);
}

/* What the operation wrote to is no longer as the last checkpoint has it. */
static void count_work(hs_session *s)
{
    hs_counts c = hs_events_counts(s->heap);
    hs_addr base = hs_heap_base(s->heap);
    s->work += 1 + c.visits / 16;
    for (size_t i = 0; i < s->change_count; i++) {
        const hs_change *change = &s->changes[i];
        hs_travel_heap_changed(s->travel, change->from - base, change->to - base);
        s->work += (change->to - change->from) / 1024;
    }
}

/* Read the events of the operation that just ran: what changed, what it cost. */
static void read_events(hs_session *s)
{
    size_t n;
    const hs_event *e = hs_events(s->heap, &n);
    note_changes(s, 0, n);
    count_work(s);
    for (size_t i = 0; i < n; i++)
        if (e[i].kind == HS_TAKE && e[i].at + e[i].a > s->is.totals.highest_block)
            s->is.totals.highest_block = e[i].at + e[i].a;
    add_counts(&s->is.totals, hs_events_counts(s->heap));
}

/* What a fault says to the user: before and after its address. */
static const char *const fault_texts[][2] = {
    [HS_BECAUSE_ENDLESS] = {"the allocator went round in a circle at ", ""},
    [HS_BECAUSE_OUTSIDE] = {"the allocator followed broken bytes out of the heap, to ",
                            ": a real program would crash here"},
    [HS_BECAUSE_CHECKSUM] = {"the header at ",
                             " has a wrong checksum: it was overwritten, or is no header"},
    [HS_BECAUSE_LINKS] = {"the links of the free block at ",
                          " were overwritten: where they lead, no link leads back"},
    [HS_BECAUSE_DOUBLE_FREE] = {"the block of ", " was freed before: a double free"},
    [HS_BECAUSE_POISON] = {"the byte at ", " was written after its block was freed"},
};

static bool fault_problem(const hs_session *s, hs_problem *problem)
{
    const hs_event *fault = hs_fault(s->heap);
    if (!fault) return true;
    const char *const *text = fault_texts[fault->detail];
    char culprit[48] = "";
    hs_damage damage;
    if (s->is.broken_by)
        snprintf(culprit, sizeof culprit, " (broken by command %" PRIu64 ")", s->is.broken_by);
    wrong(problem, HS_OPERAND_NONE, "%s0x%" PRIx64 "%s%s", text[0], fault->at, text[1], culprit);
    if (!hs_heap_allocator(s->heap)->check(s->heap, &damage))
        snprintf(problem->hint, sizeof problem->hint, "the heap is broken at 0x%" PRIx64 ": %s",
                 damage.at, damage.what);
    return false;
}

/* After an operation that may have broken the heap: did it? A walk over the heap, so that it is not
 * made without need. Once broken, the heap may be mended by any operation. */
static void look_for_damage(hs_session *s, bool needed)
{
    hs_damage ignored;
    if (!needed && !s->is.broken_by) return;
    if (hs_heap_allocator(s->heap)->check(s->heap, &ignored))
        s->is.broken_by = 0;
    else if (!s->is.broken_by)
        s->is.broken_by = s->now;
}

/* Does a write stay within the memory that the client holds through this pointer? */
static bool is_innocent(const hs_session *s, hs_pointer p, hs_addr at, uint64_t n)
{
    const hs_client_block *b = hs_session_block_around(s, at);
    return !n ||
           (b && b->live && at + n <= b->addr + b->requested && !hs_session_is_stale(s, p, b));
}

bool hs_session_is_stale(const hs_session *s, hs_pointer p, const hs_client_block *b)
{
    const hs_variable *v = hs_client_variable(s->client, p.variable);
    return v && v->assigned < b->born;
}

/* Is it a pointer that the client may pass to free and realloc? */
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

static void payload_ends(hs_session *s, hs_addr end)
{
    if (end > s->is.totals.highest_payload) s->is.totals.highest_payload = end;
}

static void live_changes(hs_session *s, uint64_t from, uint64_t to)
{
    s->is.totals.live += to - from;
    if (s->is.totals.live <= s->is.totals.peak_live) return;
    s->is.totals.peak_live = s->is.totals.live;
    s->is.totals.used_at_peak_live = hs_session_used(s);
}

static void block_dies(hs_session *s, hs_addr p, uint64_t when)
{
    const hs_client_block *b = p ? hs_client_block_at(s->client, p) : NULL;
    if (!b || !b->live) return;
    hs_client_died(s->client, p, when);
    changed(s, p, p + b->requested); /* even where the allocator has nothing to write */
    live_changes(s, b->requested, 0);
    s->is.totals.live_blocks--;
}

static void block_is_born(hs_session *s, hs_addr p, uint64_t size, uint32_t variable, uint64_t when)
{
    const hs_client_block *there = hs_client_block_at(s->client, p);
    if (there && there->live) block_dies(s, p, when); /* a broken heap handed it out twice */
    hs_client_born(s->client, p, size, variable, when);
    live_changes(s, 0, size);
    s->is.totals.live_blocks++;
    payload_ends(s, p + size);
}

static void block_is_resized(hs_session *s, hs_addr p, uint64_t size)
{
    uint64_t before = hs_client_block_at(s->client, p)->requested;
    changed(s, p + (before < size ? before : size), p + (before < size ? size : before));
    live_changes(s, before, size);
    hs_client_resized(s->client, p, size);
    payload_ends(s, p + size);
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
    uint64_t size = op->request == HS_CALLOC ? op->a * op->b : op->a;
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

/* A point in time: after a request. Its figures cost the same however large the heap is. */
static void mark_time(hs_session *s, uint64_t used_before)
{
    hs_totals *t = &s->is.totals;
    uint64_t used = hs_session_used(s), heap = hs_heap_committed(s->heap), loss;
    if (used > used_before) t->live_at_peak_used = t->live;
    if (t->live) {
        loss = used > t->live ? (uint64_t)((long double)(used - t->live) * 1000 / t->live) : 0;
        if (__builtin_add_overflow(t->loss_sum, loss, &t->loss_sum)) t->loss_sum = UINT64_MAX;
        t->loss_count++;
    }
    uint64_t stride = s->timeline.stride;
    hs_timeline_add(&s->timeline,
                    (hs_sample){.requests = 1,
                                .heap = heap,
                                .used = used,
                                .live = t->live,
                                .utilization = (uint64_t)((long double)t->live * 100 / heap),
                                .examined = hs_events_counts(s->heap).visits});
    size_t count = s->timeline.count;
    hs_travel_samples_changed(s->travel, stride == s->timeline.stride ? count - 1 : 0, count);
}

static bool perform_request(hs_session *s, const hs_op *op, uint32_t *variable, hs_problem *problem)
{
    hs_addr p = hs_session_value(s, op->p);
    bool takes_pointer = op->request == HS_FREE || op->request == HS_REALLOC;
    bool good = !takes_pointer || pointer_is_good(s, op->p);
    if (!good && s->is.setup.settings[HS_SET_MISUSE] == HS_MISUSE_REFUSE)
        return hs_describe_misuse(s, op, p, problem);
    const hs_client_block *old = p ? hs_client_block_at(s->client, p) : NULL;
    uint64_t old_size = takes_pointer && old ? old->requested : 0;
    uint64_t used_before = hs_session_used(s);

    hs_addr result = run_request(s->heap, op, p);
    if (!fault_problem(s, problem)) {
        s->change_count = 0;
        return false;
    }
    s->is.totals.requests++;
    read_events(s);
    *variable = result_variable(s, op, *variable);
    settle(s, op, *variable, p, result);
    mark_time(s, used_before);
    tidy_changes(s);
    s->is.last = (hs_last){.any = true,
                           .number = s->now,
                           .op = *op,
                           .old_value = takes_pointer ? p : HS_NULL,
                           .old_size = old_size,
                           .result = result,
                           .variable = *variable,
                           .misuse = !good};
    look_for_damage(s, !good);
    return true;
}

/* --- The other operations ------------------------------------------------------------------- */

static bool perform_write(hs_session *s, const hs_op *op, hs_problem *problem)
{
    hs_addr at = hs_session_value(s, op->p);
    uint64_t n;
    if (!at) return wrong(problem, HS_OPERAND_POINTER, "a write through NULL");
    if (__builtin_mul_overflow(op->text_length, op->a, &n) || !hs_heap_holds(s->heap, at, n)) {
        wrong(problem, HS_OPERAND_POINTER,
              "a write there leaves the heap (0x%" PRIx64 " to 0x%" PRIx64 ")",
              hs_heap_base(s->heap), hs_heap_end(s->heap));
        return hint(problem, "a real program would get a segmentation fault");
    }
    char *bytes = hs_new(1, n + 1);
    for (uint64_t i = 0; i < n; i++) bytes[i] = op->text[i % op->text_length];
    hs_heap_poke(s->heap, at, bytes, n);
    free(bytes);
    read_events(s);
    s->is.last =
        (hs_last){.any = true, .number = s->now, .op = *op, .old_value = at, .variable = HS_NONE};
    look_for_damage(s, !is_innocent(s, op->p, at, n));
    return true;
}

static bool perform_assign(hs_session *s, const hs_op *op)
{
    hs_addr value = hs_session_value(s, op->p);
    const hs_variable *from = hs_client_variable(s->client, op->p.variable);
    /* A copy of a pointer is as old as the pointer: it is as stale, too. */
    uint64_t when = from ? from->assigned : s->now;
    hs_client_assign(s->client, hs_client_name(s->client, op->name), value, when);
    return true;
}

static bool option_value(const hs_option *o, const char *text, uint64_t *value, hs_problem *problem)
{
    if (o->choices) {
        int choice = choice_named(o, text);
        if (choice < 0) return wrong(problem, HS_OPERAND_VALUE, "%s can not be %s", o->name, text);
        *value = (uint64_t)choice;
        return true;
    }
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 0);
    if (errno || *end || end == text || *text == '-' || *value < o->minimum || *value > o->maximum)
        return wrong(problem, HS_OPERAND_VALUE, "%s is a number from %" PRIu64 " to %" PRIu64,
                     o->name, o->minimum, o->maximum);
    return true;
}

static void replay(hs_session *s);

/* A fresh heap by a new setup; what was done on the old one is done again when `again`. */
static bool start_over(hs_session *s, const hs_setup *setup, bool again, hs_problem *problem)
{
    if (!hs_session_fresh_heap(s, setup, problem)) return false;
    s->is.replayed = s->is.not_replayed = 0;
    if (again)
        replay(s);
    else
        s->is.replayed_until = s->is.first_on_heap = s->now; /* behind the one being performed */
    return true;
}

static bool perform_set(hs_session *s, const hs_op *op, hs_problem *problem)
{
    const hs_allocator *a = s->is.setup.allocator;
    hs_setup setup = s->is.setup;
    const hs_option *o = option_named(a->options, a->option_count, op->name);
    if (o) {
        size_t i = (size_t)(o - a->options);
        if (!option_value(o, op->text, &setup.options[i], problem)) return false;
        if (o->fresh || op->replay) return start_over(s, &setup, op->replay, problem);
        hs_heap_set_option(s->heap, i, setup.options[i]);
        s->is.setup = setup;
        return true;
    }
    o = option_named(hs_settings, HS_SETTINGS, op->name);
    if (!o) {
        for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
            if (option_named(a->options, a->option_count, op->name))
                return wrong(problem, HS_OPERAND_NAME,
                             "%s is an option of the allocator %s, not of %s", op->name, a->name,
                             s->is.setup.name);
        return wrong(problem, HS_OPERAND_NAME, "there is no option called %s", op->name);
    }
    if (!option_value(o, op->text, &setup.settings[o - hs_settings], problem)) return false;
    if (op->replay) return start_over(s, &setup, true, problem);
    if (o == &hs_settings[HS_SET_SIZE] && setup.settings[HS_SET_SIZE] == HS_SIZE_LARGE)
        setup.settings[HS_SET_THEME] = HS_THEME_LIGHT; /* `set theme dark` behind it holds */
    hs_heap_set_growth(s->heap, (hs_growth)setup.settings[HS_SET_GROWTH]);
    s->is.setup = setup;
    return true;
}

static bool perform_allocator(hs_session *s, const hs_op *op, hs_problem *problem)
{
    hs_setup setup = s->is.setup;
    if (!choose_allocator(&setup, op->name, problem)) return false;
    return start_over(s, &setup, op->replay, problem);
}

static bool perform_heap(hs_session *s, const hs_op *op, hs_problem *problem)
{
    hs_setup setup = s->is.setup;
    if (op->a) setup.heap.initial = op->a;
    if (op->b) setup.heap.maximum = op->b;
    if (setup.heap.initial > HS_HEAP_LARGEST || setup.heap.maximum > HS_HEAP_LARGEST)
        return wrong(problem, HS_OPERAND_VALUE, "a heap has at most %" PRIu64 " bytes (1T)",
                     (uint64_t)HS_HEAP_LARGEST);
    if (setup.heap.initial < HS_HEAP_SMALLEST)
        return wrong(problem, HS_OPERAND_VALUE, "a heap has at least %" PRIu64 " bytes",
                     (uint64_t)HS_HEAP_SMALLEST);
    if (setup.heap.maximum < setup.heap.initial) {
        if (op->b)
            return wrong(problem, HS_OPERAND_VALUE,
                         "the heap starts with %" PRIu64 " bytes: its maximum can not be less",
                         setup.heap.initial);
        setup.heap.maximum = setup.heap.initial;
    }
    return start_over(s, &setup, op->replay, problem);
}

static bool perform_reset(hs_session *s, hs_problem *problem)
{
    if (!start_over(s, &s->is.setup, false, problem)) return false;
    hs_client_forget_all(s->client);
    s->is.start = s->is.setup;
    s->is.begun = s->now;
    hs_machine_start(&s->is.mmu, hs_heap_committed(s->heap));
    return true;
}

static bool perform_machine(hs_session *s, const hs_op *op, hs_problem *problem)
{
    uint64_t address = 0;
    bool touch = strcmp(op->name, "touch") == 0;
    if (touch && !hs_session_virtual(s, op->p, &address, problem)) return false;
    return hs_machine_perform(&s->is.mmu, op, address, problem);
}

/* --- Performing and remembering ------------------------------------------------------------- */

static bool perform(hs_session *s, const hs_op *op, uint32_t *variable, hs_problem *problem)
{
    switch (op->kind) {
    case HS_OP_REQUEST: return perform_request(s, op, variable, problem);
    case HS_OP_WRITE: return perform_write(s, op, problem);
    case HS_OP_ASSIGN: return perform_assign(s, op);
    case HS_OP_SET: return perform_set(s, op, problem);
    case HS_OP_ALLOCATOR: return perform_allocator(s, op, problem);
    case HS_OP_HEAP: return perform_heap(s, op, problem);
    case HS_OP_RESET: return perform_reset(s, problem);
    case HS_OP_NOTE: return true;
    case HS_OP_MACHINE: return perform_machine(s, op, problem);
    }
    return false;
}

static bool is_replayed(const hs_op *op)
{
    return op->kind == HS_OP_REQUEST || op->kind == HS_OP_WRITE || op->kind == HS_OP_ASSIGN;
}

/* Do again what was done since the heap was last fresh. What can no longer be done (an address
 * that no block has here, a write beyond this heap) is counted, and left out. */
static void replay(hs_session *s)
{
    hs_problem ignored;
    hs_record_of_op r;
    s->is.replay_setup = s->is.setup;
    s->is.replayed_until = s->now - 1;
    for (uint64_t i = s->is.first_on_heap; i < s->is.replayed_until && i < s->replay_limit; i++) {
        if (!hs_session_record(s, i, &r) || !is_replayed(&r.op)) continue;
        uint64_t now = s->now;
        s->now = i + 1;
        if (perform(s, &r.op, &r.variable, &ignored))
            s->is.replayed++;
        else
            s->is.not_replayed++;
        s->now = now;
    }
}

bool hs_session_record(const hs_session *s, uint64_t i, hs_record_of_op *out)
{
    bool named;
    if (i >= s->at.count || !hs_chronicle_get(s->chronicle, s->at.branch, i, out, &named))
        return false;
    if (named && out->op.kind == HS_OP_REQUEST)
        out->op.name = hs_client_name_of(s->client, out->variable);
    return true;
}

static void remember(hs_session *s, const hs_op *op, uint32_t variable)
{
    if (!s->borrowed)
        hs_chronicle_add(s->chronicle, &s->at, &(hs_record_of_op){.op = *op, .variable = variable});
    else
        s->at.count++;
}

bool hs_session_perform(hs_session *s, const hs_op *op, hs_problem *problem)
{
    s->kept->taken = false;
    uint32_t variable = HS_NONE;
    *problem = (hs_problem){0};
    s->now = s->at.count + 1;
    if (!perform(s, op, &variable, problem)) return false;
    hs_machine_follow(&s->is.mmu, hs_heap_committed(s->heap), false);
    remember(s, op, variable);
    s->is.last.op.name = s->is.last.op.text = NULL; /* they were the caller's */
    hs_travel_note(s);
    return true;
}

void hs_session_go_on(hs_session *s, uint64_t count)
{
    hs_problem ignored;
    s->kept->taken = false;
    while (s->at.count < count) {
        hs_record_of_op r;
        s->now = ++s->at.count;
        if (!hs_session_record(s, s->now - 1, &r)) break;
        perform(s, &r.op, &r.variable, &ignored);
        hs_machine_follow(&s->is.mmu, hs_heap_committed(s->heap), false);
        s->is.last.op.name = s->is.last.op.text = NULL;
    }
}

/* --- Slow motion ---------------------------------------------------------------------------- */

bool hs_session_slow_motion(hs_session *s)
{
    return s->is.last.any && hs_heap_slow_motion(s->heap);
}

hs_session *hs_session_stage(hs_session *s, uint64_t n, hs_session **own)
{
    hs_problem ignored;
    *own = s->is.last.number == n ? NULL : hs_session_after(s, n, &ignored);
    hs_session *stage = *own ? *own : s;
    return stage->is.last.number == n && hs_session_slow_motion(stage) ? stage : NULL;
}

void hs_session_seek(hs_session *s, size_t from, size_t n)
{
    hs_heap_seek(s->heap, n);
    s->kept->taken = false;
    note_changes(s, from, n);
}

/* --- Looking at it -------------------------------------------------------------------------- */

const hs_heap *hs_session_heap(const hs_session *s)
{
    return s->heap;
}

const hs_heap_config *hs_session_config(const hs_session *s)
{
    return &s->is.setup.heap;
}

const char *hs_session_allocator_name(const hs_session *s)
{
    return s->is.setup.name;
}

uint64_t hs_session_setting(const hs_session *s, hs_setting setting)
{
    return s->is.setup.settings[setting];
}

uint32_t hs_session_variable_count(const hs_session *s)
{
    return hs_client_variable_count(s->client);
}

const hs_variable *hs_session_variable(const hs_session *s, uint32_t i)
{
    return hs_client_variable(s->client, i);
}

uint32_t hs_session_find_variable(const hs_session *s, const char *name, size_t length)
{
    return hs_client_find(s->client, name, length);
}

hs_addr hs_session_value(const hs_session *s, hs_pointer p)
{
    const hs_variable *v = hs_client_variable(s->client, p.variable);
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
    if (*address < base) return true;
    if (m->current) {
        wrong(problem, HS_OPERAND_POINTER, "this is a pointer of main, and %s runs",
              m->processes[m->current].name);
        return hint(problem, "`run main` lets main run");
    }
    *address = *address - base + hs_mmu_area_start(m, m->processes, HS_AREA_HEAP);
    return true;
}

const hs_client_block *hs_session_block_from(const hs_session *s, hs_addr from)
{
    return hs_client_block_from(s->client, from);
}

const hs_client_block *hs_session_block_before(const hs_session *s, hs_addr at)
{
    return hs_client_block_before(s->client, at);
}

const hs_client_block *hs_session_block_around(const hs_session *s, hs_addr at)
{
    const hs_client_block *b = hs_client_block_before(s->client, at);
    return b && at - b->addr < (b->requested ? b->requested : 1) ? b : NULL;
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
    return &s->is.totals;
}

uint64_t hs_session_used(const hs_session *s)
{
    return s->is.totals.highest_block - hs_heap_base(s->heap);
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
    s->change_count = 0;
    for (size_t i = 0; i < n; i++) changed(s, ranges[i].from, ranges[i].to);
    tidy_changes(s);
}

void hs_session_replayed(const hs_session *s, uint64_t *done, uint64_t *left_out)
{
    *done = s->is.replayed;
    *left_out = s->is.not_replayed;
}

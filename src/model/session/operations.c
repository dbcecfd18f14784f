/* SPDX-License-Identifier: MIT */
/* The other operations: writes, assignments, settings, and what starts a fresh heap. */
#include "model/session/session.h"

#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Setups ---------------------------------------------------------------------------------- */

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

/* The value that an option gets when the allocator changes, where the old one had the same option
 * at `value`. What the user has set is kept if it is possible here, a choice by its name; what was
 * not set becomes the new allocator's initial value. */
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
bool hs_setup_choose(hs_setup *setup, const char *name, hs_problem *problem)
{
    const hs_preset *preset = preset_named(name);
    const hs_allocator *a = hs_allocator_named(preset ? preset->allocator : name, HS_PROBED);
    if (!a) return hs_wrong(problem, HS_OPERAND_NAME, "there is no allocator called %s", name);
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
    setup->name = preset ? preset->name : a->name;
    memcpy(setup->options, options, sizeof options);
    return true;
}

/* --- Operations ------------------------------------------------------------------------------ */

enum { PIECE = 1 << 16 };

/* Fill n bytes with the text, repeated. False when it was stopped: then nothing has been
 * written. */
static bool repeat_text(hs_session *s, const hs_op *op, char *bytes, uint64_t n)
{
    size_t next = 0;
    s->stopped = false;
    for (uint64_t i = 0; i < n && !s->stopped; i++) {
        bytes[i] = op->text[next];
        next = next + 1 < op->text_length ? next + 1 : 0;
        if (i % PIECE == PIECE - 1)
            s->stopped = !hs_session_goes_on(s, "writing", i / PIECE, n / PIECE) && !s->returns;
    }
    if (n > PIECE) hs_session_is_over(s);
    return !s->stopped;
}

bool hs_perform_write(hs_session *s, const hs_op *op, hs_problem *problem)
{
    hs_addr at = hs_session_value(s, op->p);
    uint64_t n;
    if (!at) return hs_wrong(problem, HS_OPERAND_POINTER, "a write through NULL");
    if (__builtin_mul_overflow(op->text_length, op->a, &n) || !hs_heap_holds(s->heap, at, n)) {
        hs_wrong(problem, HS_OPERAND_POINTER,
                 "a write there leaves the heap (0x%" PRIx64 " to 0x%" PRIx64 ")",
                 hs_heap_base(s->heap), hs_heap_end(s->heap));
        return hs_wrong_hint(problem, "a real program would get a segmentation fault");
    }
    char *bytes = hs_new(1, n + 1);
    bool good = repeat_text(s, op, bytes, n);
    if (good) hs_heap_poke(s->heap, at, bytes, n);
    free(bytes);
    if (!good) return hs_was_stopped(problem);
    hs_session_read_events(s);
    s->is.last =
        (hs_last){.any = true, .number = s->now, .op = *op, .old_value = at, .variable = HS_NONE};
    hs_session_look_for_damage(s, !hs_session_stays_in_its_block(s, op->p, at, n));
    HS_TELL(s, follow, s, 0, SIZE_MAX);
    return true;
}

bool hs_perform_assign(hs_session *s, const hs_op *op)
{
    hs_addr value = hs_session_value(s, op->p);
    const hs_variable *from = hs_client_variable(s->client, op->p.variable);
    /* A copy of a pointer is as old as the pointer, so that it is stale when the pointer is. */
    uint64_t when = from ? from->assigned : s->now;
    hs_client_assign(s->client, hs_client_name(s->client, op->name), value, when);
    return true;
}

static bool option_value(const hs_option *o, const char *text, uint64_t *value, hs_problem *problem)
{
    if (o->choices) {
        int choice = choice_named(o, text);
        if (choice < 0)
            return hs_wrong(problem, HS_OPERAND_VALUE, "%s can not be %s", o->name, text);
        *value = (uint64_t)choice;
        return true;
    }
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 0);
    if (errno || *end || end == text || *text == '-' || *value < o->minimum || *value > o->maximum)
        return hs_wrong(problem, HS_OPERAND_VALUE, "%s is a number from %" PRIu64 " to %" PRIu64,
                        o->name, o->minimum, o->maximum);
    return true;
}

/* Begin a fresh heap by a new setup; with `again`, do what was done on the old one again. */
static bool start_over(hs_session *s, const hs_setup *setup, bool again, hs_problem *problem)
{
    if (!hs_session_fresh_heap(s, setup, problem)) return false;
    s->is.replayed = s->is.not_replayed = 0;
    if (again) return hs_session_replay(s);
    s->is.replayed_until = s->is.first_on_heap = s->now; /* what counts comes after this
                                                          * operation */
    return true;
}

/* Where the option is now that the allocator had once (NULL: any had); NULL: none had it. */
static const hs_moved *moved_from(const char *allocator, const hs_op *op)
{
    const hs_moved *m;
    for (size_t i = 0; (m = hs_moved_at(i)); i++)
        if ((!allocator || strcmp(m->allocator, allocator) == 0) &&
            strcmp(m->option, op->name) == 0 && (!m->value || strcmp(m->value, op->text) == 0))
            return m;
    return NULL;
}

/* Say what is written in its place. Returns false. */
static bool hint_at(const hs_moved *m, const hs_op *op, hs_problem *problem)
{
    if (m && m->command)
        snprintf(problem->hint, sizeof problem->hint, "write `%s`", m->command);
    else if (m)
        snprintf(problem->hint, sizeof problem->hint, "%s is what it is without", op->text);
    return false;
}

/* Refuse an option that the allocator does not have, and name the allocators that have it. */
static bool no_option(const hs_session *s, const hs_op *op, hs_problem *problem)
{
    const char *name = op->name, *had = s->is.setup.allocator->name;
    const hs_moved *m = moved_from(had, op);
    if (m) {
        hs_wrong(problem, HS_OPERAND_NAME, "%s has no option %s", had, name);
        return hint_at(m, op, problem);
    }
    const hs_allocator *a;
    char owners[128] = "";
    size_t used = 0;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        if (option_named(a->options, a->option_count, name) && used < sizeof owners)
            used += (size_t)snprintf(owners + used, sizeof owners - used, "%s%s", used ? ", " : "",
                                     a->name);
    if (!used) {
        hs_wrong(problem, HS_OPERAND_NAME, "there is no option called %s", name);
        return hint_at(moved_from(NULL, op), op, problem);
    }
    return hs_wrong(problem, HS_OPERAND_NAME, "%s has no option %s; these have: %s",
                    s->is.setup.name, name, owners);
}

/* The name of a preset says what its option is set to. Where that is another value now, the preset
 * that has this one names the setup, or, if there is none, the allocator does. */
static void name_by_options(hs_setup *setup)
{
    const hs_preset *named = preset_named(setup->name), *p;
    if (!named) return;
    const hs_allocator *a = setup->allocator;
    const hs_option *o = option_named(a->options, a->option_count, named->option);
    const char *choice = o->choices[setup->options[o - a->options]], *name = a->name;
    for (size_t i = 0; (p = hs_preset_at(i)); i++)
        if (strcmp(p->allocator, a->name) == 0 && strcmp(p->option, o->name) == 0 &&
            strcmp(p->choice, choice) == 0)
            name = p->name;
    setup->name = name;
}

bool hs_perform_set(hs_session *s, const hs_op *op, hs_problem *problem)
{
    const hs_allocator *a = s->is.setup.allocator;
    hs_setup setup = s->is.setup;
    const hs_option *o = option_named(a->options, a->option_count, op->name);
    if (o) {
        size_t i = (size_t)(o - a->options);
        if (!option_value(o, op->text, &setup.options[i], problem)) return false;
        name_by_options(&setup);
        if (o->fresh || op->replay) return start_over(s, &setup, op->replay, problem);
        hs_heap_set_option(s->heap, i, setup.options[i]);
        s->is.setup = setup;
        return true;
    }
    size_t n = 0;
    uint64_t value;
    while ((o = hs_session_setting_row(s, n)) && strcmp(o->name, op->name) != 0) n++;
    if (!o) return no_option(s, op, problem);
    if (!option_value(o, op->text, &value, problem)) return false;
    if (n == HS_SET_GROWTH && a->model_base)
        return hs_wrong(problem, HS_OPERAND_NAME,
                        "a heap of %s does not grow: it is as large as it is", a->name);
    hs_setup_change_setting(s, &setup, n, value);
    if (op->replay) return start_over(s, &setup, true, problem);
    hs_heap_set_growth(s->heap, (hs_growth)setup.settings[HS_SET_GROWTH]);
    s->is.setup = setup;
    return true;
}

bool hs_perform_allocator(hs_session *s, const hs_op *op, hs_problem *problem)
{
    hs_setup setup = s->is.setup;
    if (!hs_setup_choose(&setup, op->name, problem)) return false;
    return start_over(s, &setup, op->replay, problem);
}

bool hs_perform_heap(hs_session *s, const hs_op *op, hs_problem *problem)
{
    hs_setup setup = s->is.setup;
    if (op->a) setup.heap.initial = op->a;
    if (op->b) setup.heap.maximum = op->b;
    if (setup.heap.initial > HS_HEAP_LARGEST || setup.heap.maximum > HS_HEAP_LARGEST)
        return hs_wrong(problem, HS_OPERAND_VALUE, "a heap has at most %" PRIu64 " bytes (1T)",
                        (uint64_t)HS_HEAP_LARGEST);
    if (setup.heap.initial < HS_HEAP_SMALLEST)
        return hs_wrong(problem, HS_OPERAND_VALUE, "a heap has at least %" PRIu64 " bytes",
                        (uint64_t)HS_HEAP_SMALLEST);
    if (setup.heap.maximum < setup.heap.initial) {
        if (op->b)
            return hs_wrong(problem, HS_OPERAND_VALUE,
                            "the heap starts with %" PRIu64 " bytes: its maximum can not be less",
                            setup.heap.initial);
        setup.heap.maximum = (setup.heap.initial + HS_HEAP_STEP - 1) / HS_HEAP_STEP * HS_HEAP_STEP;
    }
    return start_over(s, &setup, op->replay, problem);
}

bool hs_perform_reset(hs_session *s, hs_problem *problem)
{
    if (!start_over(s, &s->is.setup, false, problem)) return false;
    hs_client_forget_all(s->client);
    s->is.start = s->is.setup;
    s->is.begun = s->now;
    hs_machine_start(&s->is.mmu, hs_heap_committed(s->heap));
    return true;
}

bool hs_perform_machine(hs_session *s, const hs_op *op, hs_problem *problem)
{
    uint64_t address = 0;
    bool at = hs_machine_takes_pointer(op->name);
    if (at && !hs_session_virtual(s, op->p, &address, problem)) return false;
    return hs_machine_perform(&s->is.mmu, op->name, op->text ? op->text : "", address, problem);
}

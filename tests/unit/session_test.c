/* SPDX-License-Identifier: MIT */
/* Sessions: what the client holds and did, saved and replayed, and the ledger of its heap. */
#include "check.h"
#include "random.h"
#include "stage.h"

#include <heapscope/ledger.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int open_stage(void **state)
{
    *state = stage_new("implicit", 256, 1 << 20);
    return 0;
}

static int close_stage(void **state)
{
    stage_free(*state);
    return 0;
}

static const hs_client_block *block_of(stage *s, const char *pointer)
{
    const hs_client_block *b = hs_session_block_from(s->session, stage_value(s, pointer));
    assert_non_null(b);
    return b;
}

static void expect_name(stage *s, const char *pointer, const char *name)
{
    assert_string_equal(hs_session_block_name(s->session, block_of(s, pointer)), name);
}

/* --- Names ---------------------------------------------------------------------------------- */

static void pointers_get_the_next_name(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 8; calloc 2 8; aligned_alloc 16 8; realloc NULL 8; free p2; malloc 8");
    static const char *const names[] = {"p1", "p2", "p3", "p4", "p5"};
    assert_int_equal(hs_session_variable_count(s->session), 5);
    for (uint32_t i = 0; i < 5; i++) {
        assert_string_equal(hs_session_variable(s->session, i)->name, names[i]);
        assert_int_equal(hs_session_find_variable(s->session, names[i], 2), i);
    }
    assert_int_equal(hs_session_find_variable(s->session, "p11", 3), HS_NONE);
    assert_int_equal(hs_session_find_variable(s->session, "p", 1), HS_NONE);
    assert_null(hs_session_variable(s->session, 5));
}

static void names_of_ones_own_are_passed_over_by_the_automatic_ones(void **state)
{
    stage *s = *state;
    stage_does(s, "p2 = malloc 8; malloc 8; malloc 8; node = malloc 8");
    assert_string_equal(hs_session_variable(s->session, 2)->name, "p3");
    expect_name(s, "node", "node");
}

static void realloc_keeps_the_name_in_place_moved_or_failed(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; malloc 24; realloc p1 16; realloc p1 64");
    expect_name(s, "p1", "p1");
    assert_int_equal(block_of(s, "p1")->requested, 64);
    assert_true(stage_value(s, "p1") > stage_value(s, "p2"));
    uint64_t before = stage_value(s, "p1");
    stage_does(s, "realloc p1 1G");
    assert_int_equal(stage_value(s, "p1"), before);
    assert_int_equal(stage_value(s, "failed"), 1);
    stage_does(s, "big = realloc p1 1G; expect big == NULL; realloc p1 0; expect p1 == NULL");
    assert_int_equal(hs_session_totals(s->session)->live_blocks, 1);
}

static void a_block_keeps_a_name_while_any_variable_points_to_it(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 8; a = p1; p1 = NULL; x = a");
    expect_name(s, "a", "a");
    stage_does(s, "a = NULL");
    expect_name(s, "x", "x");
    hs_addr lost = stage_value(s, "x");
    stage_does(s, "x = NULL");
    assert_string_equal(hs_session_block_name(s->session, hs_session_block_from(s->session, lost)),
                        "?");
    stage_does(s, "found = 0x107000008");
    expect_name(s, "found", "found");
}

static void thousands_of_names_are_found_again(void **state)
{
    stage *s = *state;
    stage_does(s, "repeat 3000 { malloc 1 }");
    for (uint32_t i = 0; i < 3000; i++) {
        const char *name = hs_session_variable(s->session, i)->name;
        assert_int_equal(hs_session_find_variable(s->session, name, strlen(name)), i);
    }
}

/* --- Misuse --------------------------------------------------------------------------------- */

static void misuse_is_told_for_what_it_is(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; malloc 24; malloc 24; free p2; old = p1");
    static const char *const refused[][2] = {
        {"free p2", "p2 (0x107000028) was already freed, by command 4: a double free"},
        {"realloc p2 8", "was already freed, by command 4"},
        {"free 8", "0x8 is a wild pointer: the heap goes from 0x107000000 to 0x107000100"},
        {"free 0x107000100", "is a wild pointer"},
        {"free 0xffffffffffffffff", "is a wild pointer"},
        {"free p1+8", "0x107000010 points 8 bytes into the block of p1; free takes the start"},
        {"free p1+23", "points 23 bytes into the block of p1"},
        {"free p3-8", "points into a header"},
        {"realloc p3+32 8", "points into a free block"},
    };
    uint64_t before = hs_session_op_count(s->session);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        stage_refuses(s, refused[i][0], refused[i][1]);
    assert_int_equal(hs_session_op_count(s->session), before);
    stage_does(s, "free NULL; check; expect blocks == 2");
}

static void a_pointer_to_memory_handed_out_again_is_stale(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; copy = p1; free p1; new = malloc 24; expect new == p1");
    stage_refuses(s, "free p1", "was freed before: the memory there belongs to new now");
    stage_refuses(s, "realloc copy 64", "was freed before: the memory there belongs to new now");
    hs_pointer p = {.variable = hs_session_find_variable(s->session, "copy", 4)};
    assert_true(hs_session_is_stale(s->session, p, block_of(s, "new")));
    stage_does(s, "copy = new; free copy");
}

static void misuse_can_be_allowed(void **state)
{
    stage *s = *state;
    stage_does(s, "set misuse allow; malloc 24; malloc 24; free p1; free p1");
    assert_true(hs_session_last(s->session)->misuse);
    stage_does(s, "malloc 8; free NULL");
    assert_false(hs_session_last(s->session)->misuse);
}

static void a_request_that_faults_changes_nothing(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; malloc 24; write p1+24 0xff*8");
    uint64_t count = hs_session_op_count(s->session);
    hs_totals before = *hs_session_totals(s->session);
    stage_refuses(s, "malloc 100", "the heap is broken at 0x107000020");
    assert_int_equal(hs_session_op_count(s->session), count);
    assert_memory_equal(hs_session_totals(s->session), &before, sizeof before);
    stage_refuses(s, "check", "the heap is broken at 0x107000020");
}

static void memory_that_realloc_grows_into_is_the_blocks(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; malloc 24; malloc 8; free p2; realloc p1 56; expect size(p1) == 56");
    const hs_client_block *b = hs_session_block_around(s->session, stage_value(s, "p2+4"));
    assert_non_null(b);
    assert_int_equal(b->addr, stage_value(s, "p1"));
    stage_refuses(s, "free p2", "points 32 bytes into the block of p1");
}

/* --- Fresh heaps ----------------------------------------------------------------------------- */

static void a_switch_with_replay_does_it_all_again(void **state)
{
    stage *s = *state;
    uint64_t done, left_out;
    stage_does(s, "malloc 24; a = malloc 100; free p1; malloc 8; write p2 \"hi\"; b = a+8");
    stage_does(s, "allocator bump replay");
    hs_session_replayed(s->session, &done, &left_out);
    assert_int_equal(done, 6);
    assert_int_equal(left_out, 0);
    assert_string_equal(hs_session_allocator_name(s->session), "bump");
    stage_does(s, "expect blocks == 2 and live == 108 and b == a + 8 and dead == 24");
    assert_string_equal(
        (const char *)hs_heap_bytes(hs_session_heap(s->session), stage_value(s, "p2"), 3), "hi");
    stage_does(s, "malloc 8; allocator worst-fit replay; expect requests == 5 and blocks == 3");
}

static void a_replay_leaves_out_what_cannot_be_done(void **state)
{
    stage *s = *state;
    uint64_t done, left_out;
    stage_does(s, "malloc 24; malloc 8; free 0x107000008; write p2 1*200; allocator bump replay");
    hs_session_replayed(s->session, &done, &left_out);
    assert_int_equal(done, 3);
    assert_int_equal(left_out, 1);
}

static void a_switch_without_replay_starts_afresh(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; a = malloc 8; allocator bump; expect blocks == 0 and requests == 0");
    stage_does(s, "expect p1 == NULL and a == NULL; malloc 8");
    assert_int_equal(stage_value(s, "p1"), HS_BASE);
    stage_does(s, "allocator implicit replay; expect requests == 1");
    stage_refuses(s, "allocator buddies", "there is no allocator buddies");
    stage_does(s, "expect requests == 1");
}

static void options_that_lay_out_blocks_start_afresh(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; set fit best; expect blocks == 1");
    stage_does(s, "set footer on replay; expect blocks == 1 and block(p1) == 40");
    stage_does(s, "set footer off; expect blocks == 0");
    stage_does(s, "allocator bump; allocator implicit; heap 512; expect heap_size == 512");
}

static uint64_t option(const stage *s, size_t index)
{
    return hs_heap_option(hs_session_heap(s->session), index);
}

/* Implicit has fit first, next, best, worst, as option 0; explicit has first and best, as option 1.
 */
static void an_option_that_was_set_is_kept_by_the_name_of_its_choice(void **state)
{
    stage *s = *state;
    stage_does(s, "allocator explicit");
    assert_int_equal(option(s, 1), 0);
    stage_does(s, "allocator implicit; set fit best; allocator explicit");
    assert_int_equal(option(s, 1), 1);
    stage_does(s, "allocator implicit; set fit worst; allocator explicit");
    assert_int_equal(option(s, 1), 0); /* worst is no choice here */
}

/* What tlsf, segregated and explicit had as options once are allocators of their own. */
static void an_option_that_is_an_allocator_now_says_what_to_write(void **state)
{
    stage *s = *state;
    stage_does(s, "allocator tlsf; malloc 24");
    stage_refuses(s, "set coalesce deferred", "tlsf has no option coalesce");
    stage_refuses(s, "set coalesce deferred", "write `allocator quick; set behind tlsf`");
    stage_refuses(s, "set coalesce immediate", "immediate is what it is without");
    stage_refuses(s, "set quick 64 replay", "write `allocator quick; set behind tlsf`");
    stage_does(s, "allocator quick; set behind tlsf; allocator segregated");
    stage_refuses(s, "set coalesce deferred replay", "write `allocator quick`");
    stage_does(s, "allocator explicit");
    stage_refuses(s, "set hardened on", "write `allocator hardened`");
    stage_refuses(s, "set hardened off", "off is what it is without");
    stage_does(s, "allocator hardened; allocator implicit");
    stage_refuses(s, "set hardened on", "there is no option called hardened");
    stage_refuses(s, "set hardened on", "write `allocator hardened`");
}

/* A preset gives its name to one value of its option: with another one, another name holds. */
static void the_name_tells_the_policy_in_force(void **state)
{
    stage *s = *state;
    const hs_preset *from, *to;
    char line[128];
    for (size_t i = 0; (from = hs_preset_at(i)); i++)
        for (size_t j = 0; (to = hs_preset_at(j)); j++) {
            snprintf(line, sizeof line, "allocator %s; set %s %s", from->name, to->option,
                     to->choice);
            stage_does(s, line);
            assert_string_equal(hs_session_allocator_name(s->session), to->name);
            stage_does(s, "undo");
            assert_string_equal(hs_session_allocator_name(s->session), from->name);
            snprintf(line, sizeof line, "set %s %s replay", to->option, to->choice);
            stage_does(s, line);
            assert_string_equal(hs_session_allocator_name(s->session), to->name);
        }
    stage_does(s, "allocator next-fit; set coalesce off");
    assert_string_equal(hs_session_allocator_name(s->session), "next-fit");
    stage_does(s, "allocator implicit; set fit worst");
    assert_string_equal(hs_session_allocator_name(s->session), "implicit");
}

static void reset_starts_over_with_new_names(void **state)
{
    stage *s = *state;
    stage_does(s, "set misuse allow; a = malloc 24; malloc 8; reset");
    assert_int_equal(hs_session_op_count(s->session), 4); /* and can be taken back */
    assert_int_equal(hs_session_variable_count(s->session), 0);
    assert_null(hs_session_block_from(s->session, 0));
    assert_false(hs_session_last(s->session)->any);
    assert_int_equal(hs_session_setting(s->session, HS_SET_MISUSE), HS_MISUSE_ALLOW);
    stage_does(s, "malloc 8; expect p1 == 0x107000008");
}

static void sessions_need_an_allocator_that_there_is(void **state)
{
    hs_problem problem;
    (void)state;
    assert_null(hs_session_new("buddies", &(hs_heap_config){256, 4096}, &problem));
    assert_string_equal(problem.what, "there is no allocator called buddies");
    assert_int_equal(problem.operand, HS_OPERAND_NAME);
    hs_session_free(NULL);
}

/* --- Changes and the last request ------------------------------------------------------------ */

static void what_changed_is_known_until_the_next_operation(void **state)
{
    stage *s = *state;
    size_t n;
    stage_does(s, "malloc 24; malloc 24");
    assert_true(hs_session_changed(s->session, HS_BASE + 32));
    assert_false(hs_session_changed(s->session, HS_BASE + 8));
    stage_does(s, "write p1 \"abc\"");
    const hs_change *c = hs_session_changes(s->session, &n);
    assert_int_equal(n, 1);
    assert_int_equal(c->from, stage_value(s, "p1"));
    assert_int_equal(c->to - c->from, 3);
    assert_false(hs_session_changed(s->session, c->to));
    assert_false(hs_session_changed(s->session, c->from - 1));
    stage_does(s, "free NULL");
    hs_session_changes(s->session, &n);
    assert_int_equal(n, 0);
}

static void the_last_request_tells_before_and_after(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; malloc 8; realloc p1 100");
    const hs_last *last = hs_session_last(s->session);
    assert_true(last->any);
    assert_int_equal(last->old_value, HS_BASE + 8);
    assert_int_equal(last->old_size, 24);
    assert_int_equal(last->result, stage_value(s, "p1"));
    assert_int_equal(last->variable, 0);
    stage_does(s, "free p2");
    assert_int_equal(hs_session_last(s->session)->old_size, 8);
    assert_int_equal(hs_session_last(s->session)->variable, HS_NONE);
}

/* --- Random sessions ------------------------------------------------------------------------- */

static const char *const setups[] = {
    "allocator bump",
    "allocator bump; set align 16",
    "allocator first-fit",
    "allocator next-fit; set coalesce deferred",
    "allocator best-fit; set footer on; set align 16; set split-min 0",
    "allocator worst-fit; set coalesce off; set split-min 64",
};
enum { SETUPS = sizeof setups / sizeof *setups };

/* One random statement; `wild` ones break the heap, and are often refused. */
static void random_statement(uint64_t *r, bool wild, char *out, size_t size)
{
    unsigned n = (unsigned)random_below(r, 20) + 1, m = (unsigned)random_below(r, 20) + 1;
    unsigned bytes = (unsigned)random_below(r, random_below(r, 8) ? 100 : 1000);
    switch (random_below(r, wild ? 20 : 15)) {
    default: snprintf(out, size, "malloc %u", bytes); break;
    case 3: snprintf(out, size, "v%u = malloc %u", n, bytes); break;
    case 4: snprintf(out, size, "calloc %u %u", n, m); break;
    case 5: snprintf(out, size, "aligned_alloc %u %u", 1u << n % 9, bytes); break;
    case 6:
    case 7: snprintf(out, size, "free p%u", n); break;
    case 8: snprintf(out, size, "realloc p%u %u", n, bytes); break;
    case 9: snprintf(out, size, "v%u = realloc p%u %u", n, m, bytes); break;
    case 10: snprintf(out, size, "write p%u %u*%u", n, bytes & 255, m); break;
    case 11: snprintf(out, size, "v%u = p%u", n, m); break;
    case 12: snprintf(out, size, "free v%u", n); break;
    case 13: snprintf(out, size, "random %u seed %u", n, bytes); break;
    case 14:
        snprintf(out, size, "%s replay",
                 n < 3   ? "set footer on"
                 : n < 6 ? "heap 512"
                         : "set split-min 32");
        break;
    case 15: snprintf(out, size, "set misuse allow"); break;
    case 16: snprintf(out, size, "write p%u \"\\x%02x\\0\\\"\"*%u", n, bytes & 255, m * 4); break;
    case 17: snprintf(out, size, "realloc p%u+%u %u", n, m, bytes); break;
    case 18: snprintf(out, size, "realloc 0x%" PRIx64 " %u", HS_BASE + 8 * m, bytes); break;
    case 19: snprintf(out, size, "free p%u-8", n); break;
    }
}

static void run_randomly(stage *s, uint64_t seed, bool wild, size_t statements,
                         void (*each)(stage *))
{
    uint64_t random = seed;
    char statement[128];
    for (size_t i = 0; i < statements; i++) {
        random_statement(&random, wild, statement, sizeof statement);
        stage_run(s, statement); /* what cannot be done changes nothing */
        if (each) each(s);
    }
}

static stage *random_stage(uint64_t seed)
{
    stage *s = stage_new("implicit", 64 + seed % 3 * 96, 16384);
    stage_does(s, setups[seed % SETUPS]);
    return s;
}

static void expect_same_variables(const hs_session *a, const hs_session *b)
{
    for (uint32_t i = 0; i < hs_session_variable_count(a); i++) {
        const hs_variable *v = hs_session_variable(a, i);
        uint32_t other = hs_session_find_variable(b, v->name, strlen(v->name));
        assert_int_not_equal(other, HS_NONE);
        assert_int_equal(v->value, hs_session_variable(b, other)->value);
    }
}

/* Save it, play it in another session, and compare. */
static void round_trip(stage *s)
{
    char *script = NULL;
    size_t size;
    FILE *out = open_memstream(&script, &size);
    assert_true(hs_session_write_script(s->session, out));
    fclose(out);
    stage *again = stage_new("bump", 128, 128);
    if (!stage_run_bytes(again, script, size)) fail_msg("%s", again->error);
    expect_same_heap(s->session, again->session);
    expect_same_variables(s->session, again->session);
    const hs_totals *a = hs_session_totals(s->session), *b = hs_session_totals(again->session);
    assert_memory_equal(a, b, sizeof *a);
    stage_free(again);
    free(script);
}

static void a_saved_session_gives_the_same_bytes(void **state)
{
    (void)state;
    uint64_t runs = random_operations(6000) / 60;
    for (uint64_t seed = 0; seed < runs; seed++) {
        stage *s = random_stage(seed);
        run_randomly(s, seed, seed / SETUPS % 2, 60, NULL);
        round_trip(s);
        stage_free(s);
    }
}

static void a_session_is_saved_from_its_reset_on(void **state)
{
    stage *s = *state;
    stage_does(s, "set misuse allow; set fit best; heap 512 max 2k; malloc 8; reset; malloc 24");
    round_trip(s);
    stage_does(s, "note \"\\\"quoted\\\" \\\\ \\n\\0 end\"; set zoom 64; allocator bump replay");
    round_trip(s);
}

static void an_operation_can_be_written_as_a_command(void **state)
{
    stage *s = *state;
    static const struct {
        const char *typed, *text;
    } lines[] = {
        {"malloc 24", "p1 = malloc 24"},
        {"a = calloc 3 8", "a = calloc 3 8"},
        {"aligned_alloc 64 8", "p2 = aligned_alloc 64 8"},
        {"realloc p1 64", "realloc p1 64"},
        {"free p1", "free p1"},
        {"write p2 \"a\\\"\"*3", "write p2 \"a\\\"\"*3"},
        {"x = p2-8", "x = p2-8"},
        {"set fit best", "set fit best"},
        {"free NULL", "free NULL"},
        {"heap 512 max 4096", "heap 512 max 4096"},
        {"allocator bump replay", "allocator bump replay"},
        {"note so far", "note \"so far\""},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        stage_does(s, lines[i].typed);
        char *text = hs_session_record_text(s->session, i);
        assert_string_equal(text, lines[i].text);
        free(text);
    }
    hs_op op;
    assert_false(hs_session_op(s->session, hs_session_op_count(s->session), &op));
}

/* --- The ledger ------------------------------------------------------------------------------ */

static void expect_balance(stage *s)
{
    hs_ledger l = hs_ledger_take(s->session);
    uint64_t sum = 0;
    for (int i = 0; i < HS_CAUSES; i++) sum += l.bytes[i];
    assert_int_equal(sum, hs_heap_committed(hs_session_heap(s->session)));
    assert_true(l.free_bytes <= sum && l.block_bytes <= sum);
    assert_true(l.largest_hole >= l.smallest_hole && l.largest_hole <= l.free_bytes);
    assert_int_equal(l.holes == 0, l.free_bytes == 0);
    for (size_t i = 0; hs_measure_at(i); i++) {
        const hs_measure *m = hs_measure_at(i);
        uint64_t value = m->value(s->session, &l);
        bool of_live = strncmp(m->name, "fragmentation_", 14) == 0; /* used may be many times it */
        if (strcmp(m->unit, "%") == 0 && !of_live && !l.bytes[HS_CAUSE_DAMAGED] &&
            hs_session_setting(s->session, HS_SET_MISUSE) == HS_MISUSE_REFUSE)
            assert_in_range(value, 0, 100);
    }
}

static void a_sane_ledger(stage *s)
{
    hs_damage damage;
    const hs_heap *h = hs_session_heap(s->session);
    expect_balance(s);
    if (!hs_heap_allocator(h)->check(h, &damage)) return; /* a write went too far */
    hs_ledger l = hs_ledger_take(s->session);
    assert_int_equal(l.bytes[HS_CAUSE_DAMAGED], 0);
}

static void the_ledgers_sum_is_the_heaps_size(void **state)
{
    (void)state;
    uint64_t runs = random_operations(4000) / 50;
    for (uint64_t seed = 0; seed < runs; seed++) {
        stage *s = random_stage(seed);
        run_randomly(s, seed, false, 50, a_sane_ledger);
        stage_free(s);
    }
}

static void the_ledgers_sum_holds_for_broken_heaps(void **state)
{
    (void)state;
    uint64_t runs = random_operations(6000) / 60;
    for (uint64_t seed = 0; seed < runs; seed++) {
        stage *s = random_stage(seed);
        stage_does(s, "set misuse allow");
        run_randomly(s, seed + 1000, true, 60, expect_balance);
        stage_free(s);
    }
}

static void the_live_payload_is_the_ledgers(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 2 * SETUPS; seed++) {
        stage *s = random_stage(seed);
        char text[32];
        snprintf(text, sizeof text, "random 300 seed %u", (unsigned)seed);
        stage_does(s, text);
        hs_ledger l = hs_ledger_take(s->session);
        assert_int_equal(l.bytes[HS_CAUSE_PAYLOAD], stage_value(s, "live"));
        stage_free(s);
    }
}

static void causes_have_names_and_definitions(void **state)
{
    (void)state;
    for (hs_cause i = 0; i < HS_CAUSES; i++) {
        assert_true(strlen(hs_cause_name(i)) > 2);
        assert_true(strlen(hs_cause_definition(i)) > 5);
    }
}

static void measures_are_what_they_say(void **state)
{
    stage *s = *state;
    /* u32 f48 u16 f160: 24 bytes, a hole, 1 byte, the rest. */
    stage_does(s, "malloc 24; malloc 40; malloc 1; free p2");
    stage_does(s, "expect heap_size == 256 and heap_max == 1M and live == 25 and blocks == 2");
    stage_does(s, "expect peak_live == 65 and holes == 2 and free_bytes == 208");
    stage_does(s, "expect largest_hole == 160 and smallest_hole == 48 and mean_hole == 104");
    stage_does(s, "expect headers == 32 and padding == 7 and dead == 0 and damaged == 0");
    stage_does(s, "expect never_used == 152 and utilization == 65*100/256");
    stage_does(s, "expect utilization_segment == 65*100/89");
    stage_does(s, "expect internal_fragmentation == 23*100/48");
    stage_does(s, "expect external_fragmentation == 48*100/208");
    stage_does(s, "expect requests == 4 and failed == 0 and splits == 3 and growths == 0");
    stage_does(s, "realloc p1 100; expect moved == 24 and moved_total == 24 and examined > 0");
    assert_null(hs_measure_named("hole", 4));
    assert_ptr_equal(hs_measure_named("holesome", 5), hs_measure_named("holes", 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)
        TEST(pointers_get_the_next_name),
        TEST(names_of_ones_own_are_passed_over_by_the_automatic_ones),
        TEST(realloc_keeps_the_name_in_place_moved_or_failed),
        TEST(a_block_keeps_a_name_while_any_variable_points_to_it),
        TEST(thousands_of_names_are_found_again),
        TEST(misuse_is_told_for_what_it_is),
        TEST(a_pointer_to_memory_handed_out_again_is_stale),
        TEST(misuse_can_be_allowed),
        TEST(a_request_that_faults_changes_nothing),
        TEST(memory_that_realloc_grows_into_is_the_blocks),
        TEST(a_switch_with_replay_does_it_all_again),
        TEST(a_replay_leaves_out_what_cannot_be_done),
        TEST(a_switch_without_replay_starts_afresh),
        TEST(options_that_lay_out_blocks_start_afresh),
        TEST(an_option_that_was_set_is_kept_by_the_name_of_its_choice),
        TEST(an_option_that_is_an_allocator_now_says_what_to_write),
        TEST(the_name_tells_the_policy_in_force),
        TEST(reset_starts_over_with_new_names),
        TEST(sessions_need_an_allocator_that_there_is),
        TEST(what_changed_is_known_until_the_next_operation),
        TEST(the_last_request_tells_before_and_after),
        TEST(a_saved_session_gives_the_same_bytes),
        TEST(a_session_is_saved_from_its_reset_on),
        TEST(an_operation_can_be_written_as_a_command),
        TEST(the_ledgers_sum_is_the_heaps_size),
        TEST(the_ledgers_sum_holds_for_broken_heaps),
        TEST(the_live_payload_is_the_ledgers),
        TEST(causes_have_names_and_definitions),
        TEST(measures_are_what_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

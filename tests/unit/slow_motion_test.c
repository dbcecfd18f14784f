/* SPDX-License-Identifier: MIT */
/* Slow motion: the heap as it was after each step of a request, and what the client held then. */
#include "check.h"
#include "random.h"
#include "stage.h"

#include "view/narration.h"

#include <heapscope/ledger.h>
#include <heapscope/reading.h>

#include <stdlib.h>
#include <string.h>

static int set_up(void **state)
{
    *state = stage_new("implicit", 256, 4096);
    return 0;
}

static int tear_down(void **state)
{
    stage_free(*state);
    return 0;
}

/* The session's last request, number n, in slow motion: on the session itself. */
static hs_session *slowly(stage *s, uint64_t n)
{
    hs_session *own;
    hs_problem ignored;
    assert_ptr_equal(hs_session_stage(s->session, n, &own, &ignored), s->session);
    assert_null(own);
    return s->session;
}

static void slow_motion_ends_where_it_began(void **state)
{
    stage *s = *state;
    stage_does(s, "random 60 seed 3; p = malloc 700");
    stage *same = stage_new("implicit", 256, 4096);
    stage_does(same, "random 60 seed 3; p = malloc 700");
    hs_session *slow = slowly(s, 61);
    size_t steps = 0, to;
    for (size_t from = 0; (to = hs_step_end(slow, from)) != from; from = to, steps++) {
        hs_session_seek(slow, from, to);
        assert_int_equal(hs_step_before(slow, to), from);
        char *text = hs_step_text(slow, from, to);
        assert_true(strlen(text) > 5);
        free(text);
    }
    assert_true(steps > 5);
    expect_same_heap(s->session, same->session);
    stage_free(same);
}

/* Until its block is given back, or taken, the client holds what it held. */
static void in_slow_motion_the_client_holds_what_it_held_until_then(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; malloc 40; free p1");
    hs_session *slow = slowly(s, 3);
    hs_session_seek(slow, 0, 1);
    stage_does(s, "expect live == 64 and blocks == 2 and padding == 0");
    hs_session_seek(slow, 1, 3);
    stage_does(s, "expect live == 40 and blocks == 1 and padding == 0");
    hs_session_seek(slow, 0, 1);
    stage_does(s, "expect live == 64");
    hs_session_leave_stage(slow);
    stage_does(s, "expect live == 40; malloc 24; expect live == 64");
    slow = slowly(s, 4);
    hs_session_seek(slow, 0, 2);
    stage_does(s, "expect live == 40 and blocks == 1");
    hs_session_leave_stage(slow);
    stage_does(s, "expect live == 64 and padding == 0; realloc p2 200");
    slow = slowly(s, 5);
    hs_session_seek(slow, 0, 2);
    stage_does(s, "expect live == 64 and blocks == 2 and padding == 0");
    hs_session_leave_stage(slow);
    stage_does(s, "expect live == 224; realloc p2 100");
    slow = slowly(s, 6);
    hs_session_seek(slow, 0, 2);
    stage_does(s, "expect live == 224 and blocks == 2");
    hs_session_leave_stage(slow);
    stage_does(s, "expect live == 124 and blocks == 2");
}

/* Bump has nothing to write when a block is freed: it changes all the same, in slow motion, too. */
static void in_slow_motion_the_same_has_changed(void **state)
{
    stage *s = stage_new("bump", 256, 4096);
    size_t n;
    (void)state;
    stage_does(s, "malloc 8; malloc 40; free p2");
    assert_true(hs_session_changed(s->session, 0x107000010));
    hs_session *slow = slowly(s, 3);
    hs_session_seek(slow, 0, 1);
    hs_session_changes(slow, &n);
    assert_int_equal(n, 0);
    hs_session_leave_stage(slow);
    assert_true(hs_session_changed(s->session, 0x107000010));
    assert_false(hs_session_changed(s->session, 0x107000000));
    stage_free(s);
}

/* Of no figure is more told than has happened. */
static void in_slow_motion_all_figures_are_of_the_moment(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 100; malloc 1000");
    hs_session *slow = slowly(s, 2);
    hs_session_seek(slow, 0, 1);
    stage_does(s, "expect heap_size == 256 and peak_live == 100 and used == 112 and requests == 1");
    stage_does(s,
               "expect splits == 1 and growths == 0 and examined_total == 1 and utilization == 39");
    hs_session_leave_stage(slow);
    stage_does(s, "expect peak_live == 1100 and requests == 2 and growths == 1 and used == 1120");
}

/* Behind damage a walk does not find the block: events tell when it is given back. */
/* What is known of a moment is carried on from the one that was shown before. */
static void in_slow_motion_all_ways_to_a_moment_lead_to_the_same(void **state)
{
    enum { MOST = 400 };
    static const char *const lines[] = {"malloc 700", "realloc p7 300", "free p8", "calloc 3 50"};
    const hs_allocator *a;
    (void)state;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        for (size_t k = 0; k < sizeof lines / sizeof *lines; k++) {
            hs_totals there[MOST + 1];
            size_t n;
            stage *s = stage_new(a->name, 1024, 65536);
            stage_does(s, "random 60 seed 3; p7 = malloc 200; p8 = malloc 40");
            stage_does(s, lines[k]);
            hs_session *slow = slowly(s, hs_session_op_count(s->session));
            hs_events(hs_session_heap(slow), &n);
            assert_true(n > 0 && n <= MOST);
            for (size_t at = 0; at <= n; at++) {
                hs_session_seek(slow, at, at);
                there[at] = *hs_session_totals(slow);
            }
            for (size_t at = n + 1; at-- > 0;) {
                hs_session_seek(slow, at, at);
                assert_memory_equal(hs_session_totals(slow), &there[at], sizeof *there);
            }
            for (size_t at = 0, j = 0; j < 40; j++, at = (at * 7 + 13) % (n + 1)) {
                hs_session_seek(slow, at, at);
                assert_memory_equal(hs_session_totals(slow), &there[at], sizeof *there);
            }
            stage_free(s);
        }
}

static void in_slow_motion_a_block_behind_damage_is_held_until_it_is_freed(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 8; malloc 8; malloc 8; write p1 \"hello, heap hello heap\"; free p3");
    hs_session *slow = slowly(s, 5);
    hs_session_seek(slow, 0, 1);
    stage_does(s, "expect live == 24 and blocks == 3");
    hs_session_leave_stage(slow);
    stage_does(s, "expect live == 16 and blocks == 2");
    stage_does(s,
               "reset; a = malloc 24; malloc 24; write a-8 \"\\x20\"; free a; expect live == 24");
    slow = slowly(s, 10); /* its header said before that it is free */
    hs_session_seek(slow, 0, 1);
    stage_does(s, "expect live == 48 and blocks == 2");
    hs_session_leave_stage(slow);
    stage_does(s, "expect live == 24");
}

/* What a request heals is damaged until then; what no walk meets derails none. */
static void in_slow_motion_damage_is_that_of_the_moment(void **state)
{
    stage *s = *state, *lists = stage_new("segregated", 256, 4096);
    stage_does(s, "set footer on; write 0x1070000f8 \"\\x08\"; malloc 40; expect damaged == 0");
    hs_session *slow = slowly(s, 3);
    hs_session_seek(slow, 0, 1);
    stage_does(s, "expect live == 0 and damaged > 0");
    hs_session_leave_stage(slow);
    stage_does(lists, "a = malloc 40; b = malloc 40; free a");
    stage_does(lists, "write a+8 \"\\x01\"; malloc 300; expect broken == 1");
    slow = slowly(lists, 5);
    for (size_t from = 0, to; (to = hs_step_end(slow, from)) != from; from = to) {
        hs_session_seek(slow, from, to);
        stage_does(lists, "expect damaged == 0");
    }
    hs_session_leave_stage(slow);
    stage_free(lists);
}

static void slow_motion_of_an_old_request_leaves_the_session_alone(void **state)
{
    stage *s = *state;
    hs_session *own;
    hs_problem ignored;
    stage_does(s, "malloc 24; malloc 8; free p1");
    hs_session *slow = hs_session_stage(s->session, 1, &own, &ignored);
    assert_non_null(own);
    assert_ptr_equal(slow, own);
    hs_session_seek(slow, 0, 1);
    assert_int_equal(stage_value(s, "holes"), 2);
    hs_session_free(own);
}

/* --- Random requests ------------------------------------------------------------------------ */

enum { SLOTS = 40 };

typedef struct {
    hs_session *session;
    uint64_t random;
    uint32_t variables[SLOTS];
    bool live[SLOTS];
} client;

static uint64_t below(client *c, uint64_t n)
{
    return random_below(&c->random, n);
}

static void set_option(client *c, const hs_option *o)
{
    static const char *const numbers[] = {"0", "16", "32", "48", "200", "1000"};
    hs_problem ignored;
    size_t n = 0;
    while (o->choices && o->choices[n]) n++;
    hs_op op = {.kind = HS_OP_SET, .name = o->name};
    op.text = n ? o->choices[below(c, n)] : numbers[below(c, 6)];
    hs_session_perform(c->session, &op, &ignored);
}

/* One of the client's; false: it was refused. */
static bool request(client *c)
{
    static const hs_request takes[] = {HS_MALLOC, HS_MALLOC, HS_CALLOC, HS_ALIGNED_ALLOC};
    hs_problem ignored;
    size_t i = (size_t)below(c, SLOTS);
    hs_op op = {
        .kind = HS_OP_REQUEST, .p.variable = HS_NONE, .a = below(c, below(c, 5) ? 100 : 900)};
    op.request = !c->live[i] ? takes[below(c, 4)] : below(c, 2) ? HS_FREE : HS_REALLOC;
    if (c->live[i]) op.p.variable = c->variables[i];
    if (op.request == HS_FREE) op.a = 0;
    if (op.request == HS_CALLOC) op.b = 1;
    if (op.request == HS_ALIGNED_ALLOC) op.b = (uint64_t)8 << below(c, 7);
    if (!hs_session_perform(c->session, &op, &ignored)) return false;
    const hs_last *last = hs_session_last(c->session);
    if (c->live[i] && op.a == 0) c->live[i] = false;
    if (last->result) c->live[i] = true, c->variables[i] = last->variable;
    return true;
}

/* A walk goes through, and finds the client's blocks and bytes that the figures tell. */
static void expect_whole(const hs_session *s)
{
    uint64_t blocks = 0, bytes = 0, block_bytes = 0;
    const hs_totals *t = hs_session_totals(s);
    hs_seen seen;
    for (bool more = hs_session_walk(s, NULL, &seen); more;
         more = hs_session_walk(s, &seen, &seen)) {
        assert_int_not_equal(seen.block.kind, HS_BLOCK_DAMAGED);
        if (seen.block.kind != HS_BLOCK_USED) continue;
        block_bytes += seen.block.size;
        if (!seen.client) continue;
        assert_true(seen.client->live);
        assert_true(seen.client->requested <= hs_block_capacity(&seen.block));
        blocks++;
        bytes += seen.client->requested;
    }
    assert_int_equal(blocks, t->live_blocks);
    assert_int_equal(bytes, t->live);
    assert_int_equal(hs_ledger_take(s).block_bytes, block_bytes);
    assert_true(t->highest_payload <= t->highest_block);
    assert_true(hs_session_used(s) <= hs_heap_committed(hs_session_heap(s)));
    assert_int_equal(hs_session_leaks(s, NULL, 0).blocks[HS_LOST], 0);
}

static void go_through(hs_session *s)
{
    hs_session *own;
    hs_problem ignored;
    assert_ptr_equal(hs_session_stage(s, hs_session_last(s)->number, &own, &ignored), s);
    size_t last = 0;
    uint64_t peak = 0;
    for (size_t from = 0, to; (to = hs_step_end(s, from)) != from; from = to) {
        hs_session_seek(s, from, to);
        expect_whole(s);
        assert_true(hs_session_totals(s)->peak_live >= peak);
        peak = hs_session_totals(s)->peak_live;
        last = from;
    }
    for (size_t to = last; to > 0; to = hs_step_before(s, to)) {
        hs_session_seek(s, hs_step_before(s, to), to);
        expect_whole(s);
    }
    hs_session_leave_stage(s);
    expect_whole(s);
}

/* The pointer has moved, and the block is not taken yet: whose are the bytes before it? */
static void what_was_examined_counts_up(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; malloc 24; malloc 24; expect examined == 3");
    hs_session *slow = slowly(s, 3);
    size_t n = hs_step_end(slow, hs_step_end(slow, 0));
    hs_session_seek(slow, 0, n);
    stage_does(s, "expect examined == 0");
    hs_session_seek(slow, 0, hs_step_end(slow, n));
    stage_does(s, "expect examined == 1");
    hs_session_leave_stage(slow);
    stage_does(s, "expect examined == 3");
}

static void figures_do_not_depend_on_where_one_came_from(void **state)
{
    stage *s = stage_new("bump", 4096, 4096);
    (void)state;
    stage_does(s, "set align 16; malloc 8; repeat 22 { malloc 16 }; malloc 391; malloc 13");
    expect_whole(s->session);
    go_through(s->session);
    stage_free(s);
}

static void every_step_leaves_a_heap_that_makes_sense(void **state)
{
    static const uint64_t sizes[] = {64, 100, 256, 1024};
    const hs_allocator *a;
    hs_problem problem;
    (void)state;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        for (uint64_t seed = 1; seed <= random_operations(12); seed++) {
            client c = {.random = seed};
            hs_heap_config heap = {sizes[below(&c, 4)], 1 << 20};
            c.session = hs_session_new(a->name, &heap, &problem);
            assert_non_null(c.session);
            set_option(&c, &hs_settings[HS_SET_GROWTH]);
            for (size_t o = 0; o < a->option_count; o++)
                if (below(&c, 3) == 0) set_option(&c, &a->options[o]);
            for (int n = 0; n < 80; n++)
                if (request(&c)) go_through(c.session);
            hs_session_free(c.session);
        }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(slow_motion_ends_where_it_began),
        TEST(in_slow_motion_the_client_holds_what_it_held_until_then),
        TEST(in_slow_motion_the_same_has_changed),
        TEST(in_slow_motion_all_figures_are_of_the_moment),
        cmocka_unit_test(in_slow_motion_all_ways_to_a_moment_lead_to_the_same),
        TEST(in_slow_motion_a_block_behind_damage_is_held_until_it_is_freed),
        TEST(in_slow_motion_damage_is_that_of_the_moment),
        TEST(slow_motion_of_an_old_request_leaves_the_session_alone),
        TEST(what_was_examined_counts_up),
        cmocka_unit_test(figures_do_not_depend_on_where_one_came_from),
        cmocka_unit_test(every_step_leaves_a_heap_that_makes_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

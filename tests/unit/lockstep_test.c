/* SPDX-License-Identifier: MIT */
/* Lockstep: what runs side by side is what each allocator does alone. */
#include "check.h"
#include "picture.h"
#include "view/settings.h"
#include "view/side_by_side.h"

#include <heapscope/lockstep.h>

#include <stdlib.h>
#include <string.h>

static int open_stage(void **state)
{
    *state = stage_new("implicit", 512, 1 << 16);
    return 0;
}

static int close_stage(void **state)
{
    stage_free(*state);
    return 0;
}

static const hs_session *lane(const stage *s, size_t i)
{
    const hs_lockstep *l = hs_interpreter_lockstep(s->in);
    assert_non_null(l);
    const hs_session *session = hs_lockstep_lane(l, i);
    assert_non_null(session);
    return session;
}

static uint64_t parting(const stage *s)
{
    return hs_lockstep_parting(hs_interpreter_lockstep(s->in))->number;
}

static hs_addr value_on(const stage *s, size_t i, const char *name)
{
    uint32_t v = hs_session_find_variable(lane(s, i), name, strlen(name));
    assert_int_not_equal(v, HS_NONE);
    return hs_session_variable(lane(s, i), v)->value;
}

/* Lane i is as if the leader's commands, `script`, had been done under its allocator alone. */
static void lane_is_as_alone(const stage *s, size_t i, const char *script)
{
    char again[64];
    stage *alone = stage_new("implicit", 512, 1 << 16);
    stage_does(alone, "allocator first-fit");
    stage_does(alone, script);
    snprintf(again, sizeof again, "allocator %s replay", hs_session_allocator_name(lane(s, i)));
    stage_does(alone, again);
    expect_same_heap(lane(s, i), alone->session);
    stage_free(alone);
}

#define ALL "split first-fit best-fit buddy tlsf"

/* --- The other lanes ------------------------------------------------------------------------- */

static void each_is_as_it_would_be_alone(void **state)
{
    stage *s = *state;
    stage_does(s, ALL);
    stage_does(s, "random 300 seed 7; q = malloc 50; realloc q 99; a = calloc 3 9; free a");
    for (size_t i = 0; i < 4; i++)
        lane_is_as_alone(s, i,
                         "random 300 seed 7; q = malloc 50; realloc q 99; a = calloc 3 9; free a");
}

static void what_was_done_before_is_done_again_on_each(void **state)
{
    stage *s = *state;
    stage_does(s, "allocator first-fit; random 100 seed 3");
    stage_does(s, ALL);
    stage_does(s, "random 100 seed 4");
    for (size_t i = 0; i < 4; i++) lane_is_as_alone(s, i, "random 100 seed 3; random 100 seed 4");
}

static void operations_have_the_same_numbers_on_all(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; set zoom 64; note \"x\"");
    stage_does(s, "split first-fit bump slab");
    stage_does(s, "malloc 8; set fit best; free p1; realloc p2 100; free 0x107000028");
    stage_does(s, "heap 1k; set align 16; malloc 9; set zoom 32");
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(hs_session_op_count(lane(s, i)), hs_session_op_count(s->session));
        assert_int_equal(hs_session_last(lane(s, i))->number, hs_session_last(s->session)->number);
    }
}

static void names_are_each_ones_own_pointers(void **state)
{
    stage *s = *state;
    stage_does(s, "a = malloc 100; b = malloc 8; c = malloc 20; d = malloc 8; free a; free c");
    stage_does(s, "split first-fit best-fit");
    stage_does(s, "x = malloc 20; y = x");
    assert_int_equal(value_on(s, 0, "x"), HS_BASE + 8);
    assert_int_equal(value_on(s, 1, "x"), value_on(s, 1, "c"));
    assert_int_equal(value_on(s, 1, "y"), value_on(s, 1, "c"));
    stage_does(s, "free x");
    assert_int_equal(hs_session_totals(lane(s, 1))->live_blocks, 2);
}

static void what_one_refuses_the_others_do(void **state)
{
    stage *s = *state;
    stage_does(s, "heap 256 max 256; split implicit buddy");
    stage_does(s, "a = malloc 150; write a \"hello\"");
    stage_does(s, "b = malloc 30; c = malloc 20"); /* buddy: 256 bytes are all a's */
    assert_int_equal(value_on(s, 1, "b"), HS_NULL);
    stage_does(s, "write b \"x\"");
    assert_non_null(strstr(hs_lockstep_refusal(hs_interpreter_lockstep(s->in), 1), "NULL"));
    assert_null(hs_lockstep_refusal(hs_interpreter_lockstep(s->in), 0));
    stage_does(s, "free b; free a");
    assert_null(hs_lockstep_refusal(hs_interpreter_lockstep(s->in), 1));
    stage_does(s, "d = malloc 100; free d");
    assert_int_equal(hs_session_totals(lane(s, 1))->live_blocks, 0);
}

/* Lanes do most again without events; those of the last request are there, though, also where
 * one could not do what came last. */
static void the_last_request_of_each_is_there_to_be_looked_at(void **state)
{
    static const char *const ends[] = {"note so it goes; x = p7", "free 0x107000038", "malloc 9"};
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        stage *s = stage_new("implicit", 512, 1 << 16);
        size_t n;
        stage_does(s, "random 300 seed 7; p7 = malloc 24; reset; malloc 40; p7 = malloc 24");
        stage_does(s, ends[i]);
        stage_does(s, "split implicit buddy tlsf");
        for (size_t k = 0; k < 3; k++) {
            uint64_t last = hs_session_last(lane(s, k))->number;
            const hs_event *e = hs_events(hs_session_heap(lane(s, k)), &n);
            assert_true(last > 0 && last >= hs_session_last(s->session)->number - 1);
            assert_true(n > 1 && e[0].kind == HS_REQUEST);
        }
        stage_does(s, "malloc 100");
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(hs_session_last(lane(s, k))->number, hs_session_op_count(s->session));
        stage_free(s);
    }
}

static void a_result_that_was_refused_is_NULL(void **state)
{
    stage *s = *state;
    stage_does(s, "a = malloc 100; b = malloc 8; c = malloc 20; d = malloc 8; free a; free c");
    stage_does(s, "split first-fit best-fit");
    stage_does(s, "x = malloc 20"); /* first fit: where a was; best fit: where c was */
    stage_does(s, "y = realloc 0x107000008 40");
    assert_non_null(hs_lockstep_refusal(hs_interpreter_lockstep(s->in), 1));
    assert_int_not_equal(value_on(s, 0, "y"), HS_NULL);
    assert_int_equal(value_on(s, 1, "y"), HS_NULL);
    stage_does(s, "z = malloc 8; free z; free y");
    assert_int_equal(hs_session_op_count(lane(s, 1)), hs_session_op_count(s->session));
}

static void settings_and_heaps_are_the_same_for_all(void **state)
{
    stage *s = *state;
    stage_does(s, "set growth page; reset"); /* before the operations that are remembered */
    stage_does(s, "split first-fit buddy; set zoom 64; malloc 600");
    assert_int_equal(hs_heap_committed(hs_session_heap(lane(s, 1))), 4096);
    assert_int_equal(hs_session_setting(lane(s, 1), HS_SET_ZOOM), 64);
    stage_does(s, "heap 1k max 2k");
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(hs_heap_committed(hs_session_heap(lane(s, i))), 1024);
        assert_int_equal(hs_session_totals(lane(s, i))->requests, 0);
    }
}

static void where_the_leader_starts_afresh_all_do(void **state)
{
    stage *s = *state;
    static const char *const starts[] = {"set footer on", "allocator bump", "reset", "heap 2k"};
    stage_does(s, "split first-fit buddy tlsf"); /* buddy and tlsf have no footers to set */
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        stage_does(s, "malloc 24; malloc 48");
        stage_does(s, starts[i]);
        for (size_t j = 0; j < 3; j++) assert_int_equal(hs_session_totals(lane(s, j))->requests, 0);
    }
    assert_string_equal(hs_session_allocator_name(lane(s, 0)), "bump");
    assert_string_equal(hs_session_allocator_name(lane(s, 1)), "buddy");
}

/* What the leader refuses is refused as it is without replay, and changes nothing on any lane: each
 * option of each allocator, where the leader does not have it and with a value that it can not be.
 */
static void what_the_leader_refuses_changes_no_lane(void **state)
{
    stage *s = *state;
    const hs_allocator *a;
    char line[128], refused[sizeof(hs_problem)];
    stage_does(s, "split first-fit tlsf buddy; malloc 24; malloc 48");
    uint64_t operations = hs_session_op_count(s->session);
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        for (size_t j = 0; j < a->option_count; j++) {
            const hs_option *o = &a->options[j];
            bool others = strcmp(o->name, "hardened") == 0 || strcmp(o->name, "quick") == 0;
            const char *value = others && o->choices ? o->choices[1] : others ? "64" : "nonsense";
            snprintf(line, sizeof line, "set %s %s", o->name, value);
            assert_false(stage_run(s, line));
            snprintf(refused, sizeof refused, "%s", s->error);
            snprintf(line, sizeof line, "set %s %s replay", o->name, value);
            assert_false(stage_run(s, line));
            refused[strcspn(refused, "\n")] = 0; /* the first line: the second one quotes */
            s->error[strcspn(s->error, "\n")] = 0;
            assert_string_equal(s->error, refused);
        }
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(hs_session_op_count(lane(s, i)), operations);
        assert_int_equal(hs_session_totals(lane(s, i))->live_blocks, 2);
    }
}

static void they_go_through_time_together(void **state)
{
    stage *s = *state;
    stage_does(s, "split first-fit best-fit buddy; random 60 seed 2; heap 1k; random 60 seed 3");
    stage_does(s, "goto 90; malloc 24; malloc 48; undo; a = malloc 99"); /* two branches more */
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(hs_session_op_count(lane(s, i)), hs_session_op_count(s->session));
        stage *alone = stage_new("implicit", 512, 1 << 16);
        stage_does(alone, "allocator first-fit; random 60 seed 2; heap 1k; random 60 seed 3");
        stage_does(alone, "goto 90; malloc 24; a = malloc 99");
        char again[64];
        snprintf(again, sizeof again, "allocator %s replay", hs_session_allocator_name(lane(s, i)));
        stage_does(alone, again);
        expect_same_heap(lane(s, i), alone->session);
        stage_free(alone);
    }
}

/* --- Parting -------------------------------------------------------------------------------- */

#define HOLES "malloc 96; malloc 8; malloc 32; malloc 8; malloc 64; malloc 8; free p1; free p3; "

static void they_part_at_the_first_request_that_differs(void **state)
{
    stage *s = *state;
    stage_does(s, "split first-fit best-fit; " HOLES "malloc 90; free p7; x = malloc 24");
    assert_int_equal(parting(s),
                     12); /* the switch to first-fit is command 1; 90 fits p1 for both */
    stage_does(s, "malloc 500");
    assert_int_equal(parting(s), 12);
    char *text = hs_lanes_parting(hs_interpreter_lockstep(s->in));
    picture_shows(
        text,
        "they part at command 12, x = malloc 24: first-fit 0x107000008, best-fit 0x107000080");
}

static void what_fails_on_all_parts_none(void **state)
{
    stage *s = *state;
    stage_does(s, "heap 256 max 256; split first-fit best-fit");
    stage_does(s, "malloc 88; malloc 8; malloc 136; free p1; free p3");
    assert_int_equal(parting(s), 0);
    stage_does(s, "repeat 3 { malloc 300 }");
    assert_int_equal(parting(s), 0);
}

static void where_they_part_is_found_in_what_was_done_before(void **state)
{
    stage *s = *state;
    stage_does(s, "allocator first-fit; " HOLES "x = malloc 24; malloc 8");
    stage_does(s, "split first-fit best-fit");
    assert_int_equal(parting(s), 10);
    stage_does(s, "malloc 8; heap 1k replay"); /* all is done again */
    assert_int_equal(parting(s), 10);
    stage_does(s, "heap 1k"); /* nothing has been done on this one */
    assert_int_equal(parting(s), 0);
}

static void going_back_before_they_parted_brings_them_together(void **state)
{
    stage *s = *state;
    stage_does(s,
               "allocator first-fit; split first-fit best-fit; " HOLES "x = malloc 24; malloc 8");
    assert_int_equal(parting(s), 10);
    stage_does(s, "undo");
    assert_int_equal(parting(s), 10);
    stage_does(s, "undo");
    assert_int_equal(parting(s), 0);
    stage_does(s, "malloc 90");
    assert_int_equal(parting(s), 0);
    stage_does(s, "malloc 100");
    assert_int_equal(parting(s), 0);
    stage_does(s, "goto 9; redo 2; undo 1; redo 1");
    assert_int_equal(parting(s), 0);
    stage_does(s, "heap 1k; undo; undo 2; x = malloc 24");
    assert_int_equal(parting(s), 10);
    stage_does(s, "heap 1k; malloc 9");
    assert_int_equal(parting(s), 0);
    stage_does(s, "undo 2");
    assert_int_equal(parting(s), 10);
}

static void other_bytes_moved_and_other_splits_part_them_too(void **state)
{
    stage *s = *state;
    stage_does(s, "split first-fit buddy; malloc 24");
    assert_int_equal(parting(s), 2);
    char *text = hs_lanes_parting(hs_interpreter_lockstep(s->in));
    picture_shows(text, "first-fit splits 1 block, buddy splits 4 blocks");
}

static void why_is_told_of_each_and_history_marks_where_they_part(void **state)
{
    stage *s = *state;
    stage_does(s, "split first-fit best-fit; " HOLES "x = malloc 24; malloc 8; history");
    assert_non_null(strstr(s->said, "10  x = malloc 24   <- they part\n"));
    char *text = hs_lanes_why(hs_interpreter_lockstep(s->in), 10);
    picture_shows(strdup(text), "--- first-fit ---\ncommand 10, on first-fit");
    picture_shows(text, "--- best-fit ---\ncommand 10, on best-fit");
}

/* --- The command ---------------------------------------------------------------------------- */

static void split_takes_two_to_four_that_differ(void **state)
{
    stage *s = *state;
    stage_refuses(s, "split first-fit", "two to four allocators run side by side");
    stage_refuses(s, "split", "two to four allocators run side by side");
    stage_refuses(s, "split off", "nothing is split");
    stage_refuses(s, "split first-fit first-fit", "first-fit stands there twice");
    stage_refuses(s, "split first-fit nofit", "there is no allocator nofit");
    stage_refuses(s, "split bump buddy tlsf tree slab", "split does not take this");
    assert_null(hs_interpreter_lockstep(s->in));
    stage_does(s, "split bump buddy; split tree slab tlsf");
    assert_int_equal(hs_lockstep_count(hs_interpreter_lockstep(s->in)), 3);
    stage_does(s, "split off; malloc 8");
    assert_null(hs_interpreter_lockstep(s->in));
    assert_string_equal(hs_session_allocator_name(s->session), "tree");
}

/* --- Stopped -------------------------------------------------------------------------------- */

static void stopped(stage *s, const char *line, uint64_t patience)
{
    s->patience = patience;
    stage_refuses(s, line, "stopped: everything is as it was before");
    assert_int_equal(s->patience, 0);
}

static void a_split_that_is_stopped_was_never_there(void **state)
{
    stage *s = *state, *same = stage_new("implicit", 512, 1 << 16);
    stage_does(s, "random 3000 seed 3");
    stage_does(same, "random 3000 seed 3");
    for (uint64_t patience = 1; patience < 240; patience += 20) { /* in all of its parts */
        stopped(s, "split tlsf segregated slab", patience);
        assert_null(hs_interpreter_lockstep(s->in));
        assert_int_equal(hs_session_branch_count(s->session, 0), 3000);
        assert_int_equal(hs_session_branches(s->session), 1);
        expect_same_heap(s->session, same->session);
    }
    stage_does(s, "split tlsf segregated slab; random 100");
    stage_does(same, "split tlsf segregated slab; random 100");
    for (size_t i = 0; i < 3; i++) expect_same_heap(lane(s, i), lane(same, i));
    stage_free(same);
}

/* The leader, the other lanes and where they parted. */
static void lanes_that_are_stopped_stay_where_they_are(void **state)
{
    static const char *const lines[] = {
        "goto 1000",  "goto 3000", "undo 100", "allocator buddy replay", "set growth exact replay",
        "forward 300"};
    static const char begin[] = "random 3000 seed 3; split tlsf segregated; random 3000; undo 500";
    stage *s = *state, *same = stage_new("implicit", 512, 1 << 16);
    stage_does(s, begin);
    stage_does(same, begin);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        stopped(s, lines[i], 1);
        if (i > 3) stopped(s, lines[i], 3);
        assert_int_equal(parting(s), parting(same));
        for (size_t k = 0; k < 2; k++) {
            assert_int_equal(hs_session_op_count(lane(s, k)), hs_session_op_count(lane(same, k)));
            expect_same_heap(lane(s, k), lane(same, k));
        }
    }
    stage_does(s, "redo 400; random 50 seed 8");
    stage_does(same, "redo 400; random 50 seed 8");
    for (size_t k = 0; k < 2; k++) expect_same_heap(lane(s, k), lane(same, k));
    assert_int_equal(parting(s), parting(same));
    stage_free(same);
}

/* --- Pictures ------------------------------------------------------------------------------- */

static char *picture(const stage *s, int rows, int columns)
{
    hs_map_plan plan;
    hs_pane map;
    hs_scene *scene = hs_scene_new(rows, columns, true);
    hs_lanes_paint(hs_interpreter_lockstep(s->in), hs_pane_of(scene), HS_NULL, true, &plan, &map);
    char *text = hs_scene_text(scene);
    hs_scene_free(scene);
    return text;
}

static void what_is_cut_is_named(void **state)
{
    stage *s = *state;
    stage_does(s, ALL "; malloc 24");
    picture_shows(picture(s, 10, 80), "no room for tlsf");
    picture_hides(picture(s, 17, 80), "no room for"); /* a title, the first figures, a row of map */
    picture_hides(picture(s, 40, 80), "no room for");
    picture_hides(picture(s, 17, 200), "no room for");
}

static void every_size_of_pane_works(void **state)
{
    stage *s = *state;
    stage_does(s, ALL "; malloc 24; malloc 1000");
    for (int rows = 1; rows < 40; rows += 3)
        for (int columns = 1; columns < 220; columns += 13) free(picture(s, rows, columns));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)
        TEST(each_is_as_it_would_be_alone),
        TEST(what_was_done_before_is_done_again_on_each),
        TEST(operations_have_the_same_numbers_on_all),
        TEST(names_are_each_ones_own_pointers),
        TEST(what_one_refuses_the_others_do),
        TEST(the_last_request_of_each_is_there_to_be_looked_at),
        TEST(a_result_that_was_refused_is_NULL),
        TEST(settings_and_heaps_are_the_same_for_all),
        TEST(where_the_leader_starts_afresh_all_do),
        TEST(what_the_leader_refuses_changes_no_lane),
        TEST(they_go_through_time_together),
        TEST(they_part_at_the_first_request_that_differs),
        TEST(what_fails_on_all_parts_none),
        TEST(where_they_part_is_found_in_what_was_done_before),
        TEST(going_back_before_they_parted_brings_them_together),
        TEST(other_bytes_moved_and_other_splits_part_them_too),
        TEST(why_is_told_of_each_and_history_marks_where_they_part),
        TEST(split_takes_two_to_four_that_differ),
        TEST(a_split_that_is_stopped_was_never_there),
        TEST(lanes_that_are_stopped_stay_where_they_are),
        TEST(what_is_cut_is_named),
        TEST(every_size_of_pane_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

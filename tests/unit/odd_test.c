/* SPDX-License-Identifier: MIT */
/* The two odd allocators, shown, told, compared and gone back over as all are: their blocks are
 * like no others, and everything that is said of them is right. */
#include "model/contest/figures.h"
#include "picture.h"
#include "traces.h"
#include "ui/full/zoom_path.h"
#include "view/explanation.h"
#include "view/narration.h"
#include "view/side_by_side.h"

#include <heapscope/ledger.h>
#include <heapscope/lockstep.h>
#include <heapscope/reading.h>

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>

/* What is said of a command, and in how many steps. */
static void expect_told(stage *s, const char *command, const char *sentence, const char *step)
{
    stage_does(s, command);
    char *text = hs_explain(s->session),
         *why = hs_why_of(s->session, hs_session_op_count(s->session));
    if (strcmp(text, sentence) != 0) fail_msg("wanted\n%s\nbut it says\n%s", sentence, text);
    if (!strstr(why, step)) fail_msg("wanted\n%s\nin\n%s", step, why);
    free(text);
    free(why);
}

/* --- A pointer that moves down ---------------------------------------------------------------- */

static void a_pointer_that_moves_down_is_told_by_its_bytes(void **state)
{
    (void)state;
    stage *s = stage_new("two-ended", 512, 4096);
    expect_told(s, "malloc 24",
                "p1 = malloc(24) = 0x107000000: the bump pointer moved from 0x107000000 to "
                "0x107000018, 24 bytes",
                "the bump pointer moves from 0x107000000 to 0x107000018: 24 bytes");
    expect_told(s, "malloc 200",
                "p2 = malloc(200) = 0x107000138: the bump pointer moved from 0x107000200 to "
                "0x107000138, 200 bytes",
                "the bump pointer moves from 0x107000200 to 0x107000138: 200 bytes");
    expect_told(s, "aligned_alloc 64 130",
                "p3 = aligned_alloc(64, 130) = 0x107000080: the bump pointer moved from "
                "0x107000138 to 0x107000080, 184 bytes, 48 bytes skipped for alignment",
                "skips 48 bytes so that the payload is aligned");
    expect_told(s, "free p2", "free(p2): two-ended does nothing; the bytes stay behind, out of use",
                "free does nothing here");
    expect_told(s, "malloc 300",
                "p4 = malloc(300) = 0x1070002d0: the heap doubled from 512 to 1024 bytes; the bump "
                "pointer moved from 0x107000400 to 0x1070002d0, 304 bytes",
                "the bump pointer moves from 0x107000018 to 0x107000080: 104 bytes");
    expect_told(s, "malloc 4000",
                "p5 = malloc(4000) = NULL: no room is left, and the heap may not grow beyond 4096 "
                "bytes; nothing changed",
                "no room is left");
    stage_free(s);
}

static void the_step_of_a_bump_is_at_the_bytes_that_it_passes(void **state)
{
    (void)state;
    stage *s = stage_new("two-ended", 512, 4096);
    size_t n, i = 0;
    hs_addr at = 0;
    uint64_t size = 0;
    stage_does(s, "malloc 200");
    const hs_event *e = hs_events(hs_session_heap(s->session), &n);
    while (i < n && e[i].kind != HS_BUMP) i++;
    assert_true(hs_step_place(s->session, i, &at, &size));
    assert_int_equal(at, HS_BASE + 512 - 200);
    assert_int_equal(size, 200);
    stage_free(s);
}

static void two_regions_and_what_lies_between_them_are_shown(void **state)
{
    (void)state;
    stage *s = stage_new("two-ended", 512, 512);
    stage_does(s, "malloc 24; malloc 130; malloc 40; free p2");
    char *map = picture_of_map(s, 20, 100, 64, true);
    assert_non_null(strstr(map, "[p1 24 B"));
    assert_non_null(strstr(map, "[p2 xxx^"));
    assert_non_null(strstr(map, "^low"));
    free(map);
    picture_shows(picture_of(s, &hs_picture_blocks, 0, 44, true, 0), "0x107000040  312 unused");
    picture_shows(picture_of(s, &hs_picture_blocks, 0, 44, true, 0), "0x107000178* 136 dead p2");
    picture_shows(picture_of_address(s, "p2"),
                  "header    none: this allocator keeps no marks in the heap");
    hs_ledger l = hs_ledger_take(s->session);
    assert_int_equal(l.bytes[HS_CAUSE_PAYLOAD], 64);
    assert_int_equal(l.bytes[HS_CAUSE_DEAD], 136);
    assert_int_equal(l.bytes[HS_CAUSE_UNUSED], 312);
    stage_free(s);
}

/* The name of a pointer between two regions does not run on over a block. */
static void the_name_of_a_pointer_stays_off_the_blocks(void **state)
{
    (void)state;
    stage *s = stage_new("two-ended", 512, 512);
    stage_does(s, "repeat 2 { malloc 120 }; malloc 264");
    char *map = picture_of_map(s, 20, 100, 256, true);
    assert_non_null(strstr(map, "^"));
    assert_null(strstr(map, "^l")); /* but two cells lie between the pointers */
    free(map);
    stage_free(s);
}

/* --- Headers of two words --------------------------------------------------------------------- */

static void a_header_of_two_words_is_told_word_by_word(void **state)
{
    (void)state;
    stage *s = stage_new("stack", 512, 4096);
    expect_told(s, "malloc 24",
                "p1 = malloc(24) = 0x107000010: first fit took the 512-byte hole at 0x107000000, 1 "
                "block examined, split 48 + 464",
                "24 bytes requested + 16 for the header = 40, rounded up to 48");
    expect_told(s, "malloc 40",
                "p2 = malloc(40) = 0x107000040: first fit took the 464-byte hole at 0x107000030, 1 "
                "block examined, split 64 + 400",
                "writes 0x107000038: 0x46524545 (used 0) -> 0x55534544 (used 1)");
    expect_told(s, "free p1", "free(p1): the 48-byte block at 0x107000000 is free",
                "the block at 0x107000000 enters the free list\n"
                "       writes 0x107000008: 0x55534544 (used 1) -> 0x46524545 (used 0)\n"
                "       writes 0x107000010: 0 -> 0x107000070");
    expect_told(s, "free p2", "free(p2): the 64-byte block at 0x107000030 is free",
                "3. the block at 0x107000030 enters the free list");
    expect_told(s, "p3 = malloc 8",
                "p3 = malloc(8) = 0x107000040: first fit took the 64-byte hole at 0x107000030, 1 "
                "block examined, split 32 + 32",
                "looks at 0x107000030, 64 bytes: large enough");
    expect_told(s, "p3 = realloc p3 100",
                "realloc(p3, 100) = 0x107000080: moved from 0x107000040 to 0x107000080, for no "
                "block changes its size where it is, 16 bytes copied; first fit took the 400-byte "
                "hole at 0x107000070, 3 blocks examined, split 128 + 272; the old 32-byte block is "
                "free",
                "does not stay: no block changes its size where it is");
    stage_free(s);
}

static void a_header_of_two_words_is_shown_word_by_word(void **state)
{
    (void)state;
    stage *s = stage_new("stack", 512, 4096);
    hs_zoom_path path = {0};
    stage_does(s, "malloc 24; malloc 40; free p1");
    char *map = picture_of_map(s, 20, 100, 32, true);
    assert_non_null(strstr(map, "64 used"));
    assert_non_null(strstr(map, "used 1"));
    assert_non_null(strstr(map, "48 free"));
    assert_non_null(strstr(map, "used 0"));
    assert_null(strstr(map, "prev"));
    free(map);
    picture_shows(picture_of_address(s, "p2"), "header    0x40 = size 64; 0x55534544: used 1");
    picture_shows(picture_of_address(s, "0x107000010"), "links     next → 0x107000070");
    assert_true(hs_session_walk_to(s->session, HS_BASE + 48, &path.block));
    char *bits = hs_zoom_path_header(&path, s->session);
    assert_non_null(strstr(bits, "16 bytes at 0x107000030"));
    assert_non_null(strstr(bits, "size   64: the whole word"));
    assert_non_null(strstr(bits, "word   0x0000000055534544"));
    assert_non_null(strstr(bits, "used 1"));
    assert_null(strstr(bits, "three low bits"));
    free(bits);
    stage_free(s);
}

static void a_size_in_units_is_told_in_bytes(void **state)
{
    (void)state;
    stage *s = stage_new("kr", 512, 4096);
    hs_zoom_path path = {0};
    stage_does(s, "malloc 40");
    hs_addr p = hs_session_last(s->session)->result;
    assert_true(hs_session_walk_to(s->session, p, &path.block));
    char *bits = hs_zoom_path_header(&path, s->session);
    assert_non_null(strstr(bits, "word   0x0000000000000004"));
    assert_non_null(strstr(bits, "size   64: the word counts units of 16"));
    free(bits);
    stage_free(s);
}

static void the_stack_is_shown_from_its_top(void **state)
{
    (void)state;
    stage *s = stage_new("stack", 512, 512);
    stage_does(s, "malloc 24; malloc 40; malloc 16; free p2; free p1");
    char *list = picture_of(s, &hs_picture_free_list, 0, 100, true, 0);
    const char *first = strstr(list, "0x107000000"), *second = strstr(list, "0x107000030"),
               *third = strstr(list, "0x107000090");
    assert_true(first && second && third && first < second && second < third);
    free(list);
    stage_free(s);
}

static void a_broken_status_is_damage(void **state)
{
    (void)state;
    stage *s = stage_new("stack", 512, 512);
    stage_does(s, "malloc 24; malloc 40; write p1 'A'*48");
    char *text = hs_explain(s->session);
    assert_non_null(strstr(text, "the heap is broken at 0x107000030"));
    free(text);
    picture_shows(picture_of(s, &hs_picture_blocks, 0, 80, true, 0),
                  "damaged the size in the header is none");
    stage_free(s);
}

/* --- Time, side by side, comparisons ------------------------------------------------------------
 */

static const char *const odd[] = {"two-ended", "stack"};

static const char program[] =
    "malloc 24; malloc 200; malloc 40; free p1; aligned_alloc 64 100; p2 = realloc p2 300; "
    "calloc 5 10; free p3; malloc 700; p6 = malloc 20; free p2; malloc 180; malloc 33";

static void they_go_back_and_forth(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        stage *s = stage_new(odd[i], 256, 1 << 16), *fresh = stage_new(odd[i], 256, 1 << 16);
        hs_problem problem;
        stage_does(s, program);
        uint64_t count = hs_session_op_count(s->session);
        for (uint64_t n = 0; n <= count; n++) {
            hs_session *then = hs_session_after(s->session, n, &problem);
            assert_true(hs_session_go(s->session, (hs_moment){0, n}, &problem));
            expect_same_heap(s->session, then);
            hs_ledger here = hs_ledger_take(s->session), there = hs_ledger_take(then);
            assert_memory_equal(&here, &there, sizeof here);
            hs_session_free(then);
        }
        stage_does(fresh, program);
        expect_same_heap(s->session, fresh->session);
        stage_free(fresh);
        stage_free(s);
    }
}

static void they_run_side_by_side(void **state)
{
    (void)state;
    const char *names[] = {"stack", "two-ended", "implicit"};
    stage *s = stage_new("implicit", 256, 1 << 16);
    hs_problem problem;
    hs_lockstep *l = hs_lockstep_new(s->session, names, 3, &problem);
    assert_non_null(l);
    stage_does(s, program);
    hs_lockstep_follow(l);
    for (size_t i = 0; i < 3; i++) {
        stage *alone = stage_new(names[i], 256, 1 << 16);
        stage_does(alone, program);
        expect_same_heap(alone->session, hs_lockstep_lane(l, i));
        stage_free(alone);
    }
    char *text = hs_lanes_explain(l);
    assert_non_null(strstr(text, "two-ended: "));
    assert_non_null(strstr(text, "the bump pointer moved from"));
    assert_null(strstr(text, "18446744073"));
    free(text);
    hs_lockstep_free(l);
    stage_free(s);
}

static void they_are_compared(void **state)
{
    (void)state;
    hs_named_trace trace = {"by hand", trace_of("a1 24; a2 200; a3 40; f1; r2 300; a4 24")};
    hs_lane lanes[] = {lane("two-ended"), lane("stack")};
    hs_comparison_plan plan = {.heap = {64, 1 << 20},
                               .growth = HS_GROWTH_EXACT,
                               .limit = 20,
                               .runs = 1,
                               .jobs = 1,
                               .verify = true};
    hs_comparison *c = hs_comparison_new(&plan, &trace, 1, lanes, 2);
    assert_non_null(c);
    assert_true(hs_comparison_run(c, NULL, NULL));
    for (size_t i = 0; i < 2; i++) {
        const hs_job *job = hs_comparison_job(c, 0, i);
        assert_int_equal(job->violation.request, 0);
        assert_int_equal(job->verified, 6);
        assert_true(hs_figure_named("peak_live")->of(job) == 364);
        assert_true(hs_job_has_figures(job));
    }
    hs_comparison_free(c);
    hs_trace_free((hs_trace *)(uintptr_t)trace.trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pointer_that_moves_down_is_told_by_its_bytes),
        cmocka_unit_test(the_step_of_a_bump_is_at_the_bytes_that_it_passes),
        cmocka_unit_test(two_regions_and_what_lies_between_them_are_shown),
        cmocka_unit_test(the_name_of_a_pointer_stays_off_the_blocks),
        cmocka_unit_test(a_header_of_two_words_is_told_word_by_word),
        cmocka_unit_test(a_header_of_two_words_is_shown_word_by_word),
        cmocka_unit_test(a_size_in_units_is_told_in_bytes),
        cmocka_unit_test(the_stack_is_shown_from_its_top),
        cmocka_unit_test(a_broken_status_is_damage),
        cmocka_unit_test(they_go_back_and_forth),
        cmocka_unit_test(they_run_side_by_side),
        cmocka_unit_test(they_are_compared),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Workloads in words: what is read, and what is complained about, and where. */
#include "check.h"
#include "language/workload.h"
#include "stage.h"

#include <stdlib.h>
#include <string.h>

static bool reads(hs_workload *w, const char *text, hs_complaint *c)
{
    size_t count;
    hs_span *words = hs_workload_words(text, 0, strlen(text), &count);
    bool good = hs_workload_read(w, text, words, count, c);
    free(words);
    return good;
}

static hs_workload workload(const char *text)
{
    hs_workload w = hs_workload_usual();
    hs_complaint c = {.what = ""};
    if (!reads(&w, text, &c)) fail_msg("%s: %s", text, c.what);
    return w;
}

static void nothing_said_is_a_usual_workload(void **state)
{
    (void)state;
    hs_workload w = workload("");
    assert_int_equal(w.count, 1);
    assert_int_equal(w.phases[0].requests, 10000);
    assert_int_equal(w.phases[0].sizes.law, HS_SIZES_GEOMETRIC);
    assert_int_equal(w.phases[0].sizes.a, 64);
    assert_int_equal(w.phases[0].keep, 100);
    hs_workload_free(&w);
}

static void options_are_read_with_dashes_and_without(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "-n 2k --sizes uniform:16-256 --lives lifo --live 50 --seed 7 --calloc 10 out.rep",
        "--number=2k --sizes=uniform:16:256 --lives=lifo out.rep --live=50 --seed=7 --calloc=10",
    };
    for (int i = 0; i < 2; i++) {
        hs_workload w = workload(texts[i]);
        const hs_phase *p = &w.phases[0];
        assert_int_equal(p->requests, 2048);
        assert_int_equal(p->sizes.law, HS_SIZES_UNIFORM);
        assert_int_equal(p->sizes.a, 16);
        assert_int_equal(p->sizes.b, 256);
        assert_int_equal(p->lives, HS_LIVES_LIFO);
        assert_int_equal(p->live, 50);
        assert_int_equal(p->calloc_part, 10);
        assert_int_equal(w.seed, 7);
        assert_memory_equal(texts[i] + w.file.start, "out.rep", 7);
        hs_workload_free(&w);
    }
}

static void each_law_has_its_numbers(void **state)
{
    (void)state;
    hs_workload w = workload("--sizes fixed:24 --phase --sizes bimodal:32:4k --phase "
                             "--sizes bimodal:32:4096:75 --phase --sizes ramp:4096-16 --phase "
                             "--sizes table:16=50,24=30,4096=1");
    assert_int_equal(w.count, 5);
    assert_int_equal(w.phases[0].sizes.a, 24);
    assert_int_equal(w.phases[1].sizes.b, 4096);
    assert_int_equal(w.phases[1].sizes.percent, 90);
    assert_int_equal(w.phases[2].sizes.percent, 75);
    assert_int_equal(w.phases[3].sizes.b, 16);
    assert_int_equal(w.phases[4].sizes.rows, 3);
    assert_int_equal(w.phases[4].sizes.size[1], 24);
    assert_int_equal(w.phases[4].sizes.weight[2], 1);
    hs_workload_free(&w);
}

static void a_phase_is_like_the_one_before_but_for_what_follows(void **state)
{
    (void)state;
    hs_workload w = workload("-n 500 --live-bytes 1M --phase --lives fifo --phase -n 7 --live 3");
    assert_int_equal(w.count, 3);
    assert_int_equal(w.phases[1].requests, 500);
    assert_int_equal(w.phases[1].live, 1 << 20);
    assert_true(w.phases[1].live_bytes);
    assert_int_equal(w.phases[2].lives, HS_LIVES_FIFO);
    assert_int_equal(w.phases[2].requests, 7);
    assert_false(w.phases[2].live_bytes);
    hs_workload_free(&w);
}

static void the_last_phase_keeps_all_unless_it_is_said_or_repeated(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned keep[2];
    } cases[] = {{"--phase", {10, 100}},
                 {"--phase --keep 0", {10, 0}},
                 {"--keep 33 --phase", {33, 33}},
                 {"--phase --rounds 2", {10, 10}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hs_workload w = workload(cases[i].text);
        for (int phase = 0; phase < 2; phase++)
            assert_int_equal(w.phases[phase].keep, cases[i].keep[phase]);
        hs_workload_free(&w);
    }
}

static void a_mistake_is_told_with_its_place_and_what_would_be_right(void **state)
{
    (void)state;
    static const struct {
        const char *text, *place, *what, *hint;
    } cases[] = {
        {"--sizes geometrc:5 x", "geometrc", "there is no law of sizes geometrc",
         "did you mean geometric?"},
        {"-n 5 --size fixed:x", "x", "x is no number", "numbers are like 24, 0x18, 2k, 1M"},
        {"--sizes uniform:5", "uniform:5", "these are not the numbers that uniform takes",
         "as in uniform:16-256"},
        {"--sizes table:1=2,3", "table:1=2,3", "these are not the numbers that table takes",
         "as in table:16=50,24=30,4096=1"},
        {"--sizes uniform:9-5", "9-5", "the smaller size comes first", ""},
        {"--sizes fixed:0", "0", "a size here is 1 to 4294967296", ""},
        {"--sizes fixed", "fixed", "these are not the numbers that fixed takes", "as in fixed:24"},
        {"--sizes fixed:", "", "a number is missing", "numbers are like 24, 0x18, 2k, 1M"},
        {"--sizes geometric:17M", "17M", "a size here is 1 to 16777216", ""},
        {"--sizes table:16=0", "0", "a weight is 1 to 4G", ""},
        {"--lives long", "long", "there is no kind of lives long",
         "there is lifo, fifo, random, generational"},
        {"--lives", "--lives", "lives needs a value: ORDER", ""},
        {"--live=", "--live=", "live needs a value: N", ""},
        {"--live 0", "0", "this is a number from 1 to 1073741824", ""},
        {"--swing 101", "101", "this is a number from 0 to 100", ""},
        {"--calloc 60 --aligned 50", "50",
         "calloc and aligned are parts of the allocations: together at most 100", ""},
        {"--phase=3", "3", "phase takes no value", ""},
        {"--colour red", "colour", "there is no option colour", ""},
        {"a b", "b", "one trace goes into one file", "options begin with --"},
        {"-n 1G --phase", "-n 1G --phase", "a workload has at most 1073741824 requests here", ""},
        {"-n 1G --rounds 2", "-n 1G --rounds 2", "a workload has at most 1073741824 requests here",
         ""},
        {"--seed -1", "-1", "-1 is no number", "numbers are like 24, 0x18, 2k, 1M"},
        {"--seed p1", "p1", "p1 is no number", "numbers are like 24, 0x18, 2k, 1M"},
        {"--seed 99999999999999999999", "99999999999999999999", "this is larger than any size",
         "the largest is SIZE_MAX, 18446744073709551615"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hs_workload w = hs_workload_usual();
        hs_complaint c = {.what = ""};
        assert_false(reads(&w, cases[i].text, &c));
        assert_string_equal(c.what, cases[i].what);
        assert_string_equal(c.hint, cases[i].hint);
        assert_int_equal(c.where.end - c.where.start, strlen(cases[i].place));
        assert_memory_equal(cases[i].text + c.where.start, cases[i].place, strlen(cases[i].place));
        hs_workload_free(&w);
    }
}

/* --- The command ---------------------------------------------------------------------------- */

static void the_command_performs_its_workload(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 1 << 20);
    stage_does(s, "generate 40 sizes uniform:8-64 lives lifo live 5 swing 0 seed 3");
    assert_int_equal(hs_session_op_count(s->session), 40);
    assert_in_range(hs_session_totals(s->session)->live_blocks, 4, 5);
    assert_string_equal(s->error, "");
    stage_does(s, "generate phase calloc 30 aligned 30 lives fifo");
    assert_int_equal(hs_session_op_count(s->session), 100);
    stage_does(s, "expect broken == 0 and leaked == 0");
    stage_free(s);
}

static void a_heap_that_is_full_does_not_end_the_workload(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 256);
    stage_does(s, "generate 200 sizes uniform:30-60 live 10");
    assert_true(hs_session_totals(s->session)->failed > 0);
    stage_does(s, "expect broken == 0");
    stage_free(s);
}

static void a_workload_is_stopped_at_once(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 1 << 20);
    s->patience = 5;
    stage_run(s, "generate 10000000 rounds 1; malloc 1k");
    assert_non_null(strstr(s->said, "generated, stopped after 4 of 10000000, seed 1: 4 requests"));
    assert_int_equal(hs_session_op_count(s->session), 4);
    stage_free(s);
}

static void a_mistake_in_the_command_performs_nothing(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 1 << 20);
    stage_refuses(s, "generate 40 lives lifa", "did you mean lifo?");
    stage_refuses(s, "generate 40 format rep", "there is no option format");
    stage_refuses(s, "generate 10000001", "a workload has at most 10000000 requests here");
    assert_int_equal(hs_session_op_count(s->session), 0);
    stage_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_said_is_a_usual_workload),
        cmocka_unit_test(options_are_read_with_dashes_and_without),
        cmocka_unit_test(each_law_has_its_numbers),
        cmocka_unit_test(a_phase_is_like_the_one_before_but_for_what_follows),
        cmocka_unit_test(the_last_phase_keeps_all_unless_it_is_said_or_repeated),
        cmocka_unit_test(a_mistake_is_told_with_its_place_and_what_would_be_right),
        cmocka_unit_test(the_command_performs_its_workload),
        cmocka_unit_test(a_heap_that_is_full_does_not_end_the_workload),
        cmocka_unit_test(a_workload_is_stopped_at_once),
        cmocka_unit_test(a_mistake_in_the_command_performs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

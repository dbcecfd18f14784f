/* SPDX-License-Identifier: MIT */
/* Predictions: which questions a request raises, what is a right answer, and the score. */
#include "check.h"
#include "language/interpreter.h"
#include "stage.h"

#include <stdlib.h>
#include <string.h>

static void predict(stage *s, const char *source, const char *const *answers)
{
    s->answers = answers;
    stage_does(s, source);
}

#define ANSWERS(...)                                                                               \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

static void expect_score(stage *s, const char *wanted)
{
    stage_does(s, "predict");
    if (!strstr(s->said, wanted)) fail_msg("wanted \"%s\", but it says: %s", wanted, s->said);
}

static void an_answer_is_an_expression(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 1024);
    predict(s, "predict on; malloc 24", ANSWERS("0x107000000 + 8", "1"));
    assert_string_equal(s->verdict, "right: address = 0x107000008; right: blocks examined = 1 "
                                    "(2 of 2 right so far)");
    predict(s, "malloc 24", ANSWERS("p1+32", "1+1"));
    expect_score(s, "predict is on; 4 of 4 answers were right");
    predict(s, "malloc 2000", ANSWERS("NULL", ""));
    expect_score(s, "5 of 5");
    stage_free(s);
}

static void a_wrong_answer_is_told_with_the_right_one_and_why(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 1024);
    predict(s, "predict on; malloc 24", ANSWERS("0x107000000", "1"));
    assert_non_null(strstr(s->verdict, "wrong: address = 0x107000008, not 0x107000000;"));
    assert_int_equal(s->shows, 1); /* why */
    predict(s, "malloc 24", ANSWERS("p1+32", "2"));
    assert_int_equal(s->shows, 1);
    stage_free(s);
}

static void what_is_no_answer_is_asked_again(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 1024);
    predict(s, "predict on; malloc 24", ANSWERS("0x107000008", "one", "1 2", "1"));
    assert_int_equal(s->asked, 4);
    assert_non_null(strstr(s->question, "the answer should end before 2"));
    assert_non_null(strstr(s->question, "\nmalloc 24: how many blocks"));
    expect_score(s, "2 of 2");
    stage_free(s);
}

static void no_answer_passes(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 1024);
    predict(s, "predict on; malloc 24", ANSWERS("", " "));
    assert_string_equal(s->verdict, "");
    expect_score(s, "predict is on; nothing was answered yet");
    assert_int_equal(stage_value(s, "p1"), 0x107000008);
    stage_free(s);
}

static void a_click_means_the_block_that_it_hits(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 1024);
    stage_does(s, "malloc 24; malloc 24; free p1");
    predict(s, "predict { malloc 16 }", ANSWERS("@0x107000018", "1")); /* its last word */
    assert_non_null(strstr(s->verdict, "right: address"));
    predict(s, "predict { malloc 100 }", ANSWERS("@0x107000020", ""));
    assert_non_null(
        strstr(s->verdict, "wrong: address = 0x107000048, not in the block at 0x107000020"));
    stage_free(s);
}

static void free_is_asked_for_the_hole_and_realloc_for_the_move(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 256);
    stage_does(s, "malloc 24; malloc 24; malloc 24; free p1; free p3; predict on");
    predict(s, "free p2", ANSWERS("224")); /* without footers, p1 before it is not found */
    assert_non_null(strstr(s->verdict, "right: free block = 224"));
    stage_does(s, "set predict off; malloc 24; malloc 24; set predict on");
    predict(s, "realloc p4 100", ANSWERS("m"));
    assert_non_null(strstr(s->verdict, "right: block = moves"));
    predict(s, "realloc p4 90", ANSWERS("stays"));
    predict(s, "realloc p4 5000", ANSWERS("fails"));
    expect_score(s, "4 of 4");
    predict(s, "realloc p4 0", ANSWERS("216"));
    assert_non_null(strstr(s->question, "how large is the free block"));
    stage_free(s);
}

static void an_allocator_is_asked_what_it_can_answer(void **state)
{
    static const struct {
        const char *allocator, *second; /* the second question about malloc, or NULL */
    } cases[] = {{"bump", NULL},       {"implicit", "examined"}, {"buddy", "split"},
                 {"tree", "examined"}, {"slab", NULL},           {"tlsf", "split"},
                 {"ostep", "examined"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        stage *s = stage_new(cases[i].allocator, 256, 1024);
        predict(s, "predict on; malloc 24", ANSWERS("NULL"));
        assert_int_equal(s->asked, cases[i].second ? 2 : 1);
        if (cases[i].second) assert_non_null(strstr(s->question, cases[i].second));
        int before = s->asked;
        stage_does(s, "free p1; free NULL");
        bool divides = cases[i].second != NULL;
        assert_int_equal(s->asked - before, divides ? 1 : 0);
        stage_free(s);
    }
}

static void the_homeworks_addresses_are_decimal(void **state)
{
    (void)state;
    stage *s = stage_new("ostep", 100, 100);
    predict(s, "predict on; ops +10", ANSWERS("1000", "1"));
    predict(s, "ops +10", ANSWERS("1000", "2"));
    assert_string_equal(s->verdict, "wrong: address = 1010, not 1000; wrong: blocks examined = 1, "
                                    "not 2 (2 of 4 right so far)");
    assert_int_equal(s->shows, 1);
    stage_free(s);
}

static void many_requests_at_once_are_not_asked_about(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 1024);
    stage_does(s,
               "predict on; random 5 seed 1; repeat 3 { malloc 8 }; write p1 \"x\"; set fit best");
    stage_does(s, "expect error { free p1+1 }");
    assert_int_equal(s->asked, 0);
    stage_does(s, "predict off; malloc 8");
    assert_int_equal(s->asked, 0);
    stage_free(s);
}

static void a_question_that_is_stopped_stops_the_request(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 1024);
    stage_does(s, "predict on");
    s->patience = 1;
    assert_false(stage_run(s, "malloc 8; malloc 8"));
    assert_string_equal(s->said, "stopped: the request was not made");
    assert_string_equal(s->error, "");
    assert_int_equal(hs_session_op_count(s->session), 1);
    stage_free(s);
}

static void a_request_that_is_refused_is_not_judged(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 1024);
    stage_does(s, "malloc 8; free p1; predict on");
    s->answers = ANSWERS("32");
    stage_refuses(s, "free p1", "double free");
    expect_score(s, "nothing was answered yet");
    stage_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_an_expression),
        cmocka_unit_test(a_wrong_answer_is_told_with_the_right_one_and_why),
        cmocka_unit_test(what_is_no_answer_is_asked_again),
        cmocka_unit_test(no_answer_passes),
        cmocka_unit_test(a_click_means_the_block_that_it_hits),
        cmocka_unit_test(free_is_asked_for_the_hole_and_realloc_for_the_move),
        cmocka_unit_test(an_allocator_is_asked_what_it_can_answer),
        cmocka_unit_test(the_homeworks_addresses_are_decimal),
        cmocka_unit_test(many_requests_at_once_are_not_asked_about),
        cmocka_unit_test(a_question_that_is_stopped_stops_the_request),
        cmocka_unit_test(a_request_that_is_refused_is_not_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Quizzes: the same seed gives the same exercises, asked or on paper, and the answers on paper are
 * those that are right. */
#include "check.h"
#include "language/interpreter.h"
#include "model/reading/exercise.h"
#include "stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *sheet(const char *allocator, const char *command)
{
    stage *s = stage_new(allocator, 256, 4096);
    stage_does(s, command);
    char *text = strdup(s->said);
    stage_free(s);
    return text;
}

static void a_seed_gives_the_same_sheet_again_and_another_seed_another(void **state)
{
    (void)state;
    char *a = sheet("implicit", "quiz seed 5 sheet"), *b = sheet("implicit", "quiz seed 5 sheet"),
         *c = sheet("implicit", "quiz seed 6 sheet");
    assert_string_equal(a, b);
    assert_string_not_equal(a, c);
    assert_non_null(strstr(a, "implicit: 10 problems, seed 5\n"));
    assert_non_null(strstr(a, "\n10. "));
    assert_null(strstr(a, "\n11. "));
    free(a);
    free(b);
    free(c);
}

/* All that stands behind " = " up to a comma or the line's end: the answers, in order. */
static size_t answers_on(const char *text, char (*answers)[40], size_t most)
{
    size_t n = 0;
    for (const char *at = strstr(text, "\n    "); at; at = strstr(at + 1, "\n    ")) {
        char line[256];
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
        bool asked = strstr(line, "address =") || strstr(line, "block =");
        for (char *a = asked ? strstr(line, " = ") : NULL; a; a = strstr(a, " = ")) {
            assert_true(n < most);
            a += 3;
            snprintf(answers[n++], sizeof *answers, "%.*s", (int)strcspn(a, ","), a);
        }
    }
    return n;
}

static void the_answers_on_paper_are_right(void **state)
{
    static const char *const allocators[] = {"bump",       "implicit", "best-fit", "explicit",
                                             "segregated", "buddy",    "slab",     "tree",
                                             "tlsf",       "ostep"};
    static char answers[200][40];
    static const char *given[201];
    (void)state;
    for (size_t i = 0; i < sizeof allocators / sizeof *allocators; i++) {
        char *text = sheet(allocators[i], "quiz seed 11 n 30 answers"), wanted[64];
        size_t n = answers_on(text, answers, 200);
        for (size_t j = 0; j < n; j++) given[j] = answers[j];
        given[n] = NULL;
        stage *s = stage_new(allocators[i], 256, 4096);
        s->answers = given;
        stage_does(s, "quiz seed 11 n 30");
        snprintf(wanted, sizeof wanted, "quiz: %zu of %zu answers were right", n, n);
        assert_string_equal(s->said, wanted);
        assert_true(n >= 15);
        stage_free(s);
        free(text);
    }
}

static void a_sheet_leaves_the_session_alone_and_keeps_its_options(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 4096);
    stage_does(s, "set fit worst; set align 16; malloc 24");
    uint64_t ops = hs_session_op_count(s->session);
    stage_does(s, "quiz sheet; quiz tlsf n 3 answers");
    assert_int_equal(hs_session_op_count(s->session), ops);
    assert_string_equal(hs_session_allocator_name(s->session), "implicit");
    stage_does(s, "quiz sheet");
    assert_non_null(strstr(s->said, "fit worst"));
    assert_non_null(strstr(s->said, "align 16"));
    stage_free(s);
}

static void the_name_may_be_left_out(void **state)
{
    (void)state;
    stage *s = stage_new("buddy", 256, 4096);
    stage_does(s, "quiz n 2 sheet");
    assert_non_null(strstr(s->said, "buddy: 2 problems, seed 1\n"));
    stage_does(s, "quiz expl seed 2+2 n 1 sheet answers");
    assert_non_null(strstr(s->said, "explicit: 1 problem, seed 4, with answers"));
    stage_refuses(s, "quiz n 0", "1 to 1000 exercises");
    stage_refuses(s, "quiz n 1001 sheet", "1 to 1000 exercises");
    stage_refuses(s, "quiz nothing", "there is no allocator nothing");
    stage_refuses(s, "allocator replay", "NAME is missing");
    stage_free(s);
}

static void exercises_grow_harder(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 4096);
    hs_exercises e = hs_exercises_from(3);
    hs_op op;
    hs_problem problem;
    unsigned before = 1, reallocs = 0, frees = 0;
    for (int i = 0; i < 60; i++) {
        unsigned first = 0;
        hs_exercise_begin(&e);
        assert_true(hs_exercise_level(&e) >= before);
        before = hs_exercise_level(&e);
        for (; hs_exercise_first(&e, s->session, &op); first++)
            assert_true(hs_session_perform(s->session, &op, &problem));
        assert_int_equal(first, before - 1);
        op = hs_exercise_request(&e, s->session);
        if (before == 1) assert_int_equal(op.request, HS_MALLOC);
        if (before < 4) assert_int_not_equal(op.request, HS_REALLOC);
        reallocs += op.request == HS_REALLOC;
        frees += op.request == HS_FREE;
        assert_true(hs_session_perform(s->session, &op, &problem));
    }
    assert_int_equal(before, HS_LEVELS);
    assert_true(reallocs > 5 && frees > 5);
    stage_free(s);
}

static void a_quiz_can_be_stopped(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 4096);
    s->patience = 4;
    stage_run(s, "quiz");
    assert_int_equal(s->asked, 2);
    assert_string_equal(s->said, "quiz: 0 of 0 answers were right");
    stage_free(s);
}

static void the_question_tells_what_came_first(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 4096);
    stage_does(s, "quiz seed 3 n 8");
    assert_non_null(strstr(s->question, "exercise 8 of 8, after "));
    stage_does(s, "predict { malloc 8 }");
    assert_null(strstr(s->question, "exercise"));
    stage_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_gives_the_same_sheet_again_and_another_seed_another),
        cmocka_unit_test(the_answers_on_paper_are_right),
        cmocka_unit_test(a_sheet_leaves_the_session_alone_and_keeps_its_options),
        cmocka_unit_test(the_name_may_be_left_out),
        cmocka_unit_test(exercises_grow_harder),
        cmocka_unit_test(a_quiz_can_be_stopped),
        cmocka_unit_test(the_question_tells_what_came_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

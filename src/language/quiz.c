/* SPDX-License-Identifier: MIT */
/* Exercises, asked or printed. Asked, they are played on a fresh heap of the session, where one can
 * look at them. A sheet is made on a session of its own, and the user's stays as it is. */
#include "language/quiz.h"

#include "base/count.h"
#include "base/memory.h"
#include "language/homework.h"
#include "language/predict.h"
#include "language/words.h"
#include "model/reading/exercise.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *allocator;
    uint64_t seed, count;
    bool sheet, answers; /* printed, and with the answers */
} quiz;

enum { NAME, SEED, COUNT, SHEET, ANSWERS }; /* the command's parameters */

static bool read_quiz(hs_interpreter *in, const hs_statement *s, quiz *q)
{
    const hs_argument *a = s->arguments;
    *q = (quiz){.allocator = hs_session_allocator_name(in->session),
                .seed = 1,
                .count = HS_EXERCISES,
                .sheet = a[SHEET].present || a[ANSWERS].present,
                .answers = a[ANSWERS].present};
    if (a[NAME].present) {
        hs_words words = {0};
        hs_complaint c;
        hs_words_of_allocators(&words);
        q->allocator =
            hs_words_resolve(&words, "allocator", a[NAME].text, a[NAME].length, a[NAME].where, &c);
        hs_words_free(&words);
        if (!q->allocator) return hs_fail_with(in, &c);
    }
    if (a[SEED].present && !hs_size_of_argument(in, &a[SEED], &q->seed)) return false;
    if (a[COUNT].present && !hs_size_of_argument(in, &a[COUNT], &q->count)) return false;
    if (q->count > 0 && q->count <= HS_MOST_EXERCISES) return true;
    return hs_fail_at(in, a[COUNT].where, "a quiz has 1 to 1000 exercises", NULL);
}

/* --- Asked ---------------------------------------------------------------------------------- */

/* Perform the requests that come first, tell them, and write them down for the question. */
static bool play_first(hs_interpreter *in, const hs_statement *s, hs_exercises *e, FILE *preface)
{
    hs_op op;
    for (bool any = false; hs_exercise_first(e, in->session, &op); any = true) {
        char *text = hs_session_op_text(in->session, &op);
        fprintf(preface, "%s%s", any ? "; " : ", after ", text);
        free(text);
        if (!hs_perform_unasked(in, s, &op)) return false;
        hs_tell_performed(in, NULL);
    }
    return true;
}

static bool play_exercise(hs_interpreter *in, const hs_statement *s, const quiz *q, hs_exercises *e)
{
    char *text = NULL;
    size_t size, outer = in->predicting;
    FILE *preface = hs_text_begin(&text, &size);
    hs_exercise_begin(e);
    fprintf(preface, "exercise %" PRIu64 " of %" PRIu64, e->number, q->count);
    bool good = play_first(in, s, e, preface);
    hs_text_end(preface);
    hs_op op = hs_exercise_request(e, in->session);
    in->predicting = hs_exercise_questions(e);
    in->preface = text;
    good = good && hs_perform(in, s, &op);
    in->preface = NULL;
    in->predicting = outer;
    free(text);
    return good;
}

static bool ask_all(hs_interpreter *in, const hs_statement *s, const quiz *q)
{
    hs_exercises e = hs_exercises_from(q->seed);
    uint64_t asked = in->predicted, right = in->predicted_right;
    bool good = hs_perform(in, s, &(hs_op){.kind = HS_OP_ALLOCATOR, .name = q->allocator});
    for (uint64_t i = 0; good && i < q->count && !hs_interrupted(in); i++)
        good = play_exercise(in, s, q, &e);
    if (!good && !in->stopped) return false;
    char *text;
    uint64_t n = in->predicted - asked;
    text = hs_text("quiz: %" PRIu64 " of %" PRIu64 " answer%s %s right",
                   in->predicted_right - right, n, hs_plural(n), hs_verb(n, "was", "were"));
    in->listener.say(in->listener.context, HS_SAY_ANSWER, text);
    free(text);
    return true;
}

/* --- On paper ------------------------------------------------------------------------------- */

static void put_value(FILE *out, const hs_option *o, uint64_t value)
{
    if (o->choices)
        fputs(o->choices[value], out);
    else
        fprintf(out, "%" PRIu64, value);
}

/* Copy the options that are set now to the session that the sheet is made on. */
static void copy_options(const hs_session *from, hs_session *to)
{
    const hs_heap *h = hs_session_heap(from);
    const hs_allocator *a = hs_heap_allocator(h);
    hs_problem ignored;
    char *text = NULL;
    size_t size;
    if (a != hs_heap_allocator(hs_session_heap(to))) return;
    for (size_t i = 0; i < a->option_count; i++) {
        FILE *out = hs_text_begin(&text, &size);
        put_value(out, &a->options[i], hs_heap_option(h, i));
        hs_text_end(out);
        hs_session_perform(
            to,
            &(hs_op){
                .kind = HS_OP_SET, .name = a->options[i].name, .text = text, .text_length = size},
            &ignored);
        free(text);
    }
}

static void put_heading(FILE *out, const hs_session *s, const quiz *q)
{
    const hs_heap *h = hs_session_heap(s);
    const hs_allocator *a = hs_heap_allocator(h);
    char text[32];
    fprintf(out, "%s: %" PRIu64 " problem%s, seed %" PRIu64 "%s\n", q->allocator, q->count,
            hs_plural(q->count), q->seed, q->answers ? ", with answers" : "");
    fprintf(out, "heap: %" PRIu64 " bytes from %s on, at most %" PRIu64 "\n", hs_heap_committed(h),
            hs_answer_text(s, HS_ASK_ADDRESS, hs_heap_base(h), text, sizeof text),
            hs_heap_maximum(h));
    for (size_t i = 0; i < a->option_count; i++) {
        fprintf(out, "%s%s ", i ? ", " : "options: ", a->options[i].name);
        put_value(out, &a->options[i], hs_heap_option(h, i));
    }
    if (a->option_count) putc('\n', out);
}

/* Perform a request, and write down what it was: "p3 = malloc 24". */
static void put_performed(FILE *out, hs_session *s, const hs_op *op)
{
    hs_problem ignored;
    if (!hs_session_perform(s, op, &ignored)) return;
    char *line = hs_session_record_text(s, hs_session_op_count(s) - 1);
    fputs(line, out);
    free(line);
}

static void put_problem(FILE *out, hs_session *s, hs_exercises *e, const quiz *q)
{
    hs_op op;
    hs_question asked[HS_QUESTIONS];
    char text[32];
    hs_exercise_begin(e);
    fprintf(out, "\n%2" PRIu64 ". ", e->number);
    for (bool any = false; hs_exercise_first(e, s, &op); any = true) {
        fputs(any ? "; " : "after ", out);
        put_performed(out, s, &op);
    }
    if (hs_exercise_level(e) > 1) fputs(":\n    ", out);
    op = hs_exercise_request(e, s);
    size_t n = hs_questions_about(s, &op, asked), most = hs_exercise_questions(e);
    put_performed(out, s, &op);
    putc('\n', out);
    for (size_t i = 0; i < n && i < most; i++)
        fprintf(out, "%s%s = %s", i ? ", " : "    ", hs_question_short(asked[i]),
                q->answers
                    ? hs_answer_text(s, asked[i], hs_question_truth(s, asked[i]), text, sizeof text)
                    : "____");
    if (n) putc('\n', out);
    if (hs_heap_allocator(hs_session_heap(s))->traits & HS_OBJECTS) return; /* they are too many */
    fputs("    free blocks: ", out);
    if (q->answers)
        hs_put_free_blocks(out, s);
    else
        fputs("____", out);
    putc('\n', out);
}

static bool print_sheet(hs_interpreter *in, const hs_statement *s, const quiz *q)
{
    hs_problem problem;
    hs_session *desk = hs_session_new(q->allocator, hs_session_config(in->session), &problem);
    if (!desk) return hs_fail_at(in, s->where, problem.what, problem.hint);
    copy_options(in->session, desk);
    hs_exercises e = hs_exercises_from(q->seed);
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    put_heading(out, desk, q);
    for (uint64_t i = 0; i < q->count && !hs_interrupted(in); i++) put_problem(out, desk, &e, q);
    hs_text_end(out);
    in->listener.say(in->listener.context, HS_SAY_ANSWER, text);
    free(text);
    hs_session_free(desk);
    return true;
}

bool hs_run_quiz(hs_interpreter *in, const hs_statement *s)
{
    quiz q;
    if (!read_quiz(in, s, &q)) return false;
    return q.sheet ? print_sheet(in, s, &q) : ask_all(in, s, &q);
}

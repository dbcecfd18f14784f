/* SPDX-License-Identifier: MIT */
/* Predict: asks about a request before it is performed, and judges the answers after it. Answers
 * are typed, as an expression or a word, or pointed at on the map. A typed address must be right to
 * the byte; pointing at a block says that the request ends up in it. */
#include "language/predict.h"

#include "base/count.h"
#include "base/memory.h"
#include "language/words.h"
#include "model/reading/question.h"
#include "view/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASKED = 2 }; /* the most questions about one request, so that a lecture gets on */

/* What was answered to a question. */
typedef struct {
    hs_question question;
    bool given;       /* the user did not pass */
    uint64_t value;   /* the answer as typed */
    hs_addr from, to; /* or the block that was pointed at: `to` is not NULL then */
} guess;

typedef struct {
    guess guesses[HS_QUESTIONS];
    size_t count;
} guesses;

/* --- Reading an answer ---------------------------------------------------------------------- */

static bool read_choice(const hs_reader *r, const char *const *choices, uint64_t *value)
{
    hs_words words = {0};
    size_t end = r->length;
    while (end > r->at && r->text[end - 1] == ' ') end--;
    for (size_t i = 0; choices[i]; i++) hs_words_add(&words, choices[i]);
    const char *word = hs_words_resolve(&words, "answer", r->text + r->at, end - r->at,
                                        (hs_span){r->at, end}, r->complaint);
    hs_words_free(&words);
    for (size_t i = 0; word && choices[i]; i++)
        if (choices[i] == word) *value = i;
    return word != NULL;
}

static bool read_address(hs_reader *r, uint64_t *value)
{
    hs_pointer p;
    if (!hs_read_pointer(r, &p)) return false;
    *value = hs_session_value(r->session, p);
    return true;
}

static bool read_answer(hs_reader *r, hs_question q, uint64_t *value)
{
    const char *const *choices = hs_question_choices(q);
    hs_read_blanks(r);
    if (choices) return read_choice(r, choices, value);
    bool good = q == HS_ASK_ADDRESS ? read_address(r, value) : hs_read_size(r, value);
    if (good) hs_read_blanks(r);
    if (!good || r->at == r->length) return good;
    return hs_complain(r->complaint, (hs_span){r->at, r->length}, "the answer should end before %s",
                       r->text + r->at);
}

/* Take the block that was pointed at whole, with all that one cell of the map shows together with
 * it. */
static void point_at(const hs_session *s, const hs_reply *reply, guess *g)
{
    hs_seen seen;
    g->from = reply->from;
    g->to = reply->to;
    if (!hs_session_walk_to(s, reply->from, &seen) || seen.block.addr > reply->from) return;
    hs_addr end = seen.block.addr + seen.block.size;
    g->from = seen.block.addr;
    if (end > g->to) g->to = end;
}

/* --- Asking --------------------------------------------------------------------------------- */

static void ask(hs_interpreter *in, const char *request, guess *g)
{
    char question[1024];
    const char *text = hs_question_text(g->question);
    const char *preface = in->preface ? in->preface : "";
    snprintf(question, sizeof question, "%.400s%s%.100s: %s", preface, *preface ? ": " : "",
             request, text);
    for (;;) {
        hs_reply reply = {0};
        hs_complaint c = {0};
        bool answered =
            in->listener.ask(in->listener.context, question, g->question == HS_ASK_ADDRESS, &reply);
        if (!answered || (reply.text && !reply.text[strspn(reply.text, " \t")])) {
            free(reply.text);
            return;
        }
        g->given = true;
        if (!reply.text) {
            point_at(in->session, &reply, g);
            return;
        }
        hs_reader r = {.text = reply.text,
                       .length = strlen(reply.text),
                       .session = in->session,
                       .complaint = &c};
        bool good = read_answer(&r, g->question, &g->value);
        free(reply.text);
        if (good) return;
        g->given = false;
        snprintf(question, sizeof question, "%.160s%s%.120s\n%.100s: %s", c.what,
                 c.hint[0] ? "; " : "", c.hint, request, text);
    }
}

static void ask_about(hs_interpreter *in, const hs_op *op, size_t most, guesses *all)
{
    hs_question questions[HS_QUESTIONS];
    all->count = hs_questions_about(in->session, op, questions);
    if (all->count > most) all->count = most;
    char *request = hs_session_op_text(in->session, op);
    for (size_t i = 0; i < all->count; i++) {
        all->guesses[i].question = questions[i];
        ask(in, request, &all->guesses[i]);
    }
    free(request);
}

/* Ask about a request, if predict is on or this is within predict { }, and somebody is there to
 * answer. */
static bool before_request(hs_interpreter *in, const hs_op *op, void *of)
{
    guesses *all = of;
    bool on = hs_session_setting(in->session, HS_SET_PREDICT) == HS_PREDICT_ON;
    bool wanted = (on || in->predicting) && !in->inside && op->kind == HS_OP_REQUEST;
    *all = (guesses){.count = 0};
    if (wanted && in->listener.ask) ask_about(in, op, in->predicting ? in->predicting : ASKED, all);
    if (!all->count || !hs_interrupted(in)) return true;
    in->listener.say(in->listener.context, HS_SAY_ANSWER, "stopped: the request was not made");
    return false;
}

/* --- Judging -------------------------------------------------------------------------------- */

static bool is_right(const guess *g, uint64_t truth)
{
    return g->to ? truth >= g->from && truth < g->to : truth == g->value;
}

static void put_guess(FILE *out, const hs_session *s, const guess *g, uint64_t truth)
{
    char text[32];
    bool right = is_right(g, truth);
    fprintf(out, "%s: %s = %s", right ? "right" : "wrong", hs_question_short(g->question),
            hs_answer_text(s, g->question, truth, text, sizeof text));
    if (right) return;
    if (g->to)
        fprintf(out, ", not in the block at 0x%" PRIx64, g->from);
    else
        fprintf(out, ", not %s", hs_answer_text(s, g->question, g->value, text, sizeof text));
}

/* Judge the answers, and count them. */
static void behind_request(hs_interpreter *in, const void *of)
{
    const guesses *all = of;
    char *text = NULL;
    size_t size, given = 0, right = 0;
    FILE *out = hs_text_begin(&text, &size);
    for (size_t i = 0; i < all->count; i++) {
        const guess *g = &all->guesses[i];
        if (!g->given) continue;
        uint64_t truth = hs_question_truth(in->session, g->question);
        if (given++) fputs("; ", out);
        put_guess(out, in->session, g, truth);
        right += is_right(g, truth);
    }
    in->predicted += given;
    in->predicted_right += right;
    fprintf(out, " (%" PRIu64 " of %" PRIu64 " right so far)", in->predicted_right, in->predicted);
    hs_text_end(out);
    if (given) in->listener.say(in->listener.context, HS_SAY_VERDICT, text);
    free(text);
    in->mistaken = right < given;
}

const hs_request_hook hs_predict_hook = {sizeof(guesses), before_request, behind_request};

static char *score_text(const hs_interpreter *in)
{
    return in->predicted ? hs_text("%" PRIu64 " of %" PRIu64 " answer%s %s right",
                                   in->predicted_right, in->predicted, hs_plural(in->predicted),
                                   hs_verb(in->predicted, "was", "were"))
                         : hs_copy("nothing was answered yet");
}

/* --- The command ---------------------------------------------------------------------------- */

static bool switch_to(hs_interpreter *in, const hs_statement *s, const char *value)
{
    return hs_perform(
        in, s,
        &(hs_op){
            .kind = HS_OP_SET, .name = "predict", .text = value, .text_length = strlen(value)});
}

/* Run predict { ... }: its requests are asked about, whatever the setting. */
static bool predict_body(hs_interpreter *in, const hs_statement *s)
{
    size_t outer = in->predicting;
    in->predicting = ASKED;
    bool good = hs_run_statements(in, s->body, s->body_count);
    in->predicting = outer;
    return good;
}

bool hs_run_predict(hs_interpreter *in, const hs_statement *s)
{
    if (s->has_body) return predict_body(in, s);
    if (s->arguments[0].present) return switch_to(in, s, "on");
    if (s->arguments[1].present) return switch_to(in, s, "off");
    bool on = hs_session_setting(in->session, HS_SET_PREDICT) == HS_PREDICT_ON;
    char *score = score_text(in), *text;
    text = hs_text("predict is %s; %s", on ? "on" : "off", score);
    in->listener.say(in->listener.context, HS_SAY_ANSWER, text);
    free(score);
    free(text);
    return true;
}

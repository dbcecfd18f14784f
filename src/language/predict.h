/* Predict: before a request the user says what will come of it, after it whether that was right.
 *
 *      hs_predict_ask      -> listener.ask, once for each question; the answers are kept
 *      the request is performed
 *      hs_predict_judge    -> "right: ..." or "wrong: ...", by the events; the score */
#ifndef HS_LANGUAGE_PREDICT_H
#define HS_LANGUAGE_PREDICT_H

#include "language/running.h"
#include "model/reading/question.h"

/* What was answered to a question. */
typedef struct {
    hs_question question;
    bool given;       /* not passed over */
    uint64_t value;   /* as typed */
    hs_addr from, to; /* or the block that was pointed at: `to` is not NULL then */
} hs_guess;

typedef struct {
    hs_guess guesses[HS_QUESTIONS];
    size_t count;
} hs_guesses;

/* Ask about a request, when its user wants that; at most `most` questions. */
hs_guesses hs_predict_ask(hs_interpreter *, const hs_op *, size_t most);

/* The same as the interpreter does it: where predict is on, or within predict { }. */
hs_guesses hs_predict_stop(hs_interpreter *, const hs_op *);

/* Judge the answers to the request that was performed last: says so and counts. True when one of
 * them was wrong. */
bool hs_predict_judge(hs_interpreter *, const hs_guesses *);

/* "5 of 7 answers were right" */
char *hs_predict_score(const hs_interpreter *);

/* The command. */
bool hs_run_predict(hs_interpreter *, const hs_statement *);

#endif

/* SPDX-License-Identifier: MIT */
/* Predict: before a request the user says what will come of it, after it whether that was right.
 *
 *      before the request    listener.ask, once for each question; the answers are kept
 *      the request is performed
 *      behind it             "right: ..." or "wrong: ...", by the events; the score
 *
 * The interpreter does not know it: it calls whatever is hooked into its requests. */
#ifndef HS_LANGUAGE_PREDICT_H
#define HS_LANGUAGE_PREDICT_H

#include "language/running.h"

/* The hook into every request that an interpreter performs. */
extern const hs_request_hook hs_predict_hook;

/* The command. */
bool hs_run_predict(hs_interpreter *, const hs_statement *);

#endif

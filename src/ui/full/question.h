/* SPDX-License-Identifier: MIT */
/* Questions to the user: the answer is typed at the bottom, or clicked on the map. */
#ifndef HS_UI_FULL_QUESTION_H
#define HS_UI_FULL_QUESTION_H

#include "ui/full/app.h"

extern const hs_mode hs_mode_question;

/* For an interpreter's listener, whose context the hs_app is. */
bool hs_question_ask(void *context, const char *question, bool on_map, hs_reply *);
/* Ask whether a script may do what it wants. That is laid over the map first. */
bool hs_question_trusts(void *context, const char *wants, const char *question);

#endif

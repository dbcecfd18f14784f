/* SPDX-License-Identifier: MIT */
/* The line at the bottom that commands are typed in, where no other mode has it. */
#ifndef HS_UI_FULL_PROMPT_LINE_H
#define HS_UI_FULL_PROMPT_LINE_H

#include "ui/full/app.h"

extern const hs_mode hs_mode_paste, hs_mode_prompt;

/* True if nothing is typed, and nothing is searched for. */
bool hs_prompt_line_is_idle(const hs_app *);

/* Add a line to the statement whose { is open. NULL: it is open still; else the whole, freed by
 * the caller. */
char *hs_prompt_line_add(hs_app *, const char *line);
/* Forget the lines of a statement that is open. */
void hs_prompt_line_forget(hs_app *);

#endif

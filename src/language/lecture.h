/* SPDX-License-Identifier: MIT */
/* The commands of a lecture: what a script says to its audience, to its speaker and to its player.
 */
#ifndef HS_LANGUAGE_LECTURE_H
#define HS_LANGUAGE_LECTURE_H

#include "language/running.h"
#include "language/words.h"

bool hs_run_title(hs_interpreter *, const hs_statement *);
bool hs_run_note(hs_interpreter *, const hs_statement *);
bool hs_run_ask(hs_interpreter *, const hs_statement *);
bool hs_run_presenter(hs_interpreter *, const hs_statement *);
bool hs_run_highlight(hs_interpreter *, const hs_statement *);
bool hs_run_view(hs_interpreter *, const hs_statement *);
bool hs_run_zoom(hs_interpreter *, const hs_statement *);
bool hs_run_pause(hs_interpreter *, const hs_statement *);
bool hs_run_wait(hs_interpreter *, const hs_statement *);
bool hs_run_speed(hs_interpreter *, const hs_statement *);

/* The pictures that `view` knows. */

#endif

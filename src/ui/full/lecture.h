/* SPDX-License-Identifier: MIT */
/* The lecture on the full screen. */
#ifndef HS_UI_FULL_LECTURE_H
#define HS_UI_FULL_LECTURE_H

#include "ui/full/app.h"

/* Two modes: one while the lecture has the keys, and one while the prompt has them, because
 * somebody typed or the script has ended. */
extern const hs_mode hs_mode_lecture, hs_mode_script;

/* Play a script, which is the lecture's from then on. NULL: the complaint is shown already, and
 * nothing happens. */
void hs_lecture_open(hs_app *, hs_program *);
bool hs_lecture_is_open(const hs_app *);
/* Keep a script that a command asks for, and play it when that command has ended, which may itself
 * be one of the script that is open now. */
void hs_lecture_want(hs_app *, hs_program *);
void hs_lecture_play_wanted(hs_app *);
/* Somebody is about to run commands of their own. */
void hs_lecture_disturb(hs_app *);

/* Called with what the script says to its player, and to the speaker. */
void hs_lecture_cue(hs_app *, hs_cue, uint64_t value);
void hs_lecture_whisper(hs_app *, const char *text);

bool hs_lecture_has_keys(const hs_app *);
/* True on the way to a section, or to the end: questions are not asked then. */
bool hs_lecture_jumps(const hs_app *);
/* The title of section `number`, from 1; NULL: there is none such. */
const char *hs_lecture_section_title(const hs_app *, size_t number);

/* At a key: hs_lecture_next goes to the next step; hs_lecture_return goes back to the script, and
 * there plays by itself, or pauses. */
void hs_lecture_next(hs_app *);
void hs_lecture_return(hs_app *);

#endif

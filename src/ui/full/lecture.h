/* The lecture on the full screen. */
#ifndef HS_UI_FULL_LECTURE_H
#define HS_UI_FULL_LECTURE_H

#include "ui/full/app.h"

/* While it has the keys; and while the prompt has them, because somebody typed or it has ended. */
extern const hs_mode hs_mode_lecture, hs_mode_script;

/* Play a script, which is the lecture's from then on, from its first step on. NULL: the complaint
 * is shown already, and nothing happens. */
void hs_lecture_open(hs_app *, hs_program *);
bool hs_lecture_is_open(const hs_app *);
/* Keep a script that a command asks for, which may be one of the lecture's that is open now; play
 * it when that has ended. */
void hs_lecture_want(hs_app *, hs_program *);
void hs_lecture_play_wanted(hs_app *);
/* Commands of somebody's own come. */
void hs_lecture_disturb(hs_app *);

/* What the script says to its player, and to the speaker. */
void hs_lecture_cue(hs_app *, hs_cue, uint64_t value);
void hs_lecture_whisper(hs_app *, const char *text);

bool hs_lecture_has_keys(const hs_app *);
/* On the way to a section, or the end: questions are not asked. */
bool hs_lecture_jumps(const hs_app *);
/* NULL: no such section; from 1. */
const char *hs_lecture_section_title(const hs_app *, size_t number);

/* At a key: the next step; and back to the script, there: play by itself, or pause. */
void hs_lecture_next(hs_app *);
void hs_lecture_return(hs_app *);

#endif

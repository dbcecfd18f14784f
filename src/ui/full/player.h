/* SPDX-License-Identifier: MIT */
/* The player: a script as a lecture, step by step, by itself or at a key, forward and back.
 *
 *      statements   title  note  malloc  expect  highlight  set  malloc  note ...
 *      steps       |---- 0 ---|--------- 1 ----------------|--- 2 ------|- 3 ...
 *
 * A step is one statement that there is something to see of, with what leads to it (settings, a
 * title) and what belongs to it (expectations, highlights, waits, the speaker's lines). Each is
 * performed once: after it, the player keeps the session's moment and what was on show. Going back,
 * and forward again, is to go to that moment and to show that again. */
#ifndef HS_UI_FULL_PLAYER_H
#define HS_UI_FULL_PLAYER_H

#include "language/interpreter.h"
#include "view/screen.h"

/* What the audience sees beside the heap. The texts are owned; the state's pointers to them are
 * set anew whenever it is shown. */
typedef struct {
    hs_screen_state state;
    char *section, *caption, *message, *overlay_title, *overlay_text;
    hs_shape_place shape;
    uint64_t slow;      /* the operation that is shown in slow motion, 0 for none */
    hs_lockstep *lanes; /* allocators side by side, or NULL; the interpreter's */
} hs_tableau;

/* The screen that the lecture is held on. */
typedef struct {
    void *context;
    void (*begin)(void *context);              /* another step comes: what the last one said goes */
    void (*take)(void *context, hs_tableau *); /* a copy of what is on show */
    void (*show)(void *context, const hs_tableau *); /* show that again */
    void (*fail)(void *context, const char *what);
} hs_lecture_view;

typedef struct {
    size_t next;      /* the first statement behind it */
    hs_moment moment; /* the session's moment after it */
    hs_tableau tableau;
    hs_change *changes; /* the changes on show: of the last request, or of a comparison */
    size_t change_count;
    char *speaker;  /* lines for the speaker alone, or NULL */
    int64_t pause;  /* milliseconds to the next step, when playing by itself */
    bool stops;     /* wait for a key even so */
    uint64_t speed; /* the speed after it, in thousandths */
} hs_step;

typedef struct {
    hs_interpreter *interpreter;
    hs_session *session;
    hs_lecture_view lecture_view;
    hs_program *script; /* NULL: none */

    hs_step *steps; /* performed so far */
    size_t count, capacity;
    size_t at;           /* the step on show */
    hs_step *performing; /* NULL: none */

    bool disturbed; /* commands were typed since; even a failed one may leave traces */
    bool has_focus; /* keys are the player's, not the prompt's */
    bool jumps;     /* to a section, or the end: questions on the way are not asked */
    bool playing;   /* it goes on by itself */
    int64_t due;    /* when, in milliseconds of hs_clock */
    int64_t began;  /* when the lecture began */
    uint64_t speed; /* thousandths of the usual pace */
} hs_player;

/* Play a script, which is the player's from then on: perform its first step. */
void hs_player_open(hs_player *, hs_interpreter *, hs_session *, const hs_lecture_view *,
                    hs_program *);
void hs_player_close(hs_player *);

/* Wait as long as it takes to read a text. */
void hs_player_rest(hs_player *, const char *text);

/* True if the last step is on show, or if there is no script. */
bool hs_player_has_ended(const hs_player *);

/* Go to the next step, the one before, the first, the last. */
void hs_player_on(hs_player *);
void hs_player_back(hs_player *);
void hs_player_home(hs_player *);
void hs_player_end(hs_player *);

/* Back to the script from the prompt: to the moment and the screen that were left. */
void hs_player_return(hs_player *);
/* Play by itself, or stop that. */
void hs_player_play(hs_player *);
void hs_player_pause(hs_player *);

/* Milliseconds until the next step is due; -1 when none will be without a key. */
int hs_player_wait(const hs_player *);

/* Called with what the script says to the player, and to the speaker. */
void hs_player_cue(hs_player *, hs_cue, uint64_t value);
void hs_player_whisper(hs_player *, const char *text);

/* --- Where it is ---------------------------------------------------------------------------- */

/* The number of the step on show, from 1, and how many the script has. */
size_t hs_player_step(const hs_player *);
size_t hs_player_step_count(const hs_player *);

/* Sections are numbered from 1: title by title. */
size_t hs_player_section(const hs_player *); /* of the step on show; 0 before the first */
size_t hs_player_section_count(const hs_player *);
const char *hs_player_section_title(const hs_player *, size_t number); /* NULL: none such */
void hs_player_go_to_section(hs_player *, size_t number);

/* The lines for the speaker at this step, "" without. */
const char *hs_player_speaker(const hs_player *);

/* This step (0), or one behind it, as the script has it; freed by the caller. */
char *hs_player_text(const hs_player *, size_t ahead);

#endif

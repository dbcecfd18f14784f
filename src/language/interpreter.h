/* SPDX-License-Identifier: MIT */
/* The interpreter: runs programs on a session and tells a listener what there is to say and show.
 *
 * It knows nothing of screens: front ends are listeners. */
#ifndef HS_LANGUAGE_INTERPRETER_H
#define HS_LANGUAGE_INTERPRETER_H

#include "language/capabilities.h"
#include "view/picture.h"

#include <heapscope/lockstep.h>

typedef enum {
    HS_SAY_ANSWER,    /* what a command has to say: may be many lines */
    HS_SAY_NOTE,      /* narration for the audience */
    HS_SAY_TITLE,     /* a section of the lecture begins */
    HS_SAY_QUESTION,  /* a question to the audience: what follows is the answer */
    HS_SAY_PRESENTER, /* for the speaker alone */
    HS_SAY_REFUSED,   /* an error that the script expected */
    HS_SAY_VERDICT,   /* whether a prediction was right; the request is told next */
    HS_SAY_ERROR,
} hs_voice;

/* What a script says to the player of it. */
typedef enum {
    HS_CUE_PAUSE, /* do not go on without a key */
    HS_CUE_WAIT,  /* so many milliseconds until the next step */
    HS_CUE_SPEED, /* thousandths of the usual pace */
} hs_cue;

/* What the user says to a question: typed, or pointed at on the map. */
typedef struct {
    char *text;       /* freed by the interpreter; NULL: the answer was pointed at */
    hs_addr from, to; /* the bytes of the cell that was pointed at */
} hs_reply;

typedef struct {
    void *context;
    bool has_screen; /* it draws on the terminal, so a command must not write there */
    void (*say)(void *context, hs_voice, const char *text);
    void (*show)(void *context, const hs_picture *, const hs_subject *);
    /* A statement begins; not called inside repeat { }. May be NULL. */
    void (*begin)(void *context, const hs_program *, const hs_statement *);
    /* The heap may have changed. `summary` tells of many requests at once; NULL: one request,
     * whose events are in the heap. */
    void (*performed)(void *context, const char *summary);
    /* Asked now and then whether the user wants to stop. May be NULL. */
    bool (*interrupted)(void *context);
    /* Ask, and wait for the answer; `on_map`: an answer may point at an address. False: the user
     * passed. May be NULL: nobody is there to answer, and nothing is asked. */
    bool (*ask)(void *context, const char *question, bool on_map, hs_reply *);
    /* Ask whether a script may do more than scripts may: `wants` lists what it wants. May be NULL:
     * nobody is there to answer, and it is refused. */
    bool (*trusts)(void *context, const char *wants, const char *question);
    /* Told how far a long command is; NULL says that it is over. May be NULL. */
    void (*progress)(void *context, const char *text);
    /* Leave this session for an earlier one that was cut short. Returns NULL when that is done,
     * else why it can not be. May be NULL. */
    const char *(*go_on)(void *context);
    /* Play a script to the audience, now or when this command has ended. The script is the
     * listener's from then on. May be NULL: it is run instead. */
    bool (*play)(void *context, hs_program *);
    /* Told what the script says to its player. May be NULL for a listener that does not play by
     * itself. */
    void (*cue)(void *context, hs_cue, uint64_t value);
} hs_listener;

typedef struct hs_interpreter hs_interpreter;

hs_interpreter *hs_interpreter_new(hs_session *, const hs_listener *);
void hs_interpreter_free(hs_interpreter *);

/* Say by which way lines come in from now on. At first it is the way that allows least. */
void hs_interpreter_come_by(hs_interpreter *, hs_way);

/* Parse and run a source text. Nothing runs if a part of it does not parse, or is not allowed.
 * `name` (NULL for typed lines) goes before complaints as NAME:LINE:COLUMN, where the source begins
 * at line `first_line`. True when all of it succeeded. An error ends the run; but an `expect` that
 * does not hold lets the rest go on. */
bool hs_interpreter_run(hs_interpreter *, const char *name, size_t first_line, const char *source,
                        size_t length);

/* The same with a file's content. Complains when it cannot be read. */
bool hs_interpreter_run_file(hs_interpreter *, const char *path);

/* Load a program from a file without running it; NULL after a complaint was said. It may do what
 * the way in, or the program that is running, allows scripts, and what the user then agrees to. */
hs_program *hs_interpreter_load(hs_interpreter *, const char *path);

/* The same with a text that complaints call `name`. */
hs_program *hs_interpreter_parse(hs_interpreter *, const char *name, const char *text);

/* Run what was loaded, and free it. */
bool hs_interpreter_run_loaded(hs_interpreter *, hs_program *);

/* Run one statement of a program. False: it failed (which was said). */
bool hs_interpreter_step(hs_interpreter *, const hs_program *, size_t index);

/* From now on `ops` prints questions, and not their answers. */
void hs_interpreter_hide_answers(hs_interpreter *);

/* The allocators that run side by side; NULL while there is one. They have caught up with the
 * session, whatever changed that. Any statement may end this. */
hs_lockstep *hs_interpreter_lockstep(const hs_interpreter *);
/* From now on keep lanes that `split` ends, so that they can be used again when a lecture goes
 * back. */
void hs_interpreter_keep_lanes(hs_interpreter *);
void hs_interpreter_use_lanes(hs_interpreter *, hs_lockstep *);

/* Go to a moment as hs_session_go does; where that takes long, tell how far it is, and stop when
 * the listener says so. */
bool hs_interpreter_go(hs_interpreter *, hs_moment, hs_problem *);
/* "going there: 12 of 100 commands, 12 %": how far something is, for whoever does it without an
 * interpreter. */
void hs_progress_text(char *out, size_t size, const char *doing, uint64_t done, uint64_t total);

/* Write how far the running command is: "working: 12 requests so far", and, where that was
 * foreseen, ", 10 % of 120 commands". */
void hs_interpreter_progress(const hs_interpreter *, char *out, size_t size);

/* The subject of a picture that was asked for without saying more. The address spaces are the
 * interpreter's. */
hs_subject hs_interpreter_subject(const hs_interpreter *);
hs_spaces *hs_interpreter_spaces(hs_interpreter *);

bool hs_interpreter_has_quit(const hs_interpreter *);
uint64_t hs_interpreter_failures(const hs_interpreter *);

/* Text of `help` (command NULL) or of `help COMMAND`; freed by the caller. */
char *hs_help_text(const hs_session *, const hs_command *);
/* What an option of `set` does, under each allocator that has it; freed by the caller. NULL: none
 * has. */
char *hs_help_on_option(const char *name, size_t length);

/* The man page's section on commands, in roff; freed by the caller. */
char *hs_help_roff(void);

#endif

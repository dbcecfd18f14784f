/* The interpreter: runs programs on a session and tells a listener what there is to say and show.
 *
 * It knows nothing of screens: front ends are listeners. */
#ifndef HS_LANGUAGE_INTERPRETER_H
#define HS_LANGUAGE_INTERPRETER_H

#include "language/program.h"

#include <heapscope/session.h>

typedef enum {
    HS_SAY_ANSWER,    /* what a command has to say: may be many lines */
    HS_SAY_NOTE,      /* narration for the audience */
    HS_SAY_TITLE,     /* a section of the lecture begins */
    HS_SAY_QUESTION,  /* to the audience: what follows is the answer */
    HS_SAY_PRESENTER, /* for the speaker alone */
    HS_SAY_REFUSED,   /* an error that the script expected */
    HS_SAY_ERROR,
} hs_voice;

/* A picture that a command asks for. */
typedef enum {
    HS_SHOW_MAP,
    HS_SHOW_BLOCKS,
    HS_SHOW_FREE_LIST,
    HS_SHOW_STATS,
    HS_SHOW_PLOT,      /* the heap over time */
    HS_SHOW_BYTES,     /* `length` bytes at `at` */
    HS_SHOW_INSPECT,   /* what lies at `at` */
    HS_SHOW_WHY,       /* operation number `at`, told step by step */
    HS_SHOW_STEPS,     /* the same on the map, one event after another */
    HS_SHOW_HIGHLIGHT, /* `length` bytes at `at` pointed out on the map */
} hs_show;

/* What a script says to the player of it. */
typedef enum {
    HS_CUE_PAUSE, /* do not go on without a key */
    HS_CUE_WAIT,  /* so many milliseconds until the next step */
    HS_CUE_SPEED, /* thousandths of the usual pace */
} hs_cue;

typedef struct {
    void *context;
    void (*say)(void *context, hs_voice, const char *text);
    void (*show)(void *context, hs_show, hs_addr at, uint64_t length);
    /* A statement begins; not called inside repeat { }. May be NULL. */
    void (*begin)(void *context, const hs_program *, const hs_statement *);
    /* The heap may have changed. `summary` tells of many requests at once; NULL: one request,
     * whose events are in the heap. */
    void (*performed)(void *context, const char *summary);
    /* Asked now and then: does the user want to stop? May be NULL. */
    bool (*interrupted)(void *context);
    /* May be NULL: whoever does not play by itself has no use for it. */
    void (*cue)(void *context, hs_cue, uint64_t value);
} hs_listener;

typedef struct hs_interpreter hs_interpreter;

hs_interpreter *hs_interpreter_new(hs_session *, const hs_listener *);
void hs_interpreter_free(hs_interpreter *);

/* Parse and run; nothing runs when a part of it does not parse. `name` (NULL for typed lines) goes
 * before complaints as NAME:LINE:COLUMN, where the source begins at line `first_line`. True when
 * all of it succeeded. An error ends the run; an `expect` that does not hold is an error that lets
 * the rest go on. */
bool hs_interpreter_run(hs_interpreter *, const char *name, size_t first_line, const char *source,
                        size_t length);

/* The same with a file's content. Complains when it cannot be read. */
bool hs_interpreter_run_file(hs_interpreter *, const char *path);

/* Load a program from a file without running it; NULL after a complaint was said. */
hs_program *hs_interpreter_load(hs_interpreter *, const char *path);

/* Run one statement of a program. False: it failed (which was said). */
bool hs_interpreter_step(hs_interpreter *, const hs_program *, size_t index);

bool hs_interpreter_has_quit(const hs_interpreter *);
uint64_t hs_interpreter_failures(const hs_interpreter *);

/* Text of `help` (command NULL) or of `help COMMAND`; freed by the caller. */
char *hs_help_text(const hs_session *, const hs_command *);

/* The man page's section on commands, in roff; freed by the caller. */
char *hs_help_roff(void);

#endif

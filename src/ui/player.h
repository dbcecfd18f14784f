/* The player: a script as a lecture, statement by statement, by itself or at a key. */
#ifndef HS_UI_PLAYER_H
#define HS_UI_PLAYER_H

#include "language/interpreter.h"

typedef struct {
    hs_program *script; /* NULL: none */
    size_t next;        /* the statement to come */
    bool has_focus;     /* keys are the player's, not the prompt's */
    bool playing;       /* goes on by itself */
    int64_t due;        /* when, in milliseconds of hs_player_clock */
} hs_player;

int64_t hs_player_clock(void);

/* Load a script; false after the interpreter said what is wrong. */
bool hs_player_open(hs_player *, hs_interpreter *, const char *path);
/* The same with commands that are no file's; complaints call them `name`. */
bool hs_player_open_text(hs_player *, hs_interpreter *, const char *name, const char *text);
void hs_player_close(hs_player *);

/* Run up to and with the next statement that there is something to see of. */
void hs_player_step(hs_player *, hs_interpreter *, const hs_session *);

/* Wait as long as it takes to read a text. */
void hs_player_rest(hs_player *, const char *text, const hs_session *);

bool hs_player_has_ended(const hs_player *);

/* Milliseconds until the next step is due; -1 when none will be without a key. */
int hs_player_wait(const hs_player *);

#endif

/* SPDX-License-Identifier: MIT */
/* The modes of the full screen, a row each. Several are on at a time: a picture may lie over a
 * lecture that is shown in slow motion. They stand in one table, those that come first in front:
 *
 *      question  slow motion  overlay  lecture  space  shape  trace  map  keys  prompt
 *
 * Each question that the screen has (whose key is this? what does the last line show? what are the
 * hints? until when may one wait?) goes from row to row until one that is on has an answer. So
 * nothing but a mode's own file says anything about it, and a new one is a file and a row. */
#ifndef HS_UI_FULL_MODE_H
#define HS_UI_FULL_MODE_H

#include "view/scene.h"

#include <heapscope/session.h>

#include <stdio.h>
#include <wchar.h>

typedef struct hs_app hs_app;

/* A mode. A function that is NULL has no answer. */
typedef struct {
    const char *name;
    size_t own_size; /* bytes that it remembers, zeros at first: hs_mode_own */
    bool alone;      /* while it is on, rows behind it get no keys, no clicks and no time */
    bool types;      /* its keys change the line that is typed, and nothing else */

    bool (*on)(const hs_app *);           /* NULL: it is always on */
    const char *(*hints)(const hs_app *); /* the line of keys; NULL: the next row's */
    /* Put the last line of the screen. Returns the column of the cursor; -1: there is none. */
    int (*line)(const hs_app *, hs_pane, int row);
    hs_session *(*stage)(const hs_app *); /* what is looked at in place of the session */

    /* Take a key. False: it is for the next row. A special key is none of Unicode's characters. */
    bool (*key)(hs_app *, wchar_t key, bool special);
    bool (*click)(hs_app *, int row, int column);
    /* Scroll by rows, or by pages. It is asked also behind a mode that stands alone, for this only
     * looks. */
    bool (*scroll)(hs_app *, int by, bool pages);

    /* These are called whether the mode is on or not: */
    int (*wait)(const hs_app *); /* milliseconds until its tick is due; -1: there is none */
    bool (*tick)(hs_app *);      /* its time has come; true: there is something new to see */
    void (*watched)(hs_app *);   /* the watched descriptor can be read */
    void (*settle)(hs_app *);    /* no key waits, and the screen is drawn next */
    void (*compose)(hs_app *);   /* a scene is composed next, from hs_app's state */
    void (*yield)(hs_app *);     /* somebody types: the last line is the prompt's */
    void (*leave)(hs_app *);     /* a command runs, or another moment is gone to */
    void (*travel)(hs_app *, uint64_t count); /* another moment is gone to, namely this one */
    void (*end)(hs_app *);                    /* frees what `own` holds */
    /* Put its part of the help on keys: "\nIn a trace\n" and a line for each. */
    void (*help)(const hs_app *, FILE *);
} hs_mode;

/* Allocate what the rows of a table remember; free it. */
void hs_modes_begin(hs_app *, const hs_mode *const table[]);
void hs_modes_end(hs_app *);

/* A key, and what it does in a mode. */
typedef struct {
    wchar_t key;
    bool special;
    void (*act)(hs_app *);
} hs_bound_key;

/* Do what a table of keys says, whose last row does nothing. False: the key is in no row. */
bool hs_mode_act(hs_app *, const hs_bound_key[], wchar_t key, bool special);

/* What a row of the table remembers. */
void *hs_mode_own(const hs_app *, const hs_mode *);

/* Ask the rows in their order. */
const char *hs_modes_hints(const hs_app *);
const hs_mode *hs_modes_line(const hs_app *); /* the row that has the last line */
hs_session *hs_modes_stage(const hs_app *);   /* the session, where no row has another */
bool hs_modes_key(hs_app *, wchar_t key, bool special);
bool hs_modes_click(hs_app *, int row, int column);
void hs_modes_scroll(hs_app *, int by, bool pages);
/* The shortest wait, and the row whose tick is due then; -1 and NULL where there is none. */
int hs_modes_wait(const hs_app *, const hs_mode **due);

/* True if a mode that stands alone is on. */
bool hs_modes_alone(const hs_app *);

/* Tell all of them. */
void hs_modes_watched(hs_app *);
void hs_modes_settle(hs_app *);
void hs_modes_compose(hs_app *);
void hs_modes_yield(hs_app *);
void hs_modes_leave(hs_app *);
void hs_modes_travel(hs_app *, uint64_t count);
/* Let all of them put their parts of the help, those that are on before the others. */
void hs_modes_help(const hs_app *, FILE *);

#endif

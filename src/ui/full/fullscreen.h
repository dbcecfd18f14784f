/* SPDX-License-Identifier: MIT */
/* The full screen: map, panels, sentence and prompt, live. */
#ifndef HS_UI_FULL_FULLSCREEN_H
#define HS_UI_FULL_FULLSCREEN_H

#include "language/capabilities.h"
#include "ui/journal.h"
#include "ui/pen.h"

#include <heapscope/session.h>

typedef struct {
    const char *script;  /* a script that is played first; NULL: none */
    const char *text;    /* or the text of one */
    const char *notice;  /* what is said at the start; NULL: what one may type */
    const char *history; /* the history file; may be NULL */
    bool ascii;
    hs_colour colour;
    bool light, large;   /* these hold whatever is set, until a key changes them */
    hs_journal *journal; /* keeps what is typed; may be NULL */
    hs_way way;          /* the way by which lines come in and scripts are named */
} hs_fullscreen_config;

/* Run until the user leaves. A signal that ends it is raised again when the terminal is given back:
 * the journal is then left behind. Returns the number of commands that failed in the script; falls
 * back to line mode, with a message, when the terminal can not be used. */
uint64_t hs_fullscreen_run(hs_session *, const hs_fullscreen_config *);

#endif

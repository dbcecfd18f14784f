/* The full screen: map, panels, sentence and prompt, live. */
#ifndef HS_UI_FULL_FULLSCREEN_H
#define HS_UI_FULL_FULLSCREEN_H

#include "language/capabilities.h"
#include "ui/journal.h"
#include "ui/pen.h"

#include <heapscope/session.h>

typedef struct {
    const char *script;  /* played first; NULL for none */
    const char *text;    /* or commands, played likewise */
    const char *notice;  /* said at the start; NULL: what one may type */
    const char *history; /* file; may be NULL */
    bool ascii;
    hs_colour colour;
    bool light, large;   /* whatever is set, until a key changes it */
    hs_journal *journal; /* of what is typed; may be NULL */
    hs_way way;          /* by which lines come in, and scripts are named */
} hs_fullscreen_config;

/* Run until the user leaves. A signal that ends it is raised again when the terminal is given back:
 * the journal is then left behind. Returns the number of commands that failed in the script; falls
 * back to line mode, with a message, when the terminal can not be used. */
uint64_t hs_fullscreen_run(hs_session *, const hs_fullscreen_config *);

#endif

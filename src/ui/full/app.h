/* SPDX-License-Identifier: MIT */
/* What all modes of the full screen share: the session and the parts that it is shown with, what is
 * on the screen, and the keys that wait. What one mode remembers is its own, and lies in its file.
 */
#ifndef HS_UI_FULL_APP_H
#define HS_UI_FULL_APP_H

#include "language/interpreter.h"
#include "ui/full/fullscreen.h"
#include "ui/full/mode.h"
#include "ui/paint.h"
#include "ui/prompt.h"
#include "ui/terminal.h"
#include "view/screen.h"
#include "view/settings.h"

enum { CTRL_C = 3, CTRL_L = 12, CTRL_Z = 26, ESCAPE = 27, QUEUE = 64 };

/* Something typed or pasted while a command ran. */
typedef struct {
    hs_read kind;
    wchar_t key;
} hs_typed_key;

struct hs_app {
    hs_session *session;
    const hs_fullscreen_config *config;
    hs_terminal *terminal;
    hs_painter *painter;
    hs_prompt *prompt;
    hs_interpreter *interpreter;
    const hs_mode *const *modes; /* the table, NULL behind the last row */
    void **own;                  /* what each of them remembers, in the same order */

    hs_screen_state state;
    hs_screen_places places;
    hs_scene *scene; /* as it was last composed */
    bool stale;      /* something has changed since, apart from the line that is typed */
    bool moved;      /* things have moved since, and `places` are still the old ones */
    bool light;
    int other_theme; /* HS_THEME_... chosen by key, no matter what is set; -1: none was */
    /* Owned; the state points to them. */
    char *section, *caption, *message, *overlay_title, *overlay_text;
    char *command;       /* a command of a script, shown above what it did */
    bool overlay_by_key; /* a key laid it over the map, and not a command */
    hs_addr pointed;     /* where the cursor of the map was last */

    bool quit;
    uint64_t typed_failures; /* failures of commands that are not the script's */
    bool typed;              /* somebody has typed: the journal keeps the session from then on */
    bool cancelled;          /* Ctrl-C at a question: the command that asks it is to stop, too */
    char *answer;            /* what a command has answered, until it ends */
    char *verdict;           /* on a prediction, until the request is told */
    char *trouble;           /* a trouble with the journal that was not told yet */
    char *progress;       /* how far a long command is; meanwhile the session may stand anywhere */
    int64_t began, shown; /* when the running command began, and when progress was shown last */
    int64_t looked;       /* when it last looked for keys that stop it */

    bool pasting;         /* what comes from the terminal is a paste */
    wchar_t queue[QUEUE]; /* characters for the editor, before any key */
    size_t queued;
    hs_typed_key *waiting; /* what was typed ahead, in order: read before the terminal is */
    size_t waiting_from, waiting_to, waiting_room;
};

/* --- Texts ---------------------------------------------------------------------------------- */

/* They take over the text, and free it when it goes. */
void hs_app_replace(char **text, char *by);
void hs_app_set_message(hs_app *, char *text, bool error);
char *hs_app_copy(const char *text);
char *hs_app_copy_if(const char *text); /* NULL of NULL */
char *hs_app_joined(const char *a, const char *between, const char *b);

/* --- What lies over the map ----------------------------------------------------------------- */

void hs_app_open_overlay(hs_app *, hs_overlay);
/* The same with a text, which it frees; `what` as in hs_overlay. */
void hs_app_open_text(hs_app *, const char *title, char *text, const void *what);
void hs_app_close_overlay(hs_app *);
/* Close what lies over the map, if it is `what`; true then. */
bool hs_app_close_if(hs_app *, const void *what);
/* A key wants it: open it, or close it if it lies there. */
void hs_app_toggle_overlay(hs_app *, const void *what, void (*open)(hs_app *));
/* True if this key scrolls what a key laid over the map. What a script laid there is a step like
 * any other, and the key is the lecture's. */
bool hs_app_scrolls_overlay(const hs_app *, wchar_t key);

/* --- What is shown -------------------------------------------------------------------------- */

/* The allocators that run side by side, or NULL. */
hs_lockstep *hs_app_lockstep(const hs_app *);
bool hs_app_is_large(const hs_app *);

/* --- Commands ------------------------------------------------------------------------------- */

/* A command is about to run: remove what was said before. */
void hs_app_before_running(hs_app *);
/* A command has ended: show its answer, and with it, once, what went wrong with the journal. */
void hs_app_after_running(hs_app *);
/* Write what was done into the journal, before it is shown. */
void hs_app_keep(hs_app *);

/* --- Keys ----------------------------------------------------------------------------------- */

/* The next key, from what waits or from the terminal. */
hs_read hs_app_read_key(hs_app *, int milliseconds, wchar_t *key);
bool hs_app_key_is_pending(const hs_app *);
/* Take in what is typed while a command runs, to be read later. True for the end, and for Ctrl-C,
 * which takes what was typed before it with it. */
bool hs_app_type_ahead(hs_app *);
/* Let the key that was read last be read again. */
void hs_app_unread_key(hs_app *, hs_read, wchar_t key);
/* Characters for the editor. */
void hs_app_enqueue(hs_app *, const wchar_t *text);

#endif

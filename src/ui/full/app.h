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
    void **own;                  /* what they remember, likewise */

    hs_screen_state state;
    hs_screen_places places;
    hs_scene *scene; /* as it was last composed */
    bool stale;      /* something but the line that is typed has changed since */
    bool moved;      /* things came to lie elsewhere since: `places` are those of before */
    bool light;
    int other_theme; /* chosen by key, no matter what is set: HS_THEME_..., or -1 */
    /* Owned; the state points to them. */
    char *section, *caption, *message, *overlay_title, *overlay_text;
    char *command;       /* of a script, shown above what it did */
    bool overlay_by_key; /* rather than by a command */
    hs_addr pointed;     /* where the cursor of the map was last */

    bool quit;
    uint64_t typed_failures; /* of commands that are not the script's */
    bool typed;              /* something was: the journal keeps the session from then on */
    bool cancelled;          /* Ctrl-C at a question: the command that asks it is to stop, too */
    char *answer;            /* that a command gives, until it has ended */
    char *verdict;           /* on a prediction, shown likewise */
    char *trouble;           /* with the journal, not yet told */
    char *progress; /* that a long command tells, until it ends; the session may be anywhere */
    int64_t began, shown; /* of the command that is running, for the sight of progress */
    int64_t looked;       /* when it last looked for keys that stop it */

    bool pasting;         /* what comes from the terminal is a paste */
    wchar_t queue[QUEUE]; /* characters for the editor, before any key */
    size_t queued;
    hs_typed_key *waiting; /* what was typed ahead, in order: read before the terminal is */
    size_t waiting_from, waiting_to, waiting_room;
};

/* --- Texts ---------------------------------------------------------------------------------- */

/* The texts are made for it, and owned from then on. */
void hs_app_replace(char **text, char *by);
void hs_app_set_message(hs_app *, char *text, bool error);
char *hs_app_copy(const char *text);
char *hs_app_copy_if(const char *text); /* NULL of NULL */
char *hs_app_joined(const char *a, const char *between, const char *b);

/* --- What lies over the map ----------------------------------------------------------------- */

void hs_app_open_overlay(hs_app *, hs_overlay);
/* The same with a text, which is owned from then on; `what` as in hs_overlay. */
void hs_app_open_text(hs_app *, const char *title, char *text, const void *what);
void hs_app_close_overlay(hs_app *);
/* Close what lies there; true: it was this. */
bool hs_app_close_if(hs_app *, const void *what);
/* Open it, or close it when it is what lies there; it was a key that wanted this. */
void hs_app_toggle_overlay(hs_app *, const void *what, void (*open)(hs_app *));
/* Does this key scroll what was laid over the map by a key? What a script did is a step like any
 * other. */
bool hs_app_scrolls_overlay(const hs_app *, wchar_t key);

/* --- What is shown -------------------------------------------------------------------------- */

/* The allocators that run side by side, or NULL. */
hs_lockstep *hs_app_lockstep(const hs_app *);
bool hs_app_is_large(const hs_app *);

/* --- Commands ------------------------------------------------------------------------------- */

/* What was said before goes. */
void hs_app_before_running(hs_app *);
/* The answer is there: what went wrong with the journal is said with it, once. */
void hs_app_after_running(hs_app *);
/* Keep what was done in the journal, before it is shown. */
void hs_app_keep(hs_app *);

/* --- Keys ----------------------------------------------------------------------------------- */

/* The next key, from what waits or from the terminal. */
hs_read hs_app_read_key(hs_app *, int milliseconds, wchar_t *key);
bool hs_app_key_is_pending(const hs_app *);
/* Take in what is typed while a command runs, to be read later. True: Ctrl-C, which takes what was
 * typed before it with it, or the end. */
bool hs_app_type_ahead(hs_app *);
/* Have the key that was read last read again. */
void hs_app_unread_key(hs_app *, hs_read, wchar_t key);
/* Characters for the editor. */
void hs_app_enqueue(hs_app *, const wchar_t *text);

#endif

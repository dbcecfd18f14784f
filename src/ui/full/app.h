/* The full screen's state, for the files that make it up: drawing, keys, slow motion, address
 * spaces, the lecture and questions. Nothing else includes this. */
#ifndef HS_UI_FULL_APP_H
#define HS_UI_FULL_APP_H

#include "base/array.h"
#include "base/utf8.h"
#include "language/demos.h"
#include "language/interpreter.h"
#include "model/process/exec.h"
#include "model/process/process_maps.h"
#include "ui/full/fullscreen.h"
#include "ui/full/player.h"
#include "ui/full/zoom_path.h"
#include "ui/notes.h"
#include "ui/paint.h"
#include "ui/plain.h"
#include "ui/prompt.h"
#include "ui/terminal.h"
#include "view/address_space.h"
#include "view/difference.h"
#include "view/explanation.h"
#include "view/narration.h"
#include "view/pictures.h"
#include "view/screen.h"
#include "view/segments.h"
#include "view/side_by_side.h"
#include <curses.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { CTRL_C = 3, CTRL_L = 12, CTRL_Z = 26, ESCAPE = 27, QUEUE = 64 };

/* Something typed or pasted while a command ran. */
typedef struct {
    hs_read kind;
    wchar_t key;
} typed_key;

typedef struct {
    hs_session *session;
    const hs_fullscreen_config *config;
    hs_terminal *terminal;
    hs_painter *painter;
    hs_prompt *prompt;
    hs_interpreter *interpreter;
    hs_player player;
    hs_notes *notes; /* for the speaker's terminal; NULL: no script, or no socket */
    size_t told;     /* the step that was told there, from 1 */
    bool told_as_away;
    struct { /* a request in slow motion, while `on` is not NULL */
        hs_session *on, *own;
        size_t from, to, number; /* the step on show */
        size_t steps;
        uint64_t request; /* its operation's number */
    } slow;
    hs_zoom_path path;
    struct {            /* of a trace */
        bool has_focus; /* keys go through it, and are not the prompt's */
        bool playing;   /* by itself, the next step at `due` */
        uint64_t pace;  /* requests a step */
        int64_t due, told;
    } trace;
    hs_shape_view shape;
    hs_addr pointed; /* where the cursor of the map was last */

    struct { /* a question that waits for its answer, while `on` */
        bool on, on_map;
        bool cancelled; /* by Ctrl-C, and what asks it with it */
        wchar_t typed[128];
        size_t length;
        bool reading;     /* what lies over the map, before the next question */
        hs_addr from, to; /* the cell that was clicked */
    } question;

    struct { /* typed lines of a statement whose { is still open */
        char *lines;
        size_t length, room;
        hs_opening so_far;
    } open;

    hs_screen_state state;
    hs_screen_places places;
    hs_scene *scene; /* as it was last composed */
    bool stale;      /* something but the line that is typed has changed since */
    /* Owned; the state points to them. */
    char *section, *caption, *message, *answer, *overlay_title, *overlay_text;
    char *progress;     /* that a long command tells, until it ends; the session may be anywhere */
    char *verdict;      /* on a prediction, shown likewise */
    char *command;      /* of a script, shown above what it did */
    char *trouble;      /* with the journal, not yet told */
    hs_program *wanted; /* the script to play when the command that asked for it has ended */
    bool light, pasting, quit;
    bool overlay_by_key;     /* rather than by a command */
    uint64_t typed_failures; /* of commands that are not the script's */
    bool typed;              /* something was: the journal keeps the session from then on */
    bool left;               /* the script, for commands of one's own */
    int other_theme;         /* chosen by key, no matter what is set: HS_THEME_..., or -1 */
    int64_t began, shown;    /* of the command that is running, for the sight of progress */
    int64_t looked;          /* when it last looked for keys that stop it */

    wchar_t queue[QUEUE]; /* characters for the editor, before any key */
    size_t queued;
    wchar_t *pasted; /* goes into the line as a whole: key by key, a long paste takes minutes */
    size_t pasted_length, pasted_room;
    typed_key *waiting; /* what was typed ahead, in order: read before the terminal is */
    size_t waiting_from, waiting_to, waiting_room;
} app;

/* A live address space is looked at again after so many milliseconds, while nobody types. */
enum { LOOK_EVERY = 500 };

/* --- Texts, messages and what lies over the map (fullscreen.c) --- */

void hs_app_replace(char **text, char *by);
char *hs_app_copy(const char *text);
char *hs_app_copy_if(const char *text); /* NULL of NULL */
char *hs_app_joined(const char *a, const char *between, const char *b);
void hs_app_set_message(app *a, char *text, bool error);
void hs_app_open_overlay(app *a, hs_overlay o);
void hs_app_close_overlay(app *a);
void hs_app_show(void *context, const hs_picture *, const hs_subject *);
void hs_app_keep(app *a);
hs_read hs_app_read_key(app *a, int milliseconds, wchar_t *key);
bool hs_app_key_is_pending(const app *a);
void hs_app_after_running(app *a);
void hs_app_before_running(app *a);

/* --- Drawing (draw.c) --- */

bool hs_app_script_is_at_hand(const app *a);
hs_session *hs_app_stage(const app *a);
hs_space *hs_app_space_on_show(const app *a);
hs_lockstep *hs_app_lockstep(const app *a);
bool hs_app_is_large(const app *a);
void hs_app_draw(app *a);
void hs_app_draw_message(app *a, const char *text);

/* --- A request in slow motion (slow_motion.c) --- */

void hs_app_begin_slow_motion(app *a, uint64_t n);
void hs_app_end_slow_motion(app *a);
bool hs_app_take_slow_key(app *a, wchar_t key, bool special);

/* --- Address spaces, and other pictures (space.c) --- */

void hs_app_show_space(app *a, const hs_picture *, size_t step);
bool hs_app_next_space_step(app *a);
bool hs_app_take_space_key(app *a, wchar_t key, bool special);
bool hs_app_is_live(const app *a);
void hs_app_look_again(app *a);
void hs_app_show_picture(app *a, const hs_picture *, const hs_subject *);
void hs_app_show_lanes(app *a);

/* --- The shape of memory (shape.c) --- */

void hs_app_show_shape(app *a, const hs_subject *);
bool hs_app_shape_is_on_show(const app *a);
bool hs_app_take_shape_key(app *a, wchar_t key, bool special);
bool hs_app_click_shape(app *a, int row, int column);

/* --- The lecture (lecture.c) --- */

void hs_app_say_the_end(app *a);
void hs_app_open_script(app *a, hs_program *script);
void hs_app_close_script(app *a);
void hs_app_play_wanted(app *a);
hs_program *hs_app_first_script(app *a);

/* --- The map under keys (map.c) --- */

void hs_app_scroll_by(app *a, int64_t rows);
void hs_app_inspect(app *a, hs_addr at);
void hs_app_cursor_left(app *a);
void hs_app_cursor_right(app *a);
void hs_app_cursor_up(app *a);
void hs_app_cursor_down(app *a);
void hs_app_cursor_next_block(app *a);
void hs_app_cursor_previous_block(app *a);
void hs_app_page_up(app *a);
void hs_app_page_down(app *a);
void hs_app_zoom_in(app *a);
void hs_app_zoom_out(app *a);
void hs_app_zoom_to_fit(app *a);
void hs_app_zoom_path(app *a);

/* --- Keys (keys.c) --- */

void hs_app_go(app *a, hs_moment);
void hs_app_travel(app *a, uint64_t count); /* along this branch */
void hs_app_key_next(app *a);
void hs_app_key_back(app *a);
hs_key hs_app_next_char(void *context, wchar_t *out);
void hs_app_show_completions(void *context, const hs_completions *c);
void hs_app_look_key(app *a, wchar_t key);

/* --- A trace (trace.c) --- */

void hs_app_open_trace(app *a);
void hs_app_return_to_trace(app *a);
bool hs_app_take_trace_key(app *a, wchar_t key, bool special);
int hs_app_trace_wait(const app *a);
bool hs_app_trace_goes_on(app *a);
void hs_app_put_trace(const app *a, hs_pane p, int row);

/* --- Questions (question.c) --- */

bool hs_app_ask(void *context, const char *question, bool on_map, hs_reply *reply);
/* May a script do what it wants? That is laid over the map first. */
bool hs_app_trusts(void *context, const char *wants, const char *question);

#endif

/* The full screen's loop. libedit asks for a character; before one is waited for, the screen is
 * drawn; keys that are not the editor's act on the view or on the player; lines go to the
 * interpreter, whose listener is this screen. */
#include "ui/fullscreen.h"

#include "heap/array.h"
#include "language/demos.h"
#include "language/interpreter.h"
#include "model/exec.h"
#include "model/process_maps.h"
#include "ui/notes.h"
#include "ui/paint.h"
#include "ui/plain.h"
#include "ui/player.h"
#include "ui/prompt.h"
#include "ui/terminal.h"
#include "ui/utf8.h"
#include "ui/zoom_path.h"
#include "view/address_space.h"
#include "view/difference.h"
#include "view/explanation.h"
#include "view/screen.h"
#include "view/segments.h"
#include "view/side_by_side.h"
#include "view/telling.h"

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
    hs_prompt *prompt;
    hs_interpreter *interpreter;
    hs_player player;
    hs_notes *notes; /* for the speaker's terminal; NULL: no script, or no socket */
    size_t told;     /* the step that was told there, from 1 */
    bool told_as_away;
    struct { /* a request in slow motion, while `on` is not NULL */
        hs_session *on, *own;
        size_t from, to, number; /* the step on show */
        uint64_t request;        /* its operation's number */
    } slow;
    hs_zoom_path path;

    struct { /* a question that waits for its answer, while `on` */
        bool on, on_map;
        bool cancelled; /* by Ctrl-C, and what asks it with it */
        wchar_t typed[128];
        size_t length;
        bool reading;     /* what lies over the map, before the next question */
        hs_addr from, to; /* the cell that was clicked */
    } question;

    hs_screen_state state;
    hs_screen_places places;
    hs_scene *scene; /* as it was last composed */
    bool stale;      /* something but the line that is typed has changed since */
    /* Owned; the state points to them. */
    char *section, *caption, *message, *answer, *overlay_title, *overlay_text;
    char *progress;   /* of a long command that tells it, until it ends */
    char *verdict;    /* on a prediction, shown likewise */
    char *command;    /* of a script, shown above what it did */
    char *trouble;    /* with the journal, not yet told */
    char *open_lines; /* typed lines of a statement whose { is still open */
    char *wanted;     /* the script to play when the command that asked for it has ended */
    bool light, pasting, quit, drawn;
    bool overlay_by_key;  /* rather than by a command */
    bool typed;           /* something was: the journal keeps the session from then on */
    bool left;            /* the script, for commands of one's own */
    int other_theme;      /* chosen by key, no matter what is set: HS_THEME_..., or -1 */
    int64_t began, shown; /* of the command that is running, for the sight of progress */
    uint64_t asked;       /* how often it asked whether to stop */

    wchar_t queue[QUEUE]; /* characters for the editor, before any key */
    size_t queued;
    wchar_t *pasted; /* goes into the line as a whole: key by key, a long paste takes minutes */
    size_t pasted_length, pasted_room;
    typed_key *waiting; /* what was typed ahead, in order: read before the terminal is */
    size_t waiting_from, waiting_to, waiting_room;
} app;

static void replace(char **text, char *by)
{
    free(*text);
    *text = by;
}

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *c = hs_new(size, 1);
    memcpy(c, text, size);
    return c;
}

static char *joined(const char *a, const char *between, const char *b)
{
    char *text;
    if (asprintf(&text, "%s%s%s", a, between, b) < 0) abort();
    return text;
}

/* --- Drawing -------------------------------------------------------------------------------- */

static const char typing_keys[] =
    "F1 help  F2 blocks  F3 free  F4 stats  F7 F8 zoom  F12 plot  PgUp PgDn  F10 quit";
static const char player_keys[] =
    "Space next  PgUp back  p plays by itself  Enter type commands  q end it  F1 help";
static const char paused_keys[] = "F5 back to the script  F1 help  F2 blocks  F4 stats  F10 quit";
static const char ended_keys[] =
    "PgUp back in the script  Home to its start  F1 help  F2 blocks  F4 stats  F10 quit";

static const char question_keys[] = "Type the answer and Enter; Enter alone or Escape passes";
static const char map_question_keys[] =
    "Type the answer and Enter, or click on the block; Enter alone or Escape passes";

static const char slow_keys[] =
    "Right or Space next  Left back  Home first  End last  Escape ends slow motion";

static const char space_keys[] =
    "Space or Right next step  Left back  Home End  PgUp PgDn  Shift-Tab goes in  Esc closes";

static int width_of(wchar_t c)
{
    int w = wcwidth(c);
    return c < 32 || c == 127 ? 2 : w < 0 ? 1 : w;
}

static int put_wide(hs_pane p, int row, int column, wchar_t c)
{
    if (c < 32 || c == 127) { /* ^A */
        hs_put_glyph(p, row, column, HS_ROLE_DIM, L'^');
        hs_put_glyph(p, row, column + 1, HS_ROLE_DIM, c == 127 ? L'?' : c + 64);
    } else if (width_of(c) > 0) {
        bool ours = p.scene->ascii && c > 126;
        hs_put_glyph(p, row, column, HS_ROLE_TEXT, ours || wcwidth(c) < 0 ? L'?' : c);
        if (wcwidth(c) == 2) hs_put_glyph(p, row, column + 1, HS_ROLE_TEXT, 0);
    }
    return column + width_of(c);
}

/* The line being edited, scrolled sideways so that the cursor is on the screen. Returns its column.
 */
static int put_line(hs_pane p, int row, int column, const wchar_t *text, size_t length,
                    size_t cursor)
{
    size_t from = 0;
    int room = p.columns - column - 1, width = 0;
    for (size_t i = 0; i < cursor; i++) width += width_of(text[i]);
    while (from < cursor && width > room) width -= width_of(text[from++]);
    int at = column + width;
    for (size_t i = from; i < length && column < p.columns; i++)
        column = put_wide(p, row, column, text[i]);
    return at < p.columns ? at : p.columns - 1;
}

static void put_player(const app *a, hs_pane p, int row)
{
    const hs_player *player = &a->player;
    int column = hs_putf(p, row, 0, HS_ROLE_KEY, "step %zu/%zu", hs_player_step(player),
                         hs_player_step_count(player));
    if (hs_player_section(player))
        column = hs_putf(p, row, column, HS_ROLE_KEY, ", section %zu/%zu",
                         hs_player_section(player), hs_player_section_count(player));
    hs_put(p, row, column, HS_ROLE_KEY,
           player->playing               ? ", playing"
           : hs_player_has_ended(player) ? ", the end"
                                         : ": Space goes on");
}

static int put_prompt(const app *a, hs_pane p, int row)
{
    if (a->question.reading) {
        hs_put(p, row, 0, HS_ROLE_KEY, "Enter goes on");
        return -1;
    }
    if (a->question.on) {
        int from = hs_put(p, row, 0, HS_ROLE_KEY, "? ");
        return put_line(p, row, from, a->question.typed, a->question.length, a->question.length);
    }
    if (a->slow.on) {
        hs_put(p, row, 0, HS_ROLE_KEY, "slow motion");
        return -1;
    }
    if (a->player.has_focus) {
        put_player(a, p, row);
        return -1;
    }
    hs_prompt_line line = hs_prompt_view(a->prompt);
    int column = hs_put(p, row, 0, HS_ROLE_DIM, a->open_lines ? "... " : "> ");
    if (!line.search_length) return put_line(p, row, column, line.text, line.length, line.cursor);
    column = put_line(p, row, column, line.search, line.search_length, line.search_length);
    put_line(p, row, column + 3, line.text, line.length, line.cursor);
    return column;
}

/* At the end of a script the prompt has the keys, but for those that go back in it, until somebody
 * types: then they are the prompt's, too. */
static bool script_is_at_hand(const app *a)
{
    return a->player.script && !a->player.has_focus && !a->left && hs_player_has_ended(&a->player);
}

/* The session that is looked at. */
static hs_session *stage(const app *a)
{
    return a->slow.on ? a->slow.on : a->session;
}

/* The address space that is laid over the map, and goes through steps; NULL: none. */
static hs_space *space_on_show(const app *a)
{
    const hs_overlay *o = &a->state.overlay;
    if (!o->open) return NULL;
    return o->panel == &hs_panel_process ? hs_session_space(a->session, HS_SPACE_OWN)
           : o->panel == &hs_panel_live  ? hs_session_space(a->session, HS_SPACE_LIVE)
                                         : NULL;
}

/* The allocators that run side by side, or NULL. */
static hs_lockstep *lockstep(const app *a)
{
    return hs_interpreter_lockstep(a->interpreter);
}

/* Tell the speaker's terminal where the lecture is, when that has changed. */
static void tell_speaker(app *a)
{
    const hs_player *p = &a->player;
    bool away = p->script && a->left;
    if (!a->notes || (a->told == hs_player_step(p) && a->told_as_away == away)) return;
    char *now = hs_player_text(p, 0), *next = hs_player_text(p, 1), *then = hs_player_text(p, 2);
    size_t section = hs_player_section(p);
    hs_notes_tell(a->notes, &(hs_notes_state){.step = hs_player_step(p),
                                              .steps = hs_player_step_count(p),
                                              .section = section,
                                              .sections = hs_player_section_count(p),
                                              .began = p->began,
                                              .away = away,
                                              .title = hs_player_section_title(p, section),
                                              .speaker = hs_player_speaker(p),
                                              .now = now,
                                              .next = next,
                                              .then = then});
    a->told = hs_player_step(p);
    a->told_as_away = away;
    free(now);
    free(next);
    free(then);
}

static void compose(app *a)
{
    tell_speaker(a);
    a->state.lockstep = a->slow.on ? NULL : lockstep(a);
    a->state.lecture = a->player.script && !a->left;
    a->state.section = a->section;
    a->state.caption = a->caption;
    a->state.message = a->message;
    a->state.keys = a->question.on        ? (a->question.on_map ? map_question_keys : question_keys)
                    : a->slow.on          ? slow_keys
                    : space_on_show(a)    ? space_keys
                    : a->player.has_focus ? player_keys
                    : script_is_at_hand(a) ? ended_keys
                    : a->player.script     ? paused_keys
                                           : typing_keys;
    hs_scene_free(a->scene);
    a->scene = hs_scene_new(LINES, COLS, a->config->ascii);
    hs_screen_compose(stage(a), &a->state, a->scene, &a->places);
    a->state.top = a->places.plan.visible ? a->places.plan.top : a->state.top;
    a->stale = false;
}

static int theme(const app *a)
{
    return a->other_theme >= 0 ? a->other_theme : (int)hs_session_setting(a->session, HS_SET_THEME);
}

static bool is_large(const app *a)
{
    uint64_t set = hs_session_setting(a->session, HS_SET_SIZE);
    return a->state.resized ? a->state.large : set == HS_SIZE_LARGE;
}

/* A heap is walked only when it may have changed: typing costs the same, however large it is. */
static void draw(app *a)
{
    bool light = theme(a) == HS_THEME_LIGHT;
    if (light != a->light || !a->drawn) hs_paint_colours(light);
    a->light = light;
    a->drawn = true;
    bool fits = a->scene && a->scene->rows == LINES && a->scene->columns == COLS;
    if (a->stale || !fits) compose(a);
    int row = a->places.prompt_row;
    hs_fill(hs_pane_of(a->scene), row, 0, COLS, HS_ROLE_TEXT, L' ');
    int column = put_prompt(a, hs_pane_of(a->scene), row);
    hs_paint_scene(a->scene);
    curs_set(column >= 0);
    if (column >= 0) move(row, column);
    refresh();
}

/* --- The listener --------------------------------------------------------------------------- */

static void set_message(app *a, char *text, bool error)
{
    if (a->command && !error) {
        char *both = joined(a->command, "\n", text);
        free(text);
        text = both;
    }
    replace(&a->message, text);
    a->state.error = error;
}

static void say(void *context, hs_voice voice, const char *text)
{
    app *a = context;
    switch (voice) {
    case HS_SAY_TITLE:
        replace(&a->section, copy(text));
        replace(&a->caption, NULL);
        break;
    case HS_SAY_NOTE:
    case HS_SAY_QUESTION:
        replace(&a->caption, copy(text));
        a->state.question = voice == HS_SAY_QUESTION;
        break;
    case HS_SAY_PRESENTER: hs_player_whisper(&a->player, text); break;
    case HS_SAY_ERROR: set_message(a, copy(text), true); break;
    case HS_SAY_REFUSED: set_message(a, joined("refused: ", "", text), false); break;
    case HS_SAY_VERDICT: replace(&a->verdict, copy(text)); break;
    case HS_SAY_ANSWER:
        replace(&a->answer, a->answer ? joined(a->answer, "\n", text) : copy(text));
        break;
    }
}

static char *copy_if(const char *text)
{
    return text ? copy(text) : NULL;
}

static void open_overlay(app *a, hs_overlay o)
{
    o.open = true;
    a->state.overlay = o;
    replace(&a->overlay_title, copy_if(o.title));
    a->state.overlay.title = a->overlay_title;
    a->overlay_by_key = false;
}

static void close_overlay(app *a)
{
    a->state.overlay.open = a->state.focused = false;
    a->state.cursor = HS_NULL;
}

static void show_segments(app *a)
{
    open_overlay(a, (hs_overlay){.title = "Segments", .panel = &hs_panel_segments});
}

static void show_why(app *a, uint64_t n)
{
    replace(&a->overlay_text,
            lockstep(a) ? hs_lanes_why(lockstep(a), n) : hs_why_of(a->session, n));
    open_overlay(a, (hs_overlay){.title = "Why", .text = a->overlay_text});
}

static void point_out(app *a, hs_addr at, uint64_t length)
{
    a->state.cursor = at;
    a->state.cursor_size = length;
    a->state.follow = true;
}

/* --- Slow motion ---------------------------------------------------------------------------- */

static void key_next(app *a);
static void key_back(app *a);

/* Show the heap as it was after the step that begins at event `from`. */
static void show_step(app *a, size_t from, size_t number)
{
    hs_session *s = a->slow.on;
    size_t to = hs_step_end(s, from);
    char *text = hs_step_text(s, from, to), *message;
    a->slow.from = from;
    a->slow.to = to;
    a->slow.number = number;
    hs_session_seek(s, from, to);
    a->state.cursor = HS_NULL;
    a->state.cursor_size = 1;
    hs_step_place(s, from, &a->state.cursor, &a->state.cursor_size);
    a->state.follow = true;
    if (asprintf(&message, "step %zu: %s", number, text) < 0) abort();
    free(text);
    replace(&a->command, NULL);
    set_message(a, message, false);
}

static void begin_slow_motion(app *a, uint64_t n)
{
    a->slow.on = hs_session_stage(a->session, n, &a->slow.own);
    a->slow.request = n;
    if (a->slow.on)
        show_step(a, 0, 1);
    else
        set_message(a, copy("this request ended in a fault: it has no steps"), true);
}

static void end_slow_motion(app *a)
{
    size_t n;
    if (!a->slow.on) return;
    hs_events(hs_session_heap(a->slow.on), &n);
    hs_session_seek(a->slow.on, 0, n);
    hs_session_free(a->slow.own);
    a->slow.on = a->slow.own = NULL;
    a->state.cursor = HS_NULL;
    set_message(a, hs_explain(a->session), false);
}

/* In a lecture, the script's next step follows the last one. */
static void next_step(app *a)
{
    if (hs_step_end(a->slow.on, a->slow.to) != a->slow.to)
        show_step(a, a->slow.to, a->slow.number + 1);
    else if (a->player.has_focus)
        key_next(a);
}

static void previous_step(app *a)
{
    if (a->slow.from > 0)
        show_step(a, hs_step_before(a->slow.on, a->slow.from), a->slow.number - 1);
    else if (a->player.has_focus)
        key_back(a);
}

static void first_step(app *a)
{
    show_step(a, 0, 1);
}

static void last_step(app *a)
{
    while (hs_step_end(a->slow.on, a->slow.to) != a->slow.to) next_step(a);
}

/* Keys of slow motion; any other ends it. True: the key was its own. */
static bool take_slow_key(app *a, wchar_t key, bool special)
{
    static const struct {
        wchar_t key;
        bool special;
        void (*act)(app *);
    } slow[] = {
        {KEY_RIGHT, true, next_step},     {KEY_DOWN, true, next_step},
        {L' ', false, next_step},         {KEY_NPAGE, true, next_step},
        {KEY_LEFT, true, previous_step},  {KEY_UP, true, previous_step},
        {KEY_PPAGE, true, previous_step}, {KEY_BACKSPACE, true, previous_step},
        {127, false, previous_step},      {8, false, previous_step},
        {KEY_HOME, true, first_step},     {KEY_END, true, last_step},
        {ESCAPE, false, end_slow_motion}, {L'\r', false, end_slow_motion},
        {CTRL_C, false, end_slow_motion}, {L'q', false, end_slow_motion},
    };
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++)
        if (slow[i].key == key && slow[i].special == special) {
            slow[i].act(a);
            return true;
        }
    return false;
}

/* --- Address spaces ------------------------------------------------------------------------- */

/* Show a step of the space that is laid over the map, with its newest segment in sight. */
static void show_space_step(app *a, size_t step)
{
    hs_space *space = space_on_show(a);
    if (!space) return;
    hs_space_go(space, step);
    int room = LINES / 3;
    size_t row = hs_space_newest_row(a->session, space);
    a->state.overlay.skip = row > (size_t)room ? row - (size_t)room : 0;
    replace(&a->command, NULL);
    set_message(a, hs_space_step_text(space), false);
}

static void show_space(app *a, const hs_panel *panel, size_t step)
{
    open_overlay(a, (hs_overlay){.panel = panel});
    replace(&a->overlay_title, joined("Process", ": ", space_on_show(a)->name));
    a->state.overlay.title = a->overlay_title;
    show_space_step(a, step);
}

/* False: there is no further step. */
static bool next_space_step(app *a)
{
    const hs_space *space = space_on_show(a);
    if (!space || space->shown >= space->step_count) return false;
    show_space_step(a, space->shown + 1);
    return true;
}

/* Keys that go through the steps, while nothing is being typed. True: the key was one of them. */
static bool take_space_key(app *a, wchar_t key, bool special)
{
    const hs_space *space = space_on_show(a);
    if (!space || a->player.has_focus || hs_prompt_view(a->prompt).length) return false;
    size_t n = space->shown;
    if ((special && key == KEY_RIGHT) || (!special && key == L' '))
        next_space_step(a);
    else if (special ? key == KEY_LEFT || key == KEY_BACKSPACE : key == 127 || key == 8)
        show_space_step(a, n > 1 ? n - 1 : 1);
    else if (special && key == KEY_HOME)
        show_space_step(a, 1);
    else if (special && key == KEY_END)
        show_space_step(a, space->step_count);
    else
        return false;
    return true;
}

/* A live space is looked at again while nobody types. */
enum { LOOK_EVERY = 500 };

static bool is_live(const app *a)
{
    const hs_space *space = space_on_show(a);
    return space && space->live;
}

static void look_again(app *a)
{
    hs_space *space = space_on_show(a);
    if (hs_space_refresh(space) && space->shown == space->step_count)
        set_message(a, hs_space_step_text(space), false);
}

/* A panel; of each allocator, where several run side by side. */
static void show_panel(app *a, const char *title, const hs_panel *panel)
{
    hs_overlay o = {.title = title, .panel = panel};
    if (lockstep(a)) {
        replace(&a->overlay_text, hs_lanes_panel(lockstep(a), panel, COLS, a->config->ascii));
        o.text = a->overlay_text;
    }
    open_overlay(a, o);
}

static void show_lanes(app *a)
{
    char *parting = hs_lanes_parting(lockstep(a));
    close_overlay(a);
    set_message(a, parting ? parting : copy("they have served all requests alike so far"), false);
}

static void show(void *context, hs_show what, hs_addr at, uint64_t length)
{
    app *a = context;
    switch (what) {
    case HS_SHOW_MAP: close_overlay(a); break;
    case HS_SHOW_BLOCKS: show_panel(a, "Blocks, heap order", &hs_panel_blocks); break;
    case HS_SHOW_FREE_LIST: show_panel(a, "Free blocks", &hs_panel_free_list); break;
    case HS_SHOW_STATS: show_panel(a, "The ledger", &hs_panel_stats); break;
    case HS_SHOW_PLOT: show_panel(a, "Over time", &hs_panel_plot); break;
    case HS_SHOW_LANES: show_lanes(a); break;
    case HS_SHOW_BYTES:
        open_overlay(a, (hs_overlay){.title = "Bytes", .at = at, .length = length});
        break;
    case HS_SHOW_DIFFERENCE: set_message(a, hs_difference(a->session, at), false); break;
    case HS_SHOW_WHY: show_why(a, at); break;
    case HS_SHOW_STEPS: begin_slow_motion(a, at); break;
    case HS_SHOW_PROCESS: show_space(a, &hs_panel_process, SIZE_MAX); break;
    case HS_SHOW_EXEC: show_space(a, &hs_panel_process, 1); break;
    case HS_SHOW_LIVE:
        show_space(a, &hs_panel_live, hs_session_space(a->session, HS_SPACE_LIVE)->shown);
        break;
    case HS_SHOW_HIGHLIGHT: point_out(a, at, length); break;
    case HS_SHOW_SEGMENTS: show_segments(a); break;
    case HS_SHOW_TRANSLATION:
        replace(&a->overlay_text, hs_translation_text(a->session, at, (unsigned)length));
        open_overlay(a, (hs_overlay){.title = "Translation", .text = a->overlay_text});
        break;
    case HS_SHOW_INSPECT: open_overlay(a, (hs_overlay){.title = "Inspect", .at = at}); break;
    }
}

static void begin(void *context, const hs_program *program, const hs_statement *s)
{
    app *a = context;
    if (!program->name) replace(&a->command, NULL); /* typed: the user knows */
    if (!program->name || (s->command && hs_command_is_stage_direction(s->command))) return;
    if (s->command && strcmp(s->command->name, "expect") == 0 && !s->has_body) return;
    size_t n = s->where.end - s->where.start;
    char *text = hs_new(n + 3, 1);
    memcpy(text, "> ", 2);
    memcpy(text + 2, program->source + s->where.start, n);
    replace(&a->command, text);
}

static void cue(void *context, hs_cue what, uint64_t value)
{
    app *a = context;
    hs_player_cue(&a->player, what, value);
}

/* What is set by a command holds, whatever was chosen by key before. */
static void heed_settings(app *a)
{
    hs_op op;
    uint64_t n = hs_session_op_count(a->session);
    if (!n || !hs_session_op(a->session, n - 1, &op) || op.kind != HS_OP_SET) return;
    if (strcmp(op.name, "zoom") == 0) a->state.zoomed = false;
    if (strcmp(op.name, "size") == 0) a->state.resized = false;
    if (strcmp(op.name, "theme") == 0 || strcmp(op.name, "size") == 0) a->other_theme = -1;
}

/* What was done is kept before it is shown. */
static void keep(app *a)
{
    const char *trouble = a->typed ? hs_journal_keep(a->config->journal, a->session) : NULL;
    if (trouble) replace(&a->trouble, copy(trouble));
}

static void performed(void *context, const char *summary)
{
    app *a = context;
    keep(a);
    heed_settings(a);
    hs_lockstep *l = lockstep(a);
    char *told = summary ? copy(summary) : l ? hs_lanes_explain(l) : hs_explain(a->session);
    if (a->verdict) {
        set_message(a, joined(a->verdict, "\n", told), false);
        free(told);
    } else {
        set_message(a, told, false);
    }
    replace(&a->verdict, NULL);
    a->state.follow = true;
    if (hs_segments_are_news(a->session)) show_segments(a);
}

static void show_progress(app *a)
{
    int64_t now = hs_player_clock();
    char *text;
    if (now - a->began <= 500 || now - a->shown <= 100) return;
    if (a->progress)
        text = joined(a->progress, "; ", "Ctrl-C stops");
    else if (asprintf(&text, "working: %" PRIu64 " requests so far; Ctrl-C stops",
                      hs_session_totals(a->session)->requests) < 0)
        abort();
    set_message(a, text, false);
    a->shown = now;
    a->stale = true;
    draw(a);
}

static void progress(void *context, const char *text)
{
    app *a = context;
    replace(&a->progress, text ? copy(text) : NULL);
    if (!text) replace(&a->message, NULL);
}

/* Is what arrives now, after all that waits, inside a paste? */
static bool paste_arrives(const app *a)
{
    for (size_t i = a->waiting_to; i > a->waiting_from; i--) {
        wchar_t key = a->waiting[i - 1].key;
        if (a->waiting[i - 1].kind == HS_READ_KEY &&
            (key == HS_KEY_PASTE_BEGIN || key == HS_KEY_PASTE_END))
            return key == HS_KEY_PASTE_BEGIN;
    }
    return a->pasting;
}

/* As a terminal does: what was typed ahead of Ctrl-C is thrown away with the command. */
static void forget_waiting(app *a)
{
    a->waiting_from = a->waiting_to = 0;
    a->pasting = false;
}

/* While a long command runs: show how far it is, and let Ctrl-C stop it. Other keys wait. */
static bool interrupted(void *context)
{
    app *a = context;
    if (a->question.cancelled) return true;
    if (++a->asked % 1024 && !a->progress) return false;
    keep(a);
    show_progress(a);
    bool pasting = paste_arrives(a);
    while (1) {
        typed_key e = {.key = 0};
        e.kind = hs_terminal_read(a->terminal, 0, &e.key);
        if (e.kind == HS_READ_END) return true;
        if (e.kind == HS_READ_TIMEOUT) return false;
        if (e.kind == HS_READ_WATCHED) {
            hs_notes_let_in(a->notes);
            continue;
        }
        if (e.kind == HS_READ_CHARACTER && e.key == CTRL_C && !pasting) {
            forget_waiting(a);
            return true;
        }
        if (e.kind == HS_READ_KEY && e.key == HS_KEY_PASTE_BEGIN) pasting = true;
        if (e.kind == HS_READ_KEY && e.key == HS_KEY_PASTE_END) pasting = false;
        a->waiting = hs_array_reserve(a->waiting, &a->waiting_room, a->waiting_to + 1, sizeof e);
        a->waiting[a->waiting_to++] = e;
    }
}

static const char *go_on(void *context)
{
    const app *a = context;
    return hs_journal_ask(a->config->journal);
}

/* The next key, from what waits or from the terminal. */
static hs_read read_key(app *a, int milliseconds, wchar_t *key)
{
    if (a->waiting_from == a->waiting_to) return hs_terminal_read(a->terminal, milliseconds, key);
    typed_key e = a->waiting[a->waiting_from++];
    if (a->waiting_from == a->waiting_to) a->waiting_from = a->waiting_to = 0;
    *key = e.key;
    return e.kind;
}

static bool key_is_pending(const app *a)
{
    return a->waiting_from < a->waiting_to || hs_terminal_pending(a->terminal);
}

/* --- Running -------------------------------------------------------------------------------- */

/* A short answer stands in the message's place, a long one is laid over the map. */
static void present_answer(app *a)
{
    if (!a->answer) return;
    hs_scene *measure = hs_scene_new(1, COLS, a->config->ascii);
    int rows = hs_put_wrapped(hs_pane_of(measure), 0, 0, HS_ROLE_TEXT, a->answer);
    hs_scene_free(measure);
    if (rows <= 3) {
        set_message(a, copy(a->answer), false);
    } else {
        replace(&a->overlay_text, copy(a->answer));
        open_overlay(a, (hs_overlay){.title = "Answer", .text = a->overlay_text});
    }
    replace(&a->answer, NULL);
}

/* The answer is there: what went wrong with the journal is said with it, once. */
static void after_running(app *a)
{
    keep(a);
    present_answer(a);
    if (!a->trouble) return;
    replace(&a->command, NULL);
    set_message(a, a->message ? joined(a->trouble, "\n", a->message) : copy(a->trouble), true);
    replace(&a->trouble, NULL);
}

static void before_running(app *a)
{
    end_slow_motion(a);
    close_overlay(a);
    replace(&a->message, NULL);
    replace(&a->command, NULL);
    replace(&a->verdict, NULL);
    a->question.cancelled = false;
    a->state.error = false;
    a->began = a->shown = hs_player_clock();
}

/* Its interpreter may be running a statement of the script that is open now. */
static bool play(void *context, const char *path)
{
    app *a = context;
    replace(&a->wanted, copy(path));
    return true;
}

static void play_wanted(app *a);

static void run_typed(app *a, const char *line)
{
    char *text = a->open_lines ? joined(a->open_lines, "\n", line) : copy(line);
    replace(&a->open_lines, NULL);
    if (hs_program_is_open(text, strlen(text))) {
        a->open_lines = text;
        return;
    }
    if (text[strspn(text, " \t\n")]) {
        before_running(a);
        a->left = a->player.disturbed = true;
        a->typed = true;
        hs_interpreter_run(a->interpreter, NULL, 1, text, strlen(text));
        after_running(a);
        play_wanted(a);
    }
    free(text);
}

/* --- The lecture ----------------------------------------------------------------------------- */

static void begin_step(void *context)
{
    app *a = context;
    before_running(a);
    a->left = false;
}

static void take_look(void *context, hs_look *look)
{
    app *a = context;
    after_running(a);
    *look = (hs_look){.state = a->state,
                      .section = copy_if(a->section),
                      .caption = copy_if(a->caption),
                      .message = copy_if(a->message),
                      .overlay_title = copy_if(a->overlay_title),
                      .overlay_text = copy_if(a->overlay_text),
                      .slow = a->slow.on ? a->slow.request : 0,
                      .lanes = lockstep(a)};
}

/* The reader's own zoom and size stay: they are no part of the lecture. */
static void show_look(void *context, const hs_look *look)
{
    app *a = context;
    hs_screen_state was = a->state;
    a->state = look->state;
    a->state.zoomed = was.zoomed;
    a->state.zoom = was.zoom;
    a->state.resized = was.resized;
    a->state.large = was.large;
    replace(&a->section, copy_if(look->section));
    replace(&a->caption, copy_if(look->caption));
    replace(&a->message, copy_if(look->message));
    replace(&a->overlay_title, copy_if(look->overlay_title));
    replace(&a->overlay_text, copy_if(look->overlay_text));
    a->state.overlay.title = a->overlay_title;
    if (a->state.overlay.text) a->state.overlay.text = a->overlay_text;
    hs_interpreter_use_lanes(a->interpreter, look->lanes);
    if (look->slow) begin_slow_motion(a, look->slow);
}

static void fail_to_go(void *context, const char *what)
{
    app *a = context;
    set_message(a, copy(what), true);
}

static void say_the_end(app *a)
{
    if (!a->player.script || !hs_player_has_ended(&a->player) || a->message) return;
    replace(&a->command, NULL);
    set_message(a, copy("The script has ended. Type commands of your own, or quit."), false);
}

/* Play a script from its first step on; NULL, when the complaint is shown already. */
static void open_script(app *a, hs_program *script)
{
    hs_lectern lectern = {a, begin_step, take_look, show_look, fail_to_go};
    if (!script) return;
    hs_interpreter_keep_lanes(a->interpreter);
    hs_player_open(&a->player, a->interpreter, a->session, &lectern, script);
    say_the_end(a);
    a->notes = hs_notes_open();
    hs_terminal_watch(a->terminal, hs_notes_knock(a->notes));
}

static void close_script(app *a)
{
    hs_terminal_watch(a->terminal, -1);
    hs_notes_close(a->notes);
    a->notes = NULL;
    hs_player_close(&a->player);
    replace(&a->section, NULL);
}

static void play_wanted(app *a)
{
    if (!a->wanted) return;
    close_script(a);
    replace(&a->caption, NULL);
    open_script(a, hs_interpreter_load(a->interpreter, a->wanted)); /* or the complaint is shown */
    replace(&a->wanted, NULL);
}

/* What the program was started with. */
static hs_program *first_script(app *a)
{
    const hs_fullscreen_config *c = a->config;
    if (c->script) return hs_interpreter_load(a->interpreter, c->script);
    return c->text ? hs_interpreter_parse(a->interpreter, "LIST", c->text) : NULL;
}

/* --- Keys ----------------------------------------------------------------------------------- */

static void scroll_by(app *a, int64_t rows)
{
    hs_overlay *o = &a->state.overlay;
    if (o->open) {
        int64_t most = (int64_t)a->places.overlay_rows - a->places.overlay.rows,
                to = (int64_t)o->skip + rows;
        if (to > most) to = most;
        o->skip = to < 0 ? 0 : (size_t)to;
        return;
    }
    int64_t bytes = rows * (int64_t)a->places.plan.row_bytes;
    hs_addr base = hs_heap_base(hs_session_heap(stage(a)));
    a->state.follow = false;
    a->state.top =
        bytes < 0 && (uint64_t)-bytes > a->state.top - base ? base : a->state.top + (uint64_t)bytes;
}

static int page(const app *a)
{
    int rows = a->state.overlay.open ? a->places.overlay.rows : a->places.plan.visible;
    return rows > 1 ? rows - 1 : 1;
}

static void inspect(app *a, hs_addr at)
{
    if (!at) return;
    hs_scene *scene = hs_scene_new(HS_INSPECT_ROWS, COLS, a->config->ascii);
    hs_inspect_paint(stage(a), hs_pane_of(scene), at);
    char *text = hs_scene_text(scene);
    hs_scene_free(scene);
    const char *rows = text + strcspn(text, "\n"); /* behind the title */
    set_message(a, copy(*rows ? rows + 1 : rows), false);
    free(text);
    a->state.cursor = at;
    a->state.cursor_size = 1;
    a->state.follow = false;
}

/* Inspect what lies `by` bytes from the cursor; where it is not out yet, it starts at the last
 * change. */
static void move_cursor(app *a, int64_t by)
{
    const hs_heap *h = hs_session_heap(stage(a));
    hs_addr at = a->state.cursor, base = hs_heap_base(h), last = hs_heap_end(h) - 1;
    size_t n;
    const hs_change *c = hs_session_changes(stage(a), &n);
    if (!at)
        at = n && c[0].from <= last ? c[0].from : base;
    else if (by < 0)
        at = at - base > (uint64_t)-by ? at - (uint64_t)-by : base;
    else
        at = last - at > (uint64_t)by ? at + (uint64_t)by : last;
    inspect(a, at);
    uint64_t shown = a->places.plan.row_bytes * (uint64_t)a->places.plan.visible;
    if (at < a->state.top) a->state.top = at;
    if (at >= a->state.top + shown) a->state.top = at - shown + a->places.plan.row_bytes;
}

static void cursor_left(app *a)
{
    move_cursor(a, -(int64_t)a->places.plan.cell_bytes);
}

static void cursor_right(app *a)
{
    move_cursor(a, (int64_t)a->places.plan.cell_bytes);
}

static void cursor_up(app *a)
{
    move_cursor(a, -(int64_t)a->places.plan.row_bytes);
}

static void cursor_down(app *a)
{
    move_cursor(a, (int64_t)a->places.plan.row_bytes);
}

/* To the start of the block behind the cursor's, or of the one before it. */
static void cursor_to_block(app *a, bool forward)
{
    hs_seen seen;
    hs_addr at = a->state.cursor, before = hs_heap_base(hs_session_heap(stage(a)));
    if (!at || !hs_session_walk_to(stage(a), at, &seen)) {
        move_cursor(a, 0);
        return;
    }
    if (forward) {
        hs_addr next = seen.block.addr + seen.block.size;
        move_cursor(a,
                    hs_heap_holds(hs_session_heap(stage(a)), next, 1) ? (int64_t)(next - at) : 0);
        return;
    }
    for (bool more = hs_session_walk(stage(a), NULL, &seen); more && seen.block.addr < at;
         more = hs_session_walk(stage(a), &seen, &seen))
        before = seen.block.addr;
    move_cursor(a, -(int64_t)(at - before));
}

static void cursor_next_block(app *a)
{
    cursor_to_block(a, true);
}

static void cursor_previous_block(app *a)
{
    cursor_to_block(a, false);
}

static void page_up(app *a)
{
    scroll_by(a, -page(a));
}

static void page_down(app *a)
{
    scroll_by(a, page(a));
}

static void set_zoom(app *a, uint64_t row_bytes)
{
    a->state.zoomed = true;
    a->state.zoom = row_bytes;
    close_overlay(a);
}

static void zoom_in(app *a)
{
    uint64_t now = a->places.plan.row_bytes;
    if (now > 8) set_zoom(a, now / 2);
}

static void zoom_out(app *a)
{
    uint64_t now = a->places.plan.row_bytes;
    if (now && now < hs_heap_committed(hs_session_heap(a->session))) set_zoom(a, now * 2);
}

static void zoom_to_fit(app *a)
{
    set_zoom(a, 0);
}

static void toggle(app *a, const hs_panel *panel, hs_show what)
{
    bool open = a->state.overlay.open && a->state.overlay.panel == panel;
    close_overlay(a);
    if (!open) show(a, what, HS_NULL, 0);
    a->overlay_by_key = !open;
}

static void key_blocks(app *a)
{
    toggle(a, &hs_panel_blocks, HS_SHOW_BLOCKS);
}

static void key_free_list(app *a)
{
    toggle(a, &hs_panel_free_list, HS_SHOW_FREE_LIST);
}

static void key_stats(app *a)
{
    toggle(a, &hs_panel_stats, HS_SHOW_STATS);
}

static void key_plot(app *a)
{
    toggle(a, &hs_panel_plot, HS_SHOW_PLOT);
}

/* Dark, then light, then large (and light), then dark again. */
static void key_look(app *a)
{
    bool large = is_large(a);
    a->other_theme = a->light && large ? HS_THEME_DARK : HS_THEME_LIGHT;
    a->state.resized = true;
    a->state.large = a->light && !large;
}

static void key_quit(app *a)
{
    a->quit = true;
}

static void key_play(app *a)
{
    if (a->player.has_focus)
        hs_player_play(&a->player);
    else
        hs_player_return(&a->player);
}

/* By itself, or at a key: then the pace is the speaker's from there on. The steps of an address
 * space on show come before the script's next one. */
static void step_on(app *a)
{
    if (a->player.has_focus && next_space_step(a)) {
        hs_player_rest(&a->player, a->message);
        return;
    }
    hs_player_on(&a->player);
    say_the_end(a);
}

static void key_next(app *a)
{
    hs_player_pause(&a->player);
    step_on(a);
}

static void key_back(app *a)
{
    hs_player_back(&a->player);
}

static void key_home(app *a)
{
    hs_player_home(&a->player);
}

static void key_end(app *a)
{
    hs_player_end(&a->player);
    say_the_end(a);
}

/* The map at `zoom` bytes a row, 0 for the whole heap, from an address on. */
static void zoom_map(app *a, uint64_t zoom, hs_addr top)
{
    a->state.focused = true;
    a->state.focus = zoom;
    a->state.top = top;
    a->state.follow = false;
}

/* So many bytes a row that a block takes a few rows. */
static uint64_t zoom_for(uint64_t size)
{
    uint64_t zoom = 8;
    while (zoom * 4 < size && zoom < (uint64_t)1 << 40) zoom *= 2;
    return zoom;
}

/* One level of the zoom path further. */
static void key_path(app *a)
{
    hs_session *s = stage(a);
    hs_zoom_path *path = &a->path;
    bool goes_on = path->shown && a->message && strcmp(a->message, path->shown) == 0;
    hs_zoom_path_step(path, s, a->state.cursor, goes_on);
    close_overlay(a);
    switch (path->level) {
    case HS_PATH_PROCESS:
        hs_session_process(a->session);
        show_space(a, &hs_panel_process, SIZE_MAX);
        break;
    case HS_PATH_HEAP: zoom_map(a, 0, hs_heap_base(hs_session_heap(s))); break;
    case HS_PATH_BLOCK:
        zoom_map(a, zoom_for(path->block.block.size), path->block.block.addr);
        a->state.cursor = path->block.block.addr;
        a->state.cursor_size = path->block.block.size;
        break;
    case HS_PATH_HEADER:
        replace(&a->overlay_text, hs_zoom_path_header(path, s));
        open_overlay(a, (hs_overlay){.title = path->trail, .text = a->overlay_text});
        break;
    }
    replace(&a->command, NULL);
    set_message(a, copy(path->shown), false);
}

static void key_help(app *a);
static void key_demos(app *a);
static void travel_back(app *a);
static void travel_forward(app *a);

/* Every key that is not the editor's, once: what it does and how the help says it. */
static const struct {
    int key;
    const char *name, *help;
    void (*act)(app *);
} keys[] = {
    {KEY_F(1), "F1 or ?", "this help (? on an empty line)", key_help},
    {KEY_F(2), "F2", "all blocks", key_blocks},
    {KEY_F(3), "F3", "the free blocks in their own order", key_free_list},
    {KEY_F(4), "F4", "the ledger and all measures", key_stats},
    {KEY_F(5), "F5", "back to the script; there: play by itself, or pause", key_play},
    {KEY_F(6), "F6", "one step of the script", key_next},
    {KEY_F(7), "F7", "zoom out: more bytes in a row", zoom_out},
    {KEY_F(8), "F8", "zoom in: fewer bytes in a row, down to single bytes", zoom_in},
    {KEY_F(9), "F9", "dark, light, or large for projectors", key_look},
    {KEY_F(10), "F10", "quit (Ctrl-D on an empty line does, too)", key_quit},
    {KEY_F(11), "F11", "zoom to the whole heap", zoom_to_fit},
    {KEY_F(12), "F12", "the heap over time", key_plot},
    {KEY_F(13), "Shift-F1", "the lectures and demos, to play one by its number", key_demos},
    {KEY_PPAGE, "Page Up", "scroll the map, or what is laid over it, up", page_up},
    {KEY_NPAGE, "Page Down", "and down; the mouse wheel does, too", page_down},
    {KEY_BTAB, "Shift-Tab", "the zoom path: address space, heap, block, header; and out again",
     key_path},
    {HS_KEY_SHIFT_LEFT, "Shift-Left", "inspect the byte on the left: a cursor on the map",
     cursor_left},
    {HS_KEY_SHIFT_RIGHT, "Shift-Right", "the byte on the right", cursor_right},
    {HS_KEY_SHIFT_UP, "Shift-Up", "the row above", cursor_up},
    {HS_KEY_SHIFT_DOWN, "Shift-Down", "the row below", cursor_down},
    {HS_KEY_ALT_UP, "Alt-Up", "time travel: one command back; or click on the bar in the title",
     travel_back},
    {HS_KEY_ALT_DOWN, "Alt-Down", "one command forward", travel_forward},
    {HS_KEY_ALT_LEFT, "Alt-Left", "the start of this block, or of the one before",
     cursor_previous_block},
    {HS_KEY_ALT_RIGHT, "Alt-Right", "the next block", cursor_next_block},
};

static void key_help(app *a)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) abort();
    fputs("Type a command and Enter: malloc 24, free p1, realloc p1 64, help.\n\nKeys\n", out);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        fprintf(out, "  %-12s %s\n", keys[i].name, keys[i].help);
    fputs("  Escape       close what is laid over the map\n"
          "  Mouse        click a byte of the map to inspect it\n"
          "  Tab          complete the word; Ctrl-R searches the history\n"
          "  Ctrl-C       clear the line, or stop a long command\n"
          "\nIn a script\n"
          "  Space        the next step; Page Down, Right, Down too\n"
          "  Page Up      the step before; Left, Up, Backspace too\n"
          "  Home, End    its start, its end\n"
          "  p            play by itself, or pause\n"
          "  Enter        type commands, as any other letter does; F5 comes back to the script\n"
          "  q            end it\n",
          out);
    for (size_t i = 1; i <= 9 && hs_player_section_title(&a->player, i); i++)
        fprintf(out, "  %zu            %s\n", i, hs_player_section_title(&a->player, i));
    fputs("\nCommands\n", out);
    char *commands = hs_help_text(a->session, NULL);
    fputs(commands, out);
    free(commands);
    fclose(out);
    bool open = a->state.overlay.open && a->overlay_text && strcmp(a->overlay_text, text) == 0;
    close_overlay(a);
    replace(&a->overlay_text, text);
    if (!open) open_overlay(a, (hs_overlay){.title = "Help", .text = a->overlay_text});
    a->overlay_by_key = !open;
}

/* Go to a moment of this branch, and say what was done there. */
static void travel(app *a, uint64_t count)
{
    hs_problem problem;
    hs_moment m = hs_session_moment(a->session);
    end_slow_motion(a);
    close_overlay(a);
    m.count = count;
    if (!hs_session_go(a->session, m, &problem)) {
        set_message(a, copy(problem.what), true);
        return;
    }
    a->state.follow = true;
    a->state.error = false;
    replace(&a->command, NULL);
    set_message(a, count ? hs_explain(a->session) : copy("the beginning"), false);
    if (a->message && !*a->message)
        set_message(a, hs_session_record_text(a->session, count - 1), false);
}

static void travel_back(app *a)
{
    uint64_t count = hs_session_moment(a->session).count;
    if (count) travel(a, count - 1);
}

static void travel_forward(app *a)
{
    hs_moment m = hs_session_moment(a->session);
    if (m.count < hs_session_branch_count(a->session, m.branch)) travel(a, m.count + 1);
}

/* A click on the bar in the title. */
static void scrub_to(app *a, int column)
{
    hs_pane bar = a->places.bar;
    uint64_t end = hs_session_branch_count(a->session, hs_session_moment(a->session).branch);
    if (column < bar.column || column >= bar.column + bar.columns) return;
    travel(a, (uint64_t)(column - bar.column) * end / (uint64_t)(bar.columns - 1));
}

static void act_on_mouse(app *a)
{
    MEVENT event;
    if (getmouse(&event) != OK) return;
    if (event.bstate & BUTTON4_PRESSED) scroll_by(a, -3);
    if (event.bstate & BUTTON5_PRESSED) scroll_by(a, 3);
    if (event.bstate & BUTTON1_PRESSED && event.y == 0 && a->places.bar.columns > 0) {
        scrub_to(a, event.x);
        return;
    }
    if (!(event.bstate & BUTTON1_PRESSED) || a->state.overlay.open) return;
    inspect(a, hs_map_address(stage(a), &a->places.plan, event.y - a->places.map.row,
                              event.x - a->places.map.column));
}

/* Keys that the editor knows as xterm's escape sequences. */
static const struct {
    int key;
    const wchar_t *sequence;
} sequences[] = {
    {KEY_UP, L"\033[A"},
    {KEY_DOWN, L"\033[B"},
    {KEY_RIGHT, L"\033[C"},
    {KEY_LEFT, L"\033[D"},
    {KEY_HOME, L"\033[H"},
    {KEY_END, L"\033[F"},
    {HS_KEY_WORD_LEFT, L"\033[1;5D"},
    {HS_KEY_WORD_RIGHT, L"\033[1;5C"},
    {KEY_DC, L"\033[3~"},
    {KEY_BACKSPACE, L"\177"},
    {KEY_ENTER, L"\r"},
};

static void enqueue(app *a, const wchar_t *text)
{
    for (; *text && a->queued < QUEUE; text++) a->queue[a->queued++] = *text;
}

/* The list, and at the prompt the command that plays one: only its number is to be typed. */
static void key_demos(app *a)
{
    bool open = a->state.overlay.open && strcmp(a->state.overlay.title, "Demos") == 0;
    close_overlay(a);
    if (open) return;
    hs_demos all = hs_demos_find();
    replace(&a->overlay_text, hs_demos_text(&all, "demos"));
    hs_demos_free(&all);
    open_overlay(a, (hs_overlay){.title = "Demos", .text = a->overlay_text});
    a->stale = true;
    if (a->question.on || hs_prompt_view(a->prompt).length) return;
    a->player.has_focus = a->player.playing = false;
    enqueue(a, L"demos ");
}

/* Remotes for presentations send Page Up and Page Down, or arrows. */
static const struct {
    wchar_t key;
    bool special;
    bool at_end; /* even when the prompt has the keys, at the script's end */
    void (*act)(app *);
} lecture_keys[] = {
    {L' ', false, true, key_next},      {KEY_NPAGE, true, true, key_next},
    {KEY_RIGHT, true, false, key_next}, {KEY_DOWN, true, false, key_next},
    {KEY_PPAGE, true, true, key_back},  {KEY_LEFT, true, false, key_back},
    {KEY_UP, true, false, key_back},    {KEY_BACKSPACE, true, false, key_back},
    {127, false, false, key_back},      {8, false, false, key_back},
    {KEY_HOME, true, true, key_home},   {KEY_END, true, true, key_end},
    {L'p', false, false, key_play},
};

/* What the speaker laid over the map scrolls; what the script did is a step like any other. */
static bool scrolls(const app *a, wchar_t key)
{
    return a->state.overlay.open && a->overlay_by_key && (key == KEY_NPAGE || key == KEY_PPAGE);
}

/* Nothing was typed, and nothing is searched for. */
static bool is_idle(const app *a)
{
    hs_prompt_line line = hs_prompt_view(a->prompt);
    return line.length == 0 && line.search_length == 0 && !a->open_lines;
}

static bool take_lecture_key(app *a, wchar_t key, bool special)
{
    bool at_end = script_is_at_hand(a) && is_idle(a);
    if (!(a->player.has_focus || at_end) || (special && scrolls(a, key))) return false;
    for (size_t i = 0; i < sizeof lecture_keys / sizeof *lecture_keys; i++)
        if (lecture_keys[i].key == key && lecture_keys[i].special == special &&
            (a->player.has_focus || lecture_keys[i].at_end)) {
            lecture_keys[i].act(a);
            return true;
        }
    return false;
}

static void act_on_key(app *a, wchar_t key)
{
    if (a->slow.on && take_slow_key(a, key, true)) return;
    if (take_space_key(a, key, true)) return;
    if (key == HS_KEY_PASTE_BEGIN || key == HS_KEY_PASTE_END)
        a->pasting = key == HS_KEY_PASTE_BEGIN;
    if (key == HS_KEY_PASTE_BEGIN) a->player.has_focus = a->player.playing = false;
    if (key == KEY_MOUSE) act_on_mouse(a);
    if (take_lecture_key(a, key, true)) return;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].key == key) keys[i].act(a);
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
        if (sequences[i].key == key) enqueue(a, sequences[i].sequence);
}

/* Escape closes what is open; with a character right behind it, it is Alt, and the editor's. */
static bool take_escape(app *a)
{
    wchar_t next;
    if (!a->state.overlay.open && !a->state.cursor) return false;
    hs_read read = read_key(a, 0, &next);
    if (read == HS_READ_CHARACTER) {
        enqueue(a, (wchar_t[]){next, 0});
        return false;
    }
    close_overlay(a);
    if (read == HS_READ_KEY) act_on_key(a, next);
    return true;
}

/* While the player has the keys. True: the key was its own; else the prompt takes over. */
static bool take_player_key(app *a, wchar_t c)
{
    if (c >= L'1' && c <= L'9') {
        hs_player_go_to_section(&a->player, (size_t)(c - L'0'));
        return true;
    }
    switch (c) {
    case L'q': close_script(a); return true;
    case CTRL_C:
    case ESCAPE:
    case L'\r':
    case L'\n': a->player.has_focus = a->player.playing = false; return true;
    default:
        if (c < 32) return true;
        a->player.has_focus = a->player.playing = false;
        return false;
    }
}

static bool is_searching(const app *a)
{
    return hs_prompt_view(a->prompt).search_length > 0;
}

/* Keep a pasted character for insert_pasted; false for those that are keys even so: the line's
 * end, and all while libedit searches. */
static bool take_pasted(app *a, wchar_t c)
{
    if (!a->pasting || c == L'\r' || c == L'\n') return false;
    if (!a->pasted_length && is_searching(a)) return false;
    if (c != L'\t' && (c < 32 || c == 127)) return true; /* lost: no key acts */
    a->pasted = hs_array_reserve(a->pasted, &a->pasted_room, a->pasted_length + 2, sizeof c);
    a->pasted[a->pasted_length++] = c == L'\t' ? L' ' : c;
    a->pasted[a->pasted_length] = 0;
    return true;
}

static void insert_pasted(app *a)
{
    if (a->pasted_length) hs_prompt_insert(a->prompt, a->pasted);
    a->pasted_length = 0;
}

/* A character that was typed: true when the editor gets it. */
static bool for_editor(app *a, wchar_t c)
{
    hs_prompt_line line = hs_prompt_view(a->prompt);
    if (a->pasting) /* no key acts */
        return c == L'\r' || c == L'\n' || c == L'\t' || (c >= 32 && c != 127);
    if (c == CTRL_L) {
        clearok(curscr, TRUE);
        return false;
    }
    if (c == CTRL_Z) {
        hs_terminal_suspend(a->terminal);
        return false;
    }
    if (a->slow.on) {
        if (!take_slow_key(a, c, false))
            end_slow_motion(a);
        else
            return false;
    }
    if (take_space_key(a, c, false)) return false;
    if (c == ESCAPE && take_escape(a)) return false;
    if (take_lecture_key(a, c, false)) return false;
    if (a->player.has_focus && take_player_key(a, c)) return false;
    if (c == L'?' && line.length == 0 && !line.search_length) {
        key_help(a);
        return false;
    }
    return true;
}

static hs_key give(app *a, wchar_t c, wchar_t *out)
{
    if (c == CTRL_C) {
        a->stale = true;
        close_overlay(a);
        return HS_KEY_CANCEL;
    }
    if (c == 0 || (c == L'\t' && a->pasting)) c = L' '; /* a NUL would end the line for libedit */
    *out = c;
    return HS_KEY_CHARACTER;
}

static hs_key next_char(void *context, wchar_t *out)
{
    app *a = context;
    for (;;) {
        wchar_t key;
        if (a->quit || hs_interpreter_has_quit(a->interpreter)) return HS_KEY_END;
        if (a->queued) {
            key = a->queue[0];
            memmove(a->queue, a->queue + 1, --a->queued * sizeof *a->queue);
            return give(a, key, out);
        }
        if (!key_is_pending(a)) {
            insert_pasted(a);
            draw(a);
            hs_journal_sync(a->config->journal);
        }
        bool played = a->player.has_focus || a->slow.on;
        int wait = hs_player_wait(&a->player);
        bool looks = wait < 0 && is_live(a);
        switch (read_key(a, looks ? LOOK_EVERY : wait, &key)) {
        case HS_READ_END: return HS_KEY_END;
        case HS_READ_TIMEOUT:
            if (looks)
                look_again(a);
            else
                step_on(a);
            break;
        case HS_READ_WATCHED: hs_notes_let_in(a->notes); continue;
        case HS_READ_KEY:
            insert_pasted(a);
            act_on_key(a, key);
            if (a->queued) continue; /* an arrow or the like: the editor's */
            break;
        case HS_READ_CHARACTER:
            if (take_pasted(a, key)) continue;
            insert_pasted(a);
            if (for_editor(a, key)) {
                a->stale |= played;
                return give(a, key, out);
            }
            break;
        }
        a->stale = true;
    }
}

static void show_completions(void *context, const hs_completions *c)
{
    app *a = context;
    char *text = copy("");
    for (size_t i = 0; i < c->count; i++) {
        char *longer = joined(text, i ? "  " : "", c->items[i].text);
        free(text);
        text = longer;
    }
    replace(&a->command, NULL);
    set_message(a, text, false);
    a->stale = true;
}

/* --- Questions ------------------------------------------------------------------------------ */

/* A command waits for an answer, perhaps one of a script, while libedit waits for a key: so the
 * answer has a line of its own here. */

static void erase_typed(app *a)
{
    if (a->question.length) a->question.length--;
}

static void type_answer(app *a, wchar_t c)
{
    size_t room = sizeof a->question.typed / sizeof *a->question.typed;
    if (c >= 32 && c != 127 && a->question.length < room)
        a->question.typed[a->question.length++] = c;
}

/* The cell of the map under the mouse. */
static bool click_answers(app *a)
{
    MEVENT event;
    if (getmouse(&event) != OK || !(event.bstate & BUTTON1_PRESSED)) return false;
    if (!a->question.on_map || a->state.overlay.open) return false;
    a->question.from = hs_map_address(stage(a), &a->places.plan, event.y - a->places.map.row,
                                      event.x - a->places.map.column);
    a->question.to = a->question.from + a->places.plan.cell_bytes;
    return a->question.from != HS_NULL;
}

/* Keys that only look at something act as ever; those that run commands or travel do nothing. */
static void look(app *a, wchar_t key)
{
    void (*const waiting[])(app *) = {key_play, key_next, travel_back, travel_forward};
    for (size_t i = 0; i < sizeof waiting / sizeof *waiting; i++)
        for (size_t j = 0; j < sizeof keys / sizeof *keys; j++)
            if (keys[j].key == (int)key && keys[j].act == waiting[i]) return;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].key == (int)key) keys[i].act(a);
}

typedef enum { GOES_ON, ANSWERED, PASSED } asking;

static asking take_character(app *a, wchar_t c)
{
    switch (c) {
    case L'\r':
    case L'\n': return ANSWERED;
    case CTRL_C: a->question.cancelled = true; return PASSED;
    case ESCAPE:
        if (!a->state.overlay.open) return PASSED;
        close_overlay(a);
        return GOES_ON;
    case 127:
    case 8: erase_typed(a); return GOES_ON;
    default: type_answer(a, c); return GOES_ON;
    }
}

static asking take_key(app *a, wchar_t key)
{
    if (key == KEY_MOUSE) return click_answers(a) ? ANSWERED : GOES_ON;
    if (key == KEY_ENTER) return ANSWERED;
    if (key == KEY_BACKSPACE)
        erase_typed(a);
    else
        look(a, key);
    return a->quit ? PASSED : GOES_ON;
}

static asking await_answer(app *a)
{
    asking now = GOES_ON;
    while (now == GOES_ON) {
        wchar_t key;
        a->stale = true;
        draw(a);
        switch (read_key(a, -1, &key)) {
        case HS_READ_END: a->quit = true; return PASSED;
        case HS_READ_TIMEOUT: break;
        case HS_READ_WATCHED: hs_notes_let_in(a->notes); break;
        case HS_READ_KEY: now = take_key(a, key); break;
        case HS_READ_CHARACTER: now = take_character(a, key); break;
        }
    }
    return now;
}

/* An answer is still laid over the map, such as why the last prediction was wrong: it stays until
 * it has been read. */
static void read_overlay(app *a)
{
    while (a->state.overlay.open && !a->quit) {
        wchar_t key;
        a->question.reading = true;
        a->stale = true;
        draw(a);
        hs_read read = read_key(a, -1, &key);
        if (read == HS_READ_END) a->quit = true;
        if (read == HS_READ_WATCHED) hs_notes_let_in(a->notes);
        if (read == HS_READ_KEY && key != KEY_ENTER) look(a, key);
        if (read == HS_READ_CHARACTER && key == CTRL_C) a->question.cancelled = true;
        if (read == HS_READ_CHARACTER || (read == HS_READ_KEY && key == KEY_ENTER))
            close_overlay(a);
    }
    a->question.reading = false;
}

static bool ask(void *context, const char *question, bool on_map, hs_reply *reply)
{
    app *a = context;
    if (a->quit || a->question.cancelled) return false;
    read_overlay(a);
    if (a->quit || a->question.cancelled) return false;
    memset(&a->question, 0, sizeof a->question);
    a->question.on = true;
    a->question.on_map = on_map;
    set_message(a, copy(question), false);
    asking how = await_answer(a);
    a->question.on = false;
    a->stale = true;
    *reply = (hs_reply){.from = a->question.from, .to = a->question.to};
    if (how == ANSWERED && !reply->to)
        reply->text = hs_utf8_from_wide(a->question.typed, a->question.length);
    return how == ANSWERED;
}

/* --- Life ----------------------------------------------------------------------------------- */

static uint64_t line_mode(hs_session *session, const hs_fullscreen_config *config, const char *why)
{
    hs_plain_style style = hs_plain_style_of_output(config->ascii);
    fprintf(stderr, "heapscope: line mode, for the full screen is not to be had: %s\n", why);
    if (config->script) return hs_plain_play(session, &style, config->script);
    if (config->text) return hs_plain_run(session, &style, "LIST", config->text);
    return hs_plain_converse(session, &style, config->history, config->journal);
}

static void read_lines(app *a)
{
    const char *line;
    for (;;) {
        hs_line_status status = hs_prompt_read(a->prompt, &line);
        if (status == HS_LINE_END) break;
        if (status == HS_LINE) run_typed(a, line);
        if (status == HS_LINE_CANCELLED) replace(&a->open_lines, NULL);
        if (hs_prompt_history_failed(a->prompt) && !a->message)
            set_message(a, copy("the history file can not be written"), true);
        if (a->quit || hs_interpreter_has_quit(a->interpreter)) break;
        a->stale = true;
    }
}

static void free_app(app *a)
{
    end_slow_motion(a);
    hs_notes_close(a->notes);
    hs_player_close(&a->player);
    hs_interpreter_free(a->interpreter);
    hs_prompt_free(a->prompt);
    free(a->section);
    free(a->caption);
    free(a->message);
    free(a->answer);
    free(a->overlay_title);
    free(a->overlay_text);
    free(a->command);
    free(a->progress);
    free(a->verdict);
    free(a->trouble);
    free(a->open_lines);
    free(a->wanted);
    free(a->pasted);
    free(a->waiting);
    hs_zoom_path_end(&a->path);
    hs_scene_free(a->scene);
}

uint64_t hs_fullscreen_run(hs_session *session, const hs_fullscreen_config *config)
{
    app a = {.session = session, .config = config, .other_theme = -1};
    const char *why = "libedit can not be set up";
    hs_prompt_host host = {&a, next_char, show_completions};
    hs_listener listener = {&a,  say,      show,  begin, performed, interrupted,
                            ask, progress, go_on, play,  cue};
    a.interpreter = hs_interpreter_new(session, &listener);
    a.prompt = hs_prompt_new(&host, session, config->history);
    if (a.prompt) a.terminal = hs_terminal_open(&why);
    if (!a.terminal) {
        free_app(&a);
        return line_mode(session, config, why);
    }
    const char *notice = hs_journal_notice(config->journal);
    set_message(
        &a,
        copy(notice ? notice
                    : "Type malloc 24, free p1, help. demos lists the lectures, F1 or ? the keys."),
        false);
    open_script(&a, first_script(&a));
    uint64_t in_script = hs_interpreter_failures(a.interpreter);
    read_lines(&a);
    if (config->script || config->text) in_script = hs_interpreter_failures(a.interpreter);
    int ended_by = hs_terminal_end_signal(a.terminal);
    hs_terminal_close(a.terminal);
    free_app(&a);
    if (ended_by) raise(ended_by); /* so that the shell learns of it */
    return in_script;
}

/* Drawing the full screen: the scene is composed when something changed, the prompt line always. */
#include "ui/full/app.h"
#include "view/pictures.h"

static const char typing_keys[] =
    "F1 help  F2 blocks  F3 free  F4 stats  F7 F8 zoom  F12 plot  PgUp PgDn  F10 quit";
static const char player_keys[] =
    "Space next  PgUp back  p plays by itself  Enter type commands  q end it  F1 help";
static const char paused_keys[] = "F5 back to the script  F1 help  F2 blocks  F4 stats  F10 quit";
static const char ended_keys[] =
    "PgUp back in the script  Home its start  F1 help  F2 blocks  F4 stats  F10 quit";

static const char question_keys[] = "Type the answer and Enter; Enter alone or Escape passes";
static const char map_question_keys[] =
    "Type the answer and Enter, or click on the block; Enter alone or Escape passes";

static const char trace_keys[] =
    "Space next  Left back  p plays  + - pace  n find more  F12 graph  Enter prompt";

static const char slow_keys[] =
    "Right or Space next  Left back  Home first  End last  Escape ends slow motion";

static const char space_keys[] =
    "Space or Right next step  Left back  Home End  PgUp PgDn  Shift-Tab goes in  Esc closes";

static const char shape_keys[] =
    "Arrows move  + - zoom  F11 all  Enter or a click goes there  Esc closes";

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
        int column = hs_putf(p, row, 0, HS_ROLE_KEY, "slow motion, step %zu of %zu", a->slow.number,
                             a->slow.steps);
        if (hs_app_lockstep(a))
            hs_putf(p, row, column, HS_ROLE_KEY, ", of the first allocator alone");
        return -1;
    }
    if (a->player.has_focus) {
        put_player(a, p, row);
        return -1;
    }
    if (a->trace.has_focus) {
        hs_app_put_trace(a, p, row);
        return -1;
    }
    hs_prompt_line line = hs_prompt_view(a->prompt);
    int column = hs_put(p, row, 0, HS_ROLE_DIM, a->open.lines ? "... " : "> ");
    if (!line.search_length) return put_line(p, row, column, line.text, line.length, line.cursor);
    column = put_line(p, row, column, line.search, line.search_length, line.search_length);
    put_line(p, row, column + 3, line.text, line.length, line.cursor);
    return column;
}

/* At the end of a script the prompt has the keys, but for those that go back in it, until somebody
 * types: then they are the prompt's, too. */
bool hs_app_script_is_at_hand(const app *a)
{
    return a->player.script && !a->player.has_focus && !a->left && hs_player_has_ended(&a->player);
}

/* The session that is looked at. */
hs_session *hs_app_stage(const app *a)
{
    return a->slow.on ? a->slow.on : a->session;
}

/* The address space that is laid over the map, and goes through steps; NULL: none. */
hs_space *hs_app_space_on_show(const app *a)
{
    const hs_overlay *o = &a->state.overlay;
    const hs_spaces *spaces = hs_interpreter_spaces(a->interpreter);
    if (!o->open) return NULL;
    return o->picture == &hs_picture_process ? spaces->own
           : o->picture == &hs_picture_live  ? spaces->live
                                             : NULL;
}

/* The allocators that run side by side, or NULL. */
hs_lockstep *hs_app_lockstep(const app *a)
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
    a->state.lockstep = a->slow.on ? NULL : hs_app_lockstep(a);
    a->state.lecture = a->player.script && !a->left;
    a->shape.window.until_now =
        a->state.lecture; /* a step looks the same when it is gone back to */
    a->state.section = a->section;
    a->state.caption = a->caption;
    a->state.message = a->message;
    a->state.keys = a->question.on ? (a->question.on_map ? map_question_keys : question_keys)
                    : a->slow.on   ? slow_keys
                    : hs_app_space_on_show(a)     ? space_keys
                    : a->player.has_focus         ? player_keys
                    : hs_app_shape_is_on_show(a)  ? shape_keys
                    : a->trace.has_focus          ? trace_keys
                    : hs_app_shape_is_on_show(a)  ? shape_keys
                    : hs_app_script_is_at_hand(a) ? ended_keys
                    : a->player.script            ? paused_keys
                                                  : typing_keys;
    hs_scene_free(a->scene);
    a->scene = hs_scene_new(LINES, COLS, a->config->ascii);
    hs_screen_compose(hs_app_stage(a), &a->state, a->scene, &a->places);
    a->state.top = a->places.plan.visible ? a->places.plan.top : a->state.top;
    a->stale = false;
}

static int theme(const app *a)
{
    return a->other_theme >= 0 ? a->other_theme : (int)hs_session_setting(a->session, HS_SET_THEME);
}

bool hs_app_is_large(const app *a)
{
    uint64_t set = hs_session_setting(a->session, HS_SET_SIZE);
    return a->state.resized ? a->state.large : set == HS_SIZE_LARGE;
}

/* In place of the message, on the screen as it was drawn last. */
void hs_app_draw_message(app *a, const char *text)
{
    hs_pane p = a->places.message;
    if (!a->scene) return;
    p.scene = a->scene;
    for (int row = 0; row < p.rows; row++) hs_fill(p, row, 0, p.columns, HS_ROLE_TEXT, L' ');
    hs_put_wrapped(p, 0, p.rows, HS_ROLE_TEXT, text);
    hs_paint(a->painter, a->scene, a->light, 0, -1);
    a->stale = true;
}

/* A heap is walked only when it may have changed: typing costs the same, however large it is. */
void hs_app_draw(app *a)
{
    a->light = theme(a) == HS_THEME_LIGHT;
    bool fits = a->scene && a->scene->rows == LINES && a->scene->columns == COLS;
    if (a->stale || !fits) compose(a);
    int row = a->places.prompt_row;
    hs_fill(hs_pane_of(a->scene), row, 0, COLS, HS_ROLE_TEXT, L' ');
    int column = put_prompt(a, hs_pane_of(a->scene), row);
    hs_paint(a->painter, a->scene, a->light, row, column);
}

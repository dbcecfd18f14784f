/* SPDX-License-Identifier: MIT */
/* The lecture on the full screen. What a step shows is kept, and shown again when the lecture goes
 * back to it. */
#include "ui/full/lecture.h"

#include "ui/full/player.h"
#include "ui/full/prompt_line.h"
#include "ui/full/shape.h"
#include "ui/full/slow_motion.h"
#include "ui/full/space.h"
#include "ui/notes.h"

#include <curses.h>
#include <stdlib.h>

typedef struct {
    hs_player player;
    bool left;          /* somebody left it for commands of their own */
    hs_program *wanted; /* the script to play when the command that asked for it has ended */
    hs_notes *notes;    /* for the speaker's terminal; NULL: no script, or no socket */
    size_t told;        /* the step that was told to the speaker last, from 1 */
    bool told_as_away;
} lecture;

static lecture *own(const hs_app *a)
{
    return hs_mode_own(a, &hs_mode_lecture);
}

static hs_player *player(const hs_app *a)
{
    return &own(a)->player;
}

bool hs_lecture_has_keys(const hs_app *a)
{
    return player(a)->has_focus;
}

bool hs_lecture_is_open(const hs_app *a)
{
    return player(a)->script;
}

bool hs_lecture_jumps(const hs_app *a)
{
    return player(a)->jumps;
}

const char *hs_lecture_section_title(const hs_app *a, size_t number)
{
    return hs_player_section_title(player(a), number);
}

void hs_lecture_cue(hs_app *a, hs_cue what, uint64_t value)
{
    hs_player_cue(player(a), what, value);
}

void hs_lecture_whisper(hs_app *a, const char *text)
{
    hs_player_whisper(player(a), text);
}

/* --- What a step shows ---------------------------------------------------------------------- */

static void begin_step(void *context)
{
    hs_app *a = context;
    hs_app_before_running(a);
    own(a)->left = false;
}

static void take_tableau(void *context, hs_tableau *tableau)
{
    hs_app *a = context;
    hs_app_after_running(a);
    *tableau = (hs_tableau){.state = a->state,
                            .section = hs_app_copy_if(a->section),
                            .caption = hs_app_copy_if(a->caption),
                            .message = hs_app_copy_if(a->message),
                            .overlay_title = hs_app_copy_if(a->overlay_title),
                            .overlay_text = hs_app_copy_if(a->overlay_text),
                            .shape = hs_shape_place_now(a),
                            .slow = hs_slow_motion_of(a),
                            .lanes = hs_app_lockstep(a)};
}

/* Show what a step showed. The reader's own zoom and size stay: they are no part of the lecture. */
static void show_tableau(void *context, const hs_tableau *tableau)
{
    hs_app *a = context;
    hs_screen_state was = a->state;
    a->state = tableau->state;
    a->state.zoomed = was.zoomed;
    a->state.zoom = was.zoom;
    a->state.resized = was.resized;
    a->state.large = was.large;
    hs_app_replace(&a->section, hs_app_copy_if(tableau->section));
    hs_app_replace(&a->caption, hs_app_copy_if(tableau->caption));
    hs_app_replace(&a->message, hs_app_copy_if(tableau->message));
    hs_app_replace(&a->overlay_title, hs_app_copy_if(tableau->overlay_title));
    hs_app_replace(&a->overlay_text, hs_app_copy_if(tableau->overlay_text));
    a->state.overlay.title = a->overlay_title;
    if (a->state.overlay.text) a->state.overlay.text = a->overlay_text;
    hs_shape_return_to(a, tableau->shape);
    hs_interpreter_use_lanes(a->interpreter, tableau->lanes);
    if (tableau->slow) hs_slow_motion_begin(a, tableau->slow);
    hs_app_keep(a); /* the session is at another moment */
}

static void fail_to_go(void *context, const char *what)
{
    hs_app *a = context;
    hs_app_set_message(a, hs_app_copy(what), true);
}

/* --- Its life ------------------------------------------------------------------------------- */

static void say_the_end(hs_app *a)
{
    if (!hs_lecture_is_open(a) || !hs_player_has_ended(player(a)) || a->message) return;
    hs_app_replace(&a->command, NULL);
    hs_app_set_message(a, hs_app_copy("The script has ended. Type commands of your own, or quit."),
                       false);
}

void hs_lecture_open(hs_app *a, hs_program *script)
{
    hs_lecture_view view = {a, begin_step, take_tableau, show_tableau, fail_to_go};
    if (!script) return;
    hs_interpreter_keep_lanes(a->interpreter);
    hs_player_open(player(a), a->interpreter, a->session, &view, script);
    say_the_end(a);
    own(a)->notes = hs_notes_open();
    hs_terminal_watch(a->terminal, hs_notes_knock(own(a)->notes));
}

static void close_script(hs_app *a)
{
    hs_terminal_watch(a->terminal, -1);
    hs_notes_close(own(a)->notes);
    own(a)->notes = NULL;
    hs_player_close(player(a));
    hs_app_replace(&a->section, NULL);
}

void hs_lecture_want(hs_app *a, hs_program *script)
{
    hs_program_free(own(a)->wanted);
    own(a)->wanted = script;
}

void hs_lecture_play_wanted(hs_app *a)
{
    hs_program *script = own(a)->wanted;
    if (!script) return;
    close_script(a);
    hs_app_replace(&a->caption, NULL);
    own(a)->wanted = NULL;
    hs_lecture_open(a, script);
}

void hs_lecture_disturb(hs_app *a)
{
    own(a)->left = player(a)->disturbed = true;
}

static void end(hs_app *a)
{
    hs_notes_close(own(a)->notes);
    hs_player_close(player(a));
    hs_program_free(own(a)->wanted);
}

/* --- Steps ---------------------------------------------------------------------------------- */

/* Go on, by itself or at a key, after which the speaker sets the pace. If an address space is on
 * show, its steps come before the script's next one. */
static void step_on(hs_app *a)
{
    if (hs_lecture_has_keys(a) && hs_space_show_next(a)) {
        hs_player_rest(player(a), a->message);
        return;
    }
    hs_player_on(player(a));
    say_the_end(a);
}

void hs_lecture_next(hs_app *a)
{
    hs_player_pause(player(a));
    step_on(a);
}

static void key_back(hs_app *a)
{
    hs_player_back(player(a));
}

static void key_home(hs_app *a)
{
    hs_player_home(player(a));
}

static void key_end(hs_app *a)
{
    hs_player_end(player(a));
    say_the_end(a);
}

static void key_play(hs_app *a)
{
    hs_player_play(player(a));
}

void hs_lecture_return(hs_app *a)
{
    if (hs_lecture_has_keys(a))
        hs_player_play(player(a));
    else
        hs_player_return(player(a));
}

static int wait(const hs_app *a)
{
    return hs_player_wait(player(a));
}

static bool tick(hs_app *a)
{
    step_on(a);
    return true;
}

/* --- Keys ----------------------------------------------------------------------------------- */

/* Remotes for presentations send Page Up and Page Down, or arrows. */
static const struct {
    wchar_t key;
    bool special;
    bool at_end; /* also at the script's end, when the prompt has the keys */
    void (*act)(hs_app *);
} lecture_keys[] = {
    {L' ', false, true, hs_lecture_next},
    {KEY_NPAGE, true, true, hs_lecture_next},
    {KEY_RIGHT, true, false, hs_lecture_next},
    {KEY_DOWN, true, false, hs_lecture_next},
    {KEY_PPAGE, true, true, key_back},
    {KEY_LEFT, true, false, key_back},
    {KEY_UP, true, false, key_back},
    {KEY_BACKSPACE, true, false, key_back},
    {127, false, false, key_back},
    {8, false, false, key_back},
    {KEY_HOME, true, true, key_home},
    {KEY_END, true, true, key_end},
    {L'p', false, false, key_play},
};

static bool act(hs_app *a, wchar_t key, bool special, bool at_end)
{
    if (special && hs_app_scrolls_overlay(a, key)) return false;
    for (size_t i = 0; i < sizeof lecture_keys / sizeof *lecture_keys; i++)
        if (lecture_keys[i].key == key && lecture_keys[i].special == special &&
            (!at_end || lecture_keys[i].at_end)) {
            lecture_keys[i].act(a);
            return true;
        }
    return false;
}

static void yield(hs_app *a)
{
    player(a)->has_focus = player(a)->playing = false;
}

/* Take the lecture's keys. Any other character is for the modes behind, and at last for the
 * prompt. */
static bool take_key(hs_app *a, wchar_t key, bool special)
{
    if (act(a, key, special, false)) return true;
    if (special) {
        if (key == KEY_ENTER) yield(a);
        return key == KEY_ENTER;
    }
    if (key >= L'1' && key <= L'9') {
        hs_player_go_to_section(player(a), (size_t)(key - L'0'));
        return true;
    }
    switch (key) {
    case L'q': close_script(a); return true;
    case CTRL_C:
    case ESCAPE:
    case L'\r':
    case L'\n': yield(a); return true;
    default: return key < 32;
    }
}

static const char *hints(const hs_app *a)
{
    (void)a;
    return "Space next  PgUp back  p plays by itself  Enter type commands  q end it  F1 help";
}

static int put_line(const hs_app *a, hs_pane p, int row)
{
    const hs_player *l = player(a);
    int column =
        hs_putf(p, row, 0, HS_ROLE_KEY, "step %zu/%zu", hs_player_step(l), hs_player_step_count(l));
    if (hs_player_section(l))
        column = hs_putf(p, row, column, HS_ROLE_KEY, ", section %zu/%zu", hs_player_section(l),
                         hs_player_section_count(l));
    hs_put(p, row, column, HS_ROLE_KEY,
           l->playing               ? ", playing"
           : hs_player_has_ended(l) ? ", the end"
                                    : ": Space goes on");
    return -1;
}

/* --- While the prompt has the keys ---------------------------------------------------------- */

static bool script_rests(const hs_app *a)
{
    return hs_lecture_is_open(a) && !hs_lecture_has_keys(a);
}

/* True at the end of a script: the prompt has the keys, except those that go back in it. When
 * somebody types, these are the prompt's, too. */
static bool is_at_hand(const hs_app *a)
{
    return !own(a)->left && hs_player_has_ended(player(a));
}

static bool take_key_at_end(hs_app *a, wchar_t key, bool special)
{
    return is_at_hand(a) && hs_prompt_line_is_idle(a) && act(a, key, special, true);
}

static const char *rest_hints(const hs_app *a)
{
    return is_at_hand(a)
               ? "PgUp back in the script  Home its start  F1 help  F2 blocks  F4 stats  F10 quit"
               : "F5 back to the script  F1 help  F2 blocks  F4 stats  F10 quit";
}

/* --- The speaker's terminal ----------------------------------------------------------------- */

/* Tell the speaker's terminal where the lecture is, if that has changed. */
static void tell_speaker(hs_app *a)
{
    lecture *l = own(a);
    const hs_player *p = &l->player;
    bool away = p->script && l->left;
    if (!l->notes || (l->told == hs_player_step(p) && l->told_as_away == away)) return;
    char *now = hs_player_text(p, 0), *next = hs_player_text(p, 1), *then = hs_player_text(p, 2);
    size_t section = hs_player_section(p);
    hs_notes_tell(l->notes, &(hs_notes_state){.step = hs_player_step(p),
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
    l->told = hs_player_step(p);
    l->told_as_away = away;
    free(now);
    free(next);
    free(then);
}

static void let_speaker_in(hs_app *a)
{
    hs_notes_let_in(own(a)->notes);
}

static void compose(hs_app *a)
{
    tell_speaker(a);
    a->state.lecture = hs_lecture_is_open(a) && !own(a)->left;
}

static void help(const hs_app *a, FILE *out)
{
    fputs("\nIn a script\n"
          "  Space        the next step; Page Down, Right, Down too\n"
          "  Page Up      the step before; Left, Up, Backspace too\n"
          "  Home, End    its start, its end\n"
          "  p            play by itself, or pause\n"
          "  Enter        type commands, as any other letter does; F5 comes back to the script\n"
          "  q            end it\n",
          out);
    for (size_t i = 1; i <= 9 && hs_lecture_section_title(a, i); i++)
        fprintf(out, "  %zu            %s\n", i, hs_lecture_section_title(a, i));
}

const hs_mode hs_mode_lecture = {.name = "lecture",
                                 .own_size = sizeof(lecture),
                                 .on = hs_lecture_has_keys,
                                 .hints = hints,
                                 .line = put_line,
                                 .key = take_key,
                                 .wait = wait,
                                 .tick = tick,
                                 .watched = let_speaker_in,
                                 .compose = compose,
                                 .yield = yield,
                                 .end = end,
                                 .help = help};

const hs_mode hs_mode_script = {
    .name = "script", .on = script_rests, .hints = rest_hints, .key = take_key_at_end};

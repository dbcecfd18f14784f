/* SPDX-License-Identifier: MIT */
/* Slow motion: the session goes to the moment within a request that a step of it led to, and the
 * map's cursor to what it was about. */
#include "ui/full/slow_motion.h"

#include "base/memory.h"
#include "view/explanation.h"
#include "view/narration.h"

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    hs_session *on;          /* the session that is gone through; NULL: it is off */
    hs_session *made;        /* that session, if it was made for this; else NULL */
    size_t from, to, number; /* the step on show: its events, and which it is from 1 */
    size_t steps;
    uint64_t operation;
} slow_motion;

static slow_motion *own(const hs_app *a)
{
    return hs_mode_own(a, &hs_mode_slow_motion);
}

static bool is_on(const hs_app *a)
{
    return own(a)->on;
}

#include <heapscope/reading.h>

/* Show the heap as it was after the step that begins at event `from`. */
static void show_step(hs_app *a, size_t from, size_t number)
{
    slow_motion *m = own(a);
    size_t to = hs_step_end(m->on, from);
    char *text = hs_step_text(m->on, from, to), *message;
    m->from = from;
    m->to = to;
    m->number = number;
    hs_session_seek(m->on, from, to);
    a->state.cursor = HS_NULL;
    a->state.cursor_size = 1;
    hs_step_place(m->on, from, &a->state.cursor, &a->state.cursor_size);
    a->state.follow = true;
    message = hs_text("step %zu: %s", number, text);
    free(text);
    hs_app_replace(&a->command, NULL);
    hs_app_set_message(a, message, false);
}

void hs_slow_motion_begin(hs_app *a, uint64_t n)
{
    slow_motion *m = own(a);
    hs_problem problem;
    m->on = hs_session_stage(a->session, n, &m->made, &problem);
    m->operation = n;
    m->steps = 0;
    if (!m->on) {
        hs_app_set_message(a, hs_app_copy(problem.what), true);
        return;
    }
    for (size_t to = 0, end; (end = hs_step_end(m->on, to)) != to; to = end) m->steps++;
    show_step(a, 0, 1);
}

uint64_t hs_slow_motion_of(const hs_app *a)
{
    return is_on(a) ? own(a)->operation : 0;
}

static void free_stage(hs_app *a)
{
    slow_motion *m = own(a);
    if (m->on) hs_session_leave_stage(m->on);
    hs_session_free(m->made);
    m->on = m->made = NULL;
}

static void end(hs_app *a)
{
    if (!is_on(a)) return;
    free_stage(a);
    a->state.cursor = HS_NULL;
    hs_app_set_message(a, hs_explain(a->session), false);
}

/* --- Keys ----------------------------------------------------------------------------------- */

static bool next_step(hs_app *a)
{
    slow_motion *m = own(a);
    if (hs_step_end(m->on, m->to) == m->to) return false;
    show_step(a, m->to, m->number + 1);
    return true;
}

static bool previous_step(hs_app *a)
{
    slow_motion *m = own(a);
    if (m->from == 0) return false;
    show_step(a, hs_step_before(m->on, m->from), m->number - 1);
    return true;
}

static bool first_step(hs_app *a)
{
    show_step(a, 0, 1);
    return true;
}

static bool last_step(hs_app *a)
{
    while (next_step(a)) continue;
    return true;
}

static bool leave(hs_app *a)
{
    end(a);
    return true;
}

/* False: there is no such step. */
static const struct {
    wchar_t key;
    bool special;
    bool (*act)(hs_app *);
} slow_keys[] = {
    {KEY_RIGHT, true, next_step},     {KEY_DOWN, true, next_step},
    {L' ', false, next_step},         {KEY_NPAGE, true, next_step},
    {KEY_LEFT, true, previous_step},  {KEY_UP, true, previous_step},
    {KEY_PPAGE, true, previous_step}, {KEY_BACKSPACE, true, previous_step},
    {127, false, previous_step},      {8, false, previous_step},
    {KEY_HOME, true, first_step},     {KEY_END, true, last_step},
    {ESCAPE, false, leave},           {L'\r', false, leave},
    {CTRL_C, false, leave},           {L'q', false, leave},
};

enum { KEYS = sizeof slow_keys / sizeof *slow_keys };

static size_t find(wchar_t key, bool special)
{
    size_t i = 0;
    while (i < KEYS && !(slow_keys[i].key == key && slow_keys[i].special == special)) i++;
    return i;
}

/* Take the keys of slow motion. Any other character ends it, and is for the modes behind. */
static bool take_key(hs_app *a, wchar_t key, bool special)
{
    size_t i = find(key, special);
    if (special && hs_app_scrolls_overlay(a, key)) return false;
    if (!special && key == ESCAPE && a->state.overlay.open) {
        hs_app_close_overlay(a);
        show_step(a, own(a)->from, own(a)->number);
        return true;
    }
    if (i < KEYS) return slow_keys[i].act(a);
    if (!special) end(a);
    return false;
}

/* Take a key for which there is no further step: a lecture goes on to its own next one, and else
 * nothing happens. */
static bool stay(hs_app *a, wchar_t key, bool special)
{
    return find(key, special) < KEYS && !(special && hs_app_scrolls_overlay(a, key));
}

/* --- What is to be seen of it --------------------------------------------------------------- */

static const char *hints(const hs_app *a)
{
    (void)a;
    return "Right or Space next  Left back  Home first  End last  Escape ends slow motion";
}

static int put_line(const hs_app *a, hs_pane p, int row)
{
    int column = hs_putf(p, row, 0, HS_ROLE_KEY, "slow motion, step %zu of %zu", own(a)->number,
                         own(a)->steps);
    if (hs_app_lockstep(a)) hs_putf(p, row, column, HS_ROLE_KEY, ", of the first allocator alone");
    return -1;
}

static hs_session *stage(const hs_app *a)
{
    return own(a)->on;
}

/* Show the map of one allocator alone. */
static void compose(hs_app *a)
{
    if (is_on(a)) a->state.lockstep = NULL;
}

static void help(const hs_app *a, FILE *out)
{
    (void)a;
    fputs("\nIn slow motion (step)\n"
          "  Right        the next step; Down, Space, Page Down too\n"
          "  Left         the step before; Up, Backspace, Page Up too\n"
          "  Home, End    the first step, the last\n"
          "  Escape       end it, as Enter, q and any other letter do\n",
          out);
}

const hs_mode hs_mode_slow_motion = {.name = "slow motion",
                                     .own_size = sizeof(slow_motion),
                                     .on = is_on,
                                     .hints = hints,
                                     .line = put_line,
                                     .stage = stage,
                                     .key = take_key,
                                     .compose = compose,
                                     .yield = end,
                                     .leave = end,
                                     .end = free_stage,
                                     .help = help};

/* Stands behind the lecture in the table. */
const hs_mode hs_mode_slow_motion_ends = {.name = "ends of slow motion", .on = is_on, .key = stay};

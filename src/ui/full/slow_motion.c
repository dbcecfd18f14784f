/* Slow motion: a request gone through event by event on the map. */
#include "ui/full/app.h"

#include <heapscope/reading.h>

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
    hs_app_replace(&a->command, NULL);
    hs_app_set_message(a, message, false);
}

void hs_app_begin_slow_motion(app *a, uint64_t n)
{
    hs_problem problem;
    a->slow.on = hs_session_stage(a->session, n, &a->slow.own, &problem);
    a->slow.request = n;
    a->slow.steps = 0;
    if (a->slow.on)
        for (size_t to = 0, end; (end = hs_step_end(a->slow.on, to)) != to; to = end)
            a->slow.steps++;
    if (a->slow.on)
        show_step(a, 0, 1);
    else
        hs_app_set_message(a, hs_app_copy(problem.what), true);
}

void hs_app_end_slow_motion(app *a)
{
    if (!a->slow.on) return;
    hs_session_leave_stage(a->slow.on);
    hs_session_free(a->slow.own);
    a->slow.on = a->slow.own = NULL;
    a->state.cursor = HS_NULL;
    hs_app_set_message(a, hs_explain(a->session), false);
}

/* In a lecture, the script's next step follows the last one. */
static void next_step(app *a)
{
    if (hs_step_end(a->slow.on, a->slow.to) != a->slow.to)
        show_step(a, a->slow.to, a->slow.number + 1);
    else if (a->player.has_focus)
        hs_app_key_next(a);
}

static void previous_step(app *a)
{
    if (a->slow.from > 0)
        show_step(a, hs_step_before(a->slow.on, a->slow.from), a->slow.number - 1);
    else if (a->player.has_focus)
        hs_app_key_back(a);
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
bool hs_app_take_slow_key(app *a, wchar_t key, bool special)
{
    static const struct {
        wchar_t key;
        bool special;
        void (*act)(app *);
    } slow[] = {
        {KEY_RIGHT, true, next_step},
        {KEY_DOWN, true, next_step},
        {L' ', false, next_step},
        {KEY_NPAGE, true, next_step},
        {KEY_LEFT, true, previous_step},
        {KEY_UP, true, previous_step},
        {KEY_PPAGE, true, previous_step},
        {KEY_BACKSPACE, true, previous_step},
        {127, false, previous_step},
        {8, false, previous_step},
        {KEY_HOME, true, first_step},
        {KEY_END, true, last_step},
        {ESCAPE, false, hs_app_end_slow_motion},
        {L'\r', false, hs_app_end_slow_motion},
        {CTRL_C, false, hs_app_end_slow_motion},
        {L'q', false, hs_app_end_slow_motion},
    };
    if (a->state.overlay.open && !special && key == ESCAPE) {
        hs_app_close_overlay(a);
        show_step(a, a->slow.from, a->slow.number);
        return true;
    }
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++)
        if (slow[i].key == key && slow[i].special == special) {
            slow[i].act(a);
            return true;
        }
    return false;
}

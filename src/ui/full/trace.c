/* SPDX-License-Identifier: MIT */
/* A trace on the full screen. While nobody types, it is gone through ahead, so that going anywhere
 * takes no time. */
#include "ui/full/trace.h"

#include "base/clock.h"
#include "ui/full/travel.h"

#include <curses.h>
#include <inttypes.h>

/* Milliseconds between two steps of a trace that plays by itself, at the slowest pace and else. */
enum { SLOWLY = 400, BRISKLY = 100 };
/* Milliseconds that a trace is gone through ahead between two looks at the keyboard, and at most
 * between two sights of how far that is. */
enum { AHEAD = 10, TELL_EVERY = 200 };
#define FASTEST ((uint64_t)10000000)

typedef struct {
    bool has_focus; /* keys go through the trace, and are not the prompt's */
    bool playing;   /* it plays by itself, with the next step at `due` */
    uint64_t pace;  /* how many requests a step has */
    int64_t due, told;
} tracing;

static tracing *own(const hs_app *a)
{
    return hs_mode_own(a, &hs_mode_trace);
}

static bool is_on(const hs_app *a)
{
    return own(a)->has_focus;
}

static uint64_t at(const hs_app *a)
{
    return hs_session_moment(a->session).count;
}

static uint64_t end_of(const hs_app *a)
{
    return hs_session_branch_count(a->session, hs_session_moment(a->session).branch);
}

static void step(hs_app *a, uint64_t by)
{
    uint64_t left = end_of(a) - at(a);
    bool there = !left || hs_travel_along(a, at(a) + (left < by ? left : by));
    if (!there || left <= by) own(a)->playing = false;
}

static void step_on(hs_app *a)
{
    own(a)->playing = false;
    step(a, 1);
}

static void step_back(hs_app *a)
{
    own(a)->playing = false;
    if (at(a)) hs_travel_along(a, at(a) - 1);
}

static void page_on(hs_app *a)
{
    own(a)->playing = false;
    step(a, own(a)->pace);
}

static void page_back(hs_app *a)
{
    own(a)->playing = false;
    if (at(a)) hs_travel_along(a, at(a) > own(a)->pace ? at(a) - own(a)->pace : 0);
}

static void go_home(hs_app *a)
{
    own(a)->playing = false;
    hs_travel_along(a, 0);
}

static void go_to_end(hs_app *a)
{
    own(a)->playing = false;
    hs_travel_along(a, end_of(a));
}

static void rest(hs_app *a)
{
    own(a)->due = hs_clock() + (own(a)->pace > 1 ? BRISKLY : SLOWLY);
}

static void play(hs_app *a)
{
    own(a)->playing = !own(a)->playing && at(a) < end_of(a);
    if (own(a)->playing) rest(a);
}

static void faster(hs_app *a)
{
    if (own(a)->pace < FASTEST) own(a)->pace *= 10;
}

static void slower(hs_app *a)
{
    if (own(a)->pace > 1) own(a)->pace /= 10;
}

static void find_again(hs_app *a)
{
    static const char line[] = "find";
    own(a)->playing = false;
    hs_app_before_running(a);
    hs_interpreter_run(a->interpreter, NULL, 1, line, sizeof line - 1);
    hs_app_after_running(a);
}

static const hs_bound_key trace_keys[] = {
    {L' ', false, step_on},
    {KEY_RIGHT, true, step_on},
    {KEY_DOWN, true, step_on},
    {KEY_LEFT, true, step_back},
    {KEY_UP, true, step_back},
    {KEY_BACKSPACE, true, step_back},
    {127, false, step_back},
    {8, false, step_back},
    {KEY_NPAGE, true, page_on},
    {KEY_PPAGE, true, page_back},
    {KEY_HOME, true, go_home},
    {KEY_END, true, go_to_end},
    {L'p', false, play},
    {L'+', false, faster},
    {L'-', false, slower},
    {L'n', false, find_again},
    {0},
};

void hs_trace_begin(hs_app *a, bool has_focus)
{
    own(a)->pace = 1;
    own(a)->has_focus = has_focus && hs_session_traced(a->session);
}

void hs_trace_return(hs_app *a)
{
    uint64_t traced = hs_session_traced(a->session);
    hs_moment now = hs_session_moment(a->session), m = now;
    if (!traced) return;
    hs_modes_leave(a);
    if (own(a)->has_focus) {
        play(a);
        return;
    }
    own(a)->has_focus = true;
    while (m.branch) m = hs_session_branch_fork(a->session, m.branch);
    if (m.count > traced) m.count = traced;
    if (m.branch != now.branch || m.count != now.count) hs_travel_go(a, m);
}

static void yield(hs_app *a)
{
    own(a)->has_focus = own(a)->playing = false;
}

static bool take_key(hs_app *a, wchar_t key, bool special)
{
    bool scrolls = a->state.overlay.open && !hs_overlay_goes_along(&a->state.overlay);
    if (special && scrolls && (key == KEY_NPAGE || key == KEY_PPAGE)) return false;
    if (hs_mode_act(a, trace_keys, key, special)) return true;
    if (!special && (key == L'\r' || key == L'\n' || key == CTRL_C)) {
        yield(a);
        return true;
    }
    return !special && key == ESCAPE; /* there is nothing that Escape could close */
}

static const char *hints(const hs_app *a)
{
    (void)a;
    return "Space next  Left back  p plays  + - pace  n find more  F12 graph  Enter prompt";
}

/* --- By itself ------------------------------------------------------------------------------ */

static bool is_surveyed(const hs_app *a)
{
    return hs_session_surveyed(a->session) >= hs_session_traced(a->session);
}

static int wait(const hs_app *a)
{
    if (!is_surveyed(a)) return 0;
    if (!own(a)->playing) return -1;
    int64_t left = own(a)->due - hs_clock();
    return left > 0 ? (int)left : 0;
}

static bool has_time(void *of, const char *doing, uint64_t done, uint64_t total)
{
    const int64_t *end = of;
    (void)doing, (void)done, (void)total;
    return hs_clock() < *end;
}

static bool go_ahead(hs_app *a, int64_t now)
{
    hs_problem problem;
    int64_t end = now + AHEAD;
    hs_session_tell(a->session, has_time, &end);
    bool good = hs_session_survey(a->session, hs_session_traced(a->session), &problem);
    hs_session_tell(a->session, NULL, NULL);
    return good;
}

/* Go through the trace ahead for a while, or play its next step. */
static bool tick(hs_app *a)
{
    int64_t now = hs_clock();
    if (own(a)->playing && now >= own(a)->due) {
        step(a, own(a)->pace);
        rest(a);
        return true;
    }
    if (is_surveyed(a) || !go_ahead(a, now)) return false;
    if (!is_surveyed(a) && now - own(a)->told < TELL_EVERY) return false;
    own(a)->told = now;
    return true;
}

/* "request 12 of 1000, playing 10 at a time" */
static int put_line(const hs_app *a, hs_pane p, int row)
{
    uint64_t traced = hs_session_traced(a->session), surveyed = hs_session_surveyed(a->session);
    int column = hs_putf(p, row, 0, HS_ROLE_KEY, "request %" PRIu64 " of %" PRIu64, at(a), traced);
    if (own(a)->pace > 1)
        column = hs_putf(p, row, column, HS_ROLE_KEY, ", %" PRIu64 " at a time", own(a)->pace);
    if (own(a)->playing) column = hs_put(p, row, column, HS_ROLE_KEY, ", playing");
    if (surveyed < traced)
        hs_putf(p, row, column, HS_ROLE_KEY, "; %.0f %% gone through",
                100.0 * (double)surveyed / (double)traced);
    return -1;
}

static void help(const hs_app *a, FILE *out)
{
    (void)a;
    fputs("\nIn a trace\n"
          "  Space        the next request; Right, Down too\n"
          "  Left         the request before; Up, Backspace too\n"
          "  + and -      ten times as many requests at a time, or a tenth\n"
          "  Page Down    so many requests on; Page Up: back\n"
          "  Home, End    before the first request, behind the last one\n"
          "  p            play by itself, or pause\n"
          "  n            `find` again what was looked for last\n"
          "  Enter        type commands, as any other letter does; F5 comes back to the trace\n",
          out);
}

const hs_mode hs_mode_trace = {.name = "trace",
                               .own_size = sizeof(tracing),
                               .on = is_on,
                               .hints = hints,
                               .line = put_line,
                               .key = take_key,
                               .wait = wait,
                               .tick = tick,
                               .yield = yield,
                               .help = help};

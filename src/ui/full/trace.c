/* A trace on the full screen: one goes through its requests with keys, or lets it play by itself at
 * any pace. While nobody types, it is gone through ahead, so that going anywhere takes no time. */
#include "ui/full/app.h"

/* Milliseconds between two steps of a trace that plays by itself, at the slowest pace and else. */
enum { SLOWLY = 400, BRISKLY = 100 };
/* Milliseconds that a trace is gone through ahead between two looks at the keyboard, and at most
 * between two sights of how far that is. */
enum { AHEAD = 10, TELL_EVERY = 200 };
#define FASTEST ((uint64_t)10000000)

static uint64_t at(const app *a)
{
    return hs_session_moment(a->session).count;
}

static uint64_t end_of(const app *a)
{
    return hs_session_branch_count(a->session, hs_session_moment(a->session).branch);
}

static void step(app *a, uint64_t by)
{
    uint64_t left = end_of(a) - at(a);
    if (left) hs_app_travel(a, at(a) + (left < by ? left : by));
    if (left <= by) a->trace.playing = false;
}

static void step_on(app *a)
{
    a->trace.playing = false;
    step(a, 1);
}

static void step_back(app *a)
{
    a->trace.playing = false;
    if (at(a)) hs_app_travel(a, at(a) - 1);
}

static void page_on(app *a)
{
    a->trace.playing = false;
    step(a, a->trace.pace);
}

static void page_back(app *a)
{
    a->trace.playing = false;
    if (at(a)) hs_app_travel(a, at(a) > a->trace.pace ? at(a) - a->trace.pace : 0);
}

static void go_home(app *a)
{
    a->trace.playing = false;
    hs_app_travel(a, 0);
}

static void go_to_end(app *a)
{
    a->trace.playing = false;
    hs_app_travel(a, end_of(a));
}

static void rest(app *a)
{
    a->trace.due = hs_player_clock() + (a->trace.pace > 1 ? BRISKLY : SLOWLY);
}

static void play(app *a)
{
    a->trace.playing = !a->trace.playing && at(a) < end_of(a);
    if (a->trace.playing) rest(a);
}

static void faster(app *a)
{
    if (a->trace.pace < FASTEST) a->trace.pace *= 10;
}

static void slower(app *a)
{
    if (a->trace.pace > 1) a->trace.pace /= 10;
}

static void find_again(app *a)
{
    static const char line[] = "find";
    a->trace.playing = false;
    hs_app_before_running(a);
    hs_interpreter_run(a->interpreter, NULL, 1, line, sizeof line - 1);
    hs_app_after_running(a);
}

static const struct {
    wchar_t key;
    bool special;
    void (*act)(app *);
} trace_keys[] = {
    {L' ', false, step_on},       {KEY_RIGHT, true, step_on}, {KEY_DOWN, true, step_on},
    {KEY_LEFT, true, step_back},  {KEY_UP, true, step_back},  {KEY_BACKSPACE, true, step_back},
    {127, false, step_back},      {8, false, step_back},      {KEY_NPAGE, true, page_on},
    {KEY_PPAGE, true, page_back}, {KEY_HOME, true, go_home},  {KEY_END, true, go_to_end},
    {L'p', false, play},          {L'+', false, faster},      {L'-', false, slower},
    {L'n', false, find_again},
};

void hs_app_open_trace(app *a)
{
    a->trace.pace = 1;
    a->trace.has_focus = hs_session_traced(a->session) && !a->player.script;
}

/* To where it was left for requests of one's own. */
void hs_app_return_to_trace(app *a)
{
    uint64_t traced = hs_session_traced(a->session);
    hs_moment now = hs_session_moment(a->session), m = now;
    if (!traced) return;
    hs_app_end_slow_motion(a);
    if (a->trace.has_focus) {
        play(a);
        return;
    }
    a->trace.has_focus = true;
    while (m.branch) m = hs_session_branch_fork(a->session, m.branch);
    if (m.count > traced) m.count = traced;
    if (m.branch != now.branch || m.count != now.count) hs_app_go(a, m);
}

bool hs_app_take_trace_key(app *a, wchar_t key, bool special)
{
    if (!a->trace.has_focus || a->player.has_focus || a->question.on) return false;
    bool scrolls = a->state.overlay.open && !hs_overlay_goes_along(&a->state.overlay);
    if (special && scrolls && (key == KEY_NPAGE || key == KEY_PPAGE)) return false;
    for (size_t i = 0; i < sizeof trace_keys / sizeof *trace_keys; i++)
        if (trace_keys[i].key == key && trace_keys[i].special == special) {
            trace_keys[i].act(a);
            return true;
        }
    if (special || key == ESCAPE || key == L'?') return false;
    a->trace.has_focus = a->trace.playing = false;
    return key == L'\r' || key == L'\n' || key == CTRL_C;
}

/* --- By itself ------------------------------------------------------------------------------ */

static bool is_surveyed(const app *a)
{
    return hs_session_surveyed(a->session) >= hs_session_traced(a->session);
}

/* Milliseconds until there is something to do; -1 when there will be nothing. */
int hs_app_trace_wait(const app *a)
{
    if (!is_surveyed(a)) return 0;
    if (!a->trace.playing) return -1;
    int64_t left = a->trace.due - hs_player_clock();
    return left > 0 ? (int)left : 0;
}

static bool has_time(void *of, const char *doing, uint64_t done, uint64_t total)
{
    const int64_t *end = of;
    (void)doing, (void)done, (void)total;
    return hs_player_clock() < *end;
}

static bool go_ahead(app *a, int64_t now)
{
    hs_problem problem;
    int64_t end = now + AHEAD;
    hs_session_tell(a->session, has_time, &end);
    bool good = hs_session_survey(a->session, hs_session_traced(a->session), &problem);
    hs_session_tell(a->session, NULL, NULL);
    return good;
}

/* One piece of it. Drawn again only when there is something new to see. */
bool hs_app_trace_goes_on(app *a)
{
    int64_t now = hs_player_clock();
    if (a->trace.playing && now >= a->trace.due) {
        step(a, a->trace.pace);
        rest(a);
        return true;
    }
    if (is_surveyed(a) || !go_ahead(a, now)) return false;
    if (!is_surveyed(a) && now - a->trace.told < TELL_EVERY) return false;
    a->trace.told = now;
    return true;
}

/* "request 12 of 1000, playing 10 at a time" */
void hs_app_put_trace(const app *a, hs_pane p, int row)
{
    uint64_t traced = hs_session_traced(a->session), surveyed = hs_session_surveyed(a->session);
    int column = hs_putf(p, row, 0, HS_ROLE_KEY, "request %" PRIu64 " of %" PRIu64, at(a), traced);
    if (a->trace.pace > 1)
        column = hs_putf(p, row, column, HS_ROLE_KEY, ", %" PRIu64 " at a time", a->trace.pace);
    if (a->trace.playing) column = hs_put(p, row, column, HS_ROLE_KEY, ", playing");
    if (surveyed < traced)
        hs_putf(p, row, column, HS_ROLE_KEY, "; %.0f %% gone through",
                100.0 * (double)surveyed / (double)traced);
}

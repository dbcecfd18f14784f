/* SPDX-License-Identifier: MIT */
/* Going through time. */
#include "ui/full/travel.h"

#include "base/clock.h"
#include "view/explanation.h"

bool hs_travel_go(hs_app *a, hs_moment m)
{
    hs_problem problem;
    hs_modes_leave(a);
    hs_modes_travel(a, m.count);
    if (!hs_overlay_goes_along(&a->state.overlay)) hs_app_close_overlay(a);
    a->began = a->shown = hs_clock();
    if (!hs_interpreter_go(a->interpreter, m, &problem)) {
        hs_app_set_message(a, hs_app_copy(problem.what), true);
        return false;
    }
    hs_app_keep(a);
    a->state.follow = true;
    a->state.error = false;
    hs_app_replace(&a->command, NULL);
    hs_app_set_message(a, m.count ? hs_explain(a->session) : hs_app_copy("the beginning"), false);
    if (a->message && !*a->message)
        hs_app_set_message(a, hs_session_record_text(a->session, m.count - 1), false);
    return true;
}

bool hs_travel_along(hs_app *a, uint64_t count)
{
    return hs_travel_go(a, (hs_moment){hs_session_moment(a->session).branch, count});
}

void hs_travel_back(hs_app *a)
{
    uint64_t count = hs_session_moment(a->session).count;
    if (count) hs_travel_along(a, count - 1);
}

void hs_travel_forward(hs_app *a)
{
    hs_moment m = hs_session_moment(a->session);
    if (m.count < hs_session_branch_count(a->session, m.branch)) hs_travel_along(a, m.count + 1);
}

/* --- The bar in the title ------------------------------------------------------------------- */

static bool is_on(const hs_app *a)
{
    return a->places.bar.columns > 0;
}

static bool click(hs_app *a, int row, int column)
{
    hs_pane bar = a->places.bar;
    uint64_t end = hs_session_branch_count(a->session, hs_session_moment(a->session).branch);
    if (row != 0) return false;
    if (column >= bar.column && column < bar.column + bar.columns)
        hs_travel_along(a, (uint64_t)(column - bar.column) * end / (uint64_t)(bar.columns - 1));
    return true;
}

const hs_mode hs_mode_bar = {.name = "bar", .on = is_on, .click = click};

/* SPDX-License-Identifier: MIT */
/* Drawing the full screen: the scene is composed when something changed, the last line always. */
#include "ui/full/draw.h"
#include "view/settings.h"

#include <curses.h>

static void compose(hs_app *a)
{
    a->state.lockstep = hs_app_lockstep(a);
    hs_modes_compose(a);
    a->state.section = a->section;
    a->state.caption = a->caption;
    a->state.message = a->message;
    a->state.keys = hs_modes_hints(a);
    hs_scene_free(a->scene);
    a->scene = hs_scene_new(LINES, COLS, a->config->ascii);
    hs_screen_compose(hs_modes_stage(a), &a->state, a->scene, &a->places);
    a->state.top = a->places.plan.visible ? a->places.plan.top : a->state.top;
    a->stale = a->moved = false;
}

void hs_draw_lay_out(hs_app *a)
{
    if (a->scene && a->moved) compose(a);
}

static int theme(const hs_app *a)
{
    return a->other_theme >= 0 ? a->other_theme : (int)hs_session_setting(a->session, HS_SET_THEME);
}

void hs_draw_message(hs_app *a, const char *text)
{
    hs_pane p = a->places.message;
    if (!a->scene) return;
    p.scene = a->scene;
    for (int row = 0; row < p.rows; row++) hs_fill(p, row, 0, p.columns, HS_ROLE_TEXT, L' ');
    hs_put_wrapped(p, 0, p.rows, HS_ROLE_TEXT, text);
    hs_paint(a->painter, a->scene, a->light, 0, -1);
    a->stale = true;
}

void hs_draw(hs_app *a)
{
    a->light = theme(a) == HS_THEME_LIGHT;
    bool fits = a->scene && a->scene->rows == LINES && a->scene->columns == COLS;
    if (a->stale || !fits) compose(a);
    int row = a->places.prompt_row;
    hs_pane p = hs_pane_of(a->scene);
    hs_fill(p, row, 0, COLS, HS_ROLE_TEXT, L' ');
    hs_paint(a->painter, a->scene, a->light, row, hs_modes_line(a)->line(a, p, row));
}

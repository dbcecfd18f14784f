/* SPDX-License-Identifier: MIT */
/* The shape of memory on the screen. */
#include "ui/full/shape.h"

#include "ui/full/travel.h"
#include "view/pictures.h"

#include <curses.h>

static hs_shape_view *own(const hs_app *a)
{
    return hs_mode_own(a, &hs_mode_shape);
}

void hs_shape_show(hs_app *a, hs_shape_window w)
{
    const hs_heap *h = hs_session_heap(a->session);
    hs_addr at = hs_heap_holds(h, a->pointed, 1) ? a->pointed : HS_NULL;
    hs_shape_view_begin(own(a), a->session, w, w.from ? w.from : at);
    hs_app_open_overlay(a, (hs_overlay){.title = hs_picture_shape.title,
                                        .picture = &hs_picture_shape,
                                        .of.own = own(a),
                                        .what = &hs_picture_shape});
}

hs_shape_place hs_shape_place_now(const hs_app *a)
{
    return own(a)->place;
}

void hs_shape_return_to(hs_app *a, hs_shape_place place)
{
    own(a)->place = place;
}

static bool is_on(const hs_app *a)
{
    return a->state.overlay.open && a->state.overlay.of.own == own(a);
}

/* --- Keys and mouse ------------------------------------------------------------------------- */

/* Go to the moment under the cursor, with the map's cursor at its address. */
static void go(hs_app *a)
{
    const hs_shape_view *v = own(a);
    hs_addr at = v->place.at;
    uint64_t size = v->picture ? v->picture->row_bytes : 1;
    hs_app_close_overlay(a);
    hs_travel_along(a, v->place.command);
    a->pointed = at;
    if (!hs_heap_holds(hs_session_heap(a->session), at, 1)) return;
    a->state.cursor = at;
    a->state.cursor_size = size < 8 ? size : 8;
    a->state.follow = true;
}

static void left(hs_app *a)
{
    hs_shape_move(hs_modes_stage(a), own(a), -1, 0);
}

static void right(hs_app *a)
{
    hs_shape_move(hs_modes_stage(a), own(a), 1, 0);
}

static void up(hs_app *a)
{
    hs_shape_move(hs_modes_stage(a), own(a), 0, 1);
}

static void down(hs_app *a)
{
    hs_shape_move(hs_modes_stage(a), own(a), 0, -1);
}

static void page_up(hs_app *a)
{
    hs_shape_move(hs_modes_stage(a), own(a), 0, own(a)->cells.rows);
}

static void page_down(hs_app *a)
{
    hs_shape_move(hs_modes_stage(a), own(a), 0, -own(a)->cells.rows);
}

static void first(hs_app *a)
{
    if (own(a)->picture) own(a)->place.command = own(a)->picture->first;
}

static void last(hs_app *a)
{
    if (own(a)->picture) own(a)->place.command = own(a)->picture->last;
}

static void zoom_in(hs_app *a)
{
    if (!hs_shape_zoom(hs_modes_stage(a), own(a), true))
        hs_app_set_message(
            a, hs_app_copy("finer it can not be: a column is one command, a row one word"), false);
}

static void zoom_out(hs_app *a)
{
    if (!hs_shape_zoom(hs_modes_stage(a), own(a), false))
        hs_app_set_message(a, hs_app_copy("this is the whole run"), false);
}

static void whole(hs_app *a)
{
    own(a)->place.window = (hs_shape_window){0};
}

static const hs_bound_key shape_keys[] = {
    {KEY_LEFT, true, left},
    {KEY_RIGHT, true, right},
    {KEY_UP, true, up},
    {KEY_DOWN, true, down},
    {KEY_PPAGE, true, page_up},
    {KEY_NPAGE, true, page_down},
    {HS_KEY_SHIFT_LEFT, true, left},
    {HS_KEY_SHIFT_RIGHT, true, right},
    {HS_KEY_SHIFT_UP, true, up},
    {HS_KEY_SHIFT_DOWN, true, down},
    {KEY_HOME, true, first},
    {KEY_END, true, last},
    {L'+', false, zoom_in},
    {L'=', false, zoom_in},
    {L'-', false, zoom_out},
    {KEY_F(8), true, zoom_in},
    {KEY_F(7), true, zoom_out},
    {KEY_F(11), true, whole},
    {L'\r', false, go},
    {L'\n', false, go},
    {KEY_ENTER, true, go},
    {0},
};

/* Take the shape's keys, while nothing is being typed. */
static bool take_key(hs_app *a, wchar_t key, bool special)
{
    return !hs_prompt_view(a->prompt).length && hs_mode_act(a, shape_keys, key, special);
}

static bool click(hs_app *a, int row, int column)
{
    if (!hs_shape_point(own(a), row, column)) return false;
    go(a);
    return true;
}

static const char *hints(const hs_app *a)
{
    (void)a;
    return "Arrows move  + - zoom  F11 all  Enter or a click goes there  Esc closes";
}

/* --- The session ---------------------------------------------------------------------------- */

/* A step of a lecture looks the same when it is gone back to. */
static void compose(hs_app *a)
{
    own(a)->place.window.until_now = a->state.lecture;
}

/* Let the cursor go to the new moment as well. */
static void travel(hs_app *a, uint64_t count)
{
    if (is_on(a)) own(a)->place.command = count;
}

static void end(hs_app *a)
{
    hs_shape_view_end(own(a));
}

static void help(const hs_app *a, FILE *out)
{
    (void)a;
    fputs("\nIn the shape of memory\n"
          "  Arrows       move, Page Up and Page Down by pages; in a script, with Shift\n"
          "  Home, End    to the first moment, to the last\n"
          "  + and -      zoom in and out; F8 and F7 too, F11 shows all\n"
          "  Enter        go to that moment, as a click does\n",
          out);
}

const hs_mode hs_mode_shape = {.name = "shape",
                               .own_size = sizeof(hs_shape_view),
                               .on = is_on,
                               .hints = hints,
                               .key = take_key,
                               .click = click,
                               .compose = compose,
                               .travel = travel,
                               .end = end,
                               .help = help};

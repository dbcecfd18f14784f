/* SPDX-License-Identifier: MIT */
/* Showing pictures. Most are laid over the map; those that take more have a function in a table. */
#include "ui/full/show.h"

#include "ui/full/shape.h"
#include "ui/full/slow_motion.h"
#include "ui/full/space.h"
#include "view/side_by_side.h"

#include <curses.h>

/* Lay a picture over the map; where several allocators run side by side, one for each. */
static void lay_over(hs_app *a, const hs_picture *picture, const hs_subject *of)
{
    char *text = picture->text ? picture->text(of)
                 : of->lanes   ? hs_lanes_picture(of->lanes, picture, COLS, a->config->ascii)
                               : NULL;
    if (text)
        hs_app_open_text(a, picture->title, text, picture);
    else
        hs_app_open_overlay(
            a,
            (hs_overlay){.title = picture->title, .picture = picture, .of = *of, .what = picture});
}

/* Show the map, which is below everything: bytes on it are pointed out, whatever lies over it. */
static void show_map(hs_app *a, const hs_subject *of)
{
    if (!of->length) {
        hs_app_close_overlay(a);
        return;
    }
    a->state.cursor = of->at;
    a->state.cursor_size = of->length;
    a->state.follow = true;
}

static void show_shape(hs_app *a, const hs_subject *of)
{
    const hs_shape_view *asked = of->own;
    if (of->lanes)
        lay_over(a, &hs_picture_shape, of);
    else
        hs_shape_show(a, asked ? asked->place.window : (hs_shape_window){0});
}

static void show_steps(hs_app *a, const hs_subject *of)
{
    hs_slow_motion_begin(a, of->command);
}

static void show_split(hs_app *a, const hs_subject *of)
{
    char *parting = hs_lanes_parting(of->lanes);
    hs_app_close_overlay(a);
    hs_app_set_message(
        a, parting ? parting : hs_app_copy("they have served all requests alike so far"), false);
}

static void show_process(hs_app *a, const hs_subject *of)
{
    hs_space_show(a, &hs_picture_process, of->step ? of->step : SIZE_MAX);
}

static void show_live(hs_app *a, const hs_subject *of)
{
    hs_space_show(a, &hs_picture_live, of->step);
}

/* The pictures that take more than to be laid over the map. */
static const struct {
    const hs_picture *picture;
    void (*show)(hs_app *, const hs_subject *);
} shows[] = {{&hs_picture_map, show_map},         {&hs_picture_steps, show_steps},
             {&hs_picture_shape, show_shape},     {&hs_picture_split, show_split},
             {&hs_picture_process, show_process}, {&hs_picture_live, show_live}};

void hs_app_show(void *context, const hs_picture *picture, const hs_subject *of)
{
    hs_app *a = context;
    size_t i = 0;
    while (i < sizeof shows / sizeof *shows && shows[i].picture != picture) i++;
    if (i < sizeof shows / sizeof *shows)
        shows[i].show(a, of);
    else
        lay_over(a, picture, of);
}

void hs_app_toggle_picture(hs_app *a, const hs_picture *picture)
{
    bool is_open = hs_app_close_if(a, picture);
    hs_subject of = hs_interpreter_subject(a->interpreter);
    if (!is_open) hs_app_show(a, picture, &of);
    a->overlay_by_key = !is_open;
}

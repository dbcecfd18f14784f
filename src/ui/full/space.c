/* SPDX-License-Identifier: MIT */
/* Address spaces on the screen. */
#include "ui/full/space.h"

#include "model/process/address_space.h"
#include "model/process/exec.h"
#include "model/process/process_maps.h"
#include "view/address_space.h"
#include "view/pictures.h"

#include <curses.h>

/* A live address space is looked at again after so many milliseconds, while nobody types. */
enum { LOOK_EVERY = 500 };

/* The address space that is laid over the map and goes through steps; NULL: none. */
static hs_space *on_show(const hs_app *a)
{
    const hs_overlay *o = &a->state.overlay;
    if (!o->open) return NULL;
    return o->picture == &hs_picture_process ? o->of.spaces->own
           : o->picture == &hs_picture_live  ? o->of.spaces->live
                                             : NULL;
}

static bool is_on(const hs_app *a)
{
    return on_show(a) != NULL;
}

/* Show a step, with its newest segment in sight. */
static void show_step(hs_app *a, size_t step)
{
    hs_space *space = on_show(a);
    if (!space) return;
    hs_space_go(space, step);
    int room = LINES / 3;
    size_t row = hs_space_newest_row(a->session, space);
    a->state.overlay.skip = row > (size_t)room ? row - (size_t)room : 0;
    hs_app_replace(&a->command, NULL);
    hs_app_set_message(a, hs_space_step_text(space), false);
}

void hs_space_show(hs_app *a, const hs_picture *picture, size_t step)
{
    hs_app_open_overlay(a, (hs_overlay){.picture = picture,
                                        .of.spaces = hs_interpreter_spaces(a->interpreter),
                                        .what = picture});
    hs_app_replace(&a->overlay_title, hs_app_joined("Process", ": ", on_show(a)->name));
    a->state.overlay.title = a->overlay_title;
    show_step(a, step);
}

bool hs_space_show_next(hs_app *a)
{
    const hs_space *space = on_show(a);
    if (!space || space->shown >= space->step_count) return false;
    show_step(a, space->shown + 1);
    return true;
}

/* --- Keys ----------------------------------------------------------------------------------- */

static void next_step(hs_app *a)
{
    hs_space_show_next(a);
}

static void previous_step(hs_app *a)
{
    size_t n = on_show(a)->shown;
    show_step(a, n > 1 ? n - 1 : 1);
}

static void first_step(hs_app *a)
{
    show_step(a, 1);
}

static void last_step(hs_app *a)
{
    show_step(a, on_show(a)->step_count);
}

static const hs_bound_key space_keys[] = {
    {L' ', false, next_step},
    {KEY_RIGHT, true, next_step},
    {KEY_LEFT, true, previous_step},
    {KEY_BACKSPACE, true, previous_step},
    {127, false, previous_step},
    {8, false, previous_step},
    {KEY_HOME, true, first_step},
    {KEY_END, true, last_step},
    {0},
};

/* Take the keys of an address space, while nothing is being typed. */
static bool take_key(hs_app *a, wchar_t key, bool special)
{
    return !hs_prompt_view(a->prompt).length && hs_mode_act(a, space_keys, key, special);
}

static const char *hints(const hs_app *a)
{
    (void)a;
    return "Space or Right next step  Left back  Home End  PgUp PgDn  Shift-Tab goes in  Esc "
           "closes";
}

/* --- Live ones ------------------------------------------------------------------------------ */

static int wait(const hs_app *a)
{
    const hs_space *space = on_show(a);
    return space && space->live ? LOOK_EVERY : -1;
}

static bool look_again(hs_app *a)
{
    hs_space *space = on_show(a);
    if (hs_space_refresh(space) && space->shown == space->step_count)
        hs_app_set_message(a, hs_space_step_text(space), false);
    return true;
}

static void help(const hs_app *a, FILE *out)
{
    (void)a;
    fputs("\nIn an address space (exec, process)\n"
          "  Space        the next step; Right too\n"
          "  Left         the step before; Backspace too\n"
          "  Home, End    the first step, the last\n",
          out);
}

const hs_mode hs_mode_space = {.name = "address space",
                               .on = is_on,
                               .hints = hints,
                               .key = take_key,
                               .wait = wait,
                               .tick = look_again,
                               .help = help};

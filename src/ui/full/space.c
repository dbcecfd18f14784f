/* Address spaces on the screen, their steps and live ones; and pictures for several allocators. */
#include "ui/full/app.h"

/* Show a step of the space that is laid over the map, with its newest segment in sight. */
static void show_space_step(app *a, size_t step)
{
    hs_space *space = hs_app_space_on_show(a);
    if (!space) return;
    hs_space_go(space, step);
    int room = LINES / 3;
    size_t row = hs_space_newest_row(a->session, space);
    a->state.overlay.skip = row > (size_t)room ? row - (size_t)room : 0;
    hs_app_replace(&a->command, NULL);
    hs_app_set_message(a, hs_space_step_text(space), false);
}

void hs_app_show_space(app *a, const hs_picture *picture, size_t step)
{
    hs_app_open_overlay(
        a, (hs_overlay){.picture = picture, .of.spaces = hs_interpreter_spaces(a->interpreter)});
    hs_app_replace(&a->overlay_title,
                   hs_app_joined("Process", ": ", hs_app_space_on_show(a)->name));
    a->state.overlay.title = a->overlay_title;
    show_space_step(a, step);
}

/* False: there is no further step. */
bool hs_app_next_space_step(app *a)
{
    const hs_space *space = hs_app_space_on_show(a);
    if (!space || space->shown >= space->step_count) return false;
    show_space_step(a, space->shown + 1);
    return true;
}

static void next_step(app *a)
{
    hs_app_next_space_step(a);
}

static void previous_step(app *a)
{
    size_t n = hs_app_space_on_show(a)->shown;
    show_space_step(a, n > 1 ? n - 1 : 1);
}

static void first_step(app *a)
{
    show_space_step(a, 1);
}

static void last_step(app *a)
{
    show_space_step(a, hs_app_space_on_show(a)->step_count);
}

static const struct {
    wchar_t key;
    bool special;
    void (*act)(app *);
} space_keys[] = {
    {L' ', false, next_step},        {KEY_RIGHT, true, next_step},
    {KEY_LEFT, true, previous_step}, {KEY_BACKSPACE, true, previous_step},
    {127, false, previous_step},     {8, false, previous_step},
    {KEY_HOME, true, first_step},    {KEY_END, true, last_step},
};

/* Keys that go through the steps, while nothing is being typed. True: the key was one of them. */
bool hs_app_take_space_key(app *a, wchar_t key, bool special)
{
    if (!hs_app_space_on_show(a) || a->player.has_focus || hs_prompt_view(a->prompt).length)
        return false;
    for (size_t i = 0; i < sizeof space_keys / sizeof *space_keys; i++)
        if (space_keys[i].key == key && space_keys[i].special == special) {
            space_keys[i].act(a);
            return true;
        }
    return false;
}

bool hs_app_is_live(const app *a)
{
    const hs_space *space = hs_app_space_on_show(a);
    return space && space->live;
}

void hs_app_look_again(app *a)
{
    hs_space *space = hs_app_space_on_show(a);
    if (hs_space_refresh(space) && space->shown == space->step_count)
        hs_app_set_message(a, hs_space_step_text(space), false);
}

/* A picture; of each allocator, where several run side by side. */
void hs_app_show_picture(app *a, const hs_picture *picture, const hs_subject *of)
{
    hs_overlay o = {.title = picture->title, .picture = picture, .of = *of};
    char *text = picture->text ? picture->text(of)
                 : of->lanes   ? hs_lanes_picture(of->lanes, picture, COLS, a->config->ascii)
                               : NULL;
    if (text) {
        hs_app_replace(&a->overlay_text, text);
        o.text = a->overlay_text;
        o.of.at = HS_NULL; /* of words it is in them */
    }
    hs_app_open_overlay(a, o);
}

void hs_app_show_lanes(app *a)
{
    char *parting = hs_lanes_parting(hs_app_lockstep(a));
    hs_app_close_overlay(a);
    hs_app_set_message(
        a, parting ? parting : hs_app_copy("they have served all requests alike so far"), false);
}

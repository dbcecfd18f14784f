/* The lecture on the full screen: what a step shows is kept, and shown again when it is gone back
 * to. */
#include "ui/full/app.h"

static void begin_step(void *context)
{
    app *a = context;
    hs_app_before_running(a);
    a->left = false;
}

static void take_tableau(void *context, hs_tableau *tableau)
{
    app *a = context;
    hs_app_after_running(a);
    *tableau =
        (hs_tableau){.state = a->state,
                     .section = hs_app_copy_if(a->section),
                     .caption = hs_app_copy_if(a->caption),
                     .message = hs_app_copy_if(a->message),
                     .overlay_title = hs_app_copy_if(a->overlay_title),
                     .overlay_text = hs_app_copy_if(a->overlay_text),
                     .shape = {a->shape.window, a->shape.pointing, a->shape.command, a->shape.at},
                     .slow = a->slow.on ? a->slow.request : 0,
                     .lanes = hs_app_lockstep(a)};
}

/* The reader's own zoom and size stay: they are no part of the lecture. */
static void show_tableau(void *context, const hs_tableau *tableau)
{
    app *a = context;
    hs_screen_state was = a->state;
    a->state = tableau->state;
    a->state.zoomed = was.zoomed;
    a->state.zoom = was.zoom;
    a->state.resized = was.resized;
    a->state.large = was.large;
    hs_app_replace(&a->section, hs_app_copy_if(tableau->section));
    hs_app_replace(&a->caption, hs_app_copy_if(tableau->caption));
    hs_app_replace(&a->message, hs_app_copy_if(tableau->message));
    hs_app_replace(&a->overlay_title, hs_app_copy_if(tableau->overlay_title));
    hs_app_replace(&a->overlay_text, hs_app_copy_if(tableau->overlay_text));
    a->state.overlay.title = a->overlay_title;
    if (a->state.overlay.text) a->state.overlay.text = a->overlay_text;
    a->shape.window = tableau->shape.window;
    a->shape.pointing = tableau->shape.pointing;
    a->shape.command = tableau->shape.command;
    a->shape.at = tableau->shape.at;
    hs_interpreter_use_lanes(a->interpreter, tableau->lanes);
    if (tableau->slow) hs_app_begin_slow_motion(a, tableau->slow);
    hs_app_keep(a); /* the session is at another moment */
}

static void fail_to_go(void *context, const char *what)
{
    app *a = context;
    hs_app_set_message(a, hs_app_copy(what), true);
}

void hs_app_say_the_end(app *a)
{
    if (!a->player.script || !hs_player_has_ended(&a->player) || a->message) return;
    hs_app_replace(&a->command, NULL);
    hs_app_set_message(a, hs_app_copy("The script has ended. Type commands of your own, or quit."),
                       false);
}

/* Play a script from its first step on; NULL, when the complaint is shown already. */
void hs_app_open_script(app *a, hs_program *script)
{
    hs_lecture_view lecture_view = {a, begin_step, take_tableau, show_tableau, fail_to_go};
    if (!script) return;
    hs_interpreter_keep_lanes(a->interpreter);
    hs_player_open(&a->player, a->interpreter, a->session, &lecture_view, script);
    hs_app_say_the_end(a);
    a->notes = hs_notes_open();
    hs_terminal_watch(a->terminal, hs_notes_knock(a->notes));
}

void hs_app_close_script(app *a)
{
    hs_terminal_watch(a->terminal, -1);
    hs_notes_close(a->notes);
    a->notes = NULL;
    hs_player_close(&a->player);
    hs_app_replace(&a->section, NULL);
}

void hs_app_play_wanted(app *a)
{
    if (!a->wanted) return;
    hs_app_close_script(a);
    hs_app_replace(&a->caption, NULL);
    hs_program *script = a->wanted;
    a->wanted = NULL;
    hs_app_open_script(a, script);
}

/* What the program was started with. */
hs_program *hs_app_first_script(app *a)
{
    const hs_fullscreen_config *c = a->config;
    if (c->script) return hs_interpreter_load(a->interpreter, c->script);
    return c->text ? hs_interpreter_parse(a->interpreter, "LIST", c->text) : NULL;
}

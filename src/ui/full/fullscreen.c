/* SPDX-License-Identifier: MIT */
/* The full screen, put together. libedit asks for a character; before one is waited for, the screen
 * is drawn; keys that are not the editor's are those of some mode; lines go to the interpreter,
 * whose listener is this screen. */
#include "ui/full/fullscreen.h"

#include "base/memory.h"
#include "ui/ansi.h"
#include "ui/full/app.h"
#include "ui/full/keys.h"
#include "ui/full/lecture.h"
#include "ui/full/listener.h"
#include "ui/full/loop.h"
#include "ui/full/map.h"
#include "ui/full/overlay.h"
#include "ui/full/prompt_line.h"
#include "ui/full/question.h"
#include "ui/full/shape.h"
#include "ui/full/slow_motion.h"
#include "ui/full/space.h"
#include "ui/full/trace.h"
#include "ui/full/travel.h"
#include "ui/plain.h"
#include "view/settings.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* A key goes to the first mode that is on and takes it. The last takes what is left. */
static const hs_mode *const modes[] = {&hs_mode_terminal,
                                       &hs_mode_question,
                                       &hs_mode_paste,
                                       &hs_mode_slow_motion,
                                       &hs_mode_overlay,
                                       &hs_mode_lecture,
                                       &hs_mode_slow_motion_ends,
                                       &hs_mode_space,
                                       &hs_mode_shape,
                                       &hs_mode_script,
                                       &hs_mode_trace,
                                       &hs_mode_bar,
                                       &hs_mode_map,
                                       &hs_mode_keys,
                                       &hs_mode_prompt,
                                       NULL};

static void show_completions(void *context, const hs_completions *c)
{
    hs_app *a = context;
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    for (size_t i = 0; i < c->kept; i++) fprintf(out, "%s%s", i ? "  " : "", c->items[i].text);
    if (c->kept < c->count) fprintf(out, "  ... %" PRIu64 " more", c->count - c->kept);
    hs_text_end(out);
    hs_app_replace(&a->command, NULL);
    hs_app_set_message(a, text, false);
    a->stale = true;
}

/* --- Lines ---------------------------------------------------------------------------------- */

static void run_typed(hs_app *a, const char *line)
{
    char *text = hs_prompt_line_add(a, line);
    if (text && text[strspn(text, " \t\n")]) {
        hs_app_before_running(a);
        hs_lecture_disturb(a);
        a->typed = true;
        uint64_t before = hs_interpreter_failures(a->interpreter);
        hs_interpreter_run(a->interpreter, NULL, 1, text, strlen(text));
        a->typed_failures += hs_interpreter_failures(a->interpreter) - before;
        hs_app_after_running(a);
        hs_lecture_play_wanted(a);
    }
    free(text);
}

static void read_lines(hs_app *a)
{
    const char *line;
    for (;;) {
        hs_line_status status = hs_prompt_read(a->prompt, &line);
        if (status == HS_LINE_END) break;
        if (status == HS_LINE) run_typed(a, line);
        if (status == HS_LINE_CANCELLED) hs_prompt_line_forget(a);
        if (hs_prompt_history_failed(a->prompt) && !a->message)
            hs_app_set_message(a, hs_app_copy("the history file can not be written"), true);
        if (a->quit || hs_interpreter_has_quit(a->interpreter)) break;
        a->stale = true;
    }
}

/* --- Life ----------------------------------------------------------------------------------- */

static uint64_t line_mode(hs_session *session, const hs_fullscreen_config *config, const char *why)
{
    hs_plain_style style = hs_plain_style_of_output(config->ascii, config->colour);
    uint64_t failures;
    style.way = config->way;
    hs_print(stderr, "heapscope: line mode, for the full screen is not to be had: %s\n", why);
    if (config->script)
        failures = hs_plain_play(session, &style, config->script);
    else if (config->text)
        failures = hs_plain_run(session, &style, "LIST", config->text);
    else
        failures = hs_plain_converse(session, &style, config->history, config->journal);
    hs_plain_style_end(&style);
    return failures;
}

static void free_app(hs_app *a)
{
    hs_modes_end(a);
    hs_interpreter_free(a->interpreter);
    hs_prompt_free(a->prompt);
    free(a->section);
    free(a->caption);
    free(a->message);
    free(a->answer);
    free(a->overlay_title);
    free(a->overlay_text);
    free(a->command);
    free(a->progress);
    free(a->verdict);
    free(a->trouble);
    free(a->waiting);
    hs_scene_free(a->scene);
}

/* The script that the program was started with. */
static hs_program *first_script(hs_app *a)
{
    const hs_fullscreen_config *c = a->config;
    if (c->script) return hs_interpreter_load(a->interpreter, c->script);
    return c->text ? hs_interpreter_parse(a->interpreter, "LIST", c->text) : NULL;
}

static void greet(hs_app *a)
{
    const char *notice =
        a->config->notice ? a->config->notice : hs_journal_notice(a->config->journal);
    if (!notice)
        notice = "Type malloc 24, free p1, help. demos lists the lectures, F1 or ? the keys.";
    hs_app_set_message(a, hs_app_copy(notice), false);
}

uint64_t hs_fullscreen_run(hs_session *session, const hs_fullscreen_config *config)
{
    hs_app a = {.session = session, .config = config, .other_theme = -1};
    char why[HS_WHY];
    hs_prompt_host host = {&a, hs_loop_next_char, show_completions, hs_listener_stop_completing};
    hs_listener listener = hs_listener_of(&a);
    if (config->light || config->large) a.other_theme = HS_THEME_LIGHT;
    a.state.resized = a.state.large = config->large;
    hs_modes_begin(&a, modes);
    a.interpreter = hs_interpreter_new(session, &listener);
    hs_interpreter_come_by(a.interpreter, config->way);
    a.prompt = hs_prompt_new(&host, session, config->history);
    if (!a.prompt) snprintf(why, sizeof why, "libedit gets no terminal: %s", strerror(errno));
    if (a.prompt) a.terminal = hs_terminal_open(why);
    if (!a.terminal) {
        free_app(&a);
        return line_mode(session, config, why);
    }
    a.painter = hs_painter_new(a.terminal, hs_colour_is_wanted(config->colour));
    greet(&a);
    hs_lecture_open(&a, first_script(&a));
    hs_trace_begin(&a, !hs_lecture_is_open(&a));
    read_lines(&a);
    uint64_t in_script = hs_interpreter_failures(a.interpreter) - a.typed_failures;
    int ended_by = hs_terminal_end_signal(a.terminal);
    hs_painter_free(a.painter);
    hs_terminal_close(a.terminal);
    free_app(&a);
    if (ended_by) raise(ended_by); /* so that the shell learns which signal it was */
    return in_script;
}

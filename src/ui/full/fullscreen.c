/* The full screen's loop. libedit asks for a character; before one is waited for, the screen is
 * drawn; keys that are not the editor's act on the view or on the player; lines go to the
 * interpreter, whose listener is this screen. */
#include "ui/ansi.h"
#include "ui/full/app.h"

#include "base/count.h"
#include "view/pictures.h"

#include <errno.h>

void hs_app_replace(char **text, char *by)
{
    free(*text);
    *text = by;
}

char *hs_app_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *c = hs_new(size, 1);
    memcpy(c, text, size);
    return c;
}

char *hs_app_copy_if(const char *text)
{
    return text ? hs_app_copy(text) : NULL;
}

char *hs_app_joined(const char *a, const char *between, const char *b)
{
    char *text;
    if (asprintf(&text, "%s%s%s", a, between, b) < 0) abort();
    return text;
}

void hs_app_set_message(app *a, char *text, bool error)
{
    if (a->command && !error) {
        char *both = hs_app_joined(a->command, "\n", text);
        free(text);
        text = both;
    }
    hs_app_replace(&a->message, text);
    a->state.error = error;
}

static void say(void *context, hs_voice voice, const char *text)
{
    app *a = context;
    switch (voice) {
    case HS_SAY_TITLE:
        hs_app_replace(&a->section, hs_app_copy(text));
        hs_app_replace(&a->caption, NULL);
        break;
    case HS_SAY_NOTE:
    case HS_SAY_QUESTION:
        hs_app_replace(&a->caption, hs_app_copy(text));
        a->state.question = voice == HS_SAY_QUESTION;
        break;
    case HS_SAY_PRESENTER: hs_player_whisper(&a->player, text); break;
    case HS_SAY_ERROR: hs_app_set_message(a, hs_app_copy(text), true); break;
    case HS_SAY_REFUSED: hs_app_set_message(a, hs_app_joined("refused: ", "", text), false); break;
    case HS_SAY_VERDICT: hs_app_replace(&a->verdict, hs_app_copy(text)); break;
    case HS_SAY_ANSWER:
        hs_app_replace(&a->answer,
                       a->answer ? hs_app_joined(a->answer, "\n", text) : hs_app_copy(text));
        break;
    }
}

void hs_app_open_overlay(app *a, hs_overlay o)
{
    o.open = true;
    a->state.overlay = o;
    hs_app_replace(&a->overlay_title, hs_app_copy_if(o.title));
    a->state.overlay.title = a->overlay_title;
    a->overlay_by_key = false;
}

void hs_app_close_overlay(app *a)
{
    if (a->state.cursor) a->pointed = a->state.cursor;
    a->state.overlay.open = a->state.focused = false;
    a->state.cursor = HS_NULL;
}

/* --- Pictures that take more than to be laid over the map ------------------------------------- */

/* The map is below all; bytes on it are pointed out over whatever is there. */
static void show_map(app *a, const hs_subject *of)
{
    if (!of->length) {
        hs_app_close_overlay(a);
        return;
    }
    a->state.cursor = of->at;
    a->state.cursor_size = of->length;
    a->state.follow = true;
}

static void show_steps(app *a, const hs_subject *of)
{
    hs_app_begin_slow_motion(a, of->at);
}

static void show_split(app *a, const hs_subject *of)
{
    (void)of;
    hs_app_show_lanes(a);
}

static void show_process(app *a, const hs_subject *of)
{
    hs_app_show_space(a, &hs_picture_process, of->at ? of->at : SIZE_MAX);
}

static void show_live(app *a, const hs_subject *of)
{
    hs_app_show_space(a, &hs_picture_live, of->at);
}

static const struct {
    const hs_picture *picture;
    void (*show)(app *, const hs_subject *);
} shows[] = {{&hs_picture_map, show_map},
             {&hs_picture_steps, show_steps},
             {&hs_picture_shape, hs_app_show_shape},
             {&hs_picture_split, show_split},
             {&hs_picture_process, show_process},
             {&hs_picture_live, show_live}};

void hs_app_show(void *context, const hs_picture *picture, const hs_subject *of)
{
    app *a = context;
    size_t i = 0;
    while (i < sizeof shows / sizeof *shows && shows[i].picture != picture) i++;
    if (i < sizeof shows / sizeof *shows)
        shows[i].show(a, of);
    else
        hs_app_show_picture(a, picture, of);
}

static void begin(void *context, const hs_program *program, const hs_statement *s)
{
    app *a = context;
    if (!program->name) hs_app_replace(&a->command, NULL); /* typed: the user knows */
    unsigned flags = s->command ? s->command->flags : 0;
    if (!program->name || flags & HS_STAGE_DIRECTION) return;
    if (flags & HS_IS_GUARD && !s->has_body) return;
    size_t n = s->where.end - s->where.start;
    char *text = hs_new(n + 3, 1);
    memcpy(text, "> ", 2);
    memcpy(text + 2, program->source + s->where.start, n);
    hs_app_replace(&a->command, text);
}

static void cue(void *context, hs_cue what, uint64_t value)
{
    app *a = context;
    hs_player_cue(&a->player, what, value);
}

/* What is set by a command holds, whatever was chosen by key before. */
static void heed_settings(app *a)
{
    hs_op op;
    uint64_t n = hs_session_op_count(a->session);
    if (!n || !hs_session_op(a->session, n - 1, &op) || op.kind != HS_OP_SET) return;
    if (strcmp(op.name, "zoom") == 0) a->state.zoomed = false;
    if (strcmp(op.name, "size") == 0) a->state.resized = false;
    if (strcmp(op.name, "theme") == 0 || strcmp(op.name, "size") == 0) a->other_theme = -1;
}

/* What was done is kept before it is shown. */
void hs_app_keep(app *a)
{
    const char *trouble = a->typed ? hs_journal_keep(a->config->journal, a->session) : NULL;
    if (trouble) hs_app_replace(&a->trouble, hs_app_copy(trouble));
}

static void performed(void *context, const char *summary)
{
    app *a = context;
    hs_app_keep(a);
    heed_settings(a);
    hs_lockstep *l = hs_app_lockstep(a);
    char *told = summary ? hs_app_copy(summary) : l ? hs_lanes_explain(l) : hs_explain(a->session);
    /* Of what an error ended, and of what was predicted, both are told. */
    bool failed = summary && a->state.error && a->message;
    const char *above = failed ? a->message : a->verdict;
    char *both = above ? hs_app_joined(above, "\n", told) : hs_app_copy(told);
    free(told);
    hs_app_set_message(a, both, failed);
    hs_app_replace(&a->verdict, NULL);
    a->state.follow = true;
    hs_subject of = hs_interpreter_subject(a->interpreter);
    if (hs_segments_are_news(a->session)) hs_app_show_picture(a, &hs_picture_segments, &of);
}

/* What tells how far it is may have the session half-way to somewhere: it is not looked at. */
static void show_progress(app *a)
{
    int64_t now = hs_player_clock();
    char *text, doing[96];
    if (now - a->began <= 500 || now - a->shown <= 100) return;
    a->shown = now;
    if (a->progress) {
        text = hs_app_joined(a->progress, "; ", "Ctrl-C stops");
        hs_app_draw_message(a, text);
        free(text);
        return;
    }
    hs_interpreter_progress(a->interpreter, doing, sizeof doing);
    hs_app_set_message(a, hs_app_joined(doing, "; ", "Ctrl-C stops"), false);
    a->stale = true;
    hs_app_draw(a);
}

static void progress(void *context, const char *text)
{
    app *a = context;
    hs_app_replace(&a->progress, text ? hs_app_copy(text) : NULL);
    if (text) show_progress(a);
}

/* Is what arrives now, after all that waits, inside a paste? */
static bool paste_arrives(const app *a)
{
    for (size_t i = a->waiting_to; i > a->waiting_from; i--) {
        wchar_t key = a->waiting[i - 1].key;
        if (a->waiting[i - 1].kind == HS_READ_KEY &&
            (key == HS_KEY_PASTE_BEGIN || key == HS_KEY_PASTE_END))
            return key == HS_KEY_PASTE_BEGIN;
    }
    return a->pasting;
}

/* As a terminal does: what was typed ahead of Ctrl-C is thrown away with the command. */
static void forget_waiting(app *a)
{
    a->waiting_from = a->waiting_to = 0;
    a->pasting = false;
}

/* While a long command runs: show how far it is, and let Ctrl-C stop it. Other keys wait. */
static bool interrupted(void *context)
{
    app *a = context;
    if (a->question.cancelled) return true;
    int64_t now = hs_player_clock();
    if (now - a->looked < 10) return false;
    a->looked = now;
    if (!a->progress) {
        hs_app_keep(a);
        show_progress(a);
    }
    bool pasting = paste_arrives(a);
    while (1) {
        typed_key e = {.key = 0};
        e.kind = hs_terminal_read(a->terminal, 0, &e.key);
        if (e.kind == HS_READ_END) return true;
        if (e.kind == HS_READ_TIMEOUT) return false;
        if (e.kind == HS_READ_WATCHED) {
            hs_notes_let_in(a->notes);
            continue;
        }
        if (e.kind == HS_READ_CHARACTER && e.key == CTRL_C && !pasting) {
            forget_waiting(a);
            return true;
        }
        if (e.kind == HS_READ_KEY && e.key == HS_KEY_PASTE_BEGIN) pasting = true;
        if (e.kind == HS_READ_KEY && e.key == HS_KEY_PASTE_END) pasting = false;
        a->waiting = hs_array_reserve(a->waiting, &a->waiting_room, a->waiting_to + 1, sizeof e);
        a->waiting[a->waiting_to++] = e;
    }
}

static bool stop_completing(void *context)
{
    progress(context, "looking for words");
    bool stop = interrupted(context);
    progress(context, NULL);
    return stop;
}

static const char *go_on(void *context)
{
    const app *a = context;
    return hs_journal_ask(a->config->journal);
}

/* The next key, from what waits or from the terminal. */
hs_read hs_app_read_key(app *a, int milliseconds, wchar_t *key)
{
    if (a->waiting_from == a->waiting_to) return hs_terminal_read(a->terminal, milliseconds, key);
    typed_key e = a->waiting[a->waiting_from++];
    if (a->waiting_from == a->waiting_to) a->waiting_from = a->waiting_to = 0;
    *key = e.key;
    return e.kind;
}

bool hs_app_key_is_pending(const app *a)
{
    return a->waiting_from < a->waiting_to || hs_terminal_pending(a->terminal);
}

/* A short answer stands in the message's place, a long one is laid over the map. */
static void present_answer(app *a)
{
    if (!a->answer) return;
    hs_scene *measure = hs_scene_new(1, COLS, a->config->ascii);
    int rows = hs_put_wrapped(hs_pane_of(measure), 0, 0, HS_ROLE_TEXT, a->answer);
    hs_scene_free(measure);
    if (rows <= 3) {
        hs_app_set_message(a, hs_app_copy(a->answer), false);
    } else {
        hs_app_replace(&a->overlay_text, hs_app_copy(a->answer));
        hs_app_open_overlay(a, (hs_overlay){.title = "Answer", .text = a->overlay_text});
    }
    hs_app_replace(&a->answer, NULL);
}

/* The answer is there: what went wrong with the journal is said with it, once. */
void hs_app_after_running(app *a)
{
    hs_app_keep(a);
    present_answer(a);
    if (!a->trouble) return;
    hs_app_replace(&a->command, NULL);
    hs_app_set_message(
        a, a->message ? hs_app_joined(a->trouble, "\n", a->message) : hs_app_copy(a->trouble),
        true);
    hs_app_replace(&a->trouble, NULL);
}

void hs_app_before_running(app *a)
{
    hs_app_end_slow_motion(a);
    hs_app_close_overlay(a);
    hs_app_replace(&a->message, NULL);
    hs_app_replace(&a->command, NULL);
    hs_app_replace(&a->verdict, NULL);
    a->question.cancelled = false;
    a->state.error = false;
    a->began = a->shown = hs_player_clock();
}

/* Its interpreter may be running a statement of the script that is open now. */
static bool play(void *context, hs_program *script)
{
    app *a = context;
    hs_program_free(a->wanted);
    a->wanted = script;
    return true;
}

static void forget_open_lines(app *a)
{
    hs_app_replace(&a->open.lines, NULL);
    a->open.length = a->open.room = 0;
    a->open.so_far = (hs_opening){0};
}

/* Does the line leave a { open, or belong to one? */
static bool is_open_behind(app *a, const char *line)
{
    size_t n = strlen(line);
    a->open.lines = hs_array_reserve(a->open.lines, &a->open.room, a->open.length + n + 2, 1);
    memcpy(a->open.lines + a->open.length, line, n);
    memcpy(a->open.lines + a->open.length + n, "\n", 2);
    a->open.length += n + 1;
    return hs_program_is_open(&a->open.so_far, a->open.lines, a->open.length);
}

static void run_typed(app *a, const char *line)
{
    if (is_open_behind(a, line)) return;
    char *text = a->open.lines;
    a->open.lines = NULL;
    forget_open_lines(a);
    if (text[strspn(text, " \t\n")]) {
        hs_app_before_running(a);
        a->left = a->player.disturbed = true;
        a->typed = true;
        uint64_t before = hs_interpreter_failures(a->interpreter);
        hs_interpreter_run(a->interpreter, NULL, 1, text, strlen(text));
        a->typed_failures += hs_interpreter_failures(a->interpreter) - before;
        hs_app_after_running(a);
        hs_app_play_wanted(a);
    }
    free(text);
}

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

static void read_lines(app *a)
{
    const char *line;
    for (;;) {
        hs_line_status status = hs_prompt_read(a->prompt, &line);
        if (status == HS_LINE_END) break;
        if (status == HS_LINE) run_typed(a, line);
        if (status == HS_LINE_CANCELLED) forget_open_lines(a);
        if (hs_prompt_history_failed(a->prompt) && !a->message)
            hs_app_set_message(a, hs_app_copy("the history file can not be written"), true);
        if (a->quit || hs_interpreter_has_quit(a->interpreter)) break;
        a->stale = true;
    }
}

static void free_app(app *a)
{
    hs_app_end_slow_motion(a);
    hs_notes_close(a->notes);
    hs_player_close(&a->player);
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
    free(a->open.lines);
    hs_program_free(a->wanted);
    free(a->pasted);
    free(a->waiting);
    hs_zoom_path_end(&a->path);
    hs_shape_view_end(&a->shape);
    hs_scene_free(a->scene);
}

uint64_t hs_fullscreen_run(hs_session *session, const hs_fullscreen_config *config)
{
    app a = {.session = session, .config = config, .other_theme = -1};
    char why[HS_WHY];
    hs_prompt_host host = {&a, hs_app_next_char, hs_app_show_completions, stop_completing};
    hs_listener listener = {.context = &a,
                            .say = say,
                            .show = hs_app_show,
                            .begin = begin,
                            .performed = performed,
                            .interrupted = interrupted,
                            .ask = hs_app_ask,
                            .trusts = hs_app_trusts,
                            .progress = progress,
                            .go_on = go_on,
                            .play = play,
                            .cue = cue};
    if (config->light || config->large) a.other_theme = HS_THEME_LIGHT;
    a.state.resized = a.state.large = config->large;
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
    const char *notice = config->notice ? config->notice : hs_journal_notice(config->journal);
    hs_app_set_message(
        &a,
        hs_app_copy(
            notice ? notice
                   : "Type malloc 24, free p1, help. demos lists the lectures, F1 or ? the keys."),
        false);
    hs_app_open_script(&a, hs_app_first_script(&a));
    hs_app_open_trace(&a);
    read_lines(&a);
    uint64_t in_script = hs_interpreter_failures(a.interpreter) - a.typed_failures;
    int ended_by = hs_terminal_end_signal(a.terminal);
    hs_painter_free(a.painter);
    hs_terminal_close(a.terminal);
    free_app(&a);
    if (ended_by) raise(ended_by); /* so that the shell learns of it */
    return in_script;
}

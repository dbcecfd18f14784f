/* SPDX-License-Identifier: MIT */
/* heapscope: what the options ask for, and the choice of a front end. */
#include "base/count.h"
#include "base/files.h"
#include "base/memory.h"
#include "language/demos.h"
#include "language/interpreter.h"
#include "ui/ansi.h"
#include "ui/compare.h"
#include "ui/convert.h"
#include "ui/full/fullscreen.h"
#include "ui/generate.h"
#include "ui/guard.h"
#include "ui/journal.h"
#include "ui/notes.h"
#include "ui/options.h"
#include "ui/plain.h"
#include "ui/problem_sheet.h"
#include "ui/trace_io.h"
#include "view/settings.h"

#include <ctype.h>
#include <inttypes.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool set(hs_session *s, const char *option, const char *value)
{
    hs_problem problem;
    return hs_session_perform(
        s, &(hs_op){.kind = HS_OP_SET, .name = option, .text = value, .text_length = strlen(value)},
        &problem);
}

/* The homework writes its choices in capitals. */
static bool set_small(hs_session *s, const char *option, const char *value)
{
    char small[32];
    size_t n = 0;
    for (; value[n] && n + 1 < sizeof small; n++) small[n] = (char)tolower((unsigned char)value[n]);
    small[n] = 0;
    return set(s, option, small);
}

/* Set the options of the homework. A pointer that was freed before goes on to the allocator, which
 * answers -1 as the homework does. */
static bool set_ostep(hs_session *s, const hs_options *a)
{
    if (a->policy && !set_small(s, "fit", a->policy)) {
        hs_options_complain("there is no policy %s: BEST, WORST, FIRST", a->policy);
        return false;
    }
    if (a->order && !set_small(s, "order", a->order)) {
        hs_options_complain(
            "there is no order %s: ADDRSORT, SIZESORT+, SIZESORT-, INSERT-FRONT, INSERT-BACK",
            a->order);
        return false;
    }
    return (!a->coalesce || set(s, "coalesce", "on")) && set(s, "misuse", "allow") &&
           set(s, "picture", "off");
}

static bool can_fill_a_screen(const hs_options *a)
{
    const char *term = getenv("TERM");
    return !a->plain && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term &&
           strcmp(term, "dumb") != 0;
}

/* Read the trace that the options name; NULL after a complaint was printed. Remarks about it go to
 * *told, which the caller frees. */
static hs_trace *read_trace(const hs_options *a, char **told)
{
    hs_trace_report report;
    hs_trace *t = hs_trace_load(a->files[0],
                                &(hs_trace_reading){.format = a->from,
                                                    .lenient = a->lenient,
                                                    .max_unpacked = a->max_unpacked},
                                &report);
    if (report.error[0]) hs_print_line(stderr, "heapscope: %s", report.error);
    const char *keys = can_fill_a_screen(a)
                           ? "Space is the next one, p plays, F1 the keys."
                           : "forward goes to the next one, find growth to the next of a kind.";
    if (t)
        *told = hs_text("%s: %" PRIu64 " request%s, %s. %s%s%s", a->files[0], report.requests,
                        hs_plural(report.requests), report.format, keys, report.notes ? "\n" : "",
                        report.notes ? report.notes : "");
    hs_trace_report_free(&report);
    return t;
}

static hs_session *open_session(const hs_options *a, hs_trace *trace)
{
    hs_problem problem;
    hs_session *s = hs_session_of_trace(trace, a->allocator, &a->heap, &problem);
    if (!s) {
        hs_options_complain("%s", problem.what);
        return NULL;
    }
    hs_session_bring_settings(s, &hs_view_settings);
    if (trace) return s; /* which begins with its requests */
    if (a->large) set(s, "size", "large");
    if (a->theme) set(s, "theme", a->theme);
    if (!a->ostep || set_ostep(s, a)) return s;
    hs_session_free(s);
    return NULL;
}

/* The path of a script: of the file with that name, or else of the demo. The caller frees it. */
static char *script_path(const char *name)
{
    hs_demos all = {0};
    const hs_demo *demo = NULL;
    if (access(name, F_OK) != 0) {
        all = hs_demos_find();
        demo = hs_demo_named(&all, name);
    }
    char *path = demo ? hs_demo_path(&all, demo) : hs_copy(name);
    hs_demos_free(&all);
    return path;
}

/* How --check prints: only what went wrong. */
static hs_plain_style silent_style(const hs_options *a, hs_way way)
{
    return (hs_plain_style){.ascii = a->ascii, .silent = true, .columns = 80, .way = way};
}

static hs_way way_of(const hs_options *a)
{
    return a->trust ? HS_WAY_TRUSTED : HS_WAY_TYPED;
}

/* Every script runs on a session of its own. */
static int check_files(const hs_options *a)
{
    uint64_t failures = 0;
    for (int i = 0; i < a->file_count; i++) {
        hs_session *s = open_session(a, NULL);
        if (!s) return HS_USAGE;
        char *path = script_path(a->files[i]);
        hs_plain_style style = silent_style(a, hs_demos_hold(path) ? HS_WAY_LECTURE : HS_WAY_CHECK);
        failures += hs_plain_play(s, &style, path);
        free(path);
        hs_session_free(s);
    }
    return failures ? HS_FAILED : HS_OK;
}

/* $XDG_VARIABLE/heapscope/NAME, or the usual place under HOME where the variable is not set; NULL
 * if HOME is not set either. */
static char *xdg_file(const char *variable, const char *fallback, const char *name)
{
    const char *folder = getenv(variable), *home = getenv("HOME");
    if (folder && *folder == '/') return hs_text("%s/heapscope/%s", folder, name);
    return home && *home ? hs_text("%s/%s/heapscope/%s", home, fallback, name) : NULL;
}

/* One command for each operation of a list: the player stops behind each. */
static char *ops_script(const char *list)
{
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    fputs("ops ", out);
    for (; *list; list++) {
        putc(*list == ',' ? '\n' : *list, out);
        if (*list == ',') fputs("ops ", out);
    }
    hs_text_end(out);
    return text;
}

/* The homework's random operations, when one of their options is given. */
static char *homework_script(const hs_options *a)
{
    char *text;
    text = hs_text("homework seed %s n %s range %s percent %s", a->seed ? a->seed : "0",
                   a->number ? a->number : "10", a->range ? a->range : "10",
                   a->percent ? a->percent : "50");
    return text;
}

static char *quiz_script(const hs_options *a)
{
    char *text;
    text = hs_text("quiz seed %s n %s %s", a->seed ? a->seed : "1", a->number ? a->number : "10",
                   a->answers ? "answers" : "sheet");
    return text;
}

/* The homework's operations one by one, so that the player stops behind each. Which they are
 * depends on what the allocator answers: they are performed on a session that is then thrown away.
 */
static char *homework_steps(const hs_options *a)
{
    hs_plain_style silent = silent_style(a, way_of(a));
    hs_session *s = open_session(a, NULL);
    if (!s) return NULL;
    char *script = homework_script(a), *text = NULL;
    size_t size;
    uint64_t set_up = hs_session_op_count(s);
    hs_plain_run(s, &silent, "LIST", script);
    FILE *out = hs_text_begin(&text, &size);
    for (uint64_t i = set_up; i < hs_session_op_count(s); i++) {
        char *line = hs_session_record_text(s, i);
        fprintf(out, "%s\n", line);
        free(line);
    }
    hs_text_end(out);
    free(script);
    hs_session_free(s);
    return text;
}

static bool is_on_paper(const hs_options *a)
{
    return a->quiz || a->answers;
}

static bool is_at_random(const hs_options *a)
{
    return a->ostep && !a->ops &&
           (is_on_paper(a) || a->seed || a->number || a->range || a->percent);
}

/* The commands that the options stand for; NULL if there are none. */
static char *script_of(const hs_options *a, bool full_screen)
{
    if (a->ops) return ops_script(a->ops);
    if (is_at_random(a)) return full_screen ? homework_steps(a) : homework_script(a);
    return is_on_paper(a) ? quiz_script(a) : NULL;
}

static void run_config(hs_session *s, const hs_options *a)
{
    hs_plain_style silent = silent_style(a, way_of(a));
    char *config = xdg_file("XDG_CONFIG_HOME", ".config", "config");
    if (config && access(config, R_OK) == 0) hs_plain_play(s, &silent, config);
    free(config);
}

static uint64_t run_front_end(const hs_options *a, hs_session *s, hs_journal *journal,
                              const char *notice)
{
    bool full_screen = !is_on_paper(a) && can_fill_a_screen(a);
    char *file = a->file_count && !a->trace ? script_path(a->files[0]) : NULL;
    char *text = script_of(a, full_screen);
    char *history = xdg_file("XDG_STATE_HOME", ".local/state", "history");
    hs_plain_style style = {.pen = NULL};
    uint64_t failures;
    if (!full_screen) style = hs_plain_style_of_output(a->ascii, a->colour);
    style.questions = a->quiz && !a->answers;
    style.way = way_of(a);
    if (full_screen)
        failures =
            hs_fullscreen_run(s, &(hs_fullscreen_config){.script = file,
                                                         .text = text,
                                                         .notice = notice,
                                                         .history = history,
                                                         .ascii = a->ascii,
                                                         .colour = a->colour,
                                                         .journal = journal,
                                                         .way = way_of(a),
                                                         .light = a->trace && a->theme &&
                                                                  strcmp(a->theme, "light") == 0,
                                                         .large = a->trace && a->large});
    else if (text)
        failures = hs_plain_run(s, &style, "LIST", text);
    else if (file)
        failures = hs_plain_play(s, &style, file);
    else {
        if (notice) hs_print(stdout, "%s\n", notice);
        failures = hs_plain_converse(s, &style, history, journal);
    }
    hs_plain_style_end(&style);
    free(text);
    free(file);
    free(history);
    return failures;
}

/* A fresh session, which offers the one that was cut short. */
static hs_session *begin_session(const hs_options *a, hs_journal *journal)
{
    hs_session *s = open_session(a, NULL);
    if (!s) return NULL;
    run_config(s, a);
    hs_journal_begin(journal, s, a->allocator, &a->heap);
    if (isatty(STDIN_FILENO) && !a->file_count) hs_journal_offer(journal);
    return s;
}

/* The look that the configuration asks for. A trace's session can not run it: the requests of the
 * trace are its first operations. */
static hs_options with_look(const hs_options *a)
{
    hs_options with = *a;
    hs_session *s = open_session(a, NULL);
    if (!s) return with;
    run_config(s, a);
    if (!with.theme && hs_session_setting(s, HS_SET_THEME) == HS_THEME_LIGHT) with.theme = "light";
    if (hs_session_setting(s, HS_SET_SIZE) == HS_SIZE_LARGE) with.large = true;
    hs_session_free(s);
    return with;
}

/* Go through a trace. It has no journal: the trace is a file already, and `save` writes what was
 * typed into it. */
static int go_through_trace(const hs_options *a)
{
    char *told = NULL;
    hs_trace *t = read_trace(a, &told);
    hs_session *s = t ? open_session(a, t) : NULL;
    if (!s) {
        free(told);
        return t ? HS_USAGE : HS_FAILED;
    }
    hs_options with = with_look(a);
    uint64_t failures = run_front_end(&with, s, NULL, told);
    hs_session_free(s);
    free(told);
    return failures ? HS_FAILED : HS_OK;
}

/* One session, and those that the user goes on with from it: the one that is left is kept. So is
 * one that was continued where nobody types, for nobody has seen it end. */
static int converse(const hs_options *a)
{
    char *folder = xdg_file("XDG_STATE_HOME", ".local/state", "sessions");
    hs_journal *journal = hs_journals_in(folder);
    bool go_on = a->go_on;
    uint64_t failures = 0;
    free(folder);
    do {
        hs_session *s = go_on ? hs_journal_continue(journal) : begin_session(a, journal);
        if (!s) {
            if (go_on) hs_print(stderr, "heapscope: %s\n", hs_journal_notice(journal));
            hs_journal_free(journal);
            return go_on ? HS_FAILED : HS_USAGE;
        }
        failures = run_front_end(a, s, journal, NULL);
        go_on = hs_journal_is_asked(journal);
        hs_journal_end(journal, !go_on && isatty(STDIN_FILENO));
        hs_session_free(s);
    } while (go_on);
    hs_journal_free(journal);
    return failures ? HS_FAILED : HS_OK;
}

/* The tools, each of which has options of its own. */
static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} tools[] = {
    {"--ostep-segmentation", hs_problem_sheet},
    {"compare", hs_compare_traces},
    {"convert", hs_convert},
    {"generate", hs_generate_file},
};

static int run(int argc, char **argv)
{
    hs_file_guard_standard();
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C"); /* numbers have a decimal point in what is read and written, as
                                 * JSON wants it */
    signal(SIGXFSZ, SIG_IGN);   /* writing beyond the largest allowed file is then an error that
                                 * can be told, and no death */
    hs_options a = {.allocator = NULL};
    a.ascii = hs_locale_is_ascii();
    for (size_t i = 0; argc > 1 && i < sizeof tools / sizeof *tools; i++)
        if (strcmp(argv[1], tools[i].name) == 0)
            return hs_options_finish(tools[i].run(argc - 1, argv + 1));
    int status = hs_options_parse(argc, argv, &a);
    if (status) return status;
    if (a.notes)
        status = hs_notes_watch(a.ascii, a.theme && strcmp(a.theme, "light") == 0, a.colour);
    else
        status = a.check ? check_files(&a) : a.trace ? go_through_trace(&a) : converse(&a);
    return hs_options_finish(status);
}

/* Where memory runs out the terminal is given back first, so that the line is seen. */
int main(int argc, char **argv)
{
    HS_ENTER((hs_guard_give_back(), hs_end_without_memory()), EXIT_FAILURE);
    return run(argc, argv);
}

/* SPDX-License-Identifier: MIT */
/* Line mode: a listener that prints, and loops that feed the interpreter with lines or a file. */
#include "ui/plain.h"

#include "base/clock.h"
#include "base/count.h"
#include "base/files.h"
#include "base/memory.h"
#include "language/interpreter.h"
#include "ui/ansi.h"
#include "ui/editor.h"
#include "ui/progress_line.h"
#include "view/address_space.h"
#include "view/byte_map.h"
#include "view/difference.h"
#include "view/explanation.h"
#include "view/narration.h"
#include "view/pictures.h"
#include "view/segments.h"
#include "view/settings.h"
#include "view/shape.h"
#include "view/side_by_side.h"

#include <heapscope/reading.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Where lines come from. */
typedef struct {
    hs_editor *editor; /* NULL: a pipe or a file */
    char *line;
    size_t capacity;
    size_t number; /* the number of the last line */
} line_source;

typedef struct {
    hs_session *session;
    const hs_plain_style *style;
    bool echo;          /* a script is played: show its commands before their answers */
    line_source *lines; /* where answers come from */
    hs_interpreter *interpreter;
    hs_journal *journal;   /* NULL where nobody types */
    hs_progress_line line; /* tells how far the running command is */
    int64_t kept;          /* when what the command did was kept last */
    bool reports;          /* it is telling how far it is; the session may stand anywhere */
} printer;

enum { MAP_ROWS = 12, LIST_ROWS = 1000 };

hs_plain_style hs_plain_style_of_output(bool ascii, hs_colour colour)
{
    struct winsize size = {0};
    const char *columns = getenv("COLUMNS");
    bool terminal = isatty(STDOUT_FILENO);
    hs_plain_style style = {.ascii = ascii, .columns = 80, .pen = hs_pen_of_output(colour)};
    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
        style.columns = size.ws_col;
    else if (columns && atoi(columns) > 0)
        style.columns = atoi(columns);
    if (style.columns > 1000) style.columns = 1000;
    return style;
}

void hs_plain_style_end(hs_plain_style *style)
{
    hs_pen_free(style->pen);
    style->pen = NULL;
}

static hs_ink ink_of(const printer *p)
{
    bool light = hs_session_setting(p->session, HS_SET_THEME) == HS_THEME_LIGHT;
    return (hs_ink){.ascii = p->style->ascii, .light = light, .pen = p->style->pen};
}

static void print_scene(const printer *p, hs_scene *scene)
{
    hs_print_scene(stdout, scene, ink_of(p));
    hs_scene_free(scene);
}

static hs_lockstep *lockstep(const printer *p)
{
    return p->interpreter ? hs_interpreter_lockstep(p->interpreter) : NULL;
}

static void print_own(const printer *p, char *text)
{
    if (text) hs_print_text(stdout, HS_ROLE_TEXT, text, ink_of(p));
    free(text);
}

static hs_subject subject_of(const printer *p)
{
    return p->interpreter ? hs_interpreter_subject(p->interpreter)
                          : (hs_subject){.session = p->session};
}

/* Print all rows that a picture has. What is cut is told. */
static void print_picture(const printer *p, const hs_picture *picture, const hs_subject *of)
{
    int columns = p->style->columns, above = (picture->flags & HS_UNTITLED) ? 1 : 0;
    if (picture->text) {
        print_own(p, picture->text(of));
        return;
    }
    if (of->lanes && !(picture->flags & HS_SHOWS_LANES)) {
        print_own(p, hs_lanes_picture(of->lanes, picture, columns, p->style->ascii));
        return;
    }
    size_t rows = picture->rows(of, columns), most = rows < LIST_ROWS ? rows : LIST_ROWS;
    hs_scene *scene = hs_scene_new((int)most, columns, p->style->ascii);
    picture->paint(of, hs_pane_of(scene), 0);
    hs_scene_drop_rows(scene, above);
    print_scene(p, scene);
    if (rows > most && !(picture->flags & HS_SAYS_CUT))
        hs_print(stdout, "... %zu more row%s\n", rows - most, hs_plural(rows - most));
}

/* Print the map. Without colours, bytes that are pointed out do not stand out, so they are also
 * told. */
static void print_map(const printer *p, const hs_subject *of)
{
    if (of->length)
        hs_print(stdout, "look at 0x%" PRIx64 " to 0x%" PRIx64 ", %" PRIu64 " byte%s\n", of->at,
                 of->at + of->length, of->length, hs_plural(of->length));
    if (!of->length || p->style->pen) print_picture(p, &hs_picture_map, of);
}

/* Print every step of a request, and the map after it where bytes changed. */
static void print_steps(const printer *p, const hs_subject *of)
{
    hs_session *own = NULL;
    hs_problem problem;
    hs_session *s = hs_session_stage(p->session, of->command, &own, &problem);
    size_t number = 0, changes;
    for (size_t from = 0, to; s && (to = hs_step_end(s, from)) != from; from = to) {
        char *text = hs_step_text(s, from, to);
        hs_session_seek(s, from, to);
        hs_print(stdout, "%3zu. ", ++number);
        hs_print_text(stdout, HS_ROLE_TEXT, text, ink_of(p));
        hs_session_changes(s, &changes);
        if (changes) print_picture(p, &hs_picture_map, &(hs_subject){.session = s});
        free(text);
    }
    if (!s) hs_print_text(stdout, HS_ROLE_TEXT, problem.what, ink_of(p));
    if (s) hs_session_leave_stage(s);
    hs_session_free(own);
}

/* Print every step of an address space in words, and then the picture. */
static void print_space(const printer *p, const hs_picture *picture, hs_space *space,
                        const hs_subject *of)
{
    for (size_t i = 1; of->step && i <= space->step_count; i++) {
        hs_space_go(space, i);
        char *text = hs_space_step_text(space);
        if (space->step_count > 1) hs_print_text(stdout, HS_ROLE_TEXT, text, ink_of(p));
        free(text);
    }
    print_picture(p, picture, of);
}

static void print_process(const printer *p, const hs_subject *of)
{
    print_space(p, &hs_picture_process, hs_interpreter_spaces(p->interpreter)->own, of);
}

static void print_live(const printer *p, const hs_subject *of)
{
    print_space(p, &hs_picture_live, hs_interpreter_spaces(p->interpreter)->live, of);
}

/* Print what a split begins with, and what `split` alone shows. */
static void print_split(const printer *p, const hs_subject *of)
{
    hs_lockstep_has_news(lockstep(p));
    print_picture(p, &hs_picture_split, of);
    print_own(p, hs_lanes_parting(of->lanes));
}

/* The pictures that take more than to be printed. */
static const struct {
    const hs_picture *picture;
    void (*print)(const printer *, const hs_subject *);
} prints[] = {{&hs_picture_map, print_map},
              {&hs_picture_steps, print_steps},
              {&hs_picture_process, print_process},
              {&hs_picture_live, print_live},
              {&hs_picture_split, print_split}};

/* --- How far it is -------------------------------------------------------------------------- */

/* Show how far a long command is. Meanwhile the session may stand half-way to a moment, so it is
 * not looked at. */
static void show_progress(printer *p, const char *doing)
{
    char text[96];
    if (p->style->silent || !hs_progress_line_is_due(&p->line)) return;
    if (!doing) hs_interpreter_progress(p->interpreter, text, sizeof text);
    hs_progress_line_show(&p->line, doing ? doing : text);
}

/* --- The listener --------------------------------------------------------------------------- */

static void say_note(const printer *p, const char *text, const char *mark)
{
    int width = p->style->columns < 80 ? p->style->columns : 80;
    hs_scene *scene = hs_scene_new(1, width, p->style->ascii);
    int rows = hs_put_wrapped(hs_pane_part(hs_pane_of(scene), 0, 2, 1, width - 2), 0, 0,
                              HS_ROLE_NOTE, text);
    hs_scene_free(scene);
    scene = hs_scene_new(rows, width, p->style->ascii);
    hs_put_wrapped(hs_pane_part(hs_pane_of(scene), 0, 2, rows, width - 2), 0, rows, HS_ROLE_NOTE,
                   text);
    for (int i = 0; i < rows; i++) hs_put(hs_pane_of(scene), i, 0, HS_ROLE_NOTE, mark);
    hs_print(stdout, "\n");
    print_scene(p, scene);
}

static void say(void *context, hs_voice voice, const char *text)
{
    printer *p = context;
    hs_progress_line_end(&p->line);
    if (voice == HS_SAY_ERROR) {
        fflush(stdout);
        hs_print_text(stderr, HS_ROLE_TEXT, text, (hs_ink){.ascii = p->style->ascii});
        return;
    }
    if (p->style->silent) return;
    switch (voice) {
    case HS_SAY_NOTE: say_note(p, text, "|"); break;
    case HS_SAY_QUESTION: say_note(p, text, "?"); break;
    case HS_SAY_TITLE: say_note(p, text, "#"); break;
    case HS_SAY_PRESENTER: break;                       /* whoever reads this is the audience */
    case HS_SAY_REFUSED: hs_print(stdout, "refused: "); /* fall through */
    case HS_SAY_ANSWER:
    case HS_SAY_VERDICT:
    case HS_SAY_ERROR: hs_print_text(stdout, HS_ROLE_TEXT, text, ink_of(p)); break;
    }
}

static void show(void *context, const hs_picture *picture, const hs_subject *of)
{
    printer *p = context;
    size_t i = 0;
    hs_progress_line_end(&p->line);
    if (p->style->silent) return;
    while (i < sizeof prints / sizeof *prints && prints[i].picture != picture) i++;
    if (i < sizeof prints / sizeof *prints)
        prints[i].print(p, of);
    else
        print_picture(p, picture, of);
}

static void begin(void *context, const hs_program *program, const hs_statement *s)
{
    printer *p = context;
    if (p->echo) hs_progress_line_begin(&p->line);
    if (!p->echo || p->style->silent || !s->command) return;
    unsigned flags = s->command->flags;
    if (flags & (HS_STAGE_DIRECTION | HS_NOT_ECHOED) || ((flags & HS_IS_GUARD) && !s->has_body))
        return;
    size_t n = s->where.end - s->where.start;
    char *text = hs_new(n + 3, 1);
    memcpy(text, "> ", 2);
    memcpy(text + 2, program->source + s->where.start, n);
    hs_print_text(stdout, HS_ROLE_TITLE, text, ink_of(p));
    free(text);
}

/* Write what was done into the journal, before it is told. */
static void keep(const printer *p)
{
    const char *trouble = hs_journal_keep(p->journal, p->session);
    if (trouble) hs_print(stderr, "heapscope: %s\n", trouble);
}

static void performed(void *context, const char *summary)
{
    printer *p = context;
    hs_progress_line_end(&p->line);
    keep(p);
    if (p->style->silent) return;
    hs_lockstep *l = lockstep(p);
    if (summary)
        hs_print_text(stdout, HS_ROLE_TEXT, summary, ink_of(p));
    else
        print_own(p, l ? hs_lanes_explain(l) : hs_explain(p->session));
    bool picture = hs_session_setting(p->session, HS_SET_PICTURE) == HS_PICTURE_ON;
    hs_subject of = subject_of(p);
    if (picture && hs_segments_are_news(p->session))
        print_picture(p, &hs_picture_segments, &of);
    else if (picture)
        print_map(p, &of);
    if (l && hs_lockstep_has_news(l)) print_own(p, hs_lanes_parting(l));
}

/* --- Ctrl-C --------------------------------------------------------------------------------- */

static bool interrupted(void *context)
{
    printer *p = context;
    int64_t now = hs_clock();
    if (p->reports || now - p->kept < 10) return hs_interrupts_asked();
    p->kept = now;
    keep(p);
    show_progress(p, NULL);
    return hs_interrupts_asked();
}

static const char *go_on(void *context)
{
    const printer *p = context;
    return hs_journal_ask(p->journal);
}

static void progress(void *context, const char *text)
{
    printer *p = context;
    p->reports = text;
    if (text)
        show_progress(p, text);
    else
        hs_progress_line_end(&p->line);
}

/* --- Lines ---------------------------------------------------------------------------------- */

/* The next line with its newline; NULL at the end. */
static const char *next_line(line_source *l, const wchar_t *prompt, size_t *length)
{
    if (l->editor) return hs_editor_read(l->editor, prompt, length);
    ssize_t n = hs_file_line(stdin, &l->line, &l->capacity);
    l->number += n >= 0;
    *length = n < 0 ? 0 : (size_t)n;
    return n < 0 ? NULL : l->line;
}

/* True if Ctrl-C ended the wait for a line: it clears what was typed, and never ends the
 * program. */
static bool was_cleared(const line_source *l)
{
    if (!l->editor || !hs_interrupts_asked()) return false;
    hs_interrupts_forget();
    hs_print(stdout, "\n");
    return true;
}

/* Ask a question. The answer is the next line of the input; it is printed if nobody was seen typing
 * it. A script that is played where nobody types does not wait for an answer. */
static bool ask(void *context, const char *question, bool on_map, hs_reply *reply)
{
    const printer *p = context;
    size_t n;
    (void)on_map;
    hs_print_text(stdout, HS_ROLE_TITLE, question, ink_of(p));
    bool typed = isatty(STDIN_FILENO);
    if (!p->lines->editor) hs_print(stdout, "? ");
    fflush(stdout);
    const char *line = NULL;
    n = 0;
    if (typed || !p->echo) line = next_line(p->lines, L"? ", &n);
    if (!line && hs_interrupts_asked())
        hs_print(stdout, "\n"); /* whoever asked will ask whether to stop */
    while (n && (line[n - 1] == '\n' || line[n - 1] == '\r')) n--;
    if (!typed) hs_print_bytes(stdout, n ? line : "", n);
    if (!typed) hs_print(stdout, "\n");
    if (!n) return false;
    reply->text = hs_copy_part(line, n);
    return true;
}

/* Ask whether a script may do what it wants, if somebody sees the question and can answer. */
static bool trusts(void *context, const char *wants, const char *question)
{
    hs_reply reply = {0};
    const printer *p = context;
    hs_print_text(stdout, HS_ROLE_TEXT, wants, ink_of(p));
    bool answered = ask(context, question, false, &reply);
    bool yes = answered && (strcmp(reply.text, "y") == 0 || strcmp(reply.text, "yes") == 0);
    free(reply.text);
    return yes;
}

/* Play a script as if it were named on the command line. */
static bool play(void *context, hs_program *script)
{
    printer *p = context;
    bool echo = p->echo;
    p->echo = true;
    bool good = hs_interpreter_run_loaded(p->interpreter, script);
    p->echo = echo;
    return good;
}

static hs_interpreter *interpreter_for(printer *p)
{
    hs_listener listener = {.context = p,
                            .say = say,
                            .show = show,
                            .begin = begin,
                            .performed = performed,
                            .interrupted = interrupted,
                            .progress = progress,
                            .go_on = go_on,
                            .play = play};
    bool seen = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (!p->style->silent) listener.ask = ask;
    if (!p->style->silent && seen) listener.trusts = trusts;
    p->interpreter = hs_interpreter_new(p->session, &listener);
    hs_interpreter_come_by(p->interpreter, p->style->way);
    if (p->style->questions) hs_interpreter_hide_answers(p->interpreter);
    return p->interpreter;
}

/* Read a statement, which goes on over several lines while a { is open. NULL at the end of
 * input. */
static char *next_statement(line_source *l, size_t *length)
{
    hs_opening opening = {0};
    char *text = NULL;
    size_t capacity = 0, n;
    *length = 0;
    for (;;) {
        const char *line = next_line(l, *length > 0 ? L"... " : L"heapscope> ", &n);
        if (!line && was_cleared(l)) {
            opening = (hs_opening){0};
            *length = 0;
            continue;
        }
        if (!line) return text;
        text = hs_array_reserve(text, &capacity, *length + n + 1, 1);
        memcpy(text + *length, line, n);
        *length += n;
        bool is_too_long = n > HS_LINE_MOST + 1; /* which is told when it is run */
        if (is_too_long || !hs_program_is_open(&opening, text, *length)) return text;
    }
}

uint64_t hs_plain_converse(hs_session *session, const hs_plain_style *style,
                           const char *history_file, hs_journal *journal)
{
    bool typed = isatty(STDIN_FILENO);
    line_source l = {0};
    printer p = {
        .session = session, .style = style, .lines = &l, .journal = typed ? journal : NULL};
    hs_interpreter *in = interpreter_for(&p);
    char *text;
    size_t length;
    if (typed) hs_interrupts_catch();
    if (typed) l.editor = hs_editor_new(session, history_file);
    if (hs_journal_notice(p.journal)) hs_print(stdout, "%s\n", hs_journal_notice(p.journal));
    while (!hs_interpreter_has_quit(in)) {
        size_t first = l.number + 1;
        if (!(text = next_statement(&l, &length))) break;
        hs_interrupts_forget();
        hs_progress_line_begin(&p.line);
        hs_interpreter_run(in, typed ? NULL : "<stdin>", first, text, length);
        keep(&p);
        fflush(stdout);
        hs_journal_sync(p.journal);
        free(text);
    }
    uint64_t failures = hs_interpreter_failures(in);
    hs_editor_free(l.editor);
    free(l.line);
    hs_interpreter_free(in);
    return failures;
}

uint64_t hs_plain_play(hs_session *session, const hs_plain_style *style, const char *path)
{
    line_source l = {0};
    printer p = {.session = session, .style = style, .echo = true, .lines = &l};
    hs_interpreter *in = interpreter_for(&p);
    hs_interpreter_run_file(in, path);
    uint64_t failures = hs_interpreter_failures(in);
    hs_interpreter_free(in);
    free(l.line);
    return failures;
}

uint64_t hs_plain_run(hs_session *session, const hs_plain_style *style, const char *name,
                      const char *text)
{
    line_source l = {0};
    printer p = {.session = session, .style = style, .lines = &l};
    hs_interpreter *in = interpreter_for(&p);
    hs_interpreter_run(in, name, 1, text, strlen(text));
    uint64_t failures = hs_interpreter_failures(in);
    hs_interpreter_free(in);
    free(l.line);
    return failures;
}

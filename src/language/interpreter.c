/* SPDX-License-Identifier: MIT */
/* The interpreter: statements one after another, errors told with their place. */
#include "language/commands.h"

#include "base/files.h"
#include "base/kind.h"
#include "base/memory.h"
#include "base/text.h"
#include "view/pictures.h"
#include "view/settings.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

hs_interpreter *hs_interpreter_with(hs_session *session, const hs_listener *listener,
                                    const hs_request_hook *hook)
{
    hs_interpreter *in = hs_new(1, sizeof *in);
    in->session = session;
    hs_session_bring_settings(session, &hs_view_settings);
    in->listener = *listener;
    in->hook = hook;
    in->hooked = hs_new(1, hook->own_size);
    return in;
}

void hs_interpreter_free(hs_interpreter *in)
{
    if (!in) return;
    if (!in->keeps_lanes) hs_lockstep_free(in->lockstep);
    for (size_t i = 0; i < in->lane_count; i++) hs_lockstep_free(in->lanes[i]);
    free(in->lanes);
    free(in->refusal);
    free(in->saved);
    free(in->hooked);
    hs_spaces_free(&in->spaces);
    free(in);
}

void hs_interpreter_come_by(hs_interpreter *in, hs_way way)
{
    in->way = way;
}

void hs_interpreter_hide_answers(hs_interpreter *in)
{
    in->questions_only = true;
}

hs_lockstep *hs_interpreter_lockstep(const hs_interpreter *in)
{
    if (in->lockstep) hs_lockstep_follow(in->lockstep);
    return in->lockstep;
}

void hs_interpreter_keep_lanes(hs_interpreter *in)
{
    in->keeps_lanes = true;
}

void hs_interpreter_use_lanes(hs_interpreter *in, hs_lockstep *l)
{
    in->lockstep = l;
}

void hs_set_lanes(hs_interpreter *in, hs_lockstep *l)
{
    if (!in->keeps_lanes) hs_lockstep_free(in->lockstep);
    in->lockstep = l;
    if (!in->keeps_lanes || !l) return;
    in->lanes =
        hs_array_reserve(in->lanes, &in->lane_capacity, in->lane_count + 1, sizeof(hs_lockstep *));
    in->lanes[in->lane_count++] = l;
}

bool hs_interpreter_has_quit(const hs_interpreter *in)
{
    return in->quit;
}

uint64_t hs_interpreter_failures(const hs_interpreter *in)
{
    return in->failures;
}

/* --- Saying and showing --------------------------------------------------------------------- */

bool hs_say(hs_interpreter *in, hs_voice voice, const char *text)
{
    in->listener.say(in->listener.context, voice, text);
    return true;
}

bool hs_say_own(hs_interpreter *in, hs_voice voice, char *text)
{
    hs_say(in, voice, text);
    free(text);
    return true;
}

bool hs_say_argument(hs_interpreter *in, hs_voice voice, const hs_argument *a)
{
    static const char nul[] = "\xe2\x90\x80"; /* U+2400 */
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    for (size_t i = 0; i < a->length; i++)
        if (a->text[i])
            putc(a->text[i], out);
        else
            fputs(nul, out);
    hs_text_end(out);
    return hs_say_own(in, voice, text);
}

hs_spaces *hs_interpreter_spaces(hs_interpreter *in)
{
    return &in->spaces;
}

hs_subject hs_interpreter_subject(const hs_interpreter *in)
{
    return (hs_subject){
        .session = in->session, .lanes = hs_interpreter_lockstep(in), .spaces = &in->spaces};
}

bool hs_show_picture(hs_interpreter *in, const hs_picture *picture, hs_subject of)
{
    const hs_subject ours = hs_interpreter_subject(in);
    of.session = ours.session;
    of.lanes = ours.lanes;
    of.spaces = ours.spaces;
    in->listener.show(in->listener.context, picture, &of);
    return true;
}

bool hs_run_picture(hs_interpreter *in, const hs_statement *s)
{
    return hs_show_picture(in, s->command->picture, (hs_subject){0});
}

char *hs_text_of(void (*put)(FILE *, const hs_session *), const hs_session *session)
{
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    put(out, session);
    hs_text_end(out);
    return text;
}

/* --- Errors --------------------------------------------------------------------------------- */

static bool fail_text(hs_interpreter *in, char *text)
{
    if (in->expecting_error) {
        free(in->refusal);
        in->refusal = text;
        return false;
    }
    in->failures++;
    in->listener.say(in->listener.context, HS_SAY_ERROR, text);
    free(text);
    return false;
}

bool hs_fail_with(hs_interpreter *in, const hs_complaint *c)
{
    const hs_program *p = in->program;
    if (!in->expecting_error)
        return fail_text(in, hs_complaint_text(c, p->name, p->first_line, p->source, p->length));
    char *text = hs_new(1, sizeof c->what);
    memcpy(text, c->what, sizeof c->what);
    return fail_text(in, text);
}

bool hs_fail_at(hs_interpreter *in, hs_span where, const char *what, const char *hint)
{
    hs_complaint c;
    hs_complain(&c, where, "%s", what);
    hs_hint(&c, "%s", hint ? hint : "");
    return hs_fail_with(in, &c);
}

/* --- Arguments ------------------------------------------------------------------------------ */

static hs_reader reader_of(hs_interpreter *in, const hs_argument *a, hs_complaint *c)
{
    return (hs_reader){.text = in->program->source,
                       .length = a->where.end,
                       .at = a->where.start,
                       .session = in->session,
                       .complaint = c};
}

bool hs_count_of(hs_interpreter *in, hs_reader *r, uint64_t *value)
{
    hs_read_blanks(r);
    size_t start = r->at;
    if (!hs_read_size(r, value)) return hs_fail_with(in, r->complaint);
    if (!r->address) return true;
    hs_complain(r->complaint, (hs_span){start, r->at},
                "%.*s is an address, 0x%" PRIx64 ": no number of bytes or of times",
                r->at - start > 40 ? 40 : (int)(r->at - start), r->text + start, *value);
    hs_hint(r->complaint, "size(p1) is the bytes that p1 was asked for, p2 - p1 a distance");
    return hs_fail_with(in, r->complaint);
}

bool hs_size_of_argument(hs_interpreter *in, const hs_argument *a, uint64_t *value)
{
    hs_complaint c;
    hs_reader r = reader_of(in, a, &c);
    if (!hs_count_of(in, &r, value)) return false;
    if (r.at == r.length) return true;
    return hs_fail_at(in, (hs_span){r.at, r.length}, "the number should end here", NULL);
}

bool hs_pointer_of_argument(hs_interpreter *in, const hs_argument *a, hs_pointer *p)
{
    hs_complaint c;
    hs_reader r = reader_of(in, a, &c);
    return hs_read_pointer(&r, p) || hs_fail_with(in, &c);
}

/* --- Performing ----------------------------------------------------------------------------- */

/* The part of the statement that a problem of the session is about. */
static hs_span place_of(const hs_statement *s, hs_operand operand)
{
    if (!s->command) return s->arguments[0].where;
    for (size_t i = 0; i < HS_PARAMETERS; i++) {
        hs_parameter_kind kind = s->command->parameters[i].kind;
        if (!s->arguments[i].present) continue;
        bool pointer = kind == HS_PARAMETER_POINTER;
        bool name = kind == HS_PARAMETER_OPTION || kind == HS_PARAMETER_ALLOCATOR ||
                    kind == HS_PARAMETER_WORD;
        bool value = kind == HS_PARAMETER_VALUE || kind == HS_PARAMETER_SIZE;
        if ((operand == HS_OPERAND_POINTER && pointer) || (operand == HS_OPERAND_NAME && name) ||
            (operand == HS_OPERAND_VALUE && value))
            return s->arguments[i].where;
    }
    return s->head;
}

/* True if the operation has a line that can be read again, for scripts and journals write one for
 * each. A control character takes four characters there. */
static bool has_a_line(const hs_session *s, const hs_op *op)
{
    enum { SHORT = HS_LINE_MOST / 4 - 256 };
    if (op->text_length < SHORT) return true;
    char *line = hs_session_op_text(s, op);
    bool good = strlen(line) <= HS_LINE_MOST;
    free(line);
    return good;
}

bool hs_perform_unasked(hs_interpreter *in, const hs_statement *s, const hs_op *op)
{
    hs_problem problem;
    if (!has_a_line(in->session, op))
        return hs_fail_at(in, s->where, "this would be saved as a line longer than 1 MiB",
                          "write it in parts");
    if (in->lockstep ? hs_lockstep_perform(in->lockstep, op, &problem)
                     : hs_session_perform(in->session, op, &problem))
        return true;
    return hs_fail_at(in, place_of(s, problem.operand), problem.what, problem.hint);
}

bool hs_perform_untold(hs_interpreter *in, const hs_statement *s, const hs_op *op)
{
    if (!in->hook->before(in, op, in->hooked) || !hs_perform_unasked(in, s, op)) return false;
    in->hook->behind(in, in->hooked);
    return true;
}

void hs_tell_performed(hs_interpreter *in, const char *summary)
{
    if (in->inside) return;
    in->listener.performed(in->listener.context, summary);
    if (in->mistaken)
        hs_show_picture(in, &hs_picture_why,
                        (hs_subject){.command = hs_session_op_count(in->session)});
    in->mistaken = false;
}

bool hs_perform(hs_interpreter *in, const hs_statement *s, const hs_op *op)
{
    if (!hs_perform_untold(in, s, op)) return false;
    hs_tell_performed(in, NULL);
    return true;
}

/* Run NAME = POINTER. */
static bool run_assignment(hs_interpreter *in, const hs_statement *s)
{
    hs_op op = {.kind = HS_OP_ASSIGN, .name = s->result};
    if (!hs_pointer_of_argument(in, &s->arguments[0], &op.p)) return false;
    return hs_perform(in, s, &op);
}

/* The most commands that come of one: hours of work, but not years. Nobody waits for the product of
 * two large numbers. */
#define MOST_COMMANDS ((uint64_t)1 << 32)

static bool too_many(hs_interpreter *in, hs_span where, uint64_t commands)
{
    hs_complaint c;
    hs_complain(&c, where, "%s%" PRIu64 " commands would come of this: the most is %" PRIu64,
                commands == UINT64_MAX ? "more than " : "", commands, MOST_COMMANDS);
    return hs_fail_with(in, &c);
}

bool hs_begin_work(hs_interpreter *in, hs_span where, uint64_t commands)
{
    uint64_t done = in->work.depth ? in->work.done : 0, all;
    if (__builtin_add_overflow(done, commands, &all)) all = UINT64_MAX;
    if (all > MOST_COMMANDS) return too_many(in, where, all);
    if (!in->work.depth++) in->work.done = 0, in->work.total = commands;
    return true;
}

void hs_end_work(hs_interpreter *in)
{
    in->work.depth--;
}

static bool run_statement(hs_interpreter *in, const hs_statement *s)
{
    hs_complaint c;
    if (in->work.depth && in->work.done >= MOST_COMMANDS)
        return too_many(in, s->where, in->work.done + 1);
    if (!hs_statement_may(s, in->program->may, hs_way_in_of(in->way)->why, &c))
        return hs_fail_with(in, &c);
    if (in->listener.begin && !in->inside) in->listener.begin(in->listener.context, in->program, s);
    uint64_t done = in->work.done;
    bool good = s->command ? s->command->run(in, s) : run_assignment(in, s);
    in->work.done += in->work.done == done; /* if it ran no others, it counts as one itself */
    if (in->lockstep) hs_lockstep_follow(in->lockstep); /* for not every command uses hs_perform */
    return good;
}

/* True for a statement that may fail while the rest goes on: an expectation, which is counted. */
static bool goes_on(const hs_statement *s)
{
    return s->command && (s->command->flags & HS_IS_GUARD);
}

bool hs_run_statements(hs_interpreter *in, const hs_statement *statements, size_t count)
{
    bool good = true;
    for (size_t i = 0; i < count && !in->quit && !in->stopped; i++) {
        if (in->files && !in->inside && hs_interrupted(in)) return false;
        if (in->inside && in->work.done % 64 == 63 && hs_interrupted(in)) break;
        if (run_statement(in, &statements[i])) continue;
        good = false;
        if (!goes_on(&statements[i])) break;
    }
    return good;
}

/* --- Programs ------------------------------------------------------------------------------- */

/* False with a complaint about the first line that is too long. */
static bool has_lines(const char *source, size_t length, hs_complaint *c)
{
    for (size_t at = 0, n; at < length; at += n + 1) {
        const char *newline = memchr(source + at, '\n', length - at);
        n = newline ? (size_t)(newline - source) - at : length - at;
        if (n <= HS_LINE_MOST) continue;
        hs_complain(c, (hs_span){at, at + 1}, "this line is longer than 1 MiB");
        return hs_hint(c, "a statement may go on over several lines within { }");
    }
    return true;
}

static hs_program *parse(hs_interpreter *in, const char *name, size_t first_line,
                         const char *source, size_t length)
{
    hs_complaint c;
    hs_program *p = has_lines(source, length, &c)
                        ? hs_program_parse(name, first_line, source, length, &c)
                        : NULL;
    if (!p) fail_text(in, hs_complaint_text(&c, name, first_line, source, length));
    return p;
}

/* Give a program what it may do. NULL, after a complaint, if a part of it needs more. */
static hs_program *admit(hs_interpreter *in, hs_program *p, unsigned may, const char *why)
{
    hs_complaint c;
    if (!p) return NULL;
    p->may = may;
    if (hs_program_may(p, may, why, &c)) return p;
    fail_text(in, hs_complaint_text(&c, p->name, p->first_line, p->source, p->length));
    hs_program_free(p);
    return NULL;
}

/* Admit a script. It may do what the way in allows scripts, but no more than the program that names
 * it. What else that one may do, the script may do, too, if the user agrees. */
static hs_program *admit_script(hs_interpreter *in, hs_program *p)
{
    const hs_way_in *way = hs_way_in_of(in->way);
    unsigned most = in->program ? in->program->may : way->may, may = most & way->scripts;
    unsigned wants = p ? hs_program_needs(p) & ~may : 0;
    const char *why = way->why;
    if (wants && !(wants & ~most) && in->listener.trusts) {
        char *list = hs_program_wants(p, may);
        bool trusted = in->listener.trusts(in->listener.context, list, "Let it? y lets it");
        free(list);
        if (trusted) may |= wants;
        why = "you did not let it";
    }
    return admit(in, p, may, why);
}

static bool run_program(hs_interpreter *in, const hs_program *p, size_t from, size_t count)
{
    const hs_program *outer = in->program;
    in->program = p;
    in->stopped = false;
    hs_tell_of_session(in);
    bool good = count == 0 || hs_run_statements(in, p->statements + from, count);
    in->program = outer;
    hs_tell_of_session(in);
    return good;
}

bool hs_interpreter_run(hs_interpreter *in, const char *name, size_t first_line, const char *source,
                        size_t length)
{
    hs_program *p = parse(in, name, first_line, source, length);
    const hs_way_in *way = hs_way_in_of(in->way);
    p = admit(in, p, way->may, way->why);
    bool good = p && run_program(in, p, 0, p->count);
    hs_program_free(p);
    return good;
}

bool hs_interpreter_step(hs_interpreter *in, const hs_program *p, size_t index)
{
    return index < p->count && run_program(in, p, index, 1);
}

/* --- Files ---------------------------------------------------------------------------------- */

/* The longest script in bytes: a file that never ends must not take all memory. */
enum { LONGEST = 1 << 30 };

static bool asks_to_stop(void *of)
{
    return hs_interrupted(of);
}

/* Where the last line of a text begins, which has grown at its end. */
static size_t last_line(const char *text, size_t line, size_t length)
{
    const char *newline = memrchr(text + line, '\n', length - line);
    return newline ? (size_t)(newline + 1 - text) : line;
}

/* Read a whole file, but stop at a zero byte or a line that is too long: a file with one is
 * refused, so the rest is not needed. NULL with errno. */
static char *read_all(hs_interpreter *in, int fd, size_t *length)
{
    hs_stop stop = {asks_to_stop, in};
    size_t capacity = 0, line = 0;
    char *text = hs_array_reserve(NULL, &capacity, 4096, 1);
    ssize_t n;
    for (*length = 0; (n = hs_file_read(fd, text + *length, capacity - *length, stop)) > 0;) {
        bool has_zero = memchr(text + *length, 0, (size_t)n);
        *length += (size_t)n;
        line = last_line(text, line, *length);
        if (has_zero || *length - line > HS_LINE_MOST) return text;
        if (*length > LONGEST) break;
        text = hs_array_reserve(text, &capacity, *length + 1, 1);
    }
    if (n == 0) return text;
    if (n > 0) errno = EFBIG;
    int why = errno;
    free(text);
    errno = why;
    return NULL;
}

/* Refuse a file that is no script; if a statement names it, with the place of that. Always NULL. */
static hs_program *refuse_file(hs_interpreter *in, const char *path, const hs_argument *named,
                               const char *what, const char *reason)
{
    char *message = NULL;
    size_t size;
    FILE *out = hs_text_begin(&message, &size);
    hs_put_in_line(out, path);
    fprintf(out, ": %s%s", what, reason);
    hs_text_end(out);
    if (!named) return fail_text(in, message), NULL;
    hs_fail_at(in, named->where, message, NULL);
    free(message);
    return NULL;
}

static hs_program *load(hs_interpreter *in, const char *path, const hs_argument *named)
{
    size_t length;
    hs_file_report report;
    int fd = hs_file_open(path, &report);
    char *text = fd >= 0 ? read_all(in, fd, &length) : NULL;
    int why = errno;
    if (fd >= 0) close(fd);
    if (!text) {
        const char *reason = why == EFBIG ? "it is longer than 1 GiB" : strerror(why);
        if (fd < 0) reason = report.error;
        if (fd >= 0 && why == ECANCELED) {
            if (named) return NULL; /* the caller tells it */
            reason = "stopped";
        }
        return refuse_file(in, path, named, "can not be read: ", reason);
    }
    const hs_kind *kind = hs_kind_of(text, length);
    if (kind) {
        char what[128];
        free(text);
        hs_kind_tell(kind, "script", what, sizeof what);
        return refuse_file(in, path, named, "", what);
    }
    hs_program *p = parse(in, path, 1, text, length);
    free(text);
    return admit_script(in, p);
}

hs_program *hs_interpreter_load(hs_interpreter *in, const char *path)
{
    return load(in, path, NULL);
}

hs_program *hs_interpreter_parse(hs_interpreter *in, const char *name, const char *text)
{
    const hs_way_in *way = hs_way_in_of(in->way);
    return admit(in, parse(in, name, 1, text, strlen(text)), way->may, way->why);
}

bool hs_interpreter_run_loaded(hs_interpreter *in, hs_program *p)
{
    bool good = p && run_program(in, p, 0, p->count);
    hs_program_free(p);
    return good;
}

bool hs_interpreter_run_file(hs_interpreter *in, const char *path)
{
    return hs_interpreter_run_loaded(in, load(in, path, NULL));
}

bool hs_run_named_file(hs_interpreter *in, const hs_argument *a)
{
    return hs_interpreter_run_loaded(in, load(in, a->text, a));
}

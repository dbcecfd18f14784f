/* SPDX-License-Identifier: MIT */
/* The log of ltrace.
 *
 *      1234 libfoo.so->malloc(48)                   = 0x18102a0
 *      realloc(0x18102a0, 176)                      = 0x18102c0
 *      free(0x18102c0)                              = <void>
 *      1235 malloc(24 <unfinished ...>              another thread comes between ...
 *      1235 <... malloc resumed> )                  = 0x18102e0
 *
 * The number of the process, times and the calling library may be before a call. While a call is
 * unfinished, those of the same thread are parts of it: new, which calls malloc. Functions that do
 * not allocate are skipped.
 *
 * With ltrace -f threads and children have numbers of their own. Threads share a heap; a child has
 * a copy of its parent's, which is another trace. What tells them apart may come last:
 *
 *      1234 fork()                                  = 1240
 *      1240 +++ exited (status 0) +++               a child ends ...
 *      1234 --- SIGCHLD (Child exited) ---          ... and its parent is told
 *
 * So the log is read to its end, and, when it has children, once more without them. */
#include "trace/calls.h"
#include "trace/formats.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

static const char form[] =
    "a line is such as `malloc(48) = 0x18102a0` or `free(0x18102a0) = <void>`";

/* A thread or a child, whose lines begin with a number of its own. */
typedef struct {
    uint64_t number;
    uint64_t line;     /* its last one */
    hs_logged call;    /* the call that has not returned yet */
    bool is_pending;   /* there is such a call, and */
    bool is_given_up;  /* ltrace says that it will never return, though now and then it does */
    bool is_child;     /* of another one in the log */
    uint64_t ended_in; /* the line in which it ended; 0: it did not end */
} task;

typedef struct {
    hs_log log;
    task *tasks;
    size_t task_count, task_capacity;
    hs_addresses by_number; /* indices of tasks; keys: number + 1 */
    size_t now;             /* index of the task whose line is read */
    uint64_t number;        /* its number */
    size_t pending;         /* calls of all tasks that have not returned */
    uint32_t *ended;        /* tasks that ended, in order, and whose parents were not told yet */
    size_t ended_count, ended_capacity;
    bool first_ended;
    bool leaves_out;   /* children are known, and their calls are left out */
    uint64_t left_out; /* calls */
} ltrace;

/* --- Tasks ---------------------------------------------------------------------------------- */

enum { NUMBER_MOST = INT32_MAX };
#define NOBODY UINT64_MAX

static size_t task_of(ltrace *t, uint64_t number)
{
    uint32_t *there = hs_addresses_find(&t->by_number, number + 1);
    if (there) return *there;
    t->tasks = hs_array_reserve(t->tasks, &t->task_capacity, t->task_count + 1, sizeof *t->tasks);
    t->tasks[t->task_count] = (task){.number = number};
    hs_addresses_put(&t->by_number, number + 1, (uint32_t)t->task_count);
    return t->task_count++;
}

/* The task of a line that begins with this number. */
static inline task *switch_to(ltrace *t, uint64_t number)
{
    if (number != t->number) {
        t->now = task_of(t, number);
        t->number = number;
    }
    return &t->tasks[t->now];
}

static void note_child(ltrace *t, size_t child)
{
    if (!t->leaves_out) t->tasks[child].is_child = true;
}

static void note_end(ltrace *t, uint64_t line)
{
    t->tasks[t->now].ended_in = line;
    t->first_ended = t->first_ended || !t->now;
    t->ended = hs_array_reserve(t->ended, &t->ended_capacity, t->ended_count + 1, sizeof *t->ended);
    t->ended[t->ended_count++] = (uint32_t)t->now;
}

/* This task is told that children have ended: those that ended since its line before are
 * children. */
static void note_told(ltrace *t)
{
    for (; t->ended_count; t->ended_count--) {
        size_t last = t->ended[t->ended_count - 1];
        if (t->tasks[last].ended_in < t->tasks[t->now].line) return;
        if (last != t->now) note_child(t, last);
    }
}

/* fork returns the child's number to its parent, and 0 to the child. */
static void note_fork(ltrace *t, uint64_t number)
{
    size_t parent = t->now, child = parent;
    if (number > NUMBER_MOST) return;
    if (number) child = task_of(t, number);
    if (number ? child != parent : parent != 0) note_child(t, child);
}

/* The number of the task that begins the line; 0 if there is none, or if a time stands there. */
static uint64_t number_of(const char *at)
{
    uint64_t number = 0;
    at = hs_skip_blanks(at);
    if (hs_is_letter(*at)) return 0;
    if (*at == '[') at += strncmp(at, "[pid ", 5) == 0 ? 5 : 1;
    if (!hs_take_decimal(&at, &number) || (*at != ' ' && *at != ']')) return 0;
    return number <= NUMBER_MOST ? number : 0;
}

/* --- Lines ---------------------------------------------------------------------------------- */

/* Take what a call returned, behind its `=`. */
static bool take_result(const char *at, uint64_t *result)
{
    at = hs_skip_blanks(at);
    if (*at == '<' && strncmp(at, "<void>", 6) == 0) return *result = 0, hs_line_ends(at + 6);
    return hs_take_argument(&at, result) && hs_line_ends(at);
}

/* Find `) = RESULT`, which stands behind the arguments and those that ltrace made up. */
static const char *find_result(const char *at)
{
    for (; *at != '\n'; at++)
        if (*at == ')') {
            const char *equals = hs_skip_blanks(at + 1);
            if (*equals == '=') return equals + 1;
        }
    return NULL;
}

/* True if this stands in the rest of the line. */
static bool has(const char *at, const char *end, const char *what)
{
    return memmem(at, (size_t)(end - at), what, strlen(what)) != NULL;
}

/* Note that the pending call did not return. */
static void give_up(ltrace *t, task *now)
{
    now->is_pending = false;
    t->pending--;
    t->log.unfinished++;
}

/* True if this call is a part of another call of the task, which is pending. */
static bool is_part(ltrace *t, task *now)
{
    if (now->is_pending && now->is_given_up) give_up(t, now);
    return now->is_pending;
}

static void begin_call(ltrace *t, task *now, const hs_logged *call, bool given_up)
{
    if (is_part(t, now)) return;
    now->call = *call;
    now->is_pending = true;
    now->is_given_up = given_up;
    t->pending++;
}

/* True for a function that makes a child. */
static bool is_fork(const char *name, size_t n)
{
    return (n == 4 && memcmp(name, "fork", 4) == 0) || (n == 5 && memcmp(name, "vfork", 5) == 0);
}

/* `at`: behind the name of such a function. */
static void parse_fork(ltrace *t, const char *at)
{
    uint64_t number;
    const char *equals = find_result(at);
    if (equals && take_result(equals, &number)) note_fork(t, number);
}

/* `<... malloc resumed> ) = 0x18102e0` */
static void resume(hs_reading *r, ltrace *t, const char *line, const char *name)
{
    uint64_t result;
    size_t n = 0;
    task *now = &t->tasks[t->now];
    while (hs_is_word(name[n])) n++;
    if (is_fork(name, n)) {
        parse_fork(t, name);
        return;
    }
    const hs_call *call = hs_call_named(name, n);
    if (!now->is_pending || now->call.call != call)
        return; /* of another function, or a part of one */
    const char *equals = find_result(name);
    if (equals && take_result(equals, &result))
        hs_call_returned(r, &t->log, &now->call, result);
    else
        hs_bad(r, line, "its result is missing; %s", form);
    now->is_pending = false;
    t->pending--;
}

static void parse_call(hs_reading *r, ltrace *t, const char *line, const hs_call *call,
                       const char *arguments, const char *next)
{
    hs_logged logged = {.call = call};
    uint64_t result;
    task *now = &t->tasks[t->now];
    const char *at = arguments, *equals;
    bool good = hs_take_arguments(&at, &logged);
    const char *mark = good ? memchr(at, '<', (size_t)(next - at)) : NULL;
    if (!good) {
        hs_bad(r, line, "its arguments can not be read; %s", form);
    } else if (mark && hs_begins(mark, next, "<unfinished ...>")) {
        begin_call(t, now, &logged, false);
    } else if (mark && hs_begins(mark, next, "<no return ...>")) {
        begin_call(t, now, &logged, true);
    } else if (!(equals = find_result(at)) || !take_result(equals, &result)) {
        hs_bad(r, line, "its result is missing; %s", form);
    } else if (!is_part(t, now)) {
        hs_call_returned(r, &t->log, &logged, result);
    }
}

/* Where the name that ends here begins. */
static const char *name_before(const char *line, const char *end)
{
    while (end > line && hs_is_word(end[-1])) end--;
    return end;
}

/* The name of the function before the first bracket, and its length; @ and the library may stand
 * between. */
static const char *function_before(const char *line, const char *bracket, size_t *length)
{
    const char *at = name_before(line, bracket), *end = bracket;
    for (const char *p = bracket; at < bracket && p > line && !hs_is_blank(p[-1]); p--)
        if (p[-1] == '@') at = name_before(line, end = p - 1);
    *length = at < end ? (size_t)(end - at) : 0;
    return at;
}

/* Take `) = 0x18102a0` or `) = <void>`, with any blanks before the =. */
HS_INLINED const char *take_usual_end(const char *at, uint64_t *result)
{
    if (*at++ != ')') return NULL;
    at = hs_skip_blanks(at);
    if (!result) return hs_word_is(hs_word_at(at), "= <void>") && at[8] == '\n' ? at + 9 : NULL;
    if (!hs_word_is(hs_word_at(at), "= 0x")) return NULL;
    at += 4;
    return hs_take_hex_digits(&at, result) && *at == '\n' ? at + 1 : NULL;
}

/* Read a usual call, with or without a number before it. Returns where the next line begins; NULL:
 * it is something else, or parts have to be told from calls, or children from threads. */
HS_INLINED const char *parse_usual(hs_reading *r, ltrace *t, const char *at)
{
    uint64_t number = 0;
    if (*at == ' ' || (*at >= '0' && *at <= '9')) {
        at = hs_skip_blanks(at);
        if (!hs_take_decimal(&at, &number) || *at != ' ' || number > NUMBER_MOST) return NULL;
        at = hs_skip_blanks(at);
    }
    if (t->pending || t->leaves_out || t->first_ended) return NULL;
    task *now = switch_to(t, number);
    if ((at = hs_usual_call(r, &t->log, at, take_usual_end))) now->line = r->line;
    return at;
}

/* A line that is no call: `what` stands where only ltrace itself can have put it. */
static bool says(const char *line, const char *bracket, const char *next, const char *what)
{
    return has(line, bracket ? bracket : next, what);
}

/* True if tasks outlive the first one: they are no threads of it, for those end with it. */
static bool outlives_the_first(const ltrace *t)
{
    return t->first_ended && t->now && !t->tasks[0].is_child;
}

static void parse_line(hs_reading *r, ltrace *t, const char *line, const char *next)
{
    static const char resumed[] = "<... ";
    size_t length = 0;
    task *now = switch_to(t, number_of(line));
    const char *bracket = memchr(line, '(', (size_t)(next - line));
    const char *mark = memchr(line, '<', (size_t)(next - line));
    const char *name = bracket ? function_before(line, bracket, &length) : NULL;
    const hs_call *call = length ? hs_call_named(name, length) : NULL;
    if (call && outlives_the_first(t)) note_child(t, t->now);
    bool leave_out = t->leaves_out && now->is_child;
    if (leave_out)
        t->left_out += call != NULL;
    else if (mark && (!bracket || mark < bracket) && hs_begins(mark, next, resumed))
        resume(r, t, line, mark + sizeof resumed - 1);
    else if (call)
        parse_call(r, t, line, call, bracket + 1, next);
    else if (length && is_fork(name, length))
        parse_fork(t, bracket);
    else if (says(line, bracket, next, "+++ exited") || says(line, bracket, next, "+++ killed"))
        note_end(t, r->line);
    else if (says(line, bracket, next, "--- SIGCHLD"))
        note_told(t);
    t->tasks[t->now].line = r->line;
}

static void parse(hs_reading *r, const char *at, const char *end, void *state)
{
    for (const char *next; at < end; r->line++, at = next) {
        if ((next = parse_usual(r, state, at))) continue;
        next = hs_next_line(at, end);
        parse_line(r, state, at, next);
    }
}

/* Count the tasks with lines that are children. Not all of them are, for one was the first. */
static size_t count_children(ltrace *t)
{
    size_t children = 0, all = 0;
    for (size_t i = 0; i < t->task_count; i++) {
        all += t->tasks[i].line != 0;
        children += t->tasks[i].line && t->tasks[i].is_child;
    }
    if (children < all || !all) return children;
    t->tasks[0].is_child = false;
    return children - 1;
}

/* Read the log once more, now that all children are known, and forget everything else. */
static bool read_without_children(hs_reading *r, ltrace *t)
{
    hs_log_free(&t->log);
    t->log = (hs_log){0};
    t->leaves_out = true;
    t->pending = t->ended_count = 0;
    for (size_t i = 0; i < t->task_count; i++) t->tasks[i].is_pending = false;
    return hs_reading_again(r) && hs_reading_lines(r, '\n', parse, t);
}

/* Tell that children were left out, and name the first task, which is none. */
static void tell_children(hs_reading *r, const ltrace *t, size_t children)
{
    size_t first = 0;
    while (first + 1 < t->task_count && t->tasks[first].is_child) first++;
    hs_reading_note(r,
                    "of %zu processes, each with a heap of its own, this is %" PRIu64
                    "; requests of the others, left out: %" PRIu64,
                    children + 1, t->tasks[first].number, t->left_out);
}

static bool read_ltrace(hs_reading *r)
{
    ltrace t = {.number = NOBODY};
    r->twice = true;
    bool good = hs_reading_lines(r, '\n', parse, &t);
    size_t children = good ? count_children(&t) : 0;
    if (children) {
        good = read_without_children(r, &t);
        if (good) tell_children(r, &t, children);
    }
    t.log.unfinished += t.pending;
    if (good) hs_log_finish(r, &t.log, false);
    free(t.tasks);
    free(t.ended);
    hs_addresses_free(&t.by_number);
    hs_log_free(&t.log);
    return good;
}

/* True for calls with what they return, or other lines of ltrace's; there must be one call at
 * least. */
static bool recognise(const char *text, const char *end)
{
    for (; text < end; text = hs_next_line(text, end)) {
        const char *next = hs_next_line(text, end);
        const char *bracket = memchr(text, '(', (size_t)(next - text));
        if (!bracket || bracket == text || !hs_is_word(bracket[-1])) continue;
        if (find_result(bracket) || has(bracket, next, "<unfinished ...>")) return true;
    }
    return false;
}

/* --- Writing -------------------------------------------------------------------------------- */

static void put_pointer(hs_writing *w, uint64_t at)
{
    if (at)
        hs_put_hex(w, at);
    else
        hs_put_text(w, "nil");
}

static void put_arguments(hs_writing *w, const hs_trace_op *op, uint64_t old)
{
    hs_put_text(w, hs_request_name((hs_request)op->kind));
    hs_put_char(w, '(');
    if (op->kind == HS_FREE || op->kind == HS_REALLOC) put_pointer(w, old);
    if (op->kind == HS_CALLOC) hs_put_number(w, op->other);
    if (op->kind == HS_ALIGNED_ALLOC) hs_put_number(w, (uint64_t)1 << (op->other & 63));
    if (op->kind != HS_FREE && op->kind != HS_MALLOC) hs_put_text(w, ", ");
    if (op->kind != HS_FREE) hs_put_number(w, op->size);
    hs_put_text(w, ") = ");
}

static void write_ltrace(hs_writing *w)
{
    hs_trace_op op;
    hs_invented v = hs_invented_for(w);
    while (hs_writing_next(w, &op)) {
        bool keeps = op.kind == HS_REALLOC && w->held, frees = keeps && !op.size;
        put_arguments(w, &op,
                      op.id != HS_TRACE_NULL && (keeps || op.kind == HS_FREE) ? v.at[op.id] : 0);
        if (op.kind == HS_FREE)
            hs_put_text(w, "<void>");
        else
            put_pointer(w, frees ? 0 : hs_invent(&v, &op));
        hs_put_char(w, '\n');
    }
    free(v.at);
}

const hs_format hs_format_ltrace = {
    .name = "ltrace",
    .help = "log of ltrace",
    .suffixes = {"ltrace"},
    .recognise = recognise,
    .read = read_ltrace,
    .write = write_ltrace,
    .carries = HS_CARRIES_CALLOC | HS_CARRIES_ALIGNMENT | HS_CARRIES_FREE_NULL |
               HS_CARRIES_REALLOC_NULL | HS_CARRIES_REALLOC_ZERO | HS_CARRIES_REALLOC,
};

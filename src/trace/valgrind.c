/* SPDX-License-Identifier: MIT */
/* The log of valgrind --trace-malloc=yes.
 *
 *      --1234-- malloc(24) = 0x4A42040
 *      --1234-- realloc(0x0,64)malloc(64) = 0x4A42090      realloc(NULL, n) is a malloc
 *      --1234-- realloc(0x4A42090,0)free(0x4A42090)        realloc(p, 0) is a free ...
 *      --1234--  = 0                                       ... whose result, on a line alone, says
 *                                                          nothing more
 *      --1234-- calloc(8,4611686018427387904)free(0x0)     refused at once, without a result: the
 *                                                          next call is on its line
 *      --1234-- memalign(al 64, size 100) = 0x4A42100
 *      --1234-- free(0x4A42040)
 *
 * Lines of other kinds, valgrind's own and the program's, are skipped. Frees of NULL at the end are
 * the C library cleaning up for valgrind. */
#include "trace/calls.h"
#include "trace/formats.h"

#include <inttypes.h>
#include <stdlib.h>

static const char form[] = "a line is such as `--1234-- malloc(24) = 0x4A42040`";

typedef struct {
    hs_log log;
    uint64_t process, others; /* the first one's number; requests of other processes */
    char mark[16];            /* `--PID-- ` of the first one, behind it zeros */
    size_t mark_length;       /* 0: not known yet, or too long */
} valgrind;

/* Skip `--PID-- `; NULL when the line does not begin so. */
static const char *skip_mark(const char *at, const char *end, uint64_t *process)
{
    if (!hs_begins(at, end, "--")) return NULL;
    at += 2;
    if (!hs_take_decimal(&at, process) || !hs_begins(at, end, "-- ")) return NULL;
    return at + 3;
}

/* The function that begins here, and its bracket. */
static const hs_call *take_call(const char **at)
{
    const char *name = *at, *p = name;
    while (hs_is_word(*p)) p++;
    *at = p + 1;
    return *p == '(' ? hs_call_named(name, (size_t)(p - name)) : NULL;
}

static bool take_call_with_arguments(const char **at, hs_logged *l)
{
    l->call = take_call(at);
    return l->call && hs_take_arguments(at, l) && *(*at)++ == ')';
}

/* ` = 0x4A42040` up to the end of the line. */
static bool take_result(const char *at, uint64_t *result)
{
    at = hs_skip_blanks(at);
    return *at == '=' && (at++, hs_take_argument(&at, result)) && hs_line_ends(at);
}

/* Read a realloc that valgrind logs with the call that it makes. */
static void parse_nested(hs_reading *r, valgrind *v, const char *line, const hs_logged *outer,
                         const char *at)
{
    hs_logged inner;
    uint64_t result = 0;
    bool good = take_call_with_arguments(&at, &inner);
    bool frees = good && inner.call->kind == HS_CALL_FREE && hs_line_ends(at);
    if (!frees && !(good && take_result(at, &result))) {
        hs_bad(r, line, "its result is missing; %s", form);
        return;
    }
    hs_call_returned(r, &v->log, outer->call->kind == HS_CALL_POSIX ? &inner : outer, result);
}

/* True for a request that valgrind refuses without logging a result, because it is too large or
 * aligned to no power of two. Whatever comes next stands at the end of the call then. */
static bool is_refused(const hs_logged *l, const char *at)
{
    uint64_t bytes;
    const uint64_t *a = l->arguments;
    switch (l->call->kind) {
    case HS_CALL_CALLOC: return hs_is_word(*at) || __builtin_mul_overflow(a[0], a[1], &bytes);
    case HS_CALL_REALLOCARRAY: return __builtin_mul_overflow(a[1], a[2], &bytes);
    case HS_CALL_ALIGNED: return hs_is_word(*at) || !a[0] || (a[0] & (a[0] - 1)) || a[1] % a[0];
    default: return false;
    }
}

/* Read a call; `at` is behind its bracket. Returns where another call may stand on the same line,
 * or NULL. */
static const char *parse_call(hs_reading *r, valgrind *v, const char *line, const hs_call *call,
                              const char *at)
{
    hs_logged l = {.call = call};
    uint64_t result = 0;
    bool frees = call->kind == HS_CALL_FREE;
    if (!hs_take_arguments(&at, &l) || *at++ != ')') {
        hs_bad(r, line, "its arguments can not be read; %s", form);
    } else if (frees ? hs_line_ends(at) : take_result(at, &result)) {
        hs_call_returned(r, &v->log, &l, result);
    } else if (is_refused(&l, at)) {
        hs_call_returned(r, &v->log, &l, 0);
        return at;
    } else if (!frees && hs_is_word(*at)) {
        parse_nested(r, v, line, &l, at);
    } else {
        hs_bad(r, line, "its result is missing; %s", form);
    }
    return NULL;
}

/* The process whose calls are read is the first. */
static void first_call(valgrind *v, const char *line, uint64_t process, size_t mark_length)
{
    v->process = process;
    if (mark_length > sizeof v->mark) return;
    memcpy(v->mark, line, mark_length);
    v->mark_length = mark_length;
}

static void parse_line(hs_reading *r, valgrind *v, const char *line, const char *end)
{
    uint64_t process;
    const char *at = skip_mark(line, end, &process);
    if (!at) return;
    size_t mark_length = (size_t)(at - line);
    const hs_call *call = take_call(&at);
    if (!call) return;
    if (!v->process) first_call(v, line, process, mark_length);
    if (process != v->process) {
        v->others++;
        return;
    }
    while (call && (at = parse_call(r, v, line, call, at))) call = take_call(&at);
}

/* `) = 0x4A42040`, or `)` */
HS_INLINED const char *take_usual_end(const char *at, uint64_t *result)
{
    if (!result) return hs_word_is(hs_word_at(at), ")\n") ? at + 2 : NULL;
    if (!hs_word_is(hs_word_at(at), ") = 0x")) return NULL;
    at += 6;
    return hs_take_hex_digits(&at, result) && *at == '\n' ? at + 1 : NULL;
}

/* Read a usual call of the first process. Returns where the next line begins; NULL: it is anything
 * else. */
HS_INLINED const char *parse_usual(hs_reading *r, valgrind *v, const char *at)
{
    if (!v->mark_length || !hs_same_bytes(at, v->mark, v->mark_length)) return NULL;
    return hs_usual_call(r, &v->log, at + v->mark_length, take_usual_end);
}

static void parse(hs_reading *r, const char *at, const char *end, void *state)
{
    for (const char *next; at < end; r->line++, at = next) {
        if ((next = parse_usual(r, state, at))) continue;
        parse_line(r, state, at, end);
        next = hs_next_line(at, end);
    }
}

static bool read_valgrind(hs_reading *r)
{
    valgrind v = {.process = 0};
    bool good = hs_reading_lines(r, '\n', parse, &v);
    if (good) hs_log_finish(r, &v.log, true);
    if (v.others)
        hs_reading_note(r, "requests of other processes than %" PRIu64 ", left out: %" PRIu64,
                        v.process, v.others);
    hs_log_free(&v.log);
    return good;
}

/* A line of a call, or what valgrind says at its start. */
static bool recognise(const char *text, const char *end)
{
    uint64_t process;
    for (; text < end; text = hs_next_line(text, end)) {
        const char *at = skip_mark(text, end, &process);
        if (at && take_call(&at)) return true;
        at = text + 2;
        if (hs_begins(text, end, "==") && hs_take_decimal(&at, &process) &&
            hs_begins(at, end, "== ") && memmem(at, (size_t)(end - at), "-- ", 3))
            return true;
    }
    return false;
}

/* --- Writing -------------------------------------------------------------------------------- */

static const char mark[] = "--1-- ";

static void put_call(hs_writing *w, const hs_trace_op *op, uint64_t old)
{
    hs_put_text(w, mark);
    hs_put_text(w,
                op->kind == HS_ALIGNED_ALLOC ? "memalign" : hs_request_name((hs_request)op->kind));
    hs_put_char(w, '(');
    switch (op->kind) {
    case HS_CALLOC:
        hs_put_number(w, op->other);
        hs_put_char(w, ',');
        break;
    case HS_ALIGNED_ALLOC:
        hs_put_text(w, "al ");
        hs_put_number(w, (uint64_t)1 << (op->other & 63));
        hs_put_text(w, ", size ");
        break;
    case HS_REALLOC:
        hs_put_hex(w, old);
        hs_put_char(w, ',');
        break;
    case HS_FREE: hs_put_hex(w, old); break;
    default: break;
    }
    if (op->kind != HS_FREE) hs_put_number(w, op->size);
    hs_put_char(w, ')');
}

/* Put what valgrind logs for realloc(NULL, n) and realloc(p, 0). */
static void put_nested(hs_writing *w, const hs_trace_op *op, uint64_t old)
{
    hs_put_text(w, w->held ? "free(" : "malloc(");
    if (w->held)
        hs_put_hex(w, old);
    else
        hs_put_number(w, op->size);
    hs_put_char(w, ')');
    if (!w->held) return;
    hs_put_char(w, '\n');
    hs_put_text(w, mark);
}

static void write_valgrind(hs_writing *w)
{
    hs_trace_op op;
    hs_invented v = hs_invented_for(w);
    while (hs_writing_next(w, &op)) {
        bool keeps = op.kind == HS_REALLOC && w->held, frees = keeps && !op.size;
        uint64_t old = op.id != HS_TRACE_NULL && (keeps || op.kind == HS_FREE) ? v.at[op.id] : 0;
        put_call(w, &op, old);
        if (op.kind == HS_REALLOC && (!keeps || frees)) put_nested(w, &op, old);
        if (op.kind != HS_FREE) {
            hs_put_text(w, " = ");
            hs_put_hex(w, frees ? 0 : hs_invent(&v, &op));
        }
        hs_put_char(w, '\n');
    }
    free(v.at);
}

const hs_format hs_format_valgrind = {
    .name = "valgrind",
    .help = "log of valgrind --trace-malloc=yes",
    .suffixes = {"valgrind"},
    .recognise = recognise,
    .read = read_valgrind,
    .write = write_valgrind,
    .carries = HS_CARRIES_CALLOC | HS_CARRIES_ALIGNMENT | HS_CARRIES_FREE_NULL |
               HS_CARRIES_REALLOC_NULL | HS_CARRIES_REALLOC_ZERO | HS_CARRIES_REALLOC,
};

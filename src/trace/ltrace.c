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
 * not allocate are skipped. */
#include "trace/calls.h"
#include "trace/formats.h"

#include "heap/array.h"

#include <inttypes.h>
#include <stdlib.h>

static const char form[] =
    "a line is such as `malloc(48) = 0x18102a0` or `free(0x18102a0) = <void>`";

/* A call that has not returned yet. Of some ltrace says that they never will; now and then they do.
 */
typedef struct {
    uint64_t thread;
    bool given_up;
    hs_logged call;
} pending;

typedef struct {
    hs_log log;
    pending *pending;
    size_t count, capacity;
} ltrace;

static pending *pending_of(ltrace *t, uint64_t thread)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->pending[i].thread == thread) return &t->pending[i];
    return NULL;
}

/* The number that begins the line, of the process or thread; 0 without one, and for a time. */
static uint64_t thread_of(const char *at)
{
    uint64_t thread = 0;
    at = hs_skip_blanks(at);
    if (hs_is_letter(*at)) return 0;
    if (*at == '[') at += strncmp(at, "[pid ", 5) == 0 ? 5 : 1;
    if (!hs_take_decimal(&at, &thread) || (*at != ' ' && *at != ']')) return 0;
    return thread;
}

/* What a call returned, behind its `=`. */
static bool take_result(const char *at, uint64_t *result)
{
    at = hs_skip_blanks(at);
    if (*at == '<' && strncmp(at, "<void>", 6) == 0) return *result = 0, hs_line_ends(at + 6);
    return hs_take_argument(&at, result) && hs_line_ends(at);
}

/* Behind the arguments, and those that ltrace made up, stands `) = RESULT`. */
static const char *find_result(const char *at)
{
    for (; *at != '\n'; at++)
        if (*at == ')') {
            const char *equals = hs_skip_blanks(at + 1);
            if (*equals == '=') return equals + 1;
        }
    return NULL;
}

/* Does the rest of the line hold this? */
static bool has(const char *at, const char *end, const char *what)
{
    return memmem(at, (size_t)(end - at), what, strlen(what)) != NULL;
}

/* Is this call of the thread a part of another one, which is pending? */
static bool is_part(ltrace *t, uint64_t thread)
{
    pending *p = t->count ? pending_of(t, thread) : NULL;
    if (!p || !p->given_up) return p != NULL;
    *p = t->pending[--t->count];
    t->log.unfinished++;
    return false;
}

static void begin_call(ltrace *t, uint64_t thread, const hs_logged *call, bool given_up)
{
    if (is_part(t, thread)) return;
    t->pending = hs_array_reserve(t->pending, &t->capacity, t->count + 1, sizeof *t->pending);
    t->pending[t->count++] = (pending){thread, given_up, *call};
}

/* `<... malloc resumed> ) = 0x18102e0` */
static void resume(hs_reading *r, ltrace *t, const char *line, const char *name)
{
    uint64_t result;
    size_t n = 0;
    pending *p = pending_of(t, thread_of(line));
    while (hs_is_word(name[n])) n++;
    const hs_call *call = hs_call_named(name, n);
    if (!p || p->call.call != call) return; /* of another function, or a part */
    const char *equals = find_result(name);
    if (equals && take_result(equals, &result))
        hs_call_returned(r, &t->log, &p->call, result);
    else
        hs_bad(r, line, "its result is missing; %s", form);
    *p = t->pending[--t->count];
}

static void parse_call(hs_reading *r, ltrace *t, const char *line, const hs_call *call,
                       const char *arguments, const char *next)
{
    hs_logged logged = {.call = call};
    uint64_t result, thread = thread_of(line);
    const char *at = arguments, *equals;
    bool good = hs_take_arguments(&at, &logged);
    const char *mark = good ? memchr(at, '<', (size_t)(next - at)) : NULL;
    if (!good) {
        hs_bad(r, line, "its arguments can not be read; %s", form);
    } else if (mark && hs_begins(mark, next, "<unfinished ...>")) {
        begin_call(t, thread, &logged, false);
    } else if (mark && hs_begins(mark, next, "<no return ...>")) {
        begin_call(t, thread, &logged, true);
    } else if (!(equals = find_result(at)) || !take_result(equals, &result)) {
        hs_bad(r, line, "its result is missing; %s", form);
    } else if (!is_part(t, thread)) {
        hs_call_returned(r, &t->log, &logged, result);
    }
}

/* Where the name that ends here begins. */
static const char *name_before(const char *line, const char *end)
{
    while (end > line && hs_is_word(end[-1])) end--;
    return end;
}

/* The function before the first bracket; @ and the library may be between. */
static const hs_call *call_before(const char *line, const char *bracket)
{
    const char *at = name_before(line, bracket), *end = bracket;
    for (const char *p = bracket; at < bracket && p > line && !hs_is_blank(p[-1]); p--)
        if (p[-1] == '@') at = name_before(line, end = p - 1);
    return at < end ? hs_call_named(at, (size_t)(end - at)) : NULL;
}

/* `) = 0x18102a0` or `) = <void>`, blanks before the = as they come. */
HS_INLINED const char *take_usual_end(const char *at, uint64_t *result)
{
    if (*at++ != ')') return NULL;
    at = hs_skip_blanks(at);
    if (!result) return hs_word_is(hs_word_at(at), "= <void>") && at[8] == '\n' ? at + 9 : NULL;
    if (!hs_word_is(hs_word_at(at), "= 0x")) return NULL;
    at += 4;
    return hs_take_hex_digits(&at, result) && *at == '\n' ? at + 1 : NULL;
}

/* A usual call, the number of a thread before it as it comes: where the next line begins. NULL: it
 * is something else, or parts are to be told from calls. */
HS_INLINED const char *parse_usual(hs_reading *r, ltrace *t, const char *at)
{
    uint64_t thread;
    if (*at == ' ' || (*at >= '0' && *at <= '9')) {
        at = hs_skip_blanks(at);
        if (!hs_take_decimal(&at, &thread) || *at != ' ') return NULL;
        at = hs_skip_blanks(at);
    }
    return t->count ? NULL : hs_usual_call(r, &t->log, at, take_usual_end);
}

static void parse_line(hs_reading *r, ltrace *t, const char *line, const char *next)
{
    static const char resumed[] = "<... ";
    const char *bracket = memchr(line, '(', (size_t)(next - line));
    const char *mark = memchr(line, '<', (size_t)(next - line));
    const hs_call *call = bracket ? call_before(line, bracket) : NULL;
    if (mark && (!bracket || mark < bracket) && hs_begins(mark, next, resumed))
        resume(r, t, line, mark + sizeof resumed - 1);
    else if (call)
        parse_call(r, t, line, call, bracket + 1, next);
}

static void parse(hs_reading *r, const char *at, const char *end, void *state)
{
    for (const char *next; at < end; r->line++, at = next) {
        if ((next = parse_usual(r, state, at))) continue;
        next = hs_next_line(at, end);
        parse_line(r, state, at, next);
    }
}

static bool read_ltrace(hs_reading *r)
{
    ltrace t = {.count = 0};
    bool good = hs_reading_lines(r, '\n', parse, &t);
    t.log.unfinished += t.count;
    if (good) hs_log_finish(r, &t.log, false);
    free(t.pending);
    hs_log_free(&t.log);
    return good;
}

/* Calls and what they return, or ltrace's other lines; one call at least. */
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

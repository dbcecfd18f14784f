/* The functions of C and C++ that allocate, as ltrace and valgrind log them: what their arguments
 * are. */
#ifndef HS_TRACE_CALLS_H
#define HS_TRACE_CALLS_H

#include "trace/log.h"

typedef enum {
    HS_CALL_MALLOC,       /* size */
    HS_CALL_CALLOC,       /* count, size */
    HS_CALL_ALIGNED,      /* alignment, size */
    HS_CALL_REALLOC,      /* pointer, size */
    HS_CALL_REALLOCARRAY, /* pointer, count, size */
    HS_CALL_FREE,         /* pointer */
    HS_CALL_POSIX,        /* where the result goes, alignment, size: the log has no result */
} hs_call_kind;

typedef struct {
    const char *name;
    unsigned length; /* of the name */
    hs_call_kind kind;
    int arguments;
} hs_call;

/* A call as it was logged. */
typedef struct {
    const hs_call *call;
    uint64_t arguments[3];
} hs_logged;

/* The function with this name; NULL: none that allocates. */
const hs_call *hs_call_named(const char *name, size_t length);

/* Take one argument: a number, 0x..., nil, (nil), NULL; a word before it (`size 100`) is skipped.
 * Leaves *at behind it. */
bool hs_take_argument(const char **at, uint64_t *value);
/* All arguments that the function has, and commas between them. */
bool hs_take_arguments(const char **at, hs_logged *);

/* It returned `result` (0: NULL). */
void hs_call_returned(hs_reading *, hs_log *, const hs_logged *, uint64_t result);

/* --- The usual ------------------------------------------------------------------------------ */

/* Nearly all calls are of these three, and written in one way, which is recognised by its first
 * eight bytes. What is any different takes the way above. */
typedef struct {
    hs_call_kind kind; /* HS_CALL_MALLOC, HS_CALL_FREE or HS_CALL_REALLOC */
    uint64_t pointer, size;
} hs_usual_call;

/* malloc(24), free(0x18102a0), realloc(0x18102a0, 176), with or without the blank. Leaves *at
 * behind it; false: it is something else. */
HS_INLINED bool hs_take_usual_call(const char **at, hs_usual_call *c)
{
    const char *p = *at;
    uint64_t word = hs_word_at(p);
    *c = (hs_usual_call){.kind = HS_CALL_MALLOC};
    if (hs_word_is(word, "malloc(")) {
        p += 7;
        if (!hs_take_decimal(&p, &c->size)) return false;
    } else if (hs_word_is(word, "free(0x")) {
        c->kind = HS_CALL_FREE;
        p += 7;
        if (!hs_take_hex_digits(&p, &c->pointer)) return false;
    } else if (hs_word_is(word, "realloc(")) {
        c->kind = HS_CALL_REALLOC;
        p += 8;
        if (!hs_take_0x(&p, &c->pointer) || *p++ != ',') return false;
        p += *p == ' ';
        if (!hs_take_decimal(&p, &c->size)) return false;
    } else {
        return false;
    }
    *at = p + 1;
    return *p == ')';
}

HS_INLINED void hs_usual_call_returned(hs_reading *r, hs_log *l, const hs_usual_call *c,
                                       uint64_t result)
{
    if (c->kind == HS_CALL_MALLOC)
        hs_log_allocate(r, l, (hs_trace_op){.kind = HS_MALLOC, .size = c->size}, result);
    else if (c->kind == HS_CALL_FREE)
        hs_log_release(r, l, c->pointer);
    else
        hs_log_reallocate(r, l, c->pointer, c->size, result);
}

#endif

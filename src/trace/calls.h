/* SPDX-License-Identifier: MIT */
/* The functions of C and C++ that allocate, as ltrace and valgrind log them: what their arguments
 * are. */
#ifndef HS_TRACE_CALLS_H
#define HS_TRACE_CALLS_H

#include "trace/log.h"

typedef enum {
    HS_CALL_MALLOC,       /* size */
    HS_CALL_CALLOC,       /* count, size */
    HS_CALL_ALIGNED,      /* alignment, size */
    HS_CALL_ALIGNED_NEW,  /* size, alignment */
    HS_CALL_PAGES,        /* size: at a multiple of a page */
    HS_CALL_WHOLE_PAGES,  /* size: rounded up to pages */
    HS_CALL_STRDUP,       /* text */
    HS_CALL_STRNDUP,      /* text, most characters of it */
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
    uint64_t arguments[3]; /* of a text: its length */
    bool cut;              /* the log does not have the whole text */
} hs_logged;

/* The function with this name; NULL: none that allocates. */
const hs_call *hs_call_named(const char *name, size_t length);

/* Take one argument: a number, 0x..., nil, (nil), NULL; a word before it (`size 100`) is skipped.
 * False, *at anywhere, when it is none; else it is behind it. */
bool hs_take_argument(const char **at, uint64_t *value);
/* Take all arguments that the function has, with the commas between them. */
bool hs_take_arguments(const char **at, hs_logged *);

/* Note that a call returned `result` (0: NULL). */
void hs_call_returned(hs_reading *, hs_log *, const hs_logged *, uint64_t result);

/* --- The usual ------------------------------------------------------------------------------ */

/* Nearly all calls are malloc, free or realloc, written in one way, which is recognised by its
 * first eight bytes. A line that differs in anything is read by the functions above. Each of the
 * three has a way of its own through the code: a processor cannot guess which one comes, but should
 * have to guess it only once. */

/* Take what stands behind the arguments, up to the end of the line: `) = 0x18102a0`. Where `result`
 * is NULL the function returns nothing. Returns where the next line begins; NULL if the line
 * differs in anything. */
typedef const char *hs_usual_end(const char *at, uint64_t *result);

/* Take malloc(24), free(0x18102a0) or realloc(0x18102a0, 176), with or without the blank. Returns
 * where the next line begins; NULL if it is anything else, and then nothing was done. */
HS_INLINED const char *hs_usual_call(hs_reading *r, hs_log *l, const char *at, hs_usual_end *end)
{
    uint64_t word = hs_word_at(at), pointer, size, result;
    if (hs_word_is(word, "free(0x")) {
        at += 7;
        if (!hs_take_hex_digits(&at, &pointer) || !(at = end(at, NULL))) return NULL;
        hs_log_free_block(r, l, pointer);
    } else if (hs_word_is(word, "malloc(")) {
        at += 7;
        if (!hs_take_decimal(&at, &size) || !(at = end(at, &result))) return NULL;
        hs_log_malloc(r, l, size, result);
    } else {
        at += 8;
        if (!hs_word_is(word, "realloc(") || !hs_take_0x(&at, &pointer) || *at++ != ',')
            return NULL;
        at += *at == ' ';
        if (!hs_take_decimal(&at, &size) || !(at = end(at, &result))) return NULL;
        hs_log_reallocate(r, l, pointer, size, result);
    }
    return at;
}

#endif

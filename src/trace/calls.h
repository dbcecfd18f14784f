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

#endif

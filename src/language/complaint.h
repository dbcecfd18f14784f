/* SPDX-License-Identifier: MIT */
/* A complaint: one line that says what was wrong, where, and what would be right. */
#ifndef HS_LANGUAGE_COMPLAINT_H
#define HS_LANGUAGE_COMPLAINT_H

#include <stdbool.h>
#include <stddef.h>

/* A piece of a source text: bytes start .. end - 1. */
typedef struct {
    size_t start, end;
} hs_span;

typedef struct {
    hs_span where;
    char what[320];
    char hint[320]; /* may be empty */
} hs_complaint;

/* Fill in a complaint; always false, so that a caller can `return hs_complain(...)`. */
bool hs_complain(hs_complaint *, hs_span where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool hs_hint(hs_complaint *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The complaint as text for people, freed by the caller: "NAME:LINE:COLUMN: " when there is a
 * name, what and hint, the source line and a caret under the place. The source's first line counts
 * as number `first_line`. */
char *hs_complaint_text(const hs_complaint *, const char *name, size_t first_line,
                        const char *source, size_t length);

#endif

/* SPDX-License-Identifier: MIT */
/* Completion: the words that could stand where the cursor is, by the command table. */
#ifndef HS_LANGUAGE_COMPLETION_H
#define HS_LANGUAGE_COMPLETION_H

#include "base/files.h"

#include <heapscope/session.h>

typedef struct {
    char *text;   /* the whole word */
    bool partial; /* it is a folder, so that more of the same word follows */
} hs_completion;

/* There may be hundreds of thousands of names. The first ones are kept, and all are counted. */
enum { HS_COMPLETIONS_KEPT = 250 };

typedef struct {
    size_t start;         /* the byte of the line where the word begins */
    hs_completion *items; /* in order */
    size_t kept, capacity;
    uint64_t count; /* how many words fit; fewer may be kept */
    size_t common;  /* how many bytes all of them begin with */
    bool stopped;
} hs_completions;

/* Words for the end of line[0 .. cursor - 1]; when it is stopped, those that were found by then.
 * Freed with hs_completions_free. */
hs_completions hs_complete(const hs_session *, const char *line, size_t cursor, hs_stop);
void hs_completions_free(hs_completions *);

#endif

/* Completion: the words that could stand where the cursor is, by the command table. */
#ifndef HS_LANGUAGE_COMPLETION_H
#define HS_LANGUAGE_COMPLETION_H

#include <heapscope/session.h>

typedef struct {
    char *text;   /* the whole word */
    bool partial; /* a folder: more of the same word follows */
} hs_completion;

typedef struct {
    size_t start; /* the byte of the line where the word begins */
    hs_completion *items;
    size_t count, capacity;
} hs_completions;

/* Words for the end of line[0 .. cursor - 1]. Freed with hs_completions_free. */
hs_completions hs_complete(const hs_session *, const char *line, size_t cursor);
void hs_completions_free(hs_completions *);

#endif

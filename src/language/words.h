/* SPDX-License-Identifier: MIT */
/* Words: the lists that a parameter's word comes from, for resolving, suggesting and completing. */
#ifndef HS_LANGUAGE_WORDS_H
#define HS_LANGUAGE_WORDS_H

#include "language/complaint.h"

#include <heapscope/session.h>

typedef struct hs_words {
    const char **items; /* owned by tables or by the session */
    size_t count, capacity;
} hs_words;

void hs_words_free(hs_words *);
void hs_words_add(hs_words *, const char *word);

/* The word that `text` says: exactly, or by an abbreviation that only one word (or one word that
 * all the others begin with) has. NULL with a complaint that names `kind` and suggests. */
const char *hs_words_resolve(const hs_words *, const char *kind, const char *text, size_t length,
                             hs_span where, hs_complaint *);

/* The word nearest to a misspelt one, or NULL when none is near. */
const char *hs_words_nearest(const hs_words *, const char *text, size_t length);

void hs_words_of_allocators(hs_words *);
void hs_words_of_options(hs_words *, const hs_session *);
void hs_words_of_values(hs_words *, const hs_session *, const char *option);
/* The variables that hold a pointer. Of very many, the first and the last ones: they are for
 * suggestions. */
void hs_words_of_variables(hs_words *, const hs_session *);
void hs_words_of_measures(hs_words *);
/* The pictures that `view` shows. */
void hs_words_of_views(hs_words *);
/* Words of the small machine: kinds of translation, processes, segments, accesses. */
void hs_words_of_translations(hs_words *, const hs_session *);
void hs_words_of_processes(hs_words *, const hs_session *);
void hs_words_of_segments(hs_words *, const hs_session *);
void hs_words_of_accesses(hs_words *, const hs_session *);

#endif

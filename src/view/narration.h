/* SPDX-License-Identifier: MIT */
/* Telling a request step by step, read off its events.
 *
 * A step is one event together with the words that were written because of it: events from .. to -
 * 1 of the last request. `why` tells all steps; `step` shows the heap after each of them. */
#ifndef HS_VIEW_NARRATION_H
#define HS_VIEW_NARRATION_H

#include <heapscope/session.h>

/* The end of the step that begins at event `from`; `from` itself when there is none. */
size_t hs_step_end(const hs_session *, size_t from);
/* The beginning of the step before event `from`; 0 for the first. */
size_t hs_step_before(const hs_session *, size_t from);

/* One sentence for a step; freed by the caller. */
char *hs_step_text(const hs_session *, size_t from, size_t to);

/* The bytes that a step is about: a block that is looked at, split, moved. False for none. */
bool hs_step_place(const hs_session *, size_t from, hs_addr *at, uint64_t *size);

/* The whole of operation `n` (from 1) in numbered steps, with the words written, the case of
 * coalescing and the cost. If it is not the last one, it is performed again. The caller frees the
 * text. */
char *hs_why_of(const hs_session *, uint64_t n);

#endif

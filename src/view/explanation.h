/* SPDX-License-Identifier: MIT */
/* The explanation: what the last operation did, in one sentence with its numbers. */
#ifndef HS_VIEW_EXPLANATION_H
#define HS_VIEW_EXPLANATION_H

#include <heapscope/session.h>

#include <stdio.h>

/* The sentence, read off the last operation's events; freed by the caller. */
char *hs_explain(const hs_session *);

/* The call as C writes it: p2 = realloc(p1, 64). */
void hs_put_call(FILE *, const hs_session *, const hs_last *);

/* The alignment that a block was requested with and has lost because a realloc moved it; 0:
 * none. */
uint64_t hs_lost_alignment(const hs_last *);

/* True if the allocator looks for free blocks. Bump does not: it finds nothing again. */
bool hs_looks_for_holes(const hs_session *);

/* True if a request for a block of so many bytes failed because of the heap's damage, and not at
 * its limit. */
bool hs_leads_astray(const hs_session *, uint64_t need);

#endif

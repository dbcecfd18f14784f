/* SPDX-License-Identifier: MIT */
/* The difference between two moments of a session. */
#ifndef HS_VIEW_DIFFERENCE_H
#define HS_VIEW_DIFFERENCE_H

#include <heapscope/session.h>

/* What differs from what was after the first n operations: in a sentence, which the caller frees,
 * and on the map, where the bytes that differ stand out until the next command. */
char *hs_difference(hs_session *, uint64_t n);

#endif

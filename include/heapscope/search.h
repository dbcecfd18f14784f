/* SPDX-License-Identifier: MIT */
/* Searches through the operations of a branch, the ones ahead included: by what a request asks for,
 * or by what comes of it, for which they are performed again, on a heap of the search's own. */
#ifndef HEAPSCOPE_SEARCH_H
#define HEAPSCOPE_SEARCH_H

#include <heapscope/linkage.h>
#include <heapscope/session.h>

HS_PUBLIC_BEGIN

typedef enum {
    HS_FIND_SIZE,     /* a request that asks for more (or less, ...) than so many bytes */
    HS_FIND_REQUEST,  /* a request of this kind */
    HS_FIND_VARIABLE, /* one that takes or gives what this variable holds */
    HS_FIND_MOVED,    /* a realloc that moved its block */
    HS_FIND_GROWTH,   /* one that made the heap grow */
    HS_FIND_FAILED,   /* one that got NULL, though it asked for memory */
    HS_FIND_PEAK,     /* the first one after which most bytes are live, of all */
    HS_FIND_WASTE,    /* the first one after which most bytes are used and not live, of all */
} hs_find_kind;

typedef enum { HS_LESS, HS_LESS_EQUAL, HS_EQUAL, HS_MORE_EQUAL, HS_MORE, HS_UNEQUAL } hs_compare;

typedef struct {
    hs_find_kind kind;
    hs_compare compare; /* how a size is compared */
    uint64_t value;     /* bytes; hs_request; the variable */
    bool back;          /* the last one before this moment is wanted, else the next */
} hs_search;

typedef struct hs_finder hs_finder;

/* NULL with a problem when a heap cannot be reserved. */
hs_finder *hs_finder_new(const hs_session *, const hs_search *, hs_problem *);
void hs_finder_free(hs_finder *);

/* Look at so many more operations, or at fewer where allocators search long. True when there is
 * nothing more to look at. */
bool hs_finder_go_on(hs_finder *, uint64_t operations);
/* How many operations it has looked at, of so many. */
uint64_t hs_finder_done(const hs_finder *, uint64_t *of);
/* The number of the operation that was found, from 1; 0: none. */
uint64_t hs_finder_found(const hs_finder *);

HS_PUBLIC_END

#endif

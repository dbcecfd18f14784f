/* SPDX-License-Identifier: MIT */
/* A trace: the requests that a program made, in order, as numbers.
 *
 *      malloc 24     { MALLOC,  id 1, size 24 }        Blocks are known by ids, not by addresses:
 *      realloc 1 64  { REALLOC, id 1, size 64 }        the same trace can be played on any
 *      free 1        { FREE,    id 1 }                 allocator.
 *
 * An id names one block at a time and may be used again after its free. 16 bytes a request, one
 * behind the other: playing a trace costs nothing but its requests. All sizes are bytes. */
#ifndef HEAPSCOPE_TRACE_H
#define HEAPSCOPE_TRACE_H

#include <heapscope/event.h>
#include <heapscope/linkage.h>

#include <stdio.h>

HS_PUBLIC_BEGIN

/* The id of free(NULL), and of a realloc(NULL, n) whose result nobody keeps. */
#define HS_TRACE_NULL UINT32_MAX

/* `other`: of a calloc the count (the size is that of one element), of an aligned_alloc the
 * alignment's logarithm, else 0. A realloc of an id that holds no block is realloc(NULL, n), a free
 * of it free(NULL); a realloc of a block to size 0 frees it. A request whose id holds a block
 * already leaves that one behind, out of reach: readers do not make such traces. */
typedef struct {
    uint64_t size;
    uint32_t id;
    uint32_t kind : 3; /* hs_request */
    uint32_t other : 29;
} hs_trace_op;

enum { HS_TRACE_OTHER_MOST = (1 << 29) - 1 };

typedef struct hs_trace hs_trace;

hs_trace *hs_trace_new(void); /* NULL: there is no memory */
void hs_trace_free(hs_trace *);

/* Append one request. Ids may come in any order; they are best small, for a player's table has room
 * for all up to the largest. False:
 * there is no memory for it. */
bool hs_trace_add(hs_trace *, hs_trace_op);
bool hs_trace_add_all(hs_trace *, const hs_trace_op *, size_t count);
bool hs_trace_reserve(hs_trace *, uint64_t count); /* makes room for so many requests */

/* Let ids from `late` on follow the largest id below that. Returns by how much they are smaller
 * now. Names must be given afterwards. */
uint32_t hs_trace_close_gap(hs_trace *, uint32_t late);

uint64_t hs_trace_count(const hs_trace *);
const hs_trace_op *hs_trace_ops(const hs_trace *); /* valid until the next request is added */
uint32_t hs_trace_ids(const hs_trace *);           /* one more than the largest id */

/* The name of an id: one that was given, or "p" and the number, cut to `room` bytes. Names may be
 * given before or after the requests. */
void hs_trace_name(const hs_trace *, uint32_t id, char *out, size_t room);
bool hs_trace_give_name(hs_trace *, uint32_t id, const char *name);
bool hs_trace_has_names(const hs_trace *);

/* Mark each realloc and free of an id that holds no block, and so is one of NULL, by an `other` of
 * 1. */
void hs_trace_mark_nulls(hs_trace *);

/* What some formats say of the whole trace, beside its requests; 0 where they do not. */
typedef struct {
    uint64_t heap;   /* suggested heap size */
    uint64_t weight; /* its weight in a mean over several traces */
} hs_trace_header;
hs_trace_header *hs_trace_about(hs_trace *);
const hs_trace_header *hs_trace_header_of(const hs_trace *);

HS_PUBLIC_END

#endif

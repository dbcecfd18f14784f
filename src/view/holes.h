/* SPDX-License-Identifier: MIT */
/* The free blocks in heap order, and whether their own order, by links, leads through all of them.
 *
 *      heap order   | a | used | b | c | used | d |
 *      list order   head -> c -> a -> d -> NULL          b is in no list
 *
 * A link may be any bytes: where it leads to is looked up among the blocks that the walker found,
 * and no block is reached twice. So a reader of broken links neither crashes nor runs in a circle.
 */
#ifndef HS_VIEW_HOLES_H
#define HS_VIEW_HOLES_H

#include <heapscope/session.h>

typedef struct {
    hs_addr at;
    uint64_t size;
    bool both_ways; /* it has a link back */
    bool reached;   /* a link has led to it so far */
    bool object;    /* an object of a slab, which is in no list itself */
} hs_hole;

typedef struct {
    hs_hole *holes; /* free blocks, and the allocator's own that may hold links */
    size_t count, capacity;
    size_t kinds[HS_BLOCK_KINDS]; /* how many blocks there are of each kind */
    bool many;                    /* there are too many for a frame: none is kept here */
    hs_hole looked_up;
} hs_holes;

enum { HS_HOLES_MANY = 8192 }; /* so many blocks are many, in a sound heap */

/* Walk the heap once, as the allocator's walker does, without asking whose the blocks are. Where
 * there are many, only count them. */
hs_holes hs_holes_of(const hs_session *);
void hs_holes_free(hs_holes *);

/* Reach the block that a link leads to. NULL, and *out is set, when all is well; else what is
 * wrong: "out of the heap", "in use", ... */
const char *hs_hole_reach(const hs_session *, hs_holes *, hs_addr, const hs_hole **out);

/* The links of a free block; both are NULL where it has none. */
hs_links hs_hole_links(const hs_session *, const hs_hole *);

/* Its place among the holes, from 1. */
size_t hs_hole_place(const hs_session *, const hs_holes *, const hs_hole *);

/* Forget which blocks were reached. */
void hs_holes_forget(hs_holes *);

/* Free blocks that no link has led to; where there are many, that is not known: 0. */
size_t hs_holes_unreached(const hs_holes *);

#endif

/* SPDX-License-Identifier: MIT */
/* Deferred coalescing: free neighbours stay apart until a request needs them to be one block.
 *
 *      | free | free | used | free | waits | free | used |       two runs
 *
 * A run is a row of neighbours that are free, or as good as free: an allocator in front of this may
 * say by hook_waits which used blocks are, by their header. To ask what joining would give costs a
 * walk over the heap, and changes nothing. */
#ifndef HS_BLOCK_DEFERRED_H
#define HS_BLOCK_DEFERRED_H

#include "allocators/block/tags.h"

#ifndef hook_waits
#define hook_waits(h, block, word) false
#endif

/* The end of the run of free blocks that starts at `block`. */
static hs_addr run_end(hs_heap *h, hs_addr block)
{
    uint64_t word;
    while (block != end_mark(h) &&
           (!((word = header_at(h, block)) & USED) || hook_waits(h, block, word))) {
        hs_visit(h, block, size_in(word), HS_SEES_RUN);
        block += size_in(word);
    }
    return block;
}

/* Would some run serve the request, were it one block? Asked before anything is joined: a request
 * that must fail changes nothing. The last run, which may have no block at all, may grow. */
static bool joining_helps(hs_heap *h, uint64_t need, uint64_t alignment)
{
    for (hs_addr block = first(h);;) {
        hs_addr end = run_end(h, block);
        bool last = end == end_mark(h);
        uint64_t room = (last ? h->limit - WORD : end) - block;
        if ((last || end != block) && fits(block, room, need, alignment)) return true;
        if (last) return false;
        hs_visit(h, end, size_of(h, end), HS_SEES_RUN);
        block = end + size_of(h, end);
    }
}

#endif

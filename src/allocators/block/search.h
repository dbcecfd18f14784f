/* SPDX-License-Identifier: MIT */
/* The search of a list, block by block. */
#ifndef HS_BLOCK_SEARCH_H
#define HS_BLOCK_SEARCH_H

#include "allocators/block/links.h"
#include "allocators/block/tags.h"

/* The block of a list that serves the request: the first that is large enough or, with `best`, the
 * smallest; NULL when there is none. */
static inline hs_addr search_list(hs_heap *h, hs_addr head, uint64_t need, uint64_t alignment,
                                  bool best)
{
    hs_addr found = HS_NULL;
    uint64_t found_size = UINT64_MAX;
    for (hs_addr b = head; b; b = next_of(h, b)) {
        uint64_t size = size_of(h, b);
        hs_visit(h, b, size, best ? HS_TRIES_SMALLER : HS_TRIES);
        if (size < need) {
            hs_reject(h, b, size, HS_BECAUSE_TOO_SMALL);
        } else if (!fits(b, size, need, alignment)) {
            hs_reject(h, b, size, HS_BECAUSE_NOT_ALIGNED);
        } else if (!best) {
            return b;
        } else if (size >= found_size) {
            hs_reject(h, b, size, HS_BECAUSE_NOT_BETTER);
        } else {
            found = b;
            found_size = size;
        }
    }
    return found;
}

#endif

/* SPDX-License-Identifier: MIT */
/* A reference client: it works on an allocator by the public interface alone, and checks after
 * every operation what any allocator owes to any client.
 *
 *   addresses   inside the committed heap, aligned, no two live payloads overlap
 *   contents    what was written to a payload is still there; realloc keeps the shorter length
 *   refusals    a request that returns NULL leaves every byte, the size and the marks alone
 *   blocks      the walk tiles the heap; live payloads lie in used blocks, one in each
 *   growth      as far as the plan says, up to the maximum; the base never moves
 *   events      request first, return last; performing them on the bytes of before gives the bytes
 *               of after, and undoing them backwards gives those of before
 *   slow motion performed again event by event, a request begins and ends with the same bytes
 *   builds      probed and raw give the same addresses and the same bytes
 *
 * The first promise broken fails the running test, and says how to repeat it. */
#ifndef TESTS_UNIT_REFERENCE_H
#define TESTS_UNIT_REFERENCE_H

#include <heapscope/allocator.h>

typedef struct {
    const char *allocator;
    uint64_t options[HS_OPTIONS];
    hs_heap_config heap;
    hs_growth growth;
    uint64_t seed;
    uint64_t operations;
} reference_plan;

void reference_run(const reference_plan *);

#endif

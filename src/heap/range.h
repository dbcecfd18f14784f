/* struct hs_heap, for the layers that work on its bytes: heap and allocators alone. */
#ifndef HS_HEAP_RANGE_H
#define HS_HEAP_RANGE_H

#include <heapscope/allocator.h>

typedef struct hs_recorder hs_recorder;

struct hs_heap {
    hs_addr base, end, limit;
    hs_growth growth;
    uintptr_t bias;        /* real address = simulated address + bias, modulo 2^64 */
    hs_recorder *recorder; /* NULL in the raw build */
    void *state;           /* the allocator's own variables */
    uint64_t options[HS_OPTIONS];
    const hs_allocator *allocator;
    uint64_t mapped; /* real bytes reserved */
    uint64_t ready;  /* of them, bytes that were prepared */
};

static inline uint8_t *hs_real(const hs_heap *h, hs_addr at)
{
    return (uint8_t *)((uintptr_t)at + h->bias);
}

/* Reserve the range for the heap's allocator and commit its first part. False with errno. */
bool hs_range_reserve(hs_heap *, const hs_heap_config *);
void hs_range_release(hs_heap *);

/* Commit at least up to `end`, as far as the heap's growth says; false, and nothing changed, beyond
 * the limit (or when the system gives no memory: errno is ENOMEM). A growth is one event, however
 * often it doubled. */
bool hs_range_grow(hs_heap *, hs_addr end);

/* Commit exactly this much, whatever it was; what is no longer committed reads as zero when it is
 * again. False, and nothing changed, when the system gives no memory. */
bool hs_range_resize(hs_heap *, uint64_t committed);

#endif

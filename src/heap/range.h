/* struct hs_heap, for the layers that work on its bytes: heap and allocators alone. */
#ifndef HS_HEAP_RANGE_H
#define HS_HEAP_RANGE_H

#include <heapscope/allocator.h>

typedef struct hs_recorder hs_recorder;

/* What the counted build keeps; and, in the probed one, too, which pages were written to. */
typedef struct {
    hs_tally sums;
    uint8_t *written; /* of each page of HS_HEAP_PAGE bytes: one of these */
    uint8_t *chunks;  /* the same of HS_CHUNK pages each: the latest of them */
    uint64_t pages;   /* that there is room for */
    bool complete;    /* the raw build, which tells nothing, never ran */
} hs_account;

/* Never: it reads as zero, as it came from the system. Lately: since somebody asked. */
enum { HS_WRITTEN_NEVER, HS_WRITTEN_EARLIER, HS_WRITTEN_LATELY };
enum { HS_CHUNK = 4096 };

struct hs_heap {
    hs_calls calls; /* at the start, where clients look for it */
    hs_addr base, end, limit;
    hs_growth growth;
    uintptr_t bias;        /* real address = simulated address + bias, modulo 2^64 */
    hs_recorder *recorder; /* NULL but in the probed build */
    hs_recorder *aside;    /* that of a heap that is probed at other times */
    hs_account *account;   /* NULL until it was counted */
    void *state;           /* the allocator's own variables */
    uint64_t options[HS_OPTIONS];
    const hs_allocator *allocator;
    hs_build build;
    uint64_t mapped;     /* real bytes reserved */
    uint64_t ready;      /* of them, bytes that were prepared */
    hs_goes_on *goes_on; /* asked by long requests; NULL: nobody */
    void *goes_on_of;
};

static inline uint8_t *hs_real(const hs_heap *h, hs_addr at)
{
    return (uint8_t *)((uintptr_t)at + h->bias);
}

/* A recorder is told of pages that nobody wrote to before: should the request be undone, nobody
 * has. */
void hs_record_first_write(hs_recorder *, uint64_t page);

/* The n bytes at `at`, one at least, are written to: not in the raw build, which has no account. */
static inline void hs_account_write(hs_heap *h, hs_addr at, uint64_t n)
{
    uint64_t page = (at - h->base) / HS_HEAP_PAGE, last = (at - h->base + n - 1) / HS_HEAP_PAGE;
    do {
        if (h->recorder && h->account->written[page] == HS_WRITTEN_NEVER)
            hs_record_first_write(h->recorder, page);
        h->account->written[page] = HS_WRITTEN_LATELY;
        h->account->chunks[page / HS_CHUNK] = HS_WRITTEN_LATELY;
    } while (page++ < last);
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

/* Of the bytes from .. to - 1, the first stretch of many that were never written to: they are zero,
 * and to set them to that would cost memory. False: there is none, or nothing is known. */
bool hs_range_untouched(const hs_heap *, hs_addr from, hs_addr to, hs_addr *start, hs_addr *end);

#endif

/* SPDX-License-Identifier: MIT */
/* struct hs_heap, for the layers that work on its bytes: heap and allocators alone. */
#ifndef HS_HEAP_RANGE_H
#define HS_HEAP_RANGE_H

#include <heapscope/allocator.h>

typedef struct hs_recorder hs_recorder;

/* What the counted build keeps. The probed one keeps of it which pages were written to. */
typedef struct {
    hs_tally sums;
    uint8_t *written; /* for each page of HS_HEAP_PAGE bytes one of HS_WRITTEN_... */
    uint8_t *chunks;  /* for each HS_CHUNK pages the latest of theirs */
    uint64_t pages;   /* how many pages there is room for */
    bool complete;    /* no write is missing, for the raw build, which notes none, never ran */
} hs_account;

/* When a page was last written to. NEVER: it reads as zero, as it came from the system. LATELY:
 * since somebody asked. */
enum { HS_WRITTEN_NEVER, HS_WRITTEN_EARLIER, HS_WRITTEN_LATELY };
enum { HS_CHUNK = 4096 };

struct hs_heap {
    hs_calls calls; /* at the start, where clients look for it */
    hs_addr base, end, limit;
    hs_growth growth;
    uintptr_t bias;        /* real address = simulated address + bias, modulo 2^64 */
    hs_recorder *recorder; /* NULL except in the probed build */
    hs_recorder *aside;    /* the recorder of a heap that works on another build for now */
    hs_account *account;   /* NULL until it was counted */
    void *state;           /* the allocator's own variables */
    uint64_t options[HS_OPTIONS];
    const hs_allocator *allocator;
    hs_build build;
    uint64_t mapped;     /* real bytes reserved */
    uint64_t ready;      /* how many of them have their memory at hand */
    hs_goes_on *goes_on; /* a long request asks this whether to go on; NULL: nobody is asked */
    void *goes_on_of;
};

static inline uint8_t *hs_real(const hs_heap *h, hs_addr at)
{
    return (uint8_t *)((uintptr_t)at + h->bias);
}

/* Tell the recorder of a page that nobody has written to before, so that undoing the request makes
 * it such a page again. */
void hs_record_first_write(hs_recorder *, uint64_t page);

/* Note that the n bytes at `at`, at least one, are written to. The raw build has no account and
 * does not call this. */
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

/* Commit memory up to `end` or, as the heap's growth says, further. False, and nothing changed,
 * beyond the limit, or when the system gives no memory (errno is ENOMEM). A growth is one event,
 * however often the heap doubled. */
bool hs_range_grow(hs_heap *, hs_addr end);

/* Commit exactly this much, whatever it was before. What is given back reads as zero when it is
 * committed again. False, and nothing changed, when the system gives no memory. */
bool hs_range_resize(hs_heap *, uint64_t committed);

/* Find the first long stretch of bytes between `from` and `to` - 1 that were never written to. They
 * are zero already, and setting them would cost memory. False: there is none, or nothing is known.
 */
bool hs_range_untouched(const hs_heap *, hs_addr from, hs_addr to, hs_addr *start, hs_addr *end);

#endif

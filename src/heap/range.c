/* SPDX-License-Identifier: MIT */
/* The range of addresses: reserved once without memory behind it, committed as the heap grows.
 * Its base never moves, so a growth invalidates no pointer. */
#include "heap/range.h"

#include "heap/recorder.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t round_up(uint64_t n, uint64_t unit)
{
    return (n + unit - 1) / unit * unit;
}

static uint64_t page_round(uint64_t n)
{
    return round_up(n, (uint64_t)sysconf(_SC_PAGESIZE));
}

static uint64_t within(uint64_t size, uint64_t least, uint64_t most)
{
    return size < least ? least : size > most ? most : size;
}

static bool commit(hs_heap *h, uint64_t size)
{
    return size <= h->ready ||
           mprotect(hs_real(h, h->base), page_round(size), PROT_READ | PROT_WRITE) == 0;
}

enum { TOUCHED = 1 << 28, MUCH = 1 << 20, STRETCH = 1 << 16 };

bool hs_heap_prepare(hs_heap *h, uint64_t bytes)
{
    bytes = page_round(bytes);
    if (bytes > h->mapped) bytes = h->mapped;
    if (!commit(h, bytes)) return false;
    for (uint64_t at = 0; at < bytes && at < TOUCHED; at += HS_HEAP_PAGE) {
        volatile uint8_t *byte = hs_real(h, h->base + at);
        *byte = *byte;
    }
    h->ready = bytes;
    return true;
}

static uint64_t limit(uint64_t of_allocator)
{
    return of_allocator ? of_allocator : HS_HEAP_LARGEST;
}

hs_heap_config hs_heap_sizes(const hs_heap *h, const hs_heap_config *asked)
{
    const hs_heap_config *largest = &h->allocator->largest;
    uint64_t unit = h->allocator->alignment(h);
    uint64_t initial = within(asked->initial, HS_HEAP_SMALLEST, limit(largest->initial));
    uint64_t maximum = within(asked->maximum, initial, limit(largest->maximum)) / unit * unit;
    if (h->allocator->model_base) return (hs_heap_config){initial, initial};
    return (hs_heap_config){within(round_up(initial, unit), HS_HEAP_SMALLEST, maximum), maximum};
}

bool hs_range_reserve(hs_heap *h, const hs_heap_config *config)
{
    hs_addr model = h->allocator->model_base;
    hs_heap_config sizes = hs_heap_sizes(h, config);
    h->mapped = page_round(sizes.maximum);
    void *real =
        mmap(NULL, h->mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (real == MAP_FAILED) return false;
    h->base = model ? model : HS_BASE;
    h->end = h->base + sizes.initial;
    h->limit = h->base + sizes.maximum;
    h->bias = (uintptr_t)real - (uintptr_t)h->base;
    if (commit(h, sizes.initial)) return true;
    int why = errno;
    hs_range_release(h);
    errno = why;
    return false;
}

void hs_range_release(hs_heap *h)
{
    munmap(hs_real(h, h->base), h->mapped);
}

/* The size that a heap grows to when it needs so many bytes in all. */
static uint64_t grown(const hs_heap *h, uint64_t needed)
{
    uint64_t size = h->end - h->base, maximum = h->limit - h->base;
    switch (h->growth) {
    case HS_GROWTH_DOUBLE:
        while (size < needed) size *= 2;
        break;
    case HS_GROWTH_PAGE: size = round_up(needed, HS_HEAP_PAGE); break;
    case HS_GROWTH_EXACT: size = round_up(needed, h->allocator->alignment(h)); break;
    }
    return size < maximum ? size : maximum;
}

bool hs_range_grow(hs_heap *h, hs_addr end)
{
    if (end <= h->end) return true;
    if (end > h->limit) return false;
    uint64_t size = grown(h, end - h->base);
    if (!commit(h, size)) {
        if (h->recorder)
            hs_record(h->recorder,
                      (hs_event){.kind = HS_FAIL, .detail = HS_BECAUSE_SYSTEM, .a = size});
        return false;
    }
    hs_addr old = h->end;
    h->end = h->base + size;
    if (h->recorder) hs_record(h->recorder, (hs_event){.kind = HS_GROW, .a = old, .b = h->end});
    if (h->build == HS_COUNTED) h->account->sums.counts.growths++;
    return true;
}

/* Set the bytes from `from` to the end to zero. Whole pages go back to the system instead: writing
 * zeros to pages that nobody touched would cost memory. */
static void clear(hs_heap *h, hs_addr from)
{
    hs_addr to = h->end, whole = h->base + page_round(from - h->base);
    if (to - from >= MUCH && madvise(hs_real(h, whole), page_round(to - whole), MADV_DONTNEED) == 0)
        to = whole;
    memset(hs_real(h, from), 0, to - from);
}

/* These whole pages are as they came from the system: nobody has written to them. */
static void forget_written(hs_account *a, uint64_t page, uint64_t end)
{
    for (uint64_t next; page < end; page = next) {
        next = (page / HS_CHUNK + 1) * HS_CHUNK;
        if (next > end) next = end;
        if (a->chunks[page / HS_CHUNK] != HS_WRITTEN_NEVER)
            memset(a->written + page, HS_WRITTEN_NEVER, next - page);
    }
}

bool hs_range_resize(hs_heap *h, uint64_t committed)
{
    hs_addr end = h->base + committed;
    if (end > h->end && !commit(h, committed)) return false;
    if (end < h->end) {
        clear(h, end);
        if (h->account)
            forget_written(h->account, page_round(committed) / HS_HEAP_PAGE,
                           page_round(h->end - h->base) / HS_HEAP_PAGE);
    }
    h->end = end;
    return true;
}

/* The first page from here on that was ever written to; the last one, if there is none. */
static uint64_t next_touched(const hs_account *a, uint64_t page, uint64_t last)
{
    while (page < last && a->written[page] == HS_WRITTEN_NEVER) {
        uint64_t eight = 1; /* 0: none of eight pages was written to */
        if (page + sizeof eight <= last) memcpy(&eight, a->written + page, sizeof eight);
        if (a->chunks[page / HS_CHUNK] == HS_WRITTEN_NEVER)
            page += HS_CHUNK - page % HS_CHUNK;
        else
            page += eight ? 1 : sizeof eight;
    }
    return page < last ? page : last;
}

bool hs_range_untouched(const hs_heap *h, hs_addr from, hs_addr to, hs_addr *start, hs_addr *end)
{
    if (!h->account || !h->account->complete) return false;
    uint64_t first = round_up(from - h->base, HS_HEAP_PAGE) / HS_HEAP_PAGE;
    uint64_t last = (to - h->base) / HS_HEAP_PAGE, next;
    for (; first < last; first = next + 1) {
        next = next_touched(h->account, first, last);
        if ((next - first) * HS_HEAP_PAGE < STRETCH) continue;
        *start = h->base + first * HS_HEAP_PAGE;
        *end = h->base + next * HS_HEAP_PAGE;
        return true;
    }
    return false;
}

void hs_heap_set_growth(hs_heap *h, hs_growth growth)
{
    h->growth = growth;
}

hs_growth hs_heap_growth(const hs_heap *h)
{
    return h->growth;
}

hs_addr hs_heap_base(const hs_heap *h)
{
    return h->base;
}

hs_addr hs_heap_end(const hs_heap *h)
{
    return h->end;
}

uint64_t hs_heap_committed(const hs_heap *h)
{
    return h->end - h->base;
}

uint64_t hs_heap_maximum(const hs_heap *h)
{
    return h->limit - h->base;
}

bool hs_heap_holds(const hs_heap *h, hs_addr at, uint64_t n)
{
    return at >= h->base && at <= h->end && n <= h->end - at;
}

const uint8_t *hs_heap_bytes(const hs_heap *h, hs_addr at, uint64_t n)
{
    return hs_heap_holds(h, at, n) ? hs_real(h, at) : NULL;
}

bool hs_heap_peek(const hs_heap *h, hs_addr at, uint64_t *word)
{
    if (!hs_heap_holds(h, at, sizeof *word)) return false;
    memcpy(word, hs_real(h, at), sizeof *word);
    return true;
}

bool hs_heap_poke(hs_heap *h, hs_addr at, const void *bytes, uint64_t n)
{
    if (!hs_heap_holds(h, at, n)) return false;
    if (h->recorder) {
        hs_record_begin(h->recorder, h);
        hs_record(h->recorder, (hs_event){.kind = HS_POKE, .at = at, .a = n});
    }
    if (h->account && n) hs_account_write(h, at, n);
    memmove(hs_real(h, at), bytes, n);
    return true;
}

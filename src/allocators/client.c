/* SPDX-License-Identifier: MIT */
/* The client's API: what C says about NULL, 0 and absurd sizes, the same for every allocator, and
 * the frame around a request: its first and last event, and the landing of a fault. */
#include "base/memory.h"
#include "heap/recorder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static uint64_t chunks_of(uint64_t pages)
{
    return pages / HS_CHUNK + 1;
}

/* A byte for each page that there may ever be; those that are not touched take no memory. */
static hs_account *new_account(const hs_heap *h)
{
    uint64_t pages = h->mapped / HS_HEAP_PAGE + 2;
    hs_account *a = hs_new(1, sizeof *a);
    a->pages = pages;
    a->written = mmap(NULL, pages + chunks_of(pages), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (a->written == MAP_FAILED) hs_out_of_memory();
    a->chunks = a->written + pages;
    a->complete = h->build != HS_RAW;
    return a;
}

static void free_account(hs_account *a)
{
    if (!a) return;
    munmap(a->written, a->pages + chunks_of(a->pages));
    free(a);
}

/* What malloc and free call depends on the build. */
static void choose_calls(hs_heap *h);

hs_heap *hs_heap_new(const hs_heap_config *config, const hs_allocator *allocator, hs_build build,
                     const uint64_t *options)
{
    HS_ENTER(errno = ENOMEM, NULL);
    hs_heap *h = hs_new(1, sizeof *h);
    h->allocator = allocator;
    h->build = build;
    for (size_t i = 0; i < allocator->option_count; i++)
        h->options[i] = options ? options[i] : allocator->options[i].initial;
    if (allocator->variant) h->allocator = allocator->variant(h->options);
    if (!hs_range_reserve(h, config)) {
        free(h);
        return NULL;
    }
    h->state = hs_new(1, h->allocator->state_size + 1);
    if (build == HS_PROBED) h->recorder = hs_recorder_new(h->allocator->state_size);
    if (build != HS_RAW) h->account = new_account(h);
    choose_calls(h);
    h->allocator->init(h);
    if (h->account)
        h->account->sums = (hs_tally){0}; /* laying out the heap is no request's doing */
    return h;
}

void hs_heap_free(hs_heap *h)
{
    if (!h) return;
    hs_range_release(h);
    hs_recorder_free(h->recorder ? h->recorder : h->aside);
    free_account(h->account);
    free(h->state);
    free(h);
}

const hs_allocator *hs_heap_allocator(const hs_heap *h)
{
    return h->allocator;
}

uint64_t hs_heap_option(const hs_heap *h, size_t index)
{
    return h->options[index];
}

size_t hs_heap_marks(const hs_heap *h, hs_mark marks[HS_MARKS])
{
    return h->allocator->marks ? h->allocator->marks(h, marks) : 0;
}

bool hs_heap_end_mark(const hs_heap *h, hs_block *out)
{
    if (h->allocator->end_mark) h->allocator->end_mark(h, out);
    return h->allocator->end_mark;
}

void hs_heap_set_option(hs_heap *h, size_t index, uint64_t value)
{
    h->options[index] = value;
}

/* --- Builds --------------------------------------------------------------------------------- */

hs_build hs_heap_build(const hs_heap *h)
{
    return h->build;
}

void hs_heap_use(hs_heap *h, hs_build build)
{
    if (build == h->build) return;
    const hs_allocator *a = h->allocator->builds[build];
    if (build != HS_RAW && !h->account) h->account = new_account(h);
    if (build == HS_RAW && h->account) h->account->complete = false;
    h->build = build;
    h->allocator = a;
    if (h->recorder) h->aside = h->recorder;
    h->recorder = build == HS_PROBED ? h->aside : NULL;
    if (build == HS_PROBED && !h->recorder) h->recorder = hs_recorder_new(a->state_size);
    if (build == HS_PROBED) hs_record_begin(h->recorder, h);
    if (build == HS_COUNTED) h->account->sums = (hs_tally){0};
    choose_calls(h);
}

hs_tally hs_heap_tally(hs_heap *h)
{
    hs_tally sums = {0}, none = {0};
    if (!h->account) return none;
    sums = h->account->sums;
    h->account->sums = none;
    return sums;
}

/* From this page on, of so many, the first that was written to lately; `pages`: none. All chunks
 * before have none. */
static uint64_t first_written(hs_account *a, uint64_t page, uint64_t pages)
{
    while (page < pages) {
        uint64_t chunk = page / HS_CHUNK, end = (chunk + 1) * HS_CHUNK;
        if (end > pages) end = pages;
        if (a->chunks[chunk] == HS_WRITTEN_LATELY) {
            const uint8_t *found = memchr(a->written + page, HS_WRITTEN_LATELY, end - page);
            if (found) return (uint64_t)(found - a->written);
            a->chunks[chunk] = HS_WRITTEN_EARLIER;
        }
        const uint8_t *next =
            memchr(a->chunks + chunk, HS_WRITTEN_LATELY, chunks_of(pages) - chunk);
        if (!next) return pages;
        page = (uint64_t)(next - a->chunks) * HS_CHUNK;
    }
    return pages;
}

bool hs_heap_written(hs_heap *h, uint64_t *from, uint64_t *to)
{
    if (!h->account) return false;
    uint64_t page = *from / HS_HEAP_PAGE, pages = (h->end - h->base) / HS_HEAP_PAGE + 1;
    uint8_t *written = h->account->written;
    page = first_written(h->account, page, pages);
    if (page >= pages) return false;
    for (*from = page * HS_HEAP_PAGE; written[page] == HS_WRITTEN_LATELY; page++)
        written[page] = HS_WRITTEN_EARLIER;
    *to = page * HS_HEAP_PAGE;
    return true;
}

void hs_heap_recalled(hs_heap *h, uint64_t from, uint64_t to, bool was_written)
{
    if (!h->account) return;
    for (uint64_t page = from / HS_HEAP_PAGE; page * HS_HEAP_PAGE < to; page++) {
        uint8_t *written = &h->account->written[page],
                *chunk = &h->account->chunks[page / HS_CHUNK];
        if (!was_written || *written == HS_WRITTEN_NEVER)
            *written = was_written ? HS_WRITTEN_EARLIER : HS_WRITTEN_NEVER;
        if (was_written && *chunk == HS_WRITTEN_NEVER) *chunk = HS_WRITTEN_EARLIER;
    }
}

/* --- Images --------------------------------------------------------------------------------- */

void hs_heap_copy(hs_heap *to, const hs_heap *from)
{
    memcpy(hs_real(to, to->base), hs_real(from, from->base), from->end - from->base);
    memcpy(to->state, from->state, from->allocator->state_size);
    memcpy(to->options, from->options, sizeof to->options);
}

const void *hs_heap_state(const hs_heap *h)
{
    return h->state;
}

void *hs_heap_recall(hs_heap *h, uint64_t committed, const void *state)
{
    if (!hs_range_resize(h, committed)) return NULL;
    memcpy(h->state, state, h->allocator->state_size);
    if (h->recorder) hs_record_begin(h->recorder, h);
    return hs_real(h, h->base);
}

typedef struct {
    hs_request kind;
    hs_addr p;
    size_t size;
    size_t other; /* calloc: the count; aligned_alloc: the alignment */
} request;

static void tell(hs_heap *h, hs_event_kind kind, unsigned detail, hs_addr at, uint64_t a,
                 uint64_t b)
{
    if (!h->recorder) return;
    hs_record(
        h->recorder,
        (hs_event){.kind = (uint8_t)kind, .detail = (uint8_t)detail, .at = at, .a = a, .b = b});
}

static hs_addr refuse(hs_heap *h, hs_reason why)
{
    tell(h, HS_FAIL, why, HS_NULL, 0, 0);
    return HS_NULL;
}

/* A request for 0 bytes gets a block of its own, so that its pointer is unlike any other. */
static size_t at_least_one(size_t size)
{
    return size ? size : 1;
}

static void wipe(hs_heap *h, hs_addr at, uint64_t n)
{
    if (h->recorder) hs_record_overwritten(h->recorder, h, at, n);
    tell(h, HS_FILL, 0, at, n, 0);
    if (h->account && n) hs_account_write(h, at, n);
    memset(hs_real(h, at), 0, n);
}

/* But for what is known to be fresh, as in a calloc that had its memory from the system. */
static void set_to_zero(hs_heap *h, hs_addr p, uint64_t n)
{
    hs_addr at = p, end = p + n, fresh, next;
    for (; hs_range_untouched(h, at, end, &fresh, &next); at = next)
        if (fresh > at) wipe(h, at, fresh - at);
    if (at < end || !n) wipe(h, at, end - at);
}

static hs_addr zeroed(hs_heap *h, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return refuse(h, HS_BECAUSE_OVERFLOW);
    hs_addr p = h->allocator->malloc(h, at_least_one(bytes));
    if (!p) return HS_NULL;
    if (h->recorder && !hs_heap_holds(h, p, bytes)) hs_record_fault(h, HS_BECAUSE_OUTSIDE, p);
    set_to_zero(h, p, bytes);
    return p;
}

static hs_addr aligned(hs_heap *h, size_t alignment, size_t size)
{
    if (alignment == 0 || (alignment & (alignment - 1))) return refuse(h, HS_BECAUSE_NO_POWER);
    return h->allocator->aligned_alloc(h, alignment, at_least_one(size));
}

static hs_addr resized(hs_heap *h, hs_addr p, size_t size)
{
    if (!p) return h->allocator->malloc(h, at_least_one(size));
    if (size) return h->allocator->realloc(h, p, size);
    h->allocator->free(h, p);
    return HS_NULL;
}

static hs_addr dispatch(hs_heap *h, const request *r)
{
    switch (r->kind) {
    case HS_MALLOC: return h->allocator->malloc(h, at_least_one(r->size));
    case HS_CALLOC: return zeroed(h, r->other, r->size);
    case HS_ALIGNED_ALLOC: return aligned(h, r->other, r->size);
    case HS_REALLOC: return resized(h, r->p, r->size);
    case HS_FREE:
        if (r->p) h->allocator->free(h, r->p);
        return HS_NULL;
    }
    return HS_NULL;
}

static hs_addr serve_probed(hs_heap *h, const request *r)
{
    hs_record_begin(h->recorder, h);
    HS_ENTER((hs_record_undo(h), errno = ENOMEM), HS_NULL);
    if (setjmp(*hs_record_landing(h->recorder))) return HS_NULL;
    tell(h, HS_REQUEST, r->kind, r->p, r->size, r->other);
    hs_addr p = dispatch(h, r);
    tell(h, HS_RETURN, r->kind, p, 0, 0);
    return p;
}

bool hs_heap_slow_motion(hs_heap *h)
{
    size_t n;
    const hs_event *e = hs_events(h, &n);
    if (!n || e->kind != HS_REQUEST || hs_fault(h)) return false;
    request again = {.kind = (hs_request)e->detail, .p = e->at, .size = e->a, .other = e->b};
    const hs_growth growth = h->growth;
    uint64_t options[HS_OPTIONS];
    memcpy(options, h->options, sizeof options);
    hs_record_undo(h);
    hs_record_recall_settings(h);
    hs_record_trace(h->recorder, true);
    serve_probed(h, &again);
    hs_record_trace(h->recorder, false);
    memcpy(h->options, options, sizeof options);
    h->growth = growth;
    return true;
}

void hs_heap_seek(hs_heap *h, size_t n)
{
    hs_record_seek(h, n);
}

static hs_addr malloc_probed(hs_heap *h, size_t size)
{
    return serve_probed(h, &(request){.kind = HS_MALLOC, .size = size});
}

static void free_probed(hs_heap *h, hs_addr p)
{
    serve_probed(h, &(request){.kind = HS_FREE, .p = p});
}

static void choose_calls(hs_heap *h)
{
    h->calls.malloc = h->recorder ? malloc_probed : h->allocator->malloc;
    h->calls.free = h->recorder ? free_probed : h->allocator->free;
}

/* In the other builds a request is nothing but the call of the allocator's function: that of malloc
 * and free is in the header. */

hs_addr hs_malloc_nothing(hs_heap *h)
{
    return h->calls.malloc(h, h->recorder ? 0 : 1);
}

hs_addr hs_calloc(hs_heap *h, size_t count, size_t size)
{
    if (!h->recorder) return zeroed(h, count, size);
    return serve_probed(h, &(request){.kind = HS_CALLOC, .size = size, .other = count});
}

hs_addr hs_aligned_alloc(hs_heap *h, size_t alignment, size_t size)
{
    if (!h->recorder) return aligned(h, alignment, size);
    return serve_probed(h, &(request){.kind = HS_ALIGNED_ALLOC, .size = size, .other = alignment});
}

hs_addr hs_realloc(hs_heap *h, hs_addr p, size_t size)
{
    if (!h->recorder) return resized(h, p, size);
    return serve_probed(h, &(request){.kind = HS_REALLOC, .p = p, .size = size});
}

void hs_free_nothing(hs_heap *h)
{
    if (h->recorder) h->calls.free(h, HS_NULL);
}

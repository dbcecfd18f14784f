/* SPDX-License-Identifier: MIT */
/* Runs of units: what lies under slabs. The heap is cut into units, powers of two; a run is one or
 * more of them, free or in use.
 *
 *      in use | size |p|1| ...                               |
 *      free   | size |p|0| next | previous | ...      | size |
 *
 * Bit 1 (p) says that the run on the left is in use: if it is free its footer leads to its start.
 * No two free runs are neighbours. There is no end mark, for it would take a unit: what it would
 * say of the last run stands in `last_used`.
 *
 * The file that includes this says what a unit is, how many bytes a run has by its first word, and
 * where it keeps its `struct runs`. */
#ifndef HS_ALLOCATORS_RUNS_H
#define HS_ALLOCATORS_RUNS_H

#include "allocators/block/links.h"
#include "allocators/block/word.h"
#include "heap/access.h"

struct runs {
    hs_addr free;       /* the first free run */
    uint64_t last_used; /* LEFT_USED if the last run is in use */
    unsigned list;      /* the index by which the list is told */
};

static inline uint64_t run_unit(const hs_heap *h);
static inline uint64_t bytes_of_run(const hs_heap *h, uint64_t word);
static inline struct runs *runs_of(const hs_heap *h);

/* --- The layout of a run -------------------------------------------------------------------- */

/* Where the last unit ends; beyond it lies less than one. */
static inline hs_addr last_end(const hs_heap *h)
{
    return h->base + ((h->end - h->base) & ~(run_unit(h) - 1));
}

/* --- The list ------------------------------------------------------------------------------- */

static inline void insert(hs_heap *h, hs_addr run, uint64_t size)
{
    struct runs *r = runs_of(h);
    hs_probe(h, HS_INSERT, run, size, r->list);
    push(h, &r->free, run);
}

static inline void detach(hs_heap *h, hs_addr run, uint64_t size)
{
    struct runs *r = runs_of(h);
    hs_probe(h, HS_REMOVE, run, size, r->list);
    unlink_block(h, &r->free, run);
}

/* --- Splitting and joining ------------------------------------------------------------------ */

/* Tell the run at `right`, or the heap's end, about the run on its left. */
static inline void tell_right(hs_heap *h, hs_addr right, uint64_t left_used)
{
    struct runs *r = runs_of(h);
    if (right == last_end(h))
        r->last_used = left_used;
    else
        hs_store(h, right, (hs_load(h, right) & ~(uint64_t)LEFT_USED) | left_used);
}

/* The run on the left is in use: free ones would be one run. */
static inline void mark_free(hs_heap *h, hs_addr run, uint64_t size)
{
    hs_store(h, run, size | LEFT_USED);
    hs_store(h, run + size - WORD, size);
    tell_right(h, run + size, 0);
}

/* Put a run of `size` bytes, in no list, to use for `need` of them. */
static inline void use_run(hs_heap *h, hs_addr run, uint64_t size, uint64_t need,
                           uint64_t left_used)
{
    hs_store(h, run, need | left_used | USED);
    if (size == need) {
        tell_right(h, run + size, LEFT_USED);
        return;
    }
    hs_probe(h, HS_SPLIT, run, need, size - need);
    mark_free(h, run + need, size - need);
    insert(h, run + need, size - need);
}

/* A run that nobody uses is joined with its free neighbours and becomes a free run. */
static inline void release_run(hs_heap *h, hs_addr run, uint64_t size)
{
    uint64_t left_used = hs_load(h, run) & LEFT_USED, right = USED;
    if (run + size != last_end(h)) right = hs_load(h, run + size);
    if (!(right & USED)) {
        hs_probe(h, HS_COALESCE, run, size, size_in(right));
        detach(h, run + size, size_in(right));
        size += size_in(right);
    }
    if (!left_used) {
        uint64_t left = hs_load(h, run - WORD); /* the footer */
        run -= left;
        hs_probe(h, HS_COALESCE, run, left, size);
        detach(h, run, left);
        size += left;
    }
    mark_free(h, run, size);
    insert(h, run, size);
}

/* --- Finding a run -------------------------------------------------------------------------- */

/* Bytes to skip so that a payload behind the first unit is a multiple of `alignment`. */
static inline uint64_t run_lead(const hs_heap *h, hs_addr run, uint64_t alignment)
{
    if (alignment <= run_unit(h)) return 0;
    return hs_round_up(run + run_unit(h), alignment) - (run + run_unit(h));
}

static inline bool run_fits(const hs_heap *h, hs_addr run, uint64_t size, uint64_t need,
                            uint64_t alignment)
{
    return size >= need && run_lead(h, run, alignment) <= size - need;
}

/* The first free run that can serve the request, or NULL. */
static inline hs_addr find(hs_heap *h, uint64_t need, uint64_t alignment)
{
    const struct runs *r = runs_of(h);
    hs_probe(h, HS_LOOK, r->free, r->list, 0);
    for (hs_addr run = r->free; run; run = next_of(h, run)) {
        uint64_t size = size_in(hs_load(h, run));
        hs_try(h, run, size);
        if (run_fits(h, run, size, need, alignment)) return run;
        hs_reject(h, run, size, size < need ? HS_BECAUSE_TOO_SMALL : HS_BECAUSE_NOT_ALIGNED);
    }
    return HS_NULL;
}

/* Grow the heap until its last run, free, can serve the request. Returns it, in no list; or NULL.
 */
static inline hs_addr extend(hs_heap *h, uint64_t need, uint64_t alignment)
{
    const struct runs *r = runs_of(h);
    hs_addr end = last_end(h), start = end;
    if (!r->last_used) start -= hs_load(h, end - WORD);
    uint64_t skip = run_lead(h, start, alignment), room = h->limit - start;
    if (skip > room || need > room - skip) return HS_NULL;
    if (!hs_reach(h, start + skip + need)) return HS_NULL;
    if (start != end) {
        hs_probe(h, HS_COALESCE, start, end - start, last_end(h) - end);
        detach(h, start, end - start);
    }
    mark_free(h, start, last_end(h) - start);
    return start;
}

/* Take `need` bytes of a free run, in no list, that is large enough. */
static inline hs_addr put_to_use(hs_heap *h, hs_addr run, uint64_t need, uint64_t alignment)
{
    uint64_t size = size_in(hs_load(h, run)), skip = run_lead(h, run, alignment);
    if (skip) {
        hs_probe(h, HS_SPLIT, run, skip, size - skip);
        mark_free(h, run + skip, size - skip);
        mark_free(h, run, skip);
        insert(h, run, skip);
    }
    use_run(h, run + skip, size - skip, need, skip ? 0 : LEFT_USED);
    return run + skip;
}

/* --- Resizing ------------------------------------------------------------------------------- */

/* A run that could have `room` bytes where it is does not grow into what is on its right, nor to
 * the left, where its payload would have to move. Always false. Told by the probed build alone. */
static inline bool decline(hs_heap *h, hs_addr run, uint64_t size, uint64_t have, uint64_t room)
{
    uint64_t word = 0, left = 0;
    if (!HS_PROBES) return false;
    if (have > size) hs_decline(h, run + size, have - size, HS_BECAUSE_TOO_SMALL, have);
    if (run + have == last_end(h))
        hs_decline(h, h->end, 0, HS_BECAUSE_LIMIT, room);
    else if (hs_heap_peek(h, run + have, &word))
        hs_decline(h, run + have, bytes_of_run(h, word), HS_BECAUSE_USED, room);
    if (!(hs_load(h, run) & LEFT_USED) && hs_heap_peek(h, run - WORD, &left))
        hs_decline(h, run - left, left, HS_BECAUSE_LEFT, left + room);
    return false;
}

/* Make a run larger where it stands: from a free run on its right, or by growing the heap. */
static inline bool expand(hs_heap *h, hs_addr run, uint64_t need)
{
    uint64_t word = hs_load(h, run), size = size_in(word), have = size, right = USED;
    hs_addr end = last_end(h);
    if (run + size != end) right = hs_load(h, run + size);
    if (!(right & USED)) have += size_in(right);
    if (have < need) {
        uint64_t room = run + have == end ? h->limit - run : have;
        if (need > room) return decline(h, run, size, have, room);
        if (!hs_reach(h, run + need)) return false;
    }
    if (!(right & USED)) {
        hs_probe(h, HS_COALESCE, run, size, size_in(right));
        detach(h, run + size, size_in(right));
    }
    if (have < need) {
        hs_probe(h, HS_COALESCE, run, have, last_end(h) - end);
        have = last_end(h) - run;
    }
    use_run(h, run, have, need, word & LEFT_USED);
    return true;
}

static inline void shrink(hs_heap *h, hs_addr run, uint64_t need)
{
    uint64_t word = hs_load(h, run), rest = size_in(word) - need;
    if (!rest) return;
    hs_probe(h, HS_SPLIT, run, need, rest);
    hs_store(h, run, need | (word & STATUS));
    hs_store(h, run + need, rest | LEFT_USED | USED);
    hs_probe(h, HS_RELEASE, run + need, rest, 0);
    release_run(h, run + need, rest);
}

/* --- An empty heap, and viewers --------------------------------------------------------------- */

/* One free run, or none: the heap may be smaller than a unit. */
static inline void runs_init(hs_heap *h, unsigned list)
{
    struct runs *r = runs_of(h);
    uint64_t size = last_end(h) - h->base, word = size | LEFT_USED;
    *r = (struct runs){.list = list, .last_used = LEFT_USED};
    if (!size) return;
    hs_lay_out(h, h->base, word);
    hs_lay_out(h, h->base + size - WORD, size);
    r->free = h->base;
    r->last_used = 0;
}

static inline bool run_links(const hs_heap *h, hs_addr run, hs_links *out)
{
    return hs_heap_peek(h, run + WORD, &out->to[0]) && hs_heap_peek(h, run + 2 * WORD, &out->to[1]);
}

#endif

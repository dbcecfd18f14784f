/* SPDX-License-Identifier: MIT */
/* The explicit free list: free blocks alone, linked through their own payloads.
 *
 *      head --> free --> free --> free          heap order:  | used | free | used | free | ...
 *
 * A search passes over free blocks only, where the implicit list passes over all. Blocks are laid
 * out as in tags.h: with links and a footer while they are free, so none is smaller than 32
 * bytes.
 *
 *   order      where in the list a freed block goes: lifo (in front), fifo (at the end), address
 *              (the list in heap order: a slower free, less fragmentation)
 *   fit        first: the first that is large enough; best: the smallest that is
 *   coalesce   immediate: free joins the block with its free neighbours;
 *              deferred: all neighbours are joined when a search fails and joining would help;
 *              off: a realloc that grows in place is all that joins
 *
 * Follows: Knuth, The Art of Computer Programming 1, 2.5; Bryant & O'Hallaron, Computer Systems
 * (3rd ed.), 9.9.13; Wilson et al., Dynamic Storage Allocation (1995), 3.4. */
enum { ORDER, FIT, COALESCE, SPLIT_MIN, ALIGN };
enum { LIFO, FIFO, BY_ADDRESS };
enum { FIRST_FIT, BEST_FIT };

#include "allocators/block/check.h"
#include "allocators/block/deferred.h"
#include "allocators/block/resize.h"
#include "allocators/block/search.h"

struct explicit_list {
    hs_addr head, tail;
};

static const char *const orders[] = {"lifo", "fifo", "address", NULL};
static const char *const fit_names[] = {"first", "best", NULL};
static const hs_option options[] = {
    [ORDER] = {.name = "order",
               .help = "where in the free list a freed block goes",
               .choices = orders,
               .fresh = true},
    [FIT] = {.name = "fit", .help = "which free block serves a request", .choices = fit_names},
    [COALESCE] = HS_COALESCE_OPTION(hs_coalescings),
    [SPLIT_MIN] = HS_SPLIT_MIN_OPTION,
    [ALIGN] = HS_ALIGN_OPTION,
};

static bool joins_at_once(const hs_heap *h)
{
    return h->options[COALESCE] == HS_COALESCE_IMMEDIATE;
}

/* --- The list ------------------------------------------------------------------------------- */

/* The last block of the list that lies before this one in the heap; NULL if none does. */
static hs_addr predecessor(hs_heap *h, hs_addr block)
{
    const struct explicit_list *l = h->state;
    hs_addr before = HS_NULL;
    for (hs_addr b = l->head; b && b < block; b = next_of(h, b)) {
        hs_visit(h, b, size_of(h, b), HS_PASSES);
        before = b;
    }
    return before;
}

/* In front of all others where `before` is NULL. */
static void insert_behind(hs_heap *h, hs_addr before, hs_addr block, uint64_t size)
{
    struct explicit_list *l = h->state;
    hs_probe(h, HS_INSERT, block, size, 0);
    if (before)
        push_behind(h, before, block);
    else
        push(h, &l->head, block);
    if (l->tail == before) l->tail = block;
}

static void insert(hs_heap *h, hs_addr block, uint64_t size)
{
    const struct explicit_list *l = h->state;
    hs_addr before = HS_NULL;
    if (h->options[ORDER] == FIFO) before = l->tail;
    if (h->options[ORDER] == BY_ADDRESS) before = predecessor(h, block);
    insert_behind(h, before, block, size);
}

static void detach(hs_heap *h, hs_addr block, uint64_t size)
{
    struct explicit_list *l = h->state;
    hs_probe(h, HS_REMOVE, block, size, 0);
    if (l->tail == block) l->tail = previous_of(h, block);
    unlink_block(h, &l->head, block);
}

static hs_addr find(hs_heap *h, uint64_t need, uint64_t alignment)
{
    const struct explicit_list *l = h->state;
    return search_list(h, l->head, need, alignment, h->options[FIT] == BEST_FIT);
}

/* --- Deferred coalescing -------------------------------------------------------------------- */

/* A list in heap order need not be searched for a block's place: it is the one of its left part. */
static void coalesce_all(hs_heap *h)
{
    bool ordered = h->options[ORDER] == BY_ADDRESS;
    for (hs_addr block = first(h); block != end_mark(h); block += size_of(h, block)) {
        uint64_t size = size_of(h, block);
        hs_visit(h, block, size, HS_SEES_PAIR);
        if (!is_free(h, block) || !is_free(h, block + size)) continue;
        hs_addr before = ordered ? previous_of(h, block) : HS_NULL;
        detach(h, block, size);
        while (is_free(h, block + size)) {
            uint64_t right = size_of(h, block + size);
            hs_visit(h, block + size, right, HS_SEES_PAIR);
            hs_probe(h, HS_COALESCE, block, size, right);
            detach(h, block + size, right);
            hook_given_up(h, block + size - WORD, 2 * WORD + LINKS); /* footer, header and links */
            size += right;
        }
        mark_free(h, block, size, header_at(h, block) & LEFT_USED);
        if (ordered)
            insert_behind(h, before, block, size);
        else
            insert(h, block, size);
    }
}

/* What a search finds once all free neighbours are joined, if that helps; or NULL. */
static hs_addr find_joined(hs_heap *h, uint64_t need, uint64_t alignment)
{
    if (!joining_helps(h, need, alignment)) return HS_NULL;
    coalesce_all(h);
    return find(h, need, alignment);
}

/* --- The requests --------------------------------------------------------------------------- */

/* Serve a request from the block that a search has found or, if it found none, from new memory. */
static hs_addr serve(hs_heap *h, hs_addr block, uint64_t need, uint64_t alignment)
{
    if (block)
        choose(h, block);
    else
        block = extend(h, need, alignment, h->options[COALESCE] != HS_COALESCE_OFF);
    if (!block) return hs_fail(h, HS_BECAUSE_LIMIT, need);
    return place(h, block, need, alignment);
}

static inline hs_addr explicit_aligned_alloc(hs_heap *h, size_t alignment, size_t size)
{
    if (is_absurd(h, size, alignment)) return hs_fail(h, HS_BECAUSE_LIMIT, size);
    uint64_t need = block_bytes(h, size);
    hs_round(h, size, WORD, HS_OVERHEAD_HEADER, need);
    hs_addr block = find(h, need, alignment);
    if (!block && h->options[COALESCE] == HS_COALESCE_DEFERRED)
        block = find_joined(h, need, alignment);
    return serve(h, block, need, alignment);
}

static inline hs_addr explicit_malloc(hs_heap *h, size_t size)
{
    return explicit_aligned_alloc(h, unit(h), size);
}

static inline void explicit_free(hs_heap *h, hs_addr p)
{
    release(h, block_of(p), joins_at_once(h));
}

static inline hs_addr explicit_realloc(hs_heap *h, hs_addr p, size_t size)
{
    return boundary_realloc(h, p, size, joins_at_once(h), explicit_malloc, explicit_free);
}

/* --- For viewers ---------------------------------------------------------------------------- */

static void explicit_init(hs_heap *h)
{
    struct explicit_list *l = h->state;
    boundary_init(h);
    *l = (struct explicit_list){.head = first(h), .tail = first(h)};
}

static bool explicit_list_at(const hs_heap *h, size_t index, hs_list *out)
{
    const struct explicit_list *l = h->state;
    *out = (hs_list){.head = l->head, .largest = UINT64_MAX, .marked = l->head != HS_NULL};
    return index == 0;
}

static inline size_t explicit_fields(const hs_heap *h, hs_addr at, uint64_t word,
                                     hs_field out[HS_FIELDS])
{
    (void)at;
    return boundary_fields(h, word, NULL, out);
}

static const char *explicit_fit(const hs_heap *h)
{
    return fit_names[h->options[FIT]];
}

static hs_coalescing explicit_coalesces(const hs_heap *h)
{
    return (hs_coalescing){.when = hs_joins_by(h->options[COALESCE]), .left = true, .right = true};
}

static size_t explicit_marks(const hs_heap *h, hs_mark marks[HS_MARKS])
{
    const struct explicit_list *l = h->state;
    marks[0] = (hs_mark){"head", l->head};
    return l->head ? 1 : 0;
}

static bool explicit_check(const hs_heap *h, hs_damage *damage)
{
    size_t free_blocks, seen = 0, most = (size_t)((h->end - h->base) / SMALLEST);
    hs_list list;
    explicit_list_at(h, 0, &list);
    if (!check_blocks(h, &free_blocks, damage)) return false;
    if (!check_list(h, &list, most, &seen, damage)) return false;
    return check_members(h, &list, damage);
}

#ifndef HS_BEHIND /* another allocator, which includes this page */

HS_DECLARE_BUILDS(explicit);
const hs_allocator HS_BUILD(explicit) = {
    .builds = HS_BUILDS_OF(explicit),
    .name = "explicit",
    .summary = "an explicit free list: free blocks lead from one to the next",
    .source = "Knuth, TAOCP 1, 2.5; Bryant & O'Hallaron, Computer Systems, 9.9.13",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .state_size = sizeof(struct explicit_list),
    .traits = HS_REUSES | HS_SEARCHES | HS_DIVIDES | HS_ONE_LIST,
    .shape = HS_SHAPE_LIST,
    .alignment = unit,
    .init = explicit_init,
    .malloc = explicit_malloc,
    .aligned_alloc = explicit_aligned_alloc,
    .realloc = explicit_realloc,
    .free = explicit_free,
    .fit = explicit_fit,
    .coalesces = explicit_coalesces,
    .fields = explicit_fields,
    .walk = boundary_walk,
    .end_mark = boundary_end_mark,
    .marks = explicit_marks,
    .list = explicit_list_at,
    .links = boundary_links,
    .check = explicit_check,
};

#endif

/* SPDX-License-Identifier: MIT */
/* Segregated fits: the free blocks in many lists, each of blocks of about the same size.
 *
 *      list    0 ... 4      5    ...  63      64             65           ...   80
 *      sizes         32     40        504     512 to 536     544 to 568         1024 to 1080
 *                    |                |                                         |
 *                    free             free                                      free
 *                    |                                                          |
 *                    free                                                       free
 *
 * Up to 504 bytes a list has blocks of one size alone; beyond, 16 lists share each power of two. So
 * a request knows where to look: in the list of its own size, and then in any list of larger
 * blocks, where the first will do. A bitmap has a bit for each list that is not empty: the next one
 * is found by counting zeros. Blocks are split and joined as in tags.h.
 *
 *   fit        within a list, first: the first that is large enough; best: the smallest that is,
 *              which is then the smallest in the heap
 *
 * Follows: Lea, A Memory Allocator (bins and their bitmap); Wilson et al., Dynamic Storage
 * Allocation (1995), 3.6. */
/* An allocator that this page stands behind (production/) has these among options of its own. */
#ifndef HS_BEHIND
enum { FIT, SPLIT_MIN, ALIGN };
#endif
enum { FIRST_FIT, BEST_FIT };
enum {
    EXACT = 64, /* lists of one size: list i has blocks of 8 * i bytes */
    EXACT_BITS = 9,
    SHARE_BITS = 4, /* then 16 lists share a power of two */
    LISTS = 1024    /* enough for every size that a word can say, be it broken */
};

#include "allocators/block/check.h"
#include "allocators/block/resize.h"
#include "allocators/block/search.h"

struct lists {
    hs_addr head[LISTS];
    uint64_t bitmap[LISTS / 64];
};

/* --- The lists ------------------------------------------------------------------------------ */

/* The list that blocks of this size belong in. */
static inline unsigned list_of(uint64_t size)
{
    if (size < EXACT * WORD) return (unsigned)(size / WORD);
    unsigned log = 63 - (unsigned)__builtin_clzll(size);
    unsigned share = (unsigned)(size >> (log - SHARE_BITS)) - (1u << SHARE_BITS);
    return EXACT + ((log - EXACT_BITS) << SHARE_BITS) + share;
}

/* The smallest size that belongs in a list; of the list beyond the last, 0: 2^64. */
static uint64_t smallest_in(size_t list)
{
    if (list < EXACT) return list * WORD;
    size_t power = (list - EXACT) >> SHARE_BITS, share = (list - EXACT) & ((1 << SHARE_BITS) - 1);
    if (power + EXACT_BITS > 63) return 0;
    return ((1u << SHARE_BITS) + share) << (power + EXACT_BITS - SHARE_BITS);
}

/* The first list from `list` on that is not empty; LISTS if there is none. */
static inline unsigned next_list(const struct lists *l, unsigned list)
{
    unsigned i = list / 64;
    if (list >= LISTS) return LISTS;
    uint64_t bits = l->bitmap[i] & ~(uint64_t)0 << list % 64;
    while (!bits) {
        if (++i == LISTS / 64) return LISTS;
        bits = l->bitmap[i];
    }
    return i * 64 + (unsigned)__builtin_ctzll(bits);
}

static inline void insert(hs_heap *h, hs_addr block, uint64_t size)
{
    struct lists *l = h->state;
    unsigned list = list_of(size);
    hs_probe(h, HS_INSERT, block, size, list);
    push(h, &l->head[list], block);
    l->bitmap[list / 64] |= (uint64_t)1 << list % 64;
}

static inline void detach(hs_heap *h, hs_addr block, uint64_t size)
{
    struct lists *l = h->state;
    unsigned list = list_of(size);
    hs_probe(h, HS_REMOVE, block, size, list);
    unlink_block(h, &l->head[list], block);
    if (!l->head[list]) l->bitmap[list / 64] &= ~((uint64_t)1 << list % 64);
}

/* --- The search ----------------------------------------------------------------------------- */

static inline hs_addr find(hs_heap *h, uint64_t need, uint64_t alignment)
{
    const struct lists *l = h->state;
    hs_addr block = HS_NULL;
    for (unsigned i = next_list(l, list_of(need)); !block && i < LISTS; i = next_list(l, i + 1)) {
        hs_probe(h, HS_LOOK, l->head[i], i, 0);
        block = search_list(h, l->head[i], need, alignment, h->options[FIT] == BEST_FIT);
    }
    return block;
}

/* --- The requests --------------------------------------------------------------------------- */

static inline hs_addr segregated_malloc(hs_heap *h, size_t size)
{
    return boundary_alloc(h, unit(h), size);
}

static inline void segregated_free(hs_heap *h, hs_addr p)
{
    release(h, block_of(p), true);
}

static inline hs_addr segregated_realloc(hs_heap *h, hs_addr p, size_t size)
{
    return boundary_realloc(h, p, size, true, segregated_malloc, segregated_free);
}

/* --- For viewers ---------------------------------------------------------------------------- */

static void segregated_init(hs_heap *h)
{
    struct lists *l = h->state;
    unsigned list = list_of(boundary_init(h));
    *l = (struct lists){0};
    l->head[list] = first(h);
    l->bitmap[list / 64] = (uint64_t)1 << list % 64;
}

static bool segregated_list(const hs_heap *h, size_t index, hs_list *out)
{
    const struct lists *l = h->state;
    if (index >= LISTS) return false;
    *out = (hs_list){.head = l->head[index],
                     .smallest = smallest_in(index),
                     .largest = smallest_in(index + 1) - 1,
                     .marked = l->bitmap[index / 64] >> index % 64 & 1};
    return true;
}

static bool segregated_check(const hs_heap *h, hs_damage *damage)
{
    size_t blocks = 0, seen = 0;
    hs_list list;
    if (!check_blocks(h, &blocks, damage)) return false;
    for (size_t i = 0; i < LISTS; i++) {
        segregated_list(h, i, &list);
        if (list.marked != (list.head != HS_NULL))
            return hs_broken(damage, h->base, "the bitmap lies about a list", i);
        if (!check_list(h, &list, blocks, &seen, damage)) return false;
    }
    if (seen != blocks)
        return hs_broken(damage, h->base, "a free block is missing from the lists", seen);
    return true;
}

#ifndef HS_BEHIND

static const char *const fit_names[] = {"first", "best", NULL};

static const char *segregated_fit(const hs_heap *h)
{
    return fit_names[h->options[FIT]];
}

static size_t segregated_fields(const hs_heap *h, hs_addr at, uint64_t word,
                                hs_field out[HS_FIELDS])
{
    (void)at;
    return boundary_fields(h, word, NULL, out);
}

static hs_coalescing segregated_coalesces(const hs_heap *h)
{
    (void)h;
    return (hs_coalescing){.when = HS_JOINS_NOW, .left = true, .right = true};
}

static const hs_option options[] = {
    [FIT] = {.name = "fit", .help = "which block of a list serves a request", .choices = fit_names},
    [SPLIT_MIN] = HS_SPLIT_MIN_OPTION,
    [ALIGN] = HS_ALIGN_OPTION,
};

HS_DECLARE_BUILDS(segregated);
const hs_allocator HS_BUILD(segregated) = {
    .name = "segregated",
    .summary = "segregated fits: a list of free blocks for each size class, and a bitmap of them",
    .source = "Lea, A Memory Allocator; Wilson et al. (1995), 3.6",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .state_size = sizeof(struct lists),
    .builds = HS_BUILDS_OF(segregated),
    .traits = HS_REUSES | HS_SEARCHES | HS_DIVIDES,
    .shape = HS_SHAPE_LISTS,
    .alignment = unit,
    .init = segregated_init,
    .malloc = segregated_malloc,
    .aligned_alloc = boundary_alloc,
    .realloc = segregated_realloc,
    .free = segregated_free,
    .fit = segregated_fit,
    .coalesces = segregated_coalesces,
    .fields = segregated_fields,
    .walk = boundary_walk,
    .end_mark = boundary_end_mark,
    .list = segregated_list,
    .links = boundary_links,
    .check = segregated_check,
};

#endif

/* Two-Level Segregated Fit: a list for each size class, found without any search.
 *
 *                 32 columns: equal steps within the row
 *      rows       .  .  .  .  #  .  .  #  .  .  .  .  .  .  .  .  ...     0 to 255
 *       of        .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  ...     256 to 511
 *     powers      .  #  .  .  .  .  .  .  .  .  .  .  .  .  .  .  ...     512 to 1023
 *     of two      ...                                                     up to 1 TiB
 *
 * Each cell is a list, # one that is not empty. A word with a bit for each row, and one for each
 * row with a bit for each column, tell where the #s are, so that finding the next one at or after
 * a cell takes two instructions, however many blocks there are.
 *
 * A request looks from the first class on in which every block is large enough: its size is
 * rounded up to the next class (mapping_search in the paper; a freed block is rounded down:
 * mapping_insert). The first block of the first list fits, so none is passed over: the time of
 * malloc and free has a bound, however many blocks there are. The price is a good fit, not the best
 * one. A block in the request's own class may be large enough, but only a search of that list would
 * tell; the paper does not ask. Here a few of its blocks are looked at before the heap grows, which
 * still has a bound, and all of them before a request is refused, which has none.
 *
 *   coalesce   immediate, as in the paper: free joins the block with its free neighbours. That
 *              looks at blocks all over the heap. Deferred, quick lists stand in front of the grid,
 *              and most requests never come to it: less than half the time. Some then join what
 *              waits, but no more than they take to write their bytes: see quick.h
 *   quick      the largest block that waits
 *
 * Follows: Masmano, Ripoll, Crespo & Real, TLSF: a New Dynamic Memory Allocator for Real-Time
 * Systems (2004). The lists are last in, first out, as there. */
enum { COALESCE, QUICK, SPLIT_MIN, ALIGN };
enum {
    COLUMN_BITS = 5,
    COLUMNS = 1 << COLUMN_BITS,
    STEP_BITS = 3, /* the finest step, 8 bytes: that of the first two rows */
    EVEN_BITS = COLUMN_BITS + STEP_BITS,
    LARGEST_BITS = 40, /* of a heap */
    ROWS = LARGEST_BITS - EVEN_BITS + 2,
    LISTS = ROWS * COLUMNS,
    GLANCES = 16, /* blocks looked at before the heap grows */
};

#include "allocators/production/tuned_quick.h"

_Static_assert(HS_HEAP_LARGEST >> LARGEST_BITS == 1, "every block of a heap has a class");

enum { NEXT = WORD, PREVIOUS = 2 * WORD }; /* where a free block has its links */

struct tlsf {
    struct quick quick;
    uint64_t rows;          /* bit i: some list of row i is not empty */
    uint32_t columns[ROWS]; /* bit j of row i: list j of that row is not empty */
    hs_addr heads[LISTS];   /* row after row */
    hs_addr nowhere;        /* takes links of blocks that are not there */
};

static const hs_option options[] = {
    [COALESCE] = HS_COALESCE_OPTION(quick_coalescings),
    [QUICK] = HS_QUICK_OPTION,
    [SPLIT_MIN] = HS_SPLIT_MIN_OPTION,
    [ALIGN] = HS_ALIGN_OPTION,
};

/* --- Classes -------------------------------------------------------------------------------- */

/* Steps of a row are 2^this bytes wide. */
static inline unsigned step_bits(uint64_t size)
{
    return 63 - (unsigned)__builtin_clzll(size | 1 << EVEN_BITS) - COLUMN_BITS;
}

/* Row and column in one number: the first rows count steps of 8 bytes, and each row goes on where
 * the one before it ended, with steps of twice the width. */
static inline size_t class_at(unsigned bits, uint64_t steps)
{
    return (size_t)((bits - STEP_BITS) * COLUMNS + steps);
}

/* The class that a block belongs to. */
static inline size_t class_of(uint64_t size)
{
    unsigned bits = step_bits(size);
    return class_at(bits, size >> bits);
}

/* The first class in which every block has at least this size. */
static inline size_t class_above(uint64_t size)
{
    unsigned bits = step_bits(size);
    return class_at(bits, (size + ((uint64_t)1 << bits) - 1) >> bits);
}

/* The smallest size in a class. */
static uint64_t smallest_in(size_t class)
{
    if (class < COLUMNS) return class << STEP_BITS;
    return (COLUMNS + class % COLUMNS) << (class / COLUMNS - 1 + STEP_BITS);
}

/* --- The lists ------------------------------------------------------------------------------ */

static inline bool has_bit(const struct tlsf *t, size_t class)
{
    return t->columns[class / COLUMNS] >> class % COLUMNS & 1;
}

static inline void set_bits(struct tlsf *t, size_t class)
{
    t->columns[class / COLUMNS] |= (uint32_t)1 << class % COLUMNS;
    t->rows |= (uint64_t)1 << class / COLUMNS;
}

/* Clear the bit of a list that is empty now, and of its row when nothing is left of that: by
 * arithmetic, for a processor cannot predict which lists are. */
static inline void clear_bits(struct tlsf *t, size_t class, bool empty)
{
    uint32_t columns = t->columns[class / COLUMNS] &= ~((uint32_t)empty << class % COLUMNS);
    t->rows &= ~((uint64_t)!columns << class / COLUMNS);
}

/* The first list that is not empty, from `class` on; LISTS when there is none. */
static inline size_t next_list(const struct tlsf *t, size_t class)
{
    if (class >= LISTS) return LISTS;
    size_t row = class / COLUMNS;
    uint32_t columns = t->columns[row] & UINT32_MAX << class % COLUMNS;
    if (!columns) {
        uint64_t rows = t->rows & ~(uint64_t)1 << row;
        if (!rows) return LISTS;
        row = (size_t)__builtin_ctzll(rows);
        columns = t->columns[row];
    }
    return row * COLUMNS + (size_t)__builtin_ctz(columns);
}

/* Write a link of a block, or, when there is no block, a variable instead. The raw build chooses
 * between them by arithmetic: a branch here is guessed wrong every second time. */
static inline void set_link(hs_heap *h, hs_addr block, unsigned link, hs_addr *instead, hs_addr to)
{
    if ((HS_PROBES || HS_COUNTS) && block) {
        hs_store(h, block + link, to);
    } else {
        uintptr_t there = (uintptr_t)hs_real(h, block + link), here = (uintptr_t)instead;
        uintptr_t where = here ^ ((here ^ there) & (0 - (uintptr_t)(block != HS_NULL)));
        memcpy((void *)where, &to, sizeof to);
    }
}

static void insert(hs_heap *h, hs_addr block, uint64_t size)
{
    struct tlsf *t = h->state;
    hs_guard(h, block, size); /* as in detach: broken bytes may say any size */
    size_t class = class_of(size);
    hs_addr next = t->heads[class];
    hs_probe(h, HS_INSERT, block, size, class);
    set_next(h, block, next);
    set_previous(h, block, HS_NULL);
    set_link(h, next, PREVIOUS, &t->nowhere, block);
    t->heads[class] = block;
    set_bits(t, class);
}

static void detach(hs_heap *h, hs_addr block, uint64_t size)
{
    struct tlsf *t = h->state;
    hs_guard(h, block, size); /* no block is larger than the heap: its class is a list */
    size_t class = class_of(size);
    hs_addr next = next_of(h, block), previous = previous_of(h, block);
    hs_probe(h, HS_REMOVE, block, size, class);
    set_link(h, previous, NEXT, &t->heads[class], next);
    set_link(h, next, PREVIOUS, &t->nowhere, previous);
    clear_bits(t, class, !(next | previous));
}

/* --- The search that is none ----------------------------------------------------------------- */

/* Bytes that are enough wherever the block lies. */
static inline uint64_t bytes_enough(const hs_heap *h, uint64_t need, uint64_t alignment)
{
    return alignment <= unit(h) ? need : need + alignment - unit(h) + SMALLEST;
}

/* The first block of the first list in which all fit, or NULL. */
static inline hs_addr find(hs_heap *h, uint64_t need, uint64_t alignment)
{
    const struct tlsf *t = h->state;
    size_t class = next_list(t, class_above(bytes_enough(h, need, alignment)));
    if (class == LISTS) return HS_NULL;
    hs_addr block = t->heads[class];
    hs_probe(h, HS_LOOK, block, class, 0);
    hs_try(h, block, size_of(h, block));
    return block;
}

/* A block that fits from the lists in which not all do, looking at no more than `most`. For malloc
 * that is the one list of its own class. */
static hs_addr look_through(hs_heap *h, uint64_t need, uint64_t alignment, uint64_t most)
{
    const struct tlsf *t = h->state;
    for (size_t i = class_of(need); (i = next_list(t, i)) != LISTS; i++) {
        hs_probe(h, HS_LOOK, t->heads[i], i, 0);
        for (hs_addr b = t->heads[i]; b; b = next_of(h, b)) {
            uint64_t size = size_of(h, b);
            if (most-- == 0) return HS_NULL;
            hs_try(h, b, size);
            if (fits(b, size, need, alignment)) return b;
            hs_reject(h, b, size, size < need ? HS_BECAUSE_TOO_SMALL : HS_BECAUSE_NOT_ALIGNED);
        }
    }
    return HS_NULL;
}

/* --- The requests --------------------------------------------------------------------------- */

/* No list is left in which all fit: a block, in no list, from the class passed over or from new
 * memory; or NULL. Apart from the path of every request, which stays short. */
static __attribute__((noinline, cold)) hs_addr obtain_rarely(hs_heap *h, uint64_t need,
                                                             uint64_t alignment)
{
    hs_addr block = look_through(h, need, alignment, GLANCES);
    if (!block) {
        hs_addr fresh = extend(h, need, alignment, true);
        if (fresh) return fresh;
        block = look_through(h, need, alignment, UINT64_MAX);
    }
    if (block) choose(h, block);
    return block;
}

static inline hs_addr serve(hs_heap *h, size_t alignment, size_t size)
{
    if (is_absurd(h, size, alignment)) return hs_fail(h, HS_BECAUSE_LIMIT, size);
    uint64_t need = block_bytes(h, size);
    hs_round(h, size, WORD, HS_OVERHEAD_HEADER, need);
    hs_addr block = find_joined(h, find(h, need, alignment), need, alignment);
    if (block)
        choose(h, block);
    else
        block = obtain_rarely(h, need, alignment);
    if (!block) return hs_fail(h, HS_BECAUSE_LIMIT, need);
    return place(h, block, need, alignment);
}

static hs_addr tlsf_aligned_alloc(hs_heap *h, size_t alignment, size_t size)
{
    return serve(h, alignment, size);
}

static hs_addr tlsf_malloc(hs_heap *h, size_t size)
{
    hs_addr p = quick_malloc(h, size);
    return p ? p : serve(h, unit(h), size);
}

static void tlsf_free(hs_heap *h, hs_addr p)
{
    quick_free(h, block_of(p));
}

static hs_addr tlsf_realloc(hs_heap *h, hs_addr p, size_t size)
{
    return boundary_realloc(h, p, size, true, tlsf_malloc, tlsf_free);
}

/* --- For viewers ---------------------------------------------------------------------------- */

static void tlsf_init(hs_heap *h)
{
    struct tlsf *t = h->state;
    size_t class = class_of(boundary_init(h));
    *t = (struct tlsf){0};
    t->heads[class] = first(h);
    set_bits(t, class);
}

static bool tlsf_list(const hs_heap *h, size_t index, hs_list *out)
{
    const struct tlsf *t = h->state;
    if (index >= LISTS) return quick_list(h, index, out);
    *out = (hs_list){.head = t->heads[index],
                     .smallest = smallest_in(index),
                     .largest = smallest_in(index + 1) - 1,
                     .marked = has_bit(t, index)};
    return true;
}

static bool check_bits(const hs_heap *h, size_t class, hs_damage *damage)
{
    const struct tlsf *t = h->state;
    if (has_bit(t, class) != (t->heads[class] != HS_NULL))
        return hs_broken(damage, h->base, "a bit lies about its list", class);
    if ((t->rows >> class / COLUMNS & 1) != (t->columns[class / COLUMNS] != 0))
        return hs_broken(damage, h->base, "a bit lies about its row of lists", t->rows);
    return true;
}

static bool tlsf_check(const hs_heap *h, hs_damage *damage)
{
    size_t free_blocks, seen = 0;
    hs_list list;
    if (!check_blocks(h, &free_blocks, damage)) return false;
    for (size_t i = 0; i < LISTS; i++) {
        tlsf_list(h, i, &list);
        if (!check_bits(h, i, damage) || !check_list(h, &list, free_blocks, &seen, damage))
            return false;
    }
    if (seen != free_blocks)
        return hs_broken(damage, h->base, "a free block is missing from the lists", seen);
    return check_quick(h, damage);
}

HS_DECLARE_BUILDS(tlsf);
const hs_allocator HS_BUILD(tlsf) = {
    .name = "tlsf",
    .summary = "two-level segregated fit: a grid of lists, with bitmaps instead of a search",
    .source = "Masmano, Ripoll, Crespo & Real, TLSF (2004)",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .state_size = sizeof(struct tlsf),
    .builds = HS_BUILDS_OF(tlsf),
    .traits = HS_REUSES | HS_DIVIDES,
    .shape = HS_SHAPE_GRID,
    .columns = COLUMNS,
    .alignment = unit,
    .init = tlsf_init,
    .malloc = tlsf_malloc,
    .aligned_alloc = tlsf_aligned_alloc,
    .realloc = tlsf_realloc,
    .free = tlsf_free,
    .coalesces = quick_coalesces,
    .fields = quick_fields,
    .walk = quick_walk,
    .end_mark = boundary_end_mark,
    .list = tlsf_list,
    .links = quick_links,
    .check = tlsf_check,
};

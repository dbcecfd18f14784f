/* SPDX-License-Identifier: MIT */
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
 * A freed block is joined with its free neighbours at once, and goes to the list of its class. A
 * request looks from the first class on in which every block is large enough: its size is rounded
 * up to the next class. The first block of the first list fits, so none is passed over: malloc and
 * free take no longer than so many steps, however many blocks there are. The price is a good fit,
 * not the best one. A block in the request's own class may be large enough, but only a search of
 * that list would tell; nobody asks, and a request can be refused beside a block that would do.
 *
 *      here              the paper                 Conte's tlsf.c
 *      row, column       fl, sl                    fl, sl
 *      class_of          mapping                   mapping_insert
 *      class_above       mapping, rounded up       mapping_search
 *      find, next_list   search_suitable_block     search_suitable_block
 *      insert            insert                    insert_free_block
 *      detach            remove                    remove_free_block
 *      carve             split                     block_split, block_trim_free
 *      coalesce          merge                     block_merge_prev, block_merge_next
 *      rows, columns     the two levels' bitmaps   fl_bitmap, sl_bitmap
 *
 * Each header of the paper's has the address of the left neighbour; here only a free block says
 * where it starts, by a footer, as all blocks of tags.h and, by an address, Conte's. And the
 * paper's pool is fixed, where this heap grows.
 *
 * Follows: Masmano, Ripoll, Crespo & Real, TLSF: a New Dynamic Memory Allocator for Real-Time
 * Systems (2004). The lists are last in, first out, as there. */
/* An allocator that this page stands behind (production/) has these among options of its own. */
#ifndef HS_BEHIND
enum { SPLIT_MIN, ALIGN };
#endif

enum {
    COLUMN_BITS = 5,
    COLUMNS = 1 << COLUMN_BITS,
    STEP_BITS = 3, /* the finest step, 8 bytes: that of the first two rows */
    EVEN_BITS = COLUMN_BITS + STEP_BITS,
    LARGEST_BITS = 40, /* of a heap */
    ROWS = LARGEST_BITS - EVEN_BITS + 2,
    LISTS = ROWS * COLUMNS,
};

#include "allocators/block/check.h"
#include "allocators/block/links.h"
#include "allocators/block/resize.h"

_Static_assert(HS_HEAP_LARGEST >> LARGEST_BITS == 1, "every block of a heap has a class");

struct tlsf {
    uint64_t rows;          /* bit i: some list of row i is not empty */
    uint32_t columns[ROWS]; /* bit j of row i: list j of that row is not empty */
    hs_addr heads[LISTS];   /* row after row */
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

/* The list is empty now, and perhaps its row. */
static inline void clear_bits(struct tlsf *t, size_t class)
{
    t->columns[class / COLUMNS] &= ~((uint32_t)1 << class % COLUMNS);
    if (!t->columns[class / COLUMNS]) t->rows &= ~((uint64_t)1 << class / COLUMNS);
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

static void insert(hs_heap *h, hs_addr block, uint64_t size)
{
    struct tlsf *t = h->state;
    hs_guard(h, block, size); /* as in detach: broken bytes may say any size */
    size_t class = class_of(size);
    hs_probe(h, HS_INSERT, block, size, class);
    push(h, &t->heads[class], block);
    set_bits(t, class);
}

static void detach(hs_heap *h, hs_addr block, uint64_t size)
{
    struct tlsf *t = h->state;
    hs_guard(h, block, size); /* no block is larger than the heap: its class is a list */
    size_t class = class_of(size);
    hs_probe(h, HS_REMOVE, block, size, class);
    unlink_block(h, &t->heads[class], block);
    if (!t->heads[class]) clear_bits(t, class);
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

/* --- The requests --------------------------------------------------------------------------- */

static inline hs_addr tlsf_malloc(hs_heap *h, size_t size)
{
    return boundary_alloc(h, unit(h), size);
}

static inline void tlsf_free(hs_heap *h, hs_addr p)
{
    release(h, block_of(p), true);
}

static inline hs_addr tlsf_realloc(hs_heap *h, hs_addr p, size_t size)
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
    if (index >= LISTS) return false;
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
    return true;
}

#ifndef HS_BEHIND

static size_t tlsf_fields(const hs_heap *h, hs_addr at, uint64_t word, hs_field out[HS_FIELDS])
{
    (void)at;
    return boundary_fields(h, word, NULL, out);
}

static hs_coalescing tlsf_coalesces(const hs_heap *h)
{
    (void)h;
    return (hs_coalescing){.when = HS_JOINS_NOW, .left = true, .right = true};
}

static const hs_option options[] = {
    [SPLIT_MIN] = HS_SPLIT_MIN_OPTION,
    [ALIGN] = HS_ALIGN_OPTION,
};

HS_DECLARE_BUILDS(tlsf);
const hs_allocator HS_BUILD(tlsf) = {
    .name = "tlsf",
    .summary = "two-level segregated fit: a grid of lists, with bitmaps instead of a search",
    .source = "Masmano, Ripoll, Crespo & Real, TLSF (2004)",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .state_size = sizeof(struct tlsf),
    .builds = HS_BUILDS_OF(tlsf),
    .traits = HS_REUSES | HS_DIVIDES | HS_SURE_FITS,
    .shape = HS_SHAPE_GRID,
    .columns = COLUMNS,
    .alignment = unit,
    .init = tlsf_init,
    .malloc = tlsf_malloc,
    .aligned_alloc = boundary_alloc,
    .realloc = tlsf_realloc,
    .free = tlsf_free,
    .coalesces = tlsf_coalesces,
    .fields = tlsf_fields,
    .walk = boundary_walk,
    .end_mark = boundary_end_mark,
    .list = tlsf_list,
    .links = boundary_links,
    .check = tlsf_check,
};

#endif

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
 * is found by counting zeros. Blocks are split and joined as in boundary.h.
 *
 *   fit        within a list, first: the first that is large enough; best: the smallest that is,
 *              which is then the smallest in the heap
 *   coalesce   immediate: free joins the block with its free neighbours;
 *              deferred: a block of at most `quick` bytes is kept as it is on the quick list of its
 *              very size. Most programs soon want that size again, and get it without a search, a
 *              split or a join; so does a request so little smaller that nothing could be split
 *              off. Bit 2 of the header says so; bit 0 stays set: neighbours leave it alone. When a
 *              search fails, all quick blocks are joined with their neighbours, put into the lists
 *              proper, and the search is repeated
 *   quick      the largest such block: larger is faster, and cuts the memory up more when something
 *              else is asked for
 *
 * Quick lists are linked one way: blocks leave them only from the front.
 *
 * Follows: Lea, A Memory Allocator (bins and their bitmap); Weinstock & Wulf, Quick Fit (1988);
 * Wilson et al., Dynamic Storage Allocation (1995), 3.6 and 3.11. */
enum { FIT, COALESCE, QUICK, SPLIT_MIN, ALIGN };
enum { FIRST_FIT, BEST_FIT };
enum { DEFERRED, IMMEDIATE };

#include "allocators/lists.h"

enum {
    EXACT = 64, /* lists of one size: list i has blocks of 8 * i bytes */
    EXACT_BITS = 9,
    SHARE_BITS = 4, /* then 16 lists share a power of two */
    LISTS = 1024,   /* enough for every size that a word can say, be it broken */
    IS_QUICK = 4,   /* bit 2 of a header */
    QUICK_LARGEST = 4096,
    QUICK_LISTS = (QUICK_LARGEST + SMALLEST) / WORD /* the last 3 stay empty: see quick_for */
};

struct lists {
    hs_addr quick[QUICK_LISTS];
    hs_addr head[LISTS];
    uint64_t bitmap[LISTS / 64];
};

static const char *const fit_names[] = {"first", "best", NULL};
static const char *const coalescings[] = {"deferred", "immediate", NULL};
static const hs_option options[] = {
    [FIT] = {.name = "fit", .help = "which block of a list serves a request", .choices = fit_names},
    [COALESCE] = {.name = "coalesce",
                  .help = "when free neighbours become one block",
                  .choices = coalescings},
    [QUICK] = {.name = "quick",
               .help = "the largest block that waits for a request of its size",
               .maximum = QUICK_LARGEST,
               .initial = 3072},
    [SPLIT_MIN] = HS_SPLIT_MIN_OPTION,
    [ALIGN] = HS_ALIGN_OPTION,
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

/* The block of one list that serves the request, or NULL. */
static inline hs_addr find_in(hs_heap *h, hs_addr head, uint64_t need, uint64_t alignment)
{
    hs_addr best = HS_NULL;
    uint64_t best_size = UINT64_MAX;
    for (hs_addr b = head; b; b = next_of(h, b)) {
        uint64_t size = size_of(h, b);
        hs_visit(h, b, size);
        if (size < need) {
            hs_reject(h, b, size, HS_BECAUSE_TOO_SMALL);
        } else if (!fits(b, size, need, alignment)) {
            hs_reject(h, b, size, HS_BECAUSE_NOT_ALIGNED);
        } else if (h->options[FIT] == FIRST_FIT) {
            return b;
        } else if (size >= best_size) {
            hs_reject(h, b, size, HS_BECAUSE_NOT_BETTER);
        } else {
            best = b;
            best_size = size;
        }
    }
    return best;
}

static inline hs_addr find(hs_heap *h, uint64_t need, uint64_t alignment)
{
    const struct lists *l = h->state;
    hs_addr block = HS_NULL;
    for (unsigned i = next_list(l, list_of(need)); !block && i < LISTS; i = next_list(l, i + 1)) {
        hs_probe(h, HS_LOOK, l->head[i], i, 0);
        block = find_in(h, l->head[i], need, alignment);
    }
    return block;
}

/* --- Quick lists: deferred coalescing ------------------------------------------------------- */

/* The index by which quick lists are told and shown: behind the lists proper. */
static inline uint64_t quick_index(uint64_t size)
{
    return LISTS + size / WORD;
}

static inline void push_quick(hs_heap *h, hs_addr block, uint64_t word)
{
    struct lists *l = h->state;
    hs_addr *head = &l->quick[size_in(word) / WORD];
    hs_probe(h, HS_INSERT, block, size_in(word), quick_index(size_in(word)));
    hs_store(h, block, word | IS_QUICK);
    set_next(h, block, *head);
    *head = block;
}

/* The quick list that serves a request, or NULL: the one of its size, or of a size so little larger
 * that the rest would be no block. */
static inline hs_addr *quick_for(struct lists *l, uint64_t need)
{
    hs_addr *head = &l->quick[need / WORD];
    for (int i = 0; i < SMALLEST / WORD; i++, head++)
        if (*head) return head;
    return NULL;
}

/* The first block of a quick list, in use again. */
static inline hs_addr pop_quick(hs_heap *h, hs_addr *head)
{
    hs_addr block = *head;
    uint64_t word = hs_load(h, block);
    hs_probe(h, HS_REMOVE, block, size_in(word), quick_index(size_in(word)));
    *head = next_of(h, block);
    hs_store(h, block, word & ~(uint64_t)IS_QUICK);
    return block;
}

/* Put all quick blocks into the lists proper, each joined with its free neighbours. */
static void join_quick(hs_heap *h)
{
    struct lists *l = h->state;
    for (unsigned i = 0; i < QUICK_LISTS; i++)
        while (l->quick[i]) {
            hs_addr block = pop_quick(h, &l->quick[i]);
            hs_visit(h, block, size_of(h, block));
            settle(h, block, true);
        }
}

static bool has_quick(const hs_heap *h)
{
    const struct lists *l = h->state;
    for (unsigned i = 0; i < QUICK_LISTS; i++)
        if (l->quick[i]) return true;
    return false;
}

/* The end of the run of free blocks, quick or not, that starts at `block`. */
static hs_addr run_end(hs_heap *h, hs_addr block)
{
    uint64_t word;
    while (block != end_mark(h) && (!((word = hs_load(h, block)) & USED) || word & IS_QUICK)) {
        hs_visit(h, block, size_in(word));
        block += size_in(word);
    }
    return block;
}

/* Would some run of free neighbours serve the request, were it one block? Asked before anything is
 * joined: a request that must fail changes nothing. The last run may grow; it is asked first, for
 * as long as the heap may grow the answer is yes. */
static bool joining_helps(hs_heap *h, uint64_t need, uint64_t alignment)
{
    hs_addr last = end_mark(h);
    if (!has_quick(h)) return false;
    if (fits(last, h->limit - WORD - last, need, alignment)) return true;
    for (hs_addr block = first(h);;) {
        hs_addr end = run_end(h, block);
        hs_addr room_end = end == last ? h->limit - WORD : end;
        if (end != block && fits(block, room_end - block, need, alignment)) return true;
        if (end == last) return false;
        hs_visit(h, end, size_of(h, end));
        block = end + size_of(h, end);
    }
}

/* --- The requests --------------------------------------------------------------------------- */

/* A block from the lists proper, or from new memory. */
static inline hs_addr allocate(hs_heap *h, size_t size, size_t alignment)
{
    if (is_absurd(h, size, alignment)) return hs_fail(h, HS_BECAUSE_LIMIT, size);
    uint64_t need = block_bytes(h, size);
    hs_probe_detail(h, HS_ROUND, WORD, 0, size, need);
    hs_addr block = find(h, need, alignment);
    if (!block && joining_helps(h, need, alignment)) {
        join_quick(h);
        block = find(h, need, alignment);
    }
    if (block)
        detach(h, block, size_of(h, block));
    else
        block = extend(h, need, alignment, true);
    if (!block) return hs_fail(h, HS_BECAUSE_LIMIT, need);
    return place(h, block, need, alignment);
}

static hs_addr segregated_aligned_alloc(hs_heap *h, size_t alignment, size_t size)
{
    return allocate(h, size, alignment < unit(h) ? unit(h) : alignment);
}

static hs_addr segregated_malloc(hs_heap *h, size_t size)
{
    uint64_t need = block_bytes(h, size);
    hs_addr *head = size <= QUICK_LARGEST - WORD ? quick_for(h->state, need) : NULL;
    if (!head) return allocate(h, size, 1); /* all blocks are aligned to the unit */
    hs_probe_detail(h, HS_ROUND, WORD, 0, size, need);
    hs_probe(h, HS_LOOK, *head, quick_index(size_of(h, *head)), 0);
    hs_addr block = pop_quick(h, head);
    hs_probe(h, HS_CHOOSE, block, size_of(h, block), 0);
    hs_probe(h, HS_TAKE, block, size_of(h, block), 0);
    return payload(block);
}

static void segregated_free(hs_heap *h, hs_addr p)
{
    hs_addr block = block_of(p);
    uint64_t word = hs_load(h, block);
    if (size_in(word) > h->options[QUICK] || h->options[COALESCE] == IMMEDIATE) {
        release(h, block, true);
        return;
    }
    hs_probe(h, HS_RELEASE, block, size_in(word), 0);
    push_quick(h, block, word);
}

static hs_addr segregated_realloc(hs_heap *h, hs_addr p, size_t size)
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

static bool segregated_walk(const hs_heap *h, const hs_block *previous, hs_block *out)
{
    if (!boundary_walk(h, previous, out)) return false;
    if (out->kind != HS_BLOCK_USED || !(out->word & IS_QUICK)) return true;
    out->kind = HS_BLOCK_FREE;
    out->links = WORD;
    return true;
}

static size_t segregated_marks(const hs_heap *h, hs_mark marks[HS_MARKS])
{
    (void)h;
    (void)marks;
    return 0;
}

static bool segregated_list(const hs_heap *h, size_t index, hs_list *out)
{
    const struct lists *l = h->state;
    if (index < LISTS) {
        *out = (hs_list){.head = l->head[index],
                         .smallest = smallest_in(index),
                         .largest = smallest_in(index + 1) - 1,
                         .marked = l->bitmap[index / 64] >> index % 64 & 1};
        return true;
    }
    index -= LISTS;
    if (index >= QUICK_LISTS) return false;
    *out = (hs_list){.head = l->quick[index],
                     .smallest = index * WORD,
                     .largest = index * WORD,
                     .marked = l->quick[index] != HS_NULL,
                     .name = "quick"};
    return true;
}

static bool segregated_links(const hs_heap *h, hs_addr block, hs_links *out)
{
    uint64_t word = 0;
    if (!hs_heap_peek(h, block, &word) || !boundary_links(h, block, out)) return false;
    if (word & IS_QUICK) out->to[1] = HS_NULL;
    return true;
}

/* Is every block of a quick list a quick one of its size? Counts them in *seen, at most `most`. */
static bool check_quick(const hs_heap *h, size_t list, size_t most, size_t *seen, hs_damage *damage)
{
    const struct lists *l = h->state;
    uint64_t word = 0;
    hs_links to = {{HS_NULL}};
    for (hs_addr b = l->quick[list]; b; b = to.to[0]) {
        if (!hs_heap_peek(h, b, &word) || !segregated_links(h, b, &to))
            return broken(damage, h->base, "a quick list leads out of the heap", b);
        if (size_in(word) != list * WORD || !(word & USED) || !(word & IS_QUICK))
            return broken(damage, b, "a quick list leads to what is no quick block of its size",
                          word);
        if (++*seen > most) return broken(damage, b, "a quick list goes round in a circle", b);
    }
    return true;
}

static bool segregated_check(const hs_heap *h, hs_damage *damage)
{
    size_t blocks = 0, quick = 0, seen = 0, quick_seen = 0;
    hs_list list;
    hs_block b;
    if (!check_blocks(h, &blocks, damage)) return false;
    for (bool more = segregated_walk(h, NULL, &b); more; more = segregated_walk(h, &b, &b))
        quick += b.word & IS_QUICK && b.word & USED;
    for (size_t i = 0; i < LISTS; i++) {
        segregated_list(h, i, &list);
        if (list.marked != (list.head != HS_NULL))
            return broken(damage, h->base, "the bitmap lies about a list", i);
        if (!check_list(h, &list, blocks, &seen, damage)) return false;
    }
    for (size_t i = 0; i < QUICK_LISTS; i++)
        if (!check_quick(h, i, quick, &quick_seen, damage)) return false;
    if (seen == blocks && quick_seen == quick) return true;
    return broken(damage, h->base, "a free block is missing from the lists", seen + quick_seen);
}

const hs_allocator HS_BUILD(segregated) = {
    .name = "segregated",
    .summary = "segregated fits: a list of free blocks for each size class, and a bitmap of them",
    .source = "Lea, A Memory Allocator; Wilson et al. (1995), 3.6",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .state_size = sizeof(struct lists),
    .status = {"used", "left neighbour used", "quick: free, kept for a request of its size"},
    .shape = HS_SHAPE_LISTS,
    .init = segregated_init,
    .malloc = segregated_malloc,
    .aligned_alloc = segregated_aligned_alloc,
    .realloc = segregated_realloc,
    .free = segregated_free,
    .walk = segregated_walk,
    .marks = segregated_marks,
    .list = segregated_list,
    .links = segregated_links,
    .check = segregated_check,
};

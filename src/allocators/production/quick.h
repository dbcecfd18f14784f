/* SPDX-License-Identifier: MIT */
/* Quick lists: blocks that wait as they are for a request of about their size. They stand in front
 * of an allocator's structure of free blocks, and defer its coalescing.
 *
 *      sizes    32    40    48    56   ...
 *               |           |
 *              quick       quick
 *               |
 *              quick
 *
 * free keeps a block of at most `largest` bytes as it is, on the list of its very size. Most
 * programs soon want that size again, and get it without a search, a split or a join. When the list
 * is empty the next larger one serves, as long as little is lost by not splitting. Bit 2 of the
 * header says quick; bit 0 stays set: neighbours leave the block alone. The lists are linked one
 * way: blocks leave only from the front. A block with a free neighbour is not kept: joined, they
 * may become what a large request needs. In a large heap all this is done some frees later: see
 * fresh.h.
 *
 * When the structure has no block for a request, quick blocks are joined with their neighbours and
 * put into it, the largest first, until one serves. And when it has none but the last of the heap,
 * never used as a rule: to carve up that one while free bytes wait elsewhere makes the heap longer
 * than it need be. Then they are joined if they are many. The small ones stay as long as the large
 * ones do: they are asked for again sooner.
 *
 * A request joins no more blocks than it could be made of, and a few: that takes no longer than to
 * write its bytes, however many wait. Only where it must be refused otherwise are all of them
 * joined. What is left waiting is joined by the requests that follow.
 *
 * What makes this fast is how little of a block is looked at, and that few bits decide where the
 * processor goes next. Bytes, counts and bits are kept beside the heads for that reason.
 *
 * The includer has a page of the textbook before this, and LARGEST, SPLIT_MIN and ALIGN among its
 * options; it names the struct of the page's variables by PAGE, and says by last_resort what
 * becomes of a request when neither the quick lists nor the page's structure have a block for it.
 * The page ends its own lists at LISTS: the fresh blocks, as one list, and the quick lists are told
 * and shown behind them.
 *
 * Follows: Weinstock & Wulf, Quick Fit (1988); Lea, A Memory Allocator (fast bins, wilderness);
 * Wilson et al., Dynamic Storage Allocation (1995), 3.11. */
#ifndef HS_PRODUCTION_QUICK_H
#define HS_PRODUCTION_QUICK_H

#include "allocators/block/check.h"
#include "allocators/block/links.h"
#include "allocators/block/resize.h"
#include "allocators/production/fresh.h"

enum {
    QUICK_LARGEST = 4096,
    QUICK_LISTS = QUICK_LARGEST / WORD + 1,
    QUICK_WORDS = (QUICK_LISTS + 63) / 64,
    QUICK_WASTE = 4,     /* a block may be larger than the request needs by a quarter of that */
    QUICK_SHARE = 12,    /* many: a twelfth of the used heap, */
    QUICK_FEW = 1 << 16, /* but never fewer bytes: a small heap costs nobody memory */
    JOIN_FEW = 64,       /* what a request may join besides the blocks that it could be made of */
};

struct quick {
    struct fresh fresh;
    uint64_t bytes;                   /* in all quick blocks */
    uint64_t bitmap[QUICK_WORDS + 1]; /* a bit for each list that is not empty; the last word: 0 */
    uint32_t count[QUICK_LISTS];
    hs_addr head[QUICK_LISTS];
};

struct front {
    struct PAGE page; /* where the page expects its variables */
    struct quick quick;
};

static inline struct quick *quick_of(const hs_heap *h)
{
    return &((struct front *)h->state)->quick;
}

/* Free, though bit 0 says used? */
static inline bool is_waiting(const hs_heap *h, hs_addr block, uint64_t word)
{
    const struct quick *q = quick_of(h);
    return word & USED && (word & WAITS || is_fresh(&q->fresh, block));
}

#define hook_waits is_waiting
#include "allocators/block/deferred.h"

enum { SEGREGATED, TLSF };
static const char *const pages[] = {"segregated", "tlsf", NULL};
static const hs_option quick_options[] = {
    [BEHIND] = {.name = "behind",
                .help = "where blocks go that wait for nobody",
                .choices = pages,
                .fresh = true},
    [LARGEST] = {.name = "largest",
                 .help = "the largest block that waits for a request of its size",
                 .maximum = QUICK_LARGEST,
                 .initial = QUICK_LARGEST},
    [SPLIT_MIN] = HS_SPLIT_MIN_OPTION,
    [ALIGN] = HS_ALIGN_OPTION,
};

static hs_addr last_resort(hs_heap *h, uint64_t need, uint64_t alignment);

/* --- The lists ------------------------------------------------------------------------------ */

/* The index by which a quick list is told and shown. The fresh blocks have that of size 0. */
static inline uint64_t quick_index(uint64_t size)
{
    return LISTS + size / WORD;
}

static inline void push_quick(hs_heap *h, hs_addr block, uint64_t word)
{
    struct quick *q = quick_of(h);
    uint64_t size = size_in(word), i = size / WORD;
    hs_probe(h, HS_INSERT, block, size, quick_index(size));
    hs_store(h, block, word | WAITS);
    set_next(h, block, q->head[i]);
    q->head[i] = block;
    q->count[i]++;
    q->bitmap[i / 64] |= (uint64_t)1 << i % 64;
    q->bytes += size;
}

/* The bits of the 64 lists from list i on. */
static inline uint64_t bits_from(const struct quick *q, uint64_t i)
{
    return q->bitmap[i / 64] >> i % 64 | q->bitmap[i / 64 + 1] << 1 << (63 - i % 64);
}

/* The quick list that serves a request, or NULL: the one of its size, or the next one, when its
 * blocks are so little larger that they may stay whole. A list with a bit has a block, unless its
 * client wrote NULL over a link. */
static inline hs_addr *quick_for(struct quick *q, uint64_t need)
{
    uint64_t i = need / WORD, bits = bits_from(q, i);
    if (!bits) return NULL;
    unsigned on = (unsigned)__builtin_ctzll(bits);
    if (on * WORD > need / QUICK_WASTE + SMALLEST - WORD) return NULL;
    return q->head[i + on] ? &q->head[i + on] : NULL;
}

/* The first block of a quick list, in use again. */
static inline hs_addr pop_quick(hs_heap *h, hs_addr *head)
{
    struct quick *q = quick_of(h);
    hs_addr block = *head;
    uint64_t word = hs_load(h, block);
    hs_probe(h, HS_REMOVE, block, size_in(word), quick_index(size_in(word)));
    *head = next_of(h, block);
    hs_store(h, block, word & ~(uint64_t)WAITS);
    uint64_t i = (uint64_t)(head - q->head);
    q->bitmap[i / 64] ^= (uint64_t)(--q->count[i] == 0) << i % 64;
    q->bytes -= i * WORD;
    return block;
}

/* --- Putting away --------------------------------------------------------------------------- */

/* Has it a neighbour in the structure, other than the last block of the heap? What joins that one
 * serves nobody for long. */
static inline bool has_free_neighbour(const hs_heap *h, hs_addr block, uint64_t word)
{
    hs_addr right = block + size_in(word);
    uint64_t beyond = header_at(h, right);
    return !(word & LEFT_USED) || (!(beyond & USED) && right + size_in(beyond) != end_mark(h));
}

/* A freed block, joined, goes into the structure. Apart from the path of most requests, which stays
 * short. */
static __attribute__((noinline)) void put_joined(hs_heap *h, hs_addr block)
{
    settle(h, block, true);
}

/* A freed block goes to its quick list or, joined, into the structure. */
static inline void put_away(hs_heap *h, hs_addr block)
{
    uint64_t word = hs_load(h, block);
    if (size_in(word) > h->options[LARGEST] || has_free_neighbour(h, block, word))
        put_joined(h, block);
    else
        push_quick(h, block, word);
}

/* A block that was fresh is put away. */
static inline void put_away_fresh(hs_heap *h, hs_addr block)
{
    if (!block) return;
    hs_probe(h, HS_REMOVE, block, size_of(h, block), quick_index(0));
    put_away(h, block);
}

/* --- Joining -------------------------------------------------------------------------------- */

/* Is there room for the request behind the heap? */
static inline bool can_extend(const hs_heap *h, uint64_t need, uint64_t alignment)
{
    hs_addr last = end_mark(h);
    return fits(last, h->limit - WORD - last, need, alignment);
}

static inline bool is_last(const hs_heap *h, hs_addr block)
{
    return block + size_of(h, block) == end_mark(h);
}

/* Is this the last block of the heap, and do many bytes wait in quick ones? */
static inline bool is_last_resort(const hs_heap *h, hs_addr block)
{
    const struct quick *q = quick_of(h);
    return q->bytes >= QUICK_FEW && q->bytes >= (block - h->base) / QUICK_SHARE &&
           is_last(h, block);
}

/* The list of the largest quick blocks; NULL when none waits. */
static hs_addr *largest_quick(struct quick *q)
{
    for (unsigned word = QUICK_WORDS; word-- > 0;)
        for (uint64_t bits = q->bitmap[word], bit; bits; bits ^= bit) {
            unsigned i = 63 - (unsigned)__builtin_clzll(bits);
            bit = (uint64_t)1 << i;
            if (q->head[64 * word + i]) return &q->head[64 * word + i];
        }
    return NULL;
}

/* This block stays in its list, as all do that are left: the request has joined its most. */
static void leave_waiting(hs_heap *h, hs_addr block, uint64_t joined)
{
    hs_visit(h, block, size_of(h, block), HS_SEES_PAIR);
    hs_probe_detail(h, HS_REJECT, HS_BECAUSE_ENOUGH, block, size_of(h, block), joined);
}

/* Put quick blocks into the structure, at most so many, each joined with its free neighbours, the
 * largest first, until it has a block for the request that is not the last of the heap. Returns
 * what it has then, or NULL. */
static hs_addr join_quick(hs_heap *h, uint64_t need, uint64_t alignment, uint64_t most)
{
    struct quick *q = quick_of(h);
    hs_addr *head, block;
    for (unsigned i = 0; i < FRESH; i++) put_away_fresh(h, replace_oldest(&q->fresh, HS_NULL));
    block = find(h, need, alignment);
    if (block && !is_last(h, block)) return block;
    for (uint64_t joined = 0; (head = largest_quick(q)); joined++) {
        if (joined == most) {
            leave_waiting(h, *head, joined);
            break;
        }
        block = pop_quick(h, head);
        hs_visit(h, block, size_of(h, block), HS_SEES_PAIR);
        block = settle(h, block, true);
        if (fits(block, size_of(h, block), need, alignment) && !is_last(h, block)) return block;
    }
    return find(h, need, alignment);
}

/* A free block for the request, `found` in the structure or not at all: that one, or, after
 * joining quick ones if that is due, what is found then. NULL when there is none. */
static inline hs_addr find_joined(hs_heap *h, hs_addr found, uint64_t need, uint64_t alignment)
{
    const struct quick *q = quick_of(h);
    uint64_t most = JOIN_FEW + need / SMALLEST;
    if (found && !is_last_resort(h, found)) return found;
    if (!q->bytes && !fresh_from(&q->fresh, 0)) return found;
    if (!found && !can_extend(h, need, alignment)) {
        if (!joining_helps(h, need, alignment)) return HS_NULL;
        most = UINT64_MAX;
    }
    return join_quick(h, need, alignment, most);
}

/* --- The requests --------------------------------------------------------------------------- */

/* Serve a request from a quick list; NULL when none can. */
static inline hs_addr serve_quickly(hs_heap *h, size_t size)
{
    uint64_t need = block_bytes(h, size);
    hs_addr *head = size <= QUICK_LARGEST - WORD ? quick_for(quick_of(h), need) : NULL;
    if (!head) return HS_NULL;
    hs_round(h, size, WORD, HS_OVERHEAD_HEADER, need);
    hs_probe(h, HS_LOOK, *head, quick_index(size_of(h, *head)), 0);
    hs_addr block = pop_quick(h, head);
    hs_probe(h, HS_CHOOSE, block, size_of(h, block), 0);
    hs_probe(h, HS_TAKE, block, size_of(h, block), 0);
    return payload(block);
}

/* Serve a request from the page's structure. */
static inline hs_addr serve(hs_heap *h, size_t alignment, size_t size)
{
    if (is_absurd(h, size, alignment)) return hs_fail(h, HS_BECAUSE_LIMIT, size);
    uint64_t need = block_bytes(h, size);
    hs_round(h, size, WORD, HS_OVERHEAD_HEADER, need);
    hs_addr block = find_joined(h, find(h, need, alignment), need, alignment);
    if (block)
        choose(h, block);
    else
        block = last_resort(h, need, alignment);
    if (!block) return hs_fail(h, HS_BECAUSE_LIMIT, need);
    return place(h, block, need, alignment);
}

static hs_addr quick_aligned_alloc(hs_heap *h, size_t alignment, size_t size)
{
    return serve(h, alignment < unit(h) ? unit(h) : alignment, size);
}

static hs_addr quick_malloc(hs_heap *h, size_t size)
{
    hs_addr p = serve_quickly(h, size);
    return p ? p : serve(h, 1, size); /* all blocks are aligned to the unit */
}

/* Give a block back: it waits. */
static void quick_free(hs_heap *h, hs_addr p)
{
    struct quick *q = quick_of(h);
    hs_addr block = block_of(p);
    hs_probe(h, HS_RELEASE, block, size_of(h, block), 0);
    if (h->end - h->base < CACHED) {
        put_away(h, block);
    } else {
        hs_probe(h, HS_INSERT, block, size_of(h, block), quick_index(0));
        put_away_fresh(h, note_fresh(h, &q->fresh, block));
    }
}

static hs_addr quick_realloc(hs_heap *h, hs_addr p, size_t size)
{
    return boundary_realloc(h, p, size, true, quick_malloc, quick_free);
}

/* --- For viewers ---------------------------------------------------------------------------- */

static bool quick_walk(const hs_heap *h, const hs_block *previous, hs_block *out)
{
    if (!boundary_walk(h, previous, out)) return false;
    if (out->kind != HS_BLOCK_USED || !is_waiting(h, out->addr, out->word)) return true;
    out->kind = HS_BLOCK_FREE;
    out->links = out->word & WAITS ? WORD : 0;
    return true;
}

static size_t quick_fields(const hs_heap *h, hs_addr at, uint64_t word, hs_field out[HS_FIELDS])
{
    (void)at;
    return boundary_fields(h, word, "quick", out);
}

static hs_coalescing quick_coalesces(const hs_heap *h)
{
    (void)h;
    return (hs_coalescing){.when = HS_JOINS_LATER, .left = true, .right = true, .some_wait = true};
}

/* Fresh blocks hold no links: the order in which they were freed stands for them. */
static bool quick_links(const hs_heap *h, hs_addr block, hs_links *out)
{
    const struct quick *q = quick_of(h);
    uint64_t word = 0;
    if (!hs_heap_peek(h, block, &word) || !boundary_links(h, block, out)) return false;
    if (is_waiting(h, block, word)) out->to[1] = HS_NULL;
    if (is_fresh(&q->fresh, block)) out->to[0] = fresh_behind(&q->fresh, block);
    return true;
}

/* The list at an index behind the structure's own. */
static bool waiting_list(const hs_heap *h, size_t index, hs_list *out)
{
    const struct quick *q = quick_of(h);
    size_t i = index - LISTS;
    if (i >= QUICK_LISTS) return false;
    *out =
        (hs_list){.head = i ? q->head[i] : fresh_from(&q->fresh, 0),
                  .smallest = i ? i * WORD : SMALLEST,
                  .largest = i ? i * WORD : UINT64_MAX,
                  .whole = true,
                  .name = i ? "quick" : "fresh",
                  .about = i ? "not joined, each list of one size" : "freed last, put away later"};
    out->marked = out->head != HS_NULL;
    return true;
}

/* Is every block of a list a waiting one of its size? Counts them in *seen, at most `most`. */
static bool check_quick_list(const hs_heap *h, const hs_list *list, size_t most, size_t *seen,
                             hs_damage *damage)
{
    uint64_t word = 0;
    hs_links to = {{HS_NULL}};
    for (hs_addr b = list->head; b; b = to.to[0]) {
        if (!hs_heap_peek(h, b, &word) || !quick_links(h, b, &to))
            return hs_broken(damage, h->base, "a quick list leads out of the heap", b);
        uint64_t size = size_in(word);
        if (size < list->smallest || size > list->largest || !is_waiting(h, b, word))
            return hs_broken(damage, b, "a quick list leads to what is no quick block of its size",
                             word);
        if (++*seen > most) return hs_broken(damage, b, "a quick list goes round in a circle", b);
    }
    return true;
}

/* Is every quick block in its list, and nothing else in any? */
static bool check_quick(const hs_heap *h, hs_damage *damage)
{
    const struct quick *q = quick_of(h);
    size_t quick = 0, seen = 0;
    uint64_t bytes = 0;
    hs_block b;
    hs_list list;
    for (bool more = quick_walk(h, NULL, &b); more; more = quick_walk(h, &b, &b))
        quick += is_waiting(h, b.addr, b.word);
    for (size_t i = LISTS; waiting_list(h, i, &list); i++) {
        size_t before = seen;
        if (!check_quick_list(h, &list, quick, &seen, damage)) return false;
        if (i > LISTS) bytes += (seen - before) * list.smallest;
    }
    if (seen != quick)
        return hs_broken(damage, h->base, "a free block is missing from the lists", seen);
    if (bytes != q->bytes)
        return hs_broken(damage, h->base, "the quick bytes are miscounted", bytes);
    return true;
}

/* What all variants have in common. */
HS_DECLARE_BUILDS(quick);
HS_DECLARE_BUILDS(quick_tlsf);

static const hs_allocator *quick_variant(const uint64_t *values)
{
    return values[BEHIND] == TLSF ? &HS_BUILD(quick_tlsf) : &HS_BUILD(quick);
}

#define QUICK_ROW                                                                                  \
    .name = "quick",                                                                               \
    .summary = "quick fit: blocks wait for requests of their size, before they are joined",        \
    .source = "Weinstock & Wulf, Quick Fit (1988); Lea, A Memory Allocator",                       \
    .options = quick_options, .option_count = sizeof quick_options / sizeof *quick_options,        \
    .state_size = sizeof(struct front), .variant = quick_variant, .alignment = unit,               \
    .malloc = quick_malloc, .aligned_alloc = quick_aligned_alloc, .realloc = quick_realloc,        \
    .free = quick_free, .coalesces = quick_coalesces, .fields = quick_fields, .walk = quick_walk,  \
    .end_mark = boundary_end_mark, .links = quick_links

#endif

/* SPDX-License-Identifier: MIT */
/* The free list of a textbook homework: no headers, no rounding, and a list kept outside the heap.
 *
 *      heap     1000      1010      1020                                        1100
 *                | ptr[0]  | free    | ptr[2] | free                              |
 *
 *      table    | 1000 10 used | 1010 10 free | 1020 10 used | 1030 70 free | ...
 *                                   <---------------------------->
 *                             free list, in its own order: links in the table
 *
 * It is a model to work out with pencil and paper rather than an allocator: a block is exactly the
 * bytes that were asked for, so any of them may start anywhere; the heap starts at 1000 and never
 * grows; and the table knows every block, so that free(p) finds the size: by p itself, which is
 * hashed to a place of the table. The blocks cover the heap, so where one ends the next one starts.
 * Used and free blocks share one table of fixed size: when it is full, no block can be split.
 *
 *   fit        best, worst, first: the whole list is searched but for first; of equals, the first
 *   order      what a freed block does to the list: addrsort, sizesort+ and sizesort- sort it all,
 *              insert-front and insert-back leave the others where they are. What is left of a
 *              block that was split stays in its place, in every order
 *   coalesce   on: after each free, neighbours in the list that are neighbours in the heap, the
 *              left one first, become one. In a list that is not sorted by address others stay
 *
 * Follows: Arpaci-Dusseau & Arpaci-Dusseau, Operating Systems: Three Easy Pieces, chapter 17
 * (Free-Space Management) and its homework. */
#include "heap/access.h"

enum { FIT, ORDER, COALESCE };
enum { BEST, WORST, FIRST };
enum { ADDRSORT, SIZESORT_UP, SIZESORT_DOWN, INSERT_FRONT, INSERT_BACK };
enum { ROOM_BITS = 10, ROOM = 1 << ROOM_BITS, NOWHERE = -1 };

typedef struct {
    hs_addr at;
    uint64_t size;
    bool free;
    int16_t before, behind; /* in the free list, in places of the table; NOWHERE at its ends */
    int16_t same; /* the next one whose address has the same hash; or the next spare one */
} piece;

struct ostep {
    int count;            /* blocks */
    int16_t first, last;  /* of the free list */
    int16_t spare;        /* places that have no block */
    int16_t hashed[ROOM]; /* the first block of each hash of an address */
    piece table[ROOM];
};

static const char *const fits[] = {"best", "worst", "first", NULL};
static const char *const orders[] = {"addrsort",     "sizesort+",   "sizesort-",
                                     "insert-front", "insert-back", NULL};
static const char *const off_on[] = {"off", "on", NULL};
static const hs_option options[] = {
    [FIT] = {.name = "fit", .help = "which hole serves a request", .choices = fits},
    [ORDER] = {.name = "order", .help = "what a free does to the list", .choices = orders},
    [COALESCE] = {.name = "coalesce",
                  .help = "after a free, join neighbours in the list that touch",
                  .choices = off_on},
};

/* --- The table ------------------------------------------------------------------------------ */

/* Fibonacci hashing: addresses that lie a power of two apart spread, too. */
static inline unsigned hash_of(hs_addr at)
{
    return (unsigned)(at * 0x9e3779b97f4a7c15u >> (64 - ROOM_BITS));
}

/* The place of the block that starts there. */
static inline int find(const struct ostep *o, hs_addr at)
{
    int i = o->hashed[hash_of(at)];
    while (i != NOWHERE && o->table[i].at != at) i = o->table[i].same;
    return i;
}

static int add(struct ostep *o, hs_addr at, uint64_t size)
{
    int16_t i = o->spare, *first = &o->hashed[hash_of(at)];
    o->spare = o->table[i].same;
    o->table[i] = (piece){.at = at, .size = size, .same = *first};
    *first = i;
    o->count++;
    return i;
}

static void drop(struct ostep *o, int i)
{
    int16_t *link = &o->hashed[hash_of(o->table[i].at)];
    while (*link != i) link = &o->table[*link].same;
    *link = o->table[i].same;
    o->table[i] = (piece){.same = o->spare};
    o->spare = (int16_t)i;
    o->count--;
}

/* Put a block into the free list behind another one, NOWHERE: first; or take it out. */
static void put_behind(struct ostep *o, int before, int i)
{
    piece *p = &o->table[i];
    p->free = true;
    p->before = (int16_t)before;
    p->behind = before == NOWHERE ? o->first : o->table[before].behind;
    *(before == NOWHERE ? &o->first : &o->table[before].behind) = (int16_t)i;
    *(p->behind == NOWHERE ? &o->last : &o->table[p->behind].before) = (int16_t)i;
}

static void take_out(struct ostep *o, int i)
{
    piece *p = &o->table[i];
    p->free = false;
    *(p->before == NOWHERE ? &o->first : &o->table[p->before].behind) = p->behind;
    *(p->behind == NOWHERE ? &o->last : &o->table[p->behind].before) = p->before;
}

/* --- Malloc --------------------------------------------------------------------------------- */

static inline uint64_t lead(hs_addr at, uint64_t alignment)
{
    return hs_round_up(at, alignment) - at;
}

static bool is_better(const hs_heap *h, uint64_t size, uint64_t than)
{
    return h->options[FIT] == BEST ? size < than : size > than;
}

/* What the search looks at a block for. */
static hs_sight sight(const hs_heap *h)
{
    if (h->options[FIT] == FIRST) return HS_TRIES;
    return h->options[FIT] == BEST ? HS_TRIES_SMALLER : HS_TRIES_LARGER;
}

/* The place of the block that serves the request. */
static int search(hs_heap *h, uint64_t size, uint64_t alignment)
{
    const struct ostep *o = h->state;
    int found = NOWHERE;
    for (int i = o->first; i != NOWHERE; i = o->table[i].behind) {
        const piece *p = &o->table[i];
        hs_visit(h, p->at, p->size, sight(h));
        if (size > p->size)
            hs_reject(h, p->at, p->size, HS_BECAUSE_TOO_SMALL);
        else if (lead(p->at, alignment) > p->size - size)
            hs_reject(h, p->at, p->size, HS_BECAUSE_NOT_ALIGNED);
        else if (found != NOWHERE && !is_better(h, p->size, o->table[found].size))
            hs_reject(h, p->at, p->size, HS_BECAUSE_NOT_BETTER);
        else
            found = i;
        if (found != NOWHERE && h->options[FIT] == FIRST) break;
    }
    return found;
}

/* Cut `skip` bytes and what is behind the block off a free one; both stay free, in its place. */
static void cut_out(hs_heap *h, int i, uint64_t skip, uint64_t size)
{
    struct ostep *o = h->state;
    piece whole = o->table[i];
    hs_addr at = whole.at + skip, end = whole.at + whole.size;
    if (skip) hs_probe(h, HS_SPLIT, whole.at, skip, whole.size - skip);
    if (at + size < end) hs_probe(h, HS_SPLIT, at, size, end - at - size);
    if (size == whole.size) hs_probe(h, HS_REMOVE, at, size, 0);
    if (at + size < end) put_behind(o, i, add(o, at + size, end - at - size));
    if (skip) {
        o->table[i].size = skip;
        add(o, at, size);
    } else {
        take_out(o, i);
        o->table[i].size = size;
    }
    hs_probe(h, HS_TAKE, at, size, 0);
}

static hs_addr ostep_aligned_alloc(hs_heap *h, size_t alignment, size_t size)
{
    const struct ostep *o = h->state;
    hs_round(h, size, 0, HS_OVERHEAD_HEADER, size);
    if (alignment > h->end) return hs_fail(h, HS_BECAUSE_LIMIT, size);
    int i = search(h, size, alignment);
    if (i == NOWHERE) return hs_fail(h, HS_BECAUSE_LIMIT, size);
    piece chosen = o->table[i];
    uint64_t skip = lead(chosen.at, alignment);
    int more = (skip > 0) + (skip + size < chosen.size); /* blocks than before */
    if (o->count + more > ROOM) return hs_fail(h, HS_BECAUSE_TABLE, ROOM);
    hs_probe(h, HS_CHOOSE, chosen.at, chosen.size, 0);
    cut_out(h, i, skip, size);
    return chosen.at + skip;
}

static hs_addr ostep_malloc(hs_heap *h, size_t size)
{
    return ostep_aligned_alloc(h, 1, size);
}

/* --- Free ----------------------------------------------------------------------------------- */

/* Does a freed block stand before another in this order? Those that are equal are in the order of
 * their coming: it goes behind them. */
static bool stands_before(const hs_heap *h, const piece *p, const piece *other)
{
    switch (h->options[ORDER]) {
    case ADDRSORT: return p->at < other->at;
    case SIZESORT_UP: return p->size < other->size;
    case SIZESORT_DOWN: return p->size > other->size;
    case INSERT_FRONT: return true;
    default: return false;
    }
}

/* Sort the list, if its order is a sorted one: splits may have left it unsorted. An insertion sort
 * leaves equals in their order. */
static void sort(const hs_heap *h)
{
    struct ostep *o = h->state;
    if (h->options[ORDER] >= INSERT_FRONT) return;
    for (int i = o->first, next; i != NOWHERE; i = next) {
        int before = o->table[i].before, to = before;
        next = o->table[i].behind;
        while (to != NOWHERE && stands_before(h, &o->table[i], &o->table[to]))
            to = o->table[to].before;
        if (to == before) continue;
        take_out(o, i);
        put_behind(o, to, i);
    }
}

static void join_neighbours(hs_heap *h)
{
    struct ostep *o = h->state;
    for (int i = o->first; i != NOWHERE;) {
        piece *left = &o->table[i];
        int next = left->behind;
        if (next == NOWHERE || left->at + left->size != o->table[next].at) {
            i = next;
            continue;
        }
        hs_probe(h, HS_COALESCE, left->at, left->size, o->table[next].size);
        left->size += o->table[next].size;
        take_out(o, next);
        drop(o, next);
    }
}

/* The block in use there. */
static int find_used(const struct ostep *o, hs_addr at)
{
    int i = find(o, at);
    return i != NOWHERE && o->table[i].free ? NOWHERE : i;
}

static void ostep_free(hs_heap *h, hs_addr at)
{
    struct ostep *o = h->state;
    int i = find_used(o, at);
    if (i == NOWHERE) {
        hs_probe_detail(h, HS_FAIL, HS_BECAUSE_NO_BLOCK, at, 0, 0);
        return;
    }
    hs_probe(h, HS_RELEASE, at, o->table[i].size, 0);
    hs_probe(h, HS_INSERT, at, o->table[i].size, 0);
    put_behind(o, h->options[ORDER] == INSERT_FRONT ? NOWHERE : o->last, i);
    sort(h);
    if (h->options[COALESCE]) join_neighbours(h);
}

/* The homework has no realloc: the block stays when its size does, and moves when not. */
static hs_addr ostep_realloc(hs_heap *h, hs_addr at, size_t size)
{
    struct ostep *o = h->state;
    int i = find_used(o, at);
    if (i == NOWHERE) {
        hs_probe_detail(h, HS_FAIL, HS_BECAUSE_NO_BLOCK, at, size, 0);
        return HS_NULL;
    }
    uint64_t before = o->table[i].size;
    if (size == before) {
        hs_probe(h, HS_IN_PLACE, at, before, size);
        return at;
    }
    hs_decline(h, at, before, HS_BECAUSE_NEVER, before);
    hs_addr to = ostep_malloc(h, size);
    if (!to) return HS_NULL;
    hs_move(h, to, at, size < before ? size : before);
    ostep_free(h, at);
    return to;
}

/* --- For viewers ---------------------------------------------------------------------------- */

static uint64_t ostep_alignment(const hs_heap *h)
{
    (void)h;
    return 1;
}

static void ostep_init(hs_heap *h)
{
    struct ostep *o = h->state;
    *o = (struct ostep){.first = NOWHERE, .last = NOWHERE};
    for (int16_t i = 0; i < ROOM; i++) {
        o->hashed[i] = NOWHERE;
        o->table[i].same = (int16_t)(i + 1);
    }
    put_behind(o, NOWHERE, add(o, h->base, h->end - h->base));
}

static bool ostep_walk(const hs_heap *h, const hs_block *previous, hs_block *out)
{
    const struct ostep *o = h->state;
    int i = find(o, previous ? previous->addr + previous->size : h->base);
    if (i == NOWHERE) return false;
    *out = (hs_block){.kind = o->table[i].free ? HS_BLOCK_FREE : HS_BLOCK_USED,
                      .addr = o->table[i].at,
                      .size = o->table[i].size,
                      .is_used = !o->table[i].free};
    return true;
}

static hs_addr address_at(const struct ostep *o, int i)
{
    return i == NOWHERE ? HS_NULL : o->table[i].at;
}

static bool ostep_list(const hs_heap *h, size_t index, hs_list *out)
{
    const struct ostep *o = h->state;
    *out = (hs_list){
        .head = address_at(o, o->first), .largest = UINT64_MAX, .marked = o->first != NOWHERE};
    return index == 0;
}

static bool ostep_links(const hs_heap *h, hs_addr block, hs_links *out)
{
    const struct ostep *o = h->state;
    int i = find(o, block);
    if (i == NOWHERE || !o->table[i].free) return false;
    *out = (hs_links){{address_at(o, o->table[i].behind), address_at(o, o->table[i].before)}};
    return true;
}

static const char *ostep_fit(const hs_heap *h)
{
    return fits[h->options[FIT]];
}

/* Neighbours that are not side by side in the list do not find each other. */
static hs_coalescing ostep_coalesces(const hs_heap *h)
{
    bool sorted = h->options[ORDER] == ADDRSORT;
    return (hs_coalescing){.when = h->options[COALESCE] ? HS_JOINS_NOW : HS_JOINS_NEVER,
                           .left = sorted,
                           .right = sorted};
}

static size_t ostep_marks(const hs_heap *h, hs_mark marks[HS_MARKS])
{
    const struct ostep *o = h->state;
    marks[0] = (hs_mark){"head", address_at(o, o->first)};
    return o->first == NOWHERE ? 0 : 1;
}

static bool ostep_check(const hs_heap *h, hs_damage *damage)
{
    (void)h;
    (void)damage;
    return true; /* nothing of the allocator's lies in the heap: no write there can hurt it */
}

HS_DECLARE_BUILDS(ostep);
const hs_allocator HS_BUILD(ostep) = {
    .name = "ostep",
    .summary = "a free list without headers, to work out on paper: OSTEP's homework",
    .source = "Arpaci-Dusseau, Operating Systems: Three Easy Pieces, 17",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .state_size = sizeof(struct ostep),
    .builds = HS_BUILDS_OF(ostep),
    .traits = HS_REUSES | HS_SEARCHES | HS_DIVIDES | HS_ONE_LIST,
    .shape = HS_SHAPE_LIST,
    .model_base = 1000,
    .alignment = ostep_alignment,
    .init = ostep_init,
    .malloc = ostep_malloc,
    .aligned_alloc = ostep_aligned_alloc,
    .realloc = ostep_realloc,
    .free = ostep_free,
    .fit = ostep_fit,
    .coalesces = ostep_coalesces,
    .walk = ostep_walk,
    .marks = ostep_marks,
    .list = ostep_list,
    .links = ostep_links,
    .check = ostep_check,
};

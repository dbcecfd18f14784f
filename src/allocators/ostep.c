/* The free list of a textbook homework: no headers, no rounding, and a list kept outside the heap.
 *
 *      heap     1000      1010      1020                                        1100
 *                | ptr[0]  | free    | ptr[2] | free                              |
 *
 *      table    free list, in its own order -->        <-- used blocks, the latest first
 *               | 1010 10 | 1030 70 | ...             ... | 1020 10 | 1000 10 |
 *
 * It is a model to work out with pencil and paper rather than an allocator: a block is exactly the
 * bytes that were asked for, so any of them may start anywhere; the heap starts at 1000 and never
 * grows; and the table knows every block, so that free(p) finds the size. Used and free blocks
 * share one table of fixed size: when it is full, no block can be split.
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
enum { ROOM = 1024, NOWHERE = -1 };

typedef struct {
    hs_addr at;
    uint64_t size;
} piece;

struct ostep {
    int free, used;
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

static inline piece *used_at(struct ostep *o, int i)
{
    return &o->table[ROOM - 1 - i];
}

static int find_used(struct ostep *o, hs_addr at)
{
    for (int i = 0; i < o->used; i++)
        if (used_at(o, i)->at == at) return i;
    return NOWHERE;
}

/* Put a piece into the free list before place i, or take the one there out of it. */
static void put_in(struct ostep *o, int i, piece p)
{
    memmove(o->table + i + 1, o->table + i, (size_t)(o->free++ - i) * sizeof p);
    o->table[i] = p;
}

static void take_out(struct ostep *o, int i)
{
    memmove(o->table + i, o->table + i + 1, (size_t)(--o->free - i) * sizeof *o->table);
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

/* The place in the list of the piece that serves the request. */
static int search(hs_heap *h, uint64_t size, uint64_t alignment)
{
    const struct ostep *o = h->state;
    int found = NOWHERE;
    for (int i = 0; i < o->free; i++) {
        const piece *p = &o->table[i];
        hs_try(h, p->at, p->size);
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

/* Cut `skip` bytes and what is behind the block off the piece at place i; both stay free, there. */
static void carve(hs_heap *h, int i, uint64_t skip, uint64_t size)
{
    struct ostep *o = h->state;
    piece whole = o->table[i];
    hs_addr at = whole.at + skip, end = whole.at + whole.size;
    if (skip) hs_probe(h, HS_SPLIT, whole.at, skip, whole.size - skip);
    if (at + size < end) hs_probe(h, HS_SPLIT, at, size, end - at - size);
    if (size == whole.size) hs_probe(h, HS_REMOVE, at, size, 0);
    take_out(o, i);
    if (at + size < end) put_in(o, i, (piece){at + size, end - at - size});
    if (skip) put_in(o, i, (piece){whole.at, skip});
    *used_at(o, o->used++) = (piece){at, size};
    hs_probe(h, HS_TAKE, at, size, 0);
}

static hs_addr ostep_aligned_alloc(hs_heap *h, size_t alignment, size_t size)
{
    const struct ostep *o = h->state;
    hs_probe(h, HS_ROUND, 0, size, size);
    if (alignment > h->end) return hs_fail(h, HS_BECAUSE_LIMIT, size);
    int i = search(h, size, alignment);
    if (i == NOWHERE) return hs_fail(h, HS_BECAUSE_LIMIT, size);
    piece chosen = o->table[i];
    uint64_t skip = lead(chosen.at, alignment);
    int more = (skip > 0) + (skip + size < chosen.size); /* pieces than before */
    if (o->free + o->used + more > ROOM) return hs_fail(h, HS_BECAUSE_TABLE, ROOM);
    hs_probe(h, HS_CHOOSE, chosen.at, chosen.size, 0);
    carve(h, i, skip, size);
    return chosen.at + skip;
}

static hs_addr ostep_malloc(hs_heap *h, size_t size)
{
    return ostep_aligned_alloc(h, 1, size);
}

/* --- Free ----------------------------------------------------------------------------------- */

/* Does a freed piece stand before another in this order? Those that are equal are in the order of
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
    for (int i = 1; i < o->free; i++) {
        piece p = o->table[i];
        int to = i;
        while (to > 0 && stands_before(h, &p, &o->table[to - 1])) to--;
        memmove(o->table + to + 1, o->table + to, (size_t)(i - to) * sizeof p);
        o->table[to] = p;
    }
}

static void join_neighbours(hs_heap *h)
{
    struct ostep *o = h->state;
    for (int i = 0; i + 1 < o->free;) {
        piece *left = &o->table[i], *right = left + 1;
        if (left->at + left->size != right->at) {
            i++;
            continue;
        }
        hs_probe(h, HS_COALESCE, left->at, left->size, right->size);
        left->size += right->size;
        take_out(o, i + 1);
    }
}

static void ostep_free(hs_heap *h, hs_addr at)
{
    struct ostep *o = h->state;
    int i = find_used(o, at);
    if (i == NOWHERE) {
        hs_probe_detail(h, HS_FAIL, HS_BECAUSE_NO_BLOCK, at, 0, 0);
        return;
    }
    piece p = *used_at(o, i);
    hs_probe(h, HS_RELEASE, p.at, p.size, 0);
    for (; i + 1 < o->used; i++) *used_at(o, i) = *used_at(o, i + 1);
    o->used--;
    hs_probe(h, HS_INSERT, p.at, p.size, 0);
    put_in(o, h->options[ORDER] == INSERT_FRONT ? 0 : o->free, p);
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
    uint64_t before = used_at(o, i)->size;
    if (size == before) {
        hs_probe(h, HS_IN_PLACE, at, before, size);
        return at;
    }
    hs_addr to = ostep_malloc(h, size);
    if (!to) return HS_NULL;
    hs_move(h, to, at, size < before ? size : before);
    ostep_free(h, at);
    return to;
}

/* --- For viewers ---------------------------------------------------------------------------- */

static void ostep_init(hs_heap *h)
{
    struct ostep *o = h->state;
    *o = (struct ostep){.free = 1, .table = {{h->base, h->end - h->base}}};
}

static bool is_free_at(const struct ostep *o, int i)
{
    return i < o->free;
}

/* The piece of the table that starts first at or behind `from`. */
static bool ostep_walk(const hs_heap *h, const hs_block *previous, hs_block *out)
{
    const struct ostep *o = h->state;
    hs_addr from = previous ? previous->addr + previous->size : h->base;
    int first = NOWHERE;
    for (int i = 0; i < ROOM; i++) {
        if (!is_free_at(o, i) && i < ROOM - o->used) continue;
        if (o->table[i].at < from) continue;
        if (first == NOWHERE || o->table[i].at < o->table[first].at) first = i;
    }
    if (first == NOWHERE) return false;
    *out = (hs_block){.kind = is_free_at(o, first) ? HS_BLOCK_FREE : HS_BLOCK_USED,
                      .addr = o->table[first].at,
                      .size = o->table[first].size};
    return true;
}

static bool ostep_list(const hs_heap *h, size_t index, hs_list *out)
{
    const struct ostep *o = h->state;
    *out = (hs_list){
        .head = o->free ? o->table[0].at : HS_NULL, .largest = UINT64_MAX, .marked = o->free > 0};
    return index == 0;
}

static bool ostep_links(const hs_heap *h, hs_addr block, hs_links *out)
{
    const struct ostep *o = h->state;
    for (int i = 0; i < o->free; i++) {
        if (o->table[i].at != block) continue;
        *out = (hs_links){
            {i + 1 < o->free ? o->table[i + 1].at : HS_NULL, i > 0 ? o->table[i - 1].at : HS_NULL}};
        return true;
    }
    return false;
}

static size_t ostep_marks(const hs_heap *h, hs_mark marks[HS_MARKS])
{
    const struct ostep *o = h->state;
    marks[0] = (hs_mark){"head", o->free ? o->table[0].at : HS_NULL};
    return o->free ? 1 : 0;
}

static bool ostep_check(const hs_heap *h, hs_damage *damage)
{
    (void)h;
    (void)damage;
    return true; /* nothing of the allocator's lies in the heap: no write there can hurt it */
}

const hs_allocator HS_BUILD(ostep) = {
    .name = "ostep",
    .summary = "a free list without headers, to work out on paper: OSTEP's homework",
    .source = "Arpaci-Dusseau, Operating Systems: Three Easy Pieces, 17",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .state_size = sizeof(struct ostep),
    .shape = HS_SHAPE_LIST,
    .model_base = 1000,
    .init = ostep_init,
    .malloc = ostep_malloc,
    .aligned_alloc = ostep_aligned_alloc,
    .realloc = ostep_realloc,
    .free = ostep_free,
    .walk = ostep_walk,
    .marks = ostep_marks,
    .list = ostep_list,
    .links = ostep_links,
    .check = ostep_check,
};

/* SPDX-License-Identifier: MIT */
/* The storage allocator of Kernighan & Ritchie: a circular list of the free blocks.
 *
 *             .--------------------------------------------------------------.
 *             v                                                              |
 *      base | ptr | 0 |   used | 0 | 3 | ... |   free | ptr | 5 | ... |   free | ptr | 9 | ... |
 *              |                                 ^  |                     ^
 *              '---------------------------------'  '---------------------'
 *                                                              freep: where the next search starts
 *
 * A block begins with a Header of two words: ptr leads to the next free block, and size counts
 * units. A unit is as large as a Header, 16 bytes, and every block is a number of them, so every
 * payload is aligned. The list is in the order of addresses and closes at the base, a block of 0
 * units that is never handed out, so the list is never empty.
 *
 * malloc searches from freep on, where the last search ended, and takes the first block that is
 * large enough. From one that is larger it hands out the tail: of what stays only the size changes,
 * and no link. free goes round the list to the block's place, and joins it with its neighbours.
 *
 * The words are the book's: Header, units, base, freep, nunits, morecore; p is the block that is
 * looked at, prevp the one before it in the list, bp the block of a pointer that is freed.
 *
 * Four things are ours. In the book the base is a variable; here it is the first unit of the heap,
 * so that the list can be seen whole. In the book the ptr of a block in use says nothing; here it
 * is 0, which no free block has, so that a walk over the heap can tell the two apart. The book's
 * heap begins with nothing, and morecore asks for 1,024 units at least; here it begins with one
 * free block, and `growth` decides. And realloc and aligned_alloc are not in the book.
 *
 * Follows: Kernighan & Ritchie, The C Programming Language (2nd ed.), 8.7. */
#include "heap/access.h"

enum { UNIT = 16, SIZE = 8 }; /* bytes of a unit; where a Header has its size, behind ptr */

struct kr {
    hs_addr freep; /* a free block, or the base */
};

/* --- Headers -------------------------------------------------------------------------------- */

static hs_addr base(const hs_heap *h)
{
    return h->base;
}

static hs_addr ptr_of(const hs_heap *h, hs_addr p)
{
    return hs_load(h, p);
}

static uint64_t size_of(const hs_heap *h, hs_addr p)
{
    return hs_load(h, p + SIZE);
}

static void set_ptr(hs_heap *h, hs_addr p, hs_addr to)
{
    hs_store(h, p, to);
}

static void set_size(hs_heap *h, hs_addr p, uint64_t units)
{
    hs_store(h, p + SIZE, units);
}

/* Events count in bytes. */
static uint64_t bytes_of(const hs_heap *h, hs_addr p)
{
    return size_of(h, p) * UNIT;
}

static hs_addr end_of(const hs_heap *h, hs_addr p)
{
    return p + bytes_of(h, p);
}

/* Units that hold so many bytes, and a Header. */
static uint64_t nunits_for(size_t nbytes)
{
    return (nbytes + UNIT - 1) / UNIT + 1;
}

/* --- Free ----------------------------------------------------------------------------------- */

/* The free block after which bp belongs in the list: bp lies between it and the next one, or behind
 * the last, from which the list goes back to the base. In the book a block may also lie below all
 * others; here none lies below the base. */
static hs_addr place_of(hs_heap *h, hs_addr bp)
{
    const struct kr *k = h->state;
    hs_addr p = k->freep, next;
    for (; next = ptr_of(h, p), !(bp > p && bp < next); p = next) {
        if (p >= next && bp > p) break;
        hs_visit(h, p, bytes_of(h, p), HS_PASSES);
    }
    return p;
}

/* Put a block into the list, joined with its neighbours in the heap when they are free, too. */
static void give_back(hs_heap *h, hs_addr bp)
{
    struct kr *k = h->state;
    hs_addr p = place_of(h, bp), next = ptr_of(h, p);
    if (end_of(h, bp) == next) { /* join the upper neighbour */
        hs_probe(h, HS_COALESCE, bp, bytes_of(h, bp), bytes_of(h, next));
        hs_probe(h, HS_REMOVE, next, bytes_of(h, next), 0);
        set_size(h, bp, size_of(h, bp) + size_of(h, next));
        next = ptr_of(h, next);
    }
    if (end_of(h, p) == bp) { /* join the lower neighbour, which is in the list already */
        hs_probe(h, HS_COALESCE, p, bytes_of(h, p), bytes_of(h, bp));
        set_size(h, p, size_of(h, p) + size_of(h, bp));
        set_ptr(h, p, next);
    } else {
        hs_probe(h, HS_INSERT, bp, bytes_of(h, bp), 0);
        set_ptr(h, bp, next);
        set_ptr(h, p, bp);
    }
    k->freep = p;
}

static void kr_free(hs_heap *h, hs_addr ap)
{
    hs_addr bp = ap - UNIT;
    hs_probe(h, HS_RELEASE, bp, bytes_of(h, bp), 0);
    give_back(h, bp);
}

/* --- Malloc --------------------------------------------------------------------------------- */

/* Grow the heap by nu units at least, and put them into the list. Returns freep, or NULL. */
static hs_addr morecore(hs_heap *h, uint64_t nu)
{
    const struct kr *k = h->state;
    hs_addr up = h->end;
    if (nu > (h->limit - up) / UNIT || !hs_reach(h, up + nu * UNIT)) return HS_NULL;
    set_size(h, up, (h->end - up) / UNIT);
    give_back(h, up);
    return k->freep;
}

/* Take so many units from a block of the list, of which prevp leads to it: all of it, or its tail.
 */
static hs_addr cut(hs_heap *h, hs_addr prevp, hs_addr p, uint64_t nunits)
{
    uint64_t size = size_of(h, p), rest = size - nunits;
    hs_probe(h, HS_CHOOSE, p, size * UNIT, 0);
    if (!rest) {
        hs_probe(h, HS_REMOVE, p, size * UNIT, 0);
        set_ptr(h, prevp, ptr_of(h, p));
        return p;
    }
    hs_probe(h, HS_SPLIT, p, rest * UNIT, nunits * UNIT);
    set_size(h, p, rest);
    set_size(h, p + rest * UNIT, nunits);
    return p + rest * UNIT;
}

/* A block of so many units, in no list; NULL when there is none and the heap may not grow. */
static hs_addr obtain(hs_heap *h, uint64_t nunits)
{
    struct kr *k = h->state;
    hs_addr prevp = k->freep, p = ptr_of(h, prevp);
    for (;; prevp = p, p = ptr_of(h, p)) {
        hs_try(h, p, bytes_of(h, p));
        if (size_of(h, p) >= nunits) {
            k->freep = prevp;
            return cut(h, prevp, p, nunits);
        }
        hs_reject(h, p, bytes_of(h, p), HS_BECAUSE_TOO_SMALL);
        if (p == k->freep && !(p = morecore(h, nunits))) return HS_NULL; /* once round the list */
    }
}

/* The block is the client's from now on. Returns its payload. */
static hs_addr take(hs_heap *h, hs_addr p)
{
    set_ptr(h, p, HS_NULL); /* ours: in use */
    hs_probe(h, HS_TAKE, p, bytes_of(h, p), 0);
    return p + UNIT;
}

static bool is_absurd(const hs_heap *h, size_t nbytes, size_t alignment)
{
    return nbytes > h->limit - h->base || alignment > h->limit - h->base;
}

static hs_addr kr_malloc(hs_heap *h, size_t nbytes)
{
    if (is_absurd(h, nbytes, 1)) return hs_fail(h, HS_BECAUSE_LIMIT, nbytes);
    uint64_t nunits = nunits_for(nbytes);
    hs_round(h, nbytes, UNIT, HS_OVERHEAD_HEADER, nunits * UNIT);
    hs_addr p = obtain(h, nunits);
    return p ? take(h, p) : hs_fail(h, HS_BECAUSE_LIMIT, nunits * UNIT);
}

/* --- Not in the book -------------------------------------------------------------------------- */

/* Cut a block, in no list, behind its first units. Returns what is behind them. */
static hs_addr cut_behind(hs_heap *h, hs_addr p, uint64_t units)
{
    uint64_t rest = size_of(h, p) - units;
    hs_probe(h, HS_SPLIT, p, units * UNIT, rest * UNIT);
    set_size(h, p, units);
    set_size(h, p + units * UNIT, rest);
    return p + units * UNIT;
}

/* Ask for enough to find the multiple in it, and give back what is in front and behind. */
static hs_addr kr_aligned_alloc(hs_heap *h, size_t alignment, size_t nbytes)
{
    if (alignment <= UNIT) return kr_malloc(h, nbytes);
    if (is_absurd(h, nbytes, alignment)) return hs_fail(h, HS_BECAUSE_LIMIT, nbytes);
    uint64_t nunits = nunits_for(nbytes), enough = nunits + alignment / UNIT - 1;
    hs_round(h, nbytes, UNIT, HS_OVERHEAD_HEADER, nunits * UNIT);
    hs_addr p = obtain(h, enough);
    if (!p) return hs_fail(h, HS_BECAUSE_LIMIT, enough * UNIT);
    uint64_t front = (hs_round_up(p + UNIT, alignment) - p) / UNIT - 1;
    if (front) {
        hs_addr at = cut_behind(h, p, front);
        give_back(h, p);
        p = at;
    }
    if (size_of(h, p) > nunits) give_back(h, cut_behind(h, p, nunits));
    return take(h, p);
}

/* A block has the size that it was born with: what does not fit moves. */
static hs_addr kr_realloc(hs_heap *h, hs_addr ap, size_t nbytes)
{
    if (is_absurd(h, nbytes, 1)) return hs_fail(h, HS_BECAUSE_LIMIT, nbytes);
    hs_addr bp = ap - UNIT;
    uint64_t have = bytes_of(h, bp), need = nunits_for(nbytes) * UNIT;
    if (need <= have) {
        hs_round(h, nbytes, UNIT, HS_OVERHEAD_HEADER, need);
        hs_probe(h, HS_IN_PLACE, bp, have, have);
        return ap;
    }
    hs_decline(h, bp, have, HS_BECAUSE_NEVER, have);
    hs_addr q = kr_malloc(h, nbytes);
    if (!q) return HS_NULL;
    hs_move(h, q, ap, have - UNIT);
    kr_free(h, ap);
    return q;
}

/* --- For viewers ---------------------------------------------------------------------------- */

static uint64_t kr_alignment(const hs_heap *h)
{
    (void)h;
    return UNIT;
}

/* The base, and one free block of all the rest. */
static void kr_init(hs_heap *h)
{
    struct kr *k = h->state;
    hs_addr block = base(h) + UNIT;
    hs_lay_out(h, base(h), block);
    hs_lay_out(h, base(h) + SIZE, 0);
    hs_lay_out(h, block, base(h));
    hs_lay_out(h, block + SIZE, (h->end - block) / UNIT);
    k->freep = base(h);
}

/* What is wrong with the Header at p? */
static const char *what_is_wrong(const hs_heap *h, hs_addr p, hs_addr ptr, uint64_t size)
{
    if (p == base(h) && size) return "the base's size is not 0: it would be handed out";
    if (p == base(h) && !ptr) return "the base's ptr is 0: the list leads nowhere";
    if (p != base(h) && !size) return "the Header says 0 units: the walk would stand still";
    if (size > (h->end - p) / UNIT) return "the size in the Header leads beyond the heap";
    if (!ptr) return size > 1 ? NULL : "a block in use has one unit: no room for a payload";
    if (ptr % UNIT || !hs_heap_holds(h, ptr, UNIT)) return "the ptr in the Header leads to no unit";
    return NULL;
}

static bool kr_walk(const hs_heap *h, const hs_block *previous, hs_block *out)
{
    hs_addr p = previous ? previous->addr + previous->size : base(h), ptr = HS_NULL;
    uint64_t size = 0;
    if (p >= h->end || !hs_heap_peek(h, p, &ptr) || !hs_heap_peek(h, p + SIZE, &size)) return false;
    const char *damage = what_is_wrong(h, p, ptr, size);
    *out = (hs_block){.kind = damage         ? HS_BLOCK_DAMAGED
                              : p == base(h) ? HS_BLOCK_OWN
                              : ptr          ? HS_BLOCK_FREE
                                             : HS_BLOCK_USED,
                      .addr = p,
                      .size = damage         ? h->end - p
                              : p == base(h) ? UNIT
                                             : size * UNIT,
                      .header = UNIT,
                      .word = ptr,
                      .more_words = 1,
                      .is_used = p == base(h) || !ptr,
                      .damage = damage};
    return true;
}

/* Where a unit begins a ptr may be, 0 where its block is in use; behind it, a size in units. */
static size_t kr_fields(const hs_heap *h, hs_addr at, uint64_t word, hs_field out[HS_FIELDS])
{
    (void)h;
    bool is_size = at % UNIT == SIZE;
    *out = (hs_field){.kind = is_size ? HS_FIELD_SIZE : HS_FIELD_LINK,
                      .bits = 64,
                      .value = is_size ? word * UNIT : word};
    return 1;
}

static const char *kr_fit(const hs_heap *h)
{
    (void)h;
    return "next";
}

static hs_coalescing kr_coalesces(const hs_heap *h)
{
    (void)h;
    return (hs_coalescing){.when = HS_JOINS_NOW, .left = true, .right = true};
}

static size_t kr_marks(const hs_heap *h, hs_mark marks[HS_MARKS])
{
    const struct kr *k = h->state;
    marks[0] = (hs_mark){"freep", k->freep};
    return 1;
}

/* The list ends where it leads back to the base. */
static hs_addr before_base(const hs_heap *h, hs_addr ptr)
{
    return ptr == base(h) ? HS_NULL : ptr;
}

static bool kr_list(const hs_heap *h, size_t index, hs_list *out)
{
    hs_addr ptr = HS_NULL;
    hs_heap_peek(h, base(h), &ptr);
    *out = (hs_list){.head = before_base(h, ptr), .largest = UINT64_MAX};
    out->marked = out->head != HS_NULL;
    return index == 0;
}

static bool kr_links(const hs_heap *h, hs_addr block, hs_links *out)
{
    hs_addr ptr = HS_NULL;
    if (!hs_heap_peek(h, block, &ptr)) return false;
    *out = (hs_links){{before_base(h, ptr), HS_NULL}};
    return true;
}

/* The list is in heap order: on a walk each free block is the one that the last one led to. */
static bool kr_check(const hs_heap *h, hs_damage *damage)
{
    const struct kr *k = h->state;
    hs_addr next = base(h), joined = HS_NULL;
    bool found = false;
    hs_block b;
    for (bool more = kr_walk(h, NULL, &b); more; more = kr_walk(h, &b, &b)) {
        if (b.kind == HS_BLOCK_DAMAGED) return hs_broken(damage, b.addr, b.damage, b.word);
        if (b.kind == HS_BLOCK_USED) continue;
        if (b.addr != next)
            return hs_broken(damage, b.addr, "the list does not lead to this free block next",
                             next);
        if (b.addr == joined)
            return hs_broken(damage, b.addr, "two free neighbours were not joined", b.word);
        found |= b.addr == k->freep;
        joined = b.kind == HS_BLOCK_FREE ? b.addr + b.size : HS_NULL;
        next = b.word;
    }
    if (next != base(h))
        return hs_broken(damage, base(h), "the list does not lead back to the base", next);
    return found || hs_broken(damage, base(h), "freep is at no free block", k->freep);
}

HS_DECLARE_BUILDS(kr);
const hs_allocator HS_BUILD(kr) = {
    .name = "kr",
    .summary = "K&R's: a circular list in address order, searched from where it was left",
    .source = "Kernighan & Ritchie, The C Programming Language, 8.7",
    .state_size = sizeof(struct kr),
    .builds = HS_BUILDS_OF(kr),
    .traits = HS_REUSES | HS_SEARCHES | HS_DIVIDES | HS_ONE_LIST,
    .shape = HS_SHAPE_LIST,
    .alignment = kr_alignment,
    .init = kr_init,
    .malloc = kr_malloc,
    .aligned_alloc = kr_aligned_alloc,
    .realloc = kr_realloc,
    .free = kr_free,
    .fit = kr_fit,
    .coalesces = kr_coalesces,
    .fields = kr_fields,
    .walk = kr_walk,
    .marks = kr_marks,
    .list = kr_list,
    .links = kr_links,
    .check = kr_check,
};

/* SPDX-License-Identifier: MIT */
/* The binary buddy system: blocks are powers of two, at multiples of their own size. Half of a
 * block is its other half's buddy, and their offsets from the base differ in one bit: offset XOR
 * size.
 *
 *      offset  0                 64                128                              256
 *              |       64        |       64        |             128                 |
 *                 its buddy: 64     its buddy: 0      its buddy: 0, of 128, not of 64
 *
 * So malloc halves a larger block until it fits, and free finds in one step the only block it may
 * join: no footers, no neighbours, no search. The price is that every size is rounded up to a
 * power of two, the header included: 64 bytes of payload need a block of 128.
 *
 *      used    | size |0|1| payload ...                        header, 8 bytes
 *      shifted | size |1|1| lead |1|0| ... | lead |1|0| payload ...
 *      free    | size |0|0| next | previous | ...
 *
 * Where a payload must be a multiple of more than 8, it starts `lead` bytes into the block; the
 * word behind the header and the word before the payload both say how many (they are one when it is
 * 16). With align = 16 every payload does, and the links of a free block lie 16 bytes into it.
 *
 * There is a doubly linked list for each size, its newest block first, and a bitmap of the lists
 * that are not empty. A heap whose size is no power of two is a row of smaller and smaller blocks;
 * up to 24 bytes at its end are no block yet.
 *
 * Invariant: no two buddies are free.
 *
 * Follows: Knowlton, A Fast Storage Allocator (1965); Knuth, The Art of Computer Programming
 * 1, 2.5, algorithms R and S. */
enum { ALIGN };

#include "allocators/block/fields.h"
#include "allocators/block/options.h"
#include "allocators/block/word.h"
#include "heap/access.h"

enum { SHIFTED = 2, LINKS = 2 * WORD, SMALLEST = 32 };
enum { LISTS = 36 }; /* blocks of 32 bytes to 1 TiB, the largest heap */

struct buddy {
    hs_addr heads[LISTS]; /* list i has blocks of 32 * 2^i bytes */
    uint64_t not_empty;   /* bit i: list i has a block */
};

static const hs_option options[] = {
    [ALIGN] = HS_ALIGN_OPTION,
};

/* --- Powers of two -------------------------------------------------------------------------- */

static uint64_t size_in_list(size_t index)
{
    return (uint64_t)SMALLEST << index;
}

/* The list of the smallest blocks that have so many bytes. */
static size_t list_for(uint64_t bytes)
{
    return bytes <= SMALLEST ? 0 : 64 - 5 - (size_t)__builtin_clzll(bytes - 1);
}

/* The largest power of two that is not above n; n is not 0. */
static uint64_t power_below(uint64_t n)
{
    return (uint64_t)1 << (63 - __builtin_clzll(n));
}

static bool is_block_size(uint64_t size)
{
    return size >= SMALLEST && !(size & (size - 1)) && size <= HS_HEAP_LARGEST;
}

static hs_addr buddy_of(const hs_heap *h, hs_addr block, uint64_t size)
{
    return h->base + ((block - h->base) ^ size);
}

/* --- The layout of a block ------------------------------------------------------------------ */

/* The size in a block's header. A broken one leads nowhere: the probed build says so. */
static uint64_t size_of(const hs_heap *h, hs_addr block)
{
    uint64_t size = size_in(hs_load(h, block));
    if (HS_PROBES && !is_block_size(size)) hs_record_fault(h, HS_BECAUSE_OUTSIDE, block);
    hs_guard(h, block, size);
    return size;
}

/* Bytes of payload and all before it, a unit at least, in a block at a multiple of its size. */
static uint64_t bytes_for(const hs_heap *h, size_t size, size_t alignment)
{
    return size + (alignment > unit(h) ? alignment : unit(h));
}

/* Where the payload lies `lead` bytes into its block, the word before it says so. */
static hs_addr block_of(const hs_heap *h, hs_addr payload)
{
    uint64_t word = hs_load(h, payload - WORD);
    return payload - (word & SHIFTED ? size_in(word) : WORD);
}

/* Put a block, in no list, to use. Returns its payload. */
static hs_addr take(hs_heap *h, hs_addr block, uint64_t size, size_t alignment)
{
    hs_addr payload = hs_round_up(block + unit(h), alignment);
    uint64_t lead = payload - block;
    hs_store(h, block, size | USED | (lead > WORD ? SHIFTED : 0));
    if (lead > WORD) hs_store(h, block + WORD, lead | SHIFTED);
    if (lead > 2 * WORD) hs_store(h, payload - WORD, lead | SHIFTED);
    hs_probe(h, HS_TAKE, block, size, 0);
    return payload;
}

/* --- The lists ------------------------------------------------------------------------------ */

static hs_addr next_at(const hs_heap *h, hs_addr block)
{
    return block + unit(h);
}

static hs_addr previous_at(const hs_heap *h, hs_addr block)
{
    return block + unit(h) + WORD;
}

static void insert(hs_heap *h, hs_addr block, uint64_t size)
{
    struct buddy *b = h->state;
    size_t i = list_for(size);
    hs_addr head = b->heads[i];
    hs_probe(h, HS_INSERT, block, size, i);
    hs_store(h, next_at(h, block), head);
    hs_store(h, previous_at(h, block), HS_NULL);
    if (head) hs_store(h, previous_at(h, head), block);
    b->heads[i] = block;
    b->not_empty |= (uint64_t)1 << i;
}

static void detach(hs_heap *h, hs_addr block, uint64_t size)
{
    struct buddy *b = h->state;
    size_t i = list_for(size);
    hs_addr next = hs_load(h, next_at(h, block)), previous = hs_load(h, previous_at(h, block));
    hs_probe(h, HS_REMOVE, block, size, i);
    if (next) hs_store(h, previous_at(h, next), previous);
    if (previous)
        hs_store(h, next_at(h, previous), next);
    else
        b->heads[i] = next;
    if (!b->heads[i]) b->not_empty &= ~((uint64_t)1 << i);
}

/* --- Splitting and merging ------------------------------------------------------------------ */

/* Halve a block until another half would be too small: every upper half is free. Returns the size
 * that is left; the block's header is the caller's to write. */
static uint64_t halve(hs_heap *h, hs_addr block, uint64_t size, uint64_t need)
{
    while (size / 2 >= need && size > SMALLEST) {
        size /= 2;
        hs_probe(h, HS_SPLIT, block, size, size);
        hs_store(h, block + size, size);
        insert(h, block + size, size);
    }
    return size;
}

/* Is the block's buddy in the heap, free and whole? */
static bool may_merge(const hs_heap *h, hs_addr block, uint64_t size)
{
    hs_addr buddy = buddy_of(h, block, size);
    return buddy < h->end && size <= h->end - buddy && hs_load(h, buddy) == size;
}

/* A block is free from now on: merge it with its buddy, and what they become with its own. */
static void give_back(hs_heap *h, hs_addr block, uint64_t size)
{
    while (may_merge(h, block, size)) {
        hs_addr buddy = buddy_of(h, block, size);
        if (buddy < block) block = buddy;
        hs_probe(h, HS_COALESCE, block, size, size);
        detach(h, buddy, size);
        size *= 2;
    }
    hs_store(h, block, size);
    insert(h, block, size);
}

/* --- Growth --------------------------------------------------------------------------------- */

/* Where blocks end: at the last multiple of the smallest size. */
static hs_addr last_end(const hs_heap *h)
{
    return h->end - (h->end - h->base) % SMALLEST;
}

/* Cut what lies between `at` and the heap's end into blocks, each as large as its place allows. */
static void append(hs_heap *h, hs_addr at)
{
    while (at < last_end(h)) {
        uint64_t size = power_below(last_end(h) - at), offset = at - h->base;
        if (offset % size) size = offset & -offset;
        give_back(h, at, size);
        at += size;
    }
}

/* Where the first block of `size` bytes, a power of two, can be that new memory completes: the heap
 * may end with its first part free, which is a row of smaller and smaller blocks. */
static hs_addr next_place(const hs_heap *h, uint64_t size)
{
    hs_addr end = last_end(h), start = end - (end - h->base) % size;
    for (hs_addr at = start; at != end;) {
        uint64_t part = power_below(end - at);
        if (hs_load(h, at) != part) return start + size;
        at += part;
    }
    return start;
}

/* Grow the heap so that a block of `size` bytes is free; false, and nothing changed, if it may not
 * grow that far. */
static bool extend(hs_heap *h, uint64_t size)
{
    hs_addr end = last_end(h), place = next_place(h, size);
    if (place > h->limit || size > h->limit - place) return false;
    if (!hs_reach(h, place + size)) return false;
    append(h, end);
    return true;
}

/* The sum that a request comes to, of `lead` bytes before the payload. */
static void tell_round(hs_heap *h, size_t size, uint64_t lead, uint64_t need)
{
    hs_round(h, size, lead, lead > WORD ? HS_OVERHEAD_LEAD : HS_OVERHEAD_HEADER, need);
}

/* --- The requests --------------------------------------------------------------------------- */

static bool is_absurd(const hs_heap *h, size_t size, size_t alignment)
{
    return size > h->limit - h->base || alignment > h->limit;
}

/* The first list from `index` on that has a block; LISTS if none has. The bitmap tells at once what
 * looking at one list after the other would. */
static size_t first_list(hs_heap *h, size_t index)
{
    const struct buddy *b = h->state;
    uint64_t lists = index < LISTS ? b->not_empty >> index << index : 0;
    size_t found = lists ? (size_t)__builtin_ctzll(lists) : LISTS;
    if (HS_PROBES)
        for (size_t i = index; i <= found && size_in_list(i) <= h->end - h->base; i++)
            hs_probe(h, HS_LOOK, b->heads[i], i, 0);
    return found;
}

static hs_addr buddy_aligned_alloc(hs_heap *h, size_t alignment, size_t size)
{
    const struct buddy *b = h->state;
    if (is_absurd(h, size, alignment)) return hs_fail(h, HS_BECAUSE_LIMIT, size);
    uint64_t bytes = bytes_for(h, size, alignment);
    size_t index = list_for(bytes);
    tell_round(h, size, unit(h), size_in_list(index));
    size_t found = first_list(h, index);
    if (found == LISTS) {
        if (!extend(h, size_in_list(index)))
            return hs_fail(h, HS_BECAUSE_LIMIT, size_in_list(index));
        found = first_list(h, index);
    }
    hs_addr block = b->heads[found];
    hs_try(h, block, size_in_list(found));
    hs_probe(h, HS_CHOOSE, block, size_in_list(found), 0);
    detach(h, block, size_in_list(found));
    return take(h, block, halve(h, block, size_in_list(found), bytes), alignment);
}

static hs_addr buddy_malloc(hs_heap *h, size_t size)
{
    return buddy_aligned_alloc(h, unit(h), size);
}

static void buddy_free(hs_heap *h, hs_addr p)
{
    hs_addr block = block_of(h, p);
    uint64_t size = size_of(h, block);
    hs_probe(h, HS_RELEASE, block, size, 0);
    give_back(h, block, size);
}

/* What the block can grow to where it is: it must be the lower buddy, again and again, of a free
 * one. Stops as soon as that is enough. */
static uint64_t reachable(hs_heap *h, hs_addr block, uint64_t size, uint64_t need)
{
    while (size < need && buddy_of(h, block, size) > block && may_merge(h, block, size)) {
        hs_visit(h, block + size, size, HS_SEES_NEIGHBOUR);
        size *= 2;
    }
    return size;
}

/* What keeps a block that could have `size` bytes where it is from growing: its buddy lies on the
 * left, or beyond the heap, or is not free as a whole. Told by the probed build alone. */
static void decline(hs_heap *h, hs_addr block, uint64_t size)
{
    hs_addr buddy = buddy_of(h, block, size);
    uint64_t word = 0;
    if (!HS_PROBES) return;
    if (buddy < block)
        hs_decline(h, buddy, size, HS_BECAUSE_LEFT, size);
    else if (size > h->end - block - size || !hs_heap_peek(h, buddy, &word))
        hs_decline(h, h->end, 0, HS_BECAUSE_LIMIT, size);
    else
        hs_decline(h, buddy, size, size_in(word) == size ? HS_BECAUSE_USED : HS_BECAUSE_IN_PARTS,
                   size);
}

/* Halve the block, or merge it with the free buddies on its right. False, and nothing changed, when
 * they are not enough. */
static bool resize(hs_heap *h, hs_addr block, uint64_t have, uint64_t need)
{
    uint64_t size = have, most = need > have ? reachable(h, block, have, need) : have;
    if (most < need) {
        decline(h, block, most);
        return false;
    }
    while (size < need) {
        hs_probe(h, HS_COALESCE, block, size, size);
        detach(h, block + size, size);
        size *= 2;
    }
    size = halve(h, block, size, need);
    if (size != have) hs_store(h, block, size | (hs_load(h, block) & STATUS));
    hs_probe(h, HS_IN_PLACE, block, have, size);
    return true;
}

static hs_addr buddy_realloc(hs_heap *h, hs_addr p, size_t size)
{
    if (is_absurd(h, size, 1)) return hs_fail(h, HS_BECAUSE_LIMIT, size);
    hs_addr block = block_of(h, p);
    uint64_t have = size_of(h, block), lead = p - block, need = size + lead;
    tell_round(h, size, lead, size_in_list(list_for(need)));
    if (resize(h, block, have, need)) return p;
    hs_addr q = buddy_malloc(h, size);
    if (!q) return HS_NULL;
    hs_move(h, q, p, have - lead); /* it had to move because size is larger */
    buddy_free(h, p);
    return q;
}

/* --- For viewers ---------------------------------------------------------------------------- */

static void buddy_init(hs_heap *h)
{
    append(h, h->base);
    if (HS_PROBES) hs_record_begin(h->recorder, h); /* laying out the heap is no request's doing */
}

/* Bytes before a shifted payload; 0 when the block's two notes of it make no sense. */
static uint64_t lead_in(const hs_heap *h, hs_addr at, uint64_t size)
{
    uint64_t first = 0, second = 0;
    hs_heap_peek(h, at + WORD, &first);
    uint64_t lead = size_in(first);
    if (!(first & SHIFTED) || lead < 2 * WORD || lead >= size) return 0;
    hs_heap_peek(h, at + lead - WORD, &second);
    return first == second ? lead : 0;
}

static const char *what_is_wrong(const hs_heap *h, hs_addr at, uint64_t word)
{
    uint64_t size = size_in(word);
    if (size == 0) return "the header says 0 bytes: the walk would stand still";
    if (!is_block_size(size)) return "the size in the header is no power of two from 32 on";
    if ((at - h->base) % size) return "the block is not at a multiple of the size in its header";
    if (size > h->end - at) return "the size in the header leads beyond the heap";
    if (!(word & USED)) return word == size ? NULL : "a free block's header has odd status bits";
    if (word & SHIFTED)
        return lead_in(h, at, size) ? NULL : "the words that say where the payload starts differ";
    return unit(h) == WORD ? NULL : "bit 1 should say that the payload is shifted";
}

/* Up to the last end, blocks; behind it, less than a block. */
static bool buddy_walk(const hs_heap *h, const hs_block *previous, hs_block *out)
{
    hs_addr at = previous ? previous->addr + previous->size : h->base;
    uint64_t word = 0;
    if (at >= h->end || !hs_heap_peek(h, at, &word)) return false;
    *out = (hs_block){.kind = HS_BLOCK_UNUSED, .addr = at, .size = h->end - at};
    if (at >= last_end(h)) return true;
    out->word = word;
    out->header = (uint32_t)unit(h);
    out->damage = what_is_wrong(h, at, word);
    out->kind = HS_BLOCK_DAMAGED;
    if (out->damage) return true;
    out->size = size_in(word);
    out->kind = word & USED ? HS_BLOCK_USED : HS_BLOCK_FREE;
    out->is_used = word & USED;
    if (!(word & USED)) out->links = LINKS;
    if (word & SHIFTED) {
        out->header = 2 * WORD;
        out->lead = lead_in(h, at, out->size) - out->header;
    }
    return true;
}

/* A word that says where the payload is has bit 1 alone; no header has. */
static size_t buddy_fields(const hs_heap *h, hs_addr at, uint64_t word, hs_field out[HS_FIELDS])
{
    static const char *const status[] = {"used", "payload further in", NULL};
    (void)at;
    size_t n = word_fields(h, word, status, out);
    if (n > 1 && (word & STATUS) == SHIFTED) out->kind = HS_FIELD_OFFSET;
    return n;
}

static hs_coalescing buddy_coalesces(const hs_heap *h)
{
    (void)h;
    return (hs_coalescing){.when = HS_JOINS_NOW, .left = true, .right = true};
}

/* As many lists as the heap's limit can have blocks for. */
static bool buddy_list_at(const hs_heap *h, size_t index, hs_list *out)
{
    const struct buddy *b = h->state;
    if (index >= LISTS || size_in_list(index) > h->limit - h->base) return false;
    *out = (hs_list){.head = b->heads[index],
                     .smallest = size_in_list(index),
                     .largest = size_in_list(index),
                     .marked = b->not_empty >> index & 1};
    return true;
}

static bool buddy_links(const hs_heap *h, hs_addr block, hs_links *out)
{
    return hs_heap_peek(h, next_at(h, block), &out->to[0]) &&
           hs_heap_peek(h, previous_at(h, block), &out->to[1]);
}

/* Do all headers make sense, and is no free block's buddy free, too? Counts the free blocks. */
static bool check_blocks(const hs_heap *h, size_t *free_blocks, hs_damage *damage)
{
    hs_block b;
    for (bool more = buddy_walk(h, NULL, &b); more; more = buddy_walk(h, &b, &b)) {
        uint64_t word = 0;
        if (b.kind == HS_BLOCK_DAMAGED) return hs_broken(damage, b.addr, b.damage, b.word);
        if (b.kind != HS_BLOCK_FREE) continue;
        hs_heap_peek(h, buddy_of(h, b.addr, b.size), &word);
        if (buddy_of(h, b.addr, b.size) < last_end(h) && word == b.size)
            return hs_broken(damage, b.addr, "two buddies are free, and were not merged", word);
        ++*free_blocks;
    }
    return true;
}

/* Is every block of the list free, of the list's size, and linked both ways? Counts them in *seen,
 * which never passes `most`: more would be a circle. */
static bool check_list(const hs_heap *h, const hs_list *list, size_t most, size_t *seen,
                       hs_damage *damage)
{
    hs_addr before = HS_NULL;
    uint64_t word = 0;
    hs_links l = {{HS_NULL}};
    if (list->marked != (list->head != HS_NULL))
        return hs_broken(damage, h->base, "a bit of the bitmap lies about its list",
                         list->smallest);
    for (hs_addr b = list->head; b; before = b, b = l.to[0]) {
        if (!hs_heap_peek(h, b, &word) || !buddy_links(h, b, &l))
            return hs_broken(damage, before ? before : h->base,
                             "a free block's next leads out of the heap", b);
        if (word != list->smallest)
            return hs_broken(damage, b, "a list leads to what is no free block of its size", word);
        if (l.to[1] != before)
            return hs_broken(damage, b, "a free block's previous is not the block before it",
                             l.to[1]);
        if (++*seen > most) return hs_broken(damage, b, "a list goes round in a circle", b);
    }
    return true;
}

static bool buddy_check(const hs_heap *h, hs_damage *damage)
{
    size_t free_blocks = 0, seen = 0;
    hs_list list;
    if (!check_blocks(h, &free_blocks, damage)) return false;
    for (size_t i = 0; buddy_list_at(h, i, &list); i++)
        if (!check_list(h, &list, free_blocks, &seen, damage)) return false;
    return seen == free_blocks ||
           hs_broken(damage, h->base, "a free block is missing from the lists", seen);
}

HS_DECLARE_BUILDS(buddy);
const hs_allocator HS_BUILD(buddy) = {
    .name = "buddy",
    .summary = "the binary buddy system: powers of two, split and merged by address arithmetic",
    .source = "Knowlton, A Fast Storage Allocator (1965); Knuth, TAOCP 1, 2.5",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .state_size = sizeof(struct buddy),
    .builds = HS_BUILDS_OF(buddy),
    .traits = HS_REUSES | HS_DIVIDES | HS_BUDDIES,
    .shape = HS_SHAPE_BUDDY,
    .alignment = unit,
    .init = buddy_init,
    .malloc = buddy_malloc,
    .aligned_alloc = buddy_aligned_alloc,
    .realloc = buddy_realloc,
    .free = buddy_free,
    .coalesces = buddy_coalesces,
    .fields = buddy_fields,
    .walk = buddy_walk,
    .list = buddy_list_at,
    .links = buddy_links,
    .check = buddy_check,
};

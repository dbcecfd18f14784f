/* SPDX-License-Identifier: MIT */
/* An odd allocator for tests: a stack of free blocks with headers of two words.
 *
 *      used   | size | USED | payload ...              |      header, 16 bytes
 *      free   | size | FREE | next | ...               |      one link
 *
 * The block that was freed last is on top, and the first that is large enough serves. What is left
 * of it goes on top, and so does new memory. Nothing is ever joined: there are no boundary tags.
 *
 * It is odd because the status of a block is a word of its own, whose bits mean nothing one by one;
 * because sizes have no bits to spare; and because there is one link alone. */
#include "heap/access.h"

enum { WORD = 8, HEADER = 16, SMALLEST = 32, UNIT = 16 };
enum { USED = 0x55534544, FREE = 0x46524545 };

struct stack {
    hs_addr top; /* the block that was freed last */
};

static uint64_t stack_alignment(const hs_heap *h)
{
    (void)h;
    return UNIT;
}

/* --- Blocks --------------------------------------------------------------------------------- */

static uint64_t size_of(const hs_heap *h, hs_addr block)
{
    uint64_t size = hs_load(h, block), status = hs_load(h, block + WORD);
    bool sound = size >= SMALLEST && size % UNIT == 0 && (status == USED || status == FREE);
    if (HS_PROBES && !sound) hs_record_fault(h, HS_BECAUSE_OUTSIDE, block);
    hs_guard(h, block, size);
    return size;
}

static hs_addr next_of(const hs_heap *h, hs_addr block)
{
    return hs_load(h, block + HEADER);
}

static void set_header(hs_heap *h, hs_addr block, uint64_t size, uint64_t status)
{
    hs_store(h, block, size);
    hs_store(h, block + WORD, status);
}

static void push(hs_heap *h, hs_addr block, uint64_t size)
{
    struct stack *s = h->state;
    hs_probe(h, HS_INSERT, block, size, 0);
    set_header(h, block, size, FREE);
    hs_store(h, block + HEADER, s->top);
    s->top = block;
}

/* Take a block out, which lies below `above` (NULL: on top). */
static void take_out(hs_heap *h, hs_addr above, hs_addr block, uint64_t size)
{
    struct stack *s = h->state;
    hs_probe(h, HS_REMOVE, block, size, 0);
    if (above)
        hs_store(h, above + HEADER, next_of(h, block));
    else
        s->top = next_of(h, block);
}

/* --- Malloc --------------------------------------------------------------------------------- */

static uint64_t block_bytes(size_t size)
{
    uint64_t bytes = hs_round_up(size + HEADER, UNIT);
    return bytes < SMALLEST ? SMALLEST : bytes;
}

static uint64_t lead(hs_addr block, uint64_t alignment)
{
    hs_addr p = block + HEADER;
    return p % alignment == 0 ? 0 : hs_round_up(p + SMALLEST, alignment) - p;
}

static bool fits(hs_addr block, uint64_t size, uint64_t need, uint64_t alignment)
{
    return size >= need && lead(block, alignment) <= size - need;
}

/* The first block from the top that is large enough; *above is the one it lies below. */
static hs_addr find(hs_heap *h, uint64_t need, uint64_t alignment, hs_addr *above)
{
    const struct stack *s = h->state;
    hs_probe(h, HS_LOOK, s->top, 0, 0);
    *above = HS_NULL;
    for (hs_addr block = s->top; block; *above = block, block = next_of(h, block)) {
        uint64_t size = size_of(h, block);
        hs_try(h, block, size);
        if (fits(block, size, need, alignment)) return block;
        hs_reject(h, block, size, size < need ? HS_BECAUSE_TOO_SMALL : HS_BECAUSE_NOT_ALIGNED);
    }
    return HS_NULL;
}

/* New memory is a block of its own: it is not joined with the last one. */
static hs_addr extend(hs_heap *h, uint64_t need, uint64_t alignment)
{
    hs_addr block = h->end;
    uint64_t skip = lead(block, alignment), room = h->limit - block;
    if (skip > room || need > room - skip) return HS_NULL;
    if (!hs_reach(h, block + skip + need)) return HS_NULL;
    set_header(h, block, h->end - block, FREE);
    return block;
}

/* Put a block, out of the stack, to use for `need` of its bytes. */
static void carve(hs_heap *h, hs_addr block, uint64_t size, uint64_t need)
{
    if (size - need >= SMALLEST) {
        hs_probe(h, HS_SPLIT, block, need, size - need);
        push(h, block + need, size - need);
        size = need;
    }
    set_header(h, block, size, USED);
}

static hs_addr stack_aligned_alloc(hs_heap *h, size_t alignment, size_t size)
{
    hs_addr above;
    if (size > h->limit - h->base || alignment > h->limit)
        return hs_fail(h, HS_BECAUSE_LIMIT, size);
    uint64_t need = block_bytes(size);
    hs_round(h, size, HEADER, HS_OVERHEAD_HEADER, need);
    hs_addr block = find(h, need, alignment, &above);
    bool is_new = !block;
    if (is_new) block = extend(h, need, alignment);
    if (!block) return hs_fail(h, HS_BECAUSE_LIMIT, need);
    uint64_t all = size_of(h, block), skip = lead(block, alignment);
    hs_probe(h, HS_CHOOSE, block, all, 0);
    if (!is_new) take_out(h, above, block, all);
    if (skip) {
        hs_probe(h, HS_SPLIT, block, skip, all - skip);
        push(h, block, skip);
    }
    block += skip;
    carve(h, block, all - skip, need);
    hs_probe(h, HS_TAKE, block, size_of(h, block), 0);
    return block + HEADER;
}

static hs_addr stack_malloc(hs_heap *h, size_t size)
{
    return stack_aligned_alloc(h, UNIT, size);
}

/* --- Free, realloc -------------------------------------------------------------------------- */

static void stack_free(hs_heap *h, hs_addr p)
{
    hs_addr block = p - HEADER;
    uint64_t size = size_of(h, block);
    hs_probe(h, HS_RELEASE, block, size, 0);
    push(h, block, size);
}

/* A block keeps its size for as long as it is in use. */
static hs_addr stack_realloc(hs_heap *h, hs_addr p, size_t size)
{
    if (size > h->limit - h->base) return hs_fail(h, HS_BECAUSE_LIMIT, size);
    hs_addr block = p - HEADER;
    uint64_t have = size_of(h, block), need = block_bytes(size);
    hs_round(h, size, HEADER, HS_OVERHEAD_HEADER, need);
    if (need == have) {
        hs_probe(h, HS_IN_PLACE, block, have, have);
        return p;
    }
    hs_decline(h, block, have, HS_BECAUSE_NEVER, have);
    hs_addr q = stack_malloc(h, size);
    if (!q) return HS_NULL;
    hs_move(h, q, p, size < have - HEADER ? size : have - HEADER);
    stack_free(h, p);
    return q;
}

/* --- For viewers ---------------------------------------------------------------------------- */

static void stack_init(hs_heap *h)
{
    struct stack *s = h->state;
    hs_lay_out(h, h->base, h->end - h->base);
    hs_lay_out(h, h->base + WORD, FREE);
    hs_lay_out(h, h->base + HEADER, HS_NULL);
    s->top = h->base;
}

static const char *stack_fit(const hs_heap *h)
{
    (void)h;
    return "first";
}

/* At odd words the status; at even ones a size, or a link, which is an address of the heap. */
static size_t stack_fields(const hs_heap *h, hs_addr at, uint64_t word, hs_field out[HS_FIELDS])
{
    bool is_status = (at - h->base) % UNIT == WORD;
    *out = (hs_field){.kind = HS_FIELD_SIZE, .bits = 64, .value = word};
    if (is_status && (word == USED || word == FREE))
        *out = (hs_field){.kind = HS_FIELD_USED, .bits = 64, .name = "used", .value = word == USED};
    else if (is_status)
        out->kind = HS_FIELD_PLAIN;
    else if (word >= h->base && word < h->end)
        out->kind = HS_FIELD_LINK;
    return 1;
}

static const char *what_is_wrong(const hs_heap *h, hs_addr at, uint64_t size, uint64_t status)
{
    if (size < SMALLEST || size % UNIT) return "the size in the header is none that a block has";
    if (size > h->end - at) return "the size in the header leads beyond the heap";
    return status == USED || status == FREE ? NULL : "the status in the header is none";
}

static bool stack_walk(const hs_heap *h, const hs_block *previous, hs_block *out)
{
    hs_addr at = previous ? previous->addr + previous->size : h->base;
    uint64_t size = 0, status = 0;
    if (!hs_heap_peek(h, at, &size) || !hs_heap_peek(h, at + WORD, &status)) return false;
    bool used = status == USED;
    const char *damage = what_is_wrong(h, at, size, status);
    *out = (hs_block){.kind = damage ? HS_BLOCK_DAMAGED
                              : used ? HS_BLOCK_USED
                                     : HS_BLOCK_FREE,
                      .addr = at,
                      .size = damage ? h->end - at : size,
                      .header = HEADER,
                      .links = used ? 0 : WORD,
                      .word = size,
                      .more_words = 1,
                      .is_used = used,
                      .damage = damage};
    return true;
}

static bool stack_list(const hs_heap *h, size_t index, hs_list *out)
{
    const struct stack *s = h->state;
    *out = (hs_list){.head = s->top, .largest = UINT64_MAX, .marked = s->top != HS_NULL};
    return index == 0;
}

static bool stack_links(const hs_heap *h, hs_addr block, hs_links *out)
{
    out->to[1] = HS_NULL;
    return hs_heap_peek(h, block + HEADER, &out->to[0]);
}

static size_t stack_marks(const hs_heap *h, hs_mark marks[HS_MARKS])
{
    const struct stack *s = h->state;
    marks[0] = (hs_mark){"top", s->top};
    return s->top ? 1 : 0;
}

/* Do all headers make sense, and does the stack have each free block once? */
static bool stack_check(const hs_heap *h, hs_damage *damage)
{
    const struct stack *s = h->state;
    uint64_t free_blocks = 0, seen = 0, status = 0, sums[2] = {0};
    hs_links l;
    hs_block b;
    for (bool more = stack_walk(h, NULL, &b); more; more = stack_walk(h, &b, &b)) {
        if (b.kind == HS_BLOCK_DAMAGED) return hs_broken(damage, b.addr, b.damage, b.word);
        if (b.kind != HS_BLOCK_FREE) continue;
        free_blocks++;
        sums[0] += b.addr * b.addr;
    }
    for (hs_addr at = s->top; at; at = l.to[0]) {
        if (!stack_links(h, at, &l) || !hs_heap_peek(h, at + WORD, &status) || status != FREE)
            return hs_broken(damage, at, "the stack leads to what is no free block", at);
        if (seen++ == free_blocks) return hs_broken(damage, at, "the stack is a circle", at);
        sums[1] += at * at;
    }
    if (seen == free_blocks && sums[0] == sums[1]) return true;
    return hs_broken(damage, h->base, "a free block is not in the stack", seen);
}

HS_DECLARE_BUILDS(stack);
const hs_allocator HS_BUILD(stack) = {
    .name = "stack",
    .summary = "a stack of free blocks, which are never joined",
    .source = "none: it is for tests",
    .state_size = sizeof(struct stack),
    .builds = HS_BUILDS_OF(stack),
    .traits = HS_REUSES | HS_SEARCHES | HS_DIVIDES | HS_ONE_LIST,
    .shape = HS_SHAPE_LIST,
    .alignment = stack_alignment,
    .init = stack_init,
    .malloc = stack_malloc,
    .aligned_alloc = stack_aligned_alloc,
    .realloc = stack_realloc,
    .free = stack_free,
    .fit = stack_fit,
    .fields = stack_fields,
    .walk = stack_walk,
    .marks = stack_marks,
    .list = stack_list,
    .links = stack_links,
    .check = stack_check,
};

/* SPDX-License-Identifier: MIT */
/* The reference client: random operations on a probed and a raw heap side by side. */
#include "reference.h"

#include "check.h"
#include "random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIVE_AT_MOST = 256 };

/* A block that the client holds. */
typedef struct {
    hs_addr at;
    uint64_t size;
    uint64_t id; /* decides the bytes that fill it */
} held;

/* A heap as it was before the operation. */
typedef struct {
    uint8_t *bytes;
    uint64_t size;
    hs_mark marks[HS_MARKS];
    size_t mark_count;
    uint64_t largest_free; /* capacity of the largest free block */
} snapshot;

typedef struct {
    hs_request kind;
    hs_addr p;
    size_t size;
    size_t other; /* calloc: the count; aligned_alloc: the alignment */
    hs_addr result;
} operation;

typedef struct {
    const reference_plan *plan;
    hs_heap *heap, *raw;
    hs_addr base;
    uint64_t alignment;
    uint64_t random;
    held live[LIVE_AT_MOST]; /* by address */
    size_t live_count;
    uint64_t next_id;
    uint64_t number; /* of the operation */
    operation op;
    snapshot before;
    uint8_t *scratch;
} client;

/* --- Saying what is broken ------------------------------------------------------------------ */

static void print_plan(const client *c)
{
    const hs_allocator *a = hs_heap_allocator(c->heap);
    print_error("%s:", a->name);
    for (size_t i = 0; i < a->option_count; i++) {
        const hs_option *o = &a->options[i];
        uint64_t value = c->plan->options[i];
        if (o->choices)
            print_error(" %s=%s", o->name, o->choices[value]);
        else
            print_error(" %s=%" PRIu64, o->name, value);
    }
    print_error("; heap %" PRIu64 " to %" PRIu64 ", growth %d, seed %" PRIu64 "\n",
                c->plan->heap.initial, c->plan->heap.maximum, c->plan->growth, c->plan->seed);
}

static void must(const client *c, bool kept, const char *promise)
{
    if (kept) return;
    print_plan(c);
    fail_msg("operation %" PRIu64 ", %s(0x%" PRIx64 ", %zu, %zu) = 0x%" PRIx64 ": %s", c->number,
             hs_request_name(c->op.kind), c->op.p, c->op.size, c->op.other, c->op.result, promise);
}

/* --- Before the operation ------------------------------------------------------------------- */

static uint64_t largest_free(const hs_heap *h)
{
    const hs_allocator *a = hs_heap_allocator(h);
    uint64_t largest = 0;
    hs_block b;
    for (bool more = a->walk(h, NULL, &b); more; more = a->walk(h, &b, &b))
        if (b.kind == HS_BLOCK_FREE && hs_block_capacity(&b) > largest)
            largest = hs_block_capacity(&b);
    return largest;
}

static void take_snapshot(client *c)
{
    snapshot *s = &c->before;
    s->size = hs_heap_committed(c->heap);
    memcpy(s->bytes, hs_heap_bytes(c->heap, hs_heap_base(c->heap), s->size), s->size);
    s->mark_count = hs_heap_marks(c->heap, s->marks);
    s->largest_free = largest_free(c->heap);
}

/* --- Contents ------------------------------------------------------------------------------- */

static uint8_t pattern(uint64_t id, uint64_t i)
{
    return (uint8_t)(id * 37 + i * 11 + (i >> 8) + 1);
}

static void fill(client *c, const held *b)
{
    for (uint64_t i = 0; i < b->size; i++) c->scratch[i] = pattern(b->id, i);
    must(c, hs_heap_poke(c->heap, b->at, c->scratch, b->size), "the payload can be written");
    must(c, hs_heap_poke(c->raw, b->at, c->scratch, b->size), "the raw payload can be written");
}

static bool holds_pattern(const hs_heap *h, hs_addr at, uint64_t id, uint64_t n)
{
    const uint8_t *bytes = hs_heap_bytes(h, at, n);
    if (!bytes) return false;
    for (uint64_t i = 0; i < n; i++)
        if (bytes[i] != pattern(id, i)) return false;
    return true;
}

static bool holds_zeros(const hs_heap *h, hs_addr at, uint64_t n)
{
    const uint8_t *bytes = hs_heap_bytes(h, at, n);
    if (!bytes) return false;
    for (uint64_t i = 0; i < n; i++)
        if (bytes[i]) return false;
    return true;
}

static void check_contents(const client *c)
{
    for (size_t i = 0; i < c->live_count; i++)
        must(c, holds_pattern(c->heap, c->live[i].at, c->live[i].id, c->live[i].size),
             "live payloads keep their bytes");
}

/* --- The blocks that are held --------------------------------------------------------------- */

static uint64_t occupied(const held *b)
{
    return b->size ? b->size : 1;
}

static void hold(client *c, held b)
{
    size_t i = c->live_count;
    for (; i > 0 && c->live[i - 1].at > b.at; i--) c->live[i] = c->live[i - 1];
    c->live[i] = b;
    c->live_count++;
    must(c, i == 0 || c->live[i - 1].at + occupied(&c->live[i - 1]) <= b.at,
         "no overlap with the block on the left");
    must(c, i + 1 == c->live_count || b.at + occupied(&b) <= c->live[i + 1].at,
         "no overlap with the block on the right");
}

static held let_go(client *c, hs_addr at)
{
    size_t i = 0;
    while (c->live[i].at != at) i++;
    held b = c->live[i];
    c->live_count--;
    memmove(c->live + i, c->live + i + 1, (c->live_count - i) * sizeof *c->live);
    return b;
}

/* --- Promises ------------------------------------------------------------------------------- */

static bool gives_block(const operation *op)
{
    return op->kind != HS_FREE && !(op->kind == HS_REALLOC && op->p && op->size == 0);
}

static uint64_t bytes_asked(const operation *op)
{
    return op->kind == HS_CALLOC ? op->size * op->other : op->size;
}

static void check_same_marks(const client *c)
{
    hs_mark marks[HS_MARKS];
    size_t n = hs_heap_marks(c->heap, marks);
    must(c, n == c->before.mark_count, "a refused request changes no mark");
    for (size_t i = 0; i < n; i++)
        must(c, marks[i].at == c->before.marks[i].at, "a refused request changes no mark");
}

static void check_refusal(const client *c)
{
    const snapshot *s = &c->before;
    must(c, hs_heap_committed(c->heap) == s->size, "a refused request does not grow the heap");
    must(c, !memcmp(s->bytes, hs_heap_bytes(c->heap, hs_heap_base(c->heap), s->size), s->size),
         "a refused request changes no byte");
    check_same_marks(c);
}

/* Bytes behind the heap that must do for `size` bytes of payload. A buddy is a power of two, header
 * included, and the next multiple of its own size may be almost that far away. Slabs lose a unit
 * that begins at the end, one that is rounded up to, and the header before a large payload. */
static uint64_t room_that_serves(const client *c, uint64_t size)
{
    const hs_allocator *a = hs_heap_allocator(c->heap);
    uint64_t block = 32;
    if (size > hs_heap_maximum(c->heap)) return UINT64_MAX;
    if (a->shape == HS_SHAPE_SLABS)
        return size + 16 +
               2 * strtoull(a->options[0].choices[hs_heap_option(c->heap, 0)], NULL, 10);
    if (a->shape != HS_SHAPE_BUDDY) return size + 64;
    while (block < size + c->alignment) block *= 2;
    return 2 * block;
}

/* The largest payload that some free block must serve. A free object of a slab serves its own class
 * alone; and who searches no list of a grid needs one in which all blocks are large enough. */
static uint64_t payload_that_is_served(const client *c)
{
    const hs_allocator *a = hs_heap_allocator(c->heap);
    uint64_t largest = c->before.largest_free, block = largest + 16;
    hs_list list;
    if (a->shape == HS_SHAPE_SLABS) return 0;
    if (!(a->traits & HS_SURE_FITS) || !largest) return largest;
    for (size_t i = 0; a->list(c->heap, i, &list); i++)
        if (!list.name && list.smallest <= block && block <= list.largest)
            return list.smallest < 24 ? 0 : list.smallest - 24;
    return 0;
}

/* Room there is: a free block that is large enough, or memory to grow into. */
static void check_refusal_is_due(const client *c)
{
    uint64_t room = hs_heap_maximum(c->heap) - c->before.size, size = c->op.size;
    uint64_t served = payload_that_is_served(c);
    if (c->op.kind == HS_MALLOC)
        must(c, size > served || !served, "a free block that fits serves malloc");
    if (c->op.kind == HS_MALLOC || c->op.kind == HS_REALLOC)
        must(c, room < room_that_serves(c, size), "the heap grows as long as it may");
}

static void check_address(const client *c)
{
    const operation *op = &c->op;
    uint64_t alignment = c->alignment;
    if (op->kind == HS_ALIGNED_ALLOC && op->other > alignment) alignment = op->other;
    must(c, op->result % alignment == 0 || (op->kind == HS_REALLOC && op->result == op->p),
         "the payload is aligned");
    must(c, hs_heap_holds(c->heap, op->result, bytes_asked(op)), "the payload is in the heap");
    if (op->kind == HS_CALLOC)
        must(c, holds_zeros(c->heap, op->result, bytes_asked(op)), "calloc gives zeros");
}

static bool grew_as_planned(const client *c, uint64_t size, uint64_t now)
{
    uint64_t bytes = bytes_asked(&c->op);
    if (c->op.kind == HS_ALIGNED_ALLOC) bytes += c->op.other;
    switch (c->plan->growth) {
    case HS_GROWTH_DOUBLE:
        while (size < now) size *= 2;
        return size == now;
    case HS_GROWTH_PAGE: return now % 4096 == 0 && now - size < room_that_serves(c, bytes) + 4096;
    case HS_GROWTH_EXACT:
        return now % c->alignment == 0 && now - size <= room_that_serves(c, bytes);
    }
    return false;
}

static void check_growth(const client *c)
{
    uint64_t size = c->before.size, now = hs_heap_committed(c->heap);
    must(c, hs_heap_base(c->heap) == c->base, "the base never moves");
    must(c, now <= hs_heap_maximum(c->heap), "the heap keeps to its maximum");
    must(c, now == size || now == hs_heap_maximum(c->heap) || grew_as_planned(c, size, now),
         "the heap grows as far as its growth says");
    must(c, (now > c->before.size) == (hs_events_counts(c->heap).growths > 0),
         "growth is an event");
}

static void check_consistency(const client *c)
{
    hs_damage damage = {0};
    must(c, hs_heap_allocator(c->heap)->check(c->heap, &damage), damage.what);
    must(c, !hs_fault(c->heap), "no fault on a sound heap");
}

/* The live payloads from number `next` on that lie in the block; returns the number after them. */
static size_t check_block(const client *c, const hs_block *b, size_t next)
{
    size_t inside = 0;
    for (; next < c->live_count && c->live[next].at < b->addr + b->size; next++, inside++) {
        const held *p = &c->live[next];
        must(c, p->at + p->size <= b->addr + b->size - b->footer, "payloads end within the block");
        must(c, b->kind != HS_BLOCK_USED || p->at == hs_block_payload(b),
             "a block's payload is what malloc returned");
    }
    must(c, b->kind != HS_BLOCK_DAMAGED, "the walk meets no damage");
    must(c, b->kind != HS_BLOCK_USED || inside == 1, "a used block holds one live payload");
    must(c, (b->kind != HS_BLOCK_FREE && b->kind != HS_BLOCK_UNUSED) || inside == 0,
         "no live payload in a free block");
    return next;
}

static void check_blocks(const client *c)
{
    const hs_allocator *a = hs_heap_allocator(c->heap);
    hs_addr at = HS_NULL;
    size_t next = 0;
    hs_block b;
    for (bool more = a->walk(c->heap, NULL, &b); more; more = a->walk(c->heap, &b, &b)) {
        must(c, at ? b.addr == at : b.addr - hs_heap_base(c->heap) < 16, "blocks are contiguous");
        must(c, b.size > 0, "blocks have bytes");
        next = check_block(c, &b, next);
        at = b.addr + b.size;
    }
    must(c, at <= hs_heap_end(c->heap) && hs_heap_end(c->heap) - at < 16, "blocks tile the heap");
    must(c, next == c->live_count, "every live payload lies in a block");
}

static void check_builds(const client *c, hs_addr raw_result)
{
    uint64_t size = hs_heap_committed(c->heap);
    must(c, raw_result == c->op.result, "the raw build returns the same address");
    must(c, hs_heap_committed(c->raw) == size, "the raw build grows the same");
    must(c,
         !memcmp(hs_heap_bytes(c->heap, c->base, size), hs_heap_bytes(c->raw, c->base, size), size),
         "the raw build leaves the same bytes");
}

/* --- Events --------------------------------------------------------------------------------- */

/* Perform an event on a copy of the bytes. */
static void apply(client *c, uint8_t *bytes, const hs_event *e)
{
    switch (e->kind) {
    case HS_WRITE:
        must(c, !memcmp(bytes + (e->at - c->base), &e->a, 8), "a write tells the old value");
        memcpy(bytes + (e->at - c->base), &e->b, 8);
        break;
    case HS_MOVE: memmove(bytes + (e->a - c->base), bytes + (e->at - c->base), e->b); break;
    case HS_FILL: memset(bytes + (e->at - c->base), (int)e->b, e->a); break;
    default: break;
    }
}

static void check_event_effects(client *c, const hs_event *events, size_t n)
{
    uint64_t size = hs_heap_committed(c->heap);
    memcpy(c->scratch, c->before.bytes, c->before.size);
    memset(c->scratch + c->before.size, 0, size - c->before.size);
    for (size_t i = 0; i < n; i++) apply(c, c->scratch, &events[i]);
    must(c, !memcmp(c->scratch, hs_heap_bytes(c->heap, c->base, size), size),
         "the events tell every change of the bytes");
}

static void check_events(client *c)
{
    size_t n;
    const hs_event *e = hs_events(c->heap, &n);
    bool failed = false;
    must(c, n >= 2 && e[0].kind == HS_REQUEST && e[n - 1].kind == HS_RETURN,
         "a request is told from request to return");
    must(c, e[0].detail == c->op.kind && e[0].at == c->op.p && e[0].a == c->op.size,
         "the first event tells what was asked");
    must(c, e[n - 1].at == c->op.result, "the last event tells the result");
    for (size_t i = 1; i + 1 < n; i++) {
        must(c, e[i].kind != HS_REQUEST && e[i].kind != HS_RETURN, "one request, one return");
        if (e[i].kind == HS_FAIL) failed = true;
    }
    must(c, failed == (!c->op.result && gives_block(&c->op)), "a failure is told, nothing else");
    check_event_effects(c, e, n);
}

/* In slow motion, the first event shows the heap of before, the last that of after, and going back
 * and forth ends where it began. */
static void check_slow_motion(client *c)
{
    size_t n, again;
    uint64_t size = hs_heap_committed(c->heap);
    hs_events(c->heap, &n);
    memcpy(c->scratch, hs_heap_bytes(c->heap, hs_heap_base(c->heap), size), size);
    must(c, hs_heap_slow_motion(c->heap), "a request can be performed again");
    hs_events(c->heap, &again);
    must(c, again == n, "in slow motion it has the same events");
    hs_heap_seek(c->heap, 0);
    check_refusal(c);
    hs_heap_seek(c->heap, random_below(&c->random, n));
    hs_heap_seek(c->heap, n / 2);
    hs_heap_seek(c->heap, n);
    must(c, hs_heap_committed(c->heap) == size, "slow motion ends at the same size");
    must(c, !memcmp(c->scratch, hs_heap_bytes(c->heap, c->base, size), size),
         "slow motion ends at the same bytes");
}

/* --- Choosing an operation ------------------------------------------------------------------ */

static size_t random_size(client *c)
{
    uint64_t maximum = c->plan->heap.maximum;
    switch (random_below(&c->random, 32)) {
    case 0: return 0;
    case 1: return SIZE_MAX - random_below(&c->random, 40);
    case 2: return maximum - 64 + random_below(&c->random, 80);
    case 3: return SIZE_MAX / 2 + random_below(&c->random, 16);
    case 4:
    case 5: return random_below(&c->random, maximum);
    case 6:
    case 7:
    case 8:
    case 9: return random_below(&c->random, 512);
    default: return random_below(&c->random, 72);
    }
}

static size_t random_alignment(client *c)
{
    switch (random_below(&c->random, 16)) {
    case 0: return 0;
    case 1: return 24;
    case 2: return SIZE_MAX;
    case 3: return (size_t)1 << (32 + random_below(&c->random, 32));
    default: return (size_t)1 << random_below(&c->random, 10);
    }
}

static hs_addr some_block(client *c)
{
    return c->live_count ? c->live[random_below(&c->random, c->live_count)].at : HS_NULL;
}

static operation random_operation(client *c)
{
    uint64_t dice = random_below(&c->random, 100);
    if (c->live_count == LIVE_AT_MOST || dice < 32)
        return (operation){.kind = HS_FREE, .p = some_block(c)};
    if (dice < 70) return (operation){.kind = HS_MALLOC, .size = random_size(c)};
    if (dice < 84)
        return (operation){.kind = HS_REALLOC, .p = some_block(c), .size = random_size(c)};
    if (dice < 86) return (operation){.kind = HS_REALLOC, .size = random_size(c)};
    if (dice < 87) return (operation){.kind = HS_FREE};
    if (dice < 94)
        return (operation){
            .kind = HS_CALLOC, .size = random_size(c), .other = random_below(&c->random, 5)};
    return (operation){
        .kind = HS_ALIGNED_ALLOC, .size = random_size(c), .other = random_alignment(c)};
}

static hs_addr perform(hs_heap *h, const operation *op)
{
    switch (op->kind) {
    case HS_MALLOC: return hs_malloc(h, op->size);
    case HS_CALLOC: return hs_calloc(h, op->other, op->size);
    case HS_ALIGNED_ALLOC: return hs_aligned_alloc(h, op->other, op->size);
    case HS_REALLOC: return hs_realloc(h, op->p, op->size);
    case HS_FREE: hs_free(h, op->p); return HS_NULL;
    }
    return HS_NULL;
}

/* --- One operation -------------------------------------------------------------------------- */

static void settle(client *c)
{
    const operation *op = &c->op;
    bool wanted = gives_block(op);
    held old = {0};
    if (op->p && (op->result || !wanted)) old = let_go(c, op->p);
    if (!op->result) return;
    held now = {.at = op->result, .size = bytes_asked(op), .id = ++c->next_id};
    must(c, holds_pattern(c->heap, now.at, old.id, now.size < old.size ? now.size : old.size),
         "realloc keeps the bytes");
    hold(c, now);
    fill(c, &now);
}

static void step(client *c)
{
    c->op = random_operation(c);
    take_snapshot(c);
    c->op.result = perform(c->heap, &c->op);
    must(c, !hs_fault(c->heap), "no fault on a sound heap"); /* the raw build would crash */
    check_builds(c, perform(c->raw, &c->op));
    check_events(c);
    check_growth(c);
    if (c->number % 8 == 0) check_slow_motion(c);
    if (!c->op.result && gives_block(&c->op)) {
        check_refusal(c);
        check_refusal_is_due(c);
    }
    if (c->op.result) check_address(c);
    settle(c);
    check_contents(c);
    check_consistency(c);
    check_blocks(c);
}

/* --- A run ---------------------------------------------------------------------------------- */

static uint64_t promised_alignment(const hs_heap *h)
{
    const hs_allocator *a = hs_heap_allocator(h);
    for (size_t i = 0; i < a->option_count; i++)
        if (!strcmp(a->options[i].name, "align")) return 8u << hs_heap_option(h, i);
    return a->alignment(h);
}

static hs_heap *heap_for(const reference_plan *plan, hs_build build)
{
    const hs_allocator *a = hs_allocator_named(plan->allocator, build);
    assert_non_null(a);
    hs_heap *h = hs_heap_new(&plan->heap, a, build, plan->options);
    assert_non_null(h);
    hs_heap_set_growth(h, plan->growth);
    return h;
}

void reference_run(const reference_plan *plan)
{
    client c = {.plan = plan, .random = plan->seed};
    c.heap = heap_for(plan, HS_PROBED);
    c.raw = heap_for(plan, HS_RAW);
    c.base = hs_heap_base(c.heap);
    c.alignment = promised_alignment(c.heap);
    c.scratch = malloc(hs_heap_maximum(c.heap));
    c.before.bytes = malloc(hs_heap_maximum(c.heap));
    for (c.number = 1; c.number <= plan->operations; c.number++) step(&c);
    free(c.before.bytes);
    free(c.scratch);
    hs_heap_free(c.heap);
    hs_heap_free(c.raw);
}

/* SPDX-License-Identifier: MIT */
/* Playing without looking, and counting. The loop is nothing but the requests and the table of the
 * client's pointers: id + 1 leads to a pointer's entry without a test, for HS_TRACE_NULL + 1 is 0.
 */
#include "model/contest/play.h"

#include "base/memory.h"
#include "model/session/totals.h"

#include <inttypes.h>
#include <stdlib.h>

static uint32_t entry_of(const hs_trace_op *op)
{
    return op->id + 1u;
}

hs_addr *hs_play_pointers(const hs_trace *t)
{
    return hs_new(hs_trace_ids(t) + (size_t)1, sizeof(hs_addr));
}

/* --- Without looking -------------------------------------------------------------------------- */

/* Perform a request that is rarer than malloc and free; false when it failed. */
static __attribute__((noinline)) bool perform_rare(hs_heap *h, const hs_trace_op *op,
                                                   hs_addr *entry)
{
    hs_addr old = *entry, p = HS_NULL;
    if (op->kind == HS_CALLOC) p = hs_calloc(h, op->other, op->size);
    if (op->kind == HS_ALIGNED_ALLOC) p = hs_aligned_alloc(h, (size_t)1 << op->other, op->size);
    if (op->kind == HS_REALLOC) {
        p = hs_realloc(h, old, op->size);
        if (!p && op->size == 0) *entry = HS_NULL;
        if (!p) return op->size == 0 && old;
    }
    if (p && entry_of(op)) *entry = p;
    return p != HS_NULL;
}

/* Perform one request; false when it failed. */
static inline bool perform(hs_heap *h, const hs_trace_op *op, hs_addr *pointers)
{
    hs_addr *entry = &pointers[entry_of(op)];
    if (op->kind == HS_FREE) {
        hs_free(h, *entry);
        *entry = HS_NULL;
        return true;
    }
    if (op->kind != HS_MALLOC) return perform_rare(h, op, entry);
    hs_addr p = hs_malloc(h, op->size);
    if (__builtin_expect(!p, false)) return false;
    *entry = p;
    pointers[0] = HS_NULL;
    return true;
}

uint64_t hs_play(hs_heap *h, const hs_trace *t, uint64_t from, uint64_t to, hs_addr *pointers)
{
    const hs_trace_op *ops = hs_trace_ops(t);
    uint64_t failed = 0;
    for (uint64_t i = from; i < to; i++)
        if (__builtin_expect(!perform(h, &ops[i], pointers), false)) failed++;
    return failed;
}

/* --- Counting --------------------------------------------------------------------------------- */

/* The watch is asked after so many requests, or after so much work. */
enum { ASK_REQUESTS = 1024, ASK_WORK = 1 << 18, WORK_BYTES = 64 };

typedef struct {
    hs_heap *heap;
    hs_addr *pointers;
    uint64_t *sizes; /* payload bytes behind each pointer */
    uint32_t spare_id;
    uint64_t *requests; /* entry n: how many requests examined n blocks */
    size_t most, capacity;
    hs_play_counts *out;
} counter;

static uint64_t used(const counter *c)
{
    return c->out->totals.highest_block - hs_heap_base(c->heap);
}

static uint64_t size_of(const hs_trace_op *op)
{
    return op->kind == HS_CALLOC ? op->size * op->other : op->kind == HS_FREE ? 0 : op->size;
}

static void count_examined(counter *c, uint64_t blocks)
{
    c->requests = hs_array_reserve(c->requests, &c->capacity, blocks + 1, sizeof *c->requests);
    while (c->most <= blocks) c->requests[c->most++] = 0;
    c->requests[blocks]++;
}

/* The block of this pointer now has another payload, or none. */
static void settle(counter *c, const hs_trace_op *op, hs_addr old)
{
    hs_totals *t = &c->out->totals;
    uint32_t entry = entry_of(op);
    uint64_t size = size_of(op);
    hs_addr p = c->pointers[entry];
    if (op->kind == HS_FREE || op->kind == HS_REALLOC) {
        t->live_blocks -= old != HS_NULL;
        hs_totals_block(t, c->sizes[entry], size, p + size, used(c));
    } else {
        hs_totals_block(t, 0, size, p + size, used(c));
    }
    t->live_blocks += p != HS_NULL;
    c->sizes[entry] = size;
}

/* A pointer that nobody keeps gets an entry of its own, which is empty each time: its block stays
 * in use, out of reach. */
static hs_trace_op with_entry(counter *c, hs_trace_op op)
{
    if (entry_of(&op)) return op;
    op.id = c->spare_id;
    c->pointers[entry_of(&op)] = HS_NULL;
    c->sizes[entry_of(&op)] = 0;
    return op;
}

/* Perform one request. Returns its work: the blocks that it examined, and one more for each
 * WORK_BYTES bytes that it copied or made zero. */
static uint64_t count_one(counter *c, const hs_trace_op *request)
{
    hs_totals *t = &c->out->totals;
    hs_trace_op op = with_entry(c, *request);
    hs_addr old = c->pointers[entry_of(&op)];
    uint64_t used_before = used(c);
    bool served = perform(c->heap, &op, c->pointers);
    hs_tally cost = hs_heap_tally(c->heap);
    t->requests++;
    t->failed += !served;
    hs_totals_add(t, cost.counts, cost.highest);
    count_examined(c, cost.counts.visits);
    if (served) settle(c, &op, old);
    hs_totals_mark(t, used_before, used(c));
    uint64_t cleared = served && op.kind == HS_CALLOC ? size_of(&op) : 0;
    return cost.counts.visits + (cost.counts.moved + cleared) / WORK_BYTES;
}

/* The least number of blocks that 99 of 100 requests do not exceed. */
static uint64_t percentile_99(const counter *c)
{
    uint64_t within = 0, all = c->out->totals.requests, wanted = all - all / 100;
    size_t blocks = 0;
    for (; blocks + 1 < c->most; blocks++) {
        within += c->requests[blocks];
        if (within >= wanted) break;
    }
    return blocks;
}

void hs_play_counting(hs_heap *h, const hs_trace *t, hs_play_watch watch, hs_play_counts *out)
{
    *out = (hs_play_counts){.totals = hs_totals_of(hs_heap_base(h))};
    size_t entries = hs_trace_ids(t) + (size_t)2;
    counter c = {.heap = h, .spare_id = hs_trace_ids(t), .out = out};
    c.pointers = hs_new(entries, sizeof *c.pointers);
    c.sizes = hs_new(entries, sizeof *c.sizes);
    const hs_trace_op *ops = hs_trace_ops(t);
    uint64_t asked = 0, work = 0, i = 0, count = hs_trace_count(t);
    hs_heap_tally(h); /* so that nothing counts that was before */
    for (; i < count; i++) {
        if (watch.number) *watch.number = i + 1;
        work += count_one(&c, &ops[i]);
        bool ask = i - asked >= ASK_REQUESTS || work > ASK_WORK;
        if (!ask || !watch.go_on) continue;
        asked = i;
        work = 0;
        if (!watch.go_on(watch.context, i + 1) && ++i) break;
    }
    out->played = i;
    out->heap = hs_heap_committed(h);
    out->used = used(&c);
    out->payload_end = out->totals.highest_payload - hs_heap_base(h);
    out->examined_p99 = percentile_99(&c);
    free(c.pointers);
    free(c.sizes);
    free(c.requests);
}

/* SPDX-License-Identifier: MIT */
/* The player that verifies. Invariant: the blocks that the client holds are in the index by their
 * address, no two of them overlap, and each has the pattern of the request that gave it.
 *
 * The demands are those of the CS:APP malloc lab's driver, and of C. */
#include "model/contest/play.h"

#include "base/count.h"
#include "base/memory.h"
#include "model/client/address_index.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { CHECKS = 128, CHECK_LEAST = 64, ASK_REQUESTS = 64, PIECE = 4096, NONE = 0 };
enum {
    ASK_BYTES = 1 << 24
}; /* it is also asked after so many bytes that a realloc or calloc
    * may have gone through */

/* A block that the client holds. Its pattern is made of the number of the request that wrote it. */
typedef struct {
    hs_addr at;
    uint64_t size, request;
    uint32_t id;
} held;

typedef struct {
    hs_heap *heap;
    const hs_trace *trace;
    uint64_t alignment;
    uint64_t now;    /* the request, from 1 */
    uint32_t *by_id; /* numbers of blocks, from 1; entry id + 1; NONE: it holds none */
    held *blocks;    /* number n is blocks[n]; spare ones follow each other by `id` */
    size_t count, capacity;
    uint32_t spare;
    hs_index *index;
    hs_violation *violation;
} verifier;

static bool violates(verifier *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Tell a violation. Always false. */
static bool violates(verifier *v, const char *format, ...)
{
    va_list what;
    va_start(what, format);
    v->violation->request = v->now;
    vsnprintf(v->violation->what, sizeof v->violation->what, format, what);
    va_end(what);
    return false;
}

static const char *name_of(const verifier *v, uint32_t id, char name[40])
{
    if (id == HS_TRACE_NULL)
        snprintf(name, 40, "a block without a name");
    else
        hs_trace_name(v->trace, id, name, 40);
    return name;
}

/* --- Contents --------------------------------------------------------------------------------- */

/* A piece of a request's pattern: its bytes from `from` on, a multiple of 8. */
static void make_pattern(uint64_t request, uint64_t from, uint64_t words[PIECE / 8])
{
    uint64_t word = request * 0x9e3779b97f4a7c15u + from * 0xd6e8feb86659fd93u + 1;
    for (int i = 0; i < PIECE / 8; i++, word += 0x2545f4914f6cdd1du) words[i] = word ^ (word >> 29);
}

/* The written bytes of a large payload are two ranges, those of others one. Sets number i of them,
 * up to `end`; false when there is none. */
static bool range_of(uint64_t size, int i, uint64_t *from, uint64_t *end)
{
    bool large = size > 2 * (uint64_t)HS_PLAY_WRITTEN;
    if (i > large) return false;
    *from = i ? (size - HS_PLAY_WRITTEN) & ~(uint64_t)7 : 0;
    *end = large && !i ? HS_PLAY_WRITTEN : size;
    return *from < *end;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void fill(verifier *v, const held *b)
{
    uint64_t words[PIECE / 8], from, end;
    for (int i = 0; range_of(b->size, i, &from, &end); i++)
        for (; from < end; from += PIECE) {
            make_pattern(b->request, from, words);
            hs_heap_poke(v->heap, b->at + from, words, least(PIECE, end - from));
        }
}

static uint64_t first_difference(const uint8_t *a, const void *b, uint64_t n)
{
    uint64_t i = 0;
    while (i < n && a[i] == ((const uint8_t *)b)[i]) i++;
    return i;
}

/* True if the first `size` bytes at `at` are those of block b, as far as they were written. */
static bool holds(verifier *v, const held *b, hs_addr at, uint64_t size, const char *when)
{
    uint64_t words[PIECE / 8], from, end;
    char name[40];
    for (int i = 0; range_of(b->size, i, &from, &end); i++)
        for (; from < least(end, size); from += PIECE) {
            uint64_t n = least(PIECE, least(end, size) - from);
            const uint8_t *bytes = hs_heap_bytes(v->heap, at + from, n);
            if (!bytes) return violates(v, "%s is no longer in the heap", name_of(v, b->id, name));
            make_pattern(b->request, from, words);
            uint64_t good = memcmp(bytes, words, n) ? first_difference(bytes, words, n) : n;
            if (good == n) continue;
            return violates(
                v, "%s, %" PRIu64 " byte%s at 0x%" PRIx64 ", lost its byte %" PRIu64 "%s",
                name_of(v, b->id, name), b->size, hs_plural(b->size), at, from + good, when);
        }
    return true;
}

static bool holds_zeros(verifier *v, const held *b)
{
    static const uint8_t zeros[PIECE];
    uint64_t from, end;
    char name[40];
    for (int i = 0; range_of(b->size, i, &from, &end); i++)
        for (; from < end; from += PIECE) {
            uint64_t n = least(PIECE, end - from);
            const uint8_t *bytes = hs_heap_bytes(v->heap, b->at + from, n);
            if (bytes && memcmp(bytes, zeros, n) == 0) continue;
            return violates(v, "calloc gave %s, %" PRIu64 " byte%s at 0x%" PRIx64 ", not all zero",
                            name_of(v, b->id, name), b->size, hs_plural(b->size), b->at);
        }
    return true;
}

/* --- Places ----------------------------------------------------------------------------------- */

static uint64_t occupied(const held *b)
{
    return b->size ? b->size : 1;
}

static bool is_apart(verifier *v, const held *b)
{
    hs_index_entry near;
    if (!hs_index_before(v->index, b->at + occupied(b) - 1, &near)) return true;
    const held *other = &v->blocks[near.value];
    char name[40];
    if (other->at + occupied(other) <= b->at) return true;
    return violates(
        v, "%" PRIu64 " byte%s at 0x%" PRIx64 " overlap%s %s, %" PRIu64 " byte%s at 0x%" PRIx64,
        b->size, hs_plural(b->size), b->at, hs_verb(b->size, "s", ""), name_of(v, other->id, name),
        other->size, hs_plural(other->size), other->at);
}

static bool is_well_placed(verifier *v, const held *b, uint64_t alignment)
{
    if (!hs_heap_holds(v->heap, b->at, occupied(b)))
        return violates(v,
                        "%" PRIu64 " byte%s at 0x%" PRIx64
                        " %s not within the heap, which ends at 0x%" PRIx64,
                        b->size, hs_plural(b->size), b->at, hs_verb(b->size, "is", "are"),
                        hs_heap_end(v->heap));
    if (b->at % alignment)
        return violates(v, "%" PRIu64 " byte%s at 0x%" PRIx64 " %s not aligned to %" PRIu64,
                        b->size, hs_plural(b->size), b->at, hs_verb(b->size, "is", "are"),
                        alignment);
    return is_apart(v, b);
}

/* --- Blocks ----------------------------------------------------------------------------------- */

static uint32_t new_number(verifier *v)
{
    uint32_t n = v->spare;
    if (n) {
        v->spare = v->blocks[n].id;
        return n;
    }
    v->blocks = hs_array_reserve(v->blocks, &v->capacity, v->count + 1, sizeof *v->blocks);
    return (uint32_t)v->count++;
}

static void forget(verifier *v, uint32_t number)
{
    hs_index_remove(v->index, v->blocks[number].at);
    v->blocks[number].id = v->spare;
    v->spare = number;
}

/* The client was given a block. */
static bool take(verifier *v, const hs_trace_op *op, hs_addr p, uint64_t size)
{
    held b = {.at = p, .size = size, .request = v->now, .id = op->id};
    uint64_t alignment = op->kind == HS_ALIGNED_ALLOC ? (uint64_t)1 << op->other : 0;
    if (alignment < v->alignment) alignment = v->alignment;
    if (!is_well_placed(v, &b, alignment)) return false;
    if (op->kind == HS_CALLOC && !holds_zeros(v, &b)) return false;
    uint32_t number = new_number(v);
    v->blocks[number] = b;
    hs_index_put(v->index, p, number);
    if (op->id != HS_TRACE_NULL) v->by_id[op->id + 1u] = number;
    fill(v, &b);
    return true;
}

/* --- Requests --------------------------------------------------------------------------------- */

static bool did_not_fault(verifier *v)
{
    const hs_event *fault = hs_fault(v->heap);
    return !fault || violates(v, "the allocator left its heap, at 0x%" PRIx64, fault->at);
}

static bool verify_free(verifier *v, uint32_t number)
{
    const held b = v->blocks[number];
    if (number == NONE) {
        hs_free(v->heap, HS_NULL);
        return did_not_fault(v);
    }
    if (!holds(v, &b, b.at, b.size, ": another block was written over it")) return false;
    forget(v, number);
    hs_free(v->heap, b.at);
    return did_not_fault(v);
}

static bool verify_realloc(verifier *v, const hs_trace_op *op, uint32_t number)
{
    const held b = v->blocks[number];
    if (!holds(v, &b, b.at, b.size, ": another block was written over it")) return false;
    hs_addr p = hs_realloc(v->heap, b.at, op->size);
    if (!did_not_fault(v)) return false;
    if (!p && op->size) return holds(v, &b, b.at, b.size, " in a realloc that failed");
    if (number) forget(v, number);
    if (!p) return true;
    held moved = {.at = p, .size = op->size, .id = op->id};
    return is_well_placed(v, &moved, v->alignment) &&
           holds(v, &b, p, least(b.size, op->size), " in a realloc") && take(v, op, p, op->size);
}

static uint64_t size_of(const hs_trace_op *op)
{
    return op->kind == HS_CALLOC ? op->size * op->other : op->size;
}

static bool verify_one(verifier *v, const hs_trace_op *op)
{
    uint32_t *entry = &v->by_id[op->id + 1u], number = *entry;
    uint64_t size = size_of(op);
    hs_addr p = HS_NULL;
    switch (op->kind) {
    case HS_FREE: *entry = NONE; return verify_free(v, number);
    case HS_REALLOC:
        if (op->size == 0) *entry = NONE;
        return verify_realloc(v, op, number);
    case HS_MALLOC: p = hs_malloc(v->heap, size); break;
    case HS_CALLOC: p = hs_calloc(v->heap, op->other, op->size); break;
    case HS_ALIGNED_ALLOC: p = hs_aligned_alloc(v->heap, (size_t)1 << op->other, size); break;
    }
    return did_not_fault(v) && (!p || take(v, op, p, size));
}

static bool is_consistent(verifier *v)
{
    hs_damage damage;
    if (hs_heap_allocator(v->heap)->check(v->heap, &damage)) return true;
    return violates(v, "the allocator's own check fails at 0x%" PRIx64 ": %s", damage.at,
                    damage.what);
}

/* Look at all blocks that are still held at the end. */
static bool all_hold(verifier *v)
{
    hs_index_entry e;
    for (bool more = hs_index_from(v->index, 0, &e); more;
         more = hs_index_from(v->index, e.key + 1, &e)) {
        const held *b = &v->blocks[e.value];
        if (!holds(v, b, b->at, b->size, ": another block was written over it")) return false;
    }
    return is_consistent(v);
}

/* --- The player ------------------------------------------------------------------------------- */

static bool verify_all(verifier *v, hs_play_watch watch)
{
    const hs_trace_op *ops = hs_trace_ops(v->trace);
    uint64_t count = hs_trace_count(v->trace), interval = count / CHECKS, work = 0;
    if (interval < CHECK_LEAST) interval = CHECK_LEAST;
    for (uint64_t i = 0; i < count; i++) {
        v->now = i + 1;
        if (watch.number) *watch.number = v->now;
        if (!verify_one(v, &ops[i])) return false;
        if (v->now % interval == 0 && !is_consistent(v)) return false;
        work += ops[i].kind == HS_REALLOC || ops[i].kind == HS_CALLOC ? size_of(&ops[i]) : 0;
        bool ask = watch.go_on && (v->now % ASK_REQUESTS == 0 || work > ASK_BYTES);
        if (ask && !watch.go_on(watch.context, v->now)) break;
        if (ask) work = 0;
    }
    return all_hold(v);
}

bool hs_play_verifying(hs_heap *h, const hs_trace *t, hs_play_watch watch, uint64_t *played,
                       hs_violation *violation)
{
    verifier v = {.heap = h,
                  .trace = t,
                  .alignment = hs_heap_allocator(h)->alignment(h),
                  .by_id = hs_new(hs_trace_ids(t) + (size_t)1, sizeof(uint32_t)),
                  .index = hs_index_new(),
                  .violation = violation};
    *violation = (hs_violation){0};
    v.blocks = hs_array_reserve(NULL, &v.capacity, 1, sizeof *v.blocks);
    v.blocks[v.count++] = (held){.id = HS_TRACE_NULL}; /* NONE: NULL, without bytes */
    bool kept = verify_all(&v, watch);
    *played = v.now;
    hs_index_free(v.index);
    free(v.blocks);
    free(v.by_id);
    return kept;
}

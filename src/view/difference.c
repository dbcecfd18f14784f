/* SPDX-License-Identifier: MIT */
/* The difference: the heap as it was is made again beside the one that is, and both are walked. */
#include "view/difference.h"

#include "base/count.h"
#include "base/memory.h"

#include <heapscope/reading.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_TOLD = 8, PIECE = 1 << 16 };

/* Ranges of bytes that differ. What was not committed then differs as a whole. */
typedef struct {
    hs_change *ranges;
    size_t count, capacity;
    uint64_t bytes;
    hs_addr base;
    const uint8_t *now, *then;
    uint64_t both; /* bytes that both heaps have */
    const hs_session *session;
    uint64_t pieces; /* pieces that were looked at */
    bool stopped;
} differing;

static void add_range(differing *d, hs_addr from, hs_addr to)
{
    if (from >= to) return;
    d->bytes += to - from;
    d->ranges = hs_array_reserve(d->ranges, &d->capacity, d->count + 1, sizeof *d->ranges);
    d->ranges[d->count++] = (hs_change){from, to};
}

/* True if one of the heaps begins elsewhere, as a model does: they have no address in common
 * then. */
static bool begin_elsewhere(const hs_heap *now, const hs_heap *then)
{
    return hs_heap_base(now) != hs_heap_base(then);
}

/* Note the bytes that differ in a stretch that the sessions do not share. */
static void compare_stretch(void *of, size_t from, size_t to)
{
    differing *d = of;
    size_t start = SIZE_MAX;
    if (to > d->both) to = d->both;
    for (size_t at = from; at < to && !d->stopped; at++) {
        bool same = d->now[at] == d->then[at];
        if (!same && start == SIZE_MAX) start = at;
        if (same && start != SIZE_MAX)
            add_range(d, d->base + start, d->base + at), start = SIZE_MAX;
        if (at % PIECE == PIECE - 1)
            d->stopped = !hs_session_goes_on(d->session, "comparing", d->pieces++, d->both / PIECE);
    }
    if (start != SIZE_MAX) add_range(d, d->base + start, d->base + to);
}

static differing compare_bytes(hs_session *now, hs_session *then)
{
    const hs_heap *h = hs_session_heap(now), *old = hs_session_heap(then);
    uint64_t size = hs_heap_committed(h), had = hs_heap_committed(old);
    differing d = {.base = hs_heap_base(h), .session = now};
    if (!begin_elsewhere(h, old)) {
        d.both = size < had ? size : had;
        d.now = hs_heap_bytes(h, d.base, d.both);
        d.then = hs_heap_bytes(old, d.base, d.both);
        hs_session_differing(now, then, compare_stretch, &d);
    }
    add_range(&d, d.base + d.both, d.base + size);
    return d;
}

/* Blocks of one kind of difference: how many, and the first names. */
typedef struct {
    const char *what;
    uint64_t count, bytes;
    char names[128];
} group;

typedef struct {
    group born, gone, sizes;
} block_groups;

/* Add a block that only one of the sessions has. There may be a million. */
static void add_only(group *g, const hs_session *s, const hs_client_block *b)
{
    size_t used = strlen(g->names);
    if (!b->live) return;
    if (g->count < NAMES_TOLD)
        snprintf(g->names + used, sizeof g->names - used, "%s%.20s", used ? " " : "",
                 hs_session_block_name(s, b));
    g->count++;
    g->bytes += b->requested;
}

static const hs_client_block *behind(const hs_session *s, const hs_client_block *b)
{
    return hs_session_block_from(s, b->addr + 1);
}

/* Go through the blocks of both, side by side, by address. False: stopped. */
static bool compare_blocks(const hs_session *now, const hs_session *then, block_groups *g)
{
    uint64_t blocks = hs_session_totals(now)->live_blocks, done = 0;
    const hs_client_block *a = hs_session_block_from(now, 0), *b = hs_session_block_from(then, 0);
    while (a || b) {
        bool has = a && (!b || a->addr <= b->addr), had = b && (!a || b->addr <= a->addr);
        bool same = has && had && a->live && b->live && a->born == b->born;
        if (same && a->requested != b->requested) add_only(&g->sizes, now, a);
        if (has && !same) add_only(&g->born, now, a);
        if (had && !same) add_only(&g->gone, then, b);
        if (has) a = behind(now, a);
        if (had) b = behind(then, b);
        if (!hs_session_goes_on(now, "comparing", done++, blocks)) return false;
    }
    return true;
}

static void put_group(FILE *out, const group *g)
{
    if (!g->count) return;
    fprintf(out, "; %s %" PRIu64 " block%s (%s%s), %" PRIu64 " byte%s", g->what, g->count,
            hs_plural(g->count), g->names, g->count > NAMES_TOLD ? " ..." : "", g->bytes,
            hs_plural(g->bytes));
}

/* All that is told of a difference. */
typedef struct {
    differing bytes;
    block_groups blocks;
    hs_addr base, end; /* the base and the end of the heap as it was */
} difference;

/* Compare the blocks that the last request gave, took or resized. False: nothing is known of the
 * block that it took. */
static bool compare_last_blocks(const hs_session *s, const hs_last *l, block_groups *g)
{
    const hs_client_block *old = hs_session_block_at(s, l->old_value), *new;
    bool stays = l->result && l->result == l->old_value;
    bool moves = l->op.request == HS_REALLOC && l->result && !stays;
    bool frees = l->op.request == HS_FREE || (l->op.request == HS_REALLOC && !l->op.a);
    if (l->old_value && !old) return false;
    if (l->old_value && (moves || frees)) {
        hs_client_block gone = *old;
        gone.live = true;
        gone.requested = l->old_size;
        add_only(&g->gone, s, &gone);
    }
    new = l->result ? hs_session_block_at(s, l->result) : NULL;
    if (!new) return !l->result;
    if (!stays) add_only(&g->born, s, new);
    if (stays && new->requested != l->old_size) add_only(&g->sizes, s, new);
    return true;
}

/* Compare where at most the last request lies between, so that the heap as it was need not be made
 * again. */
static bool compare_last(hs_session *s, uint64_t n, difference *d)
{
    hs_last l = *hs_session_last(s);
    if (!l.any || l.faulted || l.misuse || hs_session_broken_by(s) || l.number > n + 1)
        return false;
    d->base = hs_heap_base(hs_session_heap(s));
    d->end = hs_heap_end(hs_session_heap(s));
    if (l.number <= n) return true;
    if (l.op.kind != HS_OP_REQUEST || !compare_last_blocks(s, &l, &d->blocks)) return false;
    differing *b = &d->bytes;
    if (!hs_session_last_changes(s, &b->ranges, &b->count, &d->end)) return false;
    for (size_t i = 0; i < b->count; i++) b->bytes += b->ranges[i].to - b->ranges[i].from;
    return true;
}

static bool compare_sessions(hs_session *s, uint64_t n, difference *d, hs_problem *problem)
{
    hs_session *then = hs_session_after(s, n, problem);
    if (!then) return false;
    const hs_heap *old = hs_session_heap(then);
    d->base = hs_heap_base(old);
    d->end = hs_heap_end(old);
    d->bytes = compare_bytes(s, then);
    bool good = !d->bytes.stopped && compare_blocks(s, then, &d->blocks);
    hs_session_is_over(s);
    hs_session_free(then);
    if (good) return true;
    free(d->bytes.ranges);
    return hs_was_stopped(problem);
}

static void put_difference(FILE *out, const hs_session *s, uint64_t n, const difference *d)
{
    const hs_heap *h = hs_session_heap(s);
    uint64_t committed = d->end - d->base;
    fprintf(out, "since command %" PRIu64 ": %" PRIu64 " byte%s differ%s", n, d->bytes.bytes,
            hs_plural(d->bytes.bytes), hs_verb(d->bytes.bytes, "s", ""));
    if (d->base != hs_heap_base(h))
        fprintf(out, "; the heap began at 0x%" PRIx64 ", and begins at 0x%" PRIx64, d->base,
                hs_heap_base(h));
    put_group(out, &d->blocks.born);
    put_group(out, &d->blocks.gone);
    put_group(out, &d->blocks.sizes);
    if (hs_heap_committed(h) != committed)
        fprintf(out, "; the heap had %" PRIu64 " bytes, and has %" PRIu64, committed,
                hs_heap_committed(h));
}

char *hs_difference(hs_session *s, uint64_t n)
{
    hs_problem problem;
    char *text = NULL;
    size_t size;
    const block_groups none = {{.what = "new:"}, {.what = "gone:"}, {.what = "resized:"}};
    difference d = {.blocks = none};
    if (!compare_last(s, n, &d)) {
        d = (difference){.blocks = none};
        if (!compare_sessions(s, n, &d, &problem)) return hs_copy(problem.what);
    }
    FILE *out = hs_text_begin(&text, &size);
    put_difference(out, s, n, &d);
    hs_text_end(out);
    hs_session_point_out(s, d.bytes.ranges, d.bytes.count);
    free(d.bytes.ranges);
    return text;
}

/* SPDX-License-Identifier: MIT */
/* Slow motion: the last request performed again, and shown as it was after each of its events.
 *
 *      events     request  round  visit  choose  split  write  write  take  return
 *      the heap   |<------- as it was ------->|<- derailed ->|<- as it is ------>|
 *
 * Between two writes a header may say nothing yet: a walk would be derailed there, and the rest of
 * the heap look damaged. Then the first moment behind it is shown from which a walk goes through.
 *
 * What the client holds goes by the bytes: the block that the request takes is there as long as it
 * is in use, and so is the one that it gives. Where an allocator marks no blocks, events tell. */
#include "model/reading/readings.h"
#include "model/session/totals.h"

#include "base/memory.h"

#include <heapscope/reading.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool hs_session_slow_motion(hs_session *s)
{
    return s->is.last.any && hs_heap_slow_motion(s->heap);
}

bool hs_session_tells(const hs_session *s, uint64_t n)
{
    return s->is.last.number == n && (s->at.count == n || s->is.last.faulted);
}

hs_session *hs_session_telling(const hs_session *s, uint64_t n, hs_problem *problem)
{
    HS_ENTER_SESSION(s, problem, NULL);
    hs_session *then = hs_session_after(s, n, problem);
    if (!then || then->is.last.number == n) return then;
    hs_session_free(then);
    hs_wrong(problem, HS_OPERAND_NONE, "command %" PRIu64 " could not be done again on this heap",
             n);
    return NULL;
}

hs_session *hs_session_stage(hs_session *s, uint64_t n, hs_session **own, hs_problem *problem)
{
    HS_ENTER_SESSION(s, problem, NULL);
    *own = hs_session_tells(s, n) ? NULL : hs_session_telling(s, n, problem);
    hs_session *stage = hs_session_tells(s, n) ? s : *own;
    if (!stage || hs_session_slow_motion(stage)) return stage;
    hs_session_free(*own);
    *own = NULL;
    hs_wrong(problem, HS_OPERAND_NONE, "this request ended in a fault: it has no steps");
    return NULL;
}

/* --- What the client holds ------------------------------------------------------------------ */

/* True if the request keeps its block where it is. */
static bool stays(const hs_last *l)
{
    return l->op.request == HS_REALLOC && l->result && l->result == l->old_value;
}

/* The block that the request took from the client or resized, as it was before; not live if there
 * is none. */
static hs_client_block held_before(const hs_session *s)
{
    const hs_last *l = &s->is.last;
    bool frees = l->op.request == HS_FREE || (l->op.request == HS_REALLOC && l->op.a == 0);
    if (!l->old_value || l->misuse || !(frees || l->result)) return (hs_client_block){0};
    const hs_client_block *there = hs_client_block_at(s->client, l->old_value);
    hs_client_block b = there ? *there : (hs_client_block){.variable = HS_NONE};
    b.addr = l->old_value;
    b.requested = l->old_size;
    b.live = true;
    return b;
}

/* True if an event of this kind is among those from `from` to `to` - 1. */
static bool is_told(const hs_session *s, hs_event_kind kind, size_t from, size_t to)
{
    size_t count;
    const hs_event *e = hs_events(s->heap, &count);
    for (size_t i = from; i < to && i < count; i++)
        if (e[i].kind == kind) return true;
    return false;
}

static bool is_of(const hs_event *e, hs_event_kind kind, hs_addr p)
{
    return e->kind == kind && p >= e->at && p - e->at < e->a;
}

/* Find once what each step asks for, so that a step does not cost all events. */
static hs_told told_by(const hs_session *s)
{
    size_t n;
    const hs_event *e = hs_events(s->heap, &n);
    const hs_last *l = &s->is.last;
    hs_told t = {SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};
    for (size_t i = n; i-- > 0;) {
        if (e[i].kind == HS_IGNORE) t.ignore = i;
        if (e[i].kind == HS_IN_PLACE) t.in_place = i;
        if (e[i].kind == HS_CHOOSE) t.choose = i;
        if (e[i].kind == HS_TAKE) t.take = i;
        if (is_of(&e[i], HS_TAKE, l->result)) t.taken = i;
        if (is_of(&e[i], HS_RELEASE, l->old_value)) t.released = i;
    }
    return t;
}

/* The end of the block in use, after the first n events, that holds `size` bytes of payload at p;
 * HS_NULL: there is none. Where a walk does not get there, behind damage, or where the bytes did
 * not say so before the request either, events tell. */
static hs_addr end_in_use(const hs_session *s, hs_addr p, uint64_t size, size_t n)
{
    hs_seen seen;
    const hs_told *told = &s->before.told;
    bool held = p == s->is.last.old_value;
    bool there = hs_session_walk_to(s, p, &seen) && seen.whole.kind != HS_BLOCK_DAMAGED;
    if (held && !s->before.marked) there = false;
    if (there && seen.whole.kind == HS_BLOCK_REGION) return told->ignore < n ? HS_NULL : p + size;
    /* Before a block is chosen, the one in use there may be another, which is just leaving a quick
     * list. */
    if (there && !held && told->choose >= n && told->take >= n) return HS_NULL;
    if (there)
        return seen.block.kind == HS_BLOCK_USED && hs_block_payload(&seen.block) == p &&
                       hs_block_capacity(&seen.block) >= size
                   ? seen.block.addr + seen.block.size
                   : HS_NULL;
    if (held ? told->released < n : told->taken >= n) return HS_NULL;
    return p + size;
}

/* The totals before the request, and what its first n events add to them. */
static hs_totals totals_until(const hs_session *s, size_t n)
{
    size_t count;
    const hs_event *e = hs_events(s->heap, &count);
    hs_totals t = s->is.totals_before;
    hs_addr highest = HS_NULL;
    const hs_told *told = &s->before.told;
    size_t first = told->take < told->in_place ? told->take : told->in_place;
    for (size_t i = first; i < n && i < count; i++) {
        hs_addr end = hs_event_block_end(&e[i]);
        if (end > highest) highest = end;
    }
    hs_totals_add(&t, hs_events_counts(s->heap), highest);
    return t;
}

/* What the client holds after the first n events, where that is not what it holds in the end. */
static hs_before before_end(const hs_session *s, size_t n)
{
    const hs_last *l = &s->is.last;
    hs_before b = s->before;
    b.on = true;
    b.held = held_before(s);
    b.totals = totals_until(s, n);
    hs_totals *t = &b.totals;
    bool held = b.held.live;
    bool holds = held && end_in_use(s, b.held.addr, b.held.requested, n);
    if (stays(l)) holds = holds && s->before.told.in_place >= n;
    uint64_t asked = l->result ? hs_bytes_asked(&l->op) : 0;
    hs_addr end = l->result && !(stays(l) && holds) ? end_in_use(s, l->result, asked, n) : HS_NULL;
    if (stays(l) && !holds && !end) end = l->result + asked;
    b.held.live = holds;
    b.given = end || stays(l) ? HS_NULL : l->result;
    if (held && !holds) {
        hs_totals_block(t, b.held.requested, 0, b.held.addr, 0);
        t->live_blocks--;
    }
    if (!end) return b;
    hs_totals_add(t, (hs_counts){0}, end);
    uint64_t peak = t->peak_live;
    hs_totals_block(t, 0, asked, l->result + asked, t->highest_block - hs_heap_base(s->heap));
    if (holds)
        t->peak_live = peak; /* a realloc that moves holds both blocks for a while, which
                              * counts once */
    t->live_blocks++;
    return b;
}

/* Tell the observer that another block of the client lies here, so that the one before it may end
 * elsewhere. */
static void differs(hs_session *s, hs_addr p, uint64_t size)
{
    if (p) hs_range_sums_differs(s, p - 1, p + size + 1);
}

static void show_client(hs_session *s, size_t n)
{
    const hs_last *l = &s->is.last;
    size_t count;
    hs_events(s->heap, &count);
    hs_before now = n < count && l->op.kind == HS_OP_REQUEST ? before_end(s, n) : (hs_before){0};
    if (now.held.live != s->before.held.live || now.given != s->before.given) {
        differs(s, l->old_value, l->old_size);
        differs(s, l->result, l->result ? hs_bytes_asked(&l->op) : 0);
    }
    s->before = now;
}

/* The block that the request takes or resizes is shown as changed even where the allocator writes
 * nothing. */
static void touch_held(hs_session *s)
{
    const hs_client_block held = held_before(s);
    const hs_client_block *now = hs_client_block_at(s->client, held.addr);
    if (!held.live) return;
    uint64_t was = held.requested ? held.requested : 1, is = now && now->live ? now->requested : 0;
    hs_session_touch(s, held.addr + (was < is ? was : is), held.addr + (was < is ? is : was));
    hs_session_tidy_changes(s);
}

/* --- What the request changed -------------------------------------------------------------- */

/* Set the session's changes to all ranges of bytes that the events wrote to. Returns how many bytes
 * those are. */
static size_t note_written(hs_session *s)
{
    size_t count, size = 0;
    const hs_event *e = hs_events(s->heap, &count);
    hs_addr from, to;
    s->change_count = 0;
    for (size_t i = 0; i < count; i++)
        if (hs_event_writes(&e[i], &from, &to)) hs_session_touch(s, from, to);
    hs_session_tidy_changes(s);
    for (size_t i = 0; i < s->change_count; i++) size += s->changes[i].to - s->changes[i].from;
    return size;
}

typedef struct {
    hs_change *list;
    size_t count, capacity;
} ranges;

static void add_range(ranges *r, hs_addr from, hs_addr to)
{
    r->list = hs_array_reserve(r->list, &r->capacity, r->count + 1, sizeof *r->list);
    r->list[r->count++] = (hs_change){from, to};
}

/* Collect the bytes of a range that differ from what they are now. */
static void compare(const hs_session *s, ranges *out, hs_change written, const uint8_t *now)
{
    const uint8_t *was = hs_heap_bytes(s->heap, written.from, written.to - written.from);
    hs_addr from = HS_NULL;
    for (hs_addr at = written.from; at < written.to; at++) {
        bool same = was[at - written.from] == now[at - written.from];
        if (!same && !from) from = at;
        if (same && from) add_range(out, from, at), from = HS_NULL;
    }
    if (from) add_range(out, from, written.to);
}

bool hs_session_last_changes(hs_session *s, hs_change **list, size_t *count, hs_addr *end)
{
    HS_ENTER_SESSION(s, NULL, false);
    ranges out = {0};
    size_t events, done = 0;
    if (s->before.on || !hs_session_slow_motion(s)) return false;
    uint8_t *now = hs_new(note_written(s) + 1, 1);
    hs_addr end_now = hs_heap_end(s->heap);
    for (size_t i = 0; i < s->change_count; i++) {
        size_t size = s->changes[i].to - s->changes[i].from;
        memcpy(now + done, hs_heap_bytes(s->heap, s->changes[i].from, size), size);
        done += size;
    }
    hs_events(s->heap, &events);
    hs_heap_seek(s->heap, 0);
    *end = hs_heap_end(s->heap);
    done = 0;
    for (size_t i = 0; i < s->change_count; i++) {
        hs_change c = s->changes[i];
        if (c.to > *end) c.to = *end;
        if (c.from < c.to) compare(s, &out, c, now + done);
        done += s->changes[i].to - s->changes[i].from;
    }
    hs_heap_seek(s->heap, events);
    if (*end < end_now) add_range(&out, *end, end_now);
    free(now);
    *list = out.list;
    *count = out.count;
    return true;
}

/* --- Going to an event ---------------------------------------------------------------------- */

/* Go to the moment after n events. The observer is told before and after it that the allocator's
 * own pointers move. */
static void go_to(hs_session *s, size_t n)
{
    size_t was = s->before.at, from = was < n ? was : n, to = was < n ? n : was;
    from -= from > 0;
    to++;
    hs_readings_of(s)->taken = false;
    hs_range_sums_marks_move(s);
    hs_heap_seek(s->heap, n);
    hs_range_sums_marks_move(s);
    hs_session_note_changes(s, from, to);
    hs_range_sums_follow(s, from, to);
    s->before.at = n;
}

/* Look at the heap as it was before the request: note whether a walk went through, and whether it
 * found the block that the request takes. */
static void look_before(hs_session *s)
{
    const hs_client_block held = held_before(s);
    hs_events(s->heap, &s->before.at);
    s->before.told = told_by(s);
    go_to(s, 0);
    s->before.sound = !hs_range_sums_is_derailed(s);
    s->before.marked = true;
    s->before.marked = held.live && end_in_use(s, held.addr, held.requested, 0);
}

static void seek(hs_session *s, size_t from, size_t n)
{
    size_t count;
    hs_events(s->heap, &count);
    if (!s->before.on) look_before(s);
    go_to(s, n);
    while (n < count && s->before.sound && hs_range_sums_is_derailed(s)) go_to(s, ++n);
    show_client(s, n);
    hs_range_sums_catch_up(s);
    hs_session_note_changes(s, from, n);
    if (is_told(s, HS_IGNORE, from, n) || is_told(s, HS_IN_PLACE, from, n) || n - from >= count)
        touch_held(s);
}

void hs_session_seek(hs_session *s, size_t from, size_t n)
{
    HS_ENTER_SESSION(s, NULL, );
    seek(s, from, n);
}

void hs_session_leave_stage(hs_session *s)
{
    HS_ENTER_SESSION(s, NULL, );
    size_t n;
    hs_events(s->heap, &n);
    hs_session_seek(s, 0, n);
}

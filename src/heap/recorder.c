/* SPDX-License-Identifier: MIT */
/* The recorder. Invariant: undoing the events backwards, with the bytes kept beside them, gives
 * the heap as it was when the request began; visits may be left out, changes never are. */
#include "heap/recorder.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { VISITS_KEPT = 8192, PIECE = 1 << 22, MUCH = 1 << 26 };

struct hs_recorder {
    hs_event *events;
    size_t count, capacity;
    uint64_t left_out;
    hs_counts counts;
    hs_counts told; /* the counts of the first `shown` events */
    uint8_t *kept;  /* overwritten bytes, in the order of the moves and fills */
    size_t kept_size, kept_capacity;
    uint64_t *first; /* pages that the request was the first to write to */
    size_t first_count, first_capacity;
    void *state; /* the allocator's variables when the request began */
    size_t state_size;
    const void *now;  /* the allocator's variables as they are */
    hs_growth growth; /* the growth and the options when the request began */
    uint64_t options[HS_OPTIONS];
    bool trace;     /* keep the allocator's variables at every event, in `trail` */
    uint8_t *trail; /* the variables at event i begin at i * state_size */
    size_t trail_capacity;
    size_t shown; /* events whose effects the heap shows */
    jmp_buf landing;
};

_Static_assert(sizeof(hs_event) == 32, "an event takes half a cache line");

hs_recorder *hs_recorder_new(size_t state_size)
{
    hs_recorder *r = hs_new(1, sizeof *r);
    r->state = hs_new(1, state_size + 1);
    r->state_size = state_size;
    return r;
}

void hs_recorder_free(hs_recorder *r)
{
    if (!r) return;
    free(r->events);
    free(r->kept);
    free(r->first);
    free(r->state);
    free(r->trail);
    free(r);
}

static void let_go_of_kept(hs_recorder *r)
{
    free(r->kept);
    r->kept = NULL;
    r->kept_capacity = 0;
}

void hs_record_begin(hs_recorder *r, const hs_heap *h)
{
    r->count = 0;
    r->left_out = 0;
    r->kept_size = 0;
    r->first_count = 0;
    if (r->kept_capacity > MUCH) let_go_of_kept(r);
    r->shown = 0;
    r->counts = r->told = (hs_counts){0};
    memcpy(r->state, h->state, r->state_size);
    r->now = h->state;
    r->growth = h->growth;
    memcpy(r->options, h->options, sizeof r->options);
}

void hs_record_recall_settings(hs_heap *h)
{
    const hs_recorder *r = h->recorder;
    h->growth = r->growth;
    memcpy(h->options, r->options, sizeof h->options);
}

/* Add an event to the counts; `times` is 1, or -1 (modulo 2^64) to take it back. */
static void count(hs_counts *c, const hs_event *e, uint64_t times)
{
    switch (e->kind) {
    case HS_VISIT: c->visits += times; break;
    case HS_MOVE: c->moved += times * e->b; break;
    case HS_WRITE: c->writes += times; break;
    case HS_SPLIT: c->splits += times; break;
    case HS_COALESCE: c->coalesces += times; break;
    case HS_GROW: c->growths += times; break;
    default: break;
    }
}

/* Keep the allocator's variables as they are when event i is told. */
static void keep_state(hs_recorder *r, size_t i)
{
    size_t size = r->state_size;
    r->trail = hs_array_reserve(r->trail, &r->trail_capacity, (i + 1) * size, 1);
    memcpy(r->trail + i * size, r->now, size);
}

/* True for a visit, or its rejection, that is counted but not kept, because the search has been
 * long. */
static bool is_left_out(const hs_recorder *r, unsigned kind)
{
    return r->counts.visits > VISITS_KEPT && (kind == HS_VISIT || kind == HS_REJECT);
}

static void keep(hs_recorder *r, const hs_event *e)
{
    if (r->trace) keep_state(r, r->count);
    r->events = hs_array_reserve(r->events, &r->capacity, r->count + 1, sizeof *r->events);
    r->events[r->count++] = *e;
    r->shown = r->count;
    count(&r->told, e, 1);
}

/* False for an event that is a repetition: a realloc that moves rounds the same size again, and
 * that is told once. */
static bool is_told(const hs_recorder *r, const hs_event *e)
{
    if (e->kind != HS_ROUND) return false;
    for (size_t i = 0; i < r->count; i++)
        if (r->events[i].kind == HS_ROUND && r->events[i].a == e->a && r->events[i].b == e->b)
            return true;
    return false;
}

void hs_record(hs_recorder *r, hs_event e)
{
    if (is_told(r, &e)) return;
    count(&r->counts, &e, 1);
    if (is_left_out(r, e.kind))
        r->left_out++;
    else
        keep(r, &e);
}

void hs_record_visit(hs_recorder *r, const hs_heap *h, hs_addr block, uint64_t size, hs_sight why)
{
    /* A block takes 16 bytes and more, and is met in a few passes over the heap, or once on each of
     * a tree's ways down: so rarely that only a circle comes to twice as many visits as bytes. */
    if (r->counts.visits > 2 * (h->end - h->base) + 64)
        hs_record_fault(h, HS_BECAUSE_ENDLESS, block);
    r->counts.visits++;
    if (is_left_out(r, HS_VISIT))
        r->left_out++;
    else
        keep(r, &(hs_event){.kind = HS_VISIT, .detail = (uint8_t)why, .at = block, .a = size});
}

void hs_record_overwritten(hs_recorder *r, const hs_heap *h, hs_addr at, uint64_t n)
{
    if (n == 0) return; /* memcpy wants an array even for nothing, and there may be none yet */
    r->kept = hs_array_reserve(r->kept, &r->kept_capacity, r->kept_size + n, 1);
    for (uint64_t done = 0; done < n; done += PIECE) {
        if (done && h->goes_on && !h->goes_on(h->goes_on_of, done, n))
            hs_record_fault(h, HS_BECAUSE_STOPPED, at + done);
        memcpy(r->kept + r->kept_size + done, hs_real(h, at + done),
               n - done < PIECE ? n - done : PIECE);
    }
    r->kept_size += n;
}

void hs_record_first_write(hs_recorder *r, uint64_t page)
{
    r->first = hs_array_reserve(r->first, &r->first_capacity, r->first_count + 1, sizeof *r->first);
    r->first[r->first_count++] = page;
}

/* Put back what an event overwrote. The overwritten bytes lie in `kept` in order, those of the
 * shown events up to kept_size. */
static void restore_bytes(hs_recorder *r, const hs_heap *h, hs_addr at, uint64_t n)
{
    if (n == 0) return;
    r->kept_size -= n;
    memcpy(hs_real(h, at), r->kept + r->kept_size, n);
}

static void undo_event(hs_heap *h, const hs_event *e)
{
    hs_recorder *r = h->recorder;
    switch (e->kind) {
    case HS_WRITE: memcpy(hs_real(h, e->at), &e->a, sizeof e->a); break;
    case HS_MOVE: restore_bytes(r, h, e->a, e->b); break;
    case HS_FILL: restore_bytes(r, h, e->at, e->a); break;
    case HS_GROW: h->end = e->a; break; /* what was written beyond it is zero again by now */
    default: break;
    }
}

static void redo_event(hs_heap *h, const hs_event *e)
{
    hs_recorder *r = h->recorder;
    switch (e->kind) {
    case HS_WRITE: memcpy(hs_real(h, e->at), &e->b, sizeof e->b); break;
    case HS_MOVE:
        memmove(hs_real(h, e->a), hs_real(h, e->at), e->b);
        r->kept_size += e->b;
        break;
    case HS_FILL:
        memset(hs_real(h, e->at), (int)e->b, e->a);
        r->kept_size += e->a;
        break;
    case HS_GROW: h->end = e->b; break;
    default: break;
    }
}

void hs_record_undo(hs_heap *h)
{
    hs_recorder *r = h->recorder;
    while (r->shown > 0) undo_event(h, &r->events[--r->shown]);
    while (r->first_count > 0) h->account->written[r->first[--r->first_count]] = HS_WRITTEN_NEVER;
    memcpy(h->state, r->state, r->state_size);
}

void hs_record_trace(hs_recorder *r, bool on)
{
    r->trace = on;
}

void hs_record_seek(hs_heap *h, size_t n)
{
    hs_recorder *r = h->recorder;
    if (n > r->count) n = r->count;
    if (r->shown == r->count) keep_state(r, r->count);
    while (r->shown > n) {
        undo_event(h, &r->events[--r->shown]);
        count(&r->told, &r->events[r->shown], UINT64_MAX);
    }
    while (r->shown < n) {
        count(&r->told, &r->events[r->shown], 1);
        redo_event(h, &r->events[r->shown++]);
    }
    memcpy(h->state, r->trail + n * r->state_size, r->state_size);
}

void hs_heap_ask(hs_heap *h, hs_goes_on *goes_on, void *of)
{
    h->goes_on = goes_on;
    h->goes_on_of = of;
}

jmp_buf *hs_record_landing(hs_recorder *r)
{
    return &r->landing;
}

_Noreturn void hs_record_fault(const hs_heap *heap, hs_reason reason, hs_addr at)
{
    hs_heap *h = (hs_heap *)(uintptr_t)heap; /* readers fault, too; only undoing writes */
    hs_record_undo(h);
    hs_record(h->recorder, (hs_event){.kind = HS_FAULT, .detail = (uint8_t)reason, .at = at});
    longjmp(h->recorder->landing, 1);
}

const hs_event *hs_events(const hs_heap *h, size_t *n)
{
    *n = h->recorder ? h->recorder->count : 0;
    return h->recorder ? h->recorder->events : NULL;
}

uint64_t hs_events_left_out(const hs_heap *h)
{
    return h->recorder ? h->recorder->left_out : 0;
}

hs_counts hs_events_counts(const hs_heap *h)
{
    const hs_recorder *r = h->recorder;
    if (!r) return (hs_counts){0};
    return r->shown == r->count ? r->counts : r->told;
}

const hs_event *hs_fault(const hs_heap *h)
{
    size_t n;
    const hs_event *e = hs_events(h, &n);
    return n && e[n - 1].kind == HS_FAULT ? &e[n - 1] : NULL;
}

bool hs_event_writes(const hs_event *e, hs_addr *from, hs_addr *to)
{
    uint64_t n = 0;
    *from = e->kind == HS_MOVE ? e->a : e->at;
    switch (e->kind) {
    case HS_WRITE: n = sizeof(uint64_t); break;
    case HS_FILL:
    case HS_POKE: n = e->a; break;
    case HS_MOVE: n = e->b; break;
    default: break;
    }
    *to = *from + n;
    return n > 0;
}

hs_addr hs_event_block_end(const hs_event *e)
{
    if (e->kind == HS_TAKE) return e->at + e->a;
    return e->kind == HS_IN_PLACE ? e->at + e->b : HS_NULL;
}

const char *hs_event_name(hs_event_kind kind)
{
    static const char *const names[HS_EVENT_KINDS] = {
        [HS_REQUEST] = "request",
        [HS_ROUND] = "round",
        [HS_VISIT] = "visit block",
        [HS_REJECT] = "reject",
        [HS_LOOK] = "look at list",
        [HS_CHOOSE] = "choose",
        [HS_PAD] = "pad",
        [HS_SPLIT] = "split",
        [HS_COALESCE] = "coalesce",
        [HS_TAKE] = "take",
        [HS_RELEASE] = "release",
        [HS_INSERT] = "insert",
        [HS_REMOVE] = "remove",
        [HS_WRITE] = "write word",
        [HS_MOVE] = "move bytes",
        [HS_FILL] = "fill",
        [HS_POKE] = "client writes",
        [HS_BUMP] = "bump",
        [HS_GROW] = "grow",
        [HS_IN_PLACE] = "resize in place",
        [HS_IGNORE] = "ignore",
        [HS_RETURN] = "return",
        [HS_FAIL] = "fail",
        [HS_FAULT] = "fault",
        [HS_QUARANTINE] = "quarantine",
        [HS_DECLINE] = "decline",
    };
    return kind < HS_EVENT_KINDS ? names[kind] : "?";
}

const char *hs_request_name(hs_request request)
{
    static const char *const names[] = {
        [HS_MALLOC] = "malloc",   [HS_CALLOC] = "calloc", [HS_ALIGNED_ALLOC] = "aligned_alloc",
        [HS_REALLOC] = "realloc", [HS_FREE] = "free",
    };
    return request <= HS_FREE ? names[request] : "?";
}

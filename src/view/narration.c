/* SPDX-License-Identifier: MIT */
/* The steps of a request as sentences: one function for what each kind of event says. Nothing is
 * worked out again: numbers come from the events, names of lists from the allocator. */
#include "view/narration.h"

#include "base/count.h"
#include "base/memory.h"
#include "view/bits.h"
#include "view/explanation.h"

#include <heapscope/reading.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VISITS_TOLD = 24 }; /* visits told of a long search at its start, beside the last few */

static const hs_event *event_at(const hs_session *s, size_t i)
{
    size_t n;
    const hs_event *e = hs_events(hs_session_heap(s), &n);
    return i < n ? &e[i] : NULL;
}

static const hs_event *event_of(const hs_session *s, hs_event_kind kind)
{
    const hs_event *e;
    for (size_t i = 0; (e = event_at(s, i)); i++)
        if (e->kind == kind) return e;
    return NULL;
}

static const hs_allocator *allocator_of(const hs_session *s)
{
    return hs_heap_allocator(hs_session_heap(s));
}

/* --- Steps ---------------------------------------------------------------------------------- */

static bool belongs_to_the_one_before(const hs_event *e)
{
    return e->kind == HS_WRITE || e->kind == HS_REJECT;
}

size_t hs_step_end(const hs_session *s, size_t from)
{
    const hs_event *e = event_at(s, from);
    if (!e) return from;
    do e = event_at(s, ++from);
    while (e && belongs_to_the_one_before(e));
    return from;
}

size_t hs_step_before(const hs_session *s, size_t from)
{
    while (from > 0 && belongs_to_the_one_before(event_at(s, --from))) continue;
    return from;
}

bool hs_step_place(const hs_session *s, size_t from, hs_addr *at, uint64_t *size)
{
    const hs_event *e = event_at(s, from);
    if (!e) return false;
    *at = e->at;
    *size = e->a;
    switch (e->kind) {
    case HS_VISIT:
    case HS_CHOOSE:
    case HS_PAD:
    case HS_TAKE:
    case HS_RELEASE:
    case HS_INSERT:
    case HS_REMOVE:
    case HS_QUARANTINE:
    case HS_DECLINE:
    case HS_FILL: return true;
    case HS_SPLIT:
    case HS_COALESCE: *size = e->a + e->b; return true;
    case HS_MOVE: *at = e->a, *size = e->b; return true;
    case HS_GROW: *at = e->a, *size = e->b - e->a; return true;
    case HS_IN_PLACE: *size = e->b; return true;
    case HS_BUMP: *at = e->a < e->b ? e->a : e->b, *size = hs_bumped(e); return true;
    default: return false;
    }
}

/* --- Sentences ------------------------------------------------------------------------------ */

/* What the bytes besides those requested are for. */
static const char *overhead_text(const hs_event *round)
{
    switch (round->detail) {
    case HS_OVERHEAD_FOOTER: return "for the header and footer";
    case HS_OVERHEAD_LEAD: return "in front of the payload";
    default: return "for the header";
    }
}

/* The alignment that was asked for; 0: none was. */
static uint64_t alignment_of(const hs_session *s)
{
    const hs_event *request = event_at(s, 0);
    return request->detail == HS_ALIGNED_ALLOC ? request->b : 0;
}

static void put_round(FILE *out, const hs_session *s, const hs_event *e)
{
    bool is_buddy = allocator_of(s)->traits & HS_BUDDIES;
    uint64_t sum = e->a + e->at, alignment = alignment_of(s);
    const hs_op *op = &hs_session_last(s)->op;
    bool nothing = e->a == 1 && (op->a == 0 || (op->request == HS_CALLOC && op->b == 0));
    if (nothing)
        fputs("0 bytes requested, served like 1", out);
    else
        fprintf(out, "%" PRIu64 " byte%s requested", e->a, hs_plural(e->a));
    if (e->at) fprintf(out, " + %" PRIu64 " %s = %" PRIu64, e->at, overhead_text(e), sum);
    if (e->b != sum) fprintf(out, ", rounded up to %" PRIu64, e->b);
    if (is_buddy && alignment > e->at)
        fprintf(out, ", which leaves room for the payload at a multiple of %" PRIu64, alignment);
    fprintf(out, ": a block of %" PRIu64 " byte%s is needed", e->b, hs_plural(e->b));
}

static void put_reason(FILE *out, const hs_event *reject)
{
    switch (reject->detail) {
    case HS_BECAUSE_USED: fputs("in use", out); break;
    case HS_BECAUSE_TOO_SMALL: fputs("too small", out); break;
    case HS_BECAUSE_NOT_ALIGNED:
        fputs("large enough, but not once the payload is aligned", out);
        break;
    case HS_BECAUSE_NOT_BETTER: fputs("fits, but one seen before fits better", out); break;
    case HS_BECAUSE_ENOUGH:
        fprintf(out, "it waits, for %" PRIu64 " were joined: no request of this size joins more",
                reject->b);
        break;
    default: fputs("not this one", out);
    }
}

/* What the look at a block is for, or what it shows. */
static const char *sight_text(const hs_session *s, const hs_event *e)
{
    switch (e->detail) {
    case HS_TRIES: return "large enough";
    case HS_TRIES_SMALLER: return "fits, the best so far";
    case HS_TRIES_LARGER: return "fits, the largest so far";
    case HS_SEES_NEIGHBOUR:
        return event_of(s, HS_IN_PLACE) ? "free and next to it: it may grow into that"
                                        : "free and next to it, but that is not enough";
    case HS_SEES_PAIR: return "can it be joined with what is next to it?";
    case HS_SEES_RUN: return "would it serve, were free neighbours joined?";
    case HS_SEES_OBJECTS: return "its bitmap tells which objects are free";
    default: return "on the way";
    }
}

static void put_visit(FILE *out, const hs_session *s, size_t i)
{
    const hs_event *e = event_at(s, i), *next = event_at(s, i + 1);
    fprintf(out, "looks at 0x%" PRIx64 ", %" PRIu64 " byte%s: ", e->at, e->a, hs_plural(e->a));
    if (next && next->kind == HS_REJECT)
        put_reason(out, next);
    else
        fputs(sight_text(s, e), out);
}

/* Put what a realloc does not grow a block into, and why. */
static void put_decline(FILE *out, const hs_session *s, const hs_event *e)
{
    const hs_heap *h = hs_session_heap(s);
    bool is_buddy = allocator_of(s)->traits & HS_BUDDIES;
    const hs_event *round = event_of(s, HS_ROUND);
    const char *what = is_buddy ? "the buddy" : "its neighbour";
    switch (e->detail) {
    case HS_BECAUSE_USED:
    case HS_BECAUSE_WAITS:
    case HS_BECAUSE_IN_PARTS:
    case HS_BECAUSE_TOO_SMALL:
        fprintf(out, "does not grow into %s at 0x%" PRIx64 ", %" PRIu64 " byte%s: ", what, e->at,
                e->a, hs_plural(e->a));
        fputs(e->detail == HS_BECAUSE_USED       ? "its header says that it is in use"
              : e->detail == HS_BECAUSE_WAITS    ? "it was freed, but waits, and counts as used"
              : e->detail == HS_BECAUSE_IN_PARTS ? "it is split, and not all of it free"
                                                 : "free, but that is not enough",
              out);
        break;
    case HS_BECAUSE_LIMIT:
        if (is_buddy)
            fprintf(out, "does not grow: its buddy would lie beyond the heap's end, 0x%" PRIx64,
                    e->at);
        else
            fprintf(out,
                    "does not grow beyond the heap's end, 0x%" PRIx64 ": the heap may not have "
                    "more than %" PRIu64 " bytes",
                    e->at, hs_heap_maximum(h));
        break;
    case HS_BECAUSE_LEFT:
        if (is_buddy) {
            fprintf(out,
                    "does not grow: its buddy, at 0x%" PRIx64 ", is on its left, and the payload "
                    "would have to move",
                    e->at);
            break;
        }
        fprintf(out, "does not use the free %" PRIu64 " byte%s on its left, at 0x%" PRIx64 ": ",
                e->a, hs_plural(e->a), e->at);
        if (round && e->b < round->b)
            fprintf(out, "with them there would be room for %" PRIu64 ", which is not enough",
                    e->b);
        else
            fputs("that would be enough, but the payload would have to move", out);
        break;
    case HS_BECAUSE_CLASS:
        fputs("does not stay: another size class serves so many bytes", out);
        break;
    case HS_BECAUSE_NOT_LATEST:
        fputs("does not stay: only the latest block can be resized where it is", out);
        break;
    default: fputs("does not stay: no block changes its size where it is", out);
    }
}

static void put_list(FILE *out, const hs_session *s, uint64_t index)
{
    const hs_heap *h = hs_session_heap(s);
    const hs_allocator *a = hs_heap_allocator(h);
    hs_list list;
    if (a->traits & HS_TREE) {
        fputs("the tree", out);
        return;
    }
    if (a->traits & HS_ONE_LIST || !a->list || !a->list(h, index, &list)) {
        fputs("the free list", out);
        return;
    }
    hs_list row, row_end;
    size_t first = a->columns ? index - index % a->columns : 0;
    if (list.name)
        fprintf(out, "the %s list", list.name);
    else if (a->columns && a->list(h, first, &row) && a->list(h, first + a->columns - 1, &row_end))
        fprintf(out, "list %" PRIu64 " of row %" PRIu64 "-%" PRIu64, index - first, row.smallest,
                row_end.largest);
    else
        fprintf(out, "the free list %" PRIu64, index);
    if (list.smallest == list.largest)
        fprintf(out, " (blocks of %" PRIu64 " bytes)", list.smallest);
    else if (list.largest == UINT64_MAX)
        fprintf(out, " (blocks of %" PRIu64 " bytes and more)", list.smallest);
    else
        fprintf(out, " (blocks of %" PRIu64 " to %" PRIu64 " bytes)", list.smallest, list.largest);
}

static void put_look(FILE *out, const hs_session *s, const hs_event *e)
{
    fputs("looks into ", out);
    put_list(out, s, e->a);
    const hs_heap *h = hs_session_heap(s);
    const hs_allocator *a = hs_heap_allocator(h);
    const hs_event *round = event_of(s, HS_ROUND);
    hs_list list;
    if (a->columns && round && a->list(h, e->a, &list) && !list.name && list.smallest >= round->b)
        fputs(", the next that is not empty and has no block that is too small", out);
    if (e->at)
        fprintf(out, ": its first block is 0x%" PRIx64, e->at);
    else
        fputs(": empty", out);
}

static void put_split(FILE *out, const hs_event *e)
{
    fprintf(out,
            "splits the block: %" PRIu64 " = %" PRIu64 " at 0x%" PRIx64 " + %" PRIu64
            " at 0x%" PRIx64,
            e->a + e->b, e->a, e->at, e->b, e->at + e->a);
}

/* True if the block was chosen from a list whose blocks are not split. */
static bool stays_whole(const hs_session *s, hs_addr block)
{
    const hs_allocator *a = allocator_of(s);
    const hs_event *e;
    hs_list list;
    bool whole = false;
    for (size_t i = 0; (e = event_at(s, i)) && e->kind != HS_CHOOSE; i++)
        if (e->kind == HS_INSERT && e->at == block)
            whole = false;
        else if (e->kind == HS_REMOVE && e->at == block)
            whole = a->list && a->list(hs_session_heap(s), e->b, &list) && list.whole;
    return whole;
}

static void put_take(FILE *out, const hs_session *s, const hs_event *e)
{
    const hs_event *round = event_of(s, HS_ROUND);
    fprintf(out, "the block at 0x%" PRIx64 " is taken: %" PRIu64 " byte%s", e->at, e->a,
            hs_plural(e->a));
    if (round && e->a > round->b)
        fprintf(out, ", %" PRIu64 " more than needed: %s", e->a - round->b,
                stays_whole(s, e->at) ? "quick blocks stay whole" : "too few to split off");
}

static void put_return(FILE *out, const hs_event *e)
{
    if (e->detail == HS_FREE)
        fputs("done: free returns nothing", out);
    else if (e->at)
        fprintf(out, "returns 0x%" PRIx64, e->at);
    else
        fputs("returns NULL", out);
}

/* Put that a request is too large for any heap, so that no search was made. */
static void put_too_much(FILE *out, const hs_session *s, uint64_t bytes)
{
    fprintf(out, "fails: %" PRIu64 " bytes are more than the heap may ever have, %" PRIu64, bytes,
            hs_heap_maximum(hs_session_heap(s)));
    if (bytes > UINT64_MAX - 4096)
        fputs("; with a header added, or rounded up, the sum would begin at 0 again", out);
}

static void put_fail(FILE *out, const hs_session *s, const hs_event *e)
{
    switch (e->detail) {
    case HS_BECAUSE_OVERFLOW: fputs("fails: the product is larger than any size", out); break;
    case HS_BECAUSE_NO_POWER: fputs("fails: the alignment is no power of two", out); break;
    case HS_BECAUSE_SYSTEM: fputs("fails: the operating system gave no memory", out); break;
    case HS_BECAUSE_TABLE:
        fprintf(out, "fails: the table has room for %" PRIu64 " pieces, and is full", e->a);
        break;
    case HS_BECAUSE_NO_BLOCK:
        fprintf(out, "fails: no block in use starts at 0x%" PRIx64, e->at);
        break;
    default:
        if (e->a > hs_heap_maximum(hs_session_heap(s))) {
            put_too_much(out, s, e->a);
            return;
        }
        fprintf(out, "fails: %" PRIu64 " byte%s %s needed", e->a, hs_plural(e->a),
                hs_verb(e->a, "is", "are"));
        if (alignment_of(s))
            fprintf(out, ", with the payload at a multiple of %" PRIu64, alignment_of(s));
        if (hs_leads_astray(s, e->a))
            fputs("; no free block serves, and the damaged heap led it to no place to grow", out);
        else
            fprintf(out, "; no %s, and the heap may not grow beyond %" PRIu64 " bytes",
                    hs_looks_for_holes(s) ? "free block serves" : "room is left",
                    hs_heap_maximum(hs_session_heap(s)));
    }
}

static void put_fill(FILE *out, const hs_event *e)
{
    if (e->b)
        fprintf(out, "poisons %" PRIu64 " byte%s at 0x%" PRIx64 " with 0x%" PRIx64, e->a,
                hs_plural(e->a), e->at, e->b);
    else
        fprintf(out, "sets %" PRIu64 " byte%s to zero", e->a, hs_plural(e->a));
}

/* True if there was nothing to look at before event i: no list with a block, or no block at all. A
 * realloc that grows the last block where it is looks for none. */
static bool had_no_choice(const hs_session *s, size_t i)
{
    if (event_at(s, 0)->detail == HS_REALLOC) return false;
    if (!allocator_of(s)->list) return false;
    for (const hs_event *e; i-- > 0 && (e = event_at(s, i));)
        if (e->kind == HS_LOOK || e->kind == HS_VISIT || e->kind == HS_GROW) return false;
    return true;
}

static void put_grow(FILE *out, const hs_session *s, size_t i)
{
    const hs_event *e = event_at(s, i);
    const hs_heap *h = hs_session_heap(s);
    uint64_t before = e->a - hs_heap_base(h), now = e->b - hs_heap_base(h);
    int times = 0;
    if (hs_heap_growth(h) == HS_GROWTH_DOUBLE && before)
        while (before << times < now) times++;
    if (had_no_choice(s, i))
        fputs(hs_heap_allocator(h)->traits & HS_SURE_FITS
                  ? "no list has blocks that are all large enough; "
                  : "nothing free would do; ",
              out);
    fprintf(out, "the heap grows by %" PRIu64 " bytes", now - before);
    if (times && before << times == now) fputs(": it doubles", out);
    if (times > 1 && before << times == now) fprintf(out, ", %d times over", times);
    fprintf(out, "; its end moves from 0x%" PRIx64 " to 0x%" PRIx64, e->a, e->b);
}

/* Put that a realloc stays where it is. What is more than needed stays in the block; where sizes
 * are classes, that is no decision to tell. */
static void put_in_place(FILE *out, const hs_session *s, const hs_event *e)
{
    const hs_event *round = event_of(s, HS_ROUND);
    bool splits = (allocator_of(s)->traits & (HS_DIVIDES | HS_BUDDIES)) == HS_DIVIDES;
    fprintf(out, "the block stays at 0x%" PRIx64 ": %" PRIu64 " byte%s before, %" PRIu64 " now",
            e->at, e->a, hs_plural(e->a), e->b);
    if (splits && round && e->b > round->b && e->b == e->a)
        fprintf(out, ", %" PRIu64 " more than needed: too few to split off", e->b - round->b);
}

static void put_event(FILE *out, const hs_session *s, size_t i)
{
    const hs_event *e = event_at(s, i);
    char fault[HS_FAULT_TEXT];
    switch (e->kind) {
    case HS_REQUEST:
        fputs("the client calls ", out);
        hs_put_call(out, s, hs_session_last(s));
        break;
    case HS_ROUND: put_round(out, s, e); break;
    case HS_VISIT: put_visit(out, s, i); break;
    case HS_LOOK: put_look(out, s, e); break;
    case HS_CHOOSE:
        fprintf(out, "chooses the block at 0x%" PRIx64 ", %" PRIu64 " byte%s", e->at, e->a,
                hs_plural(e->a));
        break;
    case HS_PAD:
        fprintf(out, "skips %" PRIu64 " byte%s so that the payload is aligned", e->a,
                hs_plural(e->a));
        break;
    case HS_SPLIT: put_split(out, e); break;
    case HS_COALESCE:
        fprintf(out, "coalesces: %" PRIu64 " + %" PRIu64 " bytes at 0x%" PRIx64 " become %" PRIu64,
                e->a, e->b, e->at, e->a + e->b);
        break;
    case HS_TAKE: put_take(out, s, e); break;
    case HS_RELEASE:
        fprintf(out, "the block at 0x%" PRIx64 " is given back: %" PRIu64 " byte%s", e->at, e->a,
                hs_plural(e->a));
        break;
    case HS_INSERT:
    case HS_REMOVE:
        fprintf(out, "the block at 0x%" PRIx64 " %s ", e->at,
                e->kind == HS_INSERT ? "enters" : "leaves");
        put_list(out, s, e->b);
        break;
    case HS_DECLINE: put_decline(out, s, e); break;
    case HS_MOVE:
        fprintf(out, "copies %" PRIu64 " byte%s from 0x%" PRIx64 " to 0x%" PRIx64, e->b,
                hs_plural(e->b), e->at, e->a);
        if (hs_lost_alignment(hs_session_last(s)))
            fprintf(out, ", which is no multiple of %" PRIu64 ": realloc keeps no alignment",
                    hs_lost_alignment(hs_session_last(s)));
        break;
    case HS_FILL: put_fill(out, e); break;
    case HS_QUARANTINE:
        fprintf(out,
                "the block at 0x%" PRIx64 ", %" PRIu64 " byte%s, waits in quarantine: %" PRIu64
                " block%s there",
                e->at, e->a, hs_plural(e->a), e->b, hs_plural(e->b));
        break;
    case HS_BUMP:
        fprintf(out,
                "the bump pointer moves from 0x%" PRIx64 " to 0x%" PRIx64 ": %" PRIu64 " byte%s",
                e->a, e->b, hs_bumped(e), hs_plural(hs_bumped(e)));
        break;
    case HS_GROW: put_grow(out, s, i); break;
    case HS_IN_PLACE: put_in_place(out, s, e); break;
    case HS_IGNORE: fputs("free does nothing here: the bytes stay behind, out of use", out); break;
    case HS_RETURN: put_return(out, e); break;
    case HS_FAIL: put_fail(out, s, e); break;
    case HS_FAULT:
        hs_fault_text(e, fault);
        fprintf(out, "fault: %s; the request is undone", fault);
        break;
    default: fputs(hs_event_name((hs_event_kind)e->kind), out);
    }
}

char *hs_step_text(const hs_session *s, size_t from, size_t to)
{
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    if (from < to && event_at(s, from)) put_event(out, s, from);
    hs_text_end(out);
    return text;
}

/* --- The whole ------------------------------------------------------------------------------ */

/* Put a word as the header or link that it is: an address of the heap, or size | status, in a
 * hardened heap with the checksum before them, or poison. */
static void put_word(FILE *out, const hs_session *s, hs_addr at, uint64_t word)
{
    const hs_heap *h = hs_session_heap(s);
    hs_decoded d = hs_decode(h, at, word);
    char text[64];
    hs_word_text(h, &d, text, sizeof text);
    fputs(word ? text : "0", out);
}

static void put_writes(FILE *out, const hs_session *s, size_t from, size_t to)
{
    for (size_t i = from + 1; i < to; i++) {
        const hs_event *e = event_at(s, i);
        if (e->kind != HS_WRITE || e->a == e->b) continue;
        fprintf(out, "\n       writes 0x%" PRIx64 ": ", e->at);
        put_word(out, s, e->at, e->a);
        fputs(" -> ", out);
        put_word(out, s, e->at, e->b);
    }
}

/* Put where the buddy of the block is that event i frees, then the buddy of what the two become,
 * and so on up to one that is not free. */
static void put_buddies(FILE *out, const hs_session *s, size_t i)
{
    static const char said[] =
        "\n     its buddy, at offset %" PRIu64 " XOR %" PRIu64 " = %" PRIu64 ", %s";
    const hs_heap *h = hs_session_heap(s);
    const hs_event *release = event_at(s, i), *e;
    uint64_t size = release->a, offset = release->at - hs_heap_base(h);
    while ((e = event_at(s, ++i)) && e->kind != HS_INSERT && e->kind != HS_RELEASE) {
        if (e->kind != HS_COALESCE) continue;
        fprintf(out, said, offset, size, offset ^ size, "is free: they become one");
        offset &= ~size;
        size *= 2;
    }
    bool there = (offset ^ size) + size <= hs_heap_committed(h);
    fprintf(out, said, offset, size, offset ^ size,
            there ? "is not free, or not whole" : "would lie beyond the heap");
}

/* Put which of the four cases of coalescing the block is that event i frees. */
static void put_case(FILE *out, const hs_session *s, size_t i)
{
    static const char *const cases[] = {
        "case 1 of 4: neither neighbour is free", "case 2 of 4: the right neighbour is free",
        "case 3 of 4: the left neighbour is free", "case 4 of 4: both neighbours are free"};
    static const char *const times[] = {[HS_JOINS_NEVER] = "off", [HS_JOINS_LATER] = "deferred"};
    const hs_heap *h = hs_session_heap(s);
    const hs_allocator *a = hs_heap_allocator(h);
    hs_coalescing c = a->coalesces ? a->coalesces(h) : (hs_coalescing){0};
    const hs_event *release = event_at(s, i), *e;
    bool left = false, right = false, itself = false;
    if (hs_fault(h) || !a->coalesces || !a->fields || a->traits & HS_OBJECTS) return;
    if (a->traits & HS_BUDDIES) {
        put_buddies(out, s, i);
        return;
    }
    while ((e = event_at(s, ++i)) && e->kind != HS_RELEASE) {
        if (e->kind == HS_COALESCE && e->at == release->at && !e->a) itself = true;
        if (e->kind != HS_COALESCE || e->at + e->a + e->b <= release->at) continue;
        left |= e->at < release->at;
        right |= e->at == release->at;
    }
    if (itself) {
        fputs("\n     coalescing: its header says 0 bytes, so it is its own right neighbour", out);
        return;
    }
    if (c.when != HS_JOINS_NOW && !left && !right)
        fprintf(out, "\n     coalescing is %s: its neighbours stay as they are", times[c.when]);
    else if (!c.left)
        fprintf(out,
                "\n     coalescing: the right neighbour is %s; without footers a free left one "
                "can not be found",
                right ? "free" : "not free");
    else
        fprintf(out, "\n     coalescing, %s%s", cases[(left ? 2 : 0) + (right ? 1 : 0)],
                c.some_wait && !(left && right) ? "; blocks in quick lists count as used" : "");
}

/* How many words were written that said the same before. No step lists them. */
static uint64_t unchanged_words(const hs_session *s)
{
    uint64_t n = 0;
    const hs_event *e;
    for (size_t i = 0; (e = event_at(s, i)); i++) n += e->kind == HS_WRITE && e->a == e->b;
    return n;
}

static void put_cost(FILE *out, const hs_session *s)
{
    hs_counts c = hs_events_counts(hs_session_heap(s));
    uint64_t same = unchanged_words(s);
    fprintf(out, "\ncost: %" PRIu64 " block%s examined, %" PRIu64 " word%s written", c.visits,
            hs_plural(c.visits), c.writes, hs_plural(c.writes));
    if (same) fprintf(out, ", %" PRIu64 " of them unchanged", same);
    fprintf(out, ", %" PRIu64 " byte%s moved", c.moved, hs_plural(c.moved));
}

static size_t count_visits(const hs_session *s)
{
    size_t n = 0;
    const hs_event *e;
    for (size_t i = 0; (e = event_at(s, i)); i++) n += e->kind == HS_VISIT;
    return n;
}

static void put_steps(FILE *out, const hs_session *s)
{
    size_t number = 0, visit = 0, visits = count_visits(s), end;
    for (size_t i = 0; event_at(s, i); i = end) {
        end = hs_step_end(s, i);
        number++;
        bool looks = event_at(s, i)->kind == HS_VISIT;
        visit += looks;
        if (looks && visit > VISITS_TOLD && visit + 4 <= visits) {
            if (visit == VISITS_TOLD + 1)
                fprintf(out, "\n     ... and at %" PRIu64 " more block%s",
                        (uint64_t)(visits - 4 - VISITS_TOLD) +
                            hs_events_left_out(hs_session_heap(s)) / 2,
                        hs_plural((uint64_t)(visits - 4 - VISITS_TOLD) +
                                  hs_events_left_out(hs_session_heap(s)) / 2));
            continue;
        }
        fprintf(out, "\n%3zu. ", number);
        put_event(out, s, i);
        put_writes(out, s, i, end);
        if (event_at(s, i)->kind == HS_RELEASE) put_case(out, s, i);
    }
}

/* The whole request in numbered steps, with the words written, the case of coalescing and the
 * cost. */
static char *why(const hs_session *s)
{
    char *text = NULL;
    size_t size;
    const hs_last *last = hs_session_last(s);
    FILE *out = hs_text_begin(&text, &size);
    if (last->faulted)
        fprintf(out, "a request that ended in a fault, on %s", hs_session_allocator_name(s));
    else
        fprintf(out, "command %" PRIu64 ", on %s", last->number, hs_session_allocator_name(s));
    put_steps(out, s);
    put_cost(out, s);
    hs_text_end(out);
    return text;
}

char *hs_why_of(const hs_session *s, uint64_t n)
{
    hs_problem problem;
    if (hs_session_tells(s, n)) return why(s);
    hs_session *then = hs_session_telling(s, n, &problem);
    char *text = then ? why(then) : hs_copy(problem.what);
    hs_session_free(then);
    return text;
}

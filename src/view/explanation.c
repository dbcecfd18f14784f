/* SPDX-License-Identifier: MIT */
/* The sentence: call and result, how the block was found, what it became, what it cost. Everything
 * is read off the events; nothing is worked out again. */
#include "view/explanation.h"

#include "base/count.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The events of one request, sorted by what a sentence asks for; NULL where there was none. */
typedef struct {
    const hs_event *request, *round, *choose, *pad, *take, *release, *move, *bump, *grow, *in_place,
        *ignore, *fail, *quarantine;
    const hs_event *run;       /* the run that was chosen to become the slab of an object */
    bool object;               /* a slab was looked at for a free object */
    const hs_event *splits[2]; /* the first split, the only one of a malloc, and the last */
    const hs_event *joins[3], *last_join; /* the first coalescings, and the last one */
    size_t join_count;
    const hs_event *decline, *left; /* why realloc does not grow it: the last; a free left one */
    bool saw_free;                  /* there were free neighbours, too few bytes */
    hs_counts counts;
    uint64_t zeroed; /* bytes that calloc has set */
} story;

static bool is_buddy_heap(const hs_heap *h)
{
    return hs_heap_allocator(h)->traits & HS_BUDDIES;
}

static story read_story(const hs_heap *h)
{
    story t = {.counts = hs_events_counts(h)};
    size_t n;
    const hs_event *e = hs_events(h, &n);
    for (size_t i = 0; i < n; i++, e++) {
        switch (e->kind) {
        case HS_REQUEST: t.request = e; break;
        case HS_ROUND: t.round = e; break;
        case HS_CHOOSE:
            t.run = t.choose;
            t.choose = e;
            break;
        case HS_VISIT:
            t.object |= e->detail == HS_SEES_OBJECTS;
            t.saw_free |= e->detail == HS_SEES_NEIGHBOUR;
            break;
        case HS_DECLINE:
            t.saw_free |= e->detail == HS_BECAUSE_TOO_SMALL;
            if (e->detail == HS_BECAUSE_LEFT) t.left = e;
            if (e->detail != HS_BECAUSE_LEFT || is_buddy_heap(h)) t.decline = e;
            break;
        case HS_PAD: t.pad = e; break;
        case HS_SPLIT:
            if (!t.splits[0]) t.splits[0] = e;
            t.splits[1] = e;
            break;
        case HS_TAKE: t.take = e; break;
        case HS_RELEASE: t.release = e; break;
        case HS_MOVE: t.move = e; break;
        case HS_FILL: t.zeroed += e->b ? 0 : e->a; break; /* calloc's */
        case HS_QUARANTINE: t.quarantine = e; break;
        case HS_BUMP: t.bump = e; break;
        case HS_GROW: t.grow = e; break;
        case HS_IN_PLACE: t.in_place = e; break;
        case HS_IGNORE: t.ignore = e; break;
        case HS_FAIL: t.fail = t.fail ? t.fail : e; break;
        case HS_COALESCE:
            if (t.join_count < 3) t.joins[t.join_count] = e;
            t.last_join = e;
            t.join_count++;
            break;
        default: break;
        }
    }
    return t;
}

/* "first fit" where the allocator has a placement policy, else its name. */
static void put_policy(FILE *out, const hs_session *s)
{
    const hs_heap *h = hs_session_heap(s);
    const hs_allocator *a = hs_heap_allocator(h);
    const char *fit = a->fit ? a->fit(h) : NULL;
    if (fit)
        fprintf(out, "%s fit", fit);
    else
        fputs(a->name, out);
}

static bool is_buddy(const hs_session *s)
{
    return is_buddy_heap(hs_session_heap(s));
}

bool hs_looks_for_holes(const hs_session *s)
{
    return hs_heap_allocator(hs_session_heap(s))->traits & HS_REUSES;
}

/* What is said of the holes when none serves. */
static const char *no_hole(const hs_session *s)
{
    bool sure = hs_heap_allocator(hs_session_heap(s))->traits & HS_SURE_FITS;
    return sure ? "no hole is sure to fit" : "no hole fits";
}

enum { EDGES = 64 }; /* bytes around a block in new memory, at most: alignment and an end mark */

bool hs_leads_astray(const hs_session *s, uint64_t need)
{
    const hs_heap *h = hs_session_heap(s);
    return hs_session_broken_by(s) && hs_heap_maximum(h) - hs_heap_committed(h) > need + EDGES;
}

static void put_growth(FILE *out, const hs_session *s, const hs_event *grow)
{
    const hs_heap *h = hs_session_heap(s);
    hs_growth growth = hs_heap_growth(h);
    uint64_t before = grow->a - hs_heap_base(h), now = grow->b - hs_heap_base(h);
    bool doubled = growth == HS_GROWTH_DOUBLE && now == 2 * before;
    fprintf(out, "the heap %s from %" PRIu64 " to %" PRIu64 " bytes", doubled ? "doubled" : "grew",
            before, now);
    if (growth != HS_GROWTH_DOUBLE)
        fprintf(out, " (growth %s)", hs_settings[HS_SET_GROWTH].choices[growth]);
}

static void put_examined(FILE *out, const story *t)
{
    if (t->counts.visits)
        fprintf(out, ", %" PRIu64 " block%s examined", t->counts.visits,
                hs_plural(t->counts.visits));
}

static void put_split(FILE *out, const hs_session *s, const story *t)
{
    const hs_event *first = t->splits[0], *last = t->splits[1];
    if (!first)
        fputs(", not split", out);
    else if (is_buddy(s) && t->counts.splits > 1)
        fprintf(out, ", halved %" PRIu64 " times, down to %" PRIu64, t->counts.splits, last->a);
    else if (first != last && last->at == first->at + first->a) /* one in front, one behind */
        fprintf(out, ", split %" PRIu64 " + %" PRIu64 " + %" PRIu64, first->a, last->a, last->b);
    else
        fprintf(out, ", split %" PRIu64 " + %" PRIu64, last->a, last->b);
}

/* Put how an object of a slab was come by; the slab may have been made for it from a run of free
 * units. */
static void put_object(FILE *out, const hs_session *s, const story *t)
{
    const hs_event *object = t->choose, *run = t->run;
    if (t->grow) {
        fputs("no free run; ", out);
        put_growth(out, s, t->grow);
        fputs("; ", out);
    }
    if (run)
        fprintf(out, "a new slab, at 0x%" PRIx64 ", of %" PRIu64 "-byte objects; its first serves",
                run->at, object->a);
    else
        fprintf(out, "the free %" PRIu64 "-byte object at 0x%" PRIx64 " serves", object->a,
                object->at);
    put_examined(out, t);
}

/* A free block, found or made by growing. */
static void put_choice(FILE *out, const hs_session *s, const story *t)
{
    if (t->object) {
        put_object(out, s, t);
        return;
    }
    if (t->grow) {
        fprintf(out, "%s; ", no_hole(s));
        put_growth(out, s, t->grow);
        fprintf(out, "; %s block, %" PRIu64 " bytes at 0x%" PRIx64 ", serves",
                is_buddy(s) ? "a new" : "its last", t->choose->a, t->choose->at);
    } else {
        put_policy(out, s);
        fprintf(out, " took the %" PRIu64 "-byte hole at 0x%" PRIx64, t->choose->a, t->choose->at);
    }
    put_examined(out, t);
    put_split(out, s, t);
}

static void put_bump(FILE *out, const hs_session *s, const story *t)
{
    if (t->grow) {
        put_growth(out, s, t->grow);
        fputs("; ", out);
    }
    fprintf(out, "the bump pointer moved from 0x%" PRIx64 " to 0x%" PRIx64 ", %" PRIu64 " byte%s",
            t->bump->a, t->bump->b, hs_bumped(t->bump), hs_plural(hs_bumped(t->bump)));
}

/* Put how a block was come by: from the bump pointer, or chosen among the free ones. */
static void put_placement(FILE *out, const hs_session *s, const story *t)
{
    if (t->bump)
        put_bump(out, s, t);
    else if (t->choose)
        put_choice(out, s, t);
    if (t->pad)
        fprintf(out, ", %" PRIu64 " byte%s skipped for alignment", t->pad->a, hs_plural(t->pad->a));
}

/* Put that with a free block on the left the block would have had room enough. */
static void put_left(FILE *out, const story *t)
{
    if (t->left && t->left != t->decline && t->round && t->left->b >= t->round->b)
        fprintf(out, ", and the %" PRIu64 " free bytes on the block's left are not used",
                t->left->a);
}

static void put_failure(FILE *out, const hs_session *s, const story *t)
{
    switch (t->fail ? t->fail->detail : HS_BECAUSE_NONE) {
    case HS_BECAUSE_OVERFLOW: fputs("the product is larger than any size", out); break;
    case HS_BECAUSE_NO_POWER: fputs("the alignment is no power of two", out); break;
    case HS_BECAUSE_SYSTEM: fputs("the operating system gave no memory", out); break;
    case HS_BECAUSE_TABLE: fputs("the table of pieces is full", out); break;
    case HS_BECAUSE_NO_BLOCK:
        fprintf(out, "no block in use starts at 0x%" PRIx64, t->fail->at);
        break;
    default:
        if (t->fail && !t->round && t->fail->a > hs_heap_maximum(hs_session_heap(s)))
            fprintf(out, "that is more than the heap may ever have, %" PRIu64 " bytes",
                    hs_heap_maximum(hs_session_heap(s)));
        else if (t->fail && hs_leads_astray(s, t->fail->a))
            fprintf(out, "%s, and the damaged heap led it to no place to grow", no_hole(s));
        else
            fprintf(out, "%s, and the heap may not grow beyond %" PRIu64 " bytes",
                    hs_looks_for_holes(s) ? no_hole(s) : "no room is left",
                    hs_heap_maximum(hs_session_heap(s)));
    }
    put_left(out, t);
    put_examined(out, t);
    fputs("; nothing changed", out);
}

static const char *name_of(const hs_session *s, uint32_t variable)
{
    const hs_variable *v = hs_session_variable(s, variable);
    return v ? v->name : NULL;
}

static void put_pointer(FILE *out, const hs_session *s, hs_pointer p)
{
    const char *name = name_of(s, p.variable);
    if (name)
        fputs(name, out);
    else if (p.offset)
        fprintf(out, "0x%" PRIx64, p.offset);
    else
        fputs("NULL", out);
    if (name && p.offset >> 63)
        fprintf(out, "-%" PRIu64, 0 - p.offset);
    else if (name && p.offset)
        fprintf(out, "+%" PRIu64, p.offset);
}

uint64_t hs_lost_alignment(const hs_last *last)
{
    uint64_t alignment = last->old_alignment;
    return alignment && last->result % alignment ? alignment : 0;
}

/* p2 = realloc(p1, 64) */
void hs_put_call(FILE *out, const hs_session *s, const hs_last *last)
{
    const hs_op *op = &last->op;
    const char *result = name_of(s, last->variable);
    bool own = op->request == HS_REALLOC && op->p.variable == last->variable && op->p.offset == 0;
    if (result && !own) fprintf(out, "%s = ", result);
    fprintf(out, "%s(", hs_request_name(op->request));
    if (op->request == HS_REALLOC || op->request == HS_FREE) put_pointer(out, s, op->p);
    if (op->request == HS_REALLOC) fputs(", ", out);
    if (op->request == HS_CALLOC || op->request == HS_ALIGNED_ALLOC)
        fprintf(out, "%" PRIu64 ", ", op->b);
    if (op->request != HS_FREE) fprintf(out, "%" PRIu64, op->a);
    fputs(")", out);
}

/* Put the merges: a block with its buddy, what they become with its own buddy, and so on. */
static void put_merges(FILE *out, const story *t)
{
    const hs_event *last = t->last_join;
    if (!last) return;
    fputs(", merged with its buddy", out);
    if (t->join_count > 1) fprintf(out, ", %zu times over", t->join_count);
    fprintf(out, ": a hole of %" PRIu64 " bytes", last->a + last->b);
}

/* A block that was freed, and what it was joined with. */
static void put_release(FILE *out, const hs_session *s, const story *t)
{
    if (t->ignore) {
        fprintf(out, "%s does nothing; the bytes stay behind, out of use",
                hs_heap_allocator(hs_session_heap(s))->name);
        return;
    }
    if (t->fail) {
        put_failure(out, s, t);
        return;
    }
    const hs_event *r = t->release, *q = t->quarantine;
    if (q)
        fprintf(out, "the %" PRIu64 "-byte block at 0x%" PRIx64 " waits in quarantine%s", q->a,
                q->at, r ? "; the oldest leaves it: " : "");
    if (q && !r) return;
    if (!r) {
        fputs("free does nothing with NULL", out);
        return;
    }
    bool left = false, right = false;
    hs_addr from = r->at, to = r->at + r->a;
    for (size_t i = 0; i < t->join_count && i < 3; i++) {
        const hs_event *j = t->joins[i];
        left |= j->at < r->at;
        right |= j->at == r->at;
        if (j->at < from) from = j->at;
        if (j->at + j->a + j->b > to) to = j->at + j->a + j->b;
    }
    fprintf(out, "the %" PRIu64 "-byte block at 0x%" PRIx64 " is free", r->a, r->at);
    if (is_buddy(s))
        put_merges(out, t);
    else if (left || right)
        fprintf(out, ", coalesced with its %s: a hole of %" PRIu64 " bytes",
                left && right ? "left and right neighbours"
                : left        ? "left neighbour"
                              : "right neighbour",
                to - from);
}

/* Put what a block took from each neighbour that it grew into, and of new memory. */
static void put_absorbed(FILE *out, const hs_session *s, const story *t)
{
    size_t n, parts = 0;
    const hs_event *e = hs_events(hs_session_heap(s), &n), *end = e + n;
    uint64_t left = t->in_place->b - t->in_place->a;
    bool several = t->join_count - (t->grow != NULL) > 1;
    for (; e < end && left; e++) {
        if (e->kind != HS_COALESCE || e->at != t->in_place->at) continue;
        uint64_t part = e->b < left ? e->b : left;
        left -= part;
        fprintf(out, "%s%" PRIu64 " byte%s ", parts && !left ? " and " : ", ", part,
                hs_plural(part));
        if (t->grow && e == t->last_join)
            fputs("of new memory", out);
        else if (several)
            fprintf(out, "%s at 0x%" PRIx64, parts ? "from the one" : "taken from its neighbour",
                    e->at + e->a);
        else
            fputs("taken from its right-hand neighbour", out);
        parts++;
    }
}

static void put_in_place(FILE *out, const hs_session *s, const story *t)
{
    const hs_event *e = t->in_place;
    if (e->a == e->b)
        fprintf(out, "in place: the block of %" PRIu64 " byte%s stays as it is", e->a,
                hs_plural(e->a));
    else
        fprintf(out, "in place: the block %s from %" PRIu64 " to %" PRIu64 " bytes",
                e->b > e->a ? "grew" : "shrank", e->a, e->b);
    if (e->b > e->a && is_buddy(s))
        fputs(", merged with the free buddy on its right", out);
    else if (e->b > e->a)
        put_absorbed(out, s, t);
    if (e->b > e->a && is_buddy(s) && t->join_count > 1)
        fprintf(out, ", %zu times over", t->join_count);
    if (e->b < e->a && t->splits[0]) fprintf(out, ", %" PRIu64 " bytes are free", e->a - e->b);
    if (e->b < e->a && t->last_join && !is_buddy(s))
        fprintf(out, ", coalesced with the neighbour behind them: a hole of %" PRIu64 " bytes",
                t->last_join->a + t->last_join->b);
    if (!t->grow) return;
    fputs(", ", out);
    put_growth(out, s, t->grow);
}

/* Put why a block had to leave its place. */
static void put_why_moved(FILE *out, const hs_session *s, const story *t)
{
    static const char *const reasons[] = {
        [HS_BECAUSE_USED] = "its right-hand neighbour is in use",
        [HS_BECAUSE_WAITS] = "its right-hand neighbour waits, and counts as used",
        [HS_BECAUSE_LIMIT] = "the heap may not grow far enough behind it",
        [HS_BECAUSE_CLASS] = "another size class serves so many bytes",
        [HS_BECAUSE_NOT_LATEST] = "only the latest block can be resized where it is",
        [HS_BECAUSE_NEVER] = "no block changes its size where it is",
    };
    static const char *const buddies[] = {
        [HS_BECAUSE_USED] = "its buddy is in use",
        [HS_BECAUSE_IN_PARTS] = "its buddy is in parts, not all of them free",
        [HS_BECAUSE_LEFT] = "its buddy is on its left",
        [HS_BECAUSE_LIMIT] = "its buddy would lie beyond the heap",
    };
    if (!t->decline) return;
    unsigned why = t->decline->detail;
    bool few = why == HS_BECAUSE_USED && t->saw_free && !is_buddy(s);
    fprintf(out, ", for %s",
            few           ? "the free bytes on its right are too few"
            : is_buddy(s) ? buddies[why]
                          : reasons[why]);
    put_left(out, t);
}

static void put_realloc(FILE *out, const hs_session *s, const hs_last *last, const story *t)
{
    if (t->in_place) {
        put_in_place(out, s, t);
        return;
    }
    if (t->move) {
        fprintf(out, "moved from 0x%" PRIx64 " to 0x%" PRIx64, last->old_value, last->result);
        put_why_moved(out, s, t);
        fprintf(out, ", %" PRIu64 " byte%s copied", t->move->b, hs_plural(t->move->b));
        if (hs_lost_alignment(last))
            fprintf(out, ", no longer at a multiple of %" PRIu64, hs_lost_alignment(last));
        fputs("; ", out);
    }
    put_placement(out, s, t);
    if (t->quarantine)
        fprintf(out, "; the old %" PRIu64 "-byte block waits in quarantine", t->quarantine->a);
    else if (t->release)
        fprintf(out, "; the old %" PRIu64 "-byte block is free", t->release->a);
}

/* Put how many bytes calloc set to zero. It leaves fresh memory alone that nobody ever wrote to. */
static void put_zeros(FILE *out, uint64_t bytes, uint64_t zeroed)
{
    uint64_t fresh = bytes - zeroed;
    if (zeroed || !bytes)
        fprintf(out, ", %" PRIu64 " byte%s set to zero", zeroed, hs_plural(zeroed));
    if (fresh)
        fprintf(out, ", %" PRIu64 " byte%s zero as the system gave it", fresh, hs_plural(fresh));
}

static void put_request(FILE *out, const hs_session *s, const hs_last *last)
{
    story t = read_story(hs_session_heap(s));
    const hs_op *op = &last->op;
    bool frees =
        op->request == HS_FREE || (op->request == HS_REALLOC && last->old_value && op->a == 0);
    hs_put_call(out, s, last);
    if (frees) {
        fputs(": ", out);
        put_release(out, s, &t);
        if (last->misuse) fputs("; this pointer must not be freed", out);
        return;
    }
    if (last->result)
        fprintf(out, " = 0x%" PRIx64 ": ", last->result);
    else
        fputs(" = NULL: ", out);
    if (!last->result)
        put_failure(out, s, &t);
    else if (op->request == HS_REALLOC && last->old_value)
        put_realloc(out, s, last, &t);
    else
        put_placement(out, s, &t);
    if (last->result && op->request == HS_CALLOC) put_zeros(out, op->a * op->b, t.zeroed);
}

/* --- Writes --------------------------------------------------------------------------------- */

/* Put that this write broke the heap, and how; or, if it hit what is not its own, that an earlier
 * command had broken it. A write within its own block is not told of damage that others did. */
static void put_damage(FILE *out, const hs_session *s, uint64_t number, bool stays)
{
    const hs_heap *h = hs_session_heap(s);
    uint64_t culprit = hs_session_broken_by(s);
    hs_damage damage;
    if (culprit == number && !hs_heap_allocator(h)->check(h, &damage))
        fprintf(out, "; the heap is broken at 0x%" PRIx64 ": %s", damage.at, damage.what);
    else if (culprit && culprit != number && !stays)
        fprintf(out, "; command %" PRIu64 " had broken the heap before", culprit);
}

/* Put what a write hit beyond the payload it began in. Returns whether it stayed within that. */
static bool put_overrun(FILE *out, const hs_session *s, hs_pointer through, hs_addr at, uint64_t n)
{
    const hs_client_block *b = hs_session_block_around(s, at);
    if (b && !b->live) {
        fprintf(out, ": %s was freed: this is a use after free", hs_session_block_name(s, b));
    } else if (b && hs_session_is_stale(s, through, b)) {
        fprintf(out, ": a use after free, for the memory belongs to %s now",
                hs_session_block_name(s, b));
    } else if (!b) {
        fputs(": in no live block", out);
    } else if (at + n > b->addr + b->requested) {
        uint64_t beyond = at + n - b->addr - b->requested;
        fprintf(out, ": %" PRIu64 " byte%s beyond the end of %s", beyond, hs_plural(beyond),
                hs_session_block_name(s, b));
    } else {
        return true;
    }
    return false;
}

static void put_write(FILE *out, const hs_session *s, const hs_last *last)
{
    uint64_t n = last->op.text_length * last->op.a;
    fprintf(out, "wrote %" PRIu64 " byte%s at ", n, hs_plural(n));
    put_pointer(out, s, last->op.p);
    if (last->op.p.variable != HS_NONE) fprintf(out, " (0x%" PRIx64 ")", last->old_value);
    if (!n) return;
    bool stays = put_overrun(out, s, last->op.p, last->old_value, n);
    put_damage(out, s, last->number, stays);
}

/* --- The rest ------------------------------------------------------------------------------- */

static void put_fresh(FILE *out, const hs_session *s)
{
    uint64_t done, left_out;
    const hs_heap *h = hs_session_heap(s);
    hs_session_replayed(s, &done, &left_out);
    hs_heap_config is = hs_session_sizes(s), asked = *hs_session_config(s);
    fputs("a fresh heap of ", out);
    hs_put_asked(out, is.initial, asked.initial, " bytes");
    fprintf(out, " under %s", hs_session_allocator_name(s));
    if (is.maximum != asked.maximum && !hs_heap_allocator(h)->model_base) {
        fputs(", at most ", out);
        hs_put_asked(out, is.maximum, asked.maximum, "");
    }
    if (!done && !left_out) return;
    fprintf(out, "; %" PRIu64 " command%s ran again", done, hs_plural(done));
    if (left_out) fprintf(out, ", %" PRIu64 " could not", left_out);
    fprintf(out, ": heap %" PRIu64 " bytes now", hs_heap_committed(h));
}

/* Put a setting with the value that is in force. It may differ from what was typed: 0x10, or a zoom
 * of 100. */
static void put_setting(FILE *out, const hs_session *s, const char *name)
{
    uint64_t value;
    const hs_option *o = hs_session_option(s, name, &value);
    if (!o) return;
    fprintf(out, "%s is ", name);
    if (o->choices)
        fputs(o->choices[value], out);
    else
        fprintf(out, "%" PRIu64, value);
    fprintf(out, " now%s", o->fresh ? "; the heap is fresh" : "");
}

char *hs_explain(const hs_session *s)
{
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    hs_op done, *op = hs_session_op(s, hs_session_op_count(s) - 1, &done) ? &done : NULL;
    const hs_last *last = hs_session_last(s);
    if (!op || op->kind == HS_OP_ALLOCATOR || op->kind == HS_OP_HEAP || op->kind == HS_OP_RESET ||
        op->replay)
        put_fresh(out, s);
    else if (last->faulted && (op->kind == HS_OP_REQUEST || op->kind == HS_OP_WRITE))
        fputs("the last request ended in a fault, and was undone: `why` tells it", out);
    else if (op->kind == HS_OP_REQUEST)
        put_request(out, s, last);
    else if (op->kind == HS_OP_WRITE)
        put_write(out, s, last);
    else if (op->kind == HS_OP_SET)
        put_setting(out, s, op->name);
    else if (op->kind == HS_OP_MACHINE)
        fputs(hs_session_mmu(s)->report, out);
    else if (op->kind == HS_OP_ASSIGN)
        fprintf(
            out, "%s = 0x%" PRIx64, op->name,
            hs_session_variable(s, hs_session_find_variable(s, op->name, strlen(op->name)))->value);
    hs_text_end(out);
    return text;
}

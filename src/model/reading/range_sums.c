/* SPDX-License-Identifier: MIT */
/* The range sums, a tree over the heap's addresses: each node has the sums of a range.
 *
 *      inner    [ 0 .. 4K                                  ]     sums of its four quarters
 *      leaves   [ 0 .. 1K | 1K .. 2K | 2K .. 3K | 3K .. 4K ]     a few blocks each
 *      blocks   |a |b|c     |d      |e           |f        |
 *
 * Ranges are powers of two from the base on, so a cell of the map is a node, or a part of a leaf. A
 * leaf with many blocks is split, so it is small where blocks are small. It remembers the block
 * that its first byte lies in: there a walk can begin.
 *
 * Shares count the bytes that lie in the range; all else counts the blocks that start in it.
 *
 * Where a header is broken, be it for the moment between two writes of a request, a walk is
 * derailed, and takes the rest of the heap for one damaged piece. Nodes that end before that piece
 * are as ever; those behind it keep what they have, for when the header is whole again.
 *
 * Invariants: a leaf that is not dirty has what a walk over the whole heap would see there, if no
 * derailment hid it; above a dirty node all are dirty. Whatever changes a block tells, in an event
 * or a change, some byte of it, and whatever makes a block tells all of it: so it is enough to mark
 * all leaves of the blocks that the told bytes lay in before. */
#include "model/reading/range_sums.h"

#include "base/memory.h"
#include "model/reading/readings.h"

#include <heapscope/reading.h>

#include <stdlib.h>

enum { QUARTERS = 4, QUARTER_BITS = 2, LEAST_BITS = 6, MOST_BLOCKS = 16, FEW_BLOCKS = 4 };

typedef struct {
    hs_ledger ledger;
    uint64_t shares[HS_SHARES];
    uint32_t kinds[HS_BLOCK_KINDS];
} sums;

typedef struct {
    hs_addr whole;     /* of a leaf: where its walk begins, or HS_NULL: at the first block */
    hs_addr piece;     /* where the piece starts that contains its first byte; HS_NULL: in none */
    uint32_t quarters; /* the first of four nodes; 0: it is a leaf */
    bool dirty;
    sums sums;
} node;

struct hs_range_sums {
    node *nodes; /* the root is the first */
    size_t count, capacity;
    uint32_t spare; /* four nodes out of use, which name the next such; 0: none */
    unsigned bits;  /* of the root's range */
    hs_addr base;
    hs_addr highest; /* hs_totals.highest_block as it was seen last: it parts free from unused */
    struct {
        hs_addr at, end; /* the damaged piece; UINT64_MAX: there is none */
        hs_addr whole;   /* block whence a walk comes to it, or HS_NULL: the first */
    } derailed;
};

/* A node, with the range that it stands for. */
typedef struct {
    uint32_t i;
    unsigned bits;
    hs_addr from;
} place;

static hs_addr end_of(place p)
{
    return p.from + ((hs_addr)1 << p.bits);
}

static place root_of(const hs_range_sums *a)
{
    return (place){0, a->bits, a->base};
}

static place quarter(const hs_range_sums *a, place p, unsigned i)
{
    unsigned bits = p.bits - QUARTER_BITS;
    return (place){a->nodes[p.i].quarters + i, bits, p.from + ((hs_addr)i << bits)};
}

/* The leaf whose range has `at`, which lies in the root's. */
static place leaf_at(const hs_range_sums *a, hs_addr at)
{
    place p = root_of(a);
    while (a->nodes[p.i].quarters)
        p = quarter(a, p, (unsigned)((at - p.from) >> (p.bits - QUARTER_BITS)));
    return p;
}

/* --- Life ----------------------------------------------------------------------------------- */

static hs_range_sums *new_sums(const hs_session *s)
{
    hs_range_sums *a = hs_new(1, sizeof *a);
    a->base = hs_heap_base(s->heap);
    a->bits = LEAST_BITS;
    a->nodes = hs_array_reserve(NULL, &a->capacity, 1, sizeof *a->nodes);
    a->nodes[a->count++] = (node){.dirty = true};
    a->highest = hs_session_totals(s)->highest_block;
    a->derailed.at = UINT64_MAX;
    return a;
}

void hs_range_sums_free(hs_range_sums *a)
{
    if (!a) return;
    free(a->nodes);
    free(a);
}

void hs_range_sums_forget(hs_session *s)
{
    hs_range_sums_free(hs_readings_of(s)->sums);
    hs_readings_of(s)->sums = NULL;
}

/* --- Nodes ---------------------------------------------------------------------------------- */

static uint32_t obtain_quarters(hs_range_sums *a)
{
    uint32_t first = a->spare;
    if (first) {
        a->spare = a->nodes[first].quarters;
    } else {
        a->nodes = hs_array_reserve(a->nodes, &a->capacity, a->count + QUARTERS, sizeof *a->nodes);
        first = (uint32_t)a->count;
        a->count += QUARTERS;
    }
    for (uint32_t i = 0; i < QUARTERS; i++) a->nodes[first + i] = (node){.dirty = true};
    return first;
}

static void split(hs_range_sums *a, uint32_t leaf)
{
    uint32_t first = obtain_quarters(a);
    a->nodes[leaf].quarters = first;
}

/* Join four quarters that are leaves with few blocks into one leaf. */
static void join(hs_range_sums *a, uint32_t i)
{
    node *n = &a->nodes[i];
    uint32_t first = n->quarters;
    n->whole = a->nodes[first].whole;
    n->piece = a->nodes[first].piece;
    n->quarters = 0;
    a->nodes[first].quarters = a->spare;
    a->spare = first;
}

/* Widen the root's range until it has the whole heap. */
static void widen(hs_range_sums *a, uint64_t committed)
{
    while ((uint64_t)1 << a->bits < committed) {
        uint32_t first = obtain_quarters(a);
        a->nodes[first] = a->nodes[0];
        a->nodes[0] = (node){.quarters = first, .dirty = true};
        a->bits += QUARTER_BITS;
    }
}

/* --- What is dirty -------------------------------------------------------------------------- */

static void mark(hs_range_sums *a, place p, hs_addr from, hs_addr to)
{
    if (p.from >= to || end_of(p) <= from) return;
    a->nodes[p.i].dirty = true;
    for (unsigned i = 0; a->nodes[p.i].quarters && i < QUARTERS; i++)
        mark(a, quarter(a, p, i), from, to);
}

/* Mark all leaves of the pieces that the bytes from .. to - 1 lay in. */
static void mark_pieces(hs_range_sums *a, hs_addr from, hs_addr to)
{
    hs_addr end = end_of(root_of(a));
    if (to > end) to = end;
    if (from < a->base) from = a->base;
    if (from >= to) return;
    hs_addr piece = a->nodes[leaf_at(a, from).i].piece, last = to;
    for (hs_addr at = end_of(leaf_at(a, to - 1)); at < end;) {
        place p = leaf_at(a, at);
        if (!a->nodes[p.i].piece || a->nodes[p.i].piece >= to) break;
        at = last = end_of(p);
    }
    mark(a, root_of(a), piece && piece < from ? piece : from, last);
}

/* Mark what an event changes. Padding that a request passes over lengthens the piece before it,
 * which ended there. */
static void mark_event(hs_range_sums *a, const hs_event *e)
{
    switch (e->kind) {
    case HS_BUMP: mark_pieces(a, (e->a < e->b ? e->a : e->b) - 1, e->a < e->b ? e->b : e->a); break;
    case HS_GROW: mark_pieces(a, e->a, e->b); break;
    case HS_PAD: mark_pieces(a, e->at - 1, e->at + e->a); break;
    case HS_INSERT:
    case HS_REMOVE: mark_pieces(a, e->at, e->at + e->a); break;
    case HS_SPLIT: mark_pieces(a, e->at, e->at + e->a + e->b); break;
    case HS_IN_PLACE: mark_pieces(a, e->at, e->at + (e->a > e->b ? e->a : e->b)); break;
    default: break;
    }
}

void hs_range_sums_follow(hs_session *s, size_t from, size_t to)
{
    size_t n;
    const hs_event *e = hs_events(s->heap, &n);
    hs_range_sums *a = hs_readings_of(s)->sums;
    if (!a) return;
    for (size_t i = 0; i < s->change_count; i++)
        mark_pieces(a, s->changes[i].from, s->changes[i].to);
    for (size_t i = from; i < to && i < n; i++) mark_event(a, &e[i]);
    widen(a, hs_heap_committed(s->heap));
}

/* --- Reading -------------------------------------------------------------------------------- */

/* A walk through the dirty leaves, in order. */
typedef struct {
    const hs_session *session;
    hs_range_sums *sums;
    hs_seen seen;  /* the block at or behind .. */
    hs_addr until; /* .. this address, where the last leaf ended */
    bool on, more; /* the walk has begun; and has not ended */
    hs_addr whole; /* block whence a walk comes here, or HS_NULL: the first */
} reader;

/* Bring the walk to the block at `from`, or the first one behind it. All leaves before that are up
 * to date. */
static void come_to(reader *r, hs_addr from)
{
    const hs_session *s = r->session;
    if (!r->on || r->until != from) {
        r->whole = HS_NULL;
        if (from > r->sums->base) r->whole = r->sums->nodes[leaf_at(r->sums, from - 1).i].whole;
        r->more = hs_session_walk_from(s, r->whole, from, &r->seen);
        r->on = true;
    }
    while (r->more && r->seen.block.addr + r->seen.block.size <= from)
        r->more = hs_session_walk(s, &r->seen, &r->seen);
    if (r->more && r->seen.whole.addr <= from && r->seen.whole.kind != HS_BLOCK_DAMAGED)
        r->whole = r->seen.whole.addr;
}

static void add_shares(sums *t, const hs_session *s, const hs_seen *seen, hs_addr from, hs_addr to)
{
    hs_part parts[HS_PARTS];
    size_t n = hs_parts_of(s, seen, parts);
    for (size_t i = 0; i < n; i++) {
        hs_addr start = parts[i].from > from ? parts[i].from : from;
        hs_addr end = parts[i].to < to ? parts[i].to : to;
        if (start < end) t->shares[parts[i].share] += end - start;
    }
}

/* Note that the walk met a damaged piece. The leaf in which that starts is read again whenever
 * somebody looks; until then it tells nothing. */
static void derail(reader *r, const hs_block *damaged)
{
    hs_range_sums *a = r->sums;
    a->derailed.at = damaged->addr;
    a->derailed.end = damaged->addr + damaged->size;
    a->derailed.whole = r->whole;
    mark(a, root_of(a), damaged->addr, damaged->addr + 1);
    r->on = false;
}

/* Read a leaf; false when it has more blocks than a leaf should. */
static bool read_leaf(reader *r, place p)
{
    node *n = &r->sums->nodes[p.i];
    hs_addr to = end_of(p);
    uint32_t blocks = 0;
    sums t = {0};
    come_to(r, p.from);
    hs_addr piece = r->more && r->seen.block.addr <= p.from ? r->seen.block.addr : HS_NULL;
    for (; r->more && r->seen.block.addr < to;
         r->more = hs_session_walk(r->session, &r->seen, &r->seen)) {
        if (r->seen.block.kind == HS_BLOCK_DAMAGED) {
            derail(r, &r->seen.block);
            return true;
        }
        add_shares(&t, r->session, &r->seen, p.from, to);
        if (r->seen.block.addr >= p.from) {
            if (++blocks > MOST_BLOCKS && p.bits > LEAST_BITS) {
                r->on = false;
                return false;
            }
            hs_ledger_book(&t.ledger, r->session, &r->seen);
            t.kinds[r->seen.block.kind]++;
        }
        if (r->seen.block.addr + r->seen.block.size >= to) break;
    }
    r->until = to;
    *n = (node){.whole = r->whole, .piece = piece, .sums = t};
    return true;
}

static void add(sums *to, const sums *part)
{
    hs_ledger_add(&to->ledger, &part->ledger);
    for (int i = 0; i < HS_SHARES; i++) to->shares[i] += part->shares[i];
    for (int i = 0; i < HS_BLOCK_KINDS; i++) to->kinds[i] += part->kinds[i];
}

/* The walk comes to leaves that seem to be up to date. True if the first one begins otherwise than
 * it says. If it does not, all up to the next dirty one hold, unless the block that they begin with
 * makes no sense behind the one before it: then the walk is derailed there. */
static bool begins_otherwise(reader *r, place p)
{
    if (!r->on || r->until != p.from) return false;
    const node *leaf = &r->sums->nodes[leaf_at(r->sums, p.from).i];
    come_to(r, p.from);
    bool inside = r->more && r->seen.block.addr <= p.from;
    if (leaf->piece != (inside ? r->seen.block.addr : HS_NULL) || leaf->whole != r->whole)
        return true;
    hs_seen next = r->seen;
    bool more = r->more;
    if (more && next.block.addr < p.from) more = hs_session_walk(r->session, &r->seen, &next);
    if (more && next.block.kind == HS_BLOCK_DAMAGED) derail(r, &next.block);
    return false;
}

static bool is_derailed_within(const hs_range_sums *a, place p)
{
    return end_of(p) > a->derailed.at;
}

static void bring_up_to_date(reader *r, place p)
{
    hs_range_sums *a = r->sums;
    if (p.from > a->derailed.at) return;
    if (!a->nodes[p.i].dirty) {
        if (!begins_otherwise(r, p)) return;
        mark(a, p, p.from, p.from + 1);
    }
    if (!a->nodes[p.i].quarters) {
        if (read_leaf(r, p)) return;
        split(a, p.i);
    }
    bool leaves = true;
    for (unsigned i = 0; i < QUARTERS; i++) bring_up_to_date(r, quarter(a, p, i));
    if (is_derailed_within(a, p)) return;
    node *n = &a->nodes[p.i];
    n->dirty = false;
    n->sums = (sums){0};
    for (uint32_t i = 0; i < QUARTERS; i++) {
        const node *q = &a->nodes[n->quarters + i];
        add(&n->sums, &q->sums);
        leaves &= !q->quarters;
    }
    if (leaves && n->sums.ledger.pieces <= FEW_BLOCKS) join(a, p.i);
}

void hs_range_sums_differs(hs_session *s, hs_addr from, hs_addr to)
{
    if (hs_readings_of(s)->sums) mark_pieces(hs_readings_of(s)->sums, from, to);
}

void hs_range_sums_marks_move(hs_session *s)
{
    hs_mark marks[HS_MARKS];
    if (!hs_readings_of(s)->sums) return;
    size_t n = hs_heap_marks(s->heap, marks);
    for (size_t i = 0; i < n; i++) hs_range_sums_differs(s, marks[i].at - 1, marks[i].at + 1);
}

/* Follow the highest block that was ever handed out: unused bytes below it are free ones, and no
 * event tells that. */
static void follow_highest(hs_range_sums *a, hs_addr highest)
{
    hs_addr before = a->highest;
    if (highest == before) return;
    a->highest = highest;
    if (before < highest)
        mark_pieces(a, before, highest);
    else
        mark_pieces(a, highest, before);
}

/* The sums of the heap as it is. */
static const hs_range_sums *sums_of(const hs_session *s)
{
    hs_readings *k = hs_readings_of(s);
    if (!k->sums) k->sums = new_sums(s);
    hs_range_sums *a = k->sums;
    widen(a, hs_heap_committed(s->heap));
    follow_highest(a, hs_session_totals(s)->highest_block);
    a->derailed.at = UINT64_MAX;
    bring_up_to_date(&(reader){.session = s, .sums = a}, root_of(a));
    return a;
}

void hs_range_sums_catch_up(hs_session *s)
{
    if (hs_readings_of(s)->sums) sums_of(s);
}

bool hs_range_sums_is_derailed(const hs_session *s)
{
    return sums_of(s)->derailed.at != UINT64_MAX;
}

hs_addr hs_range_sums_anchor(const hs_session *s, hs_addr at)
{
    const hs_range_sums *a = sums_of(s);
    if (at < a->base) return HS_NULL;
    hs_addr end = end_of(root_of(a));
    place p = leaf_at(a, at < end ? at : end - 1);
    return is_derailed_within(a, p) ? a->derailed.whole : a->nodes[p.i].whole;
}

/* Blocks that start in a leaf that a derailment lies in. */
static void book_leaf(const hs_session *s, hs_addr from, hs_addr to, hs_ledger *out)
{
    hs_seen seen;
    for (bool more = hs_session_walk_to(s, from, &seen); more && seen.block.addr < to;
         more = hs_session_walk(s, &seen, &seen))
        if (seen.block.addr >= from) hs_ledger_book(out, s, &seen);
}

static void book(const hs_session *s, const hs_range_sums *a, place p, hs_ledger *out)
{
    const node *n = &a->nodes[p.i];
    if (p.from > a->derailed.at) return;
    if (!is_derailed_within(a, p))
        hs_ledger_add(out, &n->sums.ledger);
    else if (!n->quarters)
        book_leaf(s, p.from, end_of(p), out);
    else
        for (unsigned i = 0; i < QUARTERS; i++) book(s, a, quarter(a, p, i), out);
}

void hs_range_sums_ledger(const hs_session *s, hs_ledger *out)
{
    const hs_range_sums *a = sums_of(s);
    *out = (hs_ledger){0};
    book(s, a, root_of(a), out);
}

/* --- Shares --------------------------------------------------------------------------------- */

typedef struct {
    const hs_session *session;
    hs_addr from, to; /* the cells' range */
    unsigned bits;    /* of a cell */
    uint64_t (*cells)[HS_SHARES];
} canvas;

static void put_share(const canvas *c, hs_share share, hs_addr from, hs_addr to)
{
    while (from < to) {
        size_t cell = (size_t)((from - c->from) >> c->bits);
        hs_addr next = c->from + ((hs_addr)(cell + 1) << c->bits);
        if (next > to) next = to;
        c->cells[cell][share] += next - from;
        from = next;
    }
}

/* Add the bytes from .. to - 1 of a piece to the cells. */
static void put_piece(const canvas *c, const hs_seen *seen, hs_addr from, hs_addr to)
{
    hs_part parts[HS_PARTS];
    size_t n = hs_parts_of(c->session, seen, parts);
    for (size_t i = 0; i < n; i++)
        put_share(c, parts[i].share, parts[i].from > from ? parts[i].from : from,
                  parts[i].to < to ? parts[i].to : to);
}

static void put_walk(const canvas *c, hs_addr from, hs_addr to)
{
    hs_seen seen;
    for (bool more = hs_session_walk_to(c->session, from, &seen); more && seen.block.addr < to;
         more = hs_session_walk(c->session, &seen, &seen)) {
        put_piece(c, &seen, from, to);
        if (seen.block.addr + seen.block.size >= to) return;
    }
}

static void put_node(const canvas *c, const hs_range_sums *a, place p)
{
    hs_addr from = p.from > c->from ? p.from : c->from, to = end_of(p) < c->to ? end_of(p) : c->to;
    const node *n = &a->nodes[p.i];
    if (from >= to) return;
    if (p.from > a->derailed.at) {
        put_share(c, HS_SHARE_DAMAGED, from, to < a->derailed.end ? to : a->derailed.end);
    } else if (p.bits <= c->bits && !is_derailed_within(a, p)) {
        uint64_t *cell = c->cells[(from - c->from) >> c->bits];
        for (int i = 0; i < HS_SHARES; i++) cell[i] += n->sums.shares[i];
    } else if (n->quarters) {
        for (unsigned i = 0; i < QUARTERS; i++) put_node(c, a, quarter(a, p, i));
    } else {
        put_walk(c, from, to);
    }
}

void hs_session_shares(const hs_session *s, hs_addr from, unsigned cell_bits, size_t cells,
                       uint64_t (*out)[HS_SHARES])
{
    HS_ENTER_SESSION(s, NULL, );
    const hs_range_sums *a = sums_of(s);
    hs_addr to = from + ((hs_addr)cells << cell_bits), end = hs_heap_end(s->heap);
    canvas c = {s, from, to < end ? to : end, cell_bits, out};
    bool aligned = (from - hs_heap_base(s->heap)) % ((uint64_t)1 << cell_bits) == 0;
    if (aligned)
        put_node(&c, a, root_of(a));
    else
        put_walk(&c, from, c.to);
    hs_seen mark = {0};
    if (hs_heap_end_mark(s->heap, &mark.block)) put_piece(&c, &mark, from, c.to);
}

/* --- Counting ------------------------------------------------------------------------------- */

static bool is_in(unsigned kinds, const hs_seen *seen)
{
    return kinds >> seen->block.kind & 1;
}

static uint64_t count_in(const node *n, unsigned kinds)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < HS_BLOCK_KINDS; i++)
        if (kinds >> i & 1) count += n->sums.kinds[i];
    return count;
}

/* Walk from the block at `from` on, and count the blocks that start within from .. to - 1. */
static uint64_t count_walk(const hs_session *s, hs_addr from, hs_addr to, unsigned kinds)
{
    hs_seen seen;
    uint64_t count = 0;
    for (bool more = hs_session_walk_to(s, from, &seen); more && seen.block.addr < to;
         more = hs_session_walk(s, &seen, &seen))
        count += seen.block.addr >= from && is_in(kinds, &seen);
    return count;
}

/* Blocks that start in the node's range and before `at`. */
static uint64_t count_node(const hs_session *s, const hs_range_sums *a, place p, hs_addr at,
                           unsigned kinds)
{
    const node *n = &a->nodes[p.i];
    uint64_t count = 0;
    if (p.from >= at || p.from > a->derailed.at) return 0;
    if (end_of(p) <= at && !is_derailed_within(a, p)) return count_in(n, kinds);
    if (!n->quarters) return count_walk(s, p.from, at < end_of(p) ? at : end_of(p), kinds);
    for (unsigned i = 0; i < QUARTERS; i++) count += count_node(s, a, quarter(a, p, i), at, kinds);
    return count;
}

uint64_t hs_session_count_before(const hs_session *s, hs_addr at, unsigned kinds)
{
    HS_ENTER_SESSION(s, NULL, 0);
    const hs_range_sums *a = sums_of(s);
    return count_node(s, a, root_of(a), at, kinds);
}

static bool walk_nth(const hs_session *s, uint64_t n, unsigned kinds, hs_seen *out)
{
    const hs_range_sums *a = sums_of(s);
    place p = root_of(a);
    if (n >= count_node(s, a, p, UINT64_MAX, kinds)) return false;
    while (a->nodes[p.i].quarters) {
        unsigned i = 0;
        for (uint64_t here; (here = count_node(s, a, quarter(a, p, i), UINT64_MAX, kinds)) <= n;
             n -= here)
            i++;
        p = quarter(a, p, i);
    }
    for (bool more = hs_session_walk_to(s, p.from, out); more; more = hs_session_walk(s, out, out))
        if (out->block.addr >= p.from && is_in(kinds, out) && n-- == 0) return true;
    return false;
}

bool hs_session_walk_nth(const hs_session *s, uint64_t n, unsigned kinds, hs_seen *out)
{
    HS_ENTER_SESSION(s, NULL, false);
    return walk_nth(s, n, kinds, out);
}

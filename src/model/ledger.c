/* The ledger: walks the blocks as the bytes tell them, and lays the client's records beside them.
 * Invariant: the causes' sum is the committed size, whatever the bytes say. */
#include <heapscope/ledger.h>

static const struct {
    const char *name, *definition;
} causes[HS_CAUSES] = {
    [HS_CAUSE_PAYLOAD] = {"payload", "bytes that the client asked for, in live blocks"},
    [HS_CAUSE_PADDING] = {"padding", "alignment, rounding, and leftovers too small to split off"},
    [HS_CAUSE_HEADERS] = {"headers", "headers and footers, of used and of free blocks"},
    [HS_CAUSE_FREE] = {"free", "free again: payload room of free blocks, handed out before"},
    [HS_CAUSE_SMALL] = {"too small", "free, but too small to serve any request"},
    [HS_CAUSE_DEAD] = {"dead", "freed, and never used again: this allocator can not reuse it"},
    [HS_CAUSE_UNUSED] = {"never used", "committed, but not handed out yet"},
    [HS_CAUSE_DAMAGED] = {"damaged", "behind a broken header: nobody can tell"},
};

const char *hs_cause_name(hs_cause cause)
{
    return causes[cause].name;
}

const char *hs_cause_definition(hs_cause cause)
{
    return causes[cause].definition;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void book(hs_ledger *l, hs_cause cause, uint64_t bytes)
{
    l->bytes[cause] += bytes;
}

static void book_used(hs_ledger *l, const hs_session *s, const hs_block *b)
{
    const hs_client_block *c = hs_session_block_from(s, hs_block_payload(b));
    bool known = c && c->addr == hs_block_payload(b) && c->live;
    uint64_t capacity = hs_block_capacity(b);
    uint64_t payload = known ? least(c->requested, capacity) : 0;
    book(l, HS_CAUSE_HEADERS, b->header + b->footer);
    book(l, HS_CAUSE_PAYLOAD, payload);
    book(l, HS_CAUSE_PADDING, capacity - payload);
    l->block_bytes += b->size;
}

static void count_hole(hs_ledger *l, uint64_t size)
{
    l->free_bytes += size;
    if (!l->holes || size < l->smallest_hole) l->smallest_hole = size;
    if (size > l->largest_hole) l->largest_hole = size;
    l->holes++;
}

static void book_free(hs_ledger *l, const hs_session *s, const hs_block *b)
{
    hs_addr highest = hs_session_totals(s)->highest_block;
    uint64_t capacity = hs_block_capacity(b);
    hs_addr payload = hs_block_payload(b);
    uint64_t again = highest > payload ? least(highest - payload, capacity) : 0;
    book(l, HS_CAUSE_HEADERS, b->header + b->footer);
    book(l, capacity < 8 ? HS_CAUSE_SMALL : HS_CAUSE_FREE, again);
    book(l, HS_CAUSE_UNUSED, capacity - again);
    count_hole(l, b->size);
}

/* A region without marks between its blocks: the client's records divide it. What follows a live
 * payload up to the next record is padding; what follows a dead one is as dead. */
static void book_region(hs_ledger *l, const hs_session *s, const hs_block *b)
{
    hs_addr at = b->addr, end = b->addr + b->size;
    hs_cause filler = HS_CAUSE_PADDING;
    const hs_client_block *c = hs_session_block_from(s, at);
    for (; c && c->addr < end; c = hs_session_block_from(s, c->addr + 1)) {
        if (c->addr > at) {
            book(l, filler, c->addr - at);
            if (filler == HS_CAUSE_PADDING) l->block_bytes += c->addr - at;
            at = c->addr;
        }
        const hs_client_block *next = hs_session_block_from(s, c->addr + 1);
        uint64_t room = (next && next->addr < end ? next->addr : end) - c->addr;
        uint64_t bytes = least(c->requested, room);
        book(l, c->live ? HS_CAUSE_PAYLOAD : HS_CAUSE_DEAD, bytes);
        if (c->live) l->block_bytes += bytes;
        filler = c->live ? HS_CAUSE_PADDING : HS_CAUSE_DEAD;
        at += bytes;
    }
    book(l, filler, end - at);
    if (filler == HS_CAUSE_PADDING) l->block_bytes += end - at;
}

hs_ledger hs_ledger_take(const hs_session *s)
{
    const hs_heap *h = hs_session_heap(s);
    const hs_allocator *a = hs_heap_allocator(h);
    hs_ledger l = {0};
    hs_block b;
    uint64_t seen = 0;
    for (bool more = a->walk(h, NULL, &b); more; more = a->walk(h, &b, &b)) {
        seen += b.size;
        switch (b.kind) {
        case HS_BLOCK_USED: book_used(&l, s, &b); break;
        case HS_BLOCK_FREE: book_free(&l, s, &b); break;
        case HS_BLOCK_REGION: book_region(&l, s, &b); break;
        case HS_BLOCK_DAMAGED: book(&l, HS_CAUSE_DAMAGED, b.size); break;
        case HS_BLOCK_UNUSED:
            book(&l, HS_CAUSE_UNUSED, b.size);
            count_hole(&l, b.size);
            break;
        }
    }
    book(&l, HS_CAUSE_PADDING, hs_heap_committed(h) - seen); /* before the first, after the last */
    return l;
}

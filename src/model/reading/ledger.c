/* SPDX-License-Identifier: MIT */
/* The ledger: books the blocks as the bytes tell them, beside the client's records of them.
 * Invariant: the causes' sum is the committed size, whatever the bytes say. */
#include "model/reading/readings.h"

static const struct {
    const char *name, *definition;
} causes[HS_CAUSES] = {
    [HS_CAUSE_PAYLOAD] = {"payload", "asked for by the client, in live blocks"},
    [HS_CAUSE_PADDING] = {"padding", "alignment, rounding, leftovers"},
    [HS_CAUSE_HEADERS] = {"headers", "headers, footers, allocator's own records"},
    [HS_CAUSE_FREE] = {"free", "free again: handed out before"},
    [HS_CAUSE_SMALL] = {"too small", "free, but too small for any request"},
    [HS_CAUSE_DEAD] = {"dead", "freed, but of no use again, or not yet"},
    [HS_CAUSE_UNUSED] = {"never used", "committed, not handed out yet"},
    [HS_CAUSE_DAMAGED] = {"damaged", "a broken header, and what lies behind it"},
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

static void book_used(hs_ledger *l, const hs_seen *seen)
{
    const hs_block *b = &seen->block;
    uint64_t payload = seen->payload_end - hs_block_payload(b);
    book(l, HS_CAUSE_HEADERS, b->header + b->footer);
    book(l, HS_CAUSE_PAYLOAD, payload);
    book(l, HS_CAUSE_PADDING, b->lead + hs_block_capacity(b) - payload);
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
    uint64_t smallest = hs_heap_allocator(hs_session_heap(s))->model_base ? 1 : 8;
    book(l, capacity < smallest ? HS_CAUSE_SMALL : HS_CAUSE_FREE, again);
    book(l, HS_CAUSE_UNUSED, capacity - again);
    count_hole(l, b->size);
}

void hs_ledger_book(hs_ledger *l, const hs_session *s, const hs_seen *seen)
{
    const hs_block *b = &seen->block;
    l->pieces++;
    switch (b->kind) {
    case HS_BLOCK_USED: book_used(l, seen); break;
    case HS_BLOCK_FREE: book_free(l, s, b); break;
    case HS_BLOCK_REGION: book(l, HS_CAUSE_PADDING, b->size); break;
    case HS_BLOCK_OWN:
        book(l, HS_CAUSE_HEADERS, b->header);
        book(l, HS_CAUSE_PADDING, b->size - b->header);
        break;
    case HS_BLOCK_DEAD: book(l, HS_CAUSE_DEAD, b->size); break;
    case HS_BLOCK_DAMAGED: book(l, HS_CAUSE_DAMAGED, b->size); break;
    case HS_BLOCK_UNUSED:
        book(l, HS_CAUSE_UNUSED, b->size);
        count_hole(l, b->size);
        break;
    }
}

void hs_ledger_add(hs_ledger *l, const hs_ledger *part)
{
    for (int i = 0; i < HS_CAUSES; i++) l->bytes[i] += part->bytes[i];
    if (part->holes && (!l->holes || part->smallest_hole < l->smallest_hole))
        l->smallest_hole = part->smallest_hole;
    if (part->largest_hole > l->largest_hole) l->largest_hole = part->largest_hole;
    l->pieces += part->pieces;
    l->holes += part->holes;
    l->free_bytes += part->free_bytes;
    l->block_bytes += part->block_bytes;
}

/* Book the bytes that belong to no block: the end mark behind the last one, and padding before the
 * first. */
static void book_rest(hs_ledger *l, const hs_heap *h)
{
    uint64_t committed = hs_heap_committed(h);
    hs_block end;
    if (hs_heap_end_mark(h, &end))
        book(l, end.damage ? HS_CAUSE_DAMAGED : HS_CAUSE_HEADERS, end.size);
    for (int i = 0; i < HS_CAUSES; i++) committed -= l->bytes[i];
    book(l, HS_CAUSE_PADDING, committed);
}

hs_ledger hs_ledger_take(const hs_session *s)
{
    HS_ENTER_SESSION(s, NULL, (hs_ledger){0});
    hs_ledger l;
    if (hs_readings_of(s)->taken) return hs_readings_of(s)->ledger;
    hs_range_sums_ledger(s, &l);
    book_rest(&l, hs_session_heap(s));
    hs_readings_of(s)->ledger = l;
    hs_readings_of(s)->taken = true;
    return l;
}

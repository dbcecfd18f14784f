/* SPDX-License-Identifier: MIT */
/* Walking the heap as a reader sees it: the allocator's walker says where blocks are, the client's
 * records say whose they are and, where an allocator leaves no marks, where one ends. */
#include "model/session/session.h"

static hs_addr end_of(const hs_block *b)
{
    return b->addr + b->size;
}

static hs_addr least(hs_addr a, hs_addr b)
{
    return a < b ? a : b;
}

/* The piece of a region that starts at `at`: up to the next block of the client. `c` is the first
 * block of the client from there on. */
static void see_piece(const hs_session *s, hs_addr at, const hs_client_block *c, hs_seen *out)
{
    hs_addr end = end_of(&out->whole);
    bool starts_here = c && c->addr == at;
    const hs_client_block *next = starts_here ? hs_session_block_from(s, at + 1) : c;
    out->block = (hs_block){.kind = HS_BLOCK_REGION, .addr = at};
    out->block.size = (next ? least(next->addr, end) : end) - at;
    out->client = starts_here ? c : NULL;
    out->next = next;
    out->payload_end = at;
    if (!starts_here) return;
    out->block.kind = c->live ? HS_BLOCK_USED : HS_BLOCK_DEAD;
    out->payload_end = c->requested < out->block.size ? at + c->requested : end_of(&out->block);
}

static void see_whole(const hs_session *s, hs_seen *out)
{
    hs_addr payload = hs_block_payload(&out->whole);
    out->block = out->whole;
    out->client = out->next = NULL;
    out->payload_end = payload;
    if (out->block.kind != HS_BLOCK_USED) return;
    const hs_client_block *c = hs_session_block_at(s, payload);
    if (!c || !c->live) return;
    uint64_t capacity = hs_block_capacity(&out->block);
    out->client = c;
    out->payload_end = payload + (c->requested < capacity ? c->requested : capacity);
}

static void see(const hs_session *s, hs_seen *out)
{
    if (out->whole.kind == HS_BLOCK_REGION)
        see_piece(s, out->whole.addr, hs_session_block_from(s, out->whole.addr), out);
    else
        see_whole(s, out);
}

static bool see_next_whole(const hs_session *s, const hs_block *previous, hs_seen *out)
{
    const hs_heap *h = hs_session_heap(s);
    if (!hs_heap_allocator(h)->walk(h, previous, &out->whole)) return false;
    see(s, out);
    return true;
}

/* See the block that starts at `whole` without walking to it. A walker asks the block before it
 * only where that ends and whether it is in use; in a sound heap the block makes sense with one of
 * the two answers alone. */
static bool see_whole_at(const hs_session *s, hs_addr whole, hs_seen *out)
{
    const hs_heap *h = hs_session_heap(s);
    const hs_allocator *a = hs_heap_allocator(h);
    hs_block used = {.kind = HS_BLOCK_USED, .addr = whole, .is_used = true};
    hs_block free = {.kind = HS_BLOCK_FREE, .addr = whole};
    if (!a->walk(h, &used, &out->whole)) return false;
    if (out->whole.kind == HS_BLOCK_DAMAGED) a->walk(h, &free, &out->whole);
    see(s, out);
    return true;
}

/* In a heap whose blocks are sound one look is enough; else a walk has to get there. */
uint64_t hs_session_block_size(const hs_session *s, hs_addr at)
{
    hs_seen seen;
    bool there = s->is.broken_by ? hs_session_walk_to(s, at, &seen) : see_whole_at(s, at, &seen);
    return there && seen.block.addr == at ? seen.block.size : 0;
}

bool hs_session_walk(const hs_session *s, const hs_seen *previous, hs_seen *out)
{
    if (!previous) return see_next_whole(s, NULL, out);
    hs_addr next = end_of(&previous->block);
    hs_block whole = previous->whole;
    if (next >= end_of(&whole)) return see_next_whole(s, &whole, out);
    const hs_client_block *c = previous->next;
    out->whole = whole;
    see_piece(s, next, c, out);
    return true;
}

bool hs_session_walk_from(const hs_session *s, hs_addr whole, hs_addr at, hs_seen *out)
{
    bool more = whole ? see_whole_at(s, whole, out) : see_next_whole(s, NULL, out);
    while (more && end_of(&out->whole) <= at) {
        hs_block before = out->whole;
        more = see_next_whole(s, &before, out);
    }
    if (!more || out->whole.kind != HS_BLOCK_REGION || at <= out->whole.addr) return more;
    const hs_client_block *c = hs_session_block_before(s, at);
    hs_addr start = c && c->addr >= out->whole.addr ? c->addr : out->whole.addr;
    see_piece(s, start, hs_session_block_from(s, start), out);
    return true;
}

bool hs_session_walk_to(const hs_session *s, hs_addr at, hs_seen *out)
{
    HS_ENTER_SESSION(s, NULL, false);
    const hs_observer *by = s->observed->by;
    return hs_session_walk_from(s, by ? by->anchor(s, at) : HS_NULL, at, out);
}

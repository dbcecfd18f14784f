/* SPDX-License-Identifier: MIT */
/* Addresses become ids. */
#include "trace/log.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

void hs_log_free(hs_log *l)
{
    hs_addresses_free(&l->live);
    free(l->spare);
}

static uint32_t take_id(hs_log *l)
{
    return l->spare_count ? l->spare[--l->spare_count] : l->next++;
}

static void give_back(hs_log *l, uint32_t id)
{
    if (l->spare_count == l->spare_capacity)
        l->spare =
            hs_array_reserve(l->spare, &l->spare_capacity, l->spare_count + 1, sizeof *l->spare);
    l->spare[l->spare_count++] = id;
}

static void flush_nulls(hs_reading *r, hs_log *l)
{
    for (; l->nulls; l->nulls--)
        hs_reading_add(r, (hs_trace_op){.kind = HS_FREE, .id = HS_TRACE_NULL});
}

static void add(hs_reading *r, hs_log *l, hs_trace_op op)
{
    if (l->nulls) flush_nulls(r, l);
    hs_reading_add(r, op);
}

static void release(hs_reading *r, hs_log *l, uint32_t id)
{
    add(r, l, (hs_trace_op){.kind = HS_FREE, .id = id});
    give_back(l, id);
}

/* A live address is handed out again. That can only be because the log has missed its free. */
static void handed_out_again(hs_reading *r, hs_log *l, uint64_t at)
{
    uint32_t id;
    if (!hs_addresses_take(&l->live, at, &id)) return;
    l->unfreed++;
    release(r, l, id);
}

void hs_log_allocate(hs_reading *r, hs_log *l, hs_trace_op op, uint64_t at)
{
    if (!at) {
        r->report->failed++;
        return;
    }
    hs_address_entry *e = hs_addresses_enter(&l->live, at);
    if (e->key) {
        handed_out_again(r, l, at);
        e = hs_addresses_enter(&l->live, at);
    }
    op.id = take_id(l);
    hs_addresses_fill(&l->live, e, at, op.id);
    add(r, l, op);
}

void hs_log_release(hs_reading *r, hs_log *l, uint64_t at)
{
    uint32_t id;
    if (!at)
        l->nulls++;
    else if (hs_addresses_take(&l->live, at, &id))
        release(r, l, id);
    else
        r->report->unseen++;
}

void hs_log_reallocate(hs_reading *r, hs_log *l, uint64_t old, uint64_t size, uint64_t at)
{
    uint32_t id;
    if (!at && (size || !old)) {
        r->report->failed++;
        return;
    }
    uint32_t *there = old == at && size ? hs_addresses_find(&l->live, old) : NULL;
    if (there) { /* it stayed where it was */
        add(r, l, (hs_trace_op){.kind = HS_REALLOC, .id = *there, .size = size});
        return;
    }
    bool seen = old && hs_addresses_take(&l->live, old, &id);
    if (old && !seen) r->report->unseen++;
    if (!seen) { /* realloc(NULL, n), as far as the log knows */
        if (at) hs_log_allocate(r, l, (hs_trace_op){.kind = HS_REALLOC, .size = size}, at);
        return;
    }
    if (!size) { /* freed; some allocators then hand out a block of 0 bytes */
        add(r, l, (hs_trace_op){.kind = HS_REALLOC, .id = id});
        give_back(l, id);
        if (at) hs_log_allocate(r, l, (hs_trace_op){.kind = HS_MALLOC}, at);
        return;
    }
    handed_out_again(r, l, at);
    hs_addresses_put(&l->live, at, id);
    add(r, l, (hs_trace_op){.kind = HS_REALLOC, .id = id, .size = size});
}

static void tell(hs_reading *r, const char *what, uint64_t n)
{
    if (n) hs_reading_note(r, "%s: %" PRIu64, what, n);
}

void hs_log_finish(hs_reading *r, hs_log *l, bool noise)
{
    if (!noise) flush_nulls(r, l);
    tell(r, "requests that failed (NULL), left out", r->report->failed);
    tell(r, "frees of blocks from before the log began, left out, and reallocs of them, now malloc",
         r->report->unseen);
    tell(r, "blocks handed out again without a free in the log, freed there", l->unfreed);
    tell(r, "calls that never returned, left out", l->unfinished);
    tell(r, "strdup of a text that the log has cut, with the bytes that it shows (ltrace -s 9999)",
         l->cut);
    tell(r, "calls of which the log does not say which block they got, left out", l->without);
}

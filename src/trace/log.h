/* SPDX-License-Identifier: MIT */
/* Logs of real programs: requests with the addresses that they were answered with.
 *
 * An address becomes an id when it is handed out, and the id is used again once it is freed, so
 * that a long log of a small heap has few ids. What the log does not have (blocks from before it
 * began, requests that got NULL) is counted, and told in the end. */
#ifndef HS_TRACE_LOG_H
#define HS_TRACE_LOG_H

#include "trace/reading.h"

typedef struct {
    hs_addresses live; /* ids by address */
    uint32_t *spare;   /* ids that hold nothing */
    size_t spare_count, spare_capacity;
    uint32_t next;       /* the first id that was never used */
    uint64_t nulls;      /* frees of NULL in a row that have not been added yet */
    uint64_t unfreed;    /* addresses handed out again without a free */
    uint64_t unfinished; /* calls that never returned */
    uint64_t without;    /* calls whose result the log does not have */
    uint64_t cut;        /* duplicates of texts that the log does not have in full */
} hs_log;

void hs_log_free(hs_log *);

/* Add a request that was answered with `at` (0: NULL, it failed). */
void hs_log_allocate(hs_reading *, hs_log *, hs_trace_op, uint64_t at);
void hs_log_release(hs_reading *, hs_log *, uint64_t at);
void hs_log_reallocate(hs_reading *, hs_log *, uint64_t old, uint64_t size, uint64_t at);

/* malloc and free in the usual case: the table has what it should have right at the home of the
 * address, and nothing behind it has to move. */
HS_INLINED void hs_log_malloc(hs_reading *r, hs_log *l, uint64_t size, uint64_t at)
{
    hs_trace_op op = {.kind = HS_MALLOC, .size = size};
    if (at && l->spare_count && !l->nulls && !hs_addresses_are_full(&l->live)) {
        hs_address_entry *e = &l->live.entries[hs_address_home(&l->live, at)];
        if (!e->key) {
            op.id = l->spare[--l->spare_count];
            l->live.count++;
            *e = (hs_address_entry){at, op.id};
            hs_reading_add(r, op);
            return;
        }
    }
    hs_log_allocate(r, l, op, at);
}

HS_INLINED void hs_log_free_block(hs_reading *r, hs_log *l, uint64_t at)
{
    if (at && l->live.count && l->spare_count < l->spare_capacity && !l->nulls) {
        hs_address_entry *e = &l->live.entries[hs_address_home(&l->live, at)];
        if (e->key == at && !e[1].key) {
            e->key = 0;
            l->live.count--;
            l->spare[l->spare_count++] = e->value;
            hs_reading_add(r, (hs_trace_op){.kind = HS_FREE, .id = e->value});
            return;
        }
    }
    hs_log_release(r, l, at);
}

/* End the log: add what is held back, and tell what there is to tell. `noise`: frees of NULL at the
 * end are not the program's. */
void hs_log_finish(hs_reading *, hs_log *, bool noise);

#endif

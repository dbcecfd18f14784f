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
    uint32_t next;       /* id that nobody had */
    uint64_t nulls;      /* frees of NULL in a row, not added yet */
    uint64_t unfreed;    /* addresses handed out again without a free */
    uint64_t unfinished; /* calls that never returned */
    uint64_t without;    /* calls whose result the log does not have */
} hs_log;

void hs_log_free(hs_log *);

/* A request, answered with `at` (0: NULL, it failed). */
void hs_log_allocate(hs_reading *, hs_log *, hs_trace_op, uint64_t at);
void hs_log_release(hs_reading *, hs_log *, uint64_t at);
void hs_log_reallocate(hs_reading *, hs_log *, uint64_t old, uint64_t size, uint64_t at);

/* The end of the log: what is held back, and what there is to tell. `noise`: frees of NULL at the
 * end are none of the program's. */
void hs_log_finish(hs_reading *, hs_log *, bool noise);

#endif

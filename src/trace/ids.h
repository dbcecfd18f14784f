/* SPDX-License-Identifier: MIT */
/* From the numbers that a file gives its blocks to ids of the trace. A number is its own id while
 * it is small for the length of the file. Others get "late" ids, which in the end become those
 * behind the largest. For each id it is known whether it holds a block. Invariant: numbers below
 * `count` are their own ids; larger ones may be in `far`, and then stay there. */
#ifndef HS_TRACE_IDS_H
#define HS_TRACE_IDS_H

#include "trace/addresses.h"

#define HS_IDS_LATE 0x80000000u

typedef enum {
    HS_ID_FREE,
    HS_ID_LIVE,
    HS_ID_NULL,     /* realloc to 0 bytes freed it: the pointer is NULL, and may be freed */
    HS_ID_SKIPPED,  /* its block is missing, for the line that made it was bad */
    HS_ID_FORGOTTEN /* an id below `count` whose number has another id now */
} hs_id_state;

typedef struct {
    uint8_t *states; /* hs_id_state, of ids from 0 on */
    size_t count, capacity;
    uint8_t *late; /* the states of late ids */
    size_t late_count, late_capacity;
    hs_addresses far;
    uint64_t nearest;   /* the smallest number in `far` */
    hs_addresses moved; /* ids of numbers below `count` whose own is FORGOTTEN; keys: number + 1 */
} hs_ids;

void hs_ids_free(hs_ids *);

/* A late id that nobody has. */
uint32_t hs_ids_new(hs_ids *);

/* Let the block of a number stay live, out of reach. Returns the new id that the number has from
 * now on. */
uint32_t hs_ids_forget(hs_ids *, uint64_t number);
/* The id of a number that may have forgotten blocks. */
uint32_t hs_ids_now(hs_ids *, uint64_t number, uint64_t requests);

/* The id of a number that is larger than those so far, when `requests` have been read. */
uint32_t hs_ids_find(hs_ids *, uint64_t number, uint64_t requests);

static inline uint32_t hs_ids_of(hs_ids *ids, uint64_t number, uint64_t requests)
{
    return number < ids->count ? (uint32_t)number : hs_ids_find(ids, number, requests);
}

static inline uint8_t *hs_ids_state(const hs_ids *ids, uint32_t id)
{
    return id < HS_IDS_LATE ? &ids->states[id] : &ids->late[id - HS_IDS_LATE];
}

#endif

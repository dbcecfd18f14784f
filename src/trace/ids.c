/* SPDX-License-Identifier: MIT */
/* Ids beyond those that the table has room for. */
#include "trace/ids.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* A file may begin with an id of this size without it being thought of as large. */
enum { SMALL = 1 << 20 };

void hs_ids_free(hs_ids *ids)
{
    free(ids->states);
    free(ids->late);
    hs_addresses_free(&ids->far);
    hs_addresses_free(&ids->moved);
}

uint32_t hs_ids_new(hs_ids *ids)
{
    ids->late = hs_array_reserve(ids->late, &ids->late_capacity, ids->late_count + 1, 1);
    ids->late[ids->late_count] = HS_ID_FREE;
    return HS_IDS_LATE + (uint32_t)ids->late_count++;
}

/* Make room for all ids up to one, and for half as many again; not for one that is far away. */
static void widen(hs_ids *ids, uint64_t number)
{
    uint64_t count = number + number / 2 + 1024;
    if (count > HS_IDS_LATE) count = HS_IDS_LATE;
    if (ids->far.count && count > ids->nearest) count = ids->nearest;
    ids->states = hs_array_reserve(ids->states, &ids->capacity, count, 1);
    memset(ids->states + ids->count, HS_ID_FREE, count - ids->count);
    ids->count = count;
}

uint32_t hs_ids_find(hs_ids *ids, uint64_t number, uint64_t requests)
{
    uint32_t *there = hs_addresses_find(&ids->far, number);
    if (there) return *there;
    bool near = number < SMALL + 4 * requests && number < HS_IDS_LATE;
    if (near && (!ids->far.count || number < ids->nearest)) {
        widen(ids, number);
        return (uint32_t)number;
    }
    if (!ids->far.count || number < ids->nearest) ids->nearest = number;
    uint32_t id = hs_ids_new(ids);
    hs_addresses_put(&ids->far, number, id);
    return id;
}

uint32_t hs_ids_forget(hs_ids *ids, uint64_t number)
{
    uint32_t id = hs_ids_new(ids);
    if (number >= ids->count) {
        hs_addresses_put(&ids->far, number, id);
    } else {
        ids->states[number] = HS_ID_FORGOTTEN;
        hs_addresses_put(&ids->moved, number + 1, id);
    }
    return id;
}

uint32_t hs_ids_now(hs_ids *ids, uint64_t number, uint64_t requests)
{
    uint32_t id = hs_ids_of(ids, number, requests);
    if (*hs_ids_state(ids, id) != HS_ID_FORGOTTEN) return id;
    return *hs_addresses_find(&ids->moved, number + 1);
}

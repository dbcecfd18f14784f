/* struct hs_session, for the files of the model that work on it. */
#ifndef HS_MODEL_SESSION_H
#define HS_MODEL_SESSION_H

#include "model/client.h"
#include "model/chronicle.h"
#include "model/timeline.h"

#include <heapscope/ledger.h>

/* All that decides how a fresh heap behaves. */
typedef struct {
    char name[32]; /* of the allocator, as it was asked for */
    const hs_allocator *allocator;
    uint64_t options[HS_OPTIONS];
    hs_heap_config heap;
    uint64_t settings[HS_SETTINGS];
} hs_setup;

/* The ledger of the heap as it is, once somebody has asked for it. */
typedef struct {
    bool taken;
    hs_ledger ledger;
} hs_kept_ledger;

struct hs_session {
    hs_setup setup, start; /* now, and before the first remembered operation */
    hs_heap *heap;
    hs_client *client;
    hs_kept_ledger *kept; /* behind a pointer, for a reader of the session may take it */

    hs_record_of_op *records;
    size_t record_count, record_capacity;
    size_t first_on_heap;  /* the first operation on the heap as it is */
    hs_setup replay_setup; /* of the last replay ... */
    size_t replayed_until; /* ... of the operations from first_on_heap to here */
    uint64_t now;          /* the number of the operation that is being performed, from 1 */
    uint64_t replayed, not_replayed;

    hs_last last;
    uint64_t broken_by; /* the operation that broke the heap; 0: none did */
    hs_totals totals;
    hs_timeline timeline;
    hs_change *changes;
    size_t change_count, change_capacity;
};

/* Say what is wrong with a pointer that the client wants to free or resize. Returns false. */
bool hs_describe_misuse(const hs_session *, const hs_op *, hs_addr p, hs_problem *);

#endif

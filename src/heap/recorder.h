/* SPDX-License-Identifier: MIT */
/* The recorder: keeps the events of one request, counts them, and can undo the request.
 *
 * Beside the events it keeps the bytes that were overwritten, so that a request which runs into
 * broken bytes half-way leaves the heap as it was before. */
#ifndef HS_HEAP_RECORDER_H
#define HS_HEAP_RECORDER_H

#include "heap/range.h"

#include <setjmp.h>

hs_recorder *hs_recorder_new(size_t state_size);
void hs_recorder_free(hs_recorder *);

/* Forget the last request; remember the allocator's variables and what is set. */
void hs_record_begin(hs_recorder *, const hs_heap *);

void hs_record(hs_recorder *, hs_event);

/* Note a block that is looked at. Faults when a request looks at more than there can be. */
void hs_record_visit(hs_recorder *, const hs_heap *, hs_addr block, uint64_t size, hs_sight);

/* Keep the n bytes at `at`, about to be overwritten by a HS_MOVE or HS_FILL that is recorded next.
 */
void hs_record_overwritten(hs_recorder *, const hs_heap *, hs_addr at, uint64_t n);

/* While this is on, the allocator's variables are kept at every event, so that hs_record_seek can
 * show any event of the requests recorded meanwhile. */
void hs_record_trace(hs_recorder *, bool on);

/* Undo the last request, wholly. */
void hs_record_undo(hs_heap *);

/* Restore the growth and the allocator's options that were set when the last request began. */
void hs_record_recall_settings(hs_heap *);

/* Show the heap as it was after the first n events of the traced request. */
void hs_record_seek(hs_heap *, size_t n);

/* Where a fault lands: whoever runs a request calls setjmp on it before. */
jmp_buf *hs_record_landing(hs_recorder *);

/* End the request here: undoes what it did, records the fault and jumps to the landing. */
_Noreturn void hs_record_fault(const hs_heap *, hs_reason, hs_addr at);

#endif

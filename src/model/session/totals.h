/* SPDX-License-Identifier: MIT */
/* Totals: what a client's requests come to since its heap was fresh. A session keeps them for what
 * is typed, a player for a trace; the measures (ledger.h) are read off them.
 *
 *      after each request:  counts -> what it changed -> time has passed */
#ifndef HS_MODEL_TOTALS_H
#define HS_MODEL_TOTALS_H

#include <heapscope/session.h>

hs_totals hs_totals_of(hs_addr base);

/* Add what a request cost, and the highest end of a block that it took; 0: it took none. */
void hs_totals_add(hs_totals *, hs_counts, hs_addr highest);

/* Note that the payload of a block changed its size, 0 meaning that there is none, and now ends at
 * `end`. `used` is the memory in use, from the base to the end of the highest block so far. */
void hs_totals_block(hs_totals *, uint64_t from, uint64_t to, hs_addr end, uint64_t used);

/* Note a point in time, after a request, before which `used_before` bytes were in use. */
void hs_totals_mark(hs_totals *, uint64_t used_before, uint64_t used);

/* part / whole in thousandths, rounded down; 0 of nothing. */
uint64_t hs_thousandths(uint64_t part, uint64_t whole);

/* Johnstone & Wilson's measures 1 to 4 in thousandths. */
uint64_t hs_totals_fragmentation(const hs_totals *, int measure, uint64_t used);

/* What is read off them, by the names that a session's measures and a comparison's figures have in
 * common: defined once. */
#define HS_DEFINE_peak_live           "most payload bytes live at once"
#define HS_DEFINE_utilization         "peak_live / heap_size (CS:APP malloc lab)"
#define HS_DEFINE_utilization_segment "peak_live / highest payload end (CS107)"
#define HS_DEFINE_used                "from base to the highest block end so far"
#define HS_DEFINE_fragmentation_1     "mean of used/live - 1 (Johnstone-Wilson 1)"
#define HS_DEFINE_fragmentation_2     "used/live - 1 when live peaked (J-W 2)"
#define HS_DEFINE_fragmentation_3     "used/live - 1 when used peaked (J-W 3)"
#define HS_DEFINE_fragmentation_4     "peak used / peak live - 1 (J-W 4)"
#define HS_DEFINE_examined_total      "blocks examined by all requests"
#define HS_DEFINE_examined_max        "most blocks examined by one request"
#define HS_DEFINE_moved_total         "bytes copied by all reallocs"

#endif

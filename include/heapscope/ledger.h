/* SPDX-License-Identifier: MIT */
/* The ledger: every committed byte has exactly one cause; and the measures taken from it. */
#ifndef HEAPSCOPE_LEDGER_H
#define HEAPSCOPE_LEDGER_H

#include <heapscope/linkage.h>
#include <heapscope/session.h>

HS_PUBLIC_BEGIN

typedef enum {
    HS_CAUSE_PAYLOAD, /* asked for by the client, and live */
    HS_CAUSE_PADDING, /* alignment, rounding, leftovers too small to split off */
    HS_CAUSE_HEADERS, /* headers and footers, of used and of free blocks */
    HS_CAUSE_FREE,    /* free and usable: below the highest byte ever handed out */
    HS_CAUSE_SMALL,   /* free, too small to serve any request */
    HS_CAUSE_DEAD,    /* freed by the client, of no use to this allocator, for ever or for now */
    HS_CAUSE_UNUSED,  /* never handed out yet */
    HS_CAUSE_DAMAGED, /* behind a broken header: nobody can tell */
    HS_CAUSES
} hs_cause;

const char *hs_cause_name(hs_cause);
const char *hs_cause_definition(hs_cause);

typedef struct hs_ledger {
    uint64_t bytes[HS_CAUSES];            /* their sum is the committed size */
    uint64_t pieces;                      /* pieces of every kind that a walk over the heap sees */
    uint64_t holes;                       /* free blocks, the never used rest included */
    uint64_t free_bytes;                  /* bytes in holes, headers included */
    uint64_t smallest_hole, largest_hole; /* block sizes; 0 without holes */
    uint64_t block_bytes;                 /* of live blocks: header + payload + padding + footer */
} hs_ledger;

/* The ledger of the heap as it is. It is taken once after each operation, and in a sound heap that
 * costs only what has changed. */
hs_ledger hs_ledger_take(const hs_session *);

/* A part of something. Where there is nothing, there is no part of it either. */
typedef struct {
    uint64_t part, whole;
} hs_fraction;

/* A figure with a name, as `stats` shows it and `expect` reads it. */
typedef struct {
    const char *name;       /* as in expect: heap_size, holes, ... */
    const char *unit;       /* "bytes", "%", "" */
    const char *definition; /* one line */
    uint64_t (*value)(const hs_session *, const hs_ledger *);
    bool headline;                                               /* shown where room is small */
    hs_fraction (*share)(const hs_session *, const hs_ledger *); /* of a percentage; else NULL */
} hs_measure;

/* The figure as it is shown, without its unit. A percentage that is more than 0 and less than 1 is
 * "<1". */
enum { HS_MEASURE_ROOM = 24 };
const char *hs_measure_text(const hs_measure *, const hs_session *, const hs_ledger *,
                            char room[HS_MEASURE_ROOM]);

/* Lines that say how percentages are rounded, and when Johnstone & Wilson's measures are taken. */
enum { HS_MEASURE_NOTES = 3 };
extern const char *const hs_measure_notes[HS_MEASURE_NOTES];

/* The measures in the order of `stats`; NULL beyond the last. */
const hs_measure *hs_measure_at(size_t index);
const hs_measure *hs_measure_named(const char *name, size_t length);
/* The measures of the small machine (mmu.h): `expect` knows them as well. */
const hs_measure *hs_machine_measure_at(size_t index);

HS_PUBLIC_END

#endif

/* SPDX-License-Identifier: MIT */
/* Options that several allocators have, each declared once. The file that includes this has the
 * indices of its options before: ALIGN is among them. */
#ifndef HS_ALLOCATORS_OPTIONS_H
#define HS_ALLOCATORS_OPTIONS_H

#include "heap/range.h"

static const char *const hs_alignments[] = {"8", "16", NULL};

#define HS_ALIGN_OPTION                                                                            \
    {                                                                                              \
        .name = "align", .help = "every payload starts at a multiple of this many bytes",          \
        .choices = hs_alignments, .fresh = true                                                    \
    }

/* Payloads are multiples of this many bytes. */
static inline uint64_t unit(const hs_heap *h)
{
    return 8u << h->options[ALIGN];
}

#define HS_SPLIT_MIN_OPTION                                                                        \
    {                                                                                              \
        .name = "split-min", .help = "the smallest leftover that becomes a free block",            \
        .maximum = 1 << 20, .initial = 16                                                          \
    }

enum { HS_COALESCE_IMMEDIATE, HS_COALESCE_DEFERRED, HS_COALESCE_OFF };
static const char *const hs_coalescings[] = {"immediate", "deferred", "off", NULL};

static inline hs_joins hs_joins_by(uint64_t coalesce)
{
    return coalesce == HS_COALESCE_IMMEDIATE  ? HS_JOINS_NOW
           : coalesce == HS_COALESCE_DEFERRED ? HS_JOINS_LATER
                                              : HS_JOINS_NEVER;
}

#define HS_COALESCE_OPTION(coalescings)                                                            \
    {                                                                                              \
        .name = "coalesce", .help = "when free neighbours become one block",                       \
        .choices = (coalescings)                                                                   \
    }

#endif

/* SPDX-License-Identifier: MIT */
/* Numbers in sentences: "1 byte", "2 bytes"; "104 (asked for 100)". */
#ifndef HS_BASE_COUNT_H
#define HS_BASE_COUNT_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

/* The ending of a noun behind a number: "%u byte%s", n, hs_plural(n). */
static inline const char *hs_plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* The verb behind it: hs_verb(n, "is", "are"). */
static inline const char *hs_verb(uint64_t n, const char *one, const char *more)
{
    return n == 1 ? one : more;
}

/* A share in percent, cut to a whole number; but a little is not nothing, and nearly all not all:
 * those are "<1" and ">99". */
enum { HS_PERCENT_ROOM = 24 };
static inline const char *hs_percent(uint64_t part, uint64_t whole, char room[HS_PERCENT_ROOM])
{
    uint64_t n = whole ? part / whole * 100 + part % whole * 100 / whole : 0;
    if (part && !n)
        snprintf(room, HS_PERCENT_ROOM, "<1");
    else if (part < whole && whole - part < whole / 100 + (whole % 100 != 0))
        snprintf(room, HS_PERCENT_ROOM, ">99");
    else
        snprintf(room, HS_PERCENT_ROOM, "%" PRIu64, n);
    return room;
}

/* A number that was asked for and came out otherwise is told as what it is. */
static inline void hs_put_asked(FILE *out, uint64_t is, uint64_t asked, const char *unit)
{
    fprintf(out, "%" PRIu64 "%s", is, unit);
    if (is != asked) fprintf(out, " (asked for %" PRIu64 ")", asked);
}

#endif

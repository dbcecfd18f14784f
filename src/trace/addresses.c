/* SPDX-License-Identifier: MIT */
/* The parts of the table that are not worth inlining: growth, and closing the gap behind an entry
 * that is taken out (Knuth, TAOCP 6.4, algorithm R). */
#include "trace/addresses.h"

#include "base/memory.h"

#include <stdlib.h>

/* A table of up to so many places is at most an eighth full; a larger one is at most half full. */
enum { LOOSE = 1 << 17 };

void hs_addresses_free(hs_addresses *a)
{
    free(a->entries);
    *a = (hs_addresses){0};
}

void hs_addresses_widen(hs_addresses *a)
{
    hs_addresses wider = {.places = a->places ? a->places * 2 : 1024};
    wider.most = wider.places / (wider.places <= LOOSE ? 8 : 2);
    wider.entries = hs_new(wider.places + 1, sizeof *wider.entries);
    wider.entries[wider.places].key = 1; /* ends searches behind the last place */
    wider.shift = 64 - (unsigned)__builtin_ctzll(wider.places);
    wider.count = a->count;
    for (size_t i = 0; i < a->places; i++)
        if (a->entries[i].key) *hs_address_place(&wider, a->entries[i].key) = a->entries[i];
    free(a->entries);
    *a = wider;
}

void hs_addresses_close(hs_addresses *a, hs_address_entry *e)
{
    size_t mask = a->places - 1, hole = (size_t)(e - a->entries);
    for (size_t i = (hole + 1) & mask; a->entries[i].key; i = (i + 1) & mask) {
        size_t home = hs_address_home(a, a->entries[i].key);
        if (((i - home) & mask) < ((i - hole) & mask)) continue; /* begins behind the gap */
        a->entries[hole] = a->entries[i];
        hole = i;
    }
    a->entries[hole].key = 0;
}

/* SPDX-License-Identifier: MIT */
/* A table from 64-bit keys (addresses, large ids) to 32-bit values: open addressing, linear
 * probing. What is taken out leaves no mark: those behind it move up.
 *
 *      . . . [k] . . . . [k][k] .      at most an eighth full while it fits into a cache: the
 *                                      first place looked at is as a rule the one, and nobody is
 *                                      behind it who would have to move
 *
 * A processor guesses both, and so goes on before the table has answered; a wrong guess costs as
 * much as reading a number.
 *
 * The key 0 is an empty place: NULL is no block's address. */
#ifndef HS_TRACE_ADDRESSES_H
#define HS_TRACE_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t key;
    uint32_t value;
} hs_address_entry;

typedef struct {
    hs_address_entry *entries;
    size_t count, most; /* keys that it has, and how many it may have before it is widened */
    size_t places;      /* a power of two, or 0; one more entry is behind them, and not empty */
    unsigned shift;     /* 64 - log2(places) */
} hs_addresses;

void hs_addresses_free(hs_addresses *);
void hs_addresses_widen(hs_addresses *);

/* Where the search for a key begins: Fibonacci hashing. */
static inline size_t hs_address_home(const hs_addresses *a, uint64_t key)
{
    return (size_t)(key * 0x9e3779b97f4a7c15u >> a->shift);
}

/* The entry of a key, or the empty one where it belongs. The table is not empty. */
static inline hs_address_entry *hs_address_place(const hs_addresses *a, uint64_t key)
{
    size_t i = hs_address_home(a, key);
    while (a->entries[i].key != key && a->entries[i].key) i = (i + 1) & (a->places - 1);
    return &a->entries[i];
}

/* The value of a key; NULL when it has none. */
static inline uint32_t *hs_addresses_find(const hs_addresses *a, uint64_t key)
{
    hs_address_entry *e = a->count && key ? hs_address_place(a, key) : NULL;
    return e && e->key ? &e->value : NULL;
}

static inline bool hs_addresses_are_full(const hs_addresses *a)
{
    return a->count >= a->most;
}

/* The entry of a key, or the empty one that can be filled in for it. Valid until the next call. */
static inline hs_address_entry *hs_addresses_enter(hs_addresses *a, uint64_t key)
{
    if (hs_addresses_are_full(a)) hs_addresses_widen(a);
    return hs_address_place(a, key);
}

static inline void hs_addresses_fill(hs_addresses *a, hs_address_entry *e, uint64_t key,
                                     uint32_t value)
{
    a->count += !e->key;
    *e = (hs_address_entry){key, value};
}

static inline void hs_addresses_put(hs_addresses *a, uint64_t key, uint32_t value)
{
    hs_addresses_fill(a, hs_addresses_enter(a, key), key, value);
}

/* Take an entry out that has others behind it, which move up. */
void hs_addresses_close(hs_addresses *, hs_address_entry *);

/* Take a key out; false when it is not there. */
static inline bool hs_addresses_take(hs_addresses *a, uint64_t key, uint32_t *value)
{
    hs_address_entry *e = a->count && key ? hs_address_place(a, key) : NULL;
    if (!e || !e->key) return false;
    *value = e->value;
    a->count--;
    if (!e[1].key)
        e->key = 0;
    else
        hs_addresses_close(a, e);
    return true;
}

#endif

/* SPDX-License-Identifier: MIT */
/* Random numbers that are the same in every run: splitmix64. */
#ifndef TESTS_UNIT_RANDOM_H
#define TESTS_UNIT_RANDOM_H

#include <stdint.h>
#include <stdlib.h>

static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* A number below n; n is at least 1. */
static inline uint64_t random_below(uint64_t *state, uint64_t n)
{
    return random_next(state) % n;
}

/* How many random operations to do: `usual`, or as many times more or less as HEAPSCOPE_OPERATIONS
 * is more or less than the 100,000 that an allocator usually gets. */
static inline uint64_t random_operations(uint64_t usual)
{
    const char *text = getenv("HEAPSCOPE_OPERATIONS");
    uint64_t wanted = text ? strtoull(text, NULL, 10) : 0, n = usual * wanted / 100000;
    return !wanted ? usual : n ? n : 1;
}

#endif

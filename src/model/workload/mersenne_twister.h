/* SPDX-License-Identifier: MIT */
/* The Mersenne Twister MT19937 (Matsumoto & Nishimura 1998), seeded and read as Python's random
 * does: homework that is set by a seed there has the same numbers here. */
#ifndef HS_MODEL_MERSENNE_TWISTER_H
#define HS_MODEL_MERSENNE_TWISTER_H

#include <stddef.h>
#include <stdint.h>

enum { HS_TWISTER_WORDS = 624 };

typedef struct {
    uint32_t words[HS_TWISTER_WORDS];
    size_t next;
} hs_mersenne_twister;

void hs_mersenne_twister_seed(hs_mersenne_twister *, uint64_t seed);

/* The next number: at least 0, less than 1, a multiple of 2^-53. */
double hs_mersenne_twister_next(hs_mersenne_twister *);

#endif

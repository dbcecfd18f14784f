/* SPDX-License-Identifier: MIT */
/* Drawing sizes by a law. */
#include "model/workload/sizes.h"

#include "model/workload/random.h"

#define ONE ((uint64_t)1 << 32) /* of fixed-point numbers below 1 */

static uint64_t between(uint64_t *random, uint64_t least, uint64_t most)
{
    return least + hs_random(random) % (most - least + 1);
}

/* The geometric law on 1, 2, 3, ..., where each further byte has the chance q = 1 - 1/mean. The
 * binary digits of such a number (less 1) are independent of each other:
 *
 *      chance of x = sum of 2^k over its digits  ~  product of q^(2^k)
 *
 * so digit k is 1 with the odds q^(2^k) : 1, and squaring leads from one digit's to the next. */
static uint64_t draw_geometric(uint64_t mean, uint64_t *random)
{
    uint64_t less_one = 0, odds = ONE - ONE / mean;
    for (uint64_t digit = 1; odds; digit *= 2, odds = odds * odds >> 32)
        if (hs_random(random) >> 32 < (odds << 32) / (ONE + odds)) less_one += digit;
    return 1 + less_one;
}

/* Draw a size that differs from `size` by a quarter at most. */
static uint64_t draw_about(uint64_t size, uint64_t *random)
{
    return between(random, size - size / 4, size + size / 4);
}

static uint64_t draw_from_table(const hs_sizes *s, uint64_t *random)
{
    uint64_t all = 0;
    unsigned i = 0;
    for (unsigned row = 0; row < s->rows; row++) all += s->weight[row];
    uint64_t dice = hs_random(random) % all;
    while (dice >= s->weight[i]) dice -= s->weight[i++];
    return s->size[i];
}

uint64_t hs_sizes_draw(const hs_sizes *s, uint64_t *random, uint64_t done, uint64_t all)
{
    switch (s->law) {
    case HS_SIZES_UNIFORM: return between(random, s->a, s->b);
    case HS_SIZES_GEOMETRIC: return draw_geometric(s->a, random);
    case HS_SIZES_BIMODAL: {
        bool small = hs_random(random) % 100 < s->percent;
        return draw_about(small ? s->a : s->b, random);
    }
    case HS_SIZES_RAMP:
        if (s->b < s->a) return s->a - (s->a - s->b) * done / all;
        return s->a + (s->b - s->a) * done / all;
    case HS_SIZES_TABLE: return draw_from_table(s, random);
    default: return s->a;
    }
}

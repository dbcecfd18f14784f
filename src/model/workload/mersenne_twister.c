/* SPDX-License-Identifier: MIT */
/* The recurrence: each word is made of itself, of its upper neighbour's low bits and of the word
 * 397 places on, all words at once when they are used up. */
#include "model/workload/mersenne_twister.h"

enum { N = HS_TWISTER_WORDS, M = 397 };

static void fill(hs_mersenne_twister *t, uint32_t seed)
{
    t->words[0] = seed;
    for (uint32_t i = 1; i < N; i++)
        t->words[i] = 1812433253u * (t->words[i - 1] ^ t->words[i - 1] >> 30) + i;
}

/* Go on from word `*i`, round and round; word 0 is always a copy of the last. */
static void step(hs_mersenne_twister *t, size_t *i)
{
    if (++*i < N) return;
    t->words[0] = t->words[N - 1];
    *i = 1;
}

static uint32_t stirred(const hs_mersenne_twister *t, size_t i, uint32_t factor)
{
    return t->words[i] ^ (t->words[i - 1] ^ t->words[i - 1] >> 30) * factor;
}

/* The key is the seed's 32-bit digits, the low one first. */
void hs_mersenne_twister_seed(hs_mersenne_twister *t, uint64_t seed)
{
    uint32_t key[] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t digits = key[1] ? 2 : 1, digit = 0;
    size_t i = 1;
    fill(t, 19650218);
    for (int k = 0; k < N; k++, digit = (digit + 1) % digits) {
        t->words[i] = stirred(t, i, 1664525) + key[digit] + digit;
        step(t, &i);
    }
    for (int k = 0; k < N - 1; k++) {
        t->words[i] = stirred(t, i, 1566083941) - (uint32_t)i;
        step(t, &i);
    }
    t->words[0] = 0x80000000;
    t->next = N;
}

static void twist(hs_mersenne_twister *t)
{
    for (size_t i = 0; i < N; i++) {
        uint32_t y = (t->words[i] & 0x80000000) | (t->words[(i + 1) % N] & 0x7fffffff);
        t->words[i] = t->words[(i + M) % N] ^ y >> 1 ^ (y & 1 ? 0x9908b0df : 0);
    }
    t->next = 0;
}

static uint32_t next_word(hs_mersenne_twister *t)
{
    if (t->next == N) twist(t);
    uint32_t y = t->words[t->next++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680;
    y ^= y << 15 & 0xefc60000;
    return y ^ y >> 18;
}

double hs_mersenne_twister_next(hs_mersenne_twister *t)
{
    uint32_t high = next_word(t) >> 5, low = next_word(t) >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
}

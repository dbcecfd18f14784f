/* SPDX-License-Identifier: MIT */
/* The first word of a block: its size, and in the low bits, which are 0 in every size, its status.
 *
 *      63 .................. 3   2   1   0
 *      | size                  | w | p | u |
 *
 *   u   the block is in use
 *   p   the block on its left is
 *   w   it was freed, but waits: u stays, and its neighbours leave it alone
 *
 * No allocator has to use all of them. */
#ifndef HS_BLOCK_WORD_H
#define HS_BLOCK_WORD_H

#include <stdint.h>

enum { WORD = 8, USED = 1, LEFT_USED = 2, WAITS = 4, STATUS = 7 };

static inline uint64_t size_in(uint64_t word)
{
    return word & ~(uint64_t)STATUS;
}

#endif

/* SPDX-License-Identifier: MIT */
/* Defences against bugs of the client, as production allocators have them: the hooks of blocks with
 * tags (block/hooks.h), and the quarantine in quarantine.h.
 *
 *      | checksum | size |s| 0xdf 0xdf 0xdf ...           a freed block, in quarantine
 *      | checksum | size |s| next | previous | 0xdf ... | size |        a free one
 *       48..63     3..47
 *
 *   checksum    16 bits of each header: a hash of the block's address and of the rest of the
 *               header. A request that reads a wrong one stops: the header was overwritten, or
 *               there never was one
 *   links       a link is followed only when the block that it leads to points back
 *   bits        a block that was freed before is not freed again
 *   poison      bytes that nobody holds are 0xdf, and must still be when somebody gets them
 *   quarantine  the last four freed blocks wait; bit 2 of the header says so, and bit 0 stays
 *               set, so that their neighbours leave them alone
 *
 * What includes this includes it before the page that it defends.
 *
 * Follows: glibc's malloc (safe unlinking, checks for a double free), Robertson et al., Run-time
 * Detection of Heap-based Overflows (LISA 2003; checksums), Novark & Berger, DieHarder (2010),
 * Serebryany et al., AddressSanitizer (2012; quarantine), Microsoft's debug heap (poison). */
#ifndef HS_PRODUCTION_HARDENING_H
#define HS_PRODUCTION_HARDENING_H

#include "allocators/block/word.h"
#include "heap/access.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define HS_HOOKS

enum { POISON = 0xdf, CHECKSUM_SHIFT = 48 };

/* A bug of the client was caught: the request ends here. Without probes there is nobody who could
 * undo it, and the program ends. */
static _Noreturn inline void caught(const hs_heap *h, hs_reason why, hs_addr at)
{
    if (HS_PROBES) hs_record_fault(h, why, at);
    fprintf(stderr, "heapscope: the heap is corrupted at 0x%" PRIx64 "\n", at);
    abort();
}

/* --- Checksums ------------------------------------------------------------------------------ */

/* Any fixed odd numbers will do; a real allocator draws its key at random. */
static inline uint64_t checksum(hs_addr block, uint64_t word)
{
    uint64_t mixed = (block ^ 0x68656170) * 0x9e3779b97f4a7c15u ^ word * 0xbf58476d1ce4e5b9u;
    mixed ^= mixed >> 31;
    return mixed * 0x94d049bb133111ebu >> CHECKSUM_SHIFT << CHECKSUM_SHIFT;
}

/* The bits of a header that are its checksum. */
static inline uint64_t hook_bits(void)
{
    return UINT64_MAX << CHECKSUM_SHIFT;
}

static inline uint64_t hook_stored(hs_addr block, uint64_t word)
{
    return word | checksum(block, word);
}

static inline bool is_sealed(hs_addr block, uint64_t stored)
{
    return hook_stored(block, stored & ~hook_bits()) == stored;
}

static inline const char *hook_damage(hs_addr block, uint64_t stored)
{
    return is_sealed(block, stored) ? NULL : "the checksum in the header is wrong: overwritten";
}

/* A header as it was before it was sealed, or the end of the request. */
static inline uint64_t hook_loaded(const hs_heap *h, hs_addr block, uint64_t stored)
{
    if (!is_sealed(block, stored)) caught(h, HS_BECAUSE_CHECKSUM, block);
    return stored & ~hook_bits();
}

/* A footer, or a link, says that a free block of this size is here. Does its header? */
static inline void hook_free_block(const hs_heap *h, hs_addr block, uint64_t size)
{
    uint64_t word = hook_loaded(h, block, hs_load(h, block));
    if ((word & ~(uint64_t)LEFT_USED) != size) caught(h, HS_BECAUSE_CHECKSUM, block);
}

/* Does a header say that its block is in quarantine? */
#define hook_waits(h, block, word) ((word)&WAITS)

/* --- Links ---------------------------------------------------------------------------------- */

/* A link that was read from `block`, once it is clear that the block it leads to has, `back` bytes
 * from its start, the link back. */
static inline hs_addr hook_link(const hs_heap *h, hs_addr block, hs_addr link, uint64_t back)
{
    uint64_t there;
    if (!link) return HS_NULL;
    if (!hs_heap_peek(h, link + back, &there) || there != block) caught(h, HS_BECAUSE_LINKS, block);
    return link;
}

/* --- Poison --------------------------------------------------------------------------------- */

/* The first byte of the range that is no poison, or its end. */
static inline hs_addr poison_end(const hs_heap *h, hs_addr at, hs_addr end)
{
    while (at < end && *hs_real(h, at) == POISON) at++;
    return at;
}

/* These n bytes are nobody's from now on. */
static inline void hook_given_up(hs_heap *h, hs_addr at, uint64_t n)
{
    if (n) hs_wipe(h, at, n, POISON);
}

/* The bytes from `at` to `end` were nobody's until now. */
static inline void hook_handed_out(const hs_heap *h, hs_addr at, hs_addr end)
{
    if (at >= end) return;
    hs_guard(h, at, end - at);
    hs_addr good = poison_end(h, at, end);
    if (good < end) caught(h, HS_BECAUSE_POISON, good);
}

#endif

/* SPDX-License-Identifier: MIT */
/* Hooks: where an allocator that stands in front of a page may look on. Here each is nothing at
 * all. An allocator that wants them says so by HS_HOOKS, and has functions of these names, before
 * it includes the page: see production/hardening.h.
 *
 *   hook_stored       the header of a block as it is to be stored
 *   hook_loaded       a header as it was before that
 *   hook_bits         the bits of a stored header that this takes
 *   hook_damage       what is wrong with a stored header; NULL: nothing
 *   hook_link         a link, read from a block: what it leads to has a link
 *                     to this one, `back` bytes from its start
 *   hook_free_block   a link or a footer says that a free block is here
 *   hook_given_up     these n bytes are nobody's from now on
 *   hook_handed_out   the bytes from `at` to `end` were nobody's until now */
#ifndef HS_BLOCK_HOOKS_H
#define HS_BLOCK_HOOKS_H

#include <stddef.h>

#ifndef HS_HOOKS
#define hook_stored(block, word)        (word)
#define hook_loaded(h, block, stored)   (stored)
#define hook_bits()                     ((uint64_t)0)
#define hook_damage(block, stored)      ((const char *)NULL)
#define hook_link(h, block, link, back) (link)
#define hook_free_block(h, block, size) ((void)(size))
#define hook_given_up(h, at, n)         ((void)(n))
#define hook_handed_out(h, at, end)     ((void)(end))
#endif

#endif

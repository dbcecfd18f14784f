/* SPDX-License-Identifier: MIT */
/* Pages: snapshots of a region of memory that share what did not change in between.
 *
 *      region      | A | B | C |      B is written to: it is dirty
 *      snapshot 1    A   B   C
 *      snapshot 2    A   B'  C        only B' is new; A and C are the same pages
 *
 * The region belongs to the caller, who says which bytes of it were written. Taking a snapshot
 * copies the dirty pages; going back to one copies those that differ from what the region holds.
 * All sizes are bytes. */
#ifndef HS_MODEL_PAGES_H
#define HS_MODEL_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hs_pages hs_pages;       /* what is known of a region */
typedef struct hs_snapshot hs_snapshot; /* how it was */

hs_pages *hs_pages_new(void);
void hs_pages_free(hs_pages *);

/* The bytes from .. to - 1 of the region were written to, or may have been. */
void hs_pages_touch(hs_pages *, size_t from, size_t to);

/* Say that all bytes from `from` on are zero, in the region and behind it, should it grow, and that
 * nobody has written to them. From now on only what is said to be written to is read there. The
 * page that contains `from` stays written to if it was. */
void hs_pages_clear(hs_pages *, size_t from);

/* Take a snapshot of the region's first `size` bytes, which lie at `data`. */
hs_snapshot *hs_pages_take(hs_pages *, const void *data, size_t size);
void hs_snapshot_free(hs_snapshot *);

/* How large the region was. */
size_t hs_snapshot_size(const hs_snapshot *);
/* Bytes that it takes, without those that it shares with others which this weighing has counted. A
 * weighing is a number from 1 on that was never used before. */
size_t hs_snapshot_weigh(const hs_snapshot *, uint64_t weighing);

/* Tell, in order, which bytes of the snapshot the region's first `size` bytes, which lie at `data`,
 * have otherwise or do not reach. What lies between close differences is told with them. */
typedef void hs_pages_tell(void *context, size_t from, size_t to);
void hs_pages_differing(hs_pages *, const void *data, size_t size, const hs_snapshot *,
                        hs_pages_tell *, void *context);

/* Make the region what it was; `data` has room for it. What lies behind it is left as it is: when
 * the region shrinks, its bytes there are to stay, or must be said to be written to. Tells which
 * bytes it wrote, and whether they had been written to at all when the snapshot was taken: what was
 * cleared and never written to since is told apart from zeros. NULL: nobody. */
typedef void hs_pages_restored(void *context, size_t from, size_t to, bool written);
void hs_pages_restore(hs_pages *, void *data, const hs_snapshot *, hs_pages_restored *,
                      void *context);

#endif

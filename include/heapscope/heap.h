/* SPDX-License-Identifier: MIT */
/* The simulated heap: one range of addresses, reserved once, committed from the bottom up.
 *
 *      base                          end                                   limit
 *       |  committed: real bytes      |  reserved: the heap grows into it    |
 *
 * Addresses are simulated (hs_addr): they start at a small readable base and never move, while the
 * bytes lie wherever the system mapped them. 0 is NULL. All sizes are bytes. */
#ifndef HEAPSCOPE_HEAP_H
#define HEAPSCOPE_HEAP_H

#include <heapscope/linkage.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

HS_PUBLIC_BEGIN

typedef uint64_t hs_addr;

#define HS_NULL ((hs_addr)0)

/* Where the heap starts in the simulated address space. */
#define HS_BASE ((hs_addr)0x107000000)

#define HS_HEAP_INITIAL  ((uint64_t)256)
#define HS_HEAP_MAXIMUM  ((uint64_t)1 << 30)
#define HS_HEAP_SMALLEST ((uint64_t)64)
#define HS_HEAP_LARGEST  ((uint64_t)1 << 40)
#define HS_HEAP_STEP                                                                               \
    ((uint64_t)16) /* every multiple of it is a size that a heap can have                          \
                    * under every allocator */

typedef struct hs_heap hs_heap;
typedef struct hs_allocator hs_allocator;

/* What is asked for. It lies within SMALLEST and LARGEST; hs_heap_sizes tells what comes of it. */
typedef struct {
    uint64_t initial; /* committed at the start */
    uint64_t maximum; /* the heap never grows beyond it; at least `initial` */
} hs_heap_config;

/* The sizes that a heap under this heap's allocator gets when `asked` is asked for: a heap ends
 * where a block can end. The maximum is a promise, so it is rounded down to a multiple of the
 * allocator's alignment; the initial size is rounded up, as far as the maximum allows. Neither is
 * larger than what the allocator can work with. In a model of a heap (allocator.h) the initial size
 * is taken as it is, and is the maximum, too. */
hs_heap_config hs_heap_sizes(const hs_heap *, const hs_heap_config *asked);

/* How far a heap that runs out grows: never beyond its maximum. */
typedef enum {
    HS_GROWTH_DOUBLE, /* to twice its size, again and again until that is enough */
    HS_GROWTH_PAGE,   /* to the next multiple of 4096 bytes that is enough */
    HS_GROWTH_EXACT,  /* to what is needed: a multiple of the allocator's alignment */
} hs_growth;

enum { HS_HEAP_PAGE = 4096 };

/* Get memory ready for so many bytes from the base on, without committing more. Until the heap
 * outgrows them, growing asks the system for nothing, and the first 256 MiB of pages are there
 * already. False when there is no such memory. */
bool hs_heap_prepare(hs_heap *, uint64_t bytes);

/* A fresh heap doubles; what is set holds for the growths to come. */
void hs_heap_set_growth(hs_heap *, hs_growth);
hs_growth hs_heap_growth(const hs_heap *);

hs_addr hs_heap_base(const hs_heap *);
hs_addr hs_heap_end(const hs_heap *); /* first address that is not committed */
uint64_t hs_heap_committed(const hs_heap *);
uint64_t hs_heap_maximum(const hs_heap *);

/* True if all n bytes from `at` on are committed. */
bool hs_heap_holds(const hs_heap *, hs_addr at, uint64_t n);

/* The bytes themselves, for a viewer; NULL unless all n are committed. Valid until the heap is
 * freed; the content changes with the next request. */
const uint8_t *hs_heap_bytes(const hs_heap *, hs_addr at, uint64_t n);

/* Read the 8-byte word at `at` as a viewer: no event, no fault. False when it is not committed. */
bool hs_heap_peek(const hs_heap *, hs_addr at, uint64_t *word);

/* Write as the client program does, through a pointer it holds: what lies there is overwritten,
 * headers included. False, and nothing written, unless all n bytes are committed. */
bool hs_heap_poke(hs_heap *, hs_addr at, const void *bytes, uint64_t n);

HS_PUBLIC_END

#endif

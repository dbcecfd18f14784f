/* SPDX-License-Identifier: MIT */
/* The one stream of events: what an allocator did during a request, in order.
 *
 * The sentence, `why`, the animation, the cost counters and the tests read this stream; the
 * allocator only says what it does. Events exist in the probed build of the allocators alone. */
#ifndef HEAPSCOPE_EVENT_H
#define HEAPSCOPE_EVENT_H

#include <heapscope/heap.h>
#include <heapscope/linkage.h>

HS_PUBLIC_BEGIN

/* Who tells an event, when, and what its fields hold. A field that is not named is 0. Where nobody
 * else is named, the allocator tells what it is about to do: events come in the order of the work.
 * What a reader may conclude follows "so". */
typedef enum {
    /* --- The frame around a request, told by the client's API ---------------------------- */

    /* detail: hs_request; at: the pointer passed in; a: size; b: alignment or count. The first
     * event, and there is one alone. */
    HS_REQUEST,
    /* detail: hs_request; at: the pointer returned, or NULL. The last event of a request that
     * came to its end. */
    HS_RETURN,
    /* detail: hs_reason; at: the address. Told by the recorder in place of HS_RETURN: the
     * request ran into broken bytes and was undone. So of what the events before it tell nothing
     * is left. */
    HS_FAULT,

    /* --- What the request comes to ------------------------------------------------------- */

    /* a: bytes requested; b: bytes that the block needs for them; at: those of them before the
     * payload (header, and what aligns it) or behind it (footer); detail: hs_overhead. Before
     * any search. The same sum is told once, though a realloc that moves asks anew. So b - a -
     * at bytes come of rounding. */
    HS_ROUND,
    /* detail: hs_reason; a: bytes that would have been needed; at: a wrong pointer. Once it is
     * clear that there is nothing to return, or to free; also by the client's API, and by the
     * range of addresses. So the bytes of the heap are as they were. */
    HS_FAIL,

    /* --- The search ---------------------------------------------------------------------- */

    /* a: index of a list (hs_allocator.list) that is looked at; at: its first block, or NULL.
     * Before the visits to its blocks. */
    HS_LOOK,
    /* at: a block that is looked at; a: its size; detail: hs_sight, what for. So the number of
     * visits is what the search cost. */
    HS_VISIT,
    /* at: the block just visited; a: its size; detail: hs_reason; b: of HS_BECAUSE_ENOUGH, how
     * many were joined. Right behind the visit, when that was in vain. So a visit that tries
     * (HS_TRIES and its kind) without a rejection behind it found what will do, so far. */
    HS_REJECT,
    /* at: the block that will serve the request; a: its size, before it is split. It is free:
     * found by the search, or made by growing. For an object of a slab it may be told twice: of
     * the run that becomes the slab, then of the object. */
    HS_CHOOSE,
    /* at: what realloc does not take bytes from, to grow a block where it is; a: its size; b:
     * bytes that the block could have with it; detail: hs_reason. So the block moves, if there
     * is room for it elsewhere. */
    HS_DECLINE,

    /* --- What becomes of blocks. Sizes are bytes of whole blocks ------------------------- */

    /* at: bytes left unused so that the payload is aligned; a: how many. */
    HS_PAD,
    /* at: block; a: bytes of its first part; b: bytes of the rest. So a block starts at at + a
     * from now on. */
    HS_SPLIT,
    /* at: left block; a: its bytes; b: bytes of its right-hand neighbour, or of new memory. So
     * both are one block. A free or a growth joins free blocks; of a realloc it tells the free
     * blocks that a block in use takes up. */
    HS_COALESCE,
    /* at: block that is in use from now on; a: its size, after splitting. The last that a malloc
     * tells of its block. */
    HS_TAKE,
    /* at: block that is free from now on; a: its size, before it is joined. Before anything of
     * it is changed. */
    HS_RELEASE,
    /* at: freed block that waits; a: its size; b: how many wait now. In place of HS_RELEASE,
     * which comes when it has waited. */
    HS_QUARANTINE,
    /* at: block that realloc keeps where it is; a: its old size; b: its new size. The last that
     * is told of it. So its payload did not move. */
    HS_IN_PLACE,
    /* at: a pointer whose free does nothing. So its bytes are of no use to anybody. */
    HS_IGNORE,
    /* at: free block that joins a list (or tree); a: its size; b: index of the list. */
    HS_INSERT,
    /* at: free block that leaves it; a: its size; b: index of the list. */
    HS_REMOVE,

    /* --- Bytes. Every byte of the heap that changes lies in one of these ----------------- */

    /* at: word written by the allocator; a: its old value; b: its new value, perhaps the same.
     * What it says: hs_allocator.fields. It belongs to the step of the event before it. */
    HS_WRITE,
    /* at: from; a: to; b: bytes copied, as memmove does. Told of a realloc, when the block that
     * they go to has been taken. */
    HS_MOVE,
    /* at: first byte; a: bytes that are set; b: to this value. 0 is calloc's, told by the
     * client's API; another is poison, told by an allocator. */
    HS_FILL,
    /* at: first byte written by the client; a: how many. Told by hs_heap_poke, in no request. */
    HS_POKE,

    /* --- The ends of what is in use, and of the heap ------------------------------------- */

    /* at: the block that is taken or resized by it, or NULL: the pointer passes bytes that are
     * lost; a: where the bump pointer was; b: where it is now. It may move up or down, or stay:
     * hs_bumped says by how many bytes. Before anything else is told of the block. */
    HS_BUMP,
    /* a: the old end of the heap; b: the new one, above it. Told by the range of addresses,
     * once, however often it doubled. So what lies between the two is zero. */
    HS_GROW,

    HS_EVENT_KINDS
} hs_event_kind;

typedef enum { HS_MALLOC, HS_CALLOC, HS_ALIGNED_ALLOC, HS_REALLOC, HS_FREE } hs_request;

typedef enum {
    HS_BECAUSE_NONE,
    HS_BECAUSE_USED,        /* reject, decline: the block is in use */
    HS_BECAUSE_TOO_SMALL,   /* reject, decline: fewer bytes than needed */
    HS_BECAUSE_NOT_ALIGNED, /* reject: large enough, but not once the payload is aligned */
    HS_BECAUSE_NOT_BETTER,  /* reject: fits, but one seen before fits better */
    HS_BECAUSE_ENOUGH,      /* reject: it waits to be joined; the request has joined its most */
    HS_BECAUSE_WAITS,       /* decline: freed, but it waits, and counts as used until then */
    HS_BECAUSE_IN_PARTS,    /* decline: a buddy that is split, of which something is in use */
    HS_BECAUSE_LEFT,        /* decline: it lies on the left, and the payload would have to move */
    HS_BECAUSE_CLASS,       /* decline: another size class serves so many bytes */
    HS_BECAUSE_NOT_LATEST,  /* decline: only the latest block can grow */
    HS_BECAUSE_NEVER,       /* decline: no block changes its size where it is */
    HS_BECAUSE_LIMIT,       /* fail, decline: the heap may not grow that far */
    HS_BECAUSE_OVERFLOW,    /* fail: count times size is beyond what a size can say */
    HS_BECAUSE_NO_POWER,    /* fail: the alignment is not a power of two */
    HS_BECAUSE_OUTSIDE,     /* fault: the allocator followed the bytes out of the heap */
    HS_BECAUSE_ENDLESS,     /* fault: the allocator went round in a circle */
    HS_BECAUSE_SYSTEM,      /* fail: the operating system gave no memory */
    HS_BECAUSE_CHECKSUM,    /* fault: a header's checksum is wrong: overwritten, or no header */
    HS_BECAUSE_LINKS,       /* fault: a free block's link leads to one that does not point back */
    HS_BECAUSE_DOUBLE_FREE, /* fault: the block was freed before */
    HS_BECAUSE_POISON,      /* fault: a byte was written after its block was freed */
    HS_BECAUSE_TABLE,       /* fail: the allocator's table has no room for a piece more */
    HS_BECAUSE_NO_BLOCK,    /* fail: no block starts at that address */
    HS_BECAUSE_STOPPED,     /* fault: whoever was asked said so (hs_heap_ask) */
} hs_reason;

/* What a block is looked at for. The searches first: a block will do for the request, unless it is
 * rejected. */
typedef enum {
    HS_PASSES,         /* on the way to another one */
    HS_TRIES,          /* the first that will do serves */
    HS_TRIES_SMALLER,  /* the search goes on for one that fits better, because it is smaller, */
    HS_TRIES_LARGER,   /* or because it is larger */
    HS_SEES_NEIGHBOUR, /* a free one on the right, to grow into */
    HS_SEES_PAIR,      /* it may be joined with what is next to it */
    HS_SEES_RUN,       /* would it do, once its free neighbours are joined to it */
    HS_SEES_OBJECTS    /* a slab, for a free object */
} hs_sight;

/* What the bytes of a block are for, besides those that were requested. */
typedef enum {
    HS_OVERHEAD_HEADER, /* or none, where there are no bytes of it */
    HS_OVERHEAD_FOOTER, /* a header and a footer */
    HS_OVERHEAD_LEAD,   /* a header, and bytes behind it so that the payload is aligned */
} hs_overhead;

/* 32 bytes. Nobody in the core fills in line and thread: they are for allocators whose source is
 * shown beside the heap, and for programs with several threads. */
typedef struct {
    uint8_t kind;    /* hs_event_kind */
    uint8_t detail;  /* see the kinds */
    uint16_t thread; /* of the client, from 1; 0: not told */
    uint32_t line;   /* of the allocator's source, from 1; 0: not told */
    hs_addr at;
    uint64_t a, b;
} hs_event;

/* Counts of one request, or summed over many. */
typedef struct {
    uint64_t visits; /* blocks examined */
    uint64_t moved;  /* payload bytes copied by realloc */
    uint64_t writes; /* words written by the allocator */
    uint64_t splits, coalesces, growths;
} hs_counts;

/* The events of the last request in order; *count is set. Of a long search only the first visits
 * are kept: hs_events_left_out says how many visits and rejections are missing. */
const hs_event *hs_events(const hs_heap *, size_t *count);
uint64_t hs_events_left_out(const hs_heap *);
hs_counts hs_events_counts(const hs_heap *); /* in slow motion: so far */

/* Perform the last request again, in slow motion: its events are the same, and hs_heap_seek can
 * then show the heap as it was after the first n of them, until the next request. The next request
 * must begin at the last event. False when the last thing was no request, or ended in a fault. */
bool hs_heap_slow_motion(hs_heap *);
void hs_heap_seek(hs_heap *, size_t n);

/* Which bytes the event wrote: *from to *to - 1. False: none. What is worth showing may be more: a
 * hole that was joined is shown whole, but only a few of its words are new; and memory that the
 * heap grew by is new, not written. */
bool hs_event_writes(const hs_event *, hs_addr *from, hs_addr *to);

/* Of HS_BUMP: by how many bytes the pointer moved, up or down. */
static inline uint64_t hs_bumped(const hs_event *e)
{
    return e->a < e->b ? e->b - e->a : e->a - e->b;
}

/* Where the block ends that is in use as this event says; HS_NULL where it says so of none. */
hs_addr hs_event_block_end(const hs_event *);

/* Asked now and then while a request overwrites many bytes, `done` of `total`; false: it ends
 * there, undone, in a fault. NULL: nobody is asked, as at first. */
typedef bool hs_goes_on(void *of, uint64_t done, uint64_t total);
void hs_heap_ask(hs_heap *, hs_goes_on *, void *of);

const char *hs_event_name(hs_event_kind);
const char *hs_request_name(hs_request);

HS_PUBLIC_END

#endif

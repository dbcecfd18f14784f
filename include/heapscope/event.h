/* The one stream of events: what an allocator did during a request, in order.
 *
 * The sentence, `why`, the animation, the cost counters and the tests read this stream; the
 * allocator only says what it does. Events exist in the probed build of the allocators alone. */
#ifndef HEAPSCOPE_EVENT_H
#define HEAPSCOPE_EVENT_H

#include <heapscope/heap.h>

typedef enum {
    HS_REQUEST,  /* detail: hs_request; at: the pointer passed in; a: size; b: alignment or count */
    HS_ROUND,    /* a: bytes requested; b: bytes the block needs; at: header and footer bytes */
    HS_VISIT,    /* at: a block that is looked at; a: its size; detail: hs_sight */
    HS_REJECT,   /* at: the block just visited; a: its size; detail: hs_reason */
    HS_LOOK,     /* a: index of a list that is looked at; at: its first block, or NULL */
    HS_CHOOSE,   /* at: the block that will serve the request; a: its size */
    HS_PAD,      /* at: bytes left unused so that the payload is aligned; a: how many */
    HS_SPLIT,    /* at: block; a: bytes of its first part; b: bytes of the rest */
    HS_COALESCE, /* at: left block; a: its bytes; b: bytes of its right-hand neighbour */
    HS_TAKE,     /* at: block that is in use from now on; a: its size */
    HS_RELEASE,  /* at: block that is free from now on; a: its size */
    HS_INSERT,   /* at: free block that joins a list (or tree); a: its size; b: index of the list */
    HS_REMOVE,   /* at: free block that leaves it; a: its size; b: index of the list */
    HS_WRITE,    /* at: word written by the allocator; a: its old value; b: its new value */
    HS_MOVE,     /* at: from; a: to; b: bytes copied */
    HS_FILL,     /* at: first byte; a: bytes that are set; b: to this value */
    HS_POKE,     /* at: first byte written by the client; a: how many */
    HS_BUMP,     /* a: where the bump pointer was; b: where it is now */
    HS_GROW,     /* a: the old end of the heap; b: the new one */
    HS_IN_PLACE, /* at: block that realloc keeps where it is; a: its old size; b: its new size */
    HS_IGNORE,   /* at: a pointer whose free does nothing */
    HS_RETURN,   /* at: the pointer returned, or NULL */
    HS_FAIL,     /* detail: hs_reason; a: bytes that would have been needed; at: a wrong pointer */
    HS_FAULT,    /* detail: hs_reason; at: the address; the request was undone */
    HS_QUARANTINE, /* at: freed block that waits; a: its size; b: how many wait now */
    HS_DECLINE,    /* at: what realloc does not take bytes from, to grow a block where it is; a: its
                      size; b: bytes that the block could have with it; detail: hs_reason */
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

/* What a block is looked at for. */
typedef enum {
    HS_PASSES,         /* on the way to another one */
    HS_TRIES,          /* by a search: it will do for the request, unless it is rejected */
    HS_SEES_NEIGHBOUR, /* a free one on the right, to grow into */
    HS_SEES_PAIR,      /* it may be joined with what is next to it */
    HS_SEES_RUN,       /* would it serve the request, were free neighbours joined? */
    HS_SEES_OBJECTS    /* a slab, for a free object */
} hs_sight;

typedef struct {
    uint8_t kind;   /* hs_event_kind */
    uint8_t detail; /* see the kinds */
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

/* Where the block ends that is in use as this event says; HS_NULL where it says so of none. */
hs_addr hs_event_block_end(const hs_event *);

/* Asked now and then while a request overwrites many bytes, `done` of `total`; false: it ends
 * there, undone, in a fault. NULL: nobody is asked, as at first. */
typedef bool hs_goes_on(void *of, uint64_t done, uint64_t total);
void hs_heap_ask(hs_heap *, hs_goes_on *, void *of);

const char *hs_event_name(hs_event_kind);
const char *hs_request_name(hs_request);

#endif

/* SPDX-License-Identifier: MIT */
/* Allocators: the interface that each one fills in, and the client's API on top of it.
 *
 * Every allocator's source is compiled three times: probed (each step is an event; every access to
 * the heap is checked), raw (no probes at all: production speed), and counted (probes only add up:
 * nearly as fast, for going through long histories of which the sums are wanted). */
#ifndef HEAPSCOPE_ALLOCATOR_H
#define HEAPSCOPE_ALLOCATOR_H

#include <heapscope/event.h>
#include <heapscope/heap.h>
#include <heapscope/linkage.h>

HS_PUBLIC_BEGIN

typedef enum { HS_RAW, HS_PROBED, HS_COUNTED, HS_BUILDS } hs_build;

/* A setting of an allocator. Its value is the index of a choice, or a number. */
typedef struct {
    const char *name;
    const char *help;
    const char *const *choices; /* NULL-terminated, or NULL for a number */
    uint64_t minimum, maximum;  /* of a number */
    uint64_t initial;
    bool fresh; /* decides the layout of blocks: changing it starts a fresh heap */
} hs_option;

enum { HS_OPTIONS = 8 }; /* the most that an allocator has */

typedef enum {
    HS_BLOCK_USED,
    HS_BLOCK_FREE,
    HS_BLOCK_REGION,  /* in use, without marks between its blocks: only the client knows them */
    HS_BLOCK_UNUSED,  /* never handed out, and no block yet */
    HS_BLOCK_DAMAGED, /* the bytes make no sense from here on */
    HS_BLOCK_DEAD,    /* freed by the client, of no use to the allocator: for ever, or for now */
    HS_BLOCK_OWN,     /* the allocator's own records, such as the head of a slab */
} hs_block_kind;
enum { HS_BLOCK_KINDS = HS_BLOCK_OWN + 1 };

/* A block as the bytes of the heap tell it. */
typedef struct {
    hs_block_kind kind;
    hs_addr addr;
    uint64_t size;           /* the whole block: header + lead + payload + footer */
    uint32_t header, footer; /* their bytes; 0 where there is none */
    uint32_t links;          /* bytes of links behind the header of a free block */
    uint64_t lead;           /* bytes skipped behind the header so that the payload is aligned */
    uint64_t word;           /* the first word of the header as stored, when there is one */
    uint32_t more_words;     /* of the header, right behind it, that say something of the block */
    bool is_used;            /* in use, or it waits as if it were: neighbours leave it alone */
    bool is_end_mark;        /* it stands behind the last block, for no block to be the last */
    const char *damage;      /* what is wrong, static text; NULL unless damaged */
} hs_block;

static inline hs_addr hs_block_payload(const hs_block *b)
{
    return b->addr + b->header + b->lead;
}
static inline uint64_t hs_block_capacity(const hs_block *b)
{
    return b->size - b->header - b->lead - b->footer;
}

/* --- What words of the allocator's say ------------------------------------------------------ */

typedef enum {
    HS_FIELD_SIZE,     /* bytes of the block; a header has one such field, in one of its words */
    HS_FIELD_USED,     /* 1: the block is in use; 0: it is free */
    HS_FIELD_STATUS,   /* another bit, of the block or of its neighbour */
    HS_FIELD_OFFSET,   /* bytes from the start of the block to its payload */
    HS_FIELD_LINK,     /* an address: of the next free block, of a child, ... */
    HS_FIELD_CHECKSUM, /* of the rest of the word */
    HS_FIELD_POISON,   /* the whole word: no field, but bytes that nobody holds */
    HS_FIELD_PLAIN,    /* the whole word: a number that is none of these, such as a bitmap */
} hs_field_kind;

/* A part of a word. */
typedef struct {
    hs_field_kind kind;
    uint8_t first, bits; /* it has so many bits, the lowest of which is bit `first` of the word */
    const char *name; /* "used", "left neighbour used"; NULL: the kind says it, or nothing does */
    uint64_t value;   /* what it says: 0 or 1, an address, bytes, whatever the word counts in */
} hs_field;

enum { HS_FIELDS = 8 }; /* the most that a word has */

/* A pointer of the allocator's own that a picture shows: bump pointer, rover, ... */
typedef struct {
    const char *name;
    hs_addr at;
} hs_mark;

enum { HS_MARKS = 4 };

/* Whether a block that is freed and its free neighbours become one. */
typedef enum {
    HS_JOINS_NEVER, /* a free joins nothing; a realloc in place, or a growth, may */
    HS_JOINS_NOW,   /* as part of the free */
    HS_JOINS_LATER, /* when a request needs it */
} hs_joins;

typedef struct {
    hs_joins when;
    bool left, right; /* which neighbours it can find */
    bool some_wait;   /* small blocks wait in lists, and count as used meanwhile */
} hs_coalescing;

/* How an allocator works, once for all: these decide what is worth telling, asking and counting. */
enum {
    HS_REUSES = 1,    /* what is freed serves later requests; without it, nothing is found again */
    HS_SEARCHES = 2,  /* a request looks at one block after another: how far is worth asking */
    HS_DIVIDES = 4,   /* blocks are of all sizes, cut from larger ones */
    HS_BUDDIES = 8,   /* a block is cut in halves, and joins its other half alone */
    HS_OBJECTS = 16,  /* objects of a few sizes are cut many at once, before they are asked for */
    HS_ONE_LIST = 32, /* list 0 has all free blocks, in an order */
    HS_TREE = 64,     /* list 0 is a tree of all free blocks: links lead to children */
    HS_SURE_FITS = 128, /* a request looks only where every block is large enough, and may pass over
                           one that would do */
};

/* How the free blocks hang together. It chooses the drawing of them, and nothing else. */
typedef enum {
    HS_SHAPE_NONE,  /* not at all: they are found in heap order, or never again */
    HS_SHAPE_LIST,  /* one doubly linked list */
    HS_SHAPE_LISTS, /* a list for each size class */
    HS_SHAPE_GRID,  /* size classes in two levels, with a bitmap of those that are not empty */
    HS_SHAPE_TREE,  /* a binary tree */
    HS_SHAPE_BUDDY, /* a list for each power of two, of blocks whose halves are buddies */
    HS_SHAPE_SLABS, /* a list for each size class, of slabs that have free objects */
} hs_shape;

/* One list (or the tree) of free blocks. */
typedef struct {
    hs_addr head;               /* its first block, or the root; HS_NULL when it is empty */
    uint64_t smallest, largest; /* sizes of the blocks that belong in it */
    bool marked;                /* its bit in a bitmap, if there is one; else: it is not empty */
    bool whole;                 /* its blocks are handed out as they are, never split */
    const char *name;           /* of a list unlike the others, such as "quick"; else NULL */
    const char *about;          /* what sets those apart, or NULL */
} hs_list;

/* Where the links of a free block point to: next and previous, or left and right child. */
typedef struct {
    hs_addr to[2];
} hs_links;

/* What a consistency check found first. */
typedef struct {
    hs_addr at;
    char what[160];
} hs_damage;

struct hs_allocator {
    const char *name;
    const char *summary; /* one line */
    const char *source;  /* book, paper or course that it follows */
    const hs_option *options;
    size_t option_count;
    size_t state_size; /* bytes of the allocator's own variables, outside the heap */
    unsigned traits;   /* HS_REUSES | ... */
    hs_shape shape;
    size_t columns; /* of a grid: lists in a row; else 0 */
    /* A model of a heap, to work out on paper: it starts at this address, no size of it is rounded,
     * no payload aligned, and it does not grow. 0: a heap as programs have it. */
    hs_addr model_base;
    /* The largest sizes that a heap may have under it, for one that writes to all bytes of a heap,
     * whoever asks for them or not; zeros: any. */
    hs_heap_config largest;

    /* The same allocator as it was compiled for these values of its options; NULL when there is but
     * one. A heap works by its variant, which hs_heap_allocator returns. */
    const hs_allocator *(*variant)(const uint64_t *options);

    /* The same allocator, or variant, in each build: this one is among them. */
    const hs_allocator *builds[HS_BUILDS];

    /* The alignment of payloads, a power of two: sizes of the heap are multiples of it. */
    uint64_t (*alignment)(const hs_heap *);

    /* Lay out an empty heap. */
    void (*init)(hs_heap *);

    /* The requests proper. Sizes are at least 1 and pointers are not NULL: what C says of 0 and
     * NULL is the same for all and done by the client's API below. HS_NULL leaves all as it was. */
    hs_addr (*malloc)(hs_heap *, size_t size);
    hs_addr (*aligned_alloc)(hs_heap *, size_t alignment, size_t size); /* a power of two */
    hs_addr (*realloc)(hs_heap *, hs_addr, size_t size);
    void (*free)(hs_heap *, hs_addr);

    /* The placement policy in force: the word before "fit", such as "best"; NULL: it has none. */
    const char *(*fit)(const hs_heap *);
    /* As its options are now; NULL: nothing is ever joined. */
    hs_coalescing (*coalesces)(const hs_heap *);

    /* What a word says when it lies at `at`, in a header, footer or link: its fields, a checksum
     * before all others, status bits behind them, from bit 0 on; returns how many. 0: no
     * word of the allocator's can be there. The word need not lie there now, for events tell old
     * values and new ones; and a broken one may say any size. NULL: nothing of the allocator's lies
     * in the heap. */
    size_t (*fields)(const hs_heap *, hs_addr at, uint64_t word, hs_field out[HS_FIELDS]);
    /* Of a block without a header: what tells whether it is in use. NULL: nothing in the heap. */
    const char *without_header;

    /* The block after `previous` in heap order, or the first (NULL); false after the last. Of the
     * one before it reads addr, size and is_used alone: so a walk may begin in the middle of a
     * sound heap, at the start of a block or anywhere in a region. */
    bool (*walk)(const hs_heap *, const hs_block *previous, hs_block *out);
    /* What stands behind the last block, for no block to be the last: as a block of kind OWN, or
     * DAMAGED, that is an end mark. NULL: nothing does. */
    void (*end_mark)(const hs_heap *, hs_block *out);
    size_t (*marks)(const hs_heap *, hs_mark[HS_MARKS]); /* NULL: it has none */
    /* The free blocks in their own order. Both are NULL where the shape is NONE. A list is false
     * beyond the last; links are false where no block can be. A reader of broken links may be led
     * round in a circle: it counts its steps. */
    bool (*list)(const hs_heap *, size_t index, hs_list *out);
    bool (*links)(const hs_heap *, hs_addr block, hs_links *out);
    uint64_t (*priority)(hs_addr block); /* in a treap: none below has a higher one; else NULL */
    bool (*check)(const hs_heap *, hs_damage *);
};

/* The registry: the allocators, in the order of the ladder; NULL beyond the last. An allocator need
 * not be in it. */
const hs_allocator *hs_allocator_at(size_t index, hs_build);
const hs_allocator *hs_allocator_named(const char *name, hs_build);

/* The name of the one that a session has when none is asked for. */
const char *hs_allocator_usual(void);

/* Other names for an allocator with one option set: best-fit is implicit with fit = best. */
typedef struct {
    const char *name, *allocator, *option, *choice;
} hs_preset;
const hs_preset *hs_preset_at(size_t index);

/* What was an option of an allocator once, and is one of another allocator now. Of several rows for
 * an option the first holds that has the value, or none, which is any. NULL beyond the last. */
typedef struct {
    const char *allocator, *option, *value;
    const char *command; /* what does it now; NULL: it is so without being asked for */
    const char *lane;    /* the same where allocators are compared */
} hs_moved;
const hs_moved *hs_moved_at(size_t index);

/* A fresh heap under an allocator. `options` has one value per option of the allocator, in its
 * order, or is NULL for the initial ones. NULL with errno when the range cannot be reserved. */
hs_heap *hs_heap_new(const hs_heap_config *, const hs_allocator *, hs_build,
                     const uint64_t *options);
void hs_heap_free(hs_heap *);
const hs_allocator *hs_heap_allocator(const hs_heap *);
uint64_t hs_heap_option(const hs_heap *, size_t index);
size_t hs_heap_marks(const hs_heap *, hs_mark[HS_MARKS]); /* says how many there are */
bool hs_heap_end_mark(const hs_heap *, hs_block *out);    /* false: it has none */

/* Go on with another build of the same allocator, on the same bytes. A heap that was not probed has
 * no events of requests before that; one that was not counted has no counts of them. */
hs_build hs_heap_build(const hs_heap *);
void hs_heap_use(hs_heap *, hs_build);

/* What requests to the counted build add up to. */
typedef struct {
    hs_counts counts;
    hs_addr highest; /* the highest end of any block taken; 0: none was */
} hs_tally;

/* The sums since this was asked last; zero where the counted build was never used. */
hs_tally hs_heap_tally(hs_heap *);
/* The first range of bytes at or behind `from` that was written to since it was asked for it last;
 * from *from to *to - 1, whole pages of HS_HEAP_PAGE bytes, counted from the base. False when there
 * is no further one. The raw build does not know. */
bool hs_heap_written(hs_heap *, uint64_t *from, uint64_t *to);

/* Make one heap the same as another, byte for byte and variable for variable: a search goes back
 * this way. Both are raw, of one allocator and of one size that does not grow. */
void hs_heap_copy(hs_heap *to, const hs_heap *from);

/* Change an option that is not `fresh`, for the requests to come. */
void hs_heap_set_option(hs_heap *, size_t index, uint64_t value);

/* The allocator's own variables as they are, state_size bytes of them; and a heap made what it was:
 * so many bytes committed, these variables, no events. Its content is the caller's to write, at the
 * address that is returned; NULL when the memory cannot be had. */
const void *hs_heap_state(const hs_heap *);
void *hs_heap_recall(hs_heap *, uint64_t committed, const void *state);
/* Bytes from .. to - 1, counted from the base, are what they were: written to, or, whole pages, as
 * they came from the system. */
void hs_heap_recalled(hs_heap *, uint64_t from, uint64_t to, bool written);

/* The client's API, with what C says about NULL, 0 and absurd sizes:
 *   malloc(0) returns a block of its own that can be freed; free(NULL) does nothing;
 *   realloc(NULL, n) is malloc(n); realloc(p, 0) frees p and returns NULL;
 *   calloc checks its product; every size that cannot be had returns NULL and changes nothing.
 * In a probed heap a request that runs into broken bytes is undone, and hs_fault tells. */
static inline hs_addr hs_malloc(hs_heap *, size_t size);
hs_addr hs_calloc(hs_heap *, size_t count, size_t size);
hs_addr hs_aligned_alloc(hs_heap *, size_t alignment, size_t size);
hs_addr hs_realloc(hs_heap *, hs_addr, size_t size);
static inline void hs_free(hs_heap *, hs_addr);

/* The fault that ended the last request, or NULL. Valid until the next request. */
const hs_event *hs_fault(const hs_heap *);

/* --- How malloc and free are called ----------------------------------------------------------- */

/* What a heap begins with: the functions of its allocator, or those that record what these do. A
 * client that has a size, or a block, is one call away from them. */
typedef struct {
    hs_addr (*malloc)(hs_heap *, size_t size);
    void (*free)(hs_heap *, hs_addr);
} hs_calls;

/* malloc(0) and free(NULL). */
hs_addr hs_malloc_nothing(hs_heap *);
void hs_free_nothing(hs_heap *);

static inline hs_addr hs_malloc(hs_heap *h, size_t size)
{
    return size ? ((const hs_calls *)h)->malloc(h, size) : hs_malloc_nothing(h);
}

static inline void hs_free(hs_heap *h, hs_addr p)
{
    if (p)
        ((const hs_calls *)h)->free(h, p);
    else
        hs_free_nothing(h);
}

HS_PUBLIC_END

#endif

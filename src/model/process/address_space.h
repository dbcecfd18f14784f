/* SPDX-License-Identifier: MIT */
/* An address space: the segments of a process, and the steps that made them.
 *
 *      0x7ffffffff000  end of the user's half
 *      stack           grows down
 *         ...          a gap: nothing is mapped, an access faults
 *      libraries       the mapping area, from the top down
 *         ...
 *      heap            from its start to the break; this session's own
 *      bss data rodata text
 *         ...
 *      0               NULL
 *
 * Each segment has the step it came with and the step it went with, so that any step is shown by
 * choosing segments: forward and back are the same thing. */
#ifndef HS_MODEL_ADDRESS_SPACE_H
#define HS_MODEL_ADDRESS_SPACE_H

#include <heapscope/session.h>

#define HS_PAGE      ((uint64_t)4096)
#define HS_SPACE_END ((hs_addr)0x7ffffffff000) /* of the user's addresses, on x86-64 */
#define HS_UNKNOWN   UINT64_MAX

enum {
    HS_MAPPED_EXECUTE = 1,
    HS_MAPPED_WRITE = 2,
    HS_MAPPED_READ = 4
}; /* as in the program headers of ELF */

typedef enum {
    HS_SEGMENT_CODE,
    HS_SEGMENT_CONSTANT, /* read-only: rodata, headers, relro */
    HS_SEGMENT_DATA,     /* from a file, and writable */
    HS_SEGMENT_ZERO,     /* no file behind it: bss, anonymous mappings */
    HS_SEGMENT_HEAP,
    HS_SEGMENT_STACK,
    HS_SEGMENT_KERNEL,  /* vdso and the like */
    HS_SEGMENT_BARRIER, /* no access at all */
    HS_SEGMENT_KINDS
} hs_segment_kind;

typedef struct {
    hs_addr from, to;
    hs_segment_kind kind;
    uint8_t permissions;
    char *name;
    uint64_t resident; /* bytes in memory; HS_UNKNOWN */
    size_t born, died; /* on show from step `born` on, and before step `died`, from 1 */
} hs_segment;

typedef struct {
    char *title, *text;
} hs_space_step;

typedef struct {
    char *name; /* of the program */
    bool live;  /* a real process: its heap is not the session's */
    hs_segment *segments;
    size_t count, capacity;
    hs_space_step *steps;
    size_t step_count, step_capacity;
    size_t shown; /* the step on show, from 1; 0 while there is none */
    int process;  /* of a live one: its number */
    bool ended;   /* it was live */
    bool child;   /* it was started from here */
    char *seen;   /* what its map said last */
    int input;    /* the end of its standard input that keeps it waiting; -1 */
} hs_space;

hs_space *hs_space_new(const char *name);
void hs_space_free(hs_space *); /* ends a process that was started for it */

/* Begin the next step, and say more about it. */
void hs_space_step_begin(hs_space *, const char *title, ...) __attribute__((format(printf, 2, 3)));
void hs_space_tell(hs_space *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A segment that comes with the last step; its index. */
size_t hs_space_add(hs_space *, hs_addr from, hs_addr to, int permissions, hs_segment_kind,
                    const char *name);
/* It goes with the last step. */
void hs_space_remove(hs_space *, size_t index);

/* Show a step; the first or the last one, when there is none of that number. */
void hs_space_go(hs_space *, size_t step);

/* The segments on show, the highest address first, freed by the caller. The names are the space's.
 * The heap of a process that is no live one reaches from the session's base to its break. */
hs_segment *hs_space_segments(const hs_space *, const hs_session *, size_t *count);

/* The spaces that are on show: the process that the session's heap belongs to, and one that is
 * real. They are no part of the session's state, which is a function of the operations. NULL: none.
 */
typedef struct {
    hs_space *own, *live;
} hs_spaces;

/* Put another one in its place, which is freed. */
void hs_space_take(hs_space **place, hs_space *);
void hs_spaces_free(hs_spaces *);

#endif

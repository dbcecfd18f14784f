/* SPDX-License-Identifier: MIT */
/* Workloads: what a client program asks for, written down beforehand as an array of operations, so
 * that playing one costs nothing but the requests.
 *
 *      | build: until the usual number of blocks is live | steady: what is timed | drain |
 *
 * They are random by a fixed seed: the same on every machine and in every run. */
#ifndef HS_BENCH_WORKLOADS_H
#define HS_BENCH_WORKLOADS_H

#include <stddef.h>
#include <stdint.h>

typedef enum { OP_MALLOC, OP_FREE, OP_REALLOC } op_kind;

/* The client holds its pointers in slots. No size is less than 8. */
typedef struct {
    uint32_t kind, slot;
    uint32_t size; /* bytes asked for; of a free: what the block had */
    uint32_t old;  /* what the slot held before; 0: nothing */
} op;

typedef struct {
    const char *name;
    const char *help;
    uint32_t slots;
    void (*fill)(void *of); /* the build; NULL: none */
    void (*step)(void *of); /* a few more steady operations */
} workload;

typedef struct {
    op *ops;
    size_t build, steady, drain; /* how many there are of each */
} play;

extern const workload workloads[];
extern const size_t workload_count;

/* The operations live as long as the process. Ends the program when there is no memory. */
play workload_generate(const workload *);

/* Zeroed memory that is not malloc's. Ends the program when there is none. */
void *pages(size_t bytes);

#endif

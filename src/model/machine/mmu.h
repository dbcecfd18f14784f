/* SPDX-License-Identifier: MIT */
/* The mechanisms of memory management, and the machine that runs commands on them. */
#ifndef HS_MODEL_MMU_H
#define HS_MODEL_MMU_H

#include <heapscope/mmu.h>
#include <heapscope/problem.h>

/* One way to give processes memory. Functions that run out of physical memory return false, and
 * leave the machine in disorder: callers work on a copy. */
typedef struct {
    const char *name;
    uint64_t (*start)(const hs_mmu *, const hs_process *, unsigned area);
    uint64_t (*room)(const hs_mmu *, const hs_process *, unsigned area);
    void (*tables)(const hs_mmu *, const hs_process *, hs_mmu_tables *);
    bool (*resize)(hs_mmu *, hs_process *, unsigned area, uint64_t size);
    void (*share_code)(hs_mmu *, hs_process *, const hs_process *with);
    void (*release)(hs_mmu *, hs_process *);
    void (*swap_out)(hs_mmu *, hs_process *);
    /* Entry `entry`, or with -1 all of it. */
    bool (*swap_in)(hs_mmu *, hs_process *, int entry);
} hs_mechanism;

extern const hs_mechanism hs_base_bounds, hs_segmentation, hs_paging;
const hs_mechanism *hs_mechanism_of(const hs_mmu *);

static inline uint64_t hs_mmu_space(const hs_mmu *m)
{
    return (uint64_t)1 << m->bits;
}

/* --- Physical memory in regions ------------------------------------------------------------- */

/* A region by first fit; false when no hole is large enough. */
bool hs_region_new(hs_mmu *, uint64_t size, uint8_t *number);
void hs_region_drop(hs_mmu *, uint8_t *number);
/* Grow at its end, or, `down`, at its beginning: in place, or by a move. */
bool hs_region_resize(hs_mmu *, uint8_t *number, uint64_t size, bool down);
void hs_regions_swap_out(hs_mmu *, hs_process *);
bool hs_regions_swap_in(hs_mmu *, hs_process *, int ignored);
void hs_regions_release(hs_mmu *, hs_process *);
/* Slide all regions to the start of memory. Returns the bytes that were copied. */
uint64_t hs_memory_compact(hs_mmu *);

/* --- The machine ---------------------------------------------------------------------------- */

/* The machine that a session begins with, its heap having so many bytes. */
void hs_machine_start(hs_mmu *, uint64_t heap);
/* Does the command with this verb take a pointer? */
bool hs_machine_takes_pointer(const char *verb);
/* Run a command: the words behind its verb, and the virtual address of its pointer, if it takes
 * one. The report says what was done. */
bool hs_machine_perform(hs_mmu *, const char *verb, const char *words, uint64_t address,
                        hs_problem *);
/* The session's heap has so many bytes now: main's heap area follows, as far as there is room. */
void hs_machine_follow(hs_mmu *, uint64_t heap, bool try_again);

#endif

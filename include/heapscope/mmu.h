/* SPDX-License-Identifier: MIT */
/* A small machine's memory: how its hardware translates addresses, and what its OS keeps where.
 *
 *      virtual address    01 00 0001 1000          the top bits choose an entry of the table,
 *                         |      |                 the others are the offset in it
 *      table        base, limit, protection        checked by the hardware at every access
 *                                |
 *      physical memory  | OS | code | heap |       | stack |         |
 *
 * Base and bounds is a table of one entry; segmentation one of a few that grow up or down; paging
 * one of many that all have the same size. So one translation serves all three. Nothing is stored
 * in this memory: the bytes of the session's heap are the heap's own.
 *
 * After Arpaci-Dusseau, Operating Systems: Three Easy Pieces, chapters 15 to 18. */
#ifndef HEAPSCOPE_MMU_H
#define HEAPSCOPE_MMU_H

#include <heapscope/linkage.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

HS_PUBLIC_BEGIN

/* --- The hardware --------------------------------------------------------------------------- */

typedef enum { HS_MMU_BASE_BOUNDS, HS_MMU_SEGMENTATION, HS_MMU_PAGING, HS_MMU_KINDS } hs_mmu_kind;

/* What an access wants, and an entry allows. */
enum { HS_MAY_EXECUTE = 1, HS_MAY_WRITE = 2, HS_MAY_READ = 4, HS_MAY_ALL = 7 };

enum { HS_MMU_ENTRIES = 64 };

typedef struct {
    uint64_t base;  /* physical address of offset 0; where it grows down, of its end */
    uint64_t limit; /* bytes; 0: there is no such segment or page */
    uint8_t protection;
    bool down;   /* grows towards lower addresses: its last byte has the highest offset */
    bool absent; /* it is on the disk */
} hs_mmu_entry;

typedef struct {
    hs_mmu_kind kind;
    unsigned bits;   /* bits of an address */
    unsigned select; /* how many of them, at the top, choose the entry; 0 with base and bounds */
    hs_mmu_entry entries[HS_MMU_ENTRIES];
} hs_mmu_tables;

typedef enum {
    HS_FAULT_NONE,
    HS_FAULT_SPACE,      /* the address has too many bits */
    HS_FAULT_INVALID,    /* there is no such segment or page */
    HS_FAULT_BOUNDS,     /* it lies beyond the limit */
    HS_FAULT_PROTECTION, /* the entry does not allow this kind of access */
    HS_FAULT_ABSENT,     /* on the disk */
} hs_mmu_fault;

/* A translation with all that it went through. */
typedef struct {
    uint64_t address;
    unsigned access; /* 0: an address alone is asked for, and protection is not looked at */
    unsigned entry;
    uint64_t offset;
    uint64_t distance; /* of an entry that grows down: from its end; else the offset */
    hs_mmu_entry with;
    hs_mmu_fault fault;
    uint64_t physical; /* valid only without a fault */
} hs_translation;

hs_translation hs_mmu_translate(const hs_mmu_tables *, uint64_t address, unsigned access);

const char *hs_mmu_kind_name(hs_mmu_kind); /* "segmentation" */

/* --- What the OS keeps ---------------------------------------------------------------------- */

enum { HS_PROCESSES = 8, HS_AREAS = 8, HS_REGIONS = 64, HS_FRAMES = 256, HS_PROCESS_NAME = 16 };

/* The parts of a program. Data areas exist where there are segments for them. */
enum { HS_AREA_CODE, HS_AREA_HEAP, HS_AREA_STACK, HS_AREA_DATA };

/* A piece of physical memory that was handed out as a whole. It is free where `users` is 0. */
typedef struct {
    uint64_t at, size;
    uint8_t users; /* how many processes use it: code may be shared */
    bool out;      /* on the disk: `at` says nothing */
} hs_region;

enum { HS_NO_REGION = 255, HS_PAGE_NONE = 0xffff, HS_PAGE_OUT = 0xfffe };

typedef struct {
    char name[HS_PROCESS_NAME]; /* "": there is no such process */
    bool out;                   /* swapped out as a whole */
    uint64_t sizes[HS_AREAS];
    uint8_t regions[HS_AREAS];      /* base and bounds, segmentation: where each area is */
    uint16_t pages[HS_MMU_ENTRIES]; /* paging: the frame of each page */
} hs_process;

typedef struct {
    hs_mmu_kind kind;
    unsigned bits;
    unsigned segments; /* segments of a process; 1 with base and bounds */
    uint64_t page;     /* bytes of a page */
    uint64_t memory;   /* bytes of physical memory, of which the OS has the first `os` */
    uint64_t os;
    hs_region regions[HS_REGIONS];
    uint8_t frame_users[HS_FRAMES];
    hs_process processes[HS_PROCESSES]; /* number 0, main, is the session's program */
    unsigned current;
    uint64_t heap;    /* what the session's heap has; the heap area of main follows it */
    uint64_t copied;  /* bytes that the OS moved to make room, since the machine was set up */
    char report[640]; /* what the last command did */
} hs_mmu;

/* The first virtual address of an area, and how large it can be while the others stay. */
uint64_t hs_mmu_area_start(const hs_mmu *, const hs_process *, unsigned area);
uint64_t hs_mmu_area_room(const hs_mmu *, const hs_process *, unsigned area);
/* "code", "heap", "stack", "data 2" (the number is its segment's). */
const char *hs_mmu_area_name(unsigned area);
/* The entry that an area's addresses choose, where areas have one of their own; else -1. */
int hs_mmu_area_entry(const hs_mmu *, unsigned area);

/* The tables that the hardware has loaded while a process runs. */
void hs_mmu_tables_of(const hs_mmu *, const hs_process *, hs_mmu_tables *);
hs_translation hs_mmu_translate_current(const hs_mmu *, uint64_t address, unsigned access);

/* Physical memory in the order of its addresses. */
typedef struct {
    uint64_t at, size;
    enum { HS_PIECE_OS, HS_PIECE_FREE, HS_PIECE_USED } kind;
    int process, area; /* the first process that has it, and as which area */
    unsigned users;
} hs_piece;

/* The piece at `from`, which is 0 or the end of another piece; false at the end of memory. */
bool hs_memory_piece(const hs_mmu *, uint64_t from, hs_piece *);

typedef struct {
    uint64_t free, largest, holes;
} hs_memory_figures;
hs_memory_figures hs_memory_measure(const hs_mmu *);

HS_PUBLIC_END

#endif

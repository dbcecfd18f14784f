/* SPDX-License-Identifier: MIT */
/* An executable or a library as its ELF file describes it: what is mapped where, and what it needs.
 *
 *      file     | ELF header | program headers | text | rodata | data | sections, symbols ... |
 *
 * Only what the kernel and the loader look at is read: the program headers and, through them, the
 * dynamic section. Sections and symbols are not needed to run, and may be stripped. Nothing in the
 * file is trusted: what does not fit refuses the file, with the reason. */
#ifndef HS_MODEL_EXECUTABLE_H
#define HS_MODEL_EXECUTABLE_H

#include <heapscope/session.h>

/* A segment to load (PT_LOAD), as the program header has it. */
typedef struct {
    uint64_t offset, address, file_size, memory_size, align;
    int permissions; /* HS_MAPPED_READ and the like */
} hs_load;

typedef struct {
    char *path;
    const char *machine; /* "x86-64"; static text */
    unsigned machine_number;
    int bits;      /* 32 or 64 */
    bool foreign;  /* this machine can not run it */
    bool movable;  /* position-independent: PIE or library */
    bool stripped; /* of its symbols */
    uint64_t entry;
    unsigned header_count;
    hs_load *loads; /* by address, without overlap */
    size_t load_count;
    uint64_t relro, relro_size; /* becomes read-only after relocation; size 0: none */
    char *interpreter, *soname, *rpath, *runpath; /* NULL: none */
    char **needed;
    size_t needed_count;
} hs_executable;

/* True if heapscope was built with libelf, so that it can read ELF files. */
bool hs_executable_is_readable(void);

/* NULL with a problem. */
hs_executable *hs_executable_open(const char *path, hs_problem *);
/* The same from memory, named `path`. */
hs_executable *hs_executable_read(const char *path, const void *bytes, size_t size, hs_problem *);
void hs_executable_free(hs_executable *);

/* hs_executable_first_page: where the first page of its segments begins; hs_executable_span: how
 * many bytes there are from there to the end of the last one. */
uint64_t hs_executable_first_page(const hs_executable *);
uint64_t hs_executable_span(const hs_executable *);

#endif

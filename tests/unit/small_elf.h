/* SPDX-License-Identifier: MIT */
/* A small ELF file in memory, for tests that damage it: two segments, an interpreter, a dynamic
 * section that needs two libraries. */
#ifndef TESTS_UNIT_SMALL_ELF_H
#define TESTS_UNIT_SMALL_ELF_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { SMALL_HEADERS = 5, SMALL_ENTRIES = 7 };

typedef struct {
    Elf64_Ehdr header;
    Elf64_Phdr programs[SMALL_HEADERS];
    char interpreter[32];
    char strings[64];
    Elf64_Dyn dynamic[SMALL_ENTRIES];
    char data[64];
} small_elf;

static inline Elf64_Phdr small_segment(uint32_t type, uint32_t flags, size_t at, size_t size)
{
    return (Elf64_Phdr){.p_type = type,
                        .p_flags = flags,
                        .p_offset = at,
                        .p_vaddr = at,
                        .p_filesz = size,
                        .p_memsz = size,
                        .p_align = 0x1000};
}

/* Its two segments to load are the whole file, read and executed; and its last 64 bytes once more,
 * two pages above, with 4096 bytes of bss. */
static inline small_elf small_elf_make(void)
{
    small_elf e = {.interpreter = "/lib64/ld-linux-x86-64.so.2",
                   .strings = "\0libone.so\0libtwo.so\0/opt/lib"};
    e.header = (Elf64_Ehdr){.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                            .e_type = ET_DYN,
                            .e_machine = EM_X86_64,
                            .e_version = EV_CURRENT,
                            .e_entry = 0x40,
                            .e_phoff = offsetof(small_elf, programs),
                            .e_ehsize = sizeof(Elf64_Ehdr),
                            .e_phentsize = sizeof(Elf64_Phdr),
                            .e_phnum = SMALL_HEADERS};
    size_t data = offsetof(small_elf, data);
    e.programs[0] = small_segment(PT_INTERP, PF_R, offsetof(small_elf, interpreter), 28);
    e.programs[1] = small_segment(PT_LOAD, PF_R | PF_X, 0, sizeof e);
    e.programs[2] = small_segment(PT_LOAD, PF_R | PF_W, data, sizeof e.data);
    e.programs[2].p_vaddr += 0x2000;
    e.programs[2].p_memsz += 4096;
    e.programs[3] = small_segment(PT_DYNAMIC, PF_R, offsetof(small_elf, dynamic), sizeof e.dynamic);
    e.programs[4] = small_segment(PT_GNU_RELRO, PF_R, data + 0x2000, sizeof e.data);
    const Elf64_Dyn dynamic[SMALL_ENTRIES] = {
        {DT_NEEDED, {1}},
        {DT_NEEDED, {11}},
        {DT_RUNPATH, {21}},
        {DT_STRTAB, {offsetof(small_elf, strings)}},
        {DT_STRSZ, {sizeof e.strings}},
        {DT_NULL, {0}},
    };
    memcpy(e.dynamic, dynamic, sizeof dynamic);
    return e;
}

#endif

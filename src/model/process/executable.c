/* SPDX-License-Identifier: MIT */
/* Reads an ELF file by libelf. After the System V ABI, chapters 4 and 5 of its generic part. */
#include "model/process/executable.h"

#include "base/files.h"
#include "base/memory.h"
#include "model/process/address_space.h"

#include <errno.h>
#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_HEADERS = 1000, MOST_NEEDED = 500, LONGEST_STRING = 4096, MOST_ENTRIES = 100000 };

/* The state of reading a file. */
typedef struct {
    Elf *elf;
    uint64_t size; /* of the file */
    GElf_Ehdr header;
    hs_executable *e;
    hs_problem *problem;
    GElf_Phdr dynamic; /* p_filesz 0: none */
    uint64_t strings, strings_size;
} reading;

static bool refuse(hs_problem *problem, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool refuse(hs_problem *problem, const char *hint, const char *format, ...)
{
    va_list what;
    *problem = (hs_problem){.operand = HS_OPERAND_NAME};
    va_start(what, format);
    vsnprintf(problem->what, sizeof problem->what, format, what);
    va_end(what);
    snprintf(problem->hint, sizeof problem->hint, "%s", hint);
    return false;
}

static bool damaged(const reading *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool damaged(const reading *r, const char *format, ...)
{
    char text[200];
    va_list what;
    va_start(what, format);
    vsnprintf(text, sizeof text, format, what);
    va_end(what);
    return refuse(r->problem, "", "this ELF file is damaged: %s", text);
}

/* --- The header ----------------------------------------------------------------------------- */

static const struct {
    unsigned number;
    const char *name;
} machines[] = {
    {EM_X86_64, "x86-64"}, {EM_386, "x86"},       {EM_AARCH64, "AArch64"}, {EM_ARM, "Arm"},
    {EM_RISCV, "RISC-V"},  {EM_PPC64, "PowerPC"}, {EM_PPC, "PowerPC"},     {EM_S390, "S/390"},
    {EM_MIPS, "MIPS"},     {EM_SPARCV9, "SPARC"}, {EM_SPARC, "SPARC"},     {EM_68K, "68000"},
    {EM_IA_64, "Itanium"}, {258, "LoongArch"},    {EM_BPF, "BPF"},         {EM_ALPHA, "Alpha"},
};

#if defined __x86_64__
enum { OWN_MACHINE = EM_X86_64 };
#elif defined __aarch64__
enum { OWN_MACHINE = EM_AARCH64 };
#elif defined __riscv
enum { OWN_MACHINE = EM_RISCV };
#else
enum { OWN_MACHINE = EM_NONE };
#endif

static const char *name_of_machine(unsigned number)
{
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
        if (machines[i].number == number) return machines[i].name;
    return "a machine of its own";
}

static bool has_magic(const reading *r)
{
    size_t n;
    const char *bytes = elf_rawfile(r->elf, &n);
    return bytes && n >= SELFMAG && memcmp(bytes, ELFMAG, SELFMAG) == 0;
}

static bool read_header(reading *r)
{
    hs_executable *e = r->e;
    if (elf_kind(r->elf) != ELF_K_ELF && has_magic(r))
        return damaged(r, "its header is cut off, or of no class that there is");
    if (elf_kind(r->elf) != ELF_K_ELF)
        return refuse(r->problem, "", "this is no ELF file: it has no segments to map");
    if (!gelf_getehdr(r->elf, &r->header)) return damaged(r, "its header is cut off");
    switch (r->header.e_type) {
    case ET_EXEC:
    case ET_DYN: break;
    case ET_REL:
        return refuse(r->problem, "link it first",
                      "this is an object file: it has sections, but no segments to map yet");
    case ET_CORE:
        return refuse(r->problem, "", "this is a core dump: what is left of a process, no program");
    default: return damaged(r, "it is of type %u", r->header.e_type);
    }
    e->bits = gelf_getclass(r->elf) == ELFCLASS64 ? 64 : 32;
    e->machine_number = r->header.e_machine;
    e->machine = name_of_machine(e->machine_number);
    e->foreign = e->machine_number != OWN_MACHINE;
    e->movable = r->header.e_type == ET_DYN;
    e->entry = r->header.e_entry;
    return true;
}

/* --- Strings -------------------------------------------------------------------------------- */

/* The NUL-terminated string at an offset of the file that ends before `limit`; NULL if it does not.
 */
static char *string_at(const reading *r, uint64_t offset, uint64_t limit)
{
    if (offset >= r->size || offset >= limit) return NULL;
    uint64_t most = (limit < r->size ? limit : r->size) - offset;
    if (most > LONGEST_STRING) most = LONGEST_STRING;
    Elf_Data *data = elf_getdata_rawchunk(r->elf, (int64_t)offset, most, ELF_T_BYTE);
    if (!data || !data->d_buf || !memchr(data->d_buf, 0, data->d_size)) return NULL;
    size_t length = strlen(data->d_buf) + 1;
    return memcpy(hs_new(length, 1), data->d_buf, length);
}

/* --- Program headers ------------------------------------------------------------------------ */

static bool add_load(reading *r, size_t number, const GElf_Phdr *p)
{
    hs_executable *e = r->e;
    if (p->p_memsz == 0) return true;
    if (p->p_filesz > p->p_memsz)
        return damaged(r, "segment %zu has more bytes in the file than in memory", number);
    if (p->p_offset > r->size || p->p_filesz > r->size - p->p_offset)
        return damaged(r, "segment %zu ends behind the file's end, %" PRIu64 " bytes", number,
                       r->size);
    if (p->p_vaddr > HS_SPACE_END || p->p_memsz > HS_SPACE_END - p->p_vaddr)
        return damaged(r, "segment %zu, at 0x%" PRIx64 ", is beyond a program's addresses", number,
                       p->p_vaddr);
    if ((p->p_vaddr ^ p->p_offset) % HS_PAGE && p->p_filesz)
        return damaged(r, "segment %zu lies otherwise in its page than in the file's", number);
    if (e->load_count) {
        const hs_load *last = &e->loads[e->load_count - 1];
        if (p->p_vaddr < last->address + last->memory_size)
            return damaged(r, "segment %zu does not lie behind the one before it", number);
    }
    e->loads[e->load_count++] = (hs_load){.offset = p->p_offset,
                                          .address = p->p_vaddr,
                                          .file_size = p->p_filesz,
                                          .memory_size = p->p_memsz,
                                          .align = p->p_align,
                                          .permissions = (int)(p->p_flags & 7)};
    return true;
}

static bool take_header(reading *r, size_t number, const GElf_Phdr *p)
{
    hs_executable *e = r->e;
    switch (p->p_type) {
    case PT_LOAD: return add_load(r, number, p);
    case PT_DYNAMIC: r->dynamic = *p; return true;
    case PT_GNU_RELRO:
        e->relro = p->p_vaddr;
        e->relro_size = p->p_memsz;
        return true;
    case PT_INTERP:
        if (e->interpreter) return damaged(r, "it names two interpreters");
        if (p->p_offset <= r->size && p->p_filesz <= r->size - p->p_offset)
            e->interpreter = string_at(r, p->p_offset, p->p_offset + p->p_filesz);
        return (e->interpreter && *e->interpreter) ||
               damaged(r, "the name of its interpreter has no end");
    default: return true;
    }
}

static bool read_program_headers(reading *r)
{
    size_t n;
    GElf_Phdr p;
    if (elf_getphdrnum(r->elf, &n) != 0 || (n == 0 && r->header.e_phnum > 0))
        return damaged(r, "its program headers are cut off");
    if (n == 0)
        return refuse(r->problem, "",
                      "it has no program headers: nothing says what is to be mapped");
    if (n > MOST_HEADERS) return damaged(r, "it has %zu program headers", n);
    r->e->header_count = (unsigned)n;
    r->e->loads = hs_new(n, sizeof *r->e->loads);
    for (size_t i = 0; i < n; i++) {
        if (!gelf_getphdr(r->elf, (int)i, &p))
            return damaged(r, "program header %zu is cut off", i);
        if (!take_header(r, i, &p)) return false;
    }
    return r->e->load_count || damaged(r, "it has no segment to load");
}

/* --- The dynamic section -------------------------------------------------------------------- */

/* Find where in the file an address lies; false when the file has nothing for it. */
static bool offset_of(const reading *r, uint64_t address, uint64_t *offset)
{
    for (size_t i = 0; i < r->e->load_count; i++) {
        const hs_load *l = &r->e->loads[i];
        if (address < l->address || address - l->address >= l->file_size) continue;
        *offset = l->offset + (address - l->address);
        return true;
    }
    return false;
}

static bool take_string(const reading *r, uint64_t at, const char *what, char **place)
{
    if (at < r->strings_size && !*place)
        *place = string_at(r, r->strings + at, r->strings + r->strings_size);
    return *place || damaged(r, "the name of %s lies outside its string table", what);
}

static bool take_needed(reading *r, size_t *capacity, uint64_t at)
{
    hs_executable *e = r->e;
    if (e->needed_count == MOST_NEEDED) return damaged(r, "it needs too many libraries");
    e->needed = hs_array_reserve(e->needed, capacity, e->needed_count + 1, sizeof *e->needed);
    e->needed[e->needed_count] = NULL;
    if (!take_string(r, at, "a library", &e->needed[e->needed_count])) return false;
    e->needed_count++;
    return true;
}

static bool take_entry(reading *r, size_t *capacity, const GElf_Dyn *d)
{
    hs_executable *e = r->e;
    switch (d->d_tag) {
    case DT_NEEDED: return take_needed(r, capacity, d->d_un.d_val);
    case DT_SONAME: return take_string(r, d->d_un.d_val, "the library itself", &e->soname);
    case DT_RPATH: return take_string(r, d->d_un.d_val, "a folder", &e->rpath);
    case DT_RUNPATH: return take_string(r, d->d_un.d_val, "a folder", &e->runpath);
    default: return true;
    }
}

/* The string table comes first: the other entries point into it, wherever they stand. */
static bool find_strings(reading *r, Elf_Data *data, int count)
{
    uint64_t address = 0;
    GElf_Dyn d;
    for (int i = 0; i < count && gelf_getdyn(data, i, &d) && d.d_tag != DT_NULL; i++) {
        if (d.d_tag == DT_STRTAB) address = d.d_un.d_ptr;
        if (d.d_tag == DT_STRSZ) r->strings_size = d.d_un.d_val;
    }
    if (!address && !r->strings_size) return true;
    if (!offset_of(r, address, &r->strings) || r->strings_size > r->size - r->strings)
        return damaged(r, "its string table lies outside the file");
    return true;
}

static bool read_dynamic(reading *r)
{
    const GElf_Phdr *p = &r->dynamic;
    size_t entry = gelf_fsize(r->elf, ELF_T_DYN, 1, EV_CURRENT), capacity = 0;
    if (!p->p_filesz) return true;
    if (p->p_offset > r->size || p->p_filesz > r->size - p->p_offset)
        return damaged(r, "its dynamic section lies outside the file");
    uint64_t count = entry ? p->p_filesz / entry : 0;
    if (count > MOST_ENTRIES) count = MOST_ENTRIES;
    Elf_Data *data =
        count ? elf_getdata_rawchunk(r->elf, (int64_t)p->p_offset, count * entry, ELF_T_DYN) : NULL;
    if (!data) return damaged(r, "its dynamic section can not be read");
    if (!find_strings(r, data, (int)count)) return false;
    GElf_Dyn d;
    for (int i = 0; i < (int)count && gelf_getdyn(data, i, &d) && d.d_tag != DT_NULL; i++)
        if (!take_entry(r, &capacity, &d)) return false;
    return true;
}

/* True if the file has symbols. The kernel does not look at sections, and nothing else here
 * does. */
static bool has_symbols(Elf *elf)
{
    Elf_Scn *section = NULL;
    GElf_Shdr header;
    for (int i = 0; i < MOST_ENTRIES && (section = elf_nextscn(elf, section)); i++)
        if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB) return true;
    return false;
}

/* --- Files ---------------------------------------------------------------------------------- */

static hs_executable *read_elf(const char *path, Elf *elf, uint64_t size, hs_problem *problem)
{
    hs_executable *e = hs_new(1, sizeof *e);
    reading r = {.elf = elf, .size = size, .e = e, .problem = problem};
    e->path = memcpy(hs_new(strlen(path) + 1, 1), path, strlen(path) + 1);
    if (!elf) {
        refuse(problem, "", "libelf can not read it: %s", elf_errmsg(-1));
    } else if (read_header(&r) && read_program_headers(&r) && read_dynamic(&r)) {
        e->stripped = !has_symbols(elf);
        elf_end(elf);
        return e;
    }
    elf_end(elf);
    hs_executable_free(e);
    return NULL;
}

hs_executable *hs_executable_read(const char *path, const void *bytes, size_t size,
                                  hs_problem *problem)
{
    elf_version(EV_CURRENT);
    if (size == 0) {
        refuse(problem, "", "the file is empty");
        return NULL;
    }
    /* libelf may write into what it is given. */
    char *own = memcpy(hs_new(size, 1), bytes, size);
    hs_executable *e = read_elf(path, elf_memory(own, size), size, problem);
    free(own);
    return e;
}

/* True for a file that may be ELF; for anything else the problem says what it is. */
static bool is_readable(int fd, uint64_t *size, hs_problem *problem)
{
    struct stat st;
    char start[4] = {0};
    if (fstat(fd, &st) != 0) return refuse(problem, "", "it can not be read: %s", strerror(errno));
    if (!S_ISREG(st.st_mode)) return refuse(problem, "", "this is no ordinary file");
    if (st.st_size == 0) return refuse(problem, "", "the file is empty");
    *size = (uint64_t)st.st_size;
    ssize_t n = pread(fd, start, sizeof start, 0);
    if (n < 0) return refuse(problem, "", "it can not be read: %s", strerror(errno));
    if (n >= 2 && memcmp(start, "#!", 2) == 0)
        return refuse(
            problem, "exec the interpreter: exec /bin/sh",
            "this is a script: the kernel runs the interpreter that its first line names");
    return true;
}

hs_executable *hs_executable_open(const char *path, hs_problem *problem)
{
    uint64_t size = 0;
    hs_executable *e = NULL;
    elf_version(EV_CURRENT);
    hs_file_report report;
    int fd = hs_file_open(path, &report);
    if (fd < 0)
        refuse(problem, "", "it can not be read: %s", report.error);
    else if (is_readable(fd, &size, problem))
        e = read_elf(path, elf_begin(fd, ELF_C_READ, NULL), size, problem);
    if (fd >= 0) close(fd);
    return e;
}

bool hs_executable_is_readable(void)
{
    return true;
}

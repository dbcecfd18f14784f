/* SPDX-License-Identifier: MIT */
/* execve(2) and ld.so(8) as steps. The kernel maps the program, the interpreter, vdso and stack;
 * the interpreter, which runs in the process, maps the libraries; malloc moves the break. Where the
 * kernel would choose an address at random, the same one is taken every time: that of this picture.
 *
 *      0x7ffffffff000  stack, growing down
 *      0x7ffff7fff000  interpreter, vdso, libraries, each below the one before
 *      0x107000000     heap: where the session's is
 *      0x100000000     program, if it may lie anywhere */
#include "model/process/exec.h"

#include "base/count.h"
#include "base/memory.h"
#include "model/process/libraries.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAPPINGS_TOP ((hs_addr)0x7ffff7fff000)
#define PROGRAM_BASE ((hs_addr)0x100000000)
#define HUGE_PAGE    ((uint64_t)2 << 20)
#define STACK_EXTRA  ((uint64_t)128 << 10) /* the kernel's headroom below what it puts there */

enum { READ_WRITE = HS_MAPPED_READ | HS_MAPPED_WRITE, MOST_OBJECTS = 200 };

typedef struct {
    char *name; /* the name that asked for it */
    const hs_executable *e;
    hs_executable *own; /* the same when it is to be freed */
    hs_addr bias;       /* added to its addresses */
} object;

typedef struct builder {
    hs_space *space;
    hs_addr top; /* the top of what is left of the mapping area */
    object objects[MOST_OBJECTS];
    size_t count;
    size_t interpreter; /* its number among them; 0, which is the program's: none */
    hs_libraries libraries;
    char *const *arguments; /* the words behind the program's name; NULL: none */
    const char *const *environment;
    hs_executable *(*find)(struct builder *, const char *name, const hs_executable *needer,
                           const char **how);
} builder;

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static uint64_t page_down(uint64_t n)
{
    return n & ~(HS_PAGE - 1);
}

static uint64_t page_up(uint64_t n)
{
    return page_down(n + HS_PAGE - 1);
}

static const char *size_text(uint64_t n, char text[32])
{
    if (n < 10 << 10)
        snprintf(text, 32, "%" PRIu64 " byte%s", n, hs_plural(n));
    else if (n < 10 << 20)
        snprintf(text, 32, "%" PRIu64 " KiB", n >> 10);
    else
        snprintf(text, 32, "%" PRIu64 " MiB", n >> 20);
    return text;
}

static const char *permission_text(int p, char text[4])
{
    snprintf(text, 4, "%c%c%c", p & HS_MAPPED_READ ? 'r' : '-', p & HS_MAPPED_WRITE ? 'w' : '-',
             p & HS_MAPPED_EXECUTE ? 'x' : '-');
    return text;
}

/* --- Segments of a file --------------------------------------------------------------------- */

static hs_segment_kind kind_of(const hs_load *l)
{
    if (l->permissions & HS_MAPPED_EXECUTE) return HS_SEGMENT_CODE;
    if (l->permissions & HS_MAPPED_WRITE) return HS_SEGMENT_DATA;
    return l->permissions ? HS_SEGMENT_CONSTANT : HS_SEGMENT_BARRIER;
}

/* The word for a segment. The program header has only permissions, so this goes by what linkers
 * usually put there. */
static const char *word_for(const hs_executable *e, const hs_load *l)
{
    if (l->permissions & HS_MAPPED_EXECUTE)
        return l->permissions & HS_MAPPED_WRITE ? "text and data" : "text";
    if (l->permissions & HS_MAPPED_WRITE) return l->file_size ? "data" : "bss";
    if (!l->permissions) return "no access";
    /* The first read-only segment has the ELF header and the tables for the loader. */
    return l == e->loads && e->load_count > 1 ? "headers" : "rodata";
}

static void add_named(builder *b, const object *o, hs_addr from, hs_addr to, int permissions,
                      hs_segment_kind kind, const char *word)
{
    char name[320];
    if (o == b->objects)
        snprintf(name, sizeof name, "%s", word);
    else
        snprintf(name, sizeof name, "%.200s %s", o->name, word);
    hs_space_add(b->space, from, to, permissions, kind, name);
}

static void add_load(builder *b, const object *o, const hs_load *l)
{
    hs_addr from = l->address + o->bias, bss = from + l->file_size, to = from + l->memory_size;
    if (l->file_size) add_named(b, o, from, bss, l->permissions, kind_of(l), word_for(o->e, l));
    if (bss < to) add_named(b, o, bss, to, l->permissions, HS_SEGMENT_ZERO, "bss");
}

static void add_all(builder *b, const object *o)
{
    for (size_t i = 0; i < o->e->load_count; i++) add_load(b, o, &o->e->loads[i]);
}

/* Map the program as the kernel does: a step for each segment. */
static void map_program(builder *b)
{
    const object *o = b->objects;
    char permissions[4], size[32];
    for (size_t i = 0; i < o->e->load_count; i++) {
        const hs_load *l = &o->e->loads[i];
        hs_addr from = l->address + o->bias, to = from + l->memory_size;
        permission_text(l->permissions, permissions);
        hs_space_step_begin(b->space, "the kernel maps %s", word_for(o->e, l));
        if (l->file_size)
            hs_space_tell(b->space,
                          "%s from offset 0x%" PRIx64 " of the file to 0x%" PRIx64
                          ", %s; in whole pages 0x%" PRIx64 " to 0x%" PRIx64 ".",
                          size_text(l->file_size, size), l->offset, from, permissions,
                          page_down(from), page_up(from + l->file_size));
        if (l->permissions & HS_MAPPED_EXECUTE)
            hs_space_tell(b->space, "The instructions: read and executed, never written.");
        else if (l->permissions & HS_MAPPED_WRITE && l->file_size)
            hs_space_tell(b->space, "Variables with an initial value: a private copy, page by page "
                                    "when it is written to.");
        else if (l->permissions == HS_MAPPED_READ && i > 0)
            hs_space_tell(b->space, "Constants: every process that runs this program shares them.");
        if (l->memory_size > l->file_size)
            hs_space_tell(b->space,
                          "bss follows up to 0x%" PRIx64
                          ": %s that the file does not have, variables that begin as zero.",
                          to, size_text(l->memory_size - l->file_size, size));
        add_load(b, o, l);
    }
}

/* --- Where things go ------------------------------------------------------------------------ */

static object *add_object(builder *b, const char *name, const hs_executable *e, hs_executable *own)
{
    object *o = &b->objects[b->count++];
    *o = (object){.e = e, .own = own};
    o->name = hs_text("%s", name);
    return o;
}

/* Place an object below what is mapped already, as mmap does. */
static void place_below(builder *b, object *o)
{
    uint64_t align = HS_PAGE;
    for (size_t i = 0; i < o->e->load_count; i++) {
        uint64_t wanted = o->e->loads[i].align;
        if (wanted > align && wanted <= HUGE_PAGE && !(wanted & (wanted - 1))) align = wanted;
    }
    uint64_t first = hs_executable_first_page(o->e), span = hs_executable_span(o->e);
    hs_addr base = (b->top - span) & ~(align - 1);
    o->bias = base - first;
    b->top = base;
}

static bool fits_below(const builder *b, const hs_executable *e)
{
    return hs_executable_span(e) < (b->top - HS_BASE - HS_HEAP_LARGEST) / 4;
}

static bool refuse(hs_problem *problem, const char *what)
{
    *problem = (hs_problem){.operand = HS_OPERAND_NAME};
    snprintf(problem->what, sizeof problem->what, "%s", what);
    return false;
}

/* Place the program below the session's heap, so that the break comes behind bss. */
static bool place_program(object *o, hs_problem *problem)
{
    const hs_executable *e = o->e;
    uint64_t first = hs_executable_first_page(e), span = hs_executable_span(e);
    if (e->bits == 32)
        return refuse(problem, "a program of 32 bits: its addresses end at 0xffffffff, and this "
                               "session's heap starts at 0x107000000");
    if (e->movable) {
        hs_addr base = PROGRAM_BASE;
        if (span > HS_BASE - PROGRAM_BASE && span < HS_BASE - HUGE_PAGE * 2)
            base = (HS_BASE - HUGE_PAGE - span) & ~(HUGE_PAGE - 1);
        else if (span > HS_BASE - PROGRAM_BASE)
            return refuse(problem, "its segments span 4 GiB and more: they do not fit below this "
                                   "session's heap at 0x107000000");
        o->bias = base - first;
        return true;
    }
    if (first < HS_BASE + HS_HEAP_LARGEST && first + span > HS_BASE)
        return refuse(problem, "it was linked to lie where this session's heap is, behind "
                               "0x107000000, and it can not be moved");
    if (first + span > MAPPINGS_TOP - ((uint64_t)1 << 40))
        return refuse(problem, "it was linked to lie where stack and libraries are, and it can not "
                               "be moved");
    return true;
}

/* --- The steps ------------------------------------------------------------------------------ */

static void tell_beginning(builder *b)
{
    hs_space *s = b->space;
    hs_space_step_begin(s, "the OS creates a process");
    hs_space_tell(s,
                  "The shell calls fork, and the new process execve(\"%.300s\"). The kernel throws "
                  "away the copy of the shell's memory: a number, a page table, no segment yet.",
                  b->objects[0].e->path);
    hs_space_step_begin(s, "an empty address space");
    hs_space_tell(s, "128 TiB of addresses, 0 to 0x7fffffffffff, and no memory behind any of them: "
                     "each access would fault. The addresses above are the kernel's.");
}

/* True for a file that is mapped into programs and begins none itself. */
static bool is_library(const hs_executable *e)
{
    return e->movable && !e->interpreter && (e->needed_count || !e->entry);
}

static void tell_file(builder *b)
{
    const object *o = b->objects;
    const hs_executable *e = o->e;
    hs_space_step_begin(b->space, "the kernel reads the executable");
    hs_space_tell(
        b->space,
        "%.200s is an ELF file of %d bits for %s, %s%s%s. %u program header%s, %zu of them "
        "segments to load.",
        o->name, e->bits, e->machine,
        e->movable       ? is_library(e) ? "position-independent" : "position-independent (PIE)"
        : e->interpreter ? "linked to fixed addresses (no PIE)"
                         : "linked to fixed addresses",
        e->interpreter  ? ""
        : is_library(e) ? ", without an interpreter"
                        : ", static",
        e->stripped ? ", stripped of its symbols" : "", e->header_count, hs_plural(e->header_count),
        e->load_count);
    if (is_library(e))
        hs_space_tell(b->space, "It is a library, to be mapped into programs: execve would map it "
                                "like one, and the process would crash where it begins.");
    else
        hs_space_tell(b->space, "Its first instruction is at 0x%" PRIx64 ".", e->entry + o->bias);
    if (e->movable)
        hs_space_tell(b->space,
                      "It may lie anywhere: the kernel draws an address at random; here "
                      "it is always 0x%" PRIx64 ".",
                      hs_executable_first_page(e) + o->bias);
    if (e->foreign)
        hs_space_tell(b->space,
                      "This machine can not run it: it is shown as it would lie on one that can.");
    if (e->machine_number != EM_X86_64)
        hs_space_tell(b->space, "The layout is that of x86-64: on other machines stack and mapping "
                                "area may begin elsewhere.");
}

static void map_interpreter(builder *b)
{
    const hs_executable *program = b->objects[0].e;
    const char *how = NULL;
    char size[32];
    if (!program->interpreter) return;
    hs_executable *e = b->find(b, program->interpreter, program, &how);
    hs_space_step_begin(b->space, "the kernel maps the interpreter");
    if (!e || !fits_below(b, e)) {
        hs_space_tell(b->space,
                      "PT_INTERP names %.300s, which is not there for this machine: execve fails "
                      "with \"no such file or directory\".",
                      program->interpreter);
        hs_executable_free(e);
        return;
    }
    b->interpreter = b->count;
    object *o = add_object(b, base_name(program->interpreter), e, e);
    place_below(b, o);
    hs_space_tell(
        b->space,
        "PT_INTERP names %.300s, the dynamic loader: its %zu segment%s, %s, %s to the top of "
        "the mapping area. It will run before the program does.",
        program->interpreter, e->load_count, hs_plural(e->load_count),
        size_text(hs_executable_span(e), size), hs_verb(e->load_count, "goes", "go"));
    add_all(b, o);
}

/* Map the vdso: pages of the kernel from which a program reads the clock without a system call. */
static void map_vdso(builder *b)
{
    enum { CODE = 2, DATA = 4 };
    hs_addr code = b->top - CODE * HS_PAGE, data = code - DATA * HS_PAGE;
    hs_space_step_begin(b->space, "the kernel maps pages of its own");
    hs_space_tell(b->space, "vdso: a little library, with which the program can read the clock "
                            "without a system call, and the data that the kernel keeps for it.");
    hs_space_add(b->space, code, b->top, HS_MAPPED_READ | HS_MAPPED_EXECUTE, HS_SEGMENT_KERNEL,
                 "vdso");
    hs_space_add(b->space, data, code, HS_MAPPED_READ, HS_SEGMENT_KERNEL, "vvar");
    b->top = data;
}

/* The command line as one would type it: a word with blanks, or of nothing, stands in '...'. */
static char *command_line(const builder *b)
{
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    fputs(b->objects[0].e->path, out);
    for (char *const *w = b->arguments; w && *w; w++) {
        const char *quote = **w && !strpbrk(*w, " \t\n") ? "" : "'";
        fprintf(out, " %s%s%s", quote, *w, quote);
    }
    hs_text_end(out);
    return text;
}

/* Fill the stack from the top down: strings, then the auxiliary vector, envp, argv, argc. */
static void make_stack(builder *b)
{
    enum { AUXILIARY = 20 };
    const char *path = b->objects[0].e->path;
    size_t arguments = 1, variables = 0;
    uint64_t strings = 2 * (strlen(path) + 1);
    uint64_t values = 0;
    char size[32], *line = command_line(b);
    for (char *const *w = b->arguments; w && *w; w++, arguments++) strings += strlen(*w) + 1;
    for (const char *const *v = b->environment; v && *v; v++, variables++) values += strlen(*v) + 1;
    uint64_t words = 1 + arguments + 1 + variables + 1 + 2 * (uint64_t)AUXILIARY;
    hs_addr pointer = (HS_SPACE_END - 8 - strings - values - 8 * words) & ~(hs_addr)15;
    hs_space_step_begin(b->space, "the kernel prepares the stack");
    hs_space_tell(
        b->space,
        "From the top down: the strings of %zu environment variable%s (%s) and of %zu "
        "argument%s, \"%.200s\"; the auxiliary vector (where the program headers "
        "are, its entry, 16 random bytes); envp, argv, and argc = %zu at the stack pointer, "
        "0x%" PRIx64 ". It grows down, by a page fault at a time.",
        variables, hs_plural(variables), size_text(values, size), arguments, hs_plural(arguments),
        line, arguments, pointer);
    free(line);
    hs_space_add(b->space, page_down(pointer) - STACK_EXTRA, HS_SPACE_END, READ_WRITE,
                 HS_SEGMENT_STACK, "stack");
}

/* --- Libraries ------------------------------------------------------------------------------ */

static bool is_same_file(const hs_executable *a, const hs_executable *b)
{
    struct stat x, y;
    if (strcmp(a->path, b->path) == 0) return true;
    return stat(a->path, &x) == 0 && stat(b->path, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

/* True if it is among the objects already: under this name, under its own name, or as the same
 * file. */
static bool is_loaded(const builder *b, const char *name, const hs_executable *e)
{
    for (size_t i = 0; i < b->count; i++) {
        const object *o = &b->objects[i];
        if (!e && i > 0 && strcmp(o->name, name) == 0) return true;
        if (!e && o->e->soname && strcmp(o->e->soname, name) == 0) return true;
        if (e && is_same_file(o->e, e)) return true;
    }
    return false;
}

static void map_library(builder *b, const char *name, const char *needer, const hs_executable *from)
{
    const char *how = NULL;
    char size[32];
    if (is_loaded(b, name, NULL) || b->count == MOST_OBJECTS) return;
    hs_executable *e = b->find(b, name, from, &how);
    if (e && is_loaded(b, name, e)) {
        hs_executable_free(e);
        return;
    }
    hs_space_step_begin(b->space, "the interpreter maps %.100s", base_name(name));
    if (!e || !fits_below(b, e)) {
        hs_space_tell(
            b->space,
            "%.100s needs %.100s, and there is none for this machine's loader to find: it "
            "would end the program here, \"cannot open shared object file\".",
            needer, name);
        hs_executable_free(e);
        return;
    }
    object *o = add_object(b, base_name(name), e, e);
    place_below(b, o);
    hs_space_tell(b->space,
                  "%.100s needs it (DT_NEEDED); found %s: %.300s. Its %zu segment%s, %s, %s "
                  "mapped from 0x%" PRIx64 " on.",
                  needer, how, e->path, e->load_count, hs_plural(e->load_count),
                  size_text(hs_executable_span(e), size), hs_verb(e->load_count, "is", "are"),
                  b->top);
    add_all(b, o);
}

/* Map the libraries breadth first, as the loader does. */
static void map_libraries(builder *b)
{
    if (!b->interpreter) return;
    for (size_t i = 0; i < b->count; i++) {
        char needer[128]; /* objects may be added while this one is gone through */
        const hs_executable *e = b->objects[i].e;
        snprintf(needer, sizeof needer, "%s", b->objects[i].name);
        for (size_t j = 0; j < e->needed_count; j++) map_library(b, e->needed[j], needer, e);
    }
}

/* --- Relocation ----------------------------------------------------------------------------- */

/* Take the data segment around an address away, so that its pieces can take its place. */
static bool take_data(hs_space *s, hs_addr at, hs_segment *out)
{
    for (size_t i = 0; i < s->count; i++) {
        const hs_segment *g = &s->segments[i];
        if (g->kind != HS_SEGMENT_DATA || g->died != SIZE_MAX || at < g->from || at >= g->to)
            continue;
        *out = *g;
        hs_space_remove(s, i);
        return true;
    }
    return false;
}

/* Make the pages of an object's data read-only that it asks for (relro). False: it asks for
 * none. */
static bool protect(builder *b, const object *o)
{
    hs_segment data;
    hs_addr from = o->e->relro + o->bias, to = page_down(from + o->e->relro_size);
    if (!o->e->relro_size || o->e->relro_size > HS_SPACE_END || to <= from) return false;
    if (!take_data(b->space, from, &data)) return false;
    if (to > data.to) to = data.to;
    if (data.from < from)
        add_named(b, o, data.from, from, data.permissions, HS_SEGMENT_DATA, "data");
    add_named(b, o, from, to, HS_MAPPED_READ, HS_SEGMENT_CONSTANT, "relro");
    if (to < data.to) add_named(b, o, to, data.to, data.permissions, HS_SEGMENT_DATA, "data");
    return true;
}

/* Say why what was mapped does not run, and what the rest of the picture is then. */
static void tell_failure(builder *b, const hs_executable *e)
{
    hs_space_step_begin(b->space, "nothing runs");
    hs_space_tell(b->space,
                  "%s: no library is mapped, no address is written into its tables. What "
                  "follows is what a program would find.",
                  e->interpreter ? "Without its interpreter the program does not begin"
                                 : "A library is not relocated until a program needs it");
}

static void relocate(builder *b)
{
    const hs_executable *e = b->objects[0].e;
    size_t n = 0;
    if ((e->interpreter && !b->interpreter) || is_library(e)) {
        tell_failure(b, e);
        return;
    }
    hs_space_step_begin(b->space, b->interpreter ? "the interpreter relocates"
                                                 : "the program protects its own data");
    for (size_t i = 0; i < b->count; i++) n += protect(b, &b->objects[i]);
    if (b->interpreter)
        hs_space_tell(
            b->space,
            "It writes the addresses of functions and variables where the program and its "
            "libraries look for them, then makes those tables read-only (relro, in %zu of "
            "%zu files). Then it jumps to the program.",
            n, b->count);
    else
        hs_space_tell(b->space, "No interpreter, no libraries: it begins at once%s.",
                      n ? ", and makes its tables of addresses read-only (relro)" : "");
}

/* --- The heap ------------------------------------------------------------------------------- */

static void make_heap(builder *b)
{
    hs_space *s = b->space;
    hs_space_step_begin(s, "the heap: an empty segment");
    hs_space_tell(
        s,
        "The kernel has set the break behind bss, at random, so that addresses can not be "
        "guessed; here it is always 0x%" PRIx64
        ", where the heap of this session starts. Heap is what lies between there and the break: "
        "nothing yet.",
        HS_BASE);
    size_t empty = hs_space_add(s, HS_BASE, HS_BASE, READ_WRITE, HS_SEGMENT_HEAP, "heap");
    hs_space_step_begin(s, "the allocator initializes the heap");
    hs_space_tell(s,
                  "The first malloc asks the kernel to move the break (brk), and writes its first "
                  "header into the new segment. This is the heap of this session: malloc makes it "
                  "grow, and the gap above is where it grows into.");
    hs_space_remove(s, empty);
    hs_space_add(s, HS_BASE, HS_BASE + 1, READ_WRITE, HS_SEGMENT_HEAP, "heap");
}

/* --- All of it ------------------------------------------------------------------------------ */

static hs_space *build(builder *b, const hs_executable *e, hs_problem *problem)
{
    object *program = add_object(b, base_name(e->path), e, NULL);
    if (place_program(program, problem)) {
        b->space = hs_space_new(program->name);
        b->top = MAPPINGS_TOP;
        tell_beginning(b);
        tell_file(b);
        map_program(b);
        map_interpreter(b);
        map_vdso(b);
        make_stack(b);
        map_libraries(b);
        relocate(b);
        make_heap(b);
        hs_space_go(b->space, 1);
    }
    for (size_t i = 0; i < b->count; i++) {
        free(b->objects[i].name);
        hs_executable_free(b->objects[i].own);
    }
    hs_libraries_close(&b->libraries);
    return b->space;
}

static hs_executable *find_file(builder *b, const char *name, const hs_executable *needer,
                                const char **how)
{
    return hs_libraries_find(&b->libraries, name, needer, b->objects[0].e, how);
}

hs_space *hs_space_of_executable(const hs_executable *e, char *const *arguments,
                                 hs_problem *problem)
{
    builder b = {.find = find_file,
                 .libraries = hs_libraries_open(),
                 .arguments = arguments,
                 .environment = (const char *const *)environ};
    return build(&b, e, problem);
}

/* The path of the file itself, or of the one that a shell would run. NULL: there is none. */
static char *path_of(const char *name)
{
    const char *list = strchr(name, '/') || access(name, F_OK) == 0 ? NULL : getenv("PATH");
    char *path = NULL;
    while (list && *list) {
        size_t length = strcspn(list, ":");
        path = hs_text("%.*s/%s", (int)length, list, name);
        if (access(path, X_OK) == 0) return path;
        free(path);
        list += length + (list[length] == ':');
    }
    path = hs_text("%s", name);
    return path;
}

hs_space *hs_space_of_program(const char *name, char *const *arguments, hs_problem *problem)
{
    if (!*name) return refuse(problem, "the program has no name"), NULL;
    char *path = path_of(name);
    hs_executable *e = hs_executable_open(path, problem);
    hs_space *space = e ? hs_space_of_executable(e, arguments, problem) : NULL;
    hs_executable_free(e);
    free(path);
    return space;
}

/* --- The built-in program ------------------------------------------------------------------- */

/* A program with `int main` and a few variables: the four segments that today's linkers make of
 * it. */
static const hs_load model_loads[] = {
    {0x0000, 0x0000, 0x0688, 0x0688, 0x1000, HS_MAPPED_READ},
    {0x1000, 0x1000, 0x01c5, 0x01c5, 0x1000, HS_MAPPED_READ | HS_MAPPED_EXECUTE},
    {0x2000, 0x2000, 0x0114, 0x0114, 0x1000, HS_MAPPED_READ},
    {0x2dd0, 0x3dd0, 0x0260, 0x4270, 0x1000, HS_MAPPED_READ | HS_MAPPED_WRITE},
};

static const hs_load interpreter_loads[] = {
    {0x00000, 0x00000, 0x00c38, 0x00c38, 0x1000, HS_MAPPED_READ},
    {0x01000, 0x01000, 0x25e21, 0x25e21, 0x1000, HS_MAPPED_READ | HS_MAPPED_EXECUTE},
    {0x27000, 0x27000, 0x09e28, 0x09e28, 0x1000, HS_MAPPED_READ},
    {0x31060, 0x31060, 0x02638, 0x027c8, 0x1000, HS_MAPPED_READ | HS_MAPPED_WRITE},
};

static const hs_load libc_loads[] = {
    {0x000000, 0x000000, 0x025248, 0x025248, 0x1000, HS_MAPPED_READ},
    {0x026000, 0x026000, 0x155e71, 0x155e71, 0x1000, HS_MAPPED_READ | HS_MAPPED_EXECUTE},
    {0x17c000, 0x17c000, 0x052c48, 0x052c48, 0x1000, HS_MAPPED_READ},
    {0x1cf8b0, 0x1cf8b0, 0x004f28, 0x0123a0, 0x1000, HS_MAPPED_READ | HS_MAPPED_WRITE},
};

enum { MODEL_LOADS = 4 };

static hs_executable *model_copy(const char *path, const hs_load *loads, uint64_t relro_size)
{
    hs_executable *e = hs_new(1, sizeof *e);
    *e = (hs_executable){.machine = "x86-64",
                         .machine_number = EM_X86_64,
                         .bits = 64,
                         .movable = true,
                         .entry = loads[1].address + 0x40,
                         .header_count = 11,
                         .load_count = MODEL_LOADS,
                         .relro = loads[MODEL_LOADS - 1].address,
                         .relro_size = relro_size};
    e->path = hs_text("%s", path);
    e->loads = hs_new(MODEL_LOADS, sizeof *e->loads);
    memcpy(e->loads, loads, MODEL_LOADS * sizeof *e->loads);
    return e;
}

static hs_executable *find_in_model(builder *b, const char *name, const hs_executable *needer,
                                    const char **how)
{
    (void)b, (void)needer;
    *how = "in /etc/ld.so.cache";
    if (strchr(name, '/')) return model_copy(name, interpreter_loads, 0x1fa0);
    return model_copy("/lib/x86_64-linux-gnu/libc.so.6", libc_loads, 0x3750);
}

hs_space *hs_space_of_model(void)
{
    static const char *const environment[] = {"HOME=/home/ada", "PATH=/usr/bin:/bin", "LANG=C",
                                              NULL};
    static char interpreter[] = "/lib64/ld-linux-x86-64.so.2", libc[] = "libc.so.6";
    static char world[] = "world";
    char *needed[] = {libc}, *const arguments[] = {world, NULL};
    hs_problem problem;
    hs_executable *copied = model_copy("./hello", model_loads, 0x230), e = *copied;
    e.interpreter = interpreter;
    e.needed = needed;
    e.needed_count = 1;
    builder b = {.find = find_in_model, .arguments = arguments, .environment = environment};
    hs_space *space = build(&b, &e, &problem);
    hs_executable_free(copied);
    return space;
}

hs_space *hs_spaces_process(hs_spaces *s)
{
    if (!s->own) {
        s->own = hs_space_of_model();
        hs_space_go(s->own, s->own->step_count);
    }
    return s->own;
}

/* SPDX-License-Identifier: MIT */
/* Address spaces: what exec says of a file is what readelf says of it, and what the kernel makes of
 * it when it runs; damaged files are refused; real processes are shown as /proc has them. */
#include "model/process/exec.h"
#include "model/process/libraries.h"
#include "model/process/process_maps.h"

#include "check.h"
#include "picture.h"
#include "random.h"
#include "small_elf.h"
#include "view/address_space.h"
#include "view/pictures.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/heapscope-process-XXXXXX";

static int open_stage(void **state)
{
    *state = stage_new("implicit", 256, 1 << 20);
    return 0;
}

static int close_stage(void **state)
{
    stage_free(*state);
    return 0;
}

static bool shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool shell(const char *format, ...)
{
    char command[1024];
    va_list what;
    va_start(what, format);
    vsnprintf(command, sizeof command, format, what);
    va_end(what);
    return system(command) == 0;
}

/* --- Real programs -------------------------------------------------------------------------- */

enum { MOST = 16 };

static struct {
    char path[256];
} programs[MOST];
static size_t program_count;

static void add_program(const char *path)
{
    if (access(path, X_OK) != 0 || program_count == MOST) return;
    snprintf(programs[program_count++].path, sizeof programs->path, "%s", path);
}

/* A program with variables of all kinds, linked in this way; left out where that is not possible.
 */
static void compile(const char *name, const char *how)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (shell("cc -o %s %s/program.c %s 2>/dev/null", path, folder, how)) add_program(path);
}

static int find_programs(void **state)
{
    char source[256];
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(source, sizeof source, "%s/program.c", folder);
    FILE *f = fopen(source, "w");
    if (!f) return -1;
    fputs("static int data = 7, zero[3000]; int main(void) { return data + zero[1] - 7; }\n", f);
    fclose(f);
    add_program("/bin/ls");
    add_program("/bin/sh");
    add_program("/usr/bin/env");
    compile("pie", "-pie -fPIE");
    compile("fixed", "-no-pie -fno-pie");
    compile("static", "-static");
    compile("static-pie", "-static-pie");
    compile("one-text", "-Wl,-z,noseparate-code");
    return 0;
}

static int forget_programs(void **state)
{
    (void)state;
    return shell("rm -rf %s", folder) ? 0 : -1;
}

static hs_executable *read_program(const char *path)
{
    hs_problem problem;
    hs_executable *e = hs_executable_open(path, &problem);
    if (!e) fail_msg("%s: %s", path, problem.what);
    return e;
}

static int permissions_of(const char *flags)
{
    return (strchr(flags, 'R') ? HS_MAPPED_READ : 0) | (strchr(flags, 'W') ? HS_MAPPED_WRITE : 0) |
           (strchr(flags, 'E') ? HS_MAPPED_EXECUTE : 0);
}

static void segments_are_those_that_readelf_says(void **state)
{
    (void)state;
    if (!hs_executable_is_readable() || !shell("readelf --version >/dev/null 2>&1")) skip();
    for (size_t i = 0; i < program_count; i++) {
        char command[512], line[512];
        size_t n = 0;
        hs_executable *e = read_program(programs[i].path);
        snprintf(command, sizeof command, "readelf -lW %.255s", programs[i].path);
        FILE *f = popen(command, "r");
        while (fgets(line, sizeof line, f)) {
            uint64_t offset, address, in_file, in_memory;
            char flags[8];
            if (sscanf(line, " LOAD %" SCNx64 " %" SCNx64 " %*x %" SCNx64 " %" SCNx64 " %5c",
                       &offset, &address, &in_file, &in_memory, flags) != 5)
                continue;
            flags[3] = 0;
            assert_in_range(n, 0, e->load_count - 1);
            const hs_load *l = &e->loads[n++];
            assert_int_equal(l->offset, offset);
            assert_int_equal(l->address, address);
            assert_int_equal(l->file_size, in_file);
            assert_int_equal(l->memory_size, in_memory);
            assert_int_equal(l->permissions, permissions_of(flags));
        }
        pclose(f);
        assert_int_equal(n, e->load_count);
        assert_true(n > 0);
        hs_executable_free(e);
    }
}

/* Start a program, and stop it when it is about to end. 0: tracing is not allowed here. */
static pid_t run_to_its_end(const char *path)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "r", stdin) || !freopen("/dev/null", "w", stdout)) _exit(1);
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) _exit(77);
        setenv("LC_ALL", "C", 1);
        setenv("ASAN_OPTIONS", "detect_leaks=0", 1); /* that one can not be traced */
        execl(path, path, (char *)NULL);
        _exit(1);
    }
    waitpid(child, &status, 0);
    if (!WIFSTOPPED(status)) return 0;
    ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL));
    intptr_t sent = 0;
    do {
        ptrace(PTRACE_CONT, child, NULL, (void *)sent);
        if (waitpid(child, &status, 0) < 0) return 0;
        if (!WIFSTOPPED(status)) return 0;
        sent = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
    } while (status >> 8 != (SIGTRAP | PTRACE_EVENT_EXIT << 8));
    return child;
}

static void end(pid_t child)
{
    ptrace(PTRACE_DETACH, child, NULL, NULL); /* it goes on to its end */
    waitpid(child, NULL, 0);
}

typedef struct {
    uint64_t from, to;
    char access[5], path[256];
} mapping;

static size_t read_maps(pid_t process, mapping *list, size_t most)
{
    char name[64], line[1024];
    size_t n = 0;
    snprintf(name, sizeof name, "/proc/%d/maps", process);
    FILE *f = fopen(name, "r");
    assert_non_null(f);
    while (n < most && fgets(line, sizeof line, f)) {
        mapping *m = &list[n];
        m->path[0] = 0;
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*x %*s %*u %255s", &m->from, &m->to,
                   m->access, m->path) >= 3)
            n++;
    }
    fclose(f);
    return n;
}

static const mapping *mapping_at(const mapping *list, size_t n, uint64_t at)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].from <= at && at < list[i].to) return &list[i];
    return NULL;
}

/* The lowest mapping of a file. */
static uint64_t base_in(const mapping *list, size_t n, const char *path)
{
    char *real = realpath(path, NULL);
    uint64_t base = 0;
    for (size_t i = 0; i < n && !base; i++)
        if (real && strcmp(list[i].path, real) == 0) base = list[i].from;
    free(real);
    return base;
}

/* The permissions of a byte as /proc has them. */
static void expect_mapped(const mapping *list, size_t n, uint64_t at, const hs_segment *g)
{
    const mapping *m = mapping_at(list, n, at);
    char wanted[4];
    snprintf(wanted, sizeof wanted, "%c%c%c", g->permissions & HS_MAPPED_READ ? 'r' : '-',
             g->permissions & HS_MAPPED_WRITE ? 'w' : '-',
             g->permissions & HS_MAPPED_EXECUTE ? 'x' : '-');
    if (!m) fail_msg("%s: 0x%" PRIx64 " is not mapped", g->name, at);
    if (strncmp(m->access, wanted, 3) != 0)
        fail_msg("%s: %s at 0x%" PRIx64 ", and not %s", g->name, m->access, at, wanted);
}

static bool belongs(const hs_segment *g)
{
    return g->to <= HS_BASE && g->kind != HS_SEGMENT_HEAP;
}

static void segments_are_where_the_kernel_maps_them(void **state)
{
    static mapping maps[1000];
    const stage *s = *state;
    hs_problem problem;
    if (!hs_executable_is_readable()) skip();
    for (size_t i = 0; i < program_count; i++) {
        const char *path = programs[i].path;
        pid_t child = run_to_its_end(path);
        if (!child) skip();
        size_t n = read_maps(child, maps, 1000), count, compared = 0;
        uint64_t base = base_in(maps, n, path), lowest = UINT64_MAX;
        hs_space *space = hs_space_of_program(path, NULL, &problem);
        assert_non_null(space);
        assert_true(base > 0);
        hs_space_go(space, space->step_count);
        hs_segment *list = hs_space_segments(space, s->session, &count);
        for (size_t j = 0; j < count; j++)
            if (belongs(&list[j]) && list[j].from < lowest) lowest = list[j].from;
        for (size_t j = 0; j < count; j++) {
            const hs_segment *g = &list[j];
            if (!belongs(g)) continue;
            expect_mapped(maps, n, g->from - lowest + base, g);
            expect_mapped(maps, n, g->to - 1 - lowest + base, g);
            compared++;
        }
        assert_true(compared >= 3);
        free(list);
        hs_space_free(space);
        end(child);
    }
}

/* Does a step say that it maps this file? The loader's path may lead to it through links. */
static bool has_library(const hs_space *space, const char *file)
{
    bool found = false;
    for (size_t i = 0; i < space->step_count && !found; i++) {
        const char *text = space->steps[i].text, *start = strstr(text, ": /"), *end;
        if (!start) start = strstr(text, "s /");
        if (!start || !((end = strstr(start, ". Its")) || (end = strchr(start, ',')))) continue;
        char *path = strndup(start + 2, (size_t)(end - start - 2)), *real = realpath(path, NULL);
        found = real && strcmp(real, file) == 0;
        free(path);
        free(real);
    }
    return found;
}

static void libraries_are_those_that_the_loader_finds(void **state)
{
    static mapping maps[1000];
    hs_problem problem;
    (void)state;
    if (!hs_executable_is_readable()) skip();
    for (size_t i = 0; i < program_count; i++) {
        pid_t child = run_to_its_end(programs[i].path);
        if (!child) skip();
        size_t n = read_maps(child, maps, 1000);
        hs_space *space = hs_space_of_program(programs[i].path, NULL, &problem);
        assert_non_null(space);
        for (size_t j = 0; j < n; j++)
            if (strstr(maps[j].path, ".so") && !has_library(space, maps[j].path))
                fail_msg("%s: %s is missing", programs[i].path, maps[j].path);
        hs_space_free(space);
        end(child);
    }
}

/* Some step of the process on show says so. */
static bool is_told(stage *s, const char *words)
{
    const hs_space *space = hs_interpreter_spaces(s->in)->own;
    for (size_t i = 0; i < space->step_count; i++)
        if (strstr(space->steps[i].text, words)) return true;
    return false;
}

static void a_library_is_found_beside_the_program(void **state)
{
    char path[300];
    hs_problem problem;
    const char *runpath[] = {"$ORIGIN/lib", "${ORIGIN}/./lib"};
    if (!hs_executable_is_readable()) skip();
    for (size_t i = 0; i < 2; i++) {
        bool made = shell("cd %s && mkdir -p lib && echo 'int f(void) { return 0; }' >f.c && "
                          "cc -shared -fPIC -o lib/libbeside.so f.c && "
                          "echo 'int f(void); int main(void) { return f(); }' >uses.c && "
                          "cc -o uses uses.c -Llib -lbeside '-Wl,-rpath,%s' 2>/dev/null",
                          folder, runpath[i]);
        if (!made) skip();
        snprintf(path, sizeof path, "%s/uses", folder);
        hs_space *space = hs_space_of_program(path, NULL, &problem);
        assert_non_null(space);
        snprintf(path, sizeof path, "RUNPATH of the file that needs it: %s/", folder);
        bool found = false;
        for (size_t j = 0; j < space->step_count; j++)
            found = found || strstr(space->steps[j].text, path);
        hs_space_free(space);
        assert_true(found);
    }
    assert_true(shell("rm %s/lib/libbeside.so", folder));
    snprintf(path, sizeof path, "exec %s/uses", folder);
    stage_does(*state, path);
    assert_true(is_told(*state, "cannot open shared object file"));
}

static void what_can_not_run_is_shown_and_told(void **state)
{
    char path[300];
    if (!hs_executable_is_readable()) skip();
    if (!shell("cc -shared -fPIC -o %s/alone.so %s/program.c 2>/dev/null", folder, folder)) skip();
    if (!shell("cc -Wl,--dynamic-linker=/nowhere/ld.so -o %s/nowhere %s/program.c 2>/dev/null",
               folder, folder))
        skip();
    snprintf(path, sizeof path, "exec %s/alone.so", folder);
    stage_does(*state, path);
    assert_true(is_told(*state, "It is a library"));
    assert_false(is_told(*state, "begins at once"));
    assert_false(is_told(*state, "Its first instruction"));
    snprintf(path, sizeof path, "exec %s/nowhere", folder);
    stage_does(*state, path);
    assert_true(is_told(*state, "PT_INTERP names /nowhere/ld.so, which is not there"));
    assert_true(is_told(*state, "Without its interpreter the program does not begin"));
    assert_false(is_told(*state, "begins at once"));
}

/* --- Files that are none -------------------------------------------------------------------- */

static void write_bytes(const char *name, const void *bytes, size_t size)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fwrite(bytes, 1, size, f);
    fclose(f);
}

static void refuses_file(stage *s, const char *name, const void *bytes, size_t size,
                         const char *reason)
{
    char command[300];
    write_bytes(name, bytes, size);
    snprintf(command, sizeof command, "exec %s/%s", folder, name);
    stage_refuses(s, command, reason);
    assert_null(hs_interpreter_spaces(s->in)->own);
}

static void what_is_no_program_is_refused_with_the_reason(void **state)
{
    stage *s = *state;
    char command[300];
    if (!hs_executable_is_readable()) skip();
    small_elf e = small_elf_make();
    stage_refuses(s, "exec /no/such/file", "No such file");
    stage_refuses(s, "exec /tmp", "this is a folder");
    assert_true(shell("mkfifo %s/pipe", folder));
    snprintf(command, sizeof command, "exec %s/pipe", folder);
    stage_refuses(s, command, "this is no ordinary file");
    refuses_file(s, "empty", "", 0, "the file is empty");
    refuses_file(s, "script", "#!/bin/sh\n", 10, "this is a script");
    refuses_file(s, "text", "hello, heap", 11, "this is no ELF file");
    refuses_file(s, "cut", &e, 100, "damaged");
    e.header.e_type = ET_REL;
    refuses_file(s, "object", &e, sizeof e, "this is an object file");
    e.header.e_type = ET_CORE;
    refuses_file(s, "core", &e, sizeof e, "this is a core dump");
    e = small_elf_make();
    e.programs[2].p_vaddr = 0x10;
    refuses_file(s, "overlap", &e, sizeof e, "damaged");
    e = small_elf_make();
    e.programs[1].p_filesz = 1 << 20;
    e.programs[1].p_memsz = 1 << 20;
    refuses_file(s, "short", &e, sizeof e, "ends behind the file's end");
    e = small_elf_make();
    e.programs[0].p_filesz = 1 << 20; /* with no zero byte up to there */
    memset((char *)&e + e.programs[0].p_offset, 'x', sizeof e - e.programs[0].p_offset);
    refuses_file(s, "interpreter", &e, sizeof e, "the name of its interpreter has no end");
    e = small_elf_make();
    e.programs[0].p_offset = sizeof e + 1;
    refuses_file(s, "interpreter", &e, sizeof e, "the name of its interpreter has no end");
    e = small_elf_make();
    e.programs[2].p_memsz = UINT64_MAX - 100;
    refuses_file(s, "huge", &e, sizeof e, "beyond a program's addresses");
    e = small_elf_make();
    e.dynamic[0].d_un.d_val = 5000;
    refuses_file(s, "name", &e, sizeof e, "lies outside its string table");
    e = small_elf_make();
    e.header.e_type = ET_EXEC;
    e.programs[1].p_vaddr = 0x108000000;
    e.programs[2].p_vaddr += 0x108000000;
    e.dynamic[3].d_un.d_ptr += 0x108000000;
    refuses_file(s, "heap", &e, sizeof e, "where this session's heap is");
}

static void a_program_for_another_machine_is_shown(void **state)
{
#ifdef __aarch64__
    enum { OTHER = EM_RISCV };
    static const char other[] = "RISC-V";
#else
    enum { OTHER = EM_AARCH64 };
    static const char other[] = "AArch64";
#endif
    stage *s = *state;
    char command[300];
    small_elf e = small_elf_make();
    if (!hs_executable_is_readable()) skip();
    e.header.e_machine = OTHER;
    write_bytes("foreign", &e, sizeof e);
    snprintf(command, sizeof command, "exec %s/foreign", folder);
    stage_does(s, command);
    const hs_space *space = hs_interpreter_spaces(s->in)->own;
    assert_non_null(strstr(space->steps[2].text, other));
    assert_non_null(strstr(space->steps[2].text, "This machine can not run it"));
    assert_non_null(strstr(space->steps[2].text, "The layout is that of x86-64"));
}

static void a_program_of_32_bits_is_refused(void **state)
{
    Elf32_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
                         .e_type = ET_EXEC,
                         .e_machine = EM_386,
                         .e_version = EV_CURRENT,
                         .e_phoff = sizeof header,
                         .e_ehsize = sizeof header,
                         .e_phentsize = sizeof(Elf32_Phdr),
                         .e_phnum = 1};
    Elf32_Phdr program = {
        .p_type = PT_LOAD, .p_vaddr = 0x8048000, .p_filesz = 50, .p_memsz = 60, .p_flags = PF_R};
    char bytes[sizeof header + sizeof program];
    if (!hs_executable_is_readable()) skip();
    memcpy(bytes, &header, sizeof header);
    memcpy(bytes + sizeof header, &program, sizeof program);
    refuses_file(*state, "old", bytes, sizeof bytes, "a program of 32 bits");
}

/* --- Damage --------------------------------------------------------------------------------- */

/* Whatever the bytes are: they are refused with a reason, or shown. */
static bool try_bytes(const void *bytes, size_t size)
{
    hs_problem problem = {.what = ""};
    hs_executable *e = hs_executable_read("damaged", bytes, size, &problem);
    hs_space *space = e ? hs_space_of_executable(e, NULL, &problem) : NULL;
    if (space)
        for (size_t i = 1; i <= space->step_count; i++) hs_space_go(space, i);
    else if (!problem.what[0])
        fail_msg("refused without a reason");
    bool shown = space != NULL;
    hs_space_free(space);
    hs_executable_free(e);
    return shown;
}

static void every_truncation_is_shown_or_refused(void **state)
{
    small_elf e = small_elf_make();
    (void)state;
    if (!hs_executable_is_readable()) skip();
    assert_true(try_bytes(&e, sizeof e));
    for (size_t size = 0; size < sizeof e; size++) assert_false(try_bytes(&e, size));
}

static void every_damaged_byte_is_shown_or_refused(void **state)
{
    const small_elf good = small_elf_make();
    uint64_t random = 1;
    size_t shown = 0;
    (void)state;
    if (!hs_executable_is_readable()) skip();
    for (size_t at = 0; at < sizeof good; at++)
        for (int bit = 0; bit < 8; bit++) {
            small_elf e = good;
            ((unsigned char *)&e)[at] ^= (unsigned char)(1 << bit);
            shown += try_bytes(&e, sizeof e);
        }
    for (int i = 0; i < 20000; i++) {
        small_elf e = good;
        for (uint64_t n = 1 + random_next(&random) % 8; n > 0; n--)
            ((unsigned char *)&e)[random_next(&random) % sizeof e] =
                (unsigned char)random_next(&random);
        shown += try_bytes(&e, sizeof e);
    }
    assert_true(shown > 1000); /* names and bytes of the data may be anything */
}

static void a_damaged_cache_finds_nothing_or_a_string(void **state)
{
    struct {
        char magic[20];
        uint32_t count, strings, other[5];
        struct {
            uint32_t flags, key, value, system;
            uint64_t capabilities;
        } entries[2];
        char names[40];
    } good = {.magic = "", .count = 2}, bad;
    uint64_t random = 2;
    size_t names = offsetof(__typeof__(good), names);
    (void)state;
    memcpy(good.magic, "glibc-ld.so.cache1.1", 20);
    memcpy(good.names, "liba.so\0/lib/liba.so\0/fast/liba.so", 35);
    good.entries[0].key = good.entries[1].key = (uint32_t)names;
    good.entries[0].value = (uint32_t)names + 21;
    good.entries[0].capabilities = 1;
    good.entries[1].value = (uint32_t)names + 8;
    assert_string_equal(hs_libraries_in_cache(&good, sizeof good, "liba.so", 0), "/lib/liba.so");
    assert_null(hs_libraries_in_cache(&good, sizeof good, "liba.so", 1));
    assert_null(hs_libraries_in_cache(&good, sizeof good, "libb.so", 0));
    for (size_t size = 0; size < sizeof good; size++) {
        char *cut = malloc(size + 1);
        assert_non_null(cut);
        memcpy(cut, &good, size);
        const char *found = hs_libraries_in_cache(cut, size, "liba.so", 0);
        if (found) assert_true(strlen(found) < size);
        free(cut);
    }
    for (int i = 0; i < 20000; i++) {
        bad = good;
        ((unsigned char *)&bad)[random_next(&random) % sizeof bad] =
            (unsigned char)random_next(&random);
        const char *found = hs_libraries_in_cache(&bad, sizeof bad, "liba.so", 0);
        if (found) assert_true(strlen(found) < sizeof bad);
    }
}

/* --- Steps and pictures --------------------------------------------------------------------- */

static void steps_go_forth_and_back(void **state)
{
    stage *s = *state;
    char *pictures[32] = {NULL};
    stage_does(s, "exec");
    hs_space *space = hs_interpreter_spaces(s->in)->own;
    size_t n = space->step_count;
    assert_in_range(n, 10, 31);
    for (size_t i = 1; i <= n; i++) {
        hs_space_go(space, i);
        pictures[i] = picture_of(s, &hs_picture_process, 0, 80, false, 0);
    }
    assert_string_not_equal(pictures[1], pictures[n]);
    for (size_t i = n; i > 0; i--) {
        hs_space_go(space, i);
        char *again = picture_of(s, &hs_picture_process, 0, 80, false, 0);
        assert_string_equal(again, pictures[i]);
        free(again);
    }
    for (size_t i = 1; i <= n; i++) free(pictures[i]);
}

static void the_heap_of_the_process_is_that_of_the_session(void **state)
{
    stage *s = *state;
    stage_does(s, "address-space");
    picture_shows(picture_of(s, &hs_picture_process, 0, 120, false, 0), "heap, break 0x107000100");
    stage_does(s, "malloc 5000");
    picture_shows(picture_of(s, &hs_picture_process, 0, 120, false, 0),
                  "heap, break 0x107002000, 5000 live");
    stage_does(s, "undo");
    picture_shows(picture_of(s, &hs_picture_process, 0, 120, false, 0), "heap, break 0x107000100");
}

static void before_malloc_the_heap_is_empty(void **state)
{
    stage *s = *state;
    stage_does(s, "exec");
    hs_space *space = hs_interpreter_spaces(s->in)->own;
    hs_space_go(space, space->step_count - 1);
    picture_shows(picture_of(s, &hs_picture_process, 0, 120, true, 0), "^ empty");
    hs_space_go(space, space->step_count - 2);
    picture_hides(picture_of(s, &hs_picture_process, 0, 120, true, 0), "heap");
}

static void the_scale_says_what_it_is(void **state)
{
    stage_does(*state, "exec");
    picture_shows(picture_of(*state, &hs_picture_process, 0, 120, false, 0),
                  "log2 of the size: half is 16 MiB");
    picture_shows(picture_of(*state, &hs_picture_process, 0, 80, false, 0), "log2: half is 16M");
}

static void every_pane_of_a_process_can_be_painted(void **state)
{
    stage_does(*state, "address-space; maps self");
    for (int rows = 1; rows < 40; rows += 3)
        for (int columns = 1; columns < 140; columns += 7) {
            free(picture_of(*state, &hs_picture_process, rows, columns, columns % 2, 5));
            free(picture_of(*state, &hs_picture_live, rows, columns, columns % 2, 0));
        }
}

/* --- Real processes ------------------------------------------------------------------------- */

/* The step on show has the segments that /proc has. */
static void expect_as_proc_has_it(const stage *s, const hs_space *space, pid_t process)
{
    static mapping maps[1000];
    size_t n = read_maps(process, maps, 1000), count, below = 0;
    hs_segment *list = hs_space_segments(space, s->session, &count);
    for (size_t i = 0; i < n; i++) below += maps[i].to <= HS_SPACE_END;
    assert_int_equal(count, below);
    for (size_t i = 0; i < count; i++) {
        const mapping *m = &maps[below - 1 - i];
        assert_int_equal(list[i].from, m->from);
        assert_int_equal(list[i].to, m->to);
        expect_mapped(maps, n, list[i].from, &list[i]);
        assert_true(list[i].resident <= list[i].to - list[i].from);
    }
    free(list);
}

static void a_real_process_is_shown_as_proc_has_it(void **state)
{
    hs_problem problem;
    pid_t child = run_to_its_end("/bin/ls");
    if (!child) skip();
    hs_space *space = hs_space_of_process(child, &problem);
    assert_non_null(space);
    expect_as_proc_has_it(*state, space, child);
    hs_space_free(space);
    end(child);
}

static void a_started_program_shows_its_segments_appear(void **state)
{
    hs_problem problem;
    hs_space *space = hs_space_of_command((char *[]){"cat", "-u", NULL}, &problem);
    assert_non_null(space);
    int child = space->process;
    assert_true(child > 0);
    hs_space_go(space, space->step_count);
    bool heap = false, libc = false;
    for (size_t i = 0; i < space->count; i++) {
        heap = heap || space->segments[i].kind == HS_SEGMENT_HEAP;
        libc = libc || strstr(space->segments[i].name, "libc");
    }
    assert_true(libc);
    assert_true(heap);
    assert_true(space->step_count > 3);
    expect_as_proc_has_it(*state, space, child); /* what went is not there any more */
    hs_space_free(space);
    assert_int_equal(kill(child, 0), -1);
    assert_int_equal(errno, ESRCH);
}

static void a_program_that_ends_is_shown_as_it_was(void **state)
{
    hs_problem problem;
    (void)state;
    hs_space *space = hs_space_of_command((char *[]){"true", NULL}, &problem);
    assert_non_null(space);
    assert_true(space->ended);
    assert_true(space->step_count > 1);
    assert_string_equal(space->steps[space->step_count - 1].title, "it has ended");
    assert_false(hs_space_refresh(space));
    hs_space_free(space);
}

static void a_process_that_ends_while_it_is_shown_is_told_so(void **state)
{
    hs_problem problem;
    (void)state;
    pid_t child = fork();
    if (!child)
        for (;;) pause();
    hs_space *space = hs_space_of_process(child, &problem);
    assert_non_null(space);
    assert_false(space->ended);
    size_t segments = space->count, steps = space->step_count;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_true(hs_space_refresh(space));
    assert_true(space->ended);
    assert_int_equal(space->step_count, steps + 1);
    assert_int_equal(space->shown, steps + 1);
    assert_int_equal(space->count, segments);
    hs_space_free(space);
}

/* A shell would run it itself. */
static void a_file_that_the_kernel_refuses_is_not_given_to_a_shell(void **state)
{
    char command[300];
    write_bytes("no-program", "true\n", 5);
    assert_true(shell("chmod +x %s/no-program", folder));
    snprintf(command, sizeof command, "maps -- %s/no-program", folder);
    stage_refuses(*state, command, "can not be started: Exec format error");
}

static void processes_that_are_not_there_are_refused(void **state)
{
    stage *s = *state;
    stage_refuses(s, "maps 999999999", "there is no process 999999999");
    stage_refuses(s, "maps 0", "no process has this number");
    stage_refuses(s, "maps 99999999999999999999", "no process has this number");
    stage_refuses(s, "exec \"\"", "the program has no name");
    stage_refuses(s, "maps -- no-such-program", "can not be started: No such file");
    stage_refuses(s, "maps --", "maps: -- COMMAND is missing");
    stage_refuses(s, "maps -- \"\"", "it has no name");
    stage_refuses(s, "maps self -- true", "not both");
    stage_does(s, "maps self; maps");
}

/* As a shell reads them, with nothing in them replaced. */
static void arguments_are_as_they_are_quoted(void **state)
{
    static const struct {
        const char *text, *words; /* each behind a | */
    } vectors[] = {
        {"maps -- touch \"a b c\"", "|touch|a b c"},
        {"maps -- touch a b  c", "|touch|a|b|c"},
        {"maps touch a", "|touch|a"},
        {"maps -- self", "|self"},
        {"maps -- 12", "|12"},
        {"maps -- sh -c 'a; b # { \"c\" }' # d", "|sh|-c|a; b # { \"c\" }"},
        {"maps -- x --name=\"a b\" a'b c'\"d e\"f", "|x|--name=a b|ab cd ef"},
        {"maps -- x \"\" '' \"\"''", "|x|||"},
        {"maps -- x \"\\\"\\n\\x41\" '\\n' \\n $HOME * ~", "|x|\"\nA|\\n|\\n|$HOME|*|~"},
        {"maps -- x \\\n  y\\\n z; free p1", "|x|y|z"},
        {"maps -- x {y; free p1", "|x|{y"},
        {"maps -- \"a program\"", "|a program"},
        {"exec ls \"a b\" c", "|a b|c"},
        {"exec ls 'a b", NULL},
        {"exec ls \"a b", NULL},
        {"exec ls \"a\\0b\"", NULL},
        {"exec ls a\x01", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char joined[200] = "";
        hs_complaint c;
        hs_program *p = hs_program_parse(NULL, 1, vectors[i].text, strlen(vectors[i].text), &c);
        if (!p != !vectors[i].words) fail_msg("%s: %s", vectors[i].text, p ? "taken" : c.what);
        if (!p) continue;
        char **words = hs_argument_words(&p->statements[0].arguments[1]);
        for (size_t j = 0; words[j]; j++) strcat(strcat(joined, "|"), words[j]);
        assert_string_equal(joined, vectors[i].words);
        free(words);
        hs_program_free(p);
    }
}

/* What a program does may take its time. */
static void await_file(const char *path)
{
    for (int i = 0; i < 1000 && access(path, F_OK) != 0; i++) usleep(10000);
}

static void programs_get_the_arguments_that_are_quoted(void **state)
{
    stage *s = *state;
    char command[300], path[300];
    snprintf(command, sizeof command, "maps -- touch \"%s/a b c\"", folder);
    stage_does(s, command);
    snprintf(path, sizeof path, "%s/a b c", folder);
    await_file(path);
    assert_int_equal(unlink(path), 0);
    if (!hs_executable_is_readable()) return;
    stage_does(s, "exec /bin/sh \"a b\" '' c");
    assert_true(is_told(s, "of 4 arguments, \"/bin/sh 'a b' '' c\"; "));
    assert_true(is_told(s, "argc = 4"));
}

/* Standard input is a pipe, output and error lead nowhere, and there is nothing else of ours. */
static void programs_get_no_descriptors_of_ours(void **state)
{
    stage *s = *state;
    char command[400], path[100];
    int others = 0, count = 0;
    for (int fd = 3; fd < 1024; fd++) { /* those that this test was given are handed on */
        int flags = fcntl(fd, F_GETFD);
        others += flags >= 0 && !(flags & FD_CLOEXEC);
    }
    snprintf(path, sizeof path, "%.60s/descriptors", folder);
    snprintf(command, sizeof command,
             "maps -- sh -c 'set -- /proc/$$/fd/*; echo $# >%s.; mv %s. %s'", path, path, path);
    stage_does(s, command);
    await_file(path);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &count), 1);
    fclose(f);
    assert_int_equal(count, 4 + others); /* with that of the folder */
    assert_int_equal(unlink(path), 0);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_are_those_that_readelf_says),
        ON_STAGE(segments_are_where_the_kernel_maps_them),
        cmocka_unit_test(libraries_are_those_that_the_loader_finds),
        ON_STAGE(a_library_is_found_beside_the_program),
        ON_STAGE(what_can_not_run_is_shown_and_told),
        ON_STAGE(what_is_no_program_is_refused_with_the_reason),
        ON_STAGE(a_program_for_another_machine_is_shown),
        ON_STAGE(a_program_of_32_bits_is_refused),
        cmocka_unit_test(every_truncation_is_shown_or_refused),
        cmocka_unit_test(every_damaged_byte_is_shown_or_refused),
        cmocka_unit_test(a_damaged_cache_finds_nothing_or_a_string),
        ON_STAGE(steps_go_forth_and_back),
        ON_STAGE(the_heap_of_the_process_is_that_of_the_session),
        ON_STAGE(before_malloc_the_heap_is_empty),
        ON_STAGE(the_scale_says_what_it_is),
        ON_STAGE(every_pane_of_a_process_can_be_painted),
        ON_STAGE(a_real_process_is_shown_as_proc_has_it),
        ON_STAGE(a_started_program_shows_its_segments_appear),
        cmocka_unit_test(a_program_that_ends_is_shown_as_it_was),
        cmocka_unit_test(a_process_that_ends_while_it_is_shown_is_told_so),
        ON_STAGE(a_file_that_the_kernel_refuses_is_not_given_to_a_shell),
        ON_STAGE(processes_that_are_not_there_are_refused),
        cmocka_unit_test(arguments_are_as_they_are_quoted),
        ON_STAGE(programs_get_no_descriptors_of_ours),
        ON_STAGE(programs_get_the_arguments_that_are_quoted),
    };
    setlocale(LC_ALL, "C.UTF-8");
    for (int i = 1; i < argc; i++) add_program(argv[i]);
    return cmocka_run_group_tests_name("process", tests, find_programs, forget_programs);
}

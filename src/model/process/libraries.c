/* SPDX-License-Identifier: MIT */
/* The loader's search, after ld.so(8): a name with a slash is a path; else DT_RPATH where there is
 * no DT_RUNPATH, LD_LIBRARY_PATH, DT_RUNPATH, the cache, the system's folders. */
#include "model/process/libraries.h"

#include "base/memory.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST_CACHE = 64 << 20 };

hs_libraries hs_libraries_open(void)
{
    hs_libraries l = {0};
    struct stat st;
    int fd = open("/etc/ld.so.cache", O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0 && st.st_size < LARGEST_CACHE) {
        l.cache = hs_new((size_t)st.st_size, 1);
        ssize_t n = read(fd, l.cache, (size_t)st.st_size);
        l.cache_size = n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0) close(fd);
    return l;
}

void hs_libraries_close(hs_libraries *l)
{
    free(l->cache);
    *l = (hs_libraries){0};
}

/* --- The cache ------------------------------------------------------------------------------ */

/* glibc's format 1.1; an older one may stand before it, aligned to 8 bytes. */
typedef struct {
    char magic[20];
    uint32_t count, strings;
    uint32_t other[5];
} cache_header;

typedef struct {
    int32_t flags;
    uint32_t key, value; /* offsets of strings, from the header on */
    uint32_t system;
    uint64_t capabilities; /* what the processor must be able to do; entries with any are passed
                            * over */
} cache_entry;

static const char magic[] = "glibc-ld.so.cache1.1";

static bool is_string(const char *cache, size_t size, uint32_t at)
{
    return at < size && memchr(cache + at, 0, size - at);
}

const char *hs_libraries_in_cache(const void *bytes, size_t size, const char *name, size_t index)
{
    const char *cache = bytes;
    cache_header header;
    size_t start = 0;
    while (start + sizeof header <= size && memcmp(cache + start, magic, sizeof header.magic) != 0)
        start += 8;
    if (start + sizeof header > size) return NULL;
    cache += start;
    size -= start;
    memcpy(&header, cache, sizeof header);
    size_t most = (size - sizeof header) / sizeof(cache_entry);
    for (size_t i = 0; i < header.count && i < most; i++) {
        cache_entry e;
        memcpy(&e, cache + sizeof header + i * sizeof e, sizeof e);
        if (e.capabilities || !is_string(cache, size, e.key) || !is_string(cache, size, e.value))
            continue;
        if (strcmp(cache + e.key, name) == 0 && index-- == 0) return cache + e.value;
    }
    return NULL;
}

/* --- Folders -------------------------------------------------------------------------------- */

/* Open the file if it is for the same machine as the program; else NULL. */
static hs_executable *try_file(const char *path, const hs_executable *program)
{
    hs_problem ignored;
    hs_executable *e = access(path, R_OK) == 0 ? hs_executable_open(path, &ignored) : NULL;
    if (e && e->movable && e->bits == program->bits && e->machine_number == program->machine_number)
        return e;
    hs_executable_free(e);
    return NULL;
}

/* The folder of the file that asks, for $ORIGIN. Freed by the caller. */
static char *origin_of(const hs_executable *e)
{
    char *real = realpath(e->path, NULL), *slash = real ? strrchr(real, '/') : NULL;
    if (slash) slash[slash == real] = 0;
    return real;
}

/* One folder of a list as a path, with $ORIGIN or ${ORIGIN} replaced. Freed by the caller. */
static char *expand(const char *folder, size_t length, const char *origin)
{
    static const char *const tokens[] = {"$ORIGIN", "${ORIGIN}"};
    char *path;
    for (size_t i = 0; i < 2; i++) {
        size_t n = strlen(tokens[i]);
        const char *at = memmem(folder, length, tokens[i], n);
        if (!at) continue;
        size_t before = (size_t)(at - folder), after = length - before - n;
        path =
            hs_text("%.*s%s%.*s", (int)before, folder, origin ? origin : ".", (int)after, at + n);
        return path;
    }
    path = hs_text("%.*s", (int)length, length ? folder : ".");
    return path;
}

/* Try the folders of a list, which colons separate. */
static hs_executable *try_folders(const char *list, const char *name, const hs_executable *needer,
                                  const hs_executable *program)
{
    hs_executable *found = NULL;
    char *origin = list ? origin_of(needer) : NULL;
    while (list && !found) {
        size_t length = strcspn(list, ":");
        char *folder = expand(list, length, origin), *path;
        path = hs_text("%s/%s", folder, name);
        found = try_file(path, program);
        free(folder);
        free(path);
        list = list[length] ? list + length + 1 : NULL;
    }
    free(origin);
    return found;
}

/* --- The order ------------------------------------------------------------------------------ */

static hs_executable *by_rpath(const hs_libraries *l, const char *name, const hs_executable *needer,
                               const hs_executable *program)
{
    (void)l;
    if (needer->runpath) return NULL;
    hs_executable *found = try_folders(needer->rpath, name, needer, program);
    return found || program->runpath ? found : try_folders(program->rpath, name, program, program);
}

static hs_executable *by_environment(const hs_libraries *l, const char *name,
                                     const hs_executable *needer, const hs_executable *program)
{
    const char *list = getenv("LD_LIBRARY_PATH");
    (void)l;
    return try_folders(list && *list ? list : NULL, name, needer, program);
}

static hs_executable *by_runpath(const hs_libraries *l, const char *name,
                                 const hs_executable *needer, const hs_executable *program)
{
    (void)l;
    return try_folders(needer->runpath, name, needer, program);
}

static hs_executable *by_cache(const hs_libraries *l, const char *name, const hs_executable *needer,
                               const hs_executable *program)
{
    const char *path;
    hs_executable *found = NULL;
    (void)needer;
    for (size_t i = 0;
         !found && l->cache && (path = hs_libraries_in_cache(l->cache, l->cache_size, name, i));
         i++)
        found = try_file(path, program);
    return found;
}

static hs_executable *by_system(const hs_libraries *l, const char *name,
                                const hs_executable *needer, const hs_executable *program)
{
    static const char folders[] = "/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu:"
                                  "/lib/aarch64-linux-gnu:/usr/lib/aarch64-linux-gnu:"
                                  "/lib64:/usr/lib64:/lib:/usr/lib";
    (void)l;
    return try_folders(folders, name, needer, program);
}

hs_executable *hs_libraries_find(const hs_libraries *l, const char *name,
                                 const hs_executable *needer, const hs_executable *program,
                                 const char **how)
{
    static const struct {
        const char *how;
        hs_executable *(*find)(const hs_libraries *, const char *, const hs_executable *,
                               const hs_executable *);
    } order[] = {
        {"by the RPATH of the file that needs it", by_rpath},
        {"by LD_LIBRARY_PATH", by_environment},
        {"by the RUNPATH of the file that needs it", by_runpath},
        {"in /etc/ld.so.cache", by_cache},
        {"in the system's folders", by_system},
    };
    hs_executable *found = NULL;
    if (strchr(name, '/')) {
        *how = "by its path";
        return try_file(name, program);
    }
    for (size_t i = 0; i < sizeof order / sizeof *order && !found; i++) {
        found = order[i].find(l, name, needer, program);
        *how = order[i].how;
    }
    return found;
}

/* SPDX-License-Identifier: MIT */
/* Finding a library as the dynamic loader does, without running anything. */
#ifndef HS_MODEL_LIBRARIES_H
#define HS_MODEL_LIBRARIES_H

#include "model/process/executable.h"

typedef struct {
    char *cache; /* the content of /etc/ld.so.cache; NULL: there is none */
    size_t cache_size;
} hs_libraries;

hs_libraries hs_libraries_open(void);
void hs_libraries_close(hs_libraries *);

/* The library of that name for `needer`, which `program` has loaded: the first file in the loader's
 * order that is one for the same machine. How it was found goes to `how` (static text). NULL when
 * there is none. */
hs_executable *hs_libraries_find(const hs_libraries *, const char *name,
                                 const hs_executable *needer, const hs_executable *program,
                                 const char **how);

/* The files that a cache (ld.so.cache, as ldconfig writes it) has for a name: number `index` of
 * them, NULL beyond the last. Nothing in the cache is trusted. */
const char *hs_libraries_in_cache(const void *cache, size_t size, const char *name, size_t index);

#endif

/* SPDX-License-Identifier: MIT */
/* What follows from an executable's segments, whichever file filled them in. */
#include "model/process/executable.h"

#include "model/process/address_space.h"

#include <stdlib.h>

void hs_executable_free(hs_executable *e)
{
    if (!e) return;
    for (size_t i = 0; i < e->needed_count; i++) free(e->needed[i]);
    free(e->needed);
    free(e->loads);
    free(e->interpreter);
    free(e->soname);
    free(e->rpath);
    free(e->runpath);
    free(e->path);
    free(e);
}

uint64_t hs_executable_first_page(const hs_executable *e)
{
    return e->loads[0].address & ~(HS_PAGE - 1);
}

uint64_t hs_executable_span(const hs_executable *e)
{
    const hs_load *last = &e->loads[e->load_count - 1];
    uint64_t end = (last->address + last->memory_size + HS_PAGE - 1) & ~(HS_PAGE - 1);
    return end - hs_executable_first_page(e);
}

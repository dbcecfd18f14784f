/* SPDX-License-Identifier: MIT */
/* In executable.c's place where there is no libelf: only the built-in program is known. */
#include "model/process/executable.h"

#include <stdio.h>

static hs_executable *refuse(hs_problem *problem)
{
    *problem = (hs_problem){.operand = HS_OPERAND_NAME};
    snprintf(problem->what, sizeof problem->what,
             "this heapscope was built without libelf: it can not read executables");
    snprintf(problem->hint, sizeof problem->hint, "exec alone shows the built-in program");
    return NULL;
}

hs_executable *hs_executable_open(const char *path, hs_problem *problem)
{
    (void)path;
    return refuse(problem);
}

hs_executable *hs_executable_read(const char *path, const void *bytes, size_t size,
                                  hs_problem *problem)
{
    (void)path, (void)bytes, (void)size;
    return refuse(problem);
}

bool hs_executable_is_readable(void)
{
    return false;
}

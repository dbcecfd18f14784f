/* SPDX-License-Identifier: MIT */
/* `heapscope compare`: every trace on every allocator, as tables, a plot, JSON or CSV. */
#ifndef HS_UI_COMPARE_H
#define HS_UI_COMPARE_H

#include "ui/usage.h"

#include <stdio.h>

/* Arguments from "compare" on. Returns an exit status. */
int hs_compare_traces(int argc, char **argv);

/* Its section of the man page. */
void hs_compare_manual(FILE *);

/* Its options. */
const hs_usage_option *hs_compare_rows(size_t *count);

#endif

/* SPDX-License-Identifier: MIT */
/* `heapscope generate`: a workload by chance, written as a trace. */
#ifndef HS_UI_GENERATE_H
#define HS_UI_GENERATE_H

#include <stdio.h>

/* Arguments from "generate" on. Returns an exit status. */
int hs_generate_file(int argc, char **argv);

/* Its section of the man page, in roff. */
void hs_generate_roff(FILE *);

#endif

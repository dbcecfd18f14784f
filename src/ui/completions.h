/* SPDX-License-Identifier: MIT */
/* What shells complete behind "heapscope": its tools, their options and the words that these take,
 * all from the tables that the program itself reads. */
#ifndef HS_UI_COMPLETIONS_H
#define HS_UI_COMPLETIONS_H

#include <stdbool.h>
#include <stdio.h>

/* The file that a shell reads: "bash", "zsh" or "fish". False: no such shell. */
bool hs_completions_put(const char *shell, FILE *);

#endif

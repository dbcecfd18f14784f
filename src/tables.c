/* SPDX-License-Identifier: MIT */
/* heapscope-tables: what is made of the program's tables while it is built: the man page, and what
 * shells complete. It runs where the program is built, not where the program will run.
 *
 *      heapscope-tables man | bash | zsh | fish */
#include "ui/completions.h"
#include "ui/options.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc != 2) return HS_USAGE;
    if (strcmp(argv[1], "man") == 0)
        hs_options_manual(stdout);
    else if (!hs_completions_put(argv[1], stdout))
        return HS_USAGE;
    return hs_options_finish(HS_OK);
}

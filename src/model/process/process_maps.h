/* SPDX-License-Identifier: MIT */
/* The address space of a real process, from /proc/PID/maps, and what of it is in memory, from
 * smaps. */
#ifndef HS_MODEL_PROCESS_MAPS_H
#define HS_MODEL_PROCESS_MAPS_H

#include "model/process/address_space.h"

/* A process by its number; NULL with a problem. */
hs_space *hs_space_of_process(int process, hs_problem *);

/* Start a program (its argument vector, NULL behind the last; the first one is looked for in PATH)
 * and watch its segments appear until
 * it waits, ends, or some seconds are over: each change is a step. Its input never comes, its
 * output goes nowhere, and it ends with the space. NULL with a problem. */
hs_space *hs_space_of_command(char *const *words, hs_problem *);

/* Look again. True: it is not as it was, which is a step of its own. */
bool hs_space_refresh(hs_space *);

#endif

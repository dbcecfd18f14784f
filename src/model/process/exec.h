/* SPDX-License-Identifier: MIT */
/* How a process comes to life: execve and the loader, step by step, as an address space. */
#ifndef HS_MODEL_EXEC_H
#define HS_MODEL_EXEC_H

#include "model/process/address_space.h"
#include "model/process/executable.h"

/* The address space of a program when main begins: nothing is run. A name without a slash that is
 * no file is looked for in PATH. `arguments` are words, NULL behind the last (NULL: none). NULL
 * with a problem. */
hs_space *hs_space_of_program(const char *path, char *const *arguments, hs_problem *);

/* The same for a small program that is built in: the same picture on every machine. */
hs_space *hs_space_of_model(void);

/* What is known of a program; the fuzz target's way in. NULL with a problem. */
hs_space *hs_space_of_executable(const hs_executable *, char *const *arguments, hs_problem *);

/* The process on show, the built-in one if there is none yet. */
hs_space *hs_spaces_process(hs_spaces *);

#endif

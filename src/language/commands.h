/* SPDX-License-Identifier: MIT */
/* The functions that run the commands, for the table; and what they have in common. */
#ifndef HS_LANGUAGE_COMMANDS_H
#define HS_LANGUAGE_COMMANDS_H

#include "language/running.h"

#include <stdio.h>

/* In request_commands.c. */
bool hs_run_malloc(hs_interpreter *, const hs_statement *);
bool hs_run_calloc(hs_interpreter *, const hs_statement *);
bool hs_run_aligned_alloc(hs_interpreter *, const hs_statement *);
bool hs_run_realloc(hs_interpreter *, const hs_statement *);
bool hs_run_free(hs_interpreter *, const hs_statement *);
bool hs_run_write(hs_interpreter *, const hs_statement *);
bool hs_run_read(hs_interpreter *, const hs_statement *);
bool hs_run_inspect(hs_interpreter *, const hs_statement *);

/* Runs every command that shows a picture and takes no arguments. In interpreter.c. */
bool hs_run_picture(hs_interpreter *, const hs_statement *);

/* In picture_commands.c. */
bool hs_run_shape(hs_interpreter *, const hs_statement *);
bool hs_run_check(hs_interpreter *, const hs_statement *);
bool hs_run_leaks(hs_interpreter *, const hs_statement *);
bool hs_run_why(hs_interpreter *, const hs_statement *);
bool hs_run_step(hs_interpreter *, const hs_statement *);
bool hs_run_history(hs_interpreter *, const hs_statement *);

/* In travel_commands.c. */
bool hs_run_back(hs_interpreter *, const hs_statement *);
bool hs_run_forward(hs_interpreter *, const hs_statement *);
bool hs_run_goto(hs_interpreter *, const hs_statement *);
bool hs_run_diff(hs_interpreter *, const hs_statement *);
bool hs_run_branches(hs_interpreter *, const hs_statement *);
bool hs_run_branch(hs_interpreter *, const hs_statement *);
/* Go to a moment, and say where that is. */
bool hs_travel_to(hs_interpreter *, const hs_statement *, hs_moment);

/* In find.c. */
bool hs_run_find(hs_interpreter *, const hs_statement *);

/* In heap_commands.c. */
bool hs_run_heap(hs_interpreter *, const hs_statement *);
bool hs_run_allocator(hs_interpreter *, const hs_statement *);
bool hs_run_split(hs_interpreter *, const hs_statement *);
bool hs_run_set(hs_interpreter *, const hs_statement *);
bool hs_run_reset(hs_interpreter *, const hs_statement *);

/* In script_commands.c. */
bool hs_run_source(hs_interpreter *, const hs_statement *);
bool hs_run_save(hs_interpreter *, const hs_statement *);
bool hs_run_repeat(hs_interpreter *, const hs_statement *);
bool hs_run_random(hs_interpreter *, const hs_statement *);
bool hs_run_echo(hs_interpreter *, const hs_statement *);
bool hs_run_expect(hs_interpreter *, const hs_statement *);
bool hs_run_help(hs_interpreter *, const hs_statement *);
bool hs_run_continue(hs_interpreter *, const hs_statement *);
bool hs_run_quit(hs_interpreter *, const hs_statement *);

#endif

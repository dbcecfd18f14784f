/* SPDX-License-Identifier: MIT */
/* Requests as the OSTEP homework on free-space management writes them, and its answers.
 *
 *      +10,+10,-0,+5        ptr[0] = Alloc(10) returned 1000 (searched 1 elements)
 *                           Free List [ Size 1 ]: [ addr:1010 sz:90 ]
 *
 * +SIZE allocates for the next index, also when it fails; -INDEX frees. Index 3 is variable ptr3
 * of the session. Works under any allocator; with the homework's own settings under `ostep`. */
#ifndef HS_LANGUAGE_HOMEWORK_H
#define HS_LANGUAGE_HOMEWORK_H

#include "language/running.h"

#include <stdio.h>

/* The free blocks in the order of their list, in heap order where there is not one list. */
void hs_put_free_blocks(FILE *, const hs_session *);

/* The most operations of a list. Each answer lists all free blocks, so what is printed grows with
 * the square of it. */
enum { HS_HOMEWORK_MOST = 100000 };

/* The commands `ops LIST`, and `homework` with the random operations of a seed. */
bool hs_run_ops(hs_interpreter *, const hs_statement *);
bool hs_run_homework(hs_interpreter *, const hs_statement *);

#endif

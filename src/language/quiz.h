/* SPDX-License-Identifier: MIT */
/* Quiz: exercises for any allocator, asked one after another, or printed as a sheet. */
#ifndef HS_LANGUAGE_QUIZ_H
#define HS_LANGUAGE_QUIZ_H

#include "language/running.h"

/* The command. */
bool hs_run_quiz(hs_interpreter *, const hs_statement *);

#endif

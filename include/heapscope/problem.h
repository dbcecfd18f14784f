/* SPDX-License-Identifier: MIT */
/* What was wrong with something that somebody asked for. */
#ifndef HEAPSCOPE_PROBLEM_H
#define HEAPSCOPE_PROBLEM_H

/* What was wrong with an operation, for the one line that the user reads. */
typedef enum { HS_OPERAND_NONE, HS_OPERAND_POINTER, HS_OPERAND_NAME, HS_OPERAND_VALUE } hs_operand;

typedef struct {
    hs_operand operand; /* which part of the operation it is about */
    char what[256];     /* what was wrong */
    char hint[256];     /* what would be right; may be empty */
} hs_problem;

#endif

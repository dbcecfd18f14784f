/* SPDX-License-Identifier: MIT */
/* Capabilities: what a program may do, by the way that it came in.
 *
 * Each row of the command table, and each parameter, says what it needs. A program is checked whole
 * before its first statement, and each statement again where it runs. Nothing widens on the way: a
 * script has at most what names it has. */
#ifndef HS_LANGUAGE_CAPABILITIES_H
#define HS_LANGUAGE_CAPABILITIES_H

#include "language/program.h"

#include <stdio.h>

typedef enum {
    HS_WAY_TRACE, /* opened as a trace; an interpreter that is told nothing else takes this */
    HS_WAY_JOURNAL,
    HS_WAY_CHECK,   /* a script under --check */
    HS_WAY_LECTURE, /* a script of the demos' folder under --check */
    HS_WAY_TYPED,   /* at a prompt, or piped into it */
    HS_WAY_TRUSTED, /* the same with --trust */
} hs_way;
enum { HS_WAYS = HS_WAY_TRUSTED + 1 };

typedef struct {
    unsigned may;     /* what a line may that comes in by it */
    unsigned scripts; /* what scripts may that it names, without being asked about */
    const char *why;  /* why they may not do more */
} hs_way_in;

const hs_way_in *hs_way_in_of(hs_way);

/* What a statement needs, without the statements in its { }; and what a program needs, with all of
 * them. */
unsigned hs_statement_needs(const hs_statement *);
unsigned hs_program_needs(const hs_program *);

/* False with a complaint about what needs more than it may. */
bool hs_statement_may(const hs_statement *, unsigned may, const char *why, hs_complaint *);
bool hs_program_may(const hs_program *, unsigned may, const char *why, hs_complaint *);

/* The statements that need more, line by line; freed by the caller. */
char *hs_program_wants(const hs_program *, unsigned may);

/* What `help` says of a command that needs more than a trace may: a line for each. */
void hs_put_needs(FILE *, const hs_command *);

#endif

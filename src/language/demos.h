/* SPDX-License-Identifier: MIT */
/* The demos: scripts in a folder, each with its title in its first line. Lectures form the course
 * and say there which one they are; the others may be played in any order:
 *
 *      # Lecture 3. Headers: what free has to know
 *      # An overrun: one byte too many, and who pays */
#ifndef HS_LANGUAGE_DEMOS_H
#define HS_LANGUAGE_DEMOS_H

#include "language/running.h"

typedef struct {
    char *name, *title;
    uint64_t lecture; /* its number in the course, from 1; 0: it is no part of it */
} hs_demo;

typedef struct {
    char *folder; /* NULL: not found */
    hs_demo *items;
    size_t count, capacity; /* the course in order, then the others by name */
} hs_demos;

/* Find all demos: in $HEAPSCOPE_DEMOS, or where this program was installed or built. */
hs_demos hs_demos_find(void);
void hs_demos_free(hs_demos *);

/* True if this file lies in the folder of the demos. */
bool hs_demos_hold(const char *path);

/* The demo with this name, or with this number in the course; else NULL. */
const hs_demo *hs_demo_named(const hs_demos *, const char *name);

/* The script's path, freed by the caller. */
char *hs_demo_path(const hs_demos *, const hs_demo *);

/* The course and the others with their titles, and how `command` plays them; freed by the caller.
 */
char *hs_demos_text(const hs_demos *, const char *command);

/* The command. */
bool hs_run_demos(hs_interpreter *, const hs_statement *);

#endif

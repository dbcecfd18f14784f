/* SPDX-License-Identifier: MIT */
/* Expressions: sizes, addresses and conditions, evaluated straight from the source text. */
#ifndef HS_LANGUAGE_EXPRESSION_H
#define HS_LANGUAGE_EXPRESSION_H

#include "language/complaint.h"

#include <heapscope/session.h>

/* A place in a source text, and what names mean there. Without a session an expression is only
 * read, to find its end and its mistakes: every name is then worth 1. */
typedef struct {
    const char *text;
    size_t length, at;
    const hs_session *session;
    hs_complaint *complaint;
    int depth;    /* how many brackets, functions and nots are around the place */
    bool address; /* what was read last is a variable, or one plus or minus a number */
} hs_reader;

/* Skip blanks, and backslash-newline. */
void hs_read_blanks(hs_reader *);
bool hs_is_name_start(char);
/* True if a character in quotes stands here, such as 'c'. */
bool hs_is_character(const hs_reader *);
/* The end of the name that starts at `at`. */
size_t hs_name_end(const hs_reader *, size_t at);

/* Each reads from `at` on and leaves `at` behind it; false with a complaint.
 *
 *   number     24, 0x18, 2k: no name, no sum
 *   size       4*16+8, 0x20, 2k, largest_hole, (p2 - p1) / 8, 'A'
 *   pointer    NULL, p1, p1+8, 0x107000008
 *   condition  holes == 2 and p2 == p1 + 32, not failed
 *
 * An operator with a blank before it but none behind it (`calloc 4 -1`) begins the next argument.
 */
bool hs_read_number(hs_reader *, uint64_t *value);
bool hs_read_size(hs_reader *, uint64_t *value);
bool hs_read_pointer(hs_reader *, hs_pointer *);
bool hs_read_condition(hs_reader *, bool *holds);

/* A string in double quotes, with \n \t \\ \" \0 \xHH. The bytes are the caller's to free. */
bool hs_read_string(hs_reader *, char **bytes, size_t *length);

#endif

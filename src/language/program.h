/* SPDX-License-Identifier: MIT */
/* A program: source text as statements, parsed whole before any of it runs. */
#ifndef HS_LANGUAGE_PROGRAM_H
#define HS_LANGUAGE_PROGRAM_H

#include "language/command.h"

/* One argument as written. Expressions stay text until they are evaluated. */
typedef struct {
    bool present;
    hs_span where;
    char *text; /* decoded bytes of a string, or the word; NULL for expressions. Of an argument
                 * vector: its words, a NUL behind each */
    size_t length;
} hs_argument;

typedef struct hs_statement {
    const hs_command *command; /* NULL for the assignment NAME = POINTER, in arguments[0] */
    hs_span where, head;
    unsigned needs; /* hs_capability, without those in its { } */
    char *result;   /* NAME of NAME = ..., or NULL */
    hs_span result_where;
    hs_argument arguments[HS_PARAMETERS];
    bool has_body;
    struct hs_statement *body; /* of { ... } */
    size_t body_count;
} hs_statement;

typedef struct {
    char *name;        /* of the file, or NULL for a line that was typed */
    size_t first_line; /* the number of the source's first line in it */
    char *source;
    size_t length;
    unsigned may; /* hs_capability, what its statements may do: set by who runs it */
    hs_statement *statements;
    size_t count;
} hs_program;

/* Parse `length` bytes; the program keeps a copy of them. NULL with a complaint. */
hs_program *hs_program_parse(const char *name, size_t first_line, const char *source, size_t length,
                             hs_complaint *);
void hs_program_free(hs_program *);

/* The words of an argument vector, NULL behind the last. The array is the caller's to free. */
char **hs_argument_words(const hs_argument *);

/* How far a program that comes line by line has been looked through. At first it is zero. */
typedef struct {
    size_t at;    /* up to here there are whole statements, and the heads of those that are open */
    size_t depth; /* how many statements are open */
} hs_opening;

/* True if the text, which is whole lines, ends inside an open { ... }, or behind a backslash that
 * carries its last statement on. Then a prompt asks for more lines; it asks for none if no line
 * could mend the text. What an earlier call has read is not read again. */
bool hs_program_is_open(hs_opening *, const char *source, size_t length);

#endif

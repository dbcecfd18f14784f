/* SPDX-License-Identifier: MIT */
/* The options: what they say, for getopt, for --help and for the man page. */
#ifndef HS_UI_OPTIONS_H
#define HS_UI_OPTIONS_H

#include "ui/pen.h"
#include "ui/usage.h"

#include <heapscope/heap.h>

#include <stdio.h>

/* Exit statuses. */
enum { HS_OK = 0, HS_FAILED = 1, HS_USAGE = 2 };

typedef struct {
    const char *allocator;
    hs_heap_config heap;
    const char *theme;
    hs_colour colour;
    bool plain, check, ascii, large, notes, go_on, trust;
    bool ostep;      /* the homework on free-space management is wanted */
    const char *ops; /* the homework's list, or NULL */
    const char *policy, *order;
    bool coalesce;
    bool quiz, answers; /* a sheet of problems is wanted, without or with its answers */
    const char *seed, *number;
    const char *range, *percent; /* for the homework's random operations */
    const char *trace;           /* the file's format, when it is a trace and no script */
    const char *from;            /* the format of a trace, where its content does not say */
    bool lenient;                /* skip bad lines of a trace */
    uint64_t max_unpacked;       /* the most bytes of an unpacked trace; 0: as many as are usual */
    char **files;
    int file_count;
} hs_options;

/* The options of a command line. HS_OK, or HS_USAGE after a complaint; ends the program where they
 * ask for a text alone, such as --help. */
int hs_options_parse(int argc, char **argv, hs_options *);

/* Say what was wrong with the command line: HS_USAGE. */
int hs_options_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Read a size such as 4k: a number with or without a unit, for there are no names yet that a sum
 * could be made of. False: it is none. */
bool hs_options_size(const char *text, size_t length, uint64_t *);

/* An exit status, once all output is written: HS_FAILED where it could not be. */
int hs_options_finish(int status);

/* The man page, made from the tables: --man, and heapscope.1. */
void hs_options_manual(FILE *);

/* The options as rows. */
const hs_usage_option *hs_options_rows(size_t *count);

#endif

/* SPDX-License-Identifier: MIT */
/* What is wrong with a command line: said alike by the program and by its tools. */
#ifndef HS_UI_USAGE_H
#define HS_UI_USAGE_H

#include <getopt.h>
#include <stdarg.h>
#include <stddef.h>

/* A row of a table of options: for getopt, for the help, the man page and what shells complete. */
typedef struct {
    struct option option;
    const char *argument, *help;
} hs_usage_option;

/* "TOOL: what is wrong; HINT": HS_USAGE. */
int hs_usage_complain(const char *tool, const char *hint, const char *format, va_list)
    __attribute__((format(printf, 3, 0)));

/* The same as getopt_long, where `letters` begin with ":", so that it prints nothing itself. It
 * answers ':' for an option without its value, also when the value is empty. */
int hs_usage_next(int argc, char **argv, const char *letters, const struct option *);

/* Complain about what hs_usage_next refused by `answer`, '?' or ':'. Returns HS_USAGE. */
int hs_usage_refuse(const char *tool, const char *hint, int answer, char **argv,
                    const struct option *);

#endif

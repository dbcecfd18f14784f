/* What is wrong with a command line: said alike by the program and by its tools. */
#ifndef HS_UI_USAGE_H
#define HS_UI_USAGE_H

#include <getopt.h>
#include <stdarg.h>

/* "TOOL: what is wrong; HINT": HS_USAGE. */
int hs_usage_complain(const char *tool, const char *hint, const char *format, va_list)
    __attribute__((format(printf, 3, 0)));

/* What getopt_long refused by `answer`: '?', or ':' where the short options begin with ":", which
 * also keeps it from saying so itself. HS_USAGE. */
int hs_usage_refuse(const char *tool, const char *hint, int answer, char **argv,
                    const struct option *);

#endif

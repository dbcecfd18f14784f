/* SPDX-License-Identifier: MIT */
/* Complaints about a command line. getopt's own are not used: they would reach the terminal as they
 * were typed. */
#include "ui/usage.h"

#include "base/memory.h"
#include "ui/ansi.h"
#include "ui/options.h"

#include <stdlib.h>
#include <string.h>

int hs_usage_complain(const char *tool, const char *hint, const char *format, va_list arguments)
{
    char *what;
    what = hs_text_by(format, arguments);
    hs_print_line(stderr, "%s: %s; %s", tool, what, hint);
    free(what);
    return HS_USAGE;
}

static int complain(const char *tool, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int complain(const char *tool, const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int status = hs_usage_complain(tool, hint, format, arguments);
    va_end(arguments);
    return status;
}

/* The option that getopt stopped at, found by its value. */
static const struct option *option_of(int value, const struct option *options)
{
    for (; options->name; options++)
        if (value && options->val == value) return options;
    return NULL;
}

/* All options that `text`, such as --he, may begin. */
static size_t list_candidates(const char *text, const struct option *options, char list[200])
{
    size_t count = 0, used = 0, length = strcspn(text + 2, "=");
    list[0] = 0;
    for (; options->name; options++) {
        if (strncmp(options->name, text + 2, length) != 0 || used + 40 > 200) continue;
        used +=
            (size_t)snprintf(list + used, 200 - used, "%s--%s", count++ ? ", " : "", options->name);
    }
    return count;
}

int hs_usage_next(int argc, char **argv, const char *letters, const struct option *options)
{
    int answer = getopt_long(argc, argv, letters, options, NULL);
    if (answer == -1 || answer == '?' || answer == ':' || !optarg || *optarg) return answer;
    optopt = answer;
    return ':';
}

int hs_usage_refuse(const char *tool, const char *hint, int answer, char **argv,
                    const struct option *options)
{
    const char *typed = argv[optind - 1];
    const struct option *known = option_of(optopt, options);
    char list[200];
    if (answer == ':') return complain(tool, hint, "--%s needs a value", known->name);
    if (known) return complain(tool, hint, "--%s takes no value", known->name);
    if (optopt) return complain(tool, hint, "there is no option -%c", optopt);
    if (list_candidates(typed, options, list))
        return complain(tool, hint, "%s may be %s", typed, list);
    return complain(tool, hint, "there is no option %s", typed);
}

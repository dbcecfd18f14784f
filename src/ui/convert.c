/* SPDX-License-Identifier: MIT */
/* heapscope convert IN OUT: the format of IN by what it says, of OUT by its name. What there is to
 * tell goes to standard error; nothing is written when something is wrong. */
#include "ui/convert.h"

#include "ui/ansi.h"
#include "ui/options.h"
#include "ui/trace_io.h"
#include "ui/usage.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { OK = 0, FAILED = 1, USAGE = 2 };
enum { OPTION_FROM = 256, OPTION_TO, OPTION_LENIENT, OPTION_MAX_UNPACKED };

typedef struct {
    const char *from, *to, *in, *out;
    bool lenient;
    uint64_t max_unpacked;
} conversion;

/* Each option once: for getopt and for the help. */
static const hs_usage_option options[] = {
    {{"from", required_argument, NULL, OPTION_FROM},
     "FORMAT",
     "the format of IN (default: by what it says)"},
    {{"to", required_argument, NULL, OPTION_TO},
     "FORMAT",
     "the format of OUT (default: by its suffix, .zst is packed)"},
    {{"lenient", no_argument, NULL, OPTION_LENIENT}, NULL, "skip bad lines, and say how many"},
    {{"max-unpacked", required_argument, NULL, OPTION_MAX_UNPACKED},
     "SIZE",
     "how large IN may be unpacked (256M, or 1000 times)"},
    {{"help", no_argument, NULL, 'h'}, NULL, "show this help"},
};
enum { OPTION_COUNT = sizeof options / sizeof *options };

const hs_usage_option *hs_convert_rows(size_t *count)
{
    *count = OPTION_COUNT;
    return options;
}

static void put_usage(void)
{
    hs_trace_format f;
    hs_print(stdout, "Usage: heapscope convert [OPTION...] IN OUT\n\n"
                     "Reads the trace IN and writes it to OUT; - is standard input or output.\n\n");
    for (int i = 0; i < OPTION_COUNT; i++) {
        char name[40];
        const struct option *o = &options[i].option;
        snprintf(name, sizeof name, "%s--%s%s%s", o->val == 'h' ? "-h, " : "    ", o->name,
                 options[i].argument ? "=" : "", options[i].argument ? options[i].argument : "");
        hs_print(stdout, "  %-24s %s\n", name, options[i].help);
    }
    hs_print(stdout, "\nFormats:\n\n");
    for (size_t i = 0; hs_trace_format_at(i, &f); i++)
        hs_print(stdout, "  %-10s %s\n", f.name, f.help);
}

static const char tool[] = "heapscope convert", hint[] = "-h lists options and formats";

static int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int complain(const char *format, ...)
{
    va_list what;
    va_start(what, format);
    int status = hs_usage_complain(tool, hint, format, what);
    va_end(what);
    return status;
}

static hs_trace *read_trace(const conversion *c)
{
    hs_trace_report report;
    hs_trace *t = hs_trace_load(c->in,
                                &(hs_trace_reading){.format = c->from,
                                                    .lenient = c->lenient,
                                                    .max_unpacked = c->max_unpacked},
                                &report);
    hs_trace_tell(&report, "heapscope");
    hs_trace_report_free(&report);
    return t;
}

static int write_trace(const conversion *c, const hs_trace *t)
{
    hs_trace_report report;
    bool good = hs_trace_store(t, c->out, c->to, &report);
    hs_trace_tell(&report, "heapscope");
    hs_trace_report_free(&report);
    return good ? OK : FAILED;
}

static int parse(int argc, char **argv, conversion *c)
{
    struct option long_options[OPTION_COUNT + 1] = {0};
    for (int i = 0; i < OPTION_COUNT; i++) long_options[i] = options[i].option;
    int option;
    while ((option = hs_usage_next(argc, argv, ":h", long_options)) != -1) switch (option) {
        case OPTION_FROM: c->from = optarg; break;
        case OPTION_TO: c->to = optarg; break;
        case OPTION_LENIENT: c->lenient = true; break;
        case OPTION_MAX_UNPACKED:
            if (!hs_options_size(optarg, strlen(optarg), &c->max_unpacked) || !c->max_unpacked)
                return complain("%s is no size such as 256M, 4G", optarg);
            break;
        case 'h': put_usage(); exit(hs_options_finish(OK));
        default: return hs_usage_refuse(tool, hint, option, argv, long_options);
        }
    if (argc - optind != 2) return complain("it takes IN and OUT");
    c->in = argv[optind];
    c->out = argv[optind + 1];
    if (c->from && !hs_trace_is_format(c->from)) return complain("there is no format %s", c->from);
    if (c->to && !hs_trace_is_format(c->to)) return complain("there is no format %s", c->to);
    if (!c->to && !hs_trace_format_of_name(c->out))
        return complain("the name %s says no format: give one by --to", c->out);
    return OK;
}

int hs_convert(int argc, char **argv)
{
    conversion c = {.lenient = false};
    int status = parse(argc, argv, &c);
    if (status) return status;
    hs_trace *t = read_trace(&c);
    if (!t) return FAILED;
    status = write_trace(&c, t);
    hs_trace_free(t);
    return status;
}

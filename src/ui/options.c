/* SPDX-License-Identifier: MIT */
/* The options, each once in a table; what goes together and what does not. */
#include "ui/options.h"

#include "language/demos.h"
#include "language/expression.h"
#include "language/homework.h"
#include "language/interpreter.h"
#include "model/process/executable.h"
#include "model/reading/exercise.h"
#include "ui/ansi.h"
#include "ui/compare.h"
#include "ui/generate.h"
#include "ui/usage.h"

#include <heapscope/trace_file.h>

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HS_OSTEP_HEAP = 100 };

/* The allocator for traces. Real programs want more than the usual one, which looks at one block
 * after the other. */
static const char trace_allocator[] = "quick";
#define TRACE_HEAP ((uint64_t)64 << 30)

enum {
    OPTION_PLAIN = 256,
    OPTION_CHECK,
    OPTION_TRUST,
    OPTION_CONTINUE,
    OPTION_ASCII,
    OPTION_HEAP,
    OPTION_MAX_HEAP,
    OPTION_THEME,
    OPTION_COLOR,
    OPTION_LARGE,
    OPTION_NOTES,
    OPTION_OSTEP,
    OPTION_DEMOS,
    OPTION_QUIZ,
    OPTION_ANSWERS,
    OPTION_FROM,
    OPTION_LENIENT,
    OPTION_MAX_UNPACKED,
    OPTION_MAN
};

/* Each option once: for getopt, for --help and for the man page. */
static const hs_usage_option options[] = {
    {{"allocator", required_argument, NULL, 'a'},
     "NAME",
     "start with this allocator (default: implicit; for a trace: quick)"},
    {{"heap", required_argument, NULL, OPTION_HEAP},
     "SIZE",
     "commit this much at the start (default: 256)"},
    {{"max-heap", required_argument, NULL, OPTION_MAX_HEAP},
     "SIZE",
     "let the heap grow to this size (default: 1G; for a trace: 64G)"},
    {{"plain", no_argument, NULL, OPTION_PLAIN},
     NULL,
     "line mode: text instead of the full screen"},
    {{"check", no_argument, NULL, OPTION_CHECK},
     NULL,
     "run scripts silently; fail where an expect does not hold"},
    {{"trust", no_argument, NULL, OPTION_TRUST},
     NULL,
     "let scripts write files and run programs, unasked"},
    {{"continue", no_argument, NULL, OPTION_CONTINUE},
     NULL,
     "go on with the session that was cut short last"},
    {{"ascii", no_argument, NULL, OPTION_ASCII}, NULL, "draw with ASCII characters only"},
    {{"from", required_argument, NULL, OPTION_FROM},
     "FORMAT",
     "FILE is a trace of this format (default: by what it says)"},
    {{"lenient", no_argument, NULL, OPTION_LENIENT},
     NULL,
     "skip bad lines of a trace, and say how many"},
    {{"max-unpacked", required_argument, NULL, OPTION_MAX_UNPACKED},
     "SIZE",
     "how large a packed trace may be unpacked (256M, or 1000 times)"},
    {{"demos", no_argument, NULL, OPTION_DEMOS},
     NULL,
     "list the lectures and demos; each is played by its name"},
    {{"theme", required_argument, NULL, OPTION_THEME}, "NAME", "dark, or light for projectors"},
    {{"color", required_argument, NULL, OPTION_COLOR},
     "WHEN",
     "colours: auto (default), always or never"},
    {{"large", no_argument, NULL, OPTION_LARGE}, NULL, "draw few bytes, legible from afar"},
    {{"notes", no_argument, NULL, OPTION_NOTES},
     NULL,
     "the speaker's terminal: follow a script that is played in another one"},
    {{"ostep", no_argument, NULL, OPTION_OSTEP},
     NULL,
     "the OSTEP homework on free space; play LIST, such as +10,+10,-0,+5"},
    {{"policy", required_argument, NULL, 'p'}, "NAME", "its policy: BEST, WORST or FIRST"},
    {{"order", required_argument, NULL, 'l'},
     "NAME",
     "its free list: ADDRSORT, SIZESORT+, SIZESORT-, INSERT-FRONT, INSERT-BACK"},
    {{"coalesce", no_argument, NULL, 'C'}, NULL, "its free list is coalesced"},
    {{"range", required_argument, NULL, 'r'}, "M", "its random sizes are 1 to M (default: 10)"},
    {{"percent", required_argument, NULL, 'P'},
     "P",
     "so many of 100 operations allocate (default: 50)"},
    {{"quiz", no_argument, NULL, OPTION_QUIZ}, NULL, "print a sheet of problems"},
    {{"answers", no_argument, NULL, OPTION_ANSWERS}, NULL, "print it with the answers"},
    {{"seed", required_argument, NULL, 's'}, "S", "the seed of a sheet, or of the homework"},
    {{"number", required_argument, NULL, 'n'},
     "N",
     "how many problems, or operations (default: 10)"},
    {{"help", no_argument, NULL, 'h'}, NULL, "show this help"},
    {{"version", no_argument, NULL, 'V'}, NULL, "show the version"},
};
enum { OPTION_COUNT = sizeof options / sizeof *options };

const hs_usage_option *hs_options_rows(size_t *count)
{
    *count = OPTION_COUNT;
    return options;
}

static void put_usage(FILE *out)
{
    fputs("Usage: heapscope [OPTION...]          type commands and watch the heap\n"
          "       heapscope [OPTION...] FILE     play a script, or a demo by its name\n"
          "       heapscope [OPTION...] TRACE    go through what a program asked its heap for\n"
          "       heapscope --notes              the speaker's second terminal\n"
          "       heapscope --check FILE...      test scripts\n"
          "       heapscope --ostep [LIST]       the OSTEP homework on free space\n"
          "       heapscope --quiz | --answers   problems for any allocator, on paper\n"
          "       heapscope --ostep-segmentation a problem sheet; with -h its options\n"
          "       heapscope compare TRACE...     allocators over traces; with -h its options\n"
          "       heapscope convert IN OUT       a trace into another format; with -h which\n"
          "       heapscope generate OUT         a trace by chance; with -h its options\n\n",
          out);
    for (int i = 0; i < OPTION_COUNT; i++) {
        char name[40];
        const struct option *o = &options[i].option;
        snprintf(name, sizeof name, "%s%c%s--%s%s%s", o->val < 256 ? "-" : " ",
                 o->val < 256 ? o->val : ' ', o->val < 256 ? ", " : "  ", o->name,
                 options[i].argument ? "=" : "", options[i].argument ? options[i].argument : "");
        fprintf(out, "  %-24s %s\n", name, options[i].help);
    }
    fputs(
        "\nWithout a terminal, or with TERM=dumb, it works in line mode: commands from standard input.\n"
        "The command `help` lists the commands.\n",
        out);
}

static const char hint[] = "try heapscope --help";

int hs_options_complain(const char *format, ...)
{
    va_list what;
    va_start(what, format);
    int status = hs_usage_complain("heapscope", hint, format, what);
    va_end(what);
    return status;
}

bool hs_options_size(const char *text, size_t length, uint64_t *size)
{
    hs_complaint c;
    hs_reader r = {.text = text, .length = length, .complaint = &c};
    return hs_read_number(&r, size) && r.at == r.length;
}

/* Check a number that commands would refuse later, for nobody typed those commands. */
static int check_number(const char *text, uint64_t least, uint64_t most)
{
    uint64_t n;
    if (!hs_options_size(text, strlen(text), &n))
        return hs_options_complain("%s is no number", text);
    if (n < least || n > most)
        return hs_options_complain("%s is no number from %" PRIu64 " to %" PRIu64, text, least,
                                   most);
    return HS_OK;
}

static int parse_heap_size(const char *text, uint64_t *size)
{
    if (!hs_options_size(text, strlen(text), size))
        return hs_options_complain("%s is no size such as 256, 0x100, 4k, 1M", text);
    if (*size < HS_HEAP_SMALLEST || *size > HS_HEAP_LARGEST)
        return hs_options_complain("%s: a heap has 64 bytes to 1T", text);
    return HS_OK;
}

static void put_traces_manual(FILE *out)
{
    hs_trace_format f;
    fputs(
        ".SH TRACES\n.B heapscope convert\nreads the trace IN and writes it to OUT; \\- is standard "
        "input or output. The format of IN is recognised by its content, or given by "
        "\\-\\-from; that of OUT is its suffix, or given by \\-\\-to. Files packed by zstd are read "
        "as they are, and written when the name ends in .zst. A bad line is told with its number, "
        "and nothing is written; \\-\\-lenient skips bad lines, and \\-\\-max\\-unpacked lets more be "
        "unpacked than usual. The formats:\n",
        out);
    for (size_t i = 0; hs_trace_format_at(i, &f); i++)
        fprintf(out, ".TP\n.B %s\n%s%s.\n", f.name, f.help, f.written ? "" : " (read only)");
}

void hs_options_manual(FILE *out)
{
    char *commands = hs_help_roff();
    fputs(
        ".TH HEAPSCOPE 1 \"\" \"heapscope " HEAPSCOPE_VERSION "\"\n"
        ".SH NAME\nheapscope \\- an oscilloscope for the heap\n"
        ".SH SYNOPSIS\n.B heapscope\n[OPTION...] [FILE]\n.br\n.B heapscope \\-\\-check\nFILE...\n"
        ".br\n.B heapscope \\-\\-notes\n"
        ".br\n.B heapscope \\-\\-ostep\\-segmentation\n[OPTION...]\n"
        ".br\n.B heapscope compare\n[OPTION...] TRACE... [ALLOCATOR...]\n"
        ".br\n.B heapscope convert\n[OPTION...] IN OUT\n"
        ".br\n.B heapscope generate\n[OPTION...] OUT\n"
        ".SH DESCRIPTION\n"
        "Performs requests such as malloc 24, free p1 and realloc p1 64 on real bytes with an "
        "instrumented allocator, and draws the heap as a byte map: headers, payload, padding, free "
        "blocks, growth. With FILE, or the name of a demo, it plays a script. Without a terminal, "
        "or with TERM=dumb, it works in line mode: commands from standard input, pictures as text.\n.SH OPTIONS\n",
        out);
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option *o = &options[i].option;
        fputs(".TP\n.B ", out);
        if (o->val < 256) fprintf(out, "\\-%c, ", o->val);
        fprintf(out, "\\-\\-%s%s%s\n%s.\n", o->name, options[i].argument ? "=" : "",
                options[i].argument ? options[i].argument : "", options[i].help);
    }
    hs_compare_manual(out);
    put_traces_manual(out);
    hs_generate_roff(out);
    fprintf(out, ".SH COMMANDS\n%s", commands);
    fputs(
        ".SH EXIT STATUS\n0: all commands succeeded; 1: a command failed, or an expect did not hold; "
        "2: wrong usage.\n"
        ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nWhen set and not empty: no colours.\n"
        ".TP\n.B HEAPSCOPE_DEMOS\nA folder with demos of your own, in place of those that were "
        "installed.\n"
        ".SH FILES\n.TP\n.I $XDG_CONFIG_HOME/heapscope/config\nCommands that run at the start of a "
        "session, such as set theme light.\n.TP\n.I $XDG_STATE_HOME/heapscope/history\nThe lines that "
        "were typed.\n.TP\n.I $XDG_STATE_HOME/heapscope/sessions/\nThe sessions that are open, and those "
        "that were cut short; continue goes on with the latest.\n.TP\n.I ~/.editrc\nKey bindings of the prompt, see editrc(5).\n",
        out);
    free(commands);
}

/* The exit status, which is a failure if output could not be written. */
int hs_options_finish(int status)
{
    if (fflush(stdout) != 0)
        hs_print(stderr, "heapscope: standard output: %s\n", strerror(errno));
    else if (ferror(stdout)) /* an earlier write failed, whose reason is lost */
        hs_print(stderr, "heapscope: standard output: not all of it could be written\n");
    else
        return status;
    return HS_FAILED;
}

/* The version, and what this build can not do. */
static void print_version(void)
{
    hs_print(stdout, "heapscope " HEAPSCOPE_VERSION "\n");
    if (!hs_executable_is_readable())
        hs_print(stdout, "built without libelf: exec knows the built-in program only\n");
    if (!hs_trace_can_pack())
        hs_print(stdout,
                 "built without libzstd: traces are not packed, and packed ones can not be read\n");
}

static void print_demos(void)
{
    hs_demos all = hs_demos_find();
    char *text = hs_demos_text(&all, "heapscope");
    hs_print(stdout, "%s\n", text);
    free(text);
    hs_demos_free(&all);
}

static int handle(int option, hs_options *a)
{
    switch (option) {
    case 'a': a->allocator = optarg; return HS_OK;
    case OPTION_HEAP: return parse_heap_size(optarg, &a->heap.initial);
    case OPTION_MAX_HEAP: return parse_heap_size(optarg, &a->heap.maximum);
    case OPTION_PLAIN: a->plain = true; return HS_OK;
    case OPTION_CHECK: a->check = true; return HS_OK;
    case OPTION_TRUST: a->trust = true; return HS_OK;
    case OPTION_CONTINUE: a->go_on = true; return HS_OK;
    case OPTION_ASCII: a->ascii = true; return HS_OK;
    case OPTION_FROM: a->from = optarg; return HS_OK;
    case OPTION_LENIENT: a->lenient = true; return HS_OK;
    case OPTION_MAX_UNPACKED:
        if (hs_options_size(optarg, strlen(optarg), &a->max_unpacked) && a->max_unpacked)
            return HS_OK;
        return hs_options_complain("%s is no size such as 256M, 4G", optarg);
    case OPTION_LARGE: a->large = true; return HS_OK;
    case OPTION_NOTES: a->notes = true; return HS_OK;
    case OPTION_THEME:
        a->theme = optarg;
        if (strcmp(optarg, "dark") == 0 || strcmp(optarg, "light") == 0) return HS_OK;
        return hs_options_complain("there is no theme %s: dark, light", optarg);
    case OPTION_COLOR:
        if (hs_colour_named(optarg, &a->colour)) return HS_OK;
        return hs_options_complain("colours are not %s: auto, always, never", optarg);
    case OPTION_OSTEP: a->ostep = true; return HS_OK;
    case 'p': a->policy = optarg; return HS_OK;
    case 'l': a->order = optarg; return HS_OK;
    case 'C': a->coalesce = true; return HS_OK;
    case OPTION_QUIZ: a->quiz = true; return HS_OK;
    case OPTION_ANSWERS: a->answers = true; return HS_OK;
    case 's': a->seed = optarg; return check_number(optarg, 0, UINT64_MAX);
    case 'n': a->number = optarg; return check_number(optarg, 0, UINT64_MAX);
    case 'r': a->range = optarg; return check_number(optarg, 1, INT32_MAX);
    case 'P': a->percent = optarg; return check_number(optarg, 1, 100);
    case 'h': put_usage(stdout); exit(hs_options_finish(HS_OK));
    case 'V': print_version(); exit(hs_options_finish(HS_OK));
    case OPTION_DEMOS: print_demos(); exit(hs_options_finish(HS_OK));
    case OPTION_MAN: hs_options_manual(stdout); exit(hs_options_finish(HS_OK));
    }
    return HS_OK;
}

/* Settle --ostep: its heap has 100 bytes unless --heap says otherwise, and an argument that is no
 * option is its list of operations. */
static int settle_ostep(hs_options *a)
{
    if (a->check)
        return hs_options_complain("--ostep plays a list, --check tests scripts: not both");
    if (a->file_count && *a->files[0] != '+' && *a->files[0] != '-')
        return hs_options_complain("--ostep plays a list such as +10,+10,-0, not %s", a->files[0]);
    if (a->allocator || a->heap.maximum)
        return hs_options_complain(
            "--ostep has an allocator of its own, whose heap does not grow: not with --allocator or "
            "--max-heap");
    if (a->file_count && (a->seed || a->number || a->range || a->percent))
        return hs_options_complain(
            "--seed, --number, --range and --percent make a list by chance: not with %s",
            a->files[0]);
    if (a->number && check_number(a->number, 0, HS_HOMEWORK_MOST)) return HS_USAGE;
    if (a->file_count) a->ops = a->files[0];
    a->file_count = 0;
    a->allocator = "ostep";
    if (!a->heap.initial) a->heap.initial = HS_OSTEP_HEAP;
    a->heap.maximum = a->heap.initial;
    return HS_OK;
}

/* The format of a file that is opened as a trace; NULL: it is a script. A file that can not be read
 * is complained about later. */
static const char *trace_format(const hs_options *a)
{
    if (a->from) return a->from;
    const char *format =
        access(a->files[0], F_OK) == 0 ? hs_trace_format_of_file(a->files[0]) : NULL;
    return format && strcmp(format, "heap") != 0 ? format : NULL;
}

/* Settle the sizes of the heap: what is not given is as usual, as far as what is given allows. */
static int settle_heap(hs_options *a)
{
    uint64_t initial = HS_HEAP_INITIAL, maximum = a->trace ? TRACE_HEAP : HS_HEAP_MAXIMUM;
    if (a->heap.maximum && a->heap.maximum < a->heap.initial)
        return hs_options_complain("--max-heap is smaller than --heap");
    if (a->heap.maximum && a->heap.maximum < initial) initial = a->heap.maximum;
    if (!a->heap.initial) a->heap.initial = initial;
    if (maximum < a->heap.initial) maximum = a->heap.initial;
    if (!a->heap.maximum) a->heap.maximum = maximum;
    return HS_OK;
}

/* Check for options that do not go together, or that need something that is not there. */
static int check_together(const hs_options *a)
{
    bool plays = a->check || a->ostep || a->quiz || a->answers || a->file_count;
    if (a->notes && (plays || a->go_on))
        return hs_options_complain("--notes plays no script: it follows one in another terminal");
    if (a->check && !a->file_count) return hs_options_complain("--check needs a FILE");
    if (a->check && a->trust)
        return hs_options_complain(
            "--check lets no script write or run anything: not with --trust");
    if (a->go_on && plays)
        return hs_options_complain("--continue goes on with a session: it plays nothing else");
    if (a->go_on && (a->allocator || a->heap.initial || a->heap.maximum))
        return hs_options_complain(
            "--continue goes on with the heap that was: not with --allocator, --heap or --max-heap");
    if (!a->check && a->file_count > 1)
        return hs_options_complain("one FILE is played at a time, not also %s", a->files[1]);
    if ((a->seed || a->number) && !a->quiz && !a->answers && !a->ostep)
        return hs_options_complain("--seed and --number belong to --quiz, --answers and --ostep");
    if ((a->quiz || a->answers) && (a->check || (a->file_count && !a->ostep)))
        return hs_options_complain("--quiz prints a sheet, and plays no FILE");
    if ((a->from || a->lenient || a->max_unpacked) && (!a->file_count || a->check || a->ostep))
        return hs_options_complain(
            "--from, --lenient and --max-unpacked belong to a trace: give its FILE");
    if (a->from && !hs_trace_is_format(a->from))
        return hs_options_complain("there is no format %s: heapscope convert -h lists them",
                                   a->from);
    return HS_OK;
}

/* True if it names something to play: a file, or else a demo. */
static bool is_there(const char *name)
{
    if (access(name, F_OK) == 0) return access(name, R_OK) == 0;
    hs_demos all = hs_demos_find();
    bool found = hs_demo_named(&all, name);
    hs_demos_free(&all);
    return found;
}

int hs_options_parse(int argc, char **argv, hs_options *a)
{
    struct option long_options[OPTION_COUNT + 2] = {0};
    for (int i = 0; i < OPTION_COUNT; i++) long_options[i] = options[i].option;
    long_options[OPTION_COUNT] = (struct option){"man", no_argument, NULL, OPTION_MAN};
    int option, status = HS_OK;
    while (status == HS_OK &&
           (option = hs_usage_next(argc, argv, ":a:p:l:Cr:P:s:n:hV", long_options)) != -1)
        status = option == '?' || option == ':'
                     ? hs_usage_refuse("heapscope", hint, option, argv, long_options)
                     : handle(option, a);
    if (status) return status;
    a->files = argv + optind;
    a->file_count = argc - optind;
    if ((status = check_together(a))) return status;
    if (a->ostep) return settle_ostep(a);
    if (a->number && check_number(a->number, 1, HS_MOST_EXERCISES)) return HS_USAGE;
    if (a->policy || a->order || a->coalesce || a->range || a->percent)
        return hs_options_complain(
            "--policy, --order, --coalesce, --range and --percent belong to --ostep");
    if (a->file_count == 1 && !a->check) a->trace = trace_format(a);
    if ((a->lenient || a->max_unpacked) && !a->trace && is_there(a->files[0]))
        return hs_options_complain(
            "--lenient and --max-unpacked belong to a trace: as one %s is read with --from",
            a->files[0]);
    if (!a->allocator) a->allocator = a->trace ? trace_allocator : hs_allocator_usual();
    return settle_heap(a);
}

/* heapscope: options, and the choice of a front end. */
#include "heap/array.h"
#include "language/demos.h"
#include "language/expression.h"
#include "language/interpreter.h"
#include "model/executable.h"
#include "ui/compare.h"
#include "ui/convert.h"
#include "ui/fullscreen.h"
#include "ui/generate.h"
#include "ui/journal.h"
#include "ui/notes.h"
#include "ui/plain.h"
#include "ui/problem_sheet.h"
#include "ui/trace_io.h"

#include <heapscope/trace_file.h>

#include <ctype.h>
#include <getopt.h>
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    const char *allocator;
    hs_heap_config heap;
    const char *theme;
    bool plain, check, ascii, large, notes, go_on;
    bool ostep;      /* the homework on free-space management: */
    const char *ops; /* its list, or NULL */
    const char *policy, *order;
    bool coalesce;
    bool quiz, answers; /* a sheet of problems, and its answers */
    const char *seed, *number;
    const char *range, *percent; /* of the homework's random operations */
    const char *trace;           /* the file's format, when it is a trace and no script */
    const char *from;            /* the format of a trace, where its content does not say */
    bool lenient;                /* skip its bad lines */
    char **files;
    int file_count;
} arguments;

enum { HS_OSTEP_HEAP = 100 };

/* Real programs want more than the default allocator, which looks at one block after the other. */
static const char trace_allocator[] = "tlsf";
#define TRACE_HEAP ((uint64_t)64 << 30)
enum { OK = 0, FAILED = 1, USAGE = 2 };

/* --- Options -------------------------------------------------------------------------------- */

enum {
    OPTION_PLAIN = 256,
    OPTION_CHECK,
    OPTION_CONTINUE,
    OPTION_ASCII,
    OPTION_HEAP,
    OPTION_MAX_HEAP,
    OPTION_THEME,
    OPTION_LARGE,
    OPTION_NOTES,
    OPTION_OSTEP,
    OPTION_DEMOS,
    OPTION_QUIZ,
    OPTION_ANSWERS,
    OPTION_FROM,
    OPTION_LENIENT,
    OPTION_MAN
};

/* Each option once: for getopt, for --help and for the man page. */
static const struct {
    struct option option;
    const char *argument, *help;
} options[] = {
    {{"allocator", required_argument, NULL, 'a'},
     "NAME",
     "start with this allocator (default: implicit; for a trace: tlsf)"},
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
    {{"demos", no_argument, NULL, OPTION_DEMOS},
     NULL,
     "list the lectures and demos; each is played by its name"},
    {{"theme", required_argument, NULL, OPTION_THEME}, "NAME", "dark, or light for projectors"},
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

static int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int complain(const char *format, ...)
{
    va_list what;
    va_start(what, format);
    fputs("heapscope: ", stderr);
    vfprintf(stderr, format, what);
    fputs("; try heapscope --help\n", stderr);
    va_end(what);
    return USAGE;
}

static bool parse_size(const char *text, uint64_t *size)
{
    hs_complaint c;
    hs_reader r = {.text = text, .length = strlen(text), .complaint = &c};
    return hs_read_size(&r, size) && r.at == r.length;
}

static int parse_number(const char *text)
{
    bool good = *text && strlen(text) < 20 && !text[strspn(text, "0123456789")];
    return good ? OK : complain("%s is no number", text);
}

static int parse_heap_size(const char *text, uint64_t *size)
{
    if (!parse_size(text, size)) return complain("%s is no size such as 256, 0x100, 4k, 1M", text);
    if (*size < HS_HEAP_SMALLEST || *size > HS_HEAP_LARGEST)
        return complain("%s: a heap has 64 bytes to 1T", text);
    return OK;
}

static void print_traces_manual(void)
{
    hs_trace_format f;
    fputs(
        ".SH TRACES\n.B heapscope convert\nreads the trace IN and writes it to OUT; \\- is standard "
        "input or output. The format of IN is recognised by its content, or given by "
        "\\-\\-from; that of OUT is its suffix, or given by \\-\\-to. Files packed by zstd are read "
        "as they are, and written when the name ends in .zst. A bad line is told with its number, "
        "and nothing is written; \\-\\-lenient skips bad lines. The formats:\n",
        stdout);
    for (size_t i = 0; hs_trace_format_at(i, &f); i++)
        printf(".TP\n.B %s\n%s%s.\n", f.name, f.help, f.written ? "" : " (read only)");
}

/* --man prints the man page, made from the same tables; the build keeps it as heapscope.1. */
static void print_manual(void)
{
    char *commands = hs_help_roff();
    fputs(
        ".TH HEAPSCOPE 1 \"\" \"heapscope " HEAPSCOPE_VERSION "\"\n"
        ".SH NAME\nheapscope \\- an oscilloscope for the heap\n"
        ".SH SYNOPSIS\n.B heapscope\n[OPTION...] [FILE]\n.br\n.B heapscope \\-\\-check\nFILE...\n"
        ".br\n.B heapscope \\-\\-notes\n"
        ".br\n.B heapscope \\-\\-ostep\\-segmentation\n[OPTION...]\n"
        ".br\n.B heapscope compare\n[OPTION...] TRACE... [ALLOCATOR...]\n"
        ".br\n.B heapscope convert\n[\\-\\-from FORMAT] [\\-\\-to FORMAT] [\\-\\-lenient] IN OUT\n"
        ".br\n.B heapscope generate\n[OPTION...] OUT\n"
        ".SH DESCRIPTION\n"
        "Performs requests such as malloc 24, free p1 and realloc p1 64 on real bytes with an "
        "instrumented allocator, and draws the heap as a byte map: headers, payload, padding, free "
        "blocks, growth. With FILE, or the name of a demo, it plays a script. Without a terminal, "
        "or with TERM=dumb, it works in line mode: commands from standard input, pictures as text.\n.SH OPTIONS\n",
        stdout);
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option *o = &options[i].option;
        fputs(".TP\n.B ", stdout);
        if (o->val < 256) printf("\\-%c, ", o->val);
        printf("\\-\\-%s%s%s\n%s.\n", o->name, options[i].argument ? "=" : "",
               options[i].argument ? options[i].argument : "", options[i].help);
    }
    hs_compare_manual();
    print_traces_manual();
    hs_generate_roff(stdout);
    printf(".SH COMMANDS\n%s", commands);
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
        stdout);
    free(commands);
}

/* Output that could not be written is a failure. */
static int finish(int status)
{
    if (fflush(stdout) != 0)
        perror("heapscope: standard output");
    else if (ferror(stdout)) /* an earlier write, whose reason is gone */
        fputs("heapscope: standard output: not all of it could be written\n", stderr);
    else
        return status;
    return FAILED;
}

/* The version, and what this build can not do. */
static void print_version(void)
{
    puts("heapscope " HEAPSCOPE_VERSION);
    if (!hs_executable_is_readable())
        puts("built without libelf: exec knows the built-in program only");
    if (!hs_trace_can_pack())
        puts("built without libzstd: traces are not packed, and packed ones can not be read");
}

static void print_demos(void)
{
    hs_demos all = hs_demos_find();
    char *text = hs_demos_text(&all, "heapscope");
    puts(text);
    free(text);
    hs_demos_free(&all);
}

static int handle(int option, arguments *a)
{
    switch (option) {
    case 'a': a->allocator = optarg; return OK;
    case OPTION_HEAP: return parse_heap_size(optarg, &a->heap.initial);
    case OPTION_MAX_HEAP: return parse_heap_size(optarg, &a->heap.maximum);
    case OPTION_PLAIN: a->plain = true; return OK;
    case OPTION_CHECK: a->check = true; return OK;
    case OPTION_CONTINUE: a->go_on = true; return OK;
    case OPTION_ASCII: a->ascii = true; return OK;
    case OPTION_FROM: a->from = optarg; return OK;
    case OPTION_LENIENT: a->lenient = true; return OK;
    case OPTION_LARGE: a->large = true; return OK;
    case OPTION_NOTES: a->notes = true; return OK;
    case OPTION_THEME:
        a->theme = optarg;
        if (strcmp(optarg, "dark") == 0 || strcmp(optarg, "light") == 0) return OK;
        return complain("there is no theme %s: dark, light", optarg);
    case OPTION_OSTEP: a->ostep = true; return OK;
    case 'p': a->policy = optarg; return OK;
    case 'l': a->order = optarg; return OK;
    case 'C': a->coalesce = true; return OK;
    case OPTION_QUIZ: a->quiz = true; return OK;
    case OPTION_ANSWERS: a->answers = true; return OK;
    case 's': a->seed = optarg; return parse_number(optarg);
    case 'n': a->number = optarg; return parse_number(optarg);
    case 'r': a->range = optarg; return parse_number(optarg);
    case 'P': a->percent = optarg; return parse_number(optarg);
    case 'h': put_usage(stdout); exit(finish(OK));
    case 'V': print_version(); exit(finish(OK));
    case OPTION_DEMOS: print_demos(); exit(finish(OK));
    case OPTION_MAN: print_manual(); exit(finish(OK));
    default: fputs("try heapscope --help\n", stderr); return USAGE;
    }
}

/* Its heap has 100 bytes unless --heap says; what is no option is its list of operations. */
static int settle_ostep(arguments *a)
{
    if (a->check) return complain("--ostep plays a list, --check tests scripts: not both");
    if (a->file_count && !strchr("+-", *a->files[0]))
        return complain("--ostep plays a list such as +10,+10,-0, not %s", a->files[0]);
    if (a->file_count) a->ops = a->files[0];
    a->file_count = 0;
    a->allocator = "ostep";
    if (!a->heap.initial) a->heap.initial = HS_OSTEP_HEAP;
    a->heap.maximum = a->heap.initial;
    return OK;
}

/* A script is played, unless it is to be a trace; what can not be read is complained about later.
 */
static const char *trace_format(const arguments *a)
{
    if (a->from) return a->from;
    const char *format =
        access(a->files[0], F_OK) == 0 ? hs_trace_format_of_file(a->files[0]) : NULL;
    return format && strcmp(format, "heap") != 0 ? format : NULL;
}

static int parse_arguments(int argc, char **argv, arguments *a)
{
    struct option long_options[OPTION_COUNT + 2] = {0};
    for (int i = 0; i < OPTION_COUNT; i++) long_options[i] = options[i].option;
    long_options[OPTION_COUNT] = (struct option){"man", no_argument, NULL, OPTION_MAN};
    int option, status = OK;
    while (status == OK &&
           (option = getopt_long(argc, argv, "a:p:l:Cr:P:s:n:hV", long_options, NULL)) != -1)
        status = handle(option, a);
    if (status) return status;
    a->files = argv + optind;
    a->file_count = argc - optind;
    if (a->notes && (a->check || a->file_count))
        return complain("--notes plays no script: it follows one in another terminal");
    if (a->check && !a->file_count) return complain("--check needs a FILE");
    if (a->go_on && a->file_count) return complain("--continue takes no FILE");
    if (!a->check && a->file_count > 1)
        return complain("one FILE is played at a time, not also %s", a->files[1]);
    if ((a->seed || a->number) && !a->quiz && !a->answers && !a->ostep)
        return complain("--seed and --number belong to --quiz, --answers and --ostep");
    if ((a->quiz || a->answers) && (a->check || (a->file_count && !a->ostep)))
        return complain("--quiz prints a sheet, and plays no FILE");
    if ((a->from || a->lenient) && !a->file_count)
        return complain("--from and --lenient belong to a trace: give its FILE");
    if (a->ostep) return settle_ostep(a);
    if (a->policy || a->order || a->coalesce || a->range || a->percent)
        return complain("--policy, --order, --coalesce, --range and --percent belong to --ostep");
    if (a->file_count == 1 && !a->check) a->trace = trace_format(a);
    if (!a->allocator) a->allocator = a->trace ? trace_allocator : "implicit";
    if (!a->heap.initial) a->heap.initial = HS_HEAP_INITIAL;
    if (!a->heap.maximum) a->heap.maximum = a->trace ? TRACE_HEAP : HS_HEAP_MAXIMUM;
    if (a->heap.maximum < a->heap.initial) return complain("--max-heap is smaller than --heap");
    return OK;
}

/* --- Sessions ------------------------------------------------------------------------------- */

static bool set(hs_session *s, const char *option, const char *value)
{
    hs_problem problem;
    return hs_session_perform(
        s, &(hs_op){.kind = HS_OP_SET, .name = option, .text = value, .text_length = strlen(value)},
        &problem);
}

/* The homework writes its choices in capitals. */
static bool set_small(hs_session *s, const char *option, const char *value)
{
    char small[32];
    size_t n = 0;
    for (; value[n] && n + 1 < sizeof small; n++) small[n] = (char)tolower((unsigned char)value[n]);
    small[n] = 0;
    return set(s, option, small);
}

/* A pointer that was freed before goes to the allocator, which says -1. */
static bool set_ostep(hs_session *s, const arguments *a)
{
    if (a->policy && !set_small(s, "fit", a->policy)) {
        complain("there is no policy %s: BEST, WORST, FIRST", a->policy);
        return false;
    }
    if (a->order && !set_small(s, "order", a->order)) {
        complain("there is no order %s: ADDRSORT, SIZESORT+, SIZESORT-, INSERT-FRONT, INSERT-BACK",
                 a->order);
        return false;
    }
    return (!a->coalesce || set(s, "coalesce", "on")) && set(s, "misuse", "allow") &&
           set(s, "picture", "off");
}

static bool can_fill_a_screen(const arguments *a)
{
    const char *term = getenv("TERM");
    return !a->plain && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term &&
           strcmp(term, "dumb") != 0;
}

/* NULL: said. What else there is to say of it goes to *told, freed by the caller. */
static hs_trace *read_trace(const arguments *a, char **told)
{
    hs_trace_report report;
    hs_trace *t = hs_trace_load(a->files[0], a->from, a->lenient, &report);
    if (report.error[0]) fprintf(stderr, "heapscope: %s\n", report.error);
    const char *keys = can_fill_a_screen(a)
                           ? "Space is the next one, p plays, F1 the keys."
                           : "forward goes to the next one, find growth to the next of a kind.";
    if (t && asprintf(told, "%s: %" PRIu64 " requests, %s. %s%s%s", a->files[0], report.requests,
                      report.format, keys, report.notes ? "\n" : "",
                      report.notes ? report.notes : "") < 0)
        abort();
    hs_trace_report_free(&report);
    return t;
}

static hs_session *open_session(const arguments *a, hs_trace *trace)
{
    hs_problem problem;
    hs_session *s = hs_session_of_trace(trace, a->allocator, &a->heap, &problem);
    if (!s) {
        complain("%s", problem.what);
        return NULL;
    }
    if (trace) return s; /* whose requests are its first commands */
    if (a->large) set(s, "size", "large");
    if (a->theme) set(s, "theme", a->theme);
    if (!a->ostep || set_ostep(s, a)) return s;
    hs_session_free(s);
    return NULL;
}

/* Where no file has that name, a demo may: its path, freed by the caller. */
static char *script_path(const char *name)
{
    hs_demos all = {0};
    const hs_demo *demo = NULL;
    if (access(name, F_OK) != 0) {
        all = hs_demos_find();
        demo = hs_demo_named(&all, name);
    }
    char *path = demo ? hs_demo_path(&all, demo) : strdup(name);
    hs_demos_free(&all);
    if (!path) abort();
    return path;
}

/* Every script runs on a session of its own. */
static int check_files(const arguments *a)
{
    hs_plain_style style = {.ascii = a->ascii, .silent = true, .columns = 80};
    uint64_t failures = 0;
    for (int i = 0; i < a->file_count; i++) {
        hs_session *s = open_session(a, NULL);
        if (!s) return USAGE;
        char *path = script_path(a->files[i]);
        failures += hs_plain_play(s, &style, path);
        free(path);
        hs_session_free(s);
    }
    return failures ? FAILED : OK;
}

/* $XDG_VARIABLE/heapscope/NAME, or the place under HOME that stands for it; NULL without either. */
static char *xdg_file(const char *variable, const char *fallback, const char *name)
{
    const char *folder = getenv(variable), *home = getenv("HOME");
    char *path = NULL;
    int n = -1;
    if (folder && *folder == '/')
        n = asprintf(&path, "%s/heapscope/%s", folder, name);
    else if (home && *home)
        n = asprintf(&path, "%s/%s/heapscope/%s", home, fallback, name);
    return n < 0 ? NULL : path;
}

/* One command for each operation of a list: the player stops behind each. */
static char *ops_script(const char *list)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) abort();
    fputs("ops ", out);
    for (; *list; list++) {
        putc(*list == ',' ? '\n' : *list, out);
        if (*list == ',') fputs("ops ", out);
    }
    fclose(out);
    return text;
}

/* The homework's random operations, when one of their options is given. */
static char *homework_script(const arguments *a)
{
    char *text;
    if (asprintf(&text, "homework seed %s n %s range %s percent %s", a->seed ? a->seed : "0",
                 a->number ? a->number : "10", a->range ? a->range : "10",
                 a->percent ? a->percent : "50") < 0)
        abort();
    return text;
}

static char *quiz_script(const arguments *a)
{
    char *text;
    if (asprintf(&text, "quiz seed %s n %s %s", a->seed ? a->seed : "1",
                 a->number ? a->number : "10", a->answers ? "answers" : "sheet") < 0)
        abort();
    return text;
}

/* The homework's operations one by one, so that the player stops behind each. Which they are
 * depends on what the allocator answers: they are performed on a session that is then thrown away.
 */
static char *homework_steps(const arguments *a)
{
    hs_plain_style silent = {.ascii = a->ascii, .silent = true, .columns = 80};
    hs_session *s = open_session(a, NULL);
    if (!s) return NULL;
    char *script = homework_script(a), *text = NULL;
    size_t size;
    uint64_t set_up = hs_session_op_count(s);
    hs_plain_run(s, &silent, "LIST", script);
    FILE *out = open_memstream(&text, &size);
    if (!out) abort();
    for (uint64_t i = set_up; i < hs_session_op_count(s); i++) {
        char *line = hs_session_record_text(s, i);
        fprintf(out, "%s\n", line);
        free(line);
    }
    fclose(out);
    free(script);
    hs_session_free(s);
    return text;
}

static bool is_on_paper(const arguments *a)
{
    return a->quiz || a->answers;
}

static bool is_at_random(const arguments *a)
{
    return a->ostep && !a->ops &&
           (is_on_paper(a) || a->seed || a->number || a->range || a->percent);
}

/* The commands that the options stand for; NULL without any. */
static char *script_of(const arguments *a, bool full_screen)
{
    if (a->ops) return ops_script(a->ops);
    if (is_at_random(a)) return full_screen ? homework_steps(a) : homework_script(a);
    return is_on_paper(a) ? quiz_script(a) : NULL;
}

static void run_config(hs_session *s, const arguments *a)
{
    hs_plain_style silent = {.ascii = a->ascii, .silent = true, .columns = 80};
    char *config = xdg_file("XDG_CONFIG_HOME", ".config", "config");
    if (config && access(config, R_OK) == 0) hs_plain_play(s, &silent, config);
    free(config);
}

static uint64_t run_front_end(const arguments *a, hs_session *s, hs_journal *journal,
                              const char *notice)
{
    bool full_screen = !is_on_paper(a) && can_fill_a_screen(a);
    char *file = a->file_count && !a->trace ? script_path(a->files[0]) : NULL;
    char *text = script_of(a, full_screen);
    char *history = xdg_file("XDG_STATE_HOME", ".local/state", "history");
    hs_plain_style style = hs_plain_style_of_output(a->ascii);
    uint64_t failures;
    style.questions = a->quiz && !a->answers;
    if (full_screen)
        failures =
            hs_fullscreen_run(s, &(hs_fullscreen_config){.script = file,
                                                         .text = text,
                                                         .notice = notice,
                                                         .history = history,
                                                         .ascii = a->ascii,
                                                         .journal = journal,
                                                         .light = a->trace && a->theme &&
                                                                  strcmp(a->theme, "light") == 0,
                                                         .large = a->trace && a->large});
    else if (text)
        failures = hs_plain_run(s, &style, "LIST", text);
    else if (file)
        failures = hs_plain_play(s, &style, file);
    else {
        if (notice) puts(notice);
        failures = hs_plain_converse(s, &style, history, journal);
    }
    free(text);
    free(file);
    free(history);
    return failures;
}

/* A fresh session, which offers the one that was cut short. */
static hs_session *begin_session(const arguments *a, hs_journal *journal)
{
    hs_session *s = open_session(a, NULL);
    if (!s) return NULL;
    run_config(s, a);
    hs_journal_begin(journal, s, a->allocator, &a->heap);
    if (isatty(STDIN_FILENO) && !a->file_count) hs_journal_offer(journal);
    return s;
}

/* What is typed into a trace is not kept: the trace is, and `save` writes the rest. */
static int go_through_trace(const arguments *a)
{
    char *told = NULL;
    hs_trace *t = read_trace(a, &told);
    hs_session *s = t ? open_session(a, t) : NULL;
    if (!s) {
        free(told);
        return t ? USAGE : FAILED;
    }
    uint64_t failures = run_front_end(a, s, NULL, told);
    hs_session_free(s);
    free(told);
    return failures ? FAILED : OK;
}

/* One session, and those that the user goes on with from it: the one that is left is kept. So is
 * one that was continued where nobody types, for nobody has seen it end. */
static int converse(const arguments *a)
{
    char *folder = xdg_file("XDG_STATE_HOME", ".local/state", "sessions");
    hs_journal *journal = hs_journals_in(folder);
    bool go_on = a->go_on;
    uint64_t failures = 0;
    free(folder);
    do {
        hs_session *s = go_on ? hs_journal_continue(journal) : begin_session(a, journal);
        if (!s) {
            if (go_on) fprintf(stderr, "heapscope: %s\n", hs_journal_notice(journal));
            hs_journal_free(journal);
            return go_on ? FAILED : USAGE;
        }
        failures = run_front_end(a, s, journal, NULL);
        go_on = hs_journal_is_asked(journal);
        hs_journal_end(journal, !go_on && isatty(STDIN_FILENO));
        hs_session_free(s);
    } while (go_on);
    hs_journal_free(journal);
    return failures ? FAILED : OK;
}

/* What is called by its name has options of its own. */
static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} tools[] = {
    {"--ostep-segmentation", hs_problem_sheet},
    {"compare", hs_compare_traces},
    {"convert", hs_convert},
    {"generate", hs_generate_file},
};

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error that can be told */
    arguments a = {.allocator = NULL};
    a.ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    for (size_t i = 0; argc > 1 && i < sizeof tools / sizeof *tools; i++)
        if (strcmp(argv[1], tools[i].name) == 0) return finish(tools[i].run(argc - 1, argv + 1));
    int status = parse_arguments(argc, argv, &a);
    if (status) return status;
    if (a.notes)
        status = hs_notes_watch(a.ascii, a.theme && strcmp(a.theme, "light") == 0);
    else
        status = a.check ? check_files(&a) : a.trace ? go_through_trace(&a) : converse(&a);
    return finish(status);
}

/* heapscope: options, and the choice of a front end. */
#include "heap/array.h"
#include "language/expression.h"
#include "language/interpreter.h"
#include "ui/fullscreen.h"
#include "ui/notes.h"
#include "ui/plain.h"

#include <getopt.h>
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    const char *allocator;
    hs_heap_config heap;
    const char *theme;
    bool plain, check, ascii, large, notes;
    char **files;
    int file_count;
} arguments;

enum { OK = 0, FAILED = 1, USAGE = 2 };

/* --- Options -------------------------------------------------------------------------------- */

enum {
    OPTION_PLAIN = 256,
    OPTION_CHECK,
    OPTION_ASCII,
    OPTION_HEAP,
    OPTION_MAX_HEAP,
    OPTION_THEME,
    OPTION_LARGE,
    OPTION_NOTES,
    OPTION_MAN
};

/* Each option once: for getopt, for --help and for the man page. */
static const struct {
    struct option option;
    const char *argument, *help;
} options[] = {
    {{"allocator", required_argument, NULL, 'a'},
     "NAME",
     "start with this allocator (default: implicit)"},
    {{"heap", required_argument, NULL, OPTION_HEAP},
     "SIZE",
     "commit this much at the start (default: 256)"},
    {{"max-heap", required_argument, NULL, OPTION_MAX_HEAP},
     "SIZE",
     "let the heap grow to this size (default: 1G)"},
    {{"plain", no_argument, NULL, OPTION_PLAIN},
     NULL,
     "line mode: text instead of the full screen"},
    {{"check", no_argument, NULL, OPTION_CHECK},
     NULL,
     "run scripts silently; fail where an expect does not hold"},
    {{"ascii", no_argument, NULL, OPTION_ASCII}, NULL, "draw with ASCII characters only"},
    {{"theme", required_argument, NULL, OPTION_THEME}, "NAME", "dark, or light for projectors"},
    {{"large", no_argument, NULL, OPTION_LARGE}, NULL, "draw few bytes, legible from afar"},
    {{"notes", no_argument, NULL, OPTION_NOTES},
     NULL,
     "the speaker's terminal: follow a script that is played in another one"},
    {{"help", no_argument, NULL, 'h'}, NULL, "show this help"},
    {{"version", no_argument, NULL, 'V'}, NULL, "show the version"},
};
enum { OPTION_COUNT = sizeof options / sizeof *options };

static void put_usage(FILE *out)
{
    fputs("Usage: heapscope [OPTION...]          type commands and watch the heap\n"
          "       heapscope [OPTION...] FILE     play a script\n"
          "       heapscope --notes              the speaker's second terminal\n"
          "       heapscope --check FILE...      test scripts\n\n",
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

static int parse_heap_size(const char *text, uint64_t *size)
{
    if (!parse_size(text, size)) return complain("%s is no size such as 256, 0x100, 4k, 1M", text);
    if (*size < HS_HEAP_SMALLEST || *size > HS_HEAP_LARGEST)
        return complain("%s: a heap has 64 bytes to 1T", text);
    return OK;
}

/* --man prints the man page, made from the same tables; the build keeps it as heapscope.1. */
static void print_manual(void)
{
    char *commands = hs_help_roff();
    fputs(
        ".TH HEAPSCOPE 1 \"\" \"heapscope " HEAPSCOPE_VERSION "\"\n"
        ".SH NAME\nheapscope \\- an oscilloscope for the heap\n"
        ".SH SYNOPSIS\n.B heapscope\n[OPTION...] [FILE]\n.br\n.B heapscope \\-\\-check\nFILE...\n.br\n.B heapscope \\-\\-notes\n"
        ".SH DESCRIPTION\n"
        "Performs requests such as malloc 24, free p1 and realloc p1 64 on real bytes with an "
        "instrumented allocator, and draws the heap as a byte map: headers, payload, padding, free "
        "blocks, growth. With FILE it plays a script. Without a terminal, or with TERM=dumb, it works "
        "in line mode: commands from standard input, pictures as text.\n.SH OPTIONS\n",
        stdout);
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option *o = &options[i].option;
        fputs(".TP\n.B ", stdout);
        if (o->val < 256) printf("\\-%c, ", o->val);
        printf("\\-\\-%s%s%s\n%s.\n", o->name, options[i].argument ? "=" : "",
               options[i].argument ? options[i].argument : "", options[i].help);
    }
    printf(".SH COMMANDS\n%s", commands);
    fputs(
        ".SH EXIT STATUS\n0: all commands succeeded; 1: a command failed, or an expect did not hold; "
        "2: wrong usage.\n"
        ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nWhen set and not empty: no colours.\n"
        ".SH FILES\n.TP\n.I $XDG_CONFIG_HOME/heapscope/config\nCommands that run at the start of a "
        "session, such as set theme light.\n.TP\n.I $XDG_STATE_HOME/heapscope/history\nThe lines that "
        "were typed.\n.TP\n.I ~/.editrc\nKey bindings of the prompt, see editrc(5).\n",
        stdout);
    free(commands);
}

/* Output that could not be written is a failure. */
static int finish(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    perror("heapscope: standard output");
    return FAILED;
}

static int handle(int option, arguments *a)
{
    switch (option) {
    case 'a': a->allocator = optarg; return OK;
    case OPTION_HEAP: return parse_heap_size(optarg, &a->heap.initial);
    case OPTION_MAX_HEAP: return parse_heap_size(optarg, &a->heap.maximum);
    case OPTION_PLAIN: a->plain = true; return OK;
    case OPTION_CHECK: a->check = true; return OK;
    case OPTION_ASCII: a->ascii = true; return OK;
    case OPTION_LARGE: a->large = true; return OK;
    case OPTION_NOTES: a->notes = true; return OK;
    case OPTION_THEME:
        a->theme = optarg;
        if (strcmp(optarg, "dark") == 0 || strcmp(optarg, "light") == 0) return OK;
        return complain("there is no theme %s: dark, light", optarg);
    case 'h': put_usage(stdout); exit(finish(OK));
    case 'V': puts("heapscope " HEAPSCOPE_VERSION); exit(finish(OK));
    case OPTION_MAN: print_manual(); exit(finish(OK));
    default: fputs("try heapscope --help\n", stderr); return USAGE;
    }
}

static int parse_arguments(int argc, char **argv, arguments *a)
{
    struct option long_options[OPTION_COUNT + 2] = {0};
    for (int i = 0; i < OPTION_COUNT; i++) long_options[i] = options[i].option;
    long_options[OPTION_COUNT] = (struct option){"man", no_argument, NULL, OPTION_MAN};
    int option, status = OK;
    while (status == OK && (option = getopt_long(argc, argv, "a:hV", long_options, NULL)) != -1)
        status = handle(option, a);
    if (status) return status;
    a->files = argv + optind;
    a->file_count = argc - optind;
    if (a->notes && (a->check || a->file_count))
        return complain("--notes plays no script: it follows one in another terminal");
    if (a->check && !a->file_count) return complain("--check needs a FILE");
    if (!a->check && a->file_count > 1)
        return complain("one FILE is played at a time, not also %s", a->files[1]);
    if (a->heap.maximum < a->heap.initial) return complain("--max-heap is smaller than --heap");
    return OK;
}

/* --- Sessions ------------------------------------------------------------------------------- */

static void set_option(hs_session *s, const char *name, const char *value)
{
    hs_problem ignored;
    hs_op op = {.kind = HS_OP_SET, .name = name, .text = value, .text_length = strlen(value)};
    hs_session_perform(s, &op, &ignored);
}

static hs_session *open_session(const arguments *a)
{
    hs_problem problem;
    hs_session *s = hs_session_new(a->allocator, &a->heap, &problem);
    if (!s) {
        complain("%s", problem.what);
        return NULL;
    }
    if (a->large) set_option(s, "size", "large");
    if (a->theme) set_option(s, "theme", a->theme);
    return s;
}

/* Every script runs on a session of its own. */
static int check_files(const arguments *a)
{
    hs_plain_style style = {.ascii = a->ascii, .silent = true, .columns = 80};
    uint64_t failures = 0;
    for (int i = 0; i < a->file_count; i++) {
        hs_session *s = open_session(a);
        if (!s) return USAGE;
        failures += hs_plain_play(s, &style, a->files[i]);
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

static bool can_fill_a_screen(const arguments *a)
{
    const char *term = getenv("TERM");
    return !a->plain && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term &&
           strcmp(term, "dumb") != 0;
}

static int converse(const arguments *a)
{
    hs_session *s = open_session(a);
    if (!s) return USAGE;
    char *history = xdg_file("XDG_STATE_HOME", ".local/state", "history");
    char *config = xdg_file("XDG_CONFIG_HOME", ".config", "config");
    const char *file = a->file_count ? a->files[0] : NULL;
    uint64_t failures;
    hs_plain_style style = hs_plain_style_of_output(a->ascii);
    if (config && access(config, R_OK) == 0) {
        hs_plain_style silent = {.ascii = a->ascii, .silent = true, .columns = 80};
        hs_plain_play(s, &silent, config);
    }
    if (can_fill_a_screen(a))
        failures = hs_fullscreen_run(s, &(hs_fullscreen_config){file, history, a->ascii});
    else if (file)
        failures = hs_plain_play(s, &style, file);
    else
        failures = hs_plain_converse(s, &style, history);
    free(history);
    free(config);
    hs_session_free(s);
    return failures ? FAILED : OK;
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    arguments a = {.allocator = "implicit", .heap = {HS_HEAP_INITIAL, HS_HEAP_MAXIMUM}};
    a.ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    int status = parse_arguments(argc, argv, &a);
    if (status) return status;
    if (a.notes)
        status = hs_notes_watch(a.ascii, a.theme && strcmp(a.theme, "light") == 0);
    else
        status = a.check ? check_files(&a) : converse(&a);
    return finish(status);
}

/* SPDX-License-Identifier: MIT */
/* The options of the program and of its tools: each with a right value, a wrong one, without one,
 * and twice. Which options there are, the program itself says: its helps are read, and an option
 * that has no rows here fails the test. */
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_TEXT = 1 << 17, MOST_OPTIONS = 64, MOST_ARGUMENTS = 16 };
enum { WAITS = 128 + SIGALRM, LONGEST = 120 }; /* seconds until an alarm ends what does not end */

static char *heapscope;

/* --- Running -------------------------------------------------------------------------------- */

typedef struct {
    int status; /* as a shell has it */
    char out[MOST_TEXT], errors[MOST_TEXT];
} outcome;

static void read_back(const char *path, char text[MOST_TEXT])
{
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, MOST_TEXT - 1, f)] = 0;
    fclose(f);
}

static void put_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* Puts `arguments`, which stand between blanks, into `argv` behind the program; `buffer` holds
 * them. '' is an empty one. */
static void split(char *buffer, char *argv[MOST_ARGUMENTS + 2])
{
    char *rest = buffer, *word;
    int n = 0;
    argv[n++] = heapscope;
    while ((word = strtok_r(rest, " ", &rest))) {
        assert_in_range(n, 1, MOST_ARGUMENTS);
        argv[n++] = strcmp(word, "''") == 0 ? word + 2 : word;
    }
    argv[n] = NULL;
}

/* In the child: files stand for all three, so that nothing is a terminal and nothing can block. */
static void become(char *argv[], bool waits)
{
    const char *const paths[] = {"in", "out", "errors"};
    for (int i = 0; i < 3; i++)
        if (dup2(open(paths[i], (i ? O_WRONLY | O_TRUNC : O_RDONLY) | O_CREAT, 0600), i) < 0)
            _exit(126);
    alarm(waits ? 1 : LONGEST);
    execv(heapscope, argv);
    _exit(127);
}

static const outcome *run(const char *arguments, const char *typed, bool waits)
{
    static outcome o;
    char *argv[MOST_ARGUMENTS + 2], *buffer = strdup(arguments);
    int status;
    assert_non_null(buffer);
    split(buffer, argv);
    put_file("in", typed ? typed : "");
    pid_t child = fork();
    if (child == 0) become(argv, waits);
    assert_int_equal(waitpid(child, &status, 0), child);
    free(buffer);
    o.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    read_back("out", o.out);
    read_back("errors", o.errors);
    return &o;
}

/* --- The tools and their options -------------------------------------------------------------- */

typedef enum { PROGRAM, COMPARE, CONVERT, GENERATE, SEGMENTATION, TOOLS } tool;

/* What each is called by, and how it complains. */
static const struct {
    const char *called, *help, *complains;
} tools[TOOLS] = {
    {"", "--help", "heapscope: "},
    {"compare ", "-h", "heapscope compare: "},
    {"convert ", "-h", "heapscope convert: "},
    {"generate ", "-h", "heapscope generate: "},
    {"--ostep-segmentation ", "-h", "heapscope --ostep-segmentation: "},
};

typedef struct {
    char name[32], letter;
    bool takes_value;
} option;

/* A line of a help such as "  -a, --allocator=NAME     start with". */
static bool read_option(const char *line, option *o)
{
    char name[32] = "";
    size_t blanks = strspn(line, " ");
    if (blanks < 2 || line[blanks] != '-') return false;
    bool lettered = line[blanks + 1] != '-';
    o->letter = lettered ? line[blanks + 1] : 0;
    line += blanks + (lettered ? strlen("-a, ") : 0);
    if (sscanf(line, "--%31[a-z0-9-]", name) != 1) return false;
    strcpy(o->name, name);
    o->takes_value = line[strlen("--") + strlen(name)] == '=';
    return true;
}

/* The options that the tool's help lists, which stand in one block: examples may follow. */
static int options_of(tool t, option all[MOST_OPTIONS])
{
    char arguments[64];
    int n = 0;
    snprintf(arguments, sizeof arguments, "%s%s", tools[t].called, tools[t].help);
    const outcome *o = run(arguments, NULL, false);
    assert_int_equal(o->status, 0);
    for (const char *line = o->out; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        if (n && *line == '\n') break;
        assert_in_range(n, 0, MOST_OPTIONS - 1);
        n += read_option(line, &all[n]);
    }
    assert_true(n > 3);
    return n;
}

/* --- The rows --------------------------------------------------------------------------------- */

typedef enum { RIGHT, WRONG, TWICE, KINDS } kind;

static const char *const kinds[KINDS] = {"right", "wrong", "twice"};

/* What is given, and what comes of it. Where a value is missing is not said here: that is the same
 * for all. */
typedef struct {
    tool tool;
    const char *option;
    kind kind;
    const char *arguments, *typed;
    int status;
    const char *says;  /* on standard output where the status is 0, else as an error; NULL: no word
                          on standard output */
    const char *lacks; /* what is said nowhere; may be NULL */
} row;

#define NO_SIZE     " is no size such as 256, 0x100, 4k, 1M; "
#define NO_UNPACKED " is no size such as 256M, 4G; "
#define NO_NUMBER   " is no number such as 20, 0x14, 1k; "
#define LIST        "ptr[0] = Alloc(10) returned 1000"

#define FEW       "in.rep bump --runs 1 "
#define TO_OUTPUT "--format=script -"

static const row rows[] = {
    {PROGRAM, "allocator", RIGHT, "-a bump", "malloc 8", 0, "the bump pointer moved", NULL},
    {PROGRAM, "allocator", RIGHT, "--allocator first-fit", "malloc 8", 0, "first fit took", NULL},
    {PROGRAM, "allocator", WRONG, "-a foo", NULL, 2, "no allocator called foo", NULL},
    {PROGRAM, "allocator", WRONG, "-a f\no", NULL, 2, "no allocator called f\u240ao; ", NULL},
    {PROGRAM, "allocator", TWICE, "-a bump -a tlsf", "malloc 8", 0, "p1", "bump pointer"},
    {PROGRAM, "heap", RIGHT, "--heap=4k", "expect heap_size == 4096; malloc 8", 0, "p1", NULL},
    {PROGRAM, "heap", RIGHT, "--heap 0x40", "expect heap_size == 64; malloc 8", 0, "p1", NULL},
    {PROGRAM, "heap", WRONG, "--heap=foo", NULL, 2, "foo" NO_SIZE, NULL},
    {PROGRAM, "heap", WRONG, "--heap=4k+foo", NULL, 2, "4k+foo" NO_SIZE, NULL},
    {PROGRAM, "heap", WRONG, "--heap=4k*2", NULL, 2, "4k*2" NO_SIZE, NULL},
    {PROGRAM, "heap", WRONG, "--heap=4kb", NULL, 2, "4kb" NO_SIZE, NULL},
    {PROGRAM, "heap", WRONG, "--heap=-64", NULL, 2, "-64" NO_SIZE, NULL},
    {PROGRAM, "heap", WRONG, "--heap=(64)", NULL, 2, "(64)" NO_SIZE, NULL},
    {PROGRAM, "heap", WRONG, "--heap='A'", NULL, 2, "'A'" NO_SIZE, NULL},
    {PROGRAM, "heap", WRONG, "--heap=99999999999999999999", NULL, 2, NO_SIZE, NULL},
    {PROGRAM, "heap", WRONG, "--heap=63", NULL, 2, "63: a heap has 64 bytes to 1T; ", NULL},
    {PROGRAM, "heap", WRONG, "--heap=2T", NULL, 2, "2T: a heap has 64 bytes to 1T; ", NULL},
    {PROGRAM, "heap", TWICE, "--heap=4k --heap=1k", "expect heap_size == 1k; malloc 8", 0, "p1",
     NULL},
    {PROGRAM, "max-heap", RIGHT, "--max-heap=4k", "expect heap_max == 4k; malloc 8", 0, "p1", NULL},
    {PROGRAM, "max-heap", RIGHT, "--heap=2G", "expect heap_max == 2G; reset", 0, "", NULL},
    {PROGRAM, "max-heap", WRONG, "--max-heap=foo", NULL, 2, "foo" NO_SIZE, NULL},
    {PROGRAM, "max-heap", WRONG, "--max-heap=4k+foo", NULL, 2, "4k+foo" NO_SIZE, NULL},
    {PROGRAM, "max-heap", WRONG, "--heap=4k --max-heap=64", NULL, 2,
     "--max-heap is smaller than --heap; ", NULL},
    {PROGRAM, "max-heap", RIGHT, "--max-heap=128", "expect heap_size == 128; malloc 8", 0, "p1",
     NULL},
    {PROGRAM, "max-heap", TWICE, "--max-heap=4k --max-heap=8k", "expect heap_max == 8k; malloc 8",
     0, "p1", NULL},
    {PROGRAM, "plain", RIGHT, "--plain", "malloc 8", 0, "p1 = malloc(8)", NULL},
    {PROGRAM, "plain", TWICE, "--plain --plain", "malloc 8", 0, "p1 = malloc(8)", NULL},
    {PROGRAM, "check", RIGHT, "--check good.heap good.heap", NULL, 0, NULL, NULL},
    {PROGRAM, "check", WRONG, "--check", NULL, 2, "--check needs a FILE; ", NULL},
    {PROGRAM, "check", WRONG, "--check good.heap broken.heap", NULL, 1, "broken.heap:2:8: ", NULL},
    {PROGRAM, "check", WRONG, "--check none.heap", NULL, 1, "none.heap: can not be read", NULL},
    {PROGRAM, "check", WRONG, "--check --ostep good.heap", NULL, 2, "not both; ", NULL},
    {PROGRAM, "check", TWICE, "--check --check broken.heap", NULL, 1, "broken.heap:2:8: ", NULL},
    {PROGRAM, "trust", RIGHT, "--trust writes.heap", NULL, 0, "saved 1 command", NULL},
    {PROGRAM, "trust", RIGHT, "writes.heap", NULL, 1, "--trust lets scripts do so", "saved 1"},
    {PROGRAM, "trust", WRONG, "--check --trust writes.heap", NULL, 2, "not with --trust; ", NULL},
    {PROGRAM, "trust", TWICE, "--trust --trust writes.heap", NULL, 0, "saved 1 command", NULL},
    {PROGRAM, "continue", RIGHT, "--continue", NULL, 1, "there is no session that was cut short",
     NULL},
    {PROGRAM, "continue", WRONG, "--continue good.heap", NULL, 2,
     "--continue goes on with a session: it plays nothing else; ", NULL},
    {PROGRAM, "continue", WRONG, "--continue --ostep", NULL, 2, "it plays nothing else; ", NULL},
    {PROGRAM, "continue", WRONG, "--continue --quiz", NULL, 2, "it plays nothing else; ", NULL},
    {PROGRAM, "continue", WRONG, "--continue --answers", NULL, 2, "it plays nothing else; ", NULL},
    {PROGRAM, "continue", WRONG, "--continue -a bump", NULL, 2, "with the heap that was: ", NULL},
    {PROGRAM, "continue", WRONG, "--continue --heap=4k", NULL, 2, "with the heap that was: ", NULL},
    {PROGRAM, "continue", WRONG, "--continue --max-heap=4k", NULL, 2,
     "with the heap that was: ", NULL},
    {PROGRAM, "continue", TWICE, "--continue --continue", NULL, 1,
     "there is no session that was cut short", NULL},
    {PROGRAM, "ascii", RIGHT, "--ascii -a bump", "malloc 8", 0, "bump pointer moved", "▲"},
    {PROGRAM, "ascii", TWICE, "--ascii --ascii -a bump", "malloc 8", 0, "bump pointer moved", "▲"},
    {PROGRAM, "from", RIGHT, "--from=script two.script", NULL, 0, "two.script: 2 requests, script.",
     NULL},
    {PROGRAM, "from", WRONG, "--from=rep", NULL, 2, "belong to a trace: give its FILE; ", NULL},
    {PROGRAM, "from", WRONG, "--from=foo in.rep", NULL, 2,
     "there is no format foo: heapscope convert -h lists them; ", NULL},
    {PROGRAM, "from", WRONG, "--from=rep --check in.rep", NULL, 2, "belong to a trace: ", NULL},
    {PROGRAM, "from", WRONG, "--from=ostep --ostep +10", NULL, 2, "belong to a trace: ", NULL},
    {PROGRAM, "from", WRONG, "--from=script in.rep", NULL, 1, "in.rep:1: `100`", NULL},
    {PROGRAM, "from", TWICE, "--from=rep --from=script two.script", NULL, 0,
     "two.script: 2 requests, script.", NULL},
    {PROGRAM, "lenient", RIGHT, "--lenient bad.rep", NULL, 0, "1 bad line was skipped", NULL},
    {PROGRAM, "lenient", RIGHT, "bad.rep", NULL, 1, "bad.rep:6: `what`", NULL},
    {PROGRAM, "lenient", WRONG, "--lenient", NULL, 2, "belong to a trace: give its FILE; ", NULL},
    {PROGRAM, "lenient", WRONG, "--lenient good.heap", NULL, 2,
     "belong to a trace: as one good.heap is read with --from; ", NULL},
    {PROGRAM, "lenient", WRONG, "--lenient tour", NULL, 2, "as one tour is read with --from; ",
     NULL},
    {PROGRAM, "lenient", RIGHT, "--lenient --from heap good.heap", NULL, 0,
     "good.heap: 1 request, heap", NULL},
    {PROGRAM, "lenient", RIGHT, "--lenient none.rep", NULL, 1, "none.rep: can not be read", NULL},
    {PROGRAM, "lenient", TWICE, "--lenient --lenient bad.rep", NULL, 0, "1 bad line was skipped",
     NULL},
    {PROGRAM, "max-unpacked", RIGHT, "--max-unpacked=20 in.rep", NULL, 0, "in.rep: 2 requests",
     NULL},
    {PROGRAM, "max-unpacked", WRONG, "--max-unpacked=foo in.rep", NULL, 2, "foo" NO_UNPACKED, NULL},
    {PROGRAM, "max-unpacked", WRONG, "--max-unpacked=4k+foo in.rep", NULL, 2, "4k+foo" NO_UNPACKED,
     NULL},
    {PROGRAM, "max-unpacked", WRONG, "--max-unpacked=0 in.rep", NULL, 2, "0" NO_UNPACKED, NULL},
    {PROGRAM, "max-unpacked", WRONG, "--max-unpacked=4k", NULL, 2,
     "belong to a trace: give its FILE; ", NULL},
    {PROGRAM, "max-unpacked", WRONG, "--max-unpacked=4k good.heap", NULL, 2,
     "belong to a trace: as one ", NULL},
    {PROGRAM, "max-unpacked", TWICE, "--max-unpacked=4 --max-unpacked=4k in.rep", NULL, 0,
     "in.rep: 2 requests", NULL},
    {PROGRAM, "demos", RIGHT, "--demos", NULL, 0, "`heapscope 1` plays lecture 1", NULL},
    {PROGRAM, "demos", TWICE, "--demos --demos", NULL, 0, "plays lecture 1", NULL},
    {PROGRAM, "theme", RIGHT, "--theme=light", "set", 0, "theme      light", NULL},
    {PROGRAM, "theme", WRONG, "--theme=grey", NULL, 2, "there is no theme grey: dark, light; ",
     NULL},
    {PROGRAM, "theme", TWICE, "--theme=light --theme=dark", "set", 0, "theme      dark", NULL},
    {PROGRAM, "color", RIGHT, "--color=always", "malloc 8", 0, "\033[", NULL},
    {PROGRAM, "color", RIGHT, "--color=auto", "malloc 8", 0, "p1", "\033["},
    {PROGRAM, "color", WRONG, "--color=red", NULL, 2, "colours are not red: auto, always, never; ",
     NULL},
    {PROGRAM, "color", TWICE, "--color=always --color=never", "malloc 8", 0, "p1", "\033["},
    {PROGRAM, "large", RIGHT, "--large", "set", 0, "size       large", NULL},
    {PROGRAM, "large", TWICE, "--large --large", "set", 0, "size       large", NULL},
    {PROGRAM, "notes", RIGHT, "--notes", NULL, WAITS, "", NULL},
    {PROGRAM, "notes", WRONG, "--notes good.heap", NULL, 2, "--notes plays no script", NULL},
    {PROGRAM, "notes", WRONG, "--notes --check good.heap", NULL, 2, "--notes plays no script",
     NULL},
    {PROGRAM, "notes", WRONG, "--notes --ostep", NULL, 2, "--notes plays no script", NULL},
    {PROGRAM, "notes", WRONG, "--notes --quiz", NULL, 2, "--notes plays no script", NULL},
    {PROGRAM, "notes", WRONG, "--notes --answers", NULL, 2, "--notes plays no script", NULL},
    {PROGRAM, "notes", WRONG, "--notes --continue", NULL, 2, "--notes plays no script", NULL},
    {PROGRAM, "notes", TWICE, "--notes --notes", NULL, WAITS, "", NULL},
    {PROGRAM, "ostep", RIGHT, "--ostep +10,-0", NULL, 0, LIST, NULL},
    {PROGRAM, "ostep", WRONG, "--ostep 10", NULL, 2, "plays a list such as +10,+10,-0, not 10; ",
     NULL},
    {PROGRAM, "ostep", WRONG, "--ostep +10 -0", NULL, 2, "there is no option -0; ", NULL},
    {PROGRAM, "ostep", WRONG, "--ostep +10 +5", NULL, 2, "not also +5; ", NULL},
    {PROGRAM, "ostep", WRONG, "--ostep ''", NULL, 2, "plays a list such as +10,+10,-0, not ", NULL},
    {PROGRAM, "ostep", WRONG, "--ostep +10,x", NULL, 1, "+SIZE or -INDEX should stand here", NULL},
    {PROGRAM, "ostep", RIGHT, "--ostep --heap=64 +60,+60", NULL, 0, "Alloc(60) returned -1", NULL},
    {PROGRAM, "ostep", WRONG, "--ostep -a bump +10", NULL, 2, "--ostep has an allocator of its own",
     NULL},
    {PROGRAM, "ostep", WRONG, "--ostep --max-heap=4k +10", NULL, 2,
     "whose heap does not grow: ", NULL},
    {PROGRAM, "ostep", WRONG, "--ostep -s 1 +10", NULL, 2, "by chance: not with +10; ", NULL},
    {PROGRAM, "ostep", WRONG, "--ostep -n 1 +10", NULL, 2, "by chance: not with +10; ", NULL},
    {PROGRAM, "ostep", WRONG, "--ostep -r 1 +10", NULL, 2, "by chance: not with +10; ", NULL},
    {PROGRAM, "ostep", WRONG, "--ostep -P 1 +10", NULL, 2, "by chance: not with +10; ", NULL},
    {PROGRAM, "ostep", TWICE, "--ostep --ostep +10,-0", NULL, 0, LIST, NULL},
    {PROGRAM, "policy", RIGHT, "--ostep -p WORST +10,+20,-0,+5", NULL, 0,
     "Alloc(5) returned 1030 (searched 2", NULL},
    {PROGRAM, "policy", RIGHT, "--ostep -p first +10,+20,-0,+5", NULL, 0,
     "Alloc(5) returned 1000 (searched 1", NULL},
    {PROGRAM, "policy", WRONG, "--ostep -p LAST +10", NULL, 2,
     "there is no policy LAST: BEST, WORST, FIRST; ", NULL},
    {PROGRAM, "policy", WRONG, "-p BEST", NULL, 2, "--percent belong to --ostep; ", NULL},
    {PROGRAM, "policy", TWICE, "--ostep -p BEST -p WORST +10,+20,-0,+5", NULL, 0,
     "Alloc(5) returned 1030", NULL},
    {PROGRAM, "order", RIGHT, "--ostep -l SIZESORT- +10,+20,-0", NULL, 0,
     "[ addr:1030 sz:70 ][ addr:1000 sz:10 ]", NULL},
    {PROGRAM, "order", RIGHT, "--ostep --order=ADDRSORT +10,+20,-0", NULL, 0,
     "[ addr:1000 sz:10 ][ addr:1030 sz:70 ]", NULL},
    {PROGRAM, "order", WRONG, "--ostep -l SORT +10", NULL, 2, "there is no order SORT: ADDRSORT, ",
     NULL},
    {PROGRAM, "order", WRONG, "-l ADDRSORT", NULL, 2, "--percent belong to --ostep; ", NULL},
    {PROGRAM, "order", TWICE, "--ostep -l ADDRSORT -l SIZESORT- +10,+20,-0", NULL, 0,
     "[ addr:1030 sz:70 ][ addr:1000 sz:10 ]", NULL},
    {PROGRAM, "coalesce", RIGHT, "--ostep -C +10,-0", NULL, 0, "[ addr:1000 sz:100 ]", NULL},
    {PROGRAM, "coalesce", WRONG, "-C", NULL, 2, "--percent belong to --ostep; ", NULL},
    {PROGRAM, "coalesce", TWICE, "--ostep -C --coalesce +10,-0", NULL, 0, "[ addr:1000 sz:100 ]",
     NULL},
    {PROGRAM, "range", RIGHT, "--ostep -n 3 -r 1", NULL, 0, "Alloc(1) returned 1000", NULL},
    {PROGRAM, "range", WRONG, "--ostep -r foo", NULL, 2, "foo is no number", NULL},
    {PROGRAM, "range", WRONG, "--ostep -r 0", NULL, 2, "0 is no number from 1 to 2147483647; ",
     NULL},
    {PROGRAM, "range", WRONG, "--ostep -r 2G", NULL, 2, "2G is no number from 1 to ", NULL},
    {PROGRAM, "range", WRONG, "-r 4", NULL, 2, "--percent belong to --ostep; ", NULL},
    {PROGRAM, "range", TWICE, "--ostep -n 3 -r 50 -r 1", NULL, 0, "Alloc(1) returned 1000", NULL},
    {PROGRAM, "percent", RIGHT, "--ostep -P 100", NULL, 0, "ptr[9] = Alloc", "Free("},
    {PROGRAM, "percent", WRONG, "--ostep -P foo", NULL, 2, "foo is no number", NULL},
    {PROGRAM, "percent", WRONG, "--ostep -P 0", NULL, 2, "0 is no number from 1 to 100; ", NULL},
    {PROGRAM, "percent", WRONG, "--ostep -P 101", NULL, 2, "101 is no number from 1 to 100; ",
     NULL},
    {PROGRAM, "percent", WRONG, "-P 50", NULL, 2, "--percent belong to --ostep; ", NULL},
    {PROGRAM, "percent", TWICE, "--ostep -P 1 -P 100", NULL, 0, "ptr[9] = Alloc", "Free("},
    {PROGRAM, "quiz", RIGHT, "--quiz", NULL, 0, "implicit: 10 problems, seed 1\n", NULL},
    {PROGRAM, "quiz", RIGHT, "--ostep --quiz +10", NULL, 0, "Alloc(10) returned ?", NULL},
    {PROGRAM, "quiz", WRONG, "--quiz good.heap", NULL, 2, "prints a sheet, and plays no FILE; ",
     NULL},
    {PROGRAM, "quiz", WRONG, "--quiz --check good.heap", NULL, 2, "plays no FILE; ", NULL},
    {PROGRAM, "quiz", TWICE, "--quiz --quiz", NULL, 0, "implicit: 10 problems, seed 1\n", NULL},
    {PROGRAM, "answers", RIGHT, "--answers -a bump", NULL, 0,
     "bump: 10 problems, seed 1, with answers\n", NULL},
    {PROGRAM, "answers", TWICE, "--answers --quiz --answers", NULL, 0, "seed 1, with answers\n",
     NULL},
    {PROGRAM, "seed", RIGHT, "--quiz --seed=18446744073709551615", NULL, 0,
     "seed 18446744073709551615\n", NULL},
    {PROGRAM, "seed", WRONG, "--quiz -s foo", NULL, 2, "foo is no number", NULL},
    {PROGRAM, "seed", WRONG, "--quiz -s -1", NULL, 2, "-1 is no number", NULL},
    {PROGRAM, "seed", WRONG, "--quiz -s 18446744073709551616", NULL, 2, "is no number; ", NULL},
    {PROGRAM, "seed", WRONG, "-s 4", NULL, 2, "belong to --quiz, --answers and --ostep; ", NULL},
    {PROGRAM, "seed", TWICE, "--quiz -s 4 -s 5", NULL, 0, "seed 5\n", NULL},
    {PROGRAM, "number", RIGHT, "--quiz -n 1", NULL, 0, "implicit: 1 problem, seed 1\n", NULL},
    {PROGRAM, "number", RIGHT, "--ostep -n 1", NULL, 0, "ptr[0]", "ptr[1]"},
    {PROGRAM, "number", WRONG, "--quiz -n foo", NULL, 2, "foo is no number", NULL},
    {PROGRAM, "number", RIGHT, "--ostep -n 0", NULL, 0, NULL, NULL},
    {PROGRAM, "number", WRONG, "--ostep -n 100001", NULL, 2, "no number from 0 to 100000; ", NULL},
    {PROGRAM, "number", WRONG, "--quiz -n 0", NULL, 2, "0 is no number from 1 to 1000; ", NULL},
    {PROGRAM, "number", WRONG, "--answers -n 1001", NULL, 2, "1001 is no number from 1 to ", NULL},
    {PROGRAM, "number", WRONG, "-n 4", NULL, 2, "belong to --quiz, --answers and --ostep; ", NULL},
    {PROGRAM, "number", TWICE, "--quiz -n 4 -n 5", NULL, 0, "implicit: 5 problems", NULL},
    {PROGRAM, "help", RIGHT, "--help", NULL, 0, "Usage: heapscope [OPTION...]", NULL},
    {PROGRAM, "help", RIGHT, "-h", NULL, 0, "Usage: heapscope [OPTION...]", NULL},
    {PROGRAM, "help", TWICE, "-h --help", NULL, 0, "Usage: heapscope [OPTION...]", NULL},
    {PROGRAM, "version", RIGHT, "--version", NULL, 0, "heapscope ", NULL},
    {PROGRAM, "version", RIGHT, "-V", NULL, 0, "heapscope ", NULL},
    {PROGRAM, "version", TWICE, "-V -V", NULL, 0, "heapscope ", NULL},

    {COMPARE, "verify", RIGHT, "--verify " FEW "--json", NULL, 0, "\"verified\": 2", NULL},
    {COMPARE, "verify", RIGHT, FEW "--json", NULL, 0, "\"verified\": 0", NULL},
    {COMPARE, "verify", TWICE, "--verify --verify " FEW "--json", NULL, 0, "\"verified\": 2", NULL},
    {COMPARE, "json", RIGHT, "--json " FEW, NULL, 0, "{\n  \"asked\": ", NULL},
    {COMPARE, "json", TWICE, "--csv --json " FEW, NULL, 0, "{\n  \"asked\": ", NULL},
    {COMPARE, "csv", RIGHT, "--csv " FEW, NULL, 0, "\nin.rep,bump,done,2,2,", NULL},
    {COMPARE, "csv", TWICE, "--json --csv " FEW, NULL, 0, "\nin.rep,bump,done,2,2,", NULL},
    {COMPARE, "color", RIGHT, "--color=always " FEW, NULL, 0, "\033[", NULL},
    {COMPARE, "color", WRONG, "--color=red " FEW, NULL, 2, "colours are not red: auto, ", NULL},
    {COMPARE, "color", TWICE, "--color=always --color=never " FEW, NULL, 0, "bump", "\033["},
    {COMPARE, "growth", RIGHT, "--growth page --json " FEW, NULL, 0, "\"growth\": \"page\"", NULL},
    {COMPARE, "growth", WRONG, "--growth=slow " FEW, NULL, 2, "grow by slow: exact, page, double; ",
     NULL},
    {COMPARE, "growth", TWICE, "--growth=page --growth=double --json " FEW, NULL, 0,
     "\"growth\": \"double\"", NULL},
    {COMPARE, "heap", RIGHT, "--heap=4k --json " FEW, NULL, 0, "{\"initial\": 4096,", NULL},
    {COMPARE, "heap", WRONG, "--heap=foo " FEW, NULL, 2, "foo" NO_SIZE, NULL},
    {COMPARE, "heap", WRONG, "--heap=4k+foo " FEW, NULL, 2, "4k+foo" NO_SIZE, NULL},
    {COMPARE, "heap", WRONG, "--heap=32 " FEW, NULL, 2, "32: a heap has 64 bytes to 1T; ", NULL},
    {COMPARE, "heap", RIGHT, "--heap=65 --json in.rep bump implicit --runs 1", NULL, 0,
     "\"heap\": {\"initial\": 72, \"maximum\": 68719476736}", NULL},
    {COMPARE, "heap", RIGHT, "--heap=128G --json " FEW, NULL, 0, "\"maximum\": 137438953472}",
     NULL},
    {COMPARE, "heap", WRONG, "--heap=128G --max-heap=64G " FEW, NULL, 2,
     "--max-heap is smaller than --heap; ", NULL},
    {COMPARE, "heap", TWICE, "--heap=4k --heap=8k --json " FEW, NULL, 0, "{\"initial\": 8192,",
     NULL},
    {COMPARE, "max-heap", RIGHT, "--max-heap=4k --json " FEW, NULL, 0, "\"maximum\": 4096,", NULL},
    {COMPARE, "max-heap", WRONG, "--max-heap=foo " FEW, NULL, 2, "foo" NO_SIZE, NULL},
    {COMPARE, "max-heap", WRONG, "--max-heap=4k+foo " FEW, NULL, 2, "4k+foo" NO_SIZE, NULL},
    {COMPARE, "max-heap", WRONG, "--heap=4k --max-heap=1k " FEW, NULL, 2, "smaller than --heap; ",
     NULL},
    {COMPARE, "max-heap", TWICE, "--max-heap=4k --max-heap=8k --json " FEW, NULL, 0,
     "\"maximum\": 8192,", NULL},
    {COMPARE, "limit", RIGHT, "--limit=9.5 --csv " FEW, NULL, 0, "in.rep,bump,done", NULL},
    {COMPARE, "limit", WRONG, "--limit=long " FEW, NULL, 2, "long is no number of seconds", NULL},
    {COMPARE, "limit", WRONG, "--limit=0 " FEW, NULL, 2, "0 is no number of seconds", NULL},
    {COMPARE, "limit", WRONG, "--limit=-1 " FEW, NULL, 2, "-1 is no number of seconds", NULL},
    {COMPARE, "limit", WRONG, "--limit=nan " FEW, NULL, 2, "nan is no number of seconds", NULL},
    {COMPARE, "limit", WRONG, "--limit=inf " FEW, NULL, 2, "inf is no number of seconds", NULL},
    {COMPARE, "limit", TWICE, "--limit=1e-9 --limit=9 --csv " FEW, NULL, 0, "in.rep,bump,done",
     NULL},
    {COMPARE, "runs", RIGHT, "--runs=3 --json in.rep bump", NULL, 0, "\"runs\": 3", NULL},
    {COMPARE, "runs", WRONG, "--runs=foo in.rep", NULL, 2, "foo is no number from 1 to ", NULL},
    {COMPARE, "runs", WRONG, "--runs=0 in.rep", NULL, 2, "0 is no number from 1 to ", NULL},
    {COMPARE, "runs", TWICE, "--runs=3 --runs=2 --json in.rep bump", NULL, 0, "\"runs\": 2", NULL},
    {COMPARE, "jobs", RIGHT, "-j 1 --csv " FEW, NULL, 0, "in.rep,bump,done", NULL},
    {COMPARE, "jobs", WRONG, "-j foo " FEW, NULL, 2, "foo is no number from 1 to 256; ", NULL},
    {COMPARE, "jobs", WRONG, "--jobs=257 " FEW, NULL, 2, "257 is no number from 1 to 256; ", NULL},
    {COMPARE, "jobs", TWICE, "-j 1 -j 2 --csv " FEW, NULL, 0, "in.rep,bump,done", NULL},
    {COMPARE, "lenient", RIGHT, "--lenient --csv bad.rep bump --runs 1", NULL, 0,
     "bad.rep,bump,done,2", NULL},
    {COMPARE, "lenient", RIGHT, "bad.rep bump", NULL, 1, "bad.rep:6: `what`", NULL},
    {COMPARE, "lenient", TWICE, "--lenient --lenient --csv bad.rep bump --runs 1", NULL, 0,
     "bad.rep,bump,done,2", NULL},
    {COMPARE, "max-unpacked", RIGHT, "--max-unpacked=4k --csv " FEW, NULL, 0, "in.rep,bump,done",
     NULL},
    {COMPARE, "max-unpacked", WRONG, "--max-unpacked=foo " FEW, NULL, 2, "foo" NO_UNPACKED, NULL},
    {COMPARE, "max-unpacked", WRONG, "--max-unpacked=0 " FEW, NULL, 2, "0" NO_UNPACKED, NULL},
    {COMPARE, "max-unpacked", WRONG, "--max-unpacked=4k+foo " FEW, NULL, 2, "4k+foo" NO_UNPACKED,
     NULL},
    {COMPARE, "max-unpacked", TWICE, "--max-unpacked=4 --max-unpacked=4k --csv " FEW, NULL, 0,
     "in.rep,bump,done", NULL},
    {COMPARE, "help", RIGHT, "--help", NULL, 0, "Usage: heapscope compare", NULL},
    {COMPARE, "help", WRONG, "", NULL, 2, "it needs a TRACE; ", NULL},
    {COMPARE, "help", WRONG, "in.rep foo", NULL, 2, "no allocator called foo, and no such file; ",
     NULL},
    {COMPARE, "help", TWICE, "-h -h", NULL, 0, "Usage: heapscope compare", NULL},

    {CONVERT, "from", RIGHT, "--from=rep --to=script in.rep -", NULL, 0, "a 0 5\nf 0\n", NULL},
    {CONVERT, "from", RIGHT, "--from=script --to=ostep - -", "a 7 5\n", 0, "+5", NULL},
    {CONVERT, "from", WRONG, "--from=foo in.rep x.rep", NULL, 2, "there is no format foo; ", NULL},
    {CONVERT, "from", WRONG, "--from=script in.rep x.rep", NULL, 1, "in.rep:1: `100`", NULL},
    {CONVERT, "from", TWICE, "--from=script --from=rep --to=script in.rep -", NULL, 0, "a 0 5\n",
     NULL},
    {CONVERT, "to", RIGHT, "--to=script in.rep -", NULL, 0, "a 0 5\nf 0\n", NULL},
    {CONVERT, "to", WRONG, "--to=foo in.rep -", NULL, 2, "there is no format foo; ", NULL},
    {CONVERT, "to", WRONG, "in.rep -", NULL, 2, "the name - says no format: give one by --to; ",
     NULL},
    {CONVERT, "to", WRONG, "in.rep x.foo", NULL, 2, "the name x.foo says no format", NULL},
    {CONVERT, "to", TWICE, "--to=rep --to=ostep in.rep -", NULL, 0, "+5,-0", NULL},
    {CONVERT, "lenient", RIGHT, "--lenient --to=script bad.rep -", NULL, 0, "a 0 5\nf 0\n", NULL},
    {CONVERT, "lenient", RIGHT, "--to=script bad.rep -", NULL, 1, "bad.rep:6: `what`", NULL},
    {CONVERT, "lenient", TWICE, "--lenient --lenient --to=script bad.rep -", NULL, 0,
     "a 0 5\nf 0\n", NULL},
    {CONVERT, "max-unpacked", RIGHT, "--max-unpacked=4k --to=script in.rep -", NULL, 0, "a 0 5\n",
     NULL},
    {CONVERT, "max-unpacked", WRONG, "--max-unpacked=foo in.rep x.rep", NULL, 2, "foo" NO_UNPACKED,
     NULL},
    {CONVERT, "max-unpacked", WRONG, "--max-unpacked=0 in.rep x.rep", NULL, 2, "0" NO_UNPACKED,
     NULL},
    {CONVERT, "max-unpacked", WRONG, "--max-unpacked=4k+foo in.rep x.rep", NULL, 2,
     "4k+foo" NO_UNPACKED, NULL},
    {CONVERT, "max-unpacked", TWICE, "--max-unpacked=4 --max-unpacked=4k --to=script in.rep -",
     NULL, 0, "a 0 5\n", NULL},
    {CONVERT, "help", RIGHT, "--help", NULL, 0, "Usage: heapscope convert", NULL},
    {CONVERT, "help", WRONG, "", NULL, 2, "it takes IN and OUT; ", NULL},
    {CONVERT, "help", WRONG, "in.rep", NULL, 2, "it takes IN and OUT; ", NULL},
    {CONVERT, "help", WRONG, "in.rep x.rep y.rep", NULL, 2, "it takes IN and OUT; ", NULL},
    {CONVERT, "help", TWICE, "-h -h", NULL, 0, "Usage: heapscope convert", NULL},

    {GENERATE, "number", RIGHT, "-n 1 " TO_OUTPUT, NULL, 0, "a 0 13\n", "\na "},
    {GENERATE, "number", WRONG, "-n foo " TO_OUTPUT, NULL, 2, "foo is no number; ", NULL},
    {GENERATE, "number", WRONG, "-n 0 " TO_OUTPUT, NULL, 2, "a number from 1 to 1073741824\n",
     NULL},
    {GENERATE, "number", WRONG, "-n 4+foo " TO_OUTPUT, NULL, 2, "4+foo is no number; ", NULL},
    {GENERATE, "number", TWICE, "-n 9 -n 1 " TO_OUTPUT, NULL, 0, "a 0 13\n", "\na "},
    {GENERATE, "sizes", RIGHT, "-n 2 --sizes=fixed:24 " TO_OUTPUT, NULL, 0, "a 0 24\n", NULL},
    {GENERATE, "sizes", WRONG, "--sizes=odd:24 " TO_OUTPUT, NULL, 2, "no law of sizes odd", NULL},
    {GENERATE, "sizes", TWICE, "-n 2 --sizes=fixed:8 --sizes fixed:24 " TO_OUTPUT, NULL, 0,
     "a 0 24\n", NULL},
    {GENERATE, "lives", RIGHT, "-n 9 --keep=0 --lives=lifo " TO_OUTPUT, NULL, 0,
     "f 3\nf 2\nf 1\nf 0\n", NULL},
    {GENERATE, "lives", WRONG, "--lives=long " TO_OUTPUT, NULL, 2, "no kind of lives long", NULL},
    {GENERATE, "lives", TWICE, "-n 9 --keep=0 --lives=fifo --lives=lifo " TO_OUTPUT, NULL, 0,
     "f 3\nf 2\nf 1\nf 0\n", NULL},
    {GENERATE, "live", RIGHT, "-n 9 --live=1 --swing=0 " TO_OUTPUT, NULL, 0, "a 0 ", "a 1 "},
    {GENERATE, "live", WRONG, "--live=0 " TO_OUTPUT, NULL, 2, "a number from 1 to ", NULL},
    {GENERATE, "live", TWICE, "-n 9 --swing=0 --live=9 --live=1 " TO_OUTPUT, NULL, 0, "a 0 ",
     "a 1 "},
    {GENERATE, "live-bytes", RIGHT, "-n 9 --sizes fixed:9 --live-bytes=9 --swing=0 " TO_OUTPUT,
     NULL, 0, "a 0 ", "a 1 "},
    {GENERATE, "live-bytes", WRONG, "--live-bytes=foo " TO_OUTPUT, NULL, 2, "foo is no number; ",
     NULL},
    {GENERATE, "live-bytes", TWICE,
     "-n 9 --sizes fixed:9 --live-bytes=900 --live-bytes=9 --swing=0 " TO_OUTPUT, NULL, 0, "a 0 ",
     "a 1 "},
    {GENERATE, "swing", RIGHT, "-n 4 --swing=100 " TO_OUTPUT, NULL, 0, "a 0 ", NULL},
    {GENERATE, "swing", WRONG, "--swing=101 " TO_OUTPUT, NULL, 2, "a number from 0 to 100\n", NULL},
    {GENERATE, "swing", TWICE, "-n 9 --live=1 --swing=100 --swing=0 " TO_OUTPUT, NULL, 0, "a 0 ",
     "a 1 "},
    {GENERATE, "realloc", RIGHT, "-n 3 --realloc=100 " TO_OUTPUT, NULL, 0, "r 0 ", NULL},
    {GENERATE, "realloc", WRONG, "--realloc=101 " TO_OUTPUT, NULL, 2, "a number from 0 to 100\n",
     NULL},
    {GENERATE, "realloc", TWICE, "-n 9 --realloc=100 --realloc=0 " TO_OUTPUT, NULL, 0, "a 0 ",
     "r 0 "},
    {GENERATE, "calloc", RIGHT, "-n 1 --calloc=100 --format=heap -", NULL, 0, "calloc ", NULL},
    {GENERATE, "calloc", WRONG, "--calloc=101 " TO_OUTPUT, NULL, 2, "a number from 0 to 100\n",
     NULL},
    {GENERATE, "calloc", WRONG, "--calloc=60 --aligned=60 " TO_OUTPUT, NULL, 2,
     "together at most 100\n", NULL},
    {GENERATE, "calloc", TWICE, "-n 1 --calloc=100 --calloc=0 --format=heap -", NULL, 0, "malloc ",
     "calloc "},
    {GENERATE, "aligned", RIGHT, "-n 1 --aligned=100 --format=heap -", NULL, 0, "aligned_alloc ",
     NULL},
    {GENERATE, "aligned", WRONG, "--aligned=foo " TO_OUTPUT, NULL, 2, "foo is no number; ", NULL},
    {GENERATE, "aligned", TWICE, "-n 1 --aligned=100 --aligned=0 --format=heap -", NULL, 0,
     "malloc ", "aligned"},
    {GENERATE, "keep", RIGHT, "-n 2 --keep=0 " TO_OUTPUT, NULL, 0, "f 0\n", NULL},
    {GENERATE, "keep", WRONG, "--keep=101 " TO_OUTPUT, NULL, 2, "a number from 0 to 100\n", NULL},
    {GENERATE, "keep", TWICE, "-n 2 --keep=100 --keep=0 " TO_OUTPUT, NULL, 0, "f 0\n", NULL},
    {GENERATE, "phase", RIGHT, "-n 1 --keep=100 --phase -n 1 " TO_OUTPUT, NULL, 0, "a 1 ", "a 2 "},
    {GENERATE, "phase", TWICE, "-n 1 --keep=100 --phase --phase " TO_OUTPUT, NULL, 0, "a 2 ",
     "a 3 "},
    {GENERATE, "rounds", RIGHT, "-n 1 --keep=100 --rounds=2 " TO_OUTPUT, NULL, 0, "a 1 ", "a 2 "},
    {GENERATE, "rounds", WRONG, "--rounds=0 " TO_OUTPUT, NULL, 2, "a number from 1 to ", NULL},
    {GENERATE, "rounds", TWICE, "-n 1 --keep=100 --rounds=9 --rounds=2 " TO_OUTPUT, NULL, 0, "a 1 ",
     "a 2 "},
    {GENERATE, "seed", RIGHT, "-n 1 --seed=2 " TO_OUTPUT, NULL, 0, "a 0 25\n", NULL},
    {GENERATE, "seed", WRONG, "--seed=foo " TO_OUTPUT, NULL, 2, "foo is no number; ", NULL},
    {GENERATE, "seed", TWICE, "-n 1 --seed=1 --seed=2 " TO_OUTPUT, NULL, 0, "a 0 25\n", NULL},
    {GENERATE, "format", RIGHT, "-n 1 --format=heap -", NULL, 0, "malloc 13", NULL},
    {GENERATE, "format", WRONG, "--format=foo -", NULL, 2, "there is no format foo that is written",
     NULL},
    {GENERATE, "format", WRONG, "x.foo", NULL, 2, "this name says no format; ", NULL},
    {GENERATE, "format", TWICE, "-n 1 --format=rep --format=heap -", NULL, 0, "malloc 13", NULL},
    {GENERATE, "help", RIGHT, "--help", NULL, 0, "Usage: heapscope generate", NULL},
    {GENERATE, "help", RIGHT, "-h", NULL, 0, "Usage: heapscope generate", NULL},
    {GENERATE, "help", WRONG, "", NULL, 2, "the file is missing; ", NULL},
    {GENERATE, "help", WRONG, "x.rep y.rep", NULL, 2, "one trace goes into one file; ", NULL},
    {GENERATE, "help", RIGHT, "-h", NULL, 0, "  -h, --help  ", NULL},
    {GENERATE, "help", TWICE, "--help --help", NULL, 0, "Usage: heapscope generate", NULL},

    {SEGMENTATION, "asize", RIGHT, "-a 2k", NULL, 0, "An address space of 2048 bytes,", NULL},
    {SEGMENTATION, "asize", WRONG, "-a foo", NULL, 2, "-a foo" NO_NUMBER, NULL},
    {SEGMENTATION, "asize", WRONG, "-a 4k+foo", NULL, 2, "-a 4k+foo" NO_NUMBER, NULL},
    {SEGMENTATION, "asize", WRONG, "-a 1000", NULL, 2, "a power of two from 4 to 1G, not 1000; ",
     NULL},
    {SEGMENTATION, "asize", TWICE, "-a 2k -a 4k", NULL, 0, "An address space of 4096 bytes,", NULL},
    {SEGMENTATION, "physmem", RIGHT, "-p 64k", NULL, 0, "65536 bytes of physical memory", NULL},
    {SEGMENTATION, "physmem", WRONG, "-p foo", NULL, 2, "-p foo" NO_NUMBER, NULL},
    {SEGMENTATION, "physmem", WRONG, "-p 16", NULL, 2, "larger than the address space", NULL},
    {SEGMENTATION, "physmem", TWICE, "-p 32k -p 64k", NULL, 0, "65536 bytes of physical memory",
     NULL},
    {SEGMENTATION, "b0", RIGHT, "-b 1k", NULL, 0, "0x00000400         1024 ", NULL},
    {SEGMENTATION, "b0", WRONG, "-b foo", NULL, 2, "-b foo" NO_NUMBER, NULL},
    {SEGMENTATION, "b0", WRONG, "-b 16k", NULL, 2, "segment 0 ends beyond physical memory; ", NULL},
    {SEGMENTATION, "b0", TWICE, "-b 2k -b 1k", NULL, 0, "0x00000400         1024 ", NULL},
    {SEGMENTATION, "l0", RIGHT, "-l 300", NULL, 0, "    300  up\n", NULL},
    {SEGMENTATION, "l0", WRONG, "-l foo", NULL, 2, "-l foo" NO_NUMBER, NULL},
    {SEGMENTATION, "l0", WRONG, "-l 513", NULL, 2, "limit of segment 0 is at most half", NULL},
    {SEGMENTATION, "l0", TWICE, "-l 200 -l 300", NULL, 0, "    300  up\n", NULL},
    {SEGMENTATION, "b1", RIGHT, "-B 8k", NULL, 0, "0x00002000         8192 ", NULL},
    {SEGMENTATION, "b1", WRONG, "-B foo", NULL, 2, "-B foo" NO_NUMBER, NULL},
    {SEGMENTATION, "b1", WRONG, "-B 1", NULL, 2, "that leaves physical memory; ", NULL},
    {SEGMENTATION, "b1", TWICE, "-B 4k -B 8k", NULL, 0, "0x00002000         8192 ", NULL},
    {SEGMENTATION, "l1", RIGHT, "-L 300", NULL, 0, "    300  down\n", NULL},
    {SEGMENTATION, "l1", WRONG, "-L foo", NULL, 2, "-L foo" NO_NUMBER, NULL},
    {SEGMENTATION, "l1", WRONG, "-L 513", NULL, 2, "limit of segment 1 is at most half", NULL},
    {SEGMENTATION, "l1", TWICE, "-L 200 -L 300", NULL, 0, "    300  down\n", NULL},
    {SEGMENTATION, "addresses", RIGHT, "-A 7,0x3ff", NULL, 0, "2. 0x000003ff   1023 ", " 3. 0x"},
    {SEGMENTATION, "addresses", WRONG, "-A foo", NULL, 2, "-A: foo is no address; ", NULL},
    {SEGMENTATION, "addresses", WRONG, "-A 1,1+foo", NULL, 2, "-A: 1+foo is no address; ", NULL},
    {SEGMENTATION, "addresses", WRONG, "-A 1,,2", NULL, 2, "an address is missing in 1,,2; ", NULL},
    {SEGMENTATION, "addresses", TWICE, "-A 1,2 -A 7", NULL, 0, "1. 0x00000007 ", " 2. 0x"},
    {SEGMENTATION, "seed", RIGHT, "-s 18446744073709551615 -n 1", NULL, 0, "1. 0x", NULL},
    {SEGMENTATION, "seed", WRONG, "-s foo", NULL, 2, "-s foo" NO_NUMBER, NULL},
    {SEGMENTATION, "seed", TWICE, "-s 1 -s 2 -n 1", NULL, 0, "1. 0x", NULL},
    {SEGMENTATION, "numaddrs", RIGHT, "-n 1", NULL, 0, " 1. 0x", " 2. 0x"},
    {SEGMENTATION, "numaddrs", WRONG, "-n foo", NULL, 2, "-n foo" NO_NUMBER, NULL},
    {SEGMENTATION, "numaddrs", WRONG, "-n 1001", NULL, 2, "at most 1000 questions; ", NULL},
    {SEGMENTATION, "numaddrs", TWICE, "-n 9 -n 1", NULL, 0, " 1. 0x", " 2. 0x"},
    {SEGMENTATION, "compute", RIGHT, "-c", NULL, 0, "\nAnswers\n", NULL},
    {SEGMENTATION, "compute", RIGHT, "", NULL, 0, "Which physical address", "\nAnswers\n"},
    {SEGMENTATION, "compute", TWICE, "-c -c", NULL, 0, "\nAnswers\n", NULL},
    {SEGMENTATION, "help", RIGHT, "--help", NULL, 0, "Usage: heapscope --ostep-segmentation", NULL},
    {SEGMENTATION, "help", WRONG, "foo", NULL, 2, "foo is no option; ", NULL},
    {SEGMENTATION, "help", TWICE, "-h -h", NULL, 0, "Usage: heapscope --ostep-segmentation", NULL},
};
enum { ROWS = sizeof rows / sizeof *rows };

static int lines_of(const char *text)
{
    int n = 0;
    for (; *text; text++) n += *text == '\n';
    return n;
}

/* A wrong command line: status 2, and one line, of the tool's; `generate` shows the place, too. */
static const char *refuses(tool t, const outcome *o, const char *what)
{
    if (o->status != 2) return "it is not refused with status 2";
    if (*o->out) return "a refusal prints something";
    if (lines_of(o->errors) != (t == GENERATE ? 3 : 1)) return "a refusal is not one line";
    if (strncmp(o->errors, tools[t].complains, strlen(tools[t].complains)) != 0)
        return "it does not say who complains";
    return strstr(o->errors, what) ? NULL : "it is refused in other words";
}

/* What is not as the row has it; NULL: all is. */
static const char *differs(const row *r, const outcome *o)
{
    if (o->status != r->status) return "the status is another one";
    if (r->lacks && (strstr(o->out, r->lacks) || strstr(o->errors, r->lacks)))
        return "it says what it should not";
    if (r->status == 2) return refuses(r->tool, o, r->says);
    if (r->status == 0 && *o->errors && !strstr(o->errors, "bad line was skipped"))
        return "it complains";
    if (!r->says) return *o->out ? "it says something" : NULL;
    return strstr(r->status ? o->errors : o->out, r->says) ? NULL
                                                           : "it does not say what it should";
}

static void each_row_comes_out_as_it_says(void **state)
{
    (void)state;
    int wrong = 0;
    for (int i = 0; i < ROWS; i++) {
        char arguments[256];
        snprintf(arguments, sizeof arguments, "%s%s", tools[rows[i].tool].called,
                 rows[i].arguments);
        const outcome *o = run(arguments, rows[i].typed, rows[i].status == WAITS);
        const char *why = differs(&rows[i], o);
        if (why)
            print_error("heapscope %s: %s: status %d\n%.500s%.500s\n", arguments, why, o->status,
                        o->out, o->errors);
        wrong += why != NULL;
    }
    assert_int_equal(wrong, 0);
}

static int rows_of(tool t, const char *name, kind k)
{
    int n = 0;
    for (int i = 0; i < ROWS; i++)
        n += rows[i].tool == t && rows[i].kind == k && strcmp(rows[i].option, name) == 0;
    return n;
}

static bool is_listed(const option *all, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(all[i].name, name) == 0) return true;
    return false;
}

static void each_option_has_rows_and_each_row_an_option(void **state)
{
    (void)state;
    int wrong = 0;
    for (tool t = 0; t < TOOLS; t++) {
        option all[MOST_OPTIONS];
        int count = options_of(t, all);
        for (int i = 0; i < count; i++)
            for (kind k = 0; k < KINDS; k++) {
                if (k == WRONG && !all[i].takes_value) continue; /* no value is a right one */
                if (rows_of(t, all[i].name, k)) continue;
                print_error("heapscope %s--%s: no row has it %s\n", tools[t].called, all[i].name,
                            kinds[k]);
                wrong++;
            }
        for (int i = 0; i < ROWS; i++) {
            if (rows[i].tool != t || is_listed(all, count, rows[i].option)) continue;
            print_error("heapscope %s--%s has a row, and no help\n", tools[t].called,
                        rows[i].option);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

/* --- What is the same for all ----------------------------------------------------------------- */

/* Runs the tool with one option, written as `form` has it, and then `behind`. */
static int refused(tool t, const char *given, const char *what)
{
    char arguments[128];
    snprintf(arguments, sizeof arguments, "%s%s", tools[t].called, given);
    const outcome *o = run(arguments, NULL, false);
    const char *why = refuses(t, o, what);
    if (why)
        print_error("heapscope %s: %s: status %d\n%.300s%.300s\n", arguments, why, o->status,
                    o->out, o->errors);
    return why != NULL;
}

static int without_a_value(tool t, const option *o)
{
    char given[64], what[64];
    snprintf(what, sizeof what, "%.31s needs a value", o->name);
    snprintf(given, sizeof given, "--%.31s", o->name);
    int wrong = refused(t, given, what);
    strcat(given, "=");
    wrong += refused(t, given, what);
    if (!o->letter) return wrong;
    snprintf(given, sizeof given, "-%c", o->letter);
    wrong += refused(t, given, what);
    strcat(given, " ''");
    return wrong + refused(t, given, what);
}

static int with_a_value(tool t, const option *o)
{
    char given[64], what[64];
    snprintf(given, sizeof given, "--%.31s=3", o->name);
    snprintf(what, sizeof what, "%.31s takes no value", o->name);
    return refused(t, given, what);
}

static void a_value_that_is_missing_or_too_many_is_told(void **state)
{
    (void)state;
    int wrong = 0;
    for (tool t = 0; t < TOOLS; t++) {
        option all[MOST_OPTIONS];
        int count = options_of(t, all);
        for (int i = 0; i < count; i++)
            wrong += all[i].takes_value ? without_a_value(t, &all[i]) : with_a_value(t, &all[i]);
    }
    assert_int_equal(wrong, 0);
}

static void an_option_that_there_is_not_is_told(void **state)
{
    (void)state;
    int wrong = 0;
    for (tool t = 0; t < TOOLS; t++) {
        wrong += refused(t, "--zzz", t == GENERATE ? "no option zzz" : "no option --zzz");
        wrong += refused(t, "--zzz=3", t == GENERATE ? "no option zzz" : "no option --zzz=3");
        wrong += refused(t, "-Z", t == GENERATE ? "no option Z" : "no option -Z");
    }
    assert_int_equal(wrong, 0);
}

/* A name with a newline in it, wherever it stands in an error. */
static void a_name_never_makes_two_lines_of_an_error(void **state)
{
    (void)state;
    static const char *const uses[] = {"a\nb.rep",
                                       "--check a\nb.heap",
                                       "a\nb.heap",
                                       "convert a\nb.rep -",
                                       "compare a\nb.rep bump",
                                       "compare a\nb",
                                       "convert none.rep n\no/x.hst",
                                       "generate -n 1 n\no/x.hst"};
    int wrong = 0;
    put_file("a\nb.rep", "100\n1\n3\n1\nwhat\n");
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        const outcome *o = run(uses[i], NULL, false);
        bool whole = o->status != 0 && lines_of(o->errors) == 1;
        if (!whole) print_error("heapscope %s: status %d\n%s", uses[i], o->status, o->errors);
        wrong += !whole;
    }
    put_file("a\nb.heap", "what\n");
    const outcome *o = run("--check a\nb.heap", NULL, false);
    assert_int_equal(lines_of(o->errors), 3); /* what, the line, and where in it */
    assert_int_equal(wrong, 0);
}

/* Standard output is a terminal: bytes that are no text are not written to it. */
static void binary_formats_are_not_written_to_a_terminal(void **state)
{
    (void)state;
    static const char *const uses[] = {"convert --to hst in.rep -",
                                       "convert --to hst in.rep /dev/stdout",
                                       "generate -n 1 --format=hst -"};
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        char *argv[MOST_ARGUMENTS + 2], *buffer = strdup(uses[i]), errors[MOST_TEXT];
        int terminal = posix_openpt(O_RDWR | O_NOCTTY), status;
        if (terminal < 0 || grantpt(terminal) || unlockpt(terminal)) skip();
        split(buffer, argv);
        pid_t child = fork();
        if (child == 0) {
            dup2(open("errors", O_WRONLY | O_TRUNC | O_CREAT, 0600), STDERR_FILENO);
            dup2(open(ptsname(terminal), O_RDWR | O_NOCTTY), STDOUT_FILENO);
            execv(heapscope, argv);
            _exit(127);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        read_back("errors", errors);
        assert_int_equal(WEXITSTATUS(status), 1);
        assert_non_null(strstr(errors, "hst is no text, and this is a terminal: add > FILE"));
        close(terminal);
        free(buffer);
    }
    assert_int_equal(run("convert --to hst in.rep -", NULL, false)->status, 0);
}

/* Where people write 9,5, files and options still have 9.5. */
static void numbers_have_a_point_in_every_language(void **state)
{
    (void)state;
    if (system("localedef -i de_DE -f UTF-8 ./de_DE.UTF-8 >made 2>&1; test -d de_DE.UTF-8") != 0)
        skip();
    setenv("LOCPATH", ".", 1);
    setenv("LC_ALL", "de_DE.UTF-8", 1);
    const outcome *o = run("compare --limit=9.5 --json " FEW, NULL, false);
    assert_int_equal(o->status, 0);
    assert_non_null(strstr(o->out, "\"utilization\": 7.81,"));
    o = run("compare --limit=9,5 " FEW, NULL, false);
    assert_int_equal(o->status, 2);
    unsetenv("LOCPATH");
    setenv("LC_ALL", "C.UTF-8", 1);
}

/* --- Their folder ----------------------------------------------------------------------------- */

static int enter_folder(void **state)
{
    char *folder = strdup("/tmp/heapscope-options-XXXXXX");
    *state = folder;
    if (!folder || !mkdtemp(folder) || chdir(folder) != 0) return -1;
    put_file("in.rep", "100\n1\n2\n1\na 0 5\nf 0\n");
    put_file("bad.rep", "100\n1\n3\n1\na 0 5\nwhat\nf 0\n");
    put_file("two.script", "a 0 5\na 1 6\n");
    put_file("good.heap", "malloc 8\nexpect blocks == 1\n");
    put_file("broken.heap", "malloc 8\nexpect blocks == 2\n");
    put_file("writes.heap", "malloc 8\nsave \"saved\"\n");
    return setenv("XDG_STATE_HOME", folder, 1) | setenv("HOME", folder, 1) |
           unsetenv("XDG_CONFIG_HOME") | unsetenv("NO_COLOR") |
           setenv("XDG_RUNTIME_DIR", folder, 1) | setenv("LC_ALL", "C.UTF-8", 1);
}

static int leave_folder(void **state)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", (char *)*state);
    free(*state);
    return chdir("/") || system(command) ? -1 : 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_comes_out_as_it_says),
        cmocka_unit_test(each_option_has_rows_and_each_row_an_option),
        cmocka_unit_test(a_value_that_is_missing_or_too_many_is_told),
        cmocka_unit_test(an_option_that_there_is_not_is_told),
        cmocka_unit_test(a_name_never_makes_two_lines_of_an_error),
        cmocka_unit_test(binary_formats_are_not_written_to_a_terminal),
        cmocka_unit_test(numbers_have_a_point_in_every_language),
    };
    /* The tests work in a folder of their own. */
    if (argc < 2 || !(heapscope = realpath(argv[1], NULL))) return 2;
    int failed = cmocka_run_group_tests_name("options", tests, enter_folder, leave_folder);
    free(heapscope);
    return failed;
}

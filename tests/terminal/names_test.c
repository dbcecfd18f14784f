/* SPDX-License-Identifier: MIT */
/* What stands in a name, in an argument or in a file is shown, and never obeyed: not by a terminal,
 * nor by one that later shows what went through a pipe. */
#include "terminal.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Sets a title, in two ways, and turns text around: a terminal would obey each. */
#define ESCAPE "\033]0;evil\007"
#define BYTE                                                                                       \
    "\x9b"                                                                                         \
    "77m"
#define C1                                                                                         \
    "\xc2\x9d"                                                                                     \
    "0;evil"
#define TURN                                                                                       \
    "\xe2\x80\xae"                                                                                 \
    "evil"
#define EVIL "e" ESCAPE BYTE C1 TURN

static char *program; /* the heapscope under test */
static char home[] = "/tmp/heapscope-names-XXXXXX";

/* Argument lists and what is typed; files are made below. HOME and the folder of demos have such a
 * name as well. */
static const struct {
    const char *arguments[6];
    const char *input;
} uses[] = {
    {{EVIL}, NULL},
    {{"--check", EVIL}, NULL},
    {{"--check", EVIL ".heap"}, NULL},
    {{"--" EVIL}, NULL},
    {{"-\x9b"}, NULL},
    {{"--heap", EVIL}, NULL},
    {{"--theme", EVIL}, NULL},
    {{"--allocator", EVIL}, NULL},
    {{"--from", EVIL, EVIL ".script"}, NULL},
    {{"--quiz", "--seed", EVIL}, NULL},
    {{"--ostep", EVIL}, NULL},
    {{"--ostep", "+1," EVIL}, NULL},
    {{"--ostep", "--policy", EVIL}, NULL},
    {{"--ostep", "--order", EVIL}, NULL},
    {{"--demos"}, NULL},
    {{"--plain", EVIL ".script"}, "stats\nsave\n"},
    {{"--plain", EVIL "-bad.script"}, NULL},
    {{"--plain", EVIL ".heap"}, NULL},
    {{"--continue", "--plain"}, NULL},
    {{"convert", EVIL, "x"}, NULL},
    {{"convert", "x", EVIL}, NULL},
    {{"convert", "--to", EVIL, "a", "b"}, NULL},
    {{"convert", "--" EVIL}, NULL},
    {{"convert", EVIL ".rep", "x.rep"}, NULL},
    {{"convert", EVIL "-bad.script", "x.rep"}, NULL},
    {{"convert", "--lenient", EVIL "-bad.script", "x.rep"}, NULL},
    {{"convert", EVIL ".script", EVIL "/x.rep"}, NULL},
    {{"convert", EVIL ".script", EVIL "-out.rep"}, NULL},
    {{"compare", EVIL}, NULL},
    {{"compare", EVIL ".rep"}, NULL},
    {{"compare", EVIL "-bad.script"}, NULL},
    {{"compare", EVIL ".script", "implicit:" EVIL "=1"}, NULL},
    {{"compare", EVIL ".script", "implicit:fit=" EVIL}, NULL},
    {{"compare", EVIL ".script", "bump", "--runs=1"}, NULL},
    {{"compare", EVIL ".script", "bump", "--runs=1", "--csv"}, NULL},
    {{"compare", EVIL ".script", "bump", "--runs=1", "--json"}, NULL},
    {{"compare", "--growth", EVIL}, NULL},
    {{"generate", EVIL}, NULL},
    {{"generate", "--sizes", EVIL, "x.rep"}, NULL},
    {{"generate", "--" EVIL}, NULL},
    {{"generate", "-n", "5", EVIL "-out.rep"}, NULL},
    {{"generate", "-n", "5", EVIL "/x.rep"}, NULL},
    {{"--ostep-segmentation", "-A", EVIL}, NULL},
    {{"--ostep-segmentation", "-a", EVIL}, NULL},
    {{"--ostep-segmentation", "--" EVIL}, NULL},
    {{"--plain"}, "malloc 8\n" EVIL "\n"},
    {{"--plain"}, "source \"" ESCAPE "\"\n"},
    {{"--plain"}, "source \"\\e]0;evil\\a\\x9b" TURN "\"\n"},
    {{"--plain"}, "exec \"./\\e]0;evil\\a\\x9b" TURN "\"\n"},
    {{"--plain"}, "maps -- \"./\\e]0;evil\\a\\x9b" TURN "\"\n"},
    {{"--plain"}, "malloc 8; save \"no/\\e]0;evil\\a\\x9b" TURN "\"\n"},
    {{"--plain"},
     "echo \"\\e]0;evil\\a\\x9b\\x00" TURN "\"; note \"\\e]0;evil\\a\\x9b\\x00" TURN "\"\n"},
    {{"--plain"},
     "x = malloc 80; write x \"\\e]0;evil\\a\\x9b\\x00" TURN "\"; bytes x; inspect x\n"},
    {{"--plain"},
     "allocator \"\\e]0;evil\\a\"; set fit \"\\e]0;evil\\a\"; help \"\\e]0;evil\\a\"\n"},
    {{"--plain"}, "demos \"\\e]0;evil\\a\"; play \"\\e]0;evil\\a\"; generate \"\\e]0;evil\\a\"\n"},
    {{"--plain"}, "mmu paging; process " TURN "; process \"\\e]0;evil\\a\"\n"},
    {{"--plain"}, "predict { malloc 8 }\n" EVIL "\nmalloc 8\n"},
    {{"--plain"}, "quiz n 2\n" EVIL "\n" EVIL "\n"},
    {{"--plain"},
     "demos\nhistory\nfind op=\"\\e]0;evil\\a\"\nexpect error \"\\e]0;evil\\a\" { quit }\n"},
};
enum { USES = sizeof uses / sizeof *uses };

static const char *const environment[] = {"HEAPSCOPE_DEMOS=" EVIL,
                                          "XDG_STATE_HOME=/tmp/" ESCAPE BYTE, NULL};

static void put_file(const char *name, const char *text, size_t size)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static int make_files(void **state)
{
    static const char bad[] = "a 0 5\n" EVIL "\0" EVIL "\na 1 6\n";
    static const char script[] = "note \"" TURN "\"\n# " ESCAPE "\nfree " EVIL "\0\n";
    static const char demo[] = "# " TURN BYTE "\nnote \"x\"\n";
    (void)state;
    if (chdir(home) != 0 || mkdir(EVIL, 0700) != 0) return -1;
    put_file(EVIL ".script", "a 0 5\n", 6);
    put_file(EVIL "-bad.script", bad, sizeof bad - 1);
    put_file(EVIL ".heap", script, sizeof script - 1);
    put_file(EVIL "/" EVIL ".heap", demo, sizeof demo - 1);
    return 0;
}

static void fill(const char *argv[8], size_t use)
{
    argv[0] = program;
    memcpy(argv + 1, uses[use].arguments, sizeof uses[use].arguments);
    argv[7] = NULL;
}

/* Its standard output and error, through a pipe; freed by the caller. */
static char *through_a_pipe(size_t use, size_t *size)
{
    const char *argv[8];
    int ends[2], input[2];
    char *text = NULL, bytes[4096];
    ssize_t n;
    fill(argv, use);
    assert_int_equal(pipe(ends) | pipe(input), 0);
    pid_t child = fork();
    if (child == 0) {
        terminal_environment(home, environment);
        dup2(input[0], 0);
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        for (int i = 0; i < 2; i++) close(ends[i]), close(input[i]);
        execv(program, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    const char *typed = uses[use].input ? uses[use].input : "";
    assert_int_equal(write(input[1], typed, strlen(typed)), strlen(typed));
    close(input[0]), close(input[1]), close(ends[1]);
    FILE *out = open_memstream(&text, size);
    assert_non_null(out);
    while ((n = read(ends[0], bytes, sizeof bytes)) > 0) fwrite(bytes, 1, (size_t)n, out);
    fclose(out);
    close(ends[0]);
    waitpid(child, NULL, 0);
    return text;
}

/* The first byte that a terminal would obey, or that is no UTF-8; NULL without any. */
static const char *first_raw(const char *text, size_t size)
{
    for (const char *c = text; c < text + size; c++) {
        unsigned char b = (unsigned char)*c;
        if ((b < 0x20 && b != '\n') || b == 0x7f) return c;
        if (b == 0xc2 && (unsigned char)c[1] < 0xa0) return c;
        if (b == 0xe2 && (unsigned char)c[1] == 0x80 && (unsigned char)c[2] == 0xae) return c;
        if ((b & 0xc0) == 0x80 && (c == text || !(c[-1] & 0x80))) return c;
    }
    return NULL;
}

static void nothing_in_a_name_goes_through_a_pipe(void **state)
{
    size_t size, shown = 0;
    (void)state;
    for (size_t i = 0; i < USES; i++) {
        char *text = through_a_pipe(i, &size);
        const char *raw = first_raw(text, size);
        if (raw) printf("use %zu (%s): a raw byte 0x%02x\n", i, uses[i].arguments[0], *raw & 0xff);
        assert_null(raw);
        shown += strstr(text, "evil") != NULL;
        free(text);
    }
    assert_true(shown > USES / 2); /* the names were there */
}

static void nothing_in_a_name_reaches_a_terminal(void **state)
{
    static const char *const parts[] = {"\033]0;evil",
                                        ("\x9b"
                                         "77"),
                                        "\xc2\x9d", "\xe2\x80\xae"};
    (void)state;
    for (size_t i = 0; i < USES; i++) {
        const char *argv[8];
        size_t size;
        fill(argv, i);
        terminal *t = terminal_start(argv, 24, 80, home, environment);
        terminal_settle(t);
        /* Typed as they are these would be shown by the terminal itself: escapes only. */
        if (uses[i].input && !strstr(uses[i].input, ESCAPE) && !strstr(uses[i].input, TURN))
            terminal_type(t, uses[i].input);
        terminal_settle(t);
        terminal_type(t, "\003");
        terminal_settle(t); /* Ctrl-D is for the prompt, not for the terminal's own editing */
        terminal_type(t, "\004");
        int status = terminal_wait(t);
        assert_true(status >= 0 && status != 127);
        const char *output = terminal_output(t, &size);
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
            bool raw = memmem(output, size, parts[k], strlen(parts[k]));
            if (raw) printf("use %zu (%s): part %zu is raw\n", i, argv[1], k);
            assert_false(raw);
        }
        terminal_end(t);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_in_a_name_goes_through_a_pipe),
        cmocka_unit_test(nothing_in_a_name_reaches_a_terminal),
    };
    if (argc < 2 || !mkdtemp(home)) return 2;
    program = realpath(argv[1], NULL); /* the tests work in a folder of their own */
    if (!program) return 2;
    int failed = cmocka_run_group_tests(tests, make_files, NULL);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", home);
    free(program);
    if (system(command) != 0) return 2;
    return failed;
}

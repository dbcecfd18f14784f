/* SPDX-License-Identifier: MIT */
/* Whatever signal ends the program, in whatever it is doing, the terminal comes back as it was:
 * once, and only if it was taken. */
#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#include <cmocka.h>

static const char *program; /* the heapscope under test */
static char home[] = "/tmp/heapscope-signals-XXXXXX";

/* What the program is doing: how it is started, what is typed, and what is seen then. */
static const struct {
    const char *what;
    const char *arguments[4];
    const char *seen;  /* at first */
    const char *typed; /* then */
    const char *shown;
    bool line;      /* line mode: Ctrl-C is heeded, and ends nothing */
    bool untouched; /* a tool: the terminal is not taken at all */
} modes[] = {
    {"full screen", {NULL}, "committed", "malloc 8\r", "malloc(8)", false, false},
    {"a long command",
     {NULL},
     "committed",
     "repeat 1000000000 { x = malloc 8; free x }\r",
     "working: ",
     false,
     false},
    {"an overlay", {NULL}, "committed", "\033OQ", "Esc closes", false, false},
    {"slow motion", {NULL}, "committed", "malloc 8; step\r", "step 1", false, false},
    {"a question", {NULL}, "committed", "predict { malloc 8 }\r", "return?", false, false},
    {"a paste", {NULL}, "committed", "\033[200~malloc 8", "> malloc 8", false, false},
    {"an open brace", {NULL}, "committed", "repeat 3 {\r", "...", false, false},
    {"a lecture", {"talk.heap"}, "first words", "", "step 1/", false, false},
    {"a trace", {"run.rep"}, "2 requests", " ", "malloc(5)", false, false},
    {"the speaker's screen", {"--notes"}, "Waiting for a lecture", "", "q ends this", false, false},
    {"line mode", {"--plain"}, "heapscope>", "mall", "> mall", true, false},
    {"line mode's command",
     {"--plain"},
     "heapscope>",
     "repeat 1000000000 { x = malloc 8; free x }\r",
     "working: ",
     true,
     false},
    {"line mode's open brace", {"--plain"}, "heapscope>", "repeat 3 {\r", "...", true, false},
    {"line mode's question",
     {"--plain"},
     "heapscope>",
     "predict { malloc 8 }\r",
     "return?",
     true,
     false},
    {"compare",
     {"compare", "slow.rep", "worst-fit", "--limit=3600"},
     "0 of 1",
     "",
     "worst-fit",
     true,
     true},
};
enum { MODES = sizeof modes / sizeof *modes };

/* What a signal does by default does not end the program. */
static bool is_harmless(int signal)
{
    static const int harmless[] = {SIGCHLD, SIGCONT,  SIGSTOP, SIGTSTP, SIGTTIN,
                                   SIGTTOU, SIGWINCH, SIGURG,  SIGKILL, SIGXFSZ};
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (harmless[i] == signal) return true; /* SIGXFSZ: an error of writing, told as one */
    return signal >= 32 && signal < SIGRTMIN;   /* the C library's own */
}

static size_t count_of(const char *bytes, size_t size, const char *part)
{
    size_t n = 0, length = strlen(part);
    for (const char *at = bytes; (at = memmem(at, size - (size_t)(at - bytes), part, length)); n++)
        at += length;
    return n;
}

static terminal *start(size_t mode)
{
    const char *argv[6] = {program};
    memcpy(argv + 1, modes[mode].arguments, sizeof modes[mode].arguments);
    terminal *t = terminal_start(argv, 24, 80, home, NULL);
    return t;
}

static void assert_given_back(terminal *t, const struct termios *before)
{
    size_t size;
    struct termios after = terminal_modes(t);
    const char *output = terminal_output(t, &size);
    assert_int_equal(after.c_lflag, before->c_lflag);
    assert_int_equal(after.c_iflag, before->c_iflag);
    assert_int_equal(after.c_oflag, before->c_oflag);
    assert_memory_equal(after.c_cc, before->c_cc, sizeof after.c_cc);
    assert_false(terminal_is_alternate(t));
    assert_true(terminal_cursor_is_visible(t));
    assert_false(terminal_wants_mouse(t));
    assert_false(terminal_wants_paste(t));
    assert_int_equal(count_of(output, size, "\033[?1049l"), count_of(output, size, "\033[?1049h"));
}

static void end_by(size_t mode, int signal)
{
    bool sanitized = signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL;
    terminal *t = start(mode);
    struct termios before = terminal_modes(t);
    bool there = terminal_shows(t, modes[mode].seen);
    terminal_type(t, modes[mode].typed);
    there = there && terminal_shows(t, modes[mode].shown);
    terminal_signal(t, signal);
    int status = terminal_wait(t);
    if (!there || (!sanitized && status != 128 + signal))
        printf("%s, signal %d: status %d\n", modes[mode].what, signal, status);
    assert_true(there);
    if (!sanitized) assert_int_equal(status, 128 + signal); /* a sanitizer ends it its own way */
    assert_given_back(t, &before);
    terminal_end(t);
}

/* Sanitizers look at the same few lines whatever the signal is: there each signal is tried in a
 * quarter of the modes, and each mode with a quarter of the signals. */
static bool is_tried(size_t mode, int signal)
{
#if defined __SANITIZE_ADDRESS__
    return ((size_t)signal + mode) % 4 == 0;
#else
    (void)mode, (void)signal;
    return true;
#endif
}

static void every_signal_in_every_mode_gives_the_terminal_back(void **state)
{
    (void)state;
    for (size_t mode = 0; mode < MODES; mode++)
        for (int signal = 1; signal <= SIGRTMAX; signal++) {
            if (is_harmless(signal)) continue;
            if (modes[mode].line && signal == SIGINT) continue;
            if (modes[mode].untouched && signal == SIGTERM) continue; /* as Ctrl-C does */
            /* One of the real-time signals is as good as another. */
            if (signal > SIGRTMIN && signal < SIGRTMAX && (size_t)signal % MODES != mode) continue;
            if (is_tried(mode, signal)) end_by(mode, signal);
        }
}

static void a_signal_that_was_ignored_stays_so(void **state)
{
    const char *const argv[] = {"sh", "-c", "trap '' HUP USR1 QUIT; exec \"$0\"", program, NULL};
    (void)state;
    terminal *t = terminal_start(argv, 24, 80, home, NULL);
    assert_true(terminal_shows(t, "committed"));
    terminal_signal(t, SIGHUP);
    terminal_signal(t, SIGUSR1);
    terminal_signal(t, SIGQUIT);
    terminal_type(t, "malloc 8\r");
    assert_true(terminal_shows(t, "malloc(8)"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

/* Stopped by Ctrl-Z the terminal is the shell's: what ends the program then writes nothing to it.
 */
static void what_ends_a_stopped_program_leaves_the_terminal_alone(void **state)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGALRM, SIGUSR1, SIGSEGV};
    const char *const argv[] = {"bash", "--norc", "--noprofile", "-i", NULL};
    const char *const environment[] = {"PS1=shell$ ", NULL};
    (void)state;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        char command[512];
        size_t before, after;
        terminal *t = terminal_start(argv, 24, 80, home, environment);
        assert_true(terminal_shows(t, "shell$"));
        snprintf(command, sizeof command, "%s\r", program);
        terminal_type(t, command);
        assert_true(terminal_shows(t, "committed"));
        terminal_type(t, "\032");
        assert_true(terminal_shows(t, "Stopped"));
        terminal_settle(t);
        terminal_output(t, &before);
        snprintf(command, sizeof command, "kill -%d %%1; fg; echo done-$?\r", signals[i]);
        terminal_type(t, command);
        assert_true(terminal_shows(t, "done-"));
        terminal_settle(t);
        const char *output = terminal_output(t, &after);
        assert_int_equal(count_of(output + before, after - before, "\033[?1049"), 0);
        assert_int_equal(count_of(output + before, after - before, "\033[?1000"), 0);
        assert_int_equal(count_of(output, after, "\033[?1049l"), 1);
        terminal_type(t, "exit\r");
        terminal_wait(t);
        terminal_end(t);
    }
}

/* --- A terminal that does not read -------------------------------------------------------------
 */

/* True when the child waits in a call that writes, or for room to write. */
static bool is_held_up(pid_t child)
{
    char path[64], line[256] = "";
    snprintf(path, sizeof path, "/proc/%d/syscall", (int)child);
    FILE *file = fopen(path, "r");
    if (!file) return false;
    bool any = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    return any && strncmp(line, "running", 7) != 0;
}

/* Ends within the patience of a test, though nobody has read a byte since the screen stood. */
static void ends_unread(const char *mode, int signal)
{
    int master, slave, status;
    const char *argv[] = {program, mode, NULL};
    struct winsize size = {.ws_row = 200, .ws_col = 200};
    assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
    struct termios before, after;
    tcgetattr(slave, &before);
    pid_t child = fork();
    if (child == 0) {
        terminal_environment(home, NULL);
        close(master);
        if (login_tty(slave) != 0) _exit(126);
        execv(program, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    /* More than any terminal holds: every line makes another frame of 200 rows. */
    static const char line[] = "random 100\r";
    for (int i = 0; i < 40; i++) assert_true(write(master, line, sizeof line - 1) > 0);
    for (int i = 0; i < 300 && !is_held_up(child); i++) usleep(10000);
    usleep(300000);
    kill(child, signal);
    pid_t ended = 0;
    for (int i = 0; i < 1000 && !ended; i++) {
        usleep(10000);
        ended = waitpid(child, &status, WNOHANG);
    }
    if (!ended) kill(child, SIGKILL), waitpid(child, &status, 0);
    tcgetattr(slave, &after);
    assert_int_equal(ended, child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == signal);
    assert_int_equal(after.c_lflag, before.c_lflag);
    assert_int_equal(after.c_iflag, before.c_iflag);
    close(master);
    close(slave);
}

static void a_terminal_that_does_not_read_keeps_no_signal_from_ending_the_program(void **state)
{
    static const int signals[] = {SIGHUP, SIGTERM, SIGALRM, SIGUSR1};
    (void)state;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        ends_unread("--ascii", signals[i]);
        ends_unread("--plain", signals[i]);
    }
}

/* --- Frames ------------------------------------------------------------------------------------
 */

/* How often the program has called write() or the like; -1 when the system does not say. */
static long writes_of(const terminal *t)
{
    char path[64], line[128];
    long n = -1;
    snprintf(path, sizeof path, "/proc/%d/io", (int)terminal_process(t));
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) sscanf(line, "syscw: %ld", &n);
    if (file) fclose(file);
    return n;
}

static void a_frame_is_one_write(void **state)
{
    (void)state;
    terminal *t = start(0);
    size_t from, to;
    assert_true(terminal_shows(t, "committed"));
    terminal_type(t, "malloc 24; free p1; malloc 100\r");
    assert_true(terminal_shows(t, "malloc(100)"));
    terminal_settle(t);
    long before = writes_of(t);
    terminal_output(t, &from);
    terminal_type(t, "\033[20~"); /* F9: all of it in other colours */
    terminal_settle_for(t, 300);
    long after = writes_of(t);
    const char *output = terminal_output(t, &to);
    assert_true(to - from > 1000);
    if (before >= 0) assert_int_equal(after - before, 1);
    assert_int_equal(count_of(output + from, to - from, "\033[?2026h"), 1);
    assert_memory_equal(output + from, "\033[?2026h", 8);
    assert_memory_equal(output + to - 8, "\033[?2026l", 8);
    before = writes_of(t);
    terminal_type(t, "\033OP"); /* F1 */
    assert_true(terminal_shows(t, "Page Up"));
    terminal_settle_for(t, 300);
    if (before >= 0) assert_int_equal(writes_of(t) - before, 1);
    terminal_type(t, "\033OP");
    assert_true(terminal_hides(t, "Page Up"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

/* On a socket that keeps what is written apart. */
static void an_error_line_is_one_write(void **state)
{
    static const char *const uses[][4] = {{"--plain", "no-such-folder/no-such-file.heap"},
                                          {"--no-such-option"},
                                          {"convert", "none.rep", "none.hst"},
                                          {"compare", "none.rep"},
                                          {"generate", "--sizes", "none", "x.rep"}};
    (void)state;
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        const char *argv[6] = {program};
        int ends[2], writes = 0;
        char bytes[4096];
        memcpy(argv + 1, uses[i], sizeof uses[i]);
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
        pid_t child = fork();
        if (child == 0) {
            terminal_environment(home, NULL);
            dup2(ends[1], STDERR_FILENO);
            close(ends[0]);
            execv(program, (char *const *)(uintptr_t)argv);
            _exit(127);
        }
        close(ends[1]);
        while (recv(ends[0], bytes, sizeof bytes, 0) > 0) writes++;
        waitpid(child, NULL, 0);
        close(ends[0]);
        assert_int_equal(writes, 1);
    }
}

static int make_files(void **state)
{
    (void)state;
    if (chdir(home) != 0) return -1;
    terminal_file(home, "talk.heap", "set pace 3600\nnote \"first words\"\nmalloc 24\n");
    terminal_file(home, "run.rep", "0\n1\n2\n1\na 0 5\nf 0\n");
    FILE *slow = fopen("slow.rep", "w");
    if (!slow) return -1;
    fputs("0\n100000\n200000\n1\n", slow);
    for (int i = 0; i < 100000; i++) fprintf(slow, "a %d 16\n", i);
    for (int i = 0; i < 100000; i++) fprintf(slow, "f %ld\n", i * 7919l % 100000);
    return fclose(slow);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_signal_in_every_mode_gives_the_terminal_back),
        cmocka_unit_test(a_signal_that_was_ignored_stays_so),
        cmocka_unit_test(what_ends_a_stopped_program_leaves_the_terminal_alone),
        cmocka_unit_test(a_terminal_that_does_not_read_keeps_no_signal_from_ending_the_program),
        cmocka_unit_test(a_frame_is_one_write),
        cmocka_unit_test(an_error_line_is_one_write),
    };
    if (argc < 2 || !mkdtemp(home)) return 2;
    char *path = realpath(argv[1], NULL); /* the tests work in a folder of their own */
    if (!path) return 2;
    program = path;
    int failed = cmocka_run_group_tests(tests, make_files, NULL);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", home);
    free(path);
    if (system(command) != 0) return 2;
    return failed;
}

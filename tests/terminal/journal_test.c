/* SPDX-License-Identifier: MIT */
/* Sessions survive: the program is killed, its journal torn, its disk full; what it answered to is
 * there when it is started again. */
#include "terminal.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { LINES = 48, KILLS = 200, MOST = 1 << 16 };

static const char *program; /* the heapscope under test */
static char home[] = "/tmp/heapscope-journal-XXXXXX";

/* --- The folder of journals ----------------------------------------------------------------- */

static char *folder(void)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/.local/state/heapscope/sessions", home);
    return path;
}

static void run_shell(const char *command, const char *argument)
{
    char text[512];
    snprintf(text, sizeof text, "%s %s", command, argument);
    assert_int_equal(system(text), 0);
}

static int clear_journals(void **state)
{
    (void)state;
    run_shell("rm -rf", folder());
    return 0;
}

/* The number of journals; the content of one of them in `text` (MOST bytes), when not NULL. */
static int read_journals(char *text)
{
    char path[600];
    int count = 0;
    DIR *names = opendir(folder());
    if (text) *text = 0;
    for (struct dirent *e; names && (e = readdir(names));) {
        if (*e->d_name == '.') continue;
        count++;
        snprintf(path, sizeof path, "%s/%s", folder(), e->d_name);
        FILE *file = text ? fopen(path, "r") : NULL;
        if (!file) continue;
        text[fread(text, 1, MOST - 1, file)] = 0;
        fclose(file);
    }
    if (names) closedir(names);
    return count;
}

static const char *written_path(void)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/20260102-030405-abcdef.heap", folder());
    return path;
}

static void write_journal(const char *text, size_t n)
{
    run_shell("mkdir -p", folder());
    FILE *file = fopen(written_path(), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, n, file), n);
    fclose(file);
}

/* --- Programs ------------------------------------------------------------------------------- */

/* In line mode when `plain`; with one more option when it is not NULL. */
static terminal *start(bool plain, const char *option)
{
    const char *argv[4] = {program};
    int n = 1;
    if (plain) argv[n++] = "--plain";
    if (option) argv[n++] = option;
    terminal *t = terminal_start(argv, 24, 80, home, NULL);
    assert_true(terminal_shows(t, plain ? "heapscope>" : "committed"));
    return t;
}

/* Not by Ctrl-D, which is lost when it comes while line mode takes the terminal over. */
static void leave(terminal *t)
{
    terminal_type(t, "quit\r");
    assert_in_range(terminal_wait(t), 0, 1);
    terminal_end(t);
}

static void kill_now(terminal *t)
{
    terminal_kill_after(t, 0);
    terminal_end(t);
}

/* What the program prints in line mode, given a file of commands; freed by the caller. */
static char *output_of(const char *option, const char *input)
{
    char command[1024], *text = calloc(1, MOST);
    assert_non_null(text);
    snprintf(command, sizeof command,
             "HOME=%s XDG_STATE_HOME= XDG_CONFIG_HOME= %s --plain %s < %s 2>&1", home, program,
             option, input);
    FILE *out = popen(command, "r");
    assert_non_null(out);
    text[fread(text, 1, MOST - 1, out)] = 0;
    pclose(out);
    return text;
}

/* --- Killed --------------------------------------------------------------------------------- */

/* A lecture's line; each is followed by an echo of its number. */
static const char *line(int i)
{
    static const char *const lines[] = {"set picture off",
                                        "malloc 24",
                                        "malloc 100; a = malloc 7",
                                        "free p1",
                                        "write a \"h\\n\\x01 i\"",
                                        "free nothing",
                                        "undo 2",
                                        "malloc 40",
                                        "repeat 3 { malloc 8 }",
                                        "realloc p2 300",
                                        "note \"so it goes\"",
                                        "branch main",
                                        "undo; redo; undo",
                                        "b = calloc 2 9",
                                        "goto 3",
                                        "x = a; free x",
                                        "random 12 seed 4",
                                        "set fit best",
                                        "allocator explicit replay"};
    return lines[i % (int)(sizeof lines / sizeof *lines)];
}

static void type_line(terminal *t, int i)
{
    char text[128];
    snprintf(text, sizeof text, "%s\recho \"\\x40%d@\"\r", line(i), i + 1);
    terminal_type(t, text);
}

/* The number of the last line whose answer can be seen. */
static int answered(terminal *t)
{
    int most = 0, n;
    for (int row = 0; row < 24; row++)
        if (sscanf(terminal_row(t, row), "@%d@", &n) == 1 && n > most) most = n;
    return most;
}

/* The session as it goes when nobody is killed: its journal, and how long that was after each
 * line. */
typedef struct {
    char text[MOST];
    size_t length[LINES + 1];
} recording;

static void record(recording *r)
{
    terminal *t = start(true, NULL);
    char mark[16];
    r->length[0] = 0;
    for (int i = 0; i < LINES; i++) {
        type_line(t, i);
        snprintf(mark, sizeof mark, "@%d@", i + 1);
        assert_true(terminal_shows(t, mark));
        read_journals(r->text);
        r->length[i + 1] = strlen(r->text);
        if (strncmp(line(i), "malloc", 6) == 0) assert_true(r->length[i + 1] > r->length[i]);
    }
    leave(t);
    assert_true(r->length[LINES] > 600);
}

/* Type some lines, the last not to its end; kill; compare what is kept. Returns whether that was
 * less than was typed. */
static bool is_killed(const recording *r, uint32_t random, bool plain)
{
    static char kept[MOST];
    int typed = 1 + (int)(random >> 8) % LINES, delay = (int)(random >> 16) % 20000;
    terminal *t = start(plain, NULL);
    for (int i = 0; i < typed; i++) type_line(t, i);
    terminal_type(t, "malloc 12");
    terminal_kill_after(t, delay);
    int seen = answered(t);
    terminal_end(t);
    read_journals(kept);
    size_t n = strlen(kept);
    if (n < r->length[seen]) fail_msg("%d answers, and the journal has only:\n%s", seen, kept);
    if (n > r->length[typed] || memcmp(kept, r->text, n) != 0 || (n && kept[n - 1] != '\n'))
        fail_msg("this was not typed:\n%s", kept);
    return n < r->length[typed];
}

static void kill_9_loses_at_most_the_command_being_typed(void **state)
{
    static recording r;
    uint32_t random = 2026;
    int early = 0;
    record(&r);
    for (int i = 0; i < KILLS; i++) {
        clear_journals(state);
        random = random * 1664525 + 1013904223;
        early += is_killed(&r, random, i % 4 != 0);
    }
    assert_true(early > KILLS / 10); /* or the kills came when all was over */
}

static void a_long_command_that_is_killed_has_done_a_part(void **state)
{
    static char kept[MOST];
    (void)state;
    terminal *t = start(false, NULL);
    terminal_type(t, "malloc 24\rrandom 100000000 seed 1\r");
    assert_true(terminal_shows(t, "requests so far"));
    kill_now(t);
    assert_int_equal(read_journals(kept), 1);
    assert_true(strlen(kept) > 5000);
}

/* --- Torn ----------------------------------------------------------------------------------- */

static const char look[] = "history 99\nbranches\nblocks\nstats\n";

/* What the first n bytes' whole lines do as a script, and then a look at it. */
static char *played(const char *journal, size_t n)
{
    char path[300];
    snprintf(path, sizeof path, "%s/played", home);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    while (n > 0 && journal[n - 1] != '\n') n--;
    fprintf(file, "%.*s%s", (int)n, journal, look);
    fclose(file);
    return output_of("", path);
}

/* What is printed from the last history on. */
static const char *looked(const char *output)
{
    const char *at = strstr(output, "    1  ");
    if (!at) at = strstr(output, "no commands yet");
    for (const char *next; at && (next = strstr(at + 1, "    1  "));) at = next;
    return at ? at : output;
}

static void a_journal_torn_anywhere_is_continued_up_to_there(void **state)
{
    static const char journal[] =
        "# heapscope journal 1\n# allocator implicit heap 256 max 1073741824\nset picture off\n"
        "malloc 24\nmalloc 8\na = malloc 40\nfree p1\ngoto 3\nmalloc 100\nbranch main\ngoto 2\n"
        "write p1 \"x\\n\"*3\nbranch b1\ngoto 4\n";
    char commands[300];
    snprintf(commands, sizeof commands, "%s", terminal_file(home, "look", look));
    size_t heading = (size_t)(strstr(journal, "set ") - journal);
    char *wanted = NULL;
    for (size_t n = heading; n < sizeof journal; n++) {
        write_journal(journal, n);
        char *got = output_of("--continue", commands);
        if (n == heading || journal[n - 1] == '\n') {
            free(wanted);
            wanted = played(journal, n);
        }
        assert_string_equal(looked(got), looked(wanted));
        free(got);
    }
    free(wanted);
    (void)state;
}

static void a_line_that_can_not_be_done_is_told_and_kept(void **state)
{
    static const char journal[] =
        "# heapscope journal 1\n# allocator implicit heap 256 max 1073741824\nmalloc 24\n"
        "free nothing\nmalloc 8\n";
    (void)state;
    write_journal(journal, sizeof journal - 1);
    terminal *t = start(false, "--continue");
    assert_true(terminal_shows(t, "The journal can be read up to line 4 only"));
    assert_true(terminal_shows(t, "live 24 in 1 block"));
    assert_int_equal(read_journals(NULL), 1); /* .damaged */
    leave(t);
    assert_int_equal(read_journals(NULL), 1);
}

static void a_line_that_is_too_long_is_told_and_kept(void **state)
{
    enum { LONG = 3 << 20 };
    static const char before[] =
        "# heapscope journal 1\n# allocator implicit heap 256 max 1073741824\nmalloc 24\n";
    (void)state;
    char *text = malloc(sizeof before + LONG);
    memcpy(text, before, sizeof before - 1);
    memset(text + sizeof before - 1, 'x', LONG);
    text[sizeof before - 2 + LONG] = '\n';
    write_journal(text, sizeof before - 1 + LONG);
    free(text);
    terminal *t = start(false, "--continue");
    assert_true(terminal_shows(t, "The journal can be read up to line 4 only"));
    assert_true(terminal_shows(t, "live 24 in 1 block"));
    assert_int_equal(read_journals(NULL), 1);
    leave(t);
    assert_int_equal(read_journals(NULL), 1);
}

/* Whoever wrote it: what is continued makes requests only. */
static void a_journal_writes_no_file_and_runs_no_program(void **state)
{
    static const char *const commands[][2] = {{"save", "save writes a file"},
                                              {"maps -- touch", "maps runs a program"}};
    char journal[600], path[300];
    snprintf(path, sizeof path, "%s/by-a-journal", home);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        int n = snprintf(journal, sizeof journal,
                         "# heapscope journal 1\n# allocator implicit heap 256 max 1024\n"
                         "malloc 24\n%s \"%s\"\nmalloc 8\n",
                         commands[i][0], path);
        clear_journals(state);
        write_journal(journal, (size_t)n);
        terminal *t = start(false, "--continue");
        assert_true(terminal_shows(t, "The journal can be read up to line 4 only"));
        assert_true(terminal_shows(t, commands[i][1]));
        leave(t);
        assert_int_equal(access(path, F_OK), -1);
    }
}

/* --- Continued ------------------------------------------------------------------------------ */

static void a_session_is_offered_and_continued(void **state)
{
    (void)state;
    terminal *t = start(false, NULL);
    assert_true(terminal_shows(t, "Type malloc 24"));
    terminal_type(t, "malloc 24; malloc 40; free p1; undo; malloc 8\r");
    assert_true(terminal_shows(t, "p3 = malloc(8)"));
    kill_now(t);
    t = start(false, NULL);
    assert_true(terminal_shows(t, "A session was cut short"));
    assert_true(terminal_shows(t, "its last command: malloc 8"));
    terminal_type(t, "continue\r");
    assert_true(terminal_shows(t, "Continued: 3 commands; the last one: p3 = malloc 8"));
    assert_true(terminal_shows(t, "live 72 in 3 blocks"));
    terminal_type(t, "branch main\r");
    assert_true(terminal_shows(t, "at command 3 of 3 on main: free p1"));
    kill_now(t);
    t = start(true, "--continue");
    assert_true(terminal_shows(t, "Continued: 3 commands; the last one: free p1"));
    leave(t);
    assert_int_equal(read_journals(NULL), 0); /* a session that was left is over */
    t = start(true, NULL);
    terminal_type(t, "continue\r");
    assert_true(terminal_shows(t, "there is no session that was cut short"));
    leave(t);
}

static void what_is_left_for_another_session_is_kept(void **state)
{
    (void)state;
    terminal *t = start(true, NULL);
    terminal_type(t, "first = malloc 24\r");
    assert_true(terminal_shows(t, "first = malloc(24)"));
    kill_now(t);
    t = start(true, NULL);
    terminal_type(t, "set picture off; second = malloc 8\rcontinue\r");
    assert_true(terminal_shows(t, "Continued: 1 command; the last one: first = malloc 24"));
    terminal_type(t, "continue\r");
    assert_true(terminal_shows(t, "Continued: 2 commands; the last one: second = malloc 8"));
    kill_now(t);
    assert_int_equal(read_journals(NULL), 2);
}

static void sessions_at_the_same_time_have_a_journal_each(void **state)
{
    (void)state;
    terminal *a = start(true, NULL), *b = start(false, NULL);
    terminal_type(a, "left = malloc 24\r");
    assert_true(terminal_shows(a, "left = malloc(24)"));
    terminal_type(b, "right = malloc 40\r");
    assert_true(terminal_shows(b, "right = malloc(40)"));
    assert_int_equal(read_journals(NULL), 2);
    terminal *c = start(true, NULL); /* both are in use */
    terminal_type(c, "continue\r");
    assert_true(terminal_shows(c, "there is no session that was cut short"));
    leave(c);
    kill_now(a);
    kill_now(b);
    a = start(false, "--continue");
    assert_true(terminal_shows(a, "Continued: 1 command; the last one: right = malloc 40"));
    b = start(false, "--continue");
    assert_true(terminal_shows(b, "Continued: 1 command; the last one: left = malloc 24"));
    leave(a);
    leave(b);
    assert_int_equal(read_journals(NULL), 0);
}

static void scripts_and_pipes_leave_no_journal(void **state)
{
    (void)state;
    const char *path = terminal_file(home, "script.heap", "malloc 24\nmalloc 8\n");
    free(output_of("", path));
    const char *const argv[] = {program, path, NULL};
    terminal *t = terminal_start(argv, 24, 80, home, NULL);
    assert_true(terminal_shows(t, "p2 = malloc(8)"));
    assert_int_equal(read_journals(NULL), 0);
    terminal_type(t, "malloc 40\r"); /* typed: from now on */
    assert_true(terminal_shows(t, "p3 = malloc(40)"));
    kill_now(t);
    t = start(true, "--continue");
    assert_true(terminal_shows(t, "Continued: 3 commands; the last one: p3 = malloc 40"));
    leave(t);
}

/* Once something was typed, where a lecture went back to is kept as well: after the kill, the
 * session is there, with what was typed as a branch. */
static void where_a_lecture_went_back_to_is_kept(void **state)
{
    (void)state;
    const char *path = terminal_file(home, "lecture.heap", "malloc 24\nmalloc 8\nmalloc 16\n");
    const char *const argv[] = {program, path, NULL};
    terminal *t = terminal_start(argv, 24, 80, home, NULL);
    terminal_type(t, "\033[6~\033[6~"); /* Page Down */
    assert_true(terminal_shows(t, "p3 = malloc(16)"));
    terminal_type(t, "own = malloc 40\r");
    assert_true(terminal_shows(t, "own = malloc(40)"));
    terminal_type(t, "\033[15~\033[5~\033[5~"); /* F5, Page Up twice */
    assert_true(terminal_shows(t, "step 1/3"));
    kill_now(t);
    t = start(true, "--continue");
    assert_true(terminal_shows(t, "Continued: 1 command; the last one: p1 = malloc 24"));
    terminal_type(t, "redo 3\r");
    assert_true(terminal_shows(t, "own = malloc 40"));
    leave(t);
}

/* --- Long ones ------------------------------------------------------------------------------ */

/* A journal that takes seconds to be continued. */
static size_t write_long_journal(void)
{
    static const char heading[] =
        "# heapscope journal 1\n# allocator tlsf heap 256 max 1073741824\n",
                      line_of_it[] = "malloc 24\n";
    size_t length = sizeof heading - 1, more = sizeof line_of_it - 1;
    size_t size = length + more * 1000000;
    char *text = malloc(size);
    assert_non_null(text);
    memcpy(text, heading, length);
    for (size_t at = length; at < size; at += more) memcpy(text + at, line_of_it, more);
    write_journal(text, size);
    free(text);
    return size;
}

static size_t long_journal_size(void)
{
    struct stat status;
    return stat(written_path(), &status) == 0 ? (size_t)status.st_size : 0;
}

static void stop_continuing(terminal *t)
{
    assert_true(terminal_shows(t, "continuing: "));
    assert_true(terminal_shows(t, " of 1000002 commands, "));
    assert_true(terminal_shows(t, "Ctrl-C stops"));
    terminal_type(t, "\003");
    assert_true(terminal_shows(t, "stopped: nothing is lost"));
    assert_true(terminal_hides(t, "continuing: "));
    assert_int_equal(terminal_wait(t), 1);
    terminal_end(t);
}

static void continuing_tells_how_far_it_is_and_is_stopped_without_loss(void **state)
{
    size_t size = write_long_journal();
    const char *const argv[] = {program, "--continue", NULL}, *const plain[] = {program, "--plain",
                                                                                "--continue", NULL};
    (void)state;
    stop_continuing(terminal_start(argv, 24, 80, home, NULL));
    stop_continuing(terminal_start(plain, 24, 80, home, NULL));
    assert_int_equal(read_journals(NULL), 1);
    assert_int_equal(long_journal_size(), size);
}

/* The one that was stopped, though the other was written to later. */
static void a_stopped_one_is_the_next_to_be_continued(void **state)
{
    size_t size = write_long_journal();
    (void)state;
    for (int i = 0; i < 2; i++) {
        terminal *t = start(i == 1, NULL);
        terminal_type(t, "malloc 24\r");
        assert_true(terminal_shows(t, "p1 = malloc(24)"));
        terminal_type(t, "continue\r");
        stop_continuing(t);
    }
    assert_int_equal(read_journals(NULL), 3);
    assert_int_equal(long_journal_size(), size);
    const char *const argv[] = {program, "--continue", NULL};
    stop_continuing(terminal_start(argv, 24, 80, home, NULL));
}

/* --- Disks ---------------------------------------------------------------------------------- */

static void without_a_folder_the_session_goes_on(void **state)
{
    static const char *const environment[] = {"XDG_STATE_HOME=/proc/nowhere", NULL};
    (void)state;
    const char *const argv[] = {program, NULL};
    terminal *t = terminal_start(argv, 24, 80, home, environment);
    assert_true(terminal_shows(t, "committed"));
    terminal_type(t, "malloc 24\r");
    assert_true(terminal_shows(t, "a crash would lose this session: its journal in"));
    assert_true(terminal_shows(t, "No such file"));
    assert_true(terminal_shows(t, "p1 = malloc(24)"));
    terminal_type(t, "malloc 8\r");
    assert_true(terminal_shows(t, "p2 = malloc(8)"));
    assert_true(terminal_hides(t, "a crash would lose"));
    leave(t);
}

/* A limit on the size of files stands for a full disk. */
static void a_full_disk_is_told_and_loses_nothing(void **state)
{
    static char kept[MOST];
    char command[512];
    (void)state;
    snprintf(command, sizeof command, "ulimit -f 2; cd %s; exec %s --plain", home, program);
    const char *const argv[] = {"sh", "-c", command, NULL};
    terminal *t = terminal_start(argv, 24, 80, home, NULL);
    assert_true(terminal_shows(t, "heapscope>"));
    terminal_type(t, "set picture off; malloc 24\r");
    assert_true(terminal_shows(t, "p1 = malloc(24)"));
    terminal_type(t, "random 5000 seed 1\r");
    assert_true(terminal_shows(t, "a crash would lose this session"));
    assert_true(terminal_shows(t, "File too large"));
    terminal_type(t, "save all.heap\r");
    assert_true(terminal_shows(t, "it can not be saved: File too large"));
    terminal_type(t, "undo 5000\r");
    assert_true(terminal_shows(t, "at command 2 of"));
    assert_int_equal(read_journals(kept), 1);
    size_t n = strlen(kept);
    assert_true(n > 0 && kept[n - 1] == '\n');
    leave(t);
    snprintf(command, sizeof command, "%s/all.heap", home);
    assert_int_not_equal(access(command, F_OK), 0);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup(name, clear_journals)
    const struct CMUnitTest tests[] = {
        TEST(kill_9_loses_at_most_the_command_being_typed),
        TEST(a_long_command_that_is_killed_has_done_a_part),
        TEST(a_journal_torn_anywhere_is_continued_up_to_there),
        TEST(a_line_that_can_not_be_done_is_told_and_kept),
        TEST(a_line_that_is_too_long_is_told_and_kept),
        TEST(a_journal_writes_no_file_and_runs_no_program),
        TEST(a_session_is_offered_and_continued),
        TEST(what_is_left_for_another_session_is_kept),
        TEST(sessions_at_the_same_time_have_a_journal_each),
        TEST(scripts_and_pipes_leave_no_journal),
        TEST(where_a_lecture_went_back_to_is_kept),
        TEST(continuing_tells_how_far_it_is_and_is_stopped_without_loss),
        TEST(a_stopped_one_is_the_next_to_be_continued),
        TEST(without_a_folder_the_session_goes_on),
        TEST(a_full_disk_is_told_and_loses_nothing),
    };
    if (argc < 2 || !mkdtemp(home) || !(program = realpath(argv[1], NULL))) return 2;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    run_shell("rm -rf", home);
    return failed;
}

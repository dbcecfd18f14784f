/* SPDX-License-Identifier: MIT */
/* Every command that writes, in every situation that its file can be in: the program is run on a
 * folder of its own, and then the folder is looked at. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534, MOST_TEXT = 1 << 16 };

static char *heapscope;

/* --- The commands --------------------------------------------------------------------------- */

/* What writes a file: OUT stands for its name, in the arguments or in what is typed. */
typedef struct {
    const char *name, *typed;
    const char *arguments[10];
    const char *writes; /* what is in it then */
} writer;

static const writer writers[] = {
    {"save", "malloc 24; save \"OUT\"", {"--plain"}, "p1 = malloc 24\n"},
    {"adversary",
     "heap 64 max 64; adversary first-fit best-fit seconds 9 to \"OUT\"",
     {"--plain"},
     "# A heapscope session: in 64 bytes first-fit fails"},
    {"convert", NULL, {"convert", "--to", "script", "in.rep", "OUT"}, "a 0 5\n"},
    {"convert, packed", NULL, {"convert", "--to", "hst", "in.rep", "OUT"}, "HST\r\n"},
    {"generate", NULL, {"generate", "-n", "20", "--format", "rep", "OUT"}, "\na 0 "},
};
enum { WRITERS = sizeof writers / sizeof *writers };

/* What writes to standard output alone. */
static const struct {
    const char *typed;
    const char *arguments[6];
} printers[] = {
    {"malloc 24; stats", {"--plain"}},
    {NULL, {"--help"}},
    {NULL, {"--version"}},
    {NULL, {"--man"}},
    {NULL, {"--demos"}},
    {NULL, {"--quiz"}},
    {NULL, {"--answers"}},
    {NULL, {"--ostep", "+10,-0"}},
    {NULL, {"--ostep-segmentation", "-c"}},
    {NULL, {"--ostep-segmentation", "-h"}},
    {NULL, {"compare", "--csv", "--runs", "1", "in.rep", "bump"}},
    {NULL, {"compare", "--json", "--runs", "1", "in.rep", "bump"}},
    {NULL, {"compare", "--runs", "1", "in.rep", "bump"}},
    {NULL, {"compare", "-h"}},
    {NULL, {"convert", "--to", "script", "in.rep", "-"}},
    {NULL, {"convert", "--to", "hst", "in.rep", "/dev/stdout"}},
    {NULL, {"convert", "-h"}},
    {NULL, {"generate", "-n", "20", "--format", "rep", "-"}},
    {NULL, {"generate", "--help"}},
    {"malloc 8; save -", {"--plain"}},
    {"malloc 8; save \"/dev/fd/1\"", {"--plain"}},
};

/* --- Running -------------------------------------------------------------------------------- */

/* How the program is run. */
typedef struct {
    bool as_nobody, on_a_full_disk, without_home, without_output;
    const char *output; /* a file for standard output; NULL: it is caught */
    int stopped_after;  /* milliseconds until Ctrl-C; 0: never */
} way;

typedef struct {
    int status; /* as a shell has it */
    char said[MOST_TEXT];
} outcome;

/* `text` with `name` for each OUT, to be freed. */
static char *filled_in(const char *text, const char *name)
{
    const char *out = text ? strstr(text, "OUT") : NULL;
    char *made = NULL;
    if (!text) return NULL;
    int n = out ? asprintf(&made, "%.*s%s%s", (int)(out - text), text, name, out + 3)
                : asprintf(&made, "%s", text);
    assert_true(n >= 0);
    return made;
}

static void become(const char *const *arguments, const char *name, const way *how)
{
    char *argv[12] = {(char *)(uintptr_t)heapscope};
    struct rlimit none = {0, 0};
    for (int i = 0; arguments[i]; i++) argv[i + 1] = filled_in(arguments[i], name);
    if (how->without_home) unsetenv("HOME"), unsetenv("XDG_STATE_HOME");
    if (how->without_output) close(STDOUT_FILENO);
    if (how->on_a_full_disk) setrlimit(RLIMIT_FSIZE, &none);
    if (how->as_nobody && getuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) _exit(126);
    execv(heapscope, argv);
    _exit(127);
}

/* In the child, before it becomes the program. */
static void connect_to(int in, int out, const char *output)
{
    dup2(in, STDIN_FILENO);
    dup2(out, STDERR_FILENO);
    dup2(output ? open(output, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : out, STDOUT_FILENO);
}

static void take_in(int fd, pid_t child, const way *how, outcome *o)
{
    size_t n = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (n < sizeof o->said - 1) {
        if (poll(&p, 1, how->stopped_after ? how->stopped_after : 60000) == 0) {
            kill(child, how->stopped_after ? SIGINT : SIGKILL);
            assert_true(how->stopped_after);
        }
        ssize_t got = read(fd, o->said + n, sizeof o->said - 1 - n);
        if (got <= 0) break;
        n += (size_t)got;
    }
    o->said[n] = 0;
}

static outcome run(const char *typed, const char *const *arguments, const char *name,
                   const way *how)
{
    static outcome o;
    int in[2], out[2], status;
    char *text = filled_in(typed, name);
    assert_int_equal(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
    if (text) assert_int_equal(write(in[1], text, strlen(text)), strlen(text));
    close(in[1]);
    pid_t child = fork();
    if (child == 0) {
        connect_to(in[0], out[1], how->output);
        become(arguments, name, how);
    }
    close(in[0]);
    close(out[1]);
    take_in(out[0], child, how, &o);
    close(out[0]);
    free(text);
    assert_int_equal(waitpid(child, &status, 0), child);
    o.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return o;
}

static outcome writes(const writer *w, const char *name, way how)
{
    return run(w->typed, w->arguments, name, &how);
}

/* It was told that something could not be written: a while ago, or why. */
static bool tells_of_full_output(const outcome *o)
{
    return strstr(o->said, strerror(ENOSPC)) ||
           strstr(o->said, "standard output: not all of it could be written");
}

/* --- The folder ----------------------------------------------------------------------------- */

static const char old[] = "# A heapscope session, long ago\nmalloc 8\n";

static void put_file(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static int enter_folder(void **state)
{
    char *folder = strdup("/tmp/heapscope-writing-XXXXXX");
    *state = folder;
    umask(022);
    if (!folder || !mkdtemp(folder) || chdir(folder) != 0 || chmod(folder, 0777) != 0) return -1;
    put_file("in.rep", "100\n1\n2\n1\na 0 5\nf 0\n", 0644);
    return setenv("XDG_STATE_HOME", folder, 1) | setenv("HOME", folder, 1);
}

static int leave_folder(void **state)
{
    char command[128];
    snprintf(command, sizeof command, "chmod -R u+rwx %s; rm -rf %s", (char *)*state,
             (char *)*state);
    free(*state);
    return chdir("/") || system(command) ? -1 : 0;
}

static bool has(const char *path, const char *text)
{
    static char bytes[MOST_TEXT];
    FILE *f = fopen(path, "r");
    if (!f) return false;
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    return memmem(bytes, n, text, strlen(text)) != NULL;
}

static struct stat status_of(const char *path)
{
    struct stat is = {0};
    lstat(path, &is);
    return is;
}

static int names_in(const char *folder)
{
    char command[64];
    int n = -1;
    snprintf(command, sizeof command, "ls -A %s | wc -l", folder);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &n), 1);
    pclose(f);
    return n;
}

/* --- The situations ------------------------------------------------------------------------- */

/* Says of one situation what was not right; NULL: all was. */
typedef const char *(*situation)(const writer *);

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) return #condition;                                                       \
    } while (0)

static const char *missing(const writer *w)
{
    outcome o = writes(w, "d/x", (way){0});
    EXPECT(o.status == 0);
    EXPECT(has("d/x", w->writes));
    EXPECT((status_of("d/x").st_mode & 07777) == 0644);
    EXPECT(names_in("d") == 1);
    return NULL;
}

static const char *there_with_a_mode(const writer *w)
{
    put_file("d/x", old, 0600);
    outcome o = writes(w, "d/x", (way){0});
    EXPECT(o.status == 0);
    EXPECT(has("d/x", w->writes) && !has("d/x", "long ago"));
    EXPECT((status_of("d/x").st_mode & 07777) == 0600);
    EXPECT(!w->typed || strstr(o.said, "the session that was saved in d/x is replaced"));
    EXPECT(names_in("d") == 1);
    return NULL;
}

static const char *read_only(const writer *w)
{
    put_file("d/x", old, 0444);
    outcome o = writes(w, "d/x", (way){.as_nobody = true});
    EXPECT(o.status == 1);
    EXPECT(strstr(o.said, strerror(EACCES)));
    EXPECT(has("d/x", old));
    EXPECT(names_in("d") == 1);
    return NULL;
}

static const char *in_a_read_only_folder(const writer *w)
{
    put_file("d/x", old, 0666);
    chmod("d", 0555);
    outcome o = writes(w, "d/x", (way){.as_nobody = true}),
            none = writes(w, "d/none", (way){.as_nobody = true});
    EXPECT(o.status == 0);
    EXPECT(none.status == 1 && strstr(none.said, strerror(EACCES)));
    EXPECT(has("d/x", w->writes) && !has("d/x", "long ago"));
    EXPECT(names_in("d") == 1);
    return NULL;
}

static const char *told_in_place(const writer *w)
{
    put_file("d/x", old, 0666);
    chmod("d", 0555);
    outcome o = writes(w, "d/x", (way){.as_nobody = true});
    EXPECT(strstr(o.said, "written over in place: no file can be made beside it"));
    return NULL;
}

static const char *full_disk(const writer *w)
{
    put_file("d/x", old, 0644);
    put_file("d/y", old, 0644);
    EXPECT(link("d/y", "d/z") == 0);
    const char *const paths[] = {"d/x", "d/y", "d/new"};
    for (int i = 0; i < 3; i++) {
        outcome o = writes(w, paths[i], (way){.on_a_full_disk = true});
        EXPECT(o.status == 1);
        EXPECT(strstr(o.said, strerror(EFBIG)));
    }
    EXPECT(has("d/x", old) && has("d/y", old));
    EXPECT(names_in("d") == 3);
    return NULL;
}

static const char *without_home(const writer *w)
{
    outcome o = writes(w, "d/x", (way){.without_home = true});
    EXPECT(o.status == 0);
    EXPECT(has("d/x", w->writes));
    return NULL;
}

static const char *fifo(const writer *w)
{
    int status;
    EXPECT(mkfifo("d/x", 0640) == 0);
    pid_t reader = fork();
    if (reader == 0) _exit(!has("d/x", w->writes));
    outcome o = writes(w, "d/x", (way){0});
    waitpid(reader, &status, 0);
    EXPECT(o.status == 0);
    EXPECT(status == 0);
    EXPECT(status_of("d/x").st_mode == (S_IFIFO | 0640));
    EXPECT(names_in("d") == 1);
    return NULL;
}

static const char *fifo_that_nobody_reads(const writer *w)
{
    EXPECT(mkfifo("d/x", 0640) == 0);
    outcome o = writes(w, "d/x", (way){.stopped_after = 500});
    EXPECT(o.status == 1 || o.status == 128 + SIGINT);
    EXPECT(status_of("d/x").st_mode == (S_IFIFO | 0640));
    EXPECT(names_in("d") == 1);
    return NULL;
}

/* A terminal of the test's own. */
static const char *character_device(const writer *w)
{
    char got[4096] = "";
    size_t n = 0;
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) return NULL;
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC); /* so that what comes stays */
    EXPECT(symlink(ptsname(master), "d/x") == 0);
    struct stat before, after;
    EXPECT(stat("d/x", &before) == 0);
    outcome o = writes(w, "d/x", (way){0});
    EXPECT(stat("d/x", &after) == 0);
    for (struct pollfd p = {.fd = master, .events = POLLIN};
         n < sizeof got && poll(&p, 1, 200) == 1;) {
        ssize_t more = read(master, got + n, sizeof got - n);
        if (more <= 0) break;
        n += (size_t)more;
    }
    close(slave);
    close(master);
    char word[8]; /* lines end in another way there */
    snprintf(word, sizeof word, "%.3s", w->writes + strspn(w->writes, "\n"));
    EXPECT(o.status == 0);
    EXPECT(memmem(got, n, word, strlen(word)));
    EXPECT(before.st_mode == after.st_mode && before.st_ino == after.st_ino);
    EXPECT(S_ISLNK(status_of("d/x").st_mode));
    return NULL;
}

static const char *dangling_link(const writer *w)
{
    EXPECT(symlink("target", "d/x") == 0);
    outcome o = writes(w, "d/x", (way){0});
    EXPECT(o.status == 0);
    EXPECT(S_ISLNK(status_of("d/x").st_mode));
    EXPECT(S_ISREG(status_of("d/target").st_mode) && has("d/target", w->writes));
    EXPECT(names_in("d") == 2);
    return NULL;
}

static const char *link_to_a_file(const writer *w)
{
    put_file("d/target", old, 0640);
    EXPECT(symlink("../d/target", "d/x") == 0);
    outcome o = writes(w, "d/x", (way){0});
    EXPECT(o.status == 0);
    EXPECT(S_ISLNK(status_of("d/x").st_mode));
    EXPECT(status_of("d/target").st_mode == (S_IFREG | 0640) && has("d/target", w->writes));
    EXPECT(names_in("d") == 2);
    return NULL;
}

static const char *hard_link(const writer *w)
{
    put_file("d/x", old, 0640);
    EXPECT(link("d/x", "d/other") == 0);
    outcome o = writes(w, "d/x", (way){0});
    EXPECT(o.status == 0);
    EXPECT(strstr(o.said, "written over in place: it has other names"));
    EXPECT(status_of("d/x").st_ino == status_of("d/other").st_ino);
    EXPECT(has("d/other", w->writes) && !has("d/other", "long ago"));
    EXPECT(names_in("d") == 2);
    return NULL;
}

static const char *folder(const writer *w)
{
    EXPECT(mkdir("d/x", 0755) == 0);
    outcome o = writes(w, "d/x", (way){0});
    EXPECT(o.status == 1);
    EXPECT(strstr(o.said, "this is a folder"));
    EXPECT(names_in("d") == 1 && names_in("d/x") == 0);
    return NULL;
}

static const char *in_no_folder(const writer *w)
{
    outcome o = writes(w, "d/none/x", (way){0});
    EXPECT(o.status == 1);
    EXPECT(strstr(o.said, strerror(ENOENT)));
    return NULL;
}

static const char *full_output(const writer *w)
{
    outcome o = writes(w, "d/x", (way){.output = "/dev/full"});
    bool is_silent = !w->typed && strncmp(w->name, "convert", 7) == 0;
    EXPECT(has("d/x", w->writes));
    EXPECT(o.status == !is_silent);
    EXPECT(is_silent || tells_of_full_output(&o));
    return NULL;
}

/* What is printed goes nowhere, and not into the file that is opened next. */
static const char *without_output(const writer *w)
{
    outcome o = writes(w, "d/x", (way){.without_output = true});
    bool is_silent = !w->typed && strncmp(w->name, "convert", 7) == 0;
    EXPECT(has("d/x", w->writes));
    EXPECT(!has("d/x", "saved") && !has("d/x", "requests, up to"));
    EXPECT(o.status == !is_silent);
    return NULL;
}

static const char *its_output(const writer *w)
{
    put_file("d/x", "before\n", 0640);
    EXPECT(symlink("/dev/stdout", "d/link") == 0);
    static const char *const names[] = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1",
                                        "d/link"};
    for (int i = 0; i < 5; i++) {
        put_file("d/x", "", 0640);
        outcome o = writes(w, names[i], (way){.output = "d/x"});
        EXPECT(o.status == 0);
        EXPECT(has("d/x", w->writes));
        EXPECT(status_of("d/x").st_mode == (S_IFREG | 0640));
        o = writes(w, names[i], (way){.output = "/dev/full"});
        EXPECT(o.status == 1);
        EXPECT(strstr(o.said, strerror(ENOSPC)));
    }
    EXPECT(S_ISLNK(status_of("d/link").st_mode));
    EXPECT(names_in("d") == 2);
    return NULL;
}

static const struct {
    const char *name;
    situation is;
} situations[] = {
    {"missing", missing},
    {"there, with a mode", there_with_a_mode},
    {"read-only", read_only},
    {"in a read-only folder", in_a_read_only_folder},
    {"told in place", told_in_place},
    {"full disk", full_disk},
    {"no HOME", without_home},
    {"FIFO", fifo},
    {"FIFO that nobody reads", fifo_that_nobody_reads},
    {"character device", character_device},
    {"dangling link", dangling_link},
    {"link", link_to_a_file},
    {"hard link", hard_link},
    {"folder", folder},
    {"in no folder", in_no_folder},
    {"full output", full_output},
    {"no output", without_output},
    {"its output", its_output},
};

static void every_writing_command_in_every_situation(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < WRITERS; i++)
        for (size_t j = 0; j < sizeof situations / sizeof *situations; j++) {
            assert_int_equal(mkdir("d", 0777) | chmod("d", 0777), 0);
            const char *why = situations[j].is(&writers[i]);
            if (why) print_error("%s, %s: not %s\n", writers[i].name, situations[j].name, why);
            wrong += why != NULL;
            assert_int_equal(system("chmod -R u+rwx d && rm -rf d"), 0);
        }
    assert_int_equal(wrong, 0);
}

static void a_full_output_is_a_failure_of_all_that_prints(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof printers / sizeof *printers; i++) {
        way full = {.output = "/dev/full"}, caught = {0};
        outcome o = run(printers[i].typed, printers[i].arguments, "", &full);
        bool good = o.status == 1 && tells_of_full_output(&o);
        if (!good)
            print_error("%s %s: %d, %s\n", printers[i].arguments[0],
                        printers[i].typed ? printers[i].typed : "", o.status, o.said);
        wrong += !good;
        o = run(printers[i].typed, printers[i].arguments, "", &caught);
        if (o.status != 0) print_error("%s: %d, %s\n", printers[i].arguments[0], o.status, o.said);
        wrong += o.status != 0;
    }
    assert_int_equal(wrong, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(every_writing_command_in_every_situation),
        TEST(a_full_output_is_a_failure_of_all_that_prints),
    };
    if (argc < 2) return 2;
    if (!(heapscope = realpath(argv[1], NULL)))
        return 2; /* the tests work in folders of their own */
    return cmocka_run_group_tests_name("writing", tests, NULL, NULL);
}

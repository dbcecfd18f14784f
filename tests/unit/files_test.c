/* SPDX-License-Identifier: MIT */
/* What stands at a name that a person gave: kept, replaced as a whole, or written to as it is. */
#include "check.h"

#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { NOBODY = 65534 };

/* Every test has a folder of its own, and is in it. */
static int enter_folder(void **state)
{
    char *folder = strdup("/tmp/heapscope-files-XXXXXX");
    umask(022);
    *state = folder;
    return folder && mkdtemp(folder) ? chdir(folder) : -1;
}

static int leave_folder(void **state)
{
    char command[128];
    snprintf(command, sizeof command, "chmod -R u+rwx %s; rm -rf %s", (char *)*state,
             (char *)*state);
    free(*state);
    return chdir("/") || system(command) ? -1 : 0;
}

/* --- Helpers -------------------------------------------------------------------------------- */

static void put_file(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static const char *text_of(const char *path)
{
    static char text[4096];
    int fd = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(fd >= 0);
    ssize_t n = read(fd, text, sizeof text - 1);
    assert_true(n >= 0);
    text[n] = 0;
    close(fd);
    return text;
}

static struct stat status_of(const char *path)
{
    struct stat is;
    assert_int_equal(lstat(path, &is), 0);
    return is;
}

/* How many names the folder has: no temporary one stays. */
static int names(void)
{
    FILE *f = popen("ls -A | wc -l", "r");
    int n = -1;
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &n), 1);
    pclose(f);
    return n;
}

static bool put_text(void *what, FILE *out)
{
    return fputs(what, out) >= 0;
}

/* The first half, and then what went wrong. */
static bool put_half(void *what, FILE *out)
{
    (void)what;
    for (int i = 0; i < 100000; i++) fputs("half", out);
    errno = ECANCELED;
    return false;
}

static hs_file_writing writing(const char *text)
{
    return (hs_file_writing){.put = put_text, .what = (void *)(uintptr_t)text};
}

static void writes(const char *path, const char *text)
{
    hs_file_report report;
    hs_file_writing w = writing(text);
    if (!hs_file_write(path, &w, &report)) fail_msg("%s: %s", path, report.error);
    assert_string_equal(report.note, "");
}

static void does_not_write(const char *path, const char *why)
{
    hs_file_report report;
    hs_file_writing w = writing("new");
    assert_false(hs_file_write(path, &w, &report));
    assert_string_equal(report.error, why);
}

/* In a process of its own, which may lose its rights and its patience. */
static void in_a_child(void (*run)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        run();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* Asked so often, the user wants to stop. */
static bool asked_thrice(void *of)
{
    return ++*(int *)of >= 3;
}

/* --- Regular files -------------------------------------------------------------------------- */

static void a_new_file_has_the_mode_that_files_are_made_with(void **state)
{
    (void)state;
    writes("a", "new");
    assert_string_equal(text_of("a"), "new");
    assert_int_equal(status_of("a").st_mode & 07777, 0644);
    umask(077);
    writes("b", "new");
    assert_int_equal(status_of("b").st_mode & 07777, 0600);
    assert_int_equal(names(), 2);
}

static void a_file_that_is_replaced_keeps_its_mode_and_its_owner(void **state)
{
    (void)state;
    static const mode_t modes[] = {0600, 0644, 0666, 0755, 0640};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        put_file("a", "old", modes[i]);
        if (getuid() == 0) assert_int_equal(chown("a", NOBODY, NOBODY), 0);
        if (getuid() == 0) assert_int_equal(chmod("a", modes[i]), 0);
        uid_t owner = status_of("a").st_uid;
        writes("a", "new");
        assert_string_equal(text_of("a"), "new");
        assert_int_equal(status_of("a").st_mode & 07777, modes[i]);
        assert_int_equal(status_of("a").st_uid, owner);
    }
    assert_int_equal(names(), 1);
}

/* With an access control list that lets one more user read it: of those, as Linux writes them down,
 * an entry is what it is for, what that may, and who. */
static void a_file_that_is_replaced_keeps_its_attributes(void **state)
{
    (void)state;
    static const uint32_t acl[] = {2,          1 | 6 << 16, UINT32_MAX, 2 | 4 << 16,
                                   12345,      4 | 4 << 16, UINT32_MAX, 16 | 4 << 16,
                                   UINT32_MAX, 32,          UINT32_MAX};
    static const char list[] = "system.posix_acl_access";
    uint32_t now[sizeof acl / sizeof *acl] = {0};
    char value[8] = "";
    put_file("a", "old", 0640);
    bool has_list = setxattr("a", list, acl, sizeof acl, 0) == 0;
    bool has_own = setxattr("a", "user.heapscope", "kept", 5, 0) == 0;
    if (!has_list && !has_own) skip();
    writes("a", "new");
    assert_string_equal(text_of("a"), "new");
    if (has_list) assert_int_equal(getxattr("a", list, now, sizeof now), sizeof acl);
    if (has_list) assert_memory_equal(now, acl, sizeof acl);
    if (has_own) assert_int_equal(getxattr("a", "user.heapscope", value, sizeof value), 5);
    if (has_own) assert_string_equal(value, "kept");
    assert_int_equal(unlink("a"), 0);
}

static void a_link_stays_and_what_it_leads_to_is_written(void **state)
{
    (void)state;
    assert_int_equal(mkdir("folder", 0755), 0);
    put_file("folder/a", "old", 0600);
    assert_int_equal(symlink("folder/b", "one"), 0);
    assert_int_equal(symlink("a", "folder/b"), 0);
    writes("one", "new");
    assert_true(S_ISLNK(status_of("one").st_mode));
    assert_true(S_ISLNK(status_of("folder/b").st_mode));
    assert_string_equal(text_of("folder/a"), "new");
    assert_int_equal(status_of("folder/a").st_mode & 07777, 0600);
    assert_int_equal(symlink("folder/c", "dangling"), 0);
    writes("dangling", "made");
    assert_true(S_ISLNK(status_of("dangling").st_mode));
    assert_string_equal(text_of("folder/c"), "made");
    assert_int_equal(symlink("round", "round"), 0);
    does_not_write("round", strerror(ELOOP));
    assert_int_equal(symlink("nowhere/a", "lost"), 0);
    does_not_write("lost", strerror(ENOENT));
}

static void a_file_with_more_names_is_written_over_where_it_is(void **state)
{
    (void)state;
    hs_file_report report;
    hs_file_writing w = writing("new");
    put_file("a", "old and longer", 0600);
    assert_int_equal(link("a", "b"), 0);
    assert_true(hs_file_write("a", &w, &report));
    assert_string_equal(report.note, "written over in place: it has other names");
    assert_string_equal(text_of("b"), "new");
    assert_int_equal(status_of("a").st_ino, status_of("b").st_ino);
    assert_int_equal(names(), 2);
}

static void lose_rights(void)
{
    if (getuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) _exit(1);
}

static void write_in_a_closed_folder(void)
{
    hs_file_report report;
    hs_file_writing w = writing("new");
    lose_rights();
    if (!hs_file_write("closed/a", &w, &report) ||
        strcmp(report.note, "written over in place: no file can be made beside it") != 0)
        _exit(2);
    if (hs_file_write("closed/none", &w, &report) || strcmp(report.error, strerror(EACCES)) != 0)
        _exit(3);
    if (hs_file_write("closed/b", &w, &report) || strcmp(report.error, strerror(EACCES)) != 0)
        _exit(4);
    if (hs_file_write("open/foreign", &w, &report) && report.note[0]) _exit(0);
    if (getuid() == NOBODY) _exit(5);
}

static void where_no_file_can_be_made_the_old_one_is_written_over(void **state)
{
    assert_int_equal(chmod(*state, 0755), 0);
    assert_int_equal(mkdir("closed", 0755), 0);
    put_file("closed/a", "old", 0666);
    put_file("closed/b", "old", 0444);
    assert_int_equal(chmod("closed", 0555), 0);
    assert_int_equal(mkdir("open", 0777), 0);
    assert_int_equal(chmod("open", 0777), 0);
    put_file("open/foreign", "old", 0666);
    in_a_child(write_in_a_closed_folder);
    assert_string_equal(text_of("closed/a"), "new");
    assert_string_equal(text_of("closed/b"), "old");
    if (getuid() == 0) { /* somebody else's file stays theirs */
        assert_string_equal(text_of("open/foreign"), "new");
        assert_int_equal(status_of("open/foreign").st_uid, 0);
    }
}

static void what_fails_half_way_leaves_all_as_it_was(void **state)
{
    (void)state;
    hs_file_report report;
    hs_file_writing w = {.put = put_half};
    put_file("a", "old", 0600);
    put_file("b", "old", 0600);
    assert_int_equal(link("b", "c"), 0);
    const char *const paths[] = {"a", "b", "new"};
    ino_t before = status_of("a").st_ino;
    for (size_t i = 0; i < 3; i++) {
        assert_false(hs_file_write(paths[i], &w, &report));
        assert_true(report.stopped);
    }
    assert_string_equal(text_of("a"), "old");
    assert_int_equal(status_of("a").st_ino, before);
    assert_string_equal(text_of("b"), "old");
    assert_int_equal(names(), 3);
}

/* A disk that is full after 64 KiB, for this process. */
static void write_to_a_full_disk(void)
{
    static char long_text[1 << 17];
    hs_file_report report;
    hs_file_writing w = writing(long_text);
    struct rlimit limit = {1 << 16, 1 << 16};
    memset(long_text, 'x', sizeof long_text - 1);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    const char *const paths[] = {"a", "b", "new"};
    for (size_t i = 0; i < 3; i++)
        if (hs_file_write(paths[i], &w, &report) || strcmp(report.error, strerror(EFBIG)) != 0)
            _exit((int)i + 1);
}

static void a_full_disk_leaves_all_as_it_was(void **state)
{
    (void)state;
    put_file("a", "old", 0600);
    put_file("b", "old", 0600);
    assert_int_equal(link("b", "c"), 0);
    in_a_child(write_to_a_full_disk);
    assert_string_equal(text_of("a"), "old");
    assert_string_equal(text_of("b"), "old");
    assert_int_equal(names(), 3);
}

/* --- What is never replaced ----------------------------------------------------------------- */

static void folders_and_block_devices_are_refused(void **state)
{
    (void)state;
    hs_file_report report;
    assert_int_equal(mkdir("folder", 0755), 0);
    assert_int_equal(symlink("folder", "link"), 0);
    does_not_write("folder", "this is a folder");
    does_not_write("folder/", "this is a folder");
    does_not_write("link", "this is a folder");
    does_not_write(".", "this is a folder");
    does_not_write("none/", "this is the name of a folder");
    does_not_write("", strerror(ENOENT));
    assert_int_equal(hs_file_open("folder", &report), -1);
    assert_string_equal(report.error, "this is a folder");
    /* A number that no driver has: nothing is behind it. */
    if (mknod("block", S_IFBLK | 0600, makedev(250, 255)) != 0) skip();
    does_not_write("block", "this is a block device");
    assert_true(S_ISBLK(status_of("block").st_mode));
}

static void a_terminal_is_written_to_and_keeps_its_mode(void **state)
{
    (void)state;
    char got[16] = "";
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) skip();
    const char *slave = ptsname(master);
    assert_int_equal(symlink(slave, "device"), 0);
    struct stat before = status_of(slave);
    writes("device", "new");
    struct stat after = status_of(slave);
    assert_true(S_ISCHR(after.st_mode));
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(before.st_mode, after.st_mode);
    assert_int_equal(read(master, got, sizeof got - 1), 3);
    assert_string_equal(got, "new");
    assert_false(hs_file_is_regular("device"));
    close(master);
}

/* Read all there is, in a process of its own, and say whether it is this. */
static pid_t reader_of(const char *fifo, const char *text)
{
    pid_t child = fork();
    if (child == 0) {
        char got[64] = "";
        size_t n = 0;
        int fd = open(fifo, O_RDONLY);
        for (ssize_t m; (m = read(fd, got + n, sizeof got - 1 - n)) > 0;) n += (size_t)m;
        _exit(strcmp(got, text) != 0);
    }
    return child;
}

static void a_fifo_is_written_to_once_somebody_reads_it(void **state)
{
    (void)state;
    int status;
    assert_int_equal(mkfifo("fifo", 0640), 0);
    pid_t reader = reader_of("fifo", "new");
    writes("fifo", "new");
    assert_int_equal(waitpid(reader, &status, 0), reader);
    assert_int_equal(status, 0);
    assert_true(S_ISFIFO(status_of("fifo").st_mode));
    assert_int_equal(status_of("fifo").st_mode & 07777, 0640);
    assert_false(hs_file_is_regular("fifo"));
}

static void who_waits_at_a_fifo_can_be_stopped(void **state)
{
    (void)state;
    int asked = 0;
    char byte;
    hs_file_report report;
    hs_file_writing w = writing("new");
    w.stop = (hs_stop){asked_thrice, &asked};
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_false(hs_file_write("fifo", &w, &report));
    assert_true(report.stopped);
    assert_int_equal(asked, 3);
    int fd = hs_file_open("fifo", &report);
    assert_true(fd >= 0);
    asked = 0;
    assert_int_equal(hs_file_read(fd, &byte, 1, w.stop), -1);
    assert_int_equal(errno, ECANCELED);
    close(fd);
    /* A reader that takes nothing. */
    fd = open("fifo", O_RDONLY | O_NONBLOCK);
    char *much = calloc(1 << 20, 1);
    memset(much, 'x', (1 << 20) - 1);
    w.what = much;
    asked = 0;
    assert_false(hs_file_write("fifo", &w, &report));
    assert_true(report.stopped);
    free(much);
    close(fd);
}

static bool leave_it(void *what, FILE *out)
{
    close(*(int *)what);
    return fputs("new", out) >= 0;
}

static void a_reader_that_goes_is_an_error_and_no_signal(void **state)
{
    (void)state;
    hs_file_report report;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    int fd = open("fifo", O_RDONLY | O_NONBLOCK);
    hs_file_writing w = {.put = leave_it, .what = &fd};
    assert_false(hs_file_write("fifo", &w, &report));
    assert_string_equal(report.error, strerror(EPIPE));
}

static void a_fifo_is_read_once_somebody_writes_to_it(void **state)
{
    (void)state;
    char got[16] = "";
    hs_file_report report;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    int fd = hs_file_open("fifo", &report);
    assert_true(fd >= 0);
    pid_t writer = fork();
    if (writer == 0) {
        int out = open("fifo", O_WRONLY);
        _exit(write(out, "text", 4) != 4);
    }
    assert_int_equal(hs_file_read(fd, got, sizeof got - 1, (hs_stop){0}), 4);
    assert_string_equal(got, "text");
    assert_int_equal(hs_file_read(fd, got, sizeof got - 1, (hs_stop){0}), 0);
    assert_int_equal(waitpid(writer, NULL, 0), writer);
    close(fd);
}

static void a_socket_is_connected_to(void **state)
{
    (void)state;
    char got[16] = "";
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof address), 0);
    does_not_write("socket", strerror(ECONNREFUSED));
    assert_int_equal(listen(server, 1), 0);
    writes("socket", "new");
    int end = accept(server, NULL, NULL);
    assert_int_equal(read(end, got, sizeof got - 1), 3);
    assert_string_equal(got, "new");
    assert_true(S_ISSOCK(status_of("socket").st_mode));
    close(end);
    close(server);
}

/* --- Descriptors ---------------------------------------------------------------------------- */

static void a_descriptor_is_written_to_where_it_is(void **state)
{
    (void)state;
    char own[64], process[64];
    put_file("out", "", 0600);
    int fd = open("out", O_WRONLY);
    assert_int_equal(write(fd, "before ", 7), 7);
    snprintf(own, sizeof own, "/dev/fd/%d", fd);
    snprintf(process, sizeof process, "/proc/%d/fd/%d", (int)getpid(), fd);
    assert_int_equal(symlink(own, "link"), 0);
    writes(own, "one ");
    writes(process, "two ");
    writes("link", "three ");
    assert_false(hs_file_is_regular("link"));
    assert_int_equal(write(fd, "behind", 6), 6);
    assert_string_equal(text_of("out"), "before one two three behind");
    assert_true(S_ISLNK(status_of("link").st_mode));
    close(fd);
    does_not_write(own, strerror(EBADF));
}

static void a_descriptor_of_the_programs_own_is_none(void **state)
{
    (void)state;
    char own[64];
    int fd = open("journal", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    snprintf(own, sizeof own, "/dev/fd/%d", fd);
    does_not_write(own, strerror(EBADF));
    close(fd);
}

static void the_file_of_another_programs_descriptor_is_appended_to(void **state)
{
    (void)state;
    char path[64];
    put_file("out", "old ", 0600);
    int fd = open("out", O_RDONLY);
    pid_t other = fork();
    if (other == 0) {
        pause();
        _exit(0);
    }
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)other, fd);
    ino_t before = status_of("out").st_ino;
    writes(path, "new");
    assert_string_equal(text_of("out"), "old new");
    assert_int_equal(status_of("out").st_ino, before);
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    close(fd);
}

static void standard_output_is_a_dash(void **state)
{
    (void)state;
    int before = dup(STDOUT_FILENO);
    fflush(stdout);
    int fd = open("out", O_RDWR | O_CREAT, 0600);
    dup2(fd, STDOUT_FILENO);
    printf("before ");
    hs_file_report report;
    hs_file_writing w = writing("new ");
    bool dash = hs_file_write("-", &w, &report), name = hs_file_write("/dev/stdout", &w, &report);
    fflush(stdout);
    dup2(before, STDOUT_FILENO);
    assert_true(dash && name);
    assert_string_equal(text_of("out"), "before new new ");
    close(fd);
    close(before);
}

static void take_what_is_missing(void)
{
    close(STDOUT_FILENO);
    hs_file_guard_standard();
    int fd = open("a", O_WRONLY | O_CREAT, 0600);
    if (fd <= STDERR_FILENO || write(STDOUT_FILENO, "x", 1) >= 0) _exit(1);
}

static void a_missing_standard_descriptor_becomes_no_file(void **state)
{
    (void)state;
    in_a_child(take_what_is_missing);
}

/* --- Appending ------------------------------------------------------------------------------ */

static void appending_makes_a_secret_file_and_leaves_others_their_mode(void **state)
{
    (void)state;
    int fd = hs_file_append("new");
    assert_int_equal(write(fd, "one", 3), 3);
    close(fd);
    assert_int_equal(status_of("new").st_mode & 07777, 0600);
    put_file("old", "one ", 0644);
    assert_int_equal(symlink("old", "link"), 0);
    fd = hs_file_append("link");
    assert_int_equal(write(fd, "two", 3), 3);
    close(fd);
    assert_string_equal(text_of("old"), "one two");
    assert_int_equal(status_of("old").st_mode & 07777, 0644);
    assert_int_equal(hs_file_append_to_own("link"), -1);
    assert_int_equal(hs_file_append_to_own("missing"), -1);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(hs_file_append("fifo"), -1);
    assert_int_equal(hs_file_append("."), -1);
}

/* --- Lines ---------------------------------------------------------------------------------- */

static void a_line_is_kept_up_to_the_longest(void **state)
{
    (void)state;
    FILE *f = fopen("lines", "w+");
    for (int i = 0; i < HS_LINE_MOST; i++) putc('a', f);
    putc('\n', f);
    for (int i = 0; i < 3 * HS_LINE_MOST; i++) putc('b', f);
    fputs("\nc\nd", f);
    rewind(f);
    char *line = NULL;
    size_t room = 0;
    assert_int_equal(hs_file_line(f, &line, &room), HS_LINE_MOST + 1);
    assert_int_equal(hs_file_line(f, &line, &room), HS_LINE_MOST + 2);
    assert_int_equal(line[HS_LINE_MOST + 1], '\n');
    assert_int_equal(hs_file_line(f, &line, &room), 2);
    assert_string_equal(line, "c\n");
    assert_int_equal(hs_file_line(f, &line, &room), 1);
    assert_string_equal(line, "d");
    assert_int_equal(hs_file_line(f, &line, &room), -1);
    free(line);
    fclose(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_file_has_the_mode_that_files_are_made_with),
        TEST(a_file_that_is_replaced_keeps_its_mode_and_its_owner),
        TEST(a_file_that_is_replaced_keeps_its_attributes),
        TEST(a_link_stays_and_what_it_leads_to_is_written),
        TEST(a_file_with_more_names_is_written_over_where_it_is),
        TEST(where_no_file_can_be_made_the_old_one_is_written_over),
        TEST(what_fails_half_way_leaves_all_as_it_was),
        TEST(a_full_disk_leaves_all_as_it_was),
        TEST(folders_and_block_devices_are_refused),
        TEST(a_terminal_is_written_to_and_keeps_its_mode),
        TEST(a_fifo_is_written_to_once_somebody_reads_it),
        TEST(who_waits_at_a_fifo_can_be_stopped),
        TEST(a_reader_that_goes_is_an_error_and_no_signal),
        TEST(a_fifo_is_read_once_somebody_writes_to_it),
        TEST(a_socket_is_connected_to),
        TEST(a_descriptor_is_written_to_where_it_is),
        TEST(a_descriptor_of_the_programs_own_is_none),
        TEST(the_file_of_another_programs_descriptor_is_appended_to),
        TEST(standard_output_is_a_dash),
        TEST(a_missing_standard_descriptor_becomes_no_file),
        TEST(appending_makes_a_secret_file_and_leaves_others_their_mode),
        TEST(a_line_is_kept_up_to_the_longest),
    };
    return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The history's file: found again, bounded, and nobody else's to change. */
#include "check.h"

#include "base/files.h"
#include "descriptors.h"
#include "ui/history.h"

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int enter_folder(void **state)
{
    char *folder = strdup("/tmp/heapscope-history-XXXXXX");
    *state = folder;
    return folder && mkdtemp(folder) ? chdir(folder) : -1;
}

static int leave_folder(void **state)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", (char *)*state);
    free(*state);
    return chdir("/") || system(command) ? -1 : 0;
}

static struct stat status_of(const char *path)
{
    struct stat is;
    assert_int_equal(lstat(path, &is), 0);
    return is;
}

/* How many lines are loaded; the last one is this, if there is any. */
static int loaded(const char *path, const wchar_t *last)
{
    hs_history h;
    HistEventW event;
    hs_history_open(&h, path);
    int count = history_w(h.lines, &event, H_GETSIZE) >= 0 ? event.num : -1;
    if (count > 0) {
        assert_true(history_w(h.lines, &event, H_FIRST) >= 0);
        assert_int_equal(wcscmp(event.str, last), 0);
    }
    hs_history_close(&h);
    return count;
}

static bool adds(const char *path, const wchar_t *line)
{
    hs_history h;
    hs_history_open(&h, path);
    bool good = hs_history_add(&h, line);
    hs_history_close(&h);
    return good;
}

static void it_is_made_for_its_owner_and_keeps_its_mode(void **state)
{
    (void)state;
    umask(0);
    assert_true(adds("folder/history", L"malloc 1"));
    assert_int_equal(status_of("folder/history").st_mode & 0777, 0600);
    assert_int_equal(chmod("folder/history", 0644), 0);
    assert_int_equal(symlink("folder/history", "link"), 0);
    assert_true(adds("link", L"malloc 2"));
    assert_true(S_ISLNK(status_of("link").st_mode));
    assert_int_equal(status_of("folder/history").st_mode & 0777, 0644);
    assert_int_equal(loaded("folder/history", L"malloc 2"), 2);
    umask(022);
}

/* Many short lines, and one that is so long. */
/* Typed twice in a row, a line is kept once: in the file, too, which Up reads next time. */
static void a_line_that_repeats_is_written_once(void **state)
{
    (void)state;
    assert_true(adds("repeats", L"malloc 1"));
    off_t once = status_of("repeats").st_size;
    assert_true(adds("repeats", L"malloc 1"));
    assert_int_equal(status_of("repeats").st_size, once);
    assert_true(adds("repeats", L"malloc 2"));
    assert_true(adds("repeats", L"malloc 1"));
    assert_true(status_of("repeats").st_size > once + 2 * (off_t)strlen("malloc 1"));
}

static void write_long_history(const char *path, size_t length)
{
    FILE *f = fopen(path, "w");
    fputs("_HiStOrY_V2_\n", f);
    for (int i = 0; i < 3000; i++) fprintf(f, "malloc\\040%d\n", i);
    for (size_t i = 0; i < length; i++) putc('x', f);
    fputs("\nfree\\040p1\n", f);
    assert_int_equal(fclose(f), 0);
}

static void a_line_that_is_too_long_is_left_out(void **state)
{
    (void)state;
    static const size_t lengths[] = {HS_LINE_MOST, 8 * HS_LINE_MOST};
    for (size_t i = 0; i < 2; i++) {
        write_long_history("history", lengths[i]);
        assert_int_equal(chmod("history", 0640), 0);
        assert_int_equal(loaded("history", L"free p1"), 1000);
        struct stat is = status_of("history");
        assert_true(is.st_size < 1 << 18); /* and it is not read again */
        assert_int_equal(is.st_mode & 0777, 0640);
        assert_int_equal(loaded("history", L"free p1"), 1000);
    }
}

static void a_large_link_stays_one(void **state)
{
    (void)state;
    write_long_history("target", 1 << 19);
    assert_int_equal(symlink("target", "link"), 0);
    assert_int_equal(loaded("link", L"free p1"), 1000);
    assert_true(S_ISLNK(status_of("link").st_mode));
}

static void what_is_no_history_is_not_replaced(void **state)
{
    (void)state;
    FILE *f = fopen("thesis", "w");
    for (int i = 0; i < 1 << 16; i++) fputs("a thesis\n", f);
    assert_int_equal(fclose(f), 0);
    off_t size = status_of("thesis").st_size;
    assert_int_equal(loaded("thesis", L""), 0);
    assert_int_equal(status_of("thesis").st_size, size);
}

static void nobody_is_waited_for(void **state)
{
    (void)state;
    int before = open_descriptors();
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(loaded("fifo", L""), 0);
    assert_false(adds("fifo", L"malloc 1"));
    assert_int_equal(mkdir("folder", 0700), 0);
    assert_false(adds("folder", L"malloc 1"));
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) skip();
    assert_int_equal(symlink(ptsname(master), "device"), 0);
    assert_true(adds("device", L"malloc 1"));
    close(master);
    write_long_history("history", 1 << 21);
    assert_true(adds("history", L"malloc 1"));
    assert_int_equal(open_descriptors(), before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_made_for_its_owner_and_keeps_its_mode),
        TEST(a_line_that_repeats_is_written_once),
        TEST(a_line_that_is_too_long_is_left_out),
        TEST(a_large_link_stays_one),
        TEST(what_is_no_history_is_not_replaced),
        TEST(nobody_is_waited_for),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Opening to read and to append. */
#include "base/memory.h"
#include "base/place.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- Reading -------------------------------------------------------------------------------- */

int hs_file_open(const char *path, hs_file_report *report)
{
    hs_place p;
    struct stat is;
    *report = (hs_file_report){0};
    int fd = -1;
    if (hs_place_find(&p, path, STDIN_FILENO, report)) {
        if (p.is_there || p.descriptor >= 0)
            fd = hs_place_open(&p, O_RDONLY);
        else
            errno = ENOENT;
        if (fd < 0 || fstat(fd, &is) != 0)
            hs_file_fail_by(report, errno);
        else
            hs_place_is_allowed(is.st_mode, report);
    }
    hs_place_leave(&p);
    if (!report->error[0]) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

ssize_t hs_file_read(int fd, void *out, size_t room, hs_stop stop)
{
    for (;;) {
        if (!hs_wait_for(fd, POLLIN, stop)) return -1;
        ssize_t n = read(fd, out, room);
        if (n >= 0 || (errno != EAGAIN && errno != EINTR)) return n;
    }
}

/* Room for one more character of a line and the NUL behind it. */
static void make_room(char **line, size_t *room, size_t used)
{
    *line = hs_array_reserve(*line, room, used + 2, 1);
}

ssize_t hs_file_line(FILE *in, char **line, size_t *room)
{
    size_t n = 0;
    int c;
    flockfile(in);
    while ((c = getc_unlocked(in)) != EOF) {
        if (n > HS_LINE_MOST && c != '\n') continue;
        make_room(line, room, n);
        (*line)[n++] = (char)c;
        if (c == '\n') break;
    }
    funlockfile(in);
    if (n == 0) return -1;
    (*line)[n] = 0;
    return (ssize_t)n;
}

/* --- Appending ------------------------------------------------------------------------------ */

static int open_appending(const char *path, int flags)
{
    struct stat is;
    int fd = open(path, flags | O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    if (fd < 0 || (fstat(fd, &is) == 0 && (S_ISREG(is.st_mode) || S_ISCHR(is.st_mode)))) return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

int hs_file_append(const char *path)
{
    return open_appending(path, O_CREAT);
}

int hs_file_append_to_own(const char *path)
{
    return open_appending(path, O_NOFOLLOW);
}

void hs_file_make_folders(const char *path)
{
    char *copy = hs_copy(path);
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(copy, 0700);
        *slash = '/';
    }
    free(copy);
}

void hs_file_sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

/* --- The program's begin -------------------------------------------------------------------- */

void hs_file_guard_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0) open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

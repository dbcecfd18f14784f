/* SPDX-License-Identifier: MIT */
/* Links are followed by hand: on the way one of them may be a descriptor, which /proc shows as a
 * link to what it was opened by. */
#include "base/place.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MOST_LINKS = 40 };

bool hs_file_fail(hs_file_report *report, const char *why)
{
    snprintf(report->error, sizeof report->error, "%s", why);
    return false;
}

bool hs_file_fail_by(hs_file_report *report, int why)
{
    report->stopped = why == ECANCELED;
    return hs_file_fail(report, report->stopped ? "stopped" : strerror(why));
}

/* --- Places --------------------------------------------------------------------------------- */

char *hs_path_in(const char *folder, const char *name)
{
    char *path;
    path = hs_text("%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/", name);
    return path;
}

/* A name without a folder lies in ".". */
char *hs_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) return hs_copy(".");
    return hs_copy_part(path, slash == path ? 1 : (size_t)(slash - path));
}

const char *hs_name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* True if a folder in /proc has the descriptors of a program, whose number is then set. */
static bool has_descriptors(const char *folder, long *process)
{
    char real[PATH_MAX];
    int end = 0;
    if (!realpath(folder, real)) return false;
    sscanf(real, "/proc/%ld/task/%*d/fd%n", process, &end);
    if (!end) sscanf(real, "/proc/%ld/fd%n", process, &end);
    return end && !real[end];
}

/* True if the name stands for a descriptor, of this program or of another. */
static bool is_descriptor(hs_place *p)
{
    static const char *const names[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    for (int i = 0; i < 3; i++)
        if (strcmp(p->path, names[i]) == 0) return p->descriptor = i, true;
    const char *name = hs_name_of(p->path);
    size_t digits = strspn(name, "0123456789");
    if (!digits || name[digits] || digits > 9) return false;
    char *folder = hs_folder_of(p->path);
    long process, own = 0;
    bool is_one = has_descriptors(folder, &process);
    free(folder);
    if (!is_one) return false;
    if (!has_descriptors("/proc/self/fd", &own) || process != own)
        p->is_foreign = true;
    else
        p->descriptor = atoi(name);
    return true;
}

/* The path that a link leads to; NULL with errno. */
static char *target_of(const char *path)
{
    char to[PATH_MAX];
    ssize_t n = readlink(path, to, sizeof to - 1);
    if (n < 0) return NULL;
    to[n] = 0;
    char *folder = hs_folder_of(path),
         *target = to[0] == '/' ? hs_copy(to) : hs_path_in(folder, to);
    free(folder);
    return target;
}

void hs_place_leave(hs_place *p)
{
    free(p->path);
    p->path = NULL;
}

/* Follow all links. The place is the caller's to leave, also when it fails. */
bool hs_place_find(hs_place *p, const char *path, int standard, hs_file_report *report)
{
    *p = (hs_place){.descriptor = strcmp(path, "-") == 0 ? standard : -1};
    if (p->descriptor >= 0) return true;
    if (!*path) return hs_file_fail_by(report, ENOENT);
    p->path = hs_copy(path);
    for (int links = 0; links < MOST_LINKS; links++) {
        if (is_descriptor(p) && !p->is_foreign) return true;
        p->is_there = (p->is_foreign ? stat : lstat)(p->path, &p->is) == 0;
        if (!p->is_there && (errno != ENOENT || p->is_foreign))
            return hs_file_fail_by(report, errno);
        if (!p->is_there || !S_ISLNK(p->is.st_mode)) return true;
        char *target = target_of(p->path);
        if (!target) return hs_file_fail_by(report, errno);
        hs_place_leave(p);
        p->path = target;
    }
    return hs_file_fail_by(report, ELOOP);
}

bool hs_place_is_regular(const hs_place *p)
{
    return p->descriptor < 0 && !p->is_foreign && (!p->is_there || S_ISREG(p->is.st_mode));
}

bool hs_place_is_allowed(mode_t mode, hs_file_report *report)
{
    if (S_ISDIR(mode)) return hs_file_fail(report, "this is a folder");
    if (S_ISBLK(mode)) return hs_file_fail(report, "this is a block device");
    return true;
}

/* A copy of a descriptor that the program was started with. Descriptors that it opened itself are
 * closed by exec, and nobody may name them. */
static int copy_of(int fd)
{
    int flags = fcntl(fd, F_GETFD);
    if (flags < 0) return -1;
    if (flags & FD_CLOEXEC) return errno = EBADF, -1;
    return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

/* --- Waiting -------------------------------------------------------------------------------- */

bool hs_is_stopped(hs_stop stop)
{
    return stop.asked && stop.asked(stop.of);
}

/* Wait until the descriptor can be used, or has an error to tell. False: stopped. */
bool hs_wait_for(int fd, short events, hs_stop stop)
{
    struct pollfd p = {.fd = fd, .events = events};
    int n = poll(&p, 1, 0);
    while (n == 0 || (n < 0 && errno == EINTR)) {
        if (hs_is_stopped(stop)) return errno = ECANCELED, false;
        n = poll(&p, 1, HS_WAIT_TURN);
    }
    return true;
}

static int open_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return errno = ENAMETOOLONG, -1;
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

/* Opens without waiting. It is not for regular files. */
int hs_place_open(const hs_place *p, int flags)
{
    if (p->descriptor >= 0) return copy_of(p->descriptor);
    if (S_ISSOCK(p->is.st_mode)) return open_socket(p->path);
    return open(p->path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

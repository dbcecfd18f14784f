/* SPDX-License-Identifier: MIT */
/* Writing whole files. Where the system can do it, a new file has no name until it is whole, so
 * that not even kill -9 leaves a temporary file behind. */
#include "base/memory.h"
#include "base/place.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { PIECE = 1 << 16 };

/* --- Writing as it comes -------------------------------------------------------------------- */

typedef struct {
    int fd;
    bool waits; /* writing to it may have to wait for a reader */
    int why;    /* the errno that ended it; nothing is written after that */
    hs_stop stop;
} stream;

static ssize_t write_stream(void *of, const char *bytes, size_t size)
{
    stream *s = of;
    size_t done = 0;
    while (!s->why && done < size) {
        size_t piece = size - done;
        if (s->waits && piece > PIPE_BUF) piece = PIPE_BUF; /* poll promised room for these */
        ssize_t n = !s->waits || hs_wait_for(s->fd, POLLOUT, s->stop)
                        ? write(s->fd, bytes + done, piece)
                        : -1;
        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            s->why = n ? errno : EIO;
    }
    return s->why ? 0 : (ssize_t)done;
}

/* False with errno. */
static bool put_into(stream *s, const hs_file_writing *w)
{
    FILE *out = fopencookie(s, "w", (cookie_io_functions_t){.write = write_stream});
    if (!out || setvbuf(out, NULL, _IOFBF, PIECE) != 0) hs_out_of_memory();
    errno = 0;
    bool good = w->put(w->what, out);
    if (!good && !s->why) s->why = errno ? errno : EIO;
    if (fclose(out) != 0 && !s->why) s->why = EIO;
    errno = s->why;
    return !s->why;
}

/* The reader of a FIFO may go away. That is an error to report here, and must not end the program.
 */
static bool put_into_own_stream(stream *s, const hs_file_writing *w)
{
    struct sigaction before, ignored = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignored, &before);
    bool good = put_into(s, w);
    sigaction(SIGPIPE, &before, NULL);
    errno = s->why;
    return good;
}

/* A FIFO that nobody reads yet cannot be opened: wait for its reader. */
static int open_to_write(const hs_place *p, hs_stop stop)
{
    for (;;) {
        int fd = hs_place_open(p, O_WRONLY | O_APPEND);
        bool waits = fd < 0 && p->descriptor < 0 && S_ISFIFO(p->is.st_mode) &&
                     (errno == ENXIO || errno == EINTR);
        if (!waits) return fd;
        if (hs_is_stopped(stop)) return errno = ECANCELED, -1;
        poll(NULL, 0, HS_WAIT_TURN);
    }
}

static bool write_to_stream(const hs_place *p, const hs_file_writing *w, hs_file_report *report)
{
    struct stat is;
    if (p->descriptor < 0 && !hs_place_is_allowed(p->is.st_mode, report)) return false;
    if (p->descriptor == STDOUT_FILENO) fflush(stdout);
    stream s = {.fd = open_to_write(p, w->stop), .stop = w->stop};
    if (s.fd < 0) return hs_file_fail_by(report, errno);
    s.waits = fstat(s.fd, &is) != 0 || !S_ISREG(is.st_mode);
    bool good = (p->descriptor < 0 ? put_into_own_stream : put_into)(&s, w);
    if (!good) hs_file_fail_by(report, errno);
    close(s.fd);
    return good;
}

/* --- Writing over what is there ------------------------------------------------------------- */

/* Copy all bytes of one file to the start of the other, which then ends there. */
static bool copy_over(int from, int to)
{
    static const hs_stop never;
    char bytes[PIECE];
    off_t size = 0;
    ssize_t n;
    stream s = {.fd = to};
    if (lseek(from, 0, SEEK_SET) < 0 || lseek(to, 0, SEEK_SET) < 0) return false;
    while ((n = hs_file_read(from, bytes, sizeof bytes, never)) > 0) {
        if (write_stream(&s, bytes, (size_t)n) != n) return errno = s.why, false;
        size += n;
    }
    return n == 0 && ftruncate(to, size) == 0;
}

/* A file in memory, which holds the new content until it is known that all of it can be made. */
static int open_memory(void)
{
    return memfd_create("heapscope", MFD_CLOEXEC);
}

/* Write the bytes of `made` over the old ones; when that fails, put the old ones back. */
static bool replace_bytes(int file, int made, bool durable, hs_file_report *report)
{
    int old = open_memory();
    if (old < 0 || !copy_over(file, old)) {
        hs_file_fail_by(report, errno);
    } else if (!copy_over(made, file) || (durable && fsync(file) != 0)) {
        hs_file_fail_by(report, errno);
        if (!copy_over(old, file))
            hs_file_fail(report,
                         "it could be written in part only, and what it had can not be put back");
    }
    if (old >= 0) close(old);
    return !report->error[0];
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool fail_by_change(hs_file_report *report)
{
    return hs_file_fail(report, "meanwhile another file stands there");
}

static bool write_in_place(const hs_place *p, int made, const hs_file_writing *w, const char *why,
                           hs_file_report *report)
{
    struct stat now;
    int file = open(p->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0 || fstat(file, &now) != 0)
        hs_file_fail_by(report, errno);
    else if (!is_same_file(&now, &p->is))
        fail_by_change(report);
    else if (replace_bytes(file, made, w->durable, report))
        snprintf(report->note, sizeof report->note, "written over in place: %s", why);
    if (file >= 0) close(file);
    return !report->error[0];
}

/* --- Writing a new file --------------------------------------------------------------------- */

typedef struct {
    int fd;
    char *name; /* NULL: it has no name yet */
} temporary;

static char *name_beside(const char *path, const char *name)
{
    char *folder = hs_folder_of(path), *whole = hs_path_in(folder, name);
    free(folder);
    return whole;
}

static bool make_temporary(temporary *t, const char *path)
{
    char *folder = hs_folder_of(path);
    bool can_be_named = access("/proc/self/fd", X_OK) == 0;
    *t = (temporary){.fd = -1};
    if (can_be_named) t->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    free(folder);
    if (t->fd >= 0) return true;
    t->name = name_beside(path, ".heapscope-XXXXXX");
    t->fd = mkostemp(t->name, O_CLOEXEC);
    return t->fd >= 0;
}

static bool name_unnamed(int fd, const char *path)
{
    char own[32];
    snprintf(own, sizeof own, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, own, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0;
}

/* Give a new file its name. If another file got that name meanwhile, that one is not replaced. */
static bool name_new(temporary *t, const char *path)
{
    if (!t->name) return name_unnamed(t->fd, path);
    if (link(t->name, path) == 0) return true; /* the temporary name is removed then */
    bool has_no_links = errno == EPERM || errno == EOPNOTSUPP;
    if (!has_no_links || rename(t->name, path) != 0) return false;
    free(t->name);
    t->name = NULL;
    return true;
}

/* Take a name from an existing file. rename(2) can do that only for a file that has a name, so a
 * temporary one is given first. */
static bool name_instead(temporary *t, const char *path)
{
    char name[64];
    for (unsigned i = 0; !t->name && i < 1000; i++) {
        snprintf(name, sizeof name, ".heapscope-%ld-%u", (long)getpid(), i);
        char *whole = name_beside(path, name);
        bool good = name_unnamed(t->fd, whole);
        if (good) t->name = whole;
        if (!good) free(whole);
        if (!good && errno != EEXIST) return false;
    }
    if (!t->name || rename(t->name, path) != 0) return false;
    free(t->name);
    t->name = NULL;
    return true;
}

static mode_t mode_of_new_files(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static bool copy_attribute(int fd, const char *path, const char *name)
{
    ssize_t size = lgetxattr(path, name, NULL, 0);
    if (size < 0) return false;
    char *value = hs_new((size_t)size + 1, 1);
    size = lgetxattr(path, name, value, (size_t)size);
    bool good = size >= 0 && fsetxattr(fd, name, value, (size_t)size, 0) == 0;
    free(value);
    return good;
}

/* Copy the extended attributes of a file, among them access control lists. */
static bool copy_attributes(int fd, const char *path)
{
    ssize_t size = llistxattr(path, NULL, 0);
    if (size <= 0) return size == 0 || errno == ENOTSUP;
    char *names = hs_new((size_t)size + 1, 1);
    size = llistxattr(path, names, (size_t)size);
    bool good = size >= 0;
    for (const char *n = names; good && n < names + size; n += strlen(n) + 1)
        good = copy_attribute(fd, path, n);
    free(names);
    return good;
}

/* Owner and mode become those of the file that it replaces; a new file's are those that files are
 * made with. */
static bool set_rights(int fd, const hs_place *p, bool is_secret)
{
    struct stat is;
    if (!p->is_there) return is_secret || fchmod(fd, mode_of_new_files()) == 0;
    if (fstat(fd, &is) != 0) return false;
    if ((is.st_uid != p->is.st_uid || is.st_gid != p->is.st_gid) &&
        fchown(fd, p->is.st_uid, p->is.st_gid) != 0)
        return false;
    return fchmod(fd, p->is.st_mode & 07777) == 0 && copy_attributes(fd, p->path);
}

/* The temporary file is whole: give it its name. */
static bool give_name(temporary *t, const hs_place *p, const hs_file_writing *w,
                      hs_file_report *report)
{
    struct stat now;
    if (p->is_there && (lstat(p->path, &now) != 0 || !is_same_file(&now, &p->is)))
        return fail_by_change(report);
    if (!set_rights(t->fd, p, w->is_secret))
        return p->is_there
                   ? write_in_place(p, t->fd, w,
                                    "its owner or its attributes can not be given to another file",
                                    report)
                   : hs_file_fail_by(report, errno);
    if (w->durable && fsync(t->fd) != 0) return hs_file_fail_by(report, errno);
    if ((p->is_there ? name_instead : name_new)(t, p->path)) {
        char *folder = hs_folder_of(p->path);
        if (w->durable) hs_file_sync_folder(folder);
        free(folder);
        return true;
    }
    if (p->is_there && (errno == EBUSY || errno == EPERM || errno == EACCES))
        return write_in_place(p, t->fd, w, "its name can not be given to another file", report);
    return hs_file_fail_by(report, errno);
}

static bool put_into_file(int fd, const hs_file_writing *w)
{
    return put_into(&(stream){.fd = fd}, w);
}

static bool write_beside(temporary *t, const hs_place *p, const hs_file_writing *w,
                         hs_file_report *report)
{
    bool good =
        put_into_file(t->fd, w) ? give_name(t, p, w, report) : hs_file_fail_by(report, errno);
    close(t->fd);
    if (t->name) unlink(t->name);
    free(t->name);
    return good;
}

static bool write_in_memory_first(const hs_place *p, const hs_file_writing *w, const char *why,
                                  hs_file_report *report)
{
    int made = open_memory();
    if (made < 0) return hs_file_fail_by(report, errno);
    bool good = put_into_file(made, w) ? write_in_place(p, made, w, why, report)
                                       : hs_file_fail_by(report, errno);
    close(made);
    return good;
}

static bool may_be_written(const char *path)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0) close(fd);
    return fd >= 0;
}

static bool write_regular(const hs_place *p, const hs_file_writing *w, hs_file_report *report)
{
    temporary t;
    if (!*hs_name_of(p->path)) return hs_file_fail(report, "this is the name of a folder");
    if (p->is_there && !may_be_written(p->path)) return hs_file_fail_by(report, errno);
    if (p->is_there && p->is.st_nlink > 1)
        return write_in_memory_first(p, w, "it has other names", report);
    if (make_temporary(&t, p->path)) return write_beside(&t, p, w, report);
    int why = errno;
    free(t.name);
    if (p->is_there && (why == EACCES || why == EPERM || why == EROFS))
        return write_in_memory_first(p, w, "no file can be made beside it", report);
    return hs_file_fail_by(report, why);
}

bool hs_file_write(const char *path, const hs_file_writing *w, hs_file_report *report)
{
    hs_place p;
    *report = (hs_file_report){0};
    bool good = hs_place_find(&p, path, STDOUT_FILENO, report) &&
                (hs_place_is_regular(&p) ? write_regular : write_to_stream)(&p, w, report);
    hs_place_leave(&p);
    assert(good == !report->error[0]);
    return good;
}

bool hs_file_is_regular(const char *path)
{
    hs_place p;
    hs_file_report ignored;
    bool good =
        hs_place_find(&p, path, STDOUT_FILENO, &ignored) && p.is_there && hs_place_is_regular(&p);
    hs_place_leave(&p);
    return good;
}

/* True for the name of the terminal that the program runs in, and for /dev/tty, which stands for
 * it. */
static bool is_own_terminal(const hs_place *p)
{
    struct stat tty, own;
    if (!p->is_there || !S_ISCHR(p->is.st_mode)) return false;
    if (stat("/dev/tty", &tty) == 0 && tty.st_rdev == p->is.st_rdev) return true;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (isatty(fd) && fstat(fd, &own) == 0 && own.st_rdev == p->is.st_rdev) return true;
    return false;
}

bool hs_file_is_our_terminal(const char *path)
{
    hs_place p;
    hs_file_report ignored;
    bool found = hs_place_find(&p, path, STDOUT_FILENO, &ignored);
    bool is = found && (p.descriptor >= 0 ? isatty(p.descriptor) : is_own_terminal(&p));
    hs_place_leave(&p);
    return is;
}

/* SPDX-License-Identifier: MIT */
/* Journals. Invariant: the file holds whole lines only, those up to `size`; what it lacks of the
 * lines that `written` counts is in `pending`. It gets its name, in one rename, when it is locked
 * and has its first lines: nobody ever finds one that is empty, or taken for left behind. */
#include "ui/journal.h"

#include "base/count.h"
#include "base/files.h"
#include "base/memory.h"
#include "language/interpreter.h"
#include "ui/progress_line.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char mark[] = "# heapscope journal 1\n", ending[] = ".heap";

/* A journal that nobody writes any more. */
typedef struct {
    int fd; /* its file, which is locked; -1: none */
    char *path;
    struct stat status;
} left_behind;

struct hs_journal {
    char *folder;    /* NULL: no journals */
    char *allocator; /* the allocator that the session began with; NULL: it has not begun */
    hs_heap_config heap;
    uint64_t untyped; /* operations that the session had when it began */

    int fd; /* -1: no file yet */
    char *path;
    off_t size;
    hs_written written;
    char *pending;
    size_t pending_size, pending_room;
    bool unsynced, fresh; /* the file is not on the disk yet; its name is not */

    bool complained;
    char *notice, *trouble;
    left_behind asked; /* held, so that it is not the session that is left for it */
};

static char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *text(const char *format, ...)
{
    char *made;
    va_list arguments;
    va_start(arguments, format);
    made = hs_text_by(format, arguments);
    va_end(arguments);
    return made;
}

static void replace(char **place, char *by)
{
    free(*place);
    *place = by;
}

hs_journal *hs_journals_in(const char *folder)
{
    hs_journal *j = hs_new(1, sizeof *j);
    j->fd = j->asked.fd = -1;
    if (folder) j->folder = text("%s", folder);
    return j;
}

void hs_journal_free(hs_journal *j)
{
    if (!j) return;
    hs_journal_end(j, false);
    if (j->asked.fd >= 0) close(j->asked.fd);
    free(j->asked.path);
    free(j->allocator);
    free(j->folder);
    free(j->notice);
    free(j->trouble);
    free(j->pending);
    free(j);
}

void hs_journal_begin(hs_journal *j, const hs_session *s, const char *allocator,
                      const hs_heap_config *heap)
{
    free(j->allocator);
    j->allocator = NULL;
    j->allocator = hs_copy(allocator);
    j->heap = *heap;
    j->untyped = hs_session_op_count(s);
}

const char *hs_journal_notice(const hs_journal *j)
{
    return j ? j->notice : NULL;
}

/* --- Writing -------------------------------------------------------------------------------- */

/* Append the pending lines; all, or the file stays as it was. */
static bool write_pending(hs_journal *j)
{
    size_t done = 0;
    while (done < j->pending_size) {
        ssize_t n = write(j->fd, j->pending + done, j->pending_size - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        done += (size_t)n;
    }
    if (done < j->pending_size) {
        int why = errno;
        if (ftruncate(j->fd, j->size) != 0) j->size += (off_t)done; /* can not fail on a file */
        errno = why;
        return false;
    }
    j->size += (off_t)done;
    j->pending_size = 0;
    j->unsynced = true;
    return true;
}

/* Make the file, under a hidden name. */
static bool make_file(hs_journal *j)
{
    char when[32];
    time_t now = time(NULL);
    struct tm local;
    strftime(when, sizeof when, "%Y%m%d-%H%M%S", localtime_r(&now, &local));
    char *hidden = text("%s/.%s-XXXXXX%s", j->folder, when, ending);
    hs_file_make_folders(hidden);
    j->size = 0;
    j->fd = mkostemps(hidden, (int)sizeof ending - 1, O_APPEND | O_CLOEXEC);
    bool good = j->fd >= 0 && flock(j->fd, LOCK_EX | LOCK_NB) == 0 && write_pending(j);
    if (good) {
        const char *name = strrchr(hidden, '/') + 2;
        replace(&j->path, text("%s/%s", j->folder, name));
        good = rename(hidden, j->path) == 0;
    }
    int why = errno;
    if (!good && j->fd >= 0) {
        unlink(hidden);
        close(j->fd);
        j->fd = -1;
    }
    j->fresh = good;
    free(hidden);
    errno = why;
    return good;
}

static void put_heading(const hs_journal *j, FILE *out)
{
    fprintf(out, "%s# allocator %s heap %" PRIu64 " max %" PRIu64 "\n", mark, j->allocator,
            j->heap.initial, j->heap.maximum);
}

/* Add the lines that are new to the pending ones. */
static void gather(hs_journal *j, const hs_session *s)
{
    char *lines = NULL;
    size_t size;
    FILE *out = hs_text_begin(&lines, &size);
    if (j->fd < 0 && !j->pending_size) put_heading(j, out);
    hs_session_write_on(s, &j->written, out);
    hs_text_end(out);
    j->pending = hs_array_reserve(j->pending, &j->pending_room, j->pending_size + size + 1, 1);
    memcpy(j->pending + j->pending_size, lines, size);
    j->pending_size += size;
    free(lines);
}

static bool is_untouched(const hs_journal *j, const hs_session *s)
{
    return j->fd < 0 && !j->pending_size && hs_session_op_count(s) == j->untyped &&
           hs_session_branches(s) == 1;
}

const char *hs_journal_keep(hs_journal *j, const hs_session *s)
{
    if (!j || !j->folder || is_untouched(j, s)) return NULL;
    gather(j, s);
    if (!j->pending_size) return NULL;
    bool good = j->fd >= 0 ? write_pending(j) : make_file(j);
    const char *why = strerror(errno);
    if (good) j->complained = false;
    if (good || j->complained) return NULL;
    j->complained = true;
    replace(&j->trouble, text("a crash would lose this session: its journal in %s can not be "
                              "written: %s",
                              j->folder, why));
    return j->trouble;
}

void hs_journal_sync(hs_journal *j)
{
    if (!j || !j->unsynced) return;
    fdatasync(j->fd);
    if (j->fresh) hs_file_sync_folder(j->folder);
    j->unsynced = j->fresh = false;
}

void hs_journal_end(hs_journal *j, bool wished)
{
    if (j->fd >= 0) {
        if (wished)
            unlink(j->path);
        else
            hs_journal_sync(j);
        close(j->fd); /* which gives up the lock */
    }
    j->fd = -1;
    j->pending_size = 0;
    j->unsynced = j->fresh = j->complained = false;
    replace(&j->path, NULL);
    hs_written_free(&j->written);
}

/* --- Left behind ---------------------------------------------------------------------------- */

static void let_go(left_behind *l)
{
    if (l->fd >= 0) close(l->fd);
    free(l->path);
    *l = (left_behind){.fd = -1};
}

static bool is_journal_name(const char *name)
{
    size_t n = strlen(name), end = sizeof ending - 1;
    return *name != '.' && n > end && strcmp(name + n - end, ending) == 0;
}

/* Lock a journal, unless somebody has it. It may have gone while its name was read. */
static bool take(left_behind *l, const char *folder, const char *name)
{
    char begin[sizeof mark - 1];
    *l = (left_behind){.path = text("%s/%s", folder, name)};
    l->fd = hs_file_append_to_own(l->path);
    if (l->fd >= 0 && flock(l->fd, LOCK_EX | LOCK_NB) == 0 && fstat(l->fd, &l->status) == 0 &&
        l->status.st_nlink > 0 && pread(l->fd, begin, sizeof begin, 0) == sizeof begin &&
        memcmp(begin, mark, sizeof begin) == 0)
        return true;
    let_go(l);
    return false;
}

static bool is_newer(const struct stat *a, const struct stat *b)
{
    if (a->st_mtim.tv_sec != b->st_mtim.tv_sec) return a->st_mtim.tv_sec > b->st_mtim.tv_sec;
    return a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

/* Find the latest of the journals that were left behind. */
static left_behind find(const char *folder)
{
    left_behind best = {.fd = -1}, l;
    DIR *names = folder ? opendir(folder) : NULL;
    for (struct dirent *e; names && (e = readdir(names));) {
        if (!is_journal_name(e->d_name) || !take(&l, folder, e->d_name)) continue;
        bool better = best.fd < 0 || is_newer(&l.status, &best.status);
        let_go(better ? &best : &l);
        if (better) best = l;
    }
    if (names) closedir(names);
    return best;
}

/* The last whole line among a file's last bytes, without its newline. */
static const char *last_line(const left_behind *l, char *end, size_t room)
{
    off_t from = l->status.st_size > (off_t)room - 1 ? l->status.st_size - (off_t)room + 1 : 0;
    ssize_t n = pread(l->fd, end, room - 1, from);
    while (n > 0 && end[n - 1] != '\n') n--;
    end[n > 0 ? n - 1 : 0] = 0;
    const char *newline = strrchr(end, '\n');
    return newline ? newline + 1 : end;
}

void hs_journal_offer(hs_journal *j)
{
    char when[64], end[512];
    struct tm local;
    left_behind l = find(j->folder);
    if (l.fd < 0) return;
    strftime(when, sizeof when, "%e %B, %H:%M", localtime_r(&l.status.st_mtim.tv_sec, &local));
    replace(&j->notice, text("A session was cut short (%s; its last command: %.60s). "
                             "`continue` goes on with it.",
                             when + strspn(when, " "), last_line(&l, end, sizeof end)));
    let_go(&l);
}

const char *hs_journal_ask(hs_journal *j)
{
    if (!j || !j->folder) return "sessions are not kept here";
    if (j->asked.fd < 0) j->asked = find(j->folder);
    return j->asked.fd >= 0 ? NULL : "there is no session that was cut short";
}

bool hs_journal_is_asked(const hs_journal *j)
{
    return j->asked.fd >= 0;
}

/* --- Continuing ----------------------------------------------------------------------------- */

typedef struct {
    FILE *in;
    char *line;
    size_t room, lines, all; /* counted when progress is told; 0: not yet */
    char *held;              /* a goto, which is not needed when another one follows */
    off_t size;              /* bytes of the whole lines so far */
    hs_session *session;
    hs_interpreter *interpreter;
    hs_progress_line progress;
    char *error;
} reader;

static void say(void *context, hs_voice voice, const char *said)
{
    reader *r = context;
    if (voice == HS_SAY_ERROR) replace(&r->error, text("%s", said));
}

static void show(void *context, const hs_picture *picture, const hs_subject *of)
{
    (void)context;
    (void)picture;
    (void)of;
}

static void performed(void *context, const char *summary)
{
    (void)context;
    (void)summary;
}

static bool is_stopped(void *context)
{
    (void)context;
    return hs_interrupts_asked();
}

/* Tell how far a single command is that takes long. */
static void tell_of_one(void *context, const char *text)
{
    reader *r = context;
    if (text && hs_progress_line_is_due(&r->progress)) hs_progress_line_show(&r->progress, text);
}

static size_t count_lines(int fd)
{
    char bytes[1 << 16];
    size_t lines = 0;
    ssize_t n;
    for (off_t at = 0; (n = pread(fd, bytes, sizeof bytes, at)) > 0; at += n)
        for (ssize_t i = 0; i < n; i++) lines += bytes[i] == '\n';
    return lines;
}

static void tell_of_all(reader *r)
{
    char text[96];
    if (!hs_progress_line_is_due(&r->progress)) return;
    if (!r->all) r->all = count_lines(fileno(r->in));
    hs_progress_text(text, sizeof text, "continuing", r->lines, r->all);
    hs_progress_line_show(&r->progress, text);
}

/* The next whole line, with its newline; false at the end, torn or not. */
static bool next_line(reader *r)
{
    ssize_t n = hs_file_line(r->in, &r->line, &r->room);
    if (n <= 0 || r->line[n - 1] != '\n') return false;
    r->size += n;
    r->lines++;
    return true;
}

/* Make a fresh session as the heading says. */
static bool read_heading(hs_journal *j, reader *r)
{
    char name[32];
    hs_heap_config heap;
    hs_problem problem;
    if (!next_line(r) || !next_line(r) ||
        sscanf(r->line, "# allocator %31s heap %" SCNu64 " max %" SCNu64, name, &heap.initial,
               &heap.maximum) != 3) {
        replace(&r->error, text("its heading is damaged"));
        return false;
    }
    r->session = hs_session_new(name, &heap, &problem);
    if (!r->session) {
        replace(&r->error, text("%s", problem.what));
        return false;
    }
    hs_journal_begin(j, r->session, name, &heap);
    hs_listener listener = {.context = r,
                            .say = say,
                            .show = show,
                            .performed = performed,
                            .interrupted = is_stopped,
                            .progress = tell_of_one};
    r->interpreter = hs_interpreter_new(r->session, &listener);
    hs_interpreter_come_by(r->interpreter, HS_WAY_JOURNAL);
    return true;
}

static bool run(reader *r, const char *line)
{
    return hs_interpreter_run(r->interpreter, "journal", r->lines, line, strlen(line));
}

static bool run_held(reader *r)
{
    bool good = !r->held || run(r, r->held);
    replace(&r->held, NULL);
    return good;
}

static bool begins(const char *line, const char *word)
{
    return strncmp(line, word, strlen(word)) == 0;
}

/* Perform the commands. False: one of them can not be done, or all was stopped. */
static bool read_commands(reader *r)
{
    while (next_line(r)) {
        if (r->lines % 16 == 0) tell_of_all(r);
        if (is_stopped(r)) return false;
        bool travels = begins(r->line, "goto ");
        if (travels || begins(r->line, "branch ")) replace(&r->held, NULL);
        if (!run_held(r)) return false;
        if (travels)
            r->held = text("%s", r->line);
        else if (!run(r, r->line))
            return false;
    }
    return run_held(r);
}

/* The session is as it was: let its journal go on behind the last whole line. */
static void adopt(hs_journal *j, reader *r, left_behind *l)
{
    j->fd = l->fd;
    j->path = l->path;
    j->size = r->size;
    if (l->status.st_size > r->size && ftruncate(j->fd, j->size) != 0) j->size = l->status.st_size;
    hs_session_is_written(r->session, &j->written);
    uint64_t n = hs_session_op_count(r->session);
    char *last = hs_session_record_text(r->session, n - 1);
    replace(&j->notice, text("Continued: %" PRIu64 " command%s; the last one: %.60s", n,
                             hs_plural(n), n ? last : "none"));
    free(last);
}

/* A command of the journal can not be done. What was done so far becomes a session with a journal
 * of its own, and the old one is put aside. */
static void put_aside(hs_journal *j, reader *r, left_behind *l)
{
    char *aside = text("%.*s.damaged", (int)(strlen(l->path) - sizeof ending + 1), l->path);
    bool renamed = rename(l->path, aside) == 0;
    replace(&j->notice, text("The journal can be read up to line %zu only: %s\nIt is kept as %s.",
                             r->lines, r->error ? r->error : "", renamed ? aside : l->path));
    free(aside);
    let_go(l);
}

/* Leave a journal behind that nothing was written to. Its time is set, so that it is the one that
 * is continued next. */
static void leave_behind(hs_journal *j, reader *r, left_behind *l)
{
    futimens(l->fd, NULL);
    let_go(l);
    hs_session_free(r->session);
    r->session = NULL;
    replace(&j->notice, text("stopped: nothing is lost; `heapscope --continue` goes on with that "
                             "session"));
}

static void free_reader(reader *r)
{
    fclose(r->in);
    hs_interpreter_free(r->interpreter);
    free(r->line);
    free(r->held);
    free(r->error);
}

hs_session *hs_journal_continue(hs_journal *j)
{
    const char *why = hs_journal_ask(j);
    if (why) {
        replace(&j->notice, text("%s", why));
        return NULL;
    }
    left_behind l = j->asked;
    j->asked = (left_behind){.fd = -1};
    reader r = {.in = fdopen(fcntl(l.fd, F_DUPFD_CLOEXEC, 0), "r")};
    if (!r.in) hs_out_of_memory();
    hs_interrupts_catch();
    hs_progress_line_begin(&r.progress);
    bool whole = read_heading(j, &r) && read_commands(&r);
    hs_progress_line_end(&r.progress);
    hs_interrupts_release();
    if (whole)
        adopt(j, &r, &l);
    else if (is_stopped(&r))
        leave_behind(j, &r, &l);
    else
        put_aside(j, &r, &l);
    free_reader(&r);
    return r.session;
}

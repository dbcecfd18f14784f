/* SPDX-License-Identifier: MIT */
/* The speaker's socket. A message is one packet of texts, each with a NUL behind it, in the order
 * of the table below; a packet is sent whole or not at all. */
#include "ui/notes.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char language[] = "heapscope notes 1";
enum { VIEWERS = 16, LONGEST_TEXT = 4096, LARGEST = 65536 };

struct hs_notes {
    int listener;
    struct sockaddr_un address;
    int viewers[VIEWERS];
    size_t count;
    char *last; /* the last message, for those who come later; NULL: there was none */
    size_t last_size;
};

/* --- The place ------------------------------------------------------------------------------- */

/* True for a folder that nobody else can enter. */
static bool is_private(const char *folder)
{
    struct stat st;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) return false;
    return lstat(folder, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == getuid() &&
           (st.st_mode & 077) == 0;
}

enum { FOLDERS = 2, PATH = sizeof((struct sockaddr_un){0}.sun_path) };

/* The folder number i where sockets may be, the best one first; false when it can not be used. */
static bool folder_at(size_t i, char out[PATH])
{
    const char *parent = getenv(i == 0 ? "XDG_RUNTIME_DIR" : "TMPDIR");
    size_t room = PATH - strlen("/lecture-4294967295.socket"); /* for the names within */
    if (i == 1 && (!parent || *parent != '/')) parent = "/tmp";
    if (!parent || *parent != '/') return false;
    int n = i == 0 ? snprintf(out, PATH, "%s/heapscope", parent)
                   : snprintf(out, PATH, "%s/heapscope-%u", parent, (unsigned)getuid());
    return n > 0 && (size_t)n < room && is_private(out);
}

static bool is_lecture(const char *name)
{
    size_t n = strlen(name), end = strlen(".socket");
    return strncmp(name, "lecture-", 8) == 0 && n > end && strcmp(name + n - end, ".socket") == 0;
}

/* Connect to a socket; one that nobody listens at any more is cleaned up. -1 when it fails. */
static int knock_at(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0) return fd;
    if (errno == ECONNREFUSED) unlink(address->sun_path);
    close(fd);
    return -1;
}

/* Go through all sockets; the connection to the one that was opened last, or -1. */
static int knock_everywhere(const char *folder)
{
    DIR *d = opendir(folder);
    const struct dirent *entry;
    struct timespec latest = {0};
    int best = -1;
    while (d && (entry = readdir(d))) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        struct stat st;
        int n = snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", folder, entry->d_name);
        if (!is_lecture(entry->d_name) || n < 0 || (size_t)n >= sizeof address.sun_path) continue;
        int fd = stat(address.sun_path, &st) == 0 ? knock_at(&address) : -1;
        if (fd < 0) continue;
        bool later = st.st_mtim.tv_sec > latest.tv_sec ||
                     (st.st_mtim.tv_sec == latest.tv_sec && st.st_mtim.tv_nsec > latest.tv_nsec);
        if (best >= 0) close(later ? best : fd);
        if (best >= 0 && !later) continue;
        best = fd;
        latest = st.st_mtim;
    }
    if (d) closedir(d);
    return best;
}

/* --- The lecture's end ----------------------------------------------------------------------- */

hs_notes *hs_notes_open(void)
{
    char folder[PATH];
    if (!folder_at(0, folder) && !folder_at(1, folder)) return NULL;
    int other = knock_everywhere(folder);
    if (other >= 0) close(other);
    hs_notes *n = hs_new(1, sizeof *n);
    size_t room = sizeof n->address.sun_path;
    n->address.sun_family = AF_UNIX;
    int length =
        snprintf(n->address.sun_path, room, "%s/lecture-%ld.socket", folder, (long)getpid());
    n->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (length > 0 && (size_t)length < room && n->listener >= 0 &&
        bind(n->listener, (const struct sockaddr *)&n->address, sizeof n->address) == 0 &&
        listen(n->listener, VIEWERS) == 0)
        return n;
    if (n->listener >= 0) close(n->listener);
    free(n);
    return NULL;
}

int hs_notes_knock(const hs_notes *n)
{
    return n ? n->listener : -1;
}

/* Send the message to a viewer. It never waits: a viewer that can not take it now is let go. */
static bool deliver(const hs_notes *n, int viewer)
{
    return !n->last || send(viewer, n->last, n->last_size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

void hs_notes_let_in(hs_notes *n)
{
    int viewer;
    while ((viewer = accept4(n->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        if (n->count < VIEWERS && deliver(n, viewer))
            n->viewers[n->count++] = viewer;
        else
            close(viewer);
    }
}

static void put_text(FILE *out, const char *text)
{
    size_t length = text ? strlen(text) : 0;
    fwrite(text ? text : "", 1, length < LONGEST_TEXT ? length : LONGEST_TEXT, out);
    putc(0, out);
}

void hs_notes_tell(hs_notes *n, const hs_notes_state *s)
{
    const char *const texts[] = {s->title, s->speaker, s->now, s->next, s->then};
    const uint64_t numbers[] = {s->step, s->steps, s->section, s->sections, (uint64_t)s->began,
                                s->away, s->over};
    free(n->last);
    n->last = NULL;
    FILE *out = hs_text_begin(&n->last, &n->last_size);
    put_text(out, language);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        fprintf(out, "%" PRIu64 "%c", numbers[i], 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) put_text(out, texts[i]);
    hs_text_end(out);
    size_t kept = 0;
    for (size_t i = 0; i < n->count; i++)
        if (deliver(n, n->viewers[i]))
            n->viewers[kept++] = n->viewers[i];
        else
            close(n->viewers[i]);
    n->count = kept;
}

void hs_notes_close(hs_notes *n)
{
    if (!n) return;
    hs_notes_let_in(n); /* so that who knocked just now is told, too */
    hs_notes_tell(n, &(hs_notes_state){.over = true});
    unlink(n->address.sun_path);
    close(n->listener);
    for (size_t i = 0; i < n->count; i++) close(n->viewers[i]);
    free(n->last);
    free(n);
}

/* --- The viewer's end ------------------------------------------------------------------------ */

int hs_notes_join(void)
{
    char folder[PATH];
    int fd = -1;
    for (size_t i = 0; i < FOLDERS && fd < 0; i++)
        if (folder_at(i, folder)) fd = knock_everywhere(folder);
    return fd;
}

/* The next text of a message, "" beyond its end; it ends in a NUL even if the sender forgot. */
static const char *next_text(const char **at, const char *end)
{
    const char *text = *at < end ? *at : end;
    *at = text + strlen(text) + 1;
    return text;
}

static bool read_state(const char *bytes, size_t size, hs_notes_state *s)
{
    const char *at = bytes, *end = bytes + size;
    const char **texts[] = {&s->title, &s->speaker, &s->now, &s->next, &s->then};
    uint64_t numbers[7];
    if (strcmp(next_text(&at, end), language) != 0) return false;
    for (size_t i = 0; i < 7; i++) numbers[i] = strtoull(next_text(&at, end), NULL, 10);
    *s = (hs_notes_state){.step = numbers[0],
                          .steps = numbers[1],
                          .section = numbers[2],
                          .sections = numbers[3],
                          .began = (int64_t)numbers[4],
                          .away = numbers[5] != 0,
                          .over = numbers[6] != 0};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) *texts[i] = next_text(&at, end);
    return true;
}

bool hs_notes_receive(int fd, hs_notes_message *m)
{
    ssize_t n;
    if (!m->bytes) m->bytes = hs_new(LARGEST + 1, 1);
    do n = recv(fd, m->bytes, LARGEST, 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0) return false;
    m->bytes[n] = 0;
    return read_state(m->bytes, (size_t)n, &m->state);
}

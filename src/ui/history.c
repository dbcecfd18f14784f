/* SPDX-License-Identifier: MIT */
/* The history file, in libedit's own format. Lines are only ever appended; a file that has grown
 * far beyond what is loaded is replaced, whole, by what is loaded. */
#include "ui/history.h"

#include "base/files.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wctype.h>

enum { LINES_KEPT = 1000, LARGEST_FILE = 1 << 18 };
static const char heading[] = "_HiStOrY_V2_\n"; /* the first line of libedit's files */

static bool put_text(void *text, FILE *out)
{
    return fputs(text, out) >= 0;
}

/* The lines as libedit writes them, with its heading; freed by the caller, NULL when it can not be
 * done. libedit changes the mode of the file that it writes to, so it gets one in memory. */
static char *text_of(HistoryW *lines)
{
    HistEventW event;
    char *text = NULL;
    size_t room = 0;
    int fd = memfd_create("history", MFD_CLOEXEC);
    FILE *file = fd >= 0 ? fdopen(fd, "w+") : NULL;
    bool good = file && history_w(lines, &event, H_SAVE_FP, file) >= 0 && fflush(file) == 0;
    if (good) rewind(file);
    if (good && getdelim(&text, &room, 0, file) < 0) free(text), text = NULL;
    if (file) fclose(file);
    return text;
}

static void replace_file(hs_history *h)
{
    hs_file_report ignored;
    char *text = text_of(h->lines);
    hs_file_writing w = {.put = put_text, .what = text, .is_secret = true};
    if (text) hs_file_write(h->path, &w, &ignored);
    free(text);
}

/* --- Loading -------------------------------------------------------------------------------- */

typedef struct {
    off_t at;
    size_t size;
} line_place;

/* The last lines that are not too long, the one before last[*next % LINES_KEPT] at the end. */
static void find_last_lines(int fd, line_place last[LINES_KEPT], size_t *next)
{
    static const hs_stop never;
    char bytes[1 << 16];
    ssize_t n;
    off_t begin = 0, at = 0;
    for (*next = 0; (n = hs_file_read(fd, bytes, sizeof bytes, never)) > 0; at += n) {
        const char *from = bytes, *newline;
        while ((newline = memchr(from, '\n', (size_t)(bytes + n - from)))) {
            off_t end = at + (newline + 1 - bytes);
            if (end - begin <= HS_LINE_MOST)
                last[(*next)++ % LINES_KEPT] = (line_place){begin, (size_t)(end - begin)};
            begin = end;
            from = newline + 1;
        }
    }
}

static bool copy_lines(int from, const line_place last[LINES_KEPT], size_t next, FILE *to)
{
    char *bytes = hs_new(HS_LINE_MOST, 1);
    size_t first = next > LINES_KEPT ? next - LINES_KEPT : 0;
    bool good = fputs(heading, to) >= 0;
    for (size_t i = first; i < next && good; i++) {
        const line_place *l = &last[i % LINES_KEPT];
        if (l->at == 0) continue; /* the heading */
        good = pread(from, bytes, l->size, l->at) == (ssize_t)l->size &&
               fwrite(bytes, 1, l->size, to) == l->size;
    }
    free(bytes);
    return fflush(to) == 0 && good;
}

static bool load_file(hs_history *h, const char *path)
{
    HistEventW event;
    return history_w(h->lines, &event, H_LOAD, path) >= 0;
}

/* Load the end of a large file. libedit reads a file whole, and lines of any length, so it gets a
 * copy of the end. */
static bool load_end(hs_history *h)
{
    line_place last[LINES_KEPT];
    char begin[sizeof heading - 1], copy[32];
    size_t next;
    hs_file_report ignored;
    int fd = hs_file_open(h->path, &ignored), made = memfd_create("history", MFD_CLOEXEC);
    FILE *to = made >= 0 ? fdopen(made, "w") : NULL;
    bool good = fd >= 0 && to && pread(fd, begin, sizeof begin, 0) == sizeof begin &&
                memcmp(begin, heading, sizeof begin) == 0;
    if (good) find_last_lines(fd, last, &next);
    snprintf(copy, sizeof copy, "/proc/self/fd/%d", made);
    good = good && copy_lines(fd, last, next, to) && load_file(h, copy);
    if (to) fclose(to);
    if (fd >= 0) close(fd);
    return good;
}

void hs_history_open(hs_history *h, const char *path)
{
    HistEventW event;
    struct stat st;
    *h = (hs_history){.lines = history_winit()};
    history_w(h->lines, &event, H_SETSIZE, LINES_KEPT);
    history_w(h->lines, &event, H_SETUNIQUE, 1);
    if (!path || !(h->path = strdup(path))) return;
    hs_file_make_folders(path);
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) return;
    if (st.st_size <= LARGEST_FILE)
        load_file(h, path);
    else if (load_end(h))
        replace_file(h);
}

void hs_history_close(hs_history *h)
{
    if (h->lines) history_wend(h->lines);
    free(h->path);
    *h = (hs_history){0};
}

static bool is_blank(const wchar_t *line)
{
    while (iswspace((wint_t)*line)) line++;
    return !*line;
}

/* Append a text in one write, so that sessions at the same time do not mix their lines. */
static bool append_text(const char *path, const char *text)
{
    struct stat st;
    int fd = hs_file_append(path);
    if (fd < 0) return false;
    if (fstat(fd, &st) == 0 && st.st_size > 0) text += strlen(heading);
    bool good = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return good;
}

/* Append a line. libedit writes whole histories only, so this makes one of one line. */
static bool append(const char *path, const wchar_t *line)
{
    HistEventW event;
    HistoryW *one = history_winit();
    if (!one) return false;
    history_w(one, &event, H_SETSIZE, 1);
    history_w(one, &event, H_ENTER, line);
    char *text = text_of(one);
    history_wend(one);
    bool good = text && strncmp(text, heading, strlen(heading)) == 0 && append_text(path, text);
    free(text);
    return good;
}

bool hs_history_add(hs_history *h, const wchar_t *line)
{
    HistEventW event;
    if (is_blank(line) || wcslen(line) > HS_LINE_MOST) return true;
    bool repeated =
        history_w(h->lines, &event, H_FIRST) >= 0 && event.str && wcscmp(event.str, line) == 0;
    if (repeated) return true;
    history_w(h->lines, &event, H_ENTER, line);
    return !h->path || append(h->path, line);
}

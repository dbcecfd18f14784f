/* The history file, in libedit's own format. Lines are only ever appended; a file that has grown
 * far beyond what is loaded is replaced, whole, by what is loaded. */
#include "ui/history.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wctype.h>

enum { LINES_KEPT = 1000, LARGEST_FILE = 1 << 18 };

/* mkdir -p for the folders above a file. */
static void make_folders(const char *path)
{
    char *copy = strdup(path);
    for (char *slash = copy ? strchr(copy + 1, '/') : NULL; slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(copy, 0700);
        *slash = '/';
    }
    free(copy);
}

static void replace_file(hs_history *h)
{
    HistEventW event;
    char *temporary;
    if (asprintf(&temporary, "%s.XXXXXX", h->path) < 0) return;
    int fd = mkstemp(temporary);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool good = out && history_w(h->lines, &event, H_SAVE_FP, out) >= 0;
    if (out && fclose(out) != 0) good = false;
    if (fd >= 0 && (!good || rename(temporary, h->path) != 0)) unlink(temporary);
    free(temporary);
}

void hs_history_open(hs_history *h, const char *path)
{
    HistEventW event;
    struct stat st;
    *h = (hs_history){.lines = history_winit()};
    history_w(h->lines, &event, H_SETSIZE, LINES_KEPT);
    history_w(h->lines, &event, H_SETUNIQUE, 1);
    if (!path || !(h->path = strdup(path))) return;
    make_folders(path);
    history_w(h->lines, &event, H_LOAD, path);
    if (stat(path, &st) == 0 && st.st_size > LARGEST_FILE) replace_file(h);
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

/* libedit writes whole histories only: a history of this one line is appended. */
static bool append(const char *path, const wchar_t *line)
{
    HistEventW event;
    HistoryW *one = history_winit();
    FILE *out = fopen(path, "ae");
    bool good = out && one && fchmod(fileno(out), 0600) == 0;
    if (good) {
        fseek(out, 0, SEEK_END); /* at the start of a file, libedit writes its heading first */
        history_w(one, &event, H_SETSIZE, 1);
        history_w(one, &event, H_ENTER, line);
        good = history_w(one, &event, H_SAVE_FP, out) >= 0;
    }
    if (one) history_wend(one);
    if (out && fclose(out) != 0) good = false;
    return good;
}

bool hs_history_add(hs_history *h, const wchar_t *line)
{
    HistEventW event;
    if (is_blank(line)) return true;
    bool repeated =
        history_w(h->lines, &event, H_FIRST) >= 0 && event.str && wcscmp(event.str, line) == 0;
    if (repeated) return true;
    history_w(h->lines, &event, H_ENTER, line);
    return !h->path || append(h->path, line);
}

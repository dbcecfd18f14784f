/* SPDX-License-Identifier: MIT */
/* Reading and writing with progress. What takes less than half a second shows nothing. */
#include "ui/trace_io.h"

#include "language/trace_script.h"
#include "ui/ansi.h"
#include "ui/progress_line.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    const char *doing; /* "reading FILE" */
    hs_progress_line line;
} progress;

/* Begin: from now on Ctrl-C asks to stop what is done. */
static progress begin(const char *doing)
{
    progress p = {.doing = doing};
    hs_interrupts_catch();
    hs_progress_line_begin(&p.line);
    return p;
}

static bool step(void *of, uint64_t done, uint64_t total)
{
    progress *p = of;
    char text[160];
    if (!hs_progress_line_is_due(&p->line)) return !hs_interrupts_asked();
    if (total) {
        hs_progress_line_show_part(&p->line, p->doing, done, total);
    } else {
        snprintf(text, sizeof text, "%.120s: %" PRIu64 " MB", p->doing, done / 1000000);
        hs_progress_line_show(&p->line, text);
    }
    return !hs_interrupts_asked();
}

/* End: the line is wiped, and Ctrl-C ends the program again. */
static void end(progress *p)
{
    hs_progress_line_end(&p->line);
    hs_interrupts_release();
}

hs_trace *hs_trace_load(const char *path, const hs_trace_reading *how, hs_trace_report *report)
{
    char doing[300];
    snprintf(doing, sizeof doing, "reading %.200s", path);
    progress p = begin(doing);
    hs_trace_reading reading = *how;
    reading.progress = step;
    reading.of = &p;
    reading.run = hs_trace_of_script;
    hs_trace *t = hs_trace_read(path, &reading, report);
    end(&p);
    return t;
}

/* True if it is standard output, by whatever name, and that is a terminal. */
static bool is_terminal(const char *path)
{
    struct stat named, output;
    if (!isatty(STDOUT_FILENO) || fstat(STDOUT_FILENO, &output) != 0) return false;
    return strcmp(path, "-") == 0 ||
           (stat(path, &named) == 0 && S_ISCHR(named.st_mode) && named.st_rdev == output.st_rdev);
}

bool hs_trace_store(const hs_trace *t, const char *path, const char *format,
                    hs_trace_report *report)
{
    char doing[300];
    if (format && hs_trace_is_binary(format) && is_terminal(path)) {
        *report = (hs_trace_report){0};
        snprintf(report->error, sizeof report->error,
                 "%s is no text, and this is a terminal: add > FILE, or name a file", format);
        return false;
    }
    snprintf(doing, sizeof doing, "writing %.200s", path);
    progress p = begin(doing);
    hs_trace_writing writing = {.format = format, .progress = step, .of = &p};
    bool good = hs_trace_save(t, path, &writing, report);
    end(&p);
    return good;
}

void hs_trace_tell(const hs_trace_report *report, const char *tool)
{
    if (report->notes) hs_print(stderr, "%s\n", report->notes);
    if (report->error[0]) hs_print_line(stderr, "%s: %s", tool, report->error);
}

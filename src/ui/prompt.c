/* SPDX-License-Identifier: MIT */
/* libedit on a pseudo-terminal. It insists that its output is a terminal and sets modes there, so
 * it gets the slave of a pair that nobody reads; what it draws goes to /dev/null. */
#include "ui/prompt.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "ui/editing.h"
#include "ui/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct hs_prompt {
    hs_editing editing; /* first: libedit's client data points here */
    hs_prompt_host host;
    EditLine *el;
    hs_history history;
    int master, slave;
    FILE *in, *nowhere;
    char *line;
    bool reading, cancelled, history_failed;
};

static bool open_terminal(hs_prompt *p)
{
    p->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (p->master < 0 || grantpt(p->master) || unlockpt(p->master)) return false;
    const char *name = ptsname(p->master);
    p->slave = name ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
    if (p->slave < 0) return false;
    p->in = fdopen(fcntl(p->slave, F_DUPFD_CLOEXEC, 0), "r");
    p->nowhere = fopen("/dev/null", "we");
    return p->in && p->nowhere;
}

static int next_char(EditLine *el, wchar_t *out)
{
    hs_editing *e;
    el_wget(el, EL_CLIENTDATA, &e);
    hs_prompt *p = (hs_prompt *)(void *)e;
    switch (p->host.next_char(p->host.context, out)) {
    case HS_KEY_CHARACTER: return 1;
    case HS_KEY_CANCEL: p->cancelled = true; return 0;
    case HS_KEY_END: break;
    }
    return 0;
}

hs_prompt *hs_prompt_new(const hs_prompt_host *host, const hs_session *session,
                         const char *history_file)
{
    hs_prompt *p = hs_new(1, sizeof *p);
    p->host = *host;
    p->editing =
        (hs_editing){session, host->context, host->show_completions, host->stop_completing};
    p->master = p->slave = -1;
    if (open_terminal(p))
        p->el =
            el_init_fd("heapscope", p->in, p->nowhere, p->nowhere, p->slave, p->slave, p->slave);
    if (!p->el) {
        int why = errno;
        hs_prompt_free(p);
        errno = why;
        return NULL;
    }
    hs_history_open(&p->history, history_file);
    hs_editing_set_up(p->el, &p->editing);
    el_wset(p->el, EL_HIST, history_w, p->history.lines);
    el_wset(p->el, EL_GETCFN, next_char);
    return p;
}

void hs_prompt_free(hs_prompt *p)
{
    if (!p) return;
    if (p->el) el_end(p->el);
    hs_history_close(&p->history);
    if (p->in) fclose(p->in);
    if (p->nowhere) fclose(p->nowhere);
    if (p->slave >= 0) close(p->slave);
    if (p->master >= 0) close(p->master);
    free(p->line);
    free(p);
}

hs_line_status hs_prompt_read(hs_prompt *p, const char **line)
{
    int n = 0;
    p->reading = true;
    p->cancelled = false;
    const wchar_t *wide = el_wgets(p->el, &n);
    p->reading = false;
    if (!wide || n <= 0) return p->cancelled ? HS_LINE_CANCELLED : HS_LINE_END;
    size_t length = (size_t)n;
    while (length > 0 && (wide[length - 1] == L'\n' || wide[length - 1] == L'\r')) length--;
    free(p->line);
    p->line = hs_utf8_from_wide(wide, length);
    wchar_t *kept = hs_wide_from_utf8(p->line);
    if (!hs_history_add(&p->history, kept)) p->history_failed = true;
    free(kept);
    *line = p->line;
    return HS_LINE;
}

hs_prompt_line hs_prompt_view(const hs_prompt *p)
{
    hs_prompt_line view = {.text = L"", .search = L""};
    if (!p->reading) return view;
    const LineInfoW *l = el_wline(p->el);
    view.text = l->buffer;
    view.length = (size_t)(l->lastchar - l->buffer);
    view.cursor = (size_t)(l->cursor - l->buffer);
    /* While it searches, libedit keeps its prompt for that behind a newline in the buffer. */
    for (size_t i = 0; i < view.length; i++) {
        if (view.text[i] != L'\n') continue;
        view.search = view.text + i + 1;
        view.search_length = view.length - i - 1;
        view.length = i;
    }
    if (view.cursor > view.length) view.cursor = view.length;
    return view;
}

void hs_prompt_insert(hs_prompt *p, const wchar_t *text)
{
    el_winsertstr(p->el, text);
}

bool hs_prompt_history_failed(hs_prompt *p)
{
    bool failed = p->history_failed;
    p->history_failed = false;
    return failed;
}

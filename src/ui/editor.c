/* SPDX-License-Identifier: MIT */
/* libedit as it is meant to be used: on the terminal, drawing its own line. */
#include "ui/editor.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "ui/ansi.h"
#include "ui/editing.h"
#include "ui/guard.h"
#include "ui/history.h"
#include "ui/progress_line.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct hs_editor {
    hs_editing editing; /* first: libedit's client data points here */
    EditLine *el;
    hs_history history;
    const wchar_t *prompt;
    char *line;
};

static const wchar_t *prompt_of(EditLine *el)
{
    hs_editing *e;
    el_wget(el, EL_CLIENTDATA, &e);
    return ((hs_editor *)(void *)e)->prompt;
}

static void show_completions(void *context, const hs_completions *c)
{
    (void)context;
    hs_print(stdout, "\n");
    for (size_t i = 0; i < c->kept; i++) hs_print(stdout, "%s  ", c->items[i].text);
    if (c->kept < c->count) hs_print(stdout, "... %" PRIu64 " more", c->count - c->kept);
    hs_print(stdout, "\n");
}

/* Ctrl-C ends the search, and not the line. */
static bool stop_completing(void *context)
{
    (void)context;
    if (!hs_interrupts_asked()) return false;
    hs_interrupts_forget();
    return true;
}

hs_editor *hs_editor_new(const hs_session *session, const char *history_file)
{
    hs_editor *e = hs_new(1, sizeof *e);
    e->editing = (hs_editing){session, NULL, show_completions, stop_completing};
    FILE *nowhere = fopen("/dev/null", "we"); /* takes its complaint that it does not know TERM */
    e->el = nowhere ? el_init("heapscope", stdin, stdout, nowhere) : NULL;
    if (e->el) el_set(e->el, EL_SETFP, 2, stderr);
    if (nowhere) fclose(nowhere);
    if (!e->el) {
        free(e);
        return NULL;
    }
    hs_guard_begin("", false);
    hs_history_open(&e->history, history_file);
    hs_editing_set_up(e->el, &e->editing);
    el_wset(e->el, EL_PROMPT, prompt_of);
    el_wset(e->el, EL_HIST, history_w, e->history.lines);
    return e;
}

void hs_editor_free(hs_editor *e)
{
    if (!e) return;
    el_end(e->el);
    hs_guard_end();
    hs_history_close(&e->history);
    free(e->line);
    free(e);
}

const char *hs_editor_read(hs_editor *e, const wchar_t *prompt, size_t *length)
{
    int n = 0;
    e->prompt = prompt;
    hs_guard_hold(true); /* libedit sets modes of its own, until the line is there */
    const wchar_t *wide = el_wgets(e->el, &n);
    hs_guard_hold(false);
    *length = 0;
    if (!wide || n <= 0) return NULL;
    free(e->line);
    e->line = hs_utf8_from_wide(wide, (size_t)n);
    *length = strlen(e->line);
    wchar_t *kept = hs_wide_from_utf8(e->line);
    kept[wcscspn(kept, L"\r\n")] = 0;
    hs_history_add(&e->history, kept);
    free(kept);
    return e->line;
}

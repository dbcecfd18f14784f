/* SPDX-License-Identifier: MIT */
/* The ways through the table of modes. */
#include "ui/full/app.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

void hs_modes_begin(hs_app *a, const hs_mode *const table[])
{
    size_t count = 0;
    while (table[count]) count++;
    a->modes = table;
    a->own = hs_new(count, sizeof *a->own);
    for (size_t i = 0; i < count; i++)
        if (table[i]->own_size) a->own[i] = hs_new(1, table[i]->own_size);
}

void hs_modes_end(hs_app *a)
{
    for (size_t i = 0; a->modes[i]; i++)
        if (a->modes[i]->end) a->modes[i]->end(a);
    for (size_t i = 0; a->modes[i]; i++) free(a->own[i]);
    free(a->own);
}

void *hs_mode_own(const hs_app *a, const hs_mode *m)
{
    size_t i = 0;
    while (a->modes[i] != m) {
        assert(a->modes[i]);
        i++;
    }
    return a->own[i];
}

bool hs_mode_act(hs_app *a, const hs_bound_key keys[], wchar_t key, bool special)
{
    while (keys->act && (keys->key != key || keys->special != special)) keys++;
    if (keys->act) keys->act(a);
    return keys->act;
}

static bool is_on(const hs_app *a, const hs_mode *m)
{
    return !m->on || m->on(a);
}

/* --- Asking the rows ------------------------------------------------------------------------ */

const char *hs_modes_hints(const hs_app *a)
{
    const char *hints = NULL;
    for (size_t i = 0; a->modes[i] && !hints; i++)
        if (a->modes[i]->hints && is_on(a, a->modes[i])) hints = a->modes[i]->hints(a);
    return hints;
}

const hs_mode *hs_modes_line(const hs_app *a)
{
    for (size_t i = 0; a->modes[i]; i++)
        if (a->modes[i]->line && is_on(a, a->modes[i])) return a->modes[i];
    return NULL;
}

hs_session *hs_modes_stage(const hs_app *a)
{
    for (size_t i = 0; a->modes[i]; i++)
        if (a->modes[i]->stage && is_on(a, a->modes[i])) return a->modes[i]->stage(a);
    return a->session;
}

bool hs_modes_key(hs_app *a, wchar_t key, bool special)
{
    for (size_t i = 0; a->modes[i]; i++) {
        const hs_mode *m = a->modes[i];
        if (!is_on(a, m)) continue;
        if (m->key && m->key(a, key, special)) {
            if (!m->types) a->stale = true;
            return true;
        }
        if (m->alone) break;
    }
    a->stale = true;
    return false;
}

bool hs_modes_click(hs_app *a, int row, int column)
{
    for (size_t i = 0; a->modes[i]; i++) {
        const hs_mode *m = a->modes[i];
        if (!is_on(a, m)) continue;
        if (m->click && m->click(a, row, column)) return true;
        if (m->alone) break;
    }
    return false;
}

void hs_modes_scroll(hs_app *a, int by, bool pages)
{
    for (size_t i = 0; a->modes[i]; i++)
        if (a->modes[i]->scroll && is_on(a, a->modes[i]) && a->modes[i]->scroll(a, by, pages))
            return;
}

int hs_modes_wait(const hs_app *a, const hs_mode **due)
{
    int least = -1;
    *due = NULL;
    for (size_t i = 0; a->modes[i]; i++) {
        const hs_mode *m = a->modes[i];
        int wait = m->wait ? m->wait(a) : -1;
        if (wait >= 0 && (least < 0 || wait < least)) {
            least = wait;
            *due = m;
        }
        if (m->alone && is_on(a, m)) break;
    }
    return least;
}

bool hs_modes_alone(const hs_app *a)
{
    for (size_t i = 0; a->modes[i]; i++)
        if (a->modes[i]->alone && is_on(a, a->modes[i])) return true;
    return false;
}

/* --- Telling them --------------------------------------------------------------------------- */

void hs_modes_watched(hs_app *a)
{
    for (size_t i = 0; a->modes[i]; i++)
        if (a->modes[i]->watched) a->modes[i]->watched(a);
}

void hs_modes_settle(hs_app *a)
{
    for (size_t i = 0; a->modes[i]; i++)
        if (a->modes[i]->settle) a->modes[i]->settle(a);
}

void hs_modes_compose(hs_app *a)
{
    for (size_t i = 0; a->modes[i]; i++)
        if (a->modes[i]->compose) a->modes[i]->compose(a);
}

void hs_modes_yield(hs_app *a)
{
    for (size_t i = 0; a->modes[i]; i++)
        if (a->modes[i]->yield) a->modes[i]->yield(a);
}

void hs_modes_leave(hs_app *a)
{
    for (size_t i = 0; a->modes[i]; i++)
        if (a->modes[i]->leave) a->modes[i]->leave(a);
}

void hs_modes_help(const hs_app *a, FILE *out)
{
    for (int on = 1; on >= 0; on--)
        for (size_t i = 0; a->modes[i]; i++)
            if (a->modes[i]->help && is_on(a, a->modes[i]) == on) a->modes[i]->help(a, out);
}

void hs_modes_travel(hs_app *a, uint64_t count)
{
    for (size_t i = 0; a->modes[i]; i++)
        if (a->modes[i]->travel) a->modes[i]->travel(a, count);
}

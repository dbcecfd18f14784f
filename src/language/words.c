/* SPDX-License-Identifier: MIT */
/* Word lists: made from the tables of commands, allocators, options and measures. */
#include "language/words.h"

#include "base/memory.h"
#include "view/pictures.h"

#include <heapscope/ledger.h>

#include <stdlib.h>
#include <string.h>

void hs_words_free(hs_words *w)
{
    free(w->items);
    *w = (hs_words){0};
}

void hs_words_add(hs_words *w, const char *word)
{
    w->items = hs_array_reserve(w->items, &w->capacity, w->count + 1, sizeof *w->items);
    w->items[w->count++] = word;
}

/* --- Resolving ------------------------------------------------------------------------------ */

static bool begins(const char *word, const char *text, size_t length)
{
    return strlen(word) >= length && memcmp(word, text, length) == 0; /* text may hold NULs */
}

static bool begins_all(const hs_words *w, const char *candidate, const char *text, size_t length)
{
    for (size_t i = 0; i < w->count; i++)
        if (begins(w->items[i], text, length) && !begins(w->items[i], candidate, strlen(candidate)))
            return false;
    return true;
}

static void list_matches(const hs_words *w, const char *text, size_t length, char *out, size_t size)
{
    out[0] = 0;
    for (size_t i = 0; i < w->count; i++) {
        if (!begins(w->items[i], text, length)) continue;
        size_t used = strlen(out);
        if (used + strlen(w->items[i]) + 3 > size) return;
        if (used) strcat(out, ", ");
        strcat(out, w->items[i]);
    }
}

const char *hs_words_resolve(const hs_words *w, const char *kind, const char *text, size_t length,
                             hs_span where, hs_complaint *complaint)
{
    size_t matches = 0;
    for (size_t i = 0; i < w->count; i++) {
        if (!begins(w->items[i], text, length)) continue;
        if (!w->items[i][length] || begins_all(w, w->items[i], text, length)) return w->items[i];
        matches++;
    }
    int shown = length > 40 ? 40 : (int)length;
    char list[256];
    if (matches) {
        list_matches(w, text, length, list, sizeof list);
        hs_complain(complaint, where, "%s %.*s is ambiguous", kind, shown, text);
        hs_hint(complaint, "it could be %s", list);
        return NULL;
    }
    hs_complain(complaint, where, "there is no %s %.*s", kind, shown, text);
    const char *nearest = hs_words_nearest(w, text, length);
    list_matches(w, "", 0, list, sizeof list);
    if (nearest)
        hs_hint(complaint, "did you mean %s?", nearest);
    else if (w->count && w->count <= 14)
        hs_hint(complaint, "there is %s", list);
    return NULL;
}

/* --- Suggesting ----------------------------------------------------------------------------- */

enum { LONGEST = 32 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edit distance (insert, delete, change, swap neighbours): Damerau's, by three rows. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t rows[3][LONGEST + 1];
    for (size_t j = 0; j <= m; j++) rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *before = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = least(least(row[j - 1], above[j]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

const char *hs_words_nearest(const hs_words *w, const char *text, size_t length)
{
    const char *nearest = NULL;
    size_t best = length < 4 ? 2 : 3; /* only what is nearer than this counts */
    if (length == 0 || length > LONGEST) return NULL;
    for (size_t i = 0; i < w->count; i++) {
        size_t m = strlen(w->items[i]);
        if (m > LONGEST) continue;
        size_t d = distance(text, length, w->items[i], m);
        if (d < best && d < m) {
            best = d;
            nearest = w->items[i];
        }
    }
    return nearest;
}

/* --- The lists ------------------------------------------------------------------------------ */

void hs_words_of_allocators(hs_words *w)
{
    const hs_allocator *a;
    const hs_preset *p;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++) hs_words_add(w, a->name);
    for (size_t i = 0; (p = hs_preset_at(i)); i++) hs_words_add(w, p->name);
}

void hs_words_of_options(hs_words *w, const hs_session *s)
{
    const hs_allocator *a = hs_heap_allocator(hs_session_heap(s));
    for (size_t i = 0; i < a->option_count; i++) hs_words_add(w, a->options[i].name);
    const hs_option *o;
    for (size_t i = 0; (o = hs_session_setting_row(s, i)); i++) hs_words_add(w, o->name);
}

void hs_words_of_values(hs_words *w, const hs_session *s, const char *option)
{
    const hs_option *o = hs_session_option(s, option, NULL);
    for (size_t i = 0; o && o->choices && o->choices[i]; i++) hs_words_add(w, o->choices[i]);
}

void hs_words_of_variables(hs_words *w, const hs_session *s)
{
    enum { MOST = 4096 }; /* so many first ones are taken, and as many last ones */
    uint32_t count = hs_session_variable_count(s);
    for (uint32_t i = 0; i < count; i++) {
        if (i == MOST && count - i > MOST) i = count - MOST;
        const hs_variable *v = hs_session_variable(s, i);
        if (v->value) hs_words_add(w, v->name);
    }
}

void hs_words_of_measures(hs_words *w)
{
    const hs_measure *m;
    for (size_t i = 0; (m = hs_measure_at(i)); i++) hs_words_add(w, m->name);
    for (size_t i = 0; (m = hs_machine_measure_at(i)); i++) hs_words_add(w, m->name);
}

void hs_words_of_translations(hs_words *w, const hs_session *s)
{
    (void)s;
    for (int i = 0; i < HS_MMU_KINDS; i++) hs_words_add(w, hs_mmu_kind_name((hs_mmu_kind)i));
}

void hs_words_of_processes(hs_words *w, const hs_session *s)
{
    const hs_mmu *m = hs_session_mmu(s);
    for (size_t i = 0; i < HS_PROCESSES; i++)
        if (m->processes[i].name[0]) hs_words_add(w, m->processes[i].name);
}

void hs_words_of_segments(hs_words *w, const hs_session *s)
{
    (void)s;
    for (unsigned i = 0; i <= HS_AREA_STACK; i++) hs_words_add(w, hs_mmu_area_name(i));
}

void hs_words_of_accesses(hs_words *w, const hs_session *s)
{
    (void)s;
    hs_words_add(w, "r");
    hs_words_add(w, "w");
    hs_words_add(w, "x");
}

void hs_words_of_views(hs_words *w)
{
    const hs_picture *p;
    for (size_t i = 0; (p = hs_picture_at(i)); i++)
        if (p->flags & HS_IN_VIEW) hs_words_add(w, p->name);
}

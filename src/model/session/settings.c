/* SPDX-License-Identifier: MIT */
/* The settings that belong to the heap and the session, not to an allocator: declared once, read by
 * `set`, completion and help. A front end's own come behind them. */
#include "model/session/session.h"

#include <assert.h>
#include <string.h>

static const char *const growths[] = {"double", "page", "exact", NULL};
static const char *const misuses[] = {"refuse", "allow", NULL};

const hs_option hs_settings[HS_OWN_SETTINGS] = {
    [HS_SET_GROWTH] = {.name = "growth",
                       .help = "how far a heap that runs out grows: to twice its size, by pages, "
                               "or just enough",
                       .choices = growths},
    [HS_SET_MISUSE] = {.name = "misuse",
                       .help = "a pointer that must not be freed: refused, or passed on as C does",
                       .choices = misuses},
};

void hs_session_bring_settings(hs_session *s, const hs_front_settings *front)
{
    assert(front->count <= HS_SETTINGS - HS_OWN_SETTINGS);
    s->front = front;
}

const hs_option *hs_session_setting_row(const hs_session *s, size_t setting)
{
    if (setting < HS_OWN_SETTINGS) return &hs_settings[setting];
    setting -= HS_OWN_SETTINGS;
    return s->front && setting < s->front->count ? &s->front->rows[setting] : NULL;
}

/* A session keeps the difference of each setting from its initial value. So it begins with initial
 * values, whatever rows a front end brings later. */
uint64_t hs_session_setting(const hs_session *s, size_t setting)
{
    const hs_option *row = hs_session_setting_row(s, setting);
    return s->is.setup.settings[setting] + (row ? row->initial : 0);
}

const hs_option *hs_session_option(const hs_session *s, const char *name, uint64_t *value)
{
    const hs_allocator *a = hs_heap_allocator(s->heap);
    const hs_option *row;
    for (size_t i = 0; i < a->option_count; i++) {
        if (strcmp(a->options[i].name, name) != 0) continue;
        if (value) *value = hs_heap_option(s->heap, i);
        return &a->options[i];
    }
    for (size_t i = 0; (row = hs_session_setting_row(s, i)); i++) {
        if (strcmp(row->name, name) != 0) continue;
        if (value) *value = hs_session_setting(s, i);
        return row;
    }
    return NULL;
}

void hs_setup_change_setting(const hs_session *s, hs_setup *setup, size_t setting, uint64_t value)
{
    uint64_t values[HS_SETTINGS];
    const hs_option *row;
    for (size_t i = 0; (row = hs_session_setting_row(s, i)); i++)
        values[i] = setup->settings[i] + row->initial;
    values[setting] = value;
    if (setting >= HS_OWN_SETTINGS) s->front->settle(values, setting);
    for (size_t i = 0; (row = hs_session_setting_row(s, i)); i++)
        setup->settings[i] = values[i] - row->initial;
}

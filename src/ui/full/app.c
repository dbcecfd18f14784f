/* SPDX-License-Identifier: MIT */
/* What all modes of the full screen share. */
#include "ui/full/app.h"

#include "base/clock.h"
#include "base/memory.h"
#include "view/narration.h"
#include "view/settings.h"

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Texts ---------------------------------------------------------------------------------- */

void hs_app_replace(char **text, char *by)
{
    free(*text);
    *text = by;
}

char *hs_app_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *c = hs_new(size, 1);
    memcpy(c, text, size);
    return c;
}

char *hs_app_copy_if(const char *text)
{
    return text ? hs_app_copy(text) : NULL;
}

char *hs_app_joined(const char *a, const char *between, const char *b)
{
    char *text;
    text = hs_text("%s%s%s", a, between, b);
    return text;
}

void hs_app_set_message(hs_app *a, char *text, bool error)
{
    if (a->command && !error) {
        char *both = hs_app_joined(a->command, "\n", text);
        free(text);
        text = both;
    }
    hs_app_replace(&a->message, text);
    a->state.error = error;
}

/* --- What lies over the map ----------------------------------------------------------------- */

void hs_app_open_overlay(hs_app *a, hs_overlay o)
{
    o.open = true;
    a->state.overlay = o;
    hs_app_replace(&a->overlay_title, hs_app_copy_if(o.title));
    a->state.overlay.title = a->overlay_title;
    a->overlay_by_key = false;
    a->moved = true;
}

void hs_app_open_text(hs_app *a, const char *title, char *text, const void *what)
{
    hs_app_replace(&a->overlay_text, text);
    hs_app_open_overlay(a, (hs_overlay){.title = title, .text = text, .what = what});
}

void hs_app_close_overlay(hs_app *a)
{
    if (a->state.cursor) a->pointed = a->state.cursor;
    if (a->state.overlay.open) a->moved = true;
    a->state.overlay.open = a->state.focused = false;
    a->state.cursor = HS_NULL;
}

bool hs_app_close_if(hs_app *a, const void *what)
{
    bool is_open = a->state.overlay.open && a->state.overlay.what == what;
    hs_app_close_overlay(a);
    return is_open;
}

void hs_app_toggle_overlay(hs_app *a, const void *what, void (*open)(hs_app *))
{
    bool is_open = hs_app_close_if(a, what);
    if (!is_open) open(a);
    a->overlay_by_key = !is_open;
}

bool hs_app_scrolls_overlay(const hs_app *a, wchar_t key)
{
    return a->state.overlay.open && a->overlay_by_key && (key == KEY_NPAGE || key == KEY_PPAGE);
}

/* --- What is shown -------------------------------------------------------------------------- */

hs_lockstep *hs_app_lockstep(const hs_app *a)
{
    return hs_interpreter_lockstep(a->interpreter);
}

bool hs_app_is_large(const hs_app *a)
{
    uint64_t set = hs_session_setting(a->session, HS_SET_SIZE);
    return a->state.resized ? a->state.large : set == HS_SIZE_LARGE;
}

/* --- Commands ------------------------------------------------------------------------------- */

void hs_app_before_running(hs_app *a)
{
    hs_modes_leave(a);
    hs_app_close_overlay(a);
    hs_app_replace(&a->message, NULL);
    hs_app_replace(&a->command, NULL);
    hs_app_replace(&a->verdict, NULL);
    a->cancelled = false;
    a->state.error = false;
    a->began = a->shown = hs_clock();
}

/* Show an answer: a short one in place of the message, a long one laid over the map. */
static void present_answer(hs_app *a)
{
    if (!a->answer) return;
    hs_scene *measure = hs_scene_new(1, COLS, a->config->ascii);
    int rows = hs_put_wrapped(hs_pane_of(measure), 0, 0, HS_ROLE_TEXT, a->answer);
    hs_scene_free(measure);
    char *answer = a->answer;
    a->answer = NULL;
    if (rows <= 3)
        hs_app_set_message(a, answer, false);
    else
        hs_app_open_text(a, "Answer", answer, NULL);
}

void hs_app_after_running(hs_app *a)
{
    hs_app_keep(a);
    present_answer(a);
    if (!a->trouble) return;
    hs_app_replace(&a->command, NULL);
    hs_app_set_message(
        a, a->message ? hs_app_joined(a->trouble, "\n", a->message) : hs_app_copy(a->trouble),
        true);
    hs_app_replace(&a->trouble, NULL);
}

void hs_app_keep(hs_app *a)
{
    const char *trouble = a->typed ? hs_journal_keep(a->config->journal, a->session) : NULL;
    if (trouble) hs_app_replace(&a->trouble, hs_app_copy(trouble));
}

/* --- Keys ----------------------------------------------------------------------------------- */

hs_read hs_app_read_key(hs_app *a, int milliseconds, wchar_t *key)
{
    if (a->waiting_from == a->waiting_to) return hs_terminal_read(a->terminal, milliseconds, key);
    hs_typed_key e = a->waiting[a->waiting_from++];
    if (a->waiting_from == a->waiting_to) a->waiting_from = a->waiting_to = 0;
    *key = e.key;
    return e.kind;
}

void hs_app_unread_key(hs_app *a, hs_read kind, wchar_t key)
{
    size_t waiting = a->waiting_to - a->waiting_from;
    a->waiting = hs_array_reserve(a->waiting, &a->waiting_room, waiting + 1, sizeof *a->waiting);
    memmove(a->waiting + 1, a->waiting + a->waiting_from, waiting * sizeof *a->waiting);
    a->waiting[0] = (hs_typed_key){kind, key};
    a->waiting_from = 0;
    a->waiting_to = waiting + 1;
}

bool hs_app_key_is_pending(const hs_app *a)
{
    return a->waiting_from < a->waiting_to || hs_terminal_pending(a->terminal);
}

/* True if what arrives from the terminal now, after everything that waits, is inside a paste. */
static bool paste_arrives(const hs_app *a)
{
    for (size_t i = a->waiting_to; i > a->waiting_from; i--) {
        wchar_t key = a->waiting[i - 1].key;
        if (a->waiting[i - 1].kind == HS_READ_KEY &&
            (key == HS_KEY_PASTE_BEGIN || key == HS_KEY_PASTE_END))
            return key == HS_KEY_PASTE_BEGIN;
    }
    return a->pasting;
}

/* Forget what was typed ahead of Ctrl-C, as a terminal does: it goes with the command. */
static void forget_waiting(hs_app *a)
{
    a->waiting_from = a->waiting_to = 0;
    a->pasting = false;
}

bool hs_app_type_ahead(hs_app *a)
{
    bool pasting = paste_arrives(a);
    while (1) {
        hs_typed_key e = {.key = 0};
        e.kind = hs_terminal_read(a->terminal, 0, &e.key);
        if (e.kind == HS_READ_END) return true;
        if (e.kind == HS_READ_TIMEOUT) return false;
        if (e.kind == HS_READ_WATCHED) {
            hs_modes_watched(a);
            continue;
        }
        if (e.kind == HS_READ_CHARACTER && e.key == CTRL_C && !pasting) {
            forget_waiting(a);
            return true;
        }
        if (e.kind == HS_READ_KEY && e.key == HS_KEY_PASTE_BEGIN) pasting = true;
        if (e.kind == HS_READ_KEY && e.key == HS_KEY_PASTE_END) pasting = false;
        a->waiting = hs_array_reserve(a->waiting, &a->waiting_room, a->waiting_to + 1, sizeof e);
        a->waiting[a->waiting_to++] = e;
    }
}

void hs_app_enqueue(hs_app *a, const wchar_t *text)
{
    for (; *text && a->queued < QUEUE; text++) a->queue[a->queued++] = *text;
}

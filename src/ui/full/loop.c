/* SPDX-License-Identifier: MIT */
/* The full screen's loop. Drawing waits until all keys that came are acted upon. */
#include "ui/full/loop.h"

#include "ui/full/draw.h"

#include <curses.h>
#include <string.h>

/* --- The terminal's own keys ---------------------------------------------------------------- */

static bool take_terminal_key(hs_app *a, wchar_t key, bool special)
{
    if (special || (key != CTRL_L && key != CTRL_Z)) return false;
    if (key == CTRL_L) hs_terminal_forget(a->terminal);
    if (key == CTRL_Z) hs_terminal_suspend(a->terminal);
    return true;
}

static bool is_no_paste(const hs_app *a)
{
    return !a->pasting;
}

const hs_mode hs_mode_terminal = {.name = "terminal", .on = is_no_paste, .key = take_terminal_key};

/* --- A turn --------------------------------------------------------------------------------- */

static void act_on_mouse(hs_app *a)
{
    MEVENT event;
    a->stale = true;
    if (getmouse(&event) != OK) return;
    if (event.bstate & BUTTON4_PRESSED) hs_modes_scroll(a, -3, false);
    if (event.bstate & BUTTON5_PRESSED) hs_modes_scroll(a, 3, false);
    if (event.bstate & BUTTON1_PRESSED) hs_modes_click(a, event.y, event.x);
}

static void act_on_key(hs_app *a, wchar_t key)
{
    if (key == KEY_MOUSE)
        act_on_mouse(a);
    else
        hs_modes_key(a, key, true);
}

bool hs_loop_turn(hs_app *a)
{
    wchar_t key;
    const hs_mode *due;
    if (!hs_app_key_is_pending(a)) {
        hs_modes_settle(a);
        hs_journal_sync(a->config->journal); /* what is shown as answered is on the disk */
        hs_draw(a);
    }
    int wait = hs_modes_wait(a, &due);
    hs_read read = hs_app_read_key(a, wait, &key);
    if (read == HS_READ_KEY || read == HS_READ_CHARACTER) hs_draw_lay_out(a);
    switch (read) {
    case HS_READ_END: return false;
    case HS_READ_TIMEOUT:
        if (due && due->tick(a)) a->stale = true;
        break;
    case HS_READ_WATCHED: hs_modes_watched(a); break;
    case HS_READ_KEY: act_on_key(a, key); break;
    case HS_READ_CHARACTER: hs_modes_key(a, key, false); break;
    }
    return true;
}

/* --- The editor's characters ---------------------------------------------------------------- */

static hs_key give(hs_app *a, wchar_t c, wchar_t *out)
{
    if (c == CTRL_C) {
        a->stale = true;
        hs_app_close_overlay(a);
        return HS_KEY_CANCEL;
    }
    *out = c;
    return HS_KEY_CHARACTER;
}

hs_key hs_loop_next_char(void *context, wchar_t *out)
{
    hs_app *a = context;
    while (!a->queued) {
        if (a->quit || hs_interpreter_has_quit(a->interpreter)) return HS_KEY_END;
        if (!hs_loop_turn(a)) return HS_KEY_END;
    }
    wchar_t c = a->queue[0];
    memmove(a->queue, a->queue + 1, --a->queued * sizeof *a->queue);
    return give(a, c, out);
}

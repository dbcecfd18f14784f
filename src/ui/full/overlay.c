/* SPDX-License-Identifier: MIT */
/* What is laid over the map scrolls, and Escape closes it. */
#include "ui/full/overlay.h"

#include "ui/full/travel.h"
#include "view/pictures.h"
#include "view/plot.h"

static bool is_on(const hs_app *a)
{
    return a->state.overlay.open || a->state.cursor;
}

/* Take the keys of what lies over the map. If a character follows right behind it, Escape is Alt,
 * and the editor's. */
static bool take_key(hs_app *a, wchar_t key, bool special)
{
    wchar_t next;
    if (special || key != ESCAPE) return false;
    hs_read read = hs_app_read_key(a, 0, &next);
    if (read == HS_READ_CHARACTER) {
        hs_modes_yield(a);
        hs_app_enqueue(a, (wchar_t[]){ESCAPE, next, 0});
        return true;
    }
    hs_app_close_overlay(a);
    if (read == HS_READ_KEY) hs_app_unread_key(a, read, next);
    return true;
}

/* Take a click on the graph over time, if it is one of a trace. */
static bool click(hs_app *a, int row, int column)
{
    uint64_t request;
    hs_pane p = a->places.overlay;
    bool on_plot = a->state.overlay.open && a->state.overlay.picture == &hs_picture_plot;
    if (!on_plot || row < p.row || !hs_plot_request(a->session, p, column - p.column, &request))
        return false;
    hs_travel_along(a, request);
    return true;
}

static bool scroll_overlay(hs_app *a, int by, bool pages)
{
    hs_overlay *o = &a->state.overlay;
    if (!o->open) return false;
    int page = a->places.overlay.rows > 1 ? a->places.overlay.rows - 1 : 1;
    int64_t most = (int64_t)a->places.overlay_rows - a->places.overlay.rows,
            to = (int64_t)o->skip + (pages ? (int64_t)by * page : by);
    if (to > most) to = most;
    o->skip = to < 0 ? 0 : (size_t)to;
    return true;
}

const hs_mode hs_mode_overlay = {
    .name = "overlay", .on = is_on, .key = take_key, .click = click, .scroll = scroll_overlay};

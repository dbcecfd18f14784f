/* SPDX-License-Identifier: MIT */
/* What keys and mouse do on the map. */
#include "ui/full/map.h"

#include "model/process/exec.h"
#include "ui/full/space.h"
#include "ui/full/zoom_path.h"
#include "view/address_space.h"

#include <heapscope/reading.h>

#include <curses.h>
#include <stdlib.h>
#include <string.h>

static hs_zoom_path *own(const hs_app *a)
{
    return hs_mode_own(a, &hs_mode_map);
}

static bool is_on(const hs_app *a)
{
    return !a->state.overlay.open;
}

static bool scroll_map(hs_app *a, int by, bool pages)
{
    int page = a->places.plan.visible > 1 ? a->places.plan.visible - 1 : 1;
    int64_t bytes = (int64_t)by * (pages ? page : 1) * (int64_t)a->places.plan.row_bytes;
    hs_addr base = hs_heap_base(hs_session_heap(hs_modes_stage(a)));
    a->state.follow = false;
    a->state.top =
        bytes < 0 && (uint64_t)-bytes > a->state.top - base ? base : a->state.top + (uint64_t)bytes;
    return true;
}

/* --- The cursor ----------------------------------------------------------------------------- */

static void inspect(hs_app *a, hs_addr at)
{
    if (!at) return;
    hs_subject of = {.session = hs_modes_stage(a), .at = at};
    hs_scene *scene = hs_scene_new((int)hs_picture_inspect.rows(&of, COLS), COLS, a->config->ascii);
    hs_picture_inspect.paint(&of, hs_pane_of(scene), 0);
    hs_scene_drop_rows(scene, 1); /* its title */
    hs_app_set_message(a, hs_scene_text(scene), false);
    hs_scene_free(scene);
    a->state.cursor = at;
    a->state.cursor_size = 1;
    a->state.follow = false;
}

static bool click(hs_app *a, int row, int column)
{
    inspect(a, hs_map_address(hs_modes_stage(a), &a->places.plan, row - a->places.map.row,
                              column - a->places.map.column));
    return true;
}

/* Move the cursor by so many bytes and inspect what lies there. The first time it starts at the
 * last change. */
static void move_cursor(hs_app *a, int64_t by)
{
    const hs_heap *h = hs_session_heap(hs_modes_stage(a));
    hs_addr at = a->state.cursor, base = hs_heap_base(h), last = hs_heap_end(h) - 1;
    size_t n;
    const hs_change *c = hs_session_changes(hs_modes_stage(a), &n);
    if (!at)
        at = n && c[0].from <= last ? c[0].from : base;
    else if (by < 0)
        at = at - base > (uint64_t)-by ? at - (uint64_t)-by : base;
    else
        at = last - at > (uint64_t)by ? at + (uint64_t)by : last;
    inspect(a, at);
    uint64_t shown = a->places.plan.row_bytes * (uint64_t)a->places.plan.visible;
    if (at < a->state.top) a->state.top = at;
    if (at >= a->state.top + shown) a->state.top = at - shown + a->places.plan.row_bytes;
}

void hs_map_cursor_left(hs_app *a)
{
    move_cursor(a, -(int64_t)a->places.plan.cell_bytes);
}

void hs_map_cursor_right(hs_app *a)
{
    move_cursor(a, (int64_t)a->places.plan.cell_bytes);
}

void hs_map_cursor_up(hs_app *a)
{
    move_cursor(a, -(int64_t)a->places.plan.row_bytes);
}

void hs_map_cursor_down(hs_app *a)
{
    move_cursor(a, (int64_t)a->places.plan.row_bytes);
}

/* Move the cursor to the start of the next block, or of the one before. */
static void cursor_to_block(hs_app *a, bool forward)
{
    hs_seen seen;
    hs_addr at = a->state.cursor, before = hs_heap_base(hs_session_heap(hs_modes_stage(a)));
    if (!at || !hs_session_walk_to(hs_modes_stage(a), at, &seen)) {
        move_cursor(a, 0);
        return;
    }
    if (forward) {
        hs_addr next = seen.block.addr + seen.block.size;
        move_cursor(a, hs_heap_holds(hs_session_heap(hs_modes_stage(a)), next, 1)
                           ? (int64_t)(next - at)
                           : 0);
        return;
    }
    uint64_t n = hs_session_count_before(hs_modes_stage(a), at, HS_ALL_KINDS);
    if (n && hs_session_walk_nth(hs_modes_stage(a), n - 1, HS_ALL_KINDS, &seen))
        before = seen.block.addr;
    move_cursor(a, -(int64_t)(at - before));
}

void hs_map_cursor_next_block(hs_app *a)
{
    cursor_to_block(a, true);
}

void hs_map_cursor_previous_block(hs_app *a)
{
    cursor_to_block(a, false);
}

/* --- Zoom ----------------------------------------------------------------------------------- */

/* Set the zoom. The next key may come before it is drawn, when one is held down, and then starts
 * from here. */
static void set_zoom(hs_app *a, uint64_t row_bytes)
{
    a->state.zoomed = true;
    a->state.zoom = row_bytes;
    if (row_bytes) a->places.plan.row_bytes = row_bytes;
    hs_app_close_overlay(a);
}

void hs_map_zoom_in(hs_app *a)
{
    uint64_t now = a->places.plan.row_bytes;
    if (now > 8) set_zoom(a, now / 2);
}

void hs_map_zoom_out(hs_app *a)
{
    uint64_t now = a->places.plan.row_bytes;
    if (now && now < hs_heap_committed(hs_session_heap(hs_modes_stage(a)))) set_zoom(a, now * 2);
}

void hs_map_zoom_to_fit(hs_app *a)
{
    set_zoom(a, 0);
}

/* Show the map at `zoom` bytes a row, 0 for the whole heap, from an address on. */
static void zoom_map(hs_app *a, uint64_t zoom, hs_addr top)
{
    a->state.focused = true;
    a->state.focus = zoom;
    a->state.top = top;
    a->state.follow = false;
}

/* The zoom at which a block takes a few rows, or half the map if it is large; never coarser than
 * for the whole heap. */
static uint64_t zoom_for(const hs_app *a, const hs_session *s, uint64_t size)
{
    int rows = a->places.map.rows, few = rows > 8 ? rows / 2 : 4;
    uint64_t zoom = 8,
             whole = hs_map_plan_for(s, rows, a->places.map.columns, 0, HS_NULL).row_bytes;
    while (zoom * (uint64_t)few < size && zoom < whole) zoom *= 2;
    return zoom;
}

/* One level of the zoom path further. */
void hs_map_zoom_path(hs_app *a)
{
    hs_session *s = hs_modes_stage(a);
    hs_zoom_path *path = own(a);
    bool goes_on = path->shown && a->message && strcmp(a->message, path->shown) == 0;
    hs_zoom_path_step(path, s, a->state.cursor, goes_on);
    hs_app_close_overlay(a);
    switch (path->level) {
    case HS_PATH_PROCESS:
        hs_spaces_process(hs_interpreter_spaces(a->interpreter));
        hs_space_show(a, &hs_picture_process, SIZE_MAX);
        break;
    case HS_PATH_HEAP: zoom_map(a, 0, hs_heap_base(hs_session_heap(s))); break;
    case HS_PATH_BLOCK:
        zoom_map(a, zoom_for(a, s, path->block.block.size), path->block.block.addr);
        a->state.cursor = path->block.block.addr;
        a->state.cursor_size = path->block.block.size;
        break;
    case HS_PATH_HEADER:
        hs_app_open_text(a, path->trail, hs_zoom_path_header(path, s), NULL);
        break;
    }
    hs_app_replace(&a->command, NULL);
    hs_app_set_message(a, hs_app_copy(path->shown), false);
}

static void end(hs_app *a)
{
    hs_zoom_path_end(own(a));
}

const hs_mode hs_mode_map = {.name = "map",
                             .own_size = sizeof(hs_zoom_path),
                             .on = is_on,
                             .click = click,
                             .scroll = scroll_map,
                             .end = end};

/* SPDX-License-Identifier: MIT */
/* The table of pictures. Most pictures stand in a file each; here are those that are made of what
 * others paint. */

#include "view/pictures.h"
#include "view/address_space.h"
#include "view/byte_map.h"
#include "view/narration.h"
#include "view/segments.h"
#include "view/settings.h"
#include "view/side_by_side.h"

/* --- The map --------------------------------------------------------------------------------- */

enum { MAP_ROWS = 12 }; /* the rows that a printed map likes best */

/* The layout of a map that is scrolled to what is pointed out, or else to the last change. */
static hs_map_plan plan_of(const hs_subject *of, int columns)
{
    uint64_t zoom = hs_session_setting(of->session, HS_SET_ZOOM);
    size_t n;
    const hs_change *c = hs_session_changes(of->session, &n);
    hs_addr at = of->at ? of->at : n ? c[0].from : HS_NULL;
    return hs_map_plan_for(of->session, MAP_ROWS, columns, zoom, at);
}

static hs_map_plan lane_plan(const hs_subject *of, size_t lane, int columns)
{
    return hs_lane_plan(of->lanes, lane, MAP_ROWS, columns, HS_NULL, true);
}

static size_t rows_of_map(const hs_subject *of, int columns)
{
    size_t rows = 0;
    if (!of->lanes) {
        hs_map_plan plan = plan_of(of, columns);
        return (size_t)hs_map_rows(&plan);
    }
    for (size_t i = 0; i < hs_lockstep_count(of->lanes); i++) {
        hs_map_plan plan = lane_plan(of, i, columns);
        rows += (size_t)hs_lane_rows(of->lanes, i, &plan, columns);
    }
    return rows;
}

static void paint_map(const hs_subject *of, hs_pane p, size_t skip)
{
    int row = 0;
    (void)skip; /* it is zoomed, not scrolled */
    if (!of->lanes) {
        hs_map_plan plan = plan_of(of, p.columns);
        hs_map_paint(of->session, &plan, p, of->length ? of->at : HS_NULL, of->length);
        return;
    }
    for (size_t i = 0; i < hs_lockstep_count(of->lanes); i++) {
        hs_map_plan plan = lane_plan(of, i, p.columns);
        int rows = hs_lane_rows(of->lanes, i, &plan, p.columns);
        hs_lane_paint(of->lanes, i, &plan, hs_pane_part(p, row, 0, rows, p.columns));
        row += rows;
    }
}

const hs_picture hs_picture_map = {.name = "map",
                                   .title = "The map",
                                   .about = "the byte map",
                                   .flags = HS_IN_VIEW | HS_SHOWS_LANES,
                                   .rows = rows_of_map,
                                   .paint = paint_map};

const hs_picture hs_picture_steps = {.name = "steps",
                                     .title = "Slow motion",
                                     .about = "a command on the map, one event after another",
                                     .flags = HS_SHOWS_LANES,
                                     .rows = rows_of_map,
                                     .paint = paint_map};

const hs_picture hs_picture_split = {.name = "split",
                                     .title = "Side by side",
                                     .about = "several allocators, and where they part",
                                     .flags = HS_SHOWS_LANES,
                                     .rows = rows_of_map,
                                     .paint = paint_map};

/* --- Why ------------------------------------------------------------------------------------- */

static char *why(const hs_subject *of)
{
    return of->lanes ? hs_lanes_why(of->lanes, of->command) : hs_why_of(of->session, of->command);
}

const hs_picture hs_picture_why = {.name = "why",
                                   .title = "Why",
                                   .about = "how the last request was served, step by step",
                                   .flags = HS_IN_VIEW,
                                   .text = why};

/* --- The table ------------------------------------------------------------------------------- */

static const hs_picture *const pictures[] = {
    &hs_picture_map,      &hs_picture_blocks,      &hs_picture_free_list, &hs_picture_stats,
    &hs_picture_plot,     &hs_picture_shape,       &hs_picture_why,       &hs_picture_steps,
    &hs_picture_figures,  &hs_picture_bytes,       &hs_picture_inspect,   &hs_picture_split,
    &hs_picture_segments, &hs_picture_translation, &hs_picture_process,   &hs_picture_live};

const hs_picture *hs_picture_at(size_t index)
{
    return index < sizeof pictures / sizeof *pictures ? pictures[index] : NULL;
}

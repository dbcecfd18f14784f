/* SPDX-License-Identifier: MIT */
/* The map under keys and mouse: scrolling, the cursor that inspects, zoom, and the zoom path. */
#ifndef HS_UI_FULL_MAP_H
#define HS_UI_FULL_MAP_H

#include "ui/full/app.h"

/* The mode of the map, which is on while nothing lies over it. */
extern const hs_mode hs_mode_map;

/* What each key does, also while something lies over the map. */
void hs_map_cursor_left(hs_app *);
void hs_map_cursor_right(hs_app *);
void hs_map_cursor_up(hs_app *);
void hs_map_cursor_down(hs_app *);
void hs_map_cursor_next_block(hs_app *);
void hs_map_cursor_previous_block(hs_app *);
void hs_map_zoom_in(hs_app *);
void hs_map_zoom_out(hs_app *);
void hs_map_zoom_to_fit(hs_app *);
void hs_map_zoom_path(hs_app *);

#endif

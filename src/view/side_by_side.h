/* SPDX-License-Identifier: MIT */
/* Allocators side by side: for each one a heading, its figures, its map.
 *
 *      first-fit            | best-fit              On a narrow screen one above
 *      live 88 in 4 blocks  | live 88 in 4 blocks   the other; what does not fit
 *      map                  | map                   is named.
 *      they part at command 7, ...                                              */
#ifndef HS_VIEW_SIDE_BY_SIDE_H
#define HS_VIEW_SIDE_BY_SIDE_H

#include "view/byte_map.h"
#include "view/pictures.h"

#include <heapscope/lockstep.h>

/* Paint all lanes in a pane, scrolled to `top`, or with `follow` to each one's last change. Where
 * the first lane's map lies is given out. */
void hs_lanes_paint(const hs_lockstep *, hs_pane, hs_addr top, bool follow, hs_map_plan *,
                    hs_pane *map);

/* One lane alone: its map, with the zoom that all have in common; its rows, heading included. */
hs_map_plan hs_lane_plan(const hs_lockstep *, size_t lane, int rows, int columns, hs_addr top,
                         bool follow);
int hs_lane_rows(const hs_lockstep *, size_t lane, const hs_map_plan *, int columns);
void hs_lane_paint(const hs_lockstep *, size_t lane, const hs_map_plan *, hs_pane);

/* Three texts that the caller frees: what the last operation did on each lane; where they part,
 * NULL while they are together; how operation n (from 1) was served on each. */
char *hs_lanes_explain(const hs_lockstep *);
char *hs_lanes_parting(const hs_lockstep *);
char *hs_lanes_why(const hs_lockstep *, uint64_t n);

/* A picture for each lane, one above the other. */
char *hs_lanes_picture(const hs_lockstep *, const hs_picture *, int columns, bool ascii);

#endif

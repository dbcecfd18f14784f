/* SPDX-License-Identifier: MIT */
/* A comparison as text: for each trace a table of what does not change and one of cost and time;
 * the means over all traces; utilization against throughput as a plot. Freed by the caller. */
#ifndef HS_VIEW_COMPARISON_H
#define HS_VIEW_COMPARISON_H

#include "model/contest/figures.h"
#include "view/scene.h"

enum { HS_COMPARISON_COLUMNS = 80, HS_COMPARISON_PLOT_ROWS = 16 };

hs_scene *hs_comparison_trace_scene(const hs_comparison *, size_t trace, bool ascii);
hs_scene *hs_comparison_means_scene(const hs_comparison *, bool ascii);
hs_scene *hs_comparison_plot_scene(const hs_comparison *, bool ascii);

/* The letter that stands for a lane: A to Z, then a to z, then ?. */
char hs_comparison_letter(size_t lane);

#endif

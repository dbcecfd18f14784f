/* SPDX-License-Identifier: MIT */
/* The graph over time, for whoever points at it. */
#ifndef HS_VIEW_PLOT_H
#define HS_VIEW_PLOT_H

#include "view/scene.h"

#include <heapscope/session.h>

/* The request of a trace that a column of a painted plot stands for; false where none does. */
bool hs_plot_request(const hs_session *, hs_pane, int column, uint64_t *request);

#endif

/* SPDX-License-Identifier: MIT */
/* A trace on the full screen: one goes through its requests with keys, or lets it play by itself at
 * any pace. */
#ifndef HS_UI_FULL_TRACE_H
#define HS_UI_FULL_TRACE_H

#include "ui/full/app.h"

extern const hs_mode hs_mode_trace;

/* Called at the program's start. If there is a trace, it has the keys, or with `has_focus` false
 * the prompt has them. */
void hs_trace_begin(hs_app *, bool has_focus);
/* Go back to where the trace was left for requests of one's own; there, play or pause. */
void hs_trace_return(hs_app *);

#endif

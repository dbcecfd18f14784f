/* A trace on the full screen: one goes through its requests with keys, or lets it play by itself at
 * any pace. */
#ifndef HS_UI_FULL_TRACE_H
#define HS_UI_FULL_TRACE_H

#include "ui/full/app.h"

extern const hs_mode hs_mode_trace;

/* At the program's start. It has the keys, if there is one, or the prompt has them. */
void hs_trace_begin(hs_app *, bool has_focus);
/* Back to where it was left for requests of one's own; there: play, or pause. */
void hs_trace_return(hs_app *);

#endif

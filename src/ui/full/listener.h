/* SPDX-License-Identifier: MIT */
/* The full screen as the interpreter's listener. */
#ifndef HS_UI_FULL_LISTENER_H
#define HS_UI_FULL_LISTENER_H

#include "ui/full/app.h"

hs_listener hs_listener_of(hs_app *);

/* Asked while Tab looks for words. True: stop. The context is the hs_app. */
bool hs_listener_stop_completing(void *context);

#endif

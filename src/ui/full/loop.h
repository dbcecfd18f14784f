/* SPDX-License-Identifier: MIT */
/* The full screen's loop: draw, wait for one thing, have it acted upon. */
#ifndef HS_UI_FULL_LOOP_H
#define HS_UI_FULL_LOOP_H

#include "ui/full/app.h"

/* Keys for the terminal, whatever mode is on. */
extern const hs_mode hs_mode_terminal;

/* Go once around the loop. False: no more keys come. */
bool hs_loop_turn(hs_app *);
/* The next character for the editor, as a prompt's host gives it; the context is the hs_app. */
hs_key hs_loop_next_char(void *context, wchar_t *out);

#endif

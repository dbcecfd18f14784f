/* SPDX-License-Identifier: MIT */
/* Keys that act wherever one is, and the help on all keys. */
#ifndef HS_UI_FULL_KEYS_H
#define HS_UI_FULL_KEYS_H

#include "ui/full/app.h"

extern const hs_mode hs_mode_keys;

/* While a question waits: keys that only look at something act as ever; those that run commands or
 * travel do nothing. */
void hs_keys_look(hs_app *, wchar_t key);

#endif

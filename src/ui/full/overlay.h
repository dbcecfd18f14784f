/* SPDX-License-Identifier: MIT */
/* What is laid over the map, or pointed out on it. */
#ifndef HS_UI_FULL_OVERLAY_H
#define HS_UI_FULL_OVERLAY_H

#include "ui/full/app.h"

extern const hs_mode hs_mode_overlay;

#endif

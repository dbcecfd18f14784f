/* SPDX-License-Identifier: MIT */
/* The settings of how things look and how fast they go: a front end's, behind the session's own. */
#ifndef HS_VIEW_SETTINGS_H
#define HS_VIEW_SETTINGS_H

#include <heapscope/session.h>

enum {
    HS_SET_THEME = HS_OWN_SETTINGS, /* colours for a dark terminal or a projector */
    HS_SET_ZOOM,                    /* bytes of the heap that one row of the map shows */
    HS_SET_PICTURE,                 /* line mode: draw the map after each change */
    HS_SET_SIZE,    /* of all that is drawn: as much as fits, or legible from afar */
    HS_SET_PACE,    /* seconds that a played script waits between steps */
    HS_SET_PREDICT, /* ask before each request what will come of it */
    HS_SET_END
};

enum { HS_THEME_DARK, HS_THEME_LIGHT };
enum { HS_SIZE_NORMAL, HS_SIZE_LARGE };
enum { HS_PICTURE_ON, HS_PICTURE_OFF };
enum { HS_PREDICT_ON, HS_PREDICT_OFF };

extern const hs_front_settings hs_view_settings;

#endif

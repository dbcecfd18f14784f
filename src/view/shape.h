/* SPDX-License-Identifier: MIT */
/* The shape on the screen: the picture of the run with its axes, its legend and a cursor.
 *
 *       Shape of memory
 *      0x107000800                          ..aaaa
 *      0x107000400         AAAABBBB..BBBB..bbbbAAAA
 *      0x107000000  AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
 *        commands   1                ▲           512
 *      one column is 16 commands, one row 1 KiB; ...
 *      A to 32 bytes  B to 128  ...   . nothing live
 *
 * A capital says that at least half of the cell lives, a small letter that less does. The mark on
 * the axis is the moment that the session stands at. */
#ifndef HS_VIEW_SHAPE_H
#define HS_VIEW_SHAPE_H

#include "view/scene.h"

#include <heapscope/shape.h>

/* What is looked at, and where the cursor is: what is kept, so that it can be shown again. */
typedef struct {
    hs_shape_window window;
    bool pointing; /* there is a cursor */
    uint64_t command;
    hs_addr at;
} hs_shape_place;

/* A place with its picture, which is kept as long as it is right. */
typedef struct {
    hs_shape_place place;
    hs_shape_picture *picture; /* as last painted; NULL: none */
    struct {
        const hs_session *session;
        hs_shape_window window;
        uint32_t branch;
        uint64_t now, end, surveyed;
        int rows, columns;
    } of;
    hs_pane cells; /* where the picture lies */
    int wide;      /* columns of the screen for one of the picture */
} hs_shape_view;

/* Begin to look at a session. The cursor begins at the session's moment and at this address. */
void hs_shape_view_begin(hs_shape_view *, const hs_session *, hs_shape_window, hs_addr at);
void hs_shape_view_end(hs_shape_view *);

void hs_shape_paint(const hs_session *, hs_shape_view *, hs_pane);

/* Move the cursor by cells; the window follows it. */
void hs_shape_move(const hs_session *, hs_shape_view *, int columns, int rows);
/* Put the cursor on a cell of the screen; false where there is none. */
bool hs_shape_point(hs_shape_view *, int row, int column);
/* Make the window twice as fine around the cursor, or twice as coarse; false when that can not
 * be. */
bool hs_shape_zoom(const hs_session *, hs_shape_view *, bool in);

/* The rows that it likes best. */
enum { HS_SHAPE_VIEW_ROWS = 22 };

#endif

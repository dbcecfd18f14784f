/* SPDX-License-Identifier: MIT */
/* The zoom path: from the address space to the heap in it, to a block, to the bits of its header,
 * and out again, by one key.
 *
 *      process > heap > block p3 > header      in, and from there out again: block, heap, process
 */
#ifndef HS_UI_FULL_ZOOM_PATH_H
#define HS_UI_FULL_ZOOM_PATH_H

#include <heapscope/session.h>

typedef enum { HS_PATH_PROCESS, HS_PATH_HEAP, HS_PATH_BLOCK, HS_PATH_HEADER } hs_path_level;

typedef struct {
    bool out;       /* it is on the way back */
    hs_addr cursor; /* where the cursor was when the path was begun; HS_NULL: nowhere */
    hs_path_level level;
    hs_seen block;
    char trail[128]; /* "process > heap > block p3" */
    char *shown;     /* the trail, and what is to be seen there */
} hs_zoom_path;

/* Go one level on: the first time, or when the path was left (`continues` false), to the process;
 * with a cursor, the block is the one it is in. */
void hs_zoom_path_step(hs_zoom_path *, const hs_session *, hs_addr cursor, bool continues);
void hs_zoom_path_end(hs_zoom_path *);

/* The header of the block, bit by bit; freed by the caller. */
char *hs_zoom_path_header(const hs_zoom_path *, const hs_session *);

#endif

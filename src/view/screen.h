/* SPDX-License-Identifier: MIT */
/* The screen: title, caption, map, panels, message and prompt line as one scene.
 *
 *      title                                  At least 120 columns wide, the panels
 *      caption (narration)                    stand beside the map; on a narrower
 *      map                                    screen below it; on a small one they
 *      blocks | free blocks | figures         fold away.
 *      message
 *      keys
 *      prompt */
#ifndef HS_VIEW_SCREEN_H
#define HS_VIEW_SCREEN_H

#include "view/byte_map.h"
#include "view/pictures.h"
#include "view/shape.h"
#include "view/side_by_side.h"

/* Something laid over the map until it is closed: a text (which may stand for a picture), else a
 * picture. */
typedef struct {
    bool open;
    const void *what; /* a mark by which its opener recognises it; NULL: nobody does */
    const char *title;
    const char *text;
    const hs_picture *picture;
    hs_subject of; /* the subject of the picture; its session is the one that is looked at */
    size_t skip;   /* rows scrolled away */
} hs_overlay;

/* True if it shows the heap as a whole, so that at another moment it becomes the picture of that
 * one. */
static inline bool hs_overlay_goes_along(const hs_overlay *o)
{
    return o->picture && !o->text && !o->of.at;
}

typedef struct {
    bool lecture;        /* it has steps of its own, so the bar that shows time is left out */
    const char *section; /* of a lecture, or NULL */
    const char *caption; /* narration, or NULL */
    bool question;       /* the caption asks the audience something */
    const char *message; /* what just happened, or NULL */
    bool error;          /* the message is an error's */
    const char *keys;    /* the line of key hints */
    hs_addr top;         /* where the reader scrolled the map to */
    bool follow;         /* scroll to what is pointed out, or to the last change, if out of sight */
    bool zoomed;         /* the reader zoomed to `zoom`, no matter what is set */
    uint64_t zoom;
    bool resized; /* the reader chose large or not, no matter what is set */
    bool large;
    hs_addr cursor; /* pointed out on the map, with the bytes behind it; HS_NULL for none */
    uint64_t cursor_size;
    bool focused; /* the zoom path chose `focus` bytes a row, 0 for the whole heap */
    uint64_t focus;
    hs_overlay overlay;
    const hs_lockstep *lockstep; /* allocators side by side in place of map and panels, or NULL */
} hs_screen_state;

/* Where things came to lie. */
typedef struct {
    hs_map_plan plan;
    hs_pane map;         /* the rows of the heap, without the ruler */
    hs_pane overlay;     /* its content, below its title */
    size_t overlay_rows; /* how many rows the whole overlay has */
    hs_pane bar;         /* the bar of time in the title; without columns when there is none */
    hs_pane message;
    int prompt_row;
} hs_screen_places;

void hs_screen_compose(const hs_session *, const hs_screen_state *, hs_scene *, hs_screen_places *);

#endif

/* SPDX-License-Identifier: MIT */
/* The table of pictures: everything that can be looked at has one row. A new one is a file of its
 * own, a line here, and its place in the table of pictures.c. */
#ifndef HS_VIEW_PICTURES_H
#define HS_VIEW_PICTURES_H

#include "view/picture.h"

/* The heap as it is. */
extern const hs_picture hs_picture_map;       /* the byte map; `length` bytes at `at` pointed out */
extern const hs_picture hs_picture_blocks;    /* all blocks in heap order */
extern const hs_picture hs_picture_free_list; /* the free blocks, in their own order */
extern const hs_picture hs_picture_figures;   /* the headline measures */
extern const hs_picture hs_picture_stats;     /* the ledger and all measures, with definitions */
extern const hs_picture hs_picture_bytes;     /* `length` bytes from `at` on */
extern const hs_picture hs_picture_inspect;   /* what lies at `at`: block, role, header, life */

/* The heap over time. */
extern const hs_picture hs_picture_plot;  /* live bytes, heap size, utilization, cost */
extern const hs_picture hs_picture_shape; /* time across, address up; `own`: an hs_shape_view */
extern const hs_picture hs_picture_why;   /* how `command` was served, in words */
extern const hs_picture hs_picture_steps; /* the same on the map, one event after another */
extern const hs_picture hs_picture_split; /* several allocators side by side, where they part */

/* The heap's surroundings. */
extern const hs_picture hs_picture_segments;    /* the small machine: spaces and memory */
extern const hs_picture hs_picture_translation; /* of `address`, for an `access` */
/* The address space of the session's process, and that of a real one. If the subject has a `step`,
 * the steps from that one on are told as well. */
extern const hs_picture hs_picture_process, hs_picture_live;

/* The pictures in the order of help; NULL beyond the last. */
const hs_picture *hs_picture_at(size_t index);

#endif

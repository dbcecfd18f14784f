/* SPDX-License-Identifier: MIT */
/* The observer of a session: it passes on what is told to those who keep what they read. */
#include "model/reading/readings.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static void changes(hs_session *s, bool may_break)
{
    hs_readings *r = hs_readings_of(s);
    r->taken = false;
    if (may_break) r->checked = false;
}

static void leaves(hs_session *s)
{
    hs_readings_keep_end(hs_readings_of(s), s);
}

static void free_readings(void *readings)
{
    hs_readings *r = readings;
    hs_range_sums_free(r->sums);
    hs_lifetimes_free(r->left.shape);
    free(r);
}

static const hs_observer observer = {.changes = changes,
                                     .forget = hs_range_sums_forget,
                                     .follow = hs_range_sums_follow,
                                     .differs = hs_range_sums_differs,
                                     .marks_move = hs_range_sums_marks_move,
                                     .arrives = hs_range_sums_catch_up,
                                     .leaves = leaves,
                                     .anchor = hs_range_sums_anchor,
                                     .free = free_readings};

hs_readings *hs_readings_of(const hs_session *s)
{
    if (!s->observed->by)
        *s->observed = (hs_observed){.by = &observer, .readings = hs_new(1, sizeof(hs_readings))};
    return s->observed->readings;
}

void hs_readings_keep_end(hs_readings *r, const hs_session *there)
{
    if (!r->left.shape) r->left.shape = hs_lifetimes_new();
    memcpy(r->left.shape, there->shape, hs_lifetimes_size(there->shape));
    r->left.at = there->at;
    r->left.is = there->is;
}

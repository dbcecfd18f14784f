/* SPDX-License-Identifier: MIT */
/* Samples over time. Adding one costs O(1): a full array is halved after as many requests as it
 * stands for. */
#include "model/session/timeline.h"

#include "base/memory.h"

#include <stdlib.h>

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Join sample a and the sample b right after it. */
static hs_sample join(hs_sample a, hs_sample b)
{
    return (hs_sample){.requests = a.requests + b.requests,
                       .heap = most(a.heap, b.heap),
                       .used = most(a.used, b.used),
                       .live = most(a.live, b.live),
                       .utilization = most(a.utilization, b.utilization),
                       .examined = most(a.examined, b.examined)};
}

static void halve(hs_timeline *t)
{
    for (size_t i = 0; i + 1 < t->count; i += 2)
        t->samples[i / 2] = join(t->samples[i], t->samples[i + 1]);
    t->count /= 2;
    t->stride *= 2;
}

void hs_timeline_add(hs_timeline *t, hs_sample s)
{
    if (!t->stride) t->stride = 1;
    hs_sample *last = t->count ? &t->samples[t->count - 1] : NULL;
    if (last && last->requests < t->stride) {
        *last = join(*last, s);
        return;
    }
    if (t->count == HS_SAMPLES) halve(t);
    t->samples = hs_array_reserve(t->samples, &t->capacity, t->count + 1, sizeof *t->samples);
    t->samples[t->count++] = s;
}

void hs_timeline_clear(hs_timeline *t)
{
    t->count = 0;
    t->stride = 1;
}

void hs_timeline_free(hs_timeline *t)
{
    free(t->samples);
    *t = (hs_timeline){0};
}

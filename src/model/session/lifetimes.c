/* SPDX-License-Identifier: MIT */
/* The shape, kept. Counters of one class lie side by side, so that a block that spans all buckets
 * is a loop over 128 numbers. */
#include "model/session/lifetimes.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

const uint64_t hs_shape_sizes[HS_SHAPE_CLASSES] = {32, 128, 512, 4096, 65536, UINT64_MAX};

hs_lifetimes *hs_lifetimes_new(void)
{
    hs_lifetimes *s = hs_new(1, sizeof *s);
    s->stride = 1;
    s->shift = HS_SHAPE_LEAST_SHIFT;
    return s;
}

void hs_lifetimes_free(hs_lifetimes *s)
{
    free(s);
}

void hs_lifetimes_clear(hs_lifetimes *s, hs_addr base)
{
    s->requests = s->count = 0;
    s->stride = 1;
    if (!s->aimed) {
        s->from = base;
        s->shift = HS_SHAPE_LEAST_SHIFT;
    }
    memset(s->live, 0, sizeof s->live);
}

void hs_lifetimes_aim(hs_lifetimes *s, hs_addr from, unsigned shift)
{
    s->aimed = true;
    s->from = from;
    s->shift = shift;
    memset(s->live, 0, sizeof s->live);
}

/* --- What lives ------------------------------------------------------------------------------ */

static size_t class_of(uint64_t size)
{
    size_t class = 0;
    while (size > hs_shape_sizes[class]) class ++;
    return class;
}

/* Two buckets become one. */
static void widen(hs_lifetimes *s)
{
    for (size_t k = 0; k < HS_SHAPE_CLASSES; k++) {
        uint64_t *live = s->live[k];
        for (size_t i = 0; i < HS_SHAPE_BUCKETS; i += 2) live[i / 2] = live[i] + live[i + 1];
        memset(live + HS_SHAPE_BUCKETS / 2, 0, HS_SHAPE_BUCKETS / 2 * sizeof *live);
    }
    s->shift++;
}

/* Add a block to what lives, or subtract it: subtracting is adding modulo 2^64. */
static void count(hs_lifetimes *s, hs_addr at, uint64_t size, bool dies)
{
    uint64_t *live = s->live[class_of(size)], whole;
    while (!s->aimed && (at + size - s->from - 1) >> s->shift >= HS_SHAPE_BUCKETS) widen(s);
    hs_addr from = at > s->from ? at - s->from : 0, to = at + size - s->from;
    if (at + size <= s->from) return;
    if (to > (uint64_t)HS_SHAPE_BUCKETS << s->shift) to = (uint64_t)HS_SHAPE_BUCKETS << s->shift;
    if (from >= to) return;
    uint64_t first = from >> s->shift, last = (to - 1) >> s->shift, bucket = 1ull << s->shift;
    if (first == last) {
        live[first] += dies ? from - to : to - from;
        return;
    }
    whole = dies ? 0 - bucket : bucket;
    uint64_t head = ((first + 1) << s->shift) - from, tail = to - (last << s->shift);
    live[first] += dies ? 0 - head : head;
    for (uint64_t i = first + 1; i < last; i++) live[i] += whole;
    live[last] += dies ? 0 - tail : tail;
}

void hs_lifetimes_born(hs_lifetimes *s, hs_addr at, uint64_t size)
{
    if (size) count(s, at, size, false);
}

void hs_lifetimes_died(hs_lifetimes *s, hs_addr at, uint64_t size)
{
    if (size) count(s, at, size, true);
}

/* --- Columns --------------------------------------------------------------------------------- */

static uint8_t cell_of(const hs_lifetimes *s, size_t i, hs_addr highest)
{
    uint64_t live = 0, bucket = 1ull << s->shift;
    size_t most = 0;
    if (s->from + i * bucket >= highest) return HS_SHAPE_UNUSED << 5;
    for (size_t k = 0; k < HS_SHAPE_CLASSES; k++) {
        live += s->live[k][i];
        if (s->live[k][i] > s->live[most][i]) most = k;
    }
    if (!live) return HS_SHAPE_FREE << 5;
    /* A broken heap may hand out bytes twice, so there may be more than the bucket has. */
    uint64_t share =
        live < bucket ? (live * HS_SHAPE_FULL + bucket - 1) >> s->shift : HS_SHAPE_FULL;
    return (uint8_t)((HS_SHAPE_LIVE + most) << 5 | share);
}

void hs_lifetimes_now(const hs_lifetimes *s, hs_addr highest, uint8_t cells[HS_SHAPE_BUCKETS])
{
    for (size_t i = 0; i < HS_SHAPE_BUCKETS; i++) cells[i] = cell_of(s, i, highest);
}

static void halve(hs_lifetimes *s)
{
    for (size_t i = 1; i < s->count; i += 2) s->columns[i / 2] = s->columns[i];
    s->count /= 2;
    s->stride *= 2;
}

bool hs_lifetimes_note(hs_lifetimes *s, uint64_t command, hs_addr highest, size_t *from, size_t *to)
{
    if (s->aimed || ++s->requests % s->stride) return false;
    bool full = s->count == HS_SHAPE_COLUMNS;
    if (full) halve(s);
    *from = full ? 0 : s->count;
    if (s->requests % s->stride == 0) {
        hs_lifetimes_column *c = &s->columns[s->count++];
        c->command = command;
        c->shift = s->shift;
        hs_lifetimes_now(s, highest, c->cells);
    }
    *to = s->count;
    return true;
}

size_t hs_lifetimes_size(const hs_lifetimes *s)
{
    return hs_lifetimes_place(s->count);
}

size_t hs_lifetimes_place(size_t column)
{
    return offsetof(hs_lifetimes, columns) + column * sizeof(hs_lifetimes_column);
}

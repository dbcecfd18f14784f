/* SPDX-License-Identifier: MIT */
/* A trace in memory: one array, and the names of its ids where they have any. */
#include <heapscope/trace.h>

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct hs_trace {
    hs_trace_op *ops;
    size_t count, capacity;
    uint32_t ids;
    char **names; /* of the ids from 0 on; NULL: of none */
    size_t name_count, name_capacity;
    hs_trace_header header;
};

hs_trace *hs_trace_new(void)
{
    HS_ENTER((void)0, NULL);
    return hs_new(1, sizeof(hs_trace));
}

void hs_trace_free(hs_trace *t)
{
    if (!t) return;
    for (size_t i = 0; i < t->name_count; i++) free(t->names[i]);
    free(t->names);
    free(t->ops);
    free(t);
}

bool hs_trace_reserve(hs_trace *t, uint64_t count)
{
    if (count <= t->capacity) return true;
    HS_ENTER((void)0, false);
    t->ops = hs_array_reserve(t->ops, &t->capacity, count, sizeof *t->ops);
    hs_array_in_huge_pages(t->ops, t->capacity * sizeof *t->ops);
    return true;
}

bool hs_trace_add(hs_trace *t, hs_trace_op op)
{
    if (t->count == t->capacity && !hs_trace_reserve(t, t->count + 1)) return false;
    t->ops[t->count++] = op;
    if (op.id != HS_TRACE_NULL && op.id >= t->ids) t->ids = op.id + 1;
    return true;
}

bool hs_trace_add_all(hs_trace *t, const hs_trace_op *ops, size_t count)
{
    if (!count) return true;
    if (!hs_trace_reserve(t, t->count + count)) return false;
    memcpy(t->ops + t->count, ops, count * sizeof *ops);
    t->count += count;
    uint32_t ids = t->ids;
    for (size_t i = 0; i < count; i++) { /* without a branch, which new ids would make a guess */
        uint32_t least = ops[i].id + 1;  /* HS_TRACE_NULL + 1 is 0 */
        ids = least > ids ? least : ids;
    }
    t->ids = ids;
    return true;
}

uint32_t hs_trace_close_gap(hs_trace *t, uint32_t late)
{
    uint32_t below = 0;
    for (size_t i = 0; i < t->count; i++)
        if (t->ops[i].id < late && t->ops[i].id + 1 > below) below = t->ops[i].id + 1;
    t->ids = below;
    for (size_t i = 0; i < t->count; i++) {
        hs_trace_op *op = &t->ops[i];
        if (op->id < late || op->id == HS_TRACE_NULL) continue;
        op->id -= late - below;
        if (op->id + 1 > t->ids) t->ids = op->id + 1;
    }
    return late - below;
}

uint64_t hs_trace_count(const hs_trace *t)
{
    return t->count;
}

const hs_trace_op *hs_trace_ops(const hs_trace *t)
{
    return t->ops;
}

uint32_t hs_trace_ids(const hs_trace *t)
{
    return t->ids;
}

void hs_trace_name(const hs_trace *t, uint32_t id, char *out, size_t room)
{
    if (id < t->name_count && t->names[id])
        snprintf(out, room, "%s", t->names[id]);
    else
        snprintf(out, room, "p%" PRIu32, id);
}

bool hs_trace_give_name(hs_trace *t, uint32_t id, const char *name)
{
    HS_ENTER((void)0, false);
    t->names = hs_array_reserve(t->names, &t->name_capacity, id + (size_t)1, sizeof *t->names);
    while (t->name_count <= id) t->names[t->name_count++] = NULL;
    free(t->names[id]);
    t->names[id] = NULL;
    t->names[id] = hs_copy(name);
    return true;
}

bool hs_trace_has_names(const hs_trace *t)
{
    return t->name_count > 0;
}

/* Mark each realloc and free of an id that holds no block. One bit for each id says whether it
 * holds one. */
void hs_trace_mark_nulls(hs_trace *t)
{
    uint64_t *live = hs_new(t->ids / 64 + 1, sizeof *live);
    for (size_t i = 0; i < t->count; i++) {
        hs_trace_op *op = &t->ops[i];
        if (op->id == HS_TRACE_NULL) continue;
        uint64_t *word = &live[op->id / 64], bit = (uint64_t)1 << op->id % 64;
        bool frees = op->kind == HS_FREE || (op->kind == HS_REALLOC && !op->size && *word & bit);
        if (op->kind == HS_REALLOC || op->kind == HS_FREE) op->other = !(*word & bit);
        *word = frees ? *word & ~bit : *word | bit;
    }
    free(live);
}

hs_trace_header *hs_trace_about(hs_trace *t)
{
    return &t->header;
}

const hs_trace_header *hs_trace_header_of(const hs_trace *t)
{
    return &t->header;
}

/* SPDX-License-Identifier: MIT */
/* The life of a block, read off the chronicle: the requests that take or give the pointer that
 * names it, from the one that made it on to the one that frees it, those ahead included. */
#include "model/reading/readings.h"

#include <heapscope/reading.h>

typedef struct {
    const hs_session *session;
    uint32_t variable;
    uint64_t looks; /* how many more operations may be looked at */
    hs_life *life;
} reader;

/* The request with this index, when it is about the variable. */
static bool request_at(reader *r, uint64_t index, hs_record_of_op *out)
{
    bool named;
    const hs_session *s = r->session;
    if (!r->looks) return false;
    r->looks--;
    return hs_chronicle_get(s->chronicle, s->at.branch, index, out, &named) &&
           out->op.kind == HS_OP_REQUEST &&
           (out->variable == r->variable || out->op.p.variable == r->variable);
}

static bool is_resize(const reader *r, const hs_op *op)
{
    return op->request == HS_REALLOC && op->p.variable == r->variable;
}

/* A block that realloc moved was born at another address: go back to where the first one was. */
static uint64_t birth_of(reader *r, uint64_t born)
{
    hs_record_of_op record;
    if (!request_at(r, born - 1, &record)) return born;
    for (uint64_t i = born - 1; is_resize(r, &record.op);) {
        while (i > 0 && r->looks && !request_at(r, i - 1, &record)) i--;
        if (!i || !r->looks || record.op.request == HS_FREE) break;
        born = i--;
    }
    return born;
}

static void add(hs_life *life, uint64_t number, uint64_t size)
{
    if (life->count < HS_LIFE_EVENTS) {
        life->numbers[life->count] = number;
        life->sizes[life->count] = size;
    }
    life->count++;
}

/* Read on until the block is freed, or its name goes to another one. True: there is no more. */
static bool read_on(reader *r, uint64_t *at)
{
    hs_record_of_op record;
    const hs_session *s = r->session;
    uint64_t end = hs_chronicle_count(s->chronicle, s->at.branch);
    for (; *at < end && r->looks; ++*at) {
        if (!request_at(r, *at, &record)) continue;
        const hs_op *op = &record.op;
        if (op->request == HS_FREE || (is_resize(r, op) && !op->a)) {
            r->life->freed = *at + 1;
            return true;
        }
        if (!is_resize(r, op)) return true; /* its name is another block's */
        add(r->life, *at + 1, op->a);
    }
    return !r->looks;
}

/* The life is kept for the block that was asked about last. What has been done does not change, so
 * only what was done since is read. */
hs_life hs_session_life(const hs_session *s, const hs_client_block *b)
{
    HS_ENTER_SESSION(s, NULL, (hs_life){0});
    hs_kept_life *k = &hs_readings_of(s)->life;
    if (b->variable == HS_NONE) return (hs_life){.born = b->born};
    bool same =
        k->known && k->born == b->born && k->variable == b->variable && k->branch == s->at.branch;
    if (!same)
        *k = (hs_kept_life){.known = true,
                            .branch = s->at.branch,
                            .variable = b->variable,
                            .born = b->born,
                            .looks = HS_LIFE_LOOKS};
    reader r = {s, b->variable, k->looks, &k->life};
    if (!same) k->next = k->life.born = birth_of(&r, b->born);
    k->over = k->over || read_on(&r, &k->next);
    k->looks = r.looks;
    k->life.cut = !r.looks;
    return k->life;
}

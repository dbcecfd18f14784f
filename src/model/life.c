/* The life of a block, read off the chronicle: the requests that take or give the pointer that
 * names it, from the one that made it on to the one that frees it, those ahead included. */
#include "model/session.h"

typedef struct {
    const hs_session *session;
    uint32_t variable;
    uint64_t looks; /* that are left */
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

/* Forward, until the block is freed, or its name goes to another one. */
static void read_on(reader *r, uint64_t born)
{
    hs_record_of_op record;
    const hs_session *s = r->session;
    uint64_t end = hs_chronicle_count(s->chronicle, s->at.branch);
    for (uint64_t i = born; i < end && r->looks; i++) {
        if (!request_at(r, i, &record)) continue;
        const hs_op *op = &record.op;
        if (op->request == HS_FREE || (is_resize(r, op) && !op->a)) {
            r->life->freed = i + 1;
            return;
        }
        if (!is_resize(r, op)) return; /* its name is another block's */
        add(r->life, i + 1, op->a);
    }
}

hs_life hs_session_life(const hs_session *s, const hs_client_block *b)
{
    hs_life life = {.born = b->born};
    reader r = {s, b->variable, HS_LIFE_LOOKS, &life};
    if (b->variable == HS_NONE) return life;
    life.born = birth_of(&r, b->born);
    read_on(&r, life.born);
    life.cut = !r.looks;
    return life;
}

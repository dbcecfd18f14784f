/* SPDX-License-Identifier: MIT */
/* The chronicle. Each branch is one array of bytes, and the place of every 32nd operation in it.
 *
 *      tag: kind, flags | a | variable + 1 | [pointer: variable + 1, offset] | [b]
 *      | [name] | [text]
 *
 * Numbers are written 7 bits a byte, the lowest first, the top bit saying that more follow; offsets
 * with their sign in the lowest bit. malloc 24 takes 3 bytes, free p1 takes 5. A trace that is gone
 * through is not written down again: it stays what it was. */
#include "model/session/chronicle.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* A request is written with its kind of request in place of HS_OP_REQUEST, behind the kinds of
 * operations; all of them fit into the 4 bits of the tag. */
enum { STRIDE = 32, REQUEST_KINDS = 11 };
enum { REPLAY = 16, NAMED = 32, POINTER = 64, SECOND = 128 };

typedef struct {
    hs_moment fork;
    uint64_t count; /* operations of its own */
    uint8_t *bytes;
    size_t size, capacity;
    size_t *places; /* of operations 0, 32, 64, ... */
    size_t place_count, place_capacity;
} branch;

struct hs_chronicle {
    branch *branches;
    size_t branch_count, branch_capacity;
    hs_trace *trace; /* the operations before those of branch 0; NULL: none */
    uint64_t trace_count;
    struct {
        uint32_t branch;
        uint64_t index; /* of its own operations */
        size_t place;
    } next; /* the operation behind the one that was read last */
};

static uint32_t add_branch(hs_chronicle *t, hs_moment fork)
{
    t->branches = hs_array_reserve(t->branches, &t->branch_capacity, t->branch_count + 1,
                                   sizeof *t->branches);
    t->branches[t->branch_count] = (branch){.fork = fork};
    return (uint32_t)t->branch_count++;
}

hs_chronicle *hs_chronicle_new(void)
{
    hs_chronicle *t = hs_new(1, sizeof *t);
    add_branch(t, (hs_moment){0, 0});
    return t;
}

hs_chronicle *hs_chronicle_of(hs_trace *trace)
{
    hs_chronicle *t = hs_chronicle_new();
    hs_trace_mark_nulls(trace);
    t->trace = trace;
    t->trace_count = hs_trace_count(trace);
    t->branches[0].fork.count = t->trace_count;
    return t;
}

const hs_trace *hs_chronicle_trace(const hs_chronicle *t)
{
    return t->trace;
}

uint64_t hs_chronicle_traced(const hs_chronicle *t)
{
    return t->trace_count;
}

void hs_chronicle_free(hs_chronicle *t)
{
    if (!t) return;
    hs_trace_free(t->trace);
    for (size_t i = 0; i < t->branch_count; i++) {
        free(t->branches[i].bytes);
        free(t->branches[i].places);
    }
    free(t->branches);
    free(t);
}

/* --- Writing -------------------------------------------------------------------------------- */

static void put_byte(branch *b, unsigned byte)
{
    b->bytes = hs_array_reserve(b->bytes, &b->capacity, b->size + 1, 1);
    b->bytes[b->size++] = (uint8_t)byte;
}

static void put_number(branch *b, uint64_t n)
{
    for (; n > 127; n >>= 7) put_byte(b, (unsigned)(n & 127) | 128);
    put_byte(b, (unsigned)n);
}

static void put_signed(branch *b, uint64_t n)
{
    put_number(b, n << 1 ^ (n >> 63 ? UINT64_MAX : 0));
}

/* Put a text, with a NUL behind it that its length does not count: names and numbers are read as
 * strings. */
static void put_text(branch *b, const char *text, size_t length)
{
    put_number(b, text ? length + 1 : 0);
    if (!text) return;
    b->bytes = hs_array_reserve(b->bytes, &b->capacity, b->size + length + 1, 1);
    memcpy(b->bytes + b->size, text, length);
    b->bytes[b->size + length] = 0;
    b->size += length + 1;
}

static void put_record(branch *b, const hs_record_of_op *r)
{
    const hs_op *op = &r->op;
    bool request = op->kind == HS_OP_REQUEST;
    bool pointer = op->p.variable != HS_NONE || op->p.offset;
    unsigned kind = request ? REQUEST_KINDS + op->request : op->kind;
    put_byte(b, kind | (op->replay ? REPLAY : 0u) | (op->name ? NAMED : 0u) |
                    (pointer ? POINTER : 0u) | (op->b ? SECOND : 0u));
    put_number(b, op->a);
    put_number(b, r->variable + 1u);
    if (pointer) {
        put_number(b, op->p.variable + 1u);
        put_signed(b, op->p.offset);
    }
    if (op->b) put_number(b, op->b);
    if (request) return;
    if (op->name) put_text(b, op->name, strlen(op->name));
    put_text(b, op->text, op->text_length);
}

void hs_chronicle_add(hs_chronicle *t, hs_moment *at, const hs_record_of_op *r)
{
    if (at->count < hs_chronicle_count(t, at->branch)) at->branch = add_branch(t, *at);
    branch *b = &t->branches[at->branch];
    if (b->count % STRIDE == 0) {
        b->places =
            hs_array_reserve(b->places, &b->place_capacity, b->place_count + 1, sizeof *b->places);
        b->places[b->place_count++] = b->size;
    }
    put_record(b, r);
    b->count++;
    at->count++;
}

/* --- Reading -------------------------------------------------------------------------------- */

typedef struct {
    const uint8_t *at;
} reader;

static uint64_t get_number(reader *r)
{
    uint64_t n = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint64_t byte = *r->at++;
        n |= (byte & 127) << shift;
        if (byte < 128) return n;
    }
}

static uint64_t get_signed(reader *r)
{
    uint64_t n = get_number(r);
    return n >> 1 ^ (n & 1 ? UINT64_MAX : 0);
}

static const char *get_text(reader *r, size_t *length)
{
    uint64_t n = get_number(r);
    const char *text = (const char *)r->at;
    *length = n ? (size_t)n - 1 : 0;
    r->at += n;
    return n ? text : NULL;
}

static void get_record(reader *r, hs_record_of_op *out, bool *named)
{
    unsigned tag = *r->at++, kind = tag & 15;
    size_t ignored;
    hs_op *op = &out->op;
    *op = (hs_op){.p = {.variable = HS_NONE}, .replay = tag & REPLAY};
    op->kind = kind >= REQUEST_KINDS ? HS_OP_REQUEST : (hs_op_kind)kind;
    if (kind >= REQUEST_KINDS) op->request = (hs_request)(kind - REQUEST_KINDS);
    op->a = get_number(r);
    out->variable = (uint32_t)get_number(r) - 1u;
    if (tag & POINTER) {
        op->p.variable = (uint32_t)get_number(r) - 1u;
        op->p.offset = get_signed(r);
    }
    if (tag & SECOND) op->b = get_number(r);
    *named = tag & NAMED;
    if (op->kind == HS_OP_REQUEST) return;
    if (*named) op->name = get_text(r, &ignored);
    op->text = get_text(r, &op->text_length);
}

static void get_request(const hs_trace *trace, uint64_t index, hs_record_of_op *out, bool *named)
{
    const hs_trace_op *from = &hs_trace_ops(trace)[index];
    hs_op *op = &out->op;
    bool nobodys = from->id == HS_TRACE_NULL;
    *op = (hs_op){.kind = HS_OP_REQUEST, .request = (hs_request)from->kind, .a = from->size};
    bool takes = (op->request == HS_FREE || op->request == HS_REALLOC) && !from->other;
    op->p.variable = takes && !nobodys ? from->id : HS_NONE;
    if (op->request == HS_CALLOC) op->b = from->other;
    if (op->request == HS_ALIGNED_ALLOC) op->b = (uint64_t)1 << from->other;
    out->variable = op->request == HS_FREE ? HS_NONE : nobodys ? hs_trace_ids(trace) : from->id;
    *named = op->request != HS_FREE && !takes;
}

/* The place of a branch's own operation `index`: found from the one that was read last, or from the
 * last 32nd. */
static size_t place_of(hs_chronicle *t, uint32_t number, uint64_t index)
{
    const branch *b = &t->branches[number];
    if (t->next.branch == number && t->next.index == index && index) return t->next.place;
    hs_record_of_op skipped;
    bool named;
    reader r = {b->bytes + b->places[index / STRIDE]};
    for (uint64_t i = index / STRIDE * STRIDE; i < index; i++) get_record(&r, &skipped, &named);
    return (size_t)(r.at - b->bytes);
}

bool hs_chronicle_get(hs_chronicle *t, uint32_t number, uint64_t index, hs_record_of_op *out,
                      bool *named)
{
    if (index >= hs_chronicle_count(t, number)) return false;
    number = hs_chronicle_owner(t, (hs_moment){number, index + 1});
    if (number == 0 && index < t->trace_count) {
        get_request(t->trace, index, out, named);
        return true;
    }
    const branch *b = &t->branches[number];
    uint64_t own = index - b->fork.count;
    reader r = {b->bytes + place_of(t, number, own)};
    get_record(&r, out, named);
    t->next.branch = number;
    t->next.index = own + 1;
    t->next.place = (size_t)(r.at - b->bytes);
    return true;
}

/* --- The tree ------------------------------------------------------------------------------- */

uint32_t hs_chronicle_branches(const hs_chronicle *t)
{
    return (uint32_t)t->branch_count;
}

uint64_t hs_chronicle_count(const hs_chronicle *t, uint32_t number)
{
    return t->branches[number].fork.count + t->branches[number].count;
}

hs_moment hs_chronicle_fork(const hs_chronicle *t, uint32_t number)
{
    if (!number) return (hs_moment){0, 0};
    return t->branches[number].fork;
}

uint32_t hs_chronicle_owner(const hs_chronicle *t, hs_moment m)
{
    while (m.branch && m.count <= t->branches[m.branch].fork.count)
        m.branch = t->branches[m.branch].fork.branch;
    return m.branch;
}

size_t hs_chronicle_bytes(const hs_chronicle *t)
{
    size_t bytes = t->trace_count * sizeof(hs_trace_op);
    for (size_t i = 0; i < t->branch_count; i++)
        bytes += t->branches[i].size + t->branches[i].place_count * sizeof(size_t);
    return bytes;
}

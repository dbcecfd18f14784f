/* SPDX-License-Identifier: MIT */
/* Misuse: what is wrong with a pointer that must not be freed or resized, told by the client's
 * records first (freed before, inside a block) and by the bytes of the heap second. */
#include "model/session/session.h"

#include "base/count.h"

#include <inttypes.h>
#include <stdio.h>

static void pointer_text(const hs_session *s, const hs_op *op, hs_addr p, char *text, size_t size)
{
    const hs_variable *v = hs_client_variable(s->client, op->p.variable);
    if (v && op->p.offset == 0)
        snprintf(text, size, "%.60s (0x%" PRIx64 ")", v->name, p);
    else
        snprintf(text, size, "0x%" PRIx64, p);
}

static void describe_by_bytes(const hs_session *s, hs_addr p, const char *text, hs_problem *problem)
{
    const hs_client_block *around = hs_session_block_around(s, p);
    hs_seen seen;
    const hs_block block = hs_session_walk_to(s, p, &seen) ? seen.whole : (hs_block){.addr = p + 1};
    const char *where = "no block of the heap";
    if (p >= block.addr) {
        if (block.kind == HS_BLOCK_DAMAGED)
            where = "bytes that are no block any more";
        else if (p - block.addr < block.header)
            where = "a header";
        else if (p < hs_block_payload(&block))
            where = "the padding before a payload";
        else if (block.kind == HS_BLOCK_FREE)
            where = "a free block";
        else if (around && !around->live && block.kind != HS_BLOCK_USED)
            where = "a block that was freed";
        else if (block.kind == HS_BLOCK_UNUSED)
            where = "memory that was never handed out";
        else
            where = "a block, past what was asked for";
    }
    snprintf(problem->what, sizeof problem->what, "%s points into %s", text, where);
}

bool hs_describe_misuse(const hs_session *s, const hs_op *op, hs_addr p, hs_problem *problem)
{
    const char *verb = hs_request_name(op->request);
    const hs_client_block *b = hs_client_block_at(s->client, p);
    const hs_client_block *around = hs_session_block_around(s, p);
    char text[96];
    pointer_text(s, op, p, text, sizeof text);
    problem->operand = HS_OPERAND_POINTER;
    snprintf(problem->hint, sizeof problem->hint,
             "%s takes a pointer that malloc, calloc or realloc returned; `set misuse allow` "
             "passes this one on to the allocator",
             verb);
    if (!hs_heap_holds(s->heap, p, 1)) {
        snprintf(problem->what, sizeof problem->what,
                 "%s is a wild pointer: the heap goes from 0x%" PRIx64 " to 0x%" PRIx64, text,
                 hs_heap_base(s->heap), hs_heap_end(s->heap));
    } else if (b && b->live) {
        snprintf(problem->what, sizeof problem->what,
                 "%s was freed before: the memory there belongs to %.60s now", text,
                 hs_session_block_name(s, b));
    } else if (b) {
        snprintf(problem->what, sizeof problem->what,
                 "%s was already freed, by command %" PRIu64 "%s", text, b->died,
                 op->request == HS_FREE ? ": a double free" : "");
    } else if (around && around->live) {
        snprintf(problem->what, sizeof problem->what,
                 "%s points %" PRIu64 " byte%s into the block of %.60s", text, p - around->addr,
                 hs_plural(p - around->addr), hs_session_block_name(s, around));
        snprintf(problem->hint, sizeof problem->hint, "%s takes the start of the block: 0x%" PRIx64,
                 verb, around->addr);
    } else {
        describe_by_bytes(s, p, text, problem);
    }
    return false;
}

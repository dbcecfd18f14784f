/* SPDX-License-Identifier: MIT */
/* Which questions a request raises is decided by what the allocator is: where it never searches,
 * nobody is asked how far; where it does not join blocks, nobody is asked for the sum. */
#include "model/reading/question.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const no_yes[] = {"no", "yes", NULL};
static const char *const places[] = {"stays", "moves", "fails", NULL};

static const struct {
    const char *text, *brief;
    const char *const *choices;
} questions[HS_QUESTION_KINDS] = {
    [HS_ASK_ADDRESS] = {"which address will it return?", "address", NULL},
    [HS_ASK_EXAMINED] = {"how many blocks will be examined?", "blocks examined", NULL},
    [HS_ASK_SPLIT] = {"will a block be split: yes or no?", "split", no_yes},
    [HS_ASK_PLACE] = {"what becomes of the block: stays, moves or fails?", "block", places},
    [HS_ASK_HOLE] = {"how large is the free block that it becomes part of?", "free block", NULL},
};

const char *hs_question_text(hs_question q)
{
    return questions[q].text;
}

const char *const *hs_question_choices(hs_question q)
{
    return questions[q].choices;
}

const char *hs_question_short(hs_question q)
{
    return questions[q].brief;
}

/* --- What is worth asking ------------------------------------------------------------------- */

static size_t about_allocation(const hs_allocator *a, hs_question *out)
{
    size_t n = 0;
    out[n++] = HS_ASK_ADDRESS;
    if (a->traits & HS_SEARCHES) out[n++] = HS_ASK_EXAMINED;
    if (a->traits & HS_DIVIDES) out[n++] = HS_ASK_SPLIT;
    return n;
}

size_t hs_questions_about(const hs_session *s, const hs_op *op, hs_question out[HS_QUESTIONS])
{
    const hs_allocator *a = hs_heap_allocator(hs_session_heap(s));
    bool resizes = op->request == HS_REALLOC && hs_session_value(s, op->p) && op->a;
    bool frees = op->request == HS_FREE || (op->request == HS_REALLOC && !op->a);
    if (op->kind != HS_OP_REQUEST) return 0;
    if (frees && (!(a->traits & HS_DIVIDES) || !hs_session_value(s, op->p))) return 0;
    if (!frees && !resizes) return about_allocation(a, out);
    out[0] = frees ? HS_ASK_HOLE : HS_ASK_PLACE;
    return 1;
}

/* --- What the answer is --------------------------------------------------------------------- */

static uint64_t place_of(const hs_last *last)
{
    if (!last->result) return 2;
    return last->result == last->old_value ? 0 : 1;
}

static uint64_t hole_of(const hs_session *s, hs_addr freed)
{
    hs_seen seen;
    bool there = hs_session_walk_to(s, freed, &seen) && seen.block.addr <= freed;
    return there && seen.block.kind == HS_BLOCK_FREE ? seen.block.size : 0;
}

uint64_t hs_question_truth(const hs_session *s, hs_question q)
{
    const hs_last *last = hs_session_last(s);
    hs_counts counts = hs_events_counts(hs_session_heap(s));
    switch (q) {
    case HS_ASK_ADDRESS: return last->result;
    case HS_ASK_EXAMINED: return counts.visits;
    case HS_ASK_SPLIT: return counts.splits > 0;
    case HS_ASK_PLACE: return place_of(last);
    case HS_ASK_HOLE: return hole_of(s, last->old_value);
    case HS_QUESTION_KINDS: break;
    }
    return 0;
}

const char *hs_answer_text(const hs_session *s, hs_question q, uint64_t answer, char *out,
                           size_t size)
{
    bool hex = q == HS_ASK_ADDRESS && !hs_heap_allocator(hs_session_heap(s))->model_base;
    if (questions[q].choices)
        snprintf(out, size, "%s", questions[q].choices[answer]);
    else if (q == HS_ASK_ADDRESS && !answer)
        snprintf(out, size, "NULL");
    else if (hex)
        snprintf(out, size, "0x%" PRIx64, answer);
    else
        snprintf(out, size, "%" PRIu64, answer);
    return out;
}

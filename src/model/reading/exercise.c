/* SPDX-License-Identifier: MIT */
/* The requests of an exercise are drawn by lot, weighted by its level; a heap that is rather full
 * gets more frees, so that holes come up and it need not grow all the time. */
#include "model/reading/exercise.h"

#include "model/workload/random.h"

enum { PER_LEVEL = 3, LARGEST = 64 };

/* For each level, how many of 100 requests are free and realloc; the rest is malloc. */
static const struct {
    unsigned first, frees, reallocs;
    size_t questions;
} levels[HS_LEVELS] = {{0, 0, 0, 1}, {1, 40, 0, 2}, {2, 35, 0, 3}, {3, 25, 35, 3}};

hs_exercises hs_exercises_from(uint64_t seed)
{
    return (hs_exercises){.random = seed};
}

unsigned hs_exercise_level(const hs_exercises *e)
{
    uint64_t level = e->number ? (e->number - 1) / PER_LEVEL : 0;
    return level < HS_LEVELS ? (unsigned)level + 1 : HS_LEVELS;
}

void hs_exercise_begin(hs_exercises *e)
{
    e->number++;
    e->first = levels[hs_exercise_level(e) - 1].first;
}

size_t hs_exercise_questions(const hs_exercises *e)
{
    return levels[hs_exercise_level(e) - 1].questions;
}

static uint64_t draw(hs_exercises *e, uint64_t below)
{
    return hs_random(&e->random) % below;
}

/* --- Sizes ---------------------------------------------------------------------------------- */

static bool is_hole(const hs_block *b)
{
    return b->kind == HS_BLOCK_FREE || b->kind == HS_BLOCK_UNUSED;
}

/* A size that one of the holes could hold, drawn by lot; 0 if there is none. */
static uint64_t some_hole(hs_exercises *e, const hs_session *s)
{
    uint64_t capacity = 0, holes = 0;
    hs_seen seen;
    for (bool more = hs_session_walk(s, NULL, &seen); more; more = hs_session_walk(s, &seen, &seen))
        if (is_hole(&seen.block) && draw(e, ++holes) == 0)
            capacity = hs_block_capacity(&seen.block);
    return capacity;
}

/* Draw a size: a round one at first, then any, then one that a hole just holds, or just does
 * not. */
static uint64_t some_size(hs_exercises *e, const hs_session *s)
{
    static const uint64_t about[] = {0, 0, 1, 8, (uint64_t)-1, (uint64_t)-8, (uint64_t)-16};
    uint64_t most = hs_heap_committed(hs_session_heap(s)) / 6;
    unsigned level = hs_exercise_level(e);
    if (most > LARGEST) most = LARGEST;
    if (level == 1) return 8 * (1 + draw(e, most / 8));
    uint64_t any = 1 + draw(e, most);
    if (level < 3 || draw(e, 2)) return any;
    uint64_t hole = some_hole(e, s), size = hole + about[draw(e, sizeof about / sizeof *about)];
    return hole > 16 && size <= 2 * LARGEST ? size : any;
}

/* --- Requests ------------------------------------------------------------------------------- */

/* The variable of a live block, drawn by lot; HS_NONE if there is none. */
static uint32_t some_block(hs_exercises *e, const hs_session *s)
{
    uint32_t variable = HS_NONE;
    uint64_t n = 0;
    const hs_client_block *b = hs_session_block_from(s, 0);
    for (; b; b = hs_session_block_from(s, b->addr + 1))
        if (b->live && b->variable != HS_NONE && draw(e, ++n) == 0) variable = b->variable;
    return variable;
}

static bool is_full(const hs_session *s)
{
    return hs_session_totals(s)->live * 2 > hs_heap_committed(hs_session_heap(s));
}

/* Draw a request: `frees` and `reallocs` of 100 are such, so with 0 and 0 it is malloc, however
 * full the heap. */
static hs_op request(hs_exercises *e, const hs_session *s, unsigned frees, unsigned reallocs)
{
    hs_op op = {.kind = HS_OP_REQUEST, .request = HS_MALLOC, .p.variable = HS_NONE};
    uint64_t lot = draw(e, 100);
    if (is_full(s) && frees) frees = frees < 60 ? 60 : frees;
    uint32_t victim = some_block(e, s);
    op.a = some_size(e, s);
    if (lot >= frees + reallocs || victim == HS_NONE) return op;
    op.request = lot < frees ? HS_FREE : HS_REALLOC;
    op.p.variable = victim;
    if (op.request == HS_FREE) op.a = 0;
    return op;
}

bool hs_exercise_first(hs_exercises *e, const hs_session *s, hs_op *op)
{
    if (!e->first) return false;
    e->first--;
    *op = request(e, s, 40, 0);
    return true;
}

hs_op hs_exercise_request(hs_exercises *e, const hs_session *s)
{
    unsigned level = hs_exercise_level(e) - 1;
    hs_question questions[HS_QUESTIONS];
    hs_op op = request(e, s, levels[level].frees, levels[level].reallocs);
    return hs_questions_about(s, &op, questions) ? op : request(e, s, 0, 0);
}

/* SPDX-License-Identifier: MIT */
/* Workloads by chance.
 *
 * Live blocks stand in a list in the order of their births; one that is freed leaves a hole:
 *
 *      first                        end
 *      | b2 | -- | b7 | b3 | -- | b5 |          LIFO frees b5, FIFO b2, by chance any of them
 *
 * A list that is mostly holes is closed up, so that a draw meets a block after two tries on
 * average. Blocks that outlive their phase move to a list of survivors, out of its reach. */
#include "model/workload/generator.h"

#include "base/memory.h"
#include "model/workload/random.h"

#include <stdlib.h>

#define HOLE UINT32_MAX

enum { DOUBLINGS = 4 };    /* so often a vector doubles before it begins anew */
enum { SAME_VECTOR = 75 }; /* so many of 100 growths are of the vector that grew last */
enum { DIE_YOUNG = 90, YOUNG_TRIES = 8 };

typedef struct {
    uint32_t *blocks; /* ids, or HOLE */
    size_t first, end, count, capacity;
} birth_list;

typedef struct {
    uint64_t size;
    size_t place; /* its place in the list that it stands in */
    unsigned char doublings;
    bool own; /* born in this phase, and live */
} block;

typedef struct {
    const hs_phase *phase;
    hs_taker take;
    void *of;
    bool stopped;
    uint64_t random, done; /* requests of this phase */
    birth_list own, survivors;
    uint64_t bytes; /* bytes of the blocks of this phase */
    uint64_t goal;  /* the live blocks, or bytes, go towards this */
    bool rising, filled;
    block *blocks; /* by id */
    size_t block_count, block_capacity;
    uint32_t *free_ids;
    size_t free_count, free_capacity;
    uint32_t vector; /* the block that grew last */
} generator;

static uint64_t below(generator *g, uint64_t n)
{
    return hs_random(&g->random) % n;
}

static bool chance(generator *g, unsigned percent)
{
    return below(g, 100) < percent;
}

static void add(generator *g, hs_request kind, uint32_t id, uint64_t size, uint32_t other)
{
    hs_trace_op op = {
        .size = size, .id = id, .kind = (unsigned)kind & 7, .other = other & HS_TRACE_OTHER_MOST};
    g->stopped = g->stopped || !g->take(g->of, &op);
    g->done++;
}

/* --- Lists in order of birth ---------------------------------------------------------------- */

static void close_up(generator *g, birth_list *l)
{
    size_t to = 0;
    for (size_t i = l->first; i < l->end; i++) {
        if (l->blocks[i] == HOLE) continue;
        g->blocks[l->blocks[i]].place = to;
        l->blocks[to++] = l->blocks[i];
    }
    l->first = 0;
    l->end = to;
}

static void append(generator *g, birth_list *l, uint32_t id)
{
    if (l->end == l->capacity && l->count < l->end / 2) close_up(g, l);
    l->blocks = hs_array_reserve(l->blocks, &l->capacity, l->end + 1, sizeof *l->blocks);
    g->blocks[id].place = l->end;
    l->blocks[l->end++] = id;
    l->count++;
}

static void take_out(generator *g, birth_list *l, uint32_t id)
{
    l->blocks[g->blocks[id].place] = HOLE;
    l->count--;
    while (l->first < l->end && l->blocks[l->first] == HOLE) l->first++;
    while (l->first < l->end && l->blocks[l->end - 1] == HOLE) l->end--;
    if (l->count < (l->end - l->first) / 2) close_up(g, l);
}

static uint32_t any_of(generator *g, const birth_list *l)
{
    for (;;) {
        uint32_t id = l->blocks[l->first + below(g, l->end - l->first)];
        if (id != HOLE) return id;
    }
}

/* A block of the youngest eighth, unless all of those have died. */
static uint32_t young_one_of(generator *g, const birth_list *l)
{
    size_t places = l->count / 8 + 1;
    for (int i = 0; i < YOUNG_TRIES; i++) {
        uint32_t id = l->blocks[l->end - 1 - below(g, places)];
        if (id != HOLE) return id;
    }
    return any_of(g, l);
}

/* --- Requests ------------------------------------------------------------------------------- */

static uint64_t draw_size(generator *g)
{
    return hs_sizes_draw(&g->phase->sizes, &g->random, g->done, g->phase->requests);
}

static uint32_t new_id(generator *g)
{
    if (g->free_count) return g->free_ids[--g->free_count];
    g->blocks =
        hs_array_reserve(g->blocks, &g->block_capacity, g->block_count + 1, sizeof *g->blocks);
    return (uint32_t)g->block_count++;
}

/* Add a calloc of so many bytes: of words where the size is a number of words, else of bytes. */
static void add_calloc(generator *g, uint32_t id, uint64_t size)
{
    uint64_t element = size % 8 == 0 ? 8 : size % 4 == 0 ? 4 : 1;
    if (size / element > HS_TRACE_OTHER_MOST) element = size;
    add(g, HS_CALLOC, id, element, (uint32_t)(size / element));
}

static void allocate(generator *g)
{
    uint32_t id = new_id(g);
    uint64_t size = draw_size(g);
    unsigned dice = (unsigned)below(g, 100);
    g->blocks[id] = (block){.size = size, .own = true};
    append(g, &g->own, id);
    g->bytes += size;
    if (dice < g->phase->calloc_part)
        add_calloc(g, id, size);
    else if (dice < g->phase->calloc_part + g->phase->aligned_part)
        add(g, HS_ALIGNED_ALLOC, id, size, 4 + (uint32_t)below(g, 6)); /* to 16 ... 512 */
    else
        add(g, HS_MALLOC, id, size, 0);
}

static void release(generator *g, birth_list *l, uint32_t id)
{
    block *b = &g->blocks[id];
    if (b->own) g->bytes -= b->size;
    b->own = false;
    take_out(g, l, id);
    g->free_ids =
        hs_array_reserve(g->free_ids, &g->free_capacity, g->free_count + 1, sizeof *g->free_ids);
    g->free_ids[g->free_count++] = id;
    add(g, HS_FREE, id, 0, 0);
}

static void release_own(generator *g)
{
    birth_list *l = &g->own;
    uint32_t id;
    switch (g->phase->lives) {
    case HS_LIVES_LIFO: id = l->blocks[l->end - 1]; break;
    case HS_LIVES_FIFO: id = l->blocks[l->first]; break;
    case HS_LIVES_RANDOM: id = any_of(g, l); break;
    default: id = chance(g, DIE_YOUNG) ? young_one_of(g, l) : any_of(g, l); break;
    }
    release(g, l, id);
}

/* Let a vector double. After some doublings it begins anew with a size of its phase. */
static void grow_vector(generator *g)
{
    if (g->vector >= g->block_count || !g->blocks[g->vector].own || !chance(g, SAME_VECTOR))
        g->vector = any_of(g, &g->own);
    block *b = &g->blocks[g->vector];
    g->bytes -= b->size;
    b->size = b->doublings < DOUBLINGS ? b->size * 2 : draw_size(g);
    b->doublings = (unsigned char)((b->doublings + 1) % (DOUBLINGS + 1));
    g->bytes += b->size;
    add(g, HS_REALLOC, g->vector, b->size, 0);
}

/* --- Phases --------------------------------------------------------------------------------- */

/* True if a block is to be allocated next. Live blocks go towards a goal, three steps forward for
 * each one back; when they are there, the goal becomes another one. */
static bool wants_another(generator *g)
{
    const hs_phase *p = g->phase;
    uint64_t swing = p->live / 100 * p->swing + p->live % 100 * p->swing / 100;
    uint64_t level = p->live_bytes ? g->bytes : g->own.count;
    if (g->rising ? level >= g->goal : level <= g->goal) {
        g->goal = p->live - swing + below(g, 2 * swing + 1);
        g->rising = g->goal > level;
    }
    g->filled |= level >= p->live - swing;
    if (!g->own.count) return true;
    if (level >= p->live + swing) return false;
    if (g->filled && level <= p->live - swing) return true;
    return chance(g, 75) == g->rising;
}

static void step(generator *g)
{
    if (g->own.count && chance(g, g->phase->realloc_part))
        grow_vector(g);
    else if (wants_another(g))
        allocate(g);
    else
        release_own(g);
}

/* How many blocks of a list die at the end of the phase. */
static uint64_t dying(const generator *g, const birth_list *l)
{
    return l->count - l->count * g->phase->keep / 100;
}

/* How many requests are left besides the frees that end the phase. It may be negative. */
static int64_t spare(const generator *g)
{
    uint64_t left = g->phase->requests - g->done;
    return (int64_t)left - (int64_t)(dying(g, &g->own) + dying(g, &g->survivors));
}

static void end_phase(generator *g)
{
    uint64_t left = g->phase->requests - g->done, old = dying(g, &g->survivors);
    for (; left && old; left--, old--) release(g, &g->survivors, any_of(g, &g->survivors));
    while (left-- && g->own.count) release_own(g);
    for (size_t i = g->own.first; i < g->own.end; i++) {
        if (g->own.blocks[i] == HOLE) continue;
        g->blocks[g->own.blocks[i]].own = false;
        append(g, &g->survivors, g->own.blocks[i]);
    }
    g->own.first = g->own.end = g->own.count = 0;
}

static void play_phase(generator *g, const hs_phase *p)
{
    g->phase = p;
    g->done = g->bytes = g->goal = 0;
    g->rising = true;
    g->filled = false;
    while (!g->stopped && (spare(g) > 1 || (spare(g) == 1 && p->keep == 100))) step(g);
    if (g->stopped) return;
    if (spare(g) == 1 && g->own.count && p->realloc_part)
        grow_vector(g); /* so that the number of
                         * requests comes out even */
    end_phase(g);
}

void hs_generate_for(const hs_phase *phases, size_t count, uint64_t rounds, uint64_t seed,
                     hs_taker take, void *of)
{
    generator g = {.take = take, .of = of, .random = seed};
    for (uint64_t i = 0; i < rounds && !g.stopped; i++)
        for (size_t phase = 0; phase < count && !g.stopped; phase++) play_phase(&g, &phases[phase]);
    free(g.own.blocks);
    free(g.survivors.blocks);
    free(g.blocks);
    free(g.free_ids);
}

static bool add_to_trace(void *of, const hs_trace_op *op)
{
    hs_trace_add(of, *op);
    return true;
}

hs_trace *hs_generate(const hs_phase *phases, size_t count, uint64_t rounds, uint64_t seed)
{
    hs_trace *t = hs_trace_new();
    hs_generate_for(phases, count, rounds, seed, add_to_trace, t);
    return t;
}

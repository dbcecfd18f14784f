/* SPDX-License-Identifier: MIT */
/* The workloads' scripts. A script knows what every slot holds, so that it never frees a block
 * twice and can say how large each one was. */
#include "workloads.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
    STEADY = 100000,
    SLACK = 64, /* the most operations that one step of a generator appends */

    CHURN_LIVE = 300,
    MIXED_LIVE = 10000,
    STACK = 1024,
    QUEUE = 1000,
    VECTORS = 64,

    CONNECTIONS = 100,
    PARTS = 8, /* slots of a connection */
    CACHE = 4000,
};

typedef struct {
    op *ops;
    size_t count, capacity;
    uint64_t random;
    uint32_t *holds; /* bytes in each slot; 0: empty */
    uint32_t *goal;  /* where a vector stops growing; how many parts a connection has */
    uint32_t head;   /* depth of the stack, place in the queue */
} script;

/* --- Random numbers (splitmix64) ------------------------------------------------------------- */

static uint64_t next(script *s)
{
    uint64_t z = s->random += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static uint32_t between(script *s, uint32_t least, uint32_t most)
{
    return least + (uint32_t)(next(s) % (most - least + 1));
}

/* Each doubling from `least` to `most` is as likely as the next: mostly small. */
static uint32_t skewed(script *s, uint32_t least, uint32_t most)
{
    uint32_t doublings = 0;
    while (least << (doublings + 1) <= most) doublings++;
    uint32_t low = least << between(s, 0, doublings - 1);
    return between(s, low, 2 * low);
}

/* --- Steps ------------------------------------------------------------------------------------ */

static void append(script *s, op_kind kind, uint32_t slot, uint32_t size)
{
    if (s->count == s->capacity) abort(); /* SLACK is too small for a generator's step */
    s->ops[s->count++] = (op){(uint32_t)kind, slot, size, s->holds[slot]};
    s->holds[slot] = kind == OP_FREE ? 0 : size;
}

static void take(script *s, uint32_t slot, uint32_t size)
{
    append(s, OP_MALLOC, slot, size);
}

static void give_back(script *s, uint32_t slot)
{
    append(s, OP_FREE, slot, s->holds[slot]);
}

/* A slot picked at random is emptied when it holds a block, else filled: half of them are full. */
static void toggle(script *s, uint32_t slots, uint32_t (*size)(script *))
{
    uint32_t slot = between(s, 0, slots - 1);
    if (s->holds[slot])
        give_back(s, slot);
    else
        take(s, slot, size(s));
}

static void fill_half(script *s, uint32_t slots, uint32_t (*size)(script *))
{
    for (uint32_t slot = 0; slot < slots; slot += 2) take(s, slot, size(s));
}

/* --- The generators --------------------------------------------------------------------------- */

static uint32_t small(script *s)
{
    return between(s, 8, 128);
}

static void churn_fill(void *of)
{
    fill_half(of, 2 * CHURN_LIVE, small);
}

static void churn(void *of)
{
    toggle(of, 2 * CHURN_LIVE, small);
}

static uint32_t mixed_size(script *s)
{
    return skewed(s, 16, 4096);
}

static void mixed_fill(void *of)
{
    fill_half(of, 2 * MIXED_LIVE, mixed_size);
}

static void mixed(void *of)
{
    toggle(of, 2 * MIXED_LIVE, mixed_size);
}

/* A few calls deeper, a few returns: the block that came last goes first. */
static void stack(void *of)
{
    script *s = of;
    uint32_t calls = between(s, 1, SLACK / 2);
    for (uint32_t i = 0; i < calls && s->head < STACK; i++) take(s, s->head++, skewed(s, 16, 512));
    uint32_t returns = between(s, 1, SLACK / 2);
    for (uint32_t i = 0; i < returns && s->head > 0; i++) give_back(s, --s->head);
}

static void queue_fill(void *of)
{
    script *s = of;
    for (uint32_t slot = 0; slot < QUEUE; slot++) take(s, slot, skewed(s, 16, 512));
}

/* Messages: the block that came first goes first. */
static void queue(void *of)
{
    script *s = of;
    give_back(s, s->head);
    take(s, s->head, skewed(s, 16, 512));
    s->head = (s->head + 1) % QUEUE;
}

/* Vectors grow by half or by their size until they are full, with small blocks between them. */
static void vectors(void *of)
{
    script *s = of;
    uint32_t v = between(s, 0, VECTORS - 1), has = s->holds[v];
    if (between(s, 0, 3) == 0) {
        uint32_t other = between(s, VECTORS, 3 * VECTORS - 1);
        if (s->holds[other])
            give_back(s, other);
        else
            take(s, other, small(s));
    } else if (!has) {
        s->goal[v] = skewed(s, 256, 16384);
        take(s, v, 16);
    } else if (has >= s->goal[v]) {
        give_back(s, v);
    } else {
        append(s, OP_REALLOC, v, v % 2 ? has + has / 2 : has * 2);
    }
}

/* Slots of a server: the cache, then PARTS of each connection: a buffer, an answer that grows, and
 * small parts. */
static void cache_fill(void *of)
{
    script *s = of;
    for (uint32_t slot = 0; slot < CACHE; slot++) take(s, slot, skewed(s, 64, 2048));
}

/* One step of one connection: it opens, goes on with its answer, or closes and leaves an entry in
 * the cache in place of another. */
static void serve(void *of)
{
    script *s = of;
    uint32_t c = between(s, 0, CONNECTIONS - 1), buffer = CACHE + c * PARTS, answer = buffer + 1;
    if (!s->holds[buffer]) {
        take(s, buffer, between(s, 512, 4096));
        take(s, answer, 64);
        s->goal[buffer] = between(s, 1, PARTS - 2);
        for (uint32_t i = 0; i < s->goal[buffer]; i++) take(s, answer + 1 + i, skewed(s, 16, 256));
    } else if (s->holds[answer] < 2048 && between(s, 0, 2)) {
        append(s, OP_REALLOC, answer, s->holds[answer] * 2);
    } else {
        for (uint32_t i = 0; i < s->goal[buffer]; i++) give_back(s, answer + 1 + i);
        give_back(s, answer);
        give_back(s, buffer);
        uint32_t entry = between(s, 0, CACHE - 1);
        give_back(s, entry);
        take(s, entry, skewed(s, 64, 2048));
    }
}

const workload workloads[] = {
    {"small", "sizes 8 to 128, 300 live, freed at random", 2 * CHURN_LIVE, churn_fill, churn},
    {"mixed", "sizes 16 to 4096, mostly small, 10,000 live, freed at random", 2 * MIXED_LIVE,
     mixed_fill, mixed},
    {"lifo", "sizes 16 to 512, the last block goes first", STACK, NULL, stack},
    {"fifo", "sizes 16 to 512, 1000 live, the first block goes first", QUEUE, queue_fill, queue},
    {"realloc", "64 vectors grow by 1.5 or 2, up to 16 KiB, small blocks between", 3 * VECTORS,
     NULL, vectors},
    {"server", "100 connections with buffers, a cache of 4000 entries", CACHE + CONNECTIONS *PARTS,
     cache_fill, serve},
};
const size_t workload_count = sizeof workloads / sizeof *workloads;

/* --- Generating ------------------------------------------------------------------------------- */

/* Memory of its own: the heap of malloc, which is measured as well, knows nothing of it. */
void *pages(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p != MAP_FAILED) return p;
    perror("mmap");
    exit(1);
}

play workload_generate(const workload *w)
{
    size_t capacity = 2 * w->slots + STEADY + SLACK, slots = w->slots * sizeof(uint32_t);
    script s = {.capacity = capacity, .random = 2026};
    s.ops = pages(capacity * sizeof *s.ops);
    s.holds = pages(slots);
    s.goal = pages(slots);
    if (w->fill) w->fill(&s);
    size_t build = s.count;
    while (s.count < build + STEADY) w->step(&s);
    size_t steady = s.count - build;
    for (uint32_t slot = 0; slot < w->slots; slot++)
        if (s.holds[slot]) give_back(&s, slot);
    munmap(s.holds, slots);
    munmap(s.goal, slots);
    return (play){s.ops, build, steady, s.count - build - steady};
}

/* SPDX-License-Identifier: MIT */
/* One loop, inlined into each player with its own three requests: their calls are direct. */
#include "players.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    uint64_t (*take)(void *heap, uint64_t size);
    uint64_t (*resize)(void *heap, uint64_t p, uint64_t size, uint64_t old);
    void (*give_back)(void *heap, uint64_t p);
} requests;

/* `bias` leads from a pointer of this heap to its bytes. */
static inline __attribute__((always_inline)) size_t perform(requests r, void *heap, uint64_t bias,
                                                            const op *ops, size_t count,
                                                            uint64_t *slots)
{
    for (size_t i = 0; i < count; i++) {
        const op *o = &ops[i];
        if (o->kind == OP_FREE) {
            r.give_back(heap, slots[o->slot]);
            continue;
        }
        uint64_t p = o->kind == OP_MALLOC ? r.take(heap, o->size)
                                          : r.resize(heap, slots[o->slot], o->size, o->old);
        if (!p) return i;
        uint64_t stamp = o->slot;
        memcpy((void *)(uintptr_t)(p + bias), &stamp, sizeof stamp);
        slots[o->slot] = p;
    }
    return count;
}

/* --- heapscope -------------------------------------------------------------------------------- */

static inline uint64_t heap_take(void *heap, uint64_t size)
{
    return hs_malloc(heap, size);
}

static inline uint64_t heap_resize(void *heap, uint64_t p, uint64_t size, uint64_t old)
{
    (void)old;
    return hs_realloc(heap, p, size);
}

static inline void heap_give_back(void *heap, uint64_t p)
{
    hs_free(heap, p);
}

/* One player of all heaps would have one place from which it calls malloc, now that of one
 * allocator and now that of another, which a processor predicts worse than a place with one target.
 * So each has a player of its own, as programs have; and the number, which makes no instruction,
 * keeps the compiler from making them one. */
#define PLAYER(n)                                                                                  \
    static size_t play_heap_##n(hs_heap *h, const op *ops, size_t count, uint64_t *slots)          \
    {                                                                                              \
        static const requests r = {heap_take, heap_resize, heap_give_back};                        \
        hs_addr base = hs_heap_base(h);                                                            \
        uint64_t bias = (uint64_t)(uintptr_t)hs_heap_bytes(h, base, 1) - base;                     \
        __asm__ volatile("" : : "i"(n));                                                           \
        return perform(r, h, bias, ops, count, slots);                                             \
    }
PLAYER(0)
PLAYER(1)
PLAYER(2)
PLAYER(3)
PLAYER(4)
PLAYER(5)
PLAYER(6)
PLAYER(7)
PLAYER(8)
PLAYER(9)
PLAYER(10)
PLAYER(11)

size_t play_heap(size_t player, hs_heap *h, const op *ops, size_t count, uint64_t *slots)
{
    static size_t (*const players[])(hs_heap *, const op *, size_t, uint64_t *) = {
        play_heap_0, play_heap_1, play_heap_2, play_heap_3, play_heap_4,  play_heap_5,
        play_heap_6, play_heap_7, play_heap_8, play_heap_9, play_heap_10, play_heap_11,
    };
    if (player >= sizeof players / sizeof *players) abort(); /* more lanes than players */
    return players[player](h, ops, count, slots);
}

/* --- malloc ----------------------------------------------------------------------------------- */

static inline uint64_t malloc_take(void *heap, uint64_t size)
{
    (void)heap;
    return (uint64_t)(uintptr_t)malloc(size);
}

static inline uint64_t malloc_resize(void *heap, uint64_t p, uint64_t size, uint64_t old)
{
    (void)heap;
    (void)old;
    return (uint64_t)(uintptr_t)realloc((void *)(uintptr_t)p, size);
}

static inline void malloc_give_back(void *heap, uint64_t p)
{
    (void)heap;
    free((void *)(uintptr_t)p);
}

size_t play_malloc(const op *ops, size_t count, uint64_t *slots)
{
    static const requests r = {malloc_take, malloc_resize, malloc_give_back};
    return perform(r, NULL, 0, ops, count, slots);
}

/* --- The bare pointer ------------------------------------------------------------------------- */

static inline uint64_t bare_take(void *heap, uint64_t size)
{
    bare *b = heap;
    uint64_t p = (b->top + 7) & ~(uint64_t)7;
    if (size > b->end - p) return 0;
    b->top = p + size;
    return p;
}

/* It need not guess how much to copy: the client knows. */
static inline uint64_t bare_resize(void *heap, uint64_t p, uint64_t size, uint64_t old)
{
    uint64_t q = bare_take(heap, size);
    if (q) memcpy((void *)(uintptr_t)q, (void *)(uintptr_t)p, old < size ? old : size);
    return q;
}

static inline void bare_give_back(void *heap, uint64_t p)
{
    (void)heap;
    (void)p;
}

size_t play_bare(bare *b, const op *ops, size_t count, uint64_t *slots)
{
    static const requests r = {bare_take, bare_resize, bare_give_back};
    return perform(r, b, 0, ops, count, slots);
}

/* --- The bare pointer behind calls --------------------------------------------------------------
 */

/* As malloc is: a function elsewhere, of which the compiler knows nothing, and which is not told
 * how long the old block was. As bump does, it copies what lies behind that as well. */
#define ELSEWHERE __attribute__((noinline))

static ELSEWHERE uint64_t called_take(void *heap, uint64_t size)
{
    return bare_take(heap, size);
}

static ELSEWHERE uint64_t resize_elsewhere(void *heap, uint64_t p, uint64_t size)
{
    return bare_resize(heap, p, size, ((bare *)heap)->top - p);
}

static inline uint64_t called_resize(void *heap, uint64_t p, uint64_t size, uint64_t old)
{
    (void)old;
    return resize_elsewhere(heap, p, size);
}

static ELSEWHERE void called_give_back(void *heap, uint64_t p)
{
    __asm__ volatile("" : : "r"(heap), "r"(p)); /* so that the call is made */
}

size_t play_called(bare *b, const op *ops, size_t count, uint64_t *slots)
{
    static const requests r = {called_take, called_resize, called_give_back};
    return perform(r, b, 0, ops, count, slots);
}

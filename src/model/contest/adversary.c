/* SPDX-License-Identifier: MIT */
/* The adversary: iterative deepening over programs, then chance.
 *
 *      depth 0   heap, heap          one pair of raw heaps a depth: a step copies the pair above
 *      depth 1   heap', heap'        and performs one request on both; going back is forgetting
 *      ...
 *
 * Two programs that lead to the same pair of heaps have the same future. A table of the pairs that
 * were met, by a hash of what decides their future, cuts the second one off: so the order of frees
 * that commute, and blocks that are taken and given back at once, cost nothing. The table forgets;
 * what it forgets is only searched twice. (Its hashes are 56 bits wide: a collision could hide a
 * program, but never make one up.)
 *
 * The sizes are k * unit - 8, so that blocks with a header of a word fill the heap without rest. */
#include <heapscope/adversary.h>

#include "base/memory.h"
#include "model/session/session.h"
#include "model/workload/random.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    DEEPEST = 14,         /* the longest program of the complete search */
    MOST_NODES = 4 << 20, /* after so many steps of one complete search, sizes of its kind are
                           * given up */
    TABLE = 1 << 20,      /* pairs of heaps that are remembered, a power of two */
    OFTEN = 1 << 12,      /* steps between two looks at the clock */
    TRIALS = 2 << 20,     /* programs that are tried by chance */
    FINDS = 24,           /* programs found by chance that are made short, to take the shortest */
    OVERHEAD = 8,
};

static const uint64_t parts[] = {8, 16, 32}; /* a unit of size is such a part of the heap */
enum { KINDS = sizeof parts / sizeof *parts };

typedef struct {
    hs_addr at[2];
    uint32_t number; /* of the malloc that made it, from 1 */
} held;

typedef struct {
    const hs_contest *contest;
    hs_attack *attack;
    hs_heap *heaps[2][HS_MOVES + 1]; /* of each depth; 0 is the side that is to fail, 1 the other */
    hs_move moves[HS_MOVES];
    held held[HS_MOVES];
    size_t held_count;
    uint32_t mallocs;
    uint64_t unit, units;
    uint64_t nodes; /* steps of the complete search that is running */
    uint64_t *table;
    int64_t deadline;
    bool ended; /* the clock or the user ended it */
} search;

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Count a program; false when the search is to end. */
static bool goes_on(search *s, size_t length)
{
    if (s->ended) return false;
    if (++s->attack->tried % OFTEN) return true;
    s->attack->out_of_time = now() >= s->deadline;
    s->ended = s->attack->out_of_time ||
               (s->contest->progress &&
                !s->contest->progress(s->contest->context, length, s->attack->tried));
    return !s->ended;
}

/* --- Hashes --------------------------------------------------------------------------------- */

/* MurmurHash3's finalizer (Appleby). */
static uint64_t mix(uint64_t h)
{
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 33;
}

static uint64_t hash_bytes(uint64_t h, const void *bytes, uint64_t n)
{
    const uint8_t *at = bytes;
    uint64_t word;
    for (; n >= sizeof word; n -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        h = (h ^ word) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
    }
    for (; n > 0; n--) h = (h ^ *at++) * 0x9e3779b97f4a7c15u;
    return h;
}

/* A heap by what decides its future: its blocks, their headers, footers and links, and the
 * allocator's variables; not the bytes that lie about in payloads. */
static uint64_t hash_heap(uint64_t h, const hs_heap *heap)
{
    const hs_allocator *a = hs_heap_allocator(heap);
    hs_block b;
    for (bool more = a->walk(heap, NULL, &b); more; more = a->walk(heap, &b, &b)) {
        uint64_t head = b.kind == HS_BLOCK_OWN ? b.size : (uint64_t)b.header + b.links;
        h = mix(h ^ b.addr) + mix(b.size + b.kind);
        if (head) h = hash_bytes(h, hs_heap_bytes(heap, b.addr, head), head);
        if (b.footer)
            h = hash_bytes(h, hs_heap_bytes(heap, b.addr + b.size - b.footer, b.footer), b.footer);
    }
    return hash_bytes(h, hs_heap_state(heap), a->state_size);
}

static uint64_t hash_pair(const search *s, size_t depth)
{
    uint64_t blocks = 0;
    for (size_t i = 0; i < s->held_count; i++)
        blocks += mix(s->held[i].at[0] ^ mix(s->held[i].at[1]));
    return mix(hash_heap(hash_heap(blocks, s->heaps[0][depth]), s->heaps[1][depth]));
}

/* True if this pair was met before with at least as many steps left. Otherwise it is remembered:
 * its hash, and in the lowest byte the steps. */
static bool was_met(search *s, size_t depth, size_t left)
{
    uint64_t hash = hash_pair(s, depth) & ~(uint64_t)255;
    uint64_t *place = &s->table[(hash >> 8) & (TABLE - 1)];
    if ((*place & ~(uint64_t)255) == hash && (*place & 255) >= left) return true;
    *place = hash | left;
    return false;
}

/* --- One step ------------------------------------------------------------------------------- */

typedef enum { GOES_ON, USELESS, FOUND } step_result;

/* Perform a malloc on both sides, from the pair at `depth` into the pair below. */
static step_result take_block(search *s, size_t depth, uint64_t size, bool last)
{
    hs_addr at[2];
    hs_heap_copy(s->heaps[0][depth + 1], s->heaps[0][depth]);
    at[0] = hs_malloc(s->heaps[0][depth + 1], size);
    if (at[0] && last) return USELESS;
    hs_heap_copy(s->heaps[1][depth + 1], s->heaps[1][depth]);
    at[1] = hs_malloc(s->heaps[1][depth + 1], size);
    if (!at[1]) return USELESS;
    s->moves[depth] = (hs_move){.size = size};
    s->mallocs++;
    if (!at[0]) return FOUND;
    s->held[s->held_count++] = (held){{at[0], at[1]}, s->mallocs};
    return GOES_ON;
}

static void untake(search *s)
{
    s->held_count--;
    s->mallocs--;
}

static void give_back(search *s, size_t depth, size_t victim)
{
    held h = s->held[victim];
    for (int side = 0; side < 2; side++) {
        hs_heap_copy(s->heaps[side][depth + 1], s->heaps[side][depth]);
        hs_free(s->heaps[side][depth + 1], h.at[side]);
    }
    s->moves[depth] = (hs_move){.victim = h.number};
    s->held[victim] = s->held[--s->held_count];
}

static void ungive(search *s, size_t victim, held h)
{
    s->held[s->held_count++] = s->held[victim];
    s->held[victim] = h;
}

/* --- The complete search -------------------------------------------------------------------- */

static bool descend(search *s, size_t depth, size_t left);

static bool try_mallocs(search *s, size_t depth, size_t left)
{
    for (uint64_t k = s->units; k > 0; k--) {
        if (!goes_on(s, depth + left) || ++s->nodes > MOST_NODES) return false;
        uint64_t size = k * s->unit > OVERHEAD ? k * s->unit - OVERHEAD : 1;
        step_result result = take_block(s, depth, size, left == 1);
        if (result == FOUND) return true;
        if (result == USELESS) continue;
        if (descend(s, depth + 1, left - 1)) return true;
        untake(s);
    }
    return false;
}

static bool try_frees(search *s, size_t depth, size_t left)
{
    for (size_t i = 0; i < s->held_count; i++) {
        if (!goes_on(s, depth + left) || ++s->nodes > MOST_NODES) return false;
        held h = s->held[i];
        give_back(s, depth, i);
        if (descend(s, depth + 1, left - 1)) return true;
        ungive(s, i, h);
    }
    return false;
}

/* Try all programs that go on from the pair at `depth` for `left` more steps, the last of which is
 * a malloc that fails on the one side. */
static bool descend(search *s, size_t depth, size_t left)
{
    if (left > 2 && was_met(s, depth, left)) return false;
    if (left > 1 && try_frees(s, depth, left)) return true;
    return try_mallocs(s, depth, left);
}

static void start(search *s)
{
    s->held_count = s->mallocs = 0;
    s->nodes = 0;
}

static bool report(search *s, size_t length)
{
    s->attack->length = length;
    memcpy(s->attack->moves, s->moves, length * sizeof *s->moves);
    return true;
}

/* Try all programs, the shortest first. A kind of sizes that makes too many of them is given up. */
static bool search_all(search *s)
{
    bool open[KINDS], complete = true, any = true;
    for (size_t i = 0; i < KINDS; i++) open[i] = s->contest->heap / parts[i] >= OVERHEAD;
    for (size_t length = 1; length <= DEEPEST && any; length++) {
        any = false;
        for (size_t i = 0; i < KINDS && !s->ended; i++) {
            if (!open[i]) continue;
            start(s);
            memset(s->table, 0, TABLE * sizeof *s->table);
            s->unit = s->contest->heap / parts[i];
            s->units = parts[i];
            s->attack->shortest = complete;
            if (descend(s, 0, length)) return report(s, length);
            open[i] = s->nodes <= MOST_NODES && !s->ended;
            complete = complete && open[i];
            any = any || open[i];
        }
        if (complete) s->attack->exhausted = length;
    }
    s->attack->shortest = false;
    return false;
}

/* --- By chance ------------------------------------------------------------------------------ */

/* Play a program on the pair at depth 0's copies. The number of moves up to the malloc that fails
 * on the one side alone; 0 when there is none, or the other side fails. */
static size_t play(search *s, const hs_move *moves, size_t count)
{
    hs_addr at[HS_MOVES + 1][2];
    uint32_t number = 0;
    for (int side = 0; side < 2; side++) hs_heap_copy(s->heaps[side][1], s->heaps[side][0]);
    for (size_t i = 0; i < count; i++) {
        if (!moves[i].size) {
            for (int side = 0; side < 2; side++)
                hs_free(s->heaps[side][1], at[moves[i].victim][side]);
            continue;
        }
        number++;
        for (int side = 0; side < 2; side++)
            at[number][side] = hs_malloc(s->heaps[side][1], moves[i].size);
        if (!at[number][1]) return 0;
        if (!at[number][0]) return i + 1;
    }
    return 0;
}

/* The program without move `gone`; a malloc goes with its free. */
static size_t without(const hs_move *moves, size_t count, size_t gone, hs_move *out)
{
    size_t n = 0;
    uint32_t number = 0, lost = 0;
    for (size_t i = 0; i < count; i++) {
        number += moves[i].size > 0;
        if (i == gone) {
            lost = moves[i].size ? number : 0;
            continue;
        }
        if (lost && !moves[i].size && moves[i].victim == lost) continue;
        out[n] = moves[i];
        if (lost && out[n].victim > lost) out[n].victim--;
        n++;
    }
    return n;
}

/* Leave out moves that are not needed, as long as there are any. */
static size_t shorten(search *s, hs_move *moves, size_t count)
{
    hs_move shorter[HS_MOVES];
    for (size_t i = 0; i < count;) {
        size_t n = play(s, shorter, without(moves, count, i, shorter));
        if (n == 0) {
            i++;
            continue;
        }
        memcpy(moves, shorter, n * sizeof *moves);
        count = n;
        i = 0;
    }
    return count;
}

/* Draw a program of few different sizes, so that holes fit again. */
static size_t draw_program(const search *s, uint64_t *random, hs_move *moves)
{
    uint64_t sizes[4], kinds = 2 + hs_random(random) % 3;
    uint32_t live[HS_MOVES], number = 0;
    size_t live_count = 0;
    for (uint64_t i = 0; i < kinds; i++)
        sizes[i] = 8 * (1 + hs_random(random) % (s->contest->heap / 24 + 1));
    for (size_t i = 0; i < HS_MOVES; i++) {
        if (live_count && hs_random(random) % 9 < 4) {
            size_t victim = hs_random(random) % live_count;
            moves[i] = (hs_move){.victim = live[victim]};
            live[victim] = live[--live_count];
        } else {
            moves[i] = (hs_move){.size = sizes[hs_random(random) % kinds]};
            live[live_count++] = ++number;
        }
    }
    return HS_MOVES;
}

static bool search_by_chance(search *s)
{
    uint64_t random = s->contest->seed;
    hs_move moves[HS_MOVES];
    size_t found = 0;
    for (uint64_t i = 0; i < TRIALS && found < FINDS && goes_on(s, HS_MOVES); i++) {
        size_t n = play(s, moves, draw_program(s, &random, moves));
        if (!n) continue;
        found++;
        n = shorten(s, moves, n);
        if (s->attack->length && s->attack->length <= n) continue;
        memcpy(s->moves, moves, n * sizeof *moves);
        report(s, n);
    }
    return s->attack->length > 0;
}

/* --- The contest ---------------------------------------------------------------------------- */

/* A session that has the allocator's options as its name says: they are read off its heap. */
static hs_session *side_of(const hs_contest *c, const char *name, hs_problem *problem)
{
    return hs_session_new(name, &(hs_heap_config){c->heap, c->heap}, problem);
}

static bool open_heaps(search *s, int side, const char *name, hs_problem *problem)
{
    const hs_contest *c = s->contest;
    hs_session *session = side_of(c, name, problem);
    if (!session) return false;
    const hs_heap *h = hs_session_heap(session);
    const hs_allocator *a = hs_heap_allocator(h)->builds[HS_RAW];
    uint64_t options[HS_OPTIONS] = {0};
    bool good = true;
    for (size_t i = 0; i < a->option_count; i++) options[i] = hs_heap_option(h, i);
    for (size_t i = 0; i <= DEEPEST && good; i++) {
        s->heaps[side][i] = hs_heap_new(&(hs_heap_config){c->heap, c->heap}, a, HS_RAW, options);
        good = s->heaps[side][i] != NULL;
    }
    if (!good) {
        *problem = (hs_problem){.operand = HS_OPERAND_NONE};
        snprintf(problem->what, sizeof problem->what, "the system gives no address space: %s",
                 strerror(errno));
    }
    hs_session_free(session);
    return good;
}

bool hs_adversary(const hs_contest *c, hs_attack *attack, hs_problem *problem)
{
    HS_ENTER(hs_no_memory(problem), false);
    search s = {.contest = c, .attack = attack, .deadline = now() + (int64_t)c->milliseconds};
    *attack = (hs_attack){0};
    *problem = (hs_problem){0};
    bool good = open_heaps(&s, 0, c->failing, problem) && open_heaps(&s, 1, c->other, problem);
    if (good) {
        s.table = hs_new(TABLE, sizeof *s.table);
        if (!search_all(&s) && !s.ended) search_by_chance(&s);
        free(s.table);
    }
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i <= DEEPEST; i++) hs_heap_free(s.heaps[side][i]);
    return good;
}

/* --- As a script ---------------------------------------------------------------------------- */

static void put_option(const hs_heap *h, size_t i, const char *replay, FILE *out)
{
    const hs_option *o = &hs_heap_allocator(h)->options[i];
    uint64_t value = hs_heap_option(h, i);
    fprintf(out, "; set %s ", o->name);
    o->choices ? fputs(o->choices[value], out) : fprintf(out, "%" PRIu64, value);
    fputs(replay, out);
}

/* The options that a switch from the allocator before would not give it; `alone`: all of them. */
static void put_options(const hs_contest *c, bool second, bool alone, FILE *out)
{
    const char *name = second ? c->other : c->failing;
    const char *previous =
        second ? c->failing : hs_allocator_usual(); /* what a session starts with */
    hs_problem ignored;
    hs_session *before = side_of(c, previous, &ignored), *session = side_of(c, name, &ignored);
    hs_op change = {.kind = HS_OP_ALLOCATOR, .name = name};
    if (before && session && hs_session_perform(before, &change, &ignored)) {
        const hs_heap *got = hs_session_heap(before), *wanted = hs_session_heap(session);
        for (size_t i = 0; i < hs_heap_allocator(wanted)->option_count; i++)
            if (alone || hs_heap_option(got, i) != hs_heap_option(wanted, i))
                put_option(wanted, i, second ? " replay" : "", out);
    }
    hs_session_free(before);
    hs_session_free(session);
}

void hs_attack_write(const hs_contest *c, const hs_attack *attack, bool alone, FILE *out)
{
    uint32_t number = 0;
    if (alone)
        fprintf(out, "# A heapscope session: in %" PRIu64 " bytes %s fails, %s does not.\nreset\n",
                c->heap, c->failing, c->other);
    fprintf(out, "heap %" PRIu64 " max %" PRIu64 "\nallocator %s", c->heap, c->heap, c->failing);
    put_options(c, false, alone, out);
    putc('\n', out);
    for (size_t i = 0; i < attack->length; i++)
        if (attack->moves[i].size)
            fprintf(out, "p%" PRIu32 " = malloc %" PRIu64 "\n", ++number, attack->moves[i].size);
        else
            fprintf(out, "free p%" PRIu32 "\n", attack->moves[i].victim);
    fprintf(out, "expect p%" PRIu32 " == NULL and failed == 1\nallocator %s replay", number,
            c->other);
    put_options(c, true, alone, out);
    fputs("\nexpect failed == 0\n", out);
}

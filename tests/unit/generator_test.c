/* SPDX-License-Identifier: MIT */
/* Workloads by chance: what a trace of them must be like, found by playing it. */
#include "check.h"
#include "model/workload/generator.h"

#include <stdlib.h>
#include <string.h>

enum { REQUESTS = 20000, LIVE = 500, SWING = 20 };

static hs_phase usual_phase(void)
{
    return (hs_phase){.requests = REQUESTS,
                      .sizes = {.law = HS_SIZES_GEOMETRIC, .a = 64},
                      .lives = HS_LIVES_GENERATIONAL,
                      .live = LIVE,
                      .swing = SWING,
                      .realloc_part = 5,
                      .calloc_part = 10,
                      .aligned_part = 5,
                      .keep = 100};
}

/* --- Playing -------------------------------------------------------------------------------- */

typedef struct {
    uint64_t size;
    uint64_t born; /* number of the request, from 1; 0: not live */
} played_block;

typedef struct {
    const hs_trace_op *ops;
    uint64_t count, at; /* requests played */
    played_block *blocks;
    uint32_t ids;
    uint64_t live, bytes;
    uint64_t kinds[HS_FREE + 1];
} player;

static player play(const hs_trace *t)
{
    return (player){.ops = hs_trace_ops(t),
                    .count = hs_trace_count(t),
                    .ids = hs_trace_ids(t),
                    .blocks = calloc(hs_trace_ids(t) + 1, sizeof(played_block))};
}

static uint64_t size_of(const hs_trace_op *op)
{
    return op->kind == HS_CALLOC ? op->size * op->other : op->size;
}

/* Every request is one that a correct program makes: a block is born while its id is free, and
 * grows or dies while it is live. False at the end. */
static bool next(player *p)
{
    if (p->at == p->count) return false;
    const hs_trace_op *op = &p->ops[p->at++];
    played_block *b = &p->blocks[op->id];
    bool is_born = op->kind != HS_REALLOC && op->kind != HS_FREE;
    assert_true(op->kind <= HS_FREE);
    p->kinds[op->kind]++;
    if (is_born) {
        assert_int_equal(b->born, 0);
        b->born = p->at;
        p->live++;
    } else {
        assert_int_not_equal(b->born, 0);
        p->bytes -= b->size;
    }
    b->size = op->kind == HS_FREE ? 0 : size_of(op);
    p->bytes += b->size;
    if (op->kind == HS_FREE) {
        b->born = 0;
        p->live--;
    } else {
        assert_true(b->size >= 1);
    }
    return true;
}

static void stop(player *p, hs_trace *t)
{
    free(p->blocks);
    hs_trace_free(t);
}

/* --- The whole ------------------------------------------------------------------------------ */

/* FNV-1a of the numbers of all requests, whatever a machine's byte order. */
static uint64_t hash_of(const hs_trace *t)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (uint64_t i = 0; i < hs_trace_count(t); i++) {
        const hs_trace_op *op = &hs_trace_ops(t)[i];
        const uint64_t numbers[] = {op->kind, op->id, op->size, op->other};
        for (int n = 0; n < 4; n++)
            for (int byte = 0; byte < 8; byte++)
                hash = (hash ^ (numbers[n] >> 8 * byte & 255)) * 0x100000001b3u;
    }
    return hash;
}

static uint64_t hash_of_seed(const hs_phase *phase, uint64_t seed)
{
    hs_trace *t = hs_generate(phase, 1, 1, seed);
    uint64_t hash = hash_of(t);
    hs_trace_free(t);
    return hash;
}

static void a_seed_makes_the_same_trace_everywhere(void **state)
{
    (void)state;
    hs_phase phase = usual_phase();
    assert_int_equal(hash_of_seed(&phase, 7), 0x658ada031eb6d6au);
    assert_int_equal(hash_of_seed(&phase, 7), hash_of_seed(&phase, 7));
    assert_int_not_equal(hash_of_seed(&phase, 7), hash_of_seed(&phase, 8));
}

typedef struct {
    const hs_trace *wanted;
    uint64_t taken, most;
} taker;

static bool take(void *of, const hs_trace_op *op)
{
    taker *t = of;
    const hs_trace_op *wanted = &hs_trace_ops(t->wanted)[t->taken++];
    assert_true(op->kind == wanted->kind && op->id == wanted->id && op->size == wanted->size);
    return t->taken < t->most;
}

static void whoever_is_given_requests_may_stop_at_any_time(void **state)
{
    (void)state;
    hs_phase phases[2] = {usual_phase(), usual_phase()};
    phases[0].requests = phases[1].requests = 100;
    phases[0].keep = 20;
    hs_trace *whole = hs_generate(phases, 2, 2, 7);
    for (uint64_t most = 1; most <= hs_trace_count(whole); most++) {
        taker t = {.wanted = whole, .most = most};
        hs_generate_for(phases, 2, 2, 7, take, &t);
        assert_int_equal(t.taken, most);
    }
    hs_trace_free(whole);
}

static void requests_are_those_of_a_correct_program(void **state)
{
    (void)state;
    for (int lives = HS_LIVES_LIFO; lives <= HS_LIVES_GENERATIONAL; lives++) {
        hs_phase phases[3] = {usual_phase(), usual_phase(), usual_phase()};
        for (int i = 0; i < 3; i++) phases[i].lives = (hs_lives)((lives + i) % 4);
        phases[0].keep = 10;
        phases[1].keep = 50;
        phases[2].keep = 0;
        hs_trace *t = hs_generate(phases, 3, 2, (uint64_t)lives);
        player p = play(t);
        while (next(&p)) continue;
        assert_int_equal(p.at, 6 * REQUESTS);
        assert_int_equal(p.live, 0); /* keep 0 in the end */
        stop(&p, t);
    }
}

static void a_trace_has_as_many_requests_as_asked_for(void **state)
{
    (void)state;
    for (uint64_t n = 2; n < 200; n++) {
        hs_phase phase = usual_phase();
        phase.requests = n;
        phase.live = 10;
        phase.keep = (unsigned)n % 3 * 50;
        hs_trace *t = hs_generate(&phase, 1, 1, n);
        assert_int_equal(hs_trace_count(t), n);
        hs_trace_free(t);
    }
}

static void parts_of_the_requests_are_as_asked_for(void **state)
{
    (void)state;
    hs_phase phase = usual_phase();
    hs_trace *t = hs_generate(&phase, 1, 1, 3);
    player p = play(t);
    while (next(&p)) continue;
    uint64_t born = p.kinds[HS_MALLOC] + p.kinds[HS_CALLOC] + p.kinds[HS_ALIGNED_ALLOC];
    assert_in_range(p.kinds[HS_REALLOC] * 1000 / REQUESTS, 45, 55);
    assert_in_range(p.kinds[HS_CALLOC] * 1000 / born, 90, 110);
    assert_in_range(p.kinds[HS_ALIGNED_ALLOC] * 1000 / born, 43, 57);
    stop(&p, t);
}

static void vectors_double_until_they_begin_anew(void **state)
{
    (void)state;
    hs_phase phase = usual_phase();
    phase.sizes = (hs_sizes){.law = HS_SIZES_FIXED, .a = 10};
    phase.realloc_part = 50;
    phase.calloc_part = phase.aligned_part = 0;
    hs_trace *t = hs_generate(&phase, 1, 1, 1);
    player p = play(t);
    uint64_t sizes[2] = {0, 0}; /* before and after */
    while (p.at < p.count) {
        const hs_trace_op *op = &p.ops[p.at];
        sizes[0] = p.blocks[op->id].size;
        next(&p);
        sizes[1] = op->size;
        if (op->kind != HS_REALLOC) continue;
        assert_int_equal(sizes[1], sizes[0] == 160 ? 10 : 2 * sizes[0]);
    }
    stop(&p, t);
}

/* --- Live blocks ---------------------------------------------------------------------------- */

static void live_blocks_stay_about_what_was_asked_for(void **state)
{
    (void)state;
    for (int lives = HS_LIVES_LIFO; lives <= HS_LIVES_GENERATIONAL; lives++) {
        for (unsigned swing = 0; swing <= 50; swing += 25) {
            hs_phase phase = usual_phase();
            uint64_t most = 0, least = UINT64_MAX, reach = LIVE * swing / 100;
            phase.lives = (hs_lives)lives;
            phase.swing = swing;
            hs_trace *t = hs_generate(&phase, 1, 1, 5);
            player p = play(t);
            while (next(&p)) {
                if (p.live > most) most = p.live;
                if (p.at > REQUESTS / 4 && p.live < least) least = p.live;
            }
            assert_in_range(most, LIVE + reach / 2, LIVE + reach);
            assert_in_range(least, LIVE - reach - 1, LIVE - reach / 2);
            stop(&p, t);
        }
    }
}

static void live_bytes_stay_about_what_was_asked_for(void **state)
{
    (void)state;
    enum { BYTES = 100000, LARGEST = 1000 };
    hs_phase phase = usual_phase();
    phase.live = BYTES;
    phase.live_bytes = true;
    phase.realloc_part = 0;
    phase.sizes = (hs_sizes){.law = HS_SIZES_UNIFORM, .a = 1, .b = LARGEST};
    hs_trace *t = hs_generate(&phase, 1, 1, 5);
    player p = play(t);
    while (next(&p)) {
        assert_true(p.bytes < BYTES * 12 / 10 + LARGEST);
        if (p.at > REQUESTS / 2) assert_true(p.bytes > BYTES * 8 / 10 - LARGEST);
    }
    stop(&p, t);
}

/* --- Lives ---------------------------------------------------------------------------------- */

/* How many live blocks are younger than the one that the next request frees; -1: it frees none. */
static int64_t younger_than_victim(const player *p)
{
    const hs_trace_op *op = &p->ops[p->at];
    int64_t younger = 0;
    if (op->kind != HS_FREE) return -1;
    for (uint32_t i = 0; i < p->ids; i++) younger += p->blocks[i].born > p->blocks[op->id].born;
    return younger;
}

typedef struct {
    uint64_t frees, youngest, oldest, young; /* young: of the youngest quarter */
} victims;

static victims victims_of(hs_lives lives)
{
    hs_phase phase = usual_phase();
    victims v = {0};
    phase.lives = lives;
    hs_trace *t = hs_generate(&phase, 1, 1, 11);
    player p = play(t);
    while (p.at < p.count) {
        int64_t younger = younger_than_victim(&p);
        if (younger >= 0) {
            v.frees++;
            v.youngest += younger == 0;
            v.oldest += (uint64_t)younger == p.live - 1;
            v.young += (uint64_t)younger < p.live / 4;
        }
        next(&p);
    }
    stop(&p, t);
    return v;
}

static void lifo_frees_the_youngest(void **state)
{
    (void)state;
    victims v = victims_of(HS_LIVES_LIFO);
    assert_true(v.frees > REQUESTS / 3);
    assert_int_equal(v.youngest, v.frees);
}

static void fifo_frees_the_oldest(void **state)
{
    (void)state;
    victims v = victims_of(HS_LIVES_FIFO);
    assert_true(v.frees > REQUESTS / 3);
    assert_int_equal(v.oldest, v.frees);
}

static void by_chance_all_ages_die_alike(void **state)
{
    (void)state;
    victims v = victims_of(HS_LIVES_RANDOM);
    assert_in_range(v.young * 100 / v.frees, 22, 28);
}

static void of_generations_most_die_young_and_some_grow_old(void **state)
{
    (void)state;
    victims v = victims_of(HS_LIVES_GENERATIONAL);
    assert_in_range(v.young * 100 / v.frees, 75, 90);
    assert_true(v.oldest < v.frees / 20);
}

/* --- Phases --------------------------------------------------------------------------------- */

/* So many blocks of phase 1 are live after so many requests. */
static uint64_t left_of_first_phase(player *p, uint64_t until)
{
    uint64_t left = 0;
    while (p->at < until) next(p);
    for (uint32_t i = 0; i < p->ids; i++)
        left += p->blocks[i].born && p->blocks[i].born <= REQUESTS;
    return left;
}

static void a_share_of_each_phase_survives_the_next(void **state)
{
    (void)state;
    hs_phase phases[3] = {usual_phase(), usual_phase(), usual_phase()};
    for (int i = 0; i < 2; i++) phases[i].keep = 40;
    phases[1].lives = HS_LIVES_FIFO; /* would free the oldest, were they its own */
    hs_trace *t = hs_generate(phases, 3, 1, 2);
    player p = play(t);
    uint64_t left = left_of_first_phase(&p, REQUESTS);
    assert_in_range(left, LIVE * 8 / 10 * 4 / 10, LIVE * 12 / 10 * 4 / 10 + 1);
    assert_int_equal(left_of_first_phase(&p, 2 * REQUESTS - LIVE), left);
    uint64_t then = left_of_first_phase(&p, 2 * REQUESTS);
    assert_in_range(then, left * 4 / 10, left * 4 / 10 + 1);
    assert_int_equal(left_of_first_phase(&p, 3 * REQUESTS), then); /* keep 100 in the end */
    stop(&p, t);
}

static void each_phase_has_its_own_sizes(void **state)
{
    (void)state;
    hs_phase phases[2] = {usual_phase(), usual_phase()};
    for (int i = 0; i < 2; i++) {
        phases[i].sizes = (hs_sizes){.law = HS_SIZES_FIXED, .a = i ? 48 : 16};
        phases[i].realloc_part = 0;
    }
    hs_trace *t = hs_generate(phases, 2, 1, 2);
    for (uint64_t i = 0; i < hs_trace_count(t); i++)
        if (hs_trace_ops(t)[i].kind != HS_FREE)
            assert_int_equal(size_of(&hs_trace_ops(t)[i]), i < REQUESTS ? 16 : 48);
    hs_trace_free(t);
}

/* --- Sizes ---------------------------------------------------------------------------------- */

enum { DRAWS = 100000 };

/* Of that many draws: their sum, and how many are at most `limit`. */
static uint64_t sum_of(const hs_sizes *s, uint64_t limit, uint64_t *within)
{
    uint64_t random = 1, sum = 0;
    *within = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        uint64_t size = hs_sizes_draw(s, &random, i, DRAWS);
        sum += size;
        *within += size <= limit;
    }
    return sum;
}

static void uniform_sizes_are_spread_evenly(void **state)
{
    (void)state;
    uint64_t within;
    hs_sizes s = {.law = HS_SIZES_UNIFORM, .a = 17, .b = 116};
    assert_in_range(sum_of(&s, 41, &within) / DRAWS, 65, 67);
    assert_in_range(within, DRAWS * 24 / 100, DRAWS * 26 / 100);
    sum_of(&s, 16, &within);
    assert_int_equal(within, 0);
    sum_of(&s, 116, &within);
    assert_int_equal(within, DRAWS);
}

/* Chance of at most x: 1 - (1 - 1/mean)^x, so of at most the median, 0.693 means, one half. */
static void geometric_sizes_have_their_mean_and_median(void **state)
{
    (void)state;
    const uint64_t means[] = {2, 64, 1000, 1000000, HS_GEOMETRIC_MOST};
    for (size_t i = 0; i < sizeof means / sizeof *means; i++) {
        uint64_t within, mean = means[i];
        hs_sizes s = {.law = HS_SIZES_GEOMETRIC, .a = mean};
        assert_in_range(sum_of(&s, mean * 693 / 1000, &within), DRAWS * mean / 100 * 98,
                        DRAWS * mean / 100 * 102);
        assert_in_range(within, DRAWS * 49 / 100, DRAWS * 51 / 100);
    }
}

static void bimodal_sizes_lie_about_two_points(void **state)
{
    (void)state;
    uint64_t within;
    hs_sizes s = {.law = HS_SIZES_BIMODAL, .a = 32, .b = 4096, .percent = 90};
    sum_of(&s, 23, &within);
    assert_int_equal(within, 0);
    sum_of(&s, 40, &within);
    assert_in_range(within, DRAWS * 89 / 100, DRAWS * 91 / 100);
    uint64_t small = within;
    sum_of(&s, 3071, &within);
    assert_int_equal(within, small);
    sum_of(&s, 5120, &within);
    assert_int_equal(within, DRAWS);
}

static void a_ramp_goes_from_end_to_end(void **state)
{
    (void)state;
    uint64_t random = 1;
    hs_sizes up = {.law = HS_SIZES_RAMP, .a = 10, .b = 1010};
    hs_sizes down = {.law = HS_SIZES_RAMP, .a = 1010, .b = 10};
    for (uint64_t i = 0; i <= 1000; i++) {
        assert_int_equal(hs_sizes_draw(&up, &random, i, 1000), 10 + i);
        assert_int_equal(hs_sizes_draw(&down, &random, i, 1000), 1010 - i);
    }
}

static void a_table_has_its_weights(void **state)
{
    (void)state;
    uint64_t within;
    hs_sizes s = {.law = HS_SIZES_TABLE, .rows = 3, .size = {16, 24, 500}, .weight = {5, 3, 2}};
    assert_in_range(sum_of(&s, 16, &within), DRAWS * 113, DRAWS * 118); /* 8 + 7.2 + 100 */
    assert_in_range(within, DRAWS * 49 / 100, DRAWS * 51 / 100);
    sum_of(&s, 24, &within);
    assert_in_range(within, DRAWS * 79 / 100, DRAWS * 81 / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_makes_the_same_trace_everywhere),
        cmocka_unit_test(whoever_is_given_requests_may_stop_at_any_time),
        cmocka_unit_test(requests_are_those_of_a_correct_program),
        cmocka_unit_test(a_trace_has_as_many_requests_as_asked_for),
        cmocka_unit_test(parts_of_the_requests_are_as_asked_for),
        cmocka_unit_test(vectors_double_until_they_begin_anew),
        cmocka_unit_test(live_blocks_stay_about_what_was_asked_for),
        cmocka_unit_test(live_bytes_stay_about_what_was_asked_for),
        cmocka_unit_test(lifo_frees_the_youngest),
        cmocka_unit_test(fifo_frees_the_oldest),
        cmocka_unit_test(by_chance_all_ages_die_alike),
        cmocka_unit_test(of_generations_most_die_young_and_some_grow_old),
        cmocka_unit_test(a_share_of_each_phase_survives_the_next),
        cmocka_unit_test(each_phase_has_its_own_sizes),
        cmocka_unit_test(uniform_sizes_are_spread_evenly),
        cmocka_unit_test(geometric_sizes_have_their_mean_and_median),
        cmocka_unit_test(bimodal_sizes_lie_about_two_points),
        cmocka_unit_test(a_ramp_goes_from_end_to_end),
        cmocka_unit_test(a_table_has_its_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Cost follows what changed and what is looked at: counted in steps, with few blocks and with a
 * hundred times as many. */
#include "check.h"
#include "heap/range.h"
#include "model/client/ranks.h"
#include "model/reading/readings.h"
#include "random.h"
#include "stage.h"

#include <heapscope/reading.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FEW = 300, MANY = 100 * FEW, SLACK = 256 };

static uint64_t steps;
static const hs_allocator *watched;

static bool count_walk(const hs_heap *h, const hs_block *previous, hs_block *out)
{
    steps++;
    return watched->walk(h, previous, out);
}

/* It looks at all blocks. */
static bool count_check(const hs_heap *h, hs_damage *damage)
{
    steps += MANY;
    return watched->check(h, damage);
}

/* From now on the blocks are counted that are walked over. */
static void watch(stage *s)
{
    static hs_allocator counting;
    watched = s->session->heap->allocator;
    counting = *watched;
    counting.walk = count_walk;
    counting.check = count_check;
    s->session->heap->allocator = &counting;
}

/* So many blocks live; every tenth of as many again is a hole between them. */
static stage *stage_with(const char *allocator, unsigned blocks)
{
    char line[128];
    stage *s = stage_new(allocator, 256, (uint64_t)1 << 30);
    snprintf(line, sizeof line,
             "repeat %u { h = malloc 24; repeat 10 { malloc 40 }; free h }; x = malloc 40",
             blocks / 10);
    stage_does(s, line);
    return s;
}

static uint64_t steps_of(stage *s, const char *line, const char *refusal)
{
    steps = 0;
    if (refusal)
        stage_refuses(s, line, refusal);
    else
        stage_does(s, line);
    return steps;
}

static const struct {
    const char *line;
    const char *refusal;
    const char *without; /* an allocator */
} lines[] = {
    {"ops +10", NULL, NULL},
    {"write x \"all of it\"", NULL, NULL},
    {"expect block(x) > 39", NULL, "bump"},
    {"y = malloc 24; free y; expect broken == 0 and leaked == 0 and holes > 0", NULL, NULL},
    {"free x-4", "points", NULL},
};

static void a_look_up_does_not_walk_the_heap(void **state)
{
    static const char *const allocators[] = {"bump",       "implicit", "explicit", "buddy",
                                             "segregated", "slab",     "tree",     "tlsf"};
    (void)state;
    for (size_t a = 0; a < sizeof allocators / sizeof *allocators; a++) {
        stage *few = stage_with(allocators[a], FEW), *many = stage_with(allocators[a], MANY);
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
            uint64_t counts[2];
            if (lines[i].without && strcmp(lines[i].without, allocators[a]) == 0) continue;
            for (int k = 0; k < 2; k++) {
                stage *s = k ? many : few;
                steps_of(s, lines[i].line, lines[i].refusal); /* what is made once */
                watch(s);
                counts[k] = steps_of(s, lines[i].line, lines[i].refusal);
                s->session->heap->allocator = watched;
            }
            if (counts[1] > counts[0] * 3 / 2 + SLACK)
                fail_msg("%s, %s: %u blocks take %" PRIu64 " steps, %u take %" PRIu64,
                         allocators[a], lines[i].line, FEW, counts[0], MANY, counts[1]);
        }
        stage_free(few);
        stage_free(many);
    }
}

/* Against an array in which they are looked for one by one. */
static void the_nth_of_many_addresses_is_known(void **state)
{
    enum { PLACES = 20000 };
    static bool there[PLACES];
    uint64_t random = 5, count = 0;
    (void)state;
    hs_ranks *r = hs_ranks_new();
    for (int round = 0; round < 40; round++) {
        bool fewer = round % 4 == 3;
        for (int i = 0; i < 5000; i++) {
            uint64_t place = random_below(&random, PLACES);
            if (there[place] && (fewer || i % 3 == 0)) {
                hs_ranks_remove(r, 8 * place);
                there[place] = false;
                count--;
            } else if (!there[place] && !fewer) {
                hs_ranks_put(r, 8 * place);
                there[place] = true;
                count++;
            }
        }
        assert_int_equal(hs_ranks_count(r), count);
        for (uint64_t place = 0, n = 0; place < PLACES; place++)
            if (there[place]) assert_int_equal(hs_ranks_nth(r, n++), 8 * place);
        if (round == 20)
            for (uint64_t place = 0; place < PLACES; count -= there[place], there[place++] = false)
                hs_ranks_remove(r, 8 * place);
    }
    hs_ranks_free(r);
}

/* The blocks to choose among are kept from one `random` to the next; going back forgets them. */
static void random_requests_are_the_same_whether_blocks_are_known_or_not(void **state)
{
    char line[64];
    (void)state;
    stage *kept = stage_new("tlsf", 256, 1 << 20), *anew = stage_new("tlsf", 256, 1 << 20);
    for (unsigned i = 0; i < 40; i++) {
        snprintf(line, sizeof line, "random %u seed %u", i % 3 ? 30 : 400, i);
        for (int k = 0; k < 2; k++) {
            stage_run(k ? anew : kept, line); /* may end at a pointer that is stale */
            stage_does(k ? anew : kept, i % 4 ? "v = malloc 30; w = v; v = NULL" : "v = NULL");
        }
        stage_does(anew, "undo; redo");
        expect_same_heap(kept->session, anew->session);
    }
    stage_free(kept);
    stage_free(anew);
}

/* What was read of a block's life is kept: it goes on as if it were read anew. */
static void a_life_that_was_read_goes_on(void **state)
{
    static const char *const deeds[] = {"v = realloc v %u", "malloc %u",       "v = malloc %u",
                                        "free v # %u",      "realloc v %u",    "w = v # %u",
                                        "undo # %u",        "w = malloc %u",   "redo # %u",
                                        "v = w # %u",       "w = realloc v %u"};
    char line[64];
    uint64_t random = 9;
    (void)state;
    stage *s = stage_new("tlsf", 256, 1 << 20);
    for (unsigned i = 0; i < 3000; i++) {
        size_t kind = random_below(&random, sizeof deeds / sizeof *deeds);
        snprintf(line, sizeof line, "%.*s", (int)sizeof line - 1, deeds[kind]);
        char *number = strstr(line, "%u");
        snprintf(number, 8, "%u", (unsigned)random_below(&random, 300));
        stage_run(s, line);
        hs_pointer v = {hs_session_find_variable(s->session, "v", 1), 0};
        const hs_client_block *b = hs_session_block_at(s->session, hs_session_value(s->session, v));
        if (!b) continue;
        hs_life kept = hs_session_life(s->session, b);
        hs_readings_of(s->session)->life.known = false;
        hs_life anew = hs_session_life(s->session, b);
        assert_int_equal(kept.born, anew.born);
        assert_int_equal(kept.freed, anew.freed);
        assert_int_equal(kept.count, anew.count);
        assert_int_equal(kept.cut, anew.cut);
        for (size_t k = 0; k < kept.count && k < HS_LIFE_EVENTS; k++) {
            assert_int_equal(kept.numbers[k], anew.numbers[k]);
            assert_int_equal(kept.sizes[k], anew.sizes[k]);
        }
    }
    stage_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_look_up_does_not_walk_the_heap),
        cmocka_unit_test(the_nth_of_many_addresses_is_known),
        cmocka_unit_test(a_life_that_was_read_goes_on),
        cmocka_unit_test(random_requests_are_the_same_whether_blocks_are_known_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Leaks against a look at every variable for every block, which does the same the slow way. */
#include "check.h"
#include "model/session/session.h"
#include "random.h"
#include "stage.h"

#include <heapscope/reading.h>

#include <stdio.h>

enum { VARIABLES = 12, MOST = 8 };

/* In slow motion the variable that the request gives a value still has the old one as well. */
static hs_reach slow_reach(const hs_session *s, const hs_client_block *b)
{
    hs_reach reach = HS_LOST;
    if (s->before.on && b->addr == hs_session_last(s)->replaced) return HS_REACHED;
    for (uint32_t i = 0; i < hs_session_variable_count(s); i++) {
        hs_addr value = hs_session_variable(s, i)->value;
        if (value == b->addr) return HS_REACHED;
        if (value > b->addr && value - b->addr < b->requested) reach = HS_POSSIBLY_LOST;
    }
    return reach;
}

static void expect_the_same(const hs_session *s)
{
    hs_leak list[MOST];
    hs_leaks wanted = {0}, told = hs_session_leaks(s, list, MOST);
    size_t listed = 0;
    const hs_client_block *b = hs_session_block_from(s, 0);
    for (; b; b = hs_session_block_from(s, b->addr + 1)) {
        if (!b->live) continue;
        hs_reach reach = slow_reach(s, b);
        wanted.blocks[reach]++;
        wanted.bytes[reach] += b->requested;
        if (reach == HS_REACHED || listed == MOST) continue;
        assert_int_equal(list[listed].block->addr, b->addr);
        assert_int_equal(list[listed++].reach, reach);
    }
    for (int i = 0; i < HS_REACHES; i++) {
        assert_int_equal(told.blocks[i], wanted.blocks[i]);
        assert_int_equal(told.bytes[i], wanted.bytes[i]);
    }
}

/* What a client does that loses blocks, and finds them again. */
static void do_something(stage *s, uint64_t *random)
{
    char line[64];
    unsigned a = (unsigned)random_below(random, VARIABLES);
    unsigned b = (unsigned)random_below(random, VARIABLES);
    unsigned size = (unsigned)random_below(random, 100), kind = (unsigned)random_below(random, 12);
    static const unsigned steps[] = {0, 1, 16, 24};
    if (kind < 3)
        snprintf(line, sizeof line, "v%u = malloc %u", a, size);
    else if (kind < 6)
        snprintf(line, sizeof line, "v%u = v%u + %u", a, b, steps[size % 4]);
    else if (kind < 8)
        snprintf(line, sizeof line, "v%u = realloc v%u %u", a, b, 2 * size + 1);
    else
        snprintf(line, sizeof line,
                 kind < 9    ? "v%u = NULL"
                 : kind < 11 ? "free v%u"
                             : "undo # %u",
                 a);
    stage_run(s, line);
}

static void leaks_are_counted_as_blocks_and_variables_change(void **state)
{
    static const char *const allocators[] = {"implicit", "tlsf", "bump"};
    (void)state;
    for (size_t a = 0; a < sizeof allocators / sizeof *allocators; a++) {
        uint64_t random = 7 + a;
        stage *s = stage_new(allocators[a], 256, 1 << 16);
        for (unsigned i = 0; i < VARIABLES; i++) do_something(s, &random);
        for (int i = 0; i < 3000; i++) {
            if (i % 100 < 50 || i % 10 == 0) expect_the_same(s->session);
            do_something(s, &random);
            if (i % 500 == 499) stage_does(s, "reset");
        }
        stage_free(s);
    }
}

static void in_slow_motion_a_leak_is_what_is_lost_by_then(void **state)
{
    (void)state;
    uint64_t random = 11;
    stage *s = stage_new("explicit", 256, 1 << 16);
    for (int i = 0; i < 400; i++) {
        size_t n;
        do_something(s, &random);
        expect_the_same(s->session);
        if (!hs_session_slow_motion(s->session)) continue;
        hs_events(hs_session_heap(s->session), &n);
        for (size_t k = 0; k <= n; k++) {
            hs_session_seek(s->session, k ? k - 1 : 0, k);
            expect_the_same(s->session);
        }
        hs_session_leave_stage(s->session);
        expect_the_same(s->session);
    }
    stage_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaks_are_counted_as_blocks_and_variables_change),
        cmocka_unit_test(in_slow_motion_a_leak_is_what_is_lost_by_then),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Cost follows what changed and what is looked at: counted in steps, with few blocks and with a
 * hundred times as many. */
#include "check.h"
#include "heap/range.h"
#include "model/session.h"
#include "stage.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FEW = 300, MANY = 100 * FEW, SLACK = 64 };

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_look_up_does_not_walk_the_heap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

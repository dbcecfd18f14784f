/* SPDX-License-Identifier: MIT */
/* The adversary: what it finds is played on sessions, which know nothing of the search. */
#include "check.h"
#include "stage.h"

#include <heapscope/adversary.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static hs_contest contest_of(const char *failing, const char *other, uint64_t heap)
{
    return (hs_contest){
        .failing = failing, .other = other, .heap = heap, .seed = 1, .milliseconds = 60000};
}

/* The commands alone fail on the one allocator with their last, and never on the other. */
static void play(const hs_contest *c, const hs_attack *a, const char *name, bool fails)
{
    hs_problem problem;
    uint32_t variables[HS_MOVES + 1], number = 0;
    hs_session *s = hs_session_new(name, &(hs_heap_config){c->heap, c->heap}, &problem);
    assert_non_null(s);
    for (size_t i = 0; i < a->length; i++) {
        const hs_move *m = &a->moves[i];
        hs_op op = {.kind = HS_OP_REQUEST, .request = HS_MALLOC, .a = m->size};
        op.p.variable = HS_NONE;
        if (!m->size) op.request = HS_FREE, op.p.variable = variables[m->victim];
        assert_true(hs_session_perform(s, &op, &problem));
        const hs_last *last = hs_session_last(s);
        if (!m->size) continue;
        variables[++number] = last->variable;
        bool wanted = !fails || i + 1 < a->length;
        assert_int_equal(last->result != HS_NULL, wanted);
    }
    assert_int_equal(hs_session_totals(s)->failed, fails);
    hs_session_free(s);
}

static void play_script(const hs_contest *c, const hs_attack *a, bool alone)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    hs_attack_write(c, a, alone, out);
    fclose(out);
    stage *s = stage_new("implicit", 512, 1 << 20);
    if (alone) stage_does(s, "set fit worst; set split-min 64; malloc 9"); /* it does not mind */
    stage_does(s, text);
    stage_free(s);
    free(text);
}

static hs_attack find(const hs_contest *c)
{
    hs_attack attack;
    hs_problem problem;
    if (!hs_adversary(c, &attack, &problem)) fail_msg("%s", problem.what);
    if (!attack.length) fail_msg("%s against %s: nothing found", c->failing, c->other);
    play(c, &attack, c->failing, true);
    play(c, &attack, c->other, false);
    play_script(c, &attack, false);
    play_script(c, &attack, true);
    return attack;
}

/* --- What is found -------------------------------------------------------------------------- */

static void the_classic_programs_are_found(void **state)
{
    static const struct {
        const char *failing, *other;
        size_t length;
    } classics[] = {
        {"bump", "first-fit", 3},     {"bump", "buddy", 3},         {"first-fit", "best-fit", 5},
        {"best-fit", "first-fit", 6}, {"worst-fit", "best-fit", 5}, {"best-fit", "worst-fit", 6},
        {"next-fit", "first-fit", 5}, {"buddy", "first-fit", 2},    {"first-fit", "buddy", 4},
        {"best-fit", "explicit", 4},  {"quick", "tree", 4},         {"tree", "quick", 6},
    };
    (void)state;
    for (size_t i = 0; i < sizeof classics / sizeof *classics; i++) {
        hs_contest c = contest_of(classics[i].failing, classics[i].other, 256);
        hs_attack a = find(&c);
        assert_true(a.shortest);
        assert_int_equal(a.exhausted, a.length - 1);
        assert_int_equal(a.length, classics[i].length);
    }
}

/* As a student would: every program of up to so many commands, on sessions' allocators, with no
 * table and no cuts. */
typedef struct {
    const char *names[2];
    uint64_t heap;
    hs_move moves[HS_MOVES];
} plain_search;

static bool fails_with(const plain_search *p, int side, size_t length)
{
    const hs_allocator *a = hs_allocator_named("implicit", HS_RAW);
    uint64_t fit = strcmp(p->names[side], "best-fit") == 0 ? 2 : 0;
    uint64_t options[HS_OPTIONS] = {fit};
    for (size_t i = 1; i < a->option_count; i++) options[i] = a->options[i].initial;
    hs_heap *h = hs_heap_new(&(hs_heap_config){p->heap, p->heap}, a, HS_RAW, options);
    hs_addr at[HS_MOVES + 1];
    uint32_t number = 0;
    bool failed = false;
    for (size_t i = 0; i < length && !failed; i++) {
        if (p->moves[i].size)
            failed = !(at[++number] = hs_malloc(h, p->moves[i].size));
        else
            hs_free(h, at[p->moves[i].victim]);
    }
    hs_heap_free(h);
    return failed;
}

static bool any_program(plain_search *p, size_t depth, size_t length, uint32_t number,
                        uint32_t gone)
{
    if (depth == length) return fails_with(p, 0, length) && !fails_with(p, 1, length);
    for (uint32_t v = 1; v <= number; v++) {
        if (gone & 1u << v) continue;
        p->moves[depth] = (hs_move){.victim = v};
        if (any_program(p, depth + 1, length, number, gone | 1u << v)) return true;
    }
    for (uint64_t k = 1; k <= 8; k++) {
        p->moves[depth] = (hs_move){.size = k * p->heap / 8 - 8};
        if (any_program(p, depth + 1, length, number + 1, gone)) return true;
    }
    return false;
}

static void no_shorter_program_is_overlooked(void **state)
{
    plain_search p = {{"first-fit", "best-fit"}, 256, {{0}}};
    (void)state;
    assert_string_equal(hs_allocator_named("implicit", HS_RAW)->options[0].name, "fit");
    for (size_t length = 1; length < 5; length++) assert_false(any_program(&p, 0, length, 0, 0));
    assert_true(any_program(&p, 0, 5, 0, 0));
}

/* Does it still hold without move `gone`, and, of a malloc, without the free of its pointer? */
static bool holds_without(const hs_contest *c, const hs_attack *a, size_t gone)
{
    hs_problem problem;
    uint64_t failed[2] = {0};
    for (int side = 0; side < 2; side++) {
        uint32_t variables[HS_MOVES + 1], number = 0;
        hs_session *s = hs_session_new(side ? c->other : c->failing,
                                       &(hs_heap_config){c->heap, c->heap}, &problem);
        for (size_t i = 0; i < a->length; i++) {
            const hs_move *m = &a->moves[i];
            hs_op op = {.kind = HS_OP_REQUEST, .request = HS_MALLOC, .a = m->size};
            op.p.variable = HS_NONE;
            if (m->size) variables[++number] = HS_NONE;
            if (!m->size) op.request = HS_FREE, op.p.variable = variables[m->victim];
            if (i == gone) continue;
            assert_true(hs_session_perform(s, &op, &problem)); /* free NULL, where it is gone */
            if (m->size) variables[number] = hs_session_last(s)->variable;
        }
        failed[side] = hs_session_totals(s)->failed;
        hs_session_free(s);
    }
    return failed[0] && !failed[1];
}

static void long_programs_are_found_by_chance_the_same_ones_each_time(void **state)
{
    (void)state;
    hs_contest c = contest_of("explicit", "slab", 16384);
    hs_attack a = find(&c), b = find(&c);
    assert_false(a.shortest);
    assert_true(a.length > a.exhausted);
    for (size_t i = 0; i < a.length; i++) assert_false(holds_without(&c, &a, i));
    assert_int_equal(a.length, b.length);
    assert_int_equal(a.tried, b.tried);
    for (size_t i = 0; i < a.length; i++) {
        assert_int_equal(a.moves[i].size, b.moves[i].size);
        assert_int_equal(a.moves[i].victim, b.moves[i].victim);
    }
}

static void larger_heaps_are_searched_too(void **state)
{
    (void)state;
    hs_contest c = contest_of("first-fit", "best-fit", 4096);
    assert_int_equal(find(&c).length, 5);
    c = contest_of("bump", "implicit", HS_ADVERSARY_LARGEST);
    assert_int_equal(find(&c).length, 3);
}

/* --- Its end -------------------------------------------------------------------------------- */

static bool stop_at_once(void *context, size_t length, uint64_t tried)
{
    (void)length;
    *(uint64_t *)context = tried;
    return false;
}

static void it_ends_when_it_is_told_to_and_when_its_time_is_over(void **state)
{
    uint64_t tried = 0;
    hs_attack attack;
    hs_problem problem;
    (void)state;
    hs_contest c = contest_of("best-fit", "best-fit", 256);
    c.progress = stop_at_once;
    c.context = &tried;
    assert_true(hs_adversary(&c, &attack, &problem));
    assert_int_equal(attack.length, 0);
    assert_int_equal(attack.tried, tried);
    c.progress = NULL;
    c.milliseconds = 1;
    assert_true(hs_adversary(&c, &attack, &problem));
    assert_true(attack.out_of_time);
    assert_int_equal(attack.length, 0);
}

/* --- The command ---------------------------------------------------------------------------- */

static void the_command_leaves_a_script(void **state)
{
    char path[] = "/tmp/heapscope-adversary-XXXXXX", line[128];
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    stage *s = stage_new("implicit", 256, 1 << 20);
    snprintf(line, sizeof line, "adversary first-fit best-fit to %s", path);
    stage_does(s, line);
    assert_non_null(strstr(s->said, "first-fit needs more than 256 bytes for this, best-fit does"));
    assert_non_null(strstr(s->said, "5 commands, and no fewer do"));
    snprintf(line, sizeof line, "source %s", path);
    stage_does(s, line);
    stage_does(s, "expect failed == 0 and heap_max == 256 and requests == 5");
    stage_does(s, "adversary bump first seconds 5 seed 9");
    assert_non_null(strstr(s->said, "bump fails in 256 bytes, first-fit does not: 3 commands"));
    stage_free(s);
    unlink(path);
}

static void what_cannot_be_searched_is_refused(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 1 << 20);
    stage_refuses(s, "adversary first-fit", "adversary: B is missing");
    stage_refuses(s, "adversary first-fit nofit", "there is no allocator nofit");
    stage_refuses(s, "adversary buddy buddy", "never does better than itself");
    stage_refuses(s, "adversary buddy bump seconds 0", "from 1 to 86400 seconds");
    stage_refuses(s, "heap 65k; adversary buddy bump", "too large to search through");
    stage_refuses(s, "heap 256; adversary bump buddy to /etc/passwd", "no saved session");
    stage_free(s);
}

static void a_stop_ends_the_search_and_what_follows(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 1 << 20);
    s->patience = 1;
    stage_run(s, "adversary tree tlsf; malloc 8");
    assert_non_null(strstr(s->said, "you stopped it before the search had ended"));
    assert_int_equal(hs_session_op_count(s->session), 0);
    stage_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_classic_programs_are_found),
        cmocka_unit_test(no_shorter_program_is_overlooked),
        cmocka_unit_test(long_programs_are_found_by_chance_the_same_ones_each_time),
        cmocka_unit_test(larger_heaps_are_searched_too),
        cmocka_unit_test(it_ends_when_it_is_told_to_and_when_its_time_is_over),
        cmocka_unit_test(the_command_leaves_a_script),
        cmocka_unit_test(what_cannot_be_searched_is_refused),
        cmocka_unit_test(a_stop_ends_the_search_and_what_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

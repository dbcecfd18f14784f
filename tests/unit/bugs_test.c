/* SPDX-License-Identifier: MIT */
/* Bugs of client programs: what the session and the commands say of them. Each test plays a script;
 * its `expect` lines and what was said are compared. */
#include "check.h"
#include "random.h"

#include "language/interpreter.h"
#include "view/explanation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    hs_session *session;
    hs_interpreter *interpreter;
    char said[4096]; /* by the last script */
} stage;

static void say(void *context, hs_voice voice, const char *text)
{
    stage *s = context;
    size_t used = strlen(s->said);
    (void)voice;
    snprintf(s->said + used, sizeof s->said - used, "%s\n", text);
}

static void show(void *context, const hs_picture *picture, const hs_subject *of)
{
    (void)context, (void)picture, (void)of;
}

static void performed(void *context, const char *summary)
{
    (void)context, (void)summary;
}

static stage *stage_for(const char *allocator)
{
    hs_problem problem;
    stage *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->session = hs_session_new(allocator, &(hs_heap_config){256, 4096}, &problem);
    assert_non_null(s->session);
    s->interpreter = hs_interpreter_new(
        s->session, &(hs_listener){.context = s, .say = say, .show = show, .performed = performed});
    return s;
}

static void strike(stage *s)
{
    hs_interpreter_free(s->interpreter);
    hs_session_free(s->session);
    free(s);
}

static bool run(stage *s, const char *script)
{
    s->said[0] = 0;
    return hs_interpreter_run(s->interpreter, NULL, 1, script, strlen(script));
}

static void play(stage *s, const char *script)
{
    if (!run(s, script)) fail_msg("%s", s->said);
}

static void expect_said(const stage *s, const char *text)
{
    if (!strstr(s->said, text)) fail_msg("\"%s\" was not said, but:\n%s", text, s->said);
}

/* A script fails, and says so. */
static void expect_failure(stage *s, const char *script, const char *text)
{
    assert_false(run(s, script));
    expect_said(s, text);
}

/* --- Who broke the heap --------------------------------------------------------------------- */

static void check_names_the_command_that_broke_the_heap(void **state)
{
    (void)state;
    stage *s = stage_for("implicit");
    play(s,
         "a = malloc 16; b = malloc 16; write a \"sixteen bytes...\"; check; expect broken == 0");
    play(s, "write a \"and twenty bytes...\"; expect broken == 1; malloc 8; write b 'x'");
    expect_failure(s, "check", "command 4 broke it: write a \"and twenty bytes...\"");
    strike(s);
}

static void what_breaks_the_heap_is_found_at_once_though_it_is_no_overrun(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        "write b-8 0*8",                                         /* before the block */
        "set misuse allow; free a; free a",                      /* a double free */
        "free a; write a 0xff*16",                               /* a use after free */
        "write 0x107000020 0xff*8",                              /* through no variable */
        "free a; c = malloc 16; write a 0xff*32",                /* stale: the block is another's */
        "set misuse allow; write a 35*1; write b 1*1; free a+8", /* a block that never was */
    };
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        stage *s = stage_for("explicit");
        play(s, "a = malloc 24; b = malloc 24; malloc 24; expect broken == 0");
        if (!run(s, scripts[i])) print_error("%zu: %s", i, s->said);
        play(s, "expect broken == 1");
        assert_int_equal(hs_session_broken_by(s->session), hs_session_op_count(s->session));
        strike(s);
    }
}

/* One NUL too many, behind the last block. */
static void an_overrun_into_the_end_mark_is_found(void **state)
{
    static const char *const allocators[] = {"explicit", "segregated", "tree", "tlsf", "hardened"};
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        stage *s = stage_for(allocators[i]);
        play(s, "a = malloc 232; check; expect headers == 16 and padding == 8 and broken == 0");
        play(s, "write a 0x41*240; expect broken == 0; write a+240 0; expect broken == 1");
        play(s, "expect damaged == 8");
        expect_failure(s, "check", "the end mark behind the last block was overwritten");
        strike(s);
    }
}

static void a_pointer_into_what_bump_freed_is_told_so(void **state)
{
    stage *s = stage_for("bump");
    (void)state;
    play(s, "c = malloc 24; free c");
    expect_failure(s, "free c+4", "points into a block that was freed");
    strike(s);
}

static void a_mended_heap_is_not_broken(void **state)
{
    (void)state;
    stage *s = stage_for("implicit");
    play(s, "a = malloc 16; b = malloc 16; write b-8 0; expect broken == 1");
    play(s, "write b-8 25; expect broken == 0; check");
    play(s, "write b-8 0; expect broken == 1");
    expect_failure(s, "check", "command 5 broke it");
    play(s, "reset; expect broken == 0");
    strike(s);
}

static void a_replay_finds_the_culprit_again(void **state)
{
    (void)state;
    hs_problem problem;
    stage *s = stage_for("implicit");
    play(s, "note \"first\"; a = malloc 16; b = malloc 16; write a 0xff*20");
    play(s, "set footer on replay; expect broken == 1");
    expect_failure(s, "check", "command 4 broke it");
    play(s, "allocator bump replay; expect broken == 0");
    play(s, "allocator implicit; expect broken == 0");
    hs_session *then = hs_session_after(s->session, 4, &problem);
    assert_int_equal(hs_session_broken_by(then), 4);
    hs_session_free(then);
    strike(s);
}

static void going_back_before_the_bug_mends_the_heap(void **state)
{
    (void)state;
    hs_problem problem;
    stage *s = stage_for("explicit");
    play(s, "a = malloc 24; b = malloc 24; write a 0xff*32; malloc 24; expect broken == 1");
    assert_true(hs_session_go(s->session, (hs_moment){0, 2}, &problem));
    play(s, "expect broken == 0; check");
    assert_true(hs_session_go(s->session, (hs_moment){0, 4}, &problem));
    expect_failure(s, "check", "command 3 broke it");
    strike(s);
}

static void a_fault_names_the_command_that_broke_the_bytes(void **state)
{
    (void)state;
    stage *s = stage_for("implicit");
    play(s, "a = malloc 16; b = malloc 16; write a 0xff*20");
    expect_failure(s, "malloc 100", "a real program would crash here (broken by command 3)");
    strike(s);
}

/* The sentence behind a write blames it for what it did, and for nothing else. */
static void a_write_is_not_told_of_damage_that_others_did(void **state)
{
    (void)state;
    static const struct {
        const char *write, *told;
    } rows[] = {
        {"write a 0xff*20", "wrote 20 bytes at a (0x107000008): 4 bytes beyond the end of a; the "
                            "heap is broken at 0x107000018: "},
        {"write a \"fine\"", "wrote 4 bytes at a (0x107000008)"},
        {"write b 'x'*16", "wrote 16 bytes at b (0x107000020)"},
        {"write b 'x'*17", "wrote 17 bytes at b (0x107000020): 1 byte beyond the end of b; command "
                           "3 had broken the heap before"},
        {"write b \"\"", "wrote 0 bytes at b (0x107000020)"},
        {"write a+16 \"\\x19\\0\\0\\0\\0\\0\\0\\0\"", "wrote 8 bytes at a+16"},
    };
    stage *s = stage_for("implicit");
    play(s, "a = malloc 16; b = malloc 16");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        play(s, rows[i].write);
        char *text = hs_explain(s->session);
        bool whole = i >= 1 && i <= 4;
        if (whole ? strcmp(text, rows[i].told) : strncmp(text, rows[i].told, strlen(rows[i].told)))
            fail_msg("%s: %s", rows[i].write, text);
        free(text);
    }
    strike(s);
}

static void a_block_of_the_free_list_that_is_no_block_is_found(void **state)
{
    (void)state;
    stage *s = stage_for("explicit");
    play(s, "set misuse allow; t = malloc 64; malloc 24; write t 35; write t+32 39; free t+8");
    expect_failure(s, "check", "broken at 0x107000008: the free list leads to what is no block");
    play(s, "malloc 24; expect broken == 0; write t 0; expect broken == 0");
    strike(s);
}

/* --- Hardened ------------------------------------------------------------------------------- */

static void a_hardened_heap_says_which_bug_it_caught(void **state)
{
    (void)state;
    stage *s = stage_for("hardened");
    play(s, "set misuse allow; a = malloc 24; b = malloc 24; c = malloc 24");
    expect_failure(s, "free a+8", "the header at 0x107000008 has a wrong checksum");
    play(s, "free b");
    expect_failure(s, "free b", "the block of 0x107000028 was freed before: a double free");
    expect_failure(s, "realloc b 8", "a double free");
    play(s, "write b 'x'; expect broken == 1");
    expect_failure(s, "malloc 3000",
                   "the byte at 0x107000028 was written after its block was freed "
                   "(broken by command 6)");
    play(s, "write b 0xdf; expect broken == 0; check");
    strike(s);
}

static void what_was_done_can_be_done_again_on_a_hardened_heap(void **state)
{
    (void)state;
    stage *s = stage_for("explicit");
    play(s, "a = malloc 24; b = malloc 24; free a; expect holes == 2; allocator hardened replay");
    play(s, "expect holes == 1 and dead == 32; check; allocator");
    expect_said(s, "* hardened");
    play(s, "allocator explicit replay; expect holes == 2 and dead == 0; check");
    strike(s);
}

/* --- Leaks ---------------------------------------------------------------------------------- */

static void a_block_that_no_variable_points_to_is_leaked(void **state)
{
    (void)state;
    stage *s = stage_for("implicit");
    play(s, "p = malloc 24; q = p; p = malloc 10; expect leaked == 0 and leaked_blocks == 0");
    play(s, "leaks");
    expect_said(s, "no leaks: still reachable: 34 bytes in 2 blocks");
    play(s, "q = NULL; expect leaked == 24 and leaked_blocks == 1");
    play(s, "repeat 3 { p = malloc 100 }; expect leaked == 234 and leaked_blocks == 4");
    play(s, "leaks");
    expect_said(s, "definitely lost, no variable points to it: 234 bytes in 4 blocks\n"
                   "  0x107000008       24 bytes, from command 1: p = malloc 24\n"
                   "  0x107000028       10 bytes, from command 3: p = malloc 10\n");
    expect_said(s, "still reachable: 100 bytes in 1 block");
    play(s, "free p; leaks; expect leaked == 234");
    expect_said(s, "still reachable: 0 bytes in 0 blocks");
    strike(s);
}

static void a_pointer_into_a_block_leaves_it_possibly_lost(void **state)
{
    (void)state;
    stage *s = stage_for("implicit");
    play(s, "p = malloc 24; q = malloc 0; p = p + 23; expect leaked == 0; leaks");
    expect_said(s, "possibly lost, a variable points only into the block: 24 bytes in 1 block\n");
    play(s, "p = p + 1; expect leaked == 24");
    play(s, "q = q + 1; expect leaked_blocks == 2");
    strike(s);
}

static void a_long_list_of_leaks_is_cut(void **state)
{
    (void)state;
    stage *s = stage_for("bump");
    play(s, "repeat 30 { p = malloc 8 }; leaks; expect leaked_blocks == 29");
    expect_said(s, "  ... and 9 more\n");
    strike(s);
}

/* --- Whatever a program breaks -------------------------------------------------------------- */

/* One line of a program that knows no rules: v0 to v5 are its pointers. */
static void write_line(char *line, size_t size, uint64_t *random)
{
    static const char *const others[] = {"check",
                                         "leaks",
                                         "blocks",
                                         "set align 16 replay",
                                         "allocator hardened replay",
                                         "aligned_alloc 64 40"};
    static const unsigned bytes[] = {0, 1, 3, 32, 33, 35, 40, 64, 146, 223, 255};
    unsigned v = (unsigned)random_below(random, 6), n = (unsigned)random_below(random, 64);
    unsigned byte = bytes[random_below(random, sizeof bytes / sizeof *bytes)];
    switch (random_below(random, 10)) {
    case 0:
    case 1: snprintf(line, size, "v%u = malloc %u", v, n * 3); break;
    case 2:
    case 3: snprintf(line, size, "free v%u", v); break;
    case 4: snprintf(line, size, "free v%u+%u", v, n); break;
    case 5: snprintf(line, size, "v%u = realloc v%u %u", v, v, n * 5); break;
    case 6:
    case 7: snprintf(line, size, "write v%u+%u %u*%u", v, n % 40, byte, 1 + n % 16); break;
    case 8: snprintf(line, size, "v%u = v%u+%u", v, v, n % 24); break;
    default: snprintf(line, size, "%s", others[n % (sizeof others / sizeof *others)]);
    }
}

/* Sanitizers watch: the fault is the simulated program's, never ours. */
static void whatever_a_program_breaks_the_session_goes_on(void **state)
{
    (void)state;
    const hs_allocator *a;
    char line[64];
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        for (uint64_t seed = 0; seed < random_operations(2000) / 100; seed++) {
            uint64_t random = seed;
            stage *s = stage_for(a->name);
            play(s, "set misuse allow; v0 = malloc 100; v1 = malloc 24; v2 = malloc 8; "
                    "v3 = malloc 40; v4 = malloc 24; v5 = malloc 24");
            for (int n = 0; n < 100; n++) {
                write_line(line, sizeof line, &random);
                run(s, line);
            }
            hs_problem problem;
            hs_moment here = hs_session_moment(s->session), back = here;
            back.count /= 2;
            assert_true(hs_session_go(s->session, back, &problem));
            assert_true(hs_session_go(s->session, here, &problem));
            play(s, "reset; p = malloc 24; free p; check; expect broken == 0 and leaked == 0");
            strike(s);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_names_the_command_that_broke_the_heap),
        cmocka_unit_test(what_breaks_the_heap_is_found_at_once_though_it_is_no_overrun),
        cmocka_unit_test(an_overrun_into_the_end_mark_is_found),
        cmocka_unit_test(a_pointer_into_what_bump_freed_is_told_so),
        cmocka_unit_test(a_mended_heap_is_not_broken),
        cmocka_unit_test(a_replay_finds_the_culprit_again),
        cmocka_unit_test(going_back_before_the_bug_mends_the_heap),
        cmocka_unit_test(a_fault_names_the_command_that_broke_the_bytes),
        cmocka_unit_test(a_write_is_not_told_of_damage_that_others_did),
        cmocka_unit_test(a_block_of_the_free_list_that_is_no_block_is_found),
        cmocka_unit_test(a_hardened_heap_says_which_bug_it_caught),
        cmocka_unit_test(what_was_done_can_be_done_again_on_a_hardened_heap),
        cmocka_unit_test(a_block_that_no_variable_points_to_is_leaked),
        cmocka_unit_test(a_pointer_into_a_block_leaves_it_possibly_lost),
        cmocka_unit_test(a_long_list_of_leaks_is_cut),
        cmocka_unit_test(whatever_a_program_breaks_the_session_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Lectures on the full screen: every demo is played forward, back and forward again, left and come
 * back to. A step looks the same whenever it is on show. */
#include "terminal.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *program; /* the heapscope under test */
static char **demos;        /* NULL-terminated */
static char home[] = "/tmp/heapscope-home-XXXXXX";

enum { MOST = 200, QUIET = 20 };
#define NEXT "\033[6~"
#define BACK "\033[5~"
#define HOME "\033[H"
#define END  "\033[F"
#define F5   "\033[15~"

static terminal *play(const char *path)
{
    const char *const argv[] = {program, path, NULL};
    terminal *t = terminal_start(argv, 24, 80, home, NULL);
    assert_true(terminal_shows(t, "step 1/"));
    return t;
}

static const char *script(const char *name, const char *text)
{
    return terminal_file(home, name, text);
}

/* --- The same screens ------------------------------------------------------------------------ */

/* Step `number` of `count`, or the prompt behind the last one. */
static char *picture_of(terminal *t, int number, int count)
{
    char text[32];
    snprintf(text, sizeof text, "step %d/%d", number, count);
    assert_true(terminal_shows(t, number < count ? text : "PgUp back in the script"));
    terminal_settle_for(t, QUIET);
    return terminal_picture(t);
}

/* Where two pictures differ: every other line of one has the looks of the line before. */
static void tell_difference(const char *before, const char *now)
{
    for (int line = 0; *before && *now; line++) {
        size_t n = strcspn(before, "\n"), m = strcspn(now, "\n");
        if (n != m || memcmp(before, now, n) != 0)
            fprintf(stderr, "row %d%s was\n%.*s\nand is\n%.*s\n", line / 2,
                    line % 2 ? ", its looks," : "", (int)n, before, (int)m, now);
        before += n + 1;
        now += m + 1;
    }
}

/* Questions on the way to a step are passed, and what is told of them is read: a remote has no keys
 * but these. */
static void pass_questions(terminal *t, int number, int count)
{
    char text[32];
    snprintf(text, sizeof text, "step %d/%d", number, count);
    for (int tries = 0; tries < 500; tries++) {
        terminal_settle_for(t, QUIET);
        bool asked = terminal_row(t, 23)[0] == '?';
        if (asked || strstr(terminal_row(t, 23), "Enter goes on"))
            terminal_type(t, NEXT);
        else if (strstr(terminal_row(t, 23), text) ||
                 (number == count && strstr(terminal_row(t, 22), "PgUp back in the script")))
            return;
    }
}

static void assert_same(terminal *t, const char *before, int number, int count, const char *when)
{
    char *now = picture_of(t, number, count);
    if (strcmp(before, now) != 0) {
        tell_difference(before, now);
        fail_msg("step %d is another one %s", number, when);
    }
    free(now);
}

static int steps_of(terminal *t)
{
    const char *at = strstr(terminal_row(t, 23), "step 1/");
    assert_non_null(at);
    return atoi(at + strlen("step 1/"));
}

static void play_back_and_forth(const char *demo)
{
    terminal *t = play(demo);
    char *pictures[MOST + 1] = {0};
    int count = steps_of(t);
    assert_in_range(count, 2, MOST);
    terminal_type(t, HOME); /* it does not play by itself any more */
    assert_true(terminal_shows(t, "Space goes on"));
    for (int i = 1; i <= count; i++) {
        pass_questions(t, i, count);
        pictures[i] = picture_of(t, i, count);
        terminal_type(t, i < count ? NEXT : "");
    }
    for (int i = count - 1; i >= 1; i--) {
        terminal_type(t, BACK);
        assert_same(t, pictures[i], i, count, "on the way back");
    }
    for (int i = 2; i <= count; i++) {
        terminal_type(t, NEXT);
        assert_same(t, pictures[i], i, count, "the second time");
    }
    terminal_type(t, HOME);
    assert_same(t, pictures[1], 1, count, "after Home");
    terminal_type(t, END);
    assert_same(t, pictures[count], count, count, "after End");
    for (int i = 1; i <= count; i++) free(pictures[i]);
    assert_int_equal(terminal_leave(t, "\003\004"), 0);
}

static bool has_command(const char *demo, const char *command)
{
    char line[4096];
    bool found = false;
    FILE *f = fopen(demo, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) found |= strncmp(line, command, strlen(command)) == 0;
    fclose(f);
    return found;
}

/* `exec` has steps of its own, in between. */
static void a_step_looks_the_same_whenever_it_is_on_show(void **state)
{
    (void)state;
    for (size_t i = 0; demos[i]; i++)
        if (!has_command(demos[i], "exec")) play_back_and_forth(demos[i]);
}

/* Commands of one's own after every other step: coming back shows the step that was left, and what
 * follows is what would have followed. */
static void commands_of_ones_own_leave_the_script_as_it_was(void **state)
{
    (void)state;
    for (size_t d = 0; demos[d]; d++) {
        if (has_command(demos[d], "predict")) continue;
        terminal *t = play(demos[d]);
        char *pictures[MOST + 1] = {0};
        int count = steps_of(t), from = count > 12 ? count - 12 : 1;
        char digression[64];
        terminal_type(t, HOME);
        for (int i = 1; i <= count; i++) {
            pictures[i] = picture_of(t, i, count);
            terminal_type(t, i < count ? NEXT : "");
        }
        terminal_type(t, "\003\004");
        assert_int_equal(terminal_wait(t), 0);
        terminal_end(t);
        t = play(demos[d]);
        terminal_type(t, HOME);
        for (int i = 1; i < count; i++) {
            assert_same(t, pictures[i], i, count, "with digressions before");
            if (i >= from && i % 2) {
                snprintf(digression, sizeof digression, "\rown%d = malloc 40; echo done %d\r", i,
                         i);
                terminal_type(t, digression);
                snprintf(digression, sizeof digression, "done %d", i);
                assert_true(terminal_shows(t, digression));
                terminal_type(t, F5);
                assert_same(t, pictures[i], i, count, "after a digression");
            }
            terminal_type(t, NEXT);
        }
        assert_same(t, pictures[count], count, count, "with digressions before");
        for (int i = 1; i <= count; i++) free(pictures[i]);
        terminal_leave(t, "\003\004"); /* its status tells of typed commands that failed, too */
    }
}

/* --- The player's keys ------------------------------------------------------------------------ */

static const char sections[] = "title \"Opening\"\n"
                               "presenter \"smile at them\"\n"
                               "note \"welcome\"\n"
                               "pause\n"
                               "malloc 24\n"
                               "highlight p1 8\n"
                               "title \"Middle\"\n"
                               "ask \"what does free do?\"\n"
                               "free p1\n"
                               "expect live == 0\n"
                               "title \"Finale\"\n"
                               "note \"goodbye\"\n"
                               "stats\n";

static void digits_jump_to_sections(void **state)
{
    (void)state;
    terminal *t = play(script("sections.heap", sections));
    assert_true(terminal_shows(t, "Opening  implicit  heap 256"));
    assert_true(terminal_shows(t, "step 1/6, section 1/3: Space goes on")); /* pause */
    terminal_type(t, "3");
    assert_true(terminal_shows(t, "goodbye"));
    assert_true(terminal_shows(t, "step 5/6, section 3/3"));
    terminal_type(t, "2");
    assert_true(terminal_shows(t, "? what does free do?"));
    assert_true(terminal_shows(t, "live 24 in 1 block"));
    terminal_type(t, "7"); /* there is no such section */
    terminal_type(t, "1");
    assert_true(terminal_shows(t, "welcome"));
    assert_true(terminal_shows(t, "live 0 in 0 blocks"));
    terminal_type(t, "\033OP"); /* F1 lists them */
    assert_true(terminal_shows(t, "Help: rows 1-"));
    terminal_type(t, NEXT);
    terminal_settle(t);
    terminal_type(t, NEXT);
    assert_true(terminal_shows(t, "2            Middle"));
    assert_int_equal(terminal_leave(t, "\003\004"), 0);
}

/* A section, or the end, is where one wants to be: no question on the way holds that up. */
/* Its pace does not answer: the next step comes when somebody did. */
static void a_lecture_that_plays_waits_at_a_question(void **state)
{
    (void)state;
    terminal *t =
        play(script("asks.heap", "set pace 1\nmalloc 24\nmalloc 16\npredict { malloc 8 }\n"
                                 "malloc 32\nmalloc 48\n"));
    assert_true(terminal_shows(t, "which address will it return?"));
    terminal_settle_for(t, 2500);
    assert_true(terminal_shows(t, "which address will it return?"));
    assert_int_equal(terminal_row(t, 23)[0], '?');
    terminal_type(t, "\r\r");
    assert_true(terminal_shows(t, "p3 = malloc(8)"));
    assert_true(terminal_shows(t, "PgUp back in the script"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_jump_passes_predictions(void **state)
{
    (void)state;
    terminal *t = play(script("stops.heap", "title \"One\"\nmalloc 24\npredict { malloc 8 }\n"
                                            "title \"Two\"\nnote \"half-way\"\n"
                                            "predict { free p1 }\nnote \"goodbye\"\n"));
    terminal_type(t, "2");
    assert_true(terminal_shows(t, "half-way"));
    assert_true(terminal_shows(t, "live 32 in 2 blocks"));
    terminal_type(t, END);
    assert_true(terminal_shows(t, "goodbye"));
    assert_true(terminal_shows(t, "live 8 in 1 block "));
    assert_int_equal(terminal_leave(t, "\003\004"), 0);
}

static void the_presenters_lines_are_not_for_the_audience(void **state)
{
    (void)state;
    terminal *t = play(script("sections.heap", sections));
    assert_true(terminal_shows(t, "welcome"));
    assert_true(terminal_hides(t, "smile"));
    terminal_type(t, END);
    assert_true(terminal_shows(t, "PgUp back in the script"));
    assert_true(terminal_hides(t, "smile"));
    assert_int_equal(terminal_leave(t, "\003\004"), 0);
}

static void what_is_pointed_out_lasts_for_a_step(void **state)
{
    (void)state;
    terminal *t = play(script("sections.heap", sections));
    terminal_type(t, NEXT);
    assert_true(terminal_shows(t, "step 2/6"));
    terminal_settle(t);
    char *pointed_out = terminal_picture(t);
    terminal_type(t, "\r"); /* Enter leaves the script ... */
    assert_true(terminal_shows(t, "F5 back to the script"));
    terminal_type(t, F5); /* ... and it is there again */
    assert_true(terminal_shows(t, "step 2/6"));
    terminal_settle(t);
    char *again = terminal_picture(t);
    assert_string_equal(again, pointed_out);
    free(again);
    free(pointed_out);
    assert_int_equal(terminal_leave(t, "\003\004"), 0);
}

static void a_panel_has_its_title_again(void **state)
{
    (void)state;
    terminal *t = play(script("panel.heap", "address-space\nmalloc 8\nwhy\nnote \"behind it\"\n"));
    assert_true(terminal_shows(t, " Process: hello: "));
    terminal_type(t, NEXT NEXT);
    assert_true(terminal_shows(t, " Why: "));
    terminal_type(t, NEXT);
    assert_true(terminal_shows(t, "behind it"));
    terminal_type(t, HOME);
    assert_true(terminal_shows(t, " Process: hello: "));
    assert_int_equal(terminal_leave(t, "\003\004"), 0);
}

static void a_lecture_that_plays_by_itself_waits_where_it_is_told_to(void **state)
{
    (void)state;
    terminal *t = play(script("waits.heap", "set pace 3600\nnote \"one\"\nwait 50ms\nnote \"two\"\n"
                                            "wait 1h\n"));
    assert_true(terminal_shows(t, "two"));
    assert_int_equal(terminal_leave(t, "\003\004"), 1); /* an hour is 3600s */
    t = play(script("speed.heap",
                    "set pace 5; speed 100\nnote \"one\"\nnote \"two\"\nask \"well?\"\n"
                    "note \"three\"\n"));
    assert_true(terminal_shows(t, "? well?"));
    assert_true(terminal_shows(t, "step 3/4: Space goes on")); /* a question waits for a key */
    terminal_type(t, "p");
    assert_true(terminal_shows(t, "three"));
    assert_int_equal(terminal_leave(t, "\003\004"), 0);
}

static void typed_commands_stay_as_a_branch(void **state)
{
    (void)state;
    terminal *t = play(script("sections.heap", sections));
    terminal_type(t, NEXT);
    assert_true(terminal_shows(t, "step 2/6"));
    terminal_type(t, "malloc 100\r");
    assert_true(terminal_shows(t, "p2 = malloc(100)"));
    terminal_type(t, F5);
    assert_true(terminal_shows(t, "live 24 in 1 block"));
    terminal_type(t, END);
    assert_true(terminal_shows(t, "PgUp back in the script"));
    terminal_type(t, "branches\r");
    assert_true(terminal_shows(t, "b1"));
    terminal_type(t, "branch main\r");
    assert_true(terminal_shows(t, "live 124 in 2 blocks"));
    assert_int_equal(terminal_leave(t, "\003\004"), 0);
}

static void slow_motion_is_a_part_of_the_lecture(void **state)
{
    (void)state;
    terminal *t =
        play(script("slow.heap", "note \"look\"\nmalloc 24\nstep\nnote \"that was it\"\n"));
    terminal_type(t, NEXT NEXT);
    assert_true(terminal_shows(t, "step 1: the client calls p1 = malloc(24)"));
    for (int i = 0; i < 12; i++) terminal_type(t, " ");
    assert_true(terminal_shows(t, "that was it"));
    terminal_type(t, BACK);
    assert_true(terminal_shows(t, "step 1: the client calls p1 = malloc(24)"));
    terminal_type(t, BACK);
    assert_true(terminal_shows(t, "> malloc 24"));
    assert_int_equal(terminal_leave(t, "\003\004"), 0);
}

static void what_is_large_reads_well_at_24_rows(void **state)
{
    (void)state;
    const char *const argv[] = {program, "--large", script("sections.heap", sections), NULL};
    terminal *t = terminal_start(argv, 24, 80, home, NULL);
    assert_true(terminal_shows(t, "┃   welcome"));
    assert_true(terminal_hides(t, "Blocks, heap order"));
    terminal_type(t, NEXT);
    assert_true(terminal_shows(t, "0x107000000* ▌32|1 used======▓p1 24 B  ▓▓"));
    terminal_type(t, "\033[20~"); /* F9: dark again, and small */
    assert_true(terminal_shows(t, "Blocks, heap order"));
    terminal_type(t, NEXT); /* the reader's choice stays */
    assert_true(terminal_shows(t, "? what does free do?"));
    assert_true(terminal_shows(t, "Blocks, heap order"));
    assert_int_equal(terminal_leave(t, "\003\004"), 0);
}

/* --- The speaker's terminal --------------------------------------------------------------------
 */

static terminal *speaker(void)
{
    const char *const argv[] = {program, "--notes", NULL};
    return terminal_start(argv, 24, 80, home, NULL);
}

static void the_speaker_follows_on_a_second_terminal(void **state)
{
    (void)state;
    terminal *early = speaker();
    assert_true(terminal_shows(early, "Waiting for a lecture"));
    terminal *t = play(script("sections.heap", sections)), *late = speaker();
    terminal *const both[] = {early, late};
    for (int i = 0; i < 2; i++) {
        assert_true(terminal_shows(both[i], "1/3 Opening"));
        assert_true(terminal_shows(both[i], "step 1 of 6   0:0"));
        assert_true(terminal_shows(both[i], "smile at them"));
        assert_true(terminal_shows(both[i], " now  title: Opening"));
        assert_true(terminal_shows(both[i], "next  malloc 24"));
        assert_true(terminal_shows(both[i], "then  title: Middle"));
    }
    terminal_type(t, NEXT NEXT);
    assert_true(terminal_shows(early, "2/3 Middle"));
    assert_true(terminal_shows(early, "next  free p1"));
    assert_true(terminal_hides(early, "smile"));
    terminal_type(late, "q");
    assert_int_equal(terminal_wait(late), 0);
    terminal_end(late);
    terminal_type(t, "malloc 8\r");
    assert_true(terminal_shows(early, "F5 comes back"));
    terminal_type(t, F5 BACK BACK);
    assert_true(terminal_shows(early, "smile at them"));
    assert_int_equal(terminal_leave(t, "\003\004"), 0);
    assert_true(terminal_shows(early, "The lecture is over."));
    assert_int_equal(terminal_wait(early), 0);
    terminal_end(early);
}

/* A viewer that is stopped misses what happens; the lecture goes on, and it catches up. */
static void a_viewer_that_does_not_read_never_holds_up_the_lecture(void **state)
{
    (void)state;
    terminal *t = play(script("sections.heap", sections)), *v = speaker();
    assert_true(terminal_shows(v, "smile at them"));
    terminal_signal(v, SIGSTOP);
    terminal_type(t, HOME);
    for (int i = 0; i < 300; i++) {
        terminal_type(t, NEXT);
        assert_true(terminal_shows(t, "step 2/6"));
        terminal_type(t, BACK);
        assert_true(terminal_shows(t, "step 1/6"));
    }
    terminal_type(t, "3");
    assert_true(terminal_shows(t, "goodbye"));
    terminal_signal(v, SIGCONT);
    assert_true(terminal_shows(v, "3/3 Finale"));
    assert_int_equal(terminal_leave(t, "\003\004"), 0);
    assert_int_equal(terminal_wait(v), 0);
    terminal_end(v);
}

static void what_a_crash_left_behind_is_cleaned_up(void **state)
{
    char command[256];
    (void)state;
    terminal *t = play(script("sections.heap", sections)), *v = speaker();
    assert_true(terminal_shows(v, "smile at them"));
    terminal_signal(t, SIGKILL);
    terminal_wait(t);
    terminal_end(t);
    assert_true(terminal_shows(v, "out of reach"));
    snprintf(command, sizeof command, "test -z \"$(ls %s/heapscope/*.socket 2>&-)\"", home);
    assert_true(terminal_shows(v, "smile")); /* it looked for another lecture meanwhile */
    t = play(script("sections.heap", sections));
    assert_true(terminal_hides(v, "out of reach"));
    terminal_type(t, "q"); /* the script, not the program: the lecture is over */
    assert_int_equal(terminal_wait(v), 0);
    terminal_end(v);
    assert_int_equal(system(command), 0);
    assert_int_equal(terminal_leave(t, "\003\004"), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_looks_the_same_whenever_it_is_on_show),
        cmocka_unit_test(commands_of_ones_own_leave_the_script_as_it_was),
        cmocka_unit_test(digits_jump_to_sections),
        cmocka_unit_test(a_lecture_that_plays_waits_at_a_question),
        cmocka_unit_test(a_jump_passes_predictions),
        cmocka_unit_test(the_presenters_lines_are_not_for_the_audience),
        cmocka_unit_test(what_is_pointed_out_lasts_for_a_step),
        cmocka_unit_test(a_panel_has_its_title_again),
        cmocka_unit_test(a_lecture_that_plays_by_itself_waits_where_it_is_told_to),
        cmocka_unit_test(typed_commands_stay_as_a_branch),
        cmocka_unit_test(slow_motion_is_a_part_of_the_lecture),
        cmocka_unit_test(what_is_large_reads_well_at_24_rows),
        cmocka_unit_test(the_speaker_follows_on_a_second_terminal),
        cmocka_unit_test(a_viewer_that_does_not_read_never_holds_up_the_lecture),
        cmocka_unit_test(what_a_crash_left_behind_is_cleaned_up),
    };
    if (argc < 3 || !mkdtemp(home)) return 2;
    program = argv[1];
    demos = argv + 2;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", home);
    if (system(command) != 0) return 2;
    return failed;
}

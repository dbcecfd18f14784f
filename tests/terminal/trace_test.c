/* SPDX-License-Identifier: MIT */
/* A trace on the full screen: opened, gone through with keys and the mouse, searched, left. */
#include "terminal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *program; /* the heapscope under test */
static char home[] = "/tmp/heapscope-home-XXXXXX";

static const char five[] = "1000\n2\n5\n1\na 0 24\na 1 100\nr 0 300\nf 1\nf 0\n";

static terminal *open_trace(const char *name, const char *text, int rows, int columns)
{
    const char *const argv[] = {program, terminal_file(home, name, text), NULL};
    terminal *t = terminal_start(argv, rows, columns, home, NULL);
    assert_true(terminal_shows(t, "requests, rep"));
    return t;
}

/* So many mallocs of rising sizes, which are then freed. */
static char *long_trace(int blocks)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fprintf(out, "0\n%d\n%d\n1\n", blocks, 2 * blocks);
    for (int i = 0; i < blocks; i++) fprintf(out, "a %d %d\n", i, 1 + i % 200);
    for (int i = 0; i < blocks; i++) fprintf(out, "f %d\n", i);
    fclose(out);
    return text;
}

static void keys_go_through_a_trace(void **state)
{
    (void)state;
    terminal *t = open_trace("five.rep", five, 24, 80);
    assert_true(terminal_shows(t, "five.rep: 5 requests, rep"));
    assert_true(terminal_shows(t, "request 0 of 5"));
    assert_true(terminal_shows(t, "heapscope  quick"));
    terminal_type(t, " ");
    assert_true(terminal_shows(t, "p0 = malloc(24)"));
    terminal_type(t, "\033[C"); /* Right */
    assert_true(terminal_shows(t, "p1 = malloc(100)"));
    terminal_type(t, "  ");
    assert_true(terminal_shows(t, "free(p1)"));
    terminal_type(t, "\177"); /* Backspace */
    assert_true(terminal_shows(t, "realloc(p0, 300)"));
    assert_true(terminal_shows(t, "request 3 of 5"));
    terminal_type(t, "\033[F"); /* End */
    assert_true(terminal_shows(t, "free(p0)"));
    terminal_type(t, " ");
    terminal_settle(t);
    assert_true(terminal_shows(t, "request 5 of 5"));
    terminal_type(t, "\033[H"); /* Home */
    assert_true(terminal_shows(t, "request 0 of 5"));
    assert_true(terminal_shows(t, "the beginning"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_trace_plays_by_itself_at_any_pace(void **state)
{
    (void)state;
    char *text = long_trace(3000);
    terminal *t = open_trace("long.rep", text, 24, 80);
    terminal_type(t, "++");
    assert_true(terminal_shows(t, "request 0 of 6000, 100 at a time"));
    terminal_type(t, "\033[6~"); /* Page Down */
    assert_true(terminal_shows(t, "request 100 of 6000"));
    terminal_type(t, "\033[5~");
    assert_true(terminal_shows(t, "request 0 of 6000"));
    terminal_type(t, "+p");
    assert_true(terminal_shows(t, "request 6000 of 6000, 1000 at a time"));
    assert_true(terminal_hides(t, "playing"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
    free(text);
}

static void requests_are_found_by_command_and_again_by_key(void **state)
{
    (void)state;
    char *text = long_trace(1000);
    terminal *t = open_trace("found.rep", text, 24, 80);
    terminal_type(t, "\rfind p9\r"); /* which is not born yet */
    assert_true(terminal_shows(t, "at command 10 of 2000"));
    terminal_type(t, "find size=150\r");
    assert_true(terminal_shows(t, "at command 150 of 2000 on main: p149 = malloc 150"));
    terminal_type(t, "\033[15~"); /* F5 */
    assert_true(terminal_shows(t, "request 150 of 2000"));
    terminal_type(t, "n");
    assert_true(terminal_shows(t, "at command 350 of 2000"));
    terminal_type(t, "\rfind peak\r");
    assert_true(terminal_shows(t, "at command 1000 of 2000"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
    free(text);
}

static void the_graph_shows_all_of_it_and_a_click_goes_there(void **state)
{
    (void)state;
    char *text = long_trace(3000);
    terminal *t = open_trace("graph.rep", text, 24, 80);
    terminal_type(t, "\033[24~"); /* F12 */
    assert_true(terminal_shows(t, "Over time"));
    terminal_settle(t);
    assert_true(terminal_shows(t, "6000"));
    terminal_click(t, 6, 79);
    assert_true(terminal_shows(t, "request 6000 of 6000"));
    terminal_click(t, 6, 18);
    assert_true(terminal_shows(t, "request 0 of 6000"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
    free(text);
}

/* The trace goes on where it was left; the branch has a graph of its own, that no click leaves. */
static void back_to_the_trace_from_a_branch(void **state)
{
    (void)state;
    terminal *t = open_trace("back.rep", five, 24, 80);
    terminal_type(t, "  malloc 9\r");
    assert_true(terminal_shows(t, "b1 3/3"));
    terminal_type(t, "\033[24~"); /* F12 */
    assert_true(terminal_shows(t, "Over time"));
    terminal_click(t, 6, 79);
    terminal_settle(t);
    assert_true(terminal_shows(t, "b1 3/3"));
    terminal_type(t, "\033[15~"); /* F5 */
    assert_true(terminal_shows(t, "request 2 of 5"));
    terminal_type(t, "\033[C");
    assert_true(terminal_shows(t, "request 3 of 5"));
    terminal_type(t, "step\r");
    assert_true(terminal_shows(t, "slow motion, step 1 of "));
    terminal_type(t, "\033[15~");
    assert_true(terminal_shows(t, "request 3 of 5"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void commands_begin_a_branch_in_a_trace(void **state)
{
    (void)state;
    terminal *t = open_trace("branch.rep", five, 24, 80);
    terminal_type(t, "  ");
    assert_true(terminal_shows(t, "request 2 of 5"));
    terminal_type(t, "malloc 9\r");
    assert_true(terminal_shows(t, "p3 = malloc(9)")); /* behind the names of the trace */
    terminal_type(t, "branches\r");
    assert_true(terminal_shows(t, "main   5 commands"));
    assert_true(terminal_shows(t, "* b1     3 commands, left main after command 2"));
    terminal_type(t, "inspect p0\r");
    assert_true(terminal_shows(t, "asked for 24 bytes in command 1"));
    terminal_type(t, "goto 1; branch main; goto 1; inspect p0\r");
    assert_true(terminal_shows(t, "born in command 1; resized in 3 (300 bytes); freed in 5"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static const char as_before[] = "stopped: everything is as it was before";

static void long_commands_tell_how_far_they_are_and_stop_at_a_key(void **state)
{
    (void)state;
    char *text = long_trace(300000);
    terminal *t = open_trace("stopped.rep", text, 24, 80);
    terminal_type(t, "\033[F"); /* End */
    assert_true(terminal_shows(t, "request 600000 of 600000"));
    terminal_type(t, "\rsplit tlsf tree\r");
    assert_true(terminal_shows(t, "side by side: "));
    assert_true(terminal_shows(t, " of 600000 commands, "));
    assert_true(terminal_shows(t, "Ctrl-C stops"));
    terminal_type(t, "\003");
    assert_true(terminal_shows(t, as_before));
    terminal_type(t, "split\r"); /* it was not opened */
    assert_true(terminal_shows(t, "two to four allocators run side by side"));
    terminal_type(t, "allocator first-fit replay\r");
    assert_true(terminal_shows(t, "playing again on first-fit: "));
    terminal_type(t, "\003");
    assert_true(terminal_shows(t, as_before));
    terminal_type(t, "branches\r");
    assert_true(terminal_shows(t, "* main   600000 commands"));
    assert_true(terminal_shows(t, " quick  heap 64 MiB  live 0 in 0 blocks"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
    free(text);
}

static void so_they_do_in_line_mode(void **state)
{
    (void)state;
    char *text = long_trace(300000);
    const char *const argv[] = {program, "--plain", terminal_file(home, "plain.rep", text), NULL};
    terminal *t = terminal_start(argv, 24, 80, home, NULL);
    assert_true(terminal_shows(t, "600000 requests, rep"));
    terminal_type(t, "goto 600000\r");
    assert_true(terminal_shows(t, "at command 600000 of 600000"));
    terminal_type(t, "split tlsf tree\r");
    assert_true(terminal_shows(t, "side by side: "));
    assert_true(terminal_shows(t, "Ctrl-C stops"));
    terminal_type(t, "\003");
    assert_true(terminal_shows(t, as_before));
    assert_true(terminal_hides(t, "Ctrl-C stops"));
    terminal_type(t, "branches\r");
    assert_true(terminal_shows(t, "* main   600000 commands"));
    terminal_settle(t);                               /* the prompt is there again */
    assert_int_equal(terminal_leave(t, "quit\r"), 1); /* what was stopped was not done */
    free(text);
}

static void what_is_wrong_with_a_trace_is_told_with_its_line(void **state)
{
    (void)state;
    const char *const argv[] = {
        program, terminal_file(home, "bad.rep", "0\n1\n3\n1\na 0 8\na x 8\nf 0\n"), NULL};
    terminal *t = terminal_start(argv, 24, 80, home, NULL);
    assert_true(terminal_shows(t, "bad.rep:6"));
    assert_int_equal(terminal_wait(t), 1);
    terminal_end(t);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_go_through_a_trace),
        cmocka_unit_test(a_trace_plays_by_itself_at_any_pace),
        cmocka_unit_test(requests_are_found_by_command_and_again_by_key),
        cmocka_unit_test(the_graph_shows_all_of_it_and_a_click_goes_there),
        cmocka_unit_test(commands_begin_a_branch_in_a_trace),
        cmocka_unit_test(back_to_the_trace_from_a_branch),
        cmocka_unit_test(long_commands_tell_how_far_they_are_and_stop_at_a_key),
        cmocka_unit_test(so_they_do_in_line_mode),
        cmocka_unit_test(what_is_wrong_with_a_trace_is_told_with_its_line),
    };
    if (argc < 2 || !mkdtemp(home)) return 2;
    program = argv[1];
    int status = cmocka_run_group_tests(tests, NULL, NULL);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", home);
    return system(command) == 0 ? status : 1;
}

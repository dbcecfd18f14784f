/* SPDX-License-Identifier: MIT */
/* The full screen, used as people use it: typed at, clicked, resized, interrupted, killed. */
#include "terminal.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char *program; /* the heapscope under test */
static char home[] = "/tmp/heapscope-home-XXXXXX";

static terminal *start_with(int rows, int columns, const char *const environment[],
                            const char *argument, const char *file)
{
    const char *const argv[] = {program, argument ? argument : file, argument ? file : NULL, NULL};
    return terminal_start(argv, rows, columns, home, environment);
}

static terminal *start(int rows, int columns)
{
    terminal *t = start_with(rows, columns, NULL, NULL, NULL);
    assert_true(terminal_shows(t, "committed"));
    return t;
}

/* --- The main job --------------------------------------------------------------------------- */

static void a_typed_malloc_is_drawn_and_explained(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "malloc 24\r");
    assert_true(
        terminal_shows(t, "p1 = malloc(24) = 0x107000008: first fit took the 256-byte hole"));
    assert_true(terminal_shows(t, "0x107000000* 32|1 used"));
    assert_true(terminal_shows(t, "p1 24 B"));
    terminal_type(t, "free p1\r");
    assert_true(terminal_shows(t, "free(p1): the 32-byte block at 0x107000000 is free"));
    assert_true(terminal_shows(t, "256|0 free"));
    terminal_type(t, "realloc p1 64\r");
    assert_true(terminal_shows(t, "p1 (0x107000008) was already freed, by command 2"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void growth_is_drawn(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "malloc 300\r");
    assert_true(terminal_shows(t, "the heap doubled from 256 to"));
    assert_true(terminal_shows(t, "end: 512 bytes committed"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void every_size_of_screen_works(void **state)
{
    static const int sizes[][2] = {{5, 20}, {1, 1},   {2, 200},  {100, 400},
                                   {3, 9},  {24, 80}, {50, 200}, {12, 40}};
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "malloc 24; malloc 1000\r");
    terminal_settle(t);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        terminal_resize(t, sizes[i][0], sizes[i][1]);
        terminal_type(t, "malloc 8\r");
        terminal_settle(t);
    }
    terminal_resize(t, 24, 80);
    terminal_type(t, "malloc 8\r");
    assert_true(terminal_shows(t, "p11 = malloc(8)"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_wide_screen_has_the_panels_beside_the_map(void **state)
{
    (void)state;
    terminal *t = start(50, 200);
    assert_true(terminal_shows(t, "Blocks, heap order: 1"));
    assert_true(terminal_shows(t, "Figures"));
    terminal_settle(t);
    assert_non_null(strstr(terminal_row(t, 1), "Blocks, heap order"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

/* The row of the screen that contains the text; -1 when there is none. */
static int row_of(terminal *t, int rows, const char *text)
{
    for (int row = 0; row < rows; row++)
        if (strstr(terminal_row(t, row), text)) return row;
    return -1;
}

#define HOLES "heap 512 max 512; malloc 96; malloc 8; malloc 32; malloc 8; free p1; free p3\r"

static void a_small_screen_has_allocators_one_above_the_other(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, HOLES "split first-fit best-fit\r");
    assert_true(terminal_shows(t, "served all requests alike so far"));
    terminal_type(t, "malloc 24\r");
    assert_true(terminal_shows(t, "they part at command "));
    assert_true(terminal_shows(t, "best-fit: p5 = malloc(24) = 0x107000080"));
    terminal_settle(t);
    assert_non_null(strstr(terminal_row(t, row_of(t, 24, " first-fit ─")), "p5 = 0x107000008"));
    assert_non_null(strstr(terminal_row(t, row_of(t, 24, " best-fit ─")), "p5 = 0x107000080"));
    assert_true(row_of(t, 24, " first-fit ─") < row_of(t, 24, " best-fit ─"));
    terminal_click(t, row_of(t, 24, "0x107000000*"), 13);
    assert_true(terminal_shows(t, "header, byte 0 of its block"));
    terminal_type(t, "why\r");
    assert_true(terminal_shows(t, "--- first-fit ---"));
    terminal_type(t, "\033\033OP"); /* Escape closes it */
    terminal_type(t, "split first-fit best-fit bump buddy\r");
    assert_true(terminal_shows(t, "── buddy ─")); /* all four, with a row of map each */
    terminal_resize(t, 16, 80);
    assert_true(terminal_shows(t, "no room for buddy"));
    terminal_resize(t, 24, 80);
    assert_true(terminal_hides(t, "no room for"));
    terminal_type(t, "split off\r");
    assert_true(terminal_shows(t, "first-fit goes on alone"));
    assert_true(terminal_shows(t, "Blocks, heap order"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_wide_screen_has_allocators_in_columns(void **state)
{
    (void)state;
    terminal *t = start(50, 200);
    terminal_type(t, HOLES "split first-fit best-fit worst-fit next-fit; malloc 24\r");
    assert_true(terminal_shows(t, "they part at command "));
    terminal_settle(t);
    const char *row = terminal_row(t, row_of(t, 50, " first-fit ─"));
    assert_non_null(strstr(row, " best-fit ─"));
    assert_non_null(strstr(row, " worst-fit ─"));
    assert_non_null(strstr(row, " next-fit ─"));
    terminal_resize(t, 5, 20);
    terminal_settle(t);
    terminal_resize(t, 24, 80);
    assert_true(terminal_shows(t, "── next-fit ─"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_search_shows_how_far_it_is_and_is_stopped(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "adversary best-fit explicit\r");
    assert_true(
        terminal_shows(t, "best-fit needs more than 256 bytes for this, explicit does not"));
    terminal_type(t, "allocator bump\r");
    assert_true(terminal_shows(t, "under bump"));
    terminal_type(t, "heap 64k; adversary tree tlsf seconds 60\r");
    assert_true(terminal_shows(t, " million tried in "));
    terminal_type(t, "\003");
    assert_true(terminal_shows(t, "you stopped it"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_number_stands_whole_or_not_at_all(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "p12 = malloc 122; buffer = malloc 12345\r");
    assert_true(terminal_shows(t, "0x107000000   136 used p12 122 0x"));
    assert_true(terminal_shows(t, "12360 used buffer  "));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_list_of_the_homework_is_played(void **state)
{
    (void)state;
    terminal *t = start_with(24, 80, NULL, "--ostep", "+10,+10,-0,+5");
    assert_true(terminal_shows(t, "ptr[0] = Alloc(10) returned 1000 (searched 1 elements)"));
    terminal_type(t, "  ");
    assert_true(terminal_shows(t, "Free List [ Size 2 ]: [ addr:1000 sz:10 ][ addr:1020 sz:80 ]"));
    assert_true(terminal_shows(t, "ptr1 10"));
    terminal_type(t, " ");
    assert_true(terminal_shows(t, "ptr[2] = Alloc(5) returned 1000 (searched 2 elements)"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void the_homeworks_random_operations_are_played_one_by_one(void **state)
{
    (void)state;
    terminal *t = start_with(24, 80, NULL, "--ostep", "-n3");
    assert_true(terminal_shows(t, "step 1/3"));
    assert_true(terminal_shows(t, "ptr0 = malloc(3) = 0x3e8: best fit took the 100-byte hole"));
    terminal_type(t, "  ");
    assert_true(terminal_shows(t, "ptr1 = malloc(5) = 0x3eb: best fit took the 97-byte hole"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_prediction_is_typed_and_judged(void **state)
{
    (void)state;
    terminal *t = start(30, 90);
    terminal_type(t, "predict on\r");
    assert_true(terminal_shows(t, "predict is on now"));
    terminal_type(t, "malloc 24\r");
    assert_true(terminal_shows(t, "malloc 24: which address will it return?"));
    terminal_type(t, "0x107000009\177");
    assert_true(terminal_shows(t, "? 0x10700000"));
    terminal_type(t, "8\r");
    assert_true(terminal_shows(t, "malloc 24: how many blocks will be examined?"));
    terminal_type(t, "1\r");
    assert_true(terminal_shows(t, "right: address = 0x107000008; right: blocks examined = 1"));
    assert_true(terminal_shows(t, "p1 = malloc(24) = 0x107000008: first fit took"));
    terminal_type(t, "free p1\r");
    assert_true(terminal_shows(t, "free p1: how large is the free block"));
    terminal_type(t, "32\r");
    assert_true(terminal_shows(t, "wrong: free block = 256, not 32 (2 of 3 right so far)"));
    assert_true(terminal_shows(t, "coalesces: 32 + 224 bytes at 0x107000000 become 256")); /* why */
    terminal_type(t, "malloc 8\r");
    assert_true(terminal_shows(t, "malloc 8: which address will it return?"));
    terminal_type(t, "\033"); /* Escape passes: no answer, no score */
    assert_true(terminal_shows(t, "malloc 8: how many blocks will be examined?"));
    terminal_type(t, "\r");
    assert_true(terminal_shows(t, "p2 = malloc(8) = 0x107000008"));
    terminal_type(t, "predict\r");
    assert_true(terminal_shows(t, "predict is on; 2 of 3 answers were right"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_prediction_is_clicked_on_the_map(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "malloc 24; malloc 24; free p1; predict { malloc 40 }\r");
    assert_true(terminal_shows(t, "malloc 40: which address will it return?"));
    assert_true(terminal_shows(t, "or click on the block"));
    terminal_click(t, 2, 15); /* the first hole: too small */
    assert_true(terminal_shows(t, "malloc 40: how many blocks will be examined?"));
    terminal_type(t, "3\r");
    assert_true(
        terminal_shows(t, "wrong: address = 0x107000048, not in the block at 0x107000000;"));
    assert_true(terminal_shows(t, "examined = 3 (1 of 2 right so far)"));
    terminal_type(t, "predict { malloc 8 }\r");
    assert_true(terminal_shows(t, "malloc 8: which address will it return?"));
    terminal_settle(t);
    terminal_click(t, 2, 30); /* the same hole, further back: large enough now */
    assert_true(terminal_shows(t, "malloc 8: how many blocks will be examined?"));
    terminal_type(t, "\r");
    assert_true(terminal_shows(t, "right: address = 0x107000008 (2 of 3 right so far)"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_script_stops_for_a_prediction(void **state)
{
    (void)state;
    const char *path =
        terminal_file(home, "stop.heap", "malloc 24\npredict { malloc 8 }\nfree p1\n");
    terminal *t = start_with(24, 80, NULL, NULL, path);
    assert_true(terminal_shows(t, "step 1/3"));
    terminal_type(t, " ");
    assert_true(terminal_shows(t, "malloc 8: which address will it return?"));
    terminal_type(t, "p1+32\r\r");
    assert_true(terminal_shows(t, "right: address = 0x107000028"));
    assert_true(terminal_shows(t, "step 2/3"));
    terminal_type(t, " ");
    assert_true(terminal_shows(t, "free(p1): the 32-byte block"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_quiz_goes_on_when_its_answer_has_been_read(void **state)
{
    (void)state;
    terminal *t = start(30, 90);
    terminal_type(t, "quiz seed 3 n 3\r");
    assert_true(terminal_shows(t, "exercise 1 of 3: malloc 16: which address will it return?"));
    terminal_type(t, "NULL\r");
    assert_true(terminal_shows(t, "wrong: address = 0x107000008, not NULL"));
    assert_true(terminal_shows(t, "returns 0x107000008")); /* why */
    assert_true(terminal_shows(t, "Enter goes on"));
    terminal_type(t, "\r");
    assert_true(terminal_shows(t, "exercise 2 of 3"));
    assert_true(terminal_shows(t, "committed")); /* the map is back */
    terminal_type(t, "p1+24\r");
    assert_true(terminal_shows(t, "exercise 3 of 3"));
    terminal_type(t, "\r");
    assert_true(terminal_shows(t, "quiz: 1 of 2 answers were right"));
    terminal_type(t, "quiz\r");
    assert_true(terminal_shows(t, "exercise 1 of 10"));
    terminal_type(t, "\003"); /* Ctrl-C ends it */
    assert_true(terminal_shows(t, "quiz: 0 of 0"));
    terminal_type(t, "predict { malloc 100 }\r");
    assert_true(terminal_shows(t, "malloc 100: which address"));
    terminal_type(t, "\003");
    assert_true(terminal_shows(t, "stopped: the request was not made"));
    assert_true(terminal_shows(t, "live 0 in 0 blocks"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_click_inspects_a_byte(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "malloc 24\r");
    assert_true(terminal_shows(t, "32|1"));
    assert_true(terminal_wants_mouse(t));
    terminal_click(t, 2, 13); /* the first byte, behind the address, below the ruler */
    assert_true(terminal_shows(t, "size 32 | bit 0 (used) 1"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void shifted_arrows_move_a_cursor_over_the_map(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "malloc 24\r");
    assert_true(terminal_shows(t, "32|1"));
    terminal_type(t, "\033[1;2C"); /* Shift-Right: at the last change */
    assert_true(terminal_shows(t, "header, byte 0 of its block"));
    terminal_type(t, "\033[1;2B"); /* Shift-Down: one row */
    assert_true(terminal_shows(t, "block     0x107000020 to 0x107000100"));
    terminal_type(t, "\033[1;3D\033[1;3D"); /* Alt-Left: to the start of the block before */
    assert_true(terminal_shows(t, "p1, asked for 24 bytes"));
    terminal_type(t, "\033[1;3C"); /* Alt-Right */
    assert_true(terminal_hides(t, "p1, asked for"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_request_is_gone_through_in_slow_motion(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "malloc 24; step\r");
    assert_true(terminal_shows(t, "step 1: the client calls p1 = malloc(24)"));
    assert_true(terminal_hides(t, "32|1"));
    terminal_type(t, "   ");
    assert_true(terminal_shows(t, "step 4: chooses the block"));
    terminal_type(t, " \033[C"); /* and Right */
    assert_true(terminal_shows(t, "step 6"));
    assert_true(terminal_shows(t, "32|1"));
    terminal_type(t, "\033[D\033[D"); /* Left */
    assert_true(terminal_hides(t, "32|1"));
    terminal_type(t, "malloc 8\r"); /* typing ends it, at the last event */
    assert_true(terminal_shows(t, "p2 = malloc(8) = 0x107000028"));
    assert_true(terminal_shows(t, "32|1"));
    terminal_type(t, "why 1\r");
    assert_true(terminal_shows(t, "24 bytes requested + 8"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void what_lies_over_slow_motion_scrolls_and_closes(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "malloc 24; step\r");
    assert_true(terminal_shows(t, "step 1: "));
    terminal_type(t, "\033OS"); /* F4 */
    assert_true(terminal_shows(t, "The ledger: rows 1-"));
    terminal_type(t, "\033[6~"); /* Page Down */
    assert_true(terminal_hides(t, "The ledger: rows 1-"));
    assert_true(terminal_shows(t, "step 1: "));
    terminal_type(t, "\033");
    assert_true(terminal_hides(t, "The ledger"));
    assert_true(terminal_shows(t, "step 1: "));
    terminal_type(t, "\033[6~");
    assert_true(terminal_shows(t, "step 2: "));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void the_plot_and_the_free_list_have_keys_and_commands(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "allocator explicit; malloc 24; malloc 24; free p1\r");
    assert_true(terminal_shows(t, "Free list: 2 blocks"));
    terminal_type(t, "\033[24~"); /* F12 */
    assert_true(terminal_shows(t, "Over time: Esc closes"));
    assert_true(terminal_shows(t, "requests          1"));
    terminal_type(t, "\033[24~");
    assert_true(terminal_hides(t, "Over time"));
    terminal_type(t, "\033OR"); /* F3 */
    assert_true(terminal_shows(t, "0x107000000*  32  1 of 2 in heap order"));
    terminal_type(t, "plot\r");
    assert_true(terminal_shows(t, "live / heap 100%"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void the_shape_is_zoomed_and_leads_to_a_moment_and_an_address(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "random 600 seed 1; shape\r");
    assert_true(terminal_shows(t, "Shape of memory: Esc closes"));
    assert_true(terminal_shows(t, "one column is 9 commands, one row 1 KiB, exact"));
    assert_true(terminal_shows(t, "0x107000000 >"));
    assert_true(terminal_shows(t, "after 600, 0x107000000: about "));
    terminal_type(t, "\033[D\033[D\033[A\033[A"); /* Left, Left, Up, Up */
    assert_true(terminal_shows(t, "after 585, 0x107000800: about "));
    terminal_type(t, "+++++++"); /* in one go */
    assert_true(terminal_shows(t, " columns are 1 command, one row 8 bytes, exact"));
    assert_true(terminal_shows(t, "after 585, 0x107000800: "));
    terminal_type(t, "+++");
    assert_true(terminal_shows(t, "finer it can not be"));
    terminal_type(t, "\r"); /* Enter goes there */
    assert_true(terminal_hides(t, "Shape of memory"));
    assert_true(terminal_shows(t, "585/600"));
    terminal_type(t, "\033[1;2B"); /* Shift-Down: the map's cursor goes on from there */
    assert_true(terminal_shows(t, "0x107000c00: free, byte 32 of its block"));
    terminal_type(t, "\033[1;2Q"); /* Shift-F2: the row is that of the map's cursor */
    assert_true(terminal_shows(t, "0x107000c00 >"));
    assert_true(terminal_shows(t, "after 585, "));
    terminal_type(t, "\033[1;3A"); /* Alt-Up: it stays, and shows where that is */
    assert_true(terminal_shows(t, "584/600"));
    assert_true(terminal_shows(t, "Shape of memory"));
    terminal_settle(t); /* its rows are where they stay */
    terminal_click(t, row_of(t, 24, "0x107000000"), 13);
    assert_true(terminal_shows(t, "9/600"));
    terminal_type(t, "shape\r");
    assert_true(terminal_shows(t, "after 9, 0x107000000"));
    terminal_type(t, "-"); /* nothing is typed: a key of the shape */
    assert_true(terminal_shows(t, "this is the whole run"));
    terminal_type(t, "malloc 8\r");
    assert_true(terminal_shows(t, "b1 10/10"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_process_comes_to_life_step_by_step(void **state)
{
    (void)state;
    terminal *t = start(40, 100);
    terminal_type(t, "exec\r");
    assert_true(terminal_shows(t, "step 1 of 14: the OS creates a process"));
    assert_true(terminal_shows(t, "Process: hello: Esc closes"));
    terminal_type(t, "    ");
    assert_true(terminal_shows(t, "step 5 of 14: the kernel maps text"));
    assert_true(terminal_shows(t, "0x100001000   *"));
    terminal_type(t, "\033[D\177"); /* Left, Backspace */
    assert_true(terminal_shows(t, "step 3 of 14"));
    assert_true(terminal_hides(t, "0x100001000"));
    terminal_type(t, "\033OF"); /* End */
    assert_true(terminal_shows(t, "heap, break 0x107000100"));
    terminal_type(t, "\033OH"); /* Home */
    assert_true(terminal_shows(t, "step 1 of 14"));
    terminal_type(t, "malloc 3000; address-space\r");
    assert_true(terminal_shows(t, "heap, break 0x107001000"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_key_goes_from_the_address_space_to_the_header_and_back(void **state)
{
    static const char *const in[] = {"process: the address space", "process > heap: 0x107000000",
                                     "process > heap > block p2: 0x107000020",
                                     "process > heap > block p2 > header: Esc"};
    (void)state;
    terminal *t = start(40, 100);
    terminal_type(t, "malloc 24; malloc 40\r");
    assert_true(terminal_shows(t, "p2 = malloc(40)"));
    for (int i = 0; i < 4; i++) {
        terminal_type(t, "\033[Z"); /* Shift-Tab */
        assert_true(terminal_shows(t, in[i]));
    }
    assert_true(terminal_shows(t, "bytes  31 00 00 00 00 00 00 00"));
    assert_true(terminal_shows(t, "00110001"));
    for (int i = 2; i >= 0; i--) {
        terminal_type(t, "\033[Z");
        assert_true(terminal_shows(t, in[i]));
    }
    terminal_type(t, "\033[Z");
    assert_true(terminal_shows(t, in[1]));
    terminal_type(t, "reset\r"); /* it begins anew after a command */
    assert_true(terminal_hides(t, in[1]));
    terminal_type(t, "malloc 5000\r");
    assert_true(terminal_shows(t, "512 bytes a row"));
    terminal_type(t, "\033[Z\033[Z\033[Z");
    assert_true(terminal_shows(t, "process > heap > block p1"));
    assert_true(terminal_shows(t, "512 bytes a row")); /* a large block: no coarser than before */
    terminal_type(t, "reset\r");
    assert_true(terminal_hides(t, "process > heap"));
    terminal_type(t, "\033[Z");
    assert_true(terminal_shows(t, in[0]));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_started_program_is_watched(void **state)
{
    (void)state;
    terminal *t = start(40, 100);
    terminal_type(t, "maps -- cat\r");
    assert_true(terminal_shows(t, "Process: cat"));
    assert_true(terminal_shows(t, "step 1 of "));
    terminal_type(t, "\033OF"); /* End */
    assert_true(terminal_shows(t, "libc.so.6 text"));
    terminal_type(t, "malloc 8\r");
    assert_true(terminal_shows(t, "p1 = malloc(8)"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void keys_and_the_bar_go_through_time(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "malloc 24; malloc 40; free p1; malloc 8\r");
    assert_true(terminal_shows(t, "4/4"));
    terminal_type(t, "\033[1;3A\033[1;3A"); /* Alt-Up */
    assert_true(terminal_shows(t, "2/4"));
    assert_true(terminal_shows(t, "p2 = malloc(40)"));
    terminal_type(t, "\033[1;3B"); /* Alt-Down */
    assert_true(terminal_shows(t, "free(p1)"));
    terminal_click(t, 0, 69); /* the end of the bar */
    assert_true(terminal_shows(t, "4/4"));
    terminal_type(t, "goto 1; malloc 100\r");
    assert_true(terminal_shows(t, "b1 2/2"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void overlays_open_scroll_and_close(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "\033OS"); /* F4 */
    assert_true(terminal_shows(t, "The ledger: rows 1-"));
    terminal_type(t, "\033[6~"); /* Page Down */
    assert_true(terminal_hides(t, "payload  "));
    terminal_type(t, "\033");
    assert_true(terminal_hides(t, "The ledger"));
    terminal_type(t, "?");
    assert_true(terminal_shows(t, "Page Up"));
    terminal_type(t, "malloc 8\r");
    assert_true(terminal_shows(t, "p1 = malloc(8)"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void the_help_has_the_keys_of_every_mode(void **state)
{
    static const char *const parts[] = {
        "At a question", "In slow motion", "In a script", "In an address space",
        "In the shape",  "In a trace",     "Commands"};
    (void)state;
    terminal *t = start(150, 100);
    terminal_type(t, "?");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_true(terminal_shows(t, parts[i]));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_demo_is_chosen_from_the_menu(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    assert_true(terminal_shows(t, "demos lists the lectures"));
    terminal_type(t, "set misuse allow; malloc 24\r");
    assert_true(terminal_shows(t, "p1 = malloc(24)"));
    terminal_type(t, "\033[1;2P"); /* Shift-F1 */
    assert_true(terminal_shows(t, "Demos: rows 1-"));
    assert_true(terminal_shows(t, "16  bugs "));
    assert_true(terminal_shows(t, "> demos"));
    terminal_type(t, "2\r");
    assert_true(terminal_shows(t, "one pointer, the bump pointer"));
    assert_true(terminal_shows(t, "bump  heap 256  live 0"));
    assert_true(terminal_shows(t, "playing"));
    terminal_type(t, "demos coal\r"); /* while another plays */
    assert_true(terminal_shows(t, "Knuth's boundary tag"));
    terminal_type(t, "demos\r");
    assert_true(terminal_shows(t, "   3  headers "));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void commands_of_the_machine_show_what_they_did(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "malloc 24; mmu segmentation 2\r");
    assert_true(terminal_shows(t, "segmentation, 2 segments, 10 bits"));
    assert_true(terminal_shows(t, "chosen by the top bit"));
    terminal_type(t, "translate p1+8\r");
    assert_true(terminal_shows(t, "physical = base + offset"));
    terminal_type(t, "touch 600\r");
    assert_true(terminal_shows(t, "The OS sends SIGSEGV"));
    assert_true(terminal_shows(t, "segmentation, 2 segments, 10 bits"));
    terminal_type(t, "\033");
    assert_true(terminal_hides(t, "segmentation, 2 segments, 10 bits"));
    terminal_type(t, "exit\r");
    assert_int_equal(terminal_wait(t), 0);
    terminal_end(t);
}

/* --- The prompt ----------------------------------------------------------------------------- */

static void tab_completes_commands_names_and_options(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "buffer = mal\t 24\r");
    assert_true(terminal_shows(t, "buffer = malloc(24)"));
    terminal_type(t, "free bu\t\r");
    assert_true(terminal_shows(t, "free(buffer)"));
    terminal_type(t, "set fit be\t\r");
    assert_true(terminal_shows(t, "fit is best now"));
    terminal_type(t, "re\t\t");
    assert_true(terminal_shows(t, "read  realloc  redo  repeat  reset"));
    terminal_type(t, "\003");
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void history_is_kept_across_runs_and_searched(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "malloc 111\r");
    assert_true(terminal_shows(t, "malloc(111)"));
    terminal_type(t, "free p1\r");
    assert_true(terminal_shows(t, "free(p1)"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
    t = start(24, 80);
    terminal_type(t, "\033[A\033[A\r"); /* up, up */
    assert_true(terminal_shows(t, "p1 = malloc(111)"));
    terminal_type(t, "\022ree p"); /* Ctrl-R */
    assert_true(terminal_shows(t, "bck:ree p"));
    terminal_type(t, "\r");
    assert_true(terminal_shows(t, "free(p1)"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

/* Ctrl-C stops waiting for who does not come, and the session goes on. */
static void waiting_at_a_fifo_is_stopped(void **state)
{
    (void)state;
    char fifo[200], line[256];
    snprintf(fifo, sizeof fifo, "%s/fifo", home);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    static const char *const commands[] = {"save", "source"},
                             *const answers[] = {"stopped: nothing was saved",
                                                 "stopped: the rest of the file was not run"};
    terminal *t = start(24, 80);
    for (size_t i = 0; i < 2; i++) {
        snprintf(line, sizeof line, "%s \"%s\"\r", commands[i], fifo);
        terminal_type(t, line);
        terminal_settle_for(t, 300);
        terminal_type(t, "\003");
        assert_true(terminal_shows(t, answers[i]));
        terminal_type(t, "malloc 24\r");
        assert_true(terminal_shows(t, "malloc(24)"));
    }
    assert_int_equal(terminal_leave(t, "\004"), 0);
    assert_int_equal(unlink(fifo), 0);
}

/* A file in whose place is another session is replaced once the user agrees. */
static void who_saves_over_a_session_is_asked(void **state)
{
    (void)state;
    char line[256];
    snprintf(line, sizeof line, "save \"%s/saved.heap\"\r", home);
    for (int i = 0; i < 2; i++) {
        terminal *t = start(24, 80);
        terminal_type(t, "malloc 24\r");
        assert_true(terminal_shows(t, "malloc(24)"));
        terminal_type(t, line);
        if (i) {
            assert_true(terminal_shows(t, "a session is saved in"));
            terminal_type(t, "no\r");
            assert_true(terminal_shows(t, "nothing was saved"));
            terminal_type(t, line);
            assert_true(terminal_shows(t, "a session is saved in"));
            terminal_type(t, "yes\r");
        }
        assert_true(terminal_shows(t, "saved 1 command"));
        assert_int_equal(terminal_leave(t, "\004"), 0);
    }
}

/* Whatever name the terminal has: the session is read there, and nothing is written over the
 * screen. */
static void what_is_saved_on_the_terminal_is_laid_over_the_map(void **state)
{
    static const char *const names[] = {"-", "/dev/stdout", "/dev/tty", "/dev/fd/0"};
    char line[64];
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "malloc 24; malloc 40; free p1\r");
    assert_true(terminal_shows(t, "free(p1)"));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(line, sizeof line, "save \"%s\"\r", names[i]);
        terminal_type(t, line);
        assert_true(terminal_shows(t, "Answer: Esc closes"));
        assert_non_null(strstr(terminal_row(t, 0), "F1 help"));
        assert_true(terminal_shows(t, "p2 = malloc 40"));
        assert_true(terminal_shows(t, "saved 3 commands"));
        assert_true(terminal_row(t, 23)[0] == '>');
        terminal_type(t, "\033");
        assert_true(terminal_hides(t, "Answer: Esc closes"));
        terminal_settle(t);
        char *drawn = terminal_picture(t);
        terminal_type(t, "\014"); /* Ctrl-L draws all of it anew */
        terminal_settle(t);
        char *anew = terminal_picture(t);
        assert_string_equal(drawn, anew);
        free(drawn);
        free(anew);
    }
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void the_users_editrc_is_obeyed(void **state)
{
    (void)state;
    terminal_file(home, ".editrc", "bind -v\n");
    terminal *t = start(24, 80);
    terminal_type(t, "xalloc 24"); /* vi: Escape, 0, r, m replaces the first letter */
    assert_true(terminal_shows(t, "> xalloc 24"));
    terminal_type(t, "\033");
    terminal_settle(t);
    terminal_type(t, "0rm");
    assert_true(terminal_shows(t, "> malloc 24"));
    terminal_type(t, "\r");
    assert_true(terminal_shows(t, "p1 = malloc(24)"));
    terminal_type(t, "\033");
    terminal_settle(t);
    terminal_type(t, "\033[200~dd = malloc 32\033[201~"); /* text, not vi's commands */
    assert_true(terminal_shows(t, "> dd = malloc 32"));
    terminal_type(t, "\r");
    assert_true(terminal_shows(t, "dd = malloc(32)"));
    terminal_file(home, ".editrc", "");
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_paste_of_many_lines_runs_them_all(void **state)
{
    (void)state;
    char text[4096] = "\033[200~";
    for (int i = 0; i < 100; i++) sprintf(text + strlen(text), "a%d = malloc\t%d\n", i, 8 + i);
    strcat(text, "\033[201~");
    terminal *t = start(24, 80);
    terminal_settle(t);
    assert_true(terminal_wants_paste(t));
    terminal_type(t, text);
    assert_true(terminal_shows(t, "a99 = malloc(107)"));
    assert_true(terminal_shows(t, "in 100 blocks"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

/* Latin-1, say: the terminal is UTF-8's, and loses nothing behind such a byte. */
static void bytes_that_are_no_utf8_take_nothing_with_them(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_settle(t);
    terminal_type(t, "echo \"A\xff"
                     "B\"; malloc 8\r");
    assert_true(terminal_shows(t, "live 8 in 1 block "));
    terminal_type(t, "\033[200~note \"caf\xe9\"\nmalloc 24\n\033[201~");
    assert_true(terminal_shows(t, "p2 = malloc(24)"));
    terminal_type(t, "echo \xc3");
    terminal_settle_for(t, 20);
    terminal_type(t, "\xa9t\xc3\xa9\r"); /* a letter in two reads */
    assert_true(terminal_shows(t, "été"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_very_long_line_is_pasted(void **state)
{
    enum { LENGTH = 300000 };
    (void)state;
    char *text = malloc(LENGTH + 40);
    assert_non_null(text);
    memset(text, 'x', LENGTH);
    memcpy(text, "\033[200~echo ", 11);
    strcpy(text + LENGTH, "; malloc 8\n\033[201~");
    terminal *t = start(24, 80);
    terminal_type(t, text);
    assert_true(terminal_shows(t, "in 1 block"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
    free(text);
}

static void lines_pasted_behind_a_long_command_wait_for_it(void **state)
{
    (void)state;
    char text[8192] = "\033[200~random 6000 seed 1\n";
    for (int i = 0; i < 200; i++) sprintf(text + strlen(text), "a%d = malloc\t%d\n", i, 8 + i);
    strcat(text, "\033[201~");
    terminal *t = start(24, 80);
    terminal_type(t, text);
    assert_true(terminal_shows(t, "a199 = malloc(207)"));
    terminal_type(t, "?"); /* the paste has ended: keys act again */
    assert_true(terminal_shows(t, "Page Up"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

/* The paste's begin was taken before the command ran: what comes meanwhile is still pasted. */
static void ctrl_c_in_a_paste_stops_nothing(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
#if defined __SANITIZE_ADDRESS__
    terminal_type(t, "\033[200~repeat 50000 { x = malloc 8; free x }\r");
    const char *all = "100001/100001";
#else
    terminal_type(t, "\033[200~repeat 400000 { x = malloc 8; free x }\r");
    const char *all = "800001/800001";
#endif
    assert_true(terminal_shows(t, "working: "));
    terminal_type(t, "\003a = malloc 24\r\033[201~");
    assert_true(terminal_shows(t, "a = malloc(24)"));
    assert_true(terminal_shows(t, all)); /* all of them were made */
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_statement_goes_on_while_its_brace_is_open(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "repeat 3 {\r");
    assert_true(terminal_shows(t, "..."));
    terminal_type(t, "malloc 8\r}\r");
    assert_true(terminal_shows(t, "repeated 3 times: 3 requests"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void arrows_move_by_words_with_ctrl(void **state)
{
    static const char *const lefts[] = {"\033[1;5D", "\033b"};
    const char *const screen[] = {"TERM=screen", NULL};
    (void)state;
    for (size_t i = 0; i < 2 * sizeof lefts / sizeof *lefts; i++) {
        terminal *t = start_with(24, 80, i % 2 ? screen : NULL, NULL, NULL);
        assert_true(terminal_shows(t, "committed"));
        terminal_type(t, "malloc 24");
        terminal_type(t, lefts[i / 2]);
        terminal_type(t, "1");
        assert_true(terminal_shows(t, "> malloc 124"));
        terminal_type(t, "\003");
        assert_int_equal(terminal_leave(t, "\004"), 0);
    }
}

static void wide_characters_and_long_lines_are_edited(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "note \"größe 大小 ✓\"\r");
    assert_true(terminal_shows(t, "größe 大小 ✓"));
    for (int i = 0; i < 100; i++) terminal_type(t, "echo 0123456789 ");
    terminal_settle(t);
    int row, column;
    terminal_cursor(t, &row, &column);
    assert_int_equal(row, 23);
    terminal_type(t, "\003");
    assert_true(terminal_hides(t, "0123456789"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void ctrl_c_clears_the_line_and_stops_a_long_command(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "malloc 77777");
    assert_true(terminal_shows(t, "> malloc 77777"));
    terminal_type(t, "\003");
    assert_true(terminal_hides(t, "77777"));
    terminal_type(t, "repeat 1000000000 { x = malloc 8; free x }\r");
    assert_true(terminal_shows(t, "working: "));
    terminal_type(t, "\003");
    assert_true(terminal_shows(t, "stopped after"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void control_characters_never_reach_the_terminal(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "note \"a\\e[2Jb\\x07c\"\r");
    assert_true(terminal_shows(t, "a␛[2Jb␇c"));
    assert_true(terminal_shows(t, "heapscope"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

/* --- The terminal is given back -------------------------------------------------------------- */

static void assert_given_back(terminal *t, const struct termios *before)
{
    struct termios after = terminal_modes(t);
    assert_int_equal(after.c_lflag, before->c_lflag);
    assert_int_equal(after.c_iflag, before->c_iflag);
    assert_int_equal(after.c_oflag, before->c_oflag);
    assert_false(terminal_is_alternate(t));
    assert_true(terminal_cursor_is_visible(t));
    assert_false(terminal_wants_mouse(t));
    assert_false(terminal_wants_paste(t));
}

static void the_terminal_is_given_back_whatever_happens(void **state)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGSEGV, SIGABRT, SIGBUS, 0};
    (void)state;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        const char *const argv[] = {"sh", "-c", "read go; exec \"$0\"", program, NULL};
        terminal *t = terminal_start(argv, 24, 80, home, NULL);
        struct termios before = terminal_modes(t);
        terminal_type(t, "go\r");
        assert_true(terminal_shows(t, "committed"));
        assert_true(terminal_is_alternate(t));
        terminal_type(t, "malloc 8\r");
        assert_true(terminal_shows(t, "malloc(8)"));
        if (signals[i])
            terminal_signal(t, signals[i]);
        else
            terminal_type(t, "quit\r");
        int status = terminal_wait(t);
        if (signals[i] != SIGSEGV &&
            signals[i] != SIGBUS) /* a sanitizer ends the program its own way */
            assert_int_equal(status, signals[i] ? 128 + signals[i] : 0);
        assert_given_back(t, &before);
        terminal_end(t);
    }
}

static void it_can_be_stopped_and_continued(void **state)
{
    const char *const argv[] = {"bash", "--norc", "--noprofile", "-i", NULL};
    const char *const environment[] = {"PS1=shell$ ", NULL};
    char command[512];
    (void)state;
    terminal *t = terminal_start(argv, 24, 80, home, environment);
    assert_true(terminal_shows(t, "shell$"));
    snprintf(command, sizeof command, "%s\r", program);
    terminal_type(t, command);
    assert_true(terminal_shows(t, "committed"));
    terminal_type(t, "malloc 8\r");
    assert_true(terminal_shows(t, "malloc(8)"));
    terminal_type(t, "\032"); /* Ctrl-Z */
    assert_true(terminal_shows(t, "Stopped"));
    assert_false(terminal_is_alternate(t));
    terminal_type(t, "fg\r");
    assert_true(terminal_shows(t, "malloc(8)"));
    assert_true(terminal_is_alternate(t));
    terminal_type(t, "malloc 16\r");
    assert_true(terminal_shows(t, "malloc(16)"));
    terminal_type(t, "\004");
    assert_true(terminal_hides(t, "malloc(16)"));
    terminal_type(t, "exit\r");
    terminal_wait(t);
    terminal_end(t);
}

/* --- Terminals of all kinds ------------------------------------------------------------------ */

static void without_colours_nothing_is_lost(void **state)
{
    const char *const no_colour[] = {"NO_COLOR=1", NULL}, *const vt100[] = {"TERM=vt100", NULL};
    const char *const *const kinds[] = {no_colour, vt100};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        terminal *t = start_with(24, 80, kinds[i], NULL, NULL);
        assert_true(terminal_shows(t, "committed"));
        terminal_type(t, "malloc 20\r");
        assert_true(terminal_shows(t, "32|1 used"));
        assert_true(terminal_shows(t, "░░░░"));
        terminal_settle(t);
        assert_false(terminal_has_colour(t));
        assert_int_equal(terminal_leave(t, "\004"), 0);
    }
}

/* Colours come from the description of the terminal, and as they are asked for. */
static void colours_are_those_of_the_terminal(void **state)
{
    static const struct {
        const char *term, *none, *argument;
        bool full, line, comparison; /* have colours */
    } rows[] = {
        {"TERM=xterm-256color", NULL, NULL, true, true, true},
        {"TERM=xterm", NULL, NULL, true, true, true}, /* eight of them */
        {"TERM=vt100", NULL, NULL, false, false, false},
        {"TERM=dumb", NULL, NULL, false, false, false},
        {"TERM=no-such-256color", NULL, NULL, false, false, false},
        {"TERM=xterm-256color", "NO_COLOR=1", NULL, false, false, false},
        {"TERM=xterm-256color", "NO_COLOR=1", "--color=always", true, true, true},
        {"TERM=xterm-256color", NULL, "--color=never", false, false, false},
        {"TERM=dumb", NULL, "--color=always", true, true, true},
    };
    (void)state;
    const char *path = terminal_file(home, "small.script", "a 0 24\na 1 40\nf 0\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int kind = 0; kind < 3; kind++) {
            bool wanted = kind == 0 ? rows[i].full : kind == 1 ? rows[i].line : rows[i].comparison;
            const char *const environment[] = {rows[i].term, rows[i].none, NULL};
            const char *argv[7] = {program};
            size_t n = 1;
            if (kind == 1) argv[n++] = "--plain";
            if (kind == 2) argv[n++] = "compare", argv[n++] = path, argv[n++] = "bump";
            if (rows[i].argument) argv[n++] = rows[i].argument;
            terminal *t = terminal_start(argv, 24, 80, home, environment);
            if (kind < 2) terminal_type(t, "malloc 24\r");
            assert_true(terminal_shows(t, kind < 2 ? "p1 = malloc(24)" : "A bump"));
            terminal_settle(t);
            assert_int_equal(terminal_has_colour(t), wanted);
            bool line_mode = kind < 2 && !terminal_is_alternate(t);
            int status = line_mode ? terminal_leave_line_mode(t) : terminal_leave(t, "\004");
            assert_int_equal(status, 0);
        }
}

/* Such descriptions are in a package of their own on many systems: here one is made. Its first 8
 * numbers are a palette's, the others red, green and blue. */
static void where_colours_are_red_green_and_blue_they_are_those_of_the_palette(void **state)
{
    static const char description[] =
        "direct|colours as numbers of red green and blue,\n"
        "\tRGB, colors#0x1000000, pairs#0x7FFF,\n"
        "\tsetaf=\\E[%?%p1%{8}%<%t3%p1%d%e38:2::%p1%{65536}%/%d:%p1%{256}%/%{255}%&%d:"
        "%p1%{255}%&%d%;m,\n"
        "\tsetab=\\E[%?%p1%{8}%<%t4%p1%d%e48:2::%p1%{65536}%/%d:%p1%{256}%/%{255}%&%d:"
        "%p1%{255}%&%d%;m,\n"
        "\tuse=xterm-256color,\n";
    char command[256], folder[128];
    size_t n;
    (void)state;
    snprintf(folder, sizeof folder, "TERMINFO=%s/terminfo", home);
    snprintf(command, sizeof command, "tic -x -o %s/terminfo %s", home,
             terminal_file(home, "direct.terminfo", description));
    if (system(command) != 0) skip(); /* no tic, or one that knows no such numbers */
    const char *const environment[] = {"TERM=direct", folder, NULL};
    terminal *t = start_with(24, 80, environment, NULL, NULL);
    terminal_type(t, "malloc 20\r");
    assert_true(terminal_shows(t, "used"));
    terminal_settle(t);
    const char *output = terminal_output(t, &n);
    assert_non_null(strstr(output, "\033[48:2::0:95:135m"));    /* 24, of the title */
    assert_non_null(strstr(output, "\033[38:2::255:255:255m")); /* 231, on it */
    assert_non_null(strstr(output, "\033[48:2::58:58:58m"));    /* 237, of what is not used */
    assert_non_null(strstr(output, "\033[38:2::0:1:0m"));       /* 16, black, and no palette's */
    assert_null(strstr(output, "\033[44m"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_terminal_of_unknown_type_is_told_what_to_do(void **state)
{
    const char *const environment[] = {"TERM=no-such-terminal", NULL};
    (void)state;
    terminal *t = start_with(24, 80, environment, NULL, NULL);
    assert_true(terminal_shows(t, "no-such-terminal is unknown;"));
    assert_true(terminal_shows(t, "TERM=xterm-256color"));
    assert_true(terminal_shows(t, "heapscope>"));
    terminal_type(t, "malloc 24\r");
    assert_true(terminal_shows(t, "p1 = malloc(24) = 0x107000008"));
    terminal_settle(t);
    char *screen = terminal_screen(t);
    assert_null(strstr(screen, "No entry")); /* of libedit */
    assert_null(strstr(screen, "dumb"));
    free(screen);
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void an_ascii_terminal_gets_ascii_only(void **state)
{
    const char *const environment[] = {"LC_ALL=C", NULL};
    (void)state;
    terminal *t = start_with(24, 80, environment, NULL, NULL);
    terminal_type(t, "malloc 20\r");
    assert_true(terminal_shows(t, "p1 20 B"));
    terminal_settle(t);
    char *screen = terminal_screen(t);
    for (const char *c = screen; *c; c++) assert_true((unsigned char)*c < 0x80);
    assert_non_null(strstr(screen, "~~~~"));
    free(screen);
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void what_is_typed_in_utf8_survives_an_ascii_locale(void **state)
{
    const char *const environment[] = {"LC_ALL=C", NULL};
    (void)state;
    terminal *t = start_with(24, 80, environment, NULL, NULL);
    assert_true(terminal_shows(t, "committed"));
    terminal_type(t, "x = malloc 20; write x \"gr\xc3\xb6\xc3\x9f\xe2\x9c\x93\xff.\"");
    assert_true(terminal_shows(t, "> x = malloc 20; write x \"gr????.\""));
    terminal_type(t, "\r");
    assert_true(terminal_shows(t, "wrote 13 bytes at x")); /* 2 + 2 + 2 + 3, 3 of U+FFFD, 1 */
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void ctrl_c_clears_the_line_in_line_mode(void **state)
{
    (void)state;
    terminal *t = start_with(24, 80, NULL, "--plain", NULL);
    assert_true(terminal_shows(t, "heapscope>"));
    terminal_type(t, "repeat 3 {\r");
    assert_true(terminal_shows(t, "..."));
    terminal_type(t, "free");
    assert_true(terminal_shows(t, "... free"));
    terminal_settle(t);
    terminal_type(t, "\003");
    terminal_settle(t);
    terminal_type(t, "malloc 24\r");
    assert_true(terminal_shows(t, "p1 = malloc(24) = 0x107000008"));
    assert_int_equal(terminal_leave_line_mode(t), 0);
}

static void a_dumb_terminal_gets_line_mode(void **state)
{
    const char *const environment[] = {"TERM=dumb", NULL};
    (void)state;
    terminal *t = start_with(24, 80, environment, NULL, NULL);
    assert_true(terminal_shows(t, "heapscope>"));
    terminal_type(t, "malloc 24\r");
    assert_true(terminal_shows(t, "p1 = malloc(24) = 0x107000008"));
    assert_false(terminal_is_alternate(t));
    assert_int_equal(terminal_leave_line_mode(t), 0);
}

/* --- Scripts -------------------------------------------------------------------------------- */

static void a_script_is_played_and_left_for_the_prompt(void **state)
{
    (void)state;
    const char *path = terminal_file(
        home, "lecture.heap",
        "set pace 0\nnote \"first words\"\nmalloc 24\nnote \"last words\"\nfree p1\n");
    terminal *t = start_with(24, 80, NULL, path, NULL);
    assert_true(terminal_shows(t, "last words"));
    assert_true(terminal_shows(t, "free(p1)"));
    terminal_type(t, "malloc 48\r");
    assert_true(terminal_shows(t, "p2 = malloc(48)"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_file_without_an_end_is_refused(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "source /dev/zero\r");
    assert_true(terminal_shows(t, "/dev/zero:1:1: a control character (0x00)"));
    terminal_type(t, "malloc 8\r");
    assert_true(terminal_shows(t, "p1 = malloc(8)"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

/* A script that writes a file is asked about, once, in both modes, from the shell and from the
 * prompt; it writes where the answer is y. */
static void ask_about_a_script(bool plain, bool typed, bool lets)
{
    char written[512], text[700], line[600];
    snprintf(written, sizeof written, "%s/by-a-script", home);
    snprintf(text, sizeof text, "malloc 24\nsave \"%s\"\nmalloc 40\n", written);
    const char *path = terminal_file(home, "writes.heap", text);
    terminal *t = start_with(24, 80, NULL,
                             plain   ? "--plain"
                             : typed ? NULL
                                     : path,
                             plain && !typed ? path : NULL);
    if (typed) {
        assert_true(terminal_shows(t, plain ? "heapscope>" : "committed"));
        snprintf(line, sizeof line, "source %s\r", path);
        terminal_type(t, line);
    }
    assert_true(terminal_shows(t, "line 2: save"));
    if (!plain) terminal_type(t, " "); /* what lies over the map has been read */
    assert_true(terminal_shows(t, "Let it? y lets it"));
    terminal_settle(t);
    terminal_type(t, lets ? "y\r" : "no\r");
    if (!lets) assert_true(terminal_shows(t, "save writes a file: you did"));
    if (lets && !plain) assert_true(terminal_shows(t, "used p2 40"));
    terminal_settle(t);
    int status = plain && !typed ? terminal_wait(t) : 0;
    if (plain && !typed)
        terminal_end(t);
    else
        status = terminal_leave(t, "quit\r");
    assert_int_equal(status, lets || (typed && !plain) ? 0 : 1);
    assert_int_equal(unlink(written) == 0, lets);
}

static void a_script_that_writes_is_asked_about(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) ask_about_a_script(i & 1, i & 2, i & 4);
}

static void what_an_error_ended_is_told_with_the_error(void **state)
{
    (void)state;
    terminal *t = start(24, 80);
    terminal_type(t, "malloc 24; repeat 3 { free p1 }\r");
    assert_true(terminal_shows(t, "was already freed"));
    assert_true(terminal_shows(t, "stopped after 1 of 3 times"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

static void a_lecture_goes_on_at_a_key(void **state)
{
    (void)state;
    const char *path = terminal_file(
        home, "slow.heap",
        "set pace 3600\nnote \"first words\"\nmalloc 24\nnote \"last words\"\nfree p1\n");
    terminal *t = start_with(24, 80, NULL, path, NULL);
    assert_true(terminal_shows(t, "first words"));
    assert_true(terminal_shows(t, "step 1/4, playing"));
    terminal_type(t, " ");
    assert_true(terminal_shows(t, "> malloc 24"));
    terminal_type(t, "\033[6~"); /* Page Down, as presentation remotes send it */
    assert_true(terminal_shows(t, "last words"));
    terminal_type(t, "malloc 8\r"); /* letters leave the player for the prompt */
    assert_true(terminal_shows(t, "p2 = malloc(8)"));
    terminal_type(t, "\033[15~"); /* F5 comes back to the script */
    assert_true(terminal_shows(t, "step 3/4"));
    assert_true(terminal_shows(t, "last words"));
    terminal_type(t, " ");
    assert_true(terminal_shows(t, "free(p1)"));
    assert_int_equal(terminal_leave(t, "\004"), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_typed_malloc_is_drawn_and_explained),
        cmocka_unit_test(growth_is_drawn),
        cmocka_unit_test(every_size_of_screen_works),
        cmocka_unit_test(a_wide_screen_has_the_panels_beside_the_map),
        cmocka_unit_test(a_small_screen_has_allocators_one_above_the_other),
        cmocka_unit_test(a_wide_screen_has_allocators_in_columns),
        cmocka_unit_test(a_search_shows_how_far_it_is_and_is_stopped),
        cmocka_unit_test(a_number_stands_whole_or_not_at_all),
        cmocka_unit_test(a_list_of_the_homework_is_played),
        cmocka_unit_test(the_homeworks_random_operations_are_played_one_by_one),
        cmocka_unit_test(a_prediction_is_typed_and_judged),
        cmocka_unit_test(a_prediction_is_clicked_on_the_map),
        cmocka_unit_test(a_script_stops_for_a_prediction),
        cmocka_unit_test(a_quiz_goes_on_when_its_answer_has_been_read),
        cmocka_unit_test(a_click_inspects_a_byte),
        cmocka_unit_test(shifted_arrows_move_a_cursor_over_the_map),
        cmocka_unit_test(a_request_is_gone_through_in_slow_motion),
        cmocka_unit_test(the_plot_and_the_free_list_have_keys_and_commands),
        cmocka_unit_test(the_shape_is_zoomed_and_leads_to_a_moment_and_an_address),
        cmocka_unit_test(what_lies_over_slow_motion_scrolls_and_closes),
        cmocka_unit_test(a_process_comes_to_life_step_by_step),
        cmocka_unit_test(a_key_goes_from_the_address_space_to_the_header_and_back),
        cmocka_unit_test(a_started_program_is_watched),
        cmocka_unit_test(keys_and_the_bar_go_through_time),
        cmocka_unit_test(overlays_open_scroll_and_close),
        cmocka_unit_test(the_help_has_the_keys_of_every_mode),
        cmocka_unit_test(a_demo_is_chosen_from_the_menu),
        cmocka_unit_test(commands_of_the_machine_show_what_they_did),
        cmocka_unit_test(tab_completes_commands_names_and_options),
        cmocka_unit_test(history_is_kept_across_runs_and_searched),
        cmocka_unit_test(waiting_at_a_fifo_is_stopped),
        cmocka_unit_test(who_saves_over_a_session_is_asked),
        cmocka_unit_test(what_is_saved_on_the_terminal_is_laid_over_the_map),
        cmocka_unit_test(the_users_editrc_is_obeyed),
        cmocka_unit_test(a_paste_of_many_lines_runs_them_all),
        cmocka_unit_test(bytes_that_are_no_utf8_take_nothing_with_them),
        cmocka_unit_test(a_very_long_line_is_pasted),
        cmocka_unit_test(lines_pasted_behind_a_long_command_wait_for_it),
        cmocka_unit_test(ctrl_c_in_a_paste_stops_nothing),
        cmocka_unit_test(a_statement_goes_on_while_its_brace_is_open),
        cmocka_unit_test(arrows_move_by_words_with_ctrl),
        cmocka_unit_test(wide_characters_and_long_lines_are_edited),
        cmocka_unit_test(ctrl_c_clears_the_line_and_stops_a_long_command),
        cmocka_unit_test(control_characters_never_reach_the_terminal),
        cmocka_unit_test(the_terminal_is_given_back_whatever_happens),
        cmocka_unit_test(it_can_be_stopped_and_continued),
        cmocka_unit_test(without_colours_nothing_is_lost),
        cmocka_unit_test(colours_are_those_of_the_terminal),
        cmocka_unit_test(where_colours_are_red_green_and_blue_they_are_those_of_the_palette),
        cmocka_unit_test(a_terminal_of_unknown_type_is_told_what_to_do),
        cmocka_unit_test(an_ascii_terminal_gets_ascii_only),
        cmocka_unit_test(what_is_typed_in_utf8_survives_an_ascii_locale),
        cmocka_unit_test(ctrl_c_clears_the_line_in_line_mode),
        cmocka_unit_test(a_dumb_terminal_gets_line_mode),
        cmocka_unit_test(a_script_is_played_and_left_for_the_prompt),
        cmocka_unit_test(a_file_without_an_end_is_refused),
        cmocka_unit_test(a_script_that_writes_is_asked_about),
        cmocka_unit_test(what_an_error_ended_is_told_with_the_error),
        cmocka_unit_test(a_lecture_goes_on_at_a_key),
    };
    if (argc < 2 || !mkdtemp(home)) return 2;
    program = argv[1];
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", home);
    if (system(command) != 0) return 2;
    return failed;
}

/* SPDX-License-Identifier: MIT */
/* Heaps of more blocks than a frame has time for: what is drawn of them is the first part of it,
 * and says so. */
#include "check.h"
#include "picture.h"
#include "stage.h"
#include "view/pictures.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 6000 };

static void request(stage *s, hs_request what, uint64_t size, uint32_t variable)
{
    hs_problem problem;
    hs_op op = {.kind = HS_OP_REQUEST, .request = what, .a = size, .p.variable = variable};
    if (!hs_session_perform(s->session, &op, &problem)) fail_msg("%s", problem.what);
}

/* u24 f24 u24 f24 ...: every second block is free, the highest one first in the lists. */
static stage *many(const char *allocator)
{
    stage *s = stage_new(allocator, 256, 1 << 26);
    for (int i = 0; i < 2 * PAIRS; i++) request(s, HS_MALLOC, 24, HS_NONE);
    for (uint32_t i = 1; i < 2 * PAIRS; i += 2) request(s, HS_FREE, 0, i);
    return s;
}

static void shows(const stage *s, int rows, int columns, size_t skip, const char *text)
{
    picture_shows(picture_of(s, &hs_picture_free_list, rows, columns, true, skip), text);
}

static void a_long_list_is_drawn_as_far_as_there_is_room(void **state)
{
    (void)state;
    stage *s = many("explicit");
    shows(s, 4, 80, 0,
          " Free list: 6000 blocks, head first\n"
          "-> 0x10705dbf8*140288  6000 of 6000 in heap order\n"
          "-> 0x10705dbb8     32  5999 of 6000 in heap order\n"
          "... 5999 more\n");
    shows(s, 4, 80, 5998,
          " Free list: 5999-6001 of 6001, head first\n"
          "-> 0x107000060     32  2 of 6000 in heap order\n"
          "-> 0x107000020     32  1 of 6000 in heap order\n"
          "-> NULL\n");
    stage_free(s);
}

static void holes_in_heap_order_are_found_by_their_number(void **state)
{
    (void)state;
    stage *s = many("implicit");
    shows(s, 4, 60, 0,
          " Free blocks: 6000\n0x107000020     32 free\n0x107000060     32 free\n"
          "... 5998 more\n");
    shows(s, 4, 60, 5997,
          " Free blocks: 5998-6000 of 6000\n"
          "0x10705db60     32 free\n0x10705dba0     32 free\n0x10705dbe0*140320 free\n");
    stage_free(s);
}

static void long_rows_of_many_lists_say_that_there_is_more(void **state)
{
    (void)state;
    stage *s = many("tlsf");
    shows(s, 0, 80, 0, "  32+  -> 0x10705dbb8 -> 0x10705db78 -> 0x10705db38 29+ more\n");
    stage_free(s);
}

static void a_large_tree_is_drawn_from_its_root(void **state)
{
    (void)state;
    stage *s = many("tree");
    char *picture = picture_of(s, &hs_picture_free_list, 20, 60, true, 0);
    assert_non_null(strstr(picture, " Free tree: 6000 blocks\nroot "));
    assert_non_null(strstr(picture, "\n... 5982 more\n"));
    free(picture);
    stage_free(s);
}

static void buddies_that_can_be_seen_are_drawn_and_the_others_counted(void **state)
{
    (void)state;
    stage *s = many("buddy");
    shows(s, 0, 80, 0,
          "   512K ------------------------------------+-----------------------------------\n"
          "   256K ------------------+-----------------------------------+-----------------\n"
          "   128K ---------+-----------------+-----------------+--------[128K.............\n"
          "    64K ----+--------+--------+--------+--------+--------+----\n"
          "    32K --+---+----+---+----+---+----+---+----+---+----+---+--\n"
          "    16K -+-+-+-+--+-+-+-+--+-+-+-+--+-+-+-+--+-+-+-+--+-+-+-+-\n"
          "   less too small to draw: 6000 used, 6002 free\n");
    stage_free(s);
}

static void of_many_slabs_the_first_are_drawn(void **state)
{
    (void)state;
    stage *s = many("slab");
    shows(s, 5, 80, 0, " Slabs: 1715\nthe first 200 of 1715 slabs\n");
    stage_free(s);
}

static void the_list_of_blocks_follows_the_last_change(void **state)
{
    (void)state;
    stage *s = many("quick");
    picture_shows(
        picture_of(s, &hs_picture_blocks, 4, 60, true, 11999),
        " Blocks: 12000-12001 of 12001\n0x10705dbf8*    32 free\n0x10705dc18 140256 free\n");
    stage_free(s);
}

static void a_broken_heap_is_drawn_whole_however_large(void **state)
{
    (void)state;
    stage *s = many("explicit");
    stage_does(s, "set misuse allow; write p101 'A'*40");
    shows(s, 4, 80, 0, "-> 0x10705dbf8 damaged\n50 free, in no list\n");
    stage_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_list_is_drawn_as_far_as_there_is_room),
        cmocka_unit_test(holes_in_heap_order_are_found_by_their_number),
        cmocka_unit_test(long_rows_of_many_lists_say_that_there_is_more),
        cmocka_unit_test(a_large_tree_is_drawn_from_its_root),
        cmocka_unit_test(buddies_that_can_be_seen_are_drawn_and_the_others_counted),
        cmocka_unit_test(of_many_slabs_the_first_are_drawn),
        cmocka_unit_test(the_list_of_blocks_follows_the_last_change),
        cmocka_unit_test(a_broken_heap_is_drawn_whole_however_large),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests_name("many blocks", tests, NULL, NULL);
}

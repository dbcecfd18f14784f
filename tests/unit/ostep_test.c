/* SPDX-License-Identifier: MIT */
/* The homework's model: each list was worked out on paper, from the rules at the top of ostep.c. */
#include "check.h"
#include "heaps.h"
#include "model/workload/mersenne_twister.h"
#include "stage.h"

#include <stdio.h>
#include <string.h>

/* The free list after a list of operations: "1010:90 1000:10". */
static const char *list_after(const char *settings, const char *ops)
{
    static char text[512];
    stage *s = stage_new("ostep", 100, 100);
    char line[256];
    stage_does(s, "set misuse allow");
    stage_does(s, settings);
    snprintf(line, sizeof line, "ops %s", ops);
    stage_does(s, line);
    const char *list = strstr(s->said, "]: ") + 3;
    snprintf(text, sizeof text, "%.*s", (int)strcspn(list, "\n"), list);
    stage_free(s);
    return text;
}

/* What the last operation of a list answered, its first line. */
static const char *answer_after(const char *settings, const char *ops)
{
    static char text[512];
    stage *s = stage_new("ostep", 100, 100);
    char line[256];
    stage_does(s, "set misuse allow");
    stage_does(s, settings);
    snprintf(line, sizeof line, "ops %s", ops);
    stage_does(s, line);
    snprintf(text, sizeof text, "%.*s", (int)strcspn(s->said, "\n"), s->said);
    stage_free(s);
    return text;
}

static void a_block_is_what_was_asked_for_from_1000_on(void **state)
{
    (void)state;
    hs_heap *h = heap("ostep 100 4096");
    assert_int_equal(hs_heap_committed(h), 100);
    assert_int_equal(hs_heap_maximum(h), 100); /* it does not grow */
    assert_int_equal(hs_malloc(h, 3), 1000);
    assert_int_equal(hs_malloc(h, 10), 1003);
    expect_blocks(h, "u3 u10 f87");
    assert_int_equal(hs_malloc(h, 87), 1013);
    expect_blocks(h, "u3 u10 u87");
    assert_int_equal(hs_malloc(h, 1), HS_NULL);
    hs_heap_free(h);
}

/* Holes of 20, 10 and 60 bytes, in this order. */
#define HOLES "+20,+5,+10,+5,-0,-2"

static void best_and_worst_search_the_whole_list_and_first_stops(void **state)
{
    (void)state;
    assert_string_equal(answer_after("set fit best", HOLES ",+8"),
                        "ptr[4] = Alloc(8) returned 1025 (searched 3 elements)");
    assert_string_equal(answer_after("set fit worst", HOLES ",+8"),
                        "ptr[4] = Alloc(8) returned 1040 (searched 3 elements)");
    assert_string_equal(answer_after("set fit first", HOLES ",+8"),
                        "ptr[4] = Alloc(8) returned 1000 (searched 1 elements)");
    assert_string_equal(answer_after("set fit first", HOLES ",+30"),
                        "ptr[4] = Alloc(30) returned 1040 (searched 3 elements)");
}

static void of_equal_holes_the_first_in_the_list_is_taken(void **state)
{
    (void)state;
    const char *ops = "+10,+5,+10,+75,-0,-2,+4";
    assert_string_equal(answer_after("set fit best", ops),
                        "ptr[4] = Alloc(4) returned 1000 (searched 2 elements)");
    assert_string_equal(answer_after("set fit worst; set order insert-front", ops),
                        "ptr[4] = Alloc(4) returned 1015 (searched 2 elements)");
}

static void what_is_too_large_is_looked_for_all_the_same(void **state)
{
    (void)state;
    assert_string_equal(answer_after("set fit best", HOLES ",+101"),
                        "ptr[4] = Alloc(101) returned -1 (searched 3 elements)");
}

static void a_freed_block_goes_where_the_order_says(void **state)
{
    (void)state;
    const char *ops = "+20,+5,+10,+5,-2,-0";
    assert_string_equal(list_after("set order addrsort", ops),
                        "[ addr:1000 sz:20 ][ addr:1025 sz:10 ][ addr:1040 sz:60 ]");
    assert_string_equal(list_after("set order sizesort+", ops),
                        "[ addr:1025 sz:10 ][ addr:1000 sz:20 ][ addr:1040 sz:60 ]");
    assert_string_equal(list_after("set order sizesort-", ops),
                        "[ addr:1040 sz:60 ][ addr:1000 sz:20 ][ addr:1025 sz:10 ]");
    assert_string_equal(list_after("set order insert-front", ops),
                        "[ addr:1000 sz:20 ][ addr:1025 sz:10 ][ addr:1040 sz:60 ]");
    assert_string_equal(list_after("set order insert-back", ops),
                        "[ addr:1040 sz:60 ][ addr:1025 sz:10 ][ addr:1000 sz:20 ]");
}

static void equals_stay_in_the_order_of_their_coming(void **state)
{
    (void)state;
    const char *ops = "+10,+5,+10,+75,-2,-0";
    assert_string_equal(list_after("set order sizesort+", ops),
                        "[ addr:1015 sz:10 ][ addr:1000 sz:10 ]");
    assert_string_equal(list_after("set order sizesort-", ops),
                        "[ addr:1015 sz:10 ][ addr:1000 sz:10 ]");
}

static void the_list_is_sorted_at_a_free_not_at_a_split(void **state)
{
    (void)state;
    const char *ops = "+20,+5,+10,+5,-0,-2"; /* 1025:10 1000:20 1040:60 */
    char longer[64];
    snprintf(longer, sizeof longer, "%s,+57", ops);
    assert_string_equal(list_after("set order sizesort+", longer),
                        "[ addr:1025 sz:10 ][ addr:1000 sz:20 ][ addr:1097 sz:3 ]");
    snprintf(longer, sizeof longer, "%s,+57,-1", ops);
    assert_string_equal(
        list_after("set order sizesort+", longer),
        "[ addr:1097 sz:3 ][ addr:1020 sz:5 ][ addr:1025 sz:10 ][ addr:1000 sz:20 ]");
}

static void neighbours_coalesce_where_the_list_has_them_side_by_side(void **state)
{
    (void)state;
    const char *ops = "+10,+10,+10,-0,-1,-2";
    assert_string_equal(list_after("set coalesce on", ops), "[ addr:1000 sz:100 ]");
    assert_string_equal(
        list_after("set coalesce off", ops),
        "[ addr:1000 sz:10 ][ addr:1010 sz:10 ][ addr:1020 sz:10 ][ addr:1030 sz:70 ]");
    /* The right one stands before the left one, and 1030 is not beside 1020: never joined. */
    assert_string_equal(
        list_after("set coalesce on; set order insert-front", ops),
        "[ addr:1020 sz:10 ][ addr:1010 sz:10 ][ addr:1000 sz:10 ][ addr:1030 sz:70 ]");
    assert_string_equal(list_after("set coalesce on; set order insert-back", ops),
                        "[ addr:1030 sz:70 ][ addr:1000 sz:30 ]");
}

static void a_failed_allocation_takes_its_index(void **state)
{
    (void)state;
    assert_string_equal(answer_after("set fit best", "+90,+20,+10"),
                        "ptr[2] = Alloc(10) returned 1090 (searched 1 elements)");
    /* The homework counts those that succeeded: two, so there is no index 2. */
    assert_string_equal(answer_after("set fit best", "+90,+20,+10,-2"), "Invalid Free: Skipping");
    assert_string_equal(answer_after("set fit best", "+90,+20,+10,-1"), "Invalid Free: Skipping");
}

static void the_next_index_follows_whatever_became_of_the_pointers(void **state)
{
    (void)state;
    static const struct {
        const char *line, *next;
    } lines[] = {
        {"ops +10,+90", "ptr[2]"},
        {"malloc 8; free p1; note \"\"; ops -1", "ptr[3]"}, /* two succeeded: 0 and 2 */
        {"undo; ops +5", "ptr[4]"},
        {"goto 3; ops +5", "ptr[4]"},
        {"ptr3 = ptr0; ptr5 = ptr0", "ptr[6]"},
        {"ops +1", "ptr[8]"},
        {"realloc ptr0 1; ptr10 = ptr0; ptr9 = ptr0", "ptr[11]"},
        {"reset", "ptr[0]"},
        {"ops +1; repeat 100 { x = malloc 1; free x }", "ptr[2]"},
        {"allocator tlsf", "ptr[3]"},
    };
    char wanted[32];
    stage *s = stage_new("ostep", 100, 100);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        stage_does(s, lines[i].line);
        stage_does(s, "ops +1");
        snprintf(wanted, sizeof wanted, "%.*s = ", (int)strlen(lines[i].next), lines[i].next);
        if (strncmp(s->said, wanted, strlen(wanted)))
            fail_msg("after %s: %s", lines[i].line, s->said);
    }
    stage_free(s);
}

static void a_second_free_is_refused_unless_the_bytes_have_a_new_owner(void **state)
{
    (void)state;
    assert_string_equal(answer_after("set fit best", "+10,-0"), "Free(ptr[0])");
    stage *s = stage_new("ostep", 100, 100);
    stage_does(s, "set misuse allow; ops +10,-0,-0");
    assert_non_null(strstr(s->said, "returned -1\nFree List [ Size 2 ]"));
    stage_does(s, "ops +10,-0");
    assert_non_null(strstr(s->said, "returned 0\n"));
    stage_free(s);
}

static void a_list_is_read_whole_before_it_is_played(void **state)
{
    (void)state;
    stage *s = stage_new("ostep", 100, 100);
    stage_refuses(s, "ops +10,-", "an index should follow the -");
    stage_refuses(s, "ops +10 +10", "a comma should stand here");
    stage_refuses(s, "ops +10,", "+SIZE or -INDEX should stand here");
    stage_refuses(s, "ops +0", "at least 1 byte");
    stage_refuses(s, "ops +99999999999999999999", "too large");
    stage_refuses(s, "ops", "LIST is missing");
    stage_refuses(s, "set growth page", "a heap of ostep does not grow");
    assert_int_equal(hs_session_op_count(s->session), 0);
    stage_does(s, "ops +10 , +5 ,-0");
    assert_int_equal(stage_value(s, "ptr1"), 1010);
    stage_free(s);
}

static void other_allocators_play_the_lists_as_well(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", 256, 256);
    stage_does(s, "ops +24,+8,-0");
    assert_string_equal(s->said, "Free(ptr[0])\nreturned 0\nFree List [ Size 2 ]: "
                                 "[ addr:4412407808 sz:32 ][ addr:4412407856 sz:208 ]\n");
    stage_refuses(s, "ops -0", "already freed");
    stage_free(s);
}

static void a_seed_has_the_homeworks_operations(void **state)
{
    (void)state;
    stage *s = stage_new("ostep", 100, 100);
    stage_does(s, "homework n 5");
    assert_string_equal(s->said, "ptr[2] = Alloc(8) returned 1008 (searched 3 elements)\n"
                                 "Free List [ Size 3 ]: [ addr:1000 sz:3 ][ addr:1003 sz:5 ]"
                                 "[ addr:1016 sz:84 ]\n");
    assert_int_equal(hs_session_op_count(s->session), 5);
    stage_does(s, "reset; homework seed 0 n 10 range 10 percent 50");
    assert_non_null(strstr(s->said, "ptr[5] = Alloc(7) returned 1008 (searched 4 elements)"));
    stage_does(s, "reset; homework n 40 range 60 percent 100"); /* some fail */
    assert_non_null(strstr(s->said, "returned -1"));
    stage_refuses(s, "homework percent 0", "1 to 100 allocate");
    stage_refuses(s, "homework percent 101", "1 to 100 allocate");
    stage_refuses(s, "homework range 0", "1 or more");
    stage_free(s);
}

static void expect_number(uint64_t seed, unsigned which, double wanted)
{
    hs_mersenne_twister t;
    hs_mersenne_twister_seed(&t, seed);
    for (unsigned i = 1; i < which; i++) hs_mersenne_twister_next(&t);
    assert_true(hs_mersenne_twister_next(&t) == wanted);
}

static void the_random_numbers_are_pythons(void **state)
{
    (void)state;
    expect_number(0, 1, 0.8444218515250481);
    expect_number(0, 1000, 0.4804125346981437);
    expect_number(1, 1, 0.13436424411240122);
    expect_number((uint64_t)1 << 40, 1, 0.1036394562812375);
    expect_number((uint64_t)1 << 40, 1000, 0.0778692933387749);
}

/* There can be as many as the heap has bytes: to look at all of them is no circle. */
static void a_list_of_single_bytes_is_searched_to_its_end(void **state)
{
    (void)state;
    hs_heap *h = heap("ostep 256 256 coalesce=off");
    hs_addr p[256];
    for (int i = 0; i < 256; i++) p[i] = hs_malloc(h, 1);
    for (int i = 0; i < 256; i++) hs_free(h, p[i]);
    assert_int_equal(hs_malloc(h, 2), HS_NULL);
    assert_null(hs_fault(h));
    assert_int_equal(hs_events_counts(h).visits, 256);
    hs_heap_free(h);
}

static void a_full_table_is_a_reason_to_fail(void **state)
{
    (void)state;
    hs_heap *h = heap("ostep 4096 4096");
    uint64_t n = 0;
    while (hs_malloc(h, 1)) n++;
    assert_int_equal(event(h, HS_FAIL)->detail, HS_BECAUSE_TABLE);
    assert_int_equal(n, 1023); /* of 1024 pieces, and the hole */
    hs_free(h, 1000);
    assert_int_equal(hs_malloc(h, 1), 1000);
    hs_heap_free(h);
}

static void an_option_keeps_its_meaning_on_another_allocator(void **state)
{
    (void)state;
    stage *s = stage_new("ostep", 256, 256);
    stage_does(s, "set fit worst; allocator implicit; set fit");
    assert_non_null(strstr(s->said, "fit        worst"));
    stage_does(s, "allocator explicit; set fit"); /* has no worst fit: its own first choice */
    assert_non_null(strstr(s->said, "fit        first"));
    stage_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_is_what_was_asked_for_from_1000_on),
        cmocka_unit_test(best_and_worst_search_the_whole_list_and_first_stops),
        cmocka_unit_test(of_equal_holes_the_first_in_the_list_is_taken),
        cmocka_unit_test(what_is_too_large_is_looked_for_all_the_same),
        cmocka_unit_test(a_freed_block_goes_where_the_order_says),
        cmocka_unit_test(equals_stay_in_the_order_of_their_coming),
        cmocka_unit_test(the_list_is_sorted_at_a_free_not_at_a_split),
        cmocka_unit_test(neighbours_coalesce_where_the_list_has_them_side_by_side),
        cmocka_unit_test(a_failed_allocation_takes_its_index),
        cmocka_unit_test(the_next_index_follows_whatever_became_of_the_pointers),
        cmocka_unit_test(a_second_free_is_refused_unless_the_bytes_have_a_new_owner),
        cmocka_unit_test(a_list_is_read_whole_before_it_is_played),
        cmocka_unit_test(other_allocators_play_the_lists_as_well),
        cmocka_unit_test(a_seed_has_the_homeworks_operations),
        cmocka_unit_test(the_random_numbers_are_pythons),
        cmocka_unit_test(a_list_of_single_bytes_is_searched_to_its_end),
        cmocka_unit_test(a_full_table_is_a_reason_to_fail),
        cmocka_unit_test(an_option_keeps_its_meaning_on_another_allocator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

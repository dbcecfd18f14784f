/* SPDX-License-Identifier: MIT */
/* Links and status bits, as the map and `inspect` decode them from the words in the heap. */
#include "picture.h"

#include "check.h"
#include "view/bits.h"

#include <locale.h>
#include <string.h>

static int open_stage(void **state)
{
    *state = stage_new("explicit", 256, 1 << 20);
    stage_does(*state, "repeat 6 { malloc 24 }; free p1; free p3; free p5");
    return 0;
}

static int close_stage(void **state)
{
    stage_free(*state);
    return 0;
}

/* --- On the map ----------------------------------------------------------------------------- */

static void links_of_free_blocks_say_where_they_point_to(void **state)
{
    picture_shows(picture_of_map(*state, 12, 64, 16, false),
                  "0x107000040  32|2 free===============next → 0x107000000──────\n"
                  "0x107000050* prev → 0x107000080──────32|0 free===============");
}

static void links_are_shortened_to_what_fits(void **state)
{
    picture_shows(picture_of_map(*state, 12, 80, 32, false), "▲next→…000040────prev → NULL ────");
    picture_shows(picture_of_map(*state, 12, 80, 64, false), "32|2===▲→…000040→NULL───32|0====");
    picture_shows(picture_of_map(*state, 12, 80, 128, false), "32|▲→…40NULL32|0");
}

static void ascii_links_have_ascii_arrows(void **state)
{
    picture_shows(picture_of_map(*state, 12, 80, 32, true), "^next->..000040::prev -> NULL::::");
}

static void links_follow_the_bytes(void **state)
{
    stage *s = *state;
    picture_shows(picture_of_map(s, 12, 64, 16, false), "next → 0x107000040");
    stage_does(s, "set misuse allow; write p5 \"\\x78\\x56\\x34\\x12\\0\\0\\0\\0\"");
    picture_shows(picture_of_map(s, 12, 64, 16, false), "next → 0x12345678");
}

static void a_block_in_use_has_no_links(void **state)
{
    stage_does(*state, "malloc 24; malloc 24; malloc 24; malloc 8; malloc 8");
    picture_hides(picture_of_map(*state, 12, 64, 16, false), "next");
}

static void a_footer_shows_its_own_word(void **state)
{
    picture_shows(picture_of_map(*state, 12, 64, 16, false), "32|0 free");
}

/* --- Words ---------------------------------------------------------------------------------- */

static void status_bits_are_named_by_the_allocator(void **state)
{
    (void)state;
    hs_decoded d = {
        .word = 32 + 5,
        .count = 4,
        .fields = {{.kind = HS_FIELD_SIZE, .first = 3, .bits = 61, .value = 32},
                   {.kind = HS_FIELD_USED, .bits = 1, .name = "used", .value = 1},
                   {.kind = HS_FIELD_STATUS, .first = 1, .bits = 1, .name = "left used"},
                   {.kind = HS_FIELD_STATUS, .first = 2, .bits = 1, .name = "quick", .value = 1}}};
    hs_block b = {.kind = HS_BLOCK_FREE, .size = 32};
    char text[160];
    hs_tag_text(&d, &b, 0, text, sizeof text);
    assert_string_equal(text, "32|5");
    hs_tag_text(&d, &b, 1, text, sizeof text);
    assert_string_equal(text, "32|5 free");
    hs_tag_text(&d, &b, 2, text, sizeof text);
    assert_string_equal(text, "32|5 free, quick");
    hs_bits_text(&d, false, text, sizeof text);
    assert_string_equal(text, "bit 0 (used) 1, bit 1 (left used) 0, bit 2 (quick) 1");
    hs_bits_text(&d, true, text, sizeof text);
    assert_string_equal(text, "bit 0 used 1, bit 1 left used 0, bit 2 quick 1");
    d.fields[2].name = d.fields[3].name = NULL;
    hs_bits_text(&d, false, text, sizeof text);
    assert_string_equal(text, "bit 0 (used) 1, bit 2 (means nothing) 1");
}

static void links_of_trees_have_sides(void **state)
{
    (void)state;
    hs_allocator a = {.traits = HS_TREE};
    char text[64];
    assert_true(hs_link_text(&a, 0, 0x1000, 40, true, text, sizeof text));
    assert_string_equal(text, "left -> 0x1000");
    assert_true(hs_link_text(&a, 1, HS_NULL, 40, true, text, sizeof text));
    assert_string_equal(text, "right -> NULL");
}

static void a_link_without_room_is_not_written(void **state)
{
    (void)state;
    hs_allocator a = {.traits = HS_ONE_LIST};
    char text[64];
    assert_false(hs_link_text(&a, 0, 0x107000040, 1, true, text, sizeof text));
    assert_false(hs_link_text(&a, 0, HS_NULL, 3, true, text, sizeof text));
    assert_true(hs_link_text(&a, 0, 0x107000040, 1, false, text, sizeof text));
    assert_string_equal(text, "→");
}

/* --- Inspected ------------------------------------------------------------------------------ */

static void inspect_tells_each_bit_and_link(void **state)
{
    picture_shows(picture_of_address(*state, "p3"), ": link, byte 8 of its block");
    picture_shows(picture_of_address(*state, "p3"),
                  "header    0x22 = size 32 | bit 0 (used) 0, bit 1 (left neighbour used) 1");
    picture_shows(picture_of_address(*state, "p3"),
                  "links     next → 0x107000000, prev → 0x107000080");
    picture_shows(picture_of_address(*state, "p3 + 16"), ": footer, byte");
    picture_shows(picture_of_address(*state, "p2"), "client    p2, asked for 24 bytes");
}

static void of_more_bits_than_a_row_has_room_for_each_is_told_in_brief(void **state)
{
    stage *s = stage_new("quick", 256, 4096);
    (void)state;
    stage_does(s, "malloc 24; malloc 24; free p1");
    picture_shows(picture_of_address(s, "p1"),
                  "header    0x27 = 32 | bit 0 used 1, bit 1 left neighbour used 1, bit 2 quick 1");
    stage_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(links_of_free_blocks_say_where_they_point_to, open_stage,
                                        close_stage),
        cmocka_unit_test_setup_teardown(links_are_shortened_to_what_fits, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(ascii_links_have_ascii_arrows, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(links_follow_the_bytes, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(a_block_in_use_has_no_links, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(a_footer_shows_its_own_word, open_stage, close_stage),
        cmocka_unit_test(status_bits_are_named_by_the_allocator),
        cmocka_unit_test(links_of_trees_have_sides),
        cmocka_unit_test(a_link_without_room_is_not_written),
        cmocka_unit_test_setup_teardown(inspect_tells_each_bit_and_link, open_stage, close_stage),
        cmocka_unit_test(of_more_bits_than_a_row_has_room_for_each_is_told_in_brief),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}

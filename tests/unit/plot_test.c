/* SPDX-License-Identifier: MIT */
/* The plot: axes, dots, and what becomes of peaks. */
#include "picture.h"

#include "check.h"
#include "view/pictures.h"

#include <locale.h>
#include <stdlib.h>

static int open_stage(void **state)
{
    *state = stage_new("implicit", 256, 1 << 20);
    return 0;
}

static int close_stage(void **state)
{
    stage_free(*state);
    return 0;
}

static void shows(const stage *s, int rows, int columns, bool ascii, const char *text)
{
    picture_shows(picture_of(s, &hs_picture_plot, rows, columns, ascii, 0), text);
}

static void before_any_request_there_is_nothing_to_plot(void **state)
{
    shows(*state, 10, 60, false, " Over time\nno requests yet\n");
}

static void axes_are_labelled(void **state)
{
    stage_does(*state, "malloc 100; malloc 28; free p1");
    shows(*state, 0, 30, false, "live         128 ┤");
    shows(*state, 0, 30, false, "heap size    256 ┤");
    shows(*state, 0, 30, false, "live / heap 100% ┤");
    shows(*state, 0, 30, false, "examined       2 ┤");
    shows(*state, 0, 30, false, "               0 ┤");
    shows(*state, 0, 30, false, "requests          1          3\n");
}

static void values_are_dots_from_the_ground_up(void **state)
{
    /* live is 64, 128, 64, of 128: 2 x 4 dots a character, 12 characters. */
    stage_does(*state, "malloc 64; malloc 64; free p1");
    shows(*state, 0, 30, false,
          "live         128 ┤    ⣿⣿⣿⣿\n"
          "                 │    ⣿⣿⣿⣿\n"
          "                 │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿\n"
          "               0 ┤⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿\n");
    shows(*state, 0, 30, true,
          "live         128 |    ####\n"
          "                 |    ####\n"
          "                 |############\n"
          "               0 |############\n");
    shows(*state, 6, 30, false,
          "live         128 ┤    ⣿⣿⣿⣿\n"
          "               0 ┤⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿\n");
}

static void a_small_pane_has_fewer_charts(void **state)
{
    stage_does(*state, "malloc 64");
    shows(*state, 6, 30, false, "heap size");
    picture_hides(picture_of(*state, &hs_picture_plot, 6, 30, false, 0), "examined");
    shows(*state, 3, 30, false, "no room\n");
    shows(*state, 20, 20, false, "no room\n");
}

static void one_request_among_thousands_is_seen(void **state)
{
    stage_does(*state, "repeat 5000 { a = malloc 8; free a }; b = malloc 20000; free b");
    stage_does(*state, "repeat 5000 { a = malloc 8; free a }");
    /* The peak fills its column of dots to the top, and the rest is one dot high. */
    shows(*state, 0, 30, true, "live       20000 |      #");
    shows(*state, 0, 30, true, "               0 |......#.....\n");
}

static void a_value_too_long_for_the_gutter_stands_below_the_name(void **state)
{
    stage_does(*state, "heap 128M max 128M; malloc 1");
    shows(*state, 0, 40, true, "heap size        |");
    shows(*state, 0, 40, true, "       134217728 |");
}

static void every_pane_can_be_painted(void **state)
{
    stage_does(*state, "random 300 seed 4");
    for (int rows = 1; rows < 30; rows++)
        for (int columns = 1; columns < 100; columns += 3)
            free(picture_of(*state, &hs_picture_plot, rows, columns, columns % 2, 0));
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(before_any_request_there_is_nothing_to_plot),
        ON_STAGE(axes_are_labelled),
        ON_STAGE(values_are_dots_from_the_ground_up),
        ON_STAGE(a_small_pane_has_fewer_charts),
        ON_STAGE(one_request_among_thousands_is_seen),
        ON_STAGE(a_value_too_long_for_the_gutter_stands_below_the_name),
        ON_STAGE(every_pane_can_be_painted),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests_name("plot", tests, NULL, NULL);
}

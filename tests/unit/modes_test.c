/* SPDX-License-Identifier: MIT */
/* The table of modes, with rows made up for it: who is asked, in which order, and who is told. */
#include "ui/full/app.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What one row of the test remembers; all of them have it. */
typedef struct {
    bool on, takes;
    int keys, clicks, told, wait;
} made_up;

enum { FRONT, MIDDLE, BACK, ROWS };

static const hs_mode front, middle, back;
static const hs_mode *const table[] = {&front, &middle, &back, NULL};

static made_up *own(const hs_app *a, int row)
{
    return hs_mode_own(a, table[row]);
}

#define ROW(n)                                                                                     \
    static bool on_##n(const hs_app *a)                                                            \
    {                                                                                              \
        return own(a, n)->on;                                                                      \
    }                                                                                              \
    static bool key_##n(hs_app *a, wchar_t key, bool special)                                      \
    {                                                                                              \
        (void)key, (void)special;                                                                  \
        own(a, n)->keys++;                                                                         \
        return own(a, n)->takes;                                                                   \
    }                                                                                              \
    static bool click_##n(hs_app *a, int row, int column)                                          \
    {                                                                                              \
        (void)row, (void)column;                                                                   \
        own(a, n)->clicks++;                                                                       \
        return own(a, n)->takes;                                                                   \
    }                                                                                              \
    static int wait_##n(const hs_app *a)                                                           \
    {                                                                                              \
        return own(a, n)->wait;                                                                    \
    }                                                                                              \
    static void told_##n(hs_app *a)                                                                \
    {                                                                                              \
        own(a, n)->told++;                                                                         \
    }

ROW(FRONT)
ROW(MIDDLE)
ROW(BACK)

static const char *no_hints(const hs_app *a)
{
    (void)a;
    return NULL;
}

static const char *middle_hints(const hs_app *a)
{
    (void)a;
    return "the middle's";
}

static const char *back_hints(const hs_app *a)
{
    (void)a;
    return "the back's";
}

static int line(const hs_app *a, hs_pane p, int row)
{
    (void)a, (void)p, (void)row;
    return 0;
}

static const hs_mode front = {.own_size = sizeof(made_up),
                              .alone = true,
                              .on = on_FRONT,
                              .hints = no_hints,
                              .key = key_FRONT,
                              .click = click_FRONT,
                              .wait = wait_FRONT,
                              .yield = told_FRONT,
                              .leave = told_FRONT};
static const hs_mode middle = {.own_size = sizeof(made_up),
                               .on = on_MIDDLE,
                               .hints = middle_hints,
                               .line = line,
                               .key = key_MIDDLE,
                               .click = click_MIDDLE,
                               .wait = wait_MIDDLE,
                               .yield = told_MIDDLE};
static const hs_mode back = {.own_size = sizeof(made_up),
                             .types = true,
                             .on = on_BACK,
                             .hints = back_hints,
                             .line = line,
                             .key = key_BACK,
                             .click = click_BACK,
                             .wait = wait_BACK,
                             .leave = told_BACK};

/* Middle and back are on; nothing is due. */
static hs_app begin(void)
{
    hs_app a = {0};
    hs_modes_begin(&a, table);
    for (int i = 0; i < ROWS; i++) own(&a, i)->wait = -1;
    own(&a, MIDDLE)->on = own(&a, BACK)->on = true;
    return a;
}

static void a_key_goes_from_row_to_row_until_one_takes_it(void **state)
{
    hs_app a = begin();
    (void)state;
    own(&a, BACK)->takes = true;
    assert_true(hs_modes_key(&a, L'x', false));
    assert_int_equal(own(&a, FRONT)->keys, 0); /* it is off */
    assert_int_equal(own(&a, MIDDLE)->keys, 1);
    assert_int_equal(own(&a, BACK)->keys, 1);
    own(&a, MIDDLE)->takes = true;
    assert_true(hs_modes_key(&a, L'x', false));
    assert_int_equal(own(&a, BACK)->keys, 1);
    assert_true(hs_modes_click(&a, 1, 1));
    assert_int_equal(own(&a, MIDDLE)->clicks, 1);
    assert_int_equal(own(&a, BACK)->clicks, 0);
    hs_modes_end(&a);
}

static void what_is_typed_draws_nothing_else_anew(void **state)
{
    hs_app a = begin();
    (void)state;
    own(&a, BACK)->takes = true;
    assert_true(hs_modes_key(&a, L'x', false));
    assert_false(a.stale);
    own(&a, MIDDLE)->takes = true;
    assert_true(hs_modes_key(&a, L'x', false));
    assert_true(a.stale);
    hs_modes_end(&a);
}

static void behind_a_row_that_stands_alone_none_is_asked(void **state)
{
    const hs_mode *due;
    hs_app a = begin();
    (void)state;
    own(&a, BACK)->wait = 20;
    assert_false(hs_modes_alone(&a));
    own(&a, FRONT)->on = true;
    assert_true(hs_modes_alone(&a));
    assert_false(hs_modes_key(&a, L'x', false));
    assert_false(hs_modes_click(&a, 1, 1));
    assert_int_equal(own(&a, FRONT)->keys, 1);
    assert_int_equal(own(&a, MIDDLE)->keys + own(&a, BACK)->keys, 0);
    assert_int_equal(own(&a, MIDDLE)->clicks + own(&a, BACK)->clicks, 0);
    assert_int_equal(hs_modes_wait(&a, &due), -1);
    assert_null(due);
    hs_modes_end(&a);
}

static void the_first_row_that_has_hints_or_a_line_is_shown(void **state)
{
    hs_app a = begin();
    (void)state;
    own(&a, FRONT)->on = true;
    assert_string_equal(hs_modes_hints(&a), "the middle's");
    assert_ptr_equal(hs_modes_line(&a), &middle);
    own(&a, MIDDLE)->on = false;
    assert_string_equal(hs_modes_hints(&a), "the back's");
    assert_ptr_equal(hs_modes_line(&a), &back);
    hs_modes_end(&a);
}

static void the_shortest_wait_counts_also_of_a_row_that_is_off(void **state)
{
    const hs_mode *due;
    hs_app a = begin();
    (void)state;
    assert_int_equal(hs_modes_wait(&a, &due), -1);
    assert_null(due);
    own(&a, MIDDLE)->wait = 50;
    own(&a, BACK)->wait = 20;
    own(&a, BACK)->on = false;
    assert_int_equal(hs_modes_wait(&a, &due), 20);
    assert_ptr_equal(due, &back);
    own(&a, MIDDLE)->wait = 20; /* the first of two */
    assert_int_equal(hs_modes_wait(&a, &due), 20);
    assert_ptr_equal(due, &middle);
    hs_modes_end(&a);
}

static void all_rows_are_told_whether_they_are_on_or_not(void **state)
{
    hs_app a = begin();
    (void)state;
    hs_modes_yield(&a);
    assert_int_equal(own(&a, FRONT)->told, 1);
    assert_int_equal(own(&a, MIDDLE)->told, 1);
    hs_modes_leave(&a);
    assert_int_equal(own(&a, FRONT)->told, 2);
    assert_int_equal(own(&a, MIDDLE)->told, 1);
    assert_int_equal(own(&a, BACK)->told, 1);
    hs_modes_end(&a);
}

static int acted;

static void act(hs_app *a)
{
    (void)a;
    acted++;
}

static void a_table_of_keys_knows_special_ones_from_characters(void **state)
{
    static const hs_bound_key keys[] = {{L'a', false, act}, {260, true, act}, {0}};
    hs_app a = begin();
    (void)state;
    assert_true(hs_mode_act(&a, keys, L'a', false));
    assert_true(hs_mode_act(&a, keys, 260, true));
    assert_int_equal(acted, 2);
    assert_false(hs_mode_act(&a, keys, L'a', true));
    assert_false(hs_mode_act(&a, keys, 260, false));
    assert_false(hs_mode_act(&a, keys, 0, false)); /* a NUL that was typed */
    assert_int_equal(acted, 2);
    hs_modes_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_goes_from_row_to_row_until_one_takes_it),
        cmocka_unit_test(what_is_typed_draws_nothing_else_anew),
        cmocka_unit_test(behind_a_row_that_stands_alone_none_is_asked),
        cmocka_unit_test(the_first_row_that_has_hints_or_a_line_is_shown),
        cmocka_unit_test(the_shortest_wait_counts_also_of_a_row_that_is_off),
        cmocka_unit_test(all_rows_are_told_whether_they_are_on_or_not),
        cmocka_unit_test(a_table_of_keys_knows_special_ones_from_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Growth: how far a heap that runs out grows, under every allocator and in a session. */
#include "check.h"
#include "heaps.h"

#include <heapscope/session.h>

#include <stdlib.h>

/* --- Heaps ---------------------------------------------------------------------------------- */

/* The size of a heap of 64 bytes after malloc(size). */
static uint64_t grown(const char *line, hs_growth growth, size_t size)
{
    hs_heap *h = heap(line);
    hs_heap_set_growth(h, growth);
    assert_int_equal(hs_heap_growth(h), growth);
    hs_malloc(h, size);
    uint64_t committed = hs_heap_committed(h);
    assert_int_equal(hs_events_counts(h).growths, committed > 64);
    hs_heap_free(h);
    return committed;
}

static void a_heap_doubles_unless_told_otherwise(void **state)
{
    (void)state;
    hs_heap *h = heap("bump 64 65536");
    assert_int_equal(hs_heap_growth(h), HS_GROWTH_DOUBLE);
    hs_heap_free(h);
    assert_int_equal(grown("bump 64 65536", HS_GROWTH_DOUBLE, 64), 64);
    assert_int_equal(grown("bump 64 65536", HS_GROWTH_DOUBLE, 65), 128);
    assert_int_equal(grown("bump 64 65536", HS_GROWTH_DOUBLE, 300), 512);
}

static void by_page_it_grows_to_a_multiple_of_4096(void **state)
{
    (void)state;
    assert_int_equal(grown("bump 64 65536", HS_GROWTH_PAGE, 64), 64);
    assert_int_equal(grown("bump 64 65536", HS_GROWTH_PAGE, 65), 4096);
    assert_int_equal(grown("bump 64 65536", HS_GROWTH_PAGE, 4096), 4096);
    assert_int_equal(grown("bump 64 65536", HS_GROWTH_PAGE, 4097), 8192);
}

static void exactly_it_grows_to_a_multiple_of_the_alignment(void **state)
{
    (void)state;
    assert_int_equal(grown("bump 64 65536", HS_GROWTH_EXACT, 65), 72);
    assert_int_equal(grown("bump 64 65536", HS_GROWTH_EXACT, 72), 72);
    assert_int_equal(grown("bump 64 65536", HS_GROWTH_EXACT, 73), 80);
    assert_int_equal(grown("bump 64 65536 align=16", HS_GROWTH_EXACT, 65), 80);
    assert_int_equal(grown("implicit 64 65536", HS_GROWTH_EXACT, 64), 72);
    assert_int_equal(grown("slab 64 65536", HS_GROWTH_EXACT, 64), 256);
    assert_int_equal(grown("implicit 64 65536", HS_GROWTH_EXACT, 200), 208);
    assert_int_equal(grown("explicit 64 65536", HS_GROWTH_EXACT, 200), 216);
    assert_int_equal(grown("buddy 64 65536", HS_GROWTH_EXACT, 200), 256);
}

static void no_growth_goes_beyond_the_maximum(void **state)
{
    (void)state;
    for (int i = HS_GROWTH_DOUBLE; i <= HS_GROWTH_EXACT; i++) {
        assert_int_equal(grown("bump 64 208", (hs_growth)i, 201), 208);
        assert_int_equal(grown("bump 64 208", (hs_growth)i, 209), 64);
    }
}

static void growth_may_change_between_requests(void **state)
{
    (void)state;
    hs_heap *h = heap("bump 64 65536");
    hs_heap_set_growth(h, HS_GROWTH_EXACT);
    hs_malloc(h, 96);
    hs_heap_set_growth(h, HS_GROWTH_DOUBLE);
    hs_malloc(h, 16);
    assert_int_equal(hs_heap_committed(h), 192);
    hs_heap_set_growth(h, HS_GROWTH_PAGE);
    hs_malloc(h, 96);
    assert_int_equal(hs_heap_committed(h), 4096);
    hs_heap_free(h);
}

static void a_prepared_heap_is_as_large_as_any_other_and_grows_as_far(void **state)
{
    (void)state;
    hs_heap *h = heap("bump 64 65536");
    assert_true(hs_heap_prepare(h, 1000000));
    assert_int_equal(hs_heap_committed(h), 64);
    hs_heap_set_growth(h, HS_GROWTH_EXACT);
    hs_addr p = hs_malloc(h, 30000);
    assert_int_equal(hs_heap_committed(h), 30000);
    assert_int_equal(*hs_heap_bytes(h, p, 30000), 0);
    assert_int_equal(hs_malloc(h, 40000), HS_NULL);
    hs_heap_free(h);
}

/* --- Sessions ------------------------------------------------------------------------------- */

static hs_session *session(void)
{
    hs_problem problem;
    hs_session *s = hs_session_new("bump", &(hs_heap_config){64, 65536}, &problem);
    assert_non_null(s);
    return s;
}

static void perform(hs_session *s, hs_op op)
{
    hs_problem problem;
    if (!hs_session_perform(s, &op, &problem)) fail_msg("%s", problem.what);
}

static void set_growth(hs_session *s, const char *value, bool replay)
{
    perform(s, (hs_op){.kind = HS_OP_SET,
                       .name = "growth",
                       .text = value,
                       .text_length = strlen(value),
                       .replay = replay});
}

static void request(hs_session *s, uint64_t size)
{
    hs_pointer none = {.variable = HS_NONE};
    perform(s, (hs_op){.kind = HS_OP_REQUEST, .request = HS_MALLOC, .p = none, .a = size});
}

static uint64_t committed(const hs_session *s)
{
    return hs_heap_committed(hs_session_heap(s));
}

static void a_session_sets_the_growth_of_its_heap_and_of_fresh_ones(void **state)
{
    (void)state;
    hs_session *s = session();
    request(s, 72);
    assert_int_equal(committed(s), 128);
    set_growth(s, "exact", false);
    assert_int_equal(committed(s), 128);
    request(s, 72);
    assert_int_equal(committed(s), 144);
    perform(s, (hs_op){.kind = HS_OP_HEAP, .a = 64});
    request(s, 72);
    assert_int_equal(committed(s), 72);
    perform(s, (hs_op){.kind = HS_OP_ALLOCATOR, .name = "buddy"});
    request(s, 72);
    assert_int_equal(committed(s), 128);
    hs_session_free(s);
}

static void a_replay_grows_as_is_set_now(void **state)
{
    (void)state;
    hs_session *s = session();
    request(s, 72);
    request(s, 72);
    assert_int_equal(committed(s), 256);
    set_growth(s, "exact", true);
    assert_int_equal(committed(s), 144);
    set_growth(s, "page", true);
    assert_int_equal(committed(s), 4096);
    hs_session_free(s);
}

static void a_growth_that_is_none_is_refused(void **state)
{
    (void)state;
    hs_problem problem;
    hs_session *s = session();
    hs_op op = {.kind = HS_OP_SET, .name = "growth", .text = "triple", .replay = true};
    request(s, 72);
    assert_false(hs_session_perform(s, &op, &problem));
    assert_string_equal(problem.what, "growth can not be triple");
    assert_int_equal(committed(s), 128);
    assert_int_equal(hs_session_setting(s, HS_SET_GROWTH), HS_GROWTH_DOUBLE);
    hs_session_free(s);
}

/* The script contains the line, or, where `wanted` is false, does not. */
static void expect_line(const hs_session *s, const char *line, bool wanted)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_true(hs_session_write_script(s, out));
    fclose(out);
    assert_int_equal(strstr(text, line) != NULL, wanted);
    free(text);
}

static void a_saved_session_keeps_its_growth(void **state)
{
    (void)state;
    hs_session *s = session();
    expect_line(s, "growth", false);
    set_growth(s, "exact", false);
    expect_line(s, "\nset growth exact\n", true);
    perform(s, (hs_op){.kind = HS_OP_RESET}); /* the script begins here: its start state has it */
    expect_line(s, "\nset growth exact\n", true);
    request(s, 72);
    assert_int_equal(committed(s), 72);
    hs_session_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_heap_doubles_unless_told_otherwise),
        cmocka_unit_test(by_page_it_grows_to_a_multiple_of_4096),
        cmocka_unit_test(exactly_it_grows_to_a_multiple_of_the_alignment),
        cmocka_unit_test(no_growth_goes_beyond_the_maximum),
        cmocka_unit_test(a_prepared_heap_is_as_large_as_any_other_and_grows_as_far),
        cmocka_unit_test(growth_may_change_between_requests),
        cmocka_unit_test(a_session_sets_the_growth_of_its_heap_and_of_fresh_ones),
        cmocka_unit_test(a_replay_grows_as_is_set_now),
        cmocka_unit_test(a_growth_that_is_none_is_refused),
        cmocka_unit_test(a_saved_session_keeps_its_growth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

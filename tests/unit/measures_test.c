/* SPDX-License-Identifier: MIT */
/* Measures over time: Johnstone & Wilson's four, the cost of a request, and the samples. */
#include "check.h"
#include "model/session/timeline.h"
#include "stage.h"

#include "base/count.h"

#include <heapscope/ledger.h>

#include <stdlib.h>
#include <string.h>

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

/* --- Fragmentation over time ---------------------------------------------------------------- */

/* u112 u16 u112 u16, then holes of 112, and a block that fits none of them. */
static void peaks_apart(stage *s)
{
    stage_does(s, "malloc 100; malloc 8; malloc 100; malloc 8; free p1; free p3; malloc 110");
}

static void used_reaches_from_the_base_to_the_highest_block_so_far(void **state)
{
    stage_does(*state, "expect used == 0; malloc 24; expect used == 32; malloc 8");
    stage_does(*state, "expect used == 48; free p2; free p1; expect used == 48");
}

static void used_follows_a_block_that_grows_in_place(void **state)
{
    static const struct {
        const char *allocator, *expected;
    } cases[] = {
        {"bump", "expect used == 1504"},       {"slab", "expect used == 1536"},
        {"buddy", "expect used == 2048"},      {"implicit", "expect used == 1512"},
        {"segregated", "expect used == 1512"}, {"explicit", "expect used == 1512"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        stage *s = stage_new(cases[i].allocator, 4096, 1 << 20);
        stage_does(s, "malloc 300; realloc p1 1500; expect moved_total == 0");
        stage_does(s, cases[i].expected);
        stage_free(s);
    }
}

static void a_freed_block_without_bytes_changes_the_figures(void **state)
{
    stage *s = stage_new("bump", 256, 1 << 20);
    (void)state;
    stage_does(s, "malloc 8; malloc 0; expect padding == 8; free p2");
    stage_does(s, "expect padding == 0; expect dead == 8");
    stage_free(s);
}

static void the_four_measures_differ_when_the_peaks_lie_apart(void **state)
{
    stage *s = *state;
    peaks_apart(s);
    stage_does(s, "expect used == 376 and peak_live == 216 and live == 126");
    stage_does(s, "expect fragmentation_2 == (256 - 216) * 100 / 216");
    stage_does(s, "expect fragmentation_3 == (376 - 126) * 100 / 126");
    stage_does(s, "expect fragmentation_4 == (376 - 216) * 100 / 216");
    /* Thousandths after each of the seven requests. */
    stage_does(s, "expect fragmentation_1 == (120 + 185 + 153 + 185 + 1206 + 15000 + 1984) / 70");
    stage_does(s, "free p2; expect live == 118 and fragmentation_3 == (376 - 126) * 100 / 126");
}

static void a_peak_counts_where_it_was_first_reached(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 100; malloc 8; free p1; p1 = malloc 100; free p2; malloc 24");
    stage_does(s, "expect peak_live == 124 and used == 144 and fragmentation_2 == 16");
    stage_does(s, "free p1; malloc 100; expect fragmentation_2 == 16 and fragmentation_3 == 16");
}

static void requests_that_leave_nothing_live_have_no_ratio(void **state)
{
    stage_does(*state, "expect fragmentation_1 == 0 and fragmentation_4 == 0");
    stage_does(*state, "malloc 100; expect fragmentation_1 == 12; free p1");
    stage_does(*state, "expect fragmentation_1 == 12 and fragmentation_4 == 12");
}

static void a_fresh_heap_has_no_past(void **state)
{
    size_t n;
    stage *s = *state;
    peaks_apart(s);
    stage_does(s, "heap 512; expect used == 0 and fragmentation_1 == 0 and fragmentation_3 == 0");
    hs_session_samples(s->session, &n);
    assert_int_equal(n, 0);
}

static void cost_is_blocks_examined_per_request(void **state)
{
    stage_does(*state, "expect examined_per_100 == 0; malloc 8; malloc 8; malloc 8; free p1");
    stage_does(*state, "expect examined_total == 1 + 2 + 3 and examined_per_100 == 600 / 4");
}

/* --- Samples -------------------------------------------------------------------------------- */

static void each_request_is_a_sample_at_first(void **state)
{
    size_t n;
    peaks_apart(*state);
    const hs_sample *x = hs_session_samples(((stage *)*state)->session, &n);
    assert_int_equal(n, 7);
    assert_int_equal(x[3].live, 216);
    assert_int_equal(x[3].used, 256);
    assert_int_equal(x[3].heap, 256);
    assert_int_equal(x[3].utilization, 216 * 100 / 256);
    assert_int_equal(x[5].live, 16);
    assert_int_equal(x[6].heap, 512);
    assert_int_equal(x[6].examined, stage_value(*state, "examined"));
    assert_int_equal(x[6].requests, 1);
}

static void failed_requests_take_time_too(void **state)
{
    size_t n;
    stage_does(*state, "heap 256 max 256; malloc 1000; malloc 8");
    hs_session_samples(((stage *)*state)->session, &n);
    assert_int_equal(n, 2);
}

static void memory_is_bounded_and_no_peak_is_lost(void **state)
{
    (void)state;
    enum { MANY = 100000, SPIKE = 77777 };
    hs_timeline t = {0};
    for (uint64_t i = 1; i <= MANY; i++) {
        hs_timeline_add(&t, (hs_sample){.requests = 1, .live = i == SPIKE ? 1000 : 1, .heap = i});
        assert_true(t.count <= HS_SAMPLES);
    }
    uint64_t sum = 0, most = 0, at = 0;
    for (size_t i = 0; i < t.count; i++) {
        if (t.samples[i].live > most) {
            most = t.samples[i].live;
            at = sum;
        }
        sum += t.samples[i].requests;
        assert_int_equal(t.samples[i].heap, sum); /* the largest: that of the last request */
        if (i + 1 < t.count) assert_int_equal(t.samples[i].requests, t.stride);
    }
    assert_int_equal(sum, MANY);
    assert_int_equal(most, 1000);
    assert_in_range(at, SPIKE - t.stride, SPIKE);
    assert_in_range(t.count, HS_SAMPLES / 2, HS_SAMPLES);
    hs_timeline_free(&t);
}

static void a_replay_leads_to_the_same_samples(void **state)
{
    size_t n, m;
    stage *s = *state;
    stage_does(s, "random 5000 seed 7");
    const hs_sample *x = hs_session_samples(s->session, &n);
    hs_sample *before = malloc(n * sizeof *before);
    memcpy(before, x, n * sizeof *before);
    stage_does(s, "allocator bump replay; allocator implicit replay");
    x = hs_session_samples(s->session, &m);
    assert_int_equal(n, m);
    assert_memory_equal(before, x, n * sizeof *before);
    free(before);
}

static void going_back_takes_the_samples_back(void **state)
{
    size_t n;
    stage *s = *state;
    peaks_apart(s);
    stage_does(s, "undo 3; expect fragmentation_1 == (120 + 185 + 153 + 185) / 40");
    hs_session_samples(s->session, &n);
    assert_int_equal(n, 4);
    stage_does(s, "redo 3; expect fragmentation_3 == (376 - 126) * 100 / 126");
    hs_session_samples(s->session, &n);
    assert_int_equal(n, 7);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)

/* 0 % is nothing and 100 % is all, wherever a percentage is shown. */
static void a_little_is_not_nothing_and_nearly_all_is_not_all(void **state)
{
    (void)state;
    static const struct {
        uint64_t part, whole;
        const char *shown;
    } rows[] = {
        {0, 0, "0"},
        {0, 7, "0"},
        {7, 7, "100"},
        {1, 1000, "<1"},
        {9, 1000, "<1"},
        {10, 1000, "1"},
        {19, 1000, "1"},
        {29, 100, "29"},
        {99, 100, "99"},
        {989, 1000, "98"},
        {990, 1000, "99"},
        {991, 1000, ">99"},
        {999, 1000, ">99"},
        {1500, 1000, "150"},
        {1, UINT64_MAX, "<1"},
        {1995, 1000, "199"},
        {1 << 20, 1 << 20, "100"},
    };
    char room[HS_PERCENT_ROOM];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(hs_percent(rows[i].part, rows[i].whole, room), rows[i].shown);
    stage *s = stage_new("implicit", 1 << 20, 1 << 20);
    stage_does(s, "p = malloc 24; q = malloc 24; free p");
    const hs_measure *m = hs_measure_named("external_fragmentation", 22);
    hs_ledger l = hs_ledger_take(s->session);
    assert_int_equal(m->value(s->session, &l), 0);
    assert_string_equal(hs_measure_text(m, s->session, &l, room), "<1");
    m = hs_measure_named("live", 4);
    assert_string_equal(hs_measure_text(m, s->session, &l, room), "24");
    stage_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(used_reaches_from_the_base_to_the_highest_block_so_far),
        cmocka_unit_test(used_follows_a_block_that_grows_in_place),
        cmocka_unit_test(a_freed_block_without_bytes_changes_the_figures),
        ON_STAGE(the_four_measures_differ_when_the_peaks_lie_apart),
        ON_STAGE(a_peak_counts_where_it_was_first_reached),
        ON_STAGE(requests_that_leave_nothing_live_have_no_ratio),
        ON_STAGE(a_fresh_heap_has_no_past),
        ON_STAGE(cost_is_blocks_examined_per_request),
        ON_STAGE(each_request_is_a_sample_at_first),
        ON_STAGE(failed_requests_take_time_too),
        cmocka_unit_test(memory_is_bounded_and_no_peak_is_lost),
        ON_STAGE(a_replay_leads_to_the_same_samples),
        ON_STAGE(going_back_takes_the_samples_back),
        cmocka_unit_test(a_little_is_not_nothing_and_nearly_all_is_not_all),
    };
    return cmocka_run_group_tests_name("measures", tests, NULL, NULL);
}

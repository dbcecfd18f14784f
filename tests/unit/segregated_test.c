/* SPDX-License-Identifier: MIT */
/* Segregated fits: the lists and their bitmap, and what the check finds. */
#include "check.h"
#include "heaps.h"

enum { LISTS = 1024 };

/* Blocks of the given sizes in use, each followed by one of 32 bytes that keeps it apart; then
 * those of the given sizes are freed in order. */
static hs_heap *heap_with_holes(const char *line, const size_t *sizes, size_t n)
{
    hs_heap *h = heap(line);
    hs_addr p[16];
    for (size_t i = 0; i < n; i++) {
        p[i] = hs_malloc(h, sizes[i] - 8);
        hs_malloc(h, 24);
    }
    for (size_t i = 0; i < n; i++) hs_free(h, p[i]);
    return h;
}

/* The heads of the lists from `first` on that are not empty, as "index:offset ...". */
static const char *heads(const hs_heap *h)
{
    static char text[256];
    size_t n = 0;
    hs_list l;
    text[0] = 0;
    for (size_t i = 0; hs_heap_allocator(h)->list(h, i, &l) && n < sizeof text - 32; i++) {
        assert_int_equal(l.marked, l.head != HS_NULL);
        if (l.head)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%zu:%llu", n ? " " : "", i,
                                  (unsigned long long)(l.head - HS_BASE));
    }
    return text;
}

/* --- Lists ---------------------------------------------------------------------------------- */

static void the_lists_share_out_all_sizes_without_gap_or_overlap(void **state)
{
    (void)state;
    hs_heap *h = heap("segregated 256 4096");
    hs_list l;
    uint64_t next = 0;
    size_t i = 0;
    for (; i < LISTS && hs_heap_allocator(h)->list(h, i, &l) && (i == 0 || next); i++) {
        assert_int_equal(l.smallest, next);
        if (i < 64) assert_int_equal(l.largest, l.smallest + 7);
        if (i > 64) assert_true((l.largest - l.smallest + 1) * 16 <= l.smallest);
        next = l.largest + 1;
    }
    assert_int_equal(next, 0); /* 2^64 */
    hs_heap_free(h);
}

static void a_request_looks_into_the_list_of_its_own_size_first(void **state)
{
    (void)state;
    hs_heap *h = heap_with_holes("segregated 1024 1024", (size_t[]){64, 40, 48, 40, 104}, 5);
    assert_string_equal(heads(h), "5:248 6:168 8:0 13:320 65:456");
    assert_int_equal(at(hs_malloc(h, 32)), 256);
    assert_int_equal(count_events(h, HS_VISIT), 1);
    assert_int_equal(event(h, HS_LOOK)->a, 5);
    hs_heap_free(h);
}

static void the_next_list_that_is_not_empty_serves_when_the_own_one_is(void **state)
{
    (void)state;
    hs_heap *h = heap_with_holes("segregated 1024 1024", (size_t[]){64, 40, 104}, 3);
    assert_int_equal(at(hs_malloc(h, 64)), 176);
    assert_int_equal(count_events(h, HS_LOOK), 1);
    assert_int_equal(event(h, HS_LOOK)->a, 13);
    assert_int_equal(event(h, HS_SPLIT)->b, 32);
    assert_string_equal(heads(h), "4:240 5:96 8:0 70:304");
    hs_heap_free(h);
}

/* List 68 has the sizes 640 to 664: one is too small, two are large enough. */
static void within_a_list_first_fit_takes_the_first_and_best_fit_the_smallest(void **state)
{
    (void)state;
    const size_t sizes[] = {648, 664, 640};
    hs_heap *h = heap_with_holes("segregated 4096 4096", sizes, 3);
    assert_int_equal(at(hs_malloc(h, 640)), 688);
    assert_int_equal(count_events(h, HS_VISIT), 2);
    hs_heap_free(h);
    h = heap_with_holes("segregated 4096 4096 fit=best", sizes, 3);
    assert_int_equal(at(hs_malloc(h, 640)), 8);
    assert_int_equal(count_events(h, HS_VISIT), 3);
    hs_heap_free(h);
}

static void an_aligned_request_goes_on_to_larger_lists(void **state)
{
    (void)state;
    hs_heap *h = heap_with_holes("segregated 1024 1024", (size_t[]){40, 64}, 2);
    assert_int_equal(at(hs_aligned_alloc(h, 64, 32)), 256);
    assert_int_equal(count_events(h, HS_LOOK), 3);
    hs_heap_free(h);
}

static void joining_and_splitting_move_blocks_to_other_lists(void **state)
{
    (void)state;
    hs_heap *h = heap("segregated 160 160");
    hs_addr p = hs_malloc(h, 24), q = hs_malloc(h, 24);
    hs_malloc(h, 24);
    hs_free(h, p);
    assert_string_equal(heads(h), "4:0 7:96");
    hs_free(h, q);
    assert_string_equal(heads(h), "7:96 8:0");
    expect_blocks(h, "f64 u32 f56");
    hs_heap_free(h);
}

/* --- Broken bytes --------------------------------------------------------------------------- */

static void store(hs_heap *h, uint64_t offset, uint64_t word)
{
    assert_true(hs_heap_poke(h, HS_BASE + offset, &word, sizeof word));
}

static void expect_fault(hs_heap *h, const picture *before, hs_reason why)
{
    assert_non_null(hs_fault(h));
    assert_int_equal(hs_fault(h)->detail, why);
    expect_unchanged(h, before);
}

static void every_size_that_a_broken_header_can_say_ends_in_a_fault(void **state)
{
    (void)state;
    static picture before;
    for (unsigned bit = 11; bit < 64; bit++) {
        hs_heap *h = heap("segregated 160 160");
        hs_addr p = hs_malloc(h, 24);
        hs_malloc(h, 24);
        store(h, 32, (uint64_t)1 << bit); /* free, says the block on p's right */
        take(h, &before);
        hs_free(h, p);
        expect_fault(h, &before, HS_BECAUSE_OUTSIDE);
        hs_heap_free(h);
    }
}

static void the_check_reports_a_list_that_leads_astray(void **state)
{
    (void)state;
    hs_damage damage = {0};
    hs_heap *h = heap("segregated 160 160");
    hs_addr p = hs_malloc(h, 24);
    hs_malloc(h, 24);
    hs_free(h, p);
    store(h, 16, HS_BASE + 64); /* previous */
    assert_false(hs_heap_allocator(h)->check(h, &damage));
    assert_int_equal(at(damage.at), 0);
    assert_non_null(strstr(damage.what, "previous"));
    hs_heap_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lists_share_out_all_sizes_without_gap_or_overlap),
        cmocka_unit_test(a_request_looks_into_the_list_of_its_own_size_first),
        cmocka_unit_test(the_next_list_that_is_not_empty_serves_when_the_own_one_is),
        cmocka_unit_test(within_a_list_first_fit_takes_the_first_and_best_fit_the_smallest),
        cmocka_unit_test(an_aligned_request_goes_on_to_larger_lists),
        cmocka_unit_test(joining_and_splitting_move_blocks_to_other_lists),
        cmocka_unit_test(every_size_that_a_broken_header_can_say_ends_in_a_fault),
        cmocka_unit_test(the_check_reports_a_list_that_leads_astray),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

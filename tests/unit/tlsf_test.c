/* SPDX-License-Identifier: MIT */
/* Two-level segregated fit: its classes, what a request looks at, and what it gives up. */
#include "check.h"
#include "heaps.h"

enum { COLUMNS = 32 };

static hs_list list_of(const hs_heap *h, size_t index)
{
    hs_list list;
    assert_true(hs_heap_allocator(h)->list(h, index, &list));
    return list;
}

static void store(hs_heap *h, uint64_t offset, uint64_t word)
{
    assert_true(hs_heap_poke(h, HS_BASE + offset, &word, sizeof word));
}

/* The index of the list that a block of `size` bytes joins when it is freed. */
static size_t list_joined(hs_heap *h, uint64_t size)
{
    hs_addr p = hs_malloc(h, size - 8), wall = hs_malloc(h, 8);
    hs_free(h, p);
    const hs_event *e = event(h, HS_INSERT);
    assert_int_equal(e->a, size);
    size_t index = e->b;
    assert_int_equal(list_of(h, index).head, p - 8);
    hs_free(h, wall);
    return index;
}

/* NULL when the system does not promise so much. */
static hs_heap *heap_of_1_TiB(void)
{
    return hs_heap_new(&(hs_heap_config){256, HS_HEAP_LARGEST},
                       hs_allocator_named("tlsf", HS_PROBED), HS_PROBED, NULL);
}

/* --- Classes -------------------------------------------------------------------------------- */

/* Without a gap, up to the largest heap and not beyond a row more. */
static void expect_classes_tile(hs_heap *h)
{
    hs_list list, before = list_of(h, 0);
    size_t i = 1;
    assert_int_equal(before.smallest, 0);
    for (; hs_heap_allocator(h)->list(h, i, &list) && !list.name; before = list, i++) {
        assert_int_equal(list.smallest, before.largest + 1);
        assert_true(list.largest > list.smallest);
    }
    assert_in_range(before.largest, HS_HEAP_LARGEST, 2 * HS_HEAP_LARGEST);
}

static void the_classes_leave_no_size_out_up_to_the_largest_heap(void **state)
{
    (void)state;
    hs_heap *h = heap("tlsf 256 4096");
    expect_classes_tile(h);
    hs_heap_free(h);
    h = heap_of_1_TiB();
    if (!h) skip();
    expect_classes_tile(h);
    hs_heap_free(h);
}

static void each_row_has_the_sizes_from_a_power_of_two_to_the_next_in_equal_steps(void **state)
{
    (void)state;
    hs_heap *h = heap("tlsf 256 1048576");
    assert_int_equal(hs_heap_allocator(h)->columns, COLUMNS);
    for (size_t row = 1; row <= 12; row++)
        for (size_t column = 0; column < COLUMNS; column++) {
            hs_list list = list_of(h, row * COLUMNS + column);
            uint64_t start = (uint64_t)128 << row, step = start / COLUMNS;
            assert_int_equal(list.smallest, start + column * step);
            assert_int_equal(list.largest, list.smallest + step - 1);
        }
    hs_heap_free(h);
}

static void a_free_block_joins_the_list_of_its_class(void **state)
{
    (void)state;
    hs_heap *h = heap("tlsf 65536 65536");
    for (uint64_t size = 32; size <= 20000; size += 8) {
        hs_list list = list_of(h, list_joined(h, size));
        assert_true(list.smallest == 0 || list.smallest <= size);
        assert_true(list.largest >= size);
    }
    hs_heap_free(h);
}

static void a_list_is_marked_while_it_has_blocks(void **state)
{
    (void)state;
    hs_heap *h = heap("tlsf 4096 4096");
    hs_addr p = hs_malloc(h, 504);
    hs_malloc(h, 8);
    hs_free(h, p);
    size_t index = event(h, HS_INSERT)->b;
    assert_int_equal(index, 2 * COLUMNS); /* 512: the start of the third row */
    assert_true(list_of(h, index).marked);
    hs_malloc(h, 504);
    assert_int_equal(event(h, HS_REMOVE)->b, index);
    assert_false(list_of(h, index).marked);
    hs_heap_free(h);
}

/* --- What a request looks at ---------------------------------------------------------------- */

static void malloc_examines_one_block_however_many_are_free(void **state)
{
    (void)state;
    static hs_addr p[500];
    hs_heap *h = heap("tlsf 65536 65536");
    for (size_t i = 0; i < 500; i++) p[i] = hs_malloc(h, 24 + i % 7 * 8);
    for (size_t i = 0; i < 500; i += 2) hs_free(h, p[i]);
    for (size_t size = 1; size < 200; size++) {
        assert_true(hs_malloc(h, size));
        assert_int_equal(hs_events_counts(h).visits, 1);
        assert_int_equal(count_events(h, HS_LOOK), 1);
    }
    hs_heap_free(h);
}

static void the_block_freed_last_is_handed_out_first(void **state)
{
    (void)state;
    hs_heap *h = heap("tlsf 512 512");
    hs_addr p = hs_malloc(h, 24), wall = hs_malloc(h, 24), q = hs_malloc(h, 24);
    hs_malloc(h, 24);
    hs_free(h, q);
    hs_free(h, p);
    assert_int_equal(hs_malloc(h, 24), p);
    assert_int_equal(hs_malloc(h, 24), q);
    assert_true(wall);
    hs_heap_free(h);
}

static void a_hole_in_the_class_of_the_request_is_passed_over_for_a_larger_block(void **state)
{
    (void)state;
    hs_heap *h = heap("tlsf 4096 4096");
    hs_addr p = hs_malloc(h, 512), wall = hs_malloc(h, 8);
    hs_free(h, p);
    expect_blocks(h, "f520 u32 f3536"); /* 520 is in the class of 512 to 527 */
    assert_true(hs_malloc(h, 512) > wall);
    hs_heap_free(h);
}

static void a_hole_at_the_start_of_a_class_fits_all_that_look_there(void **state)
{
    (void)state;
    hs_heap *h = heap("tlsf 4096 4096");
    hs_addr p = hs_malloc(h, 504);
    hs_malloc(h, 8);
    hs_free(h, p);
    assert_int_equal(hs_malloc(h, 504), p);
    assert_int_equal(count_events(h, HS_REJECT), 0);
    hs_heap_free(h);
}

static void aligned_alloc_too_looks_where_every_block_is_large_enough(void **state)
{
    (void)state;
    hs_heap *h = heap("tlsf 4096 4096");
    hs_malloc(h, 8);
    hs_addr p = hs_malloc(h, 200);
    hs_malloc(h, 8);
    hs_free(h, p);
    assert_int_equal(at(hs_aligned_alloc(h, 64, 64)), 128); /* 72 + 64 - 8 + 32 are in 208 */
    assert_int_equal(hs_events_counts(h).visits, 1);
    expect_blocks(h, "u32 f88 u72 f48 u32 f3816");
    hs_heap_free(h);
}

static void aligned_alloc_passes_over_a_hole_that_is_too_small_once_aligned(void **state)
{
    (void)state;
    hs_heap *h = heap("tlsf 4096 4096");
    hs_malloc(h, 8);
    hs_addr p = hs_malloc(h, 104);
    hs_malloc(h, 8);
    hs_free(h, p);
    assert_int_equal(at(p), 40); /* 56 to the next multiple but one: 24 are no free block */
    assert_int_equal(at(hs_aligned_alloc(h, 64, 24)), 256);
    expect_blocks(h, "u32 f112 u32 f72 u32 f3808");
    hs_heap_free(h);
}

static void a_heap_of_1_TiB_has_lists_for_its_largest_blocks(void **state)
{
    (void)state;
    hs_heap *h = heap_of_1_TiB();
    const uint64_t size = HS_HEAP_LARGEST - 64;
    hs_addr p = h ? hs_malloc(h, size) : HS_NULL;
    if (!p) {
        hs_heap_free(h);
        skip();
    }
    hs_free(h, p);
    assert_int_equal(event(h, HS_INSERT)->a, HS_HEAP_LARGEST - 8);
    assert_int_equal(list_of(h, event(h, HS_INSERT)->b).head, HS_BASE);
    assert_int_equal(hs_malloc(h, size), p);
    assert_int_equal(hs_malloc(h, HS_HEAP_LARGEST), HS_NULL);
    hs_heap_free(h);
}

/* --- What is given up ------------------------------------------------------------------------ */

/* A hole of 520 bytes, in the class of 512 to 527: not all blocks of it have 520. */
static void the_class_of_the_request_is_not_looked_at_even_before_the_heap_grows(void **state)
{
    (void)state;
    hs_heap *h = heap("tlsf 1024 2048");
    hs_addr p = hs_malloc(h, 512);
    hs_malloc(h, 480);
    hs_free(h, p);
    expect_blocks(h, "f520 u496");
    assert_true(hs_malloc(h, 512) > p);
    assert_int_equal(hs_events_counts(h).visits, 0);
    assert_int_equal(hs_events_counts(h).growths, 1);
    assert_int_equal(hs_malloc(h, 504), p); /* 512 bytes: all blocks of the class have as many */
    hs_heap_free(h);
}

static void a_request_is_refused_beside_a_block_of_its_class_that_would_do(void **state)
{
    (void)state;
    hs_heap *h = heap("tlsf 1024 1024");
    hs_addr p = hs_malloc(h, 512);
    hs_malloc(h, 480);
    hs_free(h, p);
    assert_int_equal(hs_malloc(h, 512), HS_NULL);
    assert_int_equal(event(h, HS_FAIL)->detail, HS_BECAUSE_LIMIT);
    assert_int_equal(hs_malloc(h, 504), p);
    hs_heap_free(h);
}

static void free_joins_its_neighbours_at_once(void **state)
{
    (void)state;
    hs_heap *h = heap("tlsf 512 512");
    hs_addr p = hs_malloc(h, 24), q = hs_malloc(h, 24);
    hs_malloc(h, 24);
    hs_free(h, p);
    hs_free(h, q);
    expect_blocks(h, "f64 u32 f408");
    hs_heap_free(h);
}

/* --- Broken bytes --------------------------------------------------------------------------- */

static void a_broken_link_ends_in_a_fault_and_the_lists_stay(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap("tlsf 256 256");
    hs_addr p = hs_malloc(h, 24);
    hs_malloc(h, 24);
    hs_free(h, p);
    store(h, 8, (uint64_t)1 << 50); /* next */
    take(h, &before);
    hs_list list = list_of(h, 4);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(hs_malloc(h, 24), HS_NULL);
        assert_int_equal(hs_fault(h)->detail, HS_BECAUSE_OUTSIDE);
        expect_unchanged(h, &before);
        assert_int_equal(list_of(h, 4).head, list.head);
        assert_true(list_of(h, 4).marked);
    }
    hs_heap_free(h);
}

static void a_neighbour_of_absurd_size_ends_in_a_fault(void **state)
{
    (void)state;
    static const uint64_t words[] = {UINT64_MAX - 1, (uint64_t)1 << 63, (uint64_t)1 << 42, 4096};
    static picture before;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        hs_heap *h = heap("tlsf 256 256");
        hs_addr p = hs_malloc(h, 24);
        hs_malloc(h, 24);
        store(h, 32, words[i]);
        take(h, &before);
        hs_free(h, p);
        assert_int_equal(hs_fault(h)->detail, HS_BECAUSE_OUTSIDE);
        expect_unchanged(h, &before);
        hs_heap_free(h);
    }
}

static void expect_damage(hs_heap *h, uint64_t offset, const char *what)
{
    hs_damage damage = {0};
    assert_false(hs_heap_allocator(h)->check(h, &damage));
    assert_int_equal(at(damage.at), offset);
    assert_non_null(strstr(damage.what, what));
}

static void the_check_reports_broken_lists(void **state)
{
    (void)state;
    hs_heap *h = heap("tlsf 256 256");
    hs_addr p = hs_malloc(h, 24);
    hs_malloc(h, 24);
    hs_free(h, p);
    store(h, 16, 99); /* previous */
    expect_damage(h, 0, "previous");
    store(h, 16, 0);
    store(h, 8, HS_BASE); /* next */
    expect_damage(h, 0, "previous");
    store(h, 8, 8);
    expect_damage(h, 0, "leads out of the heap");
    store(h, 8, HS_BASE + 64);
    expect_damage(h, 64, "other sizes");
    store(h, 0, 35); /* in use, says the header */
    store(h, 32, 35);
    expect_damage(h, 0, "no free block");
    hs_heap_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_classes_leave_no_size_out_up_to_the_largest_heap),
        cmocka_unit_test(each_row_has_the_sizes_from_a_power_of_two_to_the_next_in_equal_steps),
        cmocka_unit_test(a_free_block_joins_the_list_of_its_class),
        cmocka_unit_test(a_list_is_marked_while_it_has_blocks),
        cmocka_unit_test(malloc_examines_one_block_however_many_are_free),
        cmocka_unit_test(the_block_freed_last_is_handed_out_first),
        cmocka_unit_test(a_hole_in_the_class_of_the_request_is_passed_over_for_a_larger_block),
        cmocka_unit_test(a_hole_at_the_start_of_a_class_fits_all_that_look_there),
        cmocka_unit_test(aligned_alloc_too_looks_where_every_block_is_large_enough),
        cmocka_unit_test(aligned_alloc_passes_over_a_hole_that_is_too_small_once_aligned),
        cmocka_unit_test(a_heap_of_1_TiB_has_lists_for_its_largest_blocks),
        cmocka_unit_test(the_class_of_the_request_is_not_looked_at_even_before_the_heap_grows),
        cmocka_unit_test(a_request_is_refused_beside_a_block_of_its_class_that_would_do),
        cmocka_unit_test(free_joins_its_neighbours_at_once),
        cmocka_unit_test(a_broken_link_ends_in_a_fault_and_the_lists_stay),
        cmocka_unit_test(a_neighbour_of_absurd_size_ends_in_a_fault),
        cmocka_unit_test(the_check_reports_broken_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

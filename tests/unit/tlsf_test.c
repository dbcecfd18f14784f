/* Two-level segregated fit: its classes, what a request looks at, and what it gives up. */
#include "check.h"
#include "heaps.h"

enum { COLUMNS = 32, GLANCES = 16, JOIN_FEW = 64 };

/* Without quick lists in front of the grid. */
#define PAPER " coalesce=immediate"

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
    hs_heap *h = heap("tlsf 65536 65536" PAPER);
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
    hs_heap *h = heap("tlsf 4096 4096" PAPER);
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
    hs_heap *h = heap("tlsf 65536 65536" PAPER);
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
    hs_heap *h = heap("tlsf 512 512" PAPER);
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
    hs_heap *h = heap("tlsf 4096 4096" PAPER);
    hs_addr p = hs_malloc(h, 512), wall = hs_malloc(h, 8);
    hs_free(h, p);
    expect_blocks(h, "f520 u32 f3536"); /* 520 is in the class of 512 to 527 */
    assert_true(hs_malloc(h, 512) > wall);
    hs_heap_free(h);
}

static void a_hole_at_the_start_of_a_class_fits_all_that_look_there(void **state)
{
    (void)state;
    hs_heap *h = heap("tlsf 4096 4096" PAPER);
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
    hs_heap *h = heap("tlsf 4096 4096" PAPER);
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
    hs_heap *h = heap("tlsf 4096 4096" PAPER);
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
    hs_heap_set_option(h, option_index(hs_heap_allocator(h), "coalesce", 8), 1);
    hs_free(h, p);
    assert_int_equal(event(h, HS_INSERT)->a, HS_HEAP_LARGEST - 8);
    assert_int_equal(list_of(h, event(h, HS_INSERT)->b).head, HS_BASE);
    assert_int_equal(hs_malloc(h, size), p);
    assert_int_equal(hs_malloc(h, HS_HEAP_LARGEST), HS_NULL);
    hs_heap_free(h);
}

/* --- The last resort ------------------------------------------------------------------------ */

static void the_class_of_the_request_is_looked_at_before_the_heap_grows(void **state)
{
    (void)state;
    hs_heap *h = heap("tlsf 1024 2048" PAPER);
    hs_addr p = hs_malloc(h, 512);
    hs_malloc(h, 480);
    hs_free(h, p);
    expect_blocks(h, "f520 u496");
    assert_int_equal(hs_malloc(h, 512), p);
    assert_int_equal(hs_events_counts(h).growths, 0);
    expect_blocks(h, "u520 u496");
    hs_heap_free(h);
}

/* A full heap with one hole of 520 bytes, and in front of it in the list 20 of 512. */
static hs_heap *heap_of_near_misses(const char *line, hs_addr *hole)
{
    enum { NEAR = 20 };
    hs_addr near[NEAR];
    hs_heap *h = heap(line);
    *hole = hs_malloc(h, 512);
    hs_malloc(h, 24);
    for (size_t i = 0; i < NEAR; i++) {
        near[i] = hs_malloc(h, 504);
        hs_malloc(h, 24);
    }
    hs_free(h, *hole);
    for (size_t i = 0; i < NEAR; i++) hs_free(h, near[i]);
    return h;
}

static void before_the_heap_grows_only_a_few_blocks_are_looked_at(void **state)
{
    (void)state;
    hs_addr hole;
    hs_heap *h = heap_of_near_misses("tlsf 11440 22880" PAPER, &hole);
    assert_true(hs_malloc(h, 512) > hole);
    assert_int_equal(hs_events_counts(h).growths, 1);
    assert_int_equal(hs_events_counts(h).visits, GLANCES);
    hs_heap_free(h);
}

static void before_a_refusal_all_blocks_of_the_class_are_looked_at(void **state)
{
    (void)state;
    hs_addr hole;
    hs_heap *h = heap_of_near_misses("tlsf 11440 11440" PAPER, &hole);
    assert_int_equal(hs_malloc(h, 512), hole);
    assert_int_equal(hs_events_counts(h).visits, GLANCES + 21);
    assert_int_equal(hs_malloc(h, 512), HS_NULL);
    hs_heap_free(h);
}

static void aligned_alloc_is_refused_only_when_no_block_can_hold_it(void **state)
{
    (void)state;
    hs_heap *h = heap("tlsf 256 256" PAPER);
    hs_malloc(h, 48);
    hs_addr p = hs_malloc(h, 56);
    hs_malloc(h, 112);
    hs_free(h, p);
    expect_blocks(h, "u56 f64 u128"); /* the payload at 64 happens to be a multiple of 64 */
    assert_int_equal(hs_aligned_alloc(h, 64, 48), p);
    hs_free(h, p);
    assert_int_equal(hs_aligned_alloc(h, 128, 48), HS_NULL);
    assert_int_equal(event(h, HS_REJECT)->detail, HS_BECAUSE_NOT_ALIGNED);
    hs_heap_free(h);
}

/* --- Quick lists ----------------------------------------------------------------------------- */

static void free_joins_at_once_when_coalescing_is_immediate(void **state)
{
    (void)state;
    for (int deferred = 0; deferred <= 1; deferred++) {
        hs_heap *h = heap(deferred ? "tlsf 512 512" : "tlsf 512 512" PAPER);
        hs_addr p = hs_malloc(h, 24), q = hs_malloc(h, 24);
        hs_malloc(h, 24);
        hs_free(h, p);
        hs_free(h, q);
        expect_blocks(h, deferred ? "f32 f32 u32 f408" : "f64 u32 f408");
        hs_heap_free(h);
    }
}

static void a_quick_block_is_taken_before_the_grid_is_looked_at(void **state)
{
    (void)state;
    hs_heap *h = heap("tlsf 512 512");
    hs_addr p = hs_malloc(h, 24);
    hs_malloc(h, 24);
    hs_free(h, p);
    hs_list list = list_of(h, event(h, HS_INSERT)->b);
    assert_string_equal(list.name, "quick");
    assert_int_equal(list.head, p - 8);
    assert_int_equal(hs_malloc(h, 24), p);
    assert_int_equal(hs_events_counts(h).visits, 0);
    hs_heap_free(h);
}

static void quick_blocks_are_joined_before_the_heap_grows(void **state)
{
    (void)state;
    hs_heap *h = heap("tlsf 512 4096");
    hs_addr p = hs_malloc(h, 216), q = hs_malloc(h, 216);
    hs_free(h, p);
    hs_free(h, q);
    assert_int_equal(hs_malloc(h, 400), p);
    assert_int_equal(count_events(h, HS_GROW), 0);
    hs_heap_free(h);
}

/* Of 300 blocks every second one is quick, and nothing is behind them. Only the first three border
 * on each other, and come last in their list. */
static hs_heap *heap_of_scattered_quick_blocks(const char *line)
{
    enum { BLOCKS = 300 };
    hs_addr p[BLOCKS];
    hs_heap *h = heap(line);
    for (size_t i = 0; i < BLOCKS; i++) p[i] = hs_malloc(h, 24);
    hs_free(h, p[1]);
    for (size_t i = 0; i < BLOCKS; i += 2) hs_free(h, p[i]);
    return h;
}

static void a_request_joins_no_more_than_it_takes_to_write_its_bytes(void **state)
{
    (void)state;
    for (size_t size = 56; size <= 312; size *= 2) {
        hs_heap *h = heap_of_scattered_quick_blocks("tlsf 9608 65536");
        assert_true(hs_malloc(h, size));
        assert_int_equal(count_events(h, HS_GROW), 1);
        assert_int_equal(count_events(h, HS_REMOVE), JOIN_FEW + (size + 8) / 32);
        assert_int_equal(event(h, HS_REJECT)->detail, HS_BECAUSE_ENOUGH);
        assert_int_equal(event(h, HS_REJECT)->b, JOIN_FEW + (size + 8) / 32);
        hs_heap_free(h);
    }
}

static void before_a_refusal_all_quick_blocks_are_joined(void **state)
{
    (void)state;
    hs_heap *h = heap_of_scattered_quick_blocks("tlsf 9608 9608");
    assert_int_equal(at(hs_malloc(h, 56)), 8);                 /* where the first three were */
    assert_int_equal(count_events(h, HS_REMOVE), 151 + 2 + 1); /* waiting, joined, taken */
    assert_int_equal(hs_malloc(h, 56), HS_NULL);
    hs_heap_free(h);
}

/* --- Broken bytes --------------------------------------------------------------------------- */

static void a_broken_link_ends_in_a_fault_and_the_lists_stay(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap("tlsf 256 256" PAPER);
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

static void a_list_that_goes_round_in_a_circle_ends_in_a_fault(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap("tlsf 1024 1024" PAPER);
    hs_addr p = hs_malloc(h, 504);
    hs_malloc(h, 488);
    hs_free(h, p);
    store(h, 8, HS_BASE);
    take(h, &before);
    assert_int_equal(hs_malloc(h, 512), HS_NULL);
    assert_int_equal(hs_fault(h)->detail, HS_BECAUSE_ENDLESS);
    expect_unchanged(h, &before);
    hs_heap_free(h);
}

static void a_neighbour_of_absurd_size_ends_in_a_fault(void **state)
{
    (void)state;
    static const uint64_t words[] = {UINT64_MAX - 1, (uint64_t)1 << 63, (uint64_t)1 << 42, 4096};
    static picture before;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        hs_heap *h = heap("tlsf 256 256" PAPER);
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
    hs_heap *h = heap("tlsf 256 256" PAPER);
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
        cmocka_unit_test(the_class_of_the_request_is_looked_at_before_the_heap_grows),
        cmocka_unit_test(before_the_heap_grows_only_a_few_blocks_are_looked_at),
        cmocka_unit_test(before_a_refusal_all_blocks_of_the_class_are_looked_at),
        cmocka_unit_test(aligned_alloc_is_refused_only_when_no_block_can_hold_it),
        cmocka_unit_test(free_joins_at_once_when_coalescing_is_immediate),
        cmocka_unit_test(a_quick_block_is_taken_before_the_grid_is_looked_at),
        cmocka_unit_test(quick_blocks_are_joined_before_the_heap_grows),
        cmocka_unit_test(a_request_joins_no_more_than_it_takes_to_write_its_bytes),
        cmocka_unit_test(before_a_refusal_all_quick_blocks_are_joined),
        cmocka_unit_test(a_broken_link_ends_in_a_fault_and_the_lists_stay),
        cmocka_unit_test(a_list_that_goes_round_in_a_circle_ends_in_a_fault),
        cmocka_unit_test(a_neighbour_of_absurd_size_ends_in_a_fault),
        cmocka_unit_test(the_check_reports_broken_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

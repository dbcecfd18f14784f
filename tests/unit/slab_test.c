/* SPDX-License-Identifier: MIT */
/* Slabs: classes, slabs that come and go, runs for what is larger, and what the check finds. Where
 * no option says otherwise a slab has 256 bytes, 32 of them record. */
#include "check.h"
#include "heaps.h"

static void store(hs_heap *h, uint64_t offset, uint64_t word)
{
    assert_true(hs_heap_poke(h, HS_BASE + offset, &word, sizeof word));
}

static uint64_t word_at(const hs_heap *h, uint64_t offset)
{
    uint64_t word = 0;
    assert_true(hs_heap_peek(h, HS_BASE + offset, &word));
    return word;
}

/* --- Classes -------------------------------------------------------------------------------- */

static void expect_classes(const char *line, const char *wanted)
{
    char text[256] = "";
    size_t n = 0;
    hs_list l;
    hs_heap *h = heap(line);
    for (size_t i = 0; hs_heap_allocator(h)->list(h, i, &l); i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%llu", n ? " " : "",
                              (unsigned long long)l.smallest);
    assert_string_equal(text, wanted);
    hs_heap_free(h);
}

/* The last number is the smallest run. */
static void two_objects_of_the_largest_class_fill_a_slab(void **state)
{
    (void)state;
    expect_classes("slab 256 256", "16 32 48 64 80 96 112 256");
    expect_classes("slab 256 256 classes=powers", "16 32 64 256");
    expect_classes("slab 256 256 slab=128", "16 32 48 128");
    expect_classes("slab 256 256 slab=1024",
                   "16 32 48 64 80 96 112 128 160 192 224 256 320 384 448 1024");
    expect_classes("slab 256 256 slab=1024 classes=powers", "16 32 64 128 256 1024");
}

static void a_request_is_rounded_up_to_the_next_class(void **state)
{
    (void)state;
    static const uint64_t sizes[][2] = {{1, 16},    {16, 16},   {17, 32},   {49, 64},
                                        {65, 80},   {128, 128}, {129, 160}, {161, 192},
                                        {225, 256}, {257, 320}, {448, 448}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        hs_heap *h = heap("slab 1024 1024 slab=1024");
        hs_malloc(h, sizes[i][0]);
        assert_int_equal(event(h, HS_TAKE)->a, sizes[i][1]);
        hs_heap_free(h);
    }
}

/* --- Slabs ---------------------------------------------------------------------------------- */

static void objects_lie_side_by_side_up_to_the_end_of_their_slab(void **state)
{
    (void)state;
    hs_heap *h = heap("slab 256 256");
    assert_int_equal(at(hs_malloc(h, 40)), 64);
    assert_int_equal(at(hs_malloc(h, 48)), 112);
    expect_blocks(h, "o64 u48 u48 f48 f48");
    assert_int_equal(word_at(h, 0), 48 | 7);
    assert_int_equal(word_at(h, 24), 1 << 10 | 1 << 13); /* at 160 and 208 */
    hs_heap_free(h);
}

static void a_freed_object_is_the_next_one_of_its_class(void **state)
{
    (void)state;
    hs_heap *h = heap("slab 256 1024");
    hs_addr p = hs_malloc(h, 64);
    hs_malloc(h, 64);
    hs_free(h, p);
    assert_int_equal(hs_events_counts(h).writes, 1);
    assert_int_equal(hs_malloc(h, 60), p);
    assert_int_equal(hs_events_counts(h).visits, 1);
    hs_heap_free(h);
}

static void each_class_has_slabs_of_its_own(void **state)
{
    (void)state;
    hs_heap *h = heap("slab 512 512");
    hs_malloc(h, 100);
    hs_malloc(h, 60);
    expect_blocks(h, "o32 u112 f112 o64 u64 f64 f64");
    assert_int_equal(hs_malloc(h, 30), HS_NULL); /* free objects, but none of this class */
    hs_heap_free(h);
}

static void a_full_slab_leaves_its_list_and_comes_back(void **state)
{
    (void)state;
    hs_heap *h = heap("slab 512 512");
    hs_addr p[4];
    hs_list l;
    for (size_t i = 0; i < 4; i++) p[i] = hs_malloc(h, 112);
    assert_true(hs_heap_allocator(h)->list(h, 6, &l));
    assert_int_equal(l.head, HS_NULL);
    hs_free(h, p[1]);
    hs_heap_allocator(h)->list(h, 6, &l);
    assert_int_equal(at(l.head + 1), 1);
    assert_int_equal(hs_malloc(h, 112), p[1]);
    hs_heap_free(h);
}

static void an_empty_slab_is_a_free_run_when_its_class_has_another(void **state)
{
    (void)state;
    hs_heap *h = heap("slab 512 512");
    hs_addr p[3];
    for (size_t i = 0; i < 3; i++) p[i] = hs_malloc(h, 112);
    hs_free(h, p[0]);
    expect_blocks(h, "o32 f112 u112 o32 u112 f112");
    hs_free(h, p[2]);
    expect_blocks(h, "o32 f112 u112 f256");
    hs_heap_free(h);
}

static void a_class_keeps_its_last_slab_when_it_is_empty(void **state)
{
    (void)state;
    hs_heap *h = heap("slab 256 256");
    hs_addr p = hs_malloc(h, 112), q = hs_malloc(h, 112);
    hs_free(h, p);
    hs_free(h, q);
    expect_blocks(h, "o32 f112 f112");
    assert_int_equal(hs_malloc(h, 100), p);
    assert_int_equal(hs_events_counts(h).writes, 1);
    hs_heap_free(h);
}

static void an_empty_slab_that_was_kept_goes_when_another_has_a_free_object(void **state)
{
    (void)state;
    hs_heap *h = heap("slab 512 512");
    hs_addr p[3];
    for (size_t i = 0; i < 3; i++) p[i] = hs_malloc(h, 112);
    hs_free(h, p[2]);
    expect_blocks(h, "o32 u112 u112 o32 f112 f112");
    hs_free(h, p[0]);
    expect_blocks(h, "o32 f112 u112 f256");
    hs_heap_free(h);
}

static void empty_slabs_are_given_up_before_the_heap_grows(void **state)
{
    (void)state;
    hs_heap *h = heap("slab 512 1024");
    hs_addr p = hs_malloc(h, 16), q = hs_malloc(h, 32);
    hs_free(h, p);
    hs_free(h, q);
    assert_int_equal(at(hs_malloc(h, 496)), 16);
    expect_blocks(h, "u512");
    hs_heap_free(h);
}

static void nothing_is_given_up_for_a_request_that_must_fail(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap("slab 768 768");
    hs_addr p = hs_malloc(h, 16);
    hs_malloc(h, 32);
    hs_malloc(h, 240);
    hs_free(h, p);
    take(h, &before);
    assert_int_equal(hs_malloc(h, 241), HS_NULL);
    expect_unchanged(h, &before);
    assert_int_equal(at(hs_malloc(h, 240)), 16);
    hs_heap_free(h);
}

static void a_heap_smaller_than_a_slab_grows_to_one(void **state)
{
    (void)state;
    hs_heap *h = heap("slab 64 512");
    expect_blocks(h, "n64");
    assert_int_equal(at(hs_malloc(h, 112)), 32);
    expect_blocks(h, "o32 u112 f112");
    hs_heap_free(h);
    h = heap("slab 64 128");
    assert_int_equal(hs_malloc(h, 1), HS_NULL);
    expect_blocks(h, "n64");
    hs_heap_free(h);
}

/* --- Runs ----------------------------------------------------------------------------------- */

static void what_is_larger_than_any_class_gets_a_run_of_units(void **state)
{
    (void)state;
    hs_heap *h = heap("slab 1024 1024");
    assert_int_equal(at(hs_malloc(h, 113)), 16);
    assert_int_equal(at(hs_malloc(h, 241)), 272);
    expect_blocks(h, "u256 u512 f256");
    hs_heap_free(h);
}

static void free_runs_join_both_neighbours(void **state)
{
    (void)state;
    hs_heap *h = heap("slab 1024 1024");
    hs_addr p[4];
    for (size_t i = 0; i < 4; i++) p[i] = hs_malloc(h, 200);
    hs_free(h, p[0]);
    hs_free(h, p[2]);
    expect_blocks(h, "f256 u256 f256 u256");
    hs_free(h, p[1]);
    assert_int_equal(count_events(h, HS_COALESCE), 2);
    expect_blocks(h, "f768 u256");
    hs_free(h, p[3]);
    expect_blocks(h, "f1024");
    hs_heap_free(h);
}

static void growth_extends_a_free_last_run(void **state)
{
    (void)state;
    hs_heap *h = heap("slab 512 4096");
    hs_malloc(h, 10);
    assert_int_equal(at(hs_malloc(h, 700)), 256 + 16);
    expect_blocks(h, "o32 u16 f16 f16 f16 f16 f16 f16 f16 f16 f16 f16 f16 f16 f16 u768");
    hs_heap_free(h);
}

static void aligned_objects_come_from_a_class_of_multiples(void **state)
{
    (void)state;
    hs_heap *h = heap("slab 512 512");
    assert_int_equal(at(hs_aligned_alloc(h, 32, 40)) % 32, 0);
    assert_int_equal(event(h, HS_TAKE)->a, 64);
    hs_heap_free(h);
}

static void an_aligned_run_is_found_again_by_its_pointer(void **state)
{
    (void)state;
    static const size_t alignments[] = {16, 32, 128, 256, 512, 1024, 2048};
    for (size_t i = 0; i < sizeof alignments / sizeof *alignments; i++) {
        hs_heap *h = heap("slab 256 16384");
        hs_addr p = hs_aligned_alloc(h, alignments[i], 300);
        assert_int_equal(p % alignments[i], 0);
        assert_int_equal(hs_realloc(h, p, 400), p);
        hs_free(h, p);
        assert_int_equal(event(h, HS_RELEASE)->a, i < 2 ? 512 : 768);
        assert_null(strchr(blocks_of(h), 'u'));
        hs_heap_free(h);
    }
}

/* --- Realloc -------------------------------------------------------------------------------- */

static void realloc_stays_within_the_class_and_moves_beyond(void **state)
{
    (void)state;
    hs_heap *h = heap("slab 1024 1024");
    hs_addr p = hs_malloc(h, 33);
    hs_heap_poke(h, p, "kept", 5);
    assert_int_equal(hs_realloc(h, p, 48), p);
    hs_addr q = hs_realloc(h, p, 49);
    assert_int_not_equal(q, p);
    assert_int_equal(hs_events_counts(h).moved, 48);
    assert_string_equal((const char *)hs_heap_bytes(h, q, 5), "kept");
    hs_heap_free(h);
}

static void realloc_grows_and_shrinks_a_run_where_it_is(void **state)
{
    (void)state;
    hs_heap *h = heap("slab 1024 4096");
    hs_addr p = hs_malloc(h, 200);
    assert_int_equal(hs_realloc(h, p, 500), p);
    expect_blocks(h, "u768 f256");
    assert_int_equal(hs_realloc(h, p, 1500), p);
    expect_blocks(h, "u1536 f512");
    assert_int_equal(hs_realloc(h, p, 113), p);
    expect_blocks(h, "u256 f1792");
    hs_heap_free(h);
}

static void a_smaller_size_stays_when_there_is_no_room_to_move(void **state)
{
    (void)state;
    hs_heap *h = heap("slab 256 256");
    hs_addr p = hs_malloc(h, 200);
    assert_int_equal(hs_realloc(h, p, 10), p);
    assert_int_equal(count_events(h, HS_FAIL), 0);
    expect_blocks(h, "u256");
    hs_heap_free(h);
}

/* --- Broken bytes --------------------------------------------------------------------------- */

/* A slab of 32-byte objects with the first one in use, a large block of 256, a free run of 512. */
static hs_heap *heap_to_break(void)
{
    hs_heap *h = heap("slab 1024 1024");
    hs_malloc(h, 32);
    hs_malloc(h, 200);
    expect_blocks(h, "o32 u32 f32 f32 f32 f32 f32 f32 u256 f512");
    return h;
}

static void expect_damage(uint64_t offset, uint64_t word, uint64_t where, const char *what)
{
    hs_damage damage = {0};
    hs_heap *h = heap_to_break();
    store(h, offset, word);
    assert_false(hs_heap_allocator(h)->check(h, &damage));
    if (!strstr(damage.what, what)) fail_msg("%s, not %s", damage.what, what);
    assert_int_equal(at(damage.at + 1), where + 1);
    hs_heap_free(h);
}

static void the_check_reports_what_is_damaged(void **state)
{
    (void)state;
    expect_damage(0, 40 | 7, 0, "no class has");
    expect_damage(0, 7, 0, "no class has");
    expect_damage(0, (uint64_t)1 << 60 | 7, 0, "no class has");
    expect_damage(0, 32 | 6, 0, "not in use");
    expect_damage(0, 32 | 5, 0, "bit 1 lies");
    expect_damage(8, HS_BASE + 256, 0, "does not belong");
    expect_damage(8, HS_BASE, 0, "previous");
    expect_damage(24, 1, 0, "where no object starts");
    expect_damage(24, 0, 0, "does not belong");
    expect_damage(256, 304 | 3, 256, "no multiple of a slab's");
    expect_damage(256, 4096 | 3, 256, "leads beyond the heap");
    expect_damage(264, 8, 256, "offset");
    expect_damage(1016, 256, 512, "footer");
    expect_damage(520, HS_BASE + 512, 512, "previous");
    expect_damage(520, HS_BASE + 1024, 512, "does not belong");
}

static void a_request_on_a_broken_record_ends_in_a_fault_and_is_undone(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap_to_break();
    store(h, 512, (uint64_t)1 << 40 | 2); /* the free run is endless */
    take(h, &before);
    assert_int_equal(hs_malloc(h, 600), HS_NULL);
    assert_non_null(hs_fault(h));
    expect_unchanged(h, &before);
    hs_heap_free(h);
    h = heap_to_break();
    store(h, 520, HS_BASE + 512); /* and its list is a circle */
    take(h, &before);
    assert_int_equal(hs_malloc(h, 600), HS_NULL);
    assert_int_equal(hs_fault(h)->detail, HS_BECAUSE_ENDLESS);
    expect_unchanged(h, &before);
    hs_heap_free(h);
}

static void no_size_that_a_broken_record_can_say_hurts_free(void **state)
{
    (void)state;
    for (unsigned bit = 3; bit < 64; bit++)
        for (uint64_t status = 0; status < 8; status++) {
            hs_heap *h = heap_to_break();
            store(h, 0, (uint64_t)1 << bit | status);
            hs_free(h, HS_BASE + 32);
            hs_malloc(h, 32);
            hs_heap_free(h);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_objects_of_the_largest_class_fill_a_slab),
        cmocka_unit_test(a_request_is_rounded_up_to_the_next_class),
        cmocka_unit_test(objects_lie_side_by_side_up_to_the_end_of_their_slab),
        cmocka_unit_test(a_freed_object_is_the_next_one_of_its_class),
        cmocka_unit_test(each_class_has_slabs_of_its_own),
        cmocka_unit_test(a_full_slab_leaves_its_list_and_comes_back),
        cmocka_unit_test(an_empty_slab_is_a_free_run_when_its_class_has_another),
        cmocka_unit_test(a_class_keeps_its_last_slab_when_it_is_empty),
        cmocka_unit_test(an_empty_slab_that_was_kept_goes_when_another_has_a_free_object),
        cmocka_unit_test(empty_slabs_are_given_up_before_the_heap_grows),
        cmocka_unit_test(nothing_is_given_up_for_a_request_that_must_fail),
        cmocka_unit_test(a_heap_smaller_than_a_slab_grows_to_one),
        cmocka_unit_test(what_is_larger_than_any_class_gets_a_run_of_units),
        cmocka_unit_test(free_runs_join_both_neighbours),
        cmocka_unit_test(growth_extends_a_free_last_run),
        cmocka_unit_test(aligned_objects_come_from_a_class_of_multiples),
        cmocka_unit_test(an_aligned_run_is_found_again_by_its_pointer),
        cmocka_unit_test(realloc_stays_within_the_class_and_moves_beyond),
        cmocka_unit_test(realloc_grows_and_shrinks_a_run_where_it_is),
        cmocka_unit_test(a_smaller_size_stays_when_there_is_no_room_to_move),
        cmocka_unit_test(the_check_reports_what_is_damaged),
        cmocka_unit_test(a_request_on_a_broken_record_ends_in_a_fault_and_is_undone),
        cmocka_unit_test(no_size_that_a_broken_record_can_say_hurts_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

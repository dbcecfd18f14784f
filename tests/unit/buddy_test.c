/* SPDX-License-Identifier: MIT */
/* The buddy system: what splits, what merges, where blocks may lie. */
#include "check.h"
#include "heaps.h"
#include "reference.h"

/* --- Splitting ------------------------------------------------------------------------------ */

static void malloc_halves_a_block_until_it_fits(void **state)
{
    (void)state;
    hs_heap *h = heap("buddy 256 1024");
    assert_int_equal(at(hs_malloc(h, 24)), 8);
    expect_blocks(h, "u32 f32 f64 f128");
    assert_int_equal(hs_events_counts(h).splits, 3);
    assert_int_equal(event(h, HS_SPLIT)->a, 128);
    assert_int_equal(event(h, HS_SPLIT)->b, 128);
    assert_int_equal(event(h, HS_CHOOSE)->a, 256);
    assert_int_equal(count_events(h, HS_LOOK), 4); /* 32, 64, 128: empty; 256 is not */
    assert_int_equal(at(hs_malloc(h, 40)), 72);    /* the block of 64 as it is */
    assert_int_equal(hs_events_counts(h).splits, 0);
    assert_int_equal(count_events(h, HS_LOOK), 1);
    expect_blocks(h, "u32 f32 u64 f128");
    hs_heap_free(h);
}

static void the_header_makes_a_power_of_two_need_the_next_one(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        uint64_t block8, block16;
    } rows[] = {{1, 32, 32},  {16, 32, 32},  {17, 32, 64},   {24, 32, 64},   {25, 64, 64},
                {48, 64, 64}, {56, 64, 128}, {64, 128, 128}, {120, 128, 256}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hs_heap *h = heap("buddy 1024 1024"), *g = heap("buddy 1024 1024 align=16");
        hs_malloc(h, rows[i].size);
        hs_malloc(g, rows[i].size);
        assert_int_equal(event(h, HS_ROUND)->b, rows[i].block8);
        assert_int_equal(event(h, HS_TAKE)->a, rows[i].block8);
        assert_int_equal(event(g, HS_TAKE)->a, rows[i].block16);
        hs_heap_free(h);
        hs_heap_free(g);
    }
}

static void the_block_freed_last_is_handed_out_first(void **state)
{
    (void)state;
    hs_heap *h = heap("buddy 256 256");
    hs_addr p[4];
    for (size_t i = 0; i < 4; i++) p[i] = hs_malloc(h, 56);
    hs_free(h, p[0]);
    hs_free(h, p[2]);
    assert_int_equal(hs_malloc(h, 56), p[2]);
    assert_int_equal(hs_malloc(h, 56), p[0]);
    hs_heap_free(h);
}

/* --- Merging -------------------------------------------------------------------------------- */

static void free_merges_buddies_as_far_as_they_are_free(void **state)
{
    (void)state;
    hs_heap *h = heap("buddy 256 256");
    hs_addr p = hs_malloc(h, 24), q = hs_malloc(h, 24), r = hs_malloc(h, 40);
    expect_blocks(h, "u32 u32 u64 f128");
    hs_free(h, q);
    assert_int_equal(hs_events_counts(h).coalesces, 0);
    hs_free(h, p);
    assert_int_equal(hs_events_counts(h).coalesces, 1);
    expect_blocks(h, "f64 u64 f128");
    hs_free(h, r);
    assert_int_equal(hs_events_counts(h).coalesces, 2);
    assert_int_equal(event(h, HS_COALESCE)->at, HS_BASE);
    assert_int_equal(event(h, HS_COALESCE)->a, 64);
    assert_int_equal(event(h, HS_COALESCE)->b, 64);
    expect_blocks(h, "f256");
    hs_heap_free(h);
}

static void free_neighbours_that_are_no_buddies_stay_apart(void **state)
{
    (void)state;
    hs_heap *h = heap("buddy 256 256");
    hs_addr p[4];
    for (size_t i = 0; i < 4; i++) p[i] = hs_malloc(h, 56);
    hs_free(h, p[1]);
    hs_free(h, p[2]);
    assert_int_equal(hs_events_counts(h).coalesces, 0);
    expect_blocks(h, "u64 f64 f64 u64");
    assert_int_equal(hs_malloc(h, 100), HS_NULL);
    hs_heap_free(h);
}

static void a_buddy_that_is_split_is_not_merged_with(void **state)
{
    (void)state;
    hs_heap *h = heap("buddy 128 128");
    hs_addr p = hs_malloc(h, 56), q = hs_malloc(h, 24);
    expect_blocks(h, "u64 u32 f32");
    hs_free(h, p);
    expect_blocks(h, "f64 u32 f32");
    hs_free(h, q);
    expect_blocks(h, "f128");
    hs_heap_free(h);
}

/* --- Heaps of any size ---------------------------------------------------------------------- */

static void a_heap_is_a_row_of_smaller_and_smaller_blocks(void **state)
{
    (void)state;
    static const struct {
        const char *line, *blocks;
    } rows[] = {
        {"buddy 64 64", "f64"},
        {"buddy 80 80", "f64 n16"},
        {"buddy 96 96", "f64 f32"},
        {"buddy 1008 1008", "f512 f256 f128 f64 f32 n16"},
        {"buddy 1500 1500", "f1024 f256 f128 f64 n24"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hs_heap *h = heap(rows[i].line);
        size_t n;
        expect_blocks(h, rows[i].blocks);
        hs_events(h, &n);
        assert_int_equal(n, 0);
        hs_heap_free(h);
    }
}

static void growth_merges_new_memory_with_its_buddies(void **state)
{
    (void)state;
    hs_heap *h = heap("buddy 80 4096");
    assert_int_equal(at(hs_malloc(h, 300)), 8); /* 80 + 80 + ... = 640: all of it is new */
    expect_blocks(h, "u512 f128");
    assert_int_equal(count_events(h, HS_GROW), 1);
    hs_heap_free(h);
    h = heap("buddy 64 4096");
    hs_malloc(h, 40);
    assert_int_equal(at(hs_malloc(h, 100)), 136); /* not at 64: 128 bytes lie at multiples of 128 */
    expect_blocks(h, "u64 f64 u128");
    hs_heap_free(h);
}

static void growth_goes_no_further_than_the_first_place_that_serves(void **state)
{
    (void)state;
    hs_heap *h = heap("buddy 96 1024");
    hs_malloc(h, 56);
    expect_blocks(h, "u64 f32");
    assert_true(hs_malloc(h, 40)); /* the free 32 at the end becomes 64 */
    assert_int_equal(hs_heap_committed(h), 192);
    expect_blocks(h, "u64 f64 u64");
    assert_int_equal(at(hs_malloc(h, 120)), 264);
    assert_int_equal(hs_heap_committed(h), 384);
    hs_heap_free(h);
}

static void a_block_that_does_not_fit_below_the_maximum_is_refused(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap("buddy 64 1500");
    take(h, &before);
    assert_int_equal(hs_malloc(h, 1017), HS_NULL); /* 1025 bytes: a block of 2048 */
    expect_unchanged(h, &before);
    assert_int_equal(at(hs_malloc(h, 1016)), 8);
    assert_int_equal(hs_heap_committed(h), 1024);
    assert_int_equal(at(hs_malloc(h, 248)), 1032);
    expect_blocks(h, "u1024 u256 f128 f64 n24");
    take(h, &before);
    assert_int_equal(hs_malloc(h, 121), HS_NULL);
    expect_unchanged(h, &before);
    hs_heap_free(h);
}

static void what_the_client_writes_behind_the_last_block_is_no_buddy(void **state)
{
    (void)state;
    uint64_t word = 32;
    hs_heap *h = heap("buddy 112 112");
    hs_malloc(h, 56);
    hs_addr p = hs_malloc(h, 24);
    expect_blocks(h, "u64 u32 n16");
    assert_true(hs_heap_poke(h, HS_BASE + 96, &word, sizeof word)); /* as a free block's header */
    hs_free(h, p);
    assert_int_equal(hs_events_counts(h).coalesces, 0);
    expect_blocks(h, "u64 f32 n16");
    hs_heap_free(h);
}

/* --- Alignment ------------------------------------------------------------------------------ */

static void an_aligned_payload_lies_within_its_block(void **state)
{
    (void)state;
    hs_heap *h = heap("buddy 1024 1024");
    hs_block b;
    hs_addr p = hs_aligned_alloc(h, 64, 40);
    assert_int_equal(at(p), 64);
    expect_blocks(h, "u128 f128 f256 f512");
    assert_true(hs_heap_allocator(h)->walk(h, NULL, &b));
    assert_int_equal(hs_block_payload(&b), p);
    assert_int_equal(b.header, 16);
    assert_int_equal(b.lead, 48);
    assert_int_equal(hs_block_capacity(&b), 64);
    assert_int_equal(hs_realloc(h, p, 64), p); /* the lead stays */
    assert_int_equal(hs_realloc(h, p, 65), p);
    expect_blocks(h, "u256 f256 f512");
    hs_free(h, p);
    expect_blocks(h, "f1024");
    hs_heap_free(h);
}

static void alignments_beyond_that_of_the_base_are_kept(void **state)
{
    (void)state;
    uint64_t alignment = (uint64_t)1 << 26;
    assert_int_not_equal(HS_BASE % alignment, 0);
    hs_heap *h = heap("buddy 256 1073741824");
    hs_addr p = hs_aligned_alloc(h, alignment, 1000), q = hs_aligned_alloc(h, alignment, 1000);
    assert_true(p && q && p != q);
    assert_int_equal(p % alignment, 0);
    assert_int_equal(q % alignment, 0);
    hs_free(h, p);
    hs_free(h, q);
    hs_damage damage;
    assert_true(hs_heap_allocator(h)->check(h, &damage));
    hs_heap_free(h);
}

/* --- realloc -------------------------------------------------------------------------------- */

static void realloc_shrinks_by_halves_in_place(void **state)
{
    (void)state;
    hs_heap *h = heap("buddy 256 256");
    hs_addr p = hs_malloc(h, 248);
    expect_blocks(h, "u256");
    assert_int_equal(hs_realloc(h, p, 24), p);
    assert_int_equal(hs_events_counts(h).splits, 3);
    expect_blocks(h, "u32 f32 f64 f128");
    assert_int_equal(hs_realloc(h, p, 1), p);
    assert_int_equal(hs_events_counts(h).splits, 0);
    assert_int_equal(hs_events_counts(h).writes, 0);
    hs_heap_free(h);
}

static void realloc_absorbs_free_buddies_on_its_right(void **state)
{
    (void)state;
    hs_heap *h = heap("buddy 256 256");
    hs_addr p = hs_malloc(h, 24);
    assert_int_equal(hs_realloc(h, p, 100), p);
    assert_int_equal(hs_events_counts(h).coalesces, 2);
    assert_int_equal(hs_events_counts(h).moved, 0);
    expect_blocks(h, "u128 f128");
    hs_heap_free(h);
}

static void realloc_moves_when_the_free_buddy_is_on_its_left(void **state)
{
    (void)state;
    hs_heap *h = heap("buddy 256 256");
    hs_addr p = hs_malloc(h, 24), q = hs_malloc(h, 24);
    hs_heap_poke(h, q, "twenty-three bytes, yes", 24);
    hs_free(h, p);
    expect_blocks(h, "f32 u32 f64 f128");
    hs_addr r = hs_realloc(h, q, 30);
    assert_int_equal(at(r), 72);
    assert_string_equal((const char *)hs_heap_bytes(h, r, 24), "twenty-three bytes, yes");
    assert_int_equal(hs_events_counts(h).moved, 24);
    expect_blocks(h, "f64 u64 f128");
    hs_heap_free(h);
}

static void realloc_that_cannot_grow_far_enough_absorbs_nothing(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap("buddy 256 256");
    hs_addr p = hs_malloc(h, 24);
    hs_malloc(h, 120);
    expect_blocks(h, "u32 f32 f64 u128");
    take(h, &before);
    assert_int_equal(hs_realloc(h, p, 121), HS_NULL);
    expect_unchanged(h, &before);
    hs_heap_free(h);
}

/* --- Lists ---------------------------------------------------------------------------------- */

static void there_is_a_list_for_each_power_of_two_up_to_the_maximum(void **state)
{
    (void)state;
    hs_heap *h = heap("buddy 256 1500");
    const hs_allocator *a = hs_heap_allocator(h);
    hs_list list;
    hs_links links;
    size_t n = 0;
    hs_malloc(h, 24);
    for (; a->list(h, n, &list); n++) {
        assert_int_equal(list.smallest, 32 << n);
        assert_int_equal(list.largest, 32 << n);
        assert_int_equal(list.marked, n < 3);
        assert_int_equal(list.head, n < 3 ? HS_BASE + ((uint64_t)32 << n) : HS_NULL);
    }
    assert_int_equal(n, 6);
    assert_true(a->links(h, HS_BASE + 32, &links));
    assert_int_equal(links.to[0] + links.to[1], HS_NULL);
    assert_false(a->links(h, HS_BASE + 256, &links));
    hs_heap_free(h);
}

/* --- Broken bytes --------------------------------------------------------------------------- */

static void store(hs_heap *h, uint64_t offset, uint64_t word)
{
    assert_true(hs_heap_poke(h, HS_BASE + offset, &word, sizeof word));
}

static void a_broken_header_ends_in_a_fault_and_is_undone(void **state)
{
    (void)state;
    static const uint64_t words[] = {0, 1, 33 + 8, 96 | 1, 512 | 1, UINT64_MAX, (uint64_t)1 << 63};
    static picture before;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        hs_heap *h = heap("buddy 256 4096");
        hs_addr p = hs_malloc(h, 24);
        store(h, 0, words[i]);
        take(h, &before);
        hs_free(h, p);
        assert_non_null(hs_fault(h));
        expect_unchanged(h, &before);
        assert_int_equal(hs_realloc(h, p, 1000), HS_NULL);
        assert_non_null(hs_fault(h));
        expect_unchanged(h, &before);
        hs_heap_free(h);
    }
}

static void a_broken_link_ends_in_a_fault_and_is_undone(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap("buddy 128 4096");
    hs_addr p = hs_malloc(h, 24);
    expect_blocks(h, "u32 f32 f64");
    store(h, 40, (uint64_t)1 << 50); /* next of the free 32 */
    take(h, &before);
    hs_free(h, p);
    assert_non_null(hs_fault(h));
    expect_unchanged(h, &before);
    hs_heap_free(h);
}

static void expect_damage(uint64_t offset, uint64_t word, uint64_t where, const char *what)
{
    hs_damage damage = {0};
    hs_heap *h = heap("buddy 256 1024");
    hs_malloc(h, 24);
    hs_aligned_alloc(h, 32, 24);
    expect_blocks(h, "u32 f32 u64 f128");
    store(h, offset, word);
    assert_false(hs_heap_allocator(h)->check(h, &damage));
    assert_int_equal(at(damage.at), where);
    assert_non_null(strstr(damage.what, what));
    hs_heap_free(h);
}

static void the_check_reports_what_is_damaged(void **state)
{
    (void)state;
    expect_damage(0, 1, 0, "0 bytes");
    expect_damage(0, 16 | 1, 0, "no power of two");
    expect_damage(0, 96 | 1, 0, "no power of two");
    expect_damage(0, 512 | 1, 0, "leads beyond the heap");
    expect_damage(32, 64, 32, "not at a multiple");
    expect_damage(32, 32 | 4, 32, "odd status bits");
    expect_damage(72, 24 | 2, 64, "where the payload starts differ");
    expect_damage(0, 32, 0, "were not merged");
    expect_damage(40, HS_BASE, 0, "no free block of its size");
    expect_damage(40, (uint64_t)1 << 50, 32, "leads out of the heap");
    expect_damage(48, HS_BASE, 32, "previous is not");
    expect_damage(128, 128 | 1, 128, "no free block of its size");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malloc_halves_a_block_until_it_fits),
        cmocka_unit_test(the_header_makes_a_power_of_two_need_the_next_one),
        cmocka_unit_test(the_block_freed_last_is_handed_out_first),
        cmocka_unit_test(free_merges_buddies_as_far_as_they_are_free),
        cmocka_unit_test(free_neighbours_that_are_no_buddies_stay_apart),
        cmocka_unit_test(a_buddy_that_is_split_is_not_merged_with),
        cmocka_unit_test(a_heap_is_a_row_of_smaller_and_smaller_blocks),
        cmocka_unit_test(growth_merges_new_memory_with_its_buddies),
        cmocka_unit_test(growth_goes_no_further_than_the_first_place_that_serves),
        cmocka_unit_test(a_block_that_does_not_fit_below_the_maximum_is_refused),
        cmocka_unit_test(what_the_client_writes_behind_the_last_block_is_no_buddy),
        cmocka_unit_test(an_aligned_payload_lies_within_its_block),
        cmocka_unit_test(alignments_beyond_that_of_the_base_are_kept),
        cmocka_unit_test(realloc_shrinks_by_halves_in_place),
        cmocka_unit_test(realloc_absorbs_free_buddies_on_its_right),
        cmocka_unit_test(realloc_moves_when_the_free_buddy_is_on_its_left),
        cmocka_unit_test(realloc_that_cannot_grow_far_enough_absorbs_nothing),
        cmocka_unit_test(there_is_a_list_for_each_power_of_two_up_to_the_maximum),
        cmocka_unit_test(a_broken_header_ends_in_a_fault_and_is_undone),
        cmocka_unit_test(a_broken_link_ends_in_a_fault_and_is_undone),
        cmocka_unit_test(the_check_reports_what_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

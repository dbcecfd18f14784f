/* SPDX-License-Identifier: MIT */
/* Quick fit: blocks that wait for requests of their size, what becomes of them in the end, and what
 * the check finds. */
#include "check.h"
#include "heaps.h"

enum { GLANCES = 16, JOIN_FEW = 64, LISTS = 1024, QUICK_32 = LISTS + 4 };

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

static hs_list list_of(const hs_heap *h, size_t index)
{
    hs_list list;
    assert_true(hs_heap_allocator(h)->list(h, index, &list));
    return list;
}

/* --- Quick lists ---------------------------------------------------------------------------- */

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

/* Three blocks of 32 bytes in 160, the first two freed. */
static hs_heap *heap_with_two_quick(const char *line)
{
    hs_heap *h = heap(line);
    hs_addr p = hs_malloc(h, 24), q = hs_malloc(h, 24);
    hs_malloc(h, 24);
    hs_free(h, p);
    hs_free(h, q);
    return h;
}

static void a_quick_block_stays_as_it_is_and_its_header_says_so(void **state)
{
    (void)state;
    hs_heap *h = heap_with_two_quick("quick 160 160");
    expect_blocks(h, "f32 f32 u32 f56");
    assert_string_equal(heads(h), "7:96 1028:32");
    assert_int_equal(word_at(h, 0), 32 | 7);
    assert_int_equal(word_at(h, 64), 32 | 3); /* its left neighbour counts as used */
    assert_int_equal(count_events(h, HS_COALESCE), 0);
    hs_heap_free(h);
}

static void a_quick_block_has_one_link(void **state)
{
    (void)state;
    hs_links l;
    hs_block b;
    hs_heap *h = heap_with_two_quick("quick 160 160");
    store(h, 48, 0x1234); /* where a second link would be */
    assert_true(hs_heap_allocator(h)->links(h, HS_BASE + 32, &l));
    assert_int_equal(l.to[0], HS_BASE);
    assert_int_equal(l.to[1], HS_NULL);
    assert_true(hs_heap_allocator(h)->walk(h, NULL, &b));
    assert_int_equal(b.links, 8);
    hs_list list;
    assert_true(hs_heap_allocator(h)->list(h, QUICK_32, &list));
    assert_string_equal(list.name, "quick");
    hs_heap_free(h);
}

static void the_next_request_of_its_size_gets_the_quick_block_freed_last(void **state)
{
    (void)state;
    hs_heap *h = heap_with_two_quick("quick 160 160");
    assert_int_equal(at(hs_malloc(h, 20)), 40);
    assert_int_equal(event(h, HS_LOOK)->a, QUICK_32);
    assert_int_equal(count_events(h, HS_VISIT), 0);
    assert_int_equal(hs_events_counts(h).writes, 1);
    assert_int_equal(at(hs_malloc(h, 24)), 8);
    expect_blocks(h, "u32 u32 u32 f56");
    hs_heap_free(h);
}

static void a_quick_block_too_small_to_be_split_serves_a_smaller_request(void **state)
{
    (void)state;
    hs_heap *h = heap("quick 512 512");
    hs_addr p = hs_malloc(h, 56), q = hs_malloc(h, 64);
    hs_free(h, p); /* 64 bytes, and 72: more than 32, 24 and a quarter of 32 */
    hs_free(h, q);
    assert_int_equal(hs_malloc(h, 24), p);
    assert_int_equal(event(h, HS_TAKE)->a, 64);
    assert_int_not_equal(hs_malloc(h, 24), q);
    hs_heap_free(h);
}

static void a_quick_block_larger_by_a_quarter_serves_whole(void **state)
{
    (void)state;
    hs_heap *h = heap("quick 4096 4096");
    hs_addr p = hs_malloc(h, 1144);
    hs_free(h, p);
    assert_int_not_equal(hs_malloc(h, 888), p); /* 896 bytes, 224 and 24 more are 1144 */
    assert_int_equal(hs_malloc(h, 896), p);
    assert_int_equal(event(h, HS_TAKE)->a, 1152);
    assert_int_equal(count_events(h, HS_SPLIT), 0);
    hs_heap_free(h);
}

static void a_quick_list_that_its_client_cut_off_serves_nothing_more(void **state)
{
    (void)state;
    hs_heap *h = heap_with_two_quick("quick 160 160");
    store(h, 40, HS_NULL);
    assert_int_equal(at(hs_malloc(h, 24)), 40);
    assert_int_equal(at(hs_malloc(h, 24)), 104);
    hs_heap_free(h);
}

/* `n` blocks of 1 KiB freed and a small one, then one asked for that is larger than each, in a heap
 * with room at its end. */
static hs_heap *heap_that_wants_more_behind(size_t n)
{
    static hs_addr p[256];
    hs_heap *h = heap("quick 131072 131072");
    for (size_t i = 0; i < n; i++) p[i] = hs_malloc(h, 1016);
    hs_addr small = hs_malloc(h, 24);
    hs_malloc(h, 24);
    hs_free(h, small);
    for (size_t i = 0; i < n; i++) hs_free(h, p[i]);
    assert_int_not_equal(hs_malloc(h, 2000), HS_NULL);
    return h;
}

static void many_quick_blocks_are_joined_before_the_last_block_is_carved_up(void **state)
{
    (void)state;
    hs_heap *h = heap_that_wants_more_behind(64);
    assert_int_equal(count_events(h, HS_COALESCE), 1); /* the two freed last are enough */
    assert_int_equal(at(event(h, HS_TAKE)->at), 62 * 1024);
    hs_heap_free(h);
}

static void the_largest_quick_blocks_are_joined_first(void **state)
{
    (void)state;
    hs_list list;
    hs_heap *h = heap_that_wants_more_behind(64);
    assert_true(hs_heap_allocator(h)->list(h, QUICK_32, &list));
    assert_int_equal(at(list.head), 64 * 1024);
    hs_heap_free(h);
}

static void few_quick_blocks_are_left_as_they_are(void **state)
{
    (void)state;
    hs_heap *h = heap_that_wants_more_behind(63);
    assert_int_equal(count_events(h, HS_COALESCE), 0);
    assert_int_equal(at(event(h, HS_TAKE)->at), 63 * 1024 + 64);
    hs_heap_free(h);
}

static void quick_blocks_are_joined_when_a_search_fails(void **state)
{
    (void)state;
    hs_heap *h = heap_with_two_quick("quick 160 160");
    assert_int_equal(at(hs_malloc(h, 56)), 8);
    assert_int_equal(count_events(h, HS_COALESCE), 1);
    expect_blocks(h, "u64 u32 f56");
    assert_string_equal(heads(h), "7:96");
    hs_heap_free(h);
}

static void quick_blocks_are_joined_before_the_heap_grows(void **state)
{
    (void)state;
    hs_heap *h = heap("quick 160 4096");
    hs_addr p = hs_malloc(h, 56), q = hs_malloc(h, 56);
    hs_free(h, p);
    hs_free(h, q);
    assert_int_equal(at(hs_malloc(h, 120)), 8);
    assert_int_equal(count_events(h, HS_GROW), 0);
    hs_heap_free(h);
}

static void nothing_is_joined_for_a_request_that_must_fail(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap_with_two_quick("quick 160 160");
    take(h, &before);
    assert_int_equal(hs_malloc(h, 64), HS_NULL);
    expect_unchanged(h, &before);
    assert_string_equal(heads(h), "7:96 1028:32");
    hs_heap_free(h);
}

static void blocks_larger_than_the_largest_are_joined_at_once(void **state)
{
    (void)state;
    hs_heap *h = heap("quick 4096 4096 largest=1024");
    hs_addr p = hs_malloc(h, 1016), q = hs_malloc(h, 1024);
    hs_malloc(h, 24);
    hs_free(h, p); /* not larger than 1024 */
    hs_free(h, q);
    expect_blocks(h, "f1024 f1032 u32 f2000");
    assert_string_equal(heads(h), "80:1024 95:2088 1152:0");
    hs_heap_free(h);
}

/* Three blocks of 32 bytes, the first one free in the structure, then `freed` given back. */
static const char *blocks_after_free_beside_a_free_block(hs_addr freed)
{
    static char text[64];
    hs_heap *h = heap("quick 160 160 largest=0");
    for (int i = 0; i < 3; i++) hs_malloc(h, 24);
    hs_free(h, HS_BASE + 8);
    set(h, "largest", "4096");
    hs_free(h, freed);
    snprintf(text, sizeof text, "%s", blocks_of(h));
    expect_blocks(h, text);
    hs_heap_free(h);
    return text;
}

static void a_block_with_a_free_neighbour_is_joined_and_not_kept(void **state)
{
    (void)state;
    assert_string_equal(blocks_after_free_beside_a_free_block(HS_BASE + 40), "f64 u32 f56");
}

static void the_last_block_of_the_heap_is_no_neighbour_to_join(void **state)
{
    (void)state;
    assert_string_equal(blocks_after_free_beside_a_free_block(HS_BASE + 72), "f32 u32 f32 f56");
}

/* --- Fresh blocks --------------------------------------------------------------------------- */

/* In a heap that no cache holds: twelve blocks of 32 bytes, of which every second is freed, `n` in
 * all. */
static hs_heap *heap_with_fresh(size_t n)
{
    hs_addr p[12];
    hs_heap *h = heap("quick 262144 262144");
    for (size_t i = 0; i < 12; i++) p[i] = hs_malloc(h, 24);
    for (size_t i = 0; i < n; i++) hs_free(h, p[2 * i]);
    return h;
}

static void in_a_large_heap_free_looks_at_nothing(void **state)
{
    (void)state;
    hs_block b;
    hs_list list;
    hs_damage damage;
    hs_heap *h = heap_with_fresh(1);
    const hs_allocator *a = hs_heap_allocator(h);
    assert_int_equal(hs_events_counts(h).writes, 0);
    assert_int_equal(event(h, HS_INSERT)->b, LISTS);
    assert_int_equal(word_at(h, 0), 32 | 3);
    assert_true(a->walk(h, NULL, &b));
    assert_int_equal(b.kind, HS_BLOCK_FREE);
    assert_int_equal(b.links, 0);
    assert_true(a->list(h, LISTS, &list));
    assert_string_equal(list.name, "fresh");
    assert_true(a->check(h, &damage));
    hs_heap_free(h);
}

static void a_fresh_block_is_put_away_when_four_more_were_freed(void **state)
{
    (void)state;
    hs_heap *h = heap_with_fresh(4);
    assert_string_equal(heads(h), "207:384 1024:0");
    hs_free(h, HS_BASE + 8 * 32 + 8);
    assert_int_equal(event(h, HS_REMOVE)->at, HS_BASE);
    assert_string_equal(heads(h), "207:384 1024:64 1028:0");
    hs_free(h, HS_BASE + 10 * 32 + 8);
    assert_string_equal(heads(h), "207:384 1024:128 1028:64");
    hs_heap_free(h);
}

static void fresh_blocks_are_listed_as_they_were_freed(void **state)
{
    (void)state;
    hs_list list;
    hs_links l;
    hs_heap *h = heap_with_fresh(6);
    assert_true(hs_heap_allocator(h)->list(h, LISTS, &list));
    for (size_t i = 2; i < 6; i++, list.head = l.to[0]) {
        assert_int_equal(at(list.head), 64 * i);
        assert_true(hs_heap_allocator(h)->links(h, list.head, &l));
        assert_int_equal(l.to[1], HS_NULL);
    }
    assert_int_equal(list.head, HS_NULL);
    hs_heap_free(h);
}

static void fresh_blocks_are_joined_when_a_search_fails(void **state)
{
    (void)state;
    hs_heap *h = heap("quick 262144 262144");
    hs_addr p = hs_malloc(h, 131000), q = hs_malloc(h, 131000);
    hs_free(h, p);
    hs_free(h, q);
    assert_int_equal(hs_malloc(h, 262144), HS_NULL);
    assert_string_equal(heads(h), "15:262016 1024:0"); /* nothing changed */
    assert_int_equal(hs_malloc(h, 262000), p);
    hs_heap_free(h);
}

static void largest_may_change_while_blocks_are_quick(void **state)
{
    (void)state;
    hs_heap *h = heap_with_two_quick("quick 160 160");
    set(h, "largest", "0");
    hs_free(h, HS_BASE + 72);
    expect_blocks(h, "f32 f32 f88");
    assert_int_equal(at(hs_malloc(h, 24)), 40);
    hs_free(h, HS_BASE + 40);
    expect_blocks(h, "f32 f120");
    assert_int_equal(at(hs_malloc(h, 144)), 8);
    hs_heap_free(h);
}

/* --- In front of TLSF ------------------------------------------------------------------------ */

static void a_quick_block_is_taken_before_the_grid_is_looked_at(void **state)
{
    (void)state;
    hs_heap *h = heap("quick 512 512 behind=tlsf");
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

static void in_front_of_tlsf_they_are_joined_before_the_heap_grows(void **state)
{
    (void)state;
    hs_heap *h = heap("quick 512 4096 behind=tlsf");
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
        hs_heap *h = heap_of_scattered_quick_blocks("quick 9608 65536 behind=tlsf");
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
    hs_heap *h = heap_of_scattered_quick_blocks("quick 9608 9608 behind=tlsf");
    assert_int_equal(at(hs_malloc(h, 56)), 8);                 /* where the first three were */
    assert_int_equal(count_events(h, HS_REMOVE), 151 + 2 + 1); /* waiting, joined, taken */
    assert_int_equal(hs_malloc(h, 56), HS_NULL);
    hs_heap_free(h);
}

static void the_class_of_the_request_is_looked_at_before_the_heap_grows(void **state)
{
    (void)state;
    hs_heap *h = heap("quick 1024 2048 behind=tlsf largest=0");
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
    hs_heap *h = heap_of_near_misses("quick 11440 22880 behind=tlsf largest=0", &hole);
    assert_true(hs_malloc(h, 512) > hole);
    assert_int_equal(hs_events_counts(h).growths, 1);
    assert_int_equal(hs_events_counts(h).visits, GLANCES);
    hs_heap_free(h);
}

static void before_a_refusal_all_blocks_of_the_class_are_looked_at(void **state)
{
    (void)state;
    hs_addr hole;
    hs_heap *h = heap_of_near_misses("quick 11440 11440 behind=tlsf largest=0", &hole);
    assert_int_equal(hs_malloc(h, 512), hole);
    assert_int_equal(hs_events_counts(h).visits, GLANCES + 21);
    assert_int_equal(hs_malloc(h, 512), HS_NULL);
    hs_heap_free(h);
}

/* --- Broken bytes --------------------------------------------------------------------------- */

static void expect_fault(hs_heap *h, const picture *before, hs_reason why)
{
    assert_non_null(hs_fault(h));
    assert_int_equal(hs_fault(h)->detail, why);
    expect_unchanged(h, before);
}

static void a_write_through_a_freed_pointer_ends_in_a_fault(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap_with_two_quick("quick 160 160");
    store(h, 40, 0x4141414141414141); /* the quick block's link */
    hs_malloc(h, 24);
    take(h, &before);
    assert_int_equal(hs_malloc(h, 24), HS_NULL);
    expect_fault(h, &before, HS_BECAUSE_OUTSIDE);
    hs_heap_free(h);
}

static void a_list_that_goes_round_in_a_circle_ends_in_a_fault(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap("quick 1024 1024 behind=tlsf largest=0");
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

static void expect_damage(hs_heap *h, uint64_t offset, const char *what)
{
    hs_damage damage = {0};
    assert_false(hs_heap_allocator(h)->check(h, &damage));
    assert_non_null(strstr(damage.what, what));
    assert_int_equal(at(damage.at), offset);
    hs_heap_free(h);
}

static void the_check_reports_broken_lists(void **state)
{
    (void)state;
    hs_heap *h = heap_with_two_quick("quick 160 160");
    store(h, 40, HS_BASE + 64);
    expect_damage(h, 64, "no quick block");
    h = heap_with_two_quick("quick 160 160");
    store(h, 40, 1);
    expect_damage(h, 0, "quick list leads out of the heap");
    h = heap_with_two_quick("quick 160 160");
    store(h, 40, HS_BASE + 32);
    expect_damage(h, 32, "in a circle");
    h = heap_with_two_quick("quick 160 160");
    store(h, 40, HS_NULL);
    expect_damage(h, 0, "missing from the lists");
    h = heap_with_two_quick("quick 160 160");
    store(h, 112, HS_BASE);
    expect_damage(h, 96, "previous");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quick_block_stays_as_it_is_and_its_header_says_so),
        cmocka_unit_test(a_quick_block_has_one_link),
        cmocka_unit_test(the_next_request_of_its_size_gets_the_quick_block_freed_last),
        cmocka_unit_test(a_quick_block_too_small_to_be_split_serves_a_smaller_request),
        cmocka_unit_test(a_quick_block_larger_by_a_quarter_serves_whole),
        cmocka_unit_test(a_quick_list_that_its_client_cut_off_serves_nothing_more),
        cmocka_unit_test(many_quick_blocks_are_joined_before_the_last_block_is_carved_up),
        cmocka_unit_test(the_largest_quick_blocks_are_joined_first),
        cmocka_unit_test(few_quick_blocks_are_left_as_they_are),
        cmocka_unit_test(quick_blocks_are_joined_when_a_search_fails),
        cmocka_unit_test(quick_blocks_are_joined_before_the_heap_grows),
        cmocka_unit_test(nothing_is_joined_for_a_request_that_must_fail),
        cmocka_unit_test(blocks_larger_than_the_largest_are_joined_at_once),
        cmocka_unit_test(a_block_with_a_free_neighbour_is_joined_and_not_kept),
        cmocka_unit_test(the_last_block_of_the_heap_is_no_neighbour_to_join),
        cmocka_unit_test(in_a_large_heap_free_looks_at_nothing),
        cmocka_unit_test(a_fresh_block_is_put_away_when_four_more_were_freed),
        cmocka_unit_test(fresh_blocks_are_listed_as_they_were_freed),
        cmocka_unit_test(fresh_blocks_are_joined_when_a_search_fails),
        cmocka_unit_test(largest_may_change_while_blocks_are_quick),
        cmocka_unit_test(a_quick_block_is_taken_before_the_grid_is_looked_at),
        cmocka_unit_test(in_front_of_tlsf_they_are_joined_before_the_heap_grows),
        cmocka_unit_test(a_request_joins_no_more_than_it_takes_to_write_its_bytes),
        cmocka_unit_test(before_a_refusal_all_quick_blocks_are_joined),
        cmocka_unit_test(the_class_of_the_request_is_looked_at_before_the_heap_grows),
        cmocka_unit_test(before_the_heap_grows_only_a_few_blocks_are_looked_at),
        cmocka_unit_test(before_a_refusal_all_blocks_of_the_class_are_looked_at),
        cmocka_unit_test(a_write_through_a_freed_pointer_ends_in_a_fault),
        cmocka_unit_test(a_list_that_goes_round_in_a_circle_ends_in_a_fault),
        cmocka_unit_test(the_check_reports_broken_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The tree of free blocks: which block it gives, and that it stays in order and shallow. */
#include "check.h"
#include "heaps.h"
#include "random.h"

static hs_addr root_of(const hs_heap *h)
{
    hs_list list;
    assert_true(hs_heap_allocator(h)->list(h, 0, &list));
    return list.head;
}

static hs_links links_of(const hs_heap *h, hs_addr block)
{
    hs_links links;
    assert_true(hs_heap_allocator(h)->links(h, block, &links));
    return links;
}

static size_t height(const hs_heap *h, hs_addr block)
{
    if (!block) return 0;
    hs_links l = links_of(h, block);
    size_t left = height(h, l.to[0]), right = height(h, l.to[1]);
    return 1 + (left > right ? left : right);
}

static void store(hs_heap *h, uint64_t offset, uint64_t word)
{
    assert_true(hs_heap_poke(h, HS_BASE + offset, &word, sizeof word));
}

/* --- Best fit ------------------------------------------------------------------------------- */

/* Holes of these blocks' sizes, with blocks in use between them, in a heap that is full else. */
static hs_heap *heap_of_holes(const uint64_t *sizes, size_t n, hs_addr *holes)
{
    hs_heap *h = heap("tree 65536 65536");
    for (size_t i = 0; i < n; i++) {
        holes[i] = hs_malloc(h, sizes[i] - 8);
        hs_malloc(h, 24);
    }
    for (size_t i = 0; i < n; i++) hs_free(h, holes[i]);
    return h;
}

static void malloc_takes_the_smallest_block_that_is_large_enough(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {512, 96, 200, 40, 104, 1024, 88};
    hs_addr p[7];
    hs_heap *h = heap_of_holes(sizes, 7, p);
    assert_int_equal(hs_malloc(h, 80), p[6]);
    assert_int_equal(hs_malloc(h, 80), p[1]);
    assert_int_equal(hs_malloc(h, 80), p[4]);
    assert_int_equal(hs_malloc(h, 500), p[0]);
    assert_int_equal(hs_malloc(h, 30), p[3]);
    hs_heap_free(h);
}

static void of_equal_blocks_the_one_at_the_lowest_address_is_taken(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {64, 64, 64, 64, 64, 64};
    hs_addr p[6];
    hs_heap *h = heap_of_holes(sizes, 6, p);
    for (size_t i = 0; i < 6; i++) assert_int_equal(hs_malloc(h, 56), p[i]);
    hs_heap_free(h);
}

/* The block that best fit must give, by looking at all. */
static hs_addr best_by_looking(const hs_heap *h, uint64_t need)
{
    const hs_allocator *a = hs_heap_allocator(h);
    hs_block b, best = {.size = UINT64_MAX};
    for (bool more = a->walk(h, NULL, &b); more; more = a->walk(h, &b, &b))
        if (b.kind == HS_BLOCK_FREE && b.size >= need && b.size < best.size) best = b;
    return best.addr ? best.addr + 8 : HS_NULL;
}

static void it_gives_what_looking_at_every_block_would(void **state)
{
    (void)state;
    enum { LIVE = 200 };
    hs_addr live[LIVE] = {HS_NULL};
    uint64_t random = 7;
    hs_heap *h = heap("tree 65536 65536");
    for (size_t i = 0; i < 5000; i++) {
        size_t slot = random_below(&random, LIVE), size = 24 + random_below(&random, 400);
        hs_free(h, live[slot]);
        hs_addr wanted = best_by_looking(h, (size + 15) / 8 * 8);
        live[slot] = hs_malloc(h, size);
        assert_int_equal(live[slot], wanted);
    }
    hs_heap_free(h);
}

static void blocks_that_are_too_small_are_told_on_the_way_down(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {40, 48};
    hs_addr p[2];
    hs_heap *h = heap_of_holes(sizes, 2, p);
    hs_malloc(h, 1000);
    size_t n;
    const hs_event *e = hs_events(h, &n);
    for (size_t i = 0; i < n; i++) {
        if (e[i].kind != HS_REJECT) continue;
        assert_int_equal(e[i].detail, HS_BECAUSE_TOO_SMALL);
        assert_true(e[i - 1].kind == HS_VISIT && e[i - 1].at == e[i].at);
        assert_true(e[i].a < 1008);
    }
    hs_heap_free(h);
}

/* --- Aligned requests ----------------------------------------------------------------------- */

static void aligned_alloc_goes_on_to_the_next_larger_block_until_one_fits(void **state)
{
    (void)state;
    /* Payloads at 8, 112, 224, 352; 64 bytes need 72, behind a multiple of 64 and a block of 32. */
    static const uint64_t sizes[] = {72, 80, 96, 400};
    hs_addr p[4];
    hs_heap *h = heap_of_holes(sizes, 4, p);
    assert_int_equal(at(p[3]), 352);
    assert_int_equal(at(hs_aligned_alloc(h, 64, 64)), 384);
    assert_true(count_events(h, HS_REJECT) >= 3);
    assert_int_equal(event(h, HS_REJECT)->detail, HS_BECAUSE_NOT_ALIGNED);
    assert_int_equal(event(h, HS_CHOOSE)->a, 400);
    hs_heap_free(h);
}

static void of_equal_blocks_an_aligned_request_takes_the_first_that_fits(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {72, 72, 72, 72};
    hs_addr p[4];
    hs_heap *h = heap_of_holes(sizes, 4, p);
    assert_int_equal(at(p[1]), 112); /* p[0] is no multiple of 16, this is */
    assert_int_equal(hs_aligned_alloc(h, 16, 64), p[1]);
    hs_heap_free(h);
}

static void an_aligned_request_takes_a_block_that_happens_to_be_aligned(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {24 + 32, 72};
    hs_addr p[2];
    hs_heap *h = heap_of_holes(sizes, 2, p);
    assert_int_equal(at(p[1]), 96);
    assert_int_equal(hs_aligned_alloc(h, 32, 64), p[1]);
    assert_int_equal(hs_events_counts(h).splits, 0);
    hs_heap_free(h);
}

/* --- Blocks --------------------------------------------------------------------------------- */

static void two_links_fit_in_a_block_of_32_bytes(void **state)
{
    (void)state;
    hs_heap *h = heap("tree 256 256");
    hs_addr p = hs_malloc(h, 1);
    hs_malloc(h, 1);
    hs_free(h, p);
    expect_blocks(h, "f32 u32 f184");
    hs_heap_free(h);
}

static void free_joins_both_neighbours_into_one_node(void **state)
{
    (void)state;
    hs_heap *h = heap("tree 256 256");
    hs_addr p = hs_malloc(h, 24), q = hs_malloc(h, 24), r = hs_malloc(h, 24);
    hs_malloc(h, 120);
    hs_free(h, p);
    hs_free(h, r);
    hs_free(h, q);
    assert_int_equal(hs_events_counts(h).coalesces, 2);
    assert_int_equal(count_events(h, HS_REMOVE), 2);
    assert_int_equal(event(h, HS_INSERT)->a, 96);
    expect_blocks(h, "f96 u152");
    assert_int_equal(height(h, root_of(h)), 1);
    hs_heap_free(h);
}

static void growth_extends_a_free_last_block(void **state)
{
    (void)state;
    hs_heap *h = heap("tree 256 1024");
    hs_malloc(h, 24);
    hs_addr p = hs_malloc(h, 300);
    assert_int_equal(at(p), 40);
    expect_blocks(h, "u32 u312 f160");
    hs_heap_free(h);
}

/* --- Balance -------------------------------------------------------------------------------- */

enum { MANY = 20000, SHALLOW = 60 }; /* a perfect tree of 20000 has 15 levels */

static hs_heap *heap_of_many_holes(bool all_equal, hs_addr *holes)
{
    hs_heap *h = heap("tree 1048576 268435456");
    for (size_t i = 0; i < MANY; i++) {
        holes[i] = hs_malloc(h, all_equal ? 40 : 24 + i % 500 * 8);
        hs_malloc(h, 24);
    }
    return h;
}

static void blocks_freed_in_the_order_of_their_addresses_make_no_deep_tree(void **state)
{
    (void)state;
    static hs_addr p[MANY];
    for (size_t round = 0; round < 4; round++) {
        hs_heap *h = heap_of_many_holes(round < 2, p);
        for (size_t i = 0; i < MANY; i++) hs_free(h, p[round % 2 ? i : MANY - 1 - i]);
        assert_true(height(h, root_of(h)) <= SHALLOW);
        hs_heap_free(h);
    }
}

static void a_search_passes_about_as_many_blocks_as_the_tree_has_levels(void **state)
{
    (void)state;
    static hs_addr p[MANY];
    uint64_t random = 3;
    hs_heap *h = heap_of_many_holes(false, p);
    for (size_t i = 0; i < MANY; i++) hs_free(h, p[i]);
    for (size_t i = 0; i < 1000; i++) {
        assert_true(hs_malloc(h, 24 + random_below(&random, 4000)));
        assert_true(hs_events_counts(h).visits <= 4 * SHALLOW); /* found, out, the rest in */
    }
    hs_heap_free(h);
}

static void the_tree_does_not_depend_on_the_order_of_the_frees(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {64, 40, 200, 64, 1000, 88, 64, 48};
    hs_addr p[8];
    hs_heap *h = heap_of_holes(sizes, 8, p);
    static picture before;
    take(h, &before);
    hs_addr root = root_of(h), links[8][2];
    for (size_t i = 0; i < 8; i++) memcpy(links[i], links_of(h, p[i] - 8).to, sizeof links[i]);
    for (size_t i = 0; i < 8; i++) hs_malloc(h, sizes[i] - 8);
    expect_blocks(h, "u64 u32 u40 u32 u200 u32 u64 u32 u1000 u32 u88 u32 u64 u32 u48 u32 f63704");
    for (size_t i = 8; i-- > 0;) hs_free(h, p[i]);
    assert_int_equal(root_of(h), root);
    for (size_t i = 0; i < 8; i++)
        assert_memory_equal(links[i], links_of(h, p[i] - 8).to, sizeof links[i]);
    hs_heap_free(h);
}

/* --- Broken bytes --------------------------------------------------------------------------- */

/* Blocks of 40 bytes, the first and the third free. */
static hs_heap *heap_to_break(void)
{
    hs_heap *h = heap("tree 256 1024");
    hs_addr p = hs_malloc(h, 32), q = hs_malloc(h, 32), r = hs_malloc(h, 32);
    hs_malloc(h, 32);
    hs_free(h, p);
    hs_free(h, r);
    assert_true(q);
    expect_blocks(h, "f40 u40 f40 u40 f88");
    return h;
}

enum { FREE = 3 };
static const uint64_t free_at[FREE] = {0, 80, 160};

/* Where the root is, or a block without any below it: bytes from the base. */
static uint64_t root_offset(void)
{
    hs_heap *h = heap_to_break();
    uint64_t root = root_of(h) - HS_BASE;
    hs_heap_free(h);
    return root;
}

static uint64_t leaf_offset(void)
{
    hs_heap *h = heap_to_break();
    size_t i = 0;
    while (height(h, HS_BASE + free_at[i]) > 1) i++;
    hs_heap_free(h);
    return free_at[i];
}

static void expect_fault(uint64_t offset, uint64_t word, hs_reason why)
{
    static picture before;
    hs_heap *h = heap_to_break();
    store(h, offset, word);
    take(h, &before);
    assert_int_equal(hs_malloc(h, 2), HS_NULL);
    assert_int_equal(hs_fault(h)->detail, why);
    expect_unchanged(h, &before);
    hs_heap_free(h);
}

static void broken_links_end_in_a_fault_and_are_undone(void **state)
{
    (void)state;
    uint64_t link = root_offset() + 8;
    expect_fault(link, (uint64_t)1 << 50, HS_BECAUSE_OUTSIDE);
    expect_fault(link, 8, HS_BECAUSE_OUTSIDE);
    expect_fault(link, HS_BASE + 248, HS_BECAUSE_OUTSIDE); /* the end of a block would be beyond */
    expect_fault(link, HS_BASE + link - 8, HS_BECAUSE_ENDLESS);
}

static void a_circle_of_links_is_noticed_on_the_first_round(void **state)
{
    (void)state;
    uint64_t root = root_offset();
    hs_heap *h = heap_to_break();
    store(h, root + 8, HS_BASE + root);
    hs_malloc(h, 2);
    assert_non_null(hs_fault(h));
    assert_int_equal(count_events(h, HS_VISIT), 1);
    hs_heap_free(h);
}

static void a_block_whose_size_was_overwritten_is_not_found_in_the_tree(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap_to_break();
    store(h, 72 + 40, 56); /* the footer of the third block: too much by half a block */
    take(h, &before);
    hs_free(h, HS_BASE + 128);
    assert_non_null(hs_fault(h));
    expect_unchanged(h, &before);
    hs_heap_free(h);
}

/* What the check says of a heap with one word broken. */
static const char *damage_by(uint64_t offset, uint64_t word)
{
    static hs_damage damage;
    hs_heap *h = heap_to_break();
    assert_true(hs_heap_allocator(h)->check(h, &damage));
    store(h, offset, word);
    damage = (hs_damage){0};
    bool sound = hs_heap_allocator(h)->check(h, &damage);
    assert_int_equal(sound, damage.what[0] == 0);
    hs_heap_free(h);
    return damage.what;
}

static void the_check_reports_links_that_lead_astray(void **state)
{
    (void)state;
    uint64_t root = root_offset(), leaf = leaf_offset();
    assert_non_null(strstr(damage_by(root + 8, 1), "out of the heap"));
    assert_non_null(strstr(damage_by(leaf + 8, 1), "out of the heap"));
    assert_non_null(strstr(damage_by(leaf + 16, UINT64_MAX), "out of the heap"));
    assert_non_null(strstr(damage_by(leaf + 16, HS_BASE + root), "higher priority"));
}

static void the_check_reports_free_blocks_that_the_tree_does_not_lead_to(void **state)
{
    (void)state;
    size_t lost = 0;
    for (size_t i = 0; i < FREE; i++)
        for (uint64_t link = 8; link <= 16; link += 8)
            lost += strstr(damage_by(free_at[i] + link, HS_NULL), "no way in the tree") != NULL;
    assert_int_equal(lost, FREE - 1); /* a link to each but the root */
}

static void the_check_reports_a_tree_that_leads_to_more_than_the_free_blocks(void **state)
{
    (void)state;
    size_t found = 0;
    uint64_t leaf = leaf_offset();
    for (uint64_t inside = 40; inside < 80; inside += 8) /* some have a lower priority */
        found += strstr(damage_by(leaf + 16, HS_BASE + inside), "more than the free") != NULL;
    assert_true(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malloc_takes_the_smallest_block_that_is_large_enough),
        cmocka_unit_test(of_equal_blocks_the_one_at_the_lowest_address_is_taken),
        cmocka_unit_test(it_gives_what_looking_at_every_block_would),
        cmocka_unit_test(blocks_that_are_too_small_are_told_on_the_way_down),
        cmocka_unit_test(aligned_alloc_goes_on_to_the_next_larger_block_until_one_fits),
        cmocka_unit_test(of_equal_blocks_an_aligned_request_takes_the_first_that_fits),
        cmocka_unit_test(an_aligned_request_takes_a_block_that_happens_to_be_aligned),
        cmocka_unit_test(two_links_fit_in_a_block_of_32_bytes),
        cmocka_unit_test(free_joins_both_neighbours_into_one_node),
        cmocka_unit_test(growth_extends_a_free_last_block),
        cmocka_unit_test(blocks_freed_in_the_order_of_their_addresses_make_no_deep_tree),
        cmocka_unit_test(a_search_passes_about_as_many_blocks_as_the_tree_has_levels),
        cmocka_unit_test(the_tree_does_not_depend_on_the_order_of_the_frees),
        cmocka_unit_test(broken_links_end_in_a_fault_and_are_undone),
        cmocka_unit_test(a_circle_of_links_is_noticed_on_the_first_round),
        cmocka_unit_test(a_block_whose_size_was_overwritten_is_not_found_in_the_tree),
        cmocka_unit_test(the_check_reports_links_that_lead_astray),
        cmocka_unit_test(the_check_reports_free_blocks_that_the_tree_does_not_lead_to),
        cmocka_unit_test(the_check_reports_a_tree_that_leads_to_more_than_the_free_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

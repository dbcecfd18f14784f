/* SPDX-License-Identifier: MIT */
/* K&R's allocator: its list, its roving search, the tails it hands out, and what its check sees. */
#include "check.h"
#include "heaps.h"
#include "random.h"

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

static uint64_t freep(const hs_heap *h)
{
    hs_mark marks[HS_MARKS];
    assert_int_equal(hs_heap_marks(h, marks), 1);
    assert_string_equal(marks[0].name, "freep");
    return marks[0].at - HS_BASE;
}

/* Where the free blocks lie, in the list's order: "16 96 " */
static const char *list_of(const hs_heap *h)
{
    static char text[256];
    hs_list list;
    hs_links l = {{HS_NULL}};
    size_t n = 0;
    text[0] = 0;
    assert_true(hs_heap_allocator(h)->list(h, 0, &list));
    for (hs_addr b = list.head; b && n < sizeof text - 24; b = l.to[0]) {
        n += (size_t)snprintf(text + n, sizeof text - n, "%d ", (int)(b - HS_BASE));
        assert_true(hs_heap_allocator(h)->links(h, b, &l));
    }
    return text;
}

/* --- Malloc --------------------------------------------------------------------------------- */

static void a_heap_begins_with_the_base_and_one_free_block(void **state)
{
    (void)state;
    hs_heap *h = heap("kr 256 256");
    expect_blocks(h, "o16 f240");
    assert_int_equal(word_at(h, 0), HS_BASE + 16);
    assert_int_equal(word_at(h, 8), 0);
    assert_int_equal(word_at(h, 16), HS_BASE);
    assert_int_equal(word_at(h, 24), 15);
    assert_int_equal(freep(h), 0);
    hs_heap_free(h);
}

static void malloc_hands_out_the_tail_and_changes_the_size_of_the_rest_alone(void **state)
{
    (void)state;
    hs_heap *h = heap("kr 256 256");
    assert_int_equal(at(hs_malloc(h, 24)), 224);
    expect_blocks(h, "o16 f192 u48");
    assert_int_equal(word_at(h, 24), 12);
    assert_int_equal(word_at(h, 16), HS_BASE);
    assert_int_equal(event(h, HS_SPLIT)->a, 192);
    assert_int_equal(at(hs_malloc(h, 1)), 192);
    expect_blocks(h, "o16 f160 u32 u48");
    hs_heap_free(h);
}

static void a_block_is_whole_units_and_one_for_its_header(void **state)
{
    (void)state;
    static const struct {
        size_t nbytes;
        uint64_t bytes;
    } rows[] = {{1, 32}, {15, 32}, {16, 32}, {17, 48}, {32, 48}, {33, 64}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hs_heap *h = heap("kr 256 256");
        hs_malloc(h, rows[i].nbytes);
        assert_int_equal(event(h, HS_ROUND)->b, rows[i].bytes);
        assert_int_equal(event(h, HS_TAKE)->a, rows[i].bytes);
        hs_heap_free(h);
    }
}

static void a_block_of_just_the_size_leaves_the_list_whole(void **state)
{
    (void)state;
    hs_heap *h = heap("kr 128 128");
    assert_int_equal(at(hs_malloc(h, 96)), 32);
    expect_blocks(h, "o16 u112");
    assert_string_equal(list_of(h), "");
    assert_int_equal(word_at(h, 0), HS_BASE); /* the base leads to itself */
    assert_int_equal(hs_malloc(h, 1), HS_NULL);
    hs_heap_free(h);
}

static void the_ptr_of_a_block_in_use_is_0(void **state)
{
    (void)state;
    hs_heap *h = heap("kr 256 256");
    uint64_t first = at(hs_malloc(h, 24));
    hs_free(h, HS_BASE + first);
    assert_int_equal(hs_malloc(h, 224), HS_BASE + 32); /* a free block that becomes one in use */
    assert_int_equal(word_at(h, 16), 0);
    hs_heap_free(h);
}

/* Blocks of 32 bytes, of which the ones numbered are freed in this order: block 0 lies at 224. */
static hs_heap *heap_after_frees(const char *line, const char *frees)
{
    hs_heap *h = heap(line);
    hs_addr p[16];
    for (size_t i = 0; i < 7; i++) p[i] = hs_malloc(h, 16);
    for (; *frees; frees++) hs_free(h, p[*frees - '0']);
    return h;
}

/* Free: 16 (48 bytes), 64, 128 and 192. */
static void a_search_goes_on_where_the_last_one_ended(void **state)
{
    (void)state;
    hs_heap *h = heap_after_frees("kr 256 256", "153");
    expect_blocks(h, "o16 f16 u32 f32 u32 f32 u32 f32 u32");
    assert_string_equal(list_of(h), "16 64 128 192 ");
    assert_int_equal(freep(h), 64);              /* block 3 was freed behind it */
    assert_int_equal(at(hs_malloc(h, 16)), 144); /* not the one at 64 */
    assert_int_equal(freep(h), 64);
    assert_int_equal(at(hs_malloc(h, 16)), 208);
    assert_int_equal(at(hs_malloc(h, 16)), 80); /* round the end and past the base */
    assert_int_equal(hs_events_counts(h).visits, 3);
    hs_heap_free(h);
}

static void blocks_that_are_too_small_are_told(void **state)
{
    (void)state;
    hs_heap *h = heap_after_frees("kr 256 256", "153");
    assert_int_equal(hs_malloc(h, 17), HS_NULL);
    assert_int_equal(hs_events_counts(h).visits, 5); /* four free ones, and the base */
    assert_int_equal(count_events(h, HS_REJECT), 5);
    assert_int_equal(event(h, HS_FAIL)->detail, HS_BECAUSE_LIMIT);
    hs_heap_free(h);
}

/* --- Free ----------------------------------------------------------------------------------- */

static void the_list_is_in_the_order_of_addresses_whatever_is_freed_first(void **state)
{
    (void)state;
    static const char *const orders[] = {"0246", "6420", "2604", "4062", "0624"};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        hs_heap *h = heap_after_frees("kr 256 256", orders[i]);
        assert_string_equal(list_of(h), "16 96 160 224 ");
        expect_blocks(h, "o16 f48 u32 f32 u32 f32 u32 f32");
        hs_heap_free(h);
    }
}

static void free_joins_its_neighbours_in_four_cases(void **state)
{
    (void)state;
    static const struct {
        const char *frees, *blocks;
        size_t joins;
    } cases[] = {
        {"3", "o16 f16 u32 u32 u32 f32 u32 u32 u32", 0},
        {"23", "o16 f16 u32 u32 u32 f64 u32 u32", 1},
        {"43", "o16 f16 u32 u32 f64 u32 u32 u32", 1},
        {"243", "o16 f16 u32 u32 f96 u32 u32", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hs_heap *h = heap_after_frees("kr 256 256", cases[i].frees);
        expect_blocks(h, cases[i].blocks);
        assert_int_equal(count_events(h, HS_COALESCE), cases[i].joins);
        hs_heap_free(h);
    }
}

static void the_base_joins_nobody(void **state)
{
    (void)state;
    hs_heap *h = heap("kr 128 128");
    hs_addr p = hs_malloc(h, 96); /* all there is, right behind the base */
    hs_free(h, p);
    expect_blocks(h, "o16 f112");
    assert_int_equal(count_events(h, HS_COALESCE), 0);
    assert_int_equal(word_at(h, 8), 0);
    hs_heap_free(h);
}

static void a_second_free_goes_round_in_a_circle_and_is_undone(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap_after_frees("kr 256 256", "3");
    take(h, &before);
    hs_free(h, HS_BASE + 144);
    assert_int_equal(hs_fault(h)->detail, HS_BECAUSE_ENDLESS);
    expect_unchanged(h, &before);
    hs_heap_free(h);
}

/* --- Growth --------------------------------------------------------------------------------- */

/* The free block at the end becomes part of it; and the search goes round the list once more. */
static void new_memory_is_freed_into_the_list(void **state)
{
    (void)state;
    hs_heap *h = heap("kr 128 1024");
    hs_addr p = hs_malloc(h, 48);
    hs_malloc(h, 16);
    assert_int_equal(at(hs_malloc(h, 100)), 144);
    expect_blocks(h, "o16 f16 u32 u64 u128");
    hs_free(h, p);
    expect_blocks(h, "o16 f16 u32 f64 u128");
    hs_heap_free(h);

    h = heap("kr 128 1024");
    assert_int_equal(at(hs_malloc(h, 112)), 144);
    expect_blocks(h, "o16 f112 u128");
    assert_int_equal(event(h, HS_COALESCE)->a, 112);
    assert_int_equal(event(h, HS_GROW)->b, HS_BASE + 256);
    hs_heap_free(h);
}

/* The book asks for all that is needed, even if the heap ends with a free block. */
static void morecore_does_not_count_on_the_free_block_at_the_end(void **state)
{
    (void)state;
    hs_heap *h = heap("kr 128 192");
    assert_int_equal(hs_malloc(h, 96), HS_BASE + 32);
    hs_heap_free(h);
    h = heap("kr 128 192");
    assert_int_equal(hs_malloc(h, 112), HS_NULL); /* 128 bytes; 112 are free, and 64 to be had */
    expect_blocks(h, "o16 f112");
    hs_heap_free(h);
}

/* --- Not in the book ------------------------------------------------------------------------ */

static void realloc_leaves_a_block_as_it_is_or_moves_it(void **state)
{
    (void)state;
    hs_heap *h = heap("kr 512 512");
    hs_addr p = hs_malloc(h, 40);
    hs_heap_poke(h, p, "forty bytes are three units and a header", 40);
    assert_int_equal(hs_realloc(h, p, 48), p);
    assert_int_equal(hs_realloc(h, p, 8), p);
    assert_int_equal(event(h, HS_IN_PLACE)->b, 64);
    hs_addr q = hs_realloc(h, p, 49);
    assert_true(q != p);
    assert_int_equal(event(h, HS_DECLINE)->detail, HS_BECAUSE_NEVER);
    assert_int_equal(hs_events_counts(h).moved, 48);
    assert_memory_equal(hs_heap_bytes(h, q, 40), "forty bytes are three units and a header", 40);
    expect_blocks(h, "o16 f352 u80 f64");
    hs_heap_free(h);
}

static void aligned_alloc_gives_back_what_is_in_front_and_behind(void **state)
{
    (void)state;
    hs_heap *h = heap("kr 512 512");
    assert_int_equal(at(hs_aligned_alloc(h, 128, 16)), 384);
    expect_blocks(h, "o16 f352 u32 f112");
    assert_int_equal(at(hs_aligned_alloc(h, 16, 16)), 496); /* a multiple of 16 is any block */
    expect_blocks(h, "o16 f352 u32 f80 u32");
    assert_int_equal(at(hs_aligned_alloc(h, 128, 16)), 256);
    hs_heap_free(h);
}

/* --- The book's list, kept beside it -------------------------------------------------------- */

enum { MODEL = 128 };

/* The free blocks by address, and freep, as numbers of this table; number 0 is the base. */
typedef struct {
    uint64_t at[MODEL], units[MODEL];
    size_t count, freep;
} model;

static void model_remove(model *m, size_t i)
{
    for (m->count--; i < m->count; i++) m->at[i] = m->at[i + 1], m->units[i] = m->units[i + 1];
}

/* The offset of the payload; 0: there is no block that is large enough. */
static uint64_t model_malloc(model *m, size_t nbytes)
{
    uint64_t units = (nbytes + 15) / 16 + 1;
    for (size_t step = 1; step <= m->count; step++) {
        size_t i = (m->freep + step) % m->count, before = (i + m->count - 1) % m->count;
        if (m->units[i] < units) continue;
        uint64_t at = m->at[i] + 16 * (m->units[i] -= units);
        m->freep = before;
        if (!m->units[i]) {
            model_remove(m, i);
            if (before > i) m->freep--;
        }
        return at + 16;
    }
    return 0;
}

static void model_free(model *m, uint64_t at, uint64_t units)
{
    size_t i = m->count++;
    for (; m->at[i - 1] > at; i--) m->at[i] = m->at[i - 1], m->units[i] = m->units[i - 1];
    m->at[i] = at, m->units[i] = units;
    m->freep = i - 1;
    if (i + 1 < m->count && at + 16 * units == m->at[i + 1]) {
        m->units[i] += m->units[i + 1];
        model_remove(m, i + 1);
    }
    if (m->at[i - 1] + 16 * m->units[i - 1] == at) {
        m->units[i - 1] += m->units[i];
        model_remove(m, i);
    }
}

static void expect_same(const hs_heap *h, const model *m)
{
    hs_damage damage;
    assert_true(hs_heap_allocator(h)->check(h, &damage));
    assert_int_equal(freep(h), m->at[m->freep]);
    for (size_t i = 0; i < m->count; i++) {
        assert_int_equal(word_at(h, m->at[i]), HS_BASE + m->at[(i + 1) % m->count]);
        assert_int_equal(word_at(h, m->at[i] + 8), m->units[i]);
    }
}

static void it_does_what_the_book_says_over_random_requests(void **state)
{
    (void)state;
    uint64_t random = 1, live[MODEL] = {0};
    model m = {.at = {0, 16}, .units = {0, 255}, .count = 2};
    hs_heap *h = heap("kr 4096 4096");
    for (int i = 0; i < 20000; i++) {
        size_t slot = random_below(&random, 64);
        if (live[slot]) {
            uint64_t block = live[slot] - 16, units = word_at(h, block + 8);
            hs_free(h, HS_BASE + live[slot]);
            model_free(&m, block, units);
            live[slot] = 0;
        } else {
            size_t nbytes = 1 + random_below(&random, 150);
            live[slot] = model_malloc(&m, nbytes);
            hs_addr p = hs_malloc(h, nbytes);
            assert_int_equal(p, live[slot] ? HS_BASE + live[slot] : HS_NULL);
        }
        expect_same(h, &m);
    }
    hs_heap_free(h);
}

/* --- Broken bytes --------------------------------------------------------------------------- */

/* Free: 16, 64, 128, 192; of 16, 32, 32 and 32 bytes. */
static const char *damage_by(uint64_t offset, uint64_t word)
{
    static hs_damage damage;
    hs_heap *h = heap_after_frees("kr 256 256", "153");
    store(h, offset, word);
    assert_false(hs_heap_allocator(h)->check(h, &damage));
    hs_heap_free(h);
    return damage.what;
}

static void the_check_reports_what_is_damaged(void **state)
{
    (void)state;
    assert_non_null(strstr(damage_by(8, 1), "base's size is not 0"));
    assert_non_null(strstr(damage_by(0, 0), "base's ptr is 0"));
    assert_non_null(strstr(damage_by(64 + 8, 0), "0 units"));
    assert_non_null(strstr(damage_by(64 + 8, 13), "beyond the heap"));
    assert_non_null(strstr(damage_by(32 + 8, 1), "one unit"));
    assert_non_null(strstr(damage_by(64, 1 << 20), "leads to no unit"));
    assert_non_null(strstr(damage_by(64, HS_BASE + 8), "leads to no unit"));
    assert_non_null(strstr(damage_by(64, 0), "does not lead to this free block"));
    assert_non_null(strstr(damage_by(64, HS_BASE + 192), "does not lead to this free block"));
    assert_non_null(strstr(damage_by(192, HS_BASE + 64), "does not lead back to the base"));
    assert_non_null(strstr(damage_by(32, HS_BASE + 64), "does not lead to this free block"));
    assert_non_null(strstr(damage_by(64 + 8, 4), "not joined"));
}

static void the_check_reports_free_neighbours_and_a_lost_freep(void **state)
{
    (void)state;
    hs_damage damage;
    hs_heap *h = heap("kr 128 128");
    store(h, 24, 3);
    store(h, 64, HS_BASE);
    store(h, 72, 4);
    store(h, 16, HS_BASE + 64);
    assert_string_equal(blocks_of(h), "o16 f48 f64");
    assert_false(hs_heap_allocator(h)->check(h, &damage));
    assert_non_null(strstr(damage.what, "not joined"));
    hs_heap_free(h);
    h = heap_after_frees("kr 256 256", "153"); /* freep is at 64 */
    store(h, 16, HS_BASE + 128);
    store(h, 64, HS_NULL);
    assert_false(hs_heap_allocator(h)->check(h, &damage));
    assert_non_null(strstr(damage.what, "freep"));
    hs_heap_free(h);
}

static void a_search_through_broken_headers_ends_in_a_fault_and_is_undone(void **state)
{
    (void)state;
    static const struct {
        uint64_t ptr;
        hs_reason why;
    } breaks[] = {
        {HS_BASE + 64, HS_BECAUSE_ENDLESS}, /* a circle of its own */
        {HS_BASE + 256, HS_BECAUSE_OUTSIDE},
        {0x4141414141414141, HS_BECAUSE_OUTSIDE},
        {0, HS_BECAUSE_OUTSIDE},
    };
    static picture before;
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
        hs_heap *h = heap_after_frees("kr 256 4096", "5310");
        assert_int_not_equal(freep(h), 64);
        store(h, 64, breaks[i].ptr);
        take(h, &before);
        assert_int_equal(hs_malloc(h, 1000), HS_NULL);
        assert_int_equal(hs_fault(h)->detail, breaks[i].why);
        expect_unchanged(h, &before);
        hs_heap_free(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_heap_begins_with_the_base_and_one_free_block),
        cmocka_unit_test(malloc_hands_out_the_tail_and_changes_the_size_of_the_rest_alone),
        cmocka_unit_test(a_block_is_whole_units_and_one_for_its_header),
        cmocka_unit_test(a_block_of_just_the_size_leaves_the_list_whole),
        cmocka_unit_test(the_ptr_of_a_block_in_use_is_0),
        cmocka_unit_test(a_search_goes_on_where_the_last_one_ended),
        cmocka_unit_test(blocks_that_are_too_small_are_told),
        cmocka_unit_test(the_list_is_in_the_order_of_addresses_whatever_is_freed_first),
        cmocka_unit_test(free_joins_its_neighbours_in_four_cases),
        cmocka_unit_test(the_base_joins_nobody),
        cmocka_unit_test(a_second_free_goes_round_in_a_circle_and_is_undone),
        cmocka_unit_test(new_memory_is_freed_into_the_list),
        cmocka_unit_test(morecore_does_not_count_on_the_free_block_at_the_end),
        cmocka_unit_test(realloc_leaves_a_block_as_it_is_or_moves_it),
        cmocka_unit_test(aligned_alloc_gives_back_what_is_in_front_and_behind),
        cmocka_unit_test(it_does_what_the_book_says_over_random_requests),
        cmocka_unit_test(the_check_reports_what_is_damaged),
        cmocka_unit_test(the_check_reports_free_neighbours_and_a_lost_freep),
        cmocka_unit_test(a_search_through_broken_headers_ends_in_a_fault_and_is_undone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

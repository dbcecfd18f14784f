/* SPDX-License-Identifier: MIT */
/* The allocators: random operations against the reference client, then one test a behaviour. */
#include "check.h"
#include "heaps.h"
#include "random.h"
#include "reference.h"

#include <stdio.h>
#include <string.h>

/* --- Random operations ---------------------------------------------------------------------- */

static const hs_heap_config heaps[] = {{64, 512}, {256, 4096}, {1008, 1500}, {2048, 16384}};
enum { HEAPS = sizeof heaps / sizeof *heaps };

/* The values of an option that are tried: every choice, or three numbers. */
static uint64_t value_count(const hs_option *o)
{
    uint64_t n = 0;
    while (o->choices && o->choices[n]) n++;
    return o->choices ? n : 3;
}

static uint64_t value_tried(const hs_option *o, uint64_t i)
{
    if (o->choices) return i;
    uint64_t large = o->initial * 4 < o->maximum ? o->initial * 4 : o->maximum;
    return i == 0 ? o->minimum : i == 1 ? o->initial : large;
}

static uint64_t combinations_of(const hs_allocator *a)
{
    uint64_t n = 1;
    for (size_t i = 0; i < a->option_count; i++) n *= value_count(&a->options[i]);
    return n;
}

/* Combination `number` of an allocator's options, in every one of the heaps, grown in every way. */
static void run_combination(const hs_allocator *a, uint64_t number, uint64_t operations)
{
    reference_plan plan = {.allocator = a->name, .operations = operations};
    for (size_t i = 0, n = number; i < a->option_count; i++) {
        plan.options[i] = value_tried(&a->options[i], n % value_count(&a->options[i]));
        n /= value_count(&a->options[i]);
    }
    for (size_t i = 0; i < HEAPS; i++) {
        plan.heap = heaps[i];
        plan.growth = (hs_growth)((number + i) % (HS_GROWTH_EXACT + 1));
        plan.seed = number * HEAPS + i;
        reference_run(&plan);
    }
}

/* 100,000 operations each, spread over every combination of its options. */
static void every_allocator_keeps_every_promise_over_random_operations(void **state)
{
    const hs_allocator *a;
    (void)state;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++) {
        uint64_t combinations = combinations_of(a);
        uint64_t runs = combinations * HEAPS < 400 ? 400 / HEAPS / combinations : 1;
        uint64_t each = random_operations(100000) / (combinations * runs * HEAPS) + 1;
        for (uint64_t n = 0; n < combinations * runs; n++) run_combination(a, n, each);
    }
}

/* Above a quarter of a MiB, quick lists look at what was freed only some frees later. */
static void quick_lists_keep_every_promise_in_a_large_heap(void **state)
{
    (void)state;
    const hs_allocator *a = hs_allocator_named("quick", HS_PROBED);
    size_t behind = option_index(a, "behind", strlen("behind"));
    for (size_t page = 0; a->options[behind].choices[page]; page++) {
        reference_plan plan = {.allocator = "quick",
                               .heap = {1 << 18, 1 << 19},
                               .operations = random_operations(3000),
                               .seed = page};
        for (size_t k = 0; k < a->option_count; k++) plan.options[k] = a->options[k].initial;
        plan.options[behind] = page;
        reference_run(&plan);
    }
}

/* --- What C says, for every allocator ------------------------------------------------------- */

static const char *const every_allocator[] = {
    "bump 256 4096",
    "bump 256 4096 align=16",
    "kr 256 4096",
    "implicit 256 4096",
    "implicit 256 4096 fit=next coalesce=deferred",
    "implicit 256 4096 fit=best footer=on align=16 split-min=0",
    "implicit 256 4096 fit=worst coalesce=off footer=on",
    "explicit 256 4096",
    "explicit 256 4096 order=address fit=best coalesce=deferred align=16",
    "explicit 256 4096 order=fifo coalesce=off",
    "buddy 256 8192", /* more room: aligned_alloc's lead doubles a block */
    "buddy 256 8192 align=16",
    "segregated 256 4096",
    "segregated 256 4096 fit=best align=16 split-min=0",
    "slab 256 4096",
    "slab 256 4096 slab=128 classes=powers",
    "slab 256 4096 slab=1024",
    "tree 256 4096",
    "tree 256 4096 align=16 split-min=0",
    "tlsf 256 4096",
    "tlsf 256 4096 align=16 split-min=0",
    "quick 256 4096",
    "quick 256 4096 behind=tlsf",
    "quick 256 4096 behind=tlsf largest=0 align=16 split-min=0",
    "hardened 256 4096",
    "hardened 256 4096 order=address fit=best coalesce=deferred align=16",
    "ostep 4096 4096",
    "ostep 4096 4096 fit=worst order=sizesort+ coalesce=on",
    "ostep 4096 4096 fit=first order=insert-front",
};

static void for_every_allocator(void (*test)(hs_heap *))
{
    for (size_t i = 0; i < sizeof every_allocator / sizeof *every_allocator; i++) {
        hs_heap *h = heap(every_allocator[i]);
        test(h);
        hs_heap_free(h);
    }
}

static void zero_bytes(hs_heap *h)
{
    hs_addr a = hs_malloc(h, 0), b = hs_malloc(h, 0), c = hs_calloc(h, 0, 8);
    hs_addr d = hs_aligned_alloc(h, 64, 0);
    assert_true(a && b && c && d);
    assert_true(a != b && b != c && a != c && d != a && d != b && d != c);
    hs_free(h, a);
    hs_free(h, b);
}

static void malloc_of_0_bytes_returns_a_pointer_of_its_own(void **state)
{
    (void)state;
    for_every_allocator(zero_bytes);
}

static void null_arguments(hs_heap *h)
{
    static picture before;
    take(h, &before);
    hs_free(h, HS_NULL);
    expect_unchanged(h, &before);
    hs_addr p = hs_realloc(h, HS_NULL, 24);
    assert_true(p);
    assert_int_equal(hs_realloc(h, p, 0), HS_NULL);
    assert_int_equal(count_events(h, HS_FAIL), 0);
    assert_int_equal(count_events(h, HS_RELEASE) + count_events(h, HS_IGNORE) +
                         count_events(h, HS_QUARANTINE),
                     1);
    assert_true(hs_realloc(h, HS_NULL, 0));
}

static void null_and_0_mean_what_c_says(void **state)
{
    (void)state;
    for_every_allocator(null_arguments);
}

static void expect_refused(hs_heap *h, const picture *before, hs_addr result, hs_reason why)
{
    assert_int_equal(result, HS_NULL);
    assert_int_equal(event(h, HS_FAIL)->detail, why);
    assert_null(hs_fault(h));
    expect_unchanged(h, before);
}

static void absurd_sizes(hs_heap *h)
{
    static const size_t sizes[] = {SIZE_MAX,     SIZE_MAX - 7,     SIZE_MAX - 15, SIZE_MAX - 31,
                                   SIZE_MAX / 2, SIZE_MAX / 2 + 1, 4097,          (size_t)1 << 40};
    static picture before;
    hs_addr p = hs_malloc(h, 24), last = hs_malloc(h, 24);
    take(h, &before);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        expect_refused(h, &before, hs_malloc(h, sizes[i]), HS_BECAUSE_LIMIT);
        expect_refused(h, &before, hs_calloc(h, 1, sizes[i]), HS_BECAUSE_LIMIT);
        expect_refused(h, &before, hs_calloc(h, sizes[i], 1), HS_BECAUSE_LIMIT);
        expect_refused(h, &before, hs_aligned_alloc(h, 8, sizes[i]), HS_BECAUSE_LIMIT);
        expect_refused(h, &before, hs_aligned_alloc(h, 512, sizes[i]), HS_BECAUSE_LIMIT);
        expect_refused(h, &before, hs_realloc(h, p, sizes[i]), HS_BECAUSE_LIMIT);
        expect_refused(h, &before, hs_realloc(h, last, sizes[i]), HS_BECAUSE_LIMIT);
        expect_refused(h, &before, hs_realloc(h, HS_NULL, sizes[i]), HS_BECAUSE_LIMIT);
    }
}

static void absurd_sizes_are_refused_and_change_nothing(void **state)
{
    (void)state;
    for_every_allocator(absurd_sizes);
}

static void overflowing_products(hs_heap *h)
{
    static picture before;
    take(h, &before);
    expect_refused(h, &before, hs_calloc(h, SIZE_MAX, 2), HS_BECAUSE_OVERFLOW);
    expect_refused(h, &before, hs_calloc(h, 2, SIZE_MAX), HS_BECAUSE_OVERFLOW);
    expect_refused(h, &before, hs_calloc(h, (size_t)1 << 32, (size_t)1 << 32), HS_BECAUSE_OVERFLOW);
    expect_refused(h, &before, hs_calloc(h, SIZE_MAX / 8 + 2, 8), HS_BECAUSE_OVERFLOW);
}

static void calloc_checks_its_product(void **state)
{
    (void)state;
    for_every_allocator(overflowing_products);
}

static void alignments(hs_heap *h)
{
    static const size_t bad[] = {0, 3, 24, 48, SIZE_MAX, SIZE_MAX - 1};
    static picture before;
    take(h, &before);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_refused(h, &before, hs_aligned_alloc(h, bad[i], 24), HS_BECAUSE_NO_POWER);
    for (size_t bit = 33; bit < 64; bit++)
        expect_refused(h, &before, hs_aligned_alloc(h, (size_t)1 << bit, 24), HS_BECAUSE_LIMIT);
    for (size_t alignment = 1; alignment <= 1024; alignment *= 2)
        assert_int_equal(hs_aligned_alloc(h, alignment, 24) % alignment, 0);
}

static void aligned_alloc_takes_powers_of_two_alone(void **state)
{
    (void)state;
    for_every_allocator(alignments);
}

static void a_full_heap(hs_heap *h)
{
    static picture before;
    while (hs_malloc(h, 100)) {
    }
    while (hs_malloc(h, 1)) {
    }
    assert_int_equal(hs_heap_committed(h), hs_heap_maximum(h));
    take(h, &before);
    expect_refused(h, &before, hs_malloc(h, 1), HS_BECAUSE_LIMIT);
    expect_refused(h, &before, hs_calloc(h, 1, 1), HS_BECAUSE_LIMIT);
    expect_refused(h, &before, hs_aligned_alloc(h, 64, 1), HS_BECAUSE_LIMIT);
}

static void a_heap_at_its_maximum_refuses_and_changes_nothing(void **state)
{
    (void)state;
    for_every_allocator(a_full_heap);
}

static void heap_sizes_are_made_sane(void **state)
{
    (void)state;
    hs_heap *h = heap("bump 1 2");
    assert_int_equal(hs_heap_committed(h), HS_HEAP_SMALLEST);
    assert_int_equal(hs_heap_maximum(h), HS_HEAP_SMALLEST);
    hs_heap_free(h);
}

/* Up to the alignment from what was asked for at the start, down to it from what is the most. */
static void heap_sizes_are_multiples_of_the_alignment(void **state)
{
    (void)state;
    static const struct {
        uint64_t initial, maximum;
        struct {
            uint64_t initial, maximum;
        } by_8, by_16;
    } rows[] = {
        {100, 1000, {104, 1000}, {112, 992}}, {64, 70, {64, 64}, {64, 64}},
        {100, 50, {96, 96}, {96, 96}},        {65, 127, {72, 120}, {80, 112}},
        {65, 71, {64, 64}, {64, 64}},         {256, 256, {256, 256}, {256, 256}},
        {1, 2, {64, 64}, {64, 64}},           {121, 127, {120, 120}, {112, 112}},
    };
    const hs_allocator *a;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        for (uint64_t by_16 = 0; by_16 < 2 && !a->model_base; by_16++)
            for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
                uint64_t values[HS_OPTIONS];
                bool can_choose = false;
                for (size_t o = 0; o < a->option_count; o++) {
                    bool align = strcmp(a->options[o].name, "align") == 0;
                    values[o] = align ? by_16 : a->options[o].initial;
                    can_choose |= align;
                }
                hs_heap_config asked = {rows[r].initial, rows[r].maximum};
                hs_heap *h = hs_heap_new(&asked, a, HS_PROBED, values);
                bool wide = a->alignment(h) == 16;
                if (can_choose) assert_int_equal(wide, by_16);
                hs_heap_config sizes = hs_heap_sizes(h, &asked);
                assert_int_equal(sizes.initial, hs_heap_committed(h));
                assert_int_equal(sizes.maximum, hs_heap_maximum(h));
                assert_int_equal(sizes.initial,
                                 wide ? rows[r].by_16.initial : rows[r].by_8.initial);
                assert_int_equal(sizes.maximum,
                                 wide ? rows[r].by_16.maximum : rows[r].by_8.maximum);
                hs_heap_free(h);
            }
    hs_heap *h = heap("ostep 101 90");
    assert_int_equal(hs_heap_committed(h), 101);
    assert_int_equal(hs_heap_maximum(h), 101);
    hs_heap_free(h);
}

static void the_bytes_can_be_read_and_written_within_the_heap_alone(void **state)
{
    (void)state;
    hs_heap *h = heap("bump 256 1024");
    uint64_t word = 0x1122334455667788;
    assert_true(hs_heap_poke(h, HS_BASE + 248, &word, 8));
    assert_int_equal(event(h, HS_POKE)->a, 8);
    word = 0;
    assert_true(hs_heap_peek(h, HS_BASE + 248, &word));
    assert_int_equal(word, 0x1122334455667788);
    assert_false(hs_heap_poke(h, HS_BASE + 249, &word, 8));
    assert_false(hs_heap_poke(h, HS_BASE - 1, &word, 1));
    assert_false(hs_heap_peek(h, HS_BASE + 249, &word));
    assert_null(hs_heap_bytes(h, HS_BASE, 257));
    assert_null(hs_heap_bytes(h, HS_BASE + 8, UINT64_MAX));
    assert_null(hs_heap_bytes(h, UINT64_MAX, 1));
    assert_non_null(hs_heap_bytes(h, HS_BASE, 256));
    hs_heap_free(h);
}

static void every_preset_names_an_allocator_with_such_an_option(void **state)
{
    (void)state;
    const hs_preset *p;
    for (size_t i = 0; (p = hs_preset_at(i)); i++) {
        const hs_allocator *a = hs_allocator_named(p->allocator, HS_RAW);
        assert_non_null(a);
        size_t o = option_index(a, p->option, strlen(p->option));
        assert_string_equal(a->options[o].choices[option_value(&a->options[o], p->choice)],
                            p->choice);
    }
}

static void both_builds_of_an_allocator_are_listed(void **state)
{
    (void)state;
    size_t n = 0;
    for (; hs_allocator_at(n, HS_RAW); n++) {
        assert_ptr_not_equal(hs_allocator_at(n, HS_RAW), hs_allocator_at(n, HS_PROBED));
        assert_ptr_equal(hs_allocator_named(hs_allocator_at(n, HS_RAW)->name, HS_RAW),
                         hs_allocator_at(n, HS_RAW));
    }
    assert_true(n >= 2);
    assert_null(hs_allocator_named("buddies", HS_RAW));
    assert_null(hs_allocator_at(n, HS_PROBED));
}

/* --- Bump ----------------------------------------------------------------------------------- */

static uint64_t bump_pointer(const hs_heap *h)
{
    hs_mark marks[HS_MARKS];
    assert_int_equal(hs_heap_marks(h, marks), 1);
    return marks[0].at - HS_BASE;
}

static void bump_moves_forward_by_rounded_sizes(void **state)
{
    (void)state;
    hs_heap *h = heap("bump 256 1024");
    expect_blocks(h, "n256");
    assert_int_equal(at(hs_malloc(h, 1)), 0);
    assert_int_equal(at(hs_malloc(h, 8)), 8);
    assert_int_equal(at(hs_malloc(h, 9)), 16);
    assert_int_equal(at(hs_aligned_alloc(h, 64, 3)), 64);
    assert_int_equal(event(h, HS_PAD)->a, 32);
    assert_int_equal(bump_pointer(h), 72);
    expect_blocks(h, "r72 n184");
    hs_heap_free(h);
}

static void bump_ignores_free(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap("bump 256 256");
    hs_addr p = hs_malloc(h, 24);
    take(h, &before);
    hs_free(h, p);
    expect_unchanged(h, &before);
    assert_int_equal(event(h, HS_IGNORE)->at, p);
    assert_int_equal(at(hs_malloc(h, 24)), 24);
    hs_heap_free(h);
}

static void bump_resizes_the_last_block_in_place_and_moves_others(void **state)
{
    (void)state;
    hs_heap *h = heap("bump 64 1024");
    hs_addr p = hs_malloc(h, 24), q = hs_malloc(h, 24);
    hs_heap_poke(h, p, "first", 6);
    assert_int_equal(hs_realloc(h, q, 200), q);
    assert_int_equal(event(h, HS_IN_PLACE)->b, 200);
    assert_int_equal(count_events(h, HS_MOVE), 0);
    assert_int_equal(hs_heap_committed(h), 256);
    hs_addr moved = hs_realloc(h, p, 16);
    assert_int_equal(at(moved), 224);
    assert_string_equal((const char *)hs_heap_bytes(h, moved, 6), "first");
    assert_int_equal(hs_events_counts(h).moved, 16);
    hs_heap_free(h);
}

static void bump_never_moves_back(void **state)
{
    (void)state;
    hs_heap *h = heap("bump 256 256");
    hs_addr p = hs_malloc(h, 100);
    assert_int_equal(bump_pointer(h), 104);
    assert_int_equal(hs_realloc(h, p, 10), p);
    assert_int_equal(bump_pointer(h), 104);
    assert_int_equal(hs_realloc(h, p, 0), HS_NULL);
    assert_int_equal(bump_pointer(h), 104);
    hs_heap_free(h);
}

static void bump_uses_the_heap_to_its_last_byte(void **state)
{
    (void)state;
    hs_heap *h = heap("bump 64 128 align=16");
    hs_addr p = hs_malloc(h, 128);
    assert_int_equal(at(p), 0);
    expect_blocks(h, "r128");
    assert_int_equal(hs_malloc(h, 1), HS_NULL);
    assert_int_equal(hs_realloc(h, p, 129), HS_NULL);
    assert_int_equal(hs_realloc(h, p, 128), p);
    hs_heap_free(h);
}

/* --- Implicit: placement -------------------------------------------------------------------- */

/* Holes of 64, 32 and 48 bytes, then the rest of 320 of 512:  f64 u16 f32 u16 f48 u16 f320. */
static hs_heap *heap_with_holes(const char *line)
{
    hs_heap *h = heap(line);
    hs_addr hole[3];
    static const size_t sizes[] = {56, 24, 40};
    for (size_t i = 0; i < 3; i++) {
        hole[i] = hs_malloc(h, sizes[i]);
        hs_malloc(h, 8);
    }
    for (size_t i = 0; i < 3; i++) hs_free(h, hole[i]);
    expect_blocks(h, "f64 u16 f32 u16 f48 u16 f320");
    return h;
}

static void first_fit_takes_the_first_block_that_is_large_enough(void **state)
{
    (void)state;
    hs_heap *h = heap_with_holes("implicit 512 512 fit=first");
    assert_int_equal(at(hs_malloc(h, 24)), 8);
    expect_blocks(h, "u32 f32 u16 f32 u16 f48 u16 f320");
    assert_int_equal(at(hs_malloc(h, 40)), 136);
    expect_blocks(h, "u32 f32 u16 f32 u16 u48 u16 f320");
    hs_heap_free(h);
}

static void best_fit_takes_the_smallest_block_that_is_large_enough(void **state)
{
    (void)state;
    hs_heap *h = heap_with_holes("implicit 512 512 fit=best");
    assert_int_equal(at(hs_malloc(h, 24)), 88);
    assert_int_equal(count_events(h, HS_VISIT), 7);
    expect_blocks(h, "f64 u16 u32 u16 f48 u16 f320");
    assert_int_equal(at(hs_malloc(h, 40)), 136);
    assert_int_equal(at(hs_malloc(h, 80)), 200);
    hs_heap_free(h);
}

static void worst_fit_takes_the_largest_block(void **state)
{
    (void)state;
    hs_heap *h = heap_with_holes("implicit 512 512 fit=worst");
    assert_int_equal(at(hs_malloc(h, 24)), 200);
    expect_blocks(h, "f64 u16 f32 u16 f48 u16 u32 f288");
    hs_heap_free(h);
}

static void among_equals_best_and_worst_fit_take_the_first(void **state)
{
    (void)state;
    static const char *const lines[] = {"implicit 128 128 fit=best", "implicit 128 128 fit=worst"};
    for (size_t i = 0; i < 2; i++) {
        hs_heap *h = heap(lines[i]);
        hs_addr a = hs_malloc(h, 24);
        hs_malloc(h, 24);
        hs_addr c = hs_malloc(h, 24);
        hs_malloc(h, 24);
        hs_free(h, a);
        hs_free(h, c);
        assert_int_equal(at(hs_malloc(h, 24)), 8);
        hs_heap_free(h);
    }
}

static void next_fit_goes_on_where_it_ended_and_wraps_around(void **state)
{
    (void)state;
    hs_heap *h = heap_with_holes("implicit 512 512 fit=next");
    assert_int_equal(at(hs_malloc(h, 24)), 200);
    assert_int_equal(count_events(h, HS_VISIT), 1);
    assert_int_equal(at(hs_malloc(h, 280)), 232);
    assert_int_equal(at(hs_malloc(h, 24)), 8);
    assert_int_equal(at(hs_malloc(h, 40)), 136);
    assert_int_equal(at(hs_malloc(h, 8)), 40);
    expect_blocks(h, "u32 u16 f16 u16 f32 u16 u48 u16 u32 u288");
    hs_heap_free(h);
}

static void the_placement_policy_may_change_between_requests(void **state)
{
    (void)state;
    hs_heap *h = heap_with_holes("implicit 512 512 fit=worst");
    set(h, "fit", "best");
    assert_int_equal(at(hs_malloc(h, 24)), 88);
    set(h, "fit", "next");
    assert_int_equal(at(hs_malloc(h, 40)), 136);
    set(h, "fit", "first");
    set(h, "split-min", "40");
    assert_int_equal(at(hs_malloc(h, 24)), 8);
    expect_blocks(h, "u64 u16 u32 u16 u48 u16 f320");
    hs_heap_free(h);
}

static void every_visit_of_a_search_is_told_with_its_reason(void **state)
{
    (void)state;
    hs_heap *h = heap_with_holes("implicit 512 512 fit=best");
    hs_malloc(h, 40);
    static const hs_reason reasons[] = {HS_BECAUSE_USED, HS_BECAUSE_TOO_SMALL, HS_BECAUSE_USED,
                                        HS_BECAUSE_USED, HS_BECAUSE_NOT_BETTER};
    size_t n, seen = 0;
    const hs_event *e = hs_events(h, &n);
    for (size_t i = 0; i < n; i++)
        if (e[i].kind == HS_REJECT) assert_int_equal(e[i].detail, reasons[seen++]);
    assert_int_equal(seen, 5);
    assert_int_equal(at(event(h, HS_CHOOSE)->at), 128);
    hs_heap_free(h);
}

static void aligned_alloc_leaves_a_free_block_before_its_own(void **state)
{
    (void)state;
    hs_heap *h = heap("implicit 256 256");
    assert_int_equal(at(hs_aligned_alloc(h, 64, 24)), 64);
    expect_blocks(h, "f56 u32 f168");
    assert_int_equal(at(hs_aligned_alloc(h, 16, 24)), 32);
    expect_blocks(h, "f24 u32 u32 f168");
    hs_heap_free(h);
}

static void a_gap_too_small_for_a_block_is_skipped_to_the_next_multiple(void **state)
{
    (void)state;
    hs_heap *h = heap("implicit 512 512 footer=on");
    hs_malloc(h, 32); /* the next payload is 8 bytes short of a multiple of 64 */
    assert_int_equal(at(hs_aligned_alloc(h, 64, 8)), 128);
    expect_blocks(h, "u48 f72 u24 f368");
    hs_heap_free(h);
}

static void payloads_are_aligned_to_16_when_asked(void **state)
{
    (void)state;
    hs_heap *h = heap("implicit 256 256 align=16");
    assert_int_equal(at(hs_malloc(h, 1)), 16);
    assert_int_equal(at(hs_malloc(h, 24)), 32);
    assert_int_equal(at(hs_malloc(h, 25)), 64);
    expect_blocks(h, "u16 u32 u48 f144");
    hs_heap_free(h);
}

/* --- Implicit: splitting -------------------------------------------------------------------- */

static const char *after_malloc_in_64(const char *line, size_t size)
{
    static char text[64];
    hs_heap *h = heap(line);
    assert_true(hs_malloc(h, size));
    snprintf(text, sizeof text, "%.63s", blocks_of(h));
    hs_heap_free(h);
    return text;
}

static void a_leftover_is_split_off_when_it_can_be_a_block(void **state)
{
    (void)state;
    assert_string_equal(after_malloc_in_64("implicit 64 64 split-min=0", 32), "u40 f24");
    assert_string_equal(after_malloc_in_64("implicit 64 64 split-min=0", 40), "u48 f16");
    assert_string_equal(after_malloc_in_64("implicit 64 64 split-min=0", 48), "u64");
    assert_string_equal(after_malloc_in_64("implicit 64 64 split-min=0", 56), "u64");
    assert_string_equal(after_malloc_in_64("implicit 64 64 split-min=0 footer=on", 24), "u40 f24");
    assert_string_equal(after_malloc_in_64("implicit 64 64 split-min=0 footer=on", 32), "u64");
    assert_string_equal(after_malloc_in_64("implicit 64 64 split-min=0 align=16", 24), "u32 f16");
    assert_string_equal(after_malloc_in_64("implicit 64 64 split-min=0 align=16", 40), "u48");
}

static void a_leftover_below_split_min_stays_in_the_block(void **state)
{
    (void)state;
    assert_string_equal(after_malloc_in_64("implicit 64 64 split-min=32", 24), "u32 f32");
    assert_string_equal(after_malloc_in_64("implicit 64 64 split-min=33", 24), "u64");
    assert_string_equal(after_malloc_in_64("implicit 64 64 split-min=24", 32), "u40 f24");
    assert_string_equal(after_malloc_in_64("implicit 64 64 split-min=25", 32), "u64");
}

/* --- Implicit: coalescing ------------------------------------------------------------------- */

/* Four blocks of 32 bytes in 160, then `freed` of them, as digits in order, are freed. */
static hs_heap *heap_after_frees(const char *line, const char *freed)
{
    hs_heap *h = heap(line);
    hs_addr p[4];
    for (size_t i = 0; i < 4; i++) p[i] = hs_malloc(h, 16);
    for (; *freed; freed++) hs_free(h, p[*freed - '0']);
    return h;
}

static void expect_after_frees(const char *line, const char *freed, const char *blocks)
{
    hs_heap *h = heap_after_frees(line, freed);
    expect_blocks(h, blocks);
    hs_heap_free(h);
}

static void with_footers_a_free_block_joins_both_neighbours(void **state)
{
    (void)state;
    const char *line = "implicit 160 160 footer=on";
    expect_after_frees(line, "1", "u32 f32 u32 u32 f32");
    expect_after_frees(line, "12", "u32 f64 u32 f32");
    expect_after_frees(line, "21", "u32 f64 u32 f32");
    expect_after_frees(line, "021", "f96 u32 f32");
    expect_after_frees(line, "3", "u32 u32 u32 f64");
    expect_after_frees(line, "0213", "f160");
}

static void without_footers_it_joins_the_right_one_alone(void **state)
{
    (void)state;
    const char *line = "implicit 160 160 align=16";
    expect_after_frees(line, "12", "u32 f32 f32 u32 f16");
    expect_after_frees(line, "21", "u32 f64 u32 f16");
    expect_after_frees(line, "021", "f32 f64 u32 f16");
    expect_after_frees(line, "3210", "f144");
}

static void with_coalescing_off_nothing_is_ever_joined(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap_after_frees("implicit 160 160 footer=on coalesce=off", "0213");
    expect_blocks(h, "f32 f32 f32 f32 f32");
    take(h, &before);
    assert_int_equal(hs_malloc(h, 24), HS_NULL);
    expect_unchanged(h, &before);
    hs_heap_free(h);
}

static void deferred_coalescing_joins_when_a_search_fails(void **state)
{
    (void)state;
    hs_heap *h = heap_after_frees("implicit 160 160 footer=on coalesce=deferred", "021");
    expect_blocks(h, "f32 f32 f32 u32 f32");
    hs_addr p = hs_malloc(h, 16);
    assert_int_equal(count_events(h, HS_COALESCE), 0);
    hs_free(h, p);
    assert_int_equal(at(hs_malloc(h, 48)), 8);
    expect_blocks(h, "u64 f32 u32 f32");
    hs_heap_free(h);
}

static void deferred_coalescing_joins_nothing_for_a_request_that_must_fail(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap_after_frees("implicit 160 160 footer=on coalesce=deferred fit=next", "021");
    take(h, &before);
    assert_int_equal(hs_malloc(h, 88), HS_NULL);
    expect_unchanged(h, &before);
    assert_int_equal(hs_aligned_alloc(h, 64, 48), HS_NULL);
    expect_unchanged(h, &before);
    assert_int_equal(at(hs_malloc(h, 80)), 8);
    hs_heap_free(h);
}

static void joining_keeps_the_rover_at_the_start_of_a_block(void **state)
{
    (void)state;
    hs_damage damage;
    hs_mark marks[HS_MARKS];
    hs_heap *h = heap_after_frees("implicit 160 160 footer=on fit=next", "");
    assert_int_equal(hs_heap_marks(h, marks), 1);
    assert_int_equal(at(marks[0].at), 128);
    hs_free(h, HS_BASE + 104); /* joins the block that the rover points to */
    hs_heap_marks(h, marks);
    assert_int_equal(at(marks[0].at), 96);
    assert_true(hs_heap_allocator(h)->check(h, &damage));
    hs_heap_free(h);
}

/* --- Implicit: growing ---------------------------------------------------------------------- */

static void growth_extends_a_free_last_block(void **state)
{
    (void)state;
    static const char *const lines[] = {"implicit 64 1024", "implicit 64 1024 footer=on",
                                        "implicit 64 1024 coalesce=deferred"};
    for (size_t i = 0; i < 3; i++) {
        hs_heap *h = heap(lines[i]);
        hs_malloc(h, 8);
        assert_int_equal(at(hs_malloc(h, 200)), i == 1 ? 32 : 24);
        assert_int_equal(hs_heap_committed(h), 256);
        assert_int_equal(count_events(h, HS_GROW), 1);
        hs_heap_free(h);
    }
}

static void with_coalescing_off_growth_starts_a_block_of_its_own(void **state)
{
    (void)state;
    hs_heap *h = heap("implicit 64 1024 coalesce=off");
    assert_int_equal(at(hs_malloc(h, 100)), 72);
    expect_blocks(h, "f64 u112 f80");
    hs_heap_free(h);
}

static void growth_stops_at_the_maximum(void **state)
{
    (void)state;
    hs_heap *h = heap("implicit 64 208 align=16");
    assert_int_equal(at(hs_malloc(h, 184)), 16);
    assert_int_equal(hs_heap_committed(h), 208);
    expect_blocks(h, "u192");
    hs_heap_free(h);
}

/* --- Implicit: realloc ---------------------------------------------------------------------- */

static void realloc_shrinks_in_place_and_frees_the_tail(void **state)
{
    (void)state;
    hs_heap *h = heap("implicit 256 256");
    hs_addr p = hs_malloc(h, 120), q = hs_malloc(h, 24);
    assert_int_equal(hs_realloc(h, p, 56), p);
    expect_blocks(h, "u64 f64 u32 f96");
    assert_int_equal(hs_realloc(h, p, 48), p); /* 8 bytes are no block */
    expect_blocks(h, "u64 f64 u32 f96");
    assert_int_equal(hs_realloc(h, q, 8), q); /* the tail joins the free block on its right */
    expect_blocks(h, "u64 f64 u16 f112");
    hs_heap_free(h);
}

static void realloc_absorbs_the_free_block_on_its_right(void **state)
{
    (void)state;
    hs_heap *h = heap("implicit 256 256");
    hs_addr p = hs_malloc(h, 24), q = hs_malloc(h, 56);
    hs_malloc(h, 24);
    hs_free(h, q);
    expect_blocks(h, "u32 f64 u32 f128");
    assert_int_equal(hs_realloc(h, p, 56), p);
    expect_blocks(h, "u64 f32 u32 f128");
    assert_int_equal(hs_events_counts(h).moved, 0);
    assert_int_equal(hs_realloc(h, p, 88), p);
    expect_blocks(h, "u96 u32 f128");
    hs_heap_free(h);
}

static void realloc_extends_the_last_block_by_growing_the_heap(void **state)
{
    (void)state;
    hs_heap *h = heap("implicit 64 1024");
    hs_malloc(h, 8);
    hs_addr p = hs_malloc(h, 24);
    assert_int_equal(hs_realloc(h, p, 200), p);
    expect_blocks(h, "u16 u208 f32");
    assert_int_equal(hs_realloc(h, p, 232), p);
    expect_blocks(h, "u16 u240");
    assert_int_equal(hs_realloc(h, p, 300), p);
    expect_blocks(h, "u16 u312 f184");
    hs_heap_free(h);
}

static void realloc_moves_when_its_right_neighbour_is_in_use(void **state)
{
    (void)state;
    hs_heap *h = heap("implicit 256 256");
    hs_addr p = hs_malloc(h, 24);
    hs_malloc(h, 24);
    hs_heap_poke(h, p, "twenty-three bytes, yes", 24);
    hs_addr q = hs_realloc(h, p, 40);
    assert_int_equal(at(q), 72);
    assert_string_equal((const char *)hs_heap_bytes(h, q, 24), "twenty-three bytes, yes");
    assert_int_equal(hs_events_counts(h).moved, 24);
    expect_blocks(h, "f32 u32 u48 f144");
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

/* Blocks of 32 bytes, the second free; its header then reads `word`. */
static hs_heap *heap_broken_at_32(const char *line, uint64_t word)
{
    hs_heap *h = heap_after_frees(line, "1");
    store(h, 32, word);
    return h;
}

static void malloc_on_broken_headers_ends_in_a_fault_and_is_undone(void **state)
{
    (void)state;
    static const struct {
        uint64_t word;
        hs_reason why;
    } breaks[] = {
        {0, HS_BECAUSE_ENDLESS},
        {1, HS_BECAUSE_ENDLESS},
        {(uint64_t)1 << 40 | 1, HS_BECAUSE_OUTSIDE},
        {UINT64_MAX, HS_BECAUSE_OUTSIDE},
        {24, HS_BECAUSE_OUTSIDE},
        {0x4141414141414141, HS_BECAUSE_OUTSIDE},
    };
    static const char *const lines[] = {
        "implicit 160 4096 footer=on fit=best",
        "implicit 160 4096 footer=on fit=worst coalesce=deferred",
        "implicit 160 4096 footer=on fit=best coalesce=off",
    };
    static picture before;
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++)
        for (size_t j = 0; j < sizeof lines / sizeof *lines; j++) {
            hs_heap *h = heap_broken_at_32(lines[j], breaks[i].word);
            take(h, &before);
            assert_int_equal(hs_malloc(h, 1000), HS_NULL);
            expect_fault(h, &before, breaks[i].why);
            hs_heap_free(h);
        }
}

static void free_through_a_broken_header_ends_in_a_fault_and_is_undone(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap_after_frees("implicit 160 160 footer=on", "");
    store(h, 32, (uint64_t)1 << 40 | 1);
    take(h, &before);
    hs_free(h, HS_BASE + 40);
    expect_fault(h, &before, HS_BECAUSE_OUTSIDE);
    store(h, 32, 33);
    store(h, 24, (uint64_t)1 << 50); /* the left neighbour's footer: free, and far away */
    take(h, &before);
    hs_free(h, HS_BASE + 40);
    expect_fault(h, &before, HS_BECAUSE_OUTSIDE);
    hs_heap_free(h);
}

static void realloc_through_a_broken_header_is_undone_with_its_growth(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap_after_frees("implicit 160 4096", "3");
    expect_blocks(h, "u24 u24 u24 f88");
    store(h, 24, 1); /* 0 bytes: less than a header */
    take(h, &before);
    assert_int_equal(hs_realloc(h, HS_BASE + 32, 1000), HS_NULL);
    expect_fault(h, &before, HS_BECAUSE_ENDLESS);
    store(h, 24, 25);
    store(h, 0, 25 + 8); /* the first block's size leads into the middle of the second */
    store(h, 32, 0);
    take(h, &before);
    assert_int_equal(hs_realloc(h, HS_BASE + 8, 1000), HS_NULL);
    expect_fault(h, &before, HS_BECAUSE_ENDLESS);
    hs_heap_free(h);
}

static void a_growth_is_undone_when_the_broken_bytes_come_after_it(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap("implicit 160 4096 footer=on");
    hs_malloc(h, 136);
    store(h, 152, 176); /* the last footer: a free block that starts below the heap */
    take(h, &before);
    assert_int_equal(hs_malloc(h, 400), HS_NULL);
    expect_fault(h, &before, HS_BECAUSE_OUTSIDE);
    hs_heap_free(h);
}

/* The search starts at a broken block, finds itself back there at once and gives up; an earlier run
 * of free blocks promises that joining helps; and joining meets the broken block again. */
static void deferred_coalescing_does_not_go_round_in_a_circle(void **state)
{
    (void)state;
    static picture before;
    for (uint64_t word = 0; word <= 1; word++) {
        hs_heap *h =
            heap_after_frees("implicit 160 160 footer=on coalesce=deferred fit=next", "01");
        store(h, 128, word); /* the rover's block */
        take(h, &before);
        assert_int_equal(hs_malloc(h, 40), HS_NULL);
        expect_fault(h, &before, HS_BECAUSE_ENDLESS);
        hs_heap_free(h);
    }
}

static void calloc_does_not_clear_what_lies_beyond_the_heap(void **state)
{
    (void)state;
    static picture before;
    hs_heap *h = heap("implicit 256 65536");
    store(h, 0, 32768);
    take(h, &before);
    assert_int_equal(hs_calloc(h, 1, 32760), HS_NULL);
    expect_fault(h, &before, HS_BECAUSE_OUTSIDE);
    hs_heap_free(h);
}

static void a_fault_is_forgotten_by_the_next_request(void **state)
{
    (void)state;
    hs_heap *h = heap("implicit 256 256");
    hs_free(h, 8);
    assert_non_null(hs_fault(h));
    assert_true(hs_malloc(h, 8));
    assert_null(hs_fault(h));
    hs_heap_free(h);
}

static void expect_damage(uint64_t word, uint64_t at_offset, const char *what)
{
    hs_damage damage = {0};
    hs_heap *h = heap_broken_at_32("implicit 160 160 footer=on", word);
    expect_blocks(h, "u32 d128");
    assert_false(hs_heap_allocator(h)->check(h, &damage));
    assert_int_equal(at(damage.at), at_offset);
    assert_non_null(strstr(damage.what, what));
    hs_heap_free(h);
}

static void the_walk_and_the_check_report_what_is_damaged(void **state)
{
    (void)state;
    expect_damage(0, 32, "0 bytes");
    expect_damage(8, 32, "fewer bytes than any block");
    expect_damage(1 << 20, 32, "leads beyond the heap");
    expect_damage(UINT64_MAX, 32, "leads beyond the heap");
    expect_damage(33, 32, "header and footer differ");
    expect_damage(40, 32, "header and footer differ");
    hs_damage damage = {0};
    hs_heap *h = heap_after_frees("implicit 160 160 align=16", "1");
    store(h, 40, 40);
    assert_false(hs_heap_allocator(h)->check(h, &damage));
    assert_int_equal(at(damage.at), 40);
    assert_non_null(strstr(damage.what, "no multiple of the alignment"));
    assert_non_null(strstr(damage.what, "0x28"));
    hs_heap_free(h);
}

static void the_check_reports_a_rover_that_is_at_no_block(void **state)
{
    (void)state;
    hs_damage damage = {0};
    hs_heap *h = heap_after_frees("implicit 160 160 fit=next align=16", "");
    store(h, 104, 48 | 1); /* over the rover's block, and a sound walk on */
    assert_string_equal(blocks_of(h), "u32 u32 u32 u48");
    assert_false(hs_heap_allocator(h)->check(h, &damage));
    assert_int_equal(at(damage.at), 136);
    hs_heap_free(h);
}

static void broken_bytes_do_not_hurt_bump(void **state)
{
    (void)state;
    hs_heap *h = heap("bump 256 256");
    hs_damage damage = {0};
    hs_addr p = hs_malloc(h, 8);
    for (uint64_t i = 0; i < 256; i += 8) store(h, i, UINT64_MAX);
    assert_true(hs_heap_allocator(h)->check(h, &damage));
    assert_true(hs_malloc(h, 8));
    hs_free(h, p);
    hs_free(h, 12345); /* nothing is looked at */
    assert_null(hs_fault(h));
    hs_heap_free(h);
}

static void a_long_search_keeps_its_first_visits_and_counts_the_rest(void **state)
{
    (void)state;
    enum { BLOCKS = 10000 };
    hs_heap *h = heap("implicit 256 1048576");
    for (size_t i = 0; i < BLOCKS; i++) hs_malloc(h, 8);
    hs_malloc(h, 8);
    size_t n;
    hs_events(h, &n);
    assert_int_equal(hs_events_counts(h).visits, BLOCKS + 1);
    assert_int_equal(count_events(h, HS_VISIT), 8192);
    assert_int_equal(hs_events_left_out(h), 2 * (BLOCKS - 8192) + 1);
    hs_heap_free(h);
}

static void the_raw_build_tells_no_events(void **state)
{
    (void)state;
    size_t n;
    hs_heap *h = heap_in(HS_RAW, "implicit 256 1024");
    hs_malloc(h, 24);
    assert_null(hs_events(h, &n));
    assert_int_equal(n, 0);
    assert_null(hs_fault(h));
    hs_heap_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocator_keeps_every_promise_over_random_operations),
        cmocka_unit_test(quick_lists_keep_every_promise_in_a_large_heap),
        cmocka_unit_test(malloc_of_0_bytes_returns_a_pointer_of_its_own),
        cmocka_unit_test(null_and_0_mean_what_c_says),
        cmocka_unit_test(absurd_sizes_are_refused_and_change_nothing),
        cmocka_unit_test(calloc_checks_its_product),
        cmocka_unit_test(aligned_alloc_takes_powers_of_two_alone),
        cmocka_unit_test(a_heap_at_its_maximum_refuses_and_changes_nothing),
        cmocka_unit_test(heap_sizes_are_made_sane),
        cmocka_unit_test(heap_sizes_are_multiples_of_the_alignment),
        cmocka_unit_test(the_bytes_can_be_read_and_written_within_the_heap_alone),
        cmocka_unit_test(every_preset_names_an_allocator_with_such_an_option),
        cmocka_unit_test(both_builds_of_an_allocator_are_listed),
        cmocka_unit_test(bump_moves_forward_by_rounded_sizes),
        cmocka_unit_test(bump_ignores_free),
        cmocka_unit_test(bump_resizes_the_last_block_in_place_and_moves_others),
        cmocka_unit_test(bump_never_moves_back),
        cmocka_unit_test(bump_uses_the_heap_to_its_last_byte),
        cmocka_unit_test(first_fit_takes_the_first_block_that_is_large_enough),
        cmocka_unit_test(best_fit_takes_the_smallest_block_that_is_large_enough),
        cmocka_unit_test(worst_fit_takes_the_largest_block),
        cmocka_unit_test(among_equals_best_and_worst_fit_take_the_first),
        cmocka_unit_test(next_fit_goes_on_where_it_ended_and_wraps_around),
        cmocka_unit_test(the_placement_policy_may_change_between_requests),
        cmocka_unit_test(every_visit_of_a_search_is_told_with_its_reason),
        cmocka_unit_test(aligned_alloc_leaves_a_free_block_before_its_own),
        cmocka_unit_test(a_gap_too_small_for_a_block_is_skipped_to_the_next_multiple),
        cmocka_unit_test(payloads_are_aligned_to_16_when_asked),
        cmocka_unit_test(a_leftover_is_split_off_when_it_can_be_a_block),
        cmocka_unit_test(a_leftover_below_split_min_stays_in_the_block),
        cmocka_unit_test(with_footers_a_free_block_joins_both_neighbours),
        cmocka_unit_test(without_footers_it_joins_the_right_one_alone),
        cmocka_unit_test(with_coalescing_off_nothing_is_ever_joined),
        cmocka_unit_test(deferred_coalescing_joins_when_a_search_fails),
        cmocka_unit_test(deferred_coalescing_joins_nothing_for_a_request_that_must_fail),
        cmocka_unit_test(joining_keeps_the_rover_at_the_start_of_a_block),
        cmocka_unit_test(growth_extends_a_free_last_block),
        cmocka_unit_test(with_coalescing_off_growth_starts_a_block_of_its_own),
        cmocka_unit_test(growth_stops_at_the_maximum),
        cmocka_unit_test(realloc_shrinks_in_place_and_frees_the_tail),
        cmocka_unit_test(realloc_absorbs_the_free_block_on_its_right),
        cmocka_unit_test(realloc_extends_the_last_block_by_growing_the_heap),
        cmocka_unit_test(realloc_moves_when_its_right_neighbour_is_in_use),
        cmocka_unit_test(malloc_on_broken_headers_ends_in_a_fault_and_is_undone),
        cmocka_unit_test(free_through_a_broken_header_ends_in_a_fault_and_is_undone),
        cmocka_unit_test(realloc_through_a_broken_header_is_undone_with_its_growth),
        cmocka_unit_test(a_growth_is_undone_when_the_broken_bytes_come_after_it),
        cmocka_unit_test(deferred_coalescing_does_not_go_round_in_a_circle),
        cmocka_unit_test(calloc_does_not_clear_what_lies_beyond_the_heap),
        cmocka_unit_test(a_fault_is_forgotten_by_the_next_request),
        cmocka_unit_test(the_walk_and_the_check_report_what_is_damaged),
        cmocka_unit_test(the_check_reports_a_rover_that_is_at_no_block),
        cmocka_unit_test(broken_bytes_do_not_hurt_bump),
        cmocka_unit_test(a_long_search_keeps_its_first_visits_and_counts_the_rest),
        cmocka_unit_test(the_raw_build_tells_no_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The builds of an allocator against each other: the same requests have the same answers, bytes and
 * costs, and one may take over from another at any moment. */
#include "heaps.h"
#include "random.h"

#include <sys/mman.h>

enum { SLOTS = 120 };

typedef struct {
    hs_heap *heap;
    hs_addr slots[SLOTS];
} client;

static const char *const setups[] = {
    "bump 256 4194304",
    "implicit 256 1048576 fit=best footer=on",
    "implicit 256 1048576 fit=next coalesce=deferred",
    "explicit 256 1048576",
    "hardened 256 1048576",
    "buddy 256 1048576",
    "segregated 256 1048576",
    "slab 256 4194304",
    "tree 256 1048576",
    "tlsf 256 1048576",
    "quick 256 1048576",
    "quick 256 1048576 behind=tlsf",
};

static hs_addr request(hs_heap *h, uint64_t choice, hs_addr p, uint64_t size)
{
    switch (choice) {
    case 0: return hs_calloc(h, size % 7, 16);
    case 1: return hs_aligned_alloc(h, (size_t)16 << size % 5, size);
    case 2:
    case 3: return hs_realloc(h, p, size);
    case 4: return hs_malloc(h, size * 9);
    case 5:
    case 6:
    case 7: return hs_malloc(h, size);
    default: hs_free(h, p); return HS_NULL;
    }
}

/* One random request, the same for all whose generators stand alike. */
static void step(client *c, uint64_t *random)
{
    uint64_t choice = random_below(random, 14), slot = random_below(random, SLOTS);
    uint64_t size = 1 + random_below(random, 200);
    bool takes = choice <= 1 || (choice >= 4 && choice <= 7);
    if (takes && c->slots[slot]) choice = 8;
    c->slots[slot] = request(c->heap, choice, c->slots[slot], size);
}

static void expect_same_bytes(const hs_heap *a, const hs_heap *b)
{
    uint64_t size = hs_heap_committed(a);
    assert_int_equal(hs_heap_committed(b), size);
    assert_memory_equal(hs_heap_bytes(a, HS_BASE, size), hs_heap_bytes(b, HS_BASE, size), size);
}

static hs_addr highest_taken(const hs_heap *h)
{
    size_t n;
    hs_addr highest = 0;
    const hs_event *e = hs_events(h, &n);
    for (size_t i = 0; i < n; i++)
        if (hs_event_block_end(&e[i]) > highest) highest = hs_event_block_end(&e[i]);
    return highest;
}

static void the_counted_build_counts_what_the_events_tell(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof setups / sizeof *setups; i++) {
        uint64_t a = i, b = i;
        client told = {.heap = heap(setups[i])};
        client counted = {.heap = heap_in(HS_COUNTED, setups[i])};
        for (int n = 0; n < 4000; n++) {
            step(&told, &a);
            step(&counted, &b);
            hs_counts wanted = hs_events_counts(told.heap);
            hs_tally got = hs_heap_tally(counted.heap);
            assert_memory_equal(&got.counts, &wanted, sizeof wanted);
            assert_int_equal(got.highest, highest_taken(told.heap));
        }
        assert_memory_equal(told.slots, counted.slots, sizeof told.slots);
        expect_same_bytes(told.heap, counted.heap);
        hs_heap_free(told.heap);
        hs_heap_free(counted.heap);
    }
}

static void one_build_takes_over_from_another(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof setups / sizeof *setups; i++) {
        uint64_t a = i, b = i, turn = 7;
        client told = {.heap = heap(setups[i])}, changing = {.heap = heap(setups[i])};
        for (int n = 0; n < 4000; n++) {
            if (n % 50 == 0) hs_heap_use(changing.heap, (hs_build)random_below(&turn, HS_BUILDS));
            step(&told, &a);
            step(&changing, &b);
        }
        assert_memory_equal(told.slots, changing.slots, sizeof told.slots);
        expect_same_bytes(told.heap, changing.heap);
        hs_heap_use(changing.heap, HS_PROBED);
        step(&told, &a);
        step(&changing, &b);
        hs_counts wanted = hs_events_counts(told.heap), got = hs_events_counts(changing.heap);
        assert_memory_equal(&got, &wanted, sizeof wanted);
        hs_heap_free(told.heap);
        hs_heap_free(changing.heap);
    }
}

static void what_another_build_did_is_not_counted(void **state)
{
    (void)state;
    hs_heap *h = heap_in(HS_RAW, "bump 64 4096");
    assert_int_equal(hs_heap_tally(h).counts.growths, 0);
    hs_heap_use(h, HS_COUNTED);
    hs_malloc(h, 100);
    assert_int_equal(hs_heap_tally(h).counts.growths, 1);
    hs_heap_use(h, HS_RAW);
    hs_malloc(h, 1000);
    assert_int_equal(hs_heap_tally(h).counts.growths, 0);
    hs_heap_free(h);
}

/* Each of 250 runs of two free blocks is joined, and put into a list in heap order. */
static void work_that_takes_many_visits_is_no_circle(void **state)
{
    (void)state;
    static const char setup[] = "explicit 32768 32768 order=address coalesce=deferred";
    hs_heap *heaps[] = {heap(setup), heap_in(HS_RAW, setup)};
    hs_addr blocks[1022], last[2];
    for (int i = 0; i < 2; i++) {
        for (int n = 0; n < 1022; n++) blocks[n] = hs_malloc(heaps[i], 24);
        for (int n = 1021; n >= 0; n--)
            if (n % 3) hs_free(heaps[i], blocks[n]);
        last[i] = hs_malloc(heaps[i], 50);
    }
    assert_int_not_equal(last[0], HS_NULL);
    assert_int_equal(last[0], last[1]);
    assert_true(hs_events_counts(heaps[0]).visits < 5 * 1022);
    for (int i = 0; i < 2; i++) hs_heap_free(heaps[i]);
}

/* A request that has all of the heap's waiting blocks joined looks at each a few times at most. */
static void joining_all_that_waits_takes_as_long_as_there_are_blocks(void **state)
{
    (void)state;
    static const char *const names[] = {"segregated 65536 65536", "tlsf 65536 65536"};
    for (int i = 0; i < 2; i++) {
        hs_heap *h = heap(names[i]);
        hs_addr p, blocks[2048];
        int n = 0;
        while (n < 2048 && (p = hs_malloc(h, 24))) blocks[n++] = p;
        for (int k = 0; k < n; k++) hs_free(h, blocks[k]);
        assert_int_not_equal(hs_aligned_alloc(h, 4096, 24), HS_NULL);
        assert_true(hs_events_counts(h).visits < 5 * 2048);
        hs_heap_free(h);
    }
}

/* Bytes that differ from `before` lie in ranges that were told as written. */
static void expect_told(hs_heap *h, const uint8_t *before, uint64_t size)
{
    const uint8_t *now = hs_heap_bytes(h, hs_heap_base(h), size);
    uint64_t from = 0, to = 0, last = 0;
    for (; hs_heap_written(h, &from, &to); last = from = to)
        assert_memory_equal(before + last, now + last, (from < size ? from : size) - last);
    if (last < size) assert_memory_equal(before + last, now + last, size - last);
    from = 0;
    assert_false(hs_heap_written(h, &from, &to));
}

static void the_counted_build_knows_which_pages_were_written_to(void **state)
{
    static uint8_t before[1 << 22];
    (void)state;
    for (size_t i = 0; i < sizeof setups / sizeof *setups; i++) {
        uint64_t random = i, from = 0, to;
        client c = {.heap = heap_in(HS_COUNTED, setups[i])};
        for (int n = 0; n < 6000; n++) step(&c, &random);
        for (; hs_heap_written(c.heap, &from, &to); from = to) {
        }
        for (int n = 0; n < 300; n++) {
            uint64_t size = hs_heap_committed(c.heap);
            memcpy(before, hs_heap_bytes(c.heap, HS_BASE, size), size);
            for (uint64_t k = random_below(&random, 6); k > 0; k--) step(&c, &random);
            expect_told(c.heap, before, size);
        }
        hs_heap_free(c.heap);
    }
}

/* --- Written, and shown ----------------------------------------------------------------------- */

/* Bring a copy up to date by what the events say was written; whatever else differs was not told.
 */
static void follow(const hs_heap *h, uint8_t *shadow)
{
    size_t n;
    hs_addr from, to;
    const hs_event *e = hs_events(h, &n);
    for (size_t i = 0; i < n; i++)
        if (hs_event_writes(&e[i], &from, &to))
            memcpy(shadow + (from - hs_heap_base(h)), hs_heap_bytes(h, from, to - from), to - from);
}

/* A write of the client's, to the first byte of a block. */
static void poke(client *c, uint64_t *random)
{
    hs_addr p = c->slots[random_below(random, SLOTS)];
    uint8_t byte = (uint8_t)random_next(random);
    if (p) hs_heap_poke(c->heap, p, &byte, 1);
}

enum { SHADOWED = 1 << 16 };

/* A random run, and after each request: every byte that differs lies in a range that was told, by
 * an event, and in a page that was. */
static void run_beside_a_shadow(const hs_allocator *a, const uint64_t *options, uint64_t random)
{
    static uint8_t shadow[SHADOWED], before[SHADOWED], none[SHADOWED];
    hs_heap_config config = {random % 2 ? 512 : SHADOWED, SHADOWED};
    client c = {.heap = hs_heap_new(&config, a, HS_PROBED, options)};
    assert_non_null(c.heap);
    hs_addr base = hs_heap_base(c.heap);
    uint64_t size = hs_heap_committed(c.heap);
    expect_told(c.heap, none, size);
    memset(shadow, 0, sizeof shadow);
    memcpy(shadow, hs_heap_bytes(c.heap, base, size), size);
    for (int n = 0; n < 250; n++) {
        memcpy(before, shadow, sizeof before);
        if (n % 16 == 15)
            poke(&c, &random);
        else
            step(&c, &random);
        size = hs_heap_committed(c.heap);
        follow(c.heap, shadow);
        assert_memory_equal(hs_heap_bytes(c.heap, base, size), shadow, size);
        expect_told(c.heap, before, size);
    }
    hs_heap_free(c.heap);
}

/* The values of an option that are tried: all choices, or the least and a larger number. */
static uint64_t values_of(const hs_option *o)
{
    uint64_t n = 0;
    while (o->choices && o->choices[n]) n++;
    return o->choices ? n : 2;
}

static uint64_t value_of(const hs_option *o, uint64_t i)
{
    return o->choices ? i : i ? o->initial + 4 : o->minimum;
}

static void every_byte_that_differs_was_told_as_written(void **state)
{
    const hs_allocator *a;
    (void)state;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++) {
        uint64_t all = 1, options[HS_OPTIONS] = {0};
        for (size_t k = 0; k < a->option_count; k++) all *= values_of(&a->options[k]);
        for (uint64_t combination = 0; combination < all; combination++) {
            uint64_t rest = combination;
            for (size_t k = 0; k < a->option_count; k++) {
                const hs_option *o = &a->options[k];
                options[k] = value_of(o, rest % values_of(o));
                rest /= values_of(o);
            }
            run_beside_a_shadow(a, options, combination);
        }
    }
}

/* Bytes of the heap that there is memory for. */
static uint64_t resident(const hs_heap *h)
{
    static unsigned char pages[1 << 19];
    uint64_t size = hs_heap_committed(h), n = 0;
    assert_true(size / 4096 <= sizeof pages);
    assert_int_equal(mincore((void *)(uintptr_t)hs_heap_bytes(h, HS_BASE, size), size, pages), 0);
    for (uint64_t i = 0; i < size / 4096; i++) n += pages[i] & 1;
    return n * 4096;
}

static void calloc_leaves_alone_what_is_fresh(void **state)
{
    (void)state;
    static const char *const lines[] = {"implicit 65536 1073741824", "explicit 65536 1073741824",
                                        "tlsf 65536 1073741824", "bump 65536 1073741824"};
    enum { LARGE = 600 << 20, WRITTEN = 100 << 20 };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        hs_heap *h = heap(lines[i]);
        hs_addr p = hs_malloc(h, LARGE);
        if (resident(h) > 1 << 20)
            fail_msg("%s: malloc touched %llu bytes", lines[i], (unsigned long long)resident(h));
        assert_true(hs_heap_poke(h, p + WRITTEN, "written", 7));
        if (i < 3) {
            hs_free(h, p);
            p = hs_calloc(h, 1, LARGE);
        } else {
            p = hs_calloc(h, 1, 300 << 20);
        }
        assert_int_not_equal(p, HS_NULL);
        assert_int_equal(*hs_heap_bytes(h, p + WRITTEN, 1), 0);
        if (resident(h) > 1 << 20)
            fail_msg("%s: calloc touched %llu bytes", lines[i], (unsigned long long)resident(h));
        hs_heap_free(h);
    }
}

/* What the raw build wrote nobody knows. */
static void calloc_trusts_only_what_is_known(void **state)
{
    enum { LARGE = 8 << 20 };
    (void)state;
    hs_heap *h = heap("explicit 65536 67108864");
    hs_heap_use(h, HS_RAW);
    hs_addr p = hs_malloc(h, LARGE);
    memset((void *)(uintptr_t)hs_heap_bytes(h, p, LARGE), 7, LARGE);
    hs_free(h, p);
    hs_heap_use(h, HS_PROBED);
    p = hs_calloc(h, 1, LARGE);
    for (hs_addr i = 0; i < LARGE; i += 512) assert_int_equal(*hs_heap_bytes(h, p + i, 1), 0);
    hs_heap_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_counted_build_counts_what_the_events_tell),
        cmocka_unit_test(one_build_takes_over_from_another),
        cmocka_unit_test(the_counted_build_knows_which_pages_were_written_to),
        cmocka_unit_test(every_byte_that_differs_was_told_as_written),
        cmocka_unit_test(calloc_leaves_alone_what_is_fresh),
        cmocka_unit_test(calloc_trusts_only_what_is_known),
        cmocka_unit_test(what_another_build_did_is_not_counted),
        cmocka_unit_test(work_that_takes_many_visits_is_no_circle),
        cmocka_unit_test(joining_all_that_waits_takes_as_long_as_there_are_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

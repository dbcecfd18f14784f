/* SPDX-License-Identifier: MIT */
/* The address index against a sorted array that does the same the slow way. */
#include "check.h"
#include "model/client/address_index.h"
#include "random.h"

#include <string.h>

enum { ENTRIES_AT_MOST = 4096 };

typedef struct {
    hs_index_entry entries[ENTRIES_AT_MOST];
    size_t count;
} sorted;

/* The place of the first entry at or above `key`. */
static size_t place_of(const sorted *a, hs_addr key)
{
    size_t i = 0;
    while (i < a->count && a->entries[i].key < key) i++;
    return i;
}

static bool is_there(const sorted *a, size_t i, hs_addr key)
{
    return i < a->count && a->entries[i].key == key;
}

static void put(sorted *a, hs_addr key, uint32_t value)
{
    size_t i = place_of(a, key);
    if (!is_there(a, i, key)) {
        memmove(a->entries + i + 1, a->entries + i, (a->count - i) * sizeof *a->entries);
        a->count++;
    }
    a->entries[i] = (hs_index_entry){key, value};
}

static void drop(sorted *a, hs_addr key)
{
    size_t i = place_of(a, key);
    if (!is_there(a, i, key)) return;
    a->count--;
    memmove(a->entries + i, a->entries + i + 1, (a->count - i) * sizeof *a->entries);
}

static void expect_entry(bool found, const hs_index_entry *e, const hs_index_entry *wanted)
{
    assert_int_equal(found, wanted != NULL);
    if (!found) return;
    assert_int_equal(e->key, wanted->key);
    assert_int_equal(e->value, wanted->value);
}

static void expect_from(const hs_index *x, hs_addr key, const hs_index_entry *wanted)
{
    hs_index_entry e;
    bool found = hs_index_from(x, key, &e);
    expect_entry(found, &e, wanted);
}

static void expect_before(const hs_index *x, hs_addr key, const hs_index_entry *wanted)
{
    hs_index_entry e;
    bool found = hs_index_before(x, key, &e);
    expect_entry(found, &e, wanted);
}

static void expect_neighbours(const hs_index *x, const sorted *a, hs_addr key)
{
    size_t i = place_of(a, key);
    bool there = is_there(a, i, key);
    uint32_t value;
    expect_from(x, key, i < a->count ? &a->entries[i] : NULL);
    size_t upto = there ? i + 1 : i;
    expect_before(x, key, upto ? &a->entries[upto - 1] : NULL);
    assert_int_equal(hs_index_at(x, key, &value), there);
    if (there) assert_int_equal(value, a->entries[i].value);
}

static void expect_all(const hs_index *x, const sorted *a)
{
    hs_addr key = 0;
    for (size_t i = 0; i < a->count; i++) {
        expect_from(x, key, &a->entries[i]);
        key = a->entries[i].key + 1;
    }
    expect_from(x, key, NULL);
}

static void churn(hs_index *x, sorted *a, uint64_t *random, uint64_t operations, uint64_t keys,
                  uint64_t unit)
{
    for (uint64_t i = 0; i < operations; i++) {
        hs_addr key = random_below(random, keys) / unit * unit;
        if (random_below(random, 100) < 55 && a->count < ENTRIES_AT_MOST) {
            hs_index_put(x, key, (uint32_t)i);
            put(a, key, (uint32_t)i);
        } else {
            hs_index_remove(x, key);
            drop(a, key);
        }
        expect_neighbours(x, a, random_below(random, keys + 2));
    }
    expect_all(x, a);
}

static void an_index_does_what_a_sorted_array_does(void **state)
{
    (void)state;
    static sorted a;
    uint64_t random = 1, operations = random_operations(100000) / 4;
    const uint64_t keys[] = {16, 700, 3000, UINT64_MAX};
    hs_index *x = hs_index_new();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        for (uint64_t unit = 1; unit <= 16; unit *= 4) {
            churn(x, &a, &random, operations / 2, keys[i] - 2, unit);
            hs_index_clear(x);
            a.count = 0;
        }
    }
    hs_index_free(x);
}

static void an_empty_index_finds_nothing(void **state)
{
    (void)state;
    hs_index *x = hs_index_new();
    expect_from(x, 0, NULL);
    expect_before(x, UINT64_MAX, NULL);
    hs_index_remove(x, 7);
    hs_index_put(x, 7, 1);
    hs_index_remove(x, 7);
    expect_from(x, 0, NULL);
    hs_index_free(x);
}

static void keys_may_rise_or_fall_through_many_nodes(void **state)
{
    (void)state;
    static sorted a;
    hs_index *x = hs_index_new();
    for (uint32_t i = 0; i < 1500; i++) {
        hs_index_put(x, 100000 + 16 * i, i);
        put(&a, 100000 + 16 * i, i);
        hs_index_put(x, 99999 - 16 * i, i);
        put(&a, 99999 - 16 * i, i);
    }
    expect_all(x, &a);
    for (uint32_t i = 0; i < 1500; i++) {
        hs_index_remove(x, 100000 + 16 * i);
        drop(&a, 100000 + 16 * i);
    }
    expect_all(x, &a);
    hs_index_free(x);
}

static void a_key_that_is_no_multiple_of_8_changes_nothing_for_others(void **state)
{
    (void)state;
    static sorted a;
    hs_index *x = hs_index_new();
    for (uint32_t i = 0; i < 300; i++) {
        hs_index_put(x, HS_BASE + 24 * i, i);
        put(&a, HS_BASE + 24 * i, i);
    }
    expect_neighbours(x, &a, HS_BASE + 25);
    expect_from(x, UINT64_MAX, NULL);
    hs_index_put(x, HS_BASE + 25, 1000);
    put(&a, HS_BASE + 25, 1000);
    for (hs_addr at = HS_BASE - 1; at < HS_BASE + 60; at++) expect_neighbours(x, &a, at);
    expect_all(x, &a);
    hs_index_free(x);
}

static void an_image_brings_back_what_was_there(void **state)
{
    (void)state;
    static sorted a, then;
    uint64_t random = 5;
    hs_index *x = hs_index_new();
    churn(x, &a, &random, 2000, 40000, 8);
    then = a;
    hs_index_image *image = hs_index_take(x);
    for (uint64_t unit = 16; unit > 0; unit /= 16) {
        churn(x, &a, &random, 2000, 1000000, unit);
        hs_index_restore(x, image);
        a = then;
        expect_all(x, &a);
    }
    churn(x, &a, &random, 2000, 40000, 8);
    hs_index_image_free(image);
    hs_index_free(x);
}

static void the_ends_of_the_address_space_are_keys_too(void **state)
{
    (void)state;
    hs_index *x = hs_index_new();
    hs_index_put(x, 0, 1);
    hs_index_put(x, UINT64_MAX, 2);
    const hs_index_entry first = {0, 1}, last = {UINT64_MAX, 2};
    expect_before(x, 5, &first);
    expect_from(x, 5, &last);
    expect_before(x, UINT64_MAX, &last);
    expect_from(x, 0, &first);
    hs_index_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_index_does_what_a_sorted_array_does),
        cmocka_unit_test(an_empty_index_finds_nothing),
        cmocka_unit_test(keys_may_rise_or_fall_through_many_nodes),
        cmocka_unit_test(a_key_that_is_no_multiple_of_8_changes_nothing_for_others),
        cmocka_unit_test(an_image_brings_back_what_was_there),
        cmocka_unit_test(the_ends_of_the_address_space_are_keys_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

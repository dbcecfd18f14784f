/* SPDX-License-Identifier: MIT */
/* Snapshots of a region: each gives back what was there, and shares what did not change. */
#include "check.h"
#include "random.h"

#include "model/client/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { LARGEST = 300 * 4096, SNAPSHOTS = 24, STEPS = 3000 };

/* A region beside copies of it, as it was at each snapshot. */
typedef struct {
    hs_pages *pages;
    uint8_t *data;
    size_t size;
    hs_snapshot *snapshots[SNAPSHOTS];
    uint8_t *copies[SNAPSHOTS];
} region;

/* Words of every length, many of them zero. */
static void scribble(region *r, uint64_t *random)
{
    size_t from = random_below(random, r->size), n = 1 + random_below(random, 9000);
    if (n > r->size - from) n = r->size - from;
    for (size_t i = 0; i < n; i++)
        r->data[from + i] = (uint8_t)(random_below(random, 3) ? 0 : random_below(random, 256));
    hs_pages_touch(r->pages, from, from + n);
}

/* What it grows by is written to; what it shrinks by stays. */
static void resize(region *r, uint64_t *random)
{
    size_t size = 1 + random_below(random, LARGEST);
    if (random_below(random, 2)) size = (size + 4095) / 4096 * 4096; /* whole pages */
    if (size > r->size) {
        memset(r->data + r->size, (int)random_below(random, 2), size - r->size);
        hs_pages_touch(r->pages, r->size, size);
    }
    r->size = size;
}

static void clear(region *r, uint64_t *random)
{
    size_t from = random_below(random, r->size);
    memset(r->data + from, 0, LARGEST - from);
    hs_pages_clear(r->pages, from);
}

static void take(region *r, size_t i)
{
    hs_snapshot_free(r->snapshots[i]);
    r->snapshots[i] = hs_pages_take(r->pages, r->data, r->size);
    memcpy(r->copies[i], r->data, r->size);
}

/* Bytes that are told to differ become those of a copy. */
typedef struct {
    uint8_t *bytes;
    const uint8_t *copy;
} patched;

static void patch(void *context, size_t from, size_t to)
{
    const patched *p = context;
    memcpy(p->bytes + from, p->copy + from, to - from);
}

/* Where no difference is told, there is none. */
static void expect_differences(const region *r, size_t i)
{
    size_t size = hs_snapshot_size(r->snapshots[i]);
    patched p = {calloc(1, LARGEST), r->copies[i]};
    memcpy(p.bytes, r->data, r->size);
    hs_pages_differing(r->pages, r->data, r->size, r->snapshots[i], patch, &p);
    assert_memory_equal(p.bytes, r->copies[i], size);
    free(p.bytes);
}

static void go_back(region *r, size_t i)
{
    if (!r->snapshots[i]) return;
    expect_differences(r, i);
    r->size = hs_snapshot_size(r->snapshots[i]);
    hs_pages_restore(r->pages, r->data, r->snapshots[i], NULL, NULL);
    assert_memory_equal(r->data, r->copies[i], r->size);
}

static void any_snapshot_gives_back_what_was_there(void **state)
{
    region r = {.pages = hs_pages_new(), .data = calloc(1, LARGEST), .size = 5000};
    uint64_t random = 3;
    (void)state;
    for (size_t i = 0; i < SNAPSHOTS; i++) r.copies[i] = calloc(1, LARGEST);
    for (int i = 0; i < STEPS; i++) {
        size_t which = random_below(&random, SNAPSHOTS);
        switch (random_below(&random, 13)) {
        case 0: take(&r, which); break;
        case 1: go_back(&r, which); break;
        case 2: resize(&r, &random); break;
        case 3: clear(&r, &random); break;
        default: scribble(&r, &random);
        }
    }
    for (size_t i = 0; i < SNAPSHOTS; i++) go_back(&r, i);
    for (size_t i = 0; i < SNAPSHOTS; i++) {
        hs_snapshot_free(r.snapshots[i]);
        free(r.copies[i]);
    }
    hs_pages_free(r.pages);
    free(r.data);
}

static void snapshots_share_what_did_not_change(void **state)
{
    (void)state;
    hs_pages *pages = hs_pages_new();
    uint8_t *data = malloc(LARGEST);
    assert_non_null(data);
    memset(data, 0xff, LARGEST);
    hs_snapshot *a = hs_pages_take(pages, data, LARGEST);
    hs_pages_touch(pages, 100000, 100001);
    hs_snapshot *b = hs_pages_take(pages, data, LARGEST);
    assert_true(hs_snapshot_weigh(a, 1) > LARGEST);
    assert_true(hs_snapshot_weigh(b, 1) < 8000); /* a page, and the group that it is in */
    assert_true(hs_snapshot_weigh(b, 2) > LARGEST);
    hs_snapshot_free(a);
    memset(data, 1, LARGEST);
    hs_pages_touch(pages, 0, LARGEST);
    hs_pages_restore(pages, data, b, NULL, NULL);
    for (size_t i = 0; i < LARGEST; i++) assert_int_equal(data[i], 0xff);
    hs_snapshot_free(b);
    hs_pages_free(pages);
    free(data);
}

static void write_down(void *context, size_t from, size_t to)
{
    char *text = context;
    size_t n = strlen(text);
    snprintf(text + n, 100 - n, "%zu-%zu ", from, to);
}

static void differences_are_told_by_the_word(void **state)
{
    (void)state;
    hs_pages *pages = hs_pages_new();
    uint8_t *data = calloc(1, LARGEST);
    char told[100] = "";
    hs_snapshot *s = hs_pages_take(pages, data, LARGEST);
    data[1000] = 1; /* two words, close */
    data[1063] = 1;
    data[9000] = 1;
    data[12287] = 1; /* at the end of a page, and at the start of the next */
    data[12288] = 1;
    hs_pages_touch(pages, 0, 20000);
    hs_pages_differing(pages, data, LARGEST - 100, s, write_down, told);
    assert_string_equal(told, "1000-1064 9000-9008 12280-12296 1224704-1228800 ");
    hs_snapshot_free(s);
    hs_pages_free(pages);
    free(data);
}

static void zeros_and_small_numbers_take_little(void **state)
{
    enum { WORDS = 8192 };
    uint64_t *words = calloc(WORDS, sizeof *words);
    (void)state;
    assert_non_null(words);
    hs_pages *pages = hs_pages_new();
    for (size_t i = 0; i < WORDS; i += 4) words[i] = i % 128;
    hs_snapshot *s = hs_pages_take(pages, words, WORDS * sizeof *words);
    assert_true(hs_snapshot_weigh(s, 1) < WORDS * sizeof *words / 8);
    hs_snapshot_free(s);
    hs_pages_free(pages);
    free(words);
}

static void zeros_are_taken_once(void **state)
{
    (void)state;
    hs_pages *pages = hs_pages_new();
    uint8_t *data = calloc(1, LARGEST);
    hs_snapshot *s = hs_pages_take(pages, data, LARGEST);
    assert_true(hs_snapshot_weigh(s, 1) < LARGEST / 256); /* the groups, and one page */
    hs_snapshot_free(s);
    hs_pages_free(pages);
    free(data);
}

/* 32 GiB, of which all but two pages end the program that looks at them. */
static void what_was_never_written_to_is_not_read(void **state)
{
    (void)state;
    const size_t size = (size_t)1 << 35, last = size - 4096, half = size / 2;
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    uint8_t *data = mmap(NULL, size, PROT_NONE, flags, -1, 0);
    char told[100] = "";
    assert_ptr_not_equal(data, MAP_FAILED);
    assert_int_equal(mprotect(data, 4096, PROT_READ | PROT_WRITE), 0);
    assert_int_equal(mprotect(data + last, 4096, PROT_READ | PROT_WRITE), 0);
    hs_pages *pages = hs_pages_new();
    hs_pages_clear(pages, 0);
    hs_snapshot *empty = hs_pages_take(pages, data, half);
    data[0] = data[last] = 1;
    hs_pages_touch(pages, 0, 1);
    hs_pages_touch(pages, last, last + 1);
    hs_snapshot *full = hs_pages_take(pages, data, size);
    assert_true(hs_snapshot_weigh(full, 1) < 8000);
    data[last] = 2;
    hs_pages_touch(pages, last, last + 1);
    hs_pages_differing(pages, data, size, full, write_down, told);
    assert_string_equal(told, "34359734272-34359734280 ");
    hs_pages_restore(pages, data, full, NULL, NULL);
    assert_int_equal(data[last], 1);
    hs_pages_clear(pages, half); /* its bytes behind that are said to be zero */
    hs_pages_restore(pages, data, empty, NULL, NULL);
    assert_int_equal(data[0], 0);
    assert_int_equal(data[last], 1);
    hs_pages_restore(pages, data, full, NULL, NULL);
    assert_int_equal(data[0], 1);
    hs_snapshot_free(empty);
    hs_snapshot_free(full);
    hs_pages_free(pages);
    munmap(data, size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_snapshot_gives_back_what_was_there),
        cmocka_unit_test(snapshots_share_what_did_not_change),
        cmocka_unit_test(differences_are_told_by_the_word),
        cmocka_unit_test(zeros_and_small_numbers_take_little),
        cmocka_unit_test(zeros_are_taken_once),
        cmocka_unit_test(what_was_never_written_to_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

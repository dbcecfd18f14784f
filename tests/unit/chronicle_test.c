/* SPDX-License-Identifier: MIT */
/* The chronicle: what is written down is read again, on every branch. */
#include "check.h"
#include "random.h"

#include "model/session/chronicle.h"

#include <stdio.h>
#include <string.h>

static hs_record_of_op request(hs_request kind, uint64_t a, uint64_t b, hs_pointer p,
                               uint32_t variable)
{
    return (hs_record_of_op){.op = {.kind = HS_OP_REQUEST, .request = kind, .p = p, .a = a, .b = b},
                             .variable = variable};
}

static void expect_text(const char *wanted, size_t length, const char *text)
{
    if (!wanted) {
        assert_null(text);
        return;
    }
    assert_memory_equal(text, wanted, length);
    assert_int_equal(text[length], 0);
}

static void expect_record(hs_chronicle *t, uint32_t branch, uint64_t i,
                          const hs_record_of_op *wanted)
{
    hs_record_of_op r;
    bool named;
    assert_true(hs_chronicle_get(t, branch, i, &r, &named));
    assert_int_equal(r.op.kind, wanted->op.kind);
    assert_int_equal(r.op.request, wanted->op.request);
    assert_int_equal(r.op.replay, wanted->op.replay);
    assert_int_equal(r.op.a, wanted->op.a);
    assert_int_equal(r.op.b, wanted->op.b);
    assert_int_equal(r.op.p.variable, wanted->op.p.variable);
    assert_int_equal(r.op.p.offset, wanted->op.p.offset);
    assert_int_equal(r.variable, wanted->variable);
    assert_int_equal(named, wanted->op.name != NULL);
    if (wanted->op.kind == HS_OP_REQUEST) return;
    expect_text(wanted->op.name, wanted->op.name ? strlen(wanted->op.name) : 0, r.op.name);
    expect_text(wanted->op.text, wanted->op.text_length, r.op.text);
}

static void every_kind_of_operation_is_read_as_it_was_written(void **state)
{
    (void)state;
    const hs_pointer none = {.variable = HS_NONE};
    const hs_record_of_op records[] = {
        request(HS_MALLOC, 24, 0, none, 0),
        request(HS_CALLOC, 8, UINT64_MAX, none, 300),
        request(HS_ALIGNED_ALLOC, UINT64_MAX, 64, none, HS_NONE),
        request(HS_REALLOC, 64, 0, (hs_pointer){5, (uint64_t)-8}, 5),
        request(HS_FREE, 0, 0, (hs_pointer){HS_NONE, 0x107000008}, HS_NONE),
        request(HS_FREE, 0, 0, (hs_pointer){0, UINT64_MAX / 2 + 1}, HS_NONE),
        {{.kind = HS_OP_WRITE, .p = {3, 24}, .a = 2, .text = "a\0b", .text_length = 3}, HS_NONE},
        {{.kind = HS_OP_ASSIGN, .p = {3, 0}, .name = "x"}, 7},
        {{.kind = HS_OP_SET,
          .p = none,
          .name = "fit",
          .text = "best",
          .text_length = 4,
          .replay = true},
         HS_NONE},
        {{.kind = HS_OP_ALLOCATOR, .p = none, .name = "bump"}, HS_NONE},
        {{.kind = HS_OP_HEAP, .p = none, .a = 1024, .b = 4096}, HS_NONE},
        {{.kind = HS_OP_NOTE, .p = none, .text = "", .text_length = 0}, HS_NONE},
    };
    enum { RECORDS = sizeof records / sizeof *records };
    hs_chronicle *t = hs_chronicle_new();
    hs_moment at = {0, 0};
    for (size_t i = 0; i < 20 * RECORDS; i++) hs_chronicle_add(t, &at, &records[i % RECORDS]);
    assert_int_equal(hs_chronicle_branches(t), 1);
    for (size_t i = 0; i < 20 * RECORDS; i++) expect_record(t, 0, i, &records[i % RECORDS]);
    for (size_t i = 20 * RECORDS; i-- > 0;) expect_record(t, 0, i, &records[i % RECORDS]);
    hs_record_of_op r;
    bool named;
    assert_false(hs_chronicle_get(t, 0, 20 * RECORDS, &r, &named));
    hs_chronicle_free(t);
}

static void common_operations_take_few_bytes(void **state)
{
    (void)state;
    hs_chronicle *t = hs_chronicle_new();
    hs_moment at = {0, 0};
    for (uint32_t i = 0; i < 100000; i++) {
        hs_record_of_op m = request(HS_MALLOC, 24 + i % 100, 0, (hs_pointer){HS_NONE, 0}, i % 100);
        hs_record_of_op f = request(HS_FREE, 0, 0, (hs_pointer){i % 100, 0}, HS_NONE);
        hs_chronicle_add(t, &at, i % 2 ? &f : &m);
    }
    assert_true(hs_chronicle_bytes(t) < 5 * 100000);
    hs_chronicle_free(t);
}

/* Random walks over the tree against plain arrays, one for each branch. */
static void branches_share_what_came_before_them(void **state)
{
    (void)state;
    enum { MOST = 24, LONGEST = 600 };
    static uint64_t sizes[MOST][LONGEST];
    uint64_t counts[MOST] = {0}, random = 9;
    hs_chronicle *t = hs_chronicle_new();
    hs_moment at = {0, 0};
    for (uint64_t i = 0; i < 4000; i++) {
        uint32_t branches = hs_chronicle_branches(t);
        if (random_below(&random, 40) == 0) {
            at.branch = (uint32_t)random_below(&random, branches);
            at.count = random_below(&random, counts[at.branch] + 1);
        }
        if (at.count < counts[at.branch] && branches == MOST) at.count = counts[at.branch];
        if (at.count == LONGEST) continue;
        uint64_t from = at.branch, fork = at.count;
        bool forks = at.count < counts[at.branch];
        hs_record_of_op r = request(HS_MALLOC, i, 0, (hs_pointer){HS_NONE, 0}, 0);
        hs_chronicle_add(t, &at, &r);
        if (forks) {
            assert_int_equal(at.branch, branches);
            assert_int_equal(hs_chronicle_fork(t, at.branch).count, fork);
            memcpy(sizes[at.branch], sizes[from], fork * sizeof **sizes);
        }
        sizes[at.branch][at.count - 1] = i;
        counts[at.branch] = at.count;
    }
    assert_int_equal(hs_chronicle_branches(t), MOST);
    for (uint32_t b = 0; b < MOST; b++) {
        assert_int_equal(hs_chronicle_count(t, b), counts[b]);
        for (uint64_t i = 0; i < counts[b]; i++) {
            hs_record_of_op r;
            bool named;
            assert_true(hs_chronicle_get(t, b, i, &r, &named));
            assert_int_equal(r.op.a, sizes[b][i]);
        }
    }
    hs_chronicle_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_operation_is_read_as_it_was_written),
        cmocka_unit_test(common_operations_take_few_bytes),
        cmocka_unit_test(branches_share_what_came_before_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

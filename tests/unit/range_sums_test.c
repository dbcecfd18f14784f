/* SPDX-License-Identifier: MIT */
/* The range sums against a walk over the whole heap, which does the same the slow way. */
#include "check.h"
#include "model/reading/readings.h"
#include "random.h"
#include "stage.h"

#include <heapscope/reading.h>

#include <stdio.h>
#include <string.h>

enum { SLOTS = 400, CELLS = 64 };

typedef struct {
    hs_session *session;
    uint64_t random;
    uint32_t variables[SLOTS];
    bool live[SLOTS];
} player;

static bool perform(player *p, hs_op op)
{
    hs_problem ignored;
    return hs_session_perform(p->session, &op, &ignored);
}

static uint64_t some_size(player *p, uint64_t small)
{
    uint64_t kind = random_below(&p->random, 100);
    return 1 + random_below(&p->random, kind < 80 ? small : kind < 98 ? 16 * small : 400 * small);
}

static void request(player *p, uint64_t small)
{
    size_t i = (size_t)random_below(&p->random, SLOTS);
    hs_op op = {.kind = HS_OP_REQUEST, .p.variable = p->variables[i], .a = some_size(p, small)};
    uint64_t kind = random_below(&p->random, 10);
    op.request = p->live[i] ? (kind < 7 ? HS_FREE : HS_REALLOC)
                            : (kind < 8   ? HS_MALLOC
                               : kind < 9 ? HS_CALLOC
                                          : HS_ALIGNED_ALLOC);
    if (!p->live[i]) op.p.variable = HS_NONE;
    if (op.request == HS_FREE) op.a = 0;
    if (op.request == HS_CALLOC) op.b = 1;
    if (op.request == HS_ALIGNED_ALLOC) op.b = (uint64_t)8 << random_below(&p->random, 6);
    if (!perform(p, op)) return;
    const hs_last *last = hs_session_last(p->session);
    if (op.request == HS_FREE) p->live[i] = false;
    if (op.request == HS_FREE || !last->result) return;
    p->variables[i] = last->variable;
    p->live[i] = true;
}

/* --- The slow way --------------------------------------------------------------------------- */

static void add_shares(const hs_session *s, const hs_seen *seen, hs_addr from, unsigned bits,
                       size_t cells, uint64_t (*wanted)[HS_SHARES])
{
    hs_part parts[HS_PARTS];
    size_t n = hs_parts_of(s, seen, parts);
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < cells; c++) {
            hs_addr start = from + ((hs_addr)c << bits), end = start + ((hs_addr)1 << bits);
            if (start < parts[i].from) start = parts[i].from;
            if (end > parts[i].to) end = parts[i].to;
            if (start < end) wanted[c][parts[i].share] += end - start;
        }
}

static void expect_shares(const hs_session *s, hs_addr from, unsigned bits, size_t cells)
{
    static uint64_t found[CELLS][HS_SHARES], wanted[CELLS][HS_SHARES];
    hs_seen seen, mark = {0};
    memset(found, 0, sizeof found);
    memset(wanted, 0, sizeof wanted);
    for (bool more = hs_session_walk(s, NULL, &seen); more; more = hs_session_walk(s, &seen, &seen))
        add_shares(s, &seen, from, bits, cells, wanted);
    if (hs_heap_end_mark(hs_session_heap(s), &mark.block))
        add_shares(s, &mark, from, bits, cells, wanted);
    hs_session_shares(s, from, bits, cells, found);
    assert_memory_equal(found, wanted, sizeof found);
}

static void expect_some_shares(player *p)
{
    const hs_heap *h = hs_session_heap(p->session);
    unsigned bits = (unsigned)random_below(&p->random, 16);
    uint64_t cells = hs_heap_committed(h) >> bits;
    size_t n = (size_t)random_below(&p->random, CELLS) + 1;
    hs_addr first = cells ? random_below(&p->random, cells) << bits : 0;
    expect_shares(p->session, hs_heap_base(h) + first, bits, n);
}

static void expect_ledger(const hs_session *s)
{
    hs_ledger wanted = {0}, found = hs_ledger_take(s);
    hs_seen seen;
    for (bool more = hs_session_walk(s, NULL, &seen); more; more = hs_session_walk(s, &seen, &seen))
        hs_ledger_book(&wanted, s, &seen);
    hs_block end;
    uint64_t rest = hs_heap_committed(hs_session_heap(s));
    if (hs_heap_end_mark(hs_session_heap(s), &end)) wanted.bytes[HS_CAUSE_HEADERS] += end.size;
    for (int i = 0; i < HS_CAUSES; i++) rest -= wanted.bytes[i];
    wanted.bytes[HS_CAUSE_PADDING] += rest;
    assert_memory_equal(&found, &wanted, sizeof found);
}

static void expect_same_block(const hs_seen *a, const hs_seen *b)
{
    assert_int_equal(a->block.addr, b->block.addr);
    assert_int_equal(a->block.size, b->block.size);
    assert_int_equal(a->block.kind, b->block.kind);
    assert_int_equal(a->block.word, b->block.word);
    assert_ptr_equal(a->client, b->client);
    assert_int_equal(a->payload_end, b->payload_end);
}

/* Every block, by its number and by a place in it. */
static void expect_blocks(player *p, unsigned kinds)
{
    const hs_session *s = p->session;
    hs_seen seen, found;
    uint64_t n = 0;
    for (bool more = hs_session_walk(s, NULL, &seen); more;
         more = hs_session_walk(s, &seen, &seen)) {
        hs_addr at = seen.block.addr + random_below(&p->random, seen.block.size);
        assert_true(hs_session_walk_to(s, at, &found));
        expect_same_block(&found, &seen);
        assert_int_equal(hs_session_count_before(s, seen.block.addr, kinds), n);
        if (!(kinds >> seen.block.kind & 1)) continue;
        assert_true(hs_session_walk_nth(s, n++, kinds, &found));
        expect_same_block(&found, &seen);
    }
    assert_false(hs_session_walk_nth(s, n, kinds, &found));
    assert_int_equal(hs_session_count_before(s, UINT64_MAX, kinds), n);
}

static void expect_all(player *p)
{
    static const unsigned kinds[] = {HS_ALL_KINDS, 1u << HS_BLOCK_FREE,
                                     1u << HS_BLOCK_UNUSED | 1u << HS_BLOCK_FREE,
                                     1u << HS_BLOCK_USED};
    expect_ledger(p->session);
    for (int i = 0; i < 4; i++) expect_some_shares(p);
    expect_blocks(p, kinds[random_below(&p->random, 4)]);
}

/* --- Tests ---------------------------------------------------------------------------------- */

static void churn(const char *allocator, const char *option, const char *value, uint64_t small)
{
    hs_problem problem;
    hs_heap_config heap = {256, 1 << 26};
    player p = {.random = 7};
    uint64_t rounds = random_operations(100);
    p.session = hs_session_new(allocator, &heap, &problem);
    assert_non_null(p.session);
    if (option)
        assert_true(perform(&p, (hs_op){.kind = HS_OP_SET,
                                        .name = option,
                                        .text = value,
                                        .text_length = strlen(value)}));
    for (uint64_t i = 0; i < rounds; i++) {
        uint64_t requests = random_below(&p.random, 30) ? 1 + random_below(&p.random, 3) : 200;
        for (uint64_t k = 0; k < requests; k++) request(&p, small);
        expect_all(&p);
    }
    hs_session_free(p.session);
}

static void sums_are_those_of_a_walk_under_every_allocator(void **state)
{
    const hs_allocator *a;
    (void)state;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        for (uint64_t small = 24; small < 1000; small *= 8) churn(a->name, NULL, NULL, small);
}

static void sums_are_those_of_a_walk_with_every_option(void **state)
{
    const hs_allocator *a;
    (void)state;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        for (size_t o = 0; o < a->option_count; o++)
            for (size_t c = 0; a->options[o].choices && a->options[o].choices[c]; c++)
                if (c != a->options[o].initial)
                    churn(a->name, a->options[o].name, a->options[o].choices[c], 64);
}

/* Only that it joins a list tells that a slab whose objects were free becomes a free run. */
static void a_slab_that_is_given_up_has_no_objects(void **state)
{
    (void)state;
    stage *s = stage_new("slab", 256, 1 << 20);
    player p = {.session = s->session};
    char text[32];
    stage_does(s, "set slab 1024; repeat 186 { malloc 16 }; malloc 3000");
    for (int i = 63; i <= 124; i++) {
        snprintf(text, sizeof text, "free p%d", i);
        stage_does(s, text);
    }
    expect_all(&p);
    stage_does(s, "malloc 9000");
    expect_all(&p);
    stage_free(s);
}

/* The bytes that alignment leaves unused lengthen the block before them, which lies in another
 * leaf.
 */
static void padding_belongs_to_the_block_before_it(void **state)
{
    (void)state;
    stage *s = stage_new("bump", 256, 1 << 20);
    player p = {.session = s->session};
    stage_does(s, "repeat 128 { malloc 32 }");
    expect_all(&p);
    stage_does(s, "malloc 4096; p0 = malloc 8192");
    expect_all(&p);
    stage_does(s, "aligned_alloc 65536 16");
    expect_all(&p);
    stage_free(s);
}

/* A bug of the client: it writes somewhere, or frees what it must not. */
static void misuse(player *p)
{
    static const char text[] = "\0\0\0\0\0\0\0\0\x21\0\0\0\0\0\0\0AAAAAAAAAAAAAAAA";
    uint64_t words = hs_heap_committed(hs_session_heap(p->session)) / 8;
    hs_addr at = hs_heap_base(hs_session_heap(p->session)) + 8 * random_below(&p->random, words);
    hs_op op = {.p = {HS_NONE, at}};
    uint64_t from = random_below(&p->random, 3) * 8;
    if (random_below(&p->random, 3)) {
        op.kind = HS_OP_WRITE;
        op.text = text + from;
        op.text_length = 8 + random_below(&p->random, 2) * 8;
        op.a = 1;
    } else {
        op.kind = HS_OP_REQUEST;
        op.request = random_below(&p->random, 4) ? HS_FREE : HS_REALLOC;
        if (random_below(&p->random, 2)) op.p = (hs_pointer){p->variables[0], 0};
        if (op.request == HS_REALLOC) op.a = 1 + random_below(&p->random, 300);
    }
    perform(p, op);
}

/* After most of them the heap is not broken, or is mended by what comes next. */
static void bugs_of_the_client_change_what_they_change(void **state)
{
    const hs_allocator *a;
    hs_problem problem;
    (void)state;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        for (uint64_t seed = 1; seed <= random_operations(12); seed++) {
            hs_heap_config heap = {256, 1 << 20};
            player p = {.random = seed, .session = hs_session_new(a->name, &heap, &problem)};
            perform(&p, (hs_op){.kind = HS_OP_SET, .name = "misuse", .text = "allow"});
            for (int k = 0; k < 150; k++) {
                if (k > 60 && k % 8 == 0)
                    misuse(&p);
                else
                    request(&p, 24);
                if (k > 40) expect_all(&p);
            }
            hs_session_free(p.session);
        }
}

static void behind_a_broken_header_all_is_damaged(void **state)
{
    (void)state;
    stage *s = stage_new("explicit", 256, 1 << 20);
    hs_seen seen;
    stage_does(s, "repeat 200 { malloc 24 }; set misuse allow");
    assert_true(hs_session_walk_to(s->session, HS_BASE + 150 * 32, &seen));
    assert_int_equal(seen.block.kind, HS_BLOCK_USED);
    stage_does(s, "write p100 'A'*32");
    assert_true(hs_session_broken_by(s->session));
    assert_true(hs_session_walk_to(s->session, HS_BASE + 150 * 32, &seen));
    assert_int_equal(seen.block.kind, HS_BLOCK_DAMAGED);
    assert_true(seen.block.addr < HS_BASE + 102 * 32);
    expect_ledger(s->session);
    stage_does(s, "undo");
    assert_true(hs_session_walk_to(s->session, HS_BASE + 150 * 32, &seen));
    assert_int_equal(seen.block.kind, HS_BLOCK_USED);
    stage_free(s);
}

/* There and back through a history of hundreds of requests, over dozens of pages. */
static void go_about(const char *allocator, uint64_t initial, uint64_t small)
{
    hs_problem problem;
    hs_heap_config heap = {initial, 1 << 26};
    player p = {.random = small};
    p.session = hs_session_new(allocator, &heap, &problem);
    assert_non_null(p.session);
    for (int i = 0; i < 3000; i++) {
        request(&p, small);
        if (i % 60 == 0) hs_checkpoints_make(p.session);
    }
    for (uint64_t i = 0; i < random_operations(40); i++) {
        uint64_t now = hs_session_op_count(p.session), end = hs_session_branch_count(p.session, 0);
        uint64_t at = random_below(&p.random, 3) ? random_below(&p.random, end + 1)
                      : now > 10                 ? now - random_below(&p.random, 10)
                                                 : now;
        assert_true(hs_session_go(p.session, (hs_moment){0, at}, &problem));
        expect_all(&p);
    }
    hs_session_free(p.session);
}

static void going_back_reads_what_differs(void **state)
{
    const hs_allocator *a;
    (void)state;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        for (uint64_t small = 24; small < 1000; small *= 8) go_about(a->name, 256, small);
}

/* Every event of a request, in order and by leaps. */
static void see_slowly(player *p)
{
    size_t n;
    hs_session *own;
    hs_problem ignored;
    uint64_t request = hs_session_last(p->session)->number;
    if (!hs_session_stage(p->session, request, &own, &ignored)) return;
    assert_null(own);
    hs_events(hs_session_heap(p->session), &n);
    size_t few = n < 40 ? n : 40;
    for (size_t i = 0; i <= few; i++) {
        hs_session_seek(p->session, i ? i - 1 : n, i);
        expect_all(p);
    }
    for (int i = 0; i < 4; i++) {
        hs_session_seek(p->session, 0, (size_t)random_below(&p->random, n + 1));
        expect_all(p);
    }
    hs_session_leave_stage(p->session);
    expect_all(p);
}

static void stop_in_the_middle(const char *allocator, uint64_t initial, uint64_t seed)
{
    hs_problem problem;
    hs_heap_config heap = {initial, 1 << 26};
    player p = {.random = seed, .session = hs_session_new(allocator, &heap, &problem)};
    for (uint64_t k = 0; k < random_operations(30); k++) {
        for (int j = 0; j < 5; j++) request(&p, 64);
        see_slowly(&p);
    }
    hs_session_free(p.session);
}

static void in_the_middle_of_a_request_sums_are_those_of_a_walk(void **state)
{
    const hs_allocator *a;
    (void)state;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        stop_in_the_middle(a->name, 256, i);
}

/* Of a block that was freed in a large heap no byte changes at first. */
static void what_no_byte_tells_is_known_as_well(void **state)
{
    (void)state;
    go_about("segregated", 1 << 18, 24);
    stop_in_the_middle("segregated", 1 << 18, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_a_walk_under_every_allocator),
        cmocka_unit_test(sums_are_those_of_a_walk_with_every_option),
        cmocka_unit_test(a_slab_that_is_given_up_has_no_objects),
        cmocka_unit_test(padding_belongs_to_the_block_before_it),
        cmocka_unit_test(bugs_of_the_client_change_what_they_change),
        cmocka_unit_test(behind_a_broken_header_all_is_damaged),
        cmocka_unit_test(going_back_reads_what_differs),
        cmocka_unit_test(in_the_middle_of_a_request_sums_are_those_of_a_walk),
        cmocka_unit_test(what_no_byte_tells_is_known_as_well),
    };
    return cmocka_run_group_tests_name("range-sums", tests, NULL, NULL);
}

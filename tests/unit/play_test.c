/* SPDX-License-Identifier: MIT */
/* Players: what they count is what a session counts, and what they verify is what an allocator owes
 * to its clients. */
#include "random.h"
#include "traces.h"

/* Requests of all kinds; some ask for nothing, some for more than there is, some leave a block
 * behind, some pass NULL. */
static hs_trace *random_trace(uint64_t seed, uint64_t count)
{
    hs_trace *t = hs_trace_new();
    for (uint64_t i = 0; i < count; i++) {
        hs_trace_op op = {.id = (uint32_t)random_below(&seed, 64)};
        op.kind = random_below(&seed, 2) ? HS_FREE : random_below(&seed, 4) & 7;
        if (random_below(&seed, 40) == 0) op.id = HS_TRACE_NULL;
        if (op.kind != HS_FREE) op.size = random_below(&seed, 300);
        if (random_below(&seed, 50) == 0 && op.kind != HS_FREE) op.size = (uint64_t)1 << 50;
        if (op.kind == HS_CALLOC) op.other = random_below(&seed, 5) & 7;
        if (op.kind == HS_ALIGNED_ALLOC) op.other = random_below(&seed, 9) & 15;
        hs_trace_add(t, op);
    }
    return t;
}

static hs_heap *heap_of(const char *text, hs_build build, uint64_t initial)
{
    hs_lane c = lane(text);
    hs_heap *h = hs_heap_new(&(hs_heap_config){initial, 1 << 20},
                             hs_allocator_named(c.raw->name, build), build, c.options);
    assert_non_null(h);
    return h;
}

/* On a heap that grows exactly. */
static hs_play_counts counts_of(const char *allocator, uint64_t initial, const char *line)
{
    hs_play_counts counts;
    hs_trace *t = trace_of(line);
    hs_heap *h = heap_of(allocator, HS_COUNTED, initial);
    hs_heap_set_growth(h, HS_GROWTH_EXACT);
    hs_play_counting(h, t, (hs_play_watch){0}, &counts);
    hs_heap_free(h);
    hs_trace_free(t);
    return counts;
}

/* --- The same as a session -------------------------------------------------------------------- */

/* Perform one request in a session, and keep the pointer as a client would. */
static void perform(hs_session *s, const hs_trace_op *o, hs_addr *pointers)
{
    hs_problem problem;
    hs_addr *entry = &pointers[o->id + 1u], old = *entry;
    hs_op op = {.kind = HS_OP_REQUEST, .request = (hs_request)o->kind, .a = o->size};
    op.p = (hs_pointer){HS_NONE, o->kind == HS_FREE || o->kind == HS_REALLOC ? old : 0};
    if (o->kind == HS_CALLOC) op.b = o->other;
    if (o->kind == HS_ALIGNED_ALLOC) op.b = (uint64_t)1 << o->other;
    if (!hs_session_perform(s, &op, &problem)) fail_msg("%s", problem.what);
    hs_addr p = hs_session_last(s)->result;
    if (o->kind == HS_FREE || (o->kind == HS_REALLOC && !o->size) || p) *entry = p;
    pointers[0] = HS_NULL;
}

static int by_size(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* What the session counts, and that a raw heap has the same addresses after every request. */
static void expect_same(const char *allocator, const hs_trace *t)
{
    uint64_t count = hs_trace_count(t), ids = hs_trace_ids(t), failed = 0;
    uint64_t *examined = calloc(count, sizeof *examined);
    hs_problem problem;
    hs_play_counts c;
    hs_session *s = hs_session_new(allocator, &(hs_heap_config){256, 1 << 20}, &problem);
    hs_heap *raw = heap_of(allocator, HS_RAW, 256), *counted = heap_of(allocator, HS_COUNTED, 256);
    hs_addr *theirs = hs_play_pointers(t), *ours = hs_play_pointers(t);
    assert_non_null(s);
    for (uint64_t i = 0; i < count; i++) {
        perform(s, &hs_trace_ops(t)[i], theirs);
        failed += hs_play(raw, t, i, i + 1, ours);
        assert_memory_equal(ours, theirs, (ids + 1) * sizeof *ours);
        examined[i] = hs_events_counts(hs_session_heap(s)).visits;
    }
    hs_play_counting(counted, t, (hs_play_watch){0}, &c);
    qsort(examined, count, sizeof *examined, by_size);
    assert_int_equal(failed, hs_session_totals(s)->failed);
    assert_int_equal(c.played, count);
    assert_memory_equal(&c.totals, hs_session_totals(s), sizeof c.totals);
    assert_int_equal(c.heap, hs_heap_committed(hs_session_heap(s)));
    assert_int_equal(c.used, hs_session_used(s));
    assert_int_equal(c.examined_p99, examined[count - count / 100 - 1]);
    hs_session_free(s);
    hs_heap_free(raw);
    hs_heap_free(counted);
    free(theirs);
    free(ours);
    free(examined);
}

static void players_and_sessions_have_the_same_addresses_and_counts(void **state)
{
    (void)state;
    for (size_t i = 0; hs_allocator_at(i, HS_RAW); i++) {
        if (hs_allocator_at(i, HS_RAW)->model_base) continue;
        for (uint64_t seed = 1; seed <= 3; seed++) {
            hs_trace *t = random_trace(seed, 600);
            expect_same(hs_allocator_at(i, HS_RAW)->name, t);
            hs_trace_free(t);
        }
    }
}

/* --- By hand ---------------------------------------------------------------------------------- */

/* u32 u48: 80 bytes, of which 64 were asked for. The third block lies in the place of the first. */
#define TWO_BLOCKS "a1 24; a2 40; f1; a3 8"

static void utilization_is_as_worked_out_by_hand(void **state)
{
    (void)state;
    hs_play_counts c = counts_of("implicit", 64, TWO_BLOCKS);
    assert_int_equal(c.totals.peak_live, 64);
    assert_int_equal(c.heap, 80);
    assert_int_equal(c.payload_end, 80);
    c = counts_of("implicit", 256, TWO_BLOCKS);
    assert_int_equal(c.heap, 256);
    assert_int_equal(c.payload_end, 80);
    assert_int_equal(c.used, 80);
    assert_int_equal(c.totals.live, 48);
    assert_int_equal(c.totals.live_blocks, 2);
    c = counts_of("bump", 64, TWO_BLOCKS);
    assert_int_equal(c.heap, 72); /* 24 + 40 + 8 */
    assert_int_equal(c.payload_end, 72);
}

static void a_realloc_that_moves_and_one_that_does_not_count_what_is_live(void **state)
{
    (void)state;
    hs_play_counts c = counts_of("implicit", 64, "a1 24; a2 24; r1 100; r2 40; r1 0");
    assert_int_equal(c.totals.peak_live, 140);
    assert_int_equal(c.totals.counts.moved, 48);
    assert_int_equal(c.totals.live, 40);
    assert_int_equal(c.totals.live_blocks, 1);
}

static void requests_that_fail_are_counted_and_leave_their_id_as_it_was(void **state)
{
    (void)state;
    hs_play_counts c = counts_of("implicit", 64,
                                 "a1 24; r1 9999999; a2 9999999; c3 9999999 9999999; "
                                 "g4 64 9999999; f2; f1; f-; r1 0");
    assert_int_equal(c.totals.failed, 4);
    assert_int_equal(c.totals.requests, 9);
    assert_int_equal(c.totals.live_blocks, 1); /* realloc(NULL, 0) is malloc(0) */
    assert_int_equal(c.totals.live, 0);
}

static void a_block_whose_id_is_used_again_stays_in_use(void **state)
{
    (void)state;
    hs_play_counts c = counts_of("implicit", 64, "a1 24; a1 40; r- 16; f1; f1");
    assert_int_equal(c.totals.live, 40);
    assert_int_equal(c.totals.live_blocks, 2);
}

static void a_trace_without_requests_counts_nothing(void **state)
{
    (void)state;
    hs_play_counts c = counts_of("tlsf", 64, "");
    assert_int_equal(c.played, 0);
    assert_int_equal(c.examined_p99, 0);
    assert_int_equal(c.totals.peak_live, 0);
}

static bool until(void *context, uint64_t played)
{
    return played < *(uint64_t *)context;
}

static void a_watch_ends_the_play_and_what_was_played_is_known(void **state)
{
    (void)state;
    hs_play_counts c;
    hs_violation v;
    hs_trace *t = random_trace(5, 9000);
    hs_heap *h = heap_of("tlsf", HS_COUNTED, 256);
    uint64_t most = 3000, number = 0, played;
    hs_play_watch watch = {until, &most, &number};
    hs_play_counting(h, t, watch, &c);
    assert_in_range(c.played, 3000, 5000);
    assert_int_equal(c.totals.requests, c.played);
    assert_int_equal(number, c.played);
    hs_heap_free(h);
    h = heap_of("tlsf", HS_RAW, 256);
    assert_true(hs_play_verifying(h, t, watch, &played, &v));
    assert_in_range(played, 3000, 5000);
    hs_heap_free(h);
    hs_trace_free(t);
}

/* --- Verifying -------------------------------------------------------------------------------- */

static void every_allocator_keeps_its_promises(void **state)
{
    (void)state;
    hs_trace *t = random_trace(11, 20000);
    for (size_t i = 0; hs_allocator_at(i, HS_RAW); i++) {
        if (hs_allocator_at(i, HS_RAW)->model_base) continue;
        for (int build = HS_RAW; build < HS_BUILDS; build++) {
            uint64_t played;
            hs_violation v;
            hs_heap *h = heap_of(hs_allocator_at(i, HS_RAW)->name, (hs_build)build, 256);
            if (!hs_play_verifying(h, t, (hs_play_watch){0}, &played, &v)) fail_msg("%s", v.what);
            assert_int_equal(played, hs_trace_count(t));
            assert_int_equal(v.request, 0);
            hs_heap_free(h);
        }
    }
    hs_trace_free(t);
}

static void catches(breach how, const char *line, uint64_t request, const char *what)
{
    uint64_t played;
    hs_violation v;
    hs_allocator a = broken(how);
    hs_trace *t = trace_of(line);
    hs_heap *h = hs_heap_new(&(hs_heap_config){256, 1 << 26}, &a, HS_RAW, NULL);
    assert_non_null(h);
    assert_false(hs_play_verifying(h, t, (hs_play_watch){0}, &played, &v));
    assert_string_equal(v.what, what);
    assert_int_equal(v.request, request);
    assert_int_equal(played, request);
    hs_heap_free(h);
    hs_trace_free(t);
}

static hs_addr unaligned(hs_heap *h, size_t alignment, size_t size)
{
    (void)alignment;
    return good()->malloc(h, size);
}

static void blocks_that_are_misplaced_are_caught(void **state)
{
    (void)state;
    catches(MISALIGNED, "a1 24", 1, "24 bytes at 0x107000004 are not aligned to 8");
    catches(OVERLAPPING, "a1 24; a2 16", 2,
            "16 bytes at 0x107000010 overlap p1, 24 bytes at 0x107000000");
    catches(OVERLAPPING, "a1 24; a1 0", 2,
            "0 bytes at 0x107000010 overlap p1, 24 bytes at 0x107000000");
    catches(OUTSIDE, "a1 24; a2 16", 2,
            "16 bytes at 0x1070000f8 are not within the heap, which ends at 0x107000100");
}

static void an_alignment_that_was_asked_for_is_verified(void **state)
{
    (void)state;
    hs_allocator a = *good();
    uint64_t played;
    hs_violation v;
    hs_trace *t = trace_of("a1 24; g2 16 8; g3 32 8");
    a.variant = NULL;
    a.aligned_alloc = unaligned;
    hs_heap *h = hs_heap_new(&(hs_heap_config){256, 1 << 20}, &a, HS_RAW, NULL);
    assert_false(hs_play_verifying(h, t, (hs_play_watch){0}, &played, &v));
    assert_string_equal(v.what, "8 bytes at 0x107000018 are not aligned to 16");
    hs_heap_free(h);
    hs_trace_free(t);
}

static void payloads_that_change_are_caught(void **state)
{
    (void)state;
    catches(FORGETFUL, "a1 24; a2 24; r1 16", 3,
            "p1, 24 bytes at 0x107000030, lost its byte 0 in a realloc");
    catches(CARELESS, "a1 23; r1 40; a2 24; r2 48", 4,
            "p2, 24 bytes at 0x107000058, lost its byte 23 in a realloc");
    catches(SCRIBBLING, "a1 24; a2 8; f1; a3 8; f2", 5,
            "p2, 8 bytes at 0x107000018, lost its byte 0: another block was written over it");
    catches(SCRIBBLING, "a1 24; a2 8; f1; a3 8", 4,
            "p2, 8 bytes at 0x107000018, lost its byte 0: another block was written over it");
    catches(FORGETFUL, "a1 8000000; r1 9000000", 2,
            "p1, 8000000 bytes at 0x1077a1200, lost its byte 0 in a realloc");
}

static void an_allocator_that_finds_its_own_heap_broken_is_caught(void **state)
{
    (void)state;
    catches(NEVER_CONTENT, "a1 24; a2 24", 2,
            "the allocator's own check fails at 0x107000000: as ever");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(players_and_sessions_have_the_same_addresses_and_counts),
        cmocka_unit_test(utilization_is_as_worked_out_by_hand),
        cmocka_unit_test(a_realloc_that_moves_and_one_that_does_not_count_what_is_live),
        cmocka_unit_test(requests_that_fail_are_counted_and_leave_their_id_as_it_was),
        cmocka_unit_test(a_block_whose_id_is_used_again_stays_in_use),
        cmocka_unit_test(a_trace_without_requests_counts_nothing),
        cmocka_unit_test(a_watch_ends_the_play_and_what_was_played_is_known),
        cmocka_unit_test(every_allocator_keeps_its_promises),
        cmocka_unit_test(blocks_that_are_misplaced_are_caught),
        cmocka_unit_test(an_alignment_that_was_asked_for_is_verified),
        cmocka_unit_test(payloads_that_change_are_caught),
        cmocka_unit_test(an_allocator_that_finds_its_own_heap_broken_is_caught),
    };
    return cmocka_run_group_tests_name("play", tests, NULL, NULL);
}

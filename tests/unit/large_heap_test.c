/* SPDX-License-Identifier: MIT */
/* Large heaps of which little was written to: what nobody wrote to is not read, and costs nothing.
 * Counted, not timed: pages that there is memory for, and checkpoints. */
#include "check.h"
#include "stage.h"

#include "model/session/session.h"
#include "view/difference.h"

#include <heapscope/allocator.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define LARGE ((uint64_t)1 << 30)
enum { LITTLE = 1 << 18 };

/* Bytes of the heap that there are pages for: even one that was only read has one. */
static uint64_t touched(const hs_session *s)
{
    const hs_heap *h = hs_session_heap(s);
    uint64_t size = hs_heap_committed(h), n = 0;
    unsigned char *pages = calloc(size / 4096 + 1, 1);
    const uint8_t *bytes = hs_heap_bytes(h, hs_heap_base(h), size);
    assert_int_equal(mincore((void *)(uintptr_t)bytes, size, pages), 0);
    for (uint64_t i = 0; i < size / 4096; i++) n += pages[i] & 1;
    free(pages);
    return n * 4096;
}

/* The most memory that the program ever had. */
static uint64_t peak(void)
{
    struct rusage r;
    assert_int_equal(getrusage(RUSAGE_SELF, &r), 0);
    return (uint64_t)r.ru_maxrss * 1024;
}

static void expect_little(const stage *s, const char *what)
{
    uint64_t n = touched(s->session);
    if (n > LITTLE)
        fail_msg("%s: %s touches %llu bytes", hs_session_allocator_name(s->session), what,
                 (unsigned long long)n);
}

/* Every second session's heap is written to: that, unlike what is only read, is counted as memory.
 */
static void commands_look_only_at_what_was_written_to(void **state)
{
    static const char *const lines[] = {"malloc 8",     "malloc 100",  "free p1",
                                        "diff 1",       "shape",       "find malloc back",
                                        "find peak",    "undo",        "redo",
                                        "reset",        "undo",        "allocator bump",
                                        "undo",         "malloc 300M", "calloc 1 200M",
                                        "undo",         "random 2000", "goto 3",
                                        "set fit best", "stats",       "p = calloc 1 1M",
                                        "free p"};
    const hs_allocator *a;
    (void)state;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++) {
        if (a->model_base || a->largest.initial) continue; /* one that writes to all of its heap */
        uint64_t before = peak();
        stage *s = stage_new(a->name, LARGE, LARGE);
        expect_little(s, "the start");
        for (size_t k = 0; k < sizeof lines / sizeof *lines; k++) {
            stage_run(s, lines[k]); /* not every allocator has room, or the option */
            expect_little(s, lines[k]);
        }
        assert_true(peak() - before < LARGE / 16);
        stage_free(s);
    }
}

static size_t checkpoints_beside_a_hole(const char *allocator, uint64_t size)
{
    size_t bytes;
    stage *s = stage_new(allocator, size, size);
    stage_does(s, "repeat 4000 { a = malloc 8; free a }");
    hs_session_history_bytes(s->session, &bytes);
    stage_free(s);
    return bytes;
}

/* A hole that is joined is shown whole; it is not written whole. */
static void the_size_of_a_hole_makes_no_checkpoints(void **state)
{
    const hs_allocator *a;
    (void)state;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++) {
        if (a->model_base || a->largest.initial) continue; /* one that writes to all of its heap */
        size_t small = checkpoints_beside_a_hole(a->name, 1 << 16);
        size_t large = checkpoints_beside_a_hole(a->name, (uint64_t)1 << 28);
        if (large > 2 * small) fail_msg("%s: %zu and %zu bytes", a->name, small, large);
    }
}

static void a_request_that_overwrites_much_can_be_stopped(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", LARGE, LARGE), *same = stage_new("implicit", LARGE, LARGE);
    static const char begin[] = "p1 = malloc 40M; write p1 \"much\"*1000000; malloc 8";
    stage_does(s, begin);
    stage_does(same, begin);
    for (uint64_t patience = 1; patience < 4; patience++) {
        s->patience = patience;
        stage_refuses(s, "realloc p1 60M", "stopped: everything is as it was before");
        assert_int_equal(s->patience, 0);
        assert_int_equal(hs_session_op_count(s->session), 3);
        assert_int_equal(stage_value(s, "live"), stage_value(same, "live"));
        assert_int_equal(stage_value(s, "p1"), stage_value(same, "p1"));
        char *difference = hs_difference(s->session, 3);
        assert_string_equal(difference, "since command 3: 0 bytes differ");
        free(difference);
    }
    stage_does(s, "realloc p1 60M");
    stage_does(same, "realloc p1 60M");
    assert_int_equal(stage_value(s, "p1"), stage_value(same, "p1"));
    stage_free(s);
    stage_free(same);
}

/* With a single block, what is compared for so long are bytes. */
static bool stop_comparing(void *of, const char *doing, uint64_t done, uint64_t total)
{
    (void)of, (void)done, (void)total;
    return !doing || strcmp(doing, "comparing") != 0;
}

static void writing_much_and_comparing_it_can_be_stopped(void **state)
{
    (void)state;
    stage *s = stage_new("implicit", LARGE, LARGE);
    stage_does(s, "p = malloc 20M; write p 'x'*20M");
    for (s->patience = 1; s->patience < 4; s->patience += 2) {
        uint64_t patience = s->patience;
        stage_refuses(s, "write p \"abc\"*6M", "stopped: everything is as it was before");
        assert_int_equal(s->patience, 0);
        assert_int_equal(hs_session_op_count(s->session), 2);
        const uint8_t *byte = hs_heap_bytes(hs_session_heap(s->session), stage_value(s, "p"), 1);
        assert_int_equal(*byte, 'x');
        s->patience = patience;
    }
    s->patience = 0;
    stage_does(s, "write p \"abc\"*6M; malloc 8");
    assert_memory_equal(hs_heap_bytes(hs_session_heap(s->session), stage_value(s, "p+4M-1"), 5),
                        "abcab", 5);
    hs_session_tell(s->session, stop_comparing, NULL);
    char *text = hs_difference(s->session, 2);
    assert_string_equal(text, "stopped: everything is as it was before");
    free(text);
    hs_session_tell(s->session, NULL, NULL);
    text = hs_difference(s->session, 2);
    assert_non_null(strstr(text, "since command 2: 18874"));
    free(text);
    stage_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_look_only_at_what_was_written_to),
        cmocka_unit_test(the_size_of_a_hole_makes_no_checkpoints),
        cmocka_unit_test(a_request_that_overwrites_much_can_be_stopped),
        cmocka_unit_test(writing_much_and_comparing_it_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

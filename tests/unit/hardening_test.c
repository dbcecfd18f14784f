/* SPDX-License-Identifier: MIT */
/* The hardened explicit list: each bug of the client is caught, by the defence that is meant for
 * it, and the request that meets it is undone. What a client without bugs is owed is tested with
 * all the other combinations of options, in allocator_test.c. */
#include "check.h"

#include <heapscope/allocator.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POISON = 0xdf, HEADER = 8, BLOCKS = 12 };

/* --- A heap with blocks of 32 bytes --------------------------------------------------------- */

static hs_heap *heap_with(const char *allocator, uint64_t initial, uint64_t maximum)
{
    const hs_allocator *a = hs_allocator_named(allocator, HS_PROBED);
    hs_heap *h = hs_heap_new(&(hs_heap_config){initial, maximum}, a, HS_PROBED, NULL);
    assert_non_null(h);
    return h;
}

typedef struct {
    hs_heap *heap;
    hs_addr p[BLOCKS]; /* 24 bytes of payload each, side by side */
} scene;

static scene blocks_of_32(const char *allocator)
{
    scene s = {.heap = heap_with(allocator, 512, 1024)};
    for (size_t i = 0; i < BLOCKS; i++) s.p[i] = hs_malloc(s.heap, 24);
    return s;
}

/* Free blocks first to last, in order; those before the last four are free, the others wait. */
static void free_blocks(scene *s, size_t first, size_t last)
{
    for (size_t i = first; i <= last; i++) {
        hs_free(s->heap, s->p[i]);
        assert_null(hs_fault(s->heap));
    }
}

static uint64_t word_at(const hs_heap *h, hs_addr at)
{
    uint64_t word = 0;
    assert_true(hs_heap_peek(h, at, &word));
    return word;
}

static void write_word(hs_heap *h, hs_addr at, uint64_t word)
{
    assert_true(hs_heap_poke(h, at, &word, sizeof word));
}

static void write_byte(hs_heap *h, hs_addr at, uint8_t byte)
{
    assert_true(hs_heap_poke(h, at, &byte, 1));
}

static size_t count_of(const hs_heap *h, hs_block_kind kind)
{
    const hs_allocator *a = hs_heap_allocator(h);
    size_t n = 0;
    hs_block b;
    for (bool more = a->walk(h, NULL, &b); more; more = a->walk(h, &b, &b)) n += b.kind == kind;
    return n;
}

/* --- Requests that are caught --------------------------------------------------------------- */

static uint8_t before[4096];
static uint64_t before_size;

static void remember(const hs_heap *h)
{
    before_size = hs_heap_committed(h);
    memcpy(before, hs_heap_bytes(h, HS_BASE, before_size), before_size);
}

/* The last request was caught for this reason there, and changed nothing. */
static void expect_caught(const hs_heap *h, hs_reason why, hs_addr at)
{
    const hs_event *fault = hs_fault(h);
    assert_non_null(fault);
    assert_int_equal(fault->detail, why);
    assert_int_equal(fault->at, at);
    assert_int_equal(hs_heap_committed(h), before_size);
    assert_memory_equal(hs_heap_bytes(h, HS_BASE, before_size), before, before_size);
}

static void expect_free_caught(hs_heap *h, hs_addr p, hs_reason why, hs_addr at)
{
    remember(h);
    hs_free(h, p);
    expect_caught(h, why, at);
    hs_realloc(h, p, 100);
    if (why != HS_BECAUSE_POISON) expect_caught(h, why, at);
}

/* --- Bytes ---------------------------------------------------------------------------------- */

static void unless_hardened_no_byte_is_another(void **state)
{
    (void)state;
    scene s = blocks_of_32("explicit");
    assert_int_equal(word_at(s.heap, s.p[0] - HEADER), 32 | 3);
    assert_int_equal(word_at(s.heap, s.p[0]), 0);
    hs_free(s.heap, s.p[0]);
    assert_int_equal(word_at(s.heap, s.p[0] - HEADER), 32 | 2);
    assert_int_equal(word_at(s.heap, s.p[0] + 16), 32); /* the footer */
    assert_int_equal(count_of(s.heap, HS_BLOCK_DEAD), 0);
    hs_heap_free(s.heap);
}

static void every_header_has_a_checksum_of_its_address(void **state)
{
    (void)state;
    scene s = blocks_of_32("hardened");
    hs_block b;
    uint64_t first = word_at(s.heap, s.p[1] - HEADER), second = word_at(s.heap, s.p[2] - HEADER);
    assert_int_equal(first << 16 >> 16, 32 | 3);
    assert_int_equal(second << 16 >> 16, 32 | 3);
    assert_true(first >> 48 != 0 && first != second);
    assert_true(hs_heap_allocator(s.heap)->walk(s.heap, NULL, &b));
    assert_int_equal(b.word, word_at(s.heap, b.addr));
    hs_field fields[HS_FIELDS];
    size_t n = hs_heap_allocator(s.heap)->fields(s.heap, b.addr, b.word, fields);
    assert_int_equal(n, 5);
    assert_int_equal(fields[0].kind, HS_FIELD_CHECKSUM);
    assert_int_equal(fields[0].value, b.word >> 48);
    assert_int_equal(fields[1].value, 32);
    hs_heap_free(s.heap);
}

static void a_freed_payload_is_poison(void **state)
{
    (void)state;
    scene s = blocks_of_32("hardened");
    for (uint64_t i = 0; i < 24; i++) write_byte(s.heap, s.p[0] + i, 7);
    hs_free(s.heap, s.p[0]);
    const uint8_t *bytes = hs_heap_bytes(s.heap, s.p[0], 24);
    for (size_t i = 0; i < 24; i++) assert_int_equal(bytes[i], POISON);
    hs_heap_free(s.heap);
}

/* --- Headers -------------------------------------------------------------------------------- */

static void one_bit_of_a_header_is_enough(void **state)
{
    (void)state;
    scene s = blocks_of_32("hardened");
    for (unsigned bit = 0; bit < 64; bit++) {
        hs_addr header = s.p[1] - HEADER;
        uint64_t word = word_at(s.heap, header);
        write_word(s.heap, header, word ^ (uint64_t)1 << bit);
        expect_free_caught(s.heap, s.p[1], HS_BECAUSE_CHECKSUM, header);
        write_word(s.heap, header, word);
    }
    hs_free(s.heap, s.p[1]);
    assert_null(hs_fault(s.heap));
    hs_heap_free(s.heap);
}

static void an_overrun_is_caught_when_the_block_itself_is_freed(void **state)
{
    (void)state;
    scene s = blocks_of_32("hardened");
    write_byte(s.heap, s.p[3] + 24, 'x');
    expect_free_caught(s.heap, s.p[3], HS_BECAUSE_CHECKSUM, s.p[4] - HEADER);
    hs_heap_free(s.heap);
}

static void a_pointer_that_is_no_block_is_caught(void **state)
{
    (void)state;
    scene s = blocks_of_32("hardened");
    for (uint64_t i = 1; i < 32; i++)
        expect_free_caught(s.heap, s.p[2] + i, HS_BECAUSE_CHECKSUM, s.p[2] + i - HEADER);
    const hs_addr wild[] = {8, HS_BASE, HS_BASE - 64, hs_heap_end(s.heap), HS_BASE + 4096};
    for (size_t i = 0; i < sizeof wild / sizeof *wild; i++)
        expect_free_caught(s.heap, wild[i], HS_BECAUSE_CHECKSUM, wild[i] - HEADER);
    hs_heap_free(s.heap);
}

static void a_header_copied_elsewhere_is_no_header(void **state)
{
    (void)state;
    scene s = blocks_of_32("hardened");
    write_word(s.heap, s.p[2], word_at(s.heap, s.p[2] - HEADER));
    expect_free_caught(s.heap, s.p[2] + HEADER, HS_BECAUSE_CHECKSUM, s.p[2]);
    hs_heap_free(s.heap);
}

static void a_forged_footer_is_not_believed(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0, 8, 32 * 3, 32 * 2, (uint64_t)1 << 40, UINT64_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        scene s = blocks_of_32("hardened");
        free_blocks(&s, 1, 1);
        free_blocks(&s, 3, 3);
        free_blocks(&s, 4, 4);
        free_blocks(&s, 6, 8);
        write_word(s.heap, s.p[3] + 16, sizes[i]); /* 32 * 3 leads to block 1, which is free */
        remember(s.heap);
        hs_free(s.heap, s.p[10]); /* block 4 leaves the quarantine */
        assert_non_null(hs_fault(s.heap));
        expect_caught(s.heap, (hs_reason)hs_fault(s.heap)->detail, hs_fault(s.heap)->at);
        if (i == 2) assert_int_equal(hs_fault(s.heap)->detail, HS_BECAUSE_CHECKSUM);
        hs_heap_free(s.heap);
    }
}

/* --- Double frees --------------------------------------------------------------------------- */

static void a_double_free_is_caught_in_quarantine_and_after_it(void **state)
{
    (void)state;
    scene s = blocks_of_32("hardened");
    free_blocks(&s, 1, 1);
    expect_free_caught(s.heap, s.p[1], HS_BECAUSE_DOUBLE_FREE, s.p[1]);
    free_blocks(&s, 3, 6);
    assert_int_equal(word_at(s.heap, s.p[1] - HEADER) & 7, 2); /* it is free now */
    expect_free_caught(s.heap, s.p[1], HS_BECAUSE_DOUBLE_FREE, s.p[1]);
    hs_heap_free(s.heap);
}

/* --- Links ---------------------------------------------------------------------------------- */

static void a_forged_link_is_not_followed(void **state)
{
    (void)state;
    static const hs_addr targets[] = {0x4141414141414141, HS_BASE + 64, HS_BASE - 8, 1};
    for (size_t which = 0; which < 2; which++)
        for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
            scene s = blocks_of_32("hardened");
            free_blocks(&s, 1, 1);
            free_blocks(&s, 3, 3);
            free_blocks(&s, 5, 8); /* 3 -> 1 -> the rest of the heap */
            write_word(s.heap, s.p[1] + 8 * which, targets[i]);
            remember(s.heap);
            if (which == 0)
                hs_malloc(s.heap, 100); /* looks at all free blocks */
            else
                hs_realloc(s.heap, s.p[0], 56); /* takes its right neighbour */
            expect_caught(s.heap, HS_BECAUSE_LINKS, s.p[1] - HEADER);
            hs_heap_free(s.heap);
        }
}

/* --- Poison --------------------------------------------------------------------------------- */

static void a_write_to_a_freed_block_is_caught_when_it_leaves_the_quarantine(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 24; i++) {
        scene s = blocks_of_32("hardened");
        free_blocks(&s, 1, 4);
        write_byte(s.heap, s.p[1] + i, POISON ^ 1);
        expect_free_caught(s.heap, s.p[6], HS_BECAUSE_POISON, s.p[1] + i);
        hs_heap_free(s.heap);
    }
}

static void a_write_to_a_free_block_is_caught_when_it_is_handed_out(void **state)
{
    (void)state;
    scene s = blocks_of_32("hardened");
    free_blocks(&s, 1, 8); /* the first four are one hole of 128 bytes */
    for (uint64_t i = 16; i < 112; i++) {
        hs_addr at = s.p[1] + i;
        write_byte(s.heap, at, 0);
        remember(s.heap);
        hs_malloc(s.heap, 116);
        expect_caught(s.heap, HS_BECAUSE_POISON, at);
        if (i < 96) {
            hs_realloc(s.heap, s.p[0], 24 + 112);
            expect_caught(s.heap, HS_BECAUSE_POISON, at);
        }
        write_byte(s.heap, at, POISON);
    }
    assert_int_equal(hs_malloc(s.heap, 116), s.p[1]);
    hs_heap_free(s.heap);
}

static void the_check_finds_a_write_to_a_freed_block_at_once(void **state)
{
    (void)state;
    scene s = blocks_of_32("hardened");
    const hs_allocator *a = hs_heap_allocator(s.heap);
    hs_damage damage = {0};
    free_blocks(&s, 1, 5);
    assert_true(a->check(s.heap, &damage));
    const hs_addr places[] = {s.p[1] + 16, s.p[5], s.p[5] + 23}; /* a free one, and a waiting one */
    for (size_t i = 0; i < 3; i++) {
        uint8_t was = *hs_heap_bytes(s.heap, places[i], 1);
        write_byte(s.heap, places[i], 'x');
        assert_false(a->check(s.heap, &damage));
        if (i > 0) assert_int_equal(damage.at, places[i]);
        if (i > 0) assert_non_null(strstr(damage.what, "after its block was freed"));
        write_byte(s.heap, places[i], was);
    }
    assert_true(a->check(s.heap, &damage));
    hs_heap_free(s.heap);
}

/* --- Quarantine ----------------------------------------------------------------------------- */

static void the_last_four_freed_blocks_wait(void **state)
{
    (void)state;
    scene s = blocks_of_32("hardened");
    size_t n;
    for (size_t i = 0; i < 4; i++) {
        free_blocks(&s, 2 * i, 2 * i);
        assert_int_equal(count_of(s.heap, HS_BLOCK_DEAD), i + 1);
        const hs_event *e = hs_events(s.heap, &n);
        while (e->kind != HS_QUARANTINE) e++;
        assert_int_equal(e->at, s.p[2 * i] - HEADER);
        assert_int_equal(e->b, i + 1);
    }
    assert_true(hs_malloc(s.heap, 24) > s.p[BLOCKS - 1]); /* none of theirs */
    free_blocks(&s, 8, 8);
    assert_int_equal(count_of(s.heap, HS_BLOCK_DEAD), 4);
    assert_int_equal(hs_malloc(s.heap, 24), s.p[0]); /* the oldest is out */
    hs_heap_free(s.heap);
}

static void a_request_that_nothing_else_can_serve_ends_the_quarantine(void **state)
{
    (void)state;
    hs_heap *h = heap_with("hardened", 128, 128);
    hs_addr a = hs_malloc(h, 24), b = hs_malloc(h, 24), c = hs_malloc(h, 48);
    assert_true(a && b && c);
    hs_free(h, a);
    hs_free(h, b);
    remember(h);
    assert_int_equal(hs_malloc(h, 64), HS_NULL); /* they would not do */
    assert_memory_equal(hs_heap_bytes(h, HS_BASE, before_size), before, before_size);
    assert_int_equal(hs_malloc(h, 56), a);
    assert_int_equal(count_of(h, HS_BLOCK_DEAD), 0);
    hs_heap_free(h);
}

enum { COALESCE = 2 };

/* Two have left the quarantine and lie apart; joined with the four that wait they are enough. */
static void blocks_freed_before_coalescing_was_on_are_joined_with_those_that_wait(void **state)
{
    (void)state;
    hs_heap *h = heap_with("hardened", 512, 512);
    hs_addr p[16], q;
    int n = 0;
    hs_heap_set_option(h, COALESCE, 2); /* off */
    while (n < 16 && (q = hs_malloc(h, 24))) p[n++] = q;
    assert_int_equal(n, 15);
    for (int i = 0; i < 6; i++) hs_free(h, p[i]);
    hs_heap_set_option(h, COALESCE, 0); /* immediate */
    remember(h);
    assert_int_equal(hs_malloc(h, 200), HS_NULL);
    assert_memory_equal(hs_heap_bytes(h, HS_BASE, before_size), before, before_size);
    assert_int_equal(hs_malloc(h, 184), p[0]);
    hs_heap_free(h);
}

/* Without probes there is nobody who could undo the request: the program ends there, and says so.
 */
static void without_probes_the_program_ends_at_a_bug(void **state)
{
    (void)state;
    scene s = blocks_of_32("hardened");
    char said[128] = "";
    int out[2], status = 0;
    hs_heap_use(s.heap, HS_RAW);
    assert_int_equal(pipe(out), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        signal(SIGABRT, SIG_DFL);
        dup2(out[1], STDERR_FILENO);
        write_word(s.heap, s.p[3] - HEADER, word_at(s.heap, s.p[3] - HEADER) ^ 2);
        hs_free(s.heap, s.p[3]);
        _exit(0);
    }
    close(out[1]);
    assert_true(read(out[0], said, sizeof said - 1) > 0);
    close(out[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_non_null(strstr(said, "heapscope: the heap is corrupted at 0x"));
    hs_heap_free(s.heap);
}

/* A terabyte of poison would take a terabyte of memory, before the first request. */
static void a_heap_too_large_for_poison_is_made_smaller(void **state)
{
    (void)state;
    const hs_heap_config huge = {HS_HEAP_LARGEST, HS_HEAP_LARGEST};
    const hs_allocator *a = hs_allocator_named("hardened", HS_PROBED);
    hs_heap *h = hs_heap_new(&huge, a, HS_PROBED, NULL);
    assert_int_equal(hs_heap_committed(h), 16 << 20);
    assert_int_equal(hs_heap_maximum(h), 1 << 30);
    assert_int_equal(hs_heap_sizes(h, &huge).initial, 16 << 20);
    hs_addr p = hs_malloc(h, 20 << 20); /* it grows as far as that */
    assert_true(p != HS_NULL && hs_heap_committed(h) == 32 << 20);
    hs_heap_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unless_hardened_no_byte_is_another),
        cmocka_unit_test(every_header_has_a_checksum_of_its_address),
        cmocka_unit_test(a_freed_payload_is_poison),
        cmocka_unit_test(one_bit_of_a_header_is_enough),
        cmocka_unit_test(an_overrun_is_caught_when_the_block_itself_is_freed),
        cmocka_unit_test(a_pointer_that_is_no_block_is_caught),
        cmocka_unit_test(a_header_copied_elsewhere_is_no_header),
        cmocka_unit_test(a_forged_footer_is_not_believed),
        cmocka_unit_test(a_double_free_is_caught_in_quarantine_and_after_it),
        cmocka_unit_test(a_forged_link_is_not_followed),
        cmocka_unit_test(a_write_to_a_freed_block_is_caught_when_it_leaves_the_quarantine),
        cmocka_unit_test(a_write_to_a_free_block_is_caught_when_it_is_handed_out),
        cmocka_unit_test(the_check_finds_a_write_to_a_freed_block_at_once),
        cmocka_unit_test(the_last_four_freed_blocks_wait),
        cmocka_unit_test(a_request_that_nothing_else_can_serve_ends_the_quarantine),
        cmocka_unit_test(blocks_freed_before_coalescing_was_on_are_joined_with_those_that_wait),
        cmocka_unit_test(without_probes_the_program_ends_at_a_bug),
        cmocka_unit_test(a_heap_too_large_for_poison_is_made_smaller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* A request told step by step, and a session as it was. */
#include "check.h"
#include "stage.h"

#include "view/difference.h"
#include "view/explanation.h"
#include "view/narration.h"

#include <heapscope/reading.h>

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

static int set_up(void **state)
{
    *state = stage_new("implicit", 256, 4096);
    return 0;
}

static int tear_down(void **state)
{
    stage_free(*state);
    return 0;
}

/* The telling of command n contains all these lines, in this order. */
static void expect_told(const char *text, const char *const lines[])
{
    const char *at = text;
    for (size_t i = 0; lines[i]; i++) {
        const char *found = strstr(at, lines[i]);
        if (!found) fail_msg("\"%s\" is not told, or not there, in:\n%s", lines[i], text);
        at = found + strlen(lines[i]);
    }
}

#define EXPECT_WHY(s, n, ...)                                                                      \
    do {                                                                                           \
        char *told = hs_why_of((s)->session, n);                                                   \
        expect_told(told, (const char *const[]){__VA_ARGS__, NULL});                               \
        free(told);                                                                                \
    } while (0)

static void a_malloc_is_told_from_the_call_to_the_result(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; malloc 40; malloc 8; free p2; malloc 20");
    EXPECT_WHY(s, 5, "command 5, on implicit", "1. the client calls p4 = malloc(20)",
               "2. 20 bytes requested + 8 for the header = 28, rounded up to 32",
               "3. looks at 0x107000000, 32 bytes: in use",
               "4. looks at 0x107000020, 48 bytes: large enough",
               "5. chooses the block at 0x107000020, 48 bytes",
               "6. splits the block: 48 = 32 at 0x107000020 + 16 at 0x107000040",
               "writes 0x107000040: 0 -> 16|0", "writes 0x107000020: 48|0 -> 32|1",
               "returns 0x107000028", "cost: 2 blocks examined, 2 words written, 0 bytes moved");
}

static void rejections_give_their_reason(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 8; malloc 8; malloc 40; malloc 8; free p1; free p3; set fit best");
    stage_does(s, "malloc 24; aligned_alloc 256 8");
    EXPECT_WHY(s, 8, "16 bytes: too small", "16 bytes: in use", "48 bytes: fits, the best so far",
               "fits, but one seen before fits better");
    EXPECT_WHY(s, 9, "large enough, but not once the payload is aligned");
}

/* Where a block is taken out of the tree, what is below it is looked at. */
static void only_blocks_looked_at_before_one_is_found_are_told_to_fit(void **state)
{
    stage *s = stage_new("tree", 4096, 4096);
    (void)state;
    stage_does(s, "repeat 6 { malloc 40; malloc 8; malloc 60; malloc 8; malloc 90; malloc 8 }");
    stage_does(s, "free p1; free p3; free p5; free p7; free p9; free p11; free p13; free p15");
    stage_does(s, "free p17; free p19; free p21; free p23; free p25; free p27; free p29");
    stage_does(s, "malloc 60; malloc 60; malloc 60");
    size_t looked_at_later = 0;
    uint64_t last = hs_session_op_count(s->session);
    for (uint64_t n = last - 2; n <= last; n++) {
        char *told = hs_why_of(s->session, n);
        expect_told(told, (const char *const[]){"fits, the best so far", "leaves the tree", NULL});
        char *later = strstr(told, "leaves the tree");
        looked_at_later += strstr(later, "looks at") != NULL;
        assert_null(strstr(later, "fits"));
        free(told);
    }
    assert_true(looked_at_later > 0);
    stage_free(s);
}

static void coalescing_is_told_by_its_case(void **state)
{
    stage *s = *state;
    stage_does(s, "set footer on; repeat 7 { malloc 8 }; free p2; free p4; free p5; free p3");
    EXPECT_WHY(s, 9, "coalescing, case 1 of 4: neither neighbour is free");
    EXPECT_WHY(s, 11, "coalescing, case 3 of 4: the left neighbour is free");
    EXPECT_WHY(s, 12, "coalescing, case 4 of 4: both neighbours are free", "coalesces: 24 + 48",
               "coalesces: 24 + 72");
    stage_does(s, "free p7");
    EXPECT_WHY(s, 13, "coalescing, case 2 of 4: the right neighbour is free");
    stage_does(s, "set coalesce off; free p6");
    EXPECT_WHY(s, 15, "coalescing is off");
}

/* A block that the heap is walked over, or that an insertion goes past, serves nobody. */
static void blocks_passed_on_the_way_are_not_told_to_fit(void **state)
{
    stage *s = *state, *tree = stage_new("tree", 256, 4096);
    stage_does(s, "malloc 100; malloc 100; malloc 100");
    EXPECT_WHY(
        s, 3, "3. looks at 0x107000000, 112 bytes: in use",
        "6. looks at 0x107000000, 112 bytes: on the way\n  7. looks at 0x107000070, 112 bytes: on the way\n");
    stage_does(tree, "malloc 24; malloc 40; malloc 8; malloc 100; free p2; free p1; free p3");
    stage_does(tree, "malloc 20; realloc p4 64");
    EXPECT_WHY(tree, 9, "enters the tree\n  6. looks at 0x107000020, 80 bytes: on the way\n");
    stage_free(tree);
}

static void a_block_too_small_is_told_so_whatever_its_alignment(void **state)
{
    stage *s = stage_new("tree", 1024, 1024);
    (void)state;
    stage_does(s, "malloc 100; malloc 8; malloc 200; malloc 8; free p1; free p3");
    stage_does(s, "aligned_alloc 256 180");
    EXPECT_WHY(s, 7, "112 bytes: too small");
    stage_free(s);
}

static void a_request_that_ended_in_a_fault_is_told(void **state)
{
    stage *s = *state;
    stage_does(s, "set misuse allow; a = malloc 24; free a");
    stage_refuses(s, "free 0x12345", "the allocator was led out of the heap, to 0x1233d");
    stage_does(s, "why; step");
    EXPECT_WHY(s, 4, "a request that ended in a fault, on implicit",
               "1. the client calls free(0x12345)",
               "2. fault: the allocator was led out of the heap, to 0x1233d: a real program would "
               "crash here; the request is undone");
    EXPECT_WHY(s, 3, "command 3, on implicit", "the client calls free(a)");
    stage_does(s, "malloc 8");
    EXPECT_WHY(s, 4, "command 4, on implicit", "p1 = malloc(8)");
}

static void a_request_that_a_replay_left_out_is_not_told(void **state)
{
    stage *s = *state;
    stage_does(s, "a = malloc 24; set misuse allow; free a; free a; set misuse refuse");
    stage_does(s, "allocator explicit replay; why 4; step 4");
    EXPECT_WHY(s, 3, "command 3, on explicit", "the client calls free(a)");
    EXPECT_WHY(s, 4, "command 4 could not be done again on this heap");
}

/* What was set since does not change what is told, nor what slow motion does. */
static void a_request_is_told_by_what_was_set_then(void **state)
{
    stage *s = *state, *same = stage_new("implicit", 256, 4096);
    static const char program[] = "heap 512 max 4k; a = malloc 100; b = malloc 8; c = malloc 24;"
                                  "d = malloc 8; free a; free c; p = malloc 20";
    stage_does(s, program);
    stage_does(same, program);
    stage_does(s, "set fit best; set growth exact");
    stage_does(same, "set fit best; set growth exact");
    EXPECT_WHY(s, 8, "looks at 0x107000000, 112 bytes: large enough", "returns 0x107000008");
    assert_true(hs_session_slow_motion(s->session));
    expect_same_heap(s->session, same->session);
    stage_does(s, "q = malloc 20; expect q == 0x107000088");
    stage_free(same);
}

static void arithmetic_is_told_as_it_is(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 0; allocator bump; malloc SIZE_MAX; malloc 900; realloc p2 901");
    EXPECT_WHY(s, 1,
               "2. 0 bytes requested, served like 1 + 8 for the header = 9, rounded up to 16");
    EXPECT_WHY(s, 3, "malloc(18446744073709551615)\n  2. fails: 18446744073709551615 bytes");
    EXPECT_WHY(s, 5, "2. 901 bytes requested, rounded up to 904: a block of 904 bytes is needed");
    stage_does(s, "allocator buddy; malloc 24; set align 16; malloc 24; aligned_alloc 64 24");
    EXPECT_WHY(s, 9, "24 bytes requested + 16 in front of the payload = 40, rounded up to 64:");
    EXPECT_WHY(s, 10,
               "= 40, rounded up to 128, which leaves room for the payload at a multiple of 64");
}

/* A word of a slab's record that is no header is told as it is; what a run needs is told, too. */
static void a_slab_is_told_as_it_is(void **state)
{
    stage *s = stage_new("slab", 256, 4096);
    (void)state;
    stage_does(s, "malloc 24; malloc 150; malloc 3000; malloc 760");
    EXPECT_WHY(s, 1, "0x107000000, 256 bytes: large enough", "writes 0x107000018: 0 -> 0x5554");
    EXPECT_WHY(s, 2, "150 bytes requested + 16 in front of the payload = 166, rounded up to 256");
    EXPECT_WHY(s, 4, "fails: 1024 bytes are needed");
    stage_free(s);
}

static void a_realloc_that_moves_tells_its_arithmetic_once_and_the_case_of_what_it_frees(
    void **state)
{
    stage *s = *state;
    stage_does(s, "set footer on; malloc 24; malloc 24; malloc 24; free p1; realloc p2 200");
    EXPECT_WHY(s, 6, "200 bytes requested", "coalescing, case 3 of 4: the left neighbour is free");
    char *told = hs_why_of(s->session, 6);
    assert_null(strstr(strstr(told, "bytes requested") + 1, "bytes requested"));
    free(told);
}

static void what_waits_is_told_by_the_list_that_it_waits_in(void **state)
{
    stage *s = stage_new("quick", 1 << 18, 1 << 20);
    (void)state;
    stage_does(s, "repeat 10 { malloc 24 }; free p1; free p3; free p5; free p7; free p9");
    EXPECT_WHY(s, 15, "coalescing is deferred", "0x107000100 enters the fresh list",
               "0x107000000 leaves the fresh list",
               "0x107000000 enters the quick list (blocks of 32 bytes)");
    stage_does(s, "malloc 1000");
    EXPECT_WHY(s, 16, "looks into the free list 207");
    stage_free(s);
}

static void what_is_left_unjoined_though_it_waits_is_told(void **state)
{
    char line[32];
    stage *s = stage_new("quick", 9608, 1 << 20);
    (void)state;
    stage_does(s, "repeat 300 { malloc 24 }");
    for (int i = 1; i < 300; i += 2) {
        snprintf(line, sizeof line, "free p%d", i);
        stage_does(s, line);
    }
    stage_does(s, "malloc 104");
    EXPECT_WHY(s, 451, "it waits, for 67 were joined: no request of this size joins more",
               "the heap grows");
    stage_free(s);
}

/* Deferred is what has no need to be now. */
static void a_block_that_is_joined_though_coalescing_is_deferred_is_told_so(void **state)
{
    stage *s = stage_new("quick", 256, 4096);
    (void)state;
    stage_does(s, "repeat 3 { malloc 24 }; set largest 0; free p1");
    stage_does(s, "set largest 4096; free p2");
    EXPECT_WHY(s, 7, "coalescing, case 3 of 4: the left neighbour is free");
    stage_free(s);
}

/* Every look at a block says what it is for, every rule what it comes to. */
static void looks_say_what_they_are_for(void **state)
{
    stage *s = *state, *buddy = stage_new("buddy", 256, 4096),
          *tlsf = stage_new("tlsf", 4096, 4096), *slab = stage_new("slab", 1024, 4096),
          *fit = stage_new("explicit", 64, 4096);
    stage_does(s, "set coalesce deferred; a=malloc 24; b=malloc 24; free b; malloc 300");
    EXPECT_WHY(s, 5, "would it serve, were free neighbours joined?",
               "can it be joined with what is next to it?", "on the way", "the heap grows");
    stage_does(s, "reset; set fit worst; a=malloc 24; b=malloc 8; free a; malloc 8");
    EXPECT_WHY(s, 11, "32 bytes: fits, the largest so far", "208 bytes: fits, the largest so far");
    stage_does(s, "reset; a=malloc 8; b=malloc 8; c=malloc 8; free b; realloc a 100");
    EXPECT_WHY(s, 17, "16 bytes: free and next to it, but that is not enough");
    stage_does(buddy, "a=malloc 24; b=malloc 24; free a; free b");
    EXPECT_WHY(buddy, 3, "its buddy, at offset 0 XOR 32 = 32, is not free, or not whole");
    EXPECT_WHY(buddy, 4, "its buddy, at offset 32 XOR 32 = 0, is free: they become one",
               "at offset 0 XOR 256 = 256, would lie beyond the heap");
    stage_does(tlsf, "a=malloc 1040; malloc 8; free a; malloc 1030");
    EXPECT_WHY(tlsf, 4, "list 15 of row 2048-4095 (blocks of 3008 to 3071 bytes)",
               "has no block that is too small");
    stage_does(tlsf, "allocator quick; b=malloc 100; malloc 8; free b; malloc 60");
    EXPECT_WHY(tlsf, 9, "is taken: 112 bytes, 40 more than needed: quick blocks stay whole");
    stage_does(buddy, "reset; a = aligned_alloc 32 8; realloc a 40");
    EXPECT_WHY(buddy, 7, "40 bytes requested + 32 in front of the payload = 72, rounded up to 128");
    stage_does(slab, "aligned_alloc 256 64");
    EXPECT_WHY(slab, 1, "64 bytes requested + 256 in front of the payload = 320");
    stage_does(fit, "malloc 24; malloc 100; malloc SIZE_MAX");
    EXPECT_WHY(fit, 2, "nothing free would do; the heap grows by 192 bytes: it doubles, 2 times");
    EXPECT_WHY(fit, 3, "more than the heap may ever have, 4096; with a header added");
    stage_free(buddy), stage_free(tlsf), stage_free(slab), stage_free(fit);
}

static void growth_moves_and_failures_are_told(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 100; malloc 8; realloc p1 200; malloc 4000");
    EXPECT_WHY(
        s, 3,
        "the heap grows by 256 bytes: it doubles; its end moves from 0x107000100 to 0x107000200",
        "copies 104 bytes from 0x107000008", "is given back");
    EXPECT_WHY(s, 4, "fails: ", "the heap may not grow beyond 4096 bytes", "returns NULL");
    stage_does(s, "allocator bump; malloc 3; free p1");
    EXPECT_WHY(s, 6, "the bump pointer moves from 0x107000000 to 0x107000008: 8 bytes");
    EXPECT_WHY(s, 7, "free does nothing here");
}

static void a_long_search_is_told_by_its_start_and_its_end(void **state)
{
    stage *s = *state;
    stage_does(s, "repeat 100 { malloc 8 }");
    char *told = hs_why_of(s->session, 100);
    assert_non_null(strstr(told, "... and at 72 more blocks"));
    assert_true(strlen(told) < 4000);
    free(told);
}

/* --- Then ----------------------------------------------------------------------------------- */

/* A realloc tells why it did what it did: what it took, what it could not take, what it let lie,
 * and what it lost. In the sentence, and in `why`. */
static void a_realloc_tells_its_decisions_whatever_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *does, *sentence, *why;
    } rows[] = {
        /* what it took */
        {"allocator first-fit; set coalesce off; a = malloc 16; b = malloc 16; c = malloc 16; "
         "d = malloc 8; free b; free c; realloc a 48",
         "grew from 24 to 56 bytes, 24 bytes taken from its neighbour at 0x107000018 and 8 bytes "
         "from the one at 0x107000030",
         "coalesces: 48 + 24 bytes at 0x107000000 become 72"},
        {"allocator explicit; heap 1k max 1k; set coalesce off; a = malloc 100; b = malloc 40; "
         "c = malloc 40; d = malloc 40; malloc 8; free b; free c; free d; realloc a 220",
         "48 bytes taken from its neighbour at 0x107000070, 48 bytes from the one at 0x1070000a0 "
         "and 48 bytes from the one at 0x1070000d0",
         "coalesces: 208 + 48 bytes at 0x107000000 become 256"},
        {"allocator tree; a = malloc 100; realloc a 600",
         "136 bytes taken from its right-hand neighbour and 360 bytes of new memory, the heap grew",
         "coalesces: 248 + 768 bytes at 0x107000000 become 1016"},
        {"allocator first-fit; a = malloc 248; realloc a 400",
         "grew from 256 to 408 bytes, 152 bytes of new memory, the heap doubled", "256 + 256"},
        {"allocator slab; heap 2k; a = malloc 300; b = malloc 300; c = malloc 9; free b; "
         "realloc a 700",
         "256 bytes taken from its right-hand neighbour", "coalesces: 512 + 512 bytes"},
        {"allocator buddy; heap 1k; a = malloc 20; realloc a 200",
         "merged with the free buddy on its right, 3 times over", "coalesces: 128 + 128 bytes"},
        {"allocator explicit; a = malloc 100; b = malloc 24; malloc 8; free b; realloc a 40",
         "64 bytes are free, coalesced with the neighbour behind them: a hole of 96 bytes",
         "coalesces: 64 + 32"},
        {"allocator tree; a = malloc 100; realloc a 90", "stays as it is",
         "8 more than needed: too few to split off"},
        /* what it could not take */
        {"heap 1k; a = malloc 100; b = malloc 8; realloc a 300",
         "moved from 0x107000008 to 0x107000088, for its right-hand neighbour is in use, 104",
         "does not grow into its neighbour at 0x107000070, 16 bytes: its header says that it is in "
         "use"},
        {"allocator explicit; heap 1k; a = malloc 100; b = malloc 40; malloc 8; free b; "
         "realloc a 300",
         "for the free bytes on its right are too few", "does not grow into its neighbour at"},
        {"allocator quick; heap 1k; a = malloc 100; b = malloc 40; malloc 8; free b; realloc a 120",
         "for its right-hand neighbour waits, and counts as used",
         "48 bytes: it was freed, but waits, and counts as used"},
        {"allocator hardened; a = malloc 100; b = malloc 40; malloc 8; free b; "
         "realloc a 120",
         "the old 112-byte block waits in quarantine", "it was freed, but waits"},
        {"allocator segregated; heap 256 max 256; malloc 40; a = malloc 100; realloc a 220",
         "no hole fits", "does not grow beyond the heap's end, 0x107000100: the heap may not have"},
        {"allocator buddy; a = malloc 20; b = malloc 4; realloc b 90",
         "for its buddy is on its left",
         "its buddy, at 0x107000000, is on its left, and the payload would have to move"},
        {"allocator buddy; a = malloc 20; b = malloc 4; realloc a 90", "for its buddy is in use",
         "does not grow into the buddy at 0x107000020, 32 bytes: its header says"},
        {"allocator buddy; heap 512; a = malloc 100; b = malloc 40; realloc a 300",
         "for its buddy is in parts", "128 bytes: it is split, and not all of it free"},
        {"allocator buddy; heap 512; a = malloc 300; realloc a 600",
         "for its buddy would lie beyond the heap", "beyond the heap's end, 0x107000200"},
        {"allocator slab; a = malloc 20; realloc a 60", "for another size class serves",
         "does not stay: another size class"},
        {"allocator slab; heap 2k max 2k; a = malloc 300; b = malloc 300; c = malloc 300; "
         "malloc 300; free b; realloc a 1500",
         "= NULL", "at 0x107000200, 512 bytes: free, but that is not enough"},
        {"allocator bump; a = malloc 20; b = malloc 4; realloc a 60", "for only the latest block",
         "does not stay: only the latest block can be resized"},
        {"allocator bump; heap 512 max 512; a = malloc 20; realloc a 600", "= NULL",
         "does not grow beyond the heap's end, 0x107000200"},
        {"allocator ostep; a = malloc 20; realloc a 60", "for no block changes its size",
         "does not stay: no block changes its size where it is"},
        /* what it let lie on the left, with footers and without */
        {"heap 256 max 256; a = malloc 100; b = malloc 60; c = malloc 56; free a; realloc b 140",
         "and the 112 free bytes on the block's left are not used, 5 blocks examined",
         "does not use the free 112 bytes on its left, at 0x107000000: that would be enough"},
        {"set footer on; heap 320 max 320; a = malloc 100; b = malloc 60; c = malloc 56; free a; "
         "realloc b 160",
         "and the 120 free bytes on the block's left are not used",
         "does not use the free 120 bytes on its left, at 0x107000000: that would be enough"},
        {"allocator tree; heap 256 max 256; a = malloc 100; b = malloc 60; c = malloc 48; free a; "
         "realloc b 160",
         "= NULL", "does not use the free 112 bytes on its left, at 0x107000000: that would be"},
        {"allocator slab; heap 2k max 2k; malloc 300; b = malloc 300; c = malloc 300; malloc 300; "
         "free b; realloc c 1500",
         "= NULL", "with them there would be room for 1024, which is not enough"},
        /* what it lost */
        {"heap 4k; x = aligned_alloc 256 40; y = malloc 8; z = malloc 8; w = aligned_alloc 256 40; "
         "realloc x 800",
         "40 bytes copied, no longer at a multiple of 256; first fit",
         "which is no multiple of 256: realloc keeps no alignment"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        stage *s = stage_new("implicit", 256, 4096);
        stage_does(s, rows[i].does);
        char *sentence = hs_explain(s->session);
        char *told = hs_why_of(s->session, hs_session_op_count(s->session));
        if (!strstr(sentence, rows[i].sentence) || !strstr(told, rows[i].why))
            fail_msg("%s\n%s\n%s", rows[i].does, sentence, told);
        free(sentence);
        free(told);
        stage_free(s);
    }
}

/* "1 bytes" is told nowhere; a sum is none: "8 + 1 bytes". */
static void expect_singular(const char *statement, const char *text)
{
    static const char plural[] =
        "(^|[^+] |[^0-9a-zA-Z .])1 (more |live |free |program |empty )?"
        "(bytes|blocks|requests|commands|words|times|answers|holes|elements|problems|pages|"
        "segments|lists|growths|traces|columns|rows|programs|objects)([^a-z]|$)|"
        "(^|[^0-9])1 (byte|block|request|command|answer|hole) (are|were|differ) ";
    regex_t r;
    assert_int_equal(regcomp(&r, plural, REG_EXTENDED | REG_NOSUB), 0);
    bool found = regexec(&r, text, 0, NULL, 0) == 0;
    regfree(&r);
    if (found) fail_msg("%s: %s", statement, text);
}

/* Free bytes on the left that would not do are no reason. And the call names what it returns to,
 * unless that is what it was given. */
static void a_sentence_gives_no_reason_that_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *does, *begins, *lacks;
    } rows[] = {
        {"a = malloc 24; b = malloc 60; malloc 8; free a; realloc b 200", "realloc(b, 200) = 0x",
         "left"},
        {"a = malloc 24; c = realloc a 200", "c = realloc(a, 200) = 0x", "left"},
        {"a = malloc 24; realloc a 20", "realloc(a, 20) = 0x", "a = "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        stage *s = stage_new("implicit", 1024, 4096);
        stage_does(s, rows[i].does);
        char *sentence = hs_explain(s->session);
        if (strncmp(sentence, rows[i].begins, strlen(rows[i].begins)) != 0 ||
            strstr(sentence, rows[i].lacks))
            fail_msg("%s\n%s", rows[i].does, sentence);
        free(sentence);
        stage_free(s);
    }
}

/* One of everything, under each allocator: by the sentence, `why` and the answers of commands. */
static void one_is_counted_as_one(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "a = malloc 1",
        "diff 0",
        "undo 5",
        "redo 5",
        "diff 7",
        "history",
        "branches",
        "stats",
        "leaks",
        "check",
        "b = calloc 1 1",
        "leaks",
        "free a+1",
        "write a 'x'",
        "diff 2",
        "write a 'xy'",
        "a = realloc a 2",
        "b = realloc b 1",
        "c = aligned_alloc 16 1",
        "inspect a",
        "inspect b",
        "free c",
        "malloc 1",
        "history 1",
        "repeat 1 { malloc 1 }",
        "random 1 seed 2",
        "goto 1",
        "malloc 1",
        "branches",
        "reset",
        "x = malloc 1",
        "y = realloc x 3",
        "leaks",
        "free y",
        "free-list",
        "predict { free x }",
        "predict",
        "quiz sheet n 1",
        "mmu base-bounds",
        "process vi",
        "grow heap 1",
        "swap vi",
        "swap vi",
        "compact",
        "exit vi",
        "mmu paging 16",
        "grow heap 1",
        "heap",
        "split bump tlsf",
        "z = malloc 1",
        "z = realloc z 2",
        "split off",
        "expect error { free z+1 }",
        "title 'x'",
        "shape",
    };
    const hs_allocator *a;
    char line[64];
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++) {
        stage *s = stage_new("implicit", 256, 4096);
        snprintf(line, sizeof line, "allocator %s", a->name);
        stage_does(s, line);
        for (size_t j = 0; j < sizeof statements / sizeof *statements; j++) {
            stage_run(s, statements[j]);
            expect_singular(statements[j], s->error);
            expect_singular(statements[j], s->said);
            char *sentence = hs_explain(s->session);
            expect_singular(statements[j], sentence);
            free(sentence);
            if (hs_session_last(s->session)->any) {
                char *told = hs_why_of(s->session, hs_session_last(s->session)->number);
                expect_singular(statements[j], told);
                free(told);
            }
            char *changed = hs_difference(s->session, hs_session_op_count(s->session) / 2);
            expect_singular(statements[j], changed);
            free(changed);
        }
        stage_free(s);
    }
}

static void a_session_is_had_as_it_was_after_each_operation(void **state)
{
    static const char *const lines[] = {"malloc 24",
                                        "a = calloc 3 8",
                                        "write a \"hello\"",
                                        "free p1",
                                        "set fit best",
                                        "aligned_alloc 64 40",
                                        "b = a",
                                        "realloc a 200",
                                        "heap 512",
                                        "malloc 100",
                                        "malloc 8",
                                        "free p1",
                                        "note here",
                                        "allocator best-fit replay",
                                        "malloc 30"};
    enum { LINES = sizeof lines / sizeof *lines };
    stage *s = *state;
    for (size_t i = 0; i < LINES; i++) stage_does(s, lines[i]);
    for (size_t n = 0; n <= LINES; n++) {
        hs_problem problem;
        hs_session *then = hs_session_after(s->session, n, &problem);
        stage *fresh = stage_new("implicit", 256, 4096);
        /* What was replayed is shown as the replay did it. */
        bool replayed = n > 9 && n < 14;
        for (size_t i = replayed ? 8 : 0; i < n; i++) {
            if (replayed && i == 8) stage_does(fresh, "allocator best-fit; heap 512");
            if (!(replayed && i == 8)) stage_does(fresh, lines[i]);
        }
        assert_int_equal(hs_session_op_count(then), n);
        expect_same_heap(then, fresh->session);
        hs_session_free(then);
        stage_free(fresh);
    }
}

static void why_and_step_ask_for_a_request(void **state)
{
    stage *s = *state;
    stage_refuses(s, "why", "there was no request yet");
    stage_does(s, "malloc 8; set fit best");
    stage_refuses(s, "why 2", "command 2 was no request");
    stage_refuses(s, "step 3", "there is no command 3: there were 2");
    stage_does(s, "why; why 1; step; history");
    assert_string_equal(s->said, "    1  p1 = malloc 8\n    2  set fit best");
}

static void a_fresh_heap_tells_of_its_own_replay_alone(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 8; allocator best-fit replay");
    char *told = hs_explain(s->session);
    assert_non_null(strstr(told, "; 1 command ran again"));
    free(told);
    stage_does(s, "heap 1k max 4k");
    told = hs_explain(s->session);
    assert_string_equal(told, "a fresh heap of 1024 bytes under best-fit");
    free(told);
}

/* --- Failures that are rare ------------------------------------------------------------------ */

/* Each reason for which a request fails without a look at the heap: in a sentence, and by `why`. */
static void what_fails_for_a_rare_reason_is_told(void **state)
{
    static const struct {
        const char *lines, *sentence, *why;
    } rows[] = {
        {"calloc SIZE_MAX 2", "= NULL: the product is larger than any size; nothing changed",
         "fails: the product is larger than any size"},
        {"aligned_alloc 24 8", "= NULL: the alignment is no power of two; nothing changed",
         "fails: the alignment is no power of two"},
        {"malloc SIZE_MAX", "that is more than the heap may ever have, 4096 bytes",
         "the sum would begin at 0 again"},
        {"malloc 5000", "that is more than the heap may ever have, 4096 bytes",
         "bytes are more than the heap may ever have, 4096"},
        {"allocator ostep; heap 4096 max 4096; repeat 1024 { malloc 1 }; malloc 1",
         "= NULL: the table of pieces is full, 1 block examined; nothing changed",
         "fails: the table has room for 1024 pieces, and is full"},
        {"allocator ostep; set misuse allow; malloc 8; free 0x3f0",
         "free(0x3f0): no block in use starts at 0x3f0; nothing changed",
         "fails: no block in use starts at 0x3f0"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        stage *s = stage_new("implicit", 256, 4096);
        stage_does(s, rows[i].lines);
        char *sentence = hs_explain(s->session);
        expect_told(sentence, (const char *const[]){rows[i].sentence, NULL});
        free(sentence);
        EXPECT_WHY(s, hs_session_op_count(s->session), rows[i].why, "returns");
        stage_free(s);
    }
}

#if !defined __SANITIZE_ADDRESS__
/* Does the system refuse so much memory that may be written? Not under valgrind. */
static bool is_refused(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED || munmap(p, size) != 0;
}
#endif

/* The system refuses memory that may be written while the limit on such data is low. A sanitizer
 * would be refused its own. */
static void what_the_system_refuses_is_told(void **state)
{
    (void)state;
#if defined __SANITIZE_ADDRESS__
    skip();
#else
    struct rlimit usual, low;
    const hs_allocator *a;
    assert_int_equal(getrlimit(RLIMIT_DATA, &usual), 0);
    low = (struct rlimit){64 << 20, usual.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_DATA, &low), 0);
    bool refused = is_refused(128 << 20);
    assert_int_equal(setrlimit(RLIMIT_DATA, &usual), 0);
    if (!refused) skip();
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++) {
        if (a->model_base) continue; /* which does not grow */
        stage *s = stage_new(a->name, 4096, (uint64_t)1 << 40);
        stage_does(s, "p = malloc 24");
        assert_int_equal(setrlimit(RLIMIT_DATA, &low), 0);
        bool good = stage_run(s, "q = malloc 512M");
        assert_int_equal(setrlimit(RLIMIT_DATA, &usual), 0);
        assert_true(good);
        char *sentence = hs_explain(s->session);
        expect_told(sentence, (const char *const[]){"q = malloc(536870912) = NULL: the operating "
                                                    "system gave no memory",
                                                    NULL});
        free(sentence);
        EXPECT_WHY(s, 2, "fails: the operating system gave no memory", "returns NULL");
        stage_does(s, "q = malloc 1M; expect blocks == 2; free p; free q; check");
        stage_free(s);
    }
#endif
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_malloc_is_told_from_the_call_to_the_result),
        TEST(rejections_give_their_reason),
        TEST(only_blocks_looked_at_before_one_is_found_are_told_to_fit),
        TEST(coalescing_is_told_by_its_case),
        TEST(blocks_passed_on_the_way_are_not_told_to_fit),
        TEST(a_block_too_small_is_told_so_whatever_its_alignment),
        TEST(a_request_that_ended_in_a_fault_is_told),
        TEST(a_request_that_a_replay_left_out_is_not_told),
        TEST(a_request_is_told_by_what_was_set_then),
        TEST(arithmetic_is_told_as_it_is),
        TEST(a_slab_is_told_as_it_is),
        TEST(a_realloc_that_moves_tells_its_arithmetic_once_and_the_case_of_what_it_frees),
        TEST(what_waits_is_told_by_the_list_that_it_waits_in),
        TEST(what_is_left_unjoined_though_it_waits_is_told),
        TEST(a_block_that_is_joined_though_coalescing_is_deferred_is_told_so),
        TEST(looks_say_what_they_are_for),
        TEST(growth_moves_and_failures_are_told),
        TEST(a_long_search_is_told_by_its_start_and_its_end),
        TEST(a_realloc_tells_its_decisions_whatever_they_are),
        TEST(a_sentence_gives_no_reason_that_is_none),
        TEST(one_is_counted_as_one),
        TEST(a_session_is_had_as_it_was_after_each_operation),
        TEST(why_and_step_ask_for_a_request),
        TEST(a_fresh_heap_tells_of_its_own_replay_alone),
        TEST(what_fails_for_a_rare_reason_is_told),
        TEST(what_the_system_refuses_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

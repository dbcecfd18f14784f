/* SPDX-License-Identifier: MIT */
/* The small machine: its hardware against a model of another make, its OS by what it promises. */
#include "check.h"
#include "picture.h"
#include "random.h"
#include "stage.h"
#include "view/pictures.h"
#include "view/segments.h"

#include <heapscope/mmu.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Translation ---------------------------------------------------------------------------- */

enum { QUESTIONS = 100000, A_TABLE = 50, NOWHERE = -1 };

/* The model: no bits are taken apart. Every byte of the address space is laid where it belongs,
 * segment by segment, and an answer is looked up. */
typedef struct {
    long space, part;
    long physical[1 << 12];
    unsigned allowed[1 << 12];
} laid_out;

static void lay_out(laid_out *l, const hs_mmu_tables *t, long part)
{
    l->space = 1L << t->bits;
    l->part = part;
    for (long i = 0; i < l->space; i++) l->physical[i] = NOWHERE;
    for (long n = 0; n * part < l->space; n++) {
        const hs_mmu_entry *e = &t->entries[n];
        long limit = (long)e->limit, base = (long)e->base;
        for (long i = 0; i < limit && i < part; i++) {
            long at = e->down ? (n + 1) * part - 1 - i : n * part + i;
            l->physical[at] = e->down ? base - 1 - i : base + i;
            l->allowed[at] = e->protection;
        }
    }
}

static void check_answer(const laid_out *l, const hs_mmu_tables *t, uint64_t address,
                         unsigned access)
{
    hs_translation got = hs_mmu_translate(t, address, access);
    long wanted = (long)address < l->space ? l->physical[address] : NOWHERE;
    if (wanted == NOWHERE) {
        assert_true(got.fault == HS_FAULT_BOUNDS || got.fault == HS_FAULT_INVALID ||
                    got.fault == HS_FAULT_SPACE);
        return;
    }
    if ((l->allowed[address] | access) != l->allowed[address]) {
        assert_int_equal(got.fault, HS_FAULT_PROTECTION);
        return;
    }
    assert_int_equal(got.fault, HS_FAULT_NONE);
    assert_int_equal(got.physical, wanted);
}

static hs_mmu_tables random_tables(uint64_t *random, hs_mmu_kind kind, unsigned bits,
                                   unsigned select)
{
    hs_mmu_tables t = {.kind = kind, .bits = bits, .select = select};
    uint64_t part = (uint64_t)1 << (bits - select);
    for (unsigned i = 0; i < 1u << select; i++) {
        hs_mmu_entry *e = &t.entries[i];
        e->down = kind == HS_MMU_SEGMENTATION && random_below(random, 2);
        e->limit = random_below(random, part + 1);
        if (kind == HS_MMU_PAGING) e->limit = random_below(random, 3) ? part : 0;
        e->base = part + random_below(random, 1 << 16);
        e->protection = (uint8_t)random_below(random, 8);
    }
    return t;
}

static void every_answer_is_that_of_a_byte_by_byte_model(hs_mmu_kind kind, unsigned select)
{
    uint64_t random = 3 + kind * 7 + select;
    laid_out l;
    for (int i = 0; i < QUESTIONS / A_TABLE; i++) {
        unsigned bits = 8 + (unsigned)random_below(&random, 5);
        hs_mmu_tables t = random_tables(&random, kind, bits, select);
        lay_out(&l, &t, 1L << (bits - select));
        for (int j = 0; j < A_TABLE; j++) {
            uint64_t address = random_below(&random, (uint64_t)l.space + 8);
            check_answer(&l, &t, address, (unsigned)random_below(&random, 8));
        }
    }
}

static void base_and_bounds_translates_like_the_model(void **state)
{
    (void)state;
    every_answer_is_that_of_a_byte_by_byte_model(HS_MMU_BASE_BOUNDS, 0);
}

static void segmentation_translates_like_the_model(void **state)
{
    (void)state;
    for (unsigned select = 1; select <= 3; select++)
        every_answer_is_that_of_a_byte_by_byte_model(HS_MMU_SEGMENTATION, select);
}

static void paging_translates_like_the_model(void **state)
{
    (void)state;
    for (unsigned select = 2; select <= 6; select++)
        every_answer_is_that_of_a_byte_by_byte_model(HS_MMU_PAGING, select);
}

/* The homework's own words: which half, va < limit, base + va; base1 + (va - asize). */
static void two_segments_translate_as_the_homework_defines_it(void **state)
{
    (void)state;
    uint64_t random = 11;
    for (int i = 0; i < QUESTIONS; i++) {
        long asize = 128L << random_below(&random, 4), half = asize / 2;
        long base0 = (long)random_below(&random, 16384),
             base1 = half + (long)random_below(&random, 16384);
        long limit0 = (long)random_below(&random, (uint64_t)half + 1),
             limit1 = (long)random_below(&random, (uint64_t)half + 1);
        long va = (long)random_below(&random, (uint64_t)asize);
        hs_mmu_tables t = {.kind = HS_MMU_SEGMENTATION,
                           .bits = (unsigned)__builtin_ctzl((unsigned long)asize),
                           .select = 1,
                           .entries = {{(uint64_t)base0, (uint64_t)limit0, 7, false, false},
                                       {(uint64_t)base1, (uint64_t)limit1, 7, true, false}}};
        long wanted = va < half ? base0 + va : base1 + (va - asize);
        bool valid = va < half ? va < limit0 : wanted >= base1 - limit1;
        hs_translation got = hs_mmu_translate(&t, (uint64_t)va, 0);
        assert_int_equal(got.fault == HS_FAULT_NONE, valid);
        if (valid) assert_int_equal(got.physical, wanted);
    }
}

/* --- The machine ---------------------------------------------------------------------------- */

static int set_up(void **state)
{
    *state = stage_new("implicit", 256, 65536);
    return 0;
}

static int tear_down(void **state)
{
    stage_free(*state);
    return 0;
}

static const hs_mmu *machine(const stage *s)
{
    return hs_session_mmu(s->session);
}

/* What the last command of the machine reports contains this. */
static void reports(const stage *s, const char *wanted)
{
    if (!strstr(machine(s)->report, wanted))
        fail_msg("\"%s\" is not in \"%s\"", wanted, machine(s)->report);
}

static void pointers_of_the_session_lie_in_the_heap_segment_of_main(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; expect physical(p1) == physical(0x408)");
    stage_does(s, "expect physical(p1+8) == physical(p1) + 8 and faults(p1 + 248) == 1");
    stage_does(s, "mmu segmentation 2; expect physical(p1) == physical(128 + 8)");
    stage_does(s, "mmu base-bounds; expect physical(p1) == physical(128 + 8)");
    stage_does(s, "mmu paging; expect physical(p1) == physical(256 + 8)");
    stage_does(s, "process b");
    stage_refuses(s, "translate p1", "this is a pointer of main, and b runs");
    stage_refuses(s, "expect physical(p1) == 0", "this is a pointer of main, and b runs");
    stage_does(s, "run main; translate p1");
}

static void an_address_above_every_heap_is_translated_as_it_is_written(void **state)
{
    stage *s = *state;
    uint64_t address;
    hs_problem problem;
    hs_pointer highest = {.variable = HS_NONE, .offset = UINT64_MAX};
    assert_true(hs_session_virtual(s->session, highest, &address, &problem));
    assert_int_equal(address, UINT64_MAX);
    stage_does(s, "translate 0xffffffffffffffff");
}

static void the_heap_segment_follows_the_heap_as_far_as_there_is_room(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 300; expect heap_size == 512 and faults(p1 + 299) == 0");
    stage_does(s, "malloc 900; expect heap_size == 2048 and faults(0x7ff) == 0");
    stage_does(s, "expect faults(p2 + 899) == 1; undo; expect faults(p1 + 299) == 0");
    assert_int_equal(machine(s)->processes[0].sizes[HS_AREA_HEAP], 512);
    stage_does(s, "allocator bump");
    assert_int_equal(machine(s)->processes[0].sizes[HS_AREA_HEAP], 256);
}

static void an_access_faults_as_the_hardware_would(void **state)
{
    stage *s = *state;
    stage_does(s, "touch 0x400 w");
    reports(s, "physical 0x480, the heap");
    stage_does(s, "touch 0 w");
    reports(s, "a protection fault. The OS sends SIGSEGV");
    stage_does(s, "touch 0 x; touch 0x400 x");
    reports(s, "a protection fault");
    stage_does(s, "touch 0x500");
    reports(s, "out of bounds. The OS sends SIGSEGV");
    stage_does(s, "touch 0x900");
    reports(s, "not valid");
    stage_does(s, "touch 0x1000");
    reports(s, "no address has so many bits");
    stage_refuses(s, "touch 0x400 q", "an access is r, w or x, not q");
    stage_does(s, "mmu base-bounds; touch 0x300");
    reports(s, "in no part of the program");
    stage_does(s, "touch 0x400");
    reports(s, "out of bounds");
}

static void a_push_just_below_the_stack_lets_it_grow(void **state)
{
    stage *s = *state;
    stage_does(s, "expect stack_size == 64; touch 0xfb8 w; expect stack_size == 80");
    reports(s, "the OS lets the stack grow to 80 bytes");
    stage_does(s, "touch 0xd00 w; expect stack_size == 80");
    reports(s, "out of bounds. The OS sends SIGSEGV");
    stage_does(s, "mmu paging; touch 0xef0 w; expect stack_size == 512 and faults(0xe00) == 0");
}

static void heap_and_stack_collide_unseen_only_with_base_and_bounds(void **state)
{
    stage *s = *state;
    stage_does(s, "mmu base-bounds; process b heap 512; grow stack 340");
    reports(s, "Collision: the 20 bytes from 0x26c on are heap and stack");
    stage_does(s, "touch 0x270 w");
    reports(s, "the heap and also the stack");
    stage_refuses(s, "grow heap 16", "the heap would meet the stack: 0 bytes");
    stage_refuses(s, "grow stack 600", "the stack would meet the code");
    stage_does(s, "mmu segmentation 2; process b heap 128");
    stage_refuses(s, "grow stack 449", "the stack can have 448 more bytes: its segment ends there");
    stage_does(s, "grow stack 448; grow heap 256; mmu paging; process b");
    stage_refuses(s, "grow stack 4000", "the stack would meet the heap");
}

static void code_is_in_memory_once_for_all_that_share_it(void **state)
{
    stage *s = *state;
    stage_does(s, "process b code 512 heap 64 stack 32");
    uint64_t before = stage_value(s, "memory_free");
    stage_does(s, "process c share b heap 64 stack 32");
    stage_refuses(s, "grow code 16", "the code is shared");
    assert_int_equal(before - stage_value(s, "memory_free"), 96);
    uint64_t code = stage_value(s, "physical(0)"), heap = stage_value(s, "physical(0x400)");
    stage_does(s, "run b");
    assert_int_equal(stage_value(s, "physical(0)"), code);
    assert_true(stage_value(s, "physical(0x400)") != heap);
    stage_does(s, "swap b; expect faults(0) == 0 and faults(0x400) == 1; exit b; run c");
    assert_int_equal(stage_value(s, "physical(0)"), code);
    stage_does(s, "grow 0 16");
    stage_refuses(s, "grow code 600", "the code can have");
    stage_does(s, "exit c; expect memory_holes == 1");
    stage_does(s, "mmu paging; process b code 600 heap 16 stack 16");
    before = stage_value(s, "memory_free");
    stage_does(s, "process c share b heap 16 stack 16");
    assert_int_equal(before - stage_value(s, "memory_free"), 512);
    stage_does(s, "run b; swap b; expect faults(0) == 0 and faults(0xfff) == 1");
    stage_does(s, "mmu segmentation 2; process b");
    stage_refuses(s, "process c share b", "code can not be shared");
}

static void holes_that_are_too_small_are_compacted_into_one(void **state)
{
    stage *s = *state;
    stage_does(s, "mmu segmentation 4 bits 10 memory 2k; process a code 16 heap 240 stack 16");
    stage_does(s, "process b code 16 heap 240 stack 16; process c code 16 heap 240 stack 16");
    stage_does(s, "process d code 16 heap 240 stack 16; exit a; exit c");
    uint64_t free = stage_value(s, "memory_free"), largest = stage_value(s, "memory_largest_hole");
    assert_true(largest < 500 && free > 600);
    stage_does(s, "process e code 128 heap 16 stack 16; expect memory_holes > 1");
    stage_refuses(s, "grow heap 300", "its segment ends there");
    stage_does(s, "exit e; mmu segmentation 2 bits 10 memory 2k; process a heap 256 stack 16");
    stage_does(s, "process b heap 128 stack 240; process c heap 256 stack 16; exit b");
    stage_refuses(s, "process d heap 384 stack 16",
                  "physical memory has no room for a segment of 512");
    uint64_t before = stage_value(s, "memory_free");
    stage_does(s, "compact; expect memory_holes == 1 and memory_copied > 0");
    assert_int_equal(stage_value(s, "memory_free"), before);
    stage_does(s, "undo; expect memory_holes > 1; redo; expect memory_holes == 1");
    stage_does(s, "mmu paging");
    stage_refuses(s, "compact", "nothing to compact");
}

/* The code of a process that shares it with nobody may grow up to the page that the heap has. */
static void with_paging_code_grows_up_to_its_last_page(void **state)
{
    stage *s = *state;
    stage_does(s, "mmu paging 64; process b code 100 heap 64; run b; expect faults(0x7f) == 0");
    stage_refuses(s, "grow code 64", "the code can have 0 more bytes: its segment ends there");
    stage_does(s, "process c share b; run c");
    stage_refuses(s, "grow code 16", "the code is shared");
}

/* Frames need not lie together: how large the largest hole is says nothing there. */
static void with_paging_free_memory_is_counted_in_frames(void **state)
{
    stage *s = *state;
    stage_does(s, "mmu paging 16 bits 8 memory 512; process a; process b; exit a; process c");
    stage_refuses(s, "process d", "no room for that many pages: 4 frames of 16 are free");
    stage_refuses(s, "process d code 128", "frames of 16 are free");
    assert_null(strstr(s->error, "largest"));
    picture_shows(picture_of(s, &hs_picture_segments, 0, 80, true, 0),
                  "memory: 64 of 512 free, 4 frames: any serves any page");
}

static void what_is_swapped_out_comes_back_when_it_is_touched(void **state)
{
    stage *s = *state;
    uint64_t before = stage_value(s, "memory_free");
    stage_does(s, "process b; swap b");
    assert_int_equal(stage_value(s, "memory_free"), before);
    stage_does(s, "expect faults(0x400) == 1; touch 0x400; expect faults(0xfff) == 0");
    reports(s, "not present: it is on the disk. The OS fetches the process from the disk");
    stage_does(s, "mmu paging; process b; swap b; touch 0x100");
    reports(s, "The OS fetches the page from the disk");
    stage_does(s, "expect faults(0x100) == 0 and faults(0) == 1; swap b; expect faults(0) == 0");
    stage_refuses(s, "swap nobody", "there is no process nobody");
}

static void wrong_figures_and_names_change_nothing(void **state)
{
    stage *s = *state;
    hs_mmu before = *machine(s);
    stage_refuses(s, "mmu pages", "there is no mmu pages");
    stage_refuses(s, "mmu segmentation 3", "a process has 2, 4 or 8 segments");
    stage_refuses(s, "mmu base-bounds bits 40", "an address has 8 to 16 bits");
    stage_refuses(s, "mmu paging 100", "a page is a power of two");
    stage_refuses(s, "mmu paging memory 4k", "physical memory has at least twice");
    stage_refuses(s, "process main", "there is a process main already");
    stage_refuses(s, "process 1a", "the name of a process is a letter");
    stage_refuses(s, "process \"a b\"", "this is no word of the machine's");
    stage_refuses(s, "process b heap 1025", "the heap has room for 1024 bytes");
    stage_refuses(s, "exit main", "main is the program of this session");
    stage_refuses(s, "grow heap 16", "the heap of main is the session's heap");
    stage_refuses(s, "grow limb 16", "a segment is code, heap, stack, or a number");
    stage_refuses(s,
                  "process p1; process p2; process p3; process p4; process p5; process p6;"
                  "process p7; process p8",
                  "there are 8 processes already");
    stage_does(s, "goto 0");
    assert_memory_equal(before.regions, machine(s)->regions, sizeof before.regions);
    assert_memory_equal(before.processes, machine(s)->processes, sizeof before.processes);
}

/* --- Random life ---------------------------------------------------------------------------- */

static void random_command(uint64_t *random, char *line, size_t size)
{
    static const char *const kinds[] = {"mmu base-bounds",  "mmu segmentation 2",
                                        "mmu segmentation", "mmu segmentation 8 memory 8k",
                                        "mmu paging 64",    "reset",
                                        "compact",          "mmu paging"};
    unsigned n = (unsigned)random_below(random, 400);
    char a = (char)('a' + random_below(random, 7)), b = (char)('a' + random_below(random, 7));
    switch (random_below(random, 12)) {
    case 0: snprintf(line, size, "process %c share %c heap %u", a, b, n); break;
    case 1:
    case 2: snprintf(line, size, "process %c heap %u stack %u", a, n, n / 3); break;
    case 3: snprintf(line, size, "exit %c", a); break;
    case 4: snprintf(line, size, "run %c", a); break;
    case 5: snprintf(line, size, "swap %c", a); break;
    case 6: snprintf(line, size, "grow %s %u", n % 2 ? "heap" : "stack", n / 4); break;
    case 7: snprintf(line, size, "grow %u %u", n % 8, n / 4); break;
    case 8: snprintf(line, size, "touch %u w", n * 10); break;
    case 9: snprintf(line, size, n % 2 ? "malloc %u" : "swap main", n); break;
    case 10: snprintf(line, size, "compact"); break;
    default:
        snprintf(line, size, "%s",
                 random_below(random, 4) ? "compact" : kinds[random_below(random, 8)]);
    }
}

/* Every byte of every area that is in memory has a place, within the memory behind the OS; none
 * serves two processes, but for code. Without base and bounds there is nothing beside the areas. */
static void check_memory(const hs_mmu *m)
{
    static uint8_t owner[1 << 20];
    memset(owner, 0, sizeof owner);
    for (unsigned i = 0; i < HS_PROCESSES; i++) {
        const hs_process *p = &m->processes[i];
        hs_mmu_tables t;
        if (!p->name[0]) continue;
        hs_mmu_tables_of(m, p, &t);
        for (unsigned area = 0; area < HS_AREAS; area++) {
            uint64_t start = hs_mmu_area_start(m, p, area), before = 0;
            for (uint64_t j = 0; j < p->sizes[area]; j++) {
                hs_translation at = hs_mmu_translate(&t, start + j, 0);
                if (at.fault == HS_FAULT_ABSENT) continue;
                assert_int_equal(at.fault, HS_FAULT_NONE);
                assert_in_range(at.physical, m->os, m->memory - 1);
                bool new_page = m->kind == HS_MMU_PAGING && (start + j) % m->page == 0;
                if (new_page) assert_int_equal(at.physical % m->page, 0);
                if (before && !new_page) assert_int_equal(at.physical, before + 1);
                before = at.physical;
                if (area == HS_AREA_CODE) continue;
                assert_true(!owner[at.physical] || owner[at.physical] == i + 1);
                owner[at.physical] = (uint8_t)(i + 1);
            }
        }
    }
    hs_piece piece;
    uint64_t sum = 0;
    for (; hs_memory_piece(m, sum, &piece); sum += piece.size) assert_true(piece.size > 0);
    assert_int_equal(sum, m->memory);
}

static void whatever_is_done_memory_stays_in_order_and_time_travel_finds_it_again(void **state)
{
    enum { COMMANDS = 3000 };
    stage *s = *state;
    uint64_t random = 17, done = 0;
    hs_problem problem;
    for (int i = 0; i < COMMANDS; i++) {
        char line[80];
        random_command(&random, line, sizeof line);
        done += stage_run(s, line);
        check_memory(machine(s));
        if (i % 100 != 99) continue;
        hs_mmu now = *machine(s);
        hs_moment m = hs_session_moment(s->session);
        hs_moment back = {m.branch, random_below(&random, m.count)};
        assert_true(hs_session_go(s->session, back, &problem));
        check_memory(machine(s));
        assert_true(hs_session_go(s->session, m, &problem));
        assert_memory_equal(&now, machine(s), offsetof(hs_mmu, report));
    }
    assert_true(done > COMMANDS / 4);
}

static void a_saved_session_has_the_same_machine(void **state)
{
    stage *s = *state;
    char *script = NULL;
    size_t size;
    stage_does(s,
               "malloc 24; mmu segmentation 8 bits 13 memory 32k; process of code 64; grow 3 40");
    stage_does(s, "process share share of heap 32; swap of; run main; touch p1+8 w; compact");
    FILE *out = open_memstream(&script, &size);
    assert_true(hs_session_write_script(s->session, out));
    fclose(out);
    assert_non_null(strstr(script, "\ntouch p1+8 w\n"));
    assert_non_null(strstr(script, "\ngrow 3 40\n"));
    stage *again = stage_new("implicit", 64, 64);
    stage_does(again, script);
    assert_memory_equal(machine(s), machine(again), offsetof(hs_mmu, report));
    assert_string_equal(machine(s)->report, machine(again)->report);
    stage_free(again);
    free(script);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(base_and_bounds_translates_like_the_model),
        TEST(segmentation_translates_like_the_model),
        TEST(paging_translates_like_the_model),
        TEST(two_segments_translate_as_the_homework_defines_it),
        TEST(pointers_of_the_session_lie_in_the_heap_segment_of_main),
        TEST(an_address_above_every_heap_is_translated_as_it_is_written),
        TEST(the_heap_segment_follows_the_heap_as_far_as_there_is_room),
        TEST(an_access_faults_as_the_hardware_would),
        TEST(a_push_just_below_the_stack_lets_it_grow),
        TEST(heap_and_stack_collide_unseen_only_with_base_and_bounds),
        TEST(code_is_in_memory_once_for_all_that_share_it),
        TEST(holes_that_are_too_small_are_compacted_into_one),
        TEST(with_paging_code_grows_up_to_its_last_page),
        TEST(with_paging_free_memory_is_counted_in_frames),
        TEST(what_is_swapped_out_comes_back_when_it_is_touched),
        TEST(wrong_figures_and_names_change_nothing),
        TEST(whatever_is_done_memory_stays_in_order_and_time_travel_finds_it_again),
        TEST(a_saved_session_has_the_same_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

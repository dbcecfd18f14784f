/* SPDX-License-Identifier: MIT */
/* Traces in files: each format with the quirks that its files have, in and out again. */
#include "check.h"
#include "descriptors.h"
#include "random.h"

#include "language/trace_script.h"
#include "trace/formats.h"
#include "trace/hst.h"

#include <heapscope/trace_file.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *folder; /* with recorded traces */

/* --- Traces as text ------------------------------------------------------------------------- */

/* m1 24 is malloc; c1 4*10; A1 64 100; r1 64; f1, and f- is free(NULL). */
static char *text_of(const hs_trace *t)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (uint64_t i = 0; i < hs_trace_count(t); i++) {
        const hs_trace_op *op = &hs_trace_ops(t)[i];
        fprintf(out, "%s%c", i ? " " : "", "mcArf"[op->kind]);
        if (op->id == HS_TRACE_NULL)
            putc('-', out);
        else
            fprintf(out, "%" PRIu32, op->id);
        if (op->kind == HS_CALLOC) fprintf(out, ":%u*%" PRIu64, op->other, op->size);
        if (op->kind == HS_ALIGNED_ALLOC) fprintf(out, ":2^%u,%" PRIu64, op->other, op->size);
        if (op->kind == HS_MALLOC || op->kind == HS_REALLOC) fprintf(out, ":%" PRIu64, op->size);
    }
    fclose(out);
    return text;
}

typedef struct {
    hs_trace *trace;
    hs_trace_report report;
} result;

static result read_as(const char *format, const char *text, size_t size, bool lenient)
{
    result r;
    hs_trace_reading how = {.format = format, .lenient = lenient, .run = hs_trace_of_script};
    r.trace = hs_trace_read_bytes("FILE", text, size, &how, &r.report);
    return r;
}

static void done(result *r)
{
    hs_trace_free(r->trace);
    hs_trace_report_free(&r->report);
}

/* Text of this format has these requests; `notes` is in what is told, NULL: nothing is. */
static void expect_read(const char *format, const char *text, const char *requests,
                        const char *notes)
{
    result r = read_as(NULL, text, strlen(text), false);
    assert_string_equal(r.report.error, "");
    assert_string_equal(r.report.format, format);
    char *got = text_of(r.trace);
    assert_string_equal(got, requests);
    free(got);
    if (!notes)
        assert_null(r.report.notes);
    else if (!r.report.notes || !strstr(r.report.notes, notes))
        fail_msg("%s is not in: %s", notes, r.report.notes ? r.report.notes : "nothing");
    done(&r);
}

/* It is refused, by an error that begins so. */
static void expect_refused(const char *format, const char *text, const char *error)
{
    result r = read_as(format, text, strlen(text), false);
    assert_null(r.trace);
    if (strncmp(r.report.error, error, strlen(error)) != 0)
        fail_msg("%s: %s", error, r.report.error);
    done(&r);
}

static void expect_lenient(const char *format, const char *text, const char *requests,
                           uint64_t skipped)
{
    result r = read_as(format, text, strlen(text), true);
    assert_string_equal(r.report.error, "");
    char *got = text_of(r.trace);
    assert_string_equal(got, requests);
    free(got);
    assert_int_equal(r.report.skipped, skipped);
    if (skipped) assert_non_null(strstr(r.report.notes, "skipped"));
    done(&r);
}

/* --- Each format ---------------------------------------------------------------------------- */

static void a_rep_is_read_with_all_that_is_found_in_the_wild(void **state)
{
    (void)state;
    expect_read("rep", "20000000\n2\n4\n1\na 0 512\na 1 128\nr 0 640\nf 1\n",
                "m0:512 m1:128 r0:640 f1", NULL);
    expect_read("rep", "20000000\r\n2\r\n3\r\n1\r\na 0 512\r\nf -1\r\nf 0", "m0:512 f- f0", NULL);
    expect_read("rep", "  100 3 5 1\n\n\ta  0  5 \nr 2 7\nr 2 0\nf 2\na 2 1\n",
                "m0:5 r2:7 r2:0 f2 m2:1", NULL);
    expect_read("rep", "0 0 0 0\n", "", NULL);
    result r = read_as(NULL, "123 1 1 7\na 0 1\n", 16, false);
    assert_int_equal(hs_trace_header_of(r.trace)->heap, 123);
    assert_int_equal(hs_trace_header_of(r.trace)->weight, 7);
    done(&r);
}

static void a_wrong_count_in_a_header_is_told_and_is_no_error(void **state)
{
    (void)state;
    expect_read("rep", "0 1 1 1\na 0 5\nf 0\n", "m0:5 f0",
                "FILE: its header says 1 request, there are 2");
    expect_read("rep", "0 1 2 1\na 0 5\na 1 5\n", "m0:5 m1:5", "its header says 1 id,");
}

static void lines_without_size_are_counted_and_the_first_is_told(void **state)
{
    (void)state;
    const char *text = "0 9 6 1\na 0 5\na 7\nf 7\na 8\na 9 \r\nf 0\n";
    expect_refused(NULL, text,
                   "FILE:3: `a 7`: its size is missing, or none; a line is `a ID BYTES`, `r ID "
                   "BYTES` or `f ID` (and 2 more bad lines)");
    expect_lenient(NULL, text, "m0:5 f0", 3);
}

static void a_bad_line_is_told_with_its_number_and_what_would_be_right(void **state)
{
    (void)state;
    expect_refused("rep", "0 9 9 1\na 0 5\nx 0\n", "FILE:3: `x 0`: this is no request; a line is");
    expect_refused("rep", "0 9 9 1\na 0 5\nf 0\nf 0", "FILE:4: `f 0`: block 0 is not allocated");
    expect_refused("rep", "0 9 9 1\na 0 5\na 0 5\n",
                   "FILE:3: `a 0 5`: block 0 is allocated already");
    expect_refused("rep", "0 9 9 1\na -1 5\n", "FILE:2: `a -1 5`: an ID is not negative");
    expect_refused("rep", "0 9 9 1\nf -10\n", "FILE:2: `f -10`: an ID is not negative");
    expect_refused("rep", "0 9 9 1\na 0 18446744073709551616\n", "FILE:2: `a 0 184467");
    expect_refused("rep", "0 9 9 1\na 0 5 5\n", "FILE:2: `a 0 5 5`: there is more than a request");
    expect_refused("rep", "0 9 9 1\nfoo\n", "FILE:2: `foo`: this is no request");
    expect_refused("rep", "0 9 9 1 5\n", "FILE:1: `0 9 9 1 5`: the header has four numbers");
    expect_refused("rep", "0 9\na 0 5\n", "FILE:2: `a 0 5`: four numbers should begin the file");
    expect_refused("rep", "0 9\n", "FILE: it ends in its header");
    expect_refused("script", "a 0 5\n\x01\x02 0\n", "FILE:2: `?? 0`: this is no request");
    expect_lenient("script", "a 0 18446744073709551615\na 1 99999999999999999999\nf 0\n",
                   "m0:18446744073709551615 f0", 1);
}

static void a_script_has_comments_and_its_ids_are_used_again(void **state)
{
    (void)state;
    expect_read("script", "# CS107\n\n  # a 9 9\na 1 0\r\nr 5 10\nr 5 0\nf 1\na 1 32\n\tf 1",
                "m1:0 r5:10 r5:0 f1 m1:32 f1", NULL);
    expect_read("script", "a 0 5\nr 0 0\nf 0\n", "m0:5 r0:0 f0", NULL);
}

/* Its driver has a pointer for each id, NULL at first, and asks nothing. */
static void an_id_of_cs107_is_a_pointer_like_any_other(void **state)
{
    (void)state;
    expect_read("script", "# NULL\na 1 16\nf 3\nr 4 100\nf 4\nf 4\nf 1\n",
                "m1:16 f- r4:100 f4 f- f1", NULL);
    expect_read("script", "f 0\nf 4000000000\n", "f- f-", NULL);
    expect_read("script", "a 3 80\na 3 160\nf 3\n", "m3:80 m4:160 f4",
                "ids allocated again while they had a block, which is lost: 1");
    expect_read("script", "a 0 1\na 0 2\nr 0 3\na 1 9\na 0 4\nf 0\na 0 5\nr 0 0\nf 0\nf 0\na 0 6\n",
                "m0:1 m2:2 r2:3 m1:9 m3:4 f3 m3:5 r3:0 f3 f- m3:6", "which is lost: 2");
    expect_read("script", "a 4000000000 1\na 4000000000 2\nf 4000000000\nf 4000000000\n",
                "m0:1 m1:2 f1 f-", "which is lost: 1");
    expect_lenient("script", "a 0 1\na 0 2\na 1\nf 1\nf 0\nf 0\n", "m0:1 m1:2 f1 f-", 1);
    expect_refused("rep", "0 9 9 1\nf 1\n", "FILE:2: `f 1`: block 1 is not allocated");
}

static void ids_that_are_large_for_the_file_become_small(void **state)
{
    (void)state;
    expect_read("script", "a 4000000000 5\na 3 5\na 18446744073709551615 6\nf 4000000000\n",
                "m4:5 m3:5 m5:6 f4", NULL);
    expect_read("script", "a 2000000 5\na 1500000 7\na 2 1\nf 2000000\nf 1500000\n",
                "m3:5 m4:7 m2:1 f3 f4", NULL);
    /* What was far stays far, however long the file becomes. */
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fputs("a 1100000 1\n", out);
    for (int i = 0; i < 300000; i++) fprintf(out, "a %d 8\n", i);
    fputs("a 900000 4\na 1200000 2\nf 1100000\nr 1100001 3\nf 1200000\n", out);
    fclose(out);
    result r = read_as(NULL, text, size, false);
    assert_string_equal(r.report.error, "");
    const hs_trace_op *ops = hs_trace_ops(r.trace);
    uint64_t n = hs_trace_count(r.trace);
    assert_int_equal(n, 300006);
    assert_int_equal(ops[0].id, ops[n - 3].id);
    assert_int_equal(ops[n - 4].id, ops[n - 1].id);
    assert_int_not_equal(ops[0].id, ops[n - 2].id);
    assert_true(hs_trace_ids(r.trace) <= 900004);
    done(&r);
    free(text);
}

static void an_ostep_list_numbers_its_blocks_itself(void **state)
{
    (void)state;
    expect_read("ostep", "+10,+10,+10,-0,-2", "m0:10 m1:10 m2:10 f0 f2", NULL);
    expect_read("ostep", "+10, +20\r\n-1,\n+30 -0\n", "m0:10 m1:20 f1 m2:30 f0", NULL);
    expect_refused("ostep", "+10,-1\n", "FILE:1: `-1`: there is no block 1 yet");
    expect_refused("ostep", "+10,-0\n-0\n", "FILE:2: `-0`: block 0 was freed before");
    expect_refused("ostep", "+10,10\n", "FILE:1: `10`: this is no operation");
    expect_lenient("ostep", "+10,x,-7,-0", "m0:10 f0", 2);
}

static void a_log_of_mtrace_becomes_ids(void **state)
{
    (void)state;
    expect_read("mtrace",
                "= Start\n@ ./a.out:(main+1c)[0x40113a] + 0x1810 0x18\n"
                "@ ./a.out:[0x401150] < 0x1810\n@ ./a.out:[0x401150] > 0x1910 0x40\n"
                "@ ./a.out:[0x401170] + 0x1810 0\n@ /a b/c - d:[0x4] - 0x1910\n= End\n",
                "m0:24 r0:64 m1:0 f0", NULL);
    expect_read("mtrace", "= Start\r\n+ 0x10 0x18\r\n- 0x10\r\n+ 0x10 0x20", "m0:24 f0 m0:32",
                NULL);
    expect_read("mtrace", "+ 0x10 0x18\n! 0x10 0x4000000000000000\n+ (nil) 0x7\n- 0x10\n",
                "m0:24 f0", "requests that failed (NULL), left out: 2");
    expect_read("mtrace", "= Start\n- 0x99\n< 0x98\n> 0x10 0x5\n- 0x10\n", "r0:5 f0",
                "frees of blocks from before the log began, left out, and reallocs of them, now "
                "malloc: 2");
    expect_read("mtrace", "= Start\n+ 0x10 0x5\n+ 0x10 0x6\n", "m0:5 f0 m0:6",
                "handed out again without a free in the log, freed there: 1");
    expect_read("mtrace", "= Start\n+ 0x10 0x5\n< 0x10\n", "m0:5", "it ends within a realloc");
    expect_refused(NULL, "= Start\n+ 0x10\n", "FILE:2: `+ 0x10`: its size is missing");
    expect_refused(NULL, "= Start\n> 0x10 0x5\n", "FILE:2: `> 0x10 0x5`: `>` ends a realloc");
    expect_refused(NULL, "= Start\n< 0x10\n- 0x10\n", "FILE:3: `- 0x10`: the line before, `<`");
    expect_refused(NULL, "= Start\nhello\n", "FILE:2: `hello`: this is no request");
}

static void a_log_of_ltrace_becomes_ids(void **state)
{
    (void)state;
    expect_read("ltrace",
                "1234 libfoo.so->malloc(48)      = 0x18102a0\nstrlen(\"a(b) = c\") = 8\n"
                "[pid 7] calloc(4, 10) = 0x20\r\nrealloc(0x18102a0, 176) = 0x30\n"
                "free(0x30) = <void>\nfree(nil) = <void>\naligned_alloc(64, 128, 0x4, 3) = 0x40\n"
                "reallocarray(0x20, 3, 5) = 0x20\n_Znwm(4, 3) = 0x50\n_ZdlPvm(0x50, 4) = 0\n"
                "+++ exited (status 0) +++\n",
                "m0:48 c1:4*10 r0:176 f0 f- A0:2^6,128 r1:15 m2:4 f2", NULL);
    expect_read("ltrace",
                "malloc(1) = 0x10\nmalloc(2) = (nil)\nrealloc(0x10, 9) = nil\nfree(0x10) = <void>",
                "m0:1 f0", "requests that failed (NULL), left out: 2");
    expect_read("ltrace", "malloc(5) = 0x10\nrealloc(0x10, 0) = nil\nrealloc(NULL, 6) = 0x10\n",
                "m0:5 r0:0 r0:6", NULL);
    expect_read("ltrace", "malloc(5) = 0x10\nexit(0 <no return ...>\nmalloc(7 <no return ...>\n",
                "m0:5", "calls that never returned, left out: 1");
    expect_read("ltrace", "malloc(7 <no return ...>\nmalloc(5) = 0x10\nfree(0x10) = <void>\n",
                "m0:5 f0", "calls that never returned, left out: 1");
    expect_read("ltrace", "malloc(5) = 0x10\nposix_memalign(0x7ff, 64, 100) = 0\n", "m0:5",
                "of which the log does not say which block");
    expect_read("ltrace", "12:30:01.5 malloc(5) = 0x10\n  0.000089 free@libc.so.6(0x10) = <void>\n",
                "m0:5 f0", NULL);
    expect_read("ltrace",
                "valloc(100) = 0x1000\npvalloc(100) = 0x2000\npvalloc(4096) = 0x4000\n"
                "_ZnwmSt11align_val_t(100, 64, 3, 5) = 0x5000\n"
                "_ZdlPvSt11align_val_t(0x5000, 64) = 0\n"
                "_ZnamSt11align_val_tRKSt9nothrow_t(8, 32, 0x7f) = 0x6000\n"
                "_ZdaPvmSt11align_val_t(0x6000, 8, 32) = 0\n",
                "A0:2^12,100 A1:2^12,4096 A2:2^12,4096 A3:2^6,100 f3 A3:2^5,8 f3", NULL);
    expect_read("ltrace",
                "strdup(\"a\\n\\\"(b) = <c\") = 0x10\nstrdup(\"\") = 0x20\n"
                "strndup(\"hello\", 3) = 0x30\nstrndup(\"\\001\\t\", 9) = 0x40\n"
                "strndup(\"hello\"..., 5) = 0x50\nfree(0x10) = <void>\n",
                "m0:12 m1:1 m2:4 m3:3 m4:6 f0", NULL);
    expect_read("ltrace",
                "7 strdup(\"abc\"... <unfinished ...>\n7 malloc(9) = 0x10\n"
                "7 <... strdup resumed> ) = 0x10\nstrdup(0x4005d4) = 0x20\n",
                "m0:4 m1:1", "strdup of a text that the log has cut, with the bytes that it shows");
    expect_refused("ltrace", "strdup(\"abc) = 0x10\n", "FILE:1: `strdup(\"abc) = 0x10`: its arg");
    expect_refused("ltrace", "malloc(5) = 0x10\nmalloc(5)\n", "FILE:2: `malloc(5)`: its result");
    expect_refused("ltrace", "malloc(\"x\") = 0x10\n", "FILE:1: `malloc(\"x\") = 0x10`: its arg");
}

/* The usual line is read in one go; what is a little different must not be taken for it. */
static void lines_that_are_nearly_usual_are_read_as_what_they_are(void **state)
{
    (void)state;
    expect_read("mtrace",
                "+ 0xffffffffffffff10 0x00000000000000000018\n@ a.out:[0x4] - 0xFFFFffffFFFFff10\n"
                "+ 0x20 0\n-  0x20\n",
                "m0:24 f0 m0:0 f0", NULL);
    expect_refused("mtrace", "+ 0x10000000000000000 0x1\n", "FILE:1: ");
    expect_refused("mtrace", "+ 0x10 0x1\n- 0x10 0x1\n", "FILE:2: `- 0x10 0x1`: there is more");
    expect_refused("mtrace", "+ 0x1g 0x1\n", "FILE:1: ");
    expect_refused("ltrace", "malloc(5) = 0x10\nfree(0x10) = \n",
                   "FILE:2: `free(0x10) = `: its res");
    expect_read("ltrace", "7 malloc(5)    = 0x10\n7 free(0x10)   = 0\nmalloc(-1) = nil\n",
                "m0:5 f0", "requests that failed (NULL), left out: 1");
    expect_refused("valgrind", "--1-- malloc(5) = 0x10\n--1-- free(0x10\n",
                   "FILE:2: `--1-- free(0x10`: its arg");
    expect_read("valgrind", "--1-- malloc(5) = 0x10\n--12-- free(0x10)\n--1-- free(0x10)\n",
                "m0:5 f0", "requests of other processes than 1, left out: 1");
    expect_read("heap", "p1 = malloc 2k\nrealloc p1 0x10\nfree p1 # done\np2 = malloc 7\r\n",
                "m1:2048 r1:16 f1 m2:7", NULL);
}

static void unfinished_calls_of_threads_are_put_together(void **state)
{
    (void)state;
    expect_read("ltrace",
                "1 malloc(10 <unfinished ...>\n2 malloc(11 <unfinished ...>\n"
                "1 <... malloc resumed> ) = 0x10\n2 <... malloc resumed> ) = 0x20\n"
                "1 free(0x10 <unfinished ...>\n2 free(0x20) = <void>\n"
                "1 <... free resumed> ) = <void>\n",
                "m0:10 m1:11 f1 f0", NULL);
    /* What a call calls in turn is a part of it. */
    expect_read("ltrace",
                "_Znwm(4, 3 <unfinished ...>\nmalloc@libc.so.6(4) = 0x10\n"
                "<... _Znwm resumed> ) = 0x10\nrealloc(0x10, 0 <unfinished ...>\n"
                "free@libc.so.6(0x10) = <void>\n<... realloc resumed> ) = 0\n",
                "m0:4 r0:0", NULL);
    expect_read(
        "ltrace",
        "9 malloc(7 <no return ...>\n9 <... malloc resumed> ) = 0x10\n9 free(0x10) = <void>\n",
        "m0:7 f0", NULL);
}

/* Two processes are two traces: the first is read, whatever tells that they are two. Threads are
 * one. */
static void children_in_a_log_of_ltrace_are_left_out(void **state)
{
    (void)state;
    expect_read("ltrace",
                "100 a->malloc(8) = 0x1000\n101 a->free(0x1000) = <void>\n"
                "101 +++ exited (status 0) +++\n100 --- SIGCHLD (Child exited) ---\n"
                "100 a->free(0x1000) = <void>\n100 +++ exited (status 0) +++\n",
                "m0:8 f0",
                "of 2 processes, each with a heap of its own, this is 100; requests of the others, "
                "left out: 1");
    expect_read("ltrace",
                "100 malloc(8) = 0x10\n100 fork( <unfinished ...>\n101 malloc(9) = 0x20\n"
                "100 <... fork resumed> ) = 101\n101 malloc(3 <unfinished ...>\n"
                "100 malloc(1) = 0x20\n102 malloc(4) = 0x40\n101 <... malloc resumed> ) = 0x40\n"
                "102 free(0x20) = <void>\n",
                "m0:8 m1:1 m2:4 f1", "of 2 processes, each with a heap of its own, this is 100");
    /* Several end before their parent is told once; the parent's child comes first in the log. */
    expect_read("ltrace",
                "101 malloc(8) = 0x10\n100 malloc(7) = 0x10\n102 malloc(6) = 0x10\n"
                "101 +++ exited (status 0) +++\n102 +++ killed by SIGKILL +++\n"
                "100 --- SIGCHLD (Child exited) ---\n100 free(0x10) = <void>\n",
                "m0:7 f0",
                "of 3 processes, each with a heap of its own, this is 100; requests of "
                "the others, left out: 2");
    expect_read("ltrace",
                "100 malloc(8) = 0x10\n100 +++ exited (status 0) +++\n101 free(0x10) = <void>\n",
                "m0:8", "this is 100; requests of the others, left out: 1");
    /* Without -f there are no lines of children. */
    expect_read(
        "ltrace",
        "malloc(8) = 0x10\nfork() = 1240\n--- SIGCHLD (Child exited) ---\nfree(0x10) = <void>\n"
        "+++ exited (status 0) +++\n",
        "m0:8 f0", NULL);
    /* A thread that ends is none, nor is one that ended long before; text is no sign. */
    expect_read(
        "ltrace",
        "100 malloc(8) = 0x10\n101 free(0x10) = <void>\n101 +++ exited (status 0) +++\n"
        "100 malloc(5) = 0x10\n102 puts(\"+++ exited\") = 9\n100 puts(\"--- SIGCHLD\") = 9\n"
        "102 free(0x10) = <void>\n100 +++ exited (status 0) +++\n"
        "102 +++ exited (status 0) +++\n",
        "m0:8 f0 m0:5 f0", NULL);
    expect_read("ltrace",
                "100 malloc(8) = 0x10\n101 malloc(1) = 0x20\n101 +++ exited (status 0) +++\n"
                "100 malloc(2) = 0x30\n102 malloc(3) = 0x30\n102 +++ exited (status 0) +++\n"
                "100 --- SIGCHLD (Child exited) ---\n100 free(0x20) = <void>\n",
                "m0:8 m1:1 m2:2 f1", "of 2 processes");
    /* Whatever it says, somebody is read; of bad lines only those. */
    expect_read("ltrace", "1 malloc(8) = 0x10\n2 fork() = 1\n1 fork() = 2\n2 malloc(3) = 0x10\n",
                "m0:8", "this is 1; requests of the others, left out: 1");
    expect_read("ltrace", "1 malloc(8) = 0x10\n2 malloc(8)\n1 fork() = 2\n1 fork() = -1\n", "m0:8",
                "of 2 processes");
}

static void a_log_of_valgrind_becomes_ids(void **state)
{
    (void)state;
    expect_read("valgrind",
                "==12== Memcheck, a memory error detector\n--12-- Reading syms from /bin/ls\n"
                "--12-- malloc(24) = 0x4A42040\nhello\n--12-- calloc(4,10) = 0x4A42080\n"
                "--12-- realloc(0x4A42040,64) = 0x4A420C0\r\n"
                "--12-- memalign(al 64, size 100) = 0x4A42100\n--12-- free(0x4A420C0)\n"
                "--12-- _Znwm(16) = 0x4A42200\n--12-- _ZdlPv(0x4A42200)\n--12-- free(0x0)\n"
                "--12-- malloc_usable_size(0x4A42080) = 40\n--12-- malloc(1) = 0x4A43000\n"
                "--12-- free(0x0)\n--12-- free(0x0)\n==12== HEAP SUMMARY:\n",
                "m0:24 c1:4*10 r0:64 A2:2^6,100 f0 m0:16 f0 f- m0:1", NULL);
    expect_read("valgrind",
                "--1-- realloc(0x0,1600)malloc(1600) = 0x10\n--1-- realloc(0x10,0)free(0x10)\n"
                "--1--  = 0\n--1-- malloc(5) = 0x10\n",
                "r0:1600 r0:0 m0:5", NULL);
    expect_read("valgrind",
                "--1-- _ZnwmSt11align_val_t(size 100, al 64) = 0x40\n"
                "--1-- _ZdlPvSt11align_val_t(0x40)\n",
                "A0:2^6,100 f0", NULL);
    /* What is refused has no result: another call is on its line, or anything. */
    expect_read("valgrind",
                "--1-- calloc(4611686018427387905,8)malloc(24) = 0x10\n"
                "--1-- calloc(2,9223372036854775808)calloc(3,9223372036854775808)free(0x10)\n"
                "--1-- calloc(2,9223372036854775808)realloc(0x0,7)malloc(7) = 0x20\n"
                "--1-- aligned_alloc(al 3, size 8)malloc(1) = 0x30\n"
                "--1-- calloc(2,9223372036854775808)==1== \n--1-- malloc(2) = 0x40\n",
                "m0:24 f0 r0:7 m1:1 m2:2", "requests that failed (NULL), left out: 6");
    expect_refused(NULL, "--1-- malloc(5) = 0x10\n--1-- calloc(5,5)\n",
                   "FILE:2: `--1-- calloc(5,5)`: its result");
    expect_read("valgrind", "--1-- malloc(5) = 0x10\n--1-- malloc(6) = 0x0\n--1-- free(0x77)\n",
                "m0:5", "requests that failed (NULL), left out: 1");
    expect_read("valgrind", "--1-- malloc(5) = 0x10\n--2-- malloc(5) = 0x10\n--2-- free(0x10)\n",
                "m0:5", "requests of other processes than 1, left out: 2");
    expect_refused(NULL, "--1-- malloc(5) = 0x10\n--1-- malloc(5\n",
                   "FILE:2: `--1-- malloc(5`: its arguments");
    expect_refused(NULL, "--1-- malloc(5) = 0x10\n--1-- malloc(5)\n",
                   "FILE:2: `--1-- malloc(5)`: its result");
}

/* One small program, seen by three tools. */
static void recorded_logs_of_one_program_agree(void **state)
{
    (void)state;
    static const char *const wanted[][2] = {
        {"mtrace", "m0:24 m1:40 r0:64 m2:0 f2 f0 f1 m1:33 m0:128 f1 f0"},
        {"valgrind", "m0:24 c1:4*10 r0:64 m2:0 f2 r0:0 f1 m1:33 A0:2^6,128 f1 f0"},
        {"ltrace", "m0:24 c1:4*10 r0:64 m2:0 f2 r0:0 f1 m1:33 A0:2^6,128 f1 f0"}};
    for (size_t i = 0; i < 3; i++) {
        char path[4096];
        hs_trace_report report;
        snprintf(path, sizeof path, "%s/short.%s", folder, wanted[i][0]);
        hs_trace *t = hs_trace_read(path, &(hs_trace_reading){0}, &report);
        assert_string_equal(report.error, "");
        assert_string_equal(report.format, wanted[i][0]);
        assert_int_equal(report.failed, 1);
        assert_int_equal(report.unseen, 0);
        char *text = text_of(t);
        assert_string_equal(text, wanted[i][1]);
        free(text);
        hs_trace_free(t);
        hs_trace_report_free(&report);
    }
}

/* --- heapscope's scripts -------------------------------------------------------------------- */

static void a_plain_script_is_read_as_the_session_understands_it(void **state)
{
    (void)state;
    const char *text = "# A heapscope session: play it with `heapscope FILE`.\n"
                       "heap 256 max 1073741824\nallocator implicit\nset fit first\n"
                       "p1 = malloc 24  # a comment\nrealloc p1 0x40\nq = calloc 4 10\r\n"
                       "aligned_alloc 64 2k\nfree q\nfree NULL\nx = realloc p1 7\nfree x\n"
                       "realloc NULL 9\nrealloc p2 0\nfree p2";
    expect_read("heap", text, "m1:24 r1:64 c4:4*10 A2:2^6,2048 f4 f- r1:7 f1 r3:9 r2:0 f-", NULL);
    result r = read_as(NULL, text, strlen(text), false);
    char name[16];
    hs_trace_name(r.trace, 4, name, sizeof name);
    assert_string_equal(name, "q");
    done(&r);
}

static void a_pointer_that_is_lost_keeps_its_block(void **state)
{
    (void)state;
    expect_read("heap", "p1 = malloc 1\np1 = malloc 2\nfree p1\n", "m1:1 m2:2 f2", NULL);
    expect_read("heap", "p1 = malloc 1\np2 = malloc 2\np2 = realloc p1 3\nfree p2\np1 = malloc 4\n",
                "m1:1 m2:2 r1:3 f1 m3:4", NULL);
    expect_read("heap", "p2 = malloc 1\nmalloc 2\nmalloc 3\nfree p1\nmalloc 4\n",
                "m2:1 m1:2 m3:3 f1 m4:4", NULL);
}

static void a_script_with_more_than_requests_is_run(void **state)
{
    (void)state;
    expect_read("heap", "repeat 2 { malloc 4*2 }\nfree(p1)\n", "m0:8 m1:8 f0", NULL);
    expect_read("heap", "x = malloc 8\ny = x\nfree y\nnote \"done\"\n", "m0:8 f0", NULL);
    expect_read("heap", "malloc 8\nreset\nmalloc 9\nundo\nmalloc 10\n", "m0:8 f0 m0:10", NULL);
    expect_read("heap", "malloc 8\nmalloc 90\nallocator buddy replay\nrealloc p2 20\nfree p2\n",
                "m0:8 m1:90 r1:20 f1", NULL);
    expect_refused("heap", "malloc 8\nfree p1\nfree p1\n", "FILE:3:6:");
    expect_refused("heap", "malloc 8\nfrobnicate\n", "FILE:2:1: there is no command frobnicate");
    expect_lenient("heap", "malloc 8\nfree p7\nfree p1\n", "m1:8 f1", 1);
}

/* --- Compared up to names ------------------------------------------------------------------- */

/* The trace with blocks numbered in the order of their birth: alike for traces that differ only in
 * their ids. */
static char *canonical(const hs_trace *t)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    uint64_t born = 0, *block = calloc(hs_trace_ids(t) + (size_t)1, sizeof *block);
    for (uint64_t i = 0; i < hs_trace_count(t); i++) {
        const hs_trace_op *op = &hs_trace_ops(t)[i];
        uint64_t none = 0, *b = op->id == HS_TRACE_NULL ? &none : &block[op->id];
        bool gives = op->kind != HS_FREE && (op->kind != HS_REALLOC || !*b), held = *b != 0;
        if (gives) *b = ++born;
        fprintf(out, "%c%" PRIu64 ":%u:%" PRIu64 "\n",
                gives && op->kind == HS_REALLOC ? 'R' : "mcArf"[op->kind], *b,
                (unsigned)op -> other, op -> size);
        if (op->kind == HS_FREE || (op->kind == HS_REALLOC && held && !op->size)) *b = 0;
    }
    fclose(out);
    free(block);
    return text;
}

static uint64_t random_size(uint64_t *random)
{
    switch (random_below(random, 20)) {
    case 0: return 0;
    case 1: return random_next(random) >> random_below(random, 64);
    case 2: return random_below(random, 1 << 20);
    default: return 1 + random_below(random, 200);
    }
}

/* Requests that a format carries, with at most `most` ids. */
static hs_trace *random_trace(uint64_t *random, unsigned carries, uint32_t most, uint64_t count)
{
    hs_trace *t = hs_trace_new();
    uint8_t *held = calloc(most, 1); /* 1: a block; 2: NULL, by a realloc to 0 */
    while (hs_trace_count(t) < count) {
        uint32_t id = (uint32_t)random_below(random, most);
        hs_trace_op op = {.id = id, .size = random_size(random), .kind = HS_MALLOC};
        uint64_t choice = random_below(random, 16);
        if (held[id] == 1 && (choice > 4 || !(carries & HS_CARRIES_REALLOC))) {
            op = (hs_trace_op){.id = id, .kind = HS_FREE};
        } else if (held[id] == 1) {
            op.kind = HS_REALLOC;
            if (!op.size && !(carries & HS_CARRIES_REALLOC_ZERO)) op.size = 1;
        } else if (choice == 0 && carries & HS_CARRIES_REALLOC_NULL) {
            op.kind = HS_REALLOC;
        } else if (choice == 1 && carries & HS_CARRIES_CALLOC) {
            op.kind = HS_CALLOC;
            op.other = (uint32_t)random_below(random, 100) & HS_TRACE_OTHER_MOST;
        } else if (choice == 2 && carries & HS_CARRIES_ALIGNMENT) {
            op.kind = HS_ALIGNED_ALLOC;
            op.other = (uint32_t)random_below(random, 20) & HS_TRACE_OTHER_MOST;
        } else if (choice == 3 && carries & HS_CARRIES_FREE_NULL) {
            op = (hs_trace_op){.id = HS_TRACE_NULL, .kind = HS_FREE};
        } else if (choice == 4 && held[id] == 2 && carries & HS_CARRIES_FREE_NULL) {
            op = (hs_trace_op){.id = id, .kind = HS_FREE};
        } else if (choice == 5 && carries & HS_CARRIES_REALLOC_NULL) {
            op = (hs_trace_op){.id = HS_TRACE_NULL, .kind = HS_REALLOC, .size = op.size};
        }
        hs_trace_add(t, op);
        if (op.id != id) continue;
        held[id] = op.kind == HS_FREE                                   ? 0
                   : op.kind == HS_REALLOC && held[id] == 1 && !op.size ? 2
                                                                        : 1;
    }
    /* valgrind's noise at the end is no request: end with one. */
    hs_trace_add(t, (hs_trace_op){.id = most, .kind = HS_MALLOC, .size = 1});
    free(held);
    return t;
}

static char *written(const hs_trace *t, const char *format, size_t *size, hs_trace_report *report)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    assert_true(hs_trace_write(t, out, &(hs_trace_writing){.format = format}, report));
    fclose(out);
    return text;
}

static void expect_same(const hs_trace *a, const hs_trace *b, const char *format)
{
    char *x = canonical(a), *y = canonical(b);
    if (strcmp(x, y) != 0) {
        size_t i = 0;
        while (x[i] == y[i]) i++;
        fail_msg("%s: %.60s... became %.60s...", format, x + (i < 20 ? 0 : i - 20),
                 y + (i < 20 ? 0 : i - 20));
    }
    free(x);
    free(y);
}

static void expect_round_trip(const hs_trace *t, const hs_format *f)
{
    size_t size;
    hs_trace_report report;
    char *text = written(t, f->name, &size, &report);
    assert_null(report.notes);
    hs_trace_report_free(&report);
    result r = read_as(NULL, text, size, false);
    assert_string_equal(r.report.error, "");
    assert_string_equal(r.report.format, f->name);
    assert_null(r.report.notes);
    expect_same(t, r.trace, f->name);
    done(&r);
    free(text);
}

static void every_format_gives_back_what_it_carries(void **state)
{
    (void)state;
    uint64_t random = 7, traces = random_operations(40);
    for (size_t i = 0; hs_format_at(i); i++)
        for (uint64_t n = 0; n < traces && n < 2000; n++) {
            uint32_t most = 1 + (uint32_t)random_below(&random, n % 8 ? 50 : 5000);
            uint64_t count = random_below(&random, n == 1 ? 200000 : 600);
            hs_trace *t = random_trace(&random, hs_format_at(i)->carries, most, count);
            expect_round_trip(t, hs_format_at(i));
            hs_trace_free(t);
        }
}

static void names_are_kept_by_scripts_and_hst(void **state)
{
    (void)state;
    static const char *const formats[] = {"heap", "hst"};
    hs_trace *t = hs_trace_new();
    for (uint32_t id = 0; id < 3; id++)
        hs_trace_add(t, (hs_trace_op){.kind = HS_MALLOC, .id = id, .size = id});
    hs_trace_give_name(t, 2, "head");
    for (size_t i = 0; i < 2; i++) {
        size_t size;
        char name[16];
        hs_trace_report report;
        char *text = written(t, formats[i], &size, &report);
        result r = read_as(NULL, text, size, false);
        expect_same(t, r.trace, formats[i]);
        hs_trace_name(r.trace, 2, name, sizeof name);
        assert_string_equal(name, "head");
        hs_trace_name(r.trace, 1, name, sizeof name);
        assert_string_equal(name, "p1");
        done(&r);
        free(text);
        hs_trace_report_free(&report);
    }
    hs_trace_free(t);
}

/* --- What a format can not carry ------------------------------------------------------------ */

static void expect_converted(const char *from, const char *format, const char *wanted,
                             const char *notes)
{
    size_t size;
    hs_trace_report report;
    result r = read_as(NULL, from, strlen(from), false);
    assert_non_null(r.trace);
    char *text = written(r.trace, format, &size, &report);
    assert_string_equal(text, wanted);
    if (notes)
        assert_string_equal(report.notes, notes);
    else
        assert_null(report.notes);
    free(text);
    hs_trace_report_free(&report);
    done(&r);
}

static void what_a_format_can_not_carry_is_converted_and_told_once(void **state)
{
    (void)state;
    const char *all = "p0 = malloc 5\np1 = calloc 4 10\np2 = calloc 2 2\np3 = aligned_alloc 64 9\n"
                      "free NULL\np4 = realloc NULL 7\nrealloc p4 8\nrealloc p0 0\nfree p1\n";
    expect_converted(all, "rep",
                     "0\n5\n9\n1\na 0 5\na 1 40\na 2 4\na 3 9\nf -1\nr 4 7\nr 4 8\nr 0 0\nf 1\n",
                     "rep can not carry it: calloc became malloc of the product, 2 times\n"
                     "rep can not carry it: aligned_alloc became malloc, without its alignment, 1 "
                     "time");
    expect_converted(
        all, "ostep", "+5,+40,+4,+9,+7,+8,-4,-0,-1\n",
        "ostep can not carry it: calloc became malloc of the product, 2 times\n"
        "ostep can not carry it: aligned_alloc became malloc, without its alignment, 1 "
        "time\nostep can not carry it: free(NULL) left out, 1 time\n"
        "ostep can not carry it: realloc(NULL, n) became malloc(n), 1 time\n"
        "ostep can not carry it: realloc(p, 0) became free(p), 1 time\n"
        "ostep can not carry it: realloc became malloc and free, 1 time");
    expect_converted(all, "heap",
                     "# A heapscope session: play it with `heapscope FILE`.\n"
                     "p0 = malloc 5\np1 = calloc 4 10\np2 = calloc 2 2\np3 = aligned_alloc 64 9\n"
                     "free NULL\np4 = realloc NULL 7\nrealloc p4 8\nrealloc p0 0\nfree p1\n",
                     NULL);
    expect_converted("20000\n1\n3\n1\na 0 5\nf -1\nf 0\n", "script", "a 0 5\nf 1\nf 0\n", NULL);
    expect_converted("a 3 80\na 3 160\nf 3\n", "rep", "0\n5\n3\n1\na 3 80\na 4 160\nf 4\n", NULL);
    expect_converted("x = malloc 5\nfree x\n", "script", "a 0 5\nf 0\n",
                     "script can not carry it: names left out, 1 time");
}

/* Whatever is lost, the bytes that are live after all are not. */
static void conversions_keep_what_is_live(void **state)
{
    (void)state;
    uint64_t random = 11;
    for (size_t i = 0; hs_format_at(i); i++)
        for (int n = 0; n < 20; n++) {
            size_t size;
            hs_trace_report report;
            hs_trace *t =
                random_trace(&random, HS_CARRIES_ALL & ~(unsigned)HS_CARRIES_NAMES, 20, 300);
            char *text = written(t, hs_format_at(i)->name, &size, &report);
            result r = read_as(hs_format_at(i)->name, text, size, false);
            assert_string_equal(r.report.error, "");
            uint64_t live[2] = {0};
            const hs_trace *both[] = {t, r.trace};
            for (int k = 0; k < 2; k++) {
                uint64_t *held = calloc(hs_trace_ids(both[k]) + (size_t)1, sizeof *held);
                for (uint64_t j = 0; j < hs_trace_count(both[k]); j++) {
                    hs_trace_op op = hs_trace_ops(both[k])[j];
                    if (op.id == HS_TRACE_NULL) {
                        live[k] += op.kind == HS_REALLOC ? op.size + 1 : 0;
                        continue;
                    }
                    uint64_t bytes = 1 + (op.kind == HS_CALLOC ? op.size * op.other : op.size);
                    if (op.kind == HS_CALLOC && op.other && op.size > UINT64_MAX / op.other)
                        bytes = 0; /* as UINT64_MAX + 1 is */
                    if (op.kind == HS_FREE || (op.kind == HS_REALLOC && held[op.id] && !op.size))
                        bytes = 0;
                    live[k] += bytes - held[op.id];
                    held[op.id] = bytes;
                }
                free(held);
            }
            assert_int_equal(live[0], live[1]);
            done(&r);
            free(text);
            hs_trace_report_free(&report);
            hs_trace_free(t);
        }
}

/* The fast way through a script and the session agree. */
static void the_fast_way_reads_what_the_session_does(void **state)
{
    (void)state;
    uint64_t random = 13;
    for (int n = 0; n < 30; n++) {
        size_t size;
        char error[256], *text;
        hs_trace_report report;
        hs_trace *t = random_trace(&random, HS_CARRIES_ALL & ~(unsigned)HS_CARRIES_NAMES, 12, 200);
        hs_trace *small = hs_trace_new();
        for (uint64_t i = 0; i < hs_trace_count(t); i++) {
            hs_trace_op op = hs_trace_ops(t)[i];
            op.size %= 1000; /* a heap must have room for all */
            if (op.kind == HS_ALIGNED_ALLOC) op.other %= 8;
            if (op.kind == HS_REALLOC && op.id != HS_TRACE_NULL) op.size += !op.size;
            hs_trace_add(small, op);
        }
        text = written(small, "heap", &size, &report);
        hs_trace_report_free(&report);
        result fast = read_as("heap", text, size, false);
        hs_trace *slow =
            hs_trace_of_script(&(hs_trace_reading){0}, "FILE", text, size, error, sizeof error);
        assert_string_equal(error, "");
        expect_same(fast.trace, slow, "heap");
        hs_trace_free(slow);
        done(&fast);
        free(text);
        hs_trace_free(small);
        hs_trace_free(t);
    }
}

/* --- hst ------------------------------------------------------------------------------------ */

static char *written_hst(uint64_t seed, uint64_t count, size_t *size, hs_trace **t)
{
    hs_trace_report report;
    *t = random_trace(&seed, HS_CARRIES_ALL & ~(unsigned)HS_CARRIES_NAMES, 50, count);
    hs_trace_give_name(*t, 1, "one");
    hs_trace_about(*t)->heap = 4096;
    hs_trace_about(*t)->weight = 3;
    return written(*t, "hst", size, &report);
}

static void hst_keeps_every_bit(void **state)
{
    (void)state;
    size_t size;
    hs_trace *t;
    char *bytes = written_hst(3, 200000, &size, &t);
    result r = read_as(NULL, bytes, size, false);
    assert_string_equal(r.report.format, "hst");
    assert_false(r.report.cut);
    assert_int_equal(hs_trace_count(t), hs_trace_count(r.trace));
    assert_memory_equal(hs_trace_ops(t), hs_trace_ops(r.trace),
                        hs_trace_count(t) * sizeof(hs_trace_op));
    assert_int_equal(hs_trace_header_of(r.trace)->heap, 4096);
    assert_int_equal(hs_trace_header_of(r.trace)->weight, 3);
    if (hs_trace_can_pack()) assert_true(size < 5 * hs_trace_count(t));
    done(&r);
    hs_trace_free(t);
    free(bytes);
}

/* Numbers of all lengths, of ids that come one after another and far from it, to the last byte of
 * a block. */
static void hst_keeps_numbers_of_every_length(void **state)
{
    static const hs_request kinds[] = {HS_MALLOC, HS_CALLOC, HS_REALLOC, HS_ALIGNED_ALLOC, HS_FREE};
    static const uint32_t far[] = {0, 1, 7, 8, 900, 1000, 70000, 1000000};
    (void)state;
    for (size_t steps = 1; steps <= 8; steps++) {
        hs_trace_report report;
        size_t size;
        hs_trace *t = hs_trace_new();
        for (unsigned bit = 0; bit < 64 * 5; bit++) {
            hs_request kind = kinds[(bit * steps + bit / 5) % 5];
            uint64_t n = ((uint64_t)1 << bit % 64) - bit % 2;
            hs_trace_op op = {.kind = (unsigned)kind & 7, .id = far[bit * 3 % steps]};
            if (kind != HS_FREE) op.size = n;
            if (kind == HS_CALLOC) op.other = (uint32_t)n & HS_TRACE_OTHER_MOST;
            if (kind == HS_ALIGNED_ALLOC) op.other = bit % 64;
            hs_trace_add(t, op);
        }
        char *bytes = written(t, "hst", &size, &report);
        result r = read_as("hst", bytes, size, false);
        assert_non_null(r.trace);
        assert_int_equal(hs_trace_count(t), hs_trace_count(r.trace));
        assert_memory_equal(hs_trace_ops(t), hs_trace_ops(r.trace),
                            hs_trace_count(t) * sizeof(hs_trace_op));
        done(&r);
        hs_trace_free(t);
        free(bytes);
    }
}

/* Cut anywhere, it is read as far as it goes. */
static void a_cut_hst_gives_its_whole_blocks(void **state)
{
    (void)state;
    char *bytes = NULL;
    size_t size, flushed[4];
    FILE *out = open_memstream(&bytes, &size);
    hs_trace_stream *s = hs_trace_stream_begin(out, &(hs_trace_header){0});
    for (uint32_t i = 0; i < 400; i++) {
        if (i % 100 == 0) {
            hs_trace_stream_flush(s);
            flushed[i / 100] = size;
        }
        hs_trace_stream_add(s, (hs_trace_op){.kind = HS_MALLOC, .id = i, .size = i});
    }
    hs_trace_stream_end(s, NULL);
    fclose(out);
    for (size_t cut = 0; cut < size; cut++) {
        result r = read_as("hst", bytes, cut, false);
        if (cut < flushed[0]) {
            assert_null(r.trace);
        } else {
            uint64_t whole = 0;
            while (whole < 3 && cut >= flushed[whole + 1]) whole++;
            uint64_t n = hs_trace_count(r.trace);
            assert_true(r.report.cut);
            assert_true(n == whole * 100 || (n == 400 && whole == 3));
            assert_non_null(strstr(r.report.notes, "still being written, or cut off"));
            for (uint32_t i = 0; i < n; i++) assert_int_equal(hs_trace_ops(r.trace)[i].id, i);
        }
        done(&r);
    }
    free(bytes);
}

static void every_changed_byte_of_an_hst_is_noticed(void **state)
{
    (void)state;
    size_t size;
    hs_trace *t;
    char *bytes = written_hst(5, 150, &size, &t);
    for (size_t i = 0; i < size; i++)
        for (int bit = 0; bit < 8; bit += 3) {
            bytes[i] = (char)(bytes[i] ^ 1 << bit);
            result r = read_as("hst", bytes, size, false);
            if (r.trace) fail_msg("byte %zu of %zu, bit %d", i, size, bit);
            assert_string_not_equal(r.report.error, "");
            done(&r);
            r = read_as("hst", bytes, size, true);
            if (i >= 48) assert_non_null(r.trace); /* what is before it */
            done(&r);
            bytes[i] = (char)(bytes[i] ^ 1 << bit);
        }
    hs_trace_free(t);
    free(bytes);
}

/* Files of today are read tomorrow. And zeros more are other bytes. */
static void checksums_of_hst_stay_what_they_are(void **state)
{
    (void)state;
    static const unsigned char bytes[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    static const uint64_t sums[][2] = {{0, 0x94d049bb87e15850},  {3, 0x3ec4afb9a92079b9},
                                       {8, 0x9cc83ccd2d0b03bb},  {10, 0x8b3985a1f8f03718},
                                       {11, 0xa03985a1d3f03718}, {16, 0x532e6c70067934b8}};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        assert_int_equal(hs_hst_checksum(1, bytes, sums[i][0]), sums[i][1]);
}

static void an_hst_of_a_later_version_is_refused(void **state)
{
    (void)state;
    size_t size;
    hs_trace *t;
    char *bytes = written_hst(5, 10, &size, &t);
    bytes[8] = 2;
    result r = read_as(NULL, bytes, size, false);
    assert_string_equal(r.report.error, "FILE: it has version 2 of hst, this heapscope knows 1");
    done(&r);
    hs_trace_free(t);
    free(bytes);
}

/* --- Files ---------------------------------------------------------------------------------- */

static void a_file_says_itself_which_format_it_has(void **state)
{
    (void)state;
    expect_refused(NULL, "", "FILE: it is empty");
    expect_refused(NULL, "Dear reader,\n", "FILE: this looks like no trace: hst, rep, script");
    expect_refused("nonsense", "a 0 5\n", "FILE: there is no format nonsense: hst, rep");
    expect_read("heap", "malloc(24)\n", "m0:24", NULL);
    expect_read("ltrace", "malloc(24) = 0x10\n", "m0:24", NULL);
    expect_read("heap", "p = malloc(24); free p\n", "m0:24 f0", NULL);
    result r = read_as("script", "", 0, false);
    assert_non_null(r.trace);
    done(&r);
    assert_string_equal(hs_trace_format_of_name("/tmp/a.b/x.rep.zst"), "rep");
    assert_string_equal(hs_trace_format_of_name("x.heap"), "heap");
    assert_null(hs_trace_format_of_name("/tmp/a.rep/x"));
    assert_null(hs_trace_format_of_name("rep"));
}

static void lines_may_lie_across_the_pieces_that_are_read(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    enum { LINES = 200000 };
    for (uint64_t i = 0; i < LINES; i++)
        fprintf(out, "a %" PRIu64 " %" PRIu64 "%s\n", i, i * 7919 % 100003, i % 3 ? "" : "  \r");
    fputs("f 5\nf x", out);
    fclose(out);
    result r = read_as(NULL, text, size - 4, false);
    assert_int_equal(hs_trace_count(r.trace), LINES + 1);
    for (uint64_t i = 0; i < LINES; i++) {
        assert_int_equal(hs_trace_ops(r.trace)[i].id, i);
        assert_int_equal(hs_trace_ops(r.trace)[i].size, i * 7919 % 100003);
    }
    done(&r);
    r = read_as(NULL, text, size, false);
    assert_string_equal(r.report.error,
                        "FILE:200002: `f x`: its ID is no number; a line is `a ID BYTES`, `r ID "
                        "BYTES` or `f ID`");
    done(&r);
    free(text);
}

typedef struct {
    char folder[64], path[128];
} place;

static place new_place(const char *name)
{
    place p = {.folder = "/tmp/heapscope-test-XXXXXX"};
    assert_non_null(mkdtemp(p.folder));
    snprintf(p.path, sizeof p.path, "%s/%s", p.folder, name);
    return p;
}

static void remove_place(const place *p)
{
    unlink(p->path);
    assert_int_equal(rmdir(p->folder), 0); /* nothing else was left in it */
}

enum { PAIRS = 4000 };

/* More than is read at once, and plain up to its last line, which the session refuses. */
static void put_long_script(FILE *out)
{
    for (int i = 0; i < PAIRS; i++) fprintf(out, "p1 = malloc 24 # %80d\nfree p1\n", i);
    fputs("free p1\n", out);
    fclose(out);
}

static void expect_whole(const char *path, const char *where, bool lenient)
{
    hs_trace_report report;
    hs_trace_reading how = {.format = "heap", .lenient = lenient, .run = hs_trace_of_script};
    hs_trace *t = hs_trace_read(path, &how, &report);
    if (!lenient) assert_non_null(strstr(report.error, where));
    if (lenient) assert_int_equal(report.skipped, 1);
    assert_int_equal(t ? hs_trace_count(t) : 0, lenient ? 2 * PAIRS : 0);
    hs_trace_free(t);
    hs_trace_report_free(&report);
}

static void a_long_script_reaches_the_session_whole(void **state)
{
    (void)state;
    place p = new_place("long.heap");
    put_long_script(fopen(p.path, "w"));
    for (int lenient = 0; lenient < 2; lenient++) {
        char path[32];
        int ends[2];
        expect_whole(p.path, "long.heap:8001:6:", lenient);
        assert_int_equal(pipe(ends), 0);
        pid_t writer = fork();
        if (writer == 0) {
            close(ends[0]);
            put_long_script(fdopen(ends[1], "w"));
            _exit(0);
        }
        close(ends[1]);
        snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
        expect_whole(path, ":8001:6:", lenient);
        close(ends[0]);
        assert_int_equal(waitpid(writer, NULL, 0), writer);
    }
    remove_place(&p);
}

/* A comment of so many characters, between two requests. */
static char *with_long_line(const char *before, size_t length, const char *behind)
{
    char *text = malloc(strlen(before) + length + strlen(behind) + 2);
    size_t n = strlen(before);
    memcpy(text, before, n);
    memset(text + n, '#', length);
    sprintf(text + n + length, "\n%s", behind);
    return text;
}

static void no_line_is_longer_than_1_mib(void **state)
{
    (void)state;
    static const struct {
        const char *format, *before, *behind;
    } texts[] = {{"script", "a 0 5\n", "f 0\n"},
                 {"rep", "100\n1\n2\n1\na 0 5\n", "f 0\n"},
                 {"ltrace", "malloc(5) = 0x100\n", "free(0x100) = <void>\n"},
                 {"valgrind", "--1-- malloc(5) = 0x100\n", "--1-- free(0x100)\n"},
                 {"mtrace", "= Start\n@ a:[0x1] + 0x100 0x5\n", "@ a:[0x1] - 0x100\n"},
                 {"heap", "p = malloc 5\n", "free p\n"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t length = 2 * HS_LINE_MOST; length >= HS_LINE_MOST; length -= HS_LINE_MOST - 1) {
            hs_trace_report report;
            char *text = with_long_line(texts[i].before, length, texts[i].behind);
            hs_trace *t = hs_trace_read_bytes(
                "FILE", text, strlen(text),
                &(hs_trace_reading){.format = texts[i].format, .lenient = true}, &report);
            assert_null(t);
            assert_non_null(strstr(report.error, "is longer than 1 MiB"));
            hs_trace_report_free(&report);
            free(text);
        }
    hs_trace_report report;
    char *text = with_long_line("a 0 5\n", HS_LINE_MOST, "f 0\n");
    hs_trace *t = hs_trace_read_bytes("FILE", text, strlen(text),
                                      &(hs_trace_reading){.format = "script"}, &report);
    assert_string_equal(report.error, "");
    assert_int_equal(hs_trace_count(t), 2);
    hs_trace_free(t);
    free(text);
}

static void a_file_is_written_whole_or_not_at_all(void **state)
{
    (void)state;
    uint64_t random = 1;
    place p = new_place("t.rep");
    hs_trace_report report;
    hs_trace *t = random_trace(&random, 0, 10, 100);
    assert_true(hs_trace_save(t, p.path, &(hs_trace_writing){0}, &report));
    assert_int_equal(report.requests, 101);
    hs_trace *again = hs_trace_read(p.path, &(hs_trace_reading){0}, &report);
    assert_string_equal(report.error, "");
    expect_same(t, again, "rep");
    hs_trace_free(again);
    assert_false(hs_trace_save(t, "/nonexistent/t.rep", &(hs_trace_writing){0}, &report));
    assert_non_null(strstr(report.error, "/nonexistent/t.rep: "));
    assert_false(hs_trace_save(t, p.folder, &(hs_trace_writing){.format = "rep"}, &report));
    assert_false(hs_trace_save(t, "nothing", &(hs_trace_writing){0}, &report));
    assert_non_null(strstr(report.error, "its name says no format"));
    assert_null(hs_trace_read("/nonexistent", &(hs_trace_reading){0}, &report));
    assert_string_equal(report.error, "/nonexistent: No such file or directory");
    assert_null(hs_trace_read(p.folder, &(hs_trace_reading){0}, &report));
    hs_trace_free(t);
    remove_place(&p);
}

static void no_file_stays_open(void **state)
{
    (void)state;
    uint64_t random = 1;
    hs_trace_format f;
    hs_trace_report report;
    int before = open_descriptors();
    hs_trace *t = random_trace(&random, 0, 10, 100);
    for (size_t i = 0; hs_trace_format_at(i, &f); i++) {
        place p = new_place("t");
        if (!hs_trace_save(t, p.path, &(hs_trace_writing){.format = f.name}, &report))
            assert_false(f.written);
        hs_trace_report_free(&report);
        hs_trace_format_of_file(p.path);
        hs_trace_free(hs_trace_read(p.path, &(hs_trace_reading){0}, &report));
        hs_trace_report_free(&report);
        hs_trace_free(hs_trace_read(p.path, &(hs_trace_reading){.format = "hst"}, &report));
        hs_trace_report_free(&report);
        hs_trace_free(hs_trace_read(p.folder, &(hs_trace_reading){0}, &report));
        hs_trace_report_free(&report);
        assert_int_equal(open_descriptors(), before);
        remove_place(&p);
    }
    hs_trace_free(t);
}

static bool stop(void *of, uint64_t made, uint64_t total)
{
    (void)made, (void)total;
    ++*(int *)of;
    return false;
}

static bool stop_late(void *of, uint64_t made, uint64_t total)
{
    (void)made, (void)total;
    return ++*(int *)of < 1000;
}

static void reading_and_writing_can_be_stopped(void **state)
{
    (void)state;
    uint64_t random = 1;
    int asked = 0;
    place p = new_place("t.script");
    hs_trace_report report;
    hs_trace *t = random_trace(&random, 0, 1000, 600000);
    assert_true(hs_trace_save(t, p.path, &(hs_trace_writing){0}, &report));
    assert_null(
        hs_trace_read(p.path, &(hs_trace_reading){.progress = stop, .of = &asked}, &report));
    assert_true(report.stopped);
    assert_int_equal(asked, 1);
    hs_trace_report_free(&report);
    const char *endless = "repeat 1000000000 { p = malloc 8; free p }\n";
    assert_null(hs_trace_read_bytes(
        "FILE", endless, strlen(endless),
        &(hs_trace_reading){
            .format = "heap", .progress = stop_late, .of = &asked, .run = hs_trace_of_script},
        &report));
    assert_non_null(strstr(report.error, "stopped"));
    hs_trace_report_free(&report);
    struct stat before, after;
    assert_int_equal(stat(p.path, &before), 0);
    assert_false(
        hs_trace_save(t, p.path, &(hs_trace_writing){.progress = stop, .of = &asked}, &report));
    assert_true(report.stopped);
    assert_int_equal(stat(p.path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    hs_trace_free(t);
    remove_place(&p);
}

static void packed_files_are_read_as_they_are(void **state)
{
    (void)state;
    uint64_t random = 1;
    hs_trace_report report;
    if (!hs_trace_can_pack()) skip();
    place p = new_place("t.rep.zst");
    hs_trace *t = random_trace(&random, 0, 100, 100000);
    assert_true(hs_trace_save(t, p.path, &(hs_trace_writing){0}, &report));
    hs_trace *again = hs_trace_read(p.path, &(hs_trace_reading){0}, &report);
    assert_string_equal(report.error, "");
    assert_string_equal(report.format, "rep");
    expect_same(t, again, "rep");
    hs_trace_free(again);
    struct stat is;
    assert_int_equal(stat(p.path, &is), 0);
    assert_int_equal(truncate(p.path, is.st_size - 5), 0);
    assert_null(hs_trace_read(p.path, &(hs_trace_reading){0}, &report));
    assert_non_null(strstr(report.error, "it is packed by zstd, and was cut off"));
    hs_trace_free(t);
    remove_place(&p);
}

static void what_is_unpacked_has_a_bound(void **state)
{
    (void)state;
    static const char *const names[] = {"t.hst", "t.rep.zst"};
    uint64_t random = 1;
    hs_trace_report report;
    if (!hs_trace_can_pack()) skip();
    hs_trace *t = random_trace(&random, 0, 100, 200000);
    for (size_t i = 0; i < 2; i++) {
        place p = new_place(names[i]);
        assert_true(hs_trace_save(t, p.path, &(hs_trace_writing){0}, &report));
        assert_null(hs_trace_read(
            p.path, &(hs_trace_reading){.max_unpacked = 100000, .lenient = true}, &report));
        assert_non_null(strstr(report.error, "unpacked it has more than 100000 bytes; "
                                             "--max-unpacked=SIZE allows more"));
        hs_trace_report_free(&report);
        hs_trace *again =
            hs_trace_read(p.path, &(hs_trace_reading){.max_unpacked = 10000000}, &report);
        expect_same(t, again, "rep");
        hs_trace_free(again);
        remove_place(&p);
    }
    hs_trace_free(t);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rep_is_read_with_all_that_is_found_in_the_wild),
        cmocka_unit_test(a_wrong_count_in_a_header_is_told_and_is_no_error),
        cmocka_unit_test(lines_without_size_are_counted_and_the_first_is_told),
        cmocka_unit_test(a_bad_line_is_told_with_its_number_and_what_would_be_right),
        cmocka_unit_test(a_script_has_comments_and_its_ids_are_used_again),
        cmocka_unit_test(an_id_of_cs107_is_a_pointer_like_any_other),
        cmocka_unit_test(ids_that_are_large_for_the_file_become_small),
        cmocka_unit_test(an_ostep_list_numbers_its_blocks_itself),
        cmocka_unit_test(a_log_of_mtrace_becomes_ids),
        cmocka_unit_test(a_log_of_ltrace_becomes_ids),
        cmocka_unit_test(unfinished_calls_of_threads_are_put_together),
        cmocka_unit_test(children_in_a_log_of_ltrace_are_left_out),
        cmocka_unit_test(a_log_of_valgrind_becomes_ids),
        cmocka_unit_test(lines_that_are_nearly_usual_are_read_as_what_they_are),
        cmocka_unit_test(recorded_logs_of_one_program_agree),
        cmocka_unit_test(a_plain_script_is_read_as_the_session_understands_it),
        cmocka_unit_test(a_pointer_that_is_lost_keeps_its_block),
        cmocka_unit_test(a_script_with_more_than_requests_is_run),
        cmocka_unit_test(every_format_gives_back_what_it_carries),
        cmocka_unit_test(names_are_kept_by_scripts_and_hst),
        cmocka_unit_test(what_a_format_can_not_carry_is_converted_and_told_once),
        cmocka_unit_test(conversions_keep_what_is_live),
        cmocka_unit_test(the_fast_way_reads_what_the_session_does),
        cmocka_unit_test(hst_keeps_every_bit),
        cmocka_unit_test(hst_keeps_numbers_of_every_length),
        cmocka_unit_test(a_cut_hst_gives_its_whole_blocks),
        cmocka_unit_test(every_changed_byte_of_an_hst_is_noticed),
        cmocka_unit_test(checksums_of_hst_stay_what_they_are),
        cmocka_unit_test(an_hst_of_a_later_version_is_refused),
        cmocka_unit_test(a_file_says_itself_which_format_it_has),
        cmocka_unit_test(lines_may_lie_across_the_pieces_that_are_read),
        cmocka_unit_test(a_long_script_reaches_the_session_whole),
        cmocka_unit_test(a_file_is_written_whole_or_not_at_all),
        cmocka_unit_test(no_line_is_longer_than_1_mib),
        cmocka_unit_test(what_is_unpacked_has_a_bound),
        cmocka_unit_test(no_file_stays_open),
        cmocka_unit_test(reading_and_writing_can_be_stopped),
        cmocka_unit_test(packed_files_are_read_as_they_are),
    };
    if (argc < 2) return 2;
    folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}

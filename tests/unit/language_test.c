/* SPDX-License-Identifier: MIT */
/* The language, from text to what it did to the heap: one test a promise. */
#include "check.h"

#include "base/files.h"
#include "descriptors.h"
#include "language/command.h"
#include "language/completion.h"
#include "language/program.h"
#include "model/process/executable.h"
#include "stage.h"
#include "view/explanation.h"
#include "view/pictures.h"
#include "view/settings.h"

#include <heapscope/ledger.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_stage(void **state)
{
    *state = stage_new("implicit", 256, 1 << 20);
    return 0;
}

static int close_stage(void **state)
{
    stage_free(*state);
    return 0;
}

/* `count` times `piece`, between `before` and `behind`; freed by the caller. */
static char *many(const char *before, const char *piece, size_t count, const char *behind)
{
    size_t n = strlen(piece), size;
    char *text = NULL;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fputs(before, out);
    for (size_t i = 0; i < count; i++) fwrite(piece, 1, n, out);
    fputs(behind, out);
    fclose(out);
    return text;
}

/* --- Sizes ---------------------------------------------------------------------------------- */

static void sizes_are_read_as_people_write_them(void **state)
{
    static const struct {
        const char *text;
        uint64_t value;
    } sizes[] = {
        {"0", 0},
        {"24", 24},
        {"0x20", 32},
        {"0XfF", 255},
        {"010", 10},
        {"2k", 2048},
        {"2K", 2048},
        {"1m", 1 << 20},
        {"1M", 1 << 20},
        {"3G", (uint64_t)3 << 30},
        {"1t", (uint64_t)1 << 40},
        {"18446744073709551615", UINT64_MAX},
        {"0xffffffffffffffff", UINT64_MAX},
        {"16777215T", UINT64_MAX >> 40 << 40},
        {"SIZE_MAX", UINT64_MAX},
        {"SIZE_MAX - 7", UINT64_MAX - 7},
        {"NULL", 0},
        {"4*16+8", 72},
        {"8+4*16", 72},
        {"(8+4)*16", 192},
        {"100-10-20", 70},
        {"100/7", 14},
        {"100%7", 2},
        {"64/8/2", 4},
        {"2 * 3 + 4", 10},
        {"'A'", 65},
        {"' '", 32},
        {"'''", 39},
        {"'*'", 42},
        {"1 + \\\n 2", 3},
        {"(1 == 1) + (2 > 1)", 2},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        assert_int_equal(stage_value(*state, sizes[i].text), sizes[i].value);
}

static void sizes_that_are_none_are_refused_by_name(void **state)
{
    static const char *const refused[][2] = {
        {"malloc 18446744073709551616", "larger than any size"},
        {"malloc 0x10000000000000000", "larger than any size"},
        {"malloc 16777216T", "larger than any size"},
        {"malloc SIZE_MAX+1", "larger than any size"},
        {"malloc SIZE_MAX*2", "larger than any size"},
        {"malloc 1/0", "a division by zero"},
        {"malloc 5%(1-1)", "a division by zero"},
        {"malloc 3-4", "3 - 4 is negative"},
        {"malloc -8", "no number here is negative"},
        {"malloc 12abc", "12abc is no number"},
        {"malloc 0x", "0x is no number"},
        {"malloc 0xg1", "0xg1 is no number"},
        {"malloc 2kk", "2kk is no number"},
        {"malloc 2 + ", "missing here"},
        {"malloc (2", "this ( has no )"},
        {"malloc 'AB'", "should stand here; one character stands in '...', a text in"},
        {"malloc", "malloc: N is missing; write malloc N"},
        {"malloc 1 2", "malloc does not take this"},
        {"malloc holse", "did you mean holes?"},
        {"malloc size(p9)", "there is no pointer p9"},
        {"malloc length(p9)", "no function of that name"},
        {"calloc 4", "calloc: SIZE is missing"},
        {"calloc 4 -1", "no number here is negative"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        stage_refuses(*state, refused[i][0], refused[i][1]);
    assert_int_equal(hs_session_op_count(((stage *)*state)->session), 0);
}

static void an_address_is_no_count(void **state)
{
    static const char *const refused[][2] = {
        {"malloc p1",
         "test:1:8: p1 is an address, 0x107000008: no number of bytes or of times; size(p1)"},
        {"calloc p1 2", "test:1:8: p1 is an address"},
        {"calloc 2 p1", "test:1:10: p1 is an address"},
        {"realloc p1 p2", "test:1:12: p2 is an address"},
        {"aligned_alloc p1 8", "test:1:15: p1 is an address"},
        {"aligned_alloc 8 p1", "test:1:17: p1 is an address"},
        {"random p1", "test:1:8: p1 is an address"},
        {"random 1 seed p1", "test:1:15: p1 is an address"},
        {"repeat p1 { malloc 8 }", "test:1:8: p1 is an address"},
        {"repeat  (p1 + 8)  { malloc 8 }", "test:1:9: (p1 + 8) is an address, 0x107000010"},
        {"malloc 8 + p1", "8 + p1 is an address"},
        {"malloc p1 - 8", "p1 - 8 is an address"},
        {"malloc p2 - (p2 - p1)", "is an address"},
        {"malloc NULL", "NULL is an address, 0x0"},
        {"goto p1", "test:1:6: p1 is an address"},
        {"undo p1", "is an address"},
        {"diff p1", "is an address"},
        {"why p1", "is an address"},
        {"history p1", "is an address"},
        {"read p1 p2", "is an address"},
        {"write p1 'A'*p2", "test:1:14: p2 is an address"},
        {"write p1 \"A\" * p2", "test:1:16: p2 is an address"},
        {"heap p1", "is an address"},
        {"heap max p1", "is an address"},
        {"set zoom p1", "is an address"},
        {"zoom p1", "is an address"},
        {"highlight p1 p2", "is an address"},
        {"shape from p1", "is an address"},
        {"homework n p1", "is an address"},
        {"quiz n p1", "is an address"},
        {"adversary bump first-fit seconds p1", "is an address"},
        {"mmu paging p1", "is an address"},
    };
    stage *s = *state;
    stage_does(s, "malloc 24; malloc 24");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        stage_refuses(s, refused[i][0], refused[i][1]);
    assert_int_equal(stage_value(s, "requests"), 2);
    stage_does(
        s, "malloc p2 - p1; malloc (p2-p1)/8*1; malloc size(p1); malloc p1 % 16; malloc block(p1)\n"
           "malloc (p1 == p2); malloc (not p1); malloc 8 + (p2 - p1); malloc blocks; malloc 0x20\n"
           "repeat (p1 and p2) { malloc 8 }; x = p1 + size(p1); expect x - p1 == 24");
}

/* A word that this parameter takes; p1 for the one that is tried. */
static const char *word_for(const hs_command *c, size_t i, bool tried)
{
    switch (c->parameters[i].kind) {
    case HS_PARAMETER_BODY: return "{ }";
    case HS_PARAMETER_ALLOCATOR: return i ? "bump" : "tree";
    case HS_PARAMETER_WORD:
        return strcmp(c->name, "mmu") == 0 ? "paging" : strcmp(c->name, "grow") == 0 ? "heap" : "b";
    default: return tried || c->parameters[i].kind == HS_PARAMETER_POINTER ? "p1" : "1";
    }
}

static void refuse_an_address(stage *s, const hs_command *c, size_t tried)
{
    char text[200];
    size_t used = (size_t)snprintf(text, sizeof text, "%s", c->name);
    for (size_t i = 0; i < HS_PARAMETERS && c->parameters[i].kind; i++) {
        const hs_parameter *p = &c->parameters[i];
        bool first = p->kind == HS_PARAMETER_WORD && i == 0; /* mmu's stands before its numbers */
        if (p->optional && i != tried && !first) continue;
        used += (size_t)snprintf(text + used, sizeof text - used, " %s %s",
                                 p->keyword ? p->keyword : "", word_for(c, i, i == tried));
    }
    stage_refuses(s, text, "is an address");
}

/* Every size of every command, by the table. */
static void no_size_of_a_command_is_an_address(void **state)
{
    stage *s = *state;
    const hs_command *c;
    stage_does(s, "malloc 24; mmu paging 256");
    for (size_t i = 0; (c = hs_command_at(i)); i++)
        for (size_t j = 0; j < HS_PARAMETERS && c->parameters[j].kind; j++)
            if (c->parameters[j].kind == HS_PARAMETER_SIZE) refuse_an_address(s, c, j);
}

static void pointers_have_offsets(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; malloc 24; a = p2 - 8; b = p1 + 4*2; c = p1+32-8; d = NULL; e = p1");
    assert_int_equal(stage_value(s, "p2 - a"), 8);
    assert_int_equal(stage_value(s, "b - p1"), 8);
    assert_int_equal(stage_value(s, "c - p1"), 24);
    assert_int_equal(stage_value(s, "d"), 0);
    assert_int_equal(stage_value(s, "e - p1"), 0);
    assert_int_equal(stage_value(s, "(p2 - p1) / 8"), 4);
    assert_int_equal(stage_value(s, "size(p1)"), 24);
    assert_int_equal(stage_value(s, "block(p1) + size(p2+0)"), 56);
    stage_refuses(s, "free p1 -8", "free does not take this");
    stage_refuses(s, "malloc size(a)", "no live block starts at 0x");
    stage_refuses(s, "malloc p1 - p2", "is negative");
    stage_refuses(s, "free p1; malloc size(p1)", "no live block starts at 0x");
}

static void conditions_are_as_in_c_and_in_words(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; malloc 8\n"
                  "expect p2 == p1 + 32 and holes == 1 and not failed\n"
                  "expect 1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3 && 1 != 2 && !(1 == 2)\n"
                  "expect 1 == 2 or 2 == 2; expect 0 || 1; expect not not 1; expect blocks");
    (void)s;
}

static void conditions_that_do_not_hold_say_the_values(void **state)
{
    stage *s = *state;
    stage_refuses(s, "expect 2*8 == 17", "this does not hold: 16 (0x10) == 17 (0x11)");
    stage_refuses(s, "expect not 1", "this does not hold");
    stage_refuses(s, "expect 0", "this does not hold: it is 0");
    stage_refuses(s, "expect blocks = 1", "= alone compares nothing; write ==");
    assert_int_equal(hs_interpreter_failures(s->in), 4);
}

/* --- Statements ----------------------------------------------------------------------------- */

static void statements_share_lines_and_comments_end_them(void **state)
{
    stage *s = *state;
    stage_does(s, "# all of it is a comment; malloc 1\n"
                  " ; ;malloc 24;malloc 8 ;; free p1 # the rest; free p2\r\n"
                  "a=malloc 8\t\n"
                  "b = malloc(16); realloc(b, 32); c=calloc(2 8);;\n"
                  "repeat 2 { malloc 8; # in here } too\n"
                  "}; note bare words, as they are # not this\n"
                  "aligned_alloc 64 \\\n 8");
    assert_int_equal(stage_value(s, "requests"), 10);
    assert_int_equal(stage_value(s, "blocks"), 7);
    assert_string_equal(s->said, "bare words, as they are");
}

static void words_may_be_short_while_only_one_begins_so(void **state)
{
    stage *s = *state;
    stage_does(s, "mal 24; cal 2 8; real p1 64; fr p1; ali 64 8; chec; hel; hel mall");
    stage_does(s, "alloca be; set co def; set mis al");
    assert_string_equal(hs_session_allocator_name(s->session), "best-fit");
    assert_int_equal(hs_session_setting(s->session, HS_SET_MISUSE), HS_MISUSE_ALLOW);
    stage_refuses(s, "re p1",
                  "command re is ambiguous; it could be realloc, read, redo, reset, repeat");
    stage_refuses(s, "allocator b", "allocator b is ambiguous; it could be bump, buddy, best-fit");
}

static void misspelt_words_bring_a_suggestion(void **state)
{
    static const char *const refused[][2] = {
        {"mallco 24", "there is no command mallco; did you mean malloc?"},
        {"fre1 p1", "there is no command fre1; did you mean free?"},
        {"xyzzy", "there is no command xyzzy; `help` lists the commands"},
        {"allocator bunp", "did you mean bump?"},
        {"set colaesce off", "did you mean coalesce?"},
        {"set coalesce defered", "there is no value defered; did you mean deferred?"},
        {"set misuse maybe", "there is refuse, allow"},
        {"free q", "there is no pointer q"},
        {"help frob", "there is no command frob"},
        {"24", "there is no command 24"},
        {"x = free p1", "free returns no pointer; write it without x ="},
        {"x = ", "nothing stands behind the ="},
        {"x = p1 p2", "there is no command p1"},
        {"NULL = malloc 8", "this name is taken"},
        {"SIZE_MAX = malloc 8", "this name is taken"},
        {"not = malloc 8", "this name is taken"},
        {"or = p1", "this name is taken"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        stage_refuses(*state, refused[i][0], refused[i][1]);
}

static void suggestions_follow_the_names_that_there_are(void **state)
{
    stage *s = *state;
    stage_does(s, "table = malloc 24");
    stage_refuses(s, "free tabel", "did you mean table?");
}

static void a_complaint_points_at_line_and_column(void **state)
{
    stage *s = *state;
    assert_false(stage_run(s, "malloc 24\n  free q1; malloc 8\n"));
    assert_non_null(strstr(s->error, "test:2:8: there is no pointer q1"));
    assert_non_null(strstr(s->error, "\n    free q1; malloc 8\n         ^~"));
    assert_false(stage_run(s, "note \"h\xc3\xa4\xc3\xa4p\"; mallok 3"));
    assert_non_null(strstr(s->error, "test:1:14: there is no command mallok"));
    assert_false(stage_run(s, "\xef\xbb\xbf"
                              "note \"a byte order mark\"; malloc"));
    assert_non_null(strstr(s->error, "malloc: N is missing"));
}

static void nothing_runs_when_a_part_does_not_parse(void **state)
{
    stage *s = *state;
    stage_refuses(s, "malloc 24; malloc 8; fere p1", "test:1:22");
    assert_int_equal(hs_session_op_count(s->session), 0);
    stage_refuses(s, "malloc 24; free 1; malloc 8", "test:1:17: 0x1 is a wild pointer");
    assert_int_equal(hs_session_op_count(s->session), 1);
}

static void brackets_and_quotes_must_match(void **state)
{
    static const char *const refused[][2] = {
        {"repeat 3 { malloc 8", "this { has no }"},
        {"malloc 8 }", "this } has no {"},
        {"repeat 3 malloc 8", "a { should stand here"},
        {"malloc(8", "this ( has no )"},
        {"malloc 8)", "malloc does not take this"},
        {"note \"abc", "this \" has no second one"},
        {"note \"abc\ndef\"", "this \" has no second one"},
        {"note \"\\q\"", "an unknown escape"},
        {"note \"\\x4\"", "an unknown escape"},
        {"note \"\\", "an unknown escape"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        stage_refuses(*state, refused[i][0], refused[i][1]);
}

static void open_braces_ask_for_more_lines(void **state)
{
    static const struct {
        const char *text;
        bool open;
    } texts[] = {
        {"repeat 3 {", true},
        {"repeat 3 { malloc 8 }", false},
        {"{{}", true},
        {"note \"{\"", false},
        {"malloc 8 # {", false},
        {"# {\nrepeat 2 {", true},
        {"note \"\\\"{\"", false},
        {"", false},
        {"}", false},
        {"}{ malloc 8", false},
        {"note \"abc\nrepeat {", true},
        {"write p '{'*4", false},
        {"repeat 3 { write p '{'*4\nfree p", true},
        {"repeat 3 { write p '}'*4\nfree p }", false},
        {"repeat '{' { malloc '}'", true},
        {"repeat '{' { malloc '}' }", false},
        {"note it's {", false},
        {"echo a { b } c", false},
        {"maps -- awk '{ print }' {", false},
        {"repeat 2 { maps -- awk '{ print }' {", true},
        {"save a{b", false},
        {"malloc 8 {", false},
        {"repaet 3 {", true},
        {"repaet 3 { '}' \"}\" }", false},
        {"repeat 3 malloc 8 {", true},
        {"repeat(3, {", true},
        {"expect error {", true},
        {"expect error { repeat 2 { predict {\n}\n}", true},
        {"expect error { repeat 2 { predict {\n}\n}\n}", false},
        {"expect 1 == {", true},
        {"repeat 3 {\n mallok 8\n", true},
        {"repeat 3 {\n mallok 8\n}\n", false},
        {"repeat 3 { }}{", false},
        {"malloc \\\n", true},
        {"malloc \\\r\n", true},
        {"malloc 8 \\\n", true},
        {"malloc 8 \\\n # all", false},
        {"malloc 8 # \\\n", false},
        {"note \"abc\\\n", true},
        {"note \"abc\\\n {\"", false},
        {"note abc\\\n", false},
        {"mallok \\\n", false},
        {"\xef\xbb\xbfrepeat 3 {", true},
        {"repeat 3 {\n\n\n", true},
        {";;;\n", false},
        {"repeat 3 { malloc '\n' {}", true},
        {"repeat 3 { malloc '\n }", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        hs_opening o = {0};
        if (hs_program_is_open(&o, texts[i].text, strlen(texts[i].text)) != texts[i].open)
            fail_msg("%s is %s", texts[i].text, texts[i].open ? "open" : "whole");
    }
}

/* Each line is looked at once, however many there are: a long body by a pipe costs what a file
 * does. */
static void lines_are_looked_at_as_they_come(void **state)
{
    char *text = many("repeat 2 {\n", "p1 = malloc 8; free p1 # {\n", 1000, "repeat 3 {\n}\n}\n");
    size_t length = strlen(text), end = 0;
    hs_opening o = {0};
    (void)state;
    while (end < length) {
        end += strcspn(text + end, "\n") + 1;
        assert_int_equal(hs_program_is_open(&o, text, end), end < length);
        assert_int_equal(o.at, end); /* where the next look begins: */
        memset(text, '}', end);      /* nothing before it is looked at again */
    }
    free(text);
}

/* --- Bytes ---------------------------------------------------------------------------------- */

static void expect_bytes(stage *s, const char *write, const char *bytes, size_t n)
{
    stage_does(s, "reset; malloc 64");
    stage_does(s, write);
    const hs_heap *h = hs_session_heap(s->session);
    hs_addr at = stage_value(s, "p1");
    assert_memory_equal(hs_heap_bytes(h, at, n + 1), bytes, n);
    assert_int_equal(*hs_heap_bytes(h, at + n, 1), 0);
    assert_int_equal(hs_events_counts(h).writes, 0);
}

static void bytes_are_text_with_escapes_or_a_byte_many_times(void **state)
{
    stage *s = *state;
    expect_bytes(s, "write p1 \"hello\"", "hello", 5);
    expect_bytes(s, "write p1 \"a\\n\\t\\r\\\\\\\"\\0\\x41\\xfFz\"", "a\n\t\r\\\"\0A\xffz", 10);
    expect_bytes(s, "write p1 \"two\\\n   lines\"", "twolines", 8);
    expect_bytes(s, "write p1 \"ab\"*3", "ababab", 6);
    expect_bytes(s, "write p1 \"ab\" * 2", "abab", 4);
    expect_bytes(s, "write p1 'A'*4", "AAAA", 4);
    expect_bytes(s, "write p1 0x41", "A", 1);
    expect_bytes(s, "write p1 65*2*2", "AAAA", 4);
    expect_bytes(s, "write p1 \"\"", "", 0);
    expect_bytes(s, "write p1 \"ab\"*0", "", 0);
    expect_bytes(s, "write(p1, \"ab\"*2)", "abab", 4);
}

static void a_star_is_a_byte_and_may_stand_in_brackets(void **state)
{
    stage *s = *state;
    expect_bytes(s, "write p1 '*'*3", "***", 3);
    expect_bytes(s, "write p1 '*'", "*", 1);
    expect_bytes(s, "write p1 (13*5)*2", "AA", 2);
}

static void a_write_that_cannot_be_is_refused(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 8");
    stage_refuses(s, "write p1 256*4", "a byte is a number from 0 to 255");
    stage_refuses(s, "write NULL 1", "a write through NULL");
    stage_refuses(s, "write p1 1*1k", "a write there leaves the heap");
    stage_refuses(s, "write p1 \"abcd\"*SIZE_MAX", "a write there leaves the heap");
    stage_refuses(s, "write 8 1", "a write there leaves the heap");
    stage_refuses(s, "read NULL", "a read through NULL");
    stage_refuses(s, "read p1 1k", "a read there leaves the heap");
    stage_refuses(s, "inspect 8", "this is no address of the heap");
    stage_does(s, "read p1; read p1 0; inspect p1-8; map; blocks; free-list; stats");
    assert_int_equal(s->shows, 7);
}

/* --- Texts that no one would type ----------------------------------------------------------- */

#define REFUSES_BYTES(s, text, wanted)                                                             \
    do {                                                                                           \
        assert_false(stage_run_bytes(s, text, sizeof(text) - 1));                                  \
        if (!strstr((s)->error, wanted)) fail_msg("%s", (s)->error);                               \
    } while (0)

static void control_characters_are_named(void **state)
{
    stage *s = *state;
    REFUSES_BYTES(s, "\0", "test:1:1: a control character (0x00)");
    REFUSES_BYTES(s, "set\0\0\0\0\0\0\0\0\0\0\0\0", "test:1:4: a control character (0x00)");
    REFUSES_BYTES(s, "malloc 8\033[0m", "a control character (0x1b)");
    REFUSES_BYTES(s, "malloc 8 \0", "test:1:10: a control character (0x00)");
    REFUSES_BYTES(s, "help mal\001", "a control character (0x01)");
    REFUSES_BYTES(s, "allocator \"bump\\0\\0\\0\\0\\0\\0\\0\\0\"", "no name has a NUL byte");
    REFUSES_BYTES(s, "save \"x\\0y\"", "no name has a NUL byte");
    REFUSES_BYTES(s, "x = \0", "test:1:5: a control character (0x00)");
    REFUSES_BYTES(s, "# a\0b", "test:1:4: a control character (0x00)");
    REFUSES_BYTES(s, "malloc\v8", "a control character (0x0b)");
}

static void the_line_shown_goes_on_behind_a_nul(void **state)
{
    stage *s = *state;
    REFUSES_BYTES(s, "note \"a\0b\"; free q", "\n  note \"a\u2400b\"; free q\n         ^");
}

static void bytes_that_are_no_text_are_refused_or_kept(void **state)
{
    stage *s = *state;
    REFUSES_BYTES(s, "\xff\xfe\x80", "there is no command");
    REFUSES_BYTES(s, "malloc \xc3", "should stand here");
    stage_does(s, "note \"\xff\xfe\x80\"; malloc 8; write p1 \"\xff\"");
    assert_int_equal(*hs_heap_bytes(hs_session_heap(s->session), stage_value(s, "p1"), 1), 0xff);
}

static void long_lines_are_read_whole_and_shown_in_part(void **state)
{
    stage *s = *state;
    char *text = many("malloc 8 ", " ", HS_LINE_MOST - 14, "# end");
    stage_does(s, text);
    free(text);
    text = many("note \"", "x", HS_LINE_MOST - 7, "\"\nmalloc 8");
    stage_does(s, text);
    assert_int_equal(strlen(s->said), HS_LINE_MOST - 7);
    free(text);
    text = many("malloc 8\nnote \"", "x", HS_LINE_MOST - 6, "\"\nmalloc 8");
    stage_refuses(s, text, "test:2:1: this line is longer than 1 MiB");
    free(text);
    text = many("note \"", "\t", HS_LINE_MOST / 4 - 1, "\"");
    stage_refuses(s, text, "this would be saved as a line longer than 1 MiB");
    free(text);
    static const char *const pieces[] = {"x", "9", "\x80", "\xff", ";x", "\"", "-", "(", "a b "};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        text = many("free ", pieces[i], (1 << 18) - 8, "");
        assert_false(stage_run(s, text));
        assert_true(strlen(s->error) < 1000);
        free(text);
    }
    text = many("", "malloc 1;", 2000, "");
    stage_does(s, text);
    free(text);
}

static void names_have_at_most_64_characters(void **state)
{
    stage *s = *state;
    char *text = many("", "n", 65, " = malloc 8");
    stage_refuses(s, text, "a name of 65 characters is too long");
    stage_does(s, text + 1);
    free(text);
    text = many("free ", "n", 64, "");
    stage_does(s, text);
    free(text);
}

/* before^n behind^n, n = `levels`. */
static void nest(stage *s, const char *start, const char *before, const char *middle,
                 const char *behind, size_t levels, const char *wanted)
{
    char *left = many(start, before, levels, middle), *text = many(left, behind, levels, "");
    if (wanted)
        stage_refuses(s, text, wanted);
    else
        stage_does(s, text);
    free(left);
    free(text);
}

static void nesting_is_deep_but_ends(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 8");
    nest(s, "expect ", "(", "1", ")", 199, NULL);
    nest(s, "expect ", "(", "1", ")", 50000, "nested more than 200 deep");
    nest(s, "expect ", "not ", "1", "", 198, NULL);
    nest(s, "expect ", "not ", "1", "", 50000, "nested more than 200 deep");
    nest(s, "expect ", "!", "1", "", 50000, "nested more than 200 deep");
    nest(s, "malloc ", "-", "1", "", 50000, "nested more than 200 deep");
    nest(s, "malloc ", "size(p1+8*", "0", ")", 50000, "nested more than 200 deep");
    nest(s, "malloc ", "block(1+", "0", ")", 50000, "nested more than 200 deep");
    nest(s, "free p1+", "(", "0", ")", 50000, "nested more than 200 deep");
    nest(s, "", "repeat 1 {", "malloc 8", "}", 50, NULL);
    nest(s, "", "repeat 1 {", "malloc 8", "}", 50000, "too many { within {");
    nest(s, "", "expect error {", "free 1", "}", 50000, "too many { within {");
}

/* --- Loops, chance, and being stopped -------------------------------------------------------- */

static void repeat_runs_its_body_so_many_times(void **state)
{
    stage *s = *state;
    stage_does(
        s, "repeat 3 { repeat 2 { malloc 8 }; free NULL }; repeat 0 { malloc 8 }; repeat 5 { }");
    assert_int_equal(stage_value(s, "blocks"), 6);
    stage_does(s, "repeat blocks / 2 { malloc 8 }");
    assert_non_null(strstr(s->said, "repeated 3 times: 3 requests"));
    stage_refuses(s, "repeat 3 { free p1 }", "a double free");
    stage_refuses(s, "repeat 3 { expect 1 == 2 }", "this does not hold");
    assert_int_equal(s->errors, 2);
}

static void random_requests_are_the_same_for_the_same_seed(void **state)
{
    stage *s = *state, *same = stage_new("implicit", 256, 1 << 20),
          *other = stage_new("implicit", 256, 1 << 20);
    stage_does(s, "random 200 seed 7");
    stage_does(same, "random(200, seed 3+4)");
    stage_does(other, "random 200 seed 8");
    assert_int_equal(stage_value(s, "requests"), 200);
    expect_same_heap(s->session, same->session);
    assert_int_not_equal(stage_value(s, "live"), stage_value(other, "live"));
    stage_does(s, "check; random 0; random 100; check");
    stage_free(same);
    stage_free(other);
}

static void a_stop_ends_all_that_was_to_run(void **state)
{
    stage *s = *state;
    s->patience = 10;
    stage_run(s, "repeat 1000000000 { repeat 3 { malloc 8 } }; malloc 1k");
    assert_non_null(strstr(s->said, "stopped after"));
    assert_true(stage_value(s, "requests") < 10);
    s->patience = 5;
    stage_run(s, "random 1000000000 seed 1; malloc 1k");
    assert_true(stage_value(s, "requests") < 20);
    stage_does(s, "malloc 8");
}

/* Refused before a request is made; with the numbers, and the place. */
static void too_much_work_is_refused_before_it_begins(void **state)
{
    static const char *const refused[][2] = {
        {"malloc 8; repeat 1000000 { repeat 1000000 { malloc 8 } }",
         "test:1:18: 1000000000000 commands would come of this: the most is 4294967296"},
        {"repeat 4294967297 { malloc 8 }", "test:1:8: 4294967297 commands"},
        {"repeat 4294967297 { }", "4294967297 commands"},
        {"repeat 2147483649 { malloc 8; free p1 }", "4294967298 commands"},
        {"repeat SIZE_MAX { repeat 2 { repeat SIZE_MAX { } } }", "more than 18446744073709551615"},
        {"repeat 70000 { expect error { repeat 70000 { free 1 } } }", "4900000000 commands"},
        {"repeat 70000 { predict { random 70000 } }", "4900000000 commands"},
        {"random 4294967297", "test:1:8: 4294967297 commands"},
        {"homework n 100001", "test:1:12: the homework has at most 100000 operations"},
        {"malloc 8; repeat 70000 * blocks { repeat requests * 70000 { malloc 8 } }", "4900000000"},
    };
    stage *s = *state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        stage_does(s, "reset");
        stage_refuses(s, refused[i][0], refused[i][1]);
        assert_true(stage_value(s, "requests") <= 1);
        assert_true(s->asked == 0);
    }
    /* What could not be foreseen is refused where it would begin. */
    stage_does(s, "reset; malloc 8");
    stage_refuses(s,
                  "repeat 2 { x = malloc 70000; repeat size(x) { repeat size(x) { malloc 1 } } }",
                  "test:1:37: 4900000001 commands");
    stage_does(s, "reset; repeat 3 { repeat 2 { malloc 8 }; repeat 0 { } }; repeat 5 { random 2 }");
    assert_int_equal(stage_value(s, "requests"), 16);
}

static void a_long_command_says_how_far_it_is(void **state)
{
    stage *s = *state;
    s->patience = 20;
    stage_run(
        s,
        "repeat 10 { repeat 5 { x = malloc 8; free x }; random 10; echo x; expect error { free 1 } }");
    assert_string_equal(s->progress, "working: 24 requests so far, 12 % of 220 commands");
    stage_does(
        s,
        "repeat 10 { repeat 3 { repeat 0 { } }; repeat 2 { }; echo x; generate 5; homework n 3 }");
    assert_null(strstr(s->progress, "%")); /* more than was foreseen */
    s->patience = 5;
    stage_run(s, "repeat 3 { repeat 2 { } }");
    assert_string_equal(s->progress, "working: 104 requests so far, 33 % of 6 commands");
}

/* What C writes in brackets is the same pointer: its name is kept, for a replay elsewhere has
 * another address. A bracket behind a blank is that of a call, unless something follows it. */
static void a_pointer_in_brackets_is_the_pointer(void **state)
{
    static const char *const lines[][2] = {
        {"free (p)", "free p"},
        {"free(p)", "free p"},
        {"q = (p)", "q = p"},
        {"q = ((p))", "q = p"},
        {"q = ( p + 8 ) + 8", "q = p+16"},
        {"q = (p) - 8", "q = p-8"},
        {"realloc (p) 40", "realloc p 40"},
        {"realloc (p, 40)", "realloc p 40"},
        {"realloc (p , (4+4)*2)", "realloc p 16"},
        {"realloc (p) (4+4)*2", "realloc p 16"},
        {"q = malloc (4+4)*2", "q = malloc 16"},
        {"q = malloc (24)", "q = malloc 24"},
        {"q = (0x107000000 + 8)", "q = 0x107000008"},
        {"write (p, \"a)b\")", "write p \"a)b\""},
        {"write (p) \"ab\"", "write p \"ab\""},
    };
    stage *s = *state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        stage_does(s, "reset; p = malloc 24");
        stage_does(s, lines[i][0]);
        stage_does(s, "history 1");
        if (!strstr(s->said, lines[i][1])) fail_msg("%s is kept as %s", lines[i][0], s->said);
    }
    stage_does(s, "echo (a, b)");
    assert_string_equal(s->said, "(a, b)");
    stage_refuses(s, "free ((p)", "this ( has no )");
    stage_refuses(s, "free (nosuch)", "nosuch");
    stage_refuses(s, "malloc (8) x", "malloc does not take this");
}

/* One turn may take long, too. */
static void a_stop_ends_a_turn_before_its_end(void **state)
{
    stage *s = *state;
    char *text = many("repeat 1 {", "malloc 8;", 1000, "}");
    s->patience = 3;
    stage_run(s, text);
    assert_non_null(strstr(s->said, "stopped after 0 of 1 time"));
    assert_in_range(stage_value(s, "requests"), 2, 200);
    free(text);
}

static void quit_ends_the_program(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 8; repeat 9 { malloc 8; quit; malloc 8 }; malloc 8");
    assert_true(hs_interpreter_has_quit(s->in));
    assert_int_equal(stage_value(s, "requests"), 2);
}

/* --- Expectations --------------------------------------------------------------------------- */

static void an_expectation_that_fails_lets_the_rest_go_on(void **state)
{
    stage *s = *state;
    assert_false(stage_run(s, "expect 1 == 2; malloc 8; expect 2 == 3; malloc 8"));
    assert_int_equal(s->errors, 2);
    assert_int_equal(stage_value(s, "requests"), 2);
    assert_int_equal(hs_interpreter_failures(s->in), 2);
}

static void an_expected_error_must_come(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 8; expect error { free p1+8 }");
    assert_non_null(strstr(s->refused, "0x107000010 points into"));
    assert_int_equal(s->errors, 0);
    stage_refuses(s, "expect error { malloc 8 }", "no error came here, and one was expected");
    stage_refuses(s, "expect error { }", "no error came here");
    s->patience = 3;
    stage_refuses(s, "expect error { repeat 1000 { malloc 8 }; free 1 }", "stopped: no error came");
    s->patience = 0;
    stage_does(s, "expect error { malloc 1/0 }; expect error { source no-such-file }");
    assert_non_null(strstr(s->refused, "can not be read"));
}

static void expected_errors_nest(void **state)
{
    stage *s = *state;
    stage_does(s, "expect error { expect error { malloc 8 } }");
    assert_string_equal(s->refused, "no error came here, and one was expected");
    stage_does(s, "expect error { expect 1 == 2; expect error { free 99 } }");
    assert_non_null(strstr(s->refused, "this does not hold"));
    stage_refuses(s, "expect error { expect error { free 99 } }", "no error came here");
    stage_does(s, "expect error { repeat 3 { expect error { free 99 }; free 98 } }");
    assert_non_null(strstr(s->refused, "0x62"));
}

/* --- Files ---------------------------------------------------------------------------------- */

static int open_stage_in_a_folder(void **state)
{
    char folder[] = "/tmp/language-test-XXXXXX";
    if (!mkdtemp(folder) || chdir(folder) != 0) return -1;
    return open_stage(state);
}

static int remove_the_folder(void **state)
{
    char folder[256];
    if (!getcwd(folder, sizeof folder)) return -1;
    static const char *const files[] = {"a.heap", "b.heap",  "foreign", "empty", "folder/x",
                                        "folder", "private", "link",    "fifo"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) remove(files[i]);
    if (chdir("/") != 0 || rmdir(folder) != 0) return -1;
    return close_stage(state);
}

static void put_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static char *file_text(const char *path)
{
    static char text[65536];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    return text;
}

static void what_lies_behind_a_nul_is_said(void **state)
{
    stage *s = *state;
    static const char *const commands[] = {"note", "echo", "title", "ask"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char line[40];
        snprintf(line, sizeof line, "%s \"a\\0b\"", commands[i]);
        stage_does(s, line);
        assert_string_equal(s->said, "a\u2400b");
    }
}

static void source_runs_a_file_and_names_it_in_complaints(void **state)
{
    stage *s = *state;
    put_file("a.heap", "malloc 8\nsource b.heap\n");
    put_file("b.heap", "malloc 16\n\nfree q\n");
    stage_refuses(s, "source a.heap; malloc 8", "b.heap:3:6: there is no pointer q");
    assert_int_equal(stage_value(s, "requests"), 2);
    put_file("b.heap", "malloc 16; mallok");
    stage_refuses(s, "source b.heap", "b.heap:1:12: there is no command mallok");
    assert_int_equal(stage_value(s, "requests"), 2);
    stage_refuses(s, "source nothing", "test:1:8: nothing: can not be read: No such file");
    put_file("a.heap", "malloc 8\nsource nothing\n");
    stage_refuses(s, "source a.heap", "a.heap:2:8: nothing: can not be read");
    stage_refuses(s, "source .", "can not be read");
    put_file("b.heap", "");
    stage_does(s, "source b.heap; source \"b.heap\"");
}

static void a_script_that_sources_itself_ends(void **state)
{
    stage *s = *state;
    put_file("a.heap", "malloc 8; source a.heap");
    stage_refuses(s, "source a.heap", "one of them sources itself");
    assert_int_equal(s->errors, 1);
    assert_int_equal(stage_value(s, "requests"), 20);
}

static void a_stop_within_a_sourced_script_ends_its_caller(void **state)
{
    stage *s = *state;
    put_file("a.heap", "repeat 1000000000 { malloc 8 }; malloc 8");
    s->patience = 5;
    stage_run(s, "source a.heap; source a.heap; malloc 8");
    assert_int_equal(stage_value(s, "requests"), 3);
}

static void a_long_script_is_stopped_between_its_commands(void **state)
{
    stage *s = *state;
    put_file("a.heap", "malloc 1; malloc 2; malloc 3; malloc 4; malloc 5");
    s->patience = 3;
    stage_refuses(s, "source a.heap; malloc 8", "stopped: the rest of the file was not run");
    assert_int_equal(stage_value(s, "requests"), 2);
    stage_does(s, "source a.heap; malloc 8");
    assert_int_equal(stage_value(s, "requests"), 8);
}

static void save_replaces_saved_sessions_alone(void **state)
{
    stage *s = *state;
    struct stat st;
    put_file("foreign", "my thesis\n");
    put_file("empty", "");
    assert_int_equal(mkdir("folder", 0700), 0);
    stage_does(s, "malloc 24; save a.heap");
    assert_non_null(strstr(s->said, "saved 1 command;"));
    stage_does(s, "malloc 24; save a.heap; save empty; save folder/x");
    assert_non_null(strstr(file_text("a.heap"), "p2 = malloc 24"));
    stage_refuses(s, "save foreign", "there is a file of that name, and it is no saved session");
    assert_string_equal(file_text("foreign"), "my thesis\n");
    stage_refuses(s, "save folder", "it can not be saved");
    stage_refuses(s, "save nowhere/x", "it can not be saved");
    assert_int_equal(stat("a.heap", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
}

/* A script says it, who types is asked; what was saved just before is known. */
static void a_saved_session_is_replaced_only_after_saying_so(void **state)
{
    stage *s = *state;
    static const char typed[] = "save a.heap", other[] = "save b.heap";
    static const char *const answers[] = {"no", "", "yes", NULL};
    stage_does(s, "save a.heap; save b.heap");
    assert_non_null(strstr(s->said, "saved 0 commands; `heapscope b.heap` plays them"));
    stage_does(s, "malloc 24; save a.heap");
    s->answers = answers;
    for (int i = 0; i < 2; i++) {
        assert_false(hs_interpreter_run(s->in, NULL, 1, other, strlen(other)));
        assert_string_equal(s->question, "a session is saved in b.heap: replace it? (yes, no)");
        assert_string_equal(s->said, "nothing was saved");
        assert_null(strstr(file_text("b.heap"), "malloc"));
    }
    assert_true(hs_interpreter_run(s->in, NULL, 1, typed, strlen(typed)));
    assert_int_equal(s->asked, 2);
    assert_true(hs_interpreter_run(s->in, NULL, 1, other, strlen(other)));
    assert_non_null(strstr(file_text("b.heap"), "malloc"));
    assert_int_equal(s->asked, 3);
    assert_int_equal(hs_interpreter_failures(s->in), 0);
}

static void a_link_that_is_saved_to_stays_one(void **state)
{
    stage *s = *state;
    struct stat st;
    put_file("private", "");
    assert_int_equal(chmod("private", 0600), 0);
    assert_int_equal(symlink("private", "link"), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    stage_does(s, "save link; save link");
    assert_int_equal(lstat("link", &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat("private", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    s->patience = 3;
    stage_refuses(s, "save fifo", "stopped: nothing was saved");
    assert_int_equal(lstat("fifo", &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
}

static void waiting_for_a_script_can_be_stopped(void **state)
{
    stage *s = *state;
    hs_file_report report;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    s->patience = 3;
    stage_refuses(s, "source fifo; malloc 8", "stopped: the rest of the file was not run");
    assert_int_equal(s->errors, 1);
    s->patience = 3;
    assert_null(hs_interpreter_load(s->in, "fifo"));
    assert_string_equal(s->error, "fifo: can not be read: stopped");
    stage_refuses(s, "exec fifo",
                  hs_executable_is_readable() ? "this is no ordinary file" : "without libelf");
    stage_refuses(s, "source folder", "No such file");
    assert_int_equal(mkdir("folder", 0700), 0);
    stage_refuses(s, "source folder", "this is a folder");
    assert_int_equal(stage_value(s, "requests"), 0);
    /* A writer that comes in time. */
    int fd = hs_file_open("fifo", &report), out = open("fifo", O_WRONLY);
    assert_int_equal(write(out, "malloc 24\n", 10), 10);
    close(out);
    char path[32];
    snprintf(path, sizeof path, "source /dev/fd/%d", dup(fd));
    stage_does(s, path);
    assert_int_equal(stage_value(s, "requests"), 1);
    close(fd);
}

/* Done or not, each command closes what it opened. */
static void no_command_leaves_a_descriptor_open(void **state)
{
    stage *s = *state;
    static const char *const commands[] = {"save a.heap",
                                           "save link",
                                           "save folder",
                                           "save folder/none/x",
                                           "save foreign",
                                           "save fifo",
                                           "source a.heap",
                                           "source link",
                                           "source folder",
                                           "source empty",
                                           "source foreign",
                                           "source fifo",
                                           "source none",
                                           "adversary first-fit best-fit seconds 1 to b.heap",
                                           "adversary first-fit best-fit seconds 1 to folder",
                                           "demos",
                                           "demos bump",
                                           "demos none",
                                           "exec",
                                           "exec /bin/sh",
                                           "exec none",
                                           "exec folder",
                                           "exec fifo",
                                           "exec foreign",
                                           "maps self",
                                           "maps 1",
                                           "maps 999999999",
                                           "maps -- true",
                                           "maps -- none",
                                           "help",
                                           "quiz sheet",
                                           "history",
                                           "split first-fit best-fit"};
    put_file("foreign", "my thesis\n");
    put_file("empty", "");
    assert_int_equal(mkdir("folder", 0700) | mkfifo("fifo", 0600) | symlink("a.heap", "link"), 0);
    stage_run(s, "exec /bin/sh; maps self"); /* what is kept for good */
    int before = open_descriptors(), wrong = 0;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        s->patience = 100000;
        if (strstr(commands[i], "fifo")) s->patience = 3;
        stage_run(s, commands[i]);
        stage_run(s, "maps self"); /* the program of `maps` before it ends */
        int now = open_descriptors();
        if (now != before) print_error("%s: %d, not %d\n", commands[i], now, before);
        wrong += now != before;
    }
    assert_int_equal(wrong, 0);
}

static void a_saved_script_runs(void **state)
{
    stage *s = *state, *again = stage_new("bump", 64, 64);
    stage_does(s, "set coalesce deferred; malloc 24; a = calloc 3 8; realloc a 200; free p1\n"
                  "write a \"x\\\"\\\\\\n\\0y\"*3; note \"caf\xc3\xa9\"; b = a+8; save a.heap");
    stage_does(again, "source a.heap");
    expect_same_heap(s->session, again->session);
    stage_free(again);
}

/* --- Completion ----------------------------------------------------------------------------- */

/* The completions of a line, joined by blanks. */
static const char *completed(stage *s, const char *line)
{
    static char text[4096];
    hs_completions c = hs_complete(s->session, line, strlen(line), (hs_stop){NULL, NULL});
    text[0] = 0;
    assert_int_equal(c.kept, c.count);
    for (size_t i = 0; i < c.kept; i++) {
        assert_true(strlen(text) + strlen(c.items[i].text) + 2 < sizeof text);
        if (i) strcat(text, " ");
        strcat(text, c.items[i].text);
    }
    assert_true(c.start <= strlen(line));
    hs_completions_free(&c);
    return text;
}

static void completion_knows_what_may_stand_where(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 8; malloc 8; table = malloc 8; none = NULL");
    static const char *const lines[][2] = {
        {"mal", "malloc"},
        {"re", "read realloc redo repeat reset"},
        {"malloc 8; fr", "free free-list"},
        {"x = cal", "calloc"},
        {"repeat 3 { wri", "write"},
        {"note \"; \" fr", ""},
        {"free ", "p1 p2 table"},
        {"free t", "table"},
        {"realloc(p", "p1 p2"},
        {"allocator wo", "worst-fit"},
        {"allocator best-fit r", "replay"},
        {"set f", "fit footer"},
        {"set mis", "misuse"},
        {"set fit ", "best first next worst"},
        {"set misuse al", "allow"},
        {"set coal ", "deferred immediate off"},
        {"set split-min 8 ", "replay"},
        {"help rea", "read realloc"},
        {"random 5 s", "seed"},
        {"heap 64 m", "max"},
        {"expect hol", "holes"},
        {"expect ta", "table"},
        {"nonsense ", ""},
        {"quit ", ""},
        {"", NULL},
    };
    for (size_t i = 0; lines[i][1]; i++) {
        const char *found = completed(s, lines[i][0]);
        if (strcmp(found, lines[i][1]) != 0)
            fail_msg("\"%s\" completes to: %s", lines[i][0], found);
    }
}

static void an_empty_line_completes_to_all_commands(void **state)
{
    const char *all = completed(*state, "");
    const hs_command *c;
    for (size_t i = 0; (c = hs_command_at(i)); i++) assert_non_null(strstr(all, c->name));
}

static void completion_begins_where_the_word_does(void **state)
{
    hs_completions c =
        hs_complete(((stage *)*state)->session, "malloc 8; fre", 13, (hs_stop){NULL, NULL});
    assert_int_equal(c.start, 10);
    hs_completions_free(&c);
}

static bool count_down(void *of)
{
    unsigned *left = of;
    return --*left == 0;
}

/* However many there are, few are kept, and somebody is asked whether to go on. */
static void of_many_names_the_first_are_kept_and_all_counted(void **state)
{
    stage *s = *state;
    unsigned patience = 10;
    stage_does(s, "allocator bump; b = malloc 8; repeat 20000 { malloc 8 }; a = b");
    hs_completions c = hs_complete(s->session, "free p", 6, (hs_stop){NULL, NULL});
    assert_int_equal(c.count, 20000);
    assert_int_equal(c.kept, HS_COMPLETIONS_KEPT);
    assert_int_equal(c.common, 1);
    assert_false(c.stopped);
    assert_string_equal(c.items[0].text, "p1");
    assert_string_equal(c.items[1].text, "p10");
    assert_string_equal(c.items[2].text, "p100");
    assert_string_equal(c.items[3].text, "p1000");
    assert_string_equal(c.items[4].text, "p10000");
    for (size_t i = 1; i < c.kept; i++)
        assert_true(strcmp(c.items[i - 1].text, c.items[i].text) < 0);
    hs_completions_free(&c);
    c = hs_complete(s->session, "free p1999", 10, (hs_stop){NULL, NULL});
    assert_int_equal(c.count, 11);
    assert_int_equal(c.common, 5);
    hs_completions_free(&c);
    c = hs_complete(s->session, "free p", 6, (hs_stop){count_down, &patience});
    assert_true(c.stopped);
    assert_true(c.count < 20000 / 4);
    hs_completions_free(&c);
}

static void files_and_folders_are_completed(void **state)
{
    stage *s = *state;
    put_file("a.heap", "");
    put_file("b.heap", "");
    assert_int_equal(mkdir("folder", 0700), 0);
    put_file("folder/x", "");
    assert_string_equal(completed(s, "source "), "a.heap b.heap folder/");
    assert_string_equal(completed(s, "save b"), "b.heap");
    assert_string_equal(completed(s, "source fol"), "folder/");
    assert_string_equal(completed(s, "source folder/"), "folder/x");
    assert_string_equal(completed(s, "source nowhere/"), "");
}

/* --- Help ----------------------------------------------------------------------------------- */

static void expect_words(const char *text, const char *first, const char *second)
{
    if (!strstr(text, first) || (second && !strstr(text, second)))
        fail_msg("help leaves out %s or what it is", first);
}

static void help_tells_of_every_command_with_its_syntax(void **state)
{
    stage *s = *state;
    char syntax[128], *all = hs_help_text(s->session, NULL), *man = hs_help_roff();
    const hs_command *c;
    for (size_t i = 0; (c = hs_command_at(i)); i++) {
        char *one = hs_help_text(s->session, c);
        hs_command_syntax(c, syntax, sizeof syntax);
        assert_true(strlen(syntax) < sizeof syntax - 1);
        expect_words(all, syntax, hs_command_summary(c));
        expect_words(one, syntax, hs_command_summary(c));
        if (!strchr(hs_command_summary(c), '-')) expect_words(man, hs_command_summary(c), NULL);
        free(one);
    }
    free(all);
    free(man);
}

static void help_tells_of_every_option_and_measure(void **state)
{
    stage *s = *state;
    char *set = hs_help_text(s->session, hs_command_named("set"));
    char *expect = hs_help_text(s->session, hs_command_named("expect"));
    const hs_allocator *a;
    const hs_measure *m;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        for (size_t j = 0; j < a->option_count; j++)
            expect_words(set, a->options[j].name, a->options[j].help);
    char *quick = hs_help_on_option("largest", 7);
    expect_words(quick, "quick", "waits for a request of its size: 0 to 4096");
    free(quick);
    assert_null(hs_help_on_option("larges", 6));
    for (size_t i = 0; i < HS_OWN_SETTINGS; i++)
        expect_words(set, hs_settings[i].name, hs_settings[i].help);
    for (size_t i = 0; i < hs_view_settings.count; i++)
        expect_words(set, hs_view_settings.rows[i].name, hs_view_settings.rows[i].help);
    for (size_t i = 0; (m = hs_measure_at(i)); i++) expect_words(expect, m->name, m->definition);
    free(set);
    free(expect);
}

/* --- Heap and settings ----------------------------------------------------------------------- */

/* Another size than the one asked for is told with it; and one that came by itself was not asked
 * for. */
static void sizes_of_heaps_are_told_as_they_are(void **state)
{
    stage *s = *state;
    static const struct {
        const char *does, *fresh, *heap;
    } rows[] = {
        {"heap 100 max 1000", "a fresh heap of 104 bytes (asked for 100) under implicit",
         "it started with 104 bytes (asked for 100) and doubles when it runs out, up to 1000 bytes"},
        {"heap 64 max 70", "a fresh heap of 64 bytes under implicit, at most 64 (asked for 70)",
         "it started with 64 bytes, and does not grow (asked for 70 at most)"},
        {"heap 2001", "a fresh heap of 2008 bytes (asked for 2001) under implicit",
         "it started with 2008 bytes (asked for 2001) and doubles when it runs out, up to 2016 "
         "bytes"},
        {"heap 128 max 512", "a fresh heap of 128 bytes under implicit",
         "it started with 128 bytes and doubles when it runs out, up to 512 bytes"},
        {"set align 16; heap 100 max 1000",
         "a fresh heap of 112 bytes (asked for 100) under implicit, at most 992 (asked for 1000)",
         "up to 992 bytes (asked for 1000)"},
        {"allocator ostep; heap 101", "a fresh heap of 101 bytes under ostep",
         "it started with 101 bytes, and does not grow"},
        {"allocator hardened; heap 8G",
         "a fresh heap of 16777216 bytes (asked for 8589934592) under hardened, at most 1073741824 "
         "(asked for 8589934592)",
         "up to 1073741824 bytes (asked for 8589934592)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        stage_does(s, rows[i].does);
        char *text = hs_explain(s->session);
        assert_string_equal(text, rows[i].fresh);
        free(text);
        stage_does(s, "heap");
        if (!strstr(s->said, rows[i].heap)) fail_msg("%s: %s", rows[i].does, s->said);
    }
}

/* The maximum is a promise: a request that needs more is refused. */
static void a_maximum_holds(void **state)
{
    stage *s = *state;
    stage_does(s, "heap 64 max 70; set growth exact; p = malloc 60; expect p == NULL");
    stage_does(s, "expect heap_size == 64 and heap_max == 64");
    stage_does(s, "heap 64 max 72; p = malloc 60; expect p != NULL and heap_size == 72");
}

static void the_heaps_sizes_may_be_given_alone_or_together(void **state)
{
    stage *s = *state;
    stage_does(s, "heap 128 max 512");
    assert_int_equal(stage_value(s, "heap_size"), 128);
    assert_int_equal(stage_value(s, "heap_max"), 512);
    stage_does(s, "heap 64");
    assert_int_equal(stage_value(s, "heap_max"), 512);
    stage_does(s, "malloc 24; heap max 4k replay");
    assert_int_equal(stage_value(s, "heap_size"), 64);
    assert_int_equal(stage_value(s, "heap_max"), 4096);
    assert_int_equal(stage_value(s, "live"), 24);
    stage_does(s, "heap");
    assert_non_null(strstr(s->said, "the heap starts at 0x107000000"));
    assert_int_equal(stage_value(s, "live"), 24);
    stage_refuses(s, "heap 8", "a heap has at least 64 bytes");
    stage_refuses(s, "heap max 0", "a heap has at least 64 bytes");
    stage_refuses(s, "heap max", "heap: max M is missing");
    stage_refuses(s, "heap 2k max 1k", "its maximum can not be less");
    stage_refuses(s, "heap 2T", "at most 1099511627776 bytes");
    assert_int_equal(stage_value(s, "live"), 24);
}

static void set_takes_numbers_as_sizes_and_words_by_their_list(void **state)
{
    stage *s = *state;
    stage_does(s, "set zoom 1k; set pace 0x10; set");
    assert_non_null(strstr(s->said, "split-min"));
    assert_int_equal(hs_session_setting(s->session, HS_SET_ZOOM), 1024);
    assert_int_equal(hs_session_setting(s->session, HS_SET_PACE), 16);
    stage_refuses(s, "set pace 3601", "pace is a number from 0 to 3600");
    stage_refuses(s, "set pace 3)", "the number should end here");
    stage_refuses(s, "set pace \"3\"", "a number or a name should stand here");
    stage_refuses(s, "set pace fast", "there is no variable or measure fast");
    stage_does(s, "allocator bump; set align 16");
    stage_refuses(s, "set fit best",
                  "bump has no option fit; these have: implicit, explicit, segregated");
}

static void large_is_light_unless_something_else_is_set(void **state)
{
    stage *s = *state;
    stage_does(s, "set size large");
    assert_int_equal(hs_session_setting(s->session, HS_SET_THEME), HS_THEME_LIGHT);
    stage_does(s, "set theme dark; set size");
    assert_int_equal(hs_session_setting(s->session, HS_SET_THEME), HS_THEME_DARK);
    stage_does(s, "undo 2");
    assert_int_equal(hs_session_setting(s->session, HS_SET_SIZE), HS_SIZE_NORMAL);
    assert_int_equal(hs_session_setting(s->session, HS_SET_THEME), HS_THEME_DARK);
}

/* --- Lectures --------------------------------------------------------------------------------- */

static void times_and_speeds_are_read_as_people_write_them(void **state)
{
    static const struct {
        const char *text;
        uint64_t value;
    } good[] = {{"wait 2s", 2000},  {"wait 0.5s", 500},     {"wait 1.25", 1250},
                {"wait 30ms", 30},  {"wait 3600", 3600000}, {"speed 2", 2000},
                {"speed 0.5", 500}, {"speed 0.01", 10}};
    static const char *const bad[] = {"wait 2m",
                                      "wait s",
                                      "wait -1",
                                      "wait 3600.1",
                                      "wait .5",
                                      "wait 2 s",
                                      "speed 0",
                                      "speed 2s",
                                      "speed 101",
                                      "speed x",
                                      "wait 99999999999999999999999999999999"};
    stage *s = *state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        stage_does(s, good[i].text);
        assert_int_equal(s->cues, i + 1);
        assert_int_equal(s->cue, good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        stage_refuses(s, bad[i], bad[i][0] == 'w' ? "no time to wait" : "a speed is a number");
}

static void highlights_are_bytes_of_the_heap(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; highlight p1");
    assert_ptr_equal(s->shown.picture, &hs_picture_map);
    assert_int_equal(s->shown.at, stage_value(s, "p1"));
    assert_int_equal(s->shown.length, 24);
    stage_does(s, "highlight p1-8");
    assert_int_equal(s->shown.length, 8);
    stage_does(s, "highlight 0x1070000ff");
    assert_int_equal(s->shown.length, 1);
    stage_does(s, "highlight p1 248");
    assert_int_equal(s->shown.length, 248);
    stage_refuses(s, "highlight p1 249", "these are no bytes of the heap");
    stage_refuses(s, "highlight p1 0", "these are no bytes of the heap");
    stage_refuses(s, "highlight NULL", "this is no address of the heap");
}

static void views_are_the_pictures_commands(void **state)
{
    stage *s = *state;
    stage_refuses(s, "view why", "there was no request yet");
    stage_does(s, "malloc 8; view stats");
    assert_ptr_equal(s->shown.picture, &hs_picture_stats);
    stage_does(s, "view free");
    assert_ptr_equal(s->shown.picture, &hs_picture_free_list);
    stage_does(s, "view why");
    assert_ptr_equal(s->shown.picture, &hs_picture_why);
    stage_refuses(s, "view heap", "there is no view heap");
    stage_does(s, "zoom 1k");
    assert_int_equal(hs_session_setting(s->session, HS_SET_ZOOM), 1024);
    stage_does(s, "zoom");
    assert_int_equal(hs_session_setting(s->session, HS_SET_ZOOM), 0);
}

static void a_saved_lecture_is_one_still(void **state)
{
    stage *s = *state;
    static const char *const lines[] = {
        "title \"One\"",
        "note \"two\"",
        "ask \"three?\"",
    };
    for (size_t i = 0; i < 3; i++) {
        stage_does(s, lines[i]);
        char *text = hs_session_record_text(s->session, i);
        assert_string_equal(text, lines[i]);
        free(text);
    }
    stage_does(s, "presenter \"not for the audience\"; history");
    assert_null(strstr(s->said, "presenter"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)
#define TEST_WITH_FILES(name)                                                                      \
    cmocka_unit_test_setup_teardown(name, open_stage_in_a_folder, remove_the_folder)
        TEST(sizes_are_read_as_people_write_them),
        TEST(sizes_that_are_none_are_refused_by_name),
        TEST(an_address_is_no_count),
        TEST(no_size_of_a_command_is_an_address),
        TEST(pointers_have_offsets),
        TEST(conditions_are_as_in_c_and_in_words),
        TEST(conditions_that_do_not_hold_say_the_values),
        TEST(statements_share_lines_and_comments_end_them),
        TEST(words_may_be_short_while_only_one_begins_so),
        TEST(misspelt_words_bring_a_suggestion),
        TEST(suggestions_follow_the_names_that_there_are),
        TEST(a_complaint_points_at_line_and_column),
        TEST(nothing_runs_when_a_part_does_not_parse),
        TEST(brackets_and_quotes_must_match),
        TEST(open_braces_ask_for_more_lines),
        TEST(lines_are_looked_at_as_they_come),
        TEST(bytes_are_text_with_escapes_or_a_byte_many_times),
        TEST(a_star_is_a_byte_and_may_stand_in_brackets),
        TEST(a_write_that_cannot_be_is_refused),
        TEST(control_characters_are_named),
        TEST(the_line_shown_goes_on_behind_a_nul),
        TEST(bytes_that_are_no_text_are_refused_or_kept),
        TEST(long_lines_are_read_whole_and_shown_in_part),
        TEST(names_have_at_most_64_characters),
        TEST(nesting_is_deep_but_ends),
        TEST(repeat_runs_its_body_so_many_times),
        TEST(random_requests_are_the_same_for_the_same_seed),
        TEST(a_stop_ends_all_that_was_to_run),
        TEST(too_much_work_is_refused_before_it_begins),
        TEST(a_long_command_says_how_far_it_is),
        TEST(a_pointer_in_brackets_is_the_pointer),
        TEST(a_stop_ends_a_turn_before_its_end),
        TEST(quit_ends_the_program),
        TEST(an_expectation_that_fails_lets_the_rest_go_on),
        TEST(an_expected_error_must_come),
        TEST(expected_errors_nest),
        TEST_WITH_FILES(what_lies_behind_a_nul_is_said),
        TEST_WITH_FILES(source_runs_a_file_and_names_it_in_complaints),
        TEST_WITH_FILES(a_script_that_sources_itself_ends),
        TEST_WITH_FILES(a_stop_within_a_sourced_script_ends_its_caller),
        TEST_WITH_FILES(a_long_script_is_stopped_between_its_commands),
        TEST_WITH_FILES(save_replaces_saved_sessions_alone),
        TEST_WITH_FILES(a_saved_session_is_replaced_only_after_saying_so),
        TEST_WITH_FILES(a_link_that_is_saved_to_stays_one),
        TEST_WITH_FILES(waiting_for_a_script_can_be_stopped),
        TEST_WITH_FILES(no_command_leaves_a_descriptor_open),
        TEST_WITH_FILES(a_saved_script_runs),
        TEST(completion_knows_what_may_stand_where),
        TEST(an_empty_line_completes_to_all_commands),
        TEST(completion_begins_where_the_word_does),
        TEST_WITH_FILES(of_many_names_the_first_are_kept_and_all_counted),
        TEST_WITH_FILES(files_and_folders_are_completed),
        TEST(help_tells_of_every_command_with_its_syntax),
        TEST(help_tells_of_every_option_and_measure),
        TEST(sizes_of_heaps_are_told_as_they_are),
        TEST(a_maximum_holds),
        TEST(the_heaps_sizes_may_be_given_alone_or_together),
        TEST(set_takes_numbers_as_sizes_and_words_by_their_list),
        TEST(large_is_light_unless_something_else_is_set),
        TEST(times_and_speeds_are_read_as_people_write_them),
        TEST(highlights_are_bytes_of_the_heap),
        TEST(views_are_the_pictures_commands),
        TEST(a_saved_lecture_is_one_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

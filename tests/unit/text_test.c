/* SPDX-License-Identifier: MIT */
/* Text as it may be shown: whatever is in it, a terminal obeys none of it. */
#include "check.h"

#include "base/text.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

/* Freed by the caller. */
static char *shown(const char *text, size_t length, bool ascii)
{
    char *out = NULL, *copy = malloc(length ? length : 1); /* no byte behind it may be read */
    size_t size;
    FILE *stream = open_memstream(&out, &size);
    assert_non_null(copy);
    assert_non_null(stream);
    memcpy(copy, text, length);
    hs_put_shown(stream, copy, length, ascii);
    fclose(stream);
    free(copy);
    return out;
}

static void what_a_terminal_would_obey_is_shown_as_a_sign(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        const char *shown, *in_ascii;
    } rows[] = {
        {"plain\ntext", 10, "plain\ntext", "plain\ntext"},
        {"\033[2J", 4, "␛[2J", "?[2J"},
        {"a\0b", 3, "a␀b", "a?b"},
        {"\t\r\a\x7f", 4, "␉␍␇␡", "????"},
        {"\x9b"
         "2J",
         3, "\ufffd2J", "?2J"},                /* a raw byte */
        {"\xc2\x9b!", 3, "\ufffd!", "?!"},     /* the same as a character */
        {"\xe2\x80\xaex", 4, "\ufffdx", "?x"}, /* right to left from here on */
        {"\xe2\x81\xa6\xd8\x9c", 5, "\ufffd\ufffd", "??"},
        {"gr\xc3\xb6\xc3\x9f", 6, "größ", "gr??"},
        {"\xe5\xa4\xa7", 3, "大", "?"},
        {"\xe5\xa4", 2, "\ufffd\ufffd", "??"}, /* cut */
        {"\xc0\xaf\xed\xa0\x80", 5, "\ufffd\ufffd\ufffd\ufffd\ufffd", "?????"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int ascii = 0; ascii < 2; ascii++) {
            char *text = shown(rows[i].text, rows[i].length, ascii);
            assert_string_equal(text, ascii ? rows[i].in_ascii : rows[i].shown);
            free(text);
        }
}

static void no_code_point_comes_out_as_a_control(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x110000; code++) {
        char bytes[4];
        size_t n = hs_encode_utf8(code, bytes);
        const char *at = bytes;
        uint32_t back;
        bool surrogate = code >= 0xd800 && code < 0xe000;
        assert_true(hs_decode_utf8(&at, &back) == !surrogate);
        if (surrogate) continue;
        assert_int_equal(back, code);
        assert_int_equal(at - bytes, n);
        at = bytes;
        wchar_t c = hs_next_character(&at, false);
        assert_true(c >= 0x20 && (c < 0x7f || c > 0x9f));
        assert_false(c >= 0x202a && c <= 0x202e);
    }
}

static void columns_are_those_of_what_is_shown(void **state)
{
    (void)state;
    assert_int_equal(hs_columns("abc", 3), 3);
    assert_int_equal(hs_columns("größ", 6), 4);
    assert_int_equal(hs_columns("大小", 6), 4);
    assert_int_equal(hs_columns("\033\x9b\0", 3), 3);
    assert_int_equal(hs_columns("大小", 2), 2); /* two bytes that are no character */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_terminal_would_obey_is_shown_as_a_sign),
        cmocka_unit_test(no_code_point_comes_out_as_a_control),
        cmocka_unit_test(columns_are_those_of_what_is_shown),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}

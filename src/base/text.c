/* SPDX-License-Identifier: MIT */
/* UTF-8, and the signs that stand for what must not reach a terminal: an escape sequence in the
 * name of a file would be obeyed, a mark that turns text around would show another name. */
#include "base/text.h"

#include <string.h>
#include <wctype.h>

/* The length of the UTF-8 sequence that a byte begins, and the bits it gives; 0 for none. */
static int sequence_length(unsigned char c, uint32_t *bits)
{
    if (c < 0x80) return *bits = c, 1;
    if (c >= 0xc2 && c <= 0xdf) return *bits = c & 0x1f, 2;
    if (c >= 0xe0 && c <= 0xef) return *bits = c & 0x0f, 3;
    if (c >= 0xf0 && c <= 0xf4) return *bits = c & 0x07, 4;
    return 0;
}

bool hs_decode_utf8(const char **text, uint32_t *code)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    int n = sequence_length((unsigned char)**text, code);
    for (int i = 1; i < n; i++) {
        unsigned char c = (unsigned char)(*text)[i];
        if ((c & 0xc0) != 0x80) n = 0;
        *code = *code << 6 | (c & 0x3f);
    }
    bool good =
        n > 0 && *code >= smallest[n] && *code <= 0x10ffff && (*code < 0xd800 || *code > 0xdfff);
    *text += good ? n : 1;
    return good;
}

size_t hs_encode_utf8(uint32_t code, char bytes[4])
{
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; code >>= 6) bytes[i] = (char)(0x80 | (code & 0x3f));
    bytes[0] = (char)(n == 1 ? code : first[n] | code);
    return n;
}

/* Marks that turn the direction of the text around them: they would rearrange a terminal's row. */
static bool turns_text(uint32_t code)
{
    return code == 0x61c || code == 0x200e || code == 0x200f ||
           (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x206f);
}

bool hs_is_obeyed(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || turns_text(code);
}

wchar_t hs_next_character(const char **text, bool ascii)
{
    uint32_t code;
    if (!hs_decode_utf8(text, &code)) return ascii ? L'?' : 0xfffd;
    if (code < 0x20) return ascii ? L'?' : (wchar_t)(0x2400 + code); /* pictures of controls */
    if (code == 0x7f) return ascii ? L'?' : 0x2421;
    if (code < 0x7f) return (wchar_t)code;
    if (ascii) return L'?';
    return iswprint((wint_t)code) && !hs_is_obeyed(code) ? (wchar_t)code : 0xfffd;
}

/* The next character of a text that ends at `end`, where no NUL needs to stand. */
static wchar_t next_before(const char **text, const char *end, bool ascii)
{
    char last[5] = {0};
    size_t left = (size_t)(end - *text);
    if (left >= sizeof last - 1) return hs_next_character(text, ascii);
    memcpy(last, *text, left);
    const char *at = last;
    wchar_t c = hs_next_character(&at, ascii);
    *text += at - last;
    return c;
}

size_t hs_columns(const char *text, size_t length)
{
    size_t n = 0;
    for (const char *end = text + length; text < end;) {
        int width = wcwidth(next_before(&text, end, false));
        n += width < 0 ? 1 : (size_t)width; /* a locale that does not know the character shows
                                             * one sign of ASCII */
    }
    return n;
}

/* How many bytes at the start are shown as they are. Nearly always it is all of them, and texts may
 * have megabytes, so this loop is short. */
static size_t plain_length(const char *text, size_t length)
{
    size_t n = 0;
    while (n < length && (text[n] == '\n' || (text[n] >= ' ' && text[n] <= '~'))) n++;
    return n;
}

void hs_put_shown(FILE *out, const char *text, size_t length, bool ascii)
{
    for (const char *end = text + length; text < end;) {
        char bytes[4];
        size_t plain = plain_length(text, (size_t)(end - text));
        fwrite(text, 1, plain, out);
        text += plain;
        if (text < end)
            fwrite(bytes, 1, hs_encode_utf8((uint32_t)next_before(&text, end, ascii), bytes), out);
    }
}

void hs_put_in_line(FILE *out, const char *text)
{
    for (; *text; text++)
        if (*text == '\n')
            fputs("\u240a", out);
        else
            putc(*text, out);
}

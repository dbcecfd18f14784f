/* UTF-8 and wide characters. On Linux a wide character is a code point. */
#include "ui/utf8.h"

#include "heap/array.h"
#include "view/scene.h"

#include <stdint.h>
#include <string.h>

static char *put(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *out++ = (char)(0xe0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    } else {
        *out++ = (char)(0xf0 | (c >> 18 & 7));
        *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    }
    return out;
}

char *hs_utf8_from_wide(const wchar_t *text, size_t length)
{
    char *bytes = hs_new(length * 4 + 1, 1), *out = bytes;
    for (size_t i = 0; i < length; i++) out = put(out, (uint32_t)text[i]);
    return bytes;
}

wchar_t *hs_wide_from_utf8(const char *text)
{
    wchar_t *wide = hs_new(strlen(text) + 1, sizeof *wide), *out = wide;
    while (*text) {
        uint32_t code;
        *out++ = hs_decode_utf8(&text, &code) ? (wchar_t)code : 0xfffd;
    }
    return wide;
}

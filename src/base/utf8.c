/* SPDX-License-Identifier: MIT */
/* UTF-8 and wide characters. On Linux a wide character is a code point. */
#include "base/utf8.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdint.h>
#include <string.h>

char *hs_utf8_from_wide(const wchar_t *text, size_t length)
{
    char *bytes = hs_new(length * 4 + 1, 1), *out = bytes;
    for (size_t i = 0; i < length; i++) out += hs_encode_utf8((uint32_t)text[i], out);
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

/* SPDX-License-Identifier: MIT */
/* Between UTF-8 and wide characters, whatever the locale says. */
#ifndef HS_BASE_UTF8_H
#define HS_BASE_UTF8_H

#include <stddef.h>
#include <wchar.h>

/* Both return new strings, which the caller frees. Invalid bytes become U+FFFD. */
char *hs_utf8_from_wide(const wchar_t *text, size_t length);
wchar_t *hs_wide_from_utf8(const char *text);

#endif

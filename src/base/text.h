/* SPDX-License-Identifier: MIT */
/* Text as bytes of UTF-8, and text as it may be shown: nothing that a terminal would obey. */
#ifndef HS_BASE_TEXT_H
#define HS_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

/* One code point of UTF-8 at *text, which is moved on; false, and moved by one byte, if invalid. */
bool hs_decode_utf8(const char **text, uint32_t *code);

/* The bytes of a code point; returns how many. */
size_t hs_encode_utf8(uint32_t code, char bytes[4]);

/* True for a character that a terminal would obey, or that would turn the text around it, rather
 * than be shown. */
bool hs_is_obeyed(uint32_t code);

/* One character of UTF-8 at *text, which is moved on. Control characters, marks that turn the
 * direction of text, and invalid bytes come out as visible signs (ASCII ones when `ascii`). */
wchar_t hs_next_character(const char **text, bool ascii);

/* Columns of a terminal that these bytes take when hs_put_shown writes them. */
size_t hs_columns(const char *text, size_t length);

/* Write the bytes as they may be shown; newlines are kept. Any byte may be among them, NUL too. */
void hs_put_shown(FILE *, const char *text, size_t length, bool ascii);

/* Write a text that must stay in one line: its newlines, which names of files may have, become
 * visible signs. */
void hs_put_in_line(FILE *, const char *text);

#endif

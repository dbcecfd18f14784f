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

/* Would a terminal obey it, or turn the text around it, rather than show it? */
bool hs_is_obeyed(uint32_t code);

/* One character of UTF-8 at *text, which is moved on. Control characters, marks that turn the
 * direction of text, and invalid bytes come out as visible signs (ASCII ones when `ascii`). */
wchar_t hs_next_character(const char **text, bool ascii);

/* Columns of a terminal that so many bytes take when they are shown so. */
size_t hs_columns(const char *text, size_t length);

/* Write the bytes as they may be shown; newlines are kept. Any byte may be among them, NUL too. */
void hs_put_shown(FILE *, const char *text, size_t length, bool ascii);

/* Write a text that is one line: a newline in it, as names may have, becomes its picture. */
void hs_put_in_line(FILE *, const char *text);

#endif

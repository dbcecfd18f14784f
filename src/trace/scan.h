/* Scanning text: numbers and blanks, without looking for the end at each step.
 *
 * Every text ends in a newline, which is no digit, no blank and no part of a word: loops over these
 * stop there by themselves. Carriage returns are blanks. */
#ifndef HS_TRACE_SCAN_H
#define HS_TRACE_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline bool hs_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static inline const char *hs_skip_blanks(const char *at)
{
    while (hs_is_blank(*at)) at++;
    return at;
}

/* Nothing but blanks up to the end of the line? */
static inline bool hs_line_ends(const char *at)
{
    return *at == '\n' || *hs_skip_blanks(at) == '\n';
}

/* Behind the line's newline. */
static inline const char *hs_next_line(const char *at, const char *end)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    return newline ? newline + 1 : end;
}

static inline bool hs_begins(const char *at, const char *end, const char *word)
{
    size_t n = strlen(word);
    return (size_t)(end - at) >= n && memcmp(at, word, n) == 0;
}

/* Digits that may be too many: false when no uint64_t holds them. */
static inline bool hs_number_fits(const char *from, const char *to, unsigned base, uint64_t *value)
{
    *value = 0;
    for (; from < to; from++) {
        unsigned digit = (unsigned char)*from;
        digit = digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
        if (__builtin_mul_overflow(*value, (uint64_t)base, value) ||
            __builtin_add_overflow(*value, (uint64_t)digit, value))
            return false;
    }
    return true;
}

/* Each takes a number and leaves *at behind it; false, *at where it was, when there is none that a
 * uint64_t holds. */
static inline bool hs_take_decimal(const char **at, uint64_t *value)
{
    const char *p = *at;
    uint64_t n = 0;
    for (unsigned digit; (digit = (unsigned)*p - '0') < 10; p++) n = n * 10 + digit;
    if (p == *at || (p - *at > 19 && !hs_number_fits(*at, p, 10, &n))) return false;
    *value = n;
    *at = p;
    return true;
}

/* The value of a hexadecimal digit; 16 and above: it is none. */
static inline unsigned hs_hex_digit(char c)
{
    unsigned digit = (unsigned)c - '0', letter = ((unsigned)c | 0x20) - 'a';
    return digit < 10 ? digit : letter < 6 ? letter + 10 : 16;
}

static inline bool hs_take_hex_digits(const char **at, uint64_t *value)
{
    const char *p = *at;
    uint64_t n = 0;
    for (unsigned digit; (digit = hs_hex_digit(*p)) < 16; p++) n = n << 4 | digit;
    if (p == *at || (p - *at > 16 && !hs_number_fits(*at, p, 16, &n))) return false;
    *value = n;
    *at = p;
    return true;
}

/* 0x18 or 24. */
static inline bool hs_take_number(const char **at, uint64_t *value)
{
    const char *digits = *at + 2;
    if ((*at)[0] != '0' || ((*at)[1] | 0x20) != 'x') return hs_take_decimal(at, value);
    if (!hs_take_hex_digits(&digits, value)) return false;
    *at = digits;
    return true;
}

#endif

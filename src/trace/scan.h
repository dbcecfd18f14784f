/* SPDX-License-Identifier: MIT */
/* Scanning text: numbers and blanks, without looking for the end at each step.
 *
 * Every text ends in a newline, which is no digit, no blank and no part of a word: loops over these
 * stop there by themselves. Carriage returns are blanks. Behind the newline HS_SCAN_ROOM bytes may
 * be read: numbers are taken eight digits at a time, in one word.
 *
 *      "1432\n..."   bytes of the word, first one lowest: 1 4 3 2 ...
 *                    shifted up, so that zeros come first: 0 0 0 0 1 4 3 2
 *                    pairs, then fours, then all joined by multiplications
 *
 * How many digits there are is then no branch, which would be guessed wrongly at every other
 * number. Hexadecimal ones are taken sixteen at a time, as vectors, which every compiler for every
 * machine turns into something. */
#ifndef HS_TRACE_SCAN_H
#define HS_TRACE_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#if defined __SSE2__
#include <emmintrin.h>
#endif

enum { HS_SCAN_ROOM = 16 };

/* Inlined wherever it is called, so that what is in a register stays there. */
#define HS_INLINED static inline __attribute__((always_inline))

static inline bool hs_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* True for characters of names: letters, digits, _. */
static inline bool hs_is_letter(char c)
{
    return ((unsigned)c | 0x20) - 'a' < 26 || c == '_';
}

static inline bool hs_is_word(char c)
{
    return hs_is_letter(c) || (unsigned)c - '0' < 10;
}

static inline const char *hs_skip_blanks(const char *at)
{
    while (hs_is_blank(*at)) at++;
    return at;
}

/* True if only blanks come up to the end of the line. */
static inline bool hs_line_ends(const char *at)
{
    return *at == '\n' || *hs_skip_blanks(at) == '\n';
}

/* The place behind the line's newline. */
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

#define HS_BYTES(b) (0x0101010101010101u * (b))

/* Eight bytes, the first one lowest. */
static inline uint64_t hs_word_at(const char *at)
{
    uint64_t w;
    memcpy(&w, at, sizeof w);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return w;
}

/* True if the word begins with this text, a literal of up to eight bytes. Padded with zeros it is a
 * constant. */
#define hs_word_is(word, text) hs_word_begins(word, text "\0\0\0\0\0\0\0", sizeof text - 1)
HS_INLINED bool hs_word_begins(uint64_t word, const char *padded, size_t n)
{
    return (word ^ hs_word_at(padded)) << (64 - 8 * n) == 0;
}

/* True if the first n of 16 bytes are the same. There is no branch for each byte. */
HS_INLINED bool hs_same_bytes(const char *a, const char *b, size_t n)
{
    uint64_t low = hs_word_at(a) ^ hs_word_at(b), high = hs_word_at(a + 8) ^ hs_word_at(b + 8);
    return n < 8 ? low << (64 - 8 * n) == 0 : low == 0 && (n == 8 || high << (128 - 8 * n) == 0);
}

/* Bit 7 of each byte that is no decimal digit. */
static inline uint64_t hs_no_digits(uint64_t w)
{
    uint64_t t = w ^ HS_BYTES('0');
    return (((t & HS_BYTES(0x7f)) + HS_BYTES(0x76)) | t) & HS_BYTES(0x80);
}

/* Numbers of many digits, from *at on; the digits end at `end`. */
static inline bool hs_take_long(const char **at, const char *end, unsigned base, uint64_t *value)
{
    uint64_t number;
    if (!hs_number_fits(*at, end, base, &number)) return false;
    *value = number;
    *at = end;
    return true;
}

/* Each takes a number and leaves *at behind it; false, *at where it was, when there is none that a
 * uint64_t holds. */
HS_INLINED bool hs_take_decimal(const char **at, uint64_t *value)
{
    uint64_t w = hs_word_at(*at), others = hs_no_digits(w);
    if (!others) {
        const char *end = *at + 8;
        while ((unsigned)*end - '0' < 10) end++;
        return hs_take_long(at, end, 10, value);
    }
    unsigned bits = (unsigned)__builtin_ctzll(others) & ~7u; /* how many bits the digits have */
    if (!bits) return false;
    w = w << (64 - bits) & HS_BYTES(0x0f);
    w = w * 2561 >> 8 & 0x00ff00ff00ff00ffu;
    w = w * 6553601 >> 16 & 0x0000ffff0000ffffu;
    *value = w * 42949672960001u >> 32;
    *at += bits / 8;
    return true;
}

/* More than 15 hexadecimal digits: with zeros before, or too large. */
static inline bool hs_take_full_hex(const char **at, uint64_t *value)
{
    const char *end = *at;
    while ((unsigned)*end - '0' < 10 || ((unsigned)*end | 0x20) - 'a' < 6) end++;
    return hs_take_long(at, end, 16, value);
}

typedef uint8_t hs_bytes __attribute__((vector_size(16)));
typedef uint16_t hs_pairs __attribute__((vector_size(16)));
typedef uint8_t hs_half __attribute__((vector_size(8)));

/* One bit of each of 16 bytes, which are 0 or 255; the first byte's is the lowest. */
HS_INLINED unsigned hs_bits_of(hs_bytes bytes)
{
#if defined __SSE2__
    return (unsigned)_mm_movemask_epi8((__m128i)bytes);
#else
    unsigned bits = 0;
    for (unsigned i = 0; i < sizeof bytes; i++) bits |= (bytes[i] & 1u) << i;
    return bits;
#endif
}

/* The low four bits of each of 16 bytes, joined into one word; the first byte's are the highest. */
HS_INLINED uint64_t hs_join_nibbles(hs_bytes bytes)
{
    hs_pairs pairs = (hs_pairs)bytes;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    pairs = pairs << 8 | pairs >> 8;
#endif
    hs_half joined = __builtin_convertvector((pairs << 4 | pairs >> 8) & 0xff, hs_half);
    return __builtin_bswap64(hs_word_at((const char *)&joined));
}

/* Up to 16 hexadecimal digits, all at the same time: which bytes are digits, and what they are. */
HS_INLINED bool hs_take_hex_digits(const char **at, uint64_t *value)
{
    hs_bytes text;
    memcpy(&text, *at, sizeof text);
    hs_bytes decimal = (hs_bytes)(text - '0' < 10);
    hs_bytes letter = (hs_bytes)((text | 0x20) - 'a' < 6);
    unsigned digits = (unsigned)__builtin_ctz(~hs_bits_of(decimal | letter));
    if (digits - 1 >= 15) return digits && hs_take_full_hex(at, value);
    *value = hs_join_nibbles((text & 0x0f) + (letter & 9)) >> (64 - 4 * digits); /* a is 0x61 */
    *at += digits;
    return true;
}

/* Take 0x18. When it is something else, *at may be anywhere. */
HS_INLINED bool hs_take_0x(const char **at, uint64_t *value)
{
    if ((*at)[0] != '0' || (*at)[1] != 'x') return false;
    *at += 2;
    return hs_take_hex_digits(at, value);
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

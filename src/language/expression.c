/* SPDX-License-Identifier: MIT */
/* Expressions by recursive descent: one function a level of precedence, lowest first.
 *
 *      condition  = both { "or" both }          sum     = product { ("+" | "-") product }
 *      both       = negation { "and" negation } product = primary { ("*" | "/" | "%") primary }
 *      negation   = "not" negation | comparison primary = number | 'c' | "(" condition ")"
 *      comparison = sum [ ("==" | "<" ...) sum ]          | measure | function(pointer) | variable
 *
 * Values are sizes: no wrap-around is silent, and nothing is negative. */
#include "language/expression.h"

#include "base/memory.h"
#include "language/words.h"

#include <heapscope/ledger.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- Characters ----------------------------------------------------------------------------- */

static char peek(const hs_reader *r, size_t ahead)
{
    return r->at + ahead < r->length ? r->text[r->at + ahead] : 0;
}

void hs_read_blanks(hs_reader *r)
{
    for (;;) {
        char c = peek(r, 0);
        if (r->at >= r->length) return;
        if (c == ' ' || c == '\t' || c == '\r')
            r->at++;
        else if (c == '\\' && peek(r, 1) == '\n')
            r->at += 2;
        else if (c == '\\' && peek(r, 1) == '\r' && peek(r, 2) == '\n')
            r->at += 3;
        else
            return;
    }
}

bool hs_is_name_start(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

bool hs_is_character(const hs_reader *r)
{
    return peek(r, 0) == '\'' && r->at + 2 < r->length && peek(r, 1) != '\n' && peek(r, 2) == '\'';
}

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

size_t hs_name_end(const hs_reader *r, size_t at)
{
    while (at < r->length && is_name(r->text[at])) at++;
    return at;
}

static hs_span here(const hs_reader *r)
{
    return (hs_span){r->at, r->at + (r->at < r->length)};
}

static bool take(hs_reader *r, const char *symbol)
{
    size_t n = strlen(symbol);
    if (r->length - r->at < n || strncmp(r->text + r->at, symbol, n) != 0) return false;
    if (is_name(symbol[0]) && r->at + n < r->length && is_name(r->text[r->at + n])) return false;
    r->at += n;
    return true;
}

/* The binary operator of `set` that stands here; 0 if there is none, or if it begins the next
 * argument. */
static char operator_here(hs_reader *r, const char *set)
{
    size_t before = r->at;
    hs_read_blanks(r);
    char c = peek(r, 0);
    bool blank_before = r->at > before;
    bool blank_behind = isspace((unsigned char)peek(r, 1)) || r->at + 1 >= r->length;
    if (c && strchr(set, c) && !(blank_before && !blank_behind && (c == '-' || c == '+'))) return c;
    r->at = before;
    return 0;
}

/* --- Numbers -------------------------------------------------------------------------------- */

static unsigned suffix_shift(char c)
{
    switch (tolower((unsigned char)c)) {
    case 'k': return 10;
    case 'm': return 20;
    case 'g': return 30;
    case 't': return 40;
    default: return 0;
    }
}

static bool too_large(hs_reader *r, size_t start)
{
    hs_complain(r->complaint, (hs_span){start, r->at}, "this is larger than any size");
    return hs_hint(r->complaint, "the largest is SIZE_MAX, 18446744073709551615");
}

static int digit_of(char c)
{
    if (isdigit((unsigned char)c)) return c - '0';
    if (isalpha((unsigned char)c)) return tolower((unsigned char)c) - 'a' + 10;
    return 99;
}

bool hs_read_number(hs_reader *r, uint64_t *value)
{
    size_t start = r->at;
    int base = 10;
    if (peek(r, 0) == '0' && (peek(r, 1) == 'x' || peek(r, 1) == 'X')) {
        base = 16;
        r->at += 2;
    }
    size_t digits = r->at;
    bool overflow = false;
    *value = 0;
    for (; digit_of(peek(r, 0)) < base; r->at++) {
        overflow |= __builtin_mul_overflow(*value, (uint64_t)base, value);
        overflow |= __builtin_add_overflow(*value, (uint64_t)digit_of(peek(r, 0)), value);
    }
    bool none = r->at == digits;
    unsigned shift = base == 10 ? suffix_shift(peek(r, 0)) : 0;
    if (shift) {
        r->at++;
        overflow |= *value > UINT64_MAX >> shift;
        *value <<= shift;
    }
    size_t end = hs_name_end(r, r->at);
    if (none || end != r->at) {
        hs_complain(r->complaint, (hs_span){start, end}, "%.*s is no number",
                    end - start > 40 ? 40 : (int)(end - start), r->text + start);
        return hs_hint(r->complaint, "numbers are like 24, 0x18, 2k, 1M, 4G");
    }
    return overflow ? too_large(r, start) : true;
}

/* --- Names ---------------------------------------------------------------------------------- */

static bool unknown_name(hs_reader *r, hs_span where, bool pointer)
{
    hs_words words = {0};
    const char *text = r->text + where.start;
    size_t length = where.end - where.start;
    hs_words_of_variables(&words, r->session);
    if (!pointer) hs_words_of_measures(&words);
    const char *nearest = hs_words_nearest(&words, text, length);
    hs_complain(r->complaint, where, "there is no %s %.*s",
                pointer ? "pointer" : "variable or measure", length > 40 ? 40 : (int)length, text);
    if (nearest)
        hs_hint(r->complaint, "did you mean %s?", nearest);
    else if (pointer)
        hs_hint(r->complaint,
                "a pointer is a name such as p1, a name plus an offset, NULL, or an address");
    hs_words_free(&words);
    return false;
}

static bool size_of_pointer(hs_reader *r, hs_span where, bool whole_block, uint64_t *value)
{
    hs_reader inner = *r;
    hs_pointer p;
    if (!hs_read_pointer(&inner, &p)) return false;
    r->at = inner.at;
    if (!r->session) return true;
    hs_addr at = hs_session_value(r->session, p);
    const hs_client_block *b = hs_session_block_from(r->session, at);
    if (!b || b->addr != at || !b->live)
        return hs_complain(r->complaint, where, "no live block starts at 0x%" PRIx64, at);
    *value = b->requested;
    if (!whole_block) return true;
    hs_seen seen;
    if (hs_session_walk_to(r->session, at, &seen) && hs_block_payload(&seen.whole) == at) {
        *value = seen.whole.size;
        return true;
    }
    return hs_complain(r->complaint, where, "the heap has no block marks there");
}

enum { DEEPEST = 200 };

/* Go into one more bracket, function, sign or "not". Nesting ends before the stack does. */
static bool descend(hs_reader *r)
{
    return ++r->depth <= DEEPEST ||
           hs_complain(r->complaint, here(r), "this is nested more than %d deep", DEEPEST);
}

/* Read physical(p), where p lies in the machine's memory, or faults(p), which is 1 where it lies
 * nowhere. */
static bool translated(hs_reader *r, hs_span where, bool faults, uint64_t *value)
{
    hs_problem problem;
    hs_pointer p;
    uint64_t address;
    if (!hs_read_pointer(r, &p)) return false;
    if (!r->session) return true;
    if (!hs_session_virtual(r->session, p, &address, &problem))
        return hs_complain(r->complaint, where, "%s", problem.what);
    hs_translation t = hs_mmu_translate_current(hs_session_mmu(r->session), address, 0);
    *value = faults ? t.fault != HS_FAULT_NONE : t.physical;
    if (faults || !t.fault) return true;
    hs_complain(r->complaint, where, "0x%" PRIx64 " has no physical address: it faults", address);
    return hs_hint(r->complaint, "`translate` says why");
}

static bool is_function(const hs_reader *r, hs_span name, const char *function)
{
    size_t n = strlen(function);
    return name.end - name.start == n && strncmp(r->text + name.start, function, n) == 0;
}

static bool read_operand(hs_reader *r, hs_span name, uint64_t *value)
{
    bool faults = is_function(r, name, "faults");
    if (faults || is_function(r, name, "physical")) return translated(r, name, faults, value);
    return size_of_pointer(r, name, is_function(r, name, "block"), value);
}

/* Read size(p), the bytes asked for, or block(p), the bytes of the whole block. */
static bool read_function(hs_reader *r, hs_span name, uint64_t *value)
{
    static const char *const functions[] = {"size", "block", "physical", "faults"};
    size_t i = 0;
    while (i < 4 && !is_function(r, name, functions[i])) i++;
    if (i == 4) {
        hs_complain(r->complaint, name, "there is no function of that name");
        return hs_hint(
            r->complaint,
            "there is size(p1), the bytes asked for, block(p1), the block's, physical(p1) "
            "and faults(p1), of the machine");
    }
    r->at++;
    *value = 1;
    if (!descend(r) || !read_operand(r, name, value)) return false;
    r->address = false;
    r->depth--;
    hs_read_blanks(r);
    if (take(r, ")")) return true;
    return hs_complain(r->complaint, here(r), "a ) is missing here");
}

static bool read_name(hs_reader *r, uint64_t *value)
{
    hs_span name = {r->at, hs_name_end(r, r->at)};
    const char *text = r->text + name.start;
    size_t length = name.end - name.start;
    r->at = name.end;
    *value = 1;
    if (peek(r, 0) == '(') return read_function(r, name, value);
    r->address = length == 4 && strncmp(text, "NULL", 4) == 0;
    if (r->address) return *value = 0, true;
    if (length == 8 && strncmp(text, "SIZE_MAX", 8) == 0) return *value = UINT64_MAX, true;
    if (!r->session) return true;
    uint32_t variable = hs_session_find_variable(r->session, text, length);
    const hs_measure *measure = hs_measure_named(text, length);
    r->address = variable != HS_NONE;
    if (variable != HS_NONE) {
        *value = hs_session_variable(r->session, variable)->value;
    } else if (measure) {
        hs_ledger ledger = hs_ledger_take(r->session);
        *value = measure->value(r->session, &ledger);
    } else {
        return unknown_name(r, name, false);
    }
    return true;
}

/* --- Levels of precedence ------------------------------------------------------------------- */

static bool read_or(hs_reader *r, uint64_t *value);

static bool read_primary(hs_reader *r, uint64_t *value)
{
    hs_read_blanks(r);
    char c = peek(r, 0);
    r->address = false;
    if (isdigit((unsigned char)c)) return hs_read_number(r, value);
    if (hs_is_name_start(c)) return read_name(r, value);
    if (hs_is_character(r)) {
        *value = (unsigned char)peek(r, 1);
        r->at += 3;
        return true;
    }
    if (c == '(') {
        size_t open = r->at++;
        if (!descend(r) || !read_or(r, value)) return false;
        r->depth--;
        hs_read_blanks(r);
        if (take(r, ")")) return true;
        return hs_complain(r->complaint, (hs_span){open, open + 1}, "this ( has no )");
    }
    if (c == '-') {
        size_t start = r->at++;
        if (!descend(r) || !read_primary(r, value)) return false;
        hs_complain(r->complaint, (hs_span){start, r->at}, "no number here is negative");
        return hs_hint(r->complaint, "the size (size_t)-1 of C is SIZE_MAX");
    }
    if (r->at >= r->length || (c && strchr("\n;#}", c)))
        return hs_complain(r->complaint, here(r), "a number or a name is missing here");
    hs_complain(r->complaint, here(r), "a number or a name should stand here");
    if (c != '\'') return false;
    return hs_hint(r->complaint, "one character stands in '...', a text in \"...\"");
}

static bool combine(hs_reader *r, char operator, uint64_t left, uint64_t right, size_t start,
                    uint64_t *value)
{
    hs_span where = {start, r->at};
    switch (operator) {
    case '+': return __builtin_add_overflow(left, right, value) ? too_large(r, start) : true;
    case '*': return __builtin_mul_overflow(left, right, value) ? too_large(r, start) : true;
    case '-':
        *value = left - right;
        if (left >= right || !r->session) return true;
        return hs_complain(r->complaint, where, "%" PRIu64 " - %" PRIu64 " is negative", left,
                           right);
    default:
        if (right == 0) return hs_complain(r->complaint, where, "a division by zero");
        *value = operator== '/' ? left / right : left % right;
        return true;
    }
}

static bool read_product(hs_reader *r, uint64_t *value)
{
    size_t start = r->at;
    char operator;
    if (!read_primary(r, value)) return false;
    while ((operator= operator_here(r, "*/%"))) {
        uint64_t right;
        r->at++;
        if (!read_primary(r, &right)) return false;
        r->address = false;
        if (!r->session) continue;
        if (!combine(r, operator, * value, right, start, value)) return false;
    }
    return true;
}

static bool read_sum(hs_reader *r, uint64_t *value)
{
    hs_read_blanks(r);
    size_t start = r->at;
    char operator;
    if (!read_product(r, value)) return false;
    while ((operator= operator_here(r, "+-"))) {
        uint64_t right;
        bool address = r->address;
        r->at++;
        if (!read_product(r, &right)) return false;
        r->address = operator== '+' ? address || r->address : address && !r->address;
        if (!r->session) continue;
        if (!combine(r, operator, * value, right, start, value)) return false;
    }
    return true;
}

static bool compare(const char *operator, uint64_t a, uint64_t b)
{
    if (operator[1] == '=') {
        switch (operator[0]) {
        case '=': return a == b;
        case '!': return a != b;
        case '<': return a <= b;
        default: return a >= b;
        }
    }
    return operator[0] == '<' ? a < b : a> b;
}

static bool read_comparison(hs_reader *r, uint64_t *value)
{
    static const char *const operators[] = {"==", "!=", "<=", ">=", "<", ">", NULL};
    hs_read_blanks(r);
    size_t start = r->at;
    if (!read_sum(r, value)) return false;
    size_t behind = r->at;
    hs_read_blanks(r);
    for (size_t i = 0; operators[i]; i++) {
        uint64_t right;
        if (!take(r, operators[i])) continue;
        if (!read_sum(r, &right)) return false;
        r->address = false;
        bool holds = compare(operators[i], *value, right);
        if (!holds && r->session) /* kept for the case that the whole condition fails */
            hs_complain(r->complaint, (hs_span){start, r->at},
                        "this does not hold: %" PRIu64 " (0x%" PRIx64 ") %s %" PRIu64 " (0x%" PRIx64
                        ")",
                        *value, *value, operators[i], right, right);
        *value = holds;
        return true;
    }
    if (peek(r, 0) == '=') {
        hs_complain(r->complaint, here(r), "= alone compares nothing");
        return hs_hint(r->complaint, "write ==");
    }
    r->at = behind;
    return true;
}

static bool read_not(hs_reader *r, uint64_t *value)
{
    hs_read_blanks(r);
    size_t start = r->at;
    if (!take(r, "not") && !(peek(r, 1) != '=' && take(r, "!"))) return read_comparison(r, value);
    if (!descend(r) || !read_not(r, value)) return false;
    r->depth--;
    r->address = false;
    *value = !*value;
    if (!*value && r->session)
        hs_complain(r->complaint, (hs_span){start, r->at}, "this does not hold");
    return true;
}

static bool read_and(hs_reader *r, uint64_t *value)
{
    if (!read_not(r, value)) return false;
    for (;;) {
        size_t before = r->at;
        hs_read_blanks(r);
        if (!take(r, "and") && !take(r, "&&")) return r->at = before, true;
        uint64_t right;
        if (!read_not(r, &right)) return false;
        r->address = false;
        *value = *value && right;
    }
}

static bool read_or(hs_reader *r, uint64_t *value)
{
    if (!read_and(r, value)) return false;
    for (;;) {
        size_t before = r->at;
        hs_read_blanks(r);
        if (!take(r, "or") && !take(r, "||")) return r->at = before, true;
        uint64_t right;
        if (!read_and(r, &right)) return false;
        r->address = false;
        *value = *value || right;
    }
}

/* --- For the parser ------------------------------------------------------------------------- */

bool hs_read_size(hs_reader *r, uint64_t *value)
{
    return read_sum(r, value);
}

bool hs_read_condition(hs_reader *r, bool *holds)
{
    uint64_t value;
    hs_read_blanks(r);
    size_t start = r->at;
    r->complaint->what[0] = 0;
    if (!read_or(r, &value)) return false;
    *holds = value != 0;
    if (!*holds && !r->complaint->what[0])
        hs_complain(r->complaint, (hs_span){start, r->at}, "this does not hold: it is 0");
    return true;
}

/* Read what follows a variable: + n or - n, and again. Offsets wrap: p - 8 is p + (2^64 - 8). */
static bool read_offset(hs_reader *r, uint64_t *offset)
{
    char operator;
    *offset = 0;
    while ((operator= operator_here(r, "+-"))) {
        uint64_t n;
        r->at++;
        if (!read_product(r, &n)) return false;
        *offset = operator== '+' ? *offset + n : * offset - n;
    }
    return true;
}

/* True for a name that may be a pointer: one that stands for no number. */
static bool is_pointer_name(const hs_reader *r)
{
    size_t length = hs_name_end(r, r->at) - r->at;
    return hs_is_name_start(peek(r, 0)) &&
           !(length == 4 && strncmp(r->text + r->at, "NULL", 4) == 0);
}

static bool read_named_pointer(hs_reader *r, hs_pointer *p)
{
    hs_span name = {r->at, hs_name_end(r, r->at)};
    r->at = name.end;
    if (r->session) {
        p->variable =
            hs_session_find_variable(r->session, r->text + name.start, name.end - name.start);
        if (p->variable == HS_NONE) return unknown_name(r, name, true);
    }
    return read_offset(r, &p->offset);
}

/* Read a pointer in brackets, as in C: (p1), (p1 + 8) + 8. It is read as a pointer and not as a
 * number, for a session keeps the name. False, and nothing is read, if something else stands
 * there. */
static bool read_bracketed_pointer(hs_reader *r, hs_pointer *p)
{
    hs_complaint ignored;
    hs_reader ahead = *r;
    size_t open = 0;
    ahead.complaint = &ignored;
    for (; peek(&ahead, 0) == '('; open++) {
        ahead.at++;
        hs_read_blanks(&ahead);
    }
    if (!open || !is_pointer_name(&ahead) || !read_named_pointer(&ahead, p)) return false;
    for (uint64_t more; open; open--) {
        hs_read_blanks(&ahead);
        if (!take(&ahead, ")") || !read_offset(&ahead, &more)) return false;
        p->offset += more;
    }
    ahead.complaint = r->complaint;
    *r = ahead;
    return true;
}

bool hs_read_pointer(hs_reader *r, hs_pointer *p)
{
    hs_read_blanks(r);
    *p = (hs_pointer){.variable = HS_NONE};
    if (is_pointer_name(r)) return read_named_pointer(r, p);
    if (read_bracketed_pointer(r, p)) return true;
    *p = (hs_pointer){.variable = HS_NONE};
    return hs_read_size(r, &p->offset);
}

/* --- Strings -------------------------------------------------------------------------------- */

static bool read_escape(hs_reader *r, char *out)
{
    static const char names[] = "ntr0\\\"'e", values[] = "\n\t\r\0\\\"'\033";
    size_t start = r->at++;
    char c = peek(r, 0);
    const char *known = c ? strchr(names, c) : NULL;
    if (known) {
        *out = values[known - names];
        r->at++;
        return true;
    }
    int high = digit_of(peek(r, 1)), low = high < 16 ? digit_of(peek(r, 2)) : 99;
    if (c == 'x' && low < 16) {
        *out = (char)(high * 16 + low);
        r->at += 3;
        return true;
    }
    hs_complain(r->complaint, (hs_span){start, start + 2}, "an unknown escape");
    return hs_hint(r->complaint, "known are \\n \\t \\r \\e \\0 \\\\ \\\" and \\xHH");
}

bool hs_read_string(hs_reader *r, char **bytes, size_t *length)
{
    size_t open = r->at++, capacity = 0;
    *bytes = NULL;
    *length = 0;
    for (;;) {
        char c = peek(r, 0);
        *bytes = hs_array_reserve(*bytes, &capacity, *length + 2, 1);
        (*bytes)[*length] = 0;
        if (r->at >= r->length || c == '\n') break;
        if (c == '"') return r->at++, true;
        if (c == '\\' && peek(r, 1) == '\n') { /* a long text goes on in the next line */
            r->at += 2;
            while (peek(r, 0) == ' ' || peek(r, 0) == '\t') r->at++;
            continue;
        }
        if (c != '\\')
            r->at++;
        else if (!read_escape(r, &c))
            goto failed;
        (*bytes)[(*length)++] = c;
    }
    hs_complain(r->complaint, (hs_span){open, open + 1}, "this \" has no second one");
failed:
    free(*bytes);
    *bytes = NULL;
    return false;
}

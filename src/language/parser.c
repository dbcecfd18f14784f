/* SPDX-License-Identifier: MIT */
/* The parser: statements by the command table.
 *
 *      statement = [NAME "="] COMMAND arguments | [NAME "="] COMMAND "(" arguments ")"
 *                | NAME "=" POINTER
 *      separated by newlines and ";"; "#" begins a comment.
 *
 * How an argument reads is decided by its parameter's kind, so `p1-8` is an expression and
 * `free-list` a word without either needing quotes. */
#include "base/memory.h"
#include "language/capabilities.h"
#include "language/expression.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 50 };

typedef struct {
    hs_reader r;
    int depth;
    bool call;          /* it is inside COMMAND( ... ), where arguments end at the bracket */
    bool looks_through; /* statements are not kept, and a { ends one; `opened` tells of it */
    bool opened;
} parser;

static char peek(const parser *p)
{
    return p->r.at < p->r.length ? p->r.text[p->r.at] : 0;
}

static bool at_end(const parser *p)
{
    return p->r.at >= p->r.length;
}

static bool statement_ends(const parser *p)
{
    char c = peek(p);
    return at_end(p) || c == '\n' || c == ';' || c == '#' || c == '}' || (p->call && c == ')');
}

static bool word_ends(const parser *p)
{
    char c = peek(p);
    return at_end(p) || c == '\r' || c == '{' || c == ' ' || c == '\t' || statement_ends(p);
}

static hs_span here(const parser *p)
{
    return (hs_span){p->r.at, p->r.at + !at_end(p)};
}

static char *copy(const parser *p, hs_span s)
{
    char *text = hs_new(s.end - s.start + 1, 1);
    memcpy(text, p->r.text + s.start, s.end - s.start);
    return text;
}

/* Skip blanks, comments and, between statements, separators. */
static void skip(parser *p, bool separators)
{
    for (;;) {
        hs_read_blanks(&p->r);
        if (peek(p) == '#') {
            while (!at_end(p) && peek(p) != '\n') p->r.at++;
        } else if (separators && !at_end(p) && (peek(p) == '\n' || peek(p) == ';')) {
            p->r.at++;
        } else {
            return;
        }
    }
}

static bool complain_control(const parser *p, size_t at)
{
    return hs_complain(p->r.complaint, (hs_span){at, at + 1},
                       "a control character (0x%02x) stands here", (unsigned char)p->r.text[at]);
}

/* Complain about a control character within a word: no word has one. */
static bool word_is_clean(const parser *p, hs_span w)
{
    for (size_t i = w.start; i < w.end; i++) {
        unsigned char c = (unsigned char)p->r.text[i];
        if (c < 0x20 || c == 0x7f) return complain_control(p, i);
    }
    return true;
}

static hs_span word_here(const parser *p)
{
    parser q = *p;
    while (!word_ends(&q)) q.r.at++;
    return (hs_span){p->r.at, q.r.at};
}

static bool keyword_here(parser *p, const char *keyword)
{
    hs_span w = word_here(p);
    if (w.end - w.start != strlen(keyword)) return false;
    if (strncmp(p->r.text + w.start, keyword, w.end - w.start) != 0) return false;
    p->r.at = w.end;
    return true;
}

/* --- Arguments ------------------------------------------------------------------------------ */

static bool parse_body(parser *p, hs_statement *s);

static bool parse_string(parser *p, hs_argument *a)
{
    return hs_read_string(&p->r, &a->text, &a->length);
}

/* Parse "text"*COUNT or BYTE*COUNT. The text is read here; the rest stays an expression. */
static bool parse_bytes(parser *p, hs_argument *a)
{
    uint64_t ignored;
    if (peek(p) != '"') return hs_read_size(&p->r, &ignored);
    if (!parse_string(p, a)) return false;
    parser ahead = *p;
    hs_read_blanks(&ahead.r);
    if (peek(&ahead) != '*') return true;
    ahead.r.at++;
    *p = ahead;
    return hs_read_size(&p->r, &ignored);
}

static void append(hs_argument *a, const char *more, size_t length)
{
    size_t capacity = 0;
    char *joined = hs_array_reserve(NULL, &capacity, a->length + length + 2, 1);
    size_t n = 0;
    if (a->text) {
        memcpy(joined, a->text, a->length);
        n = a->length;
        joined[n++] = ' ';
    }
    memcpy(joined + n, more, length);
    joined[n + length] = 0;
    free(a->text);
    a->text = joined;
    a->length = n + length;
}

/* Parse "text", several of them, which blanks join, or bare words up to the end of the
 * statement. */
static bool parse_text(parser *p, hs_argument *a)
{
    while (!statement_ends(p)) {
        hs_argument piece = {0};
        if (peek(p) == '"') {
            if (!parse_string(p, &piece)) return false;
        } else {
            hs_span w = {p->r.at, p->r.at};
            while (!statement_ends(p) && peek(p) != '"') p->r.at++;
            w.end = p->r.at;
            while (w.end > w.start && isspace((unsigned char)p->r.text[w.end - 1])) w.end--;
            piece.text = copy(p, w);
            piece.length = w.end - w.start;
        }
        append(a, piece.text, piece.length);
        free(piece.text);
        hs_read_blanks(&p->r);
    }
    return true;
}

/* Parse a word in quotes. It may hold anything but a NUL, which no name of a file or an option
 * has. */
static bool parse_quoted_word(parser *p, hs_argument *a)
{
    size_t start = p->r.at;
    if (!parse_string(p, a)) return false;
    if (!memchr(a->text, 0, a->length)) return true;
    return hs_complain(p->r.complaint, (hs_span){start, p->r.at}, "no name has a NUL byte in it");
}

static bool parse_word(parser *p, hs_argument *a)
{
    if (peek(p) == '"') return parse_quoted_word(p, a);
    hs_span w = word_here(p);
    if (!word_is_clean(p, w)) return false;
    p->r.at = w.end;
    a->text = copy(p, w);
    a->length = w.end - w.start;
    return true;
}

/* Parse a piece of a word up to the next blank or quote. */
static bool parse_bare_piece(parser *p, hs_argument *piece)
{
    hs_span w = {p->r.at, p->r.at};
    for (; !statement_ends(p) && peek(p) != '"' && peek(p) != '\''; p->r.at++) {
        parser ahead = *p;
        hs_read_blanks(&ahead.r);
        if (ahead.r.at > p->r.at) break;
    }
    w.end = p->r.at;
    if (!word_is_clean(p, w)) return false;
    piece->text = copy(p, w);
    piece->length = w.end - w.start;
    return true;
}

/* Parse a piece '...', in which every character stands for itself. */
static bool parse_raw_piece(parser *p, hs_argument *piece)
{
    hs_span w = {p->r.at + 1, p->r.at + 1};
    while (w.end < p->r.length && !strchr("'\n", p->r.text[w.end])) w.end++;
    if (w.end == p->r.length || p->r.text[w.end] == '\n')
        return hs_complain(p->r.complaint, here(p), "this ' has no second one");
    piece->text = copy(p, w);
    piece->length = w.end - w.start;
    p->r.at = w.end + 1;
    return true;
}

static bool parse_piece(parser *p, hs_argument *piece)
{
    if (peek(p) == '"') return parse_quoted_word(p, piece);
    return peek(p) == '\'' ? parse_raw_piece(p, piece) : parse_bare_piece(p, piece);
}

/* Parse words made of pieces: one"two three"'four' is one word, as in a shell. */
static bool parse_vector(parser *p, hs_argument *a)
{
    size_t capacity = 0;
    a->text = hs_array_reserve(NULL, &capacity, 1, 1);
    a->text[0] = 0;
    while (!statement_ends(p)) {
        size_t before = p->r.at;
        hs_argument piece = {0};
        if (!parse_piece(p, &piece)) return free(piece.text), false;
        size_t behind = p->r.at;
        hs_read_blanks(&p->r);
        bool ends = p->r.at > behind || statement_ends(p);
        a->text = hs_array_reserve(a->text, &capacity, a->length + piece.length + 1, 1);
        memcpy(a->text + a->length, piece.text, piece.length);
        a->length += piece.length;
        free(piece.text);
        if (ends) a->text[a->length++] = 0;
        assert(p->r.at > before);
    }
    return true;
}

char **hs_argument_words(const hs_argument *a)
{
    size_t capacity = 0, count = 0;
    char **words = hs_array_reserve(NULL, &capacity, 1, sizeof *words);
    for (size_t at = 0; at < a->length; at += strlen(a->text + at) + 1) {
        words = hs_array_reserve(words, &capacity, count + 2, sizeof *words);
        words[count++] = a->text + at;
    }
    words[count] = NULL;
    return words;
}

static bool parse_condition(parser *p, hs_statement *s)
{
    bool ignored;
    parser before = *p;
    if (keyword_here(p, "error")) {
        hs_read_blanks(&p->r);
        if (peek(p) == '{') return parse_body(p, s);
    }
    *p = before;
    return hs_read_condition(&p->r, &ignored);
}

static bool parse_value(parser *p, hs_statement *s, const hs_parameter *parameter, hs_argument *a)
{
    uint64_t ignored;
    hs_pointer pointer;
    switch (parameter->kind) {
    case HS_PARAMETER_SIZE: return hs_read_size(&p->r, &ignored);
    case HS_PARAMETER_POINTER: return hs_read_pointer(&p->r, &pointer);
    case HS_PARAMETER_BYTES: return parse_bytes(p, a);
    case HS_PARAMETER_TEXT: return parse_text(p, a);
    case HS_PARAMETER_ARGUMENTS: return parse_vector(p, a);
    case HS_PARAMETER_CONDITION: return parse_condition(p, s);
    case HS_PARAMETER_BODY: return parse_body(p, s);
    case HS_PARAMETER_FILE:
    case HS_PARAMETER_PROCESS:
    case HS_PARAMETER_ALLOCATOR:
    case HS_PARAMETER_LANE:
    case HS_PARAMETER_OPTION:
    case HS_PARAMETER_VALUE:
    case HS_PARAMETER_VIEW:
    case HS_PARAMETER_WORD:
    case HS_PARAMETER_COMMAND:
    case HS_PARAMETER_DEMO: return parse_word(p, a);
    case HS_PARAMETER_FLAG:
    case HS_PARAMETER_NONE: break;
    }
    return true;
}

static bool complain_missing(parser *p, const hs_statement *s, const hs_parameter *missing)
{
    char syntax[128];
    hs_command_syntax(s->command, syntax, sizeof syntax);
    hs_complain(p->r.complaint, (hs_span){p->r.at, p->r.at}, "%s: %s%s%s is missing",
                s->command->name, missing->keyword ? missing->keyword : "",
                missing->keyword ? " " : "", missing->label);
    return hs_hint(p->r.complaint, "write %s", syntax);
}

static bool complain_extra(parser *p, const hs_statement *s)
{
    char syntax[128];
    hs_span word = word_here(p);
    if (word.end == word.start) word = here(p);
    hs_command_syntax(s->command, syntax, sizeof syntax);
    unsigned char c = (unsigned char)peek(p);
    if (c < 0x20 || c == 0x7f)
        complain_control(p, p->r.at);
    else
        hs_complain(p->r.complaint, word, "%s does not take this", s->command->name);
    return hs_hint(p->r.complaint, "write %s", syntax);
}

static bool is_process(const parser *p)
{
    hs_span w = word_here(p);
    const char *word = p->r.text + w.start;
    size_t length = w.end - w.start, sign = length > 1 && *word == '-';
    if (length == 4 && strncmp(word, "self", 4) == 0) return true;
    for (size_t i = sign; i < length; i++)
        if (!isdigit((unsigned char)word[i])) return false;
    return length > 0;
}

/* True if an optional parameter is left out, because the keyword of a later one stands here: `heap
 * max 64k`, `quiz seed 3`. */
static bool is_left_out(const parser *p, const hs_command *command, size_t i)
{
    const hs_parameter *parameter = &command->parameters[i];
    if (parameter->kind == HS_PARAMETER_PROCESS) return !is_process(p);
    bool may_be = parameter->kind == HS_PARAMETER_SIZE || parameter->kind == HS_PARAMETER_ALLOCATOR;
    if (!parameter->optional || parameter->keyword || !may_be) return false;
    for (size_t j = i + 1; j < HS_PARAMETERS && command->parameters[j].kind; j++) {
        parser ahead = *p;
        if (command->parameters[j].keyword && keyword_here(&ahead, command->parameters[j].keyword))
            return true;
    }
    return false;
}

static bool parse_argument(parser *p, hs_statement *s, size_t i)
{
    const hs_parameter *parameter = &s->command->parameters[i];
    hs_argument *a = &s->arguments[i];
    hs_read_blanks(&p->r);
    if (p->call && i > 0 && peek(p) == ',') {
        p->r.at++;
        hs_read_blanks(&p->r);
    }
    bool absent = statement_ends(p) || is_left_out(p, s->command, i);
    if (!absent && parameter->keyword) {
        absent = !keyword_here(p, parameter->keyword) && parameter->kind != HS_PARAMETER_ARGUMENTS;
        hs_read_blanks(&p->r);
        if (!absent && parameter->kind != HS_PARAMETER_FLAG && statement_ends(p))
            return complain_missing(p, s, parameter);
    }
    if (absent && parameter->optional) return true;
    if (absent) return complain_missing(p, s, parameter);
    a->present = true;
    a->where.start = p->r.at;
    if (!parse_value(p, s, parameter, a)) return false;
    a->where.end = p->r.at;
    return true;
}

/* True if the brackets that open here hold several arguments, with commas between them. */
static bool holds_arguments(const parser *p)
{
    parser ahead = *p;
    size_t open = 0;
    char quote = 0;
    for (; !at_end(&ahead); ahead.r.at++) {
        char c = peek(&ahead);
        if (quote && c == '\\' && ahead.r.at + 1 < ahead.r.length)
            ahead.r.at++;
        else if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '(')
            open++;
        else if (c == ',' && open == 1)
            return true;
        else if ((c == ')' && --open == 0) || statement_ends(&ahead))
            return false;
    }
    return false;
}

/* True for a call as in C: realloc(p1, 64). Behind a blank, brackets are a call's if they hold
 * several arguments, realloc (p1, 64); else they belong to the first argument: malloc (4 + 4) *
 * 2. */
static bool is_call(parser *p, const hs_command *c)
{
    parser ahead = *p;
    hs_parameter_kind first = c->parameters[0].kind;
    if (peek(p) == '(') return true;
    if (first != HS_PARAMETER_SIZE && first != HS_PARAMETER_POINTER) return false;
    hs_read_blanks(&ahead.r);
    if (peek(&ahead) != '(' || !holds_arguments(&ahead)) return false;
    p->r.at = ahead.r.at;
    return true;
}

static bool parse_arguments(parser *p, hs_statement *s)
{
    bool call = is_call(p, s->command);
    bool outer = p->call;
    size_t open = p->r.at;
    if (call) p->r.at++;
    p->call = call;
    for (size_t i = 0; i < HS_PARAMETERS && s->command->parameters[i].kind; i++)
        if (!parse_argument(p, s, i)) return false;
    if (p->opened) return p->call = outer, true;
    hs_read_blanks(&p->r);
    p->call = outer;
    if (!call) return true;
    if (peek(p) == ')') return p->r.at++, true;
    if (statement_ends(p))
        return hs_complain(p->r.complaint, (hs_span){open, open + 1}, "this ( has no )");
    return complain_extra(p, s);
}

/* --- Statements ----------------------------------------------------------------------------- */

static void free_statements(hs_statement *statements, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        hs_statement *s = &statements[i];
        for (size_t j = 0; j < HS_PARAMETERS; j++) free(s->arguments[j].text);
        free(s->result);
        free_statements(s->body, s->body_count);
    }
    free(statements);
}

static bool check_name(parser *p, hs_span name)
{
    const char *text = p->r.text + name.start;
    size_t length = name.end - name.start;
    static const char *const reserved[] = {"NULL", "SIZE_MAX", "and", "or", "not"};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strlen(reserved[i]) == length && memcmp(text, reserved[i], length) == 0)
            return hs_complain(p->r.complaint, name,
                               "this name is taken: it has a meaning of its own");
    if (length <= 64) return true;
    return hs_complain(p->r.complaint, name,
                       "a name of %zu characters is too long: 64 is the limit", length);
}

/* Parse NAME = ..., if that is what stands here. */
static bool parse_result(parser *p, hs_statement *s)
{
    if (!hs_is_name_start(peek(p))) return true;
    parser ahead = *p;
    hs_span name = {p->r.at, hs_name_end(&p->r, p->r.at)};
    ahead.r.at = name.end;
    hs_read_blanks(&ahead.r);
    if (peek(&ahead) != '=' ||
        (ahead.r.at + 1 < ahead.r.length && ahead.r.text[ahead.r.at + 1] == '='))
        return true;
    if (!check_name(p, name)) return false;
    ahead.r.at++;
    hs_read_blanks(&ahead.r);
    s->result = copy(p, name);
    s->result_where = name;
    *p = ahead;
    return true;
}

/* True if a pointer stands behind NAME =, rather than a command. */
static bool is_assignment(const parser *p)
{
    if (!hs_is_name_start(peek(p))) return true;
    hs_span word = word_here(p);
    size_t end = hs_name_end(&p->r, p->r.at);
    char name[16] = {0};
    if (end - word.start < sizeof name) memcpy(name, p->r.text + word.start, end - word.start);
    if (hs_command_named(name)) return false;
    parser ahead = *p;
    ahead.r.at = end;
    hs_read_blanks(&ahead.r);
    return statement_ends(&ahead) || strchr("+-", peek(&ahead)) || strcmp(name, "NULL") == 0;
}

static bool parse_assignment(parser *p, hs_statement *s)
{
    hs_pointer pointer;
    s->arguments[0].present = true;
    s->arguments[0].where.start = p->r.at;
    if (!hs_read_pointer(&p->r, &pointer)) return false;
    s->arguments[0].where.end = p->r.at;
    return true;
}

static bool parse_command(parser *p, hs_statement *s)
{
    hs_span head = word_here(p);
    size_t bracket = hs_name_end(&p->r, head.start);
    if (bracket < head.end && p->r.text[bracket] == '(') head.end = bracket;
    if (!word_is_clean(p, head)) return false;
    if (head.end == head.start)
        return hs_complain(p->r.complaint, here(p), "a command should stand here");
    s->head = head;
    s->command =
        hs_command_resolve(p->r.text + head.start, head.end - head.start, head, p->r.complaint);
    if (!s->command) return false;
    if (s->result && !(s->command->flags & HS_MAKES_POINTER)) {
        hs_complain(p->r.complaint, head, "%s returns no pointer", s->command->name);
        return hs_hint(p->r.complaint, "write it without %s =", s->result);
    }
    p->r.at = head.end;
    return parse_arguments(p, s);
}

static bool parse_statement(parser *p, hs_statement *s)
{
    s->where.start = p->r.at;
    if (!parse_result(p, s)) return false;
    bool assigns = s->result && is_assignment(p);
    if (s->result && statement_ends(p))
        return hs_complain(p->r.complaint, here(p), "nothing stands behind the =");
    if (!(assigns ? parse_assignment(p, s) : parse_command(p, s))) return false;
    s->where.end = p->r.at;
    s->needs = hs_statement_needs(s);
    if (p->opened) return true;
    hs_read_blanks(&p->r);
    if (statement_ends(p)) return true;
    if (assigns) return hs_complain(p->r.complaint, here(p), "the pointer should end here");
    return complain_extra(p, s);
}

static bool parse_statements(parser *p, hs_statement **statements, size_t *count)
{
    size_t capacity = 0;
    for (skip(p, true); !at_end(p) && peek(p) != '}'; skip(p, true)) {
        *statements = hs_array_reserve(*statements, &capacity, *count + 1, sizeof **statements);
        hs_statement *s = &(*statements)[(*count)++];
        *s = (hs_statement){0};
        if (!parse_statement(p, s)) return false;
    }
    return true;
}

static bool parse_body(parser *p, hs_statement *s)
{
    size_t open = p->r.at;
    bool outer = p->call;
    if (peek(p) != '{') {
        hs_complain(p->r.complaint, here(p), "a { should stand here");
        return hs_hint(p->r.complaint, "write repeat 3 { malloc 8 }");
    }
    if (++p->depth > DEEPEST) return hs_complain(p->r.complaint, here(p), "too many { within {");
    p->r.at++;
    if (p->looks_through) return p->opened = true;
    p->call = false;
    s->has_body = true;
    if (!parse_statements(p, &s->body, &s->body_count)) return false;
    p->call = outer;
    p->depth--;
    if (at_end(p)) return hs_complain(p->r.complaint, (hs_span){open, open + 1}, "this { has no }");
    p->r.at++;
    return true;
}

/* --- Programs ------------------------------------------------------------------------------- */

void hs_program_free(hs_program *program)
{
    if (!program) return;
    free_statements(program->statements, program->count);
    free(program->name);
    free(program->source);
    free(program);
}

/* Skip the byte order mark. */
static void skip_mark(parser *p)
{
    if (p->r.length >= 3 && memcmp(p->r.text, "\xef\xbb\xbf", 3) == 0) p->r.at = 3;
}

/* False if there is a zero byte, even in a comment: a file with one is no text, and its reader
 * stops there. */
static bool is_text(const parser *p)
{
    const char *zero = memchr(p->r.text, 0, p->r.length);
    return !zero || complain_control(p, (size_t)(zero - p->r.text));
}

hs_program *hs_program_parse(const char *name, size_t first_line, const char *source, size_t length,
                             hs_complaint *complaint)
{
    hs_program *program = hs_new(1, sizeof *program);
    program->source = hs_new(length + 1, 1);
    if (length) memcpy(program->source, source, length);
    program->length = length;
    program->first_line = first_line;
    if (name) {
        program->name = hs_new(strlen(name) + 1, 1);
        memcpy(program->name, name, strlen(name));
    }
    parser p = {.r = {.text = program->source, .length = length, .complaint = complaint}};
    skip_mark(&p);
    bool good = is_text(&p) && parse_statements(&p, &program->statements, &program->count);
    if (good && !at_end(&p)) good = hs_complain(complaint, here(&p), "this } has no {");
    if (good) return program;
    hs_program_free(program);
    return NULL;
}

/* --- Line by line --------------------------------------------------------------------------- */

static bool takes_a_body(const hs_command *c)
{
    for (size_t i = 0; i < HS_PARAMETERS && c->parameters[i].kind; i++)
        if (c->parameters[i].kind == HS_PARAMETER_BODY ||
            c->parameters[i].kind == HS_PARAMETER_CONDITION)
            return true;
    return false;
}

/* Pass over what is no statement, or up to behind its {. */
static void pass_over(parser *p, bool may_open)
{
    for (; !statement_ends(p); p->r.at++) {
        char c = peek(p);
        if (c == '\'' && hs_is_character(&p->r)) {
            p->r.at += 2;
        } else if (c == '"') {
            while (p->r.at + 1 < p->r.length && !strchr("\"\n", p->r.text[p->r.at + 1])) p->r.at++;
            p->r.at += p->r.at + 1 < p->r.length && p->r.text[p->r.at + 1] == '"';
        } else if (c == '{' && may_open) {
            p->opened = true;
            p->r.at++;
            return;
        }
    }
}

static bool ends_with_backslash(const parser *p)
{
    size_t end = p->r.length;
    if (!end || p->r.text[end - 1] != '\n') return false;
    end--;
    end -= end && p->r.text[end - 1] == '\r';
    return end && p->r.text[end - 1] == '\\';
}

/* Look through a statement, or its head up to the {. False: it goes on in a line that is still to
 * come. */
static bool look_through(parser *p)
{
    hs_statement *s = hs_new(1, sizeof *s);
    parser before = *p;
    bool good = parse_statement(p, s), may_open = !s->command || takes_a_body(s->command);
    free_statements(s, 1);
    if (at_end(p) && ends_with_backslash(p)) return *p = before, false;
    if (!good) p->call = false, pass_over(p, may_open);
    return true;
}

bool hs_program_is_open(hs_opening *o, const char *source, size_t length)
{
    hs_complaint ignored;
    parser p = {.r = {.text = source, .length = length, .at = o->at, .complaint = &ignored},
                .looks_through = true};
    if (o->at == 0) skip_mark(&p);
    for (bool more = true; more;) {
        skip(&p, true);
        o->at = p.r.at;
        if (at_end(&p)) return o->depth > 0;
        if (peek(&p) != '}') {
            p.opened = false;
            more = look_through(&p);
            o->depth += p.opened;
        } else if (o->depth) {
            o->depth--;
            p.r.at++;
        } else {
            return false; /* no further line can mend that */
        }
    }
    return true;
}

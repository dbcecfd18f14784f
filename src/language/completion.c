/* SPDX-License-Identifier: MIT */
/* Completion. The line up to the cursor is taken apart into words; the command's parameter at the
 * last word's place says which list to complete from. */
#include "language/completion.h"

#include "base/memory.h"
#include "base/text.h"
#include "language/command.h"
#include "language/demos.h"
#include "language/lecture.h"
#include "language/words.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
    hs_completions found;
    const hs_session *session;
    hs_stop stop;
} finder;

/* Asked for each of many things that are looked at: false ends the search for words. */
static bool goes_on(finder *f, uint64_t looks)
{
    enum { LOOKS_BETWEEN = 256 };
    if (f->stop.asked && looks % LOOKS_BETWEEN == LOOKS_BETWEEN - 1 && f->stop.asked(f->stop.of))
        f->found.stopped = true;
    return !f->found.stopped;
}

static size_t common_length(const char *a, const char *b)
{
    size_t n = 0;
    while (a[n] && a[n] == b[n]) n++;
    return n;
}

/* The place of a word among those that are kept. */
static size_t place_of(const hs_completions *c, const char *text)
{
    size_t low = 0, high = c->kept;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(c->items[middle].text, text) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add(finder *f, const char *text, bool partial)
{
    hs_completions *c = &f->found;
    size_t common = c->count++ ? common_length(c->items[0].text, text) : strlen(text);
    if (c->count == 1 || common < c->common) c->common = common;
    bool full = c->kept == HS_COMPLETIONS_KEPT;
    if (full && strcmp(text, c->items[c->kept - 1].text) >= 0) return;
    if (full) free(c->items[--c->kept].text);
    size_t place = place_of(c, text), size = strlen(text) + 1;
    char *copy = hs_new(size, 1);
    memcpy(copy, text, size);
    c->items = hs_array_reserve(c->items, &c->capacity, c->kept + 1, sizeof *c->items);
    memmove(c->items + place + 1, c->items + place, (c->kept++ - place) * sizeof *c->items);
    c->items[place] = (hs_completion){copy, partial};
}

/* --- Where the cursor is --------------------------------------------------------------------- */

/* The statement that the cursor is in begins behind the last separator. */
static const char *statement_start(const char *line, const char *cursor)
{
    const char *start = line;
    bool quoted = false;
    for (const char *c = line; c < cursor; c++) {
        if (*c == '"') quoted = !quoted;
        if (!quoted && (*c == ';' || *c == '{' || *c == '}' || *c == '\n')) start = c + 1;
    }
    while (start < cursor && isspace((unsigned char)*start)) start++;
    /* NAME = command */
    const char *c = start;
    while (c < cursor && (isalnum((unsigned char)*c) || *c == '_')) c++;
    const char *name_end = c;
    while (c < cursor && *c == ' ') c++;
    if (name_end > start && c < cursor && *c == '=' && !(c + 1 < cursor && c[1] == '=')) {
        start = c + 1;
        while (start < cursor && *start == ' ') start++;
    }
    return start;
}

static bool in_word(char c)
{
    return !isspace((unsigned char)c) && c != '(' && c != ',';
}

typedef struct {
    const char *starts[HS_PARAMETERS + 2];
    size_t lengths[HS_PARAMETERS + 2];
    size_t count; /* the last one is the one being written, maybe empty */
} split_line;

static split_line split(const char *start, const char *cursor)
{
    split_line s = {0};
    const char *c = start;
    while (s.count < HS_PARAMETERS + 2) {
        while (c < cursor && !in_word(*c)) c++;
        s.starts[s.count] = c;
        while (c < cursor && in_word(*c)) c++;
        s.lengths[s.count] = (size_t)(c - s.starts[s.count]);
        s.count++;
        if (c >= cursor) break;
    }
    return s;
}

/* --- Lists ---------------------------------------------------------------------------------- */

static void add_words(finder *out, hs_words *words, const char *prefix, size_t length)
{
    for (size_t i = 0; i < words->count; i++)
        if (strncmp(words->items[i], prefix, length) == 0) add(out, words->items[i], false);
    hs_words_free(words);
}

static void add_commands(finder *out, const char *prefix, size_t length)
{
    hs_words words = {0};
    const hs_command *c;
    for (size_t i = 0; (c = hs_command_at(i)); i++) hs_words_add(&words, c->name);
    add_words(out, &words, prefix, length);
}

static void add_demos(finder *out, const char *prefix, size_t length)
{
    hs_demos all = hs_demos_find();
    for (size_t i = 0; i < all.count; i++)
        if (strncmp(all.items[i].name, prefix, length) == 0) add(out, all.items[i].name, false);
    hs_demos_free(&all);
}

/* False for a name that can not be typed: the lexer takes no control characters, and marks that
 * turn text around would show another name. */
static bool can_be_typed(const char *name)
{
    uint32_t code;
    while (*name)
        if (!hs_decode_utf8(&name, &code) || hs_is_obeyed(code)) return false;
    return true;
}

static void add_files(finder *out, const char *prefix, size_t length)
{
    char *path = hs_new(length + 1, 1);
    memcpy(path, prefix, length);
    char *slash = strrchr(path, '/');
    size_t folder = slash ? (size_t)(slash - path) + 1 : 0;
    char *opened = NULL;
    opened = hs_text("%.*s", folder ? (int)folder : 1, folder ? path : ".");
    DIR *d = opendir(opened);
    const struct dirent *entry;
    for (uint64_t looks = 0; d && goes_on(out, looks) && (entry = readdir(d)); looks++) {
        char *whole;
        struct stat st;
        bool hidden = entry->d_name[0] == '.' && path[folder] != '.';
        if (hidden || !can_be_typed(entry->d_name) ||
            strncmp(entry->d_name, path + folder, length - folder) != 0)
            continue;
        whole = hs_text("%.*s%s", (int)folder, path, entry->d_name);
        bool is_folder = stat(whole, &st) == 0 && S_ISDIR(st.st_mode);
        if (is_folder) {
            char *with_slash;
            with_slash = hs_text("%s/", whole);
            add(out, with_slash, true);
            free(with_slash);
        } else {
            add(out, whole, false);
        }
        free(whole);
    }
    if (d) closedir(d);
    free(opened);
    free(path);
}

static void add_variables(finder *out, const char *prefix, size_t length)
{
    char room[HS_NAME_ROOM];
    const hs_session *s = out->session;
    uint32_t count = hs_session_variable_count(s);
    for (uint32_t i = 0; i < count && goes_on(out, i); i++) {
        const char *name = hs_session_pointer_name(s, i, room);
        if (name && strncmp(name, prefix, length) == 0) add(out, name, false);
    }
}

/* The values of an option that may be abbreviated. */
static void words_of_values(hs_words *out, const hs_session *s, const char *option, size_t length)
{
    hs_words options = {0};
    hs_complaint ignored;
    hs_words_of_options(&options, s);
    const char *name =
        hs_words_resolve(&options, "option", option, length, (hs_span){0, 0}, &ignored);
    hs_words_free(&options);
    if (name) hs_words_of_values(out, s, name);
}

static void add_for(finder *out, const hs_parameter *p, const split_line *line)
{
    const hs_session *s = out->session;
    const char *prefix = line->starts[line->count - 1];
    size_t length = line->lengths[line->count - 1];
    hs_words words = {0};
    switch (p->kind) {
    case HS_PARAMETER_SIZE:
    case HS_PARAMETER_CONDITION:
        if (p->kind == HS_PARAMETER_CONDITION) hs_words_of_measures(&words);
        if (p->keyword) hs_words_add(&words, p->keyword);
        if (length || p->keyword || p->kind == HS_PARAMETER_CONDITION)
            add_variables(out, prefix, length);
        break;
    case HS_PARAMETER_POINTER: add_variables(out, prefix, length); break;
    case HS_PARAMETER_PROCESS: hs_words_add(&words, "self"); break;
    case HS_PARAMETER_ARGUMENTS:
    case HS_PARAMETER_FILE: add_files(out, prefix, length); return;
    case HS_PARAMETER_ALLOCATOR: hs_words_of_allocators(&words); break;
    case HS_PARAMETER_LANE:
        hs_words_of_allocators(&words);
        hs_words_add(&words, "off");
        break;
    case HS_PARAMETER_OPTION: hs_words_of_options(&words, s); break;
    case HS_PARAMETER_VALUE: words_of_values(&words, s, line->starts[1], line->lengths[1]); break;
    case HS_PARAMETER_WORD:
        if (p->keyword) hs_words_add(&words, p->keyword);
        if (p->words) p->words(&words, s);
        break;
    case HS_PARAMETER_COMMAND: add_commands(out, prefix, length); return;
    case HS_PARAMETER_DEMO: add_demos(out, prefix, length); return;
    case HS_PARAMETER_VIEW: hs_words_of_views(&words); break;
    case HS_PARAMETER_FLAG: hs_words_add(&words, p->keyword); break;
    case HS_PARAMETER_BYTES:
    case HS_PARAMETER_TEXT:
    case HS_PARAMETER_BODY:
    case HS_PARAMETER_NONE: break;
    }
    add_words(out, &words, prefix, length);
}

static const hs_command *command_of(const split_line *line)
{
    hs_complaint ignored;
    return hs_command_resolve(line->starts[0], line->lengths[0], (hs_span){0, 0}, &ignored);
}

/* True for a parameter that may be left out. A word may not: the keyword behind it would be taken
 * for it. */
static bool may_be_left_out(const hs_parameter *p)
{
    return p->optional && (p->keyword || p->kind == HS_PARAMETER_SIZE);
}

hs_completions hs_complete(const hs_session *s, const char *line, size_t cursor, hs_stop stop)
{
    finder out = {.session = s, .stop = stop};
    const char *start = statement_start(line, line + cursor);
    split_line words = split(start, line + cursor);
    const char *last = words.starts[words.count - 1];
    out.found.start = (size_t)(last - line);
    if (words.count == 1) {
        add_commands(&out, last, words.lengths[0]);
    } else {
        const hs_command *command = command_of(&words);
        size_t i = words.count - 2;
        if (command && i < HS_PARAMETERS) add_for(&out, &command->parameters[i], &words);
        /* A parameter may have been left out: what stands behind it fits as well. */
        while (command && i + 1 < HS_PARAMETERS && may_be_left_out(&command->parameters[i]) &&
               command->parameters[i + 1].keyword) {
            i++;
            add_for(&out, &command->parameters[i], &words);
        }
    }
    return out.found;
}

void hs_completions_free(hs_completions *c)
{
    for (size_t i = 0; i < c->kept; i++) free(c->items[i].text);
    free(c->items);
    *c = (hs_completions){0};
}

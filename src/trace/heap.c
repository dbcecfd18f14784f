/* SPDX-License-Identifier: MIT */
/* heapscope's own scripts, as `save` writes them.
 *
 *      p1 = malloc 24          # comments
 *      realloc p1 64
 *      q = realloc p1 5
 *      x = calloc 4 10
 *      aligned_alloc 64 100    the result is the next of p1, p2, ... whose pointer is not in use
 *      free q
 *
 * A plain list of requests is read here, and fast. Whatever else a script has (repeat, expressions,
 * pictures, offsets) needs the interpreter: then all of it is run on a session, by the function
 * that the layers above have given. So is what would be an error here, for the session knows best.
 *
 * A variable has an id, and its block that id, until realloc hands the block to another variable:
 * then they exchange theirs. */
#include "trace/formats.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

typedef enum { UNSET, LIVE, STALE, NULLED } variable_state;

typedef struct {
    uint32_t block; /* the id of its block, or of its next one; no other variable has it */
    variable_state state;
} variable;

typedef struct {
    variable *near, *late; /* by their ids: small ones, and late ones from HS_IDS_LATE on */
    size_t near_count, near_capacity, late_count, late_capacity;
    hs_addresses named; /* ids of names that are not p1, p2, ..., by their hash */
    char **names;       /* the names of late ids; NULL: none */
    size_t name_count, name_capacity;
    uint64_t next_name; /* the last number that was given to a result without a name */
    bool begun;         /* a request was read */
} heap;

static void free_heap(heap *h)
{
    for (size_t i = 0; i < h->name_count; i++) free(h->names[i]);
    free(h->names);
    free(h->near);
    free(h->late);
    hs_addresses_free(&h->named);
}

/* --- Variables ------------------------------------------------------------------------------ */

static variable *in_table(variable **table, size_t *count, size_t *capacity, size_t i,
                          uint32_t first)
{
    *table = hs_array_reserve(*table, capacity, i + 1, sizeof **table);
    for (; *count <= i; ++*count) (*table)[*count] = (variable){first + (uint32_t)*count, UNSET};
    return &(*table)[i];
}

static variable *variable_of(heap *h, uint32_t id)
{
    bool late = id >= HS_IDS_LATE;
    size_t i = late ? id - HS_IDS_LATE : id;
    if (!late && i < h->near_count) return &h->near[i];
    return late ? in_table(&h->late, &h->late_count, &h->late_capacity, i, HS_IDS_LATE)
                : in_table(&h->near, &h->near_count, &h->near_capacity, i, 0);
}

/* The number N of pN, as the session counts: without a zero before it. */
static bool is_numbered(const char *name, const char *end, uint64_t *number)
{
    const char *digits = name + 1;
    return *name == 'p' && (*digits != '0' || end == digits + 1) &&
           hs_take_decimal(&digits, number) && digits == end;
}

/* FNV-1a; 0 is no key. */
static uint64_t hash(const char *name, size_t length)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < length; i++) h = (h ^ (unsigned char)name[i]) * 1099511628211u;
    return h ? h : 1;
}

/* A name of its own kind. False: another one has its hash. */
static bool find_named(hs_reading *r, heap *h, const char *name, size_t length, uint32_t *id)
{
    uint64_t key = hash(name, length);
    uint32_t *there = hs_addresses_find(&h->named, key);
    *id = there ? *there : hs_ids_new(&r->ids);
    size_t i = *id - HS_IDS_LATE;
    if (there) return strncmp(h->names[i], name, length) == 0 && !h->names[i][length];
    hs_addresses_put(&h->named, key, *id);
    h->names = hs_array_reserve(h->names, &h->name_capacity, i + 1, sizeof *h->names);
    while (h->name_count <= i) h->names[h->name_count++] = NULL;
    h->names[i] = hs_new(length + 1, 1);
    memcpy(h->names[i], name, length);
    return true;
}

/* The variable whose name stands here. */
static variable *take_variable(hs_reading *r, heap *h, const char **at)
{
    const char *name = *at, *end = name + 1;
    uint64_t number;
    uint32_t id;
    if (*name == 'p' && *end >= '1' && *end <= '9' && hs_take_decimal(&end, &number) &&
        !hs_is_word(*end)) { /* nearly all are words of letters, digits and _ */
        *at = end;
        return variable_of(h, hs_ids_of(&r->ids, number, hs_reading_count(r)));
    }
    end = name;
    while (hs_is_word(*end)) end++;
    if (!hs_is_letter(*name) || end - name > 64) return NULL;
    *at = end;
    if (is_numbered(name, end, &number))
        id = hs_ids_of(&r->ids, number, hs_reading_count(r));
    else if (!find_named(r, h, name, (size_t)(end - name), &id))
        return NULL;
    return variable_of(h, id);
}

/* The next of p1, p2, ... that holds no pointer. */
static variable *next_variable(hs_reading *r, heap *h)
{
    variable *v;
    do v = variable_of(h, hs_ids_of(&r->ids, ++h->next_name, hs_reading_count(r)));
    while (v->state == LIVE || v->state == STALE);
    return v;
}

/* --- Requests ------------------------------------------------------------------------------- */

/* Give a variable a new block. The one that it still has is out of reach from now on. */
static void allocate(hs_reading *r, variable *v, hs_trace_op op)
{
    if (v->state == LIVE) v->block = hs_ids_new(&r->ids);
    v->state = LIVE;
    op.id = v->block;
    hs_reading_add(r, op);
}

static void reallocate(hs_reading *r, variable *from, variable *to, uint64_t size)
{
    uint32_t block = from->block;
    hs_reading_add(r, (hs_trace_op){.kind = HS_REALLOC, .id = block, .size = size});
    if (to != from) {
        from->block = to->state == LIVE ? hs_ids_new(&r->ids) : to->block;
        from->state = STALE;
        to->block = block;
    }
    to->state = size ? LIVE : NULLED;
}

/* 24, 0x18 or 2k. */
static bool take_size(const char **at, uint64_t *size)
{
    static const char suffixes[] = "kmgt";
    *at = hs_skip_blanks(*at);
    bool hexadecimal = (*at)[0] == '0' && ((*at)[1] | 0x20) == 'x';
    if (!hs_take_number(at, size)) return false;
    const char *suffix = hexadecimal || !hs_is_word(**at) ? NULL : strchr(suffixes, **at | 0x20);
    if (suffix) {
        unsigned shift = 10 * (unsigned)(suffix - suffixes + 1);
        if (*size > UINT64_MAX >> shift) return false;
        *size <<= shift;
        ++*at;
    }
    return !hs_is_word(**at);
}

/* Returns where the next line begins if the statement ends here; else NULL. */
static const char *statement_end(const hs_reading *r, const char *at)
{
    at = hs_skip_blanks(at);
    if (*at == '\n') return at + 1;
    return *at == '#' ? hs_next_line(at, r->at_end) : NULL;
}

/* Take the pointer that stands here; *v becomes NULL for NULL. False: it is none that may be
 * freed. */
static bool take_pointer(hs_reading *r, heap *h, const char **at, variable **v)
{
    const char *p = hs_skip_blanks(*at);
    bool null = *p == 'N' && strncmp(p, "NULL", 4) == 0 && !hs_is_word(p[4]);
    *v = NULL;
    *at = null ? p + 4 : p;
    if (null) return true;
    *v = take_variable(r, h, at);
    return *v && ((*v)->state == LIVE || (*v)->state == NULLED);
}

static const char *run_free(hs_reading *r, heap *h, const char *at)
{
    variable *v;
    const char *end;
    if (!take_pointer(r, h, &at, &v) || !(end = statement_end(r, at))) return NULL;
    bool live = v && v->state == LIVE;
    hs_reading_add(r, (hs_trace_op){.kind = HS_FREE, .id = live ? v->block : HS_TRACE_NULL});
    if (live) v->state = STALE;
    return end;
}

static const char *run_realloc(hs_reading *r, heap *h, const char *at, variable *result)
{
    variable *from;
    uint64_t size;
    const char *end;
    if (!take_pointer(r, h, &at, &from) || !take_size(&at, &size) || !(end = statement_end(r, at)))
        return NULL;
    if (!result) result = from ? from : next_variable(r, h);
    if (from && from->state == LIVE)
        reallocate(r, from, result, size);
    else
        allocate(r, result, (hs_trace_op){.kind = HS_REALLOC, .size = size});
    return end;
}

/* Run malloc, or calloc or aligned_alloc, which have a number before the size. */
static const char *run_allocation(hs_reading *r, heap *h, hs_request kind, const char *at,
                                  variable *result)
{
    uint64_t other = 0, size;
    const char *end;
    if (kind != HS_MALLOC && !take_size(&at, &other)) return NULL;
    if (!take_size(&at, &size) || !(end = statement_end(r, at))) return NULL;
    if (kind == HS_CALLOC && other > HS_TRACE_OTHER_MOST) return NULL;
    if (kind == HS_ALIGNED_ALLOC) {
        if (!other || (other & (other - 1))) return NULL;
        other = (uint64_t)__builtin_ctzll(other);
    }
    if (!result) result = next_variable(r, h);
    allocate(r, result,
             (hs_trace_op){.kind = (unsigned)kind & 7,
                           .size = size,
                           .other = (uint32_t)other & HS_TRACE_OTHER_MOST});
    return end;
}

static bool word_is(const char *at, const char *end, const char *word)
{
    return strlen(word) == (size_t)(end - at) && memcmp(at, word, (size_t)(end - at)) == 0;
}

/* Take the name of a request; *at moves behind the blank that follows it. -1: none stands here.
 * Words of up to seven letters are compared as one number. */
static int take_request(const char **at)
{
    static const struct {
        char word[9];
        unsigned char length, request;
    } words[] = {{"malloc \0", 7, HS_MALLOC},
                 {"free \0\0\0", 5, HS_FREE},
                 {"realloc ", 8, HS_REALLOC},
                 {"calloc \0", 7, HS_CALLOC}};
    uint64_t here = hs_word_at(*at);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if ((here ^ hs_word_at(words[i].word)) << (64 - 8 * words[i].length)) continue;
        *at += words[i].length;
        return words[i].request;
    }
    if (strncmp(*at, "aligned_alloc ", 14) != 0) return -1;
    *at += 14;
    return HS_ALIGNED_ALLOC;
}

/* The end of the word that begins here. Most words are p and a number. */
static const char *word_end(const char *at)
{
    uint64_t number;
    const char *digits = at + 1;
    if (*at == 'p' && hs_take_decimal(&digits, &number)) at = digits;
    while (hs_is_word(*at)) at++;
    return at;
}

/* True for a command that only sets up the session, at its beginning. It does not decide which
 * requests there are; later it would begin another heap. */
static bool is_setup(const heap *h, const char *word, const char *end)
{
    return !h->begun && (word_is(word, end, "heap") || word_is(word, end, "allocator") ||
                         word_is(word, end, "set"));
}

/* Take p1, p2, ..., as nearly all variables are called. */
HS_INLINED variable *take_numbered(hs_reading *r, heap *h, const char **at)
{
    uint64_t number;
    if ((*at)[0] != 'p' || (*at)[1] == '0') return NULL;
    ++*at;
    if (!hs_take_decimal(at, &number)) return NULL;
    if (number < h->near_count) return &h->near[number];
    return variable_of(h, hs_ids_of(&r->ids, number, hs_reading_count(r)));
}

/* Run a line as nearly all are: `p1 = malloc 24`, `free p1` or `realloc p1 64`, as `save` writes
 * them, with pointers that are as they should be. Returns where the next line begins; NULL if this
 * one is anything else, and then nothing was done. */
HS_INLINED const char *run_usual(hs_reading *r, heap *h, const char *at)
{
    variable *v;
    hs_trace_op op = {.kind = HS_MALLOC};
    uint64_t word = hs_word_at(at), size = 0;
    if (hs_word_is(word, "free p")) {
        at += 5;
        if (!(v = take_numbered(r, h, &at)) || v->state != LIVE || *at != '\n') return NULL;
        op.kind = HS_FREE;
        v->state = STALE;
    } else {
        bool again = hs_word_is(word, "realloc ");
        if (again) at += 8;
        if (!(v = take_numbered(r, h, &at)) || (v->state == LIVE) != again) return NULL;
        if (!again && (!hs_word_is(hs_word_at(at), " = mallo") || at[8] != 'c')) return NULL;
        if (!again) at += 9;
        if (*at++ != ' ' || !hs_take_decimal(&at, &size) || *at != '\n') return NULL;
        if (again && !size) return NULL;
        op.kind = again ? HS_REALLOC : HS_MALLOC;
        v->state = LIVE;
    }
    op.id = v->block;
    op.size = size;
    hs_reading_add(r, op);
    return at + 1;
}

/* Run a line. Returns where the next one begins; NULL: this is no plain request. */
static const char *run_line(hs_reading *r, heap *h, const char *at)
{
    variable *result = NULL;
    int request = take_request(&at);
    if (request < 0) {
        const char *end = word_end(at), *equals = hs_skip_blanks(end);
        if (*equals != '=') return is_setup(h, at, end) ? hs_next_line(end, r->at_end) : NULL;
        result = take_variable(r, h, &at);
        at = hs_skip_blanks(equals + 1);
        request = take_request(&at);
        if (!result || request < 0) return NULL;
    }
    h->begun = true;
    if (request == HS_REALLOC) return run_realloc(r, h, at, result);
    if (request == HS_FREE) return result ? NULL : run_free(r, h, at);
    return run_allocation(r, h, (hs_request)request, at, result);
}

/* --- Files ---------------------------------------------------------------------------------- */

enum { PROGRESS = 1 << 22 };

/* Read some more of the file, up to the end of a line. False behind the last line, or after a
 * failure. What has been read of a line without an end begins at `line`. */
static bool read_some(hs_reading *r, size_t most, size_t line)
{
    bool more = hs_reading_more(r, most);
    if (r->failed) return false;
    if (!more && (!r->size || r->text[r->size - 1] != '\n')) r->text[r->size++] = '\n';
    const char *newline = memrchr(r->text, '\n', r->size);
    r->at_end = newline ? newline + 1 : r->text;
    return hs_reading_line_fits(r, line, '\n') && more;
}

/* Run the lines from `at` on. False at the first that is not plain, unless such lines are
 * skipped. */
static bool run_lines(hs_reading *r, heap *h, const char *at, bool skip)
{
    for (const char *next; at < r->at_end; at = next, r->line++) {
        if ((next = run_usual(r, h, at))) {
            h->begun = true;
            continue;
        }
        at = hs_skip_blanks(at);
        next = *at == '\n' || *at == '#' ? hs_next_line(at, r->at_end) : run_line(r, h, at);
        if (!next && !skip) return false;
        if (!next) next = hs_bad(r, at, "this is no request that can be made here");
    }
    return true;
}

/* Run all lines as they come, while they are in the cache. The session may need the text after all,
 * so it is kept unless it can be read again. */
static bool run_all(hs_reading *r, heap *h)
{
    enum { PIECE = 1 << 18 };
    bool more = true, repeats = hs_source_repeats(r->source);
    for (uint64_t told = 0, done = 0; more;) {
        more = read_some(r, PIECE, done);
        if (r->failed || !run_lines(r, h, r->text + done, false)) return false;
        if (!told) hs_reading_foresee(r, r->source->done, r->source->total);
        done = (size_t)(r->at_end - r->text);
        if (repeats) hs_reading_forget(r, done), done = 0;
        if (told && r->source->done - told < PROGRESS) continue;
        told = r->source->done;
        if (!hs_reading_progress(r)) return false;
    }
    return true;
}

static void give_names(hs_reading *r, const heap *h)
{
    hs_reading_settle(r);
    for (size_t i = 0; i < h->name_count; i++)
        if (h->names[i] && r->gap + i < hs_trace_ids(r->trace))
            hs_trace_give_name(r->trace, (uint32_t)(r->gap + i), h->names[i]);
}

/* Read a plain list of requests. `again`: the file has been read before, and lines that are not
 * plain are skipped. */
static bool read_plain(hs_reading *r, bool again)
{
    heap h = {.begun = false};
    r->line = 1;
    bool good = again ? run_lines(r, &h, r->text, true) : run_all(r, &h);
    if (good) give_names(r, &h);
    free_heap(&h);
    return good;
}

/* Read the whole text, for the session. */
static bool read_whole(hs_reading *r)
{
    if (hs_source_repeats(r->source)) {
        if (!hs_source_rewind(r->source)) return hs_reading_fail(r, "%s", r->source->error);
        r->size = 0;
    }
    for (size_t line = 0; read_some(r, PROGRESS, line); line = (size_t)(r->at_end - r->text))
        if (!hs_reading_progress(r)) return false;
    return !r->failed;
}

static bool run_script(hs_reading *r)
{
    hs_trace *t;
    char error[768] = "";
    if (!r->options->run)
        return hs_reading_fail(r, "line %" PRIu64 " is more than a request: it needs a session",
                               r->line);
    t = r->options->run(r->options, r->name, r->text, r->size, error, sizeof error);
    if (!t) return snprintf(r->report->error, sizeof r->report->error, "%s", error), false;
    hs_trace_free(r->trace);
    r->trace = t;
    return true;
}

static bool read_heap(hs_reading *r)
{
    if (read_plain(r, false)) return true;
    if (r->failed) return false;
    hs_reading_restart(r);
    if (!read_whole(r)) return false;
    if (run_script(r)) return true;
    if (!r->options->lenient) return r->failed = true, false;
    r->report->error[0] = 0;
    r->failed = false;
    return read_plain(r, true);
}

/* True for a line like malloc(24) = 0x18102a0: it logs what a program did, and is no command. */
static bool is_logged(const char *bracket)
{
    while (*bracket != '\n' && *bracket != '=' && *bracket != '<') bracket++;
    return *bracket != '\n';
}

/* The first statement is a request, or a command that scripts begin with. */
static bool recognise(const char *text, const char *end)
{
    static const char *const words[] = {
        "malloc", "calloc", "realloc", "aligned_alloc", "free",    "heap",    "allocator",
        "set",    "repeat", "random",  "note",          "title",   "ask",     "ops",
        "expect", "split",  "reset",   "mmu",           "process", "predict", "presenter"};
    if (hs_begins(text, end, "\xef\xbb\xbf")) text += 3;
    if (hs_begins(text, end, "# A heapscope session")) return true;
    for (; text < end; text = hs_next_line(text, end)) {
        text = hs_skip_blanks(text);
        if (*text != '\n' && *text != '#') break;
    }
    if (text == end) return false;
    const char *at = text;
    while (hs_is_word(*at)) at++;
    const char *equals = hs_skip_blanks(at);
    if (at > text && *equals == '=') {
        text = at = hs_skip_blanks(equals + 1);
        while (hs_is_word(*at)) at++;
    }
    if (*at == '(' && is_logged(at)) return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (word_is(text, at, words[i])) return true;
    return false;
}

/* --- Writing -------------------------------------------------------------------------------- */

static void put_name(hs_writing *w, uint32_t id)
{
    char name[128];
    hs_trace_name(w->trace, id, name, sizeof name);
    hs_put_text(w, name);
}

static void put_id(hs_writing *w, uint32_t id)
{
    if (hs_trace_has_names(w->trace)) {
        put_name(w, id);
        return;
    }
    hs_put_char(w, 'p');
    hs_put_number(w, id);
}

static void put_pointer(hs_writing *w, uint32_t id)
{
    if (id == HS_TRACE_NULL)
        hs_put_text(w, "NULL");
    else
        put_id(w, id);
}

static void write_heap(hs_writing *w)
{
    hs_trace_op op;
    hs_put_text(w, "# A heapscope session: play it with `heapscope FILE`.\n");
    while (hs_writing_next(w, &op)) {
        bool result = op.kind != HS_FREE && !(op.kind == HS_REALLOC && w->held);
        if (result) put_id(w, op.id);
        if (result) hs_put_text(w, " = ");
        hs_put_text(w, hs_request_name((hs_request)op.kind));
        hs_put_char(w, ' ');
        if (op.kind == HS_CALLOC) hs_put_number(w, op.other);
        if (op.kind == HS_ALIGNED_ALLOC) hs_put_number(w, (uint64_t)1 << (op.other & 63));
        if (op.kind == HS_FREE || op.kind == HS_REALLOC)
            put_pointer(w, result ? HS_TRACE_NULL : op.id);
        if (op.kind != HS_FREE && op.kind != HS_MALLOC) hs_put_char(w, ' ');
        if (op.kind != HS_FREE) hs_put_number(w, op.size);
        hs_put_char(w, '\n');
    }
}

const hs_format hs_format_heap = {
    .name = "heap",
    .help = "heapscope's scripts: p1 = malloc 24, realloc p1 64, free p1",
    .suffixes = {"heap"},
    .recognise = recognise,
    .read = read_heap,
    .write = write_heap,
    .carries = HS_CARRIES_ALL,
};

/* SPDX-License-Identifier: MIT */
/* Reading workloads: a table of options, and one of the laws of sizes. */
#include "language/workload.h"

#include "base/memory.h"
#include "language/expression.h"
#include "language/words.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { KEEP_USUAL = 10, KEEP_AT_THE_END = 100, KEEP_UNSAID = 101 };
enum { PERFORMED_MOST = 10000000 }; /* requests of a command: it generates all before it begins */
enum { NUMBERS = 2 * HS_TABLE_ROWS };

typedef struct {
    hs_workload *into;
    const char *text;
    const hs_span *words;
    size_t at, count;
    hs_complaint *complaint;
} words_reader;

static hs_phase *last_phase(const hs_workload *w)
{
    return &w->phases[w->count - 1];
}

static void begin_phase(hs_workload *w, const hs_phase *like)
{
    hs_phase copy = *like;
    w->phases = hs_array_reserve(w->phases, &w->capacity, w->count + 1, sizeof *w->phases);
    w->phases[w->count++] = copy;
}

hs_workload hs_workload_usual(void)
{
    hs_workload w = {.rounds = 1, .seed = 1};
    begin_phase(&w, &(hs_phase){.requests = 10000,
                                .sizes = {.law = HS_SIZES_GEOMETRIC, .a = 64},
                                .lives = HS_LIVES_GENERATIONAL,
                                .live = 1000,
                                .swing = 20,
                                .realloc_part = 5,
                                .keep = KEEP_UNSAID});
    return w;
}

hs_workload hs_workload_small(void)
{
    hs_workload w = hs_workload_usual();
    w.no_files = true;
    w.phases[0].requests = 30;
    w.phases[0].sizes.a = 24;
    w.phases[0].live = 6;
    return w;
}

void hs_workload_free(hs_workload *w)
{
    free(w->phases);
    *w = (hs_workload){0};
}

/* --- Numbers -------------------------------------------------------------------------------- */

static int shown(hs_span s)
{
    return s.end - s.start > 40 ? 40 : (int)(s.end - s.start);
}

/* Read a number as everywhere: 24, 0x18, 4k. Names and sums are not read, because signs divide
 * numbers here. */
static bool read_number(words_reader *r, hs_span where, uint64_t *value)
{
    hs_reader reader = {
        .text = r->text, .at = where.start, .length = where.end, .complaint = r->complaint};
    bool digits = where.start < where.end && isdigit((unsigned char)r->text[where.start]);
    for (size_t i = where.start; i < where.end; i++)
        digits = digits && isalnum((unsigned char)r->text[i]);
    if (digits) return hs_read_number(&reader, value);
    if (where.start == where.end)
        hs_complain(r->complaint, where, "a number is missing");
    else
        hs_complain(r->complaint, where, "%.*s is no number", shown(where), r->text + where.start);
    return hs_hint(r->complaint, "numbers are like 24, 0x18, 2k, 1M");
}

static bool read_within(words_reader *r, hs_span where, uint64_t least, uint64_t most,
                        uint64_t *value)
{
    if (!read_number(r, where, value)) return false;
    if (*value >= least && *value <= most) return true;
    return hs_complain(r->complaint, where, "this is a number from %" PRIu64 " to %" PRIu64, least,
                       most);
}

static bool read_percent(words_reader *r, hs_span where, unsigned *value)
{
    uint64_t n;
    if (!read_within(r, where, 0, 100, &n)) return false;
    *value = (unsigned)n;
    return true;
}

/* Read a word of a list; -1 after a complaint. */
static int read_choice(words_reader *r, hs_span where, const char *kind,
                       const char *(*name)(size_t))
{
    hs_words list = {0};
    for (size_t i = 0; name(i); i++) hs_words_add(&list, name(i));
    const char *found = hs_words_resolve(&list, kind, r->text + where.start,
                                         where.end - where.start, where, r->complaint);
    hs_words_free(&list);
    for (int i = 0; found; i++)
        if (strcmp(name((size_t)i), found) == 0) return i;
    return -1;
}

/* --- Sizes ---------------------------------------------------------------------------------- */

/* The laws in the order of hs_size_law. Numbers stand between : or - or , or =, whichever reads
 * best. */
static const struct {
    const char *name, *example;
    size_t least, most; /* how many numbers it takes */
} laws[] = {
    {"fixed", "fixed:24", 1, 1},
    {"uniform", "uniform:16-256", 2, 2},
    {"geometric", "geometric:64, whose mean is 64", 1, 1},
    {"bimodal", "bimodal:32:4096:90, where 90 of 100 are about 32", 2, 3},
    {"ramp", "ramp:16-4096", 2, 2},
    {"table", "table:16=50,24=30,4096=1", 2, NUMBERS},
};
enum { LAWS = sizeof laws / sizeof *laws };

static const char *law_name(size_t i)
{
    return i < LAWS ? laws[i].name : NULL;
}

static bool is_divider(char c)
{
    return c == ':' || c == '-' || c == ',' || c == '=';
}

/* Read the numbers from `at` on, each behind a divider. */
static bool read_numbers(words_reader *r, hs_span where, hs_span *spans, uint64_t *numbers,
                         size_t *count)
{
    *count = 0;
    for (size_t at = where.start; at < where.end;) {
        size_t end = ++at;
        while (end < where.end && !is_divider(r->text[end])) end++;
        if (*count == NUMBERS)
            return hs_complain(r->complaint, (hs_span){at, where.end},
                               "a table has at most %d sizes", HS_TABLE_ROWS);
        spans[*count] = (hs_span){at, end};
        if (!read_number(r, spans[*count], &numbers[*count])) return false;
        ++*count;
        at = end;
    }
    return true;
}

static bool check_size(words_reader *r, hs_span where, uint64_t size, uint64_t most)
{
    return (size >= 1 && size <= most) ||
           hs_complain(r->complaint, where, "a size here is 1 to %" PRIu64, most);
}

static bool fill_table(words_reader *r, hs_sizes *s, const hs_span *spans, const uint64_t *numbers,
                       size_t count)
{
    s->rows = (unsigned)count / 2;
    for (unsigned i = 0; i < s->rows; i++) {
        s->size[i] = numbers[2 * i];
        s->weight[i] = numbers[2 * i + 1];
        if (!check_size(r, spans[2 * i], s->size[i], HS_SIZES_MOST)) return false;
        if (s->weight[i] < 1 || s->weight[i] > HS_TABLE_WEIGHT_MOST)
            return hs_complain(r->complaint, spans[2 * i + 1], "a weight is 1 to 4G");
    }
    return true;
}

static bool fill_sizes(words_reader *r, hs_sizes *s, const hs_span *spans, const uint64_t *numbers,
                       size_t count)
{
    uint64_t most = s->law == HS_SIZES_GEOMETRIC ? HS_GEOMETRIC_MOST : HS_SIZES_MOST;
    if (s->law == HS_SIZES_TABLE) return fill_table(r, s, spans, numbers, count);
    s->a = numbers[0];
    s->b = count > 1 ? numbers[1] : 0;
    s->percent = 90;
    for (size_t i = 0; i < count && i < 2; i++)
        if (!check_size(r, spans[i], numbers[i], most)) return false;
    if (s->law == HS_SIZES_UNIFORM && s->a > s->b)
        return hs_complain(r->complaint, (hs_span){spans[0].start, spans[1].end},
                           "the smaller size comes first");
    return count < 3 || read_percent(r, spans[2], &s->percent);
}

static bool read_sizes(words_reader *r, hs_span where)
{
    uint64_t numbers[NUMBERS];
    hs_span spans[NUMBERS];
    size_t count, end = where.start;
    while (end < where.end && !is_divider(r->text[end])) end++;
    int law = read_choice(r, (hs_span){where.start, end}, "law of sizes", law_name);
    if (law < 0 || !read_numbers(r, (hs_span){end, where.end}, spans, numbers, &count))
        return false;
    hs_sizes sizes = {.law = (hs_size_law)law};
    if (count < laws[law].least || count > laws[law].most ||
        (sizes.law == HS_SIZES_TABLE && count % 2)) {
        hs_complain(r->complaint, where, "these are not the numbers that %s takes", laws[law].name);
        return hs_hint(r->complaint, "as in %s", laws[law].example);
    }
    if (!fill_sizes(r, &sizes, spans, numbers, count)) return false;
    last_phase(r->into)->sizes = sizes;
    return true;
}

/* --- Options -------------------------------------------------------------------------------- */

static const char *lives_name(size_t i)
{
    static const char *const names[] = {"lifo", "fifo", "random", "generational"};
    return i < sizeof names / sizeof *names ? names[i] : NULL;
}

static bool read_lives(words_reader *r, hs_span where)
{
    int lives = read_choice(r, where, "kind of lives", lives_name);
    if (lives >= 0) last_phase(r->into)->lives = (hs_lives)lives;
    return lives >= 0;
}

static bool read_requests(words_reader *r, hs_span where)
{
    return read_within(r, where, 1, HS_GENERATED_MOST, &last_phase(r->into)->requests);
}

static bool read_live(words_reader *r, hs_span where)
{
    last_phase(r->into)->live_bytes = false;
    return read_within(r, where, 1, HS_GENERATED_MOST, &last_phase(r->into)->live);
}

static bool read_live_bytes(words_reader *r, hs_span where)
{
    last_phase(r->into)->live_bytes = true;
    return read_within(r, where, 1, (uint64_t)1 << 40, &last_phase(r->into)->live);
}

static bool read_swing(words_reader *r, hs_span where)
{
    return read_percent(r, where, &last_phase(r->into)->swing);
}

static bool read_realloc(words_reader *r, hs_span where)
{
    return read_percent(r, where, &last_phase(r->into)->realloc_part);
}

static bool may_have_parts(words_reader *r, hs_span where)
{
    const hs_phase *p = last_phase(r->into);
    return p->calloc_part + p->aligned_part <= 100 ||
           hs_complain(r->complaint, where,
                       "calloc and aligned are parts of the allocations: together at most 100");
}

static bool read_calloc(words_reader *r, hs_span where)
{
    return read_percent(r, where, &last_phase(r->into)->calloc_part) && may_have_parts(r, where);
}

static bool read_aligned(words_reader *r, hs_span where)
{
    return read_percent(r, where, &last_phase(r->into)->aligned_part) && may_have_parts(r, where);
}

static bool read_keep(words_reader *r, hs_span where)
{
    return read_percent(r, where, &last_phase(r->into)->keep);
}

static bool next_phase(words_reader *r, hs_span where)
{
    (void)where;
    begin_phase(r->into, last_phase(r->into));
    return true;
}

static bool read_rounds(words_reader *r, hs_span where)
{
    return read_within(r, where, 1, HS_GENERATED_MOST, &r->into->rounds);
}

static bool read_seed(words_reader *r, hs_span where)
{
    return read_number(r, where, &r->into->seed);
}

static bool read_format(words_reader *r, hs_span where)
{
    r->into->format = where;
    return true;
}

static bool ask_for_help(words_reader *r, hs_span where)
{
    (void)where;
    r->into->help = true;
    return true;
}

/* Each option once: for reading and for the help. */
static const struct {
    const char *name, *value, *help;
    bool (*read)(words_reader *, hs_span value);
    bool files; /* only where a file is written */
} options[] = {
    {"number", "N", "requests of the phase (10000; as a command 30)", read_requests, false},
    {"sizes", "LAW",
     "fixed:24, uniform:16-256, geometric:MEAN, bimodal:32:4096:90\n"
     "(90 of 100 about 32, the others about 4096), ramp:16-4096 in the course of\n"
     "the phase, table:16=50,24=30,4096=1 with weights (geometric:64; 24)",
     read_sizes, false},
    {"lives", "ORDER",
     "which block is freed: lifo, fifo, random, or generational: most die\n"
     "young, the others live long (generational)",
     read_lives, false},
    {"live", "N", "about so many blocks of the phase live at once (1000; 6)", read_live, false},
    {"live-bytes", "SIZE", "about so many bytes, rather", read_live_bytes, false},
    {"swing", "P", "by so many percent that goes up and down (20)", read_swing, false},
    {"realloc", "P", "so many of 100 requests let a vector grow (5)", read_realloc, false},
    {"calloc", "P", "so many of 100 allocations are callocs (0)", read_calloc, false},
    {"aligned", "P", "so many of 100 allocations are aligned, to 16 to 512 (0)", read_aligned,
     false},
    {"keep", "P", "so many percent outlive the phase (10; in the end 100)", read_keep, false},
    {"phase", NULL, "another phase begins, like the one before but for what follows", next_phase,
     false},
    {"rounds", "N", "so many times all the phases (1)", read_rounds, false},
    {"seed", "S", "the same seed makes the same trace, on every machine (1)", read_seed, false},
    {"format", "NAME", "write this format, whatever the file's suffix says", read_format, true},
    {"help", NULL, "show this help", ask_for_help, true},
};
enum { OPTIONS = sizeof options / sizeof *options };

static const char *option_name(size_t i)
{
    return i < OPTIONS ? options[i].name : NULL;
}

static const char *command_option_name(size_t i)
{
    return i < OPTIONS && !options[i].files ? options[i].name : NULL; /* those are the last */
}

/* Find the value of an option: behind its =, or as the next word. */
static bool take_value(words_reader *r, int option, hs_span word, size_t equals, hs_span *value)
{
    bool joined = equals < word.end;
    *value = (hs_span){joined ? equals + 1 : word.end, word.end};
    if (!options[option].value)
        return !joined ||
               hs_complain(r->complaint, *value, "%s takes no value", options[option].name);
    if (!joined && r->at < r->count) *value = r->words[r->at++];
    if (value->start < value->end) return true;
    return hs_complain(r->complaint, word, "%s needs a value: %s", options[option].name,
                       options[option].value);
}

static bool read_option(words_reader *r, hs_span word)
{
    size_t name = word.start, equals;
    while (name < word.end && name - word.start < 2 && r->text[name] == '-') name++;
    for (equals = name; equals < word.end;) {
        if (r->text[equals] == '=') break;
        equals++;
    }
    int option = read_choice(r, (hs_span){name, equals}, "option",
                             r->into->no_files ? command_option_name : option_name);
    hs_span value;
    return option >= 0 && take_value(r, option, word, equals, &value) &&
           options[option].read(r, value);
}

/* Read a word that is no option: the file, or the number of requests. */
static bool read_bare_word(words_reader *r, hs_span word)
{
    if (r->into->no_files) return read_requests(r, word);
    if (r->into->file.start < r->into->file.end) {
        hs_complain(r->complaint, word, "one trace goes into one file");
        return hs_hint(r->complaint, "options begin with --");
    }
    r->into->file = word;
    return true;
}

static bool read_word(words_reader *r, hs_span word)
{
    char first = word.start < word.end ? r->text[word.start] : 0;
    bool dash = first == '-' && word.end - word.start > 1;
    bool option = r->into->no_files ? !isdigit((unsigned char)first) : dash;
    return option ? read_option(r, word) : read_bare_word(r, word);
}

/* Settle what was not said, once everything is known. */
static bool settle(words_reader *r)
{
    hs_workload *w = r->into;
    uint64_t requests = 0, most = w->no_files ? PERFORMED_MOST : HS_GENERATED_MOST;
    for (size_t i = 0; i < w->count; i++) {
        bool end = i == w->count - 1 && w->rounds == 1;
        requests += w->phases[i].requests;
        if (w->phases[i].keep == KEEP_UNSAID)
            w->phases[i].keep = end ? KEEP_AT_THE_END : KEEP_USUAL;
    }
    if (requests <= most / w->rounds) return true;
    hs_span all = {r->words[0].start, r->words[r->count - 1].end};
    return hs_complain(r->complaint, all, "a workload has at most %" PRIu64 " requests here", most);
}

bool hs_workload_read(hs_workload *w, const char *text, const hs_span *words, size_t count,
                      hs_complaint *c)
{
    words_reader r = {.into = w, .text = text, .words = words, .count = count, .complaint = c};
    while (r.at < count)
        if (!read_word(&r, words[r.at++])) return false;
    return settle(&r);
}

hs_span *hs_workload_words(const char *text, size_t start, size_t end, size_t *count)
{
    hs_span *words = NULL;
    size_t capacity = 0;
    *count = 0;
    for (size_t at = start; at < end;) {
        size_t from = at;
        while (at < end && !isspace((unsigned char)text[at])) at++;
        if (at > from) {
            words = hs_array_reserve(words, &capacity, *count + 1, sizeof *words);
            words[(*count)++] = (hs_span){from, at};
        }
        while (at < end && isspace((unsigned char)text[at])) at++;
    }
    return words;
}

uint64_t hs_workload_requests(const hs_workload *w)
{
    uint64_t requests = 0;
    for (size_t i = 0; i < w->count; i++) requests += w->phases[i].requests;
    return requests * w->rounds;
}

/* --- Help ----------------------------------------------------------------------------------- */

void hs_workload_put_options(FILE *out, hs_workload_put *put, bool files)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (files || !options[i].files)
            put(out, options[i].name, options[i].value, options[i].help);
}

const char *hs_workload_warning(void)
{
    return "Random requests are no real program. Programs work in phases, ask for few sizes again and\n"
           "again, and free together what they made together; allocators live by just these habits,\n"
           "and chance has none of them. So such a trace shows how an allocator works, tests it and\n"
           "strains it, but which allocator is the better one it does not tell: that takes traces of\n"
           "real programs. See P. Wilson, M. Johnstone, M. Neely and D. Boles, Dynamic Storage\n"
           "Allocation: A Survey and Critical Review (1995), sections 2.2 to 2.4.\n";
}

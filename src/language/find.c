/* SPDX-License-Identifier: MIT */
/* The command `find`: it may take a while, tells how far it is, and stops when it is asked to. */
#include "language/commands.h"

#include <heapscope/search.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* So many operations lie between two looks at the clock and the keyboard: some milliseconds. */
enum { SLICE = 20000 };

/* --- What is looked for ----------------------------------------------------------------------
 */

typedef struct {
    hs_interpreter *in;
    const hs_argument *argument;
    const char *at; /* the place in the text */
} reading;

static void skip_blanks(reading *r)
{
    while (isspace((unsigned char)*r->at)) r->at++;
}

static bool wrong(const reading *r, const char *what, const char *hint)
{
    hs_span where = r->argument->where;
    size_t from = where.start + (size_t)(r->at - r->argument->text);
    if (from < where.end) where.start = from;
    return hs_fail_at(r->in, where, what, hint);
}

/* The length of the word that stands there; 0 where there is none. */
static size_t word_length(const reading *r)
{
    size_t n = 0;
    while (isalnum((unsigned char)r->at[n]) || r->at[n] == '_') n++;
    return n;
}

static bool take_word(reading *r, const char *word)
{
    size_t n = word_length(r);
    if (n != strlen(word) || strncmp(r->at, word, n) != 0) return false;
    r->at += n;
    skip_blanks(r);
    return true;
}

static bool read_comparison(reading *r, hs_compare *how)
{
    static const struct {
        const char *sign;
        hs_compare how;
    } signs[] = {{"<=", HS_LESS_EQUAL}, {">=", HS_MORE_EQUAL}, {"==", HS_EQUAL}, {"!=", HS_UNEQUAL},
                 {"<", HS_LESS},        {">", HS_MORE},        {"=", HS_EQUAL}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t n = strlen(signs[i].sign);
        if (strncmp(r->at, signs[i].sign, n) != 0) continue;
        *how = signs[i].how;
        r->at += n;
        skip_blanks(r);
        return true;
    }
    return wrong(r, "a comparison stands here", "<, <=, =, >=, > or !=, as in size>4096");
}

static bool read_size(reading *r, hs_search *f)
{
    hs_complaint c;
    hs_reader reader = {
        .text = r->at, .length = strlen(r->at), .session = r->in->session, .complaint = &c};
    f->kind = HS_FIND_SIZE;
    if (!read_comparison(r, &f->compare)) return false;
    reader.text = r->at;
    reader.length = strlen(r->at);
    if (!hs_read_size(&reader, &f->value)) return wrong(r, c.what, c.hint);
    r->at += reader.at;
    return true;
}

static bool read_request(reading *r, hs_search *f)
{
    hs_compare how;
    if (!read_comparison(r, &how)) return false;
    for (hs_request q = HS_MALLOC; how == HS_EQUAL && q <= HS_FREE; q++)
        if (take_word(r, hs_request_name(q))) {
            f->kind = HS_FIND_REQUEST;
            f->value = q;
            return true;
        }
    return wrong(r, "this is no request", "op=malloc, calloc, aligned_alloc, realloc or free");
}

static bool read_variable(reading *r, hs_search *f)
{
    size_t n = word_length(r);
    uint32_t variable = hs_session_known_name(r->in->session, r->at, n);
    if (!n || variable == HS_NONE)
        return wrong(r, "this is nothing to look for",
                     "size>4096, op=realloc, moved, growth, failed, peak, fragmentation, or a name "
                     "such as p1");
    f->kind = HS_FIND_VARIABLE;
    f->value = variable;
    r->at += n;
    return true;
}

static bool read_search(hs_interpreter *in, const hs_argument *a, hs_search *f)
{
    static const struct {
        const char *word;
        hs_find_kind kind;
    } kinds[] = {{"moved", HS_FIND_MOVED},
                 {"growth", HS_FIND_GROWTH},
                 {"failed", HS_FIND_FAILED},
                 {"peak", HS_FIND_PEAK},
                 {"fragmentation", HS_FIND_WASTE}};
    reading r = {in, a, a->text};
    bool good = false;
    skip_blanks(&r);
    f->back = take_word(&r, "back");
    if (take_word(&r, "size"))
        good = read_size(&r, f);
    else if (take_word(&r, "op"))
        good = read_request(&r, f);
    else {
        for (size_t i = 0; !good && i < sizeof kinds / sizeof *kinds; i++)
            if ((good = take_word(&r, kinds[i].word))) f->kind = kinds[i].kind;
        if (!good) good = read_variable(&r, f);
    }
    skip_blanks(&r);
    return good && (!*r.at || wrong(&r, "this is too much", "one thing is looked for at a time"));
}

/* --- Finding it ----------------------------------------------------------------------------- */

static const char *missing(const hs_search *f)
{
    static const char *const texts[] = {
        [HS_FIND_SIZE] = "no request of such a size",
        [HS_FIND_REQUEST] = "no such request",
        [HS_FIND_VARIABLE] = "no request with this name",
        [HS_FIND_MOVED] = "no realloc that moved its block",
        [HS_FIND_GROWTH] = "no growth of the heap",
        [HS_FIND_FAILED] = "no request that failed",
        [HS_FIND_PEAK] = "no block was ever live",
        [HS_FIND_WASTE] = "nothing was ever free below the highest block",
    };
    return texts[f->kind];
}

static bool say_missing(hs_interpreter *in, const hs_statement *s, const hs_search *f)
{
    char text[128];
    bool all = f->kind == HS_FIND_PEAK || f->kind == HS_FIND_WASTE;
    snprintf(text, sizeof text, "%s%s", missing(f),
             all       ? ""
             : f->back ? " before this one"
                       : " behind this one");
    return hs_fail_at(in, s->arguments[0].present ? s->arguments[0].where : s->head, text,
                      all       ? ""
                      : f->back ? "`find` without `back` looks ahead"
                                : "`find back ...` looks at those before");
}

bool hs_run_find(hs_interpreter *in, const hs_statement *s)
{
    hs_search search;
    hs_problem problem;
    if (!s->arguments[0].present && !in->seeks)
        return hs_fail_at(in, s->head, "what is looked for?",
                          "size>4096, op=realloc, moved, growth");
    if (!s->arguments[0].present)
        search = in->sought;
    else if (!read_search(in, &s->arguments[0], &search))
        return false;
    in->sought = search;
    in->seeks = true;
    hs_finder *f = hs_finder_new(in->session, &search, &problem);
    if (!f) return hs_fail_at(in, s->head, problem.what, "");
    bool stopped = false;
    while (!stopped && !hs_finder_go_on(f, SLICE)) {
        uint64_t of, done = hs_finder_done(f, &of);
        stopped = !hs_report(in, "looking", done, of);
    }
    hs_report(in, NULL, 0, 0);
    uint64_t found = stopped ? 0 : hs_finder_found(f);
    hs_finder_free(f);
    if (stopped) return hs_fail_at(in, s->head, "stopped: nothing was found so far", "");
    if (!found) return say_missing(in, s, &search);
    hs_moment m = hs_session_moment(in->session);
    m.count = found;
    return hs_travel_to(in, s, m);
}

/* SPDX-License-Identifier: MIT */
/* The commands of the small machine: each becomes one operation, its arguments as words. */
#include "language/running.h"
#include "language/words.h"
#include "view/pictures.h"
#include "view/segments.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The words of an operation: "segmentation = 4 bits 12". A bare number has = before it. */
typedef struct {
    char text[256];
    size_t length;
} words;

static void add_word(words *w, const char *word)
{
    size_t n = strlen(word);
    if (w->length + n + 2 > sizeof w->text) return;
    if (w->length) w->text[w->length++] = ' ';
    memcpy(w->text + w->length, word, n + 1);
    w->length += n;
}

/* Add a word of the user's. It must be one word, and short enough not to be cut. */
static bool add_own(hs_interpreter *in, words *w, const hs_argument *a)
{
    if (a->length == 0 || a->length > 31 || strpbrk(a->text, " =") || strlen(a->text) != a->length)
        return hs_fail_at(in, a->where, "this is no word of the machine's", NULL);
    add_word(w, a->text);
    return true;
}

static bool add_number(hs_interpreter *in, words *w, const char *keyword, const hs_argument *a)
{
    char number[32];
    uint64_t n;
    if (!a->present) return true;
    if (!hs_size_of_argument(in, a, &n)) return false;
    snprintf(number, sizeof number, "%" PRIu64, n);
    add_word(w, keyword);
    add_word(w, number);
    return true;
}

static bool perform(hs_interpreter *in, const hs_statement *s, const words *w, hs_pointer p)
{
    return hs_perform(in, s,
                      &(hs_op){.kind = HS_OP_MACHINE,
                               .p = p,
                               .name = s->command->name,
                               .text = w->text,
                               .text_length = w->length});
}

static const hs_pointer nothing = {.variable = HS_NONE};

/* The word of the parameter's list that an argument says, perhaps abbreviated. */
static const char *listed(hs_interpreter *in, const hs_statement *s, size_t i, const char *kind)
{
    hs_complaint c;
    hs_words list = {0};
    const hs_argument *a = &s->arguments[i];
    s->command->parameters[i].words(&list, in->session);
    const char *word = hs_words_resolve(&list, kind, a->text, a->length, a->where, &c);
    hs_words_free(&list);
    if (!word) hs_fail_with(in, &c);
    return word;
}

bool hs_run_mmu(hs_interpreter *in, const hs_statement *s)
{
    words w = {0};
    const hs_argument *a = s->arguments;
    if (!a[0].present) return hs_show_picture(in, &hs_picture_segments, (hs_subject){0});
    const char *kind = listed(in, s, 0, "mmu");
    if (!kind) return false;
    add_word(&w, kind);
    return add_number(in, &w, "=", &a[1]) && add_number(in, &w, "bits", &a[2]) &&
           add_number(in, &w, "memory", &a[3]) && perform(in, s, &w, nothing);
}

bool hs_run_translate(hs_interpreter *in, const hs_statement *s)
{
    hs_problem problem;
    hs_pointer p;
    uint64_t address;
    if (!hs_pointer_of_argument(in, &s->arguments[0], &p)) return false;
    if (!hs_session_virtual(in->session, p, &address, &problem))
        return hs_fail_at(in, s->arguments[0].where, problem.what, problem.hint);
    return hs_show_picture(in, &hs_picture_translation, (hs_subject){.address = address});
}

bool hs_run_touch(hs_interpreter *in, const hs_statement *s)
{
    words w = {0};
    hs_pointer p;
    if (!hs_pointer_of_argument(in, &s->arguments[0], &p)) return false;
    if (s->arguments[1].present && !add_own(in, &w, &s->arguments[1])) return false;
    return perform(in, s, &w, p);
}

bool hs_run_process(hs_interpreter *in, const hs_statement *s)
{
    words w = {0};
    const hs_argument *a = s->arguments;
    if (!add_own(in, &w, &a[0])) return false;
    if (a[1].present) {
        add_word(&w, "share");
        if (!add_own(in, &w, &a[1])) return false;
    }
    return add_number(in, &w, "code", &a[2]) && add_number(in, &w, "heap", &a[3]) &&
           add_number(in, &w, "stack", &a[4]) && perform(in, s, &w, nothing);
}

bool hs_run_on_process(hs_interpreter *in, const hs_statement *s)
{
    words w = {0};
    return add_own(in, &w, &s->arguments[0]) && perform(in, s, &w, nothing);
}

bool hs_run_exit(hs_interpreter *in, const hs_statement *s)
{
    if (s->arguments[0].present) return hs_run_on_process(in, s);
    in->quit = true;
    return true;
}

bool hs_run_grow(hs_interpreter *in, const hs_statement *s)
{
    words w = {0};
    return add_own(in, &w, &s->arguments[0]) && add_number(in, &w, "=", &s->arguments[1]) &&
           perform(in, s, &w, nothing);
}

bool hs_run_compact(hs_interpreter *in, const hs_statement *s)
{
    return perform(in, s, &(words){0}, nothing);
}

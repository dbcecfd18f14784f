/* SPDX-License-Identifier: MIT */
/* Commands about the heap and its allocators: which ones, with which options, side by side. */
#include "language/commands.h"

#include "base/count.h"
#include "base/memory.h"
#include "language/words.h"
#include "view/pictures.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const growing[] = {
    [HS_GROWTH_DOUBLE] = "doubles",
    [HS_GROWTH_PAGE] = "grows to the next multiple of 4096 bytes",
    [HS_GROWTH_EXACT] = "grows by just what it needs",
};

static void put_heap(FILE *out, const hs_session *session)
{
    const hs_heap *h = hs_session_heap(session);
    hs_heap_config is = hs_session_sizes(session), asked = *hs_session_config(session);
    bool is_model = hs_heap_allocator(h)->model_base;
    fprintf(out,
            "the heap starts at 0x%" PRIx64 "; %" PRIu64 " bytes are committed, up to 0x%" PRIx64
            "\nit started with ",
            hs_heap_base(h), hs_heap_committed(h), hs_heap_end(h));
    hs_put_asked(out, is.initial, asked.initial, " bytes");
    if (is.initial == is.maximum) {
        fputs(", and does not grow", out);
        if (!is_model && is.maximum != asked.maximum)
            fprintf(out, " (asked for %" PRIu64 " at most)", asked.maximum);
        return;
    }
    fprintf(out, " and %s when it runs out, up to ", growing[hs_heap_growth(h)]);
    hs_put_asked(out, is.maximum, asked.maximum, " bytes");
}

bool hs_run_heap(hs_interpreter *in, const hs_statement *s)
{
    const hs_argument *a = s->arguments;
    hs_op op = {.kind = HS_OP_HEAP, .replay = a[2].present};
    if (a[0].present && !hs_size_of_argument(in, &a[0], &op.a)) return false;
    if (a[1].present && !hs_size_of_argument(in, &a[1], &op.b)) return false;
    if ((a[0].present && op.a < HS_HEAP_SMALLEST) || (a[1].present && op.b == 0))
        return hs_fail_at(in, a[a[0].present ? 0 : 1].where, "a heap has at least 64 bytes", NULL);
    if (a[0].present || a[1].present || op.replay) return hs_perform(in, s, &op);
    return hs_say_own(in, HS_SAY_ANSWER, hs_text_of(put_heap, in->session));
}

static void list_allocators(FILE *out, const hs_session *session)
{
    const hs_allocator *a, *now = hs_heap_allocator(hs_session_heap(session));
    const hs_preset *p;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        fprintf(out, "%c %-10s %s\n", strcmp(a->name, now->name) ? ' ' : '*', a->name, a->summary);
    for (size_t i = 0; (p = hs_preset_at(i)); i++)
        fprintf(out, "  %-10s %s with %s = %s\n", p->name, p->allocator, p->option, p->choice);
    fprintf(
        out,
        "now: %s. `allocator NAME` starts a fresh heap; with `replay`, the commands so far run again on it",
        hs_session_allocator_name(session));
}

const char *hs_resolve_argument(hs_interpreter *in, hs_words *words, const char *kind,
                                const hs_argument *a)
{
    hs_complaint c;
    const char *word = hs_words_resolve(words, kind, a->text, a->length, a->where, &c);
    hs_words_free(words);
    if (!word) hs_fail_with(in, &c);
    return word;
}

bool hs_run_allocator(hs_interpreter *in, const hs_statement *s)
{
    hs_op op = {.kind = HS_OP_ALLOCATOR, .replay = s->arguments[1].present};
    if (!s->arguments[0].present && op.replay)
        return hs_fail_at(in, s->arguments[1].where, "allocator: NAME is missing",
                          "write allocator NAME replay");
    if (!s->arguments[0].present)
        return hs_say_own(in, HS_SAY_ANSWER, hs_text_of(list_allocators, in->session));
    hs_words words = {0};
    hs_words_of_allocators(&words);
    op.name = hs_resolve_argument(in, &words, "allocator", &s->arguments[0]);
    return op.name && hs_perform(in, s, &op);
}

static bool split_off(hs_interpreter *in, const hs_statement *s)
{
    char text[128];
    if (!in->lockstep)
        return hs_fail_at(in, s->head, "nothing is split", "split first-fit best-fit");
    hs_set_lanes(in, NULL);
    snprintf(text, sizeof text, "%s goes on alone", hs_session_allocator_name(in->session));
    return hs_say(in, HS_SAY_ANSWER, text);
}

bool hs_run_split(hs_interpreter *in, const hs_statement *s)
{
    const char *names[HS_LANES];
    const hs_argument *a = s->arguments;
    size_t count = 0;
    hs_problem problem;
    if (!a[0].present && in->lockstep)
        return hs_show_picture(in, &hs_picture_split, (hs_subject){0});
    if (a[0].present && !a[1].present && strcmp(a[0].text, "off") == 0) return split_off(in, s);
    for (; count < HS_LANES && a[count].present; count++) {
        hs_words words = {0};
        hs_words_of_allocators(&words);
        if (!(names[count] = hs_resolve_argument(in, &words, "allocator", &a[count]))) return false;
    }
    if (count < 2)
        return hs_fail_at(in, s->head, "two to four allocators run side by side",
                          "split first-fit best-fit");
    hs_lockstep *lockstep = hs_lockstep_new(in->session, names, count, &problem);
    if (!lockstep) return hs_fail_at(in, a[count - 1].where, problem.what, problem.hint);
    hs_set_lanes(in, lockstep);
    return in->inside || hs_show_picture(in, &hs_picture_split, (hs_subject){0});
}

static void put_option(FILE *out, const hs_session *session, const hs_option *o)
{
    char value[32];
    uint64_t v;
    hs_session_option(session, o->name, &v);
    if (o->choices)
        snprintf(value, sizeof value, "%s", o->choices[v]);
    else
        snprintf(value, sizeof value, "%" PRIu64, v);
    fprintf(out, "%-10s %-10s %s", o->name, value, o->help);
    hs_put_values(out, o);
    fputs(o->fresh ? " (starts a fresh heap)\n" : "\n", out);
}

static void list_options(FILE *out, const hs_session *session)
{
    const hs_allocator *a = hs_heap_allocator(hs_session_heap(session));
    for (size_t i = 0; i < a->option_count; i++) put_option(out, session, &a->options[i]);
    const hs_option *o;
    for (size_t i = 0; (o = hs_session_setting_row(session, i)); i++)
        if (i != HS_SET_GROWTH || !a->model_base) put_option(out, session, o);
}

static bool show_option(hs_interpreter *in, const char *name)
{
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    put_option(out, in->session, hs_session_option(in->session, name, NULL));
    hs_text_end(out);
    return hs_say_own(in, HS_SAY_ANSWER, text);
}

static bool is_option_elsewhere(const hs_session *session, const char *name)
{
    const hs_allocator *a;
    const hs_moved *m;
    if (hs_session_option(session, name, NULL)) return false;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        for (size_t j = 0; j < a->option_count; j++)
            if (strcmp(a->options[j].name, name) == 0) return true;
    for (size_t i = 0; (m = hs_moved_at(i)); i++) /* or of one that had it */
        if (strcmp(m->option, name) == 0) return true;
    return false;
}

bool hs_run_set(hs_interpreter *in, const hs_statement *s)
{
    const hs_argument *a = s->arguments;
    hs_op op = {.kind = HS_OP_SET, .replay = a[2].present};
    if (!a[0].present) return hs_say_own(in, HS_SAY_ANSWER, hs_text_of(list_options, in->session));
    hs_words names = {0}, values = {0};
    op.name = a[0].text;
    /* An option of another allocator gets the session's own, more exact, complaint. */
    if (!is_option_elsewhere(in->session, op.name)) {
        hs_words_of_options(&names, in->session);
        op.name = hs_resolve_argument(in, &names, "option", &a[0]);
    }
    if (!op.name) return false;
    if (!a[1].present && hs_session_option(in->session, op.name, NULL))
        return show_option(in, op.name);
    op.text = a[1].text ? a[1].text : "";
    if (!hs_session_option(in->session, op.name, NULL)) return hs_perform(in, s, &op);
    hs_words_of_values(&values, in->session, op.name);
    if (values.count && !(op.text = hs_resolve_argument(in, &values, "value", &a[1]))) return false;
    char number[32];
    if (!hs_session_option(in->session, op.name, NULL)->choices) {
        uint64_t n;
        if (!hs_size_of_argument(in, &a[1], &n)) return false;
        snprintf(number, sizeof number, "%" PRIu64, n);
        op.text = number;
    }
    op.text_length = strlen(op.text);
    return hs_perform(in, s, &op);
}

bool hs_run_reset(hs_interpreter *in, const hs_statement *s)
{
    return hs_perform(in, s, &(hs_op){.kind = HS_OP_RESET});
}

/* SPDX-License-Identifier: MIT */
/* The command `adversary`: the contest's terms, its progress, and how its outcome is told. */
#include "language/running.h"

#include "base/count.h"
#include "base/memory.h"

#include <heapscope/adversary.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SECONDS = 10, MOST_SECONDS = 86400 };

typedef struct {
    hs_interpreter *in;
    struct timespec began;
    double told; /* when progress was told last, in seconds after that */
} watch;

static double seconds_since(struct timespec t)
{
    struct timespec n;
    clock_gettime(CLOCK_MONOTONIC, &n);
    return (double)(n.tv_sec - t.tv_sec) + (double)(n.tv_nsec - t.tv_nsec) / 1e9;
}

static void tell(watch *w, const char *text)
{
    if (w->in->listener.progress) w->in->listener.progress(w->in->listener.context, text);
}

static bool progress(void *context, size_t length, uint64_t tried)
{
    watch *w = context;
    char text[160];
    double seconds = seconds_since(w->began);
    if (seconds - w->told < 0.1) return !hs_interrupted(w->in);
    w->told = seconds;
    snprintf(text, sizeof text,
             "programs of %s%zu command%s: %.1f million tried in %.1f s, %.1f million a second",
             length == HS_MOVES ? "up to " : "", length, hs_plural(length), (double)tried / 1e6,
             seconds, (double)tried / 1e6 / seconds);
    tell(w, text);
    return !hs_interrupted(w->in);
}

static const char *allocator_of(hs_interpreter *in, const hs_argument *a)
{
    hs_words words = {0};
    hs_words_of_allocators(&words);
    return hs_resolve_argument(in, &words, "allocator", a);
}

/* Read the terms of the contest from the statement and the session. False: a complaint was said. */
static bool read_contest(hs_interpreter *in, const hs_statement *s, hs_contest *c)
{
    const hs_argument *a = s->arguments;
    uint64_t seconds = SECONDS;
    c->heap = hs_session_sizes(in->session).initial;
    c->seed = 1;
    if (!(c->failing = allocator_of(in, &a[0])) || !(c->other = allocator_of(in, &a[1])))
        return false;
    if (a[2].present && !hs_size_of_argument(in, &a[2], &seconds)) return false;
    if (a[3].present && !hs_size_of_argument(in, &a[3], &c->seed)) return false;
    if (seconds < 1 || seconds > MOST_SECONDS)
        return hs_fail_at(in, a[2].where, "the search takes from 1 to 86400 seconds", NULL);
    if (c->heap > HS_ADVERSARY_LARGEST)
        return hs_fail_at(in, s->head, "this heap is too large to search through: 64k is the limit",
                          "heap 256 is a good start");
    if (strcmp(c->failing, c->other) == 0)
        return hs_fail_at(in, a[1].where, "an allocator never does better than itself",
                          "adversary first-fit best-fit");
    c->milliseconds = seconds * 1000;
    return true;
}

/* --- Telling -------------------------------------------------------------------------------- */

static void put_found(FILE *out, const hs_session *s, const hs_contest *c, const hs_attack *a)
{
    bool grows = hs_session_sizes(s).maximum > c->heap;
    fprintf(out,
            grows ? "%s needs more than %" PRIu64 " bytes for this, %s does not"
                  : "%s fails in %" PRIu64 " bytes, %s does not",
            c->failing, c->heap, c->other);
    fprintf(out, ": %zu command%s", a->length, hs_plural(a->length));
    if (a->shortest)
        fprintf(out, ", and no fewer do (sizes in steps of %" PRIu64 " bytes)", c->heap / 32);
    fputs("\n\n", out);
    hs_attack_write(c, a, false, out);
}

static void put_not_found(FILE *out, const hs_contest *c, const hs_attack *a, bool stopped)
{
    fprintf(out, "no program was found on which %s fails and %s does not, in %" PRIu64 " bytes",
            c->failing, c->other, c->heap);
    if (a->exhausted)
        fprintf(out, ": there is none of up to %zu command%s, with sizes in steps of %" PRIu64,
                a->exhausted, hs_plural(a->exhausted), c->heap / 32);
    if (stopped || a->out_of_time)
        fprintf(out, "; %s before the search had ended",
                stopped ? "you stopped it" : "the time was over");
}

static char *outcome(hs_interpreter *in, const hs_contest *c, const hs_attack *a)
{
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    if (a->length)
        put_found(out, in->session, c, a);
    else
        put_not_found(out, c, a, in->stopped);
    fprintf(out, "\n%" PRIu64 " program%s tried", a->tried, hs_plural(a->tried));
    hs_text_end(out);
    return text;
}

typedef struct {
    const hs_contest *contest;
    const hs_attack *attack;
} script;

static bool put_script(void *what, FILE *out)
{
    const script *s = what;
    hs_attack_write(s->contest, s->attack, true, out);
    return !ferror(out);
}

bool hs_run_adversary(hs_interpreter *in, const hs_statement *s)
{
    watch w = {.in = in};
    hs_contest contest = {.progress = progress, .context = &w};
    hs_attack attack;
    hs_problem problem;
    clock_gettime(CLOCK_MONOTONIC, &w.began);
    if (!read_contest(in, s, &contest)) return false;
    bool held = hs_adversary(&contest, &attack, &problem);
    tell(&w, NULL);
    if (!held) return hs_fail_at(in, s->head, problem.what, problem.hint);
    const hs_argument *file = &s->arguments[4];
    script written = {&contest, &attack};
    if (attack.length && file->present && !hs_write_argument_file(in, file, put_script, &written))
        return false;
    char *text = outcome(in, &contest, &attack);
    in->listener.say(in->listener.context, HS_SAY_ANSWER, text);
    free(text);
    return true;
}

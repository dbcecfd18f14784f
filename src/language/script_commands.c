/* SPDX-License-Identifier: MIT */
/* Commands for scripts: running and saving them, repetition, chance, expectations. */
#include "language/commands.h"

#include "base/count.h"
#include "base/files.h"
#include "base/memory.h"
#include "model/client/address_index.h"
#include "model/workload/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool hs_run_source(hs_interpreter *in, const hs_statement *s)
{
    if (in->files >= 20)
        return hs_fail_at(in, s->where,
                          "scripts within scripts, 20 deep: one of them sources itself", NULL);
    in->files++;
    bool good = hs_run_named_file(in, &s->arguments[0]);
    in->files--;
    if (in->stopped && !in->files)
        hs_fail_at(in, s->where, "stopped: the rest of the file was not run", NULL);
    return good;
}

/* --- Saving --------------------------------------------------------------------------------- */

typedef enum { NOTHING, A_SESSION, ANOTHER_FILE } standing;

/* Look at what stands at the path and would be replaced. */
static standing look_at(const char *path)
{
    static const char mark[] = "# A heapscope session";
    char begin[sizeof mark - 1];
    hs_file_report ignored;
    if (!hs_file_is_regular(path)) return NOTHING;
    int fd = hs_file_open(path, &ignored);
    if (fd < 0) return ANOTHER_FILE;
    ssize_t n = hs_file_read(fd, begin, sizeof begin, (hs_stop){0});
    close(fd);
    if (n == 0) return NOTHING;
    return n == sizeof begin && memcmp(begin, mark, sizeof begin) == 0 ? A_SESSION : ANOTHER_FILE;
}

static bool is_agreed(hs_interpreter *in, const char *question)
{
    hs_reply reply = {0};
    bool answered = in->listener.ask(in->listener.context, question, false, &reply);
    const char *text = reply.text ? reply.text + strspn(reply.text, " \t") : "";
    bool agreed = answered && (*text == 'y' || *text == 'Y');
    free(reply.text);
    return agreed || !hs_say(in, HS_SAY_ANSWER, "nothing was saved");
}

/* True if what stands there may be replaced. A saved session is, after that was said: who types is
 * asked, unless the file was saved just before. */
static bool may_replace(hs_interpreter *in, const hs_argument *a)
{
    char text[512];
    standing there = look_at(a->text);
    if (there == ANOTHER_FILE)
        return hs_fail_at(in, a->where, "there is a file of that name, and it is no saved session",
                          "choose another name");
    if (there == NOTHING || (in->saved && strcmp(in->saved, a->text) == 0)) return true;
    bool is_typed = !in->program->name && !in->files && in->listener.ask;
    snprintf(text, sizeof text,
             is_typed ? "a session is saved in %.300s: replace it? (yes, no)"
                      : "the session that was saved in %.300s is replaced",
             a->text);
    return is_typed ? is_agreed(in, text) : hs_say(in, HS_SAY_ANSWER, text);
}

static bool is_stopped(void *of)
{
    return hs_interrupted(of);
}

/* Where the name of a file is that of the terminal that is drawn on, the text is said instead:
 * there it is read, and the screen stays as it is. */
enum { LONGEST_TEXT = 1 << 18 };

typedef struct {
    char *bytes;
    size_t length, room;
} text_so_far;

static ssize_t write_text(void *of, const char *bytes, size_t size)
{
    text_so_far *t = of;
    if (t->length + size > LONGEST_TEXT) return 0;
    t->bytes = hs_array_reserve(t->bytes, &t->room, t->length + size + 1, 1);
    memcpy(t->bytes + t->length, bytes, size);
    t->length += size;
    t->bytes[t->length] = 0;
    return (ssize_t)size;
}

static bool say_file(hs_interpreter *in, const hs_argument *a, bool (*put)(void *, FILE *),
                     void *what)
{
    text_so_far t = {0};
    FILE *out = fopencookie(&t, "w", (cookie_io_functions_t){.write = write_text});
    if (!out) hs_out_of_memory();
    bool good = put(what, out);
    good = fclose(out) == 0 && good;
    if (good) hs_say(in, HS_SAY_ANSWER, t.bytes ? t.bytes : "");
    free(t.bytes);
    return good ||
           hs_fail_at(in, a->where, "it is too long to be shown on the screen", "name a file");
}

bool hs_write_argument_file(hs_interpreter *in, const hs_argument *a, bool (*put)(void *, FILE *),
                            void *what)
{
    char text[512];
    hs_file_report report;
    hs_file_writing w = {.put = put, .what = what, .durable = true, .stop = {is_stopped, in}};
    if (in->listener.has_screen && hs_file_is_our_terminal(a->text))
        return say_file(in, a, put, what);
    if (!may_replace(in, a)) return false;
    if (hs_file_write(a->text, &w, &report)) {
        char *saved = hs_copy(a->text);
        free(in->saved);
        in->saved = saved;
        return !report.note[0] || hs_say(in, HS_SAY_ANSWER, report.note);
    }
    if (report.stopped) return hs_fail_at(in, a->where, "stopped: nothing was saved", NULL);
    snprintf(text, sizeof text, "it can not be saved: %s", report.error);
    return hs_fail_at(in, a->where, text, "the session goes on; nothing on the disk was changed");
}

static bool put_session(void *session, FILE *out)
{
    return hs_session_write_script(session, out);
}

bool hs_run_save(hs_interpreter *in, const hs_statement *s)
{
    const char *path = s->arguments[0].text;
    char text[512];
    if (!hs_write_argument_file(in, &s->arguments[0], put_session, in->session)) return false;
    uint64_t commands = hs_session_op_count(in->session);
    int n =
        snprintf(text, sizeof text, "saved %" PRIu64 " command%s", commands, hs_plural(commands));
    if (hs_file_is_regular(path)) /* the file is there now */
        snprintf(text + n, sizeof text - (size_t)n, "; `heapscope %.300s` plays %s", path,
                 commands == 1 ? "it" : "them");
    return hs_say(in, HS_SAY_ANSWER, text);
}

void hs_tell_many(hs_interpreter *in, hs_totals before, const char *how)
{
    const hs_totals *now = hs_session_totals(in->session);
    char text[256];
    uint64_t n = now->requests - before.requests,
             visits = now->counts.visits - before.counts.visits;
    if (in->inside) return;
    if (now->requests < before.requests) n = now->requests, visits = now->counts.visits;
    snprintf(text, sizeof text,
             "%s: %" PRIu64 " request%s, %" PRIu64 " block%s examined; now %" PRIu64
             " live block%s with %" PRIu64 " byte%s, heap %" PRIu64 " bytes",
             how, n, hs_plural(n), visits, hs_plural(visits), now->live_blocks,
             hs_plural(now->live_blocks), now->live, hs_plural(now->live),
             hs_heap_committed(hs_session_heap(in->session)));
    in->listener.performed(in->listener.context, text);
}

/* How often a repeat or random in a body will run, as far as that can be seen now. */
static uint64_t foreseen_times(const hs_interpreter *in, const hs_statement *s)
{
    uint64_t n;
    hs_complaint ignored;
    hs_reader r = {.text = in->program->source,
                   .length = s->arguments[0].where.end,
                   .at = s->arguments[0].where.start,
                   .session = in->session,
                   .complaint = &ignored};
    return hs_read_size(&r, &n) ? n : 1;
}

/* How many commands a body runs that is run `times` times. One without commands costs as if it had
 * one. */
static uint64_t commands_of(const hs_interpreter *in, uint64_t times, const hs_statement *body,
                            size_t count)
{
    uint64_t sum = 0, all;
    for (size_t i = 0; i < count; i++) {
        const hs_statement *s = &body[i];
        bool repeats = s->command && s->command->run == hs_run_repeat;
        bool makes_many = s->command && s->command->run == hs_run_random;
        uint64_t n = repeats || makes_many ? foreseen_times(in, s) : 1;
        if (s->has_body) n = commands_of(in, n, s->body, s->body_count);
        if (__builtin_add_overflow(sum, n ? n : 1, &sum)) return UINT64_MAX;
    }
    return __builtin_mul_overflow(times, sum ? sum : 1, &all) ? UINT64_MAX : all;
}

bool hs_run_repeat(hs_interpreter *in, const hs_statement *s)
{
    uint64_t n, done = 0;
    hs_totals before = *hs_session_totals(in->session);
    char how[96];
    bool good = true;
    if (!hs_size_of_argument(in, &s->arguments[0], &n)) return false;
    if (!hs_begin_work(in, s->arguments[0].where, commands_of(in, n, s->body, s->body_count)))
        return false;
    in->inside++;
    while (done < n && good && !in->quit && !hs_interrupted(in)) {
        good = hs_run_statements(in, s->body, s->body_count);
        done += good && !in->stopped;
        in->work.done += !s->body_count;
    }
    in->inside--;
    hs_end_work(in);
    if (done < n)
        snprintf(how, sizeof how, "stopped after %" PRIu64 " of %" PRIu64 " time%s", done, n,
                 hs_plural(n));
    else
        snprintf(how, sizeof how, "repeated %" PRIu64 " time%s", n, hs_plural(n));
    hs_tell_many(in, before, how);
    return good;
}

static uint64_t random_size(uint64_t *state)
{
    uint64_t most = hs_random(state) % 16 ? 128 : 1024; /* first, whatever the compiler */
    return 1 + hs_random(state) % most;
}

/* The variables of the live blocks, as if they were copied into an array by address, and each that
 * is freed replaced by the last one. That takes only what it is asked for:
 *
 *      | blocks that were there: held | allocated meanwhile |
 *          few places have others by now                  count
 */
typedef struct {
    hs_session *session;
    uint64_t held, count;
    hs_index *others; /* by place */
    uint32_t *added;  /* from place `held` on */
    size_t capacity;
} live_list;

/* An index has multiples of 8 for its keys. */
static hs_addr key_of(uint64_t place)
{
    return place * 8;
}

static live_list live_variables(hs_session *session)
{
    uint64_t held = hs_session_hold_named(session);
    return (live_list){.session = session, .held = held, .count = held, .others = hs_index_new()};
}

static void free_live(live_list *l)
{
    hs_session_let_go_named(l->session);
    hs_index_free(l->others);
    free(l->added);
}

/* The variable of the block at a place. A block that was there before and still has its place is as
 * it was, for only blocks that were asked for are freed or moved. */
static uint32_t live_at(const live_list *l, uint64_t place)
{
    uint32_t variable;
    if (place >= l->held) return l->added[place - l->held];
    if (hs_index_at(l->others, key_of(place), &variable)) return variable;
    return hs_session_block_at(l->session, hs_session_held_named(l->session, place))->variable;
}

static void set_live(live_list *l, uint64_t place, uint32_t variable)
{
    if (place < l->held)
        hs_index_put(l->others, key_of(place), variable);
    else
        l->added[place - l->held] = variable;
}

static void add_live(live_list *l, uint32_t variable)
{
    if (l->count >= l->held)
        l->added =
            hs_array_reserve(l->added, &l->capacity, l->count - l->held + 1, sizeof *l->added);
    set_live(l, l->count++, variable);
}

static void remove_live(live_list *l, uint64_t place)
{
    uint32_t last = live_at(l, l->count - 1);
    set_live(l, place, last);
    l->count--;
}

static bool random_request(hs_interpreter *in, const hs_statement *s, live_list *l, uint64_t *state)
{
    uint64_t dice = hs_random(state) % 10;
    hs_op op = {.kind = HS_OP_REQUEST,
                .request = HS_MALLOC,
                .p.variable = HS_NONE,
                .a = random_size(state)};
    uint64_t victim = l->count ? hs_random(state) % l->count : 0;
    if (dice >= 5 && l->count) {
        op.request = dice == 9 ? HS_REALLOC : HS_FREE;
        op.p.variable = live_at(l, victim);
        set_live(l, victim, op.p.variable);
    }
    if (!hs_perform(in, s, &op)) return false;
    const hs_last *last = hs_session_last(in->session);
    if (op.request == HS_MALLOC && last->result) add_live(l, last->variable);
    if (op.request == HS_FREE) remove_live(l, victim);
    return true;
}

bool hs_run_random(hs_interpreter *in, const hs_statement *s)
{
    uint64_t n, seed = hs_session_op_count(in->session), done = 0;
    hs_totals before = *hs_session_totals(in->session);
    if (!hs_size_of_argument(in, &s->arguments[0], &n)) return false;
    if (s->arguments[1].present && !hs_size_of_argument(in, &s->arguments[1], &seed)) return false;
    if (!hs_begin_work(in, s->arguments[0].where, n)) return false;
    live_list l = live_variables(in->session);
    uint64_t state = seed;
    bool good = true;
    in->inside++;
    for (; done < n && good && !hs_interrupted(in); done += good, in->work.done++)
        good = random_request(in, s, &l, &state);
    in->inside--;
    hs_end_work(in);
    free_live(&l);
    char how[96];
    snprintf(how, sizeof how, "%s %" PRIu64 " of %" PRIu64 ", seed %" PRIu64,
             done < n ? "random, stopped after" : "random", done, n, seed);
    hs_tell_many(in, before, how);
    return good;
}

bool hs_run_echo(hs_interpreter *in, const hs_statement *s)
{
    return hs_say_argument(in, HS_SAY_ANSWER, &s->arguments[0]);
}

/* Run expect error { ... }: the statements must fail, and the heap must stay as it was. */
static bool expect_error(hs_interpreter *in, const hs_statement *s)
{
    char *outer = in->refusal; /* the error of an expect error { } around this one */
    in->refusal = NULL;
    in->expecting_error++;
    in->inside++;
    bool good = hs_run_statements(in, s->body, s->body_count);
    in->inside--;
    in->expecting_error--;
    char *refusal = in->refusal;
    in->refusal = outer;
    if (!good && !in->stopped) return hs_say_own(in, HS_SAY_REFUSED, refusal);
    free(refusal);
    if (in->stopped)
        return hs_fail_at(in, s->arguments[0].where, "stopped: no error came so far", NULL);
    return hs_fail_at(in, s->arguments[0].where, "no error came here, and one was expected", NULL);
}

bool hs_run_expect(hs_interpreter *in, const hs_statement *s)
{
    hs_complaint c;
    bool holds;
    const hs_argument *a = &s->arguments[0];
    if (s->has_body) return expect_error(in, s);
    hs_reader r = {.text = in->program->source,
                   .at = a->where.start,
                   .length = a->where.end,
                   .session = in->session,
                   .complaint = &c};
    if (!hs_read_condition(&r, &holds)) return hs_fail_with(in, &c);
    return holds || hs_fail_with(in, &c);
}

bool hs_run_help(hs_interpreter *in, const hs_statement *s)
{
    const hs_argument *a = &s->arguments[0];
    const hs_command *command = NULL;
    hs_complaint c;
    char *option = a->present ? hs_help_on_option(a->text, a->length) : NULL;
    bool good = !a->present || (command = hs_command_resolve(a->text, a->length, a->where, &c));
    bool exact = good && command && strlen(command->name) == a->length;
    if (option && !exact) return hs_say_own(in, HS_SAY_ANSWER, option);
    free(option);
    if (!good) return hs_fail_with(in, &c);
    return hs_say_own(in, HS_SAY_ANSWER, hs_help_text(in->session, command));
}

bool hs_run_continue(hs_interpreter *in, const hs_statement *s)
{
    const char *why = in->listener.go_on ? in->listener.go_on(in->listener.context)
                                         : "sessions are continued where commands are typed";
    if (why) return hs_fail_at(in, s->head, why, NULL);
    in->quit = true;
    return true;
}

bool hs_run_quit(hs_interpreter *in, const hs_statement *s)
{
    (void)s;
    in->quit = true;
    return true;
}

/* The commands: one function each, and the table that declares them. */
#include "language/demos.h"
#include "language/homework.h"
#include "language/lecture.h"
#include "language/predict.h"
#include "language/quiz.h"
#include "language/words.h"

#include "heap/array.h"
#include "model/random.h"

#include <heapscope/ledger.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool say(hs_interpreter *in, hs_voice voice, const char *text)
{
    in->listener.say(in->listener.context, voice, text);
    return true;
}

/* Say a text that was made for it, and free it. */
static bool say_own(hs_interpreter *in, hs_voice voice, char *text)
{
    say(in, voice, text);
    free(text);
    return true;
}

static char *text_of(void (*put)(FILE *, const hs_session *), const hs_session *session)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) abort();
    put(out, session);
    fclose(out);
    return text;
}

static bool show(hs_interpreter *in, hs_show what, hs_addr at, uint64_t length)
{
    in->listener.show(in->listener.context, what, at, length);
    return true;
}

/* --- The client's requests ------------------------------------------------------------------ */

static bool run_malloc(hs_interpreter *in, const hs_statement *s)
{
    hs_op op = {.kind = HS_OP_REQUEST, .request = HS_MALLOC, .name = s->result};
    op.p.variable = HS_NONE;
    return hs_size_of_argument(in, &s->arguments[0], &op.a) && hs_perform(in, s, &op);
}

/* calloc COUNT SIZE and aligned_alloc ALIGNMENT SIZE. */
static bool run_two_sizes(hs_interpreter *in, const hs_statement *s, hs_request request)
{
    hs_op op = {.kind = HS_OP_REQUEST, .request = request, .name = s->result};
    op.p.variable = HS_NONE;
    return hs_size_of_argument(in, &s->arguments[0], &op.b) &&
           hs_size_of_argument(in, &s->arguments[1], &op.a) && hs_perform(in, s, &op);
}

static bool run_calloc(hs_interpreter *in, const hs_statement *s)
{
    return run_two_sizes(in, s, HS_CALLOC);
}

static bool run_aligned_alloc(hs_interpreter *in, const hs_statement *s)
{
    return run_two_sizes(in, s, HS_ALIGNED_ALLOC);
}

static bool run_realloc(hs_interpreter *in, const hs_statement *s)
{
    hs_op op = {.kind = HS_OP_REQUEST, .request = HS_REALLOC, .name = s->result};
    return hs_pointer_of_argument(in, &s->arguments[0], &op.p) &&
           hs_size_of_argument(in, &s->arguments[1], &op.a) && hs_perform(in, s, &op);
}

static bool run_free(hs_interpreter *in, const hs_statement *s)
{
    hs_op op = {.kind = HS_OP_REQUEST, .request = HS_FREE};
    return hs_pointer_of_argument(in, &s->arguments[0], &op.p) && hs_perform(in, s, &op);
}

/* --- The bytes ------------------------------------------------------------------------------ */

/* The * between BYTE and COUNT: not one in '*' or within brackets. NULL when there is none. */
static const char *count_star(const hs_reader *r)
{
    int brackets = 0;
    for (size_t i = r->at; i < r->length; i++) {
        char c = r->text[i];
        if (c == '\'') i += 2; /* 'c' */
        brackets += (c == '(') - (c == ')');
        if (c == '*' && brackets == 0) return r->text + i;
    }
    return NULL;
}

/* BYTES is "text", "text"*COUNT, or BYTE*COUNT. */
static bool run_write(hs_interpreter *in, const hs_statement *s)
{
    hs_op op = {.kind = HS_OP_WRITE, .a = 1};
    const hs_argument *bytes = &s->arguments[1];
    hs_complaint c;
    hs_reader r = {.text = in->program->source,
                   .at = bytes->where.start,
                   .length = bytes->where.end,
                   .session = in->session,
                   .complaint = &c};
    char *text = NULL;
    uint64_t byte;
    char one;
    if (!hs_pointer_of_argument(in, &s->arguments[0], &op.p)) return false;
    if (bytes->text) {
        if (!hs_read_string(&r, &text, &op.text_length)) return hs_fail_with(in, &c);
    } else {
        const char *star = count_star(&r);
        size_t end = r.length;
        if (star) r.length = (size_t)(star - r.text);
        if (!hs_read_size(&r, &byte)) return hs_fail_with(in, &c);
        if (byte > 255)
            return hs_fail_at(in, bytes->where,
                              "a byte is a number from 0 to 255, or a character such as 'A'",
                              "write p1 'A'*24, or write p1 \"text\"");
        one = (char)byte;
        op.text_length = 1;
        r.length = end;
    }
    op.text = text ? text : &one;
    hs_read_blanks(&r);
    bool good = true;
    if (r.at < r.length) {
        r.at++; /* the * */
        good = hs_read_size(&r, &op.a) || hs_fail_with(in, &c);
    }
    good = good && hs_perform(in, s, &op);
    free(text);
    return good;
}

static bool run_read(hs_interpreter *in, const hs_statement *s)
{
    hs_pointer p;
    if (!hs_pointer_of_argument(in, &s->arguments[0], &p)) return false;
    hs_addr at = hs_session_value(in->session, p);
    const hs_client_block *b = hs_session_block_from(in->session, at);
    uint64_t n = b && b->addr == at && b->requested ? b->requested : 16;
    if (s->arguments[1].present && !hs_size_of_argument(in, &s->arguments[1], &n)) return false;
    if (hs_heap_holds(hs_session_heap(in->session), at, n)) return show(in, HS_SHOW_BYTES, at, n);
    return hs_fail_at(in, s->arguments[0].where,
                      at ? "a read there leaves the heap" : "a read through NULL",
                      "a real program would get a segmentation fault");
}

static bool run_inspect(hs_interpreter *in, const hs_statement *s)
{
    hs_pointer p;
    if (!hs_pointer_of_argument(in, &s->arguments[0], &p)) return false;
    hs_addr at = hs_session_value(in->session, p);
    if (hs_heap_holds(hs_session_heap(in->session), at, 1)) return show(in, HS_SHOW_INSPECT, at, 0);
    return hs_fail_at(in, s->arguments[0].where, "this is no address of the heap", NULL);
}

/* --- Pictures ------------------------------------------------------------------------------- */

static bool run_map(hs_interpreter *in, const hs_statement *s)
{
    (void)s;
    return show(in, HS_SHOW_MAP, 0, 0);
}

static bool run_blocks(hs_interpreter *in, const hs_statement *s)
{
    (void)s;
    return show(in, HS_SHOW_BLOCKS, 0, 0);
}

static bool run_free_list(hs_interpreter *in, const hs_statement *s)
{
    (void)s;
    return show(in, HS_SHOW_FREE_LIST, 0, 0);
}

static bool run_stats(hs_interpreter *in, const hs_statement *s)
{
    (void)s;
    return show(in, HS_SHOW_STATS, 0, 0);
}

/* How many bytes of a line make at most so many, cut between characters. */
static size_t whole_characters(const char *line, size_t most)
{
    size_t n = strnlen(line, most + 1);
    if (n <= most) return n;
    while (most > 0 && ((unsigned char)line[most] & 0xc0) == 0x80) most--;
    return most;
}

static bool run_plot(hs_interpreter *in, const hs_statement *s)
{
    (void)s;
    return show(in, HS_SHOW_PLOT, 0, 0);
}

static bool run_check(hs_interpreter *in, const hs_statement *s)
{
    const hs_heap *h = hs_session_heap(in->session);
    uint64_t culprit = hs_session_broken_by(in->session);
    hs_damage damage;
    char text[512];
    if (hs_heap_allocator(h)->check(h, &damage))
        return say(in, HS_SAY_ANSWER, "the heap is consistent: every block leads to the next");
    size_t used = (size_t)snprintf(text, sizeof text, "the heap is broken at 0x%" PRIx64 ": %s",
                                   damage.at, damage.what);
    if (culprit) {
        char *line = hs_session_record_text(in->session, culprit - 1);
        size_t shown = whole_characters(line, 60);
        snprintf(text + used, sizeof text - used, "; command %" PRIu64 " broke it: %.*s%s", culprit,
                 (int)shown, line, line[shown] ? "..." : "");
        free(line);
    }
    return hs_fail_at(in, s->head, text, NULL);
}

enum { LEAKS_LISTED = 20 };

/* The leaks of one kind, a line each: how large they are, and which commands made them. */
static void put_leaks(FILE *out, const hs_session *session, const hs_leaks *all,
                      const hs_leak *list, hs_reach reach, const char *title)
{
    uint64_t n = all->blocks[reach], listed = all->blocks[HS_LOST] + all->blocks[HS_POSSIBLY_LOST];
    if (!n) return;
    if (listed > LEAKS_LISTED) listed = LEAKS_LISTED;
    fprintf(out, "%s %" PRIu64 " bytes in %" PRIu64 " block%s\n", title, all->bytes[reach], n,
            n == 1 ? "" : "s");
    for (const hs_leak *l = list; l < list + listed; l++) {
        if (l->reach != reach) continue;
        char *line = hs_session_record_text(session, l->block->born - 1);
        fprintf(out, "  0x%" PRIx64 " %8" PRIu64 " bytes, from command %" PRIu64 ": %s\n",
                l->block->addr, l->block->requested, l->block->born, line);
        free(line);
        n--;
    }
    if (n) fprintf(out, "  ... and %" PRIu64 " more\n", n);
}

static void report_leaks(FILE *out, const hs_session *session)
{
    hs_leak list[LEAKS_LISTED];
    hs_leaks all = hs_session_leaks(session, list, LEAKS_LISTED);
    if (!all.blocks[HS_LOST] && !all.blocks[HS_POSSIBLY_LOST]) {
        fputs("no leaks: ", out);
    } else {
        put_leaks(out, session, &all, list, HS_LOST, "definitely lost, no pointer is left:");
        put_leaks(out, session, &all, list, HS_POSSIBLY_LOST,
                  "possibly lost, a pointer into the block is left:");
    }
    fprintf(out, "still reachable: %" PRIu64 " bytes in %" PRIu64 " block%s", all.bytes[HS_REACHED],
            all.blocks[HS_REACHED], all.blocks[HS_REACHED] == 1 ? "" : "s");
}

static bool run_leaks(hs_interpreter *in, const hs_statement *s)
{
    (void)s;
    return say_own(in, HS_SAY_ANSWER, text_of(report_leaks, in->session));
}

static bool is_request(const hs_interpreter *in, uint64_t n)
{
    hs_op op;
    return hs_session_op(in->session, n - 1, &op) && op.kind == HS_OP_REQUEST;
}

/* The number of the request that a statement is about: the last one unless it says. 0: said. */
static uint64_t request_number(hs_interpreter *in, const hs_statement *s)
{
    uint64_t count = hs_session_op_count(in->session), n = count;
    char text[128];
    if (!s->arguments[0].present) {
        while (n > 0 && !is_request(in, n)) n--;
        if (!n) hs_fail_at(in, s->head, "there was no request yet", "malloc 24 is one");
        return n;
    }
    hs_span where = s->arguments[0].where;
    if (!hs_size_of_argument(in, &s->arguments[0], &n)) return 0;
    if (n > 0 && is_request(in, n)) return n;
    if (n > 0 && n <= count)
        snprintf(text, sizeof text, "command %" PRIu64 " was no request to the allocator", n);
    else
        snprintf(text, sizeof text, "there is no command %" PRIu64 ": there were %" PRIu64, n,
                 count);
    hs_fail_at(in, where, text, "`history` lists the commands with their numbers");
    return 0;
}

static bool run_why(hs_interpreter *in, const hs_statement *s)
{
    uint64_t n = request_number(in, s);
    return n && show(in, HS_SHOW_WHY, n, 0);
}

static bool run_step(hs_interpreter *in, const hs_statement *s)
{
    uint64_t n = request_number(in, s);
    return n && show(in, HS_SHOW_STEPS, n, 0);
}

static bool run_history(hs_interpreter *in, const hs_statement *s)
{
    uint64_t count = hs_session_op_count(in->session), n = 20;
    uint64_t parted = in->lockstep ? hs_lockstep_parting(in->lockstep)->number : 0;
    char *text = NULL;
    size_t size;
    if (s->arguments[0].present && !hs_size_of_argument(in, &s->arguments[0], &n)) return false;
    if (n > count) n = count;
    FILE *out = open_memstream(&text, &size);
    if (!out) abort();
    if (n < count) fprintf(out, "the last %" PRIu64 " of %" PRIu64 " commands:\n", n, count);
    if (!count) fputs("no commands yet", out);
    for (uint64_t i = count - n; i < count; i++) {
        char *line = hs_session_record_text(in->session, i);
        fprintf(out, "%5" PRIu64 "  %s%s%s", i + 1, line, i + 1 == parted ? "   <- they part" : "",
                i + 1 < count ? "\n" : "");
        free(line);
    }
    fclose(out);
    return say_own(in, HS_SAY_ANSWER, text);
}

/* --- Time travel ---------------------------------------------------------------------------- */

static const char *branch_name(uint32_t branch, char *name, size_t size)
{
    if (branch)
        snprintf(name, size, "b%" PRIu32, branch);
    else
        snprintf(name, size, "main");
    return name;
}

/* Go to a moment, and say where that is. */
static bool go_to(hs_interpreter *in, const hs_statement *s, hs_moment m)
{
    hs_problem problem;
    char text[256], name[16];
    if (!hs_session_go(in->session, m, &problem)) return hs_fail_at(in, s->head, problem.what, "");
    uint64_t end = hs_session_branch_count(in->session, m.branch);
    char *last = hs_session_record_text(in->session, m.count - 1);
    snprintf(text, sizeof text, "at command %" PRIu64 " of %" PRIu64 " on %s%s%.150s", m.count, end,
             branch_name(m.branch, name, sizeof name), m.count ? ": " : ", before the first",
             m.count ? last : "");
    free(last);
    if (!in->inside) in->listener.performed(in->listener.context, text);
    return true;
}

/* undo, redo, back, forward: N commands back (-1) or forward (1), 1 unless it says. */
static bool go_by(hs_interpreter *in, const hs_statement *s, int direction)
{
    hs_moment m = hs_session_moment(in->session);
    uint64_t n = 1, end = hs_session_branch_count(in->session, m.branch);
    uint64_t most = direction < 0 ? m.count : end - m.count;
    char text[96];
    if (s->arguments[0].present && !hs_size_of_argument(in, &s->arguments[0], &n)) return false;
    if (!most)
        return hs_fail_at(in, s->head,
                          direction < 0 ? "this is the beginning" : "this is the last command",
                          direction < 0 ? "" : "`branches` shows what was done otherwise");
    if (n > most) {
        snprintf(text, sizeof text, "there are only %" PRIu64 " commands %s", most,
                 direction < 0 ? "before this" : "after this");
        return hs_fail_at(in, s->arguments[0].where, text, "");
    }
    m.count = direction < 0 ? m.count - n : m.count + n;
    return go_to(in, s, m);
}

static bool run_back(hs_interpreter *in, const hs_statement *s)
{
    return go_by(in, s, -1);
}

static bool run_forward(hs_interpreter *in, const hs_statement *s)
{
    return go_by(in, s, 1);
}

static bool run_goto(hs_interpreter *in, const hs_statement *s)
{
    hs_moment m = hs_session_moment(in->session);
    uint64_t end = hs_session_branch_count(in->session, m.branch);
    char text[96];
    if (!hs_size_of_argument(in, &s->arguments[0], &m.count)) return false;
    if (m.count <= end) return go_to(in, s, m);
    snprintf(text, sizeof text, "this branch has %" PRIu64 " commands", end);
    return hs_fail_at(in, s->arguments[0].where, text, "`history` lists them with their numbers");
}

static bool run_diff(hs_interpreter *in, const hs_statement *s)
{
    uint64_t count = hs_session_op_count(in->session), n = count ? count - 1 : 0;
    char text[96];
    if (s->arguments[0].present && !hs_size_of_argument(in, &s->arguments[0], &n)) return false;
    if (n <= count) return show(in, HS_SHOW_DIFFERENCE, n, 0);
    snprintf(text, sizeof text, "there were %" PRIu64 " commands so far", count);
    return hs_fail_at(in, s->arguments[0].where, text, "`history` lists them with their numbers");
}

static void list_branches(FILE *out, const hs_session *session)
{
    hs_moment now = hs_session_moment(session);
    char name[16], parent[16];
    uint32_t n = hs_session_branches(session);
    for (uint32_t i = 0; i < n; i++) {
        hs_moment fork = hs_session_branch_fork(session, i);
        uint64_t end = hs_session_branch_count(session, i);
        fprintf(out, "%c %-6s %" PRIu64 " commands", i == now.branch ? '*' : ' ',
                branch_name(i, name, sizeof name), end);
        if (i)
            fprintf(out, ", left %s after command %" PRIu64,
                    branch_name(fork.branch, parent, sizeof parent), fork.count);
        if (i == now.branch && now.count < end)
            fprintf(out, "; now at command %" PRIu64, now.count);
        fputs(i + 1 < n ? "\n" : "", out);
    }
}

static bool run_branches(hs_interpreter *in, const hs_statement *s)
{
    (void)s;
    return say_own(in, HS_SAY_ANSWER, text_of(list_branches, in->session));
}

static bool run_branch(hs_interpreter *in, const hs_statement *s)
{
    const hs_argument *a = &s->arguments[0];
    char name[16];
    for (uint32_t i = 0; i < hs_session_branches(in->session); i++)
        if (strcmp(branch_name(i, name, sizeof name), a->text) == 0)
            return go_to(in, s, (hs_moment){i, hs_session_branch_count(in->session, i)});
    return hs_fail_at(in, a->where, "there is no branch of that name", "`branches` lists them");
}

/* --- The heap and its allocator -------------------------------------------------------------- */

static const char *const growing[] = {
    [HS_GROWTH_DOUBLE] = "doubles",
    [HS_GROWTH_PAGE] = "grows to the next multiple of 4096 bytes",
    [HS_GROWTH_EXACT] = "grows by just what it needs",
};

static bool run_heap(hs_interpreter *in, const hs_statement *s)
{
    const hs_argument *a = s->arguments;
    hs_op op = {.kind = HS_OP_HEAP, .replay = a[2].present};
    if (a[0].present && !hs_size_of_argument(in, &a[0], &op.a)) return false;
    if (a[1].present && !hs_size_of_argument(in, &a[1], &op.b)) return false;
    if ((a[0].present && op.a < HS_HEAP_SMALLEST) || (a[1].present && op.b == 0))
        return hs_fail_at(in, a[a[0].present ? 0 : 1].where, "a heap has at least 64 bytes", NULL);
    if (a[0].present || a[1].present || op.replay) return hs_perform(in, s, &op);
    const hs_heap *h = hs_session_heap(in->session);
    char *text;
    if (asprintf(&text,
                 "the heap starts at 0x%" PRIx64 "; %" PRIu64
                 " bytes are committed, up to 0x%" PRIx64 "\nit started with %" PRIu64
                 " bytes and %s when it runs out, up to %" PRIu64 " bytes",
                 hs_heap_base(h), hs_heap_committed(h), hs_heap_end(h),
                 hs_session_config(in->session)->initial, growing[hs_heap_growth(h)],
                 hs_heap_maximum(h)) < 0)
        abort();
    return say_own(in, HS_SAY_ANSWER, text);
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

static bool run_allocator(hs_interpreter *in, const hs_statement *s)
{
    hs_op op = {.kind = HS_OP_ALLOCATOR, .replay = s->arguments[1].present};
    if (!s->arguments[0].present && op.replay)
        return hs_fail_at(in, s->arguments[1].where, "allocator: NAME is missing",
                          "write allocator NAME replay");
    if (!s->arguments[0].present)
        return say_own(in, HS_SAY_ANSWER, text_of(list_allocators, in->session));
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
    return say(in, HS_SAY_ANSWER, text);
}

static bool run_split(hs_interpreter *in, const hs_statement *s)
{
    const char *names[HS_LANES];
    const hs_argument *a = s->arguments;
    size_t count = 0;
    hs_problem problem;
    if (!a[0].present && in->lockstep) return show(in, HS_SHOW_LANES, 0, 0);
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
    return in->inside || show(in, HS_SHOW_LANES, 0, 0);
}

static uint64_t value_of(const hs_session *session, const hs_option *o)
{
    const hs_heap *h = hs_session_heap(session);
    const hs_allocator *a = hs_heap_allocator(h);
    if (o >= a->options && o < a->options + a->option_count)
        return hs_heap_option(h, (size_t)(o - a->options));
    return hs_session_setting(session, (hs_setting)(o - hs_settings));
}

static void put_option(FILE *out, const hs_session *session, const hs_option *o)
{
    char value[32];
    uint64_t v = value_of(session, o);
    if (o->choices)
        snprintf(value, sizeof value, "%s", o->choices[v]);
    else
        snprintf(value, sizeof value, "%" PRIu64, v);
    fprintf(out, "%-10s %-10s %s", o->name, value, o->help);
    for (size_t i = 0; o->choices && o->choices[i]; i++)
        fprintf(out, "%s%s", i ? " | " : ": ", o->choices[i]);
    if (!o->choices) fprintf(out, ": %" PRIu64 " to %" PRIu64, o->minimum, o->maximum);
    fputs(o->fresh ? " (starts a fresh heap)\n" : "\n", out);
}

static void list_options(FILE *out, const hs_session *session)
{
    const hs_allocator *a = hs_heap_allocator(hs_session_heap(session));
    for (size_t i = 0; i < a->option_count; i++) put_option(out, session, &a->options[i]);
    for (size_t i = 0; i < HS_SETTINGS; i++) put_option(out, session, &hs_settings[i]);
}

static bool show_option(hs_interpreter *in, const char *name)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) abort();
    put_option(out, in->session, hs_option_named(in->session, name));
    fclose(out);
    return say_own(in, HS_SAY_ANSWER, text);
}

static bool is_option_elsewhere(const hs_session *session, const char *name)
{
    const hs_allocator *a;
    if (hs_option_named(session, name)) return false;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        for (size_t j = 0; j < a->option_count; j++)
            if (strcmp(a->options[j].name, name) == 0) return true;
    return false;
}

static bool run_set(hs_interpreter *in, const hs_statement *s)
{
    const hs_argument *a = s->arguments;
    hs_op op = {.kind = HS_OP_SET, .replay = a[2].present};
    if (!a[0].present) return say_own(in, HS_SAY_ANSWER, text_of(list_options, in->session));
    hs_words names = {0}, values = {0};
    op.name = a[0].text;
    /* An option of another allocator gets the session's own, more exact, complaint. */
    if (!is_option_elsewhere(in->session, op.name)) {
        hs_words_of_options(&names, in->session);
        op.name = hs_resolve_argument(in, &names, "option", &a[0]);
    }
    if (!op.name) return false;
    if (!a[1].present && hs_option_named(in->session, op.name)) return show_option(in, op.name);
    op.text = a[1].text ? a[1].text : "";
    if (!hs_option_named(in->session, op.name)) return hs_perform(in, s, &op);
    hs_words_of_values(&values, in->session, op.name);
    if (values.count && !(op.text = hs_resolve_argument(in, &values, "value", &a[1]))) return false;
    char number[32];
    if (!hs_option_named(in->session, op.name)->choices) {
        uint64_t n;
        if (!hs_size_of_argument(in, &a[1], &n)) return false;
        snprintf(number, sizeof number, "%" PRIu64, n);
        op.text = number;
    }
    op.text_length = strlen(op.text);
    return hs_perform(in, s, &op);
}

static bool run_reset(hs_interpreter *in, const hs_statement *s)
{
    return hs_perform(in, s, &(hs_op){.kind = HS_OP_RESET});
}

/* --- Scripts -------------------------------------------------------------------------------- */

static bool run_source(hs_interpreter *in, const hs_statement *s)
{
    if (in->files >= 20)
        return hs_fail_at(in, s->where,
                          "scripts within scripts, 20 deep: one of them sources itself", NULL);
    in->files++;
    bool good = hs_interpreter_run_file(in, s->arguments[0].text);
    in->files--;
    return good;
}

static bool may_replace(const char *path)
{
    static const char mark[] = "# A heapscope session";
    char begin[sizeof mark] = {0};
    FILE *file = fopen(path, "rbe");
    if (!file) return errno == ENOENT;
    size_t n = fread(begin, 1, sizeof mark - 1, file);
    fclose(file);
    return n == 0 || memcmp(begin, mark, sizeof mark - 1) == 0;
}

/* That a file has a new name is to be on the disk as well. */
static void sync_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = NULL;
    if (asprintf(&folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".") < 0)
        abort();
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(folder);
}

/* All or nothing: a temporary file, flushed to the disk, takes the name. */
static bool write_to(const char *path, bool (*put)(const void *, FILE *), const void *what)
{
    char *temporary;
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0) abort();
    int fd = mkstemp(temporary);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool good =
        out && fchmod(fd, 0644) == 0 && put(what, out) && fflush(out) == 0 && fsync(fd) == 0;
    int why = errno;
    if (out && fclose(out) != 0 && good) good = false, why = errno;
    if (good && rename(temporary, path) != 0) good = false, why = errno;
    if (good) sync_folder_of(path);
    if (!good && fd >= 0) unlink(temporary);
    free(temporary);
    errno = why;
    return good;
}

bool hs_write_argument_file(hs_interpreter *in, const hs_argument *a,
                            bool (*put)(const void *, FILE *), const void *what)
{
    char text[512];
    if (!may_replace(a->text))
        return hs_fail_at(in, a->where, "there is a file of that name, and it is no saved session",
                          "choose another name");
    if (write_to(a->text, put, what)) return true;
    snprintf(text, sizeof text, "it can not be saved: %s", strerror(errno));
    return hs_fail_at(in, a->where, text, "the session goes on; nothing on the disk was changed");
}

static bool put_session(const void *session, FILE *out)
{
    return hs_session_write_script(session, out);
}

static bool run_save(hs_interpreter *in, const hs_statement *s)
{
    const char *path = s->arguments[0].text;
    char text[512];
    if (!hs_write_argument_file(in, &s->arguments[0], put_session, in->session)) return false;
    snprintf(text, sizeof text, "saved %" PRIu64 " commands; `heapscope %.300s` plays them",
             hs_session_op_count(in->session), path);
    return say(in, HS_SAY_ANSWER, text);
}

/* Say how many requests came in between, for a statement that made many. */
static void tell_many(hs_interpreter *in, hs_totals before, const char *how)
{
    const hs_totals *now = hs_session_totals(in->session);
    char text[256];
    uint64_t n = now->requests - before.requests,
             visits = now->counts.visits - before.counts.visits;
    if (in->inside) return;
    if (now->requests < before.requests) n = now->requests, visits = now->counts.visits;
    snprintf(text, sizeof text,
             "%s: %" PRIu64 " requests, %" PRIu64 " blocks examined; now %" PRIu64
             " live block%s with %" PRIu64 " bytes, heap %" PRIu64 " bytes",
             how, n, visits, now->live_blocks, now->live_blocks == 1 ? "" : "s", now->live,
             hs_heap_committed(hs_session_heap(in->session)));
    in->listener.performed(in->listener.context, text);
}

static bool run_repeat(hs_interpreter *in, const hs_statement *s)
{
    uint64_t n, done = 0;
    hs_totals before = *hs_session_totals(in->session);
    char how[64];
    bool good = true;
    if (!hs_size_of_argument(in, &s->arguments[0], &n)) return false;
    in->inside++;
    while (done < n && good && !in->quit && !hs_interrupted(in)) {
        good = hs_run_statements(in, s->body, s->body_count);
        done += good;
    }
    in->inside--;
    snprintf(how, sizeof how,
             done < n ? "stopped after %" PRIu64 " of %" PRIu64 " times"
                      : "repeated %" PRIu64 " times",
             done, n);
    tell_many(in, before, how);
    return good;
}

static uint64_t random_size(uint64_t *state)
{
    uint64_t most = hs_random(state) % 16 ? 128 : 1024; /* first, whatever the compiler */
    return 1 + hs_random(state) % most;
}

typedef struct {
    uint32_t *variables; /* of live blocks */
    size_t count, capacity;
} live_list;

static void add_live(live_list *l, uint32_t variable)
{
    l->variables = hs_array_reserve(l->variables, &l->capacity, l->count + 1, sizeof *l->variables);
    l->variables[l->count++] = variable;
}

static live_list live_variables(const hs_session *session)
{
    live_list l = {0};
    const hs_client_block *b = hs_session_block_from(session, 0);
    for (; b; b = hs_session_block_from(session, b->addr + 1))
        if (b->live && b->variable != HS_NONE) add_live(&l, b->variable);
    return l;
}

static bool random_request(hs_interpreter *in, const hs_statement *s, live_list *l, uint64_t *state)
{
    uint64_t dice = hs_random(state) % 10;
    hs_op op = {.kind = HS_OP_REQUEST,
                .request = HS_MALLOC,
                .p.variable = HS_NONE,
                .a = random_size(state)};
    size_t victim = l->count ? hs_random(state) % l->count : 0;
    if (dice >= 5 && l->count) {
        op.request = dice == 9 ? HS_REALLOC : HS_FREE;
        op.p.variable = l->variables[victim];
    }
    if (!hs_perform(in, s, &op)) return false;
    const hs_last *last = hs_session_last(in->session);
    if (op.request == HS_MALLOC && last->result) add_live(l, last->variable);
    if (op.request == HS_FREE) l->variables[victim] = l->variables[--l->count];
    return true;
}

static bool run_random(hs_interpreter *in, const hs_statement *s)
{
    uint64_t n, seed = hs_session_op_count(in->session), done = 0;
    hs_totals before = *hs_session_totals(in->session);
    if (!hs_size_of_argument(in, &s->arguments[0], &n)) return false;
    if (s->arguments[1].present && !hs_size_of_argument(in, &s->arguments[1], &seed)) return false;
    live_list l = live_variables(in->session);
    uint64_t state = seed;
    bool good = true;
    in->inside++;
    for (; done < n && good && !hs_interrupted(in); done += good)
        good = random_request(in, s, &l, &state);
    in->inside--;
    free(l.variables);
    char how[96];
    snprintf(how, sizeof how, "%s %" PRIu64 " of %" PRIu64 ", seed %" PRIu64,
             done < n ? "random, stopped after" : "random", done, n, seed);
    tell_many(in, before, how);
    return good;
}

static bool run_echo(hs_interpreter *in, const hs_statement *s)
{
    return say(in, HS_SAY_ANSWER, s->arguments[0].text ? s->arguments[0].text : "");
}

/* expect error { ... }: the statements must fail, and the heap stay as it was. */
static bool expect_error(hs_interpreter *in, const hs_statement *s)
{
    char *outer = in->refusal; /* of an expect error { } around this one */
    in->refusal = NULL;
    in->expecting_error++;
    in->inside++;
    bool good = hs_run_statements(in, s->body, s->body_count);
    in->inside--;
    in->expecting_error--;
    char *refusal = in->refusal;
    in->refusal = outer;
    if (!good) return say_own(in, HS_SAY_REFUSED, refusal);
    free(refusal);
    return hs_fail_at(in, s->arguments[0].where, "no error came here, and one was expected", NULL);
}

static bool run_expect(hs_interpreter *in, const hs_statement *s)
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

static bool run_help(hs_interpreter *in, const hs_statement *s)
{
    const hs_argument *a = &s->arguments[0];
    const hs_command *command = NULL;
    hs_complaint c;
    if (a->present && !(command = hs_command_resolve(a->text, a->length, a->where, &c)))
        return hs_fail_with(in, &c);
    return say_own(in, HS_SAY_ANSWER, hs_help_text(in->session, command));
}

static bool run_continue(hs_interpreter *in, const hs_statement *s)
{
    const char *why = in->listener.go_on ? in->listener.go_on(in->listener.context)
                                         : "sessions are continued where commands are typed";
    if (why) return hs_fail_at(in, s->head, why, NULL);
    in->quit = true;
    return true;
}

static bool run_quit(hs_interpreter *in, const hs_statement *s)
{
    (void)s;
    in->quit = true;
    return true;
}

/* --- The table ------------------------------------------------------------------------------ */

#define SIZE(label)                                                                                \
    {                                                                                              \
        HS_PARAMETER_SIZE, label, NULL, false                                                      \
    }
#define POINTER                                                                                    \
    {                                                                                              \
        HS_PARAMETER_POINTER, "PTR", NULL, false                                                   \
    }
#define TEXT                                                                                       \
    {                                                                                              \
        HS_PARAMETER_TEXT, "TEXT", NULL, false                                                     \
    }
#define LANE(label, optional)                                                                      \
    {                                                                                              \
        HS_PARAMETER_LANE, label, NULL, optional                                                   \
    }
#define REPLAY                                                                                     \
    {                                                                                              \
        HS_PARAMETER_FLAG, "replay", "replay", true                                                \
    }

static const hs_command commands[] = {
    {"malloc",
     "Requests",
     "a block of at least N bytes",
     "The pointer gets the next name p1, p2, ..., or one of yours: a = malloc 24.\n"
     "malloc 0 returns a block of its own. NULL means that the heap may not grow any further.",
     {SIZE("N")},
     true,
     run_malloc},
    {"calloc",
     "Requests",
     "N times SIZE bytes, all zero",
     NULL,
     {SIZE("N"), SIZE("SIZE")},
     true,
     run_calloc},
    {"realloc",
     "Requests",
     "resize a block, in place when it can be",
     "PTR keeps its name. When the block has to move, its bytes are copied.\n"
     "realloc NULL N is malloc N; realloc PTR 0 frees PTR. If NULL comes back, PTR is as before.",
     {POINTER, SIZE("N")},
     true,
     run_realloc},
    {"free",
     "Requests",
     "give a block back",
     "free NULL does nothing. A pointer freed twice, or one that is no\n"
     "block's start, is refused; after `set misuse allow` it goes to the allocator as in C.",
     {POINTER},
     false,
     run_free},
    {"aligned_alloc",
     "Requests",
     "N bytes at a multiple of A, a power of two",
     NULL,
     {SIZE("A"), SIZE("N")},
     true,
     run_aligned_alloc},

    {"ops",
     "Requests",
     "requests as the OSTEP homework writes them: +10,+10,-0,+5",
     "+SIZE allocates for the next index, from 0 on; -INDEX frees. Index 3 is ptr3 to other commands.\n"
     "The answers are the homework's: the address, the blocks examined, the free list after it.",
     {{HS_PARAMETER_TEXT, "LIST", NULL, false}},
     false,
     hs_run_ops},

    {"homework",
     "Requests",
     "the random operations that the OSTEP homework has for a seed",
     "N of them (10), the same as there for the same seed (0): sizes up to M (10), and P of 100 (50)\n"
     "are allocations. `heapscope --ostep` sets up the heap and the options for it.",
     {{HS_PARAMETER_SIZE, "S", "seed", true},
      {HS_PARAMETER_SIZE, "N", "n", true},
      {HS_PARAMETER_SIZE, "M", "range", true},
      {HS_PARAMETER_SIZE, "P", "percent", true}},
     false,
     hs_run_homework},

    {"write",
     "Bytes",
     "write through a pointer, as the program would",
     "write p1 \"text\"      the text's bytes; \\n \\t \\0 \\xHH are known\n"
     "write p1 'A'*24      a byte, 24 times\n"
     "write p1+8 0xff*8    also beyond the block: what lies there is overwritten",
     {POINTER, {HS_PARAMETER_BYTES, "BYTES", NULL, false}},
     false,
     run_write},
    {"read",
     "Bytes",
     "the bytes at a pointer, in hex and as text",
     "Without N: the whole block.",
     {POINTER, {HS_PARAMETER_SIZE, "N", NULL, true}},
     false,
     run_read},
    {"inspect",
     "Bytes",
     "what lies at an address: its block, its role, its header",
     NULL,
     {POINTER},
     false,
     run_inspect},

    {"map", "Pictures", "the byte map", NULL, {{0}}, false, run_map},
    {"blocks", "Pictures", "all blocks in heap order", NULL, {{0}}, false, run_blocks},
    {"free-list",
     "Pictures",
     "the free blocks in their own order",
     "One list head first, lists by size, a grid with its bitmap, a tree, buddies over the heap, slabs:\n"
     "as the allocator keeps them. A link that leads astray is shown. Without lists: in heap order.",
     {{0}},
     false,
     run_free_list},
    {"stats",
     "Pictures",
     "the ledger and all measures, with their definitions",
     NULL,
     {{0}},
     false,
     run_stats},
    {"plot",
     "Pictures",
     "the heap over time: live bytes, heap size, utilization, blocks examined",
     "Time is counted in requests since the heap was fresh; utilization is live / heap size at each\n"
     "point. Where many requests share a dot, it shows the largest value.",
     {{0}},
     false,
     run_plot},
    {"check",
     "Pictures",
     "is the heap consistent?",
     "Fails when a block does not lead to the next: says where, what is wrong there, and which\n"
     "command broke it.",
     {{0}},
     false,
     run_check},
    {"leaks",
     "Pictures",
     "live blocks that no variable points to any more",
     "Where they are, and the command that made each; `expect leaked == 0` tests it.",
     {{0}},
     false,
     run_leaks},

    {"exec",
     "Processes",
     "how a program becomes a process: its address space, step by step",
     "Reads an ELF file and lays out what kernel and loader would map: program, interpreter, libraries,\n"
     "stack, and as its heap the one of this session. Nothing is run. Without FILE: a built-in program.\n"
     "ARGUMENTS are the program's own: exec /bin/ls -l.",
     {{HS_PARAMETER_FILE, "FILE", NULL, true}, {HS_PARAMETER_TEXT, "ARGUMENTS", NULL, true}},
     false,
     hs_run_exec},
    {"address-space",
     "Processes",
     "the address space that this heap is in",
     "That of the last exec. Lengths are logarithms; the heap's break moves as malloc moves it.",
     {{0}},
     false,
     hs_run_address_space},
    {"maps",
     "Processes",
     "the live address space of a real process",
     "maps self           of heapscope itself\n"
     "maps 1234           of process 1234\n"
     "maps -- python3     starts a program, and shows its segments appear; it gets no input, its output\n"
     "                    is thrown away, and it ends with the next maps, or with heapscope\n"
     "Without any: looks again at the last one.",
     {{HS_PARAMETER_TEXT, "PID|self|COMMAND", NULL, true}},
     false,
     hs_run_maps},

    {"why",
     "Insight",
     "how the last request was served, step by step",
     "The arithmetic, every block that was looked at and why it was passed over, the choice, splits,\n"
     "coalescing by its case, the words written. With N: command N (`history` has the numbers).",
     {{HS_PARAMETER_SIZE, "N", NULL, true}},
     false,
     run_why},
    {"step",
     "Insight",
     "the same on the map, one event after another",
     "Right and Left, or Space and Backspace, go forward and back; Escape ends it.",
     {{HS_PARAMETER_SIZE, "N", NULL, true}},
     false,
     run_step},
    {"adversary",
     "Insight",
     "the shortest program on which A fails and B does not",
     "Searches programs of malloc and free in a heap of this session's size that may not grow (where it\n"
     "may: that is where A has to grow it and B does not). First all that there are, shortest first, for\n"
     "sizes that are parts of the heap; then long ones by chance, made short. SECONDS: 10. `to FILE`\n"
     "writes it as a script. Ctrl-C stops. `heap 256` before it makes a heap that one can overlook.",
     {{HS_PARAMETER_ALLOCATOR, "A", NULL, false},
      {HS_PARAMETER_ALLOCATOR, "B", NULL, false},
      {HS_PARAMETER_SIZE, "N", "seconds", true},
      {HS_PARAMETER_SIZE, "S", "seed", true},
      {HS_PARAMETER_FILE, "FILE", "to", true}},
     false,
     hs_run_adversary},
    {"predict",
     "Insight",
     "say before each request what will come of it, and see",
     "predict on            asks before each request: the address, the blocks examined, ...\n"
     "predict { free p2 }   asks about this one alone: a stop in a lecture\n"
     "An address is typed, p1+32 or 0x107000028 or NULL, or clicked on the map: the block that it\n"
     "will lie in. No answer passes. Alone, predict tells the score.",
     {{HS_PARAMETER_FLAG, "on", "on", true},
      {HS_PARAMETER_FLAG, "off", "off", true},
      {HS_PARAMETER_BODY, "{ ... }", NULL, true}},
     false,
     hs_run_predict},
    {"quiz",
     "Insight",
     "exercises of growing difficulty, asked like predict, or on paper",
     "Starts a fresh heap and asks N exercises (10), the same ones for the same seed S (1): malloc,\n"
     "then frees and the holes they make, sizes that just fit, realloc. With `sheet` they are\n"
     "printed, with `answers` solved, and the heap stays as it is. Ctrl-C ends a quiz.",
     {{HS_PARAMETER_ALLOCATOR, "NAME", NULL, true},
      {HS_PARAMETER_SIZE, "S", "seed", true},
      {HS_PARAMETER_SIZE, "N", "n", true},
      {HS_PARAMETER_FLAG, "sheet", "sheet", true},
      {HS_PARAMETER_FLAG, "answers", "answers", true}},
     false,
     hs_run_quiz},
    {"history",
     "Insight",
     "the last N commands (20) with their numbers",
     NULL,
     {{HS_PARAMETER_SIZE, "N", NULL, true}},
     false,
     run_history},

    {"undo",
     "Time travel",
     "take back the last command, or the last N",
     "Nothing is lost: `redo` does it again, and a command of your own begins a new branch.\n"
     "Settings, writes and damage are taken back as well.",
     {{HS_PARAMETER_SIZE, "N", NULL, true}},
     false,
     run_back},
    {"redo",
     "Time travel",
     "do again what was taken back",
     NULL,
     {{HS_PARAMETER_SIZE, "N", NULL, true}},
     false,
     run_forward},
    {"back",
     "Time travel",
     "look at the heap as it was N commands ago",
     NULL,
     {{HS_PARAMETER_SIZE, "N", NULL, true}},
     false,
     run_back},
    {"forward",
     "Time travel",
     "and at what became of it",
     NULL,
     {{HS_PARAMETER_SIZE, "N", NULL, true}},
     false,
     run_forward},
    {"goto",
     "Time travel",
     "go to the moment after command N; 0 is the beginning",
     NULL,
     {SIZE("N")},
     false,
     run_goto},
    {"diff",
     "Time travel",
     "what is not as it was after command N, on the map too",
     "Without N: what the last command changed. diff 0 compares with the beginning.",
     {{HS_PARAMETER_SIZE, "N", NULL, true}},
     false,
     run_diff},
    {"branches",
     "Time travel",
     "the branches: what was done, and what was done otherwise",
     NULL,
     {{0}},
     false,
     run_branches},
    {"branch",
     "Time travel",
     "go to the end of a branch",
     NULL,
     {{HS_PARAMETER_TEXT, "NAME", NULL, false}},
     false,
     run_branch},

    {"allocator",
     "Heap",
     "list the allocators, or switch to one",
     "A switch starts a fresh heap. With `replay`, the commands since the heap was\n"
     "fresh run again on the new one: allocator best-fit replay.",
     {{HS_PARAMETER_ALLOCATOR, "NAME", NULL, true}, REPLAY},
     false,
     run_allocator},
    {"split",
     "Heap",
     "two to four allocators side by side, on the same commands",
     "split first-fit best-fit   what was done so far is done again on each; from then on every\n"
     "command runs on all, and the first request that they serve differently is told.\n"
     "Names stand for each one's own pointers. The first one leads: `expect` and `save` are about it.\n"
     "split off   ends it.",
     {LANE("A", true), LANE("B", true), LANE("C", true), LANE("D", true)},
     false,
     run_split},
    {"set",
     "Heap",
     "list the options, or set one",
     "Options that decide the layout of blocks start a fresh heap; `replay` runs the\ncommands again on it.",
     {{HS_PARAMETER_OPTION, "OPTION", NULL, true},
      {HS_PARAMETER_VALUE, "VALUE", NULL, true},
      REPLAY},
     false,
     run_set},
    {"heap",
     "Heap",
     "where the heap is, or a fresh one of another size",
     "heap 1k max 64k      starts with 1024 bytes, and may grow to 65536",
     {{HS_PARAMETER_SIZE, "N", NULL, true}, {HS_PARAMETER_SIZE, "M", "max", true}, REPLAY},
     false,
     run_heap},
    {"reset",
     "Heap",
     "a fresh heap, and names start over; `undo` takes it back",
     NULL,
     {{0}},
     false,
     run_reset},

    {"mmu",
     "Machine",
     "a small machine, or what it is",
     "mmu base-bounds       one base, one bound: an address space is one piece of memory\n"
     "mmu segmentation 4    2, 4 (usual) or 8 segments, each with base, limit, direction, protection\n"
     "mmu paging 256        pages and frames of 256 bytes\n"
     "An address has 10 bits with base and bounds and with 2 segments, else 12; memory is 16k. Process\n"
     "main is the session's program: its heap segment is the heap, and grows with it.",
     {{HS_PARAMETER_WORD, "KIND", NULL, true},
      {HS_PARAMETER_SIZE, "N", NULL, true},
      {HS_PARAMETER_SIZE, "B", "bits", true},
      {HS_PARAMETER_SIZE, "M", "memory", true}},
     false,
     hs_run_mmu},
    {"segments",
     "Machine",
     "base, limit, direction, protection; what lies where in physical memory",
     NULL,
     {{0}},
     false,
     hs_run_segments},
    {"translate",
     "Machine",
     "from a virtual address to a physical one, bit by bit",
     "translate p1+8, translate 0x7c0: of the process that runs. In a condition, physical(p1) is the\n"
     "physical address, and faults(p1) is 1 where there is none.",
     {POINTER},
     false,
     hs_run_translate},
    {"touch",
     "Machine",
     "an access, with its fault, and what the OS does about it",
     "touch p1 w is a write; without a letter it is a read. A fault just below the stack lets the stack\n"
     "grow; one on what is swapped out brings it back; all others end a real program.",
     {POINTER, {HS_PARAMETER_WORD, "r|w|x", NULL, true}},
     false,
     hs_run_touch},
    {"process",
     "Machine",
     "start a process, and let it run",
     "process b code 128 heap 64 stack 32\n"
     "process c share b     the same program again: its code is in memory once",
     {{HS_PARAMETER_WORD, "NAME", NULL, false},
      {HS_PARAMETER_WORD, "PROCESS", "share", true},
      {HS_PARAMETER_SIZE, "N", "code", true},
      {HS_PARAMETER_SIZE, "N", "heap", true},
      {HS_PARAMETER_SIZE, "N", "stack", true}},
     false,
     hs_run_process},
    {"run",
     "Machine",
     "let another process run",
     NULL,
     {{HS_PARAMETER_WORD, "PROCESS", NULL, false}},
     false,
     hs_run_on_process},
    {"exit",
     "Machine",
     "a process ends; without a name: leave",
     NULL,
     {{HS_PARAMETER_WORD, "PROCESS", NULL, true}},
     false,
     hs_run_exit},
    {"grow",
     "Machine",
     "a segment of the running process grows: heap, stack, or its number",
     "grow stack 64. The OS moves a segment that has no room beside it in physical memory.",
     {{HS_PARAMETER_WORD, "SEGMENT", NULL, false}, SIZE("N")},
     false,
     hs_run_grow},
    {"swap",
     "Machine",
     "a process goes to the disk, or comes back",
     NULL,
     {{HS_PARAMETER_WORD, "PROCESS", NULL, false}},
     false,
     hs_run_on_process},
    {"compact",
     "Machine",
     "move all segments together, so that the holes become one",
     NULL,
     {{0}},
     false,
     hs_run_compact},

    {"demos",
     "Scripts",
     "list the lectures and demos, or play one",
     "demos 3               the third lecture of the course\n"
     "demos overrun         by name; both on a fresh heap, with nothing set",
     {{HS_PARAMETER_DEMO, "NAME", NULL, true}},
     false,
     hs_run_demos},
    {"source",
     "Scripts",
     "run the commands of a file",
     NULL,
     {{HS_PARAMETER_FILE, "FILE", NULL, false}},
     false,
     run_source},
    {"save",
     "Scripts",
     "write a script that reproduces this session",
     NULL,
     {{HS_PARAMETER_FILE, "FILE", NULL, false}},
     false,
     run_save},
    {"repeat",
     "Scripts",
     "run commands N times",
     "repeat 10 { malloc 16; malloc 32 }",
     {SIZE("N"), {HS_PARAMETER_BODY, "{ ... }", NULL, false}},
     false,
     run_repeat},
    {"random",
     "Scripts",
     "N random requests, the same ones for the same seed",
     "5 of 10 are malloc, 4 free, 1 realloc, of live blocks by chance; sizes are 1 to 128 bytes,\n"
     "one in 16 up to 1024. Random requests are no real program: real ones have phases.",
     {SIZE("N"), {HS_PARAMETER_SIZE, "S", "seed", true}},
     false,
     run_random},
    {"echo",
     "Scripts",
     "say a text",
     NULL,
     {{HS_PARAMETER_TEXT, "TEXT", NULL, true}},
     false,
     run_echo},
    {"expect",
     "Scripts",
     "a condition that must hold, or an error that must come",
     "expect p2 == p1 + 32 and holes == 1\nexpect error { free p1 }\n"
     "A condition is made of sizes, names, measures, size(p1) (bytes asked for), block(p1) (bytes of\n"
     "the block), physical(p1) and faults(p1) (help translate), + - * / %, == != < <= > >=, and, or, not.",
     {{HS_PARAMETER_CONDITION, "CONDITION", NULL, false}},
     false,
     run_expect},

    {"note",
     "Lectures",
     "narration: a text for the audience",
     "It stays until the next note.",
     {TEXT},
     false,
     hs_run_note},
    {"title",
     "Lectures",
     "a section of a lecture begins",
     "The player's keys 1 to 9 jump to sections.",
     {TEXT},
     false,
     hs_run_title},
    {"ask",
     "Lectures",
     "a question to the audience; the player waits for a key",
     "What follows in the script is the answer.",
     {TEXT},
     false,
     hs_run_ask},
    {"presenter",
     "Lectures",
     "a line for the speaker only: `heapscope --notes` in a second terminal shows it",
     "It belongs to the step before it, or, behind a title, to the section's first.",
     {TEXT},
     false,
     hs_run_presenter},
    {"highlight",
     "Lectures",
     "point out bytes on the map, until the next step",
     "Without N: the block's payload, or the word at PTR. It belongs to the step before it.",
     {POINTER, {HS_PARAMETER_SIZE, "N", NULL, true}},
     false,
     hs_run_highlight},
    {"view",
     "Lectures",
     "look at the map, blocks, free-list, stats, plot or why",
     NULL,
     {{HS_PARAMETER_VIEW, "VIEW", NULL, false}},
     false,
     hs_run_view},
    {"zoom",
     "Lectures",
     "N bytes in a row of the map; without N, the whole heap fits",
     NULL,
     {{HS_PARAMETER_SIZE, "N", NULL, true}},
     false,
     hs_run_zoom},
    {"pause",
     "Lectures",
     "a lecture that plays by itself waits for a key here",
     NULL,
     {{0}},
     false,
     hs_run_pause},
    {"wait",
     "Lectures",
     "how long a lecture that plays by itself waits here",
     "wait 2s, wait 0.5s, wait 500ms",
     {{HS_PARAMETER_TEXT, "TIME", NULL, false}},
     false,
     hs_run_wait},
    {"speed",
     "Lectures",
     "how fast a lecture plays by itself",
     "speed 2 is twice as fast as usual, speed 0.5 half as fast; `set pace` has the usual seconds.",
     {{HS_PARAMETER_TEXT, "N", NULL, false}},
     false,
     hs_run_speed},

    {"help",
     "Program",
     "this list, or what a command does",
     NULL,
     {{HS_PARAMETER_COMMAND, "COMMAND", NULL, true}},
     false,
     run_help},
    {"continue",
     "Program",
     "go on with a session that was cut short",
     "Every typed command is kept at once. After a crash or a loss of power the next start offers\n"
     "what was kept: commands, branches and all. The session that is left for it is kept as well.",
     {{0}},
     false,
     run_continue},
    {"quit", "Program", "leave", NULL, {{0}}, false, run_quit},
};

const hs_command *hs_command_at(size_t i)
{
    return i < sizeof commands / sizeof *commands ? &commands[i] : NULL;
}

const hs_command *hs_command_named(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    return NULL;
}

bool hs_command_is_stage_direction(const hs_command *c)
{
    static const char *const shown[] = {"view", "zoom", NULL};
    for (size_t i = 0; shown[i]; i++)
        if (strcmp(c->name, shown[i]) == 0) return false;
    return strcmp(c->group, "Lectures") == 0;
}

const hs_command *hs_command_resolve(const char *text, size_t length, hs_span where,
                                     hs_complaint *c)
{
    hs_words words = {0};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        hs_words_add(&words, commands[i].name);
    const char *name = hs_words_resolve(&words, "command", text, length, where, c);
    if (!name && !c->hint[0]) hs_hint(c, "`help` lists the commands");
    hs_words_free(&words);
    return name ? hs_command_named(name) : NULL;
}

void hs_command_syntax(const hs_command *command, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "%s", command->name);
    for (size_t i = 0; i < HS_PARAMETERS && command->parameters[i].kind && used < size; i++) {
        const hs_parameter *p = &command->parameters[i];
        bool keyword = p->keyword && p->kind != HS_PARAMETER_FLAG;
        used += (size_t)snprintf(out + used, size - used, " %s%s%s%s%s", p->optional ? "[" : "",
                                 keyword ? p->keyword : "", keyword ? " " : "", p->label,
                                 p->optional ? "]" : "");
    }
}

/* SPDX-License-Identifier: MIT */
/* Fuzz target: any bytes as a program, on a session with a small heap.
 *
 * Whatever runs: nothing crashes, the ledger's sum is the heap's size, every picture can be drawn,
 * and the session, saved and played again, has the same bytes. They come in as a trace does, and
 * may make requests only: what would look elsewhere, write or run anything is refused. Programs
 * that ask for a heap of more than a megabyte are left out; loops are stopped after a while, and
 * the adversary, which takes seconds, is left out, too. */
#include "language/completion.h"
#include "language/interpreter.h"
#include "view/explanation.h"
#include "view/pictures.h"
#include "view/screen.h"
#include "view/segments.h"

#include <heapscope/ledger.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATIENCE = 100, ROWS = 24, COLUMNS = 80 };

static void must(bool holds)
{
    if (!holds) abort();
}

/* --- The listener: it says nothing, and gets impatient --------------------------------------- */

typedef struct {
    const hs_session *session;
    const hs_interpreter *in;
    int asked;
    const char *answers; /* what is left of the program, read again as answers to its questions */
} audience;

static void say(void *context, hs_voice voice, const char *text)
{
    (void)context;
    (void)voice;
    must(text != NULL);
}

/* Allocators side by side: they keep step, and can be drawn and told. */
static void check_lanes(const hs_interpreter *in)
{
    const hs_lockstep *l = hs_interpreter_lockstep(in);
    hs_map_plan plan;
    hs_pane map;
    for (size_t i = 1; l && i < hs_lockstep_count(l); i++)
        must(hs_session_op_count(hs_lockstep_lane(l, i)) ==
             hs_session_op_count(hs_lockstep_lane(l, 0)));
    if (!l) return;
    hs_scene *scene = hs_scene_new(ROWS, COLUMNS, false);
    hs_lanes_paint(l, hs_pane_of(scene), HS_NULL, true, &plan, &map);
    hs_scene_free(scene);
    free(hs_lanes_explain(l));
    free(hs_lanes_parting(l));
}

static void show(void *context, const hs_picture *picture, const hs_subject *of)
{
    const audience *a = context;
    const hs_heap *h = hs_session_heap(a->session);
    if (picture == &hs_picture_bytes) must(hs_heap_holds(h, of->at, of->length));
    if (picture == &hs_picture_inspect) must(hs_heap_holds(h, of->at, 1));
    if (picture->text) {
        free(picture->text(of));
        return;
    }
    hs_scene *scene = hs_scene_new(ROWS, COLUMNS, false);
    picture->paint(of, hs_pane_of(scene), picture->rows(of, COLUMNS) / 3);
    hs_scene_free(scene);
}

static void performed(void *context, const char *summary)
{
    const audience *a = context;
    if (!summary) free(hs_explain(a->session));
    check_lanes(a->in);
}

static bool interrupted(void *context)
{
    audience *a = context;
    return ++a->asked > PATIENCE;
}

/* Every fifth question is answered by a click, or passed over. */
static bool ask(void *context, const char *question, bool on_map, hs_reply *reply)
{
    audience *a = context;
    must(question != NULL);
    if (++a->asked > PATIENCE) return false;
    if (a->asked % 5 == 0) {
        *reply = (hs_reply){.from = HS_BASE + 8, .to = HS_BASE + 16};
        return on_map;
    }
    size_t n = strcspn(a->answers, ";\n");
    reply->text = strndup(a->answers, n);
    a->answers += a->answers[n] ? n + 1 : n;
    return true;
}

/* --- What is left out ------------------------------------------------------------------------ */

static bool is_small_number(const hs_program *p, const hs_argument *a)
{
    for (size_t i = a->where.start; i < a->where.end; i++)
        if (!isdigit((unsigned char)p->source[i])) return false;
    return a->where.end - a->where.start <= 6;
}

static bool is_harmless(const hs_program *p, const hs_statement *statements, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const hs_statement *s = &statements[i];
        if (!is_harmless(p, s->body, s->body_count)) return false;
        if (!s->command) continue;
        if (!strcmp(s->command->name, "adversary")) return false;
        if (strcmp(s->command->name, "heap") != 0) continue;
        if (!is_small_number(p, &s->arguments[0]) || !is_small_number(p, &s->arguments[1]))
            return false;
    }
    return true;
}

/* What does not parse is harmless as well: its complaint is worth a try. */
static bool may_run(const char *text, size_t size)
{
    hs_complaint complaint;
    hs_program *p = hs_program_parse(NULL, 1, text, size, &complaint);
    bool good = !p || is_harmless(p, p->statements, p->count);
    hs_program_free(p);
    return good;
}

/* --- What must hold -------------------------------------------------------------------------- */

static void check_ledger(const hs_session *s)
{
    hs_ledger l = hs_ledger_take(s);
    uint64_t sum = 0;
    for (int i = 0; i < HS_CAUSES; i++) sum += l.bytes[i];
    must(sum == hs_heap_committed(hs_session_heap(s)));
    for (size_t i = 0; hs_measure_at(i); i++) hs_measure_at(i)->value(s, &l);
}

static void check_pictures(const hs_session *s)
{
    hs_screen_places places;
    hs_screen_state state = {.keys = "", .follow = true, .cursor = HS_BASE + 8};
    hs_scene *scene = hs_scene_new(ROWS, COLUMNS, false);
    hs_screen_compose(s, &state, scene, &places);
    for (int i = 0; i < ROWS * COLUMNS; i++)
        must(scene->cells[i].glyph == 0 || scene->cells[i].glyph >= 0x20);
    const hs_subject of = {.session = s};
    hs_picture_segments.paint(&of, hs_pane_of(scene), hs_picture_segments.rows(&of, COLUMNS) / 3);
    hs_scene_free(scene);
}

/* Line by line or at once, a program is open or not, and it was read to the same place. */
static void check_opening(const char *text, size_t size)
{
    hs_opening bit_by_bit = {0}, whole = {0};
    for (size_t end = 0; end < size;) {
        const char *newline = memchr(text + end, '\n', size - end);
        end = newline ? (size_t)(newline - text) + 1 : size;
        bool open = hs_program_is_open(&bit_by_bit, text, end);
        whole = (hs_opening){0};
        must(hs_program_is_open(&whole, text, end) == open);
        must(whole.at == bit_by_bit.at && whole.depth == bit_by_bit.depth);
        must(bit_by_bit.at <= end);
        if (!open) return;
    }
}

static void check_completion(const hs_session *s, const char *text, size_t size)
{
    hs_completions c = hs_complete(s, text, size, (hs_stop){NULL, NULL});
    must(c.start <= size);
    hs_completions_free(&c);
    check_opening(text, size);
}

static bool run(hs_session *s, const char *text, size_t size, bool impatient)
{
    audience a = {.session = s, .answers = ""};
    hs_listener listener = {
        .context = &a, .say = say, .show = show, .performed = performed, .ask = ask};
    if (impatient) listener.interrupted = interrupted;
    hs_interpreter *in = hs_interpreter_new(s, &listener);
    hs_interpreter_come_by(in, HS_WAY_TRACE);
    char *answers = strndup(size ? text : "", size);
    a.in = in;
    a.answers = answers;
    bool good = hs_interpreter_run(in, "fuzz", 1, text, size);
    hs_interpreter_free(in);
    free(answers);
    return good;
}

static hs_session *session_on(uint64_t initial, uint64_t maximum)
{
    hs_problem problem;
    hs_session *s = hs_session_new("implicit", &(hs_heap_config){initial, maximum}, &problem);
    must(s != NULL);
    return s;
}

static void check_round_trip(const hs_session *s)
{
    char *script = NULL;
    size_t size;
    FILE *out = open_memstream(&script, &size);
    must(out != NULL && hs_session_write_script(s, out) && fclose(out) == 0);
    hs_session *again = session_on(64, 64);
    must(run(again, script, size, false));
    const hs_heap *a = hs_session_heap(s), *b = hs_session_heap(again);
    uint64_t n = hs_heap_committed(a);
    must(n == hs_heap_committed(b));
    hs_addr base = hs_heap_base(a);
    must(base == hs_heap_base(b));
    must(memcmp(hs_heap_bytes(a, base, n), hs_heap_bytes(b, base, n), n) == 0);
    hs_session_free(again);
    free(script);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of exactly this size: a byte read behind it is found out. */
    char *text = malloc(size ? size : 1);
    must(text != NULL);
    if (size) memcpy(text, data, size);
    if (may_run(text, size)) {
        hs_session *s = session_on(256, 1 << 16);
        run(s, text, size, true);
        check_ledger(s);
        check_pictures(s);
        check_completion(s, text, size);
        check_round_trip(s);
        hs_session_free(s);
    }
    free(text);
    return 0;
}

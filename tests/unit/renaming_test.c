/* SPDX-License-Identifier: MIT */
/* What an allocator, its options and their choices are called is for people alone: under other
 * names every sentence, picture, question and sheet is the same, but for the names.
 *
 * Each scene is written down twice, under the names of the sources and under others of the same
 * length. Read side by side, word by word, the two are the same, or a name and its other one. And
 * once more with another drawing of the free blocks: all but that is the same. */
#include "check.h"
#include "model/contest/compare.h"
#include "model/reading/question.h"
#include "picture.h"
#include "random.h"
#include "registry.h"
#include "stage.h"
#include "ui/full/zoom_path.h"
#include "view/difference.h"
#include "view/explanation.h"
#include "view/narration.h"
#include "view/side_by_side.h"

#include <heapscope/adversary.h>
#include <heapscope/reading.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Two texts side by side ------------------------------------------------------------------ */

static bool is_of_a_name(char c)
{
    return islower((unsigned char)c) || isdigit((unsigned char)c) || c == '-' || c == '+';
}

static size_t word_length(const char *text)
{
    size_t n = 0;
    while (is_of_a_name(text[n])) n++;
    return n;
}

/* A word, or a character that is of none. */
static size_t piece_length(const char *text)
{
    size_t n = word_length(text);
    return n ? n : 1;
}

static bool is_name(const char *name, const char *word, size_t length)
{
    return strncmp(name, word, length) == 0 && !name[length];
}

/* Is it, in the sources, the name of an allocator, an option or a choice? */
static bool is_known(const char *word, size_t length)
{
    const hs_allocator *a;
    const hs_preset *p;
    for (size_t i = 0; (p = hs_preset_at(i)); i++)
        if (is_name(p->name, word, length)) return true;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++) {
        if (is_name(a->name, word, length)) return true;
        for (size_t j = 0; j < a->option_count; j++) {
            const hs_option *o = &a->options[j];
            if (is_name(o->name, word, length)) return true;
            for (size_t k = 0; o->choices && o->choices[k]; k++)
                if (is_name(o->choices[k], word, length)) return true;
        }
    }
    return false;
}

/* Where they part; NULL: nowhere. */
static const char *first_difference(const char *own, const char *other, const char **there)
{
    for (; *own && *other; other += piece_length(own), own += piece_length(own)) {
        size_t n = piece_length(own);
        *there = other;
        if (strncmp(own, other, n) == 0) continue;
        if (!registry_is_renamed(own, other, n) || !is_known(own, n)) return own;
    }
    *there = other;
    return *own || *other ? own : NULL;
}

static int line_around(const char *text, const char *at, const char **start)
{
    for (*start = at; *start > text && (*start)[-1] != '\n';) --*start;
    return (int)strcspn(*start, "\n");
}

/* Both end with the names of the sources in force. */
static void expect_same_but_for_names(char *own, char *other)
{
    const char *there, *here = first_difference(own, other, &there), *a, *b, *heading;
    if (here) {
        for (heading = here; heading > own && strncmp(heading, "\n== ", 4) != 0;) heading--;
        int n = line_around(own, here, &a), m = line_around(other, there, &b);
        fail_msg("%.*s\nunder its own names:\n%.*s\nunder others:\n%.*s",
                 1 + (int)strcspn(heading + 1, "\n"), heading, n, a, m, b);
    }
    free(own);
    free(other);
}

/* --- A scene --------------------------------------------------------------------------------- */

typedef struct {
    FILE *out;
    stage *stage;
    const char *allocator, *option, *choice; /* as the sources call them; the option may be NULL */
    uint64_t random;
    bool undrawn; /* without the drawing of the free blocks */
} scene;

static void put(scene *s, char *text)
{
    fprintf(s->out, "%s\n", text ? text : "(nothing)");
    free(text);
}

static char *panel(scene *s, const hs_picture *p, int columns)
{
    return picture_of(s->stage, p, 0, columns, true, 0);
}

/* What there is to see. */
static void put_pictures(scene *s)
{
    put(s, panel(s, &hs_picture_blocks, 44));
    if (!s->undrawn) {
        put(s, panel(s, &hs_picture_free_list, 100));
        put(s, panel(s, &hs_picture_free_list, 36));
    }
    put(s, panel(s, &hs_picture_figures, 40));
    put(s, panel(s, &hs_picture_stats, 100));
    put(s, picture_of_map(s->stage, 24, 100, 32, true));
    put(s, picture_of_map(s->stage, 24, 80, 0, true));
}

/* Each block, at its start, in its middle and at its end, and its header bit by bit. */
static void put_blocks(scene *s)
{
    const hs_session *session = s->stage->session;
    hs_seen b;
    hs_zoom_path path = {0};
    for (bool more = hs_session_walk(session, NULL, &b); more;
         more = hs_session_walk(session, &b, &b)) {
        const hs_addr looks[] = {b.block.addr, b.block.addr + b.block.size / 2,
                                 b.block.addr + b.block.size - 1};
        for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
            char at[24];
            snprintf(at, sizeof at, "0x%" PRIx64, looks[i]);
            put(s, picture_of_address(s->stage, at));
        }
        path.block = b;
        put(s, hs_zoom_path_header(&path, session));
    }
    if (hs_heap_end_mark(hs_session_heap(session), &b.block)) {
        char at[24];
        snprintf(at, sizeof at, "0x%" PRIx64, b.block.addr);
        put(s, picture_of_address(s->stage, at));
    }
}

static void put_questions(scene *s, const hs_op *op)
{
    hs_question asked[HS_QUESTIONS];
    size_t n = hs_questions_about(s->stage->session, op, asked);
    for (size_t i = 0; i < n; i++) fprintf(s->out, "? %s\n", hs_question_text(asked[i]));
}

static void run(scene *s, const char *command)
{
    fprintf(s->out, "> %s\n", command);
    stage_does(s->stage, command);
}

/* A command that works on the heap; what is said of it. */
static void perform(scene *s, const char *command)
{
    bool good = stage_run(s->stage, command);
    const hs_session *session = s->stage->session;
    fprintf(s->out, "> %s\n", command);
    if (!good) {
        fprintf(s->out, "%s\n", s->stage->error);
        return;
    }
    put(s, hs_explain(session));
    put(s, hs_why_of(session, hs_session_op_count(session)));
}

static uint32_t some_block(scene *s)
{
    const hs_session *session = s->stage->session;
    const hs_client_block *b = hs_session_block_from(session, 0);
    uint32_t variable = HS_NONE;
    for (uint64_t n = 0; b; b = hs_session_block_from(session, b->addr + 1))
        if (b->live && b->variable != HS_NONE && random_below(&s->random, ++n) == 0)
            variable = b->variable;
    return variable;
}

static void perform_some(scene *s)
{
    const hs_session *session = s->stage->session;
    uint64_t lot = random_below(&s->random, 16), size = 1 + random_below(&s->random, 120);
    uint32_t block = some_block(s);
    const char *name = block != HS_NONE ? hs_session_variable(session, block)->name : "NULL";
    hs_op op = {.kind = HS_OP_REQUEST, .request = HS_MALLOC, .p.variable = HS_NONE, .a = size};
    char command[96];
    snprintf(command, sizeof command, "malloc %" PRIu64, size);
    if (lot == 0) snprintf(command, sizeof command, "calloc %d %" PRIu64, (int)(size % 5), size);
    if (lot == 1) snprintf(command, sizeof command, "aligned_alloc 64 %" PRIu64, size);
    if (lot == 2) snprintf(command, sizeof command, "malloc %" PRIu64, size * 9);
    if (lot > 6) {
        op.request = lot > 9 ? HS_FREE : HS_REALLOC;
        op.p.variable = block;
        snprintf(command, sizeof command, lot > 9 ? "free %s" : "realloc %s %" PRIu64, name,
                 size * 2);
    }
    if (block != HS_NONE || op.request == HS_MALLOC) put_questions(s, &op);
    perform(s, command);
}

/* A session under the allocator, the option set. */
static void begin(scene *s)
{
    char command[96];
    s->stage = stage_new(registry_name(s->allocator), 512, 4096);
    s->random = 1;
    if (!s->option) return;
    snprintf(command, sizeof command, "set %s %s", registry_name(s->option),
             s->choice ? registry_name(s->choice) : "512");
    stage_does(s->stage, command);
    put(s, hs_explain(s->stage->session));
}

static void play(scene *s)
{
    for (int i = 0; i < 100; i++) {
        perform_some(s);
        if (i % 20 == 19) put_pictures(s);
    }
    put_blocks(s);
    put(s, hs_difference(s->stage->session, 60));
}

/* The last steps in slow motion. */
static void play_slowly(scene *s)
{
    hs_session *session = s->stage->session;
    if (!hs_session_slow_motion(session)) return;
    size_t count, to;
    hs_events(hs_session_heap(session), &count);
    for (size_t from = 0; from < count; from = to) {
        to = hs_step_end(session, from);
        hs_session_seek(session, from, to);
        put(s, hs_step_text(session, from, to));
        put(s, panel(s, &hs_picture_blocks, 44));
    }
    hs_session_leave_stage(session);
}

/* What is told of a heap that was written over. */
static void spoil(scene *s)
{
    uint32_t block = some_block(s);
    char command[96];
    if (block == HS_NONE) return;
    snprintf(command, sizeof command, "write %s 0x41*200",
             hs_session_variable(s->stage->session, block)->name);
    perform(s, command);
    put_pictures(s);
    put_blocks(s);
    for (int i = 0; i < 6; i++) perform_some(s);
}

static void put_sheets(scene *s)
{
    run(s, "quiz seed 3 n 14 sheet");
    put(s, strdup(s->stage->said));
    run(s, "quiz seed 3 n 14 answers");
    put(s, strdup(s->stage->said));
    stage_run(s->stage, "ops +10,+20,+30,-1,+8,-0,-2"); /* tells its lists */
    put(s, strdup(s->stage->said));
}

static char *written(const char *allocator, const char *option, const char *choice, bool undrawn)
{
    char *text = NULL;
    size_t size;
    scene s = {open_memstream(&text, &size), NULL, allocator, option, choice, 1, undrawn};
    fprintf(s.out, "\n== %s %s %s\n", registry_name(allocator), option ? registry_name(option) : "",
            choice ? registry_name(choice) : "");
    begin(&s);
    play(&s);
    play_slowly(&s);
    put_sheets(&s);
    play(&s);
    spoil(&s);
    stage_free(s.stage);
    fclose(s.out);
    return text;
}

static void compare(const char *allocator, const char *option, const char *choice)
{
    char *own = written(allocator, option, choice, false);
    registry_rename(true);
    char *other = written(allocator, option, choice, false);
    registry_rename(false);
    expect_same_but_for_names(own, other);
}

static void other_names_change_nothing_but_names(void **state)
{
    const hs_allocator *a;
    (void)state;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++) {
        compare(a->name, NULL, NULL);
        for (size_t j = 0; j < a->option_count; j++) {
            const hs_option *o = &a->options[j];
            if (!o->choices) compare(a->name, o->name, NULL);
            for (size_t k = 0; o->choices && o->choices[k]; k++)
                compare(a->name, o->name, o->choices[k]);
        }
    }
}

static void a_shape_chooses_a_drawing_and_nothing_else(void **state)
{
    const hs_allocator *a;
    (void)state;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++) {
        char *own = written(a->name, NULL, NULL, true);
        registry_reshape(true);
        char *other = written(a->name, NULL, NULL, true);
        registry_reshape(false);
        expect_same_but_for_names(own, other);
    }
}

/* --- Several allocators ----------------------------------------------------------------------- */

static char *contest(const char *failing, const char *other_one)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    hs_contest c = {.failing = registry_name(failing),
                    .other = registry_name(other_one),
                    .heap = 256,
                    .seed = 1,
                    .milliseconds = 60000};
    hs_attack attack;
    hs_problem problem = {0};
    fprintf(out, "\n== %s against %s\n", c.failing, c.other);
    if (!hs_adversary(&c, &attack, &problem)) fail_msg("%s", problem.what);
    hs_attack_write(&c, &attack, true, out);
    hs_attack_write(&c, &attack, false, out);
    fclose(out);
    return text;
}

static void an_adversary_finds_the_same_under_other_names(void **state)
{
    static const char *const pairs[][2] = {
        {"first-fit", "best-fit"}, {"implicit", "explicit"}, {"bump", "buddy"}};
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char *own = contest(pairs[i][0], pairs[i][1]);
        registry_rename(true);
        char *other = contest(pairs[i][0], pairs[i][1]);
        registry_rename(false);
        expect_same_but_for_names(own, other);
    }
}

static char *lanes(void)
{
    char *text = NULL, command[96];
    size_t size;
    scene s = {open_memstream(&text, &size), NULL, "implicit", NULL, NULL, 3, false};
    s.stage = stage_new(registry_name("implicit"), 512, 4096);
    hs_problem problem = {0};
    const char *names[] = {registry_name("best-fit"), registry_name("explicit"),
                           registry_name("buddy"), registry_name("slab")};
    fputs("\n== side by side\n", s.out);
    hs_lockstep *l = hs_lockstep_new(s.stage->session, names, 4, &problem);
    if (!l) fail_msg("%s", problem.what);
    for (int i = 0; i < 60; i++) {
        uint32_t block = some_block(&s);
        uint64_t grain = 1 + random_below(&s.random, 100);
        snprintf(command, sizeof command, "malloc %" PRIu64, grain);
        if (i % 3 == 2 && block != HS_NONE)
            snprintf(command, sizeof command, "free %s",
                     hs_session_variable(s.stage->session, block)->name);
        stage_does(s.stage, command);
        hs_lockstep_follow(l);
        put(&s, hs_lanes_explain(l));
        put(&s, hs_lanes_why(l, hs_session_op_count(s.stage->session)));
        put(&s, hs_lanes_parting(l));
    }
    put(&s, hs_lanes_picture(l, &hs_picture_free_list, 100, true));
    hs_lockstep_free(l);
    stage_free(s.stage);
    fclose(s.out);
    return text;
}

static void lanes_show_the_same_under_other_names(void **state)
{
    (void)state;
    char *own = lanes();
    registry_rename(true);
    char *other = lanes();
    registry_rename(false);
    expect_same_but_for_names(own, other);
}

/* --- What is promised --------------------------------------------------------------------------
 */

static const hs_allocator *aligned_one;

/* Payloads at odd multiples of 8. */
static hs_addr misaligned(hs_heap *h, size_t size)
{
    return aligned_one->malloc(h, size + 8) + 8;
}

/* A malloc that keeps to multiples of 8, where 16 were promised, is found out; and so is one that
 * promises 8, and gives no multiple of that. */
static char *promises(void)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (uint64_t align = 0; align < 2; align++) {
        aligned_one = hs_allocator_named(registry_name("bump"), HS_PROBED);
        hs_allocator wrong = *aligned_one;
        wrong.malloc = misaligned;
        hs_heap *h =
            hs_heap_new(&(hs_heap_config){4096, 1 << 16}, &wrong, HS_PROBED, (uint64_t[]){align});
        hs_trace *t = hs_trace_new();
        uint64_t played = 0;
        hs_violation violation = {0};
        hs_trace_add(t, (hs_trace_op){.kind = HS_MALLOC, .id = 0, .size = 24});
        bool kept = hs_play_verifying(h, t, (hs_play_watch){0}, &played, &violation);
        fprintf(out, "%s %s\n", kept ? "keeps" : "breaks", violation.what);
        assert_int_equal(kept, align == 0);
        hs_trace_free(t);
        hs_heap_free(h);
    }
    fclose(out);
    return text;
}

static void promises_are_the_same_under_other_names(void **state)
{
    (void)state;
    char *own = promises();
    registry_rename(true);
    char *other = promises();
    registry_rename(false);
    expect_same_but_for_names(own, other);
}

/* --- Long names --------------------------------------------------------------------------------
 */

static char *script_of(const hs_session *s)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_true(hs_session_write_script(s, out));
    fclose(out);
    return text;
}

static void names_may_be_of_any_length(void **state)
{
    hs_problem problem;
    hs_lane c;
    (void)state;
    registry_lengthen(true);
    const char *bump = registry_name("bump"), *best = registry_name("best-fit"),
               *worst = registry_name("worst-fit"), *names[] = {bump, best};
    stage *s = stage_new(bump, 512, 4096), *again = stage_new(best, 512, 4096);
    assert_string_equal(hs_session_allocator_name(s->session), bump);
    char *text = NULL;
    assert_true(asprintf(&text, "allocator %s; malloc 24; set fit worst; free p1", best) > 0);
    stage_does(s, text);
    assert_string_equal(hs_session_allocator_name(s->session), worst);
    char *script = script_of(s->session);
    stage_does(again, script);
    expect_same_heap(s->session, again->session);
    assert_string_equal(hs_session_allocator_name(again->session), worst);
    assert_true(hs_session_go(s->session, (hs_moment){0, 2}, &problem));
    assert_string_equal(hs_session_allocator_name(s->session), best);
    hs_lockstep *l = hs_lockstep_new(again->session, names, 2, &problem);
    assert_non_null(l);
    assert_string_equal(hs_session_allocator_name(hs_lockstep_lane(l, 1)), best);
    char *told = hs_lanes_explain(l);
    assert_non_null(strstr(told, best));
    free(told);
    free(text);
    assert_true(asprintf(&text, "%s:fit=worst,footer=on", registry_name("implicit")) > 0);
    assert_true(hs_lane_named(text, &c, &problem));
    assert_string_equal(c.name, text);
    assert_int_equal(c.options[0], 3);
    hs_lockstep_free(l);
    stage_free(again);
    stage_free(s);
    free(script);
    free(text);
    registry_lengthen(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_names_change_nothing_but_names),
        cmocka_unit_test(a_shape_chooses_a_drawing_and_nothing_else),
        cmocka_unit_test(an_adversary_finds_the_same_under_other_names),
        cmocka_unit_test(lanes_show_the_same_under_other_names),
        cmocka_unit_test(promises_are_the_same_under_other_names),
        cmocka_unit_test(names_may_be_of_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

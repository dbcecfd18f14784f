/* SPDX-License-Identifier: MIT */
/* Capabilities: every row of the command table in every way in; what is refused did not run, and
 * says where it stands. */
#include "check.h"
#include "language/capabilities.h"
#include "language/command.h"
#include "language/demos.h"
#include "language/interpreter.h"
#include "language/trace_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Somebody who gives programs, and may be asked about them. */
typedef struct {
    hs_session *session;
    hs_interpreter *in;
    bool lets; /* says yes when asked */
    int asked;
    char wants[4000], error[2000];
} giver;

static void say(void *context, hs_voice voice, const char *text)
{
    giver *g = context;
    if (voice == HS_SAY_ERROR) snprintf(g->error, sizeof g->error, "%s", text);
}

static void show(void *context, const hs_picture *picture, const hs_subject *of)
{
    (void)context, (void)picture, (void)of;
}

static void performed(void *context, const char *summary)
{
    (void)context, (void)summary;
}

static bool trusts(void *context, const char *wants, const char *question)
{
    giver *g = context;
    assert_non_null(strchr(question, '?'));
    snprintf(g->wants, sizeof g->wants, "%s", wants);
    g->asked++;
    return g->lets;
}

/* At a session that is its first; where nobody is there, there is nobody to ask. */
static giver *come_by(hs_way way, bool is_there, bool lets)
{
    hs_problem problem;
    giver *g = calloc(1, sizeof *g);
    hs_listener listener = {.context = g, .say = say, .show = show, .performed = performed};
    if (is_there) listener.trusts = trusts;
    g->lets = lets;
    g->session = hs_session_new("implicit", &(hs_heap_config){256, 1 << 20}, &problem);
    assert_non_null(g->session);
    g->in = hs_interpreter_new(g->session, &listener);
    hs_interpreter_come_by(g->in, way);
    return g;
}

static void leave(giver *g)
{
    hs_interpreter_free(g->in);
    hs_session_free(g->session);
    free(g);
}

static bool gives(giver *g, const char *text)
{
    g->error[0] = 0;
    return hs_interpreter_run(g->in, "line", 1, text, strlen(text));
}

static void is_refused_at(const giver *g, const char *where, const char *what)
{
    if (strncmp(g->error, where, strlen(where)) != 0 || !strstr(g->error, what))
        fail_msg("wanted %s: ... %s, but it says: %s", where, what, g->error);
}

static uint64_t requests(const giver *g)
{
    return hs_session_totals(g->session)->requests;
}

/* --- Files ---------------------------------------------------------------------------------- */

static void put_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static bool there_is(const char *path)
{
    return access(path, F_OK) == 0;
}

static int enter_a_folder(void **state)
{
    char name[] = "/tmp/capabilities-test-XXXXXX";
    (void)state;
    if (!mkdtemp(name) || chdir(name) != 0) return -1;
    put_file("plain.heap", "malloc 8\n");
    return 0;
}

static int leave_the_folder(void **state)
{
    char name[256];
    static const char *const files[] = {"plain.heap", "a.heap",       "b.heap", "saved",
                                        "ran",        "demos/a.heap", "demos"};
    (void)state;
    if (!getcwd(name, sizeof name)) return -1;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) remove(files[i]);
    return chdir("/") == 0 && rmdir(name) == 0 ? 0 : -1;
}

/* --- The command table ------------------------------------------------------------------------ */

enum { KNOWN = HS_CAN_ASK | HS_CAN_PLAY | HS_CAN_LOOK | HS_CAN_WRITE | HS_CAN_RUN };

static bool is_one_capability(unsigned needs)
{
    return needs && !(needs & ~(unsigned)KNOWN) && !(needs & (needs - 1));
}

static void every_row_says_what_it_needs(void **state)
{
    const hs_command *c;
    (void)state;
    for (size_t i = 0; (c = hs_command_at(i)); i++) {
        if (!is_one_capability(c->needs)) fail_msg("%s does not say it", c->name);
        for (size_t j = 0; j < HS_PARAMETERS && c->parameters[j].kind; j++) {
            const hs_parameter *p = &c->parameters[j];
            if (!is_one_capability(p->needs)) fail_msg("%s of %s does not", p->label, c->name);
            if (p->kind == HS_PARAMETER_FILE) assert_true(p->needs >= HS_CAN_LOOK);
            if (p->kind == HS_PARAMETER_PROCESS) assert_true(p->needs >= HS_CAN_LOOK);
        }
    }
}

/* A word for a parameter that reaches out of the session, or stands before one. */
static const char *sample(hs_parameter_kind kind)
{
    switch (kind) {
    case HS_PARAMETER_FILE: return "no-such-file";
    case HS_PARAMETER_PROCESS: return "self";
    case HS_PARAMETER_ARGUMENTS: return "touch ran";
    case HS_PARAMETER_ALLOCATOR: return "bump";
    default: fail_msg("a sample is missing"); return NULL;
    }
}

/* The command with what it must have, and with this parameter, if there is such. */
static void write_statement(char *out, size_t size, const hs_command *c, size_t with)
{
    size_t used = (size_t)snprintf(out, size, "%s", c->name);
    for (size_t i = 0; i < HS_PARAMETERS && c->parameters[i].kind; i++) {
        const hs_parameter *p = &c->parameters[i];
        if (p->optional && i != with) continue;
        used += (size_t)snprintf(out + used, size - used, " %s %s", p->keyword ? p->keyword : "",
                                 sample(p->kind));
    }
}

/* In a trace, a journal and under --check, behind a request that is not made either. */
static void refuse_everywhere(const char *statement)
{
    static const struct {
        hs_way way;
        const char *why;
    } ways[] = {{HS_WAY_TRACE, "what is opened as a trace may only make requests"},
                {HS_WAY_JOURNAL, "no session that was kept does so"},
                {HS_WAY_CHECK, "a script under --check may only make requests"}};
    char text[300];
    snprintf(text, sizeof text, "malloc 8\n  %s\nmalloc 8\n", statement);
    put_file("a.heap", text);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        giver *g = come_by(ways[i].way, true, true);
        assert_false(gives(g, text));
        is_refused_at(g, "line:2:", ways[i].why);
        assert_false(hs_interpreter_run_file(g->in, "a.heap"));
        is_refused_at(g, "a.heap:2:", ways[i].why);
        assert_int_equal(requests(g), 0);
        assert_int_equal(g->asked, 0);
        leave(g);
    }
    assert_false(there_is("ran"));
    assert_false(there_is("no-such-file"));
}

static void what_reaches_out_of_the_session_is_refused_to_data(void **state)
{
    const hs_command *c;
    char statement[200];
    int found = 0;
    (void)state;
    for (size_t i = 0; (c = hs_command_at(i)); i++) {
        for (size_t j = 0; j <= HS_PARAMETERS; j++) {
            bool last = j == HS_PARAMETERS;
            if ((last ? c->needs : c->parameters[j].needs) < HS_CAN_LOOK) continue;
            write_statement(statement, sizeof statement, c, last ? SIZE_MAX : j);
            refuse_everywhere(statement);
            found++;
        }
    }
    assert_int_equal(found, 10); /* source, save, maps and continue; and six parameters */
}

/* --- Every need by every way ------------------------------------------------------------------ */

typedef enum { NO, YES, ASKED } leave_to;

static const struct {
    const char *statement, *column, *does;
    leave_to line[HS_WAYS], script[HS_WAYS];
} needs[] = {
#define BY(trace, journal, check, lecture, typed, trusted)                                         \
    {                                                                                              \
        [HS_WAY_TRACE] = trace, [HS_WAY_JOURNAL] = journal, [HS_WAY_CHECK] = check,                \
        [HS_WAY_LECTURE] = lecture, [HS_WAY_TYPED] = typed, [HS_WAY_TRUSTED] = trusted             \
    }
    {"malloc 16", "", "", BY(YES, YES, YES, YES, YES, YES), BY(YES, YES, YES, YES, YES, YES)},
    {"wait 1s", "", "", BY(YES, YES, YES, YES, YES, YES), BY(YES, YES, YES, YES, YES, YES)},
    {"exec", "", "", BY(YES, YES, YES, YES, YES, YES), BY(YES, YES, YES, YES, YES, YES)},
    {"source plain.heap", "8", "source looks at other files or processes",
     BY(NO, NO, NO, YES, YES, YES), BY(NO, NO, NO, YES, YES, YES)},
    {"maps self", "6", "maps looks at other files or processes", BY(NO, NO, NO, YES, YES, YES),
     BY(NO, NO, NO, YES, YES, YES)},
    {"save saved", "6", "save writes a file", BY(NO, NO, NO, NO, YES, YES),
     BY(NO, NO, NO, NO, ASKED, YES)},
    {"maps -- touch ran", "9", "maps runs a program", BY(NO, NO, NO, NO, YES, YES),
     BY(NO, NO, NO, NO, ASKED, YES)},
};

/* Is it done, with nobody there, somebody who does not let it, and somebody who does? */
static void try_need(size_t need, hs_way way, bool script)
{
    leave_to wanted = script ? needs[need].script[way] : needs[need].line[way];
    char text[100], where[40];
    snprintf(text, sizeof text, "malloc 8\n%s\n", needs[need].statement);
    snprintf(where, sizeof where, "%s:2:%s: ", script ? "a.heap" : "line", needs[need].column);
    put_file("a.heap", text);
    for (int who = 0; who < 3; who++) {
        giver *g = come_by(way, who > 0, who > 1);
        bool may = wanted == YES || (wanted == ASKED && who == 2);
        bool done = script ? hs_interpreter_run_file(g->in, "a.heap") : gives(g, text);
        if (done != may) fail_msg("way %d, %s: %s", (int)way, needs[need].statement, g->error);
        if (!may) is_refused_at(g, where, needs[need].does);
        if (!may && wanted == ASKED)
            assert_non_null(strstr(g->error, who ? "you did not let it" : "--trust"));
        assert_int_equal(requests(g) > 0, may);
        assert_int_equal(g->asked, wanted == ASKED && who > 0);
        bool wrote = remove("saved") == 0, ran = remove("ran") == 0;
        assert_int_equal(wrote, may && strstr(needs[need].statement, "save"));
        assert_int_equal(ran, may && strstr(needs[need].statement, "ran"));
        leave(g);
    }
}

static void every_way_in_gives_what_it_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        for (int way = 0; way < HS_WAYS; way++) {
            try_need(i, (hs_way)way, false);
            try_need(i, (hs_way)way, true);
        }
}

static void an_interpreter_that_is_told_nothing_makes_requests_alone(void **state)
{
    hs_problem problem;
    giver g = {.lets = true};
    (void)state;
    g.session = hs_session_new("implicit", &(hs_heap_config){256, 1 << 20}, &problem);
    g.in = hs_interpreter_new(
        g.session,
        &(hs_listener){
            .context = &g, .say = say, .show = show, .performed = performed, .trusts = trusts});
    assert_true(gives(&g, "malloc 8"));
    assert_false(gives(&g, "save saved"));
    assert_false(there_is("saved"));
    hs_interpreter_free(g.in);
    hs_session_free(g.session);
}

/* --- Within ----------------------------------------------------------------------------------- */

static void a_program_is_checked_whole_with_all_that_stands_in_braces(void **state)
{
    static const char *const lines[] = {
        "malloc 8; repeat 0 { save saved }",
        "malloc 8; expect error { save saved }",
        "malloc 8; expect error { repeat 2 { predict { save saved } } }",
        "malloc 8; quit; save saved",
        "malloc 8; adversary bump first-fit to saved",
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        giver *g = come_by(HS_WAY_TRACE, true, true);
        assert_false(gives(g, lines[i]));
        is_refused_at(g, "line:1:", "writes a file: what is opened as a trace");
        assert_int_equal(requests(g), 0);
        leave(g);
    }
    assert_false(there_is("saved"));
}

/* A program that nobody has checked may nothing, wherever its statements run. */
static void a_statement_is_checked_again_where_it_runs(void **state)
{
    static const char *const texts[] = {"malloc 8", "repeat 1 { malloc 8 }", "p = NULL",
                                        "expect error { free 1 }"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        giver *g = come_by(HS_WAY_TRUSTED, true, true);
        hs_complaint c;
        hs_program *p = hs_program_parse("unchecked", 1, texts[i], strlen(texts[i]), &c);
        assert_non_null(p);
        assert_false(hs_interpreter_step(g->in, p, 0));
        is_refused_at(g, "unchecked:1:", "makes requests");
        p->may = HS_CAN_ASK;
        assert_true(hs_interpreter_step(g->in, p, 0));
        hs_program_free(p);
        leave(g);
    }
}

static void a_body_is_checked_again_where_it_runs(void **state)
{
    static const char text[] = "repeat 1 { save saved }";
    giver *g = come_by(HS_WAY_TYPED, true, true);
    hs_complaint c;
    hs_program *p = hs_program_parse("unchecked", 1, text, strlen(text), &c);
    (void)state;
    p->may = HS_CAN_ASK;
    assert_false(hs_interpreter_step(g->in, p, 0));
    is_refused_at(g, "unchecked:1:17: ", "save writes a file");
    assert_false(there_is("saved"));
    hs_program_free(p);
    leave(g);
}

static void a_script_has_at_most_what_names_it_has(void **state)
{
    giver *g = come_by(HS_WAY_TYPED, false, false);
    (void)state;
    put_file("a.heap", "malloc 8\nsource b.heap\n");
    put_file("b.heap", "malloc 8\nsave saved\n");
    assert_true(gives(g, "save saved"));
    assert_int_equal(remove("saved"), 0);
    assert_false(gives(g, "source a.heap"));
    is_refused_at(g, "b.heap:2:6: ", "--trust");
    assert_int_equal(requests(g), 1);
    leave(g);
    /* Somebody who is there is asked about a script that may be given more, not about one within.
     */
    g = come_by(HS_WAY_TYPED, true, true);
    assert_false(gives(g, "source a.heap"));
    assert_int_equal(g->asked, 0);
    assert_true(gives(g, "source b.heap"));
    assert_int_equal(g->asked, 1);
    assert_int_equal(remove("saved"), 0);
    leave(g);
}

/* What a script was let do, one within it is asked about by itself. */
static void one_question_lists_all(void **state)
{
    giver *g = come_by(HS_WAY_TYPED, true, true);
    (void)state;
    put_file("a.heap",
             "malloc 8\nrepeat 2 {\n  save \\\n saved }; maps -- touch \"ran\"\nsource b.heap\n");
    put_file("b.heap", "save saved; remove = malloc 8\n");
    assert_true(hs_interpreter_run_file(g->in, "a.heap"));
    assert_int_equal(g->asked, 2);
    assert_string_equal(g->wants, "b.heap writes a file:\n  line 1: save saved\n");
    g->lets = false;
    assert_false(hs_interpreter_run_file(g->in, "a.heap"));
    assert_int_equal(g->asked, 3);
    assert_string_equal(g->wants,
                        "a.heap writes a file and runs a program:\n  line 3: save \\  saved\n"
                        "  line 4: maps -- touch \"ran\"\n");
    is_refused_at(g, "a.heap:4:2: ", "save writes a file: you did not let it");
    leave(g);
}

static void a_long_question_is_cut_and_says_so(void **state)
{
    giver *g = come_by(HS_WAY_TYPED, true, false);
    FILE *out = fopen("a.heap", "w");
    (void)state;
    for (int i = 0; i < 15; i++) fprintf(out, "save %0300d\n", i);
    fclose(out);
    assert_false(hs_interpreter_run_file(g->in, "a.heap"));
    assert_non_null(strstr(g->wants, "0000...\n  line 2: "));
    assert_non_null(strstr(g->wants, "  and 3 more\n"));
    assert_null(strstr(g->wants, "line 13"));
    leave(g);
}

/* --- Demos ------------------------------------------------------------------------------------ */

static void a_demo_is_a_script_and_one_that_is_refused_changes_nothing(void **state)
{
    char *before = getenv("HEAPSCOPE_DEMOS") ? strdup(getenv("HEAPSCOPE_DEMOS")) : NULL;
    (void)state;
    assert_int_equal(mkdir("demos", 0700), 0);
    put_file("demos/a.heap", "# A demo\nmalloc 8\nsave saved\n");
    setenv("HEAPSCOPE_DEMOS", "demos", 1);
    giver *g = come_by(HS_WAY_TYPED, false, false);
    assert_false(gives(g, "malloc 8; malloc 8; demos a"));
    is_refused_at(g, "demos/a.heap:3:6: ", "--trust");
    assert_int_equal(requests(g), 2);
    leave(g);
    g = come_by(HS_WAY_CHECK, true, true);
    assert_false(gives(g, "demos a"));
    is_refused_at(g, "demos/a.heap:3:6: ", "under --check");
    leave(g);
    assert_true(hs_demos_hold("demos/any"));
    assert_true(hs_demos_hold("./demos/../demos/any"));
    assert_false(hs_demos_hold("demos"));
    assert_false(hs_demos_hold("a.heap"));
    assert_false(hs_demos_hold("demos/no/any"));
    assert_false(there_is("saved"));
    if (before) setenv("HEAPSCOPE_DEMOS", before, 1);
    free(before);
}

/* --- Traces ------------------------------------------------------------------------------------
 */

static hs_trace *as_trace(const char *path, char *error, size_t room)
{
    static char text[65536];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text, file);
    fclose(file);
    return hs_trace_of_script(&(hs_trace_reading){.format = NULL}, path, text, n, error, room);
}

/* An operation of each kind that `save` writes. */
static void a_saved_session_can_be_opened_as_a_trace(void **state)
{
    giver *g = come_by(HS_WAY_TYPED, false, false);
    char error[500];
    (void)state;
    assert_true(
        gives(g, "heap 512 max 64k; set growth page; allocator explicit; set fit best; malloc 24\n"
                 "a = calloc 3 8; realloc a 200; b = a + 8; c = aligned_alloc 64 8; free NULL\n"
                 "write a \"x\\\"\\n\"*3; note \"one\"; title \"two\"; ask \"three?\"; free c\n"
                 "mmu segmentation 4; process vi; run vi; touch 0 w; grow stack 16; swap vi\n"
                 "compact; exit vi; split implicit bump; malloc 8; predict on; predict off\n"
                 "malloc 16; undo; malloc 32; save saved"));
    hs_trace *t = as_trace("saved", error, sizeof error);
    if (!t) fail_msg("%s", error);
    assert_true(hs_trace_count(t) > 3);
    hs_trace_free(t);
    leave(g);
    put_file("a.heap", "malloc 8\nrepeat 2 { save ran }\n");
    assert_null(as_trace("a.heap", error, sizeof error));
    assert_string_equal(error, "a.heap:2:17: save writes a file: what is opened as a trace may "
                               "only make requests");
    assert_false(there_is("ran"));
}

/* --- Help ------------------------------------------------------------------------------------- */

static void help_and_the_man_page_say_it(void **state)
{
    static const char *const texts[][2] = {
        {"save", "save writes a file: a script is asked about first, or played with --trust.\n"},
        {"adversary", "to FILE writes a file: a script is asked about first"},
        {"maps", "-- COMMAND runs a program: a script is asked about first"},
        {"source", "source looks at other files or processes: not in a trace, and under"},
        {"exec", "FILE looks at other files or processes"},
    };
    giver *g = come_by(HS_WAY_TYPED, false, false);
    char *man = hs_help_roff();
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *help = hs_help_text(g->session, hs_command_named(texts[i][0]));
        if (!strstr(help, texts[i][1])) fail_msg("help %s: %s", texts[i][0], help);
        free(help);
    }
    char *free_text = hs_help_text(g->session, hs_command_named("free"));
    assert_null(strstr(free_text, "a script is asked"));
    assert_non_null(strstr(
        man, "save writes a file: a script is asked about first, or played with \\-\\-trust."));
    free(free_text);
    free(man);
    leave(g);
}

int main(void)
{
#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_a_folder, leave_the_folder)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_says_what_it_needs),
        IN_A_FOLDER(what_reaches_out_of_the_session_is_refused_to_data),
        IN_A_FOLDER(every_way_in_gives_what_it_should),
        IN_A_FOLDER(an_interpreter_that_is_told_nothing_makes_requests_alone),
        IN_A_FOLDER(a_program_is_checked_whole_with_all_that_stands_in_braces),
        cmocka_unit_test(a_statement_is_checked_again_where_it_runs),
        IN_A_FOLDER(a_body_is_checked_again_where_it_runs),
        IN_A_FOLDER(a_script_has_at_most_what_names_it_has),
        IN_A_FOLDER(one_question_lists_all),
        IN_A_FOLDER(a_long_question_is_cut_and_says_so),
        IN_A_FOLDER(a_demo_is_a_script_and_one_that_is_refused_changes_nothing),
        IN_A_FOLDER(a_saved_session_can_be_opened_as_a_trace),
        cmocka_unit_test(help_and_the_man_page_say_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

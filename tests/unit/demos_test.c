/* SPDX-License-Identifier: MIT */
/* The course: complete and in order, and each demo with all that belongs to one. Whether what they
 * expect holds is tested by playing them; here it is their make. */
#include "check.h"
#include "stage.h"

#include "language/demos.h"
#include "view/drawing.h"
#include "view/settings.h"

#include <heapscope/lockstep.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LECTURE_LINES = 72, /* a lecture is short */
    LECTURE_NOTES = 7,
    LECTURE_SECTIONS_LEAST = 2,
    LECTURE_SECTIONS_MOST = 4,
    TITLE = 48, /* a line of the list fits a screen of 80 columns */
    CAPTION_COLUMNS = 77,
    CAPTION_ROWS = 4 /* the room for a note on such a screen */
};

static int set_up(void **state)
{
    *state = stage_new("implicit", 256, 65536);
    return 0;
}

static int tear_down(void **state)
{
    stage_free(*state);
    return 0;
}

/* --- The list ------------------------------------------------------------------------------- */

static void the_course_is_complete_and_in_order(void **state)
{
    static const char *const course[] = {"alignment",
                                         "bump",
                                         "headers",
                                         "placement",
                                         "splitting",
                                         "coalescing",
                                         "internal-fragmentation",
                                         "fragmentation",
                                         "doubling",
                                         "realloc",
                                         "explicit",
                                         "segregated",
                                         "buddy",
                                         "tlsf",
                                         "throughput",
                                         "bugs",
                                         "base-and-bounds",
                                         "segmentation",
                                         "stack-meets-heap",
                                         "physical-fragmentation",
                                         "from-segments-to-pages",
                                         "process",
                                         "where-is-the-heap"};
    const size_t n = sizeof course / sizeof *course;
    hs_demos all = hs_demos_find();
    (void)state;
    assert_true(all.count > n);
    for (size_t i = 0; i < all.count; i++) {
        assert_int_equal(all.items[i].lecture, i < n ? i + 1 : 0);
        if (i < n) assert_string_equal(all.items[i].name, course[i]);
        if (i > n) assert_true(strcmp(all.items[i - 1].name, all.items[i].name) < 0);
    }
    hs_demos_free(&all);
}

static void a_demo_is_found_by_its_name_or_number(void **state)
{
    hs_demos all = hs_demos_find();
    (void)state;
    assert_string_equal(hs_demo_named(&all, "6")->name, "coalescing");
    assert_string_equal(hs_demo_named(&all, "overrun")->name, "overrun");
    assert_int_equal(hs_demo_named(&all, "bump")->lecture, 2);
    assert_null(hs_demo_named(&all, "0"));
    assert_null(hs_demo_named(&all, "99"));
    assert_null(hs_demo_named(&all, "6x"));
    assert_null(hs_demo_named(&all, ""));
    hs_demos_free(&all);
}

static void write_script(const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void a_folder_of_ones_own_is_a_course_of_ones_own(void **state)
{
    char folder[] = "/tmp/heapscope-demos-XXXXXX", command[64];
    char *before = strdup(getenv("HEAPSCOPE_DEMOS"));
    (void)state;
    assert_non_null(mkdtemp(folder));
    setenv("HEAPSCOPE_DEMOS", folder, 1);
    hs_demos all = hs_demos_find();
    char *text = hs_demos_text(&all, "demos");
    assert_non_null(strstr(text, "no demos are installed"));
    free(text);
    hs_demos_free(&all);
    write_script(folder, "b.heap", "# Lecture 10. Ten\nmalloc 8\n");
    write_script(folder, "c.heap", "# Lecture 9. Nine\033[2J\n");
    write_script(folder, "a.heap", "");
    write_script(folder, "d.heap", "# Lecture 0. No number\n");
    write_script(folder, ".hidden.heap", "# Lecture 1. Hidden\n");
    write_script(folder, "notes.txt", "# Lecture 2. No script\n");
    snprintf(command, sizeof command, "%s/fifo.heap", folder);
    assert_int_equal(mkfifo(command, 0600), 0); /* which nobody waits at */
    all = hs_demos_find();
    text = hs_demos_text(&all, "demos");
    assert_string_equal(text, "The course: `demos 9` plays lecture 9\n"
                              "   9  c                       Nine\n"
                              "  10  b                       Ten\n\n"
                              "More demos: `demos a` plays a\n"
                              "      a                       \n"
                              "      d                       Lecture 0. No number");
    free(text);
    hs_demos_free(&all);
    setenv("HEAPSCOPE_DEMOS", before, 1);
    free(before);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

/* --- Each of them --------------------------------------------------------------------------- */

static size_t commands_named(const hs_program *p, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < p->count; i++)
        n += p->statements[i].command && strcmp(p->statements[i].command->name, name) == 0;
    return n;
}

static int caption_rows(const char *note)
{
    hs_scene *scene = hs_scene_new(1, CAPTION_COLUMNS, false);
    int rows = hs_put_wrapped(hs_pane_of(scene), 0, 0, HS_ROLE_NOTE, note);
    hs_scene_free(scene);
    return rows;
}

static void expect_short_notes(const char *name, const hs_program *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const hs_statement *s = &p->statements[i];
        if (!s->command) continue;
        if (strcmp(s->command->name, "note") != 0 && strcmp(s->command->name, "ask") != 0) continue;
        if (caption_rows(s->arguments[0].text) > CAPTION_ROWS)
            fail_msg("%s: too long for the back row: %s", name, s->arguments[0].text);
    }
}

static void expect_summary(const char *name, const hs_program *p)
{
    const hs_statement *last = &p->statements[p->count - 1];
    if (!last->command || strcmp(last->command->name, "note") != 0 ||
        strncmp(last->arguments[0].text, "Summary: ", 9) != 0)
        fail_msg("%s: its last command is no summary", name);
}

/* Few enough to remember, and the first where it begins. */
static bool has_sections(const hs_program *p)
{
    const size_t n = commands_named(p, "title");
    for (size_t i = 0; i < p->count; i++) {
        const hs_command *c = p->statements[i].command;
        if (c && strcmp(c->name, "title") == 0) break;
        if (c && strcmp(c->name, "note") == 0) return false;
    }
    return n >= LECTURE_SECTIONS_LEAST && n <= LECTURE_SECTIONS_MOST;
}

static void expect_well_made(const hs_demo *d, const hs_program *p)
{
    size_t lines = 0;
    if (!*d->title || strlen(d->title) > TITLE) fail_msg("%s: title %s", d->name, d->title);
    if (!commands_named(p, "expect")) fail_msg("%s expects nothing", d->name);
    expect_short_notes(d->name, p);
    expect_summary(d->name, p);
    if (!d->lecture) return;
    for (const char *c = p->source; *c; c++) lines += *c == '\n';
    if (lines > LECTURE_LINES) fail_msg("%s is too long: %zu lines", d->name, lines);
    if (commands_named(p, "note") < LECTURE_NOTES) fail_msg("%s has little to tell", d->name);
    if (!commands_named(p, "predict") && !commands_named(p, "ask"))
        fail_msg("%s asks the audience nothing", d->name);
    if (!has_sections(p)) fail_msg("%s has no sections to jump to", d->name);
}

static void every_demo_has_a_title_notes_expectations_and_a_summary(void **state)
{
    stage *s = *state;
    hs_demos all = hs_demos_find();
    for (size_t i = 0; i < all.count; i++) {
        char *path = hs_demo_path(&all, &all.items[i]);
        hs_program *p = hs_interpreter_load(s->in, path);
        if (!p) fail_msg("%s: %s", path, s->error);
        expect_well_made(&all.items[i], p);
        hs_program_free(p);
        free(path);
    }
    hs_demos_free(&all);
}

/* --- The command ---------------------------------------------------------------------------- */

static void a_demo_is_played_as_on_a_fresh_start(void **state)
{
    stage *s = *state;
    stage_does(s,
               "set fit worst; set footer on; set growth exact; set misuse allow; set picture off;"
               "set pace 9; malloc 24; demos doubling");
    assert_int_equal(hs_session_setting(s->session, HS_SET_MISUSE), HS_MISUSE_REFUSE);
    assert_int_equal(hs_session_setting(s->session, HS_SET_PICTURE), HS_PICTURE_ON);
    assert_int_equal(hs_session_setting(s->session, HS_SET_PACE), 9); /* the user's own */
    assert_int_equal(stage_value(s, "block(p1)"), 48);                /* without a footer */
    stage_does(
        s, "set fit best; demos 6; split first-fit best-fit; mmu paging 256; demos wild; demos 18");
    assert_int_equal(s->errors, 0);
}

/* A player keeps the lanes of all steps: it may go back to them. */
static void a_demo_takes_no_lanes_that_are_kept(void **state)
{
    stage *s = *state;
    hs_interpreter_keep_lanes(s->in);
    stage_does(s, "split first-fit best-fit; malloc 24");
    hs_lockstep *kept = hs_interpreter_lockstep(s->in);
    stage_does(s, "demos wild");
    assert_null(hs_interpreter_lockstep(s->in));
    hs_interpreter_use_lanes(s->in, kept);
    assert_int_equal(hs_lockstep_count(kept), 2);
}

static void a_demo_that_is_not_there_is_refused(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24");
    stage_refuses(s, "demos 99", "there is no demo 99; `demos` lists them");
    stage_refuses(s, "demos bumb", "did you mean bump?");
    stage_refuses(s, "demos t", "it could be tlsf, throughput, tour, tree");
    assert_int_equal(stage_value(s, "blocks"), 1);
    stage_does(s, "demos");
    assert_non_null(strstr(s->said, "   6  coalescing "));
    assert_int_equal(stage_value(s, "blocks"), 1);
}

static void a_demo_plays_no_other(void **state)
{
    char folder[] = "/tmp/heapscope-demos-XXXXXX", command[64];
    char *before = strdup(getenv("HEAPSCOPE_DEMOS"));
    stage *s = *state;
    assert_non_null(mkdtemp(folder));
    setenv("HEAPSCOPE_DEMOS", folder, 1);
    write_script(folder, "self.heap", "malloc 8\ndemos self\n");
    stage_refuses(s, "demos self", "a demo within a demo can not be played");
    assert_int_equal(stage_value(s, "blocks"), 1);
    setenv("HEAPSCOPE_DEMOS", before, 1);
    free(before);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_course_is_complete_and_in_order),
        cmocka_unit_test(a_demo_is_found_by_its_name_or_number),
        cmocka_unit_test(a_folder_of_ones_own_is_a_course_of_ones_own),
        cmocka_unit_test_setup_teardown(every_demo_has_a_title_notes_expectations_and_a_summary,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_demo_is_played_as_on_a_fresh_start, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_demo_takes_no_lanes_that_are_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_demo_that_is_not_there_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_demo_plays_no_other, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

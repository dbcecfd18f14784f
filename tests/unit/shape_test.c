/* SPDX-License-Identifier: MIT */
/* The shape: its columns against a count of every byte, after going back and forth, and windows
 * against what is kept. */
#include "picture.h"

#include "check.h"
#include "random.h"

#include "model/session/session.h"
#include "view/pictures.h"
#include "view/shape.h"

#include <heapscope/shape.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static int set_up(void **state)
{
    *state = stage_new("implicit", 256, 1 << 26);
    return 0;
}

static int tear_down(void **state)
{
    stage_free(*state);
    return 0;
}

/* --- A count of every byte ------------------------------------------------------------------- */

/* How much of from .. to - 1 a block has. */
static uint64_t overlap(const hs_client_block *b, hs_addr from, hs_addr to)
{
    hs_addr first = b->addr > from ? b->addr : from, end = b->addr + b->requested;
    if (end > to) end = to;
    return first < end ? end - first : 0;
}

static size_t class_of(uint64_t size)
{
    return size <= 32      ? 0
           : size <= 128   ? 1
           : size <= 512   ? 2
           : size <= 4096  ? 3
           : size <= 65536 ? 4
                           : 5;
}

/* A cell, from the blocks that the client holds now. */
static uint8_t counted(const hs_session *s, hs_addr from, uint64_t bytes)
{
    uint64_t live[HS_SHAPE_CLASSES] = {0}, all = 0;
    unsigned most = 0;
    if (from >= hs_session_totals(s)->highest_block) return HS_SHAPE_UNUSED << 5;
    const hs_client_block *b = hs_session_block_from(s, 0);
    for (; b; b = hs_session_block_from(s, b->addr + 1))
        if (b->live) live[class_of(b->requested)] += overlap(b, from, from + bytes);
    for (unsigned k = 0; k < HS_SHAPE_CLASSES; k++) {
        all += live[k];
        if (live[k] > live[most]) most = k;
    }
    if (!all) return HS_SHAPE_FREE << 5;
    return (uint8_t)((HS_SHAPE_LIVE + most) << 5 | (all * HS_SHAPE_FULL + bytes - 1) / bytes);
}

static void expect_now(const hs_session *s)
{
    uint8_t cells[HS_SHAPE_BUCKETS];
    const hs_lifetimes *shape = s->shape;
    hs_lifetimes_now(shape, s->is.totals.highest_block, cells);
    for (size_t i = 0; i < HS_SHAPE_BUCKETS; i++)
        assert_int_equal(cells[i],
                         counted(s, shape->from + (i << shape->shift), 1ull << shape->shift));
}

/* A request of any size, small ones more often. */
static void random_request(stage *s, uint64_t *random)
{
    char line[64];
    uint64_t dice = random_below(random, 10), size = 1 + random_below(random, 200);
    unsigned v = (unsigned)random_below(random, 40);
    if (random_below(random, 30) == 0) size = random_below(random, 300000);
    snprintf(line, sizeof line,
             dice < 5   ? "v%u = malloc %u"
             : dice < 8 ? "free v%u"
                        : "realloc v%u %u",
             v, (unsigned)size);
    stage_run(s, line); /* mistakes among them */
}

static void what_lives_is_counted_in_every_bucket(void **state)
{
    stage *s = *state;
    uint64_t random = 7;
    static const char *const allocators[] = {"implicit", "buddy", "tlsf", "bump"};
    for (size_t a = 0; a < sizeof allocators / sizeof *allocators; a++) {
        char line[32];
        snprintf(line, sizeof line, "allocator %s", allocators[a]);
        stage_does(s, line);
        for (uint64_t i = 0; i < random_operations(250); i++) {
            random_request(s, &random);
            if (i % 5 == 0) expect_now(s->session);
        }
    }
}

static void a_bug_that_hands_out_bytes_twice_is_no_more_than_full(void **state)
{
    stage *s = *state;
    stage_does(s, "set misuse allow; malloc 24; malloc 24; malloc 24; free p1; free p2; free p1");
    stage_does(s, "malloc 24; malloc 64; malloc 24; malloc 24");
    hs_shape_picture *p = hs_shape_look(s->session, (hs_shape_window){0}, 40, 80);
    assert_int_equal(p->columns, 11);
    hs_shape_picture_free(p);
}

/* --- Columns --------------------------------------------------------------------------------- */

static void every_column_is_what_was_after_its_command(void **state)
{
    stage *s = *state;
    hs_problem problem;
    stage_does(s, "note \"a command that is no request\"; random 1300 seed 3; set fit best");
    const hs_lifetimes *kept = s->session->shape;
    assert_int_equal(kept->stride, 4);
    assert_int_equal(kept->count, 325);
    for (size_t i = 0; i < kept->count; i += 9) {
        const hs_lifetimes_column *c = &kept->columns[i];
        assert_int_equal(c->command, 1 + (i + 1) * 4);
        hs_session *then = hs_session_after(s->session, c->command, &problem);
        for (size_t k = 0; k < HS_SHAPE_BUCKETS; k++)
            assert_int_equal(c->cells[k],
                             counted(then, kept->from + (k << c->shift), 1ull << c->shift));
        hs_session_free(then);
    }
}

static void expect_same_shape(const hs_lifetimes *a, const hs_lifetimes *b)
{
    assert_int_equal(hs_lifetimes_size(a), hs_lifetimes_size(b));
    assert_memory_equal(a, b, hs_lifetimes_size(a));
}

static void going_anywhere_gives_what_coming_there_gave(void **state)
{
    stage *s = *state;
    uint64_t random = 9;
    hs_problem problem;
    stage_does(s, "random 700 seed 5; heap 4k; random 1200 seed 6");
    for (int i = 0; i < 40; i++) {
        uint64_t count = random_below(&random, 1902);
        if (i % 5 == 0) hs_checkpoints_make(s->session);
        assert_true(hs_session_go(s->session, (hs_moment){0, count}, &problem));
        if (i % 4) continue;
        stage *fresh = stage_new("implicit", 256, 1 << 26);
        for (uint64_t n = 0; n < count; n++) {
            char *line = hs_session_record_text(s->session, n);
            stage_does(fresh, line);
            free(line);
        }
        expect_same_shape(s->session->shape, fresh->session->shape);
        stage_free(fresh);
    }
}

/* --- Windows --------------------------------------------------------------------------------- */

static void expect_exact(const hs_session *s, const hs_shape_picture *p)
{
    hs_problem problem;
    assert_true(p->exact);
    for (int c = 0; c < p->columns; c++) {
        hs_session *then = hs_session_after(s, hs_shape_command(p, c), &problem);
        for (int r = 0; r < p->rows; r++)
            assert_int_equal(hs_shape_cell(p, r, c),
                             counted(then, p->from + (uint64_t)r * p->row_bytes, p->row_bytes));
        hs_session_free(then);
    }
}

static void the_finest_window_is_a_command_by_a_word(void **state)
{
    stage *s = *state;
    stage_does(s, "random 900 seed 8");
    hs_shape_window w = {.first = 401, .last = 440, .from = HS_BASE + 256, .bytes = 240};
    hs_shape_picture *p = hs_shape_look(s->session, w, 30, 40);
    assert_int_equal(p->per, 1);
    assert_int_equal(p->columns, 40);
    assert_int_equal(p->row_bytes, 8);
    assert_int_equal(p->rows, 30);
    assert_int_equal(p->from, HS_BASE + 256);
    expect_exact(s->session, p);
    hs_shape_picture_free(p);
}

static void a_window_of_a_long_run_is_performed_again(void **state)
{
    stage *s = *state;
    stage_does(s, "allocator tlsf; random 9000 seed 2");
    hs_shape_picture *p =
        hs_shape_look(s->session, (hs_shape_window){.first = 5000, .last = 5099}, 20, 25);
    assert_int_equal(p->per, 4);
    expect_exact(s->session, p);
    hs_shape_picture_free(p);
    p = hs_shape_look(s->session, (hs_shape_window){0}, 20, 60);
    assert_false(p->exact); /* what is kept is as fine as the picture */
    assert_int_equal(p->begin, 2);
    assert_int_equal(p->end, 9001);
    hs_shape_picture_free(p);
}

/* First fit goes through all that was taken before, again and again. */
static void what_takes_long_to_perform_again_is_left_as_coarse_as_it_is(void **state)
{
    stage *s = *state;
    stage_does(s, "set picture off; repeat 4000 { malloc 8 }");
    hs_shape_picture *p = hs_shape_look(s->session, (hs_shape_window){0}, 20, 60);
    assert_false(p->exact);
    assert_int_equal(hs_shape_kind(hs_shape_cell(p, 0, 59)), HS_SHAPE_LIVE);
    assert_int_equal(hs_shape_kind(hs_shape_cell(p, 19, 0)), HS_SHAPE_UNUSED);
    hs_shape_picture_free(p);
    p = hs_shape_look(s->session, (hs_shape_window){.first = 3000, .last = 3059}, 20, 60);
    assert_true(p->exact);
    hs_shape_picture_free(p);
}

/* At the same resolution, what is kept and what is performed again are the same. */
static void a_window_has_the_cells_that_were_kept(void **state)
{
    stage *s = *state;
    stage_does(s, "random 900 seed 8");
    const hs_lifetimes *kept = s->session->shape;
    for (size_t i = 3; i < kept->count; i += 40) {
        const hs_lifetimes_column *c = &kept->columns[i];
        hs_shape_window w = {.first = c->command, .last = c->command, .from = kept->from};
        w.bytes = (uint64_t)HS_SHAPE_BUCKETS << c->shift;
        hs_shape_picture *p = hs_shape_look(s->session, w, HS_SHAPE_BUCKETS, 1);
        assert_int_equal(p->row_bytes, 1ull << c->shift);
        assert_true(p->exact);
        assert_memory_equal(p->cells, c->cells, HS_SHAPE_BUCKETS);
        hs_shape_picture_free(p);
    }
}

static void the_whole_branch_is_shown_at_any_moment_of_it(void **state)
{
    stage *s = *state;
    stage_does(s, "random 300 seed 4");
    hs_shape_picture *end = hs_shape_look(s->session, (hs_shape_window){0}, 20, 60);
    stage_does(s, "goto 150");
    hs_shape_picture *then = hs_shape_look(s->session, (hs_shape_window){0}, 20, 60);
    assert_int_equal(end->now, 300);
    assert_int_equal(then->now, 150);
    assert_int_equal(then->last, 300);
    assert_memory_equal(then->cells, end->cells, (size_t)(end->rows * end->columns));
    hs_shape_picture_free(end);
    hs_shape_picture_free(then);
    then = hs_shape_look(s->session, (hs_shape_window){.until_now = true}, 20, 60);
    assert_int_equal(then->last, 150);
    hs_shape_picture_free(then);
    stage_does(s, "goto 300; heap 1k; malloc 8; goto 20"); /* another heap, later */
    then = hs_shape_look(s->session, (hs_shape_window){0}, 20, 60);
    assert_int_equal(then->last, 20);
    hs_shape_picture_free(then);
}

static bool count_reports(void *of, const char *doing, uint64_t done, uint64_t total)
{
    (void)done, (void)total;
    *(int *)of += doing != NULL;
    return true;
}

/* The end of a branch is known from when it was left: nothing is performed to show it. After a jump
 * to another branch it is performed once. */
static void the_end_that_was_left_is_not_performed_again(void **state)
{
    stage *s = *state;
    stage_does(s, "allocator tlsf; random 5500 seed 3");
    hs_shape_picture *end = hs_shape_look(s->session, (hs_shape_window){0}, 20, 60);
    for (int i = 0; i < 4; i++) {
        int reports = 0;
        stage_does(s, i == 2 ? "malloc 8; branch main; undo" : "undo; undo; redo");
        hs_session_tell(s->session, count_reports, &reports);
        hs_shape_picture *then = hs_shape_look(s->session, (hs_shape_window){0}, 20, 60);
        hs_session_tell(s->session, NULL, NULL);
        assert_int_equal(reports, 0);
        assert_int_equal(then->end, end->end);
        assert_int_equal(then->columns, end->columns);
        assert_memory_equal(then->cells, end->cells, (size_t)(end->rows * end->columns));
        hs_shape_picture_free(then);
    }
    hs_shape_picture_free(end);
}

static void a_replay_has_the_shape_of_the_new_allocator(void **state)
{
    stage *s = *state;
    stage_does(s, "random 200 seed 4; allocator bump replay; malloc 24");
    hs_shape_picture *p = hs_shape_look(s->session, (hs_shape_window){0}, 40, 80);
    expect_exact(s->session, p);
    assert_true(p->last == 202);
    hs_shape_picture_free(p);
}

static void a_block_larger_than_all_buckets_is_drawn_whole(void **state)
{
    stage *s = *state;
    stage_does(s, "heap 32M max 64M; malloc 30000000; free p1; malloc 10");
    hs_shape_picture *p = hs_shape_look(s->session, (hs_shape_window){0}, 16, 40);
    assert_int_equal(hs_shape_cell(p, 3, 0), (HS_SHAPE_LIVE + 5) << 5 | HS_SHAPE_FULL);
    assert_int_equal(hs_shape_cell(p, 3, 2), HS_SHAPE_FREE << 5);
    assert_int_equal(hs_shape_kind(hs_shape_cell(p, 0, 2)), HS_SHAPE_LIVE);
    assert_int_equal(hs_shape_kind(hs_shape_cell(p, 15, 0)), HS_SHAPE_UNUSED);
    hs_shape_picture_free(p);
    expect_now(s->session);
}

/* What lies ahead in a trace is not performed in order to draw it. */
static void a_trace_is_shown_as_far_as_it_was_gone_through(void **state)
{
    (void)state;
    hs_problem problem;
    hs_heap_config heap = {256, 1 << 20};
    hs_trace *t = hs_trace_new();
    for (uint32_t i = 0; i < 3000; i++)
        hs_trace_add(t, (hs_trace_op){.id = i / 3,
                                      .kind = i % 3 == 0   ? HS_MALLOC
                                              : i % 3 == 1 ? HS_REALLOC
                                                           : HS_FREE,
                                      .size = i % 3 == 2 ? 0 : 20 + i % 100});
    hs_session *s = hs_session_of_trace(t, "tlsf", &heap, &problem);
    hs_shape_picture *p = hs_shape_look(s, (hs_shape_window){0}, 20, 60);
    assert_int_equal(p->columns, 0);
    hs_shape_picture_free(p);
    assert_true(hs_session_survey(s, 1000, &problem));
    p = hs_shape_look(s, (hs_shape_window){.first = 900}, 20, 60);
    assert_int_equal(p->now, 0);
    assert_int_equal(p->last, 1000);
    expect_exact(s, p);
    hs_shape_picture_free(p);
    assert_true(hs_session_go(s, (hs_moment){0, 2500}, &problem));
    expect_now(s);
    p = hs_shape_look(s, (hs_shape_window){0}, 20, 60);
    assert_int_equal(p->last, 2500);
    hs_shape_picture_free(p);
    hs_session_free(s);
}

/* --- On the screen --------------------------------------------------------------------------- */

static void shows(const stage *s, int rows, int columns, const char *text)
{
    picture_shows(picture_of(s, &hs_picture_shape, rows, columns, true, 0), text);
}

static void before_any_request_there_is_no_shape(void **state)
{
    shows(*state, 10, 60, " Shape of memory\nno requests yet\n");
}

static void sizes_are_letters_and_what_is_half_empty_is_small(void **state)
{
    stage_does(*state, "allocator bump; malloc 224; malloc 7; free p1; malloc 16");
    shows(*state, 20, 53,
          "0x1070000f0  ________________________AAAAAAAA\n"
          "0x1070000e0  ________aaaaaaaaaaaaaaaaAAAAAAAA\n"
          "0x1070000d0  CCCCCCCCCCCCCCCC................\n");
    shows(*state, 20, 53, "  command    2                             5^");
}

static void the_axis_marks_the_moment(void **state)
{
    stage_does(*state, "random 40 seed 1; goto 10");
    shows(*state, 20, 53, "  command    1        ^");
    shows(*state, 20, 80, "one column is 1 command, one row 128 bytes, exact");
}

static void windows_that_are_none_are_refused(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; malloc 8; shape from 1 to 2 at p1 bytes 64");
    assert_ptr_equal(s->shown.picture, &hs_picture_shape);
    assert_int_equal(s->shown.window.from, HS_BASE + 8);
    assert_int_equal(s->shown.window.bytes, 64);
    stage_refuses(s, "shape from 2 to 1", "it ends before it begins");
    stage_refuses(s, "shape from 0", "the commands are 1 to 2");
    stage_refuses(s, "shape to 3", "the commands are 1 to 2");
    stage_refuses(s, "shape at NULL", "no address of the heap");
    stage_refuses(s, "shape bytes 0", "no bytes are nothing to look at");
}

static void zooming_ends_at_a_word_and_a_command_and_comes_back(void **state)
{
    stage *s = *state;
    hs_shape_view v = {0};
    hs_scene *scene = hs_scene_new(20, 80, true);
    stage_does(s, "random 500 seed 1; goto 250");
    hs_shape_view_begin(&v, s->session, (hs_shape_window){0}, HS_BASE + 640);
    int zooms = 0;
    hs_shape_paint(s->session, &v, hs_pane_of(scene));
    while (hs_shape_zoom(s->session, &v, true) && ++zooms < 40) {
    }
    hs_shape_paint(s->session, &v, hs_pane_of(scene));
    assert_int_equal(v.picture->per, 1);
    assert_int_equal(v.picture->row_bytes, 8);
    assert_true(v.picture->first <= 250 && v.picture->last >= 250);
    assert_true(v.picture->from <= v.place.at &&
                v.place.at < v.picture->from + 8 * (uint64_t)v.picture->rows);
    for (int i = 0; i < 30; i++) { /* the window follows the cursor, to the edge */
        hs_shape_move(s->session, &v, 3, 4);
        hs_shape_paint(s->session, &v, hs_pane_of(scene));
        assert_true(v.picture->first <= v.place.command && v.place.command <= v.picture->last);
    }
    zooms = 0;
    while (hs_shape_zoom(s->session, &v, false) && ++zooms < 60)
        hs_shape_paint(s->session, &v, hs_pane_of(scene));
    assert_int_equal(v.place.window.first, 0);
    assert_int_equal(v.place.window.from, 0);
    hs_shape_view_end(&v);
    hs_scene_free(scene);
}

static void every_pane_can_be_painted(void **state)
{
    stage_does(*state, "random 300 seed 4");
    for (int rows = 1; rows < 30; rows++)
        for (int columns = 1; columns < 100; columns += 3)
            free(picture_of(*state, &hs_picture_shape, rows, columns, columns % 2, 0));
    free(picture_of(*state, &hs_picture_shape, 400, 100, true, 0));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_lives_is_counted_in_every_bucket),
        TEST(a_bug_that_hands_out_bytes_twice_is_no_more_than_full),
        TEST(every_column_is_what_was_after_its_command),
        TEST(going_anywhere_gives_what_coming_there_gave),
        TEST(the_finest_window_is_a_command_by_a_word),
        TEST(a_window_of_a_long_run_is_performed_again),
        TEST(what_takes_long_to_perform_again_is_left_as_coarse_as_it_is),
        TEST(a_window_has_the_cells_that_were_kept),
        TEST(the_whole_branch_is_shown_at_any_moment_of_it),
        TEST(the_end_that_was_left_is_not_performed_again),
        TEST(a_replay_has_the_shape_of_the_new_allocator),
        TEST(a_block_larger_than_all_buckets_is_drawn_whole),
        TEST(a_trace_is_shown_as_far_as_it_was_gone_through),
        TEST(before_any_request_there_is_no_shape),
        TEST(sizes_are_letters_and_what_is_half_empty_is_small),
        TEST(the_axis_marks_the_moment),
        TEST(windows_that_are_none_are_refused),
        TEST(zooming_ends_at_a_word_and_a_command_and_comes_back),
        TEST(every_pane_can_be_painted),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests_name("shape", tests, NULL, NULL);
}

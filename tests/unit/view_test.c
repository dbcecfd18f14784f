/* SPDX-License-Identifier: MIT */
/* Views: what reaches a scene, and where. */
#include "check.h"
#include "random.h"
#include "stage.h"
#include "view/pictures.h"
#include "view/screen.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int widths[] = {1, 2, 5, 12, 13, 14, 16, 40, 80, 120, 200, 400};
static const int heights[] = {1, 2, 3, 4, 5, 6, 12, 24, 50, 100};
enum { WIDTHS = sizeof widths / sizeof *widths, HEIGHTS = sizeof heights / sizeof *heights };

/* Heaps of every size and state, as programs. */
static const char *const heaps[] = {
    "heap 64",
    "heap 64; malloc 8; malloc 8; free p1",
    "random 40 seed 1",
    "allocator bump; random 40 seed 1",
    "allocator best-fit; set footer on; heap 4k; random 300 seed 2",
    "malloc 24; malloc 24; malloc 100; write p1+24 0xff*8",
    "heap 1M; random 1000 seed 3",
    "heap 1G max 1G; malloc 3; malloc 700M; malloc 5; free p2",
    "allocator bump; heap 1000000000 max 1G; malloc 1; malloc 600M; free p1",
};
enum { HEAPS = sizeof heaps / sizeof *heaps };

static stage *stage_with(const char *program)
{
    stage *s = stage_new("implicit", 256, (uint64_t)1 << 30);
    stage_does(s, program);
    return s;
}

static bool is_safe(wchar_t glyph)
{
    return glyph == 0 || (glyph >= 0x20 && glyph < 0x7f) ||
           (glyph >= 0xa0 && glyph <= 0x10ffff && !(glyph >= 0xd800 && glyph <= 0xdfff));
}

static void expect_safe(const hs_scene *scene)
{
    for (int i = 0; i < scene->rows * scene->columns; i++) {
        wchar_t glyph = scene->cells[i].glyph;
        assert_true(is_safe(glyph));
        if (scene->ascii) assert_true(glyph < 0x7f);
        assert_true(scene->cells[i].role < HS_ROLES);
    }
}

/* --- Text ----------------------------------------------------------------------------------- */

static void random_text(uint64_t *random, char *text, size_t size)
{
    static const char *const pieces[] = {
        "a",    " ",        "\n",       "\033[31m",     "\xc3\xa4",
        "\r",   "\t",       "\xff",     "\xe2\x80\xae", "\xf0\x9f\x98\x80",
        "\x7f", "\xc2\x85", "\xc2\x9b", "\xe6\x97\xa5", "\xcc\x81"};
    size_t n = 0;
    while (n + 8 < size && random_below(random, 60)) {
        char byte[2] = {(char)(1 + random_below(random, 255)), 0};
        const char *piece = pieces[random_below(random, sizeof pieces / sizeof *pieces)];
        if (random_below(random, 2)) piece = byte;
        memcpy(text + n, piece, strlen(piece));
        n += strlen(piece);
    }
    text[n] = 0;
}

static void no_text_reaches_a_scene_raw(void **state)
{
    (void)state;
    uint64_t random = 1;
    char text[300];
    for (int i = 0; i < 4000; i++) {
        hs_scene *scene = hs_scene_new(3, 1 + i % 90, i & 1);
        random_text(&random, text, sizeof text);
        int end = hs_put(hs_pane_of(scene), 1, i % 7, HS_ROLE_TEXT, text);
        assert_true(end <= scene->columns || end == i % 7);
        hs_put_wrapped(hs_pane_of(scene), 0, 1 + i % 3, HS_ROLE_TEXT, text);
        hs_putf(hs_pane_of(scene), 2, -3, HS_ROLE_TEXT, "%s", text);
        expect_safe(scene);
        free(hs_scene_text(scene));
        hs_scene_free(scene);
    }
}

static void signs_stand_for_what_cannot_be_shown(void **state)
{
    (void)state;
    hs_scene *scene = hs_scene_new(1, 20, false);
    hs_put(hs_pane_of(scene), 0, 0, HS_ROLE_TEXT, "a\033\x7f\xff\xc3\xa4\xed\xa0\x80z");
    char *text = hs_scene_text(scene);
    assert_string_equal(text, "a␛␡\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\n");
    free(text);
    hs_scene_free(scene);
    scene = hs_scene_new(1, 20, true);
    hs_put(hs_pane_of(scene), 0, 0, HS_ROLE_TEXT, "a\033\x7f\xff\xc3\xa4z");
    text = hs_scene_text(scene);
    assert_string_equal(text, "a????z\n");
    free(text);
    hs_scene_free(scene);
}

static void wide_characters_are_not_cut_in_half(void **state)
{
    (void)state;
    hs_scene *scene = hs_scene_new(1, 5, false);
    assert_int_equal(hs_put(hs_pane_of(scene), 0, 0, HS_ROLE_TEXT, "日本語"), 4);
    assert_int_equal(scene->cells[0].glyph, 0x65e5);
    assert_int_equal(scene->cells[1].glyph, 0);
    assert_int_equal(scene->cells[4].glyph, 0);
    char *text = hs_scene_text(scene);
    assert_string_equal(text, "日本\n");
    free(text);
    hs_scene_free(scene);
}

static void wrapped_text_breaks_between_words_and_says_what_it_cuts(void **state)
{
    (void)state;
    hs_scene *scene = hs_scene_new(3, 9, false);
    hs_pane p = hs_pane_of(scene);
    assert_int_equal(hs_put_wrapped(p, 0, 0, HS_ROLE_TEXT, "one two three\nfour"), 3);
    assert_int_equal(hs_put_wrapped(p, 0, 3, HS_ROLE_TEXT, "one two three\nfour"), 3);
    char *text = hs_scene_text(scene);
    assert_string_equal(text, "one two\nthree\nfour\n");
    free(text);
    assert_int_equal(hs_put_wrapped(p, 0, 2, HS_ROLE_TEXT, "one two three four five"), 2);
    text = hs_scene_text(scene);
    assert_non_null(strstr(text, "..."));
    free(text);
    hs_scene_free(scene);
}

static void counting_rows_gives_what_painting_takes(void **state)
{
    (void)state;
    uint64_t random = 2;
    char text[300];
    for (int i = 0; i < 1000; i++) {
        hs_scene *scene = hs_scene_new(400, 1 + i % 30, i & 1);
        random_text(&random, text, sizeof text);
        assert_int_equal(hs_put_wrapped(hs_pane_of(scene), 0, 0, HS_ROLE_TEXT, text),
                         hs_put_wrapped(hs_pane_of(scene), 0, 400, HS_ROLE_TEXT, text));
        hs_scene_free(scene);
    }
}

static void parts_of_panes_lie_within_them(void **state)
{
    (void)state;
    hs_scene *scene = hs_scene_new(10, 10, false);
    hs_pane p = hs_pane_part(hs_pane_of(scene), 2, 3, 100, 4);
    assert_int_equal(p.rows, 8);
    assert_int_equal(p.columns, 4);
    hs_pane q = hs_pane_part(p, 9, 5, 1, 1);
    assert_int_equal(q.rows, 0);
    assert_int_equal(q.columns, 0);
    hs_put(q, 0, 0, HS_ROLE_TEXT, "x");
    hs_put(p, 0, -2, HS_ROLE_TEXT, "abcdefgh");
    char *text = hs_scene_text(scene);
    assert_string_equal(text, "\n\n   cdef\n\n\n\n\n\n\n\n");
    free(text);
    hs_scene_free(scene);
}

/* --- The byte map ---------------------------------------------------------------------------- */

static bool is_power_of_two(uint64_t n)
{
    return n && (n & (n - 1)) == 0;
}

static void expect_plan(const hs_session *s, const hs_map_plan *p, int rows, int columns)
{
    const hs_heap *h = hs_session_heap(s);
    uint64_t size = hs_heap_committed(h), row_cells = p->row_bytes / p->cell_bytes;
    assert_true(is_power_of_two(p->row_bytes) && is_power_of_two(p->cell_bytes));
    assert_in_range(p->cell_columns, 1, p->large ? 6 : 3);
    assert_in_range(p->lines, 1, p->large ? 3 : 2);
    assert_in_range(p->visible, 1, p->rows);
    assert_in_range(p->visible * p->lines, 1, rows);
    assert_true(p->rows * p->row_bytes >= size && (p->rows - 1) * p->row_bytes < size);
    assert_true(hs_heap_holds(h, p->top, 1));
    assert_int_equal((p->top - HS_BASE) % p->row_bytes, 0);
    if (columns > HS_MAP_GUTTER)
        assert_true(row_cells * (uint64_t)p->cell_columns <= (uint64_t)(columns - HS_MAP_GUTTER));
}

/* A scene with a margin around the pane, to see that nothing is painted there. */
enum { MARGIN = 2 };

static void fill_margin(hs_scene *scene)
{
    for (int i = 0; i < scene->rows * scene->columns; i++)
        scene->cells[i] = (hs_cell){.glyph = L'!', .role = HS_ROLE_NOTE};
}

static void expect_margin(const hs_scene *scene)
{
    for (int row = 0; row < scene->rows; row++)
        for (int column = 0; column < scene->columns; column++) {
            const hs_cell *c = hs_scene_cell(scene, row, column);
            bool inside = row >= MARGIN && row < scene->rows - MARGIN && column >= MARGIN &&
                          column < scene->columns - MARGIN;
            if (!inside && (c->glyph != L'!' || c->role != HS_ROLE_NOTE || c->flags))
                fail_msg("painted at %d, %d of %d x %d", row, column, scene->rows, scene->columns);
        }
}

static void expect_map_as(const hs_session *s, hs_map_plan plan, int rows, int columns)
{
    expect_plan(s, &plan, rows, columns);
    hs_scene *scene = hs_scene_new(rows + 2 * MARGIN, columns + 2 * MARGIN, rows & 1);
    fill_margin(scene);
    hs_map_paint(s, &plan, hs_pane_part(hs_pane_of(scene), MARGIN, MARGIN, rows, columns), plan.top,
                 100);
    expect_margin(scene);
    expect_safe(scene);
    hs_scene_free(scene);
}

static void expect_map(const hs_session *s, int rows, int columns, uint64_t zoom, hs_addr top)
{
    expect_map_as(s, hs_map_plan_for(s, rows, columns, zoom, top), rows, columns);
    expect_map_as(s, hs_map_plan_large(s, rows, columns, zoom, top), rows, columns);
}

static void for_every_heap_and_size(void (*test)(stage *, int rows, int columns))
{
    for (size_t i = 0; i < HEAPS; i++) {
        stage *s = stage_with(heaps[i]);
        for (size_t w = 0; w < WIDTHS; w++)
            for (size_t h = 0; h < HEIGHTS; h++) test(s, heights[h], widths[w]);
        stage_free(s);
    }
}

static void map_of_size(stage *s, int rows, int columns)
{
    hs_addr end = hs_heap_end(hs_session_heap(s->session));
    expect_map(s->session, rows, columns, 0, 0);
    expect_map(s->session, rows, columns, 1, HS_BASE + 40);
    expect_map(s->session, rows, columns, 8, end);
    expect_map(s->session, rows, columns, 4096, end - 1);
    expect_map(s->session, rows, columns, (uint64_t)1 << 40, UINT64_MAX);
}

static void a_map_of_any_size_stays_within_its_pane_and_heap(void **state)
{
    (void)state;
    for_every_heap_and_size(map_of_size);
}

/* The cell of a map's pane that shows an address is the one that the address is read from. */
static void expect_inverse(const hs_session *s, const hs_map_plan *plan, int rows, int columns,
                           hs_addr at)
{
    hs_scene *scene = hs_scene_new(rows, columns, false);
    int ruler = rows > 4 ? 1 : 0, found = 0;
    hs_map_paint(s, plan, hs_pane_of(scene), at, 1);
    for (int row = 0; row < rows; row++)
        for (int column = 0; column < columns; column++) {
            hs_addr there = hs_map_address(s, plan, row - ruler, column);
            bool same = there && at >= there && at - there < plan->cell_bytes;
            bool pointed_out = hs_scene_cell(scene, row, column)->flags & HS_CURSOR;
            if (same != pointed_out)
                fail_msg("%d x %d, zoom %llu: row %d column %d", rows, columns,
                         (unsigned long long)plan->row_bytes, row, column);
            found += same;
        }
    if (columns > HS_MAP_GUTTER) assert_int_equal(found, plan->lines * plan->cell_columns);
    hs_scene_free(scene);
}

static void a_cells_address_is_where_it_was_painted(void **state)
{
    (void)state;
    uint64_t random = 3;
    static const uint64_t zooms[] = {0, 8, 64, 4096};
    static const int sizes[][2] = {{1, 14},  {3, 20},   {5, 40}, {24, 80},
                                   {12, 61}, {40, 200}, {7, 9}};
    for (size_t i = 0; i < HEAPS; i++) {
        stage *s = stage_with(heaps[i]);
        uint64_t size = hs_heap_committed(hs_session_heap(s->session));
        for (size_t j = 0; j < 4 * sizeof sizes / sizeof *sizes; j++) {
            const int *z = sizes[j / 4];
            hs_addr top = HS_BASE + random_below(&random, size);
            hs_map_plan plan = (i % 2 ? hs_map_plan_for : hs_map_plan_large)(s->session, z[0], z[1],
                                                                             zooms[j % 4], top);
            uint64_t shown = plan.row_bytes * (uint64_t)plan.visible,
                     rest = HS_BASE + size - plan.top;
            for (int n = 0; n < 4; n++)
                expect_inverse(s->session, &plan, z[0], z[1],
                               plan.top + random_below(&random, shown < rest ? shown : rest));
        }
        stage_free(s);
    }
}

static void nothing_lies_under_what_is_no_cell(void **state)
{
    (void)state;
    stage *s = stage_with("heap 64");
    hs_map_plan plan = hs_map_plan_for(s->session, 10, 80, 8, 0);
    assert_int_equal(hs_map_address(s->session, &plan, 0, HS_MAP_GUTTER - 1), HS_NULL);
    assert_int_equal(hs_map_address(s->session, &plan, -1, 20), HS_NULL);
    assert_int_equal(hs_map_address(s->session, &plan, 8, 20), HS_NULL);
    assert_int_equal(hs_map_address(s->session, &plan, 0, 79), HS_NULL);
    assert_int_equal(hs_map_address(s->session, &plan, 7, HS_MAP_GUTTER), HS_BASE + 56);
    stage_free(s);
}

static void from_afar_cells_are_wide_and_rows_are_high(void **state)
{
    (void)state;
    stage *s = stage_with("heap 64");
    hs_map_plan plan = hs_map_plan_large(s->session, 16, 80, 0, 0);
    assert_int_equal(plan.row_bytes, 16);
    assert_int_equal(plan.cell_columns, 4);
    assert_int_equal(plan.lines, 3);
    stage_does(s, "heap 512");
    plan = hs_map_plan_large(s->session, 16, 80, 0, 0);
    assert_int_equal(plan.row_bytes, 32);
    assert_int_equal(plan.cell_columns, 2);
    assert_int_equal(plan.lines, 2);
    assert_int_equal(plan.visible, 7);
    plan = hs_map_plan_large(s->session, 16, 80, 16, HS_BASE + 64);
    assert_int_equal(plan.row_bytes, 16);
    assert_int_equal(plan.top, HS_BASE + 64);
    stage_free(s);
}

/* Of the last cell of a row, 56 bytes are payload, and 8 a broken header. */
static void a_cell_with_a_little_damage_is_damaged(void **state)
{
    (void)state;
    stage *s = stage_with("heap 8k; a = malloc 4080; malloc 8; write a+4080 0*8");
    hs_scene *scene = hs_scene_new(10, 80, false);
    hs_map_plan plan = hs_map_plan_for(s->session, 10, 80, 4096, 0);
    hs_map_paint(s->session, &plan, hs_pane_of(scene), 0, 0);
    assert_int_equal(plan.cell_bytes, 64);
    assert_int_equal(hs_scene_cell(scene, 1, HS_MAP_GUTTER + 63)->role, HS_ROLE_DAMAGE);
    stage_does(s, "write a+4080 17");
    hs_map_paint(s->session, &plan, hs_pane_of(scene), 0, 0);
    assert_int_equal(hs_scene_cell(scene, 1, HS_MAP_GUTTER + 63)->role, HS_ROLE_PAYLOAD);
    hs_scene_free(scene);
    stage_free(s);
}

/* --- The whole screen ------------------------------------------------------------------------ */

static void expect_screen(const hs_session *s, const hs_screen_state *state, int rows, int columns)
{
    hs_screen_places places;
    hs_scene *scene = hs_scene_new(rows, columns, columns & 1);
    hs_screen_compose(s, state, scene, &places);
    assert_in_range(places.prompt_row, 0, rows - 1);
    expect_safe(scene);
    hs_scene_free(scene);
}

static void screens_of_size(stage *s, int rows, int columns)
{
    static const char text[] = "one two \033[2J three \xff four\nfive\n\n";
    hs_screen_state state = {.caption = text, .message = text, .keys = text, .follow = true};
    expect_screen(s->session, &state, rows, columns);
    state.resized = state.large = state.question = true;
    expect_screen(s->session, &state, rows, columns);
    state = (hs_screen_state){.keys = "", .cursor = HS_BASE, .top = UINT64_MAX, .error = true};
    expect_screen(s->session, &state, rows, columns);
    state.overlay = (hs_overlay){.open = true, .title = text, .text = text, .skip = 1};
    expect_screen(s->session, &state, rows, columns);
    state.overlay = (hs_overlay){.open = true, .title = "Blocks", .picture = &hs_picture_blocks};
    expect_screen(s->session, &state, rows, columns);
    state.overlay.picture = &hs_picture_stats;
    state.overlay.skip = 1000;
    expect_screen(s->session, &state, rows, columns);
    state.overlay = (hs_overlay){.open = true,
                                 .title = "Bytes",
                                 .picture = &hs_picture_bytes,
                                 .of = {.at = HS_BASE, .length = 64}};
    expect_screen(s->session, &state, rows, columns);
    state.overlay.picture = &hs_picture_inspect;
    expect_screen(s->session, &state, rows, columns);
}

static void a_screen_of_any_size_can_be_composed(void **state)
{
    (void)state;
    for_every_heap_and_size(screens_of_size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_text_reaches_a_scene_raw),
        cmocka_unit_test(signs_stand_for_what_cannot_be_shown),
        cmocka_unit_test(wide_characters_are_not_cut_in_half),
        cmocka_unit_test(wrapped_text_breaks_between_words_and_says_what_it_cuts),
        cmocka_unit_test(counting_rows_gives_what_painting_takes),
        cmocka_unit_test(parts_of_panes_lie_within_them),
        cmocka_unit_test(a_map_of_any_size_stays_within_its_pane_and_heap),
        cmocka_unit_test(a_cells_address_is_where_it_was_painted),
        cmocka_unit_test(nothing_lies_under_what_is_no_cell),
        cmocka_unit_test(from_afar_cells_are_wide_and_rows_are_high),
        cmocka_unit_test(a_cell_with_a_little_damage_is_damaged),
        cmocka_unit_test(a_screen_of_any_size_can_be_composed),
    };
    if (!setlocale(LC_ALL, "C.UTF-8")) return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

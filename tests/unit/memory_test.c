/* SPDX-License-Identifier: MIT */
/* Memory that runs out: the k-th call for it fails, and all behind it, k = 1, 2, ... until none
 * does. Each time every public function answers; nothing ends, nothing crashes, and what is left
 * can be freed. The calls are wrapped when this program is linked, those of libraries are not. */
#include "check.h"

#include "base/memory.h"
#include "language/interpreter.h"
#include "view/pictures.h"

#include <heapscope/ledger.h>
#include <heapscope/reading.h>
#include <heapscope/search.h>
#include <heapscope/shape.h>
#include <heapscope/trace_file.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* --- The calls ------------------------------------------------------------------------------ */

static uint64_t calls, most = UINT64_MAX; /* so many calls are served */

static bool is_out(void)
{
    bool out = ++calls > most;
    if (out) errno = ENOMEM;
    return out;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_reallocarray(void *memory, size_t count, size_t size);
void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
FILE *__real_open_memstream(char **text, size_t *size);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
FILE *__wrap_open_memstream(char **text, size_t *size);

void *__wrap_malloc(size_t size)
{
    return is_out() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_out() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return is_out() ? NULL : __real_realloc(memory, size);
}

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
    return is_out() ? NULL : __real_reallocarray(memory, count, size);
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    return is_out() ? MAP_FAILED : __real_mmap(at, size, protection, flags, fd, offset);
}

FILE *__wrap_open_memstream(char **text, size_t *size)
{
    return is_out() ? NULL : __real_open_memstream(text, size);
}

/* --- A trace is played, and looked at ------------------------------------------------------- */

static const hs_heap_config heap = {256, 1 << 20};

static hs_trace *some_trace(void)
{
    hs_trace *t = hs_trace_new();
    for (uint32_t i = 0; t && i < 200; i++) {
        hs_trace_op op = {.kind = i % 3 == 2 ? HS_FREE : HS_MALLOC,
                          .id = i % 3 == 2 ? i - 1 : i,
                          .size = i % 3 == 2 ? 0 : 8 + i};
        if (hs_trace_add(t, op)) continue;
        hs_trace_free(t);
        return NULL;
    }
    return t;
}

/* True: all of it went well. */
static bool look_at_all(hs_session *s)
{
    hs_problem problem = {.what = ""};
    hs_seen seen;
    bool good = hs_session_survey(s, UINT64_MAX, &problem);
    for (uint64_t i = 0; i <= 200 && good; i += 40)
        good = hs_session_go(s, (hs_moment){0, i}, &problem);
    if (!good) assert_string_equal(problem.what, "out of memory");
    hs_ledger_take(s);
    hs_session_leaks(s, NULL, 0);
    good = hs_session_walk_nth(s, 0, HS_ALL_KINDS, &seen) && good;
    hs_shape_picture *p = hs_shape_look(s, (hs_shape_window){0}, 16, 64);
    hs_shape_picture_free(p);
    char *line = hs_session_record_text(s, 3);
    free(line);
    hs_finder *f = hs_finder_new(s, &(hs_search){.kind = HS_FIND_GROWTH}, &problem);
    hs_finder_free(f);
    hs_session *then = hs_session_after(s, 100, &problem);
    hs_session_free(then);
    return good && p && line && f && then;
}

static bool play_a_trace(void)
{
    hs_problem problem = {.what = ""};
    hs_trace *t = some_trace();
    if (!t) return false;
    hs_session *s = hs_session_of_trace(t, "tlsf", &heap, &problem);
    if (!s) {
        assert_string_equal(problem.what, "out of memory");
        return false;
    }
    bool good = look_at_all(s);
    hs_session_free(s);
    return good;
}

static bool read_a_trace(void)
{
    static const char text[] = "malloc 24\nmalloc 100\nfree p1\nrealloc p2 300\n";
    hs_trace_report report = {.error = ""};
    hs_trace *t = hs_trace_read_bytes("some.heap", text, sizeof text - 1,
                                      &(hs_trace_reading){.format = "heap"}, &report);
    if (!t) assert_non_null(strstr(report.error, "out of memory"));
    hs_trace_free(t);
    hs_trace_report_free(&report);
    return t;
}

/* --- Commands are typed, and every picture is drawn ----------------------------------------- */

static void say(void *context, hs_voice voice, const char *text)
{
    (void)context, (void)voice, (void)text;
}

static void draw(const hs_picture *picture, const hs_subject *of)
{
    if (picture->text) {
        free(picture->text(of));
        return;
    }
    hs_scene *scene = hs_scene_new(24, 80, false);
    picture->paint(of, hs_pane_of(scene), picture->rows(of, 80) / 4);
    hs_scene_free(scene);
}

static void show(void *context, const hs_picture *picture, const hs_subject *of)
{
    (void)context;
    draw(picture, of);
}

static void performed(void *context, const char *summary)
{
    (void)context, (void)summary;
}

static const char commands[] =
    "malloc 24; calloc 3 8; realloc p1 64; free p2; a = malloc 100; write a 'x'*100; read a\n"
    "aligned_alloc 64 100; malloc 2k; free a; undo; redo; back 3; forward 1; goto 4; branches\n"
    "b = malloc 8; leaks; check; why; stats; plot; shape; history; diff; find growth\n"
    "set fit best; allocator tlsf replay; split first-fit buddy; malloc 40; split off\n"
    "repeat 20 { malloc 16 }; random 30; expect blocks > 1; note \"so\"; segments; address-space\n";

/* A front end: it lands outside of all. */
static bool type_commands(void)
{
    hs_problem problem;
    hs_session *volatile s = hs_session_new("implicit", &heap, &problem);
    HS_ENTER(hs_session_free(s), false);
    if (!s) return false;
    hs_listener listener = {.say = say, .show = show, .performed = performed};
    hs_interpreter *in = hs_interpreter_new(s, &listener);
    hs_interpreter_come_by(in, HS_WAY_TYPED);
    for (const char *line = commands, *end; (end = strchr(line, '\n')); line = end + 1)
        hs_interpreter_run(in, NULL, 1, line, (size_t)(end - line));
    hs_interpreter_free(in);
    hs_session_free(s);
    return true;
}

static bool draw_every_picture(void)
{
    hs_problem problem;
    hs_session *volatile s = hs_session_new("segregated", &heap, &problem);
    HS_ENTER(hs_session_free(s), false);
    if (!s) return false;
    hs_listener listener = {.say = say, .show = show, .performed = performed};
    hs_interpreter *in = hs_interpreter_new(s, &listener);
    const char some[] = "malloc 24; malloc 99; free p1; exec; random 20";
    hs_interpreter_run(in, NULL, 1, some, sizeof some - 1);
    hs_subject of = hs_interpreter_subject(in);
    const hs_picture *p;
    for (size_t i = 0; (p = hs_picture_at(i)); i++) {
        of.at = hs_heap_base(hs_session_heap(s));
        of.length = 8;
        of.command = 1;
        draw(p, &of);
    }
    hs_interpreter_free(in);
    hs_session_free(s);
    return true;
}

/* --- One call less each time ---------------------------------------------------------------- */

static void fail_each_call_of(bool (*program)(void))
{
    uint64_t k = 0, step = 1;
    bool good = false;
    while (!good) {
        calls = 0;
        most = k;
        good = program();
        bool was_out = calls > most;
        most = UINT64_MAX;
        assert_true(good != was_out || was_out);
        if (!good) assert_true(was_out);
        if (good && was_out) good = false; /* what ran out was no loss */
        k += step;
        if (k > 4000) step = 37;
    }
    assert_true(k > 3);
}

static void a_trace_is_played_or_an_error_comes(void **state)
{
    (void)state;
    fail_each_call_of(play_a_trace);
}

static void a_trace_is_read_or_an_error_comes(void **state)
{
    (void)state;
    fail_each_call_of(read_a_trace);
}

static void commands_are_typed_or_an_error_comes(void **state)
{
    (void)state;
    fail_each_call_of(type_commands);
}

static void pictures_are_drawn_or_an_error_comes(void **state)
{
    (void)state;
    fail_each_call_of(draw_every_picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_is_played_or_an_error_comes),
        cmocka_unit_test(a_trace_is_read_or_an_error_comes),
        cmocka_unit_test(commands_are_typed_or_an_error_comes),
        cmocka_unit_test(pictures_are_drawn_or_an_error_comes),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}

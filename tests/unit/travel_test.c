/* SPDX-License-Identifier: MIT */
/* Time travel: every moment of a session can be gone to, and is what it was. */
#include "check.h"
#include "random.h"
#include "stage.h"

#include "model/session/checkpoints.h"
#include "model/session/session.h"
#include "view/difference.h"
#include "view/explanation.h"

#include <heapscope/ledger.h>
#include <heapscope/reading.h>
#include <heapscope/search.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static hs_moment moment(const stage *s)
{
    return hs_session_moment(s->session);
}

/* Both sessions show the same: bytes, blocks, names, figures, the last request's events. */
static void expect_same(const hs_session *a, const hs_session *b)
{
    hs_ledger la = hs_ledger_take(a), lb = hs_ledger_take(b);
    const hs_measure *m;
    size_t na, nb;
    expect_same_heap(a, b);
    for (size_t i = 0; (m = hs_measure_at(i)); i++)
        if (m->value(a, &la) != m->value(b, &lb)) fail_msg("%s differs", m->name);
    for (uint32_t i = 0; i < hs_session_variable_count(a); i++) {
        const hs_variable *v = hs_session_variable(a, i);
        uint32_t j = v->assigned ? hs_session_find_variable(b, v->name, strlen(v->name)) : HS_NONE;
        if (!v->assigned) continue;
        assert_int_not_equal(j, HS_NONE);
        assert_int_equal(v->value, hs_session_variable(b, j)->value);
    }
    const hs_event *ea = hs_events(hs_session_heap(a), &na),
                   *eb = hs_events(hs_session_heap(b), &nb);
    assert_int_equal(na, nb);
    for (size_t i = 0; i < na; i++) {
        assert_int_equal(ea[i].kind, eb[i].kind);
        assert_int_equal(ea[i].at, eb[i].at);
        assert_int_equal(ea[i].a, eb[i].a);
    }
    assert_string_equal(hs_session_allocator_name(a), hs_session_allocator_name(b));
}

/* One line of a random lecture. */
static void random_line(uint64_t *random, char *line, size_t size)
{
    static const char *const rare[] = {"set fit best",
                                       "set fit first",
                                       "note so it goes",
                                       "allocator explicit replay",
                                       "allocator tlsf",
                                       "heap 512",
                                       "reset",
                                       "set growth exact",
                                       "allocator bump",
                                       "allocator ostep replay",
                                       "ops +8,+9,-0,+3",
                                       "allocator implicit",
                                       "allocator buddy replay",
                                       "x = p1",
                                       "set footer on replay",
                                       "allocator segregated replay",
                                       "set zoom 64"};
    uint64_t dice = random_below(random, 100), n = random_below(random, 200);
    unsigned p = 1 + (unsigned)random_below(random, 12);
    if (dice < 45)
        snprintf(line, size, "malloc %u", (unsigned)n);
    else if (dice < 70)
        snprintf(line, size, "free p%u", p);
    else if (dice < 82)
        snprintf(line, size, "realloc p%u %u", p, 1 + (unsigned)n);
    else if (dice < 88)
        snprintf(line, size, "write p%u 'A'*%u", p, 1 + (unsigned)n % 40);
    else if (dice < 92)
        snprintf(line, size, "q%u = calloc 2 %u", p, (unsigned)n);
    else
        snprintf(line, size, "%s", rare[random_below(random, sizeof rare / sizeof *rare)]);
}

/* Random lines, mistakes among them, with jumps to any moment in between; each moment's way from
 * the beginning is then played in a session of its own. */
static void any_moment_is_what_it_was(void **state)
{
    enum { LINES = 400, JUMPS = 60 };
    stage *s = *state;
    uint64_t random = 5;
    hs_problem problem;
    for (int i = 0; i < LINES; i++) {
        char line[64];
        random_line(&random, line, sizeof line);
        stage_run(s, line);
        if (i % 7 == 0) hs_checkpoints_make(s->session);
        if (random_below(&random, 12)) continue;
        uint32_t branch = (uint32_t)random_below(&random, hs_session_branches(s->session));
        uint64_t end = hs_session_branch_count(s->session, branch);
        hs_moment m = {branch, random_below(&random, end + 1)};
        assert_true(hs_session_go(s->session, m, &problem));
    }
    assert_true(hs_session_branches(s->session) > 5);
    for (int i = 0; i < JUMPS; i++) {
        uint32_t branch = (uint32_t)random_below(&random, hs_session_branches(s->session));
        uint64_t end = hs_session_branch_count(s->session, branch);
        hs_moment m = {branch, random_below(&random, end + 1)};
        assert_true(hs_session_go(s->session, m, &problem));
        stage *fresh = stage_new("implicit", 256, 65536);
        for (uint64_t j = 0; j < m.count; j++) {
            char *line = hs_session_record_text(s->session, j);
            stage_run(fresh, line);
            free(line);
        }
        assert_int_equal(moment(fresh).count, m.count);
        expect_same(s->session, fresh->session);
        stage_free(fresh);
    }
}

/* What was written of a session so far. */
static void write_on(const stage *s, hs_written *w, char **text)
{
    char *more = NULL, *both;
    size_t size;
    FILE *out = open_memstream(&more, &size);
    assert_non_null(out);
    hs_session_write_on(s->session, w, out);
    fclose(out);
    assert_true(asprintf(&both, "%s%s", *text ? *text : "", more) >= 0);
    free(more);
    free(*text);
    *text = both;
}

/* Both sessions have the same branches, and stand at the same moment. */
static void expect_same_branches(const stage *a, const stage *b)
{
    uint32_t n = hs_session_branches(a->session);
    assert_int_equal(hs_session_branches(b->session), n);
    for (uint32_t i = 0; i < n; i++) {
        hs_moment fa = hs_session_branch_fork(a->session, i),
                  fb = hs_session_branch_fork(b->session, i);
        assert_int_equal(fa.branch, fb.branch);
        assert_int_equal(fa.count, fb.count);
        assert_int_equal(hs_session_branch_count(a->session, i),
                         hs_session_branch_count(b->session, i));
    }
    assert_int_equal(moment(a).branch, moment(b).branch);
    assert_int_equal(moment(a).count, moment(b).count);
}

/* Random lines with jumps, written down now and then: after one line, after many, after jumps. */
static void a_session_written_bit_by_bit_comes_back_with_its_branches(void **state)
{
    enum { LINES = 300 };
    stage *s = *state, *back = stage_new("implicit", 256, 65536);
    uint64_t random = 11;
    hs_written w = {0};
    hs_problem problem;
    char line[64], *text = NULL;
    for (int i = 0; i < LINES; i++) {
        random_line(&random, line, sizeof line);
        stage_run(s, line);
        if (random_below(&random, 4) == 0) write_on(s, &w, &text);
        if (random_below(&random, 8)) continue;
        uint32_t branch = (uint32_t)random_below(&random, hs_session_branches(s->session));
        uint64_t end = hs_session_branch_count(s->session, branch);
        hs_moment m = {branch, random_below(&random, end + 1)};
        assert_true(hs_session_go(s->session, m, &problem));
        if (random_below(&random, 2)) write_on(s, &w, &text);
    }
    write_on(s, &w, &text);
    assert_true(hs_session_branches(s->session) > 5);
    stage_does(back, text);
    expect_same_branches(s, back);
    expect_same(s->session, back->session);
    stage_does(s, "malloc 5");
    stage_does(back, "malloc 5"); /* names go on as they would have */
    expect_same(s->session, back->session);
    hs_written_free(&w);
    free(text);
    stage_free(back);
}

static void undo_and_redo_go_one_command(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; malloc 8; free p1; undo; expect blocks == 2 and p1 == 0x107000008");
    stage_does(s,
               "undo 2; expect blocks == 0; redo; expect blocks == 1; redo 2; expect blocks == 1");
    stage_refuses(s, "redo", "this is the last command");
    stage_refuses(s, "undo 4", "there are only 3 commands before this");
    stage_does(s, "goto 0");
    stage_refuses(s, "back", "this is the beginning");
    stage_refuses(s, "goto 4", "this branch has 3 commands");
}

static void undo_covers_writes_damage_settings_and_resets(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 8; malloc 8; write p1 'x'*24");
    stage_refuses(s, "check", "broken");
    stage_does(s, "undo; check; set fit best; undo; expect examined == 2");
    stage_does(s, "reset; undo; expect blocks == 2 and size(p2) == 8");
    stage_does(s, "allocator bump replay; undo; expect block(p1) == 16");
}

static void another_command_begins_a_branch_and_nothing_is_lost(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; malloc 40; back; malloc 8; expect block(p2) == 16; branches");
    assert_string_equal(s->said,
                        "  main   2 commands\n* b1     2 commands, left main after command 1");
    stage_does(s, "branch main; expect block(p2) == 48; branch b1; expect block(p2) == 16");
    stage_refuses(s, "branch b7", "there is no branch of that name");
}

/* A name that holds NULL is one, too. */
static void names_are_counted_as_they_were(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 8; malloc 1000000; free p1; undo; malloc 16");
    assert_int_equal(stage_value(s, "size(p3)"), 16);
    stage_does(s, "goto 2; malloc 24");
    assert_int_equal(stage_value(s, "size(p3)"), 24);
}

static void a_difference_names_blocks_and_points_out_bytes(void **state)
{
    stage *s = *state;
    stage_does(s,
               "malloc 24; malloc 40; malloc 8; free p2; realloc p1 30; write p3 'x'; malloc 500");
    char *text = hs_difference(s->session, 2);
    assert_string_equal(text,
                        "since command 2: 775 bytes differ; new: 2 blocks (p3 p4), 508 bytes; "
                        "gone: 1 block (p2), 40 bytes; resized: 1 block (p1), 30 bytes; the "
                        "heap had 256 bytes, and has 1024");
    free(text);
    assert_true(hs_session_changed(s->session, HS_BASE + 80 + 8));
    assert_false(hs_session_changed(s->session, HS_BASE + 8));
    text = hs_difference(s->session, 7);
    assert_string_equal(text, "since command 7: 0 bytes differ");
    free(text);
    stage_refuses(s, "diff 8", "there were 7 commands");
}

/* A model's heap begins elsewhere than that of programs, either way round. */
static void heaps_that_begin_elsewhere_differ_whole(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; allocator ostep; malloc 8; allocator tlsf");
    char *text = hs_difference(s->session, 3);
    assert_string_equal(text, "since command 3: 256 bytes differ; the heap began at 0x3e8, and "
                              "begins at 0x107000000; gone: 1 block (p1), 8 bytes");
    free(text);
    stage_does(s, "goto 3");
    text = hs_difference(s->session, 1);
    assert_string_equal(text, "since command 1: 256 bytes differ; the heap began at 0x107000000, "
                              "and begins at 0x3e8; new: 1 block (p1), 8 bytes; gone: 1 block "
                              "(p1), 24 bytes");
    free(text);
    assert_true(hs_session_changed(s->session, 1000));
}

/* Blocks of one session that the other one does not have, or not so large. */
static uint64_t only_in(const hs_session *a, const hs_session *b, bool resized)
{
    uint64_t n = 0;
    const hs_client_block *x = hs_session_block_from(a, 0);
    for (; x; x = hs_session_block_from(a, x->addr + 1)) {
        const hs_client_block *y = hs_session_block_at(b, x->addr);
        bool same = x->live && y && y->live && x->born == y->born;
        n += resized ? same && x->requested != y->requested : x->live && !same;
    }
    return n;
}

static void expect_group(const char *text, const char *what, uint64_t count)
{
    const char *at = strstr(text, what);
    if (count != (at ? strtoull(at + strlen(what), NULL, 10) : 0)) fail_msg("%s", text);
}

/* The heap as it was, made beside this one, says what the quick way told. */
static void expect_difference(stage *s)
{
    hs_problem problem;
    uint64_t n = moment(s).count - 1, bytes = 0;
    char *text = hs_difference(s->session, n), wanted[64];
    hs_session *then = hs_session_after(s->session, n, &problem);
    const hs_heap *a = hs_session_heap(s->session), *b = hs_session_heap(then);
    for (hs_addr at = hs_heap_base(a); at < hs_heap_end(a); at++) {
        bool same = at < hs_heap_end(b) && *hs_heap_bytes(a, at, 1) == *hs_heap_bytes(b, at, 1);
        bytes += !same;
        assert_int_equal(hs_session_changed(s->session, at), !same);
    }
    snprintf(wanted, sizeof wanted, "since command %d: %d byte%s", (int)n, (int)bytes,
             bytes == 1 ? " differs" : "s differ");
    assert_memory_equal(text, wanted, strlen(wanted));
    expect_group(text, "; new: ", only_in(s->session, then, false));
    expect_group(text, "; gone: ", only_in(then, s->session, false));
    expect_group(text, "; resized: ", only_in(s->session, then, true));
    assert_int_equal(strstr(text, "; the heap had ") != NULL, hs_heap_end(a) != hs_heap_end(b));
    hs_session_free(then);
    free(text);
}

static void the_last_command_differs_as_the_heap_before_it_says(void **state)
{
    const hs_allocator *a;
    (void)state;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++) {
        stage *s = stage_new(a->name, 256, 65536);
        uint64_t random = i + 1;
        for (int k = 0; k < 200; k++) {
            char line[64];
            uint64_t before = moment(s).count;
            random_line(&random, line, sizeof line);
            if (strncmp(line, "allocator", 9) == 0 || strncmp(line, "ops", 3) == 0) continue;
            stage_run(s, line);
            if (moment(s).count > before) expect_difference(s);
        }
        stage_free(s);
    }
}

static bool count_reports(void *of, const char *doing, uint64_t done, uint64_t total)
{
    (void)done, (void)total;
    *(int *)of += doing != NULL;
    return true;
}

static void a_difference_to_the_command_before_makes_no_other_heap(void **state)
{
    static const char *const lines[] = {"malloc 24", "free p7", "realloc p9 900", "x = p1",
                                        "calloc 9 9"};
    stage *s = *state;
    stage_does(s, "allocator tlsf; repeat 1000 { malloc 24 }");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        int reports = 0;
        stage_does(s, lines[i]);
        hs_session_tell(s->session, count_reports, &reports);
        free(hs_difference(s->session, moment(s).count - 1));
        hs_session_tell(s->session, NULL, NULL);
        assert_int_equal(reports, 0);
    }
}

static bool stop_comparing(void *of, const char *doing, uint64_t done, uint64_t total)
{
    (void)of, (void)done, (void)total;
    return !doing || strcmp(doing, "comparing") != 0;
}

static void a_difference_can_be_stopped(void **state)
{
    stage *s = *state;
    stage_does(s, "allocator tlsf; repeat 1000 { malloc 24 }; free p1");
    hs_session_tell(s->session, stop_comparing, NULL);
    char *text = hs_difference(s->session, 20);
    hs_session_tell(s->session, NULL, NULL);
    assert_string_equal(text, "stopped: everything is as it was before");
    free(text);
    assert_int_equal(moment(s).count, 1002);
}

static void going_back_is_quick_and_checkpoints_are_bounded(void **state)
{
    stage *s = *state;
    size_t checkpoints;
    stage_does(s, "allocator tlsf; random 60000 seed 1; goto 30000");
    assert_true(hs_session_history_bytes(s->session, &checkpoints) < 60000 * 8);
    assert_true(checkpoints < (size_t)300 << 20);
    uint64_t live = stage_value(s, "live");
    stage_does(s, "goto 60001; goto 10; goto 30000");
    assert_int_equal(stage_value(s, "live"), live);
}

/* Of a history whose checkpoints take too much memory, most of them go, wherever one goes then. */
static void checkpoints_are_thinned_out_when_they_take_too_much(void **state)
{
    stage *s = *state;
    size_t all, bounded;
    stage_does(s, "allocator quick; random 60000 seed 1");
    uint64_t live = stage_value(s, "live");
    hs_session_history_bytes(s->session, &all);
    stage *other = stage_new("implicit", 256, 65536);
    hs_checkpoints_bound(other->session->checkpoints, all / 8);
    stage_does(other, "allocator quick; random 60000 seed 1");
    hs_session_history_bytes(other->session, &bounded);
    if (bounded > all / 2) fail_msg("%zu bytes, and %zu without a bound", bounded, all);
    stage_does(other, "goto 10; goto 50000; goto 60001");
    assert_int_equal(stage_value(other, "live"), live);
    expect_same_heap(s->session, other->session);
    stage_free(other);
}

/* A heap of another alignment is another heap, though every byte of it can be written back. */
static void an_option_that_needs_a_fresh_heap_is_gone_back_behind(void **state)
{
    stage *s = *state;
    stage_does(s, "allocator explicit; repeat 9000 { y = 1 }; p = malloc 24; q = malloc 24");
    stage_does(s, "repeat 9000 { y = 1 }; set align 16; undo; free p; x = malloc 24; free q");
    stage *same = stage_new("implicit", 256, 65536);
    stage_does(same, "allocator explicit; p = malloc 24; q = malloc 24; free p; x = malloc 24");
    stage_does(same, "free q");
    expect_same_heap(s->session, same->session);
    assert_ptr_equal(hs_heap_allocator(hs_session_heap(s->session)),
                     hs_heap_allocator(hs_session_heap(same->session)));
    stage_free(same);
}

/* Work that a line does, in the units of the session. */
static uint64_t work_of(stage *s, const char *line)
{
    uint64_t before = s->session->work;
    stage_does(s, line);
    return s->session->work - before;
}

/* Whatever the commands are: of a long history only what is behind the last checkpoint is done
 * again. */
static void going_back_does_little_again_whatever_was_done(void **state)
{
    enum { MOST = 15000 };
    static const char *const lines[] = {
        "repeat 40000 { x = p1 }",
        "repeat 40000 { note so it goes }",
        "repeat 40000 { touch p1 }",
        "repeat 20000 { set zoom 64; set zoom 128 }",
        "repeat 40000 { run main }",
        "repeat 20000 { set fit best; x = p2 }",
        "repeat 20000 { q = malloc 8; free q }",
        "repeat 20000 { x = p1; write p2 'A' }",
    };
    stage *s = *state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        stage_does(s, "reset; malloc 24; malloc 100");
        uint64_t before = moment(s).count, work = work_of(s, lines[i]), end = moment(s).count;
        if (work < end - before) fail_msg("%s: not all of it is work", lines[i]);
        if (work_of(s, "undo") > MOST) fail_msg("undo behind %s", lines[i]);
        if (work_of(s, "redo") > MOST) fail_msg("redo behind %s", lines[i]);
        if (work_of(s, "undo 17000") > MOST) fail_msg("undo 17000 behind %s", lines[i]);
        assert_int_equal(moment(s).count, end - 17000);
    }
}

/* What is shown of a moment are the events of the last request, however long ago that was. */
static void the_last_request_is_shown_behind_what_leaves_the_heap_alone(void **state)
{
    stage *s = *state;
    size_t count, behind;
    stage_does(s, "malloc 24; malloc 100; free p1");
    const hs_event *events = hs_events(hs_session_heap(s->session), &count);
    hs_event last = events[count - 1];
    stage_does(s, "repeat 20000 { x = p2; note so }; set fit best; y = x");
    hs_checkpoints_make(s->session);
    stage_does(s, "z = p2; goto 2; goto 40005");
    events = hs_events(hs_session_heap(s->session), &behind);
    assert_int_equal(behind, count);
    assert_int_equal(events[count - 1].kind, last.kind);
    assert_int_equal(events[count - 1].at, last.at);
    assert_int_equal(hs_session_last(s->session)->number, 3);
    assert_int_equal(stage_value(s, "y"), stage_value(s, "p2"));
    assert_int_equal(hs_session_find_variable(s->session, "z", 1), HS_NONE);
    stage_does(s, "redo; malloc 8");
    assert_int_equal(stage_value(s, "z"), stage_value(s, "p2"));
}

static void an_earlier_session_is_one_of_its_own(void **state)
{
    stage *s = *state;
    hs_problem problem;
    stage_does(s, "allocator tlsf; random 30000 seed 3");
    hs_session *then = hs_session_after(s->session, 20000, &problem);
    assert_non_null(then);
    assert_int_equal(hs_session_op_count(then), 20000);
    assert_int_equal(hs_session_find_variable(then, "p5", 2),
                     hs_session_find_variable(s->session, "p5", 2));
    assert_string_equal(hs_session_variable(then, 7)->name,
                        hs_session_variable(s->session, 7)->name);
    hs_session_free(then);
    assert_int_not_equal(hs_session_find_variable(s->session, "p5", 2), HS_NONE);
    stage_does(s, "goto 20000; malloc 8");
}

/* --- Searches ------------------------------------------------------------------------------- */

static void expect_found(stage *s, const char *command, uint64_t count)
{
    stage_does(s, command);
    if (moment(s).count != count) fail_msg("%s: at %d", command, (int)moment(s).count);
}

static void expect_calloc_says(const char *before, const char *detour)
{
    stage *direct = stage_new("implicit", 256, 1 << 22),
          *other = stage_new("implicit", 256, 1 << 22);
    stage_does(direct, before);
    stage_does(other, before);
    stage_does(other, detour);
    stage_does(direct, "x = calloc 1 300K");
    stage_does(other, "x = calloc 1 300K");
    char *said = hs_explain(direct->session), *others = hs_explain(other->session);
    assert_non_null(strstr(said, "set to zero"));
    assert_string_equal(others, said);
    free(said);
    free(others);
    stage_free(direct);
    stage_free(other);
}

/* Which zeros were written, and which are the system's, follows from the commands as all else. */
static void calloc_done_again_tells_the_same_zeros(void **state)
{
    (void)state;
    static const char nothing[] = "note nothing",
                      broken[] = "set footer on; a = malloc 64; p = malloc 100K; malloc 8; free a;"
                                 "write p-11 1"; /* into the footer of a: realloc will fault */
    expect_calloc_says(nothing, "p = malloc 300K; write p 'x'*300K; undo; undo");
    expect_calloc_says(nothing, "heap 1M; p = malloc 300K; write p 'x'*300K; undo; undo; undo");
    /* from a checkpoint of a heap as long, in which nobody had written to them */
    expect_calloc_says("heap 1M; repeat 9000 { y = 1 }; malloc 8",
                       "p = malloc 300K; write p 'x'*300K; undo; undo");
    /* from a checkpoint that knows them, on another heap */
    expect_calloc_says("p = malloc 300K; write p 0*300K; free p; repeat 9000 { y = 1 }; malloc 8",
                       "allocator bump; undo");
    /* what a request wrote that ran into broken bytes */
    expect_calloc_says(broken, "expect error { realloc p 300K }");
}

static void requests_are_found_by_what_they_ask_for(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; malloc 4000; realloc p1 64; calloc 3 2000; free p2; note x; free p1");
    stage_does(s, "goto 0");
    expect_found(s, "find size>4096", 4); /* 3 * 2000 */
    expect_found(s, "find back size >= 4k-96", 2);
    expect_found(s, "find op=free", 5);
    expect_found(s, "find p1", 7);
    expect_found(s, "find back p1", 3);
    expect_found(s, "find back size=24", 1);
    expect_found(s, "find size != 4000", 3);
    stage_refuses(s, "find op=aligned_alloc", "no such request behind this one");
    stage_refuses(s, "find back op=free", "no such request before this one");
    stage_refuses(s, "find op=alloc", "this is no request");
    stage_refuses(s, "find size", "a comparison stands here");
    stage_refuses(s, "find size>4096 moved", "one thing is looked for at a time");
    stage_refuses(s, "find nothing", "this is nothing to look for");
    assert_int_equal(moment(s).count, 3);
}

static void requests_are_found_by_what_came_of_them(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; malloc 24; realloc p1 100; realloc p1 110; malloc 500; malloc 90000");
    stage_does(s, "free p3; malloc 8; goto 0");
    expect_found(s, "find moved", 3);
    stage_refuses(s, "find moved", "no realloc that moved its block behind this one");
    expect_found(s, "find growth", 5);
    expect_found(s, "find failed", 6);
    expect_found(s, "find back growth", 5);
    expect_found(s, "find back moved", 3);
    expect_found(s, "find peak", 5);
    expect_found(s, "find fragmentation", 7);
    stage_does(s, "reset");
    stage_refuses(s, "find moved", "behind this one");
}

/* What came of requests is kept with the checkpoints: of a long history one piece between two of
 * them is performed again, whatever is looked for and wherever it is. */
static void a_search_performs_one_piece_again(void **state)
{
    enum { ONCE = 15000 };
    static const struct {
        hs_search search;
        uint64_t found;
    } rows[] = {
        {{.kind = HS_FIND_PEAK}, 40007},
        {{.kind = HS_FIND_WASTE}, 40009},
        {{.kind = HS_FIND_FAILED}, 40008},
        {{.kind = HS_FIND_GROWTH, .back = true}, 40007},
        {{.kind = HS_FIND_MOVED, .back = true}, 40005},
        {{.kind = HS_FIND_FAILED, .back = true}, 40008},
    };
    stage *s = *state;
    hs_problem problem;
    stage_does(s, "heap 4096 max 1M; malloc 24; malloc 24; repeat 20000 { q = malloc 8; free q };"
                  "malloc 100; realloc p1 50000; free p1; x = malloc 200000; malloc 2M; free x;"
                  "repeat 20000 { q = malloc 8; free q }");
    uint64_t end = moment(s).count;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t at = rows[i].search.back ? end : 30000;
        assert_true(hs_session_go(s->session, (hs_moment){0, at}, &problem));
        hs_finder *f = hs_finder_new(s->session, &rows[i].search, &problem);
        assert_non_null(f);
        bool over = hs_finder_go_on(f, ONCE) || hs_finder_go_on(f, ONCE);
        if (!over || hs_finder_found(f) != rows[i].found)
            fail_msg("search %d: over %d, found %d", (int)i, over, (int)hs_finder_found(f));
        hs_finder_free(f);
    }
}

/* Also where each is looked at while it is performed, for it might do damage. */
static void searches_see_requests_that_are_looked_at(void **state)
{
    stage *s = *state;
    stage_does(s, "set misuse allow; malloc 24; malloc 100; malloc 20000; goto 0");
    expect_found(s, "find growth", 4);
    stage_does(s, "goto 0");
    expect_found(s, "find peak", 4);
}

static void a_block_has_a_life(void **state)
{
    stage *s = *state;
    stage_does(s, "malloc 24; malloc 24; realloc p1 100; q = malloc 8; realloc p1 110; free p1");
    stage_does(s, "malloc 9; goto 4"); /* the next name is p3 */
    hs_addr at = stage_value(s, "p1");
    hs_life life = hs_session_life(s->session, hs_session_block_from(s->session, at));
    assert_int_equal(life.born, 1);
    assert_int_equal(life.count, 2);
    assert_int_equal(life.numbers[0], 3);
    assert_int_equal(life.sizes[1], 110);
    assert_int_equal(life.freed, 6);
    assert_false(life.cut);
    at = stage_value(s, "p2");
    life = hs_session_life(s->session, hs_session_block_from(s->session, at));
    assert_int_equal(life.born, 2);
    assert_int_equal(life.count, 0);
    assert_int_equal(life.freed, 0);
}

/* --- Traces --------------------------------------------------------------------------------- */

enum { IDS = 60 };

/* Requests by chance, all kinds of them; ids are used again and again. */
static hs_trace *random_trace(uint64_t random, int requests)
{
    hs_trace *t = hs_trace_new();
    bool live[IDS] = {false};
    for (int i = 0; i < requests; i++) {
        uint32_t id = (uint32_t)random_below(&random, IDS);
        hs_trace_op op = {.id = id, .size = random_below(&random, 200), .kind = HS_REALLOC};
        uint64_t dice = random_below(&random, 10);
        if (dice > 7)
            live[id] = !live[id] || op.size;
        else if ((live[id] = !live[id]))
            op.kind = dice == 1 ? HS_CALLOC : dice == 2 ? HS_ALIGNED_ALLOC : HS_MALLOC;
        else
            op.kind = HS_FREE;
        if (op.kind == HS_CALLOC) op.other = 3;
        if (op.kind == HS_ALIGNED_ALLOC) op.other = random_below(&random, 9) & 7;
        if (op.kind == HS_FREE) op.size = 0;
        hs_trace_add(t, op);
        if (i % 500 == 0) hs_trace_add(t, (hs_trace_op){.id = HS_TRACE_NULL, .kind = HS_FREE});
    }
    return t;
}

static void go(hs_session *s, hs_moment m)
{
    hs_problem problem;
    assert_true(hs_session_go(s, m, &problem));
}

static void expect_same_samples(const hs_session *a, const hs_session *b)
{
    size_t na, nb;
    const hs_sample *sa = hs_session_samples(a, &na), *sb = hs_session_samples(b, &nb);
    assert_int_equal(na, nb);
    assert_memory_equal(sa, sb, na * sizeof *sa);
}

/* The requests of a trace, gone through without being looked at, lead to what typing them does. */
static void a_trace_is_gone_through_as_if_it_were_typed(void **state)
{
    static const char *const allocators[] = {"bump",       "best-fit", "explicit", "buddy",
                                             "segregated", "slab",     "tree",     "tlsf"};
    (void)state;
    for (size_t i = 0; i < sizeof allocators / sizeof *allocators; i++) {
        hs_problem problem;
        uint64_t random = i;
        hs_heap_config heap = {256, 1 << 20};
        hs_session *s = hs_session_of_trace(random_trace(i, i < 6 ? 3000 : 20000), allocators[i],
                                            &heap, &problem);
        stage *typed = stage_new(allocators[i], 256, 1 << 20);
        assert_non_null(s);
        uint64_t n = hs_session_traced(s);
        assert_int_equal(hs_session_branch_count(s, 0), n);
        assert_int_equal(hs_session_moment(s).count, 0);
        if (i % 2) /* half of them ahead of going there */
            while (hs_session_surveyed(s) < n) assert_true(hs_session_survey(s, 700, &problem));
        go(s, (hs_moment){0, n});
        for (uint64_t k = 0; k < n; k++) {
            char *line = hs_session_record_text(s, k);
            stage_does(typed, line);
            free(line);
        }
        for (int k = 0; k < 12; k++) {
            hs_moment m = {0, k ? random_below(&random, n + 1) : n};
            go(s, m);
            go(typed->session, m);
            expect_same(s, typed->session);
            expect_same_samples(s, typed->session);
        }
        stage_free(typed);
        hs_session_free(s);
    }
}

static void commands_typed_into_a_trace_begin_a_branch(void **state)
{
    (void)state;
    hs_problem problem;
    hs_heap_config heap = {256, 1 << 20};
    hs_session *s = hs_session_of_trace(random_trace(1, 3000), "tlsf", &heap, &problem);
    hs_op op = {.kind = HS_OP_REQUEST, .request = HS_MALLOC, .a = 99, .p.variable = HS_NONE};
    uint64_t n = hs_session_traced(s);
    go(s, (hs_moment){0, 1000});
    assert_true(hs_session_perform(s, &op, &problem));
    assert_int_equal(hs_session_branches(s), 2);
    assert_int_equal(hs_session_branch_count(s, 1), 1001);
    char *line = hs_session_record_text(s, 1000);
    assert_string_equal(line, "p61 = malloc 99"); /* the name behind those of the trace */
    free(line);
    go(s, (hs_moment){0, n});
    assert_true(hs_session_perform(s, &op, &problem)); /* at its end the branch goes on */
    assert_int_equal(hs_session_branches(s), 2);
    assert_int_equal(hs_session_branch_count(s, 0), n + 1);
    assert_int_equal(hs_session_traced(s), n);
    go(s, (hs_moment){1, 1001});
    assert_int_equal(hs_session_find_variable(s, "p61", 3), hs_session_last(s)->variable);
    hs_session_free(s);
}

static const char stopped_text[] = "stopped: everything is as it was before";

static void stopped(stage *s, const char *line, uint64_t patience)
{
    s->patience = patience;
    stage_refuses(s, line, stopped_text);
    assert_int_equal(s->patience, 0);
}

/* As a session where it was never begun, and as ready to go on. */
static void what_is_stopped_changes_nothing(void **state)
{
    static const char *const lines[] = {
        "allocator segregated replay", "set fit best replay", "heap 4k replay",
        "allocator tlsf replay",       "goto 9000",           "goto 2000"};
    static const uint64_t patiences[] = {1, 7, 100, 250};
    stage *s = *state, *same = stage_new("implicit", 256, 65536);
    const char *begin = "allocator explicit; random 20000 seed 4; allocator first-fit replay; "
                        "allocator explicit replay";
    stage_does(s, begin);
    stage_does(same, begin);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        for (size_t j = 0; j < (i < 4 ? sizeof patiences / sizeof *patiences : 1); j++) {
            stopped(s, lines[i], patiences[j]);
            assert_int_equal(moment(s).branch, 0);
            assert_int_equal(moment(s).count, moment(same).count);
            assert_int_equal(hs_session_branches(s->session), 1);
            assert_int_equal(hs_session_branch_count(s->session, 0), moment(same).count);
            expect_same(s->session, same->session);
            expect_same_samples(s->session, same->session);
        }
    }
    stage_does(s, "undo; redo; random 300");
    stage_does(same, "random 300");
    expect_same(s->session, same->session);
    stage_free(same);
}

/* Each moment behind and before them, from either side, is what it was; it takes no second replay.
 */
static void replays_are_gone_back_to_without_doing_them_again(void **state)
{
    enum { COUNT = 20000, REPLAYS = 3 };
    static const char *const lines[REPLAYS] = {"allocator segregated replay",
                                               "allocator tlsf replay", "allocator tree replay"};
    stage *s = *state;
    stage_does(s, "random 20000 seed 9");
    for (int i = 0; i < REPLAYS; i++) stage_does(s, lines[i]);
    stage_does(s, "random 3");
    for (int i = REPLAYS; i >= 0; i--) {
        stage *same = stage_new("implicit", 256, 65536);
        char line[32];
        stage_does(same, "random 20000 seed 9");
        for (int j = 0; j < i; j++) stage_does(same, lines[j]);
        snprintf(line, sizeof line, "goto %d", COUNT + i);
        s->patience = 200; /* each 64 operations, it is asked */
        stage_does(s, line);
        expect_same(s->session, same->session);
        expect_same_samples(s->session, same->session);
        stage_does(s, "goto 100");
        stage_does(s, line);
        expect_same(s->session, same->session);
        stage_free(same);
    }
}

static void a_script_whose_saving_is_stopped_is_not_written(void **state)
{
    stage *s = *state;
    stage_does(s, "random 5000");
    s->patience = 3;
    stage_refuses(s, "save /tmp/heapscope-stopped", "stopped: nothing was saved");
    assert_int_not_equal(access("/tmp/heapscope-stopped", F_OK), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(any_moment_is_what_it_was),
        cmocka_unit_test(a_trace_is_gone_through_as_if_it_were_typed),
        cmocka_unit_test(commands_typed_into_a_trace_begin_a_branch),
        TEST(a_session_written_bit_by_bit_comes_back_with_its_branches),
        TEST(undo_and_redo_go_one_command),
        cmocka_unit_test(calloc_done_again_tells_the_same_zeros),
        TEST(requests_are_found_by_what_they_ask_for),
        TEST(requests_are_found_by_what_came_of_them),
        TEST(a_search_performs_one_piece_again),
        TEST(searches_see_requests_that_are_looked_at),
        TEST(a_block_has_a_life),
        TEST(undo_covers_writes_damage_settings_and_resets),
        TEST(another_command_begins_a_branch_and_nothing_is_lost),
        TEST(names_are_counted_as_they_were),
        TEST(a_difference_names_blocks_and_points_out_bytes),
        TEST(heaps_that_begin_elsewhere_differ_whole),
        TEST(going_back_does_little_again_whatever_was_done),
        TEST(the_last_request_is_shown_behind_what_leaves_the_heap_alone),
        TEST(an_earlier_session_is_one_of_its_own),
        TEST(what_is_stopped_changes_nothing),
        TEST(replays_are_gone_back_to_without_doing_them_again),
        TEST(a_script_whose_saving_is_stopped_is_not_written),
        cmocka_unit_test(the_last_command_differs_as_the_heap_before_it_says),
        TEST(a_difference_to_the_command_before_makes_no_other_heap),
        TEST(a_difference_can_be_stopped),
        TEST(going_back_is_quick_and_checkpoints_are_bounded),
        TEST(checkpoints_are_thinned_out_when_they_take_too_much),
        TEST(an_option_that_needs_a_fresh_heap_is_gone_back_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

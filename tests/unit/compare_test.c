/* SPDX-License-Identifier: MIT */
/* Comparisons: jobs, their figures, and how they are printed. */
#include "export/comparison.h"
#include "random.h"
#include "traces.h"
#include "view/comparison.h"

#include <locale.h>
#include <math.h>

/* Blocks come and go: half of the ids are live, after a while. */
static hs_trace *churn(uint64_t seed, uint64_t count)
{
    hs_trace *t = hs_trace_new();
    bool held[256] = {false};
    for (uint64_t i = 0; i < count; i++) {
        uint32_t id = (uint32_t)random_below(&seed, 256);
        hs_trace_op op = {.id = id, .kind = held[id] ? HS_FREE : HS_MALLOC};
        if (!held[id]) op.size = 8 + random_below(&seed, 500);
        held[id] = !held[id];
        hs_trace_add(t, op);
    }
    return t;
}

enum { SHORT, LONG, TRACES };

typedef struct {
    hs_named_trace traces[TRACES];
    hs_lane lanes[8];
    char *names;
    hs_comparison *comparison;
} stand;

static const hs_comparison_plan usual = {.heap = {64, 1 << 26},
                                         .growth = HS_GROWTH_EXACT,
                                         .limit = 20,
                                         .runs = 3,
                                         .jobs = 2,
                                         .verify = true};

/* The names of allocators, and behind them one that breaks its promises, if any. */
static stand *stand_of(const hs_comparison_plan *plan, const char *names, const hs_allocator *wrong)
{
    stand *s = test_calloc(1, sizeof *s);
    s->names = strdup(names);
    char *rest = NULL;
    size_t n = 0;
    s->traces[SHORT] = (hs_named_trace){"short, \"hand-made\"", trace_of("a1 24; a2 40; f1; a3 8")};
    s->traces[LONG] = (hs_named_trace){"traces/long.rep", churn(1, 3000)};
    for (char *w = strtok_r(s->names, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
        s->lanes[n++] = lane(w);
    if (wrong) s->lanes[n++] = (hs_lane){.name = "x", .raw = wrong, .counted = wrong};
    s->comparison = hs_comparison_new(plan, s->traces, TRACES, s->lanes, n);
    assert_non_null(s->comparison);
    return s;
}

static void stand_free(stand *s)
{
    hs_comparison_free(s->comparison);
    free(s->names);
    for (int i = 0; i < TRACES; i++) hs_trace_free((hs_trace *)(uintptr_t)s->traces[i].trace);
    test_free(s);
}

static void run(stand *s)
{
    assert_true(hs_comparison_run(s->comparison, NULL, NULL));
}

static double figure(const stand *s, size_t trace, size_t lane, const char *name)
{
    return hs_figure_named(name)->of(hs_comparison_job(s->comparison, trace, lane));
}

static char *printed(const hs_comparison *c, void (*print)(FILE *, const hs_comparison *))
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    print(out, c);
    fclose(out);
    return text;
}

/* --- Jobs ------------------------------------------------------------------------------------- */

static void the_figures_are_as_worked_out_by_hand(void **state)
{
    (void)state;
    stand *s = stand_of(&usual, "implicit bump", NULL);
    run(s);
    assert_true(figure(s, SHORT, 0, "peak_live") == 64);
    assert_true(figure(s, SHORT, 0, "heap_size") == 80);
    assert_true(figure(s, SHORT, 0, "utilization") == 80);
    assert_true(figure(s, SHORT, 0, "utilization_segment") == 80);
    assert_true(figure(s, SHORT, 0, "fragmentation_4") == 25);
    assert_true(figure(s, SHORT, 0, "verified") == 4);
    assert_true(figure(s, SHORT, 1, "utilization") > 88.8);        /* 64 / 72 */
    assert_true(figure(s, SHORT, 1, "utilization_segment") == 88); /* cut */
    assert_true(figure(s, LONG, 1, "examined_total") == 0);
    for (int i = 0; i < 4; i++) {
        const hs_job *job = hs_comparison_job(s->comparison, (size_t)i / 2, (size_t)i % 2);
        assert_string_equal(hs_job_word(job), "done");
        assert_int_equal(job->runs, 3);
        assert_true(hs_job_seconds(job) > 0);
        assert_true(job->seconds[0] <= job->seconds[job->runs - 1]);
    }
    stand_free(s);
}

static void counts_are_the_same_in_every_run_and_with_any_number_of_jobs(void **state)
{
    (void)state;
    hs_comparison_plan alone = usual;
    alone.jobs = 1;
    alone.verify = false;
    stand *a = stand_of(&usual, "best-fit tlsf buddy", NULL);
    stand *b = stand_of(&alone, "best-fit tlsf buddy", NULL);
    run(a);
    run(b);
    for (size_t i = 0; i < 3; i++)
        assert_memory_equal(&hs_comparison_job(a->comparison, LONG, i)->counts,
                            &hs_comparison_job(b->comparison, LONG, i)->counts,
                            sizeof(hs_play_counts));
    stand_free(a);
    stand_free(b);
}

static void a_preset_and_options_name_what_is_played(void **state)
{
    (void)state;
    hs_lane c;
    hs_problem problem;
    stand *s = stand_of(&usual, "best-fit implicit:fit=best implicit:fit=best,footer=on", NULL);
    run(s);
    assert_true(figure(s, LONG, 0, "examined_total") == figure(s, LONG, 1, "examined_total"));
    assert_true(figure(s, LONG, 0, "heap_size") != figure(s, LONG, 2, "heap_size"));
    stand_free(s);
    assert_false(hs_lane_named("bets-fit", &c, &problem));
    assert_string_equal(problem.what, "there is no allocator called bets-fit");
    assert_false(hs_lane_named("implicit:fits=best", &c, &problem));
    assert_string_equal(problem.what, "implicit has no option fits=best");
    assert_false(hs_lane_named("tlsf:coalesce=deferred", &c, &problem));
    assert_string_equal(problem.what, "tlsf has no option coalesce=deferred");
    assert_string_equal(problem.hint, "write quick:behind=tlsf");
    assert_false(hs_lane_named("explicit:hardened=off", &c, &problem));
    assert_string_equal(problem.hint, "off is what it is without");
    assert_false(hs_lane_named("implicit:fit=good", &c, &problem));
    assert_string_equal(problem.what, "implicit: fit can not be good");
    assert_false(hs_lane_named("implicit:fit", &c, &problem));
    assert_false(hs_lane_named("quick:largest=-1", &c, &problem));
    assert_false(hs_lane_named("", &c, &problem));
    assert_false(hs_lane_named(":", &c, &problem));
}

static void expect_remark(breach how, const char *word, const char *remark)
{
    char text[400];
    hs_allocator wrong = broken(how);
    stand *s = stand_of(&usual, "bump", &wrong);
    run(s);
    const hs_job *job = hs_comparison_job(s->comparison, SHORT, 1);
    assert_string_equal(hs_job_word(job), word);
    assert_string_equal(hs_job_remark(s->comparison, job, text, sizeof text), remark);
    assert_false(hs_job_has_figures(job));
    assert_true(hs_job_has_figures(hs_comparison_job(s->comparison, SHORT, 0)));
    assert_true(hs_means_of(s->comparison, 1).wrong);
    assert_false(hs_means_of(s->comparison, 0).wrong);
    stand_free(s);
}

static void an_allocator_that_breaks_a_promise_has_no_figures(void **state)
{
    (void)state;
    expect_remark(OVERLAPPING, "wrong",
                  "request 2: 40 bytes at 0x107000010 overlap p1, 24 bytes at 0x107000000");
}

static void one_that_crashes_takes_nobody_with_it(void **state)
{
    (void)state;
    expect_remark(CRASHING, "crashed", "ended while it was verified, in request 2: Killed");
}

static void a_job_that_lasts_too_long_is_cut_and_says_so(void **state)
{
    (void)state;
    char remark[400];
    hs_comparison_plan hasty = usual;
    hs_allocator wrong = broken(SLOW);
    hasty.limit = 0.001;
    stand *s = stand_of(&hasty, "", &wrong);
    run(s);
    const hs_job *job = hs_comparison_job(s->comparison, LONG, 0);
    assert_string_equal(hs_job_word(job), "cut");
    assert_in_range(job->counts.played, 1, 2999);
    assert_in_range(job->verified, 1, 2999);
    assert_int_equal(job->runs, 1);
    assert_non_null(strstr(hs_job_remark(s->comparison, job, remark, sizeof remark), "the first "));
    assert_non_null(strstr(remark, " of 3000 requests, cut after 0.001 s"));
    assert_true(hs_means_of(s->comparison, 0).cut);
    stand_free(s);
}

static void runs_are_as_many_as_asked_for_and_by_themselves_more_where_they_are_short(void **state)
{
    (void)state;
    hs_comparison_plan once = usual, free = usual;
    once.runs = 1;
    free.runs = 0;
    stand *a = stand_of(&once, "bump", NULL), *b = stand_of(&free, "bump", NULL);
    run(a);
    run(b);
    assert_int_equal(hs_comparison_job(a->comparison, SHORT, 0)->runs, 1);
    assert_in_range(hs_comparison_job(b->comparison, SHORT, 0)->runs, 5, HS_RUNS_MOST);
    stand_free(a);
    stand_free(b);
}

/* Each run prepares 64 MB of heap: far beyond the limit, which is told by no clock but the job's.
 */
static void preparing_the_heap_counts_as_timing_does(void **state)
{
    (void)state;
    static const char *const allocators[] = {"bump", "buddy", "tlsf"};
    hs_comparison_plan hasty = usual;
    hasty.heap.maximum = 1 << 28;
    hasty.runs = 0;
    hasty.limit = 0.0001;
    hs_trace *t = trace_of("a1 64000000; f1");
    hs_lane c[3];
    for (size_t i = 0; i < 3; i++) c[i] = lane(allocators[i]);
    hs_comparison *made =
        hs_comparison_new(&hasty, &(hs_named_trace){"large", t}, 1, c, sizeof c / sizeof *c);
    assert_true(hs_comparison_run(made, NULL, NULL));
    for (size_t i = 0; i < 3; i++) {
        const hs_job *job = hs_comparison_job(made, 0, i);
        assert_string_equal(hs_job_word(job), "done");
        assert_int_equal(job->runs, 1);
        assert_true(hs_figure_named("utilization")->of(job) > 70);
    }
    hs_comparison_free(made);
    hs_trace_free(t);
}

/* Counted it is as it should be. */
static void expect_untimed(breach how, const char *remark)
{
    char text[400];
    hs_allocator wrong = broken(how);
    hs_comparison_plan hasty = usual;
    hasty.verify = false;
    hasty.limit = 0.01;
    hs_trace *t = trace_of("a1 24; a2 40; f1; a3 8");
    hs_lane c = lane("bump");
    c.raw = &wrong;
    hs_comparison *made = hs_comparison_new(&hasty, &(hs_named_trace){"short", t}, 1, &c, 1);
    assert_true(hs_comparison_run(made, NULL, NULL));
    const hs_job *job = hs_comparison_job(made, 0, 0);
    assert_string_equal(hs_job_remark(made, job, text, sizeof text), remark);
    assert_string_equal(hs_job_word(job), "not timed");
    assert_true(hs_job_has_figures(job));
    assert_true(fabs(hs_figure_named("utilization")->of(job) - 100 * 64.0 / 72) < 1e-9);
    hs_means means = hs_means_of(made, 0);
    assert_true(means.untimed && !means.wrong && !means.has_index);
    hs_comparison_free(made);
    hs_trace_free(t);
}

static void what_can_not_be_timed_keeps_its_other_figures_and_says_why(void **state)
{
    (void)state;
    expect_untimed(ENDLESS, "not timed: one run took more than 2.02 s");
    expect_untimed(CRASHING,
                   "not timed: killed from without, as the system does where memory is short");
}

static void one_that_comes_to_no_end_is_stopped_and_not_said_to_crash(void **state)
{
    (void)state;
    char text[400];
    hs_allocator wrong = broken(ENDLESS);
    hs_comparison_plan hasty = usual;
    hasty.limit = 0.01;
    for (int verify = 0; verify < 2; verify++) {
        hasty.verify = verify;
        stand *s = stand_of(&hasty, "", &wrong);
        run(s);
        const hs_job *job = hs_comparison_job(s->comparison, SHORT, 0);
        assert_string_equal(hs_job_word(job), "stopped");
        assert_string_equal(hs_job_remark(s->comparison, job, text, sizeof text),
                            verify ? "stopped while it was verified, in request 1: it came to no "
                                     "end within 2.02 s of the processor, with a limit of 0.01 s"
                                   : "stopped while it was counted, in request 1: it came to no "
                                     "end within 2.02 s of the processor, with a limit of 0.01 s");
        assert_false(hs_job_has_figures(job));
        assert_true(hs_means_of(s->comparison, 0).wrong);
        stand_free(s);
    }
}

/* Until the endless job has begun. */
static bool until_it_hangs(void *context)
{
    const stand *s = context;
    return hs_comparison_job(s->comparison, SHORT, 1)->number == 0;
}

static void when_it_is_stopped_what_is_complete_remains(void **state)
{
    (void)state;
    hs_allocator wrong = broken(ENDLESS);
    hs_comparison_plan alone = usual;
    alone.jobs = 1;
    stand *s = stand_of(&alone, "bump", &wrong);
    assert_false(hs_comparison_run(s->comparison, until_it_hangs, s));
    assert_string_equal(hs_job_word(hs_comparison_job(s->comparison, SHORT, 0)), "done");
    assert_string_equal(hs_job_word(hs_comparison_job(s->comparison, SHORT, 1)), "waiting");
    assert_string_equal(hs_job_word(hs_comparison_job(s->comparison, LONG, 0)), "waiting");
    assert_int_equal(hs_means_of(s->comparison, 0).traces, 1);
    stand_free(s);
}

/* --- Figures written by hand ------------------------------------------------------------------ */

/* So much utilization in percent, and so many requests a second. */
static void write_job(stand *s, size_t trace, size_t lane, uint64_t percent, double rate)
{
    hs_job *job = hs_comparison_write(s->comparison, trace, lane);
    job->state = HS_JOB_DONE;
    job->verified = job->requests;
    job->counts.played = job->counts.totals.requests = job->requests;
    job->counts.totals.peak_live = percent * 1000;
    job->counts.heap = job->counts.used = job->counts.payload_end = 100000;
    job->counts.totals.used_at_peak_live = 100000;
    job->counts.totals.live_at_peak_used = percent * 1000;
    job->counts.totals.counts.visits = 2 * job->requests;
    job->counts.totals.visits_max = 12345678;
    job->counts.examined_p99 = 17;
    job->runs = 5;
    for (int i = 0; i < 5; i++) job->seconds[i] = (double)job->requests / rate * (0.98 + 0.01 * i);
}

static stand *written(void)
{
    hs_comparison_plan plan = usual;
    plan.verify = false;
    stand *s = stand_of(&plan, "bump best-fit buddy segregated tlsf", NULL);
    static const uint64_t percents[] = {13, 93, 62, 88, 88};
    static const double rates[] = {100e6, 300e3, 30e6, 20e6, 20e6};
    for (size_t trace = 0; trace < TRACES; trace++)
        for (size_t i = 0; i < 5; i++) write_job(s, trace, i, percents[i], rates[i]);
    hs_comparison_write(s->comparison, SHORT, 4)->counts.played = 3;
    hs_comparison_write(s->comparison, LONG, 2)->violation =
        (hs_violation){1234, "24 bytes at 0x107000004 are not aligned to 8"};
    return s;
}

static void the_index_is_that_of_the_lab_with_its_cap(void **state)
{
    (void)state;
    stand *s = written();
    hs_means slow = hs_means_of(s->comparison, 1), fast = hs_means_of(s->comparison, 3);
    assert_true(fabs(slow.index - (0.6 * 93 + 0.4 * 50)) < 0.01);
    assert_true(fabs(fast.index - (0.6 * 88 + 0.4 * 100)) < 0.01);
    assert_int_equal(slow.traces, 2);
    assert_int_equal(hs_means_of(s->comparison, 2).traces, 1);
    stand_free(s);
}

/* --- Printed ---------------------------------------------------------------------------------- */

static void expect_scene(hs_scene *scene, const char *wanted)
{
    char *text = hs_scene_text(scene);
    assert_string_equal(text, wanted);
    free(text);
    hs_scene_free(scene);
}

static void a_trace_is_two_tables_of_80_columns_and_remarks(void **state)
{
    (void)state;
    stand *s = written();
    expect_scene(
        hs_comparison_trace_scene(s->comparison, LONG, true),
        "traces/long.rep: 3000 requests, at most 93000 bytes live\n"
        "                            utilization  Johnstone-Wilson fragmentation requests\n"
        "                    heap  CS:APP  CS107       1       2       3       4   failed\n"
        "A bump            100000   13.0%    13%    0.0%  669.2%  669.2%  669.2%        0\n"
        "B best-fit        100000   93.0%    93%    0.0%    7.5%    7.5%    7.5%        0\n"
        "C *buddy         wrong\n"
        "D segregated      100000   88.0%    88%    0.0%   13.6%   13.6%   13.6%        0\n"
        "E tlsf            100000   88.0%    88%    0.0%   13.6%   13.6%   13.6%        0\n"
        "\n"
        "                           blocks examined   moved by   requests\n"
        "                    mean      p99      max    realloc   a second  runs   spread\n"
        "A bump              2.00       17    12.3M          0       100M     5     2.0%\n"
        "B best-fit          2.00       17    12.3M          0       300K     5     2.0%\n"
        "C *buddy         wrong\n"
        "D segregated        2.00       17    12.3M          0      20.0M     5     2.0%\n"
        "E tlsf              2.00       17    12.3M          0      20.0M     5     2.0%\n"
        "* buddy: request 1234: 24 bytes at 0x107000004 are not aligned to 8\n");
    stand_free(s);
}

static void the_means_tell_the_index_and_its_cap(void **state)
{
    (void)state;
    stand *s = written();
    expect_scene(
        hs_comparison_means_scene(s->comparison, true),
        "Over 2 traces\n"
        "                 mean utilization  mean blocks   requests  requests   malloc lab\n"
        "                 CS:APP     CS107     examined     failed  a second        index\n"
        "A bump            13.0%     13.0%         2.00          0      100M         47.8\n"
        "B best-fit        93.0%     93.0%         2.00          0      300K         75.8\n"
        "C *buddy          62.0%     62.0%         2.00          0     30.0M            -\n"
        "D segregated      88.0%     88.0%         2.00          0     20.0M         92.8\n"
        "E *tlsf           88.0%     88.0%         2.00          0     20.0M         92.8\n"
        "* not of all requests, or not of all traces; see there\n"
        "Index: 100 * (0.60 * utilization + 0.40 * min(1, requests a second / 600K)).\n"
        "That cap is the lab's: all that are faster get the same.\n"
        "Heap: starts with 64 bytes, grows by what it needs. Examined blocks and\n"
        "utilization are the same on every machine, times are not; spread is that of the\n"
        "middle half of the runs.\n");
    stand_free(s);
}

static void the_plot_has_a_letter_for_each(void **state)
{
    (void)state;
    stand *s = written();
    expect_scene(hs_comparison_plot_scene(s->comparison, true),
                 "Utilization (CS:APP) against requests a second, means over the traces\n"
                 "100% |                  :\n"
                 "     |           B      :\n"
                 "     |                  :                                   DE\n"
                 " 80% |                  :\n"
                 "     |                  :\n"
                 "     |                  :\n"
                 " 60% |                  :                                        C\n"
                 "     |                  :\n"
                 "     |                  :\n"
                 " 40% |                  :\n"
                 "     |                  :\n"
                 "     |                  :\n"
                 " 20% |                  :\n"
                 "     |                  :                                                    A\n"
                 "     |                  :\n"
                 "  0% |                  :\n"
                 "     -+-----------------------+----------------------+-----------------------+\n"
                 "   100K                      1M                    10M                    100M\n"
                 "      A bump  B best-fit  C buddy  D segregated  E tlsf\n");
    stand_free(s);
}

/* Cut, and then not timed, for want of memory. */
static stand *untimed(void)
{
    hs_comparison_plan plan = usual;
    plan.verify = false;
    stand *s = stand_of(&plan, "bump", NULL);
    for (size_t trace = 0; trace < TRACES; trace++) write_job(s, trace, 0, 50, 1e6);
    hs_job *job = hs_comparison_write(s->comparison, SHORT, 0);
    job->counts.played = 3;
    job->runs = 0;
    return s;
}

static void what_was_not_timed_has_no_times_in_any_table(void **state)
{
    (void)state;
    stand *s = untimed();
    expect_scene(
        hs_comparison_trace_scene(s->comparison, SHORT, true),
        "short, \"hand-made\": 4 requests, at most 50000 bytes live\n"
        "                            utilization  Johnstone-Wilson fragmentation requests\n"
        "                    heap  CS:APP  CS107       1       2       3       4   failed\n"
        "A *bump           100000   50.0%    50%    0.0%  100.0%  100.0%  100.0%        0\n"
        "\n"
        "                           blocks examined   moved by   requests\n"
        "                    mean      p99      max    realloc   a second  runs   spread\n"
        "A *bump             2.00       17    12.3M          0          -     -        -\n"
        "* bump: the first 3 of 4 requests, cut after 20 s; not timed: the system gives\n"
        "no memory for a heap of 100000 bytes\n");
    hs_means means = hs_means_of(s->comparison, 0);
    assert_true(means.has_index && means.untimed);
    assert_true(fabs(means.per_second - 1e6) < 1); /* of the one that was */
    char *text = printed(s->comparison, hs_comparison_csv);
    assert_non_null(strstr(text, ",bump,not timed,4,3,4,"));
    assert_non_null(strstr(text, ",0,,,,\"the first 3 of 4 requests, cut after 20 s; not timed: "));
    free(text);
    hs_comparison_write(s->comparison, LONG, 0)->runs = 0;
    assert_false(hs_means_of(s->comparison, 0).has_index);
    text = printed(s->comparison, hs_comparison_json);
    assert_non_null(strstr(text, "\"state\": \"not timed\""));
    assert_non_null(strstr(text, "\"runs\": null,\n     \"requests_per_second\": null"));
    assert_non_null(strstr(text, "\"requests_per_second\": null, \"performance_index\": null}"));
    free(text);
    stand_free(s);
}

/* One value of JSON; where it ends, or NULL. */
static const char *value_end(const char *at);

static const char *after_blanks(const char *at)
{
    return at + strspn(at, " \n");
}

static const char *string_end(const char *at)
{
    if (*at++ != '"') return NULL;
    for (; *at && *at != '"'; at++) {
        if ((unsigned char)*at < 0x20) return NULL;
        if (*at == '\\' && strspn(at + 2, "0123456789abcdef") < 4) return NULL;
    }
    return *at ? at + 1 : NULL;
}

static const char *members_end(const char *at, char close, bool named)
{
    for (at = after_blanks(at + 1); at; at = after_blanks(at + 1)) {
        if (named) {
            at = string_end(at);
            if (!at || *(at = after_blanks(at)) != ':') return NULL;
            at++;
        }
        at = value_end(after_blanks(at));
        if (!at) return NULL;
        at = after_blanks(at);
        if (*at == close) return at + 1;
        if (*at != ',') return NULL;
    }
    return NULL;
}

static const char *value_end(const char *at)
{
    char *end;
    if (*at == '{') return members_end(at, '}', true);
    if (*at == '[') return members_end(at, ']', false);
    if (*at == '"') return string_end(at);
    if (strncmp(at, "null", 4) == 0) return at + 4;
    strtod(at, &end);
    return end > at && (*at == '-' || (*at >= '0' && *at <= '9')) ? end : NULL;
}

static size_t occurrences(const char *text, const char *of)
{
    size_t n = 0;
    for (; (text = strstr(text, of)); text++) n++;
    return n;
}

static void json_is_well_formed_and_has_every_figure(void **state)
{
    (void)state;
    stand *s = written();
    char *text = printed(s->comparison, hs_comparison_json);
    const char *end = value_end(text);
    assert_non_null(end);
    assert_string_equal(end, "\n");
    assert_int_equal(occurrences(text, "\"trace\": \"short, \\u0022hand-made\\u0022\""), 5);
    assert_int_equal(occurrences(text, "\"utilization\": 93.00"), 3);
    assert_int_equal(occurrences(text, "\"state\": \"wrong\""), 1);
    assert_int_equal(occurrences(text, "\"utilization_segment\": null"), 1);
    assert_int_equal(occurrences(text, "\"performance_index\": null"), 1);
    for (size_t i = 0; hs_figure_at(i); i++) assert_non_null(strstr(text, hs_figure_at(i)->name));
    free(text);
    stand_free(s);
}

static void begins(const char *text, const char *with)
{
    assert_ptr_equal(strstr(text, with), text);
}

static void csv_has_a_row_for_each_pair_and_as_many_fields_in_each(void **state)
{
    (void)state;
    stand *s = written();
    char *text = printed(s->comparison, hs_comparison_csv), *rest = NULL;
    size_t rows = 0, fields = 0;
    for (char *row = strtok_r(text, "\n", &rest); row; row = strtok_r(NULL, "\n", &rest)) {
        bool quoted = false;
        size_t commas = 0;
        for (const char *c = row; *c; c++) {
            quoted ^= *c == '"';
            commas += *c == ',' && !quoted;
        }
        if (rows == 0) begins(row, "trace,allocator,state,requests,");
        if (rows == 1) begins(row, "\"short, \"\"hand-made\"\"\",bump,done,4,4,");
        if (rows++ == 0) fields = commas;
        assert_int_equal(commas, fields);
        assert_false(quoted);
    }
    assert_int_equal(rows, 1 + TRACES * 5);
    free(text);
    stand_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_figures_are_as_worked_out_by_hand),
        cmocka_unit_test(counts_are_the_same_in_every_run_and_with_any_number_of_jobs),
        cmocka_unit_test(a_preset_and_options_name_what_is_played),
        cmocka_unit_test(an_allocator_that_breaks_a_promise_has_no_figures),
        cmocka_unit_test(one_that_crashes_takes_nobody_with_it),
        cmocka_unit_test(a_job_that_lasts_too_long_is_cut_and_says_so),
        cmocka_unit_test(runs_are_as_many_as_asked_for_and_by_themselves_more_where_they_are_short),
        cmocka_unit_test(preparing_the_heap_counts_as_timing_does),
        cmocka_unit_test(what_can_not_be_timed_keeps_its_other_figures_and_says_why),
        cmocka_unit_test(one_that_comes_to_no_end_is_stopped_and_not_said_to_crash),
        cmocka_unit_test(when_it_is_stopped_what_is_complete_remains),
        cmocka_unit_test(what_was_not_timed_has_no_times_in_any_table),
        cmocka_unit_test(the_index_is_that_of_the_lab_with_its_cap),
        cmocka_unit_test(a_trace_is_two_tables_of_80_columns_and_remarks),
        cmocka_unit_test(the_means_tell_the_index_and_its_cap),
        cmocka_unit_test(the_plot_has_a_letter_for_each),
        cmocka_unit_test(json_is_well_formed_and_has_every_figure),
        cmocka_unit_test(csv_has_a_row_for_each_pair_and_as_many_fields_in_each),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}

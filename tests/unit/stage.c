/* SPDX-License-Identifier: MIT */
/* The stage: runs programs for tests. */
#include "stage.h"

#include "check.h"
#include "heap/range.h"
#include "language/expression.h"
#include "view/pictures.h"

#include <stdlib.h>
#include <string.h>

static void keep(char **place, const char *text)
{
    assert_non_null(text);
    free(*place);
    *place = strdup(text);
}

static void say(void *context, hs_voice voice, const char *text)
{
    stage *s = context;
    keep(voice == HS_SAY_ERROR     ? &s->error
         : voice == HS_SAY_REFUSED ? &s->refused
         : voice == HS_SAY_VERDICT ? &s->verdict
                                   : &s->said,
         text);
    s->errors += voice == HS_SAY_ERROR;
}

static void show(void *context, const hs_picture *picture, const hs_subject *of)
{
    stage *s = context;
    s->shown.picture = picture;
    s->shown.at = of->at;
    s->shown.length = of->length;
    if (picture == &hs_picture_shape && of->own)
        s->shown.window = ((hs_shape_view *)of->own)->place.window;
    s->shows++;
}

static void performed(void *context, const char *summary)
{
    stage *s = context;
    s->performed++;
    if (summary) keep(&s->said, summary);
}

static void cue(void *context, hs_cue what, uint64_t value)
{
    stage *s = context;
    (void)what;
    s->cues++;
    s->cue = value;
}

static bool interrupted(void *context)
{
    stage *s = context;
    hs_interpreter_progress(s->in, s->progress, sizeof s->progress);
    return s->patience && --s->patience == 0;
}

static bool ask(void *context, const char *question, bool on_map, hs_reply *reply)
{
    stage *s = context;
    keep(&s->question, question);
    s->asked++;
    if (!s->answers || !*s->answers) return false;
    const char *answer = *s->answers++;
    if (*answer != '@') {
        reply->text = strdup(answer);
        return true;
    }
    assert_true(on_map);
    reply->from = strtoull(answer + 1, NULL, 16);
    reply->to = reply->from + 8;
    return true;
}

stage *stage_new(const char *allocator, uint64_t initial, uint64_t maximum)
{
    hs_problem problem;
    stage *s = calloc(1, sizeof *s);
    s->session = hs_session_new(allocator, &(hs_heap_config){initial, maximum}, &problem);
    assert_non_null(s->session);
    s->in = hs_interpreter_new(s->session, &(hs_listener){.context = s,
                                                          .say = say,
                                                          .show = show,
                                                          .performed = performed,
                                                          .interrupted = interrupted,
                                                          .ask = ask,
                                                          .cue = cue});
    hs_interpreter_come_by(s->in, HS_WAY_TYPED);
    keep(&s->said, "");
    keep(&s->error, "");
    keep(&s->refused, "");
    keep(&s->question, "");
    keep(&s->verdict, "");
    return s;
}

void stage_free(stage *s)
{
    hs_interpreter_free(s->in);
    hs_session_free(s->session);
    free(s->said);
    free(s->error);
    free(s->refused);
    free(s->question);
    free(s->verdict);
    free(s);
}

bool stage_run_bytes(stage *s, const char *source, size_t length)
{
    keep(&s->error, "");
    return hs_interpreter_run(s->in, "test", 1, source, length);
}

bool stage_run(stage *s, const char *source)
{
    return stage_run_bytes(s, source, strlen(source));
}

void stage_does(stage *s, const char *source)
{
    if (!stage_run(s, source)) fail_msg("%s", s->error);
}

void stage_refuses(stage *s, const char *source, const char *wanted)
{
    if (stage_run(s, source)) fail_msg("this should fail: %.200s", source);
    if (!strstr(s->error, wanted)) fail_msg("wanted \"%s\", but it says: %.400s", wanted, s->error);
}

uint64_t stage_value(stage *s, const char *expression)
{
    hs_complaint complaint;
    hs_reader r = {.text = expression,
                   .length = strlen(expression),
                   .session = s->session,
                   .complaint = &complaint};
    uint64_t value = 0;
    if (!hs_read_size(&r, &value)) fail_msg("%s: %s", expression, complaint.what);
    assert_int_equal(r.at, r.length);
    return value;
}

static bool is_fresh(const hs_heap *h, uint64_t page)
{
    return h->account->written[page] == HS_WRITTEN_NEVER;
}

/* Of zeros, too, it is the same whether somebody wrote them: calloc says so. */
static void expect_same_pages_fresh(const hs_heap *x, const hs_heap *y)
{
    if (!x->account->complete || !y->account->complete) return;
    for (uint64_t page = 0; page * HS_HEAP_PAGE < hs_heap_committed(x); page++)
        if (is_fresh(x, page) != is_fresh(y, page))
            fail_msg("page %d was written to in one of two heaps", (int)page);
}

void expect_same_heap(const hs_session *a, const hs_session *b)
{
    const hs_heap *x = hs_session_heap(a), *y = hs_session_heap(b);
    uint64_t size = hs_heap_committed(x);
    assert_int_equal(size, hs_heap_committed(y));
    hs_addr base = hs_heap_base(x);
    assert_int_equal(base, hs_heap_base(y));
    assert_memory_equal(hs_heap_bytes(x, base, size), hs_heap_bytes(y, base, size), size);
    expect_same_pages_fresh(x, y);
    assert_string_equal(hs_heap_allocator(x)->name, hs_heap_allocator(y)->name);
    for (size_t i = 0; i < hs_heap_allocator(x)->option_count; i++)
        assert_int_equal(hs_heap_option(x, i), hs_heap_option(y, i));
}

/* SPDX-License-Identifier: MIT */
/* What the interpreter tells the full screen: texts to be said, pictures to be shown, how far a
 * long command is. */
#include "ui/full/listener.h"

#include "base/clock.h"
#include "base/memory.h"
#include "ui/full/draw.h"
#include "ui/full/lecture.h"
#include "ui/full/question.h"
#include "ui/full/show.h"
#include "view/explanation.h"
#include "view/segments.h"
#include "view/settings.h"
#include "view/side_by_side.h"

#include <stdlib.h>
#include <string.h>

static void say(void *context, hs_voice voice, const char *text)
{
    hs_app *a = context;
    switch (voice) {
    case HS_SAY_TITLE:
        hs_app_replace(&a->section, hs_app_copy(text));
        hs_app_replace(&a->caption, NULL);
        break;
    case HS_SAY_NOTE:
    case HS_SAY_QUESTION:
        hs_app_replace(&a->caption, hs_app_copy(text));
        a->state.question = voice == HS_SAY_QUESTION;
        break;
    case HS_SAY_PRESENTER: hs_lecture_whisper(a, text); break;
    case HS_SAY_ERROR: hs_app_set_message(a, hs_app_copy(text), true); break;
    case HS_SAY_REFUSED: hs_app_set_message(a, hs_app_joined("refused: ", "", text), false); break;
    case HS_SAY_VERDICT: hs_app_replace(&a->verdict, hs_app_copy(text)); break;
    case HS_SAY_ANSWER:
        hs_app_replace(&a->answer,
                       a->answer ? hs_app_joined(a->answer, "\n", text) : hs_app_copy(text));
        break;
    }
}

static void begin(void *context, const hs_program *program, const hs_statement *s)
{
    hs_app *a = context;
    if (!program->name) hs_app_replace(&a->command, NULL); /* it was typed, so the user knows it */
    unsigned flags = s->command ? s->command->flags : 0;
    if (!program->name || flags & HS_STAGE_DIRECTION) return;
    if (flags & HS_IS_GUARD && !s->has_body) return;
    size_t n = s->where.end - s->where.start;
    char *text = hs_new(n + 3, 1);
    memcpy(text, "> ", 2);
    memcpy(text + 2, program->source + s->where.start, n);
    hs_app_replace(&a->command, text);
}

static void cue(void *context, hs_cue what, uint64_t value)
{
    hs_app *a = context;
    hs_lecture_cue(a, what, value);
}

/* What a command sets holds from now on, whatever was chosen by key before. */
static void heed_settings(hs_app *a)
{
    hs_op op;
    uint64_t n = hs_session_op_count(a->session);
    if (!n || !hs_session_op(a->session, n - 1, &op) || op.kind != HS_OP_SET) return;
    const hs_option *set = hs_session_option(a->session, op.name, NULL);
    bool zoom = set == hs_session_setting_row(a->session, HS_SET_ZOOM),
         size = set == hs_session_setting_row(a->session, HS_SET_SIZE),
         theme = set == hs_session_setting_row(a->session, HS_SET_THEME);
    if (zoom) a->state.zoomed = false;
    if (size) a->state.resized = false;
    if (theme || size) a->other_theme = -1;
}

static void performed(void *context, const char *summary)
{
    hs_app *a = context;
    hs_app_keep(a);
    heed_settings(a);
    hs_lockstep *l = hs_app_lockstep(a);
    char *told = summary ? hs_app_copy(summary) : l ? hs_lanes_explain(l) : hs_explain(a->session);
    /* Two things are told if an error ended it, or if it was predicted. */
    bool failed = summary && a->state.error && a->message;
    const char *above = failed ? a->message : a->verdict;
    char *both = above ? hs_app_joined(above, "\n", told) : hs_app_copy(told);
    free(told);
    hs_app_set_message(a, both, failed);
    hs_app_replace(&a->verdict, NULL);
    a->state.follow = true;
    hs_subject of = hs_interpreter_subject(a->interpreter);
    if (hs_segments_are_news(a->session)) hs_app_show(a, &hs_picture_segments, &of);
}

/* Show how far a long command is. Meanwhile the session may stand half-way to a moment, so only the
 * message is drawn anew, and the session is not looked at. */
static void show_progress(hs_app *a)
{
    int64_t now = hs_clock();
    char *text, doing[96];
    if (now - a->began <= 500 || now - a->shown <= 100) return;
    a->shown = now;
    if (a->progress) {
        text = hs_app_joined(a->progress, "; ", "Ctrl-C stops");
        hs_draw_message(a, text);
        free(text);
        return;
    }
    hs_interpreter_progress(a->interpreter, doing, sizeof doing);
    hs_app_set_message(a, hs_app_joined(doing, "; ", "Ctrl-C stops"), false);
    a->stale = true;
    hs_draw(a);
}

static void progress(void *context, const char *text)
{
    hs_app *a = context;
    hs_app_replace(&a->progress, text ? hs_app_copy(text) : NULL);
    if (text) show_progress(a);
}

/* Called while a long command runs: show how far it is, and let Ctrl-C stop it. Other keys wait. */
static bool interrupted(void *context)
{
    hs_app *a = context;
    if (a->cancelled) return true;
    int64_t now = hs_clock();
    if (now - a->looked < 10) return false;
    a->looked = now;
    if (!a->progress) {
        hs_app_keep(a);
        show_progress(a);
    }
    return hs_app_type_ahead(a);
}

bool hs_listener_stop_completing(void *context)
{
    progress(context, "looking for words");
    bool stop = interrupted(context);
    progress(context, NULL);
    return stop;
}

static const char *go_on(void *context)
{
    const hs_app *a = context;
    return hs_journal_ask(a->config->journal);
}

/* Keep the script for later: the interpreter may be running a statement of the script that is open
 * now. */
static bool play(void *context, hs_program *script)
{
    hs_lecture_want(context, script);
    return true;
}

hs_listener hs_listener_of(hs_app *a)
{
    return (hs_listener){.context = a,
                         .has_screen = true,
                         .say = say,
                         .show = hs_app_show,
                         .begin = begin,
                         .performed = performed,
                         .interrupted = interrupted,
                         .ask = hs_question_ask,
                         .trusts = hs_question_trusts,
                         .progress = progress,
                         .go_on = go_on,
                         .play = play,
                         .cue = cue};
}

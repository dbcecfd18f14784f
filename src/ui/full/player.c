/* SPDX-License-Identifier: MIT */
/* The player's steps: narration waits as long as it takes to read, a request as long as the pace
 * says; settings and expectations run on with the step that they belong to. */
#include "ui/full/player.h"

#include "base/clock.h"
#include "base/memory.h"
#include "view/settings.h"

#include <stdlib.h>
#include <string.h>

enum { READING_SPEED = 16 }; /* characters a second: slow enough to look at the map, too */

/* --- Statements ----------------------------------------------------------------------------- */

/* The flags of its row; of one with a body none: expect error { } is a step of its own. */
static unsigned flags_of(const hs_statement *s)
{
    return s->command && !s->has_body ? s->command->flags : 0;
}

/* True for a command that leads to what follows it. */
static bool leads_on(const hs_statement *s)
{
    return flags_of(s) & (HS_LEADS_ON | HS_BELONGS_BEFORE);
}

/* True for a command that belongs to what stands before it. */
static bool belongs(const hs_statement *s)
{
    return flags_of(s) & HS_BELONGS_BEFORE;
}

/* The statement behind the step that begins with this one. */
static size_t end_of_step(const hs_program *script, size_t from)
{
    while (from < script->count && leads_on(&script->statements[from])) from++;
    if (from < script->count) from++;
    while (from < script->count && belongs(&script->statements[from])) from++;
    return from;
}

static int64_t pause_after(const hs_statement *s, uint64_t pace)
{
    int64_t pause = (int64_t)pace * 1000;
    int64_t reading =
        flags_of(s) & HS_IS_READ ? (int64_t)s->arguments[0].length * 1000 / READING_SPEED : 0;
    return pace && reading > pause ? reading : pause;
}

void hs_player_rest(hs_player *p, const char *text)
{
    uint64_t pace = hs_session_setting(p->session, HS_SET_PACE);
    int64_t reading = pace ? (int64_t)strlen(text) * 1000 / READING_SPEED : 0;
    int64_t pause = (int64_t)pace * 1000;
    p->due = hs_clock() + (reading > pause ? reading : pause) * 1000 / (int64_t)p->speed;
}

/* --- Life ----------------------------------------------------------------------------------- */

static void free_step(hs_step *s)
{
    free(s->tableau.section);
    free(s->tableau.caption);
    free(s->tableau.message);
    free(s->tableau.overlay_title);
    free(s->tableau.overlay_text);
    free(s->changes);
    free(s->speaker);
}

void hs_player_close(hs_player *p)
{
    for (size_t i = 0; i < p->count; i++) free_step(&p->steps[i]);
    free(p->steps);
    hs_program_free(p->script);
    *p = (hs_player){0};
}

static const hs_step *now(const hs_player *p)
{
    return p->count ? &p->steps[p->at] : NULL;
}

static bool is_behind_the_last(const hs_player *p)
{
    return !p->count || p->steps[p->count - 1].next >= p->script->count;
}

bool hs_player_has_ended(const hs_player *p)
{
    return !p->script || !p->script->count || (p->at + 1 >= p->count && is_behind_the_last(p));
}

/* At the end the prompt takes over. */
static void arrive(hs_player *p)
{
    const hs_step *s = now(p);
    p->speed = s->speed;
    p->due = hs_clock() + s->pause * 1000 / (int64_t)s->speed;
    if (s->stops) p->playing = false;
    if (hs_player_has_ended(p)) p->has_focus = p->playing = false;
}

/* --- Performing ----------------------------------------------------------------------------- */

void hs_player_cue(hs_player *p, hs_cue cue, uint64_t value)
{
    if (!p->performing) return; /* it was typed */
    switch (cue) {
    case HS_CUE_PAUSE: p->performing->stops = true; break;
    case HS_CUE_WAIT: p->performing->pause = (int64_t)value; break;
    case HS_CUE_SPEED: p->performing->speed = value; break;
    }
}

void hs_player_whisper(hs_player *p, const char *text)
{
    if (!p->performing) return;
    char *before = p->performing->speaker, *both;
    both = hs_text("%s%s%s", before ? before : "", before ? "\n" : "", text);
    free(before);
    p->performing->speaker = both;
}

/* Perform a step's statements. An error ends it early, for it is to be read; after an expectation
 * that did not hold the rest goes on. */
static bool perform(hs_player *p, hs_step *step, size_t from)
{
    size_t end = end_of_step(p->script, from);
    bool good = true;
    step->next = from;
    while (step->next < end && !hs_interpreter_has_quit(p->interpreter)) {
        const hs_statement *s = &p->script->statements[step->next];
        if (!belongs(s)) step->pause = pause_after(s, hs_session_setting(p->session, HS_SET_PACE));
        if (flags_of(s) & HS_WAITS) step->stops = true;
        bool did = hs_interpreter_step(p->interpreter, p->script, step->next++);
        good &= did;
        if (!did && !belongs(s)) break;
    }
    return good;
}

static void keep_changes(hs_step *step, const hs_session *s)
{
    const hs_change *changes = hs_session_changes(s, &step->change_count);
    step->changes = hs_new(step->change_count + 1, sizeof *changes);
    for (size_t i = 0; i < step->change_count; i++) step->changes[i] = changes[i];
}

/* The next step that was not performed yet. False: there is none, or it failed. */
static bool perform_next(hs_player *p)
{
    size_t from = p->count ? p->steps[p->count - 1].next : 0;
    if (from >= p->script->count || hs_interpreter_has_quit(p->interpreter)) return false;
    hs_step step = {.speed = p->speed};
    p->lecture_view.begin(p->lecture_view.context);
    p->performing = &step;
    bool good = perform(p, &step, from);
    p->performing = NULL;
    step.stops |= !good;
    step.moment = hs_session_moment(p->session);
    keep_changes(&step, p->session);
    p->lecture_view.take(p->lecture_view.context, &step.tableau);
    p->steps = hs_array_reserve(p->steps, &p->capacity, p->count + 1, sizeof step);
    p->steps[p->count++] = step;
    p->at = p->count - 1;
    arrive(p);
    return good;
}

void hs_player_open(hs_player *p, hs_interpreter *in, hs_session *session,
                    const hs_lecture_view *lecture_view, hs_program *script)
{
    *p = (hs_player){.interpreter = in,
                     .session = session,
                     .lecture_view = *lecture_view,
                     .script = script,
                     .began = hs_clock(),
                     .has_focus = true,
                     .playing = true,
                     .speed = 1000};
    perform_next(p);
    if (hs_player_has_ended(p)) p->has_focus = p->playing = false;
}

/* --- Going ---------------------------------------------------------------------------------- */

/* True if the session stands where it stood after this step. */
static bool is_at(const hs_player *p, const hs_step *s)
{
    hs_moment m = hs_session_moment(p->session);
    return !p->disturbed && m.branch == s->moment.branch && m.count == s->moment.count;
}

/* Show a step that was performed: its moment, and its screen. */
static bool show(hs_player *p, size_t i)
{
    hs_problem problem;
    const hs_step *s = &p->steps[i];
    p->lecture_view.begin(p->lecture_view.context);
    if (!is_at(p, s) && !hs_session_go(p->session, s->moment, &problem)) {
        p->lecture_view.fail(p->lecture_view.context, problem.what);
        return false;
    }
    p->disturbed = false;
    hs_session_show_changes(p->session, s->changes, s->change_count);
    p->at = i;
    p->lecture_view.show(p->lecture_view.context, &s->tableau);
    arrive(p);
    return true;
}

/* Go back to where the script is, if somebody's own commands led elsewhere. Those stay as a
 * branch. */
static bool come_back(hs_player *p)
{
    return !now(p) || is_at(p, now(p)) || show(p, p->at);
}

void hs_player_on(hs_player *p)
{
    if (hs_player_has_ended(p)) return;
    if (p->at + 1 < p->count)
        show(p, p->at + 1);
    else if (come_back(p))
        perform_next(p);
}

void hs_player_back(hs_player *p)
{
    if (!p->count) return;
    hs_player_pause(p);
    p->has_focus = true;
    show(p, p->at ? p->at - 1 : 0);
}

void hs_player_home(hs_player *p)
{
    if (!p->count) return;
    hs_player_pause(p);
    p->has_focus = true;
    show(p, 0);
}

/* Perform steps until this statement was performed, or something fails. */
static void go_behind(hs_player *p, size_t statement)
{
    hs_player_pause(p);
    if (p->at + 1 < p->count ? !show(p, p->count - 1) : !come_back(p)) return;
    p->jumps = true;
    while ((!p->count || p->steps[p->count - 1].next <= statement) && perform_next(p)) continue;
    p->jumps = false;
}

void hs_player_end(hs_player *p)
{
    if (!p->script || !p->script->count) return;
    if (!is_behind_the_last(p))
        go_behind(p, p->script->count - 1);
    else
        show(p, p->count - 1);
}

void hs_player_return(hs_player *p)
{
    if (!p->count) return;
    bool playing = p->playing;
    show(p, p->at);
    p->has_focus = true;
    p->playing = playing && !hs_player_has_ended(p);
}

void hs_player_play(hs_player *p)
{
    if (hs_player_has_ended(p)) return;
    p->playing = !p->playing;
    p->due = hs_clock();
}

void hs_player_pause(hs_player *p)
{
    p->playing = false;
}

int hs_player_wait(const hs_player *p)
{
    if (!p->playing || !p->has_focus) return -1;
    int64_t left = p->due - hs_clock();
    return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

/* --- Where it is ---------------------------------------------------------------------------- */

size_t hs_player_step(const hs_player *p)
{
    return p->count ? p->at + 1 : 0;
}

size_t hs_player_step_count(const hs_player *p)
{
    size_t n = p->count, next = p->count ? p->steps[p->count - 1].next : 0;
    for (; p->script && next < p->script->count; n++) next = end_of_step(p->script, next);
    return n;
}

static size_t titles_before(const hs_player *p, size_t statement)
{
    size_t n = 0;
    for (size_t i = 0; i < statement; i++)
        n += (flags_of(&p->script->statements[i]) & HS_BEGINS_SECTION) != 0;
    return n;
}

size_t hs_player_section(const hs_player *p)
{
    return now(p) ? titles_before(p, now(p)->next) : 0;
}

size_t hs_player_section_count(const hs_player *p)
{
    return p->script ? titles_before(p, p->script->count) : 0;
}

/* The statement that begins a section; false when there is none such. */
static bool find_section(const hs_player *p, size_t number, size_t *statement)
{
    for (size_t i = 0; p->script && i < p->script->count; i++)
        if ((flags_of(&p->script->statements[i]) & HS_BEGINS_SECTION) && --number == 0) {
            *statement = i;
            return true;
        }
    return false;
}

const char *hs_player_section_title(const hs_player *p, size_t number)
{
    size_t i;
    return find_section(p, number, &i) ? p->script->statements[i].arguments[0].text : NULL;
}

void hs_player_go_to_section(hs_player *p, size_t number)
{
    size_t title, i = 0;
    if (!find_section(p, number, &title)) return;
    while (i < p->count && p->steps[i].next <= title) i++;
    hs_player_pause(p);
    if (i < p->count)
        show(p, i);
    else
        go_behind(p, title);
}

const char *hs_player_speaker(const hs_player *p)
{
    return now(p) && now(p)->speaker ? now(p)->speaker : "";
}

/* A statement as the speaker wants to read it. */
static void put_statement(FILE *out, const hs_program *script, const hs_statement *s)
{
    unsigned flags = flags_of(s);
    if (flags & HS_GOES_UNSAID) return;
    if (ftell(out) > 0) putc('\n', out);
    if (flags & (HS_IS_READ | HS_WAITS | HS_BEGINS_SECTION))
        fprintf(out, "%s: %s", s->command->name, s->arguments[0].text);
    else
        fwrite(script->source + s->where.start, 1, s->where.end - s->where.start, out);
}

char *hs_player_text(const hs_player *p, size_t ahead)
{
    char *text = NULL;
    size_t size, from = p->at ? p->steps[p->at - 1].next : 0, end = from;
    FILE *out = hs_text_begin(&text, &size);
    for (size_t i = 0; p->script && i <= ahead; i++) {
        bool performed = p->at + i < p->count;
        from = end;
        end = performed ? p->steps[p->at + i].next : end_of_step(p->script, from);
    }
    for (; from < end; from++) put_statement(out, p->script, &p->script->statements[from]);
    hs_text_end(out);
    return text;
}

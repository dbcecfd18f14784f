/* SPDX-License-Identifier: MIT */
/* The commands of a lecture. What is said to the audience (title, note, ask) is remembered with
 * what was done, so that a saved session is the lecture still; the rest only tells the listener. */
#include "language/lecture.h"
#include "view/pictures.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Texts ---------------------------------------------------------------------------------- */

/* Notes are remembered by the name of the command that said them; NULL is `note` itself. */
static bool say_text(hs_interpreter *in, const hs_statement *s, hs_voice voice, const char *name)
{
    const hs_argument *a = &s->arguments[0];
    hs_op op = {.kind = HS_OP_NOTE, .name = name, .text = a->text, .text_length = a->length};
    return hs_perform_unasked(in, s, &op) && hs_say_argument(in, voice, a);
}

bool hs_run_title(hs_interpreter *in, const hs_statement *s)
{
    return say_text(in, s, HS_SAY_TITLE, "title");
}

bool hs_run_note(hs_interpreter *in, const hs_statement *s)
{
    return say_text(in, s, HS_SAY_NOTE, NULL);
}

bool hs_run_ask(hs_interpreter *in, const hs_statement *s)
{
    return say_text(in, s, HS_SAY_QUESTION, "ask");
}

/* Say a line for the speaker. It is not remembered, for `history` is for all to see. */
bool hs_run_presenter(hs_interpreter *in, const hs_statement *s)
{
    return hs_say_argument(in, HS_SAY_PRESENTER, &s->arguments[0]);
}

/* --- Pictures ------------------------------------------------------------------------------- */

/* Without N: the block's payload where PTR is its start, else the word there. */
static uint64_t highlighted_size(const hs_session *s, hs_addr at)
{
    const hs_client_block *b = hs_session_block_from(s, at);
    if (b && b->addr == at && b->requested) return b->requested;
    uint64_t left = hs_heap_end(hs_session_heap(s)) - at;
    return left < 8 ? left : 8;
}

bool hs_run_highlight(hs_interpreter *in, const hs_statement *s)
{
    hs_pointer p;
    if (!hs_pointer_of_argument(in, &s->arguments[0], &p)) return false;
    hs_addr at = hs_session_value(in->session, p);
    const hs_heap *h = hs_session_heap(in->session);
    if (!hs_heap_holds(h, at, 1))
        return hs_fail_at(in, s->arguments[0].where, "this is no address of the heap", NULL);
    uint64_t n = highlighted_size(in->session, at);
    if (s->arguments[1].present && !hs_size_of_argument(in, &s->arguments[1], &n)) return false;
    if (n == 0 || !hs_heap_holds(h, at, n))
        return hs_fail_at(in, s->arguments[1].where, "these are no bytes of the heap",
                          "highlight p1 8 points out 8 bytes at p1");
    return hs_show_picture(in, &hs_picture_map, (hs_subject){.at = at, .length = n});
}

/* The picture that `view` is asked for; NULL after a complaint. */
static const hs_picture *picture_named(hs_interpreter *in, const hs_argument *a)
{
    hs_words words = {0};
    const hs_picture *p = NULL;
    hs_words_of_views(&words);
    const char *name = hs_resolve_argument(in, &words, "view", a);
    for (size_t i = 0; name && (p = hs_picture_at(i)) && strcmp(p->name, name) != 0; i++) continue;
    return p;
}

/* Run the picture's own command, which may complain, or choose what to show; a picture without one
 * is shown as it is. */
bool hs_run_view(hs_interpreter *in, const hs_statement *s)
{
    const hs_argument *a = &s->arguments[0];
    const hs_picture *picture = picture_named(in, a);
    if (!picture) return false;
    hs_statement as = {.command = hs_command_showing(picture), .where = s->where, .head = a->where};
    return as.command ? as.command->run(in, &as) : hs_show_picture(in, picture, (hs_subject){0});
}

bool hs_run_zoom(hs_interpreter *in, const hs_statement *s)
{
    uint64_t n = 0;
    char text[32];
    if (s->arguments[0].present && !hs_size_of_argument(in, &s->arguments[0], &n)) return false;
    snprintf(text, sizeof text, "%" PRIu64, n);
    hs_op op = {.kind = HS_OP_SET, .name = "zoom", .text = text, .text_length = strlen(text)};
    return hs_perform(in, s, &op);
}

/* --- Time ----------------------------------------------------------------------------------- */

static bool cue(hs_interpreter *in, hs_cue what, uint64_t value)
{
    if (in->listener.cue) in->listener.cue(in->listener.context, what, value);
    return true;
}

/* Read "2", "0.5", "2s" or "500ms" in thousandths. `most` is in whole ones. */
static bool read_thousandths(const char *text, bool seconds, uint64_t most, uint64_t *out)
{
    uint64_t value = 0, scale = 1000;
    const char *c = text;
    for (; *c >= '0' && *c <= '9'; c++) {
        value = value * 10 + (uint64_t)(*c - '0') * 1000;
        if (value > most * 1000 * 1000) return false;
    }
    if (c == text) return false;
    if (*c == '.')
        for (c++; *c >= '0' && *c <= '9'; c++) value += (uint64_t)(*c - '0') * (scale /= 10);
    if (seconds && strcmp(c, "ms") == 0)
        value /= 1000, c += 2;
    else if (seconds && *c == 's')
        c++;
    *out = value;
    return *c == 0 && value <= most * 1000;
}

bool hs_run_pause(hs_interpreter *in, const hs_statement *s)
{
    (void)s;
    return cue(in, HS_CUE_PAUSE, 0);
}

bool hs_run_wait(hs_interpreter *in, const hs_statement *s)
{
    uint64_t milliseconds;
    if (read_thousandths(s->arguments[0].text, true, 3600, &milliseconds))
        return cue(in, HS_CUE_WAIT, milliseconds);
    return hs_fail_at(in, s->arguments[0].where, "this is no time to wait, up to an hour",
                      "wait 2s, wait 0.5s or wait 500ms");
}

bool hs_run_speed(hs_interpreter *in, const hs_statement *s)
{
    uint64_t thousandths;
    if (read_thousandths(s->arguments[0].text, false, 100, &thousandths) && thousandths >= 10)
        return cue(in, HS_CUE_SPEED, thousandths);
    return hs_fail_at(in, s->arguments[0].where, "a speed is a number from 0.01 to 100",
                      "speed 2 plays twice as fast, speed 0.5 half as fast");
}

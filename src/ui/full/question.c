/* SPDX-License-Identifier: MIT */
/* Questions on the full screen. A command waits for an answer, perhaps one of a script, while
 * libedit waits for a key. So the answer has a line of its own here, and the screen's loop is run
 * from here meanwhile. */
#include "ui/full/question.h"

#include "base/utf8.h"
#include "ui/full/keys.h"
#include "ui/full/lecture.h"
#include "ui/full/loop.h"
#include "ui/full/typed_text.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 128 };

typedef struct {
    enum {
        NONE,
        READING, /* what lies over the map is read before the question is asked */
        ASKING,
        ANSWERED,
        PASSED
    } now;
    bool on_map; /* a click will do */
    wchar_t typed[ROOM];
    size_t length;
    hs_addr from, to; /* the cell that was clicked */
} question;

static question *own(const hs_app *a)
{
    return hs_mode_own(a, &hs_mode_question);
}

static bool is_on(const hs_app *a)
{
    return own(a)->now == READING || own(a)->now == ASKING;
}

/* --- Reading -------------------------------------------------------------------------------- */

/* True if this key of a presenter's remote says that the overlay has been read, to its end. */
static bool has_been_read(const hs_app *a, wchar_t key)
{
    size_t end = a->state.overlay.skip + (size_t)a->places.overlay.rows;
    return key == KEY_NPAGE && hs_lecture_has_keys(a) && end >= a->places.overlay_rows;
}

static void read_on(hs_app *a, wchar_t key, bool special)
{
    if (special && key != KEY_ENTER && !has_been_read(a, key)) {
        hs_keys_look(a, key);
        return;
    }
    if (!special && key == CTRL_C) a->cancelled = true;
    hs_app_close_overlay(a);
}

/* Wait until what lies over the map has been read, such as why the last prediction was wrong. */
static void read_overlay(hs_app *a)
{
    own(a)->now = READING;
    while (a->state.overlay.open && !a->quit) {
        a->stale = true;
        if (!hs_loop_turn(a)) a->quit = true;
    }
    own(a)->now = NONE;
}

/* --- Answering ------------------------------------------------------------------------------ */

static void erase_last(question *q)
{
    if (q->length) q->length--;
}

static void answer(hs_app *a, wchar_t c)
{
    question *q = own(a);
    switch (c) {
    case L'\r':
    case L'\n': q->now = ANSWERED; break;
    case CTRL_C:
        a->cancelled = true;
        q->now = PASSED;
        break;
    case ESCAPE:
        if (!a->state.overlay.open) q->now = PASSED;
        hs_app_close_overlay(a);
        break;
    case 127:
    case 8: erase_last(q); break;
    default:
        if (c >= 32 && q->length < ROOM) q->typed[q->length++] = c;
    }
}

static void answer_by_special_key(hs_app *a, wchar_t key)
{
    question *q = own(a);
    if (key == KEY_ENTER)
        q->now = ANSWERED;
    else if (key == KEY_NPAGE && hs_lecture_has_keys(a)) /* for a remote has no other keys */
        q->now = PASSED;
    else if (key == KEY_BACKSPACE)
        erase_last(q);
    else
        hs_keys_look(a, key);
    if (a->quit) q->now = PASSED;
}

static bool take_key(hs_app *a, wchar_t key, bool special)
{
    if (own(a)->now == READING)
        read_on(a, key, special);
    else if (special)
        answer_by_special_key(a, key);
    else
        answer(a, key);
    return true;
}

/* The cell of the map under the mouse. */
static bool click(hs_app *a, int row, int column)
{
    question *q = own(a);
    if (q->now != ASKING || !q->on_map || a->state.overlay.open) return true;
    q->from = hs_map_address(hs_modes_stage(a), &a->places.plan, row - a->places.map.row,
                             column - a->places.map.column);
    q->to = q->from + a->places.plan.cell_bytes;
    if (q->from != HS_NULL) q->now = ANSWERED;
    return true;
}

/* --- Asking --------------------------------------------------------------------------------- */

bool hs_question_ask(void *context, const char *text, bool on_map, hs_reply *reply)
{
    hs_app *a = context;
    question *q = own(a);
    if (a->quit || a->cancelled || hs_lecture_jumps(a)) return false;
    read_overlay(a);
    if (a->quit || a->cancelled) return false;
    *q = (question){.now = ASKING, .on_map = on_map};
    hs_app_set_message(a, hs_app_copy(text), false);
    while (q->now == ASKING) {
        a->stale = true;
        if (hs_loop_turn(a)) continue;
        a->quit = true;
        q->now = PASSED;
    }
    bool answered = q->now == ANSWERED;
    q->now = NONE;
    a->stale = true;
    *reply = (hs_reply){.from = q->from, .to = q->to};
    if (answered && !reply->to) reply->text = hs_utf8_from_wide(q->typed, q->length);
    return answered;
}

bool hs_question_trusts(void *context, const char *wants, const char *text)
{
    hs_app *a = context;
    hs_reply reply = {0};
    hs_app_open_text(a, "A script wants more", hs_app_copy(wants), NULL);
    bool answered = hs_question_ask(context, text, false, &reply);
    bool yes =
        answered && reply.text && (strcmp(reply.text, "y") == 0 || strcmp(reply.text, "yes") == 0);
    free(reply.text);
    return yes;
}

/* --- What is to be seen of it --------------------------------------------------------------- */

static const char *hints(const hs_app *a)
{
    if (own(a)->now == READING) return NULL;
    return own(a)->on_map
               ? "Type the answer and Enter, or click on the block; Enter alone or Escape passes"
               : "Type the answer and Enter; Enter alone or Escape passes";
}

static int put_line(const hs_app *a, hs_pane p, int row)
{
    const question *q = own(a);
    if (q->now == READING) {
        hs_put(p, row, 0, HS_ROLE_KEY, "Enter goes on");
        return -1;
    }
    int column = hs_put(p, row, 0, HS_ROLE_KEY, "? ");
    return hs_put_typed(p, row, column, q->typed, q->length, q->length);
}

static void help(const hs_app *a, FILE *out)
{
    (void)a;
    fputs("\nAt a question\n"
          "  Enter        that is the answer; alone it passes, as Escape does\n"
          "  Mouse        click on a block, where an address is asked for\n"
          "  Ctrl-C       stop the command that asks\n",
          out);
}

const hs_mode hs_mode_question = {.name = "question",
                                  .own_size = sizeof(question),
                                  .alone = true,
                                  .on = is_on,
                                  .hints = hints,
                                  .line = put_line,
                                  .key = take_key,
                                  .click = click,
                                  .help = help};

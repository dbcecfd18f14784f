/* Questions to the user: the answer is typed at the bottom, or clicked on the map. */
#include "ui/full/app.h"

/* A command waits for an answer, perhaps one of a script, while libedit waits for a key: so the
 * answer has a line of its own here. */

static void erase_typed(app *a)
{
    if (a->question.length) a->question.length--;
}

static void type_answer(app *a, wchar_t c)
{
    size_t room = sizeof a->question.typed / sizeof *a->question.typed;
    if (c >= 32 && c != 127 && a->question.length < room)
        a->question.typed[a->question.length++] = c;
}

/* The cell of the map under the mouse. */
static bool click_answers(app *a)
{
    MEVENT event;
    if (getmouse(&event) != OK || !(event.bstate & BUTTON1_PRESSED)) return false;
    if (!a->question.on_map || a->state.overlay.open) return false;
    a->question.from = hs_map_address(hs_app_stage(a), &a->places.plan, event.y - a->places.map.row,
                                      event.x - a->places.map.column);
    a->question.to = a->question.from + a->places.plan.cell_bytes;
    return a->question.from != HS_NULL;
}

typedef enum { GOES_ON, ANSWERED, PASSED } asking;

static asking take_character(app *a, wchar_t c)
{
    switch (c) {
    case L'\r':
    case L'\n': return ANSWERED;
    case CTRL_C: a->question.cancelled = true; return PASSED;
    case ESCAPE:
        if (!a->state.overlay.open) return PASSED;
        hs_app_close_overlay(a);
        return GOES_ON;
    case 127:
    case 8: erase_typed(a); return GOES_ON;
    default: type_answer(a, c); return GOES_ON;
    }
}

static asking take_key(app *a, wchar_t key)
{
    if (key == KEY_MOUSE) return click_answers(a) ? ANSWERED : GOES_ON;
    if (key == KEY_ENTER) return ANSWERED;
    if (key == KEY_NPAGE && a->player.has_focus) return PASSED; /* a remote has no other keys */
    if (key == KEY_BACKSPACE)
        erase_typed(a);
    else
        hs_app_look_key(a, key);
    return a->quit ? PASSED : GOES_ON;
}

static asking await_answer(app *a)
{
    asking now = GOES_ON;
    while (now == GOES_ON) {
        wchar_t key;
        a->stale = true;
        hs_app_draw(a);
        switch (hs_app_read_key(a, -1, &key)) {
        case HS_READ_END: a->quit = true; return PASSED;
        case HS_READ_TIMEOUT: break;
        case HS_READ_WATCHED: hs_notes_let_in(a->notes); break;
        case HS_READ_KEY: now = take_key(a, key); break;
        case HS_READ_CHARACTER: now = take_character(a, key); break;
        }
    }
    return now;
}

/* Does this key of a presenter's remote mean that the overlay has been read, to its end? */
static bool has_been_read(const app *a, wchar_t key)
{
    size_t end = a->state.overlay.skip + (size_t)a->places.overlay.rows;
    return key == KEY_NPAGE && a->player.has_focus && end >= a->places.overlay_rows;
}

/* An answer is still laid over the map, such as why the last prediction was wrong: it stays until
 * it has been read. */
static void read_overlay(app *a)
{
    while (a->state.overlay.open && !a->quit) {
        wchar_t key;
        a->question.reading = true;
        a->stale = true;
        hs_app_draw(a);
        hs_read read = hs_app_read_key(a, -1, &key);
        if (read == HS_READ_END) a->quit = true;
        if (read == HS_READ_WATCHED) hs_notes_let_in(a->notes);
        bool done = read == HS_READ_KEY && (key == KEY_ENTER || has_been_read(a, key));
        if (read == HS_READ_KEY && !done) hs_app_look_key(a, key);
        if (read == HS_READ_CHARACTER && key == CTRL_C) a->question.cancelled = true;
        if (read == HS_READ_CHARACTER || done) hs_app_close_overlay(a);
    }
    a->question.reading = false;
}

bool hs_app_ask(void *context, const char *question, bool on_map, hs_reply *reply)
{
    app *a = context;
    if (a->quit || a->question.cancelled || a->player.jumps) return false;
    read_overlay(a);
    if (a->quit || a->question.cancelled) return false;
    memset(&a->question, 0, sizeof a->question);
    a->question.on = true;
    a->question.on_map = on_map;
    hs_app_set_message(a, hs_app_copy(question), false);
    asking how = await_answer(a);
    a->question.on = false;
    a->stale = true;
    *reply = (hs_reply){.from = a->question.from, .to = a->question.to};
    if (how == ANSWERED && !reply->to)
        reply->text = hs_utf8_from_wide(a->question.typed, a->question.length);
    return how == ANSWERED;
}

bool hs_app_trusts(void *context, const char *wants, const char *question)
{
    app *a = context;
    hs_reply reply = {0};
    hs_app_replace(&a->overlay_text, hs_app_copy(wants));
    hs_app_open_overlay(a, (hs_overlay){.title = "A script wants more", .text = a->overlay_text});
    bool answered = hs_app_ask(context, question, false, &reply);
    bool yes =
        answered && reply.text && (strcmp(reply.text, "y") == 0 || strcmp(reply.text, "yes") == 0);
    free(reply.text);
    return yes;
}

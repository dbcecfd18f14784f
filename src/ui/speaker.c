/* SPDX-License-Identifier: MIT */
/* The second terminal: what the speaker needs to see, and the audience must not.
 *
 *      2 Middle                            step 5 of 31     12:34
 *
 *      lines for the speaker
 *
 *      now   malloc 24
 *      next  free p1
 *      then  note: ... */
#include "base/clock.h"
#include "ui/ansi.h"
#include "ui/notes.h"
#include "ui/paint.h"
#include "ui/terminal.h"
#include "view/scene.h"

#include <curses.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CTRL_C = 3, CTRL_D = 4, CTRL_L = 12, CTRL_Z = 26, AGAIN = 500 };

typedef struct {
    int lecture; /* the connection to it; -1: there is none */
    bool met;    /* it has sent a state */
    hs_notes_message last;
    bool ascii;
} speaker;

static void elapsed_text(int64_t began, char *out, size_t size)
{
    int64_t seconds = (hs_clock() - began) / 1000;
    int hours = (int)(seconds / 3600), minutes = (int)(seconds / 60 % 60);
    if (hours)
        snprintf(out, size, "%d:%02d:%02d", hours, minutes, (int)(seconds % 60));
    else
        snprintf(out, size, "%d:%02d", minutes, (int)(seconds % 60));
}

/* --- Laying out ------------------------------------------------------------------------------ */

static void put_title(hs_pane p, const hs_notes_state *s)
{
    char right[96], elapsed[24];
    elapsed_text(s->began, elapsed, sizeof elapsed);
    snprintf(right, sizeof right, "step %" PRIu64 " of %" PRIu64 "   %s ", s->step, s->steps,
             elapsed);
    hs_fill(p, 0, 0, p.columns, HS_ROLE_TITLE, L' ');
    int room = p.columns - (int)strlen(right) - 1;
    hs_pane left = hs_pane_part(p, 0, 1, 1, room > 0 ? room : 0);
    int column = 0;
    if (s->section)
        column =
            hs_putf(left, 0, 0, HS_ROLE_TITLE, "%" PRIu64 "/%" PRIu64 " ", s->section, s->sections);
    hs_put(left, 0, column, HS_ROLE_TITLE, *s->title ? s->title : "heapscope");
    hs_put(p, 0, room + 1, HS_ROLE_TITLE, right);
}

/* A step with its label beside it; returns the row behind it. */
static int put_step(hs_pane p, int row, const char *label, const char *text, hs_role role, int most)
{
    if (row >= p.rows || !*text) return row;
    hs_put(p, row, 0, HS_ROLE_KEY, label);
    hs_pane body = hs_pane_part(p, 0, 6, p.rows, p.columns - 6);
    int rows = p.rows - row < most ? p.rows - row : most;
    return row + hs_put_wrapped(body, row, rows, role, text) + 1;
}

static void put_state(hs_pane p, const hs_notes_state *s)
{
    put_title(p, s);
    hs_pane body = hs_pane_part(p, 2, 0, p.rows - 2, p.columns);
    int row = 0, third = body.rows / 3 > 2 ? body.rows / 3 : 2;
    if (s->away)
        row = put_step(body, row, "away", "commands of your own: F5 comes back to the script",
                       HS_ROLE_ERROR, 1);
    row = put_step(body, row, " say ", s->speaker, HS_ROLE_NOTE, body.rows - 2 * third);
    row = put_step(body, row, " now ", s->now, HS_ROLE_DIM, third);
    row = put_step(body, row, "next ", *s->next ? s->next : "the end", HS_ROLE_TEXT, third);
    put_step(body, row, "then ", s->then, HS_ROLE_DIM, third);
}

static void compose(const speaker *v, hs_pane p)
{
    if (v->met)
        put_state(p, &v->last.state);
    else
        hs_put_wrapped(p, 0, p.rows, HS_ROLE_TEXT,
                       "Waiting for a lecture: heapscope FILE in another terminal. q ends this.");
    if (v->met && v->lecture < 0 && p.rows > 1)
        hs_put(p, p.rows - 1, 0, HS_ROLE_ERROR, "the lecture is out of reach; q ends this");
}

/* --- Following ------------------------------------------------------------------------------- */

/* Take in what arrived. False: the lecture is over. */
static bool take_in(speaker *v)
{
    bool spoken = hs_notes_receive(v->lecture, &v->last);
    if (!spoken) { /* this side fell behind and was let go, or the other one crashed */
        close(v->lecture);
        v->lecture = -1;
        return true;
    }
    if (!v->last.state.over) v->met = true;
    return !v->last.state.over;
}

static void draw(const speaker *v, hs_painter *painter, bool light)
{
    hs_scene *scene = hs_scene_new(LINES, COLS, v->ascii);
    compose(v, hs_pane_of(scene));
    hs_paint(painter, scene, light, 0, -1);
    hs_scene_free(scene);
}

/* A key; false: it ends the program. */
static bool take_key(hs_terminal *t, wchar_t key)
{
    if (key == CTRL_Z) hs_terminal_suspend(t);
    if (key == CTRL_L) hs_terminal_forget(t);
    return key != L'q' && key != CTRL_C && key != CTRL_D;
}

static void watch_screen(speaker *v, hs_terminal *t, bool light, hs_colour colour)
{
    hs_painter *painter = hs_painter_new(t, hs_colour_is_wanted(colour));
    for (bool more = true; more;) {
        wchar_t key;
        draw(v, painter, light);
        hs_terminal_watch(t, v->lecture);
        switch (hs_terminal_read(t, AGAIN, &key)) {
        case HS_READ_END: more = false; break;
        case HS_READ_CHARACTER: more = take_key(t, key); break;
        case HS_READ_WATCHED: more = take_in(v); break;
        case HS_READ_TIMEOUT:
            if (v->lecture < 0) v->lecture = hs_notes_join();
            break;
        case HS_READ_KEY: break;
        }
    }
    hs_painter_free(painter);
}

/* Without a terminal to draw on, print every state as text. */
static void watch_plain(speaker *v)
{
    for (bool more = true; more;) {
        struct pollfd wait = {.fd = v->lecture, .events = POLLIN};
        if (poll(&wait, 1, AGAIN) <= 0) {
            if (v->lecture < 0) v->lecture = hs_notes_join();
            continue;
        }
        more = take_in(v);
        if (!v->met || !more) continue;
        hs_scene *scene = hs_scene_new(24, 80, v->ascii);
        compose(v, hs_pane_of(scene));
        char *text = hs_scene_text(scene);
        size_t n = strlen(text);
        while (n > 0 && text[n - 1] == '\n') text[--n] = 0;
        hs_print(stdout, "%s\n\n", text);
        fflush(stdout);
        free(text);
        hs_scene_free(scene);
    }
}

int hs_notes_watch(bool ascii, bool light, hs_colour colour)
{
    speaker v = {.ascii = ascii, .lecture = hs_notes_join()};
    const char *term = getenv("TERM");
    char why[HS_WHY];
    bool screen =
        isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
    hs_terminal *t = screen ? hs_terminal_open(why) : NULL;
    if (t)
        watch_screen(&v, t, light, colour);
    else
        watch_plain(&v);
    int ended_by = t ? hs_terminal_end_signal(t) : 0;
    hs_terminal_close(t);
    if (v.met && v.last.state.over) hs_print(stdout, "The lecture is over.\n");
    if (v.lecture >= 0) close(v.lecture);
    free(v.last.bytes);
    if (ended_by) raise(ended_by); /* so that the shell learns which signal it was */
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Keys that act wherever one is: one table, which the help is made of, too. */
#include "ui/full/keys.h"

#include "base/memory.h"
#include "language/demos.h"
#include "ui/full/lecture.h"
#include "ui/full/map.h"
#include "ui/full/show.h"
#include "ui/full/trace.h"
#include "ui/full/travel.h"
#include "view/settings.h"

#include <curses.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Change the look: from dark to light, then to large (and light), then to dark. */
static void key_look(hs_app *a)
{
    bool large = hs_app_is_large(a);
    a->other_theme = a->light && large ? HS_THEME_DARK : HS_THEME_LIGHT;
    a->state.resized = true;
    a->state.large = a->light && !large;
}

static void key_quit(hs_app *a)
{
    a->quit = true;
}

static void key_play(hs_app *a)
{
    if (hs_lecture_is_open(a))
        hs_lecture_return(a);
    else
        hs_trace_return(a);
}

static void key_next(hs_app *a)
{
    hs_lecture_next(a);
}

static void page_up(hs_app *a)
{
    hs_modes_scroll(a, -1, true);
}

static void page_down(hs_app *a)
{
    hs_modes_scroll(a, 1, true);
}

static const char demos_list[] = "demos"; /* marks the list of demos where it lies over the map */
static const char help_text[] = "help";

static void show_demos(hs_app *a)
{
    hs_demos all = hs_demos_find();
    hs_app_open_text(a, "Demos", hs_demos_text(&all, "demos"), demos_list);
    hs_demos_free(&all);
}

/* Show the list of demos, and put the command that plays one at the prompt: only its number has to
 * be typed. */
static void key_demos(hs_app *a)
{
    hs_app_toggle_overlay(a, demos_list, show_demos);
    if (!a->state.overlay.open || hs_prompt_view(a->prompt).length || hs_modes_alone(a)) return;
    hs_modes_yield(a);
    hs_app_enqueue(a, L"demos ");
}

static void key_help(hs_app *a);

enum { FUNCTION_KEYS = 14 }; /* with Shift from 13 on, as terminals count */

/* Every key that is not the editor's, once: what it does and how the help says it. Those that show
 * a picture stand in the table of pictures. */
static const struct {
    int key;
    const char *name, *help;
    bool waits; /* it runs commands or travels, so it does nothing while a question waits */
    void (*act)(hs_app *);
} keys[] = {
    {KEY_F(1), "F1 or ?", "this help (? on an empty line)", false, key_help},
    {KEY_F(5), "F5", "back to the script, or the trace; there: play by itself, or pause", true,
     key_play},
    {KEY_F(6), "F6", "one step of the script", true, key_next},
    {KEY_F(7), "F7", "zoom out: more bytes in a row", false, hs_map_zoom_out},
    {KEY_F(8), "F8", "zoom in: fewer bytes in a row, down to single bytes", false, hs_map_zoom_in},
    {KEY_F(9), "F9", "dark, light, or large for projectors", false, key_look},
    {KEY_F(10), "F10", "quit (Ctrl-D on an empty line does, too)", false, key_quit},
    {KEY_F(11), "F11", "zoom to the whole heap", false, hs_map_zoom_to_fit},
    {KEY_F(13), "Shift-F1", "the lectures and demos, to play one by its number", false, key_demos},
    {KEY_PPAGE, "Page Up", "scroll the map, or what is laid over it, up", false, page_up},
    {KEY_NPAGE, "Page Down", "and down; the mouse wheel does, too", false, page_down},
    {KEY_BTAB, "Shift-Tab", "the zoom path: address space, heap, block, header; and out again",
     false, hs_map_zoom_path},
    {HS_KEY_SHIFT_LEFT, "Shift-Left", "inspect the byte on the left: a cursor on the map", false,
     hs_map_cursor_left},
    {HS_KEY_SHIFT_RIGHT, "Shift-Right", "the byte on the right", false, hs_map_cursor_right},
    {HS_KEY_SHIFT_UP, "Shift-Up", "the row above", false, hs_map_cursor_up},
    {HS_KEY_SHIFT_DOWN, "Shift-Down", "the row below", false, hs_map_cursor_down},
    {HS_KEY_ALT_UP, "Alt-Up", "time travel: one command back; or click on the bar in the title",
     true, hs_travel_back},
    {HS_KEY_ALT_DOWN, "Alt-Down", "one command forward", true, hs_travel_forward},
    {HS_KEY_ALT_LEFT, "Alt-Left", "the start of this block, or of the one before", false,
     hs_map_cursor_previous_block},
    {HS_KEY_ALT_RIGHT, "Alt-Right", "the next block", false, hs_map_cursor_next_block},
};

/* The picture that a function key shows; NULL: none. */
static const hs_picture *picture_of(int key)
{
    const hs_picture *p;
    for (size_t i = 0; (p = hs_picture_at(i)); i++)
        if (p->key && KEY_F(p->key) == key) return p;
    return NULL;
}

static void put_key(FILE *out, const char *name, const char *help)
{
    fprintf(out, "  %-12s %s\n", name, help);
}

/* Put the keys into the help: function keys in their order, then the others. */
static void put_keys(FILE *out)
{
    size_t n = sizeof keys / sizeof *keys;
    for (int f = 1; f <= FUNCTION_KEYS; f++) {
        const hs_picture *p = picture_of(KEY_F(f));
        char name[16];
        snprintf(name, sizeof name, f > 12 ? "Shift-F%d" : "F%d", f > 12 ? f - 12 : f);
        if (p) put_key(out, name, p->about);
        for (size_t i = 0; i < n; i++)
            if (keys[i].key == KEY_F(f)) put_key(out, keys[i].name, keys[i].help);
    }
    for (size_t i = 0; i < n; i++)
        if (keys[i].key < KEY_F(1) || keys[i].key > KEY_F(FUNCTION_KEYS))
            put_key(out, keys[i].name, keys[i].help);
}

static void show_help(hs_app *a)
{
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    fputs("Type a command and Enter: malloc 24, free p1, realloc p1 64, help.\n\nKeys\n", out);
    put_keys(out);
    fputs("  Escape       close what is laid over the map\n"
          "  Mouse        click a byte of the map to inspect it\n"
          "  Tab          complete the word; Ctrl-R searches the history\n"
          "  Ctrl-C       clear the line, or stop a long command\n",
          out);
    hs_modes_help(a, out);
    fputs("\nCommands\n", out);
    char *commands = hs_help_text(a->session, NULL);
    fputs(commands, out);
    free(commands);
    hs_text_end(out);
    hs_app_open_text(a, "Help", text, help_text);
}

static void key_help(hs_app *a)
{
    hs_app_toggle_overlay(a, help_text, show_help);
}

static bool act(hs_app *a, wchar_t key, bool looks)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].key == (int)key && !(looks && keys[i].waits)) {
            keys[i].act(a);
            return true;
        }
    const hs_picture *picture = picture_of((int)key);
    if (picture) hs_app_toggle_picture(a, picture);
    return picture;
}

void hs_keys_look(hs_app *a, wchar_t key)
{
    act(a, key, true);
}

static bool take_key(hs_app *a, wchar_t key, bool special)
{
    hs_prompt_line line = hs_prompt_view(a->prompt);
    if (special) return act(a, key, false);
    if (key != L'?' || line.length || line.search_length) return false;
    key_help(a);
    return true;
}

const hs_mode hs_mode_keys = {.name = "keys", .key = take_key};

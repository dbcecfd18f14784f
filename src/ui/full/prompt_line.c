/* SPDX-License-Identifier: MIT */
/* The line at the bottom: libedit has it, and gets what no mode in front of it has taken. */
#include "ui/full/prompt_line.h"

#include "base/memory.h"
#include "language/program.h"
#include "ui/full/typed_text.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    struct { /* lines of a statement whose { is still open */
        char *lines;
        size_t length, room;
        hs_opening so_far;
    } open;
    wchar_t *pasted; /* goes in as a whole: key by key, a long paste takes minutes */
    size_t pasted_length, pasted_room;
} prompt_line;

static prompt_line *own(const hs_app *a)
{
    return hs_mode_own(a, &hs_mode_prompt);
}

static bool is_searching(const hs_app *a)
{
    return hs_prompt_view(a->prompt).search_length > 0;
}

bool hs_prompt_line_is_idle(const hs_app *a)
{
    return !hs_prompt_view(a->prompt).length && !is_searching(a) && !own(a)->open.lines;
}

/* --- Statements of several lines ------------------------------------------------------------ */

static char *take_lines(prompt_line *l)
{
    char *lines = l->open.lines;
    memset(&l->open, 0, sizeof l->open);
    return lines;
}

void hs_prompt_line_forget(hs_app *a)
{
    free(take_lines(own(a)));
}

char *hs_prompt_line_add(hs_app *a, const char *line)
{
    prompt_line *l = own(a);
    size_t n = strlen(line);
    l->open.lines = hs_array_reserve(l->open.lines, &l->open.room, l->open.length + n + 2, 1);
    memcpy(l->open.lines + l->open.length, line, n);
    memcpy(l->open.lines + l->open.length + n, "\n", 2);
    l->open.length += n + 1;
    return hs_program_is_open(&l->open.so_far, l->open.lines, l->open.length) ? NULL
                                                                              : take_lines(l);
}

static void end(hs_app *a)
{
    hs_prompt_line_forget(a);
    free(own(a)->pasted);
}

/* --- A paste -------------------------------------------------------------------------------- */

static bool paste_is_on(const hs_app *a)
{
    return a->pasting || own(a)->pasted_length;
}

static void insert_pasted(hs_app *a)
{
    if (own(a)->pasted_length) hs_prompt_insert(a->prompt, own(a)->pasted);
    own(a)->pasted_length = 0;
}

/* Keep a pasted character. False for those that are keys even in a paste: the line's end, and all
 * of them while libedit searches. */
static bool keep_pasted(hs_app *a, wchar_t c)
{
    prompt_line *l = own(a);
    if (c == L'\r' || c == L'\n' || (!l->pasted_length && is_searching(a))) return false;
    if (c != L'\t' && (c < 32 || c == 127)) return true; /* lost: no key acts */
    l->pasted = hs_array_reserve(l->pasted, &l->pasted_room, l->pasted_length + 2, sizeof c);
    l->pasted[l->pasted_length++] = c == L'\t' ? L' ' : c;
    l->pasted[l->pasted_length] = 0;
    return true;
}

static bool take_pasted(hs_app *a, wchar_t key, bool special)
{
    if (!special && a->pasting && keep_pasted(a, key)) return true;
    insert_pasted(a);
    if (special || !a->pasting) return false;
    if (key == L'\r' || key == L'\n' || key == L'\t' || (key >= 32 && key != 127))
        hs_app_enqueue(a, (wchar_t[]){key == L'\t' ? L' ' : key, 0});
    return true;
}

const hs_mode hs_mode_paste = {
    .name = "paste", .types = true, .on = paste_is_on, .key = take_pasted, .settle = insert_pasted};

/* --- Keys ----------------------------------------------------------------------------------- */

/* Keys that the editor knows as xterm's escape sequences. */
static const struct {
    int key;
    const wchar_t *sequence;
} sequences[] = {
    {KEY_UP, L"\033[A"},
    {KEY_DOWN, L"\033[B"},
    {KEY_RIGHT, L"\033[C"},
    {KEY_LEFT, L"\033[D"},
    {KEY_HOME, L"\033[H"},
    {KEY_END, L"\033[F"},
    {HS_KEY_WORD_LEFT, L"\033[1;5D"},
    {HS_KEY_WORD_RIGHT, L"\033[1;5C"},
    {KEY_DC, L"\033[3~"},
    {KEY_BACKSPACE, L"\177"},
    {KEY_ENTER, L"\r"},
};

/* Give the editor a key that moves in the line, if the line is on show. */
static bool take_special(hs_app *a, wchar_t key)
{
    if (hs_modes_line(a) != &hs_mode_prompt) return false;
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
        if (sequences[i].key == (int)key) {
            hs_app_enqueue(a, sequences[i].sequence);
            return true;
        }
    return false;
}

/* Take a character that no mode in front has taken: it is typed here, whoever had the keys. */
static bool take_key(hs_app *a, wchar_t key, bool special)
{
    bool begins = special && key == HS_KEY_PASTE_BEGIN;
    if (begins || (special && key == HS_KEY_PASTE_END)) {
        a->pasting = begins;
        if (begins) hs_modes_yield(a);
        a->stale = true;
        return true;
    }
    if (special) return take_special(a, key);
    if (hs_modes_line(a) != &hs_mode_prompt) {
        hs_modes_yield(a);
        a->stale = true;
    }
    hs_app_enqueue(a, (wchar_t[]){key ? key : L' ', 0}); /* a NUL would end the line for libedit */
    return true;
}

static const char *hints(const hs_app *a)
{
    (void)a;
    return "F1 help  F2 blocks  F3 free  F4 stats  F7 F8 zoom  F12 plot  PgUp PgDn  F10 quit";
}

/* --- The line ------------------------------------------------------------------------------- */

static int put_line(const hs_app *a, hs_pane p, int row)
{
    hs_prompt_line line = hs_prompt_view(a->prompt);
    int column = hs_put(p, row, 0, HS_ROLE_DIM, own(a)->open.lines ? "... " : "> ");
    if (!line.search_length)
        return hs_put_typed(p, row, column, line.text, line.length, line.cursor);
    column = hs_put_typed(p, row, column, line.search, line.search_length, line.search_length);
    hs_put_typed(p, row, column + 3, line.text, line.length, line.cursor);
    return column;
}

const hs_mode hs_mode_prompt = {.name = "prompt",
                                .own_size = sizeof(prompt_line),
                                .types = true,
                                .hints = hints,
                                .line = put_line,
                                .key = take_key,
                                .end = end};

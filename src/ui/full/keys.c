/* Keys and mouse: one table of keys that act, and the way of every character to whom it is for. */
#include "ui/full/app.h"
#include "view/pictures.h"
#include "view/plot.h"

static void toggle(app *a, const hs_picture *picture)
{
    bool open = a->state.overlay.open && a->state.overlay.picture == picture;
    hs_subject of = hs_interpreter_subject(a->interpreter);
    hs_app_close_overlay(a);
    if (!open) hs_app_show(a, picture, &of);
    a->overlay_by_key = !open;
}

static void key_blocks(app *a)
{
    toggle(a, &hs_picture_blocks);
}

static void key_free_list(app *a)
{
    toggle(a, &hs_picture_free_list);
}

static void key_stats(app *a)
{
    toggle(a, &hs_picture_stats);
}

static void key_plot(app *a)
{
    toggle(a, &hs_picture_plot);
}

static void key_shape(app *a)
{
    toggle(a, &hs_picture_shape);
}

/* Dark, then light, then large (and light), then dark again. */
static void key_look(app *a)
{
    bool large = hs_app_is_large(a);
    a->other_theme = a->light && large ? HS_THEME_DARK : HS_THEME_LIGHT;
    a->state.resized = true;
    a->state.large = a->light && !large;
}

static void key_quit(app *a)
{
    a->quit = true;
}

static void key_play(app *a)
{
    if (!a->player.script)
        hs_app_return_to_trace(a);
    else if (a->player.has_focus)
        hs_player_play(&a->player);
    else
        hs_player_return(&a->player);
}

/* By itself, or at a key: then the pace is the speaker's from there on. The steps of an address
 * space on show come before the script's next one. */
static void step_on(app *a)
{
    if (a->player.has_focus && hs_app_next_space_step(a)) {
        hs_player_rest(&a->player, a->message);
        return;
    }
    hs_player_on(&a->player);
    hs_app_say_the_end(a);
}

void hs_app_key_next(app *a)
{
    hs_player_pause(&a->player);
    step_on(a);
}

void hs_app_key_back(app *a)
{
    hs_player_back(&a->player);
}

static void key_home(app *a)
{
    hs_player_home(&a->player);
}

static void key_end(app *a)
{
    hs_player_end(&a->player);
    hs_app_say_the_end(a);
}

static void key_help(app *a);
static void key_demos(app *a);
static void travel_back(app *a);
static void travel_forward(app *a);

/* Every key that is not the editor's, once: what it does and how the help says it. */
static const struct {
    int key;
    const char *name, *help;
    void (*act)(app *);
} keys[] = {
    {KEY_F(1), "F1 or ?", "this help (? on an empty line)", key_help},
    {KEY_F(2), "F2", "all blocks", key_blocks},
    {KEY_F(3), "F3", "the free blocks in their own order", key_free_list},
    {KEY_F(4), "F4", "the ledger and all measures", key_stats},
    {KEY_F(5), "F5", "back to the script, or the trace; there: play by itself, or pause", key_play},
    {KEY_F(6), "F6", "one step of the script", hs_app_key_next},
    {KEY_F(7), "F7", "zoom out: more bytes in a row", hs_app_zoom_out},
    {KEY_F(8), "F8", "zoom in: fewer bytes in a row, down to single bytes", hs_app_zoom_in},
    {KEY_F(9), "F9", "dark, light, or large for projectors", key_look},
    {KEY_F(10), "F10", "quit (Ctrl-D on an empty line does, too)", key_quit},
    {KEY_F(11), "F11", "zoom to the whole heap", hs_app_zoom_to_fit},
    {KEY_F(12), "F12", "the heap over time", key_plot},
    {KEY_F(13), "Shift-F1", "the lectures and demos, to play one by its number", key_demos},
    {KEY_F(14), "Shift-F2", "the shape of memory: what lived where, and when", key_shape},
    {KEY_PPAGE, "Page Up", "scroll the map, or what is laid over it, up", hs_app_page_up},
    {KEY_NPAGE, "Page Down", "and down; the mouse wheel does, too", hs_app_page_down},
    {KEY_BTAB, "Shift-Tab", "the zoom path: address space, heap, block, header; and out again",
     hs_app_zoom_path},
    {HS_KEY_SHIFT_LEFT, "Shift-Left", "inspect the byte on the left: a cursor on the map",
     hs_app_cursor_left},
    {HS_KEY_SHIFT_RIGHT, "Shift-Right", "the byte on the right", hs_app_cursor_right},
    {HS_KEY_SHIFT_UP, "Shift-Up", "the row above", hs_app_cursor_up},
    {HS_KEY_SHIFT_DOWN, "Shift-Down", "the row below", hs_app_cursor_down},
    {HS_KEY_ALT_UP, "Alt-Up", "time travel: one command back; or click on the bar in the title",
     travel_back},
    {HS_KEY_ALT_DOWN, "Alt-Down", "one command forward", travel_forward},
    {HS_KEY_ALT_LEFT, "Alt-Left", "the start of this block, or of the one before",
     hs_app_cursor_previous_block},
    {HS_KEY_ALT_RIGHT, "Alt-Right", "the next block", hs_app_cursor_next_block},
};

static void key_help(app *a)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) abort();
    fputs("Type a command and Enter: malloc 24, free p1, realloc p1 64, help.\n\nKeys\n", out);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        fprintf(out, "  %-12s %s\n", keys[i].name, keys[i].help);
    fputs("  Escape       close what is laid over the map\n"
          "  + and -      zoom in the shape of memory; arrows move, Enter goes to that moment\n"
          "  Mouse        click a byte of the map to inspect it\n"
          "  Tab          complete the word; Ctrl-R searches the history\n"
          "  Ctrl-C       clear the line, or stop a long command\n"
          "\nIn a script\n"
          "  Space        the next step; Page Down, Right, Down too\n"
          "  Page Up      the step before; Left, Up, Backspace too\n"
          "  Home, End    its start, its end\n"
          "  p            play by itself, or pause\n"
          "  Enter        type commands, as any other letter does; F5 comes back to the script\n"
          "  q            end it\n",
          out);
    for (size_t i = 1; i <= 9 && hs_player_section_title(&a->player, i); i++)
        fprintf(out, "  %zu            %s\n", i, hs_player_section_title(&a->player, i));
    fputs("\nIn a trace\n"
          "  Space        the next request; Right, Down too\n"
          "  Left         the request before; Up, Backspace too\n"
          "  + and -      ten times as many requests at a time, or a tenth\n"
          "  Page Down    so many requests on; Page Up: back\n"
          "  Home, End    before the first request, behind the last one\n"
          "  p            play by itself, or pause\n"
          "  n            `find` again what was looked for last\n"
          "  Enter        type commands, as any other letter does; F5 comes back to the trace\n",
          out);
    fputs("\nCommands\n", out);
    char *commands = hs_help_text(a->session, NULL);
    fputs(commands, out);
    free(commands);
    fclose(out);
    bool open = a->state.overlay.open && a->overlay_text && strcmp(a->overlay_text, text) == 0;
    hs_app_close_overlay(a);
    hs_app_replace(&a->overlay_text, text);
    if (!open) hs_app_open_overlay(a, (hs_overlay){.title = "Help", .text = a->overlay_text});
    a->overlay_by_key = !open;
}

/* Go to a moment, and say what was done there. */
void hs_app_go(app *a, hs_moment m)
{
    hs_problem problem;
    uint64_t count = m.count;
    hs_app_end_slow_motion(a);
    if (hs_app_shape_is_on_show(a)) a->shape.command = count; /* it shows where that is */
    if (!hs_overlay_goes_along(&a->state.overlay)) hs_app_close_overlay(a);
    a->began = a->shown = hs_player_clock();
    if (!hs_interpreter_go(a->interpreter, m, &problem)) {
        hs_app_set_message(a, hs_app_copy(problem.what), true);
        a->trace.playing = false;
        return;
    }
    hs_app_keep(a);
    a->state.follow = true;
    a->state.error = false;
    hs_app_replace(&a->command, NULL);
    hs_app_set_message(a, count ? hs_explain(a->session) : hs_app_copy("the beginning"), false);
    if (a->message && !*a->message)
        hs_app_set_message(a, hs_session_record_text(a->session, count - 1), false);
}

void hs_app_travel(app *a, uint64_t count)
{
    hs_app_go(a, (hs_moment){hs_session_moment(a->session).branch, count});
}

static void travel_back(app *a)
{
    uint64_t count = hs_session_moment(a->session).count;
    if (count) hs_app_travel(a, count - 1);
}

static void travel_forward(app *a)
{
    hs_moment m = hs_session_moment(a->session);
    if (m.count < hs_session_branch_count(a->session, m.branch)) hs_app_travel(a, m.count + 1);
}

/* A click on the bar in the title. */
static void scrub_to(app *a, int column)
{
    hs_pane bar = a->places.bar;
    uint64_t end = hs_session_branch_count(a->session, hs_session_moment(a->session).branch);
    if (column < bar.column || column >= bar.column + bar.columns) return;
    hs_app_travel(a, (uint64_t)(column - bar.column) * end / (uint64_t)(bar.columns - 1));
}

/* A click on the graph over time, where it is one of a trace. */
static bool jump_in_plot(app *a, int row, int column)
{
    uint64_t request;
    hs_pane p = a->places.overlay;
    bool on_plot = a->state.overlay.open && a->state.overlay.picture == &hs_picture_plot;
    if (!on_plot || row < p.row || !hs_plot_request(a->session, p, column - p.column, &request))
        return false;
    hs_app_travel(a, request);
    return true;
}

static void act_on_mouse(app *a)
{
    MEVENT event;
    if (getmouse(&event) != OK) return;
    if (event.bstate & BUTTON4_PRESSED) hs_app_scroll_by(a, -3);
    if (event.bstate & BUTTON5_PRESSED) hs_app_scroll_by(a, 3);
    if (event.bstate & BUTTON1_PRESSED && event.y == 0 && a->places.bar.columns > 0) {
        scrub_to(a, event.x);
        return;
    }
    if (event.bstate & BUTTON1_PRESSED && jump_in_plot(a, event.y, event.x)) return;
    if (event.bstate & BUTTON1_PRESSED && hs_app_click_shape(a, event.y, event.x)) return;
    if (!(event.bstate & BUTTON1_PRESSED) || a->state.overlay.open) return;
    hs_app_inspect(a, hs_map_address(hs_app_stage(a), &a->places.plan, event.y - a->places.map.row,
                                     event.x - a->places.map.column));
}

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

static void enqueue(app *a, const wchar_t *text)
{
    for (; *text && a->queued < QUEUE; text++) a->queue[a->queued++] = *text;
}

/* The list, and at the prompt the command that plays one: only its number is to be typed. */
static void key_demos(app *a)
{
    bool open = a->state.overlay.open && strcmp(a->state.overlay.title, "Demos") == 0;
    hs_app_close_overlay(a);
    if (open) return;
    hs_demos all = hs_demos_find();
    hs_app_replace(&a->overlay_text, hs_demos_text(&all, "demos"));
    hs_demos_free(&all);
    hs_app_open_overlay(a, (hs_overlay){.title = "Demos", .text = a->overlay_text});
    a->stale = true;
    if (a->question.on || hs_prompt_view(a->prompt).length) return;
    a->player.has_focus = a->player.playing = false;
    enqueue(a, L"demos ");
}

/* Remotes for presentations send Page Up and Page Down, or arrows. */
static const struct {
    wchar_t key;
    bool special;
    bool at_end; /* even when the prompt has the keys, at the script's end */
    void (*act)(app *);
} lecture_keys[] = {
    {L' ', false, true, hs_app_key_next},
    {KEY_NPAGE, true, true, hs_app_key_next},
    {KEY_RIGHT, true, false, hs_app_key_next},
    {KEY_DOWN, true, false, hs_app_key_next},
    {KEY_PPAGE, true, true, hs_app_key_back},
    {KEY_LEFT, true, false, hs_app_key_back},
    {KEY_UP, true, false, hs_app_key_back},
    {KEY_BACKSPACE, true, false, hs_app_key_back},
    {127, false, false, hs_app_key_back},
    {8, false, false, hs_app_key_back},
    {KEY_HOME, true, true, key_home},
    {KEY_END, true, true, key_end},
    {L'p', false, false, key_play},
};

/* What the speaker laid over the map scrolls; what the script did is a step like any other. */
static bool scrolls(const app *a, wchar_t key)
{
    return a->state.overlay.open && a->overlay_by_key && (key == KEY_NPAGE || key == KEY_PPAGE);
}

/* Nothing was typed, and nothing is searched for. */
static bool is_idle(const app *a)
{
    hs_prompt_line line = hs_prompt_view(a->prompt);
    return line.length == 0 && line.search_length == 0 && !a->open.lines;
}

static bool take_lecture_key(app *a, wchar_t key, bool special)
{
    bool at_end = hs_app_script_is_at_hand(a) && is_idle(a);
    if (!(a->player.has_focus || at_end) || (special && scrolls(a, key))) return false;
    for (size_t i = 0; i < sizeof lecture_keys / sizeof *lecture_keys; i++)
        if (lecture_keys[i].key == key && lecture_keys[i].special == special &&
            (a->player.has_focus || lecture_keys[i].at_end)) {
            lecture_keys[i].act(a);
            return true;
        }
    return false;
}

static void act_on_key(app *a, wchar_t key)
{
    if (a->slow.on && !scrolls(a, key) && hs_app_take_slow_key(a, key, true)) return;
    if (hs_app_take_space_key(a, key, true)) return;
    if (hs_app_take_shape_key(a, key, true)) return;
    if (key == HS_KEY_PASTE_BEGIN || key == HS_KEY_PASTE_END)
        a->pasting = key == HS_KEY_PASTE_BEGIN;
    if (key == HS_KEY_PASTE_BEGIN)
        a->player.has_focus = a->player.playing = a->trace.has_focus = a->trace.playing = false;
    if (key == KEY_MOUSE) act_on_mouse(a);
    if (take_lecture_key(a, key, true) || hs_app_take_trace_key(a, key, true)) return;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].key == key) keys[i].act(a);
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
        if (sequences[i].key == key) enqueue(a, sequences[i].sequence);
}

/* Escape closes what is open; with a character right behind it, it is Alt, and the editor's. */
static bool take_escape(app *a)
{
    wchar_t next;
    if (!a->state.overlay.open && !a->state.cursor) return false;
    hs_read read = hs_app_read_key(a, 0, &next);
    if (read == HS_READ_CHARACTER) {
        enqueue(a, (wchar_t[]){next, 0});
        return false;
    }
    hs_app_close_overlay(a);
    if (read == HS_READ_KEY) act_on_key(a, next);
    return true;
}

/* While the player has the keys. True: the key was its own; else the prompt takes over. */
static bool take_player_key(app *a, wchar_t c)
{
    if (c >= L'1' && c <= L'9') {
        hs_player_go_to_section(&a->player, (size_t)(c - L'0'));
        return true;
    }
    switch (c) {
    case L'q': hs_app_close_script(a); return true;
    case CTRL_C:
    case ESCAPE:
    case L'\r':
    case L'\n': a->player.has_focus = a->player.playing = false; return true;
    default:
        if (c < 32) return true;
        a->player.has_focus = a->player.playing = false;
        return false;
    }
}

static bool is_searching(const app *a)
{
    return hs_prompt_view(a->prompt).search_length > 0;
}

/* Keep a pasted character for insert_pasted; false for those that are keys even so: the line's
 * end, and all while libedit searches. */
static bool take_pasted(app *a, wchar_t c)
{
    if (!a->pasting || c == L'\r' || c == L'\n') return false;
    if (!a->pasted_length && is_searching(a)) return false;
    if (c != L'\t' && (c < 32 || c == 127)) return true; /* lost: no key acts */
    a->pasted = hs_array_reserve(a->pasted, &a->pasted_room, a->pasted_length + 2, sizeof c);
    a->pasted[a->pasted_length++] = c == L'\t' ? L' ' : c;
    a->pasted[a->pasted_length] = 0;
    return true;
}

static void insert_pasted(app *a)
{
    if (a->pasted_length) hs_prompt_insert(a->prompt, a->pasted);
    a->pasted_length = 0;
}

/* A character that was typed: true when the editor gets it. */
static bool for_editor(app *a, wchar_t c)
{
    hs_prompt_line line = hs_prompt_view(a->prompt);
    if (a->pasting) /* no key acts */
        return c == L'\r' || c == L'\n' || c == L'\t' || (c >= 32 && c != 127);
    if (c == CTRL_L) {
        hs_terminal_forget(a->terminal);
        return false;
    }
    if (c == CTRL_Z) {
        hs_terminal_suspend(a->terminal);
        return false;
    }
    if (a->slow.on) {
        if (!hs_app_take_slow_key(a, c, false))
            hs_app_end_slow_motion(a);
        else
            return false;
    }
    if (hs_app_take_space_key(a, c, false)) return false;
    if (hs_app_take_shape_key(a, c, false)) return false;
    if (c == ESCAPE && take_escape(a)) return false;
    if (take_lecture_key(a, c, false) || hs_app_take_trace_key(a, c, false)) return false;
    if (a->player.has_focus && take_player_key(a, c)) return false;
    if (c == L'?' && line.length == 0 && !line.search_length) {
        key_help(a);
        return false;
    }
    return true;
}

static hs_key give(app *a, wchar_t c, wchar_t *out)
{
    if (c == CTRL_C) {
        a->stale = true;
        hs_app_close_overlay(a);
        return HS_KEY_CANCEL;
    }
    if (c == 0 || (c == L'\t' && a->pasting)) c = L' '; /* a NUL would end the line for libedit */
    *out = c;
    return HS_KEY_CHARACTER;
}

hs_key hs_app_next_char(void *context, wchar_t *out)
{
    app *a = context;
    for (;;) {
        wchar_t key;
        if (a->quit || hs_interpreter_has_quit(a->interpreter)) return HS_KEY_END;
        if (a->queued) {
            key = a->queue[0];
            memmove(a->queue, a->queue + 1, --a->queued * sizeof *a->queue);
            return give(a, key, out);
        }
        if (!hs_app_key_is_pending(a)) {
            insert_pasted(a);
            hs_journal_sync(a->config->journal); /* what is answered is kept */
            hs_app_draw(a);
        }
        bool played = a->player.has_focus || a->slow.on || a->trace.has_focus;
        int wait = hs_player_wait(&a->player), traces = wait < 0 ? hs_app_trace_wait(a) : -1;
        bool looks = wait < 0 && traces < 0 && hs_app_is_live(a);
        if (traces >= 0) wait = traces;
        switch (hs_app_read_key(a, looks ? LOOK_EVERY : wait, &key)) {
        case HS_READ_END: return HS_KEY_END;
        case HS_READ_TIMEOUT:
            if (traces >= 0 && !hs_app_trace_goes_on(a)) continue;
            if (traces >= 0) break;
            if (looks)
                hs_app_look_again(a);
            else
                step_on(a);
            break;
        case HS_READ_WATCHED: hs_notes_let_in(a->notes); continue;
        case HS_READ_KEY:
            insert_pasted(a);
            act_on_key(a, key);
            if (a->queued) continue; /* an arrow or the like: the editor's */
            break;
        case HS_READ_CHARACTER:
            if (take_pasted(a, key)) continue;
            insert_pasted(a);
            if (for_editor(a, key)) {
                a->stale |= played;
                return give(a, key, out);
            }
            break;
        }
        a->stale = true;
    }
}

void hs_app_show_completions(void *context, const hs_completions *c)
{
    app *a = context;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) abort();
    for (size_t i = 0; i < c->kept; i++) fprintf(out, "%s%s", i ? "  " : "", c->items[i].text);
    if (c->kept < c->count) fprintf(out, "  ... %" PRIu64 " more", c->count - c->kept);
    fclose(out);
    hs_app_replace(&a->command, NULL);
    hs_app_set_message(a, text, false);
    a->stale = true;
}

/* Keys that only look at something act as ever; those that run commands or travel do nothing. */
void hs_app_look_key(app *a, wchar_t key)
{
    void (*const waiting[])(app *) = {key_play, hs_app_key_next, travel_back, travel_forward};
    for (size_t i = 0; i < sizeof waiting / sizeof *waiting; i++)
        for (size_t j = 0; j < sizeof keys / sizeof *keys; j++)
            if (keys[j].key == (int)key && keys[j].act == waiting[i]) return;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].key == (int)key) keys[i].act(a);
}

/* SPDX-License-Identifier: MIT */
/* Full screens as text, for golden files. A scene is a script, a size and a character set:
 *
 *      scene --list     the names
 *      scene NAME       purpose, script, the screen, and where asked for its roles as letters
 *
 * The script is run as if it were typed: notes become the caption, answers and errors the message,
 * `stats` and the like an overlay. Give every scene one purpose, and keep them few. */
#include "base/memory.h"
#include "language/interpreter.h"
#include "view/address_space.h"
#include "view/explanation.h"
#include "view/screen.h"
#include "view/segments.h"
#include "view/theme.h"

#include <ctype.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UTF8 = 0, ASCII = 1 };
enum { TEXT = 0, ROLES = 1 };

typedef struct {
    const char *name, *purpose;
    int columns, rows;
    bool ascii, roles;
    const char *script;
} golden;

#define FOUR_BLOCKS "malloc 24; malloc 40; malloc 16; free p2; malloc 8\n"
#define HOLES       "malloc 96; malloc 8; malloc 32; malloc 8; malloc 64; malloc 8; free p1; free p3\n"
#define CHURN       "random 60 seed 1\n"

/* clang-format off */
static const golden scenes[] = {
    {"start", "what a lecture begins with: an empty heap, no message",
     80, 24, UTF8, TEXT, ""},
    {"caption", "narration above the map, what the last command did below, changes marked",
     80, 24, UTF8, ROLES, FOUR_BLOCKS "note \"First fit takes the first hole that is large enough.\"\nmalloc 4\n"},
    {"caption-ascii", "the same screen with ASCII glyphs",
     80, 24, ASCII, TEXT, FOUR_BLOCKS "note \"First fit takes the first hole that is large enough.\"\nmalloc 4\n"},
    {"refused", "an error, with its place and a hint",
     80, 24, UTF8, ROLES, FOUR_BLOCKS "free p2\n"},
    {"footers", "boundary tags and next fit's rover",
     120, 40, UTF8, ROLES, "allocator next-fit; set footer on\n" FOUR_BLOCKS},
    {"links", "an explicit free list: links in the free blocks, status bits by their names",
     80, 24, UTF8, ROLES, "allocator explicit\n" FOUR_BLOCKS "free p1; free p3\n"},
    {"bump", "a heap without headers: padding, dead blocks, the bump pointer",
     80, 24, UTF8, ROLES, "allocator bump\n" FOUR_BLOCKS "malloc 3; free p1\n"},
    {"damage", "a write past the end breaks the chain of headers",
     120, 40, UTF8, ROLES, FOUR_BLOCKS "write p1 \"abcdefghijklmnopqrstuvwxyz, once more\"\n"},
    {"stats", "the ledger laid over the map",
     80, 24, UTF8, TEXT, FOUR_BLOCKS "stats\n"},
    {"buddies", "the tree of halves over the heap, and the lists",
     80, 24, UTF8, ROLES, "allocator buddy; heap 1k\nmalloc 20; malloc 100; malloc 50; malloc 200; free p2; free-list\n"},
    {"tree-ascii", "the tree of free blocks with ASCII branches",
     80, 24, ASCII, TEXT, "allocator tree; random 120 seed 3; free-list\n"},
    {"plot", "the heap over time laid over the map",
     80, 24, UTF8, ROLES, "random 400 seed 1; plot\n"},
    {"plot-ascii", "the same with ASCII glyphs, in fewer rows",
     80, 14, ASCII, TEXT, "random 400 seed 1; plot\n"},
    {"shape", "the shape of memory: what lived where, and when",
     80, 24, UTF8, ROLES, "random 700 seed 1; goto 500; shape\n"},
    {"shape-ascii", "the same of a few commands, each several columns wide, in fewer rows",
     80, 14, ASCII, TEXT, "repeat 3 { a = malloc 100; malloc 24; free a }; shape\n"},
    {"shape-wide", "a long run on a large terminal, from samples",
     200, 50, UTF8, TEXT, "allocator tlsf; random 20000 seed 3; shape\n"},
    {"process", "the address space with the heap in it, laid over the map",
     120, 40, UTF8, ROLES, "malloc 3000; address-space\n"},
    {"process-ascii", "the same with ASCII glyphs, and without room for all of it",
     80, 24, ASCII, TEXT, "malloc 3000; address-space\n"},
    {"segments", "the small machine: registers, address spaces with their gaps, physical memory",
     80, 24, UTF8, ROLES, "malloc 24; mmu segmentation 4 memory 8k; process vi heap 300; process vi2 share vi; swap vi\nnote \"The code is in memory once.\"\nsegments\n"},
    {"segments-memory", "a large memory, of which the OS has nearly all that is in use",
     80, 24, UTF8, TEXT, "mmu segmentation 4 memory 1M; process a code 64 heap 64 stack 64; segments\n"},
    {"segments-ascii", "pages and frames with ASCII glyphs, on a small screen, cut",
     60, 14, ASCII, TEXT, "mmu paging; process vi heap 300; segments\n"},
    {"blocks", "a long list laid over the map, cut",
     80, 24, UTF8, TEXT, CHURN "blocks\n"},
    {"inspect", "one address explained",
     80, 24, UTF8, TEXT, FOUR_BLOCKS "inspect p1 - 8\n"},
    {"coarse", "a cell of several pages, shaded by how much of it is live",
     120, 40, UTF8, ROLES, "heap 16M max 16M\nrepeat 90 { malloc 99000 }\nfree p3; free p40; malloc 1000000\n"},
    {"coarse-ascii", "the same with ASCII glyphs, and one row for 256 KiB",
     80, 24, ASCII, TEXT, "heap 16M max 16M\nset zoom 256k\nrepeat 90 { malloc 99000 }\nfree p3; free p40; malloc 1000000\n"},
    {"large", "for a projector: few bytes, wide cells, high rows, a framed caption",
     80, 24, UTF8, ROLES, "set size large\n" FOUR_BLOCKS "note \"First fit takes the first hole that is large enough.\"\nmalloc 4\n"},
    {"large-ascii", "the same with bytes in hex, for 16 of them have room in a row",
     80, 24, ASCII, TEXT, "set size large; heap 64\nmalloc 9\nask \"How large is the block?\"\n"},
    {"small", "a small window: what matters most stays",
     40, 12, UTF8, TEXT, FOUR_BLOCKS},
    {"tiny", "the smallest window that shows a map",
     20, 5, UTF8, TEXT, FOUR_BLOCKS},
    {"wide", "a large terminal: bytes in hex, panels beside the map",
     200, 50, UTF8, TEXT, CHURN "p = malloc 20; write p \"hello, heap\"\n"},
    {"split", "two allocators side by side on a small terminal: one above the other",
     80, 24, UTF8, ROLES, "heap 512 max 512\n" HOLES "split first-fit best-fit\nmalloc 24\n"},
    {"split-cut", "four allocators on a small terminal: what is cut is named",
     80, 24, ASCII, TEXT, "heap 512 max 512\n" HOLES "split first-fit best-fit bump buddy\nmalloc 24\n"},
    {"split-wide", "four allocators on a large terminal, after something that one of them refuses",
     200, 50, UTF8, TEXT, "heap 512 max 512\n" HOLES "split first-fit best-fit worst-fit buddy\nmalloc 24; malloc 96; free 0x107000008\n"},
    {"wall", "a projector's wall",
     400, 100, UTF8, TEXT, CHURN},
};
/* clang-format on */
enum { SCENES = sizeof scenes / sizeof *scenes };

/* --- A session, played as the full screen plays it -------------------------------------------- */

typedef struct {
    hs_session *session;
    hs_interpreter *in;
    hs_screen_state state;
    char *caption, *message; /* owned; the state points to them */
} stage;

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(hs_new(size, 1), text, size);
}

static void set_message(stage *g, char *text, bool error)
{
    free(g->message);
    g->state.message = g->message = text;
    g->state.error = error;
}

static void say(void *context, hs_voice voice, const char *text)
{
    stage *g = context;
    g->state.question = voice == HS_SAY_QUESTION;
    if (voice != HS_SAY_NOTE && voice != HS_SAY_QUESTION) {
        set_message(g, copy(text), voice == HS_SAY_ERROR);
        return;
    }
    free(g->caption);
    g->state.caption = g->caption = copy(text);
}

static void show(void *context, const hs_picture *picture, const hs_subject *of)
{
    hs_overlay *o = &((stage *)context)->state.overlay;
    *o = (hs_overlay){.title = picture->title, .picture = picture, .of = *of};
    o->of.own = NULL;
    o->open = !(picture->flags & HS_SHOWS_LANES);
}

static void performed(void *context, const char *summary)
{
    stage *g = context;
    const hs_lockstep *l = hs_interpreter_lockstep(g->in);
    char *text = summary ? copy(summary) : l ? hs_lanes_explain(l) : hs_explain(g->session);
    set_message(g, text, false);
    g->state.follow = true;
}

static hs_scene *compose(const golden *what)
{
    hs_problem problem;
    hs_heap_config config = {HS_HEAP_INITIAL, HS_HEAP_MAXIMUM};
    stage g = {.session = hs_session_new("implicit", &config, &problem),
               .state.keys = "(key hints)"};
    if (!g.session) return fprintf(stderr, "%s\n", problem.what), NULL;
    hs_listener listener = {.context = &g, .say = say, .show = show, .performed = performed};
    hs_interpreter *in = g.in = hs_interpreter_new(g.session, &listener);
    hs_interpreter_run(in, NULL, 1, what->script, strlen(what->script));
    g.state.lockstep = hs_interpreter_lockstep(in);
    hs_scene *scene = hs_scene_new(what->rows, what->columns, what->ascii);
    hs_screen_places places;
    hs_screen_compose(g.session, &g.state, scene, &places);
    hs_put(hs_pane_of(scene), places.prompt_row, 0, HS_ROLE_DIM, "> ");
    hs_interpreter_free(in);
    hs_session_free(g.session);
    free(g.caption);
    free(g.message);
    return scene;
}

/* --- Roles as letters ------------------------------------------------------------------------ */

static const char letters[] = {
    [HS_ROLE_TEXT] = 't',     [HS_ROLE_DIM] = 'i',      [HS_ROLE_TITLE] = 'b',
    [HS_ROLE_ADDRESS] = 'a',  [HS_ROLE_HEADER] = 'h',   [HS_ROLE_FOOTER] = 'o',
    [HS_ROLE_PAYLOAD] = 'p',  [HS_ROLE_PADDING] = 'g',  [HS_ROLE_FREE] = 'f',
    [HS_ROLE_UNUSED] = 'u',   [HS_ROLE_DEAD] = 'x',     [HS_ROLE_DAMAGE] = 'd',
    [HS_ROLE_RESERVED] = 'r', [HS_ROLE_MARK] = 'm',     [HS_ROLE_NOTE] = 'n',
    [HS_ROLE_ERROR] = 'e',    [HS_ROLE_KEY] = 'k',      [HS_ROLE_LINK] = 'l',
    [HS_ROLE_PLOT] = 'c',     [HS_ROLE_SIZE] = '1',     [HS_ROLE_SIZE + 1] = '2',
    [HS_ROLE_SIZE + 2] = '3', [HS_ROLE_SIZE + 3] = '4', [HS_ROLE_SIZE + 4] = '5',
    [HS_ROLE_SIZE + 5] = '6',
};

/* Capital: changed since the last command. */
static wchar_t letter(const hs_cell *c)
{
    bool blank = (!c->glyph || c->glyph == L' ') && c->role == HS_ROLE_TEXT;
    if (blank && !c->flags) return L' ';
    return c->flags & HS_CURSOR    ? L'@'
           : c->flags & HS_CHANGED ? (wchar_t)toupper(letters[c->role])
                                   : (wchar_t)letters[c->role];
}

static void print_scene(const hs_scene *scene)
{
    char *text = hs_scene_text(scene);
    fputs(text, stdout);
    free(text);
}

static void print_roles(hs_scene *scene)
{
    bool used[HS_ROLES] = {false};
    for (int i = 0; i < scene->rows * scene->columns; i++) {
        hs_cell *c = &scene->cells[i];
        c->glyph = letter(c);
        if (c->glyph != L' ') used[c->role] = true;
    }
    fputs("\n# Roles, in capitals where changed:", stdout);
    for (int r = 0; r < HS_ROLES; r++)
        if (used[r]) printf(" %c %s,", letters[r], hs_theme_look((hs_role)r)->name);
    puts(" @ cursor");
    print_scene(scene);
}

static int print_golden(const golden *g)
{
    printf("# %s: %s\n# %dx%d, %s, after:\n", g->name, g->purpose, g->columns, g->rows,
           g->ascii ? "ASCII" : "UTF-8");
    for (const char *c = g->script; *c; c++) {
        if (c == g->script || c[-1] == '\n') fputs("#   ", stdout);
        putchar(*c);
    }
    hs_scene *scene = compose(g);
    if (!scene) return 1;
    print_scene(scene);
    if (g->roles) print_roles(scene);
    hs_scene_free(scene);
    return 0;
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C.UTF-8");
    for (int i = 0; argc == 2 && i < SCENES; i++) {
        if (strcmp(argv[1], "--list") == 0)
            puts(scenes[i].name);
        else if (strcmp(argv[1], scenes[i].name) == 0)
            return print_golden(&scenes[i]);
    }
    if (argc == 2 && strcmp(argv[1], "--list") == 0) return 0;
    fputs("usage: scene --list | NAME\n", stderr);
    return 2;
}

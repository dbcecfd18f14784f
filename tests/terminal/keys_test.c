/* SPDX-License-Identifier: MIT */
/* Every key of every mode of the full screen, and the mouse: one row each, with what is to be seen
 * before it and behind it. The rows of the program's own tables are counted against these. */
#include "terminal.h"
#include "view/pictures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *program;   /* the heapscope under test */
static const char *ui_folder; /* where the sources are that have its tables of keys */
static char home[] = "/tmp/heapscope-home-XXXXXX";

/* --- What a terminal sends ------------------------------------------------------------------ */

#define UP           "\033[A"
#define DOWN         "\033[B"
#define RIGHT        "\033[C"
#define LEFT         "\033[D"
#define HOME         "\033[H"
#define END          "\033[F"
#define ENTER        "\033OM" /* of the keypad */
#define PAGE_UP      "\033[5~"
#define PAGE_DOWN    "\033[6~"
#define ESCAPE       "\033"
#define BACKSPACE    "\177"
#define CTRL_C       "\003"
#define F1           "\033OP"
#define F2           "\033OQ"
#define F3           "\033OR"
#define F4           "\033OS"
#define F5           "\033[15~"
#define F6           "\033[17~"
#define F7           "\033[18~"
#define F8           "\033[19~"
#define F9           "\033[20~"
#define F10          "\033[21~"
#define F11          "\033[23~"
#define F12          "\033[24~"
#define SHIFT_F1     "\033[1;2P"
#define SHIFT_F2     "\033[1;2Q"
#define SHIFT_TAB    "\033[Z"
#define SHIFT(key)   "\033[1;2" key
#define ALT(key)     "\033[1;3" key
#define CONTROL(key) "\033[1;5" key

/* Counted from 1, as xterm does (SGR). */
#define CLICK(row, column)      "\033[<0;" #column ";" #row "M\033[<0;" #column ";" #row "m"
#define WHEEL_UP(row, column)   "\033[<64;" #column ";" #row "M"
#define WHEEL_DOWN(row, column) "\033[<65;" #column ";" #row "M"

/* --- A row a key ---------------------------------------------------------------------------- */

typedef struct {
    const char *covers; /* the program's rows that it runs: "table: key", as written there, by | */
    const char *first;  /* typed before, to come there */
    const char *was;    /* and then to be seen */
    const char *key;
    const char *shows; /* what the key brings, and was not there */
    const char *gone;  /* what it takes away, and was there */
    bool recolours;    /* nothing but colours changes */
} row;

typedef struct {
    const char *name, *file, *terminal;
    int rows, columns;
    const row *keys;    /* up to one without a key */
    const char *leave;  /* the keys that end the program */
    const char *covers; /* as a row does */
} mode;

#define THREE "malloc 24; malloc 40; free p1; malloc 300\r"

static const row on_the_map[] = {
    {.first = THREE, .was = "p3 = malloc(300)", .key = "?", .shows = "Help: rows 1-"},
    {.key = "?", .gone = "Help: rows"},
    {"keys: KEY_F(1)", .key = F1, .shows = "Help: rows 1-"},
    {"keys: KEY_NPAGE", .key = PAGE_DOWN, .gone = "Help: rows 1-"},
    {"keys: KEY_PPAGE", .key = PAGE_UP, .shows = "Help: rows 1-"},
    {.key = WHEEL_DOWN(5, 10), .shows = "Help: rows 4-"},
    {.key = WHEEL_UP(5, 10), .shows = "Help: rows 1-"},
    {"keys: KEY_F(1)", .key = F1, .gone = "Help: rows"},
    {"pictures: KEY_F(2)", .key = F2, .shows = "Blocks, heap order: Esc closes"},
    {"pictures: KEY_F(2)", .key = F2, .gone = "Blocks, heap order: Esc closes"},
    {.first = F2, .was = "Blocks, heap order: Esc", .key = ESCAPE, .gone = "heap order: Esc"},
    {.first = F2, .was = "Blocks, heap order: Esc", .key = CTRL_C, .gone = "heap order: Esc"},
    {.was = " 64 bytes a row", .key = F1 PAGE_DOWN, .shows = "Help: rows 17"}, /* in one go */
    {.key = F1 F8, .shows = " 32 bytes a row"},
    {.key = F7, .shows = " 64 bytes a row"},
    {"pictures: KEY_F(3)", .key = F3, .shows = "Free blocks: Esc closes"},
    {"pictures: KEY_F(3)", .key = F3, .gone = "Free blocks: Esc closes"},
    {"pictures: KEY_F(4)", .key = F4, .shows = "The ledger: rows 1-"},
    {"pictures: KEY_F(4)", .key = F4, .gone = "The ledger: rows 1-"},
    {"pictures: KEY_F(12)", .key = F12, .shows = "Over time: Esc closes"},
    {"pictures: KEY_F(12)", .key = F12, .gone = "Over time: Esc closes"},
    {"keys: KEY_F(13) | arrows: \"\\033[1;2P\"", .key = SHIFT_F1, .shows = "Demos: rows 1-"},
    {.was = "> demos", .key = SHIFT_F1, .gone = "Demos: rows 1-"},
    {.was = "> demos", .key = CTRL_C, .gone = "> demos"},
    {"pictures: KEY_F(14) | arrows: \"\\033[1;2Q\"", .key = SHIFT_F2,
     .shows = "Shape of memory: Esc"},
    {"pictures: KEY_F(14)", .key = SHIFT_F2, .gone = "Shape of memory: Esc"},

    {"keys: KEY_F(7)", .was = " 64 bytes a row", .key = F7, .shows = " 128 bytes a row"},
    {"keys: KEY_F(8)", .key = F8, .shows = " 64 bytes a row"},
    {"keys: KEY_F(8)", .key = F8, .shows = " 32 bytes a row"},
    {"keys: KEY_F(8)", .key = F8, .shows = " 16 bytes a row"},
    {"keys: KEY_F(7)", .key = F7, .shows = " 32 bytes a row"},
    {"keys: KEY_F(11)", .was = " 32 bytes a row", .key = F11, .shows = " 64 bytes a row"},
    {.key = F8 F8, .shows = " 16 bytes a row"}, /* in one go, as from a key that is held down */
    {.key = F7 F7, .shows = " 64 bytes a row"},
    {.first = F8 F8, .was = "rows 1-8 of 32", .key = PAGE_DOWN, .shows = "rows 8-15 of 32"},
    {.key = PAGE_UP, .shows = "rows 1-8 of 32"},
    {.key = WHEEL_DOWN(5, 10), .shows = "rows 4-11 of 32"},
    {.key = WHEEL_UP(5, 10), .shows = "rows 1-8 of 32"},
    {.key = F11, .gone = "rows 1-8 of 32"},
    {"keys: KEY_F(9)", .key = F9, .recolours = true},
    {"keys: KEY_F(9)", .key = F9, .shows = "▌48|1"},
    {"keys: KEY_F(9)", .key = F9, .gone = "▌48|1"},

    {"keys: HS_KEY_SHIFT_RIGHT", .key = SHIFT("C"), .shows = "0x107000050: header, byte 0 of"},
    {"keys: HS_KEY_SHIFT_RIGHT | arrows: \"\\033[1;2C\"", .key = SHIFT("C"),
     .shows = "0x107000051: header, byte 1 of"},
    {"keys: HS_KEY_SHIFT_LEFT | arrows: \"\\033[1;2D\"", .key = SHIFT("D"),
     .shows = "0x107000050: header, byte 0 of"},
    {"keys: HS_KEY_SHIFT_DOWN | arrows: \"\\033[1;2B\"", .key = SHIFT("B"),
     .shows = "0x107000090: payload, byte 64"},
    {"keys: HS_KEY_SHIFT_UP | arrows: \"\\033[1;2A\"", .key = SHIFT("A"),
     .shows = "0x107000050: header, byte 0 of"},
    {"keys: HS_KEY_ALT_RIGHT | arrows: \"\\033[1;3C\"", .key = ALT("C"),
     .shows = "0x107000188: header, byte 0 of"},
    {"keys: HS_KEY_ALT_LEFT | arrows: \"\\033[1;3D\"", .key = ALT("D"),
     .shows = "0x107000050: header, byte 0 of"},
    {.key = CLICK(3, 14), .shows = "0x107000000: header, byte 0"},
    {.key = CLICK(4, 30), .shows = "0x107000050: header, byte 0"},
    {"keys: HS_KEY_ALT_UP | arrows: \"\\033[1;3A\"", .key = ALT("A"), .shows = " 3/4 "},
    {"keys: HS_KEY_ALT_DOWN | arrows: \"\\033[1;3B\"", .key = ALT("B"), .shows = " 4/4 "},
    {.key = CLICK(1, 63), .shows = " 1/4 "},
    {.key = CLICK(1, 70), .shows = " 4/4 "},
    {"keys: KEY_BTAB", .key = SHIFT_TAB, .shows = "process: the address space"},
    {"keys: KEY_BTAB", .key = SHIFT_TAB, .shows = "process > heap: 0x107000000"},
    {0},
};

static const row on_the_line[] = {
    {.first = "malloc 24\rmalloc 40\r",
     .was = "p2 = malloc(40)",
     .key = UP,
     .shows = "> malloc 40"},
    {"arrows: \"\\033[A\" | sequences: KEY_UP | sequences: L\"\\\\e[A\"", .key = UP,
     .shows = "> malloc 24"},
    {"arrows: \"\\033[B\" | sequences: KEY_DOWN | sequences: L\"\\\\e[B\"", .key = DOWN,
     .shows = "> malloc 40"},
    {"arrows: \"\\033[D\" | sequences: KEY_LEFT | sequences: L\"\\\\e[D\"", .key = LEFT "b",
     .shows = "> malloc 4b0"},
    {"arrows: \"\\033[C\" | sequences: KEY_RIGHT | sequences: L\"\\\\e[C\"", .key = RIGHT "c",
     .shows = "> malloc 4b0c"},
    {"arrows: \"\\033[1;5D\" | sequences: HS_KEY_WORD_LEFT | sequences: L\"\\\\e[1;5D\"",
     .key = CONTROL("D") "d", .shows = "> malloc d4b0c"},
    {"arrows: \"\\033[1;5C\" | sequences: HS_KEY_WORD_RIGHT | sequences: L\"\\\\e[1;5C\"",
     .key = CONTROL("C") "e", .shows = "> malloc d4b0ce"},
    {"arrows: \"\\033[H\" | sequences: KEY_HOME | sequences: L\"\\\\e[H\"", .key = HOME "f",
     .shows = "> fmalloc d4b0ce"},
    {"arrows: \"\\033[F\" | sequences: KEY_END | sequences: L\"\\\\e[F\"", .key = END "g",
     .shows = "> fmalloc d4b0ceg"},
    {"sequences: L\"\\\\e[1~\"", .key = "\033[1~h", .shows = "> hfmalloc d4b0ceg"},
    {"sequences: L\"\\\\e[4~\"", .key = "\033[4~i", .shows = "> hfmalloc d4b0cegi"},
    {"sequences: KEY_BACKSPACE", .key = BACKSPACE, .gone = "cegi"},
    {.key = "\b", .gone = "ceg"},
    {"sequences: KEY_DC | sequences: L\"\\\\e[3~\"", .first = HOME, .was = "> hfmalloc",
     .key = "\033[3~", .shows = "> fmalloc"},
    {.key = CTRL_C, .gone = "> fmalloc"},
    {"sequences: KEY_ENTER", .first = "malloc 8", .was = "> malloc 8", .key = ENTER,
     .shows = "p3 = malloc(8)"},
    {.first = "malloc 9", .was = "> malloc 9", .key = "\r", .shows = "p4 = malloc(9)"},
    {.first = "malloc 10", .was = "> malloc 10", .key = "\n", .shows = "p5 = malloc(10)"},
    {.first = "buffer = mall", .was = "> buffer = mall", .key = "\t", .shows = "> buffer = malloc"},
    {.key = CTRL_C, .gone = "> buffer"},
    {.key = "\022", .shows = "bck:"},
    {.key = "24", .shows = "malloc 24"},
    {.key = CTRL_C, .gone = "bck:"},
    {.first = "\022", .was = "bck:", .key = "\033[200~c\t2\033[201~", .shows = "malloc 24"},
    {.key = CTRL_C, .gone = "bck:"},
    {.key = "repeat 2 {\r", .shows = "..."},
    {.key = CTRL_C, .gone = "..."},
    {.key = "\033[200~?p\033[201~", .shows = "> ?p"}, /* no key acts in a paste */
    {0},
};

#define LECTURE_FILE "lecture.heap"
static const char lecture[] = "set pace 60\n"
                              "title \"First part\"\nmalloc 24\npause\nmalloc 40\n"
                              "title \"Second part\"\nfree p1\nmalloc 8\nmalloc 16\nmalloc 32\n";

static const row in_a_lecture[] = {
    {"lecture_keys: L' '", .was = "step 1/6", .key = " ", .shows = "step 2/6"},
    {"lecture_keys: KEY_NPAGE", .key = PAGE_DOWN, .shows = "step 3/6"},
    {"lecture_keys: KEY_RIGHT", .key = RIGHT, .shows = "step 4/6"},
    {"lecture_keys: KEY_DOWN", .key = DOWN, .shows = "step 5/6"},
    {"lecture_keys: KEY_PPAGE", .key = PAGE_UP, .shows = "step 4/6"},
    {"lecture_keys: KEY_LEFT", .key = LEFT, .shows = "step 3/6"},
    {"lecture_keys: KEY_UP", .key = UP, .shows = "step 2/6"},
    {"lecture_keys: KEY_BACKSPACE", .key = BACKSPACE, .shows = "step 1/6"},
    {"keys: KEY_F(6)", .key = F6, .shows = "step 2/6"},
    {"lecture_keys: 8", .key = "\b", .shows = "step 1/6"},
    {.key = "2", .shows = "step 3/6, section 2/2"},
    {.key = "1", .shows = "step 1/6, section 1/2"},
    {.key = "2", .shows = "step 3/6, section 2/2"},
    {"lecture_keys: KEY_HOME", .key = HOME, .shows = "step 1/6"},
    {"lecture_keys: KEY_END", .key = END, .shows = "PgUp back in the script"},
    {"lecture_keys: KEY_PPAGE", .key = PAGE_UP, .shows = "step 5/6"},
    {.first = END, .was = "PgUp back in", .key = HOME, .shows = "step 1/6"},
    /* Space is taken at the end, and types nothing. */
    {"lecture_keys: L' '", .first = END, .was = "PgUp back in", .key = " " HOME,
     .shows = "step 1/6"},
    {"lecture_keys: L'p'", .key = "p", .shows = "step 2/6, section 1/2, playing"},
    {"lecture_keys: L'p'", .key = "p", .gone = ", playing"},
    {"keys: KEY_F(5)", .key = F5, .shows = "step 3/6, section 2/2, playing"},
    {"keys: KEY_F(5)", .key = F5, .gone = ", playing"},
    {.key = "\r", .gone = "step 3/6"},
    {"keys: KEY_F(5)", .key = F5, .shows = "step 3/6"},
    {.key = "\n", .gone = "step 3/6"},
    {.first = F5, .was = "step 3/6", .key = CTRL_C, .gone = "step 3/6"},
    {.first = F5, .was = "step 3/6", .key = ESCAPE, .gone = "step 3/6"},
    {.first = F5, .was = "step 3/6", .key = ENTER, .gone = "step 3/6"},
    {.first = F5, .was = "step 3/6", .key = "?", .shows = "Help: rows 1-"},
    {.was = "step 3/6", .key = ESCAPE, .gone = "Help: rows 1-"},
    {.was = "step 3/6", .key = "mal", .shows = "> mal"},
    /* What moves in a line and deletes there is for one that is to be seen. */
    {.first = F5, .was = "step 3/6", .key = CONTROL("D") "\033[3~\r", .shows = "> mal"},
    {.first = CTRL_C F5, .was = "step 3/6", .key = F4, .shows = "The ledger: rows 1-"},
    {.key = PAGE_DOWN, .gone = "The ledger: rows 1-"}, /* what the speaker opened scrolls */
    {.was = "step 3/6", .key = PAGE_UP, .shows = "The ledger: rows 1-"},
    {.was = "step 3/6", .key = ESCAPE, .gone = "The ledger"},

    /* The shape, while the lecture has the keys. */
    {.first = SHIFT_F2,
     .was = "after 6, 0x107000000: ",
     .key = SHIFT("D"),
     .shows = "after 5, 0x107000000: "},
    {.key = SHIFT("C"), .shows = "after 6, 0x107000000: "},
    {.key = SHIFT("A"), .gone = "after 6, 0x107000000: "},
    {.key = SHIFT("B"), .shows = "after 6, 0x107000000: "},
    {.key = F7, .shows = "this is the whole run"},
    {.key = RIGHT, .shows = "step 4/6"},
    {.key = "q", .gone = "step 4/6"},
    {.key = F5 "x", .shows = "> x"}, /* there is no script any more */
    {0},
};

static const row in_a_trace[] = {
    {"trace_keys: L' '", .was = "request 0 of 40", .key = " ", .shows = "request 1 of 40"},
    {"trace_keys: KEY_RIGHT", .key = RIGHT, .shows = "request 2 of 40"},
    {"trace_keys: KEY_DOWN", .key = DOWN, .shows = "request 3 of 40"},
    {"trace_keys: KEY_LEFT", .key = LEFT, .shows = "request 2 of 40"},
    {"trace_keys: KEY_UP", .key = UP, .shows = "request 1 of 40"},
    {"trace_keys: KEY_BACKSPACE", .key = BACKSPACE, .shows = "request 0 of 40"},
    {"trace_keys: 8", .first = " ", .was = "request 1 of 40", .key = "\b", .shows = "request 0 of"},
    {"trace_keys: L'+'", .key = "+", .shows = ", 10 at a time"},
    {"trace_keys: KEY_NPAGE", .key = PAGE_DOWN, .shows = "request 10 of 40"},
    {"trace_keys: KEY_PPAGE", .key = PAGE_UP, .shows = "request 0 of 40"},
    {"trace_keys: L'-'", .key = "-", .gone = " at a time"},
    {"trace_keys: KEY_END", .key = END, .shows = "request 40 of 40"},
    {"trace_keys: KEY_HOME", .key = HOME, .shows = "request 0 of 40"},
    {"trace_keys: L'p'", .key = "p", .shows = ", playing"},
    {"trace_keys: L'p'", .key = "p", .gone = ", playing"},
    {.key = F5, .shows = ", playing"},
    {.key = F5, .gone = ", playing"},
    {.first = HOME, .was = "request 0 of 40", .key = F12, .shows = "Over time: Esc"},
    {.key = CLICK(7, 80), .shows = "request 40 of 40"},
    {.key = CLICK(7, 20), .shows = "request 0 of 40"},
    {.key = ESCAPE, .gone = "Over time"},
    {.key = "?", .shows = "Help: rows 1-"},
    {.was = "request 0 of 40", .key = PAGE_DOWN, .gone = "Help: rows 1-"},
    {.was = "request 0 of 40", .key = ESCAPE, .gone = "Help"},
    /* With nothing to close, Escape does nothing. */
    {.first = ESCAPE, .was = "request 0 of 40", .key = " ", .shows = "request 1 of 40"},
    {.key = LEFT, .shows = "request 0 of 40"},
    {.key = "\r", .gone = "request 0 of 40"},
    {"keys: KEY_F(5)", .key = F5, .shows = "request 0 of 40"},
    {.key = "\n", .gone = "request 0 of 40"},
    {.first = F5, .was = "request 0 of 40", .key = CTRL_C, .gone = "request 0 of 40"},
    {.first = F5, .was = "request 0 of 40", .key = "x", .shows = "> x"},
    {"trace_keys: L'n'", .first = CTRL_C "find size=3\r" F5, .was = "request 3 of 40", .key = "n",
     .shows = "request 8 of 40"},
    {0},
};

static const row in_slow_motion[] = {
    {"slow_keys: KEY_RIGHT", .first = "malloc 24; step\r", .was = "step 1 of 7", .key = RIGHT,
     .shows = "step 2 of 7"},
    {"slow_keys: KEY_DOWN", .key = DOWN, .shows = "step 3 of 7"},
    {"slow_keys: L' '", .key = " ", .shows = "step 4 of 7"},
    {"slow_keys: KEY_NPAGE", .key = PAGE_DOWN, .shows = "step 5 of 7"},
    {"slow_keys: KEY_LEFT", .key = LEFT, .shows = "step 4 of 7"},
    {"slow_keys: KEY_UP", .key = UP, .shows = "step 3 of 7"},
    {"slow_keys: KEY_PPAGE", .key = PAGE_UP, .shows = "step 2 of 7"},
    {"slow_keys: KEY_BACKSPACE", .key = BACKSPACE, .shows = "step 1 of 7"},
    {"slow_keys: 8", .first = " ", .was = "step 2 of 7", .key = "\b", .shows = "step 1 of 7"},
    {"slow_keys: KEY_END", .key = END, .shows = "step 7 of 7"},
    {.first = " " RIGHT, .was = "step 7 of 7", .key = LEFT, .shows = "step 6 of 7"},
    {"slow_keys: KEY_HOME", .key = HOME, .shows = "step 1 of 7"},
    {.key = CLICK(3, 14), .shows = "0x107000000: "},
    {.was = "step 1 of 7", .key = F2, .shows = "heap order: Esc"},
    {.was = "step 1 of 7", .key = ESCAPE, .gone = "heap order: Esc"},
    {"slow_keys: ESCAPE", .was = "step 1 of 7", .key = ESCAPE, .gone = "slow motion"},
    {"slow_keys: L'\\r'", .first = "step\r", .was = "step 1 of 7", .key = "\r",
     .gone = "slow motion"},
    {"slow_keys: CTRL_C", .first = "step\r", .was = "step 1 of 7", .key = CTRL_C,
     .gone = "slow motion"},
    {"slow_keys: L'q'", .first = "step\r", .was = "step 1 of 7", .key = "q", .gone = "slow motion"},
    {.key = "x", .shows = "> x"}, /* and they typed nothing */
    {.first = CTRL_C "step\r", .was = "step 1 of 7", .key = "m", .shows = "> m"},
    {0},
};

static const row in_an_address_space[] = {
    {"space_keys: KEY_RIGHT", .first = "exec\r", .was = "step 1 of 14: ", .key = RIGHT,
     .shows = "step 2 of 14: "},
    {"space_keys: L' '", .key = " ", .shows = "step 3 of 14: "},
    {"space_keys: KEY_LEFT", .key = LEFT, .shows = "step 2 of 14: "},
    {"space_keys: KEY_BACKSPACE", .key = BACKSPACE, .shows = "step 1 of 14: "},
    {"space_keys: 8", .first = " ", .was = "step 2 of 14: ", .key = "\b",
     .shows = "step 1 of 14: "},
    {"space_keys: KEY_END", .key = END, .shows = "step 14 of 14: "},
    {"space_keys: KEY_HOME", .key = HOME, .shows = "step 1 of 14: "},
    {.key = ESCAPE, .gone = "Process: hello: "},
    {0},
};

static const row in_the_shape[] = {
    {"shape_keys: KEY_LEFT", .first = "random 600 seed 1; shape\r",
     .was = "after 600, 0x107000000: ", .key = LEFT, .shows = "after 594, 0x107000000: "},
    {"shape_keys: KEY_RIGHT", .key = RIGHT, .shows = "after 600, 0x107000000: "},
    {"shape_keys: KEY_UP", .key = UP, .shows = "after 600, 0x107000400: "},
    {"shape_keys: KEY_DOWN", .key = DOWN, .shows = "after 600, 0x107000000: "},
    {"shape_keys: KEY_PPAGE", .key = PAGE_UP, .shows = "after 600, 0x107003800: "},
    {"shape_keys: KEY_NPAGE", .key = PAGE_DOWN, .shows = "after 600, 0x107000000: "},
    {"shape_keys: HS_KEY_SHIFT_LEFT", .key = SHIFT("D"), .shows = "after 594, 0x107000000: "},
    {"shape_keys: HS_KEY_SHIFT_RIGHT", .key = SHIFT("C"), .shows = "after 600, 0x107000000: "},
    {"shape_keys: HS_KEY_SHIFT_UP", .key = SHIFT("A"), .shows = "after 600, 0x107000400: "},
    {"shape_keys: HS_KEY_SHIFT_DOWN", .key = SHIFT("B"), .shows = "after 600, 0x107000000: "},
    {"shape_keys: KEY_HOME", .key = HOME, .shows = "after 9, 0x107000000: "},
    {"shape_keys: KEY_END", .key = END, .shows = "after 600, 0x107000000: "},
    {"shape_keys: L'+'", .key = "+", .shows = "one row 512 bytes"},
    {"shape_keys: L'='", .key = "=", .shows = "one row 256 bytes"},
    {"shape_keys: KEY_F(8)", .key = F8, .shows = "one row 128 bytes"},
    {"shape_keys: L'-'", .key = "-", .shows = "one row 256 bytes"},
    {"shape_keys: KEY_F(7)", .key = F7, .shows = "one row 512 bytes"},
    {"shape_keys: KEY_F(11)", .first = "+", .was = "one row 256 bytes", .key = F11,
     .shows = "one row 1 KiB"},
    {.key = "-", .shows = "this is the whole run"},
    {"shape_keys: KEY_ENTER", .first = LEFT, .was = "after 594, ", .key = ENTER,
     .shows = "594/600"},
    {.first = "shape\r", .was = "after 594, 0x107000000: ", .key = LEFT, .shows = "after 585, "},
    {"shape_keys: L'\\r'", .key = "\r", .shows = "585/600"},
    {.first = "shape\r", .was = "after 585, 0x107000000: ", .key = LEFT, .shows = "after 576, "},
    {"shape_keys: L'\\n'", .key = "\n", .shows = "576/600"},
    {.key = "shape\r" LEFT, .shows = "after 567, "}, /* in one go */
    {.key = ESCAPE CLICK(3, 14), .shows = "0x107000000: header"},
    {.first = "shape\r", .was = "Shape of memory: Esc", .key = CLICK(16, 14), .shows = " 9/600"},
    {.key = "shape\r", .shows = "Shape of memory: Esc"},
    {.key = "mal", .shows = "> mal"},
    {.key = "-", .shows = "> mal-"}, /* behind a letter it is one */
    {.key = ESCAPE, .gone = "Shape of memory: Esc"},
    {0},
};

#define ASKED "which address will it return?"

static const row at_a_question[] = {
    {.first = "predict on\rmalloc 24\r", .was = ASKED, .key = "17", .shows = "? 17"},
    {.key = BACKSPACE, .gone = "? 17"},
    {.key = "\b", .gone = "? 1"},
    {.key = F2, .shows = "heap order: Esc"},
    {.was = ASKED, .key = ESCAPE, .gone = "heap order: Esc"},
    {.key = F1, .shows = "Help: rows 1-"},
    {.key = WHEEL_DOWN(5, 10), .shows = "Help: rows 4-"},
    {.was = ASKED, .key = ESCAPE, .gone = "Help: rows 4-"},
    {.was = ASKED, .key = ALT("A") F5 F6 ALT("B") "6", .shows = "? 6"}, /* those must wait */
    {.was = ASKED, .key = CLICK(3, 30), .shows = "how many blocks"},
    {.key = "\r", .shows = "right: address = 0x107000008"},
    {.first = "malloc 8\r", .was = ASKED, .key = ENTER, .shows = "how many blocks"},
    {.key = ESCAPE, .shows = "p2 = malloc(8)"},
    {.first = "malloc 8\r", .was = ASKED, .key = "\n", .shows = "how many blocks"},
    {.key = CTRL_C, .shows = "stopped: the request was not made"},
    {.first = "malloc 8\r", .was = ASKED, .key = "1\r", .shows = "how many blocks"},
    {.key = "77\r", .shows = "wrong: "},
    {0},
};

#define ASKING_FILE "asking.heap"
static const char asking[] = "malloc 24\npause\npredict { malloc 8 }\nmalloc 16\n";

/* A remote has no other keys than Page Up and Page Down. */
static const row asked_in_a_lecture[] = {
    {.was = "step 1/3", .key = PAGE_DOWN, .shows = ASKED},
    {.key = PAGE_DOWN, .shows = "how many blocks"},
    {.key = PAGE_DOWN, .shows = "step 2/3"},
    {0},
};

/* Where the terminal's Backspace is Ctrl-H, the other one is no key but a character. */
static const row where_backspace_is_another[] = {
    {.was = "request 0 of 40", .key = " ", .shows = "request 1 of 40"},
    {"trace_keys: 127", .key = "\177", .shows = "request 0 of 40"},
    {.first = "\rexec\r", .was = "step 1 of 14: ", .key = " ", .shows = "step 2 of 14: "},
    {"space_keys: 127", .key = "\177", .shows = "step 1 of 14: "},
    {.first = "malloc 24; step\r",
     .was = "motion, step 1 of ",
     .key = " ",
     .shows = "motion, step 2 of "},
    {"slow_keys: 127", .key = "\177", .shows = "motion, step 1 of "},
    {.first = "\rdemos bump\r", .was = "step 1/", .key = " ", .shows = "step 2/"},
    {"lecture_keys: 127", .key = "\177", .shows = "step 1/"},
    {.first = "\rpredict on\rmalloc 8\r", .was = ASKED, .key = "17", .shows = "? 17"},
    {.key = "\177", .gone = "? 17"},
    {.key = CTRL_C, .shows = "stopped"},
    {0},
};

#define TRACE_FILE "trace.rep"
#define XTERM      "TERM=xterm-256color"

static const mode modes[] = {
    {"the map", NULL, XTERM, 24, 80, on_the_map, F10, "keys: KEY_F(10)"},
    {"the line", NULL, XTERM, 24, 80, on_the_line, CTRL_C "\004", NULL},
    {"a lecture", LECTURE_FILE, XTERM, 24, 80, in_a_lecture, CTRL_C "\004", NULL},
    {"a trace", TRACE_FILE, XTERM, 24, 80, in_a_trace, F10, NULL},
    {"slow motion", NULL, XTERM, 24, 80, in_slow_motion, CTRL_C "\004", NULL},
    {"an address space", NULL, XTERM, 40, 100, in_an_address_space, "\004", NULL},
    {"the shape", NULL, XTERM, 24, 80, in_the_shape, CTRL_C "\004", NULL},
    {"a question", NULL, XTERM, 24, 80, at_a_question, F10, NULL},
    {"a question in a lecture", ASKING_FILE, XTERM, 24, 80, asked_in_a_lecture, F10, NULL},
    {"another Backspace", TRACE_FILE, "TERM=vt100", 40, 100, where_backspace_is_another, "\004",
     NULL},
};

/* --- Running them --------------------------------------------------------------------------- */

/* The frame whose first rows are there is taken in to its end, which xterm is told (synchronized
 * output): else the next row would find rests of the screen before it. */
static void take_in_frame(terminal *t)
{
    static const char end[] = "\033[?2026l";
    const size_t length = sizeof end - 1;
    for (int patience = 500; patience > 0; patience--) {
        size_t n;
        const char *output = terminal_output(t, &n);
        if (n >= length && memcmp(output + n - length, end, length) == 0) return;
        terminal_settle_for(t, 20);
        if (!strstr(terminal_output(t, &n), end)) return;
    }
}

static bool comes_there(terminal *t, const row *k)
{
    if (k->first) terminal_type(t, k->first);
    bool there = (!k->was || terminal_shows(t, k->was)) &&
                 (!k->gone || terminal_shows(t, k->gone)) &&
                 (!k->shows || terminal_hides(t, k->shows));
    if (k->first) take_in_frame(t);
    return there;
}

static bool recolours(terminal *t, const char *key)
{
    terminal_settle(t);
    char *before = terminal_picture(t);
    terminal_type(t, key);
    terminal_settle(t);
    char *behind = terminal_picture(t);
    bool differs = strcmp(before, behind) != 0;
    free(before);
    free(behind);
    return differs;
}

static bool acts(terminal *t, const row *k)
{
    if (k->recolours) return recolours(t, k->key);
    terminal_type(t, k->key);
    bool did =
        (!k->shows || terminal_shows(t, k->shows)) && (!k->gone || terminal_hides(t, k->gone));
    take_in_frame(t);
    return did;
}

static void run_mode(const mode *m)
{
    char path[512];
    const char *const environment[] = {m->terminal, NULL};
    snprintf(path, sizeof path, "%s/%s", home, m->file ? m->file : "");
    const char *const argv[] = {program, m->file ? path : NULL, NULL};
    terminal *t = terminal_start(argv, m->rows, m->columns, home, environment);
    assert_true(terminal_shows(t, "bytes"));
    for (size_t i = 0; m->keys[i].key; i++) {
        bool there = comes_there(t, &m->keys[i]);
        if (there && acts(t, &m->keys[i])) continue;
        const row *k = &m->keys[i];
        fail_msg("%s, row %zu (%s%s%s): %s", m->name, i + 1, k->covers ? k->covers : "",
                 k->shows ? " shows " : " takes away ",
                 k->shows  ? k->shows
                 : k->gone ? k->gone
                           : "",
                 there ? "the key does not act" : "the screen before it is another");
    }
    assert_int_equal(terminal_leave(t, m->leave), 0);
}

static void every_key_acts(void **state)
{
    run_mode(*state);
}

/* --- The program's own tables --------------------------------------------------------------- */

static bool names(const char *covers, const char *wanted)
{
    size_t n = strlen(wanted);
    for (const char *at = covers; at && (at = strstr(at, wanted)); at += n)
        if ((at == covers || at[-1] == ' ') && (!at[n] || strncmp(at + n, " | ", 3) == 0))
            return true;
    return false;
}

static bool is_covered(const char *wanted)
{
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (names(modes[i].covers, wanted)) return true;
        for (const row *k = modes[i].keys; k->key; k++)
            if (names(k->covers, wanted)) return true;
    }
    return false;
}

/* The end of the character or string that begins here; NULL where none does. */
static const char *behind_quotes(const char *at)
{
    char quote = *at;
    if (quote != '"' && quote != '\'') return NULL;
    for (at++; *at && *at != quote; at++) at += *at == '\\';
    return at + 1;
}

/* The row's first member, as it is written. Returns what follows it. */
static const char *take_key(const char *at, char *out, size_t size)
{
    size_t n = 0;
    while (*at && *at != ',') {
        const char *end = behind_quotes(at);
        for (end = end ? end : at + 1; at < end && n + 1 < size; at++) out[n++] = *at;
        at = end;
    }
    out[n] = 0;
    return at;
}

static size_t check_table(const char *text, const char *table, size_t *missing)
{
    char key[64], wanted[128];
    size_t count = 0, depth = 0;
    const char *at = text;
    while (*at && !(depth == 0 && *at == ';')) {
        const char *end = behind_quotes(at);
        if (*at == '}') depth--;
        if (*at == '{' && depth++ == 1) {
            end = take_key(at + 1, key, sizeof key);
            if (strcmp(key, "0}") == 0) break; /* the row behind the last */
            snprintf(wanted, sizeof wanted, "%s: %s", table, key);
            count++;
            if (!is_covered(wanted)) {
                fprintf(stderr, "no row runs %s\n", wanted);
                ++*missing;
            }
        }
        at = end ? end : at + 1;
    }
    return count;
}

/* A source's text, valid until the next call. */
static const char *source(const char *name)
{
    static char text[1 << 16];
    char path[512];
    snprintf(path, sizeof path, "%s/%s", ui_folder, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text - 1, file);
    assert_int_equal(fclose(file), 0);
    text[n] = 0;
    return text;
}

static void every_row_of_the_programs_tables_is_run(void **state)
{
    static const struct {
        const char *file, *table;
    } tables[] = {
        {"full/keys.c", "keys"},
        {"full/prompt_line.c", "sequences"},
        {"full/lecture.c", "lecture_keys"},
        {"full/trace.c", "trace_keys"},
        {"full/shape.c", "shape_keys"},
        {"full/slow_motion.c", "slow_keys"},
        {"full/space.c", "space_keys"},
        {"editing.c", "sequences"},
        {"terminal.c", "arrows"},
    };
    size_t missing = 0;
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char begin[64];
        snprintf(begin, sizeof begin, " %s[]", tables[i].table);
        const char *at = strstr(source(tables[i].file), begin);
        if (at) at = strchr(at, '=');
        if (!at || check_table(at, tables[i].table, &missing) < 7)
            fail_msg("%s has no table %s", tables[i].file, tables[i].table);
    }
    const hs_picture *p;
    for (size_t i = 0; (p = hs_picture_at(i)); i++) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, "pictures: KEY_F(%d)", p->key);
        if (p->key && !is_covered(wanted)) fail_msg("no row runs %s", wanted);
    }
    assert_int_equal(missing, 0);
}

static void write_files(void)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) abort();
    fprintf(out, "0\n20\n40\n1\n");
    for (int i = 0; i < 20; i++) fprintf(out, "a %d %d\n", i, 1 + i % 5);
    for (int i = 0; i < 20; i++) fprintf(out, "f %d\n", i);
    fclose(out);
    terminal_file(home, TRACE_FILE, text);
    terminal_file(home, LECTURE_FILE, lecture);
    terminal_file(home, ASKING_FILE, asking);
    free(text);
}

int main(int argc, char **argv)
{
    enum { MODES = sizeof modes / sizeof *modes };
    struct CMUnitTest tests[MODES + 1];
    if (argc < 3 || !mkdtemp(home)) return 2;
    program = argv[1];
    ui_folder = argv[2];
    write_files();
    for (size_t i = 0; i < MODES; i++)
        tests[i] = (struct CMUnitTest){.name = modes[i].name,
                                       .test_func = every_key_acts,
                                       .initial_state = (void *)(uintptr_t)&modes[i]};
    tests[MODES] = (struct CMUnitTest)cmocka_unit_test(every_row_of_the_programs_tables_is_run);
    int status = cmocka_run_group_tests(tests, NULL, NULL);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", home);
    return system(command) == 0 ? status : 1;
}

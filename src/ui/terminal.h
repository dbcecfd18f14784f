/* SPDX-License-Identifier: MIT */
/* The terminal: taken over once, given back whatever happens.
 *
 * ncurses reads the keys and knows the terminal; what is shown is sent in frames, each one write.
 * Owns mouse and bracketed-paste modes, Ctrl-Z and `fg`; see guard.h for signals. */
#ifndef HS_UI_TERMINAL_H
#define HS_UI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

typedef struct hs_terminal hs_terminal;

/* Keys beyond Unicode, as hs_terminal_read returns them in *key when it answers HS_READ_KEY:
 * ncurses' own KEY_ codes (KEY_F(1), KEY_MOUSE, KEY_RESIZE, KEY_PPAGE, ...), and these. */
enum {
    HS_KEY_PASTE_BEGIN = 0x300, /* above KEY_MAX, and within the 16 bits that ncurses keeps */
    HS_KEY_PASTE_END,
    HS_KEY_SHIFT_UP,
    HS_KEY_SHIFT_DOWN,
    HS_KEY_SHIFT_RIGHT,
    HS_KEY_SHIFT_LEFT,
    HS_KEY_ALT_UP,
    HS_KEY_ALT_DOWN,
    HS_KEY_ALT_RIGHT,
    HS_KEY_ALT_LEFT,
    HS_KEY_WORD_RIGHT, /* Ctrl with an arrow */
    HS_KEY_WORD_LEFT,
};

typedef enum {
    HS_READ_CHARACTER, /* *key is a Unicode character (Ctrl-C is 3, Ctrl-Z 26, Escape 27) */
    HS_READ_KEY,       /* *key is a KEY_ code or one of the above */
    HS_READ_TIMEOUT,   /* nothing within the time given */
    HS_READ_WATCHED,   /* what is watched can be read */
    HS_READ_END,       /* the terminal hung up, or a signal asks the program to end */
} hs_read;

/* Take over stdin/stdout: alternate screen, raw keys, mouse, bracketed paste, a pipe for signals.
 * NULL with a message when the terminal is not able to do it. */
enum { HS_WHY = 160 };
hs_terminal *hs_terminal_open(char why[HS_WHY]);

/* Give it back. Safe on NULL. */
void hs_terminal_close(hs_terminal *);

/* Wait for a key, at most `milliseconds` (-1: for ever). A resize arrives as KEY_RESIZE, with
 * LINES and COLS already right; several at once arrive as one. */
hs_read hs_terminal_read(hs_terminal *, int milliseconds, wchar_t *key);

/* Watch a file descriptor beside the keys; -1 for none. */
void hs_terminal_watch(hs_terminal *, int fd);

/* True if a key is waiting. It is not taken. */
bool hs_terminal_pending(hs_terminal *);

/* Stop the program as Ctrl-Z does, with the terminal given back meanwhile. Returns after `fg`,
 * with the screen cleared for a full redraw. */
void hs_terminal_suspend(hs_terminal *);

/* Send a frame. A terminal that does not read makes it wait, but not for ever when a signal asks
 * for the end. */
void hs_terminal_send(hs_terminal *, const char *bytes, size_t);
/* What goes before a frame, and behind it, so that the terminal shows it all at once; "" if it can
 * not. */
const char *hs_terminal_sync(const hs_terminal *, bool begins);
/* A number that changes when what stood on the screen is lost. */
unsigned hs_terminal_era(const hs_terminal *);
/* Let everything be sent anew. */
void hs_terminal_forget(hs_terminal *);

/* The signal that asked the program to end, or 0. */
int hs_terminal_end_signal(const hs_terminal *);

#endif

/* SPDX-License-Identifier: MIT */
/* A terminal for tests: a program in a real pseudo-terminal, its screen read through libvterm. */
#ifndef HS_TESTS_TERMINAL_H
#define HS_TESTS_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

typedef struct terminal terminal;

/* Start argv (NULL-terminated) on a screen of this size. HOME, TMPDIR and the XDG folders are
 * inside `home`; `environment` (NAME=VALUE, NULL-terminated, may be NULL) is added. Where there are
 * no pseudo-terminals, as in a bare chroot, it says so and the test program is skipped. */
terminal *terminal_start(const char *const argv[], int rows, int columns, const char *home,
                         const char *const environment[]);
/* In a child that is to be a program under test: the same folders, variables and signals. */
void terminal_environment(const char *home, const char *const environment[]);
/* Kills the program if it still runs. */
void terminal_end(terminal *);

/* Send bytes as they are. */
void terminal_type(terminal *, const char *text);
/* A click with the left button on a cell, as xterm reports it (SGR). */
void terminal_click(terminal *, int row, int column);
void terminal_resize(terminal *, int rows, int columns);
void terminal_signal(terminal *, int signal);
pid_t terminal_process(const terminal *);

/* Take in output until a row of the screen contains the text; false after 10 seconds, with the
 * screen printed. */
bool terminal_shows(terminal *, const char *text);
bool terminal_hides(terminal *, const char *text);
/* Take in output until none has come for a tenth of a second. */
void terminal_settle(terminal *);
/* The same for so many milliseconds. */
void terminal_settle_for(terminal *, int milliseconds);

/* The screen's row as UTF-8 without trailing blanks, valid until the next call. */
const char *terminal_row(terminal *, int row);
/* All bytes that came so far, with a NUL behind them. */
const char *terminal_output(const terminal *, size_t *size);

/* All rows, freed by the caller. */
char *terminal_screen(terminal *);
/* The same, with the look of every cell behind its row: two screens that look alike are equal. */
char *terminal_picture(terminal *);
void terminal_cursor(terminal *, int *row, int *column);
/* Does any cell have a colour of its own? */
bool terminal_has_colour(terminal *);

bool terminal_is_alternate(const terminal *);
bool terminal_cursor_is_visible(const terminal *);
bool terminal_wants_mouse(const terminal *);
bool terminal_wants_paste(const terminal *); /* bracketed */
struct termios terminal_modes(const terminal *);

/* Take in output for so long, then end the program with kill -9, and take in the rest. */
void terminal_kill_after(terminal *, int microseconds);

/* Wait for the program's end: its exit status, 128 + signal, or -1 after 10 seconds. */
int terminal_wait(terminal *);

/* Type what leaves the program, wait for its end, and be done with it: as terminal_wait. */
int terminal_leave(terminal *, const char *keys);
/* The same with Ctrl-D, when the prompt has come back: while a command runs the terminal is in the
 * shell's modes, where a Ctrl-D may be lost. */
int terminal_leave_line_mode(terminal *);

/* Write a file for a program to read: its path, valid until the next call. */
const char *terminal_file(const char *folder, const char *name, const char *text);

#endif

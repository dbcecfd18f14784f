/* SPDX-License-Identifier: MIT */
/* The terminal is given back, whatever signal ends the program: once, and only while it is taken.
 *
 * Signals that mean an end (SIGTERM, SIGHUP, SIGINT, SIGQUIT) are asked for by the full screen,
 * which then leaves in order. Every other one whose default ends the program gives the terminal
 * back at once and then does what it would have done: a core, a sanitizer's report, an exit status.
 * A signal that was ignored when the program started, as nohup does, stays ignored. What a signal
 * handler must reach is the only state outside an object. */
#ifndef HS_UI_GUARD_H
#define HS_UI_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* Remember the modes of standard input, and the bytes that give the screen back; catch signals.
 * With `in_order`, those that mean an end are asked for. The terminal is not taken yet. */
void hs_guard_begin(const char *farewell, bool in_order);

/* Say that the terminal is taken now, or that others have given it back. */
void hs_guard_hold(bool taken);

/* Give it back, if it is taken. Waits until the terminal has the bytes, unless a signal asks the
 * program to end. */
void hs_guard_give_back(void);

/* Stop the program as Ctrl-Z does, until `fg`. */
void hs_guard_stop(void);

/* Give it back, if it is taken, and let signals do what they did before. */
void hs_guard_end(void);

/* One write of all the bytes, as long as the terminal takes them. False when a signal asked for the
 * end first. */
bool hs_guard_write(const char *bytes, size_t);

/* The signal that asked the program to end, or 0. */
int hs_guard_end_signal(void);

/* A descriptor that is readable when a signal came; and the signals that came, each once, 0 at the
 * end. */
int hs_guard_descriptor(void);
int hs_guard_next_signal(void);

#endif

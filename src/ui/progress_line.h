/* SPDX-License-Identifier: MIT */
/* How far something long is, on one line of the terminal that is written over and over, where there
 * is no full screen; and Ctrl-C, which then stops that rather than the program. */
#ifndef HS_UI_PROGRESS_LINE_H
#define HS_UI_PROGRESS_LINE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t began, shown;
    bool tells; /* the line stands on the terminal */
} hs_progress_line;

/* Something begins that may take long. */
void hs_progress_line_begin(hs_progress_line *);
/* True when it is time to show how far it is: once half a second has passed, and then ten times a
 * second. */
bool hs_progress_line_is_due(const hs_progress_line *);
void hs_progress_line_show(hs_progress_line *, const char *text);
/* "DOING: 45 %" */
void hs_progress_line_show_part(hs_progress_line *, const char *doing, uint64_t done,
                                uint64_t total);
/* Wipe the line, if it was shown. */
void hs_progress_line_end(hs_progress_line *);

/* hs_interrupts_catch: from now on Ctrl-C only notes that it came; hs_interrupts_release: it ends
 * the program again. */
void hs_interrupts_catch(void);
void hs_interrupts_release(void);
/* True if Ctrl-C was typed since that was last forgotten. */
bool hs_interrupts_asked(void);
void hs_interrupts_forget(void);

#endif

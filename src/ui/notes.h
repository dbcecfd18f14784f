/* SPDX-License-Identifier: MIT */
/* The speaker's notes: from the lecture's terminal to a second one, through a local socket.
 *
 *      heapscope FILE  ---->  $XDG_RUNTIME_DIR/heapscope/lecture-PID.socket  ---->  heapscope
 * --notes
 *
 * Each message is the whole state, so that a viewer may come at any time. The lecture never waits
 * for a viewer: one that does not read is let go, and may come again. */
#ifndef HS_UI_NOTES_H
#define HS_UI_NOTES_H

#include "ui/pen.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the speaker sees. Texts may be ""; never NULL in a state that was received. */
typedef struct {
    uint64_t step, steps, section, sections;
    int64_t began;                 /* when the lecture began, by hs_clock */
    bool away;                     /* the speaker types commands of their own */
    bool over;                     /* the last message */
    const char *title;             /* the title of the section */
    const char *speaker;           /* the lines for the speaker alone */
    const char *now, *next, *then; /* the steps, as the script has them */
} hs_notes_state;

/* --- The lecture's end ----------------------------------------------------------------------- */

typedef struct hs_notes hs_notes;

/* Open a socket, and clean up those that nobody listens at any more. NULL when there is no place
 * for one. */
hs_notes *hs_notes_open(void);
/* Tell the viewers that the lecture is over, and close the socket. */
void hs_notes_close(hs_notes *);

/* A descriptor that is readable when a viewer knocks: hs_notes_let_in lets it in. */
int hs_notes_knock(const hs_notes *);
void hs_notes_let_in(hs_notes *);

/* Tell all viewers. */
void hs_notes_tell(hs_notes *, const hs_notes_state *);

/* --- The viewer's end ------------------------------------------------------------------------ */

/* A connection to the lecture that began last; -1 when there is none. */
int hs_notes_join(void);

typedef struct {
    char *bytes; /* the bytes that the state's texts point into */
    hs_notes_state state;
} hs_notes_message;

/* Wait for the next state; false when the lecture is gone, or does not speak our language. */
bool hs_notes_receive(int fd, hs_notes_message *);

/* The second terminal: wait for a lecture, follow it to its end. Returns an exit status. */
int hs_notes_watch(bool ascii, bool light, hs_colour);

#endif

/* SPDX-License-Identifier: MIT */
/* Line mode: the same commands and the same pictures as text, one answer after another. */
#ifndef HS_UI_PLAIN_H
#define HS_UI_PLAIN_H

#include "language/capabilities.h"
#include "ui/journal.h"
#include "ui/pen.h"

#include <heapscope/session.h>

typedef struct {
    bool ascii;
    bool silent;    /* say errors only */
    bool questions; /* print op lists as questions, without the answers */
    int columns;
    hs_way way;  /* the way by which lines come in and scripts are named */
    hs_pen *pen; /* for colours; NULL: none */
} hs_plain_style;

/* How standard output is to be written to: its width, and its colours. */
hs_plain_style hs_plain_style_of_output(bool ascii, hs_colour);
void hs_plain_style_end(hs_plain_style *);

/* Read commands from standard input until its end or `quit`; with line editing on a terminal, where
 * the journal (NULL: none) keeps what is typed. Returns the number of failures. */
uint64_t hs_plain_converse(hs_session *, const hs_plain_style *, const char *history_file,
                           hs_journal *);

/* Run the commands of a text that complaints call `name`. Returns the number of failures. */
uint64_t hs_plain_run(hs_session *, const hs_plain_style *, const char *name, const char *text);

/* Play a script. Returns the number of failures, counting a file that can not be read as one. */
uint64_t hs_plain_play(hs_session *, const hs_plain_style *, const char *path);

#endif

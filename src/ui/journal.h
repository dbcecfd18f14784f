/* SPDX-License-Identifier: MIT */
/* The journal of a typed session: an append-only script that a crash, kill -9 or a loss of power
 * leaves behind, and from which the session can be continued.
 *
 *      # heapscope journal 1
 *      # allocator implicit heap 256 max 1073741824
 *      malloc 24
 *      goto 0
 *      malloc 8
 *
 * After each command, before its answer is shown, its lines are handed to the system in one write:
 * from then on only a loss of power can lose them. They are flushed to the disk as soon as nothing
 * is left to do for the user. While a long command runs, what it did is written now and then. So at
 * most the command that is being typed, or the rest of one that runs, is lost.
 *
 * A journal is locked (flock) by who writes it; one that nobody has locked was left behind. A
 * session that ends as its user wished takes its journal with it. */
#ifndef HS_UI_JOURNAL_H
#define HS_UI_JOURNAL_H

#include <heapscope/session.h>

typedef struct hs_journal hs_journal;

/* The journals in a folder, which is made when it is missing. NULL: none are kept. */
hs_journal *hs_journals_in(const char *folder);
void hs_journal_free(hs_journal *);

/* A session begins on a fresh heap. Its journal begins with the first typed command; the operations
 * that it has by now were not typed. */
void hs_journal_begin(hs_journal *, const hs_session *, const char *allocator,
                      const hs_heap_config *);

/* Continue the session that was cut short last, as it was, with its journal. Where that takes long,
 * the terminal is told how far it is, and Ctrl-C stops it: the journal is then as it was, and the
 * one that is continued next. NULL: the notice says why not. */
hs_session *hs_journal_continue(hs_journal *);

/* Look for a session that was cut short; the notice offers it. */
void hs_journal_offer(hs_journal *);

/* What there is to tell the user at the start: one or two lines; NULL: nothing. */
const char *hs_journal_notice(const hs_journal *);

/* Write down what was done since the last call. When that can not be done, returns one line to tell
 * the user, once; it is tried again with the next command. NULL: all is well. The journal may be
 * NULL. */
const char *hs_journal_keep(hs_journal *, const hs_session *);

/* Flush the journal to the disk. Called when the keys that were typed ahead have been acted upon,
 * before their answer is drawn. */
void hs_journal_sync(hs_journal *);

/* The session ends. `wished`: its journal goes as well. */
void hs_journal_end(hs_journal *, bool wished);

/* Ask for the session that was cut short last: NULL, or why there is none. The program then ends
 * this session, without it being lost, and continues that one. */
const char *hs_journal_ask(hs_journal *);
bool hs_journal_is_asked(const hs_journal *);

#endif

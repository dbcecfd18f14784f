/* SPDX-License-Identifier: MIT */
/* The prompt: one line of input, edited by libedit, drawn by somebody else.
 *
 *      keys --> host.next_char --> libedit (on a pseudo-terminal of its own,
 *                                     |     its output discarded)
 *      screen <-- hs_prompt_view <----+     the line as libedit holds it
 *
 * libedit brings history, Ctrl-R, completion, vi and emacs keys and ~/.editrc; it never touches
 * the terminal that the user looks at. Because its terminal look-up replaces the description that
 * ncurses uses, a prompt must be created before the screen. */
#ifndef HS_UI_PROMPT_H
#define HS_UI_PROMPT_H

#include "language/completion.h"

#include <wchar.h>

typedef struct hs_prompt hs_prompt;

/* What next_char found. */
typedef enum {
    HS_KEY_CHARACTER, /* a character for the editor is in *out */
    HS_KEY_END,       /* no more input: the terminal is gone, or the program must end */
    HS_KEY_CANCEL,    /* the line is to be thrown away (Ctrl-C) */
} hs_key;

typedef struct {
    void *context;

    /* Wait for the next character. The host draws the screen before it waits, and keeps for
     * itself every key that is not for the editor. A key that the editor knows as an escape
     * sequence (arrows, Home, ...) is delivered as the characters of xterm's sequence. */
    hs_key (*next_char)(void *context, wchar_t *out);

    /* Tab found several words, and nothing more is common to them. */
    void (*show_completions)(void *context, const hs_completions *);
    /* True to stop looking for words. */
    bool (*stop_completing)(void *context);
} hs_prompt_host;

/* A prompt whose history is kept in `history_file` (NULL: nowhere). Reads ~/.editrc. NULL and
 * errno when the pseudo-terminal or libedit can not be had. */
hs_prompt *hs_prompt_new(const hs_prompt_host *, const hs_session *, const char *history_file);
void hs_prompt_free(hs_prompt *);

typedef enum { HS_LINE, HS_LINE_CANCELLED, HS_LINE_END } hs_line_status;

/* Read one line, blocking in host.next_char. On HS_LINE, *line is UTF-8 without its newline, owned
 * by the prompt until the next call; it is in the history already. HS_LINE_END is Ctrl-D on an
 * empty line, or the end of input. */
hs_line_status hs_prompt_read(hs_prompt *, const char **line);

/* The line being edited. During an incremental search, `search` is libedit's own prompt for it
 * ("bck:..."), and not empty. */
typedef struct {
    const wchar_t *text;
    size_t length, cursor;
    const wchar_t *search;
    size_t search_length;
} hs_prompt_line;

hs_prompt_line hs_prompt_view(const hs_prompt *);

/* Put text in at the cursor, as it is: no key acts. Only while the host waits in next_char. */
void hs_prompt_insert(hs_prompt *, const wchar_t *text);

/* True, once, if the last line could not be written to the history file. */
bool hs_prompt_history_failed(hs_prompt *);

#endif

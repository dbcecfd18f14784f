/* The prompt: one line of input, edited by libedit, drawn by somebody else.
 *
 *      keys ──> host.next_char ──> libedit (on a pseudo-terminal of its own,
 *                                           whose output goes nowhere)
 *                                     │
 *      screen <── hs_prompt_view <────┘   the line as libedit holds it
 *
 * libedit brings history, Ctrl-R, completion, vi and emacs keys and ~/.editrc; it never touches
 * the terminal that the user looks at. Because its terminal look-up replaces the description that
 * ncurses uses, a prompt must be created before the screen. */
#ifndef HS_UI_PROMPT_H
#define HS_UI_PROMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

typedef struct hs_prompt hs_prompt;

/* What next_char found. */
typedef enum {
    HS_KEY_CHARACTER, /* a character for the editor is in *out */
    HS_KEY_END,       /* no more input: the terminal is gone, or the program must end */
    HS_KEY_CANCEL,    /* the line is to be thrown away (Ctrl-C) */
} hs_key;

/* One word that could stand where the cursor is. Both strings are the host's. */
typedef struct {
    const char *text; /* the whole word, UTF-8 */
    bool partial;     /* more of the same word follows (a directory): no space is added */
} hs_candidate;

typedef struct {
    void *context;

    /* Wait for the next character. The host draws the screen before it waits, and keeps for
     * itself every key that is not for the editor. A key that the editor knows as an escape
     * sequence (arrows, Home, ...) is delivered as the characters of that sequence. */
    hs_key (*next_char)(void *context, wchar_t *out);

    /* The words that could end at `cursor` (bytes) of `line` (UTF-8), and in *start the byte where
     * such a word begins. Returns their number; the array is the host's until the next call. */
    size_t (*complete)(void *context, const char *line, size_t cursor, size_t *start,
                       const hs_candidate **candidates);

    /* More than one word fits, and nothing more is common to them: show them. */
    void (*show_candidates)(void *context, const hs_candidate *candidates, size_t count);
} hs_prompt_host;

/* A prompt whose history is kept in `history_file` (NULL: nowhere; a missing file or folder is
 * made). Reads ~/.editrc (sections "heapscope:" and unnamed). NULL and errno when libedit or the
 * pseudo-terminal cannot be had. */
hs_prompt *hs_prompt_new(const hs_prompt_host *host, const char *history_file);
void hs_prompt_free(hs_prompt *);

typedef enum { HS_LINE, HS_LINE_CANCELLED, HS_LINE_END } hs_line_status;

/* Read one line, blocking in host.next_char. On HS_LINE, *line is the text as UTF-8 without its
 * newline, owned by the prompt until the next call, and is not yet in the history.
 * HS_LINE_END is Ctrl-D on an empty line, or the end of input. */
hs_line_status hs_prompt_read(hs_prompt *, const char **line);

/* Remember a line (not an empty one, nor one equal to the last) and append it to the file. A history file
 * that cannot be written is reported once by the return value false; editing goes on. */
bool hs_prompt_remember(hs_prompt *, const char *line);

/* The line being edited: its characters, and the index of the cursor among them. During an
 * incremental search, `search` holds libedit's own prompt ("bck:...") and is not empty. */
typedef struct {
    const wchar_t *text;
    size_t length, cursor;
    const wchar_t *search;
    size_t search_length;
} hs_prompt_line;

hs_prompt_line hs_prompt_view(const hs_prompt *);

/* Tell libedit the width to think in, after a resize. */
void hs_prompt_resize(hs_prompt *, int rows, int columns);

#endif

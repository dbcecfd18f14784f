/* SPDX-License-Identifier: MIT */
/* The line editor of line mode: libedit on the terminal itself. */
#ifndef HS_UI_EDITOR_H
#define HS_UI_EDITOR_H

#include <heapscope/session.h>

#include <wchar.h>

typedef struct hs_editor hs_editor;

/* `history_file` may be NULL. NULL when libedit can not work with this terminal. */
hs_editor *hs_editor_new(const hs_session *, const char *history_file);
void hs_editor_free(hs_editor *);

/* The next line with its newline, UTF-8, valid until the next call; NULL at the end of input. A
 * line thrown away with Ctrl-C is an empty one. */
const char *hs_editor_read(hs_editor *, const wchar_t *prompt, size_t *length);

#endif

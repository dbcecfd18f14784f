/* SPDX-License-Identifier: MIT */
/* The history of typed lines: libedit's, kept in a file across runs. */
#ifndef HS_UI_HISTORY_H
#define HS_UI_HISTORY_H

#include <histedit.h>
#include <stdbool.h>

typedef struct {
    HistoryW *lines;
    char *path; /* NULL: nowhere */
} hs_history;

/* Load the file; it and its folders are made when they are missing. `path` may be NULL. */
void hs_history_open(hs_history *, const char *path);
void hs_history_close(hs_history *);

/* Remember a line, unless it is blank or equal to the last, and append it to the file at once: two
 * sessions at a time both keep their lines. False when the file can not be written. */
bool hs_history_add(hs_history *, const wchar_t *line);

#endif

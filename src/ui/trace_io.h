/* SPDX-License-Identifier: MIT */
/* Reading and writing long traces for people: one line on the terminal that says how far it is, and
 * Ctrl-C to stop it. */
#ifndef HS_UI_TRACE_IO_H
#define HS_UI_TRACE_IO_H

#include <heapscope/trace_file.h>

/* The same as hs_trace_read, scripts included, and hs_trace_save, whose format may be NULL here,
 * with progress on the terminal. The caller tells the report, and frees it. */
hs_trace *hs_trace_load(const char *path, const hs_trace_reading *, hs_trace_report *);
bool hs_trace_store(const hs_trace *, const char *path, const char *format, hs_trace_report *);

/* Print the notes of a report, and then its error, with the name of the tool before them. */
void hs_trace_tell(const hs_trace_report *, const char *tool);

#endif

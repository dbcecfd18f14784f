/* SPDX-License-Identifier: MIT */
/* The requests of a script that needs the interpreter: it is run on a session, without a picture.
 */
#ifndef HS_LANGUAGE_TRACE_SCRIPT_H
#define HS_LANGUAGE_TRACE_SCRIPT_H

#include <heapscope/trace_file.h>

/* An hs_trace_runner. Requests are those of the branch that the script ends on. A
 * fresh heap frees what was live on the one before; what a replay does again is not there twice.
 * NULL with an error. */
hs_trace *hs_trace_of_script(const hs_trace_reading *, const char *name, const char *text,
                             size_t length, char *error, size_t room);

#endif

/* SPDX-License-Identifier: MIT */
/* Lines that call blocks by numbers, of .rep and .script:
 *
 *      a ID BYTES      r ID BYTES      f ID */
#ifndef HS_TRACE_NUMBERED_H
#define HS_TRACE_NUMBERED_H

#include "trace/reading.h"
#include "trace/writing.h"

/* Read lines that are written in the usual way, about blocks that are as they should be. Returns
 * where the first other line begins. */
const char *hs_usual_numbered_lines(hs_reading *, const char *at, const char *end);
/* Read the line whose first character that is no blank is at `at`; returns where the next one
 * begins. A number may be freed while it has no block, or allocated while it has one. Where
 * `forgotten` is NULL that is a bad line; else the pointer is NULL, or the old block is forgotten,
 * and counted there. */
const char *hs_numbered_line(hs_reading *, const char *at, uint64_t *forgotten);
bool hs_is_numbered_line(const char *at);
/* Write a request; free(NULL) as a free of the number `null`. */
void hs_put_numbered(hs_writing *, const hs_trace_op *, const char *null);

#endif

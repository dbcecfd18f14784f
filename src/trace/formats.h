/* SPDX-License-Identifier: MIT */
/* The formats: what each is called, how it is recognised, read and written. */
#ifndef HS_TRACE_FORMATS_H
#define HS_TRACE_FORMATS_H

#include "trace/reading.h"
#include "trace/writing.h"

typedef struct {
    const char *name, *help;
    const char *suffixes[3]; /* without the dot; NULL behind the last */
    /* True if a file that begins with this text has this format. The text ends in a newline, and
     * may be cut there. */
    bool (*recognise)(const char *text, const char *end);
    bool (*read)(hs_reading *);  /* false: failed */
    void (*write)(hs_writing *); /* NULL: only read */
    unsigned carries;            /* hs_carries, for the writer */
    bool is_binary;              /* it is no text for people to read */
} hs_format;

const hs_format *hs_format_at(size_t i); /* NULL beyond the last */
const hs_format *hs_format_named(const char *name);
const hs_format *hs_format_of_text(const char *text, const char *end);
/* The format that a file's name ends in; *packed says whether .zst comes behind that. */
const hs_format *hs_format_of_path(const char *path, bool *packed);
/* "rep, script, ..." */
void hs_format_names(char *out, size_t room, bool written);

extern const hs_format hs_format_rep, hs_format_script, hs_format_ostep, hs_format_mtrace,
    hs_format_ltrace, hs_format_valgrind, hs_format_heap, hs_format_hst;

/* Say in a report that memory ran out. */
void hs_trace_no_memory(hs_trace_report *);

#endif

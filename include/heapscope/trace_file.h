/* SPDX-License-Identifier: MIT */
/* Traces in files: read from and written to the formats that people have.
 *
 *      hs_trace *t = hs_trace_read("amptjp.rep", &(hs_trace_reading){0}, &report);
 *      if (!t) fprintf(stderr, "%s\n", report.error);
 *      else hs_trace_save(t, "amptjp.hst", &(hs_trace_writing){0}, &report);
 *
 * A format is recognised by what the file says, not by its name. A file is read whole or not at
 * all; a file that is written takes its name when it is whole. */
#ifndef HEAPSCOPE_TRACE_FILE_H
#define HEAPSCOPE_TRACE_FILE_H

#include <heapscope/linkage.h>
#include <heapscope/trace.h>

HS_PUBLIC_BEGIN

/* What came of a call. Each call fills it in, and it is freed after each. */
typedef struct {
    const char *format; /* its name, once it is known */
    char error[1024];   /* why it failed, in one line: FILE:LINE: what, what would be right */
    char *notes;        /* what to say besides, a line each; NULL: nothing */
    uint64_t requests;  /* requests that were read or written */
    uint64_t skipped;   /* bad lines that --lenient left out */
    uint64_t unseen;    /* logs: frees and reallocs of blocks from before the log began */
    uint64_t failed;    /* logs: requests that got NULL */
    bool cut;           /* hst: the file has no end: it is still being written, or was cut off */
    bool stopped;       /* the progress function stopped it */
} hs_trace_report;

void hs_trace_report_free(hs_trace_report *);

/* Told how far it is, every few megabytes; `total` is 0 when nobody knows. False: stop. */
typedef bool (*hs_trace_progress)(void *of, uint64_t done, uint64_t total);

typedef struct hs_trace_reading hs_trace_reading;

/* Runs a script that needs the interpreter, and returns its requests; NULL with an error. It asks
 * the progress function, without figures, whether to stop. */
typedef hs_trace *(*hs_trace_runner)(const hs_trace_reading *, const char *name, const char *text,
                                     size_t length, char *error, size_t room);

struct hs_trace_reading {
    const char *format; /* NULL: by the content */
    bool lenient;       /* skip bad lines */
    /* Bytes that unpacking may make; 0: 256 MiB, or 1,000 times the packed ones if that is more. */
    uint64_t max_unpacked;
    hs_trace_progress progress;
    void *of;
    hs_trace_runner run; /* NULL: only plain lists of requests are read from scripts */
};

/* Read a file, "-" for standard input; or bytes that are called `name`. NULL with report->error. */
hs_trace *hs_trace_read(const char *path, const hs_trace_reading *, hs_trace_report *);
hs_trace *hs_trace_read_bytes(const char *name, const void *bytes, size_t size,
                              const hs_trace_reading *, hs_trace_report *);

typedef struct {
    const char *format; /* NULL: by the name's suffix */
    hs_trace_progress progress;
    void *of;
} hs_trace_writing;

/* Write to an open file, which needs a format; or to a file by its name, "-" for standard output.
 * What the format can not carry is turned into what it can, and told in the notes. */
bool hs_trace_write(const hs_trace *, FILE *, const hs_trace_writing *, hs_trace_report *);
bool hs_trace_save(const hs_trace *, const char *path, const hs_trace_writing *, hs_trace_report *);

/* The formats, by number from 0; false beyond the last. */
typedef struct {
    const char *name, *help;
    bool written; /* it is written, and not only read */
} hs_trace_format;
bool hs_trace_format_at(size_t i, hs_trace_format *);
/* hs_trace_is_format: true if there is a format of this name; hs_trace_is_written: if it can be
 * written. */
bool hs_trace_is_format(const char *name);
bool hs_trace_is_written(const char *name);
/* True if the format is no text. */
bool hs_trace_is_binary(const char *name);
/* The name of the format that a file has by what it says; NULL: none, or it can not be read. */
const char *hs_trace_format_of_file(const char *path);
/* The name of the format that a file's suffix stands for; NULL: none. */
const char *hs_trace_format_of_name(const char *path);
/* True if the program was built with libzstd, so that it can pack and unpack traces. */
bool hs_trace_can_pack(void);

/* --- hst, request by request ---------------------------------------------------------------- */

/* A trace that is written while it happens: whoever reads the file gets all that was flushed. The
 * caller keeps the FILE. */
typedef struct hs_trace_stream hs_trace_stream;
hs_trace_stream *hs_trace_stream_begin(FILE *, const hs_trace_header *);
void hs_trace_stream_add(hs_trace_stream *, hs_trace_op);
void hs_trace_stream_flush(hs_trace_stream *); /* what was added so far becomes readable */
/* End the file, with the names of a trace, or NULL. False: not all could be written. */
bool hs_trace_stream_end(hs_trace_stream *, const hs_trace *names);

HS_PUBLIC_END

#endif

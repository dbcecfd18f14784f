/* SPDX-License-Identifier: MIT */
/* A file that is being read: what all readers share.
 *
 *      bytes -> lines -> requests, 512 at a time -> the trace
 *
 * A text reader is given whole lines, megabytes at a time, and parses them where they lie. It says
 * of each line that it can not use what is wrong with it; what becomes of that is decided here. */
#ifndef HS_TRACE_READING_H
#define HS_TRACE_READING_H

#include "trace/ids.h"
#include "trace/scan.h"
#include "trace/source.h"

#include <heapscope/trace_file.h>

enum { HS_READING_BATCH = 512 };

typedef struct hs_reading {
    const hs_trace_reading *options;
    hs_trace_report *report;
    const char *name; /* of the file, for complaints */
    hs_source *source;
    char *text; /* what has been read; the first piece of it is there before the reader begins */
    size_t size, capacity;

    hs_trace *trace;
    hs_trace_op batch[HS_READING_BATCH];
    size_t batched;
    uint64_t added; /* requests, without those of the batch */
    hs_ids ids;

    uint64_t line;      /* the line that is being read */
    const char *at_end; /* of the text at hand */
    bool twice;         /* the text may be wanted twice: it is kept unless the source repeats */
    uint64_t bad;       /* lines */
    uint64_t orphans;   /* requests that are left out because their blocks came from bad lines */
    char complaint[768];
    bool failed; /* with report->error */
    bool settled;
    uint32_t gap; /* the id that the first late id became */
} hs_reading;

void hs_reading_flush(hs_reading *);

static inline void hs_reading_add(hs_reading *r, hs_trace_op op)
{
    if (r->batched == HS_READING_BATCH) hs_reading_flush(r);
    r->batch[r->batched++] = op;
}

static inline uint64_t hs_reading_count(const hs_reading *r)
{
    return r->added + r->batched;
}

/* Put all requests into the trace, and give late ids small numbers. */
void hs_reading_settle(hs_reading *);
/* Forget all requests. */
void hs_reading_restart(hs_reading *);

/* Say that a line is bad: what is wrong, and what would be right. `line` is where it begins, so
 * that it can be quoted. Returns where the next one begins. */
const char *hs_bad(hs_reading *, const char *line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Tell something that is no error, in a line of its own. */
void hs_reading_note(hs_reading *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Say why the file can not be read at all. Always false. */
bool hs_reading_fail(hs_reading *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* False, and failed, if the line that began in an earlier piece, `at` so many bytes, is longer than
 * any line may be. */
bool hs_reading_line_fits(hs_reading *, size_t at, char separator);

/* Tell how far it is. False: stop, which is then in the report. */
bool hs_reading_progress(hs_reading *);

/* Make room for all requests at once, supposing that the file goes on as it began: `done` of
 * `total` bytes are read. */
void hs_reading_foresee(hs_reading *, uint64_t done, uint64_t total);

/* Read more text behind what is there; false at the end, or with an error (r->failed). */
bool hs_reading_more(hs_reading *, size_t most);

/* Forget the first bytes of the text, which have been parsed. */
void hs_reading_forget(hs_reading *, size_t parsed);

/* Forget all that was read, and begin again at the first line. Only where `twice` is set. */
bool hs_reading_again(hs_reading *);

/* Let `parse` read all lines, many at a time: each text ends in a newline, or in `separator` where
 * that is another character. False: failed, or stopped. */
bool hs_reading_lines(hs_reading *, char separator,
                      void (*parse)(hs_reading *, const char *at, const char *end, void *state),
                      void *state);

#endif

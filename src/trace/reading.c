/* SPDX-License-Identifier: MIT */
/* Reading in pieces: lines that a piece cuts in two are kept for the next; bad lines are counted,
 * and the first is told in full. */
#include "trace/reading.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

enum { PIECE = 1 << 18, PROGRESS = 1 << 22 };

/* Add the batch to the trace. A file with bad lines is read on only to count them, and nothing of
 * it is kept. */
void hs_reading_flush(hs_reading *r)
{
    if (!r->bad || r->options->lenient) hs_trace_add_all(r->trace, r->batch, r->batched);
    r->added += r->batched;
    r->batched = 0;
}

void hs_reading_settle(hs_reading *r)
{
    if (r->settled) return;
    hs_reading_flush(r);
    if (r->ids.late_count) r->gap = HS_IDS_LATE - hs_trace_close_gap(r->trace, HS_IDS_LATE);
    r->settled = true;
}

void hs_reading_restart(hs_reading *r)
{
    hs_trace_free(r->trace);
    hs_ids_free(&r->ids);
    r->trace = hs_trace_new();
    r->ids = (hs_ids){0};
    r->batched = 0;
    r->added = 0;
}

/* --- Complaints ----------------------------------------------------------------------------- */

/* The line as it can be shown: cut, and without control characters. */
static void quote(const char *line, const char *end, char *out, size_t room)
{
    size_t n = 0;
    for (; line < end && *line != '\n' && n + 5 < room; line++) {
        unsigned char c = (unsigned char)*line;
        if (c != '\r') out[n++] = c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    out[n] = 0;
    if (line < end && *line != '\n' && *line != '\r') strcat(out, "...");
}

const char *hs_bad(hs_reading *r, const char *line, const char *format, ...)
{
    char quoted[64];
    const char *next = hs_next_line(line, r->at_end);
    if (r->bad++) return next;
    quote(line, next, quoted, sizeof quoted);
    int n = snprintf(r->complaint, sizeof r->complaint, "%.250s:%" PRIu64 ": `%s`: ", r->name,
                     r->line, quoted);
    va_list what;
    va_start(what, format);
    vsnprintf(r->complaint + n, sizeof r->complaint - (size_t)n, format, what);
    va_end(what);
    return next;
}

void hs_reading_note(hs_reading *r, const char *format, ...)
{
    char *text, *notes = r->report->notes;
    va_list what;
    va_start(what, format);
    text = hs_text_by(format, what);
    va_end(what);
    r->report->notes = hs_text("%s%s%s: %s", notes ? notes : "", notes ? "\n" : "", r->name, text);
    free(text);
    free(notes);
}

bool hs_reading_fail(hs_reading *r, const char *format, ...)
{
    int n = snprintf(r->report->error, sizeof r->report->error, "%.250s: ", r->name);
    va_list what;
    va_start(what, format);
    vsnprintf(r->report->error + n, sizeof r->report->error - (size_t)n, format, what);
    va_end(what);
    r->failed = true;
    return false;
}

bool hs_reading_progress(hs_reading *r)
{
    const hs_trace_reading *o = r->options;
    if (!o->progress || o->progress(o->of, r->source->done, r->source->total)) return true;
    r->report->stopped = true;
    return hs_reading_fail(r, "stopped");
}

/* --- Text ----------------------------------------------------------------------------------- */

bool hs_reading_more(hs_reading *r, size_t most)
{
    size_t n;
    uint64_t left = hs_source_left(r->source);
    if (most > left) most = (size_t)left + 1; /* one byte more, to see the end */
    r->text = hs_array_reserve(r->text, &r->capacity, r->size + most + 1 + HS_SCAN_ROOM, 1);
    if (!hs_source_read(r->source, r->text + r->size, most, &n))
        return hs_reading_fail(r, "%s", r->source->error);
    r->size += n;
    memset(r->text + r->size, 0, 1 + HS_SCAN_ROOM);
    return n == most;
}

/* The place behind the last newline or separator; NULL when there is none. */
static const char *last_end(const char *text, size_t size, char separator)
{
    const char *line = memrchr(text, '\n', size);
    const char *item = separator == '\n' ? NULL : memrchr(text, separator, size);
    return item > line ? item + 1 : line ? line + 1 : NULL;
}

/* Give the last line of the text its newline, which may be missing. */
static void finish_last_line(hs_reading *r)
{
    if (r->size && r->text[r->size - 1] != '\n') r->text[r->size++] = '\n';
}

void hs_reading_forget(hs_reading *r, size_t parsed)
{
    memmove(r->text, r->text + parsed, r->size - parsed);
    r->size -= parsed;
}

void hs_reading_foresee(hs_reading *r, uint64_t done, uint64_t total)
{
    if (!done || total <= done || r->source->unpacker) return;
    double parts = (double)total / (double)done;
    hs_trace_reserve(r->trace, (uint64_t)(1.05 * parts * (double)hs_reading_count(r)));
}

bool hs_reading_line_fits(hs_reading *r, size_t at, char separator)
{
    const char *line = r->text + at;
    size_t n = r->size - at;
    if (n <= HS_LINE_MOST || memchr(line, '\n', HS_LINE_MOST + 1) ||
        memchr(line, separator, HS_LINE_MOST + 1))
        return true;
    return hs_reading_fail(r, "line %" PRIu64 " is longer than 1 MiB: this is no trace", r->line);
}

bool hs_reading_again(hs_reading *r)
{
    hs_reading_restart(r);
    r->bad = r->orphans = 0;
    r->report->failed = r->report->unseen = 0;
    if (!hs_source_repeats(r->source)) return true; /* it was kept */
    r->size = 0;
    return hs_source_rewind(r->source) || hs_reading_fail(r, "%s", r->source->error);
}

bool hs_reading_lines(hs_reading *r, char separator,
                      void (*parse)(hs_reading *, const char *at, const char *end, void *state),
                      void *state)
{
    uint64_t told = 0;
    size_t parsed = 0; /* of the text at hand */
    bool more = true, stays = r->twice && !hs_source_repeats(r->source);
    r->line = 1;
    while (more) {
        more = hs_reading_more(r, PIECE);
        if (r->failed) return false;
        if (!hs_reading_line_fits(r, parsed, separator)) return false;
        if (!more) finish_last_line(r);
        const char *end = last_end(r->text + parsed, r->size - parsed, separator);
        if (end) {
            r->at_end = end;
            parse(r, r->text + parsed, end, state);
            if (!told) hs_reading_foresee(r, r->source->done, r->source->total);
            parsed = (size_t)(end - r->text);
            if (!stays) hs_reading_forget(r, parsed), parsed = 0;
        }
        if (told && r->source->done - told < PROGRESS) continue;
        told = r->source->done;
        if (!hs_reading_progress(r)) return false;
    }
    return true;
}

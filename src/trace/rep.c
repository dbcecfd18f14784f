/* SPDX-License-Identifier: MIT */
/* .rep, of the malloc lab of CS:APP (Bryant & O'Hallaron, Computer Systems: A Programmer's
 * Perspective).
 *
 *      20000000        suggested heap size
 *      2               ids, from 0
 *      4               requests
 *      1               weight of the trace in the mean
 *      a 0 512         then one request a line: malloc, realloc, free (-1: of NULL)
 *      r 0 640
 *
 * The files in use count their requests wrongly now and then; that is told, and no error. */
#include "base/count.h"
#include "trace/formats.h"
#include "trace/numbered.h"

#include <inttypes.h>

enum { HEAP, IDS, REQUESTS, WEIGHT, HEADERS };

typedef struct {
    uint64_t header[HEADERS];
    int headers; /* read so far */
} rep;

/* The numbers of the header that this line has. */
static const char *header_line(hs_reading *r, const char *line, rep *h)
{
    const char *at = line;
    for (; h->headers < HEADERS && *at != '\n'; at = hs_skip_blanks(at)) {
        if (hs_take_decimal(&at, &h->header[h->headers])) {
            h->headers++;
            continue;
        }
        h->headers = HEADERS; /* it is told once */
        return hs_bad(r, line,
                      "four numbers should begin the file: heap size, ids, requests, weight");
    }
    if (*at == '\n') return at + 1;
    return hs_bad(r, line, "the header has four numbers, and then requests, one a line");
}

static void parse(hs_reading *r, const char *at, const char *end, void *state)
{
    rep *h = state;
    for (; at < end; r->line++) {
        if (h->headers == HEADERS) at = hs_usual_numbered_lines(r, at, end);
        if (at == end) return;
        at = hs_skip_blanks(at);
        if (*at == '\n')
            at++;
        else if (h->headers < HEADERS)
            at = header_line(r, at, h);
        else
            at = hs_numbered_line(r, at, NULL);
    }
}

static bool read_rep(hs_reading *r)
{
    rep h = {0};
    if (!hs_reading_lines(r, '\n', parse, &h)) return false;
    if (h.headers < HEADERS)
        return hs_reading_fail(
            r, "it ends in its header, which has four numbers: heap size, ids, requests, weight");
    hs_reading_flush(r);
    *hs_trace_about(r->trace) = (hs_trace_header){h.header[HEAP], h.header[WEIGHT]};
    uint64_t count = hs_trace_count(r->trace), ids = hs_trace_ids(r->trace);
    if (r->bad) return true;
    if (count != h.header[REQUESTS])
        hs_reading_note(r, "its header says %" PRIu64 " request%s, there %s %" PRIu64,
                        h.header[REQUESTS], hs_plural(h.header[REQUESTS]),
                        hs_verb(count, "is", "are"), count);
    if (ids > h.header[IDS])
        hs_reading_note(r, "its header says %" PRIu64 " id%s, there are more", h.header[IDS],
                        hs_plural(h.header[IDS]));
    return true;
}

/* Numbers, up to four of them, and then a request or nothing. */
static bool recognise(const char *text, const char *end)
{
    uint64_t number;
    int numbers = 0;
    for (; text < end && numbers < HEADERS; text++) {
        text = hs_skip_blanks(text);
        if (*text == '\n') continue;
        if (!hs_take_decimal(&text, &number)) return false;
        numbers++;
        if (!hs_is_blank(*text) && *text != '\n') return false;
        text -= *text == '\n';
    }
    while (text < end && (hs_is_blank(*text) || *text == '\n')) text++;
    return numbers == HEADERS && (text == end || (*text >= 'a' && *text <= 'z'));
}

static void write_rep(hs_writing *w)
{
    const hs_trace_header *about = hs_trace_header_of(w->trace);
    hs_trace_op op;
    uint64_t header[HEADERS] = {about->heap, w->most_ids, hs_trace_count(w->trace),
                                about->weight ? about->weight : 1};
    for (int i = 0; i < HEADERS; i++) {
        hs_put_number(w, header[i]);
        hs_put_char(w, '\n');
    }
    while (hs_writing_next(w, &op)) hs_put_numbered(w, &op, "-1");
}

const hs_format hs_format_rep = {
    .name = "rep",
    .help = "malloc lab of CS:APP: a ID SIZE, r ID SIZE, f ID, after four numbers",
    .suffixes = {"rep"},
    .recognise = recognise,
    .read = read_rep,
    .write = write_rep,
    .carries = HS_CARRIES_FREE_NULL | HS_CARRIES_REALLOC_NULL | HS_CARRIES_REALLOC_ZERO |
               HS_CARRIES_REALLOC,
};

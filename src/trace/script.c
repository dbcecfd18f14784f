/* SPDX-License-Identifier: MIT */
/* .script, of the heap allocator assignment of CS107 (Stanford).
 *
 *      # a comment, when it begins the line
 *      a 0 32
 *      r 0 64
 *      f 0
 *
 * No header. Ids are used again after a free. As in that course's driver, an id without a block is
 * NULL, so that a free of one that was never allocated is free(NULL); one that is allocated while
 * it has a block forgets that one, which is a leak. */
#include "trace/formats.h"
#include "trace/numbered.h"

#include <inttypes.h>
#include <stdio.h>

static void parse(hs_reading *r, const char *at, const char *end, void *state)
{
    for (; (at = hs_usual_numbered_lines(r, at, end)) < end; r->line++) {
        at = hs_skip_blanks(at);
        if (*at == '\n')
            at++;
        else if (*at == '#')
            at = hs_next_line(at, end);
        else
            at = hs_numbered_line(r, at, state);
    }
}

static bool read_script(hs_reading *r)
{
    uint64_t forgotten = 0;
    bool good = hs_reading_lines(r, '\n', parse, &forgotten);
    if (good && forgotten)
        hs_reading_note(r, "ids allocated again while they had a block, which is lost: %" PRIu64,
                        forgotten);
    return good;
}

static bool recognise(const char *text, const char *end)
{
    for (; text < end; text = hs_next_line(text, end)) {
        text = hs_skip_blanks(text);
        if (*text != '\n' && *text != '#') return hs_is_numbered_line(text);
    }
    return false;
}

static void write_script(hs_writing *w)
{
    hs_trace_op op;
    char null[16]; /* an id that nobody has */
    snprintf(null, sizeof null, "%" PRIu32, w->most_ids);
    while (hs_writing_next(w, &op)) hs_put_numbered(w, &op, null);
}

const hs_format hs_format_script = {
    .name = "script",
    .help = "heap allocator of CS107: a ID SIZE, r ID SIZE, f ID; # comments",
    .suffixes = {"script"},
    .recognise = recognise,
    .read = read_script,
    .write = write_script,
    .carries = HS_CARRIES_FREE_NULL | HS_CARRIES_REALLOC_NULL | HS_CARRIES_REALLOC_ZERO |
               HS_CARRIES_REALLOC,
};

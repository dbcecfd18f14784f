/* SPDX-License-Identifier: MIT */
/* The operation lists of the free-space homework of OSTEP.
 *
 *      +10,+10,-0,+5       +SIZE allocates, and takes the next index, from 0; -INDEX frees
 *
 * One line as a rule; blanks and newlines separate as well as commas do. There is no realloc. */
#include "base/count.h"
#include "trace/formats.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

static const char form[] = "+SIZE allocates, -INDEX frees, and a comma is between them";

static bool separates(char c)
{
    return c == ',' || c == '\n' || hs_is_blank(c);
}

static void allocate(hs_reading *r, uint64_t size, uint32_t *next)
{
    uint32_t id = hs_ids_of(&r->ids, *next, hs_reading_count(r));
    *hs_ids_state(&r->ids, id) = HS_ID_LIVE;
    ++*next;
    hs_reading_add(r, (hs_trace_op){.kind = HS_MALLOC, .id = id, .size = size});
}

static void release(hs_reading *r, const char *item, uint64_t index, uint32_t next)
{
    uint8_t *state = index < next ? hs_ids_state(&r->ids, (uint32_t)index) : NULL;
    if (!state) {
        hs_bad(r, item, "there is no block %" PRIu64 " yet: blocks count from 0, there %s %" PRIu32,
               index, hs_verb(next, "is", "are"), next);
    } else if (*state != HS_ID_LIVE) {
        hs_bad(r, item, "block %" PRIu64 " was freed before", index);
    } else {
        *state = HS_ID_FREE;
        hs_reading_add(r, (hs_trace_op){.kind = HS_FREE, .id = (uint32_t)index});
    }
}

static void parse(hs_reading *r, const char *at, const char *end, void *state)
{
    uint32_t *next = state;
    while (at < end) {
        uint64_t number;
        const char *item = at;
        if (separates(*at)) {
            r->line += *at++ == '\n';
            continue;
        }
        at++;
        if ((*item != '+' && *item != '-') || !hs_take_decimal(&at, &number) || !separates(*at)) {
            hs_bad(r, item, "this is no operation; %s", form);
            while (!separates(*at)) at++;
        } else if (*item == '+') {
            allocate(r, number, next);
        } else {
            release(r, item, number, *next);
        }
        at += *at == ','; /* nearly all operations end in a comma */
    }
}

static bool read_ostep(hs_reading *r)
{
    uint32_t next = 0;
    return hs_reading_lines(r, ',', parse, &next);
}

static bool recognise(const char *text, const char *end)
{
    uint64_t number;
    while (text < end && separates(*text)) text++;
    if (text == end || (*text++ != '+')) return false;
    return hs_take_decimal(&text, &number) && separates(*text);
}

/* --- Writing -------------------------------------------------------------------------------- */

static void put(hs_writing *w, char sign, uint64_t number)
{
    if (w->written > 1 || w->used) hs_put_char(w, ',');
    hs_put_char(w, sign);
    hs_put_number(w, number);
}

static void write_ostep(hs_writing *w)
{
    hs_trace_op op;
    uint64_t next = 0, *indices = hs_new(w->most_ids + (size_t)1, sizeof *indices);
    while (hs_writing_next(w, &op)) {
        if (op.kind == HS_FREE) {
            put(w, '-', indices[op.id]);
            continue;
        }
        put(w, '+', op.size);
        if (op.kind == HS_REALLOC) {
            put(w, '-', indices[op.id]);
            hs_writing_lost_realloc(w);
        }
        indices[op.id] = next++;
    }
    free(indices);
    hs_put_char(w, '\n');
}

const hs_format hs_format_ostep = {
    .name = "ostep",
    .help = "operation list of the OSTEP homework: +10,+10,-0",
    .suffixes = {"ostep"},
    .recognise = recognise,
    .read = read_ostep,
    .write = write_ostep,
    .carries = 0,
};

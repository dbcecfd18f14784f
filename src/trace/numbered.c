/* SPDX-License-Identifier: MIT */
/* Requests on numbered blocks. A number names one block at a time; that it is freed twice, or
 * allocated twice, is a bad line for one driver, and for the other a pointer like any other. */
#include "trace/numbered.h"

#include <inttypes.h>

static const char form[] = "a line is `a ID BYTES`, `r ID BYTES` or `f ID`";

static const char *allocate(hs_reading *r, const char *line, uint64_t number, uint64_t size,
                            uint64_t *forgotten)
{
    uint32_t id = hs_ids_now(&r->ids, number, hs_reading_count(r));
    if (*hs_ids_state(&r->ids, id) == HS_ID_LIVE) {
        if (!forgotten)
            return hs_bad(
                r, line, "block %" PRIu64 " is allocated already: it must be freed before", number);
        id = hs_ids_forget(&r->ids, number);
        ++*forgotten;
    }
    *hs_ids_state(&r->ids, id) = HS_ID_LIVE;
    hs_reading_add(r, (hs_trace_op){.kind = HS_MALLOC, .id = id, .size = size});
    return NULL;
}

static void reallocate(hs_reading *r, uint64_t number, uint64_t size)
{
    uint32_t id = hs_ids_now(&r->ids, number, hs_reading_count(r));
    uint8_t *state = hs_ids_state(&r->ids, id);
    *state = *state == HS_ID_LIVE && !size ? HS_ID_NULL : HS_ID_LIVE;
    hs_reading_add(r, (hs_trace_op){.kind = HS_REALLOC, .id = id, .size = size});
}

static const char *release(hs_reading *r, const char *line, uint64_t number, bool strict)
{
    uint32_t id = hs_ids_now(&r->ids, number, hs_reading_count(r));
    uint8_t *state = hs_ids_state(&r->ids, id);
    if (*state == HS_ID_FREE && strict)
        return hs_bad(r, line, "block %" PRIu64 " is not allocated: it can not be freed", number);
    if (*state == HS_ID_FREE) id = HS_TRACE_NULL;
    if (*state == HS_ID_SKIPPED)
        r->orphans++;
    else
        hs_reading_add(r, (hs_trace_op){.kind = HS_FREE, .id = id});
    *state = HS_ID_FREE;
    return NULL;
}

/* `f -1` is free(NULL). */
static const char *release_null(hs_reading *r, const char *line, const char *at)
{
    if (line[0] != 'f' || at[1] != '1' || !hs_line_ends(at + 2))
        return hs_bad(r, line, "an ID is not negative, but for `f -1`, which is free(NULL)");
    hs_reading_add(r, (hs_trace_op){.kind = HS_FREE, .id = HS_TRACE_NULL});
    return hs_skip_blanks(at + 2) + 1;
}

/* Refuse an allocation without a size, and mark its number, so that the frees of it are not told as
 * well. */
static const char *without_size(hs_reading *r, const char *line, uint64_t number)
{
    uint8_t *state = hs_ids_state(&r->ids, hs_ids_now(&r->ids, number, hs_reading_count(r)));
    if (line[0] == 'a' && *state != HS_ID_LIVE) *state = HS_ID_SKIPPED;
    return hs_bad(r, line, "its size is missing, or none; %s", form);
}

/* Take a usual line: `a ID BYTES`, `r ID BYTES` or `f ID`, with one blank between its parts, about
 * a block that is as it should be. NULL: it is anything else. */
static const char *usual_line(hs_reading *r, const char *at)
{
    uint64_t id, size = 0;
    bool frees = at[0] == 'f', again = at[0] == 'r';
    if ((!frees & !again & (at[0] != 'a')) | (at[1] != ' ')) return NULL;
    at += 2;
    if (!hs_take_decimal(&at, &id) || id >= r->ids.count) return NULL;
    if (!frees && (*at++ != ' ' || !hs_take_decimal(&at, &size))) return NULL;
    uint8_t *state = &r->ids.states[id];
    bool lives = *state == HS_ID_LIVE, moved = *state == HS_ID_FORGOTTEN;
    if ((*at != '\n') | moved | ((lives != frees) & !again) | (again & !size)) return NULL;
    *state = frees ? HS_ID_FREE : HS_ID_LIVE;
    unsigned request = frees * (unsigned)HS_FREE + again * (unsigned)HS_REALLOC;
    hs_reading_add(r, (hs_trace_op){.kind = request & 7, .id = (uint32_t)id, .size = size});
    return at + 1;
}

const char *hs_usual_numbered_lines(hs_reading *r, const char *at, const char *end)
{
    for (const char *next; at < end && (next = usual_line(r, at)); at = next) r->line++;
    return at;
}

const char *hs_numbered_line(hs_reading *r, const char *line, uint64_t *forgotten)
{
    uint64_t number, size = 0;
    char kind = line[0];
    const char *at = hs_skip_blanks(line + 1), *next = NULL;
    if ((kind != 'a' && kind != 'f' && kind != 'r') || at == line + 1)
        return hs_bad(r, line, "this is no request; %s", form);
    if (*at == '-') return release_null(r, line, at);
    if (!hs_take_decimal(&at, &number)) return hs_bad(r, line, "its ID is no number; %s", form);
    if (kind != 'f') {
        at = hs_skip_blanks(at);
        if (!hs_take_decimal(&at, &size)) return without_size(r, line, number);
    }
    if (!hs_line_ends(at)) return hs_bad(r, line, "there is more than a request; %s", form);
    if (kind == 'a')
        next = allocate(r, line, number, size, forgotten);
    else if (kind == 'r')
        reallocate(r, number, size);
    else
        next = release(r, line, number, !forgotten);
    return next ? next : hs_skip_blanks(at) + 1;
}

bool hs_is_numbered_line(const char *at)
{
    uint64_t number;
    if (*at != 'a' && *at != 'f' && *at != 'r') return false;
    const char *id = hs_skip_blanks(at + 1);
    id += *id == '-';
    return id > at + 1 && hs_take_decimal(&id, &number) && (hs_is_blank(*id) || *id == '\n');
}

void hs_put_numbered(hs_writing *w, const hs_trace_op *op, const char *null)
{
    hs_put_text(w, op->kind == HS_MALLOC ? "a " : op->kind == HS_REALLOC ? "r " : "f ");
    if (op->id == HS_TRACE_NULL)
        hs_put_text(w, null);
    else
        hs_put_number(w, op->id);
    if (op->kind != HS_FREE) {
        hs_put_char(w, ' ');
        hs_put_number(w, op->size);
    }
    hs_put_char(w, '\n');
}

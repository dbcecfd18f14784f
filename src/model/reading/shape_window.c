/* SPDX-License-Identifier: MIT */
/* A window on the shape: cells from the columns that are kept, or from a session of its own that
 * performs the commands of the window again and watches its addresses alone. */
#include "model/reading/readings.h"
#include "model/session/lifetimes.h"

#include "base/memory.h"

#include <heapscope/shape.h>

#include <stdlib.h>
#include <string.h>

/* A window of few commands is always performed again, one of more than the most never. A command is
 * about a microsecond's work; where the allocator searches long it is more, and then the window is
 * given up. */
enum { FEW_COMMANDS = 4096, MOST_COMMANDS = 1 << 18, MOST_WORK = MOST_COMMANDS };

uint64_t hs_shape_command(const hs_shape_picture *p, int column)
{
    uint64_t command = p->first + ((uint64_t)column + 1) * p->per - 1;
    return command < p->last ? command : p->last;
}

int hs_shape_column_of(const hs_shape_picture *p, uint64_t command)
{
    if (!p->columns || command <= p->first) return 0;
    uint64_t column = ((command < p->last ? command : p->last) - p->first) / p->per;
    return (int)column;
}

uint8_t hs_shape_cell(const hs_shape_picture *p, int row, int column)
{
    return p->cells[column * p->rows + row];
}

void hs_shape_picture_free(hs_shape_picture *p)
{
    if (!p) return;
    free(p->cells);
    free(p);
}

/* A moment of the session's heap. */
typedef struct {
    uint64_t count; /* of operations */
    uint64_t used;  /* bytes of the heap */
    const hs_standing *is;
    const hs_lifetimes *shape;
} moment;

/* --- Layout ---------------------------------------------------------------------------------- */

static void lay_out_time(hs_shape_picture *p, hs_shape_window w, int columns)
{
    p->first = w.first > p->begin ? w.first : p->begin;
    p->last = w.last >= p->begin && w.last < p->end ? w.last : p->end;
    p->per = 1;
    if (p->end < p->begin) return;
    if (p->first > p->last) p->first = p->begin;
    uint64_t span = p->last - p->first + 1;
    p->per = (span + (uint64_t)columns - 1) / (uint64_t)columns;
    p->columns = (int)((span + p->per - 1) / p->per);
}

/* Choose the smallest number of bytes a row with which everything fits. Addresses of rows are
 * multiples of it. */
static void lay_out_addresses(hs_shape_picture *p, hs_shape_window w, uint64_t used, int rows)
{
    hs_addr from = w.from > p->base ? w.from : p->base;
    if (from >= p->top) from = p->top - 1;
    uint64_t bytes = w.bytes ? w.bytes : used > from - p->base ? used - (from - p->base) : 1;
    p->row_bytes = 1u << HS_SHAPE_LEAST_SHIFT;
    if (bytes > p->top - from) bytes = p->top - from;
    while (p->row_bytes * (uint64_t)rows < bytes) p->row_bytes *= 2;
    p->from = from - (from - p->base) % p->row_bytes;
    uint64_t all = (p->top - p->from + p->row_bytes - 1) / p->row_bytes;
    p->rows = all < (uint64_t)rows ? (int)all : rows;
}

/* Find the commands that made the heap what it is. After a replay they are those that it did
 * again. */
static void find_bounds(hs_shape_picture *p, const hs_session *s, moment end)
{
    p->begin = end.is->first_on_heap + 1;
    p->end = end.count;
    p->base = hs_heap_base(s->heap);
    p->top = p->base + hs_heap_maximum(s->heap);
}

/* --- From what is kept ----------------------------------------------------------------------- */

/* Join cells side by side into one: it is of the kind that most of it is of, with its share. */
static uint8_t join(const uint8_t *cells, size_t n)
{
    unsigned shares[HS_SHAPE_LIVE + HS_SHAPE_CLASSES] = {0}, live = 0, most = HS_SHAPE_UNUSED;
    for (size_t i = 0; i < n; i++) {
        unsigned kind = hs_shape_kind(cells[i]);
        if (kind == HS_SHAPE_FREE && most == HS_SHAPE_UNUSED) most = HS_SHAPE_FREE;
        if (kind < HS_SHAPE_LIVE) continue;
        shares[kind] += hs_shape_share(cells[i]);
        live += hs_shape_share(cells[i]);
        if (most < HS_SHAPE_LIVE || shares[kind] > shares[most]) most = kind;
    }
    return (uint8_t)(most << 5 | (live + n - 1) / n);
}

/* Buckets of 1 << shift bytes as a picture's column. */
static void fill_column(hs_shape_picture *p, int column, const uint8_t *buckets, uint64_t shift)
{
    for (int row = 0; row < p->rows; row++) {
        uint64_t offset = p->from - p->base + (uint64_t)row * p->row_bytes, first = offset >> shift;
        uint64_t n = p->row_bytes >> shift;
        if (first >= HS_SHAPE_BUCKETS) break;
        if (n > HS_SHAPE_BUCKETS - first) n = HS_SHAPE_BUCKETS - first;
        p->cells[column * p->rows + row] = join(buckets + first, n ? (size_t)n : 1);
    }
}

/* The last column that was noted up to a command; NULL: there is none. */
static const hs_lifetimes_column *last_noted(const hs_lifetimes *s, uint64_t command)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->columns[middle].command <= command)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &s->columns[low - 1] : NULL;
}

static void fill_from_kept(hs_shape_picture *p, moment end)
{
    uint8_t now[HS_SHAPE_BUCKETS];
    hs_lifetimes_now(end.shape, end.is->totals.highest_block, now);
    for (int i = 0; i < p->columns; i++) {
        uint64_t command = hs_shape_command(p, i);
        const hs_lifetimes_column *c = last_noted(end.shape, command);
        if (command >= end.count)
            fill_column(p, i, now, end.shape->shift);
        else if (c)
            fill_column(p, i, c->cells, c->shift);
    }
}

/* True if the columns that the session keeps are as fine as the picture. */
static bool is_kept(const hs_shape_picture *p, const hs_lifetimes *s)
{
    return p->per >= s->stride && p->row_bytes >= 1ull << s->shift;
}

/* --- By performing it again ------------------------------------------------------------------ */

static void aim(hs_session *s, const hs_shape_picture *p)
{
    hs_addr end = p->from + p->row_bytes * (uint64_t)p->rows;
    hs_lifetimes_aim(s->shape, p->from, (unsigned)__builtin_ctzll(p->row_bytes));
    const hs_client_block *b = hs_session_block_from(s, p->base);
    for (; b && b->addr < end; b = hs_session_block_from(s, b->addr + 1))
        if (b->live) hs_lifetimes_born(s->shape, b->addr, b->requested);
}

static bool perform_again(hs_shape_picture *p, const hs_session *s)
{
    hs_problem ignored;
    uint8_t cells[HS_SHAPE_BUCKETS];
    uint64_t before = p->first - 1;
    /* Nothing before the first operation of a replay can be had. */
    if (before == s->is.first_on_heap && s->is.replayed_until > before) before++;
    hs_session *then = hs_session_after(s, before, &ignored);
    if (!then) return false;
    aim(then, p);
    uint64_t most = then->work + MOST_WORK;
    for (int i = 0; i < p->columns && then->work <= most; i++) {
        hs_session_pass(then, hs_shape_command(p, i));
        hs_lifetimes_now(then->shape, then->is.totals.highest_block, cells);
        memcpy(p->cells + i * p->rows, cells, (size_t)p->rows);
    }
    p->exact = then->work <= most;
    hs_session_free(then);
    return p->exact;
}

/* --- Looking --------------------------------------------------------------------------------- */

/* The session that goes through a trace ahead, as far as it has come; NULL: there is none. */
static const hs_session *ahead_of(const hs_session *s)
{
    return s->ahead && !s->at.branch && s->ahead->at.count >= s->at.count ? s->ahead : NULL;
}

static moment moment_of(const hs_session *s)
{
    return (moment){s->at.count, hs_session_used(s), &s->is, s->shape};
}

/* The end of the session's branch. It is the session itself where the branch ends on another heap,
 * or where going there would take long. */
static moment end_of_branch(const hs_session *s)
{
    hs_problem ignored;
    hs_readings *k = hs_readings_of(s);
    uint64_t end = hs_chronicle_count(s->chronicle, s->at.branch);
    const hs_session *ahead = ahead_of(s);
    if (ahead && end == hs_session_traced(s)) return moment_of(ahead);
    bool far = hs_session_surveyed(s) < hs_session_traced(s);
    if (far || s->borrowed || s->at.count == end) return moment_of(s);
    if (!k->left.shape || k->left.at.branch != s->at.branch || k->left.at.count != end) {
        hs_session *own = hs_session_after(s, end, &ignored);
        if (own) hs_readings_keep_end(k, own);
        hs_session_free(own);
        if (!own) return moment_of(s);
    }
    const hs_standing *is = &k->left.is;
    if (s->at.count < is->first_on_heap || s->at.count < is->replayed_until) return moment_of(s);
    uint64_t used = is->totals.highest_block - hs_heap_base(s->heap);
    return (moment){end, used, is, k->left.shape};
}

hs_shape_picture *hs_shape_look(const hs_session *s, hs_shape_window w, int rows, int columns)
{
    HS_ENTER_SESSION(s, NULL, NULL);
    hs_shape_picture *p = hs_new(1, sizeof *p);
    moment end = w.until_now ? moment_of(s) : end_of_branch(s);
    find_bounds(p, s, end);
    p->now = s->at.count;
    lay_out_time(p, w, columns < 1 ? 1 : columns);
    lay_out_addresses(p, w, end.used, rows < 1 ? 1 : rows < HS_SHAPE_ROWS ? rows : HS_SHAPE_ROWS);
    p->cells = hs_new((size_t)p->columns * (size_t)p->rows + 1, 1);
    uint64_t span = p->last - p->first + 1,
             most = is_kept(p, end.shape) ? FEW_COMMANDS : MOST_COMMANDS;
    bool again = p->columns && !s->borrowed && span <= most;
    if (!again || !perform_again(p, s)) {
        memset(p->cells, HS_SHAPE_UNUSED << 5, (size_t)p->columns * (size_t)p->rows);
        fill_from_kept(p, end);
    }
    return p;
}

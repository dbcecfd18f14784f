/* SPDX-License-Identifier: MIT */
/* What the drawings of free blocks have in common. */
#include "view/drawing.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int hs_drawing_row(hs_drawing *d)
{
    size_t i = d->made++;
    if (i < d->skip || i - d->skip >= (size_t)d->pane.rows) return -1;
    int row = (int)(i - d->skip);
    if (row < d->pane.rows - 1 || d->total <= d->made) return row;
    hs_putf(d->pane, row, 0, HS_ROLE_DIM, "... %zu more", d->total - i);
    return -1;
}

bool hs_drawing_is_full(const hs_drawing *d)
{
    return d->total && d->made >= d->skip + (size_t)d->pane.rows;
}

const char *hs_drawing_arrow(const hs_drawing *d)
{
    return d->ascii ? "-> " : "→ ";
}

const char *hs_drawing_address(const hs_drawing *d, hs_addr at, char text[HS_ADDRESS_TEXT])
{
    uint64_t size = hs_heap_committed(d->heap);
    int digits = 3;
    if (!d->small || at - hs_heap_base(d->heap) >= size) {
        snprintf(text, HS_ADDRESS_TEXT, "0x%" PRIx64, at);
        return text;
    }
    while (digits < 8 && size > (uint64_t)1 << 4 * digits) digits++;
    snprintf(text, HS_ADDRESS_TEXT, "%s%0*" PRIx64, d->ascii ? ".." : "…", digits,
             at & (((uint64_t)1 << 4 * digits) - 1));
    return text;
}

int hs_drawing_put_address(const hs_drawing *d, int row, int column, hs_addr at)
{
    char text[HS_ADDRESS_TEXT];
    column = hs_put(d->pane, row, column, HS_ROLE_ADDRESS, hs_drawing_address(d, at, text));
    bool changed = hs_session_changed(d->session, at);
    return hs_put(d->pane, row, column, changed ? HS_ROLE_MARK : HS_ROLE_TEXT, changed ? "*" : " ");
}

/* Write a size as a whole number of K, M, ..., if it is one. */
static void put_size(char *out, size_t size, uint64_t n)
{
    size_t unit = 0;
    while (n >= 10240 && n % 1024 == 0 && unit < 4) n /= 1024, unit++;
    snprintf(out, size, unit ? "%" PRIu64 "%c" : "%" PRIu64, n, " KMGT"[unit]);
}

const char *hs_range_text(uint64_t smallest, uint64_t largest, char text[HS_RANGE_TEXT])
{
    put_size(text, HS_RANGE_TEXT, smallest);
    size_t n = strlen(text);
    if (smallest == largest) return text;
    if (largest < 100000)
        snprintf(text + n, HS_RANGE_TEXT - n, "-%" PRIu64, largest);
    else
        snprintf(text + n, HS_RANGE_TEXT - n, "+");
    return text;
}

void hs_drawing_say(hs_drawing *d, hs_role role, const char *format, ...)
{
    char text[256];
    int row = hs_drawing_row(d);
    va_list arguments;
    if (row < 0) return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    hs_put(d->pane, row, 0, role, text);
}

/* --- A list as a row ------------------------------------------------------------------------ */

enum { MORE = 8, FIRST = 32 }; /* columns of "123 more"; blocks followed where there are many */

typedef struct {
    hs_drawing *d;
    int row, column;
    size_t hidden; /* blocks that found no room; behind the first such one none is put */
} chain;

static int columns_of(const char *text)
{
    int n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* Put a link to a block, unless there is no room for it and for the word about what is cut. */
static void put_link(chain *c, hs_addr at, bool last)
{
    const hs_drawing *d = c->d;
    char text[HS_ADDRESS_TEXT];
    if (c->row < 0) return;
    const char *arrow = d->small ? (d->ascii ? "->" : "→") : hs_drawing_arrow(d);
    int width = columns_of(arrow) + columns_of(hs_drawing_address(d, at, text)) + 1;
    if (c->hidden || c->column + width + (last ? 0 : MORE) > d->pane.columns) {
        c->hidden++;
        return;
    }
    c->column = hs_put(d->pane, c->row, c->column, HS_ROLE_DIM, arrow);
    c->column = hs_drawing_put_address(d, c->row, c->column, at);
}

static void end_chain(chain *c, hs_addr at, const char *wrong, bool all)
{
    const hs_drawing *d = c->d;
    char text[HS_ADDRESS_TEXT];
    if (c->row < 0) return;
    if (c->hidden)
        c->column = hs_putf(d->pane, c->row, c->column, HS_ROLE_DIM, "%zu%s more ", c->hidden,
                            all ? "" : "+");
    if (wrong)
        hs_putf(d->pane, c->row, c->column, HS_ROLE_ERROR, "%s%s %s", hs_drawing_arrow(d),
                hs_drawing_address(d, at, text), wrong);
}

size_t hs_drawing_chain(hs_drawing *d, int row, int column, hs_addr head, bool *all)
{
    size_t most = !d->holes.many ? SIZE_MAX : row < 0 ? 0 : FIRST;
    chain c = {.d = d, .row = row, .column = column};
    const char *wrong = NULL;
    size_t n = 0;
    hs_addr at = head;
    while (at && n < most) {
        const hs_hole *hole;
        wrong = hs_hole_reach(d->session, &d->holes, at, &hole);
        if (wrong) break;
        hs_addr next = hs_hole_links(d->session, hole).to[0];
        put_link(&c, at, !next);
        at = next;
        n++;
    }
    *all = !at || wrong;
    end_chain(&c, at, wrong, *all);
    return n;
}

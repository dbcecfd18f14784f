/* SPDX-License-Identifier: MIT */
/* The byte map. It is painted in three passes: the session tells how many bytes of each cell serve
 * what; the cells take the role that matters most; labels of the blocks on show go on top, where
 * cells are small enough for any. */
#include "view/byte_map.h"

#include "base/memory.h"
#include "view/bits.h"
#include "view/theme.h"

#include <heapscope/ledger.h>
#include <heapscope/reading.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The roles that bytes of the heap can have, the most telling first. */
static const hs_role roles[HS_SHARES] = {
    [HS_SHARE_DAMAGED] = HS_ROLE_DAMAGE,  [HS_SHARE_HEADER] = HS_ROLE_HEADER,
    [HS_SHARE_FOOTER] = HS_ROLE_FOOTER,   [HS_SHARE_LINK] = HS_ROLE_LINK,
    [HS_SHARE_PAYLOAD] = HS_ROLE_PAYLOAD, [HS_SHARE_PADDING] = HS_ROLE_PADDING,
    [HS_SHARE_DEAD] = HS_ROLE_DEAD,       [HS_SHARE_FREE] = HS_ROLE_FREE,
    [HS_SHARE_UNUSED] = HS_ROLE_UNUSED};

/* --- Layout --------------------------------------------------------------------------------- */

static uint64_t power_of_two_within(uint64_t n)
{
    uint64_t p = 1;
    while (p <= n / 2) p *= 2;
    return p;
}

enum { WIDEST = 3, WIDEST_LARGE = 6 }; /* the most columns of a cell */

static hs_map_plan plan_with(const hs_session *s, uint64_t row_bytes, int columns, uint64_t widest)
{
    hs_map_plan plan = {.row_bytes = row_bytes, .cell_bytes = 1, .lines = 1};
    uint64_t room = columns > HS_MAP_GUTTER ? (uint64_t)(columns - HS_MAP_GUTTER) : 1;
    plan.cell_columns = (int)(room / row_bytes > widest ? widest : room / row_bytes);
    if (plan.cell_columns < 1) {
        plan.cell_columns = 1;
        plan.cell_bytes = row_bytes / power_of_two_within(room);
    }
    plan.rows = (hs_heap_committed(hs_session_heap(s)) + row_bytes - 1) / row_bytes;
    return plan;
}

/* How many rows the heap itself gets: where there is room, the ruler and the last line stand beside
 * them. */
static int rows_for_heap(int rows)
{
    return rows > 4 ? rows - 2 : rows > 1 ? rows - 1 : 1;
}

/* The fewest bytes a row, so the most detail, with which the whole heap fits. */
static uint64_t fitting_zoom(const hs_session *s, int rows, int columns)
{
    uint64_t room = columns > HS_MAP_GUTTER ? (uint64_t)(columns - HS_MAP_GUTTER) : 1;
    uint64_t row_bytes = power_of_two_within(room / 3 ? room / 3 : 1);
    if (row_bytes < 8) row_bytes = 8;
    if (row_bytes > 64) row_bytes = 64;
    while (plan_with(s, row_bytes, columns, WIDEST).rows > (uint64_t)rows) row_bytes *= 2;
    return row_bytes;
}

/* Show as many rows as fit, from the one of `top` on. */
static void place(const hs_session *s, hs_map_plan *plan, int room, hs_addr top)
{
    hs_addr base = hs_heap_base(hs_session_heap(s));
    uint64_t fits = (uint64_t)(room / plan->lines);
    plan->visible = (int)(plan->rows < fits ? plan->rows : fits);
    uint64_t first = top > base ? (top - base) / plan->row_bytes : 0;
    if (first > plan->rows - (uint64_t)plan->visible) first = plan->rows - (uint64_t)plan->visible;
    plan->top = base + first * plan->row_bytes;
}

hs_map_plan hs_map_plan_for(const hs_session *s, int rows, int columns, uint64_t zoom, hs_addr top)
{
    int room = rows_for_heap(rows);
    uint64_t row_bytes = zoom ? power_of_two_within(zoom) : fitting_zoom(s, room, columns);
    hs_map_plan plan = plan_with(s, row_bytes < 8 ? 8 : row_bytes, columns, WIDEST);
    if (plan.cell_columns >= 2 && plan.rows * 2 <= (uint64_t)room) plan.lines = 2;
    place(s, &plan, room, top);
    return plan;
}

/* Wider cells come before higher rows, and both before the whole heap. */
hs_map_plan hs_map_plan_large(const hs_session *s, int rows, int columns, uint64_t zoom,
                              hs_addr top)
{
    static const struct {
        uint64_t bytes;
        int lines;
    } looks[] = {{16, 3}, {16, 2}, {32, 3}, {32, 2}};
    int room = rows_for_heap(rows), lines = room > 1 ? 2 : 1;
    uint64_t asked = zoom ? power_of_two_within(zoom) : 0;
    hs_map_plan plan = plan_with(s, asked > 8 ? asked : 8, columns, WIDEST_LARGE);
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        uint64_t bytes = asked ? plan.row_bytes : looks[i].bytes;
        hs_map_plan next = plan_with(s, bytes, columns, WIDEST_LARGE);
        if (!asked && next.cell_columns < 2) break;
        plan = next;
        lines = looks[i].lines < room ? looks[i].lines : lines;
        if (plan.rows * (uint64_t)lines <= (uint64_t)room) break;
    }
    plan.lines = lines;
    plan.large = true;
    place(s, &plan, room, top);
    return plan;
}

int hs_map_rows(const hs_map_plan *plan)
{
    return plan->visible * plan->lines + 2;
}

/* --- Painting ------------------------------------------------------------------------------- */

typedef struct {
    const hs_session *session;
    const hs_map_plan *plan;
    hs_pane pane;                   /* the rows of the heap alone, without the ruler */
    hs_addr from, to;               /* the bytes on show */
    uint64_t (*weights)[HS_SHARES]; /* of each cell, by what its bytes serve */
    uint8_t *changed;
    size_t cells, row_cells;
    int ruler; /* rows that the ruler takes */
} painter;

/* --- Cells ---------------------------------------------------------------------------------- */

static int cell_column(const painter *m, size_t cell)
{
    return HS_MAP_GUTTER + (int)(cell % m->row_cells) * m->plan->cell_columns;
}

static int cell_row(const painter *m, size_t cell)
{
    return m->ruler + (int)(cell / m->row_cells) * m->plan->lines;
}

/* The role of a cell: within a word the most telling one, in larger cells what most of it is. */
static hs_role role_of(const painter *m, size_t cell)
{
    const uint64_t *w = m->weights[cell];
    size_t most = HS_SHARES;
    if (w[0]) return roles[0]; /* damage is always told */
    for (size_t i = 0; i < HS_SHARES; i++) {
        if (!w[i]) continue;
        if (m->plan->cell_bytes <= 8) return roles[i];
        if (most == HS_SHARES || w[i] > w[most]) most = i;
    }
    if (most < HS_SHARES) return roles[most];
    /* A cell that belongs to no block is padding before the first block and after the last, or lies
     * beyond the end. */
    return m->from + cell * m->plan->cell_bytes < m->to ? HS_ROLE_PADDING : HS_ROLE_RESERVED;
}

/* The glyph for how much of a cell of many words is live: one for each quarter. */
static wchar_t shade(int quarter, bool ascii)
{
    static const wchar_t shades[] = {0x2591, 0x2592, 0x2593, 0x2588}, plain[] = L"-+*#";
    return ascii ? plain[quarter] : shades[quarter];
}

static bool is_coarse(const hs_map_plan *plan)
{
    return plan->cell_bytes > 8;
}

/* The scene's cell at a place of the pane; NULL outside. */
static hs_cell *cell_at(const painter *m, int row, int column)
{
    if (row >= m->pane.rows || column >= m->pane.columns) return NULL;
    return hs_scene_cell(m->pane.scene, m->pane.row + row, m->pane.column + column);
}

static void paint_span(const painter *m, int row, int column, int width, hs_role role,
                       wchar_t glyph, uint8_t flags)
{
    for (int i = 0; i < width; i++) {
        hs_cell *c = cell_at(m, row, column + i);
        if (!c) return;
        *c = (hs_cell){.glyph = glyph, .role = (uint8_t)role, .flags = flags};
    }
}

static void paint_cell(const painter *m, size_t cell)
{
    hs_role role = role_of(m, cell);
    uint64_t live = m->weights[cell][HS_SHARE_PAYLOAD];
    wchar_t glyph = hs_theme_glyph(role, m->pane.scene->ascii);
    if (is_coarse(m->plan) && live && role != HS_ROLE_DAMAGE) {
        int quarter = (int)(live * 4 / m->plan->cell_bytes);
        glyph = shade(quarter < 3 ? quarter : 3, m->pane.scene->ascii);
        role = HS_ROLE_PAYLOAD;
    }
    uint8_t flags = (uint8_t)(HS_FILLER | (m->changed[cell] ? HS_CHANGED : 0));
    for (int line = 0; line < m->plan->lines; line++)
        paint_span(m, cell_row(m, cell) + line, cell_column(m, cell), m->plan->cell_columns, role,
                   glyph, flags);
}

/* Paint the value of each byte into its cell, where cells are one byte and have room for two
 * digits. For readers far away there must be a gap between them, without which digits can not be
 * told apart. */
static void paint_bytes(const painter *m)
{
    if (m->plan->large && m->plan->cell_columns == 2) return;
    for (size_t cell = 0; cell < m->cells; cell++) {
        const uint8_t *byte = hs_heap_bytes(hs_session_heap(m->session), m->from + cell, 1);
        hs_role role = role_of(m, cell);
        if (!byte) break;
        if (m->plan->lines == 1 && (*byte == 0 || role != HS_ROLE_PAYLOAD)) continue;
        int row = cell_row(m, cell) + (m->plan->lines > 1);
        int margin = m->plan->large; /* the block's edge stands there */
        hs_pane p = m->pane;
        if (m->plan->cell_columns >= 2) {
            hs_fill(p, row, cell_column(m, cell), m->plan->cell_columns, role, L' ');
            hs_putf(p, row, cell_column(m, cell) + margin, role, "%02x", *byte);
        } else {
            hs_put_glyph(p, row, cell_column(m, cell), role, isprint(*byte) ? *byte : L'?');
        }
    }
}

/* --- Labels --------------------------------------------------------------------------------- */

/* The columns that the bytes from .. to - 1 have on the row of `from`. */
static int span_columns(const painter *m, hs_addr from, hs_addr to)
{
    hs_addr row_end = m->from + ((from - m->from) / m->plan->row_bytes + 1) * m->plan->row_bytes;
    uint64_t bytes = (to < row_end ? to : row_end) - from;
    return (int)(bytes / m->plan->cell_bytes) * m->plan->cell_columns;
}

/* The columns that a text takes: those of its characters, as many as bytes that begin one. */
static int columns_of(const char *text)
{
    int n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* Write a label over the cells of from .. to - 1, as much of it as fits in their first row. */
static bool label(const painter *m, hs_addr from, hs_addr to, hs_role role, const char *text)
{
    if (from < m->from || from >= m->to || to <= from) return false;
    size_t cell = (size_t)((from - m->from) / m->plan->cell_bytes);
    int width = span_columns(m, from, to);
    int column = cell_column(m, cell) + m->plan->large; /* it begins behind the block's edge */
    width -= m->plan->large;
    int edge = m->plan->cell_bytes > 8 ? 2 : 0; /* so that shades beside it still read as shades */
    if (width < columns_of(text) + edge) return false;
    int end = hs_put(hs_pane_part(m->pane, 0, 0, m->pane.rows, column + width), cell_row(m, cell),
                     column, role, text);
    int cut = (end - cell_column(m, cell)) %
              m->plan->cell_columns; /* of a cell that shows a byte, hide all */
    if (cut) hs_fill(m->pane, cell_row(m, cell), end, m->plan->cell_columns - cut, role, L' ');
    return true;
}

/* The role of the cell at an address, if it is on show. */
static hs_role role_at(const painter *m, hs_addr at)
{
    bool shown = at >= m->from && at < m->to;
    return role_of(m, shown ? (size_t)((at - m->from) / m->plan->cell_bytes) : 0);
}

/* True if there is room for any label. Asked before one is made up. */
static bool has_room(const painter *m, hs_addr from, hs_addr to)
{
    return (to - from) / m->plan->cell_bytes > 0;
}

/* Label a word of a header or footer as stored: size | status bits, and what they say. */
static void label_tag(const painter *m, hs_addr at, const hs_block *b)
{
    const hs_heap *h = hs_session_heap(m->session);
    char text[128];
    uint64_t word = 0;
    if (at < m->from || at >= m->to || !has_room(m, at, at + 8)) return;
    if (!hs_heap_peek(h, at, &word)) return;
    hs_decoded d = hs_decode(h, at, word);
    for (int detail = HS_TAG_DETAILS; detail-- > 0;) {
        hs_tag_text(&d, b, detail, text, sizeof text);
        if (label(m, at, at + 8, role_at(m, at), text)) return;
    }
}

/* Label the words of a header behind the first: what the status says. */
static void label_more_words(const painter *m, const hs_block *b)
{
    const hs_heap *h = hs_session_heap(m->session);
    char text[128];
    uint64_t word = 0;
    for (uint32_t i = 1; i <= b->more_words; i++) {
        hs_addr at = b->addr + 8 * i;
        if (at < m->from || at >= m->to || !has_room(m, at, at + 8)) continue;
        if (!hs_heap_peek(h, at, &word)) continue;
        hs_decoded d = hs_decode(h, at, word);
        hs_bits_text(&d, true, text, sizeof text);
        label(m, at, at + 8, role_at(m, at), text);
    }
}

/* Label the links of a free block: where they point to. */
static void label_links(const painter *m, const hs_block *b)
{
    const hs_heap *h = hs_session_heap(m->session);
    hs_links links;
    size_t n = hs_block_links(h, b, &links);
    char text[64];
    for (size_t i = 0; i < n; i++) {
        hs_addr at = b->addr + b->header + 8 * i;
        if (at < m->from || at >= m->to || !has_room(m, at, at + 8)) continue;
        int columns = span_columns(m, at, at + 8);
        if (columns > 8) columns--; /* the next link's label begins right behind this one's */
        if (hs_link_text(hs_heap_allocator(h), i, links.to[i], columns, m->pane.scene->ascii, text,
                         sizeof text))
            label(m, at, at + 8, HS_ROLE_LINK, text);
    }
}

/* Label a block with the client's name for it, and the size it asked for where there is room. */
static void label_client(const painter *m, const hs_client_block *c, hs_addr end, const char *edge)
{
    char text[128];
    hs_role role = c->live ? HS_ROLE_PAYLOAD : HS_ROLE_DEAD;
    const char *name = hs_session_block_name(m->session, c);
    snprintf(text, sizeof text, "%s%s %s%" PRIu64 " B ", edge, name, c->live ? "" : "freed ",
             c->requested);
    if (label(m, c->addr, end, role, text)) return;
    snprintf(text, sizeof text, "%s%s ", edge, name);
    if (label(m, c->addr, end, role, text)) return;
    snprintf(text, sizeof text, "%s%s", edge, name);
    if (!label(m, c->addr, end, role, text)) label(m, c->addr, end, role, edge);
}

/* A label that is longer than the payload runs on over the padding, which keeps its look, so that 1
 * byte still looks like 1 byte. */
static void keep_padding(const painter *m, hs_addr from, hs_addr end)
{
    uint64_t bytes = m->plan->cell_bytes;
    if (from < m->from) from += (m->from - from + bytes - 1) / bytes * bytes;
    for (hs_addr at = from; at < end && at < m->to; at += bytes) {
        size_t cell = (size_t)((at - m->from) / m->plan->cell_bytes);
        if (role_of(m, cell) != HS_ROLE_PADDING) continue;
        for (int i = 0; i < m->plan->cell_columns; i++) {
            hs_cell *c = cell_at(m, cell_row(m, cell), cell_column(m, cell) + i);
            if (c) c->role = HS_ROLE_PADDING;
        }
    }
}

static void label_payload(const painter *m, const hs_seen *seen)
{
    hs_addr end = seen->block.addr + seen->block.size - seen->block.footer;
    /* Without headers between them, blocks need an edge. */
    if (has_room(m, seen->client->addr, end))
        label_client(m, seen->client, end, seen->block.header ? "" : "[");
    if (seen->block.kind == HS_BLOCK_USED) keep_padding(m, seen->payload_end, end);
}

enum { COARSEST = 64 }; /* in cells of so many bytes no block has room for a label */

static void label_block(const painter *m, const hs_seen *seen)
{
    const hs_block *b = &seen->block;
    hs_addr end = b->addr + b->size;
    if (b->kind == HS_BLOCK_DAMAGED) {
        label(m, b->addr, end, HS_ROLE_DAMAGE, b->damage);
        return;
    }
    if (b->header) label_tag(m, b->addr, b);
    label_more_words(m, b);
    if (b->footer) label_tag(m, end - b->footer, b);
    label_links(m, b);
    if (seen->client) label_payload(m, seen);
}

/* Draw a thick line where a block begins, through all lines of its row. */
static void paint_edge(const painter *m, hs_addr at)
{
    if (at < m->from || at >= m->to) return;
    size_t cell = (size_t)((at - m->from) / m->plan->cell_bytes);
    for (int line = 0; line < m->plan->lines; line++) {
        hs_cell *c = cell_at(m, cell_row(m, cell) + line, cell_column(m, cell));
        if (c) c->glyph = m->pane.scene->ascii ? L'|' : 0x258c, c->flags &= (uint8_t)~HS_FILLER;
    }
}

/* The end of the cells on show, from the one of `at` on, that have the same role. */
static hs_addr end_of_role(const painter *m, hs_addr at)
{
    hs_role role = role_at(m, at);
    while (at < m->to && role_at(m, at) == role) at += m->plan->cell_bytes;
    return at < m->to ? at : m->to;
}

/* The allocator's own pointers, drawn where they point to. */
static void label_marks(const painter *m)
{
    hs_mark marks[HS_MARKS];
    const hs_heap *h = hs_session_heap(m->session);
    size_t n = hs_heap_marks(h, marks);
    for (size_t i = 0; i < n; i++) {
        hs_addr at = marks[i].at;
        if (at < m->from || at >= m->to) continue;
        size_t cell = (size_t)((at - m->from) / m->plan->cell_bytes);
        hs_role under = role_of(m, cell);
        bool empty = under == HS_ROLE_UNUSED || under == HS_ROLE_FREE;
        int row = cell_row(m, cell), column = cell_column(m, cell);
        /* Over a header the mark stands at the end of the word, for what the word says begins at
         * its start. */
        if (!empty) column += span_columns(m, at, at + 8 > m->to ? m->to : at + 8) - 1;
        hs_put_glyph(m->pane, row, column, HS_ROLE_MARK,
                     hs_theme_glyph(HS_ROLE_MARK, m->pane.scene->ascii));
        if (empty && span_columns(m, at, end_of_role(m, at)) > (int)strlen(marks[i].name) + 1)
            hs_put(m->pane, row, column + 1, HS_ROLE_MARK, marks[i].name);
    }
}

/* --- Around the cells ----------------------------------------------------------------------- */

static void paint_gutter(const painter *m)
{
    for (int i = 0; i < m->plan->visible; i++) {
        hs_addr at = m->from + (uint64_t)i * m->plan->row_bytes;
        bool row_changed = false;
        for (size_t c = 0; c < m->row_cells && !row_changed; c++)
            row_changed = m->changed[(size_t)i * m->row_cells + c];
        int row = m->ruler + i * m->plan->lines;
        int end = hs_putf(m->pane, row, 0, HS_ROLE_ADDRESS, "0x%" PRIx64, at);
        if (row_changed) {
            hs_put(m->pane, row, end < HS_MAP_GUTTER - 1 ? end : HS_MAP_GUTTER - 1, HS_ROLE_MARK,
                   "*");
            for (int j = 0; j < end; j++)
                hs_scene_cell(m->pane.scene, m->pane.row + row, m->pane.column + j)->flags =
                    HS_CHANGED;
        }
    }
}

/* Paint offsets in the largest unit that divides their distance, "+64k"; those without room are
 * left out. */
static void paint_ruler(const painter *m)
{
    static const char *const units[] = {"", "k", "M", "G", "T"};
    uint64_t step = m->plan->row_bytes / 8 ? m->plan->row_bytes / 8 : 1, unit = 1;
    size_t u = 0;
    int end = 0;
    if (step < 8 && m->plan->cell_bytes == 1) step = 8;
    while (step / unit % 1024 == 0 && u < 4) unit *= 1024, u++;
    for (uint64_t at = 0; at < m->plan->row_bytes; at += step) {
        char text[32];
        int column = HS_MAP_GUTTER + (int)(at / m->plan->cell_bytes) * m->plan->cell_columns;
        int width = snprintf(text, sizeof text, "+%" PRIu64 "%s", at / unit, at ? units[u] : "");
        if (column <= end || column + width > m->pane.columns) continue;
        end = hs_put(m->pane, 0, column, HS_ROLE_DIM, text);
    }
}

/* The heap's size, with as much about it as the row has room for. */
static void put_end(const painter *m, int row, int column)
{
    const hs_heap *h = hs_session_heap(m->session);
    bool may_grow = hs_heap_committed(h) < hs_heap_maximum(h);
    char now[32], most[32], scale[32], texts[3][160];
    hs_size_text(hs_heap_committed(h), now, sizeof now);
    hs_size_text(hs_heap_maximum(h), most, sizeof most);
    hs_size_text(m->plan->row_bytes, scale, sizeof scale);
    snprintf(texts[0], sizeof texts[0], "end: %s committed, %s%s; %s a row", now,
             may_grow ? "may grow to " : "the most it may have", may_grow ? most : "", scale);
    snprintf(texts[1], sizeof texts[1], "end: %s, %s a row", now, scale);
    snprintf(texts[2], sizeof texts[2], "end: %s", now);
    int i = 0;
    while (i < 2 && column + (int)strlen(texts[i]) > m->pane.columns) i++;
    hs_put(m->pane, row, column, HS_ROLE_DIM, texts[i]);
}

/* Paint the last line: where the heap ends, or that more follows. */
static void paint_end(const painter *m)
{
    const hs_heap *h = hs_session_heap(m->session);
    hs_mark marks[HS_MARKS];
    size_t n = hs_heap_marks(h, marks);
    char now[32], scale[32];
    int row = m->ruler + m->plan->visible * m->plan->lines, column;
    hs_size_text(hs_heap_committed(h), now, sizeof now);
    hs_size_text(m->plan->row_bytes, scale, sizeof scale);
    if ((uint64_t)m->plan->visible < m->plan->rows) {
        hs_putf(m->pane, row, 0, HS_ROLE_DIM,
                "rows %" PRIu64 "-%" PRIu64 " of %" PRIu64 ": %s a row, %s in all",
                (m->from - hs_heap_base(h)) / m->plan->row_bytes + 1,
                (m->from - hs_heap_base(h)) / m->plan->row_bytes + (uint64_t)m->plan->visible,
                m->plan->rows, scale, now);
        return;
    }
    hs_putf(m->pane, row, 0, HS_ROLE_ADDRESS, "0x%" PRIx64, hs_heap_end(h));
    column = HS_MAP_GUTTER;
    for (size_t i = 0; i < n; i++)
        if (marks[i].at == hs_heap_end(h)) {
            hs_put_glyph(m->pane, row, column, HS_ROLE_MARK,
                         hs_theme_glyph(HS_ROLE_MARK, m->pane.scene->ascii));
            column = hs_putf(m->pane, row, column + 1, HS_ROLE_MARK, "%s ", marks[i].name);
        }
    put_end(m, row, column);
}

static void mark_changes(painter *m)
{
    size_t n;
    const hs_change *changes = hs_session_changes(m->session, &n);
    for (size_t i = 0; i < n; i++) {
        hs_addr from = changes[i].from < m->from ? m->from : changes[i].from;
        hs_addr to = changes[i].to > m->to ? m->to : changes[i].to;
        if (from >= to) continue;
        size_t first = (size_t)((from - m->from) / m->plan->cell_bytes);
        size_t last = (size_t)((to - 1 - m->from) / m->plan->cell_bytes);
        memset(m->changed + first, 1, last - first + 1);
    }
}

static void mark_cell(const painter *m, size_t cell)
{
    for (int line = 0; line < m->plan->lines; line++)
        for (int i = 0; i < m->plan->cell_columns; i++) {
            hs_cell *c = cell_at(m, cell_row(m, cell) + line, cell_column(m, cell) + i);
            if (c) c->flags |= HS_CURSOR;
        }
}

static void mark_cursor(const painter *m, hs_addr cursor, uint64_t size)
{
    hs_addr to = size < m->to - cursor ? cursor + size : m->to;
    if (!cursor || cursor >= m->to || to <= m->from) return;
    hs_addr from = cursor < m->from ? m->from : cursor;
    size_t last = (size_t)((to - 1 - m->from) / m->plan->cell_bytes);
    for (size_t cell = (size_t)((from - m->from) / m->plan->cell_bytes); cell <= last; cell++)
        mark_cell(m, cell);
}

void hs_map_paint(const hs_session *s, const hs_map_plan *plan, hs_pane pane, hs_addr cursor,
                  uint64_t size)
{
    hs_addr end = hs_heap_end(hs_session_heap(s));
    painter m = {
        .session = s, .plan = plan, .pane = pane, .from = plan->top, .ruler = pane.rows > 4};
    m.row_cells = (size_t)(plan->row_bytes / plan->cell_bytes);
    m.cells = m.row_cells * (size_t)plan->visible;
    m.to = plan->top + plan->row_bytes * (uint64_t)plan->visible;
    if (m.to > end) m.to = end;
    m.weights = hs_new(m.cells + 1, sizeof *m.weights);
    m.changed = hs_new(m.cells + 1, 1);

    hs_seen b;
    hs_session_shares(s, m.from, (unsigned)__builtin_ctzll(plan->cell_bytes), m.cells, m.weights);
    mark_changes(&m);
    for (size_t cell = 0; cell < m.cells; cell++) paint_cell(&m, cell);
    if (plan->cell_bytes == 1) paint_bytes(&m);
    for (bool more = plan->cell_bytes <= COARSEST && hs_session_walk_to(s, m.from, &b);
         more && b.block.addr < m.to; more = hs_session_walk(s, &b, &b))
        label_block(&m, &b);
    if (plan->cell_bytes <= COARSEST && hs_heap_end_mark(hs_session_heap(s), &b.block))
        label_block(&m, &(hs_seen){.block = b.block});
    for (bool more = plan->large && !is_coarse(plan) && hs_session_walk_to(s, m.from, &b);
         more && b.block.addr < m.to; more = hs_session_walk(s, &b, &b))
        paint_edge(&m, b.block.addr);
    label_marks(&m);
    mark_cursor(&m, cursor, size);
    paint_gutter(&m);
    if (m.ruler) paint_ruler(&m);
    paint_end(&m);
    free(m.weights);
    free(m.changed);
}

hs_addr hs_map_address(const hs_session *s, const hs_map_plan *plan, int row, int column)
{
    if (row < 0 || column < HS_MAP_GUTTER || row >= plan->visible * plan->lines) return HS_NULL;
    uint64_t cell = (uint64_t)((column - HS_MAP_GUTTER) / plan->cell_columns);
    if (cell >= plan->row_bytes / plan->cell_bytes) return HS_NULL;
    hs_addr at =
        plan->top + (uint64_t)(row / plan->lines) * plan->row_bytes + cell * plan->cell_bytes;
    return hs_heap_holds(hs_session_heap(s), at, 1) ? at : HS_NULL;
}

/* A sample of a role's glyph, as the map fills areas with it. */
static int put_sample(hs_pane p, int row, int column, hs_role role, wchar_t glyph)
{
    hs_put_glyph(p, row, column, role, glyph);
    hs_cell *sample = hs_scene_cell(p.scene, p.row + row, p.column + column);
    if (sample) sample->flags |= HS_FILLER;
    return column + 1;
}

void hs_map_legend(const hs_session *s, const hs_map_plan *plan, hs_pane p, int row)
{
    const hs_heap *h = hs_session_heap(s);
    bool ascii = p.scene->ascii;
    hs_mark marks[HS_MARKS];
    size_t n = hs_heap_marks(h, marks);
    bool damaged = hs_ledger_take(s).bytes[HS_CAUSE_DAMAGED];
    int column = 0;
    for (size_t i = HS_SHARES; i-- > 0;) {
        if (roles[i] == HS_ROLE_FOOTER || (roles[i] == HS_ROLE_DAMAGE && !damaged)) continue;
        if (roles[i] == HS_ROLE_LINK && !hs_heap_allocator(h)->links) continue;
        bool shaded = roles[i] == HS_ROLE_PAYLOAD && is_coarse(plan);
        if (shaded)
            for (int q = 0; q < 4; q++)
                column = put_sample(p, row, column, roles[i], shade(q, ascii));
        else
            column = put_sample(p, row, column, roles[i], hs_theme_glyph(roles[i], ascii));
        column = hs_putf(p, row, column, HS_ROLE_DIM, " %s%s  ", hs_theme_look(roles[i])->name,
                         shaded ? " share" : "");
    }
    for (size_t i = 0; i < n; i++) {
        hs_put_glyph(p, row, column, HS_ROLE_MARK, hs_theme_glyph(HS_ROLE_MARK, ascii));
        column = hs_putf(p, row, column + 1, HS_ROLE_DIM, " %s  ", marks[i].name);
    }
}

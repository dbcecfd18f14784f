/* SPDX-License-Identifier: MIT */
/* The small machine: the table of the process that runs, then all address spaces, each a bar, and
 * physical memory in rows.
 *
 *       main   [code---            [heap▓▓▓▓▓▓▓                         [stack    gaps as gaps
 *       0x0000 //////[main code[main heap▓▓▓▓▓▓▓▓▓[main stack···················
 *
 * A piece too small for its name shows the first letters of its process and area. */
#include "view/segments.h"

#include "base/count.h"
#include "view/pictures.h"
#include "view/theme.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL = 9, MEMORY_ROWS = 4, PAGES_A_ROW = 6 };

typedef struct {
    const hs_mmu *m;
    hs_pane pane;
    int row;   /* the next row; those before row 1 are out of sight */
    int cells; /* cells of a bar */
} picture;

bool hs_segments_are_news(const hs_session *s)
{
    hs_op op;
    uint64_t n = hs_session_op_count(s);
    return n && hs_session_op(s, n - 1, &op) && op.kind == HS_OP_MACHINE;
}

static bool in_sight(const picture *p)
{
    return p->row > 0 && p->row < p->pane.rows;
}

static void put_line(picture *p, hs_role role, const char *text)
{
    if (in_sight(p)) hs_put(p->pane, p->row, 0, role, text);
    p->row++;
}

/* --- The table ------------------------------------------------------------------------------ */

/* The end of what is in use. */
static uint64_t used_up_to(const hs_mmu *m)
{
    uint64_t end = 0;
    hs_piece piece;
    for (uint64_t at = 0; hs_memory_piece(m, at, &piece); at += piece.size)
        if (piece.kind != HS_PIECE_FREE) end = piece.at + piece.size;
    return end;
}

/* Where the rows of physical memory start: behind the OS, if that has nearly all that is in use. */
static uint64_t rows_from(const hs_mmu *m)
{
    hs_piece first;
    bool os = hs_memory_piece(m, 0, &first) && first.kind == HS_PIECE_OS;
    return os && first.size > used_up_to(m) / 4 * 3 ? first.size : 0;
}

/* Bytes of a cell of physical memory: so few that what is used takes some rows. */
static uint64_t memory_cell(const picture *p)
{
    uint64_t bytes = 16, shown = used_up_to(p->m) - rows_from(p->m);
    while (bytes * (uint64_t)p->cells * MEMORY_ROWS < shown) bytes *= 2;
    return bytes;
}

static void put_heading(picture *p)
{
    const hs_mmu *m = p->m;
    char parts[64] = "", text[160];
    if (m->kind == HS_MMU_SEGMENTATION) snprintf(parts, sizeof parts, ", %u segments", m->segments);
    if (m->kind == HS_MMU_PAGING) snprintf(parts, sizeof parts, ", pages of %" PRIu64, m->page);
    snprintf(text, sizeof text,
             "%s%s, %u bits; %s runs; a cell is %" PRIu64 " byte%s, in memory %" PRIu64,
             m->kind == HS_MMU_BASE_BOUNDS ? "base and bounds" : hs_mmu_kind_name(m->kind), parts,
             m->bits, m->processes[m->current].name, ((uint64_t)1 << m->bits) / (uint64_t)p->cells,
             hs_plural(((uint64_t)1 << m->bits) / (uint64_t)p->cells), memory_cell(p));
    put_line(p, HS_ROLE_TEXT, text);
}

/* Put the registers that the hardware has for a segment. */
static void put_registers(const picture *p, int column, const hs_mmu_entry *e)
{
    char protection[4];
    column = hs_putf(p->pane, p->row, column, HS_ROLE_TEXT,
                     " 0x%04" PRIx64 " %6" PRIu64 "  %-4s  %s", e->base, e->limit,
                     e->down ? "down" : "up", hs_protection_text(e->protection, protection));
    uint64_t from = e->down ? e->base - e->limit : e->base;
    if (e->absent)
        hs_put(p->pane, p->row, column, HS_ROLE_NOTE, "  on the disk");
    else
        hs_putf(p->pane, p->row, column, HS_ROLE_ADDRESS, "  0x%04" PRIx64 "-0x%04" PRIx64, from,
                from + e->limit - 1);
}

/* Put an area, where it is in the address space, and the registers of its segment. */
static void put_area(picture *p, const hs_mmu_tables *t, unsigned area)
{
    const hs_process *process = &p->m->processes[p->m->current];
    uint64_t size = process->sizes[area], start = hs_mmu_area_start(p->m, process, area);
    int entry = hs_mmu_area_entry(p->m, area);
    if (!size) return;
    if (in_sight(p)) {
        int column = entry < 0 ? 0 : hs_putf(p->pane, p->row, 0, HS_ROLE_TEXT, "%d ", entry);
        hs_put(p->pane, p->row, column, HS_ROLE_TEXT, hs_mmu_area_name(area));
        column = hs_putf(p->pane, p->row, LABEL, HS_ROLE_ADDRESS, "0x%04" PRIx64 "-0x%04" PRIx64,
                         start, start + size - 1);
        column = hs_putf(p->pane, p->row, column, HS_ROLE_TEXT, " %6" PRIu64, size);
        bool first = area == HS_AREA_CODE || !(p->m->segments == 2 && entry == 0);
        if (entry >= 0 && first) put_registers(p, column, &t->entries[entry]);
    }
    p->row++;
}

/* Put the valid pages, as "page>frame". */
static void put_pages(picture *p, const hs_mmu_tables *t)
{
    char protection[4];
    unsigned n = 0;
    for (unsigned i = 0; i < HS_MMU_ENTRIES; i++) {
        const hs_mmu_entry *e = &t->entries[i];
        if (!e->limit) continue;
        int column = (int)(n++ % PAGES_A_ROW) * 13;
        hs_protection_text(e->protection, protection);
        if (in_sight(p) && e->absent)
            hs_putf(p->pane, p->row, column, HS_ROLE_NOTE, "%2u>disk %s", i, protection);
        else if (in_sight(p))
            hs_putf(p->pane, p->row, column, HS_ROLE_TEXT, "%2u>%-4" PRIu64 " %s", i,
                    e->base / e->limit, protection);
        if (n % PAGES_A_ROW == 0) p->row++;
    }
    p->row += n % PAGES_A_ROW != 0;
}

static void put_table(picture *p)
{
    const hs_process *process = &p->m->processes[p->m->current];
    hs_mmu_tables t;
    hs_mmu_tables_of(p->m, process, &t);
    put_line(p, HS_ROLE_DIM,
             p->m->kind == HS_MMU_SEGMENTATION
                 ? "segment  virtual         size   base  limit  grows prot physical"
                 : "area     virtual         size");
    for (unsigned i = 0; i < HS_AREAS; i++) { /* the stack, area 2, has the highest addresses */
        unsigned area = i < HS_AREA_STACK ? i : i < HS_AREAS - 1 ? i + 1 : HS_AREA_STACK;
        put_area(p, &t, area);
    }
    if (p->m->kind == HS_MMU_BASE_BOUNDS) {
        if (in_sight(p))
            hs_putf(p->pane, p->row, 0, HS_ROLE_TEXT,
                    "base 0x%04" PRIx64 ", bounds %" PRIu64 ": physical 0x%04" PRIx64
                    "-0x%04" PRIx64 "%s",
                    t.entries[0].base, t.entries[0].limit, t.entries[0].base,
                    t.entries[0].base + t.entries[0].limit - 1,
                    t.entries[0].absent ? ", on the disk" : "");
        p->row++;
    }
    if (p->m->kind != HS_MMU_PAGING) return;
    put_line(p, HS_ROLE_DIM, "page table: page>frame, and what is allowed");
    put_pages(p, &t);
}

/* --- Bars ----------------------------------------------------------------------------------- */

static hs_role role_of_area(int area)
{
    static const hs_role roles[] = {HS_ROLE_HEADER, HS_ROLE_PAYLOAD, HS_ROLE_LINK};
    return area < HS_AREA_DATA ? roles[area] : HS_ROLE_PADDING;
}

/* "[main heap", "[m heap", "mh", "m": as much as fits into so many cells. */
static void make_label(char *label, size_t size, const char *name, uint64_t cells)
{
    const char *blank = strchr(name, ' ');
    if (cells > strlen(name))
        snprintf(label, size, "[%s", name);
    else if (blank && cells > 1 + strlen(blank))
        snprintf(label, size, "[%c%s", name[0], blank);
    else
        snprintf(label, size, "%c%.*s", name[0], blank && cells > 1, blank ? blank + 1 : "");
}

/* Cells from .. to - 1 of a bar that goes on in the next rows, with a name where it fits. */
static void fill(const picture *p, int row, uint64_t from, uint64_t to, hs_role role,
                 const char *name)
{
    char label[48] = "";
    if (name[0]) make_label(label, sizeof label, name, to - from);
    for (uint64_t i = from; i < to; i++) {
        int at = row + (int)(i / (uint64_t)p->cells),
            column = LABEL + (int)(i % (uint64_t)p->cells);
        char here = i - from < strlen(label) ? label[i - from] : 0;
        if (at > 0 && at < p->pane.rows)
            hs_put_glyph(p->pane, at, column, role,
                         here ? (wchar_t)here : hs_theme_glyph(role, p->pane.scene->ascii));
    }
}

/* Put an area. Its cells that are on the disk look unlike the others. */
static void put_area_cells(const picture *p, const hs_process *process, unsigned area)
{
    uint64_t unit = ((uint64_t)1 << p->m->bits) / (uint64_t)p->cells;
    uint64_t start = hs_mmu_area_start(p->m, process, area), end = start + process->sizes[area];
    const char *name = hs_mmu_area_name(area);
    hs_mmu_tables t;
    hs_mmu_tables_of(p->m, process, &t);
    for (uint64_t from = start / unit, to; from * unit < end; from = to, name = "") {
        bool absent[2] = {false};
        for (to = from; to * unit < end; to++) {
            uint64_t at = to * unit < start ? start : to * unit;
            absent[to > from] = hs_mmu_translate(&t, at, 0).fault == HS_FAULT_ABSENT;
            if (to > from && absent[0] != absent[1]) break;
        }
        fill(p, p->row, from, to, absent[0] ? HS_ROLE_DEAD : role_of_area((int)area), name);
    }
}

static void put_space(picture *p, const hs_process *process)
{
    bool runs = process == &p->m->processes[p->m->current];
    if (in_sight(p)) {
        hs_putf(p->pane, p->row, 0, runs ? HS_ROLE_MARK : HS_ROLE_TEXT, "%.*s", LABEL - 1,
                process->name);
        fill(p, p->row, 0, (uint64_t)p->cells, HS_ROLE_UNUSED, "");
        for (unsigned area = 0; area < HS_AREAS; area++)
            if (process->sizes[area]) put_area_cells(p, process, area);
    }
    p->row++;
}

/* True if a piece has more than one area: with base and bounds a process is one piece; with two
 * segments code and heap are. */
static bool is_joined(const hs_mmu *m, const hs_piece *piece)
{
    return m->kind == HS_MMU_BASE_BOUNDS ||
           (m->kind == HS_MMU_SEGMENTATION && m->segments == 2 && piece->area == HS_AREA_CODE);
}

/* "b code", "b", or "2x code" when two share it. */
static void name_piece(const hs_mmu *m, const hs_piece *piece, char *name, size_t size)
{
    name[0] = 0;
    if (piece->kind == HS_PIECE_OS) snprintf(name, size, "OS");
    if (piece->kind != HS_PIECE_USED) return;
    const char *process = m->processes[piece->process].name;
    const char *area = hs_mmu_area_name((unsigned)piece->area);
    if (is_joined(m, piece))
        snprintf(name, size, "%s", process);
    else if (piece->users > 1)
        snprintf(name, size, "%ux %s", piece->users, area);
    else
        snprintf(name, size, "%s %s", process, area);
}

static hs_role role_of_piece(const hs_mmu *m, const hs_piece *piece)
{
    if (piece->kind == HS_PIECE_OS) return HS_ROLE_RESERVED;
    if (piece->kind == HS_PIECE_FREE) return HS_ROLE_FREE;
    return is_joined(m, piece) ? HS_ROLE_PAYLOAD : role_of_area(piece->area);
}

/* Put the pieces that are in use on cells that are free. A cell that is used in part counts as
 * used. */
static void put_pieces(picture *p, uint64_t unit, uint64_t cells)
{
    char name[48];
    hs_piece piece;
    uint64_t start = rows_from(p->m), at = start;
    for (; p->pane.rows && hs_memory_piece(p->m, at, &piece); at += piece.size) {
        uint64_t from = (piece.at - start) / unit,
                 to = (piece.at + piece.size - start + unit - 1) / unit;
        if (piece.kind == HS_PIECE_FREE || from >= cells) continue;
        name_piece(p->m, &piece, name, sizeof name);
        fill(p, p->row, from, to < cells ? to : cells, role_of_piece(p->m, &piece), name);
    }
}

/* Put the rows of physical memory. Those at the end that are all free become one line. */
static void put_memory(picture *p)
{
    const hs_mmu *m = p->m;
    uint64_t cells = (uint64_t)p->cells, unit = memory_cell(p), start = rows_from(m);
    uint64_t a_row = unit * cells, rows = (m->memory - start + a_row - 1) / a_row,
             used = (used_up_to(m) - start + a_row - 1) / a_row;
    if (rows - used < 2) used = rows;
    if (start) {
        if (in_sight(p))
            hs_putf(p->pane, p->row, LABEL, HS_ROLE_DIM, "the OS up to 0x%05" PRIx64, start);
        p->row++;
    }
    for (uint64_t i = 0; i < used + (used < rows); i++)
        if (p->row + (int)i > 0)
            hs_putf(p->pane, p->row + (int)i, 0, HS_ROLE_ADDRESS, "0x%05" PRIx64,
                    start + i * a_row);
    fill(p, p->row, 0, used * cells, HS_ROLE_FREE, "");
    put_pieces(p, unit, used * cells);
    p->row += (int)used;
    if (used == rows) return;
    if (in_sight(p))
        hs_putf(p->pane, p->row, LABEL, HS_ROLE_DIM, "free up to 0x%05" PRIx64, m->memory);
    p->row++;
}

static void put_figures(picture *p)
{
    hs_memory_figures f = hs_memory_measure(p->m);
    char text[160], share[HS_PERCENT_ROOM];
    if (p->m->kind == HS_MMU_PAGING)
        snprintf(text, sizeof text,
                 "memory: %" PRIu64 " of %" PRIu64 " free, %" PRIu64
                 " frame%s: any serves any page",
                 f.free, p->m->memory, f.free / p->m->page, hs_plural(f.free / p->m->page));
    else
        snprintf(text, sizeof text,
                 "memory: %" PRIu64 " of %" PRIu64 " free, %" PRIu64 " hole%s, largest %" PRIu64
                 ", fragmentation %s%%",
                 f.free, p->m->memory, f.holes, hs_plural(f.holes), f.largest,
                 hs_percent(f.free - f.largest, f.free, share));
    put_line(p, HS_ROLE_TEXT, text);
}

/* --- The panel ------------------------------------------------------------------------------ */

/* All rows, from the one at `row` on; returns the row behind them. */
static int draw(const hs_session *s, hs_pane pane, int row, int columns)
{
    const hs_mmu *m = hs_session_mmu(s);
    const hs_process *main = &m->processes[0];
    picture p = {m, pane, row, columns >= LABEL + 64 ? 64 : columns >= LABEL + 32 ? 32 : 16};
    char text[128];
    put_heading(&p);
    put_table(&p);
    if (m->heap > main->sizes[HS_AREA_HEAP] && !m->current) {
        snprintf(text, sizeof text,
                 main->out ? "the session's heap has %" PRIu64
                             " bytes by now; main, on the disk, gets them when it is back"
                           : "the session's heap has %" PRIu64
                             " bytes: there is no room for all of it here",
                 m->heap);
        put_line(&p, HS_ROLE_NOTE, text);
    }
    for (size_t i = 0; i < HS_PROCESSES; i++)
        if (m->processes[i].name[0]) put_space(&p, &m->processes[i]);
    put_figures(&p);
    put_memory(&p);
    return p.row;
}

static size_t rows(const hs_subject *of, int columns)
{
    const hs_session *s = of->session;
    return (size_t)draw(s, (hs_pane){0}, 1, columns);
}

static void paint(const hs_subject *of, hs_pane pane, size_t skip)
{
    const hs_session *s = of->session;
    draw(s, pane, 1 - (int)skip, pane.columns);
    hs_fill(pane, 0, 0, pane.columns, HS_ROLE_TITLE, L' ');
    hs_put(pane, 0, 1, HS_ROLE_TITLE, "Segments");
}

const hs_picture hs_picture_segments = {
    .name = "segments",
    .title = "Segments",
    .about = "base, limit, direction, protection; what lies where in memory",
    .rows = rows,
    .paint = paint};

/* --- One translation ------------------------------------------------------------------------- */

static char *translation(const hs_subject *of)
{
    return hs_translation_text(of->session, of->address, of->access);
}

const hs_picture hs_picture_translation = {.name = "translation",
                                           .title = "Translation",
                                           .about = "from a virtual address to a physical one",
                                           .text = translation};

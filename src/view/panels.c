/* SPDX-License-Identifier: MIT */
/* The panels. Lists are walked, not copied: a panel costs the blocks on show. */
#include "view/pictures.h"

#include "base/count.h"
#include "view/bits.h"
#include "view/theme.h"

#include <heapscope/ledger.h>
#include <heapscope/reading.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *word;
    hs_role role;
} kinds[] = {
    [HS_BLOCK_USED] = {"used", HS_ROLE_PAYLOAD},
    [HS_BLOCK_FREE] = {"free", HS_ROLE_FREE},
    [HS_BLOCK_REGION] = {"padding", HS_ROLE_PADDING},
    [HS_BLOCK_UNUSED] = {"unused", HS_ROLE_UNUSED},
    [HS_BLOCK_DAMAGED] = {"damaged", HS_ROLE_DAMAGE},
    [HS_BLOCK_DEAD] = {"dead", HS_ROLE_DEAD},
    [HS_BLOCK_OWN] = {"own", HS_ROLE_HEADER},
};

/* The word for a block. A dead block that has a header waits to be free. */
static const char *kind_word(const hs_block *b)
{
    if (hs_is_end_mark(b)) return "end mark";
    return b->kind == HS_BLOCK_DEAD && b->header ? "waits" : kinds[b->kind].word;
}

static void title(hs_pane p, const char *text)
{
    hs_fill(p, 0, 0, p.columns, HS_ROLE_TITLE, L' ');
    hs_put(p, 0, 1, HS_ROLE_TITLE, text);
}

/* --- All blocks ----------------------------------------------------------------------------- */

/* Put text that shows where it was cut, because half a number must not pass for a whole one. */
static void put_cut(hs_pane p, int row, int column, hs_role role, const char *text)
{
    hs_put(p, row, column, role, text);
    if (column + (int)strlen(text) > p.columns)
        hs_put(p, row, p.columns - 1, HS_ROLE_DIM, p.scene->ascii ? ">" : "…");
}

static size_t count_blocks(const hs_session *s)
{
    return (size_t)hs_ledger_take(s).pieces;
}

/* The digits that the largest block of this heap could need, and a gap while they are few. */
static int size_width(const hs_session *s)
{
    int digits = snprintf(NULL, 0, "%" PRIu64, hs_heap_committed(hs_session_heap(s)));
    return digits < 5 ? digits + 1 : digits;
}

/* Put text whole or not at all: half a name or half a number would be wrong. */
static bool put_whole(hs_pane p, int row, int column, hs_role role, const char *text)
{
    if (column + (int)strlen(text) > p.columns) return false;
    hs_put(p, row, column, role, text);
    return true;
}

/* Put the client's name and size. Where there is no room for both, put the name and a mark. */
static void put_client(const hs_session *s, hs_pane p, int row, int column,
                       const hs_client_block *c)
{
    char text[128];
    const char *name = hs_session_block_name(s, c);
    snprintf(text, sizeof text, "%s %" PRIu64, name, c->requested);
    if (put_whole(p, row, column, HS_ROLE_TEXT, text)) return;
    if (!put_whole(p, row, column, HS_ROLE_TEXT, name)) return;
    put_whole(p, row, column + (int)strlen(name), HS_ROLE_DIM, p.scene->ascii ? ">" : "…");
}

static void put_block(const hs_session *s, hs_pane p, int row, const hs_seen *seen)
{
    const hs_block *b = &seen->block;
    hs_role role = kinds[b->kind].role;
    bool changed = hs_session_changed(s, b->addr);
    int column = hs_putf(p, row, 0, HS_ROLE_ADDRESS, "0x%" PRIx64, b->addr);
    hs_put(p, row, column, changed ? HS_ROLE_MARK : HS_ROLE_TEXT, changed ? "*" : " ");
    column = hs_putf(p, row, column + 1, HS_ROLE_TEXT, "%*" PRIu64 " ", size_width(s), b->size);
    column = hs_putf(p, row, column, role, "%-4s", kind_word(b));
    if (seen->client)
        put_client(s, p, row, column + 1, seen->client);
    else if (b->damage)
        put_cut(p, row, column + 1, HS_ROLE_ERROR, b->damage);
}

/* Put the title of a list: how many there are, and which of them are on show if it is scrolled. */
static void list_title(hs_pane p, const char *name, size_t skip, size_t n)
{
    char text[64];
    size_t fit = p.rows > 1 ? (size_t)p.rows - 1 : 0, last = skip + fit < n ? skip + fit - 1 : n;
    if (skip)
        snprintf(text, sizeof text, "%s: %zu-%zu of %zu", name, skip + 1, last, n);
    else
        snprintf(text, sizeof text, "%s: %zu", name, n);
    title(p, text);
}

static size_t rows_of_blocks(const hs_subject *of, int columns)
{
    const hs_session *s = of->session;
    (void)columns;
    return 1 + count_blocks(s);
}

static void paint_blocks(const hs_subject *of, hs_pane p, size_t skip)
{
    const hs_session *s = of->session;
    size_t n = count_blocks(s), i = skip;
    int row = 1;
    hs_seen seen;
    list_title(p, skip ? "Blocks" : "Blocks, heap order", skip, n);
    for (bool more = hs_session_walk_nth(s, skip, HS_ALL_KINDS, &seen);
         more && row < p.rows && i < n; more = hs_session_walk(s, &seen, &seen)) {
        i++;
        bool cut = row == p.rows - 1 && i < n;
        if (cut)
            hs_putf(p, row, 0, HS_ROLE_DIM, "... %zu more", n - i + 1);
        else
            put_block(s, p, row, &seen);
        row++;
    }
}

const hs_picture hs_picture_blocks = {.name = "blocks",
                                      .title = "Blocks, heap order",
                                      .about = "all blocks in heap order",
                                      .flags = HS_IN_VIEW | HS_FOLLOWS | HS_SAYS_CUT,
                                      .key = 2,
                                      .rows = rows_of_blocks,
                                      .paint = paint_blocks};

/* --- Figures -------------------------------------------------------------------------------- */

static size_t rows_of_figures(const hs_subject *of, int columns)
{
    const hs_measure *m;
    size_t n = 1;
    (void)of, (void)columns;
    for (size_t i = 0; (m = hs_measure_at(i)); i++) n += m->headline;
    return n;
}

/* "internal_fragmentation" reads "internal fragmentation". */
static int put_name(hs_pane p, int row, int column, const hs_measure *m)
{
    char name[64];
    snprintf(name, sizeof name, "%s", m->name);
    for (char *c = name; *c; c++)
        if (*c == '_') *c = ' ';
    return hs_put(p, row, column, HS_ROLE_TEXT, name);
}

static void put_value(hs_pane p, int row, int right, const char *value, const char *unit)
{
    char text[48];
    snprintf(text, sizeof text, "%s%s%s", value,
             unit[0] == '%' ? ""
             : unit[0]      ? " "
                            : "",
             strcmp(unit, "bytes") == 0 ? "B" : unit);
    hs_put(p, row, right - (int)strlen(text), HS_ROLE_TEXT, text);
}

static void paint_figures(const hs_subject *of, hs_pane p, size_t skip)
{
    const hs_session *s = of->session;
    const hs_measure *m;
    hs_ledger l = hs_ledger_take(s);
    char value[HS_MEASURE_ROOM];
    int row = 1, right = p.columns < 40 ? p.columns : 40;
    title(p, l.bytes[HS_CAUSE_DAMAGED] ? "Figures, up to the damage" : "Figures (F4 tells more)");
    for (size_t i = 0; (m = hs_measure_at(i)) && row < p.rows; i++) {
        if (!m->headline) continue;
        if (skip > 0) {
            skip--;
            continue;
        }
        put_name(p, row, 0, m);
        put_value(p, row++, right, hs_measure_text(m, s, &l, value), m->unit);
    }
}

const hs_picture hs_picture_figures = {.name = "figures",
                                       .title = "Figures",
                                       .about = "the headline measures",
                                       .rows = rows_of_figures,
                                       .paint = paint_figures};

/* --- The ledger and all measures ------------------------------------------------------------ */

static size_t rows_of_stats(const hs_subject *of, int columns)
{
    size_t n = 0;
    (void)of, (void)columns;
    while (hs_measure_at(n)) n++;
    return n + HS_CAUSES + 4 + HS_MEASURE_NOTES;
}

enum { NAME_WIDTH = 22, VALUE_WIDTH = 14 };

static void put_figure(hs_pane p, int row, const char *name, const char *value, const char *unit,
                       const char *definition)
{
    hs_put(p, row, 0, HS_ROLE_TEXT, name);
    put_value(p, row, NAME_WIDTH + VALUE_WIDTH, value, unit);
    hs_put(p, row, NAME_WIDTH + VALUE_WIDTH + 1, HS_ROLE_DIM, definition);
}

static void put_bytes_of(hs_pane p, int row, const char *name, uint64_t bytes,
                         const char *definition)
{
    char value[HS_MEASURE_ROOM];
    snprintf(value, sizeof value, "%" PRIu64, bytes);
    put_figure(p, row, name, value, "bytes", definition);
}

static void paint_stats(const hs_subject *of, hs_pane p, size_t skip)
{
    const hs_session *s = of->session;
    const hs_measure *m;
    hs_ledger l = hs_ledger_take(s);
    char value[HS_MEASURE_ROOM];
    /* Rows that are skipped lie above the pane, where nothing is painted; the title comes last. */
    int row = 1 - (int)skip;
    for (int i = 0; i < HS_CAUSES; i++)
        put_bytes_of(p, row++, hs_cause_name((hs_cause)i), l.bytes[i],
                     hs_cause_definition((hs_cause)i));
    put_bytes_of(p, row++, "= heap", hs_heap_committed(hs_session_heap(s)),
                 "the sum: every byte has one cause");
    row++;
    hs_put(p, row++, 0, HS_ROLE_DIM, "Measures, by the names that `expect` knows");
    for (size_t i = 0; (m = hs_measure_at(i)); i++)
        put_figure(p, row++, m->name, hs_measure_text(m, s, &l, value), m->unit, m->definition);
    for (size_t i = 0; i < HS_MEASURE_NOTES; i++)
        hs_put(p, row++, 0, HS_ROLE_DIM, hs_measure_notes[i]);
    hs_fill(p, 0, 0, p.columns, HS_ROLE_TEXT, L' ');
    title(p, "The ledger");
}

const hs_picture hs_picture_stats = {.name = "stats",
                                     .title = "The ledger",
                                     .about = "the ledger and all measures, with their definitions",
                                     .flags = HS_IN_VIEW,
                                     .key = 4,
                                     .rows = rows_of_stats,
                                     .paint = paint_stats};

/* --- Bytes ---------------------------------------------------------------------------------- */

enum { A_ROW = 16 };

static void put_bytes(const hs_session *s, hs_pane p, hs_addr at, uint64_t n)
{
    for (int row = 0; row < p.rows && n > 0; row++) {
        uint64_t here = n < A_ROW ? n : A_ROW;
        const uint8_t *bytes = hs_heap_bytes(hs_session_heap(s), at, here);
        if (!bytes) return;
        hs_putf(p, row, 0, HS_ROLE_ADDRESS, "0x%" PRIx64, at);
        for (uint64_t i = 0; i < here; i++) {
            hs_putf(p, row, 13 + (int)i * 3 + (i >= 8), HS_ROLE_TEXT, "%02x", bytes[i]);
            hs_put_glyph(p, row, 64 + (int)i, HS_ROLE_TEXT, isprint(bytes[i]) ? bytes[i] : L'.');
        }
        at += here;
        n -= here;
    }
}

static size_t rows_of_bytes(const hs_subject *of, int columns)
{
    (void)columns;
    return 1 + (size_t)((of->length + A_ROW - 1) / A_ROW);
}

static void paint_bytes(const hs_subject *of, hs_pane p, size_t skip)
{
    uint64_t above = skip * A_ROW;
    title(p, "Bytes");
    if (above < of->length)
        put_bytes(of->session, hs_pane_part(p, 1, 0, p.rows - 1, p.columns), of->at + above,
                  of->length - above);
}

const hs_picture hs_picture_bytes = {.name = "bytes",
                                     .title = "Bytes",
                                     .about = "bytes in hex and as text, 16 a row",
                                     .flags = HS_UNTITLED,
                                     .rows = rows_of_bytes,
                                     .paint = paint_bytes};

/* --- Inspecting an address ------------------------------------------------------------------ */

static const char *role_at(const hs_seen *seen, hs_addr at)
{
    const hs_block *b = &seen->block;
    if (b->kind == HS_BLOCK_DAMAGED)
        return at < b->addr + 8 ? "the broken header" : "bytes behind a broken header";
    if (at < b->addr + b->header) return hs_is_end_mark(b) ? "end mark" : "header";
    if (at < hs_block_payload(b)) return "padding";
    if (b->footer && at >= b->addr + b->size - b->footer) return "footer";
    if (at < b->addr + b->header + b->links) return "link";
    if (b->kind == HS_BLOCK_OWN) return "padding";
    if (b->kind != HS_BLOCK_USED) return kind_word(b);
    return at < seen->payload_end ? "payload" : "padding";
}

/* How much is told of a header: less and less, until it fits. */
enum { ALL, BRIEF, BITS, SET, HEADER_STYLES };

/* A word of a header as stored, and each of its status bits with what it means. */
static int put_header_word(const hs_decoded *d, const hs_block *b, int style, char *out, size_t n)
{
    const hs_field *size = hs_decoded_field(d, HS_FIELD_SIZE);
    char bits[160];
    if (style == SET) { /* only the bits that are set */
        hs_tag_text(d, b, 2, bits, sizeof bits);
        return snprintf(out, n, "0x%" PRIx64 " = %s", d->word, bits);
    }
    hs_bits_text(d, style != ALL, bits, sizeof bits);
    if (style == BITS || !size) /* the size of a broken one says nothing */
        return snprintf(out, n, "0x%" PRIx64 "%s%s", d->word, bits[0] ? ": " : "", bits);
    return snprintf(out, n, "0x%" PRIx64 " = %s%" PRIu64 "%s%s", d->word,
                    style == ALL ? "size " : "", size->value, bits[0] ? " | " : "", bits);
}

static void header_text(const hs_session *s, const hs_block *b, int style, char *out, size_t size)
{
    const hs_heap *h = hs_session_heap(s);
    int n = snprintf(out, size, "header    ");
    for (uint32_t i = 0; i <= b->more_words && n < (int)size; i++) {
        uint64_t word = b->word;
        if (i && !hs_heap_peek(h, b->addr + 8 * i, &word)) return;
        hs_decoded d = hs_decode(h, b->addr + 8 * i, word);
        if (i) n += snprintf(out + n, size - (size_t)n, "; ");
        if (n < (int)size) n += put_header_word(&d, b, style, out + n, size - (size_t)n);
    }
}

static void put_header(const hs_session *s, hs_pane p, int row, const hs_block *b)
{
    char bits[160], text[256];
    const hs_heap *h = hs_session_heap(s);
    const char *none = hs_heap_allocator(h)->without_header;
    if (!b->header) {
        hs_putf(p, row, 0, HS_ROLE_TEXT, "header    none: %s",
                none ? none : "this allocator keeps no marks in the heap");
        return;
    }
    hs_decoded d = hs_decode(h, b->addr, b->word);
    const hs_field *checksum = hs_decoded_field(&d, HS_FIELD_CHECKSUM);
    if (checksum) {
        hs_tag_text(&d, b, 2, bits, sizeof bits);
        hs_putf(p, row, 0, HS_ROLE_TEXT, "header    checksum %04" PRIx64 " | %s", checksum->value,
                bits);
        return;
    }
    for (int style = ALL; style < HEADER_STYLES; style++) {
        header_text(s, b, style, text, sizeof text);
        if (strlen(text) <= (size_t)p.columns) break;
    }
    hs_put(p, row, 0, HS_ROLE_TEXT, text);
}

/* Put who has the block: the client, or the free blocks that it is linked with. */
static void put_owner(const hs_session *s, hs_pane p, int row, const hs_seen *seen)
{
    const hs_heap *h = hs_session_heap(s);
    const hs_client_block *c = seen->client;
    hs_links links;
    size_t n = hs_block_links(h, &seen->block, &links);
    char text[64];
    if (c) {
        hs_putf(p, row, 0, HS_ROLE_TEXT,
                "client    %s, asked for %" PRIu64 " byte%s in command %" PRIu64
                ", payload at 0x%" PRIx64,
                hs_session_block_name(s, c), c->requested, hs_plural(c->requested), c->born,
                c->addr);
        return;
    }
    if (hs_is_end_mark(&seen->block)) {
        hs_put(p, row, 0, HS_ROLE_TEXT,
               "          in use for ever: no block need ask whether it is the last");
        return;
    }
    int column =
        hs_put(p, row, 0, HS_ROLE_TEXT, n ? "links     " : "client    no live pointer to it");
    for (size_t i = 0; i < n; i++) {
        hs_link_text(hs_heap_allocator(h), i, links.to[i], 60, p.scene->ascii, text, sizeof text);
        column = hs_putf(p, row, column, HS_ROLE_TEXT, "%s%s", i ? ", " : "", text);
    }
}

/* Put all that the client does with the block on this branch: what was done, and what is ahead. */
static bool put_life(const hs_session *s, hs_pane p, int row, const hs_client_block *c)
{
    hs_life life = hs_session_life(s, c);
    if (!life.count && !life.freed) return false;
    int column = hs_putf(p, row, 0, HS_ROLE_TEXT, "life      born in command %" PRIu64, life.born);
    for (size_t i = 0; i < life.count && i < HS_LIFE_EVENTS; i++)
        column = hs_putf(p, row, column, HS_ROLE_TEXT, "%s%" PRIu64 " (%" PRIu64 " byte%s)",
                         i ? ", " : "; resized in ", life.numbers[i], life.sizes[i],
                         hs_plural(life.sizes[i]));
    if (life.count > HS_LIFE_EVENTS)
        column = hs_putf(p, row, column, HS_ROLE_TEXT, " and %" PRIu64 " time%s more",
                         life.count - HS_LIFE_EVENTS, hs_plural(life.count - HS_LIFE_EVENTS));
    if (life.freed)
        hs_putf(p, row, column, HS_ROLE_TEXT, "; freed in %" PRIu64, life.freed);
    else if (life.cut)
        hs_putf(p, row, column, HS_ROLE_TEXT, "; no more within %d commands", HS_LIFE_LOOKS);
    return true;
}

/* Returns the rows that it took. */
static size_t inspect(const hs_session *s, hs_pane p, hs_addr at)
{
    hs_seen seen;
    char text[64];
    snprintf(text, sizeof text, "0x%" PRIx64, at);
    title(p, text);
    hs_block end;
    if (hs_heap_end_mark(hs_session_heap(s), &end) && at >= end.addr)
        seen = (hs_seen){.block = end, .whole = end};
    else if (!hs_session_walk_to(s, at, &seen) || at < seen.block.addr) {
        hs_put(p, 1, 0, HS_ROLE_TEXT, "in no block: alignment padding at the edge of the heap");
        return 2;
    }
    const hs_block *b = &seen.block;
    uint64_t word = 0;
    hs_addr word_at = at & ~(hs_addr)7;
    hs_heap_peek(hs_session_heap(s), word_at, &word);
    hs_putf(p, 1, 0, HS_ROLE_TEXT, "0x%" PRIx64 ": %s, byte %" PRIu64 " of its block", at,
            role_at(&seen, at), at - b->addr);
    hs_putf(p, 2, 0, HS_ROLE_TEXT,
            "block     0x%" PRIx64 " to 0x%" PRIx64 ", %" PRIu64 " byte%s, %s", b->addr,
            b->addr + b->size, b->size, hs_plural(b->size), kind_word(b));
    put_header(s, p, 3, b);
    put_owner(s, p, 4, &seen);
    hs_putf(p, 5, 0, HS_ROLE_TEXT, "word      0x%" PRIx64 ": 0x%016" PRIx64 " = %" PRIu64, word_at,
            word, word);
    uint64_t left = hs_heap_end(hs_session_heap(s)) - (at & ~(hs_addr)15);
    put_bytes(s, hs_pane_part(p, 6, 0, 2, p.columns), at & ~(hs_addr)15, left < 32 ? left : 32);
    return 8u + (seen.client && put_life(s, p, 8, seen.client));
}

static size_t rows_of_inspection(const hs_subject *of, int columns)
{
    hs_scene *unseen = hs_scene_new(0, columns, true);
    size_t rows = inspect(of->session, hs_pane_of(unseen), of->at);
    hs_scene_free(unseen);
    return rows;
}

static void paint_inspection(const hs_subject *of, hs_pane p, size_t skip)
{
    (void)skip; /* it is short, and never scrolled */
    inspect(of->session, p, of->at);
}

const hs_picture hs_picture_inspect = {.name = "inspect",
                                       .title = "Inspect",
                                       .about = "what lies at an address",
                                       .rows = rows_of_inspection,
                                       .paint = paint_inspection};

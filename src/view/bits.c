/* SPDX-License-Identifier: MIT */
/* Words of a block as text, by the fields that the allocator finds in them. */
#include "view/bits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WORD = 8 };

/* --- Fields --------------------------------------------------------------------------------- */

hs_decoded hs_decode(const hs_heap *h, hs_addr at, uint64_t word)
{
    const hs_allocator *a = hs_heap_allocator(h);
    hs_decoded d = {.word = word};
    if (a->fields) d.count = a->fields(h, at, word, d.fields);
    return d;
}

const hs_field *hs_decoded_field(const hs_decoded *d, hs_field_kind kind)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->fields[i].kind == kind) return &d->fields[i];
    return NULL;
}

uint64_t hs_decoded_rest(const hs_decoded *d)
{
    const hs_field *c = hs_decoded_field(d, HS_FIELD_CHECKSUM);
    return c ? d->word & ~(c->value << c->first) : d->word;
}

static bool is_status(const hs_field *f)
{
    return f->kind == HS_FIELD_USED || f->kind == HS_FIELD_STATUS;
}

/* The status bits at their places in the word; false when it has none. */
static bool read_status(const hs_decoded *d, uint64_t *status)
{
    bool any = false;
    *status = 0;
    for (size_t i = 0; i < d->count; i++) {
        any |= is_status(&d->fields[i]);
        if (is_status(&d->fields[i])) *status |= d->fields[i].value << d->fields[i].first;
    }
    return any;
}

/* --- Headers and footers -------------------------------------------------------------------- */

bool hs_is_end_mark(const hs_block *b)
{
    return b->kind == HS_BLOCK_OWN && b->is_end_mark;
}

static const char *kind_word(const hs_block *b)
{
    switch (b->kind) {
    case HS_BLOCK_FREE: return "free";
    case HS_BLOCK_USED: return "used";
    case HS_BLOCK_DEAD: return "waits";
    case HS_BLOCK_DAMAGED: return "broken";
    default: return hs_is_end_mark(b) ? "end" : "own";
    }
}

/* Put "32|3", "32" or "3"; a word without size and status is put in hex. Returns the length. */
static size_t put_number(const hs_decoded *d, char *out, size_t size)
{
    const hs_field *number = hs_decoded_field(d, HS_FIELD_SIZE);
    uint64_t status;
    bool has_status = read_status(d, &status);
    if (!number) number = hs_decoded_field(d, HS_FIELD_OFFSET);
    if (number && has_status)
        return (size_t)snprintf(out, size, "%" PRIu64 "|%" PRIu64, number->value, status);
    if (number || has_status)
        return (size_t)snprintf(out, size, "%" PRIu64, number ? number->value : status);
    return (size_t)snprintf(out, size, "0x%" PRIx64, hs_decoded_rest(d));
}

void hs_tag_text(const hs_decoded *d, const hs_block *b, int detail, char *out, size_t size)
{
    size_t n = put_number(d, out, size);
    if (detail > 0 && n < size) n += (size_t)snprintf(out + n, size - n, " %s", kind_word(b));
    if (detail < 2) return;
    /* The used bit is told unless the kind of the block says it already; another bit may overrule
     * it. */
    for (const hs_field *f = d->fields; f < d->fields + d->count && n < size; f++)
        if (f->kind == HS_FIELD_STATUS && f->value && f->name)
            n += (size_t)snprintf(out + n, size - n, ", %s", f->name);
}

/* Put, behind the word, what a status of several bits says: its number alone tells nobody
 * anything. */
static void put_meanings(const hs_decoded *d, char *out, size_t size)
{
    for (const hs_field *f = d->fields; f < d->fields + d->count; f++) {
        size_t n = strlen(out);
        if (is_status(f) && f->bits > 1 && f->name)
            snprintf(out + n, size - n, " (%s %" PRIu64 ")", f->name, f->value);
    }
}

void hs_word_text(const hs_heap *h, const hs_decoded *d, char *out, size_t size)
{
    const hs_field *c = hs_decoded_field(d, HS_FIELD_CHECKSUM);
    bool has_number = hs_decoded_field(d, HS_FIELD_SIZE) || hs_decoded_field(d, HS_FIELD_OFFSET);
    size_t n = 0;
    if (hs_decoded_field(d, HS_FIELD_POISON)) {
        snprintf(out, size, "poison");
        return;
    }
    if (c) n = (size_t)snprintf(out, size, "%0*" PRIx64 "|", c->bits / 4, c->value);
    if (has_number && hs_decoded_rest(d) <= hs_heap_maximum(h)) {
        put_number(d, out + n, size - n);
        return;
    }
    snprintf(out + n, size - n, "0x%" PRIx64, hs_decoded_rest(d)); /* no size */
    put_meanings(d, out, size);
}

static size_t put_status(const hs_field *f, bool brief, char *out, size_t size)
{
    const char *name = f->name ? f->name : "means nothing";
    if (f->bits > 1) return (size_t)snprintf(out, size, "%s %" PRIu64, name, f->value);
    return (size_t)snprintf(out, size, brief ? "bit %u %s %" PRIu64 : "bit %u (%s) %" PRIu64,
                            f->first, name, f->value);
}

void hs_bits_text(const hs_decoded *d, bool brief, char *out, size_t size)
{
    size_t n = 0;
    out[0] = 0;
    for (const hs_field *f = d->fields; f < d->fields + d->count; f++) {
        if (!is_status(f) || (!f->value && !f->name)) continue;
        if (n && n < size) n += (size_t)snprintf(out + n, size - n, ", ");
        if (n < size) n += put_status(f, brief, out + n, size - n);
    }
}

/* --- Links ---------------------------------------------------------------------------------- */

size_t hs_block_links(const hs_heap *h, const hs_block *b, hs_links *out)
{
    const hs_allocator *a = hs_heap_allocator(h);
    if (b->kind != HS_BLOCK_FREE || !b->links || !a->links || !a->links(h, b->addr, out)) return 0;
    return b->links / WORD < 2 ? b->links / WORD : 2;
}

static const char *link_name(const hs_allocator *a, size_t which)
{
    static const char *const list[] = {"next", "prev"}, *const tree[] = {"left", "right"};
    return (a->traits & HS_TREE ? tree : list)[which];
}

/* The columns of a text whose only characters beyond ASCII are → and …, one column each. */
static int columns_of(const char *text)
{
    int n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* Put the end of a link's address, at least `least` digits: the last digits tell blocks apart, the
 * first ones are the same in all of the heap. */
static bool put_end_of_link(const char *name, const char *arrow, hs_addr to, int least, int columns,
                            char *out, size_t size)
{
    const char *cut = arrow[0] == '-' ? ".." : "…";
    for (int digits = 6; digits >= least; digits--) {
        uint64_t low = to & (((uint64_t)1 << 4 * digits) - 1);
        snprintf(out, size, "%s%s%s%0*" PRIx64, name, arrow, cut, digits, low);
        if (columns_of(out) <= columns) return true;
    }
    return false;
}

bool hs_link_text(const hs_allocator *a, size_t which, hs_addr to, int columns, bool ascii,
                  char *out, size_t size)
{
    const char *name = link_name(a, which), *arrow = ascii ? "->" : "→";
    char target[24] = "NULL";
    if (to) snprintf(target, sizeof target, "0x%" PRIx64, to);
    snprintf(out, size, "%s %s %s", name, arrow, target);
    if (columns_of(out) <= columns) return true;
    snprintf(out, size, "%s%s%s", name, arrow, target);
    if (columns_of(out) <= columns) return true;
    if (to && put_end_of_link(name, arrow, to, 4, columns, out, size)) return true;
    snprintf(out, size, "%s%s", arrow, target);
    if (columns_of(out) <= columns) return true;
    if (to && put_end_of_link("", arrow, to, 2, columns, out, size)) return true;
    snprintf(out, size, "%s", to ? arrow : "NULL");
    return columns_of(out) <= columns;
}

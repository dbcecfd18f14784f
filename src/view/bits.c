/* Words of a block as text. A header is a size and, in its three low bits, the block's status. */
#include "view/bits.h"

#include <inttypes.h>
#include <stdio.h>

enum { BITS = 3, STATUS = 7, WORD = 8 };

static uint64_t status_of(uint64_t word)
{
    return word & STATUS;
}

bool hs_is_end_mark(const hs_block *b)
{
    return b->kind == HS_BLOCK_OWN && !(hs_block_tag(b) & ~(uint64_t)STATUS);
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

void hs_tag_text(const hs_allocator *a, const hs_block *b, uint64_t word, int detail, char *out,
                 size_t size)
{
    size_t n = (size_t)snprintf(out, size, "%" PRIu64 "|%" PRIu64, word - status_of(word),
                                status_of(word));
    if (detail > 0 && n < size) n += (size_t)snprintf(out + n, size - n, " %s", kind_word(b));
    if (detail < 2) return;
    /* Bit 0 is what the kind of the block says already, or else it is overruled by another bit. */
    for (size_t bit = 1; bit < BITS && n < size; bit++)
        if (word >> bit & 1 && a->status[bit])
            n += (size_t)snprintf(out + n, size - n, ", %s", a->status[bit]);
}

void hs_bits_text(const hs_allocator *a, uint64_t word, bool brief, char *out, size_t size)
{
    size_t n = 0;
    out[0] = 0;
    for (size_t bit = 0; bit < BITS && n < size; bit++) {
        unsigned set = word >> bit & 1;
        const char *meaning = a->status[bit];
        if (!set && !meaning) continue;
        n += (size_t)snprintf(out + n, size - n, brief ? "%sbit %zu %s %u" : "%sbit %zu (%s) %u",
                              n ? ", " : "", bit, meaning ? meaning : "means nothing", set);
    }
}

size_t hs_block_links(const hs_heap *h, const hs_block *b, hs_links *out)
{
    const hs_allocator *a = hs_heap_allocator(h);
    if (b->kind != HS_BLOCK_FREE || !b->links || !a->links || !a->links(h, b->addr, out)) return 0;
    return b->links / WORD < 2 ? b->links / WORD : 2;
}

static const char *link_name(const hs_allocator *a, size_t which)
{
    static const char *const list[] = {"next", "prev"}, *const tree[] = {"left", "right"};
    return (a->shape == HS_SHAPE_TREE ? tree : list)[which];
}

/* The columns of a text whose only characters beyond ASCII are → and …, one column each. */
static int columns_of(const char *text)
{
    int n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* The last digits tell blocks apart: the first ones are the heap's. At least `least` of them. */
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

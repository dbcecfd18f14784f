/* SPDX-License-Identifier: MIT */
/* An ordered index as a tree by digits of the address (a radix tree), all in one array of words.
 *
 *      0x107000040:   ... | 6 bits | 6 bits | 6 bits | 3 bits, 0
 *
 *      node   | bitmap: 64 bits | value | value | . | . |
 *
 * Each level looks at 6 bits: the bitmap tells which of the 64 ways are taken, and the values of
 * those lie packed behind it, in order; those of leaves are the index's, others name nodes. There
 * is room for 2, 4, ... 64 values; a node that is full moves to one of twice the room. The next
 * entry on either side is found by counting zeros. A search takes one step for each 6 bits in which
 * the keys differ, and so does an update: five for 8 GiB.
 *
 * Keys are multiples of 8 until one is none; then the tree is made anew, with 3 bits more.
 *
 * Invariants: all leaves are equally deep, and no node is empty. All keys agree in the bits above
 * those that the root looks at: `prefix`.
 *
 * Follows: Bagwell, Ideal Hash Trees (2001), for the packed nodes. */
#include "model/client/address_index.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { DIGIT = 6, WAYS = 1 << DIGIT, WORD_BITS = 3, LEVELS = 11, HEAD = 2 };
enum { SMALLEST = 1, ROOMS = DIGIT + 1 }; /* logarithms of a node's room */

/* A node's name: its place in pairs of words, and the logarithm of its room in the low 3 bits. */
typedef uint32_t name;

/* What an image has beside the words. */
typedef struct {
    unsigned levels; /* 0: the index is empty */
    unsigned shift;  /* bits of a key below those that are looked at */
    uint64_t prefix;
    name root;
    uint32_t used;         /* words that were ever in use */
    uint32_t spare[ROOMS]; /* places of nodes out of use, in pairs of words + 1; 0 for none */
} shape;

struct hs_index {
    uint32_t *words;
    size_t capacity;
    shape is;
    hs_pages *pages;
};

hs_index *hs_index_new(void)
{
    hs_index *x = hs_new(1, sizeof *x);
    x->pages = hs_pages_new();
    x->is.shift = WORD_BITS;
    return x;
}

void hs_index_clear(hs_index *x)
{
    x->is = (shape){.shift = WORD_BITS};
}

void hs_index_free(hs_index *x)
{
    if (!x) return;
    hs_pages_free(x->pages);
    free(x->words);
    free(x);
}

/* --- Nodes ---------------------------------------------------------------------------------- */

static inline uint32_t place_of(name n)
{
    return (n >> 3) * HEAD;
}

static inline uint32_t room_of(name n)
{
    return 1u << (n & 7);
}

static inline uint64_t bitmap(const hs_index *x, name n)
{
    uint64_t bits;
    memcpy(&bits, x->words + place_of(n), sizeof bits);
    return bits;
}

static inline void changed(hs_index *x, uint32_t word, uint32_t count)
{
    hs_pages_touch(x->pages, word * sizeof(uint32_t), (word + (size_t)count) * sizeof(uint32_t));
}

/* The number of bits that are set, by adding neighbours up. */
static inline uint32_t count_bits(uint64_t bits)
{
    bits -= bits >> 1 & 0x5555555555555555;
    bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
    return (uint32_t)(((bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f) * 0x0101010101010101 >> 56);
}

/* The word that has the value of a way. */
static inline uint32_t word_of(name n, uint64_t bits, unsigned way)
{
    return place_of(n) + HEAD + count_bits(bits & (((uint64_t)1 << way) - 1));
}

/* An empty node. */
static name obtain(hs_index *x, unsigned room)
{
    uint32_t size = HEAD + (1u << room), pair = x->is.spare[room];
    if (pair) {
        pair--;
        x->is.spare[room] = x->words[pair * HEAD];
    } else {
        x->words =
            hs_array_reserve(x->words, &x->capacity, x->is.used + (size_t)size, sizeof *x->words);
        pair = x->is.used / HEAD;
        x->is.used += size;
    }
    memset(x->words + pair * HEAD, 0, size * sizeof *x->words); /* images take it whole */
    changed(x, pair * HEAD, size);
    return pair << 3 | room;
}

static void let_go(hs_index *x, name n)
{
    x->words[place_of(n)] = x->is.spare[n & 7];
    changed(x, place_of(n), 1);
    x->is.spare[n & 7] = (n >> 3) + 1;
}

/* A node moves to one of another room. */
static name move(hs_index *x, name from, unsigned room)
{
    name to = obtain(x, room);
    uint32_t most = room_of(from) < room_of(to) ? room_of(from) : room_of(to);
    memcpy(x->words + place_of(to), x->words + place_of(from), (HEAD + most) * sizeof *x->words);
    let_go(x, from);
    return to;
}

/* Take a way that is free. Returns the node's name, which may be another one now. */
static name take_way(hs_index *x, name n, unsigned way, uint32_t value)
{
    uint64_t bits = bitmap(x, n);
    uint32_t count = count_bits(bits);
    if (count == room_of(n)) n = move(x, n, (n & 7) + 1);
    uint32_t word = word_of(n, bits, way), end = place_of(n) + HEAD + count;
    memmove(x->words + word + 1, x->words + word, (end - word) * sizeof *x->words);
    x->words[word] = value;
    bits |= (uint64_t)1 << way;
    memcpy(x->words + place_of(n), &bits, sizeof bits);
    changed(x, place_of(n), HEAD + count + 1);
    return n;
}

/* Free a way that is taken; a node with room for four times its values moves. */
static name free_way(hs_index *x, name n, unsigned way)
{
    uint64_t bits = bitmap(x, n);
    uint32_t count = count_bits(bits), word = word_of(n, bits, way);
    uint32_t end = place_of(n) + HEAD + count;
    memmove(x->words + word, x->words + word + 1, (end - word - 1) * sizeof *x->words);
    x->words[end - 1] = 0;
    bits &= ~((uint64_t)1 << way);
    memcpy(x->words + place_of(n), &bits, sizeof bits);
    changed(x, place_of(n), HEAD + count);
    if ((n & 7) > SMALLEST && (count - 1) * 4 <= room_of(n)) n = move(x, n, (n & 7) - 1);
    return n;
}

/* --- Digits --------------------------------------------------------------------------------- */

/* The bits of a key above so many levels. */
static inline uint64_t above(const hs_index *x, hs_addr key, unsigned levels)
{
    unsigned bits = x->is.shift + levels * DIGIT;
    return bits < 64 ? key >> bits : 0;
}

static inline unsigned digit(const hs_index *x, hs_addr key, unsigned level)
{
    return above(x, key, level) & (WAYS - 1);
}

static inline bool is_looked_at_whole(const hs_index *x, hs_addr key)
{
    return !(key & (((hs_addr)1 << x->is.shift) - 1));
}

static inline bool is_within(const hs_index *x, hs_addr key)
{
    return x->is.levels && above(x, key, x->is.levels) == x->is.prefix;
}

/* The root gets a node above, whose only way leads to it. */
static void raise(hs_index *x)
{
    name root = obtain(x, SMALLEST);
    x->is.root = take_way(x, root, x->is.prefix & (WAYS - 1), x->is.root);
    x->is.prefix >>= DIGIT;
    x->is.levels++;
}

/* Look at the low bits of keys as well. */
static void refine(hs_index *x)
{
    hs_index_entry *all = NULL, e;
    size_t count = 0, capacity = 0;
    for (bool more = hs_index_from(x, 0, &e); more; more = hs_index_from(x, e.key + 1, &e)) {
        all = hs_array_reserve(all, &capacity, count + 1, sizeof *all);
        all[count++] = e;
    }
    hs_index_clear(x);
    x->is.shift = 0;
    for (size_t i = 0; i < count; i++) hs_index_put(x, all[i].key, all[i].value);
    free(all);
}

/* --- Putting and removing ------------------------------------------------------------------- */

/* The root's range has the key. */
static void widen(hs_index *x, hs_addr key)
{
    if (!x->is.levels) {
        x->is.root = obtain(x, SMALLEST);
        x->is.levels = 1;
        x->is.prefix = above(x, key, 1);
    }
    while (!is_within(x, key)) raise(x);
}

void hs_index_put(hs_index *x, hs_addr key, uint32_t value)
{
    if (!is_looked_at_whole(x, key)) refine(x);
    widen(x, key);
    name n = x->is.root;
    uint32_t from = 0; /* the word that names the node; 0, the first bitmap's: it is the root */
    for (unsigned level = x->is.levels; level-- > 0;) {
        unsigned way = digit(x, key, level);
        if (!(bitmap(x, n) >> way & 1)) {
            name below = level ? obtain(x, SMALLEST) : 0, moved = take_way(x, n, way, below);
            if (!from)
                x->is.root = moved;
            else if (moved != n)
                x->words[from] = moved, changed(x, from, 1);
            n = moved;
        }
        from = word_of(n, bitmap(x, n), way);
        n = x->words[from];
    }
    x->words[from] = value;
    changed(x, from, 1);
}

void hs_index_remove(hs_index *x, hs_addr key)
{
    name path[LEVELS];
    uint32_t words[LEVELS + 1] = {0}; /* [level]: the word that names the node of that level */
    if (!is_within(x, key) || !is_looked_at_whole(x, key)) return;
    name n = x->is.root;
    for (unsigned level = x->is.levels; level-- > 0;) {
        uint64_t bits = bitmap(x, n);
        unsigned way = digit(x, key, level);
        if (!(bits >> way & 1)) return;
        path[level] = n;
        uint32_t word = word_of(n, bits, way);
        if (level) words[level - 1] = word;
        n = x->words[word];
    }
    for (unsigned level = 0; level < x->is.levels; level++) {
        bool last = !(bitmap(x, path[level]) & (bitmap(x, path[level]) - 1));
        if (last) {
            let_go(x, path[level]);
            continue;
        }
        name moved = free_way(x, path[level], digit(x, key, level));
        if (level + 1 == x->is.levels)
            x->is.root = moved;
        else if (moved != path[level])
            x->words[words[level]] = moved, changed(x, words[level], 1);
        return;
    }
    x->is.levels = 0;
}

/* --- Finding -------------------------------------------------------------------------------- */

bool hs_index_at(const hs_index *x, hs_addr key, uint32_t *value)
{
    if (!is_within(x, key) || !is_looked_at_whole(x, key)) return false;
    name n = x->is.root;
    for (unsigned level = x->is.levels; level-- > 0;) {
        uint64_t bits = bitmap(x, n);
        unsigned way = digit(x, key, level);
        if (!(bits >> way & 1)) return false;
        n = x->words[word_of(n, bits, way)];
    }
    *value = n;
    return true;
}

/* On a way down: a node, its level, and the bits of keys above what it looks at. */
typedef struct {
    name n;
    unsigned level; /* levels below it */
    uint64_t high;
} spot;

static spot go(const hs_index *x, spot s, uint64_t bits, unsigned way)
{
    return (spot){x->words[word_of(s.n, bits, way)], s.level - 1, s.high << DIGIT | way};
}

static unsigned lowest(uint64_t bits)
{
    return (unsigned)__builtin_ctzll(bits);
}

static unsigned highest(uint64_t bits)
{
    return 63 - (unsigned)__builtin_clzll(bits);
}

/* The first or the last entry below a spot, by the ways among `bits` of its node. */
static bool edge(const hs_index *x, spot s, uint64_t bits, bool last, hs_index_entry *out)
{
    for (;; bits = bitmap(x, s.n)) {
        unsigned way = last ? highest(bits) : lowest(bits);
        if (s.level == 0) {
            out->key = (s.high << DIGIT | way) << x->is.shift;
            out->value = x->words[word_of(s.n, bitmap(x, s.n), way)];
            return true;
        }
        s = go(x, s, bitmap(x, s.n), way);
    }
}

/* The entry at `key`, or the nearest one on one side: the way down to it, and, where that ends, the
 * last way that went off it to that side. */
static bool nearest(const hs_index *x, hs_addr key, bool below, hs_index_entry *out)
{
    spot s = {x->is.root, x->is.levels - 1, x->is.prefix}, off = s;
    uint64_t off_bits = 0;
    for (;; s.level--) {
        uint64_t bits = bitmap(x, s.n), one = (uint64_t)1 << digit(x, key, s.level);
        uint64_t side = bits & (below ? one - 1 : ~(one - 1) & ~one);
        if (side) off = s, off_bits = side;
        if (!(bits & one)) break;
        unsigned way = digit(x, key, s.level);
        uint32_t value = x->words[word_of(s.n, bits, way)];
        if (s.level == 0) {
            out->key = key >> x->is.shift << x->is.shift;
            out->value = value;
            return true;
        }
        s.n = value;
        s.high = s.high << DIGIT | way;
    }
    return off_bits && edge(x, off, off_bits, below, out);
}

static bool any_edge(const hs_index *x, bool last, hs_index_entry *out)
{
    spot root = {x->is.root, x->is.levels - 1, x->is.prefix};
    return edge(x, root, bitmap(x, x->is.root), last, out);
}

bool hs_index_from(const hs_index *x, hs_addr key, hs_index_entry *out)
{
    hs_addr unit = (hs_addr)1 << x->is.shift, up = (key + unit - 1) & ~(unit - 1);
    if (!x->is.levels || up < key) return false;
    if (is_within(x, up)) return nearest(x, up, false, out);
    return above(x, up, x->is.levels) < x->is.prefix && any_edge(x, false, out);
}

bool hs_index_before(const hs_index *x, hs_addr key, hs_index_entry *out)
{
    if (!x->is.levels) return false;
    if (is_within(x, key)) return nearest(x, key, true, out);
    return above(x, key, x->is.levels) > x->is.prefix && any_edge(x, true, out);
}

/* --- Images --------------------------------------------------------------------------------- */

struct hs_index_image {
    hs_snapshot *words;
    shape was;
};

hs_index_image *hs_index_take(hs_index *x)
{
    hs_index_image *image = hs_new(1, sizeof *image);
    image->words = hs_pages_take(x->pages, x->words, x->is.used * sizeof *x->words);
    image->was = x->is;
    return image;
}

void hs_index_restore(hs_index *x, const hs_index_image *image)
{
    x->words = hs_array_reserve(x->words, &x->capacity, image->was.used, sizeof *x->words);
    hs_pages_restore(x->pages, x->words, image->words, NULL, NULL);
    x->is = image->was;
}

void hs_index_image_free(hs_index_image *image)
{
    if (!image) return;
    hs_snapshot_free(image->words);
    free(image);
}

size_t hs_index_image_weigh(const hs_index_image *image, uint64_t weighing)
{
    return sizeof *image + hs_snapshot_weigh(image->words, weighing);
}

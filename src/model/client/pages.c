/* SPDX-License-Identifier: MIT */
/* Pages lie in a tree, counted by the nodes that refer to them, and nodes by the nodes, snapshots
 * and regions that do. A place that names none was never written to: it is zero, with all behind
 * it. So a tree is as large as what was ever written to, and a region of a terabyte costs no more
 * than one of a page. What was written to and is zero names a page like any other, which is one for
 * all such places.
 *
 *      region   --> [ A | B*| 0 | C ]       * dirty: the node is the region's own
 *      snapshot --> [ A | B | 0 | C ]
 *
 * Invariants: where the region's tree names a page, or zero, its bytes equal that as far as they
 * were part of the region when it was taken, unless the place is dirty; a dirty place names what
 * was there before. A node is dirty at a place if the node there is dirty somewhere; a node that
 * more than one refers to is dirty nowhere. */
#include "model/client/pages.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, WORDS = PAGE / 8, WAY_BITS = 6, WAYS = 1 << WAY_BITS, CLOSE = 64 };

/* A page, packed: heaps are mostly words that are zero, or small, or addresses. A word takes 0, 2,
 * 5 or 8 bytes, the lowest first; two bits tell which. Where few words differ from what the page
 * was at another time, the rest is left to that one:
 *
 *      whole   | lengths of all words | bytes |
 *      part    | which words | lengths of these | bytes |      the others are those of `base`
 *
 * What a part is based on is whole. */
typedef struct page {
    size_t users;
    uint64_t weighing; /* the last one that counted it */
    struct page *base; /* NULL: it is whole */
    size_t size;       /* of the rest, SLACK included */
    uint8_t packed[];
} page;

enum { SLACK = 8 }; /* whole words are read from packed ones */
enum { MASK = WORDS / 8, MASK_WORDS = MASK / 8, MOST_OF_A_PART = WORDS / 4 };
static const uint8_t length_of[4] = {0, 2, 5, 8};

/* A node of height 0 has pages; others have nodes that are one lower. */
typedef struct node {
    size_t users;
    uint64_t weighing;
    uint64_t dirty; /* one bit for each place that was written to since */
    union {
        struct node *nodes[WAYS];
        page *pages[WAYS];
    };
} node;

struct hs_pages {
    node *root;
    unsigned height;
    size_t known; /* the tree tells of so many bytes, and knows nothing of those behind, but .. */
    size_t zeros; /* .. that nothing from here on was written to; never before `known` */
    page *zero;   /* the page that is zero though it was written to; NULL until there is one */
};

struct hs_snapshot {
    size_t size;
    unsigned height;
    node *root;
};

static page *use(page *p)
{
    if (p) p->users++;
    return p;
}

static void let_go(page *p)
{
    if (!p || --p->users > 0) return;
    let_go(p->base);
    free(p);
}

static node *use_node(node *n)
{
    if (n) n->users++;
    return n;
}

static void let_node_go(node *n, unsigned height)
{
    if (!n || --n->users > 0) return;
    for (size_t i = 0; i < WAYS; i++)
        if (height)
            let_node_go(n->nodes[i], height - 1);
        else
            let_go(n->pages[i]);
    free(n);
}

static size_t page_size(size_t packed)
{
    return sizeof(page) + packed;
}

static unsigned length_code(uint64_t word)
{
    return word == 0 ? 0 : word >> 16 == 0 ? 1 : word >> 40 == 0 ? 2 : 3;
}

/* Pack words: first their lengths, then their bytes. Returns how many bytes that is. */
static size_t encode(const uint64_t *words, size_t count, uint8_t *packed)
{
    uint8_t *to = packed + (count + 3) / 4;
    memset(packed, 0, (count + 3) / 4);
    for (size_t i = 0; i < count; i++) {
        unsigned code = length_code(words[i]);
        packed[i / 4] |= (uint8_t)(code << i % 4 * 2);
        memcpy(to, &words[i], sizeof words[i]);
        to += length_of[code];
    }
    return (size_t)(to - packed);
}

/* Unpack a word that takes so many bytes. */
static uint64_t get_word(const uint8_t *from, unsigned code)
{
    static const uint64_t masks[4] = {0, 0xffff, 0xffffffffff, UINT64_MAX};
    uint64_t word;
    memcpy(&word, from, sizeof word);
    return word & masks[code];
}

/* Unpack words, four at a time: so the place of each is found without waiting for the one before
 * it. Four zeros, which are frequent, are handled as one. */
static void decode(const uint8_t *packed, uint64_t *words, size_t count)
{
    const uint8_t *next = packed + (count + 3) / 4;
    size_t i = 0;
    for (; count - i >= 4; i += 4) {
        unsigned codes = packed[i / 4], a = codes & 3, b = codes >> 2 & 3, c = codes >> 4 & 3;
        if (!codes) {
            memset(&words[i], 0, 4 * sizeof *words);
            continue;
        }
        const uint8_t *second = next + length_of[a], *third = second + length_of[b];
        const uint8_t *fourth = third + length_of[c];
        words[i] = get_word(next, a);
        words[i + 1] = get_word(second, b);
        words[i + 2] = get_word(third, c);
        words[i + 3] = get_word(fourth, codes >> 6);
        next = fourth + length_of[codes >> 6];
    }
    for (; i < count; i++) {
        unsigned code = packed[i / 4] >> i % 4 * 2 & 3;
        words[i] = get_word(next, code);
        next += length_of[code];
    }
}

/* A page of `count` words: those of the mask, or all when that is NULL. */
static page *new_page(const uint64_t *words, size_t count, const uint64_t *mask, page *base)
{
    uint8_t packed[MASK + WORDS / 4 + PAGE + SLACK];
    size_t start = mask ? MASK : 0, size = start + encode(words, count, packed + start);
    if (mask) memcpy(packed, mask, MASK);
    page *p = hs_new(1, page_size(size + SLACK));
    *p = (page){.users = 1, .base = base, .size = size + SLACK};
    memcpy(p->packed, packed, size);
    return p;
}

static void unpack_words(const page *p, uint64_t *words)
{
    uint64_t mask[MASK_WORDS], others[WORDS];
    size_t count = 0, n = 0;
    if (!p->base) {
        decode(p->packed, words, WORDS);
        return;
    }
    unpack_words(p->base, words);
    memcpy(mask, p->packed, MASK);
    for (size_t i = 0; i < MASK_WORDS; i++) count += (size_t)__builtin_popcountll(mask[i]);
    decode(p->packed + MASK, others, count);
    for (size_t i = 0; i < MASK_WORDS; i++)
        for (uint64_t bits = mask[i]; bits; bits &= bits - 1)
            words[i * 64 + (size_t)__builtin_ctzll(bits)] = others[n++];
}

static void unpack(const page *p, uint8_t *bytes, size_t n)
{
    uint64_t words[WORDS];
    unpack_words(p, words);
    memcpy(bytes, words, n);
}

/* Make a page of n bytes; the rest of it is zero. It becomes a part of `base` where that takes less
 * room. */
static page *pack(const uint8_t *bytes, size_t n, page *base)
{
    uint64_t words[WORDS] = {0}, before[WORDS], others[WORDS], mask[MASK_WORDS] = {0};
    size_t count = 0;
    memcpy(words, bytes, n);
    if (!base) return new_page(words, WORDS, NULL, NULL);
    unpack_words(base, before);
    for (size_t i = 0; i < WORDS; i++) {
        bool differs = words[i] != before[i];
        others[count] = words[i];
        mask[i / 64] |= (uint64_t)differs << i % 64;
        count += differs;
    }
    if (count > MOST_OF_A_PART) return new_page(words, WORDS, NULL, NULL);
    return new_page(others, count, mask, use(base));
}

/* --- The tree ------------------------------------------------------------------------------- */

/* The node at a place of the region's tree, to change it: one that no snapshot has. */
static node *own(node **place, unsigned height)
{
    node *old = *place, *n = old;
    if (n && n->users == 1) return n;
    *place = n = hs_new(1, sizeof *n);
    if (old) {
        *n = *old;
        n->weighing = 0;
        for (size_t i = 0; i < WAYS; i++)
            if (height)
                use_node(n->nodes[i]);
            else
                use(n->pages[i]);
        old->users--;
    }
    n->users = 1;
    return n;
}

/* A node above this one, which is its first. */
static node *above(node *n)
{
    if (!n) return NULL;
    node *top = hs_new(1, sizeof *top);
    top->users = 1;
    top->dirty = n->dirty != 0;
    top->nodes[0] = n;
    return top;
}

static void heighten(hs_pages *r, unsigned height)
{
    for (; r->height < height; r->height++) r->root = above(r->root);
}

/* The snapshot's tree, as high as another one. */
static node *raised(const hs_snapshot *s, unsigned height)
{
    node *n = use_node(s->root);
    for (unsigned h = s->height; h < height; h++) n = above(n);
    return n;
}

/* The logarithm of how many pages a place of a node of this height has. */
static unsigned shift_of(unsigned height)
{
    return height * WAY_BITS;
}

static size_t rest_of(size_t index, unsigned height)
{
    return index & (((size_t)1 << shift_of(height)) - 1);
}

static size_t pages_in(size_t size)
{
    return (size + PAGE - 1) / PAGE;
}

/* --- What is dirty -------------------------------------------------------------------------- */

static bool is_dirty(const hs_pages *r, size_t index)
{
    const node *n = r->root;
    if (!n || index >> shift_of(r->height + 1)) return false;
    for (unsigned height = r->height;; height--) {
        size_t i = index >> shift_of(height) & (WAYS - 1);
        if (!(n->dirty >> i & 1)) return false;
        if (!height) return true;
        n = n->nodes[i];
    }
}

/* Pages first .. last, counted from the node's first one, are dirty. */
static void mark(node **place, unsigned height, size_t first, size_t last)
{
    node *n = own(place, height);
    size_t from = first >> shift_of(height), to = last >> shift_of(height);
    for (size_t i = from; i <= to; i++) {
        n->dirty |= (uint64_t)1 << i;
        if (height)
            mark(&n->nodes[i], height - 1, i == from ? rest_of(first, height) : 0,
                 i == to ? rest_of(last, height) : rest_of(SIZE_MAX, height));
    }
}

static void mark_bytes(hs_pages *r, size_t from, size_t to)
{
    if (from >= to) return;
    size_t last = (to - 1) / PAGE;
    while (last >> shift_of(r->height + 1)) heighten(r, r->height + 1);
    mark(&r->root, r->height, from / PAGE, last);
}

/* Let the tree tell of at least so many bytes. */
static void reach(hs_pages *r, size_t size)
{
    if (size <= r->known) return;
    mark_bytes(r, r->known, size < r->zeros ? size : r->zeros);
    r->known = size;
    if (r->zeros < size) r->zeros = size;
}

void hs_pages_touch(hs_pages *r, size_t from, size_t to)
{
    if (from >= to) return;
    if (to <= r->known && from / PAGE == (to - 1) / PAGE && is_dirty(r, from / PAGE)) return;
    reach(r, to);
    mark_bytes(r, from, to);
}

/* True if from this page on, counted from the node's first one, all is zero and nothing is
 * dirty. */
static bool is_empty_from(const node *n, unsigned height, size_t index)
{
    size_t i = index >> shift_of(height);
    if (!n || i >= WAYS) return true;
    if (height && rest_of(index, height)) {
        if (!is_empty_from(n->nodes[i], height - 1, rest_of(index, height))) return false;
        i++;
    }
    for (; i < WAYS; i++)
        if (n->dirty >> i & 1 || (height ? n->nodes[i] != NULL : n->pages[i] != NULL)) return false;
    return true;
}

/* True if nobody ever wrote to this page. */
static bool is_fresh(const hs_pages *r, size_t index)
{
    const node *n = r->root;
    if (index >> shift_of(r->height + 1)) return true;
    for (unsigned height = r->height; n; n = n->nodes[index >> shift_of(height--) & (WAYS - 1)])
        if (!height)
            return !(n->dirty >> (index & (WAYS - 1)) & 1) && !n->pages[index & (WAYS - 1)];
    return true;
}

/* Note that nothing from this page on was written to. */
static void cut(node **place, unsigned height, size_t index)
{
    if (is_empty_from(*place, height, index)) return;
    node *n = own(place, height);
    size_t i = index >> shift_of(height);
    if (height && rest_of(index, height)) {
        cut(&n->nodes[i], height - 1, rest_of(index, height));
        if (!n->nodes[i] || !n->nodes[i]->dirty) n->dirty &= ~((uint64_t)1 << i);
        i++;
    }
    for (; i < WAYS; i++) {
        n->dirty &= ~((uint64_t)1 << i);
        if (height) {
            let_node_go(n->nodes[i], height - 1);
            n->nodes[i] = NULL;
        } else {
            let_go(n->pages[i]);
            n->pages[i] = NULL;
        }
    }
}

void hs_pages_clear(hs_pages *r, size_t from)
{
    bool known = from <= r->known || r->zeros <= r->known;
    if (from % PAGE && !(known && is_fresh(r, from / PAGE))) hs_pages_touch(r, from, from + 1);
    cut(&r->root, r->height, pages_in(from));
    if (r->known > from) r->known = from;
    if (r->zeros > from) r->zeros = from;
}

/* --- Life ----------------------------------------------------------------------------------- */

hs_pages *hs_pages_new(void)
{
    hs_pages *r = hs_new(1, sizeof *r);
    r->zeros = SIZE_MAX;
    return r;
}

void hs_pages_free(hs_pages *r)
{
    if (!r) return;
    let_node_go(r->root, r->height);
    let_go(r->zero);
    free(r);
}

/* --- Snapshots ------------------------------------------------------------------------------ */

static bool is_zero(const uint8_t *bytes, size_t n)
{
    return !bytes[0] && memcmp(bytes, bytes + 1, n - 1) == 0;
}

static page *zero_page(hs_pages *r)
{
    const uint64_t words[WORDS] = {0};
    if (!r->zero) r->zero = new_page(words, WORDS, NULL, NULL);
    return use(r->zero);
}

/* Take the page at a place whose page was `last`. It may be kept as a part of that, or of what that
 * is based on. */
static page *take_page(hs_pages *r, const uint8_t *bytes, size_t n, page *last)
{
    if (is_zero(bytes, n)) return zero_page(r);
    return pack(bytes, n, last && last->base ? last->base : last);
}

/* Take the dirty pages of a node of the region as they are now. The node's first byte has this
 * place. */
static void settle(hs_pages *r, node *n, unsigned height, const uint8_t *data, size_t size,
                   size_t from)
{
    if (!n) return;
    for (; n->dirty; n->dirty &= n->dirty - 1) {
        size_t i = (size_t)__builtin_ctzll(n->dirty);
        size_t at = from + (i << shift_of(height)) * PAGE;
        if (height) {
            settle(r, n->nodes[i], height - 1, data, size, at);
            continue;
        }
        page *last = n->pages[i];
        n->pages[i] = take_page(r, data + at, size - at < PAGE ? size - at : PAGE, last);
        let_go(last);
    }
}

hs_snapshot *hs_pages_take(hs_pages *r, const void *data, size_t size)
{
    hs_snapshot *s = hs_new(1, sizeof *s);
    reach(r, size);
    /* The last page may have been taken when the region was longer, or shorter. */
    if (size % PAGE && !is_fresh(r, size / PAGE)) mark_bytes(r, size - 1, size);
    cut(&r->root, r->height, pages_in(size));
    r->known = size;
    settle(r, r->root, r->height, data, size, 0);
    *s = (hs_snapshot){.size = size, .height = r->height, .root = use_node(r->root)};
    return s;
}

void hs_snapshot_free(hs_snapshot *s)
{
    if (!s) return;
    let_node_go(s->root, s->height);
    free(s);
}

size_t hs_snapshot_size(const hs_snapshot *s)
{
    return s->size;
}

static size_t weigh_page(page *p, uint64_t weighing)
{
    if (!p || p->weighing == weighing) return 0;
    p->weighing = weighing;
    return page_size(p->size) + weigh_page(p->base, weighing);
}

static size_t weigh_node(node *n, unsigned height, uint64_t weighing)
{
    if (!n || n->weighing == weighing) return 0;
    size_t bytes = sizeof *n;
    n->weighing = weighing;
    for (size_t i = 0; i < WAYS; i++)
        bytes += height ? weigh_node(n->nodes[i], height - 1, weighing)
                        : weigh_page(n->pages[i], weighing);
    return bytes;
}

size_t hs_snapshot_weigh(const hs_snapshot *s, uint64_t weighing)
{
    return sizeof *s + weigh_node(s->root, s->height, weighing);
}

/* --- Places that differ --------------------------------------------------------------------- */

/* Told of pages that may differ, in order: bytes from .. to - 1, and what they were (NULL: never
 * written to). */
typedef void visitor(void *of, const page *was, size_t from, size_t to);

typedef struct {
    visitor *visit;
    void *of;
    size_t size; /* bytes up to here are compared */
} comparison;

/* Compare a node of the region with that of a snapshot; both begin at `from`, and are not the
 * same. */
static void compare_nodes(const comparison *c, const node *is, const node *was, unsigned height,
                          size_t from)
{
    size_t step = (size_t)PAGE << shift_of(height);
    if (is == was) return;
    for (size_t i = 0; i < WAYS && from < c->size; i++, from += step) {
        if (height) {
            compare_nodes(c, is ? is->nodes[i] : NULL, was ? was->nodes[i] : NULL, height - 1,
                          from);
            continue;
        }
        const page *a = is ? is->pages[i] : NULL, *b = was ? was->pages[i] : NULL;
        bool dirty = is && is->dirty >> i & 1;
        if (a != b || dirty)
            c->visit(c->of, b, from, c->size - from < PAGE ? c->size : from + PAGE);
    }
}

typedef struct {
    uint8_t *data;
    hs_pages_restored *tell;
    void *context;
} restoring;

static void restore_page(void *of, const page *was, size_t from, size_t to)
{
    const restoring *r = of;
    if (was)
        unpack(was, r->data + from, to - from);
    else
        memset(r->data + from, 0, to - from);
    if (r->tell) r->tell(r->context, from, to, was != NULL);
}

void hs_pages_restore(hs_pages *r, void *data, const hs_snapshot *s, hs_pages_restored *tell,
                      void *context)
{
    restoring to = {data, tell, context};
    reach(r, s->size);
    heighten(r, s->height);
    node *was = raised(s, r->height);
    compare_nodes(&(comparison){restore_page, &to, s->size}, r->root, was, r->height, 0);
    let_node_go(r->root, r->height);
    r->root = was;
    r->known = s->size;
}

/* Who is told of differences; and the last one, which is told only when the next one lies apart
 * from it, so that neighbours become one. */
typedef struct {
    hs_pages_tell *tell;
    void *context;
    size_t from, to;
} listener;

static void hear(listener *l, size_t from, size_t to)
{
    if (l->to && from <= l->to + CLOSE) {
        l->to = to;
        return;
    }
    if (l->to) l->tell(l->context, l->from, l->to);
    l->from = from;
    l->to = to;
}

typedef struct {
    listener listener;
    const uint8_t *data;
} telling;

/* Bytes from .. to - 1 lie in one page. */
static void tell_words(void *of, const page *p, size_t from, size_t to)
{
    telling *t = of;
    uint64_t was[WORDS] = {0}, is[WORDS] = {0};
    if (p) unpack_words(p, was);
    memcpy(is, t->data + from, to - from);
    if (to - from < PAGE) memset((uint8_t *)was + (to - from), 0, PAGE - (to - from));
    for (size_t i = 0; i < WORDS; i++)
        if (was[i] != is[i]) hear(&t->listener, from + i * sizeof *is, from + (i + 1) * sizeof *is);
}

void hs_pages_differing(hs_pages *r, const void *data, size_t size, const hs_snapshot *s,
                        hs_pages_tell *tell, void *context)
{
    telling t = {{.tell = tell, .context = context}, data};
    size_t both = size < s->size ? size / PAGE * PAGE : s->size;
    reach(r, both);
    heighten(r, s->height);
    node *was = raised(s, r->height);
    compare_nodes(&(comparison){tell_words, &t, both}, r->root, was, r->height, 0);
    let_node_go(was, r->height);
    if (both < s->size) hear(&t.listener, both, s->size);
    if (t.listener.to) tell(context, t.listener.from, t.listener.to);
}

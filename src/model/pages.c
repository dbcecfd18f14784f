/* Pages, counted by the groups (and the region) that refer to them, and groups of pages, counted by
 * the snapshots (and the region): a snapshot of a large region in which little changed is short.
 *
 * Invariants: where the region's table names a page, the region's bytes equal that page's as far as
 * it was part of the region when it was taken; a dirty place names none. Where it names a group,
 * the group is full, and the table names its pages. */
#include "model/pages.h"

#include "heap/array.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, WORDS = PAGE / 8, GROUP = 64, CLOSE = 64 };

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

typedef struct {
    size_t users;
    uint64_t weighing;
    page *pages[GROUP];
} group;

struct hs_pages {
    page **table; /* NULL: dirty */
    page **bases; /* whole pages that were there before, for parts; NULL: none */
    page *zero;   /* the one for all places where every byte is zero */
    size_t count, capacity;
    group **groups; /* NULL: not as any group has it */
    size_t group_count, group_capacity;
};

struct hs_snapshot {
    size_t size, count, group_count;
    group *groups[];
};

static page *use(page *p)
{
    p->users++;
    return p;
}

static void let_go(page *p)
{
    if (!p || --p->users > 0) return;
    let_go(p->base);
    free(p);
}

static void let_group_go(group *g)
{
    if (!g || --g->users > 0) return;
    for (size_t i = 0; i < GROUP; i++) let_go(g->pages[i]);
    free(g);
}

static size_t page_size(size_t packed)
{
    return sizeof(page) + packed;
}

static unsigned length_code(uint64_t word)
{
    return word == 0 ? 0 : word >> 16 == 0 ? 1 : word >> 40 == 0 ? 2 : 3;
}

/* Words, packed: their lengths and their bytes. Returns how many bytes that is. */
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

/* The other way. Four words that are zero are as one: there are many such. */
static void decode(const uint8_t *packed, uint64_t *words, size_t count)
{
    static const uint64_t masks[4] = {0, 0xffff, 0xffffffffff, UINT64_MAX};
    const uint8_t *next = packed + (count + 3) / 4;
    for (size_t i = 0; i < count; i++) {
        if (i % 4 == 0 && !packed[i / 4] && count - i >= 4) {
            memset(&words[i], 0, 4 * sizeof *words);
            i += 3;
            continue;
        }
        unsigned code = packed[i / 4] >> i % 4 * 2 & 3;
        memcpy(&words[i], next, sizeof words[i]);
        words[i] &= masks[code];
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

/* The first n bytes of a page, the rest of it zero; as a part of `base` when that is short. */
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

/* The group is none that the region has. */
static void forget_group(hs_pages *r, size_t i)
{
    if (i >= r->group_count) return;
    let_group_go(r->groups[i]);
    r->groups[i] = NULL;
}

hs_pages *hs_pages_new(void)
{
    const uint64_t zeros[WORDS] = {0};
    hs_pages *r = hs_new(1, sizeof *r);
    r->zero = new_page(zeros, WORDS, NULL, NULL);
    return r;
}

void hs_pages_free(hs_pages *r)
{
    if (!r) return;
    for (size_t i = 0; i < r->group_count; i++) let_group_go(r->groups[i]);
    for (size_t i = 0; i < r->count; i++) {
        let_go(r->table[i]);
        let_go(r->bases[i]);
    }
    let_go(r->zero);
    free(r->groups);
    free(r->table);
    free(r->bases);
    free(r);
}

static size_t groups_in(size_t count)
{
    return (count + GROUP - 1) / GROUP;
}

/* The tables get places for `count` pages, dirty ones. */
static void extend(hs_pages *r, size_t count)
{
    size_t groups = groups_in(count);
    if (count <= r->count) return;
    size_t capacity = r->capacity;
    r->table = hs_array_reserve(r->table, &r->capacity, count, sizeof(page *));
    r->bases = hs_array_reserve(r->bases, &capacity, count, sizeof(page *));
    memset(r->table + r->count, 0, (count - r->count) * sizeof(page *));
    memset(r->bases + r->count, 0, (count - r->count) * sizeof(page *));
    r->count = count;
    if (groups <= r->group_count) return;
    r->groups = hs_array_reserve(r->groups, &r->group_capacity, groups, sizeof(group *));
    memset(r->groups + r->group_count, 0, (groups - r->group_count) * sizeof(group *));
    r->group_count = groups;
}

static size_t pages_in(size_t size)
{
    return (size + PAGE - 1) / PAGE;
}

/* What the region has at place i is said to be p, or, by NULL, not known. */
static void put(hs_pages *r, size_t i, page *p)
{
    if (r->table[i] == p) return;
    let_go(r->table[i]);
    r->table[i] = p ? use(p) : NULL;
    forget_group(r, i / GROUP);
}

void hs_pages_touch(hs_pages *r, size_t from, size_t to)
{
    if (from >= to) return;
    for (size_t i = from / PAGE; i <= (to - 1) / PAGE && i < r->count; i++) put(r, i, NULL);
}

void hs_pages_clear(hs_pages *r, size_t from)
{
    if (from % PAGE) hs_pages_touch(r, from, from + 1);
    for (size_t i = pages_in(from); i < r->count; i++) put(r, i, r->zero);
}

static size_t bytes_in(size_t size, size_t i)
{
    return size - i * PAGE < PAGE ? size - i * PAGE : PAGE;
}

/* Parts of the page at a place are based on what the last one there is, or is based on. */
static void set_base(hs_pages *r, size_t i, page *last)
{
    page *base = last->base ? last->base : last;
    if (r->bases[i] == base) return;
    let_go(r->bases[i]);
    r->bases[i] = use(base);
}

/* Of a page that is part of the region only at its start, the rest may be anything. */
static bool is_zero(const uint8_t *bytes, size_t n)
{
    return n == PAGE && !bytes[0] && memcmp(bytes, bytes + 1, n - 1) == 0;
}

static page *take_page(hs_pages *r, const uint8_t *data, size_t size, size_t i)
{
    if (!r->table[i]) {
        const uint8_t *bytes = data + i * PAGE;
        size_t n = bytes_in(size, i);
        r->table[i] = is_zero(bytes, n) ? use(r->zero) : pack(bytes, n, r->bases[i]);
        set_base(r, i, r->table[i]);
    }
    return use(r->table[i]);
}

/* Group i of the region's first `size` bytes, counted once for who takes it. */
static group *take_group(hs_pages *r, const uint8_t *data, size_t size, size_t i)
{
    size_t from = i * GROUP, end = pages_in(size);
    bool full = end - from >= GROUP;
    if (!full) forget_group(r, i);
    if (!r->groups[i]) {
        group *g = hs_new(1, sizeof *g);
        for (size_t k = 0; k < GROUP && from + k < end; k++)
            g->pages[k] = take_page(r, data, size, from + k);
        g->users = 1;
        if (!full) return g;
        r->groups[i] = g;
    }
    r->groups[i]->users++;
    return r->groups[i];
}

hs_snapshot *hs_pages_take(hs_pages *r, const void *data, size_t size)
{
    size_t count = pages_in(size), groups = groups_in(count);
    hs_snapshot *s = hs_new(1, sizeof *s + groups * sizeof(group *));
    s->size = size;
    s->count = count;
    s->group_count = groups;
    extend(r, count);
    /* The last page may have been taken when the region was shorter. */
    if (count && size % PAGE) hs_pages_touch(r, size - 1, size);
    for (size_t i = 0; i < groups; i++) s->groups[i] = take_group(r, data, size, i);
    return s;
}

void hs_snapshot_free(hs_snapshot *s)
{
    if (!s) return;
    for (size_t i = 0; i < s->group_count; i++) let_group_go(s->groups[i]);
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

static size_t weigh_group(group *g, uint64_t weighing)
{
    size_t bytes = sizeof *g;
    if (g->weighing == weighing) return 0;
    g->weighing = weighing;
    for (size_t i = 0; i < GROUP && g->pages[i]; i++) bytes += weigh_page(g->pages[i], weighing);
    return bytes;
}

size_t hs_snapshot_weigh(const hs_snapshot *s, uint64_t weighing)
{
    size_t bytes = sizeof *s + s->group_count * sizeof(group *);
    for (size_t i = 0; i < s->group_count; i++) bytes += weigh_group(s->groups[i], weighing);
    return bytes;
}

static void restore_group(hs_pages *r, uint8_t *data, const hs_snapshot *s, size_t i)
{
    group *g = s->groups[i];
    size_t from = i * GROUP;
    for (size_t k = 0; k < GROUP && from + k < s->count; k++) {
        if (r->table[from + k] == g->pages[k]) continue;
        unpack(g->pages[k], data + (from + k) * PAGE, bytes_in(s->size, from + k));
        put(r, from + k, g->pages[k]);
        set_base(r, from + k, g->pages[k]);
    }
    g->users++;
    forget_group(r, i);
    if (s->count - from >= GROUP)
        r->groups[i] = g;
    else
        let_group_go(g);
}

void hs_pages_restore(hs_pages *r, void *data, const hs_snapshot *s)
{
    extend(r, s->count);
    for (size_t i = 0; i < s->group_count; i++)
        if (r->groups[i] != s->groups[i]) restore_group(r, data, s, i);
}

/* Who listens to differences, and the last one, which is told when the next lies apart from it. */
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

/* Bytes from .. to - 1 of the snapshot lie in one page, `p`. */
static void compare(listener *l, const page *p, const uint8_t *data, size_t from, size_t to)
{
    uint64_t was[WORDS], is[WORDS] = {0};
    unpack_words(p, was);
    memcpy(is, data + from, to - from);
    if (to - from < PAGE) memset((uint8_t *)was + (to - from), 0, PAGE - (to - from));
    for (size_t i = 0; i < WORDS; i++)
        if (was[i] != is[i]) hear(l, from + i * sizeof *is, from + (i + 1) * sizeof *is);
}

void hs_pages_differing(const hs_pages *r, const void *data, size_t size, const hs_snapshot *s,
                        hs_pages_tell *tell, void *context)
{
    listener l = {.tell = tell, .context = context};
    for (size_t i = 0; i < s->count; i++) {
        size_t g = i / GROUP, from = i * PAGE, to = from + bytes_in(s->size, i);
        const page *p = s->groups[g]->pages[i % GROUP];
        if (i >= r->count || to > size)
            hear(&l, from, to);
        else if (i % GROUP == 0 && size / PAGE >= i + GROUP && r->groups[g] == s->groups[g])
            i += GROUP - 1;
        else if (r->table[i] != p)
            compare(&l, p, data, from, to);
    }
    if (l.to) tell(context, l.from, l.to);
}

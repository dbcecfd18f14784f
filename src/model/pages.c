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

enum { PAGE = 4096, WORDS = PAGE / 8, GROUP = 64 };

/* A page, packed: heaps are mostly words that are zero, or small, or addresses. A word takes 0, 2,
 * 5 or 8 bytes, the lowest first; two bits tell which. */
typedef struct {
    size_t users;
    uint64_t weighing;          /* the last one that counted it */
    uint8_t lengths[WORDS / 4]; /* of four words each */
    size_t size;                /* of the rest, SLACK included */
    uint8_t packed[];
} page;

enum { SLACK = 8 }; /* whole words are read from packed ones */
static const uint8_t length_of[4] = {0, 2, 5, 8};

typedef struct {
    size_t users;
    uint64_t weighing;
    page *pages[GROUP];
} group;

struct hs_pages {
    page **table; /* NULL: dirty */
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
    if (p && --p->users == 0) free(p);
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

/* The first n bytes of a page, the rest of it zero. */
static page *pack(const uint8_t *bytes, size_t n)
{
    uint64_t words[WORDS] = {0};
    uint8_t packed[PAGE + SLACK] = {0}, lengths[WORDS / 4] = {0};
    size_t size = 0;
    memcpy(words, bytes, n);
    for (size_t i = 0; i < WORDS; i++) {
        unsigned code = length_code(words[i]);
        lengths[i / 4] |= (uint8_t)(code << i % 4 * 2);
        memcpy(packed + size, &words[i], sizeof words[i]);
        size += length_of[code];
    }
    page *p = hs_new(1, page_size(size + SLACK));
    p->users = 1;
    p->size = size + SLACK;
    memcpy(p->lengths, lengths, sizeof lengths);
    memcpy(p->packed, packed, size);
    return p;
}

static void unpack(const page *p, uint8_t *bytes, size_t n)
{
    static const uint64_t masks[4] = {0, 0xffff, 0xffffffffff, UINT64_MAX};
    uint64_t words[WORDS];
    const uint8_t *next = p->packed;
    for (size_t i = 0; i < WORDS; i++) {
        unsigned code = p->lengths[i / 4] >> i % 4 * 2 & 3;
        memcpy(&words[i], next, sizeof words[i]);
        words[i] &= masks[code];
        next += length_of[code];
    }
    memcpy(bytes, words, n);
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
    return hs_new(1, sizeof(hs_pages));
}

void hs_pages_free(hs_pages *r)
{
    if (!r) return;
    for (size_t i = 0; i < r->group_count; i++) let_group_go(r->groups[i]);
    for (size_t i = 0; i < r->count; i++) let_go(r->table[i]);
    free(r->groups);
    free(r->table);
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
    r->table = hs_array_reserve(r->table, &r->capacity, count, sizeof(page *));
    memset(r->table + r->count, 0, (count - r->count) * sizeof(page *));
    r->count = count;
    if (groups <= r->group_count) return;
    r->groups = hs_array_reserve(r->groups, &r->group_capacity, groups, sizeof(group *));
    memset(r->groups + r->group_count, 0, (groups - r->group_count) * sizeof(group *));
    r->group_count = groups;
}

void hs_pages_touch(hs_pages *r, size_t from, size_t to)
{
    if (from >= to) return;
    for (size_t i = from / PAGE; i <= (to - 1) / PAGE && i < r->count; i++) {
        if (!r->table[i]) continue;
        let_go(r->table[i]);
        r->table[i] = NULL;
        forget_group(r, i / GROUP);
    }
}

static size_t pages_in(size_t size)
{
    return (size + PAGE - 1) / PAGE;
}

static size_t bytes_in(size_t size, size_t i)
{
    return size - i * PAGE < PAGE ? size - i * PAGE : PAGE;
}

static page *take_page(hs_pages *r, const uint8_t *data, size_t size, size_t i)
{
    if (!r->table[i]) r->table[i] = pack(data + i * PAGE, bytes_in(size, i));
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

static size_t weigh_group(group *g, uint64_t weighing)
{
    size_t bytes = sizeof *g;
    if (g->weighing == weighing) return 0;
    g->weighing = weighing;
    for (size_t i = 0; i < GROUP && g->pages[i]; i++) {
        if (g->pages[i]->weighing == weighing) continue;
        g->pages[i]->weighing = weighing;
        bytes += page_size(g->pages[i]->size);
    }
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
        let_go(r->table[from + k]);
        r->table[from + k] = use(g->pages[k]);
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

void hs_pages_differing(const hs_pages *r, const hs_snapshot *s, hs_pages_tell *tell, void *context)
{
    for (size_t i = 0; i < s->count; i++) {
        size_t g = i / GROUP;
        if (i % GROUP == 0 && g < r->group_count && r->groups[g] == s->groups[g]) {
            i += GROUP - 1;
            continue;
        }
        if (i >= r->count || r->table[i] != s->groups[g]->pages[i % GROUP])
            tell(context, i * PAGE, i * PAGE + bytes_in(s->size, i));
    }
}

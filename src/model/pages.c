/* Pages, counted by the snapshots (and the region) that refer to them. Invariant: where the
 * region's table names a page, the region's bytes equal that page's; a dirty place names none. */
#include "model/pages.h"

#include "heap/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096 };

typedef struct {
    size_t users;
    uint8_t bytes[PAGE];
} page;

struct hs_pages {
    page **table; /* NULL: dirty */
    size_t count, capacity;
};

struct hs_snapshot {
    size_t size, count;
    page *pages[];
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

hs_pages *hs_pages_new(void)
{
    return hs_new(1, sizeof(hs_pages));
}

void hs_pages_free(hs_pages *r)
{
    if (!r) return;
    for (size_t i = 0; i < r->count; i++) let_go(r->table[i]);
    free(r->table);
    free(r);
}

/* The table gets places up to `count`, dirty ones. */
static void extend(hs_pages *r, size_t count)
{
    if (count <= r->count) return;
    r->table = hs_array_reserve(r->table, &r->capacity, count, sizeof(page *));
    memset(r->table + r->count, 0, (count - r->count) * sizeof(page *));
    r->count = count;
}

void hs_pages_touch(hs_pages *r, size_t from, size_t to)
{
    if (from >= to) return;
    for (size_t i = from / PAGE; i <= (to - 1) / PAGE && i < r->count; i++) {
        if (!r->table[i]) continue;
        let_go(r->table[i]);
        r->table[i] = NULL;
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

hs_snapshot *hs_pages_take(hs_pages *r, const void *data, size_t size)
{
    size_t count = pages_in(size);
    hs_snapshot *s = hs_new(1, sizeof *s + count * sizeof(page *));
    s->size = size;
    s->count = count;
    extend(r, count);
    /* The last page may have been taken when the region was shorter. */
    if (count && size % PAGE) hs_pages_touch(r, size - 1, size);
    for (size_t i = 0; i < count; i++) {
        if (!r->table[i]) {
            page *p = r->table[i] = hs_new(1, sizeof *p);
            p->users = 1;
            memcpy(p->bytes, (const uint8_t *)data + i * PAGE, bytes_in(size, i));
        }
        s->pages[i] = use(r->table[i]);
    }
    return s;
}

void hs_snapshot_free(hs_snapshot *s)
{
    if (!s) return;
    for (size_t i = 0; i < s->count; i++) let_go(s->pages[i]);
    free(s);
}

size_t hs_snapshot_size(const hs_snapshot *s)
{
    return s->size;
}

size_t hs_snapshot_share(const hs_snapshot *s)
{
    size_t share = sizeof *s + s->count * sizeof(page *);
    for (size_t i = 0; i < s->count; i++) share += sizeof(page) / s->pages[i]->users;
    return share;
}

void hs_pages_restore(hs_pages *r, void *data, const hs_snapshot *s)
{
    extend(r, s->count);
    for (size_t i = 0; i < s->count; i++) {
        if (r->table[i] == s->pages[i]) continue;
        memcpy((uint8_t *)data + i * PAGE, s->pages[i]->bytes, bytes_in(s->size, i));
        let_go(r->table[i]);
        r->table[i] = use(s->pages[i]);
    }
    /* What lies behind is no longer the region's. */
    hs_pages_touch(r, s->count * PAGE, r->count * PAGE);
}

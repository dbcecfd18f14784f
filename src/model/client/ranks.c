/* SPDX-License-Identifier: MIT */
/* Addresses in pages, in order:
 *
 *      pages   | 3: 16 32 64 | 2: 80 96 | 4: 128 136 200 216 | ...
 *
 * A page that is full is split; one that is empty goes. Of a million addresses there are about a
 * thousand pages with about a thousand each: their numbers are added up to find the n-th, and one
 * page is moved to put an address in.
 *
 * Invariants: no page is empty, and the addresses of all are in order. */
#include "model/client/ranks.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM = 2048 };

typedef struct {
    hs_addr *at; /* room for ROOM */
    size_t count;
} page;

struct hs_ranks {
    page *pages;
    size_t page_count, capacity;
    uint64_t count;
};

hs_ranks *hs_ranks_new(void)
{
    return hs_new(1, sizeof(hs_ranks));
}

void hs_ranks_free(hs_ranks *r)
{
    if (!r) return;
    for (size_t i = 0; i < r->page_count; i++) free(r->pages[i].at);
    free(r->pages);
    free(r);
}

static page *add_page(hs_ranks *r, size_t i)
{
    r->pages = hs_array_reserve(r->pages, &r->capacity, r->page_count + 1, sizeof *r->pages);
    page added = {hs_new(ROOM, sizeof(hs_addr)), 0};
    memmove(r->pages + i + 1, r->pages + i, (r->page_count++ - i) * sizeof *r->pages);
    r->pages[i] = added;
    return &r->pages[i];
}

static void drop_page(hs_ranks *r, size_t i)
{
    free(r->pages[i].at);
    memmove(r->pages + i, r->pages + i + 1, (--r->page_count - i) * sizeof *r->pages);
}

/* The page that has the address, or would have it. */
static size_t page_of(const hs_ranks *r, hs_addr at)
{
    size_t low = 0, high = r->page_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (r->pages[middle].at[0] <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static size_t place_in(const page *p, hs_addr at)
{
    size_t low = 0, high = p->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (p->at[middle] < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Move the upper half of a page to a page of its own; of the last page only a little, for addresses
 * often come in order. */
static void split(hs_ranks *r, size_t i)
{
    page *behind = add_page(r, i + 1), *p = &r->pages[i];
    size_t stay = i + 2 == r->page_count ? ROOM * 7 / 8 : ROOM / 2;
    behind->count = p->count - stay;
    memcpy(behind->at, p->at + stay, behind->count * sizeof *p->at);
    p->count = stay;
}

void hs_ranks_put(hs_ranks *r, hs_addr at)
{
    if (!r->page_count) add_page(r, 0);
    size_t i = page_of(r, at);
    if (r->pages[i].count == ROOM) {
        split(r, i);
        i = page_of(r, at);
    }
    page *p = &r->pages[i];
    size_t place = place_in(p, at);
    memmove(p->at + place + 1, p->at + place, (p->count++ - place) * sizeof *p->at);
    p->at[place] = at;
    r->count++;
}

void hs_ranks_remove(hs_ranks *r, hs_addr at)
{
    if (!r->page_count) return;
    size_t i = page_of(r, at);
    page *p = &r->pages[i];
    size_t place = place_in(p, at);
    if (place == p->count || p->at[place] != at) return;
    memmove(p->at + place, p->at + place + 1, (--p->count - place) * sizeof *p->at);
    r->count--;
    if (!p->count) drop_page(r, i);
}

uint64_t hs_ranks_count(const hs_ranks *r)
{
    return r->count;
}

hs_addr hs_ranks_nth(const hs_ranks *r, uint64_t n)
{
    size_t i = 0;
    for (; n >= r->pages[i].count; i++) n -= r->pages[i].count;
    return r->pages[i].at[n];
}

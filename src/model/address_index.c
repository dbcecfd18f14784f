/* An ordered index in chunks: a directory of sorted arrays, each at most CHUNK entries.
 *
 *      directory  [ 0x10 .. | 0x80 .. | 0xf0 .. ]      found by binary search
 *                    |         |         |
 *                 sorted    sorted    sorted           then again within the chunk
 *
 * No chunk is ever empty. A search costs O(log n); an insertion moves at most one chunk and, once
 * in CHUNK / 2 insertions, the directory. */
#include "model/address_index.h"

#include "heap/array.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 256 };

typedef struct {
    size_t count;
    hs_index_entry entries[CHUNK];
} chunk;

struct hs_index {
    chunk **chunks;
    size_t count, capacity;
};

hs_index *hs_index_new(void)
{
    return hs_new(1, sizeof(hs_index));
}

void hs_index_clear(hs_index *x)
{
    for (size_t i = 0; i < x->count; i++) free(x->chunks[i]);
    x->count = 0;
}

void hs_index_free(hs_index *x)
{
    if (!x) return;
    hs_index_clear(x);
    free(x->chunks);
    free(x);
}

/* The number of chunks that start at or below `key`. */
static size_t chunks_up_to(const hs_index *x, hs_addr key)
{
    size_t low = 0, high = x->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (x->chunks[middle]->entries[0].key <= key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The number of entries of a chunk below `key`. */
static size_t entries_below(const chunk *c, hs_addr key)
{
    size_t low = 0, high = c->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c->entries[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert_chunk(hs_index *x, size_t at, chunk *c)
{
    x->chunks = hs_array_reserve(x->chunks, &x->capacity, x->count + 1, sizeof *x->chunks);
    memmove(x->chunks + at + 1, x->chunks + at, (x->count - at) * sizeof *x->chunks);
    x->chunks[at] = c;
    x->count++;
}

/* Split the full chunk `at`. One at the very end keeps its entries: most blocks are born at rising
 * addresses, and half-empty chunks would be left behind. */
static void split_chunk(hs_index *x, size_t at, hs_addr key)
{
    chunk *left = x->chunks[at], *right = hs_new(1, sizeof *right);
    bool appending = key > left->entries[CHUNK - 1].key;
    size_t kept = appending ? CHUNK - 1 : CHUNK / 2;
    right->count = CHUNK - kept;
    memcpy(right->entries, left->entries + kept, right->count * sizeof *right->entries);
    left->count = kept;
    insert_chunk(x, at + 1, right);
}

void hs_index_put(hs_index *x, hs_addr key, uint32_t value)
{
    if (x->count == 0) insert_chunk(x, 0, hs_new(1, sizeof(chunk)));
    size_t at = chunks_up_to(x, key);
    if (at > 0) at--;
    if (x->chunks[at]->count == CHUNK) {
        split_chunk(x, at, key);
        if (key >= x->chunks[at + 1]->entries[0].key) at++;
    }
    chunk *c = x->chunks[at];
    size_t i = entries_below(c, key);
    if (i == c->count || c->entries[i].key != key) {
        memmove(c->entries + i + 1, c->entries + i, (c->count - i) * sizeof *c->entries);
        c->count++;
    }
    c->entries[i] = (hs_index_entry){key, value};
}

void hs_index_remove(hs_index *x, hs_addr key)
{
    size_t at = chunks_up_to(x, key);
    if (at-- == 0) return;
    chunk *c = x->chunks[at];
    size_t i = entries_below(c, key);
    if (i == c->count || c->entries[i].key != key) return;
    c->count--;
    memmove(c->entries + i, c->entries + i + 1, (c->count - i) * sizeof *c->entries);
    if (c->count) return;
    free(c);
    x->count--;
    memmove(x->chunks + at, x->chunks + at + 1, (x->count - at) * sizeof *x->chunks);
}

const hs_index_entry *hs_index_from(const hs_index *x, hs_addr key)
{
    size_t at = chunks_up_to(x, key);
    if (at > 0) {
        const chunk *c = x->chunks[at - 1];
        size_t i = entries_below(c, key);
        if (i < c->count) return &c->entries[i];
    }
    return at < x->count ? &x->chunks[at]->entries[0] : NULL;
}

const hs_index_entry *hs_index_before(const hs_index *x, hs_addr key)
{
    size_t at = chunks_up_to(x, key);
    if (at == 0) return NULL;
    const chunk *c = x->chunks[at - 1];
    size_t i = entries_below(c, key);
    if (i < c->count && c->entries[i].key == key) return &c->entries[i];
    return &c->entries[i - 1];
}

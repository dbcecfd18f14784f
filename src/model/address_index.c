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
    uint32_t count;
    uint32_t next; /* of a chunk that is out of use: the next such one + 1, 0 for none */
    hs_index_entry entries[CHUNK];
} chunk;

struct hs_index {
    chunk *chunks;       /* in no order; */
    uint32_t *directory; /* their numbers, by address */
    size_t count;        /* of the directory */
    size_t used;         /* chunks that were ever in use */
    uint32_t spare;      /* the first one out of use + 1, 0 for none */
    size_t chunk_capacity, directory_capacity;
    hs_pages *chunk_pages, *directory_pages;
};

hs_index *hs_index_new(void)
{
    hs_index *x = hs_new(1, sizeof *x);
    x->chunk_pages = hs_pages_new();
    x->directory_pages = hs_pages_new();
    return x;
}

void hs_index_clear(hs_index *x)
{
    x->count = x->used = x->spare = 0;
}

void hs_index_free(hs_index *x)
{
    if (!x) return;
    hs_pages_free(x->chunk_pages);
    hs_pages_free(x->directory_pages);
    free(x->chunks);
    free(x->directory);
    free(x);
}

/* Chunk number i of the directory, to read. */
static const chunk *at_place(const hs_index *x, size_t i)
{
    return &x->chunks[x->directory[i]];
}

/* The same, to write to. */
static chunk *change(hs_index *x, size_t i)
{
    size_t from = x->directory[i] * sizeof(chunk);
    hs_pages_touch(x->chunk_pages, from, from + sizeof(chunk));
    return &x->chunks[x->directory[i]];
}

/* The directory's places from .. to - 1 were written. */
static void directory_changed(hs_index *x, size_t from, size_t to)
{
    hs_pages_touch(x->directory_pages, from * sizeof *x->directory, to * sizeof *x->directory);
}

/* The number of chunks that start at or below `key`. */
static size_t chunks_up_to(const hs_index *x, hs_addr key)
{
    size_t low = 0, high = x->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (at_place(x, middle)->entries[0].key <= key)
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

/* A chunk that is out of use, or a new one. */
static uint32_t obtain_chunk(hs_index *x)
{
    if (x->spare) {
        uint32_t spare = x->spare - 1;
        x->spare = x->chunks[spare].next;
        return spare;
    }
    x->chunks = hs_array_reserve(x->chunks, &x->chunk_capacity, x->used + 1, sizeof *x->chunks);
    x->chunks[x->used] = (chunk){0}; /* images take it whole */
    return (uint32_t)x->used++;
}

/* An empty chunk takes place i of the directory. */
static chunk *insert_chunk(hs_index *x, size_t i)
{
    x->directory =
        hs_array_reserve(x->directory, &x->directory_capacity, x->count + 1, sizeof *x->directory);
    memmove(x->directory + i + 1, x->directory + i, (x->count - i) * sizeof *x->directory);
    x->directory[i] = obtain_chunk(x);
    directory_changed(x, i, ++x->count);
    chunk *c = change(x, i);
    c->count = 0;
    return c;
}

static void remove_chunk(hs_index *x, size_t i)
{
    change(x, i)->next = x->spare;
    x->spare = x->directory[i] + 1;
    x->count--;
    memmove(x->directory + i, x->directory + i + 1, (x->count - i) * sizeof *x->directory);
    directory_changed(x, i, x->count + 1);
}

/* Split the full chunk at place i. One at the very end keeps its entries: most blocks are born at
 * rising addresses, and half-empty chunks would be left behind. */
static void split_chunk(hs_index *x, size_t i, hs_addr key)
{
    chunk *right = insert_chunk(x, i + 1), *left = change(x, i);
    bool appending = key > left->entries[CHUNK - 1].key;
    uint32_t kept = appending ? CHUNK - 1 : CHUNK / 2;
    right->count = CHUNK - kept;
    memcpy(right->entries, left->entries + kept, right->count * sizeof *right->entries);
    left->count = kept;
}

void hs_index_put(hs_index *x, hs_addr key, uint32_t value)
{
    if (x->count == 0) insert_chunk(x, 0)->entries[0].key = key; /* a chunk is found by its first */
    size_t at = chunks_up_to(x, key);
    if (at > 0) at--;
    if (at_place(x, at)->count == CHUNK) {
        split_chunk(x, at, key);
        if (key >= at_place(x, at + 1)->entries[0].key) at++;
    }
    chunk *c = change(x, at);
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
    const chunk *there = at_place(x, at);
    size_t i = entries_below(there, key);
    if (i == there->count || there->entries[i].key != key) return;
    chunk *c = change(x, at);
    c->count--;
    memmove(c->entries + i, c->entries + i + 1, (c->count - i) * sizeof *c->entries);
    if (!c->count) remove_chunk(x, at);
}

const hs_index_entry *hs_index_from(const hs_index *x, hs_addr key)
{
    size_t at = chunks_up_to(x, key);
    if (at > 0) {
        const chunk *c = at_place(x, at - 1);
        size_t i = entries_below(c, key);
        if (i < c->count) return &c->entries[i];
    }
    return at < x->count ? &at_place(x, at)->entries[0] : NULL;
}

const hs_index_entry *hs_index_before(const hs_index *x, hs_addr key)
{
    size_t at = chunks_up_to(x, key);
    if (at == 0) return NULL;
    const chunk *c = at_place(x, at - 1);
    size_t i = entries_below(c, key);
    if (i < c->count && c->entries[i].key == key) return &c->entries[i];
    return &c->entries[i - 1];
}

/* --- Images --------------------------------------------------------------------------------- */

struct hs_index_image {
    hs_snapshot *chunks, *directory;
    size_t count, used;
    uint32_t spare;
};

hs_index_image *hs_index_take(hs_index *x)
{
    hs_index_image *image = hs_new(1, sizeof *image);
    *image = (hs_index_image){
        .chunks = hs_pages_take(x->chunk_pages, x->chunks, x->used * sizeof *x->chunks),
        .directory =
            hs_pages_take(x->directory_pages, x->directory, x->count * sizeof *x->directory),
        .count = x->count,
        .used = x->used,
        .spare = x->spare,
    };
    return image;
}

void hs_index_restore(hs_index *x, const hs_index_image *image)
{
    x->chunks = hs_array_reserve(x->chunks, &x->chunk_capacity, image->used, sizeof *x->chunks);
    x->directory =
        hs_array_reserve(x->directory, &x->directory_capacity, image->count, sizeof *x->directory);
    hs_pages_restore(x->chunk_pages, x->chunks, image->chunks);
    hs_pages_restore(x->directory_pages, x->directory, image->directory);
    x->count = image->count;
    x->used = image->used;
    x->spare = image->spare;
}

void hs_index_image_free(hs_index_image *image)
{
    if (!image) return;
    hs_snapshot_free(image->chunks);
    hs_snapshot_free(image->directory);
    free(image);
}

size_t hs_index_image_weigh(const hs_index_image *image, uint64_t weighing)
{
    return sizeof *image + hs_snapshot_weigh(image->chunks, weighing) +
           hs_snapshot_weigh(image->directory, weighing);
}

/* SPDX-License-Identifier: MIT */
/* An ordered index from addresses to numbers: find, insert and remove near an address. */
#ifndef HS_MODEL_ADDRESS_INDEX_H
#define HS_MODEL_ADDRESS_INDEX_H

#include "model/client/pages.h"

#include <heapscope/heap.h>

typedef struct hs_index hs_index;

typedef struct {
    hs_addr key;
    uint32_t value;
} hs_index_entry;

hs_index *hs_index_new(void);
void hs_index_free(hs_index *);
void hs_index_clear(hs_index *);
void hs_index_put(hs_index *, hs_addr key, uint32_t value); /* replaces an equal key */
void hs_index_remove(hs_index *, hs_addr key);              /* nothing if it is not there */

/* The value at exactly this key. */
bool hs_index_at(const hs_index *, hs_addr key, uint32_t *value);
/* The first entry at or above `key`, and the last at or below it; false when there is none. */
bool hs_index_from(const hs_index *, hs_addr key, hs_index_entry *out);
bool hs_index_before(const hs_index *, hs_addr key, hs_index_entry *out);

/* The index as it is, and a way back to it; images share what did not change in between. */
typedef struct hs_index_image hs_index_image;
hs_index_image *hs_index_take(hs_index *);
void hs_index_restore(hs_index *, const hs_index_image *);
void hs_index_image_free(hs_index_image *);
size_t hs_index_image_weigh(const hs_index_image *, uint64_t weighing); /* as hs_snapshot_weigh */

#endif

/* An ordered index from addresses to numbers: find, insert and remove near an address. */
#ifndef HS_MODEL_ADDRESS_INDEX_H
#define HS_MODEL_ADDRESS_INDEX_H

#include "model/pages.h"

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

/* The first entry at or above `key`, and the last at or below it; NULL when there is none. Valid
 * until the index changes. */
const hs_index_entry *hs_index_from(const hs_index *, hs_addr key);
const hs_index_entry *hs_index_before(const hs_index *, hs_addr key);

/* The index as it is, and a way back to it; images share what did not change in between. */
typedef struct hs_index_image hs_index_image;
hs_index_image *hs_index_take(hs_index *);
void hs_index_restore(hs_index *, const hs_index_image *);
void hs_index_image_free(hs_index_image *);
size_t hs_index_image_weigh(const hs_index_image *, uint64_t weighing); /* as hs_snapshot_weigh */

#endif

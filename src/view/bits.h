/* SPDX-License-Identifier: MIT */
/* What the words of a block say to a reader: the size and the status bits of a header, the links of
 * a free block. The allocator decodes them (hs_allocator.fields); nobody else assumes any bit. */
#ifndef HS_VIEW_BITS_H
#define HS_VIEW_BITS_H

#include <heapscope/allocator.h>

#include <stdbool.h>

/* True for a block that is nothing but a header: the one behind the last block. */
bool hs_is_end_mark(const hs_block *);

/* A word of the allocator's, as its fields. */
typedef struct {
    uint64_t word;
    size_t count; /* 0: the word says nothing */
    hs_field fields[HS_FIELDS];
} hs_decoded;
hs_decoded hs_decode(const hs_heap *, hs_addr at, uint64_t word);

/* hs_decoded_field: the field of that kind, or NULL. hs_decoded_rest: the bits of the word without
 * a checksum. */
const hs_field *hs_decoded_field(const hs_decoded *, hs_field_kind);
uint64_t hs_decoded_rest(const hs_decoded *);

/* A header or footer as stored, in more and more words: "32|3", "32|3 used", "32|3 used, left
 * neighbour used". Detail is 0 to 2. Of a block whose header has no size in this word the status
 * alone: "1 used". */
enum { HS_TAG_DETAILS = 3 };
void hs_tag_text(const hs_decoded *, const hs_block *, int detail, char *out, size_t size);

/* The same for a word alone: "32|3". In hex are words that have neither a size that this heap can
 * have nor another field, and a status of several bits, with what it says: "0x55534544 (used
 * 1)". */
void hs_word_text(const hs_heap *, const hs_decoded *, char *out, size_t size);

/* Each bit that has a meaning or is set: "bit 0 (used) 1, bit 1 (left neighbour used) 0"; in brief
 * without the brackets. A status of several bits has no number: "used 1". */
void hs_bits_text(const hs_decoded *, bool brief, char *out, size_t size);

/* The links that lie in a free block, as many as it has: 0 when it has none. */
size_t hs_block_links(const hs_heap *, const hs_block *, hs_links *);

/* A link within `columns` columns, shortened as far as it must be: "next → 0x1070000b0", "→…0b0",
 * "→"; NULL as such. False when there is no room at all. */
bool hs_link_text(const hs_allocator *, size_t which, hs_addr to, int columns, bool ascii,
                  char *out, size_t size);

#endif

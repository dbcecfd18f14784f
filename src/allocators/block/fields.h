/* SPDX-License-Identifier: MIT */
/* What the words of a block say, for viewers (hs_allocator.fields): of those allocators whose
 * headers and footers are a size and three bits of status, and whose links are addresses.
 *
 *      63 ................. 3  2  1  0
 *      |        size         |s |s |s |      header, footer
 *      |            address           |      link
 *
 * Which of the two a word is shows by its value: a link leads into the heap, where no size of a
 * block can be, for the heap's addresses are larger than it ever becomes. */
#ifndef HS_ALLOCATORS_FIELDS_H
#define HS_ALLOCATORS_FIELDS_H

#include <heapscope/allocator.h>

enum { STATUS_BITS = 3 };

static inline bool is_link(const hs_heap *h, uint64_t word)
{
    return word >= hs_heap_base(h) && word <= hs_heap_end(h);
}

/* A word that is one field. */
static inline size_t one_field(hs_field_kind kind, uint64_t word, hs_field *out)
{
    *out = (hs_field){.kind = kind, .bits = 64, .value = word};
    return 1;
}

/* Size and status; bit 0 says that the block is in use. `status` names the bits, NULL where one
 * means nothing. */
static inline size_t tag_fields(uint64_t word, unsigned bits, const char *const status[STATUS_BITS],
                                hs_field *out)
{
    *out++ = (hs_field){.kind = HS_FIELD_SIZE,
                        .first = STATUS_BITS,
                        .bits = (uint8_t)(bits - STATUS_BITS),
                        .value = word >> STATUS_BITS << STATUS_BITS};
    for (unsigned i = 0; i < STATUS_BITS; i++)
        *out++ = (hs_field){.kind = i ? HS_FIELD_STATUS : HS_FIELD_USED,
                            .first = (uint8_t)i,
                            .bits = 1,
                            .name = status[i],
                            .value = word >> i & 1};
    return 1 + STATUS_BITS;
}

/* A word of a block: header, footer or link. */
static inline size_t word_fields(const hs_heap *h, uint64_t word,
                                 const char *const status[STATUS_BITS], hs_field *out)
{
    if (is_link(h, word)) return one_field(HS_FIELD_LINK, word, out);
    return tag_fields(word, 64, status, out);
}

#endif

/* Growing arrays: room for one more element, doubling. Ends the program when memory is gone. */
#ifndef HS_BASE_ARRAY_H
#define HS_BASE_ARRAY_H

#include <stddef.h>

/* `array` with room for at least `needed` elements of `size` bytes; *capacity follows. */
void *hs_array_reserve(void *array, size_t *capacity, size_t needed, size_t size);

/* Large arrays lie in huge pages, where there are any: half the time of filling memory in small
 * ones is spent on page faults. */
void hs_array_in_huge_pages(void *array, size_t bytes);

/* calloc that ends the program, with a message, when memory is gone. */
void *hs_new(size_t count, size_t size);

#endif

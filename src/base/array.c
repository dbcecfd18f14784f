/* Growing arrays. Running out of memory for our own records ends the program with one line: no
 * caller could go on, and the terminal is given back by the handlers of abort(). */
#include "base/array.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static void *or_abort(void *memory)
{
    if (!memory) {
        fputs("heapscope: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *hs_array_reserve(void *array, size_t *capacity, size_t needed, size_t size)
{
    if (needed <= *capacity) return array;
    size_t wanted = *capacity ? *capacity : 16;
    while (wanted < needed) wanted = wanted > SIZE_MAX / 2 ? needed : wanted * 2;
    *capacity = wanted;
    return or_abort(reallocarray(array, wanted, size));
}

void hs_array_in_huge_pages(void *array, size_t bytes)
{
    enum { HUGE = 1 << 21 };
    uintptr_t begin = ((uintptr_t)array + HUGE - 1) & ~(uintptr_t)(HUGE - 1);
    uintptr_t end = ((uintptr_t)array + bytes) & ~(uintptr_t)(HUGE - 1);
    if (end > begin) madvise((void *)begin, end - begin, MADV_HUGEPAGE);
}

void *hs_new(size_t count, size_t size)
{
    return or_abort(calloc(count, size));
}

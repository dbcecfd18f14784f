/* SPDX-License-Identifier: MIT */
/* Memory for our own records. Invariant: the landings of a thread form a stack, the innermost
 * first; each is taken off when its block ends, however that ends. */
#include "base/memory.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static _Thread_local hs_landing *innermost;

/* --- Where there is none -------------------------------------------------------------------- */

jmp_buf *hs_take_landing(hs_landing *l)
{
    l->outer = innermost;
    innermost = l;
    return &l->to;
}

void hs_leave_landing(hs_landing *l)
{
    assert(innermost == l);
    innermost = l->outer;
}

void hs_land_further(hs_landing *l)
{
    assert(innermost == l);
    if (!l->outer) return;
    innermost = l->outer;
    hs_out_of_memory();
}

_Noreturn void hs_out_of_memory(void)
{
    if (innermost) longjmp(innermost->to, 1);
    hs_end_without_memory();
}

_Noreturn void hs_end_without_memory(void)
{
    fputs("heapscope: out of memory\n", stderr);
    exit(1);
}

static void *or_land(void *memory)
{
    if (!memory) hs_out_of_memory();
    return memory;
}

/* --- Records -------------------------------------------------------------------------------- */

void *hs_new(size_t count, size_t size)
{
    return or_land(calloc(count ? count : 1, size ? size : 1));
}

void *hs_array_reserve(void *array, size_t *capacity, size_t needed, size_t size)
{
    if (needed <= *capacity) return array;
    size_t wanted = *capacity ? *capacity : 16;
    while (wanted < needed) wanted = wanted > SIZE_MAX / 2 ? needed : wanted * 2;
    void *grown = or_land(reallocarray(array, wanted, size));
    *capacity = wanted;
    return grown;
}

void hs_array_in_huge_pages(void *array, size_t bytes)
{
    enum { HUGE = 1 << 21 };
    uintptr_t begin = ((uintptr_t)array + HUGE - 1) & ~(uintptr_t)(HUGE - 1);
    uintptr_t end = ((uintptr_t)array + bytes) & ~(uintptr_t)(HUGE - 1);
#ifdef MADV_HUGEPAGE
    if (end > begin) madvise((void *)begin, end - begin, MADV_HUGEPAGE);
#endif
}

/* --- Texts ---------------------------------------------------------------------------------- */

char *hs_copy_part(const char *text, size_t length)
{
    char *copy = or_land(malloc(length + 1));
    memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

char *hs_copy(const char *text)
{
    return hs_copy_part(text, strlen(text));
}

char *hs_text_by(const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0) hs_out_of_memory();
    char *text = or_land(malloc((size_t)length + 1));
    vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

char *hs_text(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = hs_text_by(format, arguments);
    va_end(arguments);
    return text;
}

FILE *hs_text_begin(char **text, size_t *size)
{
    *text = NULL;
    return or_land(open_memstream(text, size));
}

void hs_text_end(FILE *stream)
{
    bool failed = ferror(stream);
    failed = fclose(stream) != 0 || failed;
    if (failed) hs_out_of_memory();
}

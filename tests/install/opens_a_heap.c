/* SPDX-License-Identifier: MIT */
/* A program that uses the core alone: a heap under every allocator, and what one malloc did. */
#include <heapscope/allocator.h>

#include <stdio.h>

int main(void)
{
    const hs_allocator *a;
    size_t count = 0;
    for (; (a = hs_allocator_at(count, HS_PROBED)); count++) {
        hs_heap *h =
            hs_heap_new(&(hs_heap_config){.initial = 256, .maximum = 1 << 20}, a, HS_PROBED, NULL);
        hs_addr p = h ? hs_malloc(h, 24) : HS_NULL;
        if (!p || !hs_heap_holds(h, p, 24)) return 1;
        hs_free(h, p);
        hs_heap_free(h);
    }
    printf("%zu allocators\n", count);
    return count < 5;
}

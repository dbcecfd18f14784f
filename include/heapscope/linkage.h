/* SPDX-License-Identifier: MIT */
/* How the public headers declare: for C++, names are those of C; and in a shared library these
 * names are seen, and no others, for all else is compiled hidden.
 *
 *      HS_PUBLIC_BEGIN
 *      hs_heap *hs_heap_new(...);
 *      HS_PUBLIC_END
 */
#ifndef HEAPSCOPE_LINKAGE_H
#define HEAPSCOPE_LINKAGE_H

#ifdef __cplusplus
#define HS_PUBLIC_BEGIN                                                                            \
    extern "C" {                                                                                   \
    _Pragma("GCC visibility push(default)")
#define HS_PUBLIC_END                                                                              \
    _Pragma("GCC visibility pop")                                                                  \
    }
#else
#define HS_PUBLIC_BEGIN _Pragma("GCC visibility push(default)")
#define HS_PUBLIC_END   _Pragma("GCC visibility pop")
#endif

#endif

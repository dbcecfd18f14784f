/* SPDX-License-Identifier: MIT */
/* What a client program holds: blocks that it was given, and variables that point to them. */
#ifndef HEAPSCOPE_CLIENT_H
#define HEAPSCOPE_CLIENT_H

#include <heapscope/heap.h>
#include <heapscope/linkage.h>

HS_PUBLIC_BEGIN

#define HS_NONE UINT32_MAX

/* A block as the client knows it: the pointer it was given and the size it asked for. */
typedef struct {
    hs_addr addr;
    uint64_t requested;
    uint32_t variable; /* the one that names it, HS_NONE when all names have gone elsewhere */
    bool live;
    uint64_t born, died; /* numbers of operations, from 1 */
} hs_client_block;

typedef struct {
    const char *name;
    hs_addr value;
    uint64_t assigned; /* the number of the operation that gave it its value */
} hs_variable;

/* Room for the name of a variable. */
enum { HS_NAME_ROOM = 256 };

/* How the client's variables reach a live block. */
typedef enum {
    HS_REACHED,       /* one points to its start */
    HS_POSSIBLY_LOST, /* one points only into its middle */
    HS_LOST,          /* none points to it: it can never be freed */
    HS_REACHES
} hs_reach;

typedef struct {
    uint64_t blocks[HS_REACHES], bytes[HS_REACHES]; /* live blocks, and their bytes as requested */
} hs_leaks;

HS_PUBLIC_END

#endif

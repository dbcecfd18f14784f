/* SPDX-License-Identifier: MIT */
/* Packing by zstd: blocks, and whole files as they are read and written. Built without libzstd,
 * nothing is packed, and what is can not be read (no_zstd.c). */
#ifndef HS_TRACE_PACKING_H
#define HS_TRACE_PACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

bool hs_packing_is_there(void);

/* Pack `size` bytes; the number of bytes in `out`, 0 when they would not be fewer than `room`. */
size_t hs_pack(const void *bytes, size_t size, void *out, size_t room);
/* Unpack to exactly `room` bytes; false when there are not as many. */
bool hs_unpack(const void *bytes, size_t size, void *out, size_t room);

/* A packed file, unpacked piece by piece. */
typedef struct hs_unpacker hs_unpacker;
hs_unpacker *hs_unpacker_new(void); /* NULL: the program was built without libzstd */
void hs_unpacker_free(hs_unpacker *);
/* Unpack bytes from *in, which has *size of them, to `out`; both are moved on. *made becomes how
 * many there are. False: the packed bytes are damaged. */
bool hs_unpacker_step(hs_unpacker *, const char **in, size_t *size, char *out, size_t room,
                      size_t *done);
/* True if the packed file may end here. */
bool hs_unpacker_is_complete(const hs_unpacker *);

/* A FILE that packs what is written to it into another one, which stays open when it is closed.
 * NULL when that can not be. */
FILE *hs_packed_file(FILE *);

#endif

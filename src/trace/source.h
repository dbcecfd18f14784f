/* SPDX-License-Identifier: MIT */
/* Where a trace's bytes come from: a file, standard input, or memory; unpacked on the way when it
 * was packed as a whole. */
#ifndef HS_TRACE_SOURCE_H
#define HS_TRACE_SOURCE_H

#include "base/files.h"
#include "trace/packing.h"

#include <stdint.h>

typedef struct {
    int fd;       /* -1: memory */
    hs_stop stop; /* asked whether to stop while it waits for bytes */
    const char *memory;
    size_t memory_left;
    uint64_t done, total; /* bytes of the file as it is; total 0: unknown */

    hs_unpacker *unpacker; /* NULL: not packed */
    uint64_t unpacked;     /* bytes */
    uint64_t max_unpacked; /* 0: as many as are usual */
    char *packed;          /* bytes read ahead, not unpacked yet */
    size_t packed_at, packed_size, packed_room;
    bool at_end; /* the file has been read to its end */
    char error[256];
} hs_source;

/* False with an error. Closing it is needed in both cases. */
bool hs_source_open(hs_source *, const char *path, hs_stop);
bool hs_source_of(hs_source *, const void *bytes, size_t size);
void hs_source_close(hs_source *);

/* How many bytes are left to read; UINT64_MAX when nobody knows. */
uint64_t hs_source_left(const hs_source *);

/* hs_source_repeats: true if the bytes can be read again from the first one; hs_source_rewind does
 * that, and is false if they no longer can. */
bool hs_source_repeats(const hs_source *);
bool hs_source_rewind(hs_source *);

/* True if so many bytes may come of unpacking it; else false with an error. */
bool hs_source_may_unpack(hs_source *, uint64_t bytes);

/* Up to `room` bytes, fewer only at the end; false with an error, *n bytes read before it. */
bool hs_source_read(hs_source *, char *out, size_t room, size_t *n);

#endif

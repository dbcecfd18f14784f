/* SPDX-License-Identifier: MIT */
/* Packing by libzstd (RFC 8878). Level 3, its default: packing is not what anybody should wait for.
 */
#include "trace/packing.h"

#include "base/memory.h"

#include <stdlib.h>
#include <sys/types.h>
#include <zstd.h>

enum { LEVEL = 3 };

bool hs_packing_is_there(void)
{
    return true;
}

size_t hs_pack(const void *bytes, size_t size, void *out, size_t room)
{
    size_t n = ZSTD_compress(out, room, bytes, size, LEVEL);
    return ZSTD_isError(n) ? 0 : n;
}

bool hs_unpack(const void *bytes, size_t size, void *out, size_t room)
{
    return ZSTD_decompress(out, room, bytes, size) == room;
}

struct hs_unpacker {
    ZSTD_DStream *stream;
    size_t missing; /* 0: at the end of a frame */
};

hs_unpacker *hs_unpacker_new(void)
{
    hs_unpacker *u = hs_new(1, sizeof *u);
    u->stream = ZSTD_createDStream();
    if (!u->stream) hs_out_of_memory();
    return u;
}

void hs_unpacker_free(hs_unpacker *u)
{
    if (u) ZSTD_freeDStream(u->stream);
    free(u);
}

bool hs_unpacker_step(hs_unpacker *u, const char **in, size_t *size, char *out, size_t room,
                      size_t *done)
{
    ZSTD_inBuffer from = {*in, *size, 0};
    ZSTD_outBuffer to = {out, room, 0};
    size_t missing = ZSTD_decompressStream(u->stream, &to, &from);
    if (ZSTD_isError(missing)) return false;
    u->missing = missing;
    *in += from.pos;
    *size -= from.pos;
    *done = to.pos;
    return true;
}

bool hs_unpacker_is_complete(const hs_unpacker *u)
{
    return u->missing == 0;
}

/* --- A file that is packed as it is written ------------------------------------------------- */

enum { PIECE = 1 << 17 };

typedef struct {
    ZSTD_CStream *stream;
    FILE *file;
    char out[PIECE];
} packed;

/* Give bytes to the packer, and write what comes of them to the file. */
static bool step(packed *p, const char *bytes, size_t size, ZSTD_EndDirective how)
{
    ZSTD_inBuffer from = {bytes, size, 0};
    size_t left;
    do {
        ZSTD_outBuffer to = {p->out, PIECE, 0};
        left = ZSTD_compressStream2(p->stream, &to, &from, how);
        if (ZSTD_isError(left) || fwrite(p->out, 1, to.pos, p->file) != to.pos) return false;
    } while (how == ZSTD_e_end ? left : from.pos < from.size);
    return true;
}

static ssize_t write_packed(void *cookie, const char *bytes, size_t size)
{
    return step(cookie, bytes, size, ZSTD_e_continue) ? (ssize_t)size : 0;
}

static int close_packed(void *cookie)
{
    packed *p = cookie;
    bool good = step(p, NULL, 0, ZSTD_e_end);
    ZSTD_freeCStream(p->stream);
    free(p);
    return good ? 0 : EOF;
}

FILE *hs_packed_file(FILE *file)
{
    packed *p = hs_new(1, sizeof *p);
    p->file = file;
    p->stream = ZSTD_createCStream();
    if (!p->stream) hs_out_of_memory();
    FILE *f =
        fopencookie(p, "w", (cookie_io_functions_t){.write = write_packed, .close = close_packed});
    if (!f) hs_out_of_memory();
    return f;
}

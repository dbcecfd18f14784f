/* SPDX-License-Identifier: MIT */
/* Bytes, read in large pieces. The first of them decide whether the rest has to be unpacked. */
#include "trace/source.h"

#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 1 << 17 };
static const unsigned char zstd_magic[4] = {0x28, 0xb5, 0x2f, 0xfd};

/* Bytes as they are in the file. */
static bool read_file(hs_source *s, char *out, size_t room, size_t *n)
{
    *n = 0;
    if (s->fd < 0) {
        *n = s->memory_left < room ? s->memory_left : room;
        if (*n) memcpy(out, s->memory, *n);
        s->memory += *n;
        s->memory_left -= *n;
    }
    while (s->fd >= 0 && *n < room) {
        ssize_t got = hs_file_read(s->fd, out + *n, room - *n, s->stop);
        if (got < 0) {
            const char *why = errno == ECANCELED ? "stopped" : strerror(errno);
            return snprintf(s->error, sizeof s->error, "%s", why), false;
        }
        if (got == 0) break;
        *n += (size_t)got;
    }
    s->done += *n;
    s->at_end = *n < room;
    return true;
}

/* The first bytes wait in `packed`, whether they are packed or not. */
static bool begin(hs_source *s)
{
    size_t piece = s->total && s->total < PIECE ? (size_t)s->total + 1 : PIECE;
    s->packed = hs_new(1, piece);
    s->packed_room = piece;
    if (!read_file(s, s->packed, piece, &s->packed_size)) return false;
    if (s->packed_size < sizeof zstd_magic || memcmp(s->packed, zstd_magic, sizeof zstd_magic) != 0)
        return true;
    s->unpacker = hs_unpacker_new();
    if (s->unpacker) return true;
    snprintf(s->error, sizeof s->error,
             "this heapscope was built without libzstd: unpack it by zstd -d");
    return false;
}

bool hs_source_open(hs_source *s, const char *path, hs_stop stop)
{
    hs_file_report report;
    struct stat is;
    *s = (hs_source){.fd = hs_file_open(path, &report), .stop = stop};
    if (s->fd < 0) return snprintf(s->error, sizeof s->error, "%s", report.error), false;
    s->total = fstat(s->fd, &is) == 0 && S_ISREG(is.st_mode) ? (uint64_t)is.st_size : 0;
    return begin(s);
}

bool hs_source_of(hs_source *s, const void *bytes, size_t size)
{
    *s = (hs_source){.fd = -1, .memory = bytes, .memory_left = size, .total = size};
    return begin(s);
}

void hs_source_close(hs_source *s)
{
    if (s->fd >= 0) close(s->fd);
    hs_unpacker_free(s->unpacker);
    free(s->packed);
    *s = (hs_source){.fd = -1};
}

static bool read_plain(hs_source *s, char *out, size_t room, size_t *n)
{
    size_t waiting = s->packed_size - s->packed_at;
    if (waiting > room) waiting = room;
    memcpy(out, s->packed + s->packed_at, waiting);
    s->packed_at += waiting;
    bool good = s->at_end || waiting == room || read_file(s, out + waiting, room - waiting, n);
    *n += waiting;
    return good;
}

/* A few packed bytes may unpack to more than any disk has, so there is a bound. */
bool hs_source_may_unpack(hs_source *s, uint64_t bytes)
{
    const uint64_t always = (uint64_t)256 << 20, times = 1000;
    uint64_t size = s->total ? s->total : s->done, most = s->max_unpacked;
    if (!most) most = size * times > always ? size * times : always;
    if (bytes <= most) return true;
    return snprintf(s->error, sizeof s->error,
                    "unpacked it has more than %" PRIu64 " bytes; --max-unpacked=SIZE allows more",
                    most),
           false;
}

static bool read_packed(hs_source *s, char *out, size_t room, size_t *n)
{
    while (*n < room) {
        if (s->packed_at == s->packed_size) {
            s->packed_at = s->packed_size = 0;
            if (!s->at_end && !read_file(s, s->packed, s->packed_room, &s->packed_size))
                return false;
        }
        const char *in = s->packed + s->packed_at;
        size_t left = s->packed_size - s->packed_at, before = left, got;
        if (!left && hs_unpacker_is_complete(s->unpacker)) return true;
        if (!hs_unpacker_step(s->unpacker, &in, &left, out + *n, room - *n, &got))
            return strcpy(s->error, "it is packed by zstd, and damaged"), false;
        if (!before && !got)
            return strcpy(s->error, "it is packed by zstd, and was cut off"), false;
        s->packed_at = s->packed_size - left;
        s->unpacked += got;
        if (!hs_source_may_unpack(s, s->unpacked)) return false;
        *n += got;
    }
    return true;
}

uint64_t hs_source_left(const hs_source *s)
{
    if (s->unpacker || !s->total || s->done > s->total) return UINT64_MAX;
    return s->total - s->done + (s->packed_size - s->packed_at);
}

bool hs_source_repeats(const hs_source *s)
{
    return !s->unpacker && (s->fd < 0 || s->total);
}

bool hs_source_rewind(hs_source *s)
{
    if (s->fd < 0) {
        s->memory -= s->done;
        s->memory_left += s->done;
    } else if (lseek(s->fd, -(off_t)s->done, SEEK_CUR) < 0) {
        return snprintf(s->error, sizeof s->error, "%s", strerror(errno)), false;
    }
    s->done = 0;
    s->packed_at = s->packed_size = 0;
    s->at_end = false;
    return true;
}

bool hs_source_read(hs_source *s, char *out, size_t room, size_t *n)
{
    *n = 0;
    return s->unpacker ? read_packed(s, out, room, n) : read_plain(s, out, room, n);
}

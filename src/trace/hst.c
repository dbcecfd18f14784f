/* SPDX-License-Identifier: MIT */
/* hst: heapscope's own binary format. Written block by block while a program runs, and read while
 * it is: a reader has all whole blocks.
 *
 *      file    | header 48 | block | block | ... | end block |       numbers are little-endian
 *
 *      header  | magic 8 | version 4 | 0 4 | heap 8 | weight 8 | 0 8 | checksum 8 |
 *      block   | kind 1 | how 1 | 0 2 | stored 4 | raw 4 | requests 4 | checksum 8 | checksum 8 |
 *              | stored bytes |
 *
 *      kind    1 requests, 2 names, 3 the end of the trace
 *      how     0 the bytes as they are, 1 packed by zstd; `raw` is how many they are unpacked
 *      checksum  of all before it; the second one of a block is that of its stored bytes, and
 * begins with the first
 *
 * The bytes of a block of requests are varints (7 bits each, low ones first, bit 7: more follow):
 *
 *      request = code, then what the request has of: size, count or logarithm of the alignment
 *      code    = kind | distance << 3
 *      kind    0 malloc, 1 calloc, 2 aligned_alloc, 3 realloc, 4 free; 5 free(NULL);
 *              6 realloc(NULL, n), whose result nobody keeps
 *      distance: from the id that is expected to the one that is, 0 -1 1 -2 2 ... as 0 1 2 3 4 ...
 *
 * What allocates is expected to have the id behind the last one that was allocated, what frees or
 * resizes the last one. Every block begins anew with 0, so that each can be read by itself. Names:
 * id, length, and the bytes of it, one after another; the end: how many requests there are in all.
 *
 * A file without an end is whole as far as it goes: it is still being written, or was cut off. The
 * magic's line ends are there to break where text would be converted. */
#include "trace/hst.h"

#include "base/count.h"
#include "trace/formats.h"

#include "base/memory.h"

#include <endian.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
    VERSION = 1,
    HEADER = 48,
    BLOCK = 32,
    MOST_REQUESTS = 1 << 16,         /* requests in a block */
    MOST_BYTES = 30 * MOST_REQUESTS, /* bytes of an unpacked block: three varints a request */
    MOST_NAMES = 1 << 20,            /* bytes of a block of names */
    VARINT = 10,
    SHORT = 8, /* bytes of a request that is read at once */
    LONGEST_NAME = 255
};
enum { KIND_REQUESTS = 1, KIND_NAMES, KIND_END };
enum { SHORT_KINDS = 1 << HS_MALLOC | 1 << HS_REALLOC | 1 << HS_FREE };
enum { STORED, PACKED };
enum { CODE_FREE_NULL = 5, CODE_REALLOC_NULL };
static const char magic[8] = {'\x89', 'H', 'S', 'T', '\r', '\n', '\x1a', '\n'};

/* --- Numbers -------------------------------------------------------------------------------- */

static void put_32(unsigned char *out, uint32_t n)
{
    for (int i = 0; i < 4; i++) out[i] = (unsigned char)(n >> 8 * i);
}

static void put_64(unsigned char *out, uint64_t n)
{
    for (int i = 0; i < 8; i++) out[i] = (unsigned char)(n >> 8 * i);
}

static uint32_t get_32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t get_64(const unsigned char *at)
{
    uint64_t n;
    memcpy(&n, at, sizeof n);
    return le64toh(n);
}

static unsigned char *put_varint(unsigned char *out, uint64_t n)
{
    for (; n >= 0x80; n >>= 7) *out++ = (unsigned char)(n | 0x80);
    *out++ = (unsigned char)n;
    return out;
}

/* Take a varint. False behind the end, or when no uint64_t holds it. */
static bool get_varint(const unsigned char **at, const unsigned char *end, uint64_t *n)
{
    *n = 0;
    for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
        uint64_t byte = *(*at)++;
        if (shift == 63 && byte > 1) return false;
        *n |= (byte & 0x7f) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

/* A checksum of 64 bits that differs when any word does: each step can be undone, so no step can
 * hide a change that came before it. The multiplier is splitmix64's. */
uint64_t hs_hst_checksum(uint64_t sum, const unsigned char *bytes, size_t size)
{
    for (; size >= 8; bytes += 8, size -= 8) {
        sum = (sum ^ get_64(bytes)) * 0xbf58476d1ce4e5b9u;
        sum ^= sum >> 29;
    }
    unsigned char rest[8] = {0};
    if (size) memcpy(rest, bytes, size);
    sum = (sum ^ get_64(rest) ^ (uint64_t)size << 56) * 0x94d049bb133111ebu;
    return sum ^ sum >> 32;
}

/* --- Requests ------------------------------------------------------------------------------- */

static uint64_t fold(int64_t distance)
{
    return (uint64_t)distance << 1 ^ (uint64_t)(distance >> 63);
}

static int64_t unfold(uint64_t n)
{
    return (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
}

static bool allocates(unsigned kind)
{
    return kind < HS_REALLOC;
}

/* `last`: the id that was allocated last. */
static unsigned char *encode(unsigned char *out, const hs_trace_op *op, uint32_t *last)
{
    bool null = op->id == HS_TRACE_NULL;
    if (null && op->kind == HS_FREE) return put_varint(out, CODE_FREE_NULL);
    if (null && op->kind == HS_REALLOC)
        return put_varint(put_varint(out, CODE_REALLOC_NULL), op->size);
    int64_t expected = (int64_t)*last + allocates(op->kind);
    if (allocates(op->kind)) *last = op->id;
    out = put_varint(out, fold((int64_t)op->id - expected) << 3 | op->kind);
    if (op->kind != HS_FREE) out = put_varint(out, op->size);
    if (op->kind == HS_CALLOC || op->kind == HS_ALIGNED_ALLOC) out = put_varint(out, op->other);
    return out;
}

/* False: this is no request. */
static bool decode(const unsigned char **at, const unsigned char *end, hs_trace_op *op,
                   uint32_t *last)
{
    uint64_t code, size = 0, other = 0;
    if (!get_varint(at, end, &code)) return false;
    unsigned kind = code & 7;
    bool null = code == CODE_FREE_NULL || code == CODE_REALLOC_NULL;
    if (null) kind = code == CODE_FREE_NULL ? HS_FREE : HS_REALLOC;
    if (kind > HS_FREE) return false;
    if (kind != HS_FREE && !get_varint(at, end, &size)) return false;
    if ((kind == HS_CALLOC || kind == HS_ALIGNED_ALLOC) && !get_varint(at, end, &other))
        return false;
    int64_t id = (int64_t)*last + allocates(kind) + unfold(code >> 3);
    if (null) id = HS_TRACE_NULL;
    if (id < 0 || id > HS_TRACE_NULL || other > HS_TRACE_OTHER_MOST) return false;
    if (allocates(kind)) *last = (uint32_t)id;
    *op = (hs_trace_op){.kind = kind & 7,
                        .id = (uint32_t)id,
                        .size = size,
                        .other = (uint32_t)other & HS_TRACE_OTHER_MOST};
    return true;
}

/* The number that a varint of at most 8 bytes says, in a word that has nothing else. */
static inline uint64_t number_in(uint64_t word)
{
    word &= 0x7f7f7f7f7f7f7f7fu;
    word = (word & 0x007f007f007f007fu) | (word & 0x7f007f007f007f00u) >> 1;
    word = (word & 0x00003fff00003fffu) | (word & 0x3fff00003fff0000u) >> 2;
    return (word & 0x000000000fffffffu) | (word & 0x0fffffff00000000u) >> 4;
}

/* Decode a malloc, realloc or free that takes at most 8 bytes, as decode does, but in one look at
 * all of them and without a branch for each: a processor cannot foresee how long numbers are.
 * Returns how many bytes it takes; 0: it is for decode. */
static inline unsigned decode_short(const unsigned char *at, hs_trace_op *op, uint32_t *last)
{
    uint64_t word = get_64(at), ends = ~word & 0x8080808080808080u, second = ends & (ends - 1);
    unsigned kind = word & 7;
    uint64_t sized = (uint64_t)(kind == HS_FREE) - 1, end = (second & sized) | (ends & ~sized);
    bool new = kind == HS_MALLOC;
    if (!end || !(SHORT_KINDS >> kind & 1)) return 0;
    uint64_t code = number_in(word & (ends ^ (ends - 1)));
    unsigned behind = (unsigned)__builtin_ctzll(ends) + 1;
    uint64_t rest = (word & (second ^ (second - 1)) & sized) >> (behind & 63);
    int64_t id = (int64_t)*last + new + unfold(code >> 3);
    if (id < 0 || id >= HS_TRACE_NULL) return 0;
    *last = new ? (uint32_t)id : *last;
    *op = (hs_trace_op){.kind = kind & 7, .id = (uint32_t)id, .size = number_in(rest)};
    return ((unsigned)__builtin_ctzll(end) + 1) / 8;
}

/* --- Writing -------------------------------------------------------------------------------- */

struct hs_trace_stream {
    FILE *file;
    bool failed;
    uint64_t total; /* requests in blocks that were written */
    uint32_t count; /* requests that wait to be written */
    uint32_t last;
    unsigned char *at, *raw; /* where the next request goes, among the bytes of the block */
    size_t capacity;
};

static void put_bytes(hs_trace_stream *s, const void *bytes, size_t size)
{
    if (size && fwrite(bytes, 1, size, s->file) != size) s->failed = true;
}

static void put_block(hs_trace_stream *s, unsigned char kind, size_t raw, uint32_t requests)
{
    unsigned char head[BLOCK] = {kind};
    unsigned char *room = hs_new(raw + 1, 1);
    size_t packed = raw ? hs_pack(s->raw, raw, room, raw) : 0;
    const unsigned char *bytes = packed ? room : s->raw;
    size_t stored = packed ? packed : raw;
    head[1] = packed ? PACKED : STORED;
    put_32(head + 4, (uint32_t)stored);
    put_32(head + 8, (uint32_t)raw);
    put_32(head + 12, requests);
    put_64(head + 16, hs_hst_checksum(1, head, 16));
    put_64(head + 24, hs_hst_checksum(hs_hst_checksum(1, head, 16), bytes, stored));
    put_bytes(s, head, BLOCK);
    put_bytes(s, bytes, stored);
    free(room);
}

/* Room for so many bytes more in the block. */
static void make_room(hs_trace_stream *s, size_t size)
{
    size_t used = s->at ? (size_t)(s->at - s->raw) : 0;
    s->raw = hs_array_reserve(s->raw, &s->capacity, used + size, 1);
    s->at = s->raw + used;
}

hs_trace_stream *hs_trace_stream_begin(FILE *file, const hs_trace_header *about)
{
    hs_trace_stream *s = hs_new(1, sizeof *s);
    unsigned char head[HEADER] = {0};
    s->file = file;
    make_room(s, 1 << 12);
    memcpy(head, magic, sizeof magic);
    put_32(head + 8, VERSION);
    put_64(head + 16, about->heap);
    put_64(head + 24, about->weight);
    put_64(head + 40, hs_hst_checksum(0, head, 40));
    put_bytes(s, head, HEADER);
    return s;
}

static void put_requests(hs_trace_stream *s)
{
    if (s->count) put_block(s, KIND_REQUESTS, (size_t)(s->at - s->raw), s->count);
    s->total += s->count;
    s->count = s->last = 0;
    s->at = s->raw;
}

void hs_trace_stream_add(hs_trace_stream *s, hs_trace_op op)
{
    if (s->capacity - (size_t)(s->at - s->raw) < 3 * VARINT) make_room(s, 3 * VARINT);
    s->at = encode(s->at, &op, &s->last);
    if (++s->count == MOST_REQUESTS) put_requests(s);
}

void hs_trace_stream_flush(hs_trace_stream *s)
{
    put_requests(s);
    if (fflush(s->file) != 0) s->failed = true;
}

static void put_names(hs_trace_stream *s, const hs_trace *t)
{
    char name[LONGEST_NAME + 1], usual[16];
    for (uint32_t id = 0; id < hs_trace_ids(t); id++) {
        hs_trace_name(t, id, name, sizeof name);
        snprintf(usual, sizeof usual, "p%" PRIu32, id);
        if (strcmp(name, usual) == 0) continue;
        make_room(s, 2 * VARINT + LONGEST_NAME);
        s->at = put_varint(put_varint(s->at, id), strlen(name));
        memcpy(s->at, name, strlen(name));
        s->at += strlen(name);
        if (s->at - s->raw < MOST_NAMES - 2 * LONGEST_NAME) continue;
        put_block(s, KIND_NAMES, (size_t)(s->at - s->raw), 0);
        s->at = s->raw;
    }
    if (s->at > s->raw) put_block(s, KIND_NAMES, (size_t)(s->at - s->raw), 0);
    s->at = s->raw;
}

bool hs_trace_stream_end(hs_trace_stream *s, const hs_trace *names)
{
    put_requests(s);
    if (names && hs_trace_has_names(names)) put_names(s, names);
    put_block(s, KIND_END, (size_t)(put_varint(s->raw, s->total) - s->raw), 0);
    bool good = fflush(s->file) == 0 && !s->failed;
    free(s->raw);
    free(s);
    return good;
}

static void write_hst(hs_writing *w)
{
    const hs_trace_writing *o = w->options;
    const hs_trace_op *ops = hs_trace_ops(w->trace);
    uint64_t count = hs_trace_count(w->trace);
    hs_trace_stream *s = hs_trace_stream_begin(w->file, hs_trace_header_of(w->trace));
    for (; w->written < count && !w->failed; w->written++) {
        hs_trace_stream_add(s, ops[w->written]);
        if (w->written % (1 << 18) == 0 && o->progress && !o->progress(o->of, w->written, count))
            w->report->stopped = w->failed = true;
        w->failed |= s->failed;
    }
    if (!hs_trace_stream_end(s, w->trace)) w->failed = true;
}

/* --- Reading -------------------------------------------------------------------------------- */

typedef struct {
    unsigned char kind, how;
    size_t stored, raw;
    uint32_t requests;
    uint64_t head_sum, sum;
} block;

typedef struct {
    size_t at;                 /* in the text at hand */
    uint64_t place;            /* in the file, unpacked */
    uint64_t blocks, unpacked; /* bytes */
    unsigned char *room;       /* room for a block that is unpacked */
    const unsigned char *raw;  /* the bytes of the block */
    size_t capacity;
    bool ended;
} hst;

/* At least `size` bytes from `at` on; false when the file ends before them. */
static bool has_bytes(hs_reading *r, hst *h, size_t size)
{
    enum { PIECE = 1 << 20 };
    if (r->size - h->at >= size) return true;
    memmove(r->text, r->text + h->at, r->size - h->at);
    r->size -= h->at;
    h->at = 0;
    while (r->size < size && hs_reading_more(r, PIECE)) {
    }
    return r->size >= size;
}

static const unsigned char *bytes_at(const hs_reading *r, const hst *h)
{
    return (const unsigned char *)r->text + h->at;
}

static void move_on(hst *h, size_t size)
{
    h->at += size;
    h->place += size;
}

static bool read_header(hs_reading *r, hst *h)
{
    if (!has_bytes(r, h, HEADER))
        return r->failed ? false : hs_reading_fail(r, "it ends within its header: it was cut off");
    const unsigned char *head = bytes_at(r, h);
    if (memcmp(head, magic, sizeof magic) != 0) return hs_reading_fail(r, "this is no hst file");
    if (get_32(head + 8) > VERSION)
        return hs_reading_fail(r, "it has version %" PRIu32 " of hst, this heapscope knows %d",
                               get_32(head + 8), VERSION);
    if (get_64(head + 40) != hs_hst_checksum(0, head, 40))
        return hs_reading_fail(r, "its header is damaged: the checksum is wrong");
    *hs_trace_about(r->trace) = (hs_trace_header){get_64(head + 16), get_64(head + 24)};
    move_on(h, HEADER);
    return true;
}

static bool damaged(hs_reading *r, const hst *h, const char *what)
{
    if (r->options->lenient) {
        hs_reading_note(r,
                        "block %" PRIu64 " at byte %" PRIu64
                        " is damaged: %s; only what is before it was read",
                        h->blocks + 1, h->place, what);
        return false;
    }
    return hs_reading_fail(r,
                           "block %" PRIu64 " at byte %" PRIu64
                           " is damaged: %s; --lenient reads what is before it",
                           h->blocks + 1, h->place, what);
}

/* The next block's head; its bytes follow at hand. False: there is none, or it is cut or damaged.
 */
static bool read_head(hs_reading *r, hst *h, block *b)
{
    if (!has_bytes(r, h, BLOCK)) return false;
    const unsigned char *head = bytes_at(r, h);
    b->kind = head[0], b->how = head[1];
    b->stored = get_32(head + 4), b->raw = get_32(head + 8), b->requests = get_32(head + 12);
    b->head_sum = hs_hst_checksum(1, head, 16), b->sum = get_64(head + 24);
    if (get_64(head + 16) != b->head_sum) return damaged(r, h, "the checksum is wrong");
    if (b->kind < KIND_REQUESTS || b->kind > KIND_END || b->how > PACKED || head[2] || head[3] ||
        b->raw > MOST_BYTES || b->stored > b->raw || b->requests > MOST_REQUESTS)
        return damaged(r, h, "it begins as no block does");
    return has_bytes(r, h, BLOCK + b->stored);
}

static bool unpack(hs_reading *r, hst *h, const block *b)
{
    const unsigned char *bytes = bytes_at(r, h) + BLOCK;
    if (hs_hst_checksum(b->head_sum, bytes, b->stored) != b->sum)
        return damaged(r, h, "the checksum is wrong");
    if (b->how == STORED) {
        if (b->stored != b->raw) return damaged(r, h, "its lengths differ");
        h->raw = bytes;
        return true;
    }
    if (!hs_packing_is_there())
        return hs_reading_fail(
            r, "it is packed by zstd, and this heapscope was built without libzstd");
    h->room = hs_array_reserve(h->room, &h->capacity, b->raw + 1, 1);
    h->raw = h->room;
    return hs_unpack(bytes, b->stored, h->room, b->raw) || damaged(r, h, "it can not be unpacked");
}

/* Take the requests of a block. Ids stay as they are, unless they are large for so short a
 * trace. */
static bool take_requests(hs_reading *r, hst *h, const block *b)
{
    const unsigned char *at = h->raw, *end = at + b->raw;
    uint32_t last = 0;
    hs_trace_op op;
    for (uint32_t i = 0; i < b->requests; i++) {
        unsigned length = end - at >= SHORT ? decode_short(at, &op, &last) : 0;
        at += length;
        if (!length && !decode(&at, end, &op, &last))
            return damaged(r, h, "it has what is no request");
        if (op.id != HS_TRACE_NULL) op.id = hs_ids_of(&r->ids, op.id, hs_reading_count(r));
        hs_reading_add(r, op);
    }
    return at == end || damaged(r, h, "it has more than its requests");
}

static bool take_names(hs_reading *r, hst *h, const block *b)
{
    const unsigned char *at = h->raw, *end = at + b->raw;
    uint64_t id, length;
    char name[LONGEST_NAME + 1];
    while (at < end) {
        if (!get_varint(&at, end, &id) || !get_varint(&at, end, &length) || length > LONGEST_NAME ||
            length > (size_t)(end - at) || memchr(at, 0, length))
            return damaged(r, h, "it has what is no name");
        memcpy(name, at, length);
        name[length] = 0;
        at += length;
        if (id < r->ids.count) hs_trace_give_name(r->trace, (uint32_t)id, name);
    }
    return true;
}

static bool take_end(hs_reading *r, hst *h, const block *b)
{
    const unsigned char *at = h->raw;
    uint64_t total;
    if (!get_varint(&at, at + b->raw, &total) || total != hs_reading_count(r))
        return damaged(r, h, "it counts other requests than there are");
    h->ended = true;
    return true;
}

static bool take_block(hs_reading *r, hst *h, const block *b)
{
    h->unpacked += b->raw;
    if (!hs_source_may_unpack(r->source, h->unpacked))
        return hs_reading_fail(r, "%s", r->source->error);
    if (!unpack(r, h, b)) return false;
    if (b->kind == KIND_REQUESTS) return take_requests(r, h, b);
    return b->kind == KIND_NAMES ? take_names(r, h, b) : take_end(r, h, b);
}

static bool read_hst(hs_reading *r)
{
    hst h = {.ended = false};
    block b;
    uint64_t told = 0;
    if (!read_header(r, &h)) return false;
    while (!h.ended && read_head(r, &h, &b) && take_block(r, &h, &b)) {
        move_on(&h, BLOCK + b.stored);
        if (!h.blocks++) hs_reading_foresee(r, h.place, r->source->total);
        if (h.place - told < 1 << 20) continue;
        told = h.place;
        if (!hs_reading_progress(r)) break;
    }
    free(h.room);
    r->report->cut = !h.ended && !r->failed;
    if (r->report->cut && !r->report->notes)
        hs_reading_note(r, "still being written, or cut off: %" PRIu64 " request%s read",
                        hs_reading_count(r), hs_plural(hs_reading_count(r)));
    if (h.ended && has_bytes(r, &h, 1))
        hs_reading_note(r, "there is more behind its end, which is left out");
    return !r->failed;
}

static bool recognise(const char *text, const char *end)
{
    return (size_t)(end - text) > sizeof magic && memcmp(text, magic, sizeof magic) == 0;
}

const hs_format hs_format_hst = {
    .name = "hst",
    .help = "heapscope's own: binary, packed, readable while it is written",
    .suffixes = {"hst"},
    .recognise = recognise,
    .read = read_hst,
    .write = write_hst,
    .carries = HS_CARRIES_ALL,
    .is_binary = true,
};

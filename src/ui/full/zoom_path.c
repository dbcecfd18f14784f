/* SPDX-License-Identifier: MIT */
/* The levels of the zoom path, and what is said at each. */
#include "ui/full/zoom_path.h"

#include "base/count.h"
#include "base/memory.h"
#include "view/bits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hs_zoom_path_end(hs_zoom_path *path)
{
    free(path->shown);
    path->shown = NULL;
    *path = (hs_zoom_path){0};
}

/* Choose the next level: in to the header, then out to the process, and in again. */
static void move_on(hs_zoom_path *path)
{
    if (path->level == HS_PATH_HEADER) path->out = true;
    if (path->level == HS_PATH_PROCESS) path->out = false;
    path->level = path->out ? path->level - 1 : path->level + 1;
}

/* Choose the cursor's block, else the last one that changed, else the first. */
static bool choose_block(hs_zoom_path *path, const hs_session *s, hs_addr cursor)
{
    size_t n;
    const hs_change *c = hs_session_changes(s, &n);
    hs_addr at = cursor ? cursor : n ? c[0].from : hs_heap_base(hs_session_heap(s));
    return hs_session_walk_to(s, at, &path->block) || hs_session_walk(s, NULL, &path->block);
}

static void name_block(const hs_zoom_path *path, const hs_session *s, char *out, size_t size)
{
    const hs_seen *b = &path->block;
    if (b->client && b->client->live)
        snprintf(out, size, "block %.40s", hs_session_block_name(s, b->client));
    else
        snprintf(out, size, "block 0x%" PRIx64, b->block.addr);
}

static void name_trail(hs_zoom_path *path, const hs_session *s)
{
    char block[64];
    name_block(path, s, block, sizeof block);
    snprintf(path->trail, sizeof path->trail, "process%s%s%s%s",
             path->level >= HS_PATH_HEAP ? " > heap" : "",
             path->level >= HS_PATH_BLOCK ? " > " : "", path->level >= HS_PATH_BLOCK ? block : "",
             path->level >= HS_PATH_HEADER ? " > header" : "");
}

/* Say in one line what is to be seen at a level. */
static void describe(const hs_zoom_path *path, const hs_session *s, char *out, size_t size)
{
    const hs_heap *h = hs_session_heap(s);
    const hs_block *b = &path->block.block;
    switch (path->level) {
    case HS_PATH_PROCESS: snprintf(out, size, "the address space, and this heap in it"); break;
    case HS_PATH_HEAP:
        snprintf(out, size, "0x%" PRIx64 " up to the break, 0x%" PRIx64 ": %" PRIu64 " byte%s",
                 hs_heap_base(h), hs_heap_end(h), hs_heap_committed(h),
                 hs_plural(hs_heap_committed(h)));
        break;
    case HS_PATH_BLOCK:
        snprintf(out, size, "0x%" PRIx64 " to 0x%" PRIx64 ": %" PRIu64 " byte%s", b->addr,
                 b->addr + b->size, b->size, hs_plural(b->size));
        break;
    case HS_PATH_HEADER: snprintf(out, size, "what its bits say"); break;
    }
}

void hs_zoom_path_step(hs_zoom_path *path, const hs_session *s, hs_addr cursor, bool continues)
{
    char text[160];
    if (continues) {
        move_on(path);
    } else {
        path->level = HS_PATH_PROCESS;
        path->out = false;
        path->cursor = cursor;
    }
    bool comes_to_block = path->level == HS_PATH_BLOCK && !path->out;
    if (comes_to_block && !choose_block(path, s, path->cursor)) {
        path->level = HS_PATH_PROCESS; /* without a block there is nothing further in */
        path->out = true;
    }
    name_trail(path, s);
    describe(path, s, text, sizeof text);
    free(path->shown);
    path->shown = NULL;
    path->shown = hs_text(
        "%s: %s. Shift-Tab goes %s", path->trail, text,
        path->level == HS_PATH_HEADER || (path->out && path->level != HS_PATH_PROCESS) ? "out"
                                                                                       : "in");
}

/* --- The header ----------------------------------------------------------------------------- */

static void put_bits(FILE *out, uint64_t word)
{
    for (int bit = 63; bit >= 0; bit--)
        fprintf(out, "%d%s", (int)(word >> bit & 1), bit % 8 == 0 && bit ? " " : "");
}

/* Put what the fields of a word say; true if it keeps the status below a size. */
static bool put_fields(FILE *out, const hs_decoded *d)
{
    const hs_field *size = hs_decoded_field(d, HS_FIELD_SIZE),
                   *checksum = hs_decoded_field(d, HS_FIELD_CHECKSUM);
    char bits[160];
    bool below = size && size->first > 0;
    hs_bits_text(d, false, bits, sizeof bits);
    if (checksum)
        fprintf(out, "\n  bits %u to %u are a checksum: 0x%04" PRIx64,
                checksum->first + checksum->bits - 1u, checksum->first, checksum->value);
    if (below)
        fprintf(out, "\n  size   %" PRIu64 ": the word without its three low bits", size->value);
    else if (size && d->word && size->value != d->word)
        fprintf(out, "\n  size   %" PRIu64 ": the word counts units of %" PRIu64, size->value,
                size->value / d->word);
    else if (size)
        fprintf(out, "\n  size   %" PRIu64 ": the whole word", size->value);
    if (bits[0]) fprintf(out, "\n  %s", bits);
    return below;
}

static bool put_word(FILE *out, const hs_session *s, hs_addr at, uint64_t word)
{
    hs_decoded d = hs_decode(hs_session_heap(s), at, word);
    fputs("\n  bytes ", out);
    for (int i = 0; i < 8; i++) fprintf(out, " %02x", (unsigned)(word >> 8 * i & 0xff));
    fprintf(out, "\n  word   0x%016" PRIx64 "\n  bits   ", word);
    put_bits(out, word);
    return put_fields(out, &d);
}

static void put_header(FILE *out, const hs_session *s, const hs_block *b)
{
    uint64_t word = 0;
    fprintf(out, "%u bytes at 0x%" PRIx64 ", the lowest byte first:", (unsigned)b->header, b->addr);
    bool below = put_word(out, s, b->addr, b->word);
    for (hs_addr at = b->addr + 8; at <= b->addr + 8 * (hs_addr)b->more_words; at += 8)
        if (hs_heap_peek(hs_session_heap(s), at, &word)) below |= put_word(out, s, at, word);
    if (below)
        fputs(
            "\n\nSizes are multiples of 8, so the three low bits of a size are always 0: the header "
            "keeps the block's status there.",
            out);
}

char *hs_zoom_path_header(const hs_zoom_path *path, const hs_session *s)
{
    char *text = NULL;
    size_t size;
    const hs_block *b = &path->block.block;
    FILE *out = hs_text_begin(&text, &size);
    if (b->header)
        put_header(out, s, b);
    else
        fputs("none: this allocator keeps no marks in the heap", out);
    hs_text_end(out);
    return text;
}

/* SPDX-License-Identifier: MIT */
/* Fuzz target: bytes as a trace, by what they say and as each format that they may be called. They
 * are refused with a reason, or become a trace whose requests make sense; written in any format it
 * is read again without a bad line. The checksums of what claims to be hst are put right first, so
 * that what is behind them is reached. */
#include "trace/formats.h"
#include "trace/hst.h"

#include <heapscope/trace_file.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_REQUESTS = 5000, HEADER = 48, BLOCK = 32 };

static void must(bool holds)
{
    if (!holds) abort();
}

static void put_64(uint8_t *at, uint64_t n)
{
    for (int i = 0; i < 8; i++) at[i] = (uint8_t)(n >> 8 * i);
}

static void mend(uint8_t *bytes, size_t size)
{
    if (size < HEADER || bytes[1] != 'H' || bytes[2] != 'S' || bytes[3] != 'T') return;
    put_64(bytes + 40, hs_hst_checksum(0, bytes, 40));
    for (size_t at = HEADER; size - at >= BLOCK;) {
        uint32_t stored;
        memcpy(&stored, bytes + at + 4, sizeof stored);
        if (stored > size - at - BLOCK) return;
        uint64_t head = hs_hst_checksum(1, bytes + at, 16);
        put_64(bytes + at + 16, head);
        put_64(bytes + at + 24, hs_hst_checksum(head, bytes + at + BLOCK, stored));
        at += BLOCK + stored;
    }
}

/* Nothing is allocated on an id that holds a block. (hst is as it was written.) */
static void check_requests(const hs_trace *t, const char *format)
{
    uint32_t ids = hs_trace_ids(t);
    bool *live = calloc(ids + (size_t)1, sizeof *live), checked = strcmp(format, "hst") != 0;
    must(live != NULL);
    for (uint64_t i = 0; i < hs_trace_count(t); i++) {
        const hs_trace_op *op = &hs_trace_ops(t)[i];
        if (op->id == HS_TRACE_NULL) continue;
        must(op->id < ids && op->kind <= HS_FREE);
        if (op->kind < HS_REALLOC) must(!live[op->id] || !checked);
        live[op->id] = op->kind != HS_FREE && (op->kind != HS_REALLOC || !live[op->id] || op->size);
    }
    free(live);
}

static void write_and_read(const hs_trace *t, const hs_format *f, bool sound)
{
    char *bytes = NULL;
    size_t size;
    hs_trace_report report;
    FILE *out = open_memstream(&bytes, &size);
    must(out != NULL);
    must(hs_trace_write(t, out, &(hs_trace_writing){.format = f->name}, &report));
    fclose(out);
    hs_trace_report_free(&report);
    hs_trace *again =
        hs_trace_read_bytes("again", bytes, size, &(hs_trace_reading){.format = f->name}, &report);
    must(again || !sound);
    if (again && f == &hs_format_hst) must(hs_trace_count(again) == hs_trace_count(t));
    hs_trace_free(again);
    hs_trace_report_free(&report);
    free(bytes);
}

static void try_format(const uint8_t *data, size_t size, const char *format, bool lenient)
{
    hs_trace_report report;
    hs_trace *t = hs_trace_read_bytes(
        "fuzzed", data, size, &(hs_trace_reading){.format = format, .lenient = lenient}, &report);
    must((t != NULL) == !report.error[0]);
    if (t) {
        must(report.requests == hs_trace_count(t));
        check_requests(t, report.format);
        bool sound = strcmp(report.format, "hst") != 0;
        for (size_t i = 0; !format && hs_format_at(i) && hs_trace_count(t) < MOST_REQUESTS; i++)
            write_and_read(t, hs_format_at(i), sound || hs_format_at(i) == &hs_format_hst);
    }
    hs_trace_free(t);
    hs_trace_report_free(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    must(bytes != NULL);
    if (size) memcpy(bytes, data, size);
    mend(bytes, size);
    try_format(bytes, size, NULL, false);
    for (size_t i = 0; hs_format_at(i); i++) {
        try_format(bytes, size, hs_format_at(i)->name, false);
        try_format(bytes, size, hs_format_at(i)->name, true);
    }
    free(bytes);
    return 0;
}

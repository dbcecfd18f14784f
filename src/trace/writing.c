/* SPDX-License-Identifier: MIT */
/* Requests turned into what a format carries, and told; numbers as text. */
#include "trace/writing.h"

#include "base/count.h"
#include "base/memory.h"
#include "trace/formats.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

enum {
    LOST_CALLOC,
    LOST_ALIGNMENT,
    LOST_FREE_NULL,
    LOST_REALLOC_NULL,
    LOST_REALLOC_ZERO,
    LOST_REALLOC,
    LOST_NAMES,
    LOSSES
};

/* The bits of hs_carries, in their order. */
static const char *const losses[LOSSES] = {
    [LOST_CALLOC] = "calloc became malloc of the product",
    [LOST_ALIGNMENT] = "aligned_alloc became malloc, without its alignment",
    [LOST_FREE_NULL] = "free(NULL) left out",
    [LOST_REALLOC_NULL] = "realloc(NULL, n) became malloc(n)",
    [LOST_REALLOC_ZERO] = "realloc(p, 0) became free(p)",
    [LOST_REALLOC] = "realloc became malloc and free",
    [LOST_NAMES] = "names left out",
};

static bool carries(const hs_writing *w, int what)
{
    return w->carries >> what & 1;
}

/* If the format can not carry this, count the loss and return true. */
static bool loses(hs_writing *w, int what)
{
    if (carries(w, what)) return false;
    w->lost[what]++;
    return true;
}

static uint64_t product(const hs_trace_op *op)
{
    uint64_t bytes;
    return __builtin_mul_overflow(op->size, (uint64_t)op->other, &bytes) ? UINT64_MAX : bytes;
}

static void lower_allocation(hs_writing *w, hs_trace_op *op)
{
    if (op->kind == HS_CALLOC && loses(w, LOST_CALLOC))
        *op = (hs_trace_op){.kind = HS_MALLOC, .id = op->id, .size = product(op)};
    if (op->kind == HS_ALIGNED_ALLOC && loses(w, LOST_ALIGNMENT))
        *op = (hs_trace_op){.kind = HS_MALLOC, .id = op->id, .size = op->size};
    w->live[op->id] = HS_ID_LIVE;
}

static void lower_realloc(hs_writing *w, hs_trace_op *op)
{
    w->held = w->live[op->id] == HS_ID_LIVE;
    w->live[op->id] = HS_ID_LIVE;
    if (!w->held) {
        if (loses(w, LOST_REALLOC_NULL)) op->kind = HS_MALLOC;
    } else if (!op->size) {
        if (loses(w, LOST_REALLOC_ZERO)) op->kind = HS_FREE;
        w->live[op->id] = HS_ID_NULL;
    }
}

/* Turn a free into what the format carries. False: it is left out. */
static bool lower_free(hs_writing *w, hs_trace_op *op)
{
    op->size = 0;
    if (op->id != HS_TRACE_NULL && w->live[op->id] == HS_ID_LIVE) {
        w->live[op->id] = HS_ID_FREE;
        return true;
    }
    op->id = HS_TRACE_NULL;
    return !loses(w, LOST_FREE_NULL);
}

static bool lower(hs_writing *w, hs_trace_op *op)
{
    if (op->kind == HS_FREE) return lower_free(w, op);
    if (op->id == HS_TRACE_NULL) op->id = w->ids++; /* nobody keeps the result */
    if (op->kind == HS_REALLOC)
        lower_realloc(w, op);
    else
        lower_allocation(w, op);
    return true;
}

bool hs_writing_next(hs_writing *w, hs_trace_op *op)
{
    const hs_trace_writing *o = w->options;
    uint64_t count = hs_trace_count(w->trace);
    hs_writing_reserve(w);
    while (w->at < count) {
        if (w->at % (1 << 18) == 0 && o->progress && !o->progress(o->of, w->at, count))
            w->report->stopped = w->failed = true;
        if (w->failed) return false;
        *op = hs_trace_ops(w->trace)[w->at++];
        if (!lower(w, op)) continue;
        w->written++;
        return true;
    }
    return false;
}

void hs_writing_lost_realloc(hs_writing *w)
{
    w->lost[LOST_REALLOC]++;
}

/* --- Text ----------------------------------------------------------------------------------- */

void hs_writing_flush(hs_writing *w)
{
    if (w->used && fwrite(w->buffer, 1, w->used, w->file) != w->used) w->failed = true;
    w->used = 0;
}

void hs_put_number(hs_writing *w, uint64_t n)
{
    char digits[20];
    unsigned i = sizeof digits;
    do digits[--i] = (char)('0' + n % 10);
    while (n /= 10);
    memcpy(w->buffer + w->used, digits + i, sizeof digits - i);
    w->used += sizeof digits - i;
}

void hs_put_hex(hs_writing *w, uint64_t n)
{
    unsigned digits = n ? (67 - (unsigned)__builtin_clzll(n)) / 4 : 1;
    hs_put_char(w, '0');
    hs_put_char(w, 'x');
    while (digits-- > 0) hs_put_char(w, "0123456789abcdef"[n >> 4 * digits & 15]);
}

/* --- Logs ----------------------------------------------------------------------------------- */

#define FIRST_ADDRESS ((uint64_t)0x10000000)
#define LAST_ADDRESS  ((uint64_t)1 << 46)
#define MOST_BETWEEN  ((uint64_t)1 << 20)

hs_invented hs_invented_for(const hs_writing *w)
{
    return (hs_invented){hs_new(w->most_ids + (size_t)1, sizeof(uint64_t)), FIRST_ADDRESS};
}

/* Blocks of many megabytes are drawn nearer together, so that a long trace fits. */
uint64_t hs_invent(hs_invented *v, const hs_trace_op *op)
{
    uint64_t at = v->next, bytes = op->kind == HS_CALLOC ? product(op) : op->size;
    if (op->kind == HS_ALIGNED_ALLOC && op->other < 40)
        at = (at + ((uint64_t)1 << op->other) - 1) & -((uint64_t)1 << op->other);
    if (bytes > MOST_BETWEEN) bytes = MOST_BETWEEN;
    v->next = (at + bytes + 32) & ~(uint64_t)15;
    if (v->next > LAST_ADDRESS) v->next = FIRST_ADDRESS;
    return v->at[op->id] = at;
}

/* --- Whole files ---------------------------------------------------------------------------- */

static void note(hs_trace_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void note(hs_trace_report *report, const char *format, ...)
{
    char *text, *notes = report->notes;
    va_list what;
    va_start(what, format);
    text = hs_text_by(format, what);
    va_end(what);
    report->notes = hs_text("%s%s%s", notes ? notes : "", notes ? "\n" : "", text);
    free(text);
    free(notes);
}

static void count_names(hs_writing *w)
{
    char name[256], usual[16];
    if (carries(w, LOST_NAMES) || !hs_trace_has_names(w->trace)) return;
    for (uint32_t id = 0; id < hs_trace_ids(w->trace); id++) {
        hs_trace_name(w->trace, id, name, sizeof name);
        snprintf(usual, sizeof usual, "p%" PRIu32, id);
        w->lost[LOST_NAMES] += strcmp(name, usual) != 0;
    }
}

static void tell_losses(const hs_writing *w, const char *format)
{
    for (int i = 0; i < LOSSES; i++)
        if (w->lost[i])
            note(w->report, "%s can not carry it: %s, %" PRIu64 " time%s", format, losses[i],
                 w->lost[i], hs_plural(w->lost[i]));
}

/* Ids in use, and those that will be invented. */
static uint32_t most_ids(const hs_trace *t)
{
    uint64_t most = hs_trace_ids(t);
    for (uint64_t i = 0; i < hs_trace_count(t); i++)
        most += hs_trace_ops(t)[i].id == HS_TRACE_NULL && hs_trace_ops(t)[i].kind != HS_FREE;
    return most < HS_TRACE_NULL ? (uint32_t)most : HS_TRACE_NULL;
}

bool hs_trace_write(const hs_trace *t, FILE *file, const hs_trace_writing *options,
                    hs_trace_report *report)
{
    HS_ENTER(hs_trace_no_memory(report), false);
    const hs_format *f = options->format ? hs_format_named(options->format) : NULL;
    *report = (hs_trace_report){0};
    if (!f || !f->write) {
        char names[128];
        hs_format_names(names, sizeof names, true);
        snprintf(report->error, sizeof report->error, "a format to write is missing: %s", names);
        return false;
    }
    hs_writing w = {.trace = t,
                    .carries = f->carries,
                    .options = options,
                    .report = report,
                    .file = file,
                    .buffer = hs_new(1, HS_WRITING_BUFFER),
                    .ids = hs_trace_ids(t),
                    .most_ids = most_ids(t)};
    w.live = hs_new(w.most_ids + (size_t)1, 1);
    f->write(&w);
    hs_writing_flush(&w);
    if (fflush(file) != 0) w.failed = true;
    report->format = f->name;
    report->requests = w.written;
    count_names(&w);
    tell_losses(&w, f->name);
    free(w.buffer);
    free(w.live);
    if (w.failed)
        snprintf(report->error, sizeof report->error,
                 report->stopped ? "stopped" : "it could not be written");
    return !w.failed;
}

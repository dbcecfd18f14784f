/* SPDX-License-Identifier: MIT */
/* Files: which format it is, whether what was read may be used, and where it is written. */
#include <heapscope/trace_file.h>

#include "base/count.h"
#include "base/files.h"
#include "base/kind.h"
#include "base/memory.h"
#include "trace/formats.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

void hs_trace_report_free(hs_trace_report *report)
{
    free(report->notes);
    *report = (hs_trace_report){0};
}

void hs_trace_no_memory(hs_trace_report *report)
{
    snprintf(report->error, sizeof report->error, "out of memory");
}

bool hs_trace_format_at(size_t i, hs_trace_format *out)
{
    const hs_format *f = hs_format_at(i);
    if (f) *out = (hs_trace_format){f->name, f->help, f->write != NULL};
    return f != NULL;
}

bool hs_trace_is_format(const char *name)
{
    return hs_format_named(name) != NULL;
}

bool hs_trace_is_written(const char *name)
{
    const hs_format *f = hs_format_named(name);
    return f && f->write;
}

bool hs_trace_is_binary(const char *name)
{
    const hs_format *f = hs_format_named(name);
    return f && f->is_binary;
}

const char *hs_trace_format_of_name(const char *path)
{
    bool packed;
    const hs_format *f = hs_format_of_path(path, &packed);
    return f ? f->name : NULL;
}

bool hs_trace_can_pack(void)
{
    return hs_packing_is_there();
}

/* --- Reading -------------------------------------------------------------------------------- */

enum { FIRST_PIECE = 1 << 16 };

/* True, with a complaint, for a kind of file that only its own tools read. That is said in place of
 * what is wrong with its first line. */
static bool is_foreign(hs_reading *r, const hs_format *f)
{
    char what[128];
    const hs_kind *kind = f == &hs_format_hst ? NULL : hs_kind_of(r->text, r->size);
    if (!kind) return false;
    hs_kind_tell(kind, "trace", what, sizeof what);
    if (f) snprintf(what, sizeof what, "this is %s, and %s was asked for", kind->is, f->name);
    hs_reading_fail(r, "%s%s", r->source->unpacker ? "unpacked, " : "", what);
    return true;
}

/* The format that was asked for, or that the first bytes have. */
static const hs_format *find_format(hs_reading *r)
{
    char names[128];
    const hs_format *f;
    hs_format_names(names, sizeof names, false);
    if (r->options->format) {
        f = hs_format_named(r->options->format);
        if (!f) hs_reading_fail(r, "there is no format %.40s: %s", r->options->format, names);
        return f && is_foreign(r, f) ? NULL : f;
    }
    if (!r->size) return hs_reading_fail(r, "it is empty: which format it is, --from says"), NULL;
    r->text[r->size] = '\n'; /* hs_reading_more leaves room for it */
    f = hs_format_of_text(r->text, r->text + r->size + 1);
    if (!f && !is_foreign(r, f))
        hs_reading_fail(r, "%slooks like no trace: %s; --from says which it is",
                        r->source->unpacker ? "it is packed by zstd, and unpacked " : "this ",
                        names);
    return f;
}

/* The format of a file. One that can be read only once is not looked at beforehand. */
const char *hs_trace_format_of_file(const char *path)
{
    static const hs_trace_reading options;
    hs_trace_report ignored = {0};
    hs_source source;
    struct stat is;
    const hs_format *f = NULL;
    hs_reading *r = hs_new(1, sizeof *r);
    r->options = &options;
    r->report = &ignored;
    r->name = path;
    r->source = &source;
    if (stat(path, &is) == 0 && S_ISREG(is.st_mode)) {
        if (hs_source_open(&source, path, (hs_stop){0})) {
            hs_reading_more(r, FIRST_PIECE);
            if (!r->failed && r->size) f = find_format(r);
            hs_source_rewind(&source); /* so that a descriptor is read from where it stood */
        }
        hs_source_close(&source);
    }
    hs_trace_report_free(&ignored);
    free(r->text);
    free(r);
    return f ? f->name : NULL;
}

/* Decide what the bad lines come to: an error, or a remark. */
static void judge(hs_reading *r)
{
    if (!r->bad) return;
    if (r->options->lenient) {
        r->report->skipped = r->bad;
        hs_reading_note(r, "%" PRIu64 " bad line%s %s skipped, the first is %s", r->bad,
                        hs_plural(r->bad), hs_verb(r->bad, "was", "were"),
                        r->complaint + strlen(r->name) + 1);
        if (r->orphans)
            hs_reading_note(r, "left out, for such a line has their block: %" PRIu64 " free%s",
                            r->orphans, hs_plural(r->orphans));
        return;
    }
    char more[64] = "";
    if (r->bad > 1)
        snprintf(more, sizeof more, " (and %" PRIu64 " more bad line%s)", r->bad - 1,
                 hs_plural(r->bad - 1));
    snprintf(r->report->error, sizeof r->report->error, "%s%s", r->complaint, more);
    r->failed = true;
}

static void read_with(hs_reading *r)
{
    hs_reading_more(r, FIRST_PIECE);
    if (r->failed) return;
    const hs_format *f = find_format(r);
    if (!f) return;
    r->report->format = f->name;
    if (!f->read(r)) return;
    judge(r);
    hs_reading_settle(r);
    r->report->requests = hs_trace_count(r->trace);
}

static bool is_reading_stopped(void *of)
{
    const hs_reading *r = of;
    const hs_trace_reading *o = r->options;
    if (!o->progress || o->progress(o->of, r->source->done, r->source->total)) return false;
    return r->report->stopped = true;
}

/* A file, or, where `bytes` is not NULL, these. */
static hs_trace *read_from(const char *path, const void *bytes, size_t size,
                           const hs_trace_reading *options, hs_trace_report *report)
{
    *report = (hs_trace_report){0};
    hs_source source;
    hs_reading *r = hs_new(1, sizeof *r);
    r->options = options;
    r->report = report;
    r->name = !bytes && strcmp(path, "-") == 0 ? "<stdin>" : path;
    r->source = &source;
    r->trace = hs_trace_new();
    bool open = bytes ? hs_source_of(&source, bytes, size)
                      : hs_source_open(&source, path, (hs_stop){is_reading_stopped, r});
    source.max_unpacked = options->max_unpacked;
    if (open)
        read_with(r);
    else
        hs_reading_fail(r, "%s", source.error);
    hs_trace *t = r->trace;
    if (report->error[0]) {
        hs_trace_free(t);
        t = NULL;
    }
    hs_source_close(&source);
    hs_ids_free(&r->ids);
    free(r->text);
    free(r);
    return t;
}

hs_trace *hs_trace_read(const char *path, const hs_trace_reading *options, hs_trace_report *report)
{
    HS_ENTER(hs_trace_no_memory(report), NULL);
    return read_from(path, NULL, 0, options, report);
}

hs_trace *hs_trace_read_bytes(const char *name, const void *bytes, size_t size,
                              const hs_trace_reading *options, hs_trace_report *report)
{
    HS_ENTER(hs_trace_no_memory(report), NULL);
    return read_from(name, bytes ? bytes : "", size, options, report);
}

/* --- Writing -------------------------------------------------------------------------------- */

static bool fail(hs_trace_report *report, const char *path, const char *why)
{
    snprintf(report->error, sizeof report->error, "%.500s: %s", path, why);
    return false;
}

/* Through the packer, when the name ends in .zst. */
static bool write_packed(const hs_trace *t, FILE *file, const hs_trace_writing *options,
                         hs_trace_report *report)
{
    FILE *packed = hs_packed_file(file);
    if (!packed)
        return snprintf(report->error, sizeof report->error,
                        "this heapscope was built without libzstd: it can not write .zst"),
               false;
    bool good = hs_trace_write(t, packed, options, report);
    if (fclose(packed) != 0 && good) good = false, strcpy(report->error, "it could not be packed");
    return fflush(file) == 0 && good;
}

typedef struct {
    const hs_trace *trace;
    const hs_trace_writing *options;
    hs_trace_report *report;
    bool packed;
} saving;

static bool put_trace(void *of, FILE *out)
{
    const saving *s = of;
    if ((s->packed ? write_packed : hs_trace_write)(s->trace, out, s->options, s->report))
        return true;
    if (ferror(out)) s->report->error[0] = 0; /* the file itself knows why */
    return false;
}

static bool is_stopped(void *of)
{
    const saving *s = of;
    const hs_trace_writing *o = s->options;
    return o->progress && !o->progress(o->of, 0, hs_trace_count(s->trace));
}

static void add_note(hs_trace_report *report, const char *path, const char *text)
{
    char *notes = report->notes;
    report->notes = hs_text("%s%s%s: %s", notes ? notes : "", notes ? "\n" : "", path, text);
    free(notes);
}

static bool write_to(saving *s, const char *path)
{
    hs_file_report file;
    char why[400];
    hs_file_writing w = {.put = put_trace, .what = s, .stop = {is_stopped, s}};
    bool good = hs_file_write(path, &w, &file);
    if (good && file.note[0]) add_note(s->report, path, file.note);
    if (good) return true;
    s->report->stopped |= file.stopped;
    if (s->report->error[0] || s->report->stopped)
        snprintf(why, sizeof why, "%.380s", s->report->stopped ? "stopped" : s->report->error);
    else
        snprintf(why, sizeof why, "it can not be written: %.300s", file.error);
    return fail(s->report, strcmp(path, "-") == 0 ? "<stdout>" : path, why);
}

bool hs_trace_save(const hs_trace *t, const char *path, const hs_trace_writing *options,
                   hs_trace_report *report)
{
    HS_ENTER(hs_trace_no_memory(report), false);
    bool packed = false;
    const hs_format *f = hs_format_of_path(path, &packed);
    hs_trace_writing o = *options;
    *report = (hs_trace_report){0};
    if (!o.format && f) o.format = f->name;
    if (!o.format) {
        char names[128];
        hs_format_names(names, sizeof names, true);
        snprintf(report->error, sizeof report->error,
                 "%.500s: its name says no format: give one by --to, of %s", path, names);
        return false;
    }
    return write_to(&(saving){t, &o, report, packed}, path);
}

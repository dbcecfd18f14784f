/* SPDX-License-Identifier: MIT */
/* heapscope generate [OPTION...] OUT: the words are read as those of the command `generate` are,
 * and what is wrong with them is told with its place, as there. */
#include "ui/generate.h"

#include "base/count.h"
#include "base/files.h"
#include "base/memory.h"
#include "language/workload.h"
#include "ui/ansi.h"
#include "ui/progress_line.h"
#include "ui/trace_io.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { OK = 0, FAILED = 1, USAGE = 2 };
enum { OFTEN = 1 << 16 }; /* requests between two looks at the clock */

/* --- Help ----------------------------------------------------------------------------------- */

/* Options that are read by their first letter, too. */
static bool has_letter(const char *name)
{
    return strcmp(name, "number") == 0 || strcmp(name, "help") == 0;
}

static void put_option(FILE *out, const char *name, const char *value, const char *help)
{
    char text[60], letter[] = {'-', *name, ',', ' ', 0};
    snprintf(text, sizeof text, "%s--%s%s%s", has_letter(name) ? letter : "    ", name,
             value ? "=" : "", value ? value : "");
    fprintf(out, "  %-24s ", text);
    for (; *help; help++) {
        putc(*help, out);
        if (*help == '\n') fprintf(out, "%27s", "");
    }
    putc('\n', out);
}

static void put_usage(void)
{
    hs_print(
        stdout,
        "Usage: heapscope generate [OPTION...] OUT\n\n"
        "Writes a trace of requests by chance to OUT, whose suffix says the format (heapscope convert\n"
        "-h lists them); - is standard output. What stands behind --phase is about the next phase.\n\n");
    hs_workload_put_options(stdout, put_option, true);
    hs_print(
        stdout,
        "\nFor example, three times a phase that builds up, and one that works on a stack above the rest:\n\n"
        "  heapscope generate --rounds 3 -n 50000 --sizes ramp:16-1024 --lives generational \\\n"
        "      --phase --sizes bimodal:24:4096:95 --lives lifo --keep 2 out.hst\n\n");
    hs_print(stdout, "%s", hs_workload_warning());
}

static void put_roff(FILE *out, const char *text)
{
    for (bool first = true; *text; text++) {
        if (first && (*text == '.' || *text == '\'')) fputs("\\&", out);
        first = *text == '\n';
        if (*text == '-') putc('\\', out);
        putc(*text, out);
    }
}

static void put_option_roff(FILE *out, const char *name, const char *value, const char *help)
{
    fputs(".TP\n.B ", out);
    if (has_letter(name)) fprintf(out, "\\-%c, ", *name);
    fputs("\\-\\-", out);
    put_roff(out, name);
    fprintf(out, "%s%s\n", value ? "=" : "", value ? value : "");
    put_roff(out, help);
    fputs(".\n", out);
}

void hs_generate_roff(FILE *out)
{
    fputs(
        ".SH GENERATED TRACES\n.B heapscope generate\nwrites a trace of requests by chance to OUT, "
        "whose suffix says the format. What stands behind \\-\\-phase is about the next phase.\n",
        out);
    hs_workload_put_options(out, put_option_roff, true);
    fputs(".PP\n", out);
    put_roff(out, hs_workload_warning());
}

/* --- The words ------------------------------------------------------------------------------ */

typedef struct {
    char *text; /* the arguments, with blanks between them */
    size_t length;
    hs_span *words; /* where each of them is in the text */
    size_t count;
} command_line;

static command_line line_of(int argc, char **argv)
{
    command_line l = {.words = hs_new((size_t)argc, sizeof *l.words), .count = (size_t)argc - 1};
    FILE *out = hs_text_begin(&l.text, &l.length);
    fputs("generate", out);
    for (int i = 1; i < argc; i++) {
        fprintf(out, " %s", argv[i]);
        size_t end = (size_t)ftell(out);
        l.words[i - 1] = (hs_span){end - strlen(argv[i]), end};
    }
    hs_text_end(out);
    return l;
}

static void free_line(command_line *l)
{
    free(l->text);
    free(l->words);
}

static int complain(const hs_complaint *c, const command_line *l)
{
    char *text = hs_complaint_text(c, NULL, 1, l->text, l->length);
    hs_print(stderr, "heapscope generate: %s\n", text);
    free(text);
    return USAGE;
}

/* A copy of a piece of the line; NULL when it is empty. */
static char *piece(const command_line *l, hs_span where)
{
    return where.start < where.end ? hs_copy_part(l->text + where.start, where.end - where.start)
                                   : NULL;
}

/* --- Writing -------------------------------------------------------------------------------- */

/* Most blocks and bytes live at once. Where the trace is no file, it may be what is on standard
 * output. */
static void put_summary(FILE *out, const hs_trace *t, const char *path, const hs_workload *w)
{
    uint64_t live = 0, bytes = 0, most = 0, most_bytes = 0;
    uint64_t *sizes = hs_new(hs_trace_ids(t) + (size_t)1, sizeof *sizes);
    for (uint64_t i = 0; i < hs_trace_count(t); i++) {
        const hs_trace_op *op = &hs_trace_ops(t)[i];
        live += op->kind == HS_FREE ? UINT64_MAX : op->kind != HS_REALLOC;
        bytes -= sizes[op->id];
        sizes[op->id] = op->kind == HS_CALLOC ? op->size * op->other : op->size;
        bytes += sizes[op->id];
        if (live > most) most = live;
        if (bytes > most_bytes) most_bytes = bytes;
    }
    free(sizes);
    hs_print(out,
             "%s: %" PRIu64 " request%s, up to %" PRIu64 " block%s with %" PRIu64
             " byte%s live at once; seed %" PRIu64 "\n",
             path, hs_trace_count(t), hs_plural(hs_trace_count(t)), most, hs_plural(most),
             most_bytes, hs_plural(most_bytes), w->seed);
}

typedef struct {
    hs_trace *trace;
    uint64_t wanted;
    hs_progress_line line;
} maker;

static bool add(void *of, const hs_trace_op *op)
{
    maker *m = of;
    uint64_t done = hs_trace_count(m->trace);
    hs_trace_add(m->trace, *op);
    if (done % OFTEN) return true;
    if (hs_progress_line_is_due(&m->line))
        hs_progress_line_show_part(&m->line, "making requests", done, m->wanted);
    return !hs_interrupts_asked();
}

/* The trace; NULL when Ctrl-C stopped it. */
static hs_trace *make(const hs_workload *w)
{
    maker m = {.trace = hs_trace_new(), .wanted = hs_workload_requests(w)};
    hs_interrupts_catch();
    hs_progress_line_begin(&m.line);
    hs_generate_for(w->phases, w->count, w->rounds, w->seed, add, &m);
    hs_progress_line_end(&m.line);
    bool stopped = hs_interrupts_asked();
    hs_interrupts_release();
    if (!stopped) return m.trace;
    hs_trace_free(m.trace);
    return NULL;
}

static int write_trace(const hs_workload *w, const char *path, const char *format)
{
    hs_trace_report report;
    hs_trace *t = make(w);
    if (!t) {
        hs_print(stderr, "heapscope generate: stopped: nothing was written\n");
        return FAILED;
    }
    bool good = hs_trace_store(t, path, format, &report);
    hs_trace_tell(&report, "heapscope generate");
    if (good && strcmp(path, "-") != 0)
        put_summary(hs_file_is_regular(path) ? stdout : stderr, t, path, w);
    hs_trace_report_free(&report);
    hs_trace_free(t);
    return good ? OK : FAILED;
}

/* Check where the trace is to be written, and in which format. */
static bool check_file(const hs_workload *w, const char *path, const char *format, size_t end,
                       hs_complaint *c)
{
    if (!path) {
        hs_complain(c, (hs_span){end, end}, "the file is missing");
        return hs_hint(c, "heapscope generate --help");
    }
    if (!format && !hs_trace_format_of_name(path)) {
        hs_complain(c, w->file, "this name says no format");
        return hs_hint(c, "out.hst, out.rep, or --format NAME");
    }
    if (!format || hs_trace_is_written(format)) return true;
    hs_complain(c, w->format, "there is no format %.40s that is written", format);
    return hs_hint(c, "heapscope convert -h lists them");
}

int hs_generate_file(int argc, char **argv)
{
    hs_workload w = hs_workload_usual();
    hs_complaint c;
    command_line l = line_of(argc, argv);
    int status = OK;
    bool good = hs_workload_read(&w, l.text, l.words, l.count, &c);
    char *path = good ? piece(&l, w.file) : NULL, *format = good ? piece(&l, w.format) : NULL;
    if (good && w.help)
        put_usage();
    else if (!good || !check_file(&w, path, format, l.length, &c))
        status = complain(&c, &l);
    else
        status = write_trace(&w, path, format);
    free(path);
    free(format);
    free_line(&l);
    hs_workload_free(&w);
    return status;
}

/* SPDX-License-Identifier: MIT */
/* A comparison as JSON and as CSV (RFC 4180, but for its line ends): the names are those of the
 * table of figures. Where a job has no figures, they are null, or empty. */
#include "export/comparison.h"

#include "base/text.h"

#include <inttypes.h>
#include <string.h>

/* --- JSON ------------------------------------------------------------------------------------- */

/* A string of JSON; bytes that are no UTF-8 become U+FFFD. */
static void put_string(FILE *out, const char *text)
{
    putc('"', out);
    while (*text) {
        const char *from = text;
        uint32_t code;
        if (!hs_decode_utf8(&text, &code))
            fputs("\\ufffd", out);
        else if (hs_is_obeyed(code) || code == '"' || code == '\\')
            fprintf(out, "\\u%04x", (unsigned)code);
        else
            fwrite(from, 1, (size_t)(text - from), out);
    }
    putc('"', out);
}

static void put_job(FILE *out, const hs_comparison *c, size_t trace, size_t lane)
{
    const hs_job *job = hs_comparison_job(c, trace, lane);
    const hs_figure *f;
    char remark[400];
    fputs("    {\"trace\": ", out);
    put_string(out, hs_comparison_trace(c, trace)->name);
    fputs(", \"allocator\": ", out);
    put_string(out, hs_comparison_lane(c, lane)->name);
    fprintf(out, ", \"state\": \"%s\", \"remark\": ", hs_job_word(job));
    put_string(out, hs_job_remark(c, job, remark, sizeof remark));
    fprintf(out, ",\n     \"heap\": {\"initial\": %" PRIu64 ", \"maximum\": %" PRIu64 "}",
            job->heap.initial, job->heap.maximum);
    for (size_t i = 0; (f = hs_figure_at(i)); i++)
        if (hs_figure_is_known(f, job))
            fprintf(out, ",\n     \"%s\": %.*f", f->name, f->digits, f->of(job));
        else
            fprintf(out, ",\n     \"%s\": null", f->name);
    putc('}', out);
}

static void put_mean(FILE *out, const hs_comparison *c, size_t lane)
{
    hs_means m = hs_means_of(c, lane);
    fputs("    {\"allocator\": ", out);
    put_string(out, hs_comparison_lane(c, lane)->name);
    fprintf(out,
            ", \"traces\": %zu, \"failed\": %" PRIu64 ", \"utilization\": %.2f, "
            "\"utilization_segment\": %.2f, \"examined_mean\": %.3f,\n     "
            "\"requests_per_second\": ",
            m.traces, m.failed, 100 * m.utilization, m.utilization_segment, m.examined);
    fprintf(out, m.per_second > 0 ? "%.0f" : "null", m.per_second);
    fputs(", \"performance_index\": ", out);
    fprintf(out, m.has_index ? "%.2f}" : "null}", m.index);
}

void hs_comparison_json(FILE *out, const hs_comparison *c)
{
    const hs_comparison_plan *plan = hs_comparison_plan_of(c);
    size_t traces = hs_comparison_traces(c), lanes = hs_comparison_lanes(c);
    fprintf(out,
            "{\n  \"asked\": {\"initial\": %" PRIu64 ", \"maximum\": %" PRIu64
            ", \"growth\": \"%s\"},\n  \"lab_cap\": %d,\n  \"results\": [\n",
            plan->heap.initial, plan->heap.maximum,
            hs_settings[HS_SET_GROWTH].choices[plan->growth], HS_LAB_CAP);
    for (size_t i = 0; i < traces * lanes; i++) {
        if (i) fputs(",\n", out);
        put_job(out, c, i / lanes, i % lanes);
    }
    fputs("\n  ],\n  \"means\": [\n", out);
    for (size_t i = 0; i < lanes; i++) {
        if (i) fputs(",\n", out);
        put_mean(out, c, i);
    }
    fputs("\n  ]\n}\n", out);
}

/* --- CSV -------------------------------------------------------------------------------------- */

/* Put a field of CSV. What a terminal would obey becomes U+FFFD, for such a table is looked at on
 * terminals, too. */
static void put_field(FILE *out, const char *text)
{
    bool quoted = strpbrk(text, ",\"\n");
    if (quoted) putc('"', out);
    while (*text) {
        const char *from = text;
        uint32_t code;
        bool good = hs_decode_utf8(&text, &code);
        if (good && code == '"') putc('"', out);
        if (good && (code == '\n' || !hs_is_obeyed(code)))
            fwrite(from, 1, (size_t)(text - from), out);
        else
            fputs("\ufffd", out);
    }
    if (quoted) putc('"', out);
}

static void put_row(FILE *out, const hs_comparison *c, size_t trace, size_t lane)
{
    const hs_job *job = hs_comparison_job(c, trace, lane);
    const hs_figure *f;
    char remark[400];
    put_field(out, hs_comparison_trace(c, trace)->name);
    putc(',', out);
    put_field(out, hs_comparison_lane(c, lane)->name);
    fprintf(out, ",%s", hs_job_word(job));
    for (size_t i = 0; (f = hs_figure_at(i)); i++)
        if (hs_figure_is_known(f, job))
            fprintf(out, ",%.*f", f->digits, f->of(job));
        else
            putc(',', out);
    putc(',', out);
    put_field(out, hs_job_remark(c, job, remark, sizeof remark));
    putc('\n', out);
}

void hs_comparison_csv(FILE *out, const hs_comparison *c)
{
    const hs_figure *f;
    fputs("trace,allocator,state", out);
    for (size_t i = 0; (f = hs_figure_at(i)); i++) fprintf(out, ",%s", f->name);
    fputs(",remark\n", out);
    for (size_t trace = 0; trace < hs_comparison_traces(c); trace++)
        for (size_t i = 0; i < hs_comparison_lanes(c); i++) put_row(out, c, trace, i);
}

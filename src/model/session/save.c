/* SPDX-License-Identifier: MIT */
/* Operations as command lines: a session written down as a script that reproduces it. */
#include "model/session/session.h"

#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_pointer(FILE *out, const hs_session *s, hs_pointer p)
{
    const char *name = hs_client_name_of(s->client, p.variable);
    if (!name && p.offset == 0)
        fputs("NULL", out);
    else if (!name)
        fprintf(out, "0x%" PRIx64, p.offset);
    else if (p.offset >> 63)
        fprintf(out, "%s-%" PRIu64, name, 0 - p.offset);
    else if (p.offset)
        fprintf(out, "%s+%" PRIu64, name, p.offset);
    else
        fputs(name, out);
}

static void put_quoted(FILE *out, const char *text, size_t length)
{
    putc('"', out);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c == '\n')
            fputs("\\n", out);
        else if (c < 0x20 || c == 0x7f)
            fprintf(out, "\\x%02x", c);
        else
            putc(c, out);
    }
    putc('"', out);
}

static void put_request(FILE *out, const hs_session *s, const hs_op *op)
{
    fputs(hs_request_name(op->request), out);
    putc(' ', out);
    switch (op->request) {
    case HS_MALLOC: fprintf(out, "%" PRIu64, op->a); break;
    case HS_CALLOC:
    case HS_ALIGNED_ALLOC: fprintf(out, "%" PRIu64 " %" PRIu64, op->b, op->a); break;
    case HS_REALLOC:
        put_pointer(out, s, op->p);
        fprintf(out, " %" PRIu64, op->a);
        break;
    case HS_FREE: put_pointer(out, s, op->p); break;
    }
}

/* The words as they were typed, without each =, which only marks that a number follows. */
static void put_machine(FILE *out, const hs_session *s, const hs_op *op)
{
    fputs(op->name, out);
    if (hs_machine_takes_pointer(op->name)) {
        putc(' ', out);
        put_pointer(out, s, op->p);
    }
    for (const char *word = op->text; word && *word;) {
        size_t n = strcspn(word, " ");
        if (n && *word != '=') fprintf(out, " %.*s", (int)n, word);
        word += n + (word[n] == ' ');
    }
}

static void put_op(FILE *out, const hs_session *s, const hs_op *op)
{
    const char *replay = op->replay ? " replay" : "";
    switch (op->kind) {
    case HS_OP_REQUEST: put_request(out, s, op); break;
    case HS_OP_WRITE:
        fputs("write ", out);
        put_pointer(out, s, op->p);
        putc(' ', out);
        put_quoted(out, op->text, op->text_length);
        if (op->a != 1) fprintf(out, "*%" PRIu64, op->a);
        break;
    case HS_OP_ASSIGN:
        fprintf(out, "%s = ", op->name);
        put_pointer(out, s, op->p);
        break;
    case HS_OP_SET: fprintf(out, "set %s %s%s", op->name, op->text, replay); break;
    case HS_OP_ALLOCATOR: fprintf(out, "allocator %s%s", op->name, replay); break;
    case HS_OP_HEAP:
        fputs("heap", out);
        if (op->a) fprintf(out, " %" PRIu64, op->a);
        if (op->b) fprintf(out, " max %" PRIu64, op->b);
        fputs(replay, out);
        break;
    case HS_OP_RESET: fputs("reset", out); break;
    case HS_OP_NOTE:
        fprintf(out, "%s ", op->name ? op->name : "note");
        put_quoted(out, op->text, op->text_length);
        break;
    case HS_OP_MACHINE: put_machine(out, s, op); break;
    }
}

/* A remembered request names its result, so that the script does not depend on counting. */
static void put_record(FILE *out, const hs_session *s, const hs_record_of_op *r)
{
    const char *name = hs_client_name_of(s->client, r->variable);
    bool own = r->op.request == HS_REALLOC && !r->op.name && r->op.p.variable == r->variable &&
               r->op.p.offset == 0;
    if (r->op.kind == HS_OP_REQUEST && name && !own) fprintf(out, "%s = ", name);
    put_op(out, s, &r->op);
}

char *hs_session_op_text(const hs_session *s, const hs_op *op)
{
    HS_ENTER_SESSION(s, NULL, NULL);
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    put_op(out, s, op);
    hs_text_end(out);
    return text;
}

char *hs_session_record_text(const hs_session *s, uint64_t index)
{
    HS_ENTER_SESSION(s, NULL, NULL);
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    hs_record_of_op r;
    if (hs_session_record(s, index, &r)) put_record(out, s, &r);
    hs_text_end(out);
    return text;
}

static void put_option(FILE *out, const hs_option *o, uint64_t value)
{
    if (o->choices)
        fprintf(out, "set %s %s\n", o->name, o->choices[value]);
    else
        fprintf(out, "set %s %" PRIu64 "\n", o->name, value);
}

/* Put a setting that decides what the operations do, unless it has its initial value. */
static void put_setting(FILE *out, const hs_setup *start, hs_setting setting)
{
    const hs_option *o = &hs_settings[setting];
    if (start->settings[setting] != o->initial) put_option(out, o, start->settings[setting]);
}

static void put_setup(FILE *out, const hs_setup *start)
{
    fprintf(out, "heap %" PRIu64 " max %" PRIu64 "\n", start->heap.initial, start->heap.maximum);
    fprintf(out, "allocator %s\n", start->name);
    for (size_t i = 0; i < start->allocator->option_count; i++)
        put_option(out, &start->allocator->options[i], start->options[i]);
    put_setting(out, start, HS_SET_GROWTH);
    put_setting(out, start, HS_SET_MISUSE);
}

bool hs_session_write_script(const hs_session *s, FILE *out)
{
    HS_ENTER_SESSION(s, NULL, false);
    fputs("# A heapscope session: play it with `heapscope FILE`.\n", out);
    put_setup(out, &s->is.start);
    hs_record_of_op r;
    bool goes_on = true;
    for (uint64_t i = s->is.begun; goes_on && hs_session_record(s, i, &r); i++) {
        put_record(out, s, &r);
        putc('\n', out);
        goes_on = hs_session_goes_on(s, "saving", i, s->at.count);
    }
    hs_session_is_over(s);
    if (!goes_on) errno = ECANCELED;
    return goes_on && !ferror(out);
}

/* --- Written bit by bit --------------------------------------------------------------------- */

/* The command that leads to a moment, which has been written, from where the last one led. */
static void put_way(FILE *out, hs_written *w, hs_moment to)
{
    if (to.branch != w->at.branch) {
        if (to.branch)
            fprintf(out, "branch b%" PRIu32 "\n", to.branch);
        else
            fputs("branch main\n", out);
        w->at = (hs_moment){to.branch, w->counts[to.branch]};
    }
    if (to.count != w->at.count) fprintf(out, "goto %" PRIu64 "\n", to.count);
    w->at = to;
}

/* Put operations. A name that the user gave is written; one that was counted (p1, p2, ...) is
 * counted again. */
static void put_operations(FILE *out, const hs_session *s, uint32_t branch, uint64_t from,
                           uint64_t to)
{
    hs_record_of_op r;
    bool named;
    for (; from < to && hs_chronicle_get(s->chronicle, branch, from, &r, &named); from++) {
        if (named && r.op.kind == HS_OP_REQUEST)
            fprintf(out, "%s = ", hs_client_name_of(s->client, r.variable));
        put_op(out, s, &r.op);
        putc('\n', out);
    }
}

/* A branch that is new to what was written begins where it left another. */
static void note_branches(const hs_session *s, hs_written *w, uint32_t count)
{
    w->counts = hs_array_reserve(w->counts, &w->capacity, count, sizeof *w->counts);
    for (; w->branches < count; w->branches++)
        w->counts[w->branches] = hs_session_branch_fork(s, w->branches).count;
}

void hs_session_write_on(const hs_session *s, hs_written *w, FILE *out)
{
    HS_ENTER_SESSION(s, NULL, );
    uint32_t before = w->branches, count = hs_session_branches(s);
    note_branches(s, w, count);
    for (uint32_t b = 0; b < count; b++) {
        uint64_t from = w->counts[b], to = hs_session_branch_count(s, b);
        if (from == to) continue;
        bool begins = b >= before && b > 0;
        put_way(out, w, begins ? hs_session_branch_fork(s, b) : (hs_moment){b, from});
        put_operations(out, s, b, from, to);
        w->counts[b] = to;
        w->at = (hs_moment){b, to};
    }
    put_way(out, w, s->at);
}

void hs_session_is_written(const hs_session *s, hs_written *w)
{
    HS_ENTER_SESSION(s, NULL, );
    note_branches(s, w, hs_session_branches(s));
    for (uint32_t b = 0; b < w->branches; b++) w->counts[b] = hs_session_branch_count(s, b);
    w->at = s->at;
}

void hs_written_free(hs_written *w)
{
    free(w->counts);
    *w = (hs_written){0};
}

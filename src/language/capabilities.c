/* SPDX-License-Identifier: MIT */
/* Capabilities: the ways in, and what is said of a statement that needs more than its way has. */
#include "language/capabilities.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    BASE = HS_CAN_ASK | HS_CAN_PLAY,
    SCRIPT = BASE | HS_CAN_LOOK,
    ALL = SCRIPT | HS_CAN_WRITE | HS_CAN_RUN,
    SHOWN = 12 /* statements in a question */
};

static const hs_way_in ways[HS_WAYS] = {
    [HS_WAY_TRACE] = {BASE, BASE, "what is opened as a trace may only make requests"},
    [HS_WAY_JOURNAL] = {BASE, BASE, "no session that was kept does so"},
    [HS_WAY_CHECK] = {BASE, BASE, "a script under --check may only make requests"},
    [HS_WAY_LECTURE] = {SCRIPT, SCRIPT, "a lecture under --check may not"},
    [HS_WAY_TYPED] = {ALL, SCRIPT, "--trust lets scripts do so"},
    [HS_WAY_TRUSTED] = {ALL, ALL, "it was named by what may not"},
};

const hs_way_in *hs_way_in_of(hs_way way)
{
    return &ways[way];
}

/* The capabilities in order, from what harms least to what harms most. */
static const struct {
    hs_capability capability;
    const char *does, *scripts;
} capabilities[] = {
    {HS_CAN_ASK, "makes requests", NULL},
    {HS_CAN_PLAY, "directs a lecture", NULL},
    {HS_CAN_LOOK, "looks at other files or processes",
     "not in a trace, and under --check in lectures of the demos' folder only"},
    {HS_CAN_WRITE, "writes a file", "a script is asked about first, or played with --trust"},
    {HS_CAN_RUN, "runs a program", "a script is asked about first, or played with --trust"},
};
enum { CAPABILITIES = sizeof capabilities / sizeof *capabilities };

/* --- Needs ---------------------------------------------------------------------------------- */

unsigned hs_statement_needs(const hs_statement *s)
{
    unsigned needs = HS_CAN_ASK;
    if (!s->command) return needs;
    needs |= s->command->needs;
    for (size_t i = 0; i < HS_PARAMETERS; i++)
        if (s->arguments[i].present) needs |= s->command->parameters[i].needs;
    return needs;
}

static unsigned needs_of(const hs_statement *statements, size_t count)
{
    unsigned needs = 0;
    for (size_t i = 0; i < count; i++)
        needs |= statements[i].needs | needs_of(statements[i].body, statements[i].body_count);
    return needs;
}

unsigned hs_program_needs(const hs_program *p)
{
    return needs_of(p->statements, p->count);
}

/* --- Complaints ----------------------------------------------------------------------------- */

/* The part of a statement that needs this capability. */
static hs_span place_of(const hs_statement *s, hs_capability needed)
{
    if (!s->command) return s->where;
    for (size_t i = 0; i < HS_PARAMETERS; i++)
        if (s->arguments[i].present && s->command->parameters[i].needs & needed)
            return s->arguments[i].where;
    return s->head;
}

bool hs_statement_may(const hs_statement *s, unsigned may, const char *why, hs_complaint *c)
{
    unsigned lacks = s->needs & ~may;
    for (size_t i = CAPABILITIES; lacks && i-- > 0;)
        if (lacks & capabilities[i].capability)
            return hs_complain(c, place_of(s, capabilities[i].capability), "%s %s: %s",
                               s->command ? s->command->name : "this", capabilities[i].does, why);
    return true;
}

static bool all_may(const hs_statement *statements, size_t count, unsigned may, const char *why,
                    hs_complaint *c)
{
    for (size_t i = 0; i < count; i++)
        if (!hs_statement_may(&statements[i], may, why, c) ||
            !all_may(statements[i].body, statements[i].body_count, may, why, c))
            return false;
    return true;
}

bool hs_program_may(const hs_program *p, unsigned may, const char *why, hs_complaint *c)
{
    return all_may(p->statements, p->count, may, why, c);
}

/* --- The question --------------------------------------------------------------------------- */

static size_t line_of(const hs_program *p, size_t at)
{
    size_t line = p->first_line;
    for (size_t i = 0; i < at; i++) line += p->source[i] == '\n';
    return line;
}

/* Put the beginning of a statement on one line. The whole may be long, and go on over several
 * lines. */
static void put_want(FILE *out, const hs_program *p, const hs_statement *s)
{
    enum { ROOM = 200 };
    size_t length = s->where.end - s->where.start;
    while (length && strchr(" \t\r\n", p->source[s->where.start + length - 1])) length--;
    size_t n = length < ROOM ? length : ROOM;
    fprintf(out, "  line %zu: ", line_of(p, s->where.start));
    for (size_t i = 0; i < n; i++) {
        char c = p->source[s->where.start + i];
        putc(c == '\n' || c == '\r' ? ' ' : c, out);
    }
    fputs(n < length ? "...\n" : "\n", out);
}

static void put_wants(FILE *out, const hs_program *p, const hs_statement *statements, size_t count,
                      unsigned may, size_t *found)
{
    for (size_t i = 0; i < count; i++) {
        const hs_statement *s = &statements[i];
        if (s->needs & ~may && (*found)++ < SHOWN) put_want(out, p, s);
        put_wants(out, p, s->body, s->body_count, may, found);
    }
}

char *hs_program_wants(const hs_program *p, unsigned may)
{
    char *text = NULL;
    size_t size, found = 0;
    unsigned wants = hs_program_needs(p) & ~may;
    FILE *out = hs_text_begin(&text, &size);
    fputs(p->name ? p->name : "this", out);
    for (size_t i = 0; i < CAPABILITIES; i++) {
        if (!(wants & capabilities[i].capability)) continue;
        fprintf(out, "%s %s", found++ ? " and" : "", capabilities[i].does);
    }
    fputs(":\n", out);
    found = 0;
    put_wants(out, p, p->statements, p->count, may, &found);
    if (found > SHOWN) fprintf(out, "  and %zu more\n", found - SHOWN);
    hs_text_end(out);
    return text;
}

/* --- Help ----------------------------------------------------------------------------------- */

static void put_need(FILE *out, unsigned needs, const char *keyword, const char *label)
{
    for (size_t i = 0; i < CAPABILITIES; i++)
        if (needs & capabilities[i].capability && capabilities[i].scripts)
            fprintf(out, "%s%s%s %s: %s.\n", keyword ? keyword : "", keyword ? " " : "", label,
                    capabilities[i].does, capabilities[i].scripts);
}

void hs_put_needs(FILE *out, const hs_command *c)
{
    put_need(out, c->needs, NULL, c->name);
    for (size_t i = 0; i < HS_PARAMETERS && c->parameters[i].kind; i++) {
        const hs_parameter *p = &c->parameters[i];
        put_need(out, p->needs & ~c->needs, p->keyword, p->label);
    }
}

/* SPDX-License-Identifier: MIT */
/* Help: the command table as text for the screen, and as roff for the man page. */
#include "base/memory.h"
#include "language/running.h"
#include "view/pictures.h"
#include "view/settings.h"

#include <heapscope/ledger.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*put_text)(FILE *, const hs_session *, const hs_command *);

static void put_list(FILE *out, const hs_session *session, const hs_command *unused)
{
    const hs_command *c;
    const char *group = "";
    char syntax[128];
    (void)session;
    (void)unused;
    for (size_t i = 0; (c = hs_command_at(i)); i++) {
        if (strcmp(c->group, group) != 0) fprintf(out, "%s%s\n", i ? "\n" : "", c->group);
        group = c->group;
        hs_command_syntax(c, syntax, sizeof syntax);
        if (strlen(syntax) > 26)
            fprintf(out, "  %s\n  %26s %s\n", syntax, "", hs_command_summary(c));
        else
            fprintf(out, "  %-26s %s\n", syntax, hs_command_summary(c));
    }
    fputs(
        "\nSizes: 24, 0x18, 2k, 1M, 4*16+8. Pointers: p1, p1+8, NULL, 0x107000008. a = malloc 24 names a block.\n"
        "Several commands on a line with ;, comments with #, abbreviations while they are unambiguous.\n"
        "help COMMAND tells more.",
        out);
}

static void put_measures(FILE *out)
{
    const hs_measure *m;
    fputs("\nMeasures:\n", out);
    for (size_t i = 0; (m = hs_measure_at(i)); i++)
        fprintf(out, "  %-23s %s%s%s\n", m->name, m->definition, m->unit[0] == '%' ? ", in %" : "",
                "");
    for (size_t i = 0; i < HS_MEASURE_NOTES; i++) fprintf(out, "  %s\n", hs_measure_notes[i]);
    for (size_t i = 0; (m = hs_machine_measure_at(i)); i++)
        fprintf(out, "  %-23s %s\n", m->name, m->definition);
}

void hs_put_values(FILE *out, const hs_option *o)
{
    for (size_t i = 0; o->choices && o->choices[i]; i++)
        fprintf(out, "%s%s", i ? " | " : ": ", o->choices[i]);
    if (!o->choices) fprintf(out, ": %" PRIu64 " to %" PRIu64, o->minimum, o->maximum);
}

static void put_option(FILE *out, const char *before, const hs_option *o)
{
    fprintf(out, "  %-10s %s", before, o->help);
    hs_put_values(out, o);
    fputs("\n", out);
}

static void put_option_lines(FILE *out, const hs_option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) put_option(out, options[i].name, &options[i]);
}

static void put_options(FILE *out, const hs_session *session)
{
    const hs_allocator *a;
    (void)session;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++) {
        if (!a->option_count) continue;
        fprintf(out, "\nOptions of %s:\n", a->name);
        put_option_lines(out, a->options, a->option_count);
    }
    fputs("\nOf the session:\n", out);
    put_option_lines(out, hs_settings, HS_OWN_SETTINGS);
    put_option_lines(out, hs_view_settings.rows, hs_view_settings.count);
}

static char *collect(put_text put, const hs_session *session, const hs_command *c)
{
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    put(out, session, c);
    hs_text_end(out);
    return text;
}

static void put_needs_alone(FILE *out, const hs_session *unused, const hs_command *c)
{
    (void)unused;
    hs_put_needs(out, c);
}

static void put_pictures(FILE *out)
{
    const hs_picture *p;
    fputs("\nPictures:\n", out);
    for (size_t i = 0; (p = hs_picture_at(i)); i++)
        if (p->flags & HS_IN_VIEW) fprintf(out, "  %-12s %s\n", p->name, p->about);
}

static char *needs_text(const hs_command *c)
{
    return collect(put_needs_alone, NULL, c);
}

static void put_command(FILE *out, const hs_session *session, const hs_command *c)
{
    char syntax[128];
    hs_command_syntax(c, syntax, sizeof syntax);
    fprintf(out, "%s\n  %s\n", syntax, hs_command_summary(c));
    char *needs = needs_text(c);
    if (c->details || *needs) putc('\n', out);
    if (c->details) fprintf(out, "%s\n", c->details);
    fputs(needs, out);
    free(needs);
    if (c->flags & HS_LISTS_PICTURES) put_pictures(out);
    if (c->flags & HS_LISTS_MEASURES) put_measures(out);
    if (c->flags & HS_LISTS_OPTIONS) put_options(out, session);
}

char *hs_help_text(const hs_session *session, const hs_command *command)
{
    return collect(command ? put_command : put_list, session, command);
}

static bool is_called(const hs_option *o, const char *name, size_t length)
{
    return strncmp(o->name, name, length) == 0 && !o->name[length];
}

char *hs_help_on_option(const char *name, size_t length)
{
    char *text = NULL;
    size_t size;
    const hs_allocator *a;
    FILE *out = hs_text_begin(&text, &size);
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        for (size_t j = 0; j < a->option_count; j++)
            if (is_called(&a->options[j], name, length)) put_option(out, a->name, &a->options[j]);
    for (size_t j = 0; j < HS_OWN_SETTINGS; j++)
        if (is_called(&hs_settings[j], name, length)) put_option(out, "session", &hs_settings[j]);
    for (size_t j = 0; j < hs_view_settings.count; j++)
        if (is_called(&hs_view_settings.rows[j], name, length))
            put_option(out, "session", &hs_view_settings.rows[j]);
    hs_text_end(out);
    if (*text) return text;
    free(text);
    return NULL;
}

/* --- roff ----------------------------------------------------------------------------------- */

static void put_escaped(FILE *out, const char *text)
{
    bool line_start = true;
    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\'')) fputs("\\&", out);
        line_start = *text == '\n';
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            putc(*text, out);
    }
}

static void put_roff(FILE *out, const hs_session *session, const hs_command *unused)
{
    const hs_command *c;
    const char *group = "";
    char syntax[128];
    (void)session;
    (void)unused;
    for (size_t i = 0; (c = hs_command_at(i)); i++) {
        if (strcmp(c->group, group) != 0) fprintf(out, ".SS %s\n", c->group);
        group = c->group;
        hs_command_syntax(c, syntax, sizeof syntax);
        fputs(".TP\n.B ", out);
        put_escaped(out, syntax);
        fputs("\n", out);
        put_escaped(out, hs_command_summary(c));
        fputs(".\n", out);
        char *needs = needs_text(c);
        if (c->details || *needs) fputs(".nf\n", out);
        if (c->details) put_escaped(out, c->details);
        if (c->details) fputs("\n", out);
        put_escaped(out, needs);
        if (c->details || *needs) fputs(".fi\n", out);
        free(needs);
    }
}

char *hs_help_roff(void)
{
    return collect(put_roff, NULL, NULL);
}

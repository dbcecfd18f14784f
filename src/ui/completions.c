/* SPDX-License-Identifier: MIT */
/* Completions for three shells. Each has a way of its own to say "behind this tool, this option
 * takes these words"; a dialect holds those ways, and one walk over the tables serves them all. */
#include "ui/completions.h"

#include "language/words.h"
#include "language/workload.h"
#include "ui/compare.h"
#include "ui/convert.h"
#include "ui/options.h"
#include "ui/problem_sheet.h"

#include <heapscope/allocator.h>
#include <heapscope/trace_file.h>

#include <string.h>

/* --- The tables ----------------------------------------------------------------------------- */

typedef struct {
    const char *name; /* NULL: the program itself */
    const char *about;
    const hs_usage_option *(*rows)(size_t *count); /* NULL: those of a workload */
    bool takes_allocators;                         /* beside files */
} tool;

static const tool tools[] = {
    {NULL, NULL, hs_options_rows, false},
    {"compare", "allocators over traces", hs_compare_rows, true},
    {"convert", "a trace into another format", hs_convert_rows, false},
    {"generate", "a trace by chance", NULL, false},
    {"--ostep-segmentation", "a problem sheet", hs_problem_sheet_rows, false},
};
enum { TOOLS = sizeof tools / sizeof *tools };

static void put_allocators(FILE *out)
{
    hs_words w = {0};
    hs_words_of_allocators(&w);
    for (size_t i = 0; i < w.count; i++) fprintf(out, "%s%s", i ? " " : "", w.items[i]);
    hs_words_free(&w);
}

static void put_formats(FILE *out)
{
    hs_trace_format f;
    for (size_t i = 0; hs_trace_format_at(i, &f); i++) fprintf(out, "%s%s", i ? " " : "", f.name);
}

/* Options whose values are words: a list that is made, or one that is fixed. */
static const struct {
    const char *option;
    void (*put)(FILE *);
    const char *words;
} values[] = {
    {"allocator", put_allocators, NULL},
    {"from", put_formats, NULL},
    {"to", put_formats, NULL},
    {"theme", NULL, "dark light"},
    {"color", NULL, "auto always never"},
    {"growth", NULL, "exact page double"},
    {"policy", NULL, "BEST WORST FIRST"},
    {"order", NULL, "ADDRSORT SIZESORT+ SIZESORT- INSERT-FRONT INSERT-BACK"},
};

/* Nothing for an option that takes no words. */
static void put_words(FILE *out, const char *option)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (strcmp(values[i].option, option) != 0) continue;
        if (values[i].put)
            values[i].put(out);
        else
            fputs(values[i].words, out);
    }
}

static void put_rows(FILE *out, const tool *t, hs_workload_put *put)
{
    size_t count;
    if (!t->rows) {
        hs_workload_put_options(out, put, true);
        return;
    }
    const hs_usage_option *rows = t->rows(&count);
    for (size_t i = 0; i < count; i++)
        put(out, rows[i].option.name, rows[i].argument, rows[i].help);
}

/* A help as one line, with a backslash before each character that the shell takes for its own. */
static void put_line(FILE *out, const char *text, const char *special)
{
    for (; *text; text++) {
        if (strchr(special, *text)) putc('\\', out);
        putc(*text == '\n' ? ' ' : *text, out);
    }
}

/* --- bash ----------------------------------------------------------------------------------- */

static void put_bash_name(FILE *out, const char *name, const char *value, const char *help)
{
    (void)value, (void)help;
    fprintf(out, " --%s", name);
}

static void put_bash_value(FILE *out, const char *name, const char *value, const char *help)
{
    (void)help;
    if (!value) return;
    fprintf(out, "        --%s) words='", name);
    put_words(out, name);
    fputs("' files= ;;\n", out);
}

static void put_bash(FILE *out)
{
    fputs(
        "# heapscope: completions for bash, made from the program's tables.\n"
        "_heapscope() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words= files=yes\n"
        "    if [ \"$word\" = = ]; then word=; elif [ \"$before\" = = ]; then "
        "before=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
        "    [ \"$before\" = -a ] && before=--allocator\n"
        "    local tool=\n"
        "    [ \"$COMP_CWORD\" -gt 1 ] && tool=${COMP_WORDS[1]}\n"
        "    case $tool in\n",
        out);
    for (size_t i = 1; i <= TOOLS; i++) {
        const tool *t = &tools[i % TOOLS]; /* the program itself last: whatever else stands there */
        fprintf(out, "    %s)\n        words='", t->name ? t->name : "*");
        put_rows(out, t, put_bash_name);
        fputs("'\n        case $word in -*) files= ;; *) words=", out);
        if (t->takes_allocators) {
            fputs("'", out);
            put_allocators(out);
            fputs("'", out);
        }
        fputs(" ;; esac\n        case $before in\n", out);
        put_rows(out, t, put_bash_value);
        fputs("        esac ;;\n", out);
    }
    fputs("    esac\n"
          "    if [ \"$COMP_CWORD\" = 1 ]; then words+=' ",
          out);
    for (size_t i = 1; i < TOOLS; i++) fprintf(out, " %s", tools[i].name);
    fputs("'; fi\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\" || :; "
          "[ -z \"$files\" ] || compgen -f -- \"$word\")\n"
          "}\n"
          "complete -o filenames -F _heapscope heapscope\n",
          out);
}

/* --- zsh ------------------------------------------------------------------------------------ */

static void put_zsh_option(FILE *out, const char *name, const char *value, const char *help)
{
    fprintf(out, "        \"--%s%s[", name, value ? "=" : "");
    put_line(out, help, "[]:\"\\$`");
    fputs("]", out);
    if (value) {
        fputs(":", out);
        put_line(out, value, "[]:\"\\$`");
        fputs(":(", out);
        put_words(out, name);
        fputs(")", out);
    }
    fputs("\"\n", out);
}

static void put_zsh(FILE *out)
{
    fputs("#compdef heapscope\n"
          "# Completions for zsh, made from the program's tables.\n"
          "local -a options operands\n"
          "local tool=${words[2]}\n"
          "operands=('*:file:_files')\n"
          "(( CURRENT > 2 )) || tool=\n"
          "case $tool in\n",
          out);
    for (size_t i = 1; i <= TOOLS; i++) {
        const tool *t = &tools[i % TOOLS];
        fprintf(out, "    %s) options=(\n", t->name ? t->name : "*");
        put_rows(out, t, put_zsh_option);
        fputs("        )\n", out);
        if (t->takes_allocators) {
            fputs("        operands=('*:trace or allocator:{_files; compadd ", out);
            put_allocators(out);
            fputs("}')\n", out);
        }
        if (t->name) fputs("        shift words; (( CURRENT-- ))\n", out);
        fputs("        ;;\n", out);
    }
    fputs("esac\n"
          "(( CURRENT > 2 )) || [[ -n $tool ]] || compadd --",
          out);
    for (size_t i = 1; i < TOOLS; i++) fprintf(out, " %s", tools[i].name);
    fputs("\n_arguments $options $operands\n", out);
}

/* --- fish ----------------------------------------------------------------------------------- */

static void put_fish_option(FILE *out, const char *name, const char *value, const char *help)
{
    fprintf(out, " -l %s -d '", name);
    put_line(out, help, "'\\");
    fputs("'", out);
    if (value) {
        fputs(" -x -a '", out);
        put_words(out, name);
        fputs("'", out);
    }
    fputs("\n", out);
}

/* The tool whose options are put now is told before each. */
static void put_fish_line(FILE *out, const char *name, const char *value, const char *help)
{
    fputs("complete -c heapscope -n $when", out);
    put_fish_option(out, name, value, help);
}

static void put_fish(FILE *out)
{
    fputs("# heapscope: completions for fish, made from the program's tables.\n", out);
    for (size_t i = 0; i < TOOLS; i++) {
        const tool *t = &tools[i];
        fprintf(out, "set -l when '%s", t->name ? "" : "not ");
        fputs("string match -qr -- \"^(", out);
        for (size_t k = 1; k < TOOLS; k++)
            if (!t->name || k == i)
                fprintf(out, "%s%s", t->name || k == 1 ? "" : "|", tools[k].name);
        fputs(")\\$\" (commandline -opc)[2]'\n", out);
        put_rows(out, t, put_fish_line);
        if (t->takes_allocators) {
            fputs("complete -c heapscope -n $when -a '", out);
            put_allocators(out);
            fputs("'\n", out);
        }
        if (!t->name) continue;
        fprintf(out, "complete -c heapscope -n 'test (count (commandline -opc)) = 1' -a %s -d '",
                t->name);
        put_line(out, t->about, "'\\");
        fputs("'\n", out);
    }
}

bool hs_completions_put(const char *shell, FILE *out)
{
    static const struct {
        const char *shell;
        void (*put)(FILE *);
    } dialects[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++) {
        if (strcmp(dialects[i].shell, shell) != 0) continue;
        dialects[i].put(out);
        return true;
    }
    return false;
}

/* SPDX-License-Identifier: MIT */
/* Problem sheets: two segments chosen by the top bit, and addresses to translate. With -c the
 * answers follow, step by step.
 *
 * Options, their meaning and defaults are those of the segmentation homework of OSTEP (chapter 16),
 * so what is given by options has the homework's answers. What is not given is random, by a
 * generator of our own: a seed leads to other numbers than there. */
#include "ui/problem_sheet.h"

#include "base/memory.h"
#include "model/workload/random.h"
#include "ui/ansi.h"
#include "ui/options.h"
#include "ui/usage.h"
#include "view/segments.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OK = 0, USAGE = 2 };
enum { MOST_QUESTIONS = 1000, LEAST_SPACE = 4, TRIES = 10000 };
#define MOST_SPACE ((uint64_t)1 << 30)
#define RANDOM     UINT64_MAX /* it was not given */

typedef struct {
    uint64_t space, memory, seed, questions;
    uint64_t base[2], limit[2]; /* as the registers have them: segment 1's base is its end */
    const char *addresses;      /* as they were given, or NULL */
    bool answers;
} sheet;

/* Each option once: for getopt and for the help. */
static const hs_usage_option options[] = {
    {{"asize", required_argument, NULL, 'a'}, "SIZE", "the address space, a power of two (1k)"},
    {{"physmem", required_argument, NULL, 'p'}, "SIZE", "physical memory (16k)"},
    {{"b0", required_argument, NULL, 'b'}, "ADDR", "base of segment 0 (random)"},
    {{"l0", required_argument, NULL, 'l'}, "SIZE", "limit of segment 0 (random)"},
    {{"b1", required_argument, NULL, 'B'}, "ADDR", "base of segment 1, its end: it grows down"},
    {{"l1", required_argument, NULL, 'L'}, "SIZE", "limit of segment 1 (random)"},
    {{"addresses", required_argument, NULL, 'A'}, "LIST", "addresses to translate: 0,100,0x3ff"},
    {{"seed", required_argument, NULL, 's'}, "N", "seed of what is random (0)"},
    {{"numaddrs", required_argument, NULL, 'n'}, "N", "how many random addresses (5)"},
    {{"compute", no_argument, NULL, 'c'}, NULL, "the answers as well, step by step"},
    {{"help", no_argument, NULL, 'h'}, NULL, "show this help"},
};
enum { OPTION_COUNT = sizeof options / sizeof *options };

const hs_usage_option *hs_problem_sheet_rows(size_t *count)
{
    *count = OPTION_COUNT;
    return options;
}

static void put_usage(void)
{
    hs_print(stdout,
             "Usage: heapscope --ostep-segmentation [OPTION...]\n\n"
             "Prints a problem sheet on segmentation, with the options of OSTEP's homework:\n\n");
    for (int i = 0; i < OPTION_COUNT; i++) {
        char name[40];
        const struct option *o = &options[i].option;
        snprintf(name, sizeof name, "-%c, --%s%s%s", o->val, o->name,
                 options[i].argument ? "=" : "", options[i].argument ? options[i].argument : "");
        hs_print(stdout, "  %-24s %s\n", name, options[i].help);
    }
    hs_print(
        stdout,
        "\nGiven bases, limits and addresses have the homework's answers. Random ones come from\n"
        "a generator of our own: the same seed leads to other numbers than there.\n");
}

static const char tool[] = "heapscope --ostep-segmentation", hint[] = "-h lists the options";

static int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int complain(const char *format, ...)
{
    va_list what;
    va_start(what, format);
    int status = hs_usage_complain(tool, hint, format, what);
    va_end(what);
    return status;
}

static int read_number(char option, uint64_t *value)
{
    if (hs_options_size(optarg, strlen(optarg), value)) return OK;
    return complain("-%c %s is no number such as 20, 0x14, 1k", option, optarg);
}

static int handle(int option, sheet *s)
{
    switch (option) {
    case 'a': return read_number('a', &s->space);
    case 'p': return read_number('p', &s->memory);
    case 'b': return read_number('b', &s->base[0]);
    case 'l': return read_number('l', &s->limit[0]);
    case 'B': return read_number('B', &s->base[1]);
    case 'L': return read_number('L', &s->limit[1]);
    case 's': return read_number('s', &s->seed);
    case 'n': return read_number('n', &s->questions);
    case 'A': s->addresses = optarg; return OK;
    case 'c': s->answers = true; return OK;
    }
    return OK;
}

/* --- What is random ------------------------------------------------------------------------- */

static uint64_t random_below(uint64_t *state, uint64_t n)
{
    return hs_random(state) % n;
}

static bool overlap(const sheet *s)
{
    uint64_t end0 = s->base[0] + s->limit[0], start1 = s->base[1] - s->limit[1];
    return s->limit[0] && s->limit[1] && s->base[0] < s->base[1] && start1 < end0;
}

/* Choose the bases that are not given, somewhere in memory where the segments do not overlap. */
static bool place(sheet *s, uint64_t *random)
{
    const sheet given = *s;
    for (int i = 0; i < TRIES; i++) {
        if (given.base[0] == RANDOM) s->base[0] = random_below(random, s->memory - s->limit[0] + 1);
        if (given.base[1] == RANDOM)
            s->base[1] = s->limit[1] + random_below(random, s->memory - s->limit[1] + 1);
        if (!overlap(s)) return true;
    }
    return false;
}

/* --- Checking ------------------------------------------------------------------------------- */

static int check_sizes(const sheet *s)
{
    if (s->space < LEAST_SPACE || s->space > MOST_SPACE || s->space & (s->space - 1))
        return complain("an address space is a power of two from 4 to 1G, not %" PRIu64, s->space);
    if (s->memory <= s->space || s->memory > MOST_SPACE * 4)
        return complain("physical memory is larger than the address space, up to 4G: not %" PRIu64,
                        s->memory);
    if (s->questions > MOST_QUESTIONS)
        return complain("a sheet has at most %d questions", MOST_QUESTIONS);
    for (int i = 0; i < 2; i++)
        if (s->limit[i] != RANDOM && s->limit[i] > s->space / 2)
            return complain(
                "the limit of segment %d is at most half of the address space, %" PRIu64, i,
                s->space / 2);
    return OK;
}

static int check_places(const sheet *s)
{
    if (s->base[0] > s->memory - s->limit[0])
        return complain("segment 0 ends beyond physical memory");
    if (s->base[1] > s->memory || s->base[1] < s->limit[1])
        return complain(
            "segment 1 goes down from its base by its limit: that leaves physical memory");
    if (overlap(s)) return complain("the segments overlap in physical memory");
    return OK;
}

/* --- The sheet ------------------------------------------------------------------------------ */

static hs_mmu_tables tables_of(const sheet *s)
{
    return (hs_mmu_tables){.kind = HS_MMU_SEGMENTATION,
                           .bits = (unsigned)__builtin_ctzll(s->space),
                           .select = 1,
                           .entries = {{s->base[0], s->limit[0], HS_MAY_ALL, false, false},
                                       {s->base[1], s->limit[1], HS_MAY_ALL, true, false}}};
}

static void put_questions(const sheet *s)
{
    hs_print(stdout,
             "Segmentation with two segments\n\n"
             "An address space of %" PRIu64 " bytes, %" PRIu64 " bytes of physical memory.\n"
             "The top bit of a virtual address chooses the segment.\n\n"
             "  segment  base                     limit  grows\n",
             s->space, s->memory);
    for (int i = 0; i < 2; i++)
        hs_print(stdout, "  %-7d  0x%08" PRIx64 " %12" PRIu64 "  %6" PRIu64 "  %s\n", i, s->base[i],
                 s->base[i], s->limit[i], i ? "down" : "up");
    hs_print(stdout,
             "\nWhich physical address does each virtual address have? Or does it fault?\n\n");
}

static void put_answer(const hs_mmu_tables *tables, uint64_t address, size_t number)
{
    hs_translation t = hs_mmu_translate(tables, address, 0);
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    hs_put_translation(out, tables, &t, NULL);
    hs_text_end(out);
    hs_print(stdout, "\n%3zu. 0x%08" PRIx64 " %6" PRIu64 "  ", number, address, address);
    if (t.fault == HS_FAULT_SPACE)
        hs_print(stdout, "faults: no address of this space\n");
    else if (t.fault)
        hs_print(stdout, "faults: segment %u, out of bounds\n", t.entry);
    else
        hs_print(stdout, "0x%08" PRIx64 " (%" PRIu64 "), in segment %u\n", t.physical, t.physical,
                 t.entry);
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        hs_print(stdout, "        %.*s\n", (int)n, line);
        line += n + (line[n] == '\n');
    }
    free(text);
}

/* Collect the addresses, given or random; false at one that is no number. */
static bool collect(const sheet *s, uint64_t *random, uint64_t *out, size_t *count)
{
    *count = 0;
    for (; !s->addresses && *count < s->questions; ++*count)
        out[*count] = random_below(random, s->space);
    for (const char *a = s->addresses; a && *count < MOST_QUESTIONS; ++*count) {
        size_t n = strcspn(a, ",");
        if (n == 0) return complain("-A: an address is missing in %s", s->addresses), false;
        if (!hs_options_size(a, n, &out[*count]))
            return complain("-A: %.*s is no address", (int)n, a), false;
        a = a[n] ? a + n + 1 : NULL;
    }
    return true;
}

static int print_sheet(const sheet *s, uint64_t *random)
{
    uint64_t addresses[MOST_QUESTIONS];
    size_t count;
    hs_mmu_tables tables = tables_of(s);
    if (!collect(s, random, addresses, &count)) return USAGE;
    put_questions(s);
    for (size_t i = 0; i < count; i++)
        hs_print(stdout, "%3zu. 0x%08" PRIx64 " %6" PRIu64 "  ____________________\n", i + 1,
                 addresses[i], addresses[i]);
    if (!s->answers) return OK;
    hs_print(stdout, "\nAnswers\n");
    for (size_t i = 0; i < count; i++) put_answer(&tables, addresses[i], i + 1);
    return OK;
}

int hs_problem_sheet(int argc, char **argv)
{
    sheet s = {.space = 1024,
               .memory = 16384,
               .questions = 5,
               .base = {RANDOM, RANDOM},
               .limit = {RANDOM, RANDOM}};
    struct option long_options[OPTION_COUNT + 1] = {0};
    for (int i = 0; i < OPTION_COUNT; i++) long_options[i] = options[i].option;
    int option, status = OK;
    while ((option = hs_usage_next(argc, argv, ":a:p:b:l:B:L:A:s:n:ch", long_options)) != -1) {
        if (option == 'h') return put_usage(), OK;
        if (option == '?' || option == ':')
            return hs_usage_refuse(tool, hint, option, argv, long_options);
        if ((status = handle(option, &s))) return status;
    }
    if (optind < argc) return complain("%s is no option", argv[optind]);
    if ((status = check_sizes(&s))) return status;
    uint64_t random = s.seed, half = s.space / 2;
    for (int i = 0; i < 2; i++)
        if (s.limit[i] == RANDOM)
            s.limit[i] = half / 4 + random_below(&random, half - half / 4 + 1);
    bool given = s.base[0] != RANDOM && s.base[1] != RANDOM;
    if (!given && !place(&s, &random))
        return complain("the segments do not fit into physical memory together");
    return (status = check_places(&s)) ? status : print_sheet(&s, &random);
}

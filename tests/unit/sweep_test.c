/* SPDX-License-Identifier: MIT */
/* Every command of the table after every set-up, and a soup of random lines: the program itself, in
 * line mode. Nothing crashes, nothing runs for ever, no control character reaches the terminal, and
 * what failed ends with a status that says so.
 *
 * Set-ups and commands are made from the tables, so that a new row is swept, too. A batch of lines
 * is one run of the program; when it goes wrong, its lines are tried in smaller and smaller batches
 * until the few that matter are left. */
#include "check.h"
#include "random.h"

#include "language/command.h"

#include <heapscope/allocator.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *heapscope;
static const char *trace;

/* So many batches that go wrong are made small, which takes its time. */
enum { MADE_SMALL = 3 };
static int failures;

/* --- One run --------------------------------------------------------------------------------- */

typedef struct {
    char **lines;
    size_t count, capacity;
} batch;

static void add(batch *b, const char *line)
{
    if (b->count == b->capacity) {
        b->capacity = b->capacity ? 2 * b->capacity : 64;
        b->lines = realloc(b->lines, b->capacity * sizeof *b->lines);
        assert_non_null(b->lines);
    }
    b->lines[b->count++] = strdup(line);
}

static void drop(batch *b)
{
    for (size_t i = 0; i < b->count; i++) free(b->lines[i]);
    free(b->lines);
    *b = (batch){0};
}

#if defined __SANITIZE_ADDRESS__
enum { SLOWNESS = 5 };
#else
enum { SLOWNESS = 1 };
#endif

/* Seconds of processor time that a run may take: two for a line that hangs. */
static rlim_t patience(size_t lines)
{
    return (rlim_t)(SLOWNESS * (2 + lines / 50));
}

/* A file without a name, which ends with whoever holds it. */
static int unnamed(void)
{
    int fd = open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

static void run_child(const char *argument, int in, int out, int err, rlim_t seconds)
{
    char folder[] = "/tmp/heapscope-sweep-XXXXXX";
    if (!mkdtemp(folder) || chdir(folder) != 0) _exit(99);
    rmdir(folder); /* what is written here goes nowhere, and stays nowhere */
    setrlimit(RLIMIT_CPU, &(struct rlimit){seconds, seconds + 1});
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execl(heapscope, heapscope, "--plain", argument, (char *)NULL);
    _exit(99);
}

static char *content(int fd, size_t *length)
{
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    char *text = malloc((size_t)st.st_size + 1);
    *length = (size_t)st.st_size;
    assert_int_equal(pread(fd, text, *length, 0), (ssize_t)*length);
    text[*length] = 0;
    return text;
}

/* A byte that a terminal would take for more than text, or NULL: of the C0 controls all but the end
 * of a line (a progress line is shown on a terminal alone), DEL, and the C1 controls in UTF-8. */
static const char *control(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i], next = (unsigned char)text[i + 1];
        if ((c < 0x20 && c != '\n') || c == 0x7f) return text + i;
        if (c == 0xc2 && next >= 0x80 && next < 0xa0) return text + i;
    }
    return NULL;
}

/* What is wrong with a run of these lines; "" when nothing is. */
static void judge(const char *argument, char *const *lines, size_t count, char *wrong, size_t size)
{
    int in = unnamed(), out = unnamed(), err = unnamed(), status = 0;
    for (size_t i = 0; i < count; i++) dprintf(in, "%s\n", lines[i]);
    lseek(in, 0, SEEK_SET);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) run_child(argument, in, out, err, patience(count));
    assert_int_equal(waitpid(child, &status, 0), child);
    size_t said, complained;
    char *answer = content(out, &said), *complaint = content(err, &complained);
    const char *raw = control(answer, said);
    if (!raw) raw = control(complaint, complained);
    wrong[0] = 0;
    if (WIFSIGNALED(status))
        snprintf(wrong, size, "ended by signal %d: %.1500s", WTERMSIG(status), complaint);
    else if (WEXITSTATUS(status) > 1)
        snprintf(wrong, size, "exit status %d: %.1500s", WEXITSTATUS(status), complaint);
    else if (raw)
        snprintf(wrong, size, "a raw control character: 0x%02x before %.40s", (unsigned char)*raw,
                 raw + 1);
    else if (strstr(complaint, ": error:") || (complained > 0) != (WEXITSTATUS(status) == 1))
        snprintf(wrong, size, "exit status %d beside: %.400s", WEXITSTATUS(status), complaint);
    free(answer);
    free(complaint);
    close(in);
    close(out);
    close(err);
}

/* Fewer lines that go wrong still: parts are left out as long as that is so. */
static size_t reduce(const char *argument, char **lines, size_t count)
{
    char wrong[2048];
    for (size_t part = count / 2; part > 0; part /= 2)
        for (size_t at = 0; at + part <= count;) {
            char **fewer = malloc(count * sizeof *fewer);
            memcpy(fewer, lines, at * sizeof *fewer);
            memcpy(fewer + at, lines + at + part, (count - at - part) * sizeof *fewer);
            judge(argument, fewer, count - part, wrong, sizeof wrong);
            if (wrong[0]) {
                count -= part;
                memcpy(lines, fewer, count * sizeof *fewer);
            } else
                at += part;
            free(fewer);
        }
    return count;
}

/* True when all is well; else what is wrong is told, with the lines that lead there. */
static bool holds(const char *argument, const batch *b)
{
    char wrong[2048];
    judge(argument, b->lines, b->count, wrong, sizeof wrong);
    if (!wrong[0]) return true;
    if (++failures > MADE_SMALL) return false;
    char **lines = malloc(b->count * sizeof *lines);
    memcpy(lines, b->lines, b->count * sizeof *lines);
    size_t count = reduce(argument, lines, b->count);
    judge(argument, lines, count, wrong, sizeof wrong);
    print_error("--plain %s with:\n", argument ? argument : "");
    for (size_t i = 0; i < count; i++) print_error("    %s\n", lines[i]);
    print_error("%s\n", wrong);
    free(lines);
    return false;
}

/* --- Samples of each parameter ---------------------------------------------------------------- */

enum { SAMPLES = 5 };

static const char *const samples[][SAMPLES] = {
    [HS_PARAMETER_SIZE] = {"24", "0", "1", "1M", "18446744073709551615"},
    [HS_PARAMETER_POINTER] = {"a", "b", "a+8", "NULL", "0x107000028"},
    [HS_PARAMETER_BYTES] = {"\"hi\"", "0xff*64", "'A'*8", "\"\"", "7"},
    [HS_PARAMETER_TEXT] = {"\"a text\"", "x", "\"\"", "a b", "\"\\x1b[31m\""},
    [HS_PARAMETER_FILE] = {"nosuch/file", ".", "\"\"", "/etc/hostname", "a\xc2\x9b"},
    [HS_PARAMETER_ALLOCATOR] = {"tlsf", "best-fit", "bump", "nosuch", "ostep"},
    [HS_PARAMETER_LANE] = {"first-fit", "buddy", "ostep", "bump", "off"},
    [HS_PARAMETER_OPTION] = {"fit", "coalesce", "zoom", "nosuch", "predict"},
    [HS_PARAMETER_VALUE] = {"best", "off", "64", "nosuch", "on"},
    [HS_PARAMETER_COMMAND] = {"malloc", "fit", "nosuch", "set", "m"},
    [HS_PARAMETER_DEMO] = {"nosuch", "0", "999", "\"\"", "x y"},
    [HS_PARAMETER_VIEW] = {"map", "stats", "shape", "why", "nosuch"},
    [HS_PARAMETER_CONDITION] = {"holes == 1", "error { free a }", "size(a) / 0", "1 <",
                                "not leaked"},
    [HS_PARAMETER_WORD] = {"main", "heap", "paging", "nosuch", "w"},
    [HS_PARAMETER_BODY] = {"{ malloc 8 }", "{ }", "{ free p1; free p1 }", "{ undo }", "{ reset }"},
    [HS_PARAMETER_FLAG] = {"", "", "", "", ""},
};

/* Commands for which the samples would take long, end the program or mean nothing. */
static const struct {
    const char *name;
    const char *lines[SAMPLES];
} own_samples[] = {
    {"adversary",
     {"adversary first-fit best-fit seconds 0", "adversary buddy buddy seconds 0", "adversary",
      "adversary bump tlsf seconds 0 to nosuch/file", "adversary a b seconds p1"}},
    {"maps", {"maps self", "maps 0", "maps", "maps nosuch", "maps 99999999"}},
    {"exec", {"exec", "exec /bin/sh", "exec /bin/sh -c x", "exec nosuch", "exec ."}},
    {"ops", {"ops +10,-0", "ops +0,-7", "ops -1", "ops x", "ops +99999999999999999999"}},
    {"find", {"find size>8", "find moved", "find back growth", "find peak", "find"}},
    {"mmu", {"mmu paging 64", "mmu segmentation 8", "mmu base-bounds", "mmu paging 3", "mmu"}},
    {"diff", {"diff", "diff 0", "diff 1", "diff 2", "diff 99"}},
    {"set",
     {"set align 16 replay", "set fit best replay", "set coalesce off", "set growth exact replay",
      "set misuse allow"}},
    {"quit", {"echo x", "", "", "", ""}},
    {"exit", {"exit main", "exit nosuch", "exit main main", "", ""}},
    {"repeat",
     {"repeat 3 { malloc 8; free p1 }", "repeat 0 { malloc 8 }", "repeat 2 { undo }",
      "repeat 2 { split first-fit tlsf; malloc 4 }", "repeat x { }"}},
    {"random", {"random 20", "random 5 seed 7", "random 0", "random", "random 3 seed"}},
    {"branch", {"branch 0", "branch 1", "branch 99", "branch main", "branch"}},
    {"wait", {"wait 1ms", "wait 0s", "wait x", "wait", "wait -1s"}},
    {"generate",
     {"generate 20", "generate --lives fifo", "generate 5 sizes uniform:8-64", "generate x",
      "generate 3 live 0"}},
};

/* The sample-th way to write a command. */
static void write_sample(char *out, size_t size, const hs_command *c, size_t sample)
{
    for (size_t i = 0; i < sizeof own_samples / sizeof *own_samples; i++)
        if (strcmp(own_samples[i].name, c->name) == 0) {
            snprintf(out, size, "%s", own_samples[i].lines[sample]);
            return;
        }
    size_t used = (size_t)snprintf(out, size, "%s", c->name);
    for (size_t i = 0; i < HS_PARAMETERS && c->parameters[i].kind && used < size; i++) {
        const hs_parameter *p = &c->parameters[i];
        if (p->optional && (sample + i) % 3 == 2) continue;
        used += (size_t)snprintf(out + used, size - used, "%s%s %s", p->keyword ? " " : "",
                                 p->keyword ? p->keyword : "",
                                 samples[p->kind][(sample + i) % SAMPLES]);
    }
}

/* --- Every command after every set-up ----------------------------------------------------------
 */

static const char fresh[] = "split off; predict off\nallocator implicit; set fit first\n"
                            "set misuse refuse; mmu segmentation; heap 256 max 64k; reset\n";
static const char work[] = "a = malloc 24; b = malloc 100; c = malloc 8; free b; d = calloc 3 5\n"
                           "realloc a 40; free c; c = aligned_alloc 64 30";

static const char *const states[] = {
    "malloc 0",
    "a = malloc 24; undo 2",
    "a = malloc 24; b = malloc 8; undo 2; b = malloc 100; a = malloc 7",
    "a = malloc 24; undo; redo; forward 3",
    "a = malloc 24; b = malloc 24; write a '!'*80",
    "set misuse allow; a = malloc 24; b = a; free a; free a; malloc 24; malloc 24",
    "a = malloc 24; b = malloc 24; free a; why; step; shape; plot; diff 1",
    "random 40 seed 3; goto 7",
    "random 40 seed 3; goto 7; random 5 seed 9; branch 0",
    "split first-fit best-fit; a = malloc 24; b = malloc 9; free a",
    "split buddy tlsf slab bump; random 20 seed 4; a = p3",
    "a = malloc 24; split tlsf ostep; undo; malloc 8; undo 2",
    "split ostep bump; split tlsf first-fit; a = malloc 3",
    "predict on; a = malloc 24\n\nb = malloc 8\na+32\nfree a\n",
    "quiz n 2 seed 3\n\nNULL\n",
    "quiz slab n 1\n\n",
    "exec; address-space",
    "exec /bin/sh; maps self",
    "mmu base-bounds; touch 0 w; a = malloc 8",
    "mmu paging 64; process b code 128 heap 64 stack 32; run b; touch 0x40 w; grow stack 64",
    "mmu segmentation 2; process b share main; exit main; swap b; compact",
    "set hardened on; allocator hardened; set order fifo; a = malloc 8; free a",
    "heap 16 max 32; a = malloc 9; b = malloc 1",
    "heap 8M max 1G; a = malloc 24; b = malloc 5M; free a",
    "allocator ostep; heap 100 max 100; a = malloc 50; b = malloc 51; free a",
    "a = malloc 24; allocator quick replay; set behind tlsf replay; heap 512 replay",
    "allocator ostep; a = malloc 24; allocator tlsf",
    "allocator tlsf; a = malloc 24; allocator ostep",
    "malloc 1; reset; undo; malloc 2; undo 4; redo",
    "p1 = malloc 8; p2 = p1; p1 = NULL; malloc 8; free p2",
    "note \"x\"; title \"y\"; ask \"z\"; highlight a; zoom 64; set theme light; set size large",
    "demos bump",
    "repeat 300 { malloc 16; malloc 32; free p1 }",
};

/* Where sanitizers make it slow, a run sweeps every third of the options' values, and after each
 * set-up two samples of a command, other ones after the next set-up; all of them the nightly one.
 */
static bool is_short(void)
{
    return SLOWNESS > 1 && random_operations(1) == 1;
}

static void add_commands(batch *b, const char *set_up)
{
    static size_t turn;
    char line[512];
    const hs_command *c;
    for (size_t i = 0; (c = hs_command_at(i)); i++) {
        add(b, fresh);
        add(b, set_up);
        for (size_t k = 0; k < (is_short() ? 2 : SAMPLES); k++) {
            write_sample(line, sizeof line, c, (k + turn) % SAMPLES);
            add(b, line);
        }
    }
    turn += 2;
}

static bool is_left_to_the_night(void)
{
    static size_t turn;
    return is_short() && turn++ % 3 != 0;
}

static bool sweep(const char *argument, const char *set_up)
{
    batch b = {0};
    add_commands(&b, set_up);
    bool good = holds(argument, &b);
    drop(&b);
    return good;
}

/* Each value of an option; of a number both ends. */
static bool sweep_option(const hs_allocator *a, const hs_option *o)
{
    char set_up[512];
    bool good = true;
    size_t values = 2;
    if (o->choices)
        for (values = 0; o->choices[values];) values++;
    for (size_t v = 0; v < values; v++) {
        char value[32];
        snprintf(value, sizeof value, "%" PRIu64, v ? o->maximum : o->minimum);
        snprintf(set_up, sizeof set_up, "allocator %s; set %s %s\n%s", a->name, o->name,
                 o->choices ? o->choices[v] : value, work);
        if (!is_left_to_the_night()) good &= sweep(NULL, set_up);
    }
    return good;
}

static void every_command_runs_after_every_set_up(void **state)
{
    (void)state;
    bool good = true;
    char set_up[512];
    const hs_allocator *a;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++) {
        snprintf(set_up, sizeof set_up, "allocator %s\n%s", a->name, work);
        good &= sweep(NULL, set_up);
        for (size_t k = 0; k < a->option_count; k++) good &= sweep_option(a, &a->options[k]);
    }
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) good &= sweep(NULL, states[i]);
    good &= sweep(trace, "find peak; forward 3; a = malloc 9");
    good &= sweep(trace, "goto 2; malloc 8; back 2; find growth");
    assert_true(good);
}

/* --- A soup of random lines ---------------------------------------------------------------------
 */

/* Words of which lines are made: what the tables say, and what people mistype. */
static const char *const scraps[] = {
    "p1",
    "p2",
    "a",
    "b",
    "a",
    "=",
    "==",
    "+",
    "-",
    "*",
    "8",
    "24",
    "100",
    "0x107000008",
    "NULL",
    "{",
    "}",
    "(",
    ")",
    ";",
    ",",
    "\"",
    "'",
    "'A'*9",
    "1k",
    "-1",
    "on",
    "off",
    "#x",
    "best",
    "replay",
    "tlsf",
    "bump",
    "buddy",
    "slab",
    "ostep",
    "0",
    "99999999999999999999",
    "seed",
    "max",
    "to",
    "and",
    "not",
    "error",
    "\\x",
    "\x1b[2J",
    ("\xc2\x9b"
     "31m"),
    "\xff",
    "\xe2\x80\xae",
    "é",
    "size(a)",
    "holes",
    "live",
    "/",
    "%",
    "<",
    "..",
};

static const char *scrap(uint64_t *random)
{
    return scraps[random_below(random, sizeof scraps / sizeof *scraps)];
}

/* Is it left out, for it takes long, ends the batch, or reads and writes files? */
static bool is_left_out(const char *name)
{
    static const char *const names[] = {"adversary", "quit",  "exit", "save", "source",
                                        "maps",      "demos", "wait", "exec"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

static size_t command_count(void)
{
    size_t n = 0;
    while (hs_command_at(n)) n++;
    return n;
}

/* Half of the lines are commands as they should be, the others have a scrap too many, or are
 * nothing but scraps. */
static void random_line(char *out, size_t size, uint64_t *random)
{
    const hs_command *c;
    do c = hs_command_at(random_below(random, command_count()));
    while (is_left_out(c->name));
    write_sample(out, size, c, random_below(random, SAMPLES));
    size_t used = strlen(out), more = 0;
    switch (random_below(random, 8)) {
    case 0: snprintf(out, size, "a = malloc %u", (unsigned)random_below(random, 200)); return;
    case 1: snprintf(out, size, "free %s", scrap(random)); return;
    case 2: used = 0, more = 1 + random_below(random, 6); break;
    case 3: more = 1 + random_below(random, 2); break;
    default: return;
    }
    while (more-- && used < size)
        used += (size_t)snprintf(out + used, size - used, " %s", scrap(random));
}

static void a_soup_of_random_lines_does_no_harm(void **state)
{
    (void)state;
    enum { LINES = 10000, BATCH = 100 };
    size_t lines = random_operations(LINES);
    if (lines == LINES) lines /= SLOWNESS; /* but not in the nightly run */
    uint64_t random = 1;
    bool good = true;
    char line[1024];
    for (size_t n = 0; n < lines && good; n += BATCH) {
        batch b = {0};
        for (size_t i = 0; i < BATCH; i++) {
            random_line(line, sizeof line, &random);
            add(&b, line);
        }
        good = holds(NULL, &b);
        drop(&b);
    }
    assert_true(good);
}

int main(int argc, char **argv)
{
    if (argc < 3) return 99;
    if (!(heapscope = realpath(argv[1], NULL))) return 99; /* it runs in folders of its own */
    trace = argv[2];
    unsetenv("HEAPSCOPE_DEMOS");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_runs_after_every_set_up),
        cmocka_unit_test(a_soup_of_random_lines_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

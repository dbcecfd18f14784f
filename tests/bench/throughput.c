/* SPDX-License-Identifier: MIT */
/* Utilization against throughput: every allocator of the registry, the malloc of the C library and
 * a bare bump pointer, inlined and called, on the same workloads in the same run.
 *
 *      throughput [--markdown] [--only ALLOCATOR]... [--preload LIBRARY]... [WORKLOAD]...
 *
 * Time. Each round gives every allocator a fresh heap as large as the workload will need, all of
 * its pages touched; builds up what is live; then times the steady requests. Each round has them in
 * another order: who comes next finds caches and predictions as the one before left them. Medians
 * count. malloc keeps the heap of its first rounds, and trims nothing: that is to its advantage.
 *
 * Utilization. The most bytes ever live / the most bytes ever from the heap's start to the end of
 * its last block in use; for glibc, all it has from the system but the top chunk. Sampled, in a
 * heap that starts small, in glibc's case in a process of its own.
 *
 * Blocks examined are counted in the probed build: the same on every machine. Who examines many is
 * measured on fewer requests, marked with *: the first ones up to EXAMINED blocks in all.
 *
 * mimalloc and jemalloc join, as malloc in a process with LD_PRELOAD, where they are installed. */
#include "measuring.h"
#include "players.h"

#include <glob.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ROUNDS = 15,
    FEW_ROUNDS = 3, /* of who examines many blocks; of the probed build */
    EXAMINED = 20000000,
    SAMPLE_HEAP = 512, /* requests from one look at the heap's extent to the next */
    SAMPLE_MALLOC = 64,
    COLUMNS = 32,
    LIBRARIES = 8,
};

typedef enum { NOT_MEASURED, MEASURED, OUT_OF_MEMORY, DAMAGED } state;

typedef struct {
    state state;
    size_t requests;    /* steady ones that were timed */
    uint64_t committed; /* what the heap grew to */
    double ns;          /* a request */
    double utilization; /* NAN: not known */
    double examined;    /* blocks a request; NAN: not counted */
    double probes;      /* time of the probed build / time of the raw build; NAN: none */
    double times[ROUNDS];
    int rounds;
} result;

typedef struct {
    const char *name;
    const hs_allocator *raw, *probed; /* NULL: malloc or the bare pointer */
    const char *library;              /* NULL, or what takes malloc's place */
    const char *choice;               /* of an option, which is not its initial one; or NULL */
    size_t player;                    /* of a heap */
} lane;

typedef struct {
    lane list[COLUMNS];
    size_t count, malloc, bare, called; /* where these three are */
} field;

/* --- Time ---------------------------------------------------------------------------------------
 */

static double now(void)
{
    return seconds_by(CLOCK_PROCESS_CPUTIME_ID) * 1e9;
}

static double median(double *times, int n)
{
    qsort(times, (size_t)n, sizeof *times, by_size);
    return times[n / 2];
}

/* Touch every page, and change none. */
static void touch(hs_heap *h)
{
    for (hs_addr at = hs_heap_base(h); at < hs_heap_end(h); at += 4096) {
        uint8_t byte = *hs_heap_bytes(h, at, 1);
        hs_heap_poke(h, at, &byte, 1);
    }
}

static hs_heap *new_heap(const lane *c, hs_build build, uint64_t initial)
{
    const hs_allocator *a = build == HS_RAW ? c->raw : c->probed;
    hs_heap_config config = {initial, HS_HEAP_MAXIMUM};
    uint64_t options[HS_OPTIONS];
    for (size_t i = 0; i < a->option_count; i++) {
        options[i] = a->options[i].initial;
        for (uint64_t k = 0; c->choice && a->options[i].choices && a->options[i].choices[k]; k++)
            if (strcmp(a->options[i].choices[k], c->choice) == 0) options[i] = k;
    }
    hs_heap *h = hs_heap_new(&config, a, build, options);
    return h;
}

static double time_heap(const lane *c, hs_build build, const play *p, const result *r,
                        uint64_t *slots)
{
    hs_heap *h = new_heap(c, build, r->committed);
    if (!h) return NAN;
    touch(h);
    play_heap(c->player, h, p->ops, p->build, slots);
    double from = now();
    play_heap(c->player, h, p->ops + p->build, r->requests, slots);
    double ns = (now() - from) / (double)r->requests;
    hs_heap_free(h);
    return ns;
}

/* The bytes that the bare pointer passes over. */
static uint64_t passed_over(const play *p)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < p->build + p->steady; i++)
        if (p->ops[i].kind != OP_FREE) bytes += (p->ops[i].size + 7u) & ~7u;
    return bytes;
}

/* Its memory is as large as a heap that doubles, and touched the same way, read and then written:
 * what the processor's caches hold is then the same, and so is how the system came by the pages. */
static double time_bare(const play *p, uint64_t *slots,
                        size_t (*player)(bare *, const op *, size_t, uint64_t *))
{
    uint64_t bytes = HS_HEAP_INITIAL;
    while (bytes < passed_over(p)) bytes *= 2;
    uint8_t *memory = pages(bytes);
    for (volatile uint8_t *at = memory; at < memory + bytes; at += 4096) *at = *at;
    bare b = {(uint64_t)(uintptr_t)memory, (uint64_t)(uintptr_t)memory + bytes};
    player(&b, p->ops, p->build, slots);
    double from = now();
    player(&b, p->ops + p->build, p->steady, slots);
    double ns = (now() - from) / (double)p->steady;
    munmap(memory, bytes);
    return ns;
}

static double time_malloc(const play *p, uint64_t *slots)
{
    play_malloc(p->ops, p->build, slots);
    double from = now();
    play_malloc(p->ops + p->build, p->steady, slots);
    double ns = (now() - from) / (double)p->steady;
    play_malloc(p->ops + p->build + p->steady, p->drain, slots);
    return ns;
}

/* --- What does not depend on time ------------------------------------------------------------- */

/* Bytes that the client holds now, and at most. */
typedef struct {
    uint64_t now, most;
} live;

static void follow(live *l, const op *o)
{
    if (o->kind != OP_FREE) l->now += o->size;
    l->now -= o->old;
    if (l->now > l->most) l->most = l->now;
}

/* Bytes from the heap's start to the end of its last block in use. */
static uint64_t extent(const hs_heap *h)
{
    const hs_allocator *a = hs_heap_allocator(h);
    hs_addr end = hs_heap_base(h);
    hs_block b, last;
    for (const hs_block *previous = NULL; a->walk(h, previous, &b); previous = &last) {
        last = b;
        if (b.kind != HS_BLOCK_FREE && b.kind != HS_BLOCK_UNUSED) end = b.addr + b.size;
    }
    return end - hs_heap_base(h);
}

static bool intact(const hs_heap *h, const op *o, const uint64_t *slots)
{
    uint64_t stamp;
    if (o->kind == OP_MALLOC) return true;
    return hs_heap_peek(h, slots[o->slot], &stamp) && stamp == o->slot;
}

/* Play once in the probed build. Says how many requests will be timed. */
static void survey_heap(const lane *c, const play *p, result *r, uint64_t *slots)
{
    hs_heap *h = new_heap(c, HS_PROBED, HS_HEAP_INITIAL);
    live l = {0};
    uint64_t examined = 0, heap = 0;
    size_t i, end = p->build + p->steady;
    r->state = MEASURED;
    for (i = 0; i < end && examined < EXAMINED; i++) {
        const op *o = &p->ops[i];
        if (!intact(h, o, slots)) r->state = DAMAGED;
        if (!play_heap(c->player, h, o, 1, slots)) r->state = OUT_OF_MEMORY;
        if (r->state != MEASURED) break;
        follow(&l, o);
        if (i >= p->build) examined += hs_events_counts(h).visits;
        if (i % SAMPLE_HEAP == 0 || i + 1 == end) {
            uint64_t bytes = extent(h);
            if (bytes > heap) heap = bytes;
        }
    }
    r->requests = i > p->build ? i - p->build : 0;
    r->committed = hs_heap_committed(h);
    r->utilization = (double)l.most / (double)heap;
    r->examined = r->requests ? (double)examined / (double)r->requests : NAN;
    hs_heap_free(h);
}

/* What malloc has from the system, but for the chunk on top and what was in use before. */
static uint64_t malloc_extent(uint64_t before)
{
    struct mallinfo2 m = mallinfo2();
    return m.arena - m.keepcost + m.hblkhd - before;
}

static void survey_malloc(const play *p, result *r, uint64_t *slots)
{
    struct mallinfo2 m = mallinfo2();
    uint64_t before = m.uordblks + m.hblkhd, heap = 0;
    live l = {0};
    size_t end = p->build + p->steady;
    for (size_t i = 0; i < end; i++) {
        play_malloc(&p->ops[i], 1, slots);
        follow(&l, &p->ops[i]);
        if (i % SAMPLE_MALLOC && i + 1 < end) continue;
        uint64_t bytes = malloc_extent(before);
        if (bytes > heap) heap = bytes;
    }
    play_malloc(p->ops + end, p->drain, slots);
    r->utilization = m.arena ? (double)l.most / (double)heap : NAN;
}

static void survey_bare(const play *p, result *r)
{
    live l = {0};
    for (size_t i = 0; i < p->build + p->steady; i++) follow(&l, &p->ops[i]);
    r->utilization = (double)l.most / (double)passed_over(p);
}

/* --- One workload ----------------------------------------------------------------------------- */

/* Run in a child process, so that its heap is fresh and its crash is only its own. */
static bool in_child(void (*run)(const field *, const workload *, result *), const field *f,
                     const workload *w, result *results)
{
    fflush(stdout);
    pid_t child = fork();
    if (child < 0) return false;
    if (child == 0) {
        run(f, w, results);
        _exit(0);
    }
    int status;
    return waitpid(child, &status, 0) == child && status == 0;
}

static void survey_child(const field *f, const workload *w, result *results)
{
    play p = workload_generate(w);
    uint64_t *slots = pages(w->slots * sizeof *slots);
    survey_malloc(&p, &results[f->malloc], slots);
}

static double one_round(const lane *c, const field *f, const play *p, const result *r,
                        uint64_t *slots)
{
    if (c->raw) return time_heap(c, HS_RAW, p, r, slots);
    if (c == &f->list[f->bare]) return time_bare(p, slots, play_bare);
    if (c == &f->list[f->called]) return time_bare(p, slots, play_called);
    return time_malloc(p, slots);
}

static bool plays_here(const lane *c, const result *r)
{
    return !c->library && r->state == MEASURED && r->requests;
}

/* Fisher & Yates, on numbers that are the same in every run. */
static void shuffle(size_t *order, size_t n, unsigned short random[3])
{
    for (size_t i = n; i > 1; i--) {
        size_t k = (size_t)nrand48(random) % i, last = order[i - 1];
        order[i - 1] = order[k];
        order[k] = last;
    }
}

static void play_rounds(const field *f, const play *p, result *results, uint64_t *slots)
{
    unsigned short random[3] = {2026};
    size_t order[COLUMNS];
    for (size_t i = 0; i < f->count; i++) order[i] = i;
    time_malloc(p, slots); /* its heap is warm, as the others' pages are */
    for (int round = 0; round < ROUNDS; round++) {
        shuffle(order, f->count, random);
        for (size_t k = 0; k < f->count; k++) {
            size_t i = order[k];
            result *r = &results[i];
            bool few = r->requests < p->steady;
            if (!plays_here(&f->list[i], r) || (few && round >= FEW_ROUNDS)) continue;
            r->times[r->rounds++] = one_round(&f->list[i], f, p, r, slots);
        }
    }
    for (size_t i = 0; i < f->count; i++)
        if (results[i].rounds) results[i].ns = median(results[i].times, results[i].rounds);
}

static void play_probed(const lane *c, const play *p, result *r, uint64_t *slots)
{
    double times[FEW_ROUNDS];
    int rounds = r->requests < p->steady ? 1 : FEW_ROUNDS;
    if (!c->probed || !plays_here(c, r)) return;
    for (int i = 0; i < rounds; i++) times[i] = time_heap(c, HS_PROBED, p, r, slots);
    r->probes = median(times, rounds) / r->ns;
}

static void rounds_child(const field *f, const workload *w, result *results)
{
    play p = workload_generate(w);
    uint64_t *slots = pages(w->slots * sizeof *slots);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    for (size_t i = 0; i < f->count; i++) {
        const lane *c = &f->list[i];
        result *r = &results[i];
        if (c->probed) {
            survey_heap(c, &p, r, slots);
        } else if (!c->library) {
            if (i == f->bare || i == f->called) survey_bare(&p, r);
            r->state = MEASURED;
            r->requests = p.steady;
        }
    }
    play_rounds(f, &p, results, slots);
    for (size_t i = 0; i < f->count; i++) play_probed(&f->list[i], &p, &results[i], slots);
}

/* --- Libraries that take malloc's place ------------------------------------------------------- */

/* What the process with LD_PRELOAD does: print the time of malloc. */
static int malloc_alone(const char *name)
{
    for (size_t i = 0; i < workload_count; i++) {
        if (strcmp(workloads[i].name, name) != 0) continue;
        play p = workload_generate(&workloads[i]);
        uint64_t *slots = pages(workloads[i].slots * sizeof *slots);
        double times[ROUNDS];
        time_malloc(&p, slots);
        for (int round = 0; round < ROUNDS; round++) times[round] = time_malloc(&p, slots);
        printf("%f\n", median(times, ROUNDS));
        return 0;
    }
    return 2;
}

static void preloaded(const char *library, const workload *w, result *r)
{
    char line[64] = "";
    int ends[2], status;
    if (pipe(ends)) return;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        setenv("LD_PRELOAD", library, 1);
        execl("/proc/self/exe", "throughput", "--malloc-alone", w->name, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    ssize_t n = read(ends[0], line, sizeof line - 1);
    close(ends[0]);
    if (child < 0 || waitpid(child, &status, 0) != child || status || n <= 0) return;
    r->ns = atof(line);
    r->state = MEASURED;
}

/* --- The lanes -------------------------------------------------------------------------------- */

/* No names stand for all. */
static bool is_among(const char *name, char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0) return true;
    return n == 0;
}

static void enter(field *f, lane c)
{
    if (f->count == COLUMNS) return;
    c.player = f->count;
    f->list[f->count++] = c;
}

/* mimalloc or jemalloc, in the first of the usual places that has it. */
static void enter_installed(field *f, const char *name, const char *file)
{
    static const char *const folders[] = {"/usr/lib/*-linux-gnu", "/usr/lib64", "/usr/lib",
                                          "/usr/local/lib"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char pattern[128];
        glob_t found;
        snprintf(pattern, sizeof pattern, "%s/%s", folders[i], file);
        int failed = glob(pattern, 0, NULL, &found);
        if (!failed) enter(f, (lane){.name = name, .library = strdup(found.gl_pathv[0])});
        globfree(&found);
        if (!failed) return;
    }
}

static field gather(char *const *libraries, size_t count, char *const *only, size_t only_count)
{
    field f = {0};
    for (size_t i = 0; hs_allocator_at(i, HS_RAW); i++) {
        const hs_allocator *raw = hs_allocator_at(i, HS_RAW);
        if (raw->model_base || !is_among(raw->name, only, only_count)) continue;
        enter(&f, (lane){.name = raw->name, .raw = raw, .probed = hs_allocator_at(i, HS_PROBED)});
    }
    const hs_allocator *raw = hs_allocator_named("quick", HS_RAW);
    if (is_among(raw->name, only, only_count))
        enter(&f, (lane){.name = "quick, tlsf",
                         .raw = raw,
                         .probed = hs_allocator_named("quick", HS_PROBED),
                         .choice = "tlsf"});
    f.malloc = f.count;
    enter(&f, (lane){.name = "glibc malloc"});
    f.bare = f.count;
    enter(&f, (lane){.name = "bare pointer"});
    f.called = f.count;
    enter(&f, (lane){.name = "bare, called"});
    enter_installed(&f, "mimalloc", "libmimalloc.so.?*");
    enter_installed(&f, "jemalloc", "libjemalloc.so.?*");
    for (size_t i = 0; i < count; i++) {
        const char *slash = strrchr(libraries[i], '/');
        enter(&f, (lane){.name = slash ? slash + 1 : libraries[i], .library = libraries[i]});
    }
    return f;
}

/* --- Tables -------------------------------------------------------------------------------------
 */

static void cell(double value, int width, int digits, const char *unit)
{
    if (isnan(value))
        printf("%*s%*s", width, "-", (int)strlen(unit), "");
    else
        printf("%*.*f%s", width, digits, value, unit);
}

static void row(const lane *c, const result *r, double reference, size_t steady)
{
    static const char *const said[] = {"not measured", "", "out of memory", "DAMAGED its client"};
    printf("  %-16s", c->name);
    if (r->state != MEASURED || r->ns <= 0) {
        printf("  %s\n", r->state == MEASURED ? "too slow to measure" : said[r->state]);
        return;
    }
    cell(r->ns, 10, 1, r->requests && r->requests < steady ? "*" : " ");
    cell(1e3 / r->ns, 9, 2, "");
    cell(r->ns / reference, 8, 2, "");
    cell(100 * r->utilization, 9, 1, "%");
    cell(r->examined, 11, 2, "");
    cell(r->probes, 9, 1, "");
    putchar('\n');
}

static void table(const field *f, const workload *w, const result *results)
{
    size_t steady = results[f->malloc].requests;
    printf("\n%s: %s\n", w->name, w->help);
    printf("  %-16s%10s %9s%8s%10s%11s%9s\n", "", "ns/req", "Mreq/s", "glibc=1", "utiliz.",
           "blocks/req", "probes");
    for (size_t i = 0; i < f->count; i++)
        row(&f->list[i], &results[i], results[f->malloc].ns, steady);
    for (size_t i = 0; i < f->count; i++)
        if (results[i].requests && results[i].requests < steady)
            printf("  * %s: the first %zu of %zu requests\n", f->list[i].name, results[i].requests,
                   steady);
}

/* Each cell: time relative to glibc's, and utilization. Markdown or plain columns. */
static void summary(const field *f, const workload *const *chosen, size_t n,
                    const result results[][COLUMNS], bool markdown)
{
    const char *bar = markdown ? "|" : "  ";
    printf(
        "\ntime of a request (glibc malloc = 1) and utilization; * of fewer requests\n\n%s %-16s %s",
        bar, "", bar);
    for (size_t w = 0; w < n; w++) printf(" %-12s %s", chosen[w]->name, bar);
    printf("\n");
    if (markdown) {
        printf("|---|");
        for (size_t w = 0; w < n; w++) printf("---|");
        printf("\n");
    }
    for (size_t i = 0; i < f->count; i++) {
        printf("%s %-16s %s", bar, f->list[i].name, bar);
        for (size_t w = 0; w < n; w++) {
            const result *r = &results[w][i];
            char text[32] = "-";
            int at = 0;
            if (r->ns > 0) {
                double ratio = r->ns / results[w][f->malloc].ns;
                at = snprintf(text, sizeof text, ratio < 10 ? "%.2f%s" : "%.0f%s", ratio,
                              r->requests && r->requests < results[w][f->malloc].requests ? "*"
                                                                                          : "");
                if (!isnan(r->utilization))
                    snprintf(text + at, sizeof text - (size_t)at, ", %.0f%%", 100 * r->utilization);
            } else if (r->state == OUT_OF_MEMORY) {
                snprintf(text, sizeof text, "no memory");
            }
            printf(" %-12s %s", text, bar);
        }
        printf("\n");
    }
}

/* --- The program ------------------------------------------------------------------------------ */

static bool measure(const field *f, const workload *w, result *results)
{
    for (size_t i = 0; i < f->count; i++)
        results[i] = (result){.utilization = NAN, .examined = NAN, .probes = NAN};
    bool whole = in_child(survey_child, f, w, results) && in_child(rounds_child, f, w, results);
    for (size_t i = 0; i < f->count; i++) {
        if (f->list[i].library) preloaded(f->list[i].library, w, &results[i]);
        whole = whole && results[i].state != DAMAGED;
    }
    return whole;
}

int main(int argc, char **argv)
{
    char *libraries[LIBRARIES], *only[COLUMNS];
    size_t library_count = 0, only_count = 0, n = 0;
    bool markdown = false, whole = true;
    int i = 1;
    if (argc == 3 && strcmp(argv[1], "--malloc-alone") == 0) return malloc_alone(argv[2]);
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--markdown") == 0) {
            markdown = true;
        } else if (strcmp(argv[i], "--preload") == 0 && i + 1 < argc && library_count < LIBRARIES) {
            libraries[library_count++] = argv[++i];
        } else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc && only_count < COLUMNS) {
            only[only_count++] = argv[++i];
        } else {
            fputs("usage: throughput [--markdown] [--only ALLOCATOR]... [--preload LIBRARY]... "
                  "[WORKLOAD]...\n",
                  stderr);
            return 2;
        }
    }
    const workload **chosen = pages(workload_count * sizeof *chosen);
    result(*results)[COLUMNS] = mmap(NULL, workload_count * sizeof *results, PROT_READ | PROT_WRITE,
                                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (results == MAP_FAILED) return 1;
    field f = gather(libraries, library_count, only, only_count);
    for (size_t w = 0; w < workload_count; w++) {
        if (!is_among(workloads[w].name, argv + i, (size_t)(argc - i))) continue;
        chosen[n] = &workloads[w];
        if (!measure(&f, chosen[n], results[n])) {
            printf("%s: a measurement did not come to its end\n", chosen[n]->name);
            whole = false;
        }
        table(&f, chosen[n], results[n]);
        n++;
    }
    summary(&f, chosen, n, (const result(*)[COLUMNS])results, markdown);
    return whole ? 0 : 1;
}

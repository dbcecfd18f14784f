/* SPDX-License-Identifier: MIT */
/* A frame of the full screen, after a request, over heaps of 1,000 to 1,000,000 live blocks: what
 * it costs at every zoom, and whether that follows the number of blocks. The references are a frame
 * of a 60 Hz screen, 16.67 ms, and the same picture over the smallest heap, in the same run.
 *
 *      frames [MOST BLOCKS] [--small] [ALLOCATOR...]
 *
 * Blocks are of mixed sizes, most of them small, with a mean of about 4 KiB, so that a million of
 * them fill about 4 GB; with --small all have 1 to 24 bytes, and many are on the screen. A quarter
 * more was allocated, and freed by chance. The very first frame reads the whole heap; those after
 * it what has changed. Of slow motion and undo the time to go there is in it, and for undo that is
 * the most: requests since a checkpoint are performed again. */
#include "measuring.h"
#include "model/workload/random.h"
#include "view/screen.h"

#include <heapscope/reading.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 25 };
static const double frame = 1e3 / 60;
static const uint64_t populations[] = {1000, 100000, 1000000};
enum { POPULATIONS = sizeof populations / sizeof *populations };

typedef struct {
    const char *name;
    uint64_t row; /* bytes a row; 0: the whole heap, HALF: half-way to it */
} zoom;

#define HALF UINT64_MAX
static const zoom zooms[] = {{"bytes", 64},        {"1K a row", 1024}, {"8K a row", 8192},
                             {"64K a row", 65536}, {"half-way", HALF}, {"all", 0}};
enum { ZOOMS = sizeof zooms / sizeof *zooms };

static const struct {
    int rows, columns;
} screens[] = {{24, 80}, {50, 200}};
enum { SCREENS = sizeof screens / sizeof *screens };

typedef struct {
    hs_session *session;
    uint64_t random;
    uint32_t *live; /* the variables of live blocks */
    size_t count;
    bool small; /* all blocks are */
} player;

typedef struct {
    double median, most;
} cost;

static double now(void)
{
    return seconds_by(CLOCK_PROCESS_CPUTIME_ID) * 1e3;
}

static uint64_t below(player *p, uint64_t limit)
{
    return hs_random(&p->random) % limit;
}

static uint64_t some_size(player *p)
{
    uint64_t kind = below(p, 1000);
    if (p->small) return 1 + below(p, 24);
    return 1 + below(p, kind < 900 ? 512 : kind < 990 ? 16384 : 640000);
}

static void perform(player *p, const hs_op *op)
{
    hs_problem problem;
    if (hs_session_perform(p->session, op, &problem)) return;
    fprintf(stderr, "%s\n", problem.what);
    exit(1);
}

static void allocate(player *p)
{
    perform(p, &(hs_op){.kind = HS_OP_REQUEST,
                        .request = HS_MALLOC,
                        .a = some_size(p),
                        .p.variable = HS_NONE});
    p->live[p->count++] = hs_session_last(p->session)->variable;
}

static void release(player *p)
{
    size_t i = (size_t)below(p, p->count);
    perform(p, &(hs_op){.kind = HS_OP_REQUEST, .request = HS_FREE, .p.variable = p->live[i]});
    p->live[i] = p->live[--p->count];
}

static bool populate(player *p, const char *allocator, uint64_t blocks, bool small)
{
    hs_problem problem;
    hs_heap_config heap = {HS_HEAP_INITIAL, (uint64_t)16 << 30};
    *p = (player){.random = 2026,
                  .small = small,
                  .live = calloc(blocks * 5 / 4 + FRAMES * 2, sizeof *p->live)};
    p->session = p->live ? hs_session_new(allocator, &heap, &problem) : NULL;
    if (!p->session) return false;
    while (p->count < blocks * 5 / 4) allocate(p);
    while (p->count > blocks) release(p);
    return true;
}

static double draw(const player *p, hs_screen_state *state, int rows, int columns)
{
    hs_screen_places places;
    double from = now();
    hs_scene *scene = hs_scene_new(rows, columns, false);
    hs_screen_compose(p->session, state, scene, &places);
    hs_scene_free(scene);
    state->top = places.plan.top;
    return now() - from;
}

/* Requests, and a frame after each. */
static cost measure(player *p, int rows, int columns, uint64_t row_bytes)
{
    double times[FRAMES];
    hs_screen_state state = {.keys = "F1 help", .follow = true, .zoomed = true, .zoom = row_bytes};
    for (int i = 0; i < FRAMES; i++) {
        if (i % 2)
            release(p);
        else
            allocate(p);
        times[i] = draw(p, &state, rows, columns);
    }
    qsort(times, FRAMES, sizeof *times, by_size);
    return (cost){times[FRAMES / 2], times[FRAMES - 1]};
}

static const hs_screen_state small_screen = {.keys = "F1 help", .follow = true};

/* Half-way through the events of a request, and back to its end. */
static cost measure_slow_motion(player *p)
{
    double times[FRAMES];
    hs_screen_state state = small_screen;
    for (int i = 0; i < FRAMES; i++) {
        size_t n;
        allocate(p);
        double from = now();
        if (!hs_session_slow_motion(p->session)) exit(1);
        hs_events(hs_session_heap(p->session), &n);
        hs_session_seek(p->session, n, n / 2);
        times[i] = now() - from + draw(p, &state, 24, 80);
        hs_session_seek(p->session, n / 2, n);
    }
    qsort(times, FRAMES, sizeof *times, by_size);
    return (cost){times[FRAMES / 2], times[FRAMES - 1]};
}

/* One request back after the other, and at last on to where it was. */
static cost measure_undo(player *p)
{
    double times[FRAMES];
    hs_problem problem;
    hs_moment end = hs_session_moment(p->session), at = end;
    hs_screen_state state = small_screen;
    for (int i = 0; i < FRAMES; i++) {
        double from = now();
        at.count--;
        if (!hs_session_go(p->session, at, &problem)) exit(1);
        times[i] = now() - from + draw(p, &state, 24, 80);
    }
    if (!hs_session_go(p->session, end, &problem)) exit(1);
    qsort(times, FRAMES, sizeof *times, by_size);
    return (cost){times[FRAMES / 2], times[FRAMES - 1]};
}

static void tell(const char *screen, const char *what, cost c, cost reference)
{
    printf("  %-8s%-13s %8.2f ms, most %8.2f  ratio %7.2f%s\n", screen, what, c.median, c.most,
           c.median / reference.median, c.most > frame ? "  over a frame" : "");
}

static uint64_t row_bytes(const player *p, const zoom *z)
{
    uint64_t bytes = 64, all = hs_heap_committed(hs_session_heap(p->session));
    while (z->row == HALF && bytes * bytes < all / 2) bytes *= 2;
    return z->row == HALF ? bytes : z->row;
}

static void measure_all(const char *allocator, uint64_t most, bool small)
{
    static cost costs[POPULATIONS][SCREENS][ZOOMS];
    static cost slow[POPULATIONS], undo[POPULATIONS];
    double worst = 0;
    char screen[16];
    for (size_t n = 0; n < POPULATIONS && populations[n] <= most; n++) {
        player p;
        if (!populate(&p, allocator, populations[n], small)) exit(2);
        uint64_t heap = hs_heap_committed(hs_session_heap(p.session));
        printf("%s, %" PRIu64 " %sblocks live, heap %" PRIu64 " MiB; the first frame %.2f ms\n",
               allocator, populations[n], small ? "small " : "", heap >> 20,
               draw(&p, &(hs_screen_state){.keys = "", .zoomed = true}, 24, 80));
        for (size_t i = 0; i < SCREENS; i++) {
            for (size_t z = 0; z < ZOOMS; z++) {
                cost c = measure(&p, screens[i].rows, screens[i].columns, row_bytes(&p, &zooms[z]));
                costs[n][i][z] = c;
                if (c.most > worst) worst = c.most;
                snprintf(screen, sizeof screen, "%dx%d", screens[i].columns, screens[i].rows);
                tell(screen, zooms[z].name, c, costs[0][i][z]);
            }
        }
        slow[n] = measure_slow_motion(&p);
        tell("80x24", "slow motion", slow[n], slow[0]);
        undo[n] = measure_undo(&p);
        tell("80x24", "undo", undo[n], undo[0]);
        fflush(stdout);
        hs_session_free(p.session);
        free(p.live);
    }
    printf("%s: the longest frame took %.2f ms; a frame is %.2f ms\n", allocator, worst, frame);
}

int main(int argc, char **argv)
{
    static const char *const allocators[] = {"bump",  "segregated", "tlsf",
                                             "buddy", "slab",       "explicit"};
    uint64_t most = UINT64_MAX;
    bool small = false, named = false;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--small") == 0)
            small = true;
        else if (strtoull(argv[i], NULL, 0))
            most = strtoull(argv[i], NULL, 0);
        else
            measure_all(argv[i], most, small), named = true;
    for (size_t i = 0; !named && i < sizeof allocators / sizeof *allocators; i++)
        measure_all(allocators[i], most, small);
    return 0;
}

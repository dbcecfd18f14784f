/* SPDX-License-Identifier: MIT */
/* OSTEP's homework on a list of 4,000 operations: `heapscope --ostep` beside a program in Python
 * that does the same, taking turns with it. Both say the same words, or it fails.
 *
 *      homework PROGRAM SCRIPT.py [RUNS] */
#include "measuring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OPERATIONS = 4000, MOST_RUNS = 100 };
#define HEAP "100000"

static const struct {
    const char *policy, *order, *coalesce;
} settings[] = {
    {"BEST", "ADDRSORT", "on"}, {"FIRST", "SIZESORT+", "on"}, {"BEST", "INSERT-BACK", "off"}};
enum { SETTINGS = sizeof settings / sizeof *settings };

/* Sizes of 10 to 100, and frees of what lives, by chance. */
static char *make_list(void)
{
    static unsigned live[OPERATIONS];
    unsigned count = 0, next = 0;
    char *list = calloc(OPERATIONS, 8), *end = list;
    if (!list) exit(1);
    srand(2026);
    for (int i = 0; i < OPERATIONS; i++) {
        if (rand() % 2 && count) {
            unsigned victim = (unsigned)rand() % count;
            end += sprintf(end, "%s-%u", i ? "," : "", live[victim]);
            live[victim] = live[--count];
        } else {
            end += sprintf(end, "%s+%d", i ? "," : "", 10 + rand() % 10 * 10);
            live[count++] = next++;
        }
    }
    return list;
}

typedef struct {
    double times[MOST_RUNS]; /* of the processor, in milliseconds */
    char *said;
    size_t length;
} series;

static void read_all(FILE *from, series *s)
{
    size_t room = 1 << 20, n;
    s->length = 0;
    free(s->said);
    if (!(s->said = malloc(room))) exit(1);
    while ((n = fread(s->said + s->length, 1, room - s->length, from))) {
        s->length += n;
        if (s->length == room && !(s->said = realloc(s->said, room *= 2))) exit(1);
    }
}

static void run(const char *const argv[], series *s, int i)
{
    int ends[2], status;
    struct rusage used;
    if (pipe(ends)) exit(1);
    pid_t child = fork();
    if (!child) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execvp(argv[0], (char *const *)(size_t)argv);
        _exit(127);
    }
    close(ends[1]);
    FILE *from = fdopen(ends[0], "r");
    if (!from) exit(1);
    read_all(from, s);
    fclose(from);
    if (wait4(child, &status, 0, &used) != child || status) {
        fprintf(stderr, "%s failed\n", argv[0]);
        exit(1);
    }
    s->times[i] = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
                  (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
}

static double median(series *s, int runs)
{
    qsort(s->times, (size_t)runs, sizeof *s->times, by_size);
    return s->times[runs / 2];
}

int main(int argc, char **argv)
{
    static series ours, pythons;
    int runs = argc > 3 ? atoi(argv[3]) : 7;
    if (argc < 3 || runs < 1 || runs > MOST_RUNS) return 2;
    char *list = make_list();
    setenv("HOME", "/nonexistent", 1);
    printf("%d operations, processor time, medians of %d runs, taking turns\n", OPERATIONS, runs);
    for (size_t i = 0; i < SETTINGS; i++) {
        const char *policy = settings[i].policy, *order = settings[i].order;
        const char *coalesce = settings[i].coalesce;
        const char *const own[] = {
            argv[1], "--plain", "--ostep", "--heap=" HEAP, "-p",
            policy,  "-l",      order,     list,           strcmp(coalesce, "on") ? NULL : "-C",
            NULL};
        const char *const python[] = {"python3", argv[2],  HEAP, policy,
                                      order,     coalesce, list, NULL};
        for (int k = 0; k < runs; k++) {
            run(own, &ours, k);
            run(python, &pythons, k);
        }
        if (ours.length != pythons.length || memcmp(ours.said, pythons.said, ours.length) != 0) {
            fprintf(stderr, "they say different things\n");
            return 1;
        }
        double reference = median(&pythons, runs), own_time = median(&ours, runs);
        printf(
            "  %-5s %-11s coalesce %-3s  %5.1f MB  python3 %8.1f ms  heapscope %6.1f ms  ratio %.3f\n",
            policy, order, coalesce, (double)ours.length / 1e6, reference, own_time,
            own_time / reference);
    }
    free(ours.said);
    free(pythons.said);
    free(list);
    return 0;
}

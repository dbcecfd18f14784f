/* SPDX-License-Identifier: MIT */
/* How long until there is something to see: from fork to the first painted screen, and from Enter
 * to the redrawn one, on a real pseudo-terminal. The reference, in the same run and taking turns
 * with it, is `sh -c :`, from fork to its end; and for a heap of a terabyte, of which nothing was
 * written to yet, the usual one of 256 bytes (the aim is 1.2).
 *
 *      startup PROGRAM [RUNS] */
#include "measuring.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_RUNS = 1000 };

typedef struct {
    double times[MOST_RUNS]; /* milliseconds */
    int count;
} series;

static double now(void)
{
    return seconds_by(CLOCK_MONOTONIC) * 1e3;
}

static pid_t start(const char *const argv[], int *master)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    pid_t child = forkpty(master, NULL, NULL, &size);
    if (child < 0) {
        perror("forkpty");
        exit(1);
    }
    if (child) return child;
    setenv("TERM", "xterm-256color", 1);
    execvp(argv[0], (char *const *)(size_t)argv);
    _exit(127);
}

/* Read until the text has come, or, without one, until the program has ended. */
static void await(int master, const char *text)
{
    static char seen[1 << 20];
    size_t n = 0;
    double end = now() + 10000;
    while (now() < end && n < sizeof seen - 1) {
        struct pollfd wait = {.fd = master, .events = POLLIN};
        if (poll(&wait, 1, 1000) <= 0) continue;
        ssize_t got = read(master, seen + n, sizeof seen - 1 - n);
        if (got <= 0) return;
        n += (size_t)got;
        seen[n] = 0;
        if (text && memmem(seen, n, text, strlen(text))) return;
    }
    fprintf(stderr, "%s did not come\n", text ? text : "the end");
    exit(1);
}

static void add(series *s, double from)
{
    s->times[s->count++] = now() - from;
}

static double median(series *s)
{
    qsort(s->times, (size_t)s->count, sizeof *s->times, by_size);
    return s->times[s->count / 2];
}

static void run_shell(series *s)
{
    static const char *const argv[] = {"sh", "-c", ":", NULL};
    int master;
    double from = now();
    pid_t child = start(argv, &master);
    await(master, NULL);
    waitpid(child, NULL, 0);
    add(s, from);
    close(master);
}

static void run_program(const char *program, const char *heap, series *paint, series *redraw)
{
    const char *const argv[] = {program, heap, NULL};
    int master;
    double from = now();
    pid_t child = start(argv, &master);
    await(master, "F10"); /* the key hints are painted last */
    add(paint, from);
    if (write(master, "malloc 24", 9) != 9) exit(1);
    usleep(20000);
    from = now();
    if (write(master, "\r", 1) != 1) exit(1);
    await(master, "split 32 + ");
    add(redraw, from);
    kill(child, SIGTERM);
    await(master, NULL);
    waitpid(child, NULL, 0);
    close(master);
}

int main(int argc, char **argv)
{
    static series shell, paint, redraw, large_paint, large_redraw;
    int runs = argc > 2 ? atoi(argv[2]) : 30;
    char home[] = "/tmp/heapscope-bench-XXXXXX";
    if (argc < 2 || runs < 1 || runs > MOST_RUNS || !mkdtemp(home)) return 2;
    setenv("HOME", home, 1);
    unsetenv("XDG_STATE_HOME");
    unsetenv("XDG_CONFIG_HOME");
    for (int i = 0; i < runs; i++) {
        run_shell(&shell);
        run_program(argv[1], "--heap=256", &paint, &redraw);
        run_program(argv[1], "--heap=1T", &large_paint, &large_redraw);
    }
    double reference = median(&shell), first = median(&paint), command = median(&redraw);
    double large_first = median(&large_paint), large_command = median(&large_redraw);
    printf("medians of %d runs, taking turns\n", runs);
    printf("  sh -c :, from fork to its end         %6.2f ms (least %.2f)\n", reference,
           shell.times[0]);
    printf("  heapscope, from fork to first paint   %6.2f ms (least %.2f)  ratio %.2f\n", first,
           paint.times[0], first / reference);
    printf("  heapscope, from Enter to the redraw   %6.2f ms (least %.2f)  a frame is 16.67 ms\n",
           command, redraw.times[0]);
    printf("  the same with --heap=1T, first paint  %6.2f ms (least %.2f)  ratio %.2f\n",
           large_first, large_paint.times[0], large_first / first);
    printf("  the same with --heap=1T, redraw       %6.2f ms (least %.2f)  ratio %.2f\n",
           large_command, large_redraw.times[0], large_command / command);
    fflush(stdout);
    return execlp("rm", "rm", "-rf", home, (char *)NULL);
}

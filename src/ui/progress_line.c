/* SPDX-License-Identifier: MIT */
/* A line that tells how far something is. Only a terminal gets it. */
#include "ui/progress_line.h"

#include "base/clock.h"
#include "ui/ansi.h"

#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

void hs_progress_line_begin(hs_progress_line *l)
{
    *l = (hs_progress_line){.began = hs_clock()};
}

bool hs_progress_line_is_due(const hs_progress_line *l)
{
    int64_t now = hs_clock();
    return now - l->began > 500 && now - l->shown > 100 && isatty(STDERR_FILENO);
}

/* Put the line, over and over in one place, if somebody looks. */
static void put(const char *text)
{
    struct winsize size = {0};
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col;
    int room = (known ? size.ws_col : 80) - 1;
    hs_print_over(stderr, text, room);
}

void hs_progress_line_show(hs_progress_line *l, const char *text)
{
    char line[192];
    snprintf(line, sizeof line, "%s; Ctrl-C stops", text);
    put(line);
    l->shown = hs_clock();
    l->tells = true;
}

void hs_progress_line_show_part(hs_progress_line *l, const char *doing, uint64_t done,
                                uint64_t total)
{
    char text[160];
    snprintf(text, sizeof text, "%.120s: %.0f %%", doing, 100.0 * (double)done / (double)total);
    hs_progress_line_show(l, text);
}

void hs_progress_line_end(hs_progress_line *l)
{
    if (l->tells) put("");
    l->tells = false;
}

/* --- Ctrl-C --------------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupt_asked; /* the only thing that the signal handler touches */

static void ask_interrupt(int signal)
{
    (void)signal;
    interrupt_asked = 1;
}

void hs_interrupts_catch(void)
{
    struct sigaction action = {.sa_handler = ask_interrupt};
    struct sigaction before;
    interrupt_asked = 0;
    sigaction(SIGINT, NULL, &before);
    if (before.sa_handler != SIG_IGN) sigaction(SIGINT, &action, NULL); /* as nohup wants it */
}

void hs_interrupts_release(void)
{
    struct sigaction now;
    sigaction(SIGINT, NULL, &now);
    if (now.sa_handler == ask_interrupt) signal(SIGINT, SIG_DFL);
}

bool hs_interrupts_asked(void)
{
    return interrupt_asked;
}

void hs_interrupts_forget(void)
{
    interrupt_asked = 0;
}

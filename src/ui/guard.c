/* SPDX-License-Identifier: MIT */
/* Signal handlers do two things only: write a byte into a pipe that the reader waits on, or give
 * the terminal back by calls that may be made at any time, and die. */
#include "ui/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { SIGNALS = 65 };

static struct {
    volatile sig_atomic_t taken, end_signal;
    int pipe[2];
    int out; /* the terminal, without blocking: one that does not read must not hold us */
    struct termios modes;
    char farewell[256];
    size_t length;
    bool caught[SIGNALS];
    struct sigaction before[SIGNALS];
} guard = {.pipe = {-1, -1}, .out = STDOUT_FILENO};

/* --- Giving back ------------------------------------------------------------------------------ */

/* Give the terminal back from a signal handler, so by async-signal-safe calls alone. A terminal
 * that does not read has output that nobody has seen: that is thrown away to make room. */
static void give_back_now(void)
{
    if (!guard.taken) return;
    guard.taken = 0;
    ssize_t n = write(guard.out, guard.farewell, guard.length);
    if (n != (ssize_t)guard.length) {
        tcflush(guard.out, TCOFLUSH);
        n = write(guard.out, guard.farewell, guard.length);
    }
    tcsetattr(STDIN_FILENO, TCSANOW, &guard.modes);
}

/* Wait until the terminal takes more; false when a signal asked for the end. Signals are blocked
 * except during the wait, so none is lost between the look and the wait. */
static bool wait_for_room(void)
{
    struct pollfd room = {.fd = guard.out, .events = POLLOUT};
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    if (!guard.end_signal) ppoll(&room, 1, NULL, &before);
    bool goes_on = !guard.end_signal;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return goes_on;
}

bool hs_guard_write(const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(guard.out, bytes, size);
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        } else if (errno == EAGAIN) {
            if (!wait_for_room()) return false;
        } else if (errno != EINTR || guard.end_signal) {
            return false;
        }
    }
    return true;
}

void hs_guard_give_back(void)
{
    if (guard.taken && !guard.end_signal && hs_guard_write(guard.farewell, guard.length)) {
        guard.taken = 0;
        tcsetattr(STDIN_FILENO, TCSADRAIN, &guard.modes);
    }
    give_back_now();
}

/* --- Signals ---------------------------------------------------------------------------------- */

static const int asking[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
static const int waking[] = {SIGWINCH, SIGCONT, SIGTSTP};
static const int harmless[] = {SIGCHLD, SIGCONT,  SIGSTOP, SIGTSTP, SIGTTIN,
                               SIGTTOU, SIGWINCH, SIGURG,  SIGKILL};
#define COUNT(list) (sizeof(list) / sizeof *(list))

static void wake(int signal)
{
    int saved = errno;
    char byte = (char)signal;
    ssize_t ignored = write(guard.pipe[1], &byte, 1);
    (void)ignored;
    errno = saved;
}

static void on_end(int signal)
{
    guard.end_signal = signal;
    wake(signal);
}

/* Handle a signal that ends the program. It is blocked while this runs, so when it is raised again
 * it comes after this has returned, to whoever had it before. */
static void on_death(int signal)
{
    give_back_now();
    sigaction(signal, &guard.before[signal], NULL);
    raise(signal);
}

static bool is_among(const int *list, size_t count, int signal)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == signal) return true;
    return false;
}

/* True if the signal would end the program. A crash may have a sanitizer's handler already, which
 * is called after ours. Any other handler belongs to somebody who knows what to do. */
static bool ends_the_program(int signal, const struct sigaction *before)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
    if (is_among(harmless, COUNT(harmless), signal) || before->sa_handler == SIG_IGN) return false;
    return before->sa_handler == SIG_DFL || is_among(crashes, COUNT(crashes), signal);
}

static void catch (int signal, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigfillset(&action.sa_mask);
    guard.caught[signal] = sigaction(signal, &action, NULL) == 0;
}

static void catch_signals(bool in_order)
{
    static char stack[1 << 16];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&alternate, NULL);
    for (int i = 1; i <= SIGRTMAX && i < SIGNALS; i++) {
        guard.caught[i] = false;
        if (sigaction(i, NULL, &guard.before[i]) != 0) continue;
        if (in_order && is_among(waking, COUNT(waking), i)) catch (i, wake, SA_RESTART);
        if (!ends_the_program(i, &guard.before[i])) continue;
        if (in_order && is_among(asking, COUNT(asking), i))
            catch (i, on_end, 0);
        else
            catch (i, on_death, SA_ONSTACK);
    }
    if (!in_order || guard.before[SIGTTOU].sa_handler != SIG_DFL) return;
    catch (SIGTTOU, SIG_IGN, 0); /* so that setting modes from the background does not stop us */
}

/* --- From the beginning to the end ------------------------------------------------------------ */

/* The terminal by a description of our own: what is set on it is not set on the shell's. */
static int open_output(void)
{
    int fd = open("/proc/self/fd/1", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    return fd >= 0 ? fd : STDOUT_FILENO;
}

void hs_guard_begin(const char *farewell, bool in_order)
{
    guard.length = strlen(farewell);
    if (guard.length > sizeof guard.farewell) guard.length = 0;
    memcpy(guard.farewell, farewell, guard.length);
    tcgetattr(STDIN_FILENO, &guard.modes);
    guard.taken = guard.end_signal = 0;
    if (in_order && pipe2(guard.pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        guard.pipe[0] = guard.pipe[1] = -1;
    guard.out = open_output();
    catch_signals(in_order);
}

void hs_guard_hold(bool taken)
{
    guard.taken = taken;
}

void hs_guard_stop(void)
{
    struct sigaction again;
    sigset_t mask;
    sigaction(SIGTSTP, &(struct sigaction){.sa_handler = SIG_DFL}, &again);
    kill(0, SIGTSTP); /* the whole job, as the terminal does it */
    sigemptyset(&mask);
    sigaddset(&mask, SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &mask, NULL); /* it is stopped here until `fg` */
    sigaction(SIGTSTP, &again, NULL);
}

void hs_guard_end(void)
{
    hs_guard_give_back();
    for (int i = 1; i < SIGNALS; i++)
        if (guard.caught[i]) sigaction(i, &guard.before[i], NULL);
    memset(guard.caught, 0, sizeof guard.caught);
    for (int i = 0; i < 2; i++)
        if (guard.pipe[i] >= 0) close(guard.pipe[i]);
    if (guard.out != STDOUT_FILENO) close(guard.out);
    guard.pipe[0] = guard.pipe[1] = -1;
    guard.out = STDOUT_FILENO;
}

int hs_guard_end_signal(void)
{
    return guard.end_signal;
}

int hs_guard_descriptor(void)
{
    return guard.pipe[0];
}

int hs_guard_next_signal(void)
{
    char byte;
    return read(guard.pipe[0], &byte, 1) == 1 ? byte : 0;
}

/* The terminal, taken and given back. Signal handlers do two things only: write a byte into a pipe
 * that the reader waits on, or, on a crash, write the bytes that give the terminal back. */
#include "ui/terminal.h"

#include "base/text.h"
#include "heap/array.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

static const char paste_on[] = "\033[?2004h", paste_off[] = "\033[?2004l";
static const char mouse_off[] = "\033[?1000l\033[?1002l\033[?1003l\033[?1006l";

struct hs_terminal {
    SCREEN *screen;
    bool knows_paste; /* a terminal of xterm's family */
    bool ascii;       /* the locale knows no other characters: bytes are taken, and decoded here */
    bool resized;
    int watched; /* -1: nothing */
};

/* What a signal handler must reach: the one terminal of the process. */
static struct {
    volatile sig_atomic_t taken, end_signal;
    int pipe[2];
    struct termios modes;
    char give_back[256];
    size_t give_back_length;
} guard = {.pipe = {-1, -1}};

/* --- Signals -------------------------------------------------------------------------------- */

static const int ending[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
static const int crashing[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { ENDING = sizeof ending / sizeof *ending, CRASHING = sizeof crashing / sizeof *crashing };

static struct sigaction before_crash[CRASHING];

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

/* Async-signal-safe: two system calls. */
static void give_back_now(void)
{
    if (!guard.taken) return;
    guard.taken = 0;
    ssize_t ignored = write(STDOUT_FILENO, guard.give_back, guard.give_back_length);
    (void)ignored;
    tcsetattr(STDIN_FILENO, TCSANOW, &guard.modes);
}

/* Give the terminal back, then let the signal do what it did before: end the program, or let a
 * sanitizer report. */
static void on_crash(int signal)
{
    give_back_now();
    for (size_t i = 0; i < CRASHING; i++)
        if (crashing[i] == signal) sigaction(signal, &before_crash[i], NULL);
    raise(signal);
}

static void catch_signals(void)
{
    static char stack[1 << 16];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction end = {.sa_handler = on_end},
                     size = {.sa_handler = wake, .sa_flags = SA_RESTART};
    struct sigaction crash = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
    sigaltstack(&alternate, NULL);
    for (size_t i = 0; i < ENDING; i++) sigaction(ending[i], &end, NULL);
    for (size_t i = 0; i < CRASHING; i++) sigaction(crashing[i], &crash, &before_crash[i]);
    sigaction(SIGWINCH, &size, NULL);
    sigaction(SIGCONT, &size, NULL);
    sigaction(SIGTSTP, &size, NULL);
    signal(SIGTTOU, SIG_IGN); /* setting modes from the background must not stop us half-way */
}

static void release_signals(void)
{
    for (size_t i = 0; i < ENDING; i++) signal(ending[i], SIG_DFL);
    for (size_t i = 0; i < CRASHING; i++) sigaction(crashing[i], &before_crash[i], NULL);
    signal(SIGWINCH, SIG_DFL);
    signal(SIGCONT, SIG_DFL);
    signal(SIGTSTP, SIG_DFL);
    signal(SIGTTOU, SIG_DFL);
}

/* --- Taking and giving back ----------------------------------------------------------------- */

static void remember(const char *sequence)
{
    if (!sequence || sequence == (char *)-1) return;
    size_t n = strlen(sequence);
    if (guard.give_back_length + n > sizeof guard.give_back) return;
    memcpy(guard.give_back + guard.give_back_length, sequence, n);
    guard.give_back_length += n;
}

/* What a crash must write, looked up while that is still possible. */
static void prepare_give_back(const hs_terminal *t)
{
    guard.give_back_length = 0;
    if (t->knows_paste) {
        remember(paste_off);
        remember(mouse_off);
    }
    remember(tigetstr("sgr0"));
    remember(tigetstr("rmkx"));
    remember(tigetstr("cnorm"));
    remember(tigetstr("rmcup"));
}

static void send(const char *sequence)
{
    ssize_t ignored = write(STDOUT_FILENO, sequence, strlen(sequence));
    (void)ignored;
}

/* Arrows, Home and End in the other of xterm's two modes, and with Shift, Alt or Ctrl, and F1 and
 * F2 with Shift: few descriptions of terminals know these, though most terminals send them. */
static void define_arrows(void)
{
    static const struct {
        const char *sequence;
        int key;
    } arrows[] = {
        {"\033[A", KEY_UP},
        {"\033[B", KEY_DOWN},
        {"\033[C", KEY_RIGHT},
        {"\033[D", KEY_LEFT},
        {"\033[H", KEY_HOME},
        {"\033[F", KEY_END},
        {"\033[1;5C", HS_KEY_WORD_RIGHT},
        {"\033[1;5D", HS_KEY_WORD_LEFT},
        {"\033[1;2A", HS_KEY_SHIFT_UP},
        {"\033[1;2B", HS_KEY_SHIFT_DOWN},
        {"\033[1;2C", HS_KEY_SHIFT_RIGHT},
        {"\033[1;2D", HS_KEY_SHIFT_LEFT},
        {"\033[1;3A", HS_KEY_ALT_UP},
        {"\033[1;3B", HS_KEY_ALT_DOWN},
        {"\033[1;3C", HS_KEY_ALT_RIGHT},
        {"\033[1;3D", HS_KEY_ALT_LEFT},
        {"\033[1;2P", KEY_F(13)},
        {"\033[1;2Q", KEY_F(14)},
    };
    for (size_t i = 0; i < sizeof arrows / sizeof *arrows; i++)
        define_key(arrows[i].sequence, arrows[i].key);
}

static void take_keys(hs_terminal *t)
{
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    meta(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    define_arrows();
    if (!t->knows_paste) return;
    mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
    mouseinterval(0);
    define_key("\033[200~", HS_KEY_PASTE_BEGIN);
    define_key("\033[201~", HS_KEY_PASTE_END);
    send(paste_on);
}

static void close_at_exit(void)
{
    give_back_now();
}

/* Terminals of xterm's family say so by their mouse: those know bracketed paste as well. */
static bool is_xterm_like(void)
{
    const char *mouse = tigetstr("kmous");
    return mouse && mouse != (char *)-1 && *mouse;
}

hs_terminal *hs_terminal_open(const char **why)
{
    if (tcgetattr(STDIN_FILENO, &guard.modes) != 0) {
        *why = "standard input is no terminal";
        return NULL;
    }
    if (pipe2(guard.pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
        *why = "no pipe can be had";
        return NULL;
    }
    hs_terminal *t = hs_new(1, sizeof *t);
    set_escdelay(25);
    t->screen = newterm(NULL, stdout, stdin);
    if (!t->screen) {
        free(t);
        *why = "the terminal's type (TERM) is unknown";
        return NULL;
    }
    t->watched = -1;
    t->knows_paste = is_xterm_like();
    t->ascii = btowc(0xe4) == WEOF && MB_CUR_MAX == 1;
    prepare_give_back(t);
    take_keys(t);
    guard.taken = 1;
    catch_signals();
    atexit(close_at_exit);
    return t;
}

static void give_back(hs_terminal *t)
{
    if (t->knows_paste) send(paste_off);
    endwin();
    tcsetattr(STDIN_FILENO, TCSADRAIN, &guard.modes);
}

void hs_terminal_close(hs_terminal *t)
{
    if (!t) return;
    release_signals();
    give_back(t);
    guard.taken = 0;
    delscreen(t->screen);
    close(guard.pipe[0]);
    close(guard.pipe[1]);
    free(t);
}

static void stop_here(void)
{
    sigset_t mask;
    signal(SIGTSTP, SIG_DFL);
    kill(0, SIGTSTP); /* the whole job, as the terminal itself would do */
    sigemptyset(&mask);
    sigaddset(&mask, SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &mask, NULL); /* stopped here, until `fg` */
}

void hs_terminal_suspend(hs_terminal *t)
{
    give_back(t);
    guard.taken = 0;
    stop_here();
    struct sigaction again = {.sa_handler = wake, .sa_flags = SA_RESTART};
    sigaction(SIGTSTP, &again, NULL);
    guard.taken = 1;
    refresh(); /* leaves the shell's screen again */
    take_keys(t);
    clearok(curscr, TRUE);
    t->resized = true; /* the size may have changed meanwhile */
}

/* --- Reading -------------------------------------------------------------------------------- */

/* Signals that came: true when one of them asks for something now. */
static bool drain_pipe(hs_terminal *t)
{
    char byte;
    bool any = false;
    while (read(guard.pipe[0], &byte, 1) == 1) {
        any = true;
        if (byte == SIGWINCH || byte == SIGCONT) t->resized = true;
        if (byte == SIGTSTP) hs_terminal_suspend(t);
    }
    return any;
}

static void adopt_size(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
        resize_term(size.ws_row, size.ws_col); /* resizeterm would send itself KEY_RESIZE */
    clearok(curscr, TRUE);
}

/* A character's bytes may come in two reads, but soon after each other. */
static int next_byte(void)
{
    enum { SOON = 100 }; /* milliseconds */
    int c = getch();
    if (c != ERR) return c;
    poll(&(struct pollfd){.fd = STDIN_FILENO, .events = POLLIN}, 1, SOON);
    return getch();
}

/* The character that `first` begins in UTF-8, which terminals speak whatever the locale says. */
static wint_t finish_utf8(int first)
{
    char bytes[5] = {(char)first};
    const char *at = bytes;
    int rest = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : 0, c;
    for (int i = 1; i <= rest; i++) {
        c = next_byte();
        if (c != ERR && (c & ~0x3f) != 0x80) ungetch(c);
        if (c == ERR || (c & ~0x3f) != 0x80) break;
        bytes[i] = (char)c;
    }
    uint32_t code;
    return hs_decode_utf8(&at, &code) ? (wint_t)code : 0xfffd;
}

/* A key or a character. Not get_wch, which loses what follows a byte that the locale does not know.
 */
static int take_byte(wint_t *c)
{
    int byte = getch();
    if (byte == ERR) return ERR;
    *c = byte >= 0x80 && byte <= 0xff ? finish_utf8(byte) : (wint_t)byte;
    return byte >= KEY_MIN ? KEY_CODE_YES : OK;
}

/* What is there without waiting: a key, or nothing. */
static bool take_key(hs_terminal *t, hs_read *kind, wchar_t *key)
{
    wint_t c;
    int status = take_byte(&c);
    if (status == ERR) return false;
    if (status == KEY_CODE_YES && c == KEY_RESIZE) {
        t->resized = true;
        return false;
    }
    *kind = status == KEY_CODE_YES ? HS_READ_KEY : HS_READ_CHARACTER;
    *key = (wchar_t)c;
    return true;
}

hs_read hs_terminal_read(hs_terminal *t, int milliseconds, wchar_t *key)
{
    hs_read kind;
    for (;;) {
        if (guard.end_signal) return HS_READ_END;
        if (take_key(t, &kind, key)) return kind;
        drain_pipe(t);
        if (t->resized) {
            t->resized = false;
            adopt_size();
            *key = KEY_RESIZE;
            return HS_READ_KEY;
        }
        struct pollfd wait[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                {.fd = guard.pipe[0], .events = POLLIN},
                                {.fd = t->watched, .events = POLLIN}};
        int n = poll(wait, 3, milliseconds);
        if (n == 0) return HS_READ_TIMEOUT;
        if (n > 0 && (wait[0].revents & (POLLHUP | POLLERR | POLLNVAL))) return HS_READ_END;
        if (n > 0 && !wait[0].revents && wait[2].revents) return HS_READ_WATCHED;
    }
}

void hs_terminal_watch(hs_terminal *t, int fd)
{
    t->watched = fd;
}

bool hs_terminal_pending(hs_terminal *t)
{
    struct pollfd wait = {.fd = STDIN_FILENO, .events = POLLIN};
    (void)t;
    return poll(&wait, 1, 0) > 0 && (wait.revents & POLLIN);
}

int hs_terminal_end_signal(const hs_terminal *t)
{
    (void)t;
    return guard.end_signal;
}

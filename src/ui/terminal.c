/* SPDX-License-Identifier: MIT */
/* The terminal, taken and given back. */
#include "ui/terminal.h"

#include "base/memory.h"
#include "base/text.h"
#include "ui/guard.h"
#include "ui/pen.h"

#include <curses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

/* Sequences of xterm's family. The last one is sent to all terminals, for those that do not know it
 * ignore it. */
static const char paste_on[] = "\033[?2004h", paste_off[] = "\033[?2004l";
static const char mouse_on[] = "\033[?1006;1000h";
static const char mouse_off[] = "\033[?1000l\033[?1002l\033[?1003l\033[?1006l";
static const char sync_on[] = "\033[?2026h", sync_off[] = "\033[?2026l";

enum { SEQUENCES = 256 };

struct hs_terminal {
    SCREEN *screen;
    WINDOW *keys;         /* a pad: waiting for a key on it draws nothing */
    struct termios modes; /* the modes that we set */
    bool is_xterm;        /* it is one of xterm's family */
    bool ascii; /* the locale knows no other characters: bytes are taken, and decoded here */
    bool resized;
    unsigned era;
    int watched; /* -1: nothing */
    char arrival[SEQUENCES];
};

/* --- Taking and giving back ----------------------------------------------------------------- */

static void add(char out[SEQUENCES], const char *sequence)
{
    size_t n = strlen(out);
    for (char c; n + 1 < SEQUENCES && (c = hs_sequence_byte(&sequence));) out[n++] = c;
    out[n] = 0;
}

static void add_all(char out[SEQUENCES], const char *const names[])
{
    for (; *names; names++) add(out, tigetstr(*names));
}

/* True for terminals of xterm's family, which show it by their way to tell of the mouse. They know
 * bracketed paste as well. */
static bool is_xterm_like(void)
{
    const char *mouse = tigetstr("kmous");
    return mouse && mouse != (char *)-1 && *mouse;
}

/* Look up what takes the screen and what gives it back, while that is possible. */
static void prepare(hs_terminal *t, char farewell[SEQUENCES])
{
    t->is_xterm = is_xterm_like();
    add_all(t->arrival, (const char *const[]){"smcup", "smkx", NULL});
    if (t->is_xterm) {
        add(t->arrival, mouse_on);
        add(t->arrival, paste_on);
        add(farewell, sync_off);
        add(farewell, paste_off);
        add(farewell, mouse_off);
    }
    add_all(farewell, (const char *const[]){"sgr0", "rmkx", "cnorm", "rmcup", NULL});
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

/* Take the keys that ncurses knows, and tell it of others. What ncurses would send meanwhile, we
 * send. */
static void take_keys(hs_terminal *t)
{
    raw();
    noecho();
    nonl();
    t->keys = newpad(1, 1);
    keypad(t->keys, TRUE);
    meta(t->keys, TRUE);
    nodelay(t->keys, TRUE);
    define_arrows();
    tcgetattr(STDIN_FILENO, &t->modes);
    if (!t->is_xterm) return;
    mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
    mouseinterval(0);
    define_key("\033[200~", HS_KEY_PASTE_BEGIN);
    define_key("\033[201~", HS_KEY_PASTE_END);
    hs_guard_write(paste_on, strlen(paste_on));
}

/* True if terminfo knows the terminal, and the terminal can do what the full screen needs. */
static bool is_able(char why[HS_WHY])
{
    struct termios modes;
    const char *term = getenv("TERM");
    int found;
    if (tcgetattr(STDIN_FILENO, &modes) != 0) {
        snprintf(why, HS_WHY, "standard input is no terminal");
    } else if (setupterm(NULL, STDOUT_FILENO, &found) != OK) {
        snprintf(why, HS_WHY,
                 "the terminal's type %.40s is unknown; try TERM=xterm-256color heapscope",
                 term ? term : "");
    } else if (!tigetstr("cup") || !tigetstr("clear")) {
        snprintf(why, HS_WHY, "a terminal of type %.40s can not move its cursor", term);
    } else {
        return true;
    }
    return false;
}

hs_terminal *hs_terminal_open(char why[HS_WHY])
{
    if (!is_able(why)) return NULL;
    hs_terminal *t = hs_new(1, sizeof *t);
    char farewell[SEQUENCES] = "";
    t->watched = -1;
    t->ascii = btowc(0xe4) == WEOF && MB_CUR_MAX == 1;
    prepare(t, farewell);
    del_curterm(set_curterm(NULL));
    hs_guard_begin(farewell, true);
    hs_guard_hold(true);
    set_escdelay(25);
    t->screen = newterm(NULL, stdout, stdin);
    if (!t->screen) {
        hs_guard_end();
        free(t);
        snprintf(why, HS_WHY, "ncurses can not be set up");
        return NULL;
    }
    take_keys(t);
    atexit(hs_guard_give_back);
    return t;
}

void hs_terminal_close(hs_terminal *t)
{
    if (!t) return;
    hs_guard_end();
    delwin(t->keys);
    delscreen(t->screen);
    free(t);
}

/* Stop the program. If a signal asked for the end meanwhile, the terminal is not taken again. */
void hs_terminal_suspend(hs_terminal *t)
{
    hs_guard_give_back();
    hs_guard_stop();
    if (hs_guard_end_signal()) return;
    hs_guard_hold(true);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &t->modes);
    hs_guard_write(t->arrival, strlen(t->arrival));
    t->era++;
    t->resized = true; /* the size may have changed meanwhile */
}

/* --- Showing -------------------------------------------------------------------------------- */

void hs_terminal_send(hs_terminal *t, const char *bytes, size_t size)
{
    (void)t;
    hs_guard_write(bytes, size);
}

const char *hs_terminal_sync(const hs_terminal *t, bool begins)
{
    return !t->is_xterm ? "" : begins ? sync_on : sync_off;
}

unsigned hs_terminal_era(const hs_terminal *t)
{
    return t->era;
}

void hs_terminal_forget(hs_terminal *t)
{
    t->era++;
}

/* --- Reading -------------------------------------------------------------------------------- */

static void heed_signals(hs_terminal *t)
{
    for (int signal; (signal = hs_guard_next_signal());) {
        if (signal == SIGWINCH || signal == SIGCONT) t->resized = true;
        if (signal == SIGTSTP) hs_terminal_suspend(t);
    }
}

static void adopt_size(hs_terminal *t)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
        resize_term(size.ws_row, size.ws_col); /* resizeterm would add a KEY_RESIZE */
    t->era++;
}

/* The next byte of a character, which may come in a second read, soon after the first. */
static int next_byte(const hs_terminal *t)
{
    enum { SOON = 100 }; /* milliseconds */
    int c = wgetch(t->keys);
    if (c != ERR) return c;
    poll(&(struct pollfd){.fd = STDIN_FILENO, .events = POLLIN}, 1, SOON);
    return wgetch(t->keys);
}

/* The character that `first` begins in UTF-8, which terminals speak whatever the locale says. */
static wint_t finish_utf8(const hs_terminal *t, int first)
{
    char bytes[5] = {(char)first};
    const char *at = bytes;
    int rest = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : 0, c;
    for (int i = 1; i <= rest; i++) {
        c = next_byte(t);
        if (c != ERR && (c & ~0x3f) != 0x80) ungetch(c);
        if (c == ERR || (c & ~0x3f) != 0x80) break;
        bytes[i] = (char)c;
    }
    uint32_t code;
    return hs_decode_utf8(&at, &code) ? (wint_t)code : 0xfffd;
}

/* Read a key or a character. get_wch is not used: it loses what follows a byte that the locale does
 * not know. */
static int take_byte(const hs_terminal *t, wint_t *c)
{
    int byte = wgetch(t->keys);
    if (byte == ERR) return ERR;
    *c = byte >= 0x80 && byte <= 0xff ? finish_utf8(t, byte) : (wint_t)byte;
    return byte >= KEY_MIN ? KEY_CODE_YES : OK;
}

/* Take what is there without waiting: a key, or nothing. */
static bool take_key(hs_terminal *t, hs_read *kind, wchar_t *key)
{
    wint_t c;
    int status = take_byte(t, &c);
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
        if (hs_guard_end_signal()) return HS_READ_END;
        if (take_key(t, &kind, key)) return kind;
        heed_signals(t);
        if (t->resized) {
            t->resized = false;
            adopt_size(t);
            *key = KEY_RESIZE;
            return HS_READ_KEY;
        }
        struct pollfd wait[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                {.fd = hs_guard_descriptor(), .events = POLLIN},
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
    return hs_guard_end_signal();
}

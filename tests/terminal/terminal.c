/* SPDX-License-Identifier: MIT */
/* The test terminal: forkpty, libvterm, and a bounded wait around everything. */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>
#include <vterm.h>

enum { PATIENCE = 10000, QUIET = 100, SKIPPED = 77 }; /* as meson takes it */

struct terminal {
    int master, slave; /* the slave is kept open, so that the modes outlive the program */
    pid_t child;
    int status; /* -1 while it runs */
    int rows, columns;
    VTerm *vterm;
    VTermScreen *screen;
    bool alternate, cursor_visible, mouse, paste;
    char tail[32]; /* the last bytes of the output, for a sequence that is cut in two */
    char row[16384];
    char *output; /* all of it */
    size_t size, room;
};

static long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int on_property(VTermProp property, VTermValue *value, void *user)
{
    terminal *t = user;
    if (property == VTERM_PROP_ALTSCREEN) t->alternate = value->boolean;
    if (property == VTERM_PROP_CURSORVISIBLE) t->cursor_visible = value->boolean;
    return 1;
}

static void make_screen(terminal *t)
{
    static const VTermScreenCallbacks callbacks = {.settermprop = on_property};
    t->vterm = vterm_new(t->rows, t->columns);
    vterm_set_utf8(t->vterm, 1);
    t->screen = vterm_obtain_screen(t->vterm);
    vterm_screen_enable_altscreen(t->screen, 1);
    vterm_screen_set_callbacks(t->screen, &callbacks, t);
    vterm_screen_reset(t->screen, 1);
    t->cursor_visible = true;
}

static void set_home(const char *home)
{
    setenv("HOME", home, 1);
    setenv("XDG_RUNTIME_DIR", home, 1);
    setenv("TMPDIR", home, 1); /* where a lecture's speaker would look as well */
    unsetenv("XDG_STATE_HOME");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("NO_COLOR");
    unsetenv("COLUMNS");
    unsetenv("LINES");
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
}

/* A background job of a shell ignores SIGINT and SIGQUIT, and what it starts would do so as well.
 */
static void heed_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int i = 1; i <= SIGRTMAX; i++) signal(i, SIG_DFL);
}

void terminal_environment(const char *home, const char *const environment[])
{
    heed_signals();
    set_home(home);
    for (size_t i = 0; environment && environment[i]; i++)
        putenv((char *)(uintptr_t)environment[i]);
}

static void run_child(const terminal *t, const char *const argv[], const char *home,
                      const char *const environment[])
{
    terminal_environment(home, environment);
    close(t->master);
    login_tty(t->slave);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    perror(argv[0]);
    _exit(127);
}

terminal *terminal_start(const char *const argv[], int rows, int columns, const char *home,
                         const char *const environment[])
{
    terminal *t = calloc(1, sizeof *t);
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    if (!t) abort();
    t->rows = rows;
    t->columns = columns;
    t->status = -1;
    make_screen(t);
    if (openpty(&t->master, &t->slave, NULL, NULL, &size) != 0) {
        fprintf(stderr, "no pseudo-terminal can be had (is /dev/pts there?): %s\n",
                strerror(errno));
        exit(SKIPPED);
    }
    t->child = fork();
    if (t->child == 0) run_child(t, argv, home, environment);
    fcntl(t->master, F_SETFD, FD_CLOEXEC);
    fcntl(t->slave, F_SETFD, FD_CLOEXEC);
    return t;
}

/* --- Output --------------------------------------------------------------------------------- */

/* \033[?1006;1000h: does the list of modes have this one? */
static bool has_mode(const char *list, const char *mode)
{
    size_t n = strlen(mode);
    for (const char *at = list; *at == ';' || (*at >= '0' && *at <= '9'); at++) {
        bool begins = at == list || at[-1] == ';';
        if (begins && strncmp(at, mode, n) == 0 && (at[n] == ';' || at[n] == 'h' || at[n] == 'l'))
            return true;
    }
    return false;
}

/* Of lists of modes libvterm heeds the first only: look for mouse and paste in the output. */
static void look_for_modes(terminal *t, const char *bytes, size_t n)
{
    char both[sizeof t->tail + 4096 + 1] = {0};
    size_t before = strlen(t->tail);
    memcpy(both, t->tail, before);
    for (size_t i = 0; i < n; i++) both[before + i] = bytes[i] ? bytes[i] : ' ';
    for (const char *at = both; (at = strstr(at, "\033[?")); at += 3) {
        char end = at[3 + strspn(at + 3, "0123456789;")];
        if (end != 'h' && end != 'l') continue;
        if (has_mode(at + 3, "1000")) t->mouse = end == 'h';
        if (has_mode(at + 3, "2004")) t->paste = end == 'h';
    }
    size_t all = before + n, keep = all < sizeof t->tail - 1 ? all : sizeof t->tail - 1;
    memcpy(t->tail, both + all - keep, keep + 1);
}

static void keep(terminal *t, const char *bytes, size_t n)
{
    if (t->size + n + 1 > t->room) {
        t->room = 2 * (t->size + n + 1);
        t->output = realloc(t->output, t->room);
        if (!t->output) abort();
    }
    memcpy(t->output + t->size, bytes, n);
    t->size += n;
    t->output[t->size] = 0;
}

const char *terminal_output(const terminal *t, size_t *size)
{
    *size = t->size;
    return t->output ? t->output : "";
}

/* What the terminal itself answers (positions, mouse) goes back to the program. */
static void send_answers(terminal *t)
{
    char bytes[1024];
    size_t n;
    while ((n = vterm_output_read(t->vterm, bytes, sizeof bytes)) > 0)
        if (write(t->master, bytes, n) < 0) return;
}

/* Take in what comes within some milliseconds; false when nothing did. */
static bool take_in(terminal *t, int milliseconds)
{
    struct pollfd wait = {.fd = t->master, .events = POLLIN};
    char bytes[4096];
    if (poll(&wait, 1, milliseconds) <= 0 || !(wait.revents & POLLIN)) return false;
    ssize_t n = read(t->master, bytes, sizeof bytes);
    if (n <= 0) return false;
    keep(t, bytes, (size_t)n);
    look_for_modes(t, bytes, (size_t)n);
    vterm_input_write(t->vterm, bytes, (size_t)n);
    send_answers(t);
    return true;
}

void terminal_settle_for(terminal *t, int milliseconds)
{
    long end = now() + PATIENCE;
    while (now() < end && take_in(t, milliseconds)) {
    }
}

void terminal_settle(terminal *t)
{
    terminal_settle_for(t, QUIET);
}

static bool has_text(terminal *t, const char *text)
{
    for (int row = 0; row < t->rows; row++)
        if (strstr(terminal_row(t, row), text)) return true;
    return false;
}

static bool wait_for_text(terminal *t, const char *text, bool wanted)
{
    long end = now() + PATIENCE;
    do {
        if (has_text(t, text) == wanted) return true;
        take_in(t, 20);
    } while (now() < end);
    char *screen = terminal_screen(t);
    fprintf(stderr, "%s on the screen: %s\n%s", wanted ? "not" : "still", text, screen);
    free(screen);
    return false;
}

bool terminal_shows(terminal *t, const char *text)
{
    return wait_for_text(t, text, true);
}

bool terminal_hides(terminal *t, const char *text)
{
    return wait_for_text(t, text, false);
}

/* --- Input ---------------------------------------------------------------------------------- */

void terminal_type(terminal *t, const char *text)
{
    size_t left = strlen(text);
    long end = now() + PATIENCE;
    fcntl(t->master, F_SETFL, O_NONBLOCK);
    while (left > 0 && now() < end) {
        ssize_t n = write(t->master, text, left > 512 ? 512 : left);
        if (n > 0) {
            text += n;
            left -= (size_t)n;
        }
        take_in(t, n > 0 ? 0 : 5); /* a program that is busy writing must not wait for us */
    }
}

void terminal_click(terminal *t, int row, int column)
{
    char report[64];
    snprintf(report, sizeof report, "\033[<0;%d;%dM\033[<0;%d;%dm", column + 1, row + 1, column + 1,
             row + 1);
    terminal_type(t, report);
}

void terminal_resize(terminal *t, int rows, int columns)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    t->rows = rows;
    t->columns = columns;
    vterm_set_size(t->vterm, rows, columns);
    ioctl(t->master, TIOCSWINSZ, &size);
}

void terminal_signal(terminal *t, int signal)
{
    kill(t->child, signal);
}

pid_t terminal_process(const terminal *t)
{
    return t->child;
}

/* --- Reading the screen --------------------------------------------------------------------- */

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) return out[0] = (char)c, 1;
    if (c < 0x800) return out[0] = (char)(0xc0 | c >> 6), out[1] = (char)(0x80 | (c & 0x3f)), 2;
    out[0] = (char)(0xe0 | (c >> 12 & 0xf));
    out[1] = (char)(0x80 | (c >> 6 & 0x3f));
    out[2] = (char)(0x80 | (c & 0x3f));
    return 3;
}

const char *terminal_row(terminal *t, int row)
{
    size_t n = 0;
    for (int column = 0; column < t->columns && n + 8 < sizeof t->row; column++) {
        VTermScreenCell cell;
        vterm_screen_get_cell(t->screen, (VTermPos){row, column}, &cell);
        if (cell.chars[0] == (uint32_t)-1) continue; /* the right half of a wide one */
        n += put_utf8(t->row + n, cell.chars[0] ? cell.chars[0] : ' ');
    }
    while (n > 0 && t->row[n - 1] == ' ') n--;
    t->row[n] = 0;
    return t->row;
}

char *terminal_screen(terminal *t)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) abort();
    for (int row = 0; row < t->rows; row++) fprintf(out, "%s\n", terminal_row(t, row));
    fclose(out);
    return text;
}

char *terminal_picture(terminal *t)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) abort();
    for (int row = 0; row < t->rows; row++) {
        fprintf(out, "%s\n", terminal_row(t, row));
        for (int column = 0; column < t->columns; column++) {
            VTermScreenCell c;
            vterm_screen_get_cell(t->screen, (VTermPos){row, column}, &c);
            fprintf(out, "%x.%02x %x.%02x %x,", c.fg.type, c.fg.indexed.idx, c.bg.type,
                    c.bg.indexed.idx, c.attrs.bold | c.attrs.reverse << 1 | c.attrs.underline << 2);
        }
        putc('\n', out);
    }
    fclose(out);
    return text;
}

void terminal_cursor(terminal *t, int *row, int *column)
{
    VTermPos at;
    vterm_state_get_cursorpos(vterm_obtain_state(t->vterm), &at);
    *row = at.row;
    *column = at.col;
}

bool terminal_has_colour(terminal *t)
{
    for (int row = 0; row < t->rows; row++)
        for (int column = 0; column < t->columns; column++) {
            VTermScreenCell cell;
            vterm_screen_get_cell(t->screen, (VTermPos){row, column}, &cell);
            if (!VTERM_COLOR_IS_DEFAULT_FG(&cell.fg) || !VTERM_COLOR_IS_DEFAULT_BG(&cell.bg))
                return true;
        }
    return false;
}

bool terminal_is_alternate(const terminal *t)
{
    return t->alternate;
}

bool terminal_cursor_is_visible(const terminal *t)
{
    return t->cursor_visible;
}

bool terminal_wants_mouse(const terminal *t)
{
    return t->mouse;
}

bool terminal_wants_paste(const terminal *t)
{
    return t->paste;
}

struct termios terminal_modes(const terminal *t)
{
    struct termios modes;
    memset(&modes, 0, sizeof modes);
    tcgetattr(t->slave, &modes);
    return modes;
}

/* --- The end -------------------------------------------------------------------------------- */

void terminal_kill_after(terminal *t, int microseconds)
{
    int status;
    for (int left = microseconds; left > 0; left -= 1000) take_in(t, left < 1000 ? 0 : 1);
    kill(t->child, SIGKILL);
    waitpid(t->child, &status, 0);
    t->status = 128 + SIGKILL;
    while (take_in(t, 0)) {
    }
}

int terminal_wait(terminal *t)
{
    long end = now() + PATIENCE;
    int status;
    while (t->status < 0 && now() < end) {
        take_in(t, 10);
        if (waitpid(t->child, &status, WNOHANG) == t->child)
            t->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    terminal_settle(t);
    if (t->status < 0) {
        char *screen = terminal_screen(t);
        fprintf(stderr, "the program does not end\n%s", screen);
        free(screen);
    }
    return t->status;
}

void terminal_end(terminal *t)
{
    if (t->status < 0) {
        kill(t->child, SIGKILL);
        waitpid(t->child, NULL, 0);
    }
    close(t->master);
    close(t->slave);
    vterm_free(t->vterm);
    free(t->output);
    free(t);
}

int terminal_leave_line_mode(terminal *t)
{
    static const char prompt[] = "heapscope>";
    long end = now() + PATIENCE;
    int row, column;
    do {
        take_in(t, 20);
        terminal_cursor(t, &row, &column);
    } while (strncmp(terminal_row(t, row), prompt, sizeof prompt - 1) != 0 && now() < end);
    return terminal_leave(t, "\004");
}

int terminal_leave(terminal *t, const char *keys)
{
    terminal_type(t, keys);
    int status = terminal_wait(t);
    terminal_end(t);
    return status;
}

const char *terminal_file(const char *folder, const char *name, const char *text)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) == EOF || fclose(file)) {
        perror(path);
        abort();
    }
    return path;
}

/* SPDX-License-Identifier: MIT */
/* Reads /proc (proc(5)); starts programs under ptrace(2), which stops them at each system call: so
 * no segment appears unseen. Where tracing is forbidden, they are looked at every millisecond. */
#include "model/process/process_maps.h"

#include "base/count.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    MOST_STEPS = 2000,
    QUIET = 150,    /* after so many milliseconds without a system call the program waits */
    PATIENCE = 3000 /* after so many milliseconds a program that never waits is left alone */
};

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* "there is no process 7": `before`, the number, `behind`. */
static bool refuse(hs_problem *problem, const char *hint, const char *before, int process,
                   const char *behind)
{
    *problem = (hs_problem){.operand = HS_OPERAND_NAME};
    snprintf(problem->what, sizeof problem->what, "%s %d%s", before, process, behind);
    snprintf(problem->hint, sizeof problem->hint, "%s", hint);
    return false;
}

/* --- Reading -------------------------------------------------------------------------------- */

/* A whole file of /proc, which has no size; NULL with errno. */
static char *read_proc(int process, const char *name)
{
    char path[64];
    size_t capacity = 0, n = 0;
    snprintf(path, sizeof path, "/proc/%d/%s", process, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC), why;
    if (fd < 0) return NULL;
    char *text = hs_array_reserve(NULL, &capacity, 1 << 16, 1);
    ssize_t got;
    while ((got = read(fd, text + n, capacity - n - 1)) > 0) {
        n += (size_t)got;
        text = hs_array_reserve(text, &capacity, n + (1 << 12), 1);
    }
    why = errno;
    close(fd);
    text[n] = 0;
    if (got == 0) return text;
    free(text);
    errno = why;
    return NULL;
}

/* A line of maps. */
typedef struct {
    hs_addr from, to;
    int permissions;
    const char *path; /* a part of the line, which was cut behind it */
} mapping;

/* from-to rwxp offset device inode path */
static bool parse_mapping(char *line, mapping *m)
{
    char access[5];
    int path = 0;
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*x %*s %*u %n", &m->from, &m->to, access,
               &path) < 3 ||
        !path)
        return false;
    m->permissions = (access[0] == 'r' ? HS_MAPPED_READ : 0) |
                     (access[1] == 'w' ? HS_MAPPED_WRITE : 0) |
                     (access[2] == 'x' ? HS_MAPPED_EXECUTE : 0);
    m->path = line + path;
    return m->to > m->from && m->to <= HS_SPACE_END + HS_PAGE; /* vsyscall is the kernel's half */
}

static hs_segment_kind kind_of(const mapping *m)
{
    static const struct {
        const char *path;
        hs_segment_kind kind;
    } kinds[] = {{"[heap]", HS_SEGMENT_HEAP}, {"[stack]", HS_SEGMENT_STACK}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].path, m->path) == 0) return kinds[i].kind;
    if (strncmp(m->path, "[v", 2) == 0) return HS_SEGMENT_KERNEL;
    if (!m->permissions) return HS_SEGMENT_BARRIER;
    if (m->permissions & HS_MAPPED_EXECUTE) return HS_SEGMENT_CODE;
    if (m->permissions & HS_MAPPED_WRITE)
        return m->path[0] == '/' ? HS_SEGMENT_DATA : HS_SEGMENT_ZERO;
    return HS_SEGMENT_CONSTANT;
}

static void name_of(const mapping *m, hs_segment_kind kind, char *name, size_t size)
{
    static const char *const words[HS_SEGMENT_KINDS] = {
        [HS_SEGMENT_CODE] = "text",
        [HS_SEGMENT_CONSTANT] = "rodata",
        [HS_SEGMENT_DATA] = "data",
        [HS_SEGMENT_BARRIER] = "no access",
    };
    const char *slash = strrchr(m->path, '/'), *word = words[kind];
    if (m->path[0] == '/')
        snprintf(name, size, "%.200s%s%s", slash + 1, word ? " " : "", word ? word : "");
    else if (m->path[0] == '[')
        snprintf(name, size, "%.*s", (int)strcspn(m->path + 1, "]"), m->path + 1);
    else
        snprintf(name, size, "%s", kind == HS_SEGMENT_ZERO ? "anonymous" : word ? word : "?");
}

/* --- What has changed ----------------------------------------------------------------------- */

static bool is_on(const hs_segment *g)
{
    return g->died == SIZE_MAX;
}

/* Find a mapping among the first `count` segments. */
static hs_segment *find_same(hs_space *s, size_t count, const mapping *m, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        hs_segment *g = &s->segments[i];
        if (is_on(g) && g->from == m->from && g->to == m->to && g->permissions == m->permissions &&
            strcmp(g->name, name) == 0)
            return g;
    }
    return NULL;
}

/* What one look found changed, for the text of the step. */
typedef struct {
    size_t come, gone;
    char first[128]; /* the first one that came, or went */
} difference;

static void note(difference *d, const char *name)
{
    if (!d->first[0]) snprintf(d->first, sizeof d->first, "%.100s", name);
}

/* Take in the lines of maps as the step that was begun. Segments that are there already stay. */
static difference take_mappings(hs_space *s, char *text)
{
    size_t before = s->count;
    bool *kept = hs_new(before + 1, sizeof *kept);
    difference d = {0};
    char name[256], *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        mapping m;
        if (!parse_mapping(line, &m)) continue;
        hs_segment_kind kind = kind_of(&m);
        name_of(&m, kind, name, sizeof name);
        hs_segment *same = find_same(s, before, &m, name);
        if (same) {
            kept[same - s->segments] = true;
            continue;
        }
        hs_space_add(s, m.from, m.to, m.permissions, kind, name);
        d.come++;
        note(&d, name);
    }
    for (size_t i = 0; i < before; i++) {
        if (kept[i] || !is_on(&s->segments[i])) continue;
        hs_space_remove(s, i);
        d.gone++;
        note(&d, s->segments[i].name);
    }
    free(kept);
    return d;
}

/* Read how many bytes of each mapping are resident: the Rss lines of smaps, where that may be
 * read. */
static void take_residents(hs_space *s)
{
    char *text = read_proc(s->process, "smaps"), *save = NULL;
    hs_segment *g = NULL;
    for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
         line = strtok_r(NULL, "\n", &save)) {
        uint64_t from, to, kilobytes;
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &from, &to) == 2) {
            g = NULL;
            for (size_t i = s->count; i-- > 0 && !g;)
                if (is_on(&s->segments[i]) && s->segments[i].from == from) g = &s->segments[i];
        } else if (g && sscanf(line, "Rss: %" SCNu64 " kB", &kilobytes) == 1) {
            g->resident = kilobytes << 10;
        }
    }
    free(text);
}

/* --- Looking -------------------------------------------------------------------------------- */

static void tell(hs_space *s, const difference *d)
{
    hs_space_step *step = &s->steps[s->step_count - 1];
    if (s->step_count == 1) {
        hs_space_tell(s, "%zu segment%s.", d->come, hs_plural(d->come));
        return;
    }
    free(step->title);
    step->title = NULL;
    step->title = hs_text("%s %s", d->first,
                          d->come && d->gone ? "changes"
                          : d->come          ? "appears"
                                             : "goes");
    if (d->come) hs_space_tell(s, "%zu segment%s new.", d->come, hs_plural(d->come));
    if (d->gone) hs_space_tell(s, "%zu gone or changed.", d->gone);
}

/* The process has ended. What was mapped stays on show. */
static bool end(hs_space *s)
{
    bool last_is_shown = s->shown == s->step_count;
    s->ended = true;
    hs_space_step_begin(s, "it has ended");
    hs_space_tell(s, "Process %d is no more, nor is its address space; this is how it was last.",
                  s->process);
    if (last_is_shown) hs_space_go(s, s->step_count);
    return true;
}

/* Look at maps once. Where it is empty, the process has ended. */
static bool look(hs_space *s)
{
    char *text = s->ended ? NULL : read_proc(s->process, "maps");
    bool last_is_shown = s->shown == s->step_count;
    if (!s->ended && !s->child && (text ? !*text : errno == ENOENT || errno == ESRCH)) {
        free(text);
        return end(s);
    }
    if (!text || !*text || (s->seen && strcmp(text, s->seen) == 0) || s->step_count == MOST_STEPS) {
        free(text);
        return false;
    }
    char *parsed = memcpy(hs_new(strlen(text) + 1, 1), text, strlen(text) + 1);
    free(s->seen);
    s->seen = text;
    hs_space_step_begin(s, "%s", s->child ? "execve" : "now");
    difference d = take_mappings(s, parsed);
    free(parsed);
    tell(s, &d);
    if (last_is_shown) hs_space_go(s, s->step_count);
    return true;
}

/* Let a stopped child go on to its next system call, with the signal that it was sent. The options
 * of tracing are set at its first stop, behind execve. */
static void let_go_on(const hs_space *s, int status)
{
    int signal = WSTOPSIG(status);
    ptrace(PTRACE_SETOPTIONS, s->process, NULL,
           (void *)(intptr_t)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
    if ((signal & 0x7f) == SIGTRAP || signal == SIGSTOP) signal = 0;
    ptrace(PTRACE_SYSCALL, s->process, NULL, (void *)(intptr_t)signal);
}

/* Let the child run, and look whenever it stops, until nothing happens for a while. */
static bool watch(hs_space *s, int64_t quiet, int64_t patience)
{
    int64_t began = now(), last = began;
    bool changed = false;
    while (!s->ended && now() - last <= quiet && now() - began < patience) {
        int status;
        pid_t got = waitpid(s->process, &status, WNOHANG);
        if (got > 0 && (WIFEXITED(status) || WIFSIGNALED(status))) {
            changed |= end(s);
        } else if (got > 0) {
            changed |= look(s);
            let_go_on(s, status);
            last = now();
        } else {
            if (look(s)) last = now(), changed = true;
            nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
        }
    }
    return changed;
}

bool hs_space_refresh(hs_space *s)
{
    bool changed = s->child ? watch(s, 0, 100) : false;
    changed |= look(s);
    if (!s->ended) take_residents(s);
    return changed;
}

hs_space *hs_space_of_process(int process, hs_problem *problem)
{
    char *text = read_proc(process, "maps"), *name = read_proc(process, "comm");
    hs_space *s = NULL;
    int why = errno;
    if (name) name[strcspn(name, "\n")] = 0;
    if (!text && (why == ENOENT || why == ESRCH))
        refuse(problem, "ps lists those there are", "there is no process", process, "");
    else if (!text)
        refuse(problem, "root may look at it", "process", process, " is another user's");
    else if (!*text)
        refuse(problem, "", "process", process,
               " has no address space: a thread of the kernel, or it has ended");
    else
        s = hs_space_new(name ? name : "?");
    if (s) {
        s->live = true;
        s->process = process;
        hs_space_refresh(s);
    }
    free(text);
    free(name);
    return s;
}

/* --- Starting ------------------------------------------------------------------------------- */

/* Run the program that a shell would find. execvp is not used: it gives files that the kernel
 * refuses to /bin/sh. */
static void execute(char *const *words)
{
    const char *list = strchr(words[0], '/') ? NULL : getenv("PATH");
    int why = ENOENT;
    if (!list) execv(words[0], words);
    while (list && *list) {
        char path[4096];
        int length = (int)strcspn(list, ":");
        snprintf(path, sizeof path, "%.*s%s%s", length, list, length ? "/" : "", words[0]);
        execv(path, words);
        if (errno != ENOENT && errno != ENOTDIR) why = errno;
        list += length + (list[length] == ':');
    }
    if (list) errno = why;
}

/* In the child, become the program. It does not return. */
static void become(char *const *words, int input, int report)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(input, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 1; i < NSIG; i++) signal(i, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    execute(words);
    int why = errno;
    ssize_t ignored = write(report, &why, sizeof why);
    (void)ignored;
    _exit(127);
}

/* Start the child. Returns its number, or 0 with the errno that kept it from becoming the
 * program. */
static int start(char *const *words, int *input)
{
    int in[2], report[2], why = 0;
    if (pipe2(in, O_CLOEXEC) != 0) return 0;
    if (pipe2(report, O_CLOEXEC) != 0) {
        why = errno;
        close(in[0]);
        close(in[1]);
        errno = why;
        return 0;
    }
    pid_t child = fork();
    if (child == 0) become(words, in[0], report[1]);
    if (child < 0) why = errno;
    close(in[0]);
    close(report[1]);
    if (child > 0 && read(report[0], &why, sizeof why) > 0) waitpid(child, NULL, 0);
    close(report[0]);
    *input = in[1];
    if (!why) return child;
    close(in[1]);
    errno = why;
    return 0;
}

hs_space *hs_space_of_command(char *const *words, hs_problem *problem)
{
    bool named = words[0] && *words[0];
    int input = -1;
    hs_space *s = NULL;
    int child = named ? start(words, &input) : 0;
    if (child) {
        const char *slash = strrchr(words[0], '/');
        s = hs_space_new(slash ? slash + 1 : words[0]);
        s->live = s->child = true;
        s->process = child;
        s->input = input;
        watch(s, QUIET, PATIENCE);
        if (!s->ended) take_residents(s);
        hs_space_go(s, 1);
    } else {
        *problem = (hs_problem){.operand = HS_OPERAND_NAME};
        snprintf(problem->what, sizeof problem->what, "this program can not be started: %s",
                 named ? strerror(errno) : "it has no name");
    }
    return s;
}

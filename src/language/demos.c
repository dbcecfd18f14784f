/* SPDX-License-Identifier: MIT */
/* The course is what the files say: a script that is put into the folder is in the list, and no
 * table has to be kept beside it. */
#include "language/demos.h"

#include "base/files.h"
#include "base/memory.h"
#include "language/words.h"
#include "view/settings.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char suffix[] = ".heap", lecture[] = "Lecture ";

/* --- The folder ----------------------------------------------------------------------------- */

static bool is_script(const char *file)
{
    size_t n = strlen(file), end = sizeof suffix - 1;
    return n > end && file[0] != '.' && strcmp(file + n - end, suffix) == 0;
}

static bool has_scripts(const char *folder)
{
    const struct dirent *entry;
    bool found = false;
    DIR *d = opendir(folder);
    while (d && !found && (entry = readdir(d))) found = is_script(entry->d_name);
    if (d) closedir(d);
    return found;
}

/* The folder `name` seen from the program's own; an installed program may have been moved. */
static char *beside_program(const char *name)
{
    char self[PATH_MAX], *path;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = 0;
    char *slash = strrchr(self, '/');
    if (slash) *slash = 0;
    path = hs_text("%s/%s", slash ? self : ".", name);
    return path;
}

/* A build folder has a link to the demos of its source. */
static char *find_folder(void)
{
    const char *wanted = getenv("HEAPSCOPE_DEMOS");
    char *places[] = {beside_program("../share/heapscope/demos"), beside_program("../demos"),
                      hs_copy(HS_DEMOS_FOLDER)};
    char *found = wanted && *wanted ? hs_copy(wanted) : NULL;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (!found && has_scripts(places[i]))
            found = places[i];
        else
            free(places[i]);
    }
    return found;
}

/* --- The list ------------------------------------------------------------------------------- */

/* "# Lecture 3. Title" or "# Title". */
static void read_title(hs_demo *demo, char *line)
{
    char *title = line, *end;
    for (char *c = line; *c; c++)
        if (iscntrl((unsigned char)*c)) *c = 0; /* the line's end, or what no terminal should get */
    title += strspn(title, "# ");
    if (strncmp(title, lecture, sizeof lecture - 1) == 0) {
        uint64_t number = strtoull(title + sizeof lecture - 1, &end, 10);
        if (number && *end == '.') {
            demo->lecture = number;
            title = end + 1 + strspn(end + 1, " ");
        }
    }
    demo->title = hs_copy(title);
}

/* Read the first line of a file. It is not a FIFO, for which one would have to wait. */
static bool read_first_line(const char *path, char line[256])
{
    hs_file_report ignored;
    int fd = hs_file_is_regular(path) ? hs_file_open(path, &ignored) : -1;
    ssize_t n = fd >= 0 ? hs_file_read(fd, line, 255, (hs_stop){0}) : -1;
    if (fd >= 0) close(fd);
    line[n > 0 ? n : 0] = 0;
    return n >= 0;
}

static void add(hs_demos *all, const char *file)
{
    hs_demo demo = {.name = hs_copy_part(file, strlen(file) - (sizeof suffix - 1))};
    char *path = hs_demo_path(all, &demo), line[256];
    bool is_there = read_first_line(path, line);
    free(path);
    if (!is_there) {
        free(demo.name);
        return;
    }
    read_title(&demo, line);
    all->items = hs_array_reserve(all->items, &all->capacity, all->count + 1, sizeof demo);
    all->items[all->count++] = demo;
}

static int in_order(const void *a, const void *b)
{
    const hs_demo *x = a, *y = b;
    uint64_t i = x->lecture - 1, j = y->lecture - 1; /* none: behind all */
    return i != j ? (i < j ? -1 : 1) : strcmp(x->name, y->name);
}

hs_demos hs_demos_find(void)
{
    hs_demos all = {.folder = find_folder()};
    const struct dirent *entry;
    DIR *d = all.folder ? opendir(all.folder) : NULL;
    while (d && (entry = readdir(d)))
        if (is_script(entry->d_name)) add(&all, entry->d_name);
    if (d) closedir(d);
    if (all.count) qsort(all.items, all.count, sizeof *all.items, in_order);
    return all;
}

bool hs_demos_hold(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = find_folder(), *own;
    struct stat a, b;
    own = hs_text("%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
    bool same = folder && stat(folder, &a) == 0 && stat(own, &b) == 0 && a.st_dev == b.st_dev &&
                a.st_ino == b.st_ino;
    free(folder);
    free(own);
    return same;
}

void hs_demos_free(hs_demos *all)
{
    for (size_t i = 0; i < all->count; i++) {
        free(all->items[i].name);
        free(all->items[i].title);
    }
    free(all->items);
    free(all->folder);
    *all = (hs_demos){0};
}

const hs_demo *hs_demo_named(const hs_demos *all, const char *name)
{
    char *end;
    uint64_t number = strtoull(name, &end, 10);
    bool is_number = *name >= '1' && *name <= '9' && !*end;
    for (size_t i = 0; i < all->count; i++) {
        const hs_demo *d = &all->items[i];
        if (is_number ? d->lecture == number : strcmp(d->name, name) == 0) return d;
    }
    return NULL;
}

char *hs_demo_path(const hs_demos *all, const hs_demo *demo)
{
    char *path;
    path = hs_text("%s/%s%s", all->folder, demo->name, suffix);
    return path;
}

static void put_heading(FILE *out, const hs_demo *d, const char *command, bool first)
{
    if (d->lecture)
        fprintf(out, "The course: `%s %" PRIu64 "` plays lecture %" PRIu64, command, d->lecture,
                d->lecture);
    else
        fprintf(out, "%s: `%s %s` plays %s", first ? "Demos" : "\n\nMore demos", command, d->name,
                d->name);
}

char *hs_demos_text(const hs_demos *all, const char *command)
{
    char *text = NULL, number[24] = "";
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    if (!all->count) fputs("no demos are installed; HEAPSCOPE_DEMOS may name their folder", out);
    for (size_t i = 0; i < all->count; i++) {
        const hs_demo *d = &all->items[i];
        if (i == 0 || !d->lecture != !all->items[i - 1].lecture)
            put_heading(out, d, command, i == 0);
        snprintf(number, sizeof number, "%" PRIu64, d->lecture);
        fprintf(out, "\n%4s  %-22s  %s", d->lecture ? number : "", d->name, d->title);
    }
    hs_text_end(out);
    return text;
}

/* --- The command ---------------------------------------------------------------------------- */

static bool fill_in(hs_session *s, const char *name, const hs_option *o)
{
    hs_problem ignored;
    char number[32];
    snprintf(number, sizeof number, "%" PRIu64, o->initial);
    const char *value = o->choices ? o->choices[o->initial] : number;
    hs_op op = {.kind = HS_OP_SET, .name = name, .text = value, .text_length = strlen(value)};
    return hs_session_perform(s, &op, &ignored);
}

/* Start as from the shell: what was set for the demo before must not change this one. How things
 * look and how fast they go is the user's, and stays. */
static void start_afresh(hs_interpreter *in)
{
    hs_session *s = in->session;
    static const size_t settings[] = {HS_SET_GROWTH, HS_SET_MISUSE, HS_SET_ZOOM, HS_SET_PICTURE};
    const hs_allocator *a = hs_heap_allocator(hs_session_heap(s));
    hs_problem ignored;
    for (size_t i = 0; i < a->option_count; i++)
        if (hs_heap_option(hs_session_heap(s), i) != a->options[i].initial)
            fill_in(s, a->options[i].name, &a->options[i]);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const hs_option *o = hs_session_setting_row(s, settings[i]);
        if (hs_session_setting(s, settings[i]) != o->initial) fill_in(s, o->name, o);
    }
    hs_session_perform(s, &(hs_op){.kind = HS_OP_RESET}, &ignored);
    hs_set_lanes(in, NULL);
}

static const hs_demo *resolve(hs_interpreter *in, const hs_demos *all, const hs_argument *a)
{
    hs_words names = {0};
    hs_complaint c = {0};
    const hs_demo *demo = hs_demo_named(all, a->text);
    if (demo) return demo;
    for (size_t i = 0; i < all->count; i++) hs_words_add(&names, all->items[i].name);
    const char *name = hs_words_resolve(&names, "demo", a->text, a->length, a->where, &c);
    hs_words_free(&names);
    if (name) return hs_demo_named(all, name);
    if (!c.hint[0]) hs_hint(&c, "`demos` lists them");
    hs_fail_with(in, &c);
    return NULL;
}

static bool play(hs_interpreter *in, const char *path)
{
    hs_program *script = hs_interpreter_load(in, path);
    if (!script) return false;
    start_afresh(in);
    in->files++;
    bool good = in->listener.play ? in->listener.play(in->listener.context, script)
                                  : hs_interpreter_run_loaded(in, script);
    in->files--;
    return good;
}

bool hs_run_demos(hs_interpreter *in, const hs_statement *s)
{
    hs_demos all = hs_demos_find();
    const hs_argument *a = &s->arguments[0];
    bool good = true;
    if (a->present && in->files) {
        good = hs_fail_at(in, s->where, "a demo within a demo can not be played",
                          "source FILE runs a script");
    } else if (a->present) {
        const hs_demo *demo = resolve(in, &all, a);
        char *path = demo ? hs_demo_path(&all, demo) : NULL;
        good = demo && play(in, path);
        free(path);
    } else {
        char *text = hs_demos_text(&all, "demos");
        in->listener.say(in->listener.context, HS_SAY_ANSWER, text);
        free(text);
    }
    hs_demos_free(&all);
    return good;
}

/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target over mutations of valid files: each is that of a number, the same in every
 * run, so that one that fails can be had again.
 *
 *      mutated FIRST COUNT FILE-OR-FOLDER...
 *
 * Where COUNT is 0 it is 20,000 a file in the nightly run, else 100. Numbers, lines and bytes are
 * changed as files in use are wrong: a number at a limit, a line twice or elsewhere, an end that is
 * missing. */
#include "../unit/random.h"

#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LARGEST = 1 << 16, NIGHTLY = 20000, USUAL = 100 };

typedef struct {
    char bytes[2 * LARGEST];
    size_t size;
} text;

static text valid, mutated;
static char now[512]; /* what is tried, for when it fails */

/* --- Mutations ------------------------------------------------------------------------------ */

/* Put `n` bytes in the place of those from `at` to `end`. */
static void replace(text *t, size_t at, size_t end, const void *bytes, size_t n)
{
    if (t->size - (end - at) + n > LARGEST) return;
    memmove(t->bytes + at + n, t->bytes + end, t->size - end);
    memcpy(t->bytes + at, bytes, n);
    t->size += n - (end - at);
}

static size_t place_in(const text *t, uint64_t *seed)
{
    return t->size ? random_below(seed, t->size) : 0;
}

static bool is_digit(const text *t, size_t at)
{
    return at < t->size && t->bytes[at] >= '0' && t->bytes[at] <= '9';
}

/* A number, from a place on, becomes one at some limit. */
static void change_number(text *t, uint64_t *seed)
{
    static const char *const limits[] = {"0",
                                         "1",
                                         "-1",
                                         "7",
                                         "8",
                                         "4096",
                                         "65536",
                                         "536870911",
                                         "536870912",
                                         "1073741824",
                                         "2147483647",
                                         "2147483648",
                                         "4294967294",
                                         "4294967295",
                                         "4294967296",
                                         "9223372036854775807",
                                         "0x10",
                                         "0xffffffffffffffff",
                                         "18446744073709551615",
                                         "",
                                         "00000000000000000000001",
                                         "18446744073709551616",
                                         "1e9",
                                         "999999999999999999999999",
                                         "0x"};
    size_t at = place_in(t, seed), end;
    while (at < t->size && !is_digit(t, at)) at++;
    for (end = at; is_digit(t, end);) end++;
    const char *to = limits[random_below(seed, sizeof limits / sizeof *limits)];
    if (end > at) replace(t, at, end, to, strlen(to));
}

/* One number becomes another one of the file: an id, or an address, that is there. */
static void copy_number(text *t, uint64_t *seed)
{
    char number[32];
    size_t from = place_in(t, seed), at = place_in(t, seed), n = 0, end;
    while (from < t->size && !is_digit(t, from)) from++;
    while (is_digit(t, from + n) && n < sizeof number) n++;
    memcpy(number, t->bytes + from, n);
    while (at < t->size && !is_digit(t, at)) at++;
    for (end = at; is_digit(t, end);) end++;
    if (n && end > at) replace(t, at, end, number, n);
}

static void line_at(const text *t, size_t place, size_t *at, size_t *end)
{
    for (*at = place; *at && t->bytes[*at - 1] != '\n';) --*at;
    for (*end = place; *end < t->size && t->bytes[*end] != '\n';) ++*end;
    *end += *end < t->size;
}

/* A line is taken out, or stands elsewhere as well. */
static void change_line(text *t, uint64_t *seed)
{
    static char line[LARGEST];
    size_t at, end, to, ignored;
    line_at(t, place_in(t, seed), &at, &end);
    memcpy(line, t->bytes + at, end - at);
    if (random_below(seed, 3) == 0) {
        replace(t, at, end, "", 0);
        return;
    }
    line_at(t, place_in(t, seed), &to, &ignored);
    replace(t, to, to, line, end - at);
}

static void change_byte(text *t, uint64_t *seed)
{
    static const char likely[] = " \t\r\n\0\x1b\xff,=<>()+-@#\"\\.:af";
    char byte = likely[random_below(seed, sizeof likely - 1)];
    size_t at = place_in(t, seed), end = at + (t->size && random_below(seed, 2));
    if (random_below(seed, 3) == 0 && t->size)
        byte = t->bytes[at] ^ (char)(1 << random_below(seed, 8));
    replace(t, at, end, &byte, 1);
}

/* Bytes are missing, or there twice, from here to anywhere. */
static void change_range(text *t, uint64_t *seed)
{
    static char range[LARGEST];
    size_t at = place_in(t, seed), n = t->size - at;
    if (n) n = random_below(seed, n < 64 || random_below(seed, 4) == 0 ? n : 64) + 1;
    if (n > t->size - at) n = t->size - at;
    memcpy(range, t->bytes + at, n);
    if (random_below(seed, 2))
        replace(t, at, at + n, "", 0);
    else
        replace(t, at, at, range, n);
}

static void cut(text *t, uint64_t *seed)
{
    t->size = place_in(t, seed);
}

/* Those that are more often tried stand there more often. */
static void mutate(text *t, uint64_t *seed)
{
    static void (*const mutations[])(text *, uint64_t *) = {
        change_number, change_number, copy_number, copy_number,  change_line,
        change_line,   change_byte,   change_byte, change_range, cut};
    for (uint64_t n = random_below(seed, 4) + 1; n; n--)
        mutations[random_below(seed, sizeof mutations / sizeof *mutations)](t, seed);
}

/* --- Files ---------------------------------------------------------------------------------- */

static void tell(int number)
{
    ssize_t ignored = write(STDERR_FILENO, now, strlen(now));
    (void)ignored;
    signal(number, SIG_DFL);
    raise(number);
}

static bool run_file(const char *path, uint64_t first, uint64_t count)
{
    FILE *file = fopen(path, "rb");
    if (!file) return perror(path), false;
    valid.size = fread(valid.bytes, 1, LARGEST, file);
    fclose(file);
    for (uint64_t i = first; i < first + count; i++) {
        uint64_t seed = i;
        snprintf(now, sizeof now, "mutated %" PRIu64 " 1 %.400s: that failed\n", i, path);
        mutated = valid;
        mutate(&mutated, &seed);
        LLVMFuzzerTestOneInput((const uint8_t *)mutated.bytes, mutated.size);
    }
    return true;
}

static bool run_folder(DIR *folder, const char *path, uint64_t first, uint64_t count)
{
    char file[4096];
    bool good = true;
    const struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] == '.') continue;
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        good = run_file(file, first, count) && good;
    }
    closedir(folder);
    return good;
}

int main(int argc, char **argv)
{
    static const int ends[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    uint64_t first = argc > 3 ? strtoull(argv[1], NULL, 10) : 0;
    uint64_t count = argc > 3 ? strtoull(argv[2], NULL, 10) : 0;
    bool good = argc > 3;
    if (!count) count = random_operations(1) > 1 ? NIGHTLY : USUAL;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) signal(ends[i], tell);
    for (int i = 3; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        good = (folder ? run_folder(folder, argv[i], first, count)
                       : run_file(argv[i], first, count)) &&
               good;
    }
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* SPDX-License-Identifier: MIT */
/* The traces of tests/traces: each is read whole, and is what the table in its README.md says.
 *
 *      | perl.hst | 59043 | 7389 | 1104909 | ...      requests, most blocks and bytes live at once
 */
#include "check.h"

#include <heapscope/trace_file.h>

#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;

typedef struct {
    uint64_t requests, blocks, bytes;
} row;

/* The row of the table that a file has; false when there is none. */
static bool find_row(const char *name, row *r)
{
    char path[512], line[512];
    bool found = false;
    snprintf(path, sizeof path, "%s/README.md", folder);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    while (!found && fgets(line, sizeof line, in))
        found = strncmp(line, "| ", 2) == 0 && strncmp(line + 2, name, strlen(name)) == 0 &&
                sscanf(line + 2 + strlen(name), " | %" SCNu64 " | %" SCNu64 " | %" SCNu64,
                       &r->requests, &r->blocks, &r->bytes) == 3;
    fclose(in);
    return found;
}

static hs_trace *read_whole(const char *path)
{
    hs_trace_report report;
    hs_trace *t = hs_trace_read(path, &(hs_trace_reading){.format = "hst"}, &report);
    if (!t) fail_msg("%s", report.error);
    assert_false(report.cut);
    assert_null(report.notes);
    hs_trace_report_free(&report);
    return t;
}

/* What playing it comes to. Blocks are born while their id is free, and free'd while live. */
static row row_of(const hs_trace *t)
{
    row r = {.requests = hs_trace_count(t)};
    uint64_t blocks = 0, bytes = 0;
    uint64_t *sizes = calloc(hs_trace_ids(t) + (size_t)1, sizeof *sizes); /* plus 1; 0: not live */
    for (uint64_t i = 0; i < r.requests; i++) {
        const hs_trace_op *op = &hs_trace_ops(t)[i];
        if (op->id == HS_TRACE_NULL) continue;
        uint64_t *size = &sizes[op->id];
        bool live = *size != 0, frees = op->kind == HS_FREE;
        if (frees) assert_true(live);
        if (!frees && op->kind != HS_REALLOC) assert_false(live);
        if (live) bytes -= *size - 1, blocks--;
        *size = frees ? 0 : 1 + (op->kind == HS_CALLOC ? op->size * op->other : op->size);
        if (!frees) bytes += *size - 1, blocks++;
        if (blocks > r.blocks) r.blocks = blocks;
        if (bytes > r.bytes) r.bytes = bytes;
    }
    free(sizes);
    return r;
}

static void every_trace_is_read_whole_and_is_what_the_readme_says(void **state)
{
    (void)state;
    char pattern[512];
    glob_t files;
    if (!hs_trace_can_pack()) {
        print_message("left out: the traces are packed, and this build is without libzstd\n");
        skip();
    }
    snprintf(pattern, sizeof pattern, "%s/*.hst", folder);
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    assert_true(files.gl_pathc >= 5);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        row said, is;
        const char *path = files.gl_pathv[i];
        if (!find_row(strrchr(path, '/') + 1, &said)) fail_msg("README.md lacks %s", path);
        hs_trace *t = read_whole(path);
        is = row_of(t);
        hs_trace_free(t);
        if (memcmp(&is, &said, sizeof is) != 0)
            fail_msg("%s has %" PRIu64 " requests, %" PRIu64 " blocks and %" PRIu64 " bytes", path,
                     is.requests, is.blocks, is.bytes);
    }
    globfree(&files);
}

/* They are part of the source: as much as a picture or two. */
static void together_they_are_small(void **state)
{
    (void)state;
    char pattern[512];
    glob_t files;
    long bytes = 0;
    snprintf(pattern, sizeof pattern, "%s/*.hst", folder);
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        FILE *in = fopen(files.gl_pathv[i], "r");
        assert_non_null(in);
        fseek(in, 0, SEEK_END);
        bytes += ftell(in);
        fclose(in);
    }
    globfree(&files);
    assert_in_range(bytes, 1, 3000000);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_trace_is_read_whole_and_is_what_the_readme_says),
        cmocka_unit_test(together_they_are_small),
    };
    if (argc < 2) return 2;
    folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}

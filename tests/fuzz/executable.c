/* SPDX-License-Identifier: MIT */
/* Fuzz target: bytes as an ELF file, and as the loader's cache. They are refused with a reason, or
 * become an address space whose every step can be shown. */
#include "model/process/exec.h"
#include "model/process/libraries.h"
#include "view/address_space.h"
#include "view/pictures.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) abort();
}

static void check_steps(hs_session *s, hs_space *space)
{
    hs_spaces spaces = {.own = space};
    const hs_subject of = {.session = s, .spaces = &spaces};
    for (size_t i = 1; i <= space->step_count; i++) {
        hs_space_go(space, i);
        free(hs_space_step_text(space));
        hs_scene *scene = hs_scene_new(24, 80, false);
        hs_picture_process.paint(&of, hs_pane_of(scene), hs_space_newest_row(s, space));
        hs_scene_free(scene);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hs_problem problem = {.what = ""};
    hs_executable *e = hs_executable_read("fuzzed", data, size, &problem);
    hs_space *space = e ? hs_space_of_executable(e, NULL, &problem) : NULL;
    must(space || problem.what[0]);
    if (space) {
        hs_session *s = hs_session_new("implicit", &(hs_heap_config){256, 1024}, &problem);
        must(s != NULL);
        check_steps(s, space);
        hs_session_free(s);
        hs_space_free(space);
    }
    hs_executable_free(e);
    const char *found = hs_libraries_in_cache(data, size, "libc.so.6", 0);
    must(!found || strlen(found) < size);
    return 0;
}

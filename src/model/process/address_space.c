/* SPDX-License-Identifier: MIT */
/* Address spaces as lists of segments. */
#include "model/process/address_space.h"

#include "base/memory.h"
#include "model/session/session.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(hs_new(size, 1), text, size);
}

hs_space *hs_space_new(const char *name)
{
    hs_space *space = hs_new(1, sizeof *space);
    space->name = copy(name);
    space->input = -1;
    return space;
}

static void end_process(hs_space *space)
{
    if (space->input >= 0) close(space->input);
    if (!space->child || space->ended) return;
    kill(space->process, SIGKILL);
    waitpid(space->process, NULL, 0);
}

void hs_space_free(hs_space *space)
{
    if (!space) return;
    end_process(space);
    for (size_t i = 0; i < space->count; i++) free(space->segments[i].name);
    for (size_t i = 0; i < space->step_count; i++) {
        free(space->steps[i].title);
        free(space->steps[i].text);
    }
    free(space->segments);
    free(space->steps);
    free(space->seen);
    free(space->name);
    free(space);
}

/* --- Making it ------------------------------------------------------------------------------ */

void hs_space_step_begin(hs_space *space, const char *title, ...)
{
    hs_space_step step = {.text = copy("")};
    va_list what;
    va_start(what, title);
    step.title = hs_text_by(title, what);
    va_end(what);
    space->steps = hs_array_reserve(space->steps, &space->step_capacity, space->step_count + 1,
                                    sizeof *space->steps);
    space->steps[space->step_count++] = step;
}

void hs_space_tell(hs_space *space, const char *format, ...)
{
    hs_space_step *step = &space->steps[space->step_count - 1];
    char *more, *both;
    va_list what;
    va_start(what, format);
    more = hs_text_by(format, what);
    va_end(what);
    both = hs_text("%s%s%s", step->text, *step->text ? " " : "", more);
    free(more);
    free(step->text);
    step->text = both;
}

size_t hs_space_add(hs_space *space, hs_addr from, hs_addr to, int permissions,
                    hs_segment_kind kind, const char *name)
{
    space->segments = hs_array_reserve(space->segments, &space->capacity, space->count + 1,
                                       sizeof *space->segments);
    space->segments[space->count] = (hs_segment){.from = from,
                                                 .to = to,
                                                 .kind = kind,
                                                 .permissions = (uint8_t)permissions,
                                                 .name = copy(name),
                                                 .resident = HS_UNKNOWN,
                                                 .born = space->step_count,
                                                 .died = SIZE_MAX};
    return space->count++;
}

void hs_space_remove(hs_space *space, size_t index)
{
    space->segments[index].died = space->step_count;
}

/* --- Looking at it -------------------------------------------------------------------------- */

void hs_space_go(hs_space *space, size_t step)
{
    if (step > space->step_count) step = space->step_count;
    space->shown = step < 1 && space->step_count ? 1 : step;
}

static int highest_first(const void *a, const void *b)
{
    const hs_segment *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? 1 : -1;
    return x->to < y->to ? 1 : x->to > y->to ? -1 : 0;
}

hs_segment *hs_space_segments(const hs_space *space, const hs_session *s, size_t *count)
{
    const hs_heap *h = hs_session_heap(s);
    hs_segment *list = hs_new(space->count + 1, sizeof *list);
    *count = 0;
    for (size_t i = 0; i < space->count; i++) {
        hs_segment one = space->segments[i];
        if (one.born > space->shown || space->shown >= one.died) continue;
        if (one.kind == HS_SEGMENT_HEAP && !space->live) {
            one.from = hs_heap_base(h);
            /* The heap reaches to its end only once there is one: before the allocator asks for
             * memory, the break is where the heap starts. */
            if (one.to > one.from) one.to = hs_heap_end(h);
        }
        list[(*count)++] = one;
    }
    qsort(list, *count, sizeof *list, highest_first);
    return list;
}

/* --- Those on show --------------------------------------------------------------------------- */

void hs_space_take(hs_space **place, hs_space *space)
{
    if (*place != space) hs_space_free(*place);
    *place = space;
}

void hs_spaces_free(hs_spaces *s)
{
    hs_space_free(s->own);
    hs_space_free(s->live);
    *s = (hs_spaces){0};
}

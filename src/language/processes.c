/* SPDX-License-Identifier: MIT */
/* The commands about processes: they change what is looked at, not the heap. */
#include "language/running.h"

#include "model/process/exec.h"
#include "model/process/process_maps.h"
#include "view/address_space.h"
#include "view/pictures.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool hs_run_exec(hs_interpreter *in, const hs_statement *s)
{
    const hs_argument *file = &s->arguments[0];
    hs_problem problem;
    char **arguments = hs_argument_words(&s->arguments[1]);
    hs_space *space =
        file->present ? hs_space_of_program(file->text, arguments, &problem) : hs_space_of_model();
    free(arguments);
    if (!space) return hs_fail_at(in, file->where, problem.what, problem.hint);
    hs_space_take(&in->spaces.own, space);
    return hs_show_picture(in, &hs_picture_process, (hs_subject){.step = 1});
}

bool hs_run_address_space(hs_interpreter *in, const hs_statement *s)
{
    (void)s;
    hs_space *space = hs_spaces_process(&in->spaces);
    hs_space_go(space, space->step_count);
    return hs_show_picture(in, &hs_picture_process, (hs_subject){0});
}

/* The address space of a process, by its number or as `self`. */
static hs_space *space_of_process(const char *what, hs_problem *problem)
{
    if (strcmp(what, "self") == 0) return hs_space_of_process(getpid(), problem);
    long n = strtol(what, NULL, 10);
    if (n > 0 && n < 1 << 30) return hs_space_of_process((int)n, problem);
    *problem = (hs_problem){.operand = HS_OPERAND_NAME, .what = "no process has this number"};
    return NULL;
}

static hs_space *space_of_command(const hs_argument *command, hs_problem *problem)
{
    char **words = hs_argument_words(command);
    hs_space *space = hs_space_of_command(words, problem);
    free(words);
    return space;
}

bool hs_run_maps(hs_interpreter *in, const hs_statement *s)
{
    const hs_argument *process = &s->arguments[0], *command = &s->arguments[1];
    hs_space *last = in->spaces.live;
    hs_problem problem;
    if (process->present && command->present)
        return hs_fail_at(in, command->where, "a process, or a command that becomes one: not both",
                          NULL);
    if (!process->present && !command->present && last) {
        hs_space_refresh(last);
        return hs_show_picture(in, &hs_picture_live, (hs_subject){.step = last->shown});
    }
    hs_space *space = command->present
                          ? space_of_command(command, &problem)
                          : space_of_process(process->present ? process->text : "self", &problem);
    hs_span where = command->present ? command->where : process->present ? process->where : s->head;
    if (!space) return hs_fail_at(in, where, problem.what, problem.hint);
    hs_space_take(&in->spaces.live, space);
    return hs_show_picture(in, &hs_picture_live, (hs_subject){.step = space->shown});
}

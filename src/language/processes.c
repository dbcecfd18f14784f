/* The commands about processes: they change what is looked at, not the heap. */
#include "language/running.h"

#include "model/exec.h"
#include "model/process_maps.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool show(hs_interpreter *in, hs_show what)
{
    in->listener.show(in->listener.context, what, HS_NULL, 0);
    return true;
}

bool hs_run_exec(hs_interpreter *in, const hs_statement *s)
{
    const hs_argument *file = &s->arguments[0];
    hs_problem problem;
    hs_space *space = file->present
                          ? hs_space_of_program(file->text, s->arguments[1].text, &problem)
                          : hs_space_of_model();
    if (!space) return hs_fail_at(in, file->where, problem.what, problem.hint);
    hs_session_set_space(in->session, HS_SPACE_OWN, space);
    return show(in, HS_SHOW_EXEC);
}

bool hs_run_address_space(hs_interpreter *in, const hs_statement *s)
{
    (void)s;
    hs_space *space = hs_session_process(in->session);
    hs_space_go(space, space->step_count);
    return show(in, HS_SHOW_PROCESS);
}

/* A number and nothing else? */
static bool is_number(const char *text, long *n)
{
    char *end;
    *n = strtol(text, &end, 10);
    return end != text && !*end;
}

/* PID, self, -- COMMAND..., or COMMAND... */
static hs_space *open_space(const char *what, hs_problem *problem)
{
    long n;
    if (strcmp(what, "self") == 0) return hs_space_of_process(getpid(), problem);
    if (is_number(what, &n)) {
        if (n > 0 && n < 1 << 30) return hs_space_of_process((int)n, problem);
        *problem = (hs_problem){.operand = HS_OPERAND_NAME, .what = "no process has this number"};
        return NULL;
    }
    if (strncmp(what, "--", 2) == 0 && (what[2] == ' ' || !what[2])) what += 2;
    return hs_space_of_command(what, problem);
}

bool hs_run_maps(hs_interpreter *in, const hs_statement *s)
{
    const hs_argument *what = &s->arguments[0];
    hs_space *last = hs_session_space(in->session, HS_SPACE_LIVE);
    hs_problem problem;
    if (!what->present && last) {
        hs_space_refresh(last);
        return show(in, HS_SHOW_LIVE);
    }
    hs_space *space = open_space(what->present ? what->text : "self", &problem);
    if (!space)
        return hs_fail_at(in, what->present ? what->where : s->head, problem.what, problem.hint);
    hs_session_set_space(in->session, HS_SPACE_LIVE, space);
    return show(in, HS_SHOW_LIVE);
}

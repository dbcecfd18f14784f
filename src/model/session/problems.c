/* SPDX-License-Identifier: MIT */
/* What is wrong with what was asked of a session, in words: an operand, a stop, memory that ran
 * out. What is wrong with a pointer stands in misuse.c. */
#include "model/session/session.h"

#include <stdarg.h>
#include <stdio.h>

bool hs_wrong(hs_problem *problem, hs_operand operand, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    problem->operand = operand;
    problem->hint[0] = 0;
    vsnprintf(problem->what, sizeof problem->what, format, arguments);
    va_end(arguments);
    return false;
}

bool hs_wrong_hint(hs_problem *problem, const char *text)
{
    snprintf(problem->hint, sizeof problem->hint, "%s", text);
    return false;
}

bool hs_was_stopped(hs_problem *problem)
{
    return hs_wrong(problem, HS_OPERAND_NONE, "stopped: everything is as it was before");
}

void hs_no_memory(hs_problem *problem)
{
    if (problem) *problem = (hs_problem){.what = "out of memory"};
}

void hs_session_lose(const hs_session *s, hs_problem *problem)
{
    s->observed->lost = true;
    hs_session_is_lost(s, problem);
}

bool hs_session_is_lost(const hs_session *s, hs_problem *problem)
{
    if (s->observed->lost && problem)
        *problem = (hs_problem){.what = "out of memory",
                                .hint = "the session is lost: nothing is left but to free it"};
    return s->observed->lost;
}

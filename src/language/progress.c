/* SPDX-License-Identifier: MIT */
/* Going far, and whatever else takes long in the session: the listener is told how far it is, and
 * may stop it. */
#include "language/running.h"

#include "base/count.h"

#include <inttypes.h>
#include <stdio.h>

void hs_progress_text(char *out, size_t size, const char *doing, uint64_t done, uint64_t total)
{
    snprintf(out, size, "%s: %" PRIu64 " of %" PRIu64 " commands, %.0f %%", doing, done, total,
             total ? 100.0 * (double)done / (double)total : 100.0);
}

void hs_interpreter_progress(const hs_interpreter *in, char *out, size_t size)
{
    uint64_t done = in->work.done, total = in->work.total;
    uint64_t requests = hs_session_totals(in->session)->requests;
    int n =
        snprintf(out, size, "working: %" PRIu64 " request%s so far", requests, hs_plural(requests));
    if (in->work.depth && total && done <= total && n > 0 && (size_t)n < size)
        snprintf(out + n, size - (size_t)n, ", %.0f %% of %" PRIu64 " commands",
                 100.0 * (double)done / (double)total, total);
}

bool hs_interrupted(hs_interpreter *in)
{
    if (!in->stopped && in->listener.interrupted)
        in->stopped = in->listener.interrupted(in->listener.context);
    return in->stopped;
}

bool hs_report(void *of, const char *doing, uint64_t done, uint64_t total)
{
    hs_interpreter *in = of;
    const hs_listener *l = &in->listener;
    char text[96];
    if (!doing) {
        if (in->reports && l->progress) l->progress(l->context, NULL);
        in->reports = false;
        return true;
    }
    in->reports = true;
    hs_progress_text(text, sizeof text, doing, done, total);
    if (l->progress) l->progress(l->context, text);
    return !hs_interrupted(in);
}

void hs_tell_of_session(hs_interpreter *in)
{
    hs_session_tell(in->session, in->program ? hs_report : NULL, in);
}

/* Go first through the requests of a trace that nobody has gone through, unless they are few. */
static bool survey_until(hs_interpreter *in, uint64_t end, hs_problem *problem)
{
    enum { FEW = 20000 };
    hs_session *s = in->session;
    uint64_t done = hs_session_surveyed(s);
    if (done + FEW >= end) return true;
    if (!hs_session_survey(s, end - done, problem)) return false;
    done = hs_session_surveyed(s);
    if (done >= end) return true;
    snprintf(problem->what, sizeof problem->what, "stopped: %" PRIu64 " request%s %s gone through",
             done, hs_plural(done), hs_verb(done, "was", "were"));
    *problem->hint = 0;
    return false;
}

bool hs_interpreter_go(hs_interpreter *in, hs_moment m, hs_problem *problem)
{
    hs_session *s = in->session;
    uint64_t traced = hs_session_traced(s), end = m.count < traced ? m.count : traced;
    in->stopped = false;
    hs_session_tell(s, hs_report, in);
    bool good =
        survey_until(in, end, problem) &&
        (in->lockstep ? hs_lockstep_go(in->lockstep, m, problem) : hs_session_go(s, m, problem));
    hs_tell_of_session(in);
    return good;
}

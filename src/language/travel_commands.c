/* SPDX-License-Identifier: MIT */
/* Commands that go through time. Undo, redo, goto and branches are one operation: go to a moment.
 */
#include "language/commands.h"

#include "base/count.h"
#include "view/difference.h"
#include "view/pictures.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *branch_name(uint32_t branch, char *name, size_t size)
{
    if (branch)
        snprintf(name, size, "b%" PRIu32, branch);
    else
        snprintf(name, size, "main");
    return name;
}

bool hs_travel_to(hs_interpreter *in, const hs_statement *s, hs_moment m)
{
    hs_problem problem;
    char text[256], name[16];
    if (!hs_interpreter_go(in, m, &problem)) return hs_fail_at(in, s->head, problem.what, "");
    uint64_t end = hs_session_branch_count(in->session, m.branch);
    char *last = hs_session_record_text(in->session, m.count - 1);
    snprintf(text, sizeof text, "at command %" PRIu64 " of %" PRIu64 " on %s%s%.150s", m.count, end,
             branch_name(m.branch, name, sizeof name), m.count ? ": " : ", before the first",
             m.count ? last : "");
    free(last);
    if (!in->inside) in->listener.performed(in->listener.context, text);
    return true;
}

/* Run undo, redo, back or forward: N commands back (-1) or forward (1), or one if it does not
 * say. */
static bool go_by(hs_interpreter *in, const hs_statement *s, int direction)
{
    hs_moment m = hs_session_moment(in->session);
    uint64_t n = 1, end = hs_session_branch_count(in->session, m.branch);
    uint64_t most = direction < 0 ? m.count : end - m.count;
    char text[96];
    if (s->arguments[0].present && !hs_size_of_argument(in, &s->arguments[0], &n)) return false;
    if (!most)
        return hs_fail_at(in, s->head,
                          direction < 0 ? "this is the beginning" : "this is the last command",
                          direction < 0 ? "" : "`branches` shows what was done otherwise");
    if (n > most) {
        snprintf(text, sizeof text, "there %s only %" PRIu64 " command%s %s",
                 hs_verb(most, "is", "are"), most, hs_plural(most),
                 direction < 0 ? "before this" : "after this");
        return hs_fail_at(in, s->arguments[0].where, text, "");
    }
    m.count = direction < 0 ? m.count - n : m.count + n;
    return hs_travel_to(in, s, m);
}

bool hs_run_back(hs_interpreter *in, const hs_statement *s)
{
    return go_by(in, s, -1);
}

bool hs_run_forward(hs_interpreter *in, const hs_statement *s)
{
    return go_by(in, s, 1);
}

bool hs_run_goto(hs_interpreter *in, const hs_statement *s)
{
    hs_moment m = hs_session_moment(in->session);
    uint64_t end = hs_session_branch_count(in->session, m.branch);
    char text[96];
    if (!hs_size_of_argument(in, &s->arguments[0], &m.count)) return false;
    if (m.count <= end) return hs_travel_to(in, s, m);
    snprintf(text, sizeof text, "this branch has %" PRIu64 " command%s", end, hs_plural(end));
    return hs_fail_at(in, s->arguments[0].where, text, "`history` lists them with their numbers");
}

bool hs_run_diff(hs_interpreter *in, const hs_statement *s)
{
    uint64_t count = hs_session_op_count(in->session), n = count ? count - 1 : 0;
    char text[96];
    if (s->arguments[0].present && !hs_size_of_argument(in, &s->arguments[0], &n)) return false;
    if (n <= count)
        return hs_say_own(in, HS_SAY_ANSWER, hs_difference(in->session, n)) &&
               hs_show_picture(in, &hs_picture_map, (hs_subject){0});
    snprintf(text, sizeof text, "there %s %" PRIu64 " command%s so far",
             hs_verb(count, "was", "were"), count, hs_plural(count));
    return hs_fail_at(in, s->arguments[0].where, text, "`history` lists them with their numbers");
}

static void list_branches(FILE *out, const hs_session *session)
{
    hs_moment now = hs_session_moment(session);
    char name[16], parent[16];
    uint32_t n = hs_session_branches(session);
    for (uint32_t i = 0; i < n; i++) {
        hs_moment fork = hs_session_branch_fork(session, i);
        uint64_t end = hs_session_branch_count(session, i);
        fprintf(out, "%c %-6s %" PRIu64 " command%s", i == now.branch ? '*' : ' ',
                branch_name(i, name, sizeof name), end, hs_plural(end));
        if (i)
            fprintf(out, ", left %s after command %" PRIu64,
                    branch_name(fork.branch, parent, sizeof parent), fork.count);
        if (i == now.branch && now.count < end)
            fprintf(out, "; now at command %" PRIu64, now.count);
        fputs(i + 1 < n ? "\n" : "", out);
    }
}

bool hs_run_branches(hs_interpreter *in, const hs_statement *s)
{
    (void)s;
    return hs_say_own(in, HS_SAY_ANSWER, hs_text_of(list_branches, in->session));
}

bool hs_run_branch(hs_interpreter *in, const hs_statement *s)
{
    const hs_argument *a = &s->arguments[0];
    char name[16];
    for (uint32_t i = 0; i < hs_session_branches(in->session); i++)
        if (strcmp(branch_name(i, name, sizeof name), a->text) == 0)
            return hs_travel_to(in, s, (hs_moment){i, hs_session_branch_count(in->session, i)});
    return hs_fail_at(in, a->where, "there is no branch of that name", "`branches` lists them");
}

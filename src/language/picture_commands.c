/* SPDX-License-Identifier: MIT */
/* Commands that look: at the heap, at its figures, at how a request was served. */
#include "language/commands.h"

#include "base/count.h"
#include "base/memory.h"
#include "view/pictures.h"
#include "view/shape.h"

#include <heapscope/ledger.h>
#include <heapscope/reading.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How many bytes of a line are shown if at most so many may be: the cut lies between characters. */
static size_t whole_characters(const char *line, size_t most)
{
    size_t n = strnlen(line, most + 1);
    if (n <= most) return n;
    while (most > 0 && ((unsigned char)line[most] & 0xc0) == 0x80) most--;
    return most;
}

/* Read the commands of a window. They are numbered along the branch that made this heap. */
static bool shape_commands(hs_interpreter *in, const hs_statement *s, hs_shape_window *w)
{
    const hs_argument *first = &s->arguments[0], *last = &s->arguments[1];
    uint64_t end = hs_session_branch_count(in->session, hs_session_moment(in->session).branch);
    char text[96];
    if (first->present && !hs_size_of_argument(in, first, &w->first)) return false;
    if (last->present && !hs_size_of_argument(in, last, &w->last)) return false;
    snprintf(text, sizeof text, "the commands are 1 to %" PRIu64, end);
    if (first->present && (!w->first || w->first > end))
        return hs_fail_at(in, first->where, text, "");
    if (last->present && (!w->last || w->last > end)) return hs_fail_at(in, last->where, text, "");
    if (w->last && w->first > w->last)
        return hs_fail_at(in, last->where, "it ends before it begins", "write shape from 1 to 100");
    return true;
}

static bool shape_addresses(hs_interpreter *in, const hs_statement *s, hs_shape_window *w)
{
    const hs_argument *at = &s->arguments[2], *bytes = &s->arguments[3];
    const hs_heap *h = hs_session_heap(in->session);
    hs_pointer p;
    if (at->present) {
        if (!hs_pointer_of_argument(in, at, &p)) return false;
        w->from = hs_session_value(in->session, p);
        if (!hs_heap_holds(h, w->from, 1))
            return hs_fail_at(in, at->where, "this is no address of the heap",
                              "`heap` says where it is");
    }
    if (!bytes->present) return true;
    if (!hs_size_of_argument(in, bytes, &w->bytes)) return false;
    return w->bytes > 0 ||
           hs_fail_at(in, bytes->where, "no bytes are nothing to look at", "write bytes 4k");
}

bool hs_run_shape(hs_interpreter *in, const hs_statement *s)
{
    hs_shape_window w = {0};
    if (!shape_commands(in, s, &w) || !shape_addresses(in, s, &w)) return false;
    hs_shape_view view = {.place.window = w};
    hs_show_picture(in, s->command->picture, (hs_subject){.own = &view});
    hs_shape_view_end(&view);
    return true;
}

bool hs_run_check(hs_interpreter *in, const hs_statement *s)
{
    const hs_heap *h = hs_session_heap(in->session);
    uint64_t culprit = hs_session_broken_by(in->session);
    hs_damage damage;
    char text[512];
    if (hs_heap_allocator(h)->check(h, &damage))
        return hs_say(in, HS_SAY_ANSWER, "the heap is consistent: every block leads to the next");
    size_t used = (size_t)snprintf(text, sizeof text, "the heap is broken at 0x%" PRIx64 ": %s",
                                   damage.at, damage.what);
    if (culprit) {
        char *line = hs_session_record_text(in->session, culprit - 1);
        size_t shown = whole_characters(line, 60);
        snprintf(text + used, sizeof text - used, "; command %" PRIu64 " broke it: %.*s%s", culprit,
                 (int)shown, line, line[shown] ? "..." : "");
        free(line);
    }
    return hs_fail_at(in, s->head, text, NULL);
}

enum { LEAKS_LISTED = 20 };

/* Put the leaks of one kind, a line each: how large they are, and which commands made them. */
static void put_leaks(FILE *out, const hs_session *session, const hs_leaks *all,
                      const hs_leak *list, hs_reach reach, const char *title)
{
    uint64_t n = all->blocks[reach], listed = all->blocks[HS_LOST] + all->blocks[HS_POSSIBLY_LOST];
    if (!n) return;
    if (listed > LEAKS_LISTED) listed = LEAKS_LISTED;
    fprintf(out, "%s %" PRIu64 " byte%s in %" PRIu64 " block%s\n", title, all->bytes[reach],
            hs_plural(all->bytes[reach]), n, hs_plural(n));
    for (const hs_leak *l = list; l < list + listed; l++) {
        if (l->reach != reach) continue;
        char *line = hs_session_record_text(session, l->block->born - 1);
        fprintf(out, "  0x%" PRIx64 " %8" PRIu64 " byte%s, from command %" PRIu64 ": %s\n",
                l->block->addr, l->block->requested, hs_plural(l->block->requested), l->block->born,
                line);
        free(line);
        n--;
    }
    if (n) fprintf(out, "  ... and %" PRIu64 " more\n", n);
}

static void report_leaks(FILE *out, const hs_session *session)
{
    hs_leak list[LEAKS_LISTED];
    hs_leaks all = hs_session_leaks(session, list, LEAKS_LISTED);
    if (!all.blocks[HS_LOST] && !all.blocks[HS_POSSIBLY_LOST]) {
        fputs("no leaks: ", out);
    } else {
        put_leaks(out, session, &all, list, HS_LOST, "definitely lost, no variable points to it:");
        put_leaks(out, session, &all, list, HS_POSSIBLY_LOST,
                  "possibly lost, a variable points only into the block:");
    }
    fprintf(out, "still reachable: %" PRIu64 " byte%s in %" PRIu64 " block%s",
            all.bytes[HS_REACHED], hs_plural(all.bytes[HS_REACHED]), all.blocks[HS_REACHED],
            hs_plural(all.blocks[HS_REACHED]));
}

bool hs_run_leaks(hs_interpreter *in, const hs_statement *s)
{
    (void)s;
    return hs_say_own(in, HS_SAY_ANSWER, hs_text_of(report_leaks, in->session));
}

static bool is_request(const hs_interpreter *in, uint64_t n)
{
    hs_op op;
    return hs_session_op(in->session, n - 1, &op) && op.kind == HS_OP_REQUEST;
}

/* The number of the request that a statement is about. If it does not say, it is the last one,
 * which may have ended in a fault. 0 after a complaint. */
static uint64_t request_number(hs_interpreter *in, const hs_statement *s)
{
    uint64_t count = hs_session_op_count(in->session), n = count;
    char text[128];
    if (!s->arguments[0].present) {
        const hs_last *last = hs_session_last(in->session);
        if (last->faulted) return last->number;
        while (n > 0 && !is_request(in, n)) n--;
        if (!n) hs_fail_at(in, s->head, "there was no request yet", "malloc 24 is one");
        return n;
    }
    hs_span where = s->arguments[0].where;
    if (!hs_size_of_argument(in, &s->arguments[0], &n)) return 0;
    if (n > 0 && is_request(in, n)) return n;
    if (n > 0 && n <= count)
        snprintf(text, sizeof text, "command %" PRIu64 " was no request to the allocator", n);
    else
        snprintf(text, sizeof text, "there is no command %" PRIu64 ": there were %" PRIu64, n,
                 count);
    hs_fail_at(in, where, text, "`history` lists the commands with their numbers");
    return 0;
}

bool hs_run_why(hs_interpreter *in, const hs_statement *s)
{
    uint64_t n = request_number(in, s);
    return n && hs_show_picture(in, &hs_picture_why, (hs_subject){.command = n});
}

bool hs_run_step(hs_interpreter *in, const hs_statement *s)
{
    uint64_t n = request_number(in, s);
    return n && hs_show_picture(in, &hs_picture_steps, (hs_subject){.command = n});
}

bool hs_run_history(hs_interpreter *in, const hs_statement *s)
{
    uint64_t count = hs_session_op_count(in->session), n = 20;
    uint64_t parted = in->lockstep ? hs_lockstep_parting(in->lockstep)->number : 0;
    char *text = NULL;
    size_t size;
    if (s->arguments[0].present && !hs_size_of_argument(in, &s->arguments[0], &n)) return false;
    if (n > count) n = count;
    FILE *out = hs_text_begin(&text, &size);
    if (n < count) fprintf(out, "the last %" PRIu64 " of %" PRIu64 " commands:\n", n, count);
    if (!count) fputs("no commands yet", out);
    for (uint64_t i = count - n; i < count; i++) {
        char *line = hs_session_record_text(in->session, i);
        fprintf(out, "%5" PRIu64 "  %s%s%s", i + 1, line, i + 1 == parted ? "   <- they part" : "",
                i + 1 < count ? "\n" : "");
        free(line);
    }
    hs_text_end(out);
    return hs_say_own(in, HS_SAY_ANSWER, text);
}

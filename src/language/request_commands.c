/* SPDX-License-Identifier: MIT */
/* Commands that the client gives: the requests, and reads and writes through its pointers. */
#include "language/commands.h"
#include "view/pictures.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- The client's requests ------------------------------------------------------------------ */

bool hs_run_malloc(hs_interpreter *in, const hs_statement *s)
{
    hs_op op = {.kind = HS_OP_REQUEST, .request = HS_MALLOC, .name = s->result};
    op.p.variable = HS_NONE;
    return hs_size_of_argument(in, &s->arguments[0], &op.a) && hs_perform(in, s, &op);
}

/* Run calloc COUNT SIZE or aligned_alloc ALIGNMENT SIZE. */
static bool run_two_sizes(hs_interpreter *in, const hs_statement *s, hs_request request)
{
    hs_op op = {.kind = HS_OP_REQUEST, .request = request, .name = s->result};
    op.p.variable = HS_NONE;
    return hs_size_of_argument(in, &s->arguments[0], &op.b) &&
           hs_size_of_argument(in, &s->arguments[1], &op.a) && hs_perform(in, s, &op);
}

bool hs_run_calloc(hs_interpreter *in, const hs_statement *s)
{
    return run_two_sizes(in, s, HS_CALLOC);
}

bool hs_run_aligned_alloc(hs_interpreter *in, const hs_statement *s)
{
    return run_two_sizes(in, s, HS_ALIGNED_ALLOC);
}

bool hs_run_realloc(hs_interpreter *in, const hs_statement *s)
{
    hs_op op = {.kind = HS_OP_REQUEST, .request = HS_REALLOC, .name = s->result};
    return hs_pointer_of_argument(in, &s->arguments[0], &op.p) &&
           hs_size_of_argument(in, &s->arguments[1], &op.a) && hs_perform(in, s, &op);
}

bool hs_run_free(hs_interpreter *in, const hs_statement *s)
{
    hs_op op = {.kind = HS_OP_REQUEST, .request = HS_FREE};
    return hs_pointer_of_argument(in, &s->arguments[0], &op.p) && hs_perform(in, s, &op);
}

/* --- The bytes ------------------------------------------------------------------------------ */

/* Find the * between BYTE and COUNT, which is not one in '*' or within brackets. NULL when there is
 * none. */
static const char *count_star(const hs_reader *r)
{
    int brackets = 0;
    for (size_t i = r->at; i < r->length; i++) {
        char c = r->text[i];
        if (c == '\'') i += 2; /* 'c' */
        brackets += (c == '(') - (c == ')');
        if (c == '*' && brackets == 0) return r->text + i;
    }
    return NULL;
}

/* BYTES is "text", "text"*COUNT, or BYTE*COUNT. */
bool hs_run_write(hs_interpreter *in, const hs_statement *s)
{
    hs_op op = {.kind = HS_OP_WRITE, .a = 1};
    const hs_argument *bytes = &s->arguments[1];
    hs_complaint c;
    hs_reader r = {.text = in->program->source,
                   .at = bytes->where.start,
                   .length = bytes->where.end,
                   .session = in->session,
                   .complaint = &c};
    char *text = NULL;
    uint64_t byte;
    char one;
    if (!hs_pointer_of_argument(in, &s->arguments[0], &op.p)) return false;
    if (bytes->text) {
        if (!hs_read_string(&r, &text, &op.text_length)) return hs_fail_with(in, &c);
    } else {
        const char *star = count_star(&r);
        size_t end = r.length;
        if (star) r.length = (size_t)(star - r.text);
        if (!hs_read_size(&r, &byte)) return hs_fail_with(in, &c);
        if (byte > 255)
            return hs_fail_at(in, bytes->where,
                              "a byte is a number from 0 to 255, or a character such as 'A'",
                              "write p1 'A'*24, or write p1 \"text\"");
        one = (char)byte;
        op.text_length = 1;
        r.length = end;
    }
    op.text = text ? text : &one;
    hs_read_blanks(&r);
    bool good = true;
    if (r.at < r.length) {
        r.at++; /* the * */
        good = hs_count_of(in, &r, &op.a);
    }
    good = good && hs_perform(in, s, &op);
    free(text);
    return good;
}

bool hs_run_read(hs_interpreter *in, const hs_statement *s)
{
    hs_pointer p;
    if (!hs_pointer_of_argument(in, &s->arguments[0], &p)) return false;
    hs_addr at = hs_session_value(in->session, p);
    const hs_client_block *b = hs_session_block_from(in->session, at);
    uint64_t n = b && b->addr == at && b->requested ? b->requested : 16;
    if (s->arguments[1].present && !hs_size_of_argument(in, &s->arguments[1], &n)) return false;
    if (hs_heap_holds(hs_session_heap(in->session), at, n))
        return hs_show_picture(in, &hs_picture_bytes, (hs_subject){.at = at, .length = n});
    return hs_fail_at(in, s->arguments[0].where,
                      at ? "a read there leaves the heap" : "a read through NULL",
                      "a real program would get a segmentation fault");
}

bool hs_run_inspect(hs_interpreter *in, const hs_statement *s)
{
    hs_pointer p;
    if (!hs_pointer_of_argument(in, &s->arguments[0], &p)) return false;
    hs_addr at = hs_session_value(in->session, p);
    if (hs_heap_holds(hs_session_heap(in->session), at, 1))
        return hs_show_picture(in, &hs_picture_inspect, (hs_subject){.at = at});
    return hs_fail_at(in, s->arguments[0].where, "this is no address of the heap", NULL);
}

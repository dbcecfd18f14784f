/* SPDX-License-Identifier: MIT */
/* The homework's op lists: read whole before any of it is performed, then told line by line. */
#include "language/homework.h"

#include "base/memory.h"
#include "model/workload/mersenne_twister.h"

#include <heapscope/reading.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    bool frees;
    uint64_t number; /* the size of an allocation, or the index of a free */
} list_op;

typedef struct {
    list_op *ops;
    size_t count, capacity;
} op_list;

/* --- Reading -------------------------------------------------------------------------------- */

static size_t skip_blanks(const char *text, size_t at)
{
    while (isspace((unsigned char)text[at])) at++;
    return at;
}

/* Read +SIZE or -INDEX at *at, which moves on. Returns NULL, or what is wrong there. */
static const char *read_op(const char *text, size_t *at, list_op *op)
{
    char sign = text[*at];
    if (sign != '+' && sign != '-') return "+SIZE or -INDEX should stand here";
    ++*at;
    if (!isdigit((unsigned char)text[*at]))
        return sign == '+' ? "a size should follow the +" : "an index should follow the -";
    char *end;
    *op = (list_op){.frees = sign == '-', .number = strtoull(text + *at, &end, 10)};
    if (sign == '+' && op->number == 0) return "an allocation has at least 1 byte";
    if (op->number > (uint64_t)INT64_MAX) return "this number is too large";
    *at = (size_t)(end - text);
    return NULL;
}

static const char *read_list(const char *text, size_t *at, op_list *list)
{
    const char *wrong;
    for (*at = skip_blanks(text, 0);; *at = skip_blanks(text, *at + 1)) {
        list->ops =
            hs_array_reserve(list->ops, &list->capacity, list->count + 1, sizeof *list->ops);
        if ((wrong = read_op(text, at, &list->ops[list->count]))) return wrong;
        list->count++;
        *at = skip_blanks(text, *at);
        if (!text[*at]) return NULL;
        if (text[*at] != ',') return "a comma should stand here";
    }
}

/* --- Indices -------------------------------------------------------------------------------- */

static const char prefix[] = "ptr";

static const hs_variable *pointer_at(const hs_session *s, uint64_t index, uint32_t *number)
{
    char name[32];
    int n = snprintf(name, sizeof name, "%s%" PRIu64, prefix, index);
    *number = hs_session_find_variable(s, name, (size_t)n);
    return hs_session_variable(s, *number);
}

static hs_indices count_indices(const hs_session *s)
{
    const hs_variable *v;
    hs_indices n = {.at = hs_session_moment(s)};
    uint32_t ignored;
    for (; (v = pointer_at(s, n.next, &ignored)); n.next++) n.good += v->value != HS_NULL;
    return n;
}

static bool is_one_of(const char *name)
{
    return name && strncmp(name, prefix, sizeof prefix - 1) == 0;
}

/* True if an operation leaves all pointers of lists as they are. One that begins a fresh heap does
 * not, and what is run again on it may not. */
static bool is_of_others(const hs_session *s, const hs_op *op)
{
    const hs_variable *v;
    switch (op->kind) {
    case HS_OP_NOTE:
    case HS_OP_WRITE:
    case HS_OP_MACHINE: return true;
    case HS_OP_ASSIGN: return !is_one_of(op->name);
    case HS_OP_REQUEST:
        v = op->request == HS_REALLOC ? hs_session_variable(s, op->p.variable) : NULL;
        return !is_one_of(op->name) && !(v && is_one_of(v->name));
    default: return false;
    }
}

/* The indices as they are now. They are kept from list to list, because counting them anew takes
 * all that came before. What was done since is looked through, unless that is more than there is to
 * count. */
static hs_indices *indices_now(hs_interpreter *in)
{
    const hs_session *s = in->session;
    hs_moment now = hs_session_moment(s);
    hs_indices *n = &in->indices;
    hs_op op;
    bool near = n->at.branch == now.branch && n->at.count <= now.count &&
                now.count - n->at.count <= n->next + 64;
    while (near && n->at.count < now.count)
        near = hs_session_op(s, n->at.count++, &op) && is_of_others(s, &op);
    if (!near) *n = count_indices(s);
    return n;
}

/* --- Telling -------------------------------------------------------------------------------- */

enum { HOLES = 1 << HS_BLOCK_FREE | 1 << HS_BLOCK_UNUSED };

static uint64_t count_holes(const hs_session *s)
{
    return hs_session_count_before(s, UINT64_MAX, HOLES);
}

/* Write a number by hand: a list has hundreds of them in a line, and fprintf would take most of the
 * time. */
static char *add_number(char *to, uint64_t n)
{
    char digits[20];
    size_t i = sizeof digits;
    do digits[--i] = (char)('0' + n % 10);
    while (n /= 10);
    memcpy(to, digits + i, sizeof digits - i);
    return to + (sizeof digits - i);
}

static char *add_text(char *to, const char *text)
{
    size_t length = strlen(text);
    memcpy(to, text, length);
    return to + length;
}

/* Put one free block; `any`: there was one before it. */
typedef void (*put_piece)(FILE *, const hs_heap *, bool any, hs_addr, uint64_t size);

static void put_homework_piece(FILE *out, const hs_heap *h, bool any, hs_addr at, uint64_t size)
{
    char text[64], *end = text;
    (void)h;
    (void)any;
    end = add_number(add_text(end, "[ addr:"), at);
    end = add_text(add_number(add_text(end, " sz:"), size), " ]");
    fwrite(text, 1, (size_t)(end - text), out);
}

static void put_sheet_piece(FILE *out, const hs_heap *h, bool any, hs_addr at, uint64_t size)
{
    if (any) fputs(", ", out);
    if (hs_heap_allocator(h)->model_base)
        fprintf(out, "%" PRIu64 " (%" PRIu64 ")", at, size);
    else
        fprintf(out, "0x%" PRIx64 " (%" PRIu64 ")", at, size);
}

/* Put the free blocks in the order of the list. Broken links may lead anywhere, and round in a
 * circle, so no more of them are followed than there are holes. */
static void put_list_order(FILE *out, const hs_session *s, put_piece put)
{
    const hs_heap *h = hs_session_heap(s);
    const hs_allocator *a = hs_heap_allocator(h);
    uint64_t holes = count_holes(s);
    hs_list list;
    hs_links links;
    if (!a->list(h, 0, &list)) return;
    for (hs_addr at = list.head; at && holes-- > 0; at = links.to[0]) {
        put(out, h, at != list.head, at, hs_session_block_size(s, at));
        if (!a->links(h, at, &links)) return;
    }
}

static void put_holes(FILE *out, const hs_session *s, put_piece put)
{
    const hs_heap *h = hs_session_heap(s);
    hs_seen hole;
    if (hs_heap_allocator(h)->traits & HS_ONE_LIST) {
        put_list_order(out, s, put);
        return;
    }
    for (uint64_t i = 0; hs_session_walk_nth(s, i, HOLES, &hole); i++)
        put(out, h, i > 0, hole.block.addr, hole.block.size);
}

void hs_put_free_blocks(FILE *out, const hs_session *s)
{
    put_holes(out, s, put_sheet_piece);
    if (!count_holes(s)) fputs("none", out);
}

static void put_free_list(FILE *out, const hs_session *s)
{
    fprintf(out, "Free List [ Size %" PRIu64 " ]: ", count_holes(s));
    put_holes(out, s, put_homework_piece);
    putc('\n', out);
}

static bool was_refused(const hs_heap *h)
{
    size_t n;
    const hs_event *e = hs_events(h, &n);
    for (size_t i = 0; i < n; i++)
        if (e[i].kind == HS_FAIL) return true;
    return false;
}

/* Put the question as the homework asks it, without what is to be found out. */
static void put_question(FILE *out, const list_op *op, uint64_t index)
{
    if (op->frees)
        fprintf(out, "Free(ptr[%" PRIu64 "])\nreturned ?\nList?\n", index);
    else
        fprintf(out, "ptr[%" PRIu64 "] = Alloc(%" PRIu64 ") returned ?\nList?\n", index,
                op->number);
}

static void put_answer(FILE *out, const hs_session *s, const list_op *op, uint64_t index)
{
    const hs_heap *h = hs_session_heap(s);
    const hs_last *last = hs_session_last(s);
    if (op->frees)
        fprintf(out, "Free(ptr[%" PRIu64 "])\nreturned %d\n", index, was_refused(h) ? -1 : 0);
    else
        fprintf(out,
                "ptr[%" PRIu64 "] = Alloc(%" PRIu64 ") returned %" PRId64 " (searched %" PRIu64
                " elements)\n",
                index, op->number, last->result ? (int64_t)last->result : -1,
                hs_events_counts(h).visits);
    put_free_list(out, s);
}

static void tell(hs_interpreter *in, const list_op *op, uint64_t index, bool skipped)
{
    char *text = NULL;
    size_t size;
    if (in->inside) return;
    FILE *out = hs_text_begin(&text, &size);
    if (skipped)
        fputs("Invalid Free: Skipping", out);
    else if (in->questions_only)
        put_question(out, op, index);
    else
        put_answer(out, in->session, op, index);
    hs_text_end(out);
    hs_tell_performed(in, text);
    free(text);
}

/* --- Performing ----------------------------------------------------------------------------- */

static bool allocate(hs_interpreter *in, const hs_statement *s, const list_op *op, hs_indices *n)
{
    char name[32];
    snprintf(name, sizeof name, "%s%" PRIu64, prefix, n->next);
    hs_op request = {.kind = HS_OP_REQUEST,
                     .request = HS_MALLOC,
                     .p.variable = HS_NONE,
                     .a = op->number,
                     .name = name};
    if (!hs_perform_untold(in, s, &request)) return false;
    n->good += hs_session_last(in->session)->result != HS_NULL;
    n->at = hs_session_moment(in->session);
    tell(in, op, n->next++, false);
    return true;
}

static bool release_at(hs_interpreter *in, const hs_statement *s, const list_op *op)
{
    hs_op request = {.kind = HS_OP_REQUEST, .request = HS_FREE};
    pointer_at(in->session, op->number, &request.p.variable);
    if (!hs_perform_untold(in, s, &request)) return false;
    tell(in, op, op->number, false);
    return true;
}

/* Free what an index names. The homework counts the allocations that succeeded, and passes over an
 * index beyond them. */
static bool release(hs_interpreter *in, const hs_statement *s, const list_op *op,
                    const hs_indices *n)
{
    uint32_t ignored;
    const hs_variable *v = pointer_at(in->session, op->number, &ignored);
    if (op->number < n->good && v && v->value) return release_at(in, s, op);
    tell(in, op, op->number, true);
    return true;
}

bool hs_run_ops(hs_interpreter *in, const hs_statement *s)
{
    op_list list = {0};
    const hs_argument *a = &s->arguments[0];
    size_t at = 0;
    const char *wrong = read_list(a->text, &at, &list);
    hs_span where = {a->where.start + at, a->where.start + at + 1};
    if (where.end > a->where.end) where = a->where;
    bool good = !wrong || hs_fail_at(in, where, wrong, "write a list such as +10,+10,-0,+5");
    hs_indices *n = indices_now(in);
    for (size_t i = 0; good && i < list.count && !hs_interrupted(in); i++)
        good =
            list.ops[i].frees ? release(in, s, &list.ops[i], n) : allocate(in, s, &list.ops[i], n);
    free(list.ops);
    return good;
}

/* --- The random operations of a seed -------------------------------------------------------- */

typedef struct {
    uint64_t seed, count, range, percent;
} random_plan;

typedef struct {
    uint64_t *indices; /* the indices of live blocks, in the order of their allocation */
    size_t count, capacity;
    hs_indices *all;
} live_indices;

static bool read_plan(hs_interpreter *in, const hs_statement *s, random_plan *p)
{
    uint64_t *const numbers[] = {&p->seed, &p->count, &p->range, &p->percent};
    *p = (random_plan){.seed = 0, .count = 10, .range = 10, .percent = 50};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (s->arguments[i].present && !hs_size_of_argument(in, &s->arguments[i], numbers[i]))
            return false;
    if (p->count > HS_HOMEWORK_MOST) {
        char what[64];
        snprintf(what, sizeof what, "the homework has at most %d operations", HS_HOMEWORK_MOST);
        return hs_fail_at(in, s->arguments[1].where, what,
                          "each answer lists all holes; `random` lists none");
    }
    if (p->range == 0 || p->range > INT32_MAX)
        return hs_fail_at(in, s->arguments[2].where, "the largest size is 1 or more", NULL);
    if (p->percent > 0 && p->percent <= 100) return true;
    return hs_fail_at(in, s->arguments[3].where, "of 100 operations, 1 to 100 allocate", NULL);
}

static uint64_t below(hs_mersenne_twister *t, uint64_t n)
{
    return (uint64_t)(hs_mersenne_twister_next(t) * (double)n);
}

static bool allocate_at_random(hs_interpreter *in, const hs_statement *s, live_indices *l,
                               uint64_t size)
{
    uint64_t index = l->all->next;
    if (!allocate(in, s, &(list_op){.number = size}, l->all)) return false;
    if (!hs_session_last(in->session)->result) return true;
    l->indices = hs_array_reserve(l->indices, &l->capacity, l->count + 1, sizeof *l->indices);
    l->indices[l->count++] = index;
    return true;
}

static bool release_at_random(hs_interpreter *in, const hs_statement *s, live_indices *l, size_t i)
{
    uint64_t index = l->indices[i];
    l->count--;
    memmove(l->indices + i, l->indices + i + 1, (l->count - i) * sizeof *l->indices);
    return release_at(in, s, &(list_op){.frees = true, .number = index});
}

/* Draw the operations: one lot decides which it is, another the size or the block. A free with
 * nothing to free is no operation, but its lot has been drawn. */
bool hs_run_homework(hs_interpreter *in, const hs_statement *s)
{
    random_plan p;
    hs_mersenne_twister t;
    live_indices l = {0};
    if (!read_plan(in, s, &p)) return false;
    if (!hs_begin_work(in, s->arguments[1].present ? s->arguments[1].where : s->head, p.count))
        return false;
    hs_mersenne_twister_seed(&t, p.seed);
    l.all = indices_now(in);
    bool good = true;
    for (uint64_t done = 0; good && done < p.count && !hs_interrupted(in);) {
        if (hs_mersenne_twister_next(&t) < (double)p.percent / 100.0)
            good = allocate_at_random(in, s, &l, below(&t, p.range) + 1);
        else if (l.count)
            good = release_at_random(in, s, &l, below(&t, l.count));
        else
            continue;
        done++;
        in->work.done++;
    }
    hs_end_work(in);
    free(l.indices);
    return good;
}

/* The homework's op lists: read whole before any of it is performed, then told line by line. */
#include "language/homework.h"

#include "heap/array.h"
#include "model/twister.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    bool frees;
    uint64_t number; /* the size, or the index */
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

/* +SIZE or -INDEX at `*at`, which moves on. NULL, or what is wrong there. */
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

static const hs_variable *pointer_at(const hs_session *s, uint64_t index, uint32_t *number)
{
    char name[32];
    int n = snprintf(name, sizeof name, "ptr%" PRIu64, index);
    *number = hs_session_find_variable(s, name, (size_t)n);
    return hs_session_variable(s, *number);
}

/* The next index, and how many of the allocations before it succeeded. */
typedef struct {
    uint64_t next, good;
} indices;

static indices count_indices(const hs_session *s)
{
    const hs_variable *v;
    indices n = {0};
    uint32_t ignored;
    for (; (v = pointer_at(s, n.next, &ignored)); n.next++) n.good += v->value != HS_NULL;
    return n;
}

/* --- Telling -------------------------------------------------------------------------------- */

static uint64_t size_of_block(const hs_heap *h, hs_addr at)
{
    const hs_allocator *a = hs_heap_allocator(h);
    hs_block b;
    for (bool more = a->walk(h, NULL, &b); more; more = a->walk(h, &b, &b))
        if (b.addr == at) return b.size;
    return 0;
}

/* Write one down; `any`: there was one before it. */
typedef void (*put_piece)(FILE *, const hs_heap *, bool any, hs_addr, uint64_t size);

static void put_homework_piece(FILE *out, const hs_heap *h, bool any, hs_addr at, uint64_t size)
{
    (void)h;
    (void)any;
    fprintf(out, "[ addr:%" PRIu64 " sz:%" PRIu64 " ]", at, size);
}

static void put_sheet_piece(FILE *out, const hs_heap *h, bool any, hs_addr at, uint64_t size)
{
    if (any) fputs(", ", out);
    if (hs_heap_allocator(h)->model_base)
        fprintf(out, "%" PRIu64 " (%" PRIu64 ")", at, size);
    else
        fprintf(out, "0x%" PRIx64 " (%" PRIu64 ")", at, size);
}

/* Links that are broken may lead round in a circle: of n holes, n are followed. */
static void put_list_order(FILE *out, const hs_heap *h, uint64_t holes, put_piece put)
{
    const hs_allocator *a = hs_heap_allocator(h);
    hs_list list;
    hs_links links;
    if (!a->list(h, 0, &list)) return;
    for (hs_addr at = list.head; at && holes-- > 0; at = links.to[0]) {
        put(out, h, at != list.head, at, size_of_block(h, at));
        if (!a->links(h, at, &links)) return;
    }
}

static bool is_hole(const hs_block *b)
{
    return b->kind == HS_BLOCK_FREE || b->kind == HS_BLOCK_UNUSED;
}

static uint64_t count_holes(const hs_heap *h)
{
    const hs_allocator *a = hs_heap_allocator(h);
    uint64_t holes = 0;
    hs_block b;
    for (bool more = a->walk(h, NULL, &b); more; more = a->walk(h, &b, &b)) holes += is_hole(&b);
    return holes;
}

static void put_holes(FILE *out, const hs_heap *h, put_piece put)
{
    const hs_allocator *a = hs_heap_allocator(h);
    hs_block b;
    if (a->shape == HS_SHAPE_LIST) {
        put_list_order(out, h, count_holes(h), put);
        return;
    }
    bool any = false;
    for (bool more = a->walk(h, NULL, &b); more; more = a->walk(h, &b, &b)) {
        if (!is_hole(&b)) continue;
        put(out, h, any, b.addr, b.size);
        any = true;
    }
}

void hs_put_free_blocks(FILE *out, const hs_heap *h)
{
    put_holes(out, h, put_sheet_piece);
    if (!count_holes(h)) fputs("none", out);
}

static void put_free_list(FILE *out, const hs_heap *h)
{
    fprintf(out, "Free List [ Size %" PRIu64 " ]: ", count_holes(h));
    put_holes(out, h, put_homework_piece);
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

/* As the homework asks, without what is to be found out. */
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
    put_free_list(out, h);
}

static void tell(hs_interpreter *in, const list_op *op, uint64_t index, bool skipped)
{
    char *text = NULL;
    size_t size;
    if (in->inside) return;
    FILE *out = open_memstream(&text, &size);
    if (!out) abort();
    if (skipped)
        fputs("Invalid Free: Skipping", out);
    else if (in->questions_only)
        put_question(out, op, index);
    else
        put_answer(out, in->session, op, index);
    fclose(out);
    hs_tell_performed(in, text);
    free(text);
}

/* --- Performing ----------------------------------------------------------------------------- */

static bool allocate(hs_interpreter *in, const hs_statement *s, const list_op *op, indices *n)
{
    char name[32];
    snprintf(name, sizeof name, "ptr%" PRIu64, n->next);
    hs_op request = {.kind = HS_OP_REQUEST,
                     .request = HS_MALLOC,
                     .p.variable = HS_NONE,
                     .a = op->number,
                     .name = name};
    if (!hs_perform_untold(in, s, &request)) return false;
    n->good += hs_session_last(in->session)->result != HS_NULL;
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

/* The homework counts the allocations that succeeded, and passes over an index beyond them. */
static bool release(hs_interpreter *in, const hs_statement *s, const list_op *op, const indices *n)
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
    indices n = count_indices(in->session);
    for (size_t i = 0; good && i < list.count && !hs_interrupted(in); i++)
        good = list.ops[i].frees ? release(in, s, &list.ops[i], &n)
                                 : allocate(in, s, &list.ops[i], &n);
    free(list.ops);
    return good;
}

/* --- The random operations of a seed -------------------------------------------------------- */

typedef struct {
    uint64_t seed, count, range, percent;
} random_plan;

typedef struct {
    uint64_t *indices; /* of live blocks, in the order of their allocation */
    size_t count, capacity;
    indices all;
} live_indices;

static bool read_plan(hs_interpreter *in, const hs_statement *s, random_plan *p)
{
    uint64_t *const numbers[] = {&p->seed, &p->count, &p->range, &p->percent};
    *p = (random_plan){.seed = 0, .count = 10, .range = 10, .percent = 50};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (s->arguments[i].present && !hs_size_of_argument(in, &s->arguments[i], numbers[i]))
            return false;
    if (p->range == 0 || p->range > INT32_MAX)
        return hs_fail_at(in, s->arguments[2].where, "the largest size is 1 or more", NULL);
    if (p->percent > 0 && p->percent <= 100) return true;
    return hs_fail_at(in, s->arguments[3].where, "of 100 operations, 1 to 100 allocate", NULL);
}

static uint64_t below(hs_twister *t, uint64_t n)
{
    return (uint64_t)(hs_twister_next(t) * (double)n);
}

static bool allocate_at_random(hs_interpreter *in, const hs_statement *s, live_indices *l,
                               uint64_t size)
{
    uint64_t index = l->all.next;
    if (!allocate(in, s, &(list_op){.number = size}, &l->all)) return false;
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

/* One lot decides what it is, another the size or the block. A free with nothing to free is no
 * operation, but its lot has been drawn. */
bool hs_run_homework(hs_interpreter *in, const hs_statement *s)
{
    random_plan p;
    hs_twister t;
    live_indices l = {0};
    if (!read_plan(in, s, &p)) return false;
    hs_twister_seed(&t, p.seed);
    l.all = count_indices(in->session);
    bool good = true;
    for (uint64_t done = 0; good && done < p.count && !hs_interrupted(in);) {
        if (hs_twister_next(&t) < (double)p.percent / 100.0)
            good = allocate_at_random(in, s, &l, below(&t, p.range) + 1);
        else if (l.count)
            good = release_at_random(in, s, &l, below(&t, l.count));
        else
            continue;
        done++;
    }
    free(l.indices);
    return good;
}

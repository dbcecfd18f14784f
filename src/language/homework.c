/* The homework's op lists: read whole before any of it is performed, then told line by line. */
#include "language/homework.h"

#include "heap/array.h"

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

/* How many indices are taken, and how many of the allocations succeeded. */
static uint64_t count_pointers(const hs_session *s, uint64_t *good)
{
    const hs_variable *v;
    uint64_t n = 0;
    uint32_t ignored;
    for (*good = 0; (v = pointer_at(s, n, &ignored)); n++) *good += v->value != HS_NULL;
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

static void put_piece(FILE *out, hs_addr at, uint64_t size)
{
    fprintf(out, "[ addr:%" PRIu64 " sz:%" PRIu64 " ]", at, size);
}

/* Links that are broken may lead round in a circle: of n holes, n are followed. */
static void put_list_order(FILE *out, const hs_heap *h, uint64_t holes)
{
    const hs_allocator *a = hs_heap_allocator(h);
    hs_list list;
    hs_links links;
    if (!a->list(h, 0, &list)) return;
    for (hs_addr at = list.head; at && holes-- > 0; at = links.to[0]) {
        put_piece(out, at, size_of_block(h, at));
        if (!a->links(h, at, &links)) return;
    }
}

static bool is_hole(const hs_block *b)
{
    return b->kind == HS_BLOCK_FREE || b->kind == HS_BLOCK_UNUSED;
}

/* The free list in its own order; in heap order where there is not one list. */
static void put_free_list(FILE *out, const hs_heap *h)
{
    const hs_allocator *a = hs_heap_allocator(h);
    uint64_t holes = 0;
    hs_block b;
    for (bool more = a->walk(h, NULL, &b); more; more = a->walk(h, &b, &b)) holes += is_hole(&b);
    fprintf(out, "Free List [ Size %" PRIu64 " ]: ", holes);
    if (a->shape == HS_SHAPE_LIST) {
        put_list_order(out, h, holes);
    } else {
        for (bool more = a->walk(h, NULL, &b); more; more = a->walk(h, &b, &b))
            if (is_hole(&b)) put_piece(out, b.addr, b.size);
    }
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
    else
        put_answer(out, in->session, op, index);
    fclose(out);
    hs_tell_performed(in, text);
    free(text);
}

/* --- Performing ----------------------------------------------------------------------------- */

static bool allocate(hs_interpreter *in, const hs_statement *s, const list_op *op)
{
    uint64_t good, index = count_pointers(in->session, &good);
    char name[32];
    snprintf(name, sizeof name, "ptr%" PRIu64, index);
    hs_op request = {.kind = HS_OP_REQUEST,
                     .request = HS_MALLOC,
                     .p.variable = HS_NONE,
                     .a = op->number,
                     .name = name};
    if (!hs_perform_untold(in, s, &request)) return false;
    tell(in, op, index, false);
    return true;
}

/* The homework counts the allocations that succeeded, and passes over an index beyond them. */
static bool release(hs_interpreter *in, const hs_statement *s, const list_op *op)
{
    hs_op request = {.kind = HS_OP_REQUEST, .request = HS_FREE};
    uint64_t good;
    count_pointers(in->session, &good);
    const hs_variable *v = pointer_at(in->session, op->number, &request.p.variable);
    bool skipped = op->number >= good || !v || !v->value;
    if (!skipped && !hs_perform_untold(in, s, &request)) return false;
    tell(in, op, op->number, skipped);
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
    for (size_t i = 0; good && i < list.count && !hs_interrupted(in); i++)
        good = list.ops[i].frees ? release(in, s, &list.ops[i]) : allocate(in, s, &list.ops[i]);
    free(list.ops);
    return good;
}

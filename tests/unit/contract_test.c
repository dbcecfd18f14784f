/* SPDX-License-Identifier: MIT */
/* The contract of allocator.h and event.h, rule by rule, for every allocator with every choice of
 * every option, after each of many random requests.
 *
 * What any allocator owes to its client (addresses, contents, refusals, growth, undoing) is tested
 * by the reference client (reference.h); that every byte that differs was told, against a shadow of
 * the heap (builds_test.c). Here is what it owes to those who read it. */
#include "check.h"
#include "random.h"

#include <heapscope/allocator.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 24, MOST = 4096, MAXIMUM = 1 << 15, REQUESTS = 160 };

/* --- A heap, and what is known of it ------------------------------------------------------------
 */

/* A block that hangs in a list, or in a tree. */
typedef struct {
    hs_addr at;
    size_t list;
} member;

typedef struct {
    hs_block blocks[MOST];
    size_t count;
    member members[MOST];
    size_t member_count;
    hs_addr end;
} picture;

typedef struct {
    const hs_allocator *a;
    uint64_t options[HS_OPTIONS];
    const char *option, *choice; /* that is not the initial one; or NULL */
    hs_heap *h;
    hs_addr slots[SLOTS];
    uint64_t sizes[SLOTS];
    uint64_t random, number;
    const char *rule; /* being checked */
    hs_request request;
    hs_addr p, result;
    const hs_event *e; /* its events */
    size_t n;
    picture before, now;
} run;

static void must(const run *r, bool kept)
{
    if (kept) return;
    for (size_t i = 0; i < r->n; i++)
        print_error("  %s(%u) at 0x%" PRIx64 " %" PRIu64 " %" PRIu64 "\n",
                    hs_event_name((hs_event_kind)r->e[i].kind), r->e[i].detail, r->e[i].at,
                    r->e[i].a, r->e[i].b);
    fail_msg("%s %s %s, request %" PRIu64 ", %s: %s", r->a->name, r->option ? r->option : "",
             r->choice ? r->choice : "", r->number, hs_request_name(r->request), r->rule);
}

static hs_addr end_of(const hs_block *b)
{
    return b->addr + b->size;
}

static void add_member(picture *p, hs_addr at, size_t list)
{
    assert_true(p->member_count < MOST);
    p->members[p->member_count++] = (member){at, list};
}

static void read_tree(const hs_heap *h, picture *p, hs_addr at)
{
    hs_links l = {{HS_NULL}};
    if (!at) return;
    add_member(p, at, 0);
    assert_true(hs_heap_allocator(h)->links(h, at, &l));
    read_tree(h, p, l.to[0]);
    read_tree(h, p, l.to[1]);
}

static void read_lists(const hs_heap *h, picture *p)
{
    const hs_allocator *a = hs_heap_allocator(h);
    hs_list list;
    hs_links l;
    for (size_t i = 0; a->list && a->list(h, i, &list); i++) {
        if (a->traits & HS_TREE) {
            read_tree(h, p, list.head);
            continue;
        }
        for (hs_addr at = list.head; at; at = l.to[0]) {
            add_member(p, at, i);
            assert_true(a->links(h, at, &l));
        }
    }
}

static void take(const hs_heap *h, picture *p)
{
    const hs_allocator *a = hs_heap_allocator(h);
    p->count = p->member_count = 0;
    p->end = hs_heap_end(h);
    for (bool more = a->walk(h, NULL, &p->blocks[0]); more && p->count + 1 < MOST;
         more = a->walk(h, &p->blocks[p->count - 1], &p->blocks[p->count]))
        p->count++;
    read_lists(h, p);
}

static const hs_block *block_at(const picture *p, hs_addr at)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->blocks[i].addr == at) return &p->blocks[i];
    return NULL;
}

static const hs_block *block_around(const picture *p, hs_addr at)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->blocks[i].addr <= at && at < end_of(&p->blocks[i])) return &p->blocks[i];
    return NULL;
}

static size_t count(const run *r, hs_event_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) n += r->e[i].kind == kind;
    return n;
}

static const hs_event *last_of(const run *r, hs_event_kind kind)
{
    for (size_t i = r->n; i-- > 0;)
        if (r->e[i].kind == kind) return &r->e[i];
    return NULL;
}

static bool is_a_free(const run *r)
{
    return r->request == HS_FREE;
}

/* --- Rules of the row, asked once ---------------------------------------------------------------
 */

static bool is_text(const char *text)
{
    return text && *text;
}

static void the_row_has_a_name_and_functions(run *r)
{
    const hs_allocator *a = r->a;
    must(r, is_text(a->name) && is_text(a->summary) && is_text(a->source));
    must(r, a->alignment && a->init && a->malloc && a->aligned_alloc && a->realloc && a->free);
    must(r, a->walk && a->check && a->option_count <= HS_OPTIONS);
}

static void options_have_values_to_choose_from(run *r)
{
    for (size_t i = 0; i < r->a->option_count; i++) {
        const hs_option *o = &r->a->options[i];
        uint64_t n = 0;
        must(r, is_text(o->name) && is_text(o->help));
        while (o->choices && o->choices[n]) n++;
        must(r, o->choices ? n > 1 && o->initial < n
                           : o->minimum <= o->initial && o->initial <= o->maximum);
        for (size_t k = 0; k < i; k++) must(r, strcmp(o->name, r->a->options[k].name) != 0);
    }
}

static void builds_are_one_allocator(run *r)
{
    for (size_t i = 0; i < HS_BUILDS; i++) {
        const hs_allocator *b = r->a->builds[i];
        must(r, b && strcmp(b->name, r->a->name) == 0 && b->state_size == r->a->state_size);
        must(r, b->option_count == r->a->option_count && b->traits == r->a->traits);
        must(r, b->shape == r->a->shape && b->columns == r->a->columns);
        for (size_t k = 0; k < HS_BUILDS; k++) must(r, b->builds[k] == r->a->builds[k]);
    }
    must(r, hs_heap_allocator(r->h)->builds[HS_PROBED] == hs_heap_allocator(r->h));
}

static void traits_fit_together(run *r)
{
    const hs_allocator *a = r->a;
    bool linked = a->list;
    must(r, linked == (a->links != NULL) && linked == (a->shape != HS_SHAPE_NONE));
    must(r, !(a->traits & HS_ONE_LIST) || (linked && !(a->traits & HS_TREE)));
    must(r, !(a->traits & HS_TREE) || linked);
    must(r, !a->priority || a->traits & HS_TREE);
    must(r, (a->shape == HS_SHAPE_GRID) == (a->columns > 0));
    must(r, !(a->traits & HS_BUDDIES) || a->traits & HS_DIVIDES);
}

/* --- Rules of the walk --------------------------------------------------------------------------
 */

static void blocks_tile_the_heap(run *r)
{
    const picture *p = &r->now;
    hs_addr at = hs_heap_base(r->h), end = p->end;
    uint64_t unit = r->a->alignment(r->h);
    hs_block mark;
    if (hs_heap_end_mark(r->h, &mark)) end = mark.addr;
    must(r, p->count == 0 || p->blocks[0].addr - at < unit);
    for (size_t i = 0; i < p->count; i++) {
        must(r, !i || p->blocks[i].addr == end_of(&p->blocks[i - 1]));
        must(r, p->blocks[i].size > 0 && end_of(&p->blocks[i]) <= end);
        at = end_of(&p->blocks[i]);
    }
    must(r, end - at < unit || !p->count);
}

static void blocks_have_room_for_their_parts(run *r)
{
    for (size_t i = 0; i < r->now.count; i++) {
        const hs_block *b = &r->now.blocks[i];
        must(r, b->kind != HS_BLOCK_DAMAGED && !b->damage && !b->is_end_mark);
        must(r, b->header + b->lead + b->footer <= b->size);
        must(r, b->header + b->links + b->footer <= b->size || b->kind == HS_BLOCK_OWN);
        must(r, b->header >= 8 * (b->more_words + (b->header > 0)));
        must(r, b->kind != HS_BLOCK_USED || b->is_used);
        must(r, b->kind != HS_BLOCK_USED || hs_block_payload(b) % r->a->alignment(r->h) == 0);
    }
}

static void a_walk_may_begin_in_the_middle(run *r)
{
    for (size_t i = 1; i < r->now.count; i++) {
        const hs_block *b = &r->now.blocks[i];
        hs_block before = {.addr = b->addr, .is_used = b[-1].is_used}, found = {0};
        must(r, r->a->walk(r->h, &before, &found));
        must(r, found.addr == b->addr && found.size == b->size && found.kind == b->kind);
        must(r, found.is_used == b->is_used && found.header == b->header);
    }
}

static void an_end_mark_is_one(run *r)
{
    hs_block mark = {0};
    if (!hs_heap_end_mark(r->h, &mark)) return;
    must(r, mark.is_end_mark && mark.kind == HS_BLOCK_OWN && mark.is_used && !mark.damage);
    must(r, end_of(&mark) == r->now.end && mark.header == mark.size);
}

static void marks_lie_in_the_heap(run *r)
{
    hs_mark marks[HS_MARKS];
    size_t n = hs_heap_marks(r->h, marks);
    must(r, n <= HS_MARKS);
    for (size_t i = 0; i < n; i++)
        must(r, is_text(marks[i].name) && marks[i].at >= hs_heap_base(r->h) &&
                    marks[i].at <= r->now.end);
}

static void the_check_finds_nothing(run *r)
{
    hs_damage damage;
    must(r, r->a->check(r->h, &damage));
}

static void the_alignment_is_a_power_of_two(run *r)
{
    uint64_t unit = r->a->alignment(r->h);
    must(r, unit && !(unit & (unit - 1)));
    must(r, (r->now.end - hs_heap_base(r->h)) % unit == 0);
}

/* --- Rules of lists ------------------------------------------------------------------------------
 */

static void lists_say_what_is_in_them(run *r)
{
    hs_list list;
    size_t n = 0;
    for (size_t i = 0; r->a->list && r->a->list(r->h, i, &list); i++, n++) {
        must(r, list.marked == (list.head != HS_NULL) && list.smallest <= list.largest);
        for (size_t k = 0; k < r->now.member_count; k++) {
            const hs_block *b = block_at(&r->now, r->now.members[k].at);
            must(r, b);
            if (r->now.members[k].list != i || b->kind == HS_BLOCK_OWN) continue;
            must(r, b->size >= list.smallest && b->size <= list.largest);
        }
    }
    must(r, !(r->a->traits & (HS_ONE_LIST | HS_TREE)) || n == 1);
}

static size_t times_listed(const picture *p, hs_addr at)
{
    size_t n = 0;
    for (size_t i = 0; i < p->member_count; i++) n += p->members[i].at == at;
    return n;
}

/* But for objects of slabs, which their slab has. */
static void each_free_block_is_in_one_list(run *r)
{
    if (!r->a->list) return;
    for (size_t i = 0; i < r->now.count; i++) {
        const hs_block *b = &r->now.blocks[i];
        bool object = r->a->traits & HS_OBJECTS && !b->header;
        size_t n = times_listed(&r->now, b->addr);
        must(r, n <= 1);
        if (b->kind == HS_BLOCK_FREE && !object) must(r, n == 1);
        if (b->kind == HS_BLOCK_USED) must(r, n == 0);
    }
}

/* Where links lie in the heap: a list that is kept outside has the rest of a split block take its
 * place, and nobody joins or leaves. */
static void members_come_and_go_as_it_is_told(run *r)
{
    static picture p;
    if (!r->a->list || !r->a->fields) return;
    p = r->before;
    for (size_t i = 0; i < r->n; i++) {
        member m = {r->e[i].at, (size_t)r->e[i].b};
        size_t k = 0;
        while (k < p.member_count && p.members[k].at != m.at) k++;
        if (r->e[i].kind == HS_INSERT) {
            must(r, k == p.member_count);
            add_member(&p, m.at, m.list);
        } else if (r->e[i].kind == HS_REMOVE) {
            must(r, k < p.member_count && p.members[k].list == m.list);
            p.members[k] = p.members[--p.member_count];
        }
    }
    must(r, p.member_count == r->now.member_count);
    for (size_t i = 0; i < p.member_count; i++) {
        size_t k = 0;
        while (k < r->now.member_count && r->now.members[k].at != p.members[i].at) k++;
        must(r, k < r->now.member_count && r->now.members[k].list == p.members[i].list);
    }
}

/* --- Rules of words ------------------------------------------------------------------------------
 */

/* Fields lie in the word, beside one another, and say what is there. */
static size_t read_fields(run *r, hs_addr at, uint64_t word, hs_field out[HS_FIELDS])
{
    size_t n = r->a->fields(r->h, at, word, out);
    uint64_t all = 0;
    must(r, n <= HS_FIELDS);
    for (size_t i = 0; i < n; i++) {
        uint64_t bits =
            out[i].bits == 64 ? UINT64_MAX : (((uint64_t)1 << out[i].bits) - 1) << out[i].first;
        must(r, out[i].bits && out[i].first + out[i].bits <= 64 && !(all & bits));
        all |= bits;
        if (out[i].kind == HS_FIELD_LINK || out[i].kind == HS_FIELD_PLAIN)
            must(r, out[i].value == (word & bits));
        if (out[i].kind == HS_FIELD_CHECKSUM)
            must(r, i == 0 && out[i].value == (word & bits) >> out[i].first);
        if (out[i].bits == 1) must(r, out[i].value == (word >> out[i].first & 1));
    }
    return n;
}

static const hs_field *find_field(run *r, hs_addr at, uint64_t word, hs_field_kind kind,
                                  hs_field out[HS_FIELDS])
{
    size_t n = read_fields(r, at, word, out);
    for (size_t i = 0; i < n; i++)
        if (out[i].kind == kind) return &out[i];
    return NULL;
}

static void headers_and_footers_say_size_and_use(run *r)
{
    hs_field fields[HS_FIELDS];
    for (size_t i = 0; i < r->now.count; i++) {
        const hs_block *b = &r->now.blocks[i];
        bool has_size = false;
        uint64_t word = b->word;
        must(r, !b->header || r->a->fields || b->kind == HS_BLOCK_UNUSED);
        if (!b->header || !r->a->fields) continue;
        for (uint32_t k = 0; k <= b->more_words; k++) {
            hs_addr at = b->addr + 8 * k;
            must(r, !k || hs_heap_peek(r->h, at, &word));
            const hs_field *f = find_field(r, at, word, HS_FIELD_SIZE, fields);
            if (f) must(r, f->value == b->size || b->kind == HS_BLOCK_OWN);
            has_size |= f != NULL;
            f = find_field(r, at, word, HS_FIELD_USED, fields);
            if (f) must(r, f->value == b->is_used); /* a link may say it, too: 0 in use */
        }
        must(r, has_size);
        if (!b->footer) continue;
        must(r, hs_heap_peek(r->h, end_of(b) - 8, &word));
        const hs_field *f = find_field(r, end_of(b) - 8, word, HS_FIELD_SIZE, fields);
        must(r, f && f->value == b->size);
    }
}

static void links_are_links(run *r)
{
    hs_field fields[HS_FIELDS];
    for (size_t i = 0; i < r->now.count && r->a->fields; i++) {
        const hs_block *b = &r->now.blocks[i];
        hs_links l = {{HS_NULL}};
        if (!b->links) continue;
        must(r, r->a->links(r->h, b->addr, &l) && b->links <= 16);
        for (uint32_t k = 0; k < b->links / 8; k++) {
            uint64_t word = 0;
            hs_addr at = b->addr + b->header + 8 * k;
            must(r, hs_heap_peek(r->h, at, &word) && word == l.to[k]);
            if (word) must(r, find_field(r, at, word, HS_FIELD_LINK, fields));
        }
    }
}

/* Events tell old values, and clients write what they like. */
static void any_word_can_be_asked_about(run *r)
{
    hs_field fields[HS_FIELDS];
    if (!r->a->fields) return;
    for (int i = 0; i < 20; i++) {
        uint64_t words = (r->now.end - hs_heap_base(r->h)) / 8;
        hs_addr at = hs_heap_base(r->h) + 8 * random_below(&r->random, words);
        read_fields(r, at, random_next(&r->random) >> random_below(&r->random, 64), fields);
        read_fields(r, at, hs_heap_base(r->h) + random_below(&r->random, MAXIMUM), fields);
    }
}

static void a_block_without_a_header_says_what_tells_of_it(run *r)
{
    for (size_t i = 0; i < r->now.count && r->a->fields; i++)
        if (!r->now.blocks[i].header && r->now.blocks[i].kind == HS_BLOCK_USED)
            must(r, is_text(r->a->without_header));
}

/* --- Rules of events -----------------------------------------------------------------------------
 */

static void a_request_is_told_first_and_a_return_last(run *r)
{
    const hs_event *first = r->e, *last = r->e + r->n - 1;
    must(r, r->n >= 2 && count(r, HS_REQUEST) == 1 && count(r, HS_RETURN) == 1);
    must(r, first->kind == HS_REQUEST && last->kind == HS_RETURN && !count(r, HS_FAULT));
    must(r, first->detail == r->request && last->detail == r->request);
    must(r, first->at == r->p && last->at == r->result && !count(r, HS_POKE));
}

static void nobody_in_the_core_tells_lines_or_threads(run *r)
{
    for (size_t i = 0; i < r->n; i++) must(r, !r->e[i].line && !r->e[i].thread);
}

static void the_sum_comes_before_the_search(run *r)
{
    bool searched = false;
    for (size_t i = 0; i < r->n; i++) {
        const hs_event *e = &r->e[i];
        searched |= e->kind == HS_LOOK || (e->kind == HS_VISIT && e->detail != HS_SEES_NEIGHBOUR);
        if (e->kind != HS_ROUND) continue;
        must(r, !searched && e->b >= e->a + e->at && e->detail <= HS_OVERHEAD_LEAD);
        must(r, e->at > 0 || e->detail == HS_OVERHEAD_HEADER);
        for (size_t k = 0; k < i; k++)
            must(r, r->e[k].kind != HS_ROUND || r->e[k].a != e->a || r->e[k].b != e->b);
    }
}

static void a_list_that_is_looked_at_is_one(run *r)
{
    hs_list list;
    for (size_t i = 0; i < r->n; i++) {
        const hs_event *e = &r->e[i];
        uint64_t index = e->kind == HS_LOOK ? e->a : e->b;
        if (e->kind != HS_LOOK && e->kind != HS_INSERT && e->kind != HS_REMOVE) continue;
        must(r, r->a->list && r->a->list(r->h, index, &list));
    }
}

static bool changes_blocks(const hs_event *e)
{
    switch (e->kind) {
    case HS_REQUEST:
    case HS_ROUND:
    case HS_LOOK:
    case HS_VISIT:
    case HS_REJECT:
    case HS_DECLINE:
    case HS_CHOOSE: return false;
    default: return true;
    }
}

/* As long as nothing has been changed, what is looked at is a block of before, or a slab, whose
 * record and objects are blocks. */
static void what_is_visited_is_a_block(run *r)
{
    for (size_t i = 0; i < r->n && !changes_blocks(&r->e[i]); i++) {
        const hs_event *e = &r->e[i];
        if (e->kind != HS_VISIT) continue;
        const hs_block *b = block_at(&r->before, e->at);
        must(r, b && (b->size == e->a || b->kind == HS_BLOCK_OWN));
    }
}

static void a_rejection_follows_its_visit(run *r)
{
    for (size_t i = 0; i < r->n; i++) {
        const hs_event *e = &r->e[i];
        if (e->kind != HS_REJECT) continue;
        must(r, e[-1].kind == HS_VISIT && e[-1].at == e->at && e[-1].a == e->a);
        must(r, e->detail != HS_BECAUSE_NONE);
    }
}

static void a_request_that_searches_tries_blocks(run *r)
{
    for (size_t i = 0; i < r->n; i++) {
        const hs_event *e = &r->e[i];
        if (e->kind != HS_VISIT || e->detail < HS_TRIES || e->detail > HS_TRIES_LARGER) continue;
        must(r, r->a->traits & HS_SEARCHES || r->a->list);
    }
}

static void what_is_chosen_is_taken(run *r)
{
    const hs_event *chosen = last_of(r, HS_CHOOSE), *taken = last_of(r, HS_TAKE);
    if (!chosen || count(r, HS_FAIL)) return;
    must(r, taken && taken > chosen);
    must(r, taken->at >= chosen->at && taken->at + taken->a <= chosen->at + chosen->a);
}

static void what_is_taken_is_in_use(run *r)
{
    const hs_event *taken = last_of(r, HS_TAKE);
    if (!taken) return;
    must(r, count(r, HS_TAKE) == 1 && r->request != HS_FREE && !is_a_free(r));
    const hs_block *b = block_around(&r->now, taken->at);
    must(r, r->result >= taken->at && r->result < taken->at + taken->a);
    must(r, b && (b->kind == HS_BLOCK_REGION ||
                  (b->kind == HS_BLOCK_USED && b->addr == taken->at && b->size == taken->a)));
}

static void what_is_released_was_in_use(run *r)
{
    const hs_event *e = last_of(r, HS_RELEASE);
    if (!e || r->request != HS_FREE || count(r, HS_QUARANTINE)) return;
    const hs_block *b = block_at(&r->before, e->at), *now = block_around(&r->now, e->at);
    must(r, count(r, HS_RELEASE) == 1 && b && b->is_used && b->size == e->a);
    must(r, hs_block_payload(b) == r->p && now && now->kind != HS_BLOCK_USED);
    must(r, end_of(now) >= e->at + e->a || now->kind == HS_BLOCK_OWN);
}

/* A block in quarantine, or on its way out, was in use until now, or waits. */
static void what_waits_is_no_use_to_anybody(run *r)
{
    const hs_event *e = last_of(r, HS_QUARANTINE);
    if (!e) return;
    const hs_block *now = block_at(&r->now, e->at);
    must(r, e->b > 0 && now && now->kind == HS_BLOCK_DEAD && now->size == e->a && now->is_used);
}

static void a_free_is_told_in_one_way(run *r)
{
    if (!is_a_free(r) || !r->p) return;
    size_t told = count(r, HS_RELEASE) + count(r, HS_QUARANTINE) + count(r, HS_IGNORE);
    must(r, told >= 1 && !count(r, HS_FAIL));
    must(r, !(r->a->traits & HS_REUSES) == (count(r, HS_IGNORE) > 0));
}

static void what_stays_in_place_stays(run *r)
{
    const hs_event *e = last_of(r, HS_IN_PLACE);
    if (!e) return;
    const hs_block *b = block_around(&r->before, e->at), *now = block_around(&r->now, e->at);
    must(r, r->request == HS_REALLOC && r->result == r->p && b && now);
    if (now->kind == HS_BLOCK_REGION) return;
    must(r, b->addr == e->at && b->size == e->a && now->addr == e->at && now->size == e->b);
}

static void what_is_declined_moves_if_it_can(run *r)
{
    if (!count(r, HS_DECLINE)) return;
    must(r, r->request == HS_REALLOC && r->p);
    if (r->result != r->p) must(r, !count(r, HS_IN_PLACE) && (!r->result || count(r, HS_MOVE)));
}

static void parts_have_bytes(run *r)
{
    for (size_t i = 0; i < r->n; i++) {
        const hs_event *e = &r->e[i];
        if (e->kind == HS_PAD) must(r, e->a > 0);
        if (e->kind == HS_SPLIT || e->kind == HS_COALESCE) must(r, e->a > 0 && e->b > 0);
        bool halves = r->a->traits & HS_BUDDIES && (e->kind == HS_SPLIT || e->kind == HS_COALESCE);
        if (halves) must(r, e->a == e->b && !(e->a & (e->a - 1)));
        if (e->kind == HS_SPLIT) must(r, r->a->traits & (HS_DIVIDES | HS_OBJECTS));
    }
}

static void bytes_move_for_a_realloc(run *r)
{
    const hs_event *e = last_of(r, HS_MOVE), *taken = last_of(r, HS_TAKE);
    if (!e) return;
    must(r, r->request == HS_REALLOC && e->at == r->p && e->a == r->result && taken && taken < e);
}

static void a_bump_ends_where_a_mark_is(run *r)
{
    hs_mark marks[HS_MARKS];
    const hs_event *e = last_of(r, HS_BUMP);
    size_t n = hs_heap_marks(r->h, marks), i = 0;
    if (!e) return;
    while (i < n && marks[i].at != e->b) i++;
    must(r, i < n);
    must(r, e->at == r->result);
}

static void a_growth_ends_where_the_heap_does(run *r)
{
    const hs_event *e = last_of(r, HS_GROW);
    must(r, (e != NULL) == (r->now.end != r->before.end));
    if (e) must(r, e->a == r->before.end && e->b == r->now.end && count(r, HS_GROW) == 1);
}

static void what_fails_returns_nothing(run *r)
{
    if (count(r, HS_FAIL) && !is_a_free(r)) must(r, !r->result || r->result == r->p);
    if (r->result || is_a_free(r) || (r->request == HS_REALLOC && count(r, HS_RELEASE))) return;
    must(r, count(r, HS_FAIL) > 0 || (r->request == HS_REALLOC && count(r, HS_IGNORE)));
}

/* --- Rules of coalescing -------------------------------------------------------------------------
 */

static bool is_open(const hs_block *b)
{
    return b && b->kind == HS_BLOCK_FREE && !b->is_used;
}

static void blocks_are_joined_when_it_says(run *r)
{
    hs_coalescing c = r->a->coalesces ? r->a->coalesces(r->h) : (hs_coalescing){0};
    const hs_event *e = last_of(r, HS_RELEASE);
    if (!r->a->coalesces) must(r, !count(r, HS_COALESCE));
    if (!is_a_free(r)) return;
    if (c.when != HS_JOINS_NOW && !c.some_wait) must(r, !count(r, HS_COALESCE));
    bool joins = c.when == HS_JOINS_NOW && e && !(r->a->traits & (HS_BUDDIES | HS_OBJECTS));
    const hs_block *b = joins ? block_around(&r->now, e->at) : NULL;
    if (!b || b->is_used || count(r, HS_QUARANTINE)) return;
    const hs_block *right = block_at(&r->before, e->at + e->a), *left = NULL;
    if (e->at > hs_heap_base(r->h)) left = block_around(&r->before, e->at - 1);
    must(r, !c.right || !is_open(right) || end_of(b) >= end_of(right));
    must(r, !c.left || !is_open(left) || b->addr <= left->addr);
}

static void the_policy_has_a_name(run *r)
{
    must(r, !r->a->fit || is_text(r->a->fit(r->h)));
}

/* --- All of them ---------------------------------------------------------------------------------
 */

typedef struct {
    const char *says;
    void (*check)(run *);
} rule;

static const rule of_the_row[] = {
    {"it has a name, a summary, a source and all functions", the_row_has_a_name_and_functions},
    {"options have values to choose from", options_have_values_to_choose_from},
    {"its builds are one allocator, and know one another", builds_are_one_allocator},
    {"its traits fit together", traits_fit_together},
};

static const rule of_the_heap[] = {
    {"blocks tile the heap", blocks_tile_the_heap},
    {"blocks have room for their parts", blocks_have_room_for_their_parts},
    {"a walk may begin in the middle", a_walk_may_begin_in_the_middle},
    {"the end mark is one", an_end_mark_is_one},
    {"marks lie in the heap", marks_lie_in_the_heap},
    {"the check finds nothing in a sound heap", the_check_finds_nothing},
    {"the alignment is a power of two, and the heap's size a multiple",
     the_alignment_is_a_power_of_two},
    {"lists say what is in them", lists_say_what_is_in_them},
    {"each free block is in one list", each_free_block_is_in_one_list},
    {"headers and footers say size and use", headers_and_footers_say_size_and_use},
    {"links are links", links_are_links},
    {"any word can be asked about", any_word_can_be_asked_about},
    {"what tells of a block without a header is said",
     a_block_without_a_header_says_what_tells_of_it},
    {"the policy has a name", the_policy_has_a_name},
};

static const rule of_requests[] = {
    {"a request is told first, and a return last", a_request_is_told_first_and_a_return_last},
    {"nobody in the core tells lines or threads", nobody_in_the_core_tells_lines_or_threads},
    {"the sum comes before the search, and once", the_sum_comes_before_the_search},
    {"a list that is told of is one", a_list_that_is_looked_at_is_one},
    {"what is visited is a block", what_is_visited_is_a_block},
    {"a rejection follows its visit", a_rejection_follows_its_visit},
    {"who tries blocks searches, or has lists", a_request_that_searches_tries_blocks},
    {"what is chosen is taken", what_is_chosen_is_taken},
    {"what is taken is in use", what_is_taken_is_in_use},
    {"what is released was in use", what_is_released_was_in_use},
    {"what waits is of no use to anybody", what_waits_is_no_use_to_anybody},
    {"a free is told in one way", a_free_is_told_in_one_way},
    {"what stays in place stays", what_stays_in_place_stays},
    {"what is declined moves if it can", what_is_declined_moves_if_it_can},
    {"parts have bytes", parts_have_bytes},
    {"bytes move for a realloc, to what it took", bytes_move_for_a_realloc},
    {"members come and go as it is told", members_come_and_go_as_it_is_told},
    {"a bump ends where a mark is", a_bump_ends_where_a_mark_is},
    {"a growth ends where the heap does", a_growth_ends_where_the_heap_does},
    {"what fails returns nothing, and what returns nothing fails", what_fails_returns_nothing},
    {"blocks are joined when it says", blocks_are_joined_when_it_says},
};

static void check_rules(run *r, const rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        r->rule = rules[i].says;
        rules[i].check(r);
    }
}

#define CHECK(r, rules) check_rules(r, rules, sizeof(rules) / sizeof *(rules))

static void request(run *r)
{
    uint64_t slot = random_below(&r->random, SLOTS), lot = random_below(&r->random, 16);
    uint64_t size = random_below(&r->random, lot == 15 ? 3000 : lot > 12 ? 300 : 90);
    hs_addr *p = &r->slots[slot];
    r->number++;
    r->p = HS_NULL;
    if (!*p) {
        r->request = lot == 0 ? HS_CALLOC : lot == 1 ? HS_ALIGNED_ALLOC : HS_MALLOC;
        *p = r->result = lot == 0   ? hs_calloc(r->h, 3, size)
                         : lot == 1 ? hs_aligned_alloc(r->h, (size_t)8 << size % 6, size)
                                    : hs_malloc(r->h, size);
    } else if (lot < 5) {
        r->request = HS_REALLOC;
        r->p = *p;
        r->result = hs_realloc(r->h, *p, size);
        if (r->result || !size) *p = r->result;
    } else {
        r->request = HS_FREE;
        r->p = *p;
        r->result = *p = HS_NULL;
        hs_free(r->h, r->p);
    }
    r->e = hs_events(r->h, &r->n);
}

static void play(const hs_allocator *a, const uint64_t *options, const char *option,
                 const char *choice, const hs_heap_config *heap)
{
    static run r;
    r = (run){.a = a, .option = option, .choice = choice, .random = 1};
    r.h = hs_heap_new(heap, a, HS_PROBED, options);
    assert_non_null(r.h);
    r.a = hs_heap_allocator(r.h);
    take(r.h, &r.now);
    CHECK(&r, of_the_row);
    CHECK(&r, of_the_heap);
    for (int i = 0; i < REQUESTS; i++) {
        r.before = r.now;
        request(&r);
        take(r.h, &r.now);
        CHECK(&r, of_requests);
        CHECK(&r, of_the_heap);
    }
    hs_heap_free(r.h);
}

static void play_in_heaps(const hs_allocator *a, const uint64_t *options, const char *option,
                          const char *choice)
{
    static const hs_heap_config heaps[] = {{256, MAXIMUM}, {2048, 2048}};
    for (size_t i = 0; i < sizeof heaps / sizeof *heaps; i++)
        play(a, options, option, choice, &heaps[i]);
}

static void every_allocator_keeps_the_contract(void **state)
{
    const hs_allocator *a;
    (void)state;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++) {
        uint64_t options[HS_OPTIONS];
        for (size_t k = 0; k < a->option_count; k++) options[k] = a->options[k].initial;
        play_in_heaps(a, options, NULL, NULL);
        for (size_t k = 0; k < a->option_count; k++) {
            const hs_option *o = &a->options[k];
            for (uint64_t v = 0; o->choices ? o->choices[v] != NULL : v < 2; v++) {
                options[k] = o->choices ? v : v ? o->initial * 2 : o->minimum;
                if (options[k] > o->maximum && !o->choices) options[k] = o->maximum;
                play_in_heaps(a, options, o->name, o->choices ? o->choices[v] : "a number");
            }
            options[k] = o->initial;
        }
    }
}

static void names_in_the_registry_differ(void **state)
{
    const hs_allocator *a, *b;
    const hs_preset *p;
    (void)state;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_RAW)); i++)
        for (size_t k = 0; k < i; k++)
            if ((b = hs_allocator_at(k, HS_RAW))) assert_string_not_equal(a->name, b->name);
    for (size_t i = 0; (p = hs_preset_at(i)); i++) {
        assert_null(hs_allocator_named(p->name, HS_RAW));
        assert_non_null(hs_allocator_named(p->allocator, HS_RAW));
    }
    assert_non_null(hs_allocator_named(hs_allocator_usual(), HS_RAW));
}

/* One of a student's: it goes from build to build, and nobody looks for its name. */
static void an_allocator_need_not_be_in_the_registry(void **state)
{
    (void)state;
    hs_allocator mine[HS_BUILDS];
    for (size_t i = 0; i < HS_BUILDS; i++) {
        mine[i] = *hs_allocator_named("implicit", (hs_build)i);
        mine[i].name = "mine";
        for (size_t k = 0; k < HS_BUILDS; k++) mine[i].builds[k] = &mine[k];
    }
    hs_heap *h = hs_heap_new(&(hs_heap_config){256, 4096}, &mine[HS_PROBED], HS_PROBED, NULL);
    hs_addr p = hs_malloc(h, 24);
    for (size_t i = 0; i < 2 * HS_BUILDS; i++) {
        hs_heap_use(h, (hs_build)(i % HS_BUILDS));
        assert_ptr_equal(hs_heap_allocator(h), &mine[i % HS_BUILDS]);
        p = hs_realloc(h, p, 24 + 8 * i);
        assert_int_not_equal(p, HS_NULL);
    }
    hs_heap_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocator_keeps_the_contract),
        cmocka_unit_test(names_in_the_registry_differ),
        cmocka_unit_test(an_allocator_need_not_be_in_the_registry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

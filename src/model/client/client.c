/* SPDX-License-Identifier: MIT */
/* The client's variables (a hash table from names to numbers) and blocks (an index by address).
 *
 * Invariants: the index holds at most one block an address; freed blocks stay in it until a new one
 * covers them, so that a pointer used too late can still be told by its name. A name keeps its
 * number for ever, whatever is gone back to: `known` names have one, those from variable_count on
 * belong to variables of another time, and so do those that were never assigned. Names p0, p1, ...
 * that come from the ids of a trace are made when somebody asks for them. */
#include "model/client/client.h"

#include "base/memory.h"
#include "model/client/address_index.h"
#include "model/client/ranks.h"
#include "model/client/reach.h"
#include "model/client/variables_by_value.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The live blocks that have a name. Most sessions never ask for them, so they are gathered when
 * somebody does. From then on they are kept up to date, as long as somebody goes on asking. */
typedef struct {
    hs_ranks *ranks; /* NULL: they are not known */
    bool held;       /* as they were: what changed since is */
    struct {
        hs_addr at;
        bool goes;
    } * waiting;
    size_t waiting_count, waiting_capacity;
    uint64_t unasked; /* changes since somebody asked for them */
} named_blocks;

struct hs_client {
    hs_variable *variables;
    size_t variable_count, variable_capacity;
    char **names; /* by their numbers; those in `variables` may be another client's */
    size_t known, name_capacity;
    size_t numbered; /* of them; NULL until somebody asks */
    size_t borrowed; /* those from `numbered` to here are another client's */
    const hs_trace *trace;
    uint32_t *slots;   /* open addressing: a name's number + 1, 0 for empty */
    size_t slot_count; /* a power of two, at least twice the names */
    uint64_t next_name;
    hs_by_value *by_value;
    hs_reaching *reaching;
    named_blocks named;

    hs_client_block *blocks; /* in no order; in a place out of use, .requested is the next such
                              * place + 1 */
    size_t block_count, block_capacity;
    uint64_t spare; /* the first one out of use + 1, 0 for none */
    hs_index *index;

    hs_pages *variable_pages, *block_pages;
};

static void forget_named(hs_client *c)
{
    hs_ranks_free(c->named.ranks);
    c->named.ranks = NULL;
    c->named.waiting_count = 0;
    c->named.held = false;
}

hs_client *hs_client_new(void)
{
    hs_client *c = hs_new(1, sizeof *c);
    c->index = hs_index_new();
    c->by_value = hs_by_value_new();
    c->reaching = hs_reaching_new();
    c->variable_pages = hs_pages_new();
    c->block_pages = hs_pages_new();
    c->slot_count = 64;
    c->slots = hs_new(c->slot_count, sizeof *c->slots);
    return c;
}

void hs_client_forget_blocks(hs_client *c)
{
    hs_index_clear(c->index);
    hs_by_value_forget(c->by_value);
    hs_reaching_forget(c->reaching);
    forget_named(c);
    c->block_count = c->spare = 0;
    c->next_name = c->trace ? hs_trace_ids(c->trace) : 0;
    for (size_t i = 0; i < c->variable_count; i++) c->variables[i].value = HS_NULL;
    hs_pages_touch(c->variable_pages, 0, c->variable_count * sizeof *c->variables);
}

void hs_client_forget_all(hs_client *c)
{
    hs_client_forget_blocks(c);
    c->variable_count = 0;
}

/* The number of an id is that of its variable. One variable more is for results that nobody
 * keeps. */
void hs_client_name_after(hs_client *c, const hs_trace *t)
{
    char name[HS_NAME_ROOM];
    uint32_t count = hs_trace_ids(t) + 1;
    c->trace = t;
    c->next_name = hs_trace_ids(t);
    for (uint32_t i = 0; hs_trace_has_names(t) && i < count; i++) {
        hs_trace_name(t, i, name, sizeof name);
        hs_client_name(c, name);
    }
    if (c->known) return;
    c->names = hs_array_reserve(c->names, &c->name_capacity, count, sizeof *c->names);
    memset(c->names, 0, count * sizeof *c->names);
    c->known = c->numbered = count;
}

/* There may be millions of names, so the tables are copied whole. */
void hs_client_know_names_of(hs_client *c, const hs_client *from)
{
    size_t numbered = from->numbered, named = from->known - numbered;
    c->trace = from->trace;
    c->next_name = c->trace ? hs_trace_ids(c->trace) : 0;
    c->names = hs_array_reserve(c->names, &c->name_capacity, from->known, sizeof *c->names);
    if (numbered) memset(c->names, 0, numbered * sizeof *c->names);
    if (named) memcpy(c->names + numbered, from->names + numbered, named * sizeof *c->names);
    c->known = c->borrowed = from->known;
    c->numbered = numbered;
    uint32_t *slots = hs_new(from->slot_count, sizeof *slots);
    free(c->slots);
    c->slot_count = from->slot_count;
    c->slots = slots;
    memcpy(c->slots, from->slots, c->slot_count * sizeof *c->slots);
}

void hs_client_free(hs_client *c)
{
    if (!c) return;
    for (size_t i = 0; i < c->known; i++)
        if (i < c->numbered || i >= c->borrowed) free(c->names[i]);
    hs_index_free(c->index);
    hs_by_value_free(c->by_value);
    hs_reaching_free(c->reaching);
    forget_named(c);
    free(c->named.waiting);
    hs_pages_free(c->variable_pages);
    hs_pages_free(c->block_pages);
    free(c->variables);
    free(c->names);
    free(c->slots);
    free(c->blocks);
    free(c);
}

/* --- Variables ------------------------------------------------------------------------------ */

/* FNV-1a. */
static uint64_t hash(const char *name, size_t length)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < length; i++) h = (h ^ (unsigned char)name[i]) * 1099511628211u;
    return h;
}

/* The slot where the name is, or the empty one where it belongs. */
static uint32_t *slot_of(const hs_client *c, const char *name, size_t length)
{
    size_t mask = c->slot_count - 1;
    for (size_t i = hash(name, length) & mask;; i = (i + 1) & mask) {
        if (!c->slots[i]) return &c->slots[i];
        const char *there = c->names[c->slots[i] - 1];
        if (strncmp(there, name, length) == 0 && !there[length]) return &c->slots[i];
    }
}

static void widen(hs_client *c)
{
    uint32_t *wider = hs_new(2 * c->slot_count, sizeof *wider);
    free(c->slots);
    c->slots = wider;
    c->slot_count *= 2;
    for (uint32_t i = (uint32_t)c->numbered; i < c->known; i++) {
        const char *name = c->names[i];
        *slot_of(c, name, strlen(name)) = i + 1;
    }
}

/* The number that a name of the form p17 stands for, HS_NONE where it stands for none. */
static uint32_t number_in(const hs_client *c, const char *name, size_t length)
{
    char digits[12] = "", *end;
    if (!c->numbered || length < 2 || length >= sizeof digits || *name != 'p') return HS_NONE;
    memcpy(digits, name + 1, length - 1);
    unsigned long n = strtoul(digits, &end, 10);
    bool canonical = digits[0] >= (length > 2 ? '1' : '0') && digits[0] <= '9' && !*end;
    return canonical && n < c->numbered ? (uint32_t)n : HS_NONE;
}

uint32_t hs_client_variable_count(const hs_client *c)
{
    return (uint32_t)c->variable_count;
}

const hs_variable *hs_client_nameless(const hs_client *c, uint32_t i)
{
    return i < c->variable_count ? &c->variables[i] : NULL;
}

const hs_variable *hs_client_variable(const hs_client *c, uint32_t i)
{
    if (i >= c->variable_count) return NULL;
    if (!c->variables[i].name) c->variables[i].name = hs_client_name_of(c, i);
    return &c->variables[i];
}

const char *hs_client_pointer_name(const hs_client *c, uint32_t i, char room[HS_NAME_ROOM])
{
    if (i >= c->variable_count || !c->variables[i].value) return NULL;
    if (c->names[i]) return c->names[i];
    hs_trace_name(c->trace, i, room, HS_NAME_ROOM);
    return room;
}

uint32_t hs_client_find_known(const hs_client *c, const char *name, size_t length)
{
    uint32_t i = number_in(c, name, length);
    return i != HS_NONE ? i : *slot_of(c, name, length) - 1; /* an empty slot's 0: HS_NONE */
}

uint32_t hs_client_find(const hs_client *c, const char *name, size_t length)
{
    uint32_t i = hs_client_find_known(c, name, length);
    return i < c->variable_count && c->variables[i].assigned ? i : HS_NONE;
}

/* Variable i, to be written to. All variables up to it exist from now on. */
static hs_variable *change_variable(hs_client *c, uint32_t i)
{
    size_t from = i < c->variable_count ? i : c->variable_count;
    c->variables =
        hs_array_reserve(c->variables, &c->variable_capacity, i + 1u, sizeof *c->variables);
    for (; c->variable_count <= i; c->variable_count++)
        c->variables[c->variable_count] = (hs_variable){.name = c->names[c->variable_count]};
    hs_pages_touch(c->variable_pages, from * sizeof *c->variables, (i + 1u) * sizeof *c->variables);
    return &c->variables[i];
}

uint32_t hs_client_name(hs_client *c, const char *name)
{
    uint32_t number = number_in(c, name, strlen(name));
    if (number != HS_NONE) return number;
    uint32_t *slot = slot_of(c, name, strlen(name));
    if (*slot) return *slot - 1;
    c->names = hs_array_reserve(c->names, &c->name_capacity, c->known + 1, sizeof *c->names);
    c->names[c->known] = hs_copy(name);
    *slot = (uint32_t)++c->known;
    if ((c->known - c->numbered) * 2 > c->slot_count) widen(c);
    return (uint32_t)c->known - 1;
}

uint32_t hs_client_known(const hs_client *c)
{
    return (uint32_t)c->known;
}

const char *hs_client_name_of(const hs_client *c, uint32_t i)
{
    char name[HS_NAME_ROOM];
    if (i >= c->known) return NULL;
    if (!c->names[i]) {
        hs_trace_name(c->trace, i, name, sizeof name);
        c->names[i] = hs_copy(name);
    }
    return c->names[i];
}

/* The next name: the first of p1, p2, ..., behind the one given last, that points to nothing. */
uint32_t hs_client_next_name(hs_client *c)
{
    char name[32];
    uint32_t i;
    do {
        snprintf(name, sizeof name, "p%llu", (unsigned long long)++c->next_name);
        i = hs_client_name(c, name);
    } while (i < c->variable_count && c->variables[i].assigned && c->variables[i].value);
    return i;
}

void hs_client_count_name(hs_client *c, uint32_t variable)
{
    const char *name = hs_client_name_of(c, variable);
    if (name && *name == 'p') c->next_name = strtoull(name + 1, NULL, 10);
}

/* --- Blocks that have a name ---------------------------------------------------------------- */

/* After so many changes that nobody asked about, gathering everything anew costs less than going on
 * with keeping it. */
enum { PATIENCE = 4096 };

static void change_named(hs_client *c, hs_addr at, bool goes)
{
    named_blocks *n = &c->named;
    if (!n->ranks) return;
    if (n->held) {
        n->waiting = hs_array_reserve(n->waiting, &n->waiting_capacity, n->waiting_count + 1,
                                      sizeof *n->waiting);
        n->waiting[n->waiting_count].at = at;
        n->waiting[n->waiting_count++].goes = goes;
        return;
    }
    if (goes)
        hs_ranks_remove(n->ranks, at);
    else
        hs_ranks_put(n->ranks, at);
    if (++n->unasked > PATIENCE + hs_ranks_count(n->ranks) / 4) forget_named(c);
}

/* Tell those who keep sums that a live block is there now, or is about to go or to become another
 * one. */
static void comes(hs_client *c, const hs_client_block *b)
{
    hs_reaching_add(c->reaching, b);
    if (b->variable != HS_NONE) change_named(c, b->addr, false);
}

static void goes(hs_client *c, const hs_client_block *b)
{
    hs_reaching_remove(c->reaching, b);
    if (b->variable != HS_NONE) change_named(c, b->addr, true);
}

uint64_t hs_client_hold_named(hs_client *c)
{
    named_blocks *n = &c->named;
    if (!n->ranks) {
        n->ranks = hs_ranks_new();
        const hs_client_block *b = hs_client_block_from(c, 0);
        for (; b; b = hs_client_block_from(c, b->addr + 1))
            if (b->live && b->variable != HS_NONE) hs_ranks_put(n->ranks, b->addr);
    }
    n->held = true;
    n->unasked = 0;
    return hs_ranks_count(n->ranks);
}

hs_addr hs_client_held_named(const hs_client *c, uint64_t n)
{
    assert(c->named.held);
    return hs_ranks_nth(c->named.ranks, n);
}

void hs_client_let_go_named(hs_client *c)
{
    size_t count = c->named.waiting_count;
    c->named.held = false;
    for (size_t i = 0; i < count && c->named.ranks; i++)
        change_named(c, c->named.waiting[i].at, c->named.waiting[i].goes);
    c->named.waiting_count = 0;
}

/* --- Blocks --------------------------------------------------------------------------------- */

static hs_client_block *change_block(hs_client *c, size_t slot)
{
    size_t from = slot * sizeof *c->blocks;
    hs_pages_touch(c->block_pages, from, from + sizeof *c->blocks);
    return &c->blocks[slot];
}

static hs_client_block *change_block_at(hs_client *c, hs_addr at)
{
    uint32_t slot;
    return hs_index_at(c->index, at, &slot) ? change_block(c, slot) : NULL;
}

const hs_client_block *hs_client_block_at(const hs_client *c, hs_addr at)
{
    uint32_t slot;
    return hs_index_at(c->index, at, &slot) ? &c->blocks[slot] : NULL;
}

const hs_client_block *hs_client_block_from(const hs_client *c, hs_addr from)
{
    hs_index_entry e;
    return hs_index_from(c->index, from, &e) ? &c->blocks[e.value] : NULL;
}

const hs_client_block *hs_client_block_before(const hs_client *c, hs_addr at)
{
    hs_index_entry e;
    return hs_index_before(c->index, at, &e) ? &c->blocks[e.value] : NULL;
}

const hs_client_block *hs_client_block_in(const hs_client *c, size_t place)
{
    return place < c->block_count ? &c->blocks[place] : NULL;
}

hs_reaching *hs_client_reaching(const hs_client *c)
{
    return c->reaching;
}

static void forget_block(hs_client *c, hs_addr at)
{
    hs_client_block *b = change_block_at(c, at);
    b->requested = c->spare;
    c->spare = (uint64_t)(b - c->blocks) + 1;
    hs_index_remove(c->index, at);
}

static void forget_freed_within(hs_client *c, hs_addr from, hs_addr to)
{
    const hs_client_block *before = hs_client_block_before(c, from);
    if (before && !before->live && before->addr + before->requested > from)
        forget_block(c, before->addr);
    const hs_client_block *b = hs_client_block_from(c, from);
    while (b && b->addr < to) {
        hs_addr at = b->addr;
        if (!b->live) forget_block(c, at);
        b = hs_client_block_from(c, at + 1);
    }
}

void hs_client_resized(hs_client *c, hs_addr at, uint64_t requested)
{
    hs_client_block *b = change_block_at(c, at);
    if (requested > b->requested) forget_freed_within(c, at + 1, at + requested);
    if (b->live) goes(c, b);
    b->requested = requested;
    if (b->live) comes(c, b);
}

void hs_client_died(hs_client *c, hs_addr at, uint64_t when)
{
    hs_client_block *b = change_block_at(c, at);
    if (b->live) goes(c, b);
    b->live = false;
    b->died = when;
}

static size_t obtain_block(hs_client *c)
{
    if (c->spare) {
        size_t slot = (size_t)c->spare - 1;
        c->spare = c->blocks[slot].requested;
        return slot;
    }
    c->blocks =
        hs_array_reserve(c->blocks, &c->block_capacity, c->block_count + 1, sizeof *c->blocks);
    return c->block_count++;
}

void hs_client_born(hs_client *c, hs_addr at, uint64_t requested, uint32_t variable, uint64_t when)
{
    forget_freed_within(c, at, at + requested);
    uint32_t there;
    size_t slot = hs_index_at(c->index, at, &there) ? there : obtain_block(c);
    hs_client_block *b = change_block(c, slot);
    *b = (hs_client_block){
        .addr = at, .requested = requested, .variable = variable, .live = true, .born = when};
    hs_index_put(c->index, at, (uint32_t)slot);
    comes(c, b);
}

/* --- Names of blocks ------------------------------------------------------------------------ */

static void rename_block(hs_client *c, hs_client_block *b, uint32_t variable)
{
    goes(c, b);
    b->variable = variable;
    comes(c, b);
}

void hs_client_assign(hs_client *c, uint32_t variable, hs_addr value, uint64_t when)
{
    hs_variable *v = change_variable(c, variable);
    hs_addr old = v->value;
    v->value = value;
    v->assigned = when;
    hs_by_value_move(c->by_value, variable, old, value);
    hs_reaching_move(c->reaching, c, old, value);
    hs_client_block *lost = old && old != value ? change_block_at(c, old) : NULL;
    if (lost && lost->live && lost->variable == variable)
        rename_block(c, lost, hs_by_value_first(c->by_value, c->variables, c->variable_count, old));
    hs_client_block *found = value ? change_block_at(c, value) : NULL;
    if (found && found->live && found->variable == HS_NONE) rename_block(c, found, variable);
}

/* --- Images --------------------------------------------------------------------------------- */

struct hs_client_image {
    hs_snapshot *variables, *blocks;
    hs_index_image *index;
    size_t variable_count, block_count;
    uint64_t spare, next_name;
};

hs_client_image *hs_client_take(hs_client *c)
{
    hs_client_image *image = hs_new(1, sizeof *image);
    *image = (hs_client_image){
        .variables = hs_pages_take(c->variable_pages, c->variables,
                                   c->variable_count * sizeof *c->variables),
        .blocks = hs_pages_take(c->block_pages, c->blocks, c->block_count * sizeof *c->blocks),
        .index = hs_index_take(c->index),
        .variable_count = c->variable_count,
        .block_count = c->block_count,
        .spare = c->spare,
        .next_name = c->next_name,
    };
    return image;
}

/* Blocks that differ from an image, by their place in the array. */
typedef struct {
    size_t *places; /* from, to, from, to, ... */
    size_t count, capacity;
} differences;

static void note_difference(void *context, size_t from, size_t to)
{
    differences *d = context;
    d->places = hs_array_reserve(d->places, &d->capacity, d->count + 2, sizeof *d->places);
    d->places[d->count++] = from / sizeof(hs_client_block);
    d->places[d->count++] = (to + sizeof(hs_client_block) - 1) / sizeof(hs_client_block);
}

static void note_differences(const hs_client *c, const hs_client_image *image, differences *d)
{
    hs_pages_differing(c->block_pages, c->blocks, c->block_count * sizeof *c->blocks, image->blocks,
                       note_difference, d);
    note_difference(d, image->block_count * sizeof *c->blocks, SIZE_MAX / 2);
}

/* Where so many blocks differ, or such a part of all, it is told that everything does. */
enum { MANY = 1 << 16, MOST_PART = 4 };

static bool are_many(const hs_client *c, const differences *d)
{
    size_t n = 0;
    for (size_t i = 0; i < d->count && d->places[i] < c->block_count; i += 2)
        n += (d->places[i + 1] < c->block_count ? d->places[i + 1] : c->block_count) - d->places[i];
    return n > MANY || n > c->block_count / MOST_PART;
}

static void tell_differences(const hs_client *c, const differences *d, hs_client_tell *tell,
                             void *context)
{
    if (are_many(c, d)) {
        tell(context, 0, UINT64_MAX);
        return;
    }
    for (size_t i = 0; i < d->count; i += 2)
        for (size_t k = d->places[i]; k < d->places[i + 1] && k < c->block_count; k++) {
            const hs_client_block *b = &c->blocks[k];
            if (hs_client_block_at(c, b->addr) == b)
                tell(context, b->addr, b->addr + (b->requested ? b->requested : 1));
        }
}

void hs_client_restore(hs_client *c, const hs_client_image *image, hs_client_tell *tell,
                       void *context)
{
    differences d = {0};
    if (tell) note_differences(c, image, &d);
    if (tell) tell_differences(c, &d, tell, context);
    c->variables = hs_array_reserve(c->variables, &c->variable_capacity, image->variable_count,
                                    sizeof *c->variables);
    c->blocks =
        hs_array_reserve(c->blocks, &c->block_capacity, image->block_count, sizeof *c->blocks);
    hs_pages_restore(c->variable_pages, c->variables, image->variables, NULL, NULL);
    hs_pages_restore(c->block_pages, c->blocks, image->blocks, NULL, NULL);
    hs_index_restore(c->index, image->index);
    hs_by_value_forget(c->by_value);
    hs_reaching_forget(c->reaching);
    forget_named(c);
    c->variable_count = image->variable_count;
    c->block_count = image->block_count;
    c->spare = image->spare;
    c->next_name = image->next_name;
    if (tell) tell_differences(c, &d, tell, context);
    free(d.places);
}

void hs_client_image_free(hs_client_image *image)
{
    if (!image) return;
    hs_snapshot_free(image->variables);
    hs_snapshot_free(image->blocks);
    hs_index_image_free(image->index);
    free(image);
}

size_t hs_client_image_weigh(const hs_client_image *image, uint64_t weighing)
{
    return sizeof *image + hs_snapshot_weigh(image->variables, weighing) +
           hs_snapshot_weigh(image->blocks, weighing) +
           hs_index_image_weigh(image->index, weighing);
}

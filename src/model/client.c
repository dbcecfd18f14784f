/* The client's variables (a hash table from names to numbers) and blocks (an index by address).
 * Invariant: the index holds at most one block an address; freed blocks stay in it until a new one
 * covers them, so that a pointer used too late can still be told by its name. */
#include "model/client.h"

#include "heap/array.h"
#include "model/address_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hs_client {
    hs_variable *variables;
    size_t variable_count, variable_capacity;
    uint32_t *slots;   /* open addressing: a variable's number + 1, 0 for empty */
    size_t slot_count; /* a power of two, at least twice the variables */
    uint64_t next_name;

    hs_client_block *blocks;
    size_t block_count, block_capacity;
    hs_index *index;
};

hs_client *hs_client_new(void)
{
    hs_client *c = hs_new(1, sizeof *c);
    c->index = hs_index_new();
    c->slot_count = 64;
    c->slots = hs_new(c->slot_count, sizeof *c->slots);
    return c;
}

void hs_client_forget_blocks(hs_client *c)
{
    hs_index_clear(c->index);
    c->block_count = 0;
    c->next_name = 0;
    for (size_t i = 0; i < c->variable_count; i++) c->variables[i].value = HS_NULL;
}

void hs_client_forget_all(hs_client *c)
{
    hs_client_forget_blocks(c);
    for (size_t i = 0; i < c->variable_count; i++) free(c->variables[i].name);
    c->variable_count = 0;
    memset(c->slots, 0, c->slot_count * sizeof *c->slots);
}

void hs_client_free(hs_client *c)
{
    if (!c) return;
    hs_client_forget_all(c);
    hs_index_free(c->index);
    free(c->variables);
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
        const char *there = c->variables[c->slots[i] - 1].name;
        if (strncmp(there, name, length) == 0 && !there[length]) return &c->slots[i];
    }
}

static void widen(hs_client *c)
{
    free(c->slots);
    c->slot_count *= 2;
    c->slots = hs_new(c->slot_count, sizeof *c->slots);
    for (uint32_t i = 0; i < c->variable_count; i++) {
        const char *name = c->variables[i].name;
        *slot_of(c, name, strlen(name)) = i + 1;
    }
}

uint32_t hs_client_variable_count(const hs_client *c)
{
    return (uint32_t)c->variable_count;
}

hs_variable *hs_client_variable(const hs_client *c, uint32_t i)
{
    return i < c->variable_count ? &c->variables[i] : NULL;
}

uint32_t hs_client_find(const hs_client *c, const char *name, size_t length)
{
    return *slot_of(c, name, length) - 1; /* an empty slot's 0 becomes HS_NONE */
}

uint32_t hs_client_variable_named(hs_client *c, const char *name)
{
    uint32_t *slot = slot_of(c, name, strlen(name));
    if (*slot) return *slot - 1;
    c->variables = hs_array_reserve(c->variables, &c->variable_capacity, c->variable_count + 1,
                                    sizeof *c->variables);
    size_t size = strlen(name) + 1;
    c->variables[c->variable_count] = (hs_variable){.name = hs_new(1, size)};
    memcpy(c->variables[c->variable_count].name, name, size);
    *slot = (uint32_t)++c->variable_count;
    if (c->variable_count * 2 > c->slot_count) widen(c);
    return (uint32_t)c->variable_count - 1;
}

uint32_t hs_client_next_name(hs_client *c)
{
    char name[32];
    uint32_t taken;
    do {
        snprintf(name, sizeof name, "p%llu", (unsigned long long)++c->next_name);
        taken = hs_client_find(c, name, strlen(name));
    } while (taken != HS_NONE && c->variables[taken].value);
    return hs_client_variable_named(c, name);
}

/* Some variable that points to `at`, or HS_NONE. */
static uint32_t other_name(const hs_client *c, hs_addr at)
{
    for (uint32_t i = 0; i < c->variable_count; i++)
        if (c->variables[i].value == at) return i;
    return HS_NONE;
}

void hs_client_assign(hs_client *c, uint32_t variable, hs_addr value, uint64_t when)
{
    hs_addr old = c->variables[variable].value;
    c->variables[variable].value = value;
    c->variables[variable].assigned = when;
    hs_client_block *lost = old && old != value ? hs_client_block_at(c, old) : NULL;
    if (lost && lost->live && lost->variable == variable) lost->variable = other_name(c, old);
    hs_client_block *found = value ? hs_client_block_at(c, value) : NULL;
    if (found && found->live && found->variable == HS_NONE) found->variable = variable;
}

/* --- Blocks --------------------------------------------------------------------------------- */

hs_client_block *hs_client_block_at(const hs_client *c, hs_addr at)
{
    const hs_index_entry *e = hs_index_from(c->index, at);
    return e && e->key == at ? &c->blocks[e->value] : NULL;
}

const hs_client_block *hs_client_block_from(const hs_client *c, hs_addr from)
{
    const hs_index_entry *e = hs_index_from(c->index, from);
    return e ? &c->blocks[e->value] : NULL;
}

const hs_client_block *hs_client_block_before(const hs_client *c, hs_addr at)
{
    const hs_index_entry *e = hs_index_before(c->index, at);
    return e ? &c->blocks[e->value] : NULL;
}

static void forget_freed_within(hs_client *c, hs_addr from, hs_addr to)
{
    const hs_client_block *before = hs_client_block_before(c, from);
    if (before && !before->live && before->addr + before->requested > from)
        hs_index_remove(c->index, before->addr);
    const hs_client_block *b = hs_client_block_from(c, from);
    while (b && b->addr < to) {
        hs_addr next = b->addr + 1;
        if (!b->live) hs_index_remove(c->index, b->addr);
        b = hs_client_block_from(c, next);
    }
}

void hs_client_resized(hs_client *c, hs_addr at, uint64_t requested)
{
    hs_client_block *b = hs_client_block_at(c, at);
    if (requested > b->requested) forget_freed_within(c, at + 1, at + requested);
    b->requested = requested;
}

hs_client_block *hs_client_born(hs_client *c, hs_addr at, uint64_t requested, uint32_t variable,
                                uint64_t when)
{
    forget_freed_within(c, at, at + requested);
    c->blocks =
        hs_array_reserve(c->blocks, &c->block_capacity, c->block_count + 1, sizeof *c->blocks);
    hs_client_block *b = &c->blocks[c->block_count];
    *b = (hs_client_block){
        .addr = at, .requested = requested, .variable = variable, .live = true, .born = when};
    hs_index_put(c->index, at, (uint32_t)c->block_count++);
    return b;
}

/* SPDX-License-Identifier: MIT */
/* Variables in chains, one for each hash of a value:
 *
 *      heads   [ . | p3 | . | p1 ]        p1 and p7 hold the same address, or two of one hash
 *                    |        |
 *                   p3       p1 - p7
 *
 * Invariant: while it is known, each variable with a value that is not NULL is in its chain. */
#include "model/client/variables_by_value.h"

#include "base/memory.h"

#include <stdlib.h>

typedef struct {
    uint32_t before, behind; /* in its chain; HS_NONE: none */
} links;

struct hs_by_value {
    bool known;
    uint32_t *heads;
    size_t capacity; /* chains, a power of two, and variables that there is room for */
    links *links;
};

hs_by_value *hs_by_value_new(void)
{
    return hs_new(1, sizeof(hs_by_value));
}

void hs_by_value_forget(hs_by_value *h)
{
    free(h->heads);
    free(h->links);
    *h = (hs_by_value){0};
}

void hs_by_value_free(hs_by_value *h)
{
    if (!h) return;
    hs_by_value_forget(h);
    free(h);
}

static uint32_t *head_of(hs_by_value *h, hs_addr value)
{
    return &h->heads[(value * 0x9e3779b97f4a7c15u) >> 32 & (h->capacity - 1)];
}

static void link_in(hs_by_value *h, uint32_t variable, hs_addr value)
{
    uint32_t *head = head_of(h, value);
    h->links[variable] = (links){HS_NONE, *head};
    if (*head != HS_NONE) h->links[*head].before = variable;
    *head = variable;
}

static void take_out(hs_by_value *h, uint32_t variable, hs_addr value)
{
    links l = h->links[variable];
    if (l.before == HS_NONE)
        *head_of(h, value) = l.behind;
    else
        h->links[l.before].behind = l.behind;
    if (l.behind != HS_NONE) h->links[l.behind].before = l.before;
}

static void learn(hs_by_value *h, const hs_variable *variables, size_t count)
{
    hs_by_value_forget(h);
    h->known = true;
    h->capacity = 64;
    while (h->capacity < count * 2) h->capacity *= 2;
    h->heads = hs_new(h->capacity, sizeof *h->heads);
    h->links = hs_new(h->capacity, sizeof *h->links);
    for (size_t i = 0; i < h->capacity; i++) h->heads[i] = HS_NONE;
    for (uint32_t i = 0; i < count; i++)
        if (variables[i].value) link_in(h, i, variables[i].value);
}

void hs_by_value_move(hs_by_value *h, uint32_t variable, hs_addr from, hs_addr to)
{
    if (!h->known || from == to) return;
    if (variable >= h->capacity) {
        hs_by_value_forget(h);
        return;
    }
    if (from) take_out(h, variable, from);
    if (to) link_in(h, variable, to);
}

uint32_t hs_by_value_first(hs_by_value *h, const hs_variable *variables, size_t count,
                           hs_addr value)
{
    uint32_t first = HS_NONE;
    if (!h->known) learn(h, variables, count);
    for (uint32_t i = *head_of(h, value); i != HS_NONE; i = h->links[i].behind)
        if (variables[i].value == value && i < first) first = i;
    return first;
}

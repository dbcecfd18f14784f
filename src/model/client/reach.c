/* SPDX-License-Identifier: MIT */
/* Live blocks without a name in an index, and the values of all variables in another one:
 *
 *      values:      v1      v2                        v3
 *      nameless:          [ a: possibly ]   [ b: lost ]
 *
 * A block has a name as long as a variable points to its start (client.h): so those that are lost,
 * or possibly, are among the nameless ones. When a variable moves, the two that its value leaves
 * and enters are looked at again. Values are gathered when the first block is nameless: nearly
 * always there is none. */
#include "model/client/reach.h"

#include "base/memory.h"
#include "model/client/address_index.h"

#include <stdlib.h>

/* After so many changes that nobody asked about, making it anew costs less than going on with
 * keeping it. */
enum { PATIENCE = 4096 };

struct hs_reaching {
    bool known;
    bool gathered;      /* the values */
    uint64_t unasked;   /* changes since somebody asked */
    hs_index *values;   /* how many variables have each */
    hs_index *nameless; /* how each is reached, where values are gathered */
    hs_leaks sums;
};

hs_reaching *hs_reaching_new(void)
{
    return hs_new(1, sizeof(hs_reaching));
}

void hs_reaching_forget(hs_reaching *r)
{
    hs_index_free(r->values);
    hs_index_free(r->nameless);
    *r = (hs_reaching){0};
}

void hs_reaching_free(hs_reaching *r)
{
    if (!r) return;
    hs_reaching_forget(r);
    free(r);
}

/* --- Values --------------------------------------------------------------------------------- */

static void gain(hs_reaching *r, hs_addr value)
{
    uint32_t holders = 0;
    if (!value) return;
    hs_index_at(r->values, value, &holders);
    hs_index_put(r->values, value, holders + 1);
}

static void lose(hs_reaching *r, hs_addr value)
{
    uint32_t holders;
    if (!value || !hs_index_at(r->values, value, &holders)) return;
    if (holders > 1)
        hs_index_put(r->values, value, holders - 1);
    else
        hs_index_remove(r->values, value);
}

static hs_reach reach_of(const hs_reaching *r, const hs_client_block *b)
{
    hs_index_entry value;
    uint64_t bytes = b->requested ? b->requested : 1;
    if (!hs_index_from(r->values, b->addr, &value)) return HS_LOST;
    if (value.key == b->addr) return HS_REACHED;
    return value.key - b->addr < bytes ? HS_POSSIBLY_LOST : HS_LOST;
}

/* --- Blocks --------------------------------------------------------------------------------- */

static void count(hs_reaching *r, hs_reach reach, uint64_t blocks, uint64_t bytes)
{
    r->sums.blocks[reach] += blocks;
    r->sums.bytes[reach] += bytes;
}

static void count_in(hs_reaching *r, const hs_client_block *b)
{
    hs_reach reach = b->variable != HS_NONE ? HS_REACHED : r->gathered ? reach_of(r, b) : HS_LOST;
    count(r, reach, 1, b->requested);
    if (b->variable == HS_NONE) hs_index_put(r->nameless, b->addr, reach);
}

static void count_out(hs_reaching *r, const hs_client_block *b)
{
    uint32_t reach = HS_REACHED;
    if (hs_index_at(r->nameless, b->addr, &reach)) hs_index_remove(r->nameless, b->addr);
    count(r, (hs_reach)reach, UINT64_MAX, 0 - b->requested);
}

/* Look again at how the nameless block around an address is reached. */
static void look_again(hs_reaching *r, const hs_client *c, hs_addr at)
{
    hs_index_entry e;
    if (!at || !hs_index_before(r->nameless, at, &e)) return;
    const hs_client_block *b = hs_client_block_at(c, e.key);
    hs_reach reach = reach_of(r, b);
    if (reach == e.value) return;
    count(r, (hs_reach)e.value, UINT64_MAX, 0 - b->requested);
    count(r, reach, 1, b->requested);
    hs_index_put(r->nameless, e.key, reach);
}

/* --- Kept up to date ------------------------------------------------------------------------ */

/* True while it is to be kept: somebody has asked for it lately. */
static bool is_kept(hs_reaching *r)
{
    if (!r->known) return false;
    if (++r->unasked > PATIENCE + r->sums.blocks[HS_REACHED] / 4) hs_reaching_forget(r);
    return r->known;
}

void hs_reaching_add(hs_reaching *r, const hs_client_block *b)
{
    if (is_kept(r)) count_in(r, b);
}

void hs_reaching_remove(hs_reaching *r, const hs_client_block *b)
{
    if (is_kept(r)) count_out(r, b);
}

void hs_reaching_move(hs_reaching *r, const hs_client *c, hs_addr from, hs_addr to)
{
    if (from == to || !is_kept(r) || !r->gathered) return;
    lose(r, from);
    gain(r, to);
    look_again(r, c, from);
    look_again(r, c, to);
}

static void learn(hs_reaching *r, const hs_client *c)
{
    const hs_client_block *b;
    r->known = true;
    r->nameless = hs_index_new();
    for (size_t i = 0; (b = hs_client_block_in(c, i)); i++)
        if (b->live) count_in(r, b);
}

static void gather(hs_reaching *r, const hs_client *c)
{
    hs_index_entry e;
    r->gathered = true;
    r->values = hs_index_new();
    for (uint32_t i = 0; i < hs_client_variable_count(c); i++)
        gain(r, hs_client_nameless(c, i)->value);
    for (bool more = hs_index_from(r->nameless, 0, &e); more;
         more = hs_index_from(r->nameless, e.key + 1, &e))
        look_again(r, c, e.key);
}

static void bring_up_to_date(hs_reaching *r, const hs_client *c)
{
    hs_index_entry any;
    if (!r->known) learn(r, c);
    if (!r->gathered && hs_index_from(r->nameless, 0, &any)) gather(r, c);
    r->unasked = 0;
}

hs_leaks hs_reaching_sums(hs_reaching *r, const hs_client *c)
{
    bring_up_to_date(r, c);
    return r->sums;
}

hs_reach hs_reaching_of(hs_reaching *r, const hs_client *c, const hs_client_block *b)
{
    bring_up_to_date(r, c);
    if (!r->gathered) gather(r, c);
    return reach_of(r, b);
}

bool hs_reaching_nameless(const hs_reaching *r, hs_addr from, hs_addr *at)
{
    hs_index_entry e;
    if (!hs_index_from(r->nameless, from, &e)) return false;
    *at = e.key;
    return true;
}

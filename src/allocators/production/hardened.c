/* SPDX-License-Identifier: MIT */
/* The explicit free list behind defences against bugs of the client.
 *
 *      malloc, free, realloc                     what the client calls
 *            |
 *      quarantine, and is that pointer held?     here, and in quarantine.h
 *            |
 *      the explicit free list                    textbook/explicit.c, as it stands
 *            |
 *      checksums, links that lead back, poison   its hooks: hardening.h
 *
 * A request that meets a bug ends there, and says which. The page in the middle knows nothing of
 * this: its options and its lists are those of explicit.
 *
 * Follows: what hardening.h follows. */
#include "allocators/production/hardening.h"

#define HS_BEHIND
#include "allocators/textbook/explicit.c"

#include "allocators/production/quarantine.h"

struct hardened {
    struct explicit_list page; /* where the page expects its variables */
    struct quarantine quarantine;
};

static struct quarantine *quarantine_of(const hs_heap *h)
{
    return &((struct hardened *)h->state)->quarantine;
}

/* --- The requests --------------------------------------------------------------------------- */

/* Would the blocks in quarantine serve the request, once they are free? The heap may grow then. */
static bool quarantine_helps(hs_heap *h, uint64_t need, uint64_t alignment)
{
    const struct quarantine *q = quarantine_of(h);
    if (!q->count) return false;
    if (h->options[COALESCE] != HS_COALESCE_OFF) return joining_helps(h, need, alignment);
    for (size_t i = 0; i < q->count; i++)
        if (fits(q->blocks[i], size_of(h, q->blocks[i]), need, alignment)) return true;
    return fits(end_mark(h), h->limit - WORD - end_mark(h), need, alignment);
}

/* As explicit's, but a request that finds no block lets those in quarantine out first. Blocks that
 * were freed while coalescing was off or deferred lie apart until then, whatever it is now. */
static hs_addr hardened_aligned_alloc(hs_heap *h, size_t alignment, size_t size)
{
    if (is_absurd(h, size, alignment)) return hs_fail(h, HS_BECAUSE_LIMIT, size);
    bool joins = h->options[COALESCE] == HS_COALESCE_DEFERRED;
    uint64_t need = block_bytes(h, size);
    hs_round(h, size, WORD, HS_OVERHEAD_HEADER, need);
    hs_addr block = find(h, need, alignment);
    if (!block && quarantine_helps(h, need, alignment)) {
        let_out_all(h, quarantine_of(h), joins_at_once(h));
        block = find(h, need, alignment);
        joins = h->options[COALESCE] != HS_COALESCE_OFF;
    }
    if (!block && joins) block = find_joined(h, need, alignment);
    return serve(h, block, need, alignment);
}

static hs_addr hardened_malloc(hs_heap *h, size_t size)
{
    return hardened_aligned_alloc(h, unit(h), size);
}

static void hardened_free(hs_heap *h, hs_addr p)
{
    put_in_quarantine(h, quarantine_of(h), p, joins_at_once(h));
}

static hs_addr hardened_realloc(hs_heap *h, hs_addr p, size_t size)
{
    block_held(h, p);
    return boundary_realloc(h, p, size, joins_at_once(h), hardened_malloc, hardened_free);
}

/* --- For viewers ---------------------------------------------------------------------------- */

static void hardened_init(hs_heap *h)
{
    explicit_init(h);
    poison_fresh_heap(h);
    *quarantine_of(h) = (struct quarantine){.count = 0};
}

static bool hardened_walk(const hs_heap *h, const hs_block *previous, hs_block *out)
{
    if (!boundary_walk(h, previous, out)) return false;
    if (out->kind == HS_BLOCK_USED && out->word & WAITS) out->kind = HS_BLOCK_DEAD;
    return true;
}

/* What a word says: a header has a checksum, a footer has none. */
static size_t hardened_fields(const hs_heap *h, hs_addr at, uint64_t word, hs_field out[HS_FIELDS])
{
    static const char *const status[] = {"used", "left neighbour used", "in quarantine"};
    (void)at;
    uint64_t seal = word & hook_bits();
    if (is_link(h, word) || !seal) return word_fields(h, word, status, out);
    if (word == POISON * (UINT64_MAX / 0xff)) return one_field(HS_FIELD_POISON, word, out);
    *out = (hs_field){.kind = HS_FIELD_CHECKSUM,
                      .first = CHECKSUM_SHIFT,
                      .bits = 64 - CHECKSUM_SHIFT,
                      .value = seal >> CHECKSUM_SHIFT};
    return 1 + tag_fields(word & ~seal, CHECKSUM_SHIFT, status, out + 1);
}

static bool hardened_check(const hs_heap *h, hs_damage *damage)
{
    return explicit_check(h, damage) && check_poison(h, damage);
}

HS_DECLARE_BUILDS(hardened);
const hs_allocator HS_BUILD(hardened) = {
    .name = "hardened",
    .summary = "explicit behind checksums, links that lead back, poison and a quarantine",
    .source = "glibc's malloc; Robertson et al. (2003); Novark & Berger, DieHarder (2010)",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .state_size = sizeof(struct hardened),
    .builds = HS_BUILDS_OF(hardened),
    .traits = HS_REUSES | HS_SEARCHES | HS_DIVIDES | HS_ONE_LIST,
    .shape = HS_SHAPE_LIST,
    /* Whatever is committed is poisoned, and so takes real memory: at once when the heap begins,
     * where it can not be stopped, and by the request that makes it grow. */
    .largest = {(uint64_t)16 << 20, (uint64_t)1 << 30},
    .alignment = unit,
    .init = hardened_init,
    .malloc = hardened_malloc,
    .aligned_alloc = hardened_aligned_alloc,
    .realloc = hardened_realloc,
    .free = hardened_free,
    .fit = explicit_fit,
    .coalesces = explicit_coalesces,
    .fields = hardened_fields,
    .walk = hardened_walk,
    .end_mark = boundary_end_mark,
    .marks = explicit_marks,
    .list = explicit_list_at,
    .links = boundary_links,
    .check = hardened_check,
};

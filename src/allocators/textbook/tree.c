/* SPDX-License-Identifier: MIT */
/* Best fit without looking at all: the free blocks are the nodes of a binary tree.
 *
 *                       | 96 | left | right | ... | 96 |
 *                            /              \
 *          | 40 | left | right | ...     | 200 | left | right | ...
 *
 * On the left of a node are smaller blocks, on its right larger ones; blocks of one size are in
 * the order of their addresses. The way down to the smallest block that is large enough passes
 * one block a level, and of equal blocks it finds the one at the lowest address.
 *
 * For n blocks to take about log n levels the tree has to be kept balanced, and within two links,
 * so that a block of 32 bytes still has room for them. It is a treap: each block has a priority,
 * and no block is above one of higher priority. If priorities are random, the tree is the same as
 * if the blocks had come in random order, which is hardly ever deep. Here the priority is a hash of
 * the address: as good as random, always the same, and stored nowhere. Nothing here calls itself:
 * a block joins by splitting what is below it, and leaves by merging its two subtrees, on one way
 * down each.
 *
 * Follows: Seidel & Aragon, Randomized Search Trees (1996); Stephenson, Fast Fits (1983), who kept
 * free blocks in a tree of this kind, ordered by address; Knuth, TAOCP 3, 6.2.2. */
enum { SPLIT_MIN, ALIGN };

#include "allocators/block/check.h"
#include "allocators/block/resize.h"

enum { LEFT, RIGHT };

struct tree {
    hs_addr root;
    hs_addr found, link; /* the block that a search has just found, and the link that leads to it */
};

static const hs_option options[] = {
    [SPLIT_MIN] = HS_SPLIT_MIN_OPTION,
    [ALIGN] = HS_ALIGN_OPTION,
};

/* --- Order and priority --------------------------------------------------------------------- */

/* Is block a, by size and then by address, on the left of block b? */
static bool is_left_of(uint64_t size_a, hs_addr a, uint64_t size_b, hs_addr b)
{
    return size_a != size_b ? size_a < size_b : a < b;
}

/* Every step can be undone, so no two addresses have the same priority. */
static uint64_t priority(hs_addr block)
{
    uint64_t z = block * 0x9e3779b97f4a7c15;
    z = (z ^ z >> 32) * 0xd6e8feb86659fd93;
    return z ^ z >> 32;
}

static bool is_above(hs_addr a, hs_addr b)
{
    return priority(a) > priority(b);
}

/* --- Links ---------------------------------------------------------------------------------- */

/* A link lies in a block, or is the root, which is at no address. */
enum { ROOT };

static hs_addr link_of(hs_addr block, unsigned side)
{
    return payload(block) + side * WORD;
}

static void set_link(hs_heap *h, hs_addr link, hs_addr to)
{
    struct tree *t = h->state;
    if (link == ROOT)
        t->root = to;
    else if (hs_load(h, link) != to)
        hs_store(h, link, to);
}

/* Priorities fall on every way down. Broken bytes that lead round in a circle lead up somewhere. */
static hs_addr child(const hs_heap *h, hs_addr block, unsigned side)
{
    hs_addr below = hs_load(h, link_of(block, side));
    if (HS_PROBES && below) {
        hs_guard(h, below, SMALLEST);
        if (!is_above(block, below)) hs_record_fault(h, HS_BECAUSE_ENDLESS, below);
    }
    return below;
}

static uint64_t pass(hs_heap *h, hs_addr block)
{
    uint64_t size = size_of(h, block);
    hs_visit(h, block, size, HS_PASSES);
    return size;
}

/* --- Joining the tree and leaving it -------------------------------------------------------- */

/* Share out the tree under `node`: what is left of the block becomes its left subtree, the rest
 * its right one. Both have a link where the next part of them goes. */
static void split(hs_heap *h, hs_addr node, hs_addr block, uint64_t size)
{
    hs_addr open[] = {link_of(block, LEFT), link_of(block, RIGHT)};
    while (node) {
        bool goes_left = is_left_of(pass(h, node), node, size, block);
        unsigned part = goes_left ? LEFT : RIGHT, side = goes_left ? RIGHT : LEFT;
        set_link(h, open[part], node);
        open[part] = link_of(node, side);
        node = child(h, node, side);
    }
    set_link(h, open[LEFT], HS_NULL);
    set_link(h, open[RIGHT], HS_NULL);
}

/* Let the link lead to one tree of all blocks of two, of which the first lies left of the second.
 */
static void merge(hs_heap *h, hs_addr link, hs_addr left, hs_addr right)
{
    while (left && right) {
        bool left_above = is_above(left, right);
        hs_addr top = left_above ? left : right;
        unsigned side = left_above ? RIGHT : LEFT;
        pass(h, top);
        set_link(h, link, top);
        link = link_of(top, side);
        *(left_above ? &left : &right) = child(h, top, side);
    }
    set_link(h, link, left ? left : right);
}

static void insert(hs_heap *h, hs_addr block, uint64_t size)
{
    struct tree *t = h->state;
    hs_addr node = t->root, link = ROOT;
    while (node && is_above(node, block)) {
        unsigned side = is_left_of(pass(h, node), node, size, block) ? RIGHT : LEFT;
        link = link_of(node, side);
        node = child(h, node, side);
    }
    hs_probe(h, HS_INSERT, block, size, 0);
    t->found = HS_NULL;
    t->link = ROOT;
    set_link(h, link, block);
    split(h, node, block, size);
}

/* The link that leads to a block of the tree. */
static hs_addr link_to(hs_heap *h, hs_addr block, uint64_t size)
{
    const struct tree *t = h->state;
    hs_addr node = t->root, link = ROOT;
    while (node != block) {
        unsigned side = is_left_of(pass(h, node), node, size, block) ? RIGHT : LEFT;
        link = link_of(node, side);
        node = child(h, node, side);
    }
    return link;
}

/* The block that a search has just found need not be looked for again. */
static void detach(hs_heap *h, hs_addr block, uint64_t size)
{
    struct tree *t = h->state;
    hs_addr link = block == t->found ? t->link : link_to(h, block, size);
    hs_probe(h, HS_REMOVE, block, size, 0);
    t->found = HS_NULL;
    t->link = ROOT;
    merge(h, link, child(h, block, LEFT), child(h, block, RIGHT));
}

/* --- The search ----------------------------------------------------------------------------- */

/* The first block of the tree's order that is not left of a block of this size at this address. */
static hs_addr first_from(hs_heap *h, uint64_t size, hs_addr address, uint64_t need,
                          uint64_t alignment)
{
    struct tree *t = h->state;
    hs_addr node = t->root, link = ROOT;
    t->found = HS_NULL;
    t->link = ROOT;
    while (node) {
        uint64_t passed = size_of(h, node);
        bool too_early = is_left_of(passed, node, size, address);
        hs_visit(h, node, passed, HS_TRIES_SMALLER);
        if (!fits(node, passed, need, alignment))
            hs_reject(h, node, passed,
                      passed < need ? HS_BECAUSE_TOO_SMALL : HS_BECAUSE_NOT_ALIGNED);
        if (!too_early) {
            t->found = node;
            t->link = link;
        }
        unsigned side = too_early ? RIGHT : LEFT;
        link = link_of(node, side);
        node = child(h, node, side);
    }
    return t->found;
}

/* Malloc is done after one way down. An aligned request goes on, block by block, a way down each,
 * until what is left of a block behind the multiple is enough. */
static hs_addr find(hs_heap *h, uint64_t need, uint64_t alignment)
{
    hs_addr block = first_from(h, need, HS_NULL, need, alignment);
    while (block && !fits(block, size_of(h, block), need, alignment))
        block = first_from(h, size_of(h, block), block + 1, need, alignment);
    return block;
}

/* --- The requests --------------------------------------------------------------------------- */

static hs_addr tree_malloc(hs_heap *h, size_t size)
{
    return boundary_alloc(h, unit(h), size);
}

static void tree_free(hs_heap *h, hs_addr p)
{
    release(h, block_of(p), true);
}

static hs_addr tree_realloc(hs_heap *h, hs_addr p, size_t size)
{
    return boundary_realloc(h, p, size, true, tree_malloc, tree_free);
}

/* --- For viewers ---------------------------------------------------------------------------- */

static void tree_init(hs_heap *h)
{
    struct tree *t = h->state;
    boundary_init(h);
    t->root = first(h);
}

static bool tree_list(const hs_heap *h, size_t index, hs_list *out)
{
    const struct tree *t = h->state;
    *out = (hs_list){.head = t->root, .largest = UINT64_MAX, .marked = t->root != HS_NULL};
    return index == 0;
}

static size_t tree_fields(const hs_heap *h, hs_addr at, uint64_t word, hs_field out[HS_FIELDS])
{
    (void)at;
    return boundary_fields(h, word, NULL, out);
}

static hs_coalescing tree_coalesces(const hs_heap *h)
{
    (void)h;
    return (hs_coalescing){.when = HS_JOINS_NOW, .left = true, .right = true};
}

static size_t tree_marks(const hs_heap *h, hs_mark marks[HS_MARKS])
{
    const struct tree *t = h->state;
    marks[0] = (hs_mark){"root", t->root};
    return t->root ? 1 : 0;
}

/* Does the way down that the block's size and address tell lead to it, in at most so many steps? */
static bool check_way(const hs_heap *h, const hs_block *b, size_t most, hs_damage *damage)
{
    const struct tree *t = h->state;
    hs_addr node = t->root;
    uint64_t word;
    hs_links l;
    for (size_t steps = 0; node != b->addr; steps++) {
        if (!node || steps == most)
            return hs_broken(damage, b->addr, "no way in the tree leads to this free block",
                             b->word);
        if (!hs_heap_peek(h, node, &word) || !boundary_links(h, node, &l))
            return hs_broken(damage, h->base, "a link of the tree leads out of the heap", node);
        node = l.to[is_left_of(size_in(word), node, b->size, b->addr) ? RIGHT : LEFT];
    }
    return true;
}

static bool check_node(const hs_heap *h, const hs_block *b, size_t *links, hs_damage *damage)
{
    hs_links l = {{HS_NULL}};
    boundary_links(h, b->addr, &l);
    for (unsigned side = LEFT; side <= RIGHT; side++) {
        if (!l.to[side]) continue;
        ++*links;
        if (!hs_heap_holds(h, l.to[side], SMALLEST))
            return hs_broken(damage, b->addr, "a link leads out of the heap", l.to[side]);
        if (!is_above(b->addr, l.to[side]))
            return hs_broken(damage, b->addr, "a link leads to a block of higher priority",
                             l.to[side]);
    }
    return true;
}

/* When the tree leads to every free block, and has no more links than that takes, it is in order
 * and leads nowhere else. */
static bool tree_check(const hs_heap *h, hs_damage *damage)
{
    const struct tree *t = h->state;
    size_t free_blocks, links = t->root ? 1 : 0;
    hs_block b;
    if (!check_blocks(h, &free_blocks, damage)) return false;
    for (bool more = boundary_walk(h, NULL, &b); more; more = boundary_walk(h, &b, &b)) {
        if (b.kind != HS_BLOCK_FREE) continue;
        if (!check_node(h, &b, &links, damage)) return false;
        if (!check_way(h, &b, free_blocks, damage)) return false;
    }
    if (links == free_blocks) return true;
    return hs_broken(damage, h->base, "the tree leads to more than the free blocks", links);
}

HS_DECLARE_BUILDS(tree);
const hs_allocator HS_BUILD(tree) = {
    .name = "tree",
    .summary = "best fit by a balanced tree of free blocks, kept in the blocks",
    .source = "Seidel & Aragon, Randomized Search Trees (1996); Stephenson, Fast Fits (1983)",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .state_size = sizeof(struct tree),
    .builds = HS_BUILDS_OF(tree),
    .traits = HS_REUSES | HS_SEARCHES | HS_DIVIDES | HS_TREE,
    .shape = HS_SHAPE_TREE,
    .alignment = unit,
    .init = tree_init,
    .malloc = tree_malloc,
    .aligned_alloc = boundary_alloc,
    .realloc = tree_realloc,
    .free = tree_free,
    .coalesces = tree_coalesces,
    .fields = tree_fields,
    .walk = boundary_walk,
    .end_mark = boundary_end_mark,
    .marks = tree_marks,
    .list = tree_list,
    .links = boundary_links,
    .priority = priority,
    .check = tree_check,
};

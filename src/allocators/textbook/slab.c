/* SPDX-License-Identifier: MIT */
/* Slabs, or simple segregated storage: objects of one size side by side, without headers.
 *
 *      slab   | 32|5 | next | previous | bitmap | . |  32 |  32 |  32 |  32 |  32 |  32 |  32 |
 *             |<---------- record --------->| rest  |<- objects, up to the end of the slab ->|
 *      large  | size|1 | offset | payload ...                                                |
 *      free   | size|0 | next | previous | ...                                        | size |
 *
 * The heap is cut into units of `slab` bytes, a power of two. A slab is one unit; what is larger
 * than any class of objects gets a run of units for itself; free units lie together in free runs.
 * So free(p) finds the record by clearing the low bits of p: each unit that holds a payload starts
 * with its record, and an object's size is told there once for all, not in a header of its own.
 *
 * A request is rounded up to the next class. Each class has a list of its slabs that have a free
 * object; bit i of the bitmap says that the object at byte 16 * i of the slab is free. Bit 2 of a
 * record's first word says that this is a slab, and that the size is that of an object; the other
 * bits, and free runs, are as in runs.h.
 *
 * A slab whose last object is freed becomes a free run, for any class; but a class keeps one that
 * is empty while it has no other with a free object, lest a slab be made and unmade again and
 * again. Those are given up when no free run serves a request.
 *
 *   slab       the size of a unit, at most 64 times 16: the bitmap is one word. It also decides the
 *              largest class: two objects fill a slab
 *   classes    quarters: 16 32 48 64 80 96 112 128 160 ..., four to each power of two;
 *              powers: 16 32 64 128 ...
 *
 * Payloads are aligned to 16. Follows: Bonwick, The Slab Allocator (USENIX 1994); Bryant &
 * O'Hallaron, Computer Systems (3rd ed.), 9.9.14 (simple segregated storage). */
#include "allocators/block/fields.h"
#include "allocators/block/runs.h"

enum { SLAB, CLASSES };
enum {
    GRAIN = 16,
    IS_SLAB = 4,         /* bit 2 */
    RECORD = 4 * WORD,   /* of a slab: size and status, links, bitmap */
    BITMAP = 3 * WORD,   /* where it is in the record */
    GRAINS = 64,         /* in a slab, at most */
    MOST_CLASSES = 32,   /* up to the 1024 bytes of 64 grains there are 20 */
    LARGE_HEADER = GRAIN /* before a payload that is no object; its alignment, if that is more */
};

struct slab_class {
    hs_addr slabs; /* the first with a free object */
    uint64_t all;  /* the bitmap of a slab whose objects are all free */
};

struct slabs {
    struct slab_class classes[MOST_CLASSES];
    uint8_t class_of[GRAINS]; /* by a size in grains of 16 bytes, less one */
    unsigned count;           /* of the classes in use */
    uint64_t largest;         /* object */
    struct runs runs;         /* for slabs, and for what is larger */
};

static const char *const slab_sizes[] = {"128", "256", "512", "1024", NULL};
static const char *const class_names[] = {"quarters", "powers", NULL};
static const hs_option options[] = {
    [SLAB] = {.name = "slab",
              .help = "bytes of a slab",
              .choices = slab_sizes,
              .initial = 1,
              .fresh = true},
    [CLASSES] = {.name = "classes",
                 .help = "sizes of objects: four to each power of two, or one",
                 .choices = class_names,
                 .fresh = true},
};

/* --- Sizes ---------------------------------------------------------------------------------- */

static inline uint64_t run_unit(const hs_heap *h)
{
    return 128u << h->options[SLAB];
}

static inline uint64_t bytes_of_run(const hs_heap *h, uint64_t word)
{
    return word & IS_SLAB ? run_unit(h) : size_in(word);
}

static uint64_t slab_alignment(const hs_heap *h)
{
    (void)h;
    return GRAIN;
}

static inline struct runs *runs_of(const hs_heap *h)
{
    return &((struct slabs *)h->state)->runs;
}

/* log2 of the classes in each power of two. */
static inline unsigned shares(const hs_heap *h)
{
    return h->options[CLASSES] ? 0 : 2;
}

/* The class for a size; of a broken record, any class. */
static inline unsigned class_of(const hs_heap *h, uint64_t size)
{
    const struct slabs *s = h->state;
    return s->class_of[(size - 1) / GRAIN % GRAINS];
}

static uint64_t object_size(const hs_heap *h, unsigned class)
{
    unsigned s = shares(h), group = class >> s, share = class & ((1u << s) - 1);
    if (group == 0) return (class + 1) * GRAIN;
    return (uint64_t)((1u << s) + share + 1) << (group - 1) << 4;
}

static inline uint64_t first_object(const hs_heap *h, uint64_t size)
{
    return run_unit(h) - (run_unit(h) - RECORD) / size * size;
}

/* The run that holds a payload. One that starts with a unit belongs to the unit before. */
static inline hs_addr record_of(const hs_heap *h, hs_addr payload)
{
    return (payload - 1) & ~(run_unit(h) - 1);
}

/* Bytes between the start of a run and its payload: enough for the record. */
static inline uint64_t offset_for(const hs_heap *h, uint64_t alignment)
{
    if (alignment <= LARGE_HEADER) return LARGE_HEADER;
    return alignment < run_unit(h) ? alignment : run_unit(h);
}

/* --- Objects -------------------------------------------------------------------------------- */

static inline uint64_t bitmap(const hs_heap *h, hs_addr slab)
{
    return hs_load(h, slab + BITMAP);
}

static inline void list_slab(hs_heap *h, unsigned class, hs_addr slab)
{
    struct slabs *s = h->state;
    hs_probe(h, HS_INSERT, slab, run_unit(h), class);
    push(h, &s->classes[class].slabs, slab);
}

static inline void unlist_slab(hs_heap *h, unsigned class, hs_addr slab)
{
    struct slabs *s = h->state;
    hs_probe(h, HS_REMOVE, slab, run_unit(h), class);
    unlink_block(h, &s->classes[class].slabs, slab);
}

/* Does a class keep a slab that is empty? It is the only one in its list, then. */
static inline bool keeps_empty(const hs_heap *h, const struct slab_class *c)
{
    return c->slabs && bitmap(h, c->slabs) == c->all;
}

static void give_up(hs_heap *h, unsigned class, hs_addr slab)
{
    unlist_slab(h, class, slab);
    release_run(h, slab, run_unit(h));
}

/* Make free runs of the empty slabs that classes keep. */
static void give_up_all(hs_heap *h)
{
    const struct slabs *s = h->state;
    for (unsigned i = 0; i < s->count; i++)
        if (keeps_empty(h, &s->classes[i])) give_up(h, i, s->classes[i].slabs);
}

/* Is the run at `at` free, or a slab that is empty? *size becomes its bytes. */
static bool is_vacant(const hs_heap *h, hs_addr at, uint64_t *size)
{
    const struct slabs *s = h->state;
    uint64_t word = hs_load(h, at);
    *size = bytes_of_run(h, word);
    if (!(word & IS_SLAB)) return !(word & USED);
    return bitmap(h, at) == s->classes[class_of(h, size_in(word))].all;
}

/* Would giving up the empty slabs serve the request? Asked before any is: a request that must fail
 * changes nothing. While the heap may grow, the answer is yes. */
static bool giving_up_helps(hs_heap *h, uint64_t need, uint64_t alignment)
{
    hs_addr last = last_end(h), start = h->base, at;
    uint64_t size;
    if (run_fits(h, last, h->limit - last, need, alignment)) return true;
    for (at = h->base; at != last; at += size) {
        bool vacant = is_vacant(h, at, &size);
        hs_visit(h, at, size, HS_SEES_RUN);
        if (!vacant) start = at + size;
        if (vacant && run_fits(h, start, at + size - start, need, alignment)) return true;
    }
    return run_fits(h, start, h->limit - start, need, alignment);
}

/* A run of `need` bytes in use, or NULL. */
static hs_addr obtain(hs_heap *h, uint64_t need, uint64_t alignment)
{
    hs_addr run = find(h, need, alignment);
    if (!run && giving_up_helps(h, need, alignment)) {
        give_up_all(h);
        run = find(h, need, alignment);
    }
    if (run)
        detach(h, run, size_in(hs_load(h, run)));
    else
        run = extend(h, need, alignment);
    if (!run) return HS_NULL;
    hs_probe(h, HS_CHOOSE, run, size_in(hs_load(h, run)), 0);
    return put_to_use(h, run, need, alignment);
}

/* A slab for a class, first in its list; or NULL. */
static hs_addr new_slab(hs_heap *h, unsigned class)
{
    const struct slabs *s = h->state;
    hs_addr slab = obtain(h, run_unit(h), 1);
    if (!slab) return HS_NULL;
    hs_store(h, slab + BITMAP, s->classes[class].all);
    hs_store(h, slab, object_size(h, class) | IS_SLAB | (hs_load(h, slab) & STATUS));
    list_slab(h, class, slab);
    return slab;
}

static inline hs_addr malloc_object(hs_heap *h, unsigned class)
{
    const struct slabs *s = h->state;
    hs_addr slab = s->classes[class].slabs;
    hs_probe(h, HS_LOOK, slab, class, 0);
    if (!slab && !(slab = new_slab(h, class))) return HS_NULL;
    hs_visit(h, slab, run_unit(h), HS_SEES_OBJECTS);
    uint64_t bits = bitmap(h, slab);
    hs_addr object = slab + GRAIN * (bits ? (unsigned)__builtin_ctzll(bits) : 0);
    hs_probe(h, HS_CHOOSE, object, object_size(h, class), 0);
    hs_store(h, slab + BITMAP, bits & (bits - 1));
    if (!(bits & (bits - 1))) unlist_slab(h, class, slab);
    hs_probe(h, HS_TAKE, object, object_size(h, class), 0);
    return object;
}

static inline void free_object(hs_heap *h, hs_addr slab, uint64_t size, hs_addr object)
{
    unsigned class = class_of(h, size);
    const struct slab_class *c = &((const struct slabs *)h->state)->classes[class];
    uint64_t before = bitmap(h, slab), after = before | (uint64_t)1 << (object - slab) / GRAIN % 64;
    hs_probe(h, HS_RELEASE, object, size, 0);
    hs_store(h, slab + BITMAP, after);
    if (!before) {
        if (keeps_empty(h, c)) give_up(h, class, c->slabs);
        list_slab(h, class, slab);
    } else if (after == c->all && (c->slabs != slab || next_of(h, slab))) {
        give_up(h, class, slab);
    }
}

/* --- The requests --------------------------------------------------------------------------- */

/* The class of objects for the request, or the number of classes if it is too large for any: sizes
 * are multiples of the alignment, for slabs end at a multiple of it. */
static inline unsigned class_for(const hs_heap *h, size_t alignment, size_t size)
{
    const struct slabs *s = h->state;
    if (size > s->largest) return s->count;
    unsigned class = class_of(h, size);
    if (alignment > GRAIN)
        while (class < s->count && object_size(h, class) & (alignment - 1)) class += 1;
    return class;
}

static inline bool is_absurd(const hs_heap *h, size_t alignment, size_t size)
{
    return size > h->limit - h->base || alignment > h->limit;
}

/* Bytes of the run that such a payload is alone in. */
static inline uint64_t large_bytes(const hs_heap *h, size_t alignment, size_t size)
{
    return hs_round_up(offset_for(h, alignment) + size, run_unit(h));
}

/* No run is left for it, or for a slab of its class. */
static hs_addr refuse(hs_heap *h, size_t alignment, size_t size)
{
    const struct slabs *s = h->state;
    if (is_absurd(h, alignment, size)) return hs_fail(h, HS_BECAUSE_LIMIT, size);
    bool is_large = class_for(h, alignment, size) >= s->count;
    return hs_fail(h, HS_BECAUSE_LIMIT, is_large ? large_bytes(h, alignment, size) : run_unit(h));
}

/* A run of units for one payload. */
static hs_addr malloc_large(hs_heap *h, size_t alignment, size_t size)
{
    uint64_t offset = offset_for(h, alignment), need = large_bytes(h, alignment, size);
    hs_round(h, size, offset, HS_OVERHEAD_LEAD, need);
    hs_addr run = obtain(h, need, alignment);
    if (!run) return HS_NULL;
    hs_store(h, run + WORD, offset);
    hs_probe(h, HS_TAKE, run, need, 0);
    return run + offset;
}

static inline hs_addr allocate(hs_heap *h, size_t alignment, size_t size)
{
    const struct slabs *s = h->state;
    if (is_absurd(h, alignment, size)) return HS_NULL;
    unsigned class = class_for(h, alignment, size);
    if (class >= s->count) return malloc_large(h, alignment, size);
    hs_round(h, size, 0, HS_OVERHEAD_HEADER, object_size(h, class));
    return malloc_object(h, class);
}

static hs_addr slab_malloc(hs_heap *h, size_t size)
{
    hs_addr p = allocate(h, GRAIN, size);
    return p ? p : refuse(h, GRAIN, size);
}

static hs_addr slab_aligned_alloc(hs_heap *h, size_t alignment, size_t size)
{
    hs_addr p = allocate(h, alignment, size);
    return p ? p : refuse(h, alignment, size);
}

static void slab_free(hs_heap *h, hs_addr p)
{
    hs_addr run = record_of(h, p);
    uint64_t word = hs_load(h, run);
    if (word & IS_SLAB) {
        free_object(h, run, size_in(word), p);
    } else {
        hs_probe(h, HS_RELEASE, run, size_in(word), 0);
        release_run(h, run, size_in(word));
    }
}

/* Can the payload stay where it is: in an object of the same class, or in a large run? */
static bool resize(hs_heap *h, hs_addr run, hs_addr p, size_t size)
{
    const struct slabs *s = h->state;
    uint64_t word = hs_load(h, run), have = size_in(word);
    if (word & IS_SLAB) {
        if (size > s->largest || class_of(h, size) != class_of(h, have)) {
            hs_decline(h, p, have, HS_BECAUSE_CLASS, have);
            return false;
        }
        hs_round(h, size, 0, HS_OVERHEAD_HEADER, have);
        return true;
    }
    if (size <= s->largest) {
        hs_decline(h, run, have, HS_BECAUSE_CLASS, have);
        return false;
    }
    uint64_t need = hs_round_up(p - run + size, run_unit(h));
    hs_round(h, size, p - run, HS_OVERHEAD_LEAD, need);
    if (need > have) return expand(h, run, need);
    shrink(h, run, need);
    return true;
}

static hs_addr slab_realloc(hs_heap *h, hs_addr p, size_t size)
{
    if (is_absurd(h, GRAIN, size)) return hs_fail(h, HS_BECAUSE_LIMIT, size);
    hs_addr run = record_of(h, p), q = HS_NULL;
    uint64_t word = hs_load(h, run);
    uint64_t have = word & IS_SLAB ? size_in(word) : size_in(word) - (p - run);
    bool stays = resize(h, run, p, size);
    if (!stays) q = allocate(h, GRAIN, size);
    if (stays || (!q && size <= have)) { /* smaller, and no room to move: the old one will do */
        if (word & IS_SLAB)
            hs_probe(h, HS_IN_PLACE, p, have, have);
        else
            hs_probe(h, HS_IN_PLACE, run, size_in(word), size_in(hs_load(h, run)));
        return p;
    }
    if (!q) return refuse(h, GRAIN, size);
    hs_move(h, q, p, have < size ? have : size);
    slab_free(h, p);
    return q;
}

/* --- An empty heap --------------------------------------------------------------------------- */

static void add_class(const hs_heap *h, struct slabs *s, uint64_t size)
{
    struct slab_class *c = &s->classes[s->count++];
    for (uint64_t at = first_object(h, size); at < run_unit(h); at += size)
        c->all |= (uint64_t)1 << at / GRAIN;
    s->largest = size;
}

static void slab_init(hs_heap *h)
{
    struct slabs *s = h->state;
    uint64_t size;
    *s = (struct slabs){0};
    while ((size = object_size(h, s->count)) <= (run_unit(h) - RECORD) / 2) add_class(h, s, size);
    for (unsigned grain = 0, class = 0; grain < GRAINS; grain++) {
        while (object_size(h, class) < (grain + 1) * GRAIN) class += 1;
        s->class_of[grain] = (uint8_t) class;
    }
    runs_init(h, s->count);
}

/* --- For viewers ---------------------------------------------------------------------------- */

/* What is wrong with the run at `at`? */
static const char *what_is_wrong(const hs_heap *h, bool left_used, hs_addr at, uint64_t word)
{
    const struct slabs *s = h->state;
    uint64_t size = size_in(word), room = last_end(h) - at, other = 0;
    if (left_used != !!(word & LEFT_USED)) return "bit 1 lies about the run on its left";
    if (word & IS_SLAB) {
        if (!size || size > s->largest || object_size(h, class_of(h, size)) != size)
            return "the slab's record names a size that no class has";
        hs_heap_peek(h, at + BITMAP, &other);
        if (other & ~s->classes[class_of(h, size)].all)
            return "the slab's bitmap has bits where no object starts";
        return word & USED ? NULL : "the slab's record says that it is not in use";
    }
    if (!size || size % run_unit(h)) return "the size of the run is no multiple of a slab's";
    if (size > room) return "the size of the run leads beyond the heap";
    hs_heap_peek(h, word & USED ? at + WORD : at + size - WORD, &other);
    if (!(word & USED)) return other == size ? NULL : "the footer says another size";
    bool sound = other >= LARGE_HEADER && other <= run_unit(h) && other % LARGE_HEADER == 0;
    return sound ? NULL : "the payload's offset leads out of the first unit";
}

/* The run at `at`: a slab's record, a large block, or a free run. */
static void walk_run(const hs_heap *h, const hs_block *previous, hs_addr at, hs_block *out)
{
    uint64_t word = 0, offset = LARGE_HEADER;
    bool left_used = !previous || previous->is_used;
    hs_heap_peek(h, at, &word);
    const char *damage = what_is_wrong(h, left_used, at, word);
    *out = (hs_block){.addr = at, .size = size_in(word), .word = word, .damage = damage};
    if (damage) {
        out->kind = HS_BLOCK_DAMAGED;
        out->size = last_end(h) - at;
        out->header = WORD;
    } else if (word & IS_SLAB) {
        out->kind = HS_BLOCK_OWN;
        out->size = first_object(h, size_in(word));
        out->header = RECORD;
        out->is_used = true;
    } else if (word & USED) {
        hs_heap_peek(h, at + WORD, &offset);
        out->kind = HS_BLOCK_USED;
        out->header = (uint32_t)offset;
        out->is_used = true;
    } else {
        out->kind = HS_BLOCK_FREE;
        out->header = out->footer = WORD;
        out->links = 2 * WORD;
    }
}

static void walk_object(const hs_heap *h, hs_addr at, hs_block *out)
{
    hs_addr slab = record_of(h, at + 1);
    uint64_t word = 0, bits = 0;
    hs_heap_peek(h, slab, &word);
    hs_heap_peek(h, slab + BITMAP, &bits);
    *out = (hs_block){.kind = bits >> (at - slab) / GRAIN & 1 ? HS_BLOCK_FREE : HS_BLOCK_USED,
                      .addr = at,
                      .size = size_in(word),
                      .is_used = true}; /* free or not: its slab is */
}

static bool slab_walk(const hs_heap *h, const hs_block *previous, hs_block *out)
{
    hs_addr at = previous ? previous->addr + previous->size : h->base;
    if (at >= h->end) return false;
    if (at == last_end(h)) /* less than a unit, until the heap grows */
        *out = (hs_block){.kind = HS_BLOCK_UNUSED, .addr = at, .size = h->end - at};
    else if ((at - h->base) % run_unit(h) == 0)
        walk_run(h, previous, at, out);
    else
        walk_object(h, at, out);
    return true;
}

/* A unit's first word is a record's, or a run's; a free run ends with one, too. Between them lie
 * links, bitmaps and offsets. */
static size_t slab_fields(const hs_heap *h, hs_addr at, uint64_t word, hs_field out[HS_FIELDS])
{
    static const char *const status[] = {"used", "left neighbour used", "slab"};
    uint64_t within = at % run_unit(h);
    if (is_link(h, word)) return one_field(HS_FIELD_LINK, word, out);
    if (within && within != run_unit(h) - WORD) return one_field(HS_FIELD_PLAIN, word, out);
    return tag_fields(word, 64, status, out);
}

/* Objects never join; the free runs below them do. */
static hs_coalescing slab_coalesces(const hs_heap *h)
{
    (void)h;
    return (hs_coalescing){.when = HS_JOINS_NOW, .left = true, .right = true};
}

/* The classes, then the free runs. */
static bool slab_list(const hs_heap *h, size_t index, hs_list *out)
{
    const struct slabs *s = h->state;
    if (index > s->count) return false;
    bool runs = index == s->count;
    uint64_t size = runs ? run_unit(h) : object_size(h, (unsigned)index);
    *out = (hs_list){.head = runs ? s->runs.free : s->classes[index].slabs,
                     .smallest = size,
                     .largest = runs ? UINT64_MAX : size,
                     .name = runs ? "free runs" : NULL,
                     .about = runs ? "units in a row, no slab" : NULL};
    out->marked = out->head != HS_NULL;
    return true;
}

/* Does a run belong in the list: of a class, or of the free runs? */
static bool belongs(const hs_heap *h, hs_addr run, const hs_list *list, uint64_t *word)
{
    if (run % run_unit(h) || run < h->base || run >= last_end(h)) return false;
    hs_heap_peek(h, run, word);
    if (list->name) return !(*word & USED);
    return (*word & IS_SLAB) && size_in(*word) == list->smallest && bitmap(h, run);
}

/* Is every member of the list one that belongs there, linked both ways? Counts them in *seen. */
static bool check_list(const hs_heap *h, const hs_list *list, size_t most, size_t *seen,
                       hs_damage *damage)
{
    hs_addr before = HS_NULL;
    hs_links l = {{HS_NULL}};
    for (hs_addr run = list->head; run; before = run, run = l.to[0]) {
        uint64_t word = run;
        if (!belongs(h, run, list, &word) || !run_links(h, run, &l))
            return hs_broken(damage, before ? before : h->base,
                             "a list leads to what does not belong in it", word);
        if (l.to[1] != before)
            return hs_broken(damage, run, "previous is not the one before it in the list", l.to[1]);
        if (++*seen > most) return hs_broken(damage, run, "a list goes round in a circle", run);
    }
    return true;
}

static bool slab_check(const hs_heap *h, hs_damage *damage)
{
    size_t listed = 0, seen = 0;
    hs_list list;
    hs_block b;
    for (bool more = slab_walk(h, NULL, &b); more; more = slab_walk(h, &b, &b)) {
        if (b.kind == HS_BLOCK_DAMAGED) return hs_broken(damage, b.addr, b.damage, b.word);
        listed += b.footer || (b.kind == HS_BLOCK_OWN && bitmap(h, b.addr));
    }
    for (size_t i = 0; slab_list(h, i, &list); i++)
        if (!check_list(h, &list, listed, &seen, damage)) return false;
    if (seen == listed) return true;
    return hs_broken(damage, h->base, "a free run or a slab is missing from the lists", seen);
}

HS_DECLARE_BUILDS(slab);
const hs_allocator HS_BUILD(slab) = {
    .name = "slab",
    .summary = "slabs of objects of one size, without headers, and runs for what is larger",
    .source = "Bonwick, The Slab Allocator; Bryant & O'Hallaron, Computer Systems, 9.9.14",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .state_size = sizeof(struct slabs),
    .builds = HS_BUILDS_OF(slab),
    .traits = HS_REUSES | HS_OBJECTS,
    .shape = HS_SHAPE_SLABS,
    .alignment = slab_alignment,
    .init = slab_init,
    .malloc = slab_malloc,
    .aligned_alloc = slab_aligned_alloc,
    .realloc = slab_realloc,
    .free = slab_free,
    .coalesces = slab_coalesces,
    .fields = slab_fields,
    .without_header = "the bitmap of its slab tells whether it is in use",
    .walk = slab_walk,
    .list = slab_list,
    .links = run_links,
    .check = slab_check,
};

/* SPDX-License-Identifier: MIT */
/* The other names are those of copies. Their functions are those of the allocators; only what they
 * are called differs. */
#include "registry.h"

#include "base/memory.h"

#include <stdlib.h>

/* The registry itself, for its list of allocators: what it defines has other names here. */
#define hs_allocator_at    own_allocator_at
#define hs_allocator_named own_allocator_named
#define hs_preset_at       own_preset_at
#define hs_moved_at        own_moved_at
#define hs_allocator_usual own_allocator_usual
const hs_allocator *own_allocator_at(size_t index, hs_build);
const hs_allocator *own_allocator_named(const char *name, hs_build);
const hs_preset *own_preset_at(size_t index);
const hs_moved *own_moved_at(size_t index);
const char *own_allocator_usual(void);
#include "allocators/registry.c"
#undef hs_allocator_at
#undef hs_allocator_named
#undef hs_preset_at
#undef hs_moved_at
#undef hs_allocator_usual

/* The odd ones come last. */
#define ODD(X) X(two_ended) X(stack)
ODD(DECLARE)
static const hs_allocator *const odd[] = {ODD(ROW)};

enum { MOST = 512 };

typedef struct {
    const void *of; /* an allocator, or an array of choices: a thing of the sources */
    void *copy;
} copied;

typedef enum { RENAMES, LENGTHENS, RESHAPES } change;

/* The registry, changed in one way. */
typedef struct {
    change change;
    copied copies[MOST];
    size_t count;
    char *own[MOST], *names[MOST]; /* each name, and the other one */
    size_t name_count;
    hs_preset presets[sizeof presets / sizeof *presets];
} names;

static names renamed, lengthened = {.change = LENGTHENS}, reshaped = {.change = RESHAPES},
                      *now; /* NULL: as it is */

void registry_rename(bool on)
{
    now = on ? &renamed : NULL;
}

void registry_lengthen(bool on)
{
    now = on ? &lengthened : NULL;
}

void registry_reshape(bool on)
{
    now = on ? &reshaped : NULL;
}

/* Half the alphabet on, and half the digits: what is renamed twice has its own name again. */
static char other_character(char c)
{
    if (c >= 'a' && c <= 'z') return (char)('a' + (c - 'a' + 13) % 26);
    if (c >= '0' && c <= '9') return (char)('0' + (c - '0' + 5) % 10);
    return c;
}

bool registry_is_renamed(const char *own, const char *other, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (other_character(own[i]) != other[i]) return false;
    return true;
}

/* --- Copies --------------------------------------------------------------------------------- */

static void *copy_of(const void *thing)
{
    for (size_t i = 0; i < now->count; i++)
        if (now->copies[i].of == thing) return now->copies[i].copy;
    return NULL;
}

static void *keep_copy(const void *of, void *copy)
{
    if (now->count == MOST) abort();
    now->copies[now->count++] = (copied){of, copy};
    return copy;
}

enum { LONG = 300 };

/* "bump" as "xxx...xxxbump". */
static char *long_name(const char *name)
{
    char *copy = hs_new(LONG + strlen(name) + 1, 1);
    memset(copy, 'x', LONG);
    strcpy(copy + LONG, name);
    return copy;
}

static char *renamed_name(const char *name)
{
    char *copy = strdup(name);
    for (char *c = copy; *c; c++) *c = other_character(*c);
    return copy;
}

static const char *other_name(const char *name)
{
    size_t i = 0;
    if (now->change == RESHAPES) return name;
    while (i < now->name_count && strcmp(now->own[i], name) != 0) i++;
    if (i < now->name_count) return now->names[i];
    if (i == MOST) abort();
    now->own[i] = strdup(name);
    now->names[i] = now->change == LENGTHENS ? long_name(name) : renamed_name(name);
    now->name_count++;
    return now->names[i];
}

/* Of an option or a choice. */
static const char *other_word(const char *name)
{
    return now->change == RENAMES ? other_name(name) : name;
}

static const char *const *other_choices(const char *const *choices)
{
    size_t n = 0;
    const char **copy = copy_of(choices);
    if (copy) return copy;
    while (choices[n]) n++;
    copy = keep_copy(choices, hs_new(n + 1, sizeof *copy));
    for (size_t i = 0; i < n; i++) copy[i] = other_word(choices[i]);
    return copy;
}

static const hs_option *other_options(const hs_allocator *a)
{
    hs_option *copy = copy_of(a->options);
    if (copy || !a->option_count) return copy;
    copy = keep_copy(a->options, hs_new(a->option_count, sizeof *copy));
    for (size_t i = 0; i < a->option_count; i++) {
        copy[i] = a->options[i];
        copy[i].name = other_word(copy[i].name);
        if (copy[i].choices) copy[i].choices = other_choices(copy[i].choices);
    }
    return copy;
}

static const hs_allocator *other(const hs_allocator *);

/* An allocator's `variant` gives the copy of what its own gives. */
#define VARIANT(name)                                                                              \
    static const hs_allocator *variant_of_##name(const uint64_t *options)                          \
    {                                                                                              \
        return other(hs_##name##_raw.variant(options));                                            \
    }                                                                                              \
    static const hs_allocator *counted_variant_of_##name(const uint64_t *options)                  \
    {                                                                                              \
        return other(hs_##name##_raw.builds[HS_COUNTED]->variant(options));                        \
    }                                                                                              \
    static const hs_allocator *probed_variant_of_##name(const uint64_t *options)                   \
    {                                                                                              \
        return other(hs_##name##_raw.builds[HS_PROBED]->variant(options));                         \
    }
ALLOCATORS(VARIANT)
ODD(VARIANT)

static const struct {
    const hs_allocator *raw;
    const hs_allocator *(*variants[HS_BUILDS])(const uint64_t *options);
} variants[] = {
#define VARIANTS(name)                                                                             \
    {&hs_##name##_raw,                                                                             \
     {[HS_RAW] = variant_of_##name,                                                                \
      [HS_COUNTED] = counted_variant_of_##name,                                                    \
      [HS_PROBED] = probed_variant_of_##name}},
    ALLOCATORS(VARIANTS) ODD(VARIANTS)};

static const hs_allocator *other(const hs_allocator *a)
{
    hs_allocator *copy = copy_of(a);
    if (copy) return copy;
    copy = keep_copy(a, hs_new(1, sizeof *copy));
    *copy = *a;
    copy->name = other_name(a->name);
    copy->options = other_options(a);
    if (now->change == RESHAPES) copy->shape = HS_SHAPE_NONE;
    for (size_t i = 0; i < HS_BUILDS; i++) copy->builds[i] = other(a->builds[i]);
    for (size_t i = 0; a->variant && i < sizeof variants / sizeof *variants; i++)
        for (size_t build = 0; build < HS_BUILDS; build++)
            if (variants[i].raw->builds[build] == a) copy->variant = variants[i].variants[build];
    return copy;
}

/* --- The registry --------------------------------------------------------------------------- */

const hs_allocator *hs_allocator_at(size_t index, hs_build build)
{
    enum { OWN = sizeof allocators / sizeof *allocators, ODDS = sizeof odd / sizeof *odd };
    const hs_allocator *a = own_allocator_at(index, build);
    if (index >= OWN && index < OWN + ODDS) a = odd[index - OWN]->builds[build];
    return now && a ? other(a) : a;
}

const hs_allocator *hs_allocator_named(const char *name, hs_build build)
{
    const hs_allocator *a;
    for (size_t i = 0; (a = hs_allocator_at(i, build)); i++)
        if (strcmp(a->name, name) == 0) return a;
    return NULL;
}

/* Nobody has written the other names in times when they were options. */
const hs_moved *hs_moved_at(size_t index)
{
    return now ? NULL : own_moved_at(index);
}

const hs_preset *hs_preset_at(size_t index)
{
    const hs_preset *p = own_preset_at(index);
    if (!now || !p) return p;
    now->presets[index] = (hs_preset){other_name(p->name), other_name(p->allocator),
                                      other_word(p->option), other_word(p->choice)};
    return &now->presets[index];
}

const char *hs_allocator_usual(void)
{
    return registry_name(own_allocator_usual());
}

const char *registry_name(const char *name)
{
    return now ? other_name(name) : name;
}

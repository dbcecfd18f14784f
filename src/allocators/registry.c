/* SPDX-License-Identifier: MIT */
/* The registry: every allocator, in the order of the ladder from bump upward. */
#include <heapscope/allocator.h>

#include <string.h>

#define ALLOCATORS(X)                                                                              \
    X(bump)                                                                                        \
    X(kr)                                                                                          \
    X(implicit)                                                                                    \
    X(explicit) X(buddy) X(segregated) X(slab) X(tree) X(tlsf) X(quick) X(hardened) X(ostep)

#define DECLARE(name) extern const hs_allocator hs_##name##_raw;
ALLOCATORS(DECLARE)

#define ROW(name) &hs_##name##_raw,
static const hs_allocator *const allocators[] = {ALLOCATORS(ROW)};

static const hs_preset presets[] = {
    {"first-fit", "implicit", "fit", "first"},
    {"next-fit", "implicit", "fit", "next"},
    {"best-fit", "implicit", "fit", "best"},
    {"worst-fit", "implicit", "fit", "worst"},
};

static const hs_moved moved[] = {
    {"tlsf", "coalesce", "immediate", NULL, NULL},
    {"tlsf", "coalesce", NULL, "allocator quick; set behind tlsf", "quick:behind=tlsf"},
    {"tlsf", "quick", NULL, "allocator quick; set behind tlsf", "quick:behind=tlsf"},
    {"segregated", "coalesce", "immediate", NULL, NULL},
    {"segregated", "coalesce", NULL, "allocator quick", "quick"},
    {"segregated", "quick", NULL, "allocator quick", "quick"},
    {"explicit", "hardened", "off", NULL, NULL},
    {"explicit", "hardened", NULL, "allocator hardened", "hardened"},
};

const hs_allocator *hs_allocator_at(size_t index, hs_build build)
{
    return index < sizeof allocators / sizeof *allocators ? allocators[index]->builds[build] : NULL;
}

const hs_allocator *hs_allocator_named(const char *name, hs_build build)
{
    for (size_t i = 0; i < sizeof allocators / sizeof *allocators; i++)
        if (strcmp(allocators[i]->name, name) == 0) return allocators[i]->builds[build];
    return NULL;
}

const char *hs_allocator_usual(void)
{
    return hs_implicit_raw.name;
}

const hs_moved *hs_moved_at(size_t index)
{
    return index < sizeof moved / sizeof *moved ? &moved[index] : NULL;
}

const hs_preset *hs_preset_at(size_t index)
{
    return index < sizeof presets / sizeof *presets ? &presets[index] : NULL;
}

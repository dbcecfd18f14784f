/* The registry: every allocator in all builds, in the order of the ladder from bump upward. */
#include <heapscope/allocator.h>

#include <string.h>

#define ALLOCATORS(X)                                                                              \
    X(bump) X(implicit) X(explicit) X(buddy) X(segregated) X(slab) X(tree) X(tlsf) X(ostep)

#define DECLARE(name)                                                                              \
    extern const hs_allocator hs_##name##_raw, hs_##name##_probed, hs_##name##_counted;
ALLOCATORS(DECLARE)

#define BUILDS(name)                                                                               \
    {[HS_RAW] = &hs_##name##_raw,                                                                  \
     [HS_PROBED] = &hs_##name##_probed,                                                            \
     [HS_COUNTED] = &hs_##name##_counted},
static const hs_allocator *const allocators[][HS_BUILDS] = {ALLOCATORS(BUILDS)};

static const hs_preset presets[] = {
    {"first-fit", "implicit", "fit", "first"},
    {"next-fit", "implicit", "fit", "next"},
    {"best-fit", "implicit", "fit", "best"},
    {"worst-fit", "implicit", "fit", "worst"},
};

const hs_allocator *hs_allocator_at(size_t index, hs_build build)
{
    return index < sizeof allocators / sizeof *allocators ? allocators[index][build] : NULL;
}

const hs_allocator *hs_allocator_named(const char *name, hs_build build)
{
    for (size_t i = 0; i < sizeof allocators / sizeof *allocators; i++)
        if (strcmp(allocators[i][build]->name, name) == 0) return allocators[i][build];
    return NULL;
}

const hs_preset *hs_preset_at(size_t index)
{
    return index < sizeof presets / sizeof *presets ? &presets[index] : NULL;
}

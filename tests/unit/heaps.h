/* SPDX-License-Identifier: MIT */
/* Heaps for tests of allocators: made from one line, "implicit 512 1024 fit=best footer=on", and
 * their blocks compared as one line, "u32 f64 ...": u used, f free, r region, n never used, o the
 * allocator's own, d damaged, and the size. */
#ifndef TESTS_UNIT_HEAPS_H
#define TESTS_UNIT_HEAPS_H

#include "check.h"

#include <heapscope/allocator.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Heaps on one line ---------------------------------------------------------------------- */

static inline uint64_t option_value(const hs_option *o, const char *text)
{
    for (uint64_t i = 0; o->choices && o->choices[i]; i++)
        if (!strcmp(o->choices[i], text)) return i;
    assert_null(o->choices);
    return strtoull(text, NULL, 10);
}

static inline size_t option_index(const hs_allocator *a, const char *name, size_t length)
{
    size_t i = 0;
    while (i < a->option_count &&
           (strncmp(a->options[i].name, name, length) || a->options[i].name[length]))
        i++;
    assert_true(i < a->option_count);
    return i;
}

static inline void read_options(const hs_allocator *a, char *text, uint64_t *options)
{
    for (size_t i = 0; i < a->option_count; i++) options[i] = a->options[i].initial;
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        size_t i = option_index(a, word, (size_t)(value - word));
        options[i] = option_value(&a->options[i], value + 1);
    }
}

static inline hs_heap *heap_in(hs_build build, const char *line)
{
    char name[16], rest[128] = "";
    unsigned long long initial, maximum;
    uint64_t options[HS_OPTIONS];
    assert_true(sscanf(line, "%15s %llu %llu %127[^\n]", name, &initial, &maximum, rest) >= 3);
    const hs_allocator *a = hs_allocator_named(name, build);
    assert_non_null(a);
    read_options(a, rest, options);
    hs_heap *h = hs_heap_new(&(hs_heap_config){initial, maximum}, a, build, options);
    assert_non_null(h);
    return h;
}

static inline hs_heap *heap(const char *line)
{
    return heap_in(HS_PROBED, line);
}

static inline void set(hs_heap *h, const char *option, const char *value)
{
    const hs_allocator *a = hs_heap_allocator(h);
    size_t i = option_index(a, option, strlen(option));
    hs_heap_set_option(h, i, option_value(&a->options[i], value));
}

static inline const char *blocks_of(const hs_heap *h)
{
    static const char kinds[] = {
        [HS_BLOCK_USED] = 'u',   [HS_BLOCK_FREE] = 'f',    [HS_BLOCK_REGION] = 'r',
        [HS_BLOCK_UNUSED] = 'n', [HS_BLOCK_DAMAGED] = 'd', [HS_BLOCK_OWN] = 'o',
    };
    static char text[1024];
    const hs_allocator *a = hs_heap_allocator(h);
    size_t n = 0;
    hs_block b;
    text[0] = 0;
    for (bool more = a->walk(h, NULL, &b); more && n < sizeof text - 32; more = a->walk(h, &b, &b))
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%c%llu", n ? " " : "", kinds[b.kind],
                              (unsigned long long)b.size);
    return text;
}

static inline void expect_blocks(const hs_heap *h, const char *wanted)
{
    hs_damage damage = {0};
    assert_string_equal(blocks_of(h), wanted);
    if (!strchr(wanted, 'd')) assert_true(hs_heap_allocator(h)->check(h, &damage));
}

/* Where something lies: bytes from the base. */
static inline uint64_t at(hs_addr p)
{
    assert_int_not_equal(p, HS_NULL);
    return p - HS_BASE;
}

/* --- Heaps compared ------------------------------------------------------------------------- */

typedef struct {
    uint8_t bytes[1 << 16];
    uint64_t size;
    hs_mark mark;
} picture;

static inline void take(const hs_heap *h, picture *p)
{
    hs_mark marks[HS_MARKS] = {{0}};
    p->size = hs_heap_committed(h);
    assert_true(p->size <= sizeof p->bytes);
    memcpy(p->bytes, hs_heap_bytes(h, hs_heap_base(h), p->size), p->size);
    hs_heap_marks(h, marks);
    p->mark = marks[0];
}

static inline void expect_unchanged(const hs_heap *h, const picture *before)
{
    static picture now;
    take(h, &now);
    assert_int_equal(now.size, before->size);
    assert_memory_equal(now.bytes, before->bytes, now.size);
    assert_int_equal(now.mark.at, before->mark.at);
}

static inline size_t count_events(const hs_heap *h, hs_event_kind kind)
{
    size_t n, found = 0;
    const hs_event *e = hs_events(h, &n);
    for (size_t i = 0; i < n; i++) found += e[i].kind == kind;
    return found;
}

static inline const hs_event *event(const hs_heap *h, hs_event_kind kind)
{
    size_t n;
    const hs_event *e = hs_events(h, &n);
    for (size_t i = 0; i < n; i++)
        if (e[i].kind == kind) return &e[i];
    fail_msg("no event called %s", hs_event_name(kind));
    return NULL;
}

#endif

/* SPDX-License-Identifier: MIT */
/* The table of formats. To recognise a file, the formats are asked in this order: those come first
 * that say most clearly what they are. */
#include "trace/formats.h"

#include <stdio.h>
#include <string.h>

static const hs_format *const formats[] = {
    &hs_format_hst,    &hs_format_rep,      &hs_format_script, &hs_format_ostep,
    &hs_format_mtrace, &hs_format_valgrind, &hs_format_heap,   &hs_format_ltrace,
};
enum { FORMATS = sizeof formats / sizeof *formats };

const hs_format *hs_format_at(size_t i)
{
    return i < FORMATS ? formats[i] : NULL;
}

const hs_format *hs_format_named(const char *name)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (strcmp(formats[i]->name, name) == 0) return formats[i];
    return NULL;
}

const hs_format *hs_format_of_text(const char *text, const char *end)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (formats[i]->recognise(text, end)) return formats[i];
    return NULL;
}

static const hs_format *of_suffix(const char *suffix, size_t length)
{
    for (size_t i = 0; i < FORMATS; i++)
        for (const char *const *s = formats[i]->suffixes; *s; s++)
            if (strlen(*s) == length && memcmp(*s, suffix, length) == 0) return formats[i];
    return NULL;
}

const hs_format *hs_format_of_path(const char *path, bool *packed)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t length = strlen(name);
    *packed = length > 4 && strcmp(name + length - 4, ".zst") == 0;
    if (*packed) length -= 4;
    const char *dot = memrchr(name, '.', length);
    return dot ? of_suffix(dot + 1, (size_t)(name + length - dot) - 1) : NULL;
}

void hs_format_names(char *out, size_t room, bool written)
{
    size_t n = 0;
    out[0] = 0;
    for (size_t i = 0; i < FORMATS && n < room; i++)
        if (formats[i]->write || !written)
            n += (size_t)snprintf(out + n, room - n, "%s%s", n ? ", " : "", formats[i]->name);
}

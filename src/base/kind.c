/* SPDX-License-Identifier: MIT */
/* The table of kinds: files that people take for traces and scripts by mistake, or because they
 * contain some. */
#include "base/kind.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const char *magic;
    size_t length;
    hs_kind kind;
} row;

#define ROW(magic, is, tool)                                                                       \
    {                                                                                              \
        magic, sizeof magic - 1,                                                                   \
        {                                                                                          \
            is, tool                                                                               \
        }                                                                                          \
    }

static const row rows[] = {
    ROW("\x7f"
        "ELF",
        "a program or library (ELF)", NULL),
    ROW("\x1f\x8b", "packed by gzip", "gunzip"),
    ROW("\x28\xb5\x2f\xfd", "packed by zstd", "zstd -d"),
    ROW("\xfd"
        "7zXZ",
        "packed by xz", "unxz"),
    ROW("BZh", "packed by bzip2", "bunzip2"),
    ROW("PK\x03\x04", "a zip archive", "unzip"),
    ROW("\x89HST", "a trace (hst)", NULL),
    ROW("\x89PNG", "a picture (PNG)", NULL),
    ROW("%PDF-", "a document (PDF)", NULL),
    ROW("!<arch>\n", "a library (ar)", NULL),
    ROW("\xff\xfe", "text in UTF-16", "iconv -f UTF-16 -t UTF-8"),
    ROW("\xfe\xff", "text in UTF-16", "iconv -f UTF-16 -t UTF-8"),
};

const hs_kind *hs_kind_of(const void *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (size >= rows[i].length && memcmp(bytes, rows[i].magic, rows[i].length) == 0)
            return &rows[i].kind;
    return NULL;
}

void hs_kind_tell(const hs_kind *k, const char *wanted, char *out, size_t room)
{
    if (k->tool)
        snprintf(out, room, "this is %s, not a %s: use %s first", k->is, wanted, k->tool);
    else
        snprintf(out, room, "this is %s, not a %s", k->is, wanted);
}

/* SPDX-License-Identifier: MIT */
/* Kinds of files that are no text. They are told by their first bytes, so that the user hears what
 * the file is rather than what is wrong with it as text. */
#ifndef HS_BASE_KIND_H
#define HS_BASE_KIND_H

#include <stddef.h>

/* A file's kind. */
typedef struct {
    const char *is;   /* "packed by gzip" */
    const char *tool; /* the command that makes text of it; NULL: none does */
} hs_kind;

/* The kind of a file that begins with these bytes; NULL: it may be text. */
const hs_kind *hs_kind_of(const void *bytes, size_t size);

/* "this is packed by gzip, not a script: unpack it first, by gunzip" */
void hs_kind_tell(const hs_kind *, const char *wanted, char *out, size_t room);

#endif

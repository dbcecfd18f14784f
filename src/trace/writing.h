/* SPDX-License-Identifier: MIT */
/* A trace that is being written: what all writers share.
 *
 * Not every format can say every request. hs_writing_next gives a writer the requests one by one,
 * each turned into one that its format carries, and counts what was lost by that. */
#ifndef HS_TRACE_WRITING_H
#define HS_TRACE_WRITING_H

#include <heapscope/trace_file.h>

typedef enum {
    HS_CARRIES_CALLOC = 1,
    HS_CARRIES_ALIGNMENT = 2,
    HS_CARRIES_FREE_NULL = 4,
    HS_CARRIES_REALLOC_NULL = 8,  /* realloc(NULL, n) */
    HS_CARRIES_REALLOC_ZERO = 16, /* realloc(p, 0) */
    HS_CARRIES_REALLOC = 32,
    HS_CARRIES_NAMES = 64,
    HS_CARRIES_ALL = 127
} hs_carries;

typedef struct {
    const hs_trace *trace;
    unsigned carries;
    const hs_trace_writing *options;
    hs_trace_report *report;
    FILE *file;
    char *buffer;
    size_t used;
    bool failed; /* a write failed, or it was stopped */

    uint64_t at;       /* the next request */
    uint64_t written;  /* requests */
    uint32_t ids;      /* ids in use, those invented for results that nobody keeps among them */
    uint32_t most_ids; /* how many ids there will be at most */
    uint8_t *live;     /* of each id: hs_id_state */
    bool held;         /* the id of the request given last held a block before it */
    uint64_t lost[8];  /* how often each thing was lost; writing.c names them */
} hs_writing;

/* The next request as the format carries it; false behind the last, or when it should stop. A
 * realloc of an id that holds no block (w->held) is realloc(NULL, n). */
bool hs_writing_next(hs_writing *, hs_trace_op *);
/* A realloc had to become a malloc and a free. */
void hs_writing_lost_realloc(hs_writing *);

/* --- Text ----------------------------------------------------------------------------------- */

enum { HS_WRITING_BUFFER = 1 << 16, HS_WRITING_ROOM = 512 };

void hs_writing_flush(hs_writing *);

/* Make room for HS_WRITING_ROOM bytes. hs_writing_next does it, too. */
static inline void hs_writing_reserve(hs_writing *w)
{
    if (w->used > HS_WRITING_BUFFER - HS_WRITING_ROOM) hs_writing_flush(w);
}

static inline void hs_put_char(hs_writing *w, char c)
{
    w->buffer[w->used++] = c;
}

static inline void hs_put_text(hs_writing *w, const char *text)
{
    while (*text) w->buffer[w->used++] = *text++;
}

void hs_put_number(hs_writing *, uint64_t);
void hs_put_hex(hs_writing *, uint64_t); /* with its 0x */

/* --- Logs ----------------------------------------------------------------------------------- */

/* Addresses for a log, which are invented: each block begins behind the one before, and no address
 * comes twice. */
typedef struct {
    uint64_t *at; /* of each id; 0: holds nothing */
    uint64_t next;
} hs_invented;

hs_invented hs_invented_for(const hs_writing *);
uint64_t hs_invent(hs_invented *, const hs_trace_op *);

#endif

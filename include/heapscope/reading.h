/* SPDX-License-Identifier: MIT */
/* Readings: what the bytes of the heap, and the operations, tell whoever looks at a session.
 *
 * What was read is kept, and read again where an operation changed it: so the cost of a look is
 * that of what changed and of what is looked at. */
#ifndef HEAPSCOPE_READING_H
#define HEAPSCOPE_READING_H

#include <heapscope/linkage.h>
#include <heapscope/session.h>

HS_PUBLIC_BEGIN

/* --- Blocks ---------------------------------------------------------------------------------- */

/* Sets of kinds of blocks: 1 << HS_BLOCK_USED | ... */
#define HS_ALL_KINDS (~0u)

/* The n-th block (from 0) of these kinds, in heap order; and how many such blocks start below `at`.
 * The cost hardly depends on the number of blocks. */
bool hs_session_walk_nth(const hs_session *, uint64_t n, unsigned kinds, hs_seen *out);
uint64_t hs_session_count_before(const hs_session *, hs_addr at, unsigned kinds);

/* What the bytes of the heap serve. */
typedef enum {
    HS_SHARE_DAMAGED,
    HS_SHARE_HEADER,
    HS_SHARE_FOOTER,
    HS_SHARE_LINK,
    HS_SHARE_PAYLOAD,
    HS_SHARE_PADDING,
    HS_SHARE_DEAD,
    HS_SHARE_FREE,
    HS_SHARE_UNUSED,
    HS_SHARES
} hs_share;

/* A block's bytes, part by part; returns how many parts. */
typedef struct {
    hs_addr from, to;
    hs_share share;
} hs_part;
enum { HS_PARTS = 5 };
size_t hs_parts_of(const hs_session *, const hs_seen *, hs_part out[HS_PARTS]);

/* Add up, for each cell of 2^cell_bits bytes from `from` on, how many of its bytes serve what. The
 * cost is that of the cells, and of the blocks where cells are smaller than those. */
void hs_session_shares(const hs_session *, hs_addr from, unsigned cell_bits, size_t cells,
                       uint64_t (*out)[HS_SHARES]);

/* What was done with a block, and will be, as numbers of operations. At most HS_LIFE_LOOKS
 * operations are looked at. */
enum { HS_LIFE_EVENTS = 8, HS_LIFE_LOOKS = 1000000 };
typedef struct {
    uint64_t born;
    uint64_t count; /* reallocs; of the first ones, numbers and sizes */
    uint64_t numbers[HS_LIFE_EVENTS], sizes[HS_LIFE_EVENTS];
    uint64_t freed; /* the operation that frees it; 0: none is known */
    bool cut;       /* more might be found */
} hs_life;
hs_life hs_session_life(const hs_session *, const hs_client_block *);

typedef struct {
    const hs_client_block *block;
    hs_reach reach; /* LOST or POSSIBLY_LOST */
} hs_leak;

/* Count all live blocks. The first `most` that are lost, or possibly lost, go to `list`, by
 * address. */
hs_leaks hs_session_leaks(const hs_session *, hs_leak *list, size_t most);

/* --- Slow motion ----------------------------------------------------------------------------- */

/* hs_session_tells: true if the heap's events are those of operation n, and all settings are as
 * they were then. The other returns a session of which that is true, which the caller frees; NULL
 * with a problem when there can be none. */
bool hs_session_tells(const hs_session *, uint64_t n);
hs_session *hs_session_telling(const hs_session *, uint64_t n, hs_problem *);

/* The last request in slow motion (event.h): until hs_session_seek goes to the last event, the heap
 * and the changes are shown as they were after its first n events, those from `from` on being the
 * latest. False when there is no such request. Operations may only follow at the last event. */
bool hs_session_slow_motion(hs_session *);

/* A session that shows operation n (from 1) in slow motion: this one, when n is its last request;
 * else one of its own, in *own, which the caller frees. NULL, with a problem, when there can be
 * none. What the client holds, and its figures, are those of the blocks that are in use at the
 * time. */
hs_session *hs_session_stage(hs_session *, uint64_t n, hs_session **own, hs_problem *);
/* Go to the last event, and end slow motion. */
void hs_session_leave_stage(hs_session *);
void hs_session_seek(hs_session *, size_t from, size_t n);

/* The bytes that differ from what they were before the last request, in order, in a list that the
 * caller frees; and where the heap ended then. The request is undone for a moment, which costs what
 * it did. False when that can not be done. */
bool hs_session_last_changes(hs_session *, hs_change **, size_t *count, hs_addr *end);

HS_PUBLIC_END

#endif

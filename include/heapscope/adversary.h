/* SPDX-License-Identifier: MIT */
/* The adversary: searches for the shortest program on which one allocator fails and another does
 * not, in a heap of a size that both have.
 *
 * All programs of malloc and free are tried, shortest first, with sizes that are multiples of an
 * eighth, a sixteenth, a thirty-second of the heap; when they become too many, long ones by chance,
 * which are then made as short as they can be. The same search gives the same program every time,
 * unless its time is over. */
#ifndef HEAPSCOPE_ADVERSARY_H
#define HEAPSCOPE_ADVERSARY_H

#include <heapscope/linkage.h>
#include <heapscope/session.h>

HS_PUBLIC_BEGIN

enum { HS_MOVES = 64 }; /* the most moves of a program */

#define HS_ADVERSARY_LARGEST                                                                       \
    ((uint64_t)64 << 10) /* the largest heap: each step of the search copies it */

/* malloc of `size` bytes, whose pointer is the next of p1, p2, ...; or, with size 0, free of
 * pointer number `victim`, from 1. */
typedef struct {
    uint64_t size;
    uint32_t victim;
} hs_move;

typedef struct {
    const char *failing, *other; /* allocators or presets, as the user named them */
    uint64_t heap;               /* bytes that both heaps have, and never more */
    uint64_t seed;               /* of the search by chance */
    uint64_t milliseconds;       /* the search ends after these */
    /* Told how far the search is. False: the search ends. */
    bool (*progress)(void *context, size_t length, uint64_t tried);
    void *context;
} hs_contest;

typedef struct {
    size_t length; /* the last move is the malloc that fails on the one side; 0: none was found */
    hs_move moves[HS_MOVES];
    bool shortest;    /* every shorter program with such sizes was tried */
    size_t exhausted; /* all programs of up to so many commands, with such sizes, were tried */
    uint64_t tried;   /* programs that were tried */
    bool out_of_time;
} hs_attack;

/* Search. False, with a problem, if the contest can not be held. */
bool hs_adversary(const hs_contest *, hs_attack *, hs_problem *);

/* The program as a script that shows and expects the outcome on both. `alone`: it sets all options,
 * whatever the session that plays it has set. */
void hs_attack_write(const hs_contest *, const hs_attack *, bool alone, FILE *);

HS_PUBLIC_END

#endif

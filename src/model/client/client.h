/* SPDX-License-Identifier: MIT */
/* What the client program holds: its variables, and the blocks it was given.
 *
 * Not a copy of the heap's block list: a client knows the pointer it got and the size it asked for,
 * and nothing of headers, rounding or free blocks. */
#ifndef HS_MODEL_CLIENT_H
#define HS_MODEL_CLIENT_H

#include <heapscope/client.h>
#include <heapscope/trace.h>

typedef struct hs_client hs_client;
typedef struct hs_reaching hs_reaching; /* reach.h */

hs_client *hs_client_new(void);
void hs_client_free(hs_client *);

/* The first variables get the names that a trace gives its ids. It must live as long. */
void hs_client_name_after(hs_client *, const hs_trace *);
/* Make a new client know all names of another one, with the same numbers. The other one must live
 * as long. */
void hs_client_know_names_of(hs_client *, const hs_client *);

/* Forget all blocks and set every variable to NULL. */
void hs_client_forget_blocks(hs_client *);
/* Forget the variables as well; their names keep their numbers. */
void hs_client_forget_all(hs_client *);

/* --- Variables ------------------------------------------------------------------------------ */

uint32_t hs_client_variable_count(const hs_client *);
const hs_variable *hs_client_variable(const hs_client *, uint32_t); /* NULL when there is none */
const hs_variable *hs_client_nameless(const hs_client *, uint32_t); /* its name may be NULL */
const char *hs_client_pointer_name(const hs_client *, uint32_t, char room[HS_NAME_ROOM]);
uint32_t hs_client_find(const hs_client *, const char *name, size_t length); /* or HS_NONE */
/* The same, also for names that no variable has now: yet, or any more. */
uint32_t hs_client_find_known(const hs_client *, const char *name, size_t length);
uint32_t hs_client_next_name(hs_client *);        /* p1, p2, ...: the next that is not taken */
void hs_client_count_name(hs_client *, uint32_t); /* count on behind a name that
                                                   * hs_client_next_name returned */

/* The number of a name, which it keeps for ever; a new name gets a new one. A variable exists from
 * its first assignment on, but its name stays known when time goes back to before that. */
uint32_t hs_client_name(hs_client *, const char *name);
uint32_t hs_client_known(const hs_client *);
const char *hs_client_name_of(const hs_client *, uint32_t); /* NULL beyond the known ones */

/* A variable now points to `value`. A live block that only it named becomes nameless. */
void hs_client_assign(hs_client *, uint32_t variable, hs_addr value, uint64_t when);

/* --- Blocks --------------------------------------------------------------------------------- */

/* A block was handed out; freed blocks that lay in its memory are forgotten. */
void hs_client_born(hs_client *, hs_addr, uint64_t requested, uint32_t variable, uint64_t when);

/* The block there is now as large as this; freed blocks that lay in its new memory are forgotten.
 */
void hs_client_resized(hs_client *, hs_addr, uint64_t requested);

/* The block there was freed. */
void hs_client_died(hs_client *, hs_addr, uint64_t when);

/* The block at exactly this address, live or freed, or NULL. Valid until the next birth. */
const hs_client_block *hs_client_block_at(const hs_client *, hs_addr);
const hs_client_block *hs_client_block_from(const hs_client *, hs_addr);
const hs_client_block *hs_client_block_before(const hs_client *, hs_addr);

/* The live blocks that have a name, in the order of their addresses. hs_client_hold_named returns
 * how many there are now, and from then on hs_client_held_named gives the n-th of these, whatever
 * becomes of them, until they are let go. */
uint64_t hs_client_hold_named(hs_client *);
hs_addr hs_client_held_named(const hs_client *, uint64_t n);
void hs_client_let_go_named(hs_client *);

/* The blocks by their places, in no order: all that there are, and places of some that were. NULL
 * beyond the last. */
const hs_client_block *hs_client_block_in(const hs_client *, size_t place);
/* How the variables reach the live ones. */
hs_reaching *hs_client_reaching(const hs_client *);

/* --- Images --------------------------------------------------------------------------------- */

/* What the client holds, and a way back to it; images share what did not change in between. */
typedef struct hs_client_image hs_client_image;
hs_client_image *hs_client_take(hs_client *);
/* Told where blocks lay that have become others or none, and where the new ones lie. NULL: nobody
 * asks. */
typedef void hs_client_tell(void *context, hs_addr from, hs_addr to);
void hs_client_restore(hs_client *, const hs_client_image *, hs_client_tell *, void *context);
void hs_client_image_free(hs_client_image *);
size_t hs_client_image_weigh(const hs_client_image *, uint64_t weighing); /* as hs_snapshot_weigh */

#endif

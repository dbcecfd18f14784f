/* SPDX-License-Identifier: MIT */
/* How the client's variables reach its live blocks, added up. Most sessions never ask, so it is
 * made when somebody does, and kept up to date from then on, as long as it is asked for. */
#ifndef HS_MODEL_REACH_H
#define HS_MODEL_REACH_H

#include "model/client/client.h"

hs_reaching *hs_reaching_new(void);
void hs_reaching_free(hs_reaching *);
/* Everything has changed: forget what is known. */
void hs_reaching_forget(hs_reaching *);

/* A client tells these: a live block is there; one is about to go, or to become another one; a
 * variable no longer has the value `from`. */
void hs_reaching_add(hs_reaching *, const hs_client_block *);
void hs_reaching_remove(hs_reaching *, const hs_client_block *);
void hs_reaching_move(hs_reaching *, const hs_client *, hs_addr from, hs_addr to);

/* The sums over all live blocks; how one is reached, which need not be among them; and the address
 * of the first that has no name, at or behind `from`: those that have one are reached. */
hs_leaks hs_reaching_sums(hs_reaching *, const hs_client *);
hs_reach hs_reaching_of(hs_reaching *, const hs_client *, const hs_client_block *);
bool hs_reaching_nameless(const hs_reaching *, hs_addr from, hs_addr *at);

#endif

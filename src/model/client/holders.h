/* Who holds an address: the variables by their values. Most sessions never ask, so it is made when
 * somebody does, and kept up to date from then on until everything changes. */
#ifndef HS_MODEL_HOLDERS_H
#define HS_MODEL_HOLDERS_H

#include <heapscope/session.h>

typedef struct hs_holders hs_holders;

hs_holders *hs_holders_new(void);
void hs_holders_free(hs_holders *);

/* The variables are others now. */
void hs_holders_forget(hs_holders *);
/* One has changed its value. */
void hs_holders_move(hs_holders *, uint32_t variable, hs_addr from, hs_addr to);
/* The first variable that holds a value, which is not NULL; HS_NONE if none does. */
uint32_t hs_holders_first(hs_holders *, const hs_variable *, size_t count, hs_addr value);

#endif

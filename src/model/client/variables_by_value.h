/* SPDX-License-Identifier: MIT */
/* Who holds an address: the variables by their values. Most sessions never ask, so it is made when
 * somebody does, and kept up to date from then on until everything changes. */
#ifndef HS_MODEL_VARIABLES_BY_VALUE_H
#define HS_MODEL_VARIABLES_BY_VALUE_H

#include <heapscope/client.h>

typedef struct hs_by_value hs_by_value;

hs_by_value *hs_by_value_new(void);
void hs_by_value_free(hs_by_value *);

/* All variables may have changed: forget what is known. */
void hs_by_value_forget(hs_by_value *);
/* One has changed its value. */
void hs_by_value_move(hs_by_value *, uint32_t variable, hs_addr from, hs_addr to);
/* The first variable that holds a value, which is not NULL; HS_NONE if none does. */
uint32_t hs_by_value_first(hs_by_value *, const hs_variable *, size_t count, hs_addr value);

#endif

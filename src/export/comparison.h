/* SPDX-License-Identifier: MIT */
/* A comparison as data, for other programs: one object of JSON; or CSV, a row for each trace and
 * allocator, below one with the names of the figures. */
#ifndef HS_EXPORT_COMPARISON_H
#define HS_EXPORT_COMPARISON_H

#include "model/contest/figures.h"

#include <stdio.h>

void hs_comparison_json(FILE *, const hs_comparison *);
void hs_comparison_csv(FILE *, const hs_comparison *);

#endif

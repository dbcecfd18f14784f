/* SPDX-License-Identifier: MIT */
/* Problem sheets on segmentation, with the settings of OSTEP's homework. */
#ifndef HS_UI_PROBLEM_SHEET_H
#define HS_UI_PROBLEM_SHEET_H

#include "ui/usage.h"

/* `heapscope --ostep-segmentation ...`: arguments from that option on. Returns an exit status. */
int hs_problem_sheet(int argc, char **argv);

/* Its options. */
const hs_usage_option *hs_problem_sheet_rows(size_t *count);

#endif

/* SPDX-License-Identifier: MIT */
/* heapscope convert: a trace from one format into another. */
#ifndef HS_UI_CONVERT_H
#define HS_UI_CONVERT_H

#include "ui/usage.h"

int hs_convert(int argc, char **argv);

/* Its options. */
const hs_usage_option *hs_convert_rows(size_t *count);

#endif

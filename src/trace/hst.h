/* SPDX-License-Identifier: MIT */
/* The checksum of hst, for whoever makes such files by hand: tests. */
#ifndef HS_TRACE_HST_H
#define HS_TRACE_HST_H

#include <stddef.h>
#include <stdint.h>

uint64_t hs_hst_checksum(uint64_t sum, const unsigned char *bytes, size_t size);

#endif

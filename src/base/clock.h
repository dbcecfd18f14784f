/* SPDX-License-Identifier: MIT */
/* Time that only goes on, whatever the system's clock is set to. */
#ifndef HS_BASE_CLOCK_H
#define HS_BASE_CLOCK_H

#include <stdint.h>

/* The time in milliseconds since some moment in the past. */
int64_t hs_clock(void);

#endif

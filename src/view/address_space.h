/* SPDX-License-Identifier: MIT */
/* An address space as a picture: a row for each segment, the highest address on top. */
#ifndef HS_VIEW_ADDRESS_SPACE_H
#define HS_VIEW_ADDRESS_SPACE_H

#include "model/process/address_space.h"
#include "view/picture.h"

/* "step 3 of 12: the kernel maps text. ...", of the step on show; freed by the caller. */
char *hs_space_step_text(const hs_space *);

/* The row, below the title, of the first segment that came with the step on show; 0: none. */
size_t hs_space_newest_row(const hs_session *, const hs_space *);

#endif

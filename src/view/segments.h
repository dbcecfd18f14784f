/* SPDX-License-Identifier: MIT */
/* The small machine as a picture, and a translation told step by step. */
#ifndef HS_VIEW_SEGMENTS_H
#define HS_VIEW_SEGMENTS_H

#include "view/pictures.h"

#include <stdio.h>

/* True if the last operation was one of the machine, so that this panel shows what it did, and not
 * the map. */
bool hs_segments_are_news(const hs_session *);

/* A translation by the process that runs; freed by the caller. */
char *hs_translation_text(const hs_session *, uint64_t address, unsigned access);

/* The same for any tables, which have no names for what they hold. */
void hs_put_translation(FILE *, const hs_mmu_tables *, const hs_translation *, const char *name);

/* "r-x". */
const char *hs_protection_text(unsigned protection, char text[4]);

#endif

/* SPDX-License-Identifier: MIT */
/* Pictures for tests: what a view paints, as text. */
#ifndef TESTS_UNIT_PICTURE_H
#define TESTS_UNIT_PICTURE_H

#include "stage.h"
#include "view/pictures.h"

#include <stdbool.h>

/* A panel of rows x columns without its first `skip` rows; with 0 rows, as many as it wants. Freed
 * by the caller, as all of these. */
char *picture_of(const stage *, const hs_picture *, int rows, int columns, bool ascii, size_t skip);
char *picture_of_map(const stage *, int rows, int columns, uint64_t zoom, bool ascii);
char *picture_of_address(const stage *, const char *pointer);

/* Does the picture contain the text, or, when `not`, does it not? Frees it. */
void picture_shows(char *picture, const char *text);
void picture_hides(char *picture, const char *text);

#endif

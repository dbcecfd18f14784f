/* Scenes and texts on a plain stream, with ANSI colours or without. */
#ifndef HS_UI_ANSI_H
#define HS_UI_ANSI_H

#include "view/scene.h"

#include <stdio.h>

typedef struct {
    bool ascii, colour, light;
} hs_ink;

void hs_print_scene(FILE *, const hs_scene *, hs_ink);

/* A text, its newlines kept; control characters and invalid bytes come out as visible signs. */
void hs_print_text(FILE *, hs_role, const char *text, hs_ink);

#endif

/* SPDX-License-Identifier: MIT */
/* The theme: one table from roles to glyphs and colours.
 *
 * Colours follow Okabe & Ito's palette, which people with any kind of colour vision can tell
 * apart; every role of the map has its own glyph too, so that nothing is lost without colour. */
#ifndef HS_VIEW_THEME_H
#define HS_VIEW_THEME_H

#include "view/scene.h"

enum { HS_DEFAULT = -1 }; /* the terminal's own colour */
enum { HS_BOLD = 1, HS_REVERSE = 2, HS_UNDERLINE = 4, HS_FAINT = 8 };

typedef struct {
    short foreground, background;
} hs_colours;

typedef struct {
    const char *name; /* as the legend says it */
    wchar_t glyph, ascii;
    hs_colours dark, light;                 /* numbers of the 256-colour palette */
    hs_colours changed_dark, changed_light; /* the same, since the last command */
    hs_colours few;                         /* with 8 colours */
    short fill_dark, fill_light;            /* foreground of glyphs that only fill an area */
    uint8_t attributes;                     /* always */
    uint8_t mono;                           /* instead of colour */
} hs_look;

const hs_look *hs_theme_look(hs_role);
/* The colours of a cell, with 256 colours. */
hs_colours hs_theme_colours(hs_role, uint8_t flags, bool light);

wchar_t hs_theme_glyph(hs_role, bool ascii);

#endif

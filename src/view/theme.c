/* SPDX-License-Identifier: MIT */
/* The theme table. */
#include "view/theme.h"

enum { D = HS_DEFAULT, B = HS_BOLD, R = HS_REVERSE, U = HS_UNDERLINE, F = HS_FAINT };

/* The 8 colours: 0 black 1 red 2 green 3 yellow 4 blue 5 magenta 6 cyan 7 white. */
/* clang-format off */
static const hs_look looks[HS_ROLES] = {
    /*                    name             glyph   ascii  dark        light       changed, dark and light  8 colours fills    always mono */
    [HS_ROLE_TEXT]     = {"text",          L' ',   L' ',  {D, D},     {D, D},     {D, D},     {D, D},      {D, D}, D, D,      0, 0},
    [HS_ROLE_DIM]      = {"dim",           L' ',   L' ',  {245, D},   {241, D},   {245, D},   {241, D},    {D, D}, D, D,      0, 0},
    [HS_ROLE_TITLE]    = {"title",         L' ',   L' ',  {231, 24},  {231, 24},  {231, 24},  {231, 24},   {7, 4}, D, D,      B, R},
    [HS_ROLE_ADDRESS]  = {"address",       L' ',   L' ',  {250, D},   {238, D},   {220, D},   {130, D},    {D, D}, D, D,      0, 0},
    [HS_ROLE_HEADER]   = {"header",        L'=',   L'=',  {16, 214},  {16, 214},  {16, 226},  {16, 226},   {0, 3}, 136, 172,  0, R | B},
    [HS_ROLE_FOOTER]   = {"footer",        L'=',   L'=',  {16, 172},  {16, 180},  {16, 226},  {16, 226},   {0, 3}, 94, 137,   0, R},
    [HS_ROLE_LINK]     = {"link",          0x2500, L':',  {16, 117},  {16, 153},  {16, 159},  {16, 123},   {0, 6}, 31, 67,    0, U | B},
    [HS_ROLE_PAYLOAD]  = {"payload",       0x2593, L'#',  {231, 25},  {231, 25},  {231, 32},  {231, 32},   {7, 4}, 31, 31,    0, R},
    [HS_ROLE_PADDING]  = {"padding",       0x2591, L'~',  {231, 96},  {16, 182},  {231, 133}, {16, 176},   {7, 5}, 182, 96,   0, U},
    [HS_ROLE_FREE]     = {"free",          0x00b7, L'.',  {231, 29},  {16, 115},  {16, 43},   {16, 43},    {0, 2}, 79, 29,    0, 0},
    [HS_ROLE_UNUSED]   = {"never used",    L' ',   L'_',  {250, 237}, {240, 253}, {252, 240}, {238, 250},  {D, D}, D, D,      0, 0},
    [HS_ROLE_DEAD]     = {"dead",          0x2573, L'x',  {250, 52},  {52, 224},  {231, 88},  {52, 217},   {7, 0}, 131, 131,  0, F},
    [HS_ROLE_DAMAGE]   = {"damage",        L'!',   L'!',  {231, 160}, {231, 160}, {231, 196}, {231, 196},  {7, 1}, 217, 217,  B, B | R},
    [HS_ROLE_RESERVED] = {"not committed", L'/',   L'/',  {240, D},   {248, D},   {240, D},   {248, D},    {D, D}, D, D,      0, 0},
    [HS_ROLE_MARK]     = {"pointer",       0x25b2, L'^',  {226, 237}, {124, 253}, {226, 240}, {124, 250},  {3, D}, D, D,      B, B},
    [HS_ROLE_NOTE]     = {"narration",     L' ',   L' ',  {230, D},   {17, D},    {230, D},   {17, D},     {6, D}, D, D,      B, B},
    [HS_ROLE_ERROR]    = {"error",         L' ',   L' ',  {209, D},   {124, D},   {209, D},   {124, D},    {1, D}, D, D,      B, B},
    [HS_ROLE_KEY]      = {"key",           L' ',   L' ',  {16, 250},  {231, 242}, {16, 250},  {231, 242},  {0, 7}, D, D,      0, R},
    [HS_ROLE_PLOT]     = {"plot",          L'#',   L'#',  {74, D},    {25, D},    {74, D},    {25, D},     {6, D}, D, D,      0, 0},
    [HS_ROLE_SIZE]     = {"size A",        L'A',   L'A',  {110, 25},  {110, 25},  {110, 25},  {110, 25},   {7, 4}, 33, 25,    0, R},
    [HS_ROLE_SIZE + 1] = {"size B",        L'B',   L'B',  {31, 117},  {31, 117},  {31, 117},  {31, 117},   {0, 6}, 117, 31,   0, R},
    [HS_ROLE_SIZE + 2] = {"size C",        L'C',   L'C',  {96, 175},  {96, 175},  {96, 175},  {96, 175},   {7, 5}, 175, 133,  0, R},
    [HS_ROLE_SIZE + 3] = {"size D",        L'D',   L'D',  {94, 214},  {94, 214},  {94, 214},  {94, 214},   {0, 3}, 214, 136,  0, R},
    [HS_ROLE_SIZE + 4] = {"size E",        L'E',   L'E',  {223, 166}, {223, 166}, {223, 166}, {223, 166},  {7, 1}, 202, 166,  0, R},
    [HS_ROLE_SIZE + 5] = {"size F",        L'F',   L'F',  {100, 227}, {100, 227}, {100, 227}, {100, 227},  {0, 7}, 227, 100,  0, R},
};
/* clang-format on */

const hs_look *hs_theme_look(hs_role role)
{
    return &looks[role];
}

hs_colours hs_theme_colours(hs_role role, uint8_t flags, bool light)
{
    const hs_look *look = &looks[role];
    bool changed = flags & HS_CHANGED;
    hs_colours c = light ? (changed ? look->changed_light : look->light)
                         : (changed ? look->changed_dark : look->dark);
    short fill = light ? look->fill_light : look->fill_dark;
    if (flags & HS_SPARSE) return (hs_colours){fill, HS_DEFAULT};
    if (flags & HS_FILLER && fill != HS_DEFAULT) c.foreground = fill;
    return c;
}

wchar_t hs_theme_glyph(hs_role role, bool ascii)
{
    return ascii ? looks[role].ascii : looks[role].glyph;
}

/* SPDX-License-Identifier: MIT */
/* The settings of how things look and how fast they go. */
#include "view/settings.h"

#define ROW(setting) [(setting)-HS_OWN_SETTINGS]

static const char *const themes[] = {"dark", "light", NULL};
static const char *const sizes[] = {"normal", "large", NULL};
static const char *const on_off[] = {"on", "off", NULL};

static const hs_option rows[HS_SET_END - HS_OWN_SETTINGS] = {
    ROW(HS_SET_THEME) = {.name = "theme",
                         .help = "colours for a dark terminal or for a projector",
                         .choices = themes},
    ROW(HS_SET_ZOOM) = {.name = "zoom",
                        .help = "bytes in one row of the map, a power of two; 0 fits the heap",
                        .maximum = (uint64_t)1 << 40},
    ROW(HS_SET_PICTURE) = {.name = "picture",
                           .help = "line mode: draw the map after each change",
                           .choices = on_off},
    ROW(HS_SET_SIZE) = {.name = "size",
                        .help = "large is for projectors: few bytes, wide cells, the light theme",
                        .choices = sizes},
    ROW(HS_SET_PACE) = {.name = "pace",
                        .help = "seconds between the steps of a played script",
                        .maximum = 3600,
                        .initial = 2},
    ROW(HS_SET_PREDICT) = {.name = "predict",
                           .help = "ask before each request what will come of it",
                           .choices = on_off,
                           .initial = HS_PREDICT_OFF},
};

/* The number of bytes that a row of the map can show: a power of two, and a word at least; 0
 * stays. */
static uint64_t row_bytes(uint64_t zoom)
{
    while (zoom & (zoom - 1)) zoom &= zoom - 1;
    return zoom && zoom < sizeof(uint64_t) ? sizeof(uint64_t) : zoom;
}

/* After `size large`, `theme dark` holds. */
static void settle(uint64_t values[HS_SETTINGS], size_t set)
{
    if (set == HS_SET_ZOOM) values[HS_SET_ZOOM] = row_bytes(values[HS_SET_ZOOM]);
    if (set == HS_SET_SIZE && values[HS_SET_SIZE] == HS_SIZE_LARGE)
        values[HS_SET_THEME] = HS_THEME_LIGHT;
}

const hs_front_settings hs_view_settings = {rows, sizeof rows / sizeof *rows, settle};

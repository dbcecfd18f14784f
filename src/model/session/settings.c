/* The settings that belong to the heap, the session and its pictures, not to an allocator: declared
 * once, read by `set`, completion and help. */
#include <heapscope/session.h>

static const char *const growths[] = {"double", "page", "exact", NULL};
static const char *const misuses[] = {"refuse", "allow", NULL};
static const char *const themes[] = {"dark", "light", NULL};
static const char *const sizes[] = {"normal", "large", NULL};
static const char *const on_off[] = {"on", "off", NULL};

const hs_option hs_settings[HS_SETTINGS] = {
    [HS_SET_GROWTH] = {.name = "growth",
                       .help = "how far a heap that runs out grows: to twice its size, by pages, "
                               "or just enough",
                       .choices = growths},
    [HS_SET_MISUSE] = {.name = "misuse",
                       .help = "a pointer that must not be freed: refused, or passed on as C does",
                       .choices = misuses},
    [HS_SET_THEME] = {.name = "theme",
                      .help = "colours for a dark terminal or for a projector",
                      .choices = themes},
    [HS_SET_ZOOM] = {.name = "zoom",
                     .help = "bytes in one row of the map, a power of two; 0 fits the heap",
                     .maximum = (uint64_t)1 << 40},
    [HS_SET_PICTURE] = {.name = "picture",
                        .help = "line mode: draw the map after each change",
                        .choices = on_off},
    [HS_SET_SIZE] = {.name = "size",
                     .help = "large is for projectors: few bytes, wide cells, the light theme",
                     .choices = sizes},
    [HS_SET_PACE] = {.name = "pace",
                     .help = "seconds between the steps of a played script",
                     .maximum = 3600,
                     .initial = 2},
    [HS_SET_PREDICT] = {.name = "predict",
                        .help = "ask before each request what will come of it",
                        .choices = on_off,
                        .initial = HS_PREDICT_OFF},
};

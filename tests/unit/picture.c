/* SPDX-License-Identifier: MIT */
/* Pictures: scenes as text. */
#include "picture.h"

#include "check.h"
#include "view/byte_map.h"
#include "view/pictures.h"

#include <stdlib.h>
#include <string.h>

static char *text_and_free(hs_scene *scene)
{
    char *text = hs_scene_text(scene);
    hs_scene_free(scene);
    return text;
}

char *picture_of(const stage *s, const hs_picture *picture, int rows, int columns, bool ascii,
                 size_t skip)
{
    hs_subject of = hs_interpreter_subject(s->in);
    hs_scene *scene = hs_scene_new(rows ? rows : (int)picture->rows(&of, columns), columns, ascii);
    picture->paint(&of, hs_pane_of(scene), skip);
    return text_and_free(scene);
}

char *picture_of_map(const stage *s, int rows, int columns, uint64_t zoom, bool ascii)
{
    hs_map_plan plan = hs_map_plan_for(s->session, rows, columns, zoom, 0);
    hs_scene *scene = hs_scene_new(rows, columns, ascii);
    hs_map_paint(s->session, &plan, hs_pane_of(scene), HS_NULL, 0);
    return text_and_free(scene);
}

char *picture_of_address(const stage *s, const char *pointer)
{
    hs_subject of = {.session = s->session, .at = stage_value((stage *)(uintptr_t)s, pointer)};
    hs_scene *scene = hs_scene_new((int)hs_picture_inspect.rows(&of, 80), 80, false);
    hs_picture_inspect.paint(&of, hs_pane_of(scene), 0);
    return text_and_free(scene);
}

void picture_shows(char *picture, const char *text)
{
    if (!strstr(picture, text)) fail_msg("this should show\n%s\nbut it is\n%s", text, picture);
    free(picture);
}

void picture_hides(char *picture, const char *text)
{
    if (strstr(picture, text)) fail_msg("this should not show\n%s\nand it is\n%s", text, picture);
    free(picture);
}

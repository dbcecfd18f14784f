/* The shape of memory on the screen: its keys, and the way from a cell of it to the byte map as it
 * was then, and back. */
#include "ui/full/app.h"
#include "view/pictures.h"

/* What it is of has a window where one was asked for. */
void hs_app_show_shape(app *a, const hs_subject *of)
{
    const hs_shape_view *asked = of->own;
    hs_subject shown = *of;
    shown.own = NULL;
    if (!of->lanes) {
        const hs_heap *h = hs_session_heap(a->session);
        hs_addr at = hs_heap_holds(h, a->pointed, 1) ? a->pointed : HS_NULL;
        hs_shape_window w = asked ? asked->window : (hs_shape_window){0};
        hs_shape_view_begin(&a->shape, a->session, w, w.from ? w.from : at);
        shown.own = &a->shape;
    }
    hs_app_show_picture(a, &hs_picture_shape, &shown);
}

bool hs_app_shape_is_on_show(const app *a)
{
    return a->state.overlay.open && a->state.overlay.of.own == &a->shape;
}

/* To the moment under the cursor, with the map's cursor at its address. */
static void go(app *a)
{
    hs_addr at = a->shape.at;
    uint64_t size = a->shape.picture ? a->shape.picture->row_bytes : 1;
    hs_app_close_overlay(a);
    hs_app_travel(a, a->shape.command);
    a->pointed = at;
    if (!hs_heap_holds(hs_session_heap(a->session), at, 1)) return;
    a->state.cursor = at;
    a->state.cursor_size = size < 8 ? size : 8;
    a->state.follow = true;
}

static void left(app *a)
{
    hs_shape_move(hs_app_stage(a), &a->shape, -1, 0);
}

static void right(app *a)
{
    hs_shape_move(hs_app_stage(a), &a->shape, 1, 0);
}

static void up(app *a)
{
    hs_shape_move(hs_app_stage(a), &a->shape, 0, 1);
}

static void down(app *a)
{
    hs_shape_move(hs_app_stage(a), &a->shape, 0, -1);
}

static void page_up(app *a)
{
    hs_shape_move(hs_app_stage(a), &a->shape, 0, a->shape.cells.rows);
}

static void page_down(app *a)
{
    hs_shape_move(hs_app_stage(a), &a->shape, 0, -a->shape.cells.rows);
}

static void first(app *a)
{
    if (a->shape.picture) a->shape.command = a->shape.picture->first;
}

static void last(app *a)
{
    if (a->shape.picture) a->shape.command = a->shape.picture->last;
}

static void zoom_in(app *a)
{
    if (!hs_shape_zoom(hs_app_stage(a), &a->shape, true))
        hs_app_set_message(
            a, hs_app_copy("finer it can not be: a column is one command, a row one word"), false);
}

static void zoom_out(app *a)
{
    if (!hs_shape_zoom(hs_app_stage(a), &a->shape, false))
        hs_app_set_message(a, hs_app_copy("this is the whole run"), false);
}

static void whole(app *a)
{
    a->shape.window = (hs_shape_window){0};
}

static const struct {
    wchar_t key;
    bool special;
    bool in_lecture; /* even while the player has the keys */
    void (*act)(app *);
} shape_keys[] = {
    {KEY_LEFT, true, false, left},
    {KEY_RIGHT, true, false, right},
    {KEY_UP, true, false, up},
    {KEY_DOWN, true, false, down},
    {KEY_PPAGE, true, false, page_up},
    {KEY_NPAGE, true, false, page_down},
    {HS_KEY_SHIFT_LEFT, true, true, left},
    {HS_KEY_SHIFT_RIGHT, true, true, right},
    {HS_KEY_SHIFT_UP, true, true, up},
    {HS_KEY_SHIFT_DOWN, true, true, down},
    {KEY_HOME, true, false, first},
    {KEY_END, true, false, last},
    {L'+', false, true, zoom_in},
    {L'=', false, true, zoom_in},
    {L'-', false, true, zoom_out},
    {KEY_F(8), true, true, zoom_in},
    {KEY_F(7), true, true, zoom_out},
    {KEY_F(11), true, true, whole},
    {L'\r', false, false, go},
    {L'\n', false, false, go},
    {KEY_ENTER, true, false, go},
};

/* Keys of the shape, while nothing is being typed. True: the key was one of them. */
bool hs_app_take_shape_key(app *a, wchar_t key, bool special)
{
    if (!hs_app_shape_is_on_show(a) || a->question.on || hs_prompt_view(a->prompt).length)
        return false;
    for (size_t i = 0; i < sizeof shape_keys / sizeof *shape_keys; i++) {
        if (shape_keys[i].key != key || shape_keys[i].special != special) continue;
        if (a->player.has_focus && !shape_keys[i].in_lecture) return false;
        shape_keys[i].act(a);
        return true;
    }
    return false;
}

bool hs_app_click_shape(app *a, int row, int column)
{
    if (!hs_app_shape_is_on_show(a) || !hs_shape_point(&a->shape, row, column)) return false;
    go(a);
    return true;
}

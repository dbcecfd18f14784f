/* SPDX-License-Identifier: MIT */
/* The drawings of free blocks: an explicit list on real bytes, also broken ones, and every other
 * shape on a fake allocator whose blocks, lists and links are a table. */
#include "picture.h"

#include "check.h"
#include "heap/range.h"
#include "random.h"
#include "view/pictures.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int open_stage(void **state)
{
    *state = stage_new("explicit", 256, 1 << 20);
    return 0;
}

static int close_stage(void **state)
{
    stage_free(*state);
    return 0;
}

static void shows(const stage *s, int rows, int columns, const char *text)
{
    picture_shows(picture_of(s, &hs_picture_free_list, rows, columns, false, 0), text);
}

/* --- One list, on real bytes ---------------------------------------------------------------- */

static void free_three(stage *s)
{
    stage_does(s, "repeat 6 { malloc 24 }; free p1; free p5; free p3; set misuse allow");
}

static void a_list_is_drawn_in_its_own_order(void **state)
{
    free_three(*state);
    shows(*state, 0, 80,
          " Free list: 4 blocks, head first\n"
          "→ 0x107000040*  32  2 of 4 in heap order\n"
          "→ 0x107000080   32  3 of 4 in heap order\n"
          "→ 0x107000000   32  1 of 4 in heap order\n"
          "→ 0x1070000c0   56  4 of 4 in heap order\n"
          "→ NULL\n");
}

static void what_does_not_fit_is_counted(void **state)
{
    free_three(*state);
    shows(*state, 4, 23,
          " Free list: 4 blocks\n"
          "→ 0x107000040*  32\n"
          "→ 0x107000080   32\n"
          "... 3 more\n");
}

static void a_scrolled_list_says_which_rows_are_on_show(void **state)
{
    free_three(*state);
    picture_shows(picture_of(*state, &hs_picture_free_list, 4, 60, true, 2),
                  " Free list: 3-5 of 5, head first\n-> 0x107000000   32");
}

static void without_free_blocks_it_says_what_comes_next(void **state)
{
    stage_does(*state, "malloc 240");
    shows(*state, 3, 60,
          " Free list: 0 blocks, head first\nnone: the next request grows the heap\n");
    stage_does(*state, "heap 256 max 256; malloc 240");
    shows(*state, 3, 60, "none, and the heap may not grow\n");
}

static void without_lists_it_is_heap_order(void **state)
{
    stage_does(*state, "allocator implicit; malloc 8; malloc 8; malloc 8; free p1");
    shows(*state, 0, 60, " Free blocks: 2\n0x107000000*  16 free\n0x107000030  208 free\n");
}

static void a_link_out_of_the_heap_is_shown(void **state)
{
    stage *s = *state;
    free_three(s);
    stage_does(s, "write p5 \"\\x10\\0\\0\\0\\0\\0\\0\\0\"");
    shows(s, 0, 60,
          "→ 0x107000080   32  3 of 4 in heap order\n"
          "→ 0x10 out of the heap\n"
          "2 free, in no list\n");
}

static void a_circle_is_shown_once(void **state)
{
    stage *s = *state;
    free_three(s);
    stage_does(s, "write p5 \"\\x40\\0\\0\\x07\\x01\\0\\0\\0\"");
    shows(s, 0, 60, "3 of 4 in heap order\n→ 0x107000040 again: a circle\n");
}

static void a_link_to_a_block_in_use_is_shown(void **state)
{
    stage *s = *state;
    free_three(s);
    stage_does(s, "write p5 \"\\x20\\0\\0\\x07\\x01\\0\\0\\0\"");
    shows(s, 0, 60, "→ 0x107000020 in use\n2 free, in no list\n");
    stage_does(s, "write p5 \"\\x28\\0\\0\\x07\\x01\\0\\0\\0\"");
    shows(s, 0, 60, "→ 0x107000028 no block's start\n");
}

static void a_link_back_to_another_block_is_shown(void **state)
{
    stage *s = *state;
    free_three(s);
    stage_does(s, "write p5 + 8 \"\\0\\0\\0\\x07\\x01\\0\\0\\0\"");
    shows(s, 0, 100,
          "3 of 4 in heap order  prev → 0x107000000: not the block before it in the list\n");
    shows(s, 0, 40, "prev → …000\n");
}

static void a_list_behind_a_broken_header_says_so(void **state)
{
    stage *s = *state;
    free_three(s);
    stage_does(s, "write p2 - 8 'A'*8");
    shows(s, 0, 60, "→ 0x107000040 damaged\n");
}

static void any_bytes_for_links_are_drawn(void **state)
{
    stage *s = *state;
    free_three(s);
    stage_does(s, "write p3 0xff*16");
    shows(s, 0, 60, "→ 0xffffffffffffffff out of the heap\n");
    stage_does(s, "write p3 \"\\xfc\\0\\0\\x07\\x01\\0\\0\\0\"");
    shows(s, 0, 60, "→ 0x1070000fc out of the heap\n");
}

/* --- A fake allocator ----------------------------------------------------------------------- */

#define B HS_BASE
enum { MOST = 32 };

static struct {
    hs_allocator allocator;
    hs_block blocks[MOST];
    size_t block_count;
    hs_list lists[MOST];
    size_t list_count;
    struct {
        hs_addr from;
        hs_links links;
    } links[MOST];
    size_t link_count;
} fake;

static bool fake_walk(const hs_heap *h, const hs_block *previous, hs_block *out)
{
    (void)h;
    size_t i = 0;
    hs_addr at = previous ? previous->addr + previous->size : B;
    while (i < fake.block_count && fake.blocks[i].addr != at) i++;
    if (i >= fake.block_count) return false;
    *out = fake.blocks[i];
    return true;
}

static bool fake_list(const hs_heap *h, size_t index, hs_list *out)
{
    (void)h;
    if (index < fake.list_count) *out = fake.lists[index];
    return index < fake.list_count;
}

static bool fake_links(const hs_heap *h, hs_addr block, hs_links *out)
{
    (void)h;
    for (size_t i = 0; i < fake.link_count; i++)
        if (fake.links[i].from == block) {
            *out = fake.links[i].links;
            return true;
        }
    return false;
}

static void use_fake(stage *s, hs_shape shape, size_t columns)
{
    hs_heap *h = (hs_heap *)(uintptr_t)hs_session_heap(s->session);
    memset(&fake, 0, sizeof fake);
    fake.allocator = *h->allocator;
    fake.allocator.shape = shape;
    fake.allocator.columns = columns;
    fake.allocator.walk = fake_walk;
    fake.allocator.list = fake_list;
    fake.allocator.links = fake_links;
    h->allocator = &fake.allocator;
}

static void block(hs_block_kind kind, uint64_t size, uint32_t header)
{
    hs_block *last = fake.block_count ? &fake.blocks[fake.block_count - 1] : NULL;
    hs_addr at = last ? last->addr + last->size : B;
    fake.blocks[fake.block_count++] =
        (hs_block){.kind = kind,
                   .addr = at,
                   .size = size,
                   .header = header,
                   .links = kind == HS_BLOCK_FREE && header ? 16 : 0,
                   .damage = kind == HS_BLOCK_DAMAGED ? "broken" : NULL};
}

static void list(hs_addr head, uint64_t smallest, uint64_t largest)
{
    fake.lists[fake.list_count++] = (hs_list){
        .head = head, .smallest = smallest, .largest = largest, .marked = head != HS_NULL};
}

static void links(hs_addr from, hs_addr a, hs_addr b)
{
    fake.links[fake.link_count].from = from;
    fake.links[fake.link_count++].links = (hs_links){{a, b}};
}

/* --- Lists by size -------------------------------------------------------------------------- */

static void use_lists(stage *s, hs_shape shape, size_t columns)
{
    use_fake(s, shape, columns);
    for (int i = 0; i < 6; i++) block(i == 3 ? HS_BLOCK_USED : HS_BLOCK_FREE, 32, 8);
    block(HS_BLOCK_FREE, 64, 8);
    for (uint64_t size = 16; size < 64; size += 16) list(size == 32 ? B + 64 : HS_NULL, size, size);
    list(B + 192, 64, 127);
    list(HS_NULL, 128, UINT64_MAX);
    links(B + 64, B, HS_NULL);
    links(B, B + 128, B + 64);
    links(B + 128, B + 160, B);
    links(B + 160, B + 32, B + 128);
    links(B + 32, HS_NULL, B + 160);
    links(B + 192, HS_NULL, HS_NULL);
}

static void lists_are_rows_of_blocks_in_order(void **state)
{
    use_lists(*state, HS_SHAPE_LISTS, 0);
    shows(
        *state, 0, 110,
        " Free lists: 6 blocks\n"
        "            16      1 empty list\n"
        "            32    5  → 0x107000040 → 0x107000000 → 0x107000080 → 0x1070000a0 → 0x107000020\n"
        "            48      1 empty list\n"
        "        64-127    1  → 0x1070000c0\n"
        "          128+      1 empty list\n");
}

static void a_row_counts_the_blocks_that_it_cuts(void **state)
{
    use_lists(*state, HS_SHAPE_LISTS, 0);
    shows(*state, 0, 80, "            32    5  → 0x107000040 → 0x107000000 → 0x107000080 2 more\n");
    shows(*state, 0, 23,
          " Free lists: 6 blocks\n"
          "    32 →…040 4 more\n"
          "   64+ →…0c0\n"
          "3 empty lists\n");
}

static void a_second_series_of_lists_is_told_apart(void **state)
{
    use_lists(*state, HS_SHAPE_LISTS, 0);
    list(HS_NULL, 16, 16);
    list(HS_NULL, 32, 32);
    shows(*state, 0, 80,
          "          128+      1 empty list\n"
          "         again:\n"
          "         16-32      2 empty lists\n");
    fake.lists[6].head = B + 32;
    fake.links[3].links.to[0] = HS_NULL;
    fake.lists[5].name = fake.lists[6].name = "quick";
    shows(*state, 0, 80,
          "         quick:\n"
          "            16      1 empty list\n"
          "            32    1  → 0x107000020\n");
    shows(*state, 0, 24, "   64+ →…0c0\nq   32 →…020\n");
}

static void quick_lists_stand_below_a_grid(void **state)
{
    (void)state;
    stage *s = stage_new("quick", 256, 4096);
    stage_does(s, "set behind tlsf; repeat 4 { malloc 24 }; free p1; free p3");
    shows(s, 0, 80,
          "                0 in 5 more rows\n"
          "       120-127    1  → 0x107000080\n"
          "         quick: not joined, each list of one size\n"
          "            32    2  → 0x107000040*→ 0x107000000\n");
    picture_hides(picture_of(s, &hs_picture_free_list, 0, 80, false, 0), "in no list");
    stage_free(s);
}

static void lists_beyond_the_largest_block_are_left_out(void **state)
{
    use_lists(*state, HS_SHAPE_LISTS, 0);
    list(HS_NULL, (uint64_t)1 << 30, UINT64_MAX);
    list(HS_NULL, 0, UINT64_MAX);
    picture_hides(picture_of(*state, &hs_picture_free_list, 0, 80, false, 0), "again");
}

static void a_broken_link_ends_its_row(void **state)
{
    use_lists(*state, HS_SHAPE_LISTS, 0);
    links(B + 0x500, HS_NULL, HS_NULL);
    fake.links[1].links.to[0] = B + 96;
    shows(*state, 0, 80, "→ 0x107000000 → 0x107000060 in use\n");
    shows(*state, 0, 80, "3 free, in no list\n");
}

static void a_block_in_two_lists_is_shown(void **state)
{
    use_lists(*state, HS_SHAPE_LISTS, 0);
    fake.lists[2].head = B;
    shows(*state, 0, 110, "            48    0  → 0x107000000 again: a circle\n");
}

/* --- A grid --------------------------------------------------------------------------------- */

static void a_grid_is_a_matrix_of_bits_and_its_lists(void **state)
{
    use_lists(*state, HS_SHAPE_GRID, 2);
    list(HS_NULL, 1 << 20, (1 << 21) - 1);
    shows(*state, 0, 80,
          " Free lists: 6 blocks\n"
          "         sizes  row, and a bit for each of its 2 lists\n"
          "         16-32  1 ·1\n"
          "        48-127  1 ·1\n"
          "                0 in 1 more row\n"
          "            32    5");
}

static void a_bit_that_lies_stands_out(void **state)
{
    use_lists(*state, HS_SHAPE_GRID, 2);
    fake.lists[0].marked = true;
    hs_scene *scene = hs_scene_new(10, 80, true);
    hs_picture_free_list.paint(&(hs_subject){.session = ((stage *)*state)->session},
                               hs_pane_of(scene), 0);
    assert_int_equal(hs_scene_cell(scene, 2, 18)->glyph, L'1');
    assert_int_equal(hs_scene_cell(scene, 2, 18)->role, HS_ROLE_DAMAGE);
    assert_int_equal(hs_scene_cell(scene, 2, 19)->role, HS_ROLE_FREE);
    hs_scene_free(scene);
}

/* --- A tree --------------------------------------------------------------------------------- */

static void use_tree(stage *s)
{
    use_fake(s, HS_SHAPE_TREE, 0);
    for (int i = 0; i < 5; i++) block(HS_BLOCK_FREE, 32, 8);
    list(B + 64, 0, UINT64_MAX);
    links(B + 64, B, B + 96);
    links(B, HS_NULL, B + 32);
    links(B + 32, HS_NULL, HS_NULL);
    links(B + 96, B + 128, HS_NULL);
    links(B + 128, HS_NULL, HS_NULL);
}

static void a_tree_is_drawn_with_branches(void **state)
{
    use_tree(*state);
    shows(*state, 0, 60,
          " Free tree: 5 blocks\n"
          "root 32 @ 0x107000040\n"
          "├─left 32 @ 0x107000000\n"
          "│ └─right 32 @ 0x107000020\n"
          "└─right 32 @ 0x107000060\n"
          "  └─left 32 @ 0x107000080\n");
    picture_shows(picture_of(*state, &hs_picture_free_list, 0, 24, true, 0),
                  "32 @ ..040\n|-L 32 @ ..000\n| `-R 32 @ ..020\n`-R 32 @ ..060\n");
}

static void a_tree_too_deep_for_the_pane_is_counted(void **state)
{
    use_tree(*state);
    shows(*state, 0, 17, "│ └─R ... 1 more\n");
    picture_hides(picture_of(*state, &hs_picture_free_list, 0, 17, false, 0), "in no list");
}

static void a_tree_with_a_circle_ends(void **state)
{
    use_tree(*state);
    fake.links[4].links.to[1] = B + 64;
    shows(*state, 0, 60, "    └─right → 0x107000040 again: a circle\n");
    shows(*state, 0, 17, "... 1 more\n");
}

/* --- Buddies -------------------------------------------------------------------------------- */

static void use_buddies(stage *s)
{
    use_fake(s, HS_SHAPE_BUDDY, 0);
    block(HS_BLOCK_USED, 32, 8);
    block(HS_BLOCK_FREE, 32, 8);
    block(HS_BLOCK_USED, 64, 8);
    block(HS_BLOCK_FREE, 128, 8);
    list(B + 32, 32, 32);
    list(HS_NULL, 64, 64);
    list(B + 128, 128, 128);
    links(B + 32, HS_NULL, HS_NULL);
    links(B + 128, HS_NULL, HS_NULL);
}

static void buddies_stand_under_the_halves_they_come_from(void **state)
{
    use_buddies(*state);
    shows(*state, 0, 72,
          " Buddies: 2 free blocks\n"
          "    256 ────────────────────────────────┬───────────────────────────────\n"
          "    128 ────────────────┬───────────────[128····························\n"
          "     64 ────────┬───────[64▓▓▓▓▓▓▓▓▓▓▓▓▓\n"
          "     32 [32▓▓▓▓▓[32·····\n"
          "            32    1  → 0x107000020\n");
}

static void buddies_too_small_to_draw_are_counted(void **state)
{
    use_fake(*state, HS_SHAPE_BUDDY, 0);
    stage_does(*state, "heap 64k");
    use_fake(*state, HS_SHAPE_BUDDY, 0);
    block(HS_BLOCK_FREE, 32768, 8);
    for (uint64_t size = 16384; size > 32; size /= 2) block(HS_BLOCK_FREE, size, 8);
    block(HS_BLOCK_USED, 64, 8);
    list(HS_NULL, 64, 64);
    shows(*state, 0, 72, "  less too small to draw: 1 used, 5 free\n");
}

static void a_broken_header_among_buddies_is_told(void **state)
{
    use_buddies(*state);
    fake.block_count--;
    block(HS_BLOCK_DAMAGED, 128, 8);
    shows(*state, 0, 72, "0x107000080: broken\n");
}

static void where_room_is_small_buddies_are_lists(void **state)
{
    use_buddies(*state);
    shows(*state, 0, 24, " Buddies: 2 free blocks\n    32 →…020\n   128 →…080\n1 empty list\n");
}

/* --- Slabs ---------------------------------------------------------------------------------- */

static void use_slabs(stage *s)
{
    use_fake(s, HS_SHAPE_SLABS, 0);
    block(HS_BLOCK_OWN, 32, 0);
    for (int i = 0; i < 3; i++) block(HS_BLOCK_USED, 32, 0);
    block(HS_BLOCK_OWN, 32, 0);
    for (int i = 0; i < 6; i++) block(i == 1 ? HS_BLOCK_USED : HS_BLOCK_FREE, 16, 0);
    list(B + 128, 16, 16);
    list(HS_NULL, 32, 32);
    list(HS_NULL, 48, 48);
    links(B + 128, HS_NULL, HS_NULL);
}

static void slabs_are_rows_of_objects_by_class(void **state)
{
    use_slabs(*state);
    shows(*state, 0, 80,
          " Slabs: 2\n"
          "16 bytes: 1 slab, 1 of 6 in use; with free ones → 0x107000080\n"
          "  0x107000080  ·▓····  1 of 6\n"
          "32 bytes: 1 slab, 3 of 3 in use\n"
          "  0x107000000  ▓▓▓  3 of 3\n");
    list(HS_NULL, 128, UINT64_MAX);
    fake.lists[3].head = B + 64;
    fake.lists[3].name = "free runs";
    shows(*state, 0, 80, "free runs → 0x107000040 in use\n");
    shows(*state, 0, 17, "16 →…080\n…080 ·▓···· 1/6\n");
}

static void a_slab_too_long_for_its_row_is_cut(void **state)
{
    use_slabs(*state);
    shows(*state, 0, 14, "…080 ·▓... 1/6\n");
}

/* --- Any size of pane ----------------------------------------------------------------------- */

static void every_shape_fits_every_pane(void **state)
{
    void (*const fakes[])(stage *) = {use_tree, use_buddies, use_slabs};
    for (size_t f = 0; f < 5; f++) {
        if (f < 3)
            fakes[f](*state);
        else
            use_lists(*state, f == 3 ? HS_SHAPE_LISTS : HS_SHAPE_GRID, 2);
        for (int rows = 1; rows < 12; rows++)
            for (int columns = 1; columns < 90; columns++)
                for (size_t skip = 0; skip < 4; skip++)
                    free(picture_of(*state, &hs_picture_free_list, rows, columns, skip % 2, skip));
    }
}

/* --- Every allocator ------------------------------------------------------------------------ */

static stage *churned(const hs_allocator *a, uint64_t seed)
{
    char script[80];
    stage *s = stage_new(a->name, 256, 1 << 20);
    snprintf(script, sizeof script, "random 200 seed %d", (int)seed);
    stage_does(s, script);
    return s;
}

static void all_free_blocks_of_every_allocator_are_reached(void **state)
{
    static const char *const wrong[] = {"in no list", "circle", "out of the heap", "not free",
                                        "no block"};
    const hs_allocator *a;
    (void)state;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        for (uint64_t seed = 1; seed < 6; seed++) {
            stage *s = churned(a, seed);
            for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++)
                picture_hides(picture_of(s, &hs_picture_free_list, 0, 400, true, 0), wrong[w]);
            stage_free(s);
        }
}

/* Words of any kind over any part of the heap: addresses of blocks, small numbers, noise. */
static void break_heap(stage *s, uint64_t *state)
{
    hs_heap *h = (hs_heap *)(uintptr_t)hs_session_heap(s->session);
    uint64_t words = hs_heap_committed(h) / 8;
    for (int i = 0; i < 12; i++) {
        uint64_t word = random_next(state), kind = random_next(state) % 4;
        if (kind == 0) word = HS_BASE + word % words * 8;
        if (kind == 1) word %= 512;
        if (kind == 2) word = 0;
        hs_heap_poke(h, HS_BASE + random_next(state) % words * 8, &word, sizeof word);
    }
}

static void broken_heaps_of_every_allocator_can_be_drawn(void **state)
{
    const hs_allocator *a;
    uint64_t random = 1;
    (void)state;
    for (size_t i = 0; (a = hs_allocator_at(i, HS_PROBED)); i++)
        for (uint64_t seed = 1; seed < 40; seed++) {
            stage *s = churned(a, seed);
            break_heap(s, &random);
            for (int columns = 10; columns < 120; columns += 27) {
                free(picture_of(s, &hs_picture_free_list, 0, columns, false, 0));
                free(picture_of(s, &hs_picture_free_list, 8, columns, true, 2));
                free(picture_of_map(s, 20, columns, 0, true));
            }
            stage_free(s);
        }
}

/* What is left of a block is split off from the smallest size on that a free block can have. */
static void a_leftover_of_the_smallest_size_is_split_off(void **state)
{
    static const char *const names[] = {"explicit", "segregated", "tree", "tlsf"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        stage *s = stage_new(names[i], 256, 256);
        stage_does(s, "malloc 208; expect holes == 1; expect largest_hole == 32");
        stage_does(s, "reset; malloc 216; expect holes == 0");
        stage_free(s);
    }
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(a_list_is_drawn_in_its_own_order),
        ON_STAGE(what_does_not_fit_is_counted),
        ON_STAGE(a_scrolled_list_says_which_rows_are_on_show),
        ON_STAGE(without_free_blocks_it_says_what_comes_next),
        ON_STAGE(without_lists_it_is_heap_order),
        ON_STAGE(a_link_out_of_the_heap_is_shown),
        ON_STAGE(a_circle_is_shown_once),
        ON_STAGE(a_link_to_a_block_in_use_is_shown),
        ON_STAGE(a_link_back_to_another_block_is_shown),
        ON_STAGE(a_list_behind_a_broken_header_says_so),
        ON_STAGE(any_bytes_for_links_are_drawn),
        ON_STAGE(lists_are_rows_of_blocks_in_order),
        ON_STAGE(a_row_counts_the_blocks_that_it_cuts),
        ON_STAGE(a_second_series_of_lists_is_told_apart),
        ON_STAGE(quick_lists_stand_below_a_grid),
        ON_STAGE(lists_beyond_the_largest_block_are_left_out),
        ON_STAGE(a_broken_link_ends_its_row),
        ON_STAGE(a_block_in_two_lists_is_shown),
        ON_STAGE(a_grid_is_a_matrix_of_bits_and_its_lists),
        ON_STAGE(a_bit_that_lies_stands_out),
        ON_STAGE(a_tree_is_drawn_with_branches),
        ON_STAGE(a_tree_too_deep_for_the_pane_is_counted),
        ON_STAGE(a_tree_with_a_circle_ends),
        ON_STAGE(buddies_stand_under_the_halves_they_come_from),
        ON_STAGE(buddies_too_small_to_draw_are_counted),
        ON_STAGE(a_broken_header_among_buddies_is_told),
        ON_STAGE(where_room_is_small_buddies_are_lists),
        ON_STAGE(slabs_are_rows_of_objects_by_class),
        ON_STAGE(a_slab_too_long_for_its_row_is_cut),
        ON_STAGE(every_shape_fits_every_pane),
        cmocka_unit_test(a_leftover_of_the_smallest_size_is_split_off),
        cmocka_unit_test(all_free_blocks_of_every_allocator_are_reached),
        cmocka_unit_test(broken_heaps_of_every_allocator_can_be_drawn),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests_name("free lists", tests, NULL, NULL);
}

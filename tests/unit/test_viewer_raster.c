#include "viewer/sdl/raster.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { W = 12, H = 8, STRIDE = 16, GUARD = 0x5a5a5a5a };

static const struct weft_color white = {255, 255, 255, 255};
static const struct weft_color half_white = {255, 255, 255, 128};

/* A black picture of W × H in a wider buffer; what is outside it must stay as it was. */
struct canvas {
    struct weft_raster raster;
    uint32_t pixels[STRIDE * H];
};

static void paint_on(struct canvas *canvas, float scale)
{
    for (int i = 0; i < STRIDE * H; i++) {
        canvas->pixels[i] = i % STRIDE < W ? 0xff000000u : GUARD;
    }
    weft_raster_init(&canvas->raster);
    weft_raster_target(&canvas->raster, canvas->pixels, W, H, STRIDE, scale);
}

/* Checks the rows: '.' black, '#' white, anything else neither; and the guard beside them. */
static void check_rows(struct canvas *canvas, const char *const rows[H])
{
    for (int y = 0; y < H; y++) {
        char got[W + 1] = {0};
        for (int x = 0; x < STRIDE; x++) {
            const uint32_t pixel = canvas->pixels[y * STRIDE + x];
            if (x >= W) {
                assert_int_equal(pixel, GUARD);
            } else {
                got[x] = pixel == 0xff000000u ? '.' : pixel == 0xffffffffu ? '#' : '+';
            }
        }
        assert_string_equal(got, rows[y]);
    }
    assert_false(canvas->raster.failed);
    weft_raster_done(&canvas->raster);
}

static uint32_t level_at(const struct canvas *canvas, int x, int y)
{
    return canvas->pixels[y * STRIDE + x] & 255;
}

static void a_rect_snaps_its_edges_to_device_pixels(void **state)
{
    struct canvas canvas;
    static const char *const rows[H] = {"............", "..###.......", "..###.......",
                                        "..###.......", "............", "............",
                                        "............", "............"};

    (void)state;
    paint_on(&canvas, 1);
    weft_raster_rect(&canvas.raster, (struct weft_rect){1.6f, 1.4f, 3.1f, 2.2f}, 0, white);
    check_rows(&canvas, rows);
}

static void a_rect_is_multiplied_by_the_scale(void **state)
{
    struct canvas canvas;
    static const char *const rows[H] = {"............", "............", "..####......",
                                        "..####......", "............", "............",
                                        "............", "............"};

    (void)state;
    paint_on(&canvas, 2);
    weft_raster_rect(&canvas.raster, (struct weft_rect){1, 1, 2, 1}, 0, white);
    check_rows(&canvas, rows);
}

static void a_thin_rect_never_vanishes_and_an_empty_one_never_shows(void **state)
{
    struct canvas canvas;
    static const char *const rows[H] = {"............", "...#........", "...#........",
                                        "............", "............", "............",
                                        "............", "............"};

    (void)state;
    paint_on(&canvas, 1);
    weft_raster_rect(&canvas.raster, (struct weft_rect){3.1f, 1, 0.01f, 2}, 0, white);
    weft_raster_rect(&canvas.raster, (struct weft_rect){6, 1, 0, 2}, 0, white);
    weft_raster_rect(&canvas.raster, (struct weft_rect){6, 1, -2, 2}, 0, white);
    weft_raster_rect(&canvas.raster, (struct weft_rect){6, 1, NAN, 2}, 0, white);
    check_rows(&canvas, rows);
}

static void neighbours_share_an_edge_without_gap_or_overlap(void **state)
{
    struct canvas canvas;
    float x = 0;

    (void)state;
    paint_on(&canvas, 1);
    for (int i = 0; i < 7; i++, x += 1.7f) {
        weft_raster_rect(&canvas.raster, (struct weft_rect){x, 0, 1.7f, 1}, 0, half_white);
    }
    for (int at = 0; at < W; at++) {
        assert_int_equal(level_at(&canvas, at, 0), 128);
    }
    weft_raster_done(&canvas.raster);
}

static void nothing_is_drawn_outside_the_picture(void **state)
{
    struct canvas canvas;
    static const char *const rows[H] = {"############", "############", "############",
                                        "############", "############", "############",
                                        "############", "############"};
    const struct weft_rect huge = {-1e9f, -1e9f, 2e9f, 2e9f};
    const struct weft_point_px far[] = {{-1e9f, -3e8f}, {1e9f, 2e8f}, {INFINITY, NAN}};

    (void)state;
    paint_on(&canvas, 1);
    weft_raster_rect(&canvas.raster, (struct weft_rect){-50, -50, 40, 40}, 4, white);
    weft_raster_rect(&canvas.raster, (struct weft_rect){50, 50, 40, 40}, 4, white);
    weft_raster_line(&canvas.raster, far, 3, 2, white);
    weft_raster_polygon(&canvas.raster, far, 3, white);
    weft_raster_hatch(&canvas.raster, huge, 2, white);
    weft_raster_frame(&canvas.raster, huge, 3, 2, white);
    weft_raster_row(&canvas.raster, huge, &white, 1);
    weft_raster_rect(&canvas.raster, huge, 0, white);
    check_rows(&canvas, rows);
}

static void a_clip_holds_until_it_is_ended(void **state)
{
    struct canvas canvas;
    static const char *const rows[H] = {"............", "............", "..##........",
                                        "..##........", "............", "............",
                                        "............", "#..........."};

    (void)state;
    paint_on(&canvas, 1);
    weft_raster_clip(&canvas.raster, (struct weft_rect){2, 2, 2, 2});
    weft_raster_rect(&canvas.raster, (struct weft_rect){0, 0, W, H}, 0, white);
    weft_raster_clip(&canvas.raster, (struct weft_rect){0, 0, 0, 0});
    weft_raster_rect(&canvas.raster, (struct weft_rect){0, H - 1, 1, 1}, 0, white);
    check_rows(&canvas, rows);
}

static void a_colour_is_blended_by_its_alpha(void **state)
{
    struct canvas canvas;

    (void)state;
    paint_on(&canvas, 1);
    weft_raster_rect(&canvas.raster, (struct weft_rect){0, 0, 1, 1}, 0,
                     (struct weft_color){200, 100, 50, 255});
    weft_raster_rect(&canvas.raster, (struct weft_rect){0, 0, 2, 1}, 0,
                     (struct weft_color){0, 200, 255, 51});
    weft_raster_rect(&canvas.raster, (struct weft_rect){0, 0, 2, 1}, 0,
                     (struct weft_color){9, 9, 9, 0});
    assert_int_equal(canvas.pixels[0], 0xffa0785bu); /* 200·0.8, 100·0.8+200·0.2, 50·0.8+255·0.2 */
    assert_int_equal(canvas.pixels[1], 0xff002833u);
    weft_raster_done(&canvas.raster);
}

static void round_corners_are_soft_and_alike(void **state)
{
    struct canvas canvas;
    static const char *const rows[H] = {"+########+..", "##########..", "##########..",
                                        "##########..", "##########..", "+########+..",
                                        "............", "............"};

    (void)state;
    paint_on(&canvas, 1);
    weft_raster_rect(&canvas.raster, (struct weft_rect){0, 0, 10, 6}, 1.5f, white);
    const uint32_t corner = level_at(&canvas, 0, 0);
    assert_in_range(corner, 100, 240);
    assert_int_equal(level_at(&canvas, 9, 0), corner);
    assert_int_equal(level_at(&canvas, 0, 5), corner);
    assert_int_equal(level_at(&canvas, 9, 5), corner);
    check_rows(&canvas, rows);
}

static void a_radius_is_at_most_half_of_the_shorter_side(void **state)
{
    struct canvas canvas;

    (void)state;
    paint_on(&canvas, 1);
    weft_raster_rect(&canvas.raster, (struct weft_rect){0, 0, 10, 4}, 100, white);
    assert_int_equal(level_at(&canvas, 5, 0), 255);
    assert_in_range(level_at(&canvas, 0, 1), 1, 254);
    assert_in_range(level_at(&canvas, 0, 0), 0, 100);
    weft_raster_done(&canvas.raster);
}

static void a_translucent_round_rect_paints_each_pixel_once(void **state)
{
    struct canvas canvas;

    (void)state;
    paint_on(&canvas, 1);
    weft_raster_rect(&canvas.raster, (struct weft_rect){0, 0, 11, 7}, 3.5f, half_white);
    for (int i = 0; i < STRIDE * H; i++) {
        assert_true(i % STRIDE >= W || (canvas.pixels[i] & 255) <= 128);
    }
    assert_int_equal(level_at(&canvas, 5, 0), 128);
    assert_int_equal(level_at(&canvas, 5, 3), 128);
    assert_int_equal(level_at(&canvas, 5, 6), 128);
    weft_raster_done(&canvas.raster);
}

static void a_frame_leaves_its_inside_alone(void **state)
{
    struct canvas canvas;
    static const char *const rows[H] = {"............", ".########...", ".########...",
                                        ".##....##...", ".##....##...", ".########...",
                                        ".########...", "............"};

    (void)state;
    paint_on(&canvas, 1);
    weft_raster_frame(&canvas.raster, (struct weft_rect){1, 1, 8, 6}, 0, 2, white);
    check_rows(&canvas, rows);
}

static void a_hatch_covers_half_of_its_rect_and_meets_its_neighbour(void **state)
{
    struct canvas canvas, apart;
    uint32_t sum = 0;

    (void)state;
    paint_on(&canvas, 1);
    paint_on(&apart, 1);
    weft_raster_hatch(&canvas.raster, (struct weft_rect){0, 0, W, H}, 1.5f, white);
    weft_raster_hatch(&apart.raster, (struct weft_rect){0, 0, 5, H}, 1.5f, white);
    weft_raster_hatch(&apart.raster, (struct weft_rect){5, 0, W - 5, H}, 1.5f, white);
    assert_memory_equal(canvas.pixels, apart.pixels, sizeof canvas.pixels);
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x++) {
            sum += level_at(&canvas, x, y);
            if (x > 0 && y + 1 < H) {
                assert_int_equal(level_at(&canvas, x, y), level_at(&canvas, x - 1, y + 1));
            }
        }
    }
    assert_in_range(sum, 255 * W * H * 45 / 100, 255 * W * H * 55 / 100);
    weft_raster_done(&canvas.raster);
    weft_raster_done(&apart.raster);
}

static void a_level_or_upright_line_is_crisp(void **state)
{
    struct canvas canvas;
    static const char *const rows[H] = {"....#.......", "....#.......", "############",
                                        "....#.......", "....#.......", "....#.......",
                                        "....#.......", "....#......."};
    const struct weft_point_px level[] = {{0, 2.5f}, {W, 2.5f}}, upright[] = {{4.3f, 0}, {4.3f, H}};

    (void)state;
    paint_on(&canvas, 1);
    weft_raster_line(&canvas.raster, level, 2, 1, white);
    weft_raster_line(&canvas.raster, upright, 2, 0.5f, white);
    check_rows(&canvas, rows);
}

static void a_slanting_line_keeps_its_width_and_its_joints_are_even(void **state)
{
    struct canvas canvas;
    const struct weft_point_px bend[] = {{1, 1}, {6, 6}, {11, 1}};
    const struct weft_color faint = {255, 255, 255, 100};

    (void)state;
    paint_on(&canvas, 1);
    weft_raster_line(&canvas.raster, bend, 3, 2, faint);
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x++) {
            assert_in_range(level_at(&canvas, x, y), 0, 100);
            assert_int_equal(level_at(&canvas, x, y), level_at(&canvas, W - 1 - x, y));
        }
    }
    assert_int_equal(level_at(&canvas, 3, 3), 100);
    assert_int_equal(level_at(&canvas, 6, 2), 0);
    /* A level cut through a line of width 2 at 45° is 2·√2 wide. */
    uint32_t cut = 0;
    for (int x = 0; x < W / 2; x++) {
        cut += level_at(&canvas, x, 3);
    }
    assert_in_range(cut, 262, 304);
    weft_raster_done(&canvas.raster);
}

static void a_second_line_shows_nothing_of_the_first(void **state)
{
    struct canvas canvas;
    const struct weft_point_px first[] = {{0, 0}, {5, 7}}, second[] = {{11, 0}, {8, 7}};

    (void)state;
    paint_on(&canvas, 1);
    weft_raster_line(&canvas.raster, first, 2, 2, white);
    memset(canvas.pixels, 0, sizeof canvas.pixels);
    weft_raster_line(&canvas.raster, second, 2, 1, white);
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < 7; x++) {
            assert_int_equal(level_at(&canvas, x, y), 0);
        }
    }
    assert_true(level_at(&canvas, 10, 1) > 0);
    weft_raster_done(&canvas.raster);
}

static void a_polygon_covers_its_area(void **state)
{
    struct canvas canvas;
    const struct weft_point_px triangle[] = {{1, 1}, {9.5f, 3.5f}, {1, 6}};
    const struct weft_point_px backwards[] = {{1, 6}, {9.5f, 3.5f}, {1, 1}};
    uint32_t sum = 0;

    (void)state;
    paint_on(&canvas, 1);
    weft_raster_polygon(&canvas.raster, triangle, 3, white);
    for (int i = 0; i < STRIDE * H; i++) {
        sum += i % STRIDE < W ? canvas.pixels[i] & 255 : 0;
    }
    assert_in_range(sum, 255 * 2100 / 100, 255 * 2150 / 100); /* 8.5 · 5 / 2 = 21.25 pixels */
    assert_int_equal(level_at(&canvas, 1, 3), 255);
    assert_int_equal(level_at(&canvas, 0, 3), 0);
    weft_raster_polygon(&canvas.raster, backwards, 3, (struct weft_color){0, 0, 0, 255});
    assert_int_equal(level_at(&canvas, 2, 3), 0);
    weft_raster_polygon(&canvas.raster, triangle, 2, white);
    assert_int_equal(level_at(&canvas, 2, 3), 0);
    weft_raster_done(&canvas.raster);
}

static void a_row_of_colours_is_stretched_down_and_by_the_scale(void **state)
{
    struct canvas canvas;
    const struct weft_color row[] = {{255, 255, 255, 255}, {9, 9, 9, 0}, {255, 255, 255, 128}};
    static const char *const rows[H] = {"............", "............", "..##..++....",
                                        "..##..++....", "..##..++....", "..##..++....",
                                        "............", "............"};

    (void)state;
    paint_on(&canvas, 2);
    weft_raster_row(&canvas.raster, (struct weft_rect){1, 1, 3, 2}, row, 3);
    assert_int_equal(level_at(&canvas, 6, 2), 128);
    check_rows(&canvas, rows);
}

static void a_mask_is_cut_by_its_box(void **state)
{
    struct canvas canvas;
    static const uint8_t coverage[] = {255, 255, 0, 255, 255, 255, 128, 255};
    static const char *const rows[H] = {"............", "............", "....#.......",
                                        "....#+......", "............", "............",
                                        "............", "............"};

    (void)state;
    paint_on(&canvas, 1);
    weft_raster_mask(&canvas.raster, coverage, 4, 2, 3, 2, (struct weft_raster_box){4, 0, 6, 8},
                     white);
    assert_int_equal(level_at(&canvas, 5, 3), 128);
    check_rows(&canvas, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rect_snaps_its_edges_to_device_pixels),
        cmocka_unit_test(a_rect_is_multiplied_by_the_scale),
        cmocka_unit_test(a_thin_rect_never_vanishes_and_an_empty_one_never_shows),
        cmocka_unit_test(neighbours_share_an_edge_without_gap_or_overlap),
        cmocka_unit_test(nothing_is_drawn_outside_the_picture),
        cmocka_unit_test(a_clip_holds_until_it_is_ended),
        cmocka_unit_test(a_colour_is_blended_by_its_alpha),
        cmocka_unit_test(round_corners_are_soft_and_alike),
        cmocka_unit_test(a_radius_is_at_most_half_of_the_shorter_side),
        cmocka_unit_test(a_translucent_round_rect_paints_each_pixel_once),
        cmocka_unit_test(a_frame_leaves_its_inside_alone),
        cmocka_unit_test(a_hatch_covers_half_of_its_rect_and_meets_its_neighbour),
        cmocka_unit_test(a_level_or_upright_line_is_crisp),
        cmocka_unit_test(a_slanting_line_keeps_its_width_and_its_joints_are_even),
        cmocka_unit_test(a_second_line_shows_nothing_of_the_first),
        cmocka_unit_test(a_polygon_covers_its_area),
        cmocka_unit_test(a_row_of_colours_is_stretched_down_and_by_the_scale),
        cmocka_unit_test(a_mask_is_cut_by_its_box),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

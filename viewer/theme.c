#include "viewer/theme.h"

#include <math.h>

#define RGB(hex)                                                                                   \
    {                                                                                              \
        (uint8_t)((hex) >> 16), (uint8_t)((hex) >> 8 & 255), (uint8_t)((hex)&255), 255             \
    }
#define RGBA(hex, alpha)                                                                           \
    {                                                                                              \
        (uint8_t)((hex) >> 16), (uint8_t)((hex) >> 8 & 255), (uint8_t)((hex)&255), alpha           \
    }

#define SOLID(fill, ink)                                                                           \
    {                                                                                              \
        RGB(fill), RGB(fill), RGB(ink)                                                             \
    }
#define DRAWN(fill, edge, ink)                                                                     \
    {                                                                                              \
        RGB(fill), RGB(edge), RGB(ink)                                                             \
    }

/* clang-format off */
const struct weft_state_style weft_state_styles[WEFT_STATE_COUNT] = {
    /* state                       height pattern             loud   dark, light, high contrast: fill (edge) ink */
    [WEFT_STATE_RUNNING]      = {1.00f, WEFT_PATTERN_SOLID,   0, {SOLID(0x1c7a5b, 0xffffff), SOLID(0x1b8060, 0xffffff), SOLID(0x00875a, 0xffffff)}},
    [WEFT_STATE_POLL]         = {1.00f, WEFT_PATTERN_HATCHED, 2, {DRAWN(0xe69f00, 0xc08400, 0x1a1100), DRAWN(0xf2b62f, 0xdc9a0a, 0x1f1400), DRAWN(0xffb000, 0xd98c00, 0x000000)}},
    [WEFT_STATE_SLEEP]        = {0.66f, WEFT_PATTERN_HOLLOW,  0, {DRAWN(0x1f2430, 0x55617c, 0xb7c0d4), DRAWN(0xf1f4fa, 0xa3afc8, 0x4a556e), DRAWN(0x000000, 0x9aa4b8, 0xffffff)}},
    [WEFT_STATE_LOCK_WAIT]    = {0.82f, WEFT_PATTERN_SOLID,   2, {SOLID(0xcb4710, 0xffffff), SOLID(0xc9440c, 0xffffff), SOLID(0xd83a00, 0xffffff)}},
    [WEFT_STATE_RWLOCK_WAIT]  = {0.82f, WEFT_PATTERN_TOPPED, 2, {DRAWN(0x9c2f4d, 0xd7acb8, 0xffffff), DRAWN(0xa02c4e, 0xd9abb8, 0xffffff), DRAWN(0xb0184c, 0xdfa3b7, 0xffffff)}},
    [WEFT_STATE_COND_WAIT]    = {0.82f, WEFT_PATTERN_FOOTED, 1, {DRAWN(0xd487b1, 0x553647, 0x240a18), DRAWN(0xdd92bb, 0x583a4b, 0x2a0a1b), DRAWN(0xff9fd2, 0x664054, 0x000000)}},
    [WEFT_STATE_SEM_WAIT]     = {0.82f, WEFT_PATTERN_SOLID,   1, {SOLID(0xe3d84a, 0x211e00), SOLID(0xeadf3f, 0x292500), SOLID(0xfff04d, 0x000000)}},
    [WEFT_STATE_EVENT_WAIT]   = {0.82f, WEFT_PATTERN_TOPPED, 1, {DRAWN(0x56b4e9, 0x22485d, 0x04202f), DRAWN(0x63bcee, 0x284b5f, 0x04202f), DRAWN(0x6cc8ff, 0x2b5066, 0x000000)}},
    [WEFT_STATE_BARRIER_WAIT] = {0.82f, WEFT_PATTERN_RAILED, 1, {DRAWN(0x0b68a8, 0x9dc3dc, 0xffffff), DRAWN(0x0072b2, 0x99c7e0, 0xffffff), DRAWN(0x0a6fc2, 0x9dc5e7, 0xffffff)}},
    [WEFT_STATE_QUEUE_WAIT]   = {0.82f, WEFT_PATTERN_FOOTED, 1, {DRAWN(0x8a5ad6, 0xd0bdef, 0xffffff), DRAWN(0x7f4dcb, 0xccb8ea, 0xffffff), DRAWN(0x9a5cff, 0x3e2566, 0x000000)}},
    [WEFT_STATE_FUTEX_WAIT]   = {0.82f, WEFT_PATTERN_HATCHED, 1, {DRAWN(0x7d5a3f, 0x583f2c, 0xffffff), DRAWN(0x85603f, 0x5d432c, 0xffffff), DRAWN(0x8a5a30, 0x613f22, 0xffffff)}},
    [WEFT_STATE_JOIN]         = {0.66f, WEFT_PATTERN_SOLID,   0, {SOLID(0x4a5160, 0xf1f3f7), SOLID(0xc9ced8, 0x2b313d), SOLID(0x5a6272, 0xffffff)}},
    [WEFT_STATE_IO]           = {0.82f, WEFT_PATTERN_HATCHED, 1, {DRAWN(0x3bb3a9, 0x89d1cb, 0x02211f), DRAWN(0x45bdb3, 0x8fd7d1, 0x02211f), DRAWN(0x2fd6c6, 0x82e6dd, 0x000000)}},
    [WEFT_STATE_UNKNOWN]      = {0.50f, WEFT_PATTERN_HATCHED, 0, {DRAWN(0x262a33, 0x363c48, 0xd5d9e2), DRAWN(0xe6e8ed, 0xd6d9e0, 0x2f3644), DRAWN(0x20242c, 0x3a404c, 0xffffff)}},
};

static const struct weft_theme themes[WEFT_THEME_COUNT] = {
    [WEFT_THEME_DARK] = {
        .id = WEFT_THEME_DARK,
        .ground = RGB(0x14171e), .stripe = RGB(0x1b1f29), .panel = RGB(0x1b1f28), .bar = RGB(0x20242e),
        .raised = RGB(0x2a2f3b), .line = RGB(0x2c313d), .grid = RGB(0x242933),
        .text = RGB(0xe8ebf1), .muted = RGB(0xa1a9b8),
        .accent = RGB(0x86a9ff), .on_accent = RGB(0x0b1530),
        .playhead = RGB(0xffffff), .on_playhead = RGB(0x0e1117),
        .hold = RGB(0x5a6478), .hold_edge = RGB(0x7d889e), .on_hold = RGB(0xffffff),
        .level = RGB(0xaab6cf), .level_fill = RGBA(0x8b99b8, 84), .chip = RGB(0xd3d9e5), .mark = RGB(0xe8ebf1),
        .warning = RGB(0x33302a), .on_warning = RGB(0xf3e8cf),
        .tip = RGB(0x2b303c), .tip_edge = RGB(0x4a5263), .marked = RGB(0x1d2536), .shade = RGBA(0x05070a, 150),
    },
    [WEFT_THEME_LIGHT] = {
        .id = WEFT_THEME_LIGHT,
        .ground = RGB(0xfcfcfd), .stripe = RGB(0xf0f3fa), .panel = RGB(0xf2f4f8), .bar = RGB(0xe8ebf0),
        .raised = RGB(0xffffff), .line = RGB(0xd7dbe3), .grid = RGB(0xe8ebf0),
        .text = RGB(0x1a1e27), .muted = RGB(0x5a6270),
        .accent = RGB(0x2f5bd7), .on_accent = RGB(0xffffff),
        .playhead = RGB(0x14171e), .on_playhead = RGB(0xffffff),
        .hold = RGB(0x8791a5), .hold_edge = RGB(0x6a7488), .on_hold = RGB(0x10141c),
        .level = RGB(0x4d5a75), .level_fill = RGBA(0x7c8aa8, 90), .chip = RGB(0x3a4252), .mark = RGB(0x1a1e27),
        .warning = RGB(0xfbf1d9), .on_warning = RGB(0x4a3608),
        .tip = RGB(0xffffff), .tip_edge = RGB(0xb4bbc8), .marked = RGB(0xe6edfd), .shade = RGBA(0x30363f, 110),
    },
    [WEFT_THEME_CONTRAST] = {
        .id = WEFT_THEME_CONTRAST,
        .ground = RGB(0x000000), .stripe = RGB(0x16181d), .panel = RGB(0x000000), .bar = RGB(0x000000),
        .raised = RGB(0x24272e), .line = RGB(0x7a8190), .grid = RGB(0x34383f),
        .text = RGB(0xffffff), .muted = RGB(0xd6dbe4),
        .accent = RGB(0xffe14d), .on_accent = RGB(0x000000),
        .playhead = RGB(0xffffff), .on_playhead = RGB(0x000000),
        .hold = RGB(0x4a5262), .hold_edge = RGB(0xb4bccb), .on_hold = RGB(0xffffff),
        .level = RGB(0xffffff), .level_fill = RGBA(0xaab4c8, 90), .chip = RGB(0xffffff), .mark = RGB(0xffffff),
        .warning = RGB(0x3a2c00), .on_warning = RGB(0xffffff),
        .tip = RGB(0x000000), .tip_edge = RGB(0xffffff), .marked = RGB(0x1c2740), .shade = RGBA(0x000000, 190),
    },
};
/* clang-format on */

const struct weft_theme *weft_theme_of(enum weft_theme_id id)
{
    return &themes[(unsigned)id < WEFT_THEME_COUNT ? id : WEFT_THEME_DARK];
}

static uint8_t mix(uint8_t under, uint8_t over, uint8_t alpha)
{
    return (uint8_t)((under * (255 - alpha) + over * alpha + 127) / 255);
}

struct weft_color weft_color_over(struct weft_color under, struct weft_color over)
{
    return (struct weft_color){mix(under.r, over.r, over.a), mix(under.g, over.g, over.a),
                               mix(under.b, over.b, over.a), 255};
}

static float linear(uint8_t channel)
{
    const float c = (float)channel / 255.0f;

    return c <= 0.04045f ? c / 12.92f : powf((c + 0.055f) / 1.055f, 2.4f);
}

static float luminance(struct weft_color color)
{
    return 0.2126f * linear(color.r) + 0.7152f * linear(color.g) + 0.0722f * linear(color.b);
}

float weft_color_contrast(struct weft_color a, struct weft_color b)
{
    const float la = luminance(a), lb = luminance(b);

    return la > lb ? (la + 0.05f) / (lb + 0.05f) : (lb + 0.05f) / (la + 0.05f);
}

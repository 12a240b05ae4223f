/* Where the parts of the window are, and which time is where. */
#include "viewer/frame.h"

#include "base/vec.h"

enum {
    HEADER_PX = 46,
    TABS_PX = 34,
    ONE_ROW_FROM_PX = 1270,
    WARNING_PX = 26,
    MINIMAP_PX = 40,
    RULER_PX = 30,
    EDGE_PX = 16,
};

bool weft_geometry_tabs_below(float width)
{
    return width < ONE_ROW_FROM_PX;
}

struct weft_geometry weft_geometry_of(float width, float height, bool minimap, uint32_t warnings,
                                      float dock_height, float legend_height)
{
    struct weft_geometry at = {.width = width, .height = height};
    const float gutter = width < 1400 ? 232 : width < 1800 ? 256 : 280;
    const float strip = (float)(warnings * WARNING_PX);
    const float map = minimap ? MINIMAP_PX : 0;
    float y = HEADER_PX;

    at.header = (struct weft_rect){0, 0, width, HEADER_PX};
    if (weft_geometry_tabs_below(width)) {
        at.tabs = (struct weft_rect){0, y, width, TABS_PX};
        y += TABS_PX;
    }
    at.warnings = (struct weft_rect){0, y, width, strip};
    y += strip;
    const float top = y;
    at.lane_left = gutter + 8;
    at.lane_right = width - EDGE_PX;
    at.minimap = (struct weft_rect){at.lane_left, y + 8, at.lane_right - at.lane_left, map - 12};
    y += map;
    at.ruler = (struct weft_rect){gutter, y, width - gutter, RULER_PX};
    y += RULER_PX;
    at.legend = (struct weft_rect){0, height - legend_height, width, legend_height};
    at.dock = (struct weft_rect){0, at.legend.y - dock_height, width, dock_height};
    const float lanes = at.dock.y - y > 0 ? at.dock.y - y : 0;
    at.main = (struct weft_rect){0, top, width, at.dock.y - top > 0 ? at.dock.y - top : 0};
    at.gutter = (struct weft_rect){0, y, gutter, lanes};
    at.plot = (struct weft_rect){gutter, y, width - gutter, lanes};
    return at;
}

double weft_frame_ns_per_px(const struct weft_frame *frame)
{
    const float px = frame->geometry.lane_right - frame->geometry.lane_left;

    return (frame->view->range.to_ns - frame->view->range.from_ns) / (px > 1 ? px : 1);
}

float weft_frame_x(const struct weft_frame *frame, double t_ns)
{
    const double px = (t_ns - frame->view->range.from_ns) / weft_frame_ns_per_px(frame);
    /* Far outside is as good as just outside, and floats keep their fractions. */
    const double near = px < -4096 ? -4096 : px > 32768 ? 32768 : px;

    return frame->geometry.lane_left + (float)near;
}

double weft_frame_time(const struct weft_frame *frame, float x)
{
    return frame->view->range.from_ns +
           (double)(x - frame->geometry.lane_left) * weft_frame_ns_per_px(frame);
}

void weft_frame_hit(struct weft_frame *frame, struct weft_rect rect, enum weft_target_kind kind,
                    uint32_t owner, uint32_t index)
{
    if (!weft_vec_push(frame->hits, (struct weft_hit){rect, {kind, owner, index}})) {
        frame->list->failed = true;
    }
}

struct weft_rect weft_rect_inside(struct weft_rect a, struct weft_rect b)
{
    const float left = a.x > b.x ? a.x : b.x, top = a.y > b.y ? a.y : b.y;
    const float right = a.x + a.w < b.x + b.w ? a.x + a.w : b.x + b.w;
    const float bottom = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;

    return (struct weft_rect){left, top, right > left ? right - left : 0,
                              bottom > top ? bottom - top : 0};
}

bool weft_rect_has(struct weft_rect rect, float x, float y)
{
    return x >= rect.x && x < rect.x + rect.w && y >= rect.y && y < rect.y + rect.h;
}

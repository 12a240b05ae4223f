/* Mouse and keys: from input to commands and drags. */
#include "viewer/app_private.h"

#include <math.h>

static const float DRAG_STARTS_PX = 4, SCROLL_PX = 56;
static const double ZOOM_STEP = 0.8, PAN_STEP = 0.1;

static double time_at(const struct weft_app *app, float x)
{
    return app->view.range.from_ns + (double)(x - app->geometry.lane_left) * app->ns_per_px;
}

static double inside_trace(const struct weft_app *app, double t_ns)
{
    return t_ns < 0 ? 0 : t_ns > app->view.end_ns ? app->view.end_ns : t_ns;
}

static void move_to(struct weft_app *app, float x, float y)
{
    app->mouse_x = x;
    app->mouse_y = y;
    app->has_mouse = true;
}

static void drag_minimap(struct weft_app *app, float x)
{
    const struct weft_rect map = app->geometry.minimap;
    const struct weft_range all = weft_view_all(&app->view);
    const double width = app->view.range.to_ns - app->view.range.from_ns;
    const double at_ns = (double)(x - map.x) / (double)map.w * (all.to_ns - all.from_ns);

    weft_view_show(&app->view, at_ns - width / 2, at_ns + width / 2);
}

static void drag_range(struct weft_app *app, float x)
{
    const double a = inside_trace(app, app->drag_ns), b = inside_trace(app, time_at(app, x));

    app->view.has_marked = true;
    app->view.marked_from_ns = (uint64_t)llround(a < b ? a : b);
    app->view.marked_to_ns = (uint64_t)llround(a < b ? b : a);
}

static void drag_on(struct weft_app *app, float x, float y)
{
    if (app->drag == WEFT_DRAG_PRESSED &&
        (fabsf(x - app->drag_x) >= DRAG_STARTS_PX || fabsf(y - app->drag_y) >= DRAG_STARTS_PX)) {
        app->drag = app->drag_wish;
        app->space_used |= app->space_down;
    }
    switch (app->drag) {
    case WEFT_DRAG_RANGE:
    case WEFT_DRAG_ZOOM:
        drag_range(app, x);
        break;
    case WEFT_DRAG_PAN: {
        const double by_ns = (double)(app->drag_x - x) * app->ns_per_px;
        weft_view_show(&app->view, app->drag_range.from_ns + by_ns, app->drag_range.to_ns + by_ns);
        app->view.scroll_px = app->drag_scroll_px + app->drag_y - y;
        break;
    }
    case WEFT_DRAG_PLAYHEAD:
        weft_view_move_playhead(&app->view, time_at(app, x));
        break;
    case WEFT_DRAG_MINIMAP:
        drag_minimap(app, x);
        break;
    default:
        break;
    }
}

static void select_target(struct weft_app *app, struct weft_target target)
{
    app->view.selected = target;
    app->view.has_marked = false;
    if (target.kind == WEFT_TARGET_SPAN || target.kind == WEFT_TARGET_ZONE) {
        app->view.lane_thread = target.owner;
    }
}

static void fit_target(struct weft_app *app, struct weft_target target)
{
    uint64_t from_ns, to_ns;

    if (weft_app_period(app, target, &from_ns, &to_ns)) {
        weft_view_remember(&app->view);
        const double margin = (double)(to_ns - from_ns) * 0.08 + 20;
        weft_view_show(&app->view, (double)from_ns - margin, (double)to_ns + margin);
    }
}

static void click(struct weft_app *app, float x)
{
    switch (app->pressed.kind) {
    case WEFT_TARGET_SPAN:
    case WEFT_TARGET_ZONE:
    case WEFT_TARGET_HOLD:
    case WEFT_TARGET_LEVEL:
    case WEFT_TARGET_POINT:
    case WEFT_TARGET_WAKE:
        select_target(app, app->pressed);
        break;
    case WEFT_TARGET_COMMAND:
        weft_app_command(app, (enum weft_command_id)app->pressed.index);
        break;
    case WEFT_TARGET_LANE:
        if (app->pressed.index < app->lanes.count &&
            app->lanes.at[app->pressed.index].kind == WEFT_LANE_THREAD) {
            app->view.lane_thread = app->lanes.at[app->pressed.index].index;
        }
        break;
    case WEFT_TARGET_OUTPUT:
        weft_view_move_playhead(&app->view, (double)app->model->prints.at[app->pressed.index].t_ns);
        weft_view_reveal(&app->view, (double)app->view.playhead_ns);
        break;
    case WEFT_TARGET_PLOT: /* where nothing is: the playhead comes there, the selection goes */
        select_target(app, (struct weft_target){.kind = WEFT_TARGET_NONE});
        weft_view_move_playhead(&app->view, time_at(app, x));
        break;
    default:
        break;
    }
}

static bool in_lanes(struct weft_target target)
{
    return (target.kind >= WEFT_TARGET_SPAN && target.kind <= WEFT_TARGET_WAKE) ||
           target.kind == WEFT_TARGET_PLOT;
}

static void press(struct weft_app *app, const struct weft_input *input)
{
    app->pressed = weft_app_target(app, input->x, input->y);
    app->drag_x = input->x;
    app->drag_y = input->y;
    app->drag_ns = time_at(app, input->x);
    app->drag_range = app->view.range;
    app->drag_scroll_px = app->view.scroll_px;
    app->drag = WEFT_DRAG_PRESSED;
    app->drag_wish = WEFT_DRAG_NONE;
    if (input->button == 1 && app->pressed.kind == WEFT_TARGET_RULER) {
        app->drag = WEFT_DRAG_PLAYHEAD;
        app->view.playing = false;
        drag_on(app, input->x, input->y);
    } else if (input->button == 1 && app->pressed.kind == WEFT_TARGET_MINIMAP) {
        weft_view_remember(&app->view);
        app->drag = WEFT_DRAG_MINIMAP;
        drag_on(app, input->x, input->y);
    } else if (in_lanes(app->pressed)) {
        const bool pans =
            input->button == 2 || (input->mods & WEFT_MOD_SHIFT) != 0 || app->space_down;
        app->drag_wish = pans                                 ? WEFT_DRAG_PAN
                         : (input->mods & WEFT_MOD_CTRL) != 0 ? WEFT_DRAG_ZOOM
                                                              : WEFT_DRAG_RANGE;
        if (input->button == 1 && input->clicks == 2) {
            fit_target(app, app->pressed);
        }
    }
}

static void let_go(struct weft_app *app, const struct weft_input *input)
{
    const enum weft_drag drag = app->drag;

    drag_on(app, input->x, input->y);
    app->drag = WEFT_DRAG_NONE;
    if (drag == WEFT_DRAG_PRESSED && input->button == 1) {
        click(app, input->x);
    } else if (drag == WEFT_DRAG_ZOOM) {
        weft_view_remember(&app->view);
        weft_view_show(&app->view, (double)app->view.marked_from_ns,
                       (double)app->view.marked_to_ns);
        app->view.has_marked = false;
    } else if (drag == WEFT_DRAG_RANGE) {
        app->view.selected = (struct weft_target){.kind = WEFT_TARGET_NONE};
        if (app->view.marked_to_ns <= app->view.marked_from_ns) {
            app->view.has_marked = false;
        }
    }
}

static void wheel(struct weft_app *app, const struct weft_input *input)
{
    const double width = app->view.range.to_ns - app->view.range.from_ns;

    move_to(app, input->x, input->y);
    if ((input->mods & WEFT_MOD_CTRL) != 0) {
        const double at_ns = time_at(app, input->x);
        weft_view_zoom(&app->view, at_ns, pow(ZOOM_STEP, (double)input->wheel_y));
    } else if ((input->mods & WEFT_MOD_SHIFT) != 0) {
        weft_view_pan(&app->view, -(double)(input->wheel_y - input->wheel_x) * PAN_STEP * width);
    } else {
        app->view.scroll_px -= input->wheel_y * SCROLL_PX;
        if (input->wheel_x != 0) {
            weft_view_pan(&app->view, (double)input->wheel_x * PAN_STEP * width);
        }
    }
}

/* Space is two keys in one: a tap plays, held it turns a drag into a pan. */
static void space(struct weft_app *app, bool down)
{
    if (down) {
        app->space_used &= app->space_down;
        app->space_down = true;
    } else {
        app->space_down = false;
        if (!app->space_used) {
            weft_app_command(app, WEFT_COMMAND_PLAY);
        }
        app->space_used = false;
    }
}

void weft_app_input(struct weft_app *app, const struct weft_input *input)
{
    if (app->model == NULL) {
        return;
    }
    switch (input->kind) {
    case WEFT_INPUT_KEY_DOWN:
        if (input->key == WEFT_KEY_SPACE) {
            space(app, true);
        } else {
            weft_app_command(app, weft_command_of(input));
        }
        break;
    case WEFT_INPUT_KEY_UP:
        if (input->key == WEFT_KEY_SPACE && app->space_down) {
            space(app, false);
        }
        break;
    case WEFT_INPUT_MOUSE_MOVE:
        move_to(app, input->x, input->y);
        drag_on(app, input->x, input->y);
        break;
    case WEFT_INPUT_MOUSE_DOWN:
        press(app, input);
        break;
    case WEFT_INPUT_MOUSE_UP:
        move_to(app, input->x, input->y);
        let_go(app, input);
        break;
    case WEFT_INPUT_MOUSE_LEAVE:
        app->has_mouse = false;
        break;
    case WEFT_INPUT_WHEEL:
        wheel(app, input);
        break;
    }
    app->dirty = true;
}

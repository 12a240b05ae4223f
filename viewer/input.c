/* Mouse and keys: from input to commands and drags. */
#include "base/tongue.h"
#include "base/utf8.h"
#include "viewer/app_private.h"

#include <math.h>
#include <string.h>

static const float DRAG_STARTS_PX = 4, SCROLL_PX = 56;
static const uint64_t KEY_SHOWN_NS = 2500000000;
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
        app->view.on_object = false;
    } else if (target.kind == WEFT_TARGET_HOLD || target.kind == WEFT_TARGET_LEVEL) {
        app->view.lane_object = target.owner;
        app->view.on_object = true;
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

static void click_lane(struct weft_app *app, uint32_t index)
{
    if (index >= app->lanes.count) {
        return;
    }
    const struct weft_lane *lane = &app->lanes.at[index];
    if (lane->kind == WEFT_LANE_THREAD) {
        app->view.lane_thread = lane->index;
        app->view.on_object = false;
    } else if (weft_lane_of_object(lane)) {
        app->view.lane_object = lane->index;
        app->view.on_object = true;
    } else if (lane->kind == WEFT_LANE_MORE && lane->section == 0) {
        weft_app_command(app, WEFT_COMMAND_GROUP_QUIET);
    }
}

/* A click on something that is no part of the lanes' time; false: it was none. */
static bool click_panel(struct weft_app *app, struct weft_target target)
{
    switch (target.kind) {
    case WEFT_TARGET_COMMAND:
        weft_app_command(app, (enum weft_command_id)target.index);
        return true;
    case WEFT_TARGET_LANE:
        click_lane(app, target.index);
        return true;
    case WEFT_TARGET_THREAD:
        weft_app_go_to_thread(app, target.index);
        return true;
    case WEFT_TARGET_OBJECT:
        weft_app_go_to_object(app, target.index);
        return true;
    case WEFT_TARGET_SECTION:
        app->arrangement.collapsed ^= 1u << target.index;
        return true;
    case WEFT_TARGET_STATE:
        app->arrangement.only_states ^= 1u << target.index;
        return true;
    case WEFT_TARGET_COLUMN:
        app->view.sort_up = app->view.sort_column == target.index && !app->view.sort_up;
        app->view.sort_column = target.index;
        return true;
    case WEFT_TARGET_CHOICE:
        app->view.prompt.chosen = target.index;
        weft_app_prompt_enter(app, false);
        return true;
    case WEFT_TARGET_FINDING:
        weft_app_go_to_finding(app, target.index);
        return true;
    case WEFT_TARGET_CAUSE:
        weft_app_go_to_cause(app, target.index);
        return true;
    case WEFT_TARGET_OTHER:
        weft_app_run_again(app, target.index);
        return true;
    case WEFT_TARGET_PAGE:
        app->view.page = (enum weft_dock_page)target.index;
        return true;
    case WEFT_TARGET_BOOKMARK:
        if (target.index < app->bookmarks.count) {
            weft_app_go_to_time(app, app->bookmarks.at[target.index].t_ns);
        }
        return true;
    case WEFT_TARGET_OUTPUT:
        weft_view_move_playhead(&app->view, (double)app->model->prints.at[target.index].t_ns);
        weft_view_reveal(&app->view, (double)app->view.playhead_ns);
        return true;
    default:
        return false;
    }
}

static void click(struct weft_app *app, float x)
{
    if (click_panel(app, app->pressed)) {
        return;
    }
    switch (app->pressed.kind) {
    case WEFT_TARGET_SPAN:
    case WEFT_TARGET_ZONE:
    case WEFT_TARGET_HOLD:
    case WEFT_TARGET_LEVEL:
    case WEFT_TARGET_POINT:
    case WEFT_TARGET_WAKE:
        weft_view_remember(&app->view);
        select_target(app, app->pressed);
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
    app->notice[0] = '\0';
    if (app->view.prompt.kind != WEFT_PROMPT_NONE && app->pressed.kind != WEFT_TARGET_CHOICE &&
        app->pressed.kind != WEFT_TARGET_PANEL) {
        app->view.prompt.kind =
            WEFT_PROMPT_NONE; /* a click beside it closes it, and does no more */
        app->pressed.kind = WEFT_TARGET_NONE;
    }
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
    if (app->view.tab != WEFT_TAB_TIMELINE) {
        app->view.tab_scroll_px -= input->wheel_y * SCROLL_PX;
    } else if ((input->mods & WEFT_MOD_CTRL) != 0) {
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

/* For those who watch: which key it was, and what it does. */
static void show_key(struct weft_app *app, enum weft_command_id command)
{
    if (app->view.classroom && command < WEFT_COMMAND_COUNT) {
        struct weft_sentence text = {.len = 0};
        weft_sentence_add(&text, "%s   %s", weft_command_cap(command),
                          _(weft_commands[command].help));
        const size_t len = weft_utf8_fit(text.text, strlen(text.text), sizeof app->key_shown - 1);
        memcpy(app->key_shown, text.text, len);
        app->key_shown[len] = '\0';
        app->key_until_ns = app->now_ns + KEY_SHOWN_NS;
    }
}

static void press_key(struct weft_app *app, const struct weft_input *input)
{
    const enum weft_command_id command = weft_command_of(input);

    app->keys_taken++;
    if (app->view.prompt.kind != WEFT_PROMPT_NONE) {
        weft_app_prompt_key(app, input);
    } else if (input->key == WEFT_KEY_SPACE) {
        show_key(app, WEFT_COMMAND_PLAY);
        space(app, true);
    } else {
        show_key(app, command);
        weft_app_command(app, command);
    }
}

/* Whoever looks elsewhere wants to stay there, whatever comes at the end. */
static void stop_following(struct weft_app *app, const struct weft_view *before)
{
    const struct weft_view *view = &app->view;
    const bool moved =
        view->range.from_ns != before->range.from_ns || view->range.to_ns != before->range.to_ns;

    if (before->follow &&
        ((moved && view->range.to_ns < view->end_ns) ||
         (view->playhead_ns != before->playhead_ns && view->playhead_ns < app->model->end_ns))) {
        app->view.follow = false;
    }
}

static void take(struct weft_app *app, const struct weft_input *input)
{
    switch (input->kind) {
    case WEFT_INPUT_KEY_DOWN:
        press_key(app, input);
        break;
    case WEFT_INPUT_TEXT:
        if (app->view.prompt.kind != WEFT_PROMPT_NONE) {
            weft_app_prompt_key(app, input);
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
}

void weft_app_take_input(struct weft_app *app, const struct weft_input *input)
{
    if (app->model == NULL) {
        return;
    }
    const struct weft_view before = app->view;
    take(app, input);
    stop_following(app, &before);
    app->dirty = true;
}

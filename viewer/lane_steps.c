/* What commands do to the lanes' arrangement. */
#include "base/tongue.h"
#include "viewer/app_private.h"

/* The lane that was picked last; NULL: it is not shown. */
static const struct weft_lane *picked_lane(const struct weft_app *app)
{
    return app->view.on_object ? weft_lanes_of_object(&app->lanes, app->view.lane_object)
                               : weft_lanes_of_thread(&app->lanes, app->view.lane_thread);
}

static struct weft_order *order_of(struct weft_app *app, bool object, size_t *count)
{
    *count = object ? app->model->objects.count : app->model->threads.count;
    return object ? &app->arrangement.objects : &app->arrangement.threads;
}

static void change_flags(struct weft_app *app, bool object, uint32_t index, uint8_t set,
                         uint8_t clear)
{
    size_t count;
    struct weft_order *order = order_of(app, object, &count);

    if (index < count && !weft_order_set(order, count, index, set, clear)) {
        weft_app_say(app, _("There is no memory for that."));
    }
}

/* Lists the lanes anew, so that what follows sees them as they are now. */
static void list_anew(struct weft_app *app)
{
    (void)weft_lanes_layout(&app->lanes, app->model, &app->summary, &app->arrangement,
                            app->geometry.plot.h);
}

void weft_app_reveal_lane(struct weft_app *app, bool object, uint32_t index)
{
    const struct weft_lane *lane = object ? weft_lanes_of_object(&app->lanes, index)
                                          : weft_lanes_of_thread(&app->lanes, index);

    if (lane == NULL) {
        /* Folded away, hidden or filtered out: whoever goes there wants to see it. */
        const uint8_t section =
            object ? weft_lane_section_of((enum weft_family)app->model->objects.at[index].family)
                   : 0;
        app->arrangement.collapsed &= ~(1u << section);
        change_flags(app, object, index, WEFT_ARRANGE_SHOWN, WEFT_ARRANGE_HIDDEN);
        list_anew(app);
        lane = object ? weft_lanes_of_object(&app->lanes, index)
                      : weft_lanes_of_thread(&app->lanes, index);
    }
    if (lane == NULL && (app->arrangement.filter[0] != '\0' || app->arrangement.only_states != 0)) {
        app->arrangement.filter[0] = '\0';
        app->arrangement.only_states = 0;
        list_anew(app);
        lane = object ? weft_lanes_of_object(&app->lanes, index)
                      : weft_lanes_of_thread(&app->lanes, index);
    }
    if (lane == NULL) {
        return;
    }
    const float above = weft_app_pinned_px(app);
    if (above > 0 && lane->section == WEFT_LANE_PINNED) {
        return;
    }
    if (lane->y < app->view.scroll_px + above) {
        app->view.scroll_px = lane->y - above;
    } else if (lane->y + lane->h > app->view.scroll_px + app->geometry.plot.h) {
        app->view.scroll_px = lane->y + lane->h - app->geometry.plot.h;
    }
}

/* Lets the picked lane and the next one of its section change places. */
static void move_lane(struct weft_app *app, bool down)
{
    const struct weft_lane *lane = picked_lane(app);

    if (lane == NULL) {
        return;
    }
    const struct weft_lane *next = down ? lane + 1 : lane - 1;
    const bool inside = next >= app->lanes.at && next < app->lanes.at + app->lanes.count;
    if (!inside || next->section != lane->section || next->kind == WEFT_LANE_TITLE ||
        next->kind == WEFT_LANE_MORE) {
        return;
    }
    if (app->view.on_object && app->lanes.folded) {
        weft_app_say(app,
                     _("So many objects stand in the order of how long they were waited for."));
        return;
    }
    size_t count;
    struct weft_order *order = order_of(app, app->view.on_object, &count);
    if (!weft_order_swap(order, count, lane->index, next->index)) {
        weft_app_say(app, _("There is no memory for that."));
    }
}

static void pin_lane(struct weft_app *app)
{
    const bool object = app->view.on_object;
    const uint32_t index = object ? app->view.lane_object : app->view.lane_thread;
    size_t count;
    const struct weft_order *order = order_of(app, object, &count);
    const bool pinned = (weft_order_flags(order, index) & WEFT_ARRANGE_PINNED) != 0;

    change_flags(app, object, index, pinned ? 0 : WEFT_ARRANGE_PINNED,
                 pinned ? WEFT_ARRANGE_PINNED : WEFT_ARRANGE_HIDDEN);
}

/* The section of the picked lane, also when it is folded already. */
static uint8_t picked_section(const struct weft_app *app)
{
    if (!app->view.on_object || app->view.lane_object >= app->model->objects.count) {
        return 0;
    }
    return weft_lane_section_of(
        (enum weft_family)app->model->objects.at[app->view.lane_object].family);
}

static void group_quiet(struct weft_app *app)
{
    const bool grouped = app->lanes.grouped > 0;

    app->arrangement.grouping = grouped ? WEFT_GROUPING_OFF : WEFT_GROUPING_ON;
    list_anew(app);
    if (!grouped && app->lanes.grouped == 0) {
        weft_app_say(app, _("No thread is idle or short."));
    }
}

void weft_app_lane_command(struct weft_app *app, enum weft_command_id command)
{
    const uint32_t index = app->view.on_object ? app->view.lane_object : app->view.lane_thread;

    switch (command) {
    case WEFT_COMMAND_COLLAPSE:
        app->arrangement.collapsed ^= 1u << picked_section(app);
        break;
    case WEFT_COMMAND_PIN:
        pin_lane(app);
        break;
    case WEFT_COMMAND_MOVE_UP:
        move_lane(app, false);
        break;
    case WEFT_COMMAND_MOVE_DOWN:
        move_lane(app, true);
        break;
    case WEFT_COMMAND_HIDE:
        change_flags(app, app->view.on_object, index, WEFT_ARRANGE_HIDDEN,
                     WEFT_ARRANGE_PINNED | WEFT_ARRANGE_SHOWN);
        break;
    case WEFT_COMMAND_GROUP_QUIET:
        group_quiet(app);
        break;
    case WEFT_COMMAND_ALL_LANES:
        weft_arrangement_done(&app->arrangement);
        break;
    default:
        break;
    }
}

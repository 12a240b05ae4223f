/*
 * Two traces, one above the other: each is an app of its own with its header, lanes and dock; they
 * have one time axis and one playhead.  The one that has the keys ("the leader") is the one that
 * the mouse is over or that a command chose.  Whatever was done to the leader's view is then done
 * to the other's.
 *
 *     time of the upper one = time of the lower one + shift_ns
 *
 * Help, prompts and the like need the whole window: while one is open, its app has all of it.
 */
#include "base/tongue.h"
#include "viewer/app_private.h"

#include <math.h>

static struct weft_app *leader_of(struct weft_app *app)
{
    return app->below != NULL && app->below_leads ? app->below : app;
}

static bool alone(const struct weft_app *app)
{
    return app->view.help || app->view.prompt.kind != WEFT_PROMPT_NONE;
}

/* How much of the window, from its top, is the upper one's. */
static float split_at(struct weft_app *app, float height)
{
    if (app->below == NULL || (!app->below_leads && alone(app))) {
        return height;
    }
    /* Both have the same room for lanes: the legend below the lower one is of both. */
    const float legend = app->legend_px < height / 3 ? app->legend_px : 0;
    return app->below_leads && alone(app->below) ? 0 : floorf((height - legend) / 2);
}

bool weft_beside_shares(const struct weft_app *app)
{
    const struct weft_app *upper = app->above != NULL ? app->above : app;

    return upper->below != NULL && !alone(upper->below_leads ? upper->below : upper);
}

/* Both axes reach as far as either trace. */
static void settle(struct weft_app *app)
{
    struct weft_app *below = app->below;
    const double upper_end = (double)app->model->end_ns, lower_end = (double)below->model->end_ns;
    const double shift = app->shift_ns;
    struct weft_view *leader = &leader_of(app)->view;
    const bool shows_all = !weft_view_zoomed(leader) && (!leader->live || leader->follow);

    app->view.lead_ns = shift < 0 ? -shift : 0;
    below->view.lead_ns = shift > 0 ? shift : 0;
    app->view.beside_end_ns = lower_end + shift;
    below->view.beside_end_ns = upper_end - shift;
    weft_view_set_end(&app->view, app->model->end_ns);
    weft_view_set_end(&below->view, below->model->end_ns);
    if (shows_all) { /* also of what is more now; the other one follows */
        leader->range = weft_view_all(leader);
    }
}

/* What one does, the other does, too. */
static void follow_leader(struct weft_app *app)
{
    const struct weft_app *leader = leader_of(app);
    struct weft_app *other = leader == app ? app->below : app;
    const double shift = leader == app ? -app->shift_ns : app->shift_ns;
    const double at_ns = (double)leader->view.playhead_ns + shift;
    const struct weft_range range = {leader->view.range.from_ns + shift,
                                     leader->view.range.to_ns + shift};

    other->dirty |= range.from_ns != other->view.range.from_ns ||
                    range.to_ns != other->view.range.to_ns || leader->dirty;
    other->view.range = range;
    other->view.playhead_ns = at_ns > 0 ? (uint64_t)llround(at_ns) : 0;
    other->view.has_playhead = leader->view.has_playhead && at_ns >= 0;
    other->view.tab = leader->view.tab;
    other->view.page = leader->view.page;
    other->view.classroom = leader->view.classroom;
    other->view.no_dock = leader->view.no_dock;
    other->arrangement.only_states = leader->arrangement.only_states;
    other->theme = leader->theme;
    other->settings.theme = leader->settings.theme;
    other->settings.scale = leader->settings.scale;
}

static void agree(struct weft_app *app)
{
    if (app->below != NULL) {
        settle(app);
        follow_leader(app);
    }
}

enum weft_status weft_app_open_beside(struct weft_app *app, const char *path, bool live,
                                      struct weft_error *error)
{
    struct weft_app_options options = app->options;

    options.live = live;
    struct weft_app *below = weft_app_new(&options);
    if (below == NULL) {
        return weft_error_set(error, WEFT_ERR_MEMORY, "no memory for %s", path);
    }
    const enum weft_status status = weft_app_open(below, path, error);
    if (status != WEFT_OK) {
        weft_app_free(below);
        return status;
    }
    weft_app_free(app->below);
    app->below = below;
    below->above = app;
    app->shift_ns = 0;
    app->below_leads = false;
    agree(app);
    app->dirty = true;
    return WEFT_OK;
}

/* By what is selected in both; with nothing selected, by their starts again. */
void weft_beside_align(struct weft_app *app)
{
    struct weft_app *upper = app->above != NULL ? app->above : app;
    uint64_t upper_ns, lower_ns, to_ns;

    if (upper->below == NULL) {
        weft_app_say(app, _("There is one trace only: weft view A B shows two."));
        return;
    }
    const bool both = weft_app_period(upper, upper->view.selected, &upper_ns, &to_ns) &&
                      weft_app_period(upper->below, upper->below->view.selected, &lower_ns, &to_ns);
    upper->shift_ns = both ? (double)upper_ns - (double)lower_ns : 0;
    weft_app_say(app,
                 both ? _("Aligned by what is selected in both.")
                      : _("Aligned by their starts: to align by more, select something in both."));
    agree(upper);
}

void weft_beside_other(struct weft_app *app)
{
    struct weft_app *upper = app->above != NULL ? app->above : app;

    if (upper->below == NULL) {
        weft_app_say(app, _("There is one trace only: weft view A B shows two."));
        return;
    }
    upper->below_leads = app == upper;
    upper->dirty = true;
}

static bool is_mouse(const struct weft_input *input)
{
    return input->kind >= WEFT_INPUT_MOUSE_MOVE && input->kind <= WEFT_INPUT_WHEEL &&
           input->kind != WEFT_INPUT_MOUSE_LEAVE;
}

void weft_app_input(struct weft_app *app, const struct weft_input *input)
{
    struct weft_input inside = *input;

    if (app->below == NULL) {
        weft_app_take_input(app, input);
        return;
    }
    struct weft_app *leader = leader_of(app);
    const float split = split_at(app, app->whole_height);
    if (is_mouse(input) && leader->drag == WEFT_DRAG_NONE && !alone(leader)) {
        struct weft_app *other = leader == app ? app->below : app;
        const bool is_below = input->y >= split;
        if (is_below != app->below_leads) {
            weft_app_take_input(leader, &(struct weft_input){.kind = WEFT_INPUT_MOUSE_LEAVE});
            app->below_leads = is_below;
            leader = other;
        }
    }
    inside.y -= app->below_leads ? split : 0;
    weft_app_take_input(leader, &inside);
    agree(app);
}

static int sooner(int a_ms, int b_ms)
{
    return a_ms < 0 ? b_ms : b_ms < 0 || a_ms < b_ms ? a_ms : b_ms;
}

int weft_app_tick(struct weft_app *app, uint64_t now_ns)
{
    const int again_ms = weft_app_tick_again(app);

    if (app->below == NULL) {
        return sooner(again_ms, weft_app_tick_one(app, now_ns));
    }
    /* Time passes in the leader; the other one only reads, and forgets what it said. */
    struct weft_app *other = leader_of(app) == app ? app->below : app;
    other->view.playing = false;
    const int first = weft_app_tick_one(app, now_ns),
              second = weft_app_tick_one(app->below, now_ns);
    agree(app);
    return sooner(again_ms, sooner(first, second));
}

void weft_app_layout(struct weft_app *app, float width, float height,
                     const struct weft_measure *measure, struct weft_draw_list *list)
{
    app->legend_px = app->below != NULL ? weft_app_legend_px(app->below, width, measure) : 0;
    const float split = split_at(app, height);

    app->whole_height = height;
    if (app->below == NULL) {
        weft_app_layout_one(app, width, height, measure, list);
        return;
    }
    if (split > 0) {
        weft_app_layout_one(app, width, split, measure, list);
    } else {
        weft_draw_reset(list);
    }
    if (split < height) {
        weft_app_layout_one(app->below, width, height - split, measure, &app->below_list);
        weft_draw_append(list, &app->below_list, split);
        list->failed |= app->below_list.failed;
    }
    if (split > 0 && split < height) { /* who has the keys */
        const float top = app->below_leads ? split : 0;
        weft_draw_rect(list, (struct weft_rect){0, split - 1, width, 2}, 0, app->theme->text);
        weft_draw_rect(list, (struct weft_rect){0, top, 4, 46}, 0, app->theme->accent);
    }
    app->dirty = app->below->dirty = false;
}

bool weft_app_loading(const struct weft_app *app)
{
    return app->loading || (app->below != NULL && app->below->loading);
}

bool weft_app_looking(const struct weft_app *app)
{
    return app->look.runs || (app->below != NULL && app->below->look.runs);
}

bool weft_app_dirty(const struct weft_app *app)
{
    return app->dirty || (app->below != NULL && app->below->dirty);
}

bool weft_app_quit(const struct weft_app *app)
{
    return app->quit || (app->below != NULL && app->below->quit);
}

bool weft_app_wants_text(const struct weft_app *app)
{
    const struct weft_app *leader = app->below != NULL && app->below_leads ? app->below : app;

    return leader->view.prompt.kind != WEFT_PROMPT_NONE;
}

bool weft_app_take_screenshot(struct weft_app *app)
{
    bool wanted = app->wants_screenshot;

    app->wants_screenshot = false;
    if (app->below != NULL) {
        wanted |= app->below->wants_screenshot;
        app->below->wants_screenshot = false;
    }
    return wanted;
}

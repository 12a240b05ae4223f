/* What the commands do to the view. */
#include "base/tongue.h"
#include "viewer/app_private.h"
#include "viewer/prompt.h"
#include "viewer/theme.h"

#include <math.h>

static const double ZOOM_STEP = 0.7, PAN_STEP = 0.12;

bool weft_app_period(const struct weft_app *app, struct weft_target target, uint64_t *from_ns,
                     uint64_t *to_ns)
{
    const struct weft_model *model = app->model;

    switch (target.kind) {
    case WEFT_TARGET_SPAN:
        *from_ns = weft_model_span(model, target.owner, target.index).start_ns;
        *to_ns = weft_span_end_ns(model, target.owner, target.index);
        return true;
    case WEFT_TARGET_ZONE:
        *from_ns = model->threads.at[target.owner].zones.at[target.index].start_ns;
        *to_ns = model->threads.at[target.owner].zones.at[target.index].end_ns;
        return true;
    case WEFT_TARGET_HOLD:
        *from_ns = weft_model_hold(model, target.owner, target.index).start_ns;
        *to_ns = weft_model_hold(model, target.owner, target.index).end_ns;
        return true;
    case WEFT_TARGET_LEVEL: {
        const struct weft_object *object = &model->objects.at[target.owner];
        *from_ns = weft_object_level(model, object, target.index).t_ns;
        *to_ns = target.index + 1 < object->levels.count
                     ? weft_object_level(model, object, target.index + 1).t_ns
                     : model->end_ns;
        return true;
    }
    case WEFT_TARGET_WAKE:
        *from_ns = weft_model_wake(model, target.index).from_ns;
        *to_ns = weft_model_wake(model, target.index).to_ns;
        return true;
    default:
        return false;
    }
}

static void zoom(struct weft_app *app, double factor)
{
    const struct weft_geometry *at = &app->geometry;
    const bool at_mouse = app->has_mouse && weft_rect_has(at->plot, app->mouse_x, app->mouse_y);
    const struct weft_range range = app->view.range;
    const double at_ns =
        at_mouse ? range.from_ns + (double)(app->mouse_x - at->lane_left) * app->ns_per_px
                 : (range.from_ns + range.to_ns) / 2;

    weft_view_remember(&app->view);
    weft_view_zoom(&app->view, at_ns, factor);
}

static void pan(struct weft_app *app, double share)
{
    weft_view_pan(&app->view, share * (app->view.range.to_ns - app->view.range.from_ns));
}

static void show_all(struct weft_app *app)
{
    const struct weft_range all = weft_view_all(&app->view);

    weft_view_remember(&app->view);
    weft_view_show(&app->view, all.from_ns, all.to_ns);
}

/* Of an event: is it one of the lane that was picked? */
static bool of_lane(const struct weft_app *app, size_t index)
{
    const struct weft_point point = weft_model_point(app->model, index);

    if (!app->view.on_object) {
        return point.thread == app->view.lane_thread;
    }
    return point.object == app->view.lane_object &&
           !weft_point_about_thread(app->model, (uint32_t)index);
}

/* What is selected, with a little air; when that is what is shown already, everything. */
static void fit(struct weft_app *app)
{
    const struct weft_range before = app->view.range;
    uint64_t from_ns = app->view.marked_from_ns, to_ns = app->view.marked_to_ns;

    if (!app->view.has_marked && !weft_app_period(app, app->view.selected, &from_ns, &to_ns)) {
        show_all(app);
        return;
    }
    const double margin = (double)(to_ns - from_ns) * 0.08 + 20;
    struct weft_view fitted = app->view;
    weft_view_show(&fitted, (double)from_ns - margin, (double)to_ns + margin);
    if (fabs(fitted.range.from_ns - before.from_ns) < 1 &&
        fabs(fitted.range.to_ns - before.to_ns) < 1) {
        show_all(app);
        return;
    }
    weft_view_remember(&app->view);
    app->view.range = fitted.range;
}

static void playhead_to(struct weft_app *app, uint64_t t_ns)
{
    app->view.playing = false;
    weft_view_move_playhead(&app->view, (double)t_ns);
    weft_view_reveal(&app->view, (double)t_ns);
}

static void step_event(struct weft_app *app, bool on, bool lane_only)
{
    const struct weft_model *model = app->model;
    const uint64_t now_ns = app->view.playhead_ns;
    size_t i = weft_model_point_from(model, on ? now_ns + 1 : now_ns);

    if (on) {
        while (i < model->points.count && lane_only && !of_lane(app, i)) {
            i++;
        }
        if (i < model->points.count) {
            playhead_to(app, weft_model_point_ns(model, i));
        }
        return;
    }
    while (i > 0 && lane_only && !of_lane(app, i - 1)) {
        i--;
    }
    if (i > 0 || !lane_only) {
        playhead_to(app, i > 0 ? weft_model_point_ns(model, i - 1) : 0);
    }
}

static void select_span(struct weft_app *app, uint32_t thread, uint32_t span)
{
    const struct weft_thread_info *info = &app->model->threads.at[thread];

    if (span >= info->spans.count) {
        return;
    }
    app->view.selected = (struct weft_target){WEFT_TARGET_SPAN, thread, span};
    app->view.has_marked = false;
    app->view.lane_thread = thread;
    playhead_to(app, weft_thread_span_ns(app->model, info, span));
    app->view.on_object = false;
    weft_app_reveal_lane(app, false, thread);
}

static void step_span(struct weft_app *app, bool on)
{
    const struct weft_target selected = app->view.selected;
    const uint32_t thread = app->view.lane_thread;

    if (thread >= app->model->threads.count) {
        return;
    }
    if (selected.kind == WEFT_TARGET_SPAN && selected.owner == thread) {
        if (on) {
            select_span(app, thread, selected.index + 1);
        } else if (selected.index > 0) {
            select_span(app, thread, selected.index - 1);
        }
        return;
    }
    const uint32_t here = weft_model_span_at(app->model, thread, app->view.playhead_ns);
    select_span(app, thread, here != WEFT_NONE ? here : 0);
}

/* The thread of the lane above or below; the same one at the ends. */
static uint32_t next_lane(const struct weft_app *app, uint32_t thread, bool down)
{
    const struct weft_lane *lane = weft_lanes_of_thread(&app->lanes, thread);
    size_t i = lane != NULL ? (size_t)(lane - app->lanes.at) : 0;

    while (down ? i + 1 < app->lanes.count : i > 0) {
        i = down ? i + 1 : i - 1;
        if (app->lanes.at[i].kind == WEFT_LANE_THREAD) {
            return app->lanes.at[i].index;
        }
    }
    return thread;
}

static void step_lane(struct weft_app *app, bool down)
{
    const bool none = app->view.selected.kind != WEFT_TARGET_SPAN;
    uint32_t thread = app->view.lane_thread;

    if (thread >= app->model->threads.count) {
        return;
    }
    thread = none ? thread : next_lane(app, thread, down);
    /* The same moment on the other lane, or the nearest one where that lane has something. */
    const uint32_t here = weft_model_span_at(app->model, thread, app->view.playhead_ns);
    const struct weft_thread_info *info = &app->model->threads.at[thread];
    const uint64_t now_ns = app->view.playhead_ns;
    if (here != WEFT_NONE) {
        select_span(app, thread, here);
    } else if (info->spans.count > 0) {
        select_span(app, thread, now_ns < info->start_ns ? 0 : (uint32_t)info->spans.count - 1);
    }
    playhead_to(app, now_ns);
}

/* From a wait to the one who ended it: what that thread was doing then. */
static void follow_back(struct weft_app *app)
{
    const struct weft_model *model = app->model;
    const struct weft_target selected = app->view.selected;
    uint32_t index = selected.kind == WEFT_TARGET_WAKE ? selected.index : WEFT_NONE;

    if (selected.kind == WEFT_TARGET_SPAN) {
        const struct weft_span span = weft_model_span(model, selected.owner, selected.index);
        index = weft_span_extra_of(model, &span).wake;
    }
    if (index >= model->wakes.count) {
        return;
    }
    const struct weft_wake wake = weft_model_wake(model, index);
    const uint64_t before_ns = wake.from_ns > 0 ? wake.from_ns - 1 : 0;
    const uint32_t span = weft_model_span_at(model, wake.from_thread, before_ns);
    if (span != WEFT_NONE) {
        weft_view_remember(&app->view);
        select_span(app, wake.from_thread, span);
        playhead_to(app, wake.from_ns);
    }
}

/* From what a thread does to the first wait that it ended from there on. */
static void follow_on(struct weft_app *app)
{
    const struct weft_model *model = app->model;
    const struct weft_target selected = app->view.selected;
    uint32_t best = WEFT_NONE;

    if (selected.kind == WEFT_TARGET_WAKE) {
        best = selected.index;
    } else if (selected.kind == WEFT_TARGET_SPAN) {
        const uint64_t from_ns = weft_model_span(model, selected.owner, selected.index).start_ns;
        for (uint32_t i = 0; i < model->wakes.count; i++) {
            const struct weft_wake wake = weft_model_wake(model, i);
            if (wake.from_thread == selected.owner && wake.from_ns >= from_ns &&
                (best == WEFT_NONE || wake.from_ns < weft_model_wake(model, best).from_ns)) {
                best = i;
            }
        }
    }
    if (best < model->wakes.count) {
        weft_view_remember(&app->view);
        const struct weft_wake wake = weft_model_wake(model, best);
        select_span(app, wake.to_thread, wake.span);
        playhead_to(app, wake.to_ns);
    }
}

static void play(struct weft_app *app)
{
    const bool at_end = app->view.playhead_ns >= app->model->end_ns;

    if (app->live && (app->view.follow || (at_end && !app->view.playing))) {
        weft_live_follow(app, !app->view.follow);
        return;
    }
    if (!app->view.playing && (double)app->view.playhead_ns >= app->view.end_ns) {
        weft_view_move_playhead(&app->view, 0); /* at the end: once more from the start */
    }
    app->view.playing = !app->view.playing;
    app->view.has_playhead = true;
    if (app->view.playing) {
        weft_view_reveal(&app->view, (double)app->view.playhead_ns);
    }
}

/* What is read is kept; nothing more comes. */
static void stop_loading(struct weft_app *app)
{
    app->loading = false;
    app->stopped = true;
    weft_reader_close(app->reader);
    app->reader = NULL;
    (void)weft_summary_build(&app->summary, app->model);
    weft_view_set_end(&app->view, app->model->end_ns);
    (void)weft_error_set(&app->load_error, WEFT_ERR_FORMAT,
                         _("Reading was stopped: only the first part of the trace is shown."));
}

static void clear(struct weft_app *app)
{
    if (app->view.help) {
        app->view.help = false;
    } else if (weft_app_stop_again(app)) {
        weft_app_say(app, _("It was asked to end; Esc once more ends it at once."));
    } else if (app->loading && !app->live) {
        stop_loading(app);
    } else if (app->view.selected.kind != WEFT_TARGET_NONE || app->view.has_marked) {
        app->view.selected = (struct weft_target){.kind = WEFT_TARGET_NONE};
        app->view.has_marked = false;
    } else {
        app->view.tab = WEFT_TAB_TIMELINE;
    }
}

static void scroll(struct weft_app *app, float share)
{
    if (app->view.tab == WEFT_TAB_TIMELINE) {
        app->view.scroll_px += share * app->geometry.plot.h;
    } else {
        app->view.tab_scroll_px += share * app->geometry.main.h;
    }
}

static void show_tab(struct weft_app *app, enum weft_tab tab)
{
    if (tab == WEFT_TAB_FINDINGS) {
        weft_app_look_for_findings(app);
    }
    if (app->view.tab != tab) {
        weft_view_remember(&app->view);
        app->view.tab = tab;
        app->view.tab_scroll_px = 0;
        app->view.sort_column = 0;
        app->view.sort_up = false;
    }
}

static void step_bookmark(struct weft_app *app, bool on)
{
    const struct weft_bookmark *bookmark =
        weft_bookmarks_next(&app->bookmarks, app->view.playhead_ns, on);

    if (bookmark != NULL) {
        weft_app_go_to_time(app, bookmark->t_ns);
        weft_app_say(app, bookmark->note);
    } else {
        weft_app_say(app, app->bookmarks.count == 0 ? _("There are no bookmarks: M makes one.")
                          : on                      ? _("That was the last bookmark.")
                                                    : _("That was the first bookmark."));
    }
}

static void open_prompt(struct weft_app *app, enum weft_prompt_kind kind)
{
    const struct weft_bookmark *here = weft_bookmarks_find(&app->bookmarks, app->view.playhead_ns);
    const char *text = "";

    switch (kind) {
    case WEFT_PROMPT_SEARCH:
        text = app->search.text;
        break;
    case WEFT_PROMPT_FILTER:
        text = app->arrangement.filter;
        break;
    case WEFT_PROMPT_NOTE:
        app->view.playing = false;
        text = here != NULL ? here->note : "";
        break;
    default:
        break;
    }
    app->view.help = false;
    weft_prompt_open(&app->view.prompt, kind, text);
}

static void change_scale(struct weft_app *app, float scale)
{
    app->settings.scale = scale < 0.5f ? 0.5f : scale > 4 ? 4 : scale;
}

static void next_theme(struct weft_app *app)
{
    app->settings.theme = (enum weft_theme_id)((app->settings.theme + 1) % WEFT_THEME_COUNT);
    app->theme = weft_theme_of(app->settings.theme);
}

/* The next language.  All text is made anew each frame but that of the findings, which are kept as
 * text, and made by a thread that must not speak meanwhile. */
static void next_tongue(struct weft_app *app)
{
    const enum weft_tongue next = (enum weft_tongue)((weft_tongue_now() + 1) % WEFT_TONGUE_COUNT);
    struct weft_app *other = app->above != NULL ? app->above : app->below;
    const bool found = app->has_findings || app->look.runs;
    const bool found_too = other != NULL && (other->has_findings || other->look.runs);

    weft_app_forget_findings(app);
    if (other != NULL) {
        weft_app_forget_findings(other);
    }
    if (weft_tongue_choose(next, app->options.catalogues)) {
        app->settings.tongue = next;
        app->settings.has_tongue = true;
        weft_app_say(app, weft_tongue_name(next));
    } else {
        weft_app_say(app, _("The translation is not installed: weft.mo was not found."));
    }
    if (found) {
        weft_app_look_for_findings(app);
    }
    if (found_too) {
        weft_app_look_for_findings(other);
    }
}

/* How the window looks, and what it asks for. */
static bool window_command(struct weft_app *app, enum weft_command_id command)
{
    switch (command) {
    case WEFT_COMMAND_THEME:
        next_theme(app);
        return true;
    case WEFT_COMMAND_LANGUAGE:
        next_tongue(app);
        return true;
    case WEFT_COMMAND_LARGER:
        change_scale(app, app->settings.scale + 0.125f);
        return true;
    case WEFT_COMMAND_SMALLER:
        change_scale(app, app->settings.scale - 0.125f);
        return true;
    case WEFT_COMMAND_NORMAL_SIZE:
        change_scale(app, 1);
        return true;
    case WEFT_COMMAND_DOCK:
        app->view.no_dock = !app->view.no_dock;
        return true;
    case WEFT_COMMAND_CLASSROOM:
        app->view.classroom = !app->view.classroom;
        return true;
    case WEFT_COMMAND_FULL_SCREEN: {
        struct weft_app *upper = app->above != NULL ? app->above : app;
        upper->full_screen = !upper->full_screen;
        return true;
    }
    case WEFT_COMMAND_SCREENSHOT:
        app->wants_screenshot = true;
        return true;
    case WEFT_COMMAND_ALIGN:
        weft_beside_align(app);
        return true;
    case WEFT_COMMAND_OTHER_TRACE:
        weft_beside_other(app);
        return true;
    case WEFT_COMMAND_PALETTE:
        open_prompt(app, WEFT_PROMPT_PALETTE);
        return true;
    case WEFT_COMMAND_RECENT:
        open_prompt(app, WEFT_PROMPT_RECENT);
        return true;
    case WEFT_COMMAND_QUIT:
        app->quit = true;
        return true;
    case WEFT_COMMAND_HELP:
        app->view.help = !app->view.help;
        return true;
    default:
        return false;
    }
}

/* Finding places, and what the window shows. */
static bool find_command(struct weft_app *app, enum weft_command_id command)
{
    switch (command) {
    case WEFT_COMMAND_SEARCH:
        open_prompt(app, WEFT_PROMPT_SEARCH);
        return true;
    case WEFT_COMMAND_NEXT_HIT:
    case WEFT_COMMAND_PREV_HIT:
        if (app->search.found.count == 0) {
            weft_app_say(app, _("Nothing has been searched for: / searches."));
        }
        weft_app_go_to_found(app, weft_search_step(&app->search, command == WEFT_COMMAND_NEXT_HIT));
        return true;
    case WEFT_COMMAND_BOOKMARK:
        open_prompt(app, WEFT_PROMPT_NOTE);
        return true;
    case WEFT_COMMAND_PREV_BOOKMARK:
        step_bookmark(app, false);
        return true;
    case WEFT_COMMAND_NEXT_BOOKMARK:
        step_bookmark(app, true);
        return true;
    case WEFT_COMMAND_DOCK_PAGE:
        app->view.page = (enum weft_dock_page)((app->view.page + 1) % WEFT_PAGE_COUNT);
        return true;
    default:
        for (int i = 0; i < WEFT_TAB_COUNT; i++) {
            if (weft_tab_commands[i] == command) {
                show_tab(app, (enum weft_tab)i);
                return true;
            }
        }
        return false;
    }
}

/* Moving through time. */
static bool time_command(struct weft_app *app, enum weft_command_id command)
{
    switch (command) {
    case WEFT_COMMAND_PLAY:
        play(app);
        return true;
    case WEFT_COMMAND_SLOWER:
        app->view.speed -= app->view.speed > 0;
        return true;
    case WEFT_COMMAND_FASTER:
        app->view.speed += app->view.speed + 1 < WEFT_SPEED_COUNT;
        return true;
    case WEFT_COMMAND_LOOP:
        app->view.loop = !app->view.loop;
        return true;
    case WEFT_COMMAND_PREV_EVENT:
        step_event(app, false, false);
        return true;
    case WEFT_COMMAND_NEXT_EVENT:
        step_event(app, true, false);
        return true;
    case WEFT_COMMAND_PREV_LANE_EVENT:
        step_event(app, false, true);
        return true;
    case WEFT_COMMAND_NEXT_LANE_EVENT:
        step_event(app, true, true);
        return true;
    case WEFT_COMMAND_PREV_CONTENTION:
        weft_app_go_to_contention(app, false);
        return true;
    case WEFT_COMMAND_NEXT_CONTENTION:
        weft_app_go_to_contention(app, true);
        return true;
    case WEFT_COMMAND_PREV_FINDING:
        weft_app_step_finding(app, false);
        return true;
    case WEFT_COMMAND_NEXT_FINDING:
        weft_app_step_finding(app, true);
        return true;
    case WEFT_COMMAND_PREV_CHOICE:
        weft_app_step_choice(app, false);
        return true;
    case WEFT_COMMAND_NEXT_CHOICE:
        weft_app_step_choice(app, true);
        return true;
    case WEFT_COMMAND_TO_START:
        playhead_to(app, 0);
        return true;
    case WEFT_COMMAND_TO_END:
        if (app->live) {
            weft_live_follow(app, true);
        } else {
            playhead_to(app, app->model->end_ns);
        }
        return true;
    case WEFT_COMMAND_FOLLOW_END:
        weft_live_follow(app, !app->view.follow);
        return true;
    case WEFT_COMMAND_GO_TO:
        open_prompt(app, WEFT_PROMPT_GO_TO);
        return true;
    default:
        return false;
    }
}

/* What is shown of the time, and what is picked in it. */
static void view_command(struct weft_app *app, enum weft_command_id command)
{
    switch (command) {
    case WEFT_COMMAND_ZOOM_IN:
        zoom(app, ZOOM_STEP);
        break;
    case WEFT_COMMAND_ZOOM_OUT:
        zoom(app, 1 / ZOOM_STEP);
        break;
    case WEFT_COMMAND_PAN_LEFT:
        pan(app, -PAN_STEP);
        break;
    case WEFT_COMMAND_PAN_RIGHT:
        pan(app, PAN_STEP);
        break;
    case WEFT_COMMAND_FIT:
        fit(app);
        break;
    case WEFT_COMMAND_FIT_ALL:
        show_all(app);
        break;
    case WEFT_COMMAND_BACK:
        (void)weft_view_back(&app->view);
        break;
    case WEFT_COMMAND_FORWARD:
        (void)weft_view_forward(&app->view);
        break;
    case WEFT_COMMAND_PAGE_UP:
        scroll(app, -0.9f);
        break;
    case WEFT_COMMAND_PAGE_DOWN:
        scroll(app, 0.9f);
        break;
    case WEFT_COMMAND_PREV_SPAN:
        step_span(app, false);
        break;
    case WEFT_COMMAND_NEXT_SPAN:
        step_span(app, true);
        break;
    case WEFT_COMMAND_LANE_UP:
        step_lane(app, false);
        break;
    case WEFT_COMMAND_LANE_DOWN:
        step_lane(app, true);
        break;
    case WEFT_COMMAND_FOLLOW_BACK:
        follow_back(app);
        break;
    case WEFT_COMMAND_FOLLOW_ON:
        follow_on(app);
        break;
    case WEFT_COMMAND_ROOT: {
        const struct weft_chain *chain = weft_app_chain(app);
        weft_app_go_to_cause(app, chain != NULL ? weft_chain_root(chain) : WEFT_NONE);
        break;
    }
    case WEFT_COMMAND_RUN_AGAIN:
        weft_app_choose_other(app);
        break;
    case WEFT_COMMAND_CLEAR:
        clear(app);
        break;
    default:
        break;
    }
}

void weft_app_command(struct weft_app *app, enum weft_command_id command)
{
    app->dirty = true;
    /* While the sheet is open, only it listens. */
    if (command >= WEFT_COMMAND_COUNT ||
        (app->view.help && command != WEFT_COMMAND_HELP && command != WEFT_COMMAND_CLEAR &&
         weft_commands[command].group != WEFT_GROUP_WINDOW)) {
        return;
    }
    if (weft_commands[command].group == WEFT_GROUP_LANES) {
        if (command == WEFT_COMMAND_FILTER) {
            open_prompt(app, WEFT_PROMPT_FILTER);
        } else {
            weft_app_lane_command(app, command);
        }
    } else if (!time_command(app, command) && !find_command(app, command) &&
               !window_command(app, command)) {
        view_command(app, command);
    }
}
